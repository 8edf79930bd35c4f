//! `azposture_role_assignment_validation`: a principal can do this, here.

mod advice;
mod wanted;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use advice::{Grants, grant, helps, next_step, with_grants};
use wanted::Wanted;

use crate::{
    azure::settings::ScopeSetting,
    posture::{
        Reason, Status, Subject, Unreadable, Why, any_is_enough,
        rbac::{PrincipalFacts, Requirement, Terms, Verdict},
        resource_id::{canonical, within},
        worst,
    },
    provider::{
        collect::{
            estate::{delegated, scope},
            facts::{
                grants::{self, Named, Reading},
                named,
            },
            lists::authorization::{self, guid_of},
            stop::Stop,
        },
        context::Context,
        validations::{Gate, Judged, Judgement, Line, READABLE},
        words::{Area, ObjectId, Operation, RoleDefinitionId, ScopeId},
    },
    sdk::{
        Diagnostics, Path, Result, Value,
        entry::{Page, Validation, ValidationEntry},
    },
};

/// The validations of this subject.
pub const VALIDATIONS: &[ValidationEntry<Context>] = &[ValidationEntry::of::<RoleAssignmentValidation>()];

/// Verifies that a principal holds roles, or may perform operations, at scopes. What is counted is one requirement at one scope.
///
/// Roles count wherever they come from: given directly, through nested groups, or inherited from above; deny assignments take away. What
/// is given on a condition is not given in full, and what has to be activated first is not given yet; both fail unless accepted. An
/// operation with `*` has to be allowed as a whole: every name of its form, not only the operations there are today. What is judged is
/// the scope itself; what is denied or given further below does not matter.
///
/// A principal whose account is disabled can do nothing, whatever it holds (`principal_disabled`). A condition that names its operations,
/// as the portal's templates do ("not that action, or ..."), narrows those operations only; any other condition narrows the whole role.
///
/// The role definitions that are read decide what an operation is: one that they name under data actions only is an error under
/// `actions`, and the reverse; one that none of them names and that only a wildcard such as `*/read` or `Microsoft.Web/sites/*` covers
/// is unknown (`not_proven`), because it may be misspelt. Named is what any definition spells out, in what it leaves out as well, and
/// `read`, `write` and `delete` of a type that one spells out; a pattern such as `*/listKeys/action` is named by an operation it stands
/// for, and by no pattern of a role. For any other operation name the role that allows it, in
/// `role_definition_names`.
///
/// It passes only on what was certainly read. Where a group, a list or a role that could change the answer cannot be seen, the answer is
/// unknown, and `on_unknown` decides. It orders only what `depends_on` it, and `-target` passes it by.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Object id (not application id) of the user, group or service principal. Required unless `self = true`; both are an error. One that
    /// the directory does not know is an error, too, unless `triggers` or `wait_seconds` say that it may be new.
    principal_id: Option<ObjectId>,
    /// Whether to verify the signed-in principal itself. Default `false`.
    #[serde(rename = "self")]
    own: Option<bool>,
    /// Where: resource ids of the tenant (`/`), management groups, subscriptions, resource groups or resources. Default every subscription of
    /// the connection; one outside its scope is an error, as is one that is not there, unless `triggers` or `wait_seconds` are set.
    #[schemars(length(min = 1))]
    scopes: Option<BTreeSet<ScopeId>>,
    /// Roles by name, as Azure writes them, without case. At least one of the four has to be given; a name that is no role is an error. Of
    /// several roles of one name the one that can be given at the scope is meant; if there are more, that is an error. Where role definitions
    /// could not be read, the name of a custom role is unknown: another one may bear it. A role that cannot
    /// be given at the scope fails (`role_not_assignable`).
    #[schemars(length(min = 1))]
    role_definition_names: Option<BTreeSet<String>>,
    /// Roles as GUIDs or full ids.
    #[schemars(length(min = 1))]
    role_definition_ids: Option<BTreeSet<RoleDefinitionId>>,
    /// Management operations (provider, type and verb: `Microsoft.Storage/storageAccounts/read`), or patterns of them
    /// (`Microsoft.Storage/*/read`). A resource provider that no role definition names is a warning.
    #[schemars(length(min = 1))]
    actions: Option<BTreeSet<Operation>>,
    /// Data operations (`Microsoft.KeyVault/vaults/secrets/getSecret/action`), or patterns of them, likewise.
    #[schemars(length(min = 1))]
    data_actions: Option<BTreeSet<Operation>>,
    /// Whether `all` of what is named is required at each scope, or `any`. Default `all`.
    #[serde(rename = "match")]
    matching: Option<MatchWord>,
    /// Whether a role counts as held if other roles allow everything it allows, as Owner does for Reader. Security Reader and Security Admin
    /// do not allow all that Reader does. Default `true`.
    accept_equivalent: Option<bool>,
    /// Whether what is given on a condition counts. Default `false`: an operation that a condition narrows fails (`conditional_only`).
    accept_conditional: Option<bool>,
    /// Whether what has to be activated first counts. Default `false`.
    accept_eligible: Option<bool>,
}

