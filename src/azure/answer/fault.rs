//! What kept an answer from arriving: one classification for requests with a token and for those of signing in. Here it becomes our own
//! `Error` for the former, and says whether trying again can help; `explain/unreachable.rs` has the words for the latter.

use std::{error::Error as StdError, io};

use azure_core::error::ErrorKind;
use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};

use crate::azure::{Call, Error, Failure, Kind, answer::explain::text_of};

/// What kept an answer from arriving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::azure) enum Fault {
    /// The certificate of the host is not trusted here, because of its dates or otherwise.
    Certificate { dates: bool },
    /// The host could not be reached.
    Connection,
    /// It took longer than it may.
    Late,
    /// The connection broke.
    Lost,
    /// The name of the host could not be resolved.
    Name,
    /// The proxy did not let the request through.
    Proxy,
    /// The two did not agree on how to encrypt.
    Tls,
    /// No fault of the connection.
    Unclear,
}

impl Fault {
    /// Types decide, and where they are lost on the way, as in the SDK's credentials and behind proxies, words.
    pub(in crate::azure) fn of(error: &azure_core::Error) -> Self {
        let text = text_of(error).to_ascii_lowercase();
        let says = |signs: &[&str]| signs.iter().any(|sign| text.contains(sign));
        if says(PROXY) {
            return Self::Proxy;
        }
        match find::<rustls::Error>(error) {
            Some(rustls::Error::InvalidCertificate(why)) => {
                let dates = matches!(why, Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. });
                return Self::Certificate { dates };
            }
            Some(_) => return Self::Tls,
            None if says(TRUST) => return Self::Certificate { dates: says(DATES) },
            None if says(NAME) => return Self::Name,
            None => {}
        }
        let is_late = match find::<reqwest::Error>(error) {
            Some(known) => known.is_timeout(),
            None => says(LATE),
        };
        match error.kind() {
            _ if is_late => Self::Late,
            ErrorKind::Connection => Self::Connection,
            ErrorKind::Io => Self::Lost,
            _ => Self::Unclear,
        }
    }
}

/// Whether a text is about the connection rather than about an answer.
pub(in crate::azure) fn is_transport(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    [PROXY, TRUST, NAME, LATE, BROKEN].into_iter().flatten().any(|sign| lower.contains(sign))
}

const BROKEN: &[&str] = &["connect error", "error sending request"];
const DATES: &[&str] = &["expired", "not valid yet", "notvalidyet"];
const LATE: &[&str] = &["timed out", "timeout", "deadline has elapsed"];
const NAME: &[&str] = &["dns error", "failed to lookup address", "name or service not known", "no such host"];
const PROXY: &[&str] = &["tunnel error", "proxy auth"];
const TRUST: &[&str] = &[
    "invalid peer certificate",
    "unknownissuer",
    "certificate verify failed",
    "self signed certificate",
    "self-signed certificate",
];

/// Whether the same request may succeed a moment later. A certificate that is not trusted, a refusal by our own guard and a
/// failed sign-in stay what they are.
pub(in crate::azure) fn is_passing(error: &azure_core::Error) -> bool {
    match (find::<Error>(error), error.kind()) {
        (Some(own), _) => own.kind() == Kind::Timeout,
        (None, ErrorKind::Connection | ErrorKind::Io) => !matches!(Fault::of(error), Fault::Certificate { .. } | Fault::Tls),
        (None, _) => false,
    }
}

/// Whether one attempt took longer than it may.
pub(in crate::azure) fn is_timeout(error: &azure_core::Error) -> bool {
    match find::<Error>(error) {
        Some(own) => own.kind() == Kind::Timeout,
        None => Fault::of(error) == Fault::Late,
    }
}

