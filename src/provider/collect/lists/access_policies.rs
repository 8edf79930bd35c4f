//! Conditional Access as it is judged: of each policy what is understood, and the parts of it that are not.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Map, Value};

use crate::{
    azure::{
        self,
        memo::Key,
        microsoft_graph::conditional_access::{self as graph, AccessPolicyRow},
    },
    posture::conditional_access::{
        AccessPolicy, AuthenticationStrength, BothSides, FilterMode, GrantControls, GrantOperator, GuestTypes, HomeTenants,
        PolicyApplications, PolicyKind, PolicyPart, PolicyState, RuleFilter, UserSide,
    },
    provider::{context::Context, words::is_guid},
};

/// The rows, as the service writes them.
pub use crate::azure::microsoft_graph::conditional_access::{IpRange, NamedLocation, StrengthRow};

/// A policy, and what is shown of it beside what is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedPolicy {
    /// What is judged.
    pub policy: AccessPolicy,
    /// The word for its state, as the service writes it.
    pub state: Option<String>,
    /// When it was made.
    pub created: Option<String>,
    /// When it was changed.
    pub modified: Option<String>,
    /// The session controls that it has.
    pub session_controls: Vec<String>,
}

impl ListedPolicy {
    /// Takes in another row of the same policy that says something else: nothing of it is understood, and it may be in force.
    fn differs(&mut self, other: &Self) {
        self.policy.unclear.extend(PolicyPart::ALL);
        if self.policy.state != other.policy.state {
            self.policy.state = PolicyState::Other(String::new());
            self.state = None;
        }
        if self.policy.kind != other.policy.kind {
            self.policy.kind = PolicyKind::People;
        }
    }
}

/// The policies. One that is listed twice with different contents is understood in no part.
pub async fn access_policies(context: &Context) -> azure::Result<Arc<Vec<ListedPolicy>>> {
    let client = context.client.clone();
    let redacts_people = client.settings().redacts_people;
    let read = || async move { Ok(understood(&graph::access_policies(&client).await?, redacts_people)) };
    context.client.memo(Key::of("access_policies"), read).await
}

/// The locations that policies name.
pub async fn named_locations(context: &Context) -> azure::Result<Arc<Vec<NamedLocation>>> {
    let client = context.client.clone();
    context.client.memo(Key::of("named_locations"), || async move { graph::named_locations(&client).await }).await
}

/// What kinds of sign-in are strong enough.
pub async fn authentication_strengths(context: &Context) -> azure::Result<Arc<Vec<StrengthRow>>> {
    let client = context.client.clone();
    context
        .client
        .memo(Key::of("authentication_strengths"), || async move { graph::authentication_strengths(&client).await })
        .await
}

/// As they are judged, by lower-case id. One that is listed twice with different contents says nothing.
pub fn strengths(rows: &[StrengthRow]) -> BTreeMap<String, AuthenticationStrength> {
    let mut strengths: BTreeMap<String, AuthenticationStrength> = BTreeMap::new();
    for row in rows {
        // Without its combinations nothing bears out what it says of itself.
        let strength = match row.allowed_combinations.as_ref().filter(|all| !all.is_empty()) {
            Some(combinations) => AuthenticationStrength {
                requirements: row.requirements_satisfied.0.clone().unwrap_or_default(),
                combinations: combinations.iter().cloned().collect(),
            },
            None => AuthenticationStrength::default(),
        };
        let known = strengths.entry(row.id.to_lowercase()).or_insert_with(|| strength.clone());
        if *known != strength {
            *known = AuthenticationStrength::default();
        }
    }
    strengths
}

fn understood(rows: &[AccessPolicyRow], redacts_people: bool) -> Vec<ListedPolicy> {
    let common = Common::of(rows, redacts_people);
    let mut policies: Vec<ListedPolicy> = Vec::new();
    for row in rows {
        let listed = listed(row, &common);
        match policies.iter_mut().find(|known| known.policy.id == listed.policy.id) {
            Some(known) if *known != listed => known.differs(&listed),
            Some(_) => {}
            None => policies.push(listed),
        }
    }
    policies
}

/// What any policy of an answer has, by the path to it. What only one of them lacks was left out; what all lack this cloud does not know.
struct Common {
    paths: BTreeSet<String>,
    redacts_people: bool,
}

impl Common {
    fn of(rows: &[AccessPolicyRow], redacts_people: bool) -> Self {
        let mut paths = BTreeSet::new();
        rows.iter().for_each(|row| Self::walk("", &row.fields, &mut paths));
        Self { paths, redacts_people }
    }

