//! Terraform's values, as they travel: null and unknown are values of every type.

use std::{borrow::Cow, collections::BTreeMap};

use super::Type;

/// A value without its type. Lists, sets and tuples look alike, and so do maps and objects; a [`Type`] tells them apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A value that brings its own type.
    Dynamic(Box<(Type, Value)>),
    /// A list, set or tuple.
    List(Vec<Value>),
    /// A map or an object.
    Map(BTreeMap<String, Value>),
    /// Absent.
    #[default]
    Null,
    /// A number.
    Number(Number),
    /// Text.
    String(String),
    /// Not known before apply.
    Unknown,
}

/// A number kept exactly as it arrived, so that it goes back unchanged: Terraform compares with arbitrary precision, and `9.8` as a
/// float is another number than `9.8` as a decimal string.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// A decimal that neither integer nor float holds exactly, as text.
    Decimal(String),
    /// A float.
    Float(f64),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64::MAX`.
    UInt(u64),
}

impl Number {
    /// The nearest float.
    pub fn to_f64(&self) -> f64 {
        match self {
            Self::Decimal(text) => text.parse().unwrap_or(f64::NAN),
            Self::Float(float) => *float,
            Self::Int(int) => *int as f64,
            Self::UInt(uint) => *uint as f64,
        }
    }

    /// The whole number, if it is one.
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Self::Decimal(text) => text.parse().ok(),
            Self::Float(float) if float.fract() == 0.0 && float.abs() < 9e15 => Some(*float as i64),
            Self::Float(_) => None,
            Self::Int(int) => Some(*int),
            Self::UInt(uint) => i64::try_from(*uint).ok(),
        }
    }

    /// As a person writes it.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Decimal(text) => Cow::Borrowed(text),
            Self::Float(float) => Cow::Owned(float.to_string()),
            Self::Int(int) => Cow::Owned(int.to_string()),
            Self::UInt(uint) => Cow::Owned(uint.to_string()),
        }
    }
}

impl Value {
    /// An attribute of an object; null if it is missing or this is no object.
    pub fn get(&self, name: &str) -> &Value {
        static NULL: Value = Value::Null;
        match self {
            Self::Map(attributes) => attributes.get(name).unwrap_or(&NULL),
            _ => &NULL,
        }
    }

    /// The text, if it is known text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether something in it is not known yet.
    pub fn has_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Dynamic(inner) => inner.1.has_unknown(),
            Self::List(elements) => elements.iter().any(Self::has_unknown),
            Self::Map(elements) => elements.values().any(Self::has_unknown),
            Self::Bool(_) | Self::Null | Self::Number(_) | Self::String(_) => false,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}
