//! The embedded demo tenant: a small company behind the same `HttpClient` seam as the real transport. Nothing leaves the process.
//!
//! Fabrikam Outdoor sells tents: two subscriptions, a few dozen resources with findings of every kind, sixty accounts. The
//! documents stand in `fixtures/` in the services' own shapes; [`Tenant`] serves them in the services' own words, asks for tokens,
//! checks what its principal may read, and cuts lists into small pages. Tests plan [`Fault`]s, edit documents, and count requests.

mod access;
mod answer;
mod authorization;
mod directory;
mod fault;
mod fixtures;
mod hierarchy;
mod judge;
mod kusto;
mod odata;
mod paging;
mod request;
mod resource_graph;
mod resource_manager;
mod routes;
mod sign_in;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use azure_core::{
    Bytes,
    error::ErrorKind,
    http::{
        AsyncRawResponse, HttpClient, Request as Sent,
        headers::{HeaderName, Headers},
    },
};
use serde_json::Value;

use self::{
    answer::{Answer, Body},
    fault::{Effect, Planned},
    fixtures::Fixtures,
    request::Call,
};
use crate::azure::Result;

pub use self::{fault::Fault, request::Request};
pub use crate::azure::settings::DEMO_NOW as NOW;

/// Host of sign-in.
pub const LOGIN_HOST: &str = "login.demo.azposture";
/// Host of Azure Resource Manager.
pub const RESOURCE_MANAGER_HOST: &str = "management.demo.azposture";
/// Host of Microsoft Graph.
pub const GRAPH_HOST: &str = "graph.demo.azposture";
/// The tenant's id.
pub const TENANT_ID: &str = "fab00000-0000-4000-8000-000000000001";
/// The tenant's default domain.
pub const TENANT_DOMAIN: &str = "fabrikam-outdoor.example";
/// The subscription "Fabrikam Production".
pub const PRODUCTION: &str = "fab00001-0000-4000-8000-000000000001";
/// The subscription "Fabrikam Sandbox".
pub const SANDBOX: &str = "fab00001-0000-4000-8000-000000000002";
/// Application id of the demo's own scanner, with which the demo signs in.
pub const CLIENT_ID: &str = "fab00006-0000-4000-8000-000000000001";
/// The secret of [`CLIENT_ID`]. It protects nothing; any client assertion is taken as well.
pub const CLIENT_SECRET: &str = "demo";
/// Object id of the scanner's service principal. It holds Reader at the management group
/// `mg-fabrikam`, which covers every subscription, and Management Group Reader at the root, which proves that.
pub const PRINCIPAL_ID: &str = "fab00004-0000-4000-8000-000000000001";

/// The hosts of the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    Graph,
    Login,
    ResourceManager,
}

impl Host {
    fn of(name: &str) -> Option<Self> {
        [Self::Graph, Self::Login, Self::ResourceManager].into_iter().find(|host| host.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Graph => GRAPH_HOST,
            Self::Login => LOGIN_HOST,
            Self::ResourceManager => RESOURCE_MANAGER_HOST,
        }
    }
}

/// A tenant of its own: clones share documents, faults and the log; two calls of [`demo`](Self::demo) share nothing.
#[derive(Clone, Debug)]
pub struct Tenant(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    fixtures: Fixtures,
    faults: Mutex<Vec<Planned>>,
    log: Mutex<Vec<Request>>,
    page_size: Mutex<Option<usize>>,
    requests: AtomicU64,
}

impl Tenant {
    /// The tenant as its files have it.
    pub fn demo() -> Self {
        Self(Arc::new(Inner {
            fixtures: Fixtures::default(),
            faults: Mutex::default(),
            log: Mutex::default(),
            page_size: Mutex::default(),
            requests: AtomicU64::new(0),
        }))
    }

    /// Plans a fault. Faults apply in the order planned.
    pub fn with_fault(self, fault: Fault) -> Self {
        lock(&self.0.faults).push(Planned::new(fault));
        self
    }

