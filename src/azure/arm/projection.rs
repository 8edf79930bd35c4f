//! Which properties of a resource are taken in: a tree of columns, written down as a text. What no column names is dropped while a row is
//! taken in, because bodies of resources can hold secrets.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

/// Columns by name. The text that declares them separates them by commas:
///
/// | text | what is kept |
/// |---|---|
/// | `a` | a text, a number or a flag |
/// | `a.b`, `a{b,c}` | of an object these columns |
/// | `a[]` | a list of texts, numbers and flags |
/// | `a[]{b,c}`, `a[].b` | of each object of a list these columns, which may stand in its own `properties` |
/// | `a.*.b` | of each object of a map these columns |
/// | `a#` | how long a list is |
/// | `a=b.c` | a flag of our own: whether there is something at `b.c` |
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(BTreeMap<&'static str, Column>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    Count,
    Each(Columns),
    List(Columns),
    Object(Columns),
    Scalar,
    Scalars,
    There(&'static str),
}

/// What Resource Graph is asked for, as a tree: whole values at its leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Some of the fields of an object.
    Fields(BTreeMap<&'static str, Asked>),
    /// All of a value.
    Whole,
}

impl Columns {
    /// The columns that a text declares; none if it is misspelt, which a test finds.
    pub fn parse(text: &'static str) -> Option<Self> {
        let mut columns = Self::default();
        for part in split(text)? {
            columns.declare(part)?;
        }
        Some(columns)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn declare(&mut self, part: &'static str) -> Option<()> {
        let end = part.find(['.', '[', '{', '#', '=']).unwrap_or(part.len());
        let (name, rest) = part.split_at_checked(end)?;
        if let Some(path) = rest.strip_prefix('=').filter(|path| !path.is_empty()) {
            return self.add(name, Column::There(path));
        }
        let inner = |text: &'static str| Self::parse(text).filter(|inner| !inner.is_empty());
        let braced = |text: &'static str| inner(text.strip_prefix('{')?.strip_suffix('}')?);
        let column = match rest {
            "" => Column::Scalar,
            "#" => Column::Count,
            "[]" => Column::Scalars,
            _ => match (rest.strip_prefix("[]"), rest.strip_prefix(".*.")) {
                (Some(rest), _) => Column::List(rest.strip_prefix('.').map_or_else(|| braced(rest), inner)?),
                (None, Some(rest)) => Column::Each(inner(rest)?),
                (None, None) => Column::Object(rest.strip_prefix('.').map_or_else(|| braced(rest), inner)?),
            },
        };
        self.add(name, column)
    }

    /// Adds a column; one of the same name has to be an object, too.
    fn add(&mut self, name: &'static str, column: Column) -> Option<()> {
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_name.then_some(())?;
        match (self.0.get_mut(name), column) {
            (None, column) => {
                self.0.insert(name, column);
                Some(())
            }
            (Some(Column::Object(known)), Column::Object(more)) => {
                more.0.into_iter().try_for_each(|(name, column)| known.add(name, column))
            }
            (Some(_), _) => None,
        }
    }

    /// Of an object these columns and nothing else: each of them, null where the service does not say it. None if it says nothing of
    /// any of them.
    pub fn project(&self, object: &Map<String, Json>) -> Option<Map<String, Json>> {
        self.of(|name| object.get(name), object)
    }

    /// Whether something stands in one of them that is of another kind than theirs, and so is not taken in.
    pub fn is_odd(&self, object: &Map<String, Json>) -> bool {
        self.is_any_odd(|name| object.get(name), object)
    }

    /// Each of these columns, null.
    pub fn nothing(&self) -> Map<String, Json> {
        self.0.keys().map(|name| ((*name).to_owned(), Json::Null)).collect()
    }

    /// Of an element of a list, which may have its columns in `properties`.
    fn project_element(&self, element: &Map<String, Json>) -> Map<String, Json> {
        let nested = element.get("properties").and_then(Json::as_object);
        let of = self.of(|name| element.get(name).or_else(|| nested?.get(name)), nested.unwrap_or(element));
        of.unwrap_or_else(|| self.nothing())
    }

    fn is_odd_element(&self, element: &Map<String, Json>) -> bool {
        let nested = element.get("properties").and_then(Json::as_object);
        self.is_any_odd(|name| element.get(name).or_else(|| nested?.get(name)), nested.unwrap_or(element))
    }

    fn is_any_odd<'a>(&self, field: impl Fn(&str) -> Option<&'a Json>, whole: &Map<String, Json>) -> bool {
        self.0.iter().any(|(name, column)| match column {
            Column::There(path) => there(whole, path).is_none(),
            _ => field(name).is_some_and(|value| column.is_odd(value)),
        })
    }

    fn of<'a>(&self, field: impl Fn(&str) -> Option<&'a Json>, whole: &Map<String, Json>) -> Option<Map<String, Json>> {
        let mut is_anything_said = false;
        let mut kept = Map::new();
        for (name, column) in &self.0 {
            let value = match column {
                Column::There(path) => there(whole, path).map_or(Json::Null, Json::Bool),
                _ => field(name).and_then(|value| column.of(value)).unwrap_or_default(),
            };
            is_anything_said |= !matches!((column, &value), (_, Json::Null) | (Column::There(_), Json::Bool(false)));
            kept.insert((*name).to_owned(), value);
        }
        is_anything_said.then_some(kept)
    }

    /// What Resource Graph has to be asked for to fill them.
    pub fn asked(&self) -> Asked {
        let mut asked = Asked::Fields(BTreeMap::new());
        for (name, column) in &self.0 {
            match column {
                Column::Object(columns) => asked.and(name, columns.asked()),
                Column::There(path) => asked.and_path(path),
                Column::Count | Column::Each(_) | Column::List(_) | Column::Scalar | Column::Scalars => {
                    asked.and(name, Asked::Whole);
                }
            }
        }
        asked
    }
}

