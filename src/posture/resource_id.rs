//! Azure resource ids: taken apart, compared without case, and spelled the way azurerm parses them.

use std::{fmt, sync::LazyLock};

use crate::text::quoted;

/// A resource id, taken apart. Parts that the id does not have are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceId {
    /// Lower-case GUID.
    pub subscription_id: Option<String>,
    /// As written.
    pub resource_group_name: Option<String>,
    /// As written.
    pub management_group_id: Option<String>,
    /// `Microsoft.Sql`
    pub provider_namespace: Option<String>,
    /// `Microsoft.Sql/servers/databases`
    pub resource_type: Option<String>,
    /// The last name.
    pub name: Option<String>,
    /// What it stands in; for an extension resource, what it extends.
    pub parent_id: Option<String>,
    /// The name of the parent, none if the parent has none.
    pub parent_name: Option<String>,
    /// The canonical spelling.
    pub id: String,
}

/// Why a text is no resource id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAResourceId(pub String);

impl fmt::Display for NotAResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Namespaces and types in the case azurerm knows. Services answer them in any case (`resourcegroups`, `microsoft.storage`).
const TYPES: &[&str] = &[
    "Microsoft.ApiManagement/service",
    "Microsoft.App/containerApps",
    "Microsoft.App/managedEnvironments",
    "Microsoft.Authorization/denyAssignments",
    "Microsoft.Authorization/locks",
    "Microsoft.Authorization/policyAssignments",
    "Microsoft.Authorization/policyDefinitions",
    "Microsoft.Authorization/policyExemptions",
    "Microsoft.Authorization/policySetDefinitions",
    "Microsoft.Authorization/roleAssignmentScheduleInstances",
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.Authorization/roleDefinitions",
    "Microsoft.Authorization/roleEligibilityScheduleInstances",
    "Microsoft.Automation/automationAccounts",
    "Microsoft.Cache/redis",
    "Microsoft.Cache/redisEnterprise",
    "Microsoft.Cdn/profiles",
    "Microsoft.CognitiveServices/accounts",
    "Microsoft.Compute/diskEncryptionSets",
    "Microsoft.Compute/disks",
    "Microsoft.Compute/snapshots",
    "Microsoft.Compute/virtualMachineScaleSets",
    "Microsoft.Compute/virtualMachines",
    "Microsoft.Compute/virtualMachines/extensions",
    "Microsoft.ContainerInstance/containerGroups",
    "Microsoft.ContainerRegistry/registries",
    "Microsoft.ContainerService/managedClusters",
    "Microsoft.DBforMariaDB/servers",
    "Microsoft.DBforMySQL/flexibleServers",
    "Microsoft.DBforMySQL/servers",
    "Microsoft.DBforPostgreSQL/flexibleServers",
    "Microsoft.DBforPostgreSQL/servers",
    "Microsoft.DataProtection/backupVaults",
    "Microsoft.DocumentDB/databaseAccounts",
    "Microsoft.EventHub/namespaces",
    "Microsoft.HybridCompute/machines",
    "Microsoft.Insights/actionGroups",
    "Microsoft.Insights/activityLogAlerts",
    "Microsoft.Insights/diagnosticSettings",
    "Microsoft.Insights/metricAlerts",
    "Microsoft.Insights/scheduledQueryRules",
    "Microsoft.KeyVault/managedHSMs",
    "Microsoft.KeyVault/vaults",
    "Microsoft.KeyVault/vaults/keys",
    "Microsoft.KeyVault/vaults/secrets",
    "Microsoft.Kubernetes/connectedClusters",
    "Microsoft.Logic/workflows",
    "Microsoft.ManagedIdentity/userAssignedIdentities",
    "Microsoft.Management/managementGroups",
    "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies",
    "Microsoft.Network/applicationGateways",
    "Microsoft.Network/azureFirewalls",
    "Microsoft.Network/bastionHosts",
    "Microsoft.Network/firewallPolicies",
    "Microsoft.Network/frontDoorWebApplicationFirewallPolicies",
    "Microsoft.Network/frontDoors",
    "Microsoft.Network/loadBalancers",
    "Microsoft.Network/networkInterfaces",
    "Microsoft.Network/networkSecurityGroups",
    "Microsoft.Network/networkWatchers",
    "Microsoft.Network/networkWatchers/flowLogs",
    "Microsoft.Network/privateEndpoints",
    "Microsoft.Network/publicIPAddresses",
    "Microsoft.Network/trafficManagerProfiles",
    "Microsoft.Network/virtualNetworkGateways",
    "Microsoft.Network/virtualNetworks",
    "Microsoft.Network/virtualNetworks/subnets",
    "Microsoft.OperationalInsights/workspaces",
    "Microsoft.RecoveryServices/vaults",
    "Microsoft.Resources/deployments",
    "Microsoft.Security/assessments",
    "Microsoft.Security/assessments/subAssessments",
    "Microsoft.Security/pricings",
    "Microsoft.Security/securityConnectors",
    "Microsoft.Security/standardAssignments",
    "Microsoft.ServiceBus/namespaces",
    "Microsoft.Sql/managedInstances",
    "Microsoft.Sql/servers",
    "Microsoft.Sql/servers/databases",
    "Microsoft.SqlVirtualMachine/sqlVirtualMachines",
    "Microsoft.Storage/storageAccounts",
    "Microsoft.Storage/storageAccounts/blobServices",
    "Microsoft.Storage/storageAccounts/blobServices/containers",
    "Microsoft.Storage/storageAccounts/fileServices",
    "Microsoft.Storage/storageAccounts/fileServices/shares",
    "Microsoft.Web/serverFarms",
    "Microsoft.Web/sites",
    "Microsoft.Web/sites/slots",
];

