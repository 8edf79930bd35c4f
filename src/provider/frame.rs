//! The frame of every data source that returns rows: their order, how many of them are returned, and what is answered beside them.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    posture::{Subject, Unreadable, seen},
    provider::{
        collect::{
            estate::scope::{self, Subscription},
            stop::{self, Stop},
        },
        context::Context,
        words::{SubscriptionId, lowered},
    },
    sdk::{Diagnostics, Path},
};

/// What a data source over subscriptions starts from.
#[derive(Debug)]
pub struct Chosen {
    /// The ids that `subscription_ids` names, lower case; none if it is left out.
    pub ids: Option<BTreeSet<String>>,
    /// The subscriptions that are read.
    pub subscriptions: Vec<Subscription>,
    /// What of the scope could not be seen, as far as it matters to them.
    pub gaps: Vec<Unreadable>,
}

impl Chosen {
    /// Those of the connection that are named, or all; one outside of it is an error.
    pub async fn of(context: &Context, subscription_ids: &Option<BTreeSet<SubscriptionId>>) -> stop::Result<Self> {
        let scope = scope::scope_of(context).await?;
        let ids = lowered(subscription_ids, |id| &id.0);
        let subscriptions = scope.choose(ids.as_ref())?;
        Ok(Self { subscriptions, gaps: scope.gaps(ids.as_ref()), ids })
    }
}

/// A stop where nothing was read, and that is not because it is known to be absent.
pub fn require_any(is_any_read: bool, gaps: &mut Vec<Unreadable>) -> stop::Result<()> {
    match is_any_read || seen::complete(gaps) {
        true => Ok(()),
        false => Err(Stop::NothingRead(std::mem::take(gaps))),
    }
}

/// The rows that met the filters: in one order, each key once, and how many of them are returned.
#[derive(Debug)]
pub struct Table<R> {
    rows: Vec<R>,
    limit: usize,
    /// How many more met the filters, that come after these and are not needed.
    further: usize,
}

impl<R> Table<R> {
    /// Rows by key. What two rows with one key mean is for `both` to say: it is given them in their order. At most `limit` are returned:
    /// none stands for 100, 0 for all.
    pub fn of(mut rows: Vec<R>, limit: Option<u32>, key: impl Fn(&R) -> &str, mut both: impl FnMut(R, R) -> R) -> Self {
        rows.sort_by(|a, b| key(a).cmp(key(b)));
        let mut table = Self { rows: Vec::with_capacity(rows.len()), limit: most(limit), further: 0 };
        for row in rows {
            let row = match table.rows.pop_if(|last| key(last) == key(&row)) {
                Some(last) => both(last, row),
                None => row,
            };
            table.rows.push(row);
        }
        table
    }

    /// The same rows by what comes before their keys.
    pub fn ranked<K: Ord>(mut self, rank: impl Fn(&R) -> K) -> Self {
        self.rows.sort_by_key(rank);
        self
    }

    /// The same before so many more, which were counted and not read. At least the limit of those that come first are there.
    pub fn before(self, further: usize) -> Self {
        Self { further, ..self }
    }

    /// How many met the filters.
    pub fn matched(&self) -> usize {
        self.rows.len() + self.further
    }

    /// Those that meet another filter.
    pub fn retain(&mut self, is_wanted: impl FnMut(&R) -> bool) {
        self.rows.retain(is_wanted);
    }

    /// All of them that were read, whatever the limit.
    pub fn rows(&self) -> &[R] {
        &self.rows
    }

    /// All of them, for who adds what neither orders them nor tells them apart.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut R> {
        self.rows.iter_mut()
    }

    /// How many are returned.
    pub fn returned(&self) -> usize {
        self.rows.len().min(self.limit)
    }

    /// The rows that are returned, and the answer around them.
    pub fn listed<S>(mut self, summary: S, gaps: Vec<Unreadable>, warnings: &mut Diagnostics) -> (Vec<R>, Listing<S>) {
        let listing = Listing::new(summary, self.matched(), self.returned(), gaps, warnings);
        self.rows.truncate(self.limit);
        (self.rows, listing)
    }
}

