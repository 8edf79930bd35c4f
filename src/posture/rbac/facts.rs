//! What is known about one principal at one scope, and what could not be seen of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Fact, Narrowed, Permission,
    place::{reaches, same},
};
use crate::posture::{Reason, Seen, Unreadable};

/// Stands for every principal in a deny assignment.
pub const EVERYONE: &str = "00000000-0000-0000-0000-000000000000";

/// A role given to a principal at a scope. Ids are lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Unique.
    pub id: String,
    /// Where it was given.
    pub scope: String,
    /// The GUID of the role.
    pub role_id: String,
    /// Object id.
    pub principal_id: String,
    /// `User`, `Group`, `ServicePrincipal`, `ForeignGroup`, `Device`, or what Azure says of the deleted; empty if it says nothing.
    pub principal_type: String,
    /// What a condition narrows of it.
    pub narrowed: Narrowed,
    /// Whether it is not certain that it is in force now.
    pub pending: bool,
}

/// A role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// Its GUID, lower case.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it allows.
    pub permissions: Vec<Permission>,
    /// Where it can be given: there and below. Empty if that is not said.
    pub assignable_scopes: Vec<String>,
}

/// Whether the account of a principal is enabled. A disabled one has no right at all, whatever it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Account {
    /// It is disabled.
    Disabled,
    /// It is enabled, or is none, as a group.
    #[default]
    Enabled,
    /// The directory shows the object and not this.
    Hidden,
    /// The object itself could not be read.
    Unread(Reason),
}

/// A deny assignment: what nobody named in it may do, whatever roles allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deny {
    /// Unique.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it applies.
    pub scope: String,
    /// Whether it applies below its scope, too.
    pub applies_to_children: bool,
    /// What is denied.
    pub permissions: Vec<Permission>,
    /// Whom: object ids (lower case; [`EVERYONE`] stands for all) and whether each is a group.
    pub principals: BTreeMap<String, bool>,
    /// Whom not, likewise.
    pub excluded: BTreeMap<String, bool>,
    /// Whether a condition narrows it: it may or may not apply.
    pub conditional: bool,
    /// Whether it denies at all.
    pub effect: Effect,
}

/// What a deny assignment does with what it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// It is written down, and not denied.
    Audit,
    /// It is denied; so it is where nothing is said.
    #[default]
    Enforced,
    /// A word nobody knows: it may be denied.
    Unknown,
}

/// Everything a verdict about one principal at one scope stands on.
#[derive(Clone, Debug)]
pub struct PrincipalFacts {
    /// The object id of the principal, lower case.
    pub principal_id: String,
    /// Whether the directory was asked and knows no such object.
    pub absent: bool,
    /// Whether it is enabled.
    pub account: Account,
    /// The scope.
    pub scope: String,
    /// Management groups that are certainly not above the scope unless they are in `above`, likewise.
    pub placed: BTreeSet<String>,
    /// The management groups above the scope, as lower-case ids.
    pub above: Seen<BTreeSet<String>>,
    /// The groups the principal is in, nested ones included, as lower-case object ids.
    pub groups: Seen<BTreeSet<String>>,
    /// Groups that deny assignments speak of and the directory does not know: nobody can say who is in them.
    pub unknown_groups: BTreeSet<String>,
    /// The role assignments of everybody; those that do not reach the scope do not matter.
    pub assignments: Seen<Vec<Assignment>>,
    /// The ids of the assignments that the service itself says the principal holds, groups included. None if it was not asked or did
    /// not answer.
    pub confirmed: Option<BTreeSet<String>>,
    /// Roles by lower-case GUID.
    pub roles: Seen<Arc<BTreeMap<String, Role>>>,
    /// Deny assignments.
    pub denies: Seen<Vec<Deny>>,
    /// What could be activated.
    pub eligible: Seen<Vec<Assignment>>,
    /// For the caller itself: what the service says it may do at the scope. None for everybody else, or if it did not answer.
    pub own: Option<Vec<Permission>>,
}

/// How sure it is that something applies to the principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    /// It does not.
    No,
    /// It cannot be excluded.
    Possible,
    /// It does.
    Certain,
}

impl PrincipalFacts {
    /// Why a fact is not, or not provably, all there is.
    pub fn gaps_of(&self, fact: Fact) -> Vec<&Unreadable> {
        match fact {
            Fact::Ancestors => self.above.gaps().collect(),
            Fact::Assignments => self.assignments.gaps().collect(),
            Fact::DenyAssignments => self.denies.gaps().collect(),
            Fact::Eligibilities => self.eligible.gaps().collect(),
            Fact::Groups => self.groups.gaps().collect(),
            Fact::RoleDefinitions => self.roles.gaps().collect(),
        }
    }

    /// What is known of a role.
    pub fn role(&self, id: &str) -> Option<&Role> {
        self.roles.so_far().ok().and_then(|roles| roles.get(id))
    }

    /// Whether the principal is seen to be in a group.
    fn is_in(&self, group: &str) -> bool {
        self.groups.so_far().is_ok_and(|groups| groups.contains(group))
    }

    /// Whether an assignment is the principal's and reaches the scope. Two sources say who is in a group: the directory, and the service
    /// that grants. What only one of them says is possible.
    pub fn holds(&self, assignment: &Assignment) -> Sureness {
        let theirs = self.confirmed.as_ref().map(|ids| ids.contains(&assignment.id));
        let in_force = if assignment.pending { Sureness::Possible } else { Sureness::Certain };
        self.reach(&assignment.scope).min(self.is_holder(assignment, theirs)).min(in_force)
    }

