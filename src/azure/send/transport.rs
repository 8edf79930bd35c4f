//! The way out of the process: one HTTP client for the APIs, one without proxy for the metadata service of managed identities.
//! Both are built when first used, because reading the system's trust anchors costs more than the whole start-up budget.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use azure_core::{
    error::ErrorKind,
    http::{AsyncRawResponse, HttpClient, Request},
};
use reqwest::{Certificate, ClientBuilder, redirect};

use crate::azure::{Error, Kind, Result, proxy, settings::Settings};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// The HTTP clients of a connection.
#[derive(Clone, Debug)]
pub struct Transports {
    /// For the identity service, Azure Resource Manager and Microsoft Graph.
    pub api: Arc<dyn HttpClient>,
    /// For the instance metadata service of managed identities; never through a proxy.
    pub metadata: Arc<dyn HttpClient>,
}

impl Transports {
    /// Real connections. Does no IO; what is wrong with `ca_certificate_file` is reported by the first request.
    pub fn real(settings: &Settings) -> Self {
        let recipe = |proxy| Recipe {
            ca_certificate_file: settings.ca_certificate_file.clone(),
            timeout: settings.limits.request_timeout,
            proxy,
        };
        Self { api: Arc::new(Lazy::new(recipe(true))), metadata: Arc::new(Lazy::new(recipe(false))) }
    }

    /// One client for everything: the demo tenant, tests.
    pub fn of(client: Arc<dyn HttpClient>) -> Self {
        Self { api: Arc::clone(&client), metadata: client }
    }
}

#[derive(Debug)]
struct Recipe {
    ca_certificate_file: Option<PathBuf>,
    timeout: Duration,
    /// With the system's proxies and https only; without, plain http is allowed, for the link-local metadata address.
    proxy: bool,
}

#[derive(Debug)]
struct Lazy {
    recipe: Recipe,
    client: OnceLock<Result<reqwest::Client>>,
}

impl Lazy {
    fn new(recipe: Recipe) -> Self {
        Self { recipe, client: OnceLock::new() }
    }
}

#[async_trait::async_trait]
impl HttpClient for Lazy {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        match self.client.get_or_init(|| self.recipe.build()) {
            Ok(client) => client.execute_request(request).await,
            Err(error) => Err(azure_core::Error::new(ErrorKind::Other, error.clone())),
        }
    }
}

impl Recipe {
    /// Tries the system's trust anchors first. Where there are none (a bare container), or where more cannot be added to them
    /// (macOS), Mozilla's are used.
    fn build(&self) -> Result<reqwest::Client> {
        if let Some(error) = proxy::malformed(&|name| std::env::var(name).ok()).filter(|_| self.proxy) {
            return Err(error);
        }
        let extra = self.extra()?;
        let system = self.builder().tls_certs_merge(extra.clone()).build();
        let client = system.or_else(|_| {
            let mozilla = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| Certificate::from_der(der).ok());
            self.builder().tls_certs_only(mozilla.chain(extra)).build()
        });
        client.map_err(|error| Error::new(Kind::Configuration, "set up TLS", "this machine").said(None, error.to_string()))
    }

    fn builder(&self) -> ClientBuilder {
        let builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT.min(self.timeout))
            .timeout(self.timeout)
            .https_only(self.proxy)
            .gzip(true);
        if self.proxy { builder } else { builder.no_proxy() }
    }

    fn extra(&self) -> Result<Vec<Certificate>> {
        let Some(file) = &self.ca_certificate_file else { return Ok(Vec::new()) };
        let broken = |why: String| {
            Error::new(Kind::Configuration, "read ca_certificate_file", file.display().to_string())
                .said(None, why)
                .advise("Name a readable file with one or more certificates in PEM form.")
        };
        let pem = fs::read(file).map_err(|error| broken(error.to_string()))?;
        let certificates = Certificate::from_pem_bundle(&pem).map_err(|_| broken("It is not PEM.".to_owned()))?;
        if certificates.is_empty() {
            return Err(broken("It holds no certificate.".to_owned()));
        }
        Ok(certificates)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn recipe(file: Option<PathBuf>) -> Recipe {
        Recipe { ca_certificate_file: file, timeout: Duration::from_secs(60), proxy: true }
    }

    #[test]
    fn a_client_is_built_with_and_without_an_extra_trust_anchor() {
        assert!(recipe(None).build().is_ok());
        let key = rcgen::KeyPair::generate().unwrap();
        let anchor = rcgen::CertificateParams::new(vec!["proxy.test".to_owned()]).unwrap().self_signed(&key).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(anchor.pem().as_bytes()).unwrap();
        assert!(recipe(Some(file.path().to_owned())).build().is_ok());
    }

    #[test]
    fn a_trust_anchor_that_is_missing_or_holds_no_certificate_is_named() {
        let empty = tempfile::NamedTempFile::new().unwrap();
        for file in [PathBuf::from("/nowhere/ca.pem"), empty.path().to_owned()] {
            let error = recipe(Some(file.clone())).build().unwrap_err();
            assert_eq!((error.kind(), error.object()), (Kind::Configuration, file.to_str().unwrap()));
        }
    }
}
