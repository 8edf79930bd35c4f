//! What policies with MFA leave out and no other one catches, and what a policy with MFA is worth by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AccessFacts, AccessPolicy, Ground, GuestTypes, Judge, PolicyPart, PolicyState, Target, UserSide,
    crowd::{GuestKinds, Likely},
    grants, indeterminate_parts,
    known_words::{ALL, lower},
    reach::Applies,
    worth::worth,
};
use crate::posture::words::words;

words! {
    /// Whether a policy by itself requires MFA of whom it applies to.
    pub enum PolicyMfa {
        /// Something that is not MFA is enough, too.
        Alternative = "alternative",
        /// It does not.
        None = "none",
        /// It does.
        Required = "required",
        /// That is not known.
        Unknown = "unknown",
    }
}

words! {
    /// What can be excluded.
    pub enum ExcludedObject {
        /// An application, or a suite of them.
        Application = "application",
        /// A group.
        Group = "group",
        /// A type of guests.
        GuestType = "guest_type",
        /// A directory role.
        Role = "role",
        /// A user.
        User = "user",
    }
}

/// Something that an enabled policy with MFA excludes and no other one covers wholly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExclusionGap {
    /// What it is.
    pub kind: ExcludedObject,
    /// Its id, lower case; of guests the type.
    pub object_id: String,
    /// The policies that exclude it.
    pub excluded_by: Vec<String>,
    /// The policies that cover it in part.
    pub covered_by: Vec<String>,
}

/// Whether a policy by itself requires MFA.
pub fn policy_mfa(policy: &AccessPolicy, facts: &AccessFacts) -> PolicyMfa {
    if indeterminate_parts(policy).contains(&PolicyPart::Grant) {
        return PolicyMfa::Unknown;
    }
    let demand = grants::demand(policy, &facts.strengths);
    let has_round =
        |asked: Option<(bool, super::grounds::Grounds)>| asked.is_some_and(|(_, gaps)| gaps.has(Ground::AlternativeControl));
    match (demand.certain, demand.possible) {
        (None, None) | (Some((true, _)), _) => PolicyMfa::None,
        (certain, possible) if has_round(certain) && has_round(possible) => PolicyMfa::Alternative,
        _ if !demand.doubts.is_empty() => PolicyMfa::Unknown,
        (Some((false, gaps)), _) if gaps.has(Ground::ThirdPartyFactor) => {
            match policy.grant.as_ref().is_some_and(|grant| grant.count() > 1) {
                true => PolicyMfa::Alternative,
                false => PolicyMfa::None,
            }
        }
        (Some((false, _)), _) => PolicyMfa::Required,
        (None, Some(_)) => PolicyMfa::Unknown,
    }
}

/// Where a policy with MFA does not ask for it, the weakest gap first. None for one that asks for none, or applies to no sign-in.
pub fn policy_gaps(policy: &AccessPolicy, facts: &AccessFacts) -> Vec<Ground> {
    let possible = worth(policy, facts, Target::AllApps).possible;
    possible.filter(|effect| !effect.blocks).map(|effect| effect.gaps.list()).unwrap_or_default()
}

/// What enabled policies with MFA exclude and no other one covers wholly. What could not be seen covers nothing.
pub fn exclusion_gaps(judge: &Judge<'_>) -> Vec<ExclusionGap> {
    let asking = asking(judge);
    let mut excluded_by: BTreeMap<(ExcludedObject, String), Vec<String>> = BTreeMap::new();
    for (_, policy) in &asking {
        for object in excluded(policy) {
            excluded_by.entry(object).or_default().push(policy.id.clone());
        }
    }
    let open = excluded_by.into_iter().filter_map(|((kind, object_id), excluded_by)| {
        if kind == ExcludedObject::Group && judge.crowd.is_missing(&object_id) {
            return None;
        }
        let object = Object { judge, kind, id: &object_id };
        let members = object.members();
        let mut covered_by = Vec::new();
        for (place, policy) in asking.iter().filter(|(_, policy)| !excluded_by.contains(&policy.id)) {
            match object.covered(*place, policy, members.as_deref()) {
                Covered::Wholly => return None,
                Covered::InPart => covered_by.push(policy.id.clone()),
                Covered::Not => {}
            }
        }
        Some(ExclusionGap { kind, object_id, excluded_by, covered_by })
    });
    open.collect()
}

/// The enabled policies that surely ask for MFA, with their places.
fn asking<'a>(judge: &Judge<'a>) -> Vec<(u32, &'a AccessPolicy)> {
    let in_force = judge.ready().filter(|(_, policy)| policy.state == PolicyState::Enabled);
    let targets = [Target::AllApps, Target::AzureManagement, Target::AdminPortals];
    let asks = |policy: &AccessPolicy| {
        targets.into_iter().any(|target| worth(policy, judge.facts, target).certain.is_some_and(super::worth::Effect::asks))
    };
    in_force.filter(|(_, policy)| asks(policy)).collect()
}

