//! Which engine reads a list: Resource Manager, one subscription after the other, or Resource Graph, hundreds at once. Chosen once,
//! here, by what each list declares, by the connection and by the number of subscriptions; what comes back is the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::Arc,
};

use futures::{StreamExt, stream};

pub use crate::azure::resource_graph::BATCH;
use crate::{
    azure::{
        self, Client,
        memo::Key,
        settings::{ResourceGraph, ScopeSetting},
    },
    posture::{Place, Reason, Subject, Unreadable},
    provider::{
        collect::{Lists, each_subscription, estate::scope::Subscription, lists::listed::List, stop::Result},
        context::Context,
    },
};

/// What answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Azure Resource Manager: GET, live.
    Arm,
    /// Neither: these are too many subscriptions for Resource Manager, and Resource Graph is switched off.
    Neither,
    /// Azure Resource Graph: one POST for up to 300 subscriptions, seconds to hours behind.
    ResourceGraph,
}

/// How the engine of a list is chosen that both can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// By the number of subscriptions that are read: Resource Manager for a few, because it takes many requests for each, and Resource
    /// Graph alone beyond them.
    ByNumber,
    /// By what the connection stands for.
    ByScope,
}

/// The most subscriptions that are a few.
pub const FEW: usize = 20;

/// How many Resource Graph requests of one list wait side by side; the client's own limit is below this.
pub const SIDE_BY_SIDE: usize = 8;

/// The engine of a connection, for lists that both can read: Resource Graph for a management group and the tenant, unless
/// `resource_graph` says otherwise.
pub fn engine_of(context: &Context) -> Engine {
    engine_for(context, Choice::ByScope, 0)
}

/// The engine of a list in this many subscriptions.
pub fn engine_for(context: &Context, choice: Choice, number: usize) -> Engine {
    let settings = context.client.settings();
    chosen(choice, settings.resource_graph, &settings.scope, number)
}

fn chosen(choice: Choice, resource_graph: ResourceGraph, scope: &ScopeSetting, number: usize) -> Engine {
    match (choice, resource_graph, scope) {
        (_, ResourceGraph::Always, _) => Engine::ResourceGraph,
        (Choice::ByNumber, _, _) if number <= FEW => Engine::Arm,
        (Choice::ByNumber, ResourceGraph::Auto, _) => Engine::ResourceGraph,
        (Choice::ByNumber, ResourceGraph::Never, _) => Engine::Neither,
        (Choice::ByScope, ResourceGraph::Auto, ScopeSetting::ManagementGroup(_) | ScopeSetting::Tenant) => Engine::ResourceGraph,
        (Choice::ByScope, ResourceGraph::Auto, ScopeSetting::Detect | ScopeSetting::Subscriptions(_))
        | (Choice::ByScope, ResourceGraph::Never, _) => Engine::Arm,
    }
}

/// How many rows of a list in so many subscriptions are read from Resource Graph at most, where the connection leaves the choice:
/// Resource Manager has more of them sooner. None where it never has.
///
/// Resource Graph gives 1,000 rows a page, 15 pages in the first five seconds and three a second from then on. Resource Manager takes a
/// tenth of a second for 100 rows, 32 requests at a time, the pages of one subscription one after the other. Either number below is where
/// the two take equally long; in three subscriptions or fewer the one of Resource Manager never gets there.
pub fn most_rows(resource_graph: ResourceGraph, choice: Choice, subscriptions: usize) -> Option<u64> {
    if resource_graph != ResourceGraph::Auto || choice != Choice::ByScope {
        return None;
    }
    let subscriptions = u64::try_from(subscriptions).ok()?;
    let one_after_the_other = 15_300 * subscriptions / subscriptions.checked_sub(3).filter(|rest| *rest > 0)?;
    Some(one_after_the_other.max(16_600 + 10 * subscriptions))
}

