//! The provider block's connection arguments as they were written, and how they and the environment become [`Settings`].
//! What is contradictory in the text is a [`Problem`]; what is missing for signing in is an error of the first read.

mod contradictions;
mod federation;
mod found;
mod identity;
mod method;
mod named;
mod shape;
mod variables;

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use self::variables::Variables;
use super::settings::{Environment, Exclusions, Limits, ResourceGraph, ScopeSetting, Sensitive, Settings};

/// The connection arguments of the provider block, each exactly as written; none = not written (null).
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// A word of [`Environment::WORDS`].
    pub environment: Option<String>,
    /// Host name, with an optional port, of a cloud that describes itself.
    pub metadata_host: Option<String>,
    /// GUID or verified domain of the tenant.
    pub tenant_id: Option<String>,
    /// Application (client) id.
    pub client_id: Option<String>,
    /// File that holds the application id.
    pub client_id_file_path: Option<String>,
    /// Client secret.
    pub client_secret: Option<Sensitive>,
    /// File that holds the client secret.
    pub client_secret_file_path: Option<String>,
    /// Base64 of a PFX.
    pub client_certificate: Option<Sensitive>,
    /// PFX or PEM file.
    pub client_certificate_path: Option<String>,
    /// Password of the PFX.
    pub client_certificate_password: Option<Sensitive>,
    /// Turns the OIDC methods on.
    pub use_oidc: Option<bool>,
    /// OIDC token.
    pub oidc_token: Option<Sensitive>,
    /// File that holds an OIDC token.
    pub oidc_token_file_path: Option<String>,
    /// Where a pipeline's identity token is asked for.
    pub oidc_request_url: Option<String>,
    /// What it is asked for with.
    pub oidc_request_token: Option<Sensitive>,
    /// Azure DevOps service connection id.
    pub ado_pipeline_service_connection_id: Option<String>,
    /// Turns AKS workload identity on.
    pub use_aks_workload_identity: Option<bool>,
    /// Turns managed identity on.
    pub use_msi: Option<bool>,
    /// Azure CLI: chosen if written; else the last method, on unless switched off.
    pub use_cli: Option<bool>,
    /// One subscription.
    pub subscription_id: Option<String>,
    /// At least one subscription.
    pub subscription_ids: Option<BTreeSet<String>>,
    /// Name or resource id of a management group.
    pub management_group_id: Option<String>,
    /// Only `true` is allowed.
    pub tenant_wide: Option<bool>,
    /// Subscriptions that are left out.
    pub exclude_subscription_ids: Option<BTreeSet<String>>,
    /// Names or resource ids of management groups that are left out.
    pub exclude_management_group_ids: Option<BTreeSet<String>>,
    /// `auto`, `always` or `never`.
    pub resource_graph: Option<String>,
    /// PEM file of extra trust anchors.
    pub ca_certificate_file: Option<String>,
    /// 1 to 64 requests in flight.
    pub max_concurrency: Option<i64>,
    /// 1 to 600 seconds for one attempt.
    pub request_timeout_seconds: Option<i64>,
    /// 10 to 7200 seconds for one read.
    pub operation_timeout_seconds: Option<i64>,
    /// 1 to 600 seconds for one wait.
    pub max_retry_wait_seconds: Option<i64>,
}

/// Something in the configuration that cannot be meant: one error at validate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The argument to point at; none if the cause is a variable.
    pub argument: Option<&'static str>,
    /// One line: what is wrong.
    pub summary: String,
    /// What was seen and the one next step. Never a secret's value.
    pub detail: String,
}

impl Problem {
    fn of(argument: &'static str, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { argument: Some(argument), summary: summary.into(), detail: detail.into() }
    }

    fn of_variable(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { argument: None, summary: summary.into(), detail: detail.into() }
    }
}

impl Inputs {
    /// The contradictions in the text alone: no environment, no network. Only files it names are looked at.
    pub fn problems(&self) -> Vec<Problem> {
        contradictions::problems(self)
    }

