//! The sign-in: token, cloud, tenant, credential, principal.

use azposture::demo::NOW;
use time::{Duration, format_description::well_known::Rfc3339};

use super::*;

/// A secret of the demo's application, by the days from today on which it began and ends.
fn secret(began: i64, ends: i64) -> Json {
    let on = |days| (NOW + Duration::days(days)).format(&Rfc3339).unwrap();
    json!({"keyId": "k", "startDateTime": on(began), "endDateTime": on(ends), "secretText": null})
}

fn with_secrets(secrets: Vec<Json>) -> Tenant {
    edited("applications", |list| list["value"][0]["passwordCredentials"] = secrets.into())
}

#[tokio::test]
async fn a_failed_sign_in_is_the_one_error() {
    for (code, summary, fix) in [
        (7_000_222, "Sign-in failed", "new client secret"),
        (7_000_112, "Sign-in failed", "Enterprise applications"),
        (700_016, "Sign-in failed", "client_id"),
        (90_002, "Wrong tenant", "tenant_id"),
        (900_382, "Wrong cloud", "environment"),
        (90_038, "Wrong cloud", "environment"),
    ] {
        let reading = Inside::on(refusing(Tenant::demo(), code, "no")).await.read("connection", json!({})).await;
        assert_eq!(reading.errors(), [summary], "{code}");
        assert!(reading.detail().contains(fix) && reading.detail().contains(&format!("AADSTS{code}")), "{}", reading.detail());
    }
}

#[tokio::test]
async fn a_token_of_another_tenant_is_the_wrong_tenant() {
    let other = with_claims(Tenant::demo(), |claims| claims["tid"] = json!("11111111-2222-3333-4444-555555555555"));
    let reading = Inside::on(other).await.read("connection", json!({})).await;
    assert_eq!(reading.errors(), ["Wrong tenant"]);
}

#[tokio::test]
async fn the_cloud_is_decided_by_what_discovery_says() {
    let says_graph = |host: &'static str| {
        Tenant::demo().with_fault(Fault::on("openid-configuration").change(move |answer| answer["msgraph_host"] = json!(host)))
    };
    for (host, word) in
        [("graph.microsoft.us", "usgovernment"), ("dod-graph.microsoft.us", "dod"), ("graph.microsoft.com", "public")]
    {
        let row = check(says_graph(host), "cloud_matches").await;
        says(&row, "fail", &[&format!("environment = \"{word}\""), &format!("graph_host={host}")]);
    }
    let foreign_issuer = Tenant::demo().with_fault(Fault::on("openid-configuration").change(|answer| {
        answer["issuer"] = json!(format!("https://login.partner.microsoftonline.cn/{TENANT_ID}/v2.0"));
    }));
    says(&check(foreign_issuer, "cloud_matches").await, "fail", &["issuer_host=login.partner.microsoftonline.cn"]);
}

#[tokio::test(start_paused = true)]
async fn a_cloud_that_cannot_be_told_is_unknown() {
    let silent =
        Tenant::demo().with_fault(Fault::on("openid-configuration").change(|answer| answer["msgraph_host"] = Json::Null));
    says(&check(silent, "cloud_matches").await, "unknown", &["reason=invalid_response"]);
    let down = Tenant::demo().with_fault(Fault::on("openid-configuration").answer(503));
    says(&check(down, "cloud_matches").await, "unknown", &["reason=unavailable"]);
    let captive = Tenant::demo().with_fault(Fault::on("openid-configuration").html(200));
    says(&check(captive, "cloud_matches").await, "unknown", &["reason=invalid_response"]);
}

#[tokio::test]
async fn a_tenant_that_the_cloud_does_not_know_fails_with_the_services_code() {
    let body = json!({"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found. Trace ID: t"});
    let tenant = Tenant::demo().with_fault(Fault::on("openid-configuration").answer_json(400, body));
    says(&check(tenant, "cloud_matches").await, "fail", &["code=AADSTS90002", "tenant_id"]);
}

#[tokio::test]
async fn token_and_directory_have_to_name_one_tenant() {
    let other = edited("organization", |list| list["value"][0]["id"] = json!("11111111-2222-3333-4444-555555555555"));
    says(&check(other, "tenant_matches").await, "fail", &["organization=11111111", TENANT_ID]);
    says(&check(refused("/v1.0/organization"), "tenant_matches").await, "unknown", &["reason=forbidden"]);
    let silent = with_claims(Tenant::demo(), |claims| claims["tid"] = json!(TENANT_ID));
    says(&check(silent, "tenant_matches").await, "pass", &[TENANT_ID]);
}

