//! The surface a user types: provider block, data sources, validations, functions. Thin glue over `azure` and `posture`.

pub mod collect;
pub mod context;
pub mod data;
pub mod failure;
pub mod frame;
pub mod functions;
mod host;
pub mod identity_words;
pub mod selection;
pub mod settings;
pub mod validations;
pub mod words;

use std::{fmt, sync::Arc};

use azure_core::http::HttpClient;

use self::{
    context::Context,
    settings::{IdentityScope, Settings},
    words::{Area, EnforcementWord, PersonalDataWord},
};
use crate::{
    azure::{Client, Transports, inputs::Problem, settings::Environment},
    demo,
    sdk::{
        Diagnostics, Path, Result,
        entry::{Provider, Tables},
    },
    text::quoted,
};

/// The provider.
pub struct Azposture {
    variable: fn(&str) -> Option<String>,
    transport: Option<Arc<dyn HttpClient>>,
}

impl Azposture {
    /// The provider of this process: its environment, real connections.
    pub fn new() -> Self {
        Self { variable: |name| std::env::var(name).ok(), transport: None }
    }

    /// A provider that reads no variables and sends everything to `transport`: for tests.
    pub fn with_transport(transport: Arc<dyn HttpClient>) -> Self {
        Self { variable: |_| None, transport: Some(transport) }
    }
}

impl Default for Azposture {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Azposture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Azposture").finish_non_exhaustive()
    }
}

impl Provider for Azposture {
    const NAME: &'static str = "azposture";
    const ADDRESSES: &'static [&'static str] =
        &["registry.terraform.io/azposture/azposture", "registry.opentofu.org/azposture/azposture"];
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Settings = Settings;
    type Context = Context;
    const TABLES: Tables<Context> =
        Tables { data_sources: data::DATA_SOURCES, validations: validations::VALIDATIONS, functions: &[functions::FUNCTIONS] };

    fn check(&self, settings: &Settings, problems: &mut Diagnostics) {
        problems.extend(reported(settings.inputs().problems()));
    }

    fn configure(&self, settings: Settings, terraform_version: &str, warnings: &mut Diagnostics) -> Result<Context> {
        host::must_be_supported(terraform_version)?;
        let mut connection = settings.inputs().resolve(&self.variable).map_err(reported)?;
        connection.user_agent = self.user_agent(terraform_version, &connection.user_agent);
        connection.redacts_people = settings.personal_data == Some(PersonalDataWord::Redact);
        let weakened = self.weakened(&settings, warnings)?;
        let transports = match (&self.transport, &connection.environment) {
            (Some(transport), _) => Transports::of(Arc::clone(transport)),
            (None, Environment::Demo) => Transports::of(Arc::new(demo::Tenant::demo())),
            (None, _) => Transports::real(&connection),
        };
        if connection.environment == Environment::Demo {
            let detail = "Everything below comes from the tenant embedded in the provider; nothing of it is real, and \
                          it is always 2 November 2026 there.";
            warnings.warning(Path::attribute("environment"), "Demo tenant in use", detail);
        }
        let operation_timeout = connection.limits.operation_timeout;
        Ok(Context {
            client: Client::new(connection, transports),
            areas: settings.areas.unwrap_or_else(|| Area::ALL.into()),
            identity_scope: settings.identity_scope.filter(IdentityScope::hides_somebody).map(Arc::new),
            on_unknown: settings.on_unknown.unwrap_or(EnforcementWord::Error),
            personal_data: settings.personal_data.unwrap_or(PersonalDataWord::Show),
            enforcement: settings.enforcement.unwrap_or(EnforcementWord::Error),
            weakened,
            operation_timeout,
        })
    }
}

impl Azposture {
    /// As azurerm and azapi name themselves, with what pipelines append through their usual variables.
    fn user_agent(&self, terraform_version: &str, own: &str) -> String {
        let mut agent = format!("HashiCorp Terraform/{terraform_version} (+https://www.terraform.io) {own}");
        for appended in ["TF_APPEND_USER_AGENT", "AZURE_HTTP_USER_AGENT"].iter().filter_map(|name| (self.variable)(name)) {
            agent.push(' ');
            agent.push_str(appended.trim());
        }
        agent.retain(|character| matches!(character, ' '..='~'));
        agent
    }

    /// `AZPOSTURE_ENFORCEMENT` may only weaken, and never silently.
    fn weakened(&self, settings: &Settings, warnings: &mut Diagnostics) -> Result<bool> {
        const VARIABLE: &str = "AZPOSTURE_ENFORCEMENT";
        let word = (self.variable)(VARIABLE).filter(|word| !word.is_empty());
        match word.as_deref() {
            None | Some("error") => Ok(false),
            Some("warning") if settings.allow_enforcement_override == Some(false) => {
                let detail = format!(
                    "{VARIABLE}=warning is set, but `allow_enforcement_override = false` forbids it. Failures stay errors."
                );
                warnings.warning(Path::root(), format!("{VARIABLE} is ignored"), detail);
                Ok(false)
            }
            Some("warning") => {
                let detail =
                    "Failed validations are warnings in this run and stop nothing. Unset the variable to enforce them again.";
                warnings.warning(Path::root(), format!("Enforcement weakened by {VARIABLE}"), detail);
                Ok(true)
            }
            Some(other) => {
                let detail = format!(
                    "{VARIABLE} is {}. It may be `warning`, which weakens, or `error`, which changes nothing.",
                    quoted(other)
                );
                Err(Diagnostics::of_error(format!("Invalid {VARIABLE}"), detail))
            }
        }
    }
}

fn reported(all: Vec<Problem>) -> Diagnostics {
    let mut problems = Diagnostics::new();
    for Problem { argument, summary, detail } in all {
        problems.error(argument.map_or_else(Path::root, Path::attribute), summary, detail);
    }
    problems
}
