//! What Azure Policy does by an assignment: which effects its definitions have, and for which types of resources.

use std::collections::{BTreeMap, BTreeSet};

use crate::posture::filter::{self, every};

/// The effect of a definition that does not resolve.
pub const UNKNOWN: &str = "unknown";

/// The effects there are today, as Azure's pages write them.
pub const EFFECTS: [&str; 11] = [
    "AddToNetworkGroup",
    "Append",
    "Audit",
    "AuditIfNotExists",
    "Deny",
    "DenyAction",
    "DeployIfNotExists",
    "Disabled",
    "Manual",
    "Modify",
    "Mutate",
];

/// The parameter that holds the effect of nearly all built-in definitions.
const EFFECT: &str = "effect";

/// The word for an effect, in one case; a word that is new in Azure stays as it is.
pub fn effect(word: &str) -> &str {
    EFFECTS.into_iter().find(|known| known.eq_ignore_ascii_case(word)).unwrap_or(word)
}

/// Whether an effect is none of those that are known here: nobody knows whether it refuses something.
pub fn is_new(word: &str) -> bool {
    !EFFECTS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// A text of a definition, an initiative or an assignment where an effect may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// What a parameter holds, by its lower-case name.
    Parameter(String),
    /// Something that is neither a word nor a parameter.
    Unclear,
    /// A word.
    Word(String),
}

impl Said {
    /// What a text says: `[parameters('x')]` names a parameter, anything else in brackets computes something.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        let inside = text.strip_prefix("[parameters('").and_then(|rest| rest.strip_suffix("')]"));
        match inside {
            Some(name) if !name.contains('\'') => Self::Parameter(name.to_lowercase()),
            _ if text.is_empty() || text.starts_with('[') => Self::Unclear,
            _ => Self::Word(text.to_owned()),
        }
    }
}

/// What parameters are set to, by lower-case name.
pub type Parameters = BTreeMap<String, Said>;

/// What is assigned, as far as it decides about effects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assigned {
    /// Which versions of the definition or initiative; none for whichever there is.
    pub version: Option<String>,
    /// What its parameters are set to; none if that is not clear.
    pub parameters: Option<Parameters>,
    /// What is put in the place of effects and versions; none if that is not clear.
    pub overrides: Option<Vec<Override>>,
}

/// Something put in the place of what definitions say.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// What it replaces.
    pub what: Replaces,
    /// For what.
    pub selects: Vec<Selects>,
}

/// What an override replaces.
#[derive(Clone, Debug, PartialEq)]
pub enum Replaces {
    /// The effect, by this one; none if the service did not say.
    Effect(Option<String>),
    /// The version, by one that matches this.
    Version(Option<String>),
    /// What is not known here.
    Unclear,
}

/// For which definitions of an initiative an override is.
#[derive(Clone, Debug, PartialEq)]
pub enum Selects {
    /// For these names, lower case.
    Only(BTreeSet<String>),
    /// For all but these.
    AllBut(BTreeSet<String>),
    /// For some resources only, or for what is not known here.
    Some,
}

/// How an override meets a definition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meets {
    Not,
    Partly,
    Wholly,
}

/// A definition in an initiative, or the one that is assigned by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Member {
    /// The definition.
    pub definition_id: String,
    /// What it is called in the initiative; none where it is assigned by itself.
    pub reference_id: Option<String>,
    /// Which versions of it; none for whichever there is.
    pub version: Option<String>,
    /// What its parameters are set to; none if that is not clear.
    pub parameters: Option<Parameters>,
}

/// An initiative.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Initiative {
    /// Its version.
    pub version: Option<String>,
    /// What its parameters are where nothing sets them; none if that is not clear.
    pub defaults: Option<Parameters>,
    /// The definitions in it; none if they are not known, or there are none.
    pub members: Option<Vec<Member>>,
}

/// A policy definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its version.
    pub version: Option<String>,
    /// What its parameters are where nothing sets them; none if that is not clear.
    pub defaults: Option<Parameters>,
    /// What it does.
    pub effect: Said,
    /// When.
    pub condition: Condition,
}

/// When a rule applies, as far as the type of a resource decides.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All of them hold.
    All(Vec<Condition>),
    /// One of them holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// Something else than the type decides.
    Open,
    /// The type is one of these, in which `*` is any run.
    Type(Vec<String>),
}

