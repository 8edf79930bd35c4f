//! Each list that is read in subscriptions, declared once: what gaps call it, what it needs, and which engine answers it. Memo key, proof
//! and the actions that the checks of roles ask for follow from the declaration.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::{Arc, LazyLock},
};

use serde::de::DeserializeOwned;

use crate::{
    azure::{
        self, Client, Endpoint,
        arm::{
            Identified, alerts, authorization, exemptions, monitor, policies, regulatory, resources, scores, security,
            subscriptions,
        },
        memo::Key,
        resource_graph::queries::{self, Rows},
    },
    posture::{Area, Subject, connection::evidence},
    provider::{
        collect::{
            Lists, each_subscription,
            estate::{
                engine::{self, Choice, Engine},
                scope::Subscription,
            },
            lists::{texts::Texts, typed},
            stop::Result,
        },
        context::Context,
    },
};

/// A list that is read in each subscription.
#[derive(Debug)]
pub struct List {
    /// What its reads are remembered by.
    pub key: &'static str,
    /// What gaps call it.
    pub subject: Subject,
    /// The area it is read for; none for one that every connection reads.
    pub area: Option<Area>,
    /// Where Resource Manager has it.
    pub endpoint: Endpoint,
    /// What a caller has to be allowed to do beside what the endpoint needs, or a part of the list is all it sees.
    pub whole: &'static [&'static str],
    /// The query by which Resource Graph answers it; none if Resource Manager alone has it.
    pub query: Option<&'static str>,
    /// Which of the two reads it, where both can.
    pub choice: Choice,
}

/// Reading every type. A role that reads everything but some types does not hold it.
pub const READ_EVERYTHING: &str = "*/read";

/// Groups of receivers of Azure Monitor.
pub const ACTION_GROUPS: List =
    both("action_groups", Subject::ActionGroups, Some(Area::Observability), monitor::ACTION_GROUPS, queries::ACTION_GROUPS.name);
/// Alert rules on the activity log.
pub const ACTIVITY_LOG_ALERTS: List = both(
    "activity_log_alerts",
    Subject::ActivityLogAlerts,
    Some(Area::Observability),
    monitor::ACTIVITY_LOG_ALERTS,
    queries::ACTIVITY_LOG_ALERTS.name,
);
/// What is exported of the activity log.
pub const ACTIVITY_LOG_EXPORT: List =
    arm("activity_log_export", Subject::ActivityLogExport, Some(Area::Observability), monitor::DIAGNOSTIC_SETTINGS);
/// Defender alerts.
pub const ALERTS: List = both("alerts", Subject::Alerts, Some(Area::Posture), alerts::ALERTS, queries::ALERTS.name);
/// Defender recommendations.
pub const ASSESSMENTS: List =
    both("assessments", Subject::Assessments, Some(Area::Posture), security::ASSESSMENTS, queries::ASSESSMENTS.name);
/// The same with their risk, which Resource Graph knows anyway.
pub const ASSESSMENTS_WITH_RISK: List = both(
    "assessments_with_risk",
    Subject::Assessments,
    Some(Area::Posture),
    security::ASSESSMENTS_WITH_RISK,
    queries::ASSESSMENTS.name,
);
/// Those among them that are findings by themselves, which Resource Graph picks out.
pub const FINDINGS: List = both("findings", Subject::Assessments, Some(Area::Posture), security::ASSESSMENTS, "findings");
/// Deny assignments.
pub const DENY_ASSIGNMENTS: List =
    arm("deny_assignments", Subject::DenyAssignments, Some(Area::Identity), authorization::DENY_ASSIGNMENTS);
/// What could be activated.
pub const ELIGIBILITIES: List =
    arm("role_eligibilities", Subject::EligibleRoleAssignments, Some(Area::Identity), authorization::ELIGIBILITIES);
/// What recommendations mean, those of the subscription's own among them.
pub const METADATA: List = arm("metadata", Subject::AssessmentMetadata, Some(Area::Posture), security::METADATA_OF_SUBSCRIPTION);
/// Alert rules on metrics.
pub const METRIC_ALERTS: List =
    both("metric_alerts", Subject::MetricAlerts, Some(Area::Observability), monitor::METRIC_ALERTS, queries::METRIC_ALERTS.name);
