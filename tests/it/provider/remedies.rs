//! The next step of every failure can be taken as it stands: it names the sign-in, and leaves open only what nobody was able to tell.

use azposture::demo::{Fault, GRAPH_HOST, PRINCIPAL_ID, RESOURCE_MANAGER_HOST, Tenant};
use serde_json::json;

use super::hostile::{kept, objects, run};
use crate::support::{
    inside::{Inside, Reading},
    is_full,
    remedies::left_open,
};

pub(super) fn only_what_nobody_knows_is_left_open(reading: &Reading, what: &str) {
    let kept = kept(reading);
    assert_eq!(left_open(&kept), None, "{what}: {kept}");
}

/// Status, code and words of refusals that name neither a principal nor a scope.
const REFUSALS: &[(u16, &str, &str)] = &[
    (400, "AadPremiumLicenseRequired", "The tenant needs a premium license."),
    (401, "InvalidAuthenticationToken", "no"),
    (403, "AuthorizationFailed", "The client is not allowed to perform action 'Microsoft.Security/pricings/read'."),
    (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    (404, "SubscriptionNotFound", "no"),
    (409, "MissingSubscriptionRegistration", "no"),
    (429, "TooManyRequests", "no"),
    (503, "ServiceUnavailable", "no"),
];

#[tokio::test(start_paused = true)]
async fn the_next_step_of_a_refusal_leaves_open_only_what_nobody_knows() {
    for (name, is_source, arguments) in objects() {
        for host in [GRAPH_HOST, RESOURCE_MANAGER_HOST] {
            // One in four, others for each object, and all of them with `make test-full`.
            let picked = |at: usize| is_full() || (at + name.len()).is_multiple_of(4);
            for (_, (status, code, message)) in REFUSALS.iter().enumerate().filter(|(at, _)| picked(*at)) {
                let tenant = Tenant::demo().with_fault(Fault::on("").host(host).refuse(*status, code, message));
                let inside = Inside::configured(tenant, json!({"environment": "demo"})).await;
                let reading = run(&inside, name, is_source, &arguments).await;
                only_what_nobody_knows_is_left_open(&reading, &format!("{name}, {host} says {status} {code}"));
            }
        }
    }
}

/// An error that is no gap is told who lacks the role, too.
#[tokio::test]
async fn an_error_names_the_sign_in_where_the_service_names_nobody() {
    let message = "Not allowed to perform action 'Microsoft.Resources/subscriptions/read' over scope '/subscriptions/1'.";
    let refused = Fault::on("").host(RESOURCE_MANAGER_HOST).refuse(403, "AuthorizationFailed", message);
    for (name, arguments) in [("subscriptions", json!({})), ("defender_plans", json!({}))] {
        let reading = Inside::by_arm(Tenant::demo().with_fault(refused.clone())).await.read(name, arguments).await;
        assert!(!reading.errors().is_empty(), "{name}: {:?}", reading.said);
        assert!(reading.detail().contains(&format!("--assignee {PRINCIPAL_ID} ")), "{name}: {}", reading.detail());
    }
}
