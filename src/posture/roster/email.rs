//! When two ways of writing an e-mail address mean one person.

/// What stands between the address a guest was invited by and the domain of the directory it is a guest in.
const GUEST: &str = "#ext#";

/// One spelling of an address: lower case, without blanks around it, without `smtp:` or `mailto:`, without what follows a `+`; and of a
/// guest's user principal name the address that it was made of, whose `@` is its last `_`. The error says what is wrong with it.
pub fn normalized(text: &str) -> Result<String, &'static str> {
    spelled(text, true)
}

/// The same; what follows a `+` stays unless tags are left out of account.
pub fn spelled(text: &str, ignores_tags: bool) -> Result<String, &'static str> {
    let text = text.trim().to_lowercase();
    let text = ["smtp:", "mailto:"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(&text).trim();
    let (local, domain) = match text.split_once(GUEST) {
        Some((invited, _)) => invited.rsplit_once('_').ok_or("it is that of a guest, and no `_` stands where the `@` was")?,
        None => match text.split_once('@') {
            Some((_, domain)) if domain.contains('@') => return Err("it has more than one `@`"),
            Some(parts) => parts,
            None => return Err("it has no `@`"),
        },
    };
    let local = if ignores_tags { local.split('+').next().unwrap_or_default() } else { local };
    if local.is_empty() || domain.is_empty() {
        return Err("nothing stands before or behind its `@`");
    }
    if text.chars().any(|one| one.is_whitespace() || one.is_control()) {
        return Err("there is a blank inside");
    }
    Ok(format!("{local}@{domain}"))
}

/// The address in an entry of `proxyAddresses`; none for those that are no e-mail address, as those of telephony and of directories.
pub fn of_proxy(entry: &str) -> Option<&str> {
    match entry.split_once(':') {
        Some((scheme, address)) if ["smtp", "mailto"].iter().any(|mail| mail.eq_ignore_ascii_case(scheme.trim())) => {
            Some(address)
        }
        Some(_) => None,
        None => Some(entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_one_text_however_it_is_written() {
        for (text, expected) in [
            ("ava@contoso.com", Ok("ava@contoso.com")),
            ("  Ava@Contoso.COM ", Ok("ava@contoso.com")),
            ("SMTP:Ava@contoso.com", Ok("ava@contoso.com")),
            ("mailto:ava@contoso.com", Ok("ava@contoso.com")),
            ("ava+jobs@contoso.com", Ok("ava@contoso.com")),
            ("ava+a+b@contoso.com", Ok("ava@contoso.com")),
            ("user_contoso.com#EXT#@x.onmicrosoft.com", Ok("user@contoso.com")),
            ("first_last_contoso.com#EXT#@x.onmicrosoft.com", Ok("first_last@contoso.com")),
            ("user+tag_contoso.com#ext#@x.onmicrosoft.com", Ok("user@contoso.com")),
            ("ÖZGE@contoso.com", Ok("özge@contoso.com")),
            ("contoso.com", Err("it has no `@`")),
            ("", Err("it has no `@`")),
            ("a@b@c", Err("it has more than one `@`")),
            ("usercontoso.com#EXT#@x.onmicrosoft.com", Err("it is that of a guest, and no `_` stands where the `@` was")),
            ("+tag@contoso.com", Err("nothing stands before or behind its `@`")),
            ("ava@", Err("nothing stands before or behind its `@`")),
            ("av a@contoso.com", Err("there is a blank inside")),
        ] {
            assert_eq!(normalized(text), expected.map(str::to_owned), "{text}");
        }
        assert_eq!(spelled("Ava+Jobs@contoso.com", false).as_deref(), Ok("ava+jobs@contoso.com"));
    }

    #[test]
    fn a_proxy_address_is_one_of_mail_or_none() {
        assert_eq!(of_proxy("SMTP:ava@contoso.com"), Some("ava@contoso.com"));
        assert_eq!(of_proxy("smtp:ava@contoso.com"), Some("ava@contoso.com"));
        assert_eq!(of_proxy("ava@contoso.com"), Some("ava@contoso.com"));
        assert_eq!(of_proxy("SIP:ava@contoso.com"), None);
        assert_eq!(of_proxy("x500:/o=Contoso/cn=ava"), None);
    }
}
