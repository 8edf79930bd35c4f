//! Which resources there are: how many of each type, and their tags.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use crate::{
    azure::{
        self, Client, Kind,
        answer::lenient::unstated,
        arm::{
            resources::{self, Provider, Resource, ResourceGroup},
            subscriptions,
        },
        memo::Key,
        resource_graph::queries::{self, Rows},
    },
    posture::{Place, Subject, Unreadable, resource_id::canonical},
    provider::{
        collect::{
            Lists,
            estate::{
                engine::{self, Engine},
                scope::Subscription,
            },
            lists::{
                emptiness,
                listed::{self, List, Listed, arm, both},
                texts::Texts,
            },
            stop::{Argument, Result, Stop},
            twice, unread,
        },
        context::Context,
    },
    text::quoted,
};

/// The lists of this subject.
pub const LISTS: &[List] = &[Groups::LIST, PROVIDERS, RESOURCE_COUNTS, Resources::LIST, SUBSCRIPTIONS];

/// Resource providers.
const PROVIDERS: List = arm("providers", Subject::Providers, None, resources::PROVIDERS);
/// How many there are of each type: Resource Graph counts them itself.
const RESOURCE_COUNTS: List = List { key: "counts", query: Some("resourcecounts"), rows: None, ..Resources::LIST };
/// The subscriptions themselves.
const SUBSCRIPTIONS: List = arm("subscription", Subject::Subscriptions, None, subscriptions::SUBSCRIPTION);

/// Reading every type. A role that reads everything but some types does not hold it.
pub const READ_EVERYTHING: &str = "*/read";

/// How many resources there are, by lower-case type.
pub type Counts = BTreeMap<String, u64>;

/// The tracked resources of one subscription.
#[derive(Debug, Default)]
pub struct Inventory {
    /// How many there are.
    pub counts: Arc<Counts>,
    /// Tags by lower-case resource id. Equal sets of tags are shared.
    pub tags: BTreeMap<Box<str>, Arc<BTreeMap<String, String>>>,
}

