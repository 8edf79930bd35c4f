//! What the identity service, the SDK and the network say, in terms of what to do about it.

mod codes;
mod identity_answer;
mod unreachable;

use std::{error::Error as StdError, sync::LazyLock};

use regex_lite::Regex;

pub use codes::{Meaning, Topic, meaning};
pub use identity_answer::IdentityAnswer;
pub use unreachable::{is_passing, timed_out, unreachable};

use crate::azure::{
    answer::fault,
    error::{Error, Kind},
    failure::Failure,
};

/// Where a sign-in was attempted, and how.
#[derive(Clone, Debug)]
pub struct SignInPlace {
    /// The method in words, for example `a client secret`.
    pub method: &'static str,
    /// Host of the identity service.
    pub host: String,
    /// The configured tenant, if there is one.
    pub tenant: Option<String>,
    /// The application that signs in, if one does.
    pub client: Option<String>,
}

impl SignInPlace {
    /// What errors name as the object.
    pub fn object(&self) -> String {
        match &self.tenant {
            Some(tenant) => format!("tenant {tenant} at {}", self.host),
            None => self.host.clone(),
        }
    }

    /// The start of every sign-in error.
    pub fn error(&self, kind: Kind) -> Error {
        Error::new(kind, format!("sign in with {}", self.method), self.object())
    }
}

/// Our own error inside an SDK error, if one of our policies or credentials put it there.
pub fn explanation(error: &azure_core::Error) -> Option<Error> {
    fault::find::<Error>(error).cloned()
}

/// Our error as the SDK's, so that it can travel through a credential or a pipeline; [`of`] finds it again.
pub fn carry(error: Error) -> azure_core::Error {
    let text = error.to_string();
    azure_core::Error::with_error(azure_core::error::ErrorKind::Credential, error, text)
}

/// Explains a failed token request. `told` is the last answer of the identity service, which the SDK often loses.
pub fn sign_in(error: &azure_core::Error, place: &SignInPlace, told: Option<&IdentityAnswer>) -> Error {
    if let Some(ours) = explanation(error) {
        return ours;
    }
    let text = text_of(error);
    let code = told.map(|told| told.code.clone()).filter(|code| is_entra_code(code)).or_else(|| entra_code(&text));
    if let Some(code) = code {
        return entra(&code, place, told, &text);
    }
    let Some(told) = told else {
        return match broke(error) || fault::is_transport(&text) {
            true => unreachable(&format!("sign in with {}", place.method), &place.host, error),
            false => place
                .error(Kind::Unauthenticated)
                .told("", first_line(&text))
                .advise("Check the sign-in arguments of the provider block."),
        };
    };
    if let Some(odd) = told.odd(&format!("sign in with {}", place.method), &place.host) {
        return odd;
    }
    let kind = match told.status {
        429 => Kind::Throttled,
        500.. => Kind::Unavailable,
        200..300 => Kind::InvalidResponse,
        _ => Kind::Unauthenticated,
    };
    let error = place.error(kind);
    let error = match (kind, told.message.is_empty()) {
        // The SDK's text would quote the part of the answer it did not understand, which may be the token.
        (Kind::InvalidResponse, _) => error.told(told.code.as_str(), NO_TOKEN).in_our_words(NO_TOKEN),
        (_, true) => error.told(told.code.as_str(), first_line(&text)),
        (_, false) => error.told(told.code.as_str(), &told.message),
    };
    error.answered(told.status, told.request_id.clone()).advise(match kind {
        Kind::Throttled | Kind::Unavailable => "Run again in a few minutes; the identity service is busy.",
        _ => "Check the sign-in arguments of the provider block.",
    })
}

const NO_TOKEN: &str = "the answer is not a token";

/// Whether the connection failed, at whatever depth the SDK says so.
fn broke(error: &azure_core::Error) -> bool {
    use azure_core::error::ErrorKind::{Connection, Io};
    chain(error)
        .filter_map(|cause| cause.downcast_ref::<azure_core::Error>())
        .any(|cause| matches!(cause.kind(), Connection | Io))
}

/// What an error of signing in is about; none for every other error.
pub fn topic(error: &Error) -> Option<Topic> {
    match (error.failure(), meaning(error.code()).map(|row| row.topic)) {
        (Some(Failure::WrongCloud), _) | (_, Some(Topic::Cloud)) => Some(Topic::Cloud),
        (Some(Failure::WrongTenant), _) | (_, Some(Topic::Tenant)) => Some(Topic::Tenant),
        (_, topic) if error.attempted().starts_with("sign in") => topic.or(Some(Topic::SignIn)),
        _ if matches!(error.kind(), Kind::TokenRefused | Kind::Unauthenticated) => Some(Topic::SignIn),
        _ => None,
    }
}

/// The first `AADSTS` code in a text.
pub fn entra_code(text: &str) -> Option<String> {
    static CODE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"AADSTS\d{5,7}").ok());
    CODE.as_ref()?.find(text).map(|found| found.as_str().to_owned())
}

/// Everything an error says, outermost first, without repetition. Never its `Debug`, which may hold a backtrace.
pub fn text_of(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    for cause in chain(error) {
        let said = cause.to_string();
        if !text.contains(&said) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&said);
        }
    }
    text
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

fn entra(code: &str, place: &SignInPlace, told: Option<&IdentityAnswer>, text: &str) -> Error {
    let said = told.map(|told| told.message.clone()).filter(|said| !said.is_empty()).unwrap_or_else(|| service_words(text, code));
    let row = meaning(code);
    let kind = match row.map(|row| row.topic) {
        Some(Topic::Cloud | Topic::Tenant) => Kind::Configuration,
        Some(Topic::Service) => Kind::Unavailable,
        _ => Kind::Unauthenticated,
    };
    let fix = row.map_or_else(
        || {
            let number = code.trim_start_matches("AADSTS");
            format!("https://login.microsoftonline.com/error?code={number} explains the code.")
        },
        |row| row.fix_for(place.tenant.as_deref(), place.client.as_deref()),
    );
    let error = place.error(kind).advise(fix);
    let error = match row {
        Some(row) => error.told(code, format!("{}. The service said: {said}", row.meaning)).in_our_words(row.meaning),
        None => error.told(code, said),
    };
    match told {
        Some(told) => error.answered(told.status, told.request_id.clone()),
        None => error,
    }
}

fn is_entra_code(code: &str) -> bool {
    code.starts_with("AADSTS")
}

/// The sentence that carries the code, up to the trace ids the service appends.
fn service_words(text: &str, code: &str) -> String {
    let from = text.find(code).and_then(|at| text.get(at..)).unwrap_or(text);
    identity_answer::sentence(from)
}

fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason was given").to_owned()
}
