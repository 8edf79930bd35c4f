//! The client: everything above this layer reads through it. Cheap to clone; it asks nobody anything before the first read.

use std::{collections::BTreeSet, sync::Arc};

use azure_core::Uuid;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use crate::azure::{
    Audience, Call, Cloud, Error, Result, Transports,
    answer::{Answer, classify::SOMEBODY, decode},
    memo::{Key, Memo},
    pages,
    resource_graph::{self, Query},
    send::{
        bounds::Bounds,
        counts::{Counters, Counts},
        throttle::Throttle,
    },
    session::{Session, Shared},
    settings::{Environment, Sensitive, Settings},
    tenant::{claims::Claims, cloud, discovery::Discovery, residence::Home},
};

/// One connection to one cloud with one sign-in.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
    memo: Arc<Memo>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    cloud: OnceCell<Cloud>,
    home: Arc<Home>,
    session: Mutex<Option<Arc<Session>>>,
    /// What this one was made of, whose token is better than none.
    before: Option<Arc<Inner>>,
}

impl Client {
    /// A client for resolved settings. Does no IO and takes no token, so that validate and `destroy -refresh=false` work without
    /// credentials.
    pub fn new(settings: Settings, transports: Transports) -> Self {
        let counters = Arc::<Counters>::default();
        let limits = settings.limits;
        let throttle = Throttle::new(limits.max_concurrency, limits.max_retry_wait, Arc::clone(&counters));
        let is_demo = settings.environment == Environment::Demo;
        let shared = Arc::new(Shared {
            throttle: Arc::new(if is_demo { throttle.without_pace() } else { throttle }),
            scope: Arc::new(Bounds::new(&settings.scope)),
            correlation: Uuid::new_v4().to_string(),
            settings,
            transports,
            counters,
        });
        Self::of(Inner { shared, cloud: OnceCell::new(), home: Arc::default(), session: Mutex::new(None), before: None })
    }

    fn of(inner: Inner) -> Self {
        Self { inner: Arc::new(inner), memo: Arc::default() }
    }

    /// The same connection (places, scope, limits, counts) with nothing remembered and tokens of its own, because a token never
    /// learns of a consent that is newer: for a validation that must see what changed.
    pub fn fresh(&self) -> Self {
        let (shared, home) = (Arc::clone(&self.inner.shared), Arc::clone(&self.inner.home));
        let (cloud, before) = (self.inner.cloud.clone(), Some(Arc::clone(&self.inner)));
        Self::of(Inner { shared, cloud, home, session: Mutex::new(None), before })
    }

    /// What the connection was made of.
    pub fn settings(&self) -> &Settings {
        &self.inner.shared.settings
    }

    /// The moment by which what was read is judged: now, and in the demo tenant always the same one.
    pub fn now(&self) -> OffsetDateTime {
        self.settings().now()
    }

    /// The transports, for reads that need no token (tenant discovery).
    pub fn transports(&self) -> &Transports {
        &self.inner.shared.transports
    }

    /// The hosts of the cloud; a custom cloud is asked for them once.
    pub async fn cloud(&self) -> Result<&Cloud> {
        let Shared { settings, transports, .. } = &*self.inner.shared;
        self.filtered(self.inner.cloud.get_or_try_init(|| cloud::cloud_of(settings, transports)).await)
    }

    /// What the sign-in host says about the tenant, asked once; none if neither the configuration nor the token for `audience` names
    /// the tenant.
    pub async fn discovery(&self, audience: Audience) -> Result<Option<Arc<Discovery>>> {
        self.filtered(self.inner.home.discovery(self, audience).await)
    }

    /// Whether the tenant lives in the configured cloud and is the configured one, as far as discovery says so. Every read asks this
    /// by itself; what looks at nothing but a token has to ask.
    pub async fn check_home(&self, audience: Audience) -> Result<()> {
        self.filtered(self.inner.home.check(self, audience).await)
    }

    /// What was sent and waited for so far, by all clones of this client.
    pub fn counts(&self) -> Counts {
        self.inner.shared.counters.snapshot()
    }

    /// What is being read or waited for at this moment, the oldest first: `list Defender plans on /subscriptions/…`.
    pub fn under_way(&self) -> Vec<String> {
        self.inner.shared.counters.busy_with()
    }

    /// Sets the subscriptions of the connection once they are known; from then on no request may name another one. Until then
    /// only subscriptions named in the configuration, and the tenant level, can be read.
    pub fn confine(&self, subscriptions: &BTreeSet<String>) {
        self.inner.shared.scope.confine(subscriptions);
    }

    /// Lets requests name management groups that were found below the one that is the scope of the connection.
    pub fn admit_groups(&self, groups: &BTreeSet<String>) {
        self.inner.shared.scope.admit_groups(groups);
    }

