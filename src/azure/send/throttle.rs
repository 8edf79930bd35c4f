//! Waiting before a service has to ask for it: how many requests run at once, how fast they start, and who is on hold. One lane
//! per limit that Azure counts: each subscription, the tenant level, Resource Graph, and three kinds of Microsoft Graph paths.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use azure_core::http::headers::{HeaderName, Headers};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until},
};

use crate::azure::{
    Audience,
    send::{backoff, counts::Counters, rate::Pace},
};

/// Requests in flight per subscription: its bucket is its own, but one subscription must not take all places.
const PER_SUBSCRIPTION: usize = 4;
/// Below this many remaining reads the lane slows down.
const FEW_LEFT: f64 = 25.0;
/// How fast Resource Manager gives reads back, per second.
const REFILL: f64 = 25.0;
/// The share of its limit from which Microsoft Graph announces that it will throttle.
const ALMOST_SPENT: f64 = 0.8;

/// What shares one limit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Microsoft Graph: users, groups, applications and the rest of the directory.
    Directory,
    /// Microsoft Graph: Conditional Access and identity protection, one request a second for all applications of a tenant.
    Identity,
    /// Microsoft Graph: reports and audit logs.
    Reports,
    /// Azure Resource Graph.
    ResourceGraph,
    /// Resource Manager, one subscription.
    Subscription(String),
    /// Resource Manager, tenant level and management groups.
    Tenant,
}

impl Lane {
    /// The lane of a request.
    pub fn of(audience: Audience, path: &str) -> Self {
        let mut segments = path.split('/').skip(1);
        let (first, second, third) =
            (segments.next().unwrap_or(""), segments.next().unwrap_or(""), segments.next().unwrap_or(""));
        match audience {
            Audience::ResourceManager if first.eq_ignore_ascii_case("subscriptions") && !second.is_empty() => {
                Self::Subscription(second.to_ascii_lowercase())
            }
            Audience::ResourceManager if second.eq_ignore_ascii_case("Microsoft.ResourceGraph") => Self::ResourceGraph,
            Audience::ResourceManager => Self::Tenant,
            Audience::Graph => match (second, third) {
                ("reports" | "auditLogs", _) => Self::Reports,
                ("identity", "conditionalAccess") | ("identityProtection", _) => Self::Identity,
                _ => Self::Directory,
            },
        }
    }

    /// The first wait when a refusal does not say how long: Conditional Access and identity protection never say.
    pub(in crate::azure) fn first_wait(&self) -> Duration {
        match self {
            Self::Identity => Duration::from_secs(2),
            _ => Duration::from_millis(500),
        }
    }

    fn pace(&self) -> Pace {
        match self {
            Self::Directory => Pace::bucket(50.0, 50.0),
            Self::Identity => Pace::window(1, Duration::from_secs(1)),
            Self::Reports => Pace::window(5, Duration::from_secs(10)),
            Self::ResourceGraph => Pace::window(15, Duration::from_secs(5)),
            Self::Subscription(_) | Self::Tenant => Pace::bucket(REFILL, 250.0),
        }
    }
}

/// The places and the pace of all lanes of one connection.
#[derive(Debug)]
pub struct Throttle {
    overall: Arc<Semaphore>,
    max_concurrency: usize,
    longest: Duration,
    is_paced: bool,
    lanes: Mutex<BTreeMap<Lane, Arc<State>>>,
    counters: Arc<Counters>,
}

#[derive(Debug)]
struct State {
    places: Arc<Semaphore>,
    pace: tokio::sync::Mutex<Pace>,
    held_until: Mutex<Option<Instant>>,
}

/// The right to have one request in flight; it ends when dropped.
#[derive(Debug)]
pub struct Turn {
    _places: (Option<OwnedSemaphorePermit>, Option<OwnedSemaphorePermit>),
}

impl Throttle {
    pub(in crate::azure) fn new(max_concurrency: usize, longest: Duration, counters: Arc<Counters>) -> Self {
        let max_concurrency = max_concurrency.max(1);
        let overall = Arc::new(Semaphore::new(max_concurrency));
        Self { overall, max_concurrency, longest, is_paced: true, lanes: Mutex::new(BTreeMap::new()), counters }
    }

    /// The same for a service that has no limits: the tenant inside this process.
    pub(in crate::azure) fn without_pace(self) -> Self {
        Self { is_paced: false, ..self }
    }

