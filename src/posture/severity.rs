//! The one scale of severity, and Azure's words for it.

use crate::posture::words::words;

words! {
    /// How bad a finding is, mildest first, so that `max` is the worst.
    pub enum Severity {
        /// Worth knowing.
        Informational = "informational",
        /// When there is time.
        Low = "low",
        /// Fix soon.
        Medium = "medium",
        /// Fix now.
        High = "high",
        /// Worst.
        Critical = "critical",
    }
}

impl Severity {
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
        assert!(Severity::ALL.is_sorted());
    }
}