impl ResourceId {
    /// Takes an id apart. The last provider wins: an extension's parent is what it extends.
    pub fn parse(id: &str) -> Result<Self, NotAResourceId> {
        Walk::along(id).map(Walk::apart).map_err(|why| NotAResourceId(format!("{} is no Azure resource id: {why}", quoted(id))))
    }
}

impl ResourceId {
    /// Its type: subscriptions and resource groups have one, too.
    pub fn full_type(&self) -> Option<String> {
        self.resource_type.clone().or_else(|| {
            let container = if self.resource_group_name.is_some() {
                "Microsoft.Resources/subscriptions/resourceGroups"
            } else {
                "Microsoft.Resources/subscriptions"
            };
            self.subscription_id.as_ref().map(|_| container.to_owned())
        })
    }
}

/// An id while it is read: its parts as they are written, and what has been respelled of it so far. Hundreds of thousands of ids are
/// only respelled, so that nothing is copied before somebody wants it apart.
#[derive(Default)]
struct Walk<'a> {
    id: String,
    /// Where in the id the subscription's GUID ends.
    subscription_end: Option<usize>,
    resource_group_name: Option<&'a str>,
    management_group_id: Option<&'a str>,
    namespace: Option<&'a str>,
    /// The type so far, without a kind just the namespace.
    resource_type: String,
    has_kind: bool,
    name: Option<&'a str>,
    parent_end: Option<usize>,
    parent_name: Option<&'a str>,
}

const SUBSCRIPTIONS: &str = "/subscriptions/";

impl<'a> Walk<'a> {
    fn along(id: &'a str) -> Result<Self, String> {
        let Some(rest) = id.strip_prefix('/') else { return Err("it has to begin with `/`".to_owned()) };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.is_empty() {
            return Ok(Self { id: "/".to_owned(), ..Self::default() });
        }
        let mut walk = Self { id: String::with_capacity(id.len()), resource_type: String::with_capacity(64), ..Self::default() };
        let mut segments = rest.split('/').peekable();
        while let Some(kind) = segments.next() {
            let Some(value) = segments.next() else { return Err(format!("{} has no name behind it", quoted(kind))) };
            if kind.is_empty() || value.is_empty() {
                return Err("it has an empty segment".to_owned());
            }
            if kind.eq_ignore_ascii_case("providers") {
                if segments.peek().is_none() && walk.namespace.is_none() && walk.subscription_end.is_none() {
                    return Err("it names a provider but no resource".to_owned());
                }
                // What an extension extends is a resource or a scope, never a provider.
                if walk.namespace.is_some() && !walk.has_kind {
                    return Err("it names a provider but no resource before the next provider".to_owned());
                }
                walk.enter_provider(value);
            } else if walk.namespace.is_some() {
                walk.enter_resource(kind, value);
            } else if kind.eq_ignore_ascii_case("subscriptions") && walk.id.is_empty() {
                let Some(guid) = guid(value) else { return Err(format!("{} is no GUID", quoted(value))) };
                walk.push(&[SUBSCRIPTIONS, &guid]);
                walk.subscription_end = Some(walk.id.len());
            } else if kind.eq_ignore_ascii_case("resourceGroups") && walk.subscription_end.is_some() {
                walk.parent_end = Some(walk.id.len());
                walk.push(&["/resourceGroups/", value]);
                walk.resource_group_name = Some(value);
                walk.name = Some(value);
            } else {
                return Err(format!("{} does not belong there", quoted(kind)));
            }
        }
        Ok(walk)
    }

