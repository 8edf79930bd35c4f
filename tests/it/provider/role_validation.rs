//! `azposture_role_assignment_validation` on the demo tenant.

use azposture::demo::{CLIENT_ID, Fault, PRINCIPAL_ID, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use super::role_assignments::caller_holds;
use crate::support::inside::{Inside, Reading};

pub(super) const NAME: &str = "role_assignment_validation";
pub(super) const DENIZ: &str = "fab00002-0000-4000-8000-000000000004";
pub(super) const GRETA: &str = "fab00002-0000-4000-8000-000000000007";
pub(super) const HUGO: &str = "fab00002-0000-4000-8000-000000000008";
pub(super) const PRINTER: &str = "fab00002-0000-4000-8000-00000000000c";
pub(super) const ENGINEERING: &str = "fab00003-0000-4000-8000-000000000002";
const ON_CALL: &str = "fab00003-0000-4000-8000-000000000004";
pub(super) const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const SECURITY_READER: &str = "39bc4728-0917-49c7-9d2c-d95423bc2eb4";

pub(super) fn production() -> String {
    format!("/subscriptions/{PRODUCTION}")
}

pub(super) fn group(name: &str) -> String {
    format!("/subscriptions/{PRODUCTION}/resourceGroups/{name}")
}

pub(super) fn wants(principal: &str, role: &str, scope: &str) -> Json {
    json!({"principal_id": principal, "role_definition_names": [role], "scopes": [scope]})
}

pub(super) async fn plan(tenant: Tenant, arguments: Json) -> Reading {
    Inside::on(tenant).await.plan(NAME, arguments).await
}

#[track_caller]
pub(super) fn green(reading: &Reading) {
    assert!(reading.errors().is_empty() && reading.warnings().is_empty(), "{:#?}", reading.said);
}

#[track_caller]
pub(super) fn red(reading: &Reading, reason: &str) {
    assert_eq!(reading.errors(), ["role_assignment_validation: 1 failed of 1"], "{}", reading.detail());
    assert!(reading.detail().contains(&format!("  {reason}  ")), "{}", reading.detail());
}

#[track_caller]
pub(super) fn unknown(reading: &Reading, reason: &str) {
    assert_eq!(reading.errors(), ["role_assignment_validation: 1 unknown of 1"], "{}", reading.detail());
    assert!(reading.detail().contains(&format!("  {reason}  ")), "{}", reading.detail());
}

#[tokio::test]
async fn a_green_validation_says_nothing_and_counts_scopes_times_requirements() {
    let inside = Inside::on(Tenant::demo()).await;
    let arguments = json!({
        "principal_id": ENGINEERING, "role_definition_names": ["reader"], "actions": ["Microsoft.Storage/*/read", "*/read"],
    });
    green(&inside.plan(NAME, arguments.clone()).await);
    let opened = inside.open(NAME, arguments).await.ok();
    assert_eq!((&opened["checked"], &opened["passed"]), (&json!(6), &json!(6)), "three requirements in two subscriptions");
}

#[tokio::test]
async fn a_red_validation_names_the_missing_role_and_ends_with_the_line_that_gives_it() {
    let reading = plan(Tenant::demo(), wants(PRINTER, "Reader", &production())).await;
    red(&reading, "role_missing");
    let line = format!(
        "  az role assignment create --assignee-object-id {PRINTER} --assignee-principal-type User --role \"Reader\" --scope \"{}\"",
        production()
    );
    assert_eq!(reading.detail().lines().last(), Some(line.as_str()), "{}", reading.detail());
    let lacking = json!({"principal_id": PRINTER, "actions": ["Microsoft.Web/sites/restart/action"], "scopes": [production()]});
    red(&plan(Tenant::demo(), lacking).await, "action_missing");
}

#[tokio::test]
async fn a_null_principal_never_means_the_caller() {
    let inside = Inside::on(Tenant::demo()).await;
    for (arguments, summary) in [
        (json!({"role_definition_names": ["Reader"]}), "Missing argument"),
        (json!({"self": false, "role_definition_names": ["Reader"]}), "Missing argument"),
        (json!({"self": true, "principal_id": HUGO, "role_definition_names": ["Reader"]}), "Conflicting arguments"),
        (json!({"self": true}), "Nothing selected"),
        (json!({"self": true, "actions": []}), "Nothing selected"),
        (json!({"self": true, "actions": ["Microsoft.Web/?/read"]}), "Invalid value"),
        (json!({"self": true, "actions": ["Microsoft.Web/read"]}), "Invalid value"),
        (json!({"self": true, "actions": ["read"]}), "Invalid value"),
        (json!({"self": true, "data_actions": ["Microsoft.Web"]}), "Invalid value"),
        (json!({"self": true, "actions": ["Microsoft.Web//*"]}), "Invalid value"),
        (json!({"self": true, "actions": ["/*/read"]}), "Invalid value"),
        (json!({"self": true, "actions": ["*/read"], "scopes": ["rg"]}), "Invalid value"),
        (json!({"self": true, "role_definition_ids": ["Reader"]}), "Invalid value"),
        (json!({"self": true, "role_definition_names": ["Raeder"]}), "Unknown value"),
        (json!({"self": true, "role_definition_names": ["Reader"], "match": "most"}), "Unknown value"),
        (
            json!({"self": true, "role_definition_names": ["Reader"], "scopes": ["/subscriptions/00000000-0000-4000-8000-000000000009"]}),
            "Outside the configured scope",
        ),
    ] {
        assert_eq!(inside.plan(NAME, arguments.clone()).await.errors(), [summary], "{arguments}");
    }
}

#[tokio::test]
async fn the_signed_in_principal_is_judged_by_two_sources() {
    let itself = |scope: &str| json!({"self": true, "role_definition_names": ["Reader"], "scopes": [scope]});
    green(&plan(Tenant::demo(), itself(&production())).await);
    let contradicted = Tenant::demo().with_fault(Fault::on("Microsoft.Authorization/permissions").change(|answer| {
        let rows =
            json!([{"actions": ["Microsoft.Authorization/*/read"], "notActions": [], "dataActions": [], "notDataActions": []}]);
        answer["value"] = rows;
    }));
    unknown(&plan(contradicted, itself(&production())).await, "not_proven");
}

#[tokio::test]
async fn security_reader_is_no_reader() {
    let tenant = Tenant::demo();
    caller_holds(&tenant, SECURITY_READER, &production());
    let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION]});
    let inside = Inside::configured(tenant, block).await;
    red(&inside.plan(NAME, json!({"self": true, "role_definition_names": ["Reader"]})).await, "role_missing");
    green(&inside.plan(NAME, json!({"self": true, "actions": ["Microsoft.Security/*/read"]})).await);
}

