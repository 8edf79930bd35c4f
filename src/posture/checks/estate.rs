//! What checks are judged by: resources by type and lists by subject, each seen, partly seen or not seen.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value as Json};

use crate::posture::{Seen, Subject, Unreadable, defender::Plan, rbac::Assignment};

/// What stands within the scope, as far as the chosen checks need it.
#[derive(Clone, Debug)]
pub struct Estate {
    /// The subscriptions that can be read.
    pub subscriptions: Vec<Subscription>,
    /// Why others cannot, or may be missing.
    pub unseen: Vec<Unreadable>,
    /// The directory.
    pub directory: Directory,
}

/// One subscription.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Lower-case GUID.
    pub id: String,
    /// Resources, by the type that checks name.
    pub resources: BTreeMap<&'static str, Seen<Arc<Vec<Resource>>>>,
    /// Defender plans.
    pub plans: Seen<Arc<Vec<Plan>>>,
    /// Role assignments at, above and below it.
    pub role_assignments: Seen<Vec<Assignment>>,
}

impl Subscription {
    /// The gaps of a read; one that is none of a subscription has the gap that nobody asked for it.
    pub(super) fn gaps(&self, subject: Subject) -> Vec<Unreadable> {
        match subject {
            Subject::Plans => self.plans.gaps().cloned().collect(),
            Subject::RoleAssignments => self.role_assignments.gaps().cloned().collect(),
            _ => vec![Unreadable::unasked(subject)],
        }
    }
}

/// One resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its id.
    pub id: String,
    /// What the service says of it; none if it says nothing.
    pub properties: Option<Map<String, Json>>,
}

/// The directory of the tenant.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Who holds directory roles.
    pub active: Seen<Vec<Holder>>,
    /// Who could activate them.
    pub eligible: Seen<Vec<Holder>>,
    /// Who is in the groups among these, groups in them included, by lower-case id of the group. One that is gone has no entry.
    pub members: Seen<BTreeMap<String, Vec<Holder>>>,
}

impl Directory {
    /// The gaps of a read, likewise.
    pub(super) fn gaps(&self, subject: Subject) -> Vec<Unreadable> {
        match subject {
            Subject::DirectoryRoleAssignments => self.active.gaps().cloned().collect(),
            Subject::EligibleDirectoryRoleAssignments => self.eligible.gaps().cloned().collect(),
            Subject::GroupMembers => self.members.gaps().cloned().collect(),
            _ => vec![Unreadable::unasked(subject)],
        }
    }
}

/// Somebody who holds a directory role, or is in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Lower-case object id.
    pub principal_id: String,
    /// Lower-case id of the role; empty for a member of a group.
    pub role_id: String,
    /// Who that is; none if the service does not say.
    pub kind: Option<HolderKind>,
}

/// Who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderKind {
    /// A group, for those who are in it.
    Group,
    /// An application or a device.
    NoPerson,
    /// A person's account, or a guest's.
    User,
}
