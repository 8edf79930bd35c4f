//! The management groups above subscriptions.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    azure::{
        self, Client, Kind,
        answer::lenient::unstated,
        arm::management,
        memo::Key,
        resource_graph::{QueryScope, queries},
        settings::{ResourceGraph, ScopeSetting},
    },
    posture::{Place, Reason, Subject, Unreadable},
    provider::{
        collect::{
            estate::{
                places::{Places, unplaced_at},
                scope,
            },
            lists::authorization,
            stop::Result,
            unread,
        },
        context::Context,
    },
};

/// A management group above a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ancestor {
    /// Its id inside the tenant.
    pub id: String,
    /// Its display name.
    pub display_name: String,
}

/// The groups above each subscription that is below a readable group, nearest first.
#[derive(Debug, Default)]
pub struct Hierarchy {
    above: BTreeMap<String, Vec<Ancestor>>,
    /// Subscriptions of which the service does not say, or not with one voice, in which groups they stand.
    unplaced: BTreeSet<String>,
}

impl Hierarchy {
    /// The groups above a subscription, nearest first; none if they could not be read.
    pub fn above(&self, subscription_id: &str) -> Option<&[Ancestor]> {
        self.above.get(subscription_id).map(Vec::as_slice)
    }
}

/// Reads the groups above the subscriptions of the connection: from what stands below its own group, which is read anyway, or, where
/// that is not the scope or is refused, from Resource Graph, which knows the chain of each subscription.
pub async fn hierarchy_of(context: &Context) -> Result<(Arc<Hierarchy>, Option<Unreadable>)> {
    let settings = context.client.settings();
    let with_group = matches!(settings.scope, ScopeSetting::ManagementGroup(_) | ScopeSetting::Tenant);
    let refused = match settings.resource_graph {
        ResourceGraph::Always => None,
        ResourceGraph::Auto | ResourceGraph::Never if !with_group => None,
        ResourceGraph::Auto | ResourceGraph::Never => match by_arm(context).await {
            Ok(hierarchy) => {
                let gap = hierarchy.unplaced.first().map(|id| unplaced(id));
                return Ok((hierarchy, gap));
            }
            Err(error) => Some(unread::gap(Subject::ManagementGroups, Place::Tenant, &error)?),
        },
    };
    match (settings.resource_graph, refused) {
        (ResourceGraph::Never, Some(gap)) if !scope::is_refused(&gap) => Ok((Arc::default(), Some(gap))),
        (ResourceGraph::Never, Some(gap)) => {
            let group = match &settings.scope {
                ScopeSetting::ManagementGroup(own) => own.clone(),
                _ => scope::root(context).await.unwrap_or_default(),
            };
            let remedy = scope::give_group_reader(context, &authorization::group_scope(&group)).await;
            Ok((Arc::default(), Some(Unreadable { remedy, ..gap })))
        }
        (ResourceGraph::Never, None) => Ok((Arc::default(), Some(switched_off()))),
        (ResourceGraph::Always | ResourceGraph::Auto, _) => by_graph(context).await,
    }
}

fn switched_off() -> Unreadable {
    Unreadable {
        subject: Subject::ManagementGroups,
        place: Place::Tenant,
        reason: Reason::EngineNever,
        code: String::new(),
        remedy: "Only Resource Graph knows the groups above single subscriptions: set resource_graph to \"auto\".".to_owned(),
    }
}

async fn by_arm(context: &Context) -> azure::Result<Arc<Hierarchy>> {
    let (reader, client) = (context.clone(), &context.client);
    client.memo(Key::of("hierarchy"), || async move { tree(&reader).await }).await
}

