//! Which parts of a policy are not understood: words nobody knows, and combinations that no policy of the service has.

use std::collections::BTreeSet;

use super::{AccessPolicy, BothSides, FilterMode, GrantOperator, HomeTenants, PolicyPart, PolicyState, UserSide};
use crate::posture::resource_id::guid;

pub(super) const ALL: &str = "all";
pub(super) const NONE: &str = "none";
pub(super) const ALL_TRUSTED: &str = "alltrusted";
const AGENT_USERS: &str = "allagentidusers";
pub(super) const AGENT_RESOURCES: &str = "allagentidresources";
pub(super) const BLOCK: &str = "block";
pub(super) const MFA: &str = "mfa";
pub(super) const PASSWORD_CHANGE: &str = "passwordchange";

/// The kinds of clients, in the order of their bits; the last two are legacy.
pub(super) const CLIENTS: [&str; 4] = ["browser", "mobileappsanddesktopclients", "exchangeactivesync", "other"];
pub(super) const SUITES: [&str; 2] = ["office365", super::outcome::ADMIN_PORTALS];
const PLATFORMS: &[&str] = &[ALL, "android", "ios", "linux", "macos", "windows", "windowsphone"];
const RISKS: &[&str] = &["low", "medium", "high", "hidden", NONE];
const INSIDER_RISKS: &[&str] = &["minor", "moderate", "elevated"];
const TRANSFERS: &[&str] = &["devicecodeflow", "authenticationtransfer", NONE];
const CONTROLS: &[&str] = &[
    BLOCK,
    MFA,
    PASSWORD_CHANGE,
    "approvedapplication",
    "compliantapplication",
    "compliantdevice",
    "domainjoineddevice",
    "riskremediation",
];
const GUEST_TYPES: &[&str] = &[
    NONE,
    "b2bcollaborationguest",
    "b2bcollaborationmember",
    "b2bdirectconnectuser",
    "internalguest",
    "otherexternaluser",
    "serviceprovider",
];

/// The parts of a policy that are not understood. With any of them the policy never counts as certain.
pub fn indeterminate_parts(policy: &AccessPolicy) -> BTreeSet<PolicyPart> {
    let mut parts = policy.unclear.clone();
    let found = [
        (PolicyPart::State, matches!(policy.state, PolicyState::Other(_))),
        (PolicyPart::Users, policy.include.is_empty() || !is_understood(&policy.include)),
        (PolicyPart::ExcludedUsers, !is_understood(&policy.exclude)),
        (PolicyPart::Applications, !applications_are_understood(policy)),
        (
            PolicyPart::ClientTypes,
            policy.client_types.is_empty() || !are_known(&policy.client_types, |word| word == ALL || CLIENTS.contains(&word)),
        ),
        (PolicyPart::Platforms, !platforms_are_understood(&policy.platforms)),
        (PolicyPart::Locations, !locations_are_understood(&policy.locations)),
        (PolicyPart::Devices, policy.device_filter.as_ref().is_some_and(|filter| matches!(filter.mode, FilterMode::Other(_)))),
        (PolicyPart::Risk, !risks_are_understood(policy)),
        (PolicyPart::TransferMethods, !are_known(&policy.transfer_methods, |word| TRANSFERS.contains(&word))),
        (PolicyPart::Grant, !grant_is_understood(policy)),
    ];
    parts.extend(found.into_iter().filter(|(_, is_so)| *is_so).map(|(part, _)| part));
    parts
}

/// The words, lower case.
pub(super) fn lower(words: &BTreeSet<String>) -> BTreeSet<String> {
    words.iter().map(|word| word.to_ascii_lowercase()).collect()
}

fn are_known(words: &BTreeSet<String>, is_known: impl Fn(&str) -> bool) -> bool {
    words.iter().all(|word| is_known(&word.to_ascii_lowercase()))
}

fn are_guids(words: &BTreeSet<String>) -> bool {
    words.iter().all(|word| guid(word).is_some())
}

