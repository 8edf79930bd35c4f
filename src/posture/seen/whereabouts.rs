//! Where something stands that could not be seen.

use std::{
    cmp::Ordering,
    fmt::{self, Display, Formatter},
};

/// A place. Ids compare without case, as Azure compares them; shown is what was written.
#[derive(Clone, Debug)]
pub enum Place {
    /// Microsoft Graph, whatever of it.
    Graph,
    /// A management group, by its name.
    ManagementGroup(String),
    /// Whatever else has an id: a resource group, a resource, or the root of all scopes.
    Resource(String),
    /// A subscription, by its GUID.
    Subscription(String),
    /// The tenant as a whole.
    Tenant,
}

const SUBSCRIPTIONS: &str = "/subscriptions/";
const GROUPS: &str = "/providers/Microsoft.Management/managementGroups/";

impl Place {
    /// The place that an id names.
    pub fn of(id: &str) -> Self {
        let named = |prefix: &str| id.strip_prefix(prefix).filter(|name| !name.is_empty() && !name.contains('/'));
        match (named(SUBSCRIPTIONS), named(GROUPS)) {
            (Some(guid), _) => Self::Subscription(guid.to_owned()),
            (None, Some(name)) => Self::ManagementGroup(name.to_owned()),
            (None, None) => Self::Resource(id.to_owned()),
        }
    }

    /// The GUID of the subscription that it is; none for what stands in one.
    pub fn subscription_id(&self) -> Option<&str> {
        match self {
            Self::Subscription(guid) => Some(guid),
            Self::Graph | Self::ManagementGroup(_) | Self::Resource(_) | Self::Tenant => None,
        }
    }

    /// Whether it is this subscription.
    pub fn is_subscription(&self, id: &str) -> bool {
        self.subscription_id().is_some_and(|own| own.eq_ignore_ascii_case(id))
    }

    /// Whether it is a subscription or stands in one.
    pub fn is_in_a_subscription(&self) -> bool {
        match self {
            Self::Subscription(_) => true,
            Self::Resource(id) => id.get(..SUBSCRIPTIONS.len()).is_some_and(|start| start.eq_ignore_ascii_case(SUBSCRIPTIONS)),
            Self::Graph | Self::ManagementGroup(_) | Self::Tenant => false,
        }
    }
}

impl Display for Place {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Graph => out.write_str("graph"),
            Self::ManagementGroup(name) => write!(out, "{GROUPS}{name}"),
            Self::Resource(id) => out.write_str(id),
            Self::Subscription(guid) => write!(out, "{SUBSCRIPTIONS}{guid}"),
            Self::Tenant => out.write_str("tenant"),
        }
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.to_string().to_ascii_lowercase().cmp(&other.to_string().to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";

    #[test]
    fn an_id_is_shown_as_it_was_written_and_compared_without_case() {
        let group = "/providers/Microsoft.Management/managementGroups/Corp";
        for id in ["/", group, "/subscriptions/x", "/subscriptions/x/resourceGroups/RG", "/Subscriptions/X"] {
            assert_eq!(Place::of(id).to_string(), id);
            assert_eq!(Place::of(id), Place::of(&id.to_uppercase()), "{id}");
        }
        assert!(matches!(Place::of(group), Place::ManagementGroup(name) if name == "Corp"));
        assert_ne!(Place::of("/subscriptions/x"), Place::of("/subscriptions/y"));
        assert_eq!([Place::Graph, Place::Tenant].map(|place| place.to_string()), ["graph", "tenant"]);
    }

    #[test]
    fn what_stands_in_a_subscription_is_not_the_subscription() {
        let own = Place::of(&format!("/subscriptions/{SUBSCRIPTION}"));
        assert!(own.is_subscription(&SUBSCRIPTION.to_uppercase()) && own.is_in_a_subscription());
        let below = Place::of(&format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"));
        assert!(!below.is_subscription(SUBSCRIPTION) && below.is_in_a_subscription());
        assert!(!Place::Tenant.is_in_a_subscription());
    }
}
