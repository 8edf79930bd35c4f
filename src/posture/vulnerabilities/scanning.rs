//! Why there is nothing: whether things of a kind are scanned, and when they were last. Nothing that was not seen whole is in order.

use std::collections::BTreeSet;

use time::{Date, OffsetDateTime};

use super::Kind;
use crate::posture::{
    Reason, Seen, Unreadable,
    defender::{Counts, Plan, named, resource_count, scan_age},
    words::words,
};

words! {
    /// Whether things of a kind are scanned.
    pub enum Covered {
        /// There is nothing of the kind.
        NoResources = "no_resources",
        /// They are, and it is known when they were.
        Ok = "ok",
        /// Some are left out.
        PartiallyCovered = "partially_covered",
    }
    or
    /// They are not, or it is not known.
    Of(Reason)
}

/// What both models say of one kind of thing.
#[derive(Clone, Debug, Default)]
pub struct Results {
    resources: BTreeSet<String>,
    newest: Option<OffsetDateTime>,
}

impl Results {
    /// Takes a result of a resource in, of whichever status.
    pub fn take(&mut self, resource_id: &str, scanned_on: Option<OffsetDateTime>) {
        let id = resource_id.to_lowercase();
        if !self.resources.contains(&id) {
            self.resources.insert(id);
        }
        self.newest = scanned_on.max(self.newest);
    }
}

/// What was read of a subscription.
#[derive(Debug)]
pub struct ScanFacts<'a> {
    /// What was not seen of the results, in either model.
    pub unseen: Vec<&'a Unreadable>,
    /// What was not seen of the clusters, whose nodes are machines of another kind.
    pub unseen_clusters: Vec<&'a Unreadable>,
    /// Defender plans.
    pub plans: &'a Seen<Vec<Plan>>,
    /// Resources by type.
    pub counts: &'a Seen<Counts>,
    /// The day it is.
    pub today: Date,
}

/// How far things of a kind are scanned in a subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The kind.
    pub kind: Kind,
    /// Whether they are.
    pub covered: Covered,
    /// Whether a gap of what was read says so already.
    pub is_a_gap: bool,
    /// How many resources there are; none where that is not known, or no type is of the kind.
    pub resources: Option<u64>,
    /// How many resources have a result; none where there is none and there may be.
    pub scanned: Option<usize>,
    /// When the newest scan was, as far as results say.
    pub last_scan_on: Option<OffsetDateTime>,
}

/// Judges one kind of thing by its results.
pub fn judge(kind: Kind, results: &Results, facts: &ScanFacts<'_>) -> Coverage {
    let (is_seen, gap) = (facts.unseen.is_empty(), facts.gap(kind));
    let counted = facts.counts.so_far().ok().and_then(|counts| count(kind, counts));
    let last_scan_on = results.newest.filter(|newest| scan_age(*newest, facts.today).is_some());
    let covered = match (gap, facts.plans.whole(), facts.counts.whole()) {
        (Some(gap), ..) | (None, Err(gap), _) | (None, _, Err(gap)) => Covered::Of(gap.reason),
        (None, Ok(plans), Ok(counts)) => covered(kind, results, last_scan_on, plans, counts),
    };
    Coverage {
        kind,
        covered,
        is_a_gap: gap.is_some() || !facts.plans.is_whole() || !facts.counts.is_whole(),
        resources: counted.filter(|number| *number > 0 || facts.counts.is_whole()),
        scanned: Some(results.resources.len()).filter(|number| *number > 0 || is_seen),
        last_scan_on,
    }
}

impl ScanFacts<'_> {
    fn gap(&self, kind: Kind) -> Option<&Unreadable> {
        let clusters = match kind {
            Kind::AksNode | Kind::Server => self.unseen_clusters.first(),
            Kind::ContainerImage | Kind::Other | Kind::Sql => None,
        };
        self.unseen.first().or(clusters).copied()
    }
}

/// The same where everything was seen whole.
fn covered(kind: Kind, results: &Results, last: Option<OffsetDateTime>, plans: &[Plan], counts: &Counts) -> Covered {
    let has_results = !results.resources.is_empty();
    let timed = if last.is_some() { Covered::Ok } else { Covered::Of(Reason::ScanTimeUnsaid) };
    match protection(kind, plans, counts) {
        _ if !has_results && count(kind, counts) == Some(0) => Covered::NoResources,
        Protection::On if has_results => timed,
        Protection::On => Covered::Of(Reason::NoDataYet),
        Protection::Partial => Covered::PartiallyCovered,
        Protection::Unclear => Covered::Of(Reason::NotProven),
        Protection::Absent => Covered::Of(Reason::NotListed),
        Protection::Off => Covered::Of(Reason::PlanOff),
    }
}

