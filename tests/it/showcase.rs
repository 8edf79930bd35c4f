//! What `make demo` shows on a machine without terraform or tofu: the same reads and the same gate, through the protocol.

use serde_json::{Value as Json, json};

use crate::support::plugin::{Plugin, errors};

#[tokio::test]
async fn demo_without_terraform() {
    let plugin = Plugin::start().await;
    plugin.configure(json!({"environment": "demo"})).await;

    let read = async |name: &str, arguments: Json| {
        let (value, diagnostics) = plugin.read(&format!("azposture_{name}"), arguments).await;
        assert!(errors(&diagnostics).is_empty(), "{diagnostics:?}");
        value.unwrap()
    };
    let subscriptions = read("subscriptions", json!({})).await;
    let plans = read("defender_plans", json!({"only_relevant": true})).await;
    let worst = read("defender_assessments", json!({"severities": ["critical", "high"], "limit": 5})).await;
    show("subscriptions", &subscriptions["subscriptions"], &["display_name", "management_group_path"]);
    let unprotected = plans["plans"].as_array().unwrap().iter();
    let unprotected = unprotected.filter(|plan| plan["enabled"] == false && !plan["resource_count"].is_null());
    show("unprotected", &unprotected.cloned().collect(), &["key", "resource_count"]);
    eprintln!("\nopen findings:");
    for (severity, number) in worst["summary"]["by_severity"].as_object().unwrap() {
        eprintln!("  {severity}  {number}");
    }
    show("worst findings", &worst["assessments"], &["severity", "display_name", "resource_name"]);
    assert_eq!(worst["assessments"].as_array().unwrap().len(), 5);

    let gate = json!({
        "tags": {"env": "prod"},
        "plans": {
            "KeyVaults": {},
            "StorageAccounts": {"extensions": ["OnUploadMalwareScanning", "SensitiveDataDiscovery"]},
            "VirtualMachines": {"subplan": "P2", "extensions": ["AgentlessVmScanning"]},
        },
        "require_full_coverage": true,
    });
    let (_, diagnostics) = plugin.plan("azposture_defender_validation", gate).await;
    assert_eq!(errors(&diagnostics), ["defender_validation: 3 failed of 3"]);
    eprintln!("\nThe gate stops the plan:\n\nError: {}\n\n{}", diagnostics[0].summary, diagnostics[0].detail);
}

fn show(title: &str, rows: &Json, columns: &[&str]) {
    eprintln!("\n{title}:");
    for row in rows.as_array().unwrap() {
        let cells: Vec<_> = columns.iter().map(|column| cell(&row[*column])).collect();
        eprintln!("  {}", cells.join("  "));
    }
}

fn cell(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
