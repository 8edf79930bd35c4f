//! Every field that the demo tenant answers and the code names: null, absent, of another kind, an empty list, and in a word that Azure does not have
//! today (a time that is none), in all rows at once for what could pass because of it, in one row for its neighbours. The fields are found in the answers, so
//! the table grows with them.
//!
//! Thousands of reads: `make test-full` makes them all, every run a part of them, the same each time.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use azposture::{
    azure::arm::typed::{ResourceType, types},
    demo::{Fault, PRODUCTION, Request, Tenant},
    posture::time::canonical,
    provider::Azposture,
    sdk::entry::Provider,
};
use serde_json::{Value as Json, json};
use tokio::sync::OnceCell;

use super::{
    About::{self, Defender, GraphPermissions, People, Roles},
    checks, endings, reassured,
    table::{DOCUMENTED, EMPTY, EXACT, IDENTITY, LISTS, List},
    through, validations, verdicts,
};
use crate::{
    provider::directory_roles::with_schedules,
    support::{inside::Inside, is_full},
};

/// Of every list, how many spoiled fields a short run tries.
const SAMPLES: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Odd {
    Absent,
    EmptyList,
    Null,
    OfAnotherKind,
    UnknownWord,
}

const ODD: [Odd; 5] = [Odd::Null, Odd::Absent, Odd::OfAnotherKind, Odd::UnknownWord, Odd::EmptyList];

/// A word that Azure does not have today.
const WORD: &str = "Xyzzy";

impl Odd {
    /// Spoils the field of a row; whether there was anything to spoil.
    fn spoil(self, row: &mut Json, field: &[String]) -> bool {
        let Some((key, rest)) = field.split_first() else { return false };
        match (row, rest) {
            (Json::Array(items), _) if key == "*" => {
                items.iter_mut().filter_map(|item| self.spoil(item, rest).then_some(())).count() > 0
            }
            (Json::Object(fields), []) => {
                let Some(old) = fields.get(key).filter(|old| !old.is_null()).cloned() else { return false };
                match self {
                    Self::UnknownWord if !old.is_string() => return false,
                    Self::UnknownWord => fields.insert(key.clone(), json!(WORD)),
                    Self::EmptyList if old.as_array().is_none_or(Vec::is_empty) => return false,
                    Self::EmptyList => fields.insert(key.clone(), json!([])),
                    Self::Absent => fields.remove(key),
                    Self::Null => fields.insert(key.clone(), Json::Null),
                    Self::OfAnotherKind => fields.insert(key.clone(), if old.is_string() { json!(7) } else { json!("odd") }),
                };
                true
            }
            (Json::Object(fields), rest) => fields.get_mut(key).is_some_and(|inner| self.spoil(inner, rest)),
            _ => false,
        }
    }
}

/// The fields of rows, as paths, that the code knows by name.
pub(super) fn fields(rows: &[Json], named: &str) -> BTreeSet<Vec<String>> {
    fn walk(value: &Json, path: &[String], all: &mut BTreeSet<Vec<String>>) {
        let step = |key: &str| path.iter().cloned().chain([key.to_owned()]).collect::<Vec<_>>();
        match value {
            Json::Object(fields) => fields.iter().for_each(|(key, inner)| {
                all.insert(step(key));
                walk(inner, &step(key), all);
            }),
            Json::Array(items) => items.iter().for_each(|item| walk(item, &step("*"), all)),
            _ => {}
        }
    }
    let mut all = BTreeSet::new();
    rows.iter().for_each(|row| walk(row, &[], &mut all));
    let known = |key: &String| {
        let snake: String =
            key.chars().flat_map(|c| if c.is_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] }).collect();
        key == "*" || named.contains(&format!(" {snake}:")) || named.contains(&format!("\"{key}\""))
    };
    all.retain(|path| path.iter().all(known) && path.last().is_some_and(|key| key != "*"));
    all
}

/// What stands in a field of all rows.
pub(super) fn values<'a>(row: &'a Json, field: &[String], all: &mut BTreeSet<&'a str>) {
    match (row, field.split_first()) {
        (Json::Array(items), Some((key, rest))) if key == "*" => items.iter().for_each(|item| values(item, rest, all)),
        (row, Some((key, rest))) => values(&row[key.as_str()], rest, all),
        (row, None) => all.extend(row.as_str()),
    }
}