/// Defender plans.
pub const PLANS: List = both("plans", Subject::Plans, Some(Area::Posture), security::PLANS, queries::PLANS.name);
/// Policy assignments.
pub const POLICY_ASSIGNMENTS: List = both(
    "policy_assignments",
    Subject::PolicyAssignments,
    Some(Area::Governance),
    policies::POLICY_ASSIGNMENTS,
    queries::POLICY_ASSIGNMENTS.name,
);
/// Policy definitions that somebody made.
pub const POLICY_DEFINITIONS: List = both(
    "policy_definitions",
    Subject::PolicyDefinitions,
    Some(Area::Governance),
    policies::POLICY_DEFINITIONS,
    queries::POLICY_DEFINITIONS.name,
);
/// Policy exemptions.
pub const POLICY_EXEMPTIONS: List = both(
    "policy_exemptions",
    Subject::PolicyExemptions,
    Some(Area::Governance),
    exemptions::POLICY_EXEMPTIONS,
    queries::POLICY_EXEMPTIONS.name,
);
/// Initiatives that somebody made.
pub const POLICY_SET_DEFINITIONS: List = both(
    "policy_set_definitions",
    Subject::PolicySetDefinitions,
    Some(Area::Governance),
    policies::POLICY_SET_DEFINITIONS,
    queries::POLICY_SET_DEFINITIONS.name,
);
/// Resource providers.
pub const PROVIDERS: List = arm("providers", Subject::Providers, None, resources::PROVIDERS);
/// Alert rules on the results of queries.
pub const QUERY_ALERTS: List =
    both("query_alerts", Subject::QueryAlerts, Some(Area::Observability), monitor::QUERY_ALERTS, queries::QUERY_ALERTS.name);
/// What the controls of standards are judged by.
pub const REGULATORY_ASSESSMENTS: List = by_number(both(
    "regulatory_assessments",
    Subject::RegulatoryComplianceAssessments,
    Some(Area::Posture),
    regulatory::ASSESSMENTS,
    queries::REGULATORY_ASSESSMENTS.name,
));
/// The controls of standards.
pub const REGULATORY_CONTROLS: List = by_number(both(
    "regulatory_controls",
    Subject::RegulatoryComplianceControls,
    Some(Area::Posture),
    regulatory::CONTROLS,
    queries::REGULATORY_CONTROLS.name,
));
/// The standards of regulatory compliance.
pub const REGULATORY_STANDARDS: List = by_number(both(
    "regulatory_standards",
    Subject::RegulatoryComplianceStandards,
    Some(Area::Posture),
    regulatory::STANDARDS,
    queries::REGULATORY_STANDARDS.name,
));
/// Resource groups.
pub const RESOURCE_GROUPS: List = both("groups", Subject::ResourceGroups, None, resources::GROUPS, queries::RESOURCE_GROUPS.name);
/// Tracked resources. Both engines leave out every resource whose type the caller may not read.
pub const RESOURCES: List = List {
    whole: &[READ_EVERYTHING],
    ..both("inventory", Subject::Resources, None, resources::RESOURCES, queries::RESOURCES.name)
};
/// How many there are of each type: Resource Graph counts them itself.
pub const RESOURCE_COUNTS: List = List { key: "counts", query: Some("resourcecounts"), ..RESOURCES };
/// Role assignments.
pub const ROLE_ASSIGNMENTS: List = both(
    "role_assignments",
    Subject::RoleAssignments,
    Some(Area::Identity),
    authorization::ROLE_ASSIGNMENTS,
    queries::ROLE_ASSIGNMENTS.name,
);
/// Role definitions.
pub const ROLE_DEFINITIONS: List = both(
    "role_definitions",
    Subject::RoleDefinitions,
    Some(Area::Identity),
    authorization::ROLE_DEFINITIONS,
    queries::ROLE_DEFINITIONS.name,
);
/// How long active roles last.
pub const SCHEDULES: List =
    arm("role_schedules", Subject::RoleAssignmentSchedules, Some(Area::Identity), authorization::SCHEDULES);
