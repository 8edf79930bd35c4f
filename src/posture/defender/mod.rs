//! Defender for Cloud plans: what is on, how whole, and whether that is enough.

mod offers;
mod readiness;

use std::collections::{BTreeMap, BTreeSet};

pub use offers::{OFFERS, Offer, available, offered, resource_count};
pub use readiness::{Requirement, Verdict, judge, judge_unregistered};

use super::Reason;

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

/// How many resources a subscription is seen to have.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Counts by lower-case type.
    pub counts: &'a BTreeMap<String, u64>,
    /// Why these may not be all; none if they are.
    pub unproven: Option<Reason>,
}

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

/// What a plan has to protect in a subscription of which this much is seen; the reason where nothing is.
pub fn protects(plan: &str, seen: Result<Seen<'_>, Reason>) -> Protects {
    if offered(plan).is_none_or(|offer| offer.resource_types.is_empty()) {
        return Protects::Subscription;
    }
    let seen = match seen {
        Ok(seen) => seen,
        Err(reason) => return Protects::Unseen(reason),
    };
    match (resource_count(plan, seen.counts), seen.unproven) {
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
    pub fn covered(&self, seen: Result<Seen<'_>, Reason>) -> Coverage<'_> {
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
    let mut rows = plans.iter().filter(|plan| plan.name.eq_ignore_ascii_case("FoundationalCspm")).peekable();
    if rows.peek().is_none() {
        return Foundational::Absent;
    }
    // One that is on and covers nothing says two things.
    let said: BTreeSet<Option<bool>> =
        rows.map(|plan| plan.enabled().filter(|enabled| !enabled || !plan.covers_nothing())).collect();
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
