//! What is scanned, in answers with status 200 that say nothing: no kind of thing is in order because of one.

use std::collections::BTreeMap;

use azposture::demo::Tenant;
use serde_json::json;

use super::{
    About::Defender,
    fields::{tenant, tried, wire_models},
    table::LISTS,
    through,
};

/// The reasons of `azposture_vulnerabilities`, by subscription and kind; none where it has no answer.
async fn reasons(tenant: Tenant, engine: &str) -> BTreeMap<String, String> {
    let Some(answer) = through(tenant, engine).await.read("vulnerabilities", json!({"limit": 1})).await.value else {
        return BTreeMap::new();
    };
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    answer["coverage"].as_array().unwrap().iter().map(|row| (text(row, "key"), text(row, "reason"))).collect()
}

#[tokio::test]
async fn no_kind_is_in_order_because_a_field_says_nothing() {
    let models = wire_models();
    let mut reassuring = Vec::new();
    for engine in ["never", "always"] {
        let before = reasons(tenant(), engine).await;
        assert!(before.values().any(|reason| reason == "ok") && before.values().any(|reason| reason == "no_resources"));
        for (nth, list) in LISTS.iter().enumerate().filter(|(_, list)| list.about == Defender) {
            for case in tried(nth, list, &models).await.iter().filter(|case| case.engine == engine) {
                for all in [false, true] {
                    for (key, reason) in reasons(case.tenant(all), engine).await {
                        if ["ok", "no_resources"].contains(&reason.as_str()) && before.get(&key) != Some(&reason) {
                            let (path, odd) = (case.path(), case.odd);
                            reassuring.push(format!("{} {path} {odd:?} ({engine}): {key} {reason}", list.name()));
                        }
                    }
                }
            }
        }
    }
    assert!(reassuring.is_empty(), "{} in all:\n{}", reassuring.len(), reassuring.join("\n"));
}
