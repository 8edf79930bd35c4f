//! The parts of the directory's settings, each with the gap that it is.

use std::{collections::BTreeMap, sync::Arc};

use super::settings_rows::{InboundTrustRow, PartnerRow, Passwords};
use crate::{
    azure,
    posture::{Place, Subject, Unreadable},
    provider::{
        collect::{
            lists::{
                directory_policies::{
                    self as lists, AuthorizationPolicy, ConsentPolicy, CrossTenantDefault, CrossTenantPartner, Domain,
                    GroupSetting, InboundTrust, MethodsPolicy,
                },
                entra,
            },
            stop::Result,
            twice, unread,
        },
        context::Context,
    },
};

/// What was read; of each part none if it could not be, with a gap.
pub(super) struct Parts {
    pub(super) security_defaults: Option<bool>,
    pub(super) authorization: Option<Arc<AuthorizationPolicy>>,
    pub(super) consent: Option<Arc<ConsentPolicy>>,
    pub(super) default: Option<Arc<CrossTenantDefault>>,
    pub(super) partners: Option<Arc<Vec<CrossTenantPartner>>>,
    pub(super) methods: Option<Arc<MethodsPolicy>>,
    pub(super) settings: Option<Arc<Vec<GroupSetting>>>,
    pub(super) domains: Option<Arc<Vec<Domain>>>,
    pub(super) gaps: Vec<Unreadable>,
}

impl Parts {
    pub(super) async fn read(context: &Context) -> Result<Self> {
        let (defaults, authorization, consent, default, partners, methods, settings, domains) = tokio::join!(
            lists::security_defaults(context),
            lists::authorization_policy(context),
            lists::consent_policy(context),
            lists::cross_tenant_default(context),
            lists::cross_tenant_partners(context),
            lists::methods_policy(context),
            lists::group_settings(context),
            lists::domains(context),
        );
        let mut gaps = Vec::new();
        let mut parts = Self {
            security_defaults: part(Subject::SecurityDefaults, defaults, &mut gaps)?,
            authorization: part(Subject::AuthorizationPolicy, authorization, &mut gaps)?,
            consent: part(Subject::ConsentPolicy, consent, &mut gaps)?,
            default: part(Subject::CrossTenantAccess, default, &mut gaps)?,
            partners: part(Subject::CrossTenantAccess, partners, &mut gaps)?,
            methods: part(Subject::AuthenticationMethods, methods, &mut gaps)?,
            settings: part(Subject::DirectorySettings, settings, &mut gaps)?,
            domains: part(Subject::Domains, domains, &mut gaps)?,
            gaps,
        };
        parts.add_unstated()?;
        Ok(parts)
    }

    pub(super) fn is_any_read(&self) -> bool {
        self.security_defaults.is_some()
            || self.authorization.is_some()
            || self.consent.is_some()
            || self.default.is_some()
            || self.partners.is_some()
            || self.methods.is_some()
            || self.settings.is_some()
            || self.domains.is_some()
    }

