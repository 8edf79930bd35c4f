//! The provider block: one connection (a sign-in, a cloud, a scope), and how strict to be.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::words::{Area, EnforcementWord, ObjectId, PersonalDataWord, ResourceGraphWord};
use crate::azure::{
    inputs::Inputs,
    settings::{Environment, Sensitive},
};

/// The azposture provider reads Azure security posture (Azure Resource Manager, Defender for Cloud) and identity (Microsoft Graph),
/// strictly read-only, and verifies it during plan.
///
/// One provider block is one connection: a sign-in, a cloud, a scope, and how strict to be. Configuring makes no request and takes
/// no token: contradictions in the block are errors at validate, sign-in errors appear at the first read.
///
/// It works with Terraform from 1.3 and OpenTofu from 1.6; functions need Terraform 1.8 or OpenTofu 1.7, ephemeral resources 1.10 or 1.11. Run
/// with Terraform 1.6 and 1.8 to 1.16, and OpenTofu 1.6 to 1.12, on Linux.
///
/// The sign-in is chosen as a whole method, never argument by argument. A method of which the block writes anything (its secret,
/// certificate, token or connection, or `use_… = true`; `tenant_id` and `client_id` name none) comes before every method that only
/// variables name; two of them in one block are an error. What it lacks may come from variables, but never from another identity's: an
/// id and a proof that come from the block and from variables which disagree are an error that names both. Where the block names no
/// method, the first that the variables name is used: certificate, secret, OIDC token or file, Azure DevOps, GitHub Actions, AKS workload
/// identity, managed identity, Azure CLI.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Settings {
    /// Which Azure: `public` (or `global`), `usgovernment` (or `usgovernmentl4`, `gcchigh`: US Government L4, GCC High), `dod` (or
    /// `usgovernmentl5`), `china`, or `demo`, the embedded demo tenant, which every plan warns about. Default `public`. Variable
    /// `ARM_ENVIRONMENT`, except for `demo`.
    #[schemars(extend("enum" = [
        "public", "global", "usgovernment", "usgovernmentl4", "gcchigh", "dod", "usgovernmentl5", "china", "demo"
    ], "x-hints" = Environment::hints()))]
    pub environment: Option<String>,
    /// Host of a cloud that describes itself at `https://{metadata_host}/metadata/endpoints`. Conflicts with `environment`. Variable
    /// `ARM_METADATA_HOSTNAME`.
    pub metadata_host: Option<String>,
    /// The tenant, as GUID or domain. Required except for Azure CLI and managed identity. Variable `ARM_TENANT_ID`.
    pub tenant_id: Option<String>,
    /// Application (client) id, a GUID. Variable `ARM_CLIENT_ID`.
    pub client_id: Option<String>,
    /// File that holds the client id. Has to agree with `client_id` if both are given. Variable `ARM_CLIENT_ID_FILE_PATH`.
    pub client_id_file_path: Option<String>,
    /// Client secret. Variable `ARM_CLIENT_SECRET`.
    #[schemars(with = "Option<String>", extend("x-sensitive" = true))]
    pub client_secret: Option<Sensitive>,
    /// File that holds the client secret. Has to agree with `client_secret` if both are given. Variable
    /// `ARM_CLIENT_SECRET_FILE_PATH`.
    pub client_secret_file_path: Option<String>,
    /// Client certificate with its private key: base64 of a PFX. Variable `ARM_CLIENT_CERTIFICATE`.
    #[schemars(with = "Option<String>", extend("x-sensitive" = true))]
    pub client_certificate: Option<Sensitive>,
    /// PFX or PEM file with the client certificate and its private key. Variable `ARM_CLIENT_CERTIFICATE_PATH`.
    pub client_certificate_path: Option<String>,
    /// Password of the PFX. Variable `ARM_CLIENT_CERTIFICATE_PASSWORD`.
    #[schemars(with = "Option<String>", extend("x-sensitive" = true))]
    pub client_certificate_password: Option<Sensitive>,
    /// Whether to sign in with an OIDC token: `oidc_token`, `oidc_token_file_path`, GitHub Actions or Azure DevOps. Default `false`.
    /// Variable `ARM_USE_OIDC`.
    pub use_oidc: Option<bool>,
    /// OIDC token. Variable `ARM_OIDC_TOKEN`.
    #[schemars(with = "Option<String>", extend("x-sensitive" = true))]
    pub oidc_token: Option<Sensitive>,
    /// File that holds an OIDC token; it is read again for each Azure token. Variable `ARM_OIDC_TOKEN_FILE_PATH`.
    pub oidc_token_file_path: Option<String>,
    /// Where a pipeline's identity token is requested. Variables `ARM_OIDC_REQUEST_URL`, `ACTIONS_ID_TOKEN_REQUEST_URL`,
    /// `SYSTEM_OIDCREQUESTURI`.
    pub oidc_request_url: Option<String>,
    /// What the pipeline's identity token is requested with. Variables `ARM_OIDC_REQUEST_TOKEN`,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`, `SYSTEM_ACCESSTOKEN`.
    #[schemars(with = "Option<String>", extend("x-sensitive" = true))]
    pub oidc_request_token: Option<Sensitive>,
    /// Azure DevOps service connection id. Variables `ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID`,
    /// `ARM_OIDC_AZURE_SERVICE_CONNECTION_ID`.
    pub ado_pipeline_service_connection_id: Option<String>,
    /// Whether to sign in with AKS workload identity: with `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_FEDERATED_TOKEN_FILE`, which its
    /// webhook sets. Default `false`. Variable `ARM_USE_AKS_WORKLOAD_IDENTITY`.
    pub use_aks_workload_identity: Option<bool>,
    /// Whether to sign in with the machine's managed identity; `client_id` selects a user-assigned one. `ARM_CLIENT_ID` does so too,
    /// unless variables also hold a secret, certificate, token or connection, whose identity it then names. Default `false`. Variable
    /// `ARM_USE_MSI`.
    pub use_msi: Option<bool>,
    /// Whether to sign in as whoever is signed in to Azure CLI: always if `true` is written, else only if no other method has any input.
    /// Default `true`. Variable `ARM_USE_CLI`.
    pub use_cli: Option<bool>,
    /// The one subscription to look at. At most one of `subscription_id`, `subscription_ids`, `management_group_id` and
    /// `tenant_wide` may be set; with none of them, the single enabled subscription the sign-in sees. Variable
    /// `ARM_SUBSCRIPTION_ID`, which counts only if none of the four is set.
    pub subscription_id: Option<String>,
    /// The subscriptions to look at; no other subscription is ever read. What belongs to none is: the list of visible subscriptions,
    /// roles given at the tenant's root, the management groups above, and Microsoft Graph.
    #[schemars(length(min = 1))]
    pub subscription_ids: Option<BTreeSet<String>>,
    /// Management group, by name or resource id: the subscriptions below it.
    pub management_group_id: Option<String>,
    /// `true`: all subscriptions below the tenant's root management group.
    pub tenant_wide: Option<bool>,
    /// Subscriptions that are left out, GUIDs: they are not expected and never read. Only with `management_group_id` or `tenant_wide`; one
    /// that does not stand below that is an error of the first read. Default none.
    #[schemars(length(min = 1))]
    pub exclude_subscription_ids: Option<BTreeSet<String>>,
    /// Management groups that are left out, by name or resource id, with every group and subscription below them. Only with
    /// `management_group_id` or `tenant_wide`; one that does not stand below that is an error of the first read, and so is a list of
    /// what stands below that cannot be read. A subscription of which Azure does not say in which group it stands is not read, and named
    /// in `unreadable`. Default none.
    #[schemars(length(min = 1))]
    pub exclude_management_group_ids: Option<BTreeSet<String>>,
    /// Which people count. It hides rows of people, never facts about privileged accounts: what it hid is counted in `hidden_by_scope` and
    /// `hidden_privileged` of the data sources about people, and directory roles and role assignments are listed whole. Whoever cannot be
    /// proven to be outside of it is inside. Agents are no people, so it does not hide them. Default the whole directory.
    pub identity_scope: Option<IdentityScope>,
    /// What the connection looks at; an area that is left out is `off`, never passed. Default all seven.
    #[schemars(length(min = 1))]
    pub areas: Option<BTreeSet<Area>>,
    /// What a failed validation is: an `error`, which stops the plan, or a `warning`. Default `error`. Variable
    /// `AZPOSTURE_ENFORCEMENT`, which may only weaken it.
    pub enforcement: Option<EnforcementWord>,
    /// Whether `AZPOSTURE_ENFORCEMENT` may weaken validations. Default `true`.
    pub allow_enforcement_override: Option<bool>,
    /// What a validation does with what it could not see, when nothing failed. Default `error`.
    pub on_unknown: Option<EnforcementWord>,
    /// When Azure Resource Graph serves a list instead of Resource Manager: `auto` (in connections to a management group or the
    /// tenant; regulatory compliance in more than 20 subscriptions), `always`, or `never` (GET requests only; the groups above single
    /// subscriptions, and regulatory compliance of more than 20, are then unknown). Answers are the same; Resource Graph needs a fraction
    /// of the requests and can lag behind. It gives 3,000 rows a second, so with `auto` a list with some 17,000 rows or more is read by
    /// Resource Manager, which has that many sooner. Default `auto`.
    pub resource_graph: Option<ResourceGraphWord>,
    /// Whether names and addresses of people appear: `show`, or `redact` (object ids only; errors then do without the words of a service,
    /// and free text of a service or in a role assignment is null, because they may name people). Default `show`.
    pub personal_data: Option<PersonalDataWord>,
    /// PEM file with extra trust anchors, added to the system's, for networks that inspect TLS.
    pub ca_certificate_file: Option<String>,
    /// Requests in flight over all services, 1 to 64; at most 4 a subscription. Default 32.
    #[schemars(range(min = 1, max = 64))]
    pub max_concurrency: Option<i64>,
    /// Seconds for one attempt of one request, 1 to 600. Default 60.
    #[schemars(range(min = 1, max = 600))]
    pub request_timeout_seconds: Option<i64>,
    /// Seconds for one read of one data source or validation, waiting included, 10 to 7200. Default 1200.
    #[schemars(range(min = 10, max = 7200))]
    pub operation_timeout_seconds: Option<i64>,
    /// Seconds a single wait may take when a service throttles, 1 to 600; a longer one ends the read as `throttled`. Default 60.
    #[schemars(range(min = 1, max = 600))]
    pub max_retry_wait_seconds: Option<i64>,
}

