//! What was read of vulnerabilities, by subscription: the findings of both models as one list, and what tells whether something is scanned.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use schemars::JsonSchema;
use serde::Serialize;
use time::Date;

use super::picked::Found;
use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Seen, Subject, Unreadable,
        assessment::{Assessment, Catalogue},
        defender::{Counts, Plan},
        time::written,
        vulnerabilities::{
            Coverage, Covered, Cves, Kind, NodeGroups, Results, ScanFacts, Vulnerability, individual, is_individual, judge,
            kind_of, scanning_plans, united,
        },
    },
    provider::{
        collect::{
            By,
            estate::scope::Subscription,
            facts::{
                catalogues::{self, catalogues},
                silent, subscription,
            },
            lists::{findings, inventory, security},
            seen_in,
            stop::Result,
        },
        context::Context,
    },
};

/// Whether things of one kind are scanned in one subscription.
#[derive(Serialize, JsonSchema)]
pub(super) struct CoverageRow {
    /// `subscription_id|kind`: unique and stable.
    key: String,
    /// Lower-case GUID.
    subscription_id: String,
    /// `server`, `container_image`, `aks_node`, `sql` or `other`.
    kind: &'static str,
    /// `ok`: something scans them, there are results, and it is known when the newest scan was. `plan_off`: no plan that scans them is on, so
    /// that what is listed may be old. `partially_covered`: some of them are left out of the plan. `no_data_yet`: a plan is on, and there is
    /// no result. `scan_time_unsaid`: there are results, and none says when the scan was. `no_resources`: there are none. `not_listed`: the
    /// plans that scan them are in no list. Else why it is not known, as in `unreadable`: `not_registered`, `forbidden`, `not_proven` (the
    /// meaning of assessments of them is in no list, among others) … Never `ok` or `no_resources` where a list was not seen whole.
    reason: &'static str,
    /// How many resources there are of the types that the plans for them protect: machines and scale sets, those of AKS nodes among them;
    /// registries and clusters; clusters; database servers. Null of `other`, and where it is not known.
    resources: Option<u64>,
    /// How many resources have a result of whichever status; databases count one by one, and images by their registry. `ok` does not say
    /// that each resource has one. Null where there is none and there may be.
    scanned: Option<usize>,
    /// When the newest scan was, RFC 3339. Null where no result says, as individual findings never do.
    last_scan_on: Option<String>,
}

/// How far things of a kind are scanned, and where.
pub(super) struct Judged {
    subscription_id: String,
    pub(super) coverage: Coverage,
}

impl CoverageRow {
    pub(super) fn of(Judged { subscription_id, coverage }: Judged) -> Self {
        Self {
            key: format!("{subscription_id}|{}", coverage.kind.word()),
            subscription_id,
            kind: coverage.kind.word(),
            reason: coverage.covered.word(),
            resources: coverage.resources,
            scanned: coverage.scanned,
            last_scan_on: coverage.last_scan_on.and_then(written),
        }
    }
}

/// What was read.
pub(super) struct Gathered {
    /// The findings of both models, whatever is asked for.
    pub(super) found: Vec<Found>,
    /// Whether either model was read anywhere.
    pub(super) is_any_read: bool,
    catalogues: Vec<Arc<Catalogue>>,
    places: Vec<Scanned>,
}

/// What of one subscription tells whether something is scanned.
struct Scanned {
    subscription_id: String,
    results: BTreeMap<Kind, Results>,
    unseen: Vec<Unreadable>,
    unseen_clusters: Vec<Unreadable>,
    /// Kinds with assessments of which nothing tells whether they are findings.
    unclear: BTreeSet<Kind>,
    plans: Seen<Vec<Plan>>,
    counts: Seen<Counts>,
}

/// Assessments of which nothing tells whether they are findings.
const UNCLEAR: &str = "Some assessments have no metadata, so nothing tells whether they are findings by themselves; they are not among the \
                       rows. Look at them with azposture_defender_assessments, or set resource_graph = \"always\", which knows more.";
