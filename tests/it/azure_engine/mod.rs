//! The engine of the azure layer against a fake service: an in-memory `HttpClient` and a paused clock.

mod lists;
mod refusals;
mod requests;
mod resource_graph;
mod retries;
mod wire;

use std::{
    collections::BTreeSet,
    fmt, io,
    sync::{Arc, Mutex},
    time::Duration,
};

use azposture::azure::{
    Call, Client, Transports,
    settings::{Environment, Exclusions, Limits, Method, ResourceGraph, ScopeSetting, Sensitive, Settings, SignInSource},
};
use azure_core::{
    Bytes,
    error::ErrorKind,
    http::{AsyncRawResponse, Body, HttpClient, Request, StatusCode, headers::Headers},
};
use serde::Deserialize;

pub(crate) const OURS: &str = "aaaaaaaa-1111-1111-1111-111111111111";
pub(crate) const THEIRS: &str = "bbbbbbbb-1111-1111-1111-111111111111";
pub(crate) const SECRET: &str = "PLANTED-SECRET";

/// A request as it reached the wire.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What the fake service does with a request.
pub(crate) enum Reply {
    Answer(u16, Vec<(&'static str, String)>, String),
    /// The connection cannot be made.
    NoConnection,
    /// The certificate is not trusted.
    Untrusted,
    /// The body ends before its end.
    CutOff(String),
    /// Nothing ever comes back.
    Silence,
}

pub(crate) fn ok(body: impl Into<String>) -> Reply {
    Reply::Answer(200, Vec::new(), body.into())
}

pub(crate) fn status(status: u16, body: impl Into<String>) -> Reply {
    Reply::Answer(status, Vec::new(), body.into())
}

type Handler = dyn Fn(&Sent, usize) -> Reply + Send + Sync;

/// A service that remembers what it was asked; it issues tokens too, each with a number and the scope it is for.
pub(crate) struct Fake {
    handler: Box<Handler>,
    sent: Mutex<Vec<Sent>>,
    tokens: Mutex<Vec<Sent>>,
}

impl Fake {
    /// `handler` gets each API request and its number, from 0.
    pub(crate) fn new(handler: impl Fn(&Sent, usize) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { handler: Box::new(handler), sent: Mutex::default(), tokens: Mutex::default() })
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    pub(crate) fn tokens(&self) -> usize {
        self.tokens.lock().unwrap().len()
    }

    pub(crate) fn client(self: &Arc<Self>) -> Client {
        self.client_with(|_| {})
    }

    pub(crate) fn client_with(self: &Arc<Self>, change: impl FnOnce(&mut Settings)) -> Client {
        let mut settings = Settings {
            environment: Environment::Public,
            tenant_id: Some("99999999-9999-9999-9999-999999999999".to_owned()),
            method: Ok(Method::Secret {
                client_id: "88888888-8888-8888-8888-888888888888".to_owned(),
                secret: Sensitive::new(SECRET),
            }),
            sign_in_source: SignInSource::Block,
            exclusions: Exclusions::default(),
            scope: ScopeSetting::Subscriptions(BTreeSet::from([OURS.to_owned()])),
            resource_graph: ResourceGraph::Auto,
            ca_certificate_file: None,
            limits: Limits::default(),
            user_agent: "agent/1".to_owned(),
            redacts_people: false,
        };
        change(&mut settings);
        Client::new(settings, Transports::of(Arc::clone(self) as Arc<dyn HttpClient>))
    }

    fn reply(&self, sent: Sent) -> Reply {
        if sent.url.contains("/oauth2/v2.0/token") {
            let mut tokens = self.tokens.lock().unwrap();
            let audience = if sent.body.contains("graph") { "graph" } else { "arm" };
            let token =
                format!(r#"{{"token_type":"Bearer","expires_in":3600,"access_token":"TOKEN-{audience}-{}"}}"#, tokens.len());
            tokens.push(sent);
            return ok(token);
        }
        // No test of reads is about where the tenant lives.
        if sent.url.contains("/.well-known/openid-configuration") {
            let issuer = sent.url.replace("/.well-known/openid-configuration", "");
            return ok(format!(r#"{{"issuer":"{issuer}","msgraph_host":"graph.microsoft.com"}}"#));
        }
        let number = {
            let mut log = self.sent.lock().unwrap();
            log.push(sent.clone());
            log.len() - 1
        };
        (self.handler)(&sent, number)
    }
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

#[async_trait::async_trait]
impl HttpClient for Fake {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let Body::Bytes(body) = request.body() else { panic!("a streamed body") };
        let headers = request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned()));
        let sent = Sent {
            method: request.method().to_string(),
            url: request.url().to_string(),
            headers: headers.collect(),
            body: String::from_utf8_lossy(body).into_owned(),
        };
        match self.reply(sent) {
            Reply::Answer(status, headers, body) => {
                let mut collected = Headers::new();
                for (name, value) in headers {
                    collected.insert(name, value);
                }
                Ok(AsyncRawResponse::from_bytes(StatusCode::from(status), collected, body))
            }
            Reply::NoConnection => {
                let reset = io::Error::from(io::ErrorKind::ConnectionRefused);
                Err(azure_core::Error::new(ErrorKind::Connection, reset))
            }
            Reply::Untrusted => {
                let untrusted = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
                Err(azure_core::Error::new(ErrorKind::Connection, io::Error::other(untrusted)))
            }
            Reply::CutOff(body) => {
                let end = azure_core::Error::new(ErrorKind::Io, io::Error::from(io::ErrorKind::UnexpectedEof));
                let chunks = [Ok(Bytes::from(body)), Err(end)];
                Ok(AsyncRawResponse::new(StatusCode::Ok, Headers::new(), Box::pin(futures::stream::iter(chunks))))
            }
            Reply::Silence => {
                tokio::time::sleep(Duration::from_secs(1_000_000)).await;
                Err(ErrorKind::Other.into_error())
            }
        }
    }
}

/// A row of any list.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: String,
}

/// The ids of a list.
pub(crate) async fn ids(client: &Client, call: Call) -> azposture::azure::Result<Vec<String>> {
    let mut ids = Vec::new();
    client.list(call, |row: Row| ids.push(row.id)).await.map(|()| ids)
}

/// A list in the subscription of the connection.
pub(crate) fn resources() -> Call {
    Call::arm("list resources", format!("/subscriptions/{OURS}/resources"), "2021-04-01")
}

/// A list at tenant level.
pub(crate) fn subscriptions() -> Call {
    Call::arm("list subscriptions", "/subscriptions", "2022-12-01")
}

pub(crate) fn users() -> Call {
    Call::graph("list users", "/users")
}