    /// Cuts every list, of each service, into pages of at most this many rows (at least 1).
    pub fn with_page_size(self, rows: usize) -> Self {
        *lock(&self.0.page_size) = Some(rows.max(1));
        self
    }

    /// Changes a document, named like its file without `.json`; errs if there is none of that name ([`fixtures`](Self::fixtures)).
    pub fn edit(&self, fixture: &str, change: impl FnOnce(&mut Value)) -> Result<()> {
        self.0.fixtures.edit(fixture, change)
    }

    /// A document as it is now; `null` if there is none of that name.
    pub fn document(&self, fixture: &str) -> Value {
        self.0.fixtures.document(fixture).as_ref().clone()
    }

    /// The names of all documents, sorted.
    pub fn fixtures() -> impl Iterator<Item = &'static str> {
        fixtures::names()
    }

    /// Every request that reached the tenant, in order, those that faults met included.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.0.log).clone()
    }

    /// How often each planned fault has happened, in the order planned.
    pub fn fired(&self) -> Vec<usize> {
        lock(&self.0.faults).iter().map(Planned::fired).collect()
    }

    /// Decides everything about a request but when it is answered.
    fn receive(&self, call: &Call) -> Vec<Effect> {
        lock(&self.0.log).push(call.record());
        lock(&self.0.faults).iter_mut().flat_map(|planned| planned.due(call)).collect()
    }

    fn answer(&self, call: &Call, effects: &[Effect]) -> Answer {
        let number = self.0.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let request_id = format!("fab00013-0000-4000-8000-{number:012x}");
        let planned = effects.iter().find_map(|effect| match effect {
            Effect::Answer(answer) => Some(answer.clone()),
            _ => None,
        });
        let page_size = *lock(&self.0.page_size);
        let mut answer = planned.unwrap_or_else(|| judge::serve(&self.0.fixtures, call, effects, page_size, &request_id));
        let graph = call.host == GRAPH_HOST;
        answer.headers.push((if graph { "request-id" } else { "x-ms-request-id" }.to_owned(), request_id));
        fault::spoil(&mut answer, effects, call);
        answer
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl HttpClient for Tenant {
    async fn execute_request(&self, request: &Sent) -> azure_core::Result<AsyncRawResponse> {
        let call = Call::of(request);
        if call.url.scheme() != "https" || Host::of(&call.host).is_none() || call.url.port().is_some() {
            let message = format!("the demo tenant has no host {}://{}", call.url.scheme(), call.url.authority());
            return Err(azure_core::Error::with_message(ErrorKind::Connection, message));
        }
        let effects = self.receive(&call);
        for effect in &effects {
            match effect {
                Effect::Delay(delay) => tokio::time::sleep(*delay).await,
                Effect::Drop => return Err(broken("connection reset by peer")),
                _ => {}
            }
        }
        Ok(on_the_wire(self.answer(&call, &effects), &effects))
    }
}

fn on_the_wire(answer: Answer, effects: &[Effect]) -> AsyncRawResponse {
    let mut headers = Headers::new();
    for (name, value) in answer.headers {
        headers.insert(HeaderName::from(name), value);
    }
    let mut body = match answer.body {
        Body::Json(value) => value.to_string().into_bytes(),
        Body::Raw(bytes) => bytes,
    };
    let mut torn = false;
    for effect in effects {
        match effect {
            Effect::Prefix(prefix) => body = [prefix, body.as_slice()].concat(),
            Effect::Short => body.truncate(body.len() / 2),
            Effect::Torn => torn = true,
            _ => {}
        }
    }
    if torn {
        body.truncate(body.len() / 2);
        let parts = [Ok(Bytes::from(body)), Err(broken("connection closed before the body was complete"))];
        return AsyncRawResponse::new(answer.status.into(), headers, Box::pin(futures::stream::iter(parts)));
    }
    AsyncRawResponse::from_bytes(answer.status.into(), headers, body)
}

fn broken(message: &'static str) -> azure_core::Error {
    azure_core::Error::with_message(ErrorKind::Io, message)
}
