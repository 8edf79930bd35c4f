//! The resources that meet the filters, and what has to be said of those that were met on the way.

use std::collections::{BTreeMap, BTreeSet};

use super::Arguments;
use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Subject, Unreadable, filter,
        resource_id::{ResourceId, within},
    },
    provider::{
        collect::{
            facts::stock::Stock,
            lists::typed::{TypedResource, region},
        },
        selection::{Unmatched, UnmatchedTags, warn},
    },
    sdk::Diagnostics,
    text::quoted,
};

/// What is asked for.
pub(super) struct Filter {
    groups: Option<BTreeSet<String>>,
    /// Beginnings of ids.
    pub(super) prefixes: Option<BTreeSet<String>>,
    tags: Option<BTreeMap<String, String>>,
    locations: Option<BTreeSet<String>>,
    names: Option<BTreeSet<String>>,
}

impl Filter {
    pub(super) fn of(arguments: &Arguments) -> Self {
        Self {
            groups: arguments.resource_group_names.clone(),
            prefixes: arguments.resource_id_prefixes.as_ref().map(|all| all.iter().map(|one| one.0.clone()).collect()),
            tags: arguments.tags.clone(),
            locations: arguments.locations.clone(),
            names: arguments.names.clone(),
        }
    }

    /// Whether a resource is asked for. What it does not say may be what is asked for.
    fn admits(&self, row: &TypedResource, apart: Option<&ResourceId>) -> bool {
        let name = apart.and_then(|id| id.name.as_deref());
        let bears = |name: &str| self.names.iter().flatten().any(|pattern| filter::glob(pattern, name));
        self.admits_place(row, apart, |prefix| within(&row.id, prefix)) && (self.names.is_none() || name.is_none_or(bears))
    }

    /// Whether something may be asked for that stands in this resource, has its place and its tags, and a name of its own.
    pub(super) fn admits_in(&self, row: &TypedResource) -> bool {
        let apart = ResourceId::parse(&row.id).ok();
        self.admits_place(row, apart.as_ref(), |prefix| within(&row.id, prefix) || within(prefix, &row.id))
    }

    fn admits_place(&self, row: &TypedResource, apart: Option<&ResourceId>, reaches: impl Fn(&str) -> bool) -> bool {
        let group = apart.and_then(|id| id.resource_group_name.as_deref());
        let is_in = |location: &str| self.locations.iter().flatten().any(|wanted| region(wanted) == location);
        group.is_none_or(|group| filter::admits(self.groups.as_ref(), group))
            && self.prefixes.as_ref().is_none_or(|prefixes| prefixes.iter().any(|prefix| reaches(prefix)))
            && self.tags.as_ref().is_none_or(|wanted| row.tags.as_ref().is_none_or(|tags| filter::has_tags(wanted, tags)))
            && (self.locations.is_none() || row.location.as_deref().is_none_or(is_in))
    }
}

/// What came of it so far.
pub(super) struct Picked<'a> {
    filter: &'a Filter,
    /// The resources that met the filters, with what they are part of.
    pub(super) found: Vec<(&'a Stock, &'a TypedResource)>,
    prefixes: Unmatched<String>,
    locations: Unmatched<String>,
    names: Unmatched<String>,
    tagged: UnmatchedTags,
    doubts: BTreeSet<(Doubt, String)>,
}

/// What is not known of a resource that was admitted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doubt {
    Twofold,
    Unclear,
    WithoutLocation,
    WithoutProperties,
    WithoutTags,
}

impl<'a> Picked<'a> {
    pub(super) fn of(filter: &'a Filter) -> Self {
        Self {
            filter,
            found: Vec::new(),
            prefixes: Unmatched::of(filter.prefixes.iter().flatten().cloned()),
            locations: Unmatched::of(filter.locations.iter().flatten().cloned()),
            names: Unmatched::of(filter.names.iter().flatten().cloned()),
            tagged: UnmatchedTags::of(&filter.tags.clone().unwrap_or_default()),
            doubts: BTreeSet::new(),
        }
    }

