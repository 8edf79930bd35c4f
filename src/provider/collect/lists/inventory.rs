//! Which resources there are: how many of each type, and their tags.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    azure::{
        self, Client, Kind,
        answer::lenient::unstated,
        arm::resources::{self, Provider, Resource, ResourceGroup},
        resource_graph::queries::{self, Rows},
    },
    posture::{Subject, Unreadable},
    provider::{
        collect::{
            Lists,
            estate::{
                engine::{self, Engine},
                scope::Subscription,
            },
            lists::{
                listed::{self, List, Listed, RESOURCE_COUNTS, RESOURCE_GROUPS, RESOURCES},
                texts::Texts,
            },
            stop::{Argument, Result, Stop},
            unread,
        },
        context::Context,
    },
    text::quoted,
};

/// How many resources there are, by lower-case type.
pub type Counts = BTreeMap<String, u64>;

/// The tracked resources of one subscription.
#[derive(Debug, Default)]
pub struct Inventory {
    /// How many there are.
    pub counts: Counts,
    /// Tags by lower-case resource id. Equal sets of tags are shared.
    pub tags: BTreeMap<Box<str>, Arc<BTreeMap<String, String>>>,
    /// The sets of tags, while rows are taken in.
    shared: BTreeSet<Arc<BTreeMap<String, String>>>,
}

/// How many resources subscriptions have. Much less to read than [`resources`] where Resource Graph counts.
pub async fn counts(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Counts>> {
    if RESOURCE_COUNTS.engine(context) == Engine::Arm {
        let inventories = resources(context, subscriptions).await?;
        return Ok(inventories.each(|_, seen| seen.map(|inventory| Arc::new(inventory.counts.clone()))));
    }
    let arm = |client: Client, id: String| async move {
        let mut own = Inventory::default();
        client.list(RESOURCE_COUNTS.endpoint.at(&format!("/subscriptions/{id}")), |row| own.add(row)).await?;
        Ok(own.counts)
    };
    let graph = |client: Client, ids: BTreeSet<String>| async move {
        let mut all = BTreeMap::new();
        queries::resource_counts(&client, &ids, |id, counts| {
            all.insert(id, counts);
        })
        .await?;
        Ok(all)
    };
    engine::read(context, subscriptions, &RESOURCE_COUNTS, arm, graph).await
}

/// The inventories of subscriptions.
pub async fn resources(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Inventory>> {
    listed::read::<Inventory>(context, subscriptions).await
}

impl Listed for Inventory {
    const LIST: List = RESOURCES;
    const ROWS: Rows = queries::RESOURCES;
    type Wire = Resource;
    type Kept = Self;

    fn take(kept: &mut Self, row: Resource, _: &Arc<str>, _: &mut Texts) {
        kept.add(row);
    }

    fn done(mut kept: Self) -> Self {
        kept.shared.clear();
        kept
    }
}

impl Inventory {
    fn add(&mut self, row: Resource) {
        let tags = match self.shared.get(&row.tags) {
            Some(tags) => Arc::clone(tags),
            None => {
                let tags = Arc::new(row.tags);
                self.shared.insert(Arc::clone(&tags));
                tags
            }
        };
        // A row that moves from page to page while they are read comes twice.
        if self.tags.insert(row.id.to_ascii_lowercase().into(), tags).is_none() {
            *self.counts.entry(row.kind.to_ascii_lowercase()).or_default() += 1;
        }
    }
}

/// The resource groups of subscriptions.
pub async fn groups(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<ResourceGroup>>> {
    listed::read::<Groups>(context, subscriptions).await
}

struct Groups;

impl Listed for Groups {
    const LIST: List = RESOURCE_GROUPS;
    const ROWS: Rows = queries::RESOURCE_GROUPS;
    type Wire = ResourceGroup;
    type Kept = Vec<ResourceGroup>;

    fn take(kept: &mut Vec<ResourceGroup>, row: ResourceGroup, _: &Arc<str>, _: &mut Texts) {
        kept.push(row);
    }
}

/// The resource groups of one subscription as Resource Manager lists them, whatever the engine.
pub async fn groups_now(context: &Context, subscription_id: &str) -> azure::Result<Arc<Vec<ResourceGroup>>> {
    let (client, id) = (context.client.clone(), subscription_id.to_owned());
    let key = format!("groups_now/{id}");
    context.client.memo(&key, || async move { resources::groups(&client, &id).await }).await
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
    let key = format!("provider/{id}/{}", namespace.to_ascii_lowercase());
    context.client.memo(&key, || async move { resources::provider(&client, &id, &name).await }).await
}

/// Whether there is a resource type of that name, registered or not, whatever the provider knows of it; the gap if that could not be
/// read.
pub async fn is_a_type(context: &Context, subscription_id: &str, full: &str) -> Result<std::result::Result<bool, Unreadable>> {
    let Some((namespace, name)) = full.split_once('/') else { return Ok(Ok(false)) };
    match provider(context, subscription_id, namespace).await {
        Ok(provider) => match &provider.resource_types {
            Some(types) => Ok(Ok(types.iter().any(|ty| ty.resource_type.eq_ignore_ascii_case(name)))),
            None => {
                let error = unstated("read the resource provider", namespace, "resourceTypes");
                unread::gap(Subject::ResourceTypes, &format!("/subscriptions/{subscription_id}"), &error).map(Err)
            }
        },
        // No such namespace.
        Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Unsupported) => Ok(Ok(false)),
        Err(error) => unread::gap(Subject::ResourceTypes, &format!("/subscriptions/{subscription_id}"), &error).map(Err),
    }
}

/// The state of a resource provider in the service's word; the gap if it could not be read or is not stated.
pub async fn registration(
    context: &Context,
    subscription_id: &str,
    namespace: &str,
) -> Result<std::result::Result<String, Unreadable>> {
    let read = provider(context, subscription_id, namespace).await.and_then(|provider| {
        let state = provider.registration_state.clone();
        state.ok_or_else(|| unstated("read the resource provider", namespace, "registrationState"))
    });
    match read {
        Ok(state) => Ok(Ok(state)),
        Err(error) => unread::gap(Subject::Providers, &format!("/subscriptions/{subscription_id}"), &error).map(Err),
    }
}
