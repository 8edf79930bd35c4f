//! Whom and what the policies speak of: people, groups, roles, licence; of each, whether it was seen. Ids compare without case.

use std::collections::{BTreeMap, BTreeSet};

use super::{AccessPolicy, AuthenticationStrength};
use crate::posture::Seen;

/// Everything that a verdict about MFA stands on.
#[derive(Clone, Debug)]
pub struct AccessFacts {
    /// The policies, each id once.
    pub policies: Seen<Vec<AccessPolicy>>,
    /// The authentication strengths, by lower-case id.
    pub strengths: Seen<BTreeMap<String, AuthenticationStrength>>,
    /// The lower-case ids of the named locations that are marked as trusted. They tell only how much it means that one is excluded.
    pub trusted_locations: Seen<BTreeSet<String>>,
    /// The people who are judged, each once.
    pub people: Vec<Person>,
    /// The groups that the policies name, by lower-case id. One that is not here was not read.
    pub groups: BTreeMap<String, GroupMembers>,
    /// The directory roles, by lower-case template id. If all were seen, nobody holds one that is not here.
    pub roles: Seen<BTreeMap<String, RoleHolders>>,
    /// Whether security defaults are on.
    pub security_defaults: Seen<bool>,
    /// The best licence that the tenant has.
    pub licence: Seen<Licence>,
    /// Whether the MFA of a guest's own tenant is accepted, by default or for some tenant. Information only.
    pub inbound_trust: Seen<bool>,
}

/// Somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The object id.
    pub id: String,
    /// The type; none if it was not seen.
    pub user_type: Option<UserType>,
    /// Whether the account belongs to another directory; none if it was not seen.
    pub external: Option<bool>,
    /// Whether the account can sign in; none if it was not seen.
    pub enabled: Option<bool>,
    /// Whether it is an agent, which no policy for people covers.
    pub is_agent: bool,
    /// Whether it synchronises the directory: security defaults leave it out.
    pub is_sync: bool,
    /// Whether it is in more groups than Conditional Access evaluates: what rests on a group is then not known.
    pub in_too_many_groups: bool,
    /// Whether methods for MFA are registered; none if that was not seen. Information only.
    pub mfa_registered: Option<bool>,
    /// Whether one of them may be used. Information only.
    pub mfa_capable: Option<bool>,
}

/// What kind of account it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserType {
    /// `Guest`.
    Guest,
    /// `Member`.
    Member,
    /// A word nobody knows: it is not known whether it is a guest.
    Other(String),
}

/// Who is in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupMembers {
    /// There is no such group: nobody is in it.
    Missing,
    /// These people, nested groups included; those that were seen are in it, whoever else may be.
    People(Seen<Vec<String>>),
}

/// Who holds a directory role, by object id of the person, groups resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleHolders {
    /// Whether it is a role of the tenant's own, which Conditional Access ignores; none if its definition was not seen.
    pub custom: Option<bool>,
    /// Those in the whole tenant, now.
    pub active: Seen<Vec<String>>,
    /// Those at a narrower scope, whom Conditional Access ignores.
    pub narrower: Seen<Vec<String>>,
    /// Those who could activate it, and do not hold it before.
    pub eligible: Seen<Vec<String>>,
}

/// The best licence that a tenant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Licence {
    /// The list of licences came empty. Beside policies that is a contradiction.
    Nothing,
    /// There are licences, and none of them has Conditional Access.
    Without,
    /// P1: Conditional Access.
    P1,
    /// P2: risk, too.
    P2,
}
