//! `azposture_defender_plans`: every Defender plan of every subscription.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Subject, Unreadable,
        defender::{self, Extension, OFFERS, Plan, Standing, offered, resource_count, standing},
        filter,
        seen::agreed,
    },
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            lists::{inventory, security},
        },
        context::Context,
        frame::{self, Chosen, Counting, Listing, Table},
        selection,
        words::{Area, SubscriptionId},
    },
    sdk::{
        Diagnostics, Path, Result,
        entry::{DataSource, DataSourceEntry, Page},
        rules::unknown_word,
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<DefenderPlans>()];

/// Every Microsoft Defender for Cloud plan of every subscription: tier, subplan, coverage, extensions, trial, and whether the
/// subscription has resources the plan would protect.
///
/// **What it costs.** Resource Manager: one request a subscription, and one more for every page of its resources. Resource Graph: one for
/// 300 subscriptions, and one for what they have. **Freshness.** Resource Manager: the moment. Resource Graph: minutes behind it.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Plans to return, for example `VirtualMachines`, without case. Default all; a name that is no plan is an error.
    #[schemars(length(min = 1))]
    plan_names: Option<BTreeSet<String>>,
    /// Whether to return plans that others have replaced. Default `false`; one whose successors a subscription does not list, or of which the
    /// service does not say any, is returned there in any case, because nothing else stands for what it protects.
    include_deprecated: Option<bool>,
    /// Whether to leave out plans that protect particular resource types of which the subscription has none. Plans that protect the
    /// subscription as a whole stay. Default `false`.
    only_relevant: Option<bool>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Plans that met the filters.
    matched: Option<usize>,
    /// Plans returned.
    returned: usize,
    /// Of those that met the filters, those that are on.
    standard: Option<usize>,
    /// Those that are off.
    free: Option<usize>,
    /// Those whose tier is neither `Standard` nor `Free`, or is not stated.
    other: Option<usize>,
    /// Those whose protection is overridden on some resources.
    partially_covered: Option<usize>,
    /// Those that others have replaced and that met the filters other than `include_deprecated`.
    deprecated: Option<usize>,
}

/// One plan of one subscription.
#[derive(Clone, PartialEq, Serialize, JsonSchema)]
struct Row {
    /// `subscription_id|plan`, lower case: unique and stable.
    key: String,
    /// Lower-case GUID.
    subscription_id: String,
    /// The plan, for example `VirtualMachines`.
    plan: String,
    /// `Free` or `Standard`, or another word of Azure's. Null if the service did not say.
    tier: Option<String>,
    /// `P1`, `P2`, `DefenderForStorageV2` … Null if the plan has none; a plan for servers that is on without one is the full plan.
    subplan: Option<String>,
    /// Whether the tier is `Standard`. That is not yet protection: see `coverage`. Null if the service did not say, or says it in a word that
    /// is neither `Standard` nor `Free`.
    enabled: Option<bool>,
    /// Whether it is on as a free trial.
    trial: bool,
    /// What is left of the free trial, ISO 8601. Null if none runs.
    free_trial_remaining: Option<String>,
    /// When it was switched on, RFC 3339. Null if it is off or the service did not say.
    enabled_on: Option<String>,
    /// Whether overrides on resources below the subscription are refused. Null if the service did not say.
    enforced: Option<bool>,
    /// `FullyCovered`, `PartiallyCovered`, or `NotCovered`: not one resource is protected, whatever `enabled` says. Null if the service did
    /// not say.
    coverage: Option<String>,
    /// Whether other plans have replaced it.
    deprecated: bool,
    /// The plans that have replaced it.
    replaced_by: Vec<String>,
    /// How many resources of the plan's types the subscription has. Null if the plan protects no particular type or the inventory
    /// could not be read.
    resource_count: Option<u64>,
    /// Whether there is anything for it to protect. Null as for `resource_count`.
    relevant: Option<bool>,
    /// Its extensions, by name.
    extensions: Vec<ExtensionRow>,
}

