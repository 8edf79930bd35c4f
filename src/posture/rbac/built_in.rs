//! The built-in roles of Azure: their GUIDs are the same in every tenant and cloud. Where a service is asked, it decides; this
//! table serves the offline function, and finds the nearest name of a misspelt one.

use std::sync::LazyLock;

use super::{Narrowed, Permission};

/// The built-in role of this name or of one it bore before, without case: its name today, and its GUID.
pub fn by_name(name: &str) -> Option<(&'static str, &'static str)> {
    let exactly = |name: &str| ROLES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).copied();
    let today = || RENAMED.iter().find(|(before, _)| before.eq_ignore_ascii_case(name)).map(|(_, today)| *today);
    let released = || ROLES.iter().find(|(known, _)| without_preview(known).eq_ignore_ascii_case(without_preview(name))).copied();
    exactly(name).or_else(|| exactly(today()?)).or_else(released)
}

/// A role loses this ending when its preview ends, and keeps its GUID.
fn without_preview(name: &str) -> &str {
    const ENDING: &str = " (preview)";
    match name.len().checked_sub(ENDING.len()).and_then(|at| name.split_at_checked(at)) {
        Some((start, end)) if end.eq_ignore_ascii_case(ENDING) => start,
        _ => name,
    }
}

/// The name of the built-in role with this GUID, without case.
pub fn by_guid(guid: &str) -> Option<&'static str> {
    ROLES.iter().find(|(_, known)| known.eq_ignore_ascii_case(guid)).map(|(name, _)| *name)
}

/// The names of all roles in the table, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROLES.iter().map(|(name, _)| *name)
}

/// What a built-in role allows, with the condition that it is known to have. API version 2022-04-01 of role definitions need not say it:
/// `condition` of a permission is in the specification from 2022-05-01-preview on. Where it is said, it is the same one.
pub fn with_known_condition(guid: &str, permissions: Vec<Permission>) -> Vec<Permission> {
    if !DELEGATING.iter().any(|known| known.eq_ignore_ascii_case(guid)) {
        return permissions;
    }
    let known = Narrowed::Operations(GIVING.iter().map(|action| action.to_lowercase()).collect());
    permissions.into_iter().flat_map(|one| known.split(one)).collect()
}

/// What the conditions of these roles narrow.
const GIVING: [&str; 2] = ["Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete"];

/// Built-in roles that let their holder give and take certain roles only: those of which Microsoft's page "Azure built-in roles" says
/// that they include a condition on role assignments, or that they give certain roles only.
const DELEGATING: &[&str] = &[
    "4c6569b6-f23e-4295-9b90-bd4cc4ff3292", // DevCenter Owner
    "4e50c84c-c78e-4e37-b47e-e60ffea0a775", // Service Group Administrator
    "66f75aeb-eabe-4b70-9f1e-c350c4c9ad04", // Virtual Machine Data Access Administrator (preview)
    "77789c21-1643-48a2-8f27-47f858540b51", // Storage Actions Task Assignment Contributor
    "8b54135c-b56d-4d72-a534-26097cfdc8d8", // Key Vault Data Access Administrator
    "95dd08a6-00bd-4661-84bf-f6726f83a4d0", // Azure Container Storage Contributor
    "95de85bd-744d-4664-9dde-11430bc34793", // Azure Container Storage Owner
    "bda0d508-adf1-4af0-9c28-88919fc3ae06", // Azure Stack HCI Administrator
    "e47c6f54-e4a2-4754-9501-8e0985b135e1", // Foundry Account Owner
    "eadc314b-1a2d-4efa-be10-5d325db5065e", // Foundry Project Manager
    "fd8ea4d5-6509-4db0-bada-356ab233b4fa", // Azure Migrate Owner
];

/// The GUID of Owner.
pub const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
/// The GUID of User Access Administrator.
pub const USER_ACCESS_ADMINISTRATOR: &str = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";

/// Names and GUIDs, one role a line, sorted by name without case: all of Microsoft's page "Azure built-in roles" of 2026-04-09 (in the
/// sources of the documentation `articles/role-based-access-control/built-in-roles.md`).
const TABLE: &str = include_str!("built_in_roles.tsv");

static ROLES: LazyLock<Vec<(&'static str, &'static str)>> =
    LazyLock::new(|| TABLE.lines().filter_map(|line| line.split_once('\t')).collect());

