//! What an argument names and no row has: whether there is such a thing at all, and what was probably meant.

use std::{collections::BTreeSet, sync::Arc};

use futures::future::join_all;

use crate::{
    azure::{arm::resources::ResourceGroup, memo::Key},
    posture::{Place, Reason, Subject, Unreadable, rbac::place::Kind, resource_id::ResourceId},
    provider::{
        collect::{
            estate::{engine::Engine, scope::Subscription},
            lists::{
                authorization::{self, Definitions, ROLE_DEFINITIONS, Tree},
                directory, entra,
                inventory::{self, Groups},
                listed::Listed,
            },
            stop::{Result, Stop},
            unread,
        },
        context::Context,
    },
};

/// Refuses principals that are in no row because the directory does not know them. `foreign` is whether those of another tenant could be
/// meant, whom this directory does not know.
pub async fn require_principals(context: &Context, ids: &BTreeSet<String>, foreign: bool) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let people =
        directory::principals(context, &ids.iter().map(|id| (id.clone(), None)).collect(), directory::Principals::default())
            .await?;
    let is_nobody = |id: &&String| !foreign && people.orphaned(id, "") == Some(true);
    match ids.iter().find(is_nobody) {
        Some(id) => Err(nobody(context, "principal_ids", id).await),
        None => Ok(()),
    }
}

/// The stop that the directory knows no principal with this object id. A client id is the commonest mistake.
pub async fn nobody(context: &Context, argument: &'static str, id: &str) -> Stop {
    // What cannot be read here is only not recognized.
    let detail = match entra::principal_of(context, id).await {
        Ok(principal) => {
            let name = principal.display_name.as_deref().map(|name| format!(" of {name:?}")).unwrap_or_default();
            format!("{id} is the client (application) id{name}. Give the object id of its service principal: {}", principal.id)
        }
        Err(_) => format!(
            "the directory knows no user, group or service principal with the object id {id}. The client id of an application and the \
             object id of its registration are other ids: az ad sp show --id <client id> --query id --output tsv shows the right one. \
             What was made a moment ago takes minutes to appear."
        ),
    };
    Stop::nothing_selected(argument, &detail)
}

/// Scopes that are not there, as far as lists that were read whole tell: management groups, resource groups and what would stand in
/// them.
pub async fn missing_scopes(
    context: &Context,
    scopes: &BTreeSet<String>,
    subscriptions: &[Subscription],
    tree: &Tree,
) -> Result<BTreeSet<String>> {
    let parsed = || scopes.iter().filter_map(|scope| Some((scope, ResourceId::parse(scope).ok()?)));
    let is_group = |scope: &str| Kind::of(scope) == Some(Kind::ManagementGroup);
    let is_placed =
        |name: &str| tree.gap.is_some() || tree.groups.is_empty() || tree.groups.iter().any(|own| own.eq_ignore_ascii_case(name));
    let groups = parsed().filter(|(scope, _)| is_group(scope));
    let groups = groups.filter(|(_, id)| id.management_group_id.as_deref().is_some_and(|name| !is_placed(name)));
    let mut missing: BTreeSet<String> = groups.map(|(scope, _)| scope.clone()).collect();
    let below: Vec<_> = parsed().filter_map(|(scope, id)| Some((scope, id.subscription_id?, id.resource_group_name?))).collect();
    let asked: Vec<_> = subscriptions.iter().filter(|one| below.iter().any(|(_, id, _)| *id == one.id)).cloned().collect();
    if asked.is_empty() {
        return Ok(missing);
    }
    let lists = inventory::groups(context, &asked).await?;
    for (subscription, groups) in lists.iter() {
        // A list that may be short says nothing about what is not in it.
        let Ok(groups) = groups.whole() else { continue };
        let mut gone: Vec<_> = below.iter().filter(|(_, id, name)| *id == subscription.id && !has(groups, name)).collect();
        if !gone.is_empty() && Groups::LIST.engine(context, asked.len()) == Engine::ResourceGraph {
            // It is minutes behind; only the service itself says that something is not there.
            let live = inventory::groups_now(context, &subscription.id).await;
            gone.retain(|(_, _, name)| live.as_ref().is_ok_and(|live| !has(live, name)));
        }
        missing.extend(gone.into_iter().map(|(scope, ..)| (*scope).clone()));
    }
    Ok(missing)
}

fn has(groups: &[ResourceGroup], name: &str) -> bool {
    groups.iter().any(|group| group.name.eq_ignore_ascii_case(name))
}

