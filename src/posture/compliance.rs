//! How many resources comply with what is assigned: each counts once, by the worst that a definition says of it.

use std::collections::BTreeMap;

use crate::posture::words::words;

words! {
    /// What is said of a resource, the better first.
    pub enum Compliance {
        /// It is exempt from everything.
        Exempt = "exempt",
        /// It complies.
        Compliant = "compliant",
        /// It is not known, or in conflict, or in a word that is new in Azure.
        Other = "other",
        /// It does not comply.
        NonCompliant = "non_compliant",
    }
}

/// The states there are today, in Azure's words.
pub const STATES: [&str; 7] = ["Compliant", "Conflict", "Error", "Exempt", "NonCompliant", "Protected", "Unknown"];

impl Compliance {
    /// What a state says; one that is not stated says nothing good.
    pub fn of(state: Option<&str>) -> Self {
        let is = |word: &str| state.is_some_and(|own| own.eq_ignore_ascii_case(word));
        if is("NonCompliant") {
            Self::NonCompliant
        } else if is("Compliant") {
            Self::Compliant
        } else if is("Exempt") {
            Self::Exempt
        } else {
            Self::Other
        }
    }
}

/// What is said of resources, by key.
#[derive(Debug, Default)]
pub struct Tally<'a>(BTreeMap<&'a str, Compliance>);

impl<'a> Tally<'a> {
    /// Takes in what is said of a resource: the worst stays.
    pub fn add(&mut self, resource: &'a str, verdict: Compliance) {
        let known = self.0.entry(resource).or_insert(verdict);
        *known = (*known).max(verdict);
    }

    /// How many resources this is said of.
    pub fn count(&self, verdict: Compliance) -> usize {
        self.0.values().filter(|own| **own == verdict).count()
    }

    /// How many of a hundred comply or are exempt, with two decimals; none where nothing was evaluated.
    pub fn percentage(&self) -> Option<f64> {
        let good = self.count(Compliance::Compliant) + self.count(Compliance::Exempt);
        let share = |all: usize| (good as f64 / all as f64 * 10_000.0).floor() / 100.0;
        Some(self.0.len()).filter(|all| *all > 0).map(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_counts_once_by_the_worst_that_is_said_of_it() {
        let mut tally = Tally::default();
        for (resource, state) in [
            ("a", Some("Compliant")),
            ("a", Some("NonCompliant")),
            ("a", Some("Exempt")),
            ("b", Some("compliant")),
            ("b", Some("Exempt")),
            ("c", Some("Exempt")),
            ("d", Some("Compliant")),
            ("d", Some("Conflict")),
            ("e", None),
            ("e", Some("Compliant")),
            ("f", Some("Quarantined")),
        ] {
            tally.add(resource, Compliance::of(state));
        }
        let counts =
            [Compliance::NonCompliant, Compliance::Compliant, Compliance::Exempt, Compliance::Other].map(|one| tally.count(one));
        assert_eq!(counts, [1, 1, 1, 3]);
        assert_eq!(tally.percentage(), Some(33.33));
        assert_eq!(Tally::default().percentage(), None, "what was never evaluated is not compliant");
    }

    #[test]
    fn a_share_is_never_rounded_up_to_all() {
        let names: Vec<String> = (0..30_000).map(|number| number.to_string()).collect();
        let mut tally = Tally::default();
        for (number, name) in names.iter().enumerate() {
            tally.add(name, if number == 0 { Compliance::NonCompliant } else { Compliance::Compliant });
        }
        assert_eq!(tally.percentage(), Some(99.99));
    }
}
