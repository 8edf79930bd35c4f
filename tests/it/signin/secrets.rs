//! Sign-in with a client secret, and what every sign-in shares.

use std::sync::Arc;

use async_trait::async_trait;
use azposture::azure::{Kind, answer::explain, credential, inputs::Inputs, settings::Sensitive, tenant::cloud};
use azure_core::http::{
    Context, Request,
    policies::{Policy, PolicyResult},
};

use super::support::{
    CLIENT, OTHER_TENANT, Outcome, SCOPE, Service, TENANT, application, entra, json, jwt, resolve, shown, sign_in, token,
};

fn with_secret() -> Inputs {
    Inputs { client_secret: Some(Sensitive::new("S3CRET")), ..application() }
}

#[tokio::test]
async fn a_secret_goes_to_the_token_endpoint_of_its_cloud_and_tenant() {
    let service = Service::issuing("T");
    let inputs = Inputs { environment: Some("china".into()), ..with_secret() };
    assert_eq!(sign_in(&inputs, &service).await.unwrap().token.secret(), "T");
    let seen = service.seen();
    assert_eq!((seen.len(), seen[0].method.as_str()), (1, "POST"));
    assert_eq!(seen[0].url, format!("https://login.chinacloudapi.cn/{TENANT}/oauth2/v2.0/token"));
    assert_eq!((seen[0].form["client_id"].as_str(), seen[0].form["client_secret"].as_str()), (CLIENT, "S3CRET"));
    assert_eq!(seen[0].form["scope"], SCOPE);
}

#[tokio::test]
async fn the_token_is_asked_for_once() {
    let service = Service::issuing("T");
    let credential = super::support::credential(&resolve(&with_secret(), &[]).unwrap(), &service).await.unwrap();
    for _ in 0..3 {
        token(&*credential).await.unwrap();
    }
    assert_eq!(service.seen().len(), 1);
}

#[tokio::test]
async fn an_escaped_error_keeps_its_code_status_and_correlation_id() {
    let service = Service::answering(401, entra(7000215, "Invalid client secret provided for \\\"x\\\""));
    let error = sign_in(&with_secret(), &service).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), error.status()), (Kind::Unauthenticated, "AADSTS7000215", Some(401)));
    assert_eq!(error.request_id(), Some("c-1"));
    assert!(error.message().contains("Invalid client secret provided for \"x\" 'app'."), "{error}");
    assert!(!error.message().contains("Trace ID") && !shown(&error).contains("S3CRET"), "{error}");
    assert_eq!(error.object(), format!("tenant {TENANT} at login.microsoftonline.com"));
    assert_eq!(service.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_web_page_instead_of_a_token_points_at_the_proxy() {
    for status in [200, 403, 407] {
        let page = Service::new(move |_, _| {
            Outcome::Answer(status, vec![("content-type", "text/html")], "<html>Please sign in</html>".into())
        });
        let error = sign_in(&with_secret(), &page).await.unwrap_err();
        assert_eq!((error.kind(), error.code(), error.status()), (Kind::InvalidResponse, "UnexpectedPage", Some(status)));
        assert!(error.advice().contains("proxy") && error.message().contains("login.microsoftonline.com"));
    }
}

#[tokio::test]
async fn an_empty_answer_is_said_to_be_empty() {
    let error = sign_in(&with_secret(), &Service::answering(400, "")).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("EmptyAnswer", Some(400)));
}

