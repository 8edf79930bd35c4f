//! The groups of the tenant, and who is in them, by kind.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt, stream};

use crate::{
    azure::{
        Client,
        answer::lenient::unstated,
        memo::Key,
        microsoft_graph::{directory::MEMBERS, groups},
    },
    posture::{Place, Seen, Subject},
    provider::{
        collect::{
            SIDE_BY_SIDE,
            lists::directory::{self, Object},
            stop::Result,
            twice, unread,
        },
        context::Context,
        words::is_guid,
    },
};

/// The rows, as the service writes them.
pub use crate::azure::microsoft_graph::groups::ListedGroup;

/// The groups of the tenant.
pub async fn groups(context: &Context) -> Result<Seen<Arc<Vec<ListedGroup>>>> {
    let read = |client: Client| async move { groups::groups(&client).await };
    let rows = match context.client.memo(Key::of("all_groups"), || read(context.client.clone())).await {
        Ok(rows) => rows,
        Err(error) => return Ok(Seen::unseen(unread::gap(Subject::Groups, Place::Graph, &error)?)),
    };
    let twofold = twice::contradicted(rows.iter().map(|row| (row.id.to_lowercase(), row)));
    let of_one = |id: String| twice::gap(Subject::Groups, Place::Graph, &format!("the group {id}"));
    let gaps: Vec<_> = twofold.into_iter().map(of_one).collect();
    Ok(Seen::part(rows, gaps))
}

/// Those who are in a group or in the groups in it, by kind, as lower-case object ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    /// People's accounts.
    pub users: BTreeSet<String>,
    /// The groups in it.
    pub groups: BTreeSet<String>,
    /// Applications and managed identities, identities of agents among them.
    pub service_principals: BTreeSet<String>,
    /// Devices.
    pub devices: BTreeSet<String>,
    /// Contacts, accounts of agents, and what is new here or does not say what it is.
    pub others: BTreeSet<String>,
    /// How many do not say what they are.
    pub unsaid: usize,
}

impl Membership {
    fn of(members: &[Object]) -> Self {
        let mut own = Self::default();
        for member in members {
            let kind = member.odata_type.as_deref().unwrap_or_default().to_ascii_lowercase();
            let all = match kind.strip_prefix("#microsoft.graph.").unwrap_or_default() {
                "user" => &mut own.users,
                "group" => &mut own.groups,
                "serviceprincipal" | "agentidentity" | "agentidentityblueprintprincipal" => &mut own.service_principals,
                "device" => &mut own.devices,
                _ => &mut own.others,
            };
            all.insert(member.id.to_lowercase());
            own.unsaid += usize::from(kind.is_empty());
        }
        own
    }

    /// How many are in it.
    pub fn count(&self) -> usize {
        let all = [&self.users, &self.groups, &self.service_principals, &self.devices, &self.others];
        all.into_iter().flatten().collect::<BTreeSet<_>>().len()
    }

    /// Whether one of them is said to be of two kinds.
    pub fn is_twofold(&self) -> bool {
        let all = [&self.users, &self.groups, &self.service_principals, &self.devices, &self.others];
        self.count() < all.into_iter().map(BTreeSet::len).sum()
    }
}

/// Who is in groups, by their ids.
pub async fn members(context: &Context, ids: Vec<String>) -> Result<Seen<BTreeMap<String, Membership>>> {
    let with_names = context.shows_people();
    let read = |id: String| async move {
        // The id is one that the directory answered, and no path is built of what is no GUID.
        let list = match is_guid(&id) {
            true => directory::members_of(context, id.clone(), with_names).await,
            false => Err(unstated(MEMBERS.reading, "Microsoft Graph /groups", "id")),
        };
        (id, list)
    };
    let lists: Vec<_> = stream::iter(ids.into_iter().map(read)).buffered(SIDE_BY_SIDE).collect().await;
    let (mut found, mut gaps) = (BTreeMap::new(), Vec::new());
    for (id, list) in lists {
        match list {
            Ok(list) => {
                found.insert(id, Membership::of(&list));
            }
            Err(error) => {
                let mut gap = unread::gap(Subject::GroupMembers, Place::Graph, &error)?;
                gap.remedy = format!("Members of the group {id}: {}", gap.remedy);
                gaps.push(gap);
            }
        }
    }
    Ok(Seen::part(found, gaps))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::answer::lenient::Text;

    #[test]
    fn each_member_is_of_its_kind_and_what_says_none_is_counted() {
        let object = |id: &str, kind: Option<&str>| Object {
            id: id.to_owned(),
            odata_type: Text(kind.map(|kind| format!("#microsoft.graph.{kind}"))),
            ..Object::default()
        };
        let all = [
            object("U", Some("user")),
            object("g", Some("group")),
            object("s", Some("servicePrincipal")),
            object("i", Some("agentIdentity")),
            object("d", Some("device")),
            object("c", Some("orgContact")),
            object("a", Some("agentUser")),
            object("n", None),
            object("u", Some("user")),
        ];
        let own = Membership::of(&all);
        let ids = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>();
        assert_eq!(
            (ids(&own.users), ids(&own.groups), ids(&own.devices)),
            (vec!["u".into()], vec!["g".into()], vec!["d".into()])
        );
        assert_eq!(ids(&own.service_principals), ["i", "s"]);
        assert_eq!((ids(&own.others), own.unsaid), (vec!["a".to_owned(), "c".to_owned(), "n".to_owned()], 1));
        assert_eq!((own.count(), own.is_twofold()), (8, false));
        let twofold = Membership::of(&[object("x", Some("user")), object("X", Some("device"))]);
        assert_eq!((twofold.count(), twofold.is_twofold()), (1, true));
    }
}
