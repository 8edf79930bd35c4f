//! What Azure Policy found of resources: which of it is asked for, its rows, and the counts that are made of it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Arguments, assigned::Assignments};
use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Subject, Unreadable,
        compliance::{Compliance, STATES, Tally},
        filter,
        resource_id::within,
        seen::agreed,
        time::written,
    },
    provider::{
        collect::{
            Lists,
            facts::exempted::{Exemptions, Reach},
            lists::states::State,
        },
        context::Context,
        selection::{Unmatched, warn},
        words::lowered,
    },
    sdk::Diagnostics,
};

/// What one definition says of one resource by one assignment. What the service did not say, or says twice and not alike, is null.
#[derive(Serialize, JsonSchema)]
pub(super) struct Row {
    /// `assignment_id|definition_reference_id|resource_id`, lower case: unique and stable. Where there is no reference, the name of the
    /// definition stands in its place.
    key: String,
    /// Lower-case GUID of the subscription it was read in.
    subscription_id: String,
    /// The resource.
    resource_id: Option<String>,
    /// For example `Microsoft.Storage/storageAccounts`.
    resource_type: Option<String>,
    /// The assignment: the key in `assignments` is its lower-case form.
    assignment_id: Option<String>,
    /// The initiative that it assigns. Null where it assigns a definition by itself.
    set_definition_id: Option<String>,
    /// The definition.
    definition_id: Option<String>,
    /// What the definition is called in the initiative.
    definition_reference_id: Option<String>,
    /// `NonCompliant`, `Compliant`, `Exempt`, `Conflict`, `Error`, `Protected` or `Unknown`, or whatever other word the service has.
    state: Option<String>,
    /// What the definition does, for example `Audit`.
    effect: Option<String>,
    /// When it was found, or last confirmed, RFC 3339. Azure Policy looks at everything about once a day.
    evaluated_on: Option<String>,
    /// The groups of the initiative that the definition is in.
    group_names: Option<Vec<String>>,
    /// Whether an exemption that has not ended covers it. Null if that is not known.
    exempted: Option<bool>,
}

/// How many resources comply with a group of an initiative. Each counts once, by the worst that is said of it.
#[derive(Serialize, JsonSchema)]
pub(super) struct GroupRow {
    /// `assignment_id|group`, lower case.
    pub(super) key: String,
    /// The assignment.
    assignment_id: String,
    /// The group's name in the initiative.
    group: String,
    /// Resources that comply. Null instead of 0 if not all states were read, or one by this assignment does not say its groups.
    compliant: Option<usize>,
    /// Resources that do not. Null likewise.
    non_compliant: Option<usize>,
}

/// A state that met the filters.
#[derive(Debug)]
pub(super) struct Found {
    /// Unique in the list.
    pub(super) key: String,
    subscription_id: String,
    state: State,
    exempted: Option<bool>,
    is_twofold: bool,
}

impl Found {
    /// What two rows with one key say alike.
    pub(super) fn and(self, other: Self) -> Self {
        let is_same = self.state.state == other.state.state;
        let state = State {
            state: agreed(self.state.state, other.state.state),
            effect: agreed(self.state.effect, other.state.effect),
            evaluated_on: agreed(self.state.evaluated_on, other.state.evaluated_on),
            group_names: agreed(self.state.group_names, other.state.group_names),
            definition_id: agreed(self.state.definition_id, other.state.definition_id),
            ..self.state
        };
        let exempted = agreed(self.exempted, other.exempted);
        Self { state, exempted, is_twofold: self.is_twofold || other.is_twofold || !is_same, ..self }
    }

    /// What is not known of it, as far as it matters to what is asked for.
    pub(super) fn doubt(&self, filter: &Filter) -> Option<Unreadable> {
        let own = &self.state;
        let lacks = own.state.is_none()
            || own.resource_id.is_none()
            || own.assignment_id.is_none()
            || (filter.types.is_some() && own.resource_type.is_none());
        let twice = "Some policy states are listed twice, and not with the same word; what the two do not agree on is null. Plan again; it may \
                     just have been evaluated.";
        match self.is_twofold {
            true => Some(gap(&self.subscription_id, "", twice)),
            false => lacks.then(|| unstated(&self.subscription_id)),
        }
    }

    /// As it is answered.
    pub(super) fn into_row(self) -> Row {
        let own = self.state;
        let text = |text: Option<Arc<str>>| text.map(|text| text.to_string());
        Row {
            key: self.key,
            subscription_id: self.subscription_id,
            resource_id: text(own.resource_id),
            resource_type: text(own.resource_type),
            assignment_id: text(own.assignment_id),
            set_definition_id: text(own.set_definition_id),
            definition_id: text(own.definition_id),
            definition_reference_id: text(own.reference_id),
            state: text(own.state),
            effect: text(own.effect),
            evaluated_on: own.evaluated_on.and_then(written),
            group_names: own.group_names.map(|all| all.iter().map(|one| one.to_string()).collect()),
            exempted: self.exempted,
        }
    }
}

