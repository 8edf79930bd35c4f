//! What is declared to be read, compared with what users are told that they have to grant for it.

use std::collections::BTreeSet;

use azposture::{
    azure::{Audience, endpoint::endpoints},
    posture::Area,
    provider::collect::lists::{
        declared,
        inventory::READ_EVERYTHING,
        listed::NEEDED,
        typed::{TYPES, Typed},
    },
};
use regex_lite::Regex;

const GUIDE: &str = include_str!("../../docs/guides/permissions.md");

/// What management groups are read by stands in no list of subscriptions.
const OF_GROUPS: &str = "Microsoft.Management/managementGroups/read";

/// The cells of the rows of the table below a heading.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let section = GUIDE.split(heading).nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| read |"));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn the_guide_names_the_actions_of_all_lists_and_no_others() {
    let action = Regex::new("`([A-Za-z.]+/[A-Za-z/]+/read)`").unwrap();
    let cells = table("## Azure: one role");
    let named: BTreeSet<&str> =
        cells.iter().flat_map(|row| action.captures_iter(row[1])).map(|found| found.get(1).unwrap().as_str()).collect();
    let mut needed: BTreeSet<&str> = NEEDED.iter().flat_map(|list| list.actions).copied().collect();
    needed.insert(OF_GROUPS);
    assert_eq!(named, needed);
}

#[test]
fn the_guide_names_the_least_permission_of_every_read_of_microsoft_graph() {
    let least: BTreeSet<&str> =
        table("## Microsoft Graph: application permissions").iter().flat_map(|row| row[1].split(", ")).collect();
    for endpoint in endpoints().filter(|endpoint| endpoint.audience == Audience::Graph) {
        assert!(endpoint.needs.iter().any(|one| least.contains(one)), "{endpoint:?}");
    }
}

#[test]
fn what_is_read_in_subscriptions_is_a_list_and_each_list_is_a_read() {
    let lists = || declared().chain(TYPES.iter().map(|typed| &typed.list));
    let of_lists: BTreeSet<&str> = lists().flat_map(|list| list.endpoint.needs).copied().collect();
    let reads = endpoints().filter(|endpoint| endpoint.audience == Audience::ResourceManager);
    let needed: BTreeSet<&str> = reads.flat_map(|endpoint| endpoint.needs).copied().filter(|one| *one != OF_GROUPS).collect();
    assert_eq!(of_lists, needed);
    let keys: BTreeSet<&str> = lists().map(|list| list.key).collect();
    assert_eq!(keys.len(), lists().count(), "each remembers its own");
    assert!(NEEDED.iter().all(|list| !list.actions.contains(&READ_EVERYTHING)));
}

const COLUMNS: &str = include_str!("../../docs/guides/resource-columns.md");

#[test]
fn the_guide_has_the_columns_of_each_type_and_no_others() {
    for area in Area::ALL {
        let own = TYPES.iter().filter(|typed| typed.area == area);
        let written = |columns: &str| if columns.is_empty() { "none".to_owned() } else { format!("`{columns}`") };
        let mark = |typed: &Typed| if typed.resource_type.is_on_demand { " (if named)" } else { "" };
        let mut own: Vec<&Typed> = own.collect();
        own.sort_by_key(|typed| typed.name().to_lowercase());
        let row = |typed: &Typed| format!("| `{}`{} | {} |", typed.name(), mark(typed), written(typed.resource_type.columns));
        let rows: Vec<String> = own.into_iter().map(row).collect();
        let section = COLUMNS.split(&format!("## Area `{}`", area.word())).nth(1).unwrap_or_default();
        let section = section.split("\n## ").next().unwrap_or_default();
        assert_eq!(section.lines().filter(|line| line.starts_with("| `")).collect::<Vec<_>>(), rows, "{}", area.word());
    }
}
