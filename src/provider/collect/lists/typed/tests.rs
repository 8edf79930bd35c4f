//! What is kept of a resource, by what its type says and by what comes.

use serde_json::json;

use super::*;
use crate::posture::resource_id::known_type;

fn found(name: &str, mut row: Json) -> TypedResource {
    row["id"] = json!("/subscriptions/fab00001-0000-4000-8000-000000000001/resourcegroups/rg/providers/x.y/z/n");
    find(name).unwrap().found(serde_json::from_value(row).unwrap(), false)
}

#[test]
fn every_type_is_spelt_as_ids_are() {
    for typed in TYPES.iter() {
        assert_eq!(known_type(typed.name()), Some(typed.name()), "{}", typed.name());
        assert!(std::ptr::eq(find(&typed.name().to_uppercase()).unwrap(), typed));
    }
}

#[test]
fn a_switch_is_off_only_if_all_of_it_is() {
    let workspaces = "Microsoft.OperationalInsights/workspaces";
    for (ingestion, query, access) in [
        (json!("Disabled"), json!("disabled"), Some("Disabled")),
        (json!("Enabled"), json!("Disabled"), Some("Enabled")),
        (json!("Disabled"), json!("enabled"), Some("Enabled")),
        (json!("Disabled"), json!("SecuredByPerimeter"), None),
        (json!("Disabled"), json!(null), None),
        (json!(null), json!("Disabled"), None),
        (json!("Perhaps"), json!("Perhaps"), Some("Perhaps")),
    ] {
        let row = json!({"properties": {"publicNetworkAccessForIngestion": ingestion, "publicNetworkAccessForQuery": query}});
        assert_eq!(found(workspaces, row.clone()).public_network_access.as_deref(), access, "{row}");
    }
}

#[test]
fn a_switch_that_is_left_out_is_what_its_service_documents() {
    for (name, absent) in [
        ("Microsoft.Storage/storageAccounts", Some("Enabled")),
        ("Microsoft.Sql/servers", None),
        ("Microsoft.Network/virtualNetworks", None),
    ] {
        assert_eq!(found(name, json!({"properties": {"state": "Ready"}})).public_network_access.as_deref(), absent, "{name}");
        assert_eq!(found(name, json!({"properties": {"publicNetworkAccess": 7}})).public_network_access, None, "{name}");
        assert_eq!(found(name, json!({})).public_network_access, None, "{name}");
    }
}

#[test]
fn only_approved_connections_count() {
    let connection = |status: Json| json!({"properties": {"privateLinkServiceConnectionState": {"status": status}}});
    for (connections, count) in [
        (json!([]), Some(0)),
        (json!([connection(json!("Pending")), connection(json!("approved"))]), Some(1)),
        (json!([connection(json!("Approved")), connection(json!("Odd"))]), None),
        (json!([connection(json!("Approved")), {}]), None),
        (json!(null), None),
        (json!({}), None),
    ] {
        let row = json!({"properties": {"privateEndpointConnections": connections}});
        assert_eq!(found("Microsoft.Storage/storageAccounts", row.clone()).private_endpoint_count, count, "{row}");
        assert_eq!(found("Microsoft.Network/virtualNetworks", row).private_endpoint_count, None);
    }
}

#[test]
fn what_comes_in_another_kind_is_unsaid_and_the_rest_stays() {
    let odd = found(
        "Microsoft.Compute/disks",
        json!({"location": "West Europe", "tags": ["x"], "zones": "1", "sku": 7, "identity": "none", "managedBy": {}, "kind": 1}),
    );
    assert_eq!(odd.location.as_deref(), Some("westeurope"));
    assert_eq!((odd.tags, odd.zones, odd.sku_name, odd.identity_type, odd.managed_by, odd.kind), Default::default());
    let bare = found("Microsoft.Compute/disks", json!({"tags": null, "properties": {}}));
    assert_eq!((bare.tags, bare.properties_json), (Some(BTreeMap::new()), None), "nothing is said of it");
}

#[test]
fn a_type_without_columns_is_one_of_which_something_is_said() {
    let said = |row: Json| found("Microsoft.Cdn/profiles", row).properties_json;
    assert_eq!(said(json!({"properties": {"provisioningState": "Succeeded"}})).as_deref(), Some("{}"));
    assert_eq!(said(json!({"properties": null})), None);
}

#[test]
fn columns_stand_in_one_order() {
    let disk =
        found("Microsoft.Compute/disks", json!({"properties": {"osType": "Linux", "diskState": "Attached", "uniqueId": "u"}}));
    assert_eq!(
        disk.properties_json.as_deref(),
        Some(
            r#"{"dataAccessAuthMode":null,"diskState":"Attached","encryption":null,"encryptionSettingsCollection":null,"networkAccessPolicy":null,"osType":"Linux","timeCreated":null}"#
        )
    );
}
