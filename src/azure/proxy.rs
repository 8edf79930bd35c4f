//! The proxy that this machine's variables name. The HTTP client reads them by itself and passes over what it does not understand; here
//! such a variable is found and named, without its value, which may hold a password.

use crate::azure::{
    error::{Error, Kind},
    failure::Failure,
};

/// The client takes the first of these that is set and names a proxy.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The error of a variable that names no proxy and would be passed over silently.
pub(in crate::azure) fn malformed(variable: &dyn Fn(&str) -> Option<String>) -> Option<Error> {
    let (name, value) = first(variable)?;
    if is_address(&value) {
        return None;
    }
    Some(
        Error::new(Kind::Configuration, format!("use the proxy of {name}"), "this machine")
            .said(
                Failure::InvalidProxy,
                format!("{name} holds {} characters that are not the address of a proxy", value.chars().count()),
            )
            .advise(format!(
                "Write http://host:port, with %40 for an @ and %23 for a # in a password, or unset {name} if no proxy is needed."
            )),
    )
}

/// The variable that names a SOCKS proxy, if that is the one in use.
pub(in crate::azure) fn socks(variable: &dyn Fn(&str) -> Option<String>) -> Option<&'static str> {
    let (name, value) = first(variable)?;
    value.trim().to_ascii_lowercase().starts_with("socks").then_some(name)
}

fn first(variable: &dyn Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
    VARIABLES.into_iter().find_map(|name| Some((name, variable(name).filter(|value| !value.trim().is_empty())?)))
}

fn is_address(text: &str) -> bool {
    let (scheme, rest) = text.trim().split_once("://").unwrap_or(("http", text.trim()));
    let known = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
    if !known.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
        return false;
    }
    // Without a scheme nothing but the authority is understood.
    if !text.contains("://") && rest.contains(['/', '?', '#']) {
        return false;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let odd = |c: char| !c.is_ascii() || c.is_ascii_control() || c.is_whitespace() || "<>\"\\^`{|}".contains(c);
    !user.contains('@') && !authority.contains(odd) && is_host(host)
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, rest)) if name.parse::<std::net::Ipv6Addr>().is_ok() => (name, rest.strip_prefix(':').unwrap_or(rest)),
        Some(_) => return false,
        None => host.split_once(':').unwrap_or((host, "")),
    };
    !name.is_empty() && (port.is_empty() || port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(name: &'a str, value: &'a str) -> impl Fn(&str) -> Option<String> + 'a {
        move |asked| (asked == name).then(|| value.to_owned())
    }

    #[test]
    fn a_variable_that_names_no_proxy_is_an_error_that_does_not_quote_it() {
        for wrong in [
            "http//proxy:8080",
            "htp://proxy:8080",
            "http://",
            "http://user:s3cr#t@proxy:8080",
            "http://user:s3@cret@proxy:8080",
            "http://proxy:port",
            "http://pro xy:8080",
            "ftp://proxy",
        ] {
            let error = malformed(&of("HTTPS_PROXY", wrong)).unwrap_or_else(|| panic!("{wrong}"));
            assert_eq!((error.kind(), error.code()), (Kind::Configuration, "InvalidProxy"));
            let text = format!("{error} {}", error.advice());
            let quoted = wrong != "http://" && text.contains(wrong);
            assert!(text.contains("HTTPS_PROXY holds") && !text.contains("s3") && !quoted, "{text}");
        }
        for right in [
            "http://proxy:8080",
            "proxy",
            "proxy:8080",
            "https://user:p%40ss@proxy.example/",
            "http://[::1]:3128",
            "",
            " ",
            "socks5://p:1",
        ] {
            assert!(malformed(&of("https_proxy", right)).is_none(), "{right}");
        }
        assert!(malformed(&of("HTTP_PROXY", "htp://proxy")).is_none(), "no request of ours goes through it");
    }

    #[test]
    fn a_socks_proxy_is_told_from_the_others() {
        assert_eq!(socks(&of("ALL_PROXY", "socks5h://proxy:1080")), Some("ALL_PROXY"));
        assert_eq!(socks(&of("HTTPS_PROXY", "http://proxy:1080")), None);
        let both = |name: &str| match name {
            "HTTPS_PROXY" => Some("http://proxy".to_owned()),
            "ALL_PROXY" => Some("socks5://proxy".to_owned()),
            _ => None,
        };
        assert_eq!(socks(&both), None);
    }
}