/// Which people count.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct IdentityScope {
    /// Object ids of groups whose members count, nested ones too; with `include_user_ids`, both do. A group that is not there, or in which
    /// no user is, is an error of the first read. If the members of one cannot be read, these two hide nobody. Default everyone.
    #[schemars(length(min = 1))]
    pub include_group_ids: Option<BTreeSet<ObjectId>>,
    /// Object ids of users who count. One that the directory does not have is an error of the first read. Default everyone.
    #[schemars(length(min = 1))]
    pub include_user_ids: Option<BTreeSet<ObjectId>>,
    /// Object ids of groups whose members do not count; exclusion wins. One that leaves out nobody is a warning, and one whose members
    /// cannot be read hides nobody. Default none.
    #[schemars(length(min = 1))]
    pub exclude_group_ids: Option<BTreeSet<ObjectId>>,
    /// Object ids of users who do not count; exclusion wins. One that is not there is a warning. Default none.
    #[schemars(length(min = 1))]
    pub exclude_user_ids: Option<BTreeSet<ObjectId>>,
    /// User principal names that do not count, without case: `*` is any run of characters, `?` any one. One that no user has is a warning.
    /// Default none.
    #[schemars(length(min = 1))]
    pub exclude_upn_patterns: Option<BTreeSet<String>>,
    /// Whether guests (users of the kind `Guest`) count. Default `true`.
    pub include_guests: Option<bool>,
    /// Whether disabled accounts appear. Default `true`.
    pub include_disabled: Option<bool>,
}

