//! The gate in front of the wire: every request of a pipeline passes it first. It asks, in this order: does it stay on the host
//! its token is for, may the caller set these headers, is the path in the guard's table, does it stay in scope.

use std::sync::Arc;

use azure_core::{
    error::ErrorKind,
    http::{
        Body, Context, Method, Request,
        policies::{Policy, PolicyResult},
    },
};
use url::Url;

use crate::azure::{
    Audience, Call, Error, Failure, Kind,
    send::{bounds::Bounds, guard},
};

/// The first policy of a pipeline; see the module.
#[derive(Debug)]
pub struct Gate {
    /// The service this pipeline's token is for.
    pub audience: Audience,
    /// Scheme, host and port of the service.
    pub origin: Url,
    /// What the connection may look at.
    pub scope: Arc<Bounds>,
    /// `resource_graph = "never"`: not even the POSTs that only read.
    pub get_only: bool,
}

#[async_trait::async_trait]
impl Policy for Gate {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        if let Err((failure, why)) = self.check(request) {
            return Err(azure_core::Error::new(ErrorKind::Other, refused(ctx, request, failure, why)));
        }
        let Some((first, rest)) = next.split_first() else { return Err(ErrorKind::Other.into_error()) };
        first.send(ctx, request, rest).await
    }
}

impl Gate {
    fn check(&self, request: &Request) -> Result<(), (Failure, String)> {
        let url = request.url();
        if !same_origin(url, &self.origin) {
            let why = format!("A request for {} was about to go to {}.", host(&self.origin), host(url));
            return Err((Failure::LeftItsHost, why));
        }
        if let Some((name, _)) = request.headers().iter().find(|(name, _)| !guard::header_allowed(name.as_str())) {
            return Err((Failure::BadHeader, format!("The request header {} may not be set.", name.as_str())));
        }
        if self.get_only && request.method() != Method::Get {
            return Err((Failure::GetOnly, "resource_graph = \"never\" allows GET only.".to_owned()));
        }
        let allowed = guard::allow(self.audience, request.method(), url.path())?;
        let Body::Bytes(body) = request.body() else {
            return Err((Failure::NotInTable, "A streamed body cannot be looked into.".to_owned()));
        };
        self.scope.check(&allowed, body).map_err(|why| (Failure::OutsideScope, why))
    }
}

/// Whether a token for `origin` may go to `url`: https, the same host and port (`:443` is no other port), no user name.
pub fn same_origin(url: &Url, origin: &Url) -> bool {
    url.scheme() == "https"
        && origin.scheme() == "https"
        && url.host() == origin.host()
        && url.port_or_known_default() == origin.port_or_known_default()
        && url.username().is_empty()
        && url.password().is_none()
}

/// Scheme, host and port, for a message.
pub fn host(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

fn refused(ctx: &Context, request: &Request, failure: Failure, why: String) -> Error {
    let error = match ctx.value::<Call>() {
        Some(call) => call.error(Kind::RefusedByGuard),
        None => Error::new(Kind::RefusedByGuard, "read", request.url().path()),
    };
    let advice = match failure {
        Failure::GetOnly => "This read exists only as a POST; allow it with resource_graph = \"auto\".",
        Failure::OutsideScope => {
            "Name the subscription or management group in the provider block, or ask only for what is in its scope."
        }
        _ => guard::OUR_BUG,
    };
    error.said(failure, why).advise(advice)
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, Pipeline, StatusCode, Transport, headers::Headers};

    use super::*;
    use crate::azure::{send::guard::RESOURCE_GRAPH, settings::ScopeSetting};

    const SUBSCRIPTION: &str = "aaaaaaaa-1111-1111-1111-111111111111";

    /// The wire, which counts what reaches it.
    #[derive(Debug, Default)]
    struct Wire(AtomicUsize);

    #[async_trait::async_trait]
    impl HttpClient for Wire {
        async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(AsyncRawResponse::from_bytes(StatusCode::Ok, Headers::new(), "{}"))
        }
    }

    /// Sends one request through a pipeline whose first policy is the gate; why it was refused, and what reached the wire.
    async fn sent(audience: Audience, method: Method, url: &str, body: &'static str) -> (Option<Failure>, usize) {
        let wire = Arc::new(Wire::default());
        let origin = Url::parse(url).unwrap().join("/").unwrap();
        let scope = Arc::new(Bounds::new(&ScopeSetting::Subscriptions(BTreeSet::from([SUBSCRIPTION.to_owned()]))));
        let gate = Gate { audience, origin, scope, get_only: false };
        let transport = Some(Transport::new(Arc::clone(&wire) as Arc<dyn HttpClient>));
        let options = ClientOptions { transport, ..ClientOptions::default() };
        let pipeline = Pipeline::new(None, None, options, vec![Arc::new(gate)], Vec::new(), None);
        let mut request = Request::new(Url::parse(url).unwrap(), method);
        request.set_body(body);
        let outcome = pipeline.stream(&Context::new(), &mut request, None).await;
        let failure = outcome.err().and_then(|error| error.into_inner().unwrap().downcast_ref::<Error>().unwrap().failure());
        (failure, wire.0.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn what_writes_never_reaches_the_wire_even_where_reading_is_allowed() {
        let graph = "https://graph.microsoft.com/v1.0/users";
        let resources = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION}/resources");
        let query = format!("https://management.azure.com/{RESOURCE_GRAPH}");
        for (audience, reads, url) in [
            (Audience::Graph, Method::Get, graph),
            (Audience::ResourceManager, Method::Get, &resources),
            (Audience::ResourceManager, Method::Post, &query),
        ] {
            let body = r#"{"subscriptions":["aaaaaaaa-1111-1111-1111-111111111111"],"query":"resources"}"#;
            let body = if reads == Method::Post { body } else { "" };
            assert_eq!(sent(audience, reads, url, body).await, (None, 1), "{reads} {url}");
            for writes in [Method::Put, Method::Patch, Method::Delete] {
                assert_eq!(sent(audience, writes, url, body).await, (Some(Failure::NotInTable), 0), "{writes} {url}");
            }
        }
        assert_eq!(sent(Audience::ResourceManager, Method::Post, &resources, "").await, (Some(Failure::NotInTable), 0));
    }

    #[test]
    fn only_the_same_scheme_host_and_port_are_the_same_origin() {
        let origin = Url::parse("https://management.azure.com").unwrap();
        for (url, same) in [
            ("https://management.azure.com:443/subscriptions", true),
            ("https://MANAGEMENT.azure.com/subscriptions", true),
            ("http://management.azure.com/subscriptions", false),
            ("https://management.azure.com:8443/subscriptions", false),
            ("https://management.azure.com.evil.test/subscriptions", false),
            ("https://management.azure.com@evil.test/subscriptions", false),
            ("https://user:word@management.azure.com/subscriptions", false),
        ] {
            assert_eq!(same_origin(&Url::parse(url).unwrap(), &origin), same, "{url}");
        }
    }
}
