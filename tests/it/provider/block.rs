//! The provider block: what it refuses, and what it says about how strict it is.

use azposture::{
    demo::{PRODUCTION, Tenant},
    sdk::Severity,
};
use serde_json::{Value as Json, json};

use crate::support::{inside::Inside, tokens::refusing};

/// The errors of a block, as `attribute: summary`.
async fn errors(block: Json) -> Vec<String> {
    let (_, said) = Inside::configure(Tenant::demo(), block).await;
    said.iter().filter(|one| one.severity == Severity::Error).map(|one| format!("{}: {}", one.path, one.summary)).collect()
}

#[tokio::test]
async fn contradictions_in_the_block_are_errors_at_the_argument() {
    for (block, expected) in [
        (json!({"environment": "azure"}), "environment: Unknown value"),
        (json!({"environment": "demo", "tenant_id": "contoso.example"}), "tenant_id: "),
        (json!({"environment": "demo", "areas": []}), "areas: Nothing selected"),
        (json!({"environment": "demo", "areas": ["everything"]}), "areas: Unknown value"),
        (json!({"environment": "demo", "max_concurrency": 0}), "max_concurrency: Invalid value"),
        (json!({"environment": "demo", "subscription_ids": ["x"]}), "subscription_ids: "),
        (json!({"tenant_id": "common"}), "tenant_id: Invalid tenant_id"),
        (json!({"tenant_id": ""}), "tenant_id: Invalid value"),
        (json!({"tenant_wide": false}), "tenant_wide: "),
        (json!({"ca_certificate_file": "Cargo.toml"}), "ca_certificate_file: Invalid ca_certificate_file"),
        (json!({"enforcement": "strict"}), "enforcement: Unknown value"),
        (json!({"environment": "demo", "exclude_subscription_ids": []}), "exclude_subscription_ids: Nothing selected"),
        (json!({"environment": "demo", "exclude_subscription_ids": ["x"]}), "exclude_subscription_ids: Invalid"),
        (json!({"environment": "demo", "exclude_management_group_ids": ["a/b"]}), "exclude_management_group_ids: Invalid"),
        (
            json!({"environment": "demo", "subscription_ids": [PRODUCTION], "exclude_subscription_ids": [PRODUCTION]}),
            "exclude_subscription_ids: Conflicting arguments",
        ),
        (
            json!({"subscription_id": PRODUCTION, "exclude_management_group_ids": ["mg"]}),
            "exclude_management_group_ids: Conflicting arguments",
        ),
        (json!({"exclude_management_group_ids": ["mg"]}), "exclude_management_group_ids: Conflicting arguments"),
        (
            json!({"environment": "demo", "identity_scope": {"include_group_ids": []}}),
            "identity_scope.include_group_ids: Nothing selected",
        ),
        (
            json!({"environment": "demo", "identity_scope": {"exclude_user_ids": ["ada@contoso.example"]}}),
            "identity_scope.exclude_user_ids",
        ),
    ] {
        let found = errors(block.clone()).await;
        assert!(matches!(found.as_slice(), [one] if one.starts_with(expected)), "{block}: {found:?}");
    }
}

#[tokio::test]
async fn scopes_exclude_each_other() {
    let found = errors(json!({"subscription_ids": [PRODUCTION], "management_group_id": "mg", "tenant_wide": true})).await;
    assert!(!found.is_empty() && found.iter().all(|one| one.contains("Conflicting arguments")), "{found:?}");
}

