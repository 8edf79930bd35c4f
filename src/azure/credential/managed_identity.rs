//! Sign-in with the managed identity of the machine this runs on.

use std::{sync::Arc, time::Duration};

use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    http::ClientOptions,
};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};

use super::recorder::Recorder;
use crate::azure::{
    answer::explain,
    error::{Error, Kind, Result},
    failure::Failure,
};

/// The SDK would try for 72 seconds; on a machine that has no metadata service the answer is known much earlier.
const TIMEOUT: Duration = Duration::from_secs(15);
const METADATA: &str = "the instance metadata service";
const APP_SERVICE: &str = "the identity endpoint of App Service";
const SIGNING_IN: &str = "sign in with a managed identity";

pub(super) fn credential(
    client_id: Option<String>,
    client_options: ClientOptions,
    recorder: Arc<Recorder>,
) -> Result<Arc<dyn TokenCredential>> {
    let user_assigned_id = client_id.clone().map(UserAssignedId::ClientId);
    let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options };
    let endpoint = endpoint(&|name| std::env::var_os(name).is_some());
    let inner = ManagedIdentityCredential::new(Some(options)).map_err(|error| {
        Error::new(Kind::Unsupported, SIGNING_IN, endpoint).told(Failure::UnsupportedHost, explain::text_of(&error)).advise(
            "Managed identity works on Azure VMs, scale sets, App Service and Functions; elsewhere use OIDC or a certificate.",
        )
    })?;
    Ok(Arc::new(Limited { inner, client_id, endpoint, recorder }))
}

/// Who hands out the tokens, by the variables that the SDK chooses it by.
fn endpoint(is_set: &dyn Fn(&str) -> bool) -> &'static str {
    match is_set("IDENTITY_ENDPOINT") {
        true if is_set("IDENTITY_HEADER") => APP_SERVICE,
        _ => METADATA,
    }
}

#[derive(Debug)]
struct Limited {
    inner: Arc<ManagedIdentityCredential>,
    client_id: Option<String>,
    endpoint: &'static str,
    recorder: Arc<Recorder>,
}

#[async_trait::async_trait]
impl TokenCredential for Limited {
    async fn get_token(&self, scopes: &[&str], options: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        match tokio::time::timeout(TIMEOUT, self.inner.get_token(scopes, options)).await {
            Ok(Ok(token)) => Ok(token),
            Ok(Err(error)) if explain::explanation(&error).is_some() => Err(error),
            Ok(Err(error)) => Err(explain::carry(self.explained(&explain::text_of(&error)))),
            Err(_) => Err(explain::carry(self.explained(&format!("no answer within {} seconds", TIMEOUT.as_secs())))),
        }
    }
}

impl Limited {
    fn explained(&self, text: &str) -> Error {
        let Some(told) = self.recorder.last() else {
            if self.endpoint == APP_SERVICE {
                return Error::new(Kind::Unauthenticated, SIGNING_IN, APP_SERVICE).told(Failure::NoIdentityEndpoint, text).advise(
                    "Nobody answers at IDENTITY_ENDPOINT: switch the app's identity on (App Service > Identity), restart it, or use another \
                     sign-in method.",
                );
            }
            return Error::new(Kind::Unauthenticated, SIGNING_IN, METADATA).told(Failure::NoMetadataService, text).advise(
                "This machine seems not to be an Azure VM or App Service: use another sign-in method, or unset use_msi. Containers must be \
                 allowed to reach 169.254.169.254.",
            );
        };
        let which = self.client_id.as_deref().unwrap_or("the system-assigned identity");
        let said = if told.message.is_empty() { text } else { &told.message };
        let error = Error::new(Kind::Unauthenticated, SIGNING_IN, format!("{} ({which})", self.endpoint))
            .told(told.code.as_str(), said)
            .answered(told.status, told.request_id.clone());
        match told.status {
            _ if said.contains("AudienceNotSupported") || said.contains("AADSTS500011") => {
                error.advise("Set environment to the cloud this machine runs in: its identity accepts only that cloud's audiences.")
            }
            400 if self.endpoint == APP_SERVICE => error.advise(
                "Assign the identity to the app (App Service > Identity; az webapp identity assign), and check client_id: it selects a \
                 user-assigned identity, without it the system-assigned one is used.",
            ),
            400 => error.advise(
                "Assign the identity to this machine (az vm identity assign), and check client_id: it selects a user-assigned identity, \
                 without it the system-assigned one is used.",
            ),
            _ => error.advise("Run again in a minute; it answers late after a start or an assignment."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_service_is_told_by_its_variables() {
        assert_eq!(endpoint(&|_| false), METADATA);
        assert_eq!(endpoint(&|name| name == "IDENTITY_ENDPOINT"), METADATA);
        assert_eq!(endpoint(&|_| true), APP_SERVICE);
    }
}
