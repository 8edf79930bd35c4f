//! The rows of the directory's settings, as they are returned.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    posture::seen::agreed,
    provider::collect::lists::directory_policies::{
        AuthorizationPolicy, ConsentPolicy, Domain, GroupSetting, InboundTrust, Method, MethodTarget, MethodsPolicy,
    },
};

/// What guests may do, and who may invite them.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct Guests {
    /// Who may invite: `none`, `adminsAndGuestInviters`, `adminsGuestInvitersAndAllMembers`, `everyone`. Null if the service did not say.
    invitations_from: Option<String>,
    /// What guests see of the directory: `member` (what members see), `limited`, `restricted` (themselves). Null if their role is none of
    /// these.
    access_level: Option<&'static str>,
    /// The role that guests have. Null if the service did not say.
    guest_role_id: Option<String>,
}

impl Guests {
    pub(super) fn of(policy: &AuthorizationPolicy) -> Self {
        const LEVELS: [(&str, &str); 3] = [
            ("10dae51f-b6af-4016-8d66-8c2a99b929b3", "limited"),
            ("2af84b1e-32c8-42b7-82bc-daa82404023b", "restricted"),
            ("a0b1b346-4d3e-4e8b-98f8-753987be4970", "member"),
        ];
        let role = policy.guest_user_role_id.0.as_ref().map(|id| id.to_lowercase());
        let level = LEVELS.iter().find(|(id, _)| role.as_deref() == Some(*id)).map(|(_, word)| *word);
        Self { invitations_from: policy.allow_invites_from.0.clone(), access_level: level, guest_role_id: role }
    }
}

/// What members may do without any role.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct DefaultUser {
    /// Register applications. Null if the service did not say, as below.
    can_create_apps: Option<bool>,
    /// Create security groups.
    can_create_groups: Option<bool>,
    /// Create tenants.
    can_create_tenants: Option<bool>,
    /// Look other users up.
    can_read_other_users: Option<bool>,
    /// The policies by which they may consent to applications themselves; none in it: they may not.
    consent_policy_ids: Option<Vec<String>>,
}

impl DefaultUser {
    pub(super) fn of(policy: &AuthorizationPolicy) -> Self {
        let own = &policy.default_user_role_permissions;
        let sorted = |ids: &Vec<String>| {
            let mut ids = ids.clone();
            ids.sort();
            ids.dedup();
            ids
        };
        Self {
            can_create_apps: own.allowed_to_create_apps.0,
            can_create_groups: own.allowed_to_create_security_groups.0,
            can_create_tenants: own.allowed_to_create_tenants.0,
            can_read_other_users: own.allowed_to_read_other_users.0,
            consent_policy_ids: own.permission_grant_policies_assigned.as_ref().map(sorted),
        }
    }
}

/// How users ask an administrator for consent.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct AdminConsent {
    /// Whether they can. Null if the service did not say, as below.
    enabled: Option<bool>,
    /// Whether reviewers are told by mail.
    notifies_reviewers: Option<bool>,
    /// How many reviewers there are, groups and roles counted as one.
    reviewer_count: Option<usize>,
    /// How many days a request stands.
    request_duration_days: Option<u64>,
}

impl AdminConsent {
    pub(super) fn of(policy: &ConsentPolicy) -> Self {
        Self {
            enabled: policy.is_enabled.0,
            notifies_reviewers: policy.notify_reviewers.0,
            reviewer_count: policy.reviewers.as_ref().map(Vec::len),
            request_duration_days: policy.request_duration_in_days.0,
        }
    }
}

/// One way to sign in.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct MethodRow {
    /// The id, in lower case.
    key: String,
    /// For example `Fido2`, `MicrosoftAuthenticator`, `Sms`; of an external method a GUID.
    id: String,
    /// Whether it is on. Null if the service did not say, or in a word that is new here.
    enabled: Option<bool>,
    /// Object ids of the groups it is for. Null if the service did not say.
    included_group_ids: Option<Vec<String>>,
    /// Object ids of the groups it is not for. Null if the service did not say.
    excluded_group_ids: Option<Vec<String>>,
    /// Whether it is for everybody but those who are excluded. Null if the service did not say.
    all_users: Option<bool>,
}

impl MethodRow {
    /// By key; none if they are not listed. One without an id is left out, with a gap.
    pub(super) fn all(policy: &MethodsPolicy) -> Option<Vec<Self>> {
        let mut rows: BTreeMap<String, Self> = BTreeMap::new();
        for row in policy.authentication_method_configurations.as_ref()?.iter().filter_map(Self::of) {
            match rows.get_mut(&row.key) {
                Some(known) => known.agree(row),
                None => {
                    rows.insert(row.key.clone(), row);
                }
            }
        }
        Some(rows.into_values().collect())
    }

    fn of(method: &Method) -> Option<Self> {
        const EVERYBODY: &str = "all_users";
        let id = method.id.0.clone()?;
        let named = |targets: &Vec<MethodTarget>| {
            let ids = targets.iter().filter_map(|target| target.id.0.clone());
            let mut ids: Vec<String> = ids.filter(|id| id != EVERYBODY).collect();
            ids.sort();
            ids.dedup();
            ids
        };
        let is_everybody = |targets: &Vec<MethodTarget>| targets.iter().any(|target| target.id.as_deref() == Some(EVERYBODY));
        Some(Self {
            key: id.to_lowercase(),
            enabled: method.is_enabled(),
            included_group_ids: method.include_targets.as_ref().map(named),
            excluded_group_ids: method.exclude_targets.as_ref().map(named),
            all_users: method.include_targets.as_ref().map(is_everybody),
            id,
        })
    }

