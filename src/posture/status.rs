//! The five answers a check can give. Only one of them passes.

/// The answer of a check, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// What was read breaks the rule.
    Fail,
    /// Something it depends on could not be read, or not be proven to be read whole.
    Unknown,
    /// Everything it depends on was read, and the rule holds.
    Pass,
    /// There is nothing the rule applies to, or an input it needs was not given.
    NotApplicable,
    /// Its area is switched off.
    Off,
}

impl Status {
    /// The word the surface uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::NotApplicable => "not_applicable",
            Self::Off => "off",
            Self::Pass => "pass",
            Self::Unknown => "unknown",
        }
    }
}

/// The one to be helped first: of those that failed, else of those that are unknown, the first in their order.
pub fn worst<K: Ord, T>(judged: impl IntoIterator<Item = (Status, K, T)>) -> Option<T> {
    let red = judged.into_iter().filter(|(status, ..)| matches!(status, Status::Fail | Status::Unknown));
    red.min_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1))).map(|(.., worst)| worst)
}

/// Of several of which any is enough, the one that says how it ends: one that passes, else one that is unknown, else the first.
pub fn any_is_enough<T>(judged: impl IntoIterator<Item = (Status, T)>) -> Option<T> {
    let rank = |status: Status| match status {
        Status::Pass => 0,
        Status::Unknown => 1,
        Status::Fail | Status::NotApplicable | Status::Off => 2,
    };
    judged.into_iter().min_by_key(|(status, _)| rank(*status)).map(|(_, one)| one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_any_is_enough_one_pass_is_and_what_is_unknown_may_be() {
        let (pass, unknown, fail, off) = ((Status::Pass, 1), (Status::Unknown, 2), (Status::Fail, 3), (Status::Off, 4));
        assert_eq!(any_is_enough([fail, unknown, pass]), Some(1));
        assert_eq!(any_is_enough([off, fail, unknown]), Some(2));
        assert_eq!(any_is_enough([fail, off]), Some(3));
        assert_eq!(any_is_enough::<u8>([]), None);
    }

    #[test]
    fn the_worst_is_the_first_that_failed_else_the_first_that_is_unknown() {
        let pass = (Status::Pass, "a", 1);
        assert_eq!(worst([(Status::Unknown, "a", 2), (Status::Fail, "c", 3), (Status::Fail, "b", 4), pass]), Some(4));
        assert_eq!(worst([pass, (Status::Unknown, "b", 5), (Status::Unknown, "b", 6)]), Some(5), "of equal ones the first");
        assert_eq!(worst([pass, (Status::NotApplicable, "a", 7), (Status::Off, "a", 8)]), None);
    }
}