/// How much of what is named is required.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum MatchWord {
    /// Everything.
    All,
    /// One of them.
    Any,
}

struct RoleAssignmentValidation;

impl Validation for RoleAssignmentValidation {
    const NAME: &'static str = "role_assignment_validation";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "`Microsoft.Authorization/roleAssignments/read`, `…/roleDefinitions/read`, `…/denyAssignments/read` and \
                      `…/roleEligibilityScheduleInstances/read` at the scopes: the role Reader holds them all. Microsoft Graph, \
                      application: `Directory.Read.All`, for the groups of the principal and whether it is enabled.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Gate = Gate;
    type Arguments = Arguments;

    fn check(arguments: &Value, problems: &mut Diagnostics) {
        let own = arguments.get("self") == &Value::Bool(true);
        match arguments.get("principal_id") {
            Value::String(_) if own => problems.extend(two_principals()),
            Value::Null if matches!(arguments.get("self"), Value::Null | Value::Bool(false)) => problems.extend(no_principal()),
            _ => {}
        }
        let named = ["role_definition_names", "role_definition_ids", "actions", "data_actions"];
        if named.iter().all(|name| matches!(arguments.get(name), Value::Null)) {
            let detail = "Name what the principal has to be able to do: `role_definition_names`, `role_definition_ids`, `actions` or \
                          `data_actions`.";
            problems.error(Path::root(), "Nothing selected", detail);
        }
    }

    async fn judge(arguments: &Arguments, gate: &Gate, context: &Context, advice: &mut Diagnostics) -> Judged {
        let scope = scope::scope_of(context).await?;
        let tree = authorization::tree(context).await?;
        let mut unseen: Vec<Unreadable> = Vec::new();
        let mut scopes: Vec<String> = match &arguments.scopes {
            Some(scopes) => scopes.iter().map(|scope| canonical(&scope.0)).collect(),
            None => {
                unseen.extend(scope.gaps(None));
                scope.subscriptions.iter().map(|subscription| format!("/subscriptions/{}", subscription.id)).collect()
            }
        };
        // What lies in a subscription that is expected and not visible is unknown, not outside.
        for gap in scope.gaps(None) {
            let hidden = |wanted: &String| gap.place.is_in_a_subscription() && within(wanted, &gap.place.to_string());
            if scopes.iter().any(hidden) {
                unseen.push(gap.clone());
                scopes.retain(|wanted| !hidden(wanted));
            }
        }
        let is_tenant = matches!(context.client.settings().scope, ScopeSetting::Tenant);
        if let Some(gap) = scopes.iter().find_map(|wanted| authorization::undecided(wanted, &tree)).filter(|_| !is_tenant) {
            unseen.push(gap.clone());
            scopes.retain(|wanted| authorization::undecided(wanted, &tree).is_none());
        }
        for wanted in &scopes {
            authorization::require_inside(wanted, &scope.subscriptions, &tree, context)?;
        }
        let mut lines: Vec<Line> = unseen
            .iter()
            .map(|gap| Line::new(Status::Unknown, [gap.place.to_string().as_str(), "*", gap.reason.word(), out_of_sight(gap)]))
            .collect();
        if scopes.is_empty() {
            return Ok(Judgement::new(HEADINGS, lines, unseen, READABLE.to_owned()));
        }
        let named_scopes: BTreeSet<String> = arguments.scopes.iter().flatten().map(|scope| scope.0.clone()).collect();
        let missing_scopes = named::missing_scopes(context, &named_scopes, &scope.subscriptions, &tree).await?;
        if let Some(missing) = missing_scopes.first().filter(|_| !gate.expects_news()) {
            let detail = format!(
                "there is no {missing}, or nothing it could stand in. What is created in the same apply needs `triggers` or `wait_seconds`."
            );
            return Err(Stop::nothing_selected("scopes", &detail).into());
        }
        let principal = grants::principal(context, whom(arguments)?).await?;
        let ids: BTreeSet<String> = arguments.role_definition_ids.iter().flatten().map(|id| guid_of(&id.0)).collect();
        let named = Named { guids: ids.clone(), live: gate.expects_news() };
        let mut reading = grants::facts(context, &principal, &scopes, (&scope.subscriptions, &tree), named).await?;
        // Whom this directory does not know may be somebody of the tenant that a delegated subscription belongs to, and what was given to
        // whom it does not know (any more) is judged.
        let foreign = scope.subscriptions.iter().any(|subscription| delegated::elsewhere(subscription).is_some());
        let is_given =
            || reading.facts.iter().flat_map(|facts| facts.assignments.rows_so_far()).any(|row| row.principal_id == principal.id);
        if principal.unknown_object && !foreign && !gate.expects_news() && !is_given() {
            return Err(named::nobody(context, "principal_id", &principal.id).await.into());
        }
        if !gate.expects_news() {
            named::require_role_ids(context, &ids, &reading.definitions, &scope.subscriptions).await?;
        }
        let unknown = wanted::unknown_names(arguments, &reading);
        if !unknown.is_empty() && reading.definitions.gaps.is_empty() {
            // It may be a role that can be given somewhere else only.
            reading.look_elsewhere(context, &scope.subscriptions, &unknown).await?;
        }
        let wanted = Wanted::of(arguments, gate, &reading, !context.shows_people(), advice)?;
        let terms = Terms {
            accept_equivalent: arguments.accept_equivalent != Some(false),
            accept_conditional: arguments.accept_conditional == Some(true),
            accept_eligible: arguments.accept_eligible == Some(true),
            just_granted: gate.follows_a_change(),
        };
        // What could be activated matters only where something is missing.
        let missing = |reading: &Reading| {
            let falls_short = |facts: &PrincipalFacts| {
                wanted.at(facts).iter().any(|one| wanted.judge(one, facts, terms).status != Status::Pass)
            };
            reading.facts.iter().any(falls_short)
        };
        if missing(&reading) {
            reading.look_closer(context, terms.accept_eligible).await?;
        }
        let (mut judged, mut grants) = (Vec::new(), Grants::new());
        for facts in &reading.facts {
            for (label, requirement, verdict) in verdicts(arguments, &wanted, facts, terms, &reading) {
                unseen.extend(reading.gaps_of(facts, &verdict));
                lines.push(Line::new(verdict.status, [&facts.scope, &label, Why::shown(verdict.reason), &verdict.detail]));
                // To whom the directory does not know nothing can be given.
                if helps(&verdict) && !principal.unknown_object {
                    grants.entry(grant(&principal, requirement.as_ref())).or_default().insert(facts.scope.clone());
                }
                judged.push((verdict.status, (), verdict));
            }
        }
        unseen.sort();
        unseen.dedup();
        scope::grant_at_the_group(context, unseen.iter_mut().collect()).await;
        let step = worst(judged).map_or_else(|| READABLE.to_owned(), |verdict| next_step(&principal, &verdict));
        let group = scope::group_of(context).await.filter(|_| arguments.scopes.is_none());
        Ok(Judgement::new(HEADINGS, lines, unseen, with_grants(step, &grants, group, scopes.len())))
    }
}