impl UserSide {
    /// Whether it says nothing at all.
    pub fn is_empty(&self) -> bool {
        let named = self.users.len() + self.groups.len() + self.roles.len();
        named == 0 && self.guests.is_none() && !self.everyone && !self.nobody && !self.guests_or_external
    }
}

fn is_understood(side: &UserSide) -> bool {
    let users = are_known(&side.users, |word| word == AGENT_USERS || guid(word).is_some());
    let guests = side.guests.as_ref().is_none_or(|guests| {
        let tenants = match &guests.tenants {
            HomeTenants::All => true,
            HomeTenants::Enumerated(ids) => !ids.is_empty(),
            HomeTenants::Other(_) => false,
        };
        tenants && !guests.types.is_empty() && are_known(&guests.types, |word| GUEST_TYPES.contains(&word))
    });
    users && guests && are_guids(&side.groups) && are_guids(&side.roles)
}

/// A policy is about applications, or actions, or authentication contexts.
fn applications_are_understood(policy: &AccessPolicy) -> bool {
    let named = &policy.applications;
    let is_id = |word: &str| guid(word).is_some() || SUITES.contains(&word) || word == AGENT_RESOURCES;
    let words = are_known(&named.include, |word| word == ALL || word == NONE || is_id(word)) && are_known(&named.exclude, is_id);
    let filter = named.filter.as_ref().is_none_or(|filter| !matches!(filter.mode, FilterMode::Other(_)));
    let applications = !named.include.is_empty() || !named.exclude.is_empty() || named.filter.is_some();
    let subjects = [applications, !named.user_actions.is_empty() || !named.contexts.is_empty()];
    let excludes_alone = named.include.is_empty() && !named.exclude.is_empty() && named.filter.is_none();
    words && filter && !excludes_alone && subjects.into_iter().filter(|one| *one).count() == 1
}

/// What excludes everything it includes is in force nowhere, and no policy of the service is like that.
fn platforms_are_understood(platforms: &BothSides) -> bool {
    let (include, exclude) = (lower(&platforms.include), lower(&platforms.exclude));
    let words = [&include, &exclude].into_iter().flatten().all(|word| PLATFORMS.contains(&word.as_str()));
    let leaves_any = include.difference(&exclude).next().is_some() && !exclude.contains(ALL);
    words && (leaves_any || (include.is_empty() && exclude.is_empty()))
}

/// Of named locations it is not known how they overlap, so with a part of all locations only those that are nothing but ids are told apart.
fn locations_are_understood(locations: &BothSides) -> bool {
    let (include, exclude) = (lower(&locations.include), lower(&locations.exclude));
    let words = [&include, &exclude].into_iter().flatten();
    let known = words.into_iter().all(|word| word == ALL || word == ALL_TRUSTED || guid(word).is_some());
    let fits = match (include.is_empty(), exclude.is_empty()) {
        (empty, true) => empty || known,
        (true, false) => false,
        (false, false) if include.contains(ALL) => !exclude.contains(ALL),
        (false, false) => are_guids(&include) && are_guids(&exclude) && include.is_disjoint(&exclude),
    };
    known && fits
}

fn risks_are_understood(policy: &AccessPolicy) -> bool {
    [&policy.sign_in_risk, &policy.user_risk].into_iter().all(|words| are_known(words, |word| RISKS.contains(&word)))
        && are_known(&policy.insider_risk, |word| INSIDER_RISKS.contains(&word))
}

fn grant_is_understood(policy: &AccessPolicy) -> bool {
    let Some(grant) = &policy.grant else { return policy.has_session };
    let controls = lower(&grant.controls);
    let joined = grant.count() < 2 || matches!(grant.operator, GrantOperator::And | GrantOperator::Or);
    let blocks_beside_others = controls.contains(BLOCK) && grant.count() > 1;
    // The service takes a change of the password only beside MFA and for users at risk.
    let changes_beside_mfa = controls.contains(PASSWORD_CHANGE) && grant.count() > 1 && policy.user_risk.is_empty();
    let is_any = grant.count() > 0 || policy.has_session;
    let words = controls.iter().all(|word| CONTROLS.contains(&word.as_str()));
    is_any && words && joined && !blocks_beside_others && !changes_beside_mfa
}