/// A plan that scans, and the extension that does it.
#[derive(Debug)]
struct Scanner {
    plan: &'static str,
    extension: Option<&'static str>,
}

const fn scanner(plan: &'static str, extension: Option<&'static str>) -> Scanner {
    Scanner { plan, extension }
}

const MACHINES: Option<&str> = Some("AgentlessVmScanning");
const IMAGES: Option<&str> = Some("ContainerRegistriesVulnerabilityAssessments");

/// What scans things of a kind: each of these, by the first of its plans or by another one.
const SCANNERS: &[(Kind, &[&[Scanner]])] = &[
    (Kind::AksNode, &[&[scanner("Containers", MACHINES), scanner("CloudPosture", MACHINES)]]),
    (Kind::ContainerImage, &[&[scanner("Containers", IMAGES), scanner("CloudPosture", IMAGES)]]),
    (Kind::Other, &[&[scanner("CloudPosture", None)]]),
    (Kind::Server, &[&[scanner("VirtualMachines", None), scanner("CloudPosture", MACHINES)]]),
    (Kind::Sql, &[&[scanner("SqlServers", None)], &[scanner("SqlServerVirtualMachines", None)]]),
];

fn scanners(kind: Kind) -> impl Iterator<Item = &'static [Scanner]> {
    SCANNERS.iter().filter(move |(own, _)| *own == kind).flat_map(|(_, all)| all.iter().copied())
}

/// The plans that scan things of a kind, as people look for them.
pub fn scanning_plans(kind: Kind) -> impl Iterator<Item = &'static str> {
    scanners(kind).flatten().map(|scanner| scanner.plan)
}

/// How many resources there are of a kind; none of one that is no type.
fn count(kind: Kind, counts: &Counts) -> Option<u64> {
    match kind {
        Kind::AksNode => Some(counts.get("microsoft.containerservice/managedclusters").copied().unwrap_or_default()),
        Kind::ContainerImage => resource_count("Containers", counts),
        Kind::Other => None,
        Kind::Server => resource_count("VirtualMachines", counts),
        Kind::Sql => {
            let all = ["SqlServers", "SqlServerVirtualMachines"].into_iter().filter_map(|plan| resource_count(plan, counts));
            Some(all.sum())
        }
    }
}

/// How far plans reach, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Protection {
    Off,
    Absent,
    Unclear,
    Partial,
    On,
}

/// The worst of what scans something that is there; of what scans the same the best.
fn protection(kind: Kind, plans: &[Plan], counts: &Counts) -> Protection {
    let best = |all: &[Scanner]| {
        let each = all.iter().enumerate().map(|(number, scanner)| match scanner.reach(plans) {
            // That it is not listed matters of the plan that is meant for it.
            Protection::Absent if number > 0 => Protection::Off,
            reach => reach,
        });
        each.max().unwrap_or(Protection::Absent)
    };
    let is_needed =
        |alike: &[Scanner]| alike.first().and_then(|own| resource_count(own.plan, counts)).is_none_or(|some| some > 0);
    let needed = scanners(kind).filter(|alike| is_needed(alike)).map(best).min();
    needed.or_else(|| scanners(kind).map(best).min()).unwrap_or(Protection::Absent)
}

impl Scanner {
    /// How far it reaches; of two rows of one plan the worse counts.
    fn reach(&self, plans: &[Plan]) -> Protection {
        named(plans, self.plan).map(|plan| self.reach_of(plan)).min().unwrap_or(Protection::Absent)
    }

