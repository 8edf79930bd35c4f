//! What several policies that apply to one person give together. Only exact complements of clients and of trusted locations unite; every
//! other union stays a part.

use super::{
    Ground, MfaVerdict,
    grounds::Grounds,
    worth::{EVERYWHERE, Effect, LEGACY_CELLS},
};

/// The effects of policies, counted together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Where it is blocked, and where MFA is required: clients at locations.
    blocked: u8,
    required: u8,
    /// The gaps of the strongest policy with MFA that has any.
    strongest: Option<Grounds>,
    shut: Shut,
}

/// What is shut, without MFA anywhere: whether the parts that policies shut may be everything together. Each part is got round by what it
/// leaves open; two that leave open something of one kind may leave open nothing together.
#[derive(Clone, Copy, Debug, Default)]
struct Shut {
    once: Grounds,
    twice: Grounds,
    /// Whether sign-ins with a risk are shut out, and whether those without one are.
    risky: bool,
    riskless: bool,
}

impl Tally {
    pub(super) fn add(&mut self, effect: Effect) {
        let cells = if effect.blocks { &mut self.blocked } else { &mut self.required };
        *cells |= effect.cells;
        if effect.asks() && !effect.is_full() && self.strongest.is_none_or(|known| effect.gaps.weight() < known.weight()) {
            self.strongest = Some(effect.gaps);
        }
        if !effect.asks() && effect.cells == 0 {
            self.shut.add(effect);
        }
    }

    pub(super) fn with(mut self, effect: Effect) -> Self {
        self.add(effect);
        self
    }

    /// The verdict, as far as these policies go.
    pub(super) fn verdict(&self) -> MfaVerdict {
        match self.strongest {
            _ if self.blocked == EVERYWHERE => MfaVerdict::Blocked,
            _ if self.covered() == EVERYWHERE => MfaVerdict::Enforced,
            Some(_) => MfaVerdict::Partial,
            None => MfaVerdict::NotEnforced,
        }
    }

    /// Whether it cannot be told that anything is left open, although nothing of it is MFA.
    pub(super) fn may_shut_everything(&self) -> bool {
        self.verdict() == MfaVerdict::NotEnforced && self.shut.may_be_everything(self.covered() != 0)
    }

    /// The gaps of the strongest policy with MFA that has any.
    pub(super) fn strongest(&self) -> Option<Grounds> {
        self.strongest
    }

    /// Whether no legacy client gets in.
    pub(super) fn keeps_legacy_out(&self) -> bool {
        self.covered() & LEGACY_CELLS == LEGACY_CELLS
    }

    fn covered(&self) -> u8 {
        self.blocked | self.required
    }
}

impl Shut {
    fn add(&mut self, effect: Effect) {
        let is_risk = effect.gaps.has(Ground::RiskConditional);
        self.risky |= is_risk && !effect.names_no_risk;
        self.riskless |= is_risk && effect.names_no_risk;
        // A sign-in without a risk, and one that is not handed on, gets round these.
        if (is_risk && !effect.names_no_risk) || effect.gaps.has(Ground::FlowOnly) {
            return;
        }
        let kinds: Grounds = effect.gaps.list().into_iter().filter_map(kind).collect();
        self.twice = self.twice.and(self.once.both(kinds));
        self.once = self.once.and(kinds);
    }

    fn may_be_everything(&self, beside_cells: bool) -> bool {
        let by_location = self.once.has(Ground::OnlySomeLocations);
        !self.twice.is_empty() || (self.risky && self.riskless) || (by_location && beside_cells)
    }
}

/// One gap for all of a kind; none for what complements of clients already count.
fn kind(gap: Ground) -> Option<Ground> {
    match gap {
        Ground::ClientApps => None,
        Ground::TrustedLocationsExcluded => Some(Ground::OnlySomeLocations),
        Ground::AppsExcluded => Some(Ground::AppsSubset),
        other => Some(other),
    }
}

/// How good a verdict of policies is.
pub(super) fn rank(verdict: MfaVerdict) -> u8 {
    match verdict {
        MfaVerdict::NotApplicable | MfaVerdict::NotEnforced | MfaVerdict::Unknown => 0,
        MfaVerdict::Partial => 1,
        MfaVerdict::Enforced => 2,
        MfaVerdict::Blocked => 3,
    }
}
