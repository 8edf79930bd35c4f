//! The closed sets of words a user may write, and the forms of ids.

use std::{borrow::Cow, collections::BTreeSet};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::posture::words::words;

/// The sets of words that are judged, too.
pub use crate::posture::{
    Area, Severity,
    conditional_access::{MfaVerdict as MfaStatus, Target as MfaTarget},
    credential::{CredentialKind, CredentialOwner, CredentialStatus},
    exemption::Standing,
    monitor::Kind as MonitorKind,
    roster::{Employment, Kind as RosterKind, Rule as MatchRule, Standing as RosterStanding},
    vulnerabilities::Kind as VulnerabilityKind,
};

words! {
    /// How hard something is enforced.
    pub enum EnforcementWord {
        /// It stops the plan.
        Error = "error",
        /// It is shown and stops nothing.
        Warning = "warning",
    }
}

words! {
    /// Whether names of people appear.
    pub enum PersonalDataWord {
        /// Object ids only.
        Redact = "redact",
        /// Names and addresses.
        Show = "show",
    }
}

words! {
    /// When Resource Graph serves a list.
    pub enum ResourceGraphWord {
        /// Wherever a list supports it.
        Always = "always",
        /// By the size of the scope.
        Auto = "auto",
        /// GET only.
        Never = "never",
    }
}

words! {
    /// Whether a role is held now, or can be activated.
    pub enum AssignmentTypeWord {
        /// Held now, activated ones included.
        Active = "active",
        /// Held after activation only.
        Eligible = "eligible",
    }
}

words! {
    /// Who keeps an exemption.
    pub enum ExemptionSource {
        /// Defender for Cloud.
        Defender = "defender",
        /// Azure Policy.
        Policy = "policy",
    }
}

words! {
    /// What an exception excepts.
    pub enum ExceptedStatus {
        /// What fails.
        Fail = "fail",
        /// What could not be seen.
        Unknown = "unknown",
    }
}

words! {
    /// How deep regulatory compliance is read.
    pub enum ComplianceDepth {
        /// Down to the assessments of controls.
        Assessments = "assessments",
        /// Down to the controls of standards.
        Controls = "controls",
        /// Standards alone.
        Standards = "standards",
    }
}

/// Lets users write the words of a closed set: in lower case, or, where Azure writes them too, in any.
macro_rules! written {
    ($($name:ident in $case:ident;)*) => {
        $(
            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let written = String::deserialize(deserializer)?;
                    let known = Self::ALL.into_iter().find(|one| Case::$case.is(one.word(), &written));
                    known.ok_or_else(|| D::Error::custom(format!("{written:?} is none of the words")))
                }
            }

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn inline_schema() -> bool {
                    true
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    Case::$case.schema(Self::ALL.map(Self::word).into())
                }
            }
        )*
    };
}

written! {
    Area in Lower;
    AssignmentTypeWord in Lower;
    ComplianceDepth in Lower;
    Employment in Lower;
    CredentialKind in Lower;
    CredentialOwner in Lower;
    CredentialStatus in Lower;
    EnforcementWord in Lower;
    ExceptedStatus in Lower;
    ExemptionSource in Lower;
    MatchRule in Lower;
    MfaStatus in Lower;
    MfaTarget in Lower;
    MonitorKind in Lower;
    PersonalDataWord in Lower;
    ResourceGraphWord in Lower;
    RosterKind in Lower;
    RosterStanding in Lower;
    Severity in Any;
    Standing in Lower;
    VulnerabilityKind in Lower;
}

/// The cases in which a word may be written.
#[derive(Clone, Copy)]
enum Case {
    Any,
    Lower,
}

impl Case {
    fn is(self, word: &str, written: &str) -> bool {
        match self {
            Self::Any => word.eq_ignore_ascii_case(written),
            Self::Lower => word == written,
        }
    }

    fn schema(self, mut words: Vec<&str>) -> Schema {
        words.sort_unstable();
        match self {
            Self::Any => json_schema!({ "type": "string", "enum": words, "x-ignore-case": true }),
            Self::Lower => json_schema!({ "type": "string", "enum": words }),
        }
    }
}

/// A string type with a schema of its own: what the words are, or what the form is.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $schema:tt) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub String);

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

pub(super) use text;

pub use super::identity_words::{AccessPolicyState, CalendarDate, PartialReason, RoleTemplateId, RosterFailure, UserType};

text!(
    /// A GUID, in any case.
    Guid,
    {
        "type": "string",
        "pattern": "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
        "x-expected": "a GUID (8-4-4-4-12 hexadecimal digits)"
    }
);

