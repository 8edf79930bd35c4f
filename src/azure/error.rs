//! What can go wrong with a read, classified once, where the answer arrives.

use std::{fmt, sync::Arc};

use crate::{
    azure::{
        answer::{classify::SOMEBODY, outside},
        failure::Failure,
    },
    text,
};

/// The longest request id that is passed on; those of Azure are GUIDs, or have a place and a time before one.
const LONGEST_ID: usize = 100;

/// The result of a read.
pub type Result<T> = std::result::Result<T, Error>;

/// The one classification of failures; everything above this layer decides by it and never by status codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The configuration of the connection is contradictory or incomplete.
    Configuration,
    /// The feature needs a directory licence the tenant does not have.
    NotLicensed,
    /// The caller lacks the role or the consented permission.
    Forbidden,
    /// The answer could not be decoded, was cut off, looped, or asked to leave its host.
    InvalidResponse,
    /// The object does not exist, or not for this caller.
    NotFound,
    /// The feature was never provisioned in this tenant.
    NotOnboarded,
    /// The resource provider is not registered in the subscription.
    NotRegistered,
    /// No Defender plan is on that would produce what is read.
    PlanOff,
    /// Our own guard stopped the request before the wire.
    RefusedByGuard,
    /// Throttled for longer than the budget allows.
    Throttled,
    /// The time for one attempt or for the whole operation is spent.
    Timeout,
    /// The service did not accept the token: it is expired, revoked, or meant for another service, tenant or cloud.
    TokenRefused,
    /// No token was issued.
    Unauthenticated,
    /// The service failed or could not be reached, after retries.
    Unavailable,
    /// The type or api-version does not exist in this cloud, region or for this kind of object.
    Unsupported,
    /// The subscription is gone, disabled, or belongs to another tenant.
    NotVisible,
}

impl Kind {
    /// Whether the same read may succeed a little later without anybody changing anything.
    pub fn is_temporary(self) -> bool {
        matches!(self, Self::Throttled | Self::Timeout | Self::Unavailable)
    }
}

/// The code of a failed read, by whose it is.
#[derive(Clone, Debug)]
pub enum Code {
    /// What this provider found itself.
    Own(Failure),
    /// What a service sent; empty if it sent none.
    Sent(String),
}

impl Code {
    fn text(&self) -> &str {
        match self {
            Self::Own(failure) => failure.code(),
            Self::Sent(code) => code,
        }
    }
}

impl From<Failure> for Code {
    fn from(failure: Failure) -> Self {
        Self::Own(failure)
    }
}

impl From<&str> for Code {
    fn from(code: &str) -> Self {
        Self::Sent(outside::code(code))
    }
}

/// One failed read: what was attempted, on which object, what the service said, and the next step.
///
/// Cheap to clone, because a shared read hands the same failure to everyone who waited for it.
#[derive(Clone, Debug)]
pub struct Error(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: Kind,
    attempted: String,
    object: String,
    status: Option<u16>,
    code: Code,
    message: String,
    /// What of the message is ours, where the rest is not and may name people.
    own: Option<String>,
    request_id: Option<String>,
    advice: String,
}

