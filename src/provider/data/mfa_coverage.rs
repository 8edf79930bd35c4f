//! `azposture_mfa_coverage`: per user and target, whether Conditional Access enforces MFA, by what, and why not.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    azure,
    posture::{
        Subject,
        conditional_access::{AccessPolicy, Ground, Judge, Licence, MfaCoverage, MfaVerdict, PolicyState, Target},
        people::{self, is_guest},
    },
    provider::{
        collect::{
            facts::covered::{Covered, Who},
            lists::accounts::{Account, Registered},
        },
        context::Context,
        data::users::Hidden,
        frame::{Counting, Listing, Table},
        selection,
        words::{Area, MfaStatus, MfaTarget, ObjectId, RoleTemplateId, UserType, lowered},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<MfaCoverageSource>()];

/// Whether a person can get in without MFA: for each user and target the verdict, the policies of Conditional Access that give it, and the
/// exact gap where they do not.
///
/// `enforced`: policies that apply to the person, on any client, platform, device, location and risk, cannot be met without MFA. `partial`:
/// such policies with gaps. `not_enforced`: none. `blocked`: no sign-in is possible. `unknown`: something that could make it better was not
/// read or is not understood. `not_applicable`: the account is disabled, or an agent. The guide "How MFA coverage is judged" has every
/// condition.
///
/// MFA by user (the older kind) and Microsoft's own mandatory MFA are no Conditional Access and never count. Whoever is `enforced` and has
/// registered no method (`not_registered`) registers one at the next sign-in, whoever that is.
///
/// **What it costs.** The requests of `azposture_users`, those of `azposture_conditional_access_policies`, and the role assignments of every
/// subscription, which tell who is privileged. **Freshness.** Policies: the moment. Registered methods: up to a day.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// What is signed in to. Default `all_apps`.
    #[schemars(length(min = 1))]
    targets: Option<BTreeSet<MfaTarget>>,
    /// Object ids of users to return. Default all; one that the directory does not have is an error.
    #[schemars(length(min = 1))]
    user_ids: Option<BTreeSet<ObjectId>>,
    /// Object ids of groups whose members to return, nested ones too. A group that is not there, or in which no user is, is an error.
    #[schemars(length(min = 1))]
    group_ids: Option<BTreeSet<ObjectId>>,
    /// Template ids of directory roles whose holders to return, those included who could activate it.
    #[schemars(length(min = 1))]
    directory_role_template_ids: Option<BTreeSet<RoleTemplateId>>,
    /// Kinds of users to return. Default all. One whose kind is not stated is always returned.
    #[schemars(length(min = 1))]
    user_types: Option<BTreeSet<UserType>>,
    /// Only those who hold a privileged directory role, Owner or User Access Administrator, or could activate one. Default `false`.
    privileged_only: Option<bool>,
    /// Verdicts to return. Default `partial`, `not_enforced` and `unknown`.
    #[schemars(length(min = 1))]
    statuses: Option<BTreeSet<MfaStatus>>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts. They are of everybody that the filters admit but `statuses`.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Rows that met the filters, `statuses` included.
    matched: Option<usize>,
    /// Rows returned.
    returned: usize,
    /// People, without agents.
    users: Option<usize>,
    /// Accounts of agents.
    agents: Option<usize>,
    /// People whom `identity_scope` of the provider hides, whatever the filters.
    hidden_by_scope: Option<usize>,
    /// Those of them who hold a directory role, Owner or User Access Administrator, or could activate one.
    hidden_privileged: Option<usize>,
    /// People of whom MFA is enforced somewhere and who have registered no method. Null where the report could not be read.
    enforced_not_registered: Option<usize>,
    /// People who have registered a method and of whom no MFA is enforced somewhere. Null where the report could not be read.
    registered_not_enforced: Option<usize>,
    /// Rows by verdict.
    by_verdict: Option<BTreeMap<String, usize>>,
    /// Rows by reason.
    by_reason: Option<BTreeMap<String, usize>>,
}

