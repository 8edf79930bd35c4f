//! Every path the tenant answers, in one table: what it needs, where its rows come from, how they are paged.

use std::collections::BTreeMap;

use azure_core::http::Method;
use serde_json::Value;

use super::{
    Host,
    access::Access,
    answer::Refusal,
    authorization as authz, directory as dir,
    fixtures::{Document, Fixtures, Rows, document},
    request::Call,
    resource_graph as query, resource_manager as arm,
};

/// One path.
pub(super) struct Route {
    pub(super) host: Host,
    pub(super) method: Method,
    /// `{scope}` stands for any scope, `{name}` for one segment or a part of it.
    pub(super) template: &'static str,
    /// Versions of the API; none on Graph.
    pub(super) versions: &'static [&'static str],
    /// The action needed at the scope, or on Graph the permissions any of which suffices; empty = a token suffices.
    pub(super) needs: &'static str,
    pub(super) document: Document,
    pub(super) paging: Paging,
    pub(super) source: Source,
    pub(super) table: Option<Table>,
}

/// Where Resource Graph has the rows of a path.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// The type where a row does not say.
    pub(super) kind: &'static str,
}

/// How a list is cut; the number is the rows of a page.
#[derive(Clone, Copy)]
pub(super) enum Paging {
    AtNextLink(usize),
    NextLink(usize),
    OData(usize),
    Query,
}

/// Where rows come from.
pub(super) type Source = fn(&Asked<'_>) -> Result<Found, Refusal>;

/// What a source found.
pub(super) enum Found {
    One(Value),
    Rows(Vec<Value>),
}

/// What a source is asked.
pub(super) struct Asked<'a> {
    pub(super) call: &'a Call,
    pub(super) fixtures: &'a Fixtures,
    pub(super) access: Access<'a>,
    pub(super) fixture: &'static str,
    /// The scope in the path, `/` for the tenant.
    pub(super) scope: String,
    pub(super) captured: Captured,
}

impl Asked<'_> {
    /// The part of the path that stands where the template has `{name}`.
    pub(super) fn captured(&self, name: &str) -> &str {
        self.captured.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The rows of the document of the path.
    pub(super) fn rows(&self) -> Rows {
        self.fixtures.rows(self.fixture)
    }

    /// Copies of those for which something holds.
    pub(super) fn rows_where(&self, holds: impl FnMut(&Value) -> bool) -> Vec<Value> {
        self.fixtures.rows_where(self.fixture, holds)
    }
}

/// The parts of a path that stand for placeholders, by the placeholder's name.
pub(super) type Captured = BTreeMap<&'static str, String>;

const RM: &[&str] = &["2025-04-01", "2021-04-01"];
const SUB: &[&str] = &["2022-12-01"];
const MG: &[&str] = &["2023-04-01"];
const AUTHZ: &[&str] = &["2022-04-01"];
const DENY: &[&str] = &["2024-07-01-preview", "2022-04-01"];
const PIM: &[&str] = &["2020-10-01"];
const SEC: &[&str] = &["2025-05-04", "2021-06-01"];
const SUBASSESSMENT: &[&str] = &["2019-01-01-preview"];
const PRICING: &[&str] = &["2024-01-01"];
const MONITOR: &[&str] = &["2021-05-01-preview"];
const COMPLIANCE: &[&str] = &["2019-01-01-preview"];
const SCORE: &[&str] = &["2020-01-01"];
const POLICY: &[&str] = &["2023-04-01"];
const ARG: &[&str] = &["2024-04-01", "2022-10-01"];

const READ_MG: &str = "Microsoft.Management/managementGroups/read";
const READ_SUBASSESSMENT: &str = "Microsoft.Security/assessments/subAssessments/read";
const DIRECTORY: &str = "Directory.Read.All";
const APPLICATIONS: &str = "Application.Read.All Directory.Read.All";
const GROUPS: &str = "GroupMember.Read.All Group.Read.All Directory.Read.All";
const ROLES: &str = "RoleManagement.Read.Directory RoleManagement.Read.All Directory.Read.All";
const ELIGIBLE: &str = "RoleEligibilitySchedule.Read.Directory RoleManagement.Read.Directory RoleManagement.Read.All";
const ACTIVE: &str = "RoleAssignmentSchedule.Read.Directory RoleManagement.Read.Directory RoleManagement.Read.All";
const METHODS: &str = "Policy.Read.AuthenticationMethod Policy.Read.All";
const POLICIES: &str = "Policy.Read.All";
const AUDIT: &str = "AuditLog.Read.All";
const USERS: &str = "User.Read.All Directory.Read.All";
const LIST: Paging = Paging::NextLink(50);
const TYPED: Paging = Paging::NextLink(3);
const DIR: Paging = Paging::OData(5);

