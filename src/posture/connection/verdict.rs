//! How one check ends: status, what was seen, and the one next step.

use super::Level;
use crate::posture::{Place, Status, Subject, Unreadable, Why};

/// The answer of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub status: Status,
    /// Why it is no pass, where it has a word for that.
    pub reason: Option<Why>,
    /// What was found, in a sentence.
    pub detail: String,
    /// What it rests on, as name and value; never a secret.
    pub evidence: Vec<(&'static str, String)>,
    /// The one next step; none where nothing is to be done.
    pub remediation: Option<String>,
    /// The level, where it is not the check's own.
    pub level: Option<Level>,
    /// What could not be seen.
    pub gaps: Vec<Unreadable>,
    /// The fact that leaves it unknown, where that is not the one the check is about.
    pub about: Option<Subject>,
}

impl Verdict {
    /// Everything was read, and it is as it should be.
    pub fn pass(detail: impl Into<String>) -> Self {
        Self::new(Status::Pass, detail, None)
    }

    /// It is not as it should be.
    pub fn fail(detail: impl Into<String>, remediation: impl Into<String>) -> Self {
        Self::new(Status::Fail, detail, Some(remediation.into()))
    }

    /// It could not be seen, for a reason that is no failed read.
    pub fn unknown(why: impl Into<Why>, detail: impl Into<String>, remediation: impl Into<String>) -> Self {
        Self::new(Status::Unknown, detail, Some(remediation.into())).because(why)
    }

    /// A read that it depends on failed.
    pub fn unread(gap: &Unreadable) -> Self {
        let code = if gap.code.is_empty() { String::new() } else { format!(", {}", gap.code) };
        let detail = format!("{} on {} could not be seen ({}{code})", gap.subject, gap.place, gap.reason.word());
        let mut verdict = Self::unknown(gap.reason, detail, gap.remedy.clone());
        if !gap.code.is_empty() {
            verdict = verdict.with("code", &gap.code);
        }
        verdict.gaps.push(gap.clone());
        verdict
    }

    /// It cannot apply, and why.
    pub fn not_applicable(why: impl Into<Why>, detail: impl Into<String>) -> Self {
        Self::new(Status::NotApplicable, detail, None).because(why)
    }

    /// What it is about is switched off.
    pub fn off(detail: impl Into<String>) -> Self {
        Self::new(Status::Off, detail, None).because(Why::AreaOff)
    }

    /// Says why it is no pass.
    pub fn because(mut self, why: impl Into<Why>) -> Self {
        self.reason = Some(why.into());
        self
    }

    /// Names the fact that leaves it unknown, where that is not the one the check is about.
    pub fn about(mut self, subject: Subject) -> Self {
        self.about = Some(subject);
        self
    }

    /// An answer that is unknown without any read that failed has a gap of its own: that a service does not say something leaves it as
    /// unseen as a refusal does.
    pub(super) fn accounted(mut self, subject: Subject, place: Place) -> Self {
        if let (Status::Unknown, true, Some(Why::Of(reason))) = (self.status, self.gaps.is_empty(), self.reason)
            && !reason.leaves_complete()
        {
            self.gaps.push(Unreadable {
                subject: self.about.unwrap_or(subject),
                place,
                reason,
                code: String::new(),
                remedy: self.remediation.clone().unwrap_or_default(),
            });
        }
        self
    }

    /// Adds what it rests on.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.evidence.push((name, value.to_string()));
        self
    }

    /// Sets the level for this answer alone.
    pub fn at(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// The reason and the evidence as `name=value`, separated by blanks; no value holds a blank.
    pub fn evidence(&self) -> String {
        let reason = self.reason.map(|why| format!("reason={}", why.word()));
        let evidence = self.evidence.iter().map(|(name, value)| format!("{name}={}", value.replace(char::is_whitespace, "_")));
        reason.into_iter().chain(evidence).collect::<Vec<_>>().join(" ")
    }

    fn new(status: Status, detail: impl Into<String>, remediation: Option<String>) -> Self {
        Self {
            status,
            reason: None,
            detail: detail.into(),
            evidence: Vec::new(),
            remediation,
            level: None,
            gaps: Vec::new(),
            about: None,
        }
    }
}

/// At most ten of these, and how many more.
pub(super) fn listed<T: AsRef<str>>(all: &[T]) -> String {
    let shown: Vec<&str> = all.iter().take(10).map(AsRef::as_ref).collect();
    match all.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The same without blanks, for evidence.
pub(super) fn joined<T: AsRef<str>>(all: &[T]) -> String {
    all.iter().take(10).map(AsRef::as_ref).collect::<Vec<_>>().join(",")
}
