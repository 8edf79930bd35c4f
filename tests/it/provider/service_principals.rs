//! `azposture_service_principals` on the demo tenant.

use azposture::{
    demo::{Fault, PRINCIPAL_ID, Tenant},
    posture::graph_permission::privileged::{PRIVILEGED, Reach},
};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{edit, edited},
    inside::{Inside, Reading},
};

const NAME: &str = "service_principals";
/// May write the directory as an application.
const TABLETS: &str = "fab00004-0000-4000-8000-000000000009";
/// May read orders, which is nothing of Microsoft's.
const CHECKOUT: &str = "fab00004-0000-4000-8000-00000000000a";
/// Registered elsewhere, reads everybody's mail as whoever signs in, and has a secret that has expired.
const ANALYTICS: &str = "fab00004-0000-4000-8000-00000000000b";
const PORTAL: &str = "fab00004-0000-4000-8000-000000000007";
const SHOP: &str = "fab00004-0000-4000-8000-000000000006";
const AGENT: &str = "fab00004-0000-4000-8000-00000000000d";
const BLUEPRINT: &str = "fab00004-0000-4000-8000-00000000000e";
const LEGACY: &str = "fab00004-0000-4000-8000-00000000000f";
const MICROSOFT_GRAPH: &str = "00000003-0000-0000-c000-000000000000";

async fn reading(tenant: Tenant, arguments: Json) -> Reading {
    Inside::on(tenant).await.read(NAME, arguments).await
}

async fn read(tenant: Tenant, arguments: Json) -> Json {
    reading(tenant, arguments).await.ok()
}

fn rows(answer: &Json) -> &Vec<Json> {
    answer["service_principals"].as_array().unwrap()
}

fn row<'a>(answer: &'a Json, id: &str) -> &'a Json {
    rows(answer).iter().find(|row| row["key"] == id).unwrap_or_else(|| panic!("{id} in {answer:#}"))
}

