//! Stand-in for the sign-in methods: a client secret only.

use std::sync::Arc;

use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    credentials::{Secret, TokenCredential},
    http::{ClientOptions, RetryOptions, Transport},
};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};

use super::{
    Cloud, Error, Kind, Result, Transports,
    settings::{Method, Settings},
};

/// Builds the credential of the settings; takes no token.
pub fn build(settings: &Settings, cloud: &Cloud, transports: &Transports) -> Result<Arc<dyn TokenCredential>> {
    let failed = |text: String| Error::new(Kind::Configuration, "sign in", cloud.authority.as_str()).said("", text);
    let Method::Secret { client_id, secret } = settings.method.clone()? else {
        return Err(failed("Only a client secret is supported here.".to_owned()));
    };
    let mut custom = CustomConfiguration::default();
    custom.authority_host = cloud.authority.to_string();
    let options = ClientSecretCredentialOptions {
        client_options: ClientOptions {
            retry: RetryOptions::none(),
            transport: Some(Transport::new(Arc::clone(&transports.api))),
            cloud: Some(Arc::new(CloudConfiguration::Custom(custom))),
            ..ClientOptions::default()
        },
    };
    let tenant = settings.tenant_id.as_deref().unwrap_or_default();
    let credential = ClientSecretCredential::new(tenant, client_id, Secret::new(secret.reveal().to_owned()), Some(options));
    credential.map(|credential| credential as Arc<dyn TokenCredential>).map_err(|error| failed(error.to_string()))
}
