//! The types of resources that are read, one row each: where Resource Manager lists them, and which of their properties are taken in.

mod compute;
mod data;
mod network;
mod observability;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{
    Identified,
    projection::{Asked, Columns},
};
use crate::azure::{
    answer::lenient::{List, Object, Text},
    endpoint::Endpoint,
};

/// A type of resources.
#[derive(Debug)]
pub struct ResourceType {
    /// In the spelling of the azurerm provider.
    pub name: &'static str,
    /// Its list in a subscription.
    pub endpoint: Endpoint,
    /// The version of the interface for a cloud that does not have that of the list yet.
    pub older: Option<&'static str>,
    /// What the list leaves out unless `$expand` asks for it.
    pub expand: Option<&'static str>,
    /// What is taken in of `properties`, as [`Columns`] reads it.
    pub columns: &'static str,
    /// The switch for access from public networks.
    pub public_access: PublicAccess,
    /// Whether a resource lists its private endpoint connections.
    pub has_private_endpoints: bool,
    /// What has a list of it.
    pub listed_in: ListedIn,
    /// Whether it is read only if somebody names it: no list of what there is has it, and each parent costs a request.
    pub is_on_demand: bool,
    /// What each resource of it says below `properties`, so that one that does not is not known.
    pub always_said: &'static [&'static str],
}

/// What has a list of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedIn {
    /// Each resource of another type, but for those of these kinds, which have none.
    Parent(&'static str, &'static [&'static str]),
    /// Each resource group.
    ResourceGroup,
    /// The subscription.
    Subscription,
}

/// Where a type has its switch for access from public networks. All of several have to be off for it to be off.
#[derive(Clone, Copy, Debug)]
pub struct PublicAccess {
    /// Paths below `properties`; none if the type has no switch.
    pub paths: &'static [&'static str],
    /// What the service documents for a switch that is left out; none if it documents nothing.
    pub absent: Option<&'static str>,
}

/// A row of the table. Its right is that of the type: `<type>/read`.
macro_rules! resource_type {
    ($name:literal, $reading:literal, $version:literal, $columns:literal) => {
        $crate::azure::arm::typed::resource_type!($name at $name, $reading, $version, $columns)
    };
    ($name:literal at $place:literal, $reading:literal, $version:literal, $columns:literal) => {
        $crate::azure::arm::typed::ResourceType {
            name: $name,
            endpoint: $crate::azure::endpoint::Endpoint::arm(
                $reading,
                concat!("providers/", $place),
                $version,
                &[concat!($name, "/read")],
            ),
            older: None,
            expand: None,
            columns: $columns,
            public_access: $crate::azure::arm::typed::PublicAccess { paths: &[], absent: None },
            has_private_endpoints: false,
            listed_in: $crate::azure::arm::typed::ListedIn::Subscription,
            is_on_demand: false,
            always_said: &[],
        }
    };
}
use resource_type;

impl ResourceType {
    /// With another version where a cloud does not have the newer one.
    const fn or_in_version(mut self, version: &'static str) -> Self {
        self.older = Some(version);
        self
    }

    /// With what has to be asked for.
    const fn expanding(mut self, what: &'static str) -> Self {
        self.expand = Some(what);
        self
    }

