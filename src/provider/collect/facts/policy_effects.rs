//! Which effects policies have where they are assigned: the definitions and initiatives that are needed to tell, each read once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    azure::{self, Failure},
    posture::{
        Place, Reason, Seen, Subject, Unreadable,
        effects::{Condition, Definition, Initiative, Member, Said, effects},
        resource_id::canonical,
    },
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            lists::{
                inherited,
                policies::{self, Assignment},
            },
            stop::Result,
            twice, unread,
        },
        context::Context,
    },
};

/// What one definition does by an assignment.
#[derive(Debug)]
pub struct AppliedDefinition {
    /// Its effects; more than one where they differ from resource to resource.
    pub words: BTreeSet<String>,
    /// What it says; none where it was not needed, or could not be read.
    pub definition: Option<Arc<Definition>>,
}

/// What an assignment does; none where it is not known which definitions it assigns.
pub type Rules = Option<Vec<AppliedDefinition>>;

/// What assignments do, by lower-case id, and what could not be read for it. The definitions of what has effects of which the types
/// of resources matter are read in any case: they alone tell to which they apply.
pub async fn rules(
    context: &Context,
    lists: &Lists<Vec<Assignment>>,
    assignments: &BTreeMap<String, Assignment>,
    types_matter: impl Fn(&BTreeSet<String>) -> bool,
) -> Result<Seen<BTreeMap<String, Rules>>> {
    let mut gaps = Vec::new();
    let is_of_set = |id: &str| id.to_lowercase().contains("/policysetdefinitions/");
    let assigned = || assignments.values().filter_map(|one| one.policy_definition_id.as_deref());
    let sets: BTreeSet<String> = assigned().filter(|id| is_of_set(id)).map(str::to_lowercase).collect();
    let initiatives = initiatives(context, lists, &sets, &mut gaps).await?;
    let mut members = BTreeMap::<&str, Vec<Member>>::new();
    for (id, own) in assignments {
        let Some(definition_id) = own.policy_definition_id.clone() else { continue };
        let own = match is_of_set(&definition_id) {
            true => initiatives.get(&definition_id.to_lowercase()).and_then(|set| set.members.clone()),
            // What is assigned by itself has the parameters of the assignment.
            false => {
                let (version, parameters) = (own.assigned.version.clone(), own.assigned.parameters.clone());
                Some(vec![Member { definition_id, reference_id: None, version, parameters }])
            }
        };
        members.extend(own.map(|own| (id.as_str(), own)));
    }
    let set_of = |own: &Assignment| initiatives.get(&own.policy_definition_id.as_ref()?.to_lowercase()).map(Arc::as_ref);
    let mut needed = BTreeSet::new();
    for (id, own) in assignments {
        for member in members.get(id.as_str()).into_iter().flatten() {
            let is_needed = member.needs_definition(policies::built_in(&member.definition_id).is_some());
            if is_needed || types_matter(&effects(&own.assigned, set_of(own), member, None)) {
                needed.insert(member.definition_id.to_lowercase());
            }
        }
    }
    let definitions = definitions(context, lists, &needed, &mut gaps).await?;
    let rules = assignments.iter().map(|(id, own)| {
        let rule = |member: &Member| {
            let definition = definitions.get(&member.definition_id.to_lowercase()).cloned();
            AppliedDefinition { words: effects(&own.assigned, set_of(own), member, definition.as_deref()), definition }
        };
        (id.clone(), members.get(id.as_str()).map(|all| all.iter().map(rule).collect()))
    });
    Ok(Seen::part(rules.collect(), gaps))
}

/// The subscriptions in which something is assigned by one of these definitions or initiatives, which are listed there.
fn holding(lists: &Lists<Vec<Assignment>>) -> Vec<Subscription> {
    lists.so_far().filter(|(_, own)| !own.is_empty()).map(|(subscription, _)| subscription.clone()).collect()
}

