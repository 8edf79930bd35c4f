//! `azposture_policy_compliance`: what Azure Policy is assigned to do, and where.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Subject, Unreadable,
        effects::{UNKNOWN, effect, is_new},
        initiatives,
    },
    provider::{
        collect::{
            facts::policy_effects::{self, Rule, Rules},
            lists::{
                inherited,
                policies::{self, Assignment},
            },
            stop::{Argument, Stop},
        },
        context::Context,
        frame::{self, Chosen, Counting, Listing, Table},
        selection::{Unmatched, warn},
        words::{Area, PolicyAssignmentId, PolicyEffect, PolicySetDefinitionId, ResourceType, SubscriptionId, lowered},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
    text::quoted,
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<PolicyCompliance>()];

/// What Azure Policy is assigned to do in subscriptions: every assignment that holds there, those of the management groups above among
/// them, with the effects of its definitions. `effects = ["Deny"]` answers whether Azure Policy may refuse what a plan creates: no
/// assignment and a `complete` answer say that it does not. It is a listing, not a preflight: conditions on anything but the type of a resource
/// are not evaluated. Whether resources comply is not read by this release.
///
/// An effect is that of an override, else of a parameter of the assignment, else of the initiative, else of the definition. One that does
/// not resolve, for example because another version of a definition is assigned than the one that can be read, is `unknown` and may refuse, too.
/// No assignment at all is an answer.
///
/// By Resource Manager one request a subscription, and one each for the initiatives and definitions that somebody made; by Resource Graph
/// a few for hundreds of subscriptions, about a minute behind. Built-in initiatives take one request each, and so do built-in definitions of which
/// neither assignment nor initiative names the effect, or all of them with `resource_types`.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Ids of assignments to return, without case. Default all; one that is not assigned is a warning.
    #[schemars(length(min = 1))]
    policy_assignment_ids: Option<BTreeSet<PolicyAssignmentId>>,
    /// Ids of initiatives whose assignments to return, without case. Default all; one that is not assigned is a warning.
    #[schemars(length(min = 1))]
    policy_set_definition_ids: Option<BTreeSet<PolicySetDefinitionId>>,
    /// Effects, without case: an assignment is returned if a definition has one of them, an `unknown` one, or one that is new in Azure.
    /// Default all. `DoNotEnforce` in `enforcement_mode` refuses nothing, whatever the effects are.
    #[schemars(length(min = 1))]
    effects: Option<BTreeSet<PolicyEffect>>,
    /// Resource types such as `Microsoft.Storage/storageAccounts`, without case; only with `effects`. An assignment is returned if a definition
    /// with such an effect can apply to one of them. Default all.
    #[schemars(length(min = 1))]
    resource_types: Option<BTreeSet<ResourceType>>,
    /// Assignments to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts of assignments.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Assignments that met the filters.
    matched: Option<usize>,
    /// Assignments returned.
    returned: usize,
    /// Assignments that met the filters, by enforcement mode; those without one under `other`.
    by_enforcement_mode: Option<BTreeMap<String, usize>>,
    /// Assignments that met the filters, by effect; those of which it is not known what they assign under `unknown`. One with several effects
    /// counts under each.
    by_effect: Option<BTreeMap<String, usize>>,
}

/// One assignment. What the service did not say, or says twice and not alike, is null.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// `id`, lower case: unique and stable.
    key: String,
    /// The assignment.
    id: String,
    /// What people call it. Not unique.
    display_name: Option<String>,
    /// Where it holds: a management group, subscription, resource group or resource.
    scope: Option<String>,
    /// The definition or initiative that it assigns.
    policy_definition_id: Option<String>,
    /// Which versions of it, for example `1.*.*`. Null for whichever there is.
    definition_version: Option<String>,
    /// `Default`, or `DoNotEnforce`, which refuses and changes nothing; or whatever other word the service has.
    enforcement_mode: Option<String>,
    /// The compliance framework that its built-in initiative stands for, as Microsoft calls it, for example `PCI DSS v4`. Null for what
    /// stands for none.
    framework: Option<&'static str>,
    /// Scopes below it where it does not hold: nothing is refused, evaluated or counted there.
    not_scopes: Option<Vec<String>>,
    /// What its definitions do, each word once: `Deny`, `Audit`, `Disabled` …, `unknown` for what does not resolve. Null if it is not known which
    /// definitions it assigns.
    effects: Option<Vec<String>>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The assignments, by key; one that several subscriptions inherit is there once.
    assignments: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct PolicyCompliance;