    /// The connection this configuration and the environment describe. `environment` reads one variable; an empty one is unset.
    ///
    /// The configuration beats variables, and the demo tenant reads none. A sign-in that is incomplete is not a problem here: it
    /// is the error in [`Settings::method`], because `destroy -refresh=false` must work without one.
    pub fn resolve(&self, environment: &dyn Fn(&str) -> Option<String>) -> std::result::Result<Settings, Vec<Problem>> {
        let silent = |_: &str| None;
        let variables = Variables::new(if self.is_demo() { &silent } else { environment });
        let mut problems = self.problems();
        let cloud = self.cloud(&variables, &mut problems);
        let scope = self.scope(&variables, &mut problems);
        let sign_in = method::choose(self, &variables, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Settings {
            environment: cloud,
            tenant_id: sign_in.tenant_id,
            method: sign_in.method,
            sign_in_source: sign_in.source,
            scope,
            exclusions: self.exclusions(),
            resource_graph: self.resource_graph(),
            ca_certificate_file: self.ca_certificate_file.as_ref().map(PathBuf::from),
            limits: self.limits(),
            user_agent: concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).to_owned(),
            redacts_people: false,
        })
    }

    fn is_demo(&self) -> bool {
        self.environment.as_deref().and_then(Environment::from_word) == Some(Environment::Demo)
    }

    /// `environment` and `metadata_host` are one choice: if either is written, the variables of both are ignored.
    fn cloud(&self, variables: &Variables<'_>, problems: &mut Vec<Problem>) -> Environment {
        if let Some(host) = &self.metadata_host {
            return Environment::Custom { metadata_host: host.clone() };
        }
        if let Some(word) = &self.environment {
            return Environment::from_word(word).unwrap_or(Environment::Public);
        }
        match (variables.text("ARM_ENVIRONMENT"), variables.text("ARM_METADATA_HOSTNAME")) {
            (None, None) => Environment::Public,
            (None, Some(host)) if shape::is_host(&host) => Environment::Custom { metadata_host: host },
            (None, Some(host)) => {
                problems.push(Problem::of_variable(
                    "Invalid ARM_METADATA_HOSTNAME",
                    format!(
                        "ARM_METADATA_HOSTNAME holds {}, which are no host. Give a host name with an optional port, without https://.",
                        shape::unquoted(&host)
                    ),
                ));
                Environment::Public
            }
            (Some(word), None) => cloud_of_variable(&word, problems),
            (Some(_), Some(_)) => {
                problems.push(Problem::of_variable(
                    "Two clouds in the environment",
                    "ARM_ENVIRONMENT and ARM_METADATA_HOSTNAME are both set. Unset one of them.",
                ));
                Environment::Public
            }
        }
    }

    fn scope(&self, variables: &Variables<'_>, problems: &mut Vec<Problem>) -> ScopeSetting {
        if let Some(ids) = &self.subscription_ids {
            return ScopeSetting::Subscriptions(ids.iter().map(|id| id.to_ascii_lowercase()).collect());
        }
        if let Some(id) = &self.subscription_id {
            return ScopeSetting::Subscriptions(BTreeSet::from([id.to_ascii_lowercase()]));
        }
        if let Some(group) = &self.management_group_id {
            return ScopeSetting::ManagementGroup(shape::management_group(group).unwrap_or_default());
        }
        // Without any scope argument the demo tenant is looked at as a whole: it has two subscriptions, so detection would refuse.
        if self.tenant_wide.is_some() || self.is_demo() {
            return ScopeSetting::Tenant;
        }
        match variables.text("ARM_SUBSCRIPTION_ID") {
            None => ScopeSetting::Detect,
            Some(id) => {
                if !shape::is_guid(&id) {
                    let detail = match shape::subscription_in(&id) {
                        Some(guid) => format!("ARM_SUBSCRIPTION_ID is a resource id. Set it to the GUID alone: {guid:?}."),
                        None => format!(
                            "ARM_SUBSCRIPTION_ID holds {}, which are not a GUID. Correct it, or name the scope in the provider block.",
                            shape::unquoted(&id)
                        ),
                    };
                    problems.push(Problem::of_variable("Invalid ARM_SUBSCRIPTION_ID", detail));
                }
                ScopeSetting::Subscriptions(BTreeSet::from([id.to_ascii_lowercase()]))
            }
        }
    }

    fn exclusions(&self) -> Exclusions {
        let subscriptions = self.exclude_subscription_ids.iter().flatten().map(|id| id.to_ascii_lowercase()).collect();
        let groups = self.exclude_management_group_ids.iter().flatten().filter_map(|id| shape::management_group(id));
        Exclusions { subscriptions, groups: groups.map(|name| name.to_lowercase()).collect() }
    }

    fn resource_graph(&self) -> ResourceGraph {
        match self.resource_graph.as_deref() {
            Some("always") => ResourceGraph::Always,
            Some("never") => ResourceGraph::Never,
            _ => ResourceGraph::Auto,
        }
    }

    fn limits(&self) -> Limits {
        let default = Limits::default();
        let seconds = |written: Option<i64>, default: Duration| {
            written.and_then(|n| u64::try_from(n).ok()).map_or(default, Duration::from_secs)
        };
        Limits {
            max_concurrency: self.max_concurrency.and_then(|n| usize::try_from(n).ok()).unwrap_or(default.max_concurrency),
            request_timeout: seconds(self.request_timeout_seconds, default.request_timeout),
            operation_timeout: seconds(self.operation_timeout_seconds, default.operation_timeout),
            max_retry_wait: seconds(self.max_retry_wait_seconds, default.max_retry_wait),
            ..default
        }
    }
}

fn cloud_of_variable(word: &str, problems: &mut Vec<Problem>) -> Environment {
    match Environment::from_word(word) {
        Some(Environment::Demo) => problems.push(Problem::of_variable(
            "The demo tenant cannot be chosen by a variable",
            "ARM_ENVIRONMENT is \"demo\". No pipeline may turn green on invented data by accident: write environment = \"demo\" in the \
             provider block, or unset ARM_ENVIRONMENT.",
        )),
        Some(environment) => return environment,
        None => {
            let detail = match Environment::of_azures_name(word) {
                Some(advice) => format!("ARM_ENVIRONMENT is {word:?}. {advice}"),
                None => {
                    format!("ARM_ENVIRONMENT holds {}. Allowed: {}.", shape::unquoted(word), contradictions::environment_words(true))
                }
            };
            problems.push(Problem::of_variable("Unknown value of ARM_ENVIRONMENT", detail));
        }
    }
    Environment::Public
}
