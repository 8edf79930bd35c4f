//! Whether the plans of one subscription satisfy what is required of them.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::{Counts, Coverage, Extension, Plan, Protects, Standing, named, offered, protects, standing, surely_unregistered};
use crate::posture::{Reason, Seen, Status, Why};

/// What one plan has to satisfy.
#[derive(Clone, Debug, Default)]
pub struct Requirement {
    /// The plan.
    pub plan: String,
    /// At least this subplan.
    pub subplan: Option<String>,
    /// Extensions that have to be on and healthy.
    pub extensions: BTreeSet<String>,
    /// Whether every resource has to be covered.
    pub full_coverage: bool,
    /// Whether a plan without resources to protect is not applicable.
    pub only_relevant: bool,
}

/// One judged requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub status: Status,
    /// Why it is no pass; none for a pass.
    pub reason: Option<Why>,
    /// Why, in a sentence.
    pub detail: String,
    /// The plan and the subplan it takes, where another plan has replaced the required one.
    pub instead: Option<(String, Option<String>)>,
}

impl Verdict {
    pub(super) fn new(status: Status, reason: Option<Why>, detail: impl Into<String>) -> Self {
        Self { status, reason, detail: detail.into(), instead: None }
    }

    pub(super) fn pass() -> Self {
        Self::new(Status::Pass, None, "")
    }

    pub(super) fn fail(why: impl Into<Why>, detail: impl Into<String>) -> Self {
        Self::new(Status::Fail, Some(why.into()), detail)
    }

    pub(super) fn unknown(reason: Reason, detail: impl Into<String>) -> Self {
        Self::new(Status::Unknown, Some(reason.into()), detail)
    }
}

/// Judges one requirement against the plans of one subscription, of whose resources this much is seen.
pub fn judge(requirement: &Requirement, plans: &[Plan], seen: &Seen<Counts>) -> Verdict {
    let mut rows = named(plans, &requirement.plan).peekable();
    if rows.peek().is_none() {
        return not_listed(&requirement.plan);
    }
    if let Some(irrelevant) = irrelevant(requirement, seen) {
        return irrelevant;
    }
    let verdicts = rows.map(|plan| judge_row(requirement, plan, plans, seen)).collect();
    agreed(verdicts, &requirement.plan).unwrap_or_else(|| not_listed(&requirement.plan))
}

/// What the rows of one thing come to: of two that do not come to the same, neither is believed.
fn agreed(mut verdicts: Vec<Verdict>, what: &str) -> Option<Verdict> {
    verdicts.sort_by_key(|verdict| verdict.status);
    match verdicts.as_slice() {
        [first, .., last] if first.status != last.status => Some(Verdict {
            instead: first.instead.clone(),
            ..Verdict::unknown(
                Reason::NotProven,
                format!(
                    "the list of plans has {what} twice, and not with the same contents; plan again, it may just have been changed"
                ),
            )
        }),
        _ => verdicts.into_iter().next(),
    }
}

fn not_listed(plan: &str) -> Verdict {
    Verdict::unknown(Reason::NotListed, format!("the list of plans lacks {plan}"))
}

/// Judges one row of the list of plans.
fn judge_row(requirement: &Requirement, plan: &Plan, plans: &[Plan], seen: &Seen<Counts>) -> Verdict {
    let (by, absent) = match standing(plan, plans) {
        Standing::Own => return judge_plan(requirement, plan, seen),
        Standing::Unstated => {
            let detail = format!("{} is deprecated, and the service does not state what has replaced it", plan.name);
            return Verdict::unknown(Reason::NotProven, detail);
        }
        Standing::Replaced { by, absent } => (by, absent),
    };
    let mut rows = BTreeMap::<String, Vec<Verdict>>::new();
    for successor in by {
        let inherited = inherited(requirement, successor);
        let verdict = judge_plan(&inherited, successor, seen);
        let verdict = Verdict { instead: Some((inherited.plan, inherited.subplan)), ..verdict };
        rows.entry(successor.name.to_lowercase()).or_default().push(verdict);
    }
    let verdicts =
        rows.into_iter().filter_map(|(name, verdicts)| agreed(verdicts, offered(&name).map_or(&name, |offer| offer.name)));
    // A successor that the list lacks may be what protects the rest.
    let absent = absent.into_iter().map(|name| Verdict { instead: Some((name.to_owned(), None)), ..not_listed(name) });
    verdicts.chain(absent).min_by_key(|verdict| verdict.status).unwrap_or_else(|| not_listed(&plan.name))
}

