//! `azposture_connection_validation`.

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{inside::Inside, tokens::refusing};

const NAME: &str = "connection_validation";

async fn plan(tenant: Tenant, arguments: Json) -> crate::support::inside::Reading {
    Inside::on(tenant).await.plan(NAME, arguments).await
}

fn refused(path: &str) -> Tenant {
    Tenant::demo().with_fault(Fault::on(path).refuse(403, "AuthorizationFailed", "no"))
}

/// The demo tenant without the consent to Policy.Read.All.
fn without_policy_read() -> Tenant {
    let tenant = Tenant::demo();
    tenant
        .edit("app-role-assignments", |list| {
            list["value"].as_array_mut().unwrap().retain(|row| row["appRoleId"] != "246dd0d5-5bd0-4def-940b-0421030a5b68");
        })
        .unwrap();
    tenant
}

#[tokio::test]
async fn a_connection_that_has_what_it_needs_is_green_and_its_advice_is_one_warning() {
    let reading = plan(Tenant::demo(), json!({})).await;
    assert!(reading.errors().is_empty(), "{:?}", reading.said);
    let [warning] = reading.warnings()[..] else { panic!("{:?}", reading.warnings()) };
    assert!(warning.starts_with("connection_validation: ") && warning.ends_with(" advisory checks failed"), "{warning}");
    assert!(reading.detail().contains("defender_coverage_full"), "{}", reading.detail());
}

#[tokio::test]
async fn required_checks_alone_are_a_silent_no_op() {
    let arguments = json!({"check_ids": ["sign_in", "role_*", "graph_policy_read"]});
    let planned = plan(Tenant::demo(), arguments.clone()).await;
    assert!(planned.errors().is_empty() && planned.warnings().is_empty(), "{:?}", planned.said);
    let opened = Inside::on(Tenant::demo()).await.open(NAME, arguments).await.ok();
    assert_eq!(
        (&opened["checked"], &opened["passed"]),
        (&json!(8), &json!(8)),
        "three role checks twice, and two of the connection"
    );
}

#[tokio::test]
async fn a_missing_permission_is_red_with_its_name_and_the_command_last() {
    let reading = plan(without_policy_read(), json!({})).await;
    assert_eq!(reading.errors().len(), 1);
    assert!(reading.errors()[0].starts_with("connection_validation: 1 failed of "), "{:?}", reading.errors());
    let detail = error_detail(&reading);
    assert!(detail.contains("graph_admin_consent") && detail.contains("Policy.Read.All"), "{detail}");
    assert!(detail.lines().last().unwrap().contains("az ad app permission admin-consent"), "{detail}");
}

fn error_detail(reading: &crate::support::inside::Reading) -> &str {
    let errors = reading.said.iter().find(|one| one.severity == azposture::sdk::Severity::Error);
    errors.map(|one| one.detail.as_str()).unwrap_or_default()
}

#[tokio::test]
async fn a_missing_role_is_red_with_the_actions_and_the_command() {
    let tenant = Tenant::demo();
    tenant
        .edit("role-definitions", |list| {
            let rows = list["value"].as_array_mut().unwrap().iter_mut();
            let reader = rows.into_iter().find(|row| row["properties"]["roleName"] == "Reader").unwrap();
            reader["properties"]["permissions"][0]["actions"] =
                json!(["Microsoft.Security/*/read", "Microsoft.Resources/*/read"]);
        })
        .unwrap();
    let reading = plan(tenant, json!({"check_ids": ["role_reader"], "subscription_ids": [PRODUCTION]})).await;
    assert_eq!(reading.errors(), ["connection_validation: 1 failed of 1"]);
    let detail = reading.detail();
    assert!(detail.contains("read actions are not held"), "{detail}");
    assert!(detail.contains(&format!("az role assignment create --role Reader --scope /subscriptions/{PRODUCTION}")), "{detail}");
}

#[tokio::test]
async fn naming_an_advisory_check_makes_it_required_and_a_pattern_does_not() {
    let named = plan(Tenant::demo(), json!({"check_ids": ["defender_coverage_full"], "subscription_ids": [PRODUCTION]})).await;
    assert_eq!(named.errors(), ["connection_validation: 1 failed of 1"]);
    let chosen = plan(Tenant::demo(), json!({"check_ids": ["defender_*"], "subscription_ids": [PRODUCTION]})).await;
    assert!(chosen.errors().is_empty(), "{:?}", chosen.said);
    assert_eq!(chosen.warnings(), ["connection_validation: 2 advisory checks failed"]);
}

#[tokio::test]
async fn nothing_selected_is_never_green() {
    for (arguments, summary) in [
        (json!({"check_ids": []}), "Nothing selected"),
        (json!({"check_ids": ["nothing_*"]}), "Nothing selected"),
        (json!({"check_ids": ["license_*"]}), "Nothing selected"),
        (json!({"check_ids": ["scim_overrides_scope"]}), "Nothing selected"),
        (json!({"check_ids": ["sign-in"]}), "Unknown value"),
        (json!({"subscription_ids": []}), "Nothing selected"),
    ] {
        let reading = plan(Tenant::demo(), arguments.clone()).await;
        assert_eq!(reading.errors(), [summary], "{arguments}: {:?}", reading.said);
    }
    let block = json!({"environment": "demo", "areas": ["data"]});
    let off = Inside::configured(Tenant::demo(), block).await.plan(NAME, json!({"check_ids": ["graph_policy_read"]})).await;
    assert_eq!(off.errors(), ["Nothing selected"]);
}