/// Whether a field holds one of a few words: no names, numbers, times or ids.
pub(super) fn is_closed(rows: &[Json], field: &[String]) -> bool {
    let mut words = BTreeSet::new();
    rows.iter().for_each(|row| values(row, field, &mut words));
    let is_word = |word: &&str| word.trim_start_matches("#microsoft.graph.").chars().all(char::is_alphabetic);
    let is_name = field.last().is_some_and(|key| NAMES.contains(&key.as_str()));
    !words.is_empty() && words.len() <= 8 && words.iter().all(is_word) && !is_name
}

/// Whether a field holds times.
fn is_timed(rows: &[Json], field: &[String]) -> bool {
    let mut all = BTreeSet::new();
    rows.iter().for_each(|row| values(row, field, &mut all));
    !all.is_empty() && all.iter().all(|text| canonical(text).is_some())
}

/// Fields whose words are names that somebody gave.
const NAMES: &[&str] = &["displayName", "name", "namespace", "resourceType", "roleName", "env"];

/// What the tenant answers when everything is asked.
#[derive(Default)]
pub(super) struct Answered {
    /// The rows of every list: those of its document, or, where the tenant makes them up, as they were answered.
    pub(super) rows: BTreeMap<&'static str, Vec<Json>>,
    requests: Vec<Request>,
}

/// Asked once for all tests, because it takes seconds.
pub(super) async fn answered() -> &'static Answered {
    static ANSWERED: OnceCell<Answered> = OnceCell::const_new();
    let ask = || async {
        let has_document = |list: &&List| Tenant::fixtures().any(|name| name == list.document) && !list.path.is_empty();
        // Resources of several types may stand in one document.
        let is_own = |list: &List, row: &Json| {
            let of_type = |one: &ResourceType| format!("/{}", one.endpoint.tail).ends_with(list.path);
            types()
                .find(|one| of_type(one))
                .is_none_or(|one| row["type"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(one.name)))
        };
        let of_document = |list: &List| {
            let rows = Tenant::demo().document(list.document)["value"].as_array().unwrap().clone();
            rows.into_iter().filter(|row| is_own(list, row)).collect::<Vec<_>>()
        };
        let mut all = Answered::default();
        all.rows.extend(LISTS.iter().filter(has_document).map(|list| (list.name(), of_document(list))));
        let seen = Arc::new(Mutex::new(BTreeMap::<&str, Vec<Json>>::new()));
        for engine in ["never", "always"] {
            let mut tenant = tenant();
            for list in LISTS.iter().filter(|list| !has_document(list)) {
                let seen = Arc::clone(&seen);
                let keep = move |body: &mut Json| {
                    let rows = ["value", "data"].into_iter().find_map(|key| body[key].as_array());
                    seen.lock().unwrap().entry(list.name()).or_default().extend(rows.into_iter().flatten().cloned());
                };
                tenant = tenant.with_fault(match list.path {
                    "" => Fault::on("Microsoft.ResourceGraph").named(list.query).change(keep),
                    path => Fault::on(path).method("GET").change(keep),
                });
            }
            everything(&through(tenant.clone(), engine).await).await;
            all.requests.extend(tenant.requests());
        }
        all.rows.extend(std::mem::take(&mut *seen.lock().unwrap()));
        all
    };
    ANSWERED.get_or_init(ask).await
}

/// The demo tenant, whose sign-in may see how long directory roles last.
pub(super) fn tenant() -> Tenant {
    with_schedules()
}

/// Asks everything there is.
async fn everything(inside: &Inside) {
    for entry in Azposture::TABLES.data_sources.iter().copied().flatten() {
        let some = LISTS.iter().map(|list| list.rows).filter(|(name, ..)| *name == entry.name).map(|(.., arguments)| arguments);
        for arguments in some.collect::<BTreeSet<_>>().into_iter().chain(["{}"]) {
            inside.read(entry.name, serde_json::from_str(arguments).unwrap()).await;
        }
    }
    inside.read("role_assignments", json!({"assignment_types": ["active", "eligible"], "scopes": [group()]})).await;
    // The first and the last: what is about this sign-in itself stands at the end.
    let ends = |all: Vec<_>| [all.first().cloned(), all.last().cloned()].into_iter().flatten();
    let all = [Defender, GraphPermissions, People, Roles].into_iter().map(validations).flat_map(ends);
    let all: Vec<_> = all.chain([("connection_validation", json!({}))]).collect();
    let asked: BTreeSet<_> = all.iter().map(|(name, _)| *name).collect();
    let there: BTreeSet<_> = Azposture::TABLES.validations.iter().copied().flatten().map(|entry| entry.name).collect();
    assert_eq!(asked, there, "each validation is asked something");
    for (name, arguments) in all {
        inside.plan(name, arguments).await;
    }
}