/// The stop that an id of `wanted`, which `definitions` do not have, is that of no role in the whole connection.
pub async fn require_role_ids(
    context: &Context,
    wanted: &BTreeSet<String>,
    definitions: &Definitions,
    subscriptions: &[Subscription],
) -> Result<()> {
    let absent: BTreeSet<&String> = wanted.intersection(&definitions.absent).collect();
    let Some(first) = subscriptions.first().filter(|_| !absent.is_empty()) else { return Ok(()) };
    let at = |subscription: &Subscription| format!("/subscriptions/{}", subscription.id);
    let places: Vec<String> = subscriptions.iter().map(at).collect();
    let used = absent.iter().map(|guid| ((*guid).clone(), at(first))).collect();
    let all = authorization::definitions(context, &places, &used, false).await?;
    // Whatever else could not be read may hold it.
    let nowhere: Vec<&str> = all.absent.iter().map(String::as_str).collect();
    match nowhere.is_empty() || all.gaps.len() > nowhere.len() {
        true => Ok(()),
        false => Err(Stop::nothing_selected("role_definition_ids", &format!("{NO_ROLE_OF_ID} {}.", nowhere.join(", ")))),
    }
}

/// What is said of an id that no role has; the ids follow.
pub const NO_ROLE_OF_ID: &str = "no role that can be given here, or is, has the id";

/// Roles that can be given somewhere in subscriptions or in what is below them, by these names. Asks no more than a few subscriptions,
/// because each is a request; the others are a gap, unless every name was found. Resource Graph is behind, so it does not stand in for
/// those that were not asked.
pub async fn elsewhere(context: &Context, subscriptions: &[Subscription], names: &[String]) -> Result<Definitions> {
    const FEW: usize = 20;
    let ids: BTreeSet<String> = subscriptions.iter().map(|subscription| subscription.id.clone()).collect();
    let mut found = Definitions::default();
    let mut lists = Vec::new();
    if ROLE_DEFINITIONS.engine(context, ids.len()) == Engine::ResourceGraph {
        lists.push((Place::Tenant, authorization::roles_by_graph(context, ids.clone()).await));
    }
    let unasked = ids.len().saturating_sub(FEW);
    let read = ids.into_iter().take(FEW).map(|id| async move {
        let scope = format!("/subscriptions/{id}");
        let (client, at) = (context.client.clone(), scope.clone());
        let read = async move { authorization::wire::roles_at_and_below(&client, &at).await };
        let list = authorization::roles(context, Key::of("roles_and_below").and(&scope), read).await;
        (Place::of(&scope), list)
    });
    lists.extend(join_all(read).await);
    for (place, list) in lists {
        match list {
            Ok(list) => {
                let named = |role: &&Arc<authorization::wire::RoleDefinition>| {
                    let own = role.properties.role_name.as_deref();
                    names.iter().any(|name| own.is_some_and(|own| own.eq_ignore_ascii_case(name)))
                };
                found.add(list.iter().filter(named));
            }
            Err(error) => found.gaps.push(unread::gap(Subject::RoleDefinitions, place, &error)?),
        }
    }
    if unasked > 0 && names.iter().any(|name| found.all_of_name(name).is_empty()) {
        found.gaps.push(not_asked(unasked));
    }
    Ok(found)
}

/// Asks Resource Manager for the names that Resource Graph's list of roles lacks: it is behind, and nothing documents that it has all.
pub async fn add_lacking(
    context: &Context,
    subscriptions: &[Subscription],
    names: impl Iterator<Item = &String>,
    definitions: &mut Definitions,
) -> Result<()> {
    let names: Vec<String> = names.filter(|name| definitions.all_of_name(name).is_empty()).cloned().collect();
    if !names.is_empty() && ROLE_DEFINITIONS.engine(context, subscriptions.len()) == Engine::ResourceGraph {
        let more = elsewhere(context, subscriptions, &names).await?;
        definitions.add(more.roles.values());
        definitions.gaps.extend(more.gaps);
    }
    Ok(())
}

/// The gap that subscriptions are which were not asked for a role's name.
fn not_asked(subscriptions: usize) -> Unreadable {
    Unreadable {
        subject: Subject::RoleDefinitions,
        place: Place::Tenant,
        reason: Reason::NotProven,
        code: String::new(),
        remedy: format!(
            "The role could not be looked for in {subscriptions} subscriptions, which were not asked. Name it by its id in \
             `role_definition_ids`: Azure portal > the subscription > Access control (IAM) > Roles shows it."
        ),
    }
}