#[tokio::test]
async fn what_cannot_be_seen_is_red_unless_it_may_be_unknown() {
    let arguments = json!({"check_ids": ["role_reader"], "subscription_ids": [SANDBOX]});
    let reading = plan(refused("Microsoft.Authorization/permissions"), arguments.clone()).await;
    assert_eq!(reading.errors(), ["connection_validation: 1 unknown of 1"]);
    assert!(reading.detail().contains("permissions on /subscriptions/"), "{}", reading.detail());
    let mut lenient = arguments;
    lenient["on_unknown"] = json!("warning");
    let reading = plan(refused("Microsoft.Authorization/permissions"), lenient).await;
    assert_eq!((reading.errors(), reading.warnings()), (vec![], vec!["connection_validation: 1 unknown of 1"]));
}

#[tokio::test]
async fn an_advisory_check_that_cannot_be_seen_stops_nothing() {
    let reading = plan(refused("/v1.0/subscribedSkus"), json!({})).await;
    assert!(reading.errors().is_empty(), "{:?}", reading.said);
    assert!(reading.detail().contains("license_p1 (unknown)"), "{}", reading.detail());
}

#[tokio::test]
async fn a_subscription_that_is_not_visible_is_never_left_out() {
    let tenant = Tenant::demo();
    tenant
        .edit("subscriptions", |list| list["value"].as_array_mut().unwrap().retain(|row| row["subscriptionId"] != SANDBOX))
        .unwrap();
    let reading = plan(tenant, json!({"check_ids": ["role_reader"]})).await;
    assert_eq!(reading.errors(), ["connection_validation: 1 unknown of 2"]);
    assert!(reading.detail().contains(SANDBOX), "{}", reading.detail());
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_nobody_refused_is_unknown() {
    let token = || Fault::on("/oauth2/v2.0/token");
    for fault in [token().html(200), token().answer(503), token().torn_body(), token().empty(200)] {
        let reading = plan(Tenant::demo().with_fault(fault), json!({"check_ids": ["sign_in"]})).await;
        assert_eq!(reading.errors(), ["connection_validation: 1 unknown of 1"], "{}", reading.detail());
        let lenient = json!({"check_ids": ["sign_in"], "on_unknown": "warning"});
        assert!(plan(Tenant::demo().with_fault(token().html(200)), lenient).await.errors().is_empty());
    }
    let once = Tenant::demo().with_fault(token().html(200).times(1));
    assert!(plan(once, json!({"check_ids": ["sign_in"]})).await.errors().is_empty());
}

#[tokio::test]
async fn a_failed_sign_in_is_the_one_check_that_is_shown_and_the_others_were_not_reached() {
    let tenant = || refusing(Tenant::demo(), 7_000_222, "The provided client secret keys are expired");
    let reading = plan(tenant(), json!({"check_ids": ["sign_in", "role_reader"]})).await;
    assert_eq!(reading.errors(), ["connection_validation: 1 failed, 1 unknown of 2"]);
    assert!(reading.detail().contains("AADSTS7000222") && reading.detail().contains("new client secret"), "{}", reading.detail());
    assert!(reading.detail().contains("The other check was not reached: it needs a sign-in."), "{}", reading.detail());
    let weak = plan(tenant(), json!({"enforcement": "warning"})).await;
    assert!(weak.errors().is_empty() && weak.warnings().len() == 1, "{:?}", weak.said);
    let all = plan(tenant(), json!({})).await;
    let rows: Vec<&str> = all.detail().lines().filter(|line| line.starts_with("  ")).collect();
    assert_eq!(rows.len(), 2, "headings and one check: {}", all.detail());
    assert!(rows[1].starts_with("  sign_in"), "{}", all.detail());
    let others: u64 = all.errors()[0].split_whitespace().nth(3).unwrap().parse().unwrap();
    assert_eq!(all.errors(), [format!("connection_validation: 1 failed, {others} unknown of {}", others + 1)]);
    assert!(
        all.detail().contains(&format!("The other {others} checks were not reached: they need a sign-in.")),
        "{}",
        all.detail()
    );
    assert!(!all.detail().contains("Could not be seen"), "the check says it: {}", all.detail());
    let other = plan(tenant(), json!({"check_ids": ["role_reader"]})).await;
    assert_eq!(other.errors(), ["connection_validation: 1 failed, 1 unknown of 2"], "a sign-in that is refused is never lenient");
}

#[tokio::test(start_paused = true)]
async fn a_grant_that_comes_late_turns_it_green() {
    let late = Tenant::demo()
        .with_fault(Fault::on("Microsoft.Authorization/permissions").times(1).change(|answer| answer["value"] = json!([])));
    let arguments = json!({"check_ids": ["role_security_reader"], "subscription_ids": [PRODUCTION], "wait_seconds": 60});
    let reading = plan(late, arguments).await;
    assert!(reading.errors().is_empty() && reading.warnings().is_empty(), "{:?}", reading.said);
}