const ODD: &str = "Some findings name their weaknesses in a form that is not understood; each is one row, of severity unknown. Please report this.";
const NODELESS: &str =
    "A cluster does not say in which resource group its nodes are, so that nodes may be listed as servers. Run again later.";

/// Lists that contradict each other: one that is empty is not the whole list.
const BASELESS: &str =
    "There are sub-assessments and no assessments, although each stands below one. Run again in a few minutes.";
const RESOURCELESS: &str = "Findings name resources, and the inventory has none. Run again in a few minutes.";
const CLUSTERLESS: &str =
    "The inventory counts more clusters than are listed, so that nodes may be listed as servers. Run again in a few minutes.";

impl Gathered {
    /// Reads what there is in subscriptions.
    pub(super) async fn of(context: &Context, subscriptions: &[Subscription], gaps: &mut Vec<Unreadable>) -> Result<Self> {
        let (candidates, grouped, plans, counts) = tokio::try_join!(
            findings::candidates(context, subscriptions),
            findings::grouped(context, subscriptions),
            security::plans(context, subscriptions),
            inventory::counts(context, subscriptions),
        )?;
        gaps.extend(candidates.gaps().chain(grouped.gaps()).chain(plans.gaps()).chain(counts.gaps()).cloned());
        let is_any_read = candidates.so_far().next().is_some() || grouped.so_far().next().is_some();
        let clustered = counts.iter().filter(|(_, seen)| seen.whole().map_or(true, |counts| counts.contains_key(CLUSTERS)));
        let clustered: Vec<Subscription> = clustered.map(|(subscription, _)| subscription.clone()).collect();
        let clusters = subscription::clusters(context, &clustered).await?;
        gaps.extend(clusters.gaps().cloned());
        let keys: Vec<_> = candidates.so_far().map(|(subscription, own)| (subscription, catalogues::keys(&own.rows))).collect();
        let mut of_metadata = Vec::new();
        let catalogues = catalogues(context, &keys, &mut of_metadata).await?;
        gaps.extend(of_metadata.iter().cloned());
        let is_silent: BTreeSet<String> = candidates.wholly(|own| !own.is_assessed).into_iter().map(|one| one.id).collect();
        let silent = grouped.wholly(|rows| rows.is_empty()).into_iter().filter(|one| is_silent.contains(&one.id));
        let mut unregistered = BTreeMap::new();
        for Subscription { id, .. } in silent {
            let gap = silent::unregistered(context, &id, Subject::Vulnerabilities, "Nothing is found").await?;
            unregistered.extend(gap.map(|gap| (id, gap)));
        }
        gaps.extend(unregistered.values().cloned());
        let (candidates, grouped, clusters) = (candidates.by_id(), grouped.by_id(), clusters.by_id());
        let (plans, counts) = (owned(plans.by_id()), owned(counts.by_id()));
        let mut all = Self { found: Vec::new(), is_any_read, catalogues, places: Vec::new() };
        for subscription in subscriptions {
            let (own, below) = (candidates.get(&subscription.id), grouped.get(&subscription.id));
            let mut place = Scanned {
                subscription_id: subscription.id.clone(),
                results: BTreeMap::new(),
                unseen: own.into_iter().flat_map(Seen::gaps).chain(below.into_iter().flat_map(Seen::gaps)).cloned().collect(),
                unseen_clusters: Vec::new(),
                unclear: BTreeSet::new(),
                plans: seen_in(&plans, subscription, Subject::Plans),
                counts: seen_in(&counts, subscription, Subject::Resources),
            };
            let of_place =
                of_metadata.iter().filter(|gap| gap.place == Place::Tenant || gap.place.is_subscription(&subscription.id));
            place.unseen.extend(of_place.cloned());
            place.unseen.extend(unregistered.remove(&subscription.id));
            let is_baseless = is_silent.contains(&subscription.id)
                && below.is_some_and(|below| below.so_far().is_ok_and(|below| !below.is_empty()));
            if is_baseless {
                let gap = place.contradiction(Subject::Assessments, BASELESS);
                gaps.push(gap.clone());
                place.unseen.push(gap);
            }
            let mut nodes = NodeGroups::new();
            if let Some(seen) = clusters.get(&subscription.id) {
                place.unseen_clusters.extend(seen.gaps().cloned());
                let groups: Vec<_> = seen.so_far().into_iter().flat_map(|all| all.iter()).map(subscription::node_group).collect();
                if groups.contains(&None) {
                    let code = Failure::UnstatedField.code();
                    place.unseen_clusters.push(place.gap(Subject::Clusters, Reason::InvalidResponse, code, NODELESS));
                }
                let counted = place.counts.so_far().ok().and_then(|counts| counts.get(CLUSTERS).copied()).unwrap_or_default();
                // That their resource provider is not registered says that there are none.
                let is_said = seen.is_whole() || seen.reason() == Some(Reason::NotRegistered);
                if is_said && counted > groups.len() as u64 {
                    place.unseen_clusters.push(place.contradiction(Subject::Clusters, CLUSTERLESS));
                }
                nodes.extend(groups.into_iter().flatten());
            }
            let rows = own.and_then(|own| own.so_far().ok()).map(|own| own.rows.as_slice()).unwrap_or_default();
            let below = below.and_then(|below| below.so_far().ok()).map(|below| below.as_slice()).unwrap_or_default();
            all.take(place, rows, below, &nodes, gaps);
        }
        Ok(all)
    }

