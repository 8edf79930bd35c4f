//! Oddities of JSON that several services share.

use serde::{Deserialize, Deserializer};

/// A flag that arrives as a bool or as `"True"`/`"False"` in any case; null, absent and anything else are none.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Flag {
        Bool(bool),
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Option::<Flag>::deserialize(deserializer)? {
        Some(Flag::Bool(flag)) => Some(flag),
        Some(Flag::Text(text)) if text.eq_ignore_ascii_case("true") => Some(true),
        Some(Flag::Text(text)) if text.eq_ignore_ascii_case("false") => Some(false),
        Some(Flag::Text(_) | Flag::Other(_)) | None => None,
    })
}

/// A text; null and empty are none.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

/// A list or an object that may be null.
pub fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Odd {
        #[serde(default, deserialize_with = "flag")]
        flag: Option<bool>,
        #[serde(default, deserialize_with = "text")]
        text: Option<String>,
        #[serde(default, deserialize_with = "or_default")]
        list: Vec<String>,
    }

    fn odd(json: &str) -> Odd {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn flags_come_as_bools_and_as_words() {
        for (json, expected) in [
            (r#"{"flag":true}"#, Some(true)),
            (r#"{"flag":"True"}"#, Some(true)),
            (r#"{"flag":"false"}"#, Some(false)),
            (r#"{"flag":"On"}"#, None),
            (r#"{"flag":null}"#, None),
            (r#"{"flag":7}"#, None),
            ("{}", None),
        ] {
            assert_eq!(odd(json).flag, expected, "{json}");
        }
    }

    #[test]
    fn null_and_empty_are_absent() {
        let odd = odd(r#"{"text":"","list":null}"#);
        assert_eq!((odd.text, odd.list), (None, vec![]));
    }
}