/// The chain of each subscription, as Resource Graph has it.
async fn by_graph(context: &Context) -> Result<(Arc<Hierarchy>, Option<Unreadable>)> {
    let subscriptions = scope::scope_of(context).await?.subscriptions;
    let ids: BTreeSet<String> = subscriptions.iter().map(|subscription| subscription.id.clone()).collect();
    let key = Key::of("graph/hierarchy").and_all(&ids);
    let (client, asked) = (context.client.clone(), ids.clone());
    let own = scope::root(context).await.ok().filter(|root| !root.is_empty());
    // The root of a tenant bears its id.
    let roots = subscriptions.iter().filter_map(|one| Some((one.id.clone(), one.tenant_id.clone().or(own.clone())?)));
    let roots: BTreeMap<String, String> = roots.collect();
    let read = || async move {
        let mut hierarchy = Hierarchy::default();
        queries::hierarchy(&client, QueryScope::Subscriptions(asked), |id, chain| {
            // One that does not lead to the root is not all of it.
            let is_whole = |chain: &Vec<management::Ancestor>| match (chain.last(), roots.get(&id)) {
                (Some(last), Some(root)) => last.name.eq_ignore_ascii_case(root),
                _ => false,
            };
            let chain = chain.filter(is_whole);
            hierarchy.place(id, chain.map(|chain| chain.into_iter().map(ancestor).collect()));
        })
        .await?;
        Ok(hierarchy)
    };
    match context.client.memo(key, read).await {
        Ok(hierarchy) => {
            let gap = ids.iter().find(|id| hierarchy.above(id).is_none()).map(|id| Unreadable {
                remedy:
                    "Resource Graph does not know (yet) where this subscription stands, and perhaps others. Run again later, or \
                         set resource_graph = \"never\" in a connection to the tenant."
                        .to_owned(),
                ..unplaced(id)
            });
            Ok((hierarchy, gap))
        }
        Err(error) => Ok((Arc::default(), Some(unread::gap(Subject::ManagementGroups, Place::Tenant, &error)?))),
    }
}

fn unplaced(id: &str) -> Unreadable {
    unplaced_at(Place::Subscription(id.to_owned()), "this subscription")
}

fn ancestor(wire: management::Ancestor) -> Ancestor {
    Ancestor { display_name: name(wire.display_name.0, &wire.name), id: wire.name }
}

/// The tree below the connection's own group, or below the root. Without the root, below every group that can be read, each of which
/// knows its own path.
async fn tree(context: &Context) -> azure::Result<Hierarchy> {
    let client = &context.client;
    let mut hierarchy = Hierarchy::default();
    if let ScopeSetting::ManagementGroup(own) = &client.settings().scope {
        let (below, chain) = tokio::join!(scope::descendants(context, own), chain(context, own));
        hierarchy.add(&chain?, &below?);
        return Ok(hierarchy);
    }
    let root = scope::root(context).await?;
    let refused = |error: &azure::Error| matches!(error.kind(), Kind::Forbidden | Kind::NotFound | Kind::NotVisible);
    match scope::descendants(context, &root).await {
        Ok(below) => hierarchy.add(&[Ancestor { id: root.clone(), display_name: root_name(client, &root).await }], &below),
        Err(error) if !refused(&error) => return Err(error),
        Err(error) => {
            let groups = management::list(client).await?;
            if groups.is_empty() {
                return Err(error);
            }
            let mut covered = BTreeSet::new();
            for group in groups {
                if covered.contains(&group.name) {
                    continue;
                }
                let below = scope::descendants(context, &group.name).await?;
                covered.extend(below.iter().filter(|item| !item.is_subscription()).map(|item| item.name.clone()));
                hierarchy.add(&chain(context, &group.name).await?, &below);
            }
        }
    }
    Ok(hierarchy)
}

/// A group and what stands above it, nearest first. The root alone has nothing above it, so every path ends there.
async fn chain(context: &Context, group: &str) -> azure::Result<Vec<Ancestor>> {
    let read = management::management_group(&context.client, group).await?;
    let root = scope::root(context).await?;
    let management::Details { path, parent } = read.properties.0.details.0;
    let own = Ancestor { display_name: name(read.properties.0.display_name.0, &read.name), id: read.name };
    let above = path.0.into_iter().rev().filter(|ancestor| !ancestor.name.eq_ignore_ascii_case(&own.id));
    let above: Vec<Ancestor> = above.map(ancestor).collect();
    let is = |ancestor: Option<&Ancestor>, name: &str| ancestor.is_some_and(|one| one.id.eq_ignore_ascii_case(name));
    let parent = parent.and_then(|parent| parent.id.0);
    let is_below_parent = parent.and_then(|id| id.rsplit('/').next().map(|name| is(above.first(), name))) != Some(false);
    let chain: Vec<Ancestor> = std::iter::once(own).chain(above).collect();
    let ends_at_root = if root.is_empty() { chain.len() > 1 } else { is(chain.last(), &root) };
    match is_below_parent && ends_at_root {
        true => Ok(chain),
        false => Err(unstated("read the management group", group, "details.path")),
    }
}

/// The root's display name is a nicety: without it, its id stands in.
async fn root_name(client: &Client, root: &str) -> String {
    let read = management::management_group(client, root).await.ok();
    name(read.and_then(|group| group.properties.0.display_name.0), root)
}

fn name(display_name: Option<String>, id: &str) -> String {
    display_name.unwrap_or_else(|| id.to_owned())
}

