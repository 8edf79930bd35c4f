//! One fact that could not be seen, or not be proven to be seen whole.

use super::{Place, Reason, Subject};

/// One gap: which fact, where, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// The fact, for example `assessments`.
    pub subject: Subject,
    /// Where.
    pub place: Place,
    /// Why.
    pub reason: Reason,
    /// The service's own code, empty if it gave none.
    pub code: String,
    /// The one next step.
    pub remedy: String,
}

impl Unreadable {
    /// A gap for a fact that was not asked for; no verdict may rest on it.
    pub fn unasked(subject: Subject) -> Self {
        Self {
            subject,
            place: Place::Graph,
            reason: Reason::NotProven,
            code: "NotAsked".to_owned(),
            remedy: "This fact was not read because nothing asked for it.".to_owned(),
        }
    }

    /// Whether a role on the subscription would close it: Azure answers 403 and 404 for one on which the caller has none.
    pub fn is_a_role_missing(&self) -> bool {
        ["AuthorizationFailed", "SubscriptionNotFound"].iter().any(|code| self.code.eq_ignore_ascii_case(code))
    }

    /// Whether nobody answered at all: no connection came about, or it broke. The reason is that of a service that fails, too, so the
    /// code decides: those of the reads and of the sign-in, which `tests/it/words.rs` compares with the failures that have them.
    pub fn is_without_connection(&self) -> bool {
        NO_CONNECTION.contains(&self.code.as_str())
    }
}

const NO_CONNECTION: &[&str] = &[
    "CertificateNotTrusted",
    "ConnectionFailed",
    "ConnectionLost",
    "HostNotFound",
    "NoConnection",
    "ProxyRefused",
    "TlsFailed",
    "UntrustedCertificate",
];

/// Whether an answer with these gaps is complete.
pub fn complete(gaps: &[Unreadable]) -> bool {
    gaps.iter().all(|gap| gap.reason.leaves_complete())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unseen_fact_makes_an_answer_incomplete_and_an_absent_one_does_not() {
        let gap = |reason| Unreadable {
            subject: Subject::Users,
            place: Place::Tenant,
            reason,
            code: String::new(),
            remedy: String::new(),
        };
        assert!(complete(&[]));
        assert!(complete(&[gap(Reason::NotRegistered), gap(Reason::PlanOff)]));
        assert!(!complete(&[gap(Reason::NotRegistered), gap(Reason::Forbidden)]));
        assert!(!complete(&[gap(Reason::NotProven)]));
    }
}
