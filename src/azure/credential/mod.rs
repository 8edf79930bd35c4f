//! From settings to a token: one credential per method, each with our transport, our cloud and our explanations.

mod certificate;
mod cli;
pub(in crate::azure) mod egress;
mod lifetime;
mod managed_identity;
mod oidc;
mod patience;
mod recorder;
mod secret;

use std::{sync::Arc, time::Duration};

use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    http::{ClientOptions, HttpClient, RetryOptions, Transport, policies::Policy},
};

use tokio::time::Instant;

pub use self::{certificate::Certificate, cli::AzExecutor};
use self::{oidc::Source, patience::Patience, recorder::Recorder};
use super::{
    error::{Error, Kind, Result},
    settings::{DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Method, Settings},
};
use crate::azure::{
    Failure,
    answer::explain::{self, SignInPlace},
    clock,
    send::transport::Transports,
    tenant::{claims::Claims, cloud::Cloud},
};

/// How long Azure CLI may take to hand out a token.
const CLI_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a failed sign-in is not repeated.
const FAILURE_LIFETIME: Duration = Duration::from_secs(5);

/// The credential of a connection. Reads certificate files, sends nothing.
pub fn build(settings: &Settings, cloud: &Cloud, transports: &Transports) -> Result<Arc<dyn TokenCredential>> {
    let patience = Patience {
        limit: settings.limits.request_timeout,
        attempted: format!("sign in with {}", settings.method.as_ref().map_or("", words)),
        host: cloud.authority_host().to_owned(),
    };
    build_with(settings, cloud, transports, &[Arc::new(patience)])
}

/// As [`build`], with these policies around each whole token request instead of our own short retry; a retry policy comes last.
/// Managed identity takes none, because its credential retries by itself until our time limit ends it; Azure CLI sends its requests
/// itself.
pub fn build_with(
    settings: &Settings,
    cloud: &Cloud,
    transports: &Transports,
    policies: &[Arc<dyn Policy>],
) -> Result<Arc<dyn TokenCredential>> {
    let method = settings.method.clone()?;
    let recorder = Arc::new(Recorder::default());
    let place = SignInPlace {
        method: words(&method),
        host: cloud.authority_host().to_owned(),
        tenant: settings.tenant_id.clone(),
        client: method.client_id().map(str::to_owned),
    };
    let options = |http: &Arc<dyn HttpClient>, policies: &[Arc<dyn Policy>]| ClientOptions {
        per_call_policies: policies.to_vec(),
        per_try_policies: vec![recorder.clone()],
        retry: RetryOptions::none(),
        transport: Some(Transport::new(http.clone())),
        cloud: Some(cloud.configuration()),
        ..ClientOptions::default()
    };
    let tenant = || settings.tenant_id.clone().ok_or_else(|| tenant_missing(&place));
    let federated = |client_id: String, source: Source| -> Result<Arc<dyn TokenCredential>> {
        oidc::credential(tenant()?, client_id, source, transports.api.clone(), options(&transports.api, policies))
            .map_err(|error| explain::sign_in(&error, &place, None))
    };
    let inner: Arc<dyn TokenCredential> = match method {
        Method::AksWorkloadIdentity { client_id, token_file: file } | Method::OidcTokenFile { client_id, file } => {
            federated(client_id, Source::File(file))?
        }
        Method::AzureDevOps { client_id, service_connection_id, request_url, request_token } => {
            federated(client_id, Source::AzureDevOps { request_url, request_token, service_connection_id })?
        }
        Method::Certificate { client_id, source, password } => {
            let certificate = Certificate::load(&source, &password)?;
            certificate.must_be_valid(clock::now())?;
            let tenant = tenant()?;
            let audience = cloud.token_endpoint(&tenant);
            certificate::credential(tenant, client_id, certificate, audience, options(&transports.api, policies))
                .map_err(|error| explain::sign_in(&error, &place, None))?
        }
        Method::Cli => cli::credential(settings.tenant_id.clone(), AzExecutor::new(CLI_TIMEOUT))?,
        Method::Demo => {
            let (client_id, secret) = (DEMO_CLIENT_ID.to_owned(), DEMO_CLIENT_SECRET);
            secret::credential(&tenant()?, client_id, secret, options(&transports.api, policies), &place)?
        }
        Method::GitHub { client_id, request_url, request_token } => {
            federated(client_id, Source::GitHub { request_url, request_token })?
        }
        Method::ManagedIdentity { client_id } => {
            managed_identity::credential(client_id, options(&transports.metadata, &[]), recorder.clone())?
        }
        Method::OidcToken { client_id, token } => federated(client_id, Source::Token(token))?,
        Method::Secret { client_id, secret } => {
            secret::credential(&tenant()?, client_id, secret.reveal(), options(&transports.api, policies), &place)?
        }
    };
    Ok(explained(inner, place, recorder))
}

