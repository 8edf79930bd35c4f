//! An answer with its whole body, and what it says when it is a refusal: error bodies of Resource Manager, Microsoft Graph and
//! OData v1, and the pages of proxies in between. `classify.rs` decides what it means.

pub(in crate::azure) mod classify;
/// Open to what tries every decoder with bytes of its own (tests/it/fuzz/entries.rs).
#[doc(hidden)]
pub mod decode;
pub(in crate::azure) mod envelope;
pub mod explain;
pub(in crate::azure) mod fault;
mod graph_permissions;
pub mod lenient;
pub(in crate::azure) mod outside;
pub(in crate::azure) mod retry_after;
pub mod stated;

use azure_core::{
    Bytes,
    error::ErrorKind,
    http::{
        AsyncRawResponse, StatusCode,
        headers::{CONTENT_LENGTH, HeaderName, Headers},
    },
};
use futures::TryStreamExt;
use serde_json::Value;

use crate::azure::{Call, Error, Failure, Kind, Result, answer::envelope::Said, clock};

/// The largest body that is read.
const LARGEST_BODY: usize = 64 << 20;
/// Headers that name the one event, the best first.
const IDS: [&str; 7] = [
    "x-ms-request-id",
    "request-id",
    "client-request-id",
    "x-ms-correlation-request-id",
    "x-ms-client-request-id",
    "x-ms-routing-request-id",
    "x-ms-activity-id",
];
/// The longest part of a service's message that is passed on.
const LONGEST_MESSAGE: usize = 1_000;

/// Status, headers and whole body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Bytes,
}

impl Answer {
    /// Reads the body to its end. A body that ends early is an IO error, one without end an `InvalidResponse`.
    pub(super) async fn gather(response: AsyncRawResponse) -> azure_core::Result<Self> {
        let (status, headers, mut stream) = response.deconstruct();
        let mut body = stream.try_next().await?.unwrap_or_default();
        if let Some(second) = stream.try_next().await? {
            let told = headers.get_optional_as::<usize, _>(&CONTENT_LENGTH).ok().flatten().unwrap_or_default();
            let mut longer = Vec::with_capacity(told.min(LARGEST_BODY).max(body.len() + second.len()));
            longer.extend_from_slice(&body);
            longer.extend_from_slice(&second);
            while let Some(chunk) = stream.try_next().await? {
                if longer.len() + chunk.len() > LARGEST_BODY {
                    return Err(azure_core::Error::new(ErrorKind::Other, too_large()));
                }
                longer.extend_from_slice(&chunk);
            }
            body = longer.into();
        }
        match body.len() {
            0..=LARGEST_BODY => Ok(Self { status: status.into(), headers, body }),
            _ => Err(azure_core::Error::new(ErrorKind::Other, too_large())),
        }
    }

    pub(super) fn into_response(self) -> AsyncRawResponse {
        AsyncRawResponse::from_bytes(StatusCode::from(self.status), self.headers, self.body)
    }

    pub(super) fn header(&self, name: &'static str) -> Option<&str> {
        self.headers.get_optional_str(&HeaderName::from_static(name))
    }

    /// The JSON of a good answer, without byte order mark; anything else is the error it stands for.
    pub(super) fn accept(&self, call: &Call) -> Result<&[u8]> {
        if self.status != 200 {
            return Err(classify::refusal(call, self));
        }
        let json = without_mark(&self.body);
        if json.first().is_some_and(|byte| matches!(byte, b'{' | b'[')) {
            return Ok(json);
        }
        let error =
            call.error(Kind::InvalidResponse).told(Failure::NotJson, not_json(json)).in_our_words("The answer is no JSON.");
        Err(error.answered(self.status, self.request_id(None)).advise(PROXY_ADVICE))
    }

    /// The service's request id: from the headers, else the one of the body.
    pub(super) fn request_id(&self, said: Option<&Said>) -> Option<String> {
        let header = IDS.into_iter().find_map(|name| self.header(name)).filter(|id| !id.is_empty());
        header.map(str::to_owned).or_else(|| said.and_then(|said| said.ids.first().cloned()))
    }

    /// Whether a refusal is throttling in disguise: a 403 that names a wait or a throttling code.
    pub(super) fn is_throttling(&self) -> bool {
        match self.status {
            429 => true,
            403 => {
                let said = self.said();
                retry_after::wait(&self.headers, clock::now()).is_some()
                    || said.codes.iter().any(|code| THROTTLE_CODES.iter().any(|known| known.eq_ignore_ascii_case(code)))
                    || said.message.to_ascii_lowercase().contains("too many requests")
            }
            _ => false,
        }
    }

    pub(super) fn said(&self) -> Said {
        let body = without_mark(&self.body);
        let mut said = match serde_json::from_slice::<Value>(body) {
            Ok(value) => envelope::open(&value),
            Err(_) => Said { message: not_json(body), ..Said::default() },
        };
        if let (true, Some(code)) = (said.codes.is_empty(), self.header("x-ms-error-code")) {
            said.codes.push(code.to_owned());
        }
        // Ids of the event are another thing each time, and a message is kept.
        let ids: Vec<String> = IDS.iter().filter_map(|name| self.header(name)).map(str::to_owned).collect();
        said.message = shortened(&outside::without(outside::without(said.message, &ids), &said.ids));
        said
    }
}

