//! The rows that meet the filters, and what has to be said of those that were met on the way.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    surroundings::{Tags, place},
    tally::Tally,
};
use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Severity, Subject, Unreadable,
        assessment::{Assessment, Catalogue, Filter, Metadata, Surroundings, alarm},
        filter,
        resource_id::within,
    },
    provider::{
        collect::{
            facts::catalogues,
            lists::counted::{Alike, Assessed},
        },
        selection::{Unmatched, UnmatchedTags, warn},
    },
    sdk::Diagnostics,
};

/// A row that met the filters, with its key and severity, which decide its place.
pub(super) struct Found<'a> {
    pub(super) key: String,
    pub(super) severity: Option<Severity>,
    pub(super) row: &'a Assessment,
    pub(super) metadata: Option<&'a Metadata>,
}

impl Found<'_> {
    /// Of two with one key the one that reassures least: a resource of another cloud may be listed in two subscriptions.
    pub(super) fn worse(self, other: Self) -> Self {
        if alarm(&other.row.status) > alarm(&self.row.status) { other } else { self }
    }
}

/// What is asked for, and what came of it so far.
pub(super) struct Sieve<'a> {
    filter: &'a Filter,
    statuses: Option<&'a BTreeSet<String>>,
    catalogues: &'a [Arc<Catalogue>],
    tags: Option<&'a Tags>,
    /// The rows that met the filters.
    pub(super) found: Vec<Found<'a>>,
    /// What met the filters without its rows, with its severity.
    pub(super) counted: Vec<(Option<Severity>, &'a Alike)>,
    /// Their counts.
    pub(super) tally: Tally,
    types: BTreeSet<String>,
    prefixes: Unmatched<String>,
    tagged: UnmatchedTags,
    /// Subscriptions with rows whose tags are not known, that come without a status, or whose recommendation comes without a severity.
    untagged: BTreeSet<String>,
    unstated: BTreeSet<String>,
    unrated: BTreeSet<String>,
}

impl<'a> Sieve<'a> {
    pub(super) fn new(
        filter: &'a Filter,
        statuses: Option<&'a BTreeSet<String>>,
        catalogues: &'a [Arc<Catalogue>],
        tags: Option<&'a Tags>,
    ) -> Self {
        Self {
            filter,
            statuses,
            catalogues,
            tags,
            found: Vec::new(),
            counted: Vec::new(),
            tally: Tally::default(),
            types: BTreeSet::new(),
            prefixes: Unmatched::of(filter.resource_id_prefixes.iter().flatten().cloned()),
            tagged: UnmatchedTags::of(&filter.tags.clone().unwrap_or_default()),
            untagged: BTreeSet::new(),
            unstated: BTreeSet::new(),
            unrated: BTreeSet::new(),
        }
    }

    /// Takes in what of a subscription is asked for.
    pub(super) fn take(&mut self, assessed: &'a Assessed) {
        match assessed {
            Assessed::Counted(all) => all.iter().for_each(|alike| {
                if let Some(metadata) = self.weigh(&alike.row, alike.number) {
                    self.counted.push((alike.row.severity(metadata), alike));
                }
            }),
            Assessed::Whole(rows) => rows.iter().for_each(|row| {
                if let Some(metadata) = self.weigh(row, 1) {
                    self.found.push(Found { key: row.key(), severity: row.severity(metadata), row, metadata });
                }
            }),
        }
    }

    /// Adds the first rows of those that were counted.
    pub(super) fn add_first(&mut self, rows: &'a [Assessment]) {
        self.found.extend(rows.iter().map(|row| {
            let metadata = catalogues::find(self.catalogues, &row.assessment_key);
            Found { key: row.key(), severity: row.severity(metadata), row, metadata }
        }));
    }

    /// How many were counted.
    pub(super) fn number_counted(&self) -> usize {
        self.counted.iter().map(|(_, alike)| alike.number).sum()
    }