    /// A text as it may be shown: names and rules are what somebody wrote.
    fn shown(&self, text: &str) -> String {
        azure::shown(text.trim(), self.redacts_people).into_owned()
    }

    fn walk(path: &str, fields: &Map<String, Value>, paths: &mut BTreeSet<String>) {
        for (name, value) in fields {
            let path = format!("{path}/{name}");
            if let Value::Object(below) = value {
                Self::walk(&path, below, paths);
            }
            paths.insert(path);
        }
    }
}

/// A part of a policy was not understood.
struct Odd;

/// An object of a policy. What is asked for is taken out of it; what is left over is not understood.
struct Piece<'a> {
    fields: BTreeMap<&'a str, &'a Value>,
    path: String,
    common: &'a Common,
    /// Whether there is such an object at all.
    is_there: bool,
}

/// Fields that every policy has, whatever it says.
const ALWAYS: &[&str] = &[
    "/conditions/applications/excludeApplications",
    "/conditions/applications/includeApplications",
    "/conditions/clientAppTypes",
    "/conditions/signInRiskLevels",
    "/conditions/users/excludeGroups",
    "/conditions/users/excludeRoles",
    "/conditions/users/excludeUsers",
    "/conditions/users/includeGroups",
    "/conditions/users/includeRoles",
    "/conditions/users/includeUsers",
    "/grantControls/builtInControls",
    "/grantControls/customAuthenticationFactors",
    "/grantControls/termsOfUse",
];

impl<'a> Piece<'a> {
    fn of(value: Option<&'a Value>, path: String, common: &'a Common) -> Result<Self, Odd> {
        let (fields, is_there) = match value {
            None | Some(Value::Null) => (BTreeMap::new(), false),
            Some(Value::Object(fields)) => (fields.iter().map(|(name, value)| (name.as_str(), value)).collect(), true),
            Some(_) => return Err(Odd),
        };
        Ok(Self { fields, path, common, is_there })
    }

    /// A field; none if it is null, or is left out where it may be.
    fn take(&mut self, name: &str) -> Result<Option<&'a Value>, Odd> {
        let path = format!("{}/{name}", self.path);
        match self.fields.remove(name) {
            Some(Value::Null) => Ok(None),
            Some(value) => Ok(Some(value)),
            None if self.is_there && (ALWAYS.contains(&path.as_str()) || self.common.paths.contains(&path)) => Err(Odd),
            None => Ok(None),
        }
    }

    fn piece(&mut self, name: &str) -> Result<Self, Odd> {
        Self::of(self.take(name)?, format!("{}/{name}", self.path), self.common)
    }

    /// Words, as a list or as one text with commas. Ids in lower case, because they are compared with others.
    fn words(&mut self, name: &str) -> Result<BTreeSet<String>, Odd> {
        let word = |text: &str| if is_guid(text.trim()) { text.trim().to_lowercase() } else { self.common.shown(text) };
        match self.take(name)? {
            None => Ok(BTreeSet::new()),
            Some(Value::String(text)) => Ok(text.split(',').map(word).filter(|word| !word.is_empty()).collect()),
            Some(Value::Array(items)) => items.iter().map(|item| item.as_str().map(word).ok_or(Odd)).collect(),
            Some(_) => Err(Odd),
        }
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Odd> {
        self.take(name)?.map(|value| value.as_str().map(|text| self.common.shown(text)).ok_or(Odd)).transpose()
    }

    /// What has no place here must say nothing.
    fn end(self) -> Result<(), Odd> {
        let says = |(name, value): (&str, &Value)| !name.contains("@odata.") && !is_nothing(value);
        if self.fields.into_iter().any(says) { Err(Odd) } else { Ok(()) }
    }
}