fn too_large() -> Error {
    let text = format!("The body is larger than {} MiB.", LARGEST_BODY >> 20);
    Error::new(Kind::InvalidResponse, "", "").said(Failure::TooLarge, text)
}

pub(super) const PROXY_ADVICE: &str =
    "Something between this machine and Azure answered instead of Azure: look at HTTPS_PROXY, NO_PROXY and any captive portal.";

const THROTTLE_CODES: &[&str] = &[
    "RateLimiting",
    "Request_ThrottledTemporarily",
    "ResourceRequestsThrottled",
    "SubscriptionRequestsThrottled",
    "TooManyRequests",
];

fn not_json(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..4096).unwrap_or(body)).into_owned();
    let text = text.trim();
    if text.is_empty() {
        return "The answer has no body.".to_owned();
    }
    if !text.starts_with('<') {
        return format!("The answer is not JSON: {}", shortened(text));
    }
    let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map(|(title, _)| title.trim());
    match title.filter(|title| !title.is_empty()) {
        Some(title) => format!("The answer is an HTML page instead of JSON, titled {:?}.", shortened(title)),
        None => "The answer is an HTML page instead of JSON.".to_owned(),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Some services still put a UTF-8 byte order mark in front of their JSON.
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> Answer {
        let mut collected = Headers::new();
        for (name, value) in headers {
            collected.insert(*name, *value);
        }
        Answer { status, headers: collected, body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn codes_messages_and_ids_are_found_in_every_shape_of_error_body() {
        for (body, code, message, id) in [
            (
                r#"{"error":{"code":"AuthorizationFailed","message":"The client \u0027x\u0027"}}"#,
                "AuthorizationFailed",
                "The client 'x'",
                None,
            ),
            (
                r#"{"code":"Subscription Not Registered","message":"Please register"}"#,
                "Subscription Not Registered",
                "Please register",
                None,
            ),
            (
                r#"{"error":{"code":"Forbidden","message":"m","innerError":{"date":"d","request-id":"rid"}}}"#,
                "Forbidden",
                "m",
                Some("rid"),
            ),
            (
                r#"{"odata.error":{"code":"Request_BadRequest","message":{"lang":"en","value":"v"}}}"#,
                "Request_BadRequest",
                "v",
                None,
            ),
            (
                r#"{"error":{"code":"BadRequest","message":"m","details":[{"code":"Inner","message":"why"}]}}"#,
                "BadRequest,Inner",
                "m why",
                None,
            ),
            (r#"{"error":"invalid_client","error_description":"d"}"#, "invalid_client", "d", None),
            ("", "", "The answer has no body.", None),
            ("<html><title>Sign in</title>", "", "The answer is an HTML page instead of JSON, titled \"Sign in\".", None),
            ("Bad Gateway", "", "The answer is not JSON: Bad Gateway", None),
        ] {
            let said = answer(400, &[], body).said();
            assert_eq!(
                (said.codes.join(",").as_str(), said.message.as_str(), said.ids.first().map(String::as_str)),
                (code, message, id),
                "{body}"
            );
        }
    }

    #[test]
    fn the_header_names_the_code_only_where_the_body_does_not() {
        assert_eq!(answer(403, &[("x-ms-error-code", "H")], "").said().codes, ["H"]);
        assert_eq!(answer(403, &[("x-ms-error-code", "H")], r#"{"code":"B"}"#).said().codes, ["B"]);
    }

    #[test]
    fn a_request_id_is_taken_from_whichever_header_has_one() {
        for name in ["x-ms-request-id", "request-id", "client-request-id"] {
            assert_eq!(answer(500, &[(name, "rid")], "").request_id(None).as_deref(), Some("rid"));
        }
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_json() {
        let call = Call::graph("list users", "/users");
        assert_eq!(answer(200, &[], "\u{feff}{\"value\":[]}").accept(&call).unwrap(), b"{\"value\":[]}");
    }

    #[test]
    fn a_good_status_with_a_page_or_nothing_in_it_is_not_an_answer() {
        let call = Call::graph("list users", "/users");
        for body in ["<html></html>", "", "  ", "true"] {
            let error = answer(200, &[], body).accept(&call).unwrap_err();
            assert_eq!((error.kind(), error.code()), (Kind::InvalidResponse, "NotJson"), "{body}");
        }
    }

    #[tokio::test]
    async fn a_body_without_end_is_not_read_to_the_end() {
        let chunk = Bytes::from(vec![b' '; 1 << 20]);
        let endless = futures::stream::repeat_with(move || Ok(chunk.clone()));
        let response = AsyncRawResponse::new(StatusCode::Ok, Headers::new(), Box::pin(endless));
        let error = Answer::gather(response).await.unwrap_err();
        assert_eq!(error.downcast_ref::<Error>().unwrap().code(), "TooLarge");
    }

    #[test]
    fn a_403_is_throttling_only_when_it_says_so() {
        assert!(answer(403, &[("retry-after", "3")], "").is_throttling());
        assert!(answer(403, &[], r#"{"error":{"code":"TooManyRequests","message":""}}"#).is_throttling());
        assert!(answer(403, &[], r#"{"error":{"code":"Forbidden","message":"Too Many Requests, try later"}}"#).is_throttling());
        assert!(!answer(403, &[], r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#).is_throttling());
    }
}