    /// Takes a resource in, if it is asked for.
    pub(super) fn take(&mut self, stock: &'a Stock, row: &'a TypedResource) {
        let apart = ResourceId::parse(&row.id).ok();
        self.prefixes.match_with(|prefix| within(&row.id, prefix));
        self.locations.match_with(|wanted| row.location.as_ref().is_some_and(|own| *own == region(wanted)));
        let name = apart.as_ref().and_then(|id| id.name.as_deref());
        self.names.match_with(|pattern| name.is_some_and(|name| filter::glob(pattern, name)));
        if let Some(tags) = row.tags.as_ref().filter(|_| self.filter.tags.is_some()) {
            self.tagged.match_with(tags);
        }
        if !self.filter.admits(row, apart.as_ref()) {
            return;
        }
        let doubts = [
            (row.is_twofold, Doubt::Twofold),
            (row.properties_json.is_none() && !row.is_twofold, Doubt::WithoutProperties),
            (row.is_unclear && row.properties_json.is_some(), Doubt::Unclear),
            (row.tags.is_none() && self.filter.tags.is_some(), Doubt::WithoutTags),
            (row.location.is_none() && self.filter.locations.is_some(), Doubt::WithoutLocation),
        ];
        let doubts = doubts.into_iter().filter(|(is_one, _)| *is_one).map(|(_, doubt)| (doubt, stock.subscription.id.clone()));
        self.doubts.extend(doubts);
        self.found.push((stock, row));
    }

    /// Says what of the filters nothing matches.
    pub(super) fn warn(&self, warnings: &mut Diagnostics) {
        let each = |values: &BTreeSet<String>| values.iter().map(|one| quoted(one)).collect::<Vec<_>>();
        let which = "no resource of these types that was read lies below";
        warn("resource_id_prefixes", "Resource id prefix", which, self.prefixes.rest(), warnings);
        let which = "no resource of these types that was read is in";
        warn("locations", "Location", which, &each(self.locations.rest()), warnings);
        warn("names", "Name", "no resource of these types that was read is called", &each(self.names.rest()), warnings);
        if self.filter.tags.is_some() {
            self.tagged.warn("no resource of these types whose tags were read", warnings);
        }
    }

    /// What is not known of resources that were admitted.
    pub(super) fn doubts(&self) -> Vec<Unreadable> {
        let unstated = Failure::UnstatedField.code();
        let gap = |(doubt, id): &(Doubt, String)| {
            let (subject, code, remedy) = match doubt {
                Doubt::Twofold => (Subject::Resources, "", TWICE),
                Doubt::Unclear => (Subject::Resources, unstated, UNCLEAR),
                Doubt::WithoutLocation => (Subject::Resources, unstated, WITHOUT_LOCATION),
                Doubt::WithoutProperties => (Subject::Resources, unstated, WITHOUT_PROPERTIES),
                Doubt::WithoutTags => (Subject::Tags, unstated, WITHOUT_TAGS),
            };
            Unreadable {
                subject,
                place: Place::Subscription(id.clone()),
                reason: Reason::InvalidResponse,
                code: code.to_owned(),
                remedy: remedy.to_owned(),
            }
        };
        self.doubts.iter().map(gap).collect()
    }
}

const TWICE: &str = "Some resources are listed twice and not with the same contents; what the two do not agree on is null. Plan again; it may \
                     just have been changed.";
const UNCLEAR: &str = "Some resources do not say what each resource of their type says, or say something in a form that is not known; in \
                       `properties_json` it is null. Run again later; if this persists, please report it.";
const WITHOUT_LOCATION: &str =
    "Some resources do not say where they are; their rows are kept. Run again later; if this persists, please report it.";
const WITHOUT_PROPERTIES: &str = "Some resources come without what is known of them; their `properties_json` is null. Run again later; if this \
                                  persists, please report it.";
const WITHOUT_TAGS: &str = "The tags of some resources came in a form that is not known; their rows are kept. Run again later; if this persists, please report it.";
