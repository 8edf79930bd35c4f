//! Sign-in as whoever is signed in to Azure CLI. `az` is started once per audience and token lifetime, with a time limit and no input.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io,
    process::{Output, Stdio},
    sync::Arc,
    time::Duration,
};

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};
use tokio::process::Child;

use super::lifetime;
use crate::azure::{
    answer::{envelope, explain},
    clock,
    error::{Code, Error, Kind, Result},
    failure::Failure,
};

/// Where Azure CLI signs in, for messages.
pub(super) const HERE: &str = "this machine";
const SIGNING_IN: &str = "sign in with Azure CLI";

/// Starts `az`.
#[derive(Clone, Debug)]
pub struct AzExecutor {
    timeout: Duration,
    path: Option<OsString>,
}

impl AzExecutor {
    /// Looks `az` up in `PATH` and gives it `timeout`.
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, path: None }
    }

    /// Looks `az` up in `path` instead of the process's own `PATH`.
    pub fn with_path(mut self, path: impl Into<OsString>) -> Self {
        self.path = Some(path.into());
        self
    }
}

#[async_trait::async_trait]
impl Executor for AzExecutor {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = tokio::process::Command::new(program);
        command.args(args).stdin(Stdio::null()).kill_on_drop(true);
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn()?;
        let family = Family::of(&child);
        match tokio::time::timeout(self.timeout, child.wait_with_output()).await {
            Ok(output) => {
                family.leave_alone();
                output
            }
            Err(_) => {
                let seconds = self.timeout.as_secs();
                Err(io::Error::new(io::ErrorKind::TimedOut, format!("az did not answer within {seconds} seconds")))
            }
        }
    }
}

/// A process and what it has started: the SDK starts `az` through a shell, and `az` is a script that starts Python. Dropping it
/// kills them all; killing the first alone would leave the others running after Ctrl-C.
struct Family {
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
}

impl Family {
    #[cfg(unix)]
    fn of(leader: &Child) -> Self {
        Self { group: leader.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) }
    }

    /// Windows ends the first process only.
    #[cfg(not(unix))]
    fn of(_leader: &Child) -> Self {
        Self {}
    }

    /// It has ended by itself; what it left running is meant to run.
    fn leave_alone(self) {
        std::mem::forget(self);
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.group {
            // It fails if nobody is left to kill, which is what is wanted.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// The tenant only, never a subscription: with both, `az account get-access-token` always fails (azure-cli issue 32755).
pub(super) fn credential(tenant: Option<String>, executor: AzExecutor) -> Result<Arc<dyn TokenCredential>> {
    let options = AzureCliCredentialOptions { subscription: None, tenant_id: tenant.clone(), executor: Some(Arc::new(executor)) };
    let inner =
        AzureCliCredential::new(Some(options)).map_err(|error| explained(&explain::text_of(&error), tenant.as_deref()))?;
    Ok(Arc::new(Cached { inner, tenant, tokens: tokio::sync::Mutex::default() }))
}

/// The SDK's credential starts `az` for every token; this one only when five minutes or less are left. One `az` runs at a time, because
/// parallel ones fight over its token cache file.
#[derive(Debug)]
struct Cached {
    inner: Arc<AzureCliCredential>,
    tenant: Option<String>,
    tokens: tokio::sync::Mutex<BTreeMap<Vec<String>, AccessToken>>,
}

#[async_trait::async_trait]
impl TokenCredential for Cached {
    async fn get_token(&self, scopes: &[&str], options: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let key: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let mut tokens = self.tokens.lock().await;
        let fresh = clock::now() + azure_core::time::Duration::minutes(5);
        if let Some(token) = tokens.get(&key).filter(|token| token.expires_on > fresh) {
            return Ok(token.clone());
        }
        match self.inner.get_token(scopes, options).await {
            Ok(mut token) => {
                token.expires_on = lifetime::bounded_end(token.expires_on);
                tokens.insert(key, token.clone());
                Ok(token)
            }
            Err(error) => Err(explain::carry(explained(&explain::text_of(&error), self.tenant.as_deref()))),
        }
    }
}

fn explained(text: &str, tenant: Option<&str>) -> Error {
    let login = match tenant {
        Some(tenant) => format!("az login --tenant {tenant}"),
        None => "az login".to_owned(),
    };
    let error = |code: Code, message: String| {
        let object = tenant.map_or_else(|| HERE.to_owned(), |tenant| format!("tenant {tenant}"));
        Error::new(Kind::Unauthenticated, SIGNING_IN, object).told(code, message)
    };
    let said = words(text);
    let lower = text.to_ascii_lowercase();
    if lower.contains("not found on path") || lower.contains("az: not found") {
        return error(Failure::AzNotFound.into(), "az was not found on PATH".to_owned())
            .in_our_words("az was not found on PATH")
            .advise(format!(
                "Install Azure CLI 2.54 or newer and run {login}; in a pipeline use OIDC, a certificate or a secret instead."
            ));
    }
    if lower.contains("expires_on field not found") || lower.contains("unrecognized arguments: --scope") {
        return error(Failure::AzTooOld.into(), "this az is older than 2.54".to_owned())
            .in_our_words("this az is older than 2.54")
            .advise("Run az upgrade; 2.54 or newer is needed.");
    }
    if lower.contains("did not answer within") {
        return error(Failure::AzTimedOut.into(), said)
            .in_our_words("az did not answer in time")
            .advise(format!("Run {login} by hand to see what az waits for."));
    }
    if let Some(code) = explain::entra_code(text) {
        let row = explain::meaning(&code);
        return match row {
            Some(row) => error(code.as_str().into(), format!("{}. az said: {said}", row.meaning))
                .in_our_words(row.meaning)
                .advise(row.fix_for(tenant, None)),
            None => error(code.as_str().into(), said).advise(format!("Run {login}.")),
        };
    }
    if lower.contains("az login") || lower.contains("no subscription") || lower.contains("not logged in") {
        return error(Failure::AzNotSignedIn.into(), said).in_our_words("az is not signed in").advise(format!("Run {login}."));
    }
    if lower.contains("expected value at line")
        || lower.contains("eof while parsing")
        || lower.contains("missing field")
        || lower.contains("invalid type")
    {
        let said = "az did not print the JSON of a token";
        return error(Failure::AzAnswer.into(), said.to_owned())
            .in_our_words(said)
            .advise("Run az account get-access-token -o json by hand to see what it prints.");
    }
    error(Failure::AzFailed.into(), said)
        .advise(format!("Run {login}, then az account get-access-token to see whether it works."))
}

/// What `az` printed, without the SDK's frame around it, and without JSON around what the service said.
fn words(text: &str) -> String {
    let opened = envelope::open_text(text).map(|said| said.message).filter(|message| !message.is_empty());
    let text = opened.as_deref().unwrap_or(text);
    let text = text.split("\nTo troubleshoot").next().unwrap_or_default();
    let text = text.strip_prefix("AzureCliCredential authentication failed.").unwrap_or(text);
    let text = text.trim().strip_prefix("ERROR:").unwrap_or(text).trim();
    let line = text.split("Trace ID:").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(600).collect()
}
