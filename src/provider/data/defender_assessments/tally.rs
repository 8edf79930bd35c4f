//! How many recommendations there are of which status and severity, whatever `limit` returns.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    posture::{
        Severity, Subject, Unreadable,
        assessment::{Assessment, Metadata},
    },
    provider::frame::Counting,
};

/// Counts.
#[derive(Serialize, JsonSchema)]
pub(super) struct Summary {
    /// Rows that met the filters.
    matched: Option<usize>,
    /// Rows returned.
    returned: usize,
    /// Healthy rows that met the filters other than `statuses`.
    healthy: Option<usize>,
    /// Unhealthy rows that met the filters other than `statuses`.
    unhealthy: Option<usize>,
    /// Rows that do not apply and met the filters other than `statuses`.
    not_applicable: Option<usize>,
    /// Rows whose status is none of these three words, or is not stated, and that met the filters other than `statuses`.
    other: Option<usize>,
    /// Unhealthy rows that met the filters, by severity: one that is not known here counts under Azure's word, and a row whose
    /// recommendation has no metadata, or none with a severity, under `other`. Their sum is the number of these rows; where metadata could
    /// not be read, `other` is left out.
    by_severity: Option<BTreeMap<String, usize>>,
    /// Rows that met the filters and whose recommendation has no metadata. Null if the metadata could not be read.
    metadata_missing: Option<usize>,
}

/// Counts the rows without a severity.
const UNRATED: &str = "other";

/// What was seen of each.
#[derive(Default)]
pub(super) struct Tally {
    healthy: usize,
    unhealthy: usize,
    not_applicable: usize,
    other: usize,
    by_severity: BTreeMap<String, usize>,
    metadata_missing: usize,
}

impl Tally {
    pub(super) fn summary(mut self, matched: usize, returned: usize, gaps: &[Unreadable]) -> Summary {
        let counting = Counting::on(gaps, &[Subject::AssessmentMetadata]);
        let has_metadata = gaps.iter().all(|gap| gap.subject != Subject::AssessmentMetadata);
        if !has_metadata {
            // A severity that was not read is not one that a recommendation lacks.
            self.by_severity.remove(UNRATED);
        }
        Summary {
            matched: counting.count(matched),
            returned,
            healthy: counting.count(self.healthy),
            unhealthy: counting.count(self.unhealthy),
            not_applicable: counting.count(self.not_applicable),
            other: counting.count(self.other),
            by_severity: counting.and(has_metadata).by(self.by_severity),
            // Without it nothing tells which recommendation has none.
            metadata_missing: counting.count(self.metadata_missing).filter(|_| has_metadata),
        }
    }

    /// So many rows like this, whatever statuses are asked for.
    pub(super) fn count(&mut self, row: &Assessment, number: usize) {
        let if_it = |is: bool| if is { number } else { 0 };
        self.healthy += if_it(row.is("Healthy"));
        self.unhealthy += if_it(row.is("Unhealthy"));
        self.not_applicable += if_it(row.is("NotApplicable"));
        self.other += if_it(!row.has_known_status());
    }

    pub(super) fn count_admitted(&mut self, row: &Assessment, number: usize, metadata: Option<&Metadata>) {
        if row.is("Unhealthy") {
            let known = row.severity(metadata).map(Severity::word);
            let word = known.or(row.severity_word(metadata)).unwrap_or(UNRATED);
            *self.by_severity.entry(word.to_owned()).or_default() += number;
        }
        self.metadata_missing += if metadata.is_none() { number } else { 0 };
    }
}