#[tokio::test]
async fn a_redirect_names_where_it_leads_and_is_not_followed() {
    let service =
        Service::new(|_, _| Outcome::Answer(302, vec![("location", "https://portal.example/login?x=1")], String::new()));
    let error = sign_in(&with_secret(), &service).await.unwrap_err();
    assert_eq!(error.code(), "UnexpectedRedirect");
    assert!(error.message().ends_with("portal.example"), "{error}");
    assert_eq!(service.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn json_that_is_no_token_is_never_quoted() {
    let service = Service::answering(200, r#"{"access_token":["eyJSECRET"],"expires_in":3600}"#);
    let error = sign_in(&with_secret(), &service).await.unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidResponse);
    assert!(!shown(&error).contains("eyJ"), "{error}");
    let service = Service::answering(200, r#"{"access_token":"T","expires_in":"eyJSECRET"}"#);
    assert!(!shown(&sign_in(&with_secret(), &service).await.unwrap_err()).contains("eyJ"));
}

#[tokio::test(start_paused = true)]
async fn a_busy_identity_service_is_not_called_a_wrong_secret() {
    let body = r#"{"error":"temporarily_unavailable","error_description":"busy"}"#;
    assert_eq!(sign_in(&with_secret(), &Service::answering(429, body)).await.unwrap_err().kind(), Kind::Throttled);
    assert_eq!(sign_in(&with_secret(), &Service::answering(503, body)).await.unwrap_err().kind(), Kind::Unavailable);
}

#[tokio::test]
async fn an_unknown_code_links_to_its_explanation() {
    let error = sign_in(&with_secret(), &Service::answering(400, entra(1234567, "Strange"))).await.unwrap_err();
    assert_eq!(error.code(), "AADSTS1234567");
    assert!(error.advice().contains("error?code=1234567"));
}

async fn fault(why: &'static str) -> azposture::azure::Error {
    sign_in(&with_secret(), &Service::new(move |_, _| Outcome::Fail(why))).await.unwrap_err()
}

#[tokio::test]
async fn an_untrusted_certificate_points_at_ca_certificate_file() {
    let error = fault("invalid peer certificate: UnknownIssuer").await;
    assert_eq!(error.code(), "UntrustedCertificate");
    assert!(error.advice().contains("ca_certificate_file") && error.object() == "login.microsoftonline.com", "{error}");
}

#[tokio::test]
async fn a_certificate_out_of_its_time_points_at_the_clock() {
    let error = fault("invalid peer certificate: certificate expired: verification time 1 (UNIX)").await;
    assert!(error.code() == "UntrustedCertificate" && error.advice().contains("clock"), "{}", error.advice());
}

#[tokio::test]
async fn a_proxy_that_refuses_points_at_its_settings() {
    let error = fault("tunnel error: proxy authorization required").await;
    assert!(error.code() == "ProxyRefused" && error.advice().contains("HTTPS_PROXY"), "{}", error.advice());
}

#[tokio::test]
async fn a_host_that_does_not_resolve_is_named() {
    let error = fault("dns error: failed to lookup address information").await;
    assert_eq!((error.kind(), error.code()), (Kind::Unavailable, "HostNotFound"));
    assert!(error.advice().contains("login.microsoftonline.com"));
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_and_a_timeout_are_told_apart() {
    assert_eq!(fault("tcp connect error: Connection refused").await.code(), "ConnectionFailed");
    assert_eq!(fault("operation timed out").await.kind(), Kind::Timeout);
}

#[tokio::test]
async fn a_token_of_another_tenant_is_refused() {
    let error = sign_in(&with_secret(), &Service::issuing(&jwt(OTHER_TENANT))).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Configuration, "WrongTenant"));
    assert_eq!(explain::topic(&error), Some(explain::Topic::Tenant));
    assert!(!shown(&error).contains("e30."));
}

#[tokio::test]
async fn a_domain_as_tenant_accepts_the_guid_it_stands_for() {
    let inputs = Inputs { tenant_id: Some("contoso.example".into()), ..with_secret() };
    assert!(sign_in(&inputs, &Service::issuing(&jwt(TENANT))).await.is_ok());
}

#[tokio::test]
async fn an_incomplete_sign_in_appears_when_the_credential_is_built() {
    let inputs = Inputs { tenant_id: None, ..with_secret() };
    let settings = resolve(&inputs, &[]).unwrap();
    let service = Service::issuing("T");
    let error = super::support::credential(&settings, &service).await.unwrap_err();
    assert_eq!(error.code(), "IncompleteSignIn");
    assert!(service.seen().is_empty());
}

#[tokio::test]
async fn the_demo_application_signs_in_at_the_demo_host() {
    let service = Service::issuing("T");
    sign_in(&Inputs { environment: Some("demo".into()), ..Inputs::default() }, &service).await.unwrap();
    assert!(service.seen()[0].url.starts_with("https://login.demo.azposture/"));
}

#[tokio::test]
async fn nothing_printable_holds_the_secret() {
    let settings = resolve(&with_secret(), &[]).unwrap();
    let credential = super::support::credential(&settings, &Service::issuing("T")).await.unwrap();
    assert!(!format!("{settings:?} {credential:?} {:?}", with_secret()).contains("S3CRET"));
}

#[derive(Debug)]
struct TwiceOnServerErrors;

#[async_trait]
impl Policy for TwiceOnServerErrors {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let first = next[0].send(context, request, &next[1..]).await?;
        if u16::from(first.status()) < 500 { Ok(first) } else { next[0].send(context, request, &next[1..]).await }
    }
}

#[tokio::test]
async fn a_given_policy_wraps_each_token_request() {
    let service =
        Service::new(|_, count| if count == 0 { json(503, "{}") } else { json(200, super::support::token_answer("T")) });
    let (settings, transports) = (resolve(&with_secret(), &[]).unwrap(), service.transports());
    let cloud = cloud::cloud_of(&settings, &transports).await.unwrap();
    let policies: [Arc<dyn Policy>; 1] = [Arc::new(TwiceOnServerErrors)];
    let credential = credential::build_with(&settings, &cloud, &transports, &policies).unwrap();
    assert!(token(&*credential).await.is_ok());
    assert_eq!(service.seen().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_passing_failure_of_the_identity_service_is_tried_again() {
    let service = Service::new(|_, count| match count {
        0 => Outcome::Fail("tcp connect error: Connection reset"),
        1 => json(503, "{}"),
        _ => json(200, super::support::token_answer("T")),
    });
    assert!(sign_in(&with_secret(), &service).await.is_ok());
    assert_eq!(service.seen().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_lasting_failure_is_given_up_after_three_tries() {
    let service = Service::answering(503, "{}");
    assert_eq!(sign_in(&with_secret(), &service).await.unwrap_err().status(), Some(503));
    assert_eq!(service.seen().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_wait_the_service_asks_for_is_kept_unless_it_is_too_long() {
    let asking = |seconds: &'static str| {
        Service::new(move |_, count| match count {
            0 => Outcome::Answer(429, vec![("retry-after", seconds)], "{}".into()),
            _ => json(200, super::support::token_answer("T")),
        })
    };
    let before = tokio::time::Instant::now();
    assert!(sign_in(&with_secret(), &asking("7")).await.is_ok());
    assert_eq!(before.elapsed().as_secs(), 7);
    let error = sign_in(&with_secret(), &asking("600")).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (Kind::Throttled, Some(429)));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_pass_is_tried_once_and_what_takes_all_its_time_twice() {
    for (why, tries) in [
        ("invalid peer certificate: UnknownIssuer", 1),
        ("dns error", 1),
        ("tunnel error: unsuccessful", 1),
        ("operation timed out", 2),
    ] {
        let service = Service::new(move |_, _| Outcome::Fail(why));
        sign_in(&with_secret(), &service).await.unwrap_err();
        assert_eq!(service.seen().len(), tries, "{why}");
    }
}

/// What Azure Resource Manager and Microsoft Graph recover from, the token endpoint does, too.
#[tokio::test(start_paused = true)]
async fn a_page_a_hang_or_a_cut_off_document_in_the_place_of_one_token_is_recovered_from() {
    let page = || Outcome::Answer(200, vec![("content-type", "text/html")], "<html>Please sign in</html>".into());
    let spoilt: [fn() -> Outcome; 6] = [
        || Outcome::Answer(200, vec![("content-type", "text/html")], "<html>Please sign in</html>".into()),
        || json(200, r#"{"token_type":"Bearer","expires_in":3600,"access_to"#),
        || json(200, ""),
        || json(200, r#"{"token_type":"Bearer"}"#),
        || json(200, r#"{"access_token":""}"#),
        || Outcome::Silence,
    ];
    for (at, first) in spoilt.into_iter().enumerate() {
        let service = Service::new(move |_, count| match count {
            0 => first(),
            _ => json(200, super::support::token_answer("T")),
        });
        assert!(sign_in(&with_secret(), &service).await.is_ok(), "{at}");
        assert_eq!(service.seen().len(), 2, "{at}");
    }
    let lasting = Service::new(move |_, _| page());
    assert_eq!(sign_in(&with_secret(), &lasting).await.unwrap_err().code(), "UnexpectedPage");
    assert_eq!(lasting.seen().len(), 3);
    let silent = Service::new(|_, _| Outcome::Silence);
    let error = sign_in(&with_secret(), &silent).await.unwrap_err();
    assert_eq!((error.kind(), silent.seen().len()), (Kind::Timeout, 2));
    assert!(error.to_string().starts_with("Could not sign in with a client secret on login.microsoftonline.com"), "{error}");
}

#[tokio::test]
async fn a_lifetime_that_cannot_be_meant_neither_asks_for_a_token_each_time_nor_ends_the_calendar() {
    for lifetime in ["0", "-1", "299", "1000000000000000000", "9223372036854775807", "\"3599\"", "1e30"] {
        let body = format!(r#"{{"token_type":"Bearer","expires_in":{lifetime},"access_token":"T"}}"#);
        let service = Service::answering(200, body);
        let settings = resolve(&with_secret(), &[]).unwrap();
        let credential = super::support::credential(&settings, &service).await.unwrap();
        for _ in 0..3 {
            token(&*credential).await.unwrap_or_else(|error| panic!("{lifetime}: {error}"));
        }
        assert_eq!(service.seen().len(), 1, "{lifetime}");
    }
}

#[tokio::test]
async fn commands_name_the_tenant_and_the_application_that_are_known() {
    let mfa = sign_in(&with_secret(), &Service::answering(400, entra(50076, "MFA"))).await.unwrap_err();
    assert!(mfa.advice().contains(&format!("az login --tenant {TENANT}.")), "{}", mfa.advice());
    let expired = sign_in(&with_secret(), &Service::answering(401, entra(7000222, "Expired"))).await.unwrap_err();
    assert!(expired.advice().contains(&format!("az ad app credential reset --id {CLIENT})")), "{}", expired.advice());
}

#[derive(Debug)]
struct Guarded;

#[async_trait]
impl azure_core::http::HttpClient for Guarded {
    async fn execute_request(&self, _: &Request) -> azure_core::Result<azure_core::http::AsyncRawResponse> {
        let refusal =
            azposture::azure::Error::new(Kind::RefusedByGuard, "sign in", "host").said(azposture::azure::Failure::NotInTable, "");
        Err(azure_core::Error::new(azure_core::error::ErrorKind::Other, refusal))
    }
}

#[tokio::test]
async fn a_refusal_of_our_own_transport_is_passed_on_by_every_method() {
    let transports = azposture::azure::send::transport::Transports { api: Arc::new(Guarded), metadata: Arc::new(Guarded) };
    let github = Inputs {
        use_oidc: Some(true),
        oidc_request_url: Some("https://pipeline.example".into()),
        oidc_request_token: Some(Sensitive::new("t")),
        ..application()
    };
    for inputs in [with_secret(), github, Inputs { use_msi: Some(true), ..Inputs::default() }] {
        let settings = resolve(&inputs, &[]).unwrap();
        let cloud = cloud::cloud_of(&settings, &transports).await.unwrap();
        let credential = credential::build(&settings, &cloud, &transports).unwrap();
        assert_eq!(token(&*credential).await.unwrap_err().kind(), Kind::RefusedByGuard);
    }
}
