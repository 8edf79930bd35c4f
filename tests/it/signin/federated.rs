//! Sign-in with tokens that others issue.

use std::{fs, path::Path};

use azposture::azure::{Error, Kind, inputs::Inputs, settings::Sensitive};
use azure_core::credentials::AccessToken;

use super::support::{
    Outcome, Seen, Service, application, credential, entra, environment, json, resolve, shown, sign_in, token, token_answer,
};

const URL: &str = "https://pipeline.example/token?v=1";

fn federated() -> Inputs {
    Inputs { use_oidc: Some(true), ..application() }
}

fn pipeline() -> Inputs {
    Inputs { oidc_request_url: Some(URL.into()), oidc_request_token: Some(Sensitive::new("REQUESTTOKEN")), ..federated() }
}

fn devops() -> Inputs {
    Inputs { ado_pipeline_service_connection_id: Some("connection-1".into()), ..pipeline() }
}

/// A pipeline that answers as told, beside an identity service that issues tokens.
fn beside(pipeline: impl Fn(&Seen, usize) -> Outcome + Send + Sync + 'static) -> std::sync::Arc<Service> {
    Service::new(move |seen, count| {
        if seen.url.starts_with("https://pipeline.example") { pipeline(seen, count) } else { json(200, token_answer("T")) }
    })
}

#[tokio::test]
async fn a_given_token_is_the_assertion() {
    let service = Service::issuing("T");
    sign_in(&Inputs { oidc_token: Some(Sensitive::new(" ASSERTION\n")), ..federated() }, &service).await.unwrap();
    assert_eq!(service.seen()[0].form["client_assertion"], "ASSERTION");
}

#[tokio::test]
async fn a_token_file_is_trimmed_and_read_again_for_each_token_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let service = Service::issuing("T");
    fs::write(&file, "one\n").unwrap();
    let settings = resolve(&Inputs { oidc_token_file_path: Some(file.display().to_string()), ..federated() }, &[]).unwrap();
    let credential = credential(&settings, &service).await.unwrap();
    token(&*credential).await.unwrap();
    fs::write(&file, "\u{feff}two").unwrap();
    credential.get_token(&["https://graph.microsoft.com/.default"], None).await.unwrap();
    let sent: Vec<String> = service.seen().iter().map(|seen| seen.form["client_assertion"].clone()).collect();
    assert_eq!(sent, ["one", "two"]);
}

async fn with_file(file: &Path) -> Error {
    let variables = [("ARM_OIDC_TOKEN_FILE_PATH", file.display().to_string())];
    let variables: Vec<(&'static str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let settings = federated().resolve(&environment(&variables)).unwrap();
    let credential = credential(&settings, &Service::issuing("T")).await.unwrap();
    token(&*credential).await.unwrap_err()
}

#[tokio::test]
async fn a_missing_or_empty_token_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let missing = with_file(&file).await;
    assert_eq!((missing.code(), missing.object()), ("UnreadableFile", file.display().to_string().as_str()));
    fs::write(&file, "\n").unwrap();
    assert_eq!(with_file(&file).await.code(), "EmptyFile");
}

#[tokio::test]
async fn aks_sends_the_projected_token() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "PROJECTED").unwrap();
    let inputs =
        Inputs { use_aks_workload_identity: Some(true), oidc_token_file_path: Some(file.display().to_string()), ..application() };
    let service = Service::issuing("T");
    sign_in(&inputs, &service).await.unwrap();
    assert_eq!(service.seen()[0].form["client_assertion"], "PROJECTED");
}

#[tokio::test]
async fn github_is_asked_for_the_audience_of_azure() {
    let service = beside(|_, _| json(200, r#"{"value":"GITHUBTOKEN","count":1}"#));
    sign_in(&pipeline(), &service).await.unwrap();
    let seen = service.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].headers["authorization"].as_str()), ("GET", "Bearer REQUESTTOKEN"));
    assert_eq!(seen[0].url, "https://pipeline.example/token?v=1&audience=api%3A%2F%2FAzureADTokenExchange");
    assert_eq!(seen[1].form["client_assertion"], "GITHUBTOKEN");
}

