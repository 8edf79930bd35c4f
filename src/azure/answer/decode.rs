//! From the bytes of an answer to rows, one element at a time, so that a page of thousands never exists as a tree. A row that
//! does not decode fails the whole list and is named by its field path; it is never skipped.

use std::{
    borrow::Cow,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    marker::PhantomData,
};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use crate::azure::Failure;

/// Why a body is not what it should be; never holds a value from the body.
#[derive(Debug, PartialEq, Eq)]
pub struct Undecodable {
    pub code: Failure,
    pub message: String,
}

/// What a page says besides its rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The address of the next page, or the token for it; null, empty and absent all mean that there is none.
    pub next: Option<String>,
    /// Resource Graph: the rows of all pages together.
    pub total: Option<u64>,
    /// Resource Graph: the answer was cut off.
    pub truncated: bool,
    /// Beside the rows the answer says that something went wrong, so they are not all.
    pub failed: bool,
    /// What tells this page's rows from another page's; none if it has none.
    pub rows: Option<u64>,
    /// Resource Graph: a hash of each row's `id`, without its case; empty if the rows have none.
    pub ids: Vec<u64>,
}

/// Reads what surrounds the rows of a page, skipping over them.
pub fn frame(json: &[u8]) -> Result<Frame, Undecodable> {
    match tail(json) {
        Some(frame) => Ok(frame),
        None => serde_json::from_slice(json).map_err(|error| undecodable(Failure::UndecodableAnswer, ".", &error)),
    }
}

/// The frame of a page in the usual form, rows first and the link behind them, without looking at the rows: they are decoded next,
/// and that finds whatever is wrong with them. None for every other form, and whenever a link may stand anywhere else.
fn tail(json: &[u8]) -> Option<Frame> {
    let array = json.strip_prefix(br#"{"value":"#)?;
    let end = memchr::memrchr(b']', array)?;
    let (rows, rest) = array.split_at_checked(end.checked_add(1)?)?;
    let (rows, fields) = (std::str::from_utf8(rows).ok()?, rest.strip_suffix(b"}")?);
    let is_elsewhere = |word: &[u8]| memchr::memmem::find(rows.as_bytes(), word).is_some();
    // A second array behind the rows, and whatever stands between the two, would be taken for rows here.
    let says_more = |word: &[u8]| is_elsewhere(word) && is_elsewhere(b"],");
    if !rows.starts_with('[') || is_elsewhere(b"ink\"") || is_elsewhere(b"INK\"") || says_more(b"rror") || says_more(b"RROR") {
        return None;
    }
    let mut frame = match fields.split_first() {
        None => Frame::default(),
        Some((b',', fields)) => serde_json::from_slice(&[b"{", fields, b"}"].concat()).ok()?,
        Some(_) => return None,
    };
    frame.rows = fingerprint(rows);
    Some(frame)
}

/// Hands every element of the array under `key` to `emit` and returns how many there were. A page without that array is an error.
pub fn rows<T: DeserializeOwned>(json: &[u8], key: &'static str, emit: &mut impl FnMut(T)) -> Result<u64, Undecodable> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let counted = Page { key, emit, row: PhantomData }.deserialize(&mut deserializer);
    counted.and_then(|count| deserializer.end().map(|()| count)).map_err(|error| located::<T>(json, key, &error))
}

/// Whether an object says that something went wrong. What is no object does not.
pub fn is_failed(json: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Failed {
        error: Option<IgnoredAny>,
    }
    serde_json::from_slice::<Failed>(json).is_ok_and(|answer| answer.error.is_some())
}

/// Decodes a whole answer.
pub fn whole<T: DeserializeOwned>(json: &[u8]) -> Result<T, Undecodable> {
    serde_json::from_slice(json).map_err(|first| {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
            Err(error) => undecodable(Failure::UndecodableAnswer, &error.path().to_string(), error.inner()),
            Ok(_) => malformed(&first),
        }
    })
}

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FrameVisitor)
    }
}

struct FrameVisitor;

impl<'de> Visitor<'de> for FrameVisitor {
    type Value = Frame;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    /// Services spell the link `nextLink`, `@nextLink` and `@odata.nextLink`; one that is overlooked would shorten a list unseen, so
    /// anything that ends like it counts.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Frame, A::Error> {
        let mut frame = Frame::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "totalRecords" => frame.total = map.next_value()?,
                "resultTruncated" => frame.truncated = is_true(&map.next_value()?),
                "data" => {
                    let rows = map.next_value::<&RawValue>()?.get();
                    (frame.rows, frame.ids) = (fingerprint(rows), ids(rows));
                }
                "value" => frame.rows = fingerprint(map.next_value::<&RawValue>()?.get()),
                key if is_error(key) => frame.failed |= !matches!(map.next_value::<&RawValue>()?.get(), "null" | "[]" | "\"\""),
                key if key == "$skipToken" || key.to_ascii_lowercase().ends_with("nextlink") => {
                    let link = map.next_value::<Option<String>>()?.filter(|link| !link.is_empty());
                    frame.next = frame.next.or(link);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(frame)
    }
}

