//! What is said about an argument that cannot be meant: at validate, at the attribute, with the one next step.

use azposture::{
    demo::{PRODUCTION, Tenant},
    sdk::{
        Type,
        schema::{Attribute, Kind, Mode, Nesting},
    },
};
use serde_json::{Value as Json, json};

use crate::support::inside::{Inside, Reading};

/// Reads a data source or plans a validation.
async fn ask(inside: &Inside, name: &str, arguments: Json) -> Reading {
    match name.ends_with("_validation") {
        true => inside.plan(name, arguments).await,
        false => inside.read(name, arguments).await,
    }
}

/// The errors, as `path: summary`.
fn places(reading: &Reading) -> Vec<String> {
    reading.said.iter().map(|one| format!("{}: {}", one.path, one.summary)).collect()
}

#[tokio::test]
async fn null_inside_an_argument_is_an_error_at_its_place_and_never_in_the_words_of_the_decoder() {
    let inside = Inside::on(Tenant::demo()).await;
    let itself = json!({"self": true, "actions": ["*/read"]});
    let with = |name: &str, value: Json| {
        let mut arguments = itself.clone();
        arguments[name] = value;
        arguments
    };
    for (name, arguments, place) in [
        ("role_assignment_validation", with("triggers", json!({"a": null})), "triggers[\"a\"]: Invalid value"),
        ("role_assignment_validation", with("scopes", json!([null])), "scopes: Invalid value"),
        ("role_assignment_validation", with("role_definition_names", json!([null])), "role_definition_names: Invalid value"),
        ("defender_validation", json!({"plans": {"Arm": null}}), "plans[\"Arm\"]: Invalid value"),
        ("defender_validation", json!({"plans": null}), "plans: Missing argument"),
        ("defender_validation", json!({"plans": {"Arm": {"extensions": [null]}}}), "plans[\"Arm\"].extensions: Invalid value"),
        ("defender_validation", json!({"plans": {"Arm": {}}, "tags": {"env": null}}), "tags[\"env\"]: Invalid value"),
        ("graph_permission_validation", json!({"self": true, "permissions": [null]}), "permissions: Invalid value"),
        ("graph_permission_validation", json!({"self": true, "permissions": null}), "permissions: Missing argument"),
        ("connection_validation", json!({"check_ids": [null]}), "check_ids: Invalid value"),
        ("subscriptions", json!({"tags": {"env": null}}), "tags[\"env\"]: Invalid value"),
        ("defender_assessments", json!({"severities": [null]}), "severities: Invalid value"),
        ("role_assignments", json!({"assignment_types": [null]}), "assignment_types: Invalid value"),
    ] {
        let reading = ask(&inside, name, arguments.clone()).await;
        assert_eq!(places(&reading), [place], "{arguments}: {:?}", reading.said);
        assert!(reading.detail().contains("is null"), "{arguments}: {}", reading.detail());
    }
}

/// A value that no rule of the attribute's own needs to refuse and that can still not be meant, and what is said about it.
fn impossible(attribute: &Attribute) -> Option<(Json, &'static str)> {
    match (&attribute.kind, attribute.mode) {
        (_, Mode::Computed) => None,
        (Kind::Plain(Type::List(_) | Type::Set(_)) | Kind::Nested(Nesting::List | Nesting::Set, _), _) => {
            Some((json!([null]), "is null"))
        }
        (Kind::Plain(Type::Map(_)) | Kind::Nested(Nesting::Map, _), _) => Some((json!({"k": null}), "is null")),
        (Kind::Plain(Type::Number), _) => Some((json!(1_000_000_000_000_u64), "it has to be")),
        (_, Mode::Required) => Some((Json::Null, "is null")),
        (_, Mode::Optional) => None,
    }
}

#[tokio::test]
async fn no_argument_of_any_object_is_refused_in_the_words_of_the_decoder() {
    let inside = Inside::on(Tenant::demo()).await;
    let catalogue = inside.catalogue();
    let objects = catalogue.data_sources.iter().chain(&catalogue.resources);
    let mut seen = 0;
    for (name, attribute) in objects.flat_map(|(name, schema)| schema.attributes.iter().map(move |one| (name, one))) {
        let Some((value, words)) = impossible(attribute) else { continue };
        let arguments = json!({ attribute.name.clone(): value });
        let reading = ask(&inside, name.trim_start_matches("azposture_"), arguments).await;
        let told = reading.said.iter().find(|one| one.path.to_string().starts_with(&attribute.name));
        assert!(told.is_some_and(|one| one.detail.contains(words)), "{name}.{}: {:?}", attribute.name, reading.said);
        seen += 1;
    }
    for attribute in &catalogue.provider.attributes {
        let Some((value, words)) = impossible(attribute) else { continue };
        let (_, said) = Inside::configure(Tenant::demo(), json!({ attribute.name.clone(): value })).await;
        let told = said.iter().find(|one| one.path.to_string().starts_with(&attribute.name));
        assert!(told.is_some_and(|one| one.detail.contains(words)), "{}: {said:?}", attribute.name);
        seen += 1;
    }
    assert!(seen > 40, "{seen} arguments");
}

