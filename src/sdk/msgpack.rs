//! Values as Terraform encodes them (zclconf/go-cty, cty/msgpack): what arrives is hostile until proven otherwise.

use rmp::{Marker, encode};

use super::{Number, Type, Value};

/// Why bytes are not a value, or a value cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecError(pub String);

/// Deeper nesting than any schema of ours has.
pub(super) const MAX_DEPTH: usize = 128;

/// A value takes at least a byte on the wire and about forty in memory; this bounds what a message may cost. 200,000 rows of thirty
/// attributes are below it.
const MAX_NODES: usize = 10_000_000;
/// What a map costs, however small: the node of a B-tree has room for eleven entries from the start.
const NODES_OF_MAP: usize = 16;

/// Decodes one value; no bytes at all mean null (OpenTofu sends that for a null function argument).
pub fn decode(bytes: &[u8]) -> Result<Value, CodecError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let mut reader = Reader { rest: bytes, depth: 0, nodes: 0 };
    let value = reader.value()?;
    if reader.rest.is_empty() { Ok(value) } else { Err(CodecError("bytes after the value".into())) }
}

/// Encodes one value. Unknowns are sent without refinement, because a refinement would have to be honoured at apply.
pub fn encode(value: &Value) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::new();
    write(value, &mut bytes)?;
    Ok(bytes)
}

struct Reader<'a> {
    rest: &'a [u8],
    depth: usize,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Result<Value, CodecError> {
        let marker = self.marker()?;
        self.nodes += match marker {
            Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => NODES_OF_MAP,
            _ => 1,
        };
        if self.nodes > MAX_NODES {
            return Err(CodecError(format!("more values in one message than fit into {MAX_NODES} places")));
        }
        Ok(match marker {
            Marker::Null => Value::Null,
            Marker::True => Value::Bool(true),
            Marker::False => Value::Bool(false),
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => Value::String(self.text(marker)?),
            Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => self.nested(|reader| reader.sequence(marker))?,
            Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => self.nested(|reader| reader.map(marker))?,
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => return Err(CodecError("bytes outside a dynamic value".into())),
            Marker::Reserved => return Err(CodecError("reserved marker 0xc1".into())),
            _ => match self.extension_length(marker)? {
                // Any extension is an unknown; a refinement (type 12) only narrows what it will become.
                Some(length) => {
                    self.take(length.saturating_add(1))?;
                    Value::Unknown
                }
                None => Value::Number(self.number(marker)?),
            },
        })
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Value, CodecError>) -> Result<Value, CodecError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(CodecError(format!("nested deeper than {MAX_DEPTH}")));
        }
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn sequence(&mut self, marker: Marker) -> Result<Value, CodecError> {
        let length = match marker {
            Marker::FixArray(length) => usize::from(length),
            Marker::Array16 => self.unsigned(2)? as usize,
            _ => self.unsigned(4)? as usize,
        };
        if length == 2 && matches!(self.rest.first(), Some(0xc4..=0xc6)) {
            return self.dynamic();
        }
        // A length beyond the bytes that are left is a lie; never allocate for it.
        let mut elements = Vec::with_capacity(length.min(self.rest.len()).min(4096));
        for _ in 0..length {
            elements.push(self.value()?);
        }
        Ok(Value::List(elements))
    }

    /// `[bytes with the type as JSON, value]`.
    fn dynamic(&mut self) -> Result<Value, CodecError> {
        let length = match self.marker()? {
            Marker::Bin8 => self.unsigned(1)?,
            Marker::Bin16 => self.unsigned(2)?,
            _ => self.unsigned(4)?,
        };
        let json = serde_json::from_slice(self.take(length as usize)?).ok();
        let ty =
            json.as_ref().and_then(Type::from_json).ok_or_else(|| CodecError("a dynamic value without a valid type".into()))?;
        Ok(Value::Dynamic(Box::new((ty, self.value()?))))
    }

    fn map(&mut self, marker: Marker) -> Result<Value, CodecError> {
        let length = match marker {
            Marker::FixMap(length) => usize::from(length),
            Marker::Map16 => self.unsigned(2)? as usize,
            _ => self.unsigned(4)? as usize,
        };
        let mut entries = std::collections::BTreeMap::new();
        for _ in 0..length {
            let key = self.marker()?;
            let key = self.text(key)?;
            let value = self.value()?;
            if entries.insert(key, value).is_some() {
                return Err(CodecError("a key twice in one map".into()));
            }
        }
        Ok(Value::Map(entries))
    }

    fn text(&mut self, marker: Marker) -> Result<String, CodecError> {
        let length = match marker {
            Marker::FixStr(length) => u64::from(length),
            Marker::Str8 => self.unsigned(1)?,
            Marker::Str16 => self.unsigned(2)?,
            Marker::Str32 => self.unsigned(4)?,
            _ => return Err(CodecError("a map key that is no string".into())),
        };
        let bytes = self.take(length as usize)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| CodecError("text that is not UTF-8".into()))
    }

    /// Numbers come as whichever form holds them exactly; decimals that no form holds come as strings and stay strings here.
    fn number(&mut self, marker: Marker) -> Result<Number, CodecError> {
        Ok(match marker {
            Marker::FixPos(small) => Number::Int(i64::from(small)),
            Marker::FixNeg(small) => Number::Int(i64::from(small)),
            Marker::U8 => Number::Int(self.unsigned(1)? as i64),
            Marker::U16 => Number::Int(self.unsigned(2)? as i64),
            Marker::U32 => Number::Int(self.unsigned(4)? as i64),
            Marker::U64 => {
                let uint = self.unsigned(8)?;
                i64::try_from(uint).map_or(Number::UInt(uint), Number::Int)
            }
            Marker::I8 => Number::Int(i64::from(self.unsigned(1)? as i8)),
            Marker::I16 => Number::Int(i64::from(self.unsigned(2)? as i16)),
            Marker::I32 => Number::Int(i64::from(self.unsigned(4)? as i32)),
            Marker::I64 => Number::Int(self.unsigned(8)? as i64),
            Marker::F32 => finite(f64::from(f32::from_bits(self.unsigned(4)? as u32)))?,
            Marker::F64 => finite(f64::from_bits(self.unsigned(8)?))?,
            other => return Err(CodecError(format!("marker {other:?} is no number"))),
        })
    }

    fn extension_length(&mut self, marker: Marker) -> Result<Option<usize>, CodecError> {
        Ok(Some(match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => self.unsigned(1)? as usize,
            Marker::Ext16 => self.unsigned(2)? as usize,
            Marker::Ext32 => self.unsigned(4)? as usize,
            _ => return Ok(None),
        }))
    }

    fn marker(&mut self) -> Result<Marker, CodecError> {
        Ok(Marker::from_u8(self.unsigned(1)? as u8))
    }

    fn unsigned(&mut self, bytes: usize) -> Result<u64, CodecError> {
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| CodecError("cut off".into()))?;
        self.rest = rest;
        Ok(taken)
    }
}

