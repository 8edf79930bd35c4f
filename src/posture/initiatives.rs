//! Which compliance framework a built-in initiative stands for.

use std::{collections::BTreeMap, sync::OnceLock};

static TABLE: &str = include_str!("data/initiatives.tsv");

/// The framework, as Microsoft calls it; none for an initiative that stands for none, and for what somebody made.
pub fn framework(policy_definition_id: &str) -> Option<&'static str> {
    static INDEX: OnceLock<BTreeMap<&str, &str>> = OnceLock::new();
    let lower = policy_definition_id.to_lowercase();
    let guid = lower.strip_prefix("/providers/microsoft.authorization/policysetdefinitions/")?;
    INDEX.get_or_init(|| rows().collect()).get(guid).copied()
}

/// GUID and name.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::resource_id::guid;

    #[test]
    fn a_framework_is_that_of_the_built_in_initiative_alone() {
        let set = "policySetDefinitions/c676748e-3af9-4e22-bc28-50feed564afb";
        let built_in = format!("/providers/Microsoft.Authorization/{set}");
        assert_eq!((framework(&built_in), framework(&built_in.to_uppercase())), (Some("PCI DSS v4"), Some("PCI DSS v4")));
        assert_eq!(
            framework(&format!("/providers/Microsoft.Management/managementGroups/mg/providers/Microsoft.Authorization/{set}")),
            None
        );
        assert_eq!(framework("/providers/Microsoft.Authorization/policyDefinitions/c676748e-3af9-4e22-bc28-50feed564afb"), None);
    }

    #[test]
    fn every_row_is_whole_and_sorted() {
        let guids: Vec<_> = rows().map(|(guid, _)| guid).collect();
        assert!(guids.is_sorted_by(|a, b| a < b) && guids.len() > 70);
        assert!(rows().all(|(own, name)| guid(own).is_some() && !name.trim().is_empty()));
    }
}
