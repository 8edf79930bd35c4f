//! `azposture_app_credentials` on the demo tenant.

use azposture::demo::{CLIENT_ID, Fault, PRINCIPAL_ID, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{edit, edited},
    inside::Inside,
};

const NAME: &str = "app_credentials";
/// The application with one secret and one certificate, and the federated credential.
const DEPLOY: &str = "fab00006-0000-4000-8000-000000000003";
const PORTAL: &str = "fab00004-0000-4000-8000-000000000007";
const TABLETS: &str = "fab00006-0000-4000-8000-000000000009";

async fn read(tenant: Tenant, arguments: Json) -> Json {
    Inside::on(tenant).await.read(NAME, arguments).await.ok()
}

fn rows(answer: &Json) -> &Vec<Json> {
    answer["credentials"].as_array().unwrap()
}

/// What each row says of some attributes.
fn told<'a>(answer: &'a Json, attributes: &[&str]) -> Vec<Vec<&'a Json>> {
    rows(answer).iter().map(|row| attributes.iter().map(|name| &row[*name]).collect()).collect()
}

#[tokio::test]
async fn credentials_are_told_by_the_clock_of_the_tenant_those_that_end_first_first() {
    let answer = read(Tenant::demo(), json!({"on": ["application"], "limit": 0})).await;
    let expected = [
        ("Mailbox backup", "first", "expired", json!("2026-06-30T00:00:00Z"), json!(365)),
        ("Store tablets", "CN=store-tablets-2025", "expired", json!("2026-10-15T00:00:00Z"), json!(365)),
        ("fabrikam-deploy", "pipeline", "expiring", json!("2026-11-13T00:00:00Z"), json!(184)),
        ("Webshop checkout", "CN=checkout", "expiring", json!("2026-11-20T00:00:00Z"), json!(365)),
        ("fabrikam-deploy", "CN=fabrikam-deploy", "valid", json!("2027-02-28T00:00:00Z"), json!(364)),
        ("Webshop checkout", "live", "valid", json!("2027-05-01T00:00:00Z"), json!(365)),
        ("Webshop checkout", "rollover", "not_yet_valid", json!("2027-11-15T00:00:00Z"), json!(365)),
        ("Store tablets", "CN=store-tablets-2027", "not_yet_valid", json!("2027-12-01T00:00:00Z"), json!(365)),
        ("Mailbox backup", "second", "valid", json!("2028-06-19T00:00:00Z"), json!(730)),
        ("Store tablets", "kiosk", "no_end", Json::Null, Json::Null),
    ];
    let expected: Vec<_> = expected.iter().map(|(app, name, status, end, days)| json!([app, name, status, end, days])).collect();
    let found: Vec<_> = told(&answer, &["display_name", "name", "status", "ends_on", "lifetime_days"])
        .into_iter()
        .map(|row| json!(row))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(answer["summary"]["by_status"], json!({"expired": 2, "expiring": 2, "no_end": 1, "not_yet_valid": 2, "valid": 3}));
    assert_eq!((&answer["summary"]["applications"], &answer["complete"]), (&json!(4), &json!(true)));
    assert!(rows(&answer).iter().all(|row| row["own"] == false), "the demo's application signs in with none of them");
}

#[tokio::test]
async fn another_day_and_another_notice_tell_other_statuses() {
    let asked = json!({"on": ["application"], "statuses": ["expiring"], "as_of": "2027-04-29", "expiring_within_days": 2});
    assert_eq!(told(&read(Tenant::demo(), asked).await, &["name"]), [[&json!("live")]]);
    let bad = Inside::on(Tenant::demo()).await.read(NAME, json!({"as_of": "2027-02-30"})).await;
    assert_eq!(bad.errors(), ["Invalid value"]);
}

