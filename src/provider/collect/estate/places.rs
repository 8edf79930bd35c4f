//! Where groups and subscriptions stand in the tree of management groups, as far as the service says so and does not contradict itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    azure::arm::management::Descendant,
    posture::{Place, Reason, Subject, Unreadable},
    provider::collect::lists::authorization::group_scope,
};

/// What stands directly above each group and subscription below a group. Names are lower case.
#[derive(Debug, Default)]
pub struct Places {
    /// None of one of which nothing is said, or two things are.
    parents: BTreeMap<String, Option<String>>,
}

impl Places {
    /// What a list of everything below a group says.
    pub fn of(below: &[Descendant]) -> Self {
        let mut parents = BTreeMap::new();
        for item in below {
            let parent = item.parent().map(str::to_lowercase);
            let known = parents.entry(item.name.to_lowercase()).or_insert_with(|| parent.clone());
            if *known != parent {
                *known = None;
            }
        }
        Self { parents }
    }

    /// The groups above a group or subscription, nearest first, as far as they are said.
    pub fn above(&self, name: &str) -> Vec<&str> {
        let mut above = Vec::new();
        let mut place = self.parents.get(&name.to_lowercase());
        // A loop in a broken answer ends here.
        while let Some(parent) = place.and_then(Option::as_deref).filter(|parent| !above.contains(parent)) {
            above.push(parent);
            place = self.parents.get(parent);
        }
        above
    }

    /// The same up to a group, which is the last; none where it is not said all the way.
    pub fn up_to(&self, top: &str, name: &str) -> Option<Vec<&str>> {
        let mut above = self.above(name);
        let end = above.iter().position(|group| group.eq_ignore_ascii_case(top))?;
        above.truncate(end + 1);
        Some(above)
    }
}

/// The management groups of the connection: the one it stands for and those below it, or all of the tenant.
#[derive(Debug, Default)]
pub struct Tree {
    /// Names of groups as the service writes them.
    pub groups: BTreeSet<String>,
    places: Places,
    /// Why it is not all.
    pub gap: Option<Unreadable>,
}

impl Tree {
    /// A group alone, of which it is not known what stands below it.
    pub fn unread(root: &str, gap: Unreadable) -> Self {
        Self { groups: BTreeSet::from([root.to_owned()]), gap: Some(gap), ..Self::default() }
    }

    /// A group and everything below it.
    pub fn of(root: &str, below: &[Descendant]) -> Self {
        let names = below.iter().filter(|item| !item.is_subscription()).map(|item| item.name.clone());
        let groups = std::iter::once(root.to_owned()).chain(names).collect();
        let places = Places::of(below);
        let gap = below.iter().find(|item| places.up_to(root, &item.name).is_none()).map(unplaced);
        Self { groups, places, gap }
    }

    /// The ids, lower case, of the groups above a group or subscription, as far as they belong to the connection.
    pub fn above(&self, name: &str) -> BTreeSet<String> {
        self.places.above(name).into_iter().map(|group| group_scope(group).to_lowercase()).collect()
    }

    /// The ids, lower case, of the groups whose place in it is known; none if it is not whole.
    pub fn placed(&self) -> BTreeSet<String> {
        let groups = self.groups.iter().filter(|_| self.gap.is_none());
        groups.map(|name| group_scope(name).to_lowercase()).collect()
    }
}

fn unplaced(item: &Descendant) -> Unreadable {
    match item.is_subscription() {
        true => unplaced_at(Place::Subscription(item.name.to_lowercase()), "this subscription"),
        false => unplaced_at(Place::ManagementGroup(item.name.clone()), "this management group"),
    }
}

/// The gap that it is not known, or not certain, where something stands.
pub fn unplaced_at(place: Place, what: &str) -> Unreadable {
    Unreadable {
        subject: Subject::ManagementGroups,
        place,
        reason: Reason::NotProven,
        code: String::new(),
        remedy: format!("The service does not say in which management group {what} stands. Run again later."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(rows: &[(&str, &str)]) -> Vec<Descendant> {
        let row = |(name, parent): &(&str, &str)| {
            let parent = serde_json::json!({"id": format!("/providers/Microsoft.Management/managementGroups/{parent}")});
            let own = serde_json::json!({"type": "/managementGroups", "name": name, "properties": {"parent": parent}});
            serde_json::from_value(own).unwrap()
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn a_place_is_known_where_it_is_said_all_the_way_and_once() {
        let root = ("a", "root");
        for (rows, is_known) in [
            (vec![root, ("b", "A")], true),
            (vec![root, ("b", "a"), ("B", "A")], true),
            (vec![root, ("b", "a"), ("b", "root")], false),
            (vec![root, ("b", "a"), ("a", "b")], false),
            (vec![("b", "a"), ("a", "b")], false),
            (vec![("b", "a")], false),
        ] {
            assert_eq!(Places::of(&below(&rows)).up_to("Root", "b").is_some(), is_known, "{rows:?}");
            assert_eq!(Tree::of("Root", &below(&rows)).gap.is_none(), is_known, "{rows:?}");
        }
    }
}
