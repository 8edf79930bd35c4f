//! `identity_scope` of the provider block: whom it hides, what it never hides, and what it is where it does not fit the tenant.

use azposture::demo::{Fault, Tenant};
use serde_json::{Value as Json, json};

use super::{
    directory_roles::with_schedules,
    users::{NAME, listed, person},
};
use crate::support::{
    held::edited,
    inside::{Inside, Reading},
};

/// Lena's account for administration, and Tomas.
const OPERATORS: &str = "fab00003-0000-4000-8000-00000000000a";
const EMPTIED: &str = "fab00003-0000-4000-8000-00000000000f";
const WORKS_COUNCIL: &str = "fab00003-0000-4000-8000-000000000010";
/// Two groups stand within it.
const RETAIL: &str = "fab00003-0000-4000-8000-00000000000c";
/// The one account of an agent, which no scope of people hides.
const AGENT: &str = "19";

async fn scoped(tenant: Tenant, identity_scope: Json, arguments: Json) -> Reading {
    let block = json!({"environment": "demo", "identity_scope": identity_scope});
    Inside::configured(tenant, block).await.read(NAME, arguments).await
}

#[tokio::test]
async fn it_hides_rows_and_counts_whom_it_hid_and_who_of_them_may_do_much() {
    let answer = scoped(with_schedules(), json!({"include_group_ids": [OPERATORS.to_uppercase()]}), json!({})).await.ok();
    assert_eq!(listed(&answer), ["11", "12", AGENT]);
    // Of 59 people two are left. Of the others Ava, Ben, Deniz, Elin, Greta, Hugo, Ines, both emergency accounts, Nora and the account that
    // synchronises hold or could hold a directory role, and Jon owns the sandbox.
    let summary = &answer["summary"];
    assert_eq!(json!([summary["hidden_by_scope"], summary["hidden_privileged"], answer["complete"]]), json!([57, 12, true]));
    assert_eq!(json!([summary["enabled"], summary["agents"]]), json!([2, 1]));
    // Hugo could only activate one, which this sign-in may not see.
    let reading = scoped(Tenant::demo(), json!({"include_group_ids": [OPERATORS]}), json!({})).await;
    assert_eq!(reading.gaps(), ["eligible_directory_role_assignments forbidden graph"]);
    assert_eq!(reading.ok()["summary"]["hidden_privileged"], 11);
    // Of one hidden person nobody knows whether he could.
    let reading = scoped(Tenant::demo(), json!({"exclude_user_ids": [person("34")]}), json!({})).await;
    let summary = reading.ok()["summary"].clone();
    assert_eq!(json!([summary["hidden_by_scope"], summary["hidden_privileged"]]), json!([1, null]));
}

#[tokio::test]
async fn what_is_left_out_wins_over_what_is_named() {
    for (scope, expected) in [
        (
            json!({"include_group_ids": [RETAIL], "include_user_ids": [person("01")]}),
            vec!["01", AGENT, "22", "25", "29", "2a", "2b", "2c", "3a"],
        ),
        (
            json!({"include_group_ids": [RETAIL], "exclude_group_ids": ["fab00003-0000-4000-8000-00000000000e"]}),
            vec![AGENT, "22", "29", "2a", "3a"],
        ),
        (
            json!({"include_group_ids": [RETAIL], "exclude_user_ids": [person("29").to_uppercase()], "include_disabled": false}),
            vec![AGENT, "25", "2a", "2b", "2c", "3a"],
        ),
        (json!({"include_user_ids": [person("0c"), person("16")], "exclude_upn_patterns": ["SVC-P*"]}), vec!["16", AGENT]),
        (json!({"include_user_ids": [person("0d"), person("39"), person("3a")], "include_guests": false}), vec![AGENT, "3a"]),
    ] {
        let reading = scoped(with_schedules(), scope.clone(), json!({"limit": 0})).await;
        assert!(reading.warnings().iter().all(|said| *said == "Demo tenant in use"), "{scope}: {:?}", reading.said);
        let answer = reading.ok();
        assert_eq!(listed(&answer), expected, "{scope}");
        assert_eq!(answer["summary"]["hidden_by_scope"], 60 - expected.len(), "{scope}");
    }
}

#[tokio::test]
async fn a_scope_that_does_not_fit_the_tenant_is_an_error_and_what_leaves_out_nobody_a_warning() {
    for (scope, said) in [
        (json!({"include_group_ids": [person("ff")]}), "identity_scope.include_group_ids"),
        (json!({"include_group_ids": [OPERATORS, EMPTIED]}), "no user is in the group"),
        (json!({"include_user_ids": [person("ff")]}), "no user with the object id"),
    ] {
        let reading = scoped(Tenant::demo(), scope.clone(), json!({})).await;
        assert_eq!(reading.errors(), ["Nothing selected"], "{scope}");
        assert!(reading.detail().contains(said), "{}", reading.detail());
    }
    let scope = json!({
        "exclude_upn_patterns": ["svc-*", "ext-*"], "exclude_user_ids": [person("ff")], "exclude_group_ids": [EMPTIED, OPERATORS]
    });
    let reading = scoped(with_schedules(), scope, json!({})).await;
    let matched = ["Group id matches nothing", "User principal name pattern matches nothing", "User id matches nothing"];
    assert_eq!(reading.warnings(), matched);
    let details: String = reading.said.iter().map(|one| one.detail.clone()).collect();
    assert!(
        details.contains("`identity_scope.exclude_upn_patterns`") && details.contains("ext-*") && !details.contains("svc-*"),
        "{details}"
    );
    // 0c, 16 and 17 are services, 11 and 12 operators.
    assert_eq!(reading.ok()["summary"]["hidden_by_scope"], 5);
}