#[tokio::test]
async fn a_secret_with_the_id_of_the_certificate_beside_it_is_a_row_of_its_own() {
    let answer =
        read(Tenant::demo(), json!({"on": ["service_principal"], "client_ids": ["fab00006-0000-4000-8000-000000000007"]})).await;
    let keys: Vec<_> = rows(&answer).iter().map(|row| (row["key"].as_str().unwrap(), row["kind"].as_str().unwrap())).collect();
    let key = |number: u8| format!("{PORTAL}|fab0000e-0000-4000-8000-00000000000{number}");
    let (verify, sign, secret) = (key(7), key(8), format!("{}|secret", key(8)));
    assert_eq!(keys, [(verify.as_str(), "certificate"), (&sign, "certificate"), (&secret, "secret")]);
    assert_eq!(told(&answer, &["usage"]), [[&json!("Verify")], [&json!("Sign")], [&Json::Null]]);
    assert!(rows(&answer).iter().all(|row| row["service_principal_type"] == "Application"));
}

#[tokio::test]
async fn federated_credentials_are_read_only_where_they_are_asked_for_one_request_an_application() {
    let asked_for = |tenant: &Tenant| tenant.requests().iter().filter(|one| one.path.ends_with("Credentials")).count();
    let tenant = Tenant::demo();
    read(tenant.clone(), json!({})).await;
    assert_eq!(asked_for(&tenant), 0);
    let answer = read(tenant.clone(), json!({"kinds": ["federated"]})).await;
    assert_eq!(asked_for(&tenant), tenant.document("applications")["value"].as_array().unwrap().len());
    let [row] = &rows(&answer)[..] else { panic!("{answer:#}") };
    assert_eq!((&row["client_id"], &row["status"], &row["ends_on"]), (&json!(DEPLOY), &json!("no_end"), &Json::Null));
    assert_eq!(row["issuer"], "https://token.actions.githubusercontent.com");
    assert_eq!(row["subject"], "repo:fabrikam-outdoor/platform:ref:refs/heads/main");
    assert_eq!(row["audiences"], json!(["api://AzureADTokenExchange"]));
    let tenant = Tenant::demo();
    read(tenant.clone(), json!({"kinds": ["federated"], "client_ids": [DEPLOY.to_uppercase()]})).await;
    assert_eq!(asked_for(&tenant), 1);
}

#[tokio::test]
async fn no_request_selects_the_bytes_of_a_certificate() {
    let tenant = Tenant::demo();
    let answer = read(tenant.clone(), json!({"kinds": ["certificate", "federated", "secret"], "limit": 0})).await;
    let text = answer.to_string();
    for never in ["f4b", "RkFCUklL", "secretText", "customKeyIdentifier", "hint"] {
        assert!(!text.contains(never), "{never}");
    }
}

#[tokio::test]
async fn an_end_that_is_null_is_none_and_one_that_is_not_said_is_not_clear() {
    let with_end = |change: fn(&mut serde_json::Map<String, Json>)| {
        edited(Tenant::demo(), "applications", |rows| {
            let row = rows.iter_mut().find(|row| row["appId"] == TABLETS).unwrap();
            change(row["passwordCredentials"][0].as_object_mut().unwrap());
        })
    };
    let asked = || json!({"client_ids": [TABLETS], "kinds": ["secret"], "statuses": ["valid", "expired"]});
    let none = read(with_end(|_| {}), asked()).await;
    assert_eq!((rows(&none).len(), &none["complete"]), (0, &json!(true)), "it does not end, and says so");
    let changes: [fn(&mut serde_json::Map<String, Json>); 4] = [
        |one| drop(one.remove("endDateTime")),
        |one| drop(one.insert("endDateTime".into(), json!(""))),
        |one| drop(one.insert("endDateTime".into(), json!("some day"))),
        |one| drop(one.insert("startDateTime".into(), json!("some day"))),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let reading = Inside::on(with_end(change)).await.read(NAME, asked()).await;
        assert_eq!(reading.gaps(), ["applications invalid_response graph"], "{number}");
        let answer = reading.ok();
        assert_eq!(told(&answer, &["name", "status"]), [[&json!("kiosk"), &Json::Null]], "{number}: it may be what is asked for");
        assert_eq!((&answer["summary"]["other"], &answer["summary"]["by_status"]), (&json!(1), &json!({"other": 1})), "{number}");
    }
}

