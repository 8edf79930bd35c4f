//! A whole cloud on this machine over real sockets: sign-in, Resource Manager, Microsoft Graph and a pipeline that issues OIDC
//! tokens, each on its own port, behind TLS of the test's own authority. What it answers comes from a demo tenant; how the answer
//! travels is up to [`Trouble`]s.

mod proxy;
mod serve;
mod trouble;
mod trust;

use std::{
    collections::{BTreeMap, VecDeque},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use azposture::demo::{CLIENT_ID, TENANT_ID, Tenant};
use azure_core::Bytes;
use serde_json::{Value as Json, json};
use tokio::{net::TcpListener, task::JoinSet};

pub(crate) use self::{
    proxy::{Mood, Proxy},
    serve::Asked,
    trouble::{Effect, Trouble},
    trust::{Certificate, Http},
};
use self::{serve::Front, trust::Authority};

/// The secret the cloud knows its application by; nothing else on this machine says it.
pub(crate) const SECRET: &str = "PlantedSecret~7hV.3kQ_9sLx2pWd8";
/// What a workflow's or pipeline's request for an OIDC token has to carry.
pub(crate) const REQUEST_TOKEN: &str = "PlantedRequestToken-5nB1zUe6RtYc";
/// The OIDC token the cloud's pipelines issue.
pub(crate) const ASSERTION: &str = "PlantedAssertion-c4Jm8WqP0aXv.body.signature";
/// What a managed identity's machine sends along.
pub(crate) const IDENTITY_HEADER: &str = "PlantedIdentityHeader-2gT7oKd5";

/// One of its services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Graph,
    Login,
    /// The machine's own identity endpoint, as on App Service: plain HTTP.
    Machine,
    Management,
    /// Cloud metadata, and OIDC tokens of pipelines.
    Pipeline,
}

impl Role {
    const ALL: [Self; 5] = [Self::Graph, Self::Login, Self::Machine, Self::Management, Self::Pipeline];
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) role: Role,
    /// Host and port as the client calls them.
    pub(crate) host: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub(crate) version: String,
    /// The token it carried.
    pub(crate) bearer: Option<String>,
    /// What it asked in its body.
    pub(crate) body: String,
}

impl Seen {
    /// Everything that makes it another request than the next one.
    pub(crate) fn question(&self) -> String {
        format!("{:?} {} {}?{} {}", self.role, self.method, self.path, self.query, self.body)
    }
}

/// A cloud before it runs.
pub(crate) struct Recipe {
    tenant: Tenant,
    http: Http,
    names: Option<[&'static str; 3]>,
    shown: BTreeMap<Role, Certificate>,
    troubles: Vec<Trouble>,
    front: Option<Front>,
    distance: Distance,
}

/// How far away the services are.
#[derive(Clone, Copy, Debug, Default)]
struct Distance {
    /// What every answer takes at least.
    latency: Duration,
    /// Whether Resource Graph refuses more than its 15 requests in five seconds.
    limited: bool,
}

/// A running cloud; it ends when it is dropped.
pub(crate) struct FakeCloud {
    inner: Arc<Inner>,
    authority: Authority,
    _tasks: JoinSet<()>,
}

struct Inner {
    tenant: Tenant,
    ports: BTreeMap<Role, u16>,
    /// What the client calls the services.
    names: BTreeMap<Role, String>,
    front: Option<Front>,
    distance: Distance,
    /// When Resource Graph was last asked.
    queried: Mutex<VecDeque<Instant>>,
    troubles: Mutex<Vec<Trouble>>,
    seen: Mutex<Vec<Seen>>,
    forms: Mutex<Vec<BTreeMap<String, String>>>,
    issued: Mutex<Vec<String>>,
    connections: Mutex<BTreeMap<Role, usize>>,
    open: Mutex<BTreeMap<Role, usize>>,
}

impl FakeCloud {
    /// A cloud with that tenant, over HTTP/2, under names of this machine.
    pub(crate) fn on(tenant: Tenant) -> Recipe {
        let shown = BTreeMap::new();
        Recipe { tenant, http: Http::Two, names: None, shown, troubles: vec![], front: None, distance: Distance::default() }
    }

    /// The provider block that leads here: tenant-wide, with a client secret.
    pub(crate) fn block(&self) -> Json {
        let mut block = self.place();
        block["client_secret"] = SECRET.into();
        block
    }

    /// The provider block that leads here, without any way to sign in.
    pub(crate) fn place(&self) -> Json {
        json!({
            "metadata_host": self.name(Role::Pipeline), "ca_certificate_file": self.ca_file(),
            "tenant_id": TENANT_ID, "client_id": CLIENT_ID, "tenant_wide": true,
        })
    }