#[tokio::test]
async fn an_audience_in_the_request_url_is_kept() {
    let service = beside(|_, _| json(200, r#"{"value":"G"}"#));
    let inputs = Inputs { oidc_request_url: Some("https://pipeline.example/?audience=mine".into()), ..pipeline() };
    sign_in(&inputs, &service).await.unwrap();
    assert_eq!(service.seen()[0].url, "https://pipeline.example/?audience=mine");
}

async fn refused(inputs: &Inputs, status: u16, body: &'static str) -> Error {
    let outcome: Result<AccessToken, Error> = sign_in(inputs, &beside(move |_, _| json(status, body))).await;
    let error = outcome.unwrap_err();
    assert!(!shown(&error).contains("REQUESTTOKEN") && error.object() == "pipeline.example", "{error}");
    error
}

#[tokio::test]
async fn a_refusal_by_github_names_the_permission() {
    for status in [401, 403] {
        let error = refused(&pipeline(), status, r#"{"message":"not allowed"}"#).await;
        assert_eq!((error.kind(), error.status(), error.message()), (Kind::Unauthenticated, Some(status), "not allowed"));
        assert!(error.advice().contains("id-token: write"));
    }
}

#[tokio::test]
async fn an_answer_without_a_token_is_refused() {
    assert_eq!(refused(&pipeline(), 200, r#"{"value":""}"#).await.code(), "NoToken");
    assert_eq!(refused(&devops(), 200, "{}").await.code(), "NoToken");
}

#[tokio::test]
async fn an_answer_that_cannot_be_decoded_is_never_quoted() {
    let error = refused(&pipeline(), 200, r#"{"value":{"eyJSECRET":1}}"#).await;
    assert_eq!(error.kind(), Kind::InvalidResponse);
    let error = refused(&pipeline(), 200, r#""eyJSECRET""#).await;
    assert!(!shown(&error).contains("eyJ"), "{error}");
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let service = beside(|_, _| json(200, format!(r#"{{"value":"{}"}}"#, "x".repeat(2 << 20))));
    let error = sign_in(&pipeline(), &service).await.unwrap_err();
    assert!(error.message().contains("1 MiB"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_passing_failure_of_the_pipeline_is_tried_again() {
    let service = beside(|_, count| if count < 2 { json(502, "{}") } else { json(200, r#"{"value":"G"}"#) });
    assert!(sign_in(&pipeline(), &service).await.is_ok());
    assert_eq!(service.seen().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_lasting_failure_of_the_pipeline_is_given_up_after_three_tries() {
    let service = beside(|_, _| json(503, "{}"));
    let error = sign_in(&pipeline(), &service).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), service.seen().len()), (Kind::Unavailable, Some(503), 3));
}

#[tokio::test]
async fn an_untrusted_pipeline_host_is_not_tried_again() {
    let service = beside(|_, _| Outcome::Fail("invalid peer certificate: UnknownIssuer"));
    let error = sign_in(&pipeline(), &service).await.unwrap_err();
    assert_eq!((error.object(), service.seen().len()), ("pipeline.example", 1));
}

#[tokio::test]
async fn azure_devops_is_asked_for_the_service_connection() {
    let service = beside(|_, _| json(200, r#"{"oidcToken":"DEVOPSTOKEN"}"#));
    sign_in(&devops(), &service).await.unwrap();
    let seen = service.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].headers["authorization"].as_str()), ("POST", "Bearer REQUESTTOKEN"));
    assert_eq!(seen[0].url, "https://pipeline.example/token?v=1&api-version=7.1&serviceConnectionId=connection-1");
    assert_eq!(seen[1].form["client_assertion"], "DEVOPSTOKEN");
}

#[tokio::test]
async fn a_refusal_by_azure_devops_names_the_access_token() {
    for status in [302, 401, 403] {
        assert!(refused(&devops(), status, "{}").await.advice().contains("SYSTEM_ACCESSTOKEN"));
    }
    assert!(refused(&devops(), 404, "{}").await.advice().contains("ado_pipeline_service_connection_id"));
}

#[tokio::test]
async fn entras_answer_to_an_assertion_is_explained() {
    let inputs = Inputs { oidc_token: Some(Sensitive::new("A")), ..federated() };
    let error =
        sign_in(&inputs, &Service::answering(401, entra(700024, "Client assertion is not within its valid time range"))).await;
    assert_eq!(error.unwrap_err().code(), "AADSTS700024");
}
