//! The closed sets of words a user may write, and the forms of ids.

use std::{borrow::Cow, collections::BTreeSet};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::posture::{Area, Severity};

/// An area a connection can look at.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum AreaWord {
    /// Virtual machines, web apps, containers.
    Compute,
    /// Storage, databases, key vaults.
    Data,
    /// Azure Policy.
    Governance,
    /// Users, groups, applications, roles.
    Identity,
    /// Security groups, gateways, addresses.
    Network,
    /// Logs and alerts.
    Observability,
    /// Defender for Cloud.
    Posture,
}

impl AreaWord {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Compute, Self::Data, Self::Governance, Self::Identity, Self::Network, Self::Observability, Self::Posture];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Data => "data",
            Self::Governance => "governance",
            Self::Identity => "identity",
            Self::Network => "network",
            Self::Observability => "observability",
            Self::Posture => "posture",
        }
    }
}

impl From<AreaWord> for Area {
    fn from(word: AreaWord) -> Self {
        match word {
            AreaWord::Compute => Self::Compute,
            AreaWord::Data => Self::Data,
            AreaWord::Governance => Self::Governance,
            AreaWord::Identity => Self::Identity,
            AreaWord::Network => Self::Network,
            AreaWord::Observability => Self::Observability,
            AreaWord::Posture => Self::Posture,
        }
    }
}

/// How hard something is enforced.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum EnforcementWord {
    /// It stops the plan.
    Error,
    /// It is shown and stops nothing.
    Warning,
}

/// Whether names of people appear.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum PersonalDataWord {
    /// Object ids only.
    Redact,
    /// Names and addresses.
    Show,
}

/// When Resource Graph serves a list.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ResourceGraphWord {
    /// Wherever a list supports it.
    Always,
    /// By the size of the scope.
    Auto,
    /// GET only.
    Never,
}

impl ResourceGraphWord {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Auto => "auto",
            Self::Never => "never",
        }
    }
}

/// A severity, as written: one of our words or Azure's, which differ in their case.
#[derive(Clone, Copy, Debug, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[schemars(rename_all = "lowercase", extend("x-ignore-case" = true))]
pub enum SeverityWord {
    /// Worst.
    Critical,
    /// Fix now.
    High,
    /// Worth knowing.
    Informational,
    /// When there is time.
    Low,
    /// Fix soon.
    Medium,
}

impl<'de> Deserialize<'de> for SeverityWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        match Severity::parse(&word) {
            Some(Severity::Critical) => Ok(Self::Critical),
            Some(Severity::High) => Ok(Self::High),
            Some(Severity::Informational) => Ok(Self::Informational),
            Some(Severity::Low) => Ok(Self::Low),
            Some(Severity::Medium) => Ok(Self::Medium),
            None => Err(D::Error::custom(format!("{word:?} is no severity"))),
        }
    }
}

impl From<SeverityWord> for Severity {
    fn from(word: SeverityWord) -> Self {
        match word {
            SeverityWord::Critical => Self::Critical,
            SeverityWord::High => Self::High,
            SeverityWord::Informational => Self::Informational,
            SeverityWord::Low => Self::Low,
            SeverityWord::Medium => Self::Medium,
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
    /// A resource type.
    ResourceType,
    {
        "type": "string",
        "pattern": "^[A-Za-z0-9.]+(/[A-Za-z0-9._-]+)+$",
        "x-expected": "a resource type such as `Microsoft.Storage/storageAccounts`"
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

/// Whether a role is held now, or can be activated.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum AssignmentTypeWord {
    /// Held now, activated ones included.
    Active,
    /// Held after activation only.
    Eligible,
}

impl AssignmentTypeWord {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Eligible => "eligible",
        }
    }
}

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
