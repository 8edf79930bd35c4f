//! The management groups above subscriptions.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    azure::{self, Client, Kind, arm::management, settings::ScopeSetting},
    posture::{Reason, Unreadable},
    provider::{collect::scope::own_tenant, context::Context, failure},
    sdk::Result,
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
pub struct Hierarchy(BTreeMap<String, Vec<Ancestor>>);

impl Hierarchy {
    /// The groups above a subscription, nearest first; none if they could not be read.
    pub fn above(&self, subscription_id: &str) -> Option<&[Ancestor]> {
        self.0.get(subscription_id).map(Vec::as_slice)
    }
}

/// Reads the tree. It is read from the root if that is allowed; else from every group that is, each of which knows its own path.
pub async fn read(context: &Context) -> Result<(Arc<Hierarchy>, Option<Unreadable>)> {
    if matches!(context.client.settings().scope, ScopeSetting::Detect | ScopeSetting::Subscriptions(_)) {
        let gap = Unreadable {
            subject: "management_groups".to_owned(),
            scope: "tenant".to_owned(),
            reason: Reason::EngineNever,
            code: String::new(),
            remedy: "The groups above single subscriptions are read only by tenant and management group connections.".to_owned(),
        };
        return Ok((Arc::default(), Some(gap)));
    }
    let root = match own_tenant(context).await {
        Ok(tenant) => tenant.or_else(|| context.client.settings().tenant_id.clone()).unwrap_or_default(),
        Err(error) => return Err(failure::failed(&error)),
    };
    let client = context.client.clone();
    match context.client.memo("hierarchy", || async move { tree(&client, &root).await }).await {
        Ok(hierarchy) => Ok((hierarchy, None)),
        Err(error) => {
            let mut gap = failure::gap("management_groups", "tenant", &error)?;
            gap.remedy = "Grant Management Group Reader on the groups above the subscriptions: az role assignment create --role \
                          \"Management Group Reader\" --scope /providers/Microsoft.Management/managementGroups/<group> --assignee \
                          <object id of this sign-in>"
                .to_owned();
            Ok((Arc::default(), Some(gap)))
        }
    }
}

/// Everything below a management group; whoever asks, it is read once.
pub async fn descendants(client: &Client, group: &str) -> azure::Result<Arc<Vec<management::Descendant>>> {
    let (reader, name) = (client.clone(), group.to_owned());
    client.memo(&format!("descendants/{group}"), || async move { management::descendants(&reader, &name).await }).await
}

async fn tree(client: &Client, root: &str) -> azure::Result<Hierarchy> {
    let refused = |error: &azure::Error| matches!(error.kind(), Kind::Forbidden | Kind::NotFound | Kind::NotVisible);
    let mut hierarchy = Hierarchy::default();
    match descendants(client, root).await {
        Ok(below) => hierarchy.add(vec![Ancestor { id: root.to_owned(), display_name: root_name(client, root).await }], &below),
        Err(error) if !refused(&error) => return Err(error),
        Err(error) => {
            let groups = management::list(client).await?;
            if groups.is_empty() {
                return Err(error);
            }
            let mut covered = std::collections::BTreeSet::new();
            for group in groups {
                if covered.contains(&group.name) {
                    continue;
                }
                let below = descendants(client, &group.name).await?;
                covered.extend(below.iter().filter(|item| !item.is_subscription()).map(|item| item.name.clone()));
                let path = management::read(client, &group.name).await?;
                let own = Ancestor { display_name: name(path.properties.display_name, &group.name), id: group.name };
                let above = path.properties.details.path.into_iter().rev();
                let above = above
                    .filter(|ancestor| ancestor.name != own.id)
                    .map(|ancestor| Ancestor { display_name: name(ancestor.display_name, &ancestor.name), id: ancestor.name });
                hierarchy.add(std::iter::once(own.clone()).chain(above).collect(), &below);
            }
        }
    }
    Ok(hierarchy)
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
            // Azure allows six levels; a loop in a broken answer ends here.
            while let Some(group) = parent.and_then(|name| groups.get(name)).filter(|_| above.len() < 16) {
                above.push(Ancestor {
                    id: group.name.clone(),
                    display_name: name(group.properties.display_name.clone(), &group.name),
                });
                parent = group.parent();
            }
            above.extend(chain.iter().cloned());
            self.0.insert(subscription.name.to_ascii_lowercase(), above);
        }
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