/// The gap of a list in a subscription that neither engine may read.
pub fn switched_off(subject: Subject, subscription_id: &str) -> Unreadable {
    Unreadable {
        subject,
        place: Place::Subscription(subscription_id.to_owned()),
        reason: Reason::EngineNever,
        code: String::new(),
        remedy: format!(
            "Of more than {FEW} subscriptions only Resource Graph can list this: set resource_graph to \"auto\", or name fewer \
             subscriptions."
        ),
    }
}

/// Reads a list in subscriptions, each once a run. `arm` reads one subscription, `graph` many at once.
///
/// Resource Graph does not tell "nothing there" from "not seen by me": a subscription of which it has no row is read again through
/// Resource Manager, which does.
pub async fn by_engine<T, A, AF, G, GF>(
    context: &Context,
    subscriptions: &[Subscription],
    list: &List,
    arm: A,
    graph: G,
) -> Result<Lists<T>>
where
    T: Send + Sync + 'static,
    A: Fn(Client, String) -> AF + Sync,
    AF: Future<Output = azure::Result<T>> + Send + 'static,
    G: Fn(Client, BTreeSet<String>) -> GF + Sync,
    GF: Future<Output = azure::Result<BTreeMap<String, T>>> + Send + 'static,
{
    let found = match list.engine(context, subscriptions.len()) {
        Engine::Arm => BTreeMap::new(),
        Engine::Neither => return Ok(Lists::unseen(subscriptions, |one| switched_off(list.subject, &one.id))),
        Engine::ResourceGraph => by_graph(context, subscriptions, &Key::of(list.query.unwrap_or(list.key)), &graph).await,
    };
    completed(context, subscriptions, list, &found, arm).await
}

/// What Resource Graph has of subscriptions, and by Resource Manager that of those of which it has no row.
pub async fn completed<T, A, AF>(
    context: &Context,
    subscriptions: &[Subscription],
    list: &List,
    found: &BTreeMap<String, azure::Result<Arc<T>>>,
    arm: A,
) -> Result<Lists<T>>
where
    T: Send + Sync + 'static,
    A: Fn(Client, String) -> AF + Sync,
    AF: Future<Output = azure::Result<T>> + Send + 'static,
{
    let read = |id: String| {
        let (found, client, arm) = (found.get(&id).cloned(), &context.client, &arm);
        async move {
            match found {
                Some(answer) => answer,
                None => client.memo(Key::of(list.key).and(&id), || arm(client.clone(), id.clone())).await,
            }
        }
    };
    each_subscription(context, subscriptions, list.subject, &list.actions(), read).await
}

/// What Resource Graph has of each subscription; one of which it has no row is missing, one whose request failed has the failure.
pub async fn by_graph<T, G, GF>(
    context: &Context,
    subscriptions: &[Subscription],
    question: &Key,
    graph: &G,
) -> BTreeMap<String, azure::Result<Arc<T>>>
where
    T: Send + Sync + 'static,
    G: Fn(Client, BTreeSet<String>) -> GF + Sync,
    GF: Future<Output = azure::Result<BTreeMap<String, T>>> + Send + 'static,
{
    let one = |batch: BTreeSet<String>| async move {
        let key = in_batch(question, &batch);
        let work = || {
            let answer = graph(context.client.clone(), batch.clone());
            async move { Ok(shared(answer.await?)) }
        };
        (context.client.memo(key, work).await, batch)
    };
    let answers: Vec<_> = stream::iter(batches(subscriptions).map(one)).buffered(SIDE_BY_SIDE).collect().await;
    let mut found = BTreeMap::new();
    for (answer, batch) in answers {
        match answer {
            Ok(lists) => found.extend(lists.iter().map(|(id, list)| (id.clone(), Ok(Arc::clone(list))))),
            Err(error) => found.extend(batch.into_iter().map(|id| (id, Err(error.clone())))),
        }
    }
    found
}

