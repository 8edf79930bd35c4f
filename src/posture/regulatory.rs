//! Regulatory compliance as Defender for Cloud reports it: what of a report can be believed, beside its own numbers and beside what stands
//! below it.

use std::sync::Arc;

use super::{seen::agreed, words::words};

words! {
    /// A level of regulatory compliance. The order is that of the words.
    pub enum Level {
        /// An assessment of a control.
        Assessment = "assessment",
        /// A control of a standard.
        Control = "control",
        /// A standard.
        Standard = "standard",
    }
}

/// What one subscription says of a standard, a control or an assessment.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// As the service writes it.
    pub name: Arc<str>,
    /// Whether what stands below it can be asked for by this name.
    pub can_be_asked: bool,
    /// A title; none if the service did not say.
    pub description: Option<Arc<str>>,
    /// In the service's word.
    pub state: Option<Arc<str>>,
    /// How many of the next level passed.
    pub passed: Option<u64>,
    /// How many of them failed.
    pub failed: Option<u64>,
    /// How many of them were left out.
    pub skipped: Option<u64>,
    /// How many of them nobody can check.
    pub unsupported: Option<u64>,
    /// Whether it is listed twice, and not with the same contents.
    pub is_twofold: bool,
}

const FAILED: &str = "Failed";
const PASSED: &str = "Passed";
const SKIPPED: &str = "Skipped";
const UNSUPPORTED: &str = "Unsupported";

/// How many reports stand below another one, by what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Below {
    /// What passed.
    pub passed: u64,
    /// What failed, whatever else it says.
    pub failed: u64,
    /// What was left out.
    pub skipped: u64,
    /// What nobody can check.
    pub unsupported: u64,
    /// What does not say, or in a word that is not known here: any of these.
    pub unclear: u64,
}

impl Below {
    /// Counts reports.
    pub fn of<'a>(reports: impl Iterator<Item = &'a Report>) -> Self {
        let mut below = Self::default();
        for report in reports {
            let is = |word: &str| report.state().is_some_and(|state| state.eq_ignore_ascii_case(word));
            let number = match report {
                _ if report.fails() => &mut below.failed,
                _ if is(PASSED) => &mut below.passed,
                _ if is(SKIPPED) => &mut below.skipped,
                _ if is(UNSUPPORTED) => &mut below.unsupported,
                _ => &mut below.unclear,
            };
            *number += 1;
        }
        below
    }

    /// Whether a number that is said may be this one.
    fn allows(self, said: u64, number: u64) -> bool {
        (number..=number + self.unclear).contains(&said)
    }
}

/// Whether a state is one of those that there are today.
pub fn is_known(state: &str) -> bool {
    [FAILED, PASSED, SKIPPED, UNSUPPORTED].iter().any(|known| known.eq_ignore_ascii_case(state))
}

