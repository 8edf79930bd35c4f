//! `azposture_policy_exemptions`: what was exempted from Azure Policy and from Defender's recommendations.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Subject, Unreadable,
        exemption::Standing,
        filter,
        resource_id::ResourceId,
        time::{End, written},
    },
    provider::{
        collect::{
            Lists,
            lists::{
                exemptions::{self, CATEGORIES, Exemption},
                inherited,
            },
        },
        context::Context,
        frame::{self, Chosen, Counting, Listing, Table},
        words::{Area, ExemptionCategory, ExemptionSource, SubscriptionId, lowered},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<PolicyExemptions>()];

/// Exemptions: who exempted what, why and until when. Those of Azure Policy, the ones that are inherited from management groups among
/// them, and those that were made in Defender for Cloud.
///
/// An expired exemption stays in the list and exempts nothing any more. The names by which `owner` and `ticket` are found in its metadata
/// (`owner`, `createdBy`; `ticketRef`, `ticket`) are conventions: nobody has to keep them. No exemption at all is an answer. Microsoft does
/// not document whether Defender's list of a subscription holds what was exempted for a management group above it: look there, too.
///
/// By Resource Manager two requests a subscription, one with `source`. By Resource Graph one or two for 300 subscriptions, and as many more
/// for each of them in which nothing is exempted, because an empty answer proves nothing there; it is about a minute behind.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Categories to return, without case. Default all, words that are new in Azure among them. An exemption that does not say its category
    /// is always returned.
    #[schemars(length(min = 1))]
    categories: Option<BTreeSet<ExemptionCategory>>,
    /// Statuses to return. Default all. An exemption of which it is not clear when it ends is always returned.
    #[schemars(length(min = 1))]
    statuses: Option<BTreeSet<Standing>>,
    /// So many days before its end an exemption is `expiring`. Default 30.
    expiring_within_days: Option<u32>,
    /// `policy` for those of Azure Policy, `defender` for those that were made in Defender for Cloud. Default both.
    source: Option<ExemptionSource>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Rows that met the filters.
    matched: Option<usize>,
    /// Rows returned.
    returned: usize,
    /// Rows that met the filters, by status; those of which it is not clear when they end under `other`.
    by_status: Option<BTreeMap<String, usize>>,
    /// Rows that met the filters, by category; those without one under `other`.
    by_category: Option<BTreeMap<String, usize>>,
    /// Rows that met the filters and do not end.
    without_expiry: Option<usize>,
    /// Exemptions whose category is neither of the two words, or of which it is not clear when they end, and that met the filters other
    /// than `categories` and `statuses`.
    other: Option<usize>,
}

/// One exemption. What the service did not say, or says twice and not alike, is null.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// `id`, lower case: unique and stable.
    key: String,
    /// The exemption.
    id: String,
    /// `policy` or `defender`.
    source: &'static str,
    /// Where it holds: a management group, subscription, resource group or resource. Null if its id does not tell.
    scope: Option<String>,
    /// Lower-case GUID of the subscription it holds in. Null for one of a management group, which holds in all below it.
    subscription_id: Option<String>,
    /// What people call it. Not unique.
    display_name: Option<String>,
    /// Why, in their words. Null under `personal_data = "redact"`, too.
    description: Option<String>,
    /// `Waiver` (the risk is taken) or `Mitigated` (it is met by other means), or whatever other word the service has.
    category: Option<String>,
    /// `active`, `expiring`, `expired` or `permanent`. Null if it is not clear when it ends.
    status: Option<&'static str>,
    /// The policy assignment it exempts from. Null for one of Defender.
    policy_assignment_id: Option<String>,
    /// Which definitions of an initiative it exempts from; empty for the whole assignment. Null for one of Defender.
    definition_reference_ids: Option<Vec<String>>,
    /// Whether it exempts from the whole assignment. Null for one of Defender.
    requested_definitions_all: Option<bool>,
    /// The recommendations it exempts from: `assessment_key` of `azposture_defender_assessments`. Null for one of Azure Policy.
    assessment_keys: Option<Vec<String>>,
    /// Who answers for it: `owner` of its metadata, else `createdBy`. Null if there is neither.
    #[schemars(extend("x-personal" = true))]
    owner: Option<String>,
    /// By which ticket: `ticketRef` of its metadata, else `ticket`. Null if there is neither.
    ticket: Option<String>,
    /// When it ends, RFC 3339. Null if it does not (`status` is then `permanent`), or if that is not clear.
    expires_on: Option<String>,
    /// When it was made, RFC 3339, by its metadata.
    created_on: Option<String>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The exemptions, by key; one that several subscriptions inherit is there once.
    exemptions: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct PolicyExemptions;

