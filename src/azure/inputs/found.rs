//! A value of the block or of a variable with its origin, and the errors of values that are missing or do not agree.

use super::{method::read_trimmed, variables::Variables};
use crate::azure::{
    error::{Error, Kind, Result},
    failure::Failure,
};

pub(super) const CLIENT: &str = "client_id (or ARM_CLIENT_ID)";
pub(super) const TENANT: &str = "tenant_id (or ARM_TENANT_ID)";

/// A value and the argument or variable it came from. Values may be secret, so it cannot be printed.
pub(super) struct Found {
    pub(super) value: String,
    pub(super) origin: &'static str,
}

impl Found {
    /// The first of these variables that is set.
    pub(super) fn in_variables(variables: &Variables<'_>, names: &[&'static str]) -> Option<Self> {
        variables.first(names).map(|(origin, value)| Self { value, origin })
    }

    /// Whether it came from a variable: their names are in capitals, those of arguments are not.
    pub(super) fn is_of_variables(&self) -> bool {
        self.origin.starts_with(|first: char| first.is_ascii_uppercase())
    }

    /// The value, or what the file holds that it names.
    pub(super) fn is_or_holds(&self, other: &str) -> bool {
        self.value == other || self.origin.ends_with("_PATH") && read_trimmed(&self.value).is_ok_and(|content| content == other)
    }
}

/// The value, from its text or its file; both must be equal if both are given.
pub(super) fn agreed(text: Option<Found>, file: Option<Found>) -> Result<Option<Found>> {
    let Some(file) = file else { return Ok(text) };
    let content = read_trimmed(&file.value).map_err(|fault| {
        Error::new(Kind::Configuration, format!("read the file of {}", file.origin), file.value.clone())
            .said(Failure::UnreadableFile, fault)
            .advise("Correct the path or its permissions.")
    })?;
    match text {
        Some(text) if text.value != content => Err(disagree(text.origin, file.origin)),
        Some(text) => Ok(Some(text)),
        None => Ok(Some(Found { value: content, origin: file.origin })),
    }
}

pub(super) fn disagree(one: &str, other: &str) -> Error {
    configuration("the given values", Failure::ConflictingInputs, format!("{one} and {other} hold different values"))
        .advise(format!("Remove {one} or {other}."))
}

pub(super) fn incomplete(method: &str, needed: &[(&str, Option<&Found>)], extra: &[Option<&Found>]) -> Error {
    let missing: Vec<&str> = needed.iter().filter(|(_, found)| found.is_none()).map(|(name, _)| *name).collect();
    let present: Vec<&str> =
        needed.iter().filter_map(|(_, found)| *found).chain(extra.iter().flatten().copied()).map(|found| found.origin).collect();
    let message = match present.as_slice() {
        [] => format!("missing: {}", missing.join(", ")),
        present => format!("missing: {}; given: {}", missing.join(", "), present.join(", ")),
    };
    configuration(method, Failure::IncompleteSignIn, message)
        .advise("Give the missing inputs, or remove the given ones to use another method.")
}

pub(super) fn configuration(method: &str, failure: Failure, message: impl AsRef<str>) -> Error {
    Error::new(Kind::Configuration, format!("sign in with {method}"), "this provider configuration").said(failure, message)
}
