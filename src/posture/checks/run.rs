//! The one runner. Whatever was not seen becomes unknown here, before any judge is asked, so that no judge can take it for a good sign.

use super::{
    check::{Check, Judge, Judged, On},
    estate::{Estate, Resource, Subscription},
};
use crate::posture::{Look, Place, Reason, Seen, Status, Subject, Unreadable, Why};

/// What a judge says of what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It is as it should be, and what was seen.
    Pass(String),
    /// It is not: why, where there is a word for that, and what was seen.
    Fail(Option<Why>, String),
    /// The service does not say it: why, and what.
    Unknown(Reason, String),
}

impl Ruling {
    /// It is not as it should be, and what was seen.
    pub(super) fn fail(detail: impl Into<String>) -> Self {
        Self::Fail(None, detail.into())
    }
}

/// How one check ends in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check_id: &'static str,
    /// Where.
    pub place: Place,
    /// The answer.
    pub status: Status,
    /// Why it is no pass, where there is a word for that.
    pub why: Option<Why>,
    /// What was seen, in a sentence.
    pub detail: String,
    /// What was not seen.
    pub gaps: Vec<Unreadable>,
}

/// Judges checks, in the order of their ids and of the places.
pub fn run<'a>(checks: impl IntoIterator<Item = &'a Check>, estate: &Estate) -> Vec<Finding> {
    let mut findings: Vec<Finding> = checks.into_iter().flat_map(|check| judge(check, estate)).collect();
    findings.sort_by(|one, other| (one.check_id, &one.place).cmp(&(other.check_id, &other.place)));
    findings.dedup();
    findings
}

fn judge(check: &Check, estate: &Estate) -> Vec<Finding> {
    let of_subscriptions = |judge: &dyn Fn(&Subscription) -> Vec<Finding>| {
        // What may be missing of the estate is never left out.
        let unseen = estate.unseen.iter().map(|gap| unseen(check, gap.place.clone(), vec![gap.clone()]));
        estate.subscriptions.iter().flat_map(judge).chain(unseen).collect()
    };
    match &check.on {
        On::Each(resource_type, judge) => of_subscriptions(&|one| each(check, resource_type, judge, one)),
        On::Subscription(reads, judge) => of_subscriptions(&|one| {
            let gaps = reads.iter().flat_map(|subject| one.gaps(*subject)).collect();
            vec![whole(check, Place::Subscription(one.id.clone()), gaps, || judge(one))]
        }),
        On::Tenant(reads, judge) => {
            let gaps = reads.iter().flat_map(|subject| estate.directory.gaps(*subject)).collect();
            vec![whole(check, Place::Tenant, gaps, || judge(&estate.directory))]
        }
    }
}

/// What a list of resources leaves to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units<'a, T> {
    /// These, and why there may be others.
    Rows(&'a [T], Option<&'a Unreadable>),
    /// It is certain that there is none.
    Nobody,
    /// There is none, because the resource provider is not registered.
    Unregistered,
    /// Nothing was seen.
    Unseen(&'a Unreadable),
}

/// What a list of resources leaves to be judged.
pub fn units<T, L: AsRef<Vec<T>>>(list: &Seen<L>) -> Units<'_, T> {
    match list.look() {
        Look::All(rows) if rows.as_ref().is_empty() => Units::Nobody,
        Look::All(rows) => Units::Rows(rows.as_ref(), None),
        Look::Part(rows, gap) => Units::Rows(rows.as_ref(), Some(gap)),
        Look::Nothing(gap) if gap.reason == Reason::NotRegistered => Units::Unregistered,
        Look::Nothing(gap) => Units::Unseen(gap),
    }
}

const DEFENDER: &str = "Microsoft.Security";

