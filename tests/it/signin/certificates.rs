//! Sign-in with a certificate: what is read, what is sent, what is refused.

use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use azposture::azure::{
    Error, Kind,
    credential::{self, Certificate},
    inputs::Inputs,
    settings::{CertificateSource, Sensitive},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use time::macros::{date, datetime};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::support::{CLIENT, Service, TENANT, application, resolve, shown, sign_in};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/certificates").join(name)
}

fn load(name: &str, password: &str) -> Result<Certificate, Error> {
    Certificate::load(&CertificateSource::File(path(name)), &Sensitive::new(password))
}

fn refusal(name: &str, password: &str) -> Error {
    let error = load(name, password).unwrap_err();
    assert_eq!(error.kind(), Kind::Configuration);
    assert!(error.object().ends_with(name) && !error.advice().is_empty() && !shown(&error).contains("wrong-password"), "{error}");
    error
}

fn inputs(name: &str, password: &str) -> Inputs {
    Inputs {
        client_certificate_path: Some(path(name).display().to_string()),
        client_certificate_password: (!password.is_empty()).then(|| Sensitive::new(password)),
        ..application()
    }
}

struct Assertion {
    header: serde_json::Value,
    payload: serde_json::Value,
    signed: String,
    signature: Vec<u8>,
}

impl Assertion {
    fn chain(&self) -> Vec<Vec<u8>> {
        self.header["x5c"].as_array().unwrap().iter().map(|part| STANDARD.decode(part.as_str().unwrap()).unwrap()).collect()
    }
}

async fn assertion(inputs: &Inputs) -> Assertion {
    let service = Service::issuing("T");
    sign_in(inputs, &service).await.unwrap();
    let text = service.seen()[0].form["client_assertion"].clone();
    let (signed, signature) = text.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let decode = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    Assertion {
        header: decode(header),
        payload: decode(payload),
        signed: signed.to_owned(),
        signature: URL_SAFE_NO_PAD.decode(signature).unwrap(),
    }
}

#[tokio::test]
async fn the_assertion_names_its_certificate_audience_and_client() {
    let sent = assertion(&inputs("modern.pfx", "pw")).await;
    let leaf = &sent.chain()[0];
    let thumbprint = URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, leaf));
    assert_eq!((sent.header["alg"].as_str(), sent.header["x5t#S256"].as_str()), (Some("PS256"), Some(thumbprint.as_str())));
    let audience = format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token");
    assert_eq!(sent.payload["aud"], audience);
    assert_eq!((&sent.payload["iss"], &sent.payload["sub"]), (&CLIENT.into(), &CLIENT.into()));
    assert_eq!(sent.payload["exp"].as_i64().unwrap() - sent.payload["nbf"].as_i64().unwrap(), 300);
}

#[tokio::test]
async fn the_assertion_verifies_with_the_certificate() {
    let sent = assertion(&inputs("chain.pfx", "pw")).await;
    let chain = sent.chain();
    let (_, leaf) = X509Certificate::from_der(&chain[0]).unwrap();
    let key = leaf.public_key().subject_public_key.data.to_vec();
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &key).verify(sent.signed.as_bytes(), &sent.signature).unwrap();
}

#[tokio::test]
async fn the_chain_is_sent_from_the_leaf_upwards_whatever_its_order_in_the_file() {
    for (name, password) in [("chain.pfx", "pw"), ("chain.pem", "")] {
        let chain = assertion(&inputs(name, password)).await.chain();
        let names: Vec<String> =
            chain.iter().map(|der| X509Certificate::from_der(der).unwrap().1.subject().to_string()).collect();
        assert_eq!(
            names,
            ["CN=azposture test application", "CN=azposture test intermediate", "CN=azposture test root"],
            "{name}"
        );
    }
}