fn group() -> String {
    format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod")
}

/// The text of the wire models.
pub(super) fn wire_models() -> String {
    let mut text = String::new();
    for folder in ["src/azure/arm", "src/azure/microsoft_graph"] {
        let mut files: Vec<_> =
            fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files.iter().filter(|file| file.is_file()).for_each(|file| text.push_str(&fs::read_to_string(file).unwrap()));
    }
    for file in ["src/azure/arm/typed/mod.rs", "src/azure/resource_graph/queries.rs"] {
        text.push_str(&fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap());
    }
    text
}

/// One field of one list, spoiled in one way, and the engine through which it is read.
pub(super) struct Case {
    list: &'static List,
    field: Vec<String>,
    pub(super) odd: Odd,
    pub(super) engine: &'static str,
}

impl Case {
    pub(super) fn path(&self) -> String {
        format!("/{}", self.field.join("/"))
    }

    pub(super) fn list_name(&self) -> &'static str {
        self.list.name()
    }

    fn is_documented(&self) -> bool {
        let is_this = |document: &str, path: &str| document == self.list.document && path == self.path();
        let is_in = |table: &[(&str, &str, &str)]| table.iter().any(|(document, path, _)| is_this(document, path));
        match self.odd {
            Odd::Absent | Odd::Null => is_in(DOCUMENTED),
            Odd::EmptyList => is_in(EMPTY),
            Odd::OfAnotherKind | Odd::UnknownWord => false,
        }
    }

    /// The tenant with the field spoiled: in all rows, or in the first that has it.
    pub(super) fn tenant(&self, all: bool) -> Tenant {
        let (list, own, odd) = (self.list, self.field.clone(), self.odd);
        let change = move |body: &mut Json| {
            let key = ["value", "data"].into_iter().find(|key| body[*key].is_array());
            let is_other = !body["error"].is_null() || !list.has(body);
            match key.and_then(|key| body[key].as_array_mut()) {
                Some(rows) if all => rows.iter_mut().filter(|row| list.has(row)).for_each(|row| {
                    odd.spoil(row, &own);
                }),
                Some(rows) => {
                    rows.iter_mut().filter(|row| list.has(row)).any(|row| odd.spoil(row, &own));
                }
                None if is_other => {}
                None => {
                    odd.spoil(body, &own);
                }
            }
        };
        let (tenant, again) = (tenant(), change.clone());
        let tenant = match list.path {
            "" => tenant,
            path => tenant.with_fault(Fault::on(path).method("GET").change(change)),
        };
        match list.query {
            "" => tenant,
            query => tenant.with_fault(Fault::on("Microsoft.ResourceGraph").named(query).change(again)),
        }
    }
}

/// All cases of a list. What Resource Graph answers is spoiled as well where it has the same shape; elsewhere one engine tells as much
/// as two.
async fn cases(list: &'static List, models: &str) -> Vec<Case> {
    let rows = &answered().await.rows.get(list.name()).unwrap_or_else(|| panic!("{} is not read", list.name()))[..];
    let mut all = Vec::new();
    for field in fields(rows, &list.known(models)) {
        let is_list = rows.iter().any(|row| Odd::EmptyList.spoil(&mut row.clone(), &field));
        let odd = ODD.into_iter().filter(|odd| match odd {
            Odd::UnknownWord => is_closed(rows, &field) || is_timed(rows, &field),
            Odd::EmptyList => is_list,
            Odd::Absent | Odd::Null | Odd::OfAnotherKind => true,
        });
        match list.path {
            "" => all.extend(odd.map(|odd| Case { list, field: field.clone(), odd, engine: "always" })),
            _ => all.extend(odd.map(|odd| Case { list, field: field.clone(), odd, engine: "never" })),
        }
        if !list.query.is_empty() && !list.path.is_empty() {
            all.push(Case { list, field, odd: Odd::Null, engine: "always" });
        }
    }
    all.retain(|case| !case.is_documented());
    all
}

