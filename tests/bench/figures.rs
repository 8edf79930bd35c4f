//! What is printed, and where the figures of a process come from.

use std::{
    fs,
    io::{self, Write},
    time::Duration,
};

/// Lines to print, each with its verdict.
#[derive(Default)]
pub(crate) struct Report(Vec<[String; 4]>);

impl Report {
    /// A figure with its budget; both in the same unit.
    pub(crate) fn budget(&mut self, what: &str, figure: f64, budget: f64, unit: &str) {
        let verdict = if figure <= budget { "ok" } else { "over" };
        self.line(what, format!("{} {unit}", short(figure)), format!("≤ {} {unit}", short(budget)), verdict);
    }

    /// A figure without a budget.
    pub(crate) fn note(&mut self, what: &str, figure: impl Into<String>) {
        self.line(what, figure.into(), String::new(), "");
    }

    /// Everything, aligned.
    pub(crate) fn print(&self) {
        let width = |column: usize| self.0.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
        let (first, second, third) = (width(0), width(1), width(2));
        let mut out = io::stdout().lock();
        for [what, figure, budget, verdict] in &self.0 {
            writeln!(out, "{what:first$}  {figure:>second$}  {budget:third$}  {verdict}").unwrap();
        }
    }

    fn line(&mut self, what: &str, figure: String, budget: String, verdict: &str) {
        eprintln!("{what}: {figure} {budget} {verdict}");
        self.0.push([what.to_owned(), figure, budget, verdict.to_owned()]);
    }
}

fn short(figure: f64) -> String {
    if figure == figure.round() || figure >= 1000.0 { format!("{figure:.0}") } else { format!("{figure:.2}") }
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) cpu: Duration,
    /// The most memory it ever had, in MiB.
    pub(crate) peak: f64,
}

/// The usage of a running process, from `/proc`; `None` where there is none.
pub(crate) fn usage(process: &str) -> Option<Usage> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let peak: f64 = peak.split_whitespace().next()?.parse().ok()?;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name may hold blanks; what follows it are numbers, ticks of a hundredth of a second among them.
    let numbers: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = numbers.get(11)?.parse::<u64>().ok()? + numbers.get(12)?.parse::<u64>().ok()?;
    Some(Usage { cpu: Duration::from_millis(ticks * 10), peak: peak / 1024.0 })
}

/// The one in the middle.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