fn finite(float: f64) -> Result<Number, CodecError> {
    if float.is_finite() { Ok(Number::Float(float)) } else { Err(CodecError("a number that is not finite".into())) }
}

fn write(value: &Value, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
    let failed = |_| CodecError("out of memory".into());
    match value {
        Value::Bool(flag) => bytes.push(if *flag { 0xc3 } else { 0xc2 }),
        Value::Dynamic(inner) => {
            let (ty, value) = &**inner;
            // An unknown or null of unknown type travels bare.
            if matches!(value, Value::Null | Value::Unknown) && *ty == Type::Dynamic {
                return write(value, bytes);
            }
            encode::write_array_len(bytes, 2).map_err(failed)?;
            encode::write_bin(bytes, ty.to_json().to_string().as_bytes()).map_err(failed)?;
            write(value, bytes)?;
        }
        Value::List(elements) => {
            encode::write_array_len(bytes, length(elements.len())?).map_err(failed)?;
            elements.iter().try_for_each(|element| write(element, bytes))?;
        }
        Value::Map(entries) => {
            encode::write_map_len(bytes, length(entries.len())?).map_err(failed)?;
            for (key, value) in entries {
                encode::write_str(bytes, key).map_err(failed)?;
                write(value, bytes)?;
            }
        }
        Value::Null => bytes.push(0xc0),
        Value::Number(Number::Decimal(text)) => encode::write_str(bytes, text).map_err(failed)?,
        Value::Number(Number::Float(float)) => {
            finite(*float)?;
            encode::write_f64(bytes, *float).map_err(failed)?;
        }
        Value::Number(Number::Int(int)) => {
            encode::write_sint(bytes, *int).map_err(failed)?;
        }
        Value::Number(Number::UInt(uint)) => {
            encode::write_uint(bytes, *uint).map_err(failed)?;
        }
        Value::String(text) => encode::write_str(bytes, text).map_err(failed)?,
        Value::Unknown => bytes.extend([0xd4, 0, 0]),
    }
    Ok(())
}

