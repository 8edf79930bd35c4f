//! What the checks are judged by: facts about the sign-in, the scope, each subscription and the directory, each read or not by itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};
use time::{Date, OffsetDateTime};

use super::Verdict;
use crate::posture::{
    Area, Reason, Seen, Subject, Unreadable,
    defender::{Counts, Plan},
    grant::command,
    graph_permission::{Evidence, Holder},
    rbac::Permission,
};

/// A kind of fact; a check names those it needs, and nothing else is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// How many assessments each subscription has.
    Assessments,
    /// The same, where the list of plans does not say whether the free posture tier is on.
    Foundational,
    /// What the sign-in was given below each subscription.
    Below,
    /// The AKS clusters.
    Clusters,
    /// The principal's registration, and what was consented to it.
    Consent,
    /// Where the credential ends.
    Credential,
    /// What the tenant says about itself without a sign-in.
    Discovery,
    /// The management groups.
    Groups,
    /// The people whom `identity_scope` hides.
    HiddenPeople,
    /// How many resources there are of each type.
    Inventory,
    /// Provisioning jobs.
    Jobs,
    /// The tenant's licences.
    Licences,
    /// The tenant, as the directory names it.
    Organization,
    /// What the sign-in may do.
    Permissions,
    /// Defender plans.
    Plans,
    /// Resource providers.
    Providers,
    /// A query of Resource Graph.
    Query,
    /// Scan results.
    Scans,
    /// The principal itself.
    ServicePrincipal,
    /// The token for Microsoft Graph.
    Token,
}

impl Need {
    /// What a gap calls it.
    pub fn subject(self) -> Subject {
        match self {
            Self::Assessments => Subject::Assessments,
            Self::Below => Subject::RoleAssignments,
            Self::Clusters => Subject::Clusters,
            Self::Consent => Subject::AppRoleAssignments,
            Self::Credential => Subject::Credential,
            Self::Discovery => Subject::TenantDiscovery,
            Self::Foundational | Self::Plans => Subject::Plans,
            Self::Groups => Subject::ManagementGroups,
            Self::HiddenPeople => Subject::Users,
            Self::Inventory => Subject::Resources,
            Self::Jobs => Subject::Provisioning,
            Self::Licences => Subject::SubscribedSkus,
            Self::Organization => Subject::Organization,
            Self::Permissions => Subject::Permissions,
            Self::Providers => Subject::Providers,
            Self::Query => Subject::ResourceGraph,
            Self::Scans => Subject::Vulnerabilities,
            Self::ServicePrincipal => Subject::ServicePrincipals,
            Self::Token => Subject::Token,
        }
    }
}

/// A list that is read through Resource Manager, as far as roles are concerned.
#[derive(Clone, Copy, Debug)]
pub struct NeededList {
    /// The area it is read for; none for one that every connection reads.
    pub area: Option<Area>,
    /// What has to be allowed in a subscription to see all of it.
    pub actions: &'static [&'static str],
}

/// All facts. Those that no chosen check needs are gaps of the kind "not asked".
#[derive(Clone, Debug)]
pub struct ConnectionFacts {
    /// The day the judgement is for.
    pub today: Date,
    /// The areas that are on.
    pub areas: BTreeSet<Area>,
    /// Every list that this release reads.
    pub lists: &'static [NeededList],
    /// Whether `identity_scope` is set.
    pub identity_scope: bool,
    /// The sign-in.
    pub sign_in: SignIn,
    /// What discovery says about the tenant.
    pub discovery: Seen<Discovery>,
    /// What the connection stands for.
    pub scope: ScopeFacts,
    /// The chosen subscriptions.
    pub subscriptions: Vec<SubscriptionFacts>,
    /// Those of the chosen subscriptions that cannot be read.
    pub unseen: Vec<Unseen>,
    /// The directory.
    pub directory: Directory,
}

impl ConnectionFacts {
    /// The command that gives the sign-in a role at a scope.
    pub fn grant(&self, role: &str, scope: &str) -> String {
        command(role, scope, self.own_object_id())
    }

