//! Machines, containers and applications: one row a type. Their templates, environments and settings can hold secrets, and are no columns.

use super::{PUBLIC, ResourceType, resource_type};

/// Clusters of Azure Kubernetes Service.
pub(super) const CLUSTERS: ResourceType = resource_type!(
    "Microsoft.ContainerService/managedClusters",
    "list AKS clusters",
    "2024-02-01",
    "kubernetesVersion, currentKubernetesVersion, nodeResourceGroup, \
     apiServerAccessProfile{enablePrivateCluster,authorizedIPRanges[],disableRunCommand,enableVnetIntegration}, \
     aadProfile{managed,enableAzureRBAC}, disableLocalAccounts, enableRBAC, addonProfiles.*.enabled, \
     securityProfile{defender.securityMonitoring.enabled,workloadIdentity.enabled,azureKeyVaultKms.enabled}, \
     oidcIssuerProfile.enabled, networkProfile{networkPlugin,networkPolicy,outboundType}, \
     autoUpgradeProfile{upgradeChannel,nodeOSUpgradeChannel}, \
     agentPoolProfiles[]{name,mode,osType,enableEncryptionAtHost,enableNodePublicIP,enableFIPS,orchestratorVersion,\
     currentOrchestratorVersion,nodeImageVersion}"
)
.public_at(PUBLIC);

/// In the order of the services' names.
pub(super) const TYPES: &[ResourceType] = &[
    resource_type!(
        "Microsoft.App/containerApps",
        "list container apps",
        "2024-03-01",
        "configuration.ingress{external,allowInsecure,transport,clientCertificateMode}"
    ),
    resource_type!(
        "Microsoft.App/managedEnvironments",
        "list Container Apps environments",
        "2024-03-01",
        "vnetConfiguration.internal"
    ),
    resource_type!(
        "Microsoft.Compute/diskEncryptionSets",
        "list disk encryption sets",
        "2023-10-02",
        "encryptionType, rotationToLatestKeyVersionEnabled, lastKeyRotationTimestamp"
    ),
    resource_type!(
        "Microsoft.Compute/disks",
        "list disks",
        "2023-10-02",
        "diskState, encryption{type,diskEncryptionSetId}, encryptionSettingsCollection.enabled, networkAccessPolicy, \
         dataAccessAuthMode, osType, timeCreated"
    )
    .public_at(PUBLIC),
    resource_type!(
        "Microsoft.Compute/snapshots",
        "list snapshots",
        "2023-10-02",
        "diskState, encryption{type,diskEncryptionSetId}, encryptionSettingsCollection.enabled, networkAccessPolicy, \
         dataAccessAuthMode, osType, timeCreated"
    )
    .public_at(PUBLIC),
    resource_type!(
        "Microsoft.Compute/virtualMachineScaleSets",
        "list virtual machine scale sets",
        "2024-03-01",
        "orchestrationMode, upgradePolicy{mode,automaticOSUpgradePolicy.enableAutomaticOSUpgrade}, \
         virtualMachineProfile{securityProfile{encryptionAtHost,securityType,uefiSettings{secureBootEnabled,vTpmEnabled}},\
         storageProfile.osDisk.osType,osProfile{linuxConfiguration.disablePasswordAuthentication,\
         windowsConfiguration=windowsConfiguration.enableAutomaticUpdates}}"
    ),
    resource_type!(
        "Microsoft.Compute/virtualMachines",
        "list virtual machines",
        "2024-03-01",
        "hardwareProfile.vmSize, \
         securityProfile{encryptionAtHost,securityType,uefiSettings{secureBootEnabled,vTpmEnabled}}, \
         storageProfile{osDisk{osType,managedDisk{id,diskEncryptionSet.id},vhd=vhd.uri},dataDisks#,\
         imageReference{publisher,offer,sku,version,id}}, \
         osProfile{linuxConfiguration.disablePasswordAuthentication,\
         windowsConfiguration{enableAutomaticUpdates,patchSettings{patchMode,assessmentMode}}}, \
         networkProfile.networkInterfaces[].id, vmId, timeCreated"
    ),
    resource_type!(
        "Microsoft.ContainerInstance/containerGroups",
        "list container groups",
        "2023-05-01",
        "osType, ipAddress.type"
    ),
    resource_type!(
        "Microsoft.ContainerRegistry/registries",
        "list container registries",
        "2023-07-01",
        "adminUserEnabled, anonymousPullEnabled, networkRuleSet{defaultAction,ipRules#}, networkRuleBypassOptions, \
         dataEndpointEnabled, encryption.status, zoneRedundancy, \
         policies{quarantinePolicy.status,trustPolicy{type,status},retentionPolicy{days,status},exportPolicy.status,\
         azureADAuthenticationAsArmPolicy.status,softDeletePolicy{retentionDays,status}}"
    )
    .public_at(PUBLIC)
    .with_private_endpoints(),
    CLUSTERS,
    // When its agent last spoke is left out: it would make each plan another.
    resource_type!("Microsoft.HybridCompute/machines", "list Azure Arc machines", "2022-12-27", "status, agentVersion, osSku"),
    resource_type!(
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "list user-assigned identities",
        "2023-01-31",
        "principalId, clientId"
    ),
    resource_type!(
        "Microsoft.Web/sites",
        "list App Service apps",
        "2023-12-01",
        "state, enabled, httpsOnly, clientCertEnabled, clientCertMode, virtualNetworkSubnetId, vnetRouteAllEnabled, \
         endToEndEncryptionEnabled"
    )
    .public_at(PUBLIC),
];
