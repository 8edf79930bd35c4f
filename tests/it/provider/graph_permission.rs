//! `azposture_graph_permission_validation`.

use azposture::demo::{Fault, PRINCIPAL_ID, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{
    inside::{Inside, Reading},
    tokens::{as_user, with_claims, with_claims_at_first},
};

const NAME: &str = "graph_permission_validation";
/// A directory role.
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
/// Has User.Read.All as Application permission.
const DEPLOY: &str = "fab00004-0000-4000-8000-000000000003";
/// Has Directory.Read.All as Delegated permission.
const REPORTS: &str = "fab00004-0000-4000-8000-000000000004";
/// Requests Mail.Read without consent.
const BACKUP: &str = "fab00004-0000-4000-8000-000000000005";
/// A managed identity.
const SHOP: &str = "fab00004-0000-4000-8000-000000000006";

async fn plan(tenant: Tenant, arguments: Json) -> Reading {
    Inside::on(tenant).await.plan(NAME, arguments).await
}

async fn own(tenant: Tenant, permission: &str) -> Reading {
    plan(tenant, json!({"self": true, "permissions": [permission]})).await
}

async fn other(principal: &str, permission: &str) -> Reading {
    plan(Tenant::demo(), json!({"principal_id": principal, "permissions": [permission]})).await
}

#[track_caller]
fn red(reading: &Reading, reason: &str, parts: &[&str]) {
    assert_eq!(reading.errors(), ["graph_permission_validation: 1 failed of 1"], "{:?}", reading.said);
    for part in [&[reason], parts].concat() {
        assert!(reading.detail().contains(part), "{part} in {}", reading.detail());
    }
}

fn refused(path: &str) -> Tenant {
    Tenant::demo().with_fault(Fault::on(path).refuse(403, "Authorization_RequestDenied", "Insufficient privileges"))
}

#[tokio::test]
async fn what_the_token_holds_is_a_silent_no_op_and_counts() {
    let arguments = json!({"self": true, "permissions": ["Directory.Read.All", "Policy.Read.All", "AuditLog.Read.All"]});
    let planned = plan(Tenant::demo(), arguments.clone()).await;
    assert!(planned.errors().is_empty() && planned.warnings().is_empty(), "{:?}", planned.said);
    let opened = Inside::on(Tenant::demo()).await.open(NAME, arguments).await.ok();
    assert_eq!((&opened["checked"], &opened["passed"]), (&json!(3), &json!(3)));
}

#[tokio::test]
async fn a_wider_permission_counts_unless_it_may_not() {
    assert!(own(Tenant::demo(), "User.Read.All").await.errors().is_empty());
    let strict = json!({"self": true, "permissions": ["User.Read.All"], "accept_superset": false});
    red(&plan(Tenant::demo(), strict).await, "not_requested", &["User.Read.All", "df021288-bdef-4463-88db-98f22de89214=Role"]);
}

#[tokio::test]
async fn each_way_to_lack_a_permission_is_explained() {
    red(&own(Tenant::demo(), "AccessReview.Read.All").await, "not_requested", &["az ad app permission add --id"]);
    let unconsented = Tenant::demo();
    unconsented
        .edit("app-role-assignments", |list| {
            list["value"].as_array_mut().unwrap().retain(|row| row["appRoleId"] != "246dd0d5-5bd0-4def-940b-0421030a5b68");
        })
        .unwrap();
    red(&own(unconsented, "Policy.Read.All").await, "consent_missing", &["az ad app permission admin-consent --id"]);
    let older = with_claims(Tenant::demo(), |claims| {
        if let Some(roles) = claims["roles"].as_array_mut() {
            roles.retain(|role| role != "Policy.Read.All");
        }
    });
    red(&own(older, "Policy.Read.All").await, "token_older_than_consent", &["Run again"]);
    red(&own(as_user(Tenant::demo()), "Policy.Read.All").await, "user_sign_in", &["service principal"]);
    red(&own(refused("/v1.0/applications"), "AccessReview.Read.All").await, "not_granted", &["could not be read"]);
}

#[tokio::test]
async fn a_user_holds_no_application_permission_whatever_az_is_given() {
    red(&own(as_user(Tenant::demo()), "User.Read.All").await, "user_sign_in", &["Delegated", "service principal"]);
    let administrator = with_claims(as_user(Tenant::demo()), |claims| claims["wids"] = json!([GLOBAL_ADMINISTRATOR]));
    red(&own(administrator, "AuditLog.Read.All").await, "user_sign_in", &["Delegated"]);
}

#[tokio::test]
async fn a_user_whose_token_is_opaque_is_unknown() {
    let opaque = as_user(Tenant::demo()).with_fault(Fault::on("/oauth2/v2.0/token").change(|answer| {
        let claims = azposture::azure::tenant::claims::Claims::of(answer["access_token"].as_str().unwrap()).unwrap();
        if claims.aud.is_some_and(|audience| audience.contains("graph")) {
            answer["access_token"] = json!("opaque");
        }
    }));
    let reading = own(opaque, "User.Read.All").await;
    assert_eq!(reading.errors(), ["graph_permission_validation: 1 unknown of 1"]);
    assert!(reading.detail().contains("hidden"), "{}", reading.detail());
}

#[tokio::test]
async fn another_principal_is_judged_by_its_grants() {
    assert!(other(DEPLOY, "User.Read.All").await.errors().is_empty());
    assert!(other(PRINCIPAL_ID, "Policy.Read.All").await.errors().is_empty());
    red(&other(DEPLOY, "Directory.Read.All").await, "not_requested", &["fab00006-0000-4000-8000-000000000003"]);
    red(&other(REPORTS, "Directory.Read.All").await, "delegated_only", &["Application permission"]);
    red(&other(BACKUP, "Mail.Read").await, "consent_missing", &["fab00006-0000-4000-8000-000000000005"]);
    let grant = format!("--url https://graph.demo.azposture/v1.0/servicePrincipals/{SHOP}/appRoleAssignments");
    red(&other(SHOP, "Directory.Read.All").await, "not_requested", &["az rest --method POST", &grant]);
    assert!(!other(SHOP, "Directory.Read.All").await.detail().contains("<object id of the API"));
}

#[tokio::test]
async fn a_principal_that_is_not_there_is_an_error_unless_it_may_be_new() {
    let nobody = "fab00004-0000-4000-8000-0000000000ff";
    let reading = other(nobody, "Directory.Read.All").await;
    assert_eq!(reading.errors(), ["Nothing selected"]);
    for part in ["knows no user, group or service principal", nobody] {
        assert!(reading.detail().contains(part), "{}", reading.detail());
    }
    // A client id is told its object id.
    let reading = other("fab00006-0000-4000-8000-000000000003", "User.Read.All").await;
    assert_eq!(reading.errors(), ["Nothing selected"]);
    assert!(reading.detail().contains(DEPLOY), "{}", reading.detail());
    let created = json!({"principal_id": nobody, "permissions": ["Directory.Read.All"], "triggers": {"made": "now"}});
    let reading = plan(Tenant::demo(), created).await;
    assert_eq!(reading.errors(), ["graph_permission_validation: 1 unknown of 1"]);
    assert!(reading.detail().contains("object id") && reading.detail().contains("wait_seconds"), "{}", reading.detail());
}

#[tokio::test]
async fn grants_that_may_not_be_read_are_unknown_for_others_and_need_not_be_read_for_oneself() {
    let arguments = json!({"principal_id": DEPLOY, "permissions": ["User.Read.All"]});
    let reading = plan(refused("/appRoleAssignments"), arguments.clone()).await;
    assert_eq!(reading.errors(), ["graph_permission_validation: 1 unknown of 1"]);
    let mut lenient = arguments;
    lenient["on_unknown"] = json!("warning");
    assert!(plan(refused("/appRoleAssignments"), lenient).await.errors().is_empty());
    assert!(own(refused("/v1.0/servicePrincipals"), "Policy.Read.All").await.errors().is_empty());
}

/// Gives a principal of the demo tenant an Application permission of Microsoft Graph.
fn granted(tenant: &Tenant, principal: &str, id: &str) {
    tenant
        .edit("app-role-assignments", |list| {
            let mut more = list["value"][0].clone();
            more["principalId"] = json!(principal);
            more["appRoleId"] = json!(id);
            list["value"].as_array_mut().unwrap().push(more);
        })
        .unwrap();
}

/// The demo tenant, which does not show which permissions Microsoft Graph offers.
fn nameless(status: u16, code: &str) -> Tenant {
    Tenant::demo().with_fault(Fault::on("/v1.0/servicePrincipals(appId=").refuse(status, code, "no"))
}

#[tokio::test(start_paused = true)]
async fn a_grant_that_has_no_name_without_the_apis_list_is_unknown_and_never_missing() {
    let mail = json!({"principal_id": BACKUP, "permissions": ["Mail.Read"]});
    for (status, code, reason) in [(403, "Authorization_RequestDenied", "forbidden"), (503, "ServiceUnavailable", "unavailable")]
    {
        let tenant = nameless(status, code);
        granted(&tenant, BACKUP, "810c84a8-4a9e-49e6-bf7d-12d183f40d01");
        let reading = plan(tenant, mail.clone()).await;
        assert_eq!(reading.errors(), ["graph_permission_validation: 1 unknown of 1"], "{}", reading.detail());
        for part in [reason, "service_principals on graph", code] {
            assert!(reading.detail().contains(part), "{part} in {}", reading.detail());
        }
    }
}

#[tokio::test]
async fn what_is_known_without_the_apis_list_is_judged_without_it() {
    let refused = || nameless(403, "Authorization_RequestDenied");
    let of = |principal: &str, permission: &str| json!({"principal_id": principal, "permissions": [permission]});
    // It has that id, but whether it is of Microsoft Graph only the API's own principal tells.
    let of_which_api = plan(refused(), of(DEPLOY, "User.Read.All")).await;
    assert_eq!(of_which_api.errors(), ["graph_permission_validation: 1 unknown of 1"], "{}", of_which_api.detail());
    let unread = "whether it is there as Delegated permission could not be read (forbidden)";
    red(&plan(refused(), of(DEPLOY, "Directory.Read.All")).await, "not_granted", &["Directory.Read.All", unread]);
    red(&plan(refused(), of(BACKUP, "Mail.Read")).await, "not_granted", &["could not be read (forbidden)"]);
    let tenant = refused();
    // Directory.ReadWrite.All has no name here, and would include what is wanted.
    granted(&tenant, DEPLOY, "19dbc75e-c2e2-444c-a770-ec69d8559fc7");
    let wider = plan(tenant.clone(), of(DEPLOY, "Directory.Read.All")).await;
    assert_eq!(wider.errors(), ["graph_permission_validation: 1 unknown of 1"]);
    let mut exact = of(DEPLOY, "Directory.Read.All");
    exact["accept_superset"] = json!(false);
    red(&plan(tenant, exact).await, "not_granted", &[unread]);
}

#[tokio::test]
async fn what_contradicts_itself_is_refused_at_validate() {
    let permissions = json!(["Policy.Read.All"]);
    for (arguments, summary, part) in [
        (json!({"permissions": permissions}), "Invalid value", "self = true"),
        (json!({"permissions": permissions, "self": false}), "Invalid value", "principal_id"),
        (json!({"permissions": permissions, "self": true, "principal_id": DEPLOY}), "Invalid value", "two different principals"),
        (json!({"permissions": [], "self": true}), "Nothing selected", "permissions"),
        (json!({"permissions": permissions, "principal_id": "scanner"}), "Invalid value", "GUID"),
    ] {
        let reading = plan(Tenant::demo(), arguments.clone()).await;
        assert_eq!(reading.errors(), [summary], "{arguments}");
        assert!(reading.detail().contains(part), "{}", reading.detail());
    }
}

#[tokio::test]
async fn a_name_that_the_api_does_not_offer_is_an_error_with_the_nearest() {
    let reading = own(Tenant::demo(), "Policy.ReadAll").await;
    assert_eq!(reading.errors(), ["Unknown value"]);
    assert!(reading.detail().contains("`Policy.Read.All`"), "{}", reading.detail());
    let management = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
    let none = json!({"self": true, "permissions": ["user_impersonation"], "resource_client_id": management});
    let reading = plan(Tenant::demo(), none).await;
    assert_eq!(reading.errors(), ["Unknown value"]);
    assert!(reading.detail().contains("offers no Application permission"), "{}", reading.detail());
}

/// Two APIs may give their permissions the same id.
#[tokio::test]
async fn a_permission_of_another_api_with_the_same_id_is_never_taken_for_that_of_microsoft_graph() {
    let elsewhere = || {
        let tenant = Tenant::demo();
        tenant
            .edit("app-role-assignments", |list| {
                let mut more = list["value"][0].clone();
                more["principalId"] = json!(DEPLOY);
                more["appRoleId"] = json!("246dd0d5-5bd0-4def-940b-0421030a5b68");
                more["resourceId"] = json!("fab00004-0000-4000-8000-0000000000aa");
                list["value"].as_array_mut().unwrap().push(more);
            })
            .unwrap();
        tenant
    };
    let wanted = json!({"principal_id": DEPLOY, "permissions": ["Policy.Read.All"]});
    red(&plan(elsewhere(), wanted.clone()).await, "not_requested", &[]);
    let fault = Fault::on("/v1.0/servicePrincipals(appId=").refuse(403, "Authorization_RequestDenied", "no");
    let reading = plan(elsewhere().with_fault(fault), wanted.clone()).await;
    assert_eq!(reading.errors(), ["graph_permission_validation: 1 unknown of 1"], "{}", reading.detail());
    let empty = Fault::on("/v1.0/servicePrincipals(appId=").change(|api| api["appRoles"] = json!([]));
    let tenant = elsewhere().with_fault(empty);
    granted(&tenant, DEPLOY, "19dbc75e-c2e2-444c-a770-ec69d8559fc7");
    let reading = plan(tenant, wanted).await;
    assert_eq!(reading.errors(), ["graph_permission_validation: 1 unknown of 1"], "{}", reading.detail());
}

#[tokio::test]
async fn what_does_not_say_of_which_api_it_is_is_unknown() {
    let unsaid = Fault::on("/appRoleAssignments").change(|list| {
        for row in list["value"].as_array_mut().unwrap() {
            row["resourceId"] = Json::Null;
        }
    });
    let wanted = json!({"principal_id": DEPLOY, "permissions": ["User.Read.All"]});
    let reading = plan(Tenant::demo().with_fault(unsaid), wanted).await;
    assert_eq!(reading.errors(), ["graph_permission_validation: 1 unknown of 1"], "{}", reading.detail());
    assert!(reading.detail().contains("hidden"), "{}", reading.detail());
}

#[tokio::test]
async fn a_disabled_principal_can_use_none_of_its_permissions() {
    let disabled = |enabled: Json| {
        let fault = Fault::on(format!("/v1.0/servicePrincipals/{DEPLOY}")).change(move |row| {
            if row.get("appId").is_some() {
                row["accountEnabled"] = enabled.clone();
            }
        });
        Tenant::demo().with_fault(fault)
    };
    let wanted = json!({"principal_id": DEPLOY, "permissions": ["User.Read.All"]});
    red(&plan(disabled(json!(false)), wanted.clone()).await, "principal_disabled", &["az ad sp update --id", DEPLOY]);
    assert!(plan(disabled(json!(true)), wanted.clone()).await.errors().is_empty());
    let reading = plan(disabled(Json::Null), wanted).await;
    assert_eq!(reading.errors(), ["graph_permission_validation: 1 unknown of 1"], "{:?}", reading.said);
    assert!(reading.detail().contains("hidden"), "{}", reading.detail());
    let lacking = json!({"principal_id": DEPLOY, "permissions": ["Directory.Read.All"]});
    red(&plan(disabled(Json::Null), lacking).await, "not_requested", &[]);
}

/// A token outlives its principal's being disabled.
#[tokio::test]
async fn a_sign_in_whose_principal_was_disabled_fails_and_one_that_does_not_say_so_is_enabled() {
    let said = |enabled: Json| {
        let fault = Fault::on(format!("/v1.0/servicePrincipals/{PRINCIPAL_ID}")).change(move |row| {
            if row.get("appId").is_some() {
                row["accountEnabled"] = enabled.clone();
            }
        });
        Tenant::demo().with_fault(fault)
    };
    red(&own(said(json!(false)), "Policy.Read.All").await, "principal_disabled", &["az ad sp update --id", PRINCIPAL_ID]);
    for enabled in [json!(true), Json::Null] {
        assert!(own(said(enabled), "Policy.Read.All").await.errors().is_empty());
    }
}

#[tokio::test]
async fn without_the_grants_a_sign_in_that_lacks_a_permission_is_told_no_reason() {
    let lacking = || {
        with_claims(refused("/appRoleAssignments"), |claims| {
            if let Some(roles) = claims["roles"].as_array_mut() {
                roles.retain(|role| role != "Policy.Read.All");
            }
        })
    };
    for wanted in ["Policy.Read.All", "AccessReview.Read.All"] {
        red(&own(lacking(), wanted).await, "not_granted", &["what was consented could not be read (forbidden)"]);
    }
}

#[tokio::test]
async fn all_that_is_missing_is_asked_for_in_one_step() {
    let wanted = json!({"self": true, "permissions": ["AccessReview.Read.All", "Directory.Read.All", "Mail.Read"]});
    let reading = plan(Tenant::demo(), wanted).await;
    assert_eq!(reading.errors(), ["graph_permission_validation: 2 failed of 3"], "{:?}", reading.said);
    let ids = "d07a8cc0-3d51-4b77-b3b0-32704d1f69fa=Role 810c84a8-4a9e-49e6-bf7d-12d183f40d01=Role";
    for part in ["Add AccessReview.Read.All and Mail.Read as Application permission", ids] {
        assert!(reading.detail().contains(part), "{part} in {}", reading.detail());
    }
}

#[tokio::test]
async fn what_exists_as_delegated_permission_only_is_recognised_as_such() {
    for tenant in [Tenant::demo(), nameless(403, "Authorization_RequestDenied")] {
        for name in ["User.Read", "openid"] {
            let reading = own(tenant.clone(), name).await;
            assert_eq!(reading.errors(), ["Unknown value"], "{name}");
            let part =
                format!("`permissions` is {name:?}, which exists as Delegated permission only: no application can hold it");
            assert!(reading.detail().contains(&part), "{}", reading.detail());
        }
    }
    assert!(own(Tenant::demo(), "User.Read").await.detail().contains("`User.Read.All`"));
}

#[tokio::test]
async fn an_id_in_the_place_of_a_name_is_told_its_name() {
    for (id, name) in [
        ("7AB1D382-f21e-4acd-a863-ba3e13f7da61", "Directory.Read.All"),
        ("572fea84-0151-49b2-9301-11cb16974376", "Policy.Read.All"),
        ("810c84a8-4a9e-49e6-bf7d-12d183f40d01", "Mail.Read"),
    ] {
        let reading = own(Tenant::demo(), id).await;
        assert_eq!(reading.errors(), ["Invalid value"], "{id}");
        let part = format!("`permissions` takes names, and {id} is the id of `{name}`. Write the name.");
        assert!(reading.detail().contains(&part), "{}", reading.detail());
    }
    let reading = own(nameless(403, "Authorization_RequestDenied"), "810c84a8-4a9e-49e6-bf7d-12d183f40d01").await;
    assert!(reading.detail().contains("is an id. az ad sp show"), "{}", reading.detail());
}

#[tokio::test]
async fn an_area_that_is_off_is_an_error() {
    let block = json!({"environment": "demo", "areas": ["posture"]});
    let reading = Inside::configured(Tenant::demo(), block).await;
    let reading = reading.plan(NAME, json!({"self": true, "permissions": ["Policy.Read.All"]})).await;
    assert_eq!(reading.errors(), ["Area is off"]);
}

/// The demo tenant, whose first tokens are older than the consent to Policy.Read.All.
fn consent_comes_late() -> Tenant {
    with_claims_at_first(Tenant::demo(), |claims| {
        if let Some(roles) = claims["roles"].as_array_mut() {
            roles.retain(|role| role != "Policy.Read.All");
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_consent_that_is_newer_than_the_token_turns_it_green_within_the_time() {
    let own = json!({"self": true, "permissions": ["Policy.Read.All"]});
    red(&plan(consent_comes_late(), own.clone()).await, "token_older_than_consent", &["Run again"]);
    let mut patient = own;
    patient["wait_seconds"] = json!(600);
    let reading = plan(consent_comes_late(), patient).await;
    assert!(reading.errors().is_empty(), "{:?}", reading.said);
    let arguments = json!({"check_ids": ["graph_policy_read"], "wait_seconds": 600});
    let reading = Inside::on(consent_comes_late()).await.plan("connection_validation", arguments).await;
    assert!(reading.errors().is_empty(), "{:?}", reading.said);
}

#[tokio::test]
async fn triggers_take_a_token_of_their_own() {
    let tenant = consent_comes_late();
    let inside = Inside::on(tenant.clone()).await;
    let own = json!({"self": true, "permissions": ["Policy.Read.All"]});
    red(&inside.plan(NAME, own.clone()).await, "token_older_than_consent", &[]);
    let mut triggered = own;
    triggered["triggers"] = json!({"consent": "given"});
    assert!(inside.plan(NAME, triggered).await.errors().is_empty());
}
