//! Every field that the demo tenant's documents hold and the code names: null, absent, and of another kind, in all rows at once for what
//! could pass because of it, in one row for its neighbours. The fields are found in the documents, so the table grows with them.
//!
//! Thousands of reads: `make test-full` makes them all, every run a part of them, the same each time.

use std::{collections::BTreeSet, fs, path::Path};

use azposture::demo::{Fault, Tenant};
use serde_json::{Value as Json, json};

use super::{About, checks, endings, reassured, through, validations, verdicts};
use crate::support::{inside::Inside, is_full};

/// A list: its document, the path it is answered at, the Resource Graph query that reads the same rows, and a field that decides.
struct List {
    document: &'static str,
    path: &'static str,
    query: &'static str,
    about: About,
    decides: &'static str,
    /// The data source that lists it, and under which name; empty if none does.
    rows: (&'static str, &'static str),
}

impl List {
    /// Its fields as paths, as long as the code knows them by name.
    fn fields(&self, models: &str) -> Vec<Vec<String>> {
        fields(self.document, models)
    }

    const fn listed(self, data_source: &'static str, rows: &'static str) -> Self {
        Self { rows: (data_source, rows), ..self }
    }
}

const fn list(document: &'static str, path: &'static str, query: &'static str, about: About, decides: &'static str) -> List {
    List { document, path, query, about, decides, rows: ("", "") }
}

use About::{Defender, GraphPermissions, Roles};

const LISTS: &[List] = &[
    list("app-role-assignments", "/appRoleAssignments", "", GraphPermissions, "/resourceId"),
    list("applications", "/v1.0/applications", "", GraphPermissions, "/requiredResourceAccess"),
    list("oauth2-permission-grants", "/oauth2PermissionGrants", "", GraphPermissions, "/scope"),
    list("organization", "/v1.0/organization", "", GraphPermissions, "/id"),
    list("service-principals", "/v1.0/servicePrincipals", "", GraphPermissions, "/accountEnabled"),
    list("subscribed-skus", "/v1.0/subscribedSkus", "", GraphPermissions, "/servicePlans"),
    list("assessment-metadata", "/Microsoft.Security/assessmentMetadata", "", Defender, "/properties/severity"),
    list("assessments", "/Microsoft.Security/assessments", "", Defender, "/properties/status/code")
        .listed("defender_assessments", "assessments"),
    list("managed-clusters", "/managedClusters", "", Defender, "/properties"),
    list("pricings", "/Microsoft.Security/pricings", "plans", Defender, "/properties/pricingTier")
        .listed("defender_plans", "plans"),
    list("resources", "/resources", "resources", Defender, "/type"),
    list("sub-assessments", "/Microsoft.Security/subAssessments", "", Defender, "/properties/timeGenerated"),
    list("subscriptions", "/subscriptions", "", Defender, "/state").listed("subscriptions", "subscriptions"),
    list("deny-assignments", "/Microsoft.Authorization/denyAssignments", "", Roles, "/properties/permissions"),
    list("groups", "/v1.0/groups", "", Roles, "/visibility"),
    list("role-assignments", "/Microsoft.Authorization/roleAssignments", "roleassignments", Roles, "/properties/condition")
        .listed("role_assignments", "role_assignments"),
    list(
        "role-definitions",
        "/Microsoft.Authorization/roleDefinitions",
        "roledefinitions",
        Roles,
        "/properties/permissions/*/notActions",
    ),
    list(
        "role-eligibility-schedule-instances",
        "/Microsoft.Authorization/roleEligibilityScheduleInstances",
        "",
        Roles,
        "/properties/endDateTime",
    ),
    list("users", "/v1.0/users", "", Roles, "/accountEnabled"),
    list("directory-role-assignments", "/v1.0/roleManagement/directory/roleAssignments", "", Roles, "/principalId")
        .listed("directory_role_assignments", "role_assignments"),
];