#[tokio::test]
async fn roles_count_through_nested_groups_and_from_management_groups() {
    green(&plan(Tenant::demo(), wants(DENIZ, "Contributor", &production())).await);
    green(&plan(Tenant::demo(), wants(DENIZ, "Shop Operator", &group("rg-shop-prod"))).await);
    green(&plan(Tenant::demo(), wants(ON_CALL, "Contributor", &production())).await);
    let above = "/providers/Microsoft.Management/managementGroups/mg-production";
    green(&plan(Tenant::demo(), wants(DENIZ, "Contributor", above)).await);
    red(&plan(Tenant::demo(), wants(DENIZ, "Contributor", &format!("/subscriptions/{SANDBOX}"))).await, "role_missing");
    red(
        &plan(Tenant::demo(), wants(DENIZ, "Contributor", "/providers/Microsoft.Management/managementGroups/mg-sandbox")).await,
        "role_missing",
    );
}

#[tokio::test]
async fn a_deny_assignment_beats_every_role() {
    let arguments = |action: &str| json!({"principal_id": HUGO, "actions": [action], "scopes": [group("mrg-inventory-app")]});
    let denied = plan(Tenant::demo(), arguments("Microsoft.Web/sites/write")).await;
    red(&denied, "denied");
    assert!(denied.detail().contains("Managed resource group of inventory-app"), "{}", denied.detail());
    assert!(!denied.detail().contains("az role assignment create"), "no role would help: {}", denied.detail());
    green(&plan(Tenant::demo(), arguments("Microsoft.Web/sites/read")).await);
}

