//! Terraform's values as JSON, encoded and decoded by the types of a schema. Independent of `src/sdk`, so that it is a second
//! opinion, and as strict as core: a response that core would refuse panics here.
//!
//! Missing attributes become null; `{"$unknown": true}` is a value that is not known yet.

use rmp::{Marker, decode, encode};
use serde_json::{Map, Value as Json, json};

use azposture::plugin::wire::tfplugin6::schema::{self, object::NestingMode};

/// A value that is not known before apply.
pub(crate) fn unknown() -> Json {
    json!({"$unknown": true})
}

/// The type of a whole object with these attributes.
pub(crate) fn implied_type(attributes: &[schema::Attribute]) -> Json {
    let types = attributes.iter().map(|attribute| (attribute.name.clone(), attribute_type(attribute))).collect();
    json!(["object", Json::Object(types)])
}

fn attribute_type(attribute: &schema::Attribute) -> Json {
    let Some(nested) = &attribute.nested_type else { return serde_json::from_slice(&attribute.r#type).unwrap() };
    let object = implied_type(&nested.attributes);
    match nested.nesting() {
        NestingMode::Single => object,
        NestingMode::List => json!(["list", object]),
        NestingMode::Set => json!(["set", object]),
        NestingMode::Map => json!(["map", object]),
        NestingMode::Invalid => panic!("{} has no nesting mode", attribute.name),
    }
}

/// The msgpack of a value of that type. Panics on an attribute that the type does not have.
pub(crate) fn to_msgpack(value: &Json, ty: &Json) -> Vec<u8> {
    let mut bytes = vec![];
    write(&mut bytes, value, ty);
    bytes
}

/// The value in `bytes`, which have to be exactly one value of that type.
pub(crate) fn from_msgpack(mut bytes: &[u8], ty: &Json) -> Result<Json, String> {
    let value = read(&mut bytes, ty)?;
    if bytes.is_empty() { Ok(value) } else { Err(format!("{} bytes after the value", bytes.len())) }
}

fn parts(ty: &Json) -> (&str, &Json) {
    match ty {
        Json::String(name) => (name, &Json::Null),
        Json::Array(parts) => (parts[0].as_str().unwrap(), &parts[1]),
        _ => panic!("{ty} is no type"),
    }
}

fn write(out: &mut Vec<u8>, value: &Json, ty: &Json) {
    if value.is_null() {
        return encode::write_nil(out).unwrap();
    }
    if *value == unknown() {
        return out.extend([0xd4, 0, 0]);
    }
    match parts(ty) {
        ("bool", _) => encode::write_bool(out, value.as_bool().unwrap()).unwrap(),
        ("number", _) => write_number(out, value),
        ("string", _) => encode::write_str(out, value.as_str().unwrap_or_else(|| panic!("{value} is no string"))).unwrap(),
        ("list" | "set", element) => {
            let elements = value.as_array().unwrap_or_else(|| panic!("{value} is no {ty}"));
            encode::write_array_len(out, elements.len() as u32).unwrap();
            elements.iter().for_each(|value| write(out, value, element));
        }
        ("tuple", types) => {
            let (elements, types) = (value.as_array().unwrap(), types.as_array().unwrap());
            assert_eq!(elements.len(), types.len());
            encode::write_array_len(out, elements.len() as u32).unwrap();
            elements.iter().zip(types).for_each(|(value, ty)| write(out, value, ty));
        }
        ("map", element) => {
            let entries = value.as_object().unwrap_or_else(|| panic!("{value} is no {ty}"));
            encode::write_map_len(out, entries.len() as u32).unwrap();
            for (key, value) in entries {
                encode::write_str(out, key).unwrap();
                write(out, value, element);
            }
        }
        ("object", types) => write_object(out, value, types.as_object().unwrap()),
        ("dynamic", _) => {
            let ty = type_of(value);
            encode::write_array_len(out, 2).unwrap();
            encode::write_bin(out, ty.to_string().as_bytes()).unwrap();
            write(out, value, &ty);
        }
        (other, _) => panic!("{other} is no type"),
    }
}

fn write_object(out: &mut Vec<u8>, value: &Json, types: &Map<String, Json>) {
    let attributes = value.as_object().unwrap_or_else(|| panic!("{value} is no object"));
    for name in attributes.keys() {
        assert!(types.contains_key(name), "the schema has no attribute {name}; it has {:?}", types.keys());
    }
    encode::write_map_len(out, types.len() as u32).unwrap();
    for (name, ty) in types {
        encode::write_str(out, name).unwrap();
        write(out, attributes.get(name).unwrap_or(&Json::Null), ty);
    }
}

/// As core does: an integer, a float if it is exact in few bits, else a decimal string.
fn write_number(out: &mut Vec<u8>, value: &Json) {
    match (value.as_i64(), value.as_f64()) {
        (Some(int), _) => drop(encode::write_sint(out, int).unwrap()),
        (None, Some(float)) if (float * 1024.0).fract() == 0.0 => encode::write_f64(out, float).unwrap(),
        (None, Some(_)) => encode::write_str(out, &value.to_string()).unwrap(),
        (None, None) => panic!("{value} is no number"),
    }
}

fn type_of(value: &Json) -> Json {
    match value {
        Json::Null => json!("dynamic"),
        Json::Bool(_) => json!("bool"),
        Json::Number(_) => json!("number"),
        Json::String(_) => json!("string"),
        Json::Array(elements) => json!(["tuple", elements.iter().map(type_of).collect::<Vec<_>>()]),
        Json::Object(_) if *value == unknown() => json!("dynamic"),
        Json::Object(entries) => {
            let types = entries.iter().map(|(name, value)| (name.clone(), type_of(value))).collect();
            json!(["object", Json::Object(types)])
        }
    }
}

fn read(bytes: &mut &[u8], ty: &Json) -> Result<Json, String> {
    let marker = Marker::from_u8(*bytes.first().ok_or("the value ends early")?);
    match marker {
        Marker::Null => {
            decode::read_nil(bytes).map_err(text)?;
            return Ok(Json::Null);
        }
        Marker::FixExt1 | Marker::FixExt2 | Marker::FixExt4 | Marker::FixExt8 | Marker::FixExt16 | Marker::Ext8 => {
            let size = decode::read_ext_meta(bytes).map_err(text)?.size;
            take(bytes, size)?;
            return Ok(unknown());
        }
        _ => {}
    }
    match parts(ty) {
        ("bool", _) => decode::read_bool(bytes).map(Json::Bool).map_err(text),
        ("number", _) => read_number(bytes, marker),
        ("string", _) => read_text(bytes).map(Json::String),
        ("list" | "set", element) => {
            let length = decode::read_array_len(bytes).map_err(text)?;
            (0..length).map(|_| read(bytes, element)).collect::<Result<_, _>>().map(Json::Array)
        }
        ("tuple", types) => {
            let types = types.as_array().ok_or("no tuple type")?;
            expect_length("a tuple", decode::read_array_len(bytes).map_err(text)?, types.len())?;
            types.iter().map(|ty| read(bytes, ty)).collect::<Result<_, _>>().map(Json::Array)
        }
        ("map", element) => read_entries(bytes, |_| Ok(element.clone())),
        ("object", types) => {
            let types = types.as_object().ok_or("no object type")?;
            let object = read_entries(bytes, |name| types.get(name).cloned().ok_or(format!("an extra attribute {name}")))?;
            expect_length("an object", object.as_object().map_or(0, Map::len) as u32, types.len())?;
            Ok(object)
        }
        ("dynamic", _) => {
            expect_length("a dynamic value", decode::read_array_len(bytes).map_err(text)?, 2)?;
            let length = decode::read_bin_len(bytes).map_err(text)?;
            let ty = serde_json::from_slice(take(bytes, length)?).map_err(text)?;
            read(bytes, &ty)
        }
        (other, _) => Err(format!("{other} is no type")),
    }
}

fn read_entries(bytes: &mut &[u8], ty: impl Fn(&str) -> Result<Json, String>) -> Result<Json, String> {
    let length = decode::read_map_len(bytes).map_err(text)?;
    let mut entries = Map::new();
    for _ in 0..length {
        let name = read_text(bytes)?;
        let value = read(bytes, &ty(&name)?).map_err(|error| format!("{name}: {error}"))?;
        if entries.insert(name.clone(), value).is_some() {
            return Err(format!("{name} twice"));
        }
    }
    Ok(Json::Object(entries))
}

fn read_number(bytes: &mut &[u8], marker: Marker) -> Result<Json, String> {
    match marker {
        Marker::F32 => decode::read_f32(bytes).map(Json::from).map_err(text),
        Marker::F64 => decode::read_f64(bytes).map(Json::from).map_err(text),
        Marker::U64 => decode::read_u64(bytes).map(Json::from).map_err(text),
        Marker::FixStr(_) | Marker::Str8 => read_text(bytes)?.parse().map(Json::Number).map_err(text),
        _ => decode::read_int::<i64, _>(bytes).map(Json::from).map_err(text),
    }
}

fn read_text(bytes: &mut &[u8]) -> Result<String, String> {
    let length = decode::read_str_len(bytes).map_err(text)?;
    String::from_utf8(take(bytes, length)?.to_vec()).map_err(text)
}

fn take<'a>(bytes: &mut &'a [u8], length: u32) -> Result<&'a [u8], String> {
    let (taken, rest) = bytes.split_at_checked(length as usize).ok_or("the value ends early")?;
    *bytes = rest;
    Ok(taken)
}

