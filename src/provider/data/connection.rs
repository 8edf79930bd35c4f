//! `azposture_connection`: who am I, what do I see, is the connection ready.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;

use crate::{
    azure::{self, Cloud, settings::ScopeSetting, tenant::claims::Claims},
    posture::{
        Place, Reason, Subject, Unreadable,
        connection::{self as judged, ConnectionCheck, JudgedCheck, Need, Readiness, catalogue},
        graph_permission::Holder,
        seen,
    },
    provider::{
        collect::{
            estate::scope::Subscription,
            facts::{
                checklist::{self, Asked, FoundOut},
                signed_in::{self, SignedIn},
            },
            stop::Stop,
            twice,
        },
        context::Context,
        frame::{self, UnreadableRow},
        selection,
        words::{Area, ClientId, SubscriptionId, lowered},
    },
    sdk::{
        Diagnostics, Path, Result, Value,
        entry::{DataSource, DataSourceEntry, Page},
        rules::unknown_word,
    },
    text::quoted,
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<Connection>()];

/// Who is signed in, what that sign-in sees, and whether the connection has what it needs: a checklist in which every line has a
/// status, what it rests on, and the one next step.
///
/// A red check is an answer, not an error: only a failed sign-in is one. To stop a plan, use `azposture_connection_validation`.
/// Checks of an area that the provider's `areas` leave out are `off`, and nothing is read for them.
///
/// The checks, each with its level and what holds when it passes:
///
/// - `application_enabled` (required; area `identity`): The own service principal is enabled.
/// - `cloud_matches` (required): The tenant lives in the configured cloud.
/// - `credential_expiry` (advisory): The own credential does not end within 30 days and lives at most a year.
/// - `defender_assessments_present` (advisory; area `posture`; per subscription): Defender for Cloud has at least one assessment.
/// - `defender_coverage_full` (advisory; area `posture`; per subscription): Every plan that is on covers everything.
/// - `defender_foundational_on` (advisory; area `posture`; per subscription): The free posture tier is on.
/// - `defender_plan_for_area` (advisory; area `posture`; per subscription): Every plan that the resources need is on.
/// - `defender_plans_readable` (required; area `posture`; per subscription): The Defender plans are readable.
/// - `defender_registered` (required; area `posture`; per subscription): Microsoft.Security is registered.
/// - `defender_scan_done` (advisory; area `posture`; per subscription): Servers and images were scanned where their plan is on.
/// - `graph_access_review_read` (advisory; area `identity`): Access reviews are readable.
/// - `graph_admin_consent` (required; area `identity`): Every requested Application permission is consented.
/// - `graph_audit_log_read` (advisory; area `identity`): Sign-ins and MFA registration are readable.
/// - `graph_directory_read` (required; area `identity`): The directory is readable.
/// - `graph_permission_kind` (required; area `identity`): An application holds Application permissions, not Delegated ones.
/// - `graph_policy_read` (advisory; area `identity`): Conditional Access and other policies are readable.
/// - `graph_reachable` (required; area `identity`): Microsoft Graph answers.
/// - `graph_role_schedules_read` (advisory; area `identity`): Eligible and active directory roles are readable.
/// - `graph_synchronization_read` (advisory; area `identity`): Provisioning jobs are readable.
/// - `key_vault_readable` (advisory; area `data`; per subscription): Key vaults are readable through Azure Resource Manager.
/// - `leavers_in_scope` (advisory; area `identity`): No disabled account with active roles is hidden.
/// - `license_p1` (advisory; area `identity`): The tenant has Entra ID P1.
/// - `license_p2` (advisory; area `identity`): The tenant has Entra ID P2.
/// - `management_group_readable` (advisory): The management groups are readable.
/// - `policy_states_readable` (advisory; area `governance`; per subscription): Policy states are readable.
/// - `private_clusters` (advisory; area `compute`; per subscription): AKS clusters with a private API server are known.
/// - `providers_registered` (advisory; per subscription): The resource providers of the resources are registered.
/// - `resource_graph_usable` (required): Azure Resource Graph answers.
/// - `role_excess` (advisory; per subscription): The sign-in holds no more than reads.
/// - `role_monitoring_reader` (required; area `observability`; per subscription): Azure Monitor settings are readable.
/// - `role_reader` (required; per subscription): Everything that the areas read is readable.
/// - `role_security_reader` (required; area `posture`; per subscription): Defender for Cloud is readable.
/// - `scim_overrides_scope` (advisory; area `identity`): No provisioning overrides `identity_scope`.
/// - `scope_complete` (required): All expected subscriptions are visible.
/// - `sign_in` (required): A token was issued.
/// - `subscription_detected` (required): At least one subscription is visible.
/// - `subscription_enabled` (required; per subscription): The subscription is enabled.
/// - `subscription_tenant_matches` (required; per subscription): The subscription belongs to the tenant of the sign-in.
/// - `tenant_matches` (required): Token, directory and configuration name one tenant.
/// - `user_sign_in_limits` (advisory; area `identity`): The sign-in is not a user's.
///
/// `management_group_readable` is required in connections to a management group or the tenant, `resource_graph_usable` only where a
/// list comes from Azure Resource Graph, and `subscription_enabled` is advice while a subscription is `Warned` or `PastDue`.
///
/// `ready` is about what no area can do without. `ready_for` says for each part of the provider what is missing for it, whatever
/// `check_ids` chooses, so it is always read. The checks behind each: `subscriptions`: `sign_in`, `cloud_matches`, `tenant_matches`,
/// `subscription_*`, `scope_complete`, and `management_group_readable` where it is required; with these `posture`:
/// `role_security_reader`, `defender_registered`, `defender_plans_readable`, `defender_foundational_on`; `policy`: `role_reader`,
/// `policy_states_readable`; `resources` and `role_assignments`: `role_reader`. `directory`: `graph_reachable`, `graph_permission_kind`,
/// `graph_admin_consent`, `graph_directory_read`; with these `sign_in_activity`: `graph_audit_log_read`, `license_p1`; `mfa_coverage`:
/// `graph_policy_read`, `graph_audit_log_read`; `pim`: `graph_role_schedules_read`, `license_p2`; `access_reviews`:
/// `graph_access_review_read`; `provisioning`: `graph_synchronization_read`.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Checks to judge: ids, or globs such as `role_*` (`*` any run, `?` any one character). Default all; one that names no check is an
    /// error.
    #[schemars(length(min = 1))]
    check_ids: Option<BTreeSet<String>>,
    /// Subscriptions to look at, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Client ids of the enterprise applications that provision people, for `scim_overrides_scope`. Default none, which leaves that
    /// check not applicable.
    #[schemars(length(min = 1))]
    provisioning_client_ids: Option<BTreeSet<ClientId>>,
}

