//! `azposture_defender_assessments`: Defender recommendations joined with their metadata.

mod filters;
mod rows;
mod sieve;
mod surroundings;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use self::filters::require_types;
use self::{
    rows::{Recommendation, Row, recommendations, row},
    sieve::{Found, Sieve},
    surroundings::tags,
    tally::Summary,
};
use crate::{
    posture::{
        Subject, Unreadable,
        assessment::{Filter, worst_first},
    },
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            facts::{
                catalogues::catalogues,
                silent::{self, Silence},
            },
            lists::{
                counted::{self, Assessed},
                inventory,
            },
        },
        context::Context,
        frame::{self, Chosen, Listing, Table},
        selection::require_prefixes,
        words::{Area, AssessmentStatus, Guid, ResourceIdPrefix, ResourceType, Severity, SubscriptionId, lowered},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<DefenderAssessments>()];

/// Microsoft Defender for Cloud recommendations on resources, each joined with what Microsoft says about the recommendation:
/// severity, categories, policy definition and the controls it speaks to.
///
/// Several recommendations share a display name, and one resource has many: `key` tells rows apart. One whose severity
/// nothing says passes every severity filter, and one without metadata every category filter, because it may be bad. What depends on the
/// recommendation alone stands once in `recommendations`.
///
/// **What it costs.** Resource Manager: in each subscription a request for every 100 assessments or so. Resource Graph: a request for 300
/// subscriptions and 1,000 assessments, 15 of them in 5 seconds; where there are more, and no filter looks at the resource (its group, type,
/// id or tags), and `limit` is from 1 to 1,000, they are counted and the first ones asked for instead: for 300 subscriptions one request
/// for the counts and one for each severity that is reached. What is said of recommendations takes one request. **Freshness.** Resource Manager: the moment. Resource Graph:
/// minutes to hours behind it. Defender for Cloud itself looks again once a day or more seldom, by recommendation.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Resource groups, without case. Default all; a name that no selected subscription has is an error.
    #[schemars(length(min = 1))]
    resource_group_names: Option<BTreeSet<String>>,
    /// Resource types, for example `Microsoft.Storage/storageAccounts`, without case. Default all; one that does not exist is an error.
    #[schemars(length(min = 1))]
    resource_types: Option<BTreeSet<ResourceType>>,
    /// Beginnings of resource ids, up to a `/`, without case; each has to lie in the scope. Default all; one below which nothing was
    /// assessed is a warning.
    #[schemars(length(min = 1))]
    resource_id_prefixes: Option<BTreeSet<ResourceIdPrefix>>,
    /// Tags a resource has to have; the value `*` is any value, names compare without case. A resource whose tags cannot be read is
    /// kept and named in `unreadable`. Default any; tags that nothing assessed has are a warning.
    #[schemars(extend("minProperties" = 1))]
    tags: Option<BTreeMap<String, String>>,
    /// Severities to return. Default all.
    #[schemars(length(min = 1))]
    severities: Option<BTreeSet<Severity>>,
    /// Statuses to return, without case. Default `["Unhealthy"]`, and every word that is none of the three, because it may be bad.
    #[schemars(length(min = 1))]
    statuses: Option<BTreeSet<AssessmentStatus>>,
    /// Keys of recommendations, GUIDs. Default all; a key that matches nothing is a warning.
    #[schemars(length(min = 1))]
    assessment_keys: Option<BTreeSet<Guid>>,
    /// Categories, for example `Data`, without case. Default all; one that no recommendation has is an error.
    #[schemars(length(min = 1))]
    categories: Option<BTreeSet<String>>,
    /// Whether to read risk levels, with a newer version of the interface that not every region and cloud has. Default `false`.
    include_risk: Option<bool>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The recommendations, worst first, then by key.
    assessments: Vec<Row>,
    /// What Microsoft says about each recommendation among the rows, by assessment key.
    recommendations: BTreeMap<String, Recommendation>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct DefenderAssessments;

impl DataSource for DefenderAssessments {
    const NAME: &'static str = "defender_assessments";
    const PAGE: Page = Page {
        subcategory: "Posture",
        permissions: "`Microsoft.Security/assessments/read` and `Microsoft.Security/assessmentMetadata/read`; `*/read` for `tags`. The role \
                      Reader on the subscription holds all of them; Security Reader all but the last.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Posture);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let Chosen { ids, subscriptions, mut gaps } = Chosen::of(context, &arguments.subscription_ids).await?;
        let filter = filter_of(&arguments, ids);
        require_prefixes(filter.resource_id_prefixes.as_ref(), &subscriptions)?;
        if let Some(names) = &filter.resource_group_names {
            gaps.extend(inventory::require_groups(context, &subscriptions, names).await?);
        }
        let reading = Reading { context, arguments: &arguments, filter: &filter, subscriptions: &subscriptions, gaps: &gaps };
        let mut lists = match reading.counts().await? {
            Some(lists) => lists,
            None => reading.whole().await?,
        };
        loop {
            let mut said = Diagnostics::new();
            if let Some(answer) = reading.answer(&lists, &mut said).await? {
                warnings.extend(said);
                return Ok(answer);
            }
            lists = reading.whole().await?;
        }
    }
}

