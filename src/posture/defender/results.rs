//! Whether Defender produces anything in a subscription: recommendations, and scans that are recent enough.

use std::{collections::BTreeMap, sync::Arc};

use time::{Date, OffsetDateTime};

use super::{Counts, Offer, Verdict, scan_age};
use crate::posture::{Reason, Seen, Status, Why};

/// The newest scan of each kind of thing that is scanned; none of a kind of which no result says when.
pub type Scans = BTreeMap<&'static str, Option<OffsetDateTime>>;

/// Judges whether there is any recommendation, by whether any is seen.
pub fn judge_assessed(assessed: &Seen<bool>) -> Verdict {
    match (assessed.so_far(), assessed.reason()) {
        (Err(gap), _) => Verdict::unknown(gap.reason, "its assessments could not be read"),
        (Ok(true), _) => Verdict::pass(),
        (Ok(false), Some(reason)) => Verdict::unknown(reason, "no assessment is seen, and there may be some"),
        (Ok(false), None) => Verdict::unknown(Reason::NoDataYet, "no assessments yet; initial data can take up to 24 hours"),
    }
}

/// Judges the newest scan of one kind of thing, which plans with these offers scan. At most so many days may have passed since.
pub fn judge_scan(
    kind: &str,
    offers: &[&Offer],
    scans: &Seen<Arc<Scans>>,
    resources: &Seen<Counts>,
    (most, today): (u32, Date),
) -> Verdict {
    let newest = match scans.so_far() {
        Err(gap) => return Verdict::unknown(gap.reason, "its scan results could not be read"),
        Ok(scans) => scans.get(kind).map(|newest| newest.map(|newest| scan_age(newest, today))),
    };
    match newest {
        Some(Some(None)) => {
            let detail = "the newest scan result is dated in the future, so nothing says when the scan was";
            Verdict::unknown(Reason::ScanTimeUnsaid, detail)
        }
        Some(Some(Some(age))) if age <= i64::from(most) => Verdict::pass(),
        Some(Some(Some(age))) if !scans.is_whole() => {
            let detail = format!(
                "the newest scan that is seen is {age} days old, {most} are allowed; a newer one may be in what is not seen"
            );
            Verdict::unknown(Reason::NotProven, detail)
        }
        Some(Some(Some(age))) => Verdict::fail(Why::ScanTooOld, format!("the newest scan is {age} days old, {most} are allowed")),
        Some(None) => Verdict::unknown(Reason::ScanTimeUnsaid, "there are scan results, and none says when the scan was"),
        None if is_nothing(kind, offers, resources) => {
            Verdict::new(Status::NotApplicable, Some(Why::NoResources), "nothing to scan")
        }
        None if !scans.is_whole() => Verdict::unknown(Reason::NotProven, "no scan result is seen, and there may be some"),
        None => Verdict::unknown(Reason::NoDataYet, "no scan result yet"),
    }
}

/// Whether there is nothing of a kind that plans with these offers scan, which is known only of an inventory that is proven whole.
pub fn is_nothing(kind: &str, offers: &[&Offer], resources: &Seen<Counts>) -> bool {
    let types = offers.iter().filter(|offer| offer.scans.contains(&kind)).flat_map(|offer| offer.resource_types);
    let number = |counts: &Counts| types.filter_map(|ty| counts.get(&ty.to_ascii_lowercase())).sum::<u64>();
    resources.whole().is_ok_and(|counts| number(counts) == 0)
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::date};

    use super::*;
    use crate::posture::{Place, Subject, Unreadable, defender::offered};

    const TODAY: Date = date!(2026 - 11 - 02);

    fn gap(reason: Reason) -> Unreadable {
        Unreadable { reason, place: Place::Tenant, ..Unreadable::unasked(Subject::Vulnerabilities) }
    }

    fn scanned(days_ago: i64) -> Scans {
        Scans::from([("server", Some(TODAY.midnight().assume_utc() - Duration::days(days_ago)))])
    }

    /// How a scan of servers is judged of which this is seen, in a subscription with so many machines, where 7 days are allowed.
    fn judged(scans: Seen<Scans>, machines: u64) -> (Status, Option<Why>) {
        let offers = [offered("VirtualMachines").unwrap()];
        let resources = Seen::all(Counts::from([("microsoft.compute/virtualmachines".to_owned(), machines)]));
        let verdict = judge_scan("server", &offers, &scans.map(Arc::new), &resources, (7, TODAY));
        (verdict.status, verdict.reason)
    }

    fn unknown(reason: Reason) -> (Status, Option<Why>) {
        (Status::Unknown, Some(reason.into()))
    }

    #[test]
    fn a_scan_is_recent_enough_too_old_or_not_known() {
        assert_eq!(judged(Seen::all(scanned(7)), 1), (Status::Pass, None));
        assert_eq!(judged(Seen::all(scanned(8)), 1), (Status::Fail, Some(Why::ScanTooOld)));
        assert_eq!(judged(Seen::all(scanned(-2)), 1), unknown(Reason::ScanTimeUnsaid));
        assert_eq!(judged(Seen::all(Scans::from([("server", None)])), 1), unknown(Reason::ScanTimeUnsaid));
        assert_eq!(judged(Seen::all(Scans::new()), 1), unknown(Reason::NoDataYet));
        assert_eq!(judged(Seen::all(Scans::new()), 0), (Status::NotApplicable, Some(Why::NoResources)));
    }

    #[test]
    fn of_results_that_are_seen_in_part_none_is_the_newest() {
        let part = |scans| Seen::part(scans, [gap(Reason::NotProven)]);
        assert_eq!(judged(part(scanned(7)), 1), (Status::Pass, None));
        assert_eq!(judged(part(scanned(8)), 1), unknown(Reason::NotProven));
        assert_eq!(judged(part(Scans::new()), 1), unknown(Reason::NotProven));
        assert_eq!(judged(Seen::unseen(gap(Reason::Forbidden)), 0), unknown(Reason::Forbidden));
    }

    #[test]
    fn no_assessment_is_never_a_pass() {
        let judged = |assessed| (judge_assessed(&assessed).status, judge_assessed(&assessed).reason);
        assert_eq!(judged(Seen::all(true)), (Status::Pass, None));
        assert_eq!(judged(Seen::part(true, [gap(Reason::NotProven)])), (Status::Pass, None));
        assert_eq!(judged(Seen::all(false)), unknown(Reason::NoDataYet));
        assert_eq!(judged(Seen::part(false, [gap(Reason::NotProven)])), unknown(Reason::NotProven));
        assert_eq!(judged(Seen::unseen(gap(Reason::Forbidden))), unknown(Reason::Forbidden));
    }
}