#[tokio::test]
async fn a_credential_without_an_id_keeps_its_row_and_is_a_gap() {
    let tenant = edited(Tenant::demo(), "applications", |rows| {
        for one in rows.iter_mut().flat_map(|row| row["passwordCredentials"].as_array_mut().unwrap()) {
            one["keyId"] = Json::Null;
        }
    });
    let reading = Inside::on(tenant).await.read(NAME, json!({"on": ["application"], "kinds": ["secret"], "limit": 0})).await;
    assert_eq!(reading.gaps(), ["applications invalid_response graph"]);
    let answer = reading.ok();
    assert!(rows(&answer).len() == 6 && rows(&answer).iter().all(|row| row["key_id"].is_null()));
}

#[tokio::test]
async fn an_application_that_does_not_show_its_secrets_is_a_gap_where_they_matter() {
    let hiding = || edited(Tenant::demo(), "applications", |rows| rows[1]["passwordCredentials"] = Json::Null);
    let secrets = Inside::on(hiding()).await.read(NAME, json!({"kinds": ["secret"]})).await;
    assert_eq!(secrets.gaps(), ["applications hidden graph"]);
    let certificates = Inside::on(hiding()).await.read(NAME, json!({"kinds": ["certificate"]})).await;
    assert_eq!(certificates.gaps(), [""; 0]);
}

#[tokio::test]
async fn two_rows_of_one_credential_that_do_not_say_the_same_leave_it_open() {
    let tenant = edited(Tenant::demo(), "applications", |rows| {
        let mut twin = rows.iter().find(|row| row["appId"] == DEPLOY).unwrap().clone();
        twin["passwordCredentials"][0]["endDateTime"] = json!("2030-01-01T00:00:00Z");
        rows.push(twin);
    });
    for statuses in [json!(["valid"]), json!(["expiring"]), json!(["expired"])] {
        let asked = json!({"client_ids": [DEPLOY], "kinds": ["secret"], "on": ["application"], "statuses": statuses});
        let answer = read(tenant.clone(), asked).await;
        assert_eq!(told(&answer, &["name", "status", "ends_on"]), [[&json!("pipeline"), &Json::Null, &Json::Null]], "{statuses}");
        assert_eq!(answer["complete"], false);
    }
}

/// The demo's application with secrets that work until so many months later.
fn with_own(tenant: &Tenant, ends: &[&str]) {
    let secret = |(number, end): (usize, &&str)| {
        json!({"keyId": format!("fab0000e-0000-4000-8000-0000000000f{number}"), "displayName": "own", "endDateTime": end,
            "startDateTime": "2026-01-01T00:00:00Z"})
    };
    let secrets: Vec<Json> = ends.iter().enumerate().map(secret).collect();
    edit(tenant, "applications", |rows| rows[0]["passwordCredentials"] = secrets.into());
}

#[tokio::test]
async fn the_one_that_this_connection_signs_in_with_is_told_where_only_one_can_be_it() {
    let own = async |ends: &[&str], more: Json| {
        let tenant = Tenant::demo();
        with_own(&tenant, ends);
        let mut asked = json!({"client_ids": [CLIENT_ID], "limit": 0});
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = read(tenant, asked).await;
        rows(&answer).iter().map(|row| row["own"].clone()).collect::<Vec<_>>()
    };
    let (later, past) = ("2027-06-01T00:00:00Z", "2026-05-01T00:00:00Z");
    assert_eq!(own(&[later], json!({})).await, [json!(true)]);
    assert_eq!(own(&[past, later], json!({})).await, [json!(false), json!(true)]);
    assert_eq!(own(&[later, "2028-01-01T00:00:00Z"], json!({})).await, [Json::Null, Json::Null]);
    assert_eq!(own(&[later], json!({"on": ["application"]})).await, [Json::Null], "it may stand at the principal");
}