/// Fields whose absence has a documented meaning that is no lack of knowledge, with what it means; another kind is none of theirs.
const DOCUMENTED: &[(&str, &str, &str)] = &[
    ("deny-assignments", "/properties/doNotApplyToChildScopes", "absent: it applies below, too"),
    ("pricings", "/properties/deprecated", "absent: not deprecated"),
    ("pricings", "/properties/extensions/*/operationStatus", "absent: nothing was done yet"),
    ("pricings", "/properties/extensions/*/operationStatus/code", "absent: nothing was done yet"),
    ("pricings", "/properties/subPlan", "absent: the full plan"),
    ("role-assignments", "/properties/condition", "absent: no condition"),
    ("role-definitions", "/properties/permissions/*/condition", "absent: no condition"),
    ("role-eligibility-schedule-instances", "/properties/condition", "absent: no condition"),
    ("role-eligibility-schedule-instances", "/properties/endDateTime", "absent: it does not end"),
    ("role-eligibility-schedule-instances", "/properties/startDateTime", "absent: it has begun"),
];

/// Fields that tell rows apart or say what they are. A row without one is none, and nothing tells which rows are missing: the whole
/// list is a gap, because a collector has either a list or the reason why there is none.
const IDENTITY: &[&str] = &["id", "name", "principalId", "properties", "roleDefinitionId", "scope", "subscriptionId", "type"];

/// Fields of which only null and absence mean that all is well: another kind makes the list a gap as well.
const EXACT: &[&str] = &["condition", "endDateTime", "operationStatus", "startDateTime", "subPlan", "tags"];

/// Of every list, how many spoiled fields a short run tries.
const SAMPLES: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Odd {
    Absent,
    Null,
    OfAnotherKind,
}

const ODD: [Odd; 3] = [Odd::Null, Odd::Absent, Odd::OfAnotherKind];

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

/// The fields of the rows of a document, as paths, that the code knows by name.
fn fields(document: &str, named: &str) -> Vec<Vec<String>> {
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
    for row in Tenant::demo().document(document)["value"].as_array().unwrap() {
        walk(row, &[], &mut all);
    }
    let known = |key: &String| {
        let snake: String =
            key.chars().flat_map(|c| if c.is_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] }).collect();
        key == "*" || named.contains(&format!("pub {snake}:")) || named.contains(&format!("\"{key}\""))
    };
    all.into_iter().filter(|path| path.iter().all(known) && path.last().is_some_and(|key| key != "*")).collect()
}

/// The text of the wire models.
fn wire_models() -> String {
    let mut text = String::new();
    for folder in ["src/azure/arm", "src/azure/graph"] {
        let mut files: Vec<_> =
            fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files.iter().for_each(|file| text.push_str(&fs::read_to_string(file).unwrap()));
    }
    text
}

/// One field of one list, spoiled in one way, and the engine through which it is read.
struct Case {
    list: &'static List,
    field: Vec<String>,
    odd: Odd,
    engine: &'static str,
}

impl Case {
    fn path(&self) -> String {
        format!("/{}", self.field.join("/"))
    }

    fn is_documented(&self) -> bool {
        let is_this = |document: &str, path: &str| document == self.list.document && path == self.path();
        self.odd != Odd::OfAnotherKind && DOCUMENTED.iter().any(|(document, path, _)| is_this(document, path))
    }

    /// The tenant with the field spoiled: in all rows, or in the first that has it.
    fn tenant(&self, all: bool) -> Tenant {
        let (path, own, odd) = (self.list.path.to_lowercase(), self.field.clone(), self.odd);
        let change = move |body: &mut Json| {
            let key = ["value", "data"].into_iter().find(|key| body[*key].is_array());
            let is_error = !body["error"].is_null();
            match key.and_then(|key| body[key].as_array_mut()) {
                Some(rows) if all => rows.iter_mut().for_each(|row| {
                    odd.spoil(row, &own);
                }),
                Some(rows) => {
                    rows.iter_mut().any(|row| odd.spoil(row, &own));
                }
                None if is_error => {}
                None => {
                    odd.spoil(body, &own);
                }
            }
        };
        let again = change.clone();
        let tenant = Tenant::demo().with_fault(Fault::on(path).method("GET").change(change));
        match self.list.query {
            "" => tenant,
            query => tenant.with_fault(Fault::on("Microsoft.ResourceGraph").named(query).change(again)),
        }
    }
}

