//! Values as Terraform stores them in state: JSON, read by its type so that numbers keep every digit.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{
    Number, Type, Value,
    msgpack::{CodecError, MAX_DEPTH},
};

/// Reads the JSON of a state by its type. Attributes that are missing become null, others are refused.
pub fn decode(json: &[u8], ty: &Type) -> Result<Value, CodecError> {
    if json.is_empty() {
        return Ok(Value::Null);
    }
    let raw: &RawValue = serde_json::from_slice(json).map_err(|error| CodecError(error.to_string()))?;
    read(raw.get(), ty, MAX_DEPTH)
}

/// A dynamic value may hold another one, so a type does not bound the depth, and the JSON of what is passed over has none either.
fn read(json: &str, ty: &Type, depth: usize) -> Result<Value, CodecError> {
    let depth = depth.checked_sub(1).ok_or_else(|| CodecError(format!("nested deeper than {MAX_DEPTH}")))?;
    if json == "null" {
        return Ok(Value::Null);
    }
    Ok(match ty {
        Type::Bool => Value::Bool(parse(json)?),
        Type::Dynamic => {
            let parts: BTreeMap<String, &RawValue> = parse(json)?;
            let ty = parts.get("type").and_then(|ty| Type::from_json(&serde_json::from_str(ty.get()).ok()?));
            let (Some(ty), Some(value)) = (ty, parts.get("value")) else {
                return Err(CodecError("a dynamic value without a type".into()));
            };
            let value = read(value.get(), &ty, depth)?;
            Value::Dynamic(Box::new((ty, value)))
        }
        Type::List(element) | Type::Set(element) => {
            let elements: Vec<&RawValue> = parse(json)?;
            Value::List(elements.into_iter().map(|json| read(json.get(), element, depth)).collect::<Result<_, _>>()?)
        }
        Type::Map(element) => {
            let entries: BTreeMap<String, &RawValue> = parse(json)?;
            let entries = entries.into_iter().map(|(key, json)| Ok((key, read(json.get(), element, depth)?)));
            Value::Map(entries.collect::<Result<_, CodecError>>()?)
        }
        // A number may be stored as text when it is too long for a float.
        Type::Number => Value::Number(number(json.trim_matches('"'))?),
        Type::Object(attributes) => {
            let mut entries: BTreeMap<String, &RawValue> = parse(json)?;
            let mut object = BTreeMap::new();
            for (name, ty) in attributes {
                let value = entries.remove(name).map_or(Ok(Value::Null), |json| read(json.get(), ty, depth))?;
                object.insert(name.clone(), value);
            }
            if let Some(name) = entries.keys().next() {
                return Err(CodecError(format!("the attribute {name:?} is not in the schema")));
            }
            Value::Map(object)
        }
        Type::String => Value::String(parse(json)?),
        Type::Tuple(types) => {
            let elements: Vec<&RawValue> = parse(json)?;
            if elements.len() != types.len() {
                return Err(CodecError(format!("{} elements where {} belong", elements.len(), types.len())));
            }
            let elements = elements.into_iter().zip(types).map(|(json, ty)| read(json.get(), ty, depth));
            Value::List(elements.collect::<Result<_, _>>()?)
        }
    })
}

/// The exact number a decimal text stands for.
pub fn number(text: &str) -> Result<Number, CodecError> {
    if let Ok(int) = text.parse() {
        return Ok(Number::Int(int));
    }
    if let Ok(uint) = text.parse() {
        return Ok(Number::UInt(uint));
    }
    match text.parse::<f64>() {
        Ok(float) if float.is_finite() || text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) => {
            Ok(Number::Decimal(text.to_owned()))
        }
        _ => Err(CodecError(format!("{text:?} is no number"))),
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(json: &'a str) -> Result<T, CodecError> {
    serde_json::from_str(json).map_err(|error| CodecError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(attributes: &[(&str, Type)]) -> Type {
        Type::Object(attributes.iter().map(|(name, ty)| ((*name).to_owned(), ty.clone())).collect())
    }

    #[test]
    fn numbers_keep_every_digit() {
        let ty = Type::List(Box::new(Type::Number));
        let value =
            decode(b"[7, 9.8, 18446744073709551615, 1e400, \"0.1000000000000000000001\", 123456789012345678901234567890]", &ty);
        let expected = [
            Number::Int(7),
            Number::Decimal("9.8".into()),
            Number::UInt(u64::MAX),
            Number::Decimal("1e400".into()),
            Number::Decimal("0.1000000000000000000001".into()),
            Number::Decimal("123456789012345678901234567890".into()),
        ];
        assert_eq!(value, Ok(Value::List(expected.map(Value::Number).into())));
    }

    #[test]
    fn a_missing_attribute_is_null_and_a_foreign_one_is_refused() {
        let ty = object(&[("a", Type::String), ("b", Type::Set(Box::new(Type::Bool)))]);
        let value = decode(br#"{"a":"x"}"#, &ty).unwrap();
        assert_eq!((value.get("a"), value.get("b")), (&Value::from("x"), &Value::Null));
        assert!(decode(br#"{"z":1}"#, &ty).is_err());
    }

    #[test]
    fn maps_tuples_and_dynamic_values_are_read_by_type() {
        let ty = object(&[("t", Type::Tuple(vec![Type::Bool, Type::Dynamic])), ("m", Type::Map(Box::new(Type::Number)))]);
        let value = decode(br#"{"t":[true,{"type":"string","value":"x"}],"m":{"k":1}}"#, &ty).unwrap();
        let dynamic = Value::Dynamic(Box::new((Type::String, Value::from("x"))));
        assert_eq!(value.get("t"), &Value::List(vec![Value::Bool(true), dynamic]));
        assert_eq!(value.get("m").get("k"), &Value::Number(Number::Int(1)));
    }

    #[test]
    fn dynamic_values_in_dynamic_values_are_refused_before_the_stack_ends() {
        let nested = |depth: usize| format!("{}null{}", r#"{"type":"dynamic","value":"#.repeat(depth), "}".repeat(depth));
        assert!(decode(nested(100).as_bytes(), &Type::Dynamic).is_ok());
        for depth in [MAX_DEPTH, 20_000] {
            let error = decode(nested(depth).as_bytes(), &Type::Dynamic).unwrap_err();
            assert!(error.0.contains("nested deeper"), "{error:?}");
        }
    }

    #[test]
    fn json_of_another_type_is_refused() {
        for (json, ty) in [("[1]", Type::String), ("\"x\"", Type::Number), ("{}", Type::Dynamic), ("[true]", Type::Tuple(vec![]))]
        {
            assert!(decode(json.as_bytes(), &ty).is_err(), "{json}");
        }
        assert_eq!(decode(b"", &Type::String), Ok(Value::Null));
    }
}
