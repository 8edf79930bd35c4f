//! Who may talk to this process: the one holder of the certificate that the host announced. Both ends are self-signed and pinned,
//! as go-plugin calls it AutoMTLS; no authority is asked.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use rustls::{
    DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::{
        NoServerSessionStorage,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use tokio_rustls::TlsAcceptor;

use super::Failure;

/// The server's end.
pub(super) struct Tls {
    /// Turns an accepted connection into an authenticated one.
    pub acceptor: TlsAcceptor,
    /// The certificate the host has to trust.
    pub certificate: CertificateDer<'static>,
}

impl Tls {
    /// A fresh key and certificate, and a verifier that accepts exactly the certificate in `client_pem`.
    pub(super) fn pinned(client_pem: &str) -> Result<Self, Failure> {
        let client = CertificateDer::from_pem_slice(client_pem.as_bytes()).map_err(|error| {
            Failure::start(format!(
                "Reading the host's certificate from PLUGIN_CLIENT_CERT: {error}. Terraform sets it; unset yours."
            ))
        })?;
        let (certificate, key) = identity().map_err(|error| failure(&error))?;
        let config = config(client, certificate.clone(), key).map_err(|error| failure(&error))?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate })
    }
}

fn failure(error: &dyn std::error::Error) -> Failure {
    Failure::start(format!(
        "Preparing TLS between Terraform and this provider: {error}. This is a bug in the provider; please report it."
    ))
}

/// The host verifies the name `localhost` and takes the certificate itself as its only root, so it carries what go-plugin's own
/// servers put into theirs.
fn identity() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new(["localhost".to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.self_signed(&key)?;
    Ok((certificate.der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into())))
}

fn config(
    client: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let crypto = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Pinned { client, crypto: crypto.clone() });
    let mut config = ServerConfig::builder_with_provider(crypto)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate], key)?;
    // grpc-go refuses a server that does not negotiate h2 (since 1.67).
    config.alpn_protocols = vec![b"h2".to_vec()];
    // One host, one connection: nothing to resume.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(config)
}

/// Accepts one certificate. rustls' own verifier cannot: the host's certificate is marked as an authority, which it refuses from a
/// client (`CaUsedAsEndEntity`).
#[derive(Debug)]
struct Pinned {
    client: CertificateDer<'static>,
    crypto: Arc<CryptoProvider>,
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if end_entity.as_ref() == self.client.as_ref() {
            return Ok(ClientCertVerified::assertion());
        }
        Err(rustls::Error::General("the client's certificate is not the one the host announced".into()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.crypto.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.crypto.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemes_include_the_one_the_host_signs_with() {
        let crypto = Arc::new(aws_lc_rs::default_provider());
        let pinned = Pinned { client: CertificateDer::from(vec![]), crypto };
        assert!(pinned.supported_verify_schemes().contains(&SignatureScheme::ECDSA_NISTP521_SHA512));
        assert!(pinned.client_auth_mandatory());
    }

    #[test]
    fn an_unreadable_certificate_is_refused_at_start() {
        let text = Tls::pinned("no PEM").err().unwrap().to_string();
        assert!(text.contains("PLUGIN_CLIENT_CERT"), "{text}");
    }
}
