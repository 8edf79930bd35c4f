//! Failures before any answer: no such host, no connection, no trust, no time.

use std::time::Duration;

use azure_core::error::ErrorKind;

use crate::azure::{
    answer::fault::{self, Fault},
    error::{Error, Kind},
    failure::Failure,
    proxy,
};

/// Explains a request that got no answer from `host`.
pub fn unreachable(attempted: &str, host: &str, error: &azure_core::Error) -> Error {
    let failed = |kind, failure| Error::new(kind, attempted, host).said(failure, fault::root_cause(error));
    match Fault::of(error) {
        Fault::Certificate { dates } => failed(Kind::Unavailable, Failure::UntrustedCertificate).advise(match dates {
            true => format!("Set this machine's clock; if it is right, the certificate {host} presented has really run out."),
            false => format!(
                "The certificate {host} presented is not trusted here, as behind a TLS-inspecting proxy: put the proxy's CA certificate \
                 (PEM) into ca_certificate_file."
            ),
        }),
        Fault::Late => failed(Kind::Timeout, Failure::TimedOut).advise(advice(host)),
        Fault::Name => failed(Kind::Unavailable, Failure::HostNotFound).advise(format!(
            "Check that {host} resolves from this machine (DNS, private endpoint, proxy), and that the cloud is the right one."
        )),
        Fault::Proxy => {
            failed(Kind::Unavailable, Failure::ProxyRefused).advise(match proxy::socks(&|name| std::env::var(name).ok()) {
                Some(variable) => {
                    format!("{variable} names a SOCKS proxy, which this provider cannot use: name an http:// proxy in HTTPS_PROXY.")
                }
                None => {
                    format!("Put the proxy's user and password into HTTPS_PROXY, have it allow {host}, or exempt {host} with NO_PROXY.")
                }
            })
        }
        Fault::Connection | Fault::Lost | Fault::Tls | Fault::Unclear => {
            failed(Kind::Unavailable, Failure::ConnectionFailed).advise(advice(host))
        }
    }
}

/// Whether the same request may succeed a moment later. What we refused ourselves, trust, names and time limits stay what they are.
pub fn is_passing(error: &azure_core::Error) -> bool {
    fault::find::<Error>(error).is_none()
        && matches!(error.kind(), ErrorKind::Connection | ErrorKind::Io)
        && matches!(Fault::of(error), Fault::Connection | Fault::Lost | Fault::Tls)
}

/// The error of an answer that did not come within `waited`.
pub fn timed_out(attempted: &str, host: &str, waited: Duration) -> Error {
    Error::new(Kind::Timeout, attempted, host)
        .said(Failure::TimedOut, format!("no answer within {} seconds", waited.as_secs()))
        .advise(advice(host))
}

fn advice(host: &str) -> String {
    format!("Check that this machine may reach https://{host} (firewall, HTTPS_PROXY, NO_PROXY).")
}
