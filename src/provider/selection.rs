//! What a user names and nothing matches is said, for all arguments alike: an empty answer because of a mistaken id looks like a good one.
//! In a data source it is a warning, because findings come and go; a validation would be green on nothing, so there it is an error
//! (`Stop::nothing_selected`).

use std::collections::{BTreeMap, BTreeSet};

use time::OffsetDateTime;

use crate::{
    azure,
    posture::{filter, rbac::built_in, resource_id::within, time::parse},
    provider::{
        collect::{
            estate::scope::Subscription,
            lists::authorization::{Definitions, guid_of},
            stop::{Argument, Stop},
        },
        words::{Moment, is_guid},
    },
    sdk::{Diagnostics, Path, Result, rules::unknown_word},
    text::{self, quoted},
};

/// How many values one message names.
const SHOWN: usize = 20;

/// A warning that values of an argument match nothing: `what` is one of them, capitalized; `which` ends in "no … that was read is …", and
/// the values follow.
pub fn warn<'a>(
    argument: &str,
    what: &str,
    which: &str,
    values: impl IntoIterator<Item = &'a String>,
    warnings: &mut Diagnostics,
) {
    let values: Vec<&str> = values.into_iter().map(String::as_str).collect();
    if values.is_empty() {
        return;
    }
    let shown = values.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    let more = match values.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let detail = format!("`{argument}`: {which} {shown}{more}.");
    warnings.warning(Path::attribute(argument), format!("{what} matches nothing"), detail);
}

/// The moment that an argument names: of a day its first one, in UTC.
pub fn moment(name: &'static str, moment: &Moment) -> std::result::Result<OffsetDateTime, Stop> {
    let whole = if moment.0.contains('T') { moment.0.clone() } else { format!("{}T00:00:00Z", moment.0) };
    parse(&whole).ok_or_else(|| {
        let detail = format!("`{name}` is {:?}, which is in no calendar. Write a date or a time that exists.", moment.0);
        Stop::Argument(Argument { name, summary: "Invalid value", detail })
    })
}

/// Warnings of what `identity_scope` of the provider block leaves out and nobody is: the argument, what it is called, and its values.
pub fn warn_of_scope(unmatched: &[(&'static str, &'static str, Vec<String>)], warnings: &mut Diagnostics) {
    for (argument, what, values) in unmatched.iter().filter(|(_, _, values)| !values.is_empty()) {
        let mut said = Diagnostics::new();
        let which = "of the provider block leaves out nobody, because no user that was read is, or is in,";
        warn(&format!("identity_scope.{argument}"), what, which, values, &mut said);
        // It is no argument of what is read, so there is nothing to point at.
        said.into_iter().for_each(|one| warnings.warning(Path::root(), one.summary, one.detail));
    }
}

/// What is wrong with a role's name that no role has, as a sentence: an id is told its name, anything else the nearest ones.
pub fn no_such_role(argument: &str, name: &str, definitions: &Definitions, redacts_people: bool) -> String {
    let shown = |name: &str| azure::shown(name, redacts_people).into_owned();
    let guid = guid_of(name);
    if !is_guid(&guid) {
        let known: Vec<String> = definitions.names().iter().map(|name| shown(name)).collect();
        return format!("`{argument}` {}", unknown_word(name, &known));
    }
    let known = definitions.roles.get(&guid).and_then(|role| role.properties.role_name.as_deref());
    match known.or_else(|| built_in::by_guid(&guid)).map(shown) {
        Some(role) => {
            format!("`{argument}` is {name:?}, which is an id. Its name is {role:?}; ids stand in `role_definition_ids`.")
        }
        None => format!("`{argument}` is {name:?}, which is an id. Ids stand in `role_definition_ids`."),
    }
}

/// Refuses beginnings of resource ids that lie in none of the subscriptions.
pub fn require_prefixes(prefixes: Option<&BTreeSet<String>>, subscriptions: &[Subscription]) -> Result<()> {
    let inside =
        |prefix: &String| subscriptions.iter().any(|subscription| within(prefix, &format!("/subscriptions/{}", subscription.id)));
    match prefixes.into_iter().flatten().find(|prefix| !inside(prefix)) {
        None => Ok(()),
        Some(outside) => {
            let mut problems = Diagnostics::new();
            let detail =
                format!("{} lies in none of the selected subscriptions. Correct it or select its subscription.", quoted(outside));
            problems.error(Path::attribute("resource_id_prefixes"), "Outside the configured scope", detail);
            Err(problems)
        }
    }
}

