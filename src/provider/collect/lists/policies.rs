//! What Azure Policy assigns, and the definitions and initiatives that are assigned.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt, stream};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::{
    azure::{
        self, Call, Endpoint,
        arm::policies::{self as wire, parameters},
        memo::Key,
        resource_graph::queries::Rows,
    },
    posture::{
        Area, Subject,
        effects::{Assigned, Condition, Definition, Initiative, Member, Override, Parameters, Replaces, Said, Selects},
        resource_id::{ResourceId, canonical},
        seen::agreed,
    },
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            lists::{
                inherited::{self, Inherited},
                listed::{List, both},
            },
            stop::Result,
        },
        context::Context,
    },
};

/// The lists of this subject.
pub const LISTS: &[List] = &[Assignments::LIST, Definitions::LIST, Initiatives::LIST];

/// Only what somebody made is asked for, without the thousands of others.
const CUSTOM: &str = "properties.policyType =~ \"Custom\"";

/// An assignment. Where the service did not say something, or says it twice and not alike, it is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// In the spelling of the azurerm provider.
    pub id: String,
    /// What people call it.
    pub display_name: Option<String>,
    /// Where it holds.
    pub scope: Option<String>,
    /// The definition or initiative that it assigns.
    pub policy_definition_id: Option<String>,
    /// `Default`, `DoNotEnforce`, or another word of the service.
    pub enforcement_mode: Option<String>,
    /// Where it does not hold.
    pub not_scopes: Option<Vec<String>>,
    /// What decides about effects.
    pub assigned: Assigned,
    /// Whether it is listed twice, and not with the same contents.
    pub is_twofold: bool,
}

impl Assignment {
    /// What two rows of one assignment say alike.
    pub fn and(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        Self {
            display_name: agreed(self.display_name, other.display_name),
            scope: agreed(self.scope, other.scope),
            policy_definition_id: agreed(self.policy_definition_id, other.policy_definition_id),
            enforcement_mode: agreed(self.enforcement_mode, other.enforcement_mode),
            not_scopes: agreed(self.not_scopes, other.not_scopes),
            assigned: if self.assigned == other.assigned { self.assigned } else { Assigned::default() },
            is_twofold: true,
            id: self.id,
        }
    }
}

