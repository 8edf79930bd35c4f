//! What all validations share: how strict they are, when they read again, and the one diagnostic they end in.

pub mod connection_validation;
pub mod defender_validation;
mod exceptions;
pub mod graph_permission_validation;
pub mod mfa_validation;
pub mod role_assignment_validation;
pub mod roster_validation;

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr;

use super::{
    context::Context,
    failure::{self, Unjudged},
    words::EnforcementWord,
};
use crate::{
    azure,
    posture::{Status, Unreadable, seen},
    sdk::{Diagnostics, Path, Result, entry::ValidationEntry, gate},
    text,
};

/// All of them.
pub const VALIDATIONS: &[&[ValidationEntry<Context>]] = &[
    connection_validation::VALIDATIONS,
    defender_validation::VALIDATIONS,
    graph_permission_validation::VALIDATIONS,
    mfa_validation::VALIDATIONS,
    role_assignment_validation::VALIDATIONS,
    roster_validation::VALIDATIONS,
];

/// What to do where nothing failed.
pub const READABLE: &str = "Make what is unknown readable (see above), or decide with `on_unknown` what an unknown does.";

/// The arguments every validation takes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Gate {
    /// What a failure is: an `error`, which stops the plan, or a `warning`. Default the provider's.
    pub enforcement: Option<EnforcementWord>,
    /// What a verdict that could not be reached is, when nothing failed: `error` or `warning`. Default the provider's.
    pub on_unknown: Option<EnforcementWord>,
    /// Any values. Unknown values put the verdict off until apply, when they are known; when set, nothing that was read earlier in
    /// this run is used, and the sign-in takes new tokens.
    pub triggers: Option<BTreeMap<String, String>>,
    /// Seconds to keep reading until the verdict is green, 0 to 3600: again after 15 seconds, then every 30, each time with new tokens.
    /// Every red plan waits that long, too, so set it only where something is being created. Default 0.
    #[schemars(range(min = 0, max = 3600))]
    pub wait_seconds: Option<u32>,
}

impl Gate {
    /// Whether something is judged that was surely changed before.
    pub fn follows_a_change(&self) -> bool {
        self.triggers.is_some()
    }

    /// Whether something is judged that may have been made a moment ago.
    pub fn expects_news(&self) -> bool {
        self.follows_a_change() || self.wait_seconds.is_some_and(|seconds| seconds > 0)
    }
}

/// What the ephemeral form answers.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema, PartialEq, Eq)]
pub struct Counts {
    /// What was judged.
    pub checked: u64,
    /// How many passed.
    pub passed: u64,
    /// How many failed.
    pub failed: u64,
    /// How many could not be judged.
    pub unknown: u64,
    /// How many failures are excepted.
    pub excepted: u64,
}

/// One judged thing, as a row of the diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The verdict.
    pub status: Status,
    /// Cells, under the headings of the verdict; none for what is counted and not listed.
    pub cells: Vec<String>,
}

impl Line {
    /// A line that is listed.
    pub fn new<const N: usize>(status: Status, cells: [&str; N]) -> Self {
        Self { status, cells: cells.map(str::to_owned).into() }
    }
}

/// Everything one reading led to.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Headings of the cells.
    pub headings: &'static [&'static str],
    /// Everything judged.
    pub lines: Vec<Line>,
    /// What could not be seen.
    pub gaps: Vec<Unreadable>,
    /// What to do about the worst.
    pub next_step: String,
    /// How many more fail or are unknown, and are excepted.
    pub excepted: u64,
    /// Whether it is the sign-in that is missing.
    pub unsigned: bool,
}

/// What one reading comes to.
pub type Judged = gate::Judged<Gate>;

impl gate::Gate for Gate {
    type Context = Context;
    type Judgement = Judgement;
    type Unjudged = Unjudged;
    type Counts = Counts;

    fn reads_afresh(&self) -> bool {
        self.follows_a_change()
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.wait_seconds.unwrap_or_default().into())
    }

    /// What keeps a verdict from being reached may pass as well: a role that still spreads shows no subscription at first.
    fn is_final(judged: &Judged) -> bool {
        match judged {
            Ok(judgement) => judgement.is_green(),
            Err(unjudged) => !unjudged.may_pass(),
        }
    }

    fn outcome(&self, name: &str, judged: Judged, context: &Context, warnings: &mut Diagnostics) -> Result<Counts> {
        judged?.outcome(name, self, context, warnings)
    }
}

