//! From a socket to the tenant and back: names of hosts are translated on both ways, secrets and assertions are checked here.

use std::{collections::BTreeMap, io::Write, sync::Arc, time::Duration};

use azposture::demo::{CLIENT_ID, CLIENT_SECRET, GRAPH_HOST, LOGIN_HOST, RESOURCE_MANAGER_HOST, TENANT_ID};
use azure_core::{
    Bytes,
    http::{HttpClient, Method, Request as Sent, Url},
};
use flate2::{Compression, write::GzEncoder};
use futures::{Stream, StreamExt, stream};
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::{Request, Response, Version, body::Frame, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use url::form_urlencoded;

use super::{ASSERTION, Http, IDENTITY_HEADER, Inner, REQUEST_TOKEN, Role, SECRET, Seen, lock, trouble::Effect};

const RESOURCE_GRAPH: &str = "/providers/Microsoft.ResourceGraph/resources";

/// A request to answer without the tenant.
pub(crate) struct Asked<'a> {
    pub(crate) role: Role,
    /// Host and port as the client calls them.
    pub(crate) host: &'a str,
    /// Path with query.
    pub(crate) path: &'a str,
    pub(crate) body: &'a [u8],
}

/// Bodies that do not come from the tenant.
pub(super) type Front = Box<dyn Fn(Asked<'_>) -> Option<Bytes> + Send + Sync>;

type Chunk = Result<Bytes, Broken>;
type Payload = UnsyncBoxBody<Bytes, Broken>;

/// The end of a connection before its time.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken on purpose")
    }
}

impl std::error::Error for Broken {}

/// How one connection can be ended from inside an answer.
#[derive(Clone, Default)]
struct Ending {
    goodbye: CancellationToken,
    reset: CancellationToken,
}

/// Accepts connections until it is dropped.
pub(super) async fn listen(inner: Arc<Inner>, role: Role, listener: TcpListener, tls: Option<TlsAcceptor>, http: Http) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        *lock(&inner.connections).entry(role).or_default() += 1;
        let (inner, tls) = (Arc::clone(&inner), tls.clone());
        connections.spawn(async move {
            let _ = stream.set_nodelay(true);
            *lock(&inner.open).entry(role).or_default() += 1;
            // Dropping a stream that lingers for no time sends a reset; a good end says its goodbye before.
            let _ = stream.set_zero_linger();
            match tls {
                None => connection(&inner, role, stream, http).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        connection(&inner, role, stream, http).await;
                    }
                }
            }
            *lock(&inner.open).entry(role).or_default() -= 1;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(inner: &Arc<Inner>, role: Role, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, http: Http) {
    let ending = Ending::default();
    let service = service_fn(|request| answer(Arc::clone(inner), role, ending.clone(), request));
    let builder = Builder::new(TokioExecutor::new());
    let builder = if http == Http::Two && role != Role::Machine { builder.http2_only() } else { builder.http1_only() };
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    tokio::select! {
        _ = serving.as_mut() => return,
        () = ending.reset.cancelled() => return,
        () = ending.goodbye.cancelled() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

async fn answer(inner: Arc<Inner>, role: Role, ending: Ending, request: Request<Incoming>) -> Result<Response<Payload>, Broken> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let path = head.uri.path().to_owned();
    let host = head.uri.authority().map(ToString::to_string).or_else(|| header("host")).unwrap_or_default();
    lock(&inner.seen).push(Seen {
        role,
        host: host.clone(),
        method: head.method.to_string(),
        path: path.clone(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        version: format!("{:?}", head.version),
        body: String::from_utf8_lossy(&body).into_owned(),
        bearer: header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned)),
    });
    let effect = lock(&inner.troubles).iter_mut().find_map(|trouble| trouble.due(role, &path));
    match effect {
        Some(Effect::Silence) => std::future::pending::<()>().await,
        Some(Effect::Reset) => {
            ending.reset.cancel();
            std::future::pending::<()>().await;
        }
        Some(Effect::Goodbye) => ending.goodbye.cancel(),
        _ => {}
    }
    tokio::time::sleep(inner.distance.latency).await;
    let asked = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let is_refused = role == Role::Management && path == RESOURCE_GRAPH && inner.is_queried_too_often();
    let fronted = |front: &Front| front(Asked { role, host: &host, path: &asked, body: &body });
    let told = match (role, inner.front.as_ref().filter(|_| !is_refused).and_then(fronted)) {
        _ if is_refused => {
            let error = json!({"error": {"code": "RateLimiting", "message": "Please slow down."}});
            let headers = json_headers().into_iter().chain([("retry-after".into(), "5".into())]).collect();
            IdentityAnswer { headers, ..told(429, &error) }
        }
        (_, Some(body)) => IdentityAnswer { status: 200, headers: json_headers(), body: vec![Ok(body)] },
        (Role::Machine, None) => machine(&inner, &head.uri, header("x-identity-header").as_deref()).await,
        (Role::Pipeline, None) => pipeline(&inner, &head.method, &path, header("authorization").as_deref()),
        (Role::Graph | Role::Login | Role::Management, None) => tenant(&inner, role, &head, &asked, &body).await?,
    };
    Ok(on_the_wire(told, effect, head.version, header("accept-encoding").as_deref()))
}

