//! The one filter between what az, Resource Manager, Microsoft Graph or a token endpoint say and everybody above: no secret, nothing
//! that drives a terminal, no id of the one event (those repeat in plans and make each differ), one line, and not without end.

use std::{borrow::Cow, sync::LazyLock};

use regex_lite::{Captures, Regex};
use serde_json::Value as Json;

use crate::text;

/// The longest message that is passed on, in characters.
const LONGEST: usize = 1_500;
/// The longest code; those of Azure have up to 60 characters.
const LONGEST_CODE: usize = 80;

/// What stands for the words of a service that may name people.
pub(in crate::azure) const LEFT_OUT: &str = "what was said is left out, because it may name people";

/// Words from outside, fit to be shown.
pub(in crate::azure) fn words(said: &str) -> String {
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = without_events(&text::masked(&line));
    let text = match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text,
    };
    text::line(text)
}

/// Free text of a service that is kept, fit to be; none where people may not be named, because it may name them.
pub fn said(text: &str, redacts_people: bool) -> Option<String> {
    Some(words(text)).filter(|words| !redacts_people && !words.is_empty())
}

/// The same for what people wrote: numbers of requests in it are theirs, and its lines too.
pub fn written(text: &str, redacts_people: bool) -> Option<String> {
    (!redacts_people).then(|| text::value(text::masked(text).into_owned()))
}

/// A name, a word or a sentence that is kept as it is: without tokens, and without addresses of people where they may not be named.
/// There may be a hundred thousand of them, so only those are searched that hold the beginning of what is looked for.
pub fn shown(text: &str, redacts_people: bool) -> Cow<'_, str> {
    let holds = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let kept = match holds(&["eyJ", "earer", "EARER", "PRIVATE KEY"]) {
        true => text::masked(text),
        false => Cow::Borrowed(text),
    };
    let kept = match redacts_people && holds(&["@", "%40", "#EXT#"]) {
        true => Cow::Owned(nameless(&kept)),
        false => kept,
    };
    match kept.chars().any(char::is_control) {
        true => Cow::Owned(text::value(kept.into_owned())),
        false => kept,
    }
}

/// The same for every text in a value, whatever its form, names of fields included: it stays what it is.
pub fn shown_value(value: Json, redacts_people: bool) -> Json {
    let each = |value| shown_value(value, redacts_people);
    match value {
        Json::String(text) => Json::String(shown(&text, redacts_people).into_owned()),
        Json::Array(elements) => Json::Array(elements.into_iter().map(each).collect()),
        Json::Object(fields) => {
            let fit = |(name, value): (String, Json)| (shown(&name, redacts_people).into_owned(), each(value));
            Json::Object(fields.into_iter().map(fit).collect())
        }
        other => other,
    }
}

/// A code, if it has the form of one.
pub(in crate::azure) fn code(said: &str) -> String {
    let is_code = |text: &str| {
        text.len() <= LONGEST_CODE
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _-./:".contains(&byte))
            && azure_core::Uuid::parse_str(text).is_err()
            && text::masked(text) == text
    };
    if is_code(said) { said.to_owned() } else { String::new() }
}

/// The words without these ids.
pub(in crate::azure) fn without(mut words: String, ids: &[String]) -> String {
    // A short one could be a part of anything.
    for id in ids.iter().filter(|id| id.len() >= 8) {
        words = words.replace(id.as_str(), EVENT);
    }
    words
}

/// Without addresses of people: user principal names and mail addresses, those of guests too.
pub(in crate::azure) fn nameless(text: &str) -> String {
    static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let inside = r#"[^\s"'<>(),;:=/\[\]{}]"#;
        Regex::new(&format!("{inside}*(?:@|%40|#EXT#){inside}*")).ok()
    });
    // The expression is constant and compiles; were it ever not to, nothing is shown.
    ADDRESS.as_ref().map_or_else(|| LEFT_OUT.to_owned(), |address| address.replace_all(text, "[redacted]").into_owned())
}

const EVENT: &str = "[id]";

