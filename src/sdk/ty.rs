//! Terraform's types and their JSON form.

use serde_json::{Value as Json, json};

/// A Terraform type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// Whatever the value says it is.
    Dynamic,
    /// A sequence.
    List(Box<Type>),
    /// Any string to one type.
    Map(Box<Type>),
    /// An arbitrary-precision number.
    Number,
    /// Named attributes, in their declared order.
    Object(Vec<(String, Type)>),
    /// A sequence without order or duplicates.
    Set(Box<Type>),
    /// Text.
    String,
    /// A sequence with a type for each position.
    Tuple(Vec<Type>),
}

impl Type {
    /// The JSON form that schemas and dynamic values carry.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Bool => json!("bool"),
            Self::Dynamic => json!("dynamic"),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Number => json!("number"),
            Self::Object(attributes) => {
                let attributes = attributes.iter().map(|(name, ty)| (name.clone(), ty.to_json())).collect();
                json!(["object", Json::Object(attributes)])
            }
            Self::Set(element) => json!(["set", element.to_json()]),
            Self::String => json!("string"),
            Self::Tuple(elements) => json!(["tuple", elements.iter().map(Self::to_json).collect::<Vec<_>>()]),
        }
    }

    /// Reads the JSON form. Newer cores add a third element to objects (their optional attributes); it is ignored.
    pub fn from_json(json: &Json) -> Option<Self> {
        Self::from_json_within(json, 64)
    }

    fn from_json_within(json: &Json, depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        match json {
            Json::String(name) => match name.as_str() {
                "bool" => Some(Self::Bool),
                "dynamic" => Some(Self::Dynamic),
                "number" => Some(Self::Number),
                "string" => Some(Self::String),
                _ => None,
            },
            Json::Array(parts) => {
                let (kind, inner) = (parts.first()?.as_str()?, parts.get(1)?);
                let element = || Self::from_json_within(inner, depth).map(Box::new);
                match kind {
                    "list" => element().map(Self::List),
                    "map" => element().map(Self::Map),
                    "set" => element().map(Self::Set),
                    "tuple" => inner
                        .as_array()?
                        .iter()
                        .map(|ty| Self::from_json_within(ty, depth))
                        .collect::<Option<_>>()
                        .map(Self::Tuple),
                    "object" => {
                        let attributes = inner.as_object()?.iter();
                        attributes
                            .map(|(name, ty)| Some((name.clone(), Self::from_json_within(ty, depth)?)))
                            .collect::<Option<_>>()
                            .map(Self::Object)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_survive_their_json_form() {
        let object = Type::Object(vec![("b".into(), Type::Bool), ("a".into(), Type::Set(Box::new(Type::String)))]);
        for ty in
            [Type::Dynamic, Type::Tuple(vec![Type::Number, object.clone()]), Type::Map(Box::new(Type::List(Box::new(object))))]
        {
            assert_eq!(Type::from_json(&ty.to_json()), Some(ty));
        }
    }

    #[test]
    fn optional_attribute_names_of_newer_cores_are_ignored() {
        let ty = Type::from_json(&json!(["object", {"a": "string"}, ["a"]]));
        assert_eq!(ty, Some(Type::Object(vec![("a".into(), Type::String)])));
    }

    #[test]
    fn a_hostile_type_is_refused_without_recursing_forever() {
        let bomb = (0..100).fold(json!("string"), |inner, _| Json::Array(vec![json!("list"), inner]));
        assert_eq!(Type::from_json(&bomb), None);
        for bad in [json!("text"), json!(["list"]), json!([]), json!(7), json!(["set", "x"])] {
            assert_eq!(Type::from_json(&bad), None, "{bad}");
        }
    }
}
