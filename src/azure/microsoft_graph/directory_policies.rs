//! What the directory allows: guests, consent, methods, passwords, other tenants, domains.

use serde::Deserialize;

use crate::azure::{
    Result,
    answer::lenient::{Count, Flag, List, Object, Part, Text},
    client::Client,
    endpoint::Endpoint,
};

const READ_POLICIES: &[&str] = &["Policy.Read.All"];

/// What users and guests may do.
pub const AUTHORIZATION_POLICY: Endpoint =
    Endpoint::graph("read the authorization policy", "policies/authorizationPolicy", READ_POLICIES);
/// How users ask for consent.
pub const CONSENT_POLICY: Endpoint =
    Endpoint::graph("read the admin consent policy", "policies/adminConsentRequestPolicy", READ_POLICIES);
/// What is trusted of every other tenant.
pub const CROSS_TENANT_DEFAULT: Endpoint =
    Endpoint::graph("read the cross-tenant access defaults", "policies/crossTenantAccessPolicy/default", READ_POLICIES);
/// What is trusted of some.
pub const CROSS_TENANT_PARTNERS: Endpoint =
    Endpoint::graph("list cross-tenant access partners", "policies/crossTenantAccessPolicy/partners", READ_POLICIES);
/// The domains. Every tenant has the one it was made with.
pub const DOMAINS: Endpoint =
    Endpoint::graph("list domains", "domains", &["Domain.Read.All", "Directory.Read.All"]).never_empty();
/// Settings that have no place of their own, those of passwords among them. What was never changed has none.
pub const GROUP_SETTINGS: Endpoint =
    Endpoint::graph("list directory settings", "groupSettings", &["GroupSettings.Read.All", "Directory.Read.All"]);
/// The ways to sign in.
pub const METHODS_POLICY: Endpoint = Endpoint::graph(
    "read the authentication methods policy",
    "policies/authenticationMethodsPolicy",
    &["Policy.Read.AuthenticationMethod", "Policy.Read.All"],
);
/// Whether security defaults are on.
pub const SECURITY_DEFAULTS: Endpoint =
    Endpoint::graph("read security defaults", "policies/identitySecurityDefaultsEnforcementPolicy", READ_POLICIES);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[
    AUTHORIZATION_POLICY,
    CONSENT_POLICY,
    CROSS_TENANT_DEFAULT,
    CROSS_TENANT_PARTNERS,
    DOMAINS,
    GROUP_SETTINGS,
    METHODS_POLICY,
    SECURITY_DEFAULTS,
];

/// What users and guests may do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationPolicy {
    /// `none`, `adminsAndGuestInviters`, `adminsGuestInvitersAndAllMembers`, `everyone`.
    pub allow_invites_from: Text,
    /// The role that guests have.
    pub guest_user_role_id: Text,
    /// Whether the old PowerShell module is kept out.
    #[serde(rename = "blockMsolPowerShell")]
    pub block_msol_powershell: Flag,
    /// Whether administrators may reset their own passwords.
    #[serde(rename = "allowedToUseSSPR")]
    pub allowed_to_use_sspr: Flag,
    /// What members may do without any role.
    pub default_user_role_permissions: Part<DefaultPermissions>,
}

/// What members may do without any role.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DefaultPermissions {
    /// Register applications.
    pub allowed_to_create_apps: Flag,
    /// Create security groups.
    pub allowed_to_create_security_groups: Flag,
    /// Create tenants.
    pub allowed_to_create_tenants: Flag,
    /// Look other users up.
    pub allowed_to_read_other_users: Flag,
    /// By which policies they may consent for themselves.
    pub permission_grant_policies_assigned: List<String>,
}

/// How users ask for consent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentPolicy {
    /// Whether they can.
    pub is_enabled: Flag,
    /// Whether reviewers are told.
    pub notify_reviewers: Flag,
    /// How long a request stands.
    pub request_duration_in_days: Count,
    /// Who decides.
    pub reviewers: List<serde::de::IgnoredAny>,
}

/// What is trusted of every other tenant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CrossTenantDefault {
    /// What is trusted.
    pub inbound_trust: Object<InboundTrust>,
}

/// What is trusted of one tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CrossTenantPartner {
    /// The tenant.
    pub tenant_id: String,
    /// What is trusted; null is the default.
    pub inbound_trust: Option<Object<InboundTrust>>,
}

/// What of a sign-in at home is taken for one here.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct InboundTrust {
    /// MFA.
    pub is_mfa_accepted: Flag,
    /// A compliant device.
    pub is_compliant_device_accepted: Flag,
    /// A hybrid joined one.
    #[serde(rename = "isHybridAzureADJoinedDeviceAccepted")]
    pub is_hybrid_joined_accepted: Flag,
}

/// A domain.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Domain {
    /// Its name.
    pub id: String,
    /// `Managed` or `Federated`.
    pub authentication_type: Text,
    /// Whether new accounts get it.
    pub is_default: Flag,
    /// Whether it was proven to be the tenant's.
    pub is_verified: Flag,
    /// How long passwords are valid.
    pub password_validity_period_in_days: Count,
}