/// The secure score.
pub const SECURE_SCORES: List =
    both("secure_scores", Subject::SecureScores, Some(Area::Posture), scores::SCORES, queries::SECURE_SCORES.name);
/// What it is made of.
pub const SECURE_SCORE_CONTROLS: List = both(
    "secure_score_controls",
    Subject::SecureScoreControls,
    Some(Area::Posture),
    scores::CONTROLS,
    queries::SECURE_SCORE_CONTROLS.name,
);
/// Assignments of Defender's standards, exemptions among them.
pub const STANDARD_ASSIGNMENTS: List = both(
    "standard_assignments",
    Subject::StandardAssignments,
    Some(Area::Governance),
    exemptions::STANDARD_ASSIGNMENTS,
    queries::STANDARD_ASSIGNMENTS.name,
);
/// Whom Defender for Cloud tells.
pub const SECURITY_CONTACTS: List =
    arm("security_contacts", Subject::SecurityContacts, Some(Area::Observability), monitor::SECURITY_CONTACTS);
/// The subscriptions themselves.
pub const SUBSCRIPTIONS: List = arm("subscription", Subject::Subscriptions, None, subscriptions::SUBSCRIPTION);
/// When Defender last scanned machines, images and databases.
pub const SCANS: List = both("scans", Subject::Vulnerabilities, Some(Area::Posture), security::SUB_ASSESSMENTS, "scans");

/// What was found by them, row by row.
pub const SUB_ASSESSMENTS: List = both(
    "sub_assessments",
    Subject::Vulnerabilities,
    Some(Area::Posture),
    security::SUB_ASSESSMENTS,
    queries::SUB_ASSESSMENTS.name,
);

/// All of them.
pub const LISTS: &[List] = &[
    ACTION_GROUPS,
    ACTIVITY_LOG_ALERTS,
    ACTIVITY_LOG_EXPORT,
    ALERTS,
    ASSESSMENTS,
    ASSESSMENTS_WITH_RISK,
    DENY_ASSIGNMENTS,
    ELIGIBILITIES,
    FINDINGS,
    METADATA,
    METRIC_ALERTS,
    PLANS,
    POLICY_ASSIGNMENTS,
    POLICY_DEFINITIONS,
    POLICY_EXEMPTIONS,
    POLICY_SET_DEFINITIONS,
    PROVIDERS,
    QUERY_ALERTS,
    REGULATORY_ASSESSMENTS,
    REGULATORY_CONTROLS,
    REGULATORY_STANDARDS,
    RESOURCES,
    RESOURCE_COUNTS,
    RESOURCE_GROUPS,
    ROLE_ASSIGNMENTS,
    ROLE_DEFINITIONS,
    SCANS,
    SCHEDULES,
    SECURE_SCORES,
    SECURE_SCORE_CONTROLS,
    STANDARD_ASSIGNMENTS,
    SECURITY_CONTACTS,
    SUBSCRIPTIONS,
    SUB_ASSESSMENTS,
];

/// What roles have to allow for them and for the types of resources, for the checks of roles: they ask for these actions and for no others.
pub static NEEDED: LazyLock<Vec<evidence::List>> = LazyLock::new(|| {
    let all = LISTS.iter().chain(typed::TYPES.iter().map(|typed| &typed.list));
    all.map(|list| evidence::List { area: list.area, actions: list.endpoint.needs }).collect()
});

/// One that Resource Manager alone has.
pub const fn arm(key: &'static str, subject: Subject, area: Option<Area>, endpoint: Endpoint) -> List {
    List { key, subject, area, endpoint, whole: &[], query: None, choice: Choice::ByScope }
}

const fn both(key: &'static str, subject: Subject, area: Option<Area>, endpoint: Endpoint, query: &'static str) -> List {
    List { query: Some(query), ..arm(key, subject, area, endpoint) }
}

/// One that takes many requests for each subscription, so that their number chooses the engine.
const fn by_number(list: List) -> List {
    List { choice: Choice::ByNumber, ..list }
}

impl List {
    /// The engine that reads this list in so many subscriptions of this connection.
    pub fn engine(&self, context: &Context, number: usize) -> Engine {
        if self.query.is_some() { engine::engine_for(context, self.choice, number) } else { Engine::Arm }
    }

