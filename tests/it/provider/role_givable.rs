//! What else decides whether a role counts: the account, where the role can be given, which role a name means, and what a deny assignment
//! does.

use azposture::demo::{Fault, PRINCIPAL_ID, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use super::{
    role_assignments::caller_holds,
    role_validation::{DENIZ, HUGO, NAME, PRINTER, READER, green, group, plan, production, red, unknown, wants},
};
use crate::support::{held::assignment, inside::Inside};

const ELIN: &str = "fab00002-0000-4000-8000-000000000005";

#[tokio::test]
async fn a_disabled_account_can_do_nothing_whatever_it_holds() {
    let reading = plan(Tenant::demo(), wants(ELIN, "Owner", &production())).await;
    red(&reading, "principal_disabled");
    let step = format!("Enable the account, or name another principal: az ad user update --id {ELIN} --account-enabled true");
    assert!(reading.detail().ends_with(&step), "{}", reading.detail());
    let enabled = |state: Json| {
        let tenant = Tenant::demo();
        tenant
            .edit("users", |list| {
                let elin = list["value"].as_array_mut().unwrap().iter_mut().find(|row| row["id"] == ELIN).unwrap();
                elin["accountEnabled"] = state;
            })
            .unwrap();
        tenant
    };
    green(&plan(enabled(json!(true)), wants(ELIN, "Owner", &production())).await);
    let hidden = plan(enabled(Json::Null), wants(ELIN, "Owner", &production())).await;
    unknown(&hidden, "hidden");
    assert!(hidden.detail().contains("does not show whether the account is enabled"), "{}", hidden.detail());
    // Whoever lacks the role lacks it, shown or not.
    red(&plan(enabled(Json::Null), wants(ELIN, "Key Vault Administrator", &production())).await, "role_missing");
}

#[tokio::test]
async fn a_disabled_service_principal_can_do_nothing_even_if_it_is_the_caller() {
    let tenant = Tenant::demo();
    tenant
        .edit("service-principals", |list| {
            let own = list["value"].as_array_mut().unwrap().iter_mut().find(|row| row["id"] == PRINCIPAL_ID).unwrap();
            own["accountEnabled"] = json!(false);
        })
        .unwrap();
    let reading = plan(tenant.clone(), wants(PRINCIPAL_ID, "Reader", &production())).await;
    red(&reading, "principal_disabled");
    assert!(
        reading.detail().contains(&format!("az ad sp update --id {PRINCIPAL_ID} --set accountEnabled=true")),
        "{}",
        reading.detail()
    );
    // It was given a token a moment ago, and will be given none when that has ended.
    let own = json!({"self": true, "role_definition_names": ["Reader"], "scopes": [production()]});
    red(&plan(tenant.clone(), own.clone()).await, "principal_disabled");
    // The token is what speaks for it where the directory does not say.
    tenant
        .edit("service-principals", |list| {
            let all = list["value"].as_array_mut().unwrap();
            all.iter_mut().find(|row| row["id"] == PRINCIPAL_ID).unwrap()["accountEnabled"] = Json::Null;
        })
        .unwrap();
    green(&plan(tenant, own).await);
}

#[tokio::test]
async fn a_role_that_cannot_be_given_at_the_scope_fails_and_is_no_configuration_error() {
    for (role, scope, places) in [
        ("Shop Operator", production(), group("rg-shop-prod")),
        (
            "Deployment Engine",
            format!("/subscriptions/{SANDBOX}"),
            "/providers/Microsoft.Management/managementGroups/mg-production".to_owned(),
        ),
    ] {
        for inside in [Inside::on(Tenant::demo()).await, Inside::by_arm(Tenant::demo()).await] {
            let reading = inside.plan(NAME, wants(PRINTER, role, &scope)).await;
            red(&reading, "role_not_assignable");
            assert!(reading.detail().contains(&format!("it can be given at {places} only")), "{}", reading.detail());
            assert!(reading.detail().contains("az role definition update"), "{}", reading.detail());
            assert!(!reading.detail().contains("az role assignment create"), "{}", reading.detail());
        }
    }
    let by_id = json!({"principal_id": PRINTER, "role_definition_ids": ["fab00008-0000-4000-8000-000000000001"], "scopes": [production()]});
    red(&plan(Tenant::demo(), by_id).await, "role_not_assignable");
    // Where it can be given it is only missing.
    let contributor = wants(HUGO, "Shop Operator", &group("rg-shop-prod"));
    red(&plan(Tenant::demo(), contributor).await, "role_missing");
    assert_eq!(plan(Tenant::demo(), wants(PRINTER, "Shop Operators", &production())).await.errors(), ["Unknown value"]);
}

/// Adds a role of this name and id that can be given at these scopes.
fn another(tenant: &Tenant, number: u8, name: &str, scope: &str) -> String {
    let id = format!("fab00008-0000-4000-8000-0000000000{number}");
    let row = json!({
        "id": format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{id}"), "name": id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": name, "type": "CustomRole", "assignableScopes": [scope],
            "permissions": [{"actions": ["Contoso.Parts/*"], "notActions": [], "dataActions": [], "notDataActions": []}],
        }
    });
    tenant.edit("role-definitions", |list| list["value"].as_array_mut().unwrap().push(row)).unwrap();
    id
}

