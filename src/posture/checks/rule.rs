//! Rules about one property of a resource. They have three answers: what is not said, or in a word nobody knows, is neither.

use serde_json::{Map, Value as Json};

use super::{estate::Resource, run::Ruling};
use crate::posture::Reason;

/// A rule. Its path leads through objects, below `properties`.
#[derive(Debug)]
pub enum Rule {
    /// The property is true.
    True {
        /// Where it stands.
        path: &'static str,
        /// What it means that it is not there, or null.
        absent: Absent,
    },
    /// The property is this word.
    Is {
        /// Where it stands.
        path: &'static str,
        /// The word that passes.
        word: &'static str,
        /// The words that fail; any other is one that nobody knows, or that leaves it open.
        others: &'static [&'static str],
        /// What it means that the property is not there, or null.
        absent: Absent,
    },
    /// At least one of the private endpoint connections at this place is approved.
    Connected {
        /// Where they stand.
        path: &'static str,
    },
}

/// What it means that a property is absent or null. Only what its service documents may be more than unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The service does not say it.
    Unseen,
    /// What the service documents for it fails.
    Fails,
}

/// What stands at a path.
enum At<'a> {
    Value(&'a Json),
    /// Nothing, or null, at the path or at an object on the way.
    Nothing,
    /// The service says nothing of the resource, or what is no object on the way.
    Unclear,
}

/// What a private endpoint connection can be beside approved.
const UNAPPROVED: [&str; 3] = ["Disconnected", "Pending", "Rejected"];

impl Rule {
    /// The path, as it is shown.
    pub fn path(&self) -> &'static str {
        match self {
            Self::True { path, .. } | Self::Is { path, .. } | Self::Connected { path } => path,
        }
    }

    /// Whether it holds; none if the service does not say, or not in a way that is known here.
    pub fn holds(&self, properties: Option<&Map<String, Json>>) -> Option<bool> {
        match (self, at(properties, self.path())) {
            (_, At::Unclear) => None,
            (Self::True { absent, .. } | Self::Is { absent, .. }, At::Nothing) => (*absent == Absent::Fails).then_some(false),
            (Self::Connected { .. }, At::Nothing) => None,
            (Self::True { .. }, At::Value(value)) => flag(value),
            (Self::Is { word, others, .. }, At::Value(value)) => {
                let own = value.as_str()?;
                let is = |known: &&str| known.eq_ignore_ascii_case(own);
                if is(word) { Some(true) } else { others.iter().any(is).then_some(false) }
            }
            (Self::Connected { .. }, At::Value(value)) => connected(value.as_array()?),
        }
    }

    /// The ruling on a resource.
    pub(super) fn judge(&self, resource: &Resource) -> Ruling {
        let path = self.path();
        match self.holds(resource.properties.as_ref()) {
            Some(true) => Ruling::Pass(format!("`{path}` {}", self.wanted())),
            Some(false) => Ruling::fail(format!("it does not hold that `{path}` {}", self.wanted())),
            None => {
                Ruling::Unknown(Reason::InvalidResponse, format!("the service does not state whether `{path}` {}", self.wanted()))
            }
        }
    }

    fn wanted(&self) -> String {
        match self {
            Self::True { .. } => "is true".to_owned(),
            Self::Is { word, .. } => format!("is {word}"),
            Self::Connected { .. } => "has an approved connection".to_owned(),
        }
    }
}

fn at<'a>(properties: Option<&'a Map<String, Json>>, path: &str) -> At<'a> {
    let Some(mut object) = properties else { return At::Unclear };
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        match object.get(part) {
            None | Some(Json::Null) => return At::Nothing,
            Some(value) if parts.peek().is_none() => return At::Value(value),
            Some(Json::Object(inner)) => object = inner,
            Some(_) => return At::Unclear,
        }
    }
    At::Unclear
}

/// Some services write flags as words.
fn flag(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(flag) => Some(*flag),
        Json::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

fn connected(connections: &[Json]) -> Option<bool> {
    const STATUS: &str = "/properties/privateLinkServiceConnectionState/status";
    let status = |connection: &Json| {
        let own = connection.pointer(STATUS)?.as_str()?;
        let is = |known: &str| known.eq_ignore_ascii_case(own);
        if is("Approved") { Some(true) } else { UNAPPROVED.into_iter().any(is).then_some(false) }
    };
    let states: Vec<_> = connections.iter().map(status).collect();
    if states.contains(&Some(true)) { Some(true) } else { states.iter().all(Option::is_some).then_some(false) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn all_hold(rule: &Rule, cases: &[(Json, Option<bool>)]) {
        for (properties, expected) in cases {
            assert_eq!(rule.holds(properties.as_object()), *expected, "{rule:?} {properties}");
        }
        assert_eq!(rule.holds(None), None, "{rule:?}: the service says nothing of the resource");
    }

    #[test]
    fn a_flag_is_true_false_or_unsaid() {
        let cases = |absent| {
            [
                (json!({"a": {"b": true}}), Some(true)),
                (json!({"a": {"b": "True"}}), Some(true)),
                (json!({"a": {"b": false}}), Some(false)),
                (json!({"a": {"b": "false"}}), Some(false)),
                (json!({"a": {"b": "yes"}}), None),
                (json!({"a": {"b": 1}}), None),
                (json!({"a": {"b": {}}}), None),
                (json!({"a": "b"}), None),
                (json!({"a": {"b": null}}), absent),
                (json!({"a": {}}), absent),
                (json!({"a": null}), absent),
                (json!({}), absent),
            ]
        };
        all_hold(&Rule::True { path: "a.b", absent: Absent::Unseen }, &cases(None));
        all_hold(&Rule::True { path: "a.b", absent: Absent::Fails }, &cases(Some(false)));
    }

    #[test]
    fn a_word_that_nobody_knows_is_neither() {
        let cases = |absent| {
            [
                (json!({"a": "deny"}), Some(true)),
                (json!({"a": "Allow"}), Some(false)),
                (json!({"a": "Perhaps"}), None),
                (json!({"a": ""}), None),
                (json!({"a": true}), None),
                (json!({"a": null}), absent),
                (json!({}), absent),
            ]
        };
        for (absent, expected) in [(Absent::Unseen, None), (Absent::Fails, Some(false))] {
            all_hold(&Rule::Is { path: "a", word: "Deny", others: &["Allow"], absent }, &cases(expected));
        }
    }

    #[test]
    fn one_approved_connection_is_enough_and_an_unclear_one_is_not_none() {
        let connection = |status: Json| json!({"properties": {"privateLinkServiceConnectionState": {"status": status}}});
        let (yes, pending, odd) = (connection(json!("Approved")), connection(json!("Pending")), connection(json!("Odd")));
        all_hold(
            &Rule::Connected { path: "a" },
            &[
                (json!({"a": [pending, odd, yes]}), Some(true)),
                (json!({"a": [pending]}), Some(false)),
                (json!({"a": []}), Some(false)),
                (json!({"a": [pending, odd]}), None),
                (json!({"a": [pending, {}]}), None),
                (json!({"a": [pending, null]}), None),
                (json!({"a": {}}), None),
                (json!({"a": null}), None),
                (json!({}), None),
            ],
        );
    }
}
