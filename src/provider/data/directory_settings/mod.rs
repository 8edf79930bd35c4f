//! `azposture_directory_settings`: what the directory allows: invitations, consent, methods, passwords, other tenants.

mod settings_parts;
mod settings_rows;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    settings_parts::Parts,
    settings_rows::{
        AdminConsent, DefaultUser, DomainRow, Guests, InboundTrustRow, MethodRow, MethodsPolicyRow, PartnerRow, Passwords,
    },
};
use crate::{
    posture::seen,
    provider::{
        context::Context,
        frame::{self, UnreadableRow},
        words::Area,
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<DirectorySettings>()];

/// What the directory of the tenant allows everybody: invitations of guests, consent to applications, ways to sign in, passwords, and what
/// is trusted of other tenants. Custom banned passwords are counted, never returned.
///
/// A part that could not be read, or of which Microsoft Graph does not say all, is null, and `unreadable` says why; so `null` never means
/// "off". Eight requests, whatever the size of the directory. Changes show within minutes.
#[derive(Deserialize, JsonSchema)]
struct Arguments {}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// Whether security defaults are on: MFA as Microsoft sees fit, for tenants without Conditional Access. Null if unreadable.
    security_defaults_enabled: Option<bool>,
    /// Guests. Null if unreadable.
    guests: Option<Guests>,
    /// What members may do without any role. Null if unreadable.
    default_user: Option<DefaultUser>,
    /// How users ask an administrator for consent. Null if unreadable.
    admin_consent: Option<AdminConsent>,
    /// The ways to sign in, by key. Null if unreadable. One that is listed twice has null where the two do not agree.
    authentication_methods: Option<Vec<MethodRow>>,
    /// What else is decided about methods. Null if unreadable.
    methods_policy: Option<MethodsPolicyRow>,
    /// Password protection. Null if unreadable, and if nothing of it was ever changed (then `unreadable` does not name
    /// `directory_settings`): Microsoft's defaults are in force, which are not published here.
    passwords: Option<Passwords>,
    /// What of a sign-in in a guest's own tenant is taken for one here, for every tenant that is not in `partner_tenants`. Null if
    /// unreadable.
    inbound_trust: Option<InboundTrustRow>,
    /// Tenants with settings of their own, by key. Where one has none for trust, the default's stand here. Null if unreadable.
    partner_tenants: Option<Vec<PartnerRow>>,
    /// Whether the old PowerShell module (MSOnline) is kept out. Null if unreadable.
    block_msol_powershell: Option<bool>,
    /// Whether administrators may reset their own passwords. Null if unreadable.
    self_service_password_reset: Option<bool>,
    /// The domains of the tenant, by key. Null if unreadable.
    domains: Option<Vec<DomainRow>>,
    /// Whether everything was read.
    complete: bool,
    /// What could not be read, why, and what to grant.
    unreadable: Vec<UnreadableRow>,
}

struct DirectorySettings;

impl DataSource for DirectorySettings {
    const NAME: &'static str = "directory_settings";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "Microsoft Graph application permissions with admin consent: `Policy.Read.All`, `GroupSettings.Read.All` for \
                      `passwords`, `Domain.Read.All` for `domains`; `Directory.Read.All` instead of the last two.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(_: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let mut parts = Parts::read(context).await?;
        frame::require_any(parts.is_any_read(), &mut parts.gaps)?;
        let passwords = parts.passwords();
        let partner_tenants = parts.partners();
        let Parts { security_defaults, authorization, consent, default, methods, domains, gaps, .. } = parts;
        frame::warn_of_gaps(&gaps, warnings);
        Ok(Attributes {
            security_defaults_enabled: security_defaults,
            guests: authorization.as_deref().map(Guests::of),
            default_user: authorization.as_deref().map(DefaultUser::of),
            admin_consent: consent.as_deref().map(AdminConsent::of),
            authentication_methods: methods.as_deref().and_then(MethodRow::all),
            methods_policy: methods.as_deref().map(MethodsPolicyRow::of),
            passwords,
            inbound_trust: default.as_deref().and_then(|default| default.inbound_trust.as_ref()).map(InboundTrustRow::of),
            partner_tenants,
            block_msol_powershell: authorization.as_deref().and_then(|policy| policy.block_msol_powershell.0),
            self_service_password_reset: authorization.as_deref().and_then(|policy| policy.allowed_to_use_sspr.0),
            domains: domains.as_deref().map(|rows| DomainRow::all(rows)),
            complete: seen::complete(&gaps),
            unreadable: frame::rows(gaps),
        })
    }
}
