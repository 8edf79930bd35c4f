//! The clouds and their hosts.

use url::Url;

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
