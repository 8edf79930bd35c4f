//! `azposture_vulnerabilities`: what Defender for Cloud found inside machines, images and databases, and why there is nothing.

mod gathered;
mod picked;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    gathered::{CoverageRow, Gathered},
    picked::{Filter, Row, Summary, as_row, summary},
};
use crate::{
    posture::{
        Place, Subject,
        assessment::worst_first,
        vulnerabilities::{Covered, Kind},
    },
    provider::{
        collect::twice,
        context::Context,
        data::defender_assessments::require_types,
        frame::{self, Chosen, Listing, Table},
        selection::{require_prefixes, warn},
        words::{Area, AssessmentStatus, CveId, ResourceIdPrefix, ResourceType, Severity, SubscriptionId, VulnerabilityKind},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<Vulnerabilities>()];

/// Weaknesses and misconfigurations that Microsoft Defender for Cloud found inside machines, container images, nodes of AKS and
/// databases, one row for each and resource.
///
/// Defender for Cloud has two models of them. Each finding is an assessment of its own (`individual`), or stands below an assessment as
/// one of its sub-assessments (`grouped`), which Microsoft began to remove on 31 July 2026: that there is none of them means nothing. A
/// weakness of a resource that both hold stands once, as `individual`. Individual findings come without the time of any scan.
///
/// No row means that nothing was found only where something looks: `coverage` says for each subscription and kind whether something
/// does, and `unreadable` repeats `plan_off`, `no_data_yet` and what else is not in order. A count of nothing is null there.
///
/// Freshness: machines and images are scanned about once a day, databases once a week; what is repaired disappears hours later. By Resource
/// Manager it takes the lists of assessments, sub-assessments, plans and resources of each subscription, in pages, which
/// `azposture_defender_assessments` and the others share; by Resource Graph a few requests for hundreds of subscriptions and 1,000 rows,
/// and one more for each subscription that has clusters, or no sub-assessments.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Severities to return. Default all. A row of severity `unknown` is always returned, because it may be bad.
    #[schemars(length(min = 1))]
    severities: Option<BTreeSet<Severity>>,
    /// Resource types, for example `Microsoft.Compute/virtualMachines`, without case. Default all; one that does not exist is an error.
    #[schemars(length(min = 1))]
    resource_types: Option<BTreeSet<ResourceType>>,
    /// Beginnings of resource ids, up to a `/`, without case; each has to lie in the scope. Default all; one below which nothing was
    /// scanned is a warning.
    #[schemars(length(min = 1))]
    resource_id_prefixes: Option<BTreeSet<ResourceIdPrefix>>,
    /// What things were found in: `server`, `container_image`, `aks_node` (a cluster, a node pool, or anything in the resource group of a
    /// cluster's nodes), `sql`, `other`. Default all. `coverage` has these kinds only.
    #[schemars(length(min = 1))]
    kinds: Option<BTreeSet<VulnerabilityKind>>,
    /// Weaknesses, for example `CVE-2026-12345`, without case. Default all; one that nothing names is a warning. A row that does not
    /// say which it is about is returned, because it may be one of them.
    #[schemars(length(min = 1))]
    cve_ids: Option<BTreeSet<CveId>>,
    /// Only what can be patched (`true`) or cannot (`false`), and what does not say. Default both.
    patchable: Option<bool>,
    /// Statuses to return, without case. Default `["Unhealthy"]`, and every word that is none of the three, because it may be bad.
    #[schemars(length(min = 1))]
    statuses: Option<BTreeSet<AssessmentStatus>>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The findings, worst first (`unknown` last), of one severity the highest score first, then by key.
    vulnerabilities: Vec<Row>,
    /// How to fix what is behind each assessment among the rows, as the service writes it (HTML), by assessment key. One of which Microsoft
    /// does not say it is left out.
    remediations: BTreeMap<String, String>,
    /// Whether things of each kind are scanned in each subscription, and why there is nothing, whatever the other filters.
    coverage: Vec<CoverageRow>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct Vulnerabilities;

impl DataSource for Vulnerabilities {
    const NAME: &'static str = "vulnerabilities";
    const PAGE: Page = Page {
        subcategory: "Posture",
        permissions: "`Microsoft.Security/assessments/read`, `Microsoft.Security/assessments/subAssessments/read` and \
                      `Microsoft.Security/assessmentMetadata/read` for the rows; `Microsoft.Security/pricings/read`, `*/read` (which counts \
                      resources, `Microsoft.ContainerService/managedClusters/read` among it, which finds the nodes of clusters) and \
                      `Microsoft.Resources/subscriptions/providers/read` for `coverage`. The role Reader on the subscription holds all of \
                      them; with Security Reader alone `coverage` is `not_proven`.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Posture);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let Chosen { subscriptions, mut gaps, .. } = Chosen::of(context, &arguments.subscription_ids).await?;
        let filter = Filter::of(&arguments);
        require_prefixes(filter.prefixes.as_ref(), &subscriptions)?;
        let kinds = arguments.kinds.clone().unwrap_or_else(|| Kind::ALL.into());
        let mut gathered = Gathered::of(context, &subscriptions, &mut gaps).await?;
        frame::require_any(gathered.is_any_read, &mut gaps)?;
        let (found, seen) = filter.sift(std::mem::take(&mut gathered.found));
        warn("resource_id_prefixes", "Resource id prefix", NOTHING_BELOW, seen.prefixes.rest(), warnings);
        warn("cve_ids", "Weakness", NOTHING_NAMES, seen.cves.rest(), warnings);
        require_types(context, &subscriptions, &seen.types.rest().iter().collect::<Vec<_>>(), &mut gaps).await?;
        gaps.extend(seen.doubts());
        let mut twofold = BTreeSet::new();
        let table = Table::of(
            found,
            arguments.limit,
            |found| &found.key,
            |first, second| {
                let subscription_id = first.subscription_id.clone();
                let both = first.and(second);
                if both.row.is_twofold {
                    twofold.insert(subscription_id);
                }
                both
            },
        );
        twofold.extend(table.rows().iter().filter(|found| found.row.is_twofold).map(|found| found.subscription_id.clone()));
        gaps.extend(twofold.into_iter().map(|id| twice::gap(Subject::Vulnerabilities, Place::Subscription(id), "some findings")));
        let table = table.ranked(|found| (worst_first(found.row.severity()), std::cmp::Reverse(found.score())));
        let coverage = gathered.coverage(&kinds, context.now().date(), &mut gaps);
        let is_partly_scanned = coverage.iter().any(|one| one.coverage.covered == Covered::PartiallyCovered);
        let summary = summary(&table, seen.other, &gaps, is_partly_scanned);
        let (found, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes {
            remediations: gathered.remediations(found.iter().map(|found| &*found.row.assessment_key)),
            vulnerabilities: found.into_iter().map(as_row).collect(),
            coverage: coverage.into_iter().map(CoverageRow::of).collect(),
            listing,
        })
    }
}

const NOTHING_BELOW: &str = "no finding of any status that was read lies below";
const NOTHING_NAMES: &str = "no finding of any status that was read names";
