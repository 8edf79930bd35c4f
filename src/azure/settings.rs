//! What a connection is made of, resolved once from the provider block and the environment.

use std::{collections::BTreeSet, fmt, path::PathBuf, time::Duration};

use serde::Deserialize;
use time::{OffsetDateTime, macros::datetime};

use super::{clock, error::Result};

/// A secret on its way from the configuration to the identity service. It has no way to be printed or serialized.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Sensitive(String);

impl Sensitive {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself; call it only where it goes on the wire to its own service.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// GUID of the embedded demo tenant.
pub const DEMO_TENANT_ID: &str = "fab00000-0000-4000-8000-000000000001";
/// Application id that signs in to the demo tenant.
pub const DEMO_CLIENT_ID: &str = "fab00006-0000-4000-8000-000000000001";
/// The secret of [`DEMO_CLIENT_ID`]. It protects nothing.
pub const DEMO_CLIENT_SECRET: &str = "demo";

/// The moment for which the demo tenant's documents are written, and by which they are judged, so that it shows the same on every day
/// and at every hour: its newest scan is a day old, its secret ends in eleven days, and one role is active since yesterday.
pub const DEMO_NOW: OffsetDateTime = datetime!(2026-11-02 08:00 UTC);

/// Which Azure this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Azure China, operated by 21Vianet.
    China,
    /// A cloud that describes itself at `https://{metadata_host}/metadata/endpoints`.
    Custom {
        /// Host name, with an optional port.
        metadata_host: String,
    },
    /// The embedded demo tenant; nothing leaves the process.
    Demo,
    /// US Government DoD (L5): as US Government, with a Graph host of its own.
    Dod,
    /// The worldwide cloud (commercial and GCC).
    Public,
    /// US Government (L4, GCC High).
    UsGovernment,
}

impl Environment {
    /// The words `environment` accepts, the preferred one of each cloud first.
    pub const WORDS: [&'static str; 9] =
        ["public", "global", "usgovernment", "usgovernmentl4", "gcchigh", "dod", "usgovernmentl5", "china", "demo"];

    /// The cloud an `environment` word names, without case; none for any other word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "china" => Some(Self::China),
            "demo" => Some(Self::Demo),
            "dod" | "usgovernmentl5" => Some(Self::Dod),
            "global" | "public" => Some(Self::Public),
            "gcchigh" | "usgovernment" | "usgovernmentl4" => Some(Self::UsGovernment),
            _ => None,
        }
    }

    /// What Azure CLI and the SDKs call the clouds, and our word for each.
    const AZURES_NAMES: [(&'static str, &'static str); 8] = [
        ("AzureCloud", "public"),
        ("AzurePublic", "public"),
        ("AzurePublicCloud", "public"),
        ("AzureGovernment", "usgovernment"),
        ("AzureUSGovernment", "usgovernment"),
        ("AzureUSGovernmentCloud", "usgovernment"),
        ("AzureChina", "china"),
        ("AzureChinaCloud", "china"),
    ];

    /// What to write instead of one of Azure's own names, without case; none for any other word.
    pub fn of_azures_name(name: &str) -> Option<String> {
        let known = Self::AZURES_NAMES.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(name));
        known.map(|(_, word)| format!("That is what Azure CLI and the SDKs call the cloud. Write {word:?}."))
    }

    /// The same as pairs of a pattern and an advice, for the schema.
    pub fn hints() -> Vec<[String; 2]> {
        let hint = |(name, _): (&str, &str)| Some([format!("^(?i:{name})$"), Self::of_azures_name(name)?]);
        Self::AZURES_NAMES.into_iter().filter_map(hint).collect()
    }

    /// The preferred word of this cloud; `custom` for one that describes itself.
    pub fn word(&self) -> &'static str {
        match self {
            Self::China => "china",
            Self::Custom { .. } => "custom",
            Self::Demo => "demo",
            Self::Dod => "dod",
            Self::Public => "public",
            Self::UsGovernment => "usgovernment",
        }
    }
}

/// How to sign in: exactly one method, with every input it needs.
#[derive(Clone, Debug)]
pub enum Method {
    /// AKS workload identity: the projected token file is read again for each token.
    AksWorkloadIdentity {
        /// Application id.
        client_id: String,
        /// The projected token file.
        token_file: PathBuf,
    },
    /// Azure DevOps: the pipeline's service connection issues an assertion.
    AzureDevOps {
        /// Application id.
        client_id: String,
        /// Service connection id.
        service_connection_id: String,
        /// `SYSTEM_OIDCREQUESTURI`.
        request_url: String,
        /// `SYSTEM_ACCESSTOKEN`.
        request_token: Sensitive,
    },
    /// A certificate, sent as a signed client assertion.
    Certificate {
        /// Application id.
        client_id: String,
        /// Where the certificate comes from.
        source: CertificateSource,
        /// Password of the PFX, if it has one.
        password: Sensitive,
    },
    /// Whoever is signed in to Azure CLI.
    Cli,
    /// The embedded demo tenant's own application.
    Demo,
    /// GitHub Actions: the workflow's identity token is the assertion.
    GitHub {
        /// Application id.
        client_id: String,
        /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
        request_url: String,
        /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
        request_token: Sensitive,
    },
    /// The managed identity of the machine this runs on.
    ManagedIdentity {
        /// Application id of a user-assigned identity; none = the system-assigned one.
        client_id: Option<String>,
    },
    /// A given OIDC token.
    OidcToken {
        /// Application id.
        client_id: String,
        /// The token.
        token: Sensitive,
    },
    /// A file that holds an OIDC token; it is read again for each token.
    OidcTokenFile {
        /// Application id.
        client_id: String,
        /// The file.
        file: PathBuf,
    },
    /// A client secret.
    Secret {
        /// Application id.
        client_id: String,
        /// The secret.
        secret: Sensitive,
    },
}

