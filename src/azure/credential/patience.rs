//! A short retry of token requests: three tries of what passes by itself. The SDK's own retry is off, because it also repeats what
//! cannot pass, such as an untrusted certificate, for a minute.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use azure_core::http::{
    Context, Request,
    headers::{Headers, RETRY_AFTER},
    policies::{Policy, PolicyResult},
};

use crate::azure::{explain, fetch};

const WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// A longer wish of the service ends the sign-in as throttled.
const LONGEST: Duration = Duration::from_secs(15);

/// The last per-call policy of a credential's pipeline.
#[derive(Debug)]
pub(super) struct Patience;

#[async_trait]
impl Policy for Patience {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let [first, rest @ ..] = next else {
            return Err(azure_core::Error::with_message(azure_core::error::ErrorKind::Other, "the pipeline has no transport"));
        };
        for wait in WAITS {
            let wait = match first.send(context, request, rest).await {
                Ok(answer) if fetch::is_passing(u16::from(answer.status())) => match asked(answer.headers()) {
                    Some(asked) if asked > LONGEST => return Ok(answer),
                    asked => asked.unwrap_or(wait),
                },
                Err(error) if explain::is_passing(&error) => wait,
                outcome => return outcome,
            };
            tokio::time::sleep(wait).await;
        }
        first.send(context, request, rest).await
    }
}

/// `Retry-After` in seconds; Entra sends whole ones.
fn asked(headers: &Headers) -> Option<Duration> {
    headers.get_optional_str(&RETRY_AFTER)?.trim().parse().ok().map(Duration::from_secs)
}