fn length(length: usize) -> Result<u32, CodecError> {
    u32::try_from(length).map_err(|_| CodecError("more elements than one message can hold".into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(value: &Value) -> Value {
        decode(&encode(value).unwrap()).unwrap()
    }

    #[test]
    fn terraforms_own_bytes_decode() {
        let cases: [(&[u8], Value); 12] = [
            (&[], Value::Null),
            (&[0xc0], Value::Null),
            (&[0xc3], Value::Bool(true)),
            (&[0x07], Value::Number(Number::Int(7))),
            (&[0xff], Value::Number(Number::Int(-1))),
            (&[0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0], Value::Number(Number::UInt(1 << 63))),
            (&[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0], Value::Number(Number::Float(0.5))),
            // 9.8 is no float and comes as text; only the schema knows it is a number.
            (&[0xa3, b'9', b'.', b'8'], Value::from("9.8")),
            (&[0xd4, 0, 0], Value::Unknown),
            // "pre-${unknown}": not null, with a prefix.
            (&[0xc7, 8, 12, 0x82, 1, 0xc2, 2, 0xa3, b'p', b'r', b'e'], Value::Unknown),
            (&[0xd8, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], Value::Unknown),
            (
                &[0x92, 0xc4, 8, b'"', b's', b't', b'r', b'i', b'n', b'g', b'"', 0xa1, b'a'],
                Value::Dynamic(Box::new((Type::String, Value::from("a")))),
            ),
        ];
        for (bytes, value) in cases {
            assert_eq!(decode(bytes), Ok(value), "{bytes:02x?}");
        }
    }

    #[test]
    fn unknown_goes_out_plain() {
        assert_eq!(encode(&Value::Unknown).unwrap(), [0xd4, 0, 0]);
    }

    #[test]
    fn hostile_bytes_are_refused_before_anything_is_allocated() {
        for bytes in [
            &[0xdd, 0xff, 0xff, 0xff, 0xff][..],
            &[0xdf, 0xff, 0xff, 0xff, 0xff],
            &[0xdb, 0xff, 0xff, 0xff, 0xff, b'a'],
            &[0xc9, 0xff, 0xff, 0xff, 0xff, 12],
            &[0xc1],
            &[0xc4, 1, 0],
            &[0xc0, 0xc0],
            &[0xa2, 0xff, 0xff],
            &[0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
            &[0x82, 0xa1, b'a', 0xc0, 0xa1, b'a', 0xc0],
            &[0x81, 0x01, 0xc0],
            &[0x92, 0xc4, 3, b'"', b'x', b'"', 0xc0],
        ] {
            assert!(decode(bytes).is_err(), "{bytes:02x?}");
        }
        assert!(decode(&vec![0x91; 100_000]).is_err(), "a depth bomb");
    }

    /// An array of `count` times the same bytes.
    fn repeated(element: &[u8], count: u32) -> Vec<u8> {
        [&[0xdd][..], &count.to_be_bytes(), &element.repeat(count as usize)].concat()
    }

    #[test]
    fn many_small_maps_are_refused_before_they_fill_the_memory() {
        let error = decode(&repeated(&[0x81, 0xa0, 0xc0], 3_900_000)).unwrap_err();
        assert!(error.0.contains("more values"), "{error:?}");
    }

    #[test]
    fn a_long_result_is_taken() {
        let row = Value::Map((0..30).map(|number| (format!("attribute_{number}"), Value::Bool(true))).collect());
        let bytes = repeated(&encode(&row).unwrap(), 1_000);
        let mut reader = Reader { rest: &bytes, depth: 0, nodes: 0 };
        let Ok(Value::List(rows)) = reader.value() else { panic!("refused") };
        assert_eq!((rows.len(), rows.last()), (1_000, Some(&row)));
        assert!(reader.nodes * 200 < MAX_NODES, "200,000 rows cost {}", reader.nodes * 200);
    }

    fn number() -> impl Strategy<Value = Number> {
        prop_oneof![
            any::<i64>().prop_map(Number::Int),
            (i64::MAX as u64 + 1..).prop_map(Number::UInt),
            any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(Number::Float),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            Just(Value::Unknown),
            any::<bool>().prop_map(Value::Bool),
            number().prop_map(Value::Number),
            ".{0,40}".prop_map(Value::String),
        ];
        leaf.prop_recursive(6, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::List),
                prop::collection::btree_map(".{0,12}", inner.clone(), 0..8).prop_map(Value::Map),
                inner.prop_map(|value| Value::Dynamic(Box::new((Type::Map(Box::new(Type::Dynamic)), value)))),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_survives_the_wire(value in value()) {
            prop_assert_eq!(round_trip(&value), value);
        }

        #[test]
        fn any_bytes_are_answered_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            if let Ok(value) = decode(&bytes) {
                prop_assert_eq!(round_trip(&value), value);
            }
        }
    }
}