    /// What a caller has to be allowed to do, everywhere in a subscription, to see all of the list.
    pub fn actions(&self) -> Vec<&'static str> {
        self.endpoint.needs.iter().chain(self.whole).copied().collect()
    }
}

/// A list whose rows both engines answer in one form.
pub trait Listed: 'static {
    /// What it is.
    const LIST: List;
    /// How Resource Graph is asked for it.
    const ROWS: Rows;
    /// A row as the service writes it.
    type Wire: DeserializeOwned + Identified + Send;
    /// What is kept of the rows of a subscription while they come.
    type Building: Default + Send;
    /// What is kept of them in the end.
    type Rows: Send + Sync + 'static;

    /// Whether a row belongs to the list of this subscription. Resource Graph may hold others of the type.
    fn is_own(_row: &Self::Wire, _subscription_id: &str) -> bool {
        true
    }

    /// Takes a row of the subscription in.
    fn take(building: &mut Self::Building, row: Self::Wire, subscription_id: &Arc<str>, texts: &mut Texts);

    /// What is kept once all rows of a subscription are there; a failure if they contradict each other.
    fn done(building: Self::Building, subscription_id: &str) -> azure::Result<Self::Rows>;
}

/// Reads such a list in subscriptions, each once a run.
pub async fn lists<L: Listed>(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<L::Rows>> {
    let arm = in_subscription::<L>;
    let graph = |client: Client, ids: BTreeSet<String>| async move {
        let most = engine::most_rows(client.settings().resource_graph, L::LIST.choice, ids.len());
        let mut texts = Texts::of(&client).await?;
        let mut all = BTreeMap::<String, L::Building>::new();
        let take = |id: String, row: L::Wire| {
            // Where there is no row of its own, a subscription is none of those that Resource Graph shows.
            if L::is_own(&row, &id) {
                let shared = texts.shared(&id);
                L::take(all.entry(id).or_default(), row, &shared, &mut texts);
            }
        };
        if !queries::rows_at_most(&client, L::LIST.endpoint.reading, &L::ROWS, &ids, most, take).await? {
            // Of which there is no row is read by Resource Manager, which has so many sooner.
            return Ok(BTreeMap::new());
        }
        // What contradicts itself is read again by Resource Manager.
        let done = |(id, building): (String, _)| {
            let rows = L::done(building, &id).ok()?;
            Some((id, rows))
        };
        Ok(all.into_iter().filter_map(done).collect())
    };
    engine::by_engine(context, subscriptions, &L::LIST, arm, graph).await
}

/// Reads such a list in one subscription, by Resource Manager.
async fn in_subscription<L: Listed>(client: Client, id: String) -> azure::Result<L::Rows> {
    let mut texts = Texts::of(&client).await?;
    let (scope, id) = (format!("/subscriptions/{id}"), texts.shared(&id));
    let mut building = L::Building::default();
    client.list(L::LIST.endpoint.at(&scope), |row| L::take(&mut building, row, &id, &mut texts)).await?;
    L::done(building, &id)
}

/// The same, for another list that is made of its rows: each subscription is read once a run, whoever asks first.
pub async fn once<L: Listed>(client: &Client, id: &str) -> azure::Result<Arc<L::Rows>> {
    client.memo(Key::of(L::LIST.key).and(id), || in_subscription::<L>(client.clone(), id.to_owned())).await
}

/// Reads a list that Resource Manager alone has in subscriptions, each once a run.
pub async fn by_arm<T, R>(
    context: &Context,
    subscriptions: &[Subscription],
    list: &List,
    read: impl Fn(Client, String) -> R + Sync,
) -> Result<Lists<T>>
where
    T: Send + Sync + 'static,
    R: Future<Output = azure::Result<T>> + Send + 'static,
{
    let one = |id: String| {
        let (client, read) = (context.client.clone(), &read);
        async move { client.memo(Key::of(list.key).and(&id), || read(client.clone(), format!("/subscriptions/{id}"))).await }
    };
    each_subscription(context, subscriptions, list.subject, &list.actions(), one).await
}
