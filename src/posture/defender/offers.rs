//! What Defender for Cloud offers: its plans, their subplans, and what each protects.

use std::collections::BTreeMap;

/// What is known about a plan besides its state.
#[derive(Debug)]
pub struct Offer {
    /// The plan's name.
    pub name: &'static str,
    /// Its subplans, weakest first.
    pub subplans: &'static [&'static str],
    /// Subplans that Microsoft has superseded; one that is left cannot be chosen again.
    pub legacy: &'static [&'static str],
    /// Whether the plan without a subplan is known to be all of its subplans: "When not specified, full plan is applied" says the
    /// specification of pricings, which for plans with other billing models does not say which of them that is.
    pub full_without_subplan: bool,
    /// The resource types it protects; none for a plan that protects the subscription as a whole.
    pub resource_types: &'static [&'static str],
    /// What it scans for vulnerabilities, as the kinds of sub-assessments.
    pub scans: &'static [&'static str],
}

const fn offer(name: &'static str, resource_types: &'static [&'static str]) -> Offer {
    Offer { name, subplans: &[], legacy: &[], full_without_subplan: false, resource_types, scans: &[] }
}

/// The plans Defender for Cloud offers.
pub const OFFERS: &[Offer] = &[
    offer("AI", &["Microsoft.CognitiveServices/accounts"]),
    Offer { subplans: &["P1", "P2", "P3", "P4", "P5"], ..offer("Api", &["Microsoft.ApiManagement/service"]) },
    offer("AppServices", &["Microsoft.Web/sites"]),
    Offer { subplans: &["PerSubscription"], legacy: &["PerApiCall"], ..offer("Arm", &[]) },
    offer("CloudPosture", &[]),
    offer("ContainerRegistry", &["Microsoft.ContainerRegistry/registries"]),
    Offer {
        scans: &["container_image"],
        ..offer(
            "Containers",
            &[
                "Microsoft.ContainerRegistry/registries",
                "Microsoft.ContainerService/managedClusters",
                "Microsoft.Kubernetes/connectedClusters",
            ],
        )
    },
    offer("CosmosDbs", &["Microsoft.DocumentDB/databaseAccounts"]),
    offer("Discovery", &[]),
    offer("Dns", &[]),
    offer("FoundationalCspm", &[]),
    Offer { subplans: &["PerKeyVault"], legacy: &["PerTransaction"], ..offer("KeyVaults", &["Microsoft.KeyVault/vaults"]) },
    offer("KubernetesService", &["Microsoft.ContainerService/managedClusters"]),
    offer(
        "OpenSourceRelationalDatabases",
        &[
            "Microsoft.DBforMariaDB/servers",
            "Microsoft.DBforMySQL/flexibleServers",
            "Microsoft.DBforMySQL/servers",
            "Microsoft.DBforPostgreSQL/flexibleServers",
            "Microsoft.DBforPostgreSQL/servers",
        ],
    ),
    Offer {
        scans: &["sql"],
        ..offer(
            "SqlServerVirtualMachines",
            &["Microsoft.AzureArcData/sqlServerInstances", "Microsoft.SqlVirtualMachine/sqlVirtualMachines"],
        )
    },
    Offer {
        scans: &["sql"],
        ..offer("SqlServers", &["Microsoft.Sql/managedInstances", "Microsoft.Sql/servers", "Microsoft.Synapse/workspaces"])
    },
    Offer {
        subplans: &["DefenderForStorageV2"],
        legacy: &["PerStorageAccount", "PerTransaction"],
        ..offer("StorageAccounts", &["Microsoft.Storage/storageAccounts"])
    },
    Offer {
        subplans: &["P1", "P2"],
        full_without_subplan: true,
        scans: &["server"],
        ..offer(
            "VirtualMachines",
            &[
                "Microsoft.Compute/virtualMachineScaleSets",
                "Microsoft.Compute/virtualMachines",
                "Microsoft.HybridCompute/machines",
            ],
        )
    },
];

/// Plans that cannot be switched on any more (since 5 July 2026), and the one to switch on instead.
const RETIRED: &[(&str, &str)] =
    &[("ContainerRegistry", "Containers"), ("Dns", "VirtualMachines"), ("KubernetesService", "Containers")];

/// The plan to switch on for the protection that this one stands for.
pub fn available(plan: &str) -> &str {
    let retired = RETIRED.iter().find(|(name, _)| name.eq_ignore_ascii_case(plan));
    retired.map_or(plan, |(_, successor)| successor)
}

/// What is known about the plan of that name.
pub fn offered(name: &str) -> Option<&'static Offer> {
    OFFERS.iter().find(|offer| offer.name.eq_ignore_ascii_case(name))
}

/// How many resources a plan protects, from counts by lower-case type; none for a plan that protects no particular type.
pub fn resource_count(plan: &str, counts: &BTreeMap<String, u64>) -> Option<u64> {
    let types = offered(plan).map(|offer| offer.resource_types).filter(|types| !types.is_empty())?;
    Some(types.iter().filter_map(|ty| counts.get(&ty.to_ascii_lowercase())).sum())
}
