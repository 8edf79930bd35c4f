//! Oddities of JSON that several services share.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use crate::azure::{Error, Failure, Kind};

/// Bytes without a UTF-8 byte order mark, which some of Azure's own documents begin with.
pub(in crate::azure) fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

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

/// A text; null, empty and what is no text are none.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(deserializer.deserialize_any(Text)?.filter(|text| !text.is_empty()))
}

/// A text whose absence says that all is well, or that nothing ends: null and empty are none, and what is no text is an error.
pub fn exact_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

/// A text of a field that may be left out: none if it is, empty if it is null, an error if it is no text.
pub fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(Option::<String>::deserialize(deserializer)?.unwrap_or_default()))
}

/// A list; null and what is no list are none. Not for fields of which none says that all is well.
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Vec<T>>, D::Error> {
    deserializer.deserialize_any(List(PhantomData))
}

/// An object; null and what is no object are none.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(Object(PhantomData))
}

struct Text;
struct List<T>(PhantomData<T>);
struct Object<T>(PhantomData<T>);

/// What a visitor does with everything that is not of its kind.
macro_rules! none_of {
    ($($visit:ident: $ty:ty),*) => {
        $(fn $visit<E: serde::de::Error>(self, _: $ty) -> Result<Self::Value, E> {
            Ok(None)
        })*
        fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    };
    (seq) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(None)
        }
    };
    (map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(None)
        }
    };
}

impl<'de> Visitor<'de> for Text {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    none_of!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
    none_of!(seq);
    none_of!(map);
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = seq.next_element()? {
            all.push(one);
        }
        Ok(Some(all))
    }

    none_of!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
    none_of!(map);
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }

    none_of!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
    none_of!(seq);
}

/// The failure that a field is of which the answer says nothing, although something depends on it.
pub fn unstated(attempted: &str, object: impl Into<String>, field: &str) -> Error {
    let error = Error::new(Kind::InvalidResponse, attempted, object)
        .said(Failure::UnstatedField, format!("The answer does not state `{field}`."));
    error.advise(
        "Grant the permissions that the page of this object names, because a service hides what the caller may not see; if they are \
         there, please report this.",
    )
}

/// A text that stands for itself: null and what is no text are empty.
pub fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(text(deserializer)?.unwrap_or_default())
}

/// An object of which nothing but its own fields decides anything: null and what is no object are one without fields.
pub fn part<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(object(deserializer)?.unwrap_or_default())
}

/// A list or an object whose absence says the same as an empty one. Where the empty value would decide something, the field is an
/// `Option` instead.
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
        #[serde(default, deserialize_with = "list")]
        list: Option<Vec<String>>,
        #[serde(default, deserialize_with = "object")]
        inner: Option<Inner>,
        #[serde(default, deserialize_with = "or_default")]
        names: Vec<String>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        name: String,
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
        let odd = odd(r#"{"text":"","list":null,"inner":null,"names":null}"#);
        assert_eq!((odd.text, odd.list, odd.inner, odd.names), (None, None, None, vec![]));
    }

    #[test]
    fn what_is_of_another_kind_says_nothing_and_leaves_its_neighbours_alone() {
        for value in ["null", "true", "7", "-7", "0.5", r#""x""#, r#"[1,{"a":[]}]"#, r#"{"name":"n"}"#, r#"["a"]"#] {
            let row = odd(&format!(r#"{{"text":{value},"list":["a"],"flag":true}}"#));
            assert_eq!((row.text.is_some(), row.flag), (value == r#""x""#, Some(true)), "{value}");
            assert_eq!(row.list, Some(vec!["a".to_owned()]), "{value}");
            let row = odd(&format!(r#"{{"inner":{value},"flag":true}}"#));
            assert_eq!((row.inner.is_some(), row.flag), (value.starts_with('{'), Some(true)), "{value}");
        }
        for value in ["null", "true", "7", r#""x""#, r#"{"a":[1]}"#] {
            let row = odd(&format!(r#"{{"list":{value},"flag":true}}"#));
            assert_eq!((row.list, row.flag), (None, Some(true)), "{value}");
        }
    }
}
