//! The one scale of severity, and Azure's words for it.

/// How bad a finding is, mildest first, so that `max` is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Informational,
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
    /// `critical`
    Critical,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Informational];

    /// Our word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
        }
    }

    /// Reads our word or Azure's, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.word().eq_ignore_ascii_case(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azures_words_and_ours_are_one_scale() {
        for word in ["High", "high", "HIGH"] {
            assert_eq!(Severity::parse(word), Some(Severity::High));
        }
        assert_eq!(Severity::parse("Severe"), None);
        assert!(Severity::ALL.is_sorted_by(|worse, milder| worse > milder));
    }
}
