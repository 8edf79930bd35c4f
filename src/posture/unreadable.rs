//! What could not be seen, and why. Nothing that was not read may look like nothing that is there.

/// Why a fact is missing or its completeness is not proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Virtual Network Manager admin rules exist and are not read.
    AdminRulesUnread,
    /// Only Resource Graph could answer, and it is switched off.
    EngineNever,
    /// The role or the consented permission is missing.
    Forbidden,
    /// Graph hides the object or its fields from this caller.
    Hidden,
    /// A list that is known to be shorter than the truth.
    IncompleteList,
    /// An answer that could not be decoded.
    InvalidResponse,
    /// The feature produces data only after a while, and has not yet.
    NoDataYet,
    /// The feature was never provisioned.
    NotOnboarded,
    /// A licence the tenant does not have.
    NotLicensed,
    /// The list that should hold it lacks it.
    NotListed,
    /// The read answered, but nothing proves that it was allowed to see everything.
    NotProven,
    /// The resource provider is not registered.
    NotRegistered,
    /// The subscription is gone, disabled, or of another tenant.
    NotVisible,
    /// The Defender plan that would produce the fact is off.
    PlanOff,
    /// There are results, and no time of any scan.
    ScanTimeUnsaid,
    /// Throttled beyond the budget.
    Throttled,
    /// The time was spent.
    Timeout,
    /// The token was refused or has expired, or none was to be had; no role would help.
    TokenRefused,
    /// The service failed.
    Unavailable,
    /// Not offered in this cloud, region or for this type.
    Unsupported,
}

impl Reason {
    /// The word the surface uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::AdminRulesUnread => "admin_rules_unread",
            Self::EngineNever => "engine_never",
            Self::Forbidden => "forbidden",
            Self::Hidden => "hidden",
            Self::IncompleteList => "incomplete_list",
            Self::InvalidResponse => "invalid_response",
            Self::NoDataYet => "no_data_yet",
            Self::NotLicensed => "not_licensed",
            Self::NotListed => "not_listed",
            Self::NotOnboarded => "not_onboarded",
            Self::NotProven => "not_proven",
            Self::NotRegistered => "not_registered",
            Self::NotVisible => "not_visible",
            Self::PlanOff => "plan_off",
            Self::ScanTimeUnsaid => "scan_time_unsaid",
            Self::Throttled => "throttled",
            Self::Timeout => "timeout",
            Self::TokenRefused => "token_refused",
            Self::Unavailable => "unavailable",
            Self::Unsupported => "unsupported",
        }
    }

    /// Whether an answer with this gap may still call itself complete: the fact is known to be absent, not unseen.
    pub fn leaves_complete(self) -> bool {
        matches!(self, Self::NoDataYet | Self::NotListed | Self::NotRegistered | Self::PlanOff | Self::ScanTimeUnsaid)
    }
}

/// One gap: which fact, where, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// The fact, for example `assessments`.
    pub subject: String,
    /// Where: a resource id, `tenant` or `graph`.
    pub scope: String,
    /// Why.
    pub reason: Reason,
    /// The service's own code, empty if it gave none.
    pub code: String,
    /// The one next step.
    pub remedy: String,
}

impl Unreadable {
    /// Whether a role on the subscription would close it: Azure answers 403 and 404 for one on which the caller has none.
    pub fn is_a_role_missing(&self) -> bool {
        ["AuthorizationFailed", "SubscriptionNotFound"].iter().any(|code| self.code.eq_ignore_ascii_case(code))
    }
}

/// Whether an answer with these gaps is complete.
pub fn complete(gaps: &[Unreadable]) -> bool {
    gaps.iter().all(|gap| gap.reason.leaves_complete())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unseen_fact_makes_an_answer_incomplete_and_an_absent_one_does_not() {
        let gap =
            |reason| Unreadable { subject: "x".into(), scope: "y".into(), reason, code: String::new(), remedy: String::new() };
        assert!(complete(&[]));
        assert!(complete(&[gap(Reason::NotRegistered), gap(Reason::PlanOff)]));
        assert!(!complete(&[gap(Reason::NotRegistered), gap(Reason::Forbidden)]));
        assert!(!complete(&[gap(Reason::NotProven)]));
    }
}
