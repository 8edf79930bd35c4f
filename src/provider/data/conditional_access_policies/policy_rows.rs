//! Policies, locations and strengths, as they are returned.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    azure,
    posture::{
        conditional_access::{
            self as judging, AccessFacts, BothSides, ExclusionGap, FilterMode, GrantOperator, HomeTenants, RuleFilter, UserSide,
        },
        seen::agreed,
        time,
    },
    provider::collect::lists::access_policies::{self, ListedPolicy, NamedLocation},
};

/// Who is included, or excluded.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Side {
    /// Whether it is everybody, guests included and agents not.
    all: bool,
    /// Object ids.
    user_ids: Vec<String>,
    /// Object ids; transitive members count.
    group_ids: Vec<String>,
    /// Template ids of directory roles.
    role_template_ids: Vec<String>,
    /// `internalGuest`, `b2bCollaborationGuest`, `b2bCollaborationMember` … and `GuestsOrExternalUsers`, the older word.
    guest_types: Vec<String>,
    /// The home tenants that the guests are from, if not any.
    external_tenant_ids: Vec<String>,
}

impl Side {
    fn of(side: &UserSide) -> Self {
        let guests = side.guests.as_ref();
        let older = side.guests_or_external.then(|| "GuestsOrExternalUsers".to_owned());
        let mut guest_types: Vec<String> = guests.iter().flat_map(|guests| guests.types.iter().cloned()).chain(older).collect();
        guest_types.sort();
        let tenants = match guests.map(|guests| &guests.tenants) {
            Some(HomeTenants::Enumerated(ids)) => list(ids),
            _ => Vec::new(),
        };
        Self {
            all: side.everyone,
            user_ids: list(&side.users),
            group_ids: list(&side.groups),
            role_template_ids: list(&side.roles),
            guest_types,
            external_tenant_ids: tenants,
        }
    }
}

/// One policy.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PolicyRow {
    /// The policy's id.
    key: String,
    /// The policy's id, a GUID.
    id: String,
    /// Its name; empty if the service did not say.
    display_name: String,
    /// `enabled`, `disabled`, `enabledForReportingButNotEnforced`. Null if the service did not say; it is judged as one that may be enabled.
    state: Option<String>,
    /// When it was made. Null if the service did not say.
    created_on: Option<String>,
    /// When it was last changed. Null if it never was, or the service did not say.
    modified_on: Option<String>,
    /// Who, what, when, then: the policy in one or two sentences.
    summary_text: String,
    /// Who is included.
    users: Side,
    /// Who is excluded. Exclusion always wins.
    excluded_users: Side,
    /// Ids of applications, or `All`, `None`, `Office365`, `MicrosoftAdminPortals`.
    application_ids: Vec<String>,
    /// The same, of what is excluded.
    excluded_application_ids: Vec<String>,
    /// User actions, for example `urn:user:registersecurityinfo`. A policy for them applies to no sign-in.
    user_actions: Vec<String>,
    /// Authentication contexts.
    authentication_contexts: Vec<String>,
    /// `all`, `browser`, `mobileAppsAndDesktopClients`, `exchangeActiveSync`, `other`.
    client_app_types: Vec<String>,
    /// `all`, `android`, `iOS`, `linux`, `macOS`, `windows`, `windowsPhone`; empty without that condition.
    platforms: Vec<String>,
    /// The same, of what is excluded.
    excluded_platforms: Vec<String>,
    /// Ids of named locations, or `All`, `AllTrusted`; empty without that condition.
    locations: Vec<String>,
    /// The same, of what is excluded.
    excluded_locations: Vec<String>,
    /// Risks of the sign-in at which it applies; empty without that condition, as below.
    sign_in_risk_levels: Vec<String>,
    /// Risks of the user.
    user_risk_levels: Vec<String>,
    /// Insider risks.
    insider_risk_levels: Vec<String>,
    /// Ways in which a sign-in is handed on: `deviceCodeFlow`, `authenticationTransfer`.
    transfer_methods: Vec<String>,
    /// The rule of the device filter. Null without one.
    device_filter: Option<String>,
    /// `include` or `exclude`: what becomes of devices that meet the rule. Null without one.
    device_filter_mode: Option<String>,
    /// The rule of the application filter, with `include:` or `exclude:` before it. Null without one.
    application_filter: Option<String>,
    /// `AND` or `OR`: how several grant controls are joined. Null without grant controls.
    grant_operator: Option<String>,
    /// `mfa`, `block`, `compliantDevice` and the like.
    grant_controls: Vec<String>,
    /// Custom controls, which are never MFA.
    custom_factors: Vec<String>,
    /// Terms of use that have to be accepted.
    terms_of_use_ids: Vec<String>,
    /// The authentication strength that is asked for. Null without one.
    authentication_strength_id: Option<String>,
    /// Whether it requires MFA of whom it applies to: `required`, `alternative` (something else is enough), `none`, `unknown`.
    mfa: &'static str,
    /// Where a policy with MFA does not ask for it, the weakest gap first: the partial reasons of `azposture_mfa_coverage`.
    gaps: Vec<&'static str>,
    /// Whether a part of it is not understood, or was left out by the service.
    indeterminate: bool,
    /// Session controls that are set.
    session_controls: Vec<String>,
}

