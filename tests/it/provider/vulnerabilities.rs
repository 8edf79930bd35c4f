//! `azposture_vulnerabilities`: both models as one list, and why there is nothing.

mod odd;

use std::collections::BTreeMap;

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{SECURITY_READER, edit, edited, hold, root},
    inside::{Inside, Reading},
};

/// The demo's keys of individual findings: OpenSSL, the report runtime, libxml2, the node image, the secret, the kernel.
const OPENSSL: &str = "fab0000b-0000-4000-8000-000000000020";
const REPORT: &str = "fab0000b-0000-4000-8000-000000000021";
const LIBXML: &str = "fab0000b-0000-4000-8000-000000000022";
const SECRET: &str = "fab0000b-0000-4000-8000-000000000024";
/// An assessment without metadata.
const LONELY: &str = "fab0000b-0000-4000-8000-00000000dead";
const KINDS: [&str; 5] = ["aks_node", "container_image", "other", "server", "sql"];

async fn read(tenant: Tenant, arguments: Json) -> Reading {
    Inside::by_arm(tenant).await.read("vulnerabilities", arguments).await
}

fn everything() -> Json {
    json!({"statuses": ["Healthy", "NotApplicable", "Unhealthy"], "limit": 0})
}

fn rows(answer: &Json) -> &[Json] {
    answer["vulnerabilities"].as_array().unwrap()
}

/// What tells rows apart where people look: the weaknesses, else the title.
fn ids(answer: &Json) -> Vec<String> {
    let id = |row: &Json| match row["cve_ids"].as_array().filter(|all| !all.is_empty()) {
        Some(all) => all.iter().map(|id| id.as_str().unwrap()).collect::<Vec<_>>().join(" "),
        None => row["title"].as_str().unwrap_or("?").to_owned(),
    };
    rows(answer).iter().map(id).collect()
}

/// The rows of an assessment.
fn of<'a>(answer: &'a Json, key: &str) -> Vec<&'a Json> {
    rows(answer).iter().filter(|row| row["assessment_key"] == key).collect()
}

/// The reasons of one subscription by kind.
fn reasons(answer: &Json, subscription: &str) -> BTreeMap<String, String> {
    let own = answer["coverage"].as_array().unwrap().iter().filter(|row| row["subscription_id"] == subscription);
    own.map(|row| (row["kind"].as_str().unwrap().to_owned(), row["reason"].as_str().unwrap().to_owned())).collect()
}

/// The demo tenant with the properties of one assessment changed.
fn changed(key: &str, change: impl Fn(&mut Json)) -> Tenant {
    edited(Tenant::demo(), "assessments", |rows| {
        rows.iter_mut().filter(|row| row["name"] == key).for_each(|row| change(&mut row["properties"]));
    })
}

/// The demo tenant whose plans in production are on, whole, with every extension.
fn protected() -> Tenant {
    edited(Tenant::demo(), "pricings", |rows| {
        for row in rows.iter_mut().filter(|row| row["id"].as_str().unwrap().contains(PRODUCTION)) {
            row["properties"]["pricingTier"] = json!("Standard");
            row["properties"]["resourcesCoverageStatus"] = json!("FullyCovered");
            for extension in row["properties"]["extensions"].as_array_mut().into_iter().flatten() {
                *extension = json!({"name": extension["name"], "isEnabled": "True"});
            }
        }
    })
}

/// Without the assessment of which nothing tells what it is.
fn clear(tenant: Tenant) -> Tenant {
    edited(tenant, "assessments", |rows| rows.retain(|row| row["name"] != LONELY))
}

