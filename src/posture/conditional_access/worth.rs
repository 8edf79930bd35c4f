//! What a policy is worth at a target for whoever it applies to: whether it blocks or requires MFA, and where it does not.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AccessFacts, AccessPolicy, AuthenticationStrength, FilterMode, Ground, PolicyPart, Target,
    grants::{self, Demand},
    grounds::Grounds,
    known_words::{AGENT_RESOURCES, ALL, ALL_TRUSTED, CLIENTS, NONE, SUITES, indeterminate_parts, lower},
};
use crate::posture::Seen;

/// All kinds of clients, at trusted locations (the low half) and at others.
pub(super) const EVERYWHERE: u8 = 0xff;
const LEGACY: u8 = 0b1100;
/// The cells of legacy clients.
pub(super) const LEGACY_CELLS: u8 = LEGACY << 4 | LEGACY;

/// The clients at trusted locations, and those at others, of a set of kinds of clients.
const ANY_CLIENT: u8 = 0b1111;

/// What a policy does where it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    /// Whether it blocks; else it requires MFA.
    pub(super) blocks: bool,
    /// Where it does not apply, or what it lets by.
    pub(super) gaps: Grounds,
    /// Which clients it reaches at which locations, if it is unrestricted in everything else: eight cells. Empty if not.
    pub(super) cells: u8,
    /// Whether it does nothing but keep legacy clients out, which cannot do MFA.
    pub(super) shuts_legacy_only: bool,
    /// Whether the risk of a sign-in that has none is among those it names.
    pub(super) names_no_risk: bool,
}

impl Effect {
    pub(super) fn is_full(self) -> bool {
        self.cells == EVERYWHERE
    }

    /// Whether whoever meets it meets MFA at all.
    pub(super) fn asks(self) -> bool {
        !self.blocks && !self.shuts_legacy_only
    }
}

/// What a policy is worth.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Worth {
    /// What it surely does; nothing if that is not certain, or it does nothing.
    pub(super) certain: Option<Effect>,
    /// The most it may do.
    pub(super) possible: Option<Effect>,
    /// Why it does nothing, if so.
    pub(super) lack: Option<Ground>,
    /// Why it is not certain that it does what is possible.
    pub(super) doubts: Grounds,
}

impl Worth {
    fn nothing(lack: Ground) -> Self {
        Self { lack: Some(lack), ..Self::default() }
    }
}

/// What of the target a policy applies to.
enum Touch {
    /// Nothing.
    Nothing(Ground),
    /// All of it but for these gaps.
    But(Grounds),
    /// That is not known; at most all but for these.
    Perhaps(Grounds),
}

/// What a policy is worth at a target.
pub(super) fn worth(policy: &AccessPolicy, facts: &AccessFacts, target: Target) -> Worth {
    Reading { policy, unclear: indeterminate_parts(policy), strengths: &facts.strengths, trusted: &facts.trusted_locations }
        .worth(target)
}

struct Reading<'a> {
    policy: &'a AccessPolicy,
    unclear: BTreeSet<PolicyPart>,
    strengths: &'a Seen<BTreeMap<String, AuthenticationStrength>>,
    trusted: &'a Seen<BTreeSet<String>>,
}

