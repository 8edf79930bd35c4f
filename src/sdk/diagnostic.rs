//! Errors and warnings as Terraform shows them: a summary, a detail, and the attribute they are about.

use std::fmt;

use crate::text;

/// How bad a diagnostic is. Terraform knows no third level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Stops the operation.
    Error,
    /// Is shown and stops nothing.
    Warning,
}

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An attribute of an object.
    Attribute(String),
    /// An element of a list.
    Index(usize),
    /// An element of a map.
    Key(String),
}

/// Where in a configuration something stands: `plans["VirtualMachines"].subplan`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

impl Path {
    /// The whole object.
    pub fn root() -> Self {
        Self::default()
    }

    /// A top-level attribute.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self(vec![Step::Attribute(name.into())])
    }

    /// This path and one more step.
    pub fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// All steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// What Terraform can resolve to a source line: the attribute and one index or key. A deeper path into a nested attribute
    /// makes core fall back to the block's header (hashicorp/terraform internal/tfdiags/contextual.go), so it is cut here and
    /// the full path stands in the text.
    pub fn resolvable(&self) -> &[Step] {
        let keep = match self.0.as_slice() {
            [Step::Attribute(_), Step::Index(_) | Step::Key(_), ..] => 2,
            [_, ..] => 1,
            [] => 0,
        };
        self.0.get(..keep).unwrap_or(&[])
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => write!(f, "{name}")?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

/// One error or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The failed act, in fixed words: Terraform merges warnings of equal summary.
    pub summary: String,
    /// Object, cause, the service's code, then the one next step. Lines that start with a space are not wrapped.
    pub detail: String,
    /// The attribute it is about.
    pub path: Path,
    /// What finds this one event in the service's own records, a request id; another one each time, so it is shown behind the detail and
    /// is no part of it.
    pub trace: Option<String>,
    /// How the detail ends where this stands in the way of a destroy, too: in the plan of a managed resource.
    pub way_out: Option<&'static str>,
}

impl Diagnostic {
    /// The one place where texts become what Terraform shows: whatever they quote drives no terminal.
    fn new(severity: Severity, path: Path, summary: String, detail: String) -> Self {
        Self { severity, summary: text::line(summary), detail: text::lines(detail), path, trace: None, way_out: None }
    }

    /// With what finds it in the service's own records.
    pub fn traced(self, id: Option<&str>) -> Self {
        Self { trace: id.map(|id| text::line(id.to_owned())), ..self }
    }
}

/// Errors and warnings in the order they arose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Just this error.
    pub fn of_error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut all = Self::new();
        all.error(Path::root(), summary, detail);
        all
    }

    /// The same, each with what finds it in the service's own records.
    pub fn traced(self, id: Option<&str>) -> Self {
        Self(self.0.into_iter().map(|diagnostic| diagnostic.traced(id)).collect())
    }

    /// The same, each with how its detail ends in the plan of a managed resource.
    pub fn with_way_out(self, text: Option<&'static str>) -> Self {
        Self(self.0.into_iter().map(|diagnostic| Diagnostic { way_out: text, ..diagnostic }).collect())
    }

    /// As the plan of a managed resource says them.
    pub fn of_managed(self) -> Self {
        let ended = |diagnostic: Diagnostic| match diagnostic.way_out {
            Some(text) => Diagnostic { detail: format!("{}\n\n{text}", diagnostic.detail.trim_end()), ..diagnostic },
            None => diagnostic,
        };
        Self(self.0.into_iter().map(ended).collect())
    }

    /// Adds an error about `path`.
    pub fn error(&mut self, path: Path, summary: impl Into<String>, detail: impl Into<String>) {
        self.0.push(Diagnostic::new(Severity::Error, path, summary.into(), detail.into()));
    }

    /// Adds a warning about `path`.
    pub fn warning(&mut self, path: Path, summary: impl Into<String>, detail: impl Into<String>) {
        self.0.push(Diagnostic::new(Severity::Warning, path, summary.into(), detail.into()));
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// This as a result: an error if it has errors.
    pub fn into_result(self) -> super::Result<()> {
        if self.has_errors() { Err(self) } else { Ok(()) }
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_the_user_wrote_it() {
        let path = Path::attribute("plans").then(Step::Key("VirtualMachines".into())).then(Step::Attribute("subplan".into()));
        assert_eq!(path.to_string(), r#"plans["VirtualMachines"].subplan"#);
        assert_eq!(Path::attribute("ids").then(Step::Index(2)).to_string(), "ids[2]");
    }

    #[test]
    fn what_a_diagnostic_quotes_drives_no_terminal_and_forges_no_summary() {
        let all = Diagnostics::of_error("a\u{1b}[31m\nb", "c\u{202e}\nd\te\r\n");
        let only = all.iter().next().unwrap();
        assert_eq!(only.summary, "a\u{fffd}[31m\u{fffd}b");
        assert_eq!(only.detail, "c\u{fffd}\nd\u{fffd}e\u{fffd}\n");
    }

    #[test]
    fn only_what_has_a_way_out_ends_with_it_and_only_in_the_plan_of_a_managed_resource() {
        let mut all = Diagnostics::of_error("a", "b.\n").with_way_out(Some("Leave."));
        all.error(Path::root(), "c", "d.");
        let details = |all: Diagnostics| all.into_iter().map(|one| one.detail).collect::<Vec<_>>();
        assert_eq!(details(all.clone()), ["b.\n", "d."]);
        assert_eq!(details(all.of_managed()), ["b.\n\nLeave.", "d."]);
    }

    #[test]
    fn a_path_is_cut_to_what_core_resolves() {
        let deep = Path::attribute("list").then(Step::Index(1)).then(Step::Attribute("a".into()));
        assert_eq!(deep.resolvable(), Path::attribute("list").then(Step::Index(1)).steps());
        let nested = Path::attribute("n").then(Step::Attribute("l".into())).then(Step::Index(1));
        assert_eq!(nested.resolvable(), Path::attribute("n").steps());
        assert!(Path::root().resolvable().is_empty());
    }
}
