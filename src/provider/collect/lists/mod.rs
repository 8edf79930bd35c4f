//! The lists that are read, by what they are about.

mod about_groups;
pub mod access_policies;
pub mod accounts;
pub mod alerts;
pub mod authorization;
pub mod beneath;
pub mod consents;
pub mod counted;
pub mod directory;
pub mod directory_policies;
mod emptiness;
pub mod entra;
pub mod exemptions;
pub mod findings;
mod held_twice;
pub mod inherited;
pub mod inventory;
mod known;
pub mod listed;
pub mod memberships;
pub mod monitor;
pub mod policies;
pub mod registrations;
pub mod regulatory;
pub mod scores;
pub mod security;
pub mod states;
pub mod texts;
pub mod typed;

use listed::List;

/// What is read in subscriptions, by subject.
const SUBJECTS: &[&[List]] = &[
    alerts::LISTS,
    authorization::LISTS,
    exemptions::LISTS,
    findings::LISTS,
    inventory::LISTS,
    monitor::LISTS,
    policies::LISTS,
    regulatory::LISTS,
    scores::LISTS,
    security::LISTS,
];

/// All of that, but for the types of resources.
pub fn declared() -> impl Iterator<Item = &'static List> {
    SUBJECTS.iter().copied().flatten()
}