/// A row for Resource Manager, and for Microsoft Graph. The document it names is embedded with it.
macro_rules! arm {
    ($template:literal, $versions:expr, $needs:expr, $document:tt, $paging:expr, $source:expr) => {
        Route {
            host: Host::ResourceManager,
            method: Method::Get,
            template: $template,
            versions: $versions,
            needs: $needs,
            document: document!($document),
            paging: $paging,
            source: $source,
            table: None,
        }
    };
}
macro_rules! graph {
    ($template:literal, $needs:expr, $document:tt, $source:expr) => {
        Route { host: Host::Graph, ..arm!($template, &[], $needs, $document, DIR, $source) }
    };
}

/// One line a path: it is read as a table.
#[rustfmt::skip]
pub(super) const ROUTES: &[Route] = &[
    arm!("/subscriptions", SUB, "", "subscriptions", LIST, arm::subscriptions),
    arm!("/subscriptions/{subscription}", SUB, "Microsoft.Resources/subscriptions/read", "subscriptions", LIST, arm::one_subscription).in_table("resourcecontainers", query::SUBSCRIPTION),
    arm!("/tenants", SUB, "", "tenants", LIST, arm::whole),
    arm!("/subscriptions/{subscription}/providers", RM, "Microsoft.Resources/subscriptions/providers/read", "providers", Paging::NextLink(8), arm::under),
    arm!("/subscriptions/{subscription}/providers/{name}", RM, "Microsoft.Resources/subscriptions/providers/read", "providers", LIST, arm::provider),
    arm!("/subscriptions/{subscription}/resourcegroups", RM, "Microsoft.Resources/subscriptions/resourceGroups/read", "resource-groups", Paging::NextLink(4), arm::under).in_table("resourcecontainers", query::RESOURCE_GROUP),
    arm!("/subscriptions/{subscription}/resources", RM, "Microsoft.Resources/subscriptions/resources/read", "resources", Paging::NextLink(15), arm::resources).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.App/containerApps", &["2024-03-01"], "Microsoft.App/containerApps/read", "compute", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.App/managedEnvironments", &["2024-03-01"], "Microsoft.App/managedEnvironments/read", "compute", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Cache/redis", &["2024-03-01"], "Microsoft.Cache/redis/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Cache/redisEnterprise", &["2024-02-01"], "Microsoft.Cache/redisEnterprise/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Cdn/profiles", &["2024-02-01"], "Microsoft.Cdn/profiles/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/accounts", &["2023-05-01"], "Microsoft.CognitiveServices/accounts/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Compute/diskEncryptionSets", &["2023-10-02"], "Microsoft.Compute/diskEncryptionSets/read", "compute", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Compute/disks", &["2023-10-02"], "Microsoft.Compute/disks/read", "compute", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Compute/snapshots", &["2023-10-02"], "Microsoft.Compute/snapshots/read", "compute", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Compute/virtualMachines", &["2024-03-01"], "Microsoft.Compute/virtualMachines/read", "compute", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Compute/virtualMachineScaleSets", &["2024-03-01"], "Microsoft.Compute/virtualMachineScaleSets/read", "compute", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.ContainerInstance/containerGroups", &["2023-05-01"], "Microsoft.ContainerInstance/containerGroups/read", "compute", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/registries", &["2023-07-01"], "Microsoft.ContainerRegistry/registries/read", "compute", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.ContainerService/managedClusters", &["2024-02-01"], "Microsoft.ContainerService/managedClusters/read", "managed-clusters", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.DataProtection/backupVaults", &["2024-04-01"], "Microsoft.DataProtection/backupVaults/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.DBforMySQL/flexibleServers", &["2023-12-30"], "Microsoft.DBforMySQL/flexibleServers/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.DBforPostgreSQL/flexibleServers", &["2022-12-01"], "Microsoft.DBforPostgreSQL/flexibleServers/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.DocumentDB/databaseAccounts", &["2024-05-15"], "Microsoft.DocumentDB/databaseAccounts/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.EventHub/namespaces", &["2024-01-01"], "Microsoft.EventHub/namespaces/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.HybridCompute/machines", &["2022-12-27"], "Microsoft.HybridCompute/machines/read", "compute", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.KeyVault/managedHSMs", &["2023-07-01"], "Microsoft.KeyVault/managedHSMs/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.KeyVault/vaults", &["2026-02-01", "2023-07-01"], "Microsoft.KeyVault/vaults/read", "key-vaults", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.ManagedIdentity/userAssignedIdentities", &["2023-01-31"], "Microsoft.ManagedIdentity/userAssignedIdentities/read", "compute", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/applicationGateways", &["2024-01-01"], "Microsoft.Network/applicationGateways/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies", &["2024-01-01"], "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/azureFirewalls", &["2024-01-01"], "Microsoft.Network/azureFirewalls/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/bastionHosts", &["2024-01-01"], "Microsoft.Network/bastionHosts/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/firewallPolicies", &["2024-01-01"], "Microsoft.Network/firewallPolicies/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/frontDoors", &["2021-06-01"], "Microsoft.Network/frontDoors/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/frontDoorWebApplicationFirewallPolicies", &["2024-02-01"], "Microsoft.Network/frontDoorWebApplicationFirewallPolicies/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/loadBalancers", &["2024-01-01"], "Microsoft.Network/loadBalancers/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/networkInterfaces", &["2024-01-01"], "Microsoft.Network/networkInterfaces/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/networkSecurityGroups", &["2024-01-01"], "Microsoft.Network/networkSecurityGroups/read", "network-security-groups", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/networkWatchers", &["2024-01-01"], "Microsoft.Network/networkWatchers/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/privateEndpoints", &["2024-01-01"], "Microsoft.Network/privateEndpoints/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/publicIPAddresses", &["2024-01-01"], "Microsoft.Network/publicIPAddresses/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/trafficManagerProfiles", &["2022-04-01"], "Microsoft.Network/trafficManagerProfiles/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Network/virtualNetworks", &["2024-01-01"], "Microsoft.Network/virtualNetworks/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.OperationalInsights/workspaces", &["2023-09-01"], "Microsoft.OperationalInsights/workspaces/read", "workspaces", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.RecoveryServices/vaults", &["2024-04-01"], "Microsoft.RecoveryServices/vaults/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.ServiceBus/namespaces", &["2021-11-01"], "Microsoft.ServiceBus/namespaces/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Sql/managedInstances", &["2021-11-01"], "Microsoft.Sql/managedInstances/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Sql/servers", &["2021-11-01"], "Microsoft.Sql/servers/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Storage/storageAccounts", &["2023-05-01"], "Microsoft.Storage/storageAccounts/read", "storage-accounts", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Web/sites", &["2023-12-01"], "Microsoft.Web/sites/read", "compute", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Insights/actionGroups", &["2023-01-01"], "Microsoft.Insights/actionGroups/read", "action-groups", LIST, arm::under).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Insights/activityLogAlerts", &["2020-10-01"], "Microsoft.Insights/activityLogAlerts/read", "activity-log-alerts", LIST, arm::under).in_table("resources", ""),
    arm!("{scope}/providers/Microsoft.Insights/diagnosticSettings", MONITOR, "Microsoft.Insights/diagnosticSettings/read", "diagnostic-settings", LIST, arm::diagnostic_settings),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Insights/metricAlerts", &["2018-03-01"], "Microsoft.Insights/metricAlerts/read", "metric-alerts", LIST, arm::under).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Insights/scheduledQueryRules", &["2023-12-01"], "Microsoft.Insights/scheduledQueryRules/read", "query-alerts", LIST, arm::under).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Security/securityContacts", &["2023-12-01-preview"], "Microsoft.Security/securityContacts/read", "security-contacts", LIST, arm::under),
    arm!("/subscriptions/{subscription}/resourceGroups/{name}/providers/Microsoft.KeyVault/vaults/{parent}/keys", &["2026-02-01", "2023-07-01"], "Microsoft.KeyVault/vaults/keys/read", "vault-objects", TYPED, arm::typed),
    arm!("/subscriptions/{subscription}/resourceGroups/{name}/providers/Microsoft.KeyVault/vaults/{parent}/secrets", &["2026-02-01", "2023-07-01"], "Microsoft.KeyVault/vaults/secrets/read", "vault-objects", TYPED, arm::typed),
    arm!("/subscriptions/{subscription}/resourceGroups/{name}/providers/Microsoft.Network/networkWatchers/{parent}/flowLogs", &["2024-01-01"], "Microsoft.Network/networkWatchers/flowLogs/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/resourceGroups/{name}/providers/Microsoft.Network/virtualNetworkGateways", &["2024-01-01"], "Microsoft.Network/virtualNetworkGateways/read", "networks", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/resourceGroups/{name}/providers/Microsoft.Sql/servers/{parent}/databases", &["2021-11-01"], "Microsoft.Sql/servers/databases/read", "data-services", TYPED, arm::typed).in_table("resources", ""),
    arm!("/subscriptions/{subscription}/resourceGroups/{name}/providers/Microsoft.Storage/storageAccounts/{parent}/blobServices/default/containers", &["2023-05-01"], "Microsoft.Storage/storageAccounts/blobServices/containers/read", "storage-parts", TYPED, arm::typed),
    arm!("/subscriptions/{subscription}/resourceGroups/{name}/providers/Microsoft.Storage/storageAccounts/{parent}/fileServices/default/shares", &["2023-05-01"], "Microsoft.Storage/storageAccounts/fileServices/shares/read", "storage-parts", TYPED, arm::typed),
    arm!("/providers/Microsoft.Management/managementGroups", MG, "", "management-groups", Paging::AtNextLink(2), arm::groups),
    arm!("/providers/Microsoft.Management/managementGroups/{group}", MG, READ_MG, "management-groups", LIST, arm::group),
    arm!("/providers/Microsoft.Management/managementGroups/{group}/descendants", MG, READ_MG, "management-groups", Paging::NextLink(2), arm::descendants),
    arm!("/providers/Microsoft.Management/managementGroups/{group}/subscriptions", MG, READ_MG, "management-group-subscriptions", LIST, arm::group_subscriptions),
    arm!("{scope}/providers/Microsoft.Authorization/roleAssignments", AUTHZ, "Microsoft.Authorization/roleAssignments/read", "role-assignments", Paging::NextLink(10), authz::assignments).in_table("authorizationresources", ""),
    arm!("{scope}/providers/Microsoft.Authorization/denyAssignments", DENY, "Microsoft.Authorization/denyAssignments/read", "deny-assignments", LIST, authz::assignments),
    arm!("{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleInstances", PIM, "Microsoft.Authorization/roleAssignmentScheduleInstances/read", "role-assignment-schedule-instances", LIST, authz::instances),
    arm!("{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances", PIM, "Microsoft.Authorization/roleEligibilityScheduleInstances/read", "role-eligibility-schedule-instances", LIST, authz::instances),
    arm!("{scope}/providers/Microsoft.Authorization/roleDefinitions", AUTHZ, "Microsoft.Authorization/roleDefinitions/read", "role-definitions", LIST, authz::definitions).in_table("authorizationresources", ""),
    arm!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}", AUTHZ, "Microsoft.Authorization/roleDefinitions/read", "role-definitions", LIST, authz::definition),
    arm!("{scope}/providers/Microsoft.Authorization/policyAssignments", &["2024-04-01"], "Microsoft.Authorization/policyAssignments/read", "policy-assignments", Paging::NextLink(3), arm::around).in_table("policyresources", ""),
    arm!("/providers/Microsoft.Authorization/policyDefinitions/{name}", POLICY, "", "policy-definitions", LIST, arm::built_in),
    arm!("{scope}/providers/Microsoft.Authorization/policyDefinitions", POLICY, "Microsoft.Authorization/policyDefinitions/read", "policy-definitions", LIST, arm::policies).in_table("policyresources", ""),
    arm!("/providers/Microsoft.Authorization/policySetDefinitions/{name}", POLICY, "", "policy-set-definitions", LIST, arm::built_in),
    arm!("{scope}/providers/Microsoft.Authorization/policySetDefinitions", POLICY, "Microsoft.Authorization/policySetDefinitions/read", "policy-set-definitions", LIST, arm::policies).in_table("policyresources", ""),
    Route { method: Method::Post, ..arm!("{scope}/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults", &["2019-10-01"], "Microsoft.PolicyInsights/policyStates/queryResults/read", "policy-states", LIST, arm::under).in_table("policyresources", "") },
    arm!("{scope}/providers/Microsoft.Authorization/policyExemptions", &["2022-07-01-preview"], "Microsoft.Authorization/policyExemptions/read", "policy-exemptions", Paging::NextLink(4), arm::around).in_table("policyresources", ""),
    arm!("{scope}/providers/Microsoft.Authorization/permissions", AUTHZ, "", "", LIST, authz::permissions),
    arm!("{scope}/providers/Microsoft.Security/alerts", &["2022-01-01"], "Microsoft.Security/alerts/read", "alerts", Paging::NextLink(4), arm::under).in_table("securityresources", query::ALERT),
    arm!("{scope}/providers/Microsoft.Security/pricings", PRICING, "Microsoft.Security/pricings/read", "pricings", LIST, arm::pricings).in_table("securityresources", ""),
    arm!("{scope}/providers/Microsoft.Security/pricings/{name}", PRICING, "Microsoft.Security/pricings/read", "pricings", LIST, arm::pricing),
    arm!("{scope}/providers/Microsoft.Security/assessments", SEC, "Microsoft.Security/assessments/read", "assessments", Paging::NextLink(12), arm::assessments).in_table("securityresources", query::ASSESSMENT),
    arm!("{scope}/providers/Microsoft.Security/assessments/{name}", SEC, "Microsoft.Security/assessments/read", "assessments", LIST, arm::assessment),
    arm!("{scope}/providers/Microsoft.Security/assessments/{key}/subAssessments", SUBASSESSMENT, READ_SUBASSESSMENT, "sub-assessments", Paging::NextLink(5), arm::sub_assessments),
    arm!("{scope}/providers/Microsoft.Security/standardAssignments", &["2024-08-01"], "Microsoft.Security/standardAssignments/read", "standard-assignments", Paging::NextLink(3), arm::under).in_table("securityresources", ""),
    arm!("{scope}/providers/Microsoft.Security/subAssessments", SUBASSESSMENT, READ_SUBASSESSMENT, "sub-assessments", Paging::NextLink(5), arm::under).in_table("securityresources", ""),
    arm!("/providers/Microsoft.Security/assessmentMetadata", SEC, "", "assessment-metadata", Paging::NextLink(20), arm::metadata),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Security/assessmentMetadata", SEC, "Microsoft.Security/assessmentMetadata/read", "assessment-metadata", Paging::NextLink(20), arm::metadata),
    arm!("{scope}/providers/Microsoft.Security/healthReports", &["2023-05-01-preview"], "Microsoft.Security/healthReports/read", "health-reports", LIST, arm::under),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Security/serverVulnerabilityAssessmentsSettings", &["2023-05-01"], "Microsoft.Security/serverVulnerabilityAssessmentsSettings/read", "server-vulnerability-settings", LIST, arm::under),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Security/settings", &["2022-05-01"], "Microsoft.Security/settings/read", "security-settings", LIST, arm::under),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Security/regulatoryComplianceStandards", COMPLIANCE, "Microsoft.Security/regulatoryComplianceStandards/read", "regulatory-compliance-standards", LIST, arm::standards).in_table("securityresources", query::COMPLIANCE_STANDARD),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Security/regulatoryComplianceStandards/{standard}/regulatoryComplianceControls", COMPLIANCE, "Microsoft.Security/regulatoryComplianceStandards/regulatoryComplianceControls/read", "regulatory-compliance-controls", Paging::NextLink(3), arm::below).in_table("securityresources", query::COMPLIANCE_CONTROL),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Security/regulatoryComplianceStandards/{standard}/regulatoryComplianceControls/{control}/regulatoryComplianceAssessments", COMPLIANCE, "Microsoft.Security/regulatoryComplianceStandards/regulatoryComplianceControls/regulatoryComplianceAssessments/read", "regulatory-compliance-assessments", Paging::NextLink(3), arm::below).in_table("securityresources", query::COMPLIANCE_ASSESSMENT),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Security/secureScores", SCORE, "Microsoft.Security/secureScores/read", "secure-scores", LIST, arm::under).in_table("securityresources", ""),
    arm!("/subscriptions/{subscription}/providers/Microsoft.Security/secureScoreControls", SCORE, "Microsoft.Security/secureScoreControls/read", "secure-score-controls", LIST, arm::under).in_table("securityresources", ""),
    Route { method: Method::Post, ..arm!("/providers/Microsoft.ResourceGraph/resources", ARG, "", "", Paging::Query, query::rows) },
    graph!("/v1.0/organization", "Organization.Read.All User.Read.All Directory.Read.All", "organization", dir::whole),
    graph!("/v1.0/subscribedSkus", "LicenseAssignment.Read.All Organization.Read.All Directory.Read.All", "subscribed-skus", dir::whole),
    graph!("/v1.0/users", USERS, "users", dir::users),
    graph!("/v1.0/users/{id}", USERS, "users", dir::user),
    graph!("/v1.0/users/{id}/transitiveMemberOf", DIRECTORY, "users", dir::member_of),
    graph!("/v1.0/users/{id}/transitiveMemberOf/{cast}", DIRECTORY, "users", dir::member_of),
    graph!("/v1.0/reports/authenticationMethods/userRegistrationDetails", AUDIT, "registration-details", dir::registrations),
    graph!("/v1.0/groups", GROUPS, "groups", dir::whole),
    graph!("/v1.0/groups/{id}", GROUPS, "groups", dir::one),
    graph!("/v1.0/groups/{id}/members", GROUPS, "groups", dir::members),
    graph!("/v1.0/groups/{id}/members/{cast}", GROUPS, "groups", dir::members),
    graph!("/v1.0/groups/{id}/transitiveMemberOf", GROUPS, "groups", dir::member_of),
    graph!("/v1.0/groups/{id}/transitiveMemberOf/{cast}", GROUPS, "groups", dir::member_of),
    graph!("/v1.0/groups/{id}/transitiveMembers", GROUPS, "groups", dir::transitive_members),
    graph!("/v1.0/groups/{id}/transitiveMembers/{cast}", GROUPS, "groups", dir::transitive_members),
    graph!("/v1.0/roleManagement/directory/roleDefinitions", ROLES, "directory-role-definitions", dir::whole),
    graph!("/v1.0/roleManagement/directory/roleDefinitions/{id}", ROLES, "directory-role-definitions", dir::one),
    graph!("/v1.0/roleManagement/directory/roleAssignments", ROLES, "directory-role-assignments", dir::role_rows),
    graph!("/v1.0/roleManagement/directory/roleEligibilityScheduleInstances", ELIGIBLE, "directory-role-eligibility-schedule-instances", dir::role_instances),
    graph!("/v1.0/roleManagement/directory/roleAssignmentScheduleInstances", ACTIVE, "directory-role-assignment-schedule-instances", dir::role_instances),
    graph!("/v1.0/servicePrincipals", APPLICATIONS, "service-principals", dir::whole),
    graph!("/v1.0/servicePrincipals(appId='{app}')", APPLICATIONS, "service-principals", dir::by_app),
    graph!("/v1.0/servicePrincipals/{id}", APPLICATIONS, "service-principals", dir::one),
    graph!("/v1.0/servicePrincipals/{id}/transitiveMemberOf", DIRECTORY, "service-principals", dir::member_of),
    graph!("/v1.0/servicePrincipals/{id}/transitiveMemberOf/{cast}", DIRECTORY, "service-principals", dir::member_of),
    graph!("/v1.0/servicePrincipals/{id}/appRoleAssignments", APPLICATIONS, "app-role-assignments", dir::app_role_assignments),
    graph!("/v1.0/servicePrincipals/{id}/appRoleAssignedTo", APPLICATIONS, "app-role-assignments", dir::app_role_assigned_to),
    graph!("/v1.0/servicePrincipals/{id}/oauth2PermissionGrants", DIRECTORY, "oauth2-permission-grants", dir::grants),
    graph!("/v1.0/servicePrincipals/{id}/owners", APPLICATIONS, "service-principal-owners", dir::owners),
    graph!("/v1.0/servicePrincipals/{id}/synchronization/jobs", "Synchronization.Read.All", "synchronization-jobs", dir::jobs),
    graph!("/v1.0/applications", APPLICATIONS, "applications", dir::whole),
    graph!("/v1.0/applications(appId='{app}')", APPLICATIONS, "applications", dir::by_app),
    graph!("/v1.0/applications/{id}", APPLICATIONS, "applications", dir::one),
    graph!("/v1.0/applications/{id}/federatedIdentityCredentials", APPLICATIONS, "federated-identity-credentials", dir::federated),
    graph!("/v1.0/identity/conditionalAccess/policies", POLICIES, "conditional-access-policies", dir::whole),
    graph!("/v1.0/identity/conditionalAccess/namedLocations", POLICIES, "named-locations", dir::whole),
    graph!("/v1.0/policies/adminConsentRequestPolicy", POLICIES, "admin-consent-policy", dir::single),
    graph!("/v1.0/policies/authenticationMethodsPolicy", METHODS, "authentication-methods-policy", dir::single),
    graph!("/v1.0/policies/authenticationStrengthPolicies", METHODS, "authentication-strength-policies", dir::whole),
    graph!("/v1.0/policies/authorizationPolicy", POLICIES, "authorization-policy", dir::single),
    graph!("/v1.0/policies/crossTenantAccessPolicy/default", POLICIES, "cross-tenant-default", dir::single),
    graph!("/v1.0/policies/crossTenantAccessPolicy/partners", POLICIES, "cross-tenant-partners", dir::whole),
    graph!("/v1.0/policies/identitySecurityDefaultsEnforcementPolicy", POLICIES, "security-defaults", dir::single),
    graph!("/v1.0/groupSettings", "GroupSettings.Read.All Directory.Read.All", "group-settings", dir::whole),
    graph!("/v1.0/domains", "Domain.Read.All Directory.Read.All", "domains", dir::whole),
    graph!("/v1.0/oauth2PermissionGrants", DIRECTORY, "oauth2-permission-grants", dir::whole),
];

