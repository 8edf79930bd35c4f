//! Oddities of JSON that several services share, and the types of fields that take them as they come.
//!
//! A field of these types may be left out, be null or be of another kind: then it says nothing, and the row is read all the same.
//! Beside them, a plain `String` or `Vec` has to be there, and an `Option` may be left out or null but has to be of its kind.

use std::{
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use crate::azure::{Error, Failure, Kind};

/// Bytes without a UTF-8 byte order mark, which some of Azure's own documents begin with.
pub(in crate::azure) fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
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

/// A text; an empty one is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Text(pub Option<String>);

/// A text whose absence says that all is well, or that nothing ends: null and empty are none, and what is no text is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExactText(pub Option<String>);

/// A flag that arrives as a bool or as `"True"`/`"False"` in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Flag(pub Option<bool>);

/// A number of things: whole, and not below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count(pub Option<u64>);

/// A number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Number(pub Option<f64>);

/// A list. Not for fields of which none says that all is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct List<T>(pub Option<Vec<T>>);

/// An object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Object<T>(pub Option<T>);

/// An object of which nothing but its own fields decides anything: where it says nothing it is one without fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Part<T>(pub T);

/// A list or an object that comes as it is, or as JSON inside a text. What it holds has to take whatever comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Packed<T> {
    /// Left out, null, or an empty text.
    #[default]
    Unsaid,
    /// Of another kind, or a text that is no JSON.
    Odd,
    /// What it holds.
    Said(T),
}

/// A text, a list or an object whose absence says the same as an empty one: null is empty, and what is of another kind is an error.
/// Where the empty value would decide something, the field is an `Option` instead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OrEmpty<T>(pub T);

/// A text of a field that may be left out: none if it is, empty if it is null, an error if it is no text.
pub fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(Option::<String>::deserialize(deserializer)?.unwrap_or_default()))
}

/// A flag of a field whose null says no: none if it is no flag. One that is left out says nothing; for fields with `default`.
pub fn null_is_no<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(Option::<Flag>::deserialize(deserializer)?.map_or(Some(false), |flag| flag.0))
}

/// Reads a type as whatever comes, and lets it be used as what it holds.
macro_rules! lenient {
    ($($name:ident$(<$of:ident$(: $bound:ident)?>)? holds $held:ty;)*) => {
        $(
            impl<'de $(, $of: Deserialize<'de> $(+ $bound)?)?> Deserialize<'de> for $name$(<$of>)? {
                // Through an option, because serde reads one that was left out as none, where it refuses other types.
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_option(Any(PhantomData))
                }
            }
        )*
        $(holds!($name$(<$of>)? holds $held);)*
    };
}

/// Lets a type be used as what it holds.
macro_rules! holds {
    ($name:ident$(<$of:ident>)? holds $held:ty) => {
        impl$(<$of>)? Deref for $name$(<$of>)? {
            type Target = $held;

            fn deref(&self) -> &$held {
                &self.0
            }
        }

        impl$(<$of>)? DerefMut for $name$(<$of>)? {
            fn deref_mut(&mut self) -> &mut $held {
                &mut self.0
            }
        }
    };
}

lenient! {
    Count holds Option<u64>;
    Flag holds Option<bool>;
    List<T> holds Option<Vec<T>>;
    Number holds Option<f64>;
    Object<T> holds Option<T>;
    Part<T: Default> holds T;
    Text holds Option<String>;
}
holds!(ExactText holds Option<String>);
holds!(OrEmpty<T> holds T);

impl<'de> Deserialize<'de> for ExactText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty())))
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for OrEmpty<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<T>::deserialize(deserializer)?.unwrap_or_default()))
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// What a field takes; its default is what it says where it is of any other kind.
trait Lenient<'de>: Default {
    fn of_flag(_: bool) -> Self {
        Self::default()
    }

    fn of_count(_: u64) -> Self {
        Self::default()
    }

    fn of_number(_: f64) -> Self {
        Self::default()
    }

    fn of_text(_: &str) -> Self {
        Self::default()
    }

    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    fn of_object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

impl Lenient<'_> for Count {
    fn of_count(count: u64) -> Self {
        Self(Some(count))
    }

    // Some services write whole numbers as `3.0`.
    fn of_number(number: f64) -> Self {
        let is_count = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
        Self(is_count.then_some(number as u64))
    }
}

impl Lenient<'_> for Number {
    fn of_count(count: u64) -> Self {
        Self(Some(count as f64))
    }

    fn of_number(number: f64) -> Self {
        Self(Some(number))
    }
}

impl Lenient<'_> for Text {
    fn of_text(text: &str) -> Self {
        Self(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }
}

impl Lenient<'_> for Flag {
    fn of_flag(flag: bool) -> Self {
        Self(Some(flag))
    }

    fn of_text(text: &str) -> Self {
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        Self(if is("true") { Some(true) } else { is("false").then_some(false) })
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Packed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(Any(PhantomData))
    }
}

impl<'de, T: DeserializeOwned> Lenient<'de> for Packed<T> {
    fn of_flag(_: bool) -> Self {
        Self::Odd
    }

    fn of_count(_: u64) -> Self {
        Self::Odd
    }

    fn of_number(_: f64) -> Self {
        Self::Odd
    }

    fn of_text(text: &str) -> Self {
        match text.trim().is_empty() {
            true => Self::Unsaid,
            false => serde_json::from_str(text).map_or(Self::Odd, Self::Said),
        }
    }

