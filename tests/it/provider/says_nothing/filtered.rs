//! What a filter hides: of a row with an odd field nobody may lose sight because of what is asked for. Each filter is asked for exactly what the
//! rows of the demo tenant say, then each field of each list that is read for it is spoiled. A row that is gone now either says
//! itself that it is something else, or the answer is not complete. Filters are found in the schema, fields, lists and rows in the answers, so
//! this grows with them. `make test-full` tries every third field with each filter, every run some.

use std::collections::{BTreeMap, BTreeSet};

use azposture::{
    demo::{PRODUCTION, Request, SANDBOX, Tenant},
    sdk::{
        Type,
        schema::{Attribute, Kind, Mode, Nesting, Schema},
    },
};
use serde_json::{Value as Json, json};

use super::{
    fields::{Case, tenant, tried, wire_models},
    table::{LISTS, List},
    through,
};
use crate::support::inside::Inside;

/// What a filter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// Only what is so.
    Flag,
    /// One word.
    Word,
    /// Any of several.
    Words,
}

/// A filter: the data source, the name of its rows, the argument, and the attribute it goes by.
struct Filter {
    source: String,
    rows: String,
    argument: String,
    takes: Takes,
    attribute: String,
}

/// What a data source is asked beside a filter, so that it answers as many rows as there are.
const ASKED: &[(&str, &str)] = &[
    ("app_credentials", r#"{"kinds": ["certificate", "federated", "secret"]}"#),
    ("defender_alerts", r#"{"statuses": ["Active", "Dismissed", "InProgress", "Resolved"]}"#),
    ("defender_assessments", r#"{"statuses": ["Healthy", "NotApplicable", "Unhealthy"]}"#),
    ("defender_plans", r#"{"include_deprecated": true}"#),
    ("directory_role_assignments", r#"{"assignment_types": ["active", "eligible"]}"#),
    (
        "policy_compliance",
        r#"{"statuses": ["Compliant", "Conflict", "Error", "Exempt", "NonCompliant", "Protected", "Unknown"]}"#,
    ),
    ("regulatory_compliance", r#"{"depth": "assessments"}"#),
    ("role_assignments", r#"{"assignment_types": ["active", "eligible"]}"#),
    ("vulnerabilities", r#"{"statuses": ["Healthy", "NotApplicable", "Unhealthy"]}"#),
];

/// Filters of which the name does not say by which attribute of these rows they go.
const GOES_BY: &[(&str, &str, &str, &str)] = &[
    ("defender_plans", "plans", "plan_names", "plan"),
    ("groups", "groups", "group_ids", "id"),
    ("mfa_coverage", "coverage", "statuses", "verdict"),
    ("mfa_coverage", "coverage", "targets", "target"),
    ("policy_compliance", "assignments", "policy_set_definition_ids", "policy_definition_id"),
    ("policy_compliance", "states", "statuses", "state"),
    ("regulatory_compliance", "rows", "statuses", "state"),
];

/// Arguments that are not tried here, and why; of all data sources where none is named.
const NOT_TRIED: &[(&str, &str, &str)] = &[
    ("", "expiring_within_days", "is a number of days; tried in the tests of each data source"),
    ("", "include_deprecated", "adds rows"),
    ("", "include_risk", "adds a field"),
    ("", "expand_groups", "adds rows"),
    ("", "limit", "cuts, and `truncated` says so"),
    ("", "subscription_ids", "says what is read: no row stands elsewhere than in the subscription it is read in"),
    (
        "",
        "tags",
        "goes by the tags of what a row is about, which are in no attribute of it; tried in `assessments.rs` and `resources.rs`",
    ),
    ("app_credentials", "as_of", "is the day by which they are judged"),
    ("connection", "check_ids", "names checks of ours, no rows of Azure's"),
    ("connection", "provisioning_client_ids", "says what is read"),
    ("defender_alerts", "since", "is a time; tried in `alerts.rs`"),
    ("defender_assessments", "categories", "goes by what the recommendation says, which stands beside the rows"),
    ("monitor_settings", "resource_ids", "says of which resources the settings are read, each by itself"),
    ("monitor_settings", "resource_types", "says of which resources the settings are read, each by itself"),
    (
        "mfa_coverage",
        "directory_role_template_ids",
        "goes by who holds roles, which is in no attribute; tried in `mfa_coverage.rs`",
    ),
    ("mfa_coverage", "group_ids", "goes by who is in groups, which is in no attribute; tried in `mfa_coverage.rs`"),
    ("roster_match", "as_of", "is the day by which they are judged"),
    ("roster_match", "ignore_plus_tags", "says how addresses are compared"),
    ("roster_match", "match_by", "says how people and accounts are compared"),
    ("roster_match", "roster", "is compared with the accounts; tried in `roster.rs`"),
    ("roster_match", "statuses", "goes by what a roster says, which is needed; tried in `roster.rs`"),
    ("roster_match", "termination_grace_days", "is a number of days; tried in `roster.rs`"),
    ("regulatory_compliance", "depth", "says what is read"),
    ("role_assignments", "include_management_groups", "says what is read"),
    ("groups", "include_members", "adds a field"),
    ("secure_score", "include_controls", "says what is read"),
    ("service_principals", "include_grants", "adds fields"),
    ("service_principals", "include_microsoft", "adds rows"),
    ("users", "as_of", "is the day from which `inactive_days` counts back"),
    ("users", "group_ids", "goes by who is in groups, which is in no attribute; tried in `users.rs`"),
    ("users", "inactive_days", "is a number of days; tried in `users.rs`"),
    ("users", "include_registration", "says what is read"),
];

/// Rows that an argument does not go by although its name says so, and why; all arguments where none is named.
const OTHER_ROWS: &[(&str, &str, &str, &str)] = &[
    ("conditional_access_policies", "authentication_strengths", "", "are all there are, whatever the filters"),
    ("conditional_access_policies", "exclusion_gaps", "", "are of all policies, whatever the filters"),
    ("conditional_access_policies", "named_locations", "", "are all there are, whatever the filters"),
    ("resources", "coverage", "", "says of types why they have no rows"),
    ("role_assignments", "deny_assignments", "principal_ids", "those of the demo tenant are about everybody, and name nobody"),
    ("vulnerabilities", "coverage", "", "says of kinds of things why they have no rows"),
];

/// Why an argument is not tried.
fn why_not(source: &str, argument: &str) -> Option<&'static str> {
    let is = |(of, name, _): &&(&str, &str, &str)| *name == argument && (of.is_empty() || *of == source);
    NOT_TRIED.iter().find(is).map(|(.., why)| *why)
}

fn takes(attribute: &Attribute) -> Option<Takes> {
    match &attribute.kind {
        Kind::Plain(Type::Bool) => Some(Takes::Flag),
        Kind::Plain(Type::String) => Some(Takes::Word),
        Kind::Plain(Type::Set(_)) => Some(Takes::Words),
        _ => None,
    }
}

/// The lists of rows of an answer, and the attributes of each.
fn lists(schema: &Schema) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    for attribute in &schema.attributes {
        if let Kind::Nested(Nesting::List, own) = &attribute.kind {
            let columns: Vec<String> = own.iter().map(|one| one.name.clone()).collect();
            if columns.iter().any(|name| name == "key") {
                all.push((attribute.name.clone(), columns));
            }
        }
    }
    all
}

/// What one of several things is called: `severities` are of a `severity`.
fn singular(name: &str) -> String {
    let ends = [("ies", "y"), ("sses", "ss"), ("uses", "us"), ("s", "")];
    let of = ends.iter().find_map(|(many, one)| Some(format!("{}{one}", name.strip_suffix(many)?)));
    of.unwrap_or_else(|| name.to_owned())
}

/// The filters of a data source by this argument, one for each list that has what it goes by.
fn filters_by(source: &str, schema: &Schema, argument: &Attribute) -> Vec<Filter> {
    let Some(takes) = takes(argument) else { return Vec::new() };
    let name = argument.name.as_str();
    // `resource_id_prefixes` goes by ids of resources, and `only_relevant` and `privileged_only` by what they say.
    let name = name.replace("_id_prefixes", "_ids").replace("only_", "").replace("_only", "");
    let one = singular(&name);
    let stated = |list: &str| GOES_BY.iter().find(|(of, rows, by, _)| *of == source && *rows == list && *by == argument.name);
    let is_other = |list: &str| {
        let is = |(of, rows, by, _): &&(&str, &str, &str, &str)| {
            *of == source && *rows == list && (by.is_empty() || *by == argument.name)
        };
        OTHER_ROWS.iter().any(|one| is(&one))
    };
    let lists: Vec<_> = lists(schema).into_iter().filter(|(list, _)| !is_other(list)).collect();
    let is_named = |column: &&String| **column == one || **column == name;
    let by_name = lists.iter().any(|(_, columns)| columns.iter().any(|column| is_named(&column)));
    let longest = |columns: &[String]| {
        let ends = columns.iter().filter(|column| one.ends_with(&format!("_{column}")));
        ends.max_by_key(|column| column.len()).cloned()
    };
    let attribute = |list: &str, columns: &[String]| match (stated(list), columns.iter().find(is_named)) {
        (Some((.., attribute)), _) => Some((*attribute).to_owned()),
        (None, Some(column)) => Some(column.clone()),
        (None, None) if by_name => None,
        (None, None) => longest(columns),
    };
    let filter = |(list, columns): &(String, Vec<String>)| {
        let attribute = attribute(list, columns)?;
        let (source, rows, argument) = (source.to_owned(), list.clone(), argument.name.clone());
        Some(Filter { source, rows, argument, takes, attribute })
    };
    lists.iter().filter_map(filter).collect()
}

/// Every filter of every data source, and the arguments of which it is not known what they are.
async fn filters() -> (Vec<Filter>, Vec<String>) {
    let inside = Inside::on(Tenant::demo()).await;
    let (mut all, mut unknown) = (Vec::new(), Vec::new());
    for (name, schema) in &inside.catalogue().data_sources {
        let source = name.trim_start_matches("azposture_");
        for argument in schema.attributes.iter().filter(|one| one.mode != Mode::Computed) {
            if why_not(source, &argument.name).is_some() {
                continue;
            }
            let some = filters_by(source, schema, argument);
            if some.is_empty() {
                unknown.push(format!("{source} {}", argument.name));
            }
            all.extend(some);
        }
    }
    (all, unknown)
}

#[tokio::test]
async fn every_argument_is_a_filter_that_is_tried_or_there_is_a_reason() {
    let (all, unknown) = filters().await;
    assert!(unknown.is_empty(), "neither an attribute of a row nor a reason: {unknown:#?}");
    let inside = Inside::on(Tenant::demo()).await;
    let sources = &inside.catalogue().data_sources;
    let has = |source: &str, argument: &str| {
        let of = |(name, _): &(&String, &Schema)| source.is_empty() || name.trim_start_matches("azposture_") == source;
        sources.iter().filter(of).any(|(_, schema)| schema.attribute(argument).is_some())
    };
    for (source, rows, _, why) in OTHER_ROWS {
        assert!(has(source, rows), "{source} {rows} ({why}) are no rows");
    }
    for (source, argument, why) in NOT_TRIED {
        assert!(has(source, argument), "{source} {argument} ({why}) is no argument");
    }
    for (source, rows, argument, attribute) in GOES_BY {
        let is = |one: &&Filter| one.source == *source && one.rows == *rows && one.argument == *argument;
        assert_eq!(all.iter().find(is).map(|one| one.attribute.as_str()), Some(*attribute), "{source} {argument}");
    }
    let goes_by = |source: &str, rows: &str, argument: &str| {
        let is = |one: &&Filter| one.source == source && one.rows == rows && one.argument == argument;
        all.iter().find(is).map(|one| one.attribute.clone()).unwrap_or_default()
    };
    assert_eq!(goes_by("defender_alerts", "alerts", "resource_id_prefixes"), "resource_ids");
    assert_eq!(goes_by("resources", "resources", "resource_id_prefixes"), "id");
    assert_eq!(goes_by("policy_compliance", "states", "policy_set_definition_ids"), "set_definition_id");
    assert_eq!(goes_by("role_assignments", "role_assignments", "privileged_only"), "privileged");
}

impl Filter {
    fn is_by_prefix(&self) -> bool {
        self.argument.ends_with("_id_prefixes")
    }
}

/// An answer: its rows by key, whether it is complete, and how many are counted under none of the words.
struct Answer {
    rows: BTreeMap<String, Json>,
    is_complete: bool,
    others: u64,
}

async fn ask(tenant: Tenant, engine: &str, filter: &Filter, named: Option<&BTreeSet<String>>) -> Option<Answer> {
    let asked = ASKED.iter().find(|(source, _)| *source == filter.source).map_or("{}", |(_, asked)| asked);
    let mut arguments: Json = serde_json::from_str(asked).unwrap();
    arguments.as_object_mut().unwrap().remove(&filter.argument);
    arguments["limit"] = json!(0);
    if let Some(named) = named {
        arguments[&filter.argument] = match filter.takes {
            Takes::Flag => json!(true),
            Takes::Word => json!(named.first()),
            Takes::Words => json!(named),
        };
    }
    let answer = through(tenant, engine).await.read(&filter.source, arguments).await.value?;
    let rows = answer[&filter.rows].as_array().unwrap().iter();
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
fn said(row: &Json, attribute: &str) -> Vec<String> {
    let words: Vec<&Json> = match &row[attribute] {
        Json::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    let word = |one: &Json| one.as_bool().map(|flag| flag.to_string()).or_else(|| one.as_str().map(str::to_owned));
    words.into_iter().filter_map(word).collect()
}

/// What may be named of what the rows say.
fn names(filter: &Filter, all: &Answer) -> BTreeSet<String> {
    let is_named = |word: &String| {
        let is_here = [PRODUCTION, SANDBOX].iter().any(|id| word.starts_with(&format!("/subscriptions/{id}")));
        !filter.is_by_prefix() || is_here
    };
    let said: BTreeSet<String> = all.rows.values().flat_map(|row| said(row, &filter.attribute)).filter(is_named).collect();
    match filter.takes {
        Takes::Flag => BTreeSet::from(["true".to_owned()]),
        Takes::Word => said.into_iter().take(1).collect(),
        Takes::Words => said,
    }
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
            word == name || (filter.is_by_prefix() && word.starts_with(&format!("{name}/")))
        })
    };
    // One that is there if nothing is named, and says nothing or what is named.
    let is_lost = |key: &&String| {
        let row = all.rows.get(*key)?;
        let words = said(row, &filter.attribute);
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
    for (nth, filter) in filters().await.0.iter().enumerate() {
        let what = format!("{} {} {}", filter.source, filter.rows, filter.argument);
        let tenant = tenant();
        let Some(whole) = ask(tenant.clone(), engine, filter, None).await.filter(|whole| !whole.rows.is_empty()) else {
            // States are read through Resource Graph alone.
            let is_empty = engine == "never" && filter.source == "policy_compliance";
            hidden.extend((!is_empty).then(|| format!("{what}: there are no rows")));
            continue;
        };
        let named = accepted(&tenant, engine, filter, names(filter, &whole)).await;
        let before = ask(tenant.clone(), engine, filter, Some(&named)).await;
        let Some(before) = before.filter(|before| !before.rows.is_empty()) else {
            hidden.push(format!("{what}: there are no rows of {named:?}"));
            continue;
        };
        for case in cases_of(&tenant.requests(), engine, &models, nth).await {
            let Some(after) = ask(case.tenant(false), engine, filter, Some(&named)).await else { continue };
            let gone = gone(&before, &after);
            if gone.is_empty() {
                continue;
            }
            let Some(rest) = ask(case.tenant(false), engine, filter, None).await else { continue };
            if let Some(first) = lost(filter, &named, &gone, &rest).first() {
                let (list, path, odd) = (case.list_name(), case.path(), case.odd);
                hidden.push(format!("{what}, {list} {path} {odd:?} ({engine}): {first}"));
            }
        }
    }
    assert!(hidden.is_empty(), "{} in all:\n{}", hidden.len(), hidden.join("\n"));
}
