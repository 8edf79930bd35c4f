//! The documents agree with each other and hold nobody's real data.

use std::collections::{BTreeMap, BTreeSet};

use azposture::demo::{PRODUCTION, SANDBOX, TENANT_DOMAIN, Tenant};
use regex_lite::Regex;
use serde_json::Value;

fn rows(name: &str) -> Vec<Value> {
    Tenant::demo().document(name)["value"].as_array().unwrap_or_else(|| panic!("{name}")).clone()
}

fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.iter().for_each(|(key, item)| {
            found.push(key);
            texts(item, found);
        }),
        Value::String(text) => found.push(text),
        _ => {}
    }
}

fn every_text(check: impl Fn(&str, &str)) {
    for name in Tenant::fixtures() {
        let document = Tenant::demo().document(name);
        assert!(document.is_object(), "{name} does not parse");
        let mut found = Vec::new();
        texts(&document, &mut found);
        found.into_iter().for_each(|text| check(name, text));
    }
}

#[test]
fn ids_are_unique_within_a_document() {
    let id = |row: &Value| row["id"].as_str().or(row["tenantId"].as_str()).map(str::to_owned);
    for name in Tenant::fixtures() {
        let document = Tenant::demo().document(name);
        let Some(rows) = document["value"].as_array() else { continue };
        let ids: Vec<_> = rows.iter().map(|row| id(row).unwrap_or_else(|| panic!("{name}: {row}")).to_lowercase()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}");
    }
}