impl Hierarchy {
    /// Adds the subscriptions below a group, whose own chain upwards is `chain`.
    fn add(&mut self, chain: &[Ancestor], below: &[management::Descendant]) {
        let places = Places::of(below);
        let mut groups = BTreeMap::<String, Ancestor>::new();
        for group in below.iter().filter(|item| !item.is_subscription()) {
            let own =
                Ancestor { display_name: name(group.properties.display_name.0.clone(), &group.name), id: group.name.clone() };
            let known = groups.entry(group.name.to_lowercase()).or_insert_with(|| own.clone());
            // By which of two names it goes nobody knows.
            if known.display_name != own.display_name {
                known.display_name.clone_from(&known.id);
            }
        }
        let top = chain.first().map_or("", |top| top.id.as_str());
        for subscription in below.iter().filter(|item| item.is_subscription()) {
            let above = places.up_to(top, &subscription.name).map(|above| {
                let between = above.iter().filter_map(|group| groups.get(*group));
                between.filter(|group| !group.id.eq_ignore_ascii_case(top)).chain(chain).cloned().collect()
            });
            self.place(subscription.name.to_ascii_lowercase(), above);
        }
    }

    /// Notes what stands above a subscription, unless that is not said, or something else was.
    fn place(&mut self, id: String, above: Option<Vec<Ancestor>>) {
        let same = |known: &Vec<Ancestor>, above: &Vec<Ancestor>| {
            known.len() == above.len() && known.iter().zip(above).all(|(one, other)| one.id.eq_ignore_ascii_case(&other.id))
        };
        match above {
            Some(above) if !self.unplaced.contains(&id) && self.above.get(&id).is_none_or(|known| same(known, &above)) => {
                self.above.insert(id, above);
            }
            _ => {
                self.above.remove(&id);
                self.unplaced.insert(id);
            }
        }
    }
}

/// The groups the sign-in can read, wherever they stand.
pub async fn readable(context: &Context) -> azure::Result<Arc<Vec<management::ManagementGroup>>> {
    let client = context.client.clone();
    context.client.memo(Key::of("groups"), || async move { management::list(&client).await }).await
}

/// The id of the only group that bears this as its display name, where no group has it for its id.
pub async fn displayed(context: &Context, name: &str) -> Option<String> {
    let groups = readable(context).await.ok()?;
    let is_displayed = |shown: &Option<String>| shown.as_ref().is_some_and(|shown| shown.eq_ignore_ascii_case(name));
    let mut bearing = groups.iter().filter(|group| is_displayed(&group.properties.0.display_name.0));
    match (groups.iter().any(|group| group.name.eq_ignore_ascii_case(name)), bearing.next(), bearing.next()) {
        (false, Some(one), None) => Some(one.name.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: &str, name: &str, parent: &str) -> management::Descendant {
        serde_json::from_value(serde_json::json!({
            "type": kind, "name": name,
            "properties": {"displayName": format!("Name of {name}"), "parent": {"id": format!("/providers/Microsoft.Management/managementGroups/{parent}")}}
        }))
        .unwrap()
    }

    #[test]
    fn a_subscription_knows_all_groups_above_it() {
        let mut hierarchy = Hierarchy::default();
        let root = Ancestor { id: "root".into(), display_name: "Root".into() };
        let below = [
            item("Microsoft.Management/managementGroups", "a", "root"),
            item("/managementGroups", "b", "a"),
            item("/subscriptions", "S1", "b"),
            item("Microsoft.Management/managementGroups/subscriptions", "s2", "root"),
        ];
        hierarchy.add(&[root], &below);
        let ids = |id: &str| hierarchy.above(id).unwrap().iter().map(|ancestor| ancestor.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids("s1"), ["b", "a", "root"]);
        assert_eq!(ids("s2"), ["root"]);
        assert_eq!(hierarchy.above("s3"), None);
    }

    #[test]
    fn of_what_is_in_a_loop_or_in_two_places_no_group_is_above() {
        let root = Ancestor { id: "root".into(), display_name: "Root".into() };
        let (a, b) = (item("/managementGroups", "a", "root"), item("/managementGroups", "b", "a"));
        for below in [
            vec![item("/managementGroups", "a", "b"), b.clone(), item("/subscriptions", "s", "a")],
            vec![a.clone(), b, item("/subscriptions", "s", "b"), item("/subscriptions", "S", "a")],
            vec![item("/subscriptions", "s", "a")],
        ] {
            let mut hierarchy = Hierarchy::default();
            hierarchy.add(std::slice::from_ref(&root), &below);
            assert_eq!((hierarchy.above("s"), hierarchy.unplaced.len()), (None, 1), "{below:?}");
        }
    }
}