/// Which states are asked for.
pub(super) struct Filter {
    statuses: Option<BTreeSet<String>>,
    types: Option<BTreeSet<String>>,
    /// Beginnings of resource ids.
    pub(super) prefixes: Option<BTreeSet<String>>,
}

impl Filter {
    /// What the arguments say.
    pub(super) fn of(arguments: &Arguments) -> Self {
        Self {
            statuses: lowered(&arguments.statuses, |status| &status.0),
            types: lowered(&arguments.resource_types, |kind| &kind.0),
            prefixes: arguments.resource_id_prefixes.as_ref().map(|all| all.iter().map(|prefix| prefix.0.clone()).collect()),
        }
    }

    /// Whether a state is asked for, whatever its word. What it does not say may be what is asked for.
    fn admits(&self, own: &State) -> bool {
        let below = |id: &str| self.prefixes.as_ref().is_none_or(|all| all.iter().any(|prefix| within(id, prefix)));
        own.resource_id.as_deref().is_none_or(below)
            && own.resource_type.as_deref().is_none_or(|kind| filter::admits(self.types.as_ref(), kind))
    }

    /// Whether a word is asked for. One that is not known here may be a bad one.
    fn has_status(&self, word: &str) -> bool {
        let is = |known: &str| known.eq_ignore_ascii_case(word);
        match &self.statuses {
            None => !["Compliant", "Exempt", "Protected"].into_iter().any(is),
            wanted => filter::admits(wanted.as_ref(), word),
        }
    }
}

/// Whether it is one of the words there are today.
fn is_known(word: &str) -> bool {
    STATES.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The states that met the filters, and how many of those whose word is none of today's met all but `statuses`.
pub(super) fn found(
    states: &Lists<Vec<State>>,
    filter: &Filter,
    assignments: &Assignments,
    (exemptions, reach): (&Exemptions, &Reach),
    context: &Context,
    warnings: &mut Diagnostics,
) -> (Vec<Found>, usize) {
    let (mut found, mut other) = (Vec::new(), 0);
    // Before anything is chosen: of two words that contradict each other a filter would let pass the one it names.
    let contradicted = contradicted(states);
    let mut prefixes = Unmatched::of(filter.prefixes.iter().flatten().cloned());
    for (subscription, all) in states.so_far() {
        for own in all.iter() {
            prefixes.match_with(|prefix| own.resource_id.as_deref().is_some_and(|id| within(id, prefix)));
            if !filter.admits(own) || !assignments.names_state(own) {
                continue;
            }
            let is_twofold = contradicted.contains(&Said::of(own));
            let word = own.state.as_ref().filter(|_| !is_twofold);
            other += usize::from(!word.is_some_and(|word| is_known(word)));
            if word.is_none_or(|word| filter.has_status(word)) {
                found.push(Found {
                    key: key(own),
                    subscription_id: subscription.id.clone(),
                    exempted: exemptions.cover(own, &subscription.id, reach, context.now()),
                    state: State { state: word.cloned(), ..own.clone() },
                    is_twofold,
                });
            }
        }
    }
    if states.so_far().next().is_some() {
        let nothing = "no resource of any state that was read lies below";
        warn("resource_id_prefixes", "Resource id prefix", nothing, prefixes.rest(), warnings);
    }
    (found, other)
}

fn key(own: &State) -> String {
    let Said { assignment, reference, resource } = Said::of(own);
    format!("{}|{}|{resource}", assignment.unwrap_or_default(), reference.unwrap_or_default().to_lowercase())
}

/// What a state is about: what its key is made of, without making it of each.
#[derive(PartialEq, Eq, Hash)]
struct Said<'a> {
    assignment: Option<&'a str>,
    reference: Option<&'a str>,
    resource: &'a str,
}

impl<'a> Said<'a> {
    fn of(own: &'a State) -> Self {
        let name = || own.definition_id.as_deref().and_then(|id| id.rsplit('/').next());
        let reference = own.reference_id.as_deref().or_else(name);
        Self { assignment: own.assignment_key.as_deref(), reference, resource: &own.resource_key }
    }
}