#[test]
fn every_guid_is_well_formed() {
    let almost = Regex::new(r"[0-9A-Za-z]{8}-[0-9A-Za-z]{2,6}-[0-9A-Za-z]{2,6}-[0-9A-Za-z]{2,6}-[0-9A-Za-z]{6,}").unwrap();
    let guid = Regex::new(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$").unwrap();
    // The one built-in policy whose name is not hexadecimal (transparent data encryption).
    let odd = "17k78e20-9358-41c9-923c-fb736d382a12";
    every_text(|name, text| {
        almost
            .find_iter(text)
            .map(|found| found.as_str())
            .for_each(|found| assert!(guid.is_match(found) || found == odd, "{name}: {found}"));
    });
}

#[test]
fn no_address_is_outside_the_example_domains() {
    let address = Regex::new(r"[^\s:]+@([A-Za-z0-9.-]+)").unwrap();
    every_text(|name, text| {
        for found in address.captures_iter(text).filter(|_| !text.starts_with('@') && !text.contains("@Re")) {
            let domain = &found[1];
            assert!(domain == TENANT_DOMAIN || domain.ends_with(".example"), "{name}: {text}");
        }
    });
}

#[test]
fn subscription_and_tenant_ids_are_our_own() {
    let id = Regex::new(r"(?i)^/(?:subscriptions|tenants)/([^/]+)").unwrap();
    every_text(|name, text| {
        id.captures_iter(text).for_each(|found| assert!(found[1].to_lowercase().starts_with("fab0000"), "{name}: {text}"));
    });
}

#[test]
fn every_assessed_resource_exists_or_is_foreign() {
    let subscriptions: Vec<_> = rows("subscriptions").iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    let resources: Vec<_> = rows("resources").iter().map(|row| row["id"].as_str().unwrap().to_lowercase()).collect();
    // A subnet is no resource of the list; its network is.
    let exists = |id: &str| {
        let id = id.to_lowercase();
        subscriptions.contains(&id) || resources.iter().any(|known| id == *known || id.starts_with(&format!("{known}/")))
    };
    // Nodes of clusters are left out of it.
    let clusters = rows("managed-clusters");
    let nodes: Vec<_> = clusters.iter().map(|row| row["properties"]["nodeResourceGroup"].as_str().unwrap()).collect();
    let is_node = |id: &str| nodes.iter().any(|group| id.contains(&format!("/resourceGroups/{group}/")));
    for row in rows("assessments") {
        let details = &row["properties"]["resourceDetails"];
        if details["source"] == "Azure" {
            let assessed = details["id"].as_str().unwrap();
            // An image is named by a path in its registry.
            let assessed = if assessed.starts_with("repositories/") { row["id"].as_str().unwrap() } else { assessed };
            assert!(exists(assessed) || is_node(assessed), "{row}");
            assert!(row["id"].as_str().unwrap().starts_with(assessed), "{row}");
        }
    }
}

#[test]
fn every_policy_of_the_metadata_is_well_formed() {
    let policy = Regex::new(r"^(/subscriptions/fab0000[0-9a-f-]+)?/providers/Microsoft\.Authorization/policyDefinitions/[0-9a-z]{8}(-[0-9a-z]{4}){3}-[0-9a-z]{12}$").unwrap();
    let policies: Vec<_> = rows("assessment-metadata")
        .iter()
        .filter_map(|row| row["properties"]["policyDefinitionId"].as_str().map(str::to_owned))
        .collect();
    assert!(policies.len() > 40);
    policies.iter().for_each(|id| assert!(policy.is_match(id), "{id}"));
}

#[test]
fn the_assessments_hold_every_trap() {
    let rows = rows("assessments");
    let (production, sandbox): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row["id"].as_str().unwrap().contains(PRODUCTION));
    assert!(
        production.len() > 36 && sandbox.iter().all(|row| row["id"].as_str().unwrap().contains(SANDBOX)) && !sandbox.is_empty()
    );

    let words = |pointer: &str| rows.iter().filter_map(|row| row.pointer(pointer)?.as_str()).collect::<BTreeSet<_>>();
    assert_eq!(words("/properties/status/code"), BTreeSet::from(["Healthy", "NotApplicable", "Unhealthy"]));
    assert!(words("/properties/status/cause").is_superset(&BTreeSet::from(["Exempt", "OffByPolicy"])));
    assert_eq!(words("/properties/resourceDetails/source"), BTreeSet::from(["Aws", "Azure", "OnPremise"]));

    let described: BTreeMap<_, _> =
        self::rows("assessment-metadata").into_iter().map(|row| (row["name"].to_string(), row)).collect();
    let undescribed = rows.iter().filter(|row| !described.contains_key(&row["name"].to_string())).count();
    assert_eq!(undescribed, 1, "one assessment has a key without metadata");

    let mut keys_by_name = BTreeMap::<String, BTreeSet<String>>::new();
    let mut twice = BTreeMap::<(String, String), usize>::new();
    for row in &rows {
        let name = row["properties"]["displayName"].to_string();
        keys_by_name.entry(name.clone()).or_default().insert(row["name"].to_string());
        *twice.entry((row["properties"]["resourceDetails"]["id"].to_string(), name)).or_default() += 1;
    }
    assert!(keys_by_name.values().filter(|keys| keys.len() > 1).count() >= 2, "display names are shared by different keys");
    assert!(twice.values().any(|count| *count == 2), "one resource has two assessments of one display name");
    let text = serde_json::to_string(&rows).unwrap();
    assert!(text.contains("/resourcegroups/") && text.contains("Microsoft.storage") && text.contains("0001-01-01T00:00:00Z"));
}

#[test]
fn every_assigned_role_is_defined() {
    let defined: BTreeSet<_> = rows("role-definitions").iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    for name in ["role-assignments", "role-assignment-schedule-instances", "role-eligibility-schedule-instances"] {
        for row in rows(name) {
            let id = row["properties"]["roleDefinitionId"].as_str().unwrap();
            assert!(defined.contains(id.rsplit('/').next().unwrap()), "{row}");
        }
    }
}

#[test]
fn every_member_of_a_group_exists() {
    let known: BTreeSet<_> = ["users", "groups", "service-principals"]
        .iter()
        .flat_map(|name| rows(name))
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    for (group, members) in Tenant::demo().document("group-members").as_object().unwrap() {
        assert!(known.contains(group), "{group}");
        members.as_array().unwrap().iter().for_each(|member| assert!(known.contains(member["id"].as_str().unwrap()), "{member}"));
    }
}
