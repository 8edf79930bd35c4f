//! Why a connection has no scope: there is nothing to stand for, or a read without which nothing is known of it failed.

use crate::{
    azure,
    posture::{Place, Reason, Subject, Unreadable},
    provider::collect::{
        stop::{Result, Stop},
        unread,
    },
    text,
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
    /// What failed, where a failed read is the cause.
    pub(in crate::provider::collect) unread: Option<Unread>,
}

/// The failed read without which nothing is known of the scope.
#[derive(Debug)]
pub(in crate::provider::collect) enum Unread {
    /// All that would tell; the gaps say which.
    All,
    /// One that everything depends on.
    One(azure::Error),
}

impl From<Nothing> for Stop {
    fn from(nothing: Nothing) -> Self {
        Self::NoScope(Box::new(nothing))
    }
}

impl Nothing {
    /// Whether nothing failed but what the sign-in has no right to see.
    pub fn is_certain(&self) -> bool {
        !self.is_unread() && self.gaps.iter().all(|gap| matches!(gap.reason, Reason::Forbidden | Reason::NotVisible))
    }

    /// Whether a failed read is the cause.
    pub fn is_unread(&self) -> bool {
        self.unread.is_some()
    }

    /// The failure of the one read that everything depends on.
    pub fn error(&self) -> Option<&azure::Error> {
        match &self.unread {
            Some(Unread::One(error)) => Some(error),
            Some(Unread::All) | None => None,
        }
    }

    /// What stops whoever needs subscriptions, where a failed read is the cause; else itself.
    pub fn stopped(self) -> std::result::Result<Stop, Self> {
        match self.unread {
            Some(Unread::One(error)) => Ok(Stop::Failed(error)),
            Some(Unread::All) => Ok(Stop::NothingRead(self.gaps)),
            None => Err(self),
        }
    }

    /// A list without which nothing is known of the scope could not be read.
    pub(in crate::provider::collect) fn without(subject: Subject, error: azure::Error) -> Result<Self> {
        let gap = unread::soft_gap(subject, Place::Tenant, &error)?;
        let (detail, remedy) = (format!("{}.", error.lasting().trim_end_matches('.')), gap.remedy.clone());
        Ok(Self { summary: NONE, detail, remedy, gaps: vec![gap], unread: Some(Unread::One(error)) })
    }

    /// Nothing that would tell the subscriptions could be read.
    pub(in crate::provider::collect) fn of_gaps(gaps: Vec<Unreadable>) -> Self {
        let detail = text::lines(unread::every_one(&gaps));
        let remedy = gaps.first().map(|gap| gap.remedy.clone()).unwrap_or_default();
        Self { summary: NONE, detail, remedy, gaps, unread: Some(Unread::All) }
    }
}
