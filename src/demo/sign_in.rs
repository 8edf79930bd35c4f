//! The sign-in host: tenant discovery, the token endpoint, and what a token of ours holds.

use std::collections::BTreeMap;

use azure_core::http::Method;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    CLIENT_ID, CLIENT_SECRET, Host, LOGIN_HOST, PRINCIPAL_ID, TENANT_DOMAIN, TENANT_ID, answer::Answer, fixtures::Fixtures,
    hierarchy::text, request::Call,
};

/// 2026-01-01 and 2100-01-01: a token of the demo does not run out while anyone watches.
const ISSUED: i64 = 1_767_225_600;
const EXPIRES: i64 = 4_102_444_800;
const LIFETIME: i64 = 86_399;
const HEADER: &str = r#"{"typ":"JWT","alg":"none"}"#;

/// What the sign-in host answers.
pub(super) fn answer(fixtures: &Fixtures, call: &Call) -> Answer {
    let segments: Vec<_> = call.segments.iter().map(String::as_str).collect();
    match (call.method, segments.as_slice()) {
        (_, [tenant, ..]) if !is_ours(tenant) => unknown_tenant(tenant),
        (Method::Get, [_, "v2.0", ".well-known", "openid-configuration"]) => Answer::json(200, discovery()),
        (Method::Post, [_, "oauth2", "v2.0", "token"]) => token(fixtures, call),
        (_, [_, "oauth2", "v2.0", "token"]) => {
            refused(405, "invalid_request", "AADSTS900561", "The endpoint only accepts POST requests.")
        }
        _ => Answer::raw(404, "text/html; charset=utf-8", "<html><body>404 - File or directory not found.</body></html>"),
    }
}

fn is_ours(tenant: &str) -> bool {
    tenant.eq_ignore_ascii_case(TENANT_ID) || tenant.eq_ignore_ascii_case(TENANT_DOMAIN)
}

fn discovery() -> Value {
    let authority = format!("https://{LOGIN_HOST}/{TENANT_ID}");
    json!({
        "token_endpoint": format!("{authority}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{authority}/discovery/v2.0/keys"),
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{authority}/v2.0"),
        "authorization_endpoint": format!("{authority}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{authority}/oauth2/v2.0/devicecode"),
        "end_session_endpoint": format!("{authority}/oauth2/v2.0/logout"),
        "tenant_region_scope": "EU",
        "cloud_instance_name": LOGIN_HOST,
        "cloud_graph_host_name": Host::Graph.name(),
        "msgraph_host": Host::Graph.name(),
        "rbac_url": "https://pas.demo.azposture",
    })
}

fn token(fixtures: &Fixtures, call: &Call) -> Answer {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&call.body).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if field("grant_type") != "client_credentials" {
        let message = "The app has made an unsupported grant type request. Contact the app vendor.";
        return refused(400, "unsupported_grant_type", "AADSTS70003", message);
    }
    if !field("client_id").eq_ignore_ascii_case(CLIENT_ID) {
        let message =
            format!("Application with identifier '{}' was not found in the directory 'Fabrikam Outdoor'.", field("client_id"));
        return refused(400, "unauthorized_client", "AADSTS700016", &message);
    }
    if field("client_secret") != CLIENT_SECRET && field("client_assertion").is_empty() {
        let message = format!("Invalid client secret provided for app '{CLIENT_ID}'.");
        return refused(401, "invalid_client", "AADSTS7000215", &message);
    }
    let audience =
        [Host::Graph, Host::ResourceManager].into_iter().find(|host| field("scope") == format!("{}/.default", audience(*host)));
    let Some(audience) = audience else {
        let message =
            format!("The resource principal named {} was not found in the tenant named Fabrikam Outdoor.", field("scope"));
        return refused(400, "invalid_resource", "AADSTS500011", &message);
    };
    Answer::json(
        200,
        json!({"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": issue(fixtures, audience)}),
    )
    .with("cache-control", "no-store, no-cache")
}

/// The audience of tokens for a host.
fn audience(host: Host) -> String {
    format!("https://{}", host.name())
}

/// An unsigned token for the host, with the claims of an application.
pub(super) fn issue(fixtures: &Fixtures, host: Host) -> String {
    let mut claims = json!({
        "aud": audience(host), "iss": format!("https://{LOGIN_HOST}/{TENANT_ID}/"), "iat": ISSUED, "nbf": ISSUED, "exp": EXPIRES,
        "appid": CLIENT_ID, "appidacr": "2", "idp": format!("https://{LOGIN_HOST}/{TENANT_ID}/"), "idtyp": "app",
        "oid": PRINCIPAL_ID, "sub": PRINCIPAL_ID, "tid": TENANT_ID, "ver": "1.0", "tenant_region_scope": "EU",
    });
    if let (Host::Graph, Some(claims)) = (host, claims.as_object_mut()) {
        claims.insert("app_displayname".into(), "azposture demo scanner".into());
        claims.insert("wids".into(), json!(["0997a1d0-0d1d-4acb-b408-d5ca73121e90"]));
        let roles = consented(fixtures);
        // Without any consented permission the claim is missing, not empty.
        if !roles.is_empty() {
            claims.insert("roles".into(), roles.into());
        }
    }
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.", part(HEADER.to_owned()), part(claims.to_string()))
}

/// Names of the application permissions on Microsoft Graph that are granted to the demo's principal.
fn consented(fixtures: &Fixtures) -> Vec<String> {
    let principals = fixtures.rows("service-principals");
    let graph = principals.iter().find(|row| text(row, "/appId") == "00000003-0000-0000-c000-000000000000");
    let roles = graph.and_then(|row| row.get("appRoles")?.as_array()).cloned().unwrap_or_default();
    let granted = fixtures.rows("app-role-assignments");
    let granted = granted.iter().filter(|row| text(row, "/principalId") == PRINCIPAL_ID);
    granted
        .filter_map(|row| roles.iter().find(|role| text(role, "/id") == text(row, "/appRoleId")))
        .map(|role| text(role, "/value").to_owned())
        .collect()
}

/// The claims of a bearer token that is one of ours, whatever its audience.
pub(super) fn claims(bearer: &str) -> Option<Value> {
    let mut parts = bearer.split('.');
    let header = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok()?;
    let unsigned = parts.next() == Some("") && parts.next().is_none();
    (header == HEADER.as_bytes() && unsigned && text(&claims, "/tid") == TENANT_ID).then_some(claims)
}

/// Whether a token's claims are for this host.
pub(super) fn is_for(claims: &Value, host: Host) -> bool {
    text(claims, "/aud").trim_end_matches('/') == audience(host)
}

fn unknown_tenant(tenant: &str) -> Answer {
    let message = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
    );
    refused(400, "invalid_tenant", "AADSTS90002", &message)
}

fn refused(status: u16, error: &str, code: &str, message: &str) -> Answer {
    let number: u32 = code.trim_start_matches("AADSTS").parse().unwrap_or_default();
    let ids = "Trace ID: fab00013-0000-4000-8000-000000000001 Correlation ID: fab00013-0000-4000-8000-000000000002";
    let body = json!({
        "error": error, "error_description": format!("{code}: {message} {ids} Timestamp: 2026-11-02 08:00:00Z"), "error_codes": [number],
        "timestamp": "2026-11-02 08:00:00Z", "trace_id": "fab00013-0000-4000-8000-000000000001",
        "correlation_id": "fab00013-0000-4000-8000-000000000002", "error_uri": format!("https://{LOGIN_HOST}/error?code={number}"),
    });
    Answer::json(status, body)
}