impl Error {
    /// A failure of `kind` while doing `attempted` ("list Defender assessments") on `object` (a resource id, host or file).
    pub fn new(kind: Kind, attempted: impl Into<String>, object: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            attempted: text::line(attempted.into()),
            object: text::line(object.into()),
            status: None,
            code: Code::Sent(String::new()),
            message: String::new(),
            own: None,
            request_id: None,
            advice: String::new(),
        }))
    }

    /// Adds what failed, if it has a code, and in our words what is wrong. Whatever it quotes goes through the filter.
    pub fn said(mut self, failure: impl Into<Option<Failure>>, message: impl AsRef<str>) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        inner.code = failure.into().map_or_else(|| Code::Sent(String::new()), Code::Own);
        inner.message = outside::words(message.as_ref());
        inner.own = None;
        self
    }

    /// Adds what a service or a program said: its message, which may name people, and its code, or ours for it.
    pub fn told(mut self, code: impl Into<Code>, message: impl AsRef<str>) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        inner.code = code.into();
        inner.message = outside::words(message.as_ref());
        inner.own = Some(String::new());
        self
    }

    /// Adds what was told in words of ours, which name nobody.
    pub fn in_our_words(mut self, text: impl AsRef<str>) -> Self {
        Arc::make_mut(&mut self.0).own = Some(outside::words(text.as_ref()));
        self
    }

    /// The same without what may name people: of what was told, only what there is in words of ours.
    pub fn without_people(mut self) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        if let Some(own) = inner.own.take().filter(|_| !inner.message.is_empty()) {
            inner.message = if own.is_empty() { outside::LEFT_OUT.to_owned() } else { own };
        }
        for text in [&mut inner.attempted, &mut inner.object, &mut inner.message, &mut inner.advice] {
            *text = outside::nameless(text);
        }
        self
    }

    /// Adds the HTTP status and the service's request id.
    pub fn answered(mut self, status: u16, request_id: Option<String>) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        inner.status = Some(status);
        inner.request_id = request_id.map(|id| text::line(id.chars().take(LONGEST_ID).collect()));
        self
    }

    /// Adds the one next step.
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).advice = text::lines(text::masked(&advice.into()).into_owned());
        self
    }

    /// The same with the object id of the sign-in, if it is known, in the commands of the next step.
    pub(super) fn advised_to(self, object_id: Option<&str>) -> Self {
        match object_id {
            Some(object_id) => {
                let advice = self.advice().replace(SOMEBODY, object_id);
                self.advise(advice)
            }
            None => self,
        }
    }

    /// How the failure is classified.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What was attempted, for example `list Defender assessments`.
    pub fn attempted(&self) -> &str {
        &self.0.attempted
    }

    /// The object it was attempted on.
    pub fn object(&self) -> &str {
        &self.0.object
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's own code (`AuthorizationFailed`, `AADSTS7000215`), empty if it gave none; or that of [`Error::failure`].
    pub fn code(&self) -> &str {
        self.0.code.text()
    }

    /// What this provider found itself; none where a service failed, whatever code it sent.
    pub fn failure(&self) -> Option<Failure> {
        match &self.0.code {
            Code::Own(failure) => Some(*failure),
            Code::Sent(_) => None,
        }
    }

    /// The service's own message, empty if it gave none.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The service's request id, if it sent one.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The one next step, empty if there is none better than trying again.
    pub fn advice(&self) -> &str {
        &self.0.advice
    }

    /// What happened, without what is another thing each time: for what is kept and compared.
    pub fn lasting(&self) -> String {
        let Inner { attempted, object, status, code, message, .. } = &*self.0;
        let mut text = format!("Could not {attempted} on {object}");
        match (status, code.text()) {
            (Some(status), "") => text.push_str(&format!(": HTTP {status}")),
            (Some(status), code) => text.push_str(&format!(": HTTP {status} {code}")),
            (None, "") => {}
            (None, code) => text.push_str(&format!(": {code}")),
        }
        if !message.is_empty() {
            text.push_str(&format!(": {message}"));
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lasting())?;
        match self.request_id() {
            Some(id) => write!(f, " (request id {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_left_out_where_people_may_not_be_named_and_ours_stays() {
        let told = || {
            Error::new(Kind::Forbidden, "list users", "Microsoft Graph /users/jane@x.org").told("Forbidden", "Jane Doe may not")
        };
        let error = told().advise("Ask jane@x.org.").without_people();
        assert_eq!(
            (error.object(), error.message(), error.advice()),
            ("Microsoft Graph /users/[redacted]", "what was said is left out, because it may name people", "Ask [redacted]")
        );
        let ours = told().in_our_words("the object id 1 may not").without_people();
        assert_eq!(ours.message(), "the object id 1 may not");
        assert_eq!(
            told().in_our_words("x").message(),
            "Jane Doe may not",
            "where they may be named, the words are the service's"
        );
        let own =
            Error::new(Kind::Timeout, "list users", "x").said(Failure::TimedOut, "no answer within 3 seconds").without_people();
        assert_eq!(own.message(), "no answer within 3 seconds");
        assert_eq!(Error::new(Kind::Timeout, "list users", "x").told("", "").without_people().message(), "");
    }

    #[test]
    fn a_service_that_sends_a_code_of_ours_has_not_failed_as_we_have() {
        let error = |code: Code| Error::new(Kind::InvalidResponse, "list users", "x").told(code, "m");
        let (own, sent) = (error(Failure::EmptyList.into()), error("EmptyList".into()));
        assert_eq!((own.code(), sent.code()), ("EmptyList", "EmptyList"));
        assert_eq!((own.failure(), sent.failure()), (Some(Failure::EmptyList), None));
    }

    #[test]
    fn a_secret_is_out_of_an_error_from_the_start() {
        let token = format!("eyJ{}.x.y", "a".repeat(40));
        let error =
            Error::new(Kind::Timeout, "read", "x").told(token.as_str(), format!("sent {token}")).advise(format!("see {token}"));
        assert_eq!((error.code(), error.message(), error.advice()), ("", "sent [redacted]", "see [redacted]"));
    }
}