    /// Whether something that can be activated is the principal's and reaches the scope. The service confirms only what is active.
    pub fn could_hold(&self, eligible: &Assignment) -> Sureness {
        let in_force = if eligible.pending { Sureness::Possible } else { Sureness::Certain };
        self.reach(&eligible.scope).min(self.is_holder(eligible, None)).min(in_force)
    }

    /// Whether something that can be activated may be the principal's, wherever it reaches.
    pub fn may_be_theirs(&self, eligible: &Assignment) -> bool {
        self.is_holder(eligible, None) >= Sureness::Possible
    }

    /// Whether a role can be given at the scope.
    pub fn can_be_given(&self, role: &Role) -> Sureness {
        let at = |given: &String| {
            let group = given.trim_end_matches('/').to_lowercase();
            match self.reach(given) {
                // Whatever is known of the groups above, a group that is nowhere in it may stand there.
                Sureness::No if group.starts_with(GROUPS) && !self.placed.contains(&group) => Sureness::Possible,
                sureness => sureness,
            }
        };
        role.assignable_scopes.iter().map(at).max().unwrap_or(Sureness::Possible)
    }

    /// Whether an assignment names the principal itself.
    pub fn is_direct(&self, assignment: &Assignment) -> bool {
        assignment.principal_id == self.principal_id
    }

    /// Whether a deny assignment applies to the principal at the scope.
    pub fn is_denied_by(&self, deny: &Deny) -> Sureness {
        let reach = match deny.applies_to_children {
            true => self.reach(&deny.scope),
            false if same(&deny.scope, &self.scope) => Sureness::Certain,
            false => Sureness::No,
        };
        let excluded = match self.is_among(&deny.excluded) {
            Sureness::Certain => Sureness::No,
            Sureness::Possible => Sureness::Possible,
            Sureness::No => Sureness::Certain,
        };
        let applies = match deny.effect {
            Effect::Audit => Sureness::No,
            Effect::Enforced if !deny.conditional => Sureness::Certain,
            Effect::Enforced | Effect::Unknown => Sureness::Possible,
        };
        reach.min(self.is_among(&deny.principals)).min(excluded).min(applies)
    }

    /// The groups that deny assignments speak of and that the principal is not seen to be in.
    pub fn strange_groups_denied(&self) -> impl Iterator<Item = &String> {
        let named = self.denies.rows_so_far().flat_map(|deny| deny.principals.iter().chain(&deny.excluded));
        named.filter(|(_, is_group)| **is_group).map(|(id, _)| id).filter(|id| self.is_strange(id))
    }

    /// What holds something, or with `eligible` could, is a group or may be one, and is not seen to have the principal in it.
    pub fn strange_groups_given(&self, eligible: bool) -> impl Iterator<Item = &String> {
        let could = self.eligible.rows_so_far().filter(move |_| eligible);
        // The members of a group of another tenant are in no list of this one.
        let may_be_group = |row: &&Assignment| !is_account(&row.principal_type) && !is_foreign(row);
        let given = self.assignments.rows_so_far().chain(could).filter(may_be_group);
        given.map(|row| &row.principal_id).filter(|id| self.is_strange(id))
    }

    /// The groups of other tenants of which it is not known whether the principal is in them.
    pub fn foreign_groups(&self) -> impl Iterator<Item = &String> {
        let foreign = self.assignments.rows_so_far().filter(|one| is_foreign(one));
        foreign.filter(|one| self.holds(one) == Sureness::Possible).map(|one| &one.principal_id)
    }

    fn is_strange(&self, group: &String) -> bool {
        *group != self.principal_id && !self.is_in(group)
    }

    fn reach(&self, given: &str) -> Sureness {
        let nothing = BTreeSet::new();
        if reaches(given, &self.scope, self.above.so_far().unwrap_or(&nothing)) {
            return Sureness::Certain;
        }
        match given.to_lowercase().starts_with(GROUPS) && !self.above.is_whole() {
            true => Sureness::Possible,
            false => Sureness::No,
        }
    }

    fn is_holder(&self, assignment: &Assignment, theirs: Option<bool>) -> Sureness {
        let ours = self.is_direct(assignment) || self.is_in(&assignment.principal_id);
        let foreign = is_foreign(assignment);
        let unseen = !self.groups.is_whole() && !is_account(&assignment.principal_type);
        match (ours, theirs) {
            (true, None | Some(true)) => Sureness::Certain,
            (true, Some(false)) => Sureness::Possible,
            (false, Some(true)) if unseen => Sureness::Certain,
            (false, Some(true)) => Sureness::Possible,
            (false, _) if foreign || unseen => Sureness::Possible,
            (false, _) => Sureness::No,
        }
    }

    fn is_among(&self, principals: &BTreeMap<String, bool>) -> Sureness {
        let named = |id: &String| *id == self.principal_id || id == EVERYONE || self.is_in(id);
        let unseen =
            |(id, is_group): (&String, &bool)| *is_group && (!self.groups.is_whole() || self.unknown_groups.contains(id));
        match principals.keys().any(named) {
            true => Sureness::Certain,
            false if principals.iter().any(unseen) => Sureness::Possible,
            false => Sureness::No,
        }
    }
}

const GROUPS: &str = "/providers/microsoft.management/managementgroups/";

fn is_foreign(assignment: &Assignment) -> bool {
    assignment.principal_type.eq_ignore_ascii_case("ForeignGroup")
}

/// Whether the type is known to be something that has no members.
fn is_account(principal_type: &str) -> bool {
    ["User", "ServicePrincipal", "Device"].iter().any(|word| word.eq_ignore_ascii_case(principal_type))
}
