//! The classic secure score: what of it can be believed, and what it comes to over several subscriptions.

use std::sync::Arc;

use super::seen::agreed;

/// What a score, or one of its controls, says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Points {
    /// What was reached.
    pub current: Option<f64>,
    /// The most there is to reach.
    pub max: Option<f64>,
    /// Their quotient as the service states it, from 0 to 1.
    pub share: Option<f64>,
    /// What it counts beside those of other subscriptions.
    pub weight: Option<u64>,
}

/// A control of the score of one subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// A GUID, the same in every subscription.
    pub name: Arc<str>,
    /// `Secure management ports`; none if the service did not say.
    pub display_name: Option<Arc<str>>,
    /// What was reached.
    pub points: Points,
    /// Resources that need nothing.
    pub healthy: Option<u64>,
    /// Resources that need something.
    pub unhealthy: Option<u64>,
    /// Resources it does not apply to.
    pub not_applicable: Option<u64>,
}

/// How far the share may be from the quotient: both are rounded, and a small control has one point.
const ROUNDING: f64 = 0.01;

impl Points {
    /// The share in percent, with two decimals. None if the service did not say, if what stands beside it says otherwise, or if there is
    /// nothing to reach.
    pub fn percentage(&self) -> Option<f64> {
        let share = self.share.filter(|share| (0.0..=1.0).contains(share))?;
        let agrees = match (self.current, self.max) {
            (Some(current), Some(max)) => max > 0.0 && (current / max - share).abs() <= ROUNDING,
            (_, max) => max.is_none_or(|max| max > 0.0),
        };
        agrees.then(|| rounded(share * 100.0))
    }

    /// Whether it says that everything was reached.
    pub fn is_full(&self) -> bool {
        self.percentage().is_some_and(|percentage| percentage >= 100.0)
    }

    /// Whether there is nothing to reach.
    pub fn is_of_nothing(&self) -> bool {
        let is_none = |number: Option<f64>| number.is_some_and(|number| number == 0.0);
        is_none(self.max) && is_none(self.current) && is_none(self.share)
    }

    /// Whether the service said everything, and nothing of it contradicts the rest.
    pub fn is_stated(&self) -> bool {
        let is_whole = self.current.is_some() && self.max.is_some() && self.percentage().is_some();
        self.weight.is_some() && (is_whole || self.is_of_nothing())
    }

    /// What two rows of one score say alike.
    pub fn and(self, other: Self) -> Self {
        Self {
            current: agreed(self.current, other.current),
            max: agreed(self.max, other.max),
            share: agreed(self.share, other.share),
            weight: agreed(self.weight, other.weight),
        }
    }
}

impl Control {
    /// What two rows of one control say alike.
    pub fn and(self, other: Self) -> Self {
        Self {
            display_name: agreed(self.display_name, other.display_name),
            points: self.points.and(other.points),
            healthy: agreed(self.healthy, other.healthy),
            unhealthy: agreed(self.unhealthy, other.unhealthy),
            not_applicable: agreed(self.not_applicable, other.not_applicable),
            name: self.name,
        }
    }

    /// Whether it says that something is left to be done, which costs points.
    pub fn lacks_points(&self) -> bool {
        let is_less = self.points.current.zip(self.points.max).is_some_and(|(current, max)| current < max);
        is_less && self.unhealthy.is_some_and(|number| number > 0)
    }

    /// Whether the service said everything.
    pub fn is_stated(&self) -> bool {
        let counts = [self.healthy, self.unhealthy, self.not_applicable];
        self.points.is_stated() && counts.iter().all(Option::is_some)
    }
}

/// The percentage over several subscriptions, each by its weight. None if one of them is not stated whole, or if none has any weight.
pub fn weighted<'a>(scores: impl Iterator<Item = &'a Points>) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for score in scores {
        if !score.is_stated() {
            return None;
        }
        if let (Some(share), Some(weight)) = (score.share.filter(|_| !score.is_of_nothing()), score.weight) {
            sum += share * weight as f64;
            weights += weight as f64;
        }
    }
    (weights > 0.0).then(|| rounded(sum / weights * 100.0))
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(current: f64, max: f64, share: f64, weight: u64) -> Points {
        Points { current: Some(current), max: Some(max), share: Some(share), weight: Some(weight) }
    }

    #[test]
    fn a_share_is_believed_only_where_nothing_beside_it_says_otherwise() {
        let whole = points(3.33, 4.0, 0.8325, 6);
        for (points, percentage, is_stated) in [
            (whole, Some(83.25), true),
            (points(0.0, 8.0, 0.0, 2), Some(0.0), true),
            (points(0.0, 0.0, 0.0, 0), None, true),
            // Everything of nothing, and a headline that is better than its parts.
            (points(0.0, 0.0, 1.0, 5), None, false),
            (points(2.0, 10.0, 1.0, 5), None, false),
            (points(90.0, 100.0, 90.0, 5), None, false),
            (points(-1.0, 10.0, -0.1, 5), None, false),
            (Points { share: None, ..whole }, None, false),
            (Points { current: None, ..whole }, Some(83.25), false),
            (Points { max: None, ..whole }, Some(83.25), false),
            (Points { weight: None, ..whole }, Some(83.25), false),
            (Points::default(), None, false),
        ] {
            assert_eq!((points.percentage(), points.is_stated()), (percentage, is_stated), "{points:?}");
        }
    }

    #[test]
    fn several_subscriptions_count_by_their_weight() {
        let of = |all: &[Points]| weighted(all.iter());
        // 0.5752 * 61 + 0.3 * 17 = 40.1872, of 78.
        assert_eq!(of(&[points(25.31, 44.0, 0.5752, 61), points(11.7, 39.0, 0.3, 17)]), Some(51.52));
        assert_eq!(of(&[points(10.0, 10.0, 1.0, 1), points(0.0, 10.0, 0.0, 0)]), Some(100.0));
        assert_eq!(of(&[points(10.0, 10.0, 1.0, 1), points(0.0, 0.0, 0.0, 5)]), Some(100.0), "nothing to reach is no zero");
        assert_eq!(of(&[points(5.0, 10.0, 0.5, 0)]), None);
        assert_eq!(of(&[]), None);
        for unseen in [
            Points { weight: None, ..points(0.0, 10.0, 0.0, 9) },
            Points { share: None, ..points(0.0, 10.0, 0.0, 9) },
            points(0.0, 10.0, 1.0, 9),
        ] {
            assert_eq!(of(&[points(10.0, 10.0, 1.0, 1), unseen]), None, "{unseen:?}");
        }
    }

    #[test]
    fn two_that_differ_say_what_they_have_in_common() {
        let (one, other) = (points(3.0, 4.0, 0.75, 4), points(4.0, 4.0, 1.0, 4));
        let both = one.and(other);
        assert_eq!(both, Points { current: None, share: None, ..one });
        assert!(!both.is_stated());
    }
}