/// All cases of a list. What Resource Graph answers is spoiled as well where it has the same shape; elsewhere one engine tells as much
/// as two.
fn cases(list: &'static List, models: &str) -> Vec<Case> {
    let mut all = Vec::new();
    for field in list.fields(models) {
        all.extend(ODD.map(|odd| Case { list, field: field.clone(), odd, engine: "never" }));
        if !list.query.is_empty() {
            all.push(Case { list, field, odd: Odd::Null, engine: "always" });
        }
    }
    all.retain(|case| !case.is_documented());
    all
}

/// The cases of a short run: the field that decides, spoiled in one of the ways, and others evenly from all.
fn sampled(nth: usize, mut all: Vec<Case>, list: &List) -> Vec<Case> {
    let odd = ODD[nth % ODD.len()];
    let deciding = all.iter().filter(|case| case.path() == list.decides && case.engine == "never");
    let deciding = deciding.map(|case| case.odd).find(|own| *own == odd).unwrap_or(Odd::OfAnotherKind);
    let step = (all.len() / SAMPLES).max(1);
    let mut at = 0;
    all.retain(|case| {
        at += 1;
        (case.path() == list.decides && case.odd == deciding && case.engine == "never")
            || (at + nth).is_multiple_of(step) && at > step
    });
    all
}

#[test]
fn every_list_has_fields_and_the_one_that_decides_is_among_them() {
    let models = wire_models();
    for (nth, list) in LISTS.iter().enumerate() {
        let all = cases(list, &models);
        assert!(all.iter().any(|case| case.path() == list.decides), "{} {}", list.document, list.decides);
        let some = sampled(nth, all, list);
        assert!(some.iter().any(|case| case.path() == list.decides), "{} {}", list.document, list.decides);
        assert!((1..=SAMPLES + 1).contains(&some.len()), "{}: {}", list.document, some.len());
    }
}

async fn nothing_is_reassuring(about: About) {
    let models = wire_models();
    let mut reassuring = Vec::new();
    for engine in ["never", "always"] {
        let before = verdicts(&through(Tenant::demo(), engine).await, &[about]).await;
        for (nth, list) in LISTS.iter().enumerate().filter(|(_, list)| list.about == about) {
            let all = cases(list, &models);
            let some = if is_full() { all } else { sampled(nth, all, list) };
            for case in some.iter().filter(|case| case.engine == engine) {
                let inside = through(case.tenant(true), engine).await;
                // The connection reads everything, so a short run asks it about the deciding field alone, and of roles it asks little.
                let after = match is_full() {
                    true => verdicts(&inside, &[about]).await,
                    false if about != Roles && case.path() == list.decides => checks(&inside).await,
                    false => some_endings(&inside, about, nth).await,
                };
                let turned = reassured(&before, &after);
                let told = |turned: &String| format!("{} {} {:?} ({engine}): {turned}", list.document, case.path(), case.odd);
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

/// The rows of a data source, by key; none where it has no answer.
async fn keys(tenant: Tenant, (name, rows): (&str, &str)) -> (BTreeSet<String>, bool) {
    let arguments = match name {
        "directory_role_assignments" => json!({"expand_groups": false, "limit": 0}),
        _ => json!({"limit": 0}),
    };
    let Some(answer) = through(tenant, "never").await.read(name, arguments).await.value else { return (BTreeSet::new(), false) };
    let keys = answer[rows].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect();
    (keys, answer["complete"] == true)
}

#[tokio::test]
async fn the_neighbours_of_an_odd_row_stay() {
    let models = wire_models();
    let mut lost = Vec::new();
    for (nth, list) in LISTS.iter().enumerate().filter(|(_, list)| !list.rows.0.is_empty()) {
        let (before, _) = keys(Tenant::demo(), list.rows).await;
        let all = cases(list, &models);
        let some = if is_full() { all } else { sampled(nth, all, list) };
        for case in some.iter().filter(|case| case.engine == "never") {
            let last = case.field.last().map(String::as_str).unwrap_or_default();
            let (after, complete) = keys(case.tenant(false), list.rows).await;
            let missing = before.difference(&after).count();
            let may_be_a_gap = IDENTITY.contains(&last) || (case.odd == Odd::OfAnotherKind && EXACT.contains(&last));
            if missing > 1 && (!may_be_a_gap || complete) {
                lost.push(format!("{} {} {:?}: {missing} rows", list.document, case.path(), case.odd));
            }
        }
    }
    assert!(lost.is_empty(), "{} in all:\n{}", lost.len(), lost.join("\n"));
}
