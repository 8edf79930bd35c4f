//! Whether a connection has what it needs: a fixed list of checks, each with a status, what it rests on, and the one next step.

pub mod catalogue;
pub mod evidence;
mod features;
mod identity;
mod protection;
mod providers;
mod roles;
mod scans;
mod scope;
mod sign_in;
pub mod verdict;

pub use catalogue::{CHECKS, ConnectionCheck, Level, select};
pub use evidence::{ConnectionFacts, Need};
pub use features::{Readiness, checks as checks_of_features, ready_for};
pub use providers::NAMESPACES;
pub use verdict::Verdict;

use self::{catalogue::Judge, evidence::Unseen};
use super::{Place, Reason};

/// One judged check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedCheck {
    /// The check.
    pub id: &'static str,
    /// Whether the connection depends on it.
    pub level: Level,
    /// The subscription it is about; none for the connection as a whole.
    pub subscription_id: Option<String>,
    /// The answer.
    pub verdict: Verdict,
}

impl JudgedCheck {
    /// `id|subscription_id`, or the id alone.
    pub fn key(&self) -> String {
        match &self.subscription_id {
            Some(subscription) => format!("{}|{subscription}", self.id),
            None => self.id.to_owned(),
        }
    }
}

/// Judges the chosen checks, in the order of their keys.
pub fn judge(chosen: &[&'static ConnectionCheck], facts: &ConnectionFacts) -> Vec<JudgedCheck> {
    let mut rows: Vec<JudgedCheck> = chosen.iter().flat_map(|check| judge_one(check, facts)).collect();
    rows.sort_by_key(JudgedCheck::key);
    rows
}

fn judge_one(check: &'static ConnectionCheck, facts: &ConnectionFacts) -> Vec<JudgedCheck> {
    let row = |subscription_id: Option<String>, verdict: Verdict| {
        let place = subscription_id.clone().map_or(Place::Tenant, Place::Subscription);
        let verdict = verdict.accounted(check.subject(), place);
        JudgedCheck { id: check.id, level: verdict.level.unwrap_or(check.level), subscription_id, verdict }
    };
    let off = check.area.filter(|area| !facts.areas.contains(area)).map(|area| {
        Verdict::off(format!("the area `{}` is left out of `areas` of the provider block", area.word())).with("area", area.word())
    });
    match check.judge {
        Judge::Connection(judge) => vec![row(None, off.unwrap_or_else(|| judge(facts)))],
        Judge::Subscription(_) if facts.subscriptions.is_empty() && facts.unseen.is_empty() => {
            let none = || match &facts.scope.detected {
                Err(why) => why.unknown("no subscription of the connection is known, so there is nothing to look at"),
                Ok(_) => Verdict::unknown(
                    Reason::NotVisible,
                    "no subscription of the connection is visible, so there is nothing to look at",
                    "See `subscription_detected`.",
                ),
            };
            vec![row(None, off.unwrap_or_else(none))]
        }
        Judge::Subscription(judge) => {
            let seen = facts.subscriptions.iter().map(|one| (one.id.clone(), off.clone().unwrap_or_else(|| judge(facts, one))));
            let unseen = facts.unseen.iter().map(|one| (one.id.clone(), off.clone().unwrap_or_else(|| unread(check, one))));
            seen.chain(unseen).map(|(id, verdict)| row(Some(id), verdict)).collect()
        }
    }
}

/// A subscription that cannot be read is never left out; all that may be known of it is its state.
fn unread(check: &ConnectionCheck, unseen: &Unseen) -> Verdict {
    match &unseen.state {
        Some(state) if check.id == "subscription_enabled" => scope::in_state(&unseen.id, state),
        _ => Verdict::unread(&unseen.gap),
    }
}

/// Whether nothing required failed or stayed unknown.
pub fn ready(rows: &[JudgedCheck]) -> bool {
    use crate::posture::Status::{Fail, Unknown};
    rows.iter().all(|row| row.level == Level::Advisory || !matches!(row.verdict.status, Fail | Unknown))
}

#[cfg(test)]
mod tests;
