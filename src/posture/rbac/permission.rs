//! What a set of roles allows: the union over roles of actions minus that role's own exclusions.

/// What one role allows. `*` stands for any characters, `/` included; case does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permission {
    /// Management operations.
    pub actions: Vec<String>,
    /// Taken out of `actions` of the same role, and of no other.
    pub not_actions: Vec<String>,
    /// Data operations.
    pub data_actions: Vec<String>,
    /// Taken out of `data_actions` of the same role, and of no other.
    pub not_data_actions: Vec<String>,
}

/// Whether any of the roles allows one concrete management operation.
pub fn covers(permissions: &[Permission], action: &str) -> bool {
    permissions.iter().any(|role| {
        role.actions.iter().any(|pattern| matches(pattern, action))
            && !role.not_actions.iter().any(|pattern| matches(pattern, action))
    })
}

/// Whether a pattern matches a concrete operation.
pub fn matches(pattern: &str, action: &str) -> bool {
    crate::posture::filter::wildcard(pattern, action)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(actions: &[&str], not_actions: &[&str]) -> Permission {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
        Permission { actions: texts(actions), not_actions: texts(not_actions), ..Permission::default() }
    }

    #[test]
    fn reader_reads_everything_and_security_reader_does_not() {
        let reader = [role(&["*/read"], &[])];
        let security_reader =
            [role(&["Microsoft.Security/*/read", "Microsoft.Resources/subscriptions/resourceGroups/read"], &[])];
        for action in ["Microsoft.Security/assessments/read", "microsoft.security/pricings/READ"] {
            assert!(covers(&reader, action) && covers(&security_reader, action));
        }
        assert!(covers(&reader, "Microsoft.Storage/storageAccounts/read"));
        assert!(!covers(&security_reader, "Microsoft.Storage/storageAccounts/read"));
        assert!(!covers(&reader, "Microsoft.Storage/storageAccounts/listKeys/action"));
    }

    #[test]
    fn an_exclusion_counts_inside_its_own_role_only() {
        let contributor = role(&["*"], &["Microsoft.Authorization/*/Write"]);
        let administrator = role(&["Microsoft.Authorization/*"], &[]);
        let action = "Microsoft.Authorization/roleAssignments/write";
        assert!(!covers(std::slice::from_ref(&contributor), action));
        assert!(covers(&[contributor, administrator], action));
    }

    #[test]
    fn a_question_mark_is_no_wildcard_in_an_action() {
        assert!(!matches("Microsoft.X/?/read", "Microsoft.X/a/read"));
    }
}