fn names(answer: &Json) -> Vec<&str> {
    rows(answer).iter().map(|row| row["display_name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn microsoft_s_own_and_types_of_old_stand_aside_and_those_that_are_named_do_not() {
    let answer = read(Tenant::demo(), json!({"limit": 0})).await;
    let all = names(&answer);
    assert!(
        !all.contains(&"Microsoft Graph") && !all.contains(&"Old intranet") && all.contains(&"Shift planner agent"),
        "{all:?}"
    );
    assert_eq!(answer["summary"]["by_type"], json!({"Application": 10, "ManagedIdentity": 1, "ServiceIdentity": 1}));
    let counts = ["matched", "agents", "privileged", "foreign", "disabled", "with_expired_credentials", "other"];
    let expected = [12, 2, 3, 1, 1, 1, 0];
    assert_eq!(
        counts.map(|name| &answer["summary"][name]),
        expected.map(|count| json!(count)).each_ref(),
        "{:#}",
        answer["summary"]
    );
    assert_eq!(answer["complete"], true);
    let with = read(Tenant::demo(), json!({"include_microsoft": true, "include_grants": false, "limit": 0})).await;
    assert_eq!(with["summary"]["matched"], 14);
    for named in [json!({"client_ids": [MICROSOFT_GRAPH]}), json!({"object_ids": [LEGACY.to_uppercase()]})] {
        assert_eq!(read(Tenant::demo(), named.clone()).await["summary"]["matched"], 1, "{named}");
    }
    let old = read(Tenant::demo(), json!({"types": ["legacy"]})).await;
    assert_eq!((names(&old), &rows(&old)[0]["category"]), (vec!["Old intranet"], &json!("other")));
}

#[tokio::test]
async fn agents_are_a_category_of_their_own_and_so_is_what_they_are_made_of() {
    let answer = read(Tenant::demo(), json!({"limit": 0, "include_grants": false})).await;
    let category = |id: &str| row(&answer, id)["category"].clone();
    assert_eq!(
        [AGENT, BLUEPRINT, SHOP, CHECKOUT].map(category),
        ["agent", "agent", "managed_identity", "application"].map(|one| json!(one))
    );
}

#[tokio::test]
async fn where_an_application_is_registered_decides_whether_it_is_foreign() {
    let answer = read(Tenant::demo(), json!({"limit": 0, "include_grants": false})).await;
    let told = |id: &str| (row(&answer, id)["foreign"].clone(), row(&answer, id)["verified_publisher"].clone());
    assert_eq!(told(ANALYTICS), (json!(true), json!("Contoso Ltd.")));
    assert_eq!(told(CHECKOUT), (json!(false), Json::Null));
    assert_eq!(told(SHOP).0, json!(false), "a managed identity is of no application elsewhere");
    assert_eq!(
        (&row(&answer, ANALYTICS)["credential_count"], &row(&answer, ANALYTICS)["expired_credential_count"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn what_was_granted_is_named_and_judged() {
    let answer = read(Tenant::demo(), json!({"limit": 0})).await;
    let roles = |id: &str| {
        let all = row(&answer, id)["app_role_grants"].as_array().unwrap();
        all.iter().map(|one| (one["permission"].clone(), one["privileged"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(roles(TABLETS), [(json!("Directory.ReadWrite.All"), json!(true))]);
    assert_eq!(roles(CHECKOUT), [(json!("Orders.Read.All"), json!(false))]);
    assert_eq!(roles(AGENT), [(json!("Files.Read.All"), json!(true))]);
    assert_eq!(row(&answer, CHECKOUT)["app_role_grants"][0]["resource_display_name"], "Orders API");
    let delegated = row(&answer, ANALYTICS)["delegated_grants"].as_array().unwrap();
    let words: Vec<_> = delegated.iter().map(|one| (one["permission"].as_str().unwrap(), one["privileged"].clone())).collect();
    assert_eq!(words, [("Mail.Read", json!(true)), ("offline_access", json!(false))]);
    assert!(delegated.iter().all(|one| one["consent_type"] == "AllPrincipals" && one["principal_id"].is_null()));
    let privileged = |id: &str| row(&answer, id)["privileged"].clone();
    assert_eq!([TABLETS, ANALYTICS, AGENT].map(privileged), [json!(true), json!(true), json!(true)]);
    assert_eq!([CHECKOUT, PORTAL, SHOP, PRINCIPAL_ID].map(privileged), [json!(false), json!(false), json!(false), json!(false)]);
    let only = read(Tenant::demo(), json!({"privileged_only": true})).await;
    assert_eq!(names(&only), ["Store tablets", "Contoso Analytics", "Shift planner agent"]);
}

#[tokio::test]
async fn contents_that_one_person_consented_to_are_that_person_s_own() {
    let scope = |consent: Json, scope: &str| {
        let tenant = Tenant::demo();
        edit(&tenant, "oauth2-permission-grants", |rows| {
            let one = rows.iter_mut().find(|row| row["clientId"] == PORTAL).unwrap();
            (one["consentType"], one["scope"]) = (consent, json!(scope));
        });
        tenant
    };
    for (consent, word, expected) in [
        (json!("Principal"), "Mail.Read", json!(false)),
        (json!("AllPrincipals"), "Mail.Read", json!(true)),
        (json!("Principal"), "Directory.AccessAsUser.All", json!(true)),
        (json!("Xyzzy"), "Mail.Read", Json::Null),
        (Json::Null, "Mail.Read", Json::Null),
        (json!("Xyzzy"), "User.Read", json!(false)),
    ] {
        let asked = json!({"object_ids": [PORTAL], "privileged_only": false});
        let reading = reading(scope(consent.clone(), word), asked).await;
        let gaps: &[&str] = if expected.is_null() { &["oauth2_permission_grants hidden graph"] } else { &[] };
        assert_eq!(reading.gaps(), gaps, "{consent} {word}");
        assert_eq!(row(&reading.ok(), PORTAL)["privileged"], expected, "{consent} {word}");
    }
}

#[tokio::test]
async fn a_list_that_was_not_read_makes_nobody_unprivileged() {
    let refused = |path: &str| Tenant::demo().with_fault(Fault::on(path).refuse(403, "Authorization_RequestDenied", "no"));
    let delegated = reading(refused("/v1.0/oauth2PermissionGrants"), json!({"limit": 0})).await;
    assert_eq!(delegated.gaps(), ["oauth2_permission_grants forbidden graph"]);
    let answer = delegated.ok();
    assert_eq!((&row(&answer, CHECKOUT)["privileged"], &row(&answer, CHECKOUT)["delegated_grants"]), (&Json::Null, &Json::Null));
    assert_eq!(row(&answer, TABLETS)["privileged"], true, "one that was seen is enough");
    let own = reading(refused(&format!("/{CHECKOUT}/appRoleAssignments")), json!({"limit": 0, "privileged_only": true})).await;
    assert_eq!(own.gaps(), ["app_role_assignments forbidden graph"]);
    let answer = own.ok();
    assert_eq!((&row(&answer, CHECKOUT)["privileged"], &row(&answer, CHECKOUT)["app_role_grants"]), (&Json::Null, &Json::Null));
    assert!(rows(&answer).iter().all(|row| row["key"] != PORTAL), "the others are as they were");
    let names = reading(refused(&format!("/servicePrincipals(appId='{MICROSOFT_GRAPH}')")), json!({"limit": 0})).await;
    let answer = names.ok();
    let grant = &row(&answer, TABLETS)["app_role_grants"][0];
    assert_eq!((&grant["permission"], &grant["privileged"], &answer["complete"]), (&Json::Null, &Json::Null, &json!(false)));
    assert_eq!(row(&answer, CHECKOUT)["privileged"], false, "what is of another API needs no name of Microsoft Graph's");
}

#[tokio::test]
async fn what_a_grant_does_not_say_is_open() {
    let tenants = [
        edited(Tenant::demo(), "app-role-assignments", |rows| {
            let own = |row: &&mut Json| row["principalId"] == CHECKOUT;
            rows.iter_mut().filter(own).for_each(|row| row["resourceId"] = Json::Null);
        }),
        edited(Tenant::demo(), "app-role-assignments", |rows| {
            let own = |row: &&mut Json| row["principalId"] == CHECKOUT;
            rows.iter_mut().filter(own).for_each(|row| {
                row["resourceId"] = json!("fab00004-0000-4000-8000-000000000002");
                row["appRoleId"] = json!("fab00012-0000-4000-8000-0000000000ff");
            });
        }),
    ];
    for tenant in tenants {
        let reading = reading(tenant, json!({"object_ids": [CHECKOUT], "privileged_only": true})).await;
        assert_eq!(reading.gaps(), ["app_role_assignments hidden graph"]);
        assert_eq!(row(&reading.ok(), CHECKOUT)["privileged"], Json::Null);
    }
    for field in ["clientId", "scope"] {
        let tenant = edited(Tenant::demo(), "oauth2-permission-grants", |rows| rows[0][field] = Json::Null);
        let reading = reading(tenant, json!({"object_ids": [CHECKOUT]})).await;
        assert_eq!(reading.gaps(), ["oauth2_permission_grants hidden graph"], "{field}");
        assert_eq!(row(&reading.ok(), CHECKOUT)["privileged"], Json::Null, "{field}: it may be this one's");
    }
}

#[tokio::test]
async fn grants_cost_a_request_a_principal_and_owners_one_a_row() {
    let asked = async |arguments: Json| {
        let tenant = Tenant::demo();
        read(tenant.clone(), arguments).await;
        let count = |end: &str| tenant.requests().iter().filter(|one| one.path.ends_with(end)).count();
        [count("/v1.0/servicePrincipals"), count("/appRoleAssignments"), count("/oauth2PermissionGrants"), count("/owners")]
    };
    assert_eq!(asked(json!({"limit": 2})).await, [1, 12, 1, 2]);
    assert_eq!(asked(json!({"display_names": ["store*"]})).await, [1, 1, 1, 1]);
    assert_eq!(asked(json!({"include_grants": false})).await, [1, 0, 0, 0]);
}

#[tokio::test]
async fn owners_are_those_of_the_rows_that_are_returned() {
    let deploy = "fab00004-0000-4000-8000-000000000003";
    let answer = read(Tenant::demo(), json!({"object_ids": [deploy, CHECKOUT]})).await;
    assert_eq!(row(&answer, deploy)["owner_ids"], json!(["fab00002-0000-4000-8000-000000000008"]));
    assert_eq!(row(&answer, CHECKOUT)["owner_ids"], json!([]));
    let refused = Fault::on("/owners").refuse(403, "Authorization_RequestDenied", "no");
    let reading = reading(Tenant::demo().with_fault(refused), json!({"object_ids": [deploy]})).await;
    assert_eq!(reading.gaps(), ["owners forbidden graph"]);
    let answer = reading.ok();
    assert_eq!((&row(&answer, deploy)["owner_ids"], &answer["summary"]["privileged"]), (&Json::Null, &json!(0)));
}

#[tokio::test]
async fn what_was_not_asked_for_is_null_and_no_filter() {
    let answer = read(Tenant::demo(), json!({"include_grants": false, "limit": 0})).await;
    let unasked = ["privileged", "app_role_grants", "delegated_grants", "owner_ids"];
    assert!(rows(&answer).iter().all(|row| unasked.iter().all(|name| row[*name].is_null())));
    assert_eq!((&answer["summary"]["privileged"], &answer["complete"]), (&Json::Null, &json!(true)));
    let both = reading(Tenant::demo(), json!({"include_grants": false, "privileged_only": true})).await;
    assert_eq!(both.errors(), ["Conflicting arguments"]);
}

#[tokio::test]
async fn a_field_that_decides_and_is_not_said_is_null_and_a_gap() {
    for (field, attribute) in [
        ("accountEnabled", "enabled"),
        ("appOwnerOrganizationId", "foreign"),
        ("servicePrincipalType", "type"),
        ("keyCredentials", "expired_credential_count"),
    ] {
        let tenant = edited(Tenant::demo(), "service-principals", |rows| {
            let own = |row: &&mut Json| row["id"] == CHECKOUT;
            rows.iter_mut().filter(own).for_each(|row| row[field] = Json::Null);
        });
        let reading = reading(tenant, json!({"include_grants": false, "limit": 0})).await;
        assert_eq!(reading.gaps(), ["service_principals hidden graph"], "{field}");
        assert_eq!(row(&reading.ok(), CHECKOUT)[attribute], Json::Null, "{field}");
    }
    let tenant = edited(Tenant::demo(), "service-principals", |rows| {
        rows.iter_mut().filter(|row| row["id"] == CHECKOUT).for_each(|row| row["servicePrincipalType"] = json!("Xyzzy"));
    });
    let answer = read(tenant, json!({"include_grants": false, "limit": 0})).await;
    assert_eq!(
        (&row(&answer, CHECKOUT)["category"], &answer["summary"]["other"]),
        (&json!("other"), &json!(1)),
        "a new word stays"
    );
}

#[tokio::test]
async fn what_nobody_is_called_is_refused_and_an_id_of_another_kind_is_told() {
    let client_id = "fab00006-0000-4000-8000-00000000000a";
    for (arguments, text) in [
        (json!({"object_ids": [client_id]}), format!("Give the object id: {CHECKOUT}")),
        (json!({"client_ids": [CHECKOUT]}), format!("Give the client (application) id: {client_id}")),
        (json!({"object_ids": ["fab00004-0000-4000-8000-0000000000ff"]}), "takes minutes to appear.".to_owned()),
        (json!({"display_names": ["shop-*"]}), "no service principal is called \"shop-*\".".to_owned()),
    ] {
        let reading = reading(Tenant::demo(), arguments.clone()).await;
        assert_eq!(reading.errors(), ["Nothing selected"], "{arguments}");
        assert!(reading.detail().ends_with(&text), "{}", reading.detail());
    }
}

#[test]
fn the_guide_has_each_privileged_permission_and_no_other() {
    const GUIDE: &str = include_str!("../../../docs/guides/privileged-permissions.md");
    let reaches = |reach: Reach| if reach == Reach::Directory { "directory" } else { "contents" };
    let row = |api: &str, pattern: &str, reach| format!("| {api} | `{pattern}` | `{}` |", reaches(reach));
    let expected: Vec<_> = PRIVILEGED.iter().map(|one| row(one.api, one.pattern, one.reach)).collect();
    let told: Vec<_> = GUIDE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| API")).collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_api_that_is_said_to_be_two_makes_nobody_unprivileged() {
    for first in [true, false] {
        let tenant = edited(Tenant::demo(), "service-principals", |rows| {
            let mut twin = rows.iter().find(|row| row["appId"] == MICROSOFT_GRAPH).unwrap().clone();
            twin["appId"] = json!("fab00006-0000-4000-8000-0000000000aa");
            rows.insert(if first { 0 } else { rows.len() }, twin);
        });
        let reading = reading(tenant, json!({"object_ids": [TABLETS]})).await;
        assert!(reading.gaps().contains(&"service_principals invalid_response graph".to_owned()), "{:?}", reading.gaps());
        assert_eq!(row(&reading.ok(), TABLETS)["privileged"], Json::Null, "{first}");
    }
}