/// One person at one target.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Row {
    /// `user_id|target`
    key: String,
    /// Object id, lower case.
    user_id: String,
    /// `all_apps`, `azure_management` or `admin_portals`.
    target: &'static str,
    /// `enforced`, `partial`, `not_enforced`, `blocked`, `unknown` or `not_applicable`.
    verdict: &'static str,
    /// User principal name.
    #[schemars(extend("x-personal" = true))]
    user_principal_name: Option<String>,
    /// Name.
    #[schemars(extend("x-personal" = true))]
    display_name: Option<String>,
    /// `Member` or `Guest`. Null if the service did not say.
    user_type: Option<String>,
    /// `member`, `guest`, `unlicensed`, `directory_sync`, `agent`, or `emergency_access_candidate`: excluded everywhere and Global
    /// Administrator. Null if what decides was not said.
    category: Option<&'static str>,
    /// `conditional_access` or `security_defaults`: what gives as much of MFA as there is. Null if nothing does.
    enforced_by: Option<&'static str>,
    /// Ids of the policies that give the verdict.
    policy_ids: Vec<String>,
    /// Ids of those that would give a better one, but for the reasons.
    near_policy_ids: Vec<String>,
    /// Why, as words, and what else is worth knowing; the guide "How MFA coverage is judged" explains them. Empty for `enforced` and `blocked` where nothing
    /// is.
    reasons: Vec<&'static str>,
    /// One sentence that names policies, exclusions by id, and conditions.
    explanation: String,
    /// What the policies that are only reported would give. Null without any.
    report_only_verdict: Option<&'static str>,
    /// Whether a method is registered that counts as a second factor. Null if that was not seen; who is disabled is in no report.
    mfa_registered: Option<bool>,
    /// Whether one of them is allowed, besides. Null likewise.
    mfa_capable: Option<bool>,
    /// Whether no legacy client gets in. Null if that is not known.
    legacy_authentication_blocked: Option<bool>,
    /// Whether the person holds a privileged directory role, Owner or User Access Administrator, or could activate one. Null if that could
    /// not be read.
    privileged: Option<bool>,
    /// Template ids of the directory roles that the person could activate. Null if that could not be read.
    eligible_roles: Option<Vec<String>>,
}

/// A group that a policy names and that does not exist.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct DanglingRow {
    /// `policy_id|side|object_id`
    key: String,
    /// The policy.
    policy_id: String,
    /// `include` or `exclude`.
    side: &'static str,
    /// The group.
    object_id: String,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The rows: `not_enforced` first, then `unknown`, `partial`, `blocked`, `enforced`, `not_applicable`, each by key.
    coverage: Vec<Row>,
    /// Whether security defaults are on. Null if unreadable.
    security_defaults_enabled: Option<bool>,
    /// Policies for people that are enabled or only reported. Null if unreadable.
    policies_evaluated: Option<usize>,
    /// Groups that such policies name and that do not exist, by key.
    dangling: Vec<DanglingRow>,
    /// The best licence of the tenant that has Conditional Access: `P1` or `P2`, or `none`. Null if unreadable.
    license: Option<&'static str>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct MfaCoverageSource;

