//! Exceptions of the validations about people: whom, why, who answers for it, and until when.

use std::collections::BTreeSet;

use ::time::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Line;
use crate::{
    posture::{Status, time},
    provider::{
        selection,
        words::{CalendarDate, ExceptedStatus, ObjectId},
    },
    sdk::{Diagnostics, Path},
};

/// An exception.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exception {
    /// Object ids of the accounts. One that is not judged is a warning.
    #[schemars(length(min = 1))]
    user_ids: BTreeSet<ObjectId>,
    /// Why, in 20 characters or more.
    #[schemars(length(min = 20))]
    reason: String,
    /// Who answers for it.
    owner: String,
    /// The last day on which it holds. After it, it does nothing and warns.
    expires_on: CalendarDate,
    /// What is excepted: `fail`, `unknown`. Default `fail`.
    #[schemars(length(min = 1))]
    statuses: Option<BTreeSet<ExceptedStatus>>,
}

impl Exception {
    fn holds_on(&self, day: Date) -> bool {
        time::date(&self.expires_on.0).is_some_and(|end| day <= end)
    }

    fn covers(&self, id: &str, status: Status) -> bool {
        let is_of = self.user_ids.iter().any(|one| one.0.eq_ignore_ascii_case(id));
        let of_status = |wanted: ExceptedStatus| match wanted {
            ExceptedStatus::Fail => status == Status::Fail,
            ExceptedStatus::Unknown => status == Status::Unknown,
        };
        is_of && self.statuses.as_ref().map_or(status == Status::Fail, |all| all.iter().copied().any(of_status))
    }
}

/// Takes out what is excepted. The lines that are left, and how many are not.
pub(super) fn left(
    lines: Vec<(String, Line)>,
    exceptions: Option<&BTreeSet<Exception>>,
    on: Date,
    advice: &mut Diagnostics,
) -> (Vec<Line>, u64) {
    let Some(exceptions) = exceptions else { return (lines.into_iter().map(|(_, line)| line).collect(), 0) };
    let (live, expired): (Vec<&Exception>, Vec<&Exception>) = exceptions.iter().partition(|one| one.holds_on(on));
    for one in expired {
        let ids = one.user_ids.iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(", ");
        let detail = format!(
            "The exception of {ids} (owner: {}) ended on {} and does nothing any more. Renew it or remove it.",
            one.owner, one.expires_on.0
        );
        advice.warning(Path::attribute("exceptions"), "Exception has expired", detail);
    }
    let judged: BTreeSet<&str> = lines.iter().map(|(id, _)| id.as_str()).collect();
    let named = live.iter().flat_map(|one| &one.user_ids).map(|id| id.0.to_lowercase());
    let idle: BTreeSet<String> = named.filter(|id| !judged.contains(id.as_str())).collect();
    selection::warn("exceptions", "User id", "is not among those who are judged:", &idle, advice);
    let (mut kept, mut excepted) = (Vec::new(), 0);
    for (id, line) in lines {
        match live.iter().any(|one| one.covers(&id, line.status)) {
            true => excepted += 1,
            false => kept.push(line),
        }
    }
    (kept, excepted)
}