/// Settings that belong together.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupSetting {
    /// What they are about.
    pub display_name: Text,
    /// The same, as an id.
    pub template_id: Text,
    /// By name.
    pub values: List<SettingValue>,
}

/// One of them.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SettingValue {
    /// Its name.
    pub name: Text,
    /// Always a text.
    pub value: Text,
}

/// The ways to sign in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MethodsPolicy {
    /// `preMigration`, `migrationInProgress`, `migrationComplete`.
    pub policy_migration_state: Text,
    /// What users are asked to register.
    pub registration_enforcement: Part<RegistrationEnforcement>,
    /// Each of them.
    pub authentication_method_configurations: List<Method>,
}

/// What users are asked to register.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationEnforcement {
    /// The reminder.
    pub authentication_methods_registration_campaign: Part<Campaign>,
}

/// A reminder to register.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Campaign {
    /// `default`, `enabled`, `disabled`.
    pub state: Text,
}

/// One way to sign in.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Method {
    /// Its name.
    pub id: Text,
    /// `enabled` or `disabled`.
    pub state: Text,
    /// For whom.
    pub include_targets: List<MethodTarget>,
    /// For whom not.
    pub exclude_targets: List<MethodTarget>,
}

/// Whom a method is for.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct MethodTarget {
    /// A group, or `all_users`.
    pub id: Text,
    /// `group` or `user`.
    pub target_type: Text,
}

impl Method {
    /// Whether it is on; none if the service does not say, or says it in a word that is not known here.
    pub fn is_enabled(&self) -> Option<bool> {
        let is = |word: &str| self.state.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(word));
        (is("enabled") || is("disabled")).then(|| is("enabled"))
    }

    /// Whether all its targets are named.
    pub fn names_targets(&self) -> bool {
        let named = |targets: &List<MethodTarget>| targets.as_ref().is_some_and(|all| all.iter().all(|one| one.id.is_some()));
        named(&self.include_targets) && named(&self.exclude_targets)
    }
}

impl InboundTrust {
    /// Whether it says all it can.
    pub fn is_stated(&self) -> bool {
        self.is_mfa_accepted.is_some() && self.is_compliant_device_accepted.is_some() && self.is_hybrid_joined_accepted.is_some()
    }
}

impl Domain {
    /// Whether it says all that decides something.
    pub fn is_stated(&self) -> bool {
        self.authentication_type.is_some() && self.is_default.is_some() && self.is_verified.is_some()
    }
}

impl GroupSetting {
    /// Whether these are the ones of passwords.
    pub fn is_of_passwords(&self) -> bool {
        let is = |own: &Text, known: &str| own.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(known));
        is(&self.template_id, "5cf42378-d67d-4f36-ba46-e8b86229381d") || is(&self.display_name, "Password Rule Settings")
    }

    /// The value of this name; empty where it is set to nothing, none where there is no such name, or two of it that differ.
    pub fn value(&self, name: &str) -> Option<&str> {
        let is_named = |one: &&SettingValue| one.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name));
        let mut values = self.values.iter().flatten().filter(is_named).map(|one| one.value.as_deref().unwrap_or_default());
        let first = values.next()?;
        values.all(|other| other == first).then_some(first)
    }
}

/// What users and guests may do.
pub async fn authorization_policy(client: &Client) -> Result<AuthorizationPolicy> {
    client.get(AUTHORIZATION_POLICY.at("")).await
}

/// How users ask for consent.
pub async fn consent_policy(client: &Client) -> Result<ConsentPolicy> {
    client.get(CONSENT_POLICY.at("")).await
}

/// What is trusted of every other tenant.
pub async fn cross_tenant_default(client: &Client) -> Result<CrossTenantDefault> {
    client.get(CROSS_TENANT_DEFAULT.at("")).await
}

/// What is trusted of some.
pub async fn cross_tenant_partners(client: &Client) -> Result<Vec<CrossTenantPartner>> {
    client.rows(CROSS_TENANT_PARTNERS.at("")).await
}

/// The domains.
pub async fn domains(client: &Client) -> Result<Vec<Domain>> {
    let fields = "id,authenticationType,isDefault,isVerified,passwordValidityPeriodInDays";
    client.rows(DOMAINS.at("").with("$select", fields)).await
}

/// Settings that have no place of their own.
pub async fn group_settings(client: &Client) -> Result<Vec<GroupSetting>> {
    client.rows(GROUP_SETTINGS.at("")).await
}

/// The ways to sign in.
pub async fn methods_policy(client: &Client) -> Result<MethodsPolicy> {
    client.get(METHODS_POLICY.at("").header("Prefer", "include-unknown-enum-members")).await
}

/// Whether security defaults are on; none if the service does not say.
pub async fn security_defaults(client: &Client) -> Result<Option<bool>> {
    Ok(client.get::<SecurityDefaults>(SECURITY_DEFAULTS.at("")).await?.is_enabled.0)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecurityDefaults {
    is_enabled: Flag,
}
