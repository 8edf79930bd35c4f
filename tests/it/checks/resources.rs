//! Checks of resources: one case a check, with what passes, what fails and what leaves it open.

use azposture::{
    demo::{Fault, PRODUCTION, SANDBOX, Tenant},
    posture::checks::{all, find},
};
use serde_json::{Value as Json, json};

use super::{ends, expected, found, said, with};

/// How a check ends on a resource that says this of itself.
pub(super) struct Case {
    check: &'static str,
    /// The document that lists the resources.
    pub(super) document: &'static str,
    pub(super) bodies: Vec<(Json, &'static str)>,
}

fn connection(status: &str) -> Json {
    json!({"properties": {"privateLinkServiceConnectionState": {"status": status}}})
}

fn ssh(source: &str) -> Json {
    json!({"name": "ssh", "properties": {
        "direction": "Inbound", "access": "Allow", "priority": 100, "protocol": "Tcp", "sourcePortRange": "*",
        "sourceAddressPrefix": source, "destinationAddressPrefix": "*", "destinationPortRange": "22",
    }})
}

/// A case for each check. The first body that passes is what [`super::unseen`] makes the demo's resources say.
pub(super) fn cases() -> Vec<Case> {
    let mut unclear = ssh("Internet");
    unclear["properties"]["access"] = json!(null);
    vec![
        Case {
            check: "key_vault_purge_protection",
            document: "key-vaults",
            bodies: vec![
                (json!({"enablePurgeProtection": true}), "pass"),
                (json!({"enablePurgeProtection": null}), "fail"),
                (json!({"enableSoftDelete": true}), "fail"),
                (json!({"enablePurgeProtection": "perhaps"}), "unknown invalid_response"),
            ],
        },
        Case {
            check: "storage_account_private_endpoint",
            document: "storage-accounts",
            bodies: vec![
                (json!({"privateEndpointConnections": [connection("Pending"), connection("Approved")]}), "pass"),
                (json!({"privateEndpointConnections": []}), "fail"),
                (json!({"privateEndpointConnections": [connection("Rejected")]}), "fail"),
                (json!({"privateEndpointConnections": [connection("Odd")]}), "unknown invalid_response"),
                (json!({"privateEndpointConnections": null}), "unknown invalid_response"),
                (json!({}), "unknown invalid_response"),
            ],
        },
        Case {
            check: "storage_account_public_network_disabled",
            document: "storage-accounts",
            bodies: vec![
                (json!({"publicNetworkAccess": "Disabled"}), "pass"),
                (json!({"publicNetworkAccess": "Enabled"}), "fail"),
                (json!({}), "fail"),
                (json!({"publicNetworkAccess": "SecuredByPerimeter"}), "unknown invalid_response"),
            ],
        },
        Case {
            check: "nsg_ssh_restricted",
            document: "network-security-groups",
            bodies: vec![
                (json!({"securityRules": [ssh("10.0.0.0/8")]}), "pass"),
                (json!({"securityRules": []}), "pass"),
                (json!({"securityRules": [ssh("Internet")]}), "fail"),
                (json!({"securityRules": [unclear]}), "unknown invalid_response"),
                (json!({}), "unknown invalid_response"),
            ],
        },
    ]
}

#[tokio::test]
async fn each_body_ends_as_it_should() {
    for case in cases() {
        for (properties, end) in case.bodies.iter().chain([&(json!(null), "unknown invalid_response")]) {
            let tenant = with(Tenant::demo(), case.document, |rows| {
                rows.iter_mut().for_each(|row| row["properties"] = properties.clone())
            });
            let findings = found(&tenant, "never", &[find(case.check).unwrap()]).await;
            let is_right = !findings.is_empty() && findings.iter().all(|one| said(one) == *end);
            assert!(is_right, "{} {properties}: {findings:#?}", case.check);
        }
    }
}

/// Every check of resources has a case with each of the three answers.
#[test]
fn every_check_of_resources_has_a_case() {
    for check in all().filter(|check| check.resource_type().is_some()) {
        let case = cases().into_iter().find(|case| case.check == check.id).unwrap_or_else(|| panic!("{}", check.id));
        for status in ["pass", "fail", "unknown"] {
            assert!(case.bodies.iter().any(|(_, end)| end.starts_with(status)), "{}: {status}", check.id);
        }
    }
}

#[tokio::test]
async fn the_demo_has_what_passes_and_what_fails() {
    assert_eq!(
        ends(&Tenant::demo(), "key_vault_purge_protection").await,
        expected([("kv-fab-shop", "pass"), ("kv-fab-platform", "fail"), ("kv-fab-lab", "fail")])
    );
    assert_eq!(
        ends(&Tenant::demo(), "nsg_ssh_restricted").await,
        expected([("nsg-shop-web", "pass"), ("nsg-data", "pass"), ("nsg-lab", "fail")])
    );
}

#[tokio::test]
async fn where_there_is_none_of_them_a_check_does_not_apply() {
    let none = with(Tenant::demo(), "key-vaults", |rows| rows.retain(|row| row["name"] != "kv-fab-lab"));
    let none = ends(&none, "key_vault_purge_protection").await;
    assert_eq!(none[SANDBOX], "not_applicable no_resources");
    assert_eq!(none["kv-fab-shop"], "pass");
    let denied = || {
        Tenant::demo().with_fault(Fault::on("Microsoft.KeyVault/vaults").subscription(SANDBOX).refuse(
            409,
            "MissingSubscriptionRegistration",
            "The subscription is not registered to use namespace 'Microsoft.KeyVault'.",
        ))
    };
    let state = Fault::on("/providers/Microsoft.KeyVault").subscription(SANDBOX);
    let agreed = denied().with_fault(state.change(|body| body["registrationState"] = json!("NotRegistered")));
    assert_eq!(ends(&agreed, "key_vault_purge_protection").await[SANDBOX], "not_applicable no_resources");
    assert_eq!(ends(&denied(), "key_vault_purge_protection").await[SANDBOX], "unknown not_proven", "its own state is another");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_proven_to_be_all_is_judged_and_the_rest_is_unknown() {
    let denied = Fault::on(format!("{PRODUCTION}/providers/Microsoft.Authorization/permissions")).answer(503);
    let ends = ends(&Tenant::demo().with_fault(denied), "key_vault_purge_protection").await;
    assert_eq!(ends["kv-fab-shop"], "pass");
    assert!(ends[PRODUCTION].starts_with("unknown "), "{ends:#?}");
    assert!(!ends.contains_key(SANDBOX), "{ends:#?}");
}

#[tokio::test]
async fn a_resource_that_is_listed_with_two_contents_says_nothing() {
    let twice = with(Tenant::demo(), "key-vaults", |rows| {
        let mut other = rows.iter().find(|row| row["name"] == "kv-fab-shop").unwrap().clone();
        rows.push(other.clone());
        other["properties"]["enablePurgeProtection"] = json!(null);
        other["id"] = json!(other["id"].as_str().unwrap().to_uppercase());
        rows.push(other);
    });
    let ends = ends(&twice, "key_vault_purge_protection").await;
    assert_eq!(ends.iter().filter(|(name, _)| name.eq_ignore_ascii_case("kv-fab-shop")).count(), 1, "{ends:#?}");
    assert_eq!(ends.values().filter(|end| *end == "unknown invalid_response").count(), 1, "{ends:#?}");
}
