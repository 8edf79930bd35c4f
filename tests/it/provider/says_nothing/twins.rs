//! Two rows with one id that do not say the same: whichever comes first, nothing passes that did not pass by the one of them that is there
//! in truth, and rows that are there twice change nothing.

use std::collections::BTreeSet;

use azposture::demo::{Fault, Tenant};
use serde_json::{Value as Json, json};

use super::{
    About::{self, Defender, GraphPermissions, Roles},
    checks, endings,
    fields::{answered, fields, is_closed, tenant, values, wire_models},
    reassured,
    table::{LISTS, List},
    through, validations, verdicts,
};
use crate::support::{inside::Reading, is_full};

/// A list of which each row has a twin with another word in a field.
struct Case {
    list: &'static List,
    field: Vec<String>,
    word: Json,
    first: bool,
}

impl Case {
    fn tenant(&self) -> Tenant {
        let (list, field, word, first) = (self.list, self.field.clone(), self.word.clone(), self.first);
        let change = move |body: &mut Json| {
            let key = ["value", "data"].into_iter().find(|key| body[*key].is_array());
            let Some(rows) = key.and_then(|key| body[key].as_array_mut()) else { return };
            let with_twin = |row: Json| {
                let mut twin = row.clone();
                match list.has(&row) && put(&mut twin, &field, &word) {
                    false => vec![row],
                    true if first => vec![twin, row],
                    true => vec![row, twin],
                }
            };
            *rows = std::mem::take(rows).into_iter().flat_map(with_twin).collect();
        };
        tenant().with_fault(Fault::on(self.list.path).method("GET").change(change))
    }
}

/// Puts a value in the place of another one; whether there was one.
fn put(row: &mut Json, field: &[String], word: &Json) -> bool {
    match (row, field.split_first()) {
        (Json::Array(items), Some((key, rest))) if key == "*" => {
            items.iter_mut().filter_map(|item| put(item, rest, word).then_some(())).count() > 0
        }
        (Json::Object(fields), Some((key, rest))) => fields.get_mut(key).is_some_and(|inner| put(inner, rest, word)),
        (value, None) if !value.is_null() && value != word => {
            *value = word.clone();
            true
        }
        _ => false,
    }
}

/// The tenant that answers each row of a list twice.
fn doubled(list: &'static List) -> Tenant {
    let change = |body: &mut Json| {
        let key = ["value", "data"].into_iter().find(|key| body[*key].is_array());
        let Some(rows) = key.and_then(|key| body[key].as_array_mut()) else { return };
        let twice = |row: Json| if list.has(&row) { vec![row.clone(), row] } else { vec![row] };
        *rows = std::mem::take(rows).into_iter().flat_map(twice).collect();
    };
    tenant().with_fault(Fault::on(list.path).method("GET").change(change))
}

/// What a data source answers of a list.
async fn listed(tenant: Tenant, list: &List) -> Reading {
    let (name, _, arguments) = list.rows;
    through(tenant, "never").await.read(name, serde_json::from_str(arguments).unwrap()).await
}

/// Resource Graph counts its rows itself, and one that comes twice is a gap there.
#[tokio::test]
async fn what_is_listed_twice_is_in_the_answer_once() {
    for list in LISTS.iter().filter(|list| !list.rows.0.is_empty() && !list.path.is_empty()) {
        let before = listed(tenant(), list).await.ok();
        assert_eq!(listed(doubled(list), list).await.ok(), before, "{}", list.name());
    }
}

#[tokio::test]
async fn of_two_rows_that_do_not_say_the_same_no_two_have_one_key() {
    let models = wire_models();
    for (nth, list) in LISTS.iter().enumerate().filter(|(_, list)| !list.rows.0.is_empty() && !list.path.is_empty()) {
        let all = cases(list, &models).await;
        let step = if is_full() { 1 } else { all.len().div_ceil(2).max(1) };
        for case in all.iter().skip(nth % step).step_by(step) {
            let Some(answer) = listed(case.tenant(), list).await.value else { continue };
            let rows = answer[list.rows.1].as_array().unwrap();
            let keys: BTreeSet<&str> = rows.iter().map(|row| row["key"].as_str().unwrap()).collect();
            assert_eq!(keys.len(), rows.len(), "{} /{} {}", list.name(), case.field.join("/"), case.word);
        }
    }
}

fn flags(row: &Json, field: &[String]) -> bool {
    match (row, field.split_first()) {
        (Json::Array(items), Some((key, rest))) if key == "*" => items.iter().any(|item| flags(item, rest)),
        (row, Some((key, rest))) => flags(&row[key.as_str()], rest),
        (row, None) => row.is_boolean(),
    }
}

/// Fields that say what a row is about: a twin with another word is another row, which proves what it says.
const SUBJECTS: &[&str] = &["assessedResourceType"];

/// Every field that holds one of a few words, with each of the words, and every flag, both ways round.
async fn cases(list: &'static List, models: &str) -> Vec<Case> {
    let rows = &answered().await.rows[list.name()][..];
    let mut all = Vec::new();
    for field in fields(rows, &list.known(models))
        .into_iter()
        .filter(|field| field.last().is_none_or(|last| !SUBJECTS.contains(&last.as_str())))
    {
        let mut words = BTreeSet::new();
        if is_closed(rows, &field) {
            rows.iter().for_each(|row| values(row, &field, &mut words));
        }
        let mut words: Vec<Json> = words.into_iter().map(|word| json!(word)).collect();
        if rows.iter().any(|row| flags(row, &field)) {
            words.extend([json!(false), json!(true)]);
        }
        let each = words.into_iter().flat_map(|word| [(word.clone(), false), (word, true)]);
        all.extend(each.map(|(word, first)| Case { list, field: field.clone(), word, first }));
    }
    all
}

async fn no_twin_reassures(about: About) {
    let models = wire_models();
    let before = verdicts(&through(tenant(), "never").await, &[about]).await;
    let mut reassuring = Vec::new();
    for (nth, list) in LISTS.iter().enumerate().filter(|(_, list)| list.about == about && !list.path.is_empty()) {
        let all = cases(list, &models).await;
        let some = all.len().div_ceil(2).max(1);
        for case in all.iter().enumerate().filter(|(at, _)| is_full() || (at + nth).is_multiple_of(some)).map(|(_, case)| case) {
            let inside = through(case.tenant(), "never").await;
            let after = match is_full() {
                true => verdicts(&inside, &[about]).await,
                false if about == Roles => endings(&inside, validations(about).into_iter().skip(nth % 3).step_by(3)).await,
                false => checks(&inside).await,
            };
            let turned = reassured(&before, &after);
            let place = if case.first { "before" } else { "behind" };
            let told = |turned: &String| format!("{} /{} {} {place}: {turned}", list.name(), case.field.join("/"), case.word);
            reassuring.extend(turned.iter().map(told));
        }
    }
    assert!(reassuring.is_empty(), "{} in all:\n{}", reassuring.len(), reassuring.join("\n"));
}

#[tokio::test]
async fn no_twin_of_a_row_of_defender_reassures() {
    no_twin_reassures(Defender).await;
}

#[tokio::test]
async fn no_twin_of_a_row_of_applications_and_licences_reassures() {
    no_twin_reassures(GraphPermissions).await;
}

#[tokio::test]
async fn no_twin_of_a_row_of_roles_and_the_directory_reassures() {
    no_twin_reassures(Roles).await;
}
