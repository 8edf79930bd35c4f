//! The clouds and their hosts.

use url::Url;

use super::{Error, Kind, Result, Transports, settings::Settings};

/// The hosts of one Azure cloud. Scopes are `<endpoint>/.default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// The word the provider block uses for it.
    pub name: String,
    /// Sign-in host, for example `https://login.microsoftonline.com`.
    pub authority: Url,
    /// Azure Resource Manager, for example `https://management.azure.com`.
    pub resource_manager: Url,
    /// Microsoft Graph, for example `https://graph.microsoft.com`.
    pub graph: Url,
    /// The audience of Resource Manager tokens, without a trailing slash.
    pub resource_manager_audience: String,
    /// The audience of Microsoft Graph tokens, without a trailing slash.
    pub graph_audience: String,
}

/// Stand-in: the worldwide cloud, whatever the settings say.
pub async fn of(settings: &Settings, _transports: &Transports) -> Result<Cloud> {
    let failed = |_| Error::new(Kind::Configuration, "find the hosts of", "the cloud");
    Ok(Cloud {
        name: format!("{:?}", settings.environment),
        authority: Url::parse("https://login.microsoftonline.com").map_err(failed)?,
        resource_manager: Url::parse("https://management.azure.com").map_err(failed)?,
        graph: Url::parse("https://graph.microsoft.com").map_err(failed)?,
        resource_manager_audience: "https://management.azure.com".to_owned(),
        graph_audience: "https://graph.microsoft.com".to_owned(),
    })
}
