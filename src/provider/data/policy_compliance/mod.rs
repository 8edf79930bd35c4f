//! `azposture_policy_compliance`: what Azure Policy is assigned to do, and which resources comply.

mod assigned;
mod evaluated;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    assigned::{AssignmentRow, Assignments, doubt},
    evaluated::{GroupRow, Row, Tallies},
};
use crate::{
    azure::settings::ResourceGraph,
    posture::Subject,
    provider::{
        collect::{
            facts::{
                exempted::{Exemptions, Reach},
                policy_effects,
            },
            lists::{
                exemptions, inherited,
                policies::{self, Assignment},
                states,
            },
        },
        context::Context,
        frame::{self, Chosen, Counting, Listing, Table},
        selection::require_prefixes,
        words::{
            Area, PolicyAssignmentId, PolicyEffect, PolicySetDefinitionId, PolicyState, ResourceIdPrefix, ResourceType,
            SubscriptionId,
        },
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<PolicyCompliance>()];

/// What Azure Policy is assigned to do in subscriptions, and which resources comply: every assignment that holds there, those of the
/// management groups above among them, with the effects of its definitions; and the latest state of each resource by each definition.
///
/// `effects = ["Deny"]` answers whether Azure Policy may refuse what a plan creates: no assignment and a `complete` answer say that it does
/// not. It is a listing, not a preflight: conditions on anything but the type of a resource are not evaluated. An effect is that of an override,
/// else of a parameter of the assignment, else of the initiative, else of the definition. One that does not resolve, for example because another
/// version of a definition is assigned than the one that can be read, is `unknown` and may refuse, too. No assignment at all is an answer.
///
/// States have no GET form: Resource Graph alone tells them, and with `resource_graph = "never"` they and all counts are unknown
/// (`engine_never`). Azure Policy looks at everything about once a day, and at what was newly assigned within an hour or so; a subscription in which
/// policies are assigned and nothing was evaluated is `no_data_yet`. `statuses`, `resource_types` and `resource_id_prefixes` choose among
/// `states` and never change a count of `assignments` or `groups`; `effects` chooses among assignments and their groups alone.
///
/// Resource Graph takes a request for 1,000 states, and answers 15 in 5 seconds: 100,000 states take half a minute. Assignments and
/// exemptions take one request a subscription each by Resource Manager, a few for hundreds by Resource Graph, about a minute behind, and so
/// do initiatives and definitions that somebody made. Built-in initiatives take one request each, and so do built-in definitions of which neither
/// assignment nor initiative names the effect.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Ids of assignments to return, and whose states, without case. Default all; one that is not assigned is a warning.
    #[schemars(length(min = 1))]
    policy_assignment_ids: Option<BTreeSet<PolicyAssignmentId>>,
    /// Ids of initiatives whose assignments to return, and whose states, without case. Default all; one that is not assigned is a warning.
    #[schemars(length(min = 1))]
    policy_set_definition_ids: Option<BTreeSet<PolicySetDefinitionId>>,
    /// Effects, without case: an assignment is returned if a definition has one of them, an `unknown` one, or one that is new in Azure.
    /// Default all. `DoNotEnforce` in `enforcement_mode` refuses nothing, whatever the effects are.
    #[schemars(length(min = 1))]
    effects: Option<BTreeSet<PolicyEffect>>,
    /// States to return, without case. Default `["Conflict", "Error", "NonCompliant", "Unknown"]`, and every word that is new in Azure, because
    /// it may be bad. One that is not stated is always returned.
    #[schemars(length(min = 1))]
    statuses: Option<BTreeSet<PolicyState>>,
    /// Resource types such as `Microsoft.Storage/storageAccounts`, without case: of states those of such resources; with `effects` also of
    /// assignments those of which a definition with such an effect can apply to one of them. Default all.
    #[schemars(length(min = 1))]
    resource_types: Option<BTreeSet<ResourceType>>,
    /// Beginnings of resource ids, up to a `/`, without case; each has to lie in the scope: states of what lies below one. Default all; one
    /// below which there is none is a warning.
    #[schemars(length(min = 1))]
    resource_id_prefixes: Option<BTreeSet<ResourceIdPrefix>>,
    /// States to return; 0 is all. Default 100. Assignments and groups are always all returned.
    limit: Option<u32>,
}

/// Counts of states.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// States that met the filters.
    matched: Option<usize>,
    /// States returned.
    returned: usize,
    /// States whose word is none of today's, or is not stated, and that met the filters other than `statuses`.
    other: Option<usize>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The assignments, by key; one that several subscriptions inherit is there once.
    assignments: Vec<AssignmentRow>,
    /// The groups of their initiatives, by key. A group of which nothing was evaluated is not there: it is not compliant.
    groups: Vec<GroupRow>,
    /// The states, by key.
    states: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct PolicyCompliance;

