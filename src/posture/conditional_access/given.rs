//! What all policies together give one person: what is certain, what may be more, and what came nearest.

use super::{
    EnforcedBy, Ground, MfaCoverage, MfaVerdict,
    grounds::Grounds,
    reach::Applies,
    tally::{Tally, rank},
    worth::{Effect, Worth},
};

/// What all policies give one person.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) certain: Tally,
    pub(super) possible: Tally,
    /// What surely applies and does something.
    pub(super) sure: Vec<(u32, Effect)>,
    /// What may apply or may do something.
    pub(super) maybe: Vec<(u32, Effect, Grounds)>,
    /// What would do something, and does not apply.
    pub(super) kept_off: Vec<(u32, Effect, Ground)>,
    /// What applies and does nothing.
    pub(super) lacking: Vec<(u32, Ground)>,
    /// Whether a policy with MFA exists that is certainly in force.
    pub(super) has_mfa: bool,
    /// Whether he is excluded from all of those.
    pub(super) excluded_from_all: bool,
    pub(super) any: bool,
}

/// A verdict with its grounds and nothing beside them.
pub(super) fn plain(verdict: MfaVerdict, grounds: Vec<Ground>) -> MfaCoverage {
    MfaCoverage {
        verdict,
        grounds,
        information: vec![],
        enforced_by: None,
        policies: vec![],
        near: vec![],
        report_only: None,
        legacy_blocked: None,
    }
}

/// Grounds of somebody whom a policy would cover if he were not left out of it by name, group, role or type.
const LEFT_OUT: [Ground; 6] = [
    Ground::ExcludedUser,
    Ground::ExcludedGroup,
    Ground::ExcludedRole,
    Ground::ExcludedGuestType,
    Ground::EligibleRoleOnly,
    Ground::ScopedOrCustomRole,
];

impl Given {
    pub(super) fn add(&mut self, place: u32, worth: &Worth, applies: Applies, is_in_force: bool) {
        let asks = worth.certain.is_some_and(Effect::asks) && is_in_force;
        self.has_mfa |= asks;
        let is_excluded = matches!(applies, Applies::Not(ground) if ground != Ground::NotIncluded && !ground.is_of_a_role());
        self.excluded_from_all &= !asks || is_excluded;
        let state = if is_in_force { Grounds::NONE } else { Grounds::of(Ground::PolicyIndeterminate) };
        match (applies, worth.possible) {
            (Applies::Surely, possible) => {
                if let Some(effect) = worth.certain.filter(|_| is_in_force) {
                    self.certain.add(effect);
                    self.possible.add(effect);
                    self.sure.push((place, effect));
                }
                let doubts = worth.doubts.and(state);
                if let Some(effect) = possible.filter(|_| !doubts.is_empty()) {
                    self.possible.add(effect);
                    self.maybe.push((place, effect, doubts));
                }
                if let Some(lack) = worth.lack {
                    self.lacking.push((place, lack));
                }
            }
            (Applies::Perhaps(grounds), Some(effect)) => {
                self.possible.add(effect);
                self.maybe.push((place, effect, grounds.and(worth.doubts).and(state)));
            }
            (Applies::Not(ground), Some(effect)) => self.kept_off.push((place, effect, ground)),
            (Applies::Perhaps(_) | Applies::Not(_), None) => {}
        }
    }

    /// The verdict that stands, and what gives it.
    pub(super) fn certainly(&self, verdict: MfaVerdict, reported: Option<MfaVerdict>) -> MfaCoverage {
        let policies = self.giving(verdict);
        let enforced_by = (verdict != MfaVerdict::NotEnforced).then_some(EnforcedBy::ConditionalAccess);
        match verdict {
            MfaVerdict::NotEnforced => {
                let (near, mut grounds) = self.lacks();
                if reported.is_some_and(|reported| rank(reported) > 0) {
                    grounds.add(Ground::ReportOnly);
                }
                MfaCoverage { near, ..plain(verdict, grounds.list()) }
            }
            MfaVerdict::Partial => {
                let grounds = self.certain.strongest().unwrap_or_default().list();
                MfaCoverage { policies, near: self.left_out(Effect::is_full).0, enforced_by, ..plain(verdict, grounds) }
            }
            _ => MfaCoverage { policies, enforced_by, ..plain(verdict, vec![]) },
        }
    }

    fn giving(&self, verdict: MfaVerdict) -> Vec<u32> {
        let of = |is_meant: &dyn Fn(&Effect) -> bool| -> Vec<u32> {
            self.sure.iter().filter(|(_, effect)| is_meant(effect)).map(|(place, _)| *place).collect()
        };
        let blocks = verdict == MfaVerdict::Blocked;
        match verdict {
            MfaVerdict::Partial => of(&|effect| effect.asks() && Some(effect.gaps) == self.certain.strongest()),
            MfaVerdict::Blocked | MfaVerdict::Enforced => {
                let whole = of(&|effect| effect.is_full() && effect.blocks == blocks);
                let parts = || of(&|effect| effect.cells != 0 && (effect.blocks || !blocks));
                if whole.is_empty() { parts() } else { whole }
            }
            _ => vec![],
        }
    }

    /// Policies from which he is left out that are as they should be otherwise, and the grounds.
    fn left_out(&self, is_meant: impl Fn(Effect) -> bool) -> (Vec<u32>, Grounds) {
        let rows = self.kept_off.iter().filter(|(_, effect, ground)| LEFT_OUT.contains(ground) && is_meant(*effect));
        rows.fold((vec![], Grounds::NONE), |(mut near, grounds), (place, _, ground)| {
            near.push(*place);
            (near, grounds.and(Grounds::of(*ground)))
        })
    }

    /// Why nothing is enforced: by what came nearest.
    fn lacks(&self) -> (Vec<u32>, Grounds) {
        let left_out = self.left_out(Effect::asks);
        if !left_out.0.is_empty() {
            return left_out;
        }
        let shut = self.sure.iter().map(|(place, _)| (*place, Ground::GrantWithoutMfa));
        let mut lacking: Vec<_> = self.lacking.iter().copied().chain(shut).collect();
        lacking.sort_unstable();
        if !lacking.is_empty() {
            return (lacking.iter().map(|(place, _)| *place).collect(), lacking.iter().map(|(_, ground)| *ground).collect());
        }
        let strange = self.kept_off.iter().filter(|(_, effect, _)| effect.asks()).map(|(place, ..)| *place).collect();
        (strange, Grounds::of(if self.any { Ground::NotIncluded } else { Ground::NoPolicy }))
    }

    /// It is not known, for what of the uncertain could make it better.
    pub(super) fn perhaps(&self, certain: MfaVerdict, open: Grounds) -> MfaCoverage {
        let better = |effect: Effect| rank(self.certain.with(effect).verdict()) > rank(certain);
        let mut rows: Vec<_> = self.maybe.iter().filter(|(_, effect, _)| better(*effect)).collect();
        if rows.is_empty() && open.is_empty() {
            // Only several of them together would.
            rows = self.maybe.iter().collect();
        }
        let grounds = rows.iter().fold(open, |grounds, (_, _, doubts)| grounds.and(*doubts));
        MfaCoverage { near: rows.iter().map(|(place, ..)| *place).collect(), ..plain(MfaVerdict::Unknown, grounds.list()) }
    }
}

impl Ground {
    /// Whether it is about a role that would include somebody.
    fn is_of_a_role(self) -> bool {
        matches!(self, Self::EligibleRoleOnly | Self::ScopedOrCustomRole)
    }
}
