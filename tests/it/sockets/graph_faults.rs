//! What can go wrong with the lists of Microsoft Graph, row by row and list by list: nothing is lost unseen, nothing is made up. And
//! how long the waits are that the services ask for.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use azposture::demo::{Fault, GRAPH_HOST, PRINCIPAL_ID, Tenant};
use azure_core::time::{OffsetDateTime, to_rfc7231};
use futures::{StreamExt, stream};
use serde_json::{Value as Json, json};

use super::provider;
use crate::support::{
    cloud::{FakeCloud, Http},
    plugin::Answer,
    remedies::left_open,
};

const DATA_SOURCE: &str = "azposture_directory_role_assignments";
const ROLE_MANAGEMENT_READ_DIRECTORY: &str = "483bed4a-2ad3-4361-a73b-c83ccdbdc53c";

/// What the user is promised.
#[derive(Clone, Copy, Debug)]
enum Promise {
    /// An error with this summary, whose detail holds that text; no row.
    Error(&'static str, &'static str),
    /// The undisturbed answer.
    Same,
    /// The list is a gap for this reason and with this code; what does not come from it stands.
    Unknown(&'static str, &'static str),
}
use Promise::{Error, Same, Unknown};

/// The lists that are hit, by what their path contains; what gaps call them, and whether a row comes from them.
const USERS: &str = "/v1.0/users";
type List = (&'static str, &'static [&'static str], fn(&Json) -> bool);
const LISTS: &[List] = &[
    // Without case, so these are the lists of schedules, too.
    (
        "/roleManagement/directory/roleAssignments",
        &["directory_role_assignments", "directory_role_assignment_schedules"],
        |row| row["assignment_type"] == "active",
    ),
    ("/transitiveMembers", &["group_members"], |row| row["via"] == "group"),
    // They only tell who is a guest, where the other lists do not.
    (USERS, &["users"], |_| false),
];

type Row = (&'static str, fn(Fault) -> Fault, Promise);

fn throttled(fault: Fault) -> Fault {
    fault.refuse(429, "TooManyRequests", "Slow down.")
}

// One line a row: it is read as a table.
#[rustfmt::skip]
const GRAPH: &[Row] = &[
    ("429, wait in whole seconds", |f| throttled(f).header("retry-after", "1").times(1), Same),
    ("429, wait as a fraction, twice", |f| throttled(f).header("retry-after", "0.25").times(2), Same),
    ("429 without a wait", |f| throttled(f).times(1), Same),
    ("429 that asks to wait too long", |f| throttled(f).header("retry-after", "120"), Unknown("throttled", "TooManyRequests")),
    ("429 without end", |f| throttled(f).header("retry-after", "0"), Unknown("throttled", "TooManyRequests")),
    ("the quota is almost spent", |f| f.header("x-ms-throttle-limit-percentage", "0.85"), Same),
    ("403", |f| f.refuse(403, "Authorization_RequestDenied", "Insufficient privileges."), Unknown("forbidden", "Authorization_RequestDenied")),
    ("401 once: a token that has been revoked", |f| f.refuse(401, "InvalidAuthenticationToken", "Revoked.").times(1), Same),
    ("401 for good", |f| f.refuse(401, "InvalidAuthenticationToken", "No."), Unknown("token_refused", "InvalidAuthenticationToken")),
    ("500", |f| f.answer(500).times(1), Same),
    ("503 without end", |f| f.refuse(503, "UnknownError", "Later.").header("retry-after", "0"), Unknown("unavailable", "UnknownError")),
    ("504 and nothing", |f| f.empty(504).times(1), Same),
    ("a captive portal that says 200", |f| f.html(200), Unknown("invalid_response", "NotJson")),
    ("half of the JSON", Fault::short_body, Unknown("invalid_response", "MalformedJson")),
    ("byte order mark", Fault::byte_order_mark, Same),
    ("a row of another kind", |f| f.change(|page| page["value"][0]["id"] = json!({"secret": 1})), Unknown("invalid_response", "UndecodableRow")),
    ("a page without rows", |f| f.change(|page| page["value"] = Json::Null), Unknown("invalid_response", "UndecodableRow")),
    ("a page that links to itself", Fault::looped_link, Unknown("incomplete_list", "PageLoop")),
    ("the rows of the page before again", Fault::duplicate_page, Unknown("incomplete_list", "RepeatedPage")),
    ("a link to another host", |f| f.change(|page| page["@odata.nextLink"] = "https://elsewhere.example/v1.0/users".into()), Error("Left its host", "elsewhere.example")),
    ("a link to what may not be read", |f| f.change(|page| page["@odata.nextLink"] = format!("https://{GRAPH_HOST}/v1.0/me/messages").into()), Unknown("incomplete_list", "LeftItsList")),
    ("the connection breaks in the body", |f| f.torn_body().times(2), Same),
    ("the connection always breaks in the body", Fault::torn_body, Unknown("unavailable", "ConnectionLost")),
    ("the connection breaks before the answer", |f| f.drop_connection().times(1), Same),
];

/// A tenant whose lists come row by row, and whose principal may read schedules.
fn tenant() -> Tenant {
    let tenant = Tenant::demo().with_page_size(1);
    tenant
        .edit("app-role-assignments", |list| {
            let rows = list["value"].as_array_mut().unwrap();
            let mut row = rows.iter().find(|row| row["principalId"] == PRINCIPAL_ID).unwrap().clone();
            (row["id"], row["appRoleId"]) = (json!("FabAppRoleAssignmentFF"), json!(ROLE_MANAGEMENT_READ_DIRECTORY));
            rows.push(row);
        })
        .unwrap();
    tenant
}

/// The same tenant, whose lists of principals say of nobody whether it is a guest: then users are looked up.
fn silent() -> Tenant {
    fn unsaid(page: &mut Json) {
        for row in page["value"].as_array_mut().into_iter().flatten() {
            let principal = if row["principal"].is_object() { &mut row["principal"] } else { row };
            principal["userType"] = Json::Null;
        }
    }
    tenant()
        .with_fault(Fault::on("/roleManagement/directory/role").change(unsaid))
        .with_fault(Fault::on("/transitiveMembers").change(unsaid))
}

async fn read(tenant: Tenant, http: Http) -> Answer {
    let cloud = FakeCloud::on(tenant).over(http).start().await;
    let mut block = cloud.block();
    block["max_retry_wait_seconds"] = json!(3);
    provider(block, &[]).await.read(DATA_SOURCE, json!({"limit": 0})).await
}

fn keys(value: &Json, kept: impl Fn(&Json) -> bool) -> BTreeSet<String> {
    let rows = value["role_assignments"].as_array().into_iter().flatten();
    rows.filter(|row| kept(row)).map(|row| row["key"].as_str().unwrap().to_owned()).collect()
}

fn judged((_, subjects, from): &List, promise: Promise, (value, said): Answer, undisturbed: &Json) -> Result<(), String> {
    if let Some(placeholder) = left_open(&format!("{value:?} {said:?}")) {
        return Err(format!("leaves {placeholder} open: {value:?} {said:?}"));
    }
    let said: Vec<_> = said.iter().filter(|one| one.error).map(|one| format!("{}: {}", one.summary, one.detail)).collect();
    let value = value.unwrap_or_default();
    let holds = match promise {
        Same => said.is_empty() && value == *undisturbed,
        Error(summary, text) => value.is_null() && said.len() == 1 && said[0].starts_with(summary) && said[0].contains(text),
        Unknown(reason, code) => {
            let gaps = value["unreadable"].as_array().cloned().unwrap_or_default();
            let all = keys(undisturbed, |_| true);
            said.is_empty()
                && gaps.iter().all(|gap| gap["reason"] == reason && gap["code"] == code)
                && gaps.iter().map(|gap| gap["subject"].as_str().unwrap()).collect::<BTreeSet<_>>()
                    == subjects.iter().copied().collect()
                && value["complete"] == json!(false)
                && keys(&value, |_| true).is_subset(&all)
                && keys(undisturbed, |row| !from(row)).is_subset(&keys(&value, |_| true))
        }
    };
    let context = || format!("{said:?} {:#} {:#}", value["unreadable"], value["summary"]);
    if holds { Ok(()) } else { Err(context()) }
}

#[tokio::test]
async fn every_promise_is_kept_about_every_list_of_microsoft_graph() {
    let (undisturbed, said) = read(tenant(), Http::Two).await;
    assert!(said.is_empty(), "{said:#?}");
    let undisturbed = &undisturbed.unwrap();
    assert_eq!(undisturbed["complete"], json!(true));
    assert_eq!(read(silent(), Http::Two).await.0.as_ref(), Some(undisturbed), "who is a guest is looked up then");
    let tries = LISTS.iter().enumerate().flat_map(|(number, list)| GRAPH.iter().map(move |row| (number, list, row)));
    let broken = stream::iter(tries).map(|(number, list, (name, fault, promise))| async move {
        let http = if number == 0 { Http::One } else { Http::Two };
        let tenant = if list.0 == USERS { silent() } else { tenant() };
        let answer = read(tenant.with_fault(fault(Fault::on(list.0).host(GRAPH_HOST).page(2))), http).await;
        judged(list, *promise, answer, undisturbed).err().map(|why| format!("{name} at {}\n  {why}\n", list.0))
    });
    let broken: Vec<_> = broken.buffer_unordered(12).filter_map(|broken| async move { broken }).collect().await;
    assert!(broken.is_empty(), "{}", broken.concat());
}

/// What a service asks for is waited for, and then the answer is the undisturbed one.
async fn waits(data_source: &str, engine: &str, fault: impl Fn() -> Fault, least: Duration) {
    let mut answers = vec![];
    for tenant in [tenant().with_page_size(10), tenant().with_page_size(10).with_fault(fault())] {
        let cloud = FakeCloud::on(tenant).start().await;
        let mut block = cloud.block();
        block["resource_graph"] = engine.into();
        let plugin = provider(block, &[]).await;
        let started = Instant::now();
        let (value, said) = plugin.read(data_source, json!({"limit": 0})).await;
        assert!(said.is_empty(), "{data_source}: {said:#?}");
        answers.push((value.unwrap(), started.elapsed()));
    }
    assert_eq!(answers[0].0, answers[1].0, "{data_source}");
    // The machine may be busy, but then it was with the undisturbed read as well.
    let (usual, took) = (answers[0].1, answers[1].1);
    let most = least + Duration::from_secs(20) + 10 * usual;
    assert!(took >= least && took < most, "{data_source}: {took:?} instead of {usual:?}, asked for {least:?}");
}

#[tokio::test]
async fn a_quota_that_runs_low_slows_down_by_what_its_headers_say() {
    let graph = || Fault::on("/roleAssignments").host(GRAPH_HOST).page(1).header("x-ms-throttle-limit-percentage", "1.0");
    waits(DATA_SOURCE, "never", graph, Duration::from_secs(2)).await;
    let manager =
        || Fault::on("Microsoft.Security/assessments").page(1).header("x-ms-ratelimit-remaining-subscription-reads", "0");
    waits("azposture_defender_assessments", "never", manager, Duration::from_secs(1)).await;
    let spent = || {
        let fault = Fault::on("Microsoft.ResourceGraph").named("assessments").page(1);
        fault.header("x-ms-user-quota-remaining", "0").header("x-ms-user-quota-resets-after", "00:00:02")
    };
    waits("azposture_defender_assessments", "always", spent, Duration::from_secs(2)).await;
}

#[tokio::test]
async fn a_wait_until_a_date_lasts_until_that_date() {
    for (data_source, path) in [
        (DATA_SOURCE, "/roleManagement/directory/roleAssignments"),
        ("azposture_defender_assessments", "Microsoft.Security/assessments"),
    ] {
        let until = OffsetDateTime::now_utc() + Duration::from_secs(4);
        let date = to_rfc7231(&until);
        let fault = throttled(Fault::on(path)).page(1).times(1).header("retry-after", &date);
        let cloud = FakeCloud::on(tenant().with_page_size(10).with_fault(fault)).start().await;
        let mut block = cloud.block();
        block["resource_graph"] = "never".into();
        let (value, said) = provider(block, &[]).await.read(data_source, json!({})).await;
        assert!(value.is_some() && said.iter().all(|one| !one.error), "{said:#?}");
        // The header has whole seconds.
        assert!(OffsetDateTime::now_utc() >= until - Duration::from_secs(1), "{path} was asked again before {date}");
    }
}
