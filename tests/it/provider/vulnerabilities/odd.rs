//! Findings that do not say what they should, or say it twice.

use super::*;

/// One odd body costs nobody else anything: it is kept with what is understood of it.
#[tokio::test]
async fn an_odd_body_stands_with_what_is_understood_of_it() {
    let gap = format!("assessments invalid_response /subscriptions/{PRODUCTION}");
    for odd in [json!("["), json!(7), json!(true), json!({"CveId": "CVE-2099-1"}), json!("{}")] {
        let tenant = changed(REPORT, |own| own["additionalData"]["CvesDetails"] = odd.clone());
        let reading = read(tenant, json!({"severities": ["critical"]})).await;
        assert!(reading.gaps().contains(&gap), "{odd}: {:?}", reading.gaps());
        let answer = reading.ok();
        let [report] = of(&answer, REPORT)[..] else { panic!("{odd}") };
        assert_eq!((&report["severity"], &report["cve_ids"]), (&json!("unknown"), &Json::Null), "{odd}");
        assert_eq!((&answer["complete"], &answer["summary"]["cves"]), (&json!(false), &json!(2)), "{odd}");
        assert_eq!(reasons(&answer, PRODUCTION)["sql"], "invalid_response", "what else it hides nobody knows");
    }
    for unsaid in [Json::Null, json!("")] {
        let tenant = changed(REPORT, |own| own["additionalData"]["CvesDetails"] = unsaid.clone());
        let answer = read(tenant, json!({"cve_ids": ["CVE-2099-20009"]})).await.ok();
        let [report] = of(&answer, REPORT)[..] else { panic!("{unsaid}") };
        assert_eq!((&report["severity"], &report["cve_ids"]), (&json!("high"), &Json::Null), "it may be about any of them");
        assert_eq!(answer["complete"], false);
    }
    let before = rows(&read(Tenant::demo(), everything()).await.ok()).len();
    for odd in [Json::Null, json!(7), json!("x"), json!([])] {
        for field in ["additionalData", "status", "resourceDetails", "displayName", "timeGenerated"] {
            let tenant = edited(Tenant::demo(), "sub-assessments", |rows| rows[3]["properties"][field] = odd.clone());
            assert_eq!(rows(&read(tenant, everything()).await.ok()).len(), before, "{field} {odd}");
        }
    }
}

/// `cves` counts what rows name and `resources` where they stand, so neither is all where a row does not say.
#[tokio::test]
async fn a_finding_that_does_not_say_what_or_where_it_is_leaves_a_gap() {
    let gap = format!("vulnerabilities invalid_response /subscriptions/{PRODUCTION}");
    for (assessed, field, is_odd) in [
        ("ServerVulnerabilityAssessment", "additionalData", true),
        ("SqlServerVulnerability", "resourceDetails", true),
        ("SqlServerVulnerability", "displayName", false),
    ] {
        let tenant = edited(Tenant::demo(), "sub-assessments", |rows| {
            let is_of = |row: &Json| row["properties"]["additionalData"]["assessedResourceType"] == assessed;
            let row = rows.iter_mut().find(|row| is_of(row) && row["id"].as_str().unwrap().contains(PRODUCTION)).unwrap();
            row["properties"].as_object_mut().unwrap().remove(field);
        });
        let reading = read(tenant, everything()).await;
        assert_eq!(reading.gaps().contains(&gap), is_odd, "{field}: {:?}", reading.gaps());
        assert!(!is_odd || reading.ok()["complete"] == false, "{field}");
    }
}

#[tokio::test]
async fn what_reassures_more_than_its_twin_takes_its_place_in_neither_model() {
    let healed = changed(OPENSSL, |own| own["status"]["code"] = json!("Healthy"));
    let answer = read(healed, json!({"subscription_ids": [PRODUCTION]})).await.ok();
    assert!(ids(&answer).contains(&"CVE-2099-10001 CVE-2099-10002".to_owned()), "the second model still has it");
    for first in [false, true] {
        let tenant = edited(Tenant::demo(), "sub-assessments", |rows| {
            let mut twin = rows[3].clone();
            twin["properties"]["status"] = json!({"code": "Healthy", "severity": "Low"});
            rows.insert(3 + usize::from(!first), twin);
        });
        let reading = read(tenant, json!({"severities": ["high"]})).await;
        assert!(reading.gaps().contains(&format!("vulnerabilities invalid_response /subscriptions/{PRODUCTION}")));
        let answer = reading.ok();
        let twofold = rows(&answer).iter().find(|row| row["cve_ids"] == json!(["CVE-2099-10100"])).unwrap();
        assert_eq!((&twofold["status"], &twofold["severity"]), (&Json::Null, &json!("unknown")));
        let tenant = edited(Tenant::demo(), "assessments", |rows| {
            let at = rows.iter().position(|row| row["name"] == REPORT).unwrap();
            let mut twin = rows[at].clone();
            twin["properties"]["additionalData"]["CvesDetails"] = json!([{"CveId": "CVE-2099-77777", "Severity": "Low"}]);
            rows.insert(at + usize::from(!first), twin);
        });
        let answer = read(tenant, json!({"subscription_ids": [PRODUCTION]})).await.ok();
        assert_eq!(of(&answer, REPORT).len(), 2, "no weakness is lost");
    }
}

/// What tells findings apart by Resource Manager is the catalogue; nothing is dropped of which it tells nothing.
#[tokio::test]
async fn an_assessment_of_which_nothing_tells_is_named() {
    let told = changed(LONELY, |own| own["additionalData"] = json!({"SoftwareName": "curl"}));
    let reading = read(told, json!({"subscription_ids": [PRODUCTION]})).await;
    assert!(!reading.gaps().iter().any(|gap| gap.starts_with("assessment_metadata")), "{:?}", reading.gaps());
    let answer = reading.ok();
    let [lonely] = of(&answer, LONELY)[..] else { panic!() };
    assert_eq!((&lonely["severity"], &lonely["package_name"]), (&json!("unknown"), &json!("curl")));
    for category in ["SoftwareUpdate", "Novelty"] {
        let tenant = Tenant::demo();
        edit(&tenant, "assessment-metadata", |rows| {
            let secret = rows.iter_mut().find(|row| row["name"] == SECRET).unwrap();
            secret["properties"]["recommendationCategory"] = json!(category);
        });
        assert_eq!(of(&read(tenant, json!({})).await.ok(), SECRET).len(), 1, "{category}");
    }
}