/// How many rows to return: none stands for 100, 0 for all.
pub fn most(limit: Option<u32>) -> usize {
    match limit {
        None => 100,
        Some(0) => usize::MAX,
        Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
    }
}

/// The answer around the rows.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listing<S> {
    /// Counts of everything that met the filters, whatever `limit` says. Where something could not be read they are of what was seen,
    /// and null instead of 0.
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
    fn new(summary: S, matched: usize, returned: usize, gaps: Vec<Unreadable>, warnings: &mut Diagnostics) -> Self {
        if matched > returned {
            let summary = format!("Result limited to {returned} of {matched} rows");
            let detail =
                "Raise `limit`, set it to 0 for all rows, or narrow the filters. The counts in `summary` do not depend on it.";
            warnings.warning(Path::root(), summary, detail);
        }
        warn_of_gaps(&gaps, warnings);
        Self { summary, truncated: matched > returned, complete: seen::complete(&gaps), unreadable: rows(gaps) }
    }
}

/// How what was seen counts. Nothing that was not read may look like nothing that is there, so where a part was not, 0 is no count.
#[derive(Clone, Copy, Debug)]
pub struct Counting {
    whole: bool,
}

impl Counting {
    /// By these gaps. Those of the subjects in `aside` do not matter to it; every other does, whatever it is.
    pub fn on(gaps: &[Unreadable], aside: &[Subject]) -> Self {
        Self { whole: gaps.iter().all(|gap| aside.contains(&gap.subject)) }
    }

    /// Only if this was looked at, too.
    pub fn and(self, looked_at: bool) -> Self {
        Self { whole: self.whole && looked_at }
    }

    /// A count; none instead of 0 where something was not seen.
    pub fn count(self, seen: usize) -> Option<usize> {
        (self.whole || seen > 0).then_some(seen)
    }

    /// Counts by a word; none instead of no word, likewise.
    pub fn by(self, seen: BTreeMap<String, usize>) -> Option<BTreeMap<String, usize>> {
        (self.whole || !seen.is_empty()).then_some(seen)
    }
}

/// One warning for an answer that is not complete: the first gap, and where the others are.
pub fn warn_of_gaps(gaps: &[Unreadable], warnings: &mut Diagnostics) {
    let gaps = in_order(gaps.to_vec());
    let Some(first) = gaps.iter().find(|gap| !gap.reason.leaves_complete()) else { return };
    let code = if first.code.is_empty() { String::new() } else { format!(" ({})", first.code) };
    let others = match gaps.len() {
        1 => "It is the only one in `unreadable`.".to_owned(),
        all => format!("It is the first of {all} in `unreadable`."),
    };
    let detail = format!(
        "{} on {}: {}{code}. {}\n\n{others} What depends on it is null or missing, and counts are of what was read.",
        first.subject,
        first.place,
        first.reason.word(),
        first.remedy
    );
    warnings.warning(Path::root(), "Not everything could be read", detail);
}

fn in_order(mut gaps: Vec<Unreadable>) -> Vec<Unreadable> {
    let key = |gap: &Unreadable| (gap.subject, gap.place.to_string(), gap.reason.word(), gap.code.clone());
    gaps.sort_by(|a, b| key(a).cmp(&key(b)));
    gaps.dedup();
    gaps
}

