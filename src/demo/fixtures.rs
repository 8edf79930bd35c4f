//! The tenant's documents: embedded, parsed when first asked for, and moved in time so that the newest of them is a day old.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::Value;
use time::{Date, Duration, Month};

use crate::azure::{Error, Kind, Result};

/// The day for which the fixtures were written, as days since 1970-01-01 (2026-11-02).
const WRITTEN_FOR: i64 = 20_759;

macro_rules! embedded {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("fixtures/", $name, ".json")))),*] };
}

/// Every fixture by name, sorted by name.
const EMBEDDED: &[(&str, &str)] = embedded![
    "app-role-assignments",
    "applications",
    "assessment-metadata",
    "assessments",
    "deny-assignments",
    "directory-role-assignment-schedule-instances",
    "directory-role-assignments",
    "directory-role-definitions",
    "directory-role-eligibility-schedule-instances",
    "group-members",
    "groups",
    "health-reports",
    "managed-clusters",
    "management-group-subscriptions",
    "management-groups",
    "oauth2-permission-grants",
    "organization",
    "pricings",
    "providers",
    "resource-groups",
    "resources",
    "role-assignment-schedule-instances",
    "role-assignments",
    "role-definitions",
    "role-eligibility-schedule-instances",
    "secure-score-controls",
    "secure-scores",
    "security-settings",
    "server-vulnerability-settings",
    "service-principals",
    "sub-assessments",
    "subscribed-skus",
    "subscriptions",
    "synchronization-jobs",
    "tenants",
    "users",
];

/// The names of all fixtures, sorted.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().map(|(name, _)| *name)
}

/// The documents of one tenant.
#[derive(Debug)]
pub(super) struct Fixtures {
    /// By how many days every date is moved.
    days: i64,
    loaded: Mutex<BTreeMap<String, Arc<Value>>>,
}

impl Fixtures {
    /// Dates as they stand in the files.
    pub(super) fn as_written() -> Self {
        Self { days: 0, loaded: Mutex::default() }
    }

    /// Dates moved by whole days to today.
    pub(super) fn of_today() -> Self {
        let today = SystemTime::now().duration_since(UNIX_EPOCH).map_or(WRITTEN_FOR, |since| (since.as_secs() / 86_400) as i64);
        Self { days: today - WRITTEN_FOR, loaded: Mutex::default() }
    }

    /// The document; `null` for a name that does not exist.
    pub(super) fn document(&self, name: &str) -> Arc<Value> {
        self.load(name).unwrap_or_default()
    }

    /// The rows of a document's `value`, for example of `subscriptions`.
    pub(super) fn rows(&self, name: &str) -> Vec<Value> {
        self.document(name).get("value").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// The rows for which something holds.
    pub(super) fn rows_where(&self, name: &str, mut holds: impl FnMut(&Value) -> bool) -> Vec<Value> {
        let document = self.document(name);
        let rows = document.get("value").and_then(Value::as_array);
        rows.into_iter().flatten().filter(|row| holds(row)).cloned().collect()
    }

    /// What is made of the first row that it can be made of.
    pub(super) fn find<T>(&self, name: &str, of: impl FnMut(&Value) -> Option<T>) -> Option<T> {
        self.document(name).get("value").and_then(Value::as_array)?.iter().find_map(of)
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
        let (_, text) = EMBEDDED.iter().find(|(known, _)| *known == name)?;
        let mut document: Value = serde_json::from_str(text).ok()?;
        if self.days != 0 {
            shift(&mut document, self.days);
        }
        let document = Arc::new(document);
        self.lock().insert(name.to_owned(), document.clone());
        Some(document)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Value>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shift(value: &mut Value, days: i64) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| shift(item, days)),
        Value::Object(fields) => fields.iter_mut().for_each(|(_, item)| shift(item, days)),
        Value::String(text) => {
            if let Some(moved) = moved(text, days) {
                *text = moved;
            }
        }
        _ => {}
    }
}

/// A timestamp moved by whole days; none for anything else, and for the services' zero date.
fn moved(text: &str, days: i64) -> Option<String> {
    let (date, time) = text.split_once('T')?;
    let mut parts = date.split('-').map(|part| part.parse::<u16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if date.len() != 10 || !(2000..9000).contains(&year) || !time.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()?.checked_add(Duration::days(days))?;
    Some(format!("{:04}-{:02}-{:02}T{time}", date.year(), u8::from(date.month()), date.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fixture_parses() {
        for (name, text) in EMBEDDED {
            assert!(serde_json::from_str::<Value>(text).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_timestamp_moves_by_whole_days_and_keeps_its_time() {
        assert_eq!(moved("2026-02-27T05:20:08.7644808Z", 2).as_deref(), Some("2026-03-01T05:20:08.7644808Z"));
    }

    #[test]
    fn zero_dates_and_other_text_stay() {
        for text in ["0001-01-01T00:00:00Z", "", "2026-10-01", "PT0S", "Tag", "9999-12-31T00:00:00Z"] {
            assert_eq!(moved(text, 5), None, "{text}");
        }
    }

    #[test]
    fn the_day_the_fixtures_were_written_for_is_after_their_newest_scan() {
        let date = Date::from_calendar_date(1970, Month::January, 1).unwrap() + Duration::days(WRITTEN_FOR);
        let newest = EMBEDDED
            .iter()
            .find(|(name, _)| *name == "sub-assessments")
            .and_then(|(_, text)| serde_json::from_str::<Value>(text).ok())
            .unwrap();
        let newest = newest["value"].as_array().unwrap().iter().map(|row| row["properties"]["timeGenerated"].to_string()).max();
        assert!(newest.unwrap().trim_matches('"') < date.to_string().as_str());
    }
}
