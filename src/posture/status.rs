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