/// Without what announces itself as the id or the time of an event.
fn without_events(text: &str) -> String {
    static EVENTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let names =
            r"(?:trace|correlation|request|tracking|activity|session|operation|transaction|diagnostic)[ _-]?ids?|timestamp";
        let value = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}[0-9.Z+:-]*|[A-Za-z0-9][A-Za-z0-9._:+/|-]{7,}";
        Regex::new(&format!(r#"(?i)\b({names})(["']?\s*(?:is|was|of|[:=(])?\s*["'(\[]*)({value})"#)).ok()
    });
    let Some(events) = EVENTS.as_ref() else { return LEFT_OUT.to_owned() };
    let blank = |found: &Captures<'_>| {
        let part = |index: usize| found.get(index).map_or("", |part| part.as_str());
        // A word is no id.
        match part(3).bytes().any(|byte| byte.is_ascii_digit()) {
            true => format!("{}{}{EVENT}", part(1), part(2)),
            false => part(0).to_owned(),
        }
    };
    events.replace_all(text, blank).into_owned()
}

/// What Resource Manager says when a role is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::azure) struct Denial {
    /// Object id of who lacks it.
    pub(in crate::azure) who: Option<String>,
    /// The operation.
    pub(in crate::azure) action: String,
    /// Where.
    pub(in crate::azure) scope: Option<String>,
}

impl Denial {
    /// Finds it in a message. What has not the form of an id, an operation or a scope is none: it may end in a command.
    pub(in crate::azure) fn of(message: &str) -> Option<Self> {
        static DENIED: LazyLock<Option<Regex>> = LazyLock::new(|| {
            let who = r"(?:object id '(?<who>[0-9a-f-]{36})'.*?)?";
            let what = r"perform action '(?<action>[a-z0-9._*/-]+)'(?:.*?over scope '(?<scope>/[^'\s]*)')?";
            Regex::new(&format!("(?is){who}{what}")).ok()
        });
        let found = DENIED.as_ref()?.captures(message)?;
        let part = |name: &str| found.name(name).map(|part| part.as_str().to_owned());
        // The names of resource groups have letters of any script.
        let fits = |scope: &String| scope.chars().all(|one| one.is_alphanumeric() || "._()/~-".contains(one));
        Some(Self { who: part("who"), action: part("action")?, scope: part("scope").filter(fits) })
    }

