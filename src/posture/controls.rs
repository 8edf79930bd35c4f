//! Which controls of which frameworks a built-in policy definition speaks to, from the groups of Microsoft's own initiatives.

use std::{collections::BTreeMap, sync::OnceLock};

/// Controls by framework, both sorted.
pub type Controls = BTreeMap<String, Vec<String>>;

static TABLE: &str = include_str!("data/policy_controls.tsv");

/// The controls of a policy definition, by its full id or its GUID; empty for a definition that no initiative groups.
pub fn of_policy(policy_definition_id: &str) -> Controls {
    static INDEX: OnceLock<BTreeMap<&str, &str>> = OnceLock::new();
    let index = INDEX.get_or_init(|| rows().map(|(guid, _, controls)| (guid, controls)).collect());
    let guid = policy_definition_id.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    index.get(guid.as_str()).map(|controls| parse(controls)).unwrap_or_default()
}

/// Policy GUID, assessment key (`-` if the policy names none), controls.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut columns = line.split('\t');
        Some((columns.next()?, columns.next()?, columns.next()?))
    })
}

fn parse(controls: &str) -> Controls {
    let frameworks = controls.split(' ').filter_map(|group| group.split_once(':'));
    frameworks
        .map(|(framework, controls)| {
            let mut controls: Vec<_> = controls.split(',').map(str::to_owned).collect();
            controls.sort();
            (framework.to_owned(), controls)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::resource_id::guid;

    #[test]
    fn a_policy_is_found_by_id_or_guid_in_any_case() {
        let guid = "98728c90-32c7-4049-8429-847dc0f4fe37";
        let id = format!("/providers/Microsoft.Authorization/policyDefinitions/{}", guid.to_uppercase());
        assert_eq!(of_policy(&id), of_policy(guid));
        assert_eq!(of_policy(guid)["mcsb_v1"], ["DP-6"]);
        assert!(of_policy("00000000-0000-0000-0000-000000000000").is_empty());
    }

    #[test]
    fn every_row_is_whole_and_sorted() {
        let guids: Vec<_> = rows().map(|(guid, ..)| guid).collect();
        assert!(guids.is_sorted_by(|a, b| a < b));
        for (policy, key, controls) in rows() {
            // Azure's own 17k78e20-9358-41c9-923c-fb736d382a12 (SQL encryption) is no GUID, so only the shape is checked.
            assert_eq!(policy.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{policy}");
            assert!(key == "-" || guid(key).is_some(), "{policy}");
            assert!(controls.is_empty() || controls.split(' ').all(|group| group.contains(':')), "{policy}");
        }
    }
}