/// A resource that was listed was seen, whether or not the list is whole; what the list may lack is a finding about the subscription.
fn each(check: &Check, resource_type: &str, judge: &Judge, subscription: &Subscription) -> Vec<Finding> {
    let here = || Place::Subscription(subscription.id.clone());
    let Some(list) = subscription.resources.get(resource_type) else {
        return vec![unseen(check, here(), vec![Unreadable::unasked(Subject::Resources)])];
    };
    let none = |detail: String| {
        let why = Some(Why::NoResources);
        vec![Finding { check_id: check.id, place: here(), status: Status::NotApplicable, why, detail, gaps: Vec::new() }]
    };
    let gaps = || list.gaps().cloned().collect();
    let namespace = resource_type.split('/').next().unwrap_or_default();
    match units(list) {
        Units::Nobody => none(format!("the subscription has no {resource_type}")),
        // What Defender would have produced is not known to be nothing.
        Units::Unregistered if namespace.eq_ignore_ascii_case(DEFENDER) => vec![unseen(check, here(), gaps())],
        Units::Unregistered => none(format!("{namespace} is not registered, so there is no {resource_type}")),
        Units::Unseen(_) => vec![unseen(check, here(), gaps())],
        Units::Rows(rows, gap) => {
            let seen = rows.iter().map(|row| ruled(check, Place::Resource(row.id.clone()), Ok(by(judge, row))));
            seen.chain(gap.map(|_| unseen(check, here(), gaps()))).collect()
        }
    }
}

fn by(judge: &Judge, resource: &Resource) -> Ruling {
    match judge {
        Judge::Rule(rule) => rule.judge(resource),
        Judge::Function(judge) => judge(resource),
    }
}

/// The judge's answer, if nothing is missing of what it is to be given.
fn whole<'a>(check: &Check, place: Place, gaps: Vec<Unreadable>, judge: impl FnOnce() -> Judged<'a>) -> Finding {
    if gaps.is_empty() { ruled(check, place, judge()) } else { unseen(check, place, gaps) }
}

fn unseen(check: &Check, place: Place, gaps: Vec<Unreadable>) -> Finding {
    let first = gaps.first();
    let why = first.map_or(Reason::NotProven, |gap| gap.reason);
    let detail = first.map(|gap| format!("{} on {} could not be seen", gap.subject, gap.place)).unwrap_or_default();
    Finding { check_id: check.id, place, status: Status::Unknown, why: Some(why.into()), detail, gaps }
}

