//! How filters compare: without case, prefixes on segment boundaries, globs, and tags.

use std::collections::{BTreeMap, BTreeSet};

/// Whether a filter is absent or names the word, without case.
pub fn admits(filter: Option<&BTreeSet<String>>, word: &str) -> bool {
    filter.is_none_or(|words| words.iter().any(|wanted| wanted.eq_ignore_ascii_case(word)))
}

/// Whether all hold: one that does not is enough for no.
pub fn every(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => all = None,
        }
    }
    all
}

/// Whether every wanted tag is there; names compare without case, `*` is any value.
pub fn has_tags(wanted: &BTreeMap<String, String>, tags: &BTreeMap<String, String>) -> bool {
    wanted
        .iter()
        .all(|(name, value)| tags.iter().any(|(other, own)| other.eq_ignore_ascii_case(name) && (value == "*" || value == own)))
}

/// Whether a glob (`*` any run, `?` any one character) matches the whole text, without case.
pub fn glob(pattern: &str, text: &str) -> bool {
    matches(pattern, text, Some('?'))
}

/// Whether a pattern whose only wildcard is `*` matches the whole text, without case.
pub fn wildcard(pattern: &str, text: &str) -> bool {
    matches(pattern, text, None)
}

fn matches(pattern: &str, text: &str, any_one: Option<char>) -> bool {
    let pattern: Vec<char> = pattern.chars().flat_map(char::to_lowercase).collect();
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let (mut p, mut t) = (0, 0);
    // Where the last star stood, and how much of the text it has swallowed so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match (pattern.get(p), text.get(t)) {
            (Some('*'), _) => {
                star = Some((p, t));
                p += 1;
            }
            (Some(wanted), Some(found)) if wanted == found || Some(*wanted) == any_one => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, swallowed)) => {
                    star = Some((at, swallowed + 1));
                    (p, t) = (at + 1, swallowed + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_compare_without_case_and_no_filter_admits_all() {
        let filter = BTreeSet::from(["Unhealthy".to_owned()]);
        assert!(admits(Some(&filter), "unhealthy"));
        assert!(!admits(Some(&filter), "Healthy"));
        assert!(admits(None, "anything"));
    }

    #[test]
    fn tags_match_by_name_without_case_and_value_exactly() {
        let tags = BTreeMap::from([("Env".to_owned(), "prod".to_owned())]);
        let wanted = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        assert!(has_tags(&wanted("env", "prod"), &tags));
        assert!(has_tags(&wanted("ENV", "*"), &tags));
        assert!(!has_tags(&wanted("env", "Prod"), &tags));
        assert!(!has_tags(&wanted("team", "*"), &tags));
    }

    #[test]
    fn globs_match_whole_texts() {
        for (pattern, text, matches) in [
            ("role_*", "role_reader", true),
            ("role_*", "a_role_reader", false),
            ("*storage*", "/a/Storage/b", true),
            ("svc-?@*.com", "svc-1@x.y.com", true),
            ("svc-?", "svc-", false),
            ("*", "", true),
            ("", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b", "a-b-c", false),
        ] {
            assert_eq!(glob(pattern, text), matches, "{pattern} {text}");
        }
    }
}