/// One extension of a plan.
#[derive(Clone, PartialEq, Serialize, JsonSchema)]
struct ExtensionRow {
    /// Its name, for example `AgentlessVmScanning`.
    name: String,
    /// Whether it is on. Null if the service did not say.
    enabled: Option<bool>,
    /// Whether its last operation succeeded. Null if the service gave no status, or one that is not known here.
    healthy: Option<bool>,
    /// `Succeeded` or `Failed`, or another word of Azure's. Null if the service gave no status.
    operation_code: Option<String>,
    /// What the service said about the last operation. Null if nothing, and under `personal_data = "redact"`.
    operation_message: Option<String>,
    /// Its settings as JSON with sorted keys. Null if it has none.
    settings_json: Option<String>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The plans, by key. Of one that is listed twice, what the two rows do not agree on is null, or the worse.
    plans: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct DefenderPlans;

impl DataSource for DefenderPlans {
    const NAME: &'static str = "defender_plans";
    const PAGE: Page = Page {
        subcategory: "Posture",
        permissions: "`Microsoft.Security/pricings/read` for the plans, `*/read` for `resource_count` and `relevant`. The role Reader on the \
                      subscription holds both.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Posture);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let Chosen { subscriptions, mut gaps, .. } = Chosen::of(context, &arguments.subscription_ids).await?;
        let (plans, inventories) =
            tokio::join!(security::plans(context, &subscriptions), inventory::counts(context, &subscriptions));
        let (plans, inventories) = (plans?, inventories?);
        // Counts of a list that is not proven whole would be too low, so they are not given.
        let whole =
            inventories.iter().filter_map(|(subscription, counts)| Some((subscription.id.as_str(), &**counts.whole().ok()?)));
        let counts: BTreeMap<&str, &BTreeMap<String, u64>> = whole.collect();
        gaps.extend(plans.gaps().chain(inventories.gaps()).cloned());
        frame::require_any(plans.so_far().next().is_some(), &mut gaps)?;
        if let Some(names) = &arguments.plan_names {
            let answered = plans.so_far().flat_map(|(_, plans)| plans.iter()).map(|plan| plan.name.as_str());
            require_known(names.iter(), answered, |_| Path::attribute("plan_names"))?;
        }
        let (mut rows, mut twofold) = (Vec::new(), BTreeSet::new());
        for (subscription, plans) in plans.so_far() {
            let counts = counts.get(subscription.id.as_str()).copied();
            for plan in plans.iter().filter(|plan| named(&arguments, plan)) {
                let row = as_row(&subscription.id, plan, counts);
                twofold.extend(has_twins(plan).then(|| row.key.clone()));
                rows.push(row);
            }
        }
        let both = |known: Row, row: Row| {
            twofold.extend((known != row).then(|| known.key.clone()));
            known.and(row)
        };
        let mut table = Table::of(rows, arguments.limit, |row| &row.key, both);
        warn_unlisted(&arguments, &plans, warnings);
        if arguments.only_relevant == Some(true) {
            table.retain(|row| row.relevant != Some(false));
        }
        let deprecated = table.rows().iter().filter(|row| row.deprecated).count();
        table.retain(|row| arguments.include_deprecated == Some(true) || !is_replaced(row, &plans));
        gaps.extend(doubts(table.rows(), &twofold));
        let summary = summary(&table, deprecated, &arguments, &gaps);
        let (plans, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes { plans, listing })
    }
}

/// Whether other plans of its subscription have replaced it, of which one is listed there.
fn is_replaced(row: &Row, lists: &Lists<Vec<Plan>>) -> bool {
    let is_own = |subscription: &Subscription| subscription.id == row.subscription_id;
    let mut own = lists.so_far().filter(|(subscription, _)| is_own(subscription)).map(|(_, plans)| plans);
    row.deprecated && own.any(|plans| row.replaced_by.iter().any(|name| defender::named(plans, name).next().is_some()))
}

/// What is not known of rows that met the filters.
fn doubts(rows: &[Row], twofold: &BTreeSet<String>) -> Vec<Unreadable> {
    let gap = |row: &Row, code: &str, remedy: &str| Unreadable {
        subject: Subject::Plans,
        place: Place::Subscription(row.subscription_id.clone()),
        reason: Reason::InvalidResponse,
        code: code.to_owned(),
        remedy: remedy.to_owned(),
    };
    let twice = "Some plans, or extensions of them, are listed twice and not with the same contents; what the two do not agree on is null, \
                 or the worse. Plan again; it may just have been changed.";
    let tierless = "Some plans come without a tier; their rows are kept. Run again later; if this persists, please report it.";
    let doubt = |row: &Row| match twofold.contains(&row.key) {
        true => Some(gap(row, "", twice)),
        false => row.tier.is_none().then(|| gap(row, Failure::UnstatedField.code(), tierless)),
    };
    rows.iter().filter_map(doubt).collect()
}

/// A plan that exists can still be in no row: because others have replaced it, or because no subscription lists it.
fn warn_unlisted(arguments: &Arguments, lists: &Lists<Vec<Plan>>, warnings: &mut Diagnostics) {
    let named: Vec<&String> = arguments.plan_names.iter().flatten().collect();
    let plans = || lists.so_far().flat_map(|(_, plans)| plans.iter().map(move |plan| (plan, plans)));
    let is = |name: &str, plan: &Plan| plan.name.eq_ignore_ascii_case(name);
    let is_wanted = |plan: &Plan, all: &[Plan]| {
        arguments.include_deprecated == Some(true) || !matches!(standing(plan, all), Standing::Replaced { .. })
    };
    let (listed, unlisted): (Vec<&String>, Vec<_>) = named.into_iter().partition(|name| plans().any(|(plan, _)| is(name, plan)));
    selection::warn("plan_names", "Plan", "no subscription that was read lists", unlisted, warnings);
    let hidden = listed.into_iter().filter(|name| !plans().any(|(plan, all)| is(name, plan) && is_wanted(plan, all)));
    let which = "other plans have replaced them, and only `include_deprecated = true` returns";
    selection::warn("plan_names", "Plan", which, hidden, warnings);
}

fn summary(table: &Table<Row>, deprecated: usize, arguments: &Arguments, gaps: &[Unreadable]) -> Summary {
    let rows = table.rows();
    // How many resources there are matters to the number of plans only where it decides which are returned.
    let aside: &[Subject] = if arguments.only_relevant == Some(true) { &[] } else { &[Subject::Resources] };
    let counting = Counting::on(gaps, aside);
    let tiers = counting.and(rows.iter().all(|row| row.enabled.is_some()));
    let coverages =
        tiers.and(rows.iter().all(|row| row.enabled == Some(false) || row.coverage.as_deref().is_some_and(is_known_coverage)));
    let count = |is: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| is(row)).count();
    let is_partial = |row: &Row| row.coverage.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("PartiallyCovered"));
    Summary {
        matched: counting.count(rows.len()),
        returned: table.returned(),
        standard: tiers.count(count(&|row| row.enabled == Some(true))),
        free: tiers.count(count(&|row| row.enabled == Some(false))),
        other: counting.count(count(&|row| row.enabled.is_none())),
        partially_covered: coverages.count(count(&is_partial)),
        deprecated: counting.count(deprecated),
    }
}

