//! The last filter in front of stderr: blanks what looks like a token, should anything upstream let one through.

use std::{borrow::Cow, sync::LazyLock};

use regex_lite::Regex;

const BLANK: &str = "[redacted]";

/// A JSON web token starts with `{"` in base64url, `eyJ`; its parts are joined by dots. After `Bearer` stands a token of any form.
static TOKEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"eyJ[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]*)*|(?i:\bbearer)[\s:]+[A-Za-z0-9._~+/=-]+").ok());

/// The text without tokens.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    // The expression is constant and compiles; were it ever not to, nothing is shown.
    TOKEN.as_ref().map_or(Cow::Borrowed(BLANK), |token| token.replace_all(text, BLANK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_token_is_blanked_whole() {
        let token = format!("eyJ{}.eyJ{}.c2ln", "a".repeat(40), "b-_".repeat(40));
        assert_eq!(redact(&format!("got {token}, ok")), "got [redacted], ok");
    }

    #[test]
    fn whatever_follows_bearer_is_blanked() {
        assert_eq!(redact("authorization: Bearer abc+/123=="), "authorization: [redacted]");
        assert_eq!(redact("bearer\tabc~._-z end"), "[redacted] end");
    }

    #[test]
    fn ordinary_text_stays() {
        for text in ["listed 3 subscriptions", "eyJshort", "the beaker x", ""] {
            assert_eq!(redact(text), text);
        }
    }
}