/// One check.
#[derive(Serialize, JsonSchema)]
struct CheckRow {
    /// `id|subscription_id`, or the id alone for a check of the connection as a whole: unique and stable.
    key: String,
    /// `role_reader`
    id: String,
    /// `required` (counts for `ready`) or `advisory`.
    level: String,
    /// `pass`, `fail`, `unknown` (it could not be seen), `not_applicable`, `off` (its area is switched off).
    status: String,
    /// The subscription it is about, a lower-case GUID. Null for the connection as a whole.
    subscription_id: Option<String>,
    /// What was found, in a sentence.
    detail: String,
    /// What it rests on: `name=value`, separated by blanks. Anything but a pass has a `reason`, where it has one.
    evidence: String,
    /// The one next step. Null where nothing is to be done.
    remediation: Option<String>,
}

/// Whether a part of the provider has what it needs.
#[derive(Serialize, JsonSchema)]
struct FeatureRow {
    /// `false` if one of its checks fails. Null if none does, and one could not be seen or is off.
    ready: Option<bool>,
    /// Keys of the checks in the way.
    missing: Vec<String>,
}

/// A subscription that the sign-in sees.
#[derive(Serialize, JsonSchema)]
struct DetectedRow {
    /// Lower-case GUID: unique and stable.
    key: String,
    /// `/subscriptions/…`
    id: String,
    /// Its name. Null if the service did not say.
    display_name: Option<String>,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled`, `Deleted`. Null if the service did not say.
    state: Option<String>,
    /// The tenant that owns it, a GUID. Null if the service did not say.
    tenant_id: Option<String>,
    /// Whether the connection stands for it.
    in_scope: bool,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// Whether no chosen check of level `required` is `fail` or `unknown`.
    ready: bool,
    /// Whether each part of the provider has what it needs, by name: `subscriptions`, `posture`, `policy`, `resources`,
    /// `role_assignments`, `directory`, `sign_in_activity`, `mfa_coverage`, `pim`, `access_reviews`, `provisioning`.
    ready_for: BTreeMap<String, FeatureRow>,
    /// `application`, `user` or `managed_identity`.
    principal_type: String,
    /// Object id of the principal. Null if the token does not say.
    object_id: Option<String>,
    /// Client id of the application that signed in; for a user, of the application they came through. Null if the token does not say.
    client_id: Option<String>,
    /// Tenant of the sign-in, a GUID. Null if the token does not say.
    tenant_id: Option<String>,
    /// The tenant's name. Null if unreadable, or if the area `identity` is off.
    tenant_display_name: Option<String>,
    /// The user's name. Null for applications, and under `personal_data = "redact"`.
    #[schemars(extend("x-personal" = true))]
    user_principal_name: Option<String>,
    /// The cloud: `public`, `usgovernment`, `dod`, `china`, `custom`, `demo`.
    environment: String,
    /// Where the tenant is, as its sign-in host says: `EU`, `NA`, `USGov/DODCON` … Null if it does not say.
    tenant_region: Option<String>,
    /// Host of Azure Resource Manager.
    resource_manager_host: String,
    /// Host of Microsoft Graph.
    graph_host: String,
    /// `client_certificate`, `client_secret`, `oidc_token`, `oidc_azure_devops`, `oidc_github`, `aks_workload_identity`, `msi`, `cli`, `demo`.
    sign_in_method: String,
    /// What named that method: `block` (the provider block) or `environment` (variables, or nothing at all, which means Azure CLI).
    sign_in_source: String,
    /// What the connection stands for: `subscription`, `subscriptions`, `management_group`, `tenant`.
    scope_type: String,
    /// The subscription, management group or tenant. Null for several subscriptions, and if the subscription was not found.
    scope_id: Option<String>,
    /// The subscriptions of the connection that are visible, lower-case GUIDs. Null if they could not be read.
    visible_subscription_ids: Option<Vec<String>>,
    /// The subscriptions that `exclude_subscription_ids` and `exclude_management_group_ids` leave out, lower-case GUIDs. Null if it is not
    /// known which those are.
    excluded_subscription_ids: Option<Vec<String>>,
    /// Every subscription that the sign-in sees, in the connection's scope or not, by key. Null if they could not be listed.
    detected_subscriptions: Option<Vec<DetectedRow>>,
    /// Application permissions of Microsoft Graph in the token. Null if there is no readable token, or if the area `identity` is off.
    graph_permissions: Option<Vec<String>>,
    /// Delegated permissions of Microsoft Graph in the token of a user. Null as above.
    delegated_permissions: Option<Vec<String>>,
    /// Role template ids of the directory roles in the token. Null as above.
    directory_role_template_ids: Option<Vec<String>>,
    /// Entra ID licences in use: `P1`, `P2`, `Governance`, `WorkloadId`. Null if unreadable, or if the area `identity` is off.
    license_plans: Option<Vec<String>>,
    /// When the credential that signed in ends, RFC 3339. Null if it has no end, or if it is not known which of several is in use.
    credential_expires_on: Option<String>,
    /// The chosen checks, by key.
    checks: Vec<CheckRow>,
    /// Whether everything the answer depends on was read.
    complete: bool,
    /// What could not be read, why, and what to grant.
    unreadable: Vec<UnreadableRow>,
}

struct Connection;

impl DataSource for Connection {
    const NAME: &'static str = "connection";
    const PAGE: Page = Page {
        subcategory: "Connection",
        permissions: "None to ask; each check names what it needs. A connection that reads everything holds the role Reader at its scope, \
                      Management Group Reader at the root for `tenant_wide`, and the Microsoft Graph Application permissions \
                      Directory.Read.All (users, groups, applications), Policy.Read.All (Conditional Access and other policies), \
                      AuditLog.Read.All (last sign-ins, MFA registration) and RoleManagement.Read.Directory (directory roles, eligible ones \
                      too), with admin consent.",
    };
    type Context = Context;
    const AREA: Option<Area> = None;
    type Arguments = Arguments;
    type Attributes = Attributes;

    fn check(arguments: &Value, problems: &mut Diagnostics) {
        require_known_checks(arguments, problems);
    }

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let chosen = chosen(arguments.check_ids.as_ref())?;
        let signed_in = signed_in::sign_in(context).await.map_err(Stop::Failed)?;
        let cloud = context.client.cloud().await.map_err(Stop::Failed)?;
        let subscription_ids = lowered(&arguments.subscription_ids, |id| &id.0);
        let provisioning_client_ids = lowered(&arguments.provisioning_client_ids, |id| &id.0);
        let areas = context.areas.clone();
        let mut needs = catalogue::needs(&chosen, &areas);
        needs.extend(catalogue::needs(&judged::checks_of_features(), &areas));
        needs.extend(ALWAYS);
        let asked = Asked {
            needs,
            subscription_ids: subscription_ids.as_ref(),
            provisioning_client_ids: provisioning_client_ids.as_ref(),
        };
        let found = checklist::facts(context, &signed_in, &asked).await?;
        let rows = judged::judge(&chosen, &found.facts);
        let of_features = judged::judge(&judged::checks_of_features(), &found.facts);
        let gaps = rows.iter().chain(&of_features).flat_map(|row| row.verdict.gaps.clone());
        let twofold = found.detected.iter().flatten().filter(|(one, in_scope)| *in_scope && one.twofold).map(|(one, _)| {
            let scope = format!("/subscriptions/{}", one.id);
            twice::gap(Subject::Subscriptions, Place::of(&scope), &scope)
        });
        let gaps: Vec<Unreadable> =
            gaps.chain(found.scope_gaps.clone()).chain(unread_attributes(context, &found)).chain(twofold).collect();
        frame::warn_of_gaps(&gaps, warnings);
        let which = "no application in the tenant has the client id";
        selection::warn("provisioning_client_ids", "Application", which, &found.facts.directory.strangers, warnings);
        Ok(attributes(context, cloud, &signed_in, found, &rows, gaps))
    }
}

/// What the answer says beside the checks.
const ALWAYS: &[Need] = &[Need::Credential, Need::Discovery, Need::Licences, Need::Organization, Need::Token];

fn attributes(
    context: &Context,
    cloud: &Cloud,
    signed_in: &SignedIn,
    found: FoundOut,
    rows: &[JudgedCheck],
    gaps: Vec<Unreadable>,
) -> Attributes {
    let facts = found.facts;
    let shown = |name: String| azure::shown(&name, context.client.settings().redacts_people).into_owned();
    let of_token = |list: fn(&Claims) -> Vec<String>| found.graph_claims.as_ref().map(list);
    let person = signed_in.claims.as_ref().filter(|_| facts.sign_in.holder == Holder::User);
    Attributes {
        ready: judged::ready(rows),
        ready_for: judged::ready_for(&facts).into_iter().map(|(name, own)| (name.to_owned(), feature(own))).collect(),
        detected_subscriptions: found.detected.map(|all| all.iter().map(|(one, in_scope)| detected(one, *in_scope)).collect()),
        principal_type: principal_type(facts.sign_in.holder).to_owned(),
        scope_type: facts.scope.kind.to_owned(),
        scope_id: scope_id(context, &facts.sign_in.tenant_id, found.visible.as_deref().unwrap_or_default()),
        object_id: facts.sign_in.object_id,
        client_id: facts.sign_in.client_id,
        tenant_id: facts.sign_in.tenant_id,
        tenant_display_name: facts.directory.organization.whole().ok().and_then(|own| own.display_name.clone()).map(shown),
        user_principal_name: person.and_then(Claims::user_principal_name).map(str::to_owned),
        environment: context.client.settings().environment.word().to_owned(),
        tenant_region: found.region,
        resource_manager_host: cloud.resource_manager.host_str().unwrap_or_default().to_owned(),
        graph_host: cloud.graph_host().to_owned(),
        sign_in_method: signed_in.method.to_owned(),
        sign_in_source: context.client.settings().sign_in_source.word().to_owned(),
        visible_subscription_ids: found.visible,
        excluded_subscription_ids: found.excluded,
        graph_permissions: of_token(|claims| sorted(claims.roles.clone())),
        delegated_permissions: of_token(Claims::delegated),
        directory_role_template_ids: of_token(|claims| sorted(directory_roles(claims))),
        license_plans: facts.directory.licences.whole().ok().map(|held| held.iter().map(|name| (*name).to_owned()).collect()),
        credential_expires_on: facts
            .sign_in
            .credential
            .ends(facts.today)
            .and_then(|end| end.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()),
        checks: rows.iter().map(as_row).collect(),
        complete: seen::complete(&gaps),
        unreadable: frame::rows(gaps),
    }
}

/// A template id that every token without directory roles carries.
const NO_DIRECTORY_ROLE: &str = "0997a1d0-0d1d-4acb-b408-d5ca73121e90";

fn directory_roles(claims: &Claims) -> Vec<String> {
    claims.wids.iter().filter(|id| !id.eq_ignore_ascii_case(NO_DIRECTORY_ROLE)).map(|id| id.to_ascii_lowercase()).collect()
}

fn principal_type(holder: Holder) -> &'static str {
    match holder {
        Holder::Application => "application",
        Holder::ManagedIdentity => "managed_identity",
        Holder::User => "user",
    }
}

fn scope_id(context: &Context, tenant_id: &Option<String>, visible: &[String]) -> Option<String> {
    match &context.client.settings().scope {
        ScopeSetting::Detect => visible.first().cloned(),
        ScopeSetting::ManagementGroup(name) => Some(name.clone()),
        ScopeSetting::Subscriptions(ids) => ids.first().filter(|_| ids.len() == 1).cloned(),
        ScopeSetting::Tenant => tenant_id.clone(),
    }
}

const OPAQUE: &str =
    "The token for Microsoft Graph does not say what it allows. Look whether something answers in its stead, and report this.";

/// Attributes that are null because a read failed or what it answered may not be all, whatever the checks say about it.
fn unread_attributes(context: &Context, found: &FoundOut) -> Vec<Unreadable> {
    if !context.areas.contains(&Area::Identity) {
        return Vec::new();
    }
    let directory = &found.facts.directory;
    let unread = [directory.token.gap(), directory.organization.gap(), directory.licences.gap()];
    let opaque = || Unreadable {
        reason: Reason::Hidden,
        code: String::new(),
        remedy: OPAQUE.to_owned(),
        ..Unreadable::unasked(Subject::Token)
    };
    let opaque = directory.token.whole().is_ok_and(Option::is_none).then(opaque);
    unread.into_iter().flatten().cloned().chain(opaque).collect()
}

fn feature(own: Readiness) -> FeatureRow {
    FeatureRow { ready: own.ready, missing: own.missing }
}

fn detected(subscription: &Subscription, in_scope: bool) -> DetectedRow {
    DetectedRow {
        key: subscription.id.clone(),
        id: format!("/subscriptions/{}", subscription.id),
        display_name: subscription.display_name.clone(),
        state: Some(subscription.state.clone()).filter(|state| !state.is_empty()),
        tenant_id: subscription.tenant_id.clone(),
        in_scope,
    }
}

fn as_row(row: &JudgedCheck) -> CheckRow {
    CheckRow {
        key: row.key(),
        id: row.id.to_owned(),
        level: row.level.word().to_owned(),
        status: row.verdict.status.word().to_owned(),
        subscription_id: row.subscription_id.clone(),
        detail: row.verdict.detail.clone(),
        evidence: row.verdict.evidence(),
        remediation: row.verdict.remediation.clone(),
    }
}

fn sorted(mut all: Vec<String>) -> Vec<String> {
    all.sort();
    all
}

/// The chosen checks; a text that names none is an error with the nearest ids.
pub(in crate::provider) fn chosen(check_ids: Option<&BTreeSet<String>>) -> Result<Vec<&'static ConnectionCheck>> {
    catalogue::select(check_ids).map_err(|unknown| {
        let mut problems = Diagnostics::new();
        problems.error(Path::attribute("check_ids"), unknown_summary(&unknown), unknown_detail(&unknown));
        problems
    })
}

/// The same at validate time, for what is known by then.
pub(in crate::provider) fn require_known_checks(arguments: &Value, problems: &mut Diagnostics) {
    let Value::List(texts) = arguments.get("check_ids") else { return };
    for text in texts {
        match text.as_str().filter(|text| !text.is_empty() && !catalogue::knows(text)) {
            Some(unknown) => {
                problems.error(Path::attribute("check_ids"), unknown_summary(unknown), unknown_detail(unknown));
            }
            None => continue,
        }
    }
}

/// A pattern without a match selects nothing; a plain id without one is a misspelling.
fn unknown_summary(text: &str) -> &'static str {
    if text.contains(['*', '?']) { "Nothing selected" } else { "Unknown value" }
}

fn unknown_detail(text: &str) -> String {
    match text.contains(['*', '?']) {
        true => {
            format!(
                "`check_ids` holds the pattern {}, which matches no check. The page of `azposture_connection` lists them.",
                quoted(text)
            )
        }
        false => format!("`check_ids` {}", unknown_word(text, &catalogue::ids())),
    }
}
