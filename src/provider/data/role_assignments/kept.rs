//! Rows that come in several lists, each kept once. Two of one id that do not say the same leave open which of them is true.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    posture::{Place, Subject, Unreadable, rbac::place, resource_id::canonical},
    provider::collect::{
        lists::authorization::{guid_of, wire},
        twice,
    },
};

/// A row with an id and a scope, which may come again.
pub(super) trait Repeated: Clone {
    /// What it belongs to.
    const SUBJECT: Subject;
    /// Its id.
    fn id(&self) -> &str;
    /// Where it holds.
    fn scope(&self) -> &str;
    /// Whether another row of this id says the same, as far as anything is made of it.
    fn says_what(&self, other: &Self) -> bool;
    /// The word for what its principal is; none if that is no part of what it says.
    fn principal_type(&self) -> Option<&str> {
        None
    }
}

/// Takes rows in. Where a second one says something else, the first one stays, and a gap; where it says more, it takes the place.
pub(super) fn keep<'a, T: Repeated + 'a>(
    kept: &mut BTreeMap<String, T>,
    rows: impl Iterator<Item = &'a T>,
    gaps: &mut Vec<Unreadable>,
) {
    for row in rows {
        match kept.get(&row.id().to_lowercase()) {
            Some(known) if known.says_what(row) => {
                if !says_a_type(&known.principal_type()) && says_a_type(&row.principal_type()) {
                    kept.insert(row.id().to_lowercase(), row.clone());
                }
            }
            Some(known) => gaps.push(twice::gap(T::SUBJECT, Place::of(&canonical(known.scope())), &canonical(known.id()))),
            None => {
                kept.insert(row.id().to_lowercase(), row.clone());
            }
        }
    }
}

/// Whether a word says what a principal is. None, and that of the deleted, do not: one engine may still know what they were.
fn says_a_type(word: &Option<&str>) -> bool {
    word.is_some_and(|word| !["", "Unknown"].iter().any(|nothing| nothing.eq_ignore_ascii_case(word)))
}

/// Whether two words for what a principal is do not contradict each other.
fn may_be_one_type(one: Option<&str>, other: Option<&str>) -> bool {
    !says_a_type(&one) || !says_a_type(&other) || one.zip(other).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
}

/// Whether two rows give the same role to the same principal, there and on the same condition. Both kinds of rows name these fields alike.
macro_rules! is_one_grant {
    ($own:expr, $other:expr) => {{
        let (own, other) = (&$own, &$other);
        // The prefix of a role's id is the subscription that was asked.
        guid_of(&own.role_definition_id) == guid_of(&other.role_definition_id)
            && own.principal_id.eq_ignore_ascii_case(&other.principal_id)
            && may_be_one_type(own.principal_type.as_deref(), other.principal_type.as_deref())
            && (&own.condition, &own.condition_version) == (&other.condition, &other.condition_version)
            && place::same(&own.scope, &other.scope)
    }};
}

impl Repeated for wire::RoleAssignment {
    const SUBJECT: Subject = Subject::RoleAssignments;

    fn id(&self) -> &str {
        &self.id
    }

    fn scope(&self) -> &str {
        &self.properties.scope
    }

    fn principal_type(&self) -> Option<&str> {
        self.properties.principal_type.as_deref()
    }

    fn says_what(&self, other: &Self) -> bool {
        is_one_grant!(self.properties, other.properties)
    }
}

impl Repeated for wire::ScheduleInstance {
    const SUBJECT: Subject = Subject::EligibleRoleAssignments;

    fn id(&self) -> &str {
        &self.id
    }

    fn scope(&self) -> &str {
        &self.properties.scope
    }

    fn principal_type(&self) -> Option<&str> {
        self.properties.principal_type.as_deref()
    }

    fn says_what(&self, other: &Self) -> bool {
        let (own, other) = (&self.properties, &other.properties);
        is_one_grant!(own, other) && (&own.start_date_time, &own.end_date_time) == (&other.start_date_time, &other.end_date_time)
    }
}

impl Repeated for wire::DenyAssignment {
    const SUBJECT: Subject = Subject::DenyAssignments;

    fn id(&self) -> &str {
        &self.id
    }

    fn scope(&self) -> &str {
        &self.properties.scope
    }

    fn says_what(&self, other: &Self) -> bool {
        let (own, other) = (&self.properties, &other.properties);
        let ids = |all: &[wire::Principal]| all.iter().map(|one| one.id.to_lowercase()).collect::<BTreeSet<_>>();
        let excluded = |all: &wire::DenyAssignmentProperties| all.exclude_principals.as_deref().map(ids);
        // An older version of the list does not say what the assignment does.
        let unsaid = own.effect.is_none() || other.effect.is_none();
        own.permissions == other.permissions
            && ids(&own.principals) == ids(&other.principals)
            && excluded(own) == excluded(other)
            && own.do_not_apply_to_child_scopes.unwrap_or_default() == other.do_not_apply_to_child_scopes.unwrap_or_default()
            && own.condition == other.condition
            && (unsaid || own.effect == other.effect)
            && place::same(&own.scope, &other.scope)
    }
}
