//! Why a connection has no scope: there is nothing to stand for, or a read without which nothing is known of it failed.

use crate::{
    azure,
    posture::{Reason, Subject, Unreadable},
    provider::failure,
    sdk::{Diagnostics, Result},
};

/// The summary where no subscription is visible.
pub(in crate::provider::collect) const NONE: &str = "No subscription visible";

/// Why there is nothing that the connection could stand for.
#[derive(Debug)]
pub struct Nothing {
    /// What it is called.
    pub summary: &'static str,
    /// What was found instead.
    pub detail: String,
    /// What to do.
    pub remedy: String,
    /// What could not be read; where there is any that is not a matter of rights, it is not certain that there is nothing.
    pub gaps: Vec<Unreadable>,
    /// The error of whoever needs subscriptions, where a failed read is the cause.
    pub problems: Option<Diagnostics>,
}

/// Why there is no scope: nothing to stand for, which may be an answer, or an error for everybody.
pub(in crate::provider::collect) enum Stop {
    Nothing(Nothing),
    Error(Diagnostics),
}

impl From<Nothing> for Stop {
    fn from(nothing: Nothing) -> Self {
        Self::Nothing(nothing)
    }
}

impl From<Diagnostics> for Stop {
    fn from(problems: Diagnostics) -> Self {
        Self::Error(problems)
    }
}

impl Nothing {
    /// Whether nothing failed but what the sign-in has no right to see.
    pub fn is_certain(&self) -> bool {
        self.gaps.iter().all(|gap| matches!(gap.reason, Reason::Forbidden | Reason::NotVisible))
    }

    /// A list without which nothing is known of the scope could not be read.
    pub(in crate::provider::collect) fn unread(subject: Subject, error: &azure::Error) -> Result<Self> {
        let gap = failure::soft_gap(subject, "tenant", error)?;
        let (detail, remedy) = (format!("{}.", error.lasting().trim_end_matches('.')), gap.remedy.clone());
        Ok(Self { summary: NONE, detail, remedy, gaps: vec![gap], problems: Some(failure::failed(error)) })
    }

    /// Nothing that would tell the subscriptions could be read.
    pub(in crate::provider::collect) fn of_gaps(gaps: Vec<Unreadable>) -> Self {
        let problems = failure::nothing_read(&gaps);
        let detail = problems.iter().next().map(|problem| problem.detail.clone()).unwrap_or_default();
        let remedy = gaps.first().map(|gap| gap.remedy.clone()).unwrap_or_default();
        Self { summary: NONE, detail, remedy, gaps, problems: Some(problems) }
    }
}

impl From<Nothing> for Diagnostics {
    fn from(nothing: Nothing) -> Self {
        if let Some(problems) = nothing.problems {
            return problems;
        }
        let mut detail = nothing.detail;
        if !nothing.gaps.is_empty() {
            detail.push('\n');
        }
        for gap in nothing.gaps.iter().take(20) {
            detail.push_str(&format!("\n  {}  {} {}", gap.scope, gap.reason.word(), gap.code));
        }
        Self::of_error(nothing.summary, format!("{detail}\n\n{}", nothing.remedy))
    }
}
