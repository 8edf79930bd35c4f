//! Why a fact is missing, as one of the words that the surface uses.

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
    /// Every reason, in the order of the words.
    pub const ALL: [Self; 20] = [
        Self::AdminRulesUnread,
        Self::EngineNever,
        Self::Forbidden,
        Self::Hidden,
        Self::IncompleteList,
        Self::InvalidResponse,
        Self::NoDataYet,
        Self::NotLicensed,
        Self::NotListed,
        Self::NotOnboarded,
        Self::NotProven,
        Self::NotRegistered,
        Self::NotVisible,
        Self::PlanOff,
        Self::ScanTimeUnsaid,
        Self::Throttled,
        Self::Timeout,
        Self::TokenRefused,
        Self::Unavailable,
        Self::Unsupported,
    ];

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