impl Reading<'_> {
    fn worth(&self, target: Target) -> Worth {
        let demand = match self.is_clear(PolicyPart::Grant) {
            true => grants::demand(self.policy, self.strengths),
            false => Demand::anything(),
        };
        let touch = match self.is_clear(PolicyPart::Applications) {
            true => self.touch(target),
            false => Touch::Perhaps(Grounds::NONE),
        };
        let (open, touches) = match touch {
            Touch::Nothing(lack) => return Worth::nothing(demand.unless_it_lacks(lack)),
            Touch::But(gaps) => (gaps, true),
            Touch::Perhaps(gaps) => (gaps, false),
        };
        if let Some(lack) = demand.lack {
            return Worth::nothing(lack);
        }
        let make = |(blocks, gaps): (bool, Grounds)| self.effect(blocks, gaps.and(open));
        let is_certain = self.unclear.is_empty() && touches;
        let indeterminate = if is_certain { Grounds::NONE } else { Grounds::of(Ground::PolicyIndeterminate) };
        Worth {
            certain: demand.certain.filter(|_| is_certain).map(make),
            possible: demand.possible.map(make),
            lack: None,
            doubts: demand.doubts.and(indeterminate),
        }
    }

    fn is_clear(&self, part: PolicyPart) -> bool {
        !self.unclear.contains(&part)
    }

    fn effect(&self, blocks: bool, mut gaps: Grounds) -> Effect {
        let clients = if self.is_clear(PolicyPart::ClientTypes) { clients(self.policy) } else { ANY_CLIENT };
        let (mut cells, location) = match self.is_clear(PolicyPart::Locations) {
            true => self.locations(clients),
            false => (clients << 4 | clients, None),
        };
        gaps = self.others().into_iter().fold(gaps, |gaps, one| gaps.and(Grounds::of(one)));
        if !gaps.is_empty() {
            cells = 0;
        }
        if clients != ANY_CLIENT {
            gaps.add(Ground::ClientApps);
        }
        if let Some(gap) = location {
            gaps.add(gap);
        }
        let shuts_legacy_only = !blocks && clients & !LEGACY == 0;
        let names_no_risk = [&self.policy.sign_in_risk, &self.policy.user_risk].iter().any(|words| lower(words).contains(NONE));
        Effect { blocks, gaps, cells, shuts_legacy_only, names_no_risk }
    }

    /// The cells of these clients at the locations, if those are all, all but the trusted or exactly the trusted; and the gap.
    fn locations(&self, clients: u8) -> (u8, Option<Ground>) {
        let (include, exclude) = (lower(&self.policy.locations.include), lower(&self.policy.locations.exclude));
        let only = |words: &BTreeSet<String>, word: &str| words.len() == 1 && words.contains(word);
        if include.is_empty() || (include.contains(ALL) && exclude.is_empty()) {
            return (clients << 4 | clients, None);
        }
        if include.contains(ALL) {
            let cells = if only(&exclude, ALL_TRUSTED) { clients << 4 } else { 0 };
            let gap = if exclude.iter().all(|word| self.is_trusted(word)) {
                Ground::TrustedLocationsExcluded
            } else {
                Ground::OnlySomeLocations
            };
            return (cells, Some(gap));
        }
        let cells = if only(&include, ALL_TRUSTED) && exclude.is_empty() { clients } else { 0 };
        (cells, Some(Ground::OnlySomeLocations))
    }

    /// To leave out a location that nobody marked as trusted is more than to leave out the trusted ones.
    fn is_trusted(&self, location: &str) -> bool {
        [ALL_TRUSTED, MFA_TRUSTED].contains(&location) || self.trusted.so_far().is_ok_and(|known| known.contains(location))
    }

    /// The gaps beside those of applications, clients and locations.
    fn others(&self) -> Vec<Ground> {
        let policy = self.policy;
        let platforms = &policy.platforms;
        let no_platform = platforms.include.is_empty() && platforms.exclude.is_empty();
        let every_platform = platforms.exclude.is_empty() && lower(&platforms.include).contains(ALL);
        let risks = [&policy.sign_in_risk, &policy.user_risk, &policy.insider_risk];
        let hands_on = lower(&policy.transfer_methods).iter().any(|word| word != NONE);
        let found = [
            (PolicyPart::Platforms, Ground::Platform, !no_platform && !every_platform),
            (PolicyPart::Devices, Ground::DeviceFilter, policy.device_filter.is_some()),
            (PolicyPart::Risk, Ground::RiskConditional, risks.iter().any(|words| !words.is_empty())),
            (PolicyPart::TransferMethods, Ground::FlowOnly, hands_on),
        ];
        found.into_iter().filter(|(part, _, is_so)| *is_so && self.is_clear(*part)).map(|(_, ground, _)| ground).collect()
    }

    fn touch(&self, target: Target) -> Touch {
        let named = &self.policy.applications;
        if named.include.is_empty() && named.filter.is_none() {
            let actions = !named.user_actions.is_empty();
            return Touch::Nothing(if actions { Ground::UserActionOnly } else { Ground::AuthenticationContextOnly });
        }
        let (include, exclude) = (lower(&named.include), lower(&named.exclude));
        let mode = named.filter.as_ref().map(|filter| &filter.mode);
        match target.application() {
            None => touch_of_all(&include, &exclude, mode),
            Some(own) => touch_of_one(target, own, &include, &exclude, mode),
        }
    }
}

/// The addresses that multifactor authentication by user trusts: `AllTrusted` has them in it.
const MFA_TRUSTED: &str = "00000000-0000-0000-0000-000000000000";

fn touch_of_all(include: &BTreeSet<String>, exclude: &BTreeSet<String>, mode: Option<&FilterMode>) -> Touch {
    let left_out = matches!(mode, Some(FilterMode::Exclude));
    let (excluded, subset) = (Grounds::of(Ground::AppsExcluded), Grounds::of(Ground::AppsSubset));
    if matches!(mode, Some(FilterMode::Include)) {
        return Touch::But(subset);
    }
    if include.contains(ALL) {
        return Touch::But(if left_out || !exclude.is_empty() { excluded } else { Grounds::NONE });
    }
    let mut rest = include.iter().filter(|word| !exclude.contains(*word) && ![NONE, AGENT_RESOURCES].contains(&word.as_str()));
    if rest.next().is_none() {
        return Touch::Nothing(Ground::TargetNotIncluded);
    }
    // Of what is named everything may be in a suite that is excluded, or meet the rule of the filter.
    match left_out || exclude.iter().any(|word| SUITES.contains(&word.as_str())) {
        true => Touch::Perhaps(subset),
        false => Touch::But(subset),
    }
}

fn touch_of_one(
    target: Target,
    own: &str,
    include: &BTreeSet<String>,
    exclude: &BTreeSet<String>,
    mode: Option<&FilterMode>,
) -> Touch {
    let is_named = include.contains(ALL) || include.contains(own);
    if exclude.contains(own) || (!is_named && !matches!(mode, Some(FilterMode::Include))) {
        return Touch::Nothing(Ground::TargetNotIncluded);
    }
    let opened = target.parts().iter().any(|part| exclude.contains(*part));
    let gaps = if opened { Grounds::of(Ground::AppsExcluded) } else { Grounds::NONE };
    if mode.is_some() { Touch::Perhaps(gaps) } else { Touch::But(gaps) }
}

fn clients(policy: &AccessPolicy) -> u8 {
    let words = lower(&policy.client_types);
    if words.contains(ALL) {
        return ANY_CLIENT;
    }
    CLIENTS.iter().enumerate().filter(|(_, word)| words.contains(**word)).fold(0, |bits, (place, _)| bits | 1 << place)
}
