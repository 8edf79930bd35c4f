//! Checks over the estate: rows of tables, and one runner that leaves nothing unseen to a judge.

mod administrators;
mod check;
mod estate;
mod key_vault;
mod network;
mod plans;
mod rule;
mod run;
mod storage;

pub use check::{Check, Judge, Judged, On};
pub use estate::{Directory, Estate, Holder, HolderKind, Resource, Subscription};
pub use rule::{Absent, Rule};
pub use run::{Finding, Ruling, Units, run, units};

/// Every check there is, by subject.
const TABLES: &[&[Check]] = &[administrators::CHECKS, key_vault::CHECKS, network::CHECKS, plans::CHECKS, storage::CHECKS];

/// Every check there is.
pub fn all() -> impl Iterator<Item = &'static Check> {
    TABLES.iter().copied().flatten()
}

/// The check of this id.
pub fn find(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_has_an_id_of_its_own() {
        for check in all() {
            assert_eq!(all().filter(|other| other.id == check.id).count(), 1, "{}", check.id);
            assert!(!check.title.is_empty() && !check.remediation.is_empty(), "{}", check.id);
        }
    }
}
