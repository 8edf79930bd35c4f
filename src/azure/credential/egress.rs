//! The guard of the sign-in: credentials send through pipelines of their own, so their transport is wrapped. A POST may only
//! fetch a token (or an assertion from the configured Azure DevOps endpoint); a GET may only discover, or fetch a token or
//! assertion.

use std::sync::Arc;

use azure_core::{
    error::ErrorKind,
    http::{AsyncRawResponse, HttpClient, Method, Request},
};
use url::Url;

use crate::azure::{
    Cloud, Error, Failure, Kind, Transports,
    send::{
        guard::{OUR_BUG, segments},
        policy,
    },
    settings::{Method as SignIn, Settings},
};

/// Both transports, restricted to what signing in needs.
pub(in crate::azure) fn restrict(transports: &Transports, settings: &Settings, cloud: &Cloud) -> Transports {
    let assertions = match &settings.method {
        Ok(SignIn::AzureDevOps { request_url, .. } | SignIn::GitHub { request_url, .. }) => Url::parse(request_url).ok(),
        _ => None,
    };
    let wrap = |inner: &Arc<dyn HttpClient>| -> Arc<dyn HttpClient> {
        Arc::new(SignInOnly { inner: Arc::clone(inner), authority: cloud.authority.clone(), assertions: assertions.clone() })
    };
    Transports { api: wrap(&transports.api), metadata: wrap(&transports.metadata) }
}

#[derive(Debug)]
struct SignInOnly {
    inner: Arc<dyn HttpClient>,
    authority: Url,
    /// Where the pipeline hands out assertions.
    assertions: Option<Url>,
}

#[async_trait::async_trait]
impl HttpClient for SignInOnly {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        if self.allows(request.method(), request.url()) {
            return self.inner.execute_request(request).await;
        }
        let object = format!("{}{}", policy::host(request.url()), request.url().path());
        let error = Error::new(Kind::RefusedByGuard, "sign in", object)
            .said(Failure::NotInTable, format!("A {} there is no part of signing in.", request.method()))
            .advise(OUR_BUG);
        Err(azure_core::Error::new(ErrorKind::Other, error))
    }
}

impl SignInOnly {
    fn allows(&self, method: Method, url: &Url) -> bool {
        let assertion =
            self.assertions.as_ref().is_some_and(|known| policy::same_origin(url, known) && url.path() == known.path());
        let segments = segments(url.path().trim_end_matches('/')).unwrap_or_default();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let authority = policy::same_origin(url, &self.authority);
        match (method, path.as_slice()) {
            (Method::Get | Method::Post, _) if assertion => true,
            (Method::Post, [_, "oauth2", "v2.0", "token"]) => authority,
            (Method::Get, [_, "v2.0", ".well-known", "openid-configuration"] | ["common", "discovery", "instance"]) => authority,
            // Instance metadata, and App Service, which names its own host and path in IDENTITY_ENDPOINT.
            (Method::Get, ["metadata", "identity", "oauth2", "token"]) => true,
            (Method::Get, [.., msi, "token"]) => msi.eq_ignore_ascii_case("msi"),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Nowhere;

    #[async_trait::async_trait]
    impl HttpClient for Nowhere {
        async fn execute_request(&self, _request: &Request) -> azure_core::Result<AsyncRawResponse> {
            Err(ErrorKind::Other.into_error())
        }
    }

    fn allowed(method: Method, url: &str) -> bool {
        let guard = SignInOnly {
            inner: Arc::new(Nowhere),
            authority: Url::parse("https://login.microsoftonline.com").unwrap(),
            assertions: Some(Url::parse("https://dev.azure.com/org/_apis/oidctoken?x=1").unwrap()),
        };
        guard.allows(method, &Url::parse(url).unwrap())
    }

    #[test]
    fn signing_in_may_fetch_tokens_and_assertions_and_nothing_else() {
        for (method, url, expected) in [
            (Method::Post, "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token", true),
            (Method::Post, "https://login.evil.test/contoso.com/oauth2/v2.0/token", false),
            (Method::Post, "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/devicecode", false),
            (Method::Get, "https://login.microsoftonline.com/contoso.com/v2.0/.well-known/openid-configuration", true),
            (Method::Get, "http://169.254.169.254/metadata/identity/oauth2/token?resource=x", true),
            (Method::Get, "http://169.254.169.254/metadata/instance", false),
            (Method::Get, "http://localhost:4141/MSI/token/?resource=x", true),
            (Method::Post, "https://dev.azure.com/org/_apis/oidctoken?api-version=7.1", true),
            (Method::Post, "https://dev.azure.com/org/_apis/pipelines", false),
            (Method::Put, "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token", false),
            (Method::Get, "https://management.azure.com/subscriptions", false),
        ] {
            assert_eq!(allowed(method, url), expected, "{method} {url}");
        }
    }
}