    /// Takes in what was read of one subscription.
    fn take(
        &mut self,
        mut place: Scanned,
        rows: &[Assessment],
        below: &[Vulnerability],
        nodes: &NodeGroups,
        gaps: &mut Vec<Unreadable>,
    ) {
        let (mut single, mut is_odd) = (Vec::new(), false);
        for row in rows {
            let metadata = catalogues::find(&self.catalogues, &row.assessment_key);
            match is_individual(row, metadata) {
                Some(true) => {
                    is_odd |= row.details.as_ref().is_some_and(|details| details.cves == Cves::Odd);
                    single.extend(individual(row, metadata));
                }
                Some(false) => {}
                None => {
                    place.unclear.insert(kind_of(&row.resource_id, None, nodes));
                }
            }
        }
        for row in single.iter().chain(below) {
            place.results.entry(row.kind(nodes)).or_default().take(&row.resource_id, row.scanned_on);
        }
        let code = Failure::UnstatedField.code();
        if is_odd {
            let odd = place.gap(Subject::Assessments, Reason::InvalidResponse, code, ODD);
            gaps.push(odd.clone());
            place.unseen.push(odd);
        }
        if !place.unclear.is_empty() {
            gaps.push(place.gap(Subject::AssessmentMetadata, Reason::NotProven, "", UNCLEAR));
        }
        let own = |gap: &&Unreadable| [NODELESS, CLUSTERLESS].contains(&gap.remedy.as_str());
        gaps.extend(place.unseen_clusters.iter().filter(own).cloned());
        if !place.results.is_empty() && place.counts.whole().is_ok_and(Counts::is_empty) {
            let gap = place.contradiction(Subject::Resources, RESOURCELESS);
            gaps.push(gap.clone());
            place.counts = Seen::part(Counts::new(), [gap]);
        }
        let found = united(single, below).into_iter().map(|row| Found::of(row, &place.subscription_id, nodes));
        self.found.extend(found);
        self.places.push(place);
    }