#[tokio::test]
async fn both_models_are_one_list_the_worst_first() {
    let answer = read(Tenant::demo(), json!({})).await.ok();
    assert_eq!(
        ids(&answer),
        [
            "CVE-2099-10150",
            "CVE-2099-10100",
            "CVE-2099-10001 CVE-2099-10002",
            "CVE-2099-20001",
            "CVE-2099-20001",
            "CVE-2099-10001",
            "CVE-2099-10101",
            "Firewall rules of the server should be few",
            "Remove the connection string from the settings",
            "CVE-2099-10010",
            "CVE-2099-20002",
            "CVE-2099-30001",
            "Sensitive columns should be classified",
            "Upgrade the node image",
            "CVE-2099-20009",
            "CVE-2099-10002"
        ]
    );
    assert_eq!(
        answer["summary"],
        json!({
            "matched": 16, "returned": 16, "other": null, "resources": 8, "cves": 10,
            "by_severity": {"critical": 2, "high": 7, "medium": 5, "low": 1, "unknown": 1},
            "by_kind": {"server": 7, "container_image": 4, "aks_node": 2, "sql": 2, "other": 1},
            "by_model": {"individual": 7, "grouped": 9},
        }),
        "where plans are off there may be more, so that 0 is none"
    );
    let fixes = answer["remediations"].as_object().unwrap();
    assert_eq!(fixes.len(), 10, "each assessment once: {:?}", fixes.keys());
    assert_eq!(fixes[OPENSSL], "Install the fixed version and restart what uses it.");
}

#[tokio::test]
async fn a_weakness_says_what_either_model_says_of_it() {
    let answer = read(Tenant::demo(), everything()).await.ok();
    let ssl = of(&answer, OPENSSL);
    let [known, healthy, unrated] = ssl[..] else { panic!("{ssl:#?}") };
    let vm = format!(
        "/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod/providers/Microsoft.Compute/virtualMachines/vm-shop-web-01"
    );
    assert_eq!(
        *known,
        json!({
            "key": format!("{vm}|{OPENSSL}|cve-2099-10001").to_lowercase(), "vulnerability_id": "CVE-2099-10001",
            "assessment_key": OPENSSL, "model": "individual", "title": "Update OpenSSL", "kind": "server", "subscription_id": PRODUCTION,
            "resource_id": vm, "resource_type": "Microsoft.Compute/virtualMachines", "status": "Unhealthy", "severity": "high",
            "cve_ids": ["CVE-2099-10001"], "cvss_score": 8.7, "patchable": true, "fix_status": "FixAvailable", "package_name": "openssl",
            "installed_version": "3.0.11", "fixed_version": "3.0.15", "image_digest": null, "repository_name": null, "exploitable": true,
            "first_seen_on": "2026-10-14T03:10:21Z", "scanned_on": null,
        })
    );
    assert_eq!(
        (&unrated["severity"], &unrated["cvss_score"], &unrated["exploitable"]),
        (&json!("unknown"), &Json::Null, &Json::Null)
    );
    assert_eq!(
        (&healthy["status"], &healthy["cve_ids"], &healthy["vulnerability_id"]),
        (&json!("Healthy"), &json!([]), &json!(OPENSSL))
    );
    let [report] = of(&answer, REPORT)[..] else { panic!() };
    assert_eq!((&report["patchable"], &report["exploitable"]), (&json!(false), &json!(false)));
    assert_eq!((&report["installed_version"], &report["fixed_version"]), (&json!("2.1, 2.2"), &Json::Null));
    let [image] = of(&answer, LIBXML)[..] else { panic!() };
    let registry = format!(
        "/subscriptions/{PRODUCTION}/resourceGroups/rg-platform-prod/providers/Microsoft.ContainerRegistry/registries/crfabprod"
    );
    assert_eq!(
        (&image["resource_id"], &image["repository_name"], &image["kind"]),
        (&json!(registry), &json!("shop/web"), &json!("container_image"))
    );
    let grouped = of(&answer, "c0b7cfc6-3172-465a-b378-53c7ff2cc0d5");
    let api = grouped.iter().find(|row| row["cve_ids"] == json!(["CVE-2099-20001"])).unwrap();
    assert_eq!(
        (&api["repository_name"], &api["model"], &api["scanned_on"]),
        (&json!("shop/api"), &json!("grouped"), &json!("2026-11-01T02:11:09Z"))
    );
    assert_eq!(
        (&api["package_name"], &api["exploitable"], &api["vulnerability_id"]),
        (&json!("libxml2"), &json!(true), &json!("fab0000c-0000-4000-8000-000000000008"))
    );
    let [secret] = of(&answer, SECRET)[..] else { panic!() };
    assert_eq!((&secret["severity"], &secret["cve_ids"], &secret["patchable"]), (&json!("high"), &json!([]), &Json::Null));
    let sql = of(&answer, "82e20e14-edc5-4373-bfc4-f13121257c37");
    assert!(sql.iter().all(|row| row["kind"] == "sql" && row["resource_type"] == "Microsoft.Sql/servers/databases"));
    let pool = rows(&answer).iter().find(|row| row["cve_ids"] == json!(["CVE-2099-30001"])).unwrap();
    assert_eq!(pool["kind"], "aks_node", "a scale set in the resource group of a cluster's nodes");
}

