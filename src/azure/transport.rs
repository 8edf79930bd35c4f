//! The two ways out of the process.

use std::sync::Arc;

use azure_core::http::HttpClient;

/// The HTTP clients of a connection.
#[derive(Clone, Debug)]
pub struct Transports {
    /// For the identity service, Azure Resource Manager and Microsoft Graph.
    pub api: Arc<dyn HttpClient>,
    /// For the instance metadata service of managed identities; never through a proxy.
    pub metadata: Arc<dyn HttpClient>,
}
