//! What the host announced in the environment of this process. Decides whether there is a host at all, and which transport and
//! certificate it expects. Pure: variables come in as a function.

use std::{ops::RangeInclusive, path::PathBuf};

use super::Failure;

/// The one protocol version this provider speaks. It is announced to every host, whatever versions that one offers in
/// `PLUGIN_PROTOCOL_VERSIONS`, as go-plugin does: a host that lacks it then says "Incompatible API version" and names both.
pub(super) const PROTOCOL: u32 = 6;

/// Proof that a host started the process; no secret, only a sign (hashicorp/terraform internal/plugin/serve.go).
const COOKIE: (&str, &str) = ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// What the host wants.
#[derive(Debug)]
pub(super) struct Environment {
    /// The host's certificate as PEM. `None`: the host switched TLS off (`TF_DISABLE_PLUGIN_TLS`).
    pub client_certificate: Option<String>,
    /// Whether the host understands a seventh field in the handshake line.
    pub multiplex: bool,
    /// Where a TCP listener may listen. `0..=0`: anywhere.
    pub ports: RangeInclusive<u16>,
    /// Where the socket has to be. `None`: in the system's directory for temporary files.
    pub socket_directory: Option<PathBuf>,
    /// The group, by name or number, that may use the socket. `None`: only this user.
    pub socket_group: Option<String>,
    /// How the host reaches this process.
    pub transport: Transport,
}

/// How the host reaches this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// A port on the loopback interface.
    Tcp,
    /// A socket in the file system.
    Unix,
}

impl Environment {
    /// Reads it, where `variable` answers the value of an environment variable.
    pub(super) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        if variable(COOKIE.0).as_deref() != Some(COOKIE.1) {
            return Err(Failure::RunByHand);
        }
        Ok(Self {
            client_certificate: variable("PLUGIN_CLIENT_CERT"),
            multiplex: variable("PLUGIN_MULTIPLEX_GRPC").is_some(),
            ports: ports(variable("PLUGIN_MIN_PORT"), variable("PLUGIN_MAX_PORT"))?,
            socket_directory: variable("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            socket_group: variable("PLUGIN_UNIX_SOCKET_GROUP"),
            transport: transport(variable("AZPOSTURE_PLUGIN_TRANSPORT").as_deref())?,
        })
    }

    /// What `-debug` uses, where no host announces anything.
    pub(super) fn without_host() -> Self {
        Self {
            client_certificate: None,
            multiplex: false,
            ports: 0..=0,
            socket_directory: None,
            socket_group: None,
            transport: Transport::native(),
        }
    }
}

impl Transport {
    /// Windows has unix sockets only in part, so it gets a port.
    fn native() -> Self {
        if cfg!(unix) { Self::Unix } else { Self::Tcp }
    }
}

fn ports(min: Option<String>, max: Option<String>) -> Result<RangeInclusive<u16>, Failure> {
    let parse = |name: &str, text: Option<String>, otherwise: u16| match text {
        None => Ok(otherwise),
        Some(text) => text
            .parse()
            .map_err(|_| Failure::start(format!("Reading {name} from the environment: {text:?} is not a port. Unset it."))),
    };
    let min = parse("PLUGIN_MIN_PORT", min, 0)?;
    let max = parse("PLUGIN_MAX_PORT", max, min)?;
    if max < min {
        return Err(Failure::start(format!("PLUGIN_MAX_PORT ({max}) is below PLUGIN_MIN_PORT ({min}). Unset both.")));
    }
    Ok(min..=max)
}

fn transport(wanted: Option<&str>) -> Result<Transport, Failure> {
    match wanted {
        None => Ok(Transport::native()),
        Some("tcp") => Ok(Transport::Tcp),
        Some("unix") if cfg!(unix) => Ok(Transport::Unix),
        Some(other) => Err(Failure::start(format!("AZPOSTURE_PLUGIN_TRANSPORT is {other:?}; set it to \"tcp\", or unset it."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Environment, Failure> {
        let with_cookie = [&[COOKIE], variables].concat();
        Environment::read(|name| with_cookie.iter().rev().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    fn refusal(variables: &[(&str, &str)]) -> String {
        read(variables).unwrap_err().to_string()
    }

    #[test]
    fn without_the_cookie_there_is_no_host() {
        assert!(matches!(Environment::read(|_| None), Err(Failure::RunByHand)));
        assert!(matches!(read(&[(COOKIE.0, "something else")]), Err(Failure::RunByHand)));
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let read = read(&[("PLUGIN_CLIENT_CERT", ""), ("PLUGIN_MULTIPLEX_GRPC", ""), ("PLUGIN_UNIX_SOCKET_DIR", "")]).unwrap();
        assert_eq!((read.client_certificate, read.multiplex, read.socket_directory), (None, false, None));
    }

    #[test]
    fn ports_are_a_range_or_anywhere() {
        assert_eq!(read(&[]).unwrap().ports, 0..=0);
        assert_eq!(read(&[("PLUGIN_MIN_PORT", "10000"), ("PLUGIN_MAX_PORT", "25000")]).unwrap().ports, 10000..=25000);
        assert_eq!(read(&[("PLUGIN_MIN_PORT", "10000")]).unwrap().ports, 10000..=10000);
        assert!(refusal(&[("PLUGIN_MIN_PORT", "70000")]).contains("PLUGIN_MIN_PORT"));
        assert!(refusal(&[("PLUGIN_MIN_PORT", "9"), ("PLUGIN_MAX_PORT", "8")]).contains("below"));
    }

    #[test]
    fn the_transport_can_be_forced_to_tcp() {
        assert_eq!(read(&[]).unwrap().transport, Transport::native());
        assert_eq!(read(&[("AZPOSTURE_PLUGIN_TRANSPORT", "tcp")]).unwrap().transport, Transport::Tcp);
        assert!(refusal(&[("AZPOSTURE_PLUGIN_TRANSPORT", "udp")]).contains("udp"));
    }
}
