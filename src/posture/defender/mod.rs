//! Defender for Cloud plans: what is on, how whole, and whether that is enough.

mod offers;
mod readiness;
mod results;

use std::collections::{BTreeMap, BTreeSet};

use time::{Date, OffsetDateTime, UtcOffset};

pub use offers::{OFFERS, Offer, available, offered, resource_count};
pub use readiness::{Requirement, Verdict, judge, judge_served, judge_unregistered, outdated};
pub use results::{Scans, is_nothing, judge_assessed, judge_scan};

use super::{Reason, Seen, Subject, Unreadable};

/// One Defender plan of one subscription, as the service states it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// `VirtualMachines`
    pub name: String,
    /// `Free` or `Standard`; none if the service did not say.
    pub tier: Option<String>,
    /// `P1`, `DefenderForStorageV2` …
    pub subplan: Option<String>,
    /// ISO 8601; none if no trial runs.
    pub free_trial_remaining: Option<String>,
    /// RFC 3339.
    pub enabled_on: Option<String>,
    /// Whether overrides below the subscription are refused; none if the service did not say.
    pub enforced: Option<bool>,
    /// `FullyCovered`, `PartiallyCovered`, `NotCovered`; none if the service did not say.
    pub coverage: Option<String>,
    /// Whether other plans have replaced it.
    pub deprecated: bool,
    /// Its successors.
    pub replaced_by: Vec<String>,
    /// Its extensions.
    pub extensions: Vec<Extension>,
    /// Whether the service did not say which extensions it has.
    pub extensions_unseen: bool,
}

/// One extension of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extension {
    /// `AgentlessVmScanning`
    pub name: String,
    /// Whether it is switched on; none if the service did not say.
    pub enabled: Option<bool>,
    /// The code of its last operation (`Succeeded`, `Failed`), if the service gave one.
    pub operation_code: Option<String>,
    /// Whether the service gave a status of its last operation, with a code or without.
    pub operation_stated: bool,
    /// What the service said about it.
    pub operation_message: Option<String>,
    /// Its settings as canonical JSON.
    pub settings_json: Option<String>,
}

impl Plan {
    /// Whether the plan is on; none if the service did not say, or in a word that is not known here.
    pub fn enabled(&self) -> Option<bool> {
        match self.tier.as_deref() {
            Some(tier) if tier.eq_ignore_ascii_case("Standard") => Some(true),
            Some(tier) if tier.eq_ignore_ascii_case("Free") => Some(false),
            Some(_) | None => None,
        }
    }

    /// Whether it is known to be on.
    pub fn is_on(&self) -> bool {
        self.enabled() == Some(true)
    }

    /// Whether it is on as a free trial.
    pub fn trial(&self) -> bool {
        self.is_on() && self.free_trial_remaining.is_some()
    }
}

impl Extension {
    /// Whether its last operation succeeded; none if the service said nothing, or a word that is not known here.
    pub fn healthy(&self) -> Option<bool> {
        match self.operation_code.as_deref() {
            Some(code) if code.eq_ignore_ascii_case("Succeeded") => Some(true),
            Some(code) if code.eq_ignore_ascii_case("Failed") => Some(false),
            Some(_) | None => None,
        }
    }
}

/// Whether anything in a subscription raises alerts, by all of its plans; none if they leave that open.
pub fn raises_alerts(plans: &[Plan]) -> Option<bool> {
    // Posture management finds weaknesses, and raises no alerts.
    const POSTURE: [&str; 3] = ["CloudPosture", "Discovery", "FoundationalCspm"];
    let is_posture = |plan: &&Plan| POSTURE.iter().any(|name| name.eq_ignore_ascii_case(&plan.name));
    let covers = ["FullyCovered", "PartiallyCovered"];
    let is_off = |plan: &Plan| {
        let covers_nothing = plan.coverage.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("NotCovered"));
        plan.enabled() == Some(false) || covers_nothing
    };
    let states = plans.iter().filter(|plan| !is_posture(plan)).map(|plan| {
        let is_doubtful =
            plan.coverage.as_deref().is_some_and(|word| !covers.iter().any(|known| known.eq_ignore_ascii_case(word)));
        let has_twin = plans.iter().any(|other| other.name.eq_ignore_ascii_case(&plan.name) && other != plan);
        match plan.is_on() {
            _ if is_off(plan) => Some(false),
            // What has been replaced, is stated twice, or is not known here may protect nothing.
            true if offered(&plan.name).is_some() && !plan.deprecated && !has_twin && !is_doubtful => Some(true),
            _ => None,
        }
    });
    let states: Vec<_> = states.collect();
    if states.contains(&Some(true)) { Some(true) } else { (!states.is_empty() && !states.contains(&None)).then_some(false) }
}