    fn of_list<A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(list)).map(Self::Said)
    }

    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(Self::Said)
    }
}

impl<'de, T: Deserialize<'de>> Lenient<'de> for List<T> {
    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element()? {
            all.push(one);
        }
        Ok(Self(Some(all)))
    }
}

impl<'de, T: Deserialize<'de>> Lenient<'de> for Object<T> {
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(|object| Self(Some(object)))
    }
}

impl<'de, T: Deserialize<'de> + Default> Lenient<'de> for Part<T> {
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(Self)
    }
}

/// Takes whatever comes.
struct Any<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for Any<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<T, E> {
        Ok(T::of_flag(flag))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<T, E> {
        Ok(T::of_number(number))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<T, E> {
        Ok(T::of_number(number as f64))
    }

    fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<T, E> {
        Ok(T::of_count(count))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        Ok(T::of_text(text))
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<T, D::Error> {
        some.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::of_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::of_object(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Odd {
        flag: Flag,
        text: Text,
        list: List<String>,
        inner: Object<Inner>,
        part: Part<Kinds>,
        names: OrEmpty<Vec<String>>,
        until: ExactText,
    }

    #[derive(Default, Deserialize)]
    struct Kinds {
        kind: Text,
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
            assert_eq!(odd(json).flag.0, expected, "{json}");
        }
    }

    #[test]
    fn null_and_empty_are_absent() {
        let nulls = r#"{"flag":null,"text":null,"list":null,"inner":null,"part":null,"names":null,"until":null}"#;
        for json in ["{}", nulls, r#"{"text":"","until":"","part":{"kind":""}}"#] {
            let odd = odd(json);
            assert_eq!((odd.flag.0, odd.text.0, odd.list.0, odd.inner.0), (None, None, None, None), "{json}");
            assert_eq!((odd.part.0.kind.0, odd.names.0, odd.until.0), (None, vec![], None), "{json}");
        }
    }

    #[test]
    fn what_is_packed_into_a_text_is_taken_as_if_it_were_not() {
        type Names = Packed<List<Text>>;
        let read = |json: &str| serde_json::from_str::<Names>(json).unwrap();
        let said = Names::Said(List(Some(vec![Text(Some("a".to_owned())), Text(None)])));
        for json in [r#"["a", null]"#, r#"["a", 7]"#, r#""[\"a\", null]""#] {
            assert_eq!(read(json), said, "{json}");
        }
        for json in ["null", r#""""#, r#"" ""#] {
            assert_eq!(read(json), Names::Unsaid, "{json}");
        }
        for json in ["7", "true", "0.5", r#""[""#] {
            assert_eq!(read(json), Names::Odd, "{json}");
        }
        // A list that is no list says nothing, but that it was there.
        for json in [r#"{"a": 1}"#, r#""{}""#, r#""7""#] {
            assert_eq!(read(json), Names::Said(List(None)), "{json}");
        }
    }

    #[test]
    fn counts_are_whole_and_numbers_are_what_they_are() {
        for (json, count, number) in [
            ("7", Some(7), Some(7.0)),
            ("0", Some(0), Some(0.0)),
            ("3.0", Some(3), Some(3.0)),
            ("0.5", None, Some(0.5)),
            ("-7", None, Some(-7.0)),
            ("null", None, None),
            (r#""7""#, None, None),
            ("[7]", None, None),
            ("true", None, None),
        ] {
            let (of_count, of_number): (Count, Number) =
                (serde_json::from_str(json).unwrap(), serde_json::from_str(json).unwrap());
            assert_eq!((of_count.0, of_number.0), (count, number), "{json}");
        }
    }

    #[test]
    fn what_is_of_another_kind_says_nothing_and_leaves_its_neighbours_alone() {
        for value in ["null", "true", "7", "-7", "0.5", r#""x""#, r#"[1,{"a":[]}]"#, r#"{"name":"n"}"#, r#"["a"]"#] {
            let row = odd(&format!(r#"{{"text":{value},"list":["a"],"flag":true}}"#));
            assert_eq!((row.text.is_some(), row.flag.0), (value == r#""x""#, Some(true)), "{value}");
            assert_eq!(row.list.0, Some(vec!["a".to_owned()]), "{value}");
            let row = odd(&format!(r#"{{"inner":{value},"part":{value},"flag":true}}"#));
            assert_eq!((row.inner.is_some(), row.flag.0), (value.starts_with('{'), Some(true)), "{value}");
        }
        for value in ["null", "true", "7", r#""x""#, r#"{"a":[1]}"#] {
            let row = odd(&format!(r#"{{"list":{value},"flag":true}}"#));
            assert_eq!((row.list.0, row.flag.0), (None, Some(true)), "{value}");
        }
    }

    #[test]
    fn what_has_to_be_exact_or_there_is_an_error_otherwise() {
        for json in
            [r#"{"until":7}"#, r#"{"until":[]}"#, r#"{"names":"a"}"#, r#"{"names":{}}"#, r#"{"list":[7]}"#, r#"{"inner":{}}"#]
        {
            assert!(serde_json::from_str::<Odd>(json).is_err(), "{json}");
        }
        assert_eq!(odd(r#"{"until":"x","names":["a"]}"#).until.as_deref(), Some("x"));
    }
}
