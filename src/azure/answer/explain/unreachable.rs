//! Failures before any answer: no such host, no connection, no trust, no time.

use std::{error::Error as StdError, time::Duration};

use azure_core::error::ErrorKind;

use crate::azure::{
    answer::explain::{self, chain, text_of},
    error::{Error, Kind},
    failure::Failure,
    proxy,
};

/// Explains a request that got no answer from `host`.
pub fn unreachable(attempted: &str, host: &str, fault: &(dyn StdError + 'static)) -> Error {
    let text = text_of(fault);
    let lower = text.to_ascii_lowercase();
    let cause = chain(fault).last().map(ToString::to_string).unwrap_or_default();
    if is_proxy(&lower)
        && let Some(variable) = proxy::socks(&|name| std::env::var(name).ok())
    {
        return Error::new(Kind::Unavailable, attempted, host).said(Failure::ProxyRefused, cause).advise(format!(
            "{variable} names a SOCKS proxy, which this provider cannot use: name an http:// proxy in HTTPS_PROXY."
        ));
    }
    if is_proxy(&lower) {
        return Error::new(Kind::Unavailable, attempted, host).said(Failure::ProxyRefused, cause).advise(format!(
            "Put the proxy's user and password into HTTPS_PROXY, have it allow {host}, or exempt {host} with NO_PROXY."
        ));
    }
    if is_trust(&lower) && ["expired", "not valid yet", "notvalidyet"].iter().any(|sign| lower.contains(sign)) {
        return Error::new(Kind::Unavailable, attempted, host)
            .said(Failure::UntrustedCertificate, cause)
            .advise(format!("Set this machine's clock; if it is right, the certificate {host} presented has really run out."));
    }
    if is_trust(&lower) {
        return Error::new(Kind::Unavailable, attempted, host).said(Failure::UntrustedCertificate, cause).advise(format!(
            "The certificate {host} presented is not trusted here, as behind a TLS-inspecting proxy: put the proxy's CA certificate \
             (PEM) into ca_certificate_file."
        ));
    }
    if is_dns(&lower) {
        return Error::new(Kind::Unavailable, attempted, host).said(Failure::HostNotFound, cause).advise(format!(
            "Check that {host} resolves from this machine (DNS, private endpoint, proxy), and that the cloud is the right one."
        ));
    }
    if says_timeout(&lower) {
        return Error::new(Kind::Timeout, attempted, host).said(Failure::TimedOut, cause).advise(advice(host));
    }
    Error::new(Kind::Unavailable, attempted, host).said(Failure::ConnectionFailed, cause).advise(advice(host))
}

/// Whether the same request may succeed a moment later. What we refused ourselves, trust, names and time limits stay what they are.
pub fn is_passing(fault: &azure_core::Error) -> bool {
    explain::of(fault).is_none()
        && matches!(fault.kind(), ErrorKind::Connection | ErrorKind::Io)
        && unreachable("", "", fault).failure() == Some(Failure::ConnectionFailed)
}

/// Whether an attempt took longer than it may; a second one may not.
pub fn is_timeout(fault: &azure_core::Error) -> bool {
    match explain::of(fault) {
        Some(own) => own.kind() == Kind::Timeout,
        None => {
            matches!(fault.kind(), ErrorKind::Connection | ErrorKind::Io) && unreachable("", "", fault).kind() == Kind::Timeout
        }
    }
}

/// The error of an answer that did not come within `waited`.
pub fn timed_out(attempted: &str, host: &str, waited: Duration) -> Error {
    Error::new(Kind::Timeout, attempted, host)
        .said(Failure::TimedOut, format!("no answer within {} seconds", waited.as_secs()))
        .advise(advice(host))
}

/// Whether a text is about the connection rather than about an answer.
pub(super) fn is_transport(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    is_trust(&lower)
        || is_proxy(&lower)
        || is_dns(&lower)
        || says_timeout(&lower)
        || lower.contains("connect error")
        || lower.contains("error sending request")
}

fn is_trust(lower: &str) -> bool {
    [
        "invalid peer certificate",
        "unknownissuer",
        "certificate verify failed",
        "self signed certificate",
        "self-signed certificate",
    ]
    .iter()
    .any(|sign| lower.contains(sign))
}

fn is_proxy(lower: &str) -> bool {
    ["tunnel error", "proxy auth"].iter().any(|sign| lower.contains(sign))
}

fn is_dns(lower: &str) -> bool {
    ["dns error", "failed to lookup address", "name or service not known", "no such host"].iter().any(|sign| lower.contains(sign))
}

fn says_timeout(lower: &str) -> bool {
    ["timed out", "timeout", "deadline has elapsed"].iter().any(|sign| lower.contains(sign))
}

fn advice(host: &str) -> String {
    format!("Check that this machine may reach https://{host} (firewall, HTTPS_PROXY, NO_PROXY).")
}
