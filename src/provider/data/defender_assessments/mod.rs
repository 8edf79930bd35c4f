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
    sieve::Sieve,
    surroundings::tags,
    tally::Summary,
};
use crate::{
    posture::{
        Subject,
        assessment::{Filter, worst_first},
    },
    provider::{
        collect::{
            facts::{
                catalogues::catalogues,
                silent::{self, Silence},
            },
            lists::{inventory, security},
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
        let with_risk = arguments.include_risk == Some(true);
        let lists = security::assessments(context, &subscriptions, with_risk).await?;
        gaps.extend(lists.gaps().cloned());
        frame::require_any(lists.so_far().next().is_some(), &mut gaps)?;
        gaps.extend(silent::reasons(context, &lists.wholly(|rows| rows.is_empty()), &SILENCE).await?);
        let rows: Vec<_> = lists.so_far().map(|(subscription, rows)| (subscription, rows.as_slice())).collect();
        let catalogues = catalogues(context, &rows, &mut gaps).await?;
        let tags = match &filter.tags {
            Some(_) => Some(tags(context, &subscriptions, &mut gaps).await?),
            None => None,
        };
        let statuses = lowered(&arguments.statuses, |status| &status.0);
        let mut sieve = Sieve::new(&filter, statuses.as_ref(), &catalogues, tags.as_ref());
        lists.so_far().flat_map(|(_, rows)| rows.iter()).for_each(|row| sieve.take(row));
        filters::unmatched_keys(&arguments, &lists, warnings);
        sieve.warn(warnings);
        filters::require_types(context, &subscriptions, &sieve.unseen_types(), &mut gaps).await?;
        filters::require_categories(filter.categories.as_ref(), &catalogues, &gaps)?;
        gaps.extend(sieve.doubts());
        let Sieve { found, tally, .. } = sieve;
        let table = Table::of(found, arguments.limit, |found| &found.key, |first, _| first);
        let table = table.ranked(|found| worst_first(found.severity));
        let summary = tally.summary(table.rows().len(), table.returned(), &gaps);
        let (found, listing) = table.listed(summary, gaps, warnings);
        let assessments = found.iter().map(|found| row(found, with_risk)).collect();
        Ok(Attributes { assessments, recommendations: recommendations(&found), listing })
    }
}

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
