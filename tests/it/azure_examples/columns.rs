//! The columns of each type, compared with what the service publishes of it: a path that no sample has is misspelt, or new.

use std::collections::BTreeSet;

use azposture::azure::arm::typed::types;
use serde_json::Value as Json;

use super::Samples;

/// The samples of lists of one type.
const SAMPLES: &[(&str, &str)] = &[
    ("acr/registries-list.json", "Microsoft.ContainerRegistry/registries"),
    ("aks/managed-clusters-list.json", "Microsoft.ContainerService/managedClusters"),
    ("cdn/profiles-list.json", "Microsoft.Cdn/profiles"),
    ("compute/disks-subscription.json", "Microsoft.Compute/disks"),
    ("compute/virtual-machines-list-all.json", "Microsoft.Compute/virtualMachines"),
    ("cosmosdb/database-accounts-list.json", "Microsoft.DocumentDB/databaseAccounts"),
    ("frontdoor/classic-frontdoors-list.json", "Microsoft.Network/frontDoors"),
    ("keyvault/arm-keys-list.json", "Microsoft.KeyVault/vaults/keys"),
    ("keyvault/arm-secrets-list.json", "Microsoft.KeyVault/vaults/secrets"),
    ("keyvault/vaults-subscription.json", "Microsoft.KeyVault/vaults"),
    ("loganalytics/workspaces-subscription.json", "Microsoft.OperationalInsights/workspaces"),
    ("network/application-gateways-list-all.json", "Microsoft.Network/applicationGateways"),
    ("network/flow-logs-list.json", "Microsoft.Network/networkWatchers/flowLogs"),
    ("network/network-watchers-list-all.json", "Microsoft.Network/networkWatchers"),
    ("network/nsg-list-all.json", "Microsoft.Network/networkSecurityGroups"),
    ("network/public-ip-list-all.json", "Microsoft.Network/publicIPAddresses"),
    ("network/virtual-networks-list-all.json", "Microsoft.Network/virtualNetworks"),
    ("postgresql/flexible-servers-list.json", "Microsoft.DBforPostgreSQL/flexibleServers"),
    ("redis/redis-list.json", "Microsoft.Cache/redis"),
    ("storage/accounts-list.json", "Microsoft.Storage/storageAccounts"),
    ("web/sites-list.json", "Microsoft.Web/sites"),
];

/// What these samples have not: samples are old, or of resources that do not say it. Each stands in the published interface.
const NOT_IN_SAMPLES: &[(&str, &[&str])] = &[
    ("acr/registries-list.json", &["anonymousPullEnabled"]),
    (
        "aks/managed-clusters-list.json",
        &[
            "aadProfile",
            "addonProfiles",
            "apiServerAccessProfile",
            "autoUpgradeProfile",
            "disableLocalAccounts",
            "oidcIssuerProfile",
            "securityProfile",
        ],
    ),
    ("compute/disks-subscription.json", &["dataAccessAuthMode", "diskState", "networkAccessPolicy"]),
    (
        "cosmosdb/database-accounts-list.json",
        &["capabilities", "disableLocalAuth", "enableAutomaticFailover", "isVirtualNetworkFilterEnabled", "virtualNetworkRules"],
    ),
    // A list need not say what a key is made of, which the reading of a single one does.
    ("keyvault/arm-keys-list.json", &["curveName", "keySize", "kty"]),
    ("keyvault/arm-secrets-list.json", &["contentType"]),
    (
        "keyvault/vaults-subscription.json",
        &["enablePurgeProtection", "enableRbacAuthorization", "networkAcls", "softDeleteRetentionInDays"],
    ),
    ("loganalytics/workspaces-subscription.json", &["features", "forceCmkForQuery", "workspaceCapping"]),
    (
        "network/application-gateways-list-all.json",
        &["enableHttp2", "firewallPolicy", "sslPolicy", "webApplicationFirewallConfiguration"],
    ),
    ("network/nsg-list-all.json", &["flowLogs", "networkInterfaces", "subnets"]),
    ("network/virtual-networks-list-all.json", &["ddosProtectionPlan", "enableDdosProtection", "encryption"]),
    ("postgresql/flexible-servers-list.json", &["dataEncryption"]),
    ("redis/redis-list.json", &["disableAccessKeyAuthentication", "minimumTlsVersion", "redisConfiguration"]),
    (
        "storage/accounts-list.json",
        &[
            "allowBlobPublicAccess",
            "allowCrossTenantReplication",
            "allowSharedKeyAccess",
            "defaultToOAuthAuthentication",
            "isLocalUserEnabled",
            "isSftpEnabled",
            "keyCreationTime",
            "keyPolicy",
            "minimumTlsVersion",
            "sasPolicy",
        ],
    ),
    ("web/sites-list.json", &["endToEndEncryptionEnabled", "virtualNetworkSubnetId"]),
];

#[test]
fn the_columns_of_each_type_stand_in_its_sample() {
    let Some(samples) = Samples::find() else { return };
    let mut odd = Vec::new();
    for (name, kind) in SAMPLES {
        let body = samples.body(name);
        let rows = body["value"].as_array().unwrap();
        let typed = types().find(|one| one.name == *kind).unwrap();
        let columns = typed.projection();
        let all: Vec<_> = rows.iter().filter_map(|row| columns.project(row["properties"].as_object()?)).collect();
        assert!(columns.is_empty() || !all.is_empty(), "{name}: nothing is kept of any row");
        let is_odd = |row: &Json| row["properties"].as_object().is_some_and(|own| columns.is_odd(own));
        assert!(!rows.iter().any(is_odd), "{name}: something is of another kind than its column");
        let said: BTreeSet<&String> =
            all.iter().flat_map(|row| row.iter().filter(|(_, value)| **value != Json::Null)).map(|(key, _)| key).collect();
        let nothing = columns.nothing();
        let unsaid: Vec<&String> = nothing.keys().filter(|key| !said.contains(key)).collect();
        let known = NOT_IN_SAMPLES.iter().find(|(one, _)| one == name).map_or(&[][..], |(_, known)| *known);
        if unsaid != known {
            odd.push(format!("(\"{name}\", &{unsaid:?}),"));
        }
    }
    assert!(odd.is_empty(), "{}", odd.join("\n"));
}
