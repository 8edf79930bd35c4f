//! The management groups above subscriptions.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    azure::{
        self, Client, Kind,
        arm::management,
        resource_graph::{QueryScope, queries},
        settings::{ResourceGraph, ScopeSetting},
    },
    posture::{Reason, Subject, Unreadable},
    provider::{
        collect::{estate::scope, lists::authorization, stop::Result, unread},
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
    /// Subscriptions of which the service does not say in which group they stand.
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
pub async fn read(context: &Context) -> Result<(Arc<Hierarchy>, Option<Unreadable>)> {
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
            Err(error) => Some(unread::gap(Subject::ManagementGroups, "tenant", &error)?),
        },
    };
    match (settings.resource_graph, refused) {
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
        scope: "tenant".to_owned(),
        reason: Reason::EngineNever,
        code: String::new(),
        remedy: "Only Resource Graph knows the groups above single subscriptions: set resource_graph to \"auto\".".to_owned(),
    }
}

async fn by_arm(context: &Context) -> azure::Result<Arc<Hierarchy>> {
    let (reader, client) = (context.clone(), &context.client);
    client.memo("hierarchy", || async move { tree(&reader).await }).await
}

/// The chain of each subscription, as Resource Graph has it.
async fn by_graph(context: &Context) -> Result<(Arc<Hierarchy>, Option<Unreadable>)> {
    let subscriptions = scope::of(context).await?.subscriptions;
    let ids: BTreeSet<String> = subscriptions.iter().map(|subscription| subscription.id.clone()).collect();
    let key = format!("graph/hierarchy/{}", ids.iter().map(String::as_str).collect::<Vec<_>>().join(","));
    let (client, asked) = (context.client.clone(), ids.clone());
    let read = || async move {
        let mut hierarchy = Hierarchy::default();
        queries::hierarchy(&client, QueryScope::Subscriptions(asked), |id, chain| {
            if let Some(chain) = chain.filter(|chain| !chain.is_empty()) {
                hierarchy.above.insert(id, chain.into_iter().map(ancestor).collect());
            }
        })
        .await?;
        Ok(hierarchy)
    };
    match context.client.memo(&key, read).await {
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
        Err(error) => Ok((Arc::default(), Some(unread::gap(Subject::ManagementGroups, "tenant", &error)?))),
    }
}

fn unplaced(id: &str) -> Unreadable {
    Unreadable {
        subject: Subject::ManagementGroups,
        scope: format!("/subscriptions/{id}"),
        reason: Reason::NotProven,
        code: String::new(),
        remedy: "The service does not say in which management group this subscription stands. Run again later.".to_owned(),
    }
}

fn ancestor(wire: management::Ancestor) -> Ancestor {
    Ancestor { display_name: name(wire.display_name, &wire.name), id: wire.name }
}

/// The tree below the connection's own group, or below the root. Without the root, below every group that can be read, each of which
/// knows its own path.
async fn tree(context: &Context) -> azure::Result<Hierarchy> {
    let client = &context.client;
    let mut hierarchy = Hierarchy::default();
    if let ScopeSetting::ManagementGroup(own) = &client.settings().scope {
        let (below, chain) = tokio::join!(scope::descendants(context, own), chain(client, own));
        hierarchy.add(chain?, &below?);
        return Ok(hierarchy);
    }
    let root = scope::root(context).await?;
    let refused = |error: &azure::Error| matches!(error.kind(), Kind::Forbidden | Kind::NotFound | Kind::NotVisible);
    match scope::descendants(context, &root).await {
        Ok(below) => hierarchy.add(vec![Ancestor { id: root.clone(), display_name: root_name(client, &root).await }], &below),
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
                hierarchy.add(chain(client, &group.name).await?, &below);
            }
        }
    }
    Ok(hierarchy)
}

/// A group and what stands above it, nearest first.
async fn chain(client: &Client, group: &str) -> azure::Result<Vec<Ancestor>> {
    let read = management::read(client, group).await?;
    let own = Ancestor { display_name: name(read.properties.display_name, &read.name), id: read.name };
    let above = read.properties.details.path.into_iter().rev().filter(|ancestor| !ancestor.name.eq_ignore_ascii_case(&own.id));
    let above: Vec<Ancestor> = above.map(ancestor).collect();
    Ok(std::iter::once(own).chain(above).collect())
}

/// The root's display name is a nicety: without it, its id stands in.
async fn root_name(client: &Client, root: &str) -> String {
    let read = management::read(client, root).await.ok();
    name(read.and_then(|group| group.properties.display_name), root)
}

fn name(display_name: Option<String>, id: &str) -> String {
    display_name.unwrap_or_else(|| id.to_owned())
}

impl Hierarchy {
    /// Adds the subscriptions below a group, whose own chain upwards is `chain`.
    fn add(&mut self, chain: Vec<Ancestor>, below: &[management::Descendant]) {
        let groups: BTreeMap<&str, &management::Descendant> =
            below.iter().filter(|item| !item.is_subscription()).map(|item| (item.name.as_str(), item)).collect();
        for subscription in below.iter().filter(|item| item.is_subscription()) {
            let mut above = Vec::new();
            let mut parent = subscription.parent();
            let mut is_stated = parent.is_some();
            // Azure allows six levels; a loop in a broken answer ends here.
            while let Some(group) = parent.and_then(|name| groups.get(name)).filter(|_| above.len() < 16) {
                above.push(Ancestor {
                    id: group.name.clone(),
                    display_name: name(group.properties.display_name.clone(), &group.name),
                });
                parent = group.parent();
                is_stated &= parent.is_some();
            }
            if !is_stated {
                self.unplaced.insert(subscription.name.to_ascii_lowercase());
                continue;
            }
            above.extend(chain.iter().cloned());
            self.above.insert(subscription.name.to_ascii_lowercase(), above);
        }
    }
}

/// The id of the only group that bears this as its display name, where no group has it for its id.
pub async fn displayed(context: &Context, name: &str) -> Option<String> {
    let client = context.client.clone();
    let groups = context.client.memo("groups", || async move { management::list(&client).await }).await.ok()?;
    let is_displayed = |shown: &Option<String>| shown.as_ref().is_some_and(|shown| shown.eq_ignore_ascii_case(name));
    let mut bearing = groups.iter().filter(|group| is_displayed(&group.properties.display_name));
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
        hierarchy.add(vec![root], &below);
        let ids = |id: &str| hierarchy.above(id).unwrap().iter().map(|ancestor| ancestor.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids("s1"), ["b", "a", "root"]);
        assert_eq!(ids("s2"), ["root"]);
        assert_eq!(hierarchy.above("s3"), None);
    }

    #[test]
    fn a_loop_in_a_broken_answer_ends() {
        let mut hierarchy = Hierarchy::default();
        hierarchy.add(
            vec![],
            &[item("/managementGroups", "a", "b"), item("/managementGroups", "b", "a"), item("/subscriptions", "s", "a")],
        );
        assert_eq!(hierarchy.above("s").unwrap().len(), 16);
    }
}