impl DataSource for MfaCoverageSource {
    const NAME: &'static str = "mfa_coverage";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "Microsoft Graph application permissions with admin consent: `Policy.Read.All`; `User.Read.All`, \
                      `GroupMember.Read.All` and `RoleManagement.Read.Directory` (`Directory.Read.All` for the three); \
                      `RoleEligibilitySchedule.Read.Directory` for roles that could be activated; `AuditLog.Read.All` for what is \
                      registered; `Organization.Read.All` (`LicenseAssignment.Read.All`, `Directory.Read.All`) for the licence. Azure: \
                      `Microsoft.Authorization/roleAssignments/read`, to tell who is privileged.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let who = Who {
            user_ids: lowered(&arguments.user_ids, |id| &id.0),
            group_ids: lowered(&arguments.group_ids, |id| &id.0),
            role_template_ids: lowered(&arguments.directory_role_template_ids, |id| &id.0),
            privileged: arguments.privileged_only == Some(true),
            any: false,
        };
        let mut covered = Covered::of(context, &who, |account| is_of_type(account, &arguments.user_types)).await?;
        selection::warn_of_scope(&covered.people.unmatched, warnings);
        let hidden = Hidden::of(context, &covered.people).await?;
        let rows = rows(&covered, arguments.targets.as_ref());
        let mut gaps = std::mem::take(&mut covered.gaps);
        gaps.extend(hidden.gaps.iter().cloned());
        let counting = Counting::on(&gaps, &[Subject::RegistrationDetails, Subject::SignInActivity]);
        let reported = Counting::on(&gaps, &[Subject::SignInActivity]);
        let (hidden_by_scope, hidden_privileged) = hidden.counts(counting);
        let users = covered.accounts.iter().filter(|one| !one.is_agent()).count();
        let is = |row: &&Row, verdicts: &[MfaVerdict]| verdicts.iter().any(|one| one.word() == row.verdict);
        let people_with =
            |holds: &dyn Fn(&&Row) -> bool| rows.iter().filter(holds).map(|row| &row.user_id).collect::<BTreeSet<_>>().len();
        let unregistered = people_with(&|row| is(row, &[MfaVerdict::Enforced]) && row.mfa_registered == Some(false));
        let unasked = people_with(&|row| is(row, &[MfaVerdict::NotEnforced]) && row.mfa_registered == Some(true));
        let mut summary = Summary {
            matched: None,
            returned: 0,
            users: counting.count(users),
            agents: counting.count(covered.accounts.len() - users),
            hidden_by_scope,
            hidden_privileged,
            enforced_not_registered: reported.count(unregistered),
            registered_not_enforced: reported.count(unasked),
            by_verdict: counting.by(counted(rows.iter().map(|row| row.verdict))),
            by_reason: counting.by(counted(rows.iter().flat_map(|row| row.reasons.iter().copied()))),
        };
        let mut table = Table::of(rows, arguments.limit, |row: &Row| &row.key, |known, _| known);
        table.retain(|row| is_wanted(row.verdict, arguments.statuses.as_ref()));
        let table = table.ranked(|row| (rank(row.verdict), row.key.clone()));
        summary.matched = counting.count(table.matched());
        summary.returned = table.returned();
        let judge = Judge::of(&covered.evidence.facts);
        let facts = &covered.evidence.facts;
        let policies = facts.policies.whole().ok().map(|all| all.iter().filter(|one| is_evaluated(one)).count());
        let dangling = judge.dangling().into_iter().map(|one| {
            let side = if one.excluded { "exclude" } else { "include" };
            DanglingRow {
                key: format!("{}|{side}|{}", one.policy_id, one.group_id),
                policy_id: one.policy_id,
                side,
                object_id: one.group_id,
            }
        });
        let (coverage, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes {
            coverage,
            security_defaults_enabled: facts.security_defaults.whole().ok().copied(),
            policies_evaluated: policies,
            dangling: dangling.collect(),
            license: facts.licence.whole().ok().map(|licence| match licence {
                Licence::P1 => "P1",
                Licence::P2 => "P2",
                Licence::Nothing | Licence::Without => "none",
            }),
            listing,
        })
    }
}

fn is_evaluated(policy: &AccessPolicy) -> bool {
    policy.kind == crate::posture::conditional_access::PolicyKind::People && policy.state != PolicyState::Disabled
}

/// Whether an account is of one of these kinds; one whose kind is not stated may be.
pub(in crate::provider) fn is_of_type(account: &Account, types: &Option<BTreeSet<UserType>>) -> bool {
    let Some(types) = types else { return true };
    match (account.user_type.as_deref(), is_guest(account.user_type.as_deref())) {
        (None, _) => true,
        (Some(own), _) => types.iter().any(|one| one.0.eq_ignore_ascii_case(own)),
    }
}

fn counted(words: impl Iterator<Item = &'static str>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word.to_owned()).or_default() += 1;
    }
    counts
}