fn list(set: &BTreeSet<String>) -> Vec<String> {
    set.iter().cloned().collect()
}

fn mode(filter: &RuleFilter) -> String {
    match &filter.mode {
        FilterMode::Exclude => "exclude".to_owned(),
        FilterMode::Include => "include".to_owned(),
        FilterMode::Other(word) => word.clone(),
    }
}

impl PolicyRow {
    pub(super) fn of(listed: &ListedPolicy, facts: &AccessFacts) -> Self {
        let policy = &listed.policy;
        let grant = policy.grant.as_ref();
        let granted =
            |of: fn(&judging::GrantControls) -> &BTreeSet<String>| grant.map(|grant| list(of(grant))).unwrap_or_default();
        let operator = match grant.map(|grant| &grant.operator) {
            Some(GrantOperator::And) => Some("AND".to_owned()),
            Some(GrantOperator::Or) => Some("OR".to_owned()),
            Some(GrantOperator::Other(word)) => Some(word.clone()),
            Some(GrantOperator::Unsaid) | None => None,
        };
        let sides = |both: &BothSides| (list(&both.include), list(&both.exclude));
        let (platforms, excluded_platforms) = sides(&policy.platforms);
        let (locations, excluded_locations) = sides(&policy.locations);
        let apps = &policy.applications;
        Self {
            key: policy.id.clone(),
            id: policy.id.clone(),
            display_name: policy.name.clone(),
            state: listed.state.clone(),
            created_on: listed.created.as_deref().and_then(time::canonical),
            modified_on: listed.modified.as_deref().and_then(time::canonical),
            summary_text: judging::summary_text(policy),
            users: Side::of(&policy.include),
            excluded_users: Side::of(&policy.exclude),
            application_ids: list(&apps.include),
            excluded_application_ids: list(&apps.exclude),
            user_actions: list(&apps.user_actions),
            authentication_contexts: list(&apps.contexts),
            client_app_types: list(&policy.client_types),
            platforms,
            excluded_platforms,
            locations,
            excluded_locations,
            sign_in_risk_levels: list(&policy.sign_in_risk),
            user_risk_levels: list(&policy.user_risk),
            insider_risk_levels: list(&policy.insider_risk),
            transfer_methods: list(&policy.transfer_methods),
            device_filter: policy.device_filter.as_ref().map(|filter| filter.rule.clone()),
            device_filter_mode: policy.device_filter.as_ref().map(mode),
            application_filter: apps.filter.as_ref().map(|filter| format!("{}: {}", mode(filter), filter.rule)),
            grant_operator: operator,
            grant_controls: granted(|grant| &grant.controls),
            custom_factors: granted(|grant| &grant.custom_factors),
            terms_of_use_ids: granted(|grant| &grant.terms_of_use),
            authentication_strength_id: grant.and_then(|grant| grant.strength.clone()),
            mfa: judging::policy_mfa(policy, facts).word(),
            gaps: judging::policy_gaps(policy, facts).into_iter().map(|ground| ground.word()).collect(),
            indeterminate: !judging::indeterminate_parts(policy).is_empty(),
            session_controls: listed.session_controls.clone(),
        }
    }
}

/// A location that policies can name.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct LocationRow {
    /// The location's id.
    key: String,
    /// The location's id, a GUID.
    id: String,
    /// Its name. Null if the service did not say.
    display_name: Option<String>,
    /// `ip` or `country`. Null for another kind.
    kind: Option<&'static str>,
    /// Whether it is marked as trusted; of countries null. Null if the service did not say.
    trusted: Option<bool>,
    /// Ranges of addresses; empty for countries. Null if the service did not say.
    ranges: Option<Vec<String>>,
    /// Two letters a country; empty for addresses. Null if the service did not say.
    countries: Option<Vec<String>>,
}

