//! The people, with their places in the groups and roles that policies name: a bit a group or role, so that a policy asks nothing else.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use super::{AccessFacts, AccessPolicy, GroupMembers, Person, RoleHolders, UserType};
use crate::posture::{Seen, rbac::directory_roles::GLOBAL_ADMINISTRATOR};

/// A set of places in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn set(&mut self, place: usize) {
        let word = place / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (place % 64);
        }
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Whether one of these places is in both.
    pub(super) fn meets(&self, other: &[u64]) -> bool {
        self.0.iter().zip(other).any(|(one, other)| one & other != 0)
    }

    /// Those in both, in their order.
    pub(super) fn common(&self, other: &[u64]) -> impl Iterator<Item = usize> {
        let both = self.0.iter().zip(other).map(|(one, other)| one & other);
        both.enumerate().flat_map(|(at, word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit))
    }
}

/// A row of bits for each person, all of one length.
#[derive(Debug, Default)]
struct Rows {
    width: usize,
    words: Vec<u64>,
}

impl Rows {
    fn new(people: usize, places: usize) -> Self {
        let width = places.div_ceil(64);
        Self { width, words: vec![0; width * people] }
    }

    fn set(&mut self, person: usize, place: usize) {
        if let Some(word) = self.words.get_mut(person * self.width + place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    fn of(&self, person: usize) -> &[u64] {
        self.words.get(person * self.width..(person + 1) * self.width).unwrap_or_default()
    }
}

/// Whether something is so, where that may not have been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likely {
    No,
    Perhaps,
    Surely,
}

impl From<Option<bool>> for Likely {
    fn from(seen: Option<bool>) -> Self {
        match seen {
            Some(true) => Self::Surely,
            Some(false) => Self::No,
            None => Self::Perhaps,
        }
    }
}

/// Which of the types of guests somebody is.
#[derive(Clone, Copy, Debug)]
pub(super) struct GuestKinds {
    pub(super) guest: Likely,
    pub(super) internal: Likely,
    pub(super) from_outside: Likely,
    pub(super) member_from_outside: Likely,
}

impl GuestKinds {
    pub(super) fn of(person: &Person) -> Self {
        let is = |wanted: &UserType| match &person.user_type {
            None | Some(UserType::Other(_)) => Likely::Perhaps,
            Some(seen) => Likely::from(Some(seen == wanted)),
        };
        let (guest, member) = (is(&UserType::Guest), is(&UserType::Member));
        let external = Likely::from(person.external);
        let internal = Likely::from(person.external.map(|external| !external));
        Self {
            guest,
            internal: guest.min(internal),
            from_outside: guest.min(external),
            member_from_outside: member.min(external),
        }
    }
}

/// The people, and the groups and roles that policies name.
#[derive(Debug)]
pub(super) struct Crowd<'a> {
    people: HashMap<Cow<'a, str>, usize>,
    groups: Vec<String>,
    roles: Vec<String>,
    in_groups: Rows,
    /// Groups of which more people may be members than were seen.
    pub(super) open_groups: Bits,
    /// Groups that do not exist.
    pub(super) missing_groups: Bits,
    active: Rows,
    ignored: Rows,
    eligible: Rows,
    /// Roles that more people may hold than were seen.
    pub(super) open_roles: Bits,
    /// Roles of which it is not known whether they are the tenant's own.
    pub(super) doubtful_roles: Bits,
}

impl<'a> Crowd<'a> {
    pub(super) fn of(facts: &'a AccessFacts) -> Self {
        let people = facts.people.iter().enumerate().map(|(place, person)| (lowered(&person.id), place)).collect();
        let policies = facts.policies.so_far().map(Vec::as_slice).unwrap_or_default();
        let groups = named(policies, |policy| policy.include.groups.iter().chain(&policy.exclude.groups).collect());
        let mut roles = named(policies, |policy| policy.include.roles.iter().chain(&policy.exclude.roles).collect());
        if !roles.iter().any(|role| role == GLOBAL_ADMINISTRATOR) {
            roles.push(GLOBAL_ADMINISTRATOR.to_owned());
        }
        let (count, in_groups) = (facts.people.len(), Rows::new(facts.people.len(), groups.len()));
        let [active, ignored, eligible] = [(), (), ()].map(|()| Rows::new(count, roles.len()));
        let (open_groups, missing_groups, open_roles, doubtful_roles) = Default::default();
        let mut crowd = Self {
            people,
            groups,
            roles,
            in_groups,
            open_groups,
            missing_groups,
            active,
            ignored,
            eligible,
            open_roles,
            doubtful_roles,
        };
        crowd.enter_groups(&facts.groups);
        crowd.enter_roles(&facts.roles);
        crowd
    }

    fn enter_groups(&mut self, groups: &BTreeMap<String, GroupMembers>) {
        for (place, id) in self.groups.iter().enumerate() {
            match found(groups, id) {
                None => self.open_groups.set(place),
                Some(GroupMembers::Missing) => self.missing_groups.set(place),
                Some(GroupMembers::People(members)) => {
                    enter(&self.people, members, |person| self.in_groups.set(person, place));
                    if !members.is_whole() {
                        self.open_groups.set(place);
                    }
                }
            }
        }
    }

