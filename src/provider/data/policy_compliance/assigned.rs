//! Policy assignments: which of them are asked for, and their rows.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Arguments,
    evaluated::{Tallies, counted},
};
use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Subject, Unreadable,
        compliance::Compliance,
        effects::{UNKNOWN, effect, is_new},
        initiatives,
    },
    provider::{
        collect::{
            facts::policy_effects::{AppliedDefinition, Rules},
            lists::{policies::Assignment, states::State},
        },
        selection::{Unmatched, warn},
        words::lowered,
    },
    sdk::Diagnostics,
    text::quoted,
};

/// One assignment. What the service did not say, or says twice and not alike, is null.
#[derive(Serialize, JsonSchema)]
pub(super) struct AssignmentRow {
    /// `id`, lower case: unique and stable.
    key: String,
    /// The assignment.
    id: String,
    /// What people call it. Not unique.
    display_name: Option<String>,
    /// Where it holds: a management group, subscription, resource group or resource.
    scope: Option<String>,
    /// The definition or initiative that it assigns.
    policy_definition_id: Option<String>,
    /// Which versions of it, for example `1.*.*`. Null for whichever there is.
    definition_version: Option<String>,
    /// `Default`, or `DoNotEnforce`, which refuses and changes nothing; or whatever other word the service has.
    enforcement_mode: Option<String>,
    /// The compliance framework that its built-in initiative stands for, as Microsoft calls it, for example `PCI DSS v4`. Null for what
    /// stands for none.
    framework: Option<&'static str>,
    /// Scopes below it where it does not hold: nothing is refused, evaluated or counted there.
    not_scopes: Option<Vec<String>>,
    /// What its definitions do, each word once: `Deny`, `Audit`, `Disabled` …, `unknown` for what does not resolve. Null if it is not known which
    /// definitions it assigns.
    effects: Option<Vec<String>>,
    /// Resources of the chosen subscriptions that comply. Each counts once, by the worst that is said of it. Null instead of 0 if not all states
    /// were read.
    compliant: Option<usize>,
    /// Resources that do not comply. Null likewise.
    non_compliant: Option<usize>,
    /// Resources that are exempt. Null likewise.
    exempt: Option<usize>,
    /// Resources of which it is not known, which are in conflict or protected, or in a word that is new in Azure. Null likewise.
    other: Option<usize>,
    /// How many of a hundred resources comply or are exempt, rounded down to two decimals. Null if nothing was evaluated by it, or not all states
    /// were read.
    percentage: Option<f64>,
}

/// An assignment that met the filters.
#[derive(Debug)]
pub(super) struct Found {
    /// Its id, lower case.
    pub(super) key: String,
    /// What it says.
    pub(super) assignment: Assignment,
    /// What its definitions do.
    pub(super) rules: Rules,
}

impl Found {
    /// As it is answered. `is_whole` says whether all was read that its counts are of.
    pub(super) fn into_row(self, tallies: &Tallies<'_>, is_whole: bool) -> AssignmentRow {
        let effects = self.effects().map(|words| words.into_iter().map(str::to_owned).collect());
        let tally = tallies.assignment(&self.key);
        let count = |verdict| counted(tally.map_or(0, |tally| tally.count(verdict)), is_whole);
        let own = self.assignment;
        AssignmentRow {
            effects,
            compliant: count(Compliance::Compliant),
            non_compliant: count(Compliance::NonCompliant),
            exempt: count(Compliance::Exempt),
            other: count(Compliance::Other),
            percentage: tally.filter(|_| is_whole).and_then(|tally| tally.percentage()),
            framework: own.policy_definition_id.as_deref().and_then(initiatives::framework),
            definition_version: own.assigned.version,
            key: self.key,
            id: own.id,
            display_name: own.display_name,
            scope: own.scope,
            policy_definition_id: own.policy_definition_id,
            enforcement_mode: own.enforcement_mode,
            not_scopes: own.not_scopes,
        }
    }

    /// The effects of its definitions, each once; none where it is not known which it assigns.
    fn effects(&self) -> Option<BTreeSet<&str>> {
        let rules = self.rules.as_ref()?;
        Some(rules.iter().flat_map(|rule| rule.words.iter().map(String::as_str)).collect())
    }
}

/// Which assignments are asked for. Ids are lower case.
pub(super) struct Filter {
    assignments: Option<BTreeSet<String>>,
    sets: Option<BTreeSet<String>>,
    effects: Option<BTreeSet<String>>,
    types: Option<BTreeSet<String>>,
}

impl Filter {
    /// What the arguments say.
    pub(super) fn of(arguments: &Arguments) -> Self {
        Self {
            assignments: arguments.policy_assignment_ids.as_ref().map(|all| all.iter().map(|id| id.0.to_lowercase()).collect()),
            sets: arguments.policy_set_definition_ids.as_ref().map(|all| all.iter().map(|id| id.0.to_lowercase()).collect()),
            effects: arguments.effects.as_ref().map(|all| all.iter().map(|word| effect(&word.0).to_owned()).collect()),
            types: lowered(&arguments.resource_types, |kind| &kind.0).filter(|_| arguments.effects.is_some()),
        }
    }