    /// Counts so many rows like this; what is said of their recommendation, if they are asked for.
    fn weigh(&mut self, row: &Assessment, number: usize) -> Option<Option<&'a Metadata>> {
        let metadata = catalogues::find(self.catalogues, &row.assessment_key);
        let place = if self.filter.needs_place() { place(row, self.tags) } else { Surroundings::default() };
        self.note(row, &place);
        if !self.filter.admits(row, metadata, &place) {
            return None;
        }
        if self.filter.tags.is_some() && place.tags.is_none() {
            self.untagged.insert(row.subscription_id.to_string());
        }
        self.tally.count(row, number);
        if row.status.is_empty() {
            self.unstated.insert(row.subscription_id.to_string());
        }
        if !has_status(row, self.statuses) {
            return None;
        }
        self.tally.count_admitted(row, number, metadata);
        if metadata.is_some() && row.severity_word(metadata).is_none() {
            self.unrated.insert(row.subscription_id.to_string());
        }
        Some(metadata)
    }

    /// What the arguments name and this row has, whether it is asked for or not.
    fn note(&mut self, row: &Assessment, place: &Surroundings) {
        if let Some(ty) = place.resource_type.as_deref().filter(|_| self.filter.resource_types.is_some()) {
            self.types.insert(ty.to_ascii_lowercase());
        }
        self.prefixes.match_with(|prefix| within(&row.resource_id, prefix));
        if let Some(tags) = place.tags.as_ref().filter(|_| self.filter.tags.is_some()) {
            self.tagged.match_with(tags);
        }
    }

    /// Types that are asked for and that nothing assessed has.
    pub(super) fn unseen_types(&self) -> Vec<&'a String> {
        self.filter.resource_types.iter().flatten().filter(|ty| !self.types.contains(*ty)).collect()
    }

    /// Says which prefixes and tags nothing has.
    pub(super) fn warn(&self, warnings: &mut Diagnostics) {
        let which = "no assessment of any status that was read lies below";
        warn("resource_id_prefixes", "Resource id prefix", which, self.prefixes.rest(), warnings);
        if self.filter.tags.is_some() {
            self.tagged.warn("no assessed resource whose tags were read", warnings);
        }
    }

    /// What is not known of rows that were admitted.
    pub(super) fn doubts(&self) -> Vec<Unreadable> {
        let unstated = Failure::UnstatedField.code();
        [
            (&self.unstated, Subject::Assessments, Reason::InvalidResponse, unstated, WITHOUT_STATUS),
            (&self.untagged, Subject::Tags, Reason::NotProven, "", WITHOUT_TAGS),
            (&self.unrated, Subject::AssessmentMetadata, Reason::InvalidResponse, unstated, WITHOUT_SEVERITY),
        ]
        .into_iter()
        .flat_map(|(ids, subject, reason, code, remedy)| {
            ids.iter().map(move |id| Unreadable {
                subject,
                place: Place::Subscription(id.clone()),
                reason,
                code: code.to_owned(),
                remedy: remedy.to_owned(),
            })
        })
        .collect()
    }
}

const WITHOUT_STATUS: &str =
    "Some assessments come without a status; their rows are kept. Run again later; if this persists, please report it.";
const WITHOUT_TAGS: &str = "Some assessed resources are in no inventory (child resources, other clouds), so their tags are not known; their \
                            rows are kept. Filter them by `resource_types` or `resource_id_prefixes` instead.";
const WITHOUT_SEVERITY: &str = "The metadata of some recommendations comes without a severity; their rows are kept. Run again later; if this \
                                persists, please report it.";

/// Whether a status is asked for. One that is not stated may be any, and a word that is not known here may be a bad one.
fn has_status(row: &Assessment, wanted: Option<&BTreeSet<String>>) -> bool {
    match wanted {
        None => row.is("Unhealthy") || !row.has_known_status(),
        Some(_) => row.status.is_empty() || filter::admits(wanted, &row.status),
    }
}
