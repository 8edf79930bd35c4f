//! What a list that is read in subscriptions says of itself: what gaps call it, what it needs, and which engine answers it. Each is declared
//! once, with its rows, in the file of its subject; memo key, proof and the actions that the checks of roles ask for follow from that.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::{Arc, LazyLock},
};

use serde::de::DeserializeOwned;

use crate::{
    azure::{
        self, Client, Endpoint,
        arm::Identified,
        memo::Key,
        resource_graph::queries::{self, Rows},
    },
    posture::{Area, Subject, connection::evidence},
    provider::{
        collect::{
            Lists, each_subscription,
            estate::{
                engine::{self, Choice, Engine},
                scope::Subscription,
            },
            lists::{declared, states, texts::Texts, typed},
            stop::Result,
        },
        context::Context,
    },
};

/// A list that is read in each subscription.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// What its reads are remembered by.
    pub key: &'static str,
    /// What gaps call it.
    pub subject: Subject,
    /// The area it is read for; none for one that every connection reads.
    pub area: Option<Area>,
    /// Where Resource Manager has it.
    pub endpoint: Endpoint,
    /// What a caller has to be allowed to do beside what the endpoint needs, or a part of the list is all it sees.
    pub whole: &'static [&'static str],
    /// The name of the query by which Resource Graph answers it; none if Resource Manager alone has it.
    pub query: Option<&'static str>,
    /// That query, unless it is one of its own.
    pub rows: Option<Rows>,
    /// Which of the two reads it, where both can.
    pub choice: Choice,
}

/// Every text by which Resource Graph is asked, by its name.
pub fn texts() -> BTreeMap<&'static str, String> {
    let rows = declared().filter_map(|list| list.rows.as_ref()).chain([&states::POLICY_STATES]);
    rows.map(|rows| (rows.name, rows.text())).chain(queries::texts()).collect()
}

/// What roles have to allow for them and for the types of resources, for the checks of roles: they ask for these actions and for no others.
pub static NEEDED: LazyLock<Vec<evidence::NeededList>> = LazyLock::new(|| {
    // What is read only where it is named is asked for by nobody else.
    let types = typed::TYPES.iter().filter(|typed| !typed.resource_type.is_on_demand);
    let all = declared().chain(types.map(|typed| &typed.list));
    all.map(|list| evidence::NeededList { area: list.area, actions: list.endpoint.needs }).collect()
});

/// One that Resource Manager alone has.
pub const fn arm(key: &'static str, subject: Subject, area: Option<Area>, endpoint: Endpoint) -> List {
    List { key, subject, area, endpoint, whole: &[], query: None, rows: None, choice: Choice::ByScope }
}

/// One that both engines have, row by row.
pub const fn both(key: &'static str, subject: Subject, area: Option<Area>, endpoint: Endpoint, rows: Rows) -> List {
    List { query: Some(rows.name), rows: Some(rows), ..arm(key, subject, area, endpoint) }
}

impl List {
    /// The engine that reads this list in so many subscriptions of this connection.
    pub fn engine(&self, context: &Context, number: usize) -> Engine {
        if self.query.is_some() { engine::engine_for(context, self.choice, number) } else { Engine::Arm }
    }

    /// What a caller has to be allowed to do, everywhere in a subscription, to see all of the list.
    pub fn actions(&self) -> Vec<&'static str> {
        self.endpoint.needs.iter().chain(self.whole).copied().collect()
    }
}

/// A list whose rows both engines answer in one form.
pub trait Listed: 'static {
    /// What it is.
    const LIST: List;
    /// How Resource Graph is asked for it.
    const ROWS: Rows;
    /// A row as the service writes it.
    type Wire: DeserializeOwned + Identified + Send;
    /// What is kept of the rows of a subscription while they come.
    type Building: Default + Send;
    /// What is kept of them in the end.
    type Rows: Send + Sync + 'static;

    /// Whether a row belongs to the list of this subscription. Resource Graph may hold others of the type.
    fn is_own(_row: &Self::Wire, _subscription_id: &str) -> bool {
        true
    }

    /// Takes a row of the subscription in.
    fn take(building: &mut Self::Building, row: Self::Wire, subscription_id: &Arc<str>, texts: &mut Texts);

    /// What is kept once all rows of a subscription are there; a failure if they contradict each other.
    fn done(building: Self::Building, subscription_id: &str) -> azure::Result<Self::Rows>;
}