#[tokio::test]
async fn a_credential_that_ends_soon_or_lives_long_is_reported() {
    for (secrets, status, part) in [
        (vec![secret(-10, 170)], "pass", "ends_on="),
        (vec![secret(-10, 11)], "fail", "within 30 days"),
        (vec![secret(-10, 710)], "fail", "more than a year"),
        (vec![secret(-10, 170), secret(-10, 11)], "unknown", "reason=not_proven"),
        (vec![secret(-10, 170), secret(-400, -30)], "pass", "ends_on="),
        (vec![secret(-10, 11), secret(-10, 12)], "fail", "within 30 days"),
        (vec![secret(-400, -30)], "unknown", "reason=hidden"),
    ] {
        let row = check(with_secrets(secrets.clone()), "credential_expiry").await;
        says(&row, status, &[part]);
    }
    says(&check(Tenant::demo(), "credential_expiry").await, "not_applicable", &["no credential that could end"]);
}

#[tokio::test]
async fn a_secret_of_the_principal_itself_counts_like_one_of_the_registration() {
    let with = |registration: Vec<Json>, principal: Vec<Json>| {
        let tenant = with_secrets(registration);
        tenant
            .edit("service-principals", |list| {
                let own = list["value"].as_array_mut().unwrap().iter_mut().find(|row| row["id"] == PRINCIPAL_ID).unwrap();
                own["passwordCredentials"] = principal.into();
            })
            .unwrap();
        tenant
    };
    for (registration, principal, status, part) in [
        (vec![], vec![secret(-10, 170)], "pass", "ends_on="),
        (vec![], vec![secret(-10, 11)], "fail", "within 30 days"),
        (vec![secret(-10, 170)], vec![secret(-10, 11)], "unknown", "reason=not_proven"),
        (vec![secret(-10, 11)], vec![secret(-10, 170)], "unknown", "reason=not_proven"),
    ] {
        says(&check(with(registration, principal), "credential_expiry").await, status, &[part]);
    }
    let at = format!("/v1.0/servicePrincipals/{PRINCIPAL_ID}");
    let unread = with(vec![secret(-10, 170)], vec![]).with_fault(Fault::on(at).refuse(403, "Authorization_RequestDenied", "no"));
    says(&check(unread, "credential_expiry").await, "unknown", &["reason=forbidden", "service_principals"]);
}

#[tokio::test]
async fn the_end_of_a_credential_is_told_only_if_it_is_certain_which_one_is_in_use() {
    let ends = async |secrets: Vec<Json>| answer(with_secrets(secrets)).await["credential_expires_on"].clone();
    assert!(ends(vec![secret(-10, 170), secret(-400, -30)]).await.as_str().unwrap().ends_with('Z'));
    assert_eq!(ends(vec![secret(-10, 170), secret(-10, 171)]).await, Json::Null);
}

#[tokio::test]
async fn a_registration_that_may_not_be_read_leaves_the_credential_unknown() {
    says(&check(refused("/v1.0/applications"), "credential_expiry").await, "unknown", &["reason=forbidden"]);
    let block = json!({"environment": "demo", "areas": ["data"]});
    says(&checked(Tenant::demo(), block, "credential_expiry").await, "off", &["area_off"]);
}

#[tokio::test]
async fn the_own_principal_has_to_be_enabled() {
    let set = |value: Json| {
        edited("service-principals", |list| {
            let own = list["value"].as_array_mut().unwrap().iter_mut().find(|row| row["id"] == PRINCIPAL_ID).unwrap();
            own["accountEnabled"] = value;
        })
    };
    says(&check(set(json!(false)), "application_enabled").await, "fail", &["account_enabled=false", "Enterprise applications"]);
    says(&check(set(Json::Null), "application_enabled").await, "unknown", &["reason=hidden", "Application.Read.All"]);
    let unread = refused(&format!("/v1.0/servicePrincipals/{PRINCIPAL_ID}"));
    says(&check(unread, "application_enabled").await, "unknown", &["reason=forbidden"]);
    says(&check(as_user(Tenant::demo()), "application_enabled").await, "not_applicable", &["a user signed in"]);
}

#[tokio::test]
async fn a_token_that_does_not_say_whose_it_is_leaves_unknown_what_is_about_the_principal_and_says_why() {
    let nobody = with_claims(Tenant::demo(), |claims| {
        for name in ["oid", "appid"] {
            claims.as_object_mut().unwrap().remove(name);
        }
    });
    let arguments = json!({"check_ids": ["application_enabled", "credential_expiry"]});
    let answer = Inside::on(nobody).await.read("connection", arguments).await.ok();
    for id in ["application_enabled", "credential_expiry"] {
        says(&row(&answer, id), "unknown", &["reason=hidden", "OpaqueToken"]);
    }
    assert!(!answer.to_string().contains("nothing asked for it"), "{answer:#}");
}

