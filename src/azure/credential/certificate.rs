//! Sign-in with a certificate: our own client assertion (PS256, SHA-256 thumbprint, chain), because the SDK's needs OpenSSL, sends the
//! chain in a form RFC 7515 does not know, and cannot read older PFX files.

use std::{fmt, fs, sync::Arc};

use async_trait::async_trait;
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{KeyPair as _, RSA_PSS_SHA256, RsaKeyPair},
};
use azure_core::{
    credentials::TokenCredential,
    http::{ClientMethodOptions, ClientOptions},
};
use azure_identity::{ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use p12_keystore::KeyStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::azure::{
    answer::explain,
    clock,
    error::{Error, Kind, Result},
    failure::Failure,
    settings::{CertificateSource, Sensitive},
};

/// A certificate with its private key and chain.
pub struct Certificate {
    key: RsaKeyPair,
    chain: Vec<Vec<u8>>,
    object: String,
    /// First moment of validity.
    pub not_before: OffsetDateTime,
    /// Last moment of validity.
    pub not_after: OffsetDateTime,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("not_after", &self.not_after).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a PFX (any common encryption) or PEM file, or base64 of a PFX. Only RSA keys, because Entra takes no others.
    pub fn load(source: &CertificateSource, password: &Sensitive) -> Result<Self> {
        let (bytes, object) = match source {
            CertificateSource::File(path) => {
                let object = path.display().to_string();
                let bytes = fs::read(path).map_err(|error| {
                    fault(
                        &object,
                        Failure::UnreadableFile,
                        error.to_string(),
                        "Correct client_certificate_path or the file's permissions.",
                    )
                })?;
                (bytes, object)
            }
            CertificateSource::Inline(text) => {
                let object = "client_certificate".to_owned();
                let bytes = STANDARD.decode(text.reveal().split_whitespace().collect::<String>()).map_err(|_| {
                    fault(
                        &object,
                        Failure::NotBase64,
                        "it is not base64",
                        "Give the base64 of a PFX file, for example filebase64(\"app.pfx\").",
                    )
                })?;
                (bytes, object)
            }
        };
        if contains(&bytes, b"-----BEGIN ") { from_pem(&bytes, object) } else { from_pfx(&bytes, password, object) }
    }

    /// Whether the certificate is valid at `now`; Entra's own answer to an expired one is hard to read.
    pub fn must_be_valid(&self, now: OffsetDateTime) -> Result<()> {
        if now > self.not_after {
            let message = format!("the certificate expired on {}", self.not_after.date());
            return Err(fault(
                &self.object,
                Failure::CertificateExpired,
                message,
                "Create a new certificate, upload it to the app registration, and use it here.",
            ));
        }
        if now < self.not_before {
            let message = format!("the certificate is not valid before {}", self.not_before.date());
            return Err(fault(
                &self.object,
                Failure::CertificateNotYetValid,
                message,
                "Set this machine's clock, or use a certificate that is valid now.",
            ));
        }
        Ok(())
    }

    fn new(key: RsaKeyPair, chain: Vec<Vec<u8>>, object: String) -> Result<Self> {
        let not_a_certificate = || {
            fault(
                &object,
                Failure::InvalidCertificate,
                "it holds something that is not an X.509 certificate",
                "Export the certificate again.",
            )
        };
        let leaf = chain.first().ok_or_else(not_a_certificate)?;
        let (_, parsed) = X509Certificate::from_der(leaf).map_err(|_| not_a_certificate())?;
        let moment = |seconds: i64| OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| not_a_certificate());
        let not_before = moment(parsed.validity().not_before.timestamp())?;
        let not_after = moment(parsed.validity().not_after.timestamp())?;
        Ok(Self { key, chain, object, not_before, not_after })
    }

    fn assertion(&self, client_id: &str, audience: &str, now: OffsetDateTime) -> Result<String> {
        let leaf = self.chain.first().map(Vec::as_slice).unwrap_or_default();
        let chain: Vec<String> = self.chain.iter().map(|certificate| STANDARD.encode(certificate)).collect();
        let header = serde_json::json!({
            "alg": "PS256",
            "typ": "JWT",
            "x5t#S256": URL_SAFE_NO_PAD.encode(digest(&SHA256, leaf)),
            "x5c": chain,
        });
        let now = now.unix_timestamp();
        let payload = serde_json::json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": azure_core::Uuid::new_v4().to_string(),
            "nbf": now,
            "exp": now + 300,
        });
        let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&payload));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).map_err(|_| {
            fault(&self.object, Failure::SigningFailed, "the private key could not sign", "Use an RSA key of 2048 bits or more.")
        })?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

pub(super) fn credential(
    tenant: String,
    client_id: String,
    certificate: Certificate,
    audience: String,
    client_options: ClientOptions,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let assertion = Signed { certificate, client_id: client_id.clone(), audience };
    let options = ClientAssertionCredentialOptions { client_options };
    Ok(ClientAssertionCredential::new(tenant, client_id, assertion, Some(options))?)
}

#[derive(Debug)]
struct Signed {
    certificate: Certificate,
    client_id: String,
    audience: String,
}

#[async_trait]
impl ClientAssertion for Signed {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.certificate.assertion(&self.client_id, &self.audience, clock::now()).map_err(explain::carry)
    }
}