#[tokio::test]
async fn coverage_says_of_each_kind_why_there_is_nothing() {
    let reading = read(Tenant::demo(), json!({"limit": 1})).await;
    assert_eq!(
        reading.gaps(),
        [
            format!("assessment_metadata not_proven /subscriptions/{PRODUCTION}"),
            format!("vulnerabilities plan_off /subscriptions/{PRODUCTION}"),
            format!("vulnerabilities plan_off /subscriptions/{SANDBOX}"),
        ]
    );
    let answer = reading.ok();
    assert_eq!((&answer["complete"], &answer["truncated"]), (&json!(false), &json!(true)));
    let row = |subscription: &str, kind: &str, reason: &str, resources: Json, scanned: Json, last: Json| {
        json!({
            "key": format!("{subscription}|{kind}"), "subscription_id": subscription, "kind": kind, "reason": reason,
            "resources": resources, "scanned": scanned, "last_scan_on": last,
        })
    };
    assert_eq!(
        answer["coverage"],
        json!([
            row(PRODUCTION, "aks_node", "plan_off", json!(1), json!(1), Json::Null),
            row(PRODUCTION, "container_image", "plan_off", json!(2), json!(1), json!("2026-11-01T02:11:09Z")),
            row(PRODUCTION, "other", "not_proven", Json::Null, json!(1), Json::Null),
            row(PRODUCTION, "server", "partially_covered", json!(4), json!(3), json!("2026-11-01T05:22:41Z")),
            row(PRODUCTION, "sql", "ok", json!(1), json!(2), json!("2026-10-26T01:04:00Z")),
            row(SANDBOX, "aks_node", "plan_off", json!(1), json!(1), Json::Null),
            row(SANDBOX, "container_image", "plan_off", json!(1), json!(0), Json::Null),
            row(SANDBOX, "other", "plan_off", Json::Null, json!(0), Json::Null),
            row(SANDBOX, "server", "plan_off", json!(2), json!(1), json!("2026-06-02T05:20:08Z")),
            row(SANDBOX, "sql", "no_resources", json!(0), json!(0), Json::Null),
        ])
    );
}