    /// Waits for a place in the lane, then for its pace, then for a place overall. Those who wait for a slow lane take no place
    /// from the others, and whoever gives up while waiting leaves nothing reserved.
    pub async fn turn(&self, lane: &Lane) -> Turn {
        let state = self.state(lane);
        let place = Arc::clone(&state.places).acquire_owned().await.ok();
        let mut pace = state.pace.lock().await;
        loop {
            let now = Instant::now();
            let ready = pace.ready(now).max(state.held().unwrap_or(now));
            if ready <= now {
                pace.take(now);
                break;
            }
            sleep_until(ready).await;
        }
        drop(pace);
        Turn { _places: (place, Arc::clone(&self.overall).acquire_owned().await.ok()) }
    }

    /// Keeps a lane from starting requests for a while; `why` is what the service said.
    pub fn hold(&self, lane: &Lane, wait: Duration, why: &str) {
        let wait = wait.min(self.longest);
        let state = self.state(lane);
        let mut held = state.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + wait;
        if held.is_none_or(|earlier| earlier < until) {
            *held = Some(until);
            self.counters.throttled_wait();
            tracing::warn!(?lane, wait_ms = backoff::millis(wait), "Azure is throttling: {why}");
        }
    }

    /// Slows a lane down when an answer says that its quota is almost spent.
    pub fn heed(&self, lane: &Lane, headers: &Headers) {
        if let Some((wait, why)) = announced(headers) {
            self.hold(lane, wait, why);
        }
    }

    fn state(&self, lane: &Lane) -> Arc<State> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let state = lanes.entry(lane.clone()).or_insert_with(|| {
            let width = if matches!(lane, Lane::Subscription(_)) { PER_SUBSCRIPTION } else { self.max_concurrency };
            Arc::new(State {
                places: Arc::new(Semaphore::new(width)),
                pace: tokio::sync::Mutex::new(if self.is_paced { lane.pace() } else { Pace::unlimited() }),
                held_until: Mutex::new(None),
            })
        });
        Arc::clone(state)
    }
}

