//! What `azposture_role_assignment_validation` makes of operations: on which side they are, and whether there are any of that name.

use azposture::demo::Tenant;
use serde_json::{Value as Json, json};

use super::role_validation::{DENIZ, HUGO, NAME, PRINTER, green, plan, production, red, unknown};
use crate::support::{
    held::assignment,
    inside::{Inside, Reading},
};

/// Storage Account Contributor's `Microsoft.Storage/storageAccounts/*` covers it.
const LIST_KEYZ: &str = "Microsoft.Storage/storageAccounts/listKeyz/action";
const BLOB: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";

fn may(principal: &str, argument: &str, operation: &str) -> Json {
    json!({"principal_id": principal, argument: [operation], "scopes": [production()]})
}

#[track_caller]
fn refused(reading: &Reading, argument: &str, other: &str) {
    assert_eq!(reading.errors(), ["Invalid value"], "{:#?}", reading.said);
    assert!(reading.detail().contains(&format!("`{argument}` has")), "{}", reading.detail());
    assert!(reading.detail().contains(&format!("Name it in `{other}`.")), "{}", reading.detail());
}

#[tokio::test]
async fn a_data_operation_under_actions_is_an_error_that_names_the_right_argument_and_the_reverse() {
    let inside = Inside::on(Tenant::demo()).await;
    // Reader's `*/read` and Contributor's `*` match it by text.
    for operation in [
        BLOB,
        "Microsoft.KeyVault/vaults/secrets/getSecret/action",
        "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*",
    ] {
        let reading = inside.plan(NAME, may(DENIZ, "actions", operation)).await;
        refused(&reading, "actions", "data_actions");
        assert!(reading.detail().contains("which is a data operation"), "{}", reading.detail());
    }
    for operation in [
        "Microsoft.Web/sites/restart/action",
        "Microsoft.Storage/storageAccounts/listKeys/action",
        "Microsoft.Security/assessments/write",
    ] {
        let reading = inside.plan(NAME, may(DENIZ, "data_actions", operation)).await;
        refused(&reading, "data_actions", "actions");
        assert!(reading.detail().contains("which is a management operation"), "{}", reading.detail());
    }
    red(&inside.plan(NAME, may(DENIZ, "data_actions", BLOB)).await, "action_missing");
}

#[tokio::test]
async fn an_operation_that_no_role_names_is_no_pass_by_a_wildcard() {
    let inside = Inside::on(Tenant::demo()).await;
    for operation in ["Microsoft.Storage/storageAcounts/read", "Microsoft.Compute/disks/beginGetAccess/action", LIST_KEYZ] {
        let reading = inside.plan(NAME, may(DENIZ, "actions", operation)).await;
        unknown(&reading, "not_proven");
        assert!(reading.detail().contains("only a wildcard covers it, and no role definition names it"), "{}", reading.detail());
        assert!(reading.warnings().is_empty(), "the resource provider is known: {:#?}", reading.said);
    }
    green(&inside.plan(NAME, may(DENIZ, "actions", "Microsoft.Web/sites/restart/action")).await);
    for operation in ["Microsoft.Storage/storageAccounts/listKeys/action", "Microsoft.Storage/storageAccounts/write", "*/read"] {
        green(&inside.plan(NAME, may(DENIZ, "actions", operation)).await);
    }
    for pattern in ["*/listKeyz/action", "Microsoft.Storage/*/listKeyz/action", "Microsoft.Storage/storageAcounts/*"] {
        unknown(&inside.plan(NAME, may(DENIZ, "actions", pattern)).await, "not_proven");
    }
    for pattern in ["*/listKeys/action", "Microsoft.Storage/*/listKeys/action", "Microsoft.Storage/storageAccounts/*"] {
        green(&inside.plan(NAME, may(DENIZ, "actions", pattern)).await);
    }
    red(&inside.plan(NAME, may(PRINTER, "actions", "Microsoft.Storage/storageAcounts/read")).await, "action_missing");
}

#[tokio::test]
async fn a_resource_provider_that_no_role_names_is_a_warning_with_its_neighbours() {
    let reading = plan(Tenant::demo(), may(DENIZ, "actions", "Microsoft.Stroage/storageAccounts/read")).await;
    assert_eq!(reading.errors(), ["role_assignment_validation: 1 unknown of 1"], "{:#?}", reading.said);
    assert_eq!(reading.warnings(), ["Resource provider matches nothing"]);
    let warned = reading.said.iter().find(|one| one.summary == "Resource provider matches nothing").unwrap();
    assert!(
        warned.detail.contains("\"Microsoft.Stroage\"") && warned.detail.contains("`Microsoft.Storage`"),
        "{}",
        warned.detail
    );
    // A custom resource provider that a custom role names.
    let tenant = Tenant::demo();
    tenant
        .edit("role-definitions", |list| {
            let custom =
                list["value"].as_array_mut().unwrap().iter_mut().find(|row| row["properties"]["roleName"] == "Deployment Engine");
            custom.unwrap()["properties"]["permissions"][0]["actions"]
                .as_array_mut()
                .unwrap()
                .push(json!("Contoso.Parts/bolts/read"));
        })
        .unwrap();
    green(&plan(tenant, may(DENIZ, "actions", "contoso.parts/bolts/read")).await);
}

#[tokio::test]
async fn an_operation_that_only_a_condition_narrows_fails_and_the_rest_of_the_role_counts() {
    const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    let only = |action: &str, of: &str| {
        format!(
            "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/{action}'}})) OR (@{of}[Microsoft.Authorization/roleAssignments:\
             RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{acdd72a7-3385-48ef-bd42-f606fba81ae7}}))"
        )
    };
    let constrained = |condition: String| {
        let tenant = Tenant::demo();
        let mut row = assignment(1, PRINTER, OWNER, &production());
        row["properties"]["principalType"] = json!("User");
        row["properties"]["condition"] = json!(condition);
        row["properties"]["conditionVersion"] = json!("2.0");
        tenant.edit("role-assignments", |list| list["value"].as_array_mut().unwrap().push(row)).unwrap();
        tenant
    };
    let inside = Inside::on(constrained(format!("{} AND {}", only("write", "Request"), only("delete", "Resource")))).await;
    let reader = json!({"principal_id": PRINTER, "role_definition_names": ["Reader", "Contributor"], "scopes": [production()]});
    green(&inside.plan(NAME, reader.clone()).await);
    green(&inside.plan(NAME, may(PRINTER, "actions", "Microsoft.Storage/*/read")).await);
    red(&inside.plan(NAME, may(PRINTER, "actions", "Microsoft.Authorization/roleAssignments/write")).await, "conditional_only");
    let other = Inside::on(constrained("@Resource[Microsoft.Storage/storageAccounts:name] StringEquals 'x'".to_owned())).await;
    let reading = other.plan(NAME, reader).await;
    assert_eq!(reading.errors(), ["role_assignment_validation: 2 failed of 2"], "{}", reading.detail());
    let direct = json!({"principal_id": HUGO, "role_definition_names": ["Reader"], "scopes": [production()]});
    green(&other.plan(NAME, direct).await);
}