    /// It in our words, which name nobody.
    pub(in crate::azure) fn told(&self) -> String {
        let who = self.who.as_ref().map_or_else(|| "the sign-in".to_owned(), |who| format!("the object id {who}"));
        let scope = self.scope.as_ref().map(|scope| format!(" over scope {scope}")).unwrap_or_default();
        format!("{who} may not perform {}{scope}", self.action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_times_of_the_event_are_blanked_where_they_are_announced() {
        for (said, left) in [
            (
                "Gone. Trace ID: 0aa1-22 Correlation ID: 77777777-7777-4777-8777-777777777777",
                "Gone. Trace ID: 0aa1-22 Correlation ID: [id]",
            ),
            ("The tracking id is '77777777-7777-4777-8777-777777777777'.", "The tracking id is '[id]'."),
            (r#"{"requestId":"77777777-7777-4777-8777-777777777777"}"#, r#"{"requestId":"[id]"}"#),
            ("Timestamp: 2026-11-26 02:45:38Z", "Timestamp: [id]"),
            ("A request id is necessary", "A request id is necessary"),
            (
                "The client with object id '77777777-7777-4777-8777-777777777777'",
                "The client with object id '77777777-7777-4777-8777-777777777777'",
            ),
        ] {
            assert_eq!(words(said), left);
        }
        let ids = ["req-12345".to_owned(), "1".to_owned()];
        assert_eq!(without("see req-12345, part 1".to_owned(), &ids), "see [id], part 1");
    }

    #[test]
    fn words_are_one_line_without_secrets_and_without_end() {
        assert_eq!(words("a\r\n  b\u{1b}[31m\u{202e}c"), "a b\u{fffd}[31m\u{fffd}c");
        assert_eq!(words(&format!("got eyJ{}.x.y", "a".repeat(40))), "got [redacted]");
        assert_eq!(words(&"x ".repeat(5_000)).chars().count(), LONGEST + 2);
    }

    #[test]
    fn free_text_is_kept_without_secrets_and_not_at_all_where_people_may_not_be_named() {
        let text = format!("Jane\nfailed, Bearer {}, request id: 1234-5678", "a".repeat(40));
        assert_eq!(said(&text, false).as_deref(), Some("Jane failed, [redacted], request id: [id]"));
        assert_eq!(
            written("for Jane\nrequest id: CHG0012345 pwd=x", false).as_deref(),
            Some("for Jane\nrequest id: CHG0012345 pwd=[redacted]")
        );
        assert_eq!((said(&text, true), written(&text, true), said("", false)), (None, None, None));
    }

    #[test]
    fn what_is_kept_as_it_is_holds_no_token_and_names_people_only_where_it_may() {
        let text = format!("Ask jane@x.org \u{1b}[1m, eyJ{}.x.y", "a".repeat(40));
        assert_eq!(shown(&text, false), "Ask jane@x.org \u{fffd}[1m, [redacted]");
        assert_eq!(shown(&text, true), "Ask [redacted] \u{fffd}[1m, [redacted]");
        assert!(matches!(shown("Storage accounts should be private", true), Cow::Borrowed(_)));
        let settings = serde_json::json!({"jane@x.org": [text, 1, null, true], "cap": "5"});
        let kept = serde_json::json!({"[redacted]": ["Ask [redacted] \u{fffd}[1m, [redacted]", 1, null, true], "cap": "5"});
        assert_eq!(shown_value(settings, true), kept);
    }

    #[test]
    fn a_code_has_the_form_of_one() {
        for good in ["AuthorizationFailed", "Subscription Not Registered", "AADSTS7000215", "invalid_client", "403", ""] {
            assert_eq!(code(good), good);
        }
        let token = format!("eyJ{}", "a".repeat(40));
        for bad in ["jane@contoso.com", "a\u{1b}b", "77777777-7777-4777-8777-777777777777", "x(y)", &token, &"x".repeat(81)] {
            assert_eq!(code(bad), "", "{bad}");
        }
    }

    #[test]
    fn addresses_of_people_are_found_in_every_spelling() {
        for address in
            ["jane@contoso.com", "jane_contoso.com#EXT#@fabrikam.onmicrosoft.com", "live.com#jane@x.org", "jane%40x.org"]
        {
            assert_eq!(nameless(&format!("The client '{address}' (of x)")), "The client '[redacted]' (of x)");
        }
        assert_eq!(nameless("Microsoft Graph /users/jane@x.org/memberOf"), "Microsoft Graph /users/[redacted]/memberOf");
        assert_eq!(nameless("nobody"), "nobody");
    }

    #[test]
    fn a_denial_is_read_only_where_it_can_stand_in_a_command() {
        let message = |action: &str, scope: &str| {
            format!(
                "The client 'jane@x.org' with object id '77777777-7777-4777-8777-777777777777' does not have authorization to perform \
                     action '{action}' over scope '{scope}' or the scope is invalid."
            )
        };
        let denial = Denial::of(&message("Microsoft.Security/pricings/read", "/subscriptions/1/resourceGroups/A_b(c)")).unwrap();
        assert_eq!(
            denial.told(),
            "the object id 77777777-7777-4777-8777-777777777777 may not perform Microsoft.Security/pricings/read over scope \
             /subscriptions/1/resourceGroups/A_b(c)"
        );
        assert!(Denial::of(&message("$(reboot)", "/")).is_none());
        for bad in ["/x; reboot", "/x;reboot", "/$(reboot)", "/x\"y", "/x\u{202e}y"] {
            assert_eq!(Denial::of(&message("A/read", bad)).unwrap().scope, None, "{bad}");
        }
        let group = "/subscriptions/1/resourceGroups/größe-資源";
        assert_eq!(Denial::of(&message("A/read", group)).unwrap().scope.as_deref(), Some(group));
        assert!(Denial::of("no").is_none());
    }
}