impl Judgement {
    /// That of a reading with a sign-in.
    pub fn new(headings: &'static [&'static str], lines: Vec<Line>, gaps: Vec<Unreadable>, next_step: String) -> Self {
        Self { headings, lines, gaps, next_step, excepted: 0, unsigned: false }
    }

    /// The same beside so many that are excepted.
    pub fn with_excepted(self, excepted: u64) -> Self {
        Self { excepted, ..self }
    }

    fn counts(&self) -> Counts {
        let count = |status| self.lines.iter().filter(|line| line.status == status).count() as u64;
        let (passed, failed) = (count(Status::Pass), count(Status::Fail));
        // A gap that no line speaks of is still something unseen.
        let unseen = if seen::complete(&self.gaps) { 0 } else { 1 };
        let unknown = count(Status::Unknown).max(unseen);
        Counts { checked: passed + failed + unknown, passed, failed, unknown, excepted: self.excepted }
    }

    fn is_green(&self) -> bool {
        let counts = self.counts();
        counts.failed == 0 && counts.unknown == 0 && counts.passed > 0
    }

    fn outcome(&self, name: &str, gate: &Gate, context: &Context, warnings: &mut Diagnostics) -> Result<Counts> {
        let counts = self.counts();
        if counts.checked == 0 {
            let detail = format!(
                "{name}: nothing was left to judge: all {} candidates are not applicable or off. That is not a pass.\n\n{}",
                self.lines.len(),
                "Name what has to be checked, or remove the validation."
            );
            return Err(Diagnostics::of_error("Nothing selected", detail));
        }
        if counts.failed == 0 && counts.unknown == 0 {
            return Ok(counts);
        }
        let strict = if counts.failed > 0 { EnforcementWord::Error } else { gate.on_unknown.unwrap_or(context.on_unknown) };
        let enforced = context.enforcement(gate.enforcement);
        let (summary, detail) = (summary(name, &counts), self.detail(context.client.settings().redacts_people));
        if strict == EnforcementWord::Error && enforced == EnforcementWord::Error {
            return Err(Diagnostics::of_error(summary, detail).with_way_out(self.unsigned.then_some(failure::WAY_OUT)));
        }
        warnings.warning(Path::root(), summary, detail);
        Ok(counts)
    }

    /// A table (lines that start with a space are not wrapped), what is left out, what was not seen, and the next step.
    fn detail(&self, redacts_people: bool) -> String {
        let mut worst: Vec<&Line> = self
            .lines
            .iter()
            .filter(|line| matches!(line.status, Status::Fail | Status::Unknown) && !line.cells.is_empty())
            .collect();
        worst.sort_by(|a, b| (a.status, &a.cells).cmp(&(b.status, &b.cells)));
        let more = worst.len().saturating_sub(MAX_ROWS);
        worst.truncate(MAX_ROWS);
        let mut text = table(self.headings, &worst, redacts_people);
        if more > 0 {
            text.push_str(&format!("\n… and {more} more.\n"));
        }
        if !self.gaps.is_empty() {
            text.push_str("\nCould not be seen:\n");
            for gap in self.gaps.iter().take(MAX_ROWS) {
                let code = if gap.code.is_empty() { String::new() } else { format!(" ({})", gap.code) };
                text.push_str(&format!("  {} on {}: {}{code}. {}\n", gap.subject, gap.place, gap.reason.word(), gap.remedy));
            }
            let more = self.gaps.len().saturating_sub(MAX_ROWS);
            if more > 0 {
                text.push_str(&format!("  … and {more} more.\n"));
            }
        }
        format!("{text}\n{}", self.next_step)
    }
}

const MAX_ROWS: usize = 20;

fn summary(name: &str, counts: &Counts) -> String {
    match (counts.failed, counts.unknown) {
        (failed, 0) => format!("{name}: {failed} failed of {}", counts.checked),
        (0, unknown) => format!("{name}: {unknown} unknown of {}", counts.checked),
        (failed, unknown) => format!("{name}: {failed} failed, {unknown} unknown of {}", counts.checked),
    }
}

fn table(headings: &[&str], lines: &[&Line], redacts_people: bool) -> String {
    if lines.is_empty() {
        return String::new();
    }
    // Names of roles and of subscriptions may hold addresses of people.
    let headings = headings.iter().map(|heading| Cow::Borrowed(*heading)).collect();
    let rows: Vec<Vec<Cow<'_, str>>> = std::iter::once(headings)
        .chain(lines.iter().map(|line| line.cells.iter().map(|cell| azure::shown(cell, redacts_people)).collect()))
        .collect();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let mut lines = String::new();
    for row in rows {
        // A line break from outside would forge rows.
        let cells = row.iter().zip(&widths).map(|(cell, width)| text::line(format!("{cell}{:1$}", "", width - cell.width())));
        let cells: Vec<String> = cells.collect();
        lines.push_str(&format!("  {}\n", cells.join("  ").trim_end()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_whatever_the_script() {
        let line = |name: &str| Line { status: Status::Pass, cells: vec![name.to_owned(), "at".to_owned()] };
        // Two wide characters take four columns, an accent of its own none.
        let lines = [line("東京"), line("e\u{301}e\u{301}"), line("ab")];
        let lines: Vec<&Line> = lines.iter().collect();
        let expected = "  role  scope\n  東京  at\n  e\u{301}e\u{301}    at\n  ab    at\n";
        assert_eq!(table(&["role", "scope"], &lines, false), expected);
    }
}
