//! Remembers the identity service's last answer, because the SDK's own parsing of it loses status and text.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::http::{
    AsyncRawResponse, Context, Request,
    policies::{Policy, PolicyResult},
};

use super::lifetime;
use crate::azure::{answer::explain::IdentityAnswer, send::document};

/// A per-try policy that keeps status, ids and the error sentence of the last answer, and nothing of a token.
#[derive(Debug, Default)]
pub(super) struct Recorder(Mutex<Option<IdentityAnswer>>);

impl Recorder {
    /// The last answer; none if the last attempt got none.
    pub(super) fn last(&self) -> Option<IdentityAnswer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, told: Option<IdentityAnswer>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = told;
    }
}

#[async_trait]
impl Policy for Recorder {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        self.remember(None);
        let [first, rest @ ..] = next else {
            return Err(azure_core::Error::with_message(azure_core::error::ErrorKind::Other, "the pipeline has no transport"));
        };
        let (status, headers, body) = first.send(context, request, rest).await?.deconstruct();
        let body = document::limited(body).await?;
        self.remember(Some(IdentityAnswer::of(u16::from(status), &headers, &body)));
        let body = if status.is_success() { lifetime::bounded(body) } else { body };
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}