/// Empty is not clean: each reason by itself.
#[tokio::test]
async fn each_reason_for_nothing_has_its_own_word() {
    let ask = || json!({"subscription_ids": [PRODUCTION]});
    let all = |reason: &str| KINDS.iter().map(|kind| ((*kind).to_owned(), reason.to_owned())).collect::<BTreeMap<_, _>>();
    let nothing = |tenant: Tenant| {
        let tenant = edited(tenant, "sub-assessments", Vec::clear);
        let individual = |row: &Json| row["name"].as_str().unwrap().starts_with("fab0000b-0000-4000-8000-00000000002");
        clear(edited(tenant, "assessments", |rows| rows.retain(|row| !individual(row))))
    };
    let reading = read(nothing(protected()), ask()).await;
    assert_eq!(reading.gaps(), [format!("vulnerabilities no_data_yet /subscriptions/{PRODUCTION}")]);
    let answer = reading.ok();
    assert_eq!(reasons(&answer, PRODUCTION), all("no_data_yet"));
    assert_eq!(
        (&answer["summary"]["matched"], &answer["complete"]),
        (&Json::Null, &json!(true)),
        "0 is no count of what nobody looked for"
    );
    // What is found without a time is no proof of a scan.
    let untimed = edited(clear(protected()), "sub-assessments", |rows| {
        rows.iter_mut().for_each(|row| row["properties"]["timeGenerated"] = Json::Null);
    });
    let reading = read(untimed, ask()).await;
    assert_eq!(reading.gaps(), [""; 0]);
    assert_eq!(reasons(&reading.ok(), PRODUCTION), all("scan_time_unsaid"));
    let none = edited(clear(protected()), "sub-assessments", Vec::clear);
    let answer = read(none, ask()).await.ok();
    let mut expected = all("scan_time_unsaid");
    expected.insert("sql".to_owned(), "no_data_yet".to_owned());
    assert_eq!(reasons(&answer, PRODUCTION), expected, "the second model is gone, and means nothing");
    let answer = read(clear(protected()), ask()).await.ok();
    for kind in ["server", "sql", "container_image"] {
        assert_eq!(reasons(&answer, PRODUCTION)[kind], "ok");
    }
    let unlisted = edited(clear(protected()), "pricings", |rows| {
        rows.retain(|row| !["VirtualMachines", "CloudPosture"].contains(&row["name"].as_str().unwrap()));
    });
    assert_eq!(reasons(&read(unlisted, ask()).await.ok(), PRODUCTION)["server"], "not_listed");
    let silent = || edited(edited(Tenant::demo(), "sub-assessments", Vec::clear), "assessments", Vec::clear);
    for (word, reason, complete) in [("NotRegistered", "not_registered", true), ("Unregistering", "not_proven", false)] {
        let fault = Fault::on("/Microsoft.Security").change(move |body| body["registrationState"] = json!(word));
        let reading = read(silent().with_fault(fault), ask()).await;
        assert_eq!(reading.gaps(), [format!("vulnerabilities {reason} /subscriptions/{PRODUCTION}")], "{word}");
        let answer = reading.ok();
        assert_eq!(reasons(&answer, PRODUCTION), all(reason));
        assert_eq!((&answer["complete"], &answer["summary"]["matched"]), (&json!(complete), &Json::Null), "{word}");
    }
}

#[tokio::test]
async fn only_where_all_was_seen_and_nothing_is_left_out_a_count_may_be_zero() {
    let nothing = json!({"subscription_ids": [PRODUCTION], "severities": ["informational"], "kinds": ["sql"]});
    let answer = read(clear(Tenant::demo()), nothing.clone()).await.ok();
    assert_eq!((&answer["summary"]["matched"], &answer["complete"]), (&json!(0), &json!(true)));
    assert_eq!(answer["coverage"].as_array().unwrap().len(), 1);
    let mut of_servers = nothing;
    of_servers["kinds"] = json!(["server"]);
    of_servers["cve_ids"] = json!(["CVE-2099-99999"]);
    let answer = read(clear(Tenant::demo()), of_servers).await.ok();
    assert_eq!(answer["summary"]["matched"], Json::Null, "one machine is left out of the plan");
}

