//! What a filter hides: of a row with an odd field nobody may lose sight because of what is asked for. Each filter is asked for exactly what the
//! rows of the demo tenant say, then each field of each list that is read for it is spoiled. A row that is gone now either says
//! itself that it is something else, or the answer is not complete. Fields, lists and rows are found in the answers, so this grows with them.
//! `make test-full` tries every third field with each filter, every run some.

use std::collections::{BTreeMap, BTreeSet};

use azposture::demo::{PRODUCTION, Request, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use super::{
    fields::{Case, tenant, tried, wire_models},
    table::{LISTS, List},
    through,
};

/// A filter: the data source, the name of its rows, what else it is asked, the filter, and the attribute it goes by.
struct Filter {
    source: &'static str,
    rows: &'static str,
    asked: &'static str,
    filter: &'static str,
    attribute: &'static str,
}

const fn filter(source: &'static str, rows: &'static str, filter: &'static str, attribute: &'static str) -> Filter {
    Filter { source, rows, asked: "{}", filter, attribute }
}

impl Filter {
    const fn asked(self, asked: &'static str) -> Self {
        Self { asked, ..self }
    }
}

const ALERTS: &str = r#"{"statuses": ["Active", "Dismissed", "InProgress", "Resolved"]}"#;
const CREDENTIALS: &str = r#"{"kinds": ["certificate", "federated", "secret"]}"#;
const ASSESSED: &str = r#"{"statuses": ["Healthy", "NotApplicable", "Unhealthy"]}"#;
const EVALUATED: &str = r#"{"statuses": ["Compliant", "Conflict", "Error", "Exempt", "NonCompliant", "Protected", "Unknown"]}"#;
const DEEP: &str = r#"{"depth": "assessments"}"#;

const FILTERS: &[Filter] = &[
    filter("app_credentials", "credentials", "client_ids", "client_id").asked(CREDENTIALS),
    filter("app_credentials", "credentials", "kinds", "kind").asked(CREDENTIALS),
    filter("app_credentials", "credentials", "on", "on").asked(CREDENTIALS),
    filter("app_credentials", "credentials", "statuses", "status").asked(CREDENTIALS),
    filter("defender_alerts", "alerts", "alert_types", "alert_type").asked(ALERTS),
    filter("defender_alerts", "alerts", "resource_id_prefixes", "resource_ids").asked(ALERTS),
    filter("defender_alerts", "alerts", "severities", "severity").asked(ALERTS),
    filter("defender_alerts", "alerts", "statuses", "status"),
    filter("defender_assessments", "assessments", "assessment_keys", "assessment_key").asked(ASSESSED),
    filter("defender_assessments", "assessments", "resource_group_names", "resource_group_name").asked(ASSESSED),
    filter("defender_assessments", "assessments", "resource_id_prefixes", "resource_id").asked(ASSESSED),
    filter("defender_assessments", "assessments", "resource_types", "resource_type").asked(ASSESSED),
    filter("defender_assessments", "assessments", "severities", "severity").asked(ASSESSED),
    filter("defender_assessments", "assessments", "statuses", "status"),
    filter("defender_plans", "plans", "plan_names", "plan"),
    filter("policy_compliance", "states", "policy_assignment_ids", "assignment_id").asked(EVALUATED),
    filter("policy_compliance", "states", "policy_set_definition_ids", "set_definition_id").asked(EVALUATED),
    filter("policy_compliance", "states", "resource_id_prefixes", "resource_id").asked(EVALUATED),
    filter("policy_compliance", "states", "resource_types", "resource_type").asked(EVALUATED),
    filter("policy_compliance", "states", "statuses", "state"),
    filter("policy_compliance", "assignments", "effects", "effects"),
    filter("policy_compliance", "assignments", "policy_set_definition_ids", "policy_definition_id"),
    filter("policy_exemptions", "exemptions", "categories", "category"),
    filter("policy_exemptions", "exemptions", "statuses", "status"),
    filter("regulatory_compliance", "rows", "standards", "standard").asked(DEEP),
    filter("regulatory_compliance", "rows", "statuses", "state").asked(DEEP),
    filter("resources", "resources", "locations", "location"),
    filter("resources", "resources", "names", "name"),
    filter("resources", "resources", "resource_group_names", "resource_group_name"),
    filter("resources", "resources", "resource_id_prefixes", "id"),
    filter("resources", "resources", "resource_types", "type"),
    filter("vulnerabilities", "vulnerabilities", "cve_ids", "cve_ids").asked(ASSESSED),
    filter("vulnerabilities", "vulnerabilities", "kinds", "kind").asked(ASSESSED),
    filter("vulnerabilities", "vulnerabilities", "resource_id_prefixes", "resource_id").asked(ASSESSED),
    filter("vulnerabilities", "vulnerabilities", "resource_types", "resource_type").asked(ASSESSED),
    filter("vulnerabilities", "vulnerabilities", "severities", "severity").asked(ASSESSED),
    filter("vulnerabilities", "vulnerabilities", "statuses", "status"),
];

/// An answer: its rows by key, whether it is complete, and how many are counted under none of the words.
struct Answer {
    rows: BTreeMap<String, Json>,
    is_complete: bool,
    others: u64,
}

async fn ask(tenant: Tenant, engine: &str, filter: &Filter, named: Option<&BTreeSet<String>>) -> Option<Answer> {
    let mut arguments: Json = serde_json::from_str(filter.asked).unwrap();
    arguments["limit"] = json!(0);
    if let Some(named) = named {
        arguments[filter.filter] = json!(named);
    }
    let answer = through(tenant, engine).await.read(filter.source, arguments).await.value?;
    let rows = answer[filter.rows].as_array().unwrap().iter();
    Some(Answer {
        rows: rows.map(|row| (row["key"].as_str().unwrap().to_owned(), row.clone())).collect(),
        is_complete: answer["complete"] == true,
        others: answer["summary"]["other"].as_u64().unwrap_or_default(),
    })
}

/// Those of some words that can be named: rows say groups that no list has.
async fn accepted(tenant: &Tenant, engine: &str, filter: &Filter, words: BTreeSet<String>) -> BTreeSet<String> {
    if ask(tenant.clone(), engine, filter, Some(&words)).await.is_some() {
        return words;
    }
    let mut some = BTreeSet::new();
    for word in words {
        let alone = BTreeSet::from([word]);
        if ask(tenant.clone(), engine, filter, Some(&alone)).await.is_some() {
            some.extend(alone);
        }
    }
    some
}

/// What a row says of an attribute.
fn said<'a>(row: &'a Json, attribute: &str) -> Vec<&'a str> {
    match &row[attribute] {
        Json::Array(all) => all.iter().filter_map(Json::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// What may be named: an own word of the answer is none that a filter takes.
fn names(filter: &Filter, row: &Json) -> Vec<String> {
    let is_named = |word: &&str| {
        let is_here = [PRODUCTION, SANDBOX].iter().any(|id| word.starts_with(&format!("/subscriptions/{id}")));
        !(*word == "unknown" && ["effects", "severities"].contains(&filter.filter))
            && (filter.filter != "resource_id_prefixes" || is_here)
            && (filter.filter != "policy_set_definition_ids" || word.to_lowercase().contains("/policysetdefinitions/"))
    };
    said(row, filter.attribute).into_iter().filter(is_named).map(str::to_owned).collect()
}

/// Whether a list was read.
fn is_read(list: &List, requests: &[Request]) -> bool {
    requests.iter().any(|request| match request.named.as_deref() {
        Some(name) => list.query == name,
        None => !list.path.is_empty() && request.path.to_lowercase().ends_with(&list.path.to_lowercase()),
    })
}

/// The rows that are gone from an answer that calls itself complete.
fn gone(before: &Answer, after: &Answer) -> Vec<String> {
    if !after.is_complete || after.others > before.others {
        return Vec::new();
    }
    before.rows.keys().filter(|key| !after.rows.contains_key(*key)).cloned().collect()
}

/// Those of them of which nothing says that they are not asked for.
fn lost(filter: &Filter, named: &BTreeSet<String>, gone: &[String], all: &Answer) -> Vec<String> {
    let is_asked = |word: &str| {
        let word = word.to_lowercase();
        named.iter().any(|name| {
            let name = name.to_lowercase();
            word == name || (filter.filter == "resource_id_prefixes" && word.starts_with(&format!("{name}/")))
        })
    };
    // One that is there if nothing is named, and says nothing or what is named.
    let is_lost = |key: &&String| {
        let row = all.rows.get(*key)?;
        let words = said(row, filter.attribute);
        Some(words.is_empty() || words.iter().any(|word| is_asked(word)))
    };
    gone.iter().filter(|key| is_lost(key) == Some(true)).cloned().collect()
}

/// Of what a run tries of each list that is read, every third: which third differs from filter to filter.
async fn cases_of(requests: &[Request], engine: &str, models: &str, nth: usize) -> Vec<Case> {
    let mut all = Vec::new();
    for (at, list) in LISTS.iter().enumerate().filter(|(_, list)| is_read(list, requests)) {
        all.extend(tried(at, list, models).await.into_iter().filter(|case| case.engine == engine));
    }
    all.into_iter().skip(nth % 3).step_by(3).collect()
}

#[tokio::test]
async fn no_filter_hides_a_row_that_does_not_say_what_it_asks_for() {
    nothing_is_hidden("never").await;
}

#[tokio::test]
async fn no_filter_hides_such_a_row_of_resource_graph() {
    nothing_is_hidden("always").await;
}

async fn nothing_is_hidden(engine: &'static str) {
    let models = wire_models();
    let mut hidden = Vec::new();
    for (nth, filter) in FILTERS.iter().enumerate() {
        let tenant = tenant();
        let Some(whole) = ask(tenant.clone(), engine, filter, None).await.filter(|whole| !whole.rows.is_empty()) else {
            // States are read through Resource Graph alone.
            assert!(engine == "never" && filter.source == "policy_compliance", "{} {}", filter.source, filter.filter);
            continue;
        };
        let said: BTreeSet<String> = whole.rows.values().flat_map(|row| names(filter, row)).collect();
        let named = accepted(&tenant, engine, filter, said).await;
        let before = ask(tenant.clone(), engine, filter, Some(&named)).await.unwrap();
        assert!(!before.rows.is_empty(), "{} {}", filter.source, filter.filter);
        for case in cases_of(&tenant.requests(), engine, &models, nth).await {
            let Some(after) = ask(case.tenant(false), engine, filter, Some(&named)).await else { continue };
            let gone = gone(&before, &after);
            if gone.is_empty() {
                continue;
            }
            let Some(rest) = ask(case.tenant(false), engine, filter, None).await else { continue };
            if let Some(first) = lost(filter, &named, &gone, &rest).first() {
                let (list, path, odd) = (case.list_name(), case.path(), case.odd);
                hidden.push(format!("{} {}, {list} {path} {odd:?} ({engine}): {first}", filter.source, filter.filter));
            }
        }
    }
    assert!(hidden.is_empty(), "{} in all:\n{}", hidden.len(), hidden.join("\n"));
}