/// Whether a member of an answer says that something went wrong.
fn is_error(key: &str) -> bool {
    ["error", "errors", "odata.error", "@odata.error"].iter().any(|word| word.eq_ignore_ascii_case(key))
}

/// Length and both ends of an array of rows: every row starts with what names it, so hashing all of a page would tell no more.
fn fingerprint(array: &str) -> Option<u64> {
    const END: usize = 1024;
    let bytes = array.as_bytes();
    let rows = array.trim_start_matches('[').trim_start();
    if array == "null" || rows.starts_with(']') {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    let last = bytes.len().saturating_sub(END);
    (bytes.len(), bytes.get(..END).unwrap_or(bytes), bytes.get(last..)).hash(&mut hasher);
    Some(hasher.finish())
}

/// Eight bytes a row, because the ids of all pages have to be kept. What is no array of rows is found when they are decoded.
fn ids(array: &str) -> Vec<u64> {
    #[derive(Deserialize)]
    struct Row<'a> {
        #[serde(borrow)]
        id: Option<Cow<'a, str>>,
    }
    let hash = |id: Cow<'_, str>| {
        let mut hasher = DefaultHasher::new();
        id.to_ascii_lowercase().hash(&mut hasher);
        hasher.finish()
    };
    let rows = serde_json::from_str::<Vec<Row<'_>>>(array).unwrap_or_default();
    rows.into_iter().filter_map(|row| row.id).map(hash).collect()
}

/// Resource Graph writes its flag as text.
fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")))
}

struct Page<'a, T, F> {
    key: &'static str,
    emit: &'a mut F,
    row: PhantomData<T>,
}

impl<'de, T: DeserializeOwned, F: FnMut(T)> DeserializeSeed<'de> for Page<'_, T, F> {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: DeserializeOwned, F: FnMut(T)> Visitor<'de> for Page<'_, T, F> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with the array {}", self.key)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u64, A::Error> {
        let mut counted = None;
        while let Some(key) = map.next_key::<String>()? {
            if key != self.key {
                map.next_value::<IgnoredAny>()?;
            } else if counted.is_some() {
                return Err(A::Error::duplicate_field(self.key));
            } else {
                counted = Some(map.next_value_seed(Rows { emit: &mut *self.emit, row: PhantomData::<T> })?);
            }
        }
        counted.ok_or_else(|| A::Error::missing_field(self.key))
    }
}

struct Rows<'a, T, F> {
    emit: &'a mut F,
    row: PhantomData<T>,
}

impl<'de, T: DeserializeOwned, F: FnMut(T)> DeserializeSeed<'de> for Rows<'_, T, F> {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: DeserializeOwned, F: FnMut(T)> Visitor<'de> for Rows<'_, T, F> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<u64, A::Error> {
        let mut count = 0;
        while let Some(row) = rows.next_element()? {
            (self.emit)(row);
            count += 1;
        }
        Ok(count)
    }
}

/// Decodes a page that failed once more, this time keeping track of the field; the rows were already handed out or are worthless.
fn located<T: DeserializeOwned>(json: &[u8], key: &'static str, first: &serde_json::Error) -> Undecodable {
    let mut track = serde_path_to_error::Track::new();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let mut ignore = |_: T| {};
    let page = Page { key, emit: &mut ignore, row: PhantomData };
    match page.deserialize(serde_path_to_error::Deserializer::new(&mut deserializer, &mut track)) {
        Err(error) => undecodable(Failure::UndecodableRow, &track.path().to_string(), &error),
        Ok(_) => malformed(first),
    }
}

fn undecodable(code: Failure, path: &str, error: &serde_json::Error) -> Undecodable {
    if !error.is_data() {
        return malformed(error);
    }
    match path {
        "." => Undecodable {
            code: Failure::UndecodableAnswer,
            message: format!("The answer could not be decoded: {}.", reason(error)),
        },
        _ => Undecodable { code, message: format!("The field {path} could not be decoded: {}.", reason(error)) },
    }
}

fn malformed(error: &serde_json::Error) -> Undecodable {
    let message = match error.is_eof() {
        true => "The JSON ends early.".to_owned(),
        false => format!("The JSON is malformed near byte {}: {}.", error.column(), reason(error)),
    };
    Undecodable { code: Failure::MalformedJson, message }
}