    fn enter_roles(&mut self, roles: &Seen<BTreeMap<String, RoleHolders>>) {
        for (place, id) in self.roles.iter().enumerate() {
            let Some(holders) = roles.so_far().ok().and_then(|known| found(known, id)) else {
                if !roles.is_whole() {
                    self.open_roles.set(place);
                }
                continue;
            };
            let counts = holders.custom != Some(true);
            let rows = if counts { &mut self.active } else { &mut self.ignored };
            enter(&self.people, &holders.active, |person| rows.set(person, place));
            enter(&self.people, &holders.narrower, |person| self.ignored.set(person, place));
            enter(&self.people, &holders.eligible, |person| self.eligible.set(person, place));
            if holders.custom.is_none() {
                self.doubtful_roles.set(place);
            }
            if counts && !holders.active.is_whole() {
                self.open_roles.set(place);
            }
        }
    }

    /// The place of somebody.
    pub(super) fn person(&self, id: &str) -> Option<usize> {
        self.people.get(&lowered(id)).copied()
    }

    pub(super) fn group_places(&self, ids: &BTreeSet<String>) -> Bits {
        places(&self.groups, ids)
    }

    pub(super) fn role_places(&self, ids: &BTreeSet<String>) -> Bits {
        places(&self.roles, ids)
    }

    pub(super) fn group_id(&self, place: usize) -> &str {
        self.groups.get(place).map_or("", String::as_str)
    }

    pub(super) fn role_id(&self, place: usize) -> &str {
        self.roles.get(place).map_or("", String::as_str)
    }

    /// Whether a group does not exist.
    pub(super) fn is_missing(&self, id: &str) -> bool {
        self.groups.iter().position(|group| group == id).is_some_and(|place| has(self.missing_groups.words(), place))
    }

    /// Everybody in a group; none if not all were seen.
    pub(super) fn members(&self, id: &str) -> Option<Vec<usize>> {
        let place = self.groups.iter().position(|group| group == id)?;
        let is_whole = !has(self.open_groups.words(), place);
        is_whole.then(|| self.who(&self.in_groups, place))
    }

    /// Everybody who holds a role in a way that counts; none if not all were seen.
    pub(super) fn holders(&self, id: &str) -> Option<Vec<usize>> {
        let place = self.roles.iter().position(|role| role == id)?;
        let is_whole = !has(self.open_roles.words(), place);
        is_whole.then(|| self.who(&self.active, place))
    }

    fn who(&self, rows: &Rows, place: usize) -> Vec<usize> {
        let mut people: Vec<usize> = self.people.values().copied().filter(|person| has(rows.of(*person), place)).collect();
        people.sort_unstable();
        people
    }

    /// Whether somebody is seen to hold the role of a Global Administrator.
    pub(super) fn is_global_administrator(&self, person: usize) -> bool {
        let place = self.roles.iter().position(|role| role == GLOBAL_ADMINISTRATOR);
        place.is_some_and(|place| has(self.active.of(person), place))
    }

    pub(super) fn groups_of(&self, person: usize) -> &[u64] {
        self.in_groups.of(person)
    }

    pub(super) fn active_of(&self, person: usize) -> &[u64] {
        self.active.of(person)
    }

    /// Roles that are held in a way that Conditional Access ignores.
    pub(super) fn ignored_of(&self, person: usize) -> &[u64] {
        self.ignored.of(person)
    }

    pub(super) fn eligible_of(&self, person: usize) -> &[u64] {
        self.eligible.of(person)
    }
}

/// What stands under an id, however that is written: a role that is not found is held by nobody, so none may be missed.
fn found<'m, T>(known: &'m BTreeMap<String, T>, id: &str) -> Option<&'m T> {
    let alike = || known.iter().find(|(other, _)| other.eq_ignore_ascii_case(id)).map(|(_, found)| found);
    known.get(id).or_else(alike)
}

/// Whether a place is in a set.
pub(super) fn has(words: &[u64], place: usize) -> bool {
    words.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
}

fn enter(people: &HashMap<Cow<'_, str>, usize>, members: &Seen<Vec<String>>, mut set: impl FnMut(usize)) {
    members.rows_so_far().filter_map(|id| people.get(&lowered(id))).for_each(|person| set(*person));
}

/// Ids compare without case; most are lower case already.
fn lowered(id: &str) -> Cow<'_, str> {
    if id.bytes().any(|byte| byte.is_ascii_uppercase()) { Cow::Owned(id.to_ascii_lowercase()) } else { Cow::Borrowed(id) }
}

fn named(policies: &[AccessPolicy], ids: impl Fn(&AccessPolicy) -> Vec<&String>) -> Vec<String> {
    let all: BTreeSet<String> = policies.iter().flat_map(ids).map(|id| id.to_ascii_lowercase()).collect();
    all.into_iter().collect()
}

fn places(known: &[String], ids: &BTreeSet<String>) -> Bits {
    let mut bits = Bits::default();
    for id in ids {
        let id = id.to_ascii_lowercase();
        if let Some(place) = known.iter().position(|one| *one == id) {
            bits.set(place);
        }
    }
    bits
}
