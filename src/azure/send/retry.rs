//! Whether and when a read is tried again. Wraps everything after it in the pipeline, the token included; azure_core's own retry
//! is switched off, because it ignores fractional waits, honours waits without end, and retries untrusted certificates.

use std::{sync::Arc, time::Duration};

use azure_core::{
    error::ErrorKind,
    http::{
        Context, Request,
        policies::{Policy, PolicyResult},
    },
};
use tokio::time::sleep;

use crate::azure::{
    Audience, Call,
    answer::{Answer, classify, fault, retry_after},
    clock,
    send::{
        attempt::Try,
        backoff,
        counts::Counters,
        throttle::{self, Lane, Throttle},
    },
};

/// Tries of one request, the first included.
const MOST_TRIES: u32 = 6;
/// Tries of a request that timed out: each of them costs a whole time limit.
const MOST_TIMEOUTS: u32 = 2;

/// The last per-call policy of a pipeline; see the module.
#[derive(Debug)]
pub(in crate::azure) struct Retry {
    pub(in crate::azure) audience: Audience,
    pub(in crate::azure) longest: Duration,
    pub(in crate::azure) throttle: Arc<Throttle>,
    pub(in crate::azure) counters: Arc<Counters>,
}

/// Why another try makes sense.
enum Again {
    /// The service counts our requests; `None` = it does not say how long to wait.
    Throttled(Option<Duration>),
    /// The service or the connection failed.
    Transient(Option<Duration>),
}

#[async_trait::async_trait]
impl Policy for Retry {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let Some((first, rest)) = next.split_first() else { return Err(ErrorKind::Other.into_error()) };
        let lane = Lane::of(self.audience, request.url().path());
        let mut tries = 0;
        loop {
            tries += 1;
            let turn = self.throttle.turn(&lane).await;
            let mut ctx = ctx.to_borrowed();
            ctx.insert(Try(tries));
            let outcome = match first.send(&ctx, request, rest).await {
                Ok(response) => Answer::gather(response).await,
                Err(error) => Err(error),
            };
            drop(turn);
            let Some(again) = again(&outcome, tries) else {
                if let Ok(answer) = &outcome {
                    self.throttle.heed(&lane, &answer.headers);
                }
                return outcome.map(Answer::into_response);
            };
            match (self.wait(&lane, again, tries), &outcome, ctx.value::<Call>()) {
                (Some(wait), _, _) => sleep(wait).await,
                (None, Ok(answer), Some(call)) => {
                    return Err(azure_core::Error::new(ErrorKind::Other, classify::too_long(call, answer)));
                }
                (None, _, _) => return outcome.map(Answer::into_response),
            }
            self.counters.retry();
        }
    }
}

impl Retry {
    /// How long to wait before the next try; none = it would be longer than anyone wants to wait.
    fn wait(&self, lane: &Lane, again: Again, tries: u32) -> Option<Duration> {
        let (Again::Throttled(asked) | Again::Transient(asked)) = again;
        if asked.is_some_and(|asked| asked > self.longest) {
            return None;
        }
        let wait = match asked {
            Some(asked) => backoff::spread(asked),
            None => backoff::backoff(lane.first_wait(), tries, self.longest),
        };
        let wait_ms = backoff::millis(wait);
        match (&again, asked) {
            (Again::Throttled(_), Some(asked)) => self.throttle.hold(lane, asked, "the service asked to wait"),
            (Again::Throttled(_), None) => {
                self.counters.throttled_wait();
                tracing::warn!(?lane, wait_ms, tries, "Azure is throttling: waiting before the next try");
            }
            (Again::Transient(_), _) => tracing::warn!(?lane, wait_ms, tries, "a request failed: waiting before the next try"),
        }
        Some(wait)
    }
}

fn again(outcome: &azure_core::Result<Answer>, tries: u32) -> Option<Again> {
    let most = if outcome.as_ref().is_err_and(fault::is_timeout) { MOST_TIMEOUTS } else { MOST_TRIES };
    if tries >= most {
        return None;
    }
    match outcome {
        Ok(answer) => {
            let asked = retry_after::wait(&answer.headers, clock::now());
            match answer.status {
                _ if answer.is_throttling() => {
                    Some(Again::Throttled(asked.or_else(|| throttle::announced(&answer.headers).map(|(wait, _)| wait))))
                }
                408 | 500 | 502 | 503 | 504 => Some(Again::Transient(asked)),
                _ => None,
            }
        }
        Err(error) => fault::is_passing(error).then_some(Again::Transient(None)),
    }
}