impl Condition {
    /// Whether it holds for resources of a type; none if that depends on more.
    pub fn holds(&self, kind: &str) -> Option<bool> {
        match self {
            Self::All(parts) => every(parts.iter().map(|part| part.holds(kind))),
            Self::Any(parts) => every(parts.iter().map(|part| part.holds(kind).map(|holds| !holds))).map(|none| !none),
            Self::Not(part) => part.holds(kind).map(|holds| !holds),
            Self::Open => None,
            Self::Type(wanted) => Some(wanted.iter().any(|pattern| filter::wildcard(pattern, kind))),
        }
    }
}

impl Definition {
    /// Whether it can apply to resources of one of these types.
    pub fn may_apply(&self, kinds: &BTreeSet<String>) -> bool {
        kinds.iter().any(|kind| self.condition.holds(kind) != Some(false))
    }
}

impl Member {
    /// Whether what the assignment and the initiative say does not tell the effect, so that the definition has to.
    pub fn needs_definition(&self, is_built_in: bool) -> bool {
        !is_built_in || self.parameters.as_ref().is_some_and(|own| !own.contains_key(EFFECT))
    }
}

/// The effects of a definition by an assignment, in one case, [`UNKNOWN`] for what does not resolve. An override for some resources
/// leaves the others what they have. `initiative` is none where the definition is assigned by itself; `definition` where it was not read.
pub fn effects(
    assigned: &Assigned,
    initiative: Option<&Initiative>,
    member: &Member,
    definition: Option<&Definition>,
) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut add = |word: Option<&str>| words.insert(word.map_or(UNKNOWN, effect).to_owned());
    let (mut is_replaced, mut version) = (false, member.version.as_deref());
    match &assigned.overrides {
        None => drop(add(None)),
        Some(overrides) => {
            for one in overrides {
                let meets = one.meets(member.reference_id.as_deref());
                match (&one.what, meets) {
                    (_, Meets::Not) => {}
                    (Replaces::Effect(word), _) => {
                        add(word.as_deref());
                        is_replaced |= meets == Meets::Wholly;
                    }
                    // Which of two versions it is for some resources does not matter: neither is the one that was read.
                    (Replaces::Version(other), _) => version = other.as_deref().or(Some("")),
                    (Replaces::Unclear, _) => drop(add(None)),
                }
            }
        }
    }
    if !is_replaced {
        let of_initiative = initiative.is_none_or(|own| is_of(assigned.version.as_deref(), own.version.as_deref()));
        add(own_effect(assigned, initiative, member, version, definition).filter(|_| of_initiative));
    }
    words
}

/// The effect without overrides; none if it does not resolve.
fn own_effect<'a>(
    assigned: &'a Assigned,
    initiative: Option<&'a Initiative>,
    member: &'a Member,
    version: Option<&str>,
    definition: Option<&'a Definition>,
) -> Option<&'a str> {
    let set = member.parameters.as_ref()?;
    let resolved = |said: &'a Said| match (said, initiative) {
        (Said::Word(word), _) => Some(word.as_str()),
        (Said::Parameter(name), Some(initiative)) => {
            match assigned.parameters.as_ref()?.get(name).or_else(|| initiative.defaults.as_ref()?.get(name)) {
                Some(Said::Word(word)) => Some(word.as_str()),
                _ => None,
            }
        }
        _ => None,
    };
    let Some(definition) = definition else { return set.get(EFFECT).and_then(resolved) };
    let own = match &definition.effect {
        Said::Word(word) => Some(word.as_str()),
        Said::Parameter(name) => match set.get(name) {
            Some(said) => resolved(said),
            None => match definition.defaults.as_ref()?.get(name) {
                Some(Said::Word(word)) => Some(word.as_str()),
                _ => None,
            },
        },
        Said::Unclear => None,
    };
    own.filter(|_| is_of(version, definition.version.as_deref()))
}

