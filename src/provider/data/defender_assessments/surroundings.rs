//! Where an assessed resource stands, as far as its id and the inventory say so.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    posture::{
        Subject, Unreadable,
        assessment::{Assessment, Surroundings},
        resource_id::ResourceId,
    },
    provider::{
        collect::{estate::scope::Subscription, lists::inventory, stop::Result},
        context::Context,
    },
};

/// The tags of resources and subscriptions, by lower-case id.
pub(super) type Tags = BTreeMap<Box<str>, Arc<BTreeMap<String, String>>>;

/// The tags of everything in the inventory, and of the subscriptions themselves.
pub(super) async fn tags(context: &Context, subscriptions: &[Subscription], gaps: &mut Vec<Unreadable>) -> Result<Tags> {
    let inventories = inventory::resources(context, subscriptions).await?;
    gaps.extend(inventories.gaps().map(|gap| Unreadable { subject: Subject::Tags, ..gap.clone() }));
    let mut all = Tags::new();
    for (subscription, inventory) in inventories.so_far() {
        if !subscription.twofold {
            all.insert(format!("/subscriptions/{}", subscription.id).into(), Arc::clone(&subscription.tags));
        }
        all.extend(inventory.tags.iter().map(|(id, tags)| (id.clone(), Arc::clone(tags))));
    }
    Ok(all)
}

/// Where a row stands.
pub(super) fn place(row: &Assessment, tags: Option<&Tags>) -> Surroundings {
    let id = located(row);
    let tags = tags.and_then(|tags| tags.get(row.resource_id.to_ascii_lowercase().as_str()));
    Surroundings {
        resource_group_name: id.as_ref().and_then(|id| id.resource_group_name.clone()),
        resource_type: id.and_then(|id| id.full_type()),
        tags: tags.map(|tags| (**tags).clone()),
    }
}

/// The id, taken apart; none for a resource of another cloud.
pub(super) fn located(row: &Assessment) -> Option<ResourceId> {
    if row.is_foreign() { None } else { ResourceId::parse(&row.resource_id).ok() }
}