#[tokio::test]
async fn what_is_conditional_or_has_to_be_activated_fails_unless_accepted() {
    let mut conditional = wants(HUGO, "Role Based Access Control Administrator", &group("rg-platform-prod"));
    red(&plan(Tenant::demo(), conditional.clone()).await, "conditional_only");
    conditional["accept_conditional"] = json!(true);
    green(&plan(Tenant::demo(), conditional).await);
    let mut eligible = wants(GRETA, "Owner", &group("rg-platform-prod"));
    let reading = plan(Tenant::demo(), eligible.clone()).await;
    red(&reading, "eligible_only");
    assert!(reading.detail().contains("Activate the role"), "{}", reading.detail());
    eligible["accept_eligible"] = json!(true);
    green(&plan(Tenant::demo(), eligible).await);
}

#[tokio::test]
async fn groups_that_cannot_be_read_are_unknown_where_they_could_matter_and_only_there() {
    let refused = || Tenant::demo().with_fault(Fault::on("/transitiveMemberOf").refuse(403, "Authorization_RequestDenied", "no"));
    green(&plan(refused(), wants(DENIZ, "Reader", &production())).await);
    let reading = plan(refused(), wants(PRINTER, "Reader", &production())).await;
    unknown(&reading, "forbidden");
    assert!(reading.detail().contains("groups on graph: forbidden (Authorization_RequestDenied)"), "{}", reading.detail());
    red(&plan(refused(), wants(PRINTER, "Owner", &production())).await, "role_missing");
    let mut weak = wants(PRINTER, "Reader", &production());
    weak["on_unknown"] = json!("warning");
    let reading = plan(refused(), weak).await;
    assert_eq!((reading.errors(), reading.warnings()), (vec![], vec!["role_assignment_validation: 1 unknown of 1"]));
}

/// Hides the members of a group.
fn hide(tenant: &Tenant, group: usize) {
    tenant.edit("groups", |list| list["value"][group]["visibility"] = json!("HiddenMembership")).unwrap();
}

#[tokio::test]
async fn groups_that_hide_their_members_cannot_be_excluded() {
    let tenant = Tenant::demo();
    hide(&tenant, 1);
    unknown(&plan(tenant, wants(PRINTER, "Reader", &production())).await, "hidden");
}

#[tokio::test]
async fn groups_that_hide_their_members_are_no_secret_to_who_may_read_them() {
    let tenant = Tenant::demo();
    hide(&tenant, 1);
    tenant
        .edit("service-principals", |list| {
            let offered =
                list["value"].as_array_mut().unwrap().iter_mut().flat_map(|row| row["appRoles"].as_array_mut().unwrap());
            offered
                .filter(|role| role["value"] == "Policy.Read.All")
                .for_each(|role| role["value"] = json!("Member.Read.Hidden"));
        })
        .unwrap();
    red(&plan(tenant, wants(PRINTER, "Reader", &production())).await, "role_missing");
}

#[tokio::test]
async fn a_group_that_could_not_be_looked_up_is_reported_as_what_it_is() {
    let refused = Fault::on("/v1.0/groups").refuse(403, "Authorization_RequestDenied", "no");
    let reading = plan(Tenant::demo().with_fault(refused), wants(PRINTER, "Reader", &production())).await;
    unknown(&reading, "forbidden");
    assert!(reading.detail().contains("groups on graph: forbidden (Authorization_RequestDenied)"), "{}", reading.detail());
}

