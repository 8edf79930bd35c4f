//! The RPCs as a host meets them: every one answers, and what it answers is something core accepts.

use azposture::plugin::wire::tfplugin6 as pb;
use serde_json::{Value as Json, json};
use tonic::Code;

use crate::support::{
    cty::unknown,
    plugin::{Plugin, errors, read},
};

const DATA_SOURCE: &str = "azposture_subscriptions";
const VALIDATION: &str = "azposture_defender_validation";
const FUNCTION: &str = "parse_resource_id";

/// A validation that is green on the demo tenant.
fn green() -> Json {
    json!({"plans": {"SqlServers": {}}, "tags": {"env": "prod"}})
}

#[tokio::test]
async fn the_schema_may_be_cached_and_a_destroy_needs_no_plan() {
    let plugin = Plugin::start().await;
    let capabilities = plugin.schema().await.server_capabilities.unwrap();
    assert!(capabilities.get_provider_schema_optional);
    assert!(!capabilities.plan_destroy && !capabilities.move_resource_state);
}

#[tokio::test]
async fn every_attribute_is_one_that_terraform_accepts() {
    let plugin = Plugin::start().await;
    let all = plugin.schema().await;
    let schemas = [&all.data_source_schemas, &all.resource_schemas, &all.ephemeral_resource_schemas];
    for (name, schema) in schemas.into_iter().flatten().chain([(&"provider".to_owned(), all.provider.as_ref().unwrap())]) {
        assert_acceptable(name, &schema.block.as_ref().unwrap().attributes);
    }
}