/// Gaps in order, each once; beyond the first 200 only their number.
pub fn rows(gaps: Vec<Unreadable>) -> Vec<UnreadableRow> {
    let gaps = in_order(gaps);
    let more = gaps.len().saturating_sub(MAX_GAPS);
    let mut rows: Vec<_> = gaps
        .into_iter()
        .take(MAX_GAPS)
        .map(|gap| UnreadableRow {
            subject: gap.subject.to_string(),
            scope: gap.place.to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::{Place, Reason};

    fn gap(scope: usize) -> Unreadable {
        Unreadable {
            subject: Subject::Assessments,
            place: Place::Resource(format!("{scope:05}")),
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
    fn an_incomplete_answer_warns_once_and_names_the_first_gap() {
        let mut warnings = Diagnostics::new();
        let absent = Unreadable { subject: Subject::Vulnerabilities, reason: Reason::NotRegistered, ..gap(9) };
        let first = Unreadable { code: "AuthorizationFailed".into(), remedy: "Grant Reader.".into(), ..gap(1) };
        Listing::new((), 0, 0, vec![gap(2), gap(2), first, absent.clone()], &mut warnings);
        let said: Vec<_> = warnings.iter().collect();
        assert_eq!(said.iter().map(|one| one.summary.as_str()).collect::<Vec<_>>(), ["Not everything could be read"]);
        assert_eq!(
            said[0].detail,
            "assessments on 00001: forbidden (AuthorizationFailed). Grant Reader.\n\nIt is the first of 3 in `unreadable`. What \
             depends on it is null or missing, and counts are of what was read."
        );
        let mut warnings = Diagnostics::new();
        assert!(Listing::new((), 0, 0, vec![absent], &mut warnings).complete);
        assert_eq!(warnings.iter().count(), 0, "what is known to be absent is not unseen");
    }

    #[test]
    fn nothing_is_no_count_where_something_was_not_seen() {
        let gaps = [gap(1)];
        let word = || BTreeMap::from([("Owner".to_owned(), 1)]);
        for (counting, none) in [
            (Counting::on(&[], &[]), Some(0)),
            (Counting::on(&gaps, &[]), None),
            (Counting::on(&gaps, &[Subject::Users]), None),
            (Counting::on(&gaps, &[Subject::Assessments]), Some(0)),
            (Counting::on(&[], &[]).and(false), None),
            (Counting::on(&gaps, &[]).and(true), None),
        ] {
            assert_eq!((counting.count(0), counting.count(3)), (none, Some(3)), "{counting:?}");
            assert_eq!(counting.by(BTreeMap::new()).map(|by| by.len()), none, "{counting:?}");
            assert_eq!(counting.by(word()), Some(word()), "{counting:?}");
        }
    }

    #[test]
    fn a_table_is_in_order_has_each_key_once_and_is_cut_only_when_it_is_listed() {
        let rows = || ["b2", "a1", "c1", "b1", "a2", "d1"].map(str::to_owned).to_vec();
        let both = |first: String, second: String| format!("{first}{second}");
        let table = |limit| Table::of(rows(), limit, |row| row.get(..1).unwrap(), both);
        assert_eq!(table(Some(2)).rows(), ["a1a2", "b2b1", "c1", "d1"], "of equal keys the first comes first");
        let mut shorter = table(Some(2)).ranked(|row| row.len());
        assert_eq!(shorter.rows(), ["c1", "d1", "a1a2", "b2b1"], "of one rank by key");
        shorter.retain(|row| !row.starts_with('c'));
        assert_eq!(shorter.returned(), 2);
        let mut warnings = Diagnostics::new();
        let (rows, listing) = shorter.listed((), vec![], &mut warnings);
        assert_eq!((rows, listing.truncated), (vec!["d1".to_owned(), "a1a2".to_owned()], true));
        assert_eq!(warnings.iter().next().unwrap().summary, "Result limited to 2 of 3 rows");
        assert_eq!((table(None).returned(), table(Some(0)).returned(), table(Some(1)).returned()), (4, 4, 1));
        assert_eq!((most(None), most(Some(7)), most(Some(0))), (100, 7, usize::MAX));
    }

    #[test]
    fn where_nothing_was_read_that_may_be_there_reading_stops() {
        let absent = Unreadable { reason: Reason::NotRegistered, ..gap(1) };
        for (is_any_read, gaps, stops) in [
            (true, vec![gap(1)], false),
            (false, vec![absent.clone()], false),
            (false, vec![], false),
            (false, vec![absent, gap(1)], true),
        ] {
            let mut left = gaps.clone();
            match require_any(is_any_read, &mut left) {
                Ok(()) => assert!(!stops && left == gaps),
                Err(Stop::NothingRead(said)) => assert!(stops && said == gaps),
                Err(other) => panic!("{other:?}"),
            }
        }
    }
}