fn excluded(policy: &AccessPolicy) -> Vec<(ExcludedObject, String)> {
    let side = &policy.exclude;
    let of = |kind: ExcludedObject, ids: &BTreeSet<String>| lower(ids).into_iter().map(move |id| (kind, id)).collect::<Vec<_>>();
    let types =
        side.guests.as_ref().map(|guests| &guests.types).into_iter().flat_map(|types| of(ExcludedObject::GuestType, types));
    let older = side.guests_or_external.then(|| (ExcludedObject::GuestType, OLDER.to_owned()));
    let ids = [
        of(ExcludedObject::User, &side.users),
        of(ExcludedObject::Group, &side.groups),
        of(ExcludedObject::Role, &side.roles),
        of(ExcludedObject::Application, &policy.applications.exclude),
    ];
    ids.into_iter().flatten().chain(types).chain(older).collect()
}

/// The older word for guests, lower case.
const OLDER: &str = "guestsorexternalusers";

enum Covered {
    Wholly,
    InPart,
    Not,
}

struct Object<'a> {
    judge: &'a Judge<'a>,
    kind: ExcludedObject,
    id: &'a str,
}

impl Object<'_> {
    fn covered(&self, place: u32, policy: &AccessPolicy, members: Option<&[usize]>) -> Covered {
        if self.kind == ExcludedObject::Application {
            return self.application_is_covered(policy);
        }
        let effect = worth(policy, self.judge.facts, Target::AllApps).certain;
        let is_full = effect.is_some_and(super::worth::Effect::is_full);
        let is_included = policy.include.everyone || self.is_named(&policy.include);
        if is_full && is_included && policy.exclude.is_empty() {
            return Covered::Wholly;
        }
        let applies = |person: &usize| self.judge.applies(place, *person) == Some(Applies::Surely);
        match members {
            Some(all @ [_, ..]) if is_full && all.iter().all(applies) => Covered::Wholly,
            Some(all @ [_, ..]) if all.iter().any(applies) => Covered::InPart,
            Some([_, ..]) => Covered::Not,
            Some([]) | None if is_included => Covered::InPart,
            Some([]) | None => Covered::Not,
        }
    }

    /// Whether another policy asks for MFA at the application of everybody of whom those do that exclude it.
    fn application_is_covered(&self, policy: &AccessPolicy) -> Covered {
        let named = &policy.applications;
        let (include, exclude) = (lower(&named.include), lower(&named.exclude));
        if !(include.contains(ALL) || include.contains(self.id)) || exclude.contains(self.id) {
            return Covered::Not;
        }
        let mut there = policy.clone();
        there.applications = super::PolicyApplications { include: BTreeSet::from([ALL.to_owned()]), ..named.clone() };
        there.applications.exclude.clear();
        let is_full = worth(&there, self.judge.facts, Target::AllApps).certain.is_some_and(super::worth::Effect::is_full);
        match is_full && policy.include.everyone && policy.exclude.is_empty() {
            true => Covered::Wholly,
            false => Covered::InPart,
        }
    }

    fn is_named(&self, side: &UserSide) -> bool {
        match self.kind {
            ExcludedObject::Application => false,
            ExcludedObject::Group => lower(&side.groups).contains(self.id),
            ExcludedObject::GuestType if self.id == OLDER => side.guests_or_external,
            ExcludedObject::GuestType => side.guests.as_ref().is_some_and(|guests| is_of_any_tenant(guests, self.id)),
            ExcludedObject::Role => lower(&side.roles).contains(self.id),
            ExcludedObject::User => lower(&side.users).contains(self.id),
        }
    }

    /// The people it is, by place; none if not all were seen.
    fn members(&self) -> Option<Vec<usize>> {
        let crowd = &self.judge.crowd;
        match self.kind {
            ExcludedObject::Application => None,
            ExcludedObject::Group => crowd.members(self.id),
            ExcludedObject::Role => crowd.holders(self.id),
            ExcludedObject::User => crowd.person(self.id).map(|place| vec![place]),
            ExcludedObject::GuestType => {
                let people = self.judge.facts.people.iter().enumerate();
                Some(people.filter(|(_, person)| is_of_type(GuestKinds::of(person), self.id)).map(|(place, _)| place).collect())
            }
        }
    }
}

fn is_of_any_tenant(guests: &GuestTypes, kind: &str) -> bool {
    guests.tenants == super::HomeTenants::All && lower(&guests.types).contains(kind)
}

/// Whether somebody is, or may be, of a type of guests.
fn is_of_type(kinds: GuestKinds, word: &str) -> bool {
    let kind = match word {
        "internalguest" => kinds.internal,
        "b2bcollaborationguest" => kinds.from_outside,
        "b2bcollaborationmember" => kinds.member_from_outside,
        OLDER => kinds.guest.max(kinds.member_from_outside),
        _ => Likely::No,
    };
    kind != Likely::No
}
