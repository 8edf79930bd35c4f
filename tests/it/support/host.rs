//! The host's side of the handshake: starts the built binary as Terraform does, reads its line, and connects.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{self, CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader},
    net::{TcpStream, UnixStream},
    process::{Child, ChildStdout, Command},
    time::timeout,
};
use tonic::transport::{Channel, Endpoint, Uri};

/// The built provider.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_terraform-provider-azposture");

const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Ends a wait that hangs. Far longer than anything takes on a machine under load.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), work).await.expect("done within a minute")
}

/// What `make test-clock` runs the tests under, for the processes that they start with an environment of their own: another clock, another
/// time zone, another language. Nothing without it.
pub(crate) fn other_clock() -> impl Iterator<Item = (OsString, OsString)> {
    let is_under_one = env::var_os("FAKETIME").is_some();
    let passed_on = |name: &OsString| {
        let name = name.to_string_lossy();
        ["LC_ALL", "LD_PRELOAD", "TZ"].contains(&name.as_ref()) || name.contains("FAKETIME") || name.contains("FAKE_MONOTONIC")
    };
    env::vars_os().filter(move |(name, _)| is_under_one && passed_on(name))
}

/// How to start the provider. Its directory is removed when this is dropped.
pub(crate) struct Launch {
    /// The whole environment.
    pub(crate) environment: BTreeMap<&'static str, String>,
    /// Where its temporary files go.
    pub(crate) directory: tempfile::TempDir,
    program: Vec<String>,
}

impl Launch {
    /// As Terraform starts it, but without a certificate.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let environment = BTreeMap::from([
            ("TF_PLUGIN_MAGIC_COOKIE", COOKIE.into()),
            ("PLUGIN_PROTOCOL_VERSIONS", "5,6".into()),
            ("PLUGIN_MIN_PORT", "10000".into()),
            ("PLUGIN_MAX_PORT", "25000".into()),
            ("TMPDIR", directory.path().to_str().unwrap().into()),
            ("PATH", "/usr/bin:/bin".into()),
        ]);
        Self { environment, directory, program: vec![BINARY.into()] }
    }

    /// With this variable, or without it if the value is empty.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.insert(name, value.into());
        self.environment.retain(|_, value| !value.is_empty());
        self
    }

    /// With an argument.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.program.push(argument.into());
        self
    }

    /// From a shell, so that the provider has a parent that can be killed.
    pub(crate) fn under_shell(mut self) -> Self {
        self.program.splice(0..0, ["/bin/sh", "-c", r#""$0" & wait"#].map(String::from));
        self
    }

    /// The process with piped output, killed when it is dropped.
    pub(crate) fn spawn(&self) -> Child {
        let mut command = Command::new(&self.program[0]);
        command.args(&self.program[1..]).env_clear().envs(other_clock()).envs(&self.environment).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Exit code, stdout and stderr of a process that ends by itself.
    pub(crate) async fn run(&self) -> (Option<i32>, String, String) {
        let output = within(self.spawn().wait_with_output()).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// What the provider has left in its directory for temporary files.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

/// The handshake line.
#[derive(Debug)]
pub(crate) struct Line {
    /// `unix` or `tcp`.
    pub(crate) network: String,
    /// Where to connect.
    pub(crate) address: String,
    /// What to trust; `None` without TLS.
    pub(crate) certificate: Option<CertificateDer<'static>>,
    /// As it was.
    pub(crate) text: String,
}

impl Line {
    /// Reads it from a process that was just started, for a host or for a debugger.
    pub(crate) async fn read(stdout: &mut BufReader<ChildStdout>) -> Self {
        let mut text = String::new();
        within(stdout.read_line(&mut text)).await.unwrap();
        if let Some(config) = text.trim_end().strip_prefix("TF_REATTACH_PROVIDERS='").and_then(|rest| rest.strip_suffix('\'')) {
            let config: serde_json::Value = serde_json::from_str(config).unwrap();
            let address = &config.as_object().unwrap().values().next().unwrap()["Addr"];
            let part = |name: &str| address[name].as_str().unwrap().to_owned();
            return Self { network: part("Network"), address: part("String"), certificate: None, text };
        }
        let fields: Vec<_> = text.trim_end().split('|').map(str::to_owned).collect();
        let certificate = fields.get(5).filter(|field| !field.is_empty());
        let certificate = certificate.map(|field| CertificateDer::from(STANDARD_NO_PAD.decode(field).unwrap()));
        Self { network: fields[2].clone(), address: fields[3].clone(), certificate, text }
    }

    /// The directory that the socket lies in.
    pub(crate) fn directory(&self) -> &Path {
        Path::new(&self.address).parent().unwrap()
    }
}

/// A key and its certificate, as Terraform makes them: P-521, and an authority.
pub(crate) struct Identity {
    /// The certificate as the host announces it.
    pub(crate) pem: String,
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Identity {
    /// A fresh one.
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.self_signed(&key).unwrap();
        Self { pem: certificate.pem(), certificate: certificate.der().clone(), key }
    }

    /// A TLS client with this identity that trusts `server`.
    pub(crate) fn client(&self, server: &CertificateDer<'static>, version: &'static SupportedProtocolVersion) -> ClientConfig {
        let key = PrivateKeyDer::Pkcs8(self.key.serialize_der().into());
        trusting(server, version, |builder| builder.with_client_auth_cert(vec![self.certificate.clone()], key).unwrap())
    }
}

/// A TLS client without a certificate that trusts `server`.
pub(crate) fn nobody(server: &CertificateDer<'static>) -> ClientConfig {
    trusting(server, &rustls::version::TLS13, |builder| builder.with_no_client_auth())
}

fn trusting(
    server: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
    finish: impl FnOnce(rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>) -> ClientConfig,
) -> ClientConfig {
    let crypto = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(OnlyThis { server: server.clone(), crypto: crypto.clone() });
    let builder = ClientConfig::builder_with_provider(crypto).with_protocol_versions(&[version]).unwrap();
    let mut config = finish(builder.dangerous().with_custom_certificate_verifier(verifier));
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

/// A connection to where the line says; `tls` is `None` for plain text.
pub(crate) async fn connect(line: &Line, tls: Option<ClientConfig>) -> Result<Channel, tonic::transport::Error> {
    let (network, address, tls) = (line.network.clone(), line.address.clone(), tls.map(Arc::new));
    let connector = tower::service_fn(move |_: Uri| {
        let (network, address, tls) = (network.clone(), address.clone(), tls.clone());
        async move { stream(&network, &address, tls).await.map(TokioIo::new) }
    });
    within(Endpoint::from_static("http://localhost").connect_with_connector(connector)).await
}

async fn stream(network: &str, address: &str, tls: Option<Arc<ClientConfig>>) -> std::io::Result<Box<dyn Io>> {
    let io: Box<dyn Io> = match network {
        "unix" => Box::new(UnixStream::connect(address).await?),
        _ => Box::new(TcpStream::connect(address).await?),
    };
    let Some(config) = tls else { return Ok(io) };
    let stream = tokio_rustls::TlsConnector::from(config).connect(ServerName::try_from("localhost").unwrap(), io).await?;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()), "newer hosts insist on it");
    Ok(Box::new(stream))
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// What Go makes of the server's certificate: the only root, valid for `localhost`.
#[derive(Debug)]
struct OnlyThis {
    server: CertificateDer<'static>,
    crypto: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OnlyThis {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        assert_eq!(end_entity.as_ref(), self.server.as_ref(), "the certificate is the announced one");
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, name).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls12_signature(message, certificate, signed, &self.crypto.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls13_signature(message, certificate, signed, &self.crypto.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}
