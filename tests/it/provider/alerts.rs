//! `azposture_defender_alerts`.

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{
    held::edited,
    inside::{Inside, Reading},
};

const ALL: [&str; 4] = ["Active", "Dismissed", "InProgress", "Resolved"];

async fn read(tenant: Tenant, arguments: Json) -> Reading {
    Inside::by_arm(tenant).await.read("defender_alerts", arguments).await
}

fn everything() -> Json {
    json!({"statuses": ALL, "limit": 0})
}

/// The alerts of a type.
fn of_type<'a>(answer: &'a Json, kind: &str) -> Vec<&'a Json> {
    answer["alerts"].as_array().unwrap().iter().filter(|row| row["alert_type"] == kind).collect()
}

fn types(answer: &Json) -> Vec<&str> {
    answer["alerts"].as_array().unwrap().iter().map(|row| row["alert_type"].as_str().unwrap()).collect()
}

/// The tenant with one alert changed.
fn changed(kind: &'static str, change: impl Fn(&mut Json)) -> Tenant {
    edited(Tenant::demo(), "alerts", |rows| {
        rows.iter_mut().filter(|row| row["properties"]["alertType"] == kind).for_each(|row| change(&mut row["properties"]));
    })
}

#[tokio::test]
async fn open_alerts_come_worst_first_and_the_newest_before_older_ones() {
    let answer = read(Tenant::demo(), json!({})).await.ok();
    assert_eq!(
        types(&answer),
        [
            "SecurityIncident_HighSeverity",
            "VM_LoginBruteForceSuccess",
            "Storage.Blob_AM.MalwareFound",
            "ARM_UnusualServicePrincipalActivity",
            "AppServices_DanglingDomain"
        ]
    );
    assert_eq!(
        answer["summary"],
        json!({
            "matched": 5, "returned": 5, "other": null,
            "by_status": {"Active": 4, "InProgress": 1}, "by_severity": {"high": 3, "medium": 1, "low": 1},
        }),
        "of the sandbox nothing is known, so there may be some of another status"
    );
}

#[tokio::test]
async fn an_alert_is_read_as_the_service_states_it() {
    let answer = read(Tenant::demo(), everything()).await.ok();
    let [forced] = of_type(&answer, "VM_LoginBruteForceSuccess")[..] else { panic!() };
    assert_eq!(forced["key"], forced["id"].as_str().unwrap().to_lowercase());
    assert_eq!((&forced["subscription_id"], &forced["severity"]), (&json!(PRODUCTION), &json!("high")));
    assert_eq!(forced["intents"], json!(["PreAttack", "InitialAccess"]));
    assert_eq!((&forced["techniques"], &forced["sub_techniques"]), (&json!(["T1110", "T1078"]), &json!(["T1110.001"])));
    assert_eq!(forced["workspace_ids"], json!(["fab00013-0000-4000-8000-000000000001"]));
    assert_eq!((&forced["is_incident"], &forced["compromised_entity"]), (&json!(false), &json!("vm-shop-web-01")));
    let times = ["started_on", "ended_on", "generated_on"].map(|name| forced[name].as_str().unwrap());
    assert_eq!(times, ["2026-11-01T21:04:11Z", "2026-11-01T22:40:53Z", "2026-11-01T22:47:30Z"]);
    let [dangling] = of_type(&answer, "AppServices_DanglingDomain")[..] else { panic!() };
    let app = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod/providers/Microsoft.Web/sites/app-fab-shop");
    assert_eq!(dangling["resource_ids"], json!([app]), "in one spelling");
    for unsaid in ["ended_on", "compromised_entity", "techniques", "sub_techniques", "intents"] {
        assert_eq!(dangling[unsaid], Json::Null, "{unsaid}");
    }
    assert_eq!(dangling["remediation_steps"], json!([]));
    let [unusual] = of_type(&answer, "ARM_UnusualServicePrincipalActivity")[..] else { panic!() };
    assert_eq!(unusual["generated_on"], "2026-10-28T04:10:09Z", "a time without a zone is UTC");
    assert_eq!(unusual["intents"], json!(["Persistence", "PrivilegeEscalation"]));
}

