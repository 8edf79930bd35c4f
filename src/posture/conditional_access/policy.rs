//! What a policy of Conditional Access says. Words and ids compare without case; null and an empty list are the same: an empty set.

use std::collections::BTreeSet;

use crate::posture::words::words;

/// One policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessPolicy {
    /// Unique.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is in force.
    pub state: PolicyState,
    /// Whom policies of its kind are about.
    pub kind: PolicyKind,
    /// Who is included.
    pub include: UserSide,
    /// Who is excluded. Exclusion always wins.
    pub exclude: UserSide,
    /// To what it applies.
    pub applications: PolicyApplications,
    /// `clientAppTypes`: `all`, `browser`, `mobileAppsAndDesktopClients`, `exchangeActiveSync`, `other`. The last two are legacy clients,
    /// which cannot do MFA: what requires it of them blocks them. Any other word is not understood.
    pub client_types: BTreeSet<String>,
    /// `all`, `android`, `iOS`, `linux`, `macOS`, `windows`, `windowsPhone`. A device says its platform itself, and may be of none of them.
    pub platforms: BothSides,
    /// `All`, `AllTrusted`, or ids of named locations, of which it is not known here whether they are trusted or overlap.
    pub locations: BothSides,
    /// The filter of devices.
    pub device_filter: Option<RuleFilter>,
    /// `signInRiskLevels`: `low`, `medium`, `high`, `hidden`, `none`. However many are named, a sign-in may have another level.
    pub sign_in_risk: BTreeSet<String>,
    /// `userRiskLevels`, likewise.
    pub user_risk: BTreeSet<String>,
    /// `insiderRiskLevels`: `minor`, `moderate`, `elevated`. Most people have none of them.
    pub insider_risk: BTreeSet<String>,
    /// `transferMethods`: `deviceCodeFlow`, `authenticationTransfer`; `none` alone is no condition.
    pub transfer_methods: BTreeSet<String>,
    /// What has to be met to get in.
    pub grant: Option<GrantControls>,
    /// Whether it has any session control.
    pub has_session: bool,
    /// The parts that were not understood, or that the service left out. Such a policy never counts as certain.
    pub unclear: BTreeSet<PolicyPart>,
}

/// Whether a policy is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyState {
    /// It is not.
    #[default]
    Disabled,
    /// It is.
    Enabled,
    /// It is only reported what it would do.
    ReportOnly,
    /// A word nobody knows: it may be in force.
    Other(String),
}

impl PolicyState {
    /// By the service's word.
    pub fn of(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "disabled" => Self::Disabled,
            "enabled" => Self::Enabled,
            "enabledforreportingbutnotenforced" => Self::ReportOnly,
            _ => Self::Other(word.to_owned()),
        }
    }
}

/// Whom policies of a kind are about. Only those about people can cover a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyKind {
    /// Agent identities and agent users.
    Agents,
    /// Users.
    #[default]
    People,
    /// Workload identities.
    Workloads,
}

words! {
    /// A part of a policy.
    pub enum PolicyPart {
        /// To what it applies.
        Applications = "applications",
        /// The kinds of clients.
        ClientTypes = "client_app_types",
        /// A condition that has no place here.
        Conditions = "conditions",
        /// The filter of devices.
        Devices = "devices",
        /// Who is excluded.
        ExcludedUsers = "excluded_users",
        /// The grant controls.
        Grant = "grant_controls",
        /// The locations.
        Locations = "locations",
        /// The platforms.
        Platforms = "platforms",
        /// Any of the levels of risk.
        Risk = "risk_levels",
        /// The session controls.
        Session = "session_controls",
        /// Whether it is in force.
        State = "state",
        /// The ways in which a sign-in is handed on.
        TransferMethods = "transfer_methods",
        /// Who is included.
        Users = "users",
    }
}

/// People, named in every way in which a policy can name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserSide {
    /// `All`: everybody but agents, guests included.
    pub everyone: bool,
    /// `None`: nobody.
    pub nobody: bool,
    /// `GuestsOrExternalUsers`, the older way to name them: whoever is of the type Guest. Whether it means a member from outside, too, is
    /// not documented in one way, so of such a person it is not known.
    pub guests_or_external: bool,
    /// Object ids of users. `AllAgentIdUsers` is known, and is no person; any other word that is no GUID is not understood.
    pub users: BTreeSet<String>,
    /// Object ids of groups, of which transitive members count.
    pub groups: BTreeSet<String>,
    /// Template ids of directory roles.
    pub roles: BTreeSet<String>,
    /// Guests by type.
    pub guests: Option<GuestTypes>,
}

/// Guests by type and home tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuestTypes {
    /// `internalGuest` (type Guest, not external), `b2bCollaborationGuest` (type Guest, external), `b2bCollaborationMember` (type Member,
    /// external); `b2bDirectConnectUser`, `serviceProvider` and `otherExternalUser` have no user object, `none` is nobody.
    pub types: BTreeSet<String>,
    /// From where.
    pub tenants: HomeTenants,
}

/// The home tenants of guests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HomeTenants {
    /// Any.
    #[default]
    All,
    /// These, by id. From where a guest comes is not in what can be read of him.
    Enumerated(BTreeSet<String>),
    /// A word nobody knows.
    Other(String),
}

/// To what a policy applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyApplications {
    /// Ids of applications, `All`, `None`, `Office365`, `MicrosoftAdminPortals`, `AllAgentIdResources`.
    pub include: BTreeSet<String>,
    /// The same, but `All` and `None`.
    pub exclude: BTreeSet<String>,
    /// The filter of applications, by attributes of theirs.
    pub filter: Option<RuleFilter>,
    /// User actions. A policy for them applies to no sign-in.
    pub user_actions: BTreeSet<String>,
    /// Authentication contexts, likewise: applications ask for them in the middle of a session.
    pub contexts: BTreeSet<String>,
}

/// What is included and what is excluded; nothing on both sides is no condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BothSides {
    /// What is included.
    pub include: BTreeSet<String>,
    /// What is excluded.
    pub exclude: BTreeSet<String>,
}

/// A filter by a rule, which is not evaluated here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFilter {
    /// What becomes of what meets the rule.
    pub mode: FilterMode,
    /// The rule.
    pub rule: String,
}

/// What becomes of what meets the rule of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterMode {
    /// It is excluded.
    Exclude,
    /// Only it is included.
    Include,
    /// A word nobody knows.
    Other(String),
}

/// What has to be met to get in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantControls {
    /// How several are joined. Of one it says nothing.
    pub operator: GrantOperator,
    /// `mfa`, `block`, `compliantDevice`, `domainJoinedDevice`, `approvedApplication`, `compliantApplication`, `passwordChange`,
    /// `riskRemediation`.
    pub controls: BTreeSet<String>,
    /// The id of an authentication strength.
    pub strength: Option<String>,
    /// Custom controls, which are never MFA.
    pub custom_factors: BTreeSet<String>,
    /// Terms of use.
    pub terms_of_use: BTreeSet<String>,
}

/// How several grants are joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GrantOperator {
    /// All of them.
    And,
    /// One of them.
    Or,
    /// Nothing is said.
    #[default]
    Unsaid,
    /// A word nobody knows.
    Other(String),
}

impl GrantControls {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.controls.len() + self.custom_factors.len() + self.terms_of_use.len() + usize::from(self.strength.is_some())
    }
}
