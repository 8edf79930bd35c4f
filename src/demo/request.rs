//! A request as the tenant reads it, and what it keeps of it so that tests can count.

use std::collections::BTreeMap;

use azure_core::http::{Body, Method, Request as Sent, Url, headers::HeaderName};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// One request that reached the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// HTTP method in capitals, for example `GET`.
    pub method: String,
    /// Host name, for example `management.demo.azposture`.
    pub host: String,
    /// Path, decoded, without query.
    pub path: String,
    /// Names of the query's keys in the order sent, decoded.
    pub query: Vec<String>,
    /// The query as it was sent; of Resource Graph its text.
    pub question: String,
    /// Which page of a list was asked for; the first is 1.
    pub page: usize,
    /// Name of a Resource Graph query (the word after `// azposture` in its first line); none for other requests.
    pub named: Option<String>,
    /// The subscriptions and management groups that the scope of a Resource Graph query names; empty for other requests.
    pub scope: Vec<String>,
}

/// The place in a list from which a page starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) page: usize,
    pub(super) start: usize,
}

impl Cursor {
    const FIRST: Self = Self { page: 1, start: 0 };

    /// The token that stands for it in a link.
    pub(super) fn token(self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}.{}", self.page, self.start))
    }

    fn of(token: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (page, start) = text.split_once('.')?;
        Some(Self { page: page.parse().ok()?, start: start.parse().ok()? })
    }
}

/// A request, parsed.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) host: String,
    pub(super) path: String,
    /// The path's segments, decoded.
    pub(super) segments: Vec<String>,
    /// The query by lower-case key.
    pub(super) query: BTreeMap<String, String>,
    pub(super) bearer: Option<String>,
    /// Whether `ConsistencyLevel: eventual` was sent (advanced Graph queries).
    pub(super) eventual: bool,
    pub(super) body: Vec<u8>,
    /// The body as JSON; `null` if it is none.
    pub(super) json: Value,
    /// None: the link's token was not one of ours.
    pub(super) cursor: Option<Cursor>,
    /// Name of the Resource Graph query.
    pub(super) named: Option<String>,
}

impl Call {
    pub(super) fn of(request: &Sent) -> Self {
        let url = request.url().clone();
        let segments: Vec<String> = url.path().split('/').skip(1).map(decoded).collect();
        let query: BTreeMap<_, _> = url.query_pairs().map(|(key, value)| (key.to_lowercase(), value.into_owned())).collect();
        let body = match request.body() {
            Body::Bytes(bytes) => bytes.to_vec(),
            Body::SeekableStream(_) => Vec::new(),
        };
        let json: Value = serde_json::from_slice(&body).unwrap_or_default();
        let token = query.get("$skiptoken").map(String::as_str).or_else(|| json.pointer("/options/$skipToken")?.as_str());
        let header = |name: &'static str| request.headers().get_optional_str(&HeaderName::from_static(name));
        Self {
            method: request.method(),
            host: url.host_str().unwrap_or_default().to_owned(),
            path: format!("/{}", segments.join("/")),
            cursor: token.map_or(Some(Cursor::FIRST), Cursor::of),
            bearer: header("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned),
            eventual: header("consistencylevel").is_some_and(|value| value.eq_ignore_ascii_case("eventual")),
            named: json.get("query").and_then(Value::as_str).and_then(query_name),
            segments,
            query,
            url,
            body,
            json,
        }
    }

    pub(super) fn query(&self, key: &str) -> Option<&str> {
        self.query.get(key).map(String::as_str)
    }

    /// What is kept of it.
    pub(super) fn record(&self) -> Request {
        Request {
            method: self.method.to_string().to_uppercase(),
            host: self.host.clone(),
            path: self.path.clone(),
            query: self.url.query_pairs().map(|(key, _)| key.into_owned()).collect(),
            question: match self.json.get("query").and_then(Value::as_str) {
                Some(text) => text.to_owned(),
                None => self.url.query().unwrap_or_default().to_owned(),
            },
            page: self.page(),
            named: self.named.clone(),
            scope: self.scope(),
        }
    }

    fn scope(&self) -> Vec<String> {
        let lists = ["subscriptions", "managementGroups"].map(|key| self.json.get(key).and_then(Value::as_array));
        lists.into_iter().flatten().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    pub(super) fn page(&self) -> usize {
        self.cursor.map_or(0, |cursor| cursor.page)
    }
}

/// The name in `// azposture <name>`, which every query of ours starts with.
fn query_name(text: &str) -> Option<String> {
    let (first, _) = text.split_once('\n')?;
    Some(first.strip_prefix("// azposture ")?.trim().to_owned())
}

/// Percent-decoding as forms do it, except that a plus sign in a path is a plus sign.
fn decoded(segment: &str) -> String {
    let form = format!("s={}", segment.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(form.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}
