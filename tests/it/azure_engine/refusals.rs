//! What a refusal becomes: kind, code, request id and the next step.

use azposture::azure::{Kind, Result};
use serde_json::{Value, json};

use super::{Fake, OURS, Reply, resources, status, subscriptions, users};

async fn refused(reply: impl Fn() -> Reply + Send + Sync + 'static, graph: bool) -> azposture::azure::Error {
    let fake = Fake::new(move |_, _| reply());
    let answer: Result<Value> = fake.client().get(if graph { users() } else { resources() }).await;
    answer.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn documented_codes_are_told_apart() {
    for (graph, code, body, kind, advice) in [
        (false, 401, r#"{"error":{"code":"InvalidAuthenticationTokenTenant","message":"m"}}"#, Kind::TokenRefused, "tenant_id"),
        (false, 401, r#"{"error":{"code":"ExpiredAuthenticationToken","message":"m"}}"#, Kind::TokenRefused, "Sign in again"),
        (
            true,
            401,
            r#"{"error":{"code":"InvalidAuthenticationToken","message":"InvalidCloudInstance"}}"#,
            Kind::TokenRefused,
            "environment",
        ),
        (false, 404, r#"{"error":{"code":"SubscriptionNotFound","message":"m"}}"#, Kind::NotVisible, "subscription"),
        (false, 404, r#"{"code":"Subscription Not Registered","message":"m"}"#, Kind::NotRegistered, "Microsoft.Security"),
        (
            false,
            400,
            r#"{"error":{"code":"Subscription with no standard pricing bundle","message":"Regulatory compliance is not supported for subscription 's' as it has no standard pricing bundle"}}"#,
            Kind::PlanOff,
            "plan",
        ),
        (
            false,
            404,
            r#"{"error":{"code":"","message":"It is not supported for subscription s as it has no standard pricing bundle"}}"#,
            Kind::PlanOff,
            "environment settings",
        ),
        (
            false,
            409,
            r#"{"error":{"code":"MissingSubscriptionRegistration","message":"m","details":[{"code":"x","target":"Microsoft.Network","message":"d"}]}}"#,
            Kind::NotRegistered,
            "--namespace Microsoft.Network",
        ),
        (false, 404, r#"{"error":{"code":"NoRegisteredProviderFound","message":"m"}}"#, Kind::Unsupported, "api-version"),
        (
            false,
            400,
            r#"{"error":{"code":"NoRegisteredProviderFoundForApiVersion","message":"m"}}"#,
            Kind::Unsupported,
            "api-version",
        ),
        (false, 404, r#"{"error":{"code":"InvalidResourceType","message":"m"}}"#, Kind::Unsupported, "api-version"),
        (false, 400, r#"{"error":{"code":"InvalidApiVersionParameter","message":"m"}}"#, Kind::Unsupported, "api-version"),
        (false, 400, r#"{"error":{"code":"ResourceTypeNotSupported","message":"m"}}"#, Kind::Unsupported, ""),
        (false, 403, r#"{"error":{"code":"DisallowedProvider","message":"m"}}"#, Kind::NotVisible, "subscription"),
        (false, 409, r#"{"error":{"code":"ReadOnlyDisabledSubscription","message":"m"}}"#, Kind::NotVisible, "enabled"),
        (false, 400, r#"{"error":{"code":"AadPremiumLicenseRequired","message":"m"}}"#, Kind::NotLicensed, "licence"),
        (false, 400, r#"{"error":{"code":"ResponseTooLarge","message":"m"}}"#, Kind::InvalidResponse, "Narrow"),
        (
            false,
            400,
            r#"{"error":{"code":"BadRequest","message":"m","details":[{"code":"NoValidSubscriptionsInQueryRequest","message":"d"}]}}"#,
            Kind::Forbidden,
            "Reader",
        ),
        (true, 403, r#"{"error":{"code":"Authorization_RequestDenied","message":"m"}}"#, Kind::Forbidden, "admin consent"),
        (true, 403, r#"{"error":{"code":"AccessDenied","message":"m"}}"#, Kind::Forbidden, "Application"),
        (
            true,
            403,
            r#"{"error":{"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant","message":"m"}}"#,
            Kind::NotLicensed,
            "P1",
        ),
        (
            true,
            403,
            r#"{"error":{"code":"Forbidden","message":"Neither tenant is B2C or tenant doesn't have premium license"}}"#,
            Kind::NotLicensed,
            "P1",
        ),
        (true, 404, r#"{"error":{"code":"ResourceNotOnboarded","message":"m"}}"#, Kind::NotOnboarded, ""),
        (true, 400, r#"{"error":{"code":"TenantNotOnboarded","message":"m"}}"#, Kind::NotOnboarded, ""),
        (true, 404, r#"{"error":{"code":"Request_ResourceNotFound","message":"m"}}"#, Kind::NotFound, ""),
        (false, 404, r#"{"error":{"code":"SomethingNew","message":"m"}}"#, Kind::NotFound, "exists"),
        (true, 404, r#"{"error":{"code":"UnknownError","message":""}}"#, Kind::Unavailable, ""),
        (true, 404, "<html><title>Not Found</title></html>", Kind::InvalidResponse, "HTTPS_PROXY"),
        (true, 404, r#"{"statusCode":404,"message":"Resource not found"}"#, Kind::InvalidResponse, "HTTPS_PROXY"),
        (false, 404, r#"{"code":404,"message":"no route"}"#, Kind::InvalidResponse, "HTTPS_PROXY"),
        (false, 404, "", Kind::InvalidResponse, "HTTPS_PROXY"),
        (false, 400, r#"{"error":{"code":"SomethingNew","message":"m"}}"#, Kind::Unsupported, "report"),
        (false, 501, "", Kind::Unsupported, ""),
    ] {
        let error = refused(move || status(code, body), graph).await;
        assert_eq!((error.kind(), error.status()), (kind, Some(code)), "{error}");
        assert!(error.advice().contains(advice), "{body}: {}", error.advice());
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_role_is_named_with_action_principal_scope_and_command() {
    let body = format!(
        r#"{{"error":{{"code":"AuthorizationFailed","message":"The client \u0027app\u0027 with object id \u002712345678-1234-1234-1234-123456789abc\u0027 does not have authorization to perform action \u0027Microsoft.Security/assessments/read\u0027 over scope \u0027/subscriptions/{OURS}\u0027 or the scope is invalid."}}}}"#
    );
    let error = refused(move || status(403, body.clone()), false).await;
    assert_eq!((error.kind(), error.code()), (Kind::Forbidden, "AuthorizationFailed"));
    for part in [
        "Microsoft.Security/assessments/read",
        "Security Reader",
        "12345678-1234-1234-1234-123456789abc",
        OURS,
        "az role assignment",
    ] {
        assert!(error.advice().contains(part), "{part} in {}", error.advice());
    }
}

#[tokio::test(start_paused = true)]
async fn graph_permissions_that_are_named_are_passed_on() {
    let body = r#"{"error":{"code":"PermissionScopeNotGranted","message":"Authorization failed due to missing permission scope A.ReadWrite.All,A.Read.All,B.Read.All."}}"#;
    let error = refused(move || status(403, body), true).await;
    assert_eq!(error.kind(), Kind::Forbidden);
    assert!(
        error.advice().starts_with("Give the application the Microsoft Graph permission A.Read.All (type Application"),
        "{error}"
    );
    assert!(error.advice().ends_with("B.Read.All will do as well."), "{}", error.advice());
}

#[tokio::test(start_paused = true)]
async fn the_tenant_a_challenge_names_is_passed_on() {
    let header =
        r#"Bearer authorization_uri="https://login.windows.net/77777777-7777-7777-7777-777777777777", error="invalid_token""#;
    let error = refused(move || Reply::Answer(401, vec![("www-authenticate", header.to_owned())], String::new()), false).await;
    assert!(error.advice().contains("77777777-7777-7777-7777-777777777777"), "{}", error.advice());
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed_and_names_where_it_leads() {
    let fake = Fake::new(|_, _| {
        Reply::Answer(302, vec![("location", "https://portal.hotel.test/login?secret=1".to_owned())], String::new())
    });
    let error = fake.client().get::<Value>(users()).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), fake.sent().len()), (Kind::InvalidResponse, "Redirected", 1));
    assert!(
        error.message().contains("portal.hotel.test")
            && !error.message().contains("secret")
            && error.advice().contains("captive portal")
    );
}

#[tokio::test(start_paused = true)]
async fn the_request_id_of_header_or_body_is_kept() {
    let error = refused(|| Reply::Answer(403, vec![("x-ms-request-id", "from-header".to_owned())], String::new()), false).await;
    assert_eq!(error.request_id(), Some("from-header"));
    let body = r#"{"error":{"code":"Forbidden","message":"m","innerError":{"request-id":"from-body"}}}"#;
    assert_eq!(refused(move || status(403, body), true).await.request_id(), Some("from-body"));
}

#[tokio::test(start_paused = true)]
async fn an_error_says_what_was_tried_on_what_and_what_came_back() {
    let error = refused(|| status(404, r#"{"error":{"code":"ResourceGroupNotFound","message":"no such group"}}"#), false).await;
    let text = error.to_string();
    for part in ["list resources", OURS, "404", "ResourceGroupNotFound", "no such group"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_graph_wraps_into_an_unknown_error_is_classified_by_what_is_inside() {
    let inside = |code: &str, message: &str| {
        let inner = serde_json::json!({"errorCode": code, "message": message, "instanceAnnotations": []}).to_string();
        serde_json::json!({"error": {"code": "UnknownError", "message": inner}}).to_string()
    };
    let lacking = "Authorization failed due to missing permission scope RoleManagement.Read.Directory,RoleManagement.Read.All.";
    for (status, code, message, kind) in [
        (403, "PermissionScopeNotGranted", lacking, Kind::Forbidden),
        (400, "PermissionScopeNotGranted", lacking, Kind::Forbidden),
        (404, "PermissionScopeNotGranted", lacking, Kind::Forbidden),
        (403, "AadPremiumLicenseRequired", "m", Kind::NotLicensed),
        (400, "TenantNotOnboarded", "m", Kind::NotOnboarded),
        (404, "Request_ResourceNotFound", "m", Kind::NotFound),
        (403, "TooManyRequests", "m", Kind::Throttled),
        (400, "SomethingNew", "m", Kind::Unsupported),
    ] {
        let body: &'static str = inside(code, message).leak();
        let error = refused(move || self::status(status, body), true).await;
        assert_eq!((error.kind(), error.code(), error.message()), (kind, code, message), "{status}");
        assert!(!error.advice().contains("instanceAnnotations"), "{}", error.advice());
        if code == "PermissionScopeNotGranted" {
            let least = "Give the application the Microsoft Graph permission RoleManagement.Read.Directory (type Application";
            assert!(error.advice().starts_with(least), "{}", error.advice());
            assert!(error.advice().ends_with(" RoleManagement.Read.All will do as well."), "{}", error.advice());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_message_gets_into_a_command() {
    let body = format!(
        r#"{{"error":{{"code":"AuthorizationFailed","message":"with object id '12345678-1234-1234-1234-123456789abc' does not have authorization to perform action 'Microsoft.Resources/subscriptions/resources/read' over scope '/SUBSCRIPTIONS/{OURS}; reboot' or"}}}}"#
    );
    let error = refused(move || status(403, body.clone()), false).await;
    let command = format!("--assignee 12345678-1234-1234-1234-123456789abc --role \"Reader\" --scope /subscriptions/{OURS}");
    assert!(error.advice().ends_with(&command), "{}", error.advice());
    let body = format!(
        r#"{{"error":{{"code":"AuthorizationFailed","message":"to perform action 'Microsoft.Resources/subscriptions/resources/read' over scope '/SUBSCRIPTIONS/{OURS}' or"}}}}"#
    );
    let error = refused(move || status(403, body.clone()), false).await;
    assert!(error.advice().ends_with(&format!("--scope /subscriptions/{OURS}")), "as it was asked for: {}", error.advice());
}

#[tokio::test(start_paused = true)]
async fn no_command_gives_a_role_where_nobody_said_where() {
    let said = |scope: &str| {
        let message = format!(
            "does not have authorization to perform action 'Microsoft.Resources/subscriptions/read' over scope '{scope}'"
        );
        json!({"error": {"code": "AuthorizationFailed", "message": message}}).to_string()
    };
    let group = format!("/subscriptions/{OURS}/resourceGroups/größe");
    for (call, scope, ends) in [
        (subscriptions(), "/x; reboot", "a new role can take 10 minutes to spread.".to_owned()),
        (subscriptions(), "/", "--scope /".to_owned()),
        (resources(), "/x; reboot", format!("--scope /subscriptions/{OURS}")),
        (resources(), &group, format!("--scope \"{group}\"")),
    ] {
        let body = said(scope);
        let answer: Result<Value> = Fake::new(move |_, _| status(403, body.clone())).client().get(call).await;
        let advice = answer.unwrap_err().advice().to_owned();
        assert!(advice.ends_with(&ends) && advice.contains("--scope") == ends.contains("--scope"), "{scope}: {advice}");
    }
}