fn is_wanted(verdict: &str, statuses: Option<&BTreeSet<MfaStatus>>) -> bool {
    match statuses {
        Some(statuses) => statuses.iter().any(|one| one.word() == verdict),
        None => [MfaVerdict::NotEnforced, MfaVerdict::Partial, MfaVerdict::Unknown].iter().any(|one| one.word() == verdict),
    }
}

fn rank(verdict: &str) -> usize {
    const ORDER: [MfaVerdict; 6] = [
        MfaVerdict::NotEnforced,
        MfaVerdict::Unknown,
        MfaVerdict::Partial,
        MfaVerdict::Blocked,
        MfaVerdict::Enforced,
        MfaVerdict::NotApplicable,
    ];
    ORDER.iter().position(|one| one.word() == verdict).unwrap_or(ORDER.len())
}

/// The targets that are asked for.
pub(in crate::provider) fn targets(asked: Option<&BTreeSet<MfaTarget>>) -> Vec<Target> {
    asked.map_or_else(|| vec![Target::AllApps], |asked| asked.iter().copied().collect())
}

fn rows(covered: &Covered, asked: Option<&BTreeSet<MfaTarget>>) -> Vec<Row> {
    let facts = &covered.evidence.facts;
    let policies = facts.policies.so_far().map(Vec::as_slice).unwrap_or_default();
    let judge = Judge::of(facts);
    let mut rows = Vec::new();
    for target in targets(asked) {
        let at = judge.at(target);
        for (place, (account, registered)) in covered.accounts.iter().zip(&covered.registered).enumerate() {
            let Some(coverage) = at.coverage(place) else { continue };
            let explanation = at.explanation(place, &coverage);
            rows.push(row(covered, account, registered.as_ref(), target, &coverage, policies, explanation));
        }
    }
    rows
}

fn row(
    covered: &Covered,
    account: &Account,
    registered: Option<&Registered>,
    target: Target,
    coverage: &MfaCoverage,
    policies: &[AccessPolicy],
    explanation: String,
) -> Row {
    let ids = |places: &[u32]| {
        let own = places.iter().filter_map(|place| policies.get(usize::try_from(*place).ok()?));
        own.map(|policy| policy.id.clone()).collect::<Vec<_>>()
    };
    let is_candidate = coverage.information.contains(&Ground::EmergencyAccessCandidate);
    let privileged = match (covered.privileged.so_far(), covered.privileged.is_whole()) {
        (Ok(ids), _) if ids.contains(&account.id) => Some(true),
        (Ok(_), true) => Some(false),
        _ => None,
    };
    let own_roles = |all: &BTreeMap<String, BTreeSet<String>>| {
        all.get(&account.id).map(|roles| roles.iter().cloned().collect::<Vec<_>>()).unwrap_or_default()
    };
    // Under `redact` these are left out as a whole; else what people wrote holds no token.
    let shown = |text: &Option<String>| text.as_deref().map(|text| azure::shown(text, false).into_owned());
    Row {
        key: format!("{}|{}", account.id, target.word()),
        user_id: account.id.clone(),
        target: target.word(),
        verdict: coverage.verdict.word(),
        user_principal_name: shown(&account.user_principal_name),
        display_name: shown(&account.display_name),
        user_type: account.user_type.clone(),
        category: if is_candidate { Some("emergency_access_candidate") } else { account.category().map(people::Category::word) },
        enforced_by: coverage.enforced_by.map(|by| by.word()),
        policy_ids: ids(&coverage.policies),
        near_policy_ids: ids(&coverage.near),
        reasons: coverage.grounds.iter().chain(&coverage.information).map(|ground| ground.word()).collect(),
        explanation,
        report_only_verdict: coverage.report_only.map(MfaVerdict::word),
        mfa_registered: registered.and_then(|one| one.mfa),
        mfa_capable: registered.and_then(|one| one.capable),
        legacy_authentication_blocked: coverage.legacy_blocked,
        privileged,
        eligible_roles: covered.evidence.eligible.whole().ok().map(own_roles),
    }
}