    fn agree(&mut self, other: Self) {
        self.enabled = agreed(self.enabled, other.enabled);
        self.included_group_ids = agreed(self.included_group_ids.take(), other.included_group_ids);
        self.excluded_group_ids = agreed(self.excluded_group_ids.take(), other.excluded_group_ids);
        self.all_users = agreed(self.all_users, other.all_users);
    }
}

/// What else is decided about methods.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct MethodsPolicyRow {
    /// `preMigration`, `migrationInProgress`, `migrationComplete`: until it is complete, older settings, which are not read, allow methods
    /// as well. Null if the service did not say.
    migration_state: Option<String>,
    /// Whether users are reminded to register: `default`, `enabled`, `disabled`. Null if the service did not say.
    registration_campaign: Option<String>,
}

impl MethodsPolicyRow {
    pub(super) fn of(policy: &MethodsPolicy) -> Self {
        let campaign = &policy.registration_enforcement.authentication_methods_registration_campaign;
        Self { migration_state: policy.policy_migration_state.0.clone(), registration_campaign: campaign.state.0.clone() }
    }
}

/// Password protection.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct Passwords {
    /// Whether the tenant's own list of banned passwords is enforced. Null if the service did not say, as below.
    banned_list_enforced: Option<bool>,
    /// Whether it is enforced in Active Directory, too.
    banned_list_on_premises: Option<bool>,
    /// How many words are on it.
    banned_words: Option<usize>,
    /// After how many wrong passwords an account is locked.
    lockout_threshold: Option<u64>,
    /// For how many seconds it is locked at first.
    lockout_seconds: Option<u64>,
}

impl Passwords {
    pub(super) fn of(setting: &GroupSetting) -> Self {
        let value = |name: &str| setting.value(name);
        let flag = |name: &str| match value(name).map(str::to_ascii_lowercase).as_deref() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        let number = |name: &str| value(name)?.trim().parse().ok();
        let words = |text: &str| text.split('\t').filter(|word| !word.trim().is_empty()).count();
        Self {
            banned_list_enforced: flag("EnableBannedPasswordCheck"),
            banned_list_on_premises: flag("EnableBannedPasswordCheckOnPremises"),
            banned_words: value("BannedPasswordList").map(words),
            lockout_threshold: number("LockoutThreshold"),
            lockout_seconds: number("LockoutDurationInSeconds"),
        }
    }

    pub(super) fn is_stated(&self) -> bool {
        self.banned_list_enforced.is_some()
            && self.banned_list_on_premises.is_some()
            && self.banned_words.is_some()
            && self.lockout_threshold.is_some()
            && self.lockout_seconds.is_some()
    }
}

/// What of a sign-in in another tenant is taken for one here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub(super) struct InboundTrustRow {
    /// MFA. Null if the service did not say, as below.
    mfa: Option<bool>,
    /// A compliant device.
    compliant_device: Option<bool>,
    /// A hybrid joined device.
    hybrid_joined_device: Option<bool>,
}

impl InboundTrustRow {
    pub(super) fn of(trust: &InboundTrust) -> Self {
        Self {
            mfa: trust.is_mfa_accepted.0,
            compliant_device: trust.is_compliant_device_accepted.0,
            hybrid_joined_device: trust.is_hybrid_joined_accepted.0,
        }
    }
}

/// A tenant with settings of its own.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct PartnerRow {
    /// The tenant's id, in lower case.
    pub(super) key: String,
    /// The tenant.
    tenant_id: String,
    /// Whether its MFA is accepted. Null if the service did not say, as below.
    mfa: Option<bool>,
    /// Whether its compliant devices are.
    compliant_device: Option<bool>,
    /// Whether its hybrid joined devices are.
    hybrid_joined_device: Option<bool>,
}

impl PartnerRow {
    pub(super) fn of(tenant_id: &str, trust: InboundTrustRow) -> Self {
        Self {
            key: tenant_id.to_lowercase(),
            tenant_id: tenant_id.to_lowercase(),
            mfa: trust.mfa,
            compliant_device: trust.compliant_device,
            hybrid_joined_device: trust.hybrid_joined_device,
        }
    }
}

/// A domain of the tenant.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct DomainRow {
    /// The domain, in lower case.
    key: String,
    /// The domain.
    id: String,
    /// `Managed` or `Federated`: who checks passwords. Null if the service did not say, as below.
    authentication: Option<String>,
    /// Whether new accounts get it.
    default: Option<bool>,
    /// Whether it was proven to be the tenant's.
    verified: Option<bool>,
    /// For how many days a password is valid; 2147483647 is for ever. Null if nothing was set, too.
    password_validity_days: Option<u64>,
}

impl DomainRow {
    /// By key. Of one that is listed twice, what the two do not agree on is null.
    pub(super) fn all(domains: &[Domain]) -> Vec<Self> {
        let mut rows: BTreeMap<String, Self> = BTreeMap::new();
        for domain in domains {
            let row = Self {
                key: domain.id.to_lowercase(),
                id: domain.id.clone(),
                authentication: domain.authentication_type.0.clone(),
                default: domain.is_default.0,
                verified: domain.is_verified.0,
                password_validity_days: domain.password_validity_period_in_days.0,
            };
            match rows.get_mut(&row.key) {
                Some(known) => {
                    known.authentication = agreed(known.authentication.take(), row.authentication);
                    known.default = agreed(known.default, row.default);
                    known.verified = agreed(known.verified, row.verified);
                    known.password_validity_days = agreed(known.password_validity_days, row.password_validity_days);
                }
                None => {
                    rows.insert(row.key.clone(), row);
                }
            }
        }
        rows.into_values().collect()
    }
}