    /// The object id of the sign-in, for commands; where the token does not say it, what stands for it.
    pub fn own_object_id(&self) -> &str {
        self.sign_in.object_id.as_deref().unwrap_or("<object id of this sign-in>")
    }

    /// Where to give what is missing in a subscription: there, or on the group of the connection if it is missing elsewhere, too.
    pub fn place_of_grant(&self, subscription: &SubscriptionFacts, is_missing: impl Fn(&SubscriptionFacts) -> bool) -> String {
        let elsewhere = || self.subscriptions.iter().any(|other| other.id != subscription.id && is_missing(other));
        let group = self.scope.group.clone().filter(|_| elsewhere());
        group.unwrap_or_else(|| format!("/subscriptions/{}", subscription.id))
    }

    /// The group of the connection, for commands.
    pub fn group(&self) -> &str {
        self.scope.group.as_deref().unwrap_or("/providers/Microsoft.Management/managementGroups/<group>")
    }
}

/// The sign-in, by its token.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// How, as a word: `client_secret`.
    pub method: &'static str,
    /// Who.
    pub holder: Holder,
    /// Object id of the principal; none if the token does not say.
    pub object_id: Option<String>,
    /// Client id; none if the token does not say.
    pub client_id: Option<String>,
    /// Tenant of the token; none if the token does not say.
    pub tenant_id: Option<String>,
    /// The tenant of the configuration, GUID or domain.
    pub configured_tenant: Option<String>,
    /// Until when it works.
    pub credential: Credential,
}

/// Until when a sign-in works.
#[derive(Clone, Debug)]
pub enum Credential {
    /// It has no end of its own; says why.
    Endless(&'static str),
    /// The one that is used is known.
    Known(Seen<Lifetime>),
    /// One of these is used.
    OneOf(Seen<Vec<Lifetime>>),
    /// One of these is used, or none of them because the sign-in is federated.
    OneOrNone(Vec<Lifetime>),
}

impl Credential {
    /// The end of the credential in use; none if it has none, or if which one is in use or its end is not known.
    pub fn ends(&self, today: Date) -> Option<OffsetDateTime> {
        match self {
            Self::Known(lifetime) => lifetime.whole().ok().map(|lifetime| lifetime.ends),
            Self::OneOf(all) => {
                let mut alive = all.whole().into_iter().flatten().filter(|lifetime| lifetime.holds(today));
                alive.next().filter(|_| alive.next().is_none()).map(|lifetime| lifetime.ends)
            }
            Self::Endless(_) | Self::OneOrNone(_) => None,
        }
    }
}

/// From when until when a credential works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// First moment; none if it is not stated.
    pub starts: Option<OffsetDateTime>,
    /// Last moment.
    pub ends: OffsetDateTime,
}

impl Lifetime {
    /// Whether it may be in use on this day.
    pub fn holds(&self, today: Date) -> bool {
        self.ends.date() >= today && self.starts.is_none_or(|starts| starts.date() <= today)
    }
}

/// What tenant discovery says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// The tenant answers.
    Found {
        /// Its GUID.
        tenant_id: String,
        /// Its Microsoft Graph; none if the cloud does not say.
        graph_host: Option<String>,
        /// Who issues its tokens.
        issuer_host: String,
        /// What is wrong with the cloud, and what to do about it.
        objection: Option<(String, String)>,
    },
    /// The sign-in host knows no such tenant: what it said, and what to do.
    Refused {
        /// The service's code.
        code: String,
        /// What it means.
        detail: String,
        /// The next step.
        remedy: String,
    },
    /// A cloud that describes itself need not offer it.
    Unstated,
}

/// What the connection stands for.
#[derive(Clone, Debug)]
pub struct ScopeFacts {
    /// `subscription`, `subscriptions`, `management_group`, `tenant`.
    pub kind: &'static str,
    /// The management group it stands for, as a scope; none for subscriptions.
    pub group: Option<String>,
    /// How many subscriptions are visible, or why none is.
    pub detected: Result<usize, Undetected>,
    /// Expected subscriptions that are not visible, and expectations that could not be read.
    pub gaps: Vec<Unreadable>,
    /// How many management groups are readable there.
    pub groups: Seen<usize>,
    /// How many rows Resource Graph answers to a question that has one; none if it is switched off.
    pub query: Option<Seen<usize>>,
    /// Whether a list of this connection goes through Resource Graph.
    pub query_is_used: bool,
}