/// Each read refused, empty or shortened: no kind is in order that depends on it, and no count is 0.
#[tokio::test]
async fn what_was_not_read_is_never_in_order() {
    let ask = || json!({"subscription_ids": [PRODUCTION], "severities": ["informational"], "patchable": false});
    for (part, subject) in [
        ("/providers/Microsoft.Security/assessments", "assessments"),
        ("/providers/Microsoft.Security/subAssessments", "vulnerabilities"),
        ("/providers/Microsoft.Security/pricings", "plans"),
        ("/resources", "resources"),
        ("/providers/Microsoft.ContainerService/managedClusters", "clusters"),
        ("/providers/Microsoft.Security/assessmentMetadata", "assessment_metadata"),
    ] {
        let tenant = clear(protected()).with_fault(Fault::on(part).refuse(403, "AuthorizationFailed", "no"));
        let reading = read(tenant, ask()).await;
        assert!(
            reading.gaps().iter().any(|gap| gap.starts_with(&format!("{subject} forbidden"))),
            "{part}: {:?}",
            reading.gaps()
        );
        let answer = reading.ok();
        assert_eq!((&answer["complete"], &answer["summary"]["matched"]), (&json!(false), &Json::Null), "{part}");
        for (kind, reason) in reasons(&answer, PRODUCTION) {
            let is_open = subject != "clusters" || ["aks_node", "server"].contains(&kind.as_str());
            assert_eq!(reason == "forbidden", is_open, "{part} {kind}: {reason}");
        }
    }
    let both = clear(protected())
        .with_fault(Fault::on("/Microsoft.Security/assessments").refuse(403, "AuthorizationFailed", "no"))
        .with_fault(Fault::on("/Microsoft.Security/subAssessments").refuse(403, "AuthorizationFailed", "no"));
    assert_eq!(read(both, ask()).await.errors(), ["Nothing could be read"]);
    let tenant = clear(protected());
    hold(&tenant, &[(SECURITY_READER, &root())]);
    let answer = read(tenant, ask()).await.ok();
    assert!(
        reasons(&answer, PRODUCTION).values().all(|reason| ["forbidden", "not_proven"].contains(&reason.as_str())),
        "who cannot count does not know what else there is"
    );
}

/// Each list empty with status 200: where another one says that it cannot be, nothing that depends on it is in order.
#[tokio::test]
async fn a_list_that_another_one_contradicts_is_not_whole() {
    let empty = |part: &str| clear(protected()).with_fault(Fault::on(part).method("GET").keep(|_| false));
    for (part, subject, open) in [
        ("/providers/Microsoft.Security/assessments", "assessments", &KINDS[..]),
        ("/resources", "resources", &KINDS),
        ("/managedClusters", "clusters", &["aks_node", "server"]),
    ] {
        let reading = read(empty(part), json!({"subscription_ids": [PRODUCTION]})).await;
        let gap = format!("{subject} not_proven /subscriptions/{PRODUCTION}");
        assert!(reading.gaps().contains(&gap), "{part}: {:?}", reading.gaps());
        let answer = reading.ok();
        assert_eq!(answer["complete"], false, "{part}");
        for (kind, reason) in reasons(&answer, PRODUCTION) {
            assert_eq!(reason == "not_proven", open.contains(&kind.as_str()), "{part} {kind}: {reason}");
        }
    }
    let none = read(empty("/providers/Microsoft.Security/pricings"), json!({"subscription_ids": [PRODUCTION]})).await.ok();
    assert!(reasons(&none, PRODUCTION).values().all(|reason| reason == "not_proven"), "plans are never none");
}

