//! Fits a decoded value to a type: decimal strings become numbers, missing attributes null, anything else is refused.

use std::collections::BTreeMap;

use super::{Path, Type, Value, diagnostic::Step, json};

/// Where a value does not fit, and why.
pub type Misfit = (Path, String);

/// Fits `value` to `ty`. Null and unknown fit every type.
pub fn conform(value: Value, ty: &Type) -> Result<Value, Misfit> {
    fit(value, ty, &Path::root())
}

fn fit(value: Value, ty: &Type, at: &Path) -> Result<Value, Misfit> {
    Ok(match (value, ty) {
        (value @ (Value::Null | Value::Unknown), _) => value,
        (value @ Value::Bool(_), Type::Bool) | (value @ Value::String(_), Type::String) => value,
        (value @ Value::Number(_), Type::Number) => value,
        (Value::Dynamic(inner), Type::Dynamic) => {
            let (ty, value) = *inner;
            let value = fit(value, &ty, at)?;
            Value::Dynamic(Box::new((ty, value)))
        }
        (Value::String(text), Type::Number) => Value::Number(json::number(&text).map_err(|error| (at.clone(), error.0))?),
        (Value::List(elements), Type::List(element) | Type::Set(element)) => {
            let elements =
                elements.into_iter().enumerate().map(|(index, value)| fit(value, element, &at.then(Step::Index(index))));
            Value::List(elements.collect::<Result<_, _>>()?)
        }
        (Value::List(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            let elements = elements.into_iter().zip(types).enumerate();
            let elements = elements.map(|(index, (value, ty))| fit(value, ty, &at.then(Step::Index(index))));
            Value::List(elements.collect::<Result<_, _>>()?)
        }
        (Value::Map(entries), Type::Map(element)) => {
            let entries = entries.into_iter().map(|(key, value)| {
                let value = fit(value, element, &at.then(Step::Key(key.clone())))?;
                Ok((key, value))
            });
            Value::Map(entries.collect::<Result<_, Misfit>>()?)
        }
        (Value::Map(mut entries), Type::Object(attributes)) => {
            let mut object = BTreeMap::new();
            for (name, ty) in attributes {
                let value = entries.remove(name).unwrap_or_default();
                object.insert(name.clone(), fit(value, ty, &at.then(Step::Attribute(name.clone())))?);
            }
            if let Some(name) = entries.keys().next() {
                return Err((at.clone(), format!("the attribute {name:?} does not exist")));
            }
            Value::Map(object)
        }
        (value, ty) => return Err((at.clone(), format!("{} does not fit the type {}", name(&value), ty.to_json()))),
    })
}

fn name(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "a bool",
        Value::Dynamic(_) => "a value with a type of its own",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Null => "null",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Unknown => "an unknown value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdk::Number;

    fn object() -> Type {
        Type::Object(vec![("n".into(), Type::Number), ("s".into(), Type::Set(Box::new(Type::String)))])
    }

    #[test]
    fn a_decimal_string_becomes_a_number_only_where_a_number_belongs() {
        let value =
            Value::Map([("n".to_owned(), Value::from("9.8")), ("s".to_owned(), Value::List(vec![Value::from("9.8")]))].into());
        let value = conform(value, &object()).unwrap();
        assert_eq!(value.get("n"), &Value::Number(Number::Decimal("9.8".into())));
        assert_eq!(value.get("s"), &Value::List(vec![Value::from("9.8")]));
    }

    #[test]
    fn missing_attributes_are_null_and_unknown_fits_everywhere() {
        let value = conform(Value::Map([("n".to_owned(), Value::Unknown)].into()), &object()).unwrap();
        assert_eq!((value.get("n"), value.get("s")), (&Value::Unknown, &Value::Null));
    }

    #[test]
    fn a_misfit_names_its_place() {
        let value = Value::Map([("s".to_owned(), Value::List(vec![Value::from("a"), Value::Bool(true)]))].into());
        let (path, text) = conform(value, &object()).unwrap_err();
        assert_eq!(path.to_string(), "s[1]");
        assert!(text.contains("a bool"), "{text}");
        let foreign = Value::Map([("z".to_owned(), Value::Null)].into());
        assert!(conform(foreign, &object()).unwrap_err().1.contains("\"z\""));
    }
}
