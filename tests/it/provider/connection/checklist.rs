//! The checklist against the surface it is written from: ids, levels, and what is judged once a subscription.

use std::{collections::BTreeMap, path::PathBuf};

use azposture::posture::connection::{CHECKS, Level};

/// Id, level (`R` required, `a` advisory), and whether it is judged once a subscription.
const TABLE: &[(&str, char, bool)] = &[
    ("application_enabled", 'R', false),
    ("cloud_matches", 'R', false),
    ("credential_expiry", 'a', false),
    ("defender_assessments_present", 'a', true),
    ("defender_coverage_full", 'a', true),
    ("defender_foundational_on", 'a', true),
    ("defender_plan_for_area", 'a', true),
    ("defender_plans_readable", 'R', true),
    ("defender_registered", 'R', true),
    ("defender_scan_done", 'a', true),
    ("graph_access_review_read", 'a', false),
    ("graph_admin_consent", 'R', false),
    ("graph_audit_log_read", 'a', false),
    ("graph_directory_read", 'R', false),
    ("graph_permission_kind", 'R', false),
    ("graph_policy_read", 'a', false),
    ("graph_reachable", 'R', false),
    ("graph_role_schedules_read", 'a', false),
    ("graph_synchronization_read", 'a', false),
    ("key_vault_readable", 'a', true),
    ("leavers_in_scope", 'a', false),
    ("license_p1", 'a', false),
    ("license_p2", 'a', false),
    // Required in connections to a management group or the tenant.
    ("management_group_readable", 'a', false),
    ("policy_states_readable", 'a', true),
    ("private_clusters", 'a', true),
    ("providers_registered", 'a', true),
    // Required where a list of the connection goes through it.
    ("resource_graph_usable", 'R', false),
    ("role_excess", 'a', true),
    ("role_monitoring_reader", 'R', true),
    ("role_reader", 'R', true),
    ("role_security_reader", 'R', true),
    ("scim_overrides_scope", 'a', false),
    ("scope_complete", 'R', false),
    ("sign_in", 'R', false),
    ("subscription_detected", 'R', false),
    ("subscription_enabled", 'R', true),
    ("subscription_tenant_matches", 'R', true),
    ("tenant_matches", 'R', false),
    ("user_sign_in_limits", 'a', false),
];

type Rows = BTreeMap<String, (char, bool)>;

fn own() -> Rows {
    let level = |level| if level == Level::Required { 'R' } else { 'a' };
    CHECKS.iter().map(|check| (check.id.to_owned(), (level(check.level), check.per_subscription()))).collect()
}

#[test]
fn the_checks_are_those_of_the_checklist() {
    let table: Rows = TABLE.iter().map(|(id, level, each)| ((*id).to_owned(), (*level, *each))).collect();
    assert_eq!(own(), table);
}

/// Where the contract stands, if it is there.
fn surface() -> Option<String> {
    let shared = std::env::var_os("AZPOSTURE_EXAMPLES").map(PathBuf::from).and_then(|path| Some(path.parent()?.to_owned()));
    let shared = shared.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")));
    let text = std::fs::read_to_string(shared.join("surface.md")).ok();
    if text.is_none() {
        eprintln!("skipped: no surface.md in {}", shared.display());
    }
    text
}

/// A row of section 8: ids in backticks, `*per sub*`, the level, what passes.
fn rows(section: &str) -> Rows {
    let mut rows = Rows::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let level = match cells[2] {
            "a" => 'a',
            level if level.starts_with("R for ") && level.ends_with("else a") => 'a',
            level => level.chars().next().unwrap(),
        };
        for id in cells[1].split('`').skip(1).step_by(2) {
            rows.insert(id.to_owned(), (level, cells[1].contains("*per sub*")));
        }
    }
    rows
}

#[test]
fn the_checks_are_those_of_the_contract() {
    let Some(surface) = surface() else { return };
    let section = surface.split("## 8. Connection checklist").nth(1).unwrap().split("\n## ").next().unwrap();
    assert_eq!(own(), rows(section));
}

#[test]
fn the_namespaces_that_are_looked_at_are_those_of_the_resource_types() {
    let Some(surface) = surface() else { return };
    let section = surface.split("## 7. Resource types").nth(1).unwrap().split("\n## ").next().unwrap();
    let types = section.lines().filter(|line| line.contains("Microsoft.")).filter_map(|line| line.split('|').nth(2));
    let words = types.flat_map(|cell| cell.split_whitespace()).filter(|word| word.starts_with("Microsoft."));
    let mut wanted: Vec<&str> = words.map(|word| word.split('/').next().unwrap()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    assert_eq!(azposture::posture::connection::NAMESPACES, wanted);
}