impl DataSource for PolicyExemptions {
    const NAME: &'static str = "policy_exemptions";
    const PAGE: Page = Page {
        subcategory: "Governance",
        permissions: "`Microsoft.Authorization/policyExemptions/read`, and for those of Defender `Microsoft.Security/standardAssignments/read`. \
                      The role Reader on the subscription holds both.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Governance);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let Chosen { subscriptions, mut gaps, .. } = Chosen::of(context, &arguments.subscription_ids).await?;
        let wants = |source| arguments.source.is_none_or(|wanted| wanted == source);
        let of_policy = if wants(ExemptionSource::Policy) { &subscriptions[..] } else { &[] };
        let of_defender = if wants(ExemptionSource::Defender) { &subscriptions[..] } else { &[] };
        let (policy, defender) =
            tokio::join!(exemptions::of_policy(context, of_policy), exemptions::of_defender(context, of_defender));
        let lists = [(ExemptionSource::Policy, policy?), (ExemptionSource::Defender, defender?)];
        gaps.extend(lists.iter().flat_map(|(_, list)| list.gaps()).cloned());
        let is_any_read = lists.iter().any(|(_, list)| list.so_far().next().is_some());
        frame::require_any(is_any_read, &mut gaps)?;
        let categories = lowered(&arguments.categories, |category| &category.0);
        let soon = Duration::days(i64::from(arguments.expiring_within_days.unwrap_or(30)));
        let judged = |(source, list)| each_once(source, list, |exemption| Standing::of(exemption.end, context.now(), soon));
        let mut found: Vec<Found> = lists.iter().map(|(source, list)| (*source, list)).flat_map(judged).collect();
        let other = found.iter().filter(|one| !one.is_known()).count();
        // What is not said may be what is asked for.
        found.retain(|one| {
            one.exemption.category.as_deref().is_none_or(|own| filter::admits(categories.as_ref(), own))
                && one.standing.is_none_or(|own| arguments.statuses.as_ref().is_none_or(|wanted| wanted.contains(&own)))
        });
        gaps.extend(found.iter().filter_map(doubt));
        let table = Table::of(found, arguments.limit, |one| &one.key, |first, _| first);
        let summary = summary(&table, other, &gaps);
        let (found, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes { exemptions: found.into_iter().map(as_row).collect(), listing })
    }
}

/// An exemption that met the filters.
struct Found {
    key: String,
    source: ExemptionSource,
    exemption: Exemption,
    standing: Option<Standing>,
}

impl Found {
    /// Whether its category is one of those there are today, and its end clear.
    fn is_known(&self) -> bool {
        self.standing.is_some() && self.exemption.category.as_deref().is_some_and(|own| CATEGORIES.contains(&own))
    }
}

/// The exemptions of subscriptions, each once.
fn each_once(
    source: ExemptionSource,
    list: &Lists<Vec<Exemption>>,
    standing: impl Fn(&Exemption) -> Option<Standing>,
) -> Vec<Found> {
    let all = inherited::each_once(list, |exemption: &Exemption| &exemption.id, Exemption::and);
    all.into_iter().map(|(key, exemption)| Found { key, source, standing: standing(&exemption), exemption }).collect()
}

/// What is not known of a row that is in the answer.
fn doubt(found: &Found) -> Option<Unreadable> {
    let own = &found.exemption;
    let subject = match found.source {
        ExemptionSource::Policy => Subject::PolicyExemptions,
        ExemptionSource::Defender => Subject::StandardAssignments,
    };
    let gap = |code: &str, remedy: &str| Unreadable {
        subject,
        place: Place::of(own.scope.as_deref().unwrap_or(&own.id)),
        reason: Reason::InvalidResponse,
        code: code.to_owned(),
        remedy: remedy.to_owned(),
    };
    let twice = "Some exemptions are listed twice and not with the same contents; what the two do not agree on is null. Plan again; it may \
                 just have been changed.";
    let unstated = "Some exemptions come without a category, without saying what they are or what they exempt from, or with an end that is \
                    no time; their rows are kept. Run again later; if this persists, please report it.";
    let exempts_from = match found.source {
        ExemptionSource::Defender => own.assessment_keys.is_some(),
        ExemptionSource::Policy => own.policy_assignment_id.is_some() && own.definition_reference_ids.is_some(),
    };
    let lacks =
        own.category.is_none() || found.standing.is_none() || !own.is_said_to_be_one || !exempts_from || own.scope.is_none();
    match own.is_twofold {
        true => Some(gap("", twice)),
        false => lacks.then(|| gap(Failure::UnstatedField.code(), unstated)),
    }
}

fn summary(table: &Table<Found>, other: usize, gaps: &[Unreadable]) -> Summary {
    // Counts the rows without the word.
    const UNSTATED: &str = "other";
    let (mut by_status, mut by_category) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    for one in table.rows() {
        *by_status.entry(one.standing.map_or(UNSTATED, Standing::word).to_owned()).or_default() += 1;
        *by_category.entry(one.exemption.category.as_deref().unwrap_or(UNSTATED).to_owned()).or_default() += 1;
    }
    let permanent = table.rows().iter().filter(|one| one.standing == Some(Standing::Permanent)).count();
    let counting = Counting::on(gaps, &[]);
    Summary {
        matched: counting.count(table.rows().len()),
        returned: table.returned(),
        without_expiry: counting.count(permanent),
        other: counting.count(other),
        by_status: counting.by(by_status),
        by_category: counting.by(by_category),
    }
}

fn as_row(found: Found) -> Row {
    let own = found.exemption;
    let expires_on = match own.end {
        End::At(moment) => written(moment),
        End::Never | End::Unclear => None,
    };
    Row {
        key: found.key,
        source: found.source.word(),
        subscription_id: own.scope.as_deref().and_then(|scope| ResourceId::parse(scope).ok()?.subscription_id),
        requested_definitions_all: own.definition_reference_ids.as_ref().map(Vec::is_empty),
        status: found.standing.map(Standing::word),
        expires_on,
        created_on: own.created_on.and_then(written),
        id: own.id,
        scope: own.scope,
        display_name: own.display_name,
        description: own.description,
        category: own.category,
        policy_assignment_id: own.policy_assignment_id,
        definition_reference_ids: own.definition_reference_ids,
        assessment_keys: own.assessment_keys,
        owner: own.owner,
        ticket: own.ticket,
    }
}