/// The certificate a connection signs in with; none for every other method. Its end is `credential_expires_on`.
pub fn certificate(settings: &Settings) -> Result<Option<Certificate>> {
    match &settings.method {
        Ok(Method::Certificate { source, password, .. }) => Certificate::load(source, password).map(Some),
        _ => Ok(None),
    }
}

/// Azure CLI's credential with a given executor, explained like every other.
pub fn cli_with(tenant: Option<String>, executor: AzExecutor) -> Result<Arc<dyn TokenCredential>> {
    let place = SignInPlace { method: words(&Method::Cli), host: cli::HERE.to_owned(), tenant: tenant.clone(), client: None };
    Ok(explained(cli::credential(tenant, executor)?, place, Arc::default()))
}

fn explained(inner: Arc<dyn TokenCredential>, place: SignInPlace, recorder: Arc<Recorder>) -> Arc<dyn TokenCredential> {
    Arc::new(Explained { inner, place, recorder, failed: tokio::sync::Mutex::default() })
}

fn words(method: &Method) -> &'static str {
    match method {
        Method::AksWorkloadIdentity { .. } => "AKS workload identity",
        Method::AzureDevOps { .. } => "an Azure DevOps service connection",
        Method::Certificate { .. } => "a client certificate",
        Method::Cli => "Azure CLI",
        Method::Demo => "the demo application",
        Method::GitHub { .. } => "GitHub Actions",
        Method::ManagedIdentity { .. } => "a managed identity",
        Method::OidcToken { .. } | Method::OidcTokenFile { .. } => "an OIDC token",
        Method::Secret { .. } => "a client secret",
    }
}

fn tenant_missing(place: &SignInPlace) -> Error {
    place
        .error(Kind::Configuration)
        .said(Failure::IncompleteSignIn, "missing: tenant_id")
        .advise("Set tenant_id or ARM_TENANT_ID.")
}

/// A credential whose failures are ours and whose tokens belong to the configured tenant. A failure is told to all who ask within
/// seconds, because many reads start at the same time, and each would wait for its own.
#[derive(Debug)]
struct Explained {
    inner: Arc<dyn TokenCredential>,
    place: SignInPlace,
    recorder: Arc<Recorder>,
    failed: tokio::sync::Mutex<Option<(Instant, Error)>>,
}

#[async_trait::async_trait]
impl TokenCredential for Explained {
    async fn get_token(&self, scopes: &[&str], options: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let mut failed = self.failed.lock().await;
        if let Some((_, error)) = failed.as_ref().filter(|(since, _)| since.elapsed() < FAILURE_LIFETIME) {
            return Err(explain::carry(error.clone()));
        }
        let token = match self.inner.get_token(scopes, options).await {
            Ok(token) => self.tenant_agrees(token.token.secret()).map(|()| token),
            Err(error) => Err(explain::sign_in(&error, &self.place, self.recorder.last().as_ref())),
        };
        token.map_err(|error| {
            *failed = Some((Instant::now(), error.clone()));
            explain::carry(error)
        })
    }
}

impl Explained {
    /// Azure CLI and managed identities bring a tenant of their own; a domain cannot be compared with a GUID here.
    fn tenant_agrees(&self, token: &str) -> Result<()> {
        let (Some(expected), Some(actual)) = (&self.place.tenant, Claims::of(token).and_then(|claims| claims.tid)) else {
            return Ok(());
        };
        if azure_core::Uuid::parse_str(expected).is_err() || expected.eq_ignore_ascii_case(&actual) {
            return Ok(());
        }
        Err(self
            .place
            .error(Kind::Configuration)
            .said(Failure::WrongTenant, format!("the token is for tenant {actual}, but tenant_id is {expected}"))
            .advise(format!("Set tenant_id = \"{actual}\", or sign in to the other tenant: az login --tenant {expected}.")))
    }
}
