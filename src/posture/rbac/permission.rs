//! What a set of roles allows: the union over roles of actions minus that role's own exclusions.

use super::{Coverage, Patterns, covered};

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
    /// Whether a condition narrows it. What is allowed on a condition counts as not allowed in full.
    pub conditional: bool,
    /// Whether the service left out one of the four lists: what is in the others proves nothing, and neither does what is not.
    pub unseen: bool,
}

impl Permission {
    /// The management operations.
    pub fn control(&self) -> Patterns<'_> {
        Patterns { allowed: &self.actions, excluded: &self.not_actions }
    }

    /// The data operations.
    pub fn data(&self) -> Patterns<'_> {
        Patterns { allowed: &self.data_actions, excluded: &self.not_data_actions }
    }

    /// Whether it allows a concrete management operation, on a condition or not.
    pub fn allows(&self, action: &str) -> bool {
        let among = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
        among(&self.actions) && !among(&self.not_actions)
    }

    /// Whether it allows a concrete data operation, likewise.
    pub fn allows_data(&self, action: &str) -> bool {
        let among = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
        among(&self.data_actions) && !among(&self.not_data_actions)
    }

    /// Whether it lets its holder change everything, or give rights away: every operation, whatever is taken out of it again, or
    /// writing role assignments or role definitions, asking Privileged Identity Management for either kind of assignment, or elevating
    /// access.
    pub fn is_privileged(&self) -> bool {
        const GIVING_RIGHTS: [&str; 5] = [
            "Microsoft.Authorization/elevateAccess/action",
            "Microsoft.Authorization/roleAssignmentScheduleRequests/write",
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleDefinitions/write",
            "Microsoft.Authorization/roleEligibilityScheduleRequests/write",
        ];
        let everything = |pattern: &String| !pattern.is_empty() && pattern.chars().all(|letter| letter == '*');
        self.actions.iter().any(everything) || GIVING_RIGHTS.iter().any(|action| self.allows(action))
    }
}

/// Whether the roles allow a management operation, or every operation that a pattern stands for, without a condition.
pub fn covers(permissions: &[Permission], action: &str) -> bool {
    let mut unconditional = permissions.iter().filter(|role| !role.conditional && !role.unseen);
    if action.contains('*') {
        let granted: Vec<_> = unconditional.map(Permission::control).collect();
        let required = [action.to_owned()];
        return covered(Patterns { allowed: &required, excluded: &[] }, &granted, &[]) == Coverage::Covered;
    }
    unconditional.any(|role| role.allows(action))
}

/// Whether a pattern matches a concrete operation.
pub fn matches(pattern: &str, action: &str) -> bool {
    crate::posture::filter::wildcard(pattern, action)
}

/// Whether everything the first set of permissions allows is proven to be allowed by the second one, too.
pub fn includes(required: &[Permission], granted: &[Permission], denied: &[Permission]) -> Coverage {
    let granted_control: Vec<_> = granted.iter().map(Permission::control).collect();
    let granted_data: Vec<_> = granted.iter().map(Permission::data).collect();
    let denied_control: Vec<_> = denied.iter().map(Permission::control).collect();
    let denied_data: Vec<_> = denied.iter().map(Permission::data).collect();
    let each = required.iter().flat_map(|one| {
        [covered(one.control(), &granted_control, &denied_control), covered(one.data(), &granted_data, &denied_data)]
    });
    each.max().unwrap_or(Coverage::Covered)
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
    fn a_pattern_is_held_only_if_nothing_that_it_stands_for_is_excluded() {
        let but_vaults = role(&["*/read"], &["Microsoft.KeyVault/*/read"]);
        let contributor = role(&["*"], &["Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action"]);
        assert!(covers(&[role(&["*/read"], &[])], "*/read") && covers(&[contributor], "*/read"));
        assert!(!covers(std::slice::from_ref(&but_vaults), "*/read"));
        assert!(covers(&[but_vaults, role(&["Microsoft.KeyVault/*"], &[])], "*/read"));
        assert!(!covers(&[Permission { conditional: true, ..role(&["*/read"], &[]) }], "*/read"));
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
    fn what_is_allowed_on_a_condition_is_not_allowed_in_full() {
        let conditional = Permission { conditional: true, ..role(&["*"], &[]) };
        assert!(!covers(&[conditional], "Microsoft.Security/pricings/read"));
    }

    #[test]
    fn a_question_mark_is_no_wildcard_in_an_action() {
        assert!(!matches("Microsoft.X/?/read", "Microsoft.X/a/read"));
    }

    #[test]
    fn a_role_that_changes_everything_or_gives_rights_away_is_privileged() {
        let privileged = |actions: &[&str], not: &[&str]| role(actions, not).is_privileged();
        assert!(privileged(&["*"], &["Microsoft.Authorization/*/Write"]), "Contributor");
        assert!(privileged(&["Microsoft.Authorization/*"], &[]), "User Access Administrator");
        assert!(privileged(&["microsoft.authorization/ROLEASSIGNMENTS/write"], &[]));
        assert!(privileged(&["Microsoft.Authorization/roleEligibilityScheduleRequests/*"], &[]));
        assert!(!privileged(&["*/read", "Microsoft.Support/*"], &[]));
        assert!(!privileged(&["Microsoft.Authorization/*"], &["Microsoft.Authorization/*"]));
        assert!(!privileged(&["Microsoft.Authorization/policyAssignments/write"], &[]));
    }
}
