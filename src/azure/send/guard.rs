//! The read-only guard: the one table of what may be sent. A GET is not harmless by being a GET (`…/readonlykeys`,
//! `…/listKeys`, Key Vault secrets), so paths are allowed, not verbs; everything that is not in the table is refused.

use azure_core::http::Method;

use crate::azure::{Audience, Failure};

/// The next step when the guard had to step in.
pub(in crate::azure) const OUR_BUG: &str =
    "This is a bug in the provider, or a hostile answer; please report it. Nothing was sent.";

/// What stands before the fixed part of an allowed path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// Nothing: the tenant level, and every path of Microsoft Graph.
    Tenant,
    /// `/providers/Microsoft.Management/managementGroups/{name}`
    ManagementGroup,
    /// `/subscriptions/{id}`
    Subscription,
    /// `/subscriptions/{id}/resourceGroups/{name}`
    ResourceGroup,
    /// A resource of a subscription or of a resource group.
    Resource,
}

/// One row of the table. In `tail`, `{guid}` is a GUID, `{name}` any one segment, `{namespace}` a resource provider's name,
/// `{cast}` a Microsoft Graph type cast; anything else is compared as it stands, without case.
#[derive(Debug)]
pub(in crate::azure) struct AllowedPath {
    method: Method,
    pub(in crate::azure) audience: Audience,
    pub(in crate::azure) heads: &'static [Head],
    pub(in crate::azure) tail: &'static str,
}

/// A request the table allows: where its path points, and by which row.
#[derive(Debug)]
pub struct Allowed {
    /// The service.
    pub audience: Audience,
    /// What stands before the fixed part.
    pub head: Head,
    /// The subscription of the path, lower case; none at tenant and management-group level.
    pub subscription: Option<String>,
    /// The management group of the path, lower case.
    pub management_group: Option<String>,
    /// The fixed part of the path, as the table spells it.
    pub tail: &'static str,
}

const TENANT: &[Head] = &[Head::Tenant];
const GROUP: &[Head] = &[Head::ManagementGroup];
const SUBSCRIPTION: &[Head] = &[Head::Subscription];
const RESOURCE: &[Head] = &[Head::Subscription, Head::Resource];
const RESOURCE_GROUP: &[Head] = &[Head::ResourceGroup];
const ANYWHERE: &[Head] = &[Head::Tenant, Head::ManagementGroup, Head::Subscription, Head::ResourceGroup, Head::Resource];