#[tokio::test]
async fn what_names_people_is_left_out_or_null() {
    for personal_data in ["show", "redact"] {
        let block = json!({"environment": "demo", "personal_data": personal_data});
        let answer = Inside::configured(Tenant::demo(), block).await.read("defender_alerts", everything()).await.ok();
        let text = answer.to_string();
        for hidden in ["198.51.100.23", "greta@", "attackerIp", "entities"] {
            assert!(!text.contains(hidden), "{personal_data}: {hidden}");
        }
        assert_eq!(text.contains("deniz@"), personal_data == "show");
        let rows = answer["alerts"].as_array().unwrap();
        assert_eq!(rows.len(), 8);
        for name in ["compromised_entity", "description"] {
            assert_eq!(rows.iter().any(|row| !row[name].is_null()), personal_data == "show", "{name}");
        }
    }
}

#[tokio::test]
async fn filters_combine() {
    let read = |filter: Json| read(Tenant::demo(), filter);
    let group = format!("/subscriptions/{PRODUCTION}/resourceGroups/RG-DATA-prod");
    let vault = format!("{group}/providers/Microsoft.Sql/servers/sql-fab-shop");
    for (filter, kinds) in [
        (json!({"severities": ["low"]}), vec!["AppServices_DanglingDomain"]),
        (json!({"statuses": ["inprogress"]}), vec!["Storage.Blob_AM.MalwareFound"]),
        (json!({"statuses": ALL, "resource_id_prefixes": [group]}), vec!["SQL.DB_PotentialSqlInjection"]),
        (json!({"statuses": ALL, "resource_id_prefixes": [vault]}), vec!["SQL.DB_PotentialSqlInjection"]),
        (json!({"statuses": ALL, "alert_types": ["vm_eicar"]}), vec!["VM_EICAR"]),
        (json!({"since": "2026-11-01T22:47:31Z"}), vec!["SecurityIncident_HighSeverity"]),
        (
            json!({"since": "2026-11-01", "severities": ["high", "medium"]}),
            vec!["SecurityIncident_HighSeverity", "VM_LoginBruteForceSuccess"],
        ),
        (json!({"since": "2026-11-02T01:00:00+02:00", "severities": ["high"]}), vec!["SecurityIncident_HighSeverity"]),
        (json!({"subscription_ids": [SANDBOX], "statuses": ALL}), vec!["VM_SuspiciousScreenSaver"]),
    ] {
        assert_eq!(types(&read(filter.clone()).await.ok()), kinds, "{filter}");
    }
    for since in ["yesterday", "2026-02-30", "2026-11-02T08:00:00", "2026-11-02 08:00", ""] {
        assert_eq!(read(json!({"since": since})).await.errors(), ["Invalid value"], "{since}");
    }
    for (arguments, error) in [
        (json!({"statuses": ["Open"]}), "Unknown value"),
        (json!({"severities": []}), "Nothing selected"),
        (json!({"alert_types": []}), "Nothing selected"),
        (
            json!({"resource_id_prefixes": ["/subscriptions/fab00001-0000-4000-8000-00000000ffff"]}),
            "Outside the configured scope",
        ),
    ] {
        assert_eq!(read(arguments.clone()).await.errors(), [error], "{arguments}");
    }
}

#[tokio::test]
async fn a_word_that_is_not_known_is_in_the_answer_and_counted() {
    let tenant = changed("VM_EICAR", |own| (own["status"], own["severity"]) = (json!("Escalated"), json!("Apocalyptic")));
    for filter in [json!({}), json!({"severities": ["low"], "subscription_ids": [PRODUCTION]})] {
        let answer = read(tenant.clone(), filter.clone()).await.ok();
        let [novel] = of_type(&answer, "VM_EICAR")[..] else { panic!("{filter}") };
        assert_eq!((&novel["status"], &novel["severity"]), (&json!("Escalated"), &Json::Null));
        let summary = &answer["summary"];
        assert_eq!((&summary["other"], &summary["by_status"]["Escalated"]), (&json!(1), &json!(1)), "{summary}");
        assert_eq!(summary["by_severity"]["Apocalyptic"], 1);
    }
    let asked = read(tenant, json!({"statuses": ["Active"]})).await.ok();
    assert!(of_type(&asked, "VM_EICAR").is_empty(), "whoever names statuses gets those");
}