/// Whether what Resource Graph has of subscriptions is known already.
pub fn is_held<T: 'static>(context: &Context, subscriptions: &[Subscription], question: &Key) -> bool {
    batches(subscriptions).all(|batch| context.client.holds::<BTreeMap<String, Arc<T>>>(&in_batch(question, &batch)))
}

/// The subscriptions of one request each.
pub fn batches(subscriptions: &[Subscription]) -> impl Iterator<Item = BTreeSet<String>> {
    subscriptions.chunks(BATCH).map(|batch| batch.iter().map(|subscription| subscription.id.clone()).collect())
}

fn in_batch(question: &Key, batch: &BTreeSet<String>) -> Key {
    question.clone().and("graph").and_all(batch)
}

fn shared<T>(lists: BTreeMap<String, T>) -> BTreeMap<String, Arc<T>> {
    lists.into_iter().map(|(id, list)| (id, Arc::new(list))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_rows_chooses_where_the_connection_leaves_the_choice() {
        use ResourceGraph::{Always, Auto, Never};
        for (resource_graph, choice, subscriptions, most) in [
            (Auto, Choice::ByScope, 300, Some(19_600)),
            (Auto, Choice::ByScope, 40, Some(17_000)),
            (Auto, Choice::ByScope, 4, Some(61_200)),
            (Auto, Choice::ByScope, 3, None),
            (Auto, Choice::ByScope, 0, None),
            (Auto, Choice::ByNumber, 300, None),
            (Always, Choice::ByScope, 300, None),
            (Never, Choice::ByScope, 300, None),
        ] {
            assert_eq!(most_rows(resource_graph, choice, subscriptions), most, "{resource_graph:?} {choice:?} {subscriptions}");
        }
        // What the numbers come from, in seconds.
        let by_graph = |rows: f64| (rows / 1000.0 - 15.0).max(0.0) / 3.0;
        let by_arm = |rows: f64, subscriptions: f64| {
            ((subscriptions + rows / 100.0) / 320.0).max((1.0 + rows / subscriptions / 100.0) / 10.0)
        };
        for subscriptions in [4_u32, 5, 10, 40, 100, 300] {
            let most = most_rows(Auto, Choice::ByScope, subscriptions as usize).unwrap() as f64;
            let (by_graph, by_arm) = (by_graph(most), by_arm(most, subscriptions.into()));
            assert!((by_graph - by_arm).abs() < 0.05 * by_arm, "{subscriptions}: {by_graph} {by_arm}");
        }
    }

    #[test]
    fn the_connection_chooses_or_the_number_of_subscriptions_does() {
        use Choice::{ByNumber, ByScope};
        use ResourceGraph::{Always, Auto, Never};
        let one = || ScopeSetting::Subscriptions(BTreeSet::from(["s".to_owned()]));
        for (choice, resource_graph, scope, number, engine) in [
            (ByScope, Auto, one(), 500, Engine::Arm),
            (ByScope, Auto, ScopeSetting::Detect, 500, Engine::Arm),
            (ByScope, Auto, ScopeSetting::Tenant, 1, Engine::ResourceGraph),
            (ByScope, Auto, ScopeSetting::ManagementGroup("g".to_owned()), 1, Engine::ResourceGraph),
            (ByScope, Always, one(), 1, Engine::ResourceGraph),
            (ByScope, Never, ScopeSetting::Tenant, 500, Engine::Arm),
            (ByNumber, Auto, ScopeSetting::Tenant, 20, Engine::Arm),
            (ByNumber, Auto, one(), 21, Engine::ResourceGraph),
            (ByNumber, Always, one(), 1, Engine::ResourceGraph),
            (ByNumber, Never, ScopeSetting::Tenant, 20, Engine::Arm),
            (ByNumber, Never, one(), 21, Engine::Neither),
        ] {
            assert_eq!(
                chosen(choice, resource_graph, &scope, number),
                engine,
                "{choice:?} {resource_graph:?} {scope:?} {number}"
            );
        }
    }
}