impl DataSource for PolicyCompliance {
    const NAME: &'static str = "policy_compliance";
    const PAGE: Page = Page {
        subcategory: "Governance",
        permissions: "`Microsoft.Authorization/policyAssignments/read`, `Microsoft.Authorization/policyDefinitions/read`, \
                      `Microsoft.Authorization/policySetDefinitions/read`, `Microsoft.Authorization/policyExemptions/read` and \
                      `Microsoft.PolicyInsights/policyStates/queryResults/read`. The role Reader on the subscription holds all of them. Built-in \
                      definitions and initiatives can be read by everybody.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Governance);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let Chosen { subscriptions, mut gaps, .. } = Chosen::of(context, &arguments.subscription_ids).await?;
        let is_all_there = gaps.is_empty();
        let filter = assigned::Filter::of(&arguments);
        let of_states = evaluated::Filter::of(&arguments);
        require_prefixes(of_states.prefixes.as_ref(), &subscriptions)?;
        // Without states there is nothing that is exempted.
        let is_off = context.client.settings().resource_graph == ResourceGraph::Never;
        let exempting = match is_off {
            false => &subscriptions[..],
            true => &[],
        };
        let (lists, found, exempt) = tokio::join!(
            policies::assignments(context, &subscriptions),
            states::states(context, &subscriptions),
            exemptions::of_policy(context, exempting)
        );
        let (lists, found, exempt) = (lists?, found?, exempt?);
        gaps.extend(lists.gaps().chain(found.gaps()).chain(exempt.gaps()).cloned());
        let is_any_read = lists.so_far().next().is_some() || found.so_far().next().is_some();
        frame::require_any(is_any_read, &mut gaps)?;
        let all = inherited::each_once(&lists, |one: &Assignment| &one.id, Assignment::and);
        filter.warn(&all, warnings);
        let exemptions = Exemptions::of(&exempt);
        gaps.extend(exemptions.doubts());
        let scopes = all.values().filter_map(|own| own.scope.as_deref()).chain(exemptions.scopes());
        let (reach, unplaced) = Reach::of(context, scopes.filter(|_| !is_off)).await?;
        gaps.extend(unplaced);

        let kept = all.iter().filter(|(key, own)| filter.names(key, own)).map(|(key, own)| (key.clone(), own.clone())).collect();
        let read = policy_effects::rules(context, &lists, &kept, |words| filter.needs_types(words)).await?;
        let (rules, unread) = read.into_parts();
        let mut rules = rules.unwrap_or_default();
        gaps.extend(unread);
        let kept =
            kept.into_iter().map(|(key, assignment)| assigned::Found { rules: rules.remove(&key).flatten(), key, assignment });
        let kept: Vec<assigned::Found> = kept.filter(|own| filter.has_effect(own)).collect();
        gaps.extend(kept.iter().filter_map(doubt));

        let holding = lists.so_far().filter(|(_, own)| !own.is_empty()).map(|(one, _)| one.id.clone()).collect();
        gaps.extend(evaluated::silent(&found, &holding));
        let unassigned = evaluated::unassigned(&found);
        gaps.extend(unassigned.iter().map(|id| evaluated::unstated(id)));
        let nothing: BTreeSet<String> = found.wholly(Vec::is_empty).into_iter().map(|one| one.id).collect();
        // Where it is not known whether something is assigned, no states may mean that it was not evaluated yet.
        let is_any_silent = lists.iter().any(|(one, own)| nothing.contains(&one.id) && !own.is_whole());
        let evaluated = found.wholly(|all| !all.is_empty()).into_iter().map(|one| one.id);
        let evaluated: BTreeSet<String> = evaluated.filter(|id| !unassigned.contains(id)).collect();
        let tallies = Tallies::of(&found);
        let (mut rows, mut groups) = (Vec::new(), Vec::new());
        for own in kept {
            let touches = |id: &str| own.assignment.scope.as_deref().and_then(|scope| reach.touches(scope, id));
            let is_seen = |id: &str| evaluated.contains(id) || touches(id) == Some(false);
            let is_whole = is_all_there && subscriptions.iter().all(|one| is_seen(&one.id));
            groups.extend(tallies.groups(&own.key, &own.assignment.id, is_whole));
            rows.push(own.into_row(&tallies, is_whole));
        }
        groups.sort_by(|one: &GroupRow, other| one.key.cmp(&other.key));

        let named = Assignments::of(&filter, &all);
        let (found, other) = evaluated::found(&found, &of_states, &named, (&exemptions, &reach), context, warnings);
        let table = Table::of(found, arguments.limit, |own| &own.key, evaluated::Found::and);
        gaps.extend(table.rows().iter().filter_map(|own| own.doubt(&of_states)));
        let aside =
            [Subject::PolicyAssignments, Subject::PolicyDefinitions, Subject::PolicyExemptions, Subject::PolicySetDefinitions];
        let counting = Counting::on(&gaps, &aside).and(!is_any_silent);
        let summary =
            Summary { matched: counting.count(table.rows().len()), returned: table.returned(), other: counting.count(other) };
        let (found, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes { assignments: rows, groups, states: found.into_iter().map(evaluated::Found::into_row).collect(), listing })
    }
}
