//! What the tenant answers, and its refusals in the services' words.

use serde_json::{Map, Value, json};

use super::{Host, request::Call};

/// One answer before it goes on the wire.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Json(Value),
    Raw(Vec<u8>),
}

impl Answer {
    pub(super) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: vec![("content-type".into(), "application/json; charset=utf-8".into())], body: Body::Json(body) }
    }

    pub(super) fn raw(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.into())], body: Body::Raw(body.into()) }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) headers: Vec<(String, String)>,
    /// What the error's `target` and the only one of its `details` name.
    pub(super) target: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), headers: Vec::new(), target: None }
    }

    pub(super) fn about(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The answer as the host words it: Graph adds an `innerError`.
    pub(super) fn answer(self, host: Host, request_id: &str) -> Answer {
        let mut error = Map::new();
        error.insert("code".into(), self.code.into());
        error.insert("message".into(), self.message.clone().into());
        if let Some(target) = self.target {
            error.insert("details".into(), json!([{"code": self.code, "target": target, "message": self.message}]));
        }
        if host == Host::Graph {
            let inner = json!({"date": "2026-11-02T08:00:00", "request-id": request_id, "client-request-id": request_id});
            error.insert("innerError".into(), inner);
        }
        let mut answer = Answer::json(self.status, json!({ "error": error }));
        answer.headers.extend(self.headers);
        answer
    }
}

/// 404 in Graph's words.
pub(super) fn no_such_object(id: &str) -> Refusal {
    let message = format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
    Refusal::new(404, "Request_ResourceNotFound", message)
}

/// 400 in Graph's words, for query options it does not support.
pub(super) fn unsupported_query(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "Request_UnsupportedQuery", message)
}

/// 404 for a path no route answers.
pub(super) fn no_such_path(host: Host, call: &Call) -> Refusal {
    if host == Host::Graph {
        let segment = call.segments.get(1).map_or("", String::as_str);
        return Refusal::new(400, "BadRequest", format!("Resource not found for the segment '{segment}'."));
    }
    let provider = call.segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers"));
    let after = |offset| provider.and_then(|at| call.segments.get(at + offset)).map_or("", String::as_str);
    let version = call.query("api-version").unwrap_or_default();
    let message = format!(
        "The resource type '{}' could not be found in the namespace '{}' for api version '{version}'. The supported api-versions are ''.",
        after(2),
        after(1)
    );
    Refusal::new(404, "InvalidResourceType", message)
}

/// 405: nothing here can be written.
pub(super) fn not_writable(host: Host, call: &Call) -> Refusal {
    let method = call.method.to_string().to_uppercase();
    let (code, message) = match host {
        Host::Graph => ("Request_BadRequest", "Specified HTTP method is not allowed for the request target.".to_owned()),
        _ => ("MethodNotAllowed", format!("The requested resource does not support http method '{method}'.")),
    };
    Refusal::new(405, code, message).with("allow", "GET")
}