/// The cases of a short run: the field that decides, spoiled in one of the ways, and others evenly from all.
fn sampled(nth: usize, mut all: Vec<Case>, list: &List) -> Vec<Case> {
    let odd = ODD[nth % ODD.len()];
    let engine = list.engine();
    let deciding = all.iter().filter(|case| case.path() == list.decides && case.engine == engine);
    let deciding = deciding.map(|case| case.odd).find(|own| *own == odd).unwrap_or(Odd::OfAnotherKind);
    let step = (all.len() / SAMPLES).max(1);
    let mut at = 0;
    all.retain(|case| {
        at += 1;
        (case.path() == list.decides && case.odd == deciding && case.engine == engine)
            || (at + nth).is_multiple_of(step) && at > step
    });
    all
}

/// The cases of a list that this run tries.
pub(super) async fn tried(nth: usize, list: &'static List, models: &str) -> Vec<Case> {
    let all = cases(list, models).await;
    if is_full() { all } else { sampled(nth, all, list) }
}

#[tokio::test]
async fn every_list_has_fields_and_the_one_that_decides_is_among_them() {
    let models = wire_models();
    for (nth, list) in LISTS.iter().enumerate() {
        let all = cases(list, &models).await;
        assert!(all.iter().any(|case| case.path() == list.decides), "{} {}", list.name(), list.decides);
        let some = sampled(nth, all, list);
        assert!(some.iter().any(|case| case.path() == list.decides), "{} {}", list.document, list.decides);
        assert!((1..=SAMPLES + 1).contains(&some.len()), "{}: {}", list.document, some.len());
    }
}

async fn nothing_is_reassuring(about: About) {
    let models = wire_models();
    let mut reassuring = Vec::new();
    for engine in ["never", "always"] {
        let before = verdicts(&through(tenant(), engine).await, &[about]).await;
        for (nth, list) in LISTS.iter().enumerate().filter(|(_, list)| list.about == about) {
            let some = tried(nth, list, &models).await;
            for case in some.iter().filter(|case| case.engine == engine) {
                let inside = through(case.tenant(true), engine).await;
                // The connection reads everything, so a short run asks it about the deciding field alone, and of roles it asks little.
                let after = match is_full() {
                    true => verdicts(&inside, &[about]).await,
                    false if about != Roles && case.path() == list.decides => checks(&inside).await,
                    false => some_endings(&inside, about, nth).await,
                };
                let turned = reassured(&before, &after);
                let told = |turned: &String| format!("{} {} {:?} ({engine}): {turned}", list.name(), case.path(), case.odd);
                reassuring.extend(turned.iter().map(told));
            }
        }
    }
    assert!(reassuring.is_empty(), "{} in all:\n{}", reassuring.len(), reassuring.join("\n"));
}

/// How a third of the validations end.
async fn some_endings(inside: &Inside, about: About, nth: usize) -> std::collections::BTreeMap<String, String> {
    endings(inside, validations(about).into_iter().skip(nth % 3).step_by(3)).await
}

#[tokio::test]
async fn no_field_of_defender_reassures_by_its_absence() {
    nothing_is_reassuring(Defender).await;
}

#[tokio::test]
async fn no_field_of_applications_and_licences_reassures_by_its_absence() {
    nothing_is_reassuring(GraphPermissions).await;
}

#[tokio::test]
async fn no_field_of_roles_and_the_directory_reassures_by_its_absence() {
    nothing_is_reassuring(Roles).await;
}

#[tokio::test]
async fn no_field_of_people_and_conditional_access_reassures_by_its_absence() {
    nothing_is_reassuring(People).await;
}

/// The rows of a data source, by key, whether that is all, and how many are counted under none of the words; none where it has no answer.
async fn keys(tenant: Tenant, (name, rows, arguments): (&str, &str, &str)) -> (BTreeSet<String>, bool, usize) {
    let arguments = serde_json::from_str(arguments).unwrap();
    let Some(answer) = through(tenant, "never").await.read(name, arguments).await.value else {
        return (BTreeSet::new(), false, 0);
    };
    let keys = answer[rows].as_array().into_iter().flatten().map(|row| row["key"].as_str().unwrap().to_owned()).collect();
    let others = usize::try_from(answer["summary"]["other"].as_u64().unwrap_or_default()).unwrap();
    (keys, answer["complete"] == true, others)
}