#[tokio::test]
async fn a_list_that_lacks_the_application_that_signs_in_is_not_believed() {
    let others = |row: &Json| row["appId"] != CLIENT_ID;
    let keep = Fault::on("/v1.0/applications").keep(others);
    let reading = Inside::on(Tenant::demo().with_fault(keep)).await.read(NAME, json!({"on": ["application"]})).await;
    assert_eq!(reading.gaps(), ["applications not_proven graph"]);
    let keep = Fault::on("/v1.0/servicePrincipals").keep(|row| row["id"] != PRINCIPAL_ID);
    let reading = Inside::on(Tenant::demo().with_fault(keep)).await.read(NAME, json!({"on": ["service_principal"]})).await;
    assert_eq!(reading.gaps(), ["service_principals not_proven graph"]);
    // One that is registered in another tenant is in no list of this one.
    let foreign = edited(Tenant::demo(), "applications", |rows| rows.retain(others));
    let reading = Inside::on(foreign).await.read(NAME, json!({"on": ["application"]})).await;
    assert_eq!(reading.gaps(), [""; 0]);
}

#[tokio::test]
async fn a_client_id_that_nobody_has_is_refused_and_an_object_id_is_told_its_own() {
    let inside = Inside::on(Tenant::demo()).await;
    let nobody = inside.read(NAME, json!({"client_ids": ["fab00006-0000-4000-8000-0000000000ff"]})).await;
    assert_eq!(nobody.errors(), ["Nothing selected"]);
    let object = inside.read(NAME, json!({"client_ids": [PORTAL]})).await;
    assert!(
        object.detail().ends_with("Give the client (application) id: fab00006-0000-4000-8000-000000000007"),
        "{}",
        object.detail()
    );
    let none = inside.read(NAME, json!({"client_ids": ["fab00006-0000-4000-8000-000000000004"]})).await.ok();
    assert_eq!(none["summary"]["matched"], 0, "an application without credentials is one");
}

#[tokio::test]
async fn federated_credentials_of_principals_select_nothing() {
    let inside = Inside::on(Tenant::demo()).await;
    let never = inside.read(NAME, json!({"kinds": ["federated"], "on": ["service_principal"]})).await;
    assert_eq!(never.errors(), ["Nothing selected"]);
    for some in [
        json!({"kinds": ["federated"], "on": ["application"]}),
        json!({"kinds": ["federated", "secret"], "on": ["service_principal"]}),
    ] {
        assert_eq!(inside.read(NAME, some).await.errors(), [""; 0]);
    }
}

#[tokio::test]
async fn what_is_refused_is_a_gap_and_all_of_it_an_error() {
    let refused = |path: &str| Fault::on(path).refuse(403, "Authorization_RequestDenied", "no");
    let tenant = Tenant::demo().with_fault(refused("/v1.0/applications"));
    let reading = Inside::on(tenant.clone()).await.read(NAME, json!({})).await;
    assert_eq!(reading.gaps(), ["applications forbidden graph"]);
    let both = tenant.with_fault(refused("/v1.0/servicePrincipals"));
    assert_eq!(Inside::on(both).await.read(NAME, json!({})).await.errors(), ["Nothing could be read"]);
}

#[tokio::test]
async fn an_application_that_is_gone_when_it_is_asked_is_a_gap() {
    let gone = Fault::on("/federatedIdentityCredentials").refuse(404, "Request_ResourceNotFound", "no");
    let reading = Inside::on(Tenant::demo().with_fault(gone)).await.read(NAME, json!({"kinds": ["federated"]})).await;
    assert_eq!(reading.gaps(), ["federated_credentials not_visible graph"]);
    assert_eq!(reading.ok()["summary"]["matched"], Json::Null);
}
