//! What Azure Policy found of resources. It has no GET form, so that Resource Graph alone is asked for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use time::OffsetDateTime;

use crate::{
    azure::{
        Client,
        arm::policies::PolicyState,
        memo::Key,
        resource_graph::queries::{self, Rows},
        settings::ResourceGraph,
    },
    posture::{
        Place, Reason, Subject, Unreadable,
        effects::effect,
        resource_id::{canonical, canonical_type},
        time::parse,
    },
    provider::{
        collect::{
            Lists, each_subscription,
            estate::{engine, scope::Subscription},
            lists::texts::Texts,
            stop::Result,
        },
        context::Context,
    },
};

/// What a definition says of a resource by an assignment. What the service did not say is none.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// What tells the resource from others, lower case: its id, or that of the row where the service does not say it.
    pub resource_key: Arc<str>,
    /// The assignment, lower case.
    pub assignment_key: Option<Arc<str>>,
    /// The resource, in the spelling of the azurerm provider.
    pub resource_id: Option<Arc<str>>,
    /// Its type.
    pub resource_type: Option<Arc<str>>,
    /// The assignment, likewise.
    pub assignment_id: Option<Arc<str>>,
    /// The initiative that it assigns.
    pub set_definition_id: Option<Arc<str>>,
    /// The definition.
    pub definition_id: Option<Arc<str>>,
    /// What it is called in the initiative.
    pub reference_id: Option<Arc<str>>,
    /// `NonCompliant`, `Compliant`, or another word of the service.
    pub state: Option<Arc<str>>,
    /// What the definition does, in the case of our pages.
    pub effect: Option<Arc<str>>,
    /// When it was found.
    pub evaluated_on: Option<OffsetDateTime>,
    /// The groups of the initiative that the definition is in.
    pub group_names: Option<Arc<[Arc<str>]>>,
}

/// How they are asked for: the latest state of each resource by each definition that is assigned.
pub const POLICY_STATES: Rows = Rows::of_type(
    "policystates",
    "policyresources",
    "microsoft.policyinsights/policystates",
    "properties = pack(\"timestamp\", properties.timestamp, \"resourceId\", properties.resourceId, \
     \"resourceType\", properties.resourceType, \"policyAssignmentId\", properties.policyAssignmentId, \
     \"policySetDefinitionId\", properties.policySetDefinitionId, \"policyDefinitionId\", properties.policyDefinitionId, \
     \"policyDefinitionReferenceId\", properties.policyDefinitionReferenceId, \
     \"policyDefinitionAction\", properties.policyDefinitionAction, \
     \"policyDefinitionGroupNames\", properties.policyDefinitionGroupNames, \
     \"complianceState\", properties.complianceState)",
);

/// What a caller has to be allowed to do to see them.
const RIGHT: &str = "Microsoft.PolicyInsights/policyStates/queryResults/read";

/// The latest states of resources in subscriptions.
pub async fn states(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<State>>> {
    if context.client.settings().resource_graph == ResourceGraph::Never {
        return Ok(Lists::unseen(subscriptions, |subscription| switched_off(&subscription.id)));
    }
    let graph = |client: Client, ids: BTreeSet<String>| async move {
        let mut texts = Texts::of(&client).await?;
        let mut all = BTreeMap::<String, Vec<State>>::new();
        let take = |id: String, row: PolicyState| all.entry(id).or_default().push(state(row, &mut texts));
        queries::rows(&client, "list policy states", &POLICY_STATES, &ids, take).await?;
        Ok(all)
    };
    let found = engine::by_graph(context, subscriptions, &Key::of(POLICY_STATES.name), &graph).await;
    // Of one without a row nothing was evaluated: whether its rows may be read is proven by what the caller may do there.
    let read = |id: String| {
        let own = found.get(&id).cloned();
        async move { own.unwrap_or_else(|| Ok(Arc::default())) }
    };
    each_subscription(context, subscriptions, Subject::PolicyStates, &[RIGHT], read).await
}

fn switched_off(subscription_id: &str) -> Unreadable {
    Unreadable {
        subject: Subject::PolicyStates,
        place: Place::Subscription(subscription_id.to_owned()),
        reason: Reason::EngineNever,
        code: String::new(),
        remedy: "Only Resource Graph tells which resources comply: set resource_graph to \"auto\".".to_owned(),
    }
}

fn state(wire: PolicyState, texts: &mut Texts) -> State {
    let own = wire.properties.0;
    let resource_key = texts.shared(&own.resource_id.as_deref().unwrap_or(&wire.id).to_lowercase());
    let assignment_key = own.policy_assignment_id.as_deref().map(|id| texts.shared(&id.to_lowercase()));
    let mut word = |text: Option<String>| text.map(|text| texts.shown(&text));
    let effect = word(own.policy_definition_action.0.map(|text| effect(&text).to_owned()));
    let state = word(own.compliance_state.0);
    let reference_id = word(own.policy_definition_reference_id.0);
    let mut spelled = |text: Option<String>| word(text.map(|id| canonical(&id)));
    State {
        resource_id: spelled(own.resource_id.0),
        assignment_id: spelled(own.policy_assignment_id.0),
        set_definition_id: spelled(own.policy_set_definition_id.0),
        definition_id: spelled(own.policy_definition_id.0),
        // Some rows begin it with a slash.
        resource_type: word(own.resource_type.0.map(|text| canonical_type(text.trim_start_matches('/')))),
        group_names: own.policy_definition_group_names.0.and_then(|all| all.into_iter().map(|one| word(one.0)).collect()),
        evaluated_on: own.timestamp.as_deref().and_then(parse),
        reference_id,
        effect,
        state,
        resource_key,
        assignment_key,
    }
}