fn ruled(check: &Check, place: Place, judged: Judged<'_>) -> Finding {
    let ruling = match judged {
        Ok(ruling) => ruling,
        Err(gap) => return unseen(check, place, vec![gap.clone()]),
    };
    // That a service does not say something leaves it as unseen as a refusal does.
    let silent = |reason: Reason, place: &Place| Unreadable {
        subject: check.reads().first().copied().unwrap_or(Subject::Resources),
        place: place.clone(),
        reason,
        code: String::new(),
        remedy: "Run again later; if this persists, please report it.".to_owned(),
    };
    let (status, why, detail, gaps) = match ruling {
        Ruling::Pass(detail) => (Status::Pass, None, detail, Vec::new()),
        Ruling::Fail(why, detail) => (Status::Fail, why, detail, Vec::new()),
        Ruling::Unknown(reason, detail) => {
            let gap = (!reason.leaves_complete()).then(|| silent(reason, &place));
            (Status::Unknown, Some(reason.into()), detail, gap.into_iter().collect())
        }
    };
    Finding { check_id: check.id, place, status, why, detail, gaps }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use super::*;
    use crate::posture::{Area, Severity, checks::Directory};

    const VAULTS: &str = "Microsoft.KeyVault/vaults";
    const ALERTS: &str = "Microsoft.Security/alerts";

    fn check(on: On) -> Check {
        Check { id: "c", area: Area::Data, severity: Severity::Low, title: "t", remediation: "r", on }
    }

    fn gap(reason: Reason) -> Unreadable {
        Unreadable { reason, place: Place::Subscription("s".to_owned()), ..Unreadable::unasked(Subject::Resources) }
    }

    /// An estate of one subscription that has this list of resources, and of which nothing else was asked.
    fn estate(resource_type: &'static str, list: Seen<Arc<Vec<Resource>>>) -> Estate {
        let unasked = |subject| Unreadable::unasked(subject);
        let subscription = Subscription {
            id: "s".to_owned(),
            resources: BTreeMap::from([(resource_type, list)]),
            plans: Seen::unseen(unasked(Subject::Plans)),
            role_assignments: Seen::unseen(unasked(Subject::RoleAssignments)),
        };
        let directory = Directory {
            active: Seen::unseen(unasked(Subject::DirectoryRoleAssignments)),
            eligible: Seen::unseen(unasked(Subject::EligibleDirectoryRoleAssignments)),
            members: Seen::unseen(unasked(Subject::GroupMembers)),
        };
        Estate { subscriptions: vec![subscription], unseen: Vec::new(), directory }
    }

    /// How a check ends that passes whatever it is given.
    fn ends(on: On, estate: &Estate) -> Vec<String> {
        let said = |finding: Finding| format!("{} {}", finding.status.word(), Why::shown(finding.why)).trim_end().to_owned();
        run([&check(on)], estate).into_iter().map(said).collect()
    }

    fn each(resource_type: &'static str) -> On {
        On::Each(resource_type, Judge::Function(|_| Ruling::Pass(String::new())))
    }

    #[test]
    fn a_list_says_what_is_judged_and_what_may_be_missing() {
        let row = Resource { id: "/subscriptions/s/v".to_owned(), properties: None };
        let (one, none) = (|| Arc::new(vec![row.clone()]), || Arc::new(Vec::new()));
        let refused = || Some(gap(Reason::NotProven));
        for (list, expected) in [
            (Seen::all(one()), &["pass"][..]),
            (Seen::part(one(), refused()), &["unknown not_proven", "pass"]),
            (Seen::part(none(), refused()), &["unknown not_proven"]),
            (Seen::all(none()), &["not_applicable no_resources"]),
            (Seen::unseen(gap(Reason::Forbidden)), &["unknown forbidden"]),
            (Seen::unseen(gap(Reason::NotRegistered)), &["not_applicable no_resources"]),
        ] {
            assert_eq!(ends(each(VAULTS), &estate(VAULTS, list.clone())), expected, "{list:?}");
        }
        let unregistered = estate(ALERTS, Seen::unseen(gap(Reason::NotRegistered)));
        assert_eq!(ends(each(ALERTS), &unregistered), ["unknown not_registered"]);
        assert_eq!(ends(each(VAULTS), &unregistered), ["unknown not_proven"], "nobody read them");
    }

    #[test]
    fn no_judge_is_asked_without_what_its_check_reads() {
        let nothing = estate(VAULTS, Seen::all(Arc::default()));
        fn passes(_: &Subscription) -> Judged<'_> {
            Ok(Ruling::Pass(String::new()))
        }
        assert_eq!(ends(On::Subscription(&[Subject::Plans], passes), &nothing), ["unknown not_proven"]);
        assert_eq!(
            ends(On::Tenant(&[Subject::GroupMembers], |_| Ok(Ruling::Pass(String::new()))), &nothing),
            ["unknown not_proven"]
        );
        assert_eq!(
            ends(On::Subscription(&[Subject::Tags], passes), &nothing),
            ["unknown not_proven"],
            "no read of a subscription"
        );
        // One that wants more than its row declares is given a gap.
        fn wants(subscription: &Subscription) -> Judged<'_> {
            subscription.plans.whole().map(|_| Ruling::Pass(String::new()))
        }
        assert_eq!(ends(On::Subscription(&[], wants), &nothing), ["unknown not_proven"]);
    }

    #[test]
    fn what_may_be_missing_of_the_estate_is_a_finding() {
        let mut estate = estate(VAULTS, Seen::all(Arc::default()));
        let elsewhere = |place| Unreadable { place, ..gap(Reason::NotVisible) };
        estate.unseen = vec![elsewhere(Place::of("/subscriptions/t")), elsewhere(Place::Tenant)];
        let findings = run([&check(each(VAULTS))], &estate);
        let places: Vec<_> = findings.iter().map(|one| (one.place.to_string(), one.status)).collect();
        let expected =
            [("/subscriptions/s", Status::NotApplicable), ("/subscriptions/t", Status::Unknown), ("tenant", Status::Unknown)];
        assert_eq!(places, expected.map(|(scope, status)| (scope.to_owned(), status)));
    }
}
