//! What can go wrong with a read, classified once, where the answer arrives.

use std::{fmt, sync::Arc};

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
    code: String,
    message: String,
    request_id: Option<String>,
    advice: String,
}

impl Error {
    /// A failure of `kind` while doing `attempted` ("list Defender assessments") on `object` (a resource id, host or file).
    pub fn new(kind: Kind, attempted: impl Into<String>, object: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            attempted: attempted.into(),
            object: object.into(),
            status: None,
            code: String::new(),
            message: String::new(),
            request_id: None,
            advice: String::new(),
        }))
    }

    /// Adds what the service said: its code and its message.
    pub fn said(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        inner.code = code.into();
        inner.message = message.into();
        self
    }

    /// Adds the HTTP status and the service's request id.
    pub fn answered(mut self, status: u16, request_id: Option<String>) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        inner.status = Some(status);
        inner.request_id = request_id;
        self
    }

    /// Adds the one next step.
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).advice = advice.into();
        self
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

    /// The service's own code (`AuthorizationFailed`, `AADSTS7000215`), empty if it gave none.
    pub fn code(&self) -> &str {
        &self.0.code
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
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { attempted, object, status, code, message, request_id, .. } = &*self.0;
        write!(f, "Could not {attempted} on {object}")?;
        match (status, code.as_str()) {
            (Some(status), "") => write!(f, ": HTTP {status}")?,
            (Some(status), code) => write!(f, ": HTTP {status} {code}")?,
            (None, "") => {}
            (None, code) => write!(f, ": {code}")?,
        }
        if !message.is_empty() {
            write!(f, ": {message}")?;
        }
        if let Some(id) = request_id {
            write!(f, " (request id {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