/// A plan that is on and with which Defender for Cloud reports regulatory compliance.
pub fn reporting(plans: &[Plan]) -> Option<&Plan> {
    // Those that cost nothing do not, and nor do the smallest of these two.
    const FREE: [&str; 2] = ["Discovery", "FoundationalCspm"];
    const SMALL: [&str; 2] = ["Api", "VirtualMachines"];
    let is = |plan: &Plan, names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(&plan.name));
    let is_first = |plan: &Plan| plan.subplan.as_deref().is_some_and(|subplan| subplan.eq_ignore_ascii_case("P1"));
    let is_enough = |plan: &Plan| !is(plan, &FREE) && (!is(plan, &SMALL) || !is_first(plan));
    plans.iter().find(|plan| plan.is_on() && !plan.deprecated && is_enough(plan))
}

/// How many resources there are, by lower-case type.
pub type Counts = BTreeMap<String, u64>;

/// What a plan has to protect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protects {
    /// This many resources of its types.
    Resources(u64),
    /// Nothing: it is proven that there is no resource of its types.
    Nothing,
    /// Not resources of particular types, as far as is known.
    Subscription,
    /// That could not be read whole.
    Unseen(Reason),
}

/// What a plan has to protect in a subscription of which this much is seen.
pub fn protects(plan: &str, seen: &Seen<Counts>) -> Protects {
    if offered(plan).is_none_or(|offer| offer.resource_types.is_empty()) {
        return Protects::Subscription;
    }
    let counts = match seen.so_far() {
        Ok(counts) => counts,
        Err(gap) => return Protects::Unseen(gap.reason),
    };
    match (resource_count(plan, counts), seen.reason()) {
        (Some(0) | None, Some(reason)) => Protects::Unseen(reason),
        (Some(0) | None, None) => Protects::Nothing,
        (Some(count), _) => Protects::Resources(count),
    }
}

/// How much of what a plan that is on protects is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage<'a> {
    /// All of it.
    Full,
    /// A part of it: resources override the plan.
    Partial,
    /// Not one of this many resources.
    None(u64),
    /// Not one resource, because there is none.
    Nothing,
    /// Not one resource, says the service, and whether there is any could not be read.
    Unseen(Reason),
    /// Nothing, says the service of a plan that is on and protects no particular resources.
    Contradicted,
    /// A word that is not known here.
    Unfamiliar(&'a str),
    /// The service did not say.
    Unstated,
}

impl Plan {
    /// Whether the service says that the plan covers not one resource.
    pub fn covers_nothing(&self) -> bool {
        self.coverage.as_deref().is_some_and(|coverage| coverage.eq_ignore_ascii_case("NotCovered"))
    }

    /// Its coverage, compared with what there is to cover: a plan that is on and covers nothing protects nobody.
    pub fn covered(&self, seen: &Seen<Counts>) -> Coverage<'_> {
        match self.coverage.as_deref() {
            None => Coverage::Unstated,
            Some(word) if word.eq_ignore_ascii_case("FullyCovered") => Coverage::Full,
            Some(word) if word.eq_ignore_ascii_case("PartiallyCovered") => Coverage::Partial,
            Some(_) if self.covers_nothing() => match protects(&self.name, seen) {
                Protects::Resources(count) => Coverage::None(count),
                Protects::Nothing => Coverage::Nothing,
                Protects::Subscription => Coverage::Contradicted,
                Protects::Unseen(reason) => Coverage::Unseen(reason),
            },
            Some(word) => Coverage::Unfamiliar(word),
        }
    }
}

/// Which rows of the list tell how well that is protected which a plan stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing<'a> {
    /// Its own row.
    Own,
    /// Those of the plans that have replaced it, of which the list may lack some.
    Replaced {
        /// The rows of those that are listed.
        by: Vec<&'a Plan>,
        /// The names of those that are not.
        absent: Vec<&'a str>,
    },
    /// None: it has been replaced, and the service does not say by what.
    Unstated,
}

/// A deprecated plan says nothing about protection once its successors are offered.
pub fn standing<'a>(plan: &'a Plan, plans: &'a [Plan]) -> Standing<'a> {
    if !plan.deprecated {
        return Standing::Own;
    }
    if plan.replaced_by.is_empty() {
        return Standing::Unstated;
    }
    let by: Vec<&Plan> = plan.replaced_by.iter().flat_map(|name| named(plans, name)).collect();
    if by.is_empty() {
        return Standing::Own;
    }
    let absent = plan.replaced_by.iter().map(String::as_str).filter(|name| named(plans, name).next().is_none()).collect();
    Standing::Replaced { by, absent }
}