impl State {
    fn held(&self) -> Option<Instant> {
        *self.held_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wait that follows from the quota headers of an answer.
pub(in crate::azure) fn announced(headers: &Headers) -> Option<(Duration, &'static str)> {
    let text = |name: &'static str| headers.get_optional_str(&HeaderName::from_static(name)).map(str::trim);
    if text("x-ms-user-quota-remaining") == Some("0") {
        let wait = text("x-ms-user-quota-resets-after").and_then(clock).unwrap_or(Duration::from_secs(5));
        return Some((wait, "the Resource Graph quota is spent"));
    }
    let share = text("x-ms-throttle-limit-percentage").and_then(|value| value.parse::<f64>().ok());
    if let Some(share) = share.filter(|share| *share >= ALMOST_SPENT) {
        let seconds = (10.0 * (share - ALMOST_SPENT)).clamp(0.5, 10.0);
        return Some((Duration::from_secs_f64(seconds), "the Microsoft Graph quota is almost spent"));
    }
    let remaining = headers.iter().filter(|(name, _)| name.as_str().starts_with("x-ms-ratelimit-remaining-"));
    let least = remaining.filter_map(|(_, value)| value.as_str().trim().parse::<u32>().ok()).min()?;
    let missing = FEW_LEFT - f64::from(least);
    (missing > 0.0).then(|| (Duration::from_secs_f64(missing / REFILL), "few Resource Manager reads are left"))
}

/// `hh:mm:ss`, as Resource Graph writes it.
fn clock(text: &str) -> Option<Duration> {
    let parts: Vec<u64> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match parts.as_slice() {
        [hours, minutes, seconds] => Some(Duration::from_secs(hours * 3600 + minutes * 60 + seconds)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::{FutureExt, join_all};

    use super::*;

    fn throttle(max_concurrency: usize) -> Arc<Throttle> {
        Arc::new(Throttle::new(max_concurrency, Duration::from_secs(60), Arc::default()))
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> Headers {
        let mut headers = Headers::new();
        for (name, value) in pairs {
            headers.insert(*name, *value);
        }
        headers
    }

    /// Runs `count` requests of one second each and returns the most that were in flight at once.
    async fn most_at_once(throttle: &Arc<Throttle>, lane: Lane, count: usize) -> usize {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        join_all((0..count).map(|_| async {
            let _turn = throttle.turn(&lane).await;
            most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            running.fetch_sub(1, Ordering::Relaxed);
        }))
        .await;
        most.load(Ordering::Relaxed)
    }

    #[test]
    fn every_service_has_its_lane() {
        for (audience, path, lane) in [
            (Audience::ResourceManager, "/subscriptions/ABC/resources", Lane::Subscription("abc".to_owned())),
            (Audience::ResourceManager, "/subscriptions", Lane::Tenant),
            (Audience::ResourceManager, "/providers/Microsoft.Management/managementGroups/x", Lane::Tenant),
            (Audience::ResourceManager, "/providers/Microsoft.ResourceGraph/resources", Lane::ResourceGraph),
            (Audience::Graph, "/v1.0/users", Lane::Directory),
            (Audience::Graph, "/v1.0/auditLogs/signIns", Lane::Reports),
            (Audience::Graph, "/v1.0/identity/conditionalAccess/policies", Lane::Identity),
            (Audience::Graph, "/v1.0/identityProtection/riskyUsers", Lane::Identity),
        ] {
            assert_eq!(Lane::of(audience, path), lane, "{path}");
            assert_eq!(lane.first_wait().as_millis(), if lane == Lane::Identity { 2_000 } else { 500 });
        }
    }

    #[tokio::test(start_paused = true)]
    async fn at_most_four_requests_run_in_one_subscription_and_the_configured_number_overall() {
        assert_eq!(most_at_once(&throttle(32), Lane::Subscription("s".to_owned()), 20).await, PER_SUBSCRIPTION);
        assert_eq!(most_at_once(&throttle(7), Lane::Tenant, 20).await, 7);
    }

    #[tokio::test(start_paused = true)]
    async fn reports_start_five_in_ten_seconds_and_do_not_slow_down_users() {
        let throttle = throttle(2);
        let start = Instant::now();
        let reports = join_all((0..11).map(|_| async { drop(throttle.turn(&Lane::Reports).await) }));
        let users = async {
            drop(throttle.turn(&Lane::Directory).await);
            start.elapsed()
        };
        let (_, user) = futures::future::join(reports, users).await;
        assert_eq!((start.elapsed().as_secs(), user.as_secs()), (20, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_that_gives_up_leaves_nothing_reserved() {
        let throttle = throttle(4);
        for _ in 0..3 {
            drop(throttle.turn(&Lane::Identity).await);
            assert!(throttle.turn(&Lane::Identity).now_or_never().is_none());
        }
        let start = Instant::now();
        drop(throttle.turn(&Lane::Identity).await);
        assert_eq!(start.elapsed().as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn quota_headers_hold_the_lane_before_the_service_refuses() {
        for (lane, pairs, millis) in [
            (Lane::ResourceGraph, &[("x-ms-user-quota-remaining", "0"), ("x-ms-user-quota-resets-after", "00:00:03")][..], 3_000),
            (Lane::Tenant, &[("x-ms-ratelimit-remaining-tenant-reads", "0")], 1_000),
            (Lane::Tenant, &[("x-ms-ratelimit-remaining-tenant-reads", "249"), ("x-ms-ratelimit-remaining-x", "a;b")], 0),
            (Lane::Directory, &[("x-ms-throttle-limit-percentage", "1.0")], 2_000),
            (Lane::Directory, &[("x-ms-throttle-limit-percentage", "0.79")], 0),
        ] {
            let throttle = throttle(4);
            throttle.heed(&lane, &headers(pairs));
            let start = Instant::now();
            drop(throttle.turn(&lane).await);
            assert_eq!(start.elapsed().as_millis(), millis, "{pairs:?}");
            assert_eq!(throttle.counters.snapshot().throttled_waits, u64::from(millis > 0));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_announcement_holds_longer_than_the_configured_wait() {
        let throttle = Arc::new(Throttle::new(4, Duration::from_secs(5), Arc::default()));
        throttle.hold(&Lane::Tenant, Duration::from_secs(3600), "a test");
        let start = Instant::now();
        drop(throttle.turn(&Lane::Tenant).await);
        assert_eq!(start.elapsed().as_secs(), 5);
    }
}