fn assert_acceptable(place: &str, attributes: &[pb::schema::Attribute]) {
    for attribute in attributes {
        let place = format!("{place}.{}", attribute.name);
        assert!(
            !attribute.name.is_empty() && attribute.name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')),
            "{place}"
        );
        assert!(attribute.required || attribute.optional || attribute.computed, "{place}");
        assert!(!(attribute.required && (attribute.optional || attribute.computed)), "{place}");
        assert_eq!(attribute.r#type.is_empty(), attribute.nested_type.is_some(), "{place}");
        if let Some(nested) = &attribute.nested_type {
            assert_acceptable(&place, &nested.attributes);
        }
    }
}

#[tokio::test]
async fn functions_and_names_are_the_same_wherever_they_are_asked_for() {
    let plugin = Plugin::start().await;
    let functions = plugin.rpc().get_functions(pb::get_functions::Request {}).await.unwrap().into_inner().functions;
    let schema = plugin.schema().await;
    assert_eq!(functions, schema.functions);

    let metadata = plugin.rpc().get_metadata(pb::get_metadata::Request {}).await.unwrap().into_inner();
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let in_schema = |schemas: &std::collections::HashMap<String, pb::Schema>| sorted(schemas.keys().cloned().collect());
    let names = metadata.data_sources.into_iter().map(|one| one.type_name).collect();
    assert_eq!(sorted(names), in_schema(&schema.data_source_schemas));
    let names = metadata.resources.into_iter().map(|one| one.type_name).collect();
    assert_eq!(sorted(names), in_schema(&schema.resource_schemas));
    let names = metadata.ephemeral_resources.into_iter().map(|one| one.type_name).collect();
    assert_eq!(sorted(names), in_schema(&schema.ephemeral_resource_schemas));
    let names = metadata.functions.into_iter().map(|one| one.name).collect();
    assert_eq!(sorted(names), sorted(functions.into_keys().collect()));
}

#[tokio::test]
async fn a_data_source_is_read() {
    let plugin = Plugin::start().await;
    assert!(errors(&plugin.validate_provider(json!({"environment": "demo"})).await).is_empty());
    assert!(errors(&plugin.configure(json!({"environment": "demo"})).await).is_empty());
    assert!(errors(&plugin.validate_data_source(DATA_SOURCE, json!({})).await).is_empty());
    let (state, diagnostics) = plugin.read(DATA_SOURCE, json!({})).await;
    assert!(errors(&diagnostics).is_empty(), "{diagnostics:?}");
    let state = state.unwrap();
    assert_eq!((&state["states"], &state["complete"]), (&Json::Null, &json!(true)));
}

#[tokio::test]
async fn a_validation_goes_through_its_whole_life() {
    let plugin = Plugin::start().await;
    plugin.configure(json!({"environment": "demo"})).await;
    assert!(errors(&plugin.validate_resource(VALIDATION, green()).await).is_empty());
    let (planned, diagnostics) = plugin.plan(VALIDATION, green()).await;
    assert!(errors(&diagnostics).is_empty(), "{diagnostics:?}");
    assert_eq!(planned.unwrap()["tags"], green()["tags"]);
    let state = green();
    let (applied, diagnostics) = plugin.apply(VALIDATION, Json::Null, state.clone()).await;
    assert!(applied.is_some_and(|applied| applied.is_object()), "{diagnostics:?}");
    let (upgraded, diagnostics) = plugin.upgrade(VALIDATION, state.clone()).await;
    assert!(upgraded.is_some_and(|upgraded| upgraded.is_object()), "{diagnostics:?}");
    let (refreshed, diagnostics) = plugin.refresh(VALIDATION, state.clone()).await;
    assert!(refreshed.is_some_and(|refreshed| refreshed.is_object()), "{diagnostics:?}");
    let (gone, diagnostics) = plugin.apply(VALIDATION, state, Json::Null).await;
    assert_eq!((gone, errors(&diagnostics)), (Some(Json::Null), vec![]));
}

#[tokio::test]
async fn a_destroy_plans_null() {
    let plugin = Plugin::start().await;
    let (planned, diagnostics) = plugin.plan_change(VALIDATION, green(), Json::Null).await;
    assert_eq!((planned, errors(&diagnostics)), (Some(Json::Null), vec![]));
}

#[tokio::test]
async fn unknowns_are_planned_as_they_are() {
    let plugin = Plugin::start().await;
    plugin.configure(json!({"environment": "demo"})).await;
    let (planned, diagnostics) = plugin.plan(VALIDATION, json!({"plans": unknown()})).await;
    assert!(errors(&diagnostics).is_empty(), "{diagnostics:?}");
    assert_eq!(planned.unwrap()["plans"], unknown());
}

#[tokio::test]
async fn an_ephemeral_validation_is_opened_and_closed() {
    let plugin = Plugin::start().await;
    plugin.configure(json!({"environment": "demo"})).await;
    assert!(errors(&plugin.validate_ephemeral(VALIDATION, green()).await).is_empty());
    let (opened, diagnostics) = plugin.open(VALIDATION, green()).await;
    assert_eq!(opened.map(|opened| opened["passed"].clone()), Some(json!(1)), "{diagnostics:?}");
    let request = pb::renew_ephemeral_resource::Request { type_name: VALIDATION.into(), private: None };
    assert!(plugin.rpc().renew_ephemeral_resource(request).await.unwrap().into_inner().renew_at.is_none());
    let request = pb::close_ephemeral_resource::Request { type_name: VALIDATION.into(), private: None };
    assert!(plugin.rpc().close_ephemeral_resource(request).await.unwrap().into_inner().diagnostics.is_empty());
}

#[tokio::test]
async fn a_function_answers_without_configuration() {
    let plugin = Plugin::start().await;
    let parsed = plugin.call(FUNCTION, vec![json!("/providers/microsoft.management/managementgroups/mg")]).await;
    assert_eq!(parsed.map(|parsed| parsed["management_group_id"].clone()), Ok(json!("mg")));
    let (text, argument) = plugin.call(FUNCTION, vec![json!("no id")]).await.unwrap_err();
    assert!(!text.is_empty());
    assert_eq!(argument, Some(0));
}

#[tokio::test]
async fn an_import_is_refused_with_a_reason() {
    let plugin = Plugin::start().await;
    let diagnostics = plugin.import(VALIDATION, "x").await;
    assert!(!errors(&diagnostics).is_empty() && !diagnostics[0].detail.is_empty(), "{diagnostics:?}");
}

#[tokio::test]
async fn an_unknown_name_is_a_diagnostic_and_no_status() {
    let plugin = Plugin::start().await;
    let (type_name, mut rpc) = ("azposture_nothing".to_owned(), plugin.rpc());
    let data_source = pb::read_data_source::Request { type_name: type_name.clone(), ..Default::default() };
    assert!(!errors(&read(rpc.read_data_source(data_source).await.unwrap().into_inner().diagnostics)).is_empty());
    let resource = pb::plan_resource_change::Request { type_name: type_name.clone(), ..Default::default() };
    assert!(!errors(&read(rpc.plan_resource_change(resource).await.unwrap().into_inner().diagnostics)).is_empty());
    let ephemeral = pb::open_ephemeral_resource::Request { type_name, ..Default::default() };
    assert!(!errors(&read(rpc.open_ephemeral_resource(ephemeral).await.unwrap().into_inner().diagnostics)).is_empty());
    let function = pb::call_function::Request { name: "nothing".into(), arguments: vec![] };
    assert!(rpc.call_function(function).await.unwrap().into_inner().error.is_some());
}

#[tokio::test]
async fn state_from_before_terraform_0_12_is_refused_with_a_reason() {
    let plugin = Plugin::start().await;
    let raw_state = Some(pb::RawState { json: vec![], flatmap: [("id".to_owned(), "x".to_owned())].into() });
    let request = pb::upgrade_resource_state::Request { type_name: VALIDATION.into(), version: 0, raw_state };
    let diagnostics = read(plugin.rpc().upgrade_resource_state(request).await.unwrap().into_inner().diagnostics);
    assert!(!errors(&diagnostics).is_empty(), "{diagnostics:?}");
}

#[tokio::test]
async fn what_is_not_served_answers_unimplemented() {
    let plugin = Plugin::start().await;
    let status = plugin.rpc().move_resource_state(pb::move_resource_state::Request::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_request_far_above_four_mebibytes_is_taken() {
    let plugin = Plugin::start().await;
    // Whatever is said about it, it is a diagnostic: the harness panics on a status such as OutOfRange.
    plugin.validate_provider(json!({"client_secret": "x".repeat(20 << 20)})).await;
}

#[tokio::test]
async fn many_calls_are_answered_at_the_same_time() {
    let plugin = Plugin::start().await;
    plugin.configure(json!({"environment": "demo"})).await;
    let reads = (0..50).map(|_| plugin.read(DATA_SOURCE, json!({})));
    let answers = futures::future::join_all(reads).await;
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0.is_some()));
}