#[tokio::test]
async fn the_demo_tenant_always_warns() {
    let (_, said) = Inside::configure(Tenant::demo(), json!({"environment": "demo"})).await;
    let warnings: Vec<_> = said.iter().map(|one| (one.severity, one.summary.as_str())).collect();
    assert_eq!(warnings, [(Severity::Warning, "Demo tenant in use")]);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_no_problem_of_the_block() {
    for argument in [
        "ca_certificate_file",
        "client_id_file_path",
        "client_secret_file_path",
        "client_certificate_path",
        "oidc_token_file_path",
    ] {
        let mut block = json!({"subscription_id": PRODUCTION});
        block[argument] = json!("/nonexistent/azposture");
        assert_eq!(errors(block).await, [""; 0], "{argument}");
    }
}

#[tokio::test]
async fn a_credential_file_that_is_not_there_is_told_by_the_first_read() {
    for argument in ["client_id_file_path", "client_secret_file_path", "client_certificate_path", "oidc_token_file_path"] {
        let mut block =
            json!({"tenant_id": "contoso.example", "subscription_id": PRODUCTION, "use_oidc": argument.starts_with("oidc")});
        block["client_id"] = json!("fab00000-0000-4000-8000-00000000000c");
        block[argument] = json!("/nonexistent/azposture");
        let reading = Inside::configured(Tenant::demo(), block).await.read("subscriptions", json!({})).await;
        assert_eq!(reading.errors().len(), 1, "{argument}: {:?}", reading.said);
        assert!(reading.errors()[0].starts_with("Sign-in"), "{argument}: {:?}", reading.said);
        assert!(reading.detail().contains("/nonexistent/azposture"), "{argument}: {}", reading.detail());
    }
}

#[tokio::test]
async fn without_credentials_the_block_is_accepted_and_the_first_read_says_what_is_missing() {
    let block = json!({"tenant_id": "contoso.example", "client_id": "fab00000-0000-4000-8000-00000000000c", "subscription_id": PRODUCTION});
    let inside = Inside::configured(Tenant::demo(), block).await;
    let reading = inside.read("subscriptions", json!({})).await;
    assert_eq!(reading.errors(), ["Sign-in is not configured"]);
    assert!(reading.detail().contains("client_id"), "{}", reading.detail());
}

/// Terraform plans before it destroys, so a managed validation must not trap whoever has lost the sign-in.
#[tokio::test]
async fn the_sign_in_error_of_a_managed_validation_ends_with_the_way_to_destroy_it_without_one() {
    const WAY_OUT: &str = "`terraform destroy -refresh=false` needs none.";
    let validations = [
        ("connection_validation", json!({"check_ids": ["sign_in"]})),
        ("defender_validation", json!({"plans": {"Arm": {}}})),
        ("graph_permission_validation", json!({"self": true, "permissions": ["Policy.Read.All"]})),
        ("role_assignment_validation", json!({"self": true, "role_definition_names": ["Reader"]})),
    ];
    let incomplete = json!({"tenant_id": "contoso.example", "client_id": "fab00000-0000-4000-8000-00000000000c"});
    for (name, arguments) in validations {
        for code in [7_000_222, 90_002] {
            let inside = Inside::on(refusing(Tenant::demo(), code, "no")).await;
            let planned = inside.plan(name, arguments.clone()).await;
            assert_eq!(planned.errors().len(), 1, "{name}: {:?}", planned.said);
            assert!(planned.detail().ends_with(WAY_OUT), "{name}: {}", planned.detail());
            let opened = inside.open(name, arguments.clone()).await;
            assert!(!opened.errors().is_empty() && !opened.detail().contains(WAY_OUT), "{name}: {}", opened.detail());
        }
        let planned = Inside::configured(Tenant::demo(), incomplete.clone()).await.plan(name, arguments.clone()).await;
        assert!(planned.detail().ends_with(WAY_OUT), "{name}: {:?}", planned.said);
    }
    let red = json!({"self": true, "permissions": ["AccessReview.Read.All"]});
    let red = Inside::on(Tenant::demo()).await.plan("graph_permission_validation", red).await;
    assert!(!red.errors().is_empty() && !red.detail().contains(WAY_OUT), "{}", red.detail());
}

#[tokio::test]
async fn a_block_that_names_two_methods_is_refused_at_validate() {
    let block = json!({"client_secret": "s", "use_msi": true, "tenant_id": "contoso.example"});
    assert_eq!(errors(block).await, ["use_msi: Conflicting arguments"]);
}