    /// How far things of these kinds are scanned in each subscription. What is not in order is a gap, too.
    pub(super) fn coverage(&self, kinds: &BTreeSet<Kind>, today: Date, gaps: &mut Vec<Unreadable>) -> Vec<Judged> {
        let mut all = Vec::new();
        for place in &self.places {
            let mut reasons = BTreeMap::<Reason, Vec<Kind>>::new();
            for kind in kinds {
                let coverage = place.judged(*kind, today);
                if let (Covered::Of(reason), false) = (coverage.covered, coverage.is_a_gap) {
                    reasons.entry(reason).or_default().push(*kind);
                }
                all.push(Judged { subscription_id: place.subscription_id.clone(), coverage });
            }
            // That results have no time is no lack of results.
            reasons.remove(&Reason::ScanTimeUnsaid);
            gaps.extend(
                reasons
                    .into_iter()
                    .map(|(reason, kinds)| place.gap(Subject::Vulnerabilities, reason, "", &remedy(reason, &kinds))),
            );
        }
        all.sort_by(|a, b| (&a.subscription_id, a.coverage.kind.word()).cmp(&(&b.subscription_id, b.coverage.kind.word())));
        all
    }

    /// How to fix what is behind these assessments.
    pub(super) fn remediations<'a>(&self, keys: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
        let keys: BTreeSet<&str> = keys.collect();
        let remediation = |key: &str| catalogues::find(&self.catalogues, key)?.remediation.clone();
        keys.into_iter().filter_map(|key| Some((key.to_owned(), remediation(key)?))).collect()
    }
}

/// The type of AKS clusters, as inventories count it.
const CLUSTERS: &str = "microsoft.containerservice/managedclusters";

fn owned<T: Clone>(facts: By<Arc<T>>) -> By<T> {
    facts.into_iter().map(|(id, seen)| (id, seen.map(Arc::unwrap_or_clone))).collect()
}

impl Scanned {
    fn judged(&self, kind: Kind, today: Date) -> Coverage {
        let unclear = self.gap(Subject::AssessmentMetadata, Reason::NotProven, "", UNCLEAR);
        let facts = ScanFacts {
            unseen: self.unseen.iter().chain(Some(&unclear).filter(|_| self.unclear.contains(&kind))).collect(),
            unseen_clusters: self.unseen_clusters.iter().collect(),
            plans: &self.plans,
            counts: &self.counts,
            today,
        };
        judge(kind, self.results.get(&kind).unwrap_or(&Results::default()), &facts)
    }

    /// Two lists that cannot both be whole.
    fn contradiction(&self, subject: Subject, remedy: &str) -> Unreadable {
        self.gap(subject, Reason::NotProven, Failure::EmptyList.code(), remedy)
    }

    fn gap(&self, subject: Subject, reason: Reason, code: &str, remedy: &str) -> Unreadable {
        let place = Place::Subscription(self.subscription_id.clone());
        Unreadable { subject, place, reason, code: code.to_owned(), remedy: remedy.to_owned() }
    }
}

/// What to do about kinds that are not scanned, or of which it is not known.
fn remedy(reason: Reason, kinds: &[Kind]) -> String {
    let named = kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ");
    let plans: BTreeSet<&str> = kinds.iter().flat_map(|kind| scanning_plans(*kind)).collect();
    let plans = plans.into_iter().collect::<Vec<_>>().join(", ");
    match reason {
        Reason::PlanOff => format!(
            "Nothing scans for: {named}. Switch on a plan that does, with its extension for agentless scanning, in the environment settings of \
             Defender for Cloud: {plans}."
        ),
        Reason::NoDataYet => format!(
            "A plan is on, and there is no result in either model for: {named}. Check that agentless scanning or Defender Vulnerability \
             Management is on for the plan, and wait for the next scan (24 hours)."
        ),
        Reason::NotListed => {
            format!("The list of plans lacks those that scan for: {named} ({plans}). Look at the environment settings.")
        }
        _ => format!(
            "Whether what scans is on and covers everything is not certain for: {named}. Look at {plans} in azposture_defender_plans."
        ),
    }
}