    /// Whether an assignment is one of those that are named. What it does not say may be what is asked for.
    pub(super) fn names(&self, key: &str, own: &Assignment) -> bool {
        let set = own.policy_definition_id.as_ref().map(|id| id.to_lowercase());
        self.assignments.as_ref().is_none_or(|wanted| wanted.contains(key))
            && self.sets.as_ref().is_none_or(|wanted| set.is_none_or(|own| wanted.contains(&own)))
    }

    /// Whether one of these effects is asked for, or may be.
    fn is_wanted(&self, words: &BTreeSet<String>) -> bool {
        let Some(wanted) = &self.effects else { return true };
        words.iter().any(|word| wanted.contains(word) || word == UNKNOWN || is_new(word))
    }

    /// Whether the types decide about what has these effects.
    pub(super) fn needs_types(&self, words: &BTreeSet<String>) -> bool {
        self.types.is_some() && self.is_wanted(words)
    }

    /// Whether an assignment has an effect that is asked for, or may have.
    pub(super) fn has_effect(&self, found: &Found) -> bool {
        let Some(rules) = &found.rules else { return true };
        let may_apply = |rule: &AppliedDefinition| match (&self.types, &rule.definition) {
            (Some(types), Some(definition)) => definition.may_apply(types),
            _ => true,
        };
        rules.iter().any(|rule| self.is_wanted(&rule.words) && may_apply(rule))
    }

    /// A warning of ids that are not assigned.
    pub(super) fn warn(&self, all: &BTreeMap<String, Assignment>, warnings: &mut Diagnostics) {
        let mut assignments = Unmatched::of(self.assignments.iter().flatten().cloned());
        let mut sets = Unmatched::of(self.sets.iter().flatten().cloned());
        for (key, own) in all {
            assignments.match_with(|wanted| wanted == key);
            sets.match_with(|wanted| own.policy_definition_id.as_ref().is_some_and(|id| id.to_lowercase() == *wanted));
        }
        let nothing = "no assignment that was read";
        let quoted = |rest: &BTreeSet<String>| rest.iter().map(|id| quoted(id)).collect::<Vec<_>>();
        let (assignments, sets) = (quoted(assignments.rest()), quoted(sets.rest()));
        warn("policy_assignment_ids", "Policy assignment", &format!("{nothing} has the id"), &assignments, warnings);
        warn("policy_set_definition_ids", "Initiative", &format!("{nothing} assigns"), &sets, warnings);
    }
}

/// What is not known of an assignment that is in the answer.
pub(super) fn doubt(found: &Found) -> Option<Unreadable> {
    let own = &found.assignment;
    let gap = |code: &str, remedy: &str| Unreadable {
        subject: Subject::PolicyAssignments,
        place: Place::of(own.scope.as_deref().unwrap_or(&own.id)),
        reason: Reason::InvalidResponse,
        code: code.to_owned(),
        remedy: remedy.to_owned(),
    };
    let twice = "Some policy assignments are listed twice and not with the same contents; what the two do not agree on is null. Plan again; it \
                 may just have been changed.";
    let unstated = "Some policy assignments come without what they assign, where they hold or whether they are enforced; they are kept. Run \
                    again later; if this persists, please report it.";
    let lacks = own.policy_definition_id.is_none()
        || own.scope.is_none()
        || own.enforcement_mode.is_none()
        || own.assigned.parameters.is_none()
        || own.assigned.overrides.is_none();
    match own.is_twofold {
        true => Some(gap("", twice)),
        false => lacks.then(|| gap(Failure::UnstatedField.code(), unstated)),
    }
}

/// All assignments that were read, for what is said of states.
pub(super) struct Assignments<'a> {
    filter: &'a Filter,
    all: &'a BTreeMap<String, Assignment>,
}

impl<'a> Assignments<'a> {
    /// With what is asked for of them.
    pub(super) fn of(filter: &'a Filter, all: &'a BTreeMap<String, Assignment>) -> Self {
        Self { filter, all }
    }

    /// Whether a state belongs to what is asked for. What it does not say may be that.
    pub(super) fn names_state(&self, own: &State) -> bool {
        let Some(key) = own.assignment_key.as_deref() else { return true };
        let set = || {
            let said = own.set_definition_id.as_deref().map(str::to_lowercase);
            said.or_else(|| self.all.get(key)?.policy_definition_id.as_ref().map(|id| id.to_lowercase()))
        };
        self.filter.assignments.as_ref().is_none_or(|wanted| wanted.contains(key))
            && self.filter.sets.as_ref().is_none_or(|wanted| set().is_none_or(|set| wanted.contains(&set)))
    }
}
