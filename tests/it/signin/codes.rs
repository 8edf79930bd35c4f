//! Every code of the table arrives as its own explanation.

use azposture::azure::{
    Error, Kind,
    answer::{explain, explain::Topic},
    inputs::Inputs,
    settings::Sensitive,
};

use super::support::{Service, application, entra, sign_in};

async fn answer(code: u32) -> Error {
    let inputs = Inputs { client_secret: Some(Sensitive::new("s")), ..application() };
    sign_in(&inputs, &Service::answering(400, entra(code, "The service's words"))).await.unwrap_err()
}

async fn check(code: u32, topic: Topic, advice: &str) {
    let error = answer(code).await;
    assert_eq!(error.code(), format!("AADSTS{code}"));
    let row = explain::meaning(error.code()).unwrap();
    assert_eq!(row.topic, topic, "{code}");
    assert!(error.message().starts_with(row.meaning) && error.message().contains("The service's words"), "{error}");
    assert!(error.advice().contains(advice), "{code}: {}", error.advice());
    let kind = match topic {
        Topic::Cloud | Topic::Tenant => Kind::Configuration,
        Topic::Service => Kind::Unavailable,
        Topic::SignIn => Kind::Unauthenticated,
    };
    assert_eq!((error.kind(), explain::topic(&error)), (kind, Some(topic)), "{code}");
}

#[tokio::test]
async fn a_wrong_or_expired_secret_is_told_apart_and_asks_for_a_new_one() {
    check(7000215, Topic::SignIn, "Value").await;
    check(7000222, Topic::SignIn, "new client secret").await;
    assert_ne!(explain::meaning("AADSTS7000215").unwrap().meaning, explain::meaning("AADSTS7000222").unwrap().meaning);
}

#[tokio::test]
async fn an_unknown_or_disabled_application_is_told_apart() {
    check(700016, Topic::SignIn, "Application (client) ID").await;
    check(7000112, Topic::SignIn, "Enabled for users to sign in").await;
}

#[tokio::test]
async fn an_unknown_tenant_asks_for_the_tenant() {
    for code in [50128, 90002, 900021, 900023] {
        check(code, Topic::Tenant, "tenant_id").await;
    }
}

#[tokio::test]
async fn another_cloud_asks_for_the_environment() {
    for code in [90038, 900382, 900432, 700023, 500011] {
        check(code, Topic::Cloud, "environment").await;
    }
}

#[tokio::test]
async fn an_expired_assertion_asks_for_a_fresh_one() {
    check(700024, Topic::SignIn, "oidc_token_file_path").await;
}

#[tokio::test]
async fn an_unregistered_certificate_asks_to_upload_it() {
    check(700027, Topic::SignIn, "Certificates & secrets").await;
}

#[tokio::test]
async fn a_token_without_federated_credential_asks_for_issuer_subject_and_audience() {
    for code in [70021, 700211, 700212, 700213] {
        check(code, Topic::SignIn, "subject and audience").await;
    }
}

#[tokio::test]
async fn missing_consent_asks_for_admin_consent() {
    check(65001, Topic::SignIn, "grant admin consent").await;
}

#[tokio::test]
async fn what_a_user_must_do_asks_for_az_login() {
    for code in [50076, 50079, 50078, 50034, 50173, 70043, 700003, 700082] {
        check(code, Topic::SignIn, "az login").await;
    }
    check(50020, Topic::Tenant, "az login").await;
}

#[tokio::test]
async fn a_blocked_sign_in_asks_for_the_sign_in_log() {
    check(53003, Topic::SignIn, "Sign-in logs").await;
}

#[tokio::test]
async fn a_passing_problem_asks_to_wait() {
    check(90033, Topic::Service, "Run again").await;
}

#[test]
fn a_code_is_found_in_any_text() {
    assert_eq!(explain::entra_code("x AADSTS700016: y AADSTS50076").as_deref(), Some("AADSTS700016"));
    assert_eq!(explain::entra_code("AADSTS12 nothing"), None);
}

#[test]
fn an_error_of_reading_is_about_no_sign_in() {
    assert_eq!(explain::topic(&Error::new(Kind::Forbidden, "list users", "tenant")), None);
}