    fn enter_provider(&mut self, namespace: &'a str) {
        let namespace = canonical_namespace(namespace);
        self.parent_end = (!self.id.is_empty()).then_some(self.id.len());
        self.parent_name = self.name.take();
        self.push(&["/providers/", namespace]);
        self.namespace = Some(namespace);
        namespace.clone_into(&mut self.resource_type);
        self.has_kind = false;
    }

    fn enter_resource(&mut self, kind: &str, name: &'a str) {
        if self.has_kind {
            self.parent_end = Some(self.id.len());
            self.parent_name = self.name.take();
        }
        let before = self.resource_type.len();
        self.resource_type.push('/');
        self.resource_type.push_str(kind);
        if let Some(known) = known_type(&self.resource_type) {
            known.clone_into(&mut self.resource_type);
        }
        if self.resource_type == "Microsoft.Management/managementGroups" {
            self.management_group_id = Some(name);
        }
        // The kind stands behind what was there before, in whatever case.
        self.id.push_str(self.resource_type.get(before..).unwrap_or_default());
        self.push(&["/", name]);
        self.has_kind = true;
        self.name = Some(name);
    }

    fn push(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.id.push_str(part));
    }

    fn apart(self) -> ResourceId {
        let text = |part: Option<&str>| part.map(str::to_owned);
        let part = |from: usize, end: Option<usize>| text(end.and_then(|end| self.id.get(from..end)));
        ResourceId {
            subscription_id: part(SUBSCRIPTIONS.len(), self.subscription_end),
            resource_group_name: text(self.resource_group_name),
            management_group_id: text(self.management_group_id),
            provider_namespace: text(self.namespace),
            parent_id: part(0, self.parent_end),
            resource_type: self.has_kind.then_some(self.resource_type),
            name: text(self.name),
            parent_name: text(self.parent_name),
            id: self.id,
        }
    }
}

/// The canonical spelling of an id, or the id itself where it is none of Azure's.
pub fn canonical(id: &str) -> String {
    Walk::along(id).map_or_else(|_| id.to_owned(), |walk| walk.id)
}

/// The canonical spelling of a type; types unknown here stay as they are written.
pub fn canonical_type(full: &str) -> String {
    match (known_type(full), full.split_once('/')) {
        (Some(known), _) => known.to_owned(),
        (None, Some((namespace, rest))) => format!("{}/{rest}", canonical_namespace(namespace)),
        (None, None) => full.to_owned(),
    }
}

/// The canonical spelling of a type that is known here.
pub fn known_type(full: &str) -> Option<&'static str> {
    TYPES.iter().find(|known| known.eq_ignore_ascii_case(full)).copied()
}

fn canonical_namespace(namespace: &str) -> &str {
    static NAMESPACES: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let mut all: Vec<&str> = TYPES.iter().filter_map(|known| known.split_once('/')).map(|(namespace, _)| namespace).collect();
        // The types are sorted, so that equal ones are neighbours.
        all.dedup();
        all
    });
    NAMESPACES.iter().find(|known| known.eq_ignore_ascii_case(namespace)).copied().unwrap_or(namespace)
}

/// The lower-case GUID, if the text is one.
pub fn guid(text: &str) -> Option<String> {
    let fits = |(at, byte): (usize, u8)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    (text.len() == 36 && text.bytes().enumerate().all(fits)).then(|| text.to_ascii_lowercase())
}

