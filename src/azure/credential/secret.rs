//! Sign-in with a client secret.

use std::sync::Arc;

use azure_core::{
    credentials::{Secret, TokenCredential},
    http::ClientOptions,
};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};

use crate::azure::{
    answer::explain::{self, SignInPlace},
    error::Result,
};

pub(super) fn credential(
    tenant: &str,
    client_id: String,
    secret: &str,
    client_options: ClientOptions,
    place: &SignInPlace,
) -> Result<Arc<dyn TokenCredential>> {
    let options = ClientSecretCredentialOptions { client_options };
    match ClientSecretCredential::new(tenant, client_id, Secret::new(secret.to_owned()), Some(options)) {
        Ok(credential) => Ok(credential),
        Err(error) => Err(explain::sign_in(&error, place, None)),
    }
}