impl Column {
    /// What is kept of a value; none if it is of another kind.
    fn of(&self, value: &Json) -> Option<Json> {
        Some(match self {
            Self::Count => value.as_array()?.len().into(),
            Self::Each(columns) => {
                let each = value.as_object()?.iter().filter_map(|(name, inner)| {
                    let kept = columns.project(inner.as_object()?)?;
                    Some((name.clone(), kept.into()))
                });
                // Not in the order of the service.
                Json::Object(each.collect::<BTreeMap<String, Json>>().into_iter().collect())
            }
            Self::List(columns) => {
                let of = |element: &Json| element.as_object().map(|element| Json::Object(columns.project_element(element)));
                value.as_array()?.iter().map(|element| of(element).unwrap_or_default()).collect()
            }
            Self::Object(columns) => columns.project(value.as_object()?)?.into(),
            Self::Scalar => Some(value.clone()).filter(is_scalar)?,
            Self::Scalars => {
                value.as_array()?.iter().map(|one| Some(one.clone()).filter(is_scalar).unwrap_or_default()).collect()
            }
            Self::There(_) => return None,
        })
    }

    /// Whether a value, or something in it, is of another kind. Null is none.
    fn is_odd(&self, value: &Json) -> bool {
        let is_odd_in = |value: &Json, is_odd: &dyn Fn(&Map<String, Json>) -> bool| match value {
            Json::Null => false,
            Json::Object(fields) => is_odd(fields),
            _ => true,
        };
        match (self, value) {
            (_, Json::Null) | (Self::There(_), _) | (Self::Count, Json::Array(_)) => false,
            (Self::Scalar, value) => !is_scalar(value),
            (Self::Scalars, Json::Array(all)) => all.iter().any(|one| !one.is_null() && !is_scalar(one)),
            (Self::List(columns), Json::Array(all)) => {
                all.iter().any(|one| is_odd_in(one, &|element| columns.is_odd_element(element)))
            }
            // What else stands in a map is no column of ours.
            (Self::Each(columns), Json::Object(all)) => {
                all.values().filter_map(Json::as_object).any(|fields| columns.is_odd(fields))
            }
            (Self::Object(columns), value) => is_odd_in(value, &|fields| columns.is_odd(fields)),
            (Self::Count | Self::Each(_) | Self::List(_) | Self::Scalars, _) => true,
        }
    }
}

