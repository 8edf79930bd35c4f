//! Lists of what is set on scopes: that of a subscription holds what is set on it, below it, and on the management groups above it.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use crate::{
    azure::{
        Call, Client,
        arm::Identified,
        resource_graph::queries::{self, Rows},
    },
    posture::{Place, resource_id::ResourceId},
    provider::{
        collect::{
            Lists,
            estate::{delegated, engine, scope::Subscription},
            lists::listed::List,
            stop::Result,
        },
        context::Context,
    },
};

/// Such a list, which both engines answer in one form.
pub trait Inherited: 'static {
    /// What it is.
    const LIST: List;
    /// How Resource Graph is asked for it.
    const ROWS: Rows;
    /// A row as the service writes it.
    type Wire: DeserializeOwned + Identified + Send;
    /// What is kept of it.
    type Row: Clone + Send + Sync + 'static;

    /// Whether what is missing is told by what stands in other lists, so that a subscription of which Resource Graph has no row need not
    /// be read again.
    const IS_MISSED: bool = false;

    /// How Resource Manager is asked for it at a scope.
    fn call(scope: &str) -> Call {
        Self::LIST.endpoint.at(scope)
    }

    /// What is kept of a row.
    fn row(wire: Self::Wire, redacts_people: bool) -> Self::Row;
}

/// Reads such a list in subscriptions, each once a run. What stands above several of them is in the list of each.
pub async fn lists<I: Inherited>(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<I::Row>>> {
    let redacts = context.client.settings().redacts_people;
    let arm = move |client: Client, id: String| async move {
        let mut rows = Vec::new();
        client.list(I::call(&format!("/subscriptions/{id}")), |row| rows.push(I::row(row, redacts))).await?;
        Ok(rows)
    };
    let graph = move |client: Client, ids: BTreeSet<String>| async move {
        let (mut below, mut above) = (BTreeMap::<String, Vec<I::Row>>::new(), Vec::new());
        if I::IS_MISSED {
            below.extend(ids.iter().map(|id| (id.clone(), Vec::new())));
        }
        let take = |wire: I::Wire| {
            let id = ResourceId::parse(wire.id()).ok().and_then(|id| id.subscription_id);
            let row = I::row(wire, redacts);
            match id {
                Some(id) if ids.contains(&id) => below.entry(id).or_default().push(row),
                Some(_) => {}
                None => above.push(row),
            }
        };
        queries::rows_around(&client, I::LIST.endpoint.reading, &I::ROWS.text(), &ids, take).await?;
        // What stands above one of them is said once; whose it is does not matter, since rows are told apart by id.
        below.values_mut().for_each(|rows| rows.extend(above.iter().cloned()));
        Ok(below)
    };
    // Apart, because Resource Graph does not tell below whose subscription what stands above subscriptions was found.
    let (own, foreign): (Vec<_>, Vec<_>) =
        subscriptions.iter().cloned().partition(|subscription| delegated::elsewhere(subscription).is_none());
    let mut lists = engine::by_engine(context, &own, &I::LIST, arm, graph).await?;
    if !foreign.is_empty() {
        lists = lists.and(engine::by_engine(context, &foreign, &I::LIST, arm, graph).await?);
    }
    Ok(not_whole_elsewhere(lists, &I::LIST))
}

/// Adds that the lists of another tenant's subscriptions may not hold what is set above them.
pub fn not_whole_elsewhere<T>(lists: Lists<T>, list: &List) -> Lists<T> {
    lists.each(|subscription, seen| match delegated::elsewhere(subscription).filter(|_| seen.so_far().is_ok()) {
        Some(why) => seen.lacking(delegated::unseen_above(list.subject, Place::Subscription(subscription.id.clone()), why)),
        None => seen,
    })
}

/// The rows of all subscriptions by lower-case id, each once. `both` says what two rows with one id mean.
pub fn each_once<R: Clone>(
    lists: &Lists<Vec<R>>,
    id: impl Fn(&R) -> &str,
    mut both: impl FnMut(R, R) -> R,
) -> BTreeMap<String, R> {
    let mut all = BTreeMap::<String, R>::new();
    for row in lists.so_far().flat_map(|(_, rows)| rows.iter()) {
        let key = id(row).to_lowercase();
        let row = match all.remove(&key) {
            Some(known) => both(known, row.clone()),
            None => row.clone(),
        };
        all.insert(key, row);
    }
    all
}
