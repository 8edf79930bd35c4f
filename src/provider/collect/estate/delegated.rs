//! Subscriptions of other tenants, which this one was given through Azure Lighthouse: whoever reads their roles has to know what is
//! not to be seen there. The directory that is asked is not the one whose people and groups count in them, and what is delegated is in
//! no list of assignments.

use crate::{
    posture::{Place, Reason, Subject, Unreadable, resource_id::ResourceId},
    provider::collect::estate::scope::Subscription,
};

/// Why the directory of this sign-in says nothing about who is who in a subscription; none if it does.
pub fn elsewhere(subscription: &Subscription) -> Option<&'static str> {
    match subscription.tenant_matches {
        Some(true) => None,
        Some(false) => Some("The subscription belongs to another tenant."),
        None => Some("Whether the subscription belongs to the tenant of this sign-in is not known."),
    }
}

/// The same for a scope at or below one of these subscriptions.
pub fn elsewhere_at(scope: &str, subscriptions: &[Subscription]) -> Option<&'static str> {
    let id = ResourceId::parse(scope).unwrap_or_default().subscription_id?;
    subscriptions.iter().find(|subscription| subscription.id == id).and_then(elsewhere)
}

/// The gap that a list of who was given what is there.
pub fn unlisted(subject: Subject, place: Place, why: &str) -> Unreadable {
    let next = "Azure does not list what is delegated through Azure Lighthouse. Look at the delegation, or sign in to the tenant that owns \
                the subscription.";
    gap(subject, place, Reason::NotProven, why, next)
}

/// The gap that the groups are which count there.
pub fn unseen_groups(place: Place, why: &str) -> Unreadable {
    gap(Subject::Groups, place, Reason::NotVisible, why, "Sign in to the tenant that owns it to see who is in its groups.")
}

/// The gap that a list is there of what is set on scopes, and is inherited from them.
pub fn unseen_above(subject: Subject, place: Place, why: &str) -> Unreadable {
    let next =
        "What is set on the management groups above it may not be in this list. Sign in to the tenant that owns it to see that.";
    gap(subject, place, Reason::NotProven, why, next)
}

fn gap(subject: Subject, place: Place, reason: Reason, why: &str, next: &str) -> Unreadable {
    Unreadable { subject, place, reason, code: String::new(), remedy: format!("{why} {next}") }
}
