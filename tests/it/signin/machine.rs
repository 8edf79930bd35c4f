//! Sign-in with a managed identity.

use azposture::azure::{Error, Kind, inputs::Inputs};
use tokio::time::Instant;

use super::support::{CLIENT, OTHER_TENANT, Outcome, Service, TENANT, json, jwt, sign_in};

fn machine() -> Inputs {
    Inputs { use_msi: Some(true), ..Inputs::default() }
}

fn issued(token: &str) -> String {
    // The SDK takes `expires_on` only as a string.
    serde_json::json!({ "access_token": token, "expires_on": "4102444800", "token_type": "Bearer", "resource": "r" }).to_string()
}

async fn refused(inputs: &Inputs, status: u16, body: &'static str) -> Error {
    sign_in(inputs, &Service::answering(status, body)).await.unwrap_err()
}

#[tokio::test]
async fn the_metadata_service_is_asked_with_the_chosen_identity() {
    let service = Service::answering(200, issued("T"));
    sign_in(&Inputs { client_id: Some(CLIENT.into()), ..machine() }, &service).await.unwrap();
    let seen = service.seen();
    assert!(seen[0].url.starts_with("http://169.254.169.254/metadata/identity/oauth2/token?"));
    assert!(
        seen[0].url.contains(&format!("client_id={CLIENT}"))
            && seen[0].url.contains("resource=https%3A%2F%2Fmanagement.azure.com&")
    );
    assert_eq!(seen[0].headers["metadata"], "true");
}

#[tokio::test]
async fn an_identity_that_is_not_assigned_names_the_command() {
    let error = refused(&machine(), 400, r#"{"error":"invalid_request","error_description":"Identity not found"}"#).await;
    assert_eq!((error.kind(), error.code(), error.status()), (Kind::Unauthenticated, "invalid_request", Some(400)));
    assert!(error.message() == "Identity not found" && error.advice().contains("az vm identity assign"), "{error}");
}

#[tokio::test]
async fn an_audience_of_another_cloud_asks_for_the_environment() {
    let error =
        refused(&machine(), 400, r#"{"error":{"code":"AudienceNotSupported","message":"AudienceNotSupported: x"}}"#).await;
    assert!(error.advice().contains("environment"), "{}", error.advice());
}

#[tokio::test(start_paused = true)]
async fn a_machine_without_metadata_service_is_said_to_have_none() {
    let service = Service::new(|_, _| Outcome::Fail("tcp connect error: No route to host"));
    let before = Instant::now();
    let error = sign_in(&machine(), &service).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Unauthenticated, "NoMetadataService"));
    assert!(error.advice().contains("use_msi"));
    assert!(before.elapsed().as_secs() <= 15);
}

#[tokio::test(start_paused = true)]
async fn a_metadata_service_that_is_not_ready_is_waited_for_fifteen_seconds() {
    let service = Service::new(|_, _| json(503, "{}"));
    let before = Instant::now();
    let error = sign_in(&machine(), &service).await.unwrap_err();
    assert_eq!(error.status(), Some(503));
    assert!(error.advice().contains("Run again"));
    assert_eq!((before.elapsed().as_secs(), service.seen().len()), (15, 3));
}

#[tokio::test(start_paused = true)]
async fn a_metadata_service_that_never_answers_is_given_up_after_fifteen_seconds() {
    let service = Service::new(|_, _| Outcome::Silence);
    let before = Instant::now();
    let error = sign_in(&machine(), &service).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Unauthenticated, "NoMetadataService"));
    assert!(error.message().contains("no answer within 15 seconds") && error.advice().contains("use_msi"), "{error}");
    assert_eq!((before.elapsed().as_secs(), service.seen().len()), (15, 1));
}

#[tokio::test]
async fn an_identity_of_another_tenant_is_refused() {
    let inputs = Inputs { tenant_id: Some(TENANT.into()), ..machine() };
    let error = sign_in(&inputs, &Service::answering(200, issued(&jwt(OTHER_TENANT)))).await.unwrap_err();
    assert_eq!(error.code(), "WrongTenant");
}
