//! Whether a subscription whose inventory is empty has nothing: what else is listed there may deny it. Much rests on an empty inventory: that a
//! plan protects nothing, that a provider is not needed, that lists of types are not even read.

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt, stream};

use crate::{
    azure::{Client, Failure},
    posture::{Place, Reason, Subject, Unreadable, assessment::Assessment, resource_id::ResourceId},
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            lists::{inventory::Groups, listed, security::Assessments, typed},
        },
        context::Context,
    },
};

/// Types of which nearly every subscription with resources has some, and whose lists are short.
const COMMON: [&str; 3] =
    ["Microsoft.Compute/virtualMachines", "Microsoft.Network/virtualNetworks", "Microsoft.Storage/storageAccounts"];

/// How many subscriptions are looked at side by side.
const SIDE_BY_SIDE: usize = 16;

/// The same lists of resources, with a gap of those that are empty although something else says that there are resources.
pub(super) async fn doubted<T>(context: &Context, lists: Lists<T>, is_empty: impl Fn(&T) -> bool) -> Lists<T> {
    let empty = lists.wholly(is_empty);
    let one = |subscription: Subscription| async move {
        let denied = denied(&context.client, &subscription.id).await?;
        Some((subscription.id, denied))
    };
    let denied: BTreeMap<String, String> =
        stream::iter(empty).map(one).buffer_unordered(SIDE_BY_SIDE).filter_map(async |one| one).collect().await;
    lists.each(|subscription, seen| match denied.get(&subscription.id) {
        Some(denied) => seen.lacking(gap(subscription, denied)),
        None => seen,
    })
}

fn gap(subscription: &Subscription, denied: &str) -> Unreadable {
    Unreadable {
        subject: Subject::Resources,
        place: Place::Subscription(subscription.id.clone()),
        reason: Reason::NotProven,
        code: Failure::EmptyList.code().to_owned(),
        remedy: format!(
            "The list of resources is empty, and {denied}. Plan again; the last one may just have been deleted. If this persists, please \
             report it."
        ),
    }
}

/// What says that there are resources. What cannot be read denies nothing.
async fn denied(client: &Client, subscription_id: &str) -> Option<String> {
    let assessed = listed::once::<Assessments<false>>(client, subscription_id).await;
    if let Some(row) = assessed.ok().and_then(|rows| rows.iter().find(|row| is_about_a_resource(row)).cloned()) {
        return Some(format!("{} is assessed", row.resource_id));
    }
    // Without a resource group there is no resource that it could list.
    let groups = listed::once::<Groups>(client, subscription_id).await;
    if groups.is_ok_and(|groups| groups.is_empty()) {
        return None;
    }
    for typed in COMMON.into_iter().filter_map(typed::find) {
        let rows: Option<Arc<_>> = typed::once(client, typed, subscription_id).await.ok();
        if let Some(first) = rows.iter().flat_map(|rows| rows.iter()).next() {
            return Some(format!("the list of its type has {}", first.id));
        }
    }
    None
}

/// Whether it is about something that stands in a resource group.
fn is_about_a_resource(row: &Assessment) -> bool {
    let id = ResourceId::parse(&row.resource_id);
    id.is_ok_and(|id| id.resource_group_name.is_some() && id.resource_type.is_some())
}