#[tokio::test]
async fn a_hidden_group_that_is_denied_or_may_activate_something_cannot_be_excluded() {
    let denying = |field: &'static str| {
        let tenant = Tenant::demo();
        tenant
            .edit("deny-assignments", |list| {
                let deny = &mut list["value"][0]["properties"];
                deny["scope"] = json!(production());
                deny["permissions"][0] = json!({"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []});
                let group = json!([{"id": ENGINEERING, "type": "Group"}]);
                deny[field] = group;
            })
            .unwrap();
        tenant
    };
    let wanted = || wants(HUGO, "Contributor", &production());
    for (field, seen) in [("principals", false), ("excludePrincipals", true)] {
        let tenant = denying(field);
        // He is no member, as far as everybody sees.
        tenant.edit("group-members", |groups| groups[ENGINEERING] = json!([])).unwrap();
        match seen {
            true => red(&plan(tenant.clone(), wanted()).await, "denied"),
            false => green(&plan(tenant.clone(), wanted()).await),
        }
        hide(&tenant, 1);
        unknown(&plan(tenant, wanted()).await, "hidden");
    }
    let eligible = Tenant::demo();
    eligible
        .edit("role-eligibility-schedule-instances", |list| {
            let row = &mut list["value"][0]["properties"];
            (row["principalId"], row["principalType"]) = (json!(ENGINEERING), json!("Group"));
        })
        .unwrap();
    eligible.edit("group-members", |groups| groups[ENGINEERING] = json!([])).unwrap();
    hide(&eligible, 1);
    let mut arguments = wants(PRINTER, "Contributor", &production());
    arguments["accept_eligible"] = json!(true);
    unknown(&plan(eligible, arguments).await, "hidden");
}

#[tokio::test]
async fn lists_that_are_refused_or_not_proven_are_unknown_with_their_cause() {
    let on = |part: &str| Fault::on(part).refuse(403, "AuthorizationFailed", "no");
    let scope = production();
    for (part, reason, subject) in [
        ("Microsoft.Authorization/roleAssignments", "forbidden", "role_assignments on"),
        ("Microsoft.Authorization/denyAssignments", "forbidden", "deny_assignments on"),
        ("Microsoft.Authorization/permissions", "not_proven", "deny_assignments on"),
    ] {
        let reading = plan(Tenant::demo().with_fault(on(part)), wants(HUGO, "Contributor", &scope)).await;
        unknown(&reading, reason);
        assert!(reading.detail().contains(subject), "{part}: {}", reading.detail());
    }
    let unread = Tenant::demo().with_fault(on("Microsoft.Authorization/roleDefinitions"));
    unknown(&Inside::by_arm(unread).await.plan(NAME, wants(HUGO, "Shop Operator", &scope)).await, "forbidden");
    let reading =
        plan(Tenant::demo().with_fault(on("Microsoft.Authorization/roleDefinitions")), wants(HUGO, "Contributor", &scope)).await;
    green(&reading);
}

#[tokio::test]
async fn who_reads_one_resource_group_can_verify_there_and_nowhere_above() {
    let tenant = Tenant::demo();
    caller_holds(&tenant, READER, &group("rg-shop-prod"));
    let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION]});
    let inside = Inside::configured(tenant, block).await;
    green(
        &inside.plan(NAME, json!({"self": true, "role_definition_names": ["Reader"], "scopes": [group("rg-shop-prod")]})).await,
    );
    // Its lists are refused there, and Azure itself says that it may do nothing.
    let above = inside.plan(NAME, json!({"self": true, "role_definition_names": ["Reader"]})).await;
    red(&above, "role_missing");
    assert!(above.detail().contains("Azure says that it may do nothing here"), "{}", above.detail());
}

#[tokio::test]
async fn a_management_group_that_cannot_be_read_is_unknown() {
    let refused = Fault::on("managementGroups/mg-production/providers/").refuse(403, "AuthorizationFailed", "no");
    let scope = "/providers/Microsoft.Management/managementGroups/mg-production";
    unknown(&plan(Tenant::demo().with_fault(refused), wants(DENIZ, "Contributor", scope)).await, "forbidden");
}

#[tokio::test]
async fn a_subscription_that_is_not_visible_is_unknown_and_never_left_out() {
    let tenant = Tenant::demo();
    tenant
        .edit("subscriptions", |list| list["value"].as_array_mut().unwrap().retain(|row| row["subscriptionId"] != SANDBOX))
        .unwrap();
    let inside = Inside::on(tenant).await;
    let everywhere = inside.plan(NAME, json!({"self": true, "role_definition_names": ["Reader"]})).await;
    assert_eq!(everywhere.errors(), ["role_assignment_validation: 1 unknown of 2"]);
    let there = format!("/subscriptions/{SANDBOX}");
    let named = inside.plan(NAME, json!({"self": true, "role_definition_names": ["Reader"], "scopes": [there]})).await;
    unknown(&named, "not_visible");
}

