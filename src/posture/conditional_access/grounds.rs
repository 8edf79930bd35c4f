//! A set of grounds, small enough to be made for every person and policy.

use super::Ground;

/// A set of grounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Grounds(u64);

impl Grounds {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn of(ground: Ground) -> Self {
        Self(1 << ground as u32)
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn add(&mut self, ground: Ground) {
        *self = self.and(Self::of(ground));
    }

    pub(super) fn has(self, ground: Ground) -> bool {
        self.0 & Self::of(ground).0 != 0
    }

    pub(super) fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In their order.
    pub(super) fn list(self) -> Vec<Ground> {
        Ground::ALL.into_iter().filter(|ground| self.has(*ground)).collect()
    }

    /// How much two sets of gaps weigh: the heaviest first. Of two sets the one with the milder worst gap is less.
    pub(super) fn weight(self) -> u64 {
        self.0
    }
}

impl FromIterator<Ground> for Grounds {
    fn from_iter<I: IntoIterator<Item = Ground>>(grounds: I) -> Self {
        grounds.into_iter().fold(Self::NONE, |all, one| all.and(Self::of(one)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ground_has_a_place_and_the_worst_gap_weighs_most() {
        assert!(Ground::ALL.len() <= 64);
        let all: Grounds = Ground::ALL.into_iter().collect();
        assert_eq!(all.list(), Ground::ALL);
        let many: Grounds = [Ground::TrustedLocationsExcluded, Ground::ClientApps].into_iter().collect();
        assert!(many.weight() < Grounds::of(Ground::Platform).weight());
        assert!(Grounds::of(Ground::ClientApps).weight() < many.weight());
        assert_eq!((many.has(Ground::Platform), many.is_empty()), (false, false));
    }
}
