//! Text from outside before anybody sees it: without secrets, without characters that drive a terminal or turn the reading direction,
//! and not longer than helps.

use std::{borrow::Cow, sync::LazyLock};

use regex_lite::Regex;

const BLANK: &str = "[redacted]";

/// So much of an argument is shown; whole files have been given where a word was asked.
const LONGEST_QUOTE: usize = 200;

/// What is a secret by its form, one a line: a JSON web token (it starts with `{"` in base64url, `eyJ`), whatever follows `Bearer`, a
/// client secret of Entra ID, a refresh token, a private key, a key in base64 with its padding, and long runs that no name has.
static SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let forms = [
        TOKEN_FORM,
        r"(?i:\bbearer)[\s:]+[A-Za-z0-9._~+/=-]+",
        r"[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}",
        r"\b[01]\.A[A-Za-z0-9_-]{30,}(?:\.[A-Za-z0-9_-]*)*",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*-----)?",
        r"\b[A-Za-z0-9+/]{40,}={1,2}",
        r"\b[A-Za-z0-9_]{64,}\b",
    ];
    Regex::new(&forms.join("|")).ok()
});

/// What is a secret by the name in front of it.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = "access_token|refresh_token|id_token|client_secret|client_assertion|assertion|accountkey|sharedaccesskey|\
                 sharedaccesssignature|sig|password|pwd";
    Regex::new(&format!(r#"(?i)\b({names})(["']?\s*[=:]\s*["']?)[^\s"'&;,)]+"#)).ok()
});

/// A JSON web token, wherever it stands.
static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(TOKEN_FORM).ok());

const TOKEN_FORM: &str = r"eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)*";

/// The text without tokens, keys and passwords.
pub fn masked(text: &str) -> Cow<'_, str> {
    // The expressions are constant and compile; were they ever not to, nothing is shown.
    let (Some(secret), Some(named)) = (SECRET.as_ref(), NAMED.as_ref()) else { return Cow::Borrowed(BLANK) };
    match secret.replace_all(text, BLANK) {
        Cow::Borrowed(text) => named.replace_all(text, "${1}${2}[redacted]"),
        Cow::Owned(text) => Cow::Owned(named.replace_all(&text, "${1}${2}[redacted]").into_owned()),
    }
}

/// A value from outside: line feeds and tabs are part of it.
pub fn value(text: String) -> String {
    replaced(text, &['\n', '\t'])
}

/// A text of ours with pieces from outside: its line breaks are ours.
pub fn lines(text: String) -> String {
    replaced(text, &['\n'])
}

/// A piece from outside within one line.
pub fn line(text: String) -> String {
    replaced(text, &[])
}

/// What somebody wrote, in quotes, with its line breaks escaped; of a long text its beginning and how long it is.
pub fn quoted(text: &str) -> String {
    let shown = value(text.chars().take(LONGEST_QUOTE).collect());
    match text.chars().count() {
        0..=LONGEST_QUOTE => format!("{shown:?}"),
        length => format!("{shown:?}… ({length} characters)"),
    }
}

/// A word of a command, in quotes if a POSIX shell, or PowerShell, would not take it as it stands.
pub fn shell_word(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) { word.to_owned() } else { shell_quoted(word) }
}

/// A word of a command in quotes, within which no shell finds anything to do.
pub fn shell_quoted(word: &str) -> String {
    match word.contains(['"', '$', '`', '\\', '!']) {
        true => format!("'{}'", word.replace('\'', r"'\''")),
        false => format!("\"{word}\""),
    }
}

