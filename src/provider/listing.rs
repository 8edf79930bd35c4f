//! What every data source that returns rows answers beside them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    posture::{Unreadable, unreadable},
    sdk::{Diagnostics, Path},
};

/// The answer around the rows.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listing<S> {
    /// Counts of everything that met the filters, whatever `limit` says.
    pub summary: S,
    /// Whether more rows met the filters than were returned.
    pub truncated: bool,
    /// Whether everything the answer depends on was read, and reading it was proven to be allowed.
    pub complete: bool,
    /// What could not be read or not be proven to be read whole, why, and what to grant.
    pub unreadable: Vec<UnreadableRow>,
}

/// One gap.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UnreadableRow {
    /// The fact, for example `assessments`.
    pub subject: String,
    /// Where: a resource id, `tenant` or `graph`.
    pub scope: String,
    /// Why, as a word: `forbidden`, `not_proven`, `not_visible`, `not_registered`, `throttled` …
    pub reason: String,
    /// The service's own code, for example `AuthorizationFailed`; empty if it gave none.
    pub code: String,
    /// The one next step.
    pub remedy: String,
}

/// More rows than this say nothing a person reads.
const MAX_GAPS: usize = 200;

impl<S> Listing<S> {
    /// Around `returned` of `matched` rows.
    pub fn new(summary: S, matched: usize, returned: usize, gaps: Vec<Unreadable>, warnings: &mut Diagnostics) -> Self {
        if matched > returned {
            let summary = format!("Result limited to {returned} of {matched} rows");
            let detail = "Raise `limit`, set it to 0 for all rows, or narrow the filters. The counts in `summary` are exact.";
            warnings.warning(Path::root(), summary, detail);
        }
        Self { summary, truncated: matched > returned, complete: unreadable::complete(&gaps), unreadable: rows(gaps) }
    }
}

/// Gaps in order, each once; beyond the first 200 only their number.
pub fn rows(mut gaps: Vec<Unreadable>) -> Vec<UnreadableRow> {
    gaps.sort_by(|a, b| (&a.subject, &a.scope, a.reason.word(), &a.code).cmp(&(&b.subject, &b.scope, b.reason.word(), &b.code)));
    gaps.dedup();
    let more = gaps.len().saturating_sub(MAX_GAPS);
    let mut rows: Vec<_> = gaps
        .into_iter()
        .take(MAX_GAPS)
        .map(|gap| UnreadableRow {
            subject: gap.subject,
            scope: gap.scope,
            reason: gap.reason.word().to_owned(),
            code: gap.code,
            remedy: gap.remedy,
        })
        .collect();
    if more > 0 {
        rows.push(UnreadableRow {
            subject: String::new(),
            scope: String::new(),
            reason: "more".to_owned(),
            code: more.to_string(),
            remedy: "Fix the causes above first; most of the rest share them.".to_owned(),
        });
    }
    rows
}

/// How many rows to return: none stands for 100, 0 for all.
pub fn limit(limit: Option<u32>) -> usize {
    match limit {
        None => 100,
        Some(0) => usize::MAX,
        Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::Reason;

    fn gap(scope: usize) -> Unreadable {
        Unreadable {
            subject: "assessments".into(),
            scope: format!("{scope:05}"),
            reason: Reason::Forbidden,
            code: String::new(),
            remedy: String::new(),
        }
    }

    #[test]
    fn gaps_are_ordered_once_each_and_cut_with_a_count() {
        let rows = rows((0..250).rev().chain(0..10).map(gap).collect());
        assert_eq!(rows.len(), 201);
        assert_eq!(rows[0].scope, "00000");
        assert_eq!((rows[200].reason.as_str(), rows[200].code.as_str()), ("more", "50"));
    }

    #[test]
    fn a_cut_result_says_so() {
        let mut warnings = Diagnostics::new();
        assert!(Listing::new((), 5, 3, vec![], &mut warnings).truncated);
        assert_eq!(warnings.iter().next().unwrap().summary, "Result limited to 3 of 5 rows");
        assert!(!Listing::new((), 3, 3, vec![], &mut Diagnostics::new()).truncated);
    }

    #[test]
    fn null_is_a_hundred_and_zero_is_all() {
        assert_eq!((limit(None), limit(Some(7)), limit(Some(0))), (100, 7, usize::MAX));
    }
}
