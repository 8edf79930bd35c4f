//! Whether what Defender plans scan was scanned.

use super::{
    Verdict,
    evidence::{ConnectionFacts, SubscriptionFacts},
    protection::{LOOK, if_served},
    verdict::{joined, listed},
};
use crate::posture::{
    Reason, Seen, Unreadable,
    defender::{Counts, Plan, named, resource_count},
};

/// Servers and container images; SQL databases scan themselves.
pub(super) fn scan_done(_: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    let (plans, scans) = match (subscription.plans.so_far(), subscription.scans.so_far()) {
        (Ok(plans), Ok(scans)) => (plans, scans),
        (Err(gap), _) | (_, Err(gap)) => return Verdict::unread(gap),
    };
    let (mut missing, mut untimed, mut unlisted) = (Vec::new(), Vec::new(), Vec::new());
    let (mut judged, mut unread) = (0, None);
    let scanning = [("server", "VirtualMachines"), ("container_image", "Containers")];
    let is_silent = |name: &str| named(plans, name).any(|own| own.enabled().is_none());
    let silent: Vec<&str> = scanning.iter().map(|(_, plan)| *plan).filter(|plan| is_silent(plan)).collect();
    if !silent.is_empty() {
        return Verdict::unknown(
            Reason::InvalidResponse,
            format!("the service does not state the tier of {}", listed(&silent)),
            LOOK,
        )
        .with("unstated", joined(&silent));
    }
    for (kind, plan) in scanning {
        let mut own = named(plans, plan).peekable();
        let is_listed = own.peek().is_some();
        if is_listed && !own.any(Plan::is_on) {
            continue;
        }
        match scans.get(kind) {
            Some(true) => {
                judged += 1;
                continue;
            }
            Some(false) => {
                untimed.push(kind);
                continue;
            }
            None => {}
        }
        match nothing_to_scan(plan, &subscription.inventory) {
            Ok(true) => {}
            Ok(false) | Err(_) if !is_listed => unlisted.push(plan),
            Ok(false) => missing.push(kind),
            Err(gap) => unread = Some(gap),
        }
    }
    if !unlisted.is_empty() {
        return Verdict::unknown(
            Reason::NotListed,
            format!("the list of plans lacks plans that scan what there is: {}", listed(&unlisted)),
            LOOK,
        )
        .with("not_listed", joined(&unlisted));
    }
    if !missing.is_empty() {
        return match subscription.scans.gap() {
            Some(gap) => Verdict::unread(gap),
            None => Verdict::unknown(
                Reason::NoDataYet,
                format!("no scan result yet for: {}", missing.join(", ")),
                "Check that agentless scanning or Defender Vulnerability Management is on for the plan, and wait for the next scan (24 hours).",
            )
            .with("never_scanned", missing.join(",")),
        };
    }
    if !untimed.is_empty() {
        return Verdict::unknown(
            Reason::ScanTimeUnsaid,
            format!("there are scan results without any time, or with one in the future, for: {}", untimed.join(", ")),
            "Nothing needs to be done where the service gives no time; that something was scanned is not proven by it.",
        )
        .with("untimed", untimed.join(","));
    }
    match (unread, subscription.plans.gap()) {
        (Some(gap), _) | (None, Some(gap)) => Verdict::unread(gap),
        (None, None) if judged == 0 => Verdict::not_applicable(
            Reason::PlanOff,
            "no plan that scans servers or images is on where there is something to scan",
        ),
        (None, None) => {
            if_served(Verdict::pass("everything that the plans scan was scanned").with("kinds", judged), subscription)
        }
    }
}

/// Whether it is proven that a plan has nothing to scan.
fn nothing_to_scan<'a>(plan: &str, inventory: &'a Seen<Counts>) -> Result<bool, &'a Unreadable> {
    match (resource_count(plan, inventory.so_far()?), inventory.gap()) {
        (Some(0), Some(gap)) => Err(gap),
        (Some(0), None) => Ok(true),
        _ => Ok(false),
    }
}