    /// With a switch for access from public networks.
    const fn public_at(mut self, paths: &'static [&'static str]) -> Self {
        self.public_access.paths = paths;
        self
    }

    /// With such a switch, which is documented to be on where it is left out.
    const fn public_unless_off(mut self) -> Self {
        self.public_access = PublicAccess { paths: PUBLIC, absent: Some("Enabled") };
        self
    }

    /// With private endpoint connections.
    const fn with_private_endpoints(mut self) -> Self {
        self.has_private_endpoints = true;
        self
    }

    /// Listed by resource group.
    const fn in_groups(mut self) -> Self {
        self.listed_in = ListedIn::ResourceGroup;
        self
    }

    /// Listed by each resource of another type, but for those of these kinds.
    const fn part_of(mut self, parent: &'static str, but: &'static [&'static str]) -> Self {
        self.listed_in = ListedIn::Parent(parent, but);
        self
    }

    /// Read only where it is named.
    const fn on_demand(mut self) -> Self {
        self.is_on_demand = true;
        self
    }

    /// Each of what lists it has one, whoever made it.
    const fn never_empty(mut self) -> Self {
        self.endpoint = self.endpoint.never_empty();
        self
    }

    /// Each resource says this.
    const fn saying(mut self, always: &'static [&'static str]) -> Self {
        self.always_said = always;
        self
    }

    /// What is taken in of `properties`.
    pub fn projection(&self) -> Columns {
        Columns::parse(self.columns).unwrap_or_default()
    }

    /// What Resource Graph is asked for below `properties`.
    pub fn asked(&self) -> Asked {
        let mut asked = self.projection().asked();
        asked.and_path("provisioningState");
        asked.and_path("sku.name");
        asked.and_path("sku.tier");
        self.public_access.paths.iter().for_each(|path| asked.and_path(path));
        if self.has_private_endpoints {
            asked.and_path(CONNECTIONS);
        }
        asked
    }
}

/// Where most types have their switch.
const PUBLIC: &[&str] = &["publicNetworkAccess"];

/// Where types have their private endpoint connections.
pub const CONNECTIONS: &str = "privateEndpointConnections";

/// All of them, by area.
pub const DATA: &[ResourceType] = data::TYPES;
/// Machines, containers and applications.
pub const COMPUTE: &[ResourceType] = compute::TYPES;
/// Clusters of Azure Kubernetes Service, which are among these.
pub const CLUSTERS: ResourceType = compute::CLUSTERS;
/// Networks.
pub const NETWORK: &[ResourceType] = network::TYPES;
/// What watches.
pub const OBSERVABILITY: &[ResourceType] = observability::TYPES;

/// All of them.
pub fn types() -> impl Iterator<Item = &'static ResourceType> + Clone {
    [DATA, COMPUTE, NETWORK, OBSERVABILITY].into_iter().flatten()
}

/// A resource as the list of its type has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Detailed {
    /// Its id.
    pub id: String,
    /// What the service tells it apart by within its type: `StorageV2`.
    pub kind: Text,
    /// The region, by its name or by what people call it.
    pub location: Text,
    /// The resource that it serves.
    pub managed_by: Text,
    /// Availability zones.
    pub zones: List<Text>,
    /// Tags, as they came.
    pub tags: Option<Json>,
    /// Its size and price.
    pub sku: Object<Sku>,
    /// Its managed identity.
    pub identity: Object<Identity>,
    /// Everything else, as it came; none if the service did not say.
    pub properties: Object<Map<String, Json>>,
}

/// A size and price.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Sku {
    /// `Standard_ZRS`
    pub name: Text,
    /// `Standard`
    pub tier: Text,
}

/// A managed identity.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// `SystemAssigned`, `UserAssigned`, both, or `None`.
    #[serde(rename = "type")]
    pub kind: Text,
    /// The object id of the one that the resource has of its own.
    pub principal_id: Text,
    /// Others that it uses, by their resource ids.
    pub user_assigned_identities: Object<Map<String, Json>>,
}

impl Identified for Detailed {
    fn id(&self) -> &str {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_every_type_are_well_spelt_and_each_type_stands_once() {
        for one in types() {
            assert!(Columns::parse(one.columns).is_some(), "{}", one.name);
            assert_eq!(types().filter(|other| other.name.eq_ignore_ascii_case(one.name)).count(), 1, "{}", one.name);
            assert_eq!(one.endpoint.needs, [format!("{}/read", one.name)], "{}", one.name);
        }
    }

    /// What Azure keeps secrets in is no column of any type, and stands below none that is taken whole.
    #[test]
    fn no_column_is_a_place_of_secrets() {
        let words = [
            "appSettings",
            "connectionString",
            "customData",
            "environmentVariables",
            "password",
            "primaryKey",
            "secret",
            "settings",
            "template",
        ];
        for one in types() {
            for column in one.columns.split(|c: char| !c.is_ascii_alphanumeric()) {
                assert!(!words.iter().any(|word| column.eq_ignore_ascii_case(word)), "{}: {column}", one.name);
            }
        }
    }
}