impl Report {
    /// The state. None if the service did not say, or if a number beside it says otherwise: whatever has a failure has failed, and what
    /// has passed has something that passed.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref().filter(|_| !self.is_denied())
    }

    /// How many of the next level failed; none if the service did not say, or says 0 of what failed.
    pub fn failed(&self) -> Option<u64> {
        self.failed.filter(|failed| *failed > 0 || !self.is(FAILED))
    }

    /// Whether it failed, whatever else it says.
    pub fn fails(&self) -> bool {
        self.is(FAILED) || self.failed.is_some_and(|failed| failed > 0)
    }

    /// Whether the service said everything, and nothing of it contradicts the rest.
    pub fn is_stated(&self) -> bool {
        let numbers = [self.passed, self.failed(), self.skipped];
        self.state().is_some() && numbers.iter().all(Option::is_some)
    }

    /// Whether it says that there is nothing below it.
    pub fn is_of_nothing(&self) -> bool {
        let is_none = |number: Option<u64>| number == Some(0);
        is_none(self.passed) && is_none(self.failed) && is_none(self.skipped) && self.unsupported.unwrap_or_default() == 0
    }

    /// Whether a number of it is not that of what stands below it.
    pub fn differs(&self, below: Below) -> bool {
        let numbers = [
            (self.passed, below.passed),
            (self.failed, below.failed),
            (self.skipped, below.skipped),
            (self.unsupported, below.unsupported),
        ];
        numbers.into_iter().any(|(said, number)| said.is_some_and(|said| !below.allows(said, number)))
    }

    /// The same beside what stands below it: what that denies is not known. That more failed, or fewer passed, than stands there, stays:
    /// it reassures nobody.
    pub fn beside(mut self, below: Below) -> Self {
        if below.failed > self.failed.unwrap_or_default() {
            self.failed = None;
            self.state = self.state.filter(|state| !is_known(state) || state.eq_ignore_ascii_case(FAILED));
        }
        if below.passed + below.unclear == 0 {
            self.state = self.state.filter(|state| !state.eq_ignore_ascii_case(PASSED));
        }
        self.passed = self.passed.filter(|said| *said <= below.passed + below.unclear);
        self.skipped = self.skipped.filter(|said| below.allows(*said, below.skipped));
        self.unsupported = self.unsupported.filter(|said| below.allows(*said, below.unsupported));
        self
    }

    /// What two reports of one thing say alike.
    pub fn and(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        Self {
            description: agreed(self.description, other.description),
            state: agreed(self.state, other.state),
            passed: agreed(self.passed, other.passed),
            failed: agreed(self.failed, other.failed),
            skipped: agreed(self.skipped, other.skipped),
            unsupported: agreed(self.unsupported, other.unsupported),
            is_twofold: true,
            ..self
        }
    }

    fn is(&self, word: &str) -> bool {
        self.state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case(word))
    }

    fn is_denied(&self) -> bool {
        let is_another = self.state.as_deref().is_some_and(is_known) && !self.is(FAILED);
        (is_another && self.fails()) || (self.is(PASSED) && self.passed == Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(state: &str, passed: u64, failed: u64, skipped: u64) -> Report {
        Report {
            name: "1.1".into(),
            can_be_asked: true,
            description: None,
            state: Some(state.into()),
            passed: Some(passed),
            failed: Some(failed),
            skipped: Some(skipped),
            unsupported: None,
            is_twofold: false,
        }
    }

    #[test]
    fn of_a_state_and_a_number_that_contradict_each_other_the_one_that_reassures_is_not_believed() {
        for (report, state, failed, is_stated) in [
            (report("Passed", 3, 0, 1), Some("Passed"), Some(0), true),
            (report("Failed", 3, 1, 0), Some("Failed"), Some(1), true),
            (report("Skipped", 0, 0, 2), Some("Skipped"), Some(0), true),
            (report("Unsupported", 0, 0, 0), Some("Unsupported"), Some(0), true),
            (report("Passed", 3, 1, 0), None, Some(1), false),
            (report("passed", 3, 1, 0), None, Some(1), false),
            (report("Skipped", 0, 1, 2), None, Some(1), false),
            (report("Unsupported", 0, 1, 0), None, Some(1), false),
            (report("Passed", 0, 0, 2), None, Some(0), false),
            (report("Failed", 3, 0, 0), Some("Failed"), None, false),
            // What a new word means nobody knows, so nothing denies it.
            (report("Xyzzy", 0, 1, 0), Some("Xyzzy"), Some(1), true),
            (Report { failed: None, ..report("Passed", 3, 0, 0) }, Some("Passed"), None, false),
            (Report { skipped: None, ..report("Passed", 3, 0, 0) }, Some("Passed"), Some(0), false),
            (Report { state: None, ..report("Passed", 3, 0, 0) }, None, Some(0), false),
        ] {
            assert_eq!((report.state(), report.failed(), report.is_stated()), (state, failed, is_stated), "{report:?}");
        }
    }

    fn below(passed: u64, failed: u64, skipped: u64) -> Below {
        Below { passed, failed, skipped, ..Below::default() }
    }

    #[test]
    fn what_fails_below_denies_that_it_passed_and_that_fewer_failed() {
        for (report, below, state, failed, differs) in [
            (report("Passed", 3, 0, 0), below(3, 0, 0), Some("Passed"), Some(0), false),
            (report("Passed", 3, 0, 0), below(3, 1, 0), None, None, true),
            (Report { failed: None, ..report("Skipped", 0, 0, 3) }, below(0, 1, 3), None, None, false),
            (report("Failed", 3, 2, 0), below(3, 2, 0), Some("Failed"), Some(2), false),
            (report("Failed", 3, 2, 0), below(3, 3, 0), Some("Failed"), None, true),
            (report("Failed", 3, 2, 0), below(3, 1, 0), Some("Failed"), Some(2), true),
            (report("Xyzzy", 3, 0, 0), below(3, 1, 0), Some("Xyzzy"), None, true),
        ] {
            let beside = report.clone().beside(below);
            let said = (beside.state(), beside.failed(), report.differs(below));
            assert_eq!(said, (state, failed, differs), "{below:?} below {report:?}");
        }
    }

    #[test]
    fn numbers_that_are_not_those_of_what_stands_below_are_not_believed() {
        let unclear = |unclear: u64, rest: Below| Below { unclear, ..rest };
        for (report, below, state, passed, skipped) in [
            (report("Passed", 3, 0, 1), below(3, 0, 1), Some("Passed"), Some(3), Some(1)),
            // More than passed below reassures, fewer does not; of what is left out, neither is what it says.
            (report("Passed", 3, 0, 1), below(2, 0, 1), Some("Passed"), None, Some(1)),
            (report("Passed", 3, 0, 1), below(4, 0, 1), Some("Passed"), Some(3), Some(1)),
            (report("Passed", 3, 0, 1), below(3, 0, 0), Some("Passed"), Some(3), None),
            (report("Passed", 3, 0, 1), below(3, 0, 2), Some("Passed"), Some(3), None),
            // Nothing that passed stands below.
            (report("Passed", 1, 0, 1), below(0, 0, 2), None, None, None),
            (report("Passed", 1, 0, 0), below(0, 0, 0), None, None, Some(0)),
            // What does not say may be any of them.
            (report("Passed", 3, 0, 1), unclear(1, below(2, 0, 1)), Some("Passed"), Some(3), Some(1)),
            (report("Passed", 1, 0, 1), unclear(2, below(0, 0, 0)), Some("Passed"), Some(1), Some(1)),
            (report("Passed", 3, 0, 0), unclear(2, below(0, 0, 0)), Some("Passed"), None, Some(0)),
            (Report { skipped: None, ..report("Passed", 3, 0, 0) }, below(3, 0, 1), Some("Passed"), Some(3), None),
        ] {
            let beside = report.clone().beside(below);
            let said = (beside.state(), beside.passed, beside.skipped);
            assert_eq!(said, (state, passed, skipped), "{below:?} below {report:?}");
        }
        let unsupported = |number| Report { unsupported: number, ..report("Unsupported", 0, 0, 0) };
        for (said, number, left, differs) in
            [(Some(2), 2, Some(2), false), (Some(2), 1, None, true), (Some(1), 2, None, true), (None, 2, None, false)]
        {
            let below = Below { unsupported: number, ..Below::default() };
            let report = unsupported(said);
            assert_eq!((report.clone().beside(below).unsupported, report.differs(below)), (left, differs), "{said:?} {number}");
        }
    }

    #[test]
    fn each_report_counts_once_by_what_it_says_or_else_as_unclear() {
        let all = [
            report("passed", 1, 0, 0),
            report("Failed", 0, 1, 0),
            // A failure, whatever it calls itself.
            report("Passed", 1, 1, 0),
            report("Skipped", 0, 0, 1),
            report("Unsupported", 0, 0, 0),
            report("Xyzzy", 1, 0, 0),
            report("Passed", 0, 0, 1),
            Report { state: None, ..report("Passed", 1, 0, 0) },
        ];
        assert_eq!(Below::of(all.iter()), Below { passed: 1, failed: 2, skipped: 1, unsupported: 1, unclear: 3 });
    }

    #[test]
    fn two_reports_that_differ_say_what_they_have_in_common() {
        let (one, other) = (report("Passed", 3, 0, 0), report("Failed", 2, 1, 0));
        let both = one.clone().and(other);
        assert_eq!((both.state(), both.passed, both.failed, both.skipped), (None, None, None, Some(0)));
        assert!(both.is_twofold && !both.is_stated() && !one.clone().and(one).is_twofold);
    }

    #[test]
    fn nothing_below_is_said_by_numbers_and_not_by_their_absence() {
        assert!(report("Unsupported", 0, 0, 0).is_of_nothing());
        assert!(!Report { unsupported: Some(1), ..report("Unsupported", 0, 0, 0) }.is_of_nothing());
        assert!(!Report { failed: None, ..report("Unsupported", 0, 0, 0) }.is_of_nothing());
        assert!(!report("Passed", 1, 0, 0).is_of_nothing());
    }
}