#[tokio::test]
async fn of_several_roles_of_one_name_the_one_that_can_be_given_at_the_scope_is_meant() {
    let sandbox = format!("/subscriptions/{SANDBOX}");
    let tenant = Tenant::demo();
    let (here, there) = (another(&tenant, 91, "Fitter", &production()), another(&tenant, 92, "fitter", &sandbox));
    tenant
        .edit("role-assignments", |list| {
            let mut row = assignment(1, PRINTER, &here, &production());
            row["properties"]["principalType"] = json!("User");
            list["value"].as_array_mut().unwrap().push(row);
        })
        .unwrap();
    let arguments = |scopes: Json| json!({"principal_id": PRINTER, "role_definition_names": ["Fitter"], "scopes": scopes});
    let inside = Inside::on(tenant.clone()).await;
    green(&inside.plan(NAME, arguments(json!([production()]))).await);
    red(&inside.plan(NAME, arguments(json!([sandbox]))).await, "role_missing");
    let both = inside.plan(NAME, arguments(json!([production(), sandbox]))).await;
    red_of(&both, 1, 2);
    let third = another(&tenant, 93, "Fitter", &production());
    let reading = Inside::on(tenant).await.plan(NAME, arguments(json!([production()]))).await;
    assert_eq!(reading.errors(), ["Ambiguous value"], "{:#?}", reading.said);
    assert!(
        reading.detail().contains(&format!("`{here}`, `{third}`")) && !reading.detail().contains(&there),
        "{}",
        reading.detail()
    );
}

/// That a role was not found where nobody looked is no mistake in its name.
#[tokio::test]
async fn a_role_that_only_a_subscription_nobody_asked_has_is_unknown_and_no_unknown_word() {
    let sandbox = format!("/subscriptions/{SANDBOX}");
    let with = |more: usize| {
        let tenant = Tenant::demo();
        another(&tenant, 91, "Fitter", &sandbox);
        let ids: Vec<String> = (0..more).map(|number| format!("00000000-0000-4000-8000-{number:012}")).collect();
        let add = |list: &mut Json| {
            let rows = list["value"].as_array_mut().unwrap();
            for id in &ids {
                let mut row = rows[0].clone();
                (row["subscriptionId"], row["id"]) = (json!(id), json!(format!("/subscriptions/{id}")));
                rows.push(row);
            }
        };
        tenant.edit("subscriptions", add).unwrap();
        let place = |list: &mut Json| {
            let rows = list["value"].as_array_mut().unwrap();
            for id in &ids {
                let mut row = rows[0].clone();
                let below = row["properties"]["parent"]["id"].as_str().unwrap().to_owned();
                (row["name"], row["id"]) = (json!(id), json!(format!("{below}/subscriptions/{id}")));
                rows.push(row);
            }
        };
        tenant.edit("management-group-subscriptions", place).unwrap();
        let named: Vec<&str> = ids.iter().map(String::as_str).chain([PRODUCTION, SANDBOX]).collect();
        (tenant, json!({"environment": "demo", "subscription_ids": named, "resource_graph": "never"}))
    };
    let wanted = |name: &str| wants(PRINTER, name, &production());
    let (tenant, block) = with(2);
    let inside = Inside::configured(tenant, block).await;
    red(&inside.plan(NAME, wanted("Fitter")).await, "role_not_assignable");
    assert_eq!(inside.plan(NAME, wanted("Fiter")).await.errors(), ["Unknown value"]);
    let (tenant, block) = with(22);
    let inside = Inside::configured(tenant, block).await;
    for name in ["Fitter", "Fiter"] {
        let reading = inside.plan(NAME, wanted(name)).await;
        unknown(&reading, "not_proven");
        assert!(reading.detail().contains("could not be looked for in 4 subscriptions"), "{}", reading.detail());
    }
}