/// How many resources subscriptions have. Much less to read than [`resources`] where Resource Graph counts.
pub async fn counts(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Counts>> {
    if RESOURCE_COUNTS.engine(context, subscriptions.len()) == Engine::Arm {
        let inventories = resources(context, subscriptions).await?;
        return Ok(inventories.each(|_, seen| seen.map(|inventory| Arc::clone(&inventory.counts))));
    }
    let arm = |client: Client, id: String| async move {
        let mut building = Building::default();
        client.list(RESOURCE_COUNTS.endpoint.at(&format!("/subscriptions/{id}")), |row| building.add(row)).await?;
        Ok(Arc::unwrap_or_clone(building.done(&id)?.counts))
    };
    let graph = |client: Client, ids: BTreeSet<String>| async move {
        let mut all = BTreeMap::<String, Option<Counts>>::new();
        queries::resource_counts(&client, &ids, |id, counts| {
            let known = all.entry(id).or_insert_with(|| Some(counts.clone()));
            if known.as_ref() != Some(&counts) {
                *known = None;
            }
        })
        .await?;
        // What is counted twice, and not alike, is counted again by Resource Manager.
        Ok(all.into_iter().filter_map(|(id, counts)| Some((id, counts?))).collect())
    };
    let lists = engine::by_engine(context, subscriptions, &RESOURCE_COUNTS, arm, graph).await?;
    Ok(emptiness::doubted(context, lists, BTreeMap::is_empty).await)
}

/// The inventories of subscriptions. One that is empty is whole only where nothing denies it.
pub async fn resources(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Inventory>> {
    let lists = listed::lists::<Resources>(context, subscriptions).await?;
    Ok(emptiness::doubted(context, lists, |inventory| inventory.counts.is_empty()).await)
}

/// Tracked resources. Both engines leave out every resource whose type the caller may not read.
struct Resources;

impl Listed for Resources {
    const LIST: List =
        List { whole: &[READ_EVERYTHING], ..both("inventory", Subject::Resources, None, resources::RESOURCES, Self::ROWS) };
    const ROWS: Rows = Rows { name: "resources", table: "resources", kind: None, only: None, columns: "type, tags" };
    type Wire = Resource;
    type Building = Building;
    type Rows = Inventory;

    fn take(building: &mut Building, row: Resource, _: &Arc<str>, _: &mut Texts) {
        building.add(row);
    }

    fn done(building: Building, subscription_id: &str) -> azure::Result<Inventory> {
        building.done(subscription_id)
    }
}

/// An inventory on its way.
#[derive(Debug, Default)]
struct Building {
    /// By lower-case id; a row that moves from page to page while they are read comes twice.
    rows: BTreeMap<Box<str>, Kept>,
    types: BTreeSet<Arc<str>>,
    tags: BTreeSet<Arc<Tags>>,
    /// A resource that came as two types.
    twofold: Option<Box<str>>,
}

/// What is kept of a resource.
#[derive(Debug)]
struct Kept {
    kind: Arc<str>,
    /// None where two rows do not agree on them.
    tags: Option<Arc<Tags>>,
}

type Tags = BTreeMap<String, String>;

/// The same value, kept once.
fn shared<T, V>(all: &mut BTreeSet<Arc<T>>, value: V) -> Arc<T>
where
    T: Ord + ?Sized,
    V: Borrow<T>,
    Arc<T>: From<V>,
{
    match all.get(value.borrow()) {
        Some(known) => Arc::clone(known),
        None => {
            let value = Arc::from(value);
            all.insert(Arc::clone(&value));
            value
        }
    }
}

impl Building {
    fn add(&mut self, row: Resource) {
        let kind = shared(&mut self.types, row.kind.to_ascii_lowercase());
        let tags = shared(&mut self.tags, row.tags.0);
        match self.rows.entry(row.id.to_ascii_lowercase().into()) {
            Entry::Vacant(vacant) => {
                vacant.insert(Kept { kind, tags: Some(tags) });
            }
            Entry::Occupied(mut known) => {
                if known.get().kind != kind {
                    self.twofold.get_or_insert_with(|| known.key().clone());
                }
                if known.get().tags.as_ref() != Some(&tags) {
                    known.get_mut().tags = None;
                }
            }
        }
    }

    /// Of how many there are nobody knows where one is of two types.
    fn done(self, subscription_id: &str) -> azure::Result<Inventory> {
        if let Some(id) = self.twofold {
            return Err(twice::failure("list resources", format!("/subscriptions/{subscription_id}"), &canonical(&id)));
        }
        let mut counts = Counts::new();
        for Kept { kind, .. } in self.rows.values() {
            match counts.get_mut(&**kind) {
                Some(count) => *count += 1,
                None => {
                    counts.insert(kind.to_string(), 1);
                }
            }
        }
        let tags = self.rows.into_iter().filter_map(|(id, row)| Some((id, row.tags?)));
        Ok(Inventory { counts: Arc::new(counts), tags: tags.collect() })
    }
}

/// The resource groups of subscriptions.
pub async fn groups(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<ResourceGroup>>> {
    listed::lists::<Groups>(context, subscriptions).await
}

/// Resource groups.
#[derive(Debug)]
pub struct Groups;

impl Listed for Groups {
    const LIST: List = both("groups", Subject::ResourceGroups, None, resources::GROUPS, Self::ROWS);
    const ROWS: Rows =
        Rows::of_type("resourcegroups", "resourcecontainers", "microsoft.resources/subscriptions/resourcegroups", "name, tags");
    type Wire = ResourceGroup;
    type Building = Vec<ResourceGroup>;
    type Rows = Vec<ResourceGroup>;

    fn take(building: &mut Vec<ResourceGroup>, row: ResourceGroup, _: &Arc<str>, _: &mut Texts) {
        building.push(row);
    }

    fn done(building: Vec<ResourceGroup>, _: &str) -> azure::Result<Vec<ResourceGroup>> {
        Ok(building)
    }
}

/// The resource groups of one subscription as Resource Manager lists them, whatever the engine.
pub async fn groups_now(context: &Context, subscription_id: &str) -> azure::Result<Arc<Vec<ResourceGroup>>> {
    let (client, id) = (context.client.clone(), subscription_id.to_owned());
    let key = Key::of("groups_now").and(&id);
    context.client.memo(key, || async move { resources::groups(&client, &id).await }).await
}

/// Refuses names of resource groups that no chosen subscription has; what cannot be read cannot be refused.
pub async fn require_groups(
    context: &Context,
    subscriptions: &[Subscription],
    names: &BTreeSet<String>,
) -> Result<Vec<Unreadable>> {
    let lists = groups(context, subscriptions).await?;
    let gaps: Vec<Unreadable> = lists.gaps().cloned().collect();
    let known: BTreeSet<String> =
        lists.so_far().flat_map(|(_, groups)| groups.iter()).map(|group| group.name.to_ascii_lowercase()).collect();
    match names.iter().find(|name| !known.contains(&name.to_ascii_lowercase())) {
        Some(missing) if gaps.is_empty() => {
            let detail = format!(
                "No selected subscription has a resource group {}. Correct the name or select its subscription.",
                quoted(missing)
            );
            Err(Stop::Argument(Argument { name: "resource_group_names", summary: "Nothing selected", detail }))
        }
        _ => Ok(gaps),
    }
}

async fn provider(context: &Context, subscription_id: &str, namespace: &str) -> azure::Result<Arc<Provider>> {
    let (client, id, name) = (context.client.clone(), subscription_id.to_owned(), namespace.to_owned());
    let key = Key::of("provider").and(&id).and(namespace);
    context.client.memo(key, || async move { resources::provider(&client, &id, &name).await }).await
}

/// Whether there is a resource type of that name, registered or not, whatever the provider knows of it; the gap if that could not be
/// read.
pub async fn is_a_type(context: &Context, subscription_id: &str, full: &str) -> Result<std::result::Result<bool, Unreadable>> {
    let Some((namespace, name)) = full.split_once('/') else { return Ok(Ok(false)) };
    match provider(context, subscription_id, namespace).await {
        Ok(provider) => match &provider.resource_types.0 {
            Some(types) => Ok(Ok(types.iter().any(|ty| ty.resource_type.eq_ignore_ascii_case(name)))),
            None => {
                let error = unstated("read the resource provider", namespace, "resourceTypes");
                unread::gap(Subject::ResourceTypes, Place::Subscription(subscription_id.to_owned()), &error).map(Err)
            }
        },
        // No such namespace.
        Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Unsupported) => Ok(Ok(false)),
        Err(error) => unread::gap(Subject::ResourceTypes, Place::Subscription(subscription_id.to_owned()), &error).map(Err),
    }
}

/// The state of a resource provider in the service's word; the gap if it could not be read or is not stated.
pub async fn registration(
    context: &Context,
    subscription_id: &str,
    namespace: &str,
) -> Result<std::result::Result<String, Unreadable>> {
    let read = provider(context, subscription_id, namespace).await.and_then(|provider| {
        let state = provider.registration_state.0.clone();
        state.ok_or_else(|| unstated("read the resource provider", namespace, "registrationState"))
    });
    match read {
        Ok(state) => Ok(Ok(state)),
        Err(error) => unread::gap(Subject::Providers, Place::Subscription(subscription_id.to_owned()), &error).map(Err),
    }
}
