//! What the text of the provider block cannot mean.

use std::{collections::BTreeSet, fs};

use azposture::azure::{inputs::Inputs, settings::Sensitive};

use super::support::{CLIENT, SUBSCRIPTION, TENANT};

fn arguments(inputs: &Inputs) -> Vec<&'static str> {
    inputs.problems().into_iter().filter_map(|problem| problem.argument).collect()
}

#[test]
fn an_empty_provider_block_has_no_problem() {
    assert_eq!(Inputs::default().problems(), []);
}

#[test]
fn an_empty_string_is_a_problem_of_every_argument() {
    let empty = || Some(String::new());
    let secret = || Some(Sensitive::new(" "));
    let inputs = Inputs {
        environment: empty(),
        metadata_host: empty(),
        tenant_id: empty(),
        client_id: empty(),
        client_id_file_path: empty(),
        client_secret: secret(),
        client_secret_file_path: empty(),
        client_certificate: secret(),
        client_certificate_path: empty(),
        client_certificate_password: secret(),
        oidc_token: secret(),
        oidc_token_file_path: empty(),
        oidc_request_url: empty(),
        oidc_request_token: secret(),
        ado_pipeline_service_connection_id: empty(),
        subscription_id: empty(),
        management_group_id: empty(),
        resource_graph: empty(),
        ca_certificate_file: empty(),
        ..Inputs::default()
    };
    let problems = inputs.problems();
    let empties = problems.iter().filter(|problem| problem.summary.starts_with("Empty ")).count();
    assert_eq!(empties, 19, "{problems:?}");
}

#[test]
fn an_unknown_environment_names_the_allowed_ones() {
    let problems = Inputs { environment: Some("azure".into()), ..Inputs::default() }.problems();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].detail.contains("usgovernment") && problems[0].detail.contains("\"azure\""));
}

#[test]
fn environment_and_metadata_host_exclude_each_other() {
    let inputs = Inputs { environment: Some("public".into()), metadata_host: Some("cloud.example".into()), ..Inputs::default() };
    assert_eq!(arguments(&inputs), ["metadata_host"]);
}

#[test]
fn a_metadata_host_is_no_url() {
    let inputs = Inputs { metadata_host: Some("https://cloud.example/".into()), ..Inputs::default() };
    assert_eq!(arguments(&inputs), ["metadata_host"]);
}

#[test]
fn ids_have_the_shape_of_ids() {
    let inputs = Inputs {
        tenant_id: Some("common".into()),
        client_id: Some("my-app".into()),
        subscription_ids: Some(BTreeSet::from([SUBSCRIPTION.to_owned(), "Production".to_owned()])),
        ..Inputs::default()
    };
    assert_eq!(arguments(&inputs), ["tenant_id", "client_id", "subscription_ids"]);
    assert_eq!(arguments(&Inputs { subscription_id: Some("x".into()), ..Inputs::default() }), ["subscription_id"]);
    assert_eq!(arguments(&Inputs { management_group_id: Some("a/b".into()), ..Inputs::default() }), ["management_group_id"]);
    assert!(arguments(&Inputs { tenant_id: Some("contoso.onmicrosoft.com".into()), ..Inputs::default() }).is_empty());
}

#[test]
fn a_connection_has_one_scope() {
    let inputs = Inputs {
        subscription_id: Some(SUBSCRIPTION.into()),
        management_group_id: Some("mg".into()),
        tenant_wide: Some(true),
        ..Inputs::default()
    };
    let problems = inputs.problems();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].detail.starts_with("subscription_id, management_group_id, tenant_wide"));
}

#[test]
fn an_empty_set_of_subscriptions_and_tenant_wide_false_select_nothing() {
    assert_eq!(arguments(&Inputs { subscription_ids: Some(BTreeSet::new()), ..Inputs::default() }), ["subscription_ids"]);
    assert_eq!(arguments(&Inputs { tenant_wide: Some(false), ..Inputs::default() }), ["tenant_wide"]);
    assert!(arguments(&Inputs { tenant_wide: Some(true), ..Inputs::default() }).is_empty());
}

#[test]
fn numbers_stay_in_their_ranges() {
    let inputs = |concurrency, request, operation, wait| Inputs {
        max_concurrency: Some(concurrency),
        request_timeout_seconds: Some(request),
        operation_timeout_seconds: Some(operation),
        max_retry_wait_seconds: Some(wait),
        ..Inputs::default()
    };
    assert!(arguments(&inputs(1, 1, 10, 1)).is_empty() && arguments(&inputs(64, 600, 7200, 600)).is_empty());
    let all = ["max_concurrency", "request_timeout_seconds", "operation_timeout_seconds", "max_retry_wait_seconds"];
    assert_eq!(arguments(&inputs(0, 0, 9, 0)), all);
    assert_eq!(arguments(&inputs(65, 601, 7201, -1)), all);
}

