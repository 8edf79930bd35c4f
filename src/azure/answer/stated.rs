//! A text of which null says something: there is none. What leaves it out, or writes what is no text, says nothing.

use serde::{Deserialize, Deserializer};

use super::lenient::Text;

/// What an answer says in a field that may be null on purpose. For fields with `#[serde(default)]`, so that one that is left out is no error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stated {
    /// The field is left out.
    #[default]
    Nothing,
    /// It is null: there is none.
    Null,
    /// It is empty, or no text.
    Odd,
    /// The text.
    Said(String),
}

impl Stated {
    /// The text, if there is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Said(text) => Some(text),
            Self::Nothing | Self::Null | Self::Odd => None,
        }
    }
}

impl<'de> Deserialize<'de> for Stated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<Text>::deserialize(deserializer)? {
            None => Self::Null,
            Some(Text(None)) => Self::Odd,
            Some(Text(Some(text))) => Self::Said(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Row {
        #[serde(default)]
        end: Stated,
    }

    #[test]
    fn null_is_told_from_what_says_nothing() {
        for (json, expected) in [
            ("{}", Stated::Nothing),
            (r#"{"end":null}"#, Stated::Null),
            (r#"{"end":""}"#, Stated::Odd),
            (r#"{"end":7}"#, Stated::Odd),
            (r#"{"end":["x"]}"#, Stated::Odd),
            (r#"{"end":"x"}"#, Stated::Said("x".to_owned())),
        ] {
            assert_eq!(serde_json::from_str::<Row>(json).unwrap().end, expected, "{json}");
        }
    }
}
