//! Every list that is read: the table over which [`super::fields`] goes.

use azposture::azure::arm::typed::types;
use serde_json::Value as Json;

use super::About;

/// A list: its document, or what to call it if the tenant makes it up; the end of the path it is answered at, empty if only Resource
/// Graph reads it; the query that reads the same rows, empty if none does; and a field that decides.
pub(super) struct List {
    pub(super) document: &'static str,
    pub(super) path: &'static str,
    pub(super) query: &'static str,
    pub(super) about: About,
    pub(super) decides: &'static str,
    /// The data source that lists it, under which name, and what it is asked; empty if none does.
    pub(super) rows: (&'static str, &'static str, &'static str),
    /// A field that only its rows have, where other answers have the path in theirs.
    pub(super) mark: &'static str,
}

impl List {
    const fn listed(self, data_source: &'static str, rows: &'static str) -> Self {
        self.asked(data_source, rows, r#"{"limit": 0}"#)
    }

    const fn asked(self, data_source: &'static str, rows: &'static str, arguments: &'static str) -> Self {
        Self { rows: (data_source, rows, arguments), ..self }
    }

    const fn marked(self, mark: &'static str) -> Self {
        Self { mark, ..self }
    }

    /// What it is called: a document may be answered in two shapes.
    pub(super) fn name(&self) -> &'static str {
        if self.path.is_empty() { self.query } else { self.path }
    }

    /// The engine through which its rows are read first.
    pub(super) fn engine(&self) -> &'static str {
        if self.path.is_empty() { "always" } else { "never" }
    }

    /// The fields that the code knows by name, in the texts of the wire models and of the columns of a type.
    pub(super) fn known(&self, models: &str) -> String {
        let own = types().find(|one| !self.path.is_empty() && format!("/{}", one.endpoint.tail).ends_with(self.path));
        let columns = own.map(|one| one.columns.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "\" \""));
        format!("{models} \"{}\"", columns.unwrap_or_default())
    }

    /// Whether this is a row of it.
    pub(super) fn has(&self, row: &Json) -> bool {
        self.mark.is_empty() || !row[self.mark].is_null()
    }
}

const fn list(document: &'static str, path: &'static str, query: &'static str, about: About, decides: &'static str) -> List {
    List { document, path, query, about, decides, rows: ("", "", ""), mark: "" }
}

/// A list that only Resource Graph reads in this shape.
const fn query(name: &'static str, about: About, decides: &'static str) -> List {
    list(name, "", name, about, decides)
}

/// A list of the resources of a type, which may share its document with others.
const fn typed(document: &'static str, path: &'static str, arguments: &'static str, decides: &'static str) -> List {
    list(document, path, "", Nothing, decides).asked("resources", "resources", arguments)
}

use About::{Defender, GraphPermissions, Nothing, People, Roles};

/// Asks for all kinds of credentials.
const CREDENTIALS: &str = r#"{"kinds": ["certificate", "federated", "secret"], "limit": 0}"#;

/// Asks for all kinds of settings.
const MONITORED: &str = r#"{"kinds": ["action_groups", "activity_log_alerts", "activity_log_export", "metric_alerts", "query_alerts", "resource_diagnostic_settings", "security_contacts"], "resource_types": ["Microsoft.KeyVault/vaults"], "limit": 0}"#;

