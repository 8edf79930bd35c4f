//! Why a fact is missing, as one of the words that the surface uses.

use crate::posture::words::words;

words! {
    /// Why a fact is missing or its completeness is not proven.
    pub enum Reason {
        /// Virtual Network Manager admin rules exist and are not read.
        AdminRulesUnread = "admin_rules_unread",
        /// Only Resource Graph could answer, and it is switched off.
        EngineNever = "engine_never",
        /// The role or the consented permission is missing.
        Forbidden = "forbidden",
        /// Graph hides the object or its fields from this caller.
        Hidden = "hidden",
        /// A list that is known to be shorter than the truth.
        IncompleteList = "incomplete_list",
        /// An answer that could not be decoded.
        InvalidResponse = "invalid_response",
        /// The feature produces data only after a while, and has not yet.
        NoDataYet = "no_data_yet",
        /// A licence the tenant does not have.
        NotLicensed = "not_licensed",
        /// The list that should hold it lacks it.
        NotListed = "not_listed",
        /// The feature was never provisioned.
        NotOnboarded = "not_onboarded",
        /// The read answered, but nothing proves that it was allowed to see everything.
        NotProven = "not_proven",
        /// The resource provider is not registered.
        NotRegistered = "not_registered",
        /// The subscription is gone, disabled, or of another tenant.
        NotVisible = "not_visible",
        /// The Defender plan that would produce the fact is off.
        PlanOff = "plan_off",
        /// There are results, and no time of any scan.
        ScanTimeUnsaid = "scan_time_unsaid",
        /// Throttled beyond the budget.
        Throttled = "throttled",
        /// The time was spent.
        Timeout = "timeout",
        /// The token was refused or has expired, or none was to be had; no role would help.
        TokenRefused = "token_refused",
        /// The service failed.
        Unavailable = "unavailable",
        /// Not offered in this cloud, region or for this type.
        Unsupported = "unsupported",
    }
}

impl Reason {
    /// Whether an answer with this gap may still call itself complete: the fact is known to be absent, not unseen.
    pub fn leaves_complete(self) -> bool {
        matches!(self, Self::NoDataYet | Self::NotListed | Self::NotRegistered | Self::PlanOff | Self::ScanTimeUnsaid)
    }
}