#[tokio::test]
async fn a_word_that_is_not_known_is_counted_where_the_named_statuses_leave_it_out() {
    let tenant = || changed("VM_EICAR", |own| own["status"] = json!("Escalated"));
    let named = read(tenant(), everything()).await.ok();
    assert_eq!((&named["summary"]["matched"], &named["summary"]["other"]), (&json!(7), &json!(1)));
    assert!(of_type(&named, "VM_EICAR").is_empty());
    let elsewhere = read(tenant(), json!({"statuses": ALL, "alert_types": ["VM_LoginBruteForceSuccess"]})).await.ok();
    assert_ne!(elsewhere["summary"]["other"], 1, "the other filters hold for it, too");
}

#[tokio::test]
async fn what_is_not_said_passes_the_filter_that_asks_for_it_and_is_a_gap() {
    let gap = format!("alerts invalid_response /subscriptions/{PRODUCTION}");
    let here = |mut filter: Json| {
        filter["subscription_ids"] = json!([PRODUCTION]);
        filter
    };
    for (field, filter) in [
        ("status", json!({"statuses": ["Active"]})),
        ("severity", json!({"statuses": ["Resolved"], "severities": ["high"]})),
        ("alertType", json!({"statuses": ["Resolved"], "alert_types": ["VM_NONE"]})),
        ("timeGeneratedUtc", json!({"statuses": ["Resolved"], "since": "2026-11-02"})),
        (
            "resourceIdentifiers",
            json!({"statuses": ["Resolved"], "resource_id_prefixes": [format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-data-prod")]}),
        ),
    ] {
        for odd in [Json::Null, json!(7), json!("")] {
            let tenant = changed("VM_EICAR", |own| own[field] = odd.clone());
            let reading = read(tenant, here(filter.clone())).await;
            assert_eq!(reading.gaps(), std::slice::from_ref(&gap), "{field} {odd}");
            let answer = reading.ok();
            let kept =
                answer["alerts"].as_array().unwrap().iter().filter(|row| row["product_name"] == "Microsoft Defender for Servers");
            assert!(kept.into_iter().any(|row| row["key"].as_str().unwrap().contains("rg-platform-prod")), "{field} {odd}");
            assert_eq!(answer["complete"], false);
        }
        let other = read(
            changed("VM_EICAR", |own| own[field] = Json::Null),
            here(json!({"statuses": ["InProgress"], "severities": ["informational"]})),
        )
        .await;
        let matters = ["status"].contains(&field);
        assert_eq!(other.ok()["complete"] == false, matters, "{field}: only where the alert is in the answer");
    }
}

#[tokio::test]
async fn two_rows_of_one_alert_are_one_row_and_a_gap_where_they_differ() {
    for first in [false, true] {
        let tenant = edited(Tenant::demo(), "alerts", |rows| {
            let at = rows.iter().position(|row| row["properties"]["alertType"] == "VM_LoginBruteForceSuccess").unwrap();
            let mut twin = rows[at].clone();
            twin["id"] = json!(twin["id"].as_str().unwrap().to_uppercase());
            twin["properties"]["status"] = json!("Dismissed");
            rows.insert(at + usize::from(!first), twin);
        });
        let reading = read(tenant, json!({})).await;
        assert!(reading.gaps().contains(&format!("alerts invalid_response /subscriptions/{PRODUCTION}")), "{:?}", reading.gaps());
        let answer = reading.ok();
        let [forced] = of_type(&answer, "VM_LoginBruteForceSuccess")[..] else { panic!() };
        assert_eq!((&forced["status"], &forced["severity"]), (&Json::Null, &json!("high")));
    }
}

/// Empty is not clean: each reason by itself.
#[tokio::test]
async fn no_alerts_are_an_answer_only_where_something_watches() {
    let none = || edited(Tenant::demo(), "alerts", Vec::clear);
    let of = |id: &str, reason: &str| vec![format!("alerts {reason} /subscriptions/{id}")];
    let ask = |id: &str| json!({"subscription_ids": [id]});
    let reading = read(none(), ask(PRODUCTION)).await;
    assert_eq!(reading.gaps(), [""; 0], "plans are on and nothing was found");
    let answer = reading.ok();
    assert_eq!((&answer["summary"]["matched"], &answer["complete"]), (&json!(0), &json!(true)));
    let reading = read(none(), ask(SANDBOX)).await;
    assert_eq!(reading.gaps(), of(SANDBOX, "plan_off"));
    let answer = reading.ok();
    assert_eq!((&answer["summary"]["matched"], &answer["complete"]), (&Json::Null, &json!(true)));
    let state = |word: &'static str| {
        none().with_fault(Fault::on("/Microsoft.Security").change(move |body| body["registrationState"] = json!(word)))
    };
    for (word, reason, complete) in [("NotRegistered", "not_registered", true), ("Unregistering", "not_proven", false)] {
        let reading = read(state(word), ask(PRODUCTION)).await;
        assert_eq!(reading.gaps(), of(PRODUCTION, reason), "{word}");
        let answer = reading.ok();
        assert_eq!((&answer["complete"], &answer["summary"]["matched"]), (&json!(complete), &Json::Null), "{word}");
    }
    let refused = |part: &str| none().with_fault(Fault::on(part).refuse(403, "AuthorizationFailed", "no"));
    let reading = read(refused("/providers/Microsoft.Security/pricings"), ask(PRODUCTION)).await;
    assert_eq!(reading.gaps(), [format!("plans forbidden /subscriptions/{PRODUCTION}")]);
    assert_eq!(reading.ok()["summary"]["matched"], Json::Null);
    let reading = read(refused("/providers/Microsoft.Security/alerts"), ask(PRODUCTION)).await;
    assert_eq!(reading.errors(), ["Nothing could be read"]);
    let code = "Subscription Not Registered";
    let refusing = || Fault::on("/providers/Microsoft.Security/alerts").refuse(404, code, "Please register");
    let reading = read(state("NotRegistered").with_fault(refusing()), ask(PRODUCTION)).await;
    assert_eq!(reading.gaps(), of(PRODUCTION, "not_registered"));
    let answer = reading.ok();
    assert_eq!((&answer["complete"], &answer["summary"]["matched"]), (&json!(true), &Json::Null));
    let registered = none().with_fault(refusing());
    assert_eq!(read(registered, ask(PRODUCTION)).await.errors(), ["Nothing could be read"], "it is registered");
    let registered = none().with_fault(refusing().subscription(PRODUCTION));
    let reading = read(registered, json!({})).await;
    assert_eq!(reading.gaps(), [of(PRODUCTION, "not_proven"), of(SANDBOX, "plan_off")].concat());
    assert_eq!(reading.ok()["complete"], false);
}

/// Alerts stay for 90 days, a plan may have been switched off since.
#[tokio::test]
async fn old_alerts_do_not_tell_that_something_still_watches() {
    let reading = read(Tenant::demo(), json!({"subscription_ids": [SANDBOX]})).await;
    assert_eq!(reading.gaps(), [format!("alerts plan_off /subscriptions/{SANDBOX}")]);
    assert_eq!(reading.ok()["summary"]["matched"], Json::Null);
    let doubtful = edited(Tenant::demo(), "pricings", |rows| {
        let own = rows.iter_mut().find(|row| row["name"] == "Arm" && row.to_string().contains(SANDBOX)).unwrap();
        (own["properties"]["pricingTier"], own["properties"]["resourcesCoverageStatus"]) = (json!("Premium"), Json::Null);
    });
    let reading = read(doubtful, json!({"subscription_ids": [SANDBOX]})).await;
    assert_eq!(reading.gaps(), [format!("alerts not_proven /subscriptions/{SANDBOX}")]);
}
