//! The real transport against a real TLS server on this machine: what reqwest reports must arrive as what it is.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use azposture::azure::{Client, Kind, Transports};
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};

use super::{Fake, ids, ok, users};

/// A server that gives each request, by its number, the bytes to send back before it hangs up.
struct Server {
    port: u16,
    ca: tempfile::NamedTempFile,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(answer: fn(usize) -> String) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let mut ca = tempfile::NamedTempFile::new().unwrap();
        ca.write_all(certificate.pem().as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::<AtomicUsize>::default();
        let (counted, mut number) = (Arc::clone(&connections), 0);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.unwrap());
                }
                stream.write_all(answer(number).as_bytes()).await.unwrap();
                let _ = stream.shutdown().await;
                number += 1;
            }
        });
        Self { port, ca, connections }
    }

    /// A client whose requests to the APIs end up at this server.
    fn client(&self, trusted: bool) -> Client {
        let fake = Fake::new(|_, _| ok("{}"));
        let mut settings = fake.client().settings().clone();
        settings.ca_certificate_file = trusted.then(|| self.ca.path().to_owned());
        let real = Transports::real(&settings).api;
        Client::new(settings, Transports::of(Arc::new(Reroute { real, port: self.port, tokens: fake })))
    }
}

#[derive(Debug)]
struct Reroute {
    real: Arc<dyn HttpClient>,
    port: u16,
    tokens: Arc<Fake>,
}

#[async_trait::async_trait]
impl HttpClient for Reroute {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        if ["/token", "/openid-configuration"].iter().any(|end| request.url().path().ends_with(end)) {
            return self.tokens.execute_request(request).await;
        }
        let mut request = request.clone();
        request.url_mut().set_host(Some("localhost")).unwrap();
        request.url_mut().set_port(Some(self.port)).unwrap();
        self.real.execute_request(&request).await
    }
}

fn http(length: usize, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn list(_: usize) -> String {
    let body = r#"{"value":[{"id":"a"}]}"#;
    http(body.len(), body)
}

#[tokio::test]
async fn a_server_whose_certificate_is_in_the_ca_file_is_trusted() {
    let server = Server::start(list).await;
    assert_eq!(ids(&server.client(true), users()).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn a_server_that_is_not_trusted_is_asked_once_and_named_with_the_remedy() {
    let server = Server::start(list).await;
    let error = ids(&server.client(false), users()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Unavailable, "CertificateNotTrusted"), "{error}");
    assert!(error.advice().contains("ca_certificate_file"));
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_body_that_ends_before_its_announced_length_is_read_again() {
    let server = Server::start(|number| if number == 0 { http(500, r#"{"value":["#) } else { list(number) }).await;
    let client = server.client(true);
    assert_eq!(ids(&client, users()).await.unwrap(), ["a"]);
    assert_eq!(client.counts().retries, 1);
}

#[tokio::test]
async fn a_redirect_is_answered_and_not_followed() {
    let redirect = |_| {
        "HTTP/1.1 302 Found\r\nlocation: https://localhost/login\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()
    };
    let server = Server::start(redirect).await;
    let error = ids(&server.client(true), users()).await.unwrap_err();
    assert_eq!((error.code(), server.connections.load(Ordering::Relaxed)), ("Redirected", 1));
}
