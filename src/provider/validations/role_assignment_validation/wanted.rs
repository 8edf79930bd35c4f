//! What a configuration requires, as far as the role definitions that were read decide it: which role a name means, on which side an
//! operation is, and of what no definition tells.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    posture::{
        Status,
        rbac::{
            Operations, PrincipalFacts, Requirement, Side, Standing, Terms, Verdict, built_in, facts::Sureness, judge,
            judge::unproven,
        },
    },
    provider::{
        collect::{facts::grants::Reading, lists::authorization::guid_of},
        selection,
        validations::{Gate, role_assignment_validation::Arguments},
        words::is_guid,
    },
    sdk::{Diagnostics, Path, Result, rules::nearest},
};

/// What is required.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Whether what people wrote is shown without their addresses.
    redacts_people: bool,
    /// Whether a role may have been made a moment ago.
    expects_news: bool,
    /// At every scope.
    everywhere: BTreeSet<Requirement>,
    /// Names that several roles bear, as they are called, with the ids: which one is meant depends on the scope.
    several: BTreeMap<String, Vec<String>>,
    /// Operations that no role definition names.
    unnamed: BTreeSet<Requirement>,
    /// Names of roles that could not be looked up.
    pub(super) nameless: BTreeSet<String>,
}

/// Names of roles that no list of the scopes has.
pub(super) fn unknown_names(arguments: &Arguments, reading: &Reading) -> Vec<String> {
    let names = arguments.role_definition_names.iter().flatten();
    names.filter(|name| reading.definitions.all_of_name(name).is_empty()).cloned().collect()
}

impl Wanted {
    /// What the arguments require; an error if the roles that were read say that they cannot mean it.
    pub(super) fn of(
        arguments: &Arguments,
        gate: &Gate,
        reading: &Reading,
        redacts_people: bool,
        warnings: &mut Diagnostics,
    ) -> Result<Self> {
        let mut wanted = Self { redacts_people, expects_news: gate.expects_news(), ..Self::default() };
        let mut problems = Diagnostics::new();
        for name in arguments.role_definition_names.iter().flatten() {
            wanted.add_name(name, reading, &mut problems);
        }
        for id in arguments.role_definition_ids.iter().flatten() {
            let id = guid_of(&id.0);
            let known = reading.definitions.roles.get(&id).and_then(|role| role.properties.role_name.0.clone());
            let name = known.unwrap_or_else(|| id.clone());
            // The same role by name and by id is one requirement.
            if !wanted.everywhere.iter().any(|one| matches!(one, Requirement::Role { id: known, .. } if *known == id)) {
                wanted.everywhere.insert(Requirement::Role { id, name });
            }
        }
        if let Some(facts) = reading.facts.first() {
            let operations =
                Operations::of(facts.roles.so_far().into_iter().flat_map(|roles| roles.values()), facts.roles.is_whole());
            wanted.add_operations(Side::Control, arguments, &operations, &mut problems);
            wanted.add_operations(Side::Data, arguments, &operations, &mut problems);
            if reading.definitions.gaps.is_empty() {
                strange(arguments, &operations, warnings);
            }
        }
        problems.into_result()?;
        Ok(wanted)
    }

    fn add_name(&mut self, name: &str, reading: &Reading, problems: &mut Diagnostics) {
        let path = Path::attribute("role_definition_names");
        let role = |id: String| Requirement::Role { id, name: name.to_owned() };
        let known: Vec<String> = reading.definitions.all_of_name(name).into_iter().collect();
        // A role that could not be read, or whose name is not said, may bear the name. Only one of Azure's has no namesakes: a custom
        // role's name has to be unique in the tenant, built-in roles included (RoleDefinitionWithSameNameExists).
        let whole = reading.definitions.gaps.is_empty() && reading.definitions.nameless().next().is_none();
        match (known.as_slice(), built_in::by_name(name)) {
            ([id], _) if !whole && built_in::by_guid(id).is_none() => {
                self.nameless.insert(name.to_owned());
            }
            ([id], _) => {
                self.everywhere.insert(role(id.clone()));
            }
            ([], _) if is_guid(&guid_of(name)) || (whole && !self.expects_news) => {
                let detail = selection::no_such_role("role_definition_names", name, &reading.definitions, self.redacts_people);
                problems.error(path, "Unknown value", detail);
            }
            // A name that a built-in role bore before, or in preview, is free for a custom one.
            ([], Some((today, id))) if today.eq_ignore_ascii_case(name) => {
                self.everywhere.insert(role(id.to_owned()));
            }
            ([], _) => {
                self.nameless.insert(name.to_owned());
            }
            (several, _) => {
                let mut unclear = reading.facts.iter().filter(|facts| meant(several, facts).len() > 1);
                if let Some(facts) = unclear.next() {
                    let ids = meant(several, facts).into_iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
                    let detail = format!(
                        "`{path}` has {name:?}, the name of several roles that can be given at {}: {ids}. Name the one that is meant \
                         in `role_definition_ids`.",
                        facts.scope
                    );
                    problems.error(path, "Ambiguous value", detail);
                }
                // One that was not read may be the one that is meant.
                if whole {
                    self.several.insert(name.to_owned(), several.to_vec());
                } else {
                    self.nameless.insert(name.to_owned());
                }
            }
        }
    }

