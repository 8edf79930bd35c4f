//! Functions: pure, offline, and the same answer every time.

use azposture::demo::{SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::inside::Inside;

#[tokio::test]
async fn a_resource_id_is_taken_apart_and_spelled_as_azurerm_parses_it() {
    let inside = Inside::on(Tenant::demo()).await;
    let id = format!("/subscriptions/{}/resourcegroups/RG/providers/microsoft.sql/SERVERS/s/databases/d", SANDBOX.to_uppercase());
    let parsed = inside.call("parse_resource_id", &[json!(id)]).await.unwrap();
    let expected = json!({
        "subscription_id": SANDBOX, "resource_group_name": "RG", "management_group_id": Json::Null,
        "provider_namespace": "Microsoft.Sql", "resource_type": "Microsoft.Sql/servers/databases", "name": "d", "parent_name": "s",
        "parent_id": format!("/subscriptions/{SANDBOX}/resourceGroups/RG/providers/Microsoft.Sql/servers/s"),
        "id": format!("/subscriptions/{SANDBOX}/resourceGroups/RG/providers/Microsoft.Sql/servers/s/databases/d"),
    });
    assert_eq!(parsed, expected);
    for bad in ["", "no/slash", "/subscriptions/x", "/subscriptions"] {
        assert_eq!(inside.call("parse_resource_id", &[json!(bad)]).await.unwrap_err().argument, Some(0), "{bad}");
    }
}