/// What two states are about that are not in the same word.
fn contradicted(states: &Lists<Vec<State>>) -> HashSet<Said<'_>> {
    let (mut words, mut contradicted) = (HashMap::new(), HashSet::new());
    for own in states.so_far().flat_map(|(_, all)| all.iter()) {
        let word = own.state.as_deref();
        if *words.entry(Said::of(own)).or_insert(word) != word {
            contradicted.insert(Said::of(own));
        }
    }
    contradicted
}

/// How many resources comply: with assignments, and with their groups, by lower-case ids and names.
#[derive(Debug, Default)]
pub(super) struct Tallies<'a> {
    assignments: BTreeMap<&'a str, Tally<'a>>,
    groups: BTreeMap<&'a str, BTreeMap<String, (&'a str, Tally<'a>)>>,
    /// Assignments of initiatives by which something was found that does not say in which groups it counts: it may be any of them.
    ungrouped: BTreeSet<&'a str>,
}

impl<'a> Tallies<'a> {
    /// Of all states that were read, whatever is asked for.
    pub(super) fn of(states: &'a Lists<Vec<State>>) -> Self {
        let mut tallies = Self::default();
        for own in states.so_far().flat_map(|(_, all)| all.iter()) {
            let Some(assignment) = own.assignment_key.as_deref() else { continue };
            let verdict = Compliance::of(own.state.as_deref());
            tallies.assignments.entry(assignment).or_default().add(&own.resource_key, verdict);
            if own.group_names.is_none() && (own.set_definition_id.is_some() || own.reference_id.is_some()) {
                tallies.ungrouped.insert(assignment);
            }
            for group in own.group_names.iter().flat_map(|all| all.iter()) {
                let known = tallies.groups.entry(assignment).or_default().entry(group.to_lowercase());
                let (_, tally) = known.or_insert_with(|| (&**group, Tally::default()));
                tally.add(&own.resource_key, verdict);
            }
        }
        tallies
    }

    /// That of an assignment; none where nothing was evaluated by it.
    pub(super) fn assignment(&self, key: &str) -> Option<&Tally<'a>> {
        self.assignments.get(key)
    }

    /// Those of the groups of an assignment.
    pub(super) fn groups(&self, key: &str, id: &str, is_whole: bool) -> Vec<GroupRow> {
        let own = self.groups.get(key).into_iter().flatten();
        let is_whole = is_whole && !self.ungrouped.contains(key);
        own.map(|(group, (name, tally))| GroupRow {
            key: format!("{key}|{group}"),
            assignment_id: id.to_owned(),
            group: (*name).to_owned(),
            compliant: counted(tally.count(Compliance::Compliant), is_whole),
            non_compliant: counted(tally.count(Compliance::NonCompliant), is_whole),
        })
        .collect()
    }
}

/// A count; none instead of 0 where not all was read.
pub(super) fn counted(seen: usize, is_whole: bool) -> Option<usize> {
    (is_whole || seen > 0).then_some(seen)
}

/// Subscriptions in which something was found that does not say by which assignment: the counts of each lack it, whatever is asked for.
pub(super) fn unassigned(states: &Lists<Vec<State>>) -> BTreeSet<String> {
    let such = states.so_far().filter(|(_, all)| all.iter().any(|own| own.assignment_key.is_none()));
    such.map(|(subscription, _)| subscription.id.clone()).collect()
}

/// The gap of states that do not say enough.
pub(super) fn unstated(subscription_id: &str) -> Unreadable {
    let remedy = "Some policy states come without a word, or without what they are about; they are kept. Run again later; if this persists, \
                  please report it.";
    gap(subscription_id, Failure::UnstatedField.code(), remedy)
}

fn gap(subscription_id: &str, code: &str, remedy: &str) -> Unreadable {
    Unreadable {
        subject: Subject::PolicyStates,
        place: Place::Subscription(subscription_id.to_owned()),
        reason: Reason::InvalidResponse,
        code: code.to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// The gaps of subscriptions in which something is assigned and nothing was ever evaluated.
pub(super) fn silent(states: &Lists<Vec<State>>, holding: &BTreeSet<String>) -> Vec<Unreadable> {
    let nothing = states.wholly(Vec::is_empty).into_iter().filter(|subscription| holding.contains(&subscription.id));
    let gap = |id: String| {
        Unreadable {
        subject: Subject::PolicyStates,
        place: Place::Subscription(id),
        reason: Reason::NoDataYet,
        code: String::new(),
        remedy: "Policies are assigned, and nothing was evaluated yet. The first evaluation can take a day; if it was assigned longer ago, see \
                 whether the provider is registered: az provider show --namespace Microsoft.PolicyInsights"
            .to_owned(),
    }
    };
    nothing.map(|subscription| gap(subscription.id)).collect()
}