    /// A token for `audience`, for its claims; requests get theirs by themselves.
    pub async fn token(&self, audience: Audience) -> Result<Sensitive> {
        let read = async { self.session().await?.token(self.cloud().await?, audience).await };
        self.filtered(read.await)
    }

    /// Reads one object.
    pub async fn get<T: DeserializeOwned>(&self, call: Call) -> Result<T> {
        let read = async {
            let url = call.url(self.cloud().await?)?;
            let answer = self.send(&call, &url).await?;
            let json = answer.accept(&call)?;
            if decode::is_failed(json) {
                return Err(pages::partial(&call, &answer));
            }
            decode::whole(json).map_err(|why| pages::undecodable(&call, &answer, why))
        };
        self.answered(read.await).await
    }

    /// Reads all pages of a list and hands out row after row. An error means that the list is not complete, whatever was handed
    /// out before it.
    pub async fn list<T: DeserializeOwned>(&self, call: Call, emit: impl FnMut(T)) -> Result<()> {
        self.answered(pages::list(self.clone(), call, emit).await).await
    }

    /// As [`Client::list`], all rows together, for lists that are never long.
    pub async fn rows<T: DeserializeOwned>(&self, call: Call) -> Result<Vec<T>> {
        let mut all = Vec::new();
        self.list(call, |row| all.push(row)).await?;
        Ok(all)
    }

    /// Runs a Resource Graph query and hands out row after row; an error means what it means in [`Client::list`].
    pub async fn query<T: DeserializeOwned>(&self, query: Query, emit: impl FnMut(T)) -> Result<()> {
        self.query_at_most(Query { most: None, ..query }, emit).await.map(|_| ())
    }

    /// The same, unless there are more rows than the query wants at most. Whether they are all there; if not, those that were handed out
    /// mean nothing.
    pub async fn query_at_most<T: DeserializeOwned>(&self, query: Query, emit: impl FnMut(T)) -> Result<bool> {
        self.answered(resource_graph::query(self.clone(), query, emit).await).await
    }

    /// Shares one read between all who ask for `key` within a minute; see [`Memo::read`].
    pub async fn memo<T, F>(&self, key: Key, work: impl FnOnce() -> F) -> Result<Arc<T>>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.memo.read(key, work).await
    }

    /// Whether [`memo`](Self::memo) would answer `key` without asking anybody.
    pub fn holds<T: 'static>(&self, key: &Key) -> bool {
        self.memo.holds::<T>(key)
    }

    /// The outcome of a read. Who lacks a role, where the service did not name anybody, is the sign-in.
    async fn answered<T>(&self, answer: Result<T>) -> Result<T> {
        let answer = match answer {
            Err(error) if error.advice().contains(SOMEBODY) => match self.token(Audience::ResourceManager).await {
                Ok(token) => Err(error.advised_to(Claims::of(token.reveal()).and_then(|claims| claims.oid).as_deref())),
                Err(_) => Err(error),
            },
            other => other,
        };
        self.filtered(answer)
    }

    /// The one place where errors leave; secrets are out of them since they were made, people only here is it known whether they may be
    /// named.
    fn filtered<T>(&self, answer: Result<T>) -> Result<T> {
        match self.settings().redacts_people {
            true => answer.map_err(Error::without_people),
            false => answer,
        }
    }

    /// The one place where requests leave. A token that is refused is replaced once.
    pub(super) async fn send(&self, call: &Call, url: &Url) -> Result<Answer> {
        let _busy = self.inner.shared.counters.begin(format!("{} on {}", call.reading, call.object()));
        let session = self.session().await?;
        self.check_home(call.audience).await?;
        let answer = session.send(call, url).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        match self.renew(&session, call.audience).await? {
            Some(session) => session.send(call, url).await,
            None => Ok(answer),
        }
    }

    async fn session(&self) -> Result<Arc<Session>> {
        let mut current = self.inner.session.lock().await;
        if let Some(session) = &*current {
            return Ok(Arc::clone(session));
        }
        let before = match &self.inner.before {
            Some(before) => before.session.lock().await.clone(),
            None => None,
        };
        let session = Arc::new(Session::new(&self.inner.shared, self.cloud().await?, true, before.as_deref())?);
        Ok(Arc::clone(current.insert(session)))
    }

    /// The session after `refused`: the one somebody else already made, or a new one if that can help.
    async fn renew(&self, refused: &Arc<Session>, audience: Audience) -> Result<Option<Arc<Session>>> {
        let mut current = self.inner.session.lock().await;
        match &*current {
            Some(session) if !Arc::ptr_eq(session, refused) => return Ok(Some(Arc::clone(session))),
            _ if !refused.is_worth_renewing(audience) => return Ok(None),
            _ => {}
        }
        let session = Arc::new(Session::new(&self.inner.shared, self.cloud().await?, false, None)?);
        Ok(Some(Arc::clone(current.insert(session))))
    }
}
