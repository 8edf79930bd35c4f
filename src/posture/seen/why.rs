//! Why a verdict is no pass, as one of the words that the surface uses.

use super::Reason;
use crate::posture::words::words;

words! {
    /// Why a verdict is no pass.
    pub enum Why {
        /// No role held covers the operation.
        ActionMissing = "action_missing",
        /// Its area is left out.
        AreaOff = "area_off",
        /// Given only on a condition.
        ConditionalOnly = "conditional_only",
        /// Asked for, not consented.
        ConsentMissing = "consent_missing",
        /// There as Delegated permission, which an application cannot use.
        DelegatedOnly = "delegated_only",
        /// A deny assignment takes it away.
        Denied = "denied",
        /// It has to be activated first.
        EligibleOnly = "eligible_only",
        /// The plan does not have the extension.
        ExtensionNotAvailable = "extension_not_available",
        /// The extension is off.
        ExtensionOff = "extension_off",
        /// The extension is on, and its last operation failed.
        ExtensionUnhealthy = "extension_unhealthy",
        /// A subplan that is no longer offered.
        LegacySubplan = "legacy_subplan",
        /// An argument that the answer needs was not given.
        NeedsInput = "needs_input",
        /// There is nothing to judge.
        NoResources = "no_resources",
        /// On, and not one resource is protected.
        NotCovered = "not_covered",
        /// Lacking, and why may not be read.
        NotGranted = "not_granted",
        /// The application does not ask for it.
        NotRequested = "not_requested",
        /// Nothing yet; a new role assignment takes minutes to appear.
        NotYetVisible = "not_yet_visible",
        /// Resources override the plan.
        PartiallyCovered = "partially_covered",
        /// The account cannot sign in.
        PrincipalDisabled = "principal_disabled",
        /// No assignment gives the role.
        RoleMissing = "role_missing",
        /// The role cannot be given at that scope.
        RoleNotAssignable = "role_not_assignable",
        /// The newest scan is older than it may be.
        ScanTooOld = "scan_too_old",
        /// A smaller subplan than asked for.
        SubplanTooLow = "subplan_too_low",
        /// Consented after the token was issued.
        TokenOlderThanConsent = "token_older_than_consent",
        /// A user signed in.
        UserSignIn = "user_sign_in",
    }
    or
    /// A word that gaps have, too: what the verdict is about was not seen; or it was, and the word says of it what it says of a fact
    /// that is missing for it, as `plan_off` does.
    Of(Reason)
}

impl From<Reason> for Why {
    fn from(reason: Reason) -> Self {
        Self::Of(reason)
    }
}

impl Why {
    /// Every reason that a verdict can have.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().chain(Reason::ALL.map(Self::Of))
    }

    /// As it is shown in a table: empty for a pass.
    pub fn shown(why: Option<Self>) -> &'static str {
        why.map_or("", Self::word)
    }
}