#[track_caller]
fn red_of(reading: &crate::support::inside::Reading, failed: usize, all: usize) {
    assert_eq!(reading.errors(), [format!("role_assignment_validation: {failed} failed of {all}")], "{}", reading.detail());
}

/// Sets the effect of the demo's deny assignment.
fn with_effect(effect: Json) -> Tenant {
    let tenant = Tenant::demo();
    tenant.edit("deny-assignments", |list| list["value"][0]["properties"]["denyAssignmentEffect"] = effect).unwrap();
    tenant
}

#[tokio::test]
async fn a_deny_assignment_that_only_audits_denies_nothing_and_the_list_says_which_it_is() {
    let writes =
        || json!({"principal_id": HUGO, "actions": ["Microsoft.Web/sites/write"], "scopes": [group("mrg-inventory-app")]});
    for (effect, expected) in [
        (json!("audit"), "pass"),
        (json!("Audit"), "pass"),
        (json!("enforced"), "denied"),
        (Json::Null, "denied"),
        (json!(""), "denied"),
        (json!("reported"), "not_proven"),
    ] {
        let reading = plan(with_effect(effect.clone()), writes()).await;
        match expected {
            "pass" => green(&reading),
            "denied" => red(&reading, "denied"),
            _ => unknown(&reading, expected),
        }
        let listed = Inside::on(with_effect(effect.clone())).await.read("role_assignments", json!({})).await.ok();
        let said = if effect == "" { Json::Null } else { effect };
        assert_eq!(listed["deny_assignments"][0]["effect"], said, "{:#}", listed["deny_assignments"]);
    }
}

#[tokio::test]
async fn a_cloud_without_the_version_that_says_effects_is_asked_in_the_older_one() {
    let old =
        Fault::on("denyAssignments").times(1).refuse(400, "NoRegisteredProviderFound", "No registered resource provider found");
    let writes = json!({"principal_id": HUGO, "actions": ["Microsoft.Web/sites/write"], "scopes": [group("mrg-inventory-app")]});
    let reading = plan(Tenant::demo().with_fault(old), writes).await;
    red(&reading, "denied");
    assert!(reading.detail().contains("have the principal excluded from it"), "{}", reading.detail());
}

#[tokio::test]
async fn who_holds_nothing_and_is_refused_the_lists_fails_if_azure_says_the_same() {
    let nothing = || {
        let tenant = Tenant::demo();
        caller_holds(&tenant, READER, &group("rg-shop-prod"));
        tenant
    };
    let connected =
        async |tenant: Tenant| Inside::configured(tenant, json!({"environment": "demo", "subscription_ids": [PRODUCTION]})).await;
    let own = |argument: &str, value: &str| json!({"self": true, argument: [value]});
    let inside = connected(nothing()).await;
    red(&inside.plan(NAME, own("role_definition_ids", READER)).await, "role_missing");
    red(&inside.plan(NAME, own("actions", "Microsoft.Web/sites/read")).await, "action_missing");
    // Somebody else may hold it.
    unknown(&inside.plan(NAME, wants(DENIZ, "Reader", &production())).await, "forbidden");
    // Azure does not say.
    let silent = nothing().with_fault(Fault::on("Microsoft.Authorization/permissions").refuse(403, "AuthorizationFailed", "no"));
    let reading = connected(silent).await.plan(NAME, own("role_definition_ids", READER)).await;
    assert_eq!(reading.errors(), ["role_assignment_validation: 1 unknown of 1"], "{}", reading.detail());
    // It says nothing, and the lists were answered all the same.
    let contradicted =
        Tenant::demo().with_fault(Fault::on("Microsoft.Authorization/permissions").change(|answer| answer["value"] = json!([])));
    unknown(
        &plan(contradicted, json!({"self": true, "role_definition_names": ["Owner"], "scopes": [production()]})).await,
        "not_proven",
    );
}

#[tokio::test]
async fn an_empty_list_where_the_caller_must_hold_something_fails_nobody() {
    let empty = Fault::on("Microsoft.Authorization/roleAssignments").change(|answer| answer["value"] = json!([]));
    let reading = plan(Tenant::demo().with_fault(empty), wants(DENIZ, "Contributor", &production())).await;
    unknown(&reading, "not_proven");
    assert!(reading.detail().contains("not_proven (EmptyList)"), "{}", reading.detail());
}