impl DataSource for PolicyCompliance {
    const NAME: &'static str = "policy_compliance";
    const PAGE: Page = Page {
        subcategory: "Governance",
        permissions: "`Microsoft.Authorization/policyAssignments/read`, `Microsoft.Authorization/policyDefinitions/read` and \
                      `Microsoft.Authorization/policySetDefinitions/read`. The role Reader on the subscription holds all of them. Built-in \
                      definitions and initiatives can be read by everybody.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Governance);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let filter = Filter::of(&arguments)?;
        let Chosen { subscriptions, mut gaps, .. } = Chosen::of(context, &arguments.subscription_ids).await?;
        let lists = policies::assignments(context, &subscriptions).await?;
        gaps.extend(lists.gaps().cloned());
        frame::require_any(lists.so_far().next().is_some(), &mut gaps)?;
        let mut all = inherited::each_once(&lists, |one: &Assignment| &one.id, Assignment::and);
        filter.warn(&all, warnings);
        all.retain(|key, own| filter.names(key, own));
        let read = policy_effects::rules(context, &lists, &all, |words| filter.needs_types(words)).await?;
        let (rules, unread) = read.into_parts();
        let mut rules = rules.unwrap_or_default();
        gaps.extend(unread);
        let found: Vec<Found> = all
            .into_iter()
            .map(|(key, assignment)| Found { rules: rules.remove(&key).flatten(), key, assignment })
            .filter(|found| filter.has_effect(found))
            .collect();
        gaps.extend(found.iter().filter_map(doubt));
        let table = Table::of(found, arguments.limit, |found| &found.key, |first, _| first);
        let summary = summary(&table, &gaps);
        let (found, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes { assignments: found.into_iter().map(as_row).collect(), listing })
    }
}

/// An assignment that met the filters.
struct Found {
    key: String,
    assignment: Assignment,
    rules: Rules,
}

impl Found {
    /// The effects of its definitions, each once; none where it is not known which it assigns.
    fn effects(&self) -> Option<BTreeSet<&str>> {
        let rules = self.rules.as_ref()?;
        Some(rules.iter().flat_map(|rule| rule.words.iter().map(String::as_str)).collect())
    }
}

/// Which assignments are asked for. Ids are lower case.
struct Filter {
    assignments: Option<BTreeSet<String>>,
    sets: Option<BTreeSet<String>>,
    effects: Option<BTreeSet<String>>,
    types: Option<BTreeSet<String>>,
}

impl Filter {
    fn of(arguments: &Arguments) -> std::result::Result<Self, Stop> {
        if arguments.resource_types.is_some() && arguments.effects.is_none() {
            let detail =
                "`resource_types` narrows down what `effects` asks for. Name the effects, for example `effects = [\"Deny\"]`.";
            return Err(Stop::Argument(Argument {
                name: "resource_types",
                summary: "Missing argument",
                detail: detail.to_owned(),
            }));
        }
        Ok(Self {
            assignments: arguments.policy_assignment_ids.as_ref().map(|all| all.iter().map(|id| id.0.to_lowercase()).collect()),
            sets: arguments.policy_set_definition_ids.as_ref().map(|all| all.iter().map(|id| id.0.to_lowercase()).collect()),
            effects: arguments.effects.as_ref().map(|all| all.iter().map(|word| effect(&word.0).to_owned()).collect()),
            types: lowered(&arguments.resource_types, |kind| &kind.0),
        })
    }

    /// Whether an assignment is one of those that are named. What it does not say may be what is asked for.
    fn names(&self, key: &str, own: &Assignment) -> bool {
        let set = own.policy_definition_id.as_ref().map(|id| id.to_lowercase());
        self.assignments.as_ref().is_none_or(|wanted| wanted.contains(key))
            && self.sets.as_ref().is_none_or(|wanted| set.is_none_or(|own| wanted.contains(&own)))
    }

    /// Whether one of these effects is asked for, or may be.
    fn is_wanted(&self, words: &BTreeSet<String>) -> bool {
        let Some(wanted) = &self.effects else { return true };
        words.iter().any(|word| wanted.contains(word) || word == UNKNOWN || is_new(word))
    }

