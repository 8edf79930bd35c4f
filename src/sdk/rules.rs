//! Stand-in for the rules a value has to keep; replaced at merge.

/// One rule.
#[derive(Clone, Debug)]
pub enum Rule {}
