//! One attempt on the wire, after the token is in place: its time limit, its whole body, its line in the log.

use std::{sync::Arc, time::Duration};

use azure_core::{
    error::ErrorKind,
    http::{
        Context, Request,
        headers::USER_AGENT,
        policies::{Policy, PolicyResult},
    },
};
use tokio::time::{Instant, timeout};

use crate::azure::{
    Call,
    answer::{Answer, fault},
    send::{backoff, counts::Counters, policy},
};

/// The number of this attempt, from 1, for the log.
pub(in crate::azure) struct Try(pub(in crate::azure) u32);

/// The last policy before the transport; see the module.
#[derive(Debug)]
pub(in crate::azure) struct Attempt {
    pub(in crate::azure) limit: Duration,
    pub(in crate::azure) counters: Arc<Counters>,
    /// Who asks. Set here, because azure_core sets its own before.
    pub(in crate::azure) user_agent: String,
}

#[async_trait::async_trait]
impl Policy for Attempt {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let Some((first, rest)) = next.split_first() else { return Err(ErrorKind::Other.into_error()) };
        request.insert_header(USER_AGENT, self.user_agent.clone());
        self.counters.request();
        let started = Instant::now();
        let (method, url) = (request.method(), request.url().clone());
        let outcome = timeout(self.limit, async { Answer::gather(first.send(ctx, request, rest).await?).await }).await;
        let outcome = outcome.unwrap_or_else(|_| Err(late(ctx, &url)));
        let status = outcome.as_ref().map_or(0, |answer| answer.status);
        let (host, path, attempt) =
            (url.host_str().unwrap_or_default(), url.path(), ctx.value::<Try>().map_or(1, |Try(number)| *number));
        tracing::debug!(%method, host, path, status, ms = backoff::millis(started.elapsed()), attempt, "request");
        outcome.map(Answer::into_response)
    }
}

fn late(ctx: &Context, url: &url::Url) -> azure_core::Error {
    match ctx.value::<Call>() {
        Some(call) => azure_core::Error::new(ErrorKind::Io, fault::timeout(call, &policy::host(url))),
        None => ErrorKind::Io.into_error(),
    }
}
