//! Networks: one row a type.

use super::{ResourceType, resource_type};

/// In the order of their names.
pub(super) const TYPES: &[ResourceType] = &[
    resource_type!("Microsoft.Cdn/profiles", "list Front Door and CDN profiles", "2024-02-01", ""),
    resource_type!(
        "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies",
        "list firewall policies of application gateways",
        "2024-01-01",
        "policySettings{state,mode}, managedRules.managedRuleSets[]{ruleSetType,ruleSetVersion}"
    ),
    resource_type!(
        "Microsoft.Network/applicationGateways",
        "list application gateways",
        "2024-01-01",
        "sku.tier, webApplicationFirewallConfiguration{enabled,firewallMode,ruleSetType,ruleSetVersion}, firewallPolicy.id, \
         sslPolicy{policyType,policyName,minProtocolVersion}, enableHttp2"
    ),
    resource_type!(
        "Microsoft.Network/azureFirewalls",
        "list Azure firewalls",
        "2024-01-01",
        "threatIntelMode, firewallPolicy.id, sku.tier"
    ),
    resource_type!(
        "Microsoft.Network/bastionHosts",
        "list Azure Bastion hosts",
        "2024-01-01",
        "ipConfigurations[]{subnet.id,publicIPAddress.id}"
    ),
    resource_type!(
        "Microsoft.Network/firewallPolicies",
        "list firewall policies",
        "2024-01-01",
        "threatIntelMode, sku.tier, intrusionDetection.mode, basePolicy.id, dnsSettings{enableProxy,servers[]}"
    ),
    resource_type!(
        "Microsoft.Network/frontDoorWebApplicationFirewallPolicies",
        "list firewall policies of Front Door",
        "2024-02-01",
        "policySettings{enabledState,mode}"
    ),
    resource_type!(
        "Microsoft.Network/frontDoors",
        "list classic Front Doors",
        "2021-06-01",
        "enabledState, frontendEndpoints[]{webApplicationFirewallPolicyLink.id,customHttpsConfiguration.minimumTlsVersion}"
    ),
    resource_type!(
        "Microsoft.Network/loadBalancers",
        "list load balancers",
        "2024-01-01",
        "frontendIPConfigurations[]{publicIPAddress.id,subnet.id}"
    ),
    resource_type!(
        "Microsoft.Network/networkInterfaces",
        "list network interfaces",
        "2024-01-01",
        "ipConfigurations[]{privateIPAddress,publicIPAddress.id,subnet.id}, networkSecurityGroup.id, enableIPForwarding, \
         virtualMachine.id"
    ),
    resource_type!(
        "Microsoft.Network/networkSecurityGroups",
        "list network security groups",
        "2024-01-01",
        "securityRules[]{name,protocol,direction,access,priority,sourceAddressPrefix,sourceAddressPrefixes[],sourcePortRange,\
         sourcePortRanges[],sourceApplicationSecurityGroups[].id,destinationAddressPrefix,destinationAddressPrefixes[],\
         destinationPortRange,destinationPortRanges[],destinationApplicationSecurityGroups[].id}, networkInterfaces[].id, \
         subnets[].id, flowLogs[].id"
    ),
    resource_type!("Microsoft.Network/networkWatchers", "list network watchers", "2024-01-01", ""),
    resource_type!(
        "Microsoft.Network/networkWatchers/flowLogs" at "Microsoft.Network/networkWatchers/{id}/flowLogs",
        "list flow logs",
        "2024-01-01",
        "targetResourceId, storageId, enabled, retentionPolicy{days,enabled}, \
         flowAnalyticsConfiguration.networkWatcherFlowAnalyticsConfiguration{enabled,workspaceResourceId}"
    )
    .part_of("Microsoft.Network/networkWatchers", &[]),
    resource_type!(
        "Microsoft.Network/privateEndpoints",
        "list private endpoints",
        "2024-01-01",
        "subnet.id, networkInterfaces[].id, privateLinkServiceConnections[].privateLinkServiceId, \
         manualPrivateLinkServiceConnections[].privateLinkServiceId"
    ),
    resource_type!(
        "Microsoft.Network/publicIPAddresses",
        "list public IP addresses",
        "2024-01-01",
        "ipAddress, publicIPAllocationMethod, ipConfiguration.id, ddosSettings.protectionMode"
    ),
    resource_type!(
        "Microsoft.Network/trafficManagerProfiles",
        "list Traffic Manager profiles",
        "2022-04-01",
        "profileStatus, trafficRoutingMethod, monitorConfig{protocol,port}"
    ),
    // No list of a subscription has them.
    resource_type!(
        "Microsoft.Network/virtualNetworkGateways",
        "list virtual network gateways",
        "2024-01-01",
        "gatewayType, vpnType, vpnClientConfiguration.vpnAuthenticationTypes[]"
    )
    .in_groups(),
    resource_type!(
        "Microsoft.Network/virtualNetworks",
        "list virtual networks",
        "2024-01-01",
        "addressSpace.addressPrefixes[], enableDdosProtection, ddosProtectionPlan.id, encryption{enabled,enforcement}, \
         subnets[]{name,addressPrefix,addressPrefixes[],networkSecurityGroup.id,routeTable.id,defaultOutboundAccess}, \
         virtualNetworkPeerings[]{peeringState,allowForwardedTraffic,remoteVirtualNetwork.id}"
    ),
];
