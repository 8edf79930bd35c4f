//! Lists that no subscription has: parts of a resource are listed by it, and some types by resource group. One request each.

use std::{collections::BTreeSet, sync::Arc};

use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    azure::{self, Client, Error, Failure, Kind, memo::Key},
    posture::{Place, Seen, Subject, Unreadable, resource_id::ResourceId},
    provider::{
        collect::{
            By,
            estate::{proof, scope::Subscription},
            lists::{
                inventory,
                typed::{self, Typed, TypedResource},
            },
            stop::Result,
            unread,
        },
        context::Context,
    },
    text::quoted,
};

/// How many parents of a subscription are read side by side.
const SIDE_BY_SIDE: usize = 8;

/// What has a list of a type in a subscription.
#[derive(Clone, Debug)]
pub struct Parent {
    /// Its id: a resource, or a resource group.
    pub id: String,
    /// What its parts are filtered by, if they have none of their own.
    pub lends: Option<Arc<TypedResource>>,
}

/// The parts of these parents, those of each once a run. What of the parents was not seen is a gap of the parts.
pub async fn parts(
    context: &Context,
    subscriptions: &[Subscription],
    typed: &'static Typed,
    parents: &By<Vec<Parent>>,
) -> Result<By<Arc<Vec<TypedResource>>>> {
    let one = |id: String| {
        let seen = parents.get(&id).cloned();
        async move {
            let seen = seen.unwrap_or_else(|| Seen::unseen(Unreadable::unasked(Subject::Resources)));
            let parts = of_subscription(context, &id, typed, seen).await?;
            Result::Ok((id, parts))
        }
    };
    let ids: Vec<String> = subscriptions.iter().map(|subscription| subscription.id.clone()).collect();
    stream::iter(ids.into_iter().map(one)).buffered(SIDE_BY_SIDE).try_collect().await
}

async fn of_subscription(
    context: &Context,
    subscription_id: &str,
    typed: &'static Typed,
    parents: Seen<Vec<Parent>>,
) -> Result<Seen<Arc<Vec<TypedResource>>>> {
    let (Some(all), mut gaps) = parents.clone().into_parts() else {
        return Ok(parents.map(|_| Arc::default()));
    };
    let reads = all.into_iter().map(|parent| async move {
        let read = of_parent(context, typed, &parent).await;
        (parent, read)
    });
    let answers: Vec<_> = stream::iter(reads).buffered(SIDE_BY_SIDE).collect().await;
    if answers.iter().any(|(_, answer)| answer.is_ok()) {
        let actions = typed.list.actions();
        gaps.extend(proof::missing(context, subscription_id, Subject::Resources, &actions).await?);
    }
    let (mut rows, mut is_any_read) = (Vec::new(), answers.is_empty());
    for (parent, answer) in answers {
        match answer {
            Ok(found) => {
                is_any_read = true;
                rows.extend(found.iter().map(|row| lent(row.clone(), parent.lends.as_deref())));
            }
            Err(error) => gaps.push(unread::gap(Subject::Resources, Place::Resource(parent.id), &error)?),
        }
    }
    rows.sort_by_cached_key(|row| row.id.to_lowercase());
    let mut gaps = gaps.into_iter();
    match gaps.next() {
        Some(first) if !is_any_read => Ok(gaps.fold(Seen::unseen(first), Seen::lacking)),
        first => Ok(Seen::part(Arc::new(rows), first.into_iter().chain(gaps))),
    }
}

async fn of_parent(context: &Context, typed: &'static Typed, parent: &Parent) -> azure::Result<Arc<Vec<TypedResource>>> {
    let (client, id) = (context.client.clone(), parent.id.clone());
    context.client.memo(Key::of(typed.name()).and(&parent.id), || read(client, id, typed)).await
}

async fn read(client: Client, parent_id: String, typed: &'static Typed) -> azure::Result<Vec<TypedResource>> {
    let Some((group, name)) = apart(&parent_id, typed) else {
        let error = Error::new(Kind::InvalidResponse, typed.list.endpoint.reading, &parent_id);
        return Err(error.said(Failure::UndecodableRow, format!("That is no id of what lists them: {}.", quoted(&parent_id))));
    };
    match typed::list(&client, typed, &group, &name, &parent_id).await {
        Err(error) if error.code().eq_ignore_ascii_case(WITHOUT_SERVICE) => Ok(Vec::new()),
        answer => answer,
    }
}

/// What Storage answers about an account that cannot have what is asked for: not every account has each of its services.
const WITHOUT_SERVICE: &str = "FeatureNotSupportedForAccount";

/// The resource group that a list stands below, and the name of the resource that has it, empty where the group itself does.
fn apart(id: &str, typed: &Typed) -> Option<(String, String)> {
    let apart = ResourceId::parse(id).ok()?;
    let name = match typed.parent() {
        Some(parent) if apart.resource_type.as_deref() == Some(parent) => apart.name?,
        None if apart.resource_type.is_none() => String::new(),
        _ => return None,
    };
    Some((format!("/subscriptions/{}/resourceGroups/{}", apart.subscription_id?, apart.resource_group_name?), name))
}

/// A part with the place and the tags of its parent, which it has none of itself.
fn lent(row: TypedResource, parent: Option<&TypedResource>) -> TypedResource {
    match parent {
        None => row,
        Some(parent) => TypedResource { location: parent.location.clone(), tags: parent.tags.clone(), ..row },
    }
}

/// Those of these resources that are wanted and have such parts. One of which it is not known what kind it is is asked.
pub fn parents(rows: &[TypedResource], typed: &Typed, but: &[&str], is_wanted: impl Fn(&TypedResource) -> bool) -> Vec<Parent> {
    let has_none =
        |row: &&TypedResource| row.kind.as_deref().is_some_and(|kind| but.iter().any(|one| one.eq_ignore_ascii_case(kind)));
    let parent = |row: &TypedResource| Parent {
        id: row.id.clone(),
        lends: typed
            .resource_type
            .is_on_demand
            .then(|| Arc::new(TypedResource { properties_json: None, looked_at: None, ..row.clone() })),
    };
    rows.iter().filter(|row| !has_none(row) && is_wanted(row)).map(parent).collect()
}

/// The resource groups of subscriptions that have a resource of a type, as far as is known what there is; else all of them.
pub async fn groups(context: &Context, subscriptions: &[Subscription], typed: &Typed) -> Result<By<Vec<Parent>>> {
    let infix = format!("/providers/{}/", typed.name().to_ascii_lowercase());
    let parent = |id: String| Parent { id, lends: None };
    let mut all = By::new();
    let mut unseen = Vec::new();
    for (subscription, inventory) in inventory::resources(context, subscriptions).await?.iter() {
        match inventory.whole() {
            Ok(inventory) => {
                let own = inventory.tags.keys().filter_map(|id| id.split_once(infix.as_str()));
                let groups: BTreeSet<String> = own.map(|(group, _)| group.to_owned()).collect();
                all.insert(subscription.id.clone(), Seen::all(groups.into_iter().map(parent).collect()));
            }
            Err(_) => unseen.push(subscription.clone()),
        }
    }
    for (subscription, groups) in inventory::groups(context, &unseen).await?.iter() {
        let groups = groups.map_ref(|groups| groups.iter().map(|group| parent(group.id.clone())).collect());
        all.insert(subscription.id.clone(), groups);
    }
    Ok(all)
}