/// Of a word that is not known nobody can say whether it means a part.
fn is_known_coverage(word: &str) -> bool {
    ["FullyCovered", "PartiallyCovered", "NotCovered"].iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn named(arguments: &Arguments, plan: &Plan) -> bool {
    filter::admits(arguments.plan_names.as_ref(), &plan.name)
}

fn as_row(subscription_id: &str, plan: &Plan, counts: Option<&BTreeMap<String, u64>>) -> Row {
    let resource_count = counts.and_then(|counts| resource_count(&plan.name, counts));
    Row {
        key: format!("{subscription_id}|{}", plan.name).to_lowercase(),
        subscription_id: subscription_id.to_owned(),
        plan: plan.name.clone(),
        tier: plan.tier.clone(),
        subplan: plan.subplan.clone(),
        enabled: plan.enabled(),
        trial: plan.trial(),
        free_trial_remaining: plan.free_trial_remaining.clone(),
        enabled_on: plan.enabled_on.clone(),
        enforced: plan.enforced,
        coverage: plan.coverage.clone(),
        deprecated: plan.deprecated,
        replaced_by: plan.replaced_by.clone(),
        resource_count,
        relevant: resource_count.map(|count| count > 0),
        extensions: each_once(plan.extensions.iter().map(extension_row).collect()),
    }
}

impl Row {
    /// One row of two with one key.
    fn and(self, other: Self) -> Self {
        // One that only one of the two has may be off.
        let alone = |rows: &[ExtensionRow], others: &[ExtensionRow]| -> Vec<_> {
            let lacks = |row: &&ExtensionRow| !others.iter().any(|other| other.name.eq_ignore_ascii_case(&row.name));
            rows.iter().filter(lacks).map(|row| ExtensionRow { enabled: None, healthy: None, ..row.clone() }).collect()
        };
        let (own, others) = (self.extensions, other.extensions);
        let extensions = [alone(&own, &others), alone(&others, &own), own, others].concat();
        Self {
            tier: agreed(self.tier, other.tier),
            subplan: lower(&self.plan, self.subplan, other.subplan),
            enabled: agreed(self.enabled, other.enabled),
            trial: self.trial || other.trial,
            free_trial_remaining: agreed(self.free_trial_remaining, other.free_trial_remaining),
            enabled_on: agreed(self.enabled_on, other.enabled_on),
            enforced: agreed(self.enforced, other.enforced),
            coverage: agreed(self.coverage, other.coverage),
            deprecated: self.deprecated && other.deprecated,
            replaced_by: if self.replaced_by == other.replaced_by { self.replaced_by } else { Vec::new() },
            extensions: each_once(extensions),
            ..self
        }
    }
}

impl ExtensionRow {
    /// One row of two with one name.
    fn and(self, other: Self) -> Self {
        Self {
            enabled: agreed(self.enabled, other.enabled),
            healthy: agreed(self.healthy, other.healthy),
            operation_code: agreed(self.operation_code, other.operation_code),
            operation_message: agreed(self.operation_message, other.operation_message),
            settings_json: agreed(self.settings_json, other.settings_json),
            name: self.name,
        }
    }
}

/// The lower of two subplans; none of them stands for all that the plan can be.
fn lower(plan: &str, one: Option<String>, other: Option<String>) -> Option<String> {
    let known: Vec<&str> =
        offered(plan).map(|offer| offer.legacy.iter().chain(offer.subplans).copied().collect()).unwrap_or_default();
    let rank = |subplan: &String| known.iter().position(|word| word.eq_ignore_ascii_case(subplan));
    [one, other].into_iter().flatten().min_by_key(rank)
}

/// Extensions by name, each once.
fn each_once(rows: Vec<ExtensionRow>) -> Vec<ExtensionRow> {
    let mut all = BTreeMap::<String, ExtensionRow>::new();
    for row in rows {
        let key = row.name.to_lowercase();
        let row = match all.remove(&key) {
            Some(known) => known.and(row),
            None => row,
        };
        all.insert(key, row);
    }
    let mut rows: Vec<_> = all.into_values().collect();
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    rows
}

/// Whether the service states an extension of a plan twice and differently.
fn has_twins(plan: &Plan) -> bool {
    let differs =
        |one: &Extension| plan.extensions.iter().any(|other| other.name.eq_ignore_ascii_case(&one.name) && other != one);
    plan.extensions.iter().any(differs)
}

fn extension_row(extension: &Extension) -> ExtensionRow {
    ExtensionRow {
        name: extension.name.clone(),
        enabled: extension.enabled,
        healthy: extension.healthy(),
        operation_code: extension.operation_code.clone(),
        operation_message: extension.operation_message.clone(),
        settings_json: extension.settings_json.clone(),
    }
}

/// Refuses names that are neither known plans nor among those the service has just answered.
pub fn require_known<'a, 'b>(
    names: impl Iterator<Item = &'a String>,
    answered: impl Iterator<Item = &'b str>,
    path: impl Fn(&str) -> Path,
) -> Result<()> {
    let mut known: BTreeSet<String> = OFFERS.iter().map(|offer| offer.name.to_owned()).collect();
    known.extend(answered.map(str::to_owned));
    let mut problems = Diagnostics::new();
    for name in names.filter(|name| offered(name).is_none() && !filter::admits(Some(&known), name)) {
        let known: Vec<_> = known.iter().cloned().collect();
        let path = path(name);
        problems.error(path.clone(), "Unknown value", format!("`{path}` {}", unknown_word(name, &known)));
    }
    problems.into_result()
}