#[test]
fn resource_graph_is_one_of_three_words() {
    assert_eq!(arguments(&Inputs { resource_graph: Some("maybe".into()), ..Inputs::default() }), ["resource_graph"]);
}

#[test]
fn a_request_url_and_its_token_come_together_and_over_tls() {
    let url = Inputs { oidc_request_url: Some("https://pipeline.example/token".into()), ..Inputs::default() };
    assert_eq!(arguments(&url), ["oidc_request_url"]);
    let token = Inputs { oidc_request_token: Some(Sensitive::new("t")), ..Inputs::default() };
    assert_eq!(arguments(&token), ["oidc_request_token"]);
    let plain = Inputs { oidc_request_url: Some("http://pipeline.example".into()), ..token };
    assert_eq!(arguments(&plain), ["oidc_request_url"]);
}

#[test]
fn the_demo_tenant_takes_no_sign_in_and_no_scope_but_subscription_ids() {
    let demo = Inputs {
        environment: Some("demo".into()),
        subscription_ids: Some(BTreeSet::from([SUBSCRIPTION.to_owned()])),
        ..Inputs::default()
    };
    assert!(arguments(&demo).is_empty());
    let mixed =
        Inputs { tenant_id: Some(TENANT.into()), client_secret: Some(Sensitive::new("s")), use_msi: Some(true), ..demo.clone() };
    assert_eq!(arguments(&mixed), ["tenant_id", "client_secret", "use_msi"]);
    let scoped = Inputs { subscription_ids: None, tenant_wide: Some(true), ..demo };
    assert_eq!(arguments(&scoped), ["tenant_wide"]);
}

#[test]
fn a_value_and_its_file_must_agree_after_trimming() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("id");
    let inputs = |id: &str| Inputs {
        client_id: Some(id.into()),
        client_id_file_path: Some(file.display().to_string()),
        ..Inputs::default()
    };
    fs::write(&file, format!("{CLIENT}\n")).unwrap();
    assert!(arguments(&inputs(CLIENT)).is_empty());
    assert_eq!(arguments(&inputs(TENANT)), ["client_id_file_path"]);
}

#[test]
fn a_differing_secret_is_named_but_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, "FILESECRET").unwrap();
    let problems = Inputs {
        client_secret: Some(Sensitive::new("INLINESECRET")),
        client_secret_file_path: Some(file.display().to_string()),
        ..Inputs::default()
    }
    .problems();
    assert_eq!(problems.len(), 1);
    assert!(!format!("{problems:?}").contains("FILESECRET") && !format!("{problems:?}").contains("INLINESECRET"));
}

#[test]
fn a_file_that_is_not_there_contradicts_nothing() {
    let gone = || Some("/nonexistent/azposture".to_owned());
    let trust = Inputs { client_id_file_path: gone(), ca_certificate_file: gone(), ..Inputs::default() };
    for inputs in [
        Inputs { client_secret_file_path: gone(), ..trust.clone() },
        Inputs { client_certificate_path: gone(), ..trust.clone() },
        Inputs { oidc_token_file_path: gone(), ..trust.clone() },
    ] {
        assert!(arguments(&inputs).is_empty());
    }
}

#[test]
fn trust_anchors_are_pem() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.der");
    fs::write(&file, "no certificate").unwrap();
    assert_eq!(
        arguments(&Inputs { ca_certificate_file: Some(file.display().to_string()), ..Inputs::default() }),
        ["ca_certificate_file"]
    );
}

#[test]
fn an_inline_certificate_is_base64_and_agrees_with_its_file() {
    let inline = |text: &str| Some(Sensitive::new(text));
    assert_eq!(arguments(&Inputs { client_certificate: inline("%%%"), ..Inputs::default() }), ["client_certificate"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.pfx");
    fs::write(&file, b"abc").unwrap();
    let path = Some(file.display().to_string());
    let same = Inputs { client_certificate: inline("YW\nJj"), client_certificate_path: path.clone(), ..Inputs::default() };
    assert!(arguments(&same).is_empty());
    let other = Inputs { client_certificate: inline("eHl6"), client_certificate_path: path, ..Inputs::default() };
    assert_eq!(arguments(&other), ["client_certificate_path"]);
}

#[test]
fn an_oidc_token_file_may_appear_later_but_must_agree_with_a_given_token() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let alone = Inputs { oidc_token_file_path: Some(file.display().to_string()), ..Inputs::default() };
    assert!(arguments(&alone).is_empty());
    fs::write(&file, "one").unwrap();
    assert_eq!(arguments(&Inputs { oidc_token: Some(Sensitive::new("two")), ..alone }), ["oidc_token_file_path"]);
}