text!(
    /// The id of a subscription.
    SubscriptionId,
    {
        "type": "string",
        "pattern": "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
        "x-expected": "a GUID (8-4-4-4-12 hexadecimal digits)",
        "x-hints": [
            ["^/?[Ss]ubscriptions/([0-9a-fA-F-]{36})(/.*)?$", "Write the GUID alone: \"${1}\"."],
            ["^[^/@{} ][^/@{}]*$", "A subscription's name does not identify it: az account list --output table shows the id beside each name."]
        ]
    }
);

text!(
    /// The object id of a user, group or service principal.
    ObjectId,
    {
        "type": "string",
        "pattern": "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
        "x-expected": "an object id, a GUID (8-4-4-4-12 hexadecimal digits)",
        "x-hints": [
            [
                "^[^/@ ]+@[^/@ ]+$",
                "It looks like a user principal name. This shows the object id: az ad user show --id \"${0}\" --query id --output tsv"
            ],
            [
                "^/subscriptions/.+/userAssignedIdentities/[^/]+$",
                "It is the resource id of a managed identity. This shows the object id: az identity show --ids \"${0}\" --query principalId \
                 --output tsv"
            ],
            [
                "^/?(users|groups|servicePrincipals)/([0-9a-fA-F-]{36})$",
                "Write the GUID alone: \"${2}\"."
            ]
        ]
    }
);

text!(
    /// The client (application) id of an application.
    ClientId,
    {
        "type": "string",
        "pattern": "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
        "x-expected": "a client (application) id, a GUID (8-4-4-4-12 hexadecimal digits)",
        "x-hints": [
            [
                "^[^/@{} ][^/@{}]*$",
                "A name does not identify an application. This shows its client id: az ad sp list --display-name \"${0}\" --query \"[].appId\" \
                 --output tsv"
            ]
        ]
    }
);

text!(
    /// The state of a subscription, in Azure's words.
    SubscriptionState,
    { "type": "string", "enum": ["Enabled", "Warned", "PastDue", "Disabled", "Deleted"], "x-ignore-case": true }
);

text!(
    /// The status of an assessment, in Azure's words.
    AssessmentStatus,
    { "type": "string", "enum": ["Healthy", "Unhealthy", "NotApplicable"], "x-ignore-case": true }
);

text!(
    /// The name of a weakness.
    CveId,
    { "type": "string", "pattern": "^[Cc][Vv][Ee]-[0-9]{4}-[0-9]{4,19}$", "x-expected": "the name of a weakness (`CVE-2026-12345`)" }
);

text!(
    /// The status of an alert, in Azure's words.
    AlertStatus,
    { "type": "string", "enum": ["Active", "InProgress", "Resolved", "Dismissed"], "x-ignore-case": true }
);

text!(
    /// The effect of a policy definition, in Azure's words.
    PolicyEffect,
    {
        "type": "string",
        "enum": [
            "AddToNetworkGroup", "Append", "Audit", "AuditIfNotExists", "Deny", "DenyAction", "DeployIfNotExists", "Disabled", "Manual", "Modify",
            "Mutate"
        ],
        "x-ignore-case": true
    }
);

text!(
    /// Whether a resource complies with a policy, in Azure's words.
    PolicyState,
    {
        "type": "string",
        "enum": ["Compliant", "Conflict", "Error", "Exempt", "NonCompliant", "Protected", "Unknown"],
        "x-ignore-case": true
    }
);

text!(
    /// The id of a policy assignment.
    PolicyAssignmentId,
    {
        "type": "string",
        "pattern": "^/(.+/)?[Pp]roviders/[^/]+/[Pp]olicy[Aa]ssignments/[^/]+$",
        "x-expected": "the id of a policy assignment (`…/providers/Microsoft.Authorization/policyAssignments/` and its name)"
    }
);

text!(
    /// The id of an initiative.
    PolicySetDefinitionId,
    {
        "type": "string",
        "pattern": "^/(.+/)?[Pp]roviders/[^/]+/[Pp]olicy[Ss]et[Dd]efinitions/[^/]+$",
        "x-expected": "the id of an initiative (`…/providers/Microsoft.Authorization/policySetDefinitions/` and its name)"
    }
);

text!(
    /// The category of an exemption, in Azure's words.
    ExemptionCategory,
    { "type": "string", "enum": ["Mitigated", "Waiver"], "x-ignore-case": true }
);