#[tokio::test]
async fn a_user_through_azure_cli_is_told_the_limits() {
    let row = check(as_user(Tenant::demo()), "user_sign_in_limits").await;
    says(&row, "fail", &["Conditional Access", "service principal"]);
    assert_eq!(row["level"], "advisory");
    says(&check(as_user(Tenant::demo()), "graph_policy_read").await, "fail", &["reason=user_sign_in"]);
    says(&check(as_user(Tenant::demo()), "graph_permission_kind").await, "not_applicable", &[]);
    says(&check(as_user(Tenant::demo()), "graph_admin_consent").await, "not_applicable", &[]);
}

/// A user with these directory roles in the token, beside the one that stands for none.
fn with_directory_roles(templates: &'static [&'static str]) -> Tenant {
    with_claims(as_user(Tenant::demo()), move |claims| {
        let member = "b79fbf4d-3ef9-4689-8143-76b194e85509";
        claims["wids"] = templates.iter().chain(&[member]).copied().collect();
    })
}

#[tokio::test]
async fn what_a_user_may_read_depends_on_the_users_directory_roles() {
    const READS: [&str; 2] = ["graph_audit_log_read", "graph_directory_read"];
    for key in READS {
        let member = check(with_directory_roles(&[]), key).await;
        says(&member, "unknown", &["reason=not_proven", "depends on the user's directory roles", "Global Reader"]);
    }
    for (role, passing) in [
        ("62e90394-69f5-4237-9190-012177145e10", READS.as_slice()),
        ("F2EF992C-3AFB-46B9-B7CF-A126EE74C451", READS.as_slice()),
        ("4a5d8f65-41da-4de4-8968-e035b65339cf", &["graph_audit_log_read"]),
        ("5d6b6bb7-de71-4623-b4af-96380a352509", &["graph_audit_log_read"]),
        ("194ae4cb-b126-40b2-bd5b-6091b380977d", &["graph_audit_log_read"]),
        ("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", &["graph_directory_read"]),
        ("729827e3-9c14-49f7-bb1b-9608f156bbb8", &[]),
    ] {
        let tenant = with_claims(with_directory_roles(&[]), move |claims| claims["wids"] = json!([role]));
        let answer = answer(tenant).await;
        for key in READS {
            let expected = if passing.contains(&key) { "pass" } else { "unknown" };
            assert_eq!(row(&answer, key)["status"], expected, "{key} with {role}");
        }
        says(&row(&answer, "graph_policy_read"), "fail", &["reason=user_sign_in"]);
    }
}

#[tokio::test]
async fn what_cannot_be_told_of_a_user_makes_the_answer_incomplete() {
    let inside = Inside::on(with_directory_roles(&[])).await;
    let reading = inside.read("connection", json!({"check_ids": ["graph_directory_read"]})).await;
    assert!(reading.gaps().contains(&"directory_roles not_proven graph".to_owned()), "{:?}", reading.gaps());
    let answer = reading.ok();
    assert_eq!((&answer["ready"], &answer["complete"]), (&json!(false), &json!(false)));
}

#[tokio::test]
async fn a_secret_that_is_not_valid_yet_or_that_ended_yesterday_is_not_the_one_in_use() {
    let later = answer(with_secrets(vec![secret(400, 500)])).await;
    assert_eq!((&row(&later, "credential_expiry")["status"], &later["credential_expires_on"]), (&json!("unknown"), &Json::Null));
    // It is 8 in the morning: what ended twelve hours ago did so yesterday.
    let mut ended = secret(-200, 0);
    ended["endDateTime"] = json!((NOW - Duration::hours(12)).format(&Rfc3339).unwrap());
    says(&check(with_secrets(vec![ended, secret(-5, 300)]), "credential_expiry").await, "pass", &[]);
}

#[tokio::test]
async fn what_a_token_for_graph_does_not_say_is_a_gap() {
    let opaque = Fault::on("/oauth2/v2.0/token").nth(2).change(|answer| answer["access_token"] = json!("opaque"));
    let answer = answer(Tenant::demo().with_fault(opaque)).await;
    assert_eq!((&answer["graph_permissions"], &answer["complete"]), (&Json::Null, &json!(false)));
}

#[tokio::test]
async fn an_account_of_which_nobody_says_whether_it_is_enabled_leaves_the_connection_incomplete() {
    let tenant = edited("service-principals", |list| {
        let rows = list["value"].as_array_mut().unwrap();
        rows.iter_mut().filter(|row| row["id"] == PRINCIPAL_ID).for_each(|row| row["accountEnabled"] = Json::Null);
    });
    let answer = answer(tenant).await;
    let gap = answer["unreadable"].as_array().unwrap().iter().find(|gap| gap["subject"] == "service_principals").unwrap();
    assert_eq!((&gap["reason"], &gap["scope"], &answer["complete"]), (&json!("hidden"), &json!("tenant"), &json!(false)));
}