/// An answer in pieces; an error among them is where the connection breaks.
struct IdentityAnswer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<Chunk>,
}

fn json_headers() -> Vec<(String, String)> {
    vec![("content-type".into(), "application/json".into())]
}

fn told(status: u16, body: &Json) -> IdentityAnswer {
    IdentityAnswer { status, headers: json_headers(), body: vec![Ok(body.to_string().into())] }
}

/// What the tenant answers, in the words of this cloud.
async fn tenant(
    inner: &Inner,
    role: Role,
    head: &hyper::http::request::Parts,
    asked: &str,
    body: &[u8],
) -> Result<IdentityAnswer, Broken> {
    let method = if head.method == hyper::Method::POST { Method::Post } else { Method::Get };
    let is_token = role == Role::Login && head.uri.path().ends_with("/oauth2/v2.0/token");
    let mut body = body.to_vec();
    if is_token {
        let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
        lock(&inner.forms).push(form.clone());
        if let Some(refusal) = refused(&form) {
            return Ok(refusal);
        }
        body = translated(inner, form).into_bytes();
    }
    let url = Url::parse(&format!("https://{}{asked}", demo_host(role))).map_err(|_| Broken)?;
    let mut sent = Sent::new(url, method);
    for (name, value) in &head.headers {
        sent.insert_header(name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned());
    }
    sent.set_body(Bytes::from(body));
    let (status, headers, stream) = inner.tenant.execute_request(&sent).await.map_err(|_| Broken)?.deconstruct();
    let mut chunks: Vec<Chunk> = stream.map(|chunk| chunk.map_err(|_| Broken)).collect().await;
    for chunk in chunks.iter_mut().flatten() {
        *chunk = in_our_words(inner, chunk, is_token);
    }
    let headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned())).collect();
    Ok(IdentityAnswer { status: status.into(), headers, body: chunks })
}

fn demo_host(role: Role) -> &'static str {
    match role {
        Role::Graph => GRAPH_HOST,
        Role::Login | Role::Machine | Role::Pipeline => LOGIN_HOST,
        Role::Management => RESOURCE_MANAGER_HOST,
    }
}

/// The tenant takes any assertion; this cloud takes its own pipelines', and what is signed by a certificate.
fn refused(form: &BTreeMap<String, String>) -> Option<IdentityAnswer> {
    let assertion = form.get("client_assertion")?;
    let signed = assertion.split('.').count() == 3 && assertion.starts_with("ey");
    if assertion.starts_with(ASSERTION) || signed {
        return None;
    }
    let text = "AADSTS700213: No matching federated identity record found for presented assertion. Trace ID: t";
    Some(told(401, &json!({"error": "invalid_client", "error_description": text, "error_codes": [700_213]})))
}

