//! What holds data: one row a type. Keys and connection strings are answered by requests of their own, which the guard refuses.

use super::{PUBLIC, ResourceType, resource_type};

/// In the order of the services' names.
pub(super) const TYPES: &[ResourceType] = &[
    resource_type!(
        "Microsoft.Cache/redis",
        "list Redis caches",
        "2024-03-01",
        "redisVersion, enableNonSslPort, minimumTlsVersion, disableAccessKeyAuthentication, \
         redisConfiguration{aad-enabled,rdb-backup-enabled}"
    )
    .public_at(PUBLIC)
    .with_private_endpoints(),
    resource_type!(
        "Microsoft.Cache/redisEnterprise",
        "list Redis Enterprise clusters",
        "2024-02-01",
        "minimumTlsVersion, customerManagedKey=encryption.customerManagedKeyEncryption, highAvailability"
    )
    .public_at(PUBLIC)
    .with_private_endpoints(),
    resource_type!(
        "Microsoft.CognitiveServices/accounts",
        "list Azure AI services accounts",
        "2023-05-01",
        "disableLocalAuth, restrictOutboundNetworkAccess, networkAcls.defaultAction, \
         customerManagedKey=encryption.keyVaultProperties"
    )
    .public_at(PUBLIC)
    .with_private_endpoints(),
    resource_type!(
        "Microsoft.DBforMySQL/flexibleServers",
        "list MySQL flexible servers",
        "2023-12-30",
        "version, state, dataEncryption.type, backup{backupRetentionDays,geoRedundantBackup}, highAvailability.mode"
    )
    .public_at(&["network.publicNetworkAccess"]),
    resource_type!(
        "Microsoft.DBforPostgreSQL/flexibleServers",
        "list PostgreSQL flexible servers",
        "2022-12-01",
        "version, state, authConfig{activeDirectoryAuth,passwordAuth}, network.delegatedSubnetResourceId, dataEncryption.type, \
         backup{backupRetentionDays,geoRedundantBackup}, highAvailability.mode"
    )
    .public_at(&["network.publicNetworkAccess"]),
    resource_type!(
        "Microsoft.DataProtection/backupVaults",
        "list backup vaults",
        "2024-04-01",
        "securitySettings{softDeleteSettings{state,retentionDurationInDays},immutabilitySettings.state}, secureScore"
    ),
    resource_type!(
        "Microsoft.DocumentDB/databaseAccounts",
        "list Cosmos DB accounts",
        "2024-05-15",
        "disableLocalAuth, disableKeyBasedMetadataWriteAccess, ipRules#, isVirtualNetworkFilterEnabled, virtualNetworkRules#, \
         networkAclBypass, minimalTlsVersion, customerManagedKey=keyVaultKeyUri, backupPolicy.type, enableAutomaticFailover, \
         locations[].locationName, capabilities[].name"
    )
    .public_at(PUBLIC)
    .with_private_endpoints(),
    resource_type!(
        "Microsoft.EventHub/namespaces",
        "list Event Hubs namespaces",
        "2024-01-01",
        "disableLocalAuth, minimumTlsVersion, zoneRedundant, customerManagedKey=encryption.keyVaultProperties"
    )
    .public_at(PUBLIC)
    .with_private_endpoints(),
    resource_type!(
        "Microsoft.KeyVault/managedHSMs",
        "list managed HSMs",
        "2023-07-01",
        "enableSoftDelete, enablePurgeProtection, networkAcls.defaultAction"
    )
    .public_at(PUBLIC)
    .with_private_endpoints(),
    // Every version before 2026-02-01 retires on 27 February 2027, and not every cloud has that one yet.
    resource_type!(
        "Microsoft.KeyVault/vaults",
        "list key vaults",
        "2026-02-01",
        "vaultUri, enableRbacAuthorization, enableSoftDelete, softDeleteRetentionInDays, enablePurgeProtection, \
         networkAcls{bypass,defaultAction,ipRules#,virtualNetworkRules#}, \
         accessPolicies[]{objectId,applicationId,permissions{keys[],secrets[],certificates[]}}, enabledForDeployment, \
         enabledForDiskEncryption, enabledForTemplateDeployment"
    )
    .or_in_version("2023-07-01")
    .public_at(PUBLIC)
    .with_private_endpoints(),
    // Names and dates through Resource Manager; a value is answered by another service, which no request goes to.
    resource_type!(
        "Microsoft.KeyVault/vaults/keys" at "Microsoft.KeyVault/vaults/{id}/keys",
        "list the keys of a key vault",
        "2026-02-01",
        "attributes{enabled,exp,nbf,created,updated}, kty, keySize, curveName"
    )
    .or_in_version("2023-07-01")
    .part_of("Microsoft.KeyVault/vaults", &[])
    .saying(DATES)
    .on_demand(),
    resource_type!(
        "Microsoft.KeyVault/vaults/secrets" at "Microsoft.KeyVault/vaults/{id}/secrets",
        "list the secrets of a key vault",
        "2026-02-01",
        "attributes{enabled,exp,nbf,created,updated}, contentType"
    )
    .or_in_version("2023-07-01")
    .part_of("Microsoft.KeyVault/vaults", &[])
    .saying(DATES)
    .on_demand(),
    resource_type!(
        "Microsoft.RecoveryServices/vaults",
        "list Recovery Services vaults",
        "2024-04-01",
        "securitySettings{immutabilitySettings.state,softDeleteSettings{softDeleteState,softDeleteRetentionPeriodInDays},\
         multiUserAuthorization}, redundancySettings{standardTierStorageRedundancy,crossRegionRestore}"
    )
    .public_at(PUBLIC)
    .with_private_endpoints(),
    resource_type!(
        "Microsoft.ServiceBus/namespaces",
        "list Service Bus namespaces",
        "2021-11-01",
        "disableLocalAuth, minimumTlsVersion, zoneRedundant, customerManagedKey=encryption.keyVaultProperties"
    )
    .public_at(PUBLIC)
    .with_private_endpoints(),
    resource_type!(
        "Microsoft.Sql/managedInstances",
        "list SQL managed instances",
        "2021-11-01",
        "minimalTlsVersion, publicDataEndpointEnabled, proxyOverride, zoneRedundant, state, \
         administrators.azureADOnlyAuthentication"
    )
    .expanding("administrators/activedirectory")
    .with_private_endpoints(),
    resource_type!(
        "Microsoft.Sql/servers",
        "list SQL servers",
        "2021-11-01",
        "version, state, fullyQualifiedDomainName, minimalTlsVersion, restrictOutboundNetworkAccess, \
         administrators{administratorType,principalType,sid,azureADOnlyAuthentication}"
    )
    .expanding("administrators/activedirectory")
    .public_at(PUBLIC)
    .with_private_endpoints(),
    resource_type!(
        "Microsoft.Sql/servers/databases" at "Microsoft.Sql/servers/{id}/databases",
        "list SQL databases",
        "2021-11-01",
        "status, zoneRedundant, currentBackupStorageRedundancy, isLedgerOn, secondaryType"
    )
    .part_of("Microsoft.Sql/servers", &[])
    // Each has `master`.
    .never_empty(),
    resource_type!(
        "Microsoft.Storage/storageAccounts",
        "list storage accounts",
        "2023-05-01",
        "allowBlobPublicAccess, allowSharedKeyAccess, allowCrossTenantReplication, minimumTlsVersion, supportsHttpsTrafficOnly, \
         networkAcls{bypass,defaultAction,ipRules#,virtualNetworkRules#}, encryption{keySource,requireInfrastructureEncryption}, \
         keyPolicy.keyExpirationPeriodInDays, keyCreationTime{key1,key2}, sasPolicy{sasExpirationPeriod,expirationAction}, \
         isLocalUserEnabled, isSftpEnabled, isHnsEnabled, defaultToOAuthAuthentication"
    )
    .public_unless_off()
    .with_private_endpoints(),
    resource_type!(
        "Microsoft.Storage/storageAccounts/blobServices/containers"
            at "Microsoft.Storage/storageAccounts/{id}/blobServices/default/containers",
        "list the containers of a storage account",
        "2023-05-01",
        "publicAccess, hasImmutabilityPolicy, hasLegalHold, immutableStorageWithVersioning.enabled, defaultEncryptionScope"
    )
    .part_of("Microsoft.Storage/storageAccounts", &["FileStorage"])
    .on_demand(),
    resource_type!(
        "Microsoft.Storage/storageAccounts/fileServices/shares"
            at "Microsoft.Storage/storageAccounts/{id}/fileServices/default/shares",
        "list the file shares of a storage account",
        "2023-05-01",
        "enabledProtocols, rootSquash, accessTier"
    )
    .part_of("Microsoft.Storage/storageAccounts", &["BlobStorage", "BlockBlobStorage"])
    .on_demand(),
];

/// Where keys and secrets have theirs. A date that is left out of it is one that there is not, so that no dates at all would be read as a
/// secret that does not end.
const DATES: &[&str] = &["attributes"];