    /// The authority's certificate.
    pub(crate) fn ca_file(&self) -> &Path {
        self.authority.file.path()
    }

    /// Host and port as the client calls them.
    pub(crate) fn name(&self, role: Role) -> &str {
        &self.inner.names[&role]
    }

    /// Every request so far, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.inner.seen).clone()
    }

    /// The requests of one service so far.
    pub(crate) fn seen_by(&self, role: Role) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.role == role).collect()
    }

    /// The forms of all token requests so far.
    pub(crate) fn forms(&self) -> Vec<BTreeMap<String, String>> {
        lock(&self.inner.forms).clone()
    }

    /// All access tokens handed out so far.
    pub(crate) fn issued(&self) -> Vec<String> {
        lock(&self.inner.issued).clone()
    }

    /// How many TCP connections a service has had.
    pub(crate) fn connections(&self, role: Role) -> usize {
        lock(&self.inner.connections).get(&role).copied().unwrap_or_default()
    }

    /// How many TCP connections to a service are open.
    pub(crate) fn open(&self, role: Role) -> usize {
        lock(&self.inner.open).get(&role).copied().unwrap_or_default()
    }

    /// An access token of the tenant's application for a service, as another program on this machine would get it.
    pub(crate) async fn token(&self, role: Role) -> String {
        serve::token(&self.inner, role).await
    }

    /// Where a host name leads, for a proxy.
    pub(crate) fn route(&self) -> impl Fn(&str) -> Option<u16> + Send + Sync + 'static {
        let inner = Arc::clone(&self.inner);
        move |host| {
            let of = |name: &String| name.split(':').next() == Some(host);
            inner.names.iter().find(|(_, name)| of(name)).map(|(role, _)| inner.ports[role])
        }
    }
}

impl Inner {
    /// Whether Resource Graph is asked more often than it allows: 15 times in five seconds.
    fn is_queried_too_often(&self) -> bool {
        let (mut queried, now) = (lock(&self.queried), Instant::now());
        queried.retain(|at| now.duration_since(*at) < Duration::from_secs(5));
        let too_often = self.distance.limited && queried.len() >= 15;
        if !too_often {
            queried.push_back(now);
        }
        too_often
    }
}

impl Recipe {
    /// Over that HTTP and no other.
    pub(crate) fn over(mut self, http: Http) -> Self {
        self.http = http;
        self
    }

    /// Under these names of sign-in, Resource Manager and Microsoft Graph; only a proxy leads there.
    pub(crate) fn named(mut self, names: [&'static str; 3]) -> Self {
        self.names = Some(names);
        self
    }

    /// One service shows that certificate.
    pub(crate) fn showing(mut self, role: Role, certificate: Certificate) -> Self {
        self.shown.insert(role, certificate);
        self
    }

    /// Answers travel badly.
    pub(crate) fn with(mut self, troubles: impl IntoIterator<Item = Trouble>) -> Self {
        self.troubles.extend(troubles);
        self
    }

    /// Answers that do not come from the tenant; none leaves the request to the tenant.
    pub(crate) fn answering(mut self, front: impl Fn(Asked<'_>) -> Option<Bytes> + Send + Sync + 'static) -> Self {
        self.front = Some(Box::new(front));
        self
    }

    /// As far away as the real one: every answer takes this long, and Resource Graph has its limit.
    pub(crate) fn far(mut self, latency: Duration) -> Self {
        self.distance = Distance { latency, limited: true };
        self
    }

    pub(crate) async fn start(self) -> FakeCloud {
        let authority = Authority::new();
        let (mut listeners, mut ports) = (vec![], BTreeMap::new());
        for role in Role::ALL {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            ports.insert(role, listener.local_addr().unwrap().port());
            listeners.push((role, listener));
        }
        let mut names: BTreeMap<_, _> = ports.iter().map(|(role, port)| (*role, format!("localhost:{port}"))).collect();
        for (role, name) in [Role::Login, Role::Management, Role::Graph].into_iter().zip(self.names.into_iter().flatten()) {
            names.insert(role, name.to_owned());
        }
        let inner = Arc::new(Inner {
            tenant: self.tenant,
            ports,
            names,
            front: self.front,
            distance: self.distance,
            queried: Mutex::default(),
            troubles: Mutex::new(self.troubles),
            seen: Mutex::default(),
            forms: Mutex::default(),
            issued: Mutex::default(),
            connections: Mutex::default(),
            open: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        for (role, listener) in listeners {
            let shown = self.shown.get(&role).copied().unwrap_or(Certificate::Trusted);
            let tls = (role != Role::Machine).then(|| authority.acceptor(shown, self.http));
            tasks.spawn(serve::listen(Arc::clone(&inner), role, listener, tls, self.http));
        }
        FakeCloud { inner, authority, _tasks: tasks }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