/// The same where the state of the resource provider is read, too; none if it could not be. One that is not registered serves no list,
/// so what it says is on proves nothing.
pub fn judge_served(requirement: &Requirement, plans: &[Plan], state: Option<&str>, seen: &Seen<Counts>) -> Verdict {
    let verdict = judge(requirement, plans, seen);
    match state.filter(|state| verdict.status == Status::Pass && surely_unregistered(state)) {
        Some(state) => Verdict::unknown(Reason::NotRegistered, outdated(state)),
        None => verdict,
    }
}

/// What such a list is, in a sentence.
pub fn outdated(state: &str) -> String {
    format!("plans that are on are listed, although Microsoft.Security is {state}: the list may be out of date")
}

/// The same where the list of plans says that Defender for Cloud is not registered, which the resource provider's own state does not deny:
/// no plan is on then, unless that state could not be read.
pub fn judge_unregistered(requirement: &Requirement, state: Option<&str>, seen: &Seen<Counts>) -> Verdict {
    if let Some(irrelevant) = irrelevant(requirement, seen) {
        return irrelevant;
    }
    match state {
        Some(state) => Verdict::fail(Reason::NotRegistered, format!("Microsoft.Security is {state}, so no plan is on")),
        None => Verdict::unknown(
            Reason::NotRegistered,
            "its plans cannot be read: not registered, they say, and the state of Microsoft.Security could not be read",
        ),
    }
}

fn irrelevant(requirement: &Requirement, seen: &Seen<Counts>) -> Option<Verdict> {
    if !requirement.only_relevant {
        return None;
    }
    match protects(&requirement.plan, seen) {
        Protects::Nothing => Some(Verdict::new(Status::NotApplicable, Some(Why::NoResources), "nothing to protect")),
        Protects::Unseen(reason) => Some(Verdict::unknown(reason, "whether there is anything to protect could not be read")),
        Protects::Resources(_) | Protects::Subscription => None,
    }
}

/// What a requirement on a deprecated plan means for its successor. Defender for DNS became a part of Servers P2.
fn inherited(requirement: &Requirement, successor: &Plan) -> Requirement {
    let dns = requirement.plan.eq_ignore_ascii_case("Dns") && successor.name.eq_ignore_ascii_case("VirtualMachines");
    Requirement {
        plan: successor.name.clone(),
        subplan: if dns { Some("P2".to_owned()) } else { requirement.subplan.clone() },
        ..requirement.clone()
    }
}

/// The worst of all that the plan is required to be.
fn judge_plan(requirement: &Requirement, plan: &Plan, seen: &Seen<Counts>) -> Verdict {
    let name = &plan.name;
    match (&plan.tier, plan.enabled()) {
        (None, _) => return Verdict::unknown(Reason::InvalidResponse, format!("{name}: the service did not state its tier")),
        (Some(tier), None) => {
            let detail = format!("{name} is {tier}, which this release does not know");
            return Verdict::unknown(Reason::InvalidResponse, detail);
        }
        (Some(tier), Some(false)) => return Verdict::fail(Reason::PlanOff, format!("{name} is {tier}")),
        (Some(_), Some(true)) => {}
    }
    let subplan = requirement.subplan.as_deref().and_then(|wanted| judge_subplan(wanted, plan));
    let extensions = requirement.extensions.iter().filter_map(|extension| judge_extension(extension, plan));
    let coverage = judge_coverage(plan, seen, requirement.full_coverage);
    let lacking = coverage.into_iter().chain(subplan).chain(extensions);
    lacking.min_by_key(|verdict| verdict.status).unwrap_or_else(Verdict::pass)
}

fn judge_subplan(wanted: &str, plan: &Plan) -> Option<Verdict> {
    let name = &plan.name;
    let offer = offered(name);
    let Some(actual) = plan.subplan.as_deref() else {
        let detail = format!(
            "{name} is on without a subplan, which is the full plan, and whether that is {wanted} the service does not say"
        );
        return match offer.is_some_and(|offer| offer.full_without_subplan) {
            true => None,
            false => Some(Verdict::unknown(Reason::NotProven, detail)),
        };
    };
    if actual.eq_ignore_ascii_case(wanted) {
        return None;
    }
    let is_in = |list: &[&str], subplan: &str| list.iter().any(|known| known.eq_ignore_ascii_case(subplan));
    let is_legacy = |subplan: &str| offer.is_some_and(|offer| is_in(offer.legacy, subplan));
    let rank =
        |subplan: &str| offer.and_then(|offer| offer.subplans.iter().position(|known| known.eq_ignore_ascii_case(subplan)));
    if is_legacy(actual) {
        return Some(Verdict::fail(
            Why::LegacySubplan,
            format!("{name} is on the superseded subplan {actual}, {wanted} is required"),
        ));
    }
    match (rank(actual), rank(wanted)) {
        (Some(actual), Some(wanted)) if actual >= wanted => None,
        // What superseded a subplan is more than it.
        (Some(_), None) if is_legacy(wanted) => None,
        (Some(_), _) => Some(Verdict::fail(Why::SubplanTooLow, format!("{name} is on {actual}, {wanted} is required"))),
        // It may be newer than this release, and more than what is required.
        (None, _) => Some(Verdict::unknown(
            Reason::NotProven,
            format!("{name} is on {actual}, which this release does not know; {wanted} is required"),
        )),
    }
}