/// Whether a session control does anything.
fn is_set(value: &Value) -> bool {
    !(value.is_null() || value == &Value::Bool(false) || value.get("isEnabled") == Some(&Value::Bool(false)))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn listed(row: &AccessPolicyRow, common: &Common) -> ListedPolicy {
    let text =
        |name: &str| row.fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(|text| common.shown(text));
    let state = text("state");
    let mut policy = AccessPolicy {
        id: row.id.to_lowercase(),
        name: text("displayName").unwrap_or_default(),
        state: PolicyState::of(state.as_deref().unwrap_or_default()),
        ..AccessPolicy::default()
    };
    let mut unclear = BTreeSet::new();
    if conditions(row, common, &mut policy, &mut unclear).is_err() {
        unclear.insert(PolicyPart::Conditions);
    }
    match grant(row.fields.get("grantControls"), common) {
        Ok(grant) => policy.grant = grant,
        Err(Odd) => {
            unclear.insert(PolicyPart::Grant);
        }
    }
    let sessions = match row.fields.get("sessionControls") {
        Some(Value::Null) => Vec::new(),
        Some(Value::Object(fields)) => fields
            .iter()
            .filter(|(name, value)| !name.contains("@odata.") && is_set(value))
            .map(|(name, _)| name.clone())
            .collect(),
        _ => {
            unclear.insert(PolicyPart::Session);
            Vec::new()
        }
    };
    const OWN: [&str; 9] = [
        "displayName",
        "state",
        "conditions",
        "grantControls",
        "sessionControls",
        "createdDateTime",
        "modifiedDateTime",
        "templateId",
        "description",
    ];
    let strange =
        |(name, value): (&String, &Value)| !name.contains("@odata.") && !OWN.contains(&name.as_str()) && !is_nothing(value);
    if row.fields.iter().any(strange) {
        unclear.insert(PolicyPart::Conditions);
    }
    policy.has_session = !sessions.is_empty();
    policy.unclear = unclear;
    ListedPolicy {
        policy,
        state,
        created: text("createdDateTime"),
        modified: text("modifiedDateTime"),
        session_controls: sessions,
    }
}

fn conditions(
    row: &AccessPolicyRow,
    common: &Common,
    policy: &mut AccessPolicy,
    unclear: &mut BTreeSet<PolicyPart>,
) -> Result<(), Odd> {
    let mut all = Piece::of(row.fields.get("conditions"), "/conditions".to_owned(), common)?;
    if !all.is_there {
        return Err(Odd);
    }
    let mut part = |part: PolicyPart, read: Result<(), Odd>| {
        if read.is_err() {
            unclear.insert(part);
        }
    };
    let users = all.piece("users");
    part(PolicyPart::Users, users.and_then(|users| people(users, policy)));
    let apps = all.piece("applications");
    part(PolicyPart::Applications, apps.and_then(|apps| applications(apps, policy)));
    let clients = all.words("clientAppTypes");
    part(PolicyPart::ClientTypes, clients.map(|words| policy.client_types = words));
    let platforms = all.piece("platforms");
    part(PolicyPart::Platforms, platforms.and_then(|both| sides(both, "Platforms")).map(|both| policy.platforms = both));
    let locations = all.piece("locations");
    part(PolicyPart::Locations, locations.and_then(|both| sides(both, "Locations")).map(|both| policy.locations = both));
    let devices = all.piece("devices");
    part(
        PolicyPart::Devices,
        devices.and_then(|piece| filter_alone(piece, "deviceFilter")).map(|filter| policy.device_filter = filter),
    );
    let levels = all.words("signInRiskLevels");
    part(PolicyPart::Risk, levels.map(|words| policy.sign_in_risk = words));
    let levels = all.words("userRiskLevels");
    part(PolicyPart::Risk, levels.map(|words| policy.user_risk = words));
    let levels = all.words("insiderRiskLevels");
    part(PolicyPart::Risk, levels.map(|words| policy.insider_risk = words));
    let flows = all.piece("authenticationFlows").and_then(|mut flows| {
        let words = flows.words("transferMethods")?;
        flows.end().map(|()| words)
    });
    part(PolicyPart::TransferMethods, flows.map(|words| policy.transfer_methods = words));
    let workloads = all.piece("clientApplications")?;
    let risks = all.words("servicePrincipalRiskLevels")?;
    let agents = all.words("agentIdRiskLevels")?;
    policy.kind = kind(policy, workloads, !risks.is_empty(), !agents.is_empty())?;
    all.end()
}

/// Whom a policy is about. What is for workloads or agents alone names them alone.
fn kind(policy: &AccessPolicy, mut clients: Piece<'_>, for_workloads: bool, for_agents: bool) -> Result<PolicyKind, Odd> {
    let workloads = clients.words("includeServicePrincipals")?;
    let agents = clients.words("includeAgentIdServicePrincipals")?;
    let only = |set: &BTreeSet<String>, word: &str| set.len() == 1 && set.iter().all(|own| own.eq_ignore_ascii_case(word));
    let side = &policy.include;
    let no_person =
        !side.everyone && side.groups.is_empty() && side.roles.is_empty() && side.guests.is_none() && !side.guests_or_external;
    let agent_users = only(&side.users, "allagentidusers");
    let agent_resources = only(&policy.applications.include, "allagentidresources");
    if no_person && (for_agents || !agents.is_empty() || agent_users || agent_resources) {
        return Ok(PolicyKind::Agents);
    }
    if no_person && side.users.is_empty() && (for_workloads || !workloads.is_empty()) {
        return Ok(PolicyKind::Workloads);
    }
    // Of people and of others at once nothing is documented.
    if for_workloads || for_agents || !workloads.is_empty() || !agents.is_empty() {
        Err(Odd)
    } else {
        clients.end().map(|()| PolicyKind::People)
    }
}

fn people(mut users: Piece<'_>, policy: &mut AccessPolicy) -> Result<(), Odd> {
    if !users.is_there {
        return Err(Odd);
    }
    policy.include = user_side(&mut users, "include")?;
    policy.exclude = user_side(&mut users, "exclude")?;
    users.end()
}

fn user_side(users: &mut Piece<'_>, side: &str) -> Result<UserSide, Odd> {
    let mut ids = users.words(&format!("{side}Users"))?;
    let mut take = |word: &str| {
        let before = ids.len();
        ids.retain(|own| !own.eq_ignore_ascii_case(word));
        ids.len() < before
    };
    let (everyone, nobody, guests_or_external) = (take("All"), take("None"), take("GuestsOrExternalUsers"));
    let mut guests = users.piece(&format!("{side}GuestsOrExternalUsers"))?;
    let guests = if guests.is_there {
        let types = guests.words("guestOrExternalUserTypes")?;
        let mut tenants = guests.piece("externalTenants")?;
        let kind = tenants.text("membershipKind")?;
        let members = tenants.words("members")?;
        let has_tenants = tenants.is_there;
        tenants.end()?;
        let tenants = match kind.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None if !has_tenants => HomeTenants::All,
            Some("all") if members.is_empty() => HomeTenants::All,
            Some("enumerated") => HomeTenants::Enumerated(members),
            other => HomeTenants::Other(other.unwrap_or_default().to_owned()),
        };
        guests.end()?;
        Some(GuestTypes { types, tenants })
    } else {
        None
    };
    Ok(UserSide {
        everyone,
        nobody,
        guests_or_external,
        users: ids,
        groups: users.words(&format!("{side}Groups"))?,
        roles: users.words(&format!("{side}Roles"))?,
        guests,
    })
}