/// Everything that may be sent with a token. Adding a row is adding to what the software can read: look at what the answer holds.
pub(in crate::azure) const TABLE: &[AllowedPath] = &[
    arm(TENANT, "subscriptions"),
    arm(SUBSCRIPTION, ""),
    arm(SUBSCRIPTION, "providers"),
    arm(SUBSCRIPTION, "providers/{namespace}"),
    arm(SUBSCRIPTION, "resourcegroups"),
    arm(SUBSCRIPTION, "resources"),
    arm(TENANT, "providers/Microsoft.Management/managementGroups"),
    arm(GROUP, ""),
    arm(GROUP, "descendants"),
    arm(ANYWHERE, "providers/Microsoft.Authorization/denyAssignments"),
    arm(ANYWHERE, "providers/Microsoft.Authorization/permissions"),
    arm(SUBSCRIPTION, "providers/Microsoft.Authorization/policyAssignments"),
    arm(SUBSCRIPTION, "providers/Microsoft.Authorization/policyDefinitions"),
    arm(TENANT, "providers/Microsoft.Authorization/policyDefinitions/{name}"),
    arm(SUBSCRIPTION, "providers/Microsoft.Authorization/policyExemptions"),
    arm(SUBSCRIPTION, "providers/Microsoft.Authorization/policySetDefinitions"),
    arm(TENANT, "providers/Microsoft.Authorization/policySetDefinitions/{name}"),
    arm(ANYWHERE, "providers/Microsoft.Authorization/roleAssignments"),
    arm(ANYWHERE, "providers/Microsoft.Authorization/roleAssignmentScheduleInstances"),
    arm(ANYWHERE, "providers/Microsoft.Authorization/roleDefinitions"),
    arm(ANYWHERE, "providers/Microsoft.Authorization/roleDefinitions/{guid}"),
    arm(ANYWHERE, "providers/Microsoft.Authorization/roleEligibilityScheduleInstances"),
    arm(SUBSCRIPTION, "providers/Microsoft.Security/alerts"),
    arm(TENANT, "providers/Microsoft.Security/assessmentMetadata"),
    arm(SUBSCRIPTION, "providers/Microsoft.Security/assessmentMetadata"),
    arm(SUBSCRIPTION, "providers/Microsoft.Security/assessments"),
    arm(SUBSCRIPTION, "providers/Microsoft.Security/pricings"),
    arm(SUBSCRIPTION, "providers/Microsoft.Security/regulatoryComplianceStandards"),
    arm(SUBSCRIPTION, "providers/Microsoft.Security/regulatoryComplianceStandards/{name}/regulatoryComplianceControls"),
    arm(
        SUBSCRIPTION,
        "providers/Microsoft.Security/regulatoryComplianceStandards/{name}/regulatoryComplianceControls/{name}/regulatoryComplianceAssessments",
    ),
    arm(SUBSCRIPTION, "providers/Microsoft.Security/secureScoreControls"),
    arm(SUBSCRIPTION, "providers/Microsoft.Security/secureScores"),
    arm(SUBSCRIPTION, "providers/Microsoft.Security/securityContacts"),
    arm(SUBSCRIPTION, "providers/Microsoft.Security/standardAssignments"),
    arm(SUBSCRIPTION, "providers/Microsoft.Security/subAssessments"),
    arm(SUBSCRIPTION, "providers/Microsoft.App/containerApps"),
    arm(SUBSCRIPTION, "providers/Microsoft.App/managedEnvironments"),
    arm(SUBSCRIPTION, "providers/Microsoft.Cache/redis"),
    arm(SUBSCRIPTION, "providers/Microsoft.Cache/redisEnterprise"),
    arm(SUBSCRIPTION, "providers/Microsoft.Cdn/profiles"),
    arm(SUBSCRIPTION, "providers/Microsoft.CognitiveServices/accounts"),
    arm(SUBSCRIPTION, "providers/Microsoft.Compute/diskEncryptionSets"),
    arm(SUBSCRIPTION, "providers/Microsoft.Compute/disks"),
    arm(SUBSCRIPTION, "providers/Microsoft.Compute/snapshots"),
    arm(SUBSCRIPTION, "providers/Microsoft.Compute/virtualMachines"),
    arm(SUBSCRIPTION, "providers/Microsoft.Compute/virtualMachineScaleSets"),
    arm(SUBSCRIPTION, "providers/Microsoft.ContainerInstance/containerGroups"),
    arm(SUBSCRIPTION, "providers/Microsoft.ContainerRegistry/registries"),
    arm(SUBSCRIPTION, "providers/Microsoft.ContainerService/managedClusters"),
    arm(SUBSCRIPTION, "providers/Microsoft.Insights/actionGroups"),
    arm(SUBSCRIPTION, "providers/Microsoft.Insights/activityLogAlerts"),
    arm(RESOURCE, "providers/Microsoft.Insights/diagnosticSettings"),
    arm(SUBSCRIPTION, "providers/Microsoft.Insights/metricAlerts"),
    arm(SUBSCRIPTION, "providers/Microsoft.Insights/scheduledQueryRules"),
    arm(SUBSCRIPTION, "providers/Microsoft.DataProtection/backupVaults"),
    arm(SUBSCRIPTION, "providers/Microsoft.DBforMySQL/flexibleServers"),
    arm(SUBSCRIPTION, "providers/Microsoft.DBforPostgreSQL/flexibleServers"),
    arm(SUBSCRIPTION, "providers/Microsoft.DocumentDB/databaseAccounts"),
    arm(SUBSCRIPTION, "providers/Microsoft.EventHub/namespaces"),
    arm(SUBSCRIPTION, "providers/Microsoft.HybridCompute/machines"),
    arm(SUBSCRIPTION, "providers/Microsoft.KeyVault/managedHSMs"),
    arm(SUBSCRIPTION, "providers/Microsoft.KeyVault/vaults"),
    arm(RESOURCE_GROUP, "providers/Microsoft.KeyVault/vaults/{name}/keys"),
    arm(RESOURCE_GROUP, "providers/Microsoft.KeyVault/vaults/{name}/secrets"),
    arm(SUBSCRIPTION, "providers/Microsoft.ManagedIdentity/userAssignedIdentities"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/applicationGateways"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/azureFirewalls"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/bastionHosts"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/firewallPolicies"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/frontDoors"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/frontDoorWebApplicationFirewallPolicies"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/loadBalancers"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/networkInterfaces"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/networkSecurityGroups"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/networkWatchers"),
    arm(RESOURCE_GROUP, "providers/Microsoft.Network/networkWatchers/{name}/flowLogs"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/privateEndpoints"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/publicIPAddresses"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/trafficManagerProfiles"),
    arm(RESOURCE_GROUP, "providers/Microsoft.Network/virtualNetworkGateways"),
    arm(SUBSCRIPTION, "providers/Microsoft.Network/virtualNetworks"),
    arm(SUBSCRIPTION, "providers/Microsoft.OperationalInsights/workspaces"),
    arm(SUBSCRIPTION, "providers/Microsoft.RecoveryServices/vaults"),
    arm(SUBSCRIPTION, "providers/Microsoft.ServiceBus/namespaces"),
    arm(SUBSCRIPTION, "providers/Microsoft.Sql/managedInstances"),
    arm(SUBSCRIPTION, "providers/Microsoft.Sql/servers"),
    arm(RESOURCE_GROUP, "providers/Microsoft.Sql/servers/{name}/databases"),
    arm(SUBSCRIPTION, "providers/Microsoft.Storage/storageAccounts"),
    arm(RESOURCE_GROUP, "providers/Microsoft.Storage/storageAccounts/{name}/blobServices/default/containers"),
    arm(RESOURCE_GROUP, "providers/Microsoft.Storage/storageAccounts/{name}/fileServices/default/shares"),
    arm(SUBSCRIPTION, "providers/Microsoft.Web/sites"),
    arm_post(TENANT, RESOURCE_GRAPH),
    graph("applications"),
    graph("applications(appId='{guid}')"),
    graph("applications/{guid}/federatedIdentityCredentials"),
    graph("domains"),
    graph("groups"),
    graph("groups/{guid}"),
    graph("groups/{guid}/transitiveMemberOf/{cast}"),
    graph("groups/{guid}/transitiveMembers"),
    graph("groupSettings"),
    graph("identity/conditionalAccess/namedLocations"),
    graph("identity/conditionalAccess/policies"),
    graph("oauth2PermissionGrants"),
    graph("organization"),
    graph("policies/adminConsentRequestPolicy"),
    graph("policies/authenticationMethodsPolicy"),
    graph("policies/authenticationStrengthPolicies"),
    graph("policies/authorizationPolicy"),
    graph("policies/crossTenantAccessPolicy/default"),
    graph("policies/crossTenantAccessPolicy/partners"),
    graph("policies/identitySecurityDefaultsEnforcementPolicy"),
    graph("reports/authenticationMethods/userRegistrationDetails"),
    graph("roleManagement/directory/roleAssignments"),
    graph("roleManagement/directory/roleAssignmentScheduleInstances"),
    graph("roleManagement/directory/roleDefinitions"),
    graph("roleManagement/directory/roleEligibilityScheduleInstances"),
    graph("servicePrincipals"),
    graph("servicePrincipals/{guid}"),
    graph("servicePrincipals(appId='{guid}')"),
    graph("servicePrincipals/{guid}/appRoleAssignments"),
    graph("servicePrincipals/{guid}/oauth2PermissionGrants"),
    graph("servicePrincipals/{guid}/owners"),
    graph("servicePrincipals/{guid}/synchronization/jobs"),
    graph("servicePrincipals/{guid}/transitiveMemberOf/{cast}"),
    graph("subscribedSkus"),
    graph("users"),
    graph("users/{guid}"),
    graph("users/{guid}/transitiveMemberOf/{cast}"),
];

/// Resource Graph, whose scope stands in the body.
pub(in crate::azure) const RESOURCE_GRAPH: &str = "providers/Microsoft.ResourceGraph/resources";

/// Request headers a caller may set. Among those refused are the method overrides some services honour (`X-HTTP-Method`).
const HEADERS: &[&str] = &["accept", "cache-control", "consistencylevel", "content-type", "prefer"];

/// Whether the table allows this request; else the sentence that says what is wrong with it.
pub fn allow(audience: Audience, method: Method, path: &str) -> Result<Allowed, (Failure, String)> {
    let segments = segments(path).map_err(|why| (Failure::BadPath, why))?;
    let rest: &[String] = match audience {
        Audience::Graph => match segments.split_first() {
            Some((version, rest)) if version == "v1.0" => rest,
            _ => return Err(refusal(method, path)),
        },
        Audience::ResourceManager => &segments,
    };
    let rows = TABLE.iter().filter(|row| row.audience == audience && row.method == method);
    rows.into_iter().find_map(|row| row.matched(rest)).ok_or_else(|| refusal(method, path))
}

/// Whether a caller may set this request header.
pub fn header_allowed(name: &str) -> bool {
    HEADERS.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
}

/// The decoded segments of a path, or why it is refused: after decoding, no segment may be empty, climb, or hide a separator.
pub fn segments(path: &str) -> Result<Vec<String>, String> {
    let Some(path) = path.strip_prefix('/') else { return Err("The path does not start with a slash.".to_owned()) };
    path.split('/').map(segment).collect()
}

impl AllowedPath {
    fn matched(&self, segments: &[String]) -> Option<Allowed> {
        let tail: Vec<&str> = self.tail.split('/').filter(|part| !part.is_empty()).collect();
        let (head, rest) = segments.split_at_checked(segments.len().checked_sub(tail.len())?)?;
        let fits = tail.iter().zip(rest).all(|(pattern, segment)| fits(pattern, segment));
        let kind = head_of(head).filter(|kind| fits && self.heads.contains(kind))?;
        let lower = |at: usize| head.get(at).map(|segment| segment.to_ascii_lowercase());
        let (subscription, management_group) = match kind {
            Head::Tenant => (None, None),
            Head::ManagementGroup => (None, lower(3)),
            Head::Resource | Head::ResourceGroup | Head::Subscription => (lower(1), None),
        };
        Some(Allowed { audience: self.audience, head: kind, subscription, management_group, tail: self.tail })
    }
}

fn segment(raw: &str) -> Result<String, String> {
    let decoded = decode(raw).ok_or_else(|| format!("The path segment {raw:?} is not valid percent-encoded UTF-8."))?;
    let hides = |c: char| matches!(c, '/' | '\\' | '%' | '?' | '#') || c.is_control();
    if decoded.is_empty() || decoded == "." || decoded == ".." || decoded.contains(hides) {
        return Err(format!("The path segment {raw:?} is empty, climbs, or hides a separator."));
    }
    Ok(decoded)
}

fn decode(raw: &str) -> Option<String> {
    let mut bytes = raw.bytes();
    let mut decoded = Vec::with_capacity(raw.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        decoded.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    String::from_utf8(decoded).ok()
}

fn head_of(segments: &[String]) -> Option<Head> {
    let is = |segment: &String, word: &str| segment.eq_ignore_ascii_case(word);
    match segments {
        [] => Some(Head::Tenant),
        [providers, namespace, kind, _] if is(providers, "providers") => {
            (is(namespace, "Microsoft.Management") && is(kind, "managementGroups")).then_some(Head::ManagementGroup)
        }
        [subscriptions, id, below @ ..] if is(subscriptions, "subscriptions") && is_guid(id) => match below {
            [] => Some(Head::Subscription),
            [groups, _] if is(groups, "resourceGroups") => Some(Head::ResourceGroup),
            [groups, _, resource @ ..] if is(groups, "resourceGroups") => is_resource(resource).then_some(Head::Resource),
            resource => is_resource(resource).then_some(Head::Resource),
        },
        _ => None,
    }
}

/// `providers/{namespace}/{type}/{name}` with more types and names, and perhaps an extension resource after it.
fn is_resource(segments: &[String]) -> bool {
    let [providers, namespace, kind, _, rest @ ..] = segments else { return false };
    let mut rest = rest;
    if !providers.eq_ignore_ascii_case("providers") || !is_namespace(namespace) || !is_word(kind) {
        return false;
    }
    while let [kind, _, further @ ..] = rest {
        if kind.eq_ignore_ascii_case("providers") {
            return is_resource(rest);
        }
        if !is_word(kind) {
            return false;
        }
        rest = further;
    }
    rest.is_empty()
}

fn fits(pattern: &str, segment: &str) -> bool {
    match pattern {
        "{guid}" => is_guid(segment),
        "{name}" => true,
        "{namespace}" => is_namespace(segment),
        "{cast}" => segment.strip_prefix("microsoft.graph.").is_some_and(is_word),
        _ => match pattern.split_once("{guid}") {
            Some((before, after)) => {
                let inner = segment
                    .get(..before.len())
                    .filter(|start| start.eq_ignore_ascii_case(before))
                    .and(segment.get(before.len()..));
                inner.and_then(|inner| inner.strip_suffix(after)).is_some_and(is_guid)
            }
            None => pattern.eq_ignore_ascii_case(segment),
        },
    }
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_namespace(text: &str) -> bool {
    text.contains('.') && text.split('.').all(is_word)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn refusal(method: Method, path: &str) -> (Failure, String) {
    (Failure::NotInTable, format!("{method} {path} is not among the reads this provider may make."))
}

const fn arm(heads: &'static [Head], tail: &'static str) -> AllowedPath {
    AllowedPath { method: Method::Get, audience: Audience::ResourceManager, heads, tail }
}

const fn arm_post(heads: &'static [Head], tail: &'static str) -> AllowedPath {
    AllowedPath { method: Method::Post, audience: Audience::ResourceManager, heads, tail }
}

const fn graph(tail: &'static str) -> AllowedPath {
    AllowedPath { method: Method::Get, audience: Audience::Graph, heads: TENANT, tail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::endpoint::{Endpoint, endpoints};

    const S: &str = "/subscriptions/11111111-1111-1111-1111-111111111111";
    const ID: &str = "22222222-2222-2222-2222-222222222222";

    fn refused(audience: Audience, method: Method, path: &str) -> bool {
        allow(audience, method, path).is_err()
    }

    /// A path for a row: every pattern filled in.
    fn example(row: &AllowedPath, head: Head) -> String {
        let vm = "providers/Microsoft.Compute/virtualMachines/web";
        let prefix = match head {
            Head::Tenant if row.audience == Audience::Graph => "/v1.0".to_owned(),
            Head::Tenant => String::new(),
            Head::ManagementGroup => "/providers/Microsoft.Management/managementGroups/corp".to_owned(),
            Head::Subscription => S.to_owned(),
            Head::ResourceGroup => format!("{S}/resourceGroups/prod"),
            Head::Resource => format!("{S}/resourceGroups/prod/{vm}/extensions/mde"),
        };
        let tail = row.tail.replace("{guid}", ID).replace("{name}", "latest");
        let tail = tail.replace("{namespace}", "Microsoft.Security").replace("{cast}", "microsoft.graph.user");
        if tail.is_empty() { prefix } else { format!("{prefix}/{tail}") }
    }

    #[test]
    fn every_row_allows_its_own_path_under_every_head_it_names_and_no_other_method() {
        for row in TABLE {
            for head in row.heads {
                let path = example(row, *head);
                assert_eq!(allow(row.audience, row.method, &path).unwrap().head, *head, "{path}");
                for method in [Method::Delete, Method::Head, Method::Patch, Method::Put] {
                    assert!(refused(row.audience, method, &path), "{method} {path}");
                }
            }
        }
    }

    /// Whether a row is what lets one of the declared reads through; Resource Graph has no declaration of its own.
    fn is_read(row: &AllowedPath) -> bool {
        let needed = |endpoint: &Endpoint| {
            let is_namespace = row.tail.ends_with("{namespace}");
            let id = if is_namespace { "Microsoft.Security" } else { ID };
            row.heads.iter().any(|head| {
                let prefix = AllowedPath { tail: "", ..*row };
                let scope = if row.audience == Audience::Graph { String::new() } else { example(&prefix, *head) };
                allow(row.audience, Method::Get, &endpoint.of_at(id, &scope).path).is_ok_and(|allowed| allowed.tail == row.tail)
            })
        };
        row.tail == RESOURCE_GRAPH || endpoints().filter(|endpoint| endpoint.audience == row.audience).any(needed)
    }

    #[test]
    fn no_row_allows_what_nothing_reads() {
        let unused: Vec<_> = TABLE.iter().filter(|row| !is_read(row)).map(|row| row.tail).collect();
        assert!(unused.is_empty(), "{unused:#?}");
    }

    #[test]
    fn the_only_post_is_resource_graph() {
        let others = TABLE.iter().filter(|row| row.method != Method::Get);
        assert_eq!(others.map(|row| (row.method, row.tail)).collect::<Vec<_>>(), [(Method::Post, RESOURCE_GRAPH)]);
    }

    #[test]
    fn nothing_that_hands_out_secrets_can_be_reached() {
        let rg = format!("{S}/resourceGroups/prod/providers");
        let hostile = [
            format!("{rg}/Microsoft.DocumentDB/databaseAccounts/db/readonlykeys"),
            format!("{rg}/Microsoft.DocumentDB/databaseAccounts/db/listKeys"),
            format!("{rg}/Microsoft.Storage/storageAccounts/st/listKeys"),
            format!("{rg}/Microsoft.OperationalInsights/workspaces/w/sharedKeys"),
            format!("{rg}/Microsoft.Web/sites/app/config/authsettingsV2/list"),
            format!("{rg}/Microsoft.Web/sites/app/functions/admin/token"),
            format!("{rg}/Microsoft.KeyVault/vaults/v/secrets/s"),
            format!("{rg}/Microsoft.KeyVault/vaults/v/secrets/s/versions"),
            format!("{rg}/Microsoft.KeyVault/vaults/v/keys/k"),
            format!("{rg}/Microsoft.KeyVault/vaults/v/x/y/secrets"),
            format!("{rg}/Microsoft.Storage/storageAccounts/st/blobServices/default/containers/c"),
            format!("{rg}/Microsoft.Storage/storageAccounts/st/blobServices/other/containers"),
            format!("{rg}/Microsoft.Network/virtualNetworkGateways/g/sharedKey"),
            format!("{rg}/Microsoft.Network/virtualNetworkGateways/g"),
            format!("{rg}/Microsoft.ContainerService/managedClusters/k/listClusterAdminCredential"),
            format!("{rg}/Microsoft.Storage/storageAccounts/st/ListAccountSas"),
            format!("{S}/providers/Microsoft.Storage/storageAccounts/st/listKeys"),
            format!("{S}/providers/Microsoft.KeyVault/vaults/v/secrets"),
            "/secrets/password".to_owned(),
        ];
        for path in &hostile {
            for method in [Method::Get, Method::Post, Method::Head] {
                assert!(refused(Audience::ResourceManager, method, path), "{method} {path}");
            }
        }
        let graph = [
            format!("/v1.0/servicePrincipals/{ID}/synchronization/secrets"),
            "/v1.0/$batch".to_owned(),
            "/v1.0/me".to_owned(),
            format!("/beta/users/{ID}"),
            format!("/v1.0/users/{ID}/messages"),
        ];
        for path in &graph {
            assert!(refused(Audience::Graph, Method::Get, path) && refused(Audience::Graph, Method::Post, path), "{path}");
        }
    }

    #[test]
    fn tricks_with_encoding_are_refused_as_bad_paths() {
        for trick in ["/..", "/.", "/%2e%2e", "//x", "/a%2Fb", "/a%5cb", "/%252e%252e", "/a%00", "/a%3Fb", "/a%zz", "/%ff"] {
            let (code, _) = allow(Audience::ResourceManager, Method::Get, &format!("{S}{trick}/resources")).unwrap_err();
            assert_eq!(code, Failure::BadPath, "{trick}");
        }
    }

    #[test]
    fn ids_may_be_spelled_in_any_case_and_encoded() {
        let path = S.to_uppercase() + "/RESOURCEGROUPS/My%20Group/providers/microsoft.authorization/ROLEASSIGNMENTS";
        let allowed = allow(Audience::ResourceManager, Method::Get, &path).unwrap();
        assert_eq!(allowed.subscription.as_deref(), S.strip_prefix("/subscriptions/"));
        assert!(!refused(Audience::Graph, Method::Get, &format!("/v1.0/applications(appId=%27{ID}%27)")));
    }

    #[test]
    fn an_extension_resource_is_a_resource_and_a_half_one_is_not() {
        let vm = format!("{S}/resourceGroups/prod/providers/Microsoft.Compute/virtualMachines/web");
        let permissions = "providers/Microsoft.Authorization/permissions";
        let nested = format!("{vm}/providers/Microsoft.Security/assessments/{ID}/{permissions}");
        assert!(!refused(Audience::ResourceManager, Method::Get, &nested));
        for half in
            [format!("{vm}/extensions/{permissions}"), format!("{vm}/providers/{permissions}"), format!("{S}/web/{permissions}")]
        {
            assert!(refused(Audience::ResourceManager, Method::Get, &half), "{half}");
        }
    }

    #[test]
    fn a_method_override_header_is_refused() {
        assert!(
            header_allowed("ConsistencyLevel") && !header_allowed("X-HTTP-Method") && !header_allowed("x-http-method-override")
        );
    }
}
