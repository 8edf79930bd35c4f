//! Between Terraform's values and Rust types. A value that does not fit a type is a diagnostic that points at the attribute.

use std::collections::BTreeMap;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;
use serde_path_to_error::{Segment, Track};

use super::{
    Diagnostics, Number, Path, Result, Type, Value,
    diagnostic::Step,
    json,
    schema::{Attribute, Kind, Mode, Nesting},
};
use crate::text;

/// Turns the known value of an object into `T`.
pub fn decode<T: DeserializeOwned>(value: &Value, attributes: &[Attribute]) -> Result<T> {
    let mut track = Track::new();
    let json = to_json(value);
    let deserializer = serde_path_to_error::Deserializer::new(json, &mut track);
    T::deserialize(deserializer).map_err(|error| {
        let path = locate(&track.path(), attributes);
        let mut problems = Diagnostics::new();
        problems.error(path.clone(), "Invalid value", format!("`{path}`: {error}."));
        problems
    })
}

/// Turns `T` into the values of the computed attributes. Only a mistake of ours can fail here.
pub fn encode<T: Serialize>(value: &T, attributes: &[Attribute]) -> Result<BTreeMap<String, Value>> {
    let json = serde_json::to_value(value).map_err(|error| bug(&error.to_string()))?;
    let Json::Object(mut fields) = json else { return Err(bug("the answer is no object")) };
    attributes
        .iter()
        .filter(|attribute| attribute.mode == Mode::Computed)
        .map(|attribute| {
            let json = fields.remove(&attribute.name).unwrap_or_default();
            Ok((attribute.name.clone(), from_json(json, &attribute.ty(), &attribute.name)?))
        })
        .collect()
}

/// Turns the answer of a function into a value of its type.
pub fn encode_as<T: Serialize>(value: &T, ty: &Type) -> Result<Value> {
    let json = serde_json::to_value(value).map_err(|error| bug(&error.to_string()))?;
    from_json(json, ty, "result")
}

fn bug(what: &str) -> Diagnostics {
    let detail = format!("{what}. This is a bug in the provider; please report it with the configuration that led here.");
    Diagnostics::of_error("The answer does not fit its schema", detail)
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Dynamic(inner) => to_json(&inner.1),
        Value::List(elements) => Json::Array(elements.iter().map(to_json).collect()),
        Value::Map(entries) => Json::Object(entries.iter().map(|(key, value)| (key.clone(), to_json(value))).collect()),
        // Unknowns never get this far: the server answers them before business code is asked.
        Value::Null | Value::Unknown => Json::Null,
        Value::Number(number) => match (number.to_i64(), number) {
            (Some(int), _) => int.into(),
            (None, Number::UInt(uint)) => (*uint).into(),
            (None, number) => number.to_f64().into(),
        },
        Value::String(text) => Json::String(text.clone()),
    }
}

fn from_json(json: Json, ty: &Type, at: &str) -> Result<Value> {
    Ok(match (json, ty) {
        (Json::Null, _) => Value::Null,
        (Json::Bool(flag), Type::Bool) => Value::Bool(flag),
        // A float goes out as the decimal text a person would write: a binary float is another number to Terraform.
        (Json::Number(number), Type::Number) => Value::Number(json::number(&number.to_string()).map_err(|error| bug(&error.0))?),
        // The one place where what comes from outside becomes a value.
        (Json::String(text), Type::String) => Value::String(text::value(text)),
        (Json::Array(elements), Type::List(element) | Type::Set(element)) => {
            Value::List(elements.into_iter().map(|json| from_json(json, element, at)).collect::<Result<_>>()?)
        }
        (Json::Object(fields), Type::Map(element)) => {
            let entries = fields.into_iter().map(|(key, json)| Ok((text::value(key), from_json(json, element, at)?)));
            Value::Map(entries.collect::<Result<_>>()?)
        }
        (Json::Object(mut fields), Type::Object(attributes)) => {
            let entries = attributes.iter().map(|(name, ty)| {
                let json = fields.remove(name).unwrap_or_default();
                Ok((name.clone(), from_json(json, ty, name)?))
            });
            Value::Map(entries.collect::<Result<_>>()?)
        }
        (json, ty) => return Err(bug(&format!("`{at}` is {}, not of type {}", text::quoted(&json.to_string()), ty.to_json()))),
    })
}