fn from_pfx(bytes: &[u8], password: &Sensitive, object: String) -> Result<Certificate> {
    use p12_keystore::error::Error as Pfx;
    let store = KeyStore::from_pkcs12(bytes, password.reveal()).map_err(|error| match error {
        Pfx::MacError(_) | Pfx::UnpadError | Pfx::Pkcs5Error(_) => {
            let message = if password.reveal().is_empty() { "it needs a password" } else { "the password is wrong" };
            fault(
                &object,
                Failure::WrongPassword,
                message,
                "Set client_certificate_password to the password the PFX was exported with.",
            )
        }
        Pfx::UnsupportedEncryptionScheme | Pfx::UnsupportedMacAlgorithm => {
            let message = "the PFX is encrypted in a way that is not supported";
            fault(
                &object,
                Failure::UnsupportedPfx,
                message,
                "Export it again with AES-256 and SHA-256 (openssl pkcs12 -export), or as PEM.",
            )
        }
        _ => fault(
            &object,
            Failure::NotACertificate,
            "it is neither a PFX nor a PEM file",
            "Give a PFX with its private key, or a PEM file with key and certificate.",
        ),
    })?;
    let Some((_, entry)) = store.private_key_chain() else {
        return Err(no_key(&object));
    };
    let chain: Vec<Vec<u8>> = entry.chain().iter().map(|certificate| certificate.as_der().to_vec()).collect();
    let key = RsaKeyPair::from_pkcs8(entry.key()).map_err(|_| not_rsa(&object, &chain))?;
    Certificate::new(key, chain, object)
}

fn from_pem(bytes: &[u8], object: String) -> Result<Certificate> {
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(bytes) {
        let certificate = certificate
            .map_err(|error| fault(&object, Failure::InvalidPem, error.to_string(), "Export the certificate again."))?;
        certificates.push(certificate.to_vec());
    }
    if certificates.is_empty() {
        let message = "the PEM file holds no certificate";
        return Err(fault(
            &object,
            Failure::NoCertificate,
            message,
            "Put the certificate (and its chain) after the key in the same file.",
        ));
    }
    if contains(bytes, b"BEGIN ENCRYPTED PRIVATE KEY") || contains(bytes, b"Proc-Type: 4,ENCRYPTED") {
        let message = "the PEM file's private key is encrypted";
        return Err(fault(
            &object,
            Failure::EncryptedKey,
            message,
            "Use a PFX with client_certificate_password, or decrypt the key (openssl pkey).",
        ));
    }
    let key = match PrivateKeyDer::from_pem_slice(bytes) {
        Ok(PrivateKeyDer::Pkcs8(key)) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
        Ok(PrivateKeyDer::Pkcs1(key)) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
        Ok(_) => return Err(not_rsa(&object, &certificates)),
        Err(_) => return Err(no_key(&object)),
    };
    let key = key.map_err(|_| not_rsa(&object, &certificates))?;
    let chain = ordered(&key, certificates).ok_or_else(|| {
        let message = "none of the certificates in it belongs to the private key";
        fault(&object, Failure::KeyMismatch, message, "Put the certificate of this key into the file.")
    })?;
    Certificate::new(key, chain, object)
}

/// The chain from the key's own certificate upwards; none if the key has no certificate here. What does not belong to it is left out.
fn ordered(key: &RsaKeyPair, mut rest: Vec<Vec<u8>>) -> Option<Vec<Vec<u8>>> {
    let own = rest.iter().position(|der| {
        X509Certificate::from_der(der)
            .is_ok_and(|(_, parsed)| parsed.public_key().subject_public_key.data.as_ref() == key.public_key().as_ref())
    })?;
    let mut chain = vec![rest.swap_remove(own)];
    while let Some(issuer) = chain.last().and_then(|der| issuer_of(der, &rest)) {
        chain.push(rest.swap_remove(issuer));
    }
    Some(chain)
}

fn issuer_of(der: &[u8], candidates: &[Vec<u8>]) -> Option<usize> {
    let (_, child) = X509Certificate::from_der(der).ok()?;
    if child.issuer().as_raw() == child.subject().as_raw() {
        return None;
    }
    candidates.iter().position(|der| {
        X509Certificate::from_der(der).is_ok_and(|(_, parent)| parent.subject().as_raw() == child.issuer().as_raw())
    })
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn no_key(object: &str) -> Error {
    let fix = "Export the certificate with its private key: the .cer file of the portal has none.";
    fault(object, Failure::NoPrivateKey, "it holds no private key that belongs to a certificate", fix)
}

fn not_rsa(object: &str, chain: &[Vec<u8>]) -> Error {
    let rsa = chain.first().is_some_and(|der| {
        X509Certificate::from_der(der).is_ok_and(|(_, parsed)| {
            parsed.public_key().algorithm.algorithm == x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION
        })
    });
    let message = if rsa { "the RSA key is damaged or shorter than 2048 bits" } else { "the key is not an RSA key" };
    fault(
        object,
        Failure::NotRsa,
        message,
        "Microsoft Entra ID takes only RSA certificates here: create one with an RSA key of 2048 bits or more.",
    )
}

fn fault(object: &str, failure: Failure, message: impl AsRef<str>, fix: &str) -> Error {
    Error::new(Kind::Configuration, "sign in with a client certificate: read it", object).said(failure, message).advise(fix)
}
