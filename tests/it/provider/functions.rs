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

#[tokio::test]
async fn the_id_of_a_built_in_role_takes_the_form_of_its_scope() {
    let inside = Inside::on(Tenant::demo()).await;
    let reader = "providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7";
    let below = format!("/subscriptions/{}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v", SANDBOX.to_uppercase());
    for (scope, expected) in [
        ("", format!("/{reader}")),
        ("/", format!("/{reader}")),
        ("/providers/Microsoft.Management/managementGroups/corp", format!("/{reader}")),
        (below.as_str(), format!("/subscriptions/{SANDBOX}/{reader}")),
    ] {
        assert_eq!(
            inside.call("role_definition_id", &[json!("reader"), json!(scope)]).await.unwrap(),
            json!(expected),
            "{scope}"
        );
    }
    let unknown = inside.call("role_definition_id", &[json!("Key Vault Reeder"), json!("")]).await.unwrap_err();
    assert!(unknown.argument == Some(0) && unknown.text.contains("`Key Vault Reader`"), "{unknown:?}");
    assert!(unknown.text.contains("of 498 known values") && unknown.text.contains("azurerm_role_definition"), "{unknown:?}");
    let renamed = inside.call("role_definition_id", &[json!("Azure AI User"), json!("")]).await.unwrap();
    assert_eq!(renamed, inside.call("role_definition_id", &[json!("foundry user"), json!("")]).await.unwrap());
    let by_id = inside.call("role_definition_id", &[json!("acdd72a7-3385-48ef-bd42-f606fba81ae7"), json!("")]).await.unwrap_err();
    assert!(by_id.argument == Some(0) && by_id.text.ends_with("Its name is \"Reader\"."), "{by_id:?}");
    let bare = inside.call("role_definition_id", &[json!("Reader"), json!(SANDBOX)]).await.unwrap_err();
    assert!(bare.argument == Some(1) && bare.text.contains(&format!("\"/subscriptions/{SANDBOX}\"")), "{bare:?}");
    for bad in ["rg", "/subscriptions/x", "/tenants/x"] {
        let refused = inside.call("role_definition_id", &[json!("Reader"), json!(bad)]).await.unwrap_err();
        assert_eq!(refused.argument, Some(1), "{bad}");
    }
}

#[tokio::test]
async fn an_address_is_spelled_alike_whoever_wrote_it() {
    let inside = Inside::on(Tenant::demo()).await;
    for text in ["ava@contoso.com", " Ava+x@Contoso.com ", "SMTP:ava@contoso.com", "ava_contoso.com#EXT#@x.onmicrosoft.com"] {
        assert_eq!(inside.call("normalize_email", &[json!(text)]).await.unwrap(), json!("ava@contoso.com"), "{text}");
    }
    let refused = inside.call("normalize_email", &[json!("ava")]).await.unwrap_err();
    assert_eq!((refused.argument, refused.text.as_str()), (Some(0), "`email` is \"ava\", which is no address: it has no `@`."));
}