/// The policy assignments of subscriptions, those above and below them included.
pub async fn assignments(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<Assignment>>> {
    inherited::lists::<Assignments>(context, subscriptions).await
}

/// The policy definitions that somebody made and that can be assigned in subscriptions, by lower-case id.
pub async fn custom_definitions(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<(String, Definition)>>> {
    inherited::lists::<Definitions>(context, subscriptions).await
}

/// The initiatives that somebody made, likewise.
pub async fn custom_initiatives(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<(String, Initiative)>>> {
    inherited::lists::<Initiatives>(context, subscriptions).await
}

struct Assignments;

impl Inherited for Assignments {
    const LIST: List =
        both("policy_assignments", Subject::PolicyAssignments, Some(Area::Governance), wire::POLICY_ASSIGNMENTS, Self::ROWS);
    const ROWS: Rows =
        Rows::of_type("policyassignments", "policyresources", "microsoft.authorization/policyassignments", "properties");
    type Wire = wire::PolicyAssignment;
    type Row = Assignment;

    fn row(wire: wire::PolicyAssignment, redacts_people: bool) -> Assignment {
        let id = canonical(&wire.id);
        let Some(own) = wire.properties.0 else { return Assignment { id, ..Assignment::default() } };
        let shown = |text: String| azure::shown(&text, redacts_people).into_owned();
        let scope = |text: String| canonical(&shown(text));
        // The id tells where it stands, too.
        let holder = || ResourceId::parse(&id).ok()?.parent_id;
        let excluded = own.not_scopes.0.and_then(|all| all.into_iter().map(|one| one.0.map(scope)).collect());
        Assignment {
            display_name: own.display_name.0.map(shown),
            scope: own.scope.0.map(scope).or_else(holder),
            policy_definition_id: own.policy_definition_id.0.map(scope),
            enforcement_mode: own.enforcement_mode.0.map(shown),
            not_scopes: excluded,
            assigned: Assigned {
                version: own.definition_version.0,
                parameters: set_to(own.parameters.as_ref(), |one| one.value.as_ref()),
                overrides: overrides(own.overrides.as_ref()),
            },
            is_twofold: false,
            id,
        }
    }
}

struct Definitions;

impl Inherited for Definitions {
    const LIST: List =
        both("policy_definitions", Subject::PolicyDefinitions, Some(Area::Governance), wire::POLICY_DEFINITIONS, Self::ROWS);
    const ROWS: Rows =
        Rows::of_type("policydefinitions", "policyresources", "microsoft.authorization/policydefinitions", "properties")
            .only(CUSTOM);
    type Wire = wire::PolicyDefinition;
    type Row = (String, Definition);

    const IS_MISSED: bool = true;

    fn call(scope: &str) -> Call {
        wire::custom(Self::LIST.endpoint.at(scope))
    }

    fn row(wire: wire::PolicyDefinition, _: bool) -> (String, Definition) {
        (wire.id.to_lowercase(), definition(wire))
    }
}

struct Initiatives;

impl Inherited for Initiatives {
    const LIST: List = both(
        "policy_set_definitions",
        Subject::PolicySetDefinitions,
        Some(Area::Governance),
        wire::POLICY_SET_DEFINITIONS,
        Self::ROWS,
    );
    const ROWS: Rows =
        Rows::of_type("policysetdefinitions", "policyresources", "microsoft.authorization/policysetdefinitions", "properties")
            .only(CUSTOM);
    type Wire = wire::PolicySetDefinition;
    type Row = (String, Initiative);

    const IS_MISSED: bool = true;

    fn call(scope: &str) -> Call {
        wire::custom(Self::LIST.endpoint.at(scope))
    }

    fn row(wire: wire::PolicySetDefinition, _: bool) -> (String, Initiative) {
        (wire.id.to_lowercase(), initiative(wire))
    }
}

/// The name of a built-in definition or initiative; none for one that somebody made, and for what no path may hold.
pub fn built_in(id: &str) -> Option<&str> {
    let kinds =
        ["/providers/microsoft.authorization/policydefinitions/", "/providers/microsoft.authorization/policysetdefinitions/"];
    let begins = |kind: &&str| id.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind));
    let name = id.get(kinds.iter().find(|kind| begins(kind))?.len()..)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (!name.is_empty() && name.bytes().all(is_plain)).then_some(name)
}

/// Built-in policy definitions by lower-case name, each read once a run.
pub async fn built_in_definitions(
    context: &Context,
    names: &BTreeSet<String>,
) -> BTreeMap<String, azure::Result<Arc<Definition>>> {
    by_name(context, names, &wire::BUILT_IN_DEFINITION, definition).await
}

/// Built-in initiatives, likewise.
pub async fn built_in_initiatives(
    context: &Context,
    names: &BTreeSet<String>,
) -> BTreeMap<String, azure::Result<Arc<Initiative>>> {
    by_name(context, names, &wire::BUILT_IN_SET, initiative).await
}

/// How many are read side by side; the client has limits of its own below this.
const SIDE_BY_SIDE: usize = 16;

async fn by_name<W, T>(
    context: &Context,
    names: &BTreeSet<String>,
    endpoint: &'static Endpoint,
    make: fn(W) -> T,
) -> BTreeMap<String, azure::Result<Arc<T>>>
where
    W: serde::de::DeserializeOwned + Send + 'static,
    T: Send + Sync + 'static,
{
    let one = |name: String| async move {
        let (client, own) = (context.client.clone(), name.clone());
        let read = || async move { Ok(make(client.get::<W>(endpoint.of(&own)).await?)) };
        let answer = context.client.memo(Key::of(endpoint.reading).and(&name), read).await;
        (name, answer)
    };
    stream::iter(names.iter().cloned().map(one)).buffer_unordered(SIDE_BY_SIDE).collect().await
}

fn definition(wire: wire::PolicyDefinition) -> Definition {
    let Some(own) = wire.properties.0 else {
        return Definition { version: None, defaults: None, effect: Said::Unclear, condition: Condition::Open };
    };
    let rule = own.policy_rule.0;
    Definition {
        version: own.version.0,
        defaults: set_to(own.parameters.as_ref(), |one| one.default_value.as_ref()),
        effect: rule.then.effect.as_deref().map_or(Said::Unclear, Said::of),
        condition: rule.condition.as_ref().map_or(Condition::Open, |own| condition(own, 0)),
    }
}

fn initiative(wire: wire::PolicySetDefinition) -> Initiative {
    let Some(own) = wire.properties.0 else { return Initiative::default() };
    let member = |wire: wire::Member| {
        Some(Member {
            definition_id: wire.policy_definition_id.0?,
            reference_id: wire.policy_definition_reference_id.0,
            version: wire.definition_version.0,
            parameters: set_to(wire.parameters.as_ref(), |one| one.value.as_ref()),
        })
    };
    let members = own.policy_definitions.0.and_then(|all| all.into_iter().map(|one| member(one.0)).collect::<Option<Vec<_>>>());
    Initiative {
        version: own.version.0,
        defaults: set_to(own.parameters.as_ref(), |one| one.default_value.as_ref()),
        // An initiative without definitions is none.
        members: members.filter(|all| !all.is_empty()),
    }
}

/// What parameters are set to, as far as an effect may stand there; those that are not set are not in it.
fn set_to(said: Option<&Json>, value: impl Fn(&wire::Parameter) -> Option<&Json>) -> Option<Parameters> {
    let each = |(name, own): (&String, &wire::Parameter)| {
        let text = match value(own)? {
            Json::String(text) => Said::of(text),
            _ => Said::Unclear,
        };
        Some((name.to_lowercase(), text))
    };
    Some(parameters(said)?.iter().filter_map(each).collect())
}

fn overrides(said: Option<&Json>) -> Option<Vec<Override>> {
    let Some(said) = said else { return Some(Vec::new()) };
    let all = Vec::<wire::Override>::deserialize(said).ok()?;
    let one = |own: wire::Override| {
        let what = match own.kind.as_deref() {
            Some(kind) if kind.eq_ignore_ascii_case("policyEffect") => Replaces::Effect(own.value.0),
            Some(kind) if kind.eq_ignore_ascii_case("definitionVersion") => Replaces::Version(own.value.0),
            _ => Replaces::Unclear,
        };
        Override { what, selects: selects(own.selectors.as_ref()) }
    };
    Some(all.into_iter().map(one).collect())
}

fn selects(said: Option<&Json>) -> Vec<Selects> {
    let Some(said) = said else { return Vec::new() };
    let Ok(all) = Vec::<wire::Selector>::deserialize(said) else { return vec![Selects::Some] };
    let one = |own: wire::Selector| {
        let is_of_definitions = own.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("policyDefinitionReferenceId"));
        let names =
            |said: Json| Vec::<String>::deserialize(said).ok().map(|all| all.iter().map(|one| one.to_lowercase()).collect());
        match (own.only, own.not_in) {
            (Some(only), None) if is_of_definitions => names(only).map_or(Selects::Some, Selects::Only),
            (None, Some(others)) if is_of_definitions => names(others).map_or(Selects::Some, Selects::AllBut),
            _ => Selects::Some,
        }
    };
    all.into_iter().map(one).collect()
}