text!(
    /// The state of a standard, a control or an assessment, in Azure's words.
    ComplianceState,
    { "type": "string", "enum": ["Failed", "Passed", "Skipped", "Unsupported"], "x-ignore-case": true }
);

text!(
    /// A moment, or the first one of a day, in UTC.
    Moment,
    {
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2}))?$",
        "x-expected": "a date (`2026-11-02`) or a time as RFC 3339 (`2026-11-02T08:00:00Z`)"
    }
);

text!(
    /// A resource type.
    ResourceType,
    {
        "type": "string",
        "pattern": "^[A-Za-z0-9.]+(/[A-Za-z0-9._-]+)+$",
        "x-expected": "a resource type such as `Microsoft.Storage/storageAccounts`"
    }
);

text!(
    /// The id of a resource.
    ResourceId,
    {
        "type": "string",
        "pattern": "(?i)^/subscriptions/[0-9a-f-]{36}(/resourceGroups/[^/%?#\\\\]+)?(/providers/[a-z0-9]+(\\.[a-z0-9]+)+(/[a-z0-9]+/[^/%?#\\\\]+)+)+$",
        "x-expected": "the id of a resource: `/subscriptions/…/resourceGroups/…/providers/Microsoft.KeyVault/vaults/…`"
    }
);

text!(
    /// A resource id, or the beginning of one.
    ResourceIdPrefix,
    {
        "type": "string",
        "pattern": "^/",
        "x-expected": "the beginning of a resource id (it has to start with `/`)",
        "x-hints": [
            ["^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$", "For a subscription write \"/subscriptions/${0}\"."],
            ["^(subscriptions|providers)/.+$", "Write \"/${0}\"."]
        ]
    }
);

text!(
    /// The type of a principal, in Azure's words.
    PrincipalType,
    { "type": "string", "enum": ["User", "Group", "ServicePrincipal", "ForeignGroup", "Device"], "x-ignore-case": true }
);

text!(
    /// The type of a service principal, in Azure's words.
    ServicePrincipalType,
    {
        "type": "string",
        "enum": ["Application", "Legacy", "ManagedIdentity", "ServiceIdentity", "SocialIdp"],
        "x-ignore-case": true
    }
);

text!(
    /// A role, as GUID or as the full id that ends in it.
    RoleDefinitionId,
    {
        "type": "string",
        "pattern": "^(/(.*/)?[Rr]ole[Dd]efinitions/)?[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
        "x-expected": "a role definition's GUID, or its full id (`…/roleDefinitions/` and the GUID)",
        "x-hints": [
            ["^[^/@{}]+$", "It looks like the name of a role; names stand in `role_definition_names`."]
        ]
    }
);

text!(
    /// Where something is given: tenant, management group, subscription, resource group or resource.
    ScopeId,
    {
        "type": "string",
        "pattern": "^/($|[Ss]ubscriptions/[0-9a-fA-F-]{36}(/|$)|[Pp]roviders/[Mm]icrosoft.[Mm]anagement/[Mm]anagement[Gg]roups/[^/]+/?$)",
        "x-expected": "a scope: `/`, a management group, or anything from a subscription down",
        "x-hints": [
            [
                "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
                "A subscription is written \"/subscriptions/${0}\", a management group \
                 \"/providers/Microsoft.Management/managementGroups/${0}\"."
            ],
            ["^(subscriptions|providers)/.+$", "Write \"/${0}\"."],
            ["^/subscriptions/[^/]+(/.*)?$", "What stands behind /subscriptions/ is the subscription's GUID, not its name."],
            [
                "^[^/]+$",
                "A management group is written \"/providers/Microsoft.Management/managementGroups/${0}\", with its id, not its display name."
            ]
        ]
    }
);

text!(
    /// An operation, or a pattern of operations.
    Operation,
    {
        "type": "string",
        "pattern": "^([A-Za-z0-9._-]+(/[A-Za-z0-9._-]+){2,}|([A-Za-z0-9._-]+/)*[A-Za-z0-9._-]*\\*[A-Za-z0-9._*-]*(/[A-Za-z0-9._*-]+)*)$",
        "x-expected": "an operation such as `Microsoft.Storage/storageAccounts/read` (provider, type, verb), or a pattern of them with `*`"
    }
);

/// Whether a text is a GUID.
pub fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The texts of a set, lower-cased.
pub fn lowered<T>(words: &Option<BTreeSet<T>>, text: impl Fn(&T) -> &str) -> Option<BTreeSet<String>> {
    words.as_ref().map(|words| words.iter().map(|word| text(word).to_ascii_lowercase()).collect())
}