#[tokio::test]
async fn filters_combine_and_what_is_not_known_passes_them() {
    let read = |filter: Json| read(Tenant::demo(), filter);
    let group = format!("/subscriptions/{PRODUCTION}/resourceGroups/RG-DATA-prod");
    for (filter, expected) in [
        (json!({"severities": ["critical"]}), vec!["CVE-2099-10150", "CVE-2099-10100", "CVE-2099-10002"]),
        (json!({"kinds": ["aks_node"]}), vec!["CVE-2099-30001", "Upgrade the node image"]),
        (json!({"cve_ids": ["cve-2099-20001"]}), vec!["CVE-2099-20001", "CVE-2099-20001"]),
        (
            json!({"resource_types": ["microsoft.sql/servers/databases"]}),
            vec!["Firewall rules of the server should be few", "Sensitive columns should be classified"],
        ),
        (json!({"resource_id_prefixes": [group], "kinds": ["server"], "patchable": false}), vec!["CVE-2099-10150"]),
        (
            json!({"statuses": ["healthy"]}),
            vec!["Guests of the database should have no rights", "Update OpenSSL", "CVE-2099-10022"],
        ),
        (json!({"subscription_ids": [SANDBOX]}), vec!["CVE-2099-10001 CVE-2099-10002", "CVE-2099-30001"]),
    ] {
        assert_eq!(ids(&read(filter.clone()).await.ok()), expected, "{filter}");
    }
    for (arguments, error) in [
        (json!({"statuses": ["Open"]}), "Unknown value"),
        (json!({"kinds": ["Server"]}), "Unknown value"),
        (json!({"kinds": []}), "Nothing selected"),
        (json!({"cve_ids": ["10001"]}), "Invalid value"),
        (json!({"resource_types": ["Microsoft.Compute/virtualMachinez"]}), "Unknown value"),
        (
            json!({"resource_id_prefixes": ["/subscriptions/fab00001-0000-4000-8000-00000000ffff"]}),
            "Outside the configured scope",
        ),
    ] {
        assert_eq!(read(arguments.clone()).await.errors(), [error], "{arguments}");
    }
}

#[tokio::test]
async fn an_unknown_severity_never_falls_below_a_floor_and_a_new_word_is_counted() {
    for (word, counted) in
        [(json!("Unknown"), "unknown"), (json!(""), "unknown"), (Json::Null, "unknown"), (json!("Grave"), "Grave")]
    {
        let tenant = changed(REPORT, |own| own["additionalData"]["CvesDetails"][0]["Severity"] = word.clone());
        let answer = read(tenant, json!({"severities": ["critical"], "subscription_ids": [PRODUCTION]})).await.ok();
        let [report] = of(&answer, REPORT)[..] else { panic!("{word}") };
        assert_eq!(report["severity"], "unknown");
        assert_eq!(rows(&answer).last().unwrap()["severity"], "unknown");
        assert!(answer["summary"]["by_severity"][counted].as_u64().unwrap() >= 1, "{word}");
    }
    let tenant = || changed(SECRET, |own| own["status"]["code"] = json!("Leaked"));
    let answer = read(tenant(), json!({})).await.ok();
    assert_eq!((of(&answer, SECRET).len(), &answer["summary"]["other"]), (1, &json!(1)));
    let named = read(tenant(), json!({"statuses": ["Unhealthy"]})).await.ok();
    assert_eq!((of(&named, SECRET).len(), &named["summary"]["other"]), (0, &json!(1)), "whoever names statuses gets those");
}

/// Assessments, their findings, sub-assessments, and when something was scanned: each list is read once by Resource Manager.
#[tokio::test]
async fn no_list_is_read_twice_by_those_who_share_it() {
    let tenant = Tenant::demo();
    let inside = Inside::by_arm(tenant.clone()).await;
    for name in ["vulnerabilities", "defender_assessments", "connection"] {
        inside.read(name, json!({"subscription_ids": [PRODUCTION]})).await.ok();
    }
    inside
        .plan(
            "defender_validation",
            json!({"plans": {"VirtualMachines": {}}, "require_scan_within_days": 7, "enforcement": "warning"}),
        )
        .await;
    for end in ["/Microsoft.Security/assessments", "/Microsoft.Security/subAssessments", "/managedClusters"] {
        let first = tenant.requests().into_iter().filter(|one| one.path.ends_with(end) && one.path.contains(PRODUCTION));
        let first: Vec<_> = first.filter(|one| one.page == 1).collect();
        assert_eq!(first.len(), 1, "{end}: {first:#?}");
    }
}