/// Translates serde's path; only the schema knows whether a key is an attribute's name or a map's key, and which sequence is a set,
/// whose elements have no position that Terraform would know.
fn locate(path: &serde_path_to_error::Path, attributes: &[Attribute]) -> Path {
    let mut located = Path::root();
    // The attributes of the object we stand in, or of the elements of the collection we stand in.
    let (mut object, mut elements) = (Some(attributes), None);
    let mut set = false;
    for segment in path.iter() {
        let step = match segment {
            Segment::Seq { .. } if set => {
                (object, elements, set) = (elements, None, false);
                continue;
            }
            Segment::Seq { index } => Step::Index(*index),
            Segment::Map { key } | Segment::Enum { variant: key } => match object {
                Some(_) => Step::Attribute(key.clone()),
                None => Step::Key(key.clone()),
            },
            Segment::Unknown => continue,
        };
        (object, elements) = match (&step, object) {
            (Step::Attribute(name), Some(attributes)) => {
                let kind = attributes.iter().find(|attribute| attribute.name == *name).map(|attribute| &attribute.kind);
                set = matches!(kind, Some(Kind::Plain(Type::Set(_)) | Kind::Nested(Nesting::Set, _)));
                match kind {
                    Some(Kind::Nested(Nesting::Single, nested)) => (Some(nested.as_slice()), None),
                    Some(Kind::Nested(_, nested)) => (None, Some(nested.as_slice())),
                    Some(Kind::Plain(_)) | None => (None, None),
                }
            }
            _ => (elements, None),
        };
        located = located.then(step);
    }
    located
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schemars::JsonSchema;
    use serde::Deserialize;

    use super::*;
    use crate::sdk::model;

    /// Inner.
    #[derive(Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
    struct Inner {
        /// Days.
        days: u8,
    }

    /// Outer.
    #[derive(Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
    struct Outer {
        /// Ids.
        ids: BTreeSet<String>,
        /// Inner by name.
        by_name: Option<BTreeMap<String, Inner>>,
        /// One.
        one: Option<Inner>,
        /// Share.
        share: Option<f64>,
    }

    fn object(entries: &[(&str, Value)]) -> Value {
        Value::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn attributes() -> Vec<Attribute> {
        model::arguments::<Outer>().unwrap().1
    }

    #[test]
    fn a_value_becomes_a_struct_and_comes_back() {
        let share = Value::Number(Number::Decimal("9.8".into()));
        let one = object(&[("days", Value::Number(Number::Int(3)))]);
        let value = object(&[
            ("ids", Value::List(vec![Value::from("a")])),
            ("by_name", Value::Null),
            ("one", one.clone()),
            ("share", share.clone()),
        ]);
        let outer: Outer = decode(&value, &attributes()).unwrap();
        assert_eq!(outer, Outer { ids: ["a".into()].into(), by_name: None, one: Some(Inner { days: 3 }), share: Some(9.8) });
        let back = encode(&outer, &model::attributes::<Outer>().unwrap().1).unwrap();
        assert_eq!(back.get("share"), Some(&share), "a float goes out as it was written");
        assert_eq!(back.get("one"), Some(&one));
    }

    #[test]
    fn a_mismatch_points_at_the_attribute() {
        let days = object(&[("days", Value::Number(Number::Int(300)))]);
        let value = object(&[("ids", Value::List(vec![])), ("by_name", object(&[("vm", days.clone())])), ("one", Value::Null)]);
        let problems = decode::<Outer>(&value, &attributes()).unwrap_err();
        assert_eq!(problems.iter().next().unwrap().path.to_string(), r#"by_name["vm"].days"#);
        let value = object(&[("ids", Value::List(vec![Value::from("a"), Value::Bool(true)])), ("one", days)]);
        let problems = decode::<Outer>(&value, &attributes()).unwrap_err();
        assert_eq!(problems.iter().next().unwrap().path.to_string(), "ids");
    }
}
