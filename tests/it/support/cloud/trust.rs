//! A certificate authority of the test's own, and the certificates its servers show, good and bad.

use std::{io::Write, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use time::{Duration, OffsetDateTime};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};

/// The host names a good certificate is for: this machine, and the hosts of every cloud.
const NAMES: [&str; 13] = [
    "localhost",
    "login.microsoftonline.com",
    "management.azure.com",
    "graph.microsoft.com",
    "login.microsoftonline.us",
    "management.usgovcloudapi.net",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "login.chinacloudapi.cn",
    "management.chinacloudapi.cn",
    "microsoftgraph.chinacloudapi.cn",
    "pipelines.example",
    "cloud.example",
];

/// What a server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// Valid once, no longer.
    Expired,
    /// Signed by an authority that nobody trusts.
    OtherAuthority,
    /// Valid, but for another host.
    OtherName,
    /// What it should be.
    Trusted,
}

/// The HTTP a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Http {
    /// HTTP/1.1.
    One,
    /// HTTP/2.
    Two,
}

/// An authority whose certificate lies in a file for `ca_certificate_file`.
pub(crate) struct Authority {
    /// The file.
    pub(crate) file: tempfile::NamedTempFile,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let (params, key) = (authority(), KeyPair::generate().unwrap());
        let certificate = params.self_signed(&key).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(certificate.pem().as_bytes()).unwrap();
        Self { file, issuer: Issuer::new(params, key) }
    }

    /// TLS with that certificate, which offers that HTTP and no other.
    pub(crate) fn acceptor(&self, shown: Certificate, http: Http) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let names: &[&str] = if shown == Certificate::OtherName { &["elsewhere.example"] } else { &NAMES };
        let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        if shown == Certificate::Expired {
            params.not_before = OffsetDateTime::now_utc() - Duration::days(20);
            params.not_after = OffsetDateTime::now_utc() - Duration::days(10);
        }
        let certificate = match shown {
            Certificate::OtherAuthority => {
                params.signed_by(&key, &Issuer::new(authority(), KeyPair::generate().unwrap())).unwrap()
            }
            Certificate::Expired | Certificate::OtherName | Certificate::Trusted => params.signed_by(&key, &self.issuer).unwrap(),
        };
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let mut config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = vec![match http {
            Http::One => b"http/1.1".to_vec(),
            Http::Two => b"h2".to_vec(),
        }];
        TlsAcceptor::from(Arc::new(config))
    }
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "azposture test authority");
    params
}