impl Method {
    /// The application that signs in; none where the machine or a person does.
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::AksWorkloadIdentity { client_id, .. }
            | Self::AzureDevOps { client_id, .. }
            | Self::Certificate { client_id, .. }
            | Self::GitHub { client_id, .. }
            | Self::OidcToken { client_id, .. }
            | Self::OidcTokenFile { client_id, .. }
            | Self::Secret { client_id, .. } => Some(client_id),
            Self::ManagedIdentity { client_id } => client_id.as_deref(),
            Self::Cli | Self::Demo => None,
        }
    }

    /// The published word for this method, as `azposture_connection.sign_in_method` shows it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::AksWorkloadIdentity { .. } => "aks_workload_identity",
            Self::AzureDevOps { .. } => "oidc_azure_devops",
            Self::Certificate { .. } => "client_certificate",
            Self::Cli => "cli",
            Self::Demo => "demo",
            Self::GitHub { .. } => "oidc_github",
            Self::ManagedIdentity { .. } => "msi",
            Self::OidcToken { .. } | Self::OidcTokenFile { .. } => "oidc_token",
            Self::Secret { .. } => "client_secret",
        }
    }
}

/// What named the sign-in method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInSource {
    /// The provider block.
    Block,
    /// Variables, or nothing at all, which means Azure CLI.
    Environment,
}

impl SignInSource {
    /// The published word, as `azposture_connection.sign_in_source` shows it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Environment => "environment",
        }
    }
}

/// Where a client certificate comes from.
#[derive(Clone, Debug)]
pub enum CertificateSource {
    /// Base64 of a PFX.
    Inline(Sensitive),
    /// A PFX or PEM file.
    File(PathBuf),
}

/// What a connection may look at. Subscription and tenant connections never mix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeSetting {
    /// The single enabled subscription the sign-in sees, else an error that lists them.
    Detect,
    /// The descendants of a management group, given by name.
    ManagementGroup(String),
    /// The named subscriptions, lower-case GUIDs.
    Subscriptions(BTreeSet<String>),
    /// The descendants of the root management group.
    Tenant,
}

/// What is left out of a management group or the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusions {
    /// Subscriptions, lower-case GUIDs.
    pub subscriptions: BTreeSet<String>,
    /// Management groups with everything below them, by name, lower case.
    pub groups: BTreeSet<String>,
}

/// When Azure Resource Graph serves a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResourceGraph {
    /// Wherever a list supports it.
    Always,
    /// By the size of the scope.
    #[default]
    Auto,
    /// Never: GET only.
    Never,
}

/// Budgets of the transport.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests in flight over all services.
    pub max_concurrency: usize,
    /// One attempt, its body included.
    pub request_timeout: Duration,
    /// One read of one data source or validation, waiting included.
    pub operation_timeout: Duration,
    /// The longest single wait; a longer Retry-After ends the read as throttled.
    pub max_retry_wait: Duration,
    /// Rows of a page of Resource Graph; the service gives no more than 1,000.
    pub graph_rows: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_concurrency: 32,
            request_timeout: Duration::from_secs(60),
            operation_timeout: Duration::from_secs(1200),
            max_retry_wait: Duration::from_secs(60),
            graph_rows: 1000,
        }
    }
}

/// A connection, resolved. `method` may be an error: it is reported at the first read, because `destroy
/// -refresh=false` must work without one.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which Azure.
    pub environment: Environment,
    /// GUID or domain; none only for CLI and managed identity.
    pub tenant_id: Option<String>,
    /// How to sign in, or why that is not known.
    pub method: Result<Method>,
    /// What named that method.
    pub sign_in_source: SignInSource,
    /// What may be looked at.
    pub scope: ScopeSetting,
    /// What of it is left out.
    pub exclusions: Exclusions,
    /// When Resource Graph serves a list.
    pub resource_graph: ResourceGraph,
    /// Extra trust anchors (PEM), added to the system's.
    pub ca_certificate_file: Option<PathBuf>,
    /// Budgets.
    pub limits: Limits,
    /// What every request says it comes from; visible ASCII.
    pub user_agent: String,
    /// Whether errors leave out what may name people: the words of services, and addresses.
    pub redacts_people: bool,
}

impl Settings {
    /// The moment by which what was read is judged: now, and in the demo tenant always the same one.
    pub fn now(&self) -> OffsetDateTime {
        match self.environment {
            Environment::Demo => DEMO_NOW,
            _ => clock::now(),
        }
    }
}