/// Why no subscription is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undetected {
    /// What was found instead.
    pub detail: String,
    /// Whether that is certain; else something could not be read.
    pub certain: bool,
    /// What to do; none if a role is missing.
    pub remedy: Option<String>,
    /// What could not be read.
    pub gaps: Vec<Unreadable>,
}

impl Undetected {
    /// Why whatever is about subscriptions stays unknown.
    pub fn reason(&self) -> Reason {
        match self.gaps.first() {
            Some(gap) if !self.certain => gap.reason,
            _ => Reason::NotVisible,
        }
    }

    /// The verdict of a check that is about subscriptions.
    pub(super) fn unknown(&self, detail: &str) -> Verdict {
        let mut verdict = Verdict::unknown(self.reason(), detail, "See `subscription_detected`.");
        if !self.certain {
            verdict.gaps.clone_from(&self.gaps);
        }
        verdict
    }
}

/// A subscription that is expected and cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Lower-case GUID.
    pub id: String,
    /// Azure's word, where it is known: a deleted one is still listed for a while.
    pub state: Option<String>,
    /// Why.
    pub gap: Unreadable,
}

/// An AKS cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// What the service says of it; none if it says nothing.
    pub properties: Option<Map<String, Json>>,
}

/// One subscription.
#[derive(Clone, Debug)]
pub struct SubscriptionFacts {
    /// Lower-case GUID.
    pub id: String,
    /// Azure's word.
    pub state: String,
    /// The tenant that owns it.
    pub tenant_id: Option<String>,
    /// Whether that is the tenant of the sign-in; none if either is not known.
    pub tenant_matches: Option<bool>,
    /// What the sign-in may do there.
    pub permissions: Seen<Vec<Permission>>,
    /// The GUIDs of the roles it was given, itself or through groups, on something in the subscription.
    pub below: Seen<BTreeSet<String>>,
    /// State of each resource provider, by lower-case namespace.
    pub providers: Seen<BTreeMap<String, String>>,
    /// Defender plans.
    pub plans: Seen<Vec<Plan>>,
    /// How many assessments there are.
    pub assessments: Seen<usize>,
    /// How many resources there are, by lower-case type.
    pub inventory: Seen<Counts>,
    /// The kinds of things that have scan results, and whether any says, believably, when the scan was.
    pub scans: Seen<BTreeMap<&'static str, bool>>,
    /// AKS clusters.
    pub clusters: Seen<Vec<Cluster>>,
}

/// The directory, as Microsoft Graph shows it to the sign-in.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Whether a token for Microsoft Graph could be had; none is a token that does not say what it holds.
    pub token: Seen<Option<Token>>,
    /// The tenant's id and name.
    pub organization: Seen<Organization>,
    /// Licences in use: `P1`, `P2`, `Governance`, `WorkloadId`. Of some products it may not be said what they are.
    pub licences: Seen<BTreeSet<&'static str>>,
    /// The principal; none for a user.
    pub service_principal: Seen<Option<ServicePrincipal>>,
    /// What the principal holds of Microsoft Graph.
    pub evidence: Evidence,
    /// Whether each named application provisions people at the moment, by client id; none if no application was named.
    pub provisioning: Option<BTreeMap<String, Seen<bool>>>,
    /// Those of them that are the client id of no application in the tenant.
    pub strangers: BTreeSet<String>,
    /// Disabled accounts with active roles that `identity_scope` hides.
    pub hidden_leavers: Seen<u64>,
}

/// What a token for Microsoft Graph holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// Application permissions.
    pub roles: Vec<String>,
    /// Delegated permissions.
    pub scopes: Vec<String>,
}

/// The tenant, as the directory names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its GUID.
    pub id: String,
    /// Its name.
    pub display_name: Option<String>,
}

/// The principal of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServicePrincipal {
    /// Whether it is enabled; none if the directory does not say.
    pub enabled: Option<bool>,
    /// The tenant its registration is in.
    pub owner_tenant_id: Option<String>,
}