    fn add_operations(&mut self, side: Side, arguments: &Arguments, operations: &Operations, problems: &mut Diagnostics) {
        let (named, own, other, kind) = match side {
            Side::Control => (&arguments.actions, "actions", "data_actions", "a data operation"),
            Side::Data => (&arguments.data_actions, "data_actions", "actions", "a management operation"),
        };
        for operation in named.iter().flatten().map(|pattern| &pattern.0) {
            let requirement = match side {
                Side::Control => Requirement::Action(operation.clone()),
                Side::Data => Requirement::DataAction(operation.clone()),
            };
            match operations.standing(side, operation) {
                Standing::Named => {}
                Standing::Elsewhere(role) => {
                    let detail = format!(
                        "`{own}` has {operation:?}, which is {kind}: role definitions name it, or what is below it, there only, as \
                         {role:?} does. Name it in `{other}`."
                    );
                    problems.error(Path::attribute(own), "Invalid value", detail);
                }
                Standing::Unnamed => {
                    self.unnamed.insert(requirement.clone());
                }
            }
            self.everywhere.insert(requirement);
        }
    }

    /// What is required at one scope.
    pub(super) fn at(&self, facts: &PrincipalFacts) -> Vec<Requirement> {
        let mut wanted = self.everywhere.clone();
        for (name, ids) in &self.several {
            // Where none of them can be given, each is as good as the other.
            let id = meant(ids, facts).first().copied().or(ids.first());
            wanted.extend(id.map(|id| Requirement::Role { id: id.clone(), name: name.clone() }));
        }
        wanted.into_iter().collect()
    }

    /// The verdict about one requirement at one scope.
    pub(super) fn judge(&self, requirement: &Requirement, facts: &PrincipalFacts, terms: Terms) -> Verdict {
        let verdict = judge(requirement, facts, terms);
        match verdict.status {
            Status::Pass if self.unnamed.contains(requirement) => unproven(),
            _ => verdict,
        }
    }
}

/// Those of several roles that can be given at a scope.
fn meant<'a>(ids: &'a [String], facts: &PrincipalFacts) -> Vec<&'a String> {
    let can = |id: &&String| facts.role(id).is_none_or(|role| facts.can_be_given(role) > Sureness::No);
    ids.iter().filter(can).collect()
}

/// Warns of resource providers that no role definition names: custom ones exist, and so do misspelt ones.
fn strange(arguments: &Arguments, operations: &Operations, warnings: &mut Diagnostics) {
    let known: Vec<String> = operations.namespaces().into_iter().collect();
    for (argument, named) in [("actions", &arguments.actions), ("data_actions", &arguments.data_actions)] {
        let path = Path::attribute(argument);
        let names = named.iter().flatten().filter_map(|operation| operations.strange_namespace(&operation.0));
        for name in names.collect::<BTreeSet<_>>() {
            let near: Vec<_> = nearest(name, &known).into_iter().map(|name| format!("`{name}`")).collect();
            let detail = format!(
                "`{path}` has operations of {name:?}, a resource provider that none of the role definitions read here names. The \
                 nearest that they name are {}.",
                near.join(", ")
            );
            warnings.warning(path.clone(), "Resource provider matches nothing", detail);
        }
    }
}