/// The failure in our words. An `Error` of ours found in the chain is passed on; what was read is added if it could not know.
pub(in crate::azure) fn explain(call: &Call, host: &str, error: &azure_core::Error) -> Error {
    if let Some(own) = find::<Error>(error) {
        return match own.object() {
            "" => call.error(own.kind()).said(own.failure(), own.message()),
            _ => own.clone(),
        };
    }
    let root = root_cause(error);
    let tls = || find::<rustls::Error>(error).map_or_else(|| root.clone(), ToString::to_string);
    match Fault::of(error) {
        Fault::Certificate { dates } => call
            .error(Kind::Unavailable)
            .said(Failure::CertificateNotTrusted, format!("The certificate of {host} is not trusted: {}", tls()))
            .advise(match dates {
                true => "Set this machine's clock; if it is right, the certificate has really run out.",
                false => "If a proxy inspects TLS here, name its certificate in ca_certificate_file.",
            }),
        Fault::Connection | Fault::Name | Fault::Proxy => call
            .error(Kind::Unavailable)
            .said(Failure::NoConnection, format!("No connection to {host}: {root}"))
            .advise("Check that this machine can resolve and reach the host, and whether HTTPS_PROXY is needed."),
        Fault::Late => timeout(call, host),
        Fault::Lost => {
            call.error(Kind::Unavailable).said(Failure::ConnectionLost, format!("The connection to {host} broke: {root}"))
        }
        Fault::Tls => call.error(Kind::Unavailable).said(Failure::TlsFailed, format!("No TLS connection to {host}: {}", tls())),
        Fault::Unclear if *error.kind() == ErrorKind::Credential => call.error(Kind::Unauthenticated).told("", error.to_string()),
        Fault::Unclear => call.error(Kind::Unavailable).told("", root),
    }
}

pub(in crate::azure) fn timeout(call: &Call, host: &str) -> Error {
    call.error(Kind::Timeout)
        .said(Failure::RequestTimeout, format!("{host} did not finish one answer in time."))
        .advise("Raise request_timeout_seconds if the connection is slow.")
}

/// The first cause of this type in the chain. An `io::Error` hides what it wraps from `source`, so it is opened.
pub(in crate::azure) fn find<T: StdError + 'static>(error: &azure_core::Error) -> Option<&T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// What lies at the bottom; the levels above it repeat the address with its query.
pub(in crate::azure) fn root_cause(error: &azure_core::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn causes(error: &azure_core::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(Some(error as &(dyn StdError + 'static)), |cause| below(*cause))
}

fn below<'a>(cause: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => cause.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(inner: impl StdError + Send + Sync + 'static) -> azure_core::Error {
        azure_core::Error::with_error(ErrorKind::Connection, io::Error::other(inner), "failed to execute")
    }

    #[test]
    fn a_fault_is_told_by_its_type_and_where_that_is_lost_by_its_words() {
        let certificate = |why| wrapped(rustls::Error::InvalidCertificate(why));
        let said = |kind, text: &str| azure_core::Error::with_message(kind, text.to_owned());
        let connection = |text| said(ErrorKind::Connection, text);
        for (error, fault) in [
            (certificate(rustls::CertificateError::UnknownIssuer), Fault::Certificate { dates: false }),
            (certificate(Expired), Fault::Certificate { dates: true }),
            (connection("invalid peer certificate: UnknownIssuer"), Fault::Certificate { dates: false }),
            (connection("invalid peer certificate: certificate expired"), Fault::Certificate { dates: true }),
            (wrapped(rustls::Error::HandshakeNotComplete), Fault::Tls),
            (connection("tunnel error: unsuccessful"), Fault::Proxy),
            (connection("dns error: no record found"), Fault::Name),
            (connection("operation timed out"), Fault::Late),
            (wrapped(io::Error::from(io::ErrorKind::ConnectionReset)), Fault::Connection),
            (said(ErrorKind::Io, "unexpected end of file"), Fault::Lost),
            (said(ErrorKind::Credential, "AADSTS7000215: wrong secret"), Fault::Unclear),
        ] {
            assert_eq!(Fault::of(&error), fault, "{error}");
        }
    }

    #[test]
    fn an_untrusted_certificate_is_named_and_not_tried_again() {
        let error = wrapped(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer));
        assert!(!is_passing(&error));
        let own = explain(&Call::graph("list users", "/users"), "https://graph.microsoft.com", &error);
        assert_eq!((own.kind(), own.code()), (Kind::Unavailable, "CertificateNotTrusted"));
        assert!(own.advice().contains("ca_certificate_file"));
    }

    #[test]
    fn a_broken_connection_may_be_tried_again_and_names_host_and_cause() {
        let error = wrapped(io::Error::from(io::ErrorKind::ConnectionReset));
        assert!(is_passing(&error));
        let own = explain(&Call::graph("list users", "/users"), "https://graph.microsoft.com", &error);
        assert_eq!(own.code(), "NoConnection");
        assert!(own.message().contains("graph.microsoft.com") && own.message().contains("reset"), "{own}");
    }

    #[test]
    fn a_failed_sign_in_is_unauthenticated_and_not_tried_again() {
        let error = azure_core::Error::with_message(ErrorKind::Credential, "AADSTS7000215: wrong secret");
        assert!(!is_passing(&error));
        assert_eq!(explain(&Call::graph("list users", "/users"), "h", &error).kind(), Kind::Unauthenticated);
    }
}