    /// What an answer leaves out may be anything.
    fn add_unstated(&mut self) -> Result<()> {
        let mut silent: Vec<(Subject, &str)> = Vec::new();
        if let Some(policy) = &self.authorization {
            let own = &policy.default_user_role_permissions;
            let fields = [
                ("allowInvitesFrom", policy.allow_invites_from.is_none()),
                ("guestUserRoleId", policy.guest_user_role_id.is_none()),
                ("blockMsolPowerShell", policy.block_msol_powershell.is_none()),
                ("allowedToUseSSPR", policy.allowed_to_use_sspr.is_none()),
                ("allowedToCreateApps", own.allowed_to_create_apps.is_none()),
                ("allowedToCreateSecurityGroups", own.allowed_to_create_security_groups.is_none()),
                ("allowedToCreateTenants", own.allowed_to_create_tenants.is_none()),
                ("allowedToReadOtherUsers", own.allowed_to_read_other_users.is_none()),
                ("permissionGrantPoliciesAssigned", own.permission_grant_policies_assigned.is_none()),
            ];
            silent
                .extend(fields.iter().filter(|(_, is_silent)| *is_silent).map(|(name, _)| (Subject::AuthorizationPolicy, *name)));
        }
        if let Some(policy) = &self.consent {
            // Where asking is off, nobody is told and nobody decides.
            let is_off = policy.is_enabled.0 == Some(false);
            let fields = [
                ("isEnabled", policy.is_enabled.is_none()),
                ("notifyReviewers", policy.notify_reviewers.is_none() && !is_off),
                ("requestDurationInDays", policy.request_duration_in_days.is_none() && !is_off),
                ("reviewers", policy.reviewers.is_none() && !is_off),
            ];
            silent.extend(fields.iter().filter(|(_, is_silent)| *is_silent).map(|(name, _)| (Subject::ConsentPolicy, *name)));
        }
        if let Some(methods) = &self.methods {
            let each = methods.authentication_method_configurations.as_ref();
            let is_silent = |name: fn(&lists::Method) -> bool| each.is_some_and(|all| all.iter().any(name));
            let campaign = &methods.registration_enforcement.authentication_methods_registration_campaign;
            let fields = [
                ("policyMigrationState", methods.policy_migration_state.is_none()),
                ("authenticationMethodsRegistrationCampaign", campaign.state.is_none()),
                // There is always a way to sign in.
                ("authenticationMethodConfigurations", each.is_none_or(|all| all.is_empty())),
                ("id", is_silent(|method| method.id.is_none())),
                ("state", is_silent(|method| method.is_enabled().is_none())),
                ("includeTargets", is_silent(|method| !method.names_targets())),
            ];
            silent.extend(
                fields.iter().filter(|(_, is_silent)| *is_silent).map(|(name, _)| (Subject::AuthenticationMethods, *name)),
            );
        }
        let trusts = self.default.iter().map(|default| default.inbound_trust.as_ref());
        let own = self.partners.iter().flat_map(|rows| rows.iter()).filter_map(|row| row.inbound_trust.as_ref());
        if trusts.chain(own.map(|trust| trust.as_ref())).any(|trust| !trust.is_some_and(InboundTrust::is_stated)) {
            silent.push((Subject::CrossTenantAccess, "inboundTrust"));
        }
        if self.domains.iter().flat_map(|rows| rows.iter()).any(|domain| !domain.is_stated()) {
            silent.push((Subject::Domains, "authenticationType"));
        }
        for (subject, field) in silent {
            let error = azure::answer::lenient::unstated("read the directory's settings", "Microsoft Graph", field);
            self.gaps.push(unread::gap(subject, Place::Graph, &error)?);
        }
        Ok(())
    }

    /// Password protection; none if nothing of it was ever changed, or if it is said in two ways.
    pub(super) fn passwords(&mut self) -> Option<Passwords> {
        let settings = self.settings.as_ref()?;
        let mut found = settings.iter().filter(|setting| setting.is_of_passwords()).map(Passwords::of);
        let first = found.next()?;
        if found.any(|other| other != first) {
            self.gaps.push(twice::gap(Subject::DirectorySettings, Place::Graph, "the settings of passwords"));
            return None;
        }
        if !first.is_stated() {
            let error = azure::answer::lenient::unstated("list directory settings", "Microsoft Graph", "values");
            self.gaps.extend(unread::gap(Subject::DirectorySettings, Place::Graph, &error).ok());
        }
        Some(first)
    }

    /// Tenants with settings of their own. Of one that is listed twice and not alike nothing is known.
    pub(super) fn partners(&mut self) -> Option<Vec<PartnerRow>> {
        let default = self.default.as_deref().and_then(|default| default.inbound_trust.as_ref()).map(InboundTrustRow::of);
        let mut rows: BTreeMap<String, PartnerRow> = BTreeMap::new();
        let mut twofold = false;
        for partner in self.partners.as_ref()?.iter() {
            let trust = match &partner.inbound_trust {
                None => default.clone(),
                Some(own) => own.as_ref().map(InboundTrustRow::of),
            };
            let row = PartnerRow::of(&partner.tenant_id, trust.unwrap_or_default());
            let known = rows.entry(row.key.clone()).or_insert_with(|| row.clone());
            if *known != row {
                *known = PartnerRow::of(&partner.tenant_id, InboundTrustRow::default());
                twofold = true;
            }
        }
        if twofold {
            self.gaps.push(twice::gap(Subject::CrossTenantAccess, Place::Graph, "a partner tenant"));
        }
        Some(rows.into_values().collect())
    }
}

fn part<T>(subject: Subject, read: azure::Result<T>, gaps: &mut Vec<Unreadable>) -> Result<Option<T>> {
    let (value, unseen) = entra::seen(subject, read)?.into_parts();
    gaps.extend(unseen);
    Ok(value)
}
