//! Two rows of one thing that do not say the same: which of them is true nobody knows.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    azure::{Error, Failure, Kind},
    posture::{Place, Reason, Subject, Unreadable},
};

/// The ids of those of which two rows do not say the same.
pub fn contradicted<T: PartialEq>(rows: impl Iterator<Item = (String, T)>) -> BTreeSet<String> {
    let (mut first, mut all) = (BTreeMap::new(), BTreeSet::new());
    for (id, row) in rows {
        match first.get(&id) {
            Some(known) if *known == row => {}
            Some(_) => {
                all.insert(id);
            }
            None => {
                first.insert(id, row);
            }
        }
    }
    all
}

/// Takes in what another row says of a value; whether that is the same. If not, nothing is known of it.
pub fn agree<T: PartialEq>(known: &mut Option<T>, other: &Option<T>) -> bool {
    let is_same = known == other;
    if !is_same {
        *known = None;
    }
    is_same
}

/// The gap that two such rows are.
pub fn gap(subject: Subject, place: Place, what: &str) -> Unreadable {
    Unreadable {
        subject,
        place,
        reason: Reason::InvalidResponse,
        code: String::new(),
        remedy: format!("Azure lists {what} twice, and not with the same contents. {CHANGED}"),
    }
}

/// The failure of a list with two such rows, where it is not known whom they matter to.
pub fn failure(attempted: &str, object: impl Into<String>, what: &str) -> Error {
    let text = format!("It holds {what} twice, and not with the same contents.");
    Error::new(Kind::InvalidResponse, attempted, object).said(Failure::ContradictoryRows, text).advise(CHANGED)
}

const CHANGED: &str = "Plan again; it may just have been changed.";
