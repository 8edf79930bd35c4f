//! The tenant's documents: embedded, and parsed when first asked for. They are written for one moment
//! ([`DEMO_NOW`](crate::azure::settings::DEMO_NOW)), by which they are judged on whatever day they are read.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::{hierarchy::text, routes::ROUTES};
use crate::azure::{Error, Kind, Result};

/// A document, embedded under its name.
pub(super) struct Document {
    pub(super) name: &'static str,
    text: &'static str,
}

impl Document {
    pub(super) const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text }
    }
}

/// The document in the file of this name; none for a path that has none.
macro_rules! document {
    ("") => {
        $crate::demo::fixtures::Document::new("", "{}")
    };
    ($name:tt) => {
        $crate::demo::fixtures::Document::new($name, include_str!(concat!("fixtures/", $name, ".json")))
    };
}
pub(super) use document;

/// What no path names.
const BESIDE: &[Document] = &[document!("group-members")];

/// Every document: those that paths name, some of them more than once.
fn documents() -> impl Iterator<Item = &'static Document> {
    ROUTES.iter().map(|route| &route.document).chain(BESIDE).filter(|document| !document.name.is_empty())
}

/// The names of all documents, sorted.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    documents().map(|document| document.name).collect::<BTreeSet<_>>().into_iter()
}

/// The document of all resources, which is a table of Resource Graph, too. One that stands in the list of its type alone is in this one as
/// well; its file holds the others, and those of which the service says something else in the two.
const EVERY_RESOURCE: &str = "resources";

/// What the list of all resources says of each.
const OF_EACH_RESOURCE: [&str; 9] = ["id", "identity", "kind", "location", "managedBy", "name", "sku", "tags", "type"];

/// A document as it is embedded. Each is parsed once a process, however many tenants there are.
fn original(name: &str) -> Option<Arc<Value>> {
    static PARSED: Mutex<BTreeMap<&str, Arc<Value>>> = Mutex::new(BTreeMap::new());
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(document) = parsed.get(name) {
        return Some(Arc::clone(document));
    }
    let (name, mut document) = written(name)?;
    if name == EVERY_RESOURCE {
        add_those_of_types(&mut document);
    }
    let document = Arc::new(document);
    parsed.insert(name, Arc::clone(&document));
    Some(document)
}

/// A document as its file has it.
fn written(name: &str) -> Option<(&'static str, Value)> {
    let Document { name, text } = documents().find(|document| document.name == name)?;
    Some((*name, serde_json::from_str(text).ok()?))
}

fn add_those_of_types(document: &mut Value) {
    let Some(rows) = document.get_mut("value").and_then(Value::as_array_mut) else { return };
    let mut known: BTreeSet<String> = rows.iter().map(|row| text(row, "/id").to_lowercase()).collect();
    let in_table = ROUTES.iter().filter(|route| route.table.as_ref().is_some_and(|table| table.name == EVERY_RESOURCE));
    let names: BTreeSet<_> = in_table.map(|route| route.document.name).filter(|name| *name != EVERY_RESOURCE).collect();
    for (_, list) in names.into_iter().filter_map(written) {
        for row in list.get("value").and_then(Value::as_array).into_iter().flatten() {
            if known.insert(text(row, "/id").to_lowercase()) {
                let said = |key: &&str| Some(((*key).to_owned(), row.get(*key)?.clone()));
                rows.push(Value::Object(OF_EACH_RESOURCE.iter().filter_map(said).collect()));
            }
        }
    }
}

/// The rows of a document, shared with it.
pub(super) struct Rows(Arc<Value>);

impl Deref for Rows {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        self.0.get("value").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The documents of one tenant.
#[derive(Debug, Default)]
pub(super) struct Fixtures {
    edited: Mutex<BTreeMap<String, Arc<Value>>>,
}

impl Fixtures {
    /// The document; `null` for a name that does not exist.
    pub(super) fn document(&self, name: &str) -> Arc<Value> {
        self.load(name).unwrap_or_default()
    }

    /// The rows of a document's `value`, for example of `subscriptions`. They are not copied: what answers with some of them copies those.
    pub(super) fn rows(&self, name: &str) -> Rows {
        Rows(self.document(name))
    }

    /// Whether all of these documents are as they are embedded.
    pub(super) fn are_original(&self, names: &[&str]) -> bool {
        let edited = self.lock();
        names.iter().all(|name| !edited.contains_key(*name))
    }

    /// The rows for which something holds.
    pub(super) fn rows_where(&self, name: &str, mut holds: impl FnMut(&Value) -> bool) -> Vec<Value> {
        self.rows(name).iter().filter(|row| holds(row)).cloned().collect()
    }

    /// What is made of the first row that it can be made of.
    pub(super) fn find<T>(&self, name: &str, of: impl FnMut(&Value) -> Option<T>) -> Option<T> {
        self.rows(name).iter().find_map(of)
    }

    /// Changes a document for the rest of this tenant's life.
    pub(super) fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) -> Result<()> {
        let mut document =
            self.load(name).ok_or_else(|| Error::new(Kind::NotFound, "edit a fixture of the demo tenant", name))?;
        change(Arc::make_mut(&mut document));
        self.lock().insert(name.to_owned(), document);
        Ok(())
    }

    fn load(&self, name: &str) -> Option<Arc<Value>> {
        if let Some(document) = self.lock().get(name) {
            return Some(document.clone());
        }
        original(name)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Value>>> {
        self.edited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

    use super::*;
    use crate::azure::settings::DEMO_NOW;

    #[test]
    fn every_file_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/fixtures");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let named: BTreeSet<_> = names().map(|name| format!("{name}.json")).collect();
        assert_eq!(files.collect::<BTreeSet<_>>(), named);
    }

    #[test]
    fn every_fixture_parses() {
        for Document { name, text } in documents() {
            assert!(serde_json::from_str::<Value>(text).is_ok(), "{name}");
        }
    }

    /// Every moment of the past that a service writes by itself, by fixture.
    fn moments(value: &Value, found: &mut Vec<String>) {
        const WRITTEN: [&str; 6] =
            ["assignedDateTime", "createdOn", "firstEvaluationDate", "lastSignInDateTime", "statusChangeDate", "timeGenerated"];
        match value {
            Value::Array(items) => items.iter().for_each(|item| moments(item, found)),
            Value::Object(fields) => fields.iter().for_each(|(key, item)| match item.as_str() {
                Some(text) if WRITTEN.contains(&key.as_str()) => found.push(text.to_owned()),
                _ => moments(item, found),
            }),
            _ => {}
        }
    }

    #[test]
    fn the_demo_s_clock_stands_within_a_day_and_a_half_after_the_newest_that_a_service_wrote() {
        let mut found = Vec::new();
        for document in documents() {
            moments(&serde_json::from_str(document.text).unwrap(), &mut found);
        }
        let newest = found.iter().filter_map(|text| OffsetDateTime::parse(text, &Rfc3339).ok()).max().unwrap();
        let age = DEMO_NOW - newest;
        assert!(age.is_positive() && age < Duration::hours(36), "{newest}");
    }
}