#[tokio::test]
async fn what_is_required_is_not_told_to_be_left_out() {
    let inside = Inside::on(Tenant::demo()).await;
    for (name, arguments) in
        [("defender_validation", json!({"plans": {}})), ("graph_permission_validation", json!({"self": true, "permissions": []}))]
    {
        let reading = ask(&inside, name, arguments).await;
        assert_eq!(reading.errors(), ["Nothing selected"]);
        assert!(reading.detail().ends_with("is empty, which selects nothing. Name at least one."), "{}", reading.detail());
    }
}

#[tokio::test]
async fn one_kind_of_id_for_another_is_told_what_to_write() {
    let inside = Inside::on(Tenant::demo()).await;
    let role = |name: &str, value: Json| {
        let mut arguments = json!({"self": true, "actions": ["*/read"]});
        if name == "principal_id" {
            arguments["self"] = json!(null);
        }
        arguments[name] = value;
        arguments
    };
    let guid = PRODUCTION;
    let here = format!("/subscriptions/{guid}");
    let identity = format!("{here}/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app");
    for (name, arguments, advice) in [
        ("defender_plans", json!({"subscription_ids": [here]}), format!("Write the GUID alone: \"{guid}\".")),
        ("defender_plans", json!({"subscription_ids": ["Fabrikam Production"]}), "az account list --output table".to_owned()),
        ("role_assignment_validation", role("scopes", json!([guid])), format!("is written \"{here}\"")),
        ("role_assignment_validation", role("scopes", json!([&here[1..]])), format!("Write \"{here}\".")),
        ("role_assignment_validation", role("scopes", json!(["/subscriptions/Production"])), "GUID, not its name".to_owned()),
        ("role_assignment_validation", role("scopes", json!(["mg-production"])), "managementGroups/mg-production\"".to_owned()),
        ("role_assignments", json!({"scopes": [guid]}), format!("is written \"{here}\"")),
        (
            "role_assignment_validation",
            role("principal_id", json!("ava@fabrikam.example")),
            "az ad user show --id \"ava@fabrikam.example\" --query id".to_owned(),
        ),
        (
            "role_assignment_validation",
            role("principal_id", json!(identity)),
            format!("az identity show --ids \"{identity}\" --query principalId"),
        ),
        ("role_assignments", json!({"principal_ids": ["ava@fabrikam.example"]}), "az ad user show --id".to_owned()),
        ("directory_role_assignments", json!({"principal_ids": ["ava@fabrikam.example"]}), "az ad user show --id".to_owned()),
        (
            "role_assignment_validation",
            role("role_definition_ids", json!(["Reader"])),
            "names stand in `role_definition_names`".to_owned(),
        ),
        ("defender_assessments", json!({"resource_id_prefixes": [guid]}), format!("write \"{here}\"")),
        (
            "connection",
            json!({"provisioning_client_ids": ["Payroll"]}),
            "az ad sp list --display-name \"Payroll\" --query \"[].appId\"".to_owned(),
        ),
    ] {
        let reading = ask(&inside, name, arguments.clone()).await;
        assert_eq!(reading.errors(), ["Invalid value"], "{arguments}: {:?}", reading.said);
        assert!(reading.detail().contains(&advice), "{arguments}: {}", reading.detail());
    }
}

#[tokio::test]
async fn azures_own_names_of_its_clouds_are_told_the_word_that_is_meant() {
    for (name, word) in [("AzureCloud", "public"), ("azureusgovernment", "usgovernment"), ("AzureChinaCloud", "china")] {
        let (_, said) = Inside::configure(Tenant::demo(), json!({"environment": name})).await;
        let [problem] = said.iter().as_slice() else { panic!("{said:?}") };
        assert_eq!(problem.summary, "Unknown value");
        assert!(problem.detail.contains(&format!("Write \"{word}\".")), "{}", problem.detail);
    }
}

#[tokio::test]
async fn a_resource_id_where_the_block_asks_a_subscription_is_told_its_guid() {
    let id = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod");
    for block in [json!({"subscription_id": id}), json!({"subscription_ids": [id]})] {
        let (_, said) = Inside::configure(Tenant::demo(), block).await;
        let [problem] = said.iter().as_slice() else { panic!("{said:?}") };
        assert!(problem.detail.ends_with(&format!("Write the GUID alone: \"{PRODUCTION}\".")), "{}", problem.detail);
    }
}

#[tokio::test]
async fn severities_are_one_scale_in_any_case() {
    let inside = Inside::on(Tenant::demo()).await;
    let ours = inside.read("defender_assessments", json!({"severities": ["high", "critical"]})).await.ok();
    let azures = inside.read("defender_assessments", json!({"severities": ["High", "CRITICAL"]})).await.ok();
    assert_eq!(ours["summary"], azures["summary"]);
    assert_eq!(inside.read("defender_assessments", json!({"severities": ["severe"]})).await.errors(), ["Unknown value"]);
}
