//! The concrete read actions of Azure Resource Manager that each area needs: one for every list the provider asks for.

use crate::posture::Area;

/// What every connection reads.
pub(super) const BASE: &[&str] = &[
    "Microsoft.Resources/subscriptions/providers/read",
    "Microsoft.Resources/subscriptions/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Resources/subscriptions/resources/read",
];

/// Defender for Cloud.
pub(super) const DEFENDER: &[&str] = &[
    "Microsoft.Security/alerts/read",
    "Microsoft.Security/assessmentMetadata/read",
    "Microsoft.Security/assessments/read",
    "Microsoft.Security/assessments/subAssessments/read",
    "Microsoft.Security/healthReports/read",
    "Microsoft.Security/pricings/read",
    "Microsoft.Security/regulatoryComplianceStandards/read",
    "Microsoft.Security/regulatoryComplianceStandards/regulatoryComplianceControls/read",
    "Microsoft.Security/regulatoryComplianceStandards/regulatoryComplianceControls/regulatoryComplianceAssessments/read",
    "Microsoft.Security/secureScoreControls/read",
    "Microsoft.Security/secureScores/read",
    "Microsoft.Security/securityContacts/read",
    "Microsoft.Security/serverVulnerabilityAssessmentsSettings/read",
    "Microsoft.Security/settings/read",
];

/// Azure Monitor.
pub(super) const MONITOR: &[&str] = &[
    "Microsoft.Insights/actionGroups/read",
    "Microsoft.Insights/activityLogAlerts/read",
    "Microsoft.Insights/diagnosticSettings/read",
    "Microsoft.Insights/metricAlerts/read",
    "Microsoft.Insights/scheduledQueryRules/read",
];

/// Key vaults, through Resource Manager: names, states and dates, never values.
pub(super) const KEY_VAULT: &[&str] =
    &["Microsoft.KeyVault/vaults/keys/read", "Microsoft.KeyVault/vaults/read", "Microsoft.KeyVault/vaults/secrets/read"];

/// Policy states.
pub(super) const POLICY_STATES: &[&str] =
    &["Microsoft.PolicyInsights/policyStates/queryResults/read", "Microsoft.PolicyInsights/policyStates/summarize/read"];

const IDENTITY: &[&str] = &[
    "Microsoft.Authorization/denyAssignments/read",
    "Microsoft.Authorization/roleAssignmentScheduleInstances/read",
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/roleDefinitions/read",
    "Microsoft.Authorization/roleEligibilityScheduleInstances/read",
];

const GOVERNANCE: &[&str] = &[
    "Microsoft.Authorization/policyAssignments/read",
    "Microsoft.Authorization/policyDefinitions/read",
    "Microsoft.Authorization/policyExemptions/read",
    "Microsoft.Authorization/policySetDefinitions/read",
    "Microsoft.PolicyInsights/policyStates/queryResults/read",
    "Microsoft.PolicyInsights/policyStates/summarize/read",
];

const DATA: &[&str] = &[
    "Microsoft.Cache/redis/read",
    "Microsoft.Cache/redisEnterprise/read",
    "Microsoft.CognitiveServices/accounts/read",
    "Microsoft.DBforMySQL/flexibleServers/read",
    "Microsoft.DBforPostgreSQL/flexibleServers/configurations/read",
    "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules/read",
    "Microsoft.DBforPostgreSQL/flexibleServers/read",
    "Microsoft.DataProtection/backupVaults/read",
    "Microsoft.DocumentDB/databaseAccounts/read",
    "Microsoft.EventHub/namespaces/read",
    "Microsoft.KeyVault/managedHSMs/read",
    "Microsoft.KeyVault/vaults/keys/read",
    "Microsoft.KeyVault/vaults/read",
    "Microsoft.KeyVault/vaults/secrets/read",
    "Microsoft.RecoveryServices/vaults/read",
    "Microsoft.ServiceBus/namespaces/read",
    "Microsoft.Sql/managedInstances/read",
    "Microsoft.Sql/servers/auditingSettings/read",
    "Microsoft.Sql/servers/databases/read",
    "Microsoft.Sql/servers/databases/transparentDataEncryption/read",
    "Microsoft.Sql/servers/firewallRules/read",
    "Microsoft.Sql/servers/read",
    "Microsoft.Storage/storageAccounts/blobServices/containers/read",
    "Microsoft.Storage/storageAccounts/blobServices/read",
    "Microsoft.Storage/storageAccounts/read",
];