fn judge_extension(wanted: &str, plan: &Plan) -> Option<Verdict> {
    let name = &plan.name;
    let rows: Vec<_> = plan.extensions.iter().filter(|extension| extension.name.eq_ignore_ascii_case(wanted)).collect();
    if rows.is_empty() {
        if plan.extensions_unseen {
            let detail = format!("{name}: the service did not state its extensions");
            return Some(Verdict::unknown(Reason::InvalidResponse, detail));
        }
        let there: Vec<_> = plan.extensions.iter().map(|extension| extension.name.as_str()).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        return Some(Verdict::fail(Why::ExtensionNotAvailable, format!("{name} has no extension {wanted} (it has {there})")));
    }
    let verdicts = rows.into_iter().map(|extension| judge_extension_row(name, extension).unwrap_or_else(Verdict::pass));
    agreed(verdicts.collect(), &format!("the extension {wanted} of {name}")).filter(|verdict| verdict.status != Status::Pass)
}

/// What is wrong with one extension that is asked for, if anything.
fn judge_extension_row(name: &str, extension: &Extension) -> Option<Verdict> {
    match extension.enabled {
        None => {
            let detail = format!("{name}: the service did not state whether {} is on", extension.name);
            return Some(Verdict::unknown(Reason::InvalidResponse, detail));
        }
        Some(false) => return Some(Verdict::fail(Why::ExtensionOff, format!("{name}: {} is off", extension.name))),
        Some(true) => {}
    }
    let said = extension.operation_message.as_deref().unwrap_or("no message");
    let Some(code) = extension.operation_code.as_deref() else {
        // No status is none of an operation that failed; a status without a code may be.
        let detail = || format!("{name}: {} is on, and the status of its last operation has no code: {said}", extension.name);
        return extension.operation_stated.then(|| Verdict::unknown(Reason::InvalidResponse, detail()));
    };
    match extension.healthy() {
        Some(true) => None,
        Some(false) => {
            Some(Verdict::fail(Why::ExtensionUnhealthy, format!("{name}: {} is on, but {code}: {said}", extension.name)))
        }
        None => Some(Verdict::unknown(
            Reason::InvalidResponse,
            format!("{name}: {} is on, and its last operation {code}, which this release does not know: {said}", extension.name),
        )),
    }
}

/// That a plan which is on covers nothing is never passed over; that it covers only a part is asked for.
fn judge_coverage(plan: &Plan, seen: &Seen<Counts>, full: bool) -> Option<Verdict> {
    let name = &plan.name;
    match plan.covered(seen) {
        Coverage::Full | Coverage::Nothing => None,
        Coverage::None(count) => Some(Verdict::fail(
            Why::NotCovered,
            format!("{name} is on, but covers not one of {count} resources: each overrides it"),
        )),
        Coverage::Unseen(reason) => Some(Verdict::unknown(
            reason,
            format!("{name} is on, but covers nothing, and whether there is anything to protect could not be read"),
        )),
        Coverage::Contradicted => Some(Verdict::unknown(
            Reason::NotProven,
            format!("{name} is on, but covers nothing, says the service, and it protects no particular resources"),
        )),
        Coverage::Unfamiliar(word) => Some(Verdict::unknown(
            Reason::InvalidResponse,
            format!("{name}: its coverage is {word}, which this release does not know"),
        )),
        Coverage::Partial if full => Some(Verdict::fail(
            Why::PartiallyCovered,
            format!("{name} is only partially covered: resources below the subscription override it"),
        )),
        Coverage::Unstated if full => {
            Some(Verdict::unknown(Reason::NotProven, format!("{name}: the service did not state its coverage")))
        }
        Coverage::Partial | Coverage::Unstated => None,
    }
}