/// Whoever is not proven to be outside is inside.
#[tokio::test]
async fn what_cannot_be_read_of_it_hides_nobody() {
    let refused = |group: &str| {
        let members = Fault::on(format!("{group}/transitiveMembers"));
        with_schedules().with_fault(members.refuse(403, "Authorization_RequestDenied", "no"))
    };
    for scope in [json!({"include_group_ids": [OPERATORS]}), json!({"exclude_group_ids": [OPERATORS]})] {
        let reading = scoped(refused(OPERATORS), scope.clone(), json!({})).await;
        assert_eq!(reading.gaps(), ["group_members forbidden graph"], "{scope}");
        let answer = reading.ok();
        assert_eq!((&answer["summary"]["matched"], &answer["summary"]["hidden_by_scope"]), (&json!(60), &Json::Null), "{scope}");
    }
    // The members of this group are hidden: those who are shown need not be all.
    let reading = scoped(with_schedules(), json!({"include_group_ids": [WORKS_COUNCIL]}), json!({})).await;
    assert_eq!(reading.gaps(), ["group_members hidden graph"]);
    assert_eq!(reading.ok()["summary"]["matched"], 60);
    // Somebody in it whom the list of users lacks leaves no doubt about the others.
    let short =
        with_schedules().with_fault(Fault::on("/v1.0/users").keep(|row| row["id"] != "fab00002-0000-4000-8000-000000000012"));
    let reading = scoped(short, json!({"include_group_ids": [OPERATORS]}), json!({})).await;
    assert_eq!(reading.gaps(), ["users not_proven graph"]);
    assert_eq!(listed(&reading.ok()), ["11", AGENT]);
    // Neither is anybody hidden of whom it is not said what he is.
    let unsaid = edited(with_schedules(), "users", |rows| {
        for (row, field) in rows.iter_mut().zip(["userPrincipalName", "accountEnabled", "userType"]) {
            row[field] = Json::Null;
        }
    });
    let scope = json!({"exclude_upn_patterns": ["*"], "include_guests": false, "include_disabled": false});
    let answer = scoped(unsaid, scope, json!({})).await.ok();
    assert_eq!(listed(&answer), ["01", AGENT], "it is by their names that the other two are hidden");
}

#[tokio::test]
async fn who_is_asked_for_and_hidden_is_told() {
    let scope = json!({"exclude_user_ids": [person("01"), person("10")]});
    let arguments = json!({"user_ids": [person("01"), person("02")], "user_principal_names": ["ava@*", "ben@*"]});
    let reading = scoped(with_schedules(), scope, arguments).await;
    assert_eq!(reading.warnings(), ["User matches nothing"]);
    assert!(reading.detail().contains(&person("01")) && !reading.detail().contains(&person("02")), "{}", reading.detail());
    assert_eq!(listed(&reading.ok()), ["02"]);
}

#[tokio::test]
async fn a_scope_that_hides_nobody_costs_nothing_more() {
    for scope in [json!({}), json!({"include_guests": true, "include_disabled": true})] {
        let tenant = Tenant::demo();
        let answer = scoped(tenant.clone(), scope, json!({})).await.ok();
        assert_eq!(json!([answer["summary"]["hidden_by_scope"], answer["summary"]["hidden_privileged"]]), json!([0, 0]));
        let asked: Vec<_> = tenant.requests().into_iter().filter(|one| one.path.starts_with("/v1.0/roleManagement")).collect();
        assert!(asked.is_empty(), "{asked:?}");
    }
}

/// The checks of the connection know whom it hides.
#[tokio::test]
async fn leavers_with_roles_who_are_hidden_are_found_by_the_check() {
    let check = async |tenant: Tenant, scope: Json| {
        let block = json!({"environment": "demo", "identity_scope": scope});
        let arguments = json!({"check_ids": ["leavers_in_scope"]});
        let answer = Inside::configured(tenant, block).await.read("connection", arguments).await.ok();
        let row = answer["checks"].as_array().unwrap().iter().find(|row| row["id"] == "leavers_in_scope").unwrap().clone();
        format!("{} {}", row["status"].as_str().unwrap(), row["evidence"].as_str().unwrap())
    };
    // Elin is disabled and a User Administrator, and owns the production subscription.
    assert!(check(Tenant::demo(), json!({"include_disabled": false})).await.starts_with("fail hidden=1"));
    assert!(check(Tenant::demo(), json!({"include_guests": false})).await.starts_with("pass hidden=0"), "Ken holds nothing");
    assert!(check(Tenant::demo(), json!({"include_group_ids": [EMPTIED]})).await.starts_with("unknown"));
    let refused = Tenant::demo().with_fault(Fault::on("/v1.0/users").refuse(403, "Authorization_RequestDenied", "no"));
    assert!(check(refused, json!({"include_disabled": false})).await.starts_with("unknown reason=forbidden"));
    let roles = Fault::on("roleManagement/directory/roleAssignments").refuse(403, "Authorization_RequestDenied", "no");
    assert!(
        check(Tenant::demo().with_fault(roles), json!({"include_disabled": false})).await.starts_with("fail hidden=1"),
        "she is an owner"
    );
}