/// Which of the values of a filter have matched so far.
#[derive(Debug)]
pub struct Unmatched<T: Ord>(BTreeSet<T>);

impl<T: Ord> Unmatched<T> {
    /// None has.
    pub fn of(values: impl IntoIterator<Item = T>) -> Self {
        Self(values.into_iter().collect())
    }

    /// Takes out those that match.
    pub fn match_with(&mut self, matches: impl Fn(&T) -> bool) {
        if !self.0.is_empty() {
            self.0.retain(|value| !matches(value));
        }
    }

    /// Those that nothing matched.
    pub fn rest(&self) -> &BTreeSet<T> {
        &self.0
    }
}

/// Which of the wanted tags have been seen, one by one and all together.
#[derive(Debug)]
pub struct UnmatchedTags {
    pairs: Unmatched<(String, String)>,
    wanted: BTreeMap<String, String>,
    together: bool,
    any_read: bool,
}

impl UnmatchedTags {
    /// None has.
    pub fn of(wanted: &BTreeMap<String, String>) -> Self {
        let pairs = Unmatched::of(wanted.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self { pairs, wanted: wanted.clone(), together: false, any_read: false }
    }

    /// Looks at something with these tags.
    pub fn match_with(&mut self, tags: &BTreeMap<String, String>) {
        self.any_read = true;
        if self.together {
            return;
        }
        self.together = filter::has_tags(&self.wanted, tags);
        let has = |(name, value): &(String, String)| filter::has_tags(&BTreeMap::from([(name.clone(), value.clone())]), tags);
        self.pairs.match_with(has);
    }

    /// The warning, unless something had all of them, or nothing was there to look at; `nobody` is "no subscription that was read".
    pub fn warn(&self, nobody: &str, warnings: &mut Diagnostics) {
        if self.together || !self.any_read {
            return;
        }
        let written = |(name, value): &(String, String)| {
            format!("{} = {}", text::line(name.chars().take(200).collect()), text::quoted(value))
        };
        let alone: Vec<String> = self.pairs.rest().iter().map(written).collect();
        let (verb, values) = match alone.is_empty() {
            true => ("has all of these tags together:", self.wanted.clone().into_iter().map(|pair| written(&pair)).collect()),
            false => ("has the tag", alone),
        };
        warn("tags", "Tag", &format!("{nobody} {verb}"), &values, warnings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn said(wanted: &[(&str, &str)], rows: &[&[(&str, &str)]]) -> Vec<String> {
        let mut unmatched = UnmatchedTags::of(&tags(wanted));
        rows.iter().for_each(|row| unmatched.match_with(&tags(row)));
        let mut warnings = Diagnostics::new();
        unmatched.warn("nothing that was read", &mut warnings);
        warnings.into_iter().map(|one| one.detail).collect()
    }

    #[test]
    fn tags_are_said_that_nothing_has_alone_or_together() {
        let rows: &[&[(&str, &str)]] = &[&[("env", "prod")], &[("team", "shop")]];
        assert!(said(&[("env", "prod")], rows).is_empty());
        let [missing] = &said(&[("env", "prod"), ("team", "web")], rows)[..] else { panic!() };
        assert!(missing.contains("nothing that was read has the tag team = \"web\"."), "{missing}");
        let [apart] = &said(&[("env", "prod"), ("team", "shop")], rows)[..] else { panic!() };
        assert!(apart.contains("all of these tags together: env = \"prod\", team = \"shop\"."), "{apart}");
        assert!(said(&[("env", "dev")], &[]).is_empty(), "where nothing could be read, the gap says so");
    }

    #[test]
    fn many_values_are_counted() {
        let values: Vec<String> = (0..25).map(|number| number.to_string()).collect();
        let mut warnings = Diagnostics::new();
        warn("ids", "Id", "nothing is", &values, &mut warnings);
        let [warning] = warnings.iter().as_slice() else { panic!() };
        assert!(warning.detail.contains("19 and 5 more."), "{}", warning.detail);
        warn("ids", "Id", "nothing is", &[], &mut warnings);
        assert_eq!(warnings.iter().count(), 1);
    }
}