fn is_scalar(value: &Json) -> bool {
    matches!(value, Json::Bool(_) | Json::Number(_) | Json::String(_))
}

/// Whether there is something at a path: no null, and nothing empty. None where something that is no object stands on the way.
fn there(object: &Map<String, Json>, path: &str) -> Option<bool> {
    let mut object = object;
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        match object.get(part) {
            None | Some(Json::Null) => return Some(false),
            Some(Json::Object(inner)) if parts.peek().is_some() => object = inner,
            Some(_) if parts.peek().is_some() => return None,
            Some(Json::Object(inner)) => return Some(!inner.is_empty()),
            Some(Json::Array(elements)) => return Some(!elements.is_empty()),
            Some(Json::String(text)) => return Some(!text.is_empty()),
            Some(Json::Bool(_) | Json::Number(_)) => return Some(true),
        }
    }
    None
}

/// The parts of a list, on its own level of braces.
fn split(text: &'static str) -> Option<Vec<&'static str>> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                parts.push(text.get(start..at)?.trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = text.get(start..)?.trim();
    parts.extend((!last.is_empty()).then_some(last));
    (depth == 0).then_some(parts)
}

impl Asked {
    /// Asks for a field, too.
    pub fn and(&mut self, name: &'static str, more: Self) {
        let Self::Fields(fields) = self else { return };
        match (fields.get_mut(name), more) {
            (Some(known @ Self::Fields(_)), Self::Fields(more)) => {
                more.into_iter().for_each(|(name, asked)| known.and(name, asked));
            }
            // All of a value holds each of its fields.
            (Some(Self::Whole), Self::Fields(_)) => {}
            (_, more) => {
                fields.insert(name, more);
            }
        }
    }

    /// Asks for all that stands at a path, too.
    pub fn and_path(&mut self, path: &'static str) {
        match path.split_once('.') {
            None => self.and(path, Self::Whole),
            Some((name, rest)) => {
                let mut below = Self::Fields(BTreeMap::new());
                below.and_path(rest);
                self.and(name, below);
            }
        }
    }

    /// Asks for all that another one asks for, too.
    pub fn and_all(&mut self, other: Self) {
        if let Self::Fields(fields) = other {
            fields.into_iter().for_each(|(name, asked)| self.and(name, asked));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn projected(columns: &'static str, object: Json) -> Json {
        Columns::parse(columns).unwrap().project(object.as_object().unwrap()).map_or(Json::Null, Json::Object)
    }

    #[test]
    fn each_shape_keeps_what_it_names_and_nothing_else() {
        let secret = "hunter2";
        for (columns, object, kept) in [
            ("a", json!({"a": 1, "b": secret}), json!({"a": 1})),
            ("a", json!({"a": {"b": secret}, "c": 1}), Json::Null),
            ("a,b", json!({"a": [secret], "b": true}), json!({"a": null, "b": true})),
            ("a.b, a.c", json!({"a": {"b": "x", "d": secret}}), json!({"a": {"b": "x", "c": null}})),
            ("a{b,c{d}}", json!({"a": {"b": "x", "c": {"d": 2, "e": secret}}}), json!({"a": {"b": "x", "c": {"d": 2}}})),
            ("a#,b", json!({"a": [secret, secret], "b": 0}), json!({"a": 2, "b": 0})),
            ("a#,b", json!({"a": null, "b": 0}), json!({"a": null, "b": 0})),
            ("a[]", json!({"a": ["x", {"s": secret}, 3]}), json!({"a": ["x", null, 3]})),
            ("a[].id", json!({"a": [{"id": "/x", "k": secret}, secret]}), json!({"a": [{"id": "/x"}, null]})),
            (
                "a[]{name,port}",
                json!({"a": [{"name": "n", "properties": {"port": 22, "key": secret}}]}),
                json!({"a": [{"name": "n", "port": 22}]}),
            ),
            ("a.*.on", json!({"a": {"x": {"on": true, "config": secret}, "y": secret}}), json!({"a": {"x": {"on": true}}})),
            ("own=k.uri,b", json!({"k": {"uri": secret}, "b": 1}), json!({"own": true, "b": 1})),
            ("own=k.uri,b", json!({"k": null, "b": 1}), json!({"own": false, "b": 1})),
            ("own=k.uri,b", json!({"k": secret, "b": 1}), json!({"own": null, "b": 1})),
            ("own=keys,b", json!({"keys": [], "b": 1}), json!({"own": false, "b": 1})),
        ] {
            assert_eq!(projected(columns, object.clone()), kept, "{columns} {object}");
        }
    }

    /// Resource Graph answers an object of nulls where Resource Manager leaves the object out.
    #[test]
    fn an_object_that_says_nothing_is_null() {
        for odd in [json!(null), json!({}), json!({"b": null, "c": {"d": null}}), json!("x"), json!([])] {
            assert_eq!(projected("a{b,c{d},e=f},z", json!({"a": odd, "z": 1})), json!({"a": null, "z": 1}), "{odd}");
        }
        assert_eq!(projected("a,b", json!({"c": 1})), Json::Null);
    }

    /// What is not taken in because it is of another kind is told from what is not there.
    #[test]
    fn what_is_of_another_kind_is_odd() {
        for (columns, object, is_odd) in [
            ("a", json!({"a": 1, "b": {}}), false),
            ("a", json!({"a": null}), false),
            ("a", json!({}), false),
            ("a", json!({"a": {"b": 1}}), true),
            ("a", json!({"a": []}), true),
            ("a.b", json!({"a": {"b": "x", "c": []}}), false),
            ("a.b", json!({"a": {"b": []}}), true),
            ("a.b", json!({"a": "x"}), true),
            ("a#", json!({"a": [1, {}]}), false),
            ("a#", json!({"a": 2}), true),
            ("a[]", json!({"a": ["x", null]}), false),
            ("a[]", json!({"a": ["x", {}]}), true),
            ("a[]", json!({"a": "x"}), true),
            ("a[].b", json!({"a": [{"b": 1}, null, {"properties": {"b": 2}}]}), false),
            ("a[].b", json!({"a": [{"properties": {"b": {}}}]}), true),
            ("a[].b", json!({"a": ["x"]}), true),
            ("a.*.b", json!({"a": {"x": {"b": true}, "y": null}}), false),
            ("a.*.b", json!({"a": {"x": {"b": []}}}), true),
            ("a.*.b", json!({"a": {"x": 1}}), false),
            ("a.*.b", json!({"a": [{"b": 1}]}), true),
            ("own=k.uri", json!({"k": {"uri": {"x": 1}}}), false),
            ("own=k.uri", json!({"k": "x"}), true),
        ] {
            assert_eq!(Columns::parse(columns).unwrap().is_odd(object.as_object().unwrap()), is_odd, "{columns} {object}");
        }
    }

    #[test]
    fn misspelt_columns_are_none() {
        for text in ["a{b", "a}", "a{}", "a[]{}", "a,a", "a{b},a", "a b", "a[", ".a", "a.", "a[]x", "=b"] {
            assert_eq!(Columns::parse(text), None, "{text}");
        }
        assert_eq!(Columns::parse(""), Some(Columns::default()));
    }

    #[test]
    fn resource_graph_is_asked_for_leaves_and_for_lists_as_they_are() {
        let mut asked = Columns::parse("a{b,c#},l[]{x},own=k.uri").unwrap().asked();
        asked.and_all(Columns::parse("a.d,k.name,m.n").unwrap().asked());
        asked.and_all(Columns::parse("m").unwrap().asked());
        let fields = |all: &[(&'static str, Asked)]| Asked::Fields(all.iter().cloned().collect());
        let whole = Asked::Whole;
        let a = fields(&[("b", whole.clone()), ("c", whole.clone()), ("d", whole.clone())]);
        let k = fields(&[("name", whole.clone()), ("uri", whole.clone())]);
        assert_eq!(asked, fields(&[("a", a), ("k", k), ("l", whole.clone()), ("m", whole)]));
    }
}