fn applications(mut apps: Piece<'_>, policy: &mut AccessPolicy) -> Result<(), Odd> {
    if !apps.is_there {
        return Err(Odd);
    }
    policy.applications = PolicyApplications {
        include: apps.words("includeApplications")?,
        exclude: apps.words("excludeApplications")?,
        filter: filter(apps.piece("applicationFilter")?)?,
        user_actions: apps.words("includeUserActions")?,
        contexts: apps.words("includeAuthenticationContextClassReferences")?,
    };
    apps.end()
}

fn sides(mut both: Piece<'_>, of: &str) -> Result<BothSides, Odd> {
    let sides = BothSides { include: both.words(&format!("include{of}"))?, exclude: both.words(&format!("exclude{of}"))? };
    both.end().map(|()| sides)
}

fn filter_alone(mut piece: Piece<'_>, name: &str) -> Result<Option<RuleFilter>, Odd> {
    let filter = filter(piece.piece(name)?)?;
    piece.end().map(|()| filter)
}

fn filter(mut piece: Piece<'_>) -> Result<Option<RuleFilter>, Odd> {
    if !piece.is_there {
        return Ok(None);
    }
    let (mode, rule) = (piece.text("mode")?.ok_or(Odd)?, piece.text("rule")?.unwrap_or_default());
    let mode = match mode.to_ascii_lowercase().as_str() {
        "include" => FilterMode::Include,
        "exclude" => FilterMode::Exclude,
        _ => FilterMode::Other(mode),
    };
    piece.end().map(|()| Some(RuleFilter { mode, rule }))
}

fn grant(value: Option<&Value>, common: &Common) -> Result<Option<GrantControls>, Odd> {
    // Left out it is not known; null is none.
    let mut grant = Piece::of(Some(value.ok_or(Odd)?), "/grantControls".to_owned(), common)?;
    if !grant.is_there {
        return Ok(None);
    }
    let operator = grant.text("operator")?;
    let operator = match operator.as_deref().map(str::to_ascii_uppercase).as_deref() {
        None | Some("") => GrantOperator::Unsaid,
        Some("AND") => GrantOperator::And,
        Some("OR") => GrantOperator::Or,
        Some(other) => GrantOperator::Other(other.to_owned()),
    };
    let strength = match grant.take("authenticationStrength")? {
        None => None,
        Some(strength) => Some(strength.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).ok_or(Odd)?.to_lowercase()),
    };
    let controls = GrantControls {
        operator,
        controls: grant.words("builtInControls")?,
        strength,
        custom_factors: grant.words("customAuthenticationFactors")?,
        terms_of_use: grant.words("termsOfUse")?,
    };
    grant.end().map(|()| Some(controls))
}