/// C0, C1 and DEL drive terminals; the others turn the direction of what follows them.
fn is_dangerous(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn replaced(text: String, kept: &[char]) -> String {
    // Whatever a text is and wherever it comes from, a token is never shown, and never stands in state.
    let text = match (text.contains("eyJ"), TOKEN.as_ref()) {
        (false, _) => text,
        (true, Some(token)) => token.replace_all(&text, BLANK).into_owned(),
        (true, None) => BLANK.to_owned(),
    };
    // Nearly every text is printable ASCII.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text;
    }
    let is_replaced = |character: char| is_dangerous(character) && !kept.contains(&character);
    if !text.contains(is_replaced) {
        return text;
    }
    text.replace(is_replaced, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_token_is_blanked_whole() {
        let token = format!("eyJ{}.eyJ{}.c2ln", "a".repeat(40), "b-_".repeat(40));
        assert_eq!(masked(&format!("got {token}, ok")), "got [redacted], ok");
    }

    #[test]
    fn whatever_follows_bearer_is_blanked() {
        assert_eq!(masked("authorization: Bearer abc+/123=="), "authorization: [redacted]");
        assert_eq!(masked("bearer\tabc~._-z end"), "[redacted] end");
    }

    #[test]
    fn secrets_of_other_forms_are_blanked() {
        for secret in [
            format!("abc8Q~{}", "dEf-1".repeat(7).get(..34).unwrap()),
            format!("0.A{}.Ag{}", "x".repeat(40), "y".repeat(10)),
            format!("{}/{}==", "A".repeat(40), "b".repeat(40)),
            "c0ffee".repeat(12),
            format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----", "QUJD".repeat(8)),
        ] {
            assert_eq!(masked(&format!("given: {secret} here")), "given: [redacted] here", "{secret}");
        }
        assert_eq!(masked("client_secret=hunter2&scope=x"), "client_secret=[redacted]&scope=x");
        assert_eq!(masked(r#"{"access_token": "abc", "x": 1}"#), r#"{"access_token": "[redacted]", "x": 1}"#);
    }

    #[test]
    fn ordinary_text_stays() {
        for text in [
            "listed 3 subscriptions",
            "eyJshort",
            "the beaker x",
            "",
            "/subscriptions/fab00001-0000-4000-8000-000000000001/resourceGroups/a-rather-long-name-of-a-resource-group/providers/Microsoft.Sql",
            "NoRegisteredProviderFoundForApiVersion",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn characters_that_drive_a_terminal_or_turn_the_direction_are_replaced() {
        for bad in ['\0', '\u{7}', '\r', '\u{1b}', '\u{7f}', '\u{80}', '\u{9b}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'] {
            let text = format!("a{bad}b");
            for replaced in [value(text.clone()), lines(text.clone()), line(text)] {
                assert_eq!(replaced, "a\u{fffd}b", "{bad:?}");
            }
        }
        assert_eq!(value("a\tb\nc ü 日 \u{200d}".to_owned()), "a\tb\nc ü 日 \u{200d}");
        assert_eq!(lines("a\tb\nc".to_owned()), "a\u{fffd}b\nc");
        assert_eq!(line("a\tb\nc".to_owned()), "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn no_text_that_is_shown_or_kept_holds_a_token() {
        let text = format!("a eyJ{}.eyJb.c b", "a".repeat(40));
        for kept in [value(text.clone()), lines(text.clone()), line(text)] {
            assert_eq!(kept, "a [redacted] b");
        }
        assert_eq!(value("eyJshort".to_owned()), "eyJshort");
    }

    #[test]
    fn a_word_of_a_command_is_quoted_where_a_shell_would_read_more_than_a_word() {
        for (word, shown) in [
            ("/subscriptions/0b1f6471/resourceGroups/rg-shop_1.x", "/subscriptions/0b1f6471/resourceGroups/rg-shop_1.x"),
            ("/subscriptions/1/resourceGroups/a(b)", "\"/subscriptions/1/resourceGroups/a(b)\""),
            ("größe-資源", "\"größe-資源\""),
            ("Security Reader", "\"Security Reader\""),
            ("", "\"\""),
            ("it's $(reboot)", r"'it'\''s $(reboot)'"),
            ("a`b", "'a`b'"),
        ] {
            assert_eq!(shell_word(word), shown);
        }
        assert_eq!(shell_quoted("Reader"), "\"Reader\"");
    }

    #[test]
    fn of_a_long_argument_the_beginning_is_quoted() {
        assert_eq!(quoted("a\u{1b}\u{202e}\n"), "\"a\u{fffd}\u{fffd}\\n\"");
        assert_eq!(quoted(&"x".repeat(200)), format!("\"{}\"", "x".repeat(200)));
        assert_eq!(quoted(&"ü".repeat(5_000)), format!("\"{}\"… (5000 characters)", "ü".repeat(200)));
    }
}