fn expect_length(what: &str, actual: u32, expected: usize) -> Result<(), String> {
    if actual as usize == expected { Ok(()) } else { Err(format!("{what} with {actual} instead of {expected} elements")) }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[test]
fn values_survive_their_encoding() {
    let ty = json!(["object", {"n": "number", "l": ["list", "string"], "m": ["map", "bool"], "d": "dynamic", "u": "string"}]);
    let value = json!({"n": 9.8, "l": ["a", null], "m": {"x": true}, "d": [1, "b", {"c": 0.5}], "u": {"$unknown": true}});
    assert_eq!(from_msgpack(&to_msgpack(&value, &ty), &ty).unwrap(), value);
}

#[test]
fn a_missing_attribute_becomes_null() {
    let ty = json!(["object", {"a": "string", "b": "number"}]);
    assert_eq!(from_msgpack(&to_msgpack(&json!({"b": -70000}), &ty), &ty).unwrap(), json!({"a": null, "b": -70000}));
}

#[test]
fn what_core_would_refuse_is_refused() {
    let (wide, narrow) = (json!(["object", {"a": "string", "b": "string"}]), json!(["object", {"a": "string"}]));
    assert!(from_msgpack(&to_msgpack(&json!({}), &wide), &narrow).unwrap_err().contains("extra attribute b"));
    assert!(from_msgpack(&to_msgpack(&json!({}), &narrow), &wide).unwrap_err().contains("1 instead of 2"));
    assert!(from_msgpack(&to_msgpack(&json!("x"), &json!("string")), &json!("bool")).is_err());
    assert!(from_msgpack(&[0xc0, 0xc0], &json!("bool")).unwrap_err().contains("after the value"));
}
