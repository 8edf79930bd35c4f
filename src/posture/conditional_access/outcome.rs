//! What is said of a person and a target: the verdict, its grounds, and the policies that give it.

use crate::posture::words::words;

words! {
    /// What a person signs in to.
    pub enum Target {
        /// Microsoft's admin portals (`MicrosoftAdminPortals`).
        AdminPortals = "admin_portals",
        /// Every application.
        AllApps = "all_apps",
        /// Azure Resource Manager and what stands before it (`797f4846-ba00-4fd7-ba43-dac1f8f63013`).
        AzureManagement = "azure_management",
    }
}

/// The application that stands for Azure management: Resource Manager, the portal, and the APIs beside them.
pub const AZURE_MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
/// The word that stands for the admin portals.
pub const ADMIN_PORTALS: &str = "microsoftadminportals";
/// The Azure portal, which the Entra admin center is part of.
const AZURE_PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
/// The admin center of Microsoft 365.
const MICROSOFT_365_PORTAL: &str = "00000006-0000-0ff1-ce00-000000000000";

impl Target {
    /// How a policy names it; none for all applications.
    pub fn application(self) -> Option<&'static str> {
        match self {
            Self::AdminPortals => Some(ADMIN_PORTALS),
            Self::AllApps => None,
            Self::AzureManagement => Some(AZURE_MANAGEMENT),
        }
    }

    /// What opens a part of it, if a policy that includes it excludes this. The Azure portal belongs to both; the suite Office 365 has the
    /// Microsoft 365 portal and the compliance portal in it. (Microsoft Learn: "Conditional Access: Target resources", "Apps included in
    /// Conditional Access Office 365 app suite".)
    pub fn parts(self) -> &'static [&'static str] {
        match self {
            Self::AdminPortals => &[AZURE_PORTAL, MICROSOFT_365_PORTAL, AZURE_MANAGEMENT, "office365"],
            Self::AllApps => &[],
            Self::AzureManagement => &[AZURE_PORTAL, ADMIN_PORTALS],
        }
    }
}

words! {
    /// Whether a person meets MFA at a target.
    pub enum MfaVerdict {
        /// No sign-in is possible.
        Blocked = "blocked",
        /// None is possible without MFA.
        Enforced = "enforced",
        /// The account cannot sign in, or is no person.
        NotApplicable = "not_applicable",
        /// Some is possible without MFA, whatever the circumstances are.
        NotEnforced = "not_enforced",
        /// Some is possible without MFA, and in other circumstances it is asked for.
        Partial = "partial",
        /// Something was not seen, or not understood, that could make it better.
        Unknown = "unknown",
    }
}