/// Reads such a list in subscriptions, each once a run.
pub async fn lists<L: Listed>(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<L::Rows>> {
    let arm = in_subscription::<L>;
    let graph = |client: Client, ids: BTreeSet<String>| async move {
        let most = engine::most_rows(client.settings().resource_graph, L::LIST.choice, ids.len());
        let mut texts = Texts::of(&client).await?;
        let mut all = BTreeMap::<String, L::Building>::new();
        let take = |id: String, row: L::Wire| {
            // Where there is no row of its own, a subscription is none of those that Resource Graph shows.
            if L::is_own(&row, &id) {
                let shared = texts.shared(&id);
                L::take(all.entry(id).or_default(), row, &shared, &mut texts);
            }
        };
        if !queries::rows_at_most(&client, L::LIST.endpoint.reading, &L::ROWS, &ids, most, take).await? {
            // Of which there is no row is read by Resource Manager, which has so many sooner.
            return Ok(BTreeMap::new());
        }
        // What contradicts itself is read again by Resource Manager.
        let done = |(id, building): (String, _)| {
            let rows = L::done(building, &id).ok()?;
            Some((id, rows))
        };
        Ok(all.into_iter().filter_map(done).collect())
    };
    engine::by_engine(context, subscriptions, &L::LIST, arm, graph).await
}

/// Reads such a list in one subscription, by Resource Manager.
async fn in_subscription<L: Listed>(client: Client, id: String) -> azure::Result<L::Rows> {
    let mut texts = Texts::of(&client).await?;
    let (scope, id) = (format!("/subscriptions/{id}"), texts.shared(&id));
    let mut building = L::Building::default();
    client.list(L::LIST.endpoint.at(&scope), |row| L::take(&mut building, row, &id, &mut texts)).await?;
    L::done(building, &id)
}

/// The same, for another list that is made of its rows: each subscription is read once a run, whoever asks first.
pub async fn once<L: Listed>(client: &Client, id: &str) -> azure::Result<Arc<L::Rows>> {
    client.memo(Key::of(L::LIST.key).and(id), || in_subscription::<L>(client.clone(), id.to_owned())).await
}

/// Reads a list that Resource Manager alone has in subscriptions, each once a run.
pub async fn by_arm<T, R>(
    context: &Context,
    subscriptions: &[Subscription],
    list: &List,
    read: impl Fn(Client, String) -> R + Sync,
) -> Result<Lists<T>>
where
    T: Send + Sync + 'static,
    R: Future<Output = azure::Result<T>> + Send + 'static,
{
    let one = |id: String| {
        let (client, read) = (context.client.clone(), &read);
        async move { client.memo(Key::of(list.key).and(&id), || read(client.clone(), format!("/subscriptions/{id}"))).await }
    };
    each_subscription(context, subscriptions, list.subject, &list.actions(), one).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_begins_with_its_name_and_ends_in_an_order() {
        for (name, text) in texts() {
            assert_eq!(text.lines().next(), Some(format!("// azposture {name}").as_str()));
            let last = text.lines().rfind(|line| !line.starts_with("| take ")).unwrap();
            assert!(last.starts_with("| order by ") && last.ends_with(" asc"), "{name}");
        }
    }

    #[test]
    fn no_text_of_a_list_uses_what_suppresses_paging() {
        for (name, text) in texts().into_iter().filter(|(name, _)| *name != queries::counted::FIRST) {
            assert!(!["| limit", "| take", "| top", "| sample"].iter().any(|word| text.contains(word)), "{name}");
            let pages = text.ends_with("order by id asc");
            let one_a_subscription = text.contains(" by subscriptionId\n");
            assert!(pages || one_a_subscription || name == "custommetadata", "{name}");
        }
    }

    #[test]
    fn the_query_of_a_list_has_a_text_and_no_two_texts_have_one_name() {
        let texts = texts();
        assert!(declared().filter_map(|list| list.query).all(|name| texts.contains_key(name)));
        let rows = declared().filter_map(|list| list.rows.as_ref());
        assert!(rows.into_iter().all(|rows| texts.get(rows.name) == Some(&rows.text())));
    }
}