fn translated(inner: &Inner, mut form: BTreeMap<String, String>) -> String {
    if form.get("client_secret").is_some_and(|secret| secret == SECRET) {
        form.insert("client_secret".into(), CLIENT_SECRET.into());
    } else if form.get("client_secret").is_some_and(|secret| secret == CLIENT_SECRET) {
        form.insert("client_secret".into(), "not the secret of this cloud".into());
    }
    for (role, name) in &inner.names {
        if form.get("scope").is_some_and(|scope| *scope == format!("https://{name}/.default")) {
            form.insert("scope".into(), format!("https://{}/.default", demo_host(*role)));
        }
    }
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

fn in_our_words(inner: &Inner, body: &Bytes, is_token: bool) -> Bytes {
    let Ok(mut text) = String::from_utf8(body.to_vec()) else { return body.clone() };
    for role in [Role::Graph, Role::Login, Role::Management] {
        text = text.replace(demo_host(role), &inner.names[&role]);
    }
    let Ok(json) = serde_json::from_str::<Json>(&text) else { return text.into() };
    if let Some(token) = json.get("access_token").and_then(Json::as_str).filter(|_| is_token) {
        lock(&inner.issued).push(token.to_owned());
    }
    text.into()
}

fn pipeline(inner: &Inner, method: &hyper::Method, path: &str, authorization: Option<&str>) -> IdentityAnswer {
    let name = |role| format!("https://{}/", inner.names[&role]);
    let knows = authorization == Some(&format!("Bearer {REQUEST_TOKEN}"));
    match (method.as_str(), path) {
        ("GET", "/metadata/endpoints") => told(
            200,
            &json!({
                "name": "FakeCloud", "portal": "https://portal.invalid/", "resourceManager": name(Role::Management),
                "microsoftGraphResourceId": name(Role::Graph), "graph": name(Role::Graph),
                "authentication": {
                    "loginEndpoint": name(Role::Login), "audiences": [name(Role::Management)], "tenant": "common",
                    "identityProvider": "AAD"
                }
            }),
        ),
        (_, "/github" | "/devops") if !knows => told(401, &json!({"message": "who are you?"})),
        ("GET", "/github") => told(200, &json!({"count": 1, "value": ASSERTION})),
        ("POST", "/devops") => told(200, &json!({"oidcToken": ASSERTION})),
        _ => told(404, &json!({"message": "nothing here"})),
    }
}

/// The identity endpoint of App Service. The lifetime is text, as the service writes it.
async fn machine(inner: &Inner, uri: &hyper::Uri, secret: Option<&str>) -> IdentityAnswer {
    let query: BTreeMap<_, _> = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let resource = query.get("resource").map(String::as_str).unwrap_or_default();
    let role = [Role::Management, Role::Graph].into_iter().find(|role| resource == format!("https://{}", inner.names[role]));
    match (secret == Some(IDENTITY_HEADER), uri.path(), role) {
        (true, "/msi/token", Some(role)) => told(
            200,
            &json!({
                "access_token": token(inner, role).await, "expires_on": "4102444800", "resource": resource, "token_type": "Bearer"
            }),
        ),
        _ => told(400, &json!({"error": "invalid_request", "error_description": "no such identity"})),
    }
}

/// A token of the tenant's application.
pub(super) async fn token(inner: &Inner, role: Role) -> String {
    let url = format!("https://{LOGIN_HOST}/{TENANT_ID}/oauth2/v2.0/token");
    let mut sent = Sent::new(Url::parse(&url).unwrap(), Method::Post);
    let scope = format!("https://{}/.default", demo_host(role));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("scope", scope.as_str()),
    ];
    sent.set_body(Bytes::from(form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()));
    let answer = inner.tenant.execute_request(&sent).await.unwrap();
    let body: Vec<_> = answer.deconstruct().2.map(Result::unwrap).collect().await;
    let body: Json = serde_json::from_slice(&body.concat()).unwrap();
    let token = body["access_token"].as_str().unwrap().to_owned();
    lock(&inner.issued).push(token.clone());
    token
}

fn on_the_wire(mut told: IdentityAnswer, effect: Option<Effect>, version: Version, accepts: Option<&str>) -> Response<Payload> {
    if matches!(effect, Some(Effect::Gzip | Effect::GzipCut)) && accepts.is_some_and(|accepts| accepts.contains("gzip")) {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        told.body.iter().flatten().for_each(|chunk| packed.write_all(chunk).unwrap());
        let mut packed = packed.finish().unwrap();
        if effect == Some(Effect::GzipCut) {
            packed.truncate(packed.len() * 2 / 3);
        }
        told.body = vec![Ok(packed.into())];
        told.headers.push(("content-encoding".into(), "gzip".into()));
    }
    let mut response = Response::builder().status(told.status);
    for (name, value) in &told.headers {
        response = response.header(name, value);
    }
    if effect == Some(Effect::Goodbye) && version == Version::HTTP_11 {
        response = response.header("connection", "close");
    }
    let body = match (effect, told.body.as_slice()) {
        (Some(Effect::Dribble(pieces, pause)), [Ok(whole)]) => boxed(dribble(whole.clone(), pieces, pause)),
        (Some(Effect::Stall), [Ok(whole)]) => {
            let half = whole.slice(..whole.len() / 2);
            boxed(stream::iter([Ok(half)]).chain(stream::pending()))
        }
        (_, [Ok(whole)]) => http_body_util::Full::new(whole.clone()).map_err(|never| match never {}).boxed_unsync(),
        _ => boxed(stream::iter(told.body)),
    };
    response.body(body).unwrap()
}

fn dribble(whole: Bytes, pieces: usize, pause: Duration) -> impl Stream<Item = Chunk> + Send + 'static {
    let size = whole.len().div_ceil(pieces).max(1);
    stream::unfold(whole, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = rest.split_to(size.min(rest.len()));
        Some((Ok(piece), rest))
    })
}

fn boxed(chunks: impl Stream<Item = Chunk> + Send + 'static) -> Payload {
    StreamBody::new(chunks.map(|chunk| chunk.map(Frame::data))).boxed_unsync()
}