async fn initiatives(
    context: &Context,
    lists: &Lists<Vec<Assignment>>,
    ids: &BTreeSet<String>,
    gaps: &mut Vec<Unreadable>,
) -> Result<BTreeMap<String, Arc<Initiative>>> {
    let subject = Subject::PolicySetDefinitions;
    let (built_in, custom) = apart(ids);
    let names = built_in.keys().cloned().collect();
    let mut found = read(subject, &built_in, policies::built_in_initiatives(context, &names).await, gaps)?;
    if !custom.is_empty() {
        let own = policies::custom_initiatives(context, &holding(lists)).await?;
        gaps.extend(own.gaps().cloned());
        let contradicted = |(id, _): (String, Initiative), _| (id, Initiative::default());
        found.extend(listed(subject, &custom, &own, contradicted, gaps));
    }
    for (id, _) in found.iter().filter(|(_, own)| own.members.is_none()) {
        let remedy = "The initiative is listed without the definitions in it, or twice with different ones; what is assigned by it is not \
                      known. Plan again; if this persists, please report it.";
        let code = Failure::UnstatedField.code().to_owned();
        gaps.push(gap(subject, id, Reason::InvalidResponse, code, remedy.to_owned()));
    }
    Ok(found)
}

async fn definitions(
    context: &Context,
    lists: &Lists<Vec<Assignment>>,
    ids: &BTreeSet<String>,
    gaps: &mut Vec<Unreadable>,
) -> Result<BTreeMap<String, Arc<Definition>>> {
    let subject = Subject::PolicyDefinitions;
    let (built_in, custom) = apart(ids);
    let names = built_in.keys().cloned().collect();
    let mut found = read(subject, &built_in, policies::built_in_definitions(context, &names).await, gaps)?;
    if !custom.is_empty() {
        let own = policies::custom_definitions(context, &holding(lists)).await?;
        gaps.extend(own.gaps().cloned());
        let mut twofold = BTreeSet::new();
        let contradicted = |(id, _): (String, Definition), _| {
            twofold.insert(id.clone());
            (id, Definition { version: None, defaults: None, effect: Said::Unclear, condition: Condition::Open })
        };
        found.extend(listed(subject, &custom, &own, contradicted, gaps));
        let of = |id: &String| twice::gap(subject, Place::of(&canonical(id)), "the policy definition");
        gaps.extend(twofold.iter().filter(|id| custom.contains(*id)).map(of));
    }
    Ok(found)
}

/// The names of built-in ones, with their ids, and the ids of all others.
fn apart(ids: &BTreeSet<String>) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let (mut built_in, mut custom) = (BTreeMap::new(), BTreeSet::new());
    for id in ids {
        match policies::built_in(id) {
            Some(name) => drop(built_in.insert(name.to_owned(), id.clone())),
            None => drop(custom.insert(id.clone())),
        }
    }
    (built_in, custom)
}

/// What was read by name, by id.
fn read<T>(
    subject: Subject,
    names: &BTreeMap<String, String>,
    answers: BTreeMap<String, azure::Result<Arc<T>>>,
    gaps: &mut Vec<Unreadable>,
) -> Result<BTreeMap<String, Arc<T>>> {
    let mut found = BTreeMap::new();
    for (name, answer) in answers {
        let Some(id) = names.get(&name) else { continue };
        match answer {
            Ok(own) => drop(found.insert(id.clone(), own)),
            Err(error) => gaps.push(unread::gap(subject, Place::of(&canonical(id)), &error)?),
        }
    }
    Ok(found)
}

/// What was listed, of those that are needed.
fn listed<T: Clone + PartialEq>(
    subject: Subject,
    ids: &BTreeSet<String>,
    lists: &Lists<Vec<(String, T)>>,
    mut contradicted: impl FnMut((String, T), (String, T)) -> (String, T),
    gaps: &mut Vec<Unreadable>,
) -> BTreeMap<String, Arc<T>> {
    let both = |one: (String, T), other: (String, T)| if one == other { one } else { contradicted(one, other) };
    let all = inherited::each_once(lists, |row: &(String, T)| &row.0, both);
    let absent = "It is assigned, and in no list of a subscription in which it is. It may stand on a management group that this sign-in cannot \
                  read, or have been deleted: look at the assignment in the portal.";
    let missing = ids.iter().filter(|id| !all.contains_key(*id));
    gaps.extend(missing.map(|id| gap(subject, id, Reason::NotVisible, String::new(), absent.to_owned())));
    all.into_iter().filter(|(id, _)| ids.contains(id)).map(|(id, (_, own))| (id, Arc::new(own))).collect()
}

fn gap(subject: Subject, id: &str, reason: Reason, code: String, remedy: String) -> Unreadable {
    Unreadable { subject, place: Place::of(&canonical(id)), reason, code, remedy }
}