    /// Whether the types decide about what has these effects.
    fn needs_types(&self, words: &BTreeSet<String>) -> bool {
        self.types.is_some() && self.is_wanted(words)
    }

    /// Whether an assignment has an effect that is asked for, or may have.
    fn has_effect(&self, found: &Found) -> bool {
        let Some(rules) = &found.rules else { return true };
        let may_apply = |rule: &Rule| match (&self.types, &rule.definition) {
            (Some(types), Some(definition)) => definition.may_apply(types),
            _ => true,
        };
        rules.iter().any(|rule| self.is_wanted(&rule.words) && may_apply(rule))
    }

    /// A warning of ids that are not assigned.
    fn warn(&self, all: &BTreeMap<String, Assignment>, warnings: &mut Diagnostics) {
        let mut assignments = Unmatched::of(self.assignments.iter().flatten().cloned());
        let mut sets = Unmatched::of(self.sets.iter().flatten().cloned());
        for (key, own) in all {
            assignments.match_with(|wanted| wanted == key);
            sets.match_with(|wanted| own.policy_definition_id.as_ref().is_some_and(|id| id.to_lowercase() == *wanted));
        }
        let nothing = "no assignment that was read";
        let quoted = |rest: &BTreeSet<String>| rest.iter().map(|id| quoted(id)).collect::<Vec<_>>();
        let (assignments, sets) = (quoted(assignments.rest()), quoted(sets.rest()));
        warn("policy_assignment_ids", "Policy assignment", &format!("{nothing} has the id"), &assignments, warnings);
        warn("policy_set_definition_ids", "Initiative", &format!("{nothing} assigns"), &sets, warnings);
    }
}

/// What is not known of an assignment that is in the answer.
fn doubt(found: &Found) -> Option<Unreadable> {
    let own = &found.assignment;
    let gap = |code: &str, remedy: &str| Unreadable {
        subject: Subject::PolicyAssignments,
        place: Place::of(own.scope.as_deref().unwrap_or(&own.id)),
        reason: Reason::InvalidResponse,
        code: code.to_owned(),
        remedy: remedy.to_owned(),
    };
    let twice = "Some policy assignments are listed twice and not with the same contents; what the two do not agree on is null. Plan again; it \
                 may just have been changed.";
    let unstated = "Some policy assignments come without what they assign, where they hold or whether they are enforced; they are kept. Run \
                    again later; if this persists, please report it.";
    let lacks = own.policy_definition_id.is_none()
        || own.scope.is_none()
        || own.enforcement_mode.is_none()
        || own.assigned.parameters.is_none()
        || own.assigned.overrides.is_none();
    match own.is_twofold {
        true => Some(gap("", twice)),
        false => lacks.then(|| gap(Failure::UnstatedField.code(), unstated)),
    }
}

fn summary(table: &Table<Found>, gaps: &[Unreadable]) -> Summary {
    // Counts the rows without the word.
    const UNSTATED: &str = "other";
    let (mut by_mode, mut by_effect) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    for found in table.rows() {
        *by_mode.entry(found.assignment.enforcement_mode.as_deref().unwrap_or(UNSTATED).to_owned()).or_default() += 1;
        for word in found.effects().unwrap_or_else(|| BTreeSet::from([UNKNOWN])) {
            *by_effect.entry(word.to_owned()).or_default() += 1;
        }
    }
    let counting = Counting::on(gaps, &[]);
    Summary {
        matched: counting.count(table.rows().len()),
        returned: table.returned(),
        by_enforcement_mode: counting.by(by_mode),
        by_effect: counting.by(by_effect),
    }
}

fn as_row(found: Found) -> Row {
    let effects = found.effects().map(|words| words.into_iter().map(str::to_owned).collect());
    let own = found.assignment;
    Row {
        key: found.key,
        effects,
        framework: own.policy_definition_id.as_deref().and_then(initiatives::framework),
        definition_version: own.assigned.version,
        id: own.id,
        display_name: own.display_name,
        scope: own.scope,
        policy_definition_id: own.policy_definition_id,
        enforcement_mode: own.enforcement_mode,
        not_scopes: own.not_scopes,
    }
}