/// Names that roles bore before, and what they are called now. A role that has left its preview is found under both names without a
/// row here.
const RENAMED: &[(&str, &str)] = &[
    ("Azure AI Account Owner", "Foundry Account Owner"),
    ("Azure AI Owner", "Foundry Owner"),
    ("Azure AI Project Manager", "Foundry Project Manager"),
    ("Azure AI User", "Foundry User"),
    ("Azure Sentinel Automation Contributor", "Microsoft Sentinel Automation Contributor"),
    ("Azure Sentinel Contributor", "Microsoft Sentinel Contributor"),
    ("Azure Sentinel Reader", "Microsoft Sentinel Reader"),
    ("Azure Sentinel Responder", "Microsoft Sentinel Responder"),
    ("Security Manager", "Security Manager (Legacy)"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::posture::{rbac::covers, resource_id::guid};

    #[test]
    fn names_are_found_without_case() {
        assert_eq!(by_name("key vault READER"), Some(("Key Vault Reader", "21090545-7ca7-4776-b22c-e363652d74d2")));
        assert_eq!(by_name("Key Vault Reeder"), None);
    }

    #[test]
    fn a_name_that_a_role_bore_before_finds_it() {
        for (before, today) in [
            ("azure ai user", "Foundry User"),
            ("Azure Sentinel Reader", "Microsoft Sentinel Reader"),
            ("Key Vault Secrets User (preview)", "Key Vault Secrets User"),
            ("AzureML Metrics Writer", "AzureML Metrics Writer (preview)"),
        ] {
            assert_eq!(by_name(before).map(|(name, _)| name), Some(today), "{before}");
        }
        assert!(RENAMED.iter().all(|(before, today)| !names().any(|name| name == *before) && names().any(|name| name == *today)));
        assert_eq!((by_name("(preview)"), by_name(" (preview)"), by_name("")), (None, None, None));
    }

    #[test]
    fn a_role_with_a_known_condition_gives_rights_on_that_condition_whether_or_not_its_definition_says_so() {
        const ROLE: &str = "8B54135C-b56d-4d72-a534-26097cfdc8d8";
        let written = || {
            let actions = ["Microsoft.Authorization/roleAssignments/*", "Microsoft.Support/*"];
            vec![Permission { actions: actions.map(str::to_owned).into(), ..Permission::default() }]
        };
        let known = with_known_condition(ROLE, written());
        assert!(!covers(&known, "Microsoft.Authorization/roleAssignments/write"));
        assert!(covers(&known, "Microsoft.Authorization/roleAssignments/read") && covers(&known, "Microsoft.Support/x/write"));
        assert_eq!(with_known_condition(OWNER, written()), written());
        let only =
            |action: &str| format!("((!(ActionMatches{{'{action}'}})) OR (@Request[a:b] ForAnyOfAnyValues:GuidEquals{{c}}))");
        let text = format!("{} AND {}", only(GIVING[0]), only(GIVING[1]));
        let said = |text: &str| {
            let narrowed = Narrowed::by(Some(text), Some("2.0"));
            with_known_condition(ROLE, written().into_iter().flat_map(|one| narrowed.split(one)).collect())
        };
        assert_eq!(said(&text), known, "one answer for one role");
        assert!(said("@Request[a:b] StringEquals 'c'").iter().all(|one| one.conditional), "more may be narrowed than is known");
        assert!(DELEGATING.iter().all(|id| guid(id).as_deref() == Some(*id)), "lower case");
    }

    #[test]
    fn the_table_is_sorted_and_every_name_and_guid_stands_there_once() {
        assert!(names().map(str::to_lowercase).is_sorted_by(|a, b| a < b));
        assert_eq!(TABLE.lines().count(), ROLES.len());
        let released: BTreeSet<_> = names().map(|name| without_preview(name).to_lowercase()).collect();
        assert_eq!(released.len(), ROLES.len(), "no two roles differ by their preview alone");
        let guids: BTreeSet<_> = ROLES.iter().map(|(_, id)| guid(id).expect("a GUID")).collect();
        assert_eq!(guids.len(), ROLES.len());
        assert!(ROLES.iter().all(|(_, id)| guid(id).as_deref() == Some(*id)), "lower case");
    }
}
