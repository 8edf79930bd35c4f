//! Which resources there are: how many of each type, and their tags.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    azure::{self, arm::resources},
    posture::Unreadable,
    provider::{
        collect::{Lists, each_subscription, proof::READ_EVERYTHING, scope::Subscription},
        context::Context,
        failure,
    },
    sdk::{Diagnostics, Path, Result},
};

/// The list leaves out every resource whose type the caller may not read.
const READ_RESOURCES: &[&str] = &["Microsoft.Resources/subscriptions/resources/read", READ_EVERYTHING];

/// The tracked resources of one subscription.
#[derive(Debug, Default)]
pub struct Inventory {
    /// How many there are, by lower-case type.
    pub counts: BTreeMap<String, u64>,
    /// Tags by lower-case resource id. Equal sets of tags are shared.
    pub tags: BTreeMap<Box<str>, Arc<BTreeMap<String, String>>>,
}

/// The inventories of subscriptions.
pub async fn resources(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Inventory>> {
    let read = |id: String| {
        let client = context.client.clone();
        async move {
            let reader = client.clone();
            client.memo(&format!("inventory/{id}"), || async move { inventory(&reader, &id).await }).await
        }
    };
    each_subscription(context, subscriptions, "resources", READ_RESOURCES, read).await
}

async fn inventory(client: &azure::Client, subscription_id: &str) -> azure::Result<Inventory> {
    let mut inventory = Inventory::default();
    let mut shared: BTreeSet<Arc<BTreeMap<String, String>>> = BTreeSet::new();
    resources::each(client, subscription_id, |row| {
        *inventory.counts.entry(row.kind.to_ascii_lowercase()).or_default() += 1;
        let tags = match shared.get(&row.tags) {
            Some(tags) => Arc::clone(tags),
            None => {
                let tags = Arc::new(row.tags);
                shared.insert(Arc::clone(&tags));
                tags
            }
        };
        inventory.tags.insert(row.id.to_ascii_lowercase().into(), tags);
    })
    .await?;
    Ok(inventory)
}

/// Refuses names of resource groups that no chosen subscription has; what cannot be read cannot be refused.
pub async fn require_groups(
    context: &Context,
    subscriptions: &[Subscription],
    names: &BTreeSet<String>,
) -> Result<Vec<Unreadable>> {
    let read = |id: String| {
        let client = context.client.clone();
        async move {
            let reader = client.clone();
            client.memo(&format!("groups/{id}"), || async move { resources::groups(&reader, &id).await }).await
        }
    };
    let actions = &["Microsoft.Resources/subscriptions/resourceGroups/read"];
    let Lists { read, gaps } = each_subscription(context, subscriptions, "resource_groups", actions, read).await?;
    let known: BTreeSet<String> =
        read.iter().flat_map(|(_, groups)| groups.iter()).map(|group| group.name.to_ascii_lowercase()).collect();
    match names.iter().find(|name| !known.contains(&name.to_ascii_lowercase())) {
        Some(missing) if gaps.is_empty() => {
            let mut problems = Diagnostics::new();
            let detail = format!(
                "No selected subscription has a resource group {missing:?}. Correct the name or select its subscription."
            );
            problems.error(Path::attribute("resource_group_names"), "Nothing selected", detail);
            Err(problems)
        }
        _ => Ok(gaps),
    }
}

/// Whether a resource provider is registered; none if that could not be read.
pub async fn registered(context: &Context, subscription_id: &str, namespace: &'static str) -> Result<Option<bool>> {
    let (client, id) = (context.client.clone(), subscription_id.to_owned());
    let key = format!("provider/{id}/{namespace}");
    match context.client.memo(&key, || async move { resources::provider(&client, &id, namespace).await }).await {
        Ok(provider) => Ok(provider.registration_state.as_deref().map(|state| state.eq_ignore_ascii_case("Registered"))),
        Err(error) => failure::gap("providers", subscription_id, &error).map(|_| None),
    }
}
