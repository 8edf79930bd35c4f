//! A short retry of token requests: three tries of what passes by itself, two of what takes a whole time limit. The SDK's own retry is
//! off, because it also repeats what cannot pass, such as an untrusted certificate, for a minute.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use azure_core::{
    error::ErrorKind,
    http::{
        AsyncRawResponse, Context, Request,
        headers::{Headers, RETRY_AFTER},
        policies::{Policy, PolicyResult},
    },
};
use serde::Deserialize;
use tokio::time::{sleep, timeout};

use crate::azure::{
    answer::{explain, fault, lenient::without_bom},
    send::document,
    settings::Sensitive,
};

const WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// A longer wish of the service ends the sign-in as throttled.
const LONGEST: Duration = Duration::from_secs(15);
/// Tries of a request that got no answer in time: each of them costs the whole time.
const MOST_TIMEOUTS: usize = 2;

/// The last per-call policy of a credential's pipeline.
#[derive(Debug)]
pub(super) struct Patience {
    /// How long one try may take, its body included.
    pub(super) limit: Duration,
    /// What errors say was attempted, and where.
    pub(super) attempted: String,
    pub(super) host: String,
}

#[async_trait]
impl Policy for Patience {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let [first, rest @ ..] = next else {
            return Err(azure_core::Error::with_message(ErrorKind::Other, "the pipeline has no transport"));
        };
        let mut late = 0;
        for wait in WAITS {
            let outcome = self.once(context, request, first, rest).await;
            let wait = match &outcome {
                Ok(answer) if answer.is_passing() => match asked(&answer.headers) {
                    Some(asked) if asked > LONGEST => return outcome.map(Whole::into_response),
                    asked => asked.unwrap_or(wait),
                },
                Err(error) if explain::is_passing(error) => wait,
                Err(error) if fault::is_timeout(error) && late + 1 < MOST_TIMEOUTS => {
                    late += 1;
                    wait
                }
                _ => return outcome.map(Whole::into_response),
            };
            sleep(wait).await;
        }
        self.once(context, request, first, rest).await.map(Whole::into_response)
    }
}

impl Patience {
    async fn once(
        &self,
        context: &Context<'_>,
        request: &mut Request,
        first: &Arc<dyn Policy>,
        rest: &[Arc<dyn Policy>],
    ) -> azure_core::Result<Whole> {
        let whole = async {
            let (status, headers, body) = first.send(context, request, rest).await?.deconstruct();
            Ok(Whole { status: u16::from(status), headers, body: document::limited(body).await? })
        };
        match timeout(self.limit, whole).await {
            Ok(whole) => whole,
            Err(_) => Err(explain::carry(explain::timed_out(&self.attempted, &self.host, self.limit))),
        }
    }
}

/// An answer with its whole body.
struct Whole {
    status: u16,
    headers: Headers,
    body: Vec<u8>,
}

impl Whole {
    /// Whether the next answer may be another one: a busy service, or a proxy's page and a cut-off document in the place of a token.
    fn is_passing(&self) -> bool {
        document::is_passing(self.status) || (200..300).contains(&self.status) && !self.is_token()
    }

    fn is_token(&self) -> bool {
        #[derive(Deserialize)]
        struct Token {
            access_token: Sensitive,
        }
        serde_json::from_slice::<Token>(without_bom(&self.body)).is_ok_and(|token| !token.access_token.reveal().is_empty())
    }

    fn into_response(self) -> AsyncRawResponse {
        AsyncRawResponse::from_bytes(self.status.into(), self.headers, self.body)
    }
}

/// `Retry-After` in seconds; Entra sends whole ones.
fn asked(headers: &Headers) -> Option<Duration> {
    headers.get_optional_str(&RETRY_AFTER)?.trim().parse().ok().map(Duration::from_secs)
}