/// The rows of a plan.
pub fn named<'a>(plans: &'a [Plan], name: &str) -> impl Iterator<Item = &'a Plan> {
    plans.iter().filter(move |plan| plan.name.eq_ignore_ascii_case(name))
}

/// How many days ago the newest scan was, by the calendar: of a scan in the evening nobody says in the next evening but one that it was a
/// day ago. None if it is dated in the future, which nobody can believe.
pub fn scan_age(newest: OffsetDateTime, today: Date) -> Option<i64> {
    let age = (today - newest.to_offset(UtcOffset::UTC).date()).whole_days();
    // Clocks differ by minutes; what is dated later than tomorrow has no time that could be believed.
    (age >= -1).then_some(age)
}

/// What the list of plans says of the free posture tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foundational {
    /// It is on.
    On,
    /// It is off.
    Off,
    /// The list has no such entry.
    Absent,
    /// The entry says two things, or nothing that is understood.
    Unclear,
}

/// Whether the free posture tier is on, as far as the list of plans says.
pub fn foundational(plans: &[Plan]) -> Foundational {
    let mut rows = named(plans, "FoundationalCspm").peekable();
    if rows.peek().is_none() {
        return Foundational::Absent;
    }
    // One that is on and covers nothing says two things, and one that covers in a new word may.
    let nothing = Seen::unseen(Unreadable::unasked(Subject::Resources));
    let is_doubtful = |plan: &Plan| {
        let covered = plan.covered(&nothing);
        !matches!(covered, Coverage::Full | Coverage::Partial | Coverage::Unstated)
    };
    let said: BTreeSet<Option<bool>> = rows.map(|plan| plan.enabled().filter(|enabled| !enabled || !is_doubtful(plan))).collect();
    match said.into_iter().collect::<Vec<_>>().as_slice() {
        [Some(true)] => Foundational::On,
        [Some(false)] => Foundational::Off,
        _ => Foundational::Unclear,
    }
}

/// Whether a resource provider in this state is surely not registered; one that is on its way in either direction is not that.
pub fn surely_unregistered(state: &str) -> bool {
    ["NotRegistered", "Unregistered"].iter().any(|word| state.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(name: &str, tier: &str) -> Plan {
        Plan { name: name.to_owned(), tier: Some(tier.to_owned()), ..Plan::default() }
    }

    #[test]
    fn compliance_is_reported_with_a_plan_that_costs_something() {
        let sub = |name: &str, subplan: &str| Plan { subplan: Some(subplan.to_owned()), ..plan(name, "Standard") };
        for (own, reports) in [
            (plan("Arm", "Standard"), true),
            (plan("CloudPosture", "Standard"), true),
            (sub("VirtualMachines", "P2"), true),
            (sub("virtualmachines", "p1"), false),
            (sub("Api", "P1"), false),
            (sub("Api", "P3"), true),
            (plan("VirtualMachines", "Standard"), true),
            (plan("FoundationalCspm", "Standard"), false),
            (plan("Discovery", "Standard"), false),
            (plan("Arm", "Free"), false),
            (plan("Arm", "Premium"), false),
            (Plan { deprecated: true, ..plan("Dns", "Standard") }, false),
        ] {
            assert_eq!(reporting(std::slice::from_ref(&own)).is_some(), reports, "{own:?}");
        }
    }

    #[test]
    fn only_a_plan_that_is_surely_on_and_protects_resources_raises_alerts() {
        let covering = |word: &str| Plan { coverage: Some(word.to_owned()), ..plan("Arm", "Standard") };
        let off = || plan("KeyVaults", "Free");
        for (plans, raises) in [
            (vec![plan("Arm", "Standard"), off()], Some(true)),
            (vec![covering("PartiallyCovered"), off()], Some(true)),
            (vec![off(), plan("CloudPosture", "Standard"), plan("FoundationalCspm", "Standard")], Some(false)),
            (vec![covering("NotCovered"), off()], Some(false)),
            (vec![covering("Xyzzy"), off()], None),
            (vec![plan("Arm", "Premium"), off()], None),
            (vec![Plan { deprecated: true, ..plan("Dns", "Standard") }, off()], None),
            (vec![plan("Xyzzy", "Standard"), off()], None),
            (vec![plan("Arm", "Standard"), plan("Arm", "Free")], None),
            (vec![plan("CloudPosture", "Standard")], None),
            (vec![], None),
        ] {
            assert_eq!(raises_alerts(&plans), raises, "{plans:?}");
        }
    }
}