#[tokio::test]
async fn the_neighbours_of_an_odd_row_stay() {
    let models = wire_models();
    let mut lost = Vec::new();
    for (nth, list) in LISTS.iter().enumerate().filter(|(_, list)| !list.rows.0.is_empty()) {
        let (before, _, others) = keys(tenant(), list.rows).await;
        let some = tried(nth, list, &models).await;
        for case in some.iter().filter(|case| case.engine == "never") {
            let last = case.field.last().map(String::as_str).unwrap_or_default();
            let (after, complete, others_now) = keys(case.tenant(false), list.rows).await;
            // What the named words leave out and is counted is not lost.
            let missing = before.difference(&after).count().saturating_sub(others_now.saturating_sub(others));
            let may_be_a_gap = IDENTITY.contains(&last) || (case.odd == Odd::OfAnotherKind && EXACT.contains(&last));
            if missing > 1 && (!may_be_a_gap || complete) {
                lost.push(format!("{} {} {:?}: {missing} rows", list.name(), case.path(), case.odd));
            }
        }
    }
    assert!(lost.is_empty(), "{} in all:\n{}", lost.len(), lost.join("\n"));
}

/// What is one object and no list. Each of their fields is tried where their data source is.
const OBJECTS: [&str; 5] = [
    "/policies/adminconsentrequestpolicy",
    "/policies/authenticationmethodspolicy",
    "/policies/authorizationpolicy",
    "/policies/crosstenantaccesspolicy/default",
    "/policies/identitysecuritydefaultsenforcementpolicy",
];

/// A list that is read and stands not in the table would be one whose fields nobody has tried.
#[tokio::test]
async fn every_list_that_is_read_is_in_the_table() {
    let mut missing = BTreeSet::new();
    for request in &answered().await.requests {
        let of = collection(&request.path).to_lowercase();
        let is_there = |list: &List| match request.named.as_deref() {
            Some(name) => list.query == name,
            None => !list.path.is_empty() && of.ends_with(&list.path.to_lowercase()),
        };
        let is_an_object = OBJECTS.iter().any(|path| of.ends_with(path));
        if !is_an_object
            && !of.contains("/oauth2/v2.0/")
            && !of.ends_with("/.well-known/openid-configuration")
            && !LISTS.iter().any(is_there)
        {
            missing.insert(request.named.as_deref().unwrap_or(&request.path));
        }
    }
    assert_eq!(missing, BTreeSet::new());
}

/// The list that a path stands for, or the one that the object is in which it stands for.
fn collection(path: &str) -> &str {
    let path = path.split('(').next().unwrap_or(path);
    let Some((list, last)) = path.rsplit_once('/') else { return path };
    let is_id = last.len() == 36 && last.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-');
    if is_id || last.starts_with("Microsoft.") { list } else { path }
}

/// The counts of a data source; none where it has no answer.
async fn counts(tenant: Tenant, (name, _, arguments): (&str, &str, &str)) -> (Json, bool) {
    let arguments = serde_json::from_str(arguments).unwrap();
    let Some(answer) = through(tenant, "never").await.read(name, arguments).await.value else { return (Json::Null, false) };
    (answer["summary"].clone(), answer["complete"] == true)
}

#[tokio::test]
async fn no_count_shrinks_in_an_answer_that_calls_itself_complete() {
    let models = wire_models();
    let mut less = Vec::new();
    for (nth, list) in LISTS.iter().enumerate().filter(|(_, list)| !list.rows.0.is_empty()) {
        let (before, _) = counts(tenant(), list.rows).await;
        let some = tried(nth, list, &models).await;
        for case in some.iter().filter(|case| case.engine == "never") {
            let (after, complete) = counts(case.tenant(true), list.rows).await;
            // What is counted under another word is not lost.
            let is_told = !complete || after["other"].as_u64() > before["other"].as_u64();
            let shrinks = |(name, was): (&String, &Json)| (after[name].as_u64()? < was.as_u64()?).then_some(name.clone());
            let all: Vec<_> = before.as_object().into_iter().flatten().filter_map(shrinks).collect();
            if !is_told && !all.is_empty() {
                less.push(format!("{} {} {:?}: {all:?}", list.name(), case.path(), case.odd));
            }
        }
    }
    assert!(less.is_empty(), "{} in all:\n{}", less.len(), less.join("\n"));
}