impl Route {
    /// The same, whose rows stand in a table of Resource Graph, too; `kind` is their type there, where a row does not say it itself.
    const fn in_table(mut self, name: &'static str, kind: &'static str) -> Self {
        self.table = Some(Table { name, kind });
        self
    }
}

/// The route of a request, whatever its method.
pub(super) fn find(call: &Call, host: Host) -> Option<(&'static Route, Captured)> {
    let routes = ROUTES.iter().filter(|route| route.host == host);
    routes.filter_map(|route| Some((route, matched(route.template, &call.segments)?))).next()
}

/// The parts of the path that stand for the template's placeholders, if the path has the template's form.
fn matched(template: &'static str, segments: &[String]) -> Option<Captured> {
    let mut captured = BTreeMap::new();
    let mut segments = segments;
    let rest = match template.strip_prefix("{scope}") {
        Some(rest) => {
            let (scope, tail) = segments.split_at_checked(segments.len().checked_sub(rest.matches('/').count())?)?;
            captured.insert("scope", scope.join("/"));
            segments = tail;
            rest
        }
        None => template,
    };
    let mut own = segments.iter();
    for part in rest.split('/').skip(1) {
        let segment = own.next().filter(|segment| !segment.is_empty())?;
        match part.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?))) {
            Some((before, (name, after))) => {
                let inner = segment.len().checked_sub(before.len() + after.len())?;
                let (head, tail) = segment.split_at_checked(before.len())?;
                let (value, end) = tail.split_at_checked(inner)?;
                if !head.eq_ignore_ascii_case(before) || !end.eq_ignore_ascii_case(after) {
                    return None;
                }
                captured.insert(name, value.to_owned());
            }
            None if segment.eq_ignore_ascii_case(part) => {}
            None => return None,
        }
    }
    own.next().is_none().then_some(captured)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::azure::{
        Audience,
        endpoint::{Endpoint, endpoints},
    };

    fn segments(path: &str) -> Vec<String> {
        path.split('/').skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn a_scope_placeholder_takes_what_the_rest_leaves() {
        let captured = matched("{scope}/providers/A/b/{name}", &segments("/subscriptions/1/providers/a/B/x")).unwrap();
        assert_eq!(captured, BTreeMap::from([("scope", "subscriptions/1".to_owned()), ("name", "x".to_owned())]));
        assert!(matched("{scope}/providers/A/b", &segments("/providers/A/b")).is_some());
    }

    #[test]
    fn a_placeholder_can_be_part_of_a_segment() {
        let captured = matched("/v1.0/apps(appId='{app}')", &segments("/v1.0/apps(appId='7')")).unwrap();
        assert_eq!(captured.get("app").map(String::as_str), Some("7"));
        assert!(matched("/v1.0/apps(appId='{app}')", &segments("/v1.0/apps")).is_none());
    }

    /// What the tenant answers although nothing reads it yet. A row goes when something does.
    const UNREAD: &[&str] = &[
        "/tenants",
        "{scope}/providers/Microsoft.Security/pricings/{name}",
        "{scope}/providers/Microsoft.Security/assessments/{name}",
        "{scope}/providers/Microsoft.Security/assessments/{key}/subAssessments",
        "{scope}/providers/Microsoft.Security/healthReports",
        "/subscriptions/{subscription}/providers/Microsoft.Security/serverVulnerabilityAssessmentsSettings",
        "/subscriptions/{subscription}/providers/Microsoft.Security/settings",
        "{scope}/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults",
        "/providers/Microsoft.ResourceGraph/resources",
        "/v1.0/users/{id}/transitiveMemberOf",
        "/v1.0/groups/{id}/members",
        "/v1.0/groups/{id}/members/{cast}",
        "/v1.0/groups/{id}/transitiveMemberOf",
        "/v1.0/groups/{id}/transitiveMembers/{cast}",
        "/v1.0/roleManagement/directory/roleDefinitions/{id}",
        "/v1.0/servicePrincipals/{id}/transitiveMemberOf",
        "/v1.0/servicePrincipals/{id}/appRoleAssignedTo",
        "/v1.0/applications/{id}",
    ];

    /// Where a read may stand, for each kind of scope that a template can begin with.
    fn paths(endpoint: &Endpoint) -> Vec<String> {
        let tail = endpoint.tail.replace("{id}", "x");
        if endpoint.audience == Audience::Graph {
            return vec![format!("/v1.0/{tail}")];
        }
        let below = |scope: &str| if tail.is_empty() { scope.to_owned() } else { format!("{scope}/{tail}") };
        ["", "/subscriptions/s", "/subscriptions/s/resourceGroups/r", "/providers/Microsoft.Management/managementGroups/g"]
            .map(below)
            .into()
    }

    fn routes_of(endpoint: &Endpoint) -> Vec<&'static Route> {
        let host = if endpoint.audience == Audience::Graph { Host::Graph } else { Host::ResourceManager };
        let fits = |route: &&Route| {
            route.host == host && paths(endpoint).iter().any(|path| matched(route.template, &segments(path)).is_some())
        };
        ROUTES.iter().filter(fits).collect()
    }

    #[test]
    fn what_is_read_is_answered_in_its_version_for_its_right() {
        for endpoint in endpoints() {
            let right: Vec<_> = endpoint.needs.to_vec();
            let fits = |route: &&Route| {
                let needs: Vec<_> = route.needs.split_whitespace().collect();
                match endpoint.audience {
                    // The sign-ins of users take a right more than the rest of the list, which `judge` asks for.
                    Audience::Graph if route.template == "/v1.0/users" && right == [AUDIT] => true,
                    Audience::Graph => right.iter().all(|one| needs.contains(one)),
                    Audience::ResourceManager => route.versions.contains(&endpoint.version) && needs == right,
                }
            };
            let routes = routes_of(endpoint);
            assert!(routes.iter().any(fits), "{endpoint:?} {:?}", routes.iter().map(|route| route.template).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_answered_is_read_or_known_to_be_unread() {
        let read: BTreeSet<_> = endpoints().flat_map(routes_of).map(|route| route.template).collect();
        let unread: BTreeSet<_> = ROUTES.iter().map(|route| route.template).filter(|one| !read.contains(one)).collect();
        assert_eq!(unread, UNREAD.iter().copied().collect());
    }
}