const COMPUTE: &[&str] = &[
    "Microsoft.App/containerApps/read",
    "Microsoft.App/managedEnvironments/read",
    "Microsoft.Compute/diskEncryptionSets/read",
    "Microsoft.Compute/disks/read",
    "Microsoft.Compute/snapshots/read",
    "Microsoft.Compute/virtualMachineScaleSets/read",
    "Microsoft.Compute/virtualMachines/extensions/read",
    "Microsoft.Compute/virtualMachines/read",
    "Microsoft.ContainerInstance/containerGroups/read",
    "Microsoft.ContainerRegistry/registries/read",
    "Microsoft.ContainerService/managedClusters/read",
    "Microsoft.HybridCompute/machines/read",
    "Microsoft.ManagedIdentity/userAssignedIdentities/read",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies/read",
    "Microsoft.Web/sites/config/read",
    "Microsoft.Web/sites/read",
];

const NETWORK: &[&str] = &[
    "Microsoft.Cdn/profiles/read",
    "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/read",
    "Microsoft.Network/applicationGateways/read",
    "Microsoft.Network/azureFirewalls/read",
    "Microsoft.Network/bastionHosts/read",
    "Microsoft.Network/firewallPolicies/read",
    "Microsoft.Network/frontDoorWebApplicationFirewallPolicies/read",
    "Microsoft.Network/frontDoors/read",
    "Microsoft.Network/loadBalancers/read",
    "Microsoft.Network/networkInterfaces/read",
    "Microsoft.Network/networkSecurityGroups/read",
    "Microsoft.Network/networkWatchers/flowLogs/read",
    "Microsoft.Network/networkWatchers/read",
    "Microsoft.Network/privateEndpoints/read",
    "Microsoft.Network/publicIPAddresses/read",
    "Microsoft.Network/trafficManagerProfiles/read",
    "Microsoft.Network/virtualNetworkGateways/read",
    "Microsoft.Network/virtualNetworks/read",
];

const OBSERVABILITY: &[&str] = &[
    "Microsoft.Insights/actionGroups/read",
    "Microsoft.Insights/activityLogAlerts/read",
    "Microsoft.Insights/diagnosticSettings/read",
    "Microsoft.Insights/metricAlerts/read",
    "Microsoft.Insights/scheduledQueryRules/read",
    "Microsoft.OperationalInsights/workspaces/read",
];

/// What an area reads.
pub(super) fn of(area: Area) -> &'static [&'static str] {
    match area {
        Area::Compute => COMPUTE,
        Area::Data => DATA,
        Area::Governance => GOVERNANCE,
        Area::Identity => IDENTITY,
        Area::Network => NETWORK,
        Area::Observability => OBSERVABILITY,
        Area::Posture => DEFENDER,
    }
}

/// The namespaces whose resources the provider looks at.
pub(super) const NAMESPACES: &[&str] = &[
    "Microsoft.App",
    "Microsoft.Cache",
    "Microsoft.Cdn",
    "Microsoft.CognitiveServices",
    "Microsoft.Compute",
    "Microsoft.ContainerInstance",
    "Microsoft.ContainerRegistry",
    "Microsoft.ContainerService",
    "Microsoft.DBforMySQL",
    "Microsoft.DBforPostgreSQL",
    "Microsoft.DataProtection",
    "Microsoft.DocumentDB",
    "Microsoft.EventHub",
    "Microsoft.HybridCompute",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.RecoveryServices",
    "Microsoft.ServiceBus",
    "Microsoft.Sql",
    "Microsoft.Storage",
    "Microsoft.Web",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::rbac::{Permission, covers};

    #[test]
    fn every_action_is_a_concrete_read_and_stands_once() {
        for list in Area::ALL.map(of).into_iter().chain([BASE, DEFENDER, MONITOR, KEY_VAULT, POLICY_STATES]) {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
            assert!(list.iter().all(|action| action.ends_with("/read") && !action.contains('*')), "{list:?}");
        }
    }

    #[test]
    fn reader_holds_all_of_them() {
        let reader = [Permission { actions: vec!["*/read".into()], ..Permission::default() }];
        assert!(Area::ALL.into_iter().flat_map(of).chain(BASE).all(|action| covers(&reader, action)));
    }

    #[test]
    fn the_namespaces_are_those_of_the_resources() {
        let used = [DATA, COMPUTE, NETWORK].concat();
        for namespace in NAMESPACES.iter().filter(|namespace| **namespace != "Microsoft.OperationalInsights") {
            assert!(used.iter().any(|action| action.starts_with(&format!("{namespace}/"))), "{namespace}");
        }
    }
}
