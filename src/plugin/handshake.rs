//! The one line on stdout by which the host learns where to connect and which certificate to trust.

use std::io::{self, Write};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use super::{environment::PROTOCOL, listen::Address};

/// Version of the handshake itself.
const CORE_PROTOCOL: u32 = 1;

/// The line: core protocol, protocol, network, address, `grpc`, and the certificate (DER) in base64 **without** padding, which Go
/// refuses to decode otherwise. Hosts before go-plugin 1.6 split at most six fields, so a seventh only goes to those that ask.
pub(super) fn line(address: &Address, certificate: Option<&[u8]>, multiplex: bool) -> String {
    let Address { network, text } = address;
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    let multiplex = if multiplex { "|false" } else { "" };
    format!("{CORE_PROTOCOL}|{PROTOCOL}|{network}|{text}|grpc|{certificate}{multiplex}")
}

/// Writes a line to stdout, the channel to the host, which waits for the line feed.
pub(super) fn announce(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix() -> Address {
        Address { network: "unix", text: "/tmp/azp/s".into() }
    }

    #[test]
    fn the_line_has_six_fields_and_no_padding() {
        assert_eq!(line(&unix(), Some(b"der!"), false), "1|6|unix|/tmp/azp/s|grpc|ZGVyIQ");
    }

    #[test]
    fn without_tls_the_last_field_is_empty() {
        assert_eq!(line(&unix(), None, false), "1|6|unix|/tmp/azp/s|grpc|");
    }

    #[test]
    fn a_host_that_asks_about_multiplexing_is_answered() {
        assert_eq!(line(&unix(), None, true), "1|6|unix|/tmp/azp/s|grpc||false");
    }
}
