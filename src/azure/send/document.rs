//! One small answer over plain HTTP: the documents that come before a token (cloud metadata, tenant discovery, pipeline assertions).
//! Bodies are limited, what passes by itself is tried three times (twice if it takes its whole time), redirects are never followed.

use std::{sync::Arc, time::Duration};

use azure_core::http::{HttpClient, Request, response::AsyncResponseBody};
use futures::StreamExt;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::azure::{
    answer::{
        explain::{self, IdentityAnswer},
        lenient::without_bom,
    },
    error::{Error, Kind, Result},
    failure::Failure,
};

const LIMIT: usize = 1 << 20;
const TIMEOUT: Duration = Duration::from_secs(30);
const WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// A whole answer.
pub(in crate::azure) struct Answer {
    /// Status, request id and what kind of body it was.
    pub(in crate::azure) told: IdentityAnswer,
    body: Vec<u8>,
    attempted: String,
    host: String,
}

/// Sends `request` for `attempted` ("read the cloud's metadata"); connection failures, 408, 429 and 5xx, and a proxy's page or a cut-off
/// document in the place of the answer are tried again twice, and what did not come in time once.
pub(in crate::azure) async fn send(http: &Arc<dyn HttpClient>, attempted: &str, request: &Request) -> Result<Answer> {
    let mut waits = WAITS.into_iter();
    let mut late = false;
    loop {
        let answer = once(http, attempted, request).await;
        let passing = match &answer {
            Ok(answer) => is_passing(answer.told.status) || answer.is_cut_off(),
            Err(error) if error.kind() == Kind::Timeout => !std::mem::replace(&mut late, true),
            Err(error) => error.failure() == Some(Failure::ConnectionFailed),
        };
        match waits.next().filter(|_| passing) {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return answer,
        }
    }
}

/// Whether a status may change by itself within seconds.
pub(in crate::azure) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// A body of at most 1 MiB; more is an error, because no document read here is that long.
pub(in crate::azure) async fn limited(mut body: AsyncResponseBody) -> azure_core::Result<Vec<u8>> {
    let mut whole = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        if whole.len() + chunk.len() > LIMIT {
            return Err(azure_core::Error::with_message(azure_core::error::ErrorKind::Io, "the answer is longer than 1 MiB"));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

/// Where decoding stopped, without serde's text: that quotes the value, which may be a token.
fn undecodable(fault: &serde_json::Error) -> String {
    let (line, column) = (fault.line(), fault.column());
    format!("the answer is not the expected JSON (line {line}, column {column})")
}

fn next_step(kind: Kind) -> &'static str {
    match kind {
        Kind::InvalidResponse => "Check that the host is the right one and that no proxy answers for it.",
        _ => "Run again in a few minutes.",
    }
}

async fn once(http: &Arc<dyn HttpClient>, attempted: &str, request: &Request) -> Result<Answer> {
    let host = request.url().host_str().unwrap_or_default().to_owned();
    let whole = async {
        let (status, headers, body) = http.execute_request(request).await?.deconstruct();
        let body = limited(body).await?;
        Ok::<_, azure_core::Error>((IdentityAnswer::of(u16::from(status), &headers, &body), body))
    };
    match tokio::time::timeout(TIMEOUT, whole).await {
        Ok(Ok((told, body))) => Ok(Answer { told, body, attempted: attempted.to_owned(), host }),
        Ok(Err(fault)) => Err(explain::explanation(&fault).unwrap_or_else(|| explain::unreachable(attempted, &host, &fault))),
        Err(_) => Err(explain::timed_out(attempted, &host, TIMEOUT)),
    }
}

impl Answer {
    /// Whether it is called a success and holds no document.
    fn is_cut_off(&self) -> bool {
        (200..300).contains(&self.told.status) && serde_json::from_slice::<IgnoredAny>(without_bom(&self.body)).is_err()
    }

    /// The document in a success answer; anything else is explained.
    pub(in crate::azure) fn document<T: DeserializeOwned>(&self) -> Result<T> {
        if !(200..300).contains(&self.told.status) {
            let kind = match self.told.status {
                429 => Kind::Throttled,
                408 | 500.. => Kind::Unavailable,
                _ => Kind::InvalidResponse,
            };
            let error = self.refused(kind);
            return Err(if error.advice().is_empty() { error.advise(next_step(kind)) } else { error });
        }
        serde_json::from_slice(without_bom(&self.body)).map_err(|fault| {
            self.told.odd(&self.attempted, &self.host).unwrap_or_else(|| {
                Error::new(Kind::InvalidResponse, &self.attempted, &self.host)
                    .said(Failure::UndecodableAnswer, undecodable(&fault))
                    .answered(self.told.status, self.told.request_id.clone())
                    .advise("Check that the host is the right one and that no proxy rewrites its answers.")
            })
        })
    }

    /// The error of an answer that is not a success.
    pub(in crate::azure) fn refused(&self, kind: Kind) -> Error {
        self.told.odd(&self.attempted, &self.host).unwrap_or_else(|| {
            Error::new(kind, &self.attempted, &self.host)
                .told(self.told.code.as_str(), &self.told.message)
                .answered(self.told.status, self.told.request_id.clone())
        })
    }
}