/// serde's sentence without the value it quotes: values may be people's names.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    match text.rfind("expected ") {
        Some(at) => text.get(at..).unwrap_or_default().to_owned(),
        None if text.starts_with("missing field") || text.starts_with("duplicate field") => text.to_owned(),
        None => "it is not of the expected kind".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only decoding is tested")]
    struct Row {
        id: String,
        #[serde(default)]
        properties: Option<Properties>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only decoding is tested")]
    struct Properties {
        score: f64,
    }

    fn ids(json: &str) -> Result<Vec<String>, Undecodable> {
        let mut ids = Vec::new();
        rows(json.as_bytes(), "value", &mut |row: Row| ids.push(row.id)).map(|_| ids)
    }

    #[test]
    fn rows_come_out_in_order_wherever_the_array_stands() {
        assert_eq!(
            ids(r#"{"nextLink":"x","value":[{"id":"b"},{"id":"a"}],"@odata.context":{"value":[1]}}"#).unwrap(),
            ["b", "a"]
        );
    }

    #[test]
    fn a_page_without_an_array_is_not_an_empty_list() {
        for page in
            ["{}", r#"{"value":null}"#, r#"{"error":{"code":"x"}}"#, r#"{"value":{}}"#, "[]", r#"{"value":[],"value":[]}"#]
        {
            assert!(ids(page).is_err(), "{page}");
        }
        assert_eq!(ids("{}").unwrap_err().message, "The answer could not be decoded: missing field `value`.");
        for page in [r#"{"value":null}"#, r#"{"value":{}}"#] {
            assert!(ids(page).unwrap_err().message.contains("The field value"), "{page}");
        }
    }

    #[test]
    fn a_row_that_does_not_decode_is_named_by_its_path_and_not_quoted() {
        let error = ids(r#"{"value":[{"id":"a"},{"id":"b","properties":{"score":"Jane Doe"}}]}"#).unwrap_err();
        assert_eq!(
            (error.code, error.message.contains("value[1].properties.score")),
            (Failure::UndecodableRow, true),
            "{error:?}"
        );
        assert!(!error.message.contains("Jane"), "{error:?}");
        assert!(ids(r#"{"value":[{}]}"#).unwrap_err().message.contains("missing field `id`"));
    }

    #[test]
    fn json_that_ends_early_or_goes_on_is_malformed() {
        for json in [r#"{"value":[{"id":"a"}"#, r#"{"value":[]}x"#, r#"{"value":[{"id":"a"},]}"#] {
            assert_eq!(ids(json).unwrap_err().code, Failure::MalformedJson, "{json}");
        }
    }

    #[test]
    fn null_empty_and_absent_links_end_a_list_under_every_name() {
        for (json, next) in [
            (r#"{"value":[]}"#, None),
            (r#"{"nextLink":null,"@odata.nextLink":""}"#, None),
            (r#"{"nextLink":"n"}"#, Some("n")),
            (r#"{"nextLink":null,"@nextLink":"a"}"#, Some("a")),
            (r#"{"@odata.nextLink":"o"}"#, Some("o")),
            (r#"{"odata.nextLink":"v"}"#, Some("v")),
            (r#"{"$skipToken":"t","data":[]}"#, Some("t")),
        ] {
            assert_eq!(frame(json.as_bytes()).unwrap().next.as_deref(), next, "{json}");
        }
    }

    #[test]
    fn a_page_in_the_usual_form_has_the_frame_that_reading_all_of_it_finds() {
        let whole = |json: &str| serde_json::from_str::<Frame>(json).unwrap();
        for (json, short) in [
            (r#"{"value":[]}"#, true),
            (r#"{"value":[{"id":"a","tags":["x"]}]}"#, true),
            (r#"{"value":[{"id":"a]"}],"nextLink":"https://h/p?x=1"}"#, true),
            (r#"{"value":[{"id":"a"}],"nextLink":null,"count":1}"#, true),
            (r#"{"value":[{"id":"a"}],"@odata.nextLink":"n"}"#, true),
            // The link stands before, or between, or only looks like one.
            (r#"{"nextLink":"n","value":[{"id":"a"}]}"#, false),
            (r#"{"value":[{"id":"a"}],"nextLink":"n","facets":[1]}"#, false),
            (r#"{"value":[{"id":"a"}],"NEXTLINK":"n","facets":[1]}"#, false),
            (r#"{"value":[{"id":"a hyperlink"}]}"#, false),
            (r#"{"value":[{"id":"a"}],"more":{"list":[1]},"nextLink":"n"}"#, false),
            (r#"{"value": [{"id":"a"}]}"#, false),
        ] {
            let found = tail(json.as_bytes());
            assert_eq!(found.is_some(), short, "{json}");
            assert_eq!(frame(json.as_bytes()).unwrap(), whole(json), "{json}");
        }
    }

    #[test]
    fn the_truncation_flag_is_read_as_text_and_as_boolean() {
        for (json, truncated) in [
            (r#"{"resultTruncated":"true"}"#, true),
            (r#"{"resultTruncated":true}"#, true),
            (r#"{"resultTruncated":"false"}"#, false),
        ] {
            assert_eq!(frame(json.as_bytes()).unwrap().truncated, truncated);
        }
    }

    #[test]
    fn a_single_object_names_its_field_too() {
        let error = whole::<Row>(br#"{"id":"a","properties":{"score":[]}}"#).unwrap_err();
        assert_eq!((error.code, error.message.contains("properties.score")), (Failure::UndecodableAnswer, true), "{error:?}");
    }
}