/// A question, and what was found on the way to the list.
struct Reading<'a> {
    context: &'a Context,
    arguments: &'a Arguments,
    filter: &'a Filter,
    subscriptions: &'a [Subscription],
    gaps: &'a [Unreadable],
}

impl Reading<'_> {
    /// What Resource Graph counts, where that and the first rows are enough to answer.
    async fn counts(&self) -> Result<Option<Lists<Assessed>>> {
        // What is counted tells its recommendation, severity and status, and nothing of the resource.
        let by_resource = self.filter.needs_place() || self.filter.resource_id_prefixes.is_some();
        if by_resource || frame::most(self.arguments.limit) > MOST_FIRST {
            return Ok(None);
        }
        Ok(counted::counts(self.context, self.subscriptions, self.with_risk()).await?)
    }

    /// The list.
    async fn whole(&self) -> Result<Lists<Assessed>> {
        Ok(counted::whole(self.context, self.subscriptions, self.with_risk()).await?)
    }

    fn with_risk(&self) -> bool {
        self.arguments.include_risk == Some(true)
    }

    /// None where the first rows of what was counted do not fit the counts: then it takes the list, of which nothing is counted.
    async fn answer(&self, lists: &Lists<Assessed>, warnings: &mut Diagnostics) -> Result<Option<Attributes>> {
        let Self { context, arguments, filter, subscriptions, .. } = *self;
        let mut gaps = self.gaps.to_vec();
        gaps.extend(lists.gaps().cloned());
        frame::require_any(lists.so_far().next().is_some(), &mut gaps)?;
        gaps.extend(silent::reasons(context, &lists.wholly(Assessed::is_empty), &SILENCE).await?);
        let keys: Vec<_> = lists.so_far().map(|(subscription, assessed)| (subscription, assessed.keys())).collect();
        let catalogues = catalogues(context, &keys, &mut gaps).await?;
        let tags = match &filter.tags {
            Some(_) => Some(tags(context, subscriptions, &mut gaps).await?),
            None => None,
        };
        let statuses = lowered(&arguments.statuses, |status| &status.0);
        let mut sieve = Sieve::new(filter, statuses.as_ref(), &catalogues, tags.as_ref());
        lists.so_far().for_each(|(_, assessed)| sieve.take(assessed));
        let Some(first) = counted::first(context, &sieve.counted, frame::most(arguments.limit)).await else { return Ok(None) };
        sieve.add_first(&first);
        let further = sieve.number_counted().saturating_sub(first.len());
        filters::unmatched_keys(arguments, lists, warnings);
        sieve.warn(warnings);
        filters::require_types(context, subscriptions, &sieve.unseen_types(), &mut gaps).await?;
        filters::require_categories(filter.categories.as_ref(), &catalogues, &gaps)?;
        gaps.extend(sieve.doubts());
        let Sieve { found, tally, .. } = sieve;
        let table = Table::of(found, arguments.limit, |found| &found.key, Found::worse);
        let table = table.ranked(|found| worst_first(found.severity)).before(further);
        let summary = tally.summary(table.matched(), table.returned(), &gaps);
        let (found, listing) = table.listed(summary, gaps, warnings);
        let assessments = found.iter().map(|found| row(found, self.with_risk())).collect();
        Ok(Some(Attributes { assessments, recommendations: recommendations(&found), listing }))
    }
}

/// So many first rows at most are asked for without the list: a page of Resource Graph.
const MOST_FIRST: usize = 1000;

fn filter_of(arguments: &Arguments, subscription_ids: Option<BTreeSet<String>>) -> Filter {
    Filter {
        subscription_ids,
        resource_group_names: arguments.resource_group_names.clone(),
        resource_types: lowered(&arguments.resource_types, |ty| &ty.0),
        resource_id_prefixes: arguments
            .resource_id_prefixes
            .as_ref()
            .map(|all| all.iter().map(|prefix| prefix.0.clone()).collect()),
        tags: arguments.tags.clone(),
        severities: arguments.severities.clone(),
        assessment_keys: lowered(&arguments.assessment_keys, |key| &key.0),
        categories: arguments.categories.clone(),
    }
}

/// A subscription without a single assessment of any status.
const SILENCE: Silence = Silence {
    subject: Subject::Assessments,
    nothing: "Nothing is assessed",
    yet: "Defender for Cloud has assessed nothing yet. Initial data can take up to 24 hours.",
    off: None,
};