#[tokio::test]
async fn every_common_form_of_a_certificate_is_read() {
    for (name, password) in [("modern.pfx", "pw"), ("legacy.pfx", "pw"), ("nopass.pfx", ""), ("pkcs1.pem", "")] {
        assert_eq!(assertion(&inputs(name, password)).await.chain().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_certificate_is_read_from_base64_too() {
    let text = STANDARD.encode(std::fs::read(path("modern.pfx")).unwrap());
    let inputs = Inputs {
        client_certificate: Some(Sensitive::new(text)),
        client_certificate_password: Some(Sensitive::new("pw")),
        ..application()
    };
    assert_eq!(assertion(&inputs).await.chain().len(), 1);
}

#[test]
fn a_pfx_sealed_in_an_unusual_way_asks_for_a_common_one() {
    let error = refusal("sha512.pfx", "pw");
    assert_eq!(error.code(), "UnsupportedPfx");
    assert!(error.advice().contains("SHA-256"));
}

#[test]
fn a_wrong_password_is_called_that() {
    assert_eq!(refusal("modern.pfx", "wrong-password").code(), "WrongPassword");
    assert_eq!(refusal("legacy.pfx", "wrong-password").code(), "WrongPassword");
}

#[test]
fn a_missing_password_is_called_that() {
    let error = refusal("modern.pfx", "");
    assert_eq!((error.code(), error.message()), ("WrongPassword", "it needs a password"));
}

#[test]
fn a_certificate_without_its_key_is_refused() {
    assert_eq!(refusal("nokey.pfx", "pw").code(), "NoPrivateKey");
    assert_eq!(refusal("certificate-only.pem", "").code(), "NoPrivateKey");
    assert_eq!(refusal("key-only.pem", "").code(), "NoCertificate");
    assert_eq!(refusal("mismatch.pem", "").code(), "KeyMismatch");
}

#[test]
fn only_rsa_keys_of_a_decent_size_are_taken() {
    for (name, password) in [("ec.pfx", "pw"), ("ec.pem", "")] {
        let error = refusal(name, password);
        assert_eq!((error.code(), error.message()), ("NotRsa", "the key is not an RSA key"));
        assert!(error.advice().contains("RSA"));
    }
    assert!(refusal("small.pem", "").message().contains("2048"));
}

#[test]
fn an_encrypted_pem_key_is_refused_with_a_way_out() {
    let error = refusal("encrypted.pem", "pw");
    assert_eq!(error.code(), "EncryptedKey");
    assert!(error.advice().contains("PFX"));
}

#[test]
fn something_else_is_called_neither_pfx_nor_pem() {
    assert_eq!(refusal("README.md", "").code(), "NotACertificate");
    let gone = Certificate::load(&CertificateSource::File("/nonexistent/app.pfx".into()), &Sensitive::default()).unwrap_err();
    assert_eq!((gone.code(), gone.object()), ("UnreadableFile", "/nonexistent/app.pfx"));
    let text = Certificate::load(&CertificateSource::Inline(Sensitive::new("%%%")), &Sensitive::default()).unwrap_err();
    assert_eq!((text.code(), text.object()), ("NotBase64", "client_certificate"));
}

#[tokio::test]
async fn an_expired_certificate_is_refused_before_anything_is_sent() {
    let service = Service::issuing("T");
    let error = sign_in(&inputs("expired.pfx", "pw"), &service).await.unwrap_err();
    assert_eq!(error.code(), "CertificateExpired");
    assert!(error.message().contains("2021-01-01"), "{error}");
    assert!(service.seen().is_empty());
}

#[test]
fn a_certificate_of_tomorrow_points_at_the_clock() {
    let error = load("expired.pfx", "pw").unwrap().must_be_valid(datetime!(2019-12-31 0:00 UTC)).unwrap_err();
    assert_eq!(error.code(), "CertificateNotYetValid");
}

#[test]
fn the_end_of_the_own_credential_is_known() {
    let settings = resolve(&inputs("expired.pfx", "pw"), &[]).unwrap();
    let certificate = credential::certificate(&settings).unwrap().unwrap();
    assert_eq!((certificate.not_before.date(), certificate.not_after.date()), (date!(2020 - 01 - 01), date!(2021 - 01 - 01)));
    assert!(credential::certificate(&resolve(&Inputs::default(), &[]).unwrap()).unwrap().is_none());
}