/// Whether `id` is `prefix` or stands below it, on a `/` boundary and without case.
pub fn within(id: &str, prefix: &str) -> bool {
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    match (id.get(..prefix.len()), id.get(prefix.len()..)) {
        (Some(start), Some(rest)) => start.eq_ignore_ascii_case(prefix) && (rest.is_empty() || rest.starts_with('/')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str = "0B1F6471-1BF0-4DDA-AEC3-CB9272F09590";

    fn parsed(id: &str) -> ResourceId {
        ResourceId::parse(&id.replace("{S}", SUBSCRIPTION)).unwrap()
    }

    fn some(text: &str) -> Option<String> {
        Some(text.replace("{S}", &SUBSCRIPTION.to_ascii_lowercase()))
    }

    #[test]
    fn ids_are_spelled_as_azurerm_parses_them() {
        let id = parsed("/SUBSCRIPTIONS/{S}/resourcegroups/My-RG/Providers/microsoft.SQL/Servers/s1/Databases/d1/");
        assert_eq!(Some(id.id), some("/subscriptions/{S}/resourceGroups/My-RG/providers/Microsoft.Sql/servers/s1/databases/d1"));
        assert_eq!(id.subscription_id, some("{S}"));
        assert_eq!(id.resource_group_name, some("My-RG"));
        assert_eq!(id.provider_namespace, some("Microsoft.Sql"));
        assert_eq!(id.resource_type, some("Microsoft.Sql/servers/databases"));
        assert_eq!((id.name, id.parent_name), (some("d1"), some("s1")));
        assert_eq!(id.parent_id, some("/subscriptions/{S}/resourceGroups/My-RG/providers/Microsoft.Sql/servers/s1"));
    }

    #[test]
    fn an_extension_belongs_to_what_it_extends() {
        let id = parsed(
            "/subscriptions/{S}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm/providers/microsoft.security/assessments/k",
        );
        assert_eq!(id.resource_type, some("Microsoft.Security/assessments"));
        assert_eq!(id.parent_id, some("/subscriptions/{S}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm"));
        assert_eq!((id.name, id.parent_name), (some("k"), some("vm")));
        assert_eq!(id.resource_group_name, some("rg"));
    }

    #[test]
    fn scopes_above_resources_are_ids_too() {
        assert_eq!(parsed("/").id, "/");
        let subscription = parsed("/subscriptions/{S}");
        assert_eq!((subscription.name, subscription.parent_id, subscription.resource_type), (None, None, None));
        let group = parsed("/subscriptions/{S}/resourceGroups/rg");
        assert_eq!((group.name, group.parent_id), (some("rg"), some("/subscriptions/{S}")));
        let management = parsed("/providers/microsoft.management/managementgroups/mg-1");
        assert_eq!(management.management_group_id, some("mg-1"));
        assert_eq!(management.id, "/providers/Microsoft.Management/managementGroups/mg-1");
    }

    #[test]
    fn what_is_no_id_is_refused_with_its_reason() {
        for (id, reason) in [
            ("subscriptions/x", "begin with `/`"),
            ("/subscriptions/x", "no GUID"),
            ("/subscriptions", "no name behind it"),
            ("/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups", "no name behind it"),
            ("/resourceGroups/rg", "does not belong"),
            ("//x", "empty segment"),
            ("/providers/Microsoft.Sql", "no resource"),
            ("/providers/Microsoft.Sql/providers/Microsoft.Security/assessments/k", "before the next provider"),
        ] {
            let error = ResourceId::parse(id).unwrap_err();
            assert!(error.0.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_prefix_holds_on_segment_boundaries_without_case() {
        assert!(within("/subscriptions/A/resourceGroups/RG", "/Subscriptions/a"));
        assert!(within("/subscriptions/a", "/subscriptions/A/"));
        assert!(!within("/subscriptions/ab", "/subscriptions/a"));
        assert!(within("/subscriptions/a", "/"));
        assert!(!within("/ä", "/äb"), "a boundary inside a character is no prefix");
    }

    #[test]
    fn the_table_of_types_is_sorted_and_has_no_doubles() {
        assert!(TYPES.is_sorted_by(|a, b| a < b), "sorted, so that a reviewer finds a type");
    }
}
