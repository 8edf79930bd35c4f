//! Where something is given: the tenant, a management group, a subscription, a resource group, a resource; and what is above what.

use std::collections::BTreeSet;

use crate::posture::resource_id::{ResourceId, within};

/// What kind of scope a scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `/providers/Microsoft.Management/managementGroups/{name}`
    ManagementGroup,
    /// Anything below a resource group, or a resource of a subscription.
    Resource,
    /// `/subscriptions/{id}/resourceGroups/{name}`
    ResourceGroup,
    /// `/subscriptions/{id}`
    Subscription,
    /// `/`
    Tenant,
}

impl Kind {
    /// The word the surface uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::ManagementGroup => "management_group",
            Self::Resource => "resource",
            Self::ResourceGroup => "resource_group",
            Self::Subscription => "subscription",
            Self::Tenant => "tenant",
        }
    }

    /// The kind of a scope; none if the text is no scope.
    pub fn of(scope: &str) -> Option<Self> {
        let id = ResourceId::parse(scope).ok()?;
        Some(match (id.id.as_str(), &id.resource_type, &id.resource_group_name) {
            ("/", ..) => Self::Tenant,
            (_, Some(ty), _) if ty == "Microsoft.Management/managementGroups" && id.subscription_id.is_none() => {
                Self::ManagementGroup
            }
            (_, Some(_), _) => Self::Resource,
            (_, None, Some(_)) => Self::ResourceGroup,
            (_, None, None) if id.subscription_id.is_some() => Self::Subscription,
            _ => return None,
        })
    }

    /// Whether it stands above subscriptions.
    pub fn is_above_subscriptions(self) -> bool {
        matches!(self, Self::ManagementGroup | Self::Tenant)
    }
}

/// Whether something given at `given` reaches `scope`: it is the scope, or above it. Above a subscription stand the management groups
/// in `above` (lower case), because an id does not tell in which group a subscription is.
pub fn reaches(given: &str, scope: &str, above: &BTreeSet<String>) -> bool {
    let given = given.trim_end_matches('/');
    given.is_empty() || within(scope, given) || above.contains(&given.to_lowercase())
}

/// Whether two scopes are the same.
pub fn same(a: &str, b: &str) -> bool {
    a.trim_end_matches('/').eq_ignore_ascii_case(b.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590";
    const GROUP: &str = "/providers/Microsoft.Management/managementGroups/Corp";

    #[test]
    fn kinds_of_scopes_are_told_apart() {
        for (scope, kind) in [
            ("/".to_owned(), Some(Kind::Tenant)),
            (GROUP.to_owned(), Some(Kind::ManagementGroup)),
            (S.to_owned(), Some(Kind::Subscription)),
            (format!("{S}/resourcegroups/rg"), Some(Kind::ResourceGroup)),
            (format!("{S}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v"), Some(Kind::Resource)),
            (format!("{S}/providers/Microsoft.Security/pricings/Arm"), Some(Kind::Resource)),
            ("nowhere".to_owned(), None),
            ("/subscriptions/x".to_owned(), None),
        ] {
            assert_eq!(Kind::of(&scope), kind, "{scope}");
        }
    }

    #[test]
    fn what_is_given_above_reaches_below_on_segment_boundaries() {
        let above = BTreeSet::from([GROUP.to_lowercase()]);
        for (given, reached) in [
            ("/".to_owned(), true),
            (GROUP.to_owned(), true),
            (format!("{GROUP}2"), false),
            (S.to_uppercase(), true),
            (format!("{S}/resourceGroups/RG"), true),
            (format!("{S}/resourceGroups/r"), false),
            (format!("{S}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v"), false),
        ] {
            assert_eq!(reaches(&given, &format!("{S}/resourceGroups/rg"), &above), reached, "{given}");
        }
        assert!(!reaches(GROUP, S, &BTreeSet::new()), "an id does not tell the groups above");
    }
}