fn two_principals() -> Diagnostics {
    let mut problems = Diagnostics::new();
    let detail = "`principal_id` and `self = true` name two principals. Remove one of them.";
    problems.error(Path::attribute("principal_id"), "Conflicting arguments", detail);
    problems
}

fn no_principal() -> Diagnostics {
    let mut problems = Diagnostics::new();
    let detail = "`principal_id` is null. Give the object id of the principal, or `self = true` for the signed-in one.";
    problems.error(Path::attribute("principal_id"), "Missing argument", detail);
    problems
}

/// The object id, none for the caller. What was unknown at validate can turn out null; that must not silently mean the caller.
fn whom(arguments: &Arguments) -> Result<Option<&str>> {
    match (&arguments.principal_id, arguments.own == Some(true)) {
        (Some(_), true) => Err(two_principals()),
        (Some(id), false) => Ok(Some(&id.0)),
        (None, true) => Ok(None),
        (None, false) => Err(no_principal()),
    }
}

/// What a gap in the scope of the connection means for the verdict.
fn out_of_sight(gap: &Unreadable) -> &'static str {
    match gap.subject {
        Subject::ManagementGroups => "the management groups could not be read, so what else belongs to the scope is not known",
        _ => "the subscription is not visible",
    }
}

const HEADINGS: &[&str] = &["scope", "requirement", "reason", "detail"];

/// The verdicts of one scope: one for each requirement, or one for all of them where any is enough.
fn verdicts(
    arguments: &Arguments,
    wanted: &Wanted,
    facts: &PrincipalFacts,
    terms: Terms,
    reading: &Reading,
) -> Vec<(String, Option<Requirement>, Verdict)> {
    let judged = |one: Requirement| {
        let verdict = wanted.judge(&one, facts, terms);
        (one.label().to_owned(), Some(one), verdict)
    };
    let mut verdicts: Vec<_> = wanted.at(facts).into_iter().map(judged).collect();
    let unsaid = reading.definitions.nameless().next().map(|_| Reason::InvalidResponse);
    let why = reading.definitions.gaps.first().map(|gap| gap.reason).or(unsaid);
    verdicts.extend(wanted.nameless.iter().map(|name| (name.clone(), None, grants::unnamed(why))));
    if arguments.matching != Some(MatchWord::Any) {
        return verdicts;
    }
    let mut labels: Vec<_> = verdicts.iter().map(|(label, ..)| label.clone()).collect();
    labels.sort();
    let best = any_is_enough(verdicts.into_iter().map(|one| (one.2.status, one)));
    best.map(|(_, requirement, verdict)| (format!("any of {}", labels.join(", ")), requirement, verdict)).into_iter().collect()
}
