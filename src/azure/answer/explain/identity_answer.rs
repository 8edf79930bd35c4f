//! What an identity endpoint answered, kept because the SDK's parsing loses it: azure_identity 1.0 borrows strings from the JSON,
//! so any escape in `error_description` turns the answer into a parse error without status and body.

use azure_core::http::headers::{HeaderName, Headers};

use crate::azure::{
    answer::{
        envelope::{self, Said},
        explain::entra_code,
        lenient::without_bom,
        outside,
    },
    error::{Error, Kind},
    failure::Failure,
};

/// An answer without its body: what may be shown, and nothing of what may be secret.
#[derive(Clone, Debug)]
pub struct IdentityAnswer {
    /// HTTP status.
    pub status: u16,
    /// Correlation or request id, if one was sent.
    pub request_id: Option<String>,
    /// `AADSTS…`, else the OAuth or service error code; empty if none.
    pub code: String,
    /// The service's own sentence, without its trace ids; empty if none.
    pub message: String,
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    Empty,
    Html,
    Json,
    Other,
    Redirect(String),
}

impl IdentityAnswer {
    /// Looks at an answer. Only an error's code and sentence are taken from the body.
    pub fn of(status: u16, headers: &Headers, body: &[u8]) -> Self {
        let body = without_bom(body);
        let shape = shape(status, headers, body);
        let said = match shape {
            Shape::Json if status >= 400 => serde_json::from_slice(body).map(|body| envelope::open(&body)).unwrap_or_default(),
            _ => Said::default(),
        };
        let code = said.codes.into_iter().find(|code| !code.is_empty()).unwrap_or_default();
        Self {
            status,
            code: entra_code(&said.message).unwrap_or(code),
            message: outside::without(sentence(&said.message), &said.ids),
            request_id: said.ids.into_iter().next().or_else(|| request_id(headers)),
            shape,
        }
    }

    /// The error for an answer that no service of Microsoft would give: a redirect, a web page, nothing.
    pub fn odd(&self, attempted: &str, host: &str) -> Option<Error> {
        let (code, message) = match &self.shape {
            Shape::Redirect(to) => (Failure::UnexpectedRedirect, format!("{host} answered with a redirect to {to}")),
            Shape::Html => (Failure::UnexpectedPage, format!("{host} answered with a web page instead of JSON")),
            Shape::Empty => (Failure::EmptyAnswer, format!("{host} answered with nothing")),
            Shape::Json | Shape::Other => return None,
        };
        let kind = if self.status >= 500 { Kind::Unavailable } else { Kind::InvalidResponse };
        Some(Error::new(kind, attempted, host).said(code, message).answered(self.status, self.request_id.clone()).advise(
            format!("A proxy or captive portal seems to stand in between: allow {host} in it, or set HTTPS_PROXY / NO_PROXY."),
        ))
    }
}

/// The first sentence-like line, without the trace and correlation ids that Entra appends.
pub(super) fn sentence(text: &str) -> String {
    let text = text.split("Trace ID:").next().unwrap_or_default();
    let text = text.split("\nTo troubleshoot").next().unwrap_or_default();
    let line = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(600) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn shape(status: u16, headers: &Headers, body: &[u8]) -> Shape {
    let header = |name: &'static str| headers.get_optional_str(&HeaderName::from_static(name)).unwrap_or_default();
    if (300..400).contains(&status) {
        let to = url::Url::parse(header("location")).ok().and_then(|url| url.host_str().map(str::to_owned));
        return Shape::Redirect(to.unwrap_or_else(|| "an unnamed place".to_owned()));
    }
    match body.trim_ascii_start().first() {
        None => Shape::Empty,
        Some(b'<') => Shape::Html,
        Some(b'{' | b'[') => Shape::Json,
        Some(_) if header("content-type").contains("text/html") => Shape::Html,
        Some(_) => Shape::Other,
    }
}

fn request_id(headers: &Headers) -> Option<String> {
    ["x-ms-request-id", "request-id", "x-ms-correlation-request-id", "client-request-id"]
        .into_iter()
        .find_map(|name| headers.get_optional_str(&HeaderName::from_static(name)))
        .map(str::to_owned)
}