words! {
    /// Why a verdict is what it is. Those of one verdict stand together, in the order of the published list; of the gaps of a policy the
    /// weakest comes first.
    pub enum Ground {
        /// It does not apply where it is trusted.
        TrustedLocationsExcluded = "trusted_locations_excluded",
        /// It does not apply to all kinds of clients.
        ClientApps = "client_apps",
        /// It does not apply on all platforms; a device says its platform itself.
        Platform = "platform",
        /// It does not apply to some applications.
        AppsExcluded = "apps_excluded",
        /// It does not apply on all devices.
        DeviceFilter = "device_filter",
        /// A device or application that is managed is enough, too.
        AlternativeControl = "alternative_control",
        /// A custom control is asked for, which is never MFA.
        ThirdPartyFactor = "third_party_factor",
        /// It applies to some applications.
        AppsSubset = "apps_subset",
        /// It applies at some locations.
        OnlySomeLocations = "only_some_locations",
        /// It applies where a sign-in is handed on to another device.
        FlowOnly = "flow_only",
        /// It applies where there is a risk.
        RiskConditional = "risk_conditional",
        /// Security defaults ask for MFA when they find it necessary.
        SecurityDefaults = "security_defaults",
        /// No policy is in force.
        NoPolicy = "no_policy",
        /// No policy with MFA includes the person.
        NotIncluded = "not_included",
        /// The person is excluded.
        ExcludedUser = "excluded_user",
        /// A group of the person is excluded.
        ExcludedGroup = "excluded_group",
        /// A role of the person is excluded.
        ExcludedRole = "excluded_role",
        /// Guests of the type are excluded.
        ExcludedGuestType = "excluded_guest_type",
        /// A role is included that the person would first have to activate.
        EligibleRoleOnly = "eligible_role_only",
        /// A role is included that the person holds at a narrower scope, or that is the tenant's own.
        ScopedOrCustomRole = "scoped_or_custom_role",
        /// Policies would do it that are only reported.
        ReportOnly = "report_only",
        /// What is asked for is not MFA.
        GrantWithoutMfa = "grant_without_mfa",
        /// The authentication strength can be met without MFA.
        WeakStrength = "weak_strength",
        /// Only the session is controlled.
        SessionOnly = "session_only",
        /// Only a new password is asked for.
        PasswordChangeOnly = "password_change_only",
        /// It applies to actions of users.
        UserActionOnly = "user_action_only",
        /// It applies to authentication contexts.
        AuthenticationContextOnly = "authentication_context_only",
        /// It does not apply to the target.
        TargetNotIncluded = "target_not_included",
        /// Without a licence there is no Conditional Access.
        NoPremiumLicense = "no_premium_license",
        /// There may be MFA by user, which is not Conditional Access and is not read.
        PerUserMfaNotRead = "per_user_mfa_not_read",
        /// The policies could not be read.
        PoliciesUnreadable = "policies_unreadable",
        /// Who is in a group could not be read.
        GroupUnreadable = "group_unreadable",
        /// Who holds a role could not be read.
        RoleUnreadable = "role_unreadable",
        /// An authentication strength could not be read.
        StrengthUnreadable = "strength_unreadable",
        /// Something of the person could not be read.
        UserUnreadable = "user_unreadable",
        /// The licences could not be read, and there is no policy.
        LicenseUnreadable = "license_unreadable",
        /// Security defaults could not be read.
        SecurityDefaultsUnreadable = "security_defaults_unreadable",
        /// From where a guest comes is not known.
        GuestHomeTenantUnknown = "guest_home_tenant_unknown",
        /// Something of a policy is not understood.
        PolicyIndeterminate = "policy_indeterminate",
        /// The person is in more groups than are evaluated.
        TooManyGroups = "too_many_groups",
        /// It is an agent.
        AgentIdentity = "agent_identity",
        /// A policy names a group that does not exist.
        DanglingGroup = "dangling_group",
        /// The MFA of a guest's own tenant is accepted.
        InboundTrustMfa = "inbound_trust_mfa",
        /// MFA would be asked for, and no method is registered: whoever signs in first registers his own.
        NotRegistered = "not_registered",
        /// Methods are registered, and none of them may be used.
        MethodNotAllowed = "method_not_allowed",
        /// Legacy clients get in.
        LegacyAuthenticationNotBlocked = "legacy_authentication_not_blocked",
        /// An account for emergencies, by the look of it.
        EmergencyAccessCandidate = "emergency_access_candidate",
        /// Microsoft asks for MFA at its portals by itself, which is no Conditional Access.
        MicrosoftMandatoryMfa = "microsoft_mandatory_mfa",
    }
}

words! {
    /// What gives a verdict.
    pub enum EnforcedBy {
        /// Policies.
        ConditionalAccess = "conditional_access",
        /// Security defaults.
        SecurityDefaults = "security_defaults",
    }
}

/// What is said of a person and a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MfaCoverage {
    /// The verdict.
    pub verdict: MfaVerdict,
    /// Why; none for enforced and blocked.
    pub grounds: Vec<Ground>,
    /// What is worth knowing, and decides nothing.
    pub information: Vec<Ground>,
    /// What gives MFA, as far as any is given.
    pub enforced_by: Option<EnforcedBy>,
    /// The policies that give the verdict, by their places in the list.
    pub policies: Vec<u32>,
    /// Those that would give a better one but for the grounds.
    pub near: Vec<u32>,
    /// What the policies that are only reported would give; none without any.
    pub report_only: Option<MfaVerdict>,
    /// Whether no legacy client gets in; none if that is not known.
    pub legacy_blocked: Option<bool>,
}

/// A group that a policy names and that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DanglingGroup {
    /// The policy.
    pub policy_id: String,
    /// Whether it is excluded there; else it is included.
    pub excluded: bool,
    /// The group.
    pub group_id: String,
}
