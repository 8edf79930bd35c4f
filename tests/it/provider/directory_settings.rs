//! `azposture_directory_settings` on the demo tenant.

use azposture::demo::{Fault, Tenant};
use serde_json::{Value as Json, json};

use crate::support::inside::Inside;

const NAME: &str = "directory_settings";

async fn answer(tenant: Tenant) -> Json {
    Inside::on(tenant).await.read(NAME, json!({})).await.ok()
}

/// The demo tenant with something in a document changed.
fn with(document: &str, change: impl FnOnce(&mut Json)) -> Tenant {
    let tenant = Tenant::demo();
    tenant.edit(document, change).unwrap();
    tenant
}

fn subjects(answer: &Json) -> Vec<&str> {
    answer["unreadable"].as_array().unwrap().iter().map(|gap| gap["subject"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_the_directory_allows_is_said_part_by_part() {
    let tenant = Tenant::demo();
    let all = answer(tenant.clone()).await;
    assert_eq!((&all["complete"], &all["security_defaults_enabled"]), (&json!(true), &json!(false)));
    let guests = json!({
        "invitations_from": "adminsAndGuestInviters", "access_level": "limited",
        "guest_role_id": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
    });
    assert_eq!(all["guests"], guests);
    assert_eq!(all["default_user"]["can_create_apps"], json!(false));
    assert_eq!(all["default_user"]["consent_policy_ids"], json!(["ManagePermissionGrantsForSelf.microsoft-user-default-low"]));
    let consent = json!({"enabled": true, "notifies_reviewers": true, "reviewer_count": 2, "request_duration_days": 30});
    assert_eq!(all["admin_consent"], consent);
    let passwords = json!({
        "banned_list_enforced": true, "banned_list_on_premises": false, "banned_words": 3, "lockout_threshold": 10,
        "lockout_seconds": 60,
    });
    assert_eq!(all["passwords"], passwords);
    let method = |key: &str| all["authentication_methods"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap();
    assert_eq!((&method("voice")["enabled"], &method("fido2")["all_users"]), (&json!(false), &json!(true)));
    let sms = method("sms");
    assert_eq!(sms["included_group_ids"], json!(["fab00003-0000-4000-8000-00000000000c"]));
    assert_eq!(
        (&sms["excluded_group_ids"], &sms["all_users"]),
        (&json!(["fab00003-0000-4000-8000-000000000008"]), &json!(false))
    );
    let trust = |key: &str| {
        let partners = all["partner_tenants"].as_array().unwrap();
        partners.iter().find(|row| row["key"] == key).unwrap()["mfa"].clone()
    };
    assert_eq!(all["inbound_trust"]["mfa"], json!(false));
    assert_eq!(trust("fab00024-0000-4000-8000-000000000001"), json!(true));
    assert_eq!(trust("fab00024-0000-4000-8000-000000000002"), json!(false), "one without settings of its own has the default's");
    assert_eq!(all["domains"].as_array().unwrap().len(), 3);
    assert!(!all.to_string().contains("rucksack"), "a banned password is counted, not returned");
    assert_eq!(tenant.requests().iter().filter(|one| one.path.starts_with("/v1.0/")).count(), 8);
}

#[tokio::test]
async fn a_part_that_is_refused_is_null_and_no_other() {
    let all = answer(Tenant::demo()).await;
    let parts: [(&str, &[&str], &str); 8] = [
        ("/identitySecurityDefaultsEnforcementPolicy", &["security_defaults_enabled"], "security_defaults"),
        (
            "/authorizationPolicy",
            &["guests", "default_user", "block_msol_powershell", "self_service_password_reset"],
            "authorization_policy",
        ),
        ("/adminConsentRequestPolicy", &["admin_consent"], "consent_policy"),
        ("/crossTenantAccessPolicy/default", &["inbound_trust", "partner_tenants"], "cross_tenant_access"),
        ("/crossTenantAccessPolicy/partners", &["partner_tenants"], "cross_tenant_access"),
        ("/authenticationMethodsPolicy", &["authentication_methods", "methods_policy"], "authentication_methods"),
        ("/groupSettings", &["passwords"], "directory_settings"),
        ("/v1.0/domains", &["domains"], "domains"),
    ];
    for (path, lost, subject) in parts {
        let tenant = Tenant::demo().with_fault(Fault::on(path).refuse(403, "Authorization_RequestDenied", "no"));
        let answer = answer(tenant).await;
        assert_eq!((&answer["complete"], subjects(&answer)), (&json!(false), vec![subject]), "{path}");
        for (name, value) in all.as_object().unwrap() {
            let is_lost = lost.contains(&name.as_str());
            // Of the two that share the defaults, the partner with settings of its own keeps them.
            if ["complete", "unreadable"].contains(&name.as_str()) || (name == "partner_tenants" && path.ends_with("default")) {
                continue;
            }
            assert_eq!(answer[name].is_null(), is_lost, "{path}: {name}");
            assert!(is_lost || answer[name] == *value, "{path}: {name}");
        }
    }
    let tenant = Tenant::demo().with_fault(Fault::on("/v1.0/").refuse(403, "Authorization_RequestDenied", "no"));
    assert_eq!(Inside::on(tenant).await.read(NAME, json!({})).await.errors(), ["Nothing could be read"]);
}

#[tokio::test]
async fn what_is_left_out_is_not_off() {
    type Spoil = fn(&mut Json);
    let cases: [(&str, Spoil, &str, &str); 9] = [
        ("security-defaults", |body| body["isEnabled"] = Json::Null, "/security_defaults_enabled", "security_defaults"),
        ("authorization-policy", |body| body["guestUserRoleId"] = Json::Null, "/guests/access_level", "authorization_policy"),
        (
            "authorization-policy",
            |body| body["defaultUserRolePermissions"]["permissionGrantPoliciesAssigned"] = Json::Null,
            "/default_user/consent_policy_ids",
            "authorization_policy",
        ),
        ("admin-consent-policy", |body| body["reviewers"] = Json::Null, "/admin_consent/reviewer_count", "consent_policy"),
        (
            "authentication-methods-policy",
            |body| body["authenticationMethodConfigurations"][0]["state"] = json!("sometimes"),
            "/authentication_methods/1/enabled",
            "authentication_methods",
        ),
        (
            "authentication-methods-policy",
            |body| body["authenticationMethodConfigurations"][0]["includeTargets"] = Json::Null,
            "/authentication_methods/1/all_users",
            "authentication_methods",
        ),
        ("cross-tenant-default", |body| body["inboundTrust"] = Json::Null, "/inbound_trust", "cross_tenant_access"),
        (
            "group-settings",
            |body| body["value"][0]["values"][1]["value"] = json!("perhaps"),
            "/passwords/banned_list_on_premises",
            "directory_settings",
        ),
        ("domains", |body| body["value"][0]["isVerified"] = Json::Null, "/domains/0/verified", "domains"),
    ];
    for (document, spoil, null, subject) in cases {
        let answer = answer(with(document, spoil)).await;
        assert!(answer.pointer(null).is_none_or(Json::is_null), "{document} {null}: {:?}", answer.pointer(null));
        assert_eq!((&answer["complete"], subjects(&answer)), (&json!(false), vec![subject]), "{document} {null}");
    }
}

#[tokio::test]
async fn what_was_never_changed_is_no_gap() {
    let answer = answer(with("group-settings", |body| body["value"] = json!([]))).await;
    assert_eq!((&answer["passwords"], &answer["complete"]), (&Json::Null, &json!(true)));
}

#[tokio::test]
async fn what_is_said_twice_and_not_alike_is_not_known() {
    let twice = |document: &str, field: &'static str, value: Json| {
        with(document, move |body| {
            let rows = body["value"].as_array_mut().unwrap();
            let mut other = rows[0].clone();
            other[field] = value;
            rows.push(other);
        })
    };
    let domains = answer(twice("domains", "authenticationType", json!("Federated"))).await;
    assert_eq!((&domains["domains"][0]["authentication"], &domains["domains"][0]["verified"]), (&Json::Null, &json!(true)));
    let trust = json!({
        "isMfaAccepted": false, "isCompliantDeviceAccepted": false, "isHybridAzureADJoinedDeviceAccepted": false,
    });
    let partners = answer(twice("cross-tenant-partners", "inboundTrust", trust)).await;
    assert_eq!((&partners["partner_tenants"][0]["mfa"], &partners["complete"]), (&Json::Null, &json!(false)));
    let values = json!([{"name": "EnableBannedPasswordCheck", "value": "False"}]);
    let passwords = answer(twice("group-settings", "values", values)).await;
    assert_eq!((&passwords["passwords"], &passwords["complete"]), (&Json::Null, &json!(false)));
}