    fn reach_of(&self, plan: &Plan) -> Protection {
        let is_covered = |word: &str| plan.coverage.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(word));
        let plain = match plan.enabled() {
            Some(false) => return Protection::Off,
            Some(true) if plan.covers_nothing() => return Protection::Off,
            Some(true) if plan.deprecated => Protection::Unclear,
            Some(true) if is_covered("FullyCovered") => Protection::On,
            Some(true) if is_covered("PartiallyCovered") => Protection::Partial,
            Some(true) | None => Protection::Unclear,
        };
        let Some(name) = self.extension else { return plain };
        let states = plan.extensions.iter().filter(|extension| extension.name.eq_ignore_ascii_case(name));
        let states: Vec<Option<bool>> =
            states.map(|extension| extension.enabled.filter(|enabled| !enabled || extension.healthy() != Some(false))).collect();
        match states.as_slice() {
            [] => Protection::Unclear.min(plain),
            all if all.iter().all(|one| *one == Some(true)) => plain,
            all if all.contains(&Some(false)) => Protection::Off,
            _ => Protection::Unclear.min(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;
    use crate::posture::{Subject, defender::Extension};

    const VMS: &str = "microsoft.compute/virtualmachines";
    const SCANNED: OffsetDateTime = datetime!(2026-11-01 5:20 UTC);

    fn plan(name: &str, tier: &str, coverage: &str, extensions: &[(&str, bool)]) -> Plan {
        Plan {
            name: name.to_owned(),
            tier: Some(tier.to_owned()),
            coverage: Some(coverage.to_owned()),
            extensions: extensions
                .iter()
                .map(|(name, on)| Extension { name: (*name).to_owned(), enabled: Some(*on), ..Extension::default() })
                .collect(),
            ..Plan::default()
        }
    }

    fn on(name: &str) -> Plan {
        plan(name, "Standard", "FullyCovered", &[])
    }

    fn off(name: &str) -> Plan {
        plan(name, "Free", "NotCovered", &[])
    }

    fn counts(all: &[(&str, u64)]) -> Seen<Counts> {
        Seen::all(all.iter().map(|(ty, number)| ((*ty).to_owned(), *number)).collect())
    }

    fn results(times: &[Option<OffsetDateTime>]) -> Results {
        let mut all = Results::default();
        times.iter().enumerate().for_each(|(number, time)| all.take(&format!("/r{number}"), *time));
        all
    }

    fn gap(reason: Reason) -> Unreadable {
        Unreadable { reason, ..Unreadable::unasked(Subject::Vulnerabilities) }
    }

    fn word(kind: Kind, times: &[Option<OffsetDateTime>], plans: Vec<Plan>, counts: Seen<Counts>) -> &'static str {
        let plans = Seen::all(plans);
        let facts =
            ScanFacts { unseen: vec![], unseen_clusters: vec![], plans: &plans, counts: &counts, today: date!(2026 - 11 - 02) };
        let judged = judge(kind, &results(times), &facts);
        assert!(!judged.is_a_gap);
        judged.covered.word()
    }

    #[test]
    fn each_reason_has_its_own_word() {
        let server = |times: &[Option<OffsetDateTime>], plan: Plan, machines: u64| {
            word(Kind::Server, times, vec![plan, off("CloudPosture")], counts(&[(VMS, machines)]))
        };
        let name = "VirtualMachines";
        assert_eq!(server(&[Some(SCANNED), None], on(name), 2), "ok");
        assert_eq!(server(&[None], on(name), 2), "scan_time_unsaid");
        assert_eq!(server(&[Some(datetime!(2027-01-01 0:00 UTC))], on(name), 2), "scan_time_unsaid", "nobody scans tomorrow");
        assert_eq!(server(&[], on(name), 2), "no_data_yet");
        assert_eq!(server(&[], on(name), 0), "no_resources");
        assert_eq!(server(&[], off(name), 0), "no_resources");
        assert_eq!(server(&[], off(name), 2), "plan_off");
        assert_eq!(server(&[Some(SCANNED)], off(name), 2), "plan_off", "what is found may be old");
        assert_eq!(server(&[Some(SCANNED)], plan(name, "Standard", "PartiallyCovered", &[]), 2), "partially_covered");
        assert_eq!(server(&[Some(SCANNED)], plan(name, "Standard", "NotCovered", &[]), 2), "plan_off");
        assert_eq!(server(&[Some(SCANNED)], plan(name, "Standard", "Xyzzy", &[]), 2), "not_proven");
        assert_eq!(server(&[Some(SCANNED)], plan(name, "Premium", "FullyCovered", &[]), 2), "not_proven");
        assert_eq!(server(&[Some(SCANNED)], Plan { deprecated: true, ..on(name) }, 2), "not_proven");
        assert_eq!(server(&[Some(SCANNED)], Plan { coverage: None, ..on(name) }, 2), "not_proven");
        assert_eq!(word(Kind::Server, &[Some(SCANNED)], vec![], counts(&[(VMS, 2)])), "not_listed");
        let twice = vec![on(name), off(name)];
        assert_eq!(word(Kind::Server, &[Some(SCANNED)], twice, counts(&[(VMS, 2)])), "plan_off", "the worse of two rows");
    }

    #[test]
    fn what_scans_may_be_an_extension_of_another_plan() {
        let posture = |on| plan("CloudPosture", "Standard", "FullyCovered", &[("agentlessvmscanning", on)]);
        let server =
            |posture: Plan| word(Kind::Server, &[Some(SCANNED)], vec![off("VirtualMachines"), posture], counts(&[(VMS, 2)]));
        assert_eq!(server(posture(true)), "ok");
        assert_eq!(server(posture(false)), "plan_off");
        assert_eq!(server(on("CloudPosture")), "not_proven", "of the extension nothing is said");
        let failed = Plan {
            extensions: vec![Extension {
                name: "AgentlessVmScanning".to_owned(),
                enabled: Some(true),
                operation_code: Some("Failed".to_owned()),
                ..Extension::default()
            }],
            ..on("CloudPosture")
        };
        assert_eq!(server(failed), "not_proven");
    }

    #[test]
    fn of_databases_each_kind_that_is_there_needs_its_plan() {
        let sql = |counted: &[(&str, u64)], plans: Vec<Plan>| word(Kind::Sql, &[Some(SCANNED)], plans, counts(counted));
        let (servers, machines) = (("microsoft.sql/servers", 1), ("microsoft.sqlvirtualmachine/sqlvirtualmachines", 1));
        let plans = || vec![on("SqlServers"), off("SqlServerVirtualMachines")];
        assert_eq!(sql(&[servers], plans()), "ok");
        assert_eq!(sql(&[servers, machines], plans()), "plan_off");
        assert_eq!(sql(&[], plans()), "plan_off", "which of them it was is not known");
    }

    #[test]
    fn other_things_have_no_type_and_are_covered_by_posture_management_alone() {
        assert_eq!(word(Kind::Other, &[], vec![off("CloudPosture")], counts(&[])), "plan_off");
        assert_eq!(word(Kind::Other, &[], vec![on("CloudPosture")], counts(&[])), "no_data_yet");
        assert_eq!(word(Kind::Other, &[None], vec![on("CloudPosture")], counts(&[])), "scan_time_unsaid");
        assert_eq!(word(Kind::Other, &[Some(SCANNED)], vec![off("CloudPosture")], counts(&[])), "plan_off");
    }

    #[test]
    fn nothing_is_in_order_that_was_not_seen_whole() {
        let (plans, no_machines) = (Seen::all(vec![on("VirtualMachines")]), counts(&[]));
        let missing = gap(Reason::NotProven);
        let part = |seen: &Seen<Counts>| Seen::part(seen.whole().unwrap().clone(), [missing.clone()]);
        let (some_plans, some_counts) = (Seen::part(vec![on("VirtualMachines")], [missing.clone()]), part(&no_machines));
        let none: Vec<&Unreadable> = vec![];
        for (unseen, unseen_clusters, plans, counts) in [
            (vec![&missing], vec![], &plans, &no_machines),
            (vec![], vec![&missing], &plans, &no_machines),
            (none.clone(), vec![], &some_plans, &no_machines),
            (vec![], none, &plans, &some_counts),
        ] {
            let facts = ScanFacts { unseen, unseen_clusters, plans, counts, today: date!(2026 - 11 - 02) };
            for times in [&[][..], &[Some(SCANNED)]] {
                let judged = judge(Kind::Server, &results(times), &facts);
                assert_eq!((judged.covered.word(), judged.is_a_gap), ("not_proven", true), "{facts:?}");
            }
        }
        let facts = ScanFacts {
            unseen: vec![&missing],
            unseen_clusters: vec![],
            plans: &plans,
            counts: &some_counts,
            today: date!(2026 - 11 - 02),
        };
        let judged = judge(Kind::Server, &results(&[]), &facts);
        assert_eq!((judged.resources, judged.scanned), (None, None), "0 is no count of what was not seen");
    }
}