pub(super) const LISTS: &[List] = &[
    list("app-role-assignments", "/appRoleAssignments", "", GraphPermissions, "/resourceId")
        .listed("service_principals", "service_principals"),
    list("owners of principals", "/owners", "", Nothing, "/id").listed("service_principals", "service_principals"),
    list("applications", "/v1.0/applications", "", GraphPermissions, "/requiredResourceAccess").asked(
        "app_credentials",
        "credentials",
        CREDENTIALS,
    ),
    list("federated credentials", "/federatedIdentityCredentials", "", Nothing, "/subject").asked(
        "app_credentials",
        "credentials",
        CREDENTIALS,
    ),
    list("oauth2-permission-grants", "/oauth2PermissionGrants", "", GraphPermissions, "/scope")
        .listed("service_principals", "service_principals"),
    list("authentication-strength-policies", "/policies/authenticationStrengthPolicies", "", People, "/requirementsSatisfied"),
    list("conditional-access-policies", "/conditionalAccess/policies", "", People, "/state")
        .listed("conditional_access_policies", "policies"),
    list("named-locations", "/conditionalAccess/namedLocations", "", People, "/isTrusted"),
    list("cross-tenant-partners", "/crossTenantAccessPolicy/partners", "", Nothing, "/tenantId").asked(
        "directory_settings",
        "partner_tenants",
        "{}",
    ),
    list("domains", "/v1.0/domains", "", Nothing, "/isVerified").asked("directory_settings", "domains", "{}"),
    list("group-settings", "/v1.0/groupSettings", "", Nothing, "/values"),
    list("organization", "/v1.0/organization", "", GraphPermissions, "/id"),
    list("service-principals", "/v1.0/servicePrincipals", "", GraphPermissions, "/accountEnabled")
        .listed("service_principals", "service_principals"),
    list("subscribed-skus", "/v1.0/subscribedSkus", "", GraphPermissions, "/servicePlans"),
    list("alerts", "/Microsoft.Security/alerts", "alerts", Defender, "/properties/status").asked(
        "defender_alerts",
        "alerts",
        r#"{"limit": 0, "statuses": ["Active", "Dismissed", "InProgress", "Resolved"]}"#,
    ),
    list("assessment-metadata", "/Microsoft.Security/assessmentMetadata", "", Defender, "/properties/severity"),
    list("assessments", "/Microsoft.Security/assessments", "", Defender, "/properties/status/code")
        .listed("defender_assessments", "assessments"),
    list("managed-clusters", "/managedClusters", "", Defender, "/properties").asked(
        "resources",
        "resources",
        r#"{"limit": 0, "resource_types": ["Microsoft.ContainerService/managedClusters"]}"#,
    ),
    list("pricings", "/Microsoft.Security/pricings", "plans", Defender, "/properties/pricingTier")
        .listed("defender_plans", "plans"),
    list("action-groups", "/Microsoft.Insights/actionGroups", "actiongroups", Defender, "/properties/enabled").asked(
        "monitor_settings",
        "settings",
        MONITORED,
    ),
    list("activity-log-alerts", "/Microsoft.Insights/activityLogAlerts", "activitylogalerts", Defender, "/properties/enabled")
        .asked("monitor_settings", "settings", MONITORED),
    list("diagnostic-settings", "/Microsoft.Insights/diagnosticSettings", "", Defender, "/properties/logs/*/enabled").asked(
        "monitor_settings",
        "settings",
        MONITORED,
    ),
    list("metric-alerts", "/Microsoft.Insights/metricAlerts", "metricalerts", Defender, "/properties/enabled").asked(
        "monitor_settings",
        "settings",
        MONITORED,
    ),
    list("query-alerts", "/Microsoft.Insights/scheduledQueryRules", "queryalerts", Defender, "/properties/enabled").asked(
        "monitor_settings",
        "settings",
        MONITORED,
    ),
    list("security-contacts", "/Microsoft.Security/securityContacts", "", Defender, "/properties/isEnabled").asked(
        "monitor_settings",
        "settings",
        MONITORED,
    ),
    list(
        "regulatory-compliance-assessments",
        "/regulatoryComplianceAssessments",
        "regulatoryassessments",
        Defender,
        "/properties/state",
    )
    .asked("regulatory_compliance", "rows", r#"{"depth": "assessments", "limit": 0}"#),
    list("regulatory-compliance-controls", "/regulatoryComplianceControls", "regulatorycontrols", Defender, "/properties/state")
        .listed("regulatory_compliance", "rows"),
    list(
        "regulatory-compliance-standards",
        "/regulatoryComplianceStandards",
        "regulatorystandards",
        Defender,
        "/properties/state",
    )
    .asked("regulatory_compliance", "rows", r#"{"depth": "standards"}"#),
    list("resources", "/resources", "resources", Defender, "/type"),
    list("secure-score-controls", "/secureScoreControls", "securescorecontrols", Defender, "/properties/unhealthyResourceCount")
        .listed("secure_score", "controls"),
    list("secure-scores", "/Microsoft.Security/secureScores", "securescores", Defender, "/properties/weight")
        .listed("secure_score", "scores"),
    list(
        "policy-assignments",
        "/Microsoft.Authorization/policyAssignments",
        "policyassignments",
        Defender,
        "/properties/overrides",
    )
    .listed("policy_compliance", "assignments"),
    list(
        "policy-definitions",
        "/Microsoft.Authorization/policyDefinitions",
        "policydefinitions",
        Defender,
        "/properties/policyRule/then/effect",
    )
    .listed("policy_compliance", "assignments"),
    list("policy-exemptions", "/Microsoft.Authorization/policyExemptions", "policyexemptions", Defender, "/properties/expiresOn")
        .listed("policy_exemptions", "exemptions"),
    list(
        "policy-set-definitions",
        "/Microsoft.Authorization/policySetDefinitions",
        "policysetdefinitions",
        Defender,
        "/properties/policyDefinitions",
    )
    .listed("policy_compliance", "assignments"),
    list(
        "standard-assignments",
        "/Microsoft.Security/standardAssignments",
        "standardassignments",
        Defender,
        "/properties/effect",
    )
    .listed("policy_exemptions", "exemptions"),
    list("sub-assessments", "/Microsoft.Security/subAssessments", "subassessments", Defender, "/properties/timeGenerated").asked(
        "vulnerabilities",
        "vulnerabilities",
        r#"{"limit": 0, "statuses": ["Healthy", "NotApplicable", "Unhealthy"]}"#,
    ),
    list("subscriptions", "/subscriptions", "", Defender, "/state").listed("subscriptions", "subscriptions"),
    list("deny-assignments", "/Microsoft.Authorization/denyAssignments", "", Roles, "/properties/permissions"),
    list("groups", "/v1.0/groups", "", Roles, "/visibility").listed("groups", "groups"),
    list("role-assignments", "/Microsoft.Authorization/roleAssignments", "roleassignments", Roles, "/properties/condition")
        .listed("role_assignments", "role_assignments"),
    list(
        "role-definitions",
        "/Microsoft.Authorization/roleDefinitions",
        "roledefinitions",
        Roles,
        "/properties/permissions/*/notActions",
    ),
    list(
        "role-eligibility-schedule-instances",
        "/Microsoft.Authorization/roleEligibilityScheduleInstances",
        "",
        Roles,
        "/properties/endDateTime",
    ),
    list("registration-details", "/userRegistrationDetails", "", Nothing, "/isMfaCapable").listed("users", "users"),
    list("users", "/v1.0/users", "", Roles, "/accountEnabled").listed("users", "users"),
    list("directory-role-assignments", "/v1.0/roleManagement/directory/roleAssignments", "", Roles, "/principalId")
        .listed("directory_role_assignments", "role_assignments"),
    list("directory-role-definitions", "/v1.0/roleManagement/directory/roleDefinitions", "", Roles, "/rolePermissions")
        .listed("directory_role_assignments", "role_assignments"),
    list(
        "directory-role-assignment-schedule-instances",
        "/v1.0/roleManagement/directory/roleAssignmentScheduleInstances",
        "",
        Roles,
        "/endDateTime",
    )
    .listed("directory_role_assignments", "role_assignments"),
    list(
        "directory-role-eligibility-schedule-instances",
        "/v1.0/roleManagement/directory/roleEligibilityScheduleInstances",
        "",
        Roles,
        "/endDateTime",
    )
    .listed("directory_role_assignments", "role_assignments"),
    list(
        "role-assignment-schedule-instances",
        "/Microsoft.Authorization/roleAssignmentScheduleInstances",
        "",
        Roles,
        "/properties/endDateTime",
    )
    .listed("role_assignments", "role_assignments"),
    list("members of groups", "/transitiveMembers", "", Roles, "/@odata.type").asked(
        "role_assignments",
        "role_assignments",
        r#"{"expand_groups": true, "limit": 0}"#,
    ),
    list("groups of a principal", "/transitiveMemberOf/microsoft.graph.group", "", Roles, "/id"),
    list("own permissions", "/Microsoft.Authorization/permissions", "", Defender, "/notActions"),
    list("management-groups", "/Microsoft.Management/managementGroups", "", Defender, "/properties/displayName")
        .marked("properties"),
    list("groups below the root", "/descendants", "", Defender, "/properties/parent/id").listed("subscriptions", "subscriptions"),
    list("providers", "/providers", "", Defender, "/registrationState").marked("registrationState"),
    list("resource-groups", "/resourcegroups", "resourcegroups", Defender, "/tags").marked("location").asked(
        "defender_assessments",
        "assessments",
        r#"{"limit": 0, "tags": {"env": "*"}}"#,
    ),
    query("assessmentcounts", Defender, "/number"),
    typed(
        "compute",
        "/providers/Microsoft.Compute/disks",
        r#"{"limit": 0, "resource_types": ["Microsoft.Compute/disks"]}"#,
        "/properties/diskState",
    ),
    typed(
        "compute",
        "/providers/Microsoft.Compute/virtualMachines",
        r#"{"limit": 0, "resource_types": ["Microsoft.Compute/virtualMachines"]}"#,
        "/properties/vmId",
    ),
    typed(
        "compute",
        "/providers/Microsoft.ContainerRegistry/registries",
        r#"{"limit": 0, "resource_types": ["Microsoft.ContainerRegistry/registries"]}"#,
        "/properties/adminUserEnabled",
    ),
    typed(
        "compute",
        "/providers/Microsoft.ManagedIdentity/userAssignedIdentities",
        r#"{"limit": 0, "resource_types": ["Microsoft.ManagedIdentity/userAssignedIdentities"]}"#,
        "/properties/principalId",
    ),
    typed(
        "compute",
        "/providers/Microsoft.Web/sites",
        r#"{"limit": 0, "resource_types": ["Microsoft.Web/sites"]}"#,
        "/properties/httpsOnly",
    ),
    typed(
        "data-services",
        "/providers/Microsoft.Cache/redis",
        r#"{"limit": 0, "resource_types": ["Microsoft.Cache/redis"]}"#,
        "/properties/enableNonSslPort",
    ),
    typed(
        "data-services",
        "/providers/Microsoft.DBforPostgreSQL/flexibleServers",
        r#"{"limit": 0, "resource_types": ["Microsoft.DBforPostgreSQL/flexibleServers"]}"#,
        "/properties/network/publicNetworkAccess",
    ),
    typed(
        "data-services",
        "/providers/Microsoft.DocumentDB/databaseAccounts",
        r#"{"limit": 0, "resource_types": ["Microsoft.DocumentDB/databaseAccounts"]}"#,
        "/properties/publicNetworkAccess",
    ),
    typed(
        "data-services",
        "/providers/Microsoft.Sql/servers",
        r#"{"limit": 0, "resource_types": ["Microsoft.Sql/servers"]}"#,
        "/properties/publicNetworkAccess",
    ),
    typed(
        "key-vaults",
        "/providers/Microsoft.KeyVault/vaults",
        r#"{"limit": 0, "resource_types": ["Microsoft.KeyVault/vaults"]}"#,
        "/properties/enablePurgeProtection",
    ),
    typed(
        "network-security-groups",
        "/providers/Microsoft.Network/networkSecurityGroups",
        r#"{"limit": 0, "resource_types": ["Microsoft.Network/networkSecurityGroups"]}"#,
        "/properties/securityRules",
    ),
    typed(
        "networks",
        "/providers/Microsoft.Network/networkInterfaces",
        r#"{"limit": 0, "resource_types": ["Microsoft.Network/networkInterfaces"]}"#,
        "/properties/networkSecurityGroup",
    ),
    typed(
        "networks",
        "/providers/Microsoft.Network/publicIPAddresses",
        r#"{"limit": 0, "resource_types": ["Microsoft.Network/publicIPAddresses"]}"#,
        "/properties/ipAddress",
    ),
    typed(
        "networks",
        "/providers/Microsoft.Network/virtualNetworks",
        r#"{"limit": 0, "resource_types": ["Microsoft.Network/virtualNetworks"]}"#,
        "/properties/subnets",
    ),
    typed(
        "storage-accounts",
        "/providers/Microsoft.Storage/storageAccounts",
        r#"{"limit": 0, "resource_types": ["Microsoft.Storage/storageAccounts"]}"#,
        "/properties/publicNetworkAccess",
    ),
    typed(
        "workspaces",
        "/providers/Microsoft.OperationalInsights/workspaces",
        r#"{"limit": 0, "resource_types": ["Microsoft.OperationalInsights/workspaces"]}"#,
        "/properties/retentionInDays",
    ),
    typed(
        "data-services",
        "/databases",
        r#"{"limit": 0, "resource_types": ["Microsoft.Sql/servers/databases"]}"#,
        "/properties/status",
    ),
    typed(
        "networks",
        "/flowLogs",
        r#"{"limit": 0, "resource_types": ["Microsoft.Network/networkWatchers/flowLogs"]}"#,
        "/properties/enabled",
    ),
    typed(
        "networks",
        "/providers/Microsoft.Network/networkWatchers",
        r#"{"limit": 0, "resource_types": ["Microsoft.Network/networkWatchers"]}"#,
        "/id",
    ),
    typed(
        "networks",
        "/providers/Microsoft.Network/virtualNetworkGateways",
        r#"{"limit": 0, "resource_types": ["Microsoft.Network/virtualNetworkGateways"]}"#,
        "/properties/gatewayType",
    ),
    typed(
        "networks",
        "/providers/Microsoft.Network/privateEndpoints",
        r#"{"limit": 0, "resource_types": ["Microsoft.Network/privateEndpoints"]}"#,
        "/properties/subnet",
    ),
    typed(
        "networks",
        "/providers/Microsoft.Network/applicationGateways",
        r#"{"limit": 0, "resource_types": ["Microsoft.Network/applicationGateways"]}"#,
        "/properties/firewallPolicy",
    ),
    typed(
        "networks",
        "/providers/Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies",
        r#"{"limit": 0, "resource_types": ["Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies"]}"#,
        "/properties/policySettings",
    ),
    typed(
        "vault-objects",
        "/keys",
        r#"{"limit": 0, "resource_types": ["Microsoft.KeyVault/vaults/keys"]}"#,
        "/properties/attributes",
    ),
    typed(
        "vault-objects",
        "/secrets",
        r#"{"limit": 0, "resource_types": ["Microsoft.KeyVault/vaults/secrets"]}"#,
        "/properties/attributes",
    ),
    typed(
        "storage-parts",
        "/blobServices/default/containers",
        r#"{"limit": 0, "resource_types": ["Microsoft.Storage/storageAccounts/blobServices/containers"]}"#,
        "/properties/publicAccess",
    ),
    typed(
        "storage-parts",
        "/fileServices/default/shares",
        r#"{"limit": 0, "resource_types": ["Microsoft.Storage/storageAccounts/fileServices/shares"]}"#,
        "/properties/enabledProtocols",
    ),
    query("assessments", Defender, "/properties/status/code"),
    query("custommetadata", Defender, "/metadata"),
    query("findings", Defender, "/properties/status/code"),
    query("hierarchy", Defender, "/chain"),
    query("policystates", Defender, "/properties/complianceState"),
    query("resourcecounts", Defender, "/counts"),
    query("scans", Defender, "/scans"),
    query("typed", Nothing, "/location"),
];

/// Fields whose absence has a documented meaning that is no lack of knowledge, with what it means; another kind is none of theirs.
pub(super) const DOCUMENTED: &[(&str, &str, &str)] = &[
    ("deny-assignments", "/properties/doNotApplyToChildScopes", "absent: it applies below, too"),
    ("groups", "/isAssignableToRole", "null: it cannot be given roles"),
    ("groups", "/onPremisesSyncEnabled", "null: it never was"),
    ("policy-exemptions", "/properties/expiresOn", "absent: it does not end"),
    ("policy-exemptions", "/properties/policyDefinitionReferenceIds", "absent: all of them"),
    ("pricings", "/properties/deprecated", "absent: not deprecated"),
    ("pricings", "/properties/extensions/*/operationStatus", "absent: nothing was done yet"),
    ("pricings", "/properties/extensions/*/operationStatus/code", "absent: nothing was done yet"),
    ("pricings", "/properties/subPlan", "absent: the full plan"),
    ("role-assignments", "/properties/condition", "absent: no condition"),
    ("role-definitions", "/properties/permissions/*/condition", "absent: no condition"),
    ("role-eligibility-schedule-instances", "/properties/condition", "absent: no condition"),
    ("role-eligibility-schedule-instances", "/properties/endDateTime", "absent: it does not end"),
    ("role-eligibility-schedule-instances", "/properties/startDateTime", "absent: it has begun"),
    ("service-principals", "/@odata.type", "absent: an ordinary one"),
    ("standard-assignments", "/properties/expiresOn", "absent: it does not end"),
];

/// Lists of which the empty one has a documented meaning that is no lack of knowledge, with what it means.
pub(super) const EMPTY: &[(&str, &str, &str)] = &[
    ("applications", "/keyCredentials", "it has no certificate"),
    ("applications", "/passwordCredentials", "it has no secret"),
    ("applications", "/requiredResourceAccess", "it requests nothing"),
    ("applications", "/requiredResourceAccess/*/resourceAccess", "of that API it requests nothing"),
    ("deny-assignments", "/properties/excludePrincipals", "nobody is left out"),
    ("deny-assignments", "/properties/permissions/*/notActions", "nothing is left out"),
    ("groups", "/groupTypes", "an ordinary one"),
    ("own permissions", "/notActions", "nothing is taken out"),
    ("own permissions", "/notDataActions", "nothing is taken out"),
    ("policy-exemptions", "/properties/policyDefinitionReferenceIds", "all of them"),
    ("role-definitions", "/properties/permissions/*/notActions", "nothing is taken out"),
    ("role-definitions", "/properties/permissions/*/notDataActions", "nothing is taken out"),
    ("service-principals", "/keyCredentials", "it has no certificate"),
    ("service-principals", "/passwordCredentials", "it has no secret"),
    ("sub-assessments", "/properties/additionalData/cve", "it is about no weakness that has a number"),
];

/// Fields that tell rows apart or say what they are. A row without one is none, and nothing tells which rows are missing: the whole
/// list is a gap, because a collector has either a list or the reason why there is none.
pub(super) const IDENTITY: &[&str] =
    &["id", "name", "principalId", "properties", "roleDefinitionId", "scope", "subscriptionId", "tenantId", "type"];

/// Fields of which only null and absence mean that all is well: another kind makes the list a gap as well.
pub(super) const EXACT: &[&str] =
    &["condition", "endDateTime", "operationStatus", "startDateTime", "subPlan", "tags", "visibility"];