/// Rules are not deeper than this.
const DEEPEST: usize = 32;

/// What a condition says of the type of resources. Whatever is not understood leaves it open.
fn condition(said: &Json, depth: usize) -> Condition {
    let Some(own) = said.as_object().filter(|_| depth < DEEPEST) else { return Condition::Open };
    let get = |name: &str| own.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let each =
        |parts: &Json| parts.as_array().map(|parts| parts.iter().map(|part| condition(part, depth + 1)).collect::<Vec<_>>());
    if let Some(parts) = get("allOf") {
        return each(parts).map_or(Condition::Open, Condition::All);
    }
    if let Some(parts) = get("anyOf") {
        return each(parts).map_or(Condition::Open, Condition::Any);
    }
    if let Some(part) = get("not") {
        return Condition::Not(Box::new(condition(part, depth + 1)));
    }
    if !get("field").and_then(Json::as_str).is_some_and(|field| field.eq_ignore_ascii_case("type")) {
        return Condition::Open;
    }
    let plain = |value: &Json| value.as_str().filter(|text| !text.starts_with('[')).map(str::to_owned);
    let exact = |value: &Json| plain(value).filter(|text| !text.contains('*')).map(|text| vec![text]);
    let all = |value: &Json| {
        value.as_array()?.iter().map(|one| plain(one).filter(|text| !text.contains('*'))).collect::<Option<Vec<_>>>()
    };
    let like = |value: &Json| plain(value).map(|text| vec![text]);
    let types = |said: Option<Vec<String>>| said.map_or(Condition::Open, Condition::Type);
    let not = |said: Condition| Condition::Not(Box::new(said));
    match (get("equals"), get("in"), get("like"), get("notEquals"), get("notIn"), get("notLike")) {
        (Some(value), None, None, None, None, None) => types(exact(value)),
        (None, Some(value), None, None, None, None) => types(all(value)),
        (None, None, Some(value), None, None, None) => types(like(value)),
        (None, None, None, Some(value), None, None) => not(types(exact(value))),
        (None, None, None, None, Some(value), None) => not(types(all(value))),
        (None, None, None, None, None, Some(value)) => not(types(like(value))),
        _ => Condition::Open,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stands_above_subscriptions_without_a_scope_is_built_in() {
        let own = "/providers/Microsoft.Authorization/policySetDefinitions/1f3afdf9";
        assert_eq!(built_in(own), Some("1f3afdf9"));
        assert_eq!(built_in(&own.to_uppercase()), Some("1F3AFDF9"));
        for other in [
            "/providers/Microsoft.Management/managementGroups/mg/providers/Microsoft.Authorization/policyDefinitions/x",
            "/providers/Microsoft.Authorization/policyDefinitions/",
            "/providers/Microsoft.Authorization/policyDefinitions/a/../b",
            "/providers/Microsoft.Authorization/policyDefinitions/a%2fb",
            "policyDefinitions/x",
        ] {
            assert_eq!(built_in(other), None, "{other}");
        }
    }

    #[test]
    fn a_rule_excludes_a_type_only_where_it_says_so() {
        let storage = "Microsoft.Storage/storageAccounts";
        let of = |said: Json| condition(&said, 0).holds(storage);
        let kind = |operator: &str, value: Json| json!({"field": "type", operator: value});
        for (said, expected) in [
            (kind("equals", json!(storage)), Some(true)),
            (kind("equals", json!("Microsoft.Sql/servers")), Some(false)),
            (kind("notEquals", json!(storage.to_uppercase())), Some(false)),
            (kind("in", json!(["Microsoft.Sql/servers", storage])), Some(true)),
            (kind("in", json!("[parameters('types')]")), None),
            (kind("in", json!(["Microsoft.Sql/servers", "[parameters('one')]"])), None),
            (kind("notIn", json!(["Microsoft.Sql/servers"])), Some(true)),
            (kind("like", json!("Microsoft.Storage*")), Some(true)),
            (kind("notLike", json!("Microsoft.Storage*")), Some(false)),
            (kind("contains", json!("Sql")), None),
            (json!({"FIELD": "Type", "Equals": storage}), Some(true)),
            (json!({"field": "location", "equals": "x"}), None),
            (json!({"value": "x", "equals": "y"}), None),
            (json!({"allOf": [kind("equals", json!("Microsoft.Sql/servers")), {"field": "name", "like": "x"}]}), Some(false)),
            (json!({"allOf": "odd"}), None),
            (json!({"not": kind("equals", json!(storage))}), Some(false)),
            (json!("odd"), None),
        ] {
            assert_eq!(of(said.clone()), expected, "{said}");
        }
    }

    #[test]
    fn what_is_put_in_the_place_of_effects_is_unclear_where_it_is_odd() {
        assert_eq!(overrides(None), Some(vec![]));
        assert_eq!(overrides(Some(&json!("odd"))), None);
        let of = |selectors: Json| {
            let said = json!([{"kind": "policyEffect", "value": "Deny", "selectors": selectors}]);
            overrides(Some(&said)).unwrap().pop().unwrap().selects
        };
        let names = BTreeSet::from(["tls".to_owned()]);
        for (selectors, expected) in [
            (json!([{"kind": "policyDefinitionReferenceId", "in": ["TLS"]}]), vec![Selects::Only(names.clone())]),
            (json!([{"kind": "policyDefinitionReferenceId", "notIn": ["tls"]}]), vec![Selects::AllBut(names)]),
            (json!([{"kind": "resourceLocation", "in": ["westeurope"]}]), vec![Selects::Some]),
            (json!([{"kind": "policyDefinitionReferenceId"}]), vec![Selects::Some]),
            (json!([{"kind": "policyDefinitionReferenceId", "in": [7]}]), vec![Selects::Some]),
            (json!([]), vec![]),
            (json!("odd"), vec![Selects::Some]),
            (Json::Null, vec![]),
        ] {
            assert_eq!(of(selectors.clone()), expected, "{selectors}");
        }
    }
}
