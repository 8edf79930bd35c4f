//! Failures without an answer: what the transport or the sign-in reported, as our own `Error`, and whether trying again can help.

use std::{error::Error as StdError, io};

use azure_core::error::ErrorKind;
use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};

use crate::azure::{Call, Error, Failure, Kind};

/// Whether the same request may succeed a moment later. A certificate that is not trusted, a refusal by our own guard and a
/// failed sign-in stay what they are.
pub(in crate::azure) fn is_passing(error: &azure_core::Error) -> bool {
    if let Some(own) = find::<Error>(error) {
        return own.kind() == Kind::Timeout;
    }
    matches!(error.kind(), ErrorKind::Connection | ErrorKind::Io) && find::<rustls::Error>(error).is_none()
}

/// Whether one attempt took longer than it may.
pub(in crate::azure) fn is_timeout(error: &azure_core::Error) -> bool {
    find::<Error>(error).is_some_and(|own| own.kind() == Kind::Timeout)
        || find::<reqwest::Error>(error).is_some_and(reqwest::Error::is_timeout)
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
    if let Some(tls) = find::<rustls::Error>(error) {
        return match tls {
            rustls::Error::InvalidCertificate(why) => call
                .error(Kind::Unavailable)
                .said(Failure::CertificateNotTrusted, format!("The certificate of {host} is not trusted: {tls}"))
                .advise(match why {
                    Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => {
                        "Set this machine's clock; if it is right, the certificate has really run out."
                    }
                    _ => "If a proxy inspects TLS here, name its certificate in ca_certificate_file.",
                }),
            _ => call.error(Kind::Unavailable).said(Failure::TlsFailed, format!("No TLS connection to {host}: {tls}")),
        };
    }
    if is_timeout(error) {
        return timeout(call, host);
    }
    match error.kind() {
        ErrorKind::Connection => call
            .error(Kind::Unavailable)
            .said(Failure::NoConnection, format!("No connection to {host}: {root}"))
            .advise("Check that this machine can resolve and reach the host, and whether HTTPS_PROXY is needed."),
        ErrorKind::Io => {
            call.error(Kind::Unavailable).said(Failure::ConnectionLost, format!("The connection to {host} broke: {root}"))
        }
        ErrorKind::Credential => call.error(Kind::Unauthenticated).told("", error.to_string()),
        _ => call.error(Kind::Unavailable).told("", root),
    }
}

pub(in crate::azure) fn timeout(call: &Call, host: &str) -> Error {
    call.error(Kind::Timeout)
        .said(Failure::RequestTimeout, format!("{host} did not finish one answer in time."))
        .advise("Raise request_timeout_seconds if the connection is slow.")
}

/// The first cause of this type in the chain. An `io::Error` hides what it wraps from `source`, so it is opened.
fn find<T: StdError + 'static>(error: &azure_core::Error) -> Option<&T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// What lies at the bottom; the levels above it repeat the address with its query.
fn root_cause(error: &azure_core::Error) -> String {
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