/// Whether the version that was read is one of those that are asked for: `1.*.*`, perhaps with a word behind it.
fn is_of(wanted: Option<&str>, own: Option<&str>) -> bool {
    let Some(wanted) = wanted else { return true };
    own.is_some_and(|own| {
        let parts = |text: &str| text.split('-').next().unwrap_or_default().split('.').map(str::to_owned).collect::<Vec<_>>();
        let (wanted, own) = (parts(wanted), parts(own));
        wanted.len() == own.len() && wanted.iter().zip(&own).all(|(one, other)| one == "*" || one == other)
    })
}

impl Override {
    fn meets(&self, reference_id: Option<&str>) -> Meets {
        let reference = reference_id.map(str::to_lowercase);
        let one = |selects: &Selects| {
            let is_among = |names: &BTreeSet<String>| reference.as_ref().map(|own| names.contains(own));
            match selects {
                Selects::Only(names) => is_among(names),
                Selects::AllBut(names) => is_among(names).map(|is| !is),
                Selects::Some => None,
            }
            .map_or(Meets::Partly, |is| if is { Meets::Wholly } else { Meets::Not })
        };
        self.selects.iter().map(one).min().unwrap_or(Meets::Wholly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pairs: &[(&str, &str)]) -> Option<Parameters> {
        Some(pairs.iter().map(|(name, text)| ((*name).to_owned(), Said::of(text))).collect())
    }

    fn initiative(defaults: &[(&str, &str)]) -> Initiative {
        Initiative { version: Some("2.1.0".into()), defaults: said(defaults), members: None }
    }

    fn member(parameters: &[(&str, &str)]) -> Member {
        Member { definition_id: "d".into(), reference_id: Some("Tls".into()), version: None, parameters: said(parameters) }
    }

    fn assigned(parameters: &[(&str, &str)]) -> Assigned {
        Assigned { version: None, parameters: said(parameters), overrides: Some(Vec::new()) }
    }

    fn definition(effect: &str, defaults: &[(&str, &str)]) -> Definition {
        Definition {
            version: Some("1.2.0".into()),
            defaults: said(defaults),
            effect: Said::of(effect),
            condition: Condition::Open,
        }
    }

    fn words(found: BTreeSet<String>) -> Vec<String> {
        found.into_iter().collect()
    }

    #[test]
    fn an_effect_is_a_word_a_parameter_or_unclear() {
        for (text, expected) in [
            ("deny", Said::Word("deny".into())),
            ("[parameters('Effect')]", Said::Parameter("effect".into())),
            ("[if(equals(parameters('x'), 'y'), 'Deny', 'Audit')]", Said::Unclear),
            ("[parameters('a')][parameters('b')]", Said::Unclear),
            ("", Said::Unclear),
        ] {
            assert_eq!(Said::of(text), expected, "{text}");
        }
    }

    #[test]
    fn the_assignment_comes_before_the_initiative_and_the_initiative_before_the_definition() {
        let of_parameter = member(&[("effect", "[parameters('tlsEffect')]")]);
        let set = initiative(&[("tlseffect", "audit")]);
        let own = definition("[parameters('effect')]", &[("effect", "Disabled")]);
        for (assigned, member, definition, expected) in [
            (assigned(&[("tlseffect", "DENY")]), &of_parameter, None, "Deny"),
            (assigned(&[]), &of_parameter, None, "Audit"),
            (assigned(&[]), &member(&[("effect", "Modify")]), None, "Modify"),
            (assigned(&[]), &member(&[]), Some(&own), "Disabled"),
            (assigned(&[("effect", "Deny")]), &member(&[]), Some(&own), "Disabled"),
            (assigned(&[]), &member(&[]), None, "unknown"),
            (assigned(&[]), &member(&[("effect", "[parameters('nowhere')]")]), None, "unknown"),
            (assigned(&[]), &member(&[("effect", "Audit")]), Some(&definition("deny", &[])), "Deny"),
            (assigned(&[]), &member(&[]), Some(&definition("[concat('de','ny')]", &[])), "unknown"),
        ] {
            assert_eq!(words(effects(&assigned, Some(&set), member, definition)), [expected], "{assigned:?} {member:?}");
        }
        let alone = Member { reference_id: None, ..member(&[("effect", "Deny")]) };
        assert_eq!(words(effects(&assigned(&[("effect", "Deny")]), None, &alone, None)), ["Deny"]);
        let unclear = Assigned { parameters: None, ..assigned(&[]) };
        assert_eq!(words(effects(&unclear, Some(&set), &of_parameter, None)), ["unknown"]);
    }

    #[test]
    fn an_override_replaces_the_effect_of_what_it_selects_and_one_for_some_resources_adds_to_it() {
        let set = initiative(&[]);
        let own = member(&[("effect", "Audit")]);
        let names = |name: &str| BTreeSet::from([name.to_owned()]);
        let deny = |selects: Vec<Selects>| Override { what: Replaces::Effect(Some("deny".into())), selects };
        for (one, expected) in [
            (deny(vec![]), &["Deny"][..]),
            (deny(vec![Selects::Only(names("tls"))]), &["Deny"]),
            (deny(vec![Selects::Only(names("other"))]), &["Audit"]),
            (deny(vec![Selects::AllBut(names("tls"))]), &["Audit"]),
            (deny(vec![Selects::AllBut(names("other"))]), &["Deny"]),
            (deny(vec![Selects::Some]), &["Audit", "Deny"]),
            (deny(vec![Selects::Some, Selects::Only(names("other"))]), &["Audit"]),
            (Override { what: Replaces::Effect(None), selects: vec![] }, &["unknown"]),
            (Override { what: Replaces::Unclear, selects: vec![] }, &["Audit", "unknown"]),
        ] {
            let assigned = Assigned { overrides: Some(vec![one.clone()]), ..assigned(&[]) };
            assert_eq!(words(effects(&assigned, Some(&set), &own, None)), expected, "{one:?}");
        }
        let unclear = Assigned { overrides: None, ..assigned(&[]) };
        assert_eq!(words(effects(&unclear, Some(&set), &own, None)), ["Audit", "unknown"]);
    }

    #[test]
    fn what_another_version_does_is_not_known() {
        let own = definition("deny", &[]);
        for (version, expected) in [(None, "Deny"), (Some("1.*.*"), "Deny"), (Some("1.2.0"), "Deny"), (Some("2.*.*"), "unknown")]
        {
            let pinned = Member { version: version.map(str::to_owned), ..member(&[]) };
            assert_eq!(words(effects(&assigned(&[]), Some(&initiative(&[])), &pinned, Some(&own))), [expected], "{version:?}");
            let unsaid = Definition { version: None, ..own.clone() };
            let of_unsaid = words(effects(&assigned(&[]), Some(&initiative(&[])), &pinned, Some(&unsaid)));
            assert_eq!(of_unsaid == ["Deny"], version.is_none(), "{version:?}");
        }
        let older = Assigned { version: Some("1.*.*".into()), ..assigned(&[]) };
        assert_eq!(words(effects(&older, Some(&initiative(&[])), &member(&[("effect", "Audit")]), None)), ["unknown"]);
        let replaced = Override { what: Replaces::Version(Some("3.*.*".into())), selects: vec![] };
        let assigned = Assigned { overrides: Some(vec![replaced]), ..assigned(&[]) };
        assert_eq!(words(effects(&assigned, Some(&initiative(&[])), &member(&[]), Some(&own))), ["unknown"]);
    }

    #[test]
    fn a_rule_applies_unless_its_types_exclude_it() {
        let kind = |types: &[&str]| Condition::Type(types.iter().map(|kind| (*kind).to_owned()).collect());
        let storage = "Microsoft.Storage/storageAccounts";
        for (condition, expected) in [
            (kind(&["microsoft.storage/storageaccounts"]), Some(true)),
            (kind(&["Microsoft.Sql/servers", "Microsoft.Storage/*"]), Some(true)),
            (kind(&["Microsoft.Sql/servers"]), Some(false)),
            (Condition::All(vec![kind(&[storage]), Condition::Open]), None),
            (Condition::All(vec![kind(&["Microsoft.Sql/servers"]), Condition::Open]), Some(false)),
            (Condition::Any(vec![kind(&["Microsoft.Sql/servers"]), Condition::Open]), None),
            (Condition::Any(vec![kind(&[storage]), Condition::Open]), Some(true)),
            (Condition::Any(vec![]), Some(false)),
            (Condition::Not(Box::new(kind(&[storage]))), Some(false)),
            (Condition::Not(Box::new(Condition::Open)), None),
        ] {
            assert_eq!(condition.holds(storage), expected, "{condition:?}");
        }
    }
}