impl LocationRow {
    pub(super) fn all(rows: &[NamedLocation], redacts_people: bool) -> Vec<Self> {
        let mut locations: BTreeMap<String, Self> = BTreeMap::new();
        for row in rows.iter().map(|row| Self::of(row, redacts_people)) {
            match locations.get_mut(&row.key) {
                Some(known) => {
                    known.display_name = agreed(known.display_name.take(), row.display_name);
                    known.kind = agreed(known.kind, row.kind);
                    known.trusted = agreed(known.trusted, row.trusted);
                    known.ranges = agreed(known.ranges.take(), row.ranges);
                    known.countries = agreed(known.countries.take(), row.countries);
                }
                None => {
                    locations.insert(row.key.clone(), row);
                }
            }
        }
        locations.into_values().collect()
    }

    fn of(row: &NamedLocation, redacts_people: bool) -> Self {
        let is = |kind: &str| row.odata_type.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(kind));
        let kind = match (is("#microsoft.graph.ipNamedLocation"), is("#microsoft.graph.countryNamedLocation")) {
            (true, _) => Some("ip"),
            (_, true) => Some("country"),
            _ => None,
        };
        let ranges = |all: &Vec<access_policies::IpRange>| all.iter().map(|range| range.cidr_address.0.clone()).collect();
        let none = |other: &str| (kind == Some(other)).then(Vec::new);
        Self {
            key: row.id.to_lowercase(),
            id: row.id.to_lowercase(),
            display_name: row.display_name.as_deref().map(|name| azure::shown(name, redacts_people).into_owned()),
            kind,
            trusted: row.is_trusted.0,
            ranges: row.ip_ranges.as_ref().and_then(ranges).or_else(|| none("country")),
            countries: row.countries_and_regions.0.clone().or_else(|| none("ip")),
        }
    }
}

/// What kinds of sign-in are strong enough.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StrengthRow {
    /// The strength's id.
    key: String,
    /// The strength's id, a GUID.
    id: String,
    /// Its name. Null if the service did not say.
    display_name: Option<String>,
    /// `builtIn` or `custom`. Null if the service did not say.
    kind: Option<String>,
    /// Whether every sign-in that meets it is MFA. Null if what it allows contradicts what it says of itself, or was not said.
    mfa: Option<bool>,
    /// Methods, those that belong together joined by commas. Null if the service did not say.
    combinations: Option<Vec<String>>,
}

impl StrengthRow {
    pub(super) fn all(rows: &[access_policies::StrengthRow], redacts_people: bool) -> Vec<Self> {
        let judged = access_policies::strengths(rows);
        let mut strengths: BTreeMap<String, Self> = BTreeMap::new();
        for row in rows {
            let id = row.id.to_lowercase();
            let sorted = |all: &Vec<String>| list(&all.iter().cloned().collect());
            let own = Self {
                key: id.clone(),
                id: id.clone(),
                display_name: row.display_name.as_deref().map(|name| azure::shown(name, redacts_people).into_owned()),
                kind: row.policy_type.0.clone(),
                mfa: judged.get(&id).and_then(judging::AuthenticationStrength::mfa),
                combinations: row.allowed_combinations.as_ref().map(sorted),
            };
            match strengths.get_mut(&id) {
                Some(known) => {
                    known.display_name = agreed(known.display_name.take(), own.display_name);
                    known.kind = agreed(known.kind.take(), own.kind);
                    known.combinations = agreed(known.combinations.take(), own.combinations);
                }
                None => {
                    strengths.insert(id, own);
                }
            }
        }
        strengths.into_values().collect()
    }
}

/// What a policy with MFA excludes and no other one covers wholly.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ExclusionGapRow {
    /// `object_type|object_id`, lower case.
    key: String,
    /// Object id; of a role its template id, of guests their type, of applications an id or a word.
    object_id: String,
    /// `user`, `group`, `role`, `guest_type`, `application`.
    object_type: &'static str,
    /// Ids of the policies that exclude it.
    excluded_by: Vec<String>,
    /// Ids of the policies that cover it in part.
    covered_by: Vec<String>,
}

impl ExclusionGapRow {
    pub(super) fn of(gap: ExclusionGap) -> Self {
        let object_type = gap.kind.word();
        Self {
            key: format!("{object_type}|{}", gap.object_id),
            object_id: gap.object_id,
            object_type,
            excluded_by: gap.excluded_by,
            covered_by: gap.covered_by,
        }
    }
}