#[tokio::test]
async fn a_new_id_that_the_directory_does_not_know_fails_and_says_what_it_may_be() {
    let mut arguments = wants(CLIENT_ID, "Reader", &production());
    arguments["triggers"] = json!({"made": "now"});
    let reading = plan(Tenant::demo(), arguments).await;
    assert_eq!(reading.errors().len(), 1, "{:?}", reading.said);
    assert!(reading.detail().contains("az ad sp show --id"), "{}", reading.detail());
    assert!(!reading.detail().contains("az role assignment"), "nothing can be given to nobody: {}", reading.detail());
}

#[tokio::test]
async fn any_of_several_can_be_enough() {
    let mut arguments = json!({
        "principal_id": PRINCIPAL_ID, "role_definition_names": ["Owner", "Reader"], "scopes": [production()],
        "accept_equivalent": false,
    });
    let all = plan(Tenant::demo(), arguments.clone()).await;
    assert_eq!(all.errors(), ["role_assignment_validation: 1 failed of 2"]);
    arguments["match"] = json!("any");
    green(&plan(Tenant::demo(), arguments.clone()).await);
    arguments["role_definition_names"] = json!(["Owner", "Contributor"]);
    let none = plan(Tenant::demo(), arguments).await;
    red(&none, "role_missing");
    assert!(none.detail().contains("any of Contributor, Owner"), "{}", none.detail());
}

#[tokio::test]
async fn a_role_by_id_needs_no_name() {
    let by_id = |id: &str| json!({"principal_id": DENIZ, "role_definition_ids": [id], "scopes": [production()]});
    green(&plan(Tenant::demo(), by_id(READER)).await);
    let full = format!("/subscriptions/{SANDBOX}/providers/Microsoft.Authorization/roleDefinitions/{}", READER.to_uppercase());
    green(&plan(Tenant::demo(), by_id(&full)).await);
}

#[tokio::test(start_paused = true)]
async fn a_grant_of_the_same_apply_is_waited_for() {
    // Each reading asks twice: for everybody's assignments, and for the principal's.
    let late = || {
        Tenant::demo().with_fault(
            Fault::on("Microsoft.Authorization/roleAssignments")
                .times(4)
                .keep(|row| row["properties"]["principalId"] != PRINCIPAL_ID),
        )
    };
    let mut arguments = wants(PRINCIPAL_ID, "Reader", &production());
    arguments["triggers"] = json!({"assignment": "new"});
    red(&plan(late(), arguments.clone()).await, "not_yet_visible");
    arguments["wait_seconds"] = json!(60);
    let started = tokio::time::Instant::now();
    green(&plan(late(), arguments).await);
    assert_eq!(started.elapsed().as_secs(), 45, "after 15 seconds, then after 30");
}

#[tokio::test]
async fn a_green_verdict_asks_for_nothing_that_only_a_red_one_needs() {
    let tenant = Tenant::demo();
    green(&plan(tenant.clone(), wants(DENIZ, "Contributor", &production())).await);
    let asked: Vec<_> = tenant.requests().iter().map(|request| format!("{request:?}")).collect();
    assert!(!asked.iter().any(|request| request.contains("roleEligibilityScheduleInstances")), "{asked:#?}");
}

#[tokio::test]
async fn every_missing_role_has_its_line() {
    let inside = Inside::on(Tenant::demo()).await;
    let reading =
        inside.plan(NAME, json!({"principal_id": PRINTER, "role_definition_names": ["Reader", "Key Vault Reader"]})).await;
    assert_eq!(reading.errors(), ["role_assignment_validation: 4 failed of 4"]);
    let lines = reading.detail().lines().filter(|line| line.starts_with("  az role assignment create ")).count();
    assert_eq!(lines, 2, "each once, on the group of the connection: {}", reading.detail());
}

#[tokio::test]
async fn a_refusal_at_one_scope_does_not_hide_the_roles_from_another() {
    let tenant = Tenant::demo();
    caller_holds(&tenant, READER, &group("rg-shop-prod"));
    let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION]});
    let inside = Inside::configured(tenant, block).await;
    red(&inside.plan(NAME, json!({"self": true, "role_definition_names": ["Reader"]})).await, "role_missing");
    let there = json!({"self": true, "actions": ["Microsoft.Storage/*/read"], "scopes": [group("rg-shop-prod")]});
    green(&inside.plan(NAME, there).await);
}
