//! The shapes of ids and host names that arguments and variables must have.

/// Whether `text` is a GUID in its hyphenated form.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The GUID in a subscription's resource id, or in one below it; none if it is no such id.
pub(super) fn subscription_in(id: &str) -> Option<&str> {
    let mut parts = id.trim_start_matches('/').split('/');
    let of_subscription = parts.next().is_some_and(|part| part.eq_ignore_ascii_case("subscriptions"));
    parts.next().filter(|part| of_subscription && is_guid(part))
}

/// What to say of a value that may be a secret in the wrong place: never the value.
pub(super) fn unquoted(text: &str) -> String {
    match text.chars().count() {
        1 => "1 character".to_owned(),
        count => format!("{count} characters"),
    }
}

/// Why `text` cannot be a tenant; none if it can.
pub(super) fn tenant_fault(text: &str) -> Option<String> {
    let endpoints = ["common", "consumers", "organizations"];
    if endpoints.contains(&text.to_ascii_lowercase().as_str()) {
        return Some(format!(
            "{text:?} is a sign-in endpoint for many tenants, not a tenant. Give the tenant's GUID or verified domain."
        ));
    }
    (!is_guid(text) && !is_domain(text)).then(|| {
        let length = unquoted(text);
        format!("The value has {length} and is neither a GUID nor a domain. The tenant id is on the overview page of Microsoft Entra ID.")
    })
}

/// Whether `text` is a host name with an optional port.
pub(super) fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    port.parse::<u16>().is_ok_and(|port| port > 0) && (is_domain(name) || name == "localhost")
}

/// Whether `text` is an `https` URL with a host.
pub(super) fn is_https_url(text: &str) -> bool {
    url::Url::parse(text.trim()).is_ok_and(|url| url.scheme() == "https" && url.has_host())
}

/// The name of a management group, given by name or resource id; none if it is neither.
pub(super) fn management_group(text: &str) -> Option<String> {
    let prefix = "/providers/microsoft.management/managementgroups/";
    let name = match text.split_at_checked(prefix.len()) {
        Some((start, name)) if start.eq_ignore_ascii_case(prefix) => name,
        _ => text,
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.()".contains(c);
    (!name.is_empty() && name.len() <= 90 && !name.ends_with('.') && name.chars().all(allowed)).then(|| name.to_owned())
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_hyphenated_hexadecimal() {
        assert!(is_guid("0F4a1c22-6c1e-4f2b-9d55-0123456789ab"));
        for wrong in
            ["", "0f4a1c226c1e4f2b9d550123456789ab", "0f4a1c22-6c1e-4f2b-9d55-0123456789ag", "{0f4a1c22-6c1e-4f2b-9d55-01234567}"]
        {
            assert!(!is_guid(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_tenant_is_a_guid_or_a_domain_and_never_a_shared_endpoint() {
        assert_eq!(tenant_fault("contoso.onmicrosoft.com"), None);
        assert_eq!(tenant_fault("0f4a1c22-6c1e-4f2b-9d55-0123456789ab"), None);
        for wrong in ["common", "Organizations", "consumers", "contoso", "a b.com", "x/../y.com", "-a.com", ".com"] {
            assert!(tenant_fault(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn a_management_group_is_a_name_or_a_resource_id() {
        assert_eq!(management_group("mg-production").as_deref(), Some("mg-production"));
        assert_eq!(management_group("/providers/Microsoft.Management/managementGroups/Root (1)"), None);
        assert_eq!(management_group("/PROVIDERS/microsoft.management/managementGroups/Corp").as_deref(), Some("Corp"));
        assert_eq!(management_group("/subscriptions/x"), None);
    }

    #[test]
    fn a_host_has_no_scheme_and_no_path() {
        assert!(is_host("metadata.local.example") && is_host("metadata.local.example:8443") && is_host("localhost:8443"));
        assert!(!is_host("https://metadata.example") && !is_host("metadata.example/x") && !is_host("metadata.example:0"));
    }
}
