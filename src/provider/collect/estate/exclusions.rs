//! What the provider block leaves out of a management group or the tenant: subscriptions, and groups with all that stands below them.

use std::collections::BTreeSet;

use crate::{
    azure::{arm::management::Descendant, settings::Exclusions},
    posture::{Place, Unreadable},
    provider::{
        collect::{
            estate::places::{Places, Tree, unplaced_at},
            stop::{Argument, Result, Stop},
        },
        context::Context,
    },
};

const SUBSCRIPTIONS: &str = "exclude_subscription_ids";
const GROUPS: &str = "exclude_management_group_ids";

/// What is left of the subscriptions of a scope.
#[derive(Debug, Default)]
pub struct Left {
    /// Those that are expected.
    pub ids: BTreeSet<String>,
    /// Those that are left out, lower case.
    pub excluded: BTreeSet<String>,
    /// Those of which it is not known in which group they stand: they may be left out, so they are not read.
    pub gaps: Vec<Unreadable>,
}

/// What is left of `ids`, which stand below a group or, seen otherwise, somewhere in the tenant. `below` is everything that is said to
/// stand below it.
pub fn left(context: &Context, top: &str, below: &[Descendant], ids: BTreeSet<String>) -> Result<Left> {
    let Exclusions { subscriptions, groups } = &context.client.settings().exclusions;
    if let Some(foreign) = subscriptions.iter().find(|id| !ids.contains(*id)) {
        return Err(outside(SUBSCRIPTIONS, "subscription", foreign));
    }
    let is_below = |name: &&String| below.iter().any(|item| !item.is_subscription() && item.name.eq_ignore_ascii_case(name));
    if let Some(foreign) = groups.iter().find(|name| !is_below(name)) {
        return Err(outside(GROUPS, "management group", foreign));
    }
    let places = Places::of(below);
    let mut left = Left::default();
    for id in ids {
        match stands(&places, top, &id, groups) {
            _ if subscriptions.contains(&id) => left.excluded.insert(id),
            Some(true) => left.excluded.insert(id),
            Some(false) => left.ids.insert(id),
            None => {
                left.gaps.push(unplaced_at(Place::Subscription(id), "this subscription"));
                continue;
            }
        };
    }
    left.checked()
}

/// The same where what stands below the group could not be read: without that, nobody can tell what stands in a group that is left out.
pub fn left_unproven(context: &Context, ids: BTreeSet<String>, gap: &Unreadable) -> Result<Left> {
    let Exclusions { subscriptions, groups } = &context.client.settings().exclusions;
    if !groups.is_empty() {
        let remedy = format!(
            "What stands in the groups of `{GROUPS}` cannot be told without it, and nothing of them is to be read. {} Or name the \
             subscriptions in `{SUBSCRIPTIONS}` instead.",
            gap.remedy
        );
        return Err(Stop::NothingRead(vec![Unreadable { remedy, ..gap.clone() }]));
    }
    let (excluded, ids) = ids.into_iter().partition(|id| subscriptions.contains(id));
    Left { ids, excluded, gaps: Vec::new() }.checked()
}

/// The groups of a connection without those that are left out, and without those that may stand in one.
pub fn without_excluded(context: &Context, root: &str, below: &[Descendant]) -> Tree {
    let groups = &context.client.settings().exclusions.groups;
    let places = Places::of(below);
    let is_left_out = |name: &str| groups.contains(&name.to_lowercase()) || stands(&places, root, name, groups) != Some(false);
    let mut tree = Tree::of(root, below);
    tree.groups.retain(|name| name.eq_ignore_ascii_case(root) || !is_left_out(name));
    tree
}

impl Left {
    fn checked(self) -> Result<Self> {
        if !self.ids.is_empty() || !self.gaps.is_empty() || self.excluded.is_empty() {
            return Ok(self);
        }
        let detail =
            format!("`{SUBSCRIPTIONS}` and `{GROUPS}` leave out all {} subscriptions of the connection.", self.excluded.len());
        Err(Stop::ProviderBlock(Argument { name: SUBSCRIPTIONS, summary: "Nothing selected", detail }))
    }
}

/// Whether something stands in one of the groups; none where it is not known in which groups it stands.
fn stands(places: &Places, top: &str, name: &str, groups: &BTreeSet<String>) -> Option<bool> {
    if groups.is_empty() {
        return Some(false);
    }
    let above = places.up_to(top, name)?;
    Some(above.iter().any(|group| groups.contains(&group.to_lowercase())))
}

fn outside(argument: &'static str, what: &str, named: &str) -> Stop {
    let detail = format!(
        "`{argument}` of the provider block names the {what} {named}, which does not stand below the scope of this connection. Correct it, \
         or take it out."
    );
    Stop::ProviderBlock(Argument { name: argument, summary: "Outside the configured scope", detail })
}