impl IdentityScope {
    /// Whether anything in it hides somebody.
    pub fn hides_somebody(&self) -> bool {
        let sets = [&self.include_group_ids, &self.include_user_ids, &self.exclude_group_ids, &self.exclude_user_ids];
        sets.into_iter().any(Option::is_some)
            || self.exclude_upn_patterns.is_some()
            || self.include_guests == Some(false)
            || self.include_disabled == Some(false)
    }
}

impl Settings {
    /// The connection arguments, as they were written.
    pub fn inputs(&self) -> Inputs {
        Inputs {
            environment: self.environment.clone(),
            metadata_host: self.metadata_host.clone(),
            tenant_id: self.tenant_id.clone(),
            client_id: self.client_id.clone(),
            client_id_file_path: self.client_id_file_path.clone(),
            client_secret: self.client_secret.clone(),
            client_secret_file_path: self.client_secret_file_path.clone(),
            client_certificate: self.client_certificate.clone(),
            client_certificate_path: self.client_certificate_path.clone(),
            client_certificate_password: self.client_certificate_password.clone(),
            use_oidc: self.use_oidc,
            oidc_token: self.oidc_token.clone(),
            oidc_token_file_path: self.oidc_token_file_path.clone(),
            oidc_request_url: self.oidc_request_url.clone(),
            oidc_request_token: self.oidc_request_token.clone(),
            ado_pipeline_service_connection_id: self.ado_pipeline_service_connection_id.clone(),
            use_aks_workload_identity: self.use_aks_workload_identity,
            use_msi: self.use_msi,
            use_cli: self.use_cli,
            subscription_id: self.subscription_id.clone(),
            subscription_ids: self.subscription_ids.clone(),
            management_group_id: self.management_group_id.clone(),
            tenant_wide: self.tenant_wide,
            exclude_subscription_ids: self.exclude_subscription_ids.clone(),
            exclude_management_group_ids: self.exclude_management_group_ids.clone(),
            resource_graph: self.resource_graph.map(|word| word.word().to_owned()),
            ca_certificate_file: self.ca_certificate_file.clone(),
            max_concurrency: self.max_concurrency,
            request_timeout_seconds: self.request_timeout_seconds,
            operation_timeout_seconds: self.operation_timeout_seconds,
            max_retry_wait_seconds: self.max_retry_wait_seconds,
        }
    }
}
