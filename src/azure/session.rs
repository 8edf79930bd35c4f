//! One signed-in session: a credential and, per audience, the pipeline every request goes through. A new session is the only way
//! to get a new token, because a credential keeps handing out the one it has.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
    http::{
        ClientOptions, Context, Pipeline, PipelineStreamOptions, Request, RetryOptions, Transport,
        policies::{Policy, PolicyResult, auth::BearerTokenAuthorizationPolicy},
    },
};
use url::Url;

use crate::azure::{
    Audience, Call, Cloud, Result, Transports,
    answer::{Answer, fault},
    credential::{self, egress},
    send::{
        attempt::Attempt,
        bounds::Bounds,
        counts::Counters,
        policy::{self, Gate},
        retry::Retry,
        throttle::Throttle,
    },
    settings::{ResourceGraph, Sensitive, Settings},
};

/// What all sessions of a connection share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) transports: Transports,
    pub(super) throttle: Arc<Throttle>,
    pub(super) counters: Arc<Counters>,
    pub(super) scope: Arc<Bounds>,
    /// One id for all requests of this run, for Azure's own logs.
    pub(super) correlation: String,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Session {
    credential: Arc<dyn TokenCredential>,
    graph: Pipeline,
    resource_manager: Pipeline,
    /// Whether a token of this session was ever accepted, per audience; if not, a second one like it will not help either.
    accepted: (AtomicBool, AtomicBool),
    first: bool,
}

impl Session {
    /// Builds credential and pipelines; takes no token. `first` = the connection had no session that was refused; `before` = a
    /// session whose tokens serve where no new ones are to be had.
    pub(super) fn new(shared: &Shared, cloud: &Cloud, first: bool, before: Option<&Self>) -> Result<Self> {
        let transports = egress::restrict(&shared.transports, &shared.settings, cloud);
        let mut credential = credential::build(&shared.settings, cloud, &transports)?;
        if let Some(before) = before {
            credential = Arc::new(Renewed { own: credential, before: Arc::clone(&before.credential) });
        }
        Ok(Self {
            graph: pipeline(shared, cloud, Audience::Graph, &credential),
            resource_manager: pipeline(shared, cloud, Audience::ResourceManager, &credential),
            credential,
            accepted: Default::default(),
            first,
        })
    }

    /// Sends one request and returns the whole answer, whatever its status.
    pub(super) async fn send(&self, call: &Call, url: &Url) -> Result<Answer> {
        let mut request = Request::new(url.clone(), call.method);
        for (name, value) in &call.headers {
            // azure_core panics over a header name that is not lower case.
            request.insert_header(name.to_ascii_lowercase(), *value);
        }
        if let Some(body) = &call.body {
            request.set_body(body.clone());
        }
        let pipeline = match call.audience {
            Audience::Graph => &self.graph,
            Audience::ResourceManager => &self.resource_manager,
        };
        let context = Context::new().with_value(call.clone());
        let unchecked = PipelineStreamOptions { skip_checks: true, ..PipelineStreamOptions::default() };
        let outcome = match pipeline.stream(&context, &mut request, Some(unchecked)).await {
            Ok(response) => Answer::gather(response).await,
            Err(error) => Err(error),
        };
        let answer = outcome.map_err(|error| fault::explain(call, &policy::host(url), &error))?;
        if answer.status != 401 {
            self.accepted(call.audience).store(true, Ordering::Relaxed);
        }
        Ok(answer)
    }

    /// Whether a new session may be accepted where this one was refused.
    pub(super) fn is_worth_renewing(&self, audience: Audience) -> bool {
        self.first || self.accepted(audience).load(Ordering::Relaxed)
    }

    fn accepted(&self, audience: Audience) -> &AtomicBool {
        match audience {
            Audience::Graph => &self.accepted.0,
            Audience::ResourceManager => &self.accepted.1,
        }
    }

    /// The token itself, for its claims.
    pub(super) async fn token(&self, cloud: &Cloud, audience: Audience) -> Result<Sensitive> {
        let scope = audience.token_scope(cloud);
        let token = self.credential.get_token(&[scope.as_str()], None).await;
        let token = token.map_err(|error| fault::explain(&sign_in(audience), &policy::host(&cloud.authority), &error))?;
        Ok(Sensitive::new(token.token.secret()))
    }
}

/// New tokens, or those of an earlier session: an OIDC token that was given as text is often too old for a second sign-in, and what
/// the first one may read has not become less.
#[derive(Debug)]
struct Renewed {
    own: Arc<dyn TokenCredential>,
    before: Arc<dyn TokenCredential>,
}

#[async_trait::async_trait]
impl TokenCredential for Renewed {
    async fn get_token(&self, scopes: &[&str], options: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        match self.own.get_token(scopes, options).await {
            Ok(token) => Ok(token),
            Err(error) => self.before.get_token(scopes, None).await.map_err(|_| error),
        }
    }
}

fn sign_in(audience: Audience) -> Call {
    match audience {
        Audience::Graph => Call::graph("get a token for", ""),
        Audience::ResourceManager => Call::arm("get a token for", "Azure Resource Manager", ""),
    }
}

fn pipeline(shared: &Shared, cloud: &Cloud, audience: Audience, credential: &Arc<dyn TokenCredential>) -> Pipeline {
    let limits = shared.settings.limits;
    let gate = Gate {
        audience,
        origin: audience.origin(cloud).clone(),
        scope: Arc::clone(&shared.scope),
        get_only: shared.settings.resource_graph == ResourceGraph::Never,
    };
    let retry = Retry {
        audience,
        longest: limits.max_retry_wait,
        throttle: Arc::clone(&shared.throttle),
        counters: Arc::clone(&shared.counters),
    };
    let bearer = BearerTokenAuthorizationPolicy::new(Arc::clone(credential), [audience.token_scope(cloud)]);
    let (counters, user_agent) = (Arc::clone(&shared.counters), shared.settings.user_agent.clone());
    let attempt = Attempt { limit: limits.request_timeout, counters, user_agent };
    let correlation = Correlation { audience, id: shared.correlation.clone() };
    let options = ClientOptions {
        retry: RetryOptions::none(),
        transport: Some(Transport::new(Arc::clone(&shared.transports.api))),
        ..ClientOptions::default()
    };
    let per_call: Vec<Arc<dyn Policy>> = vec![Arc::new(gate), Arc::new(correlation), Arc::new(retry)];
    let per_try: Vec<Arc<dyn Policy>> = vec![Arc::new(bearer), Arc::new(attempt)];
    Pipeline::new(option_env!("CARGO_PKG_NAME"), option_env!("CARGO_PKG_VERSION"), options, per_call, per_try, None)
}

/// Marks all requests of a run with one id, under the name each service knows it by.
#[derive(Debug)]
struct Correlation {
    audience: Audience,
    id: String,
}

#[async_trait::async_trait]
impl Policy for Correlation {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let Some((first, rest)) = next.split_first() else { return Err(ErrorKind::Other.into_error()) };
        let name = match self.audience {
            Audience::Graph => "client-request-id",
            Audience::ResourceManager => "x-ms-correlation-request-id",
        };
        request.insert_header(name, self.id.clone());
        first.send(ctx, request, rest).await
    }
}
