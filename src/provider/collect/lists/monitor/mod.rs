//! Settings of Azure Monitor in subscriptions, and those of single resources.

mod conditions;
mod projection;

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use futures::{StreamExt, stream};

use crate::{
    azure::{
        self, Client,
        arm::{monitor, resources},
        memo::Key,
        resource_graph::queries::Rows,
    },
    posture::{Area, Place, Subject, Unreadable, monitor::Setting, resource_id::canonical},
    provider::{
        collect::{
            Lists, absence, each_subscription,
            estate::scope::Subscription,
            lists::{
                listed::{self, List, Listed, arm, both},
                texts::Texts,
            },
            stop::Result,
        },
        context::Context,
    },
};

/// The lists of this subject.
pub const LISTS: &[List] =
    &[ACTIVITY_LOG_EXPORT, ActionGroups::LIST, ActivityLogAlerts::LIST, MetricAlerts::LIST, QueryAlerts::LIST, SECURITY_CONTACTS];

/// What is exported of the activity log.
const ACTIVITY_LOG_EXPORT: List =
    arm("activity_log_export", Subject::ActivityLogExport, Some(Area::Observability), monitor::DIAGNOSTIC_SETTINGS);
/// Whom Defender for Cloud tells.
const SECURITY_CONTACTS: List =
    arm("security_contacts", Subject::SecurityContacts, Some(Area::Observability), monitor::SECURITY_CONTACTS);

/// Settings by lower-case id.
type Settings = BTreeMap<String, Setting>;

/// A list of one kind of rows that both engines answer.
macro_rules! settings {
    ($($(#[$doc:meta])* $read:ident: $name:ident of $wire:ty, $endpoint:path, $rows:expr;)*) => {
        $(
            $(#[$doc])*
            pub async fn $read(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<Setting>>> {
                listed::lists::<$name>(context, subscriptions).await
            }

            struct $name;

            impl Listed for $name {
                const LIST: List =
                    both(stringify!($read), Subject::$name, Some(Area::Observability), $endpoint, Self::ROWS);
                const ROWS: Rows = $rows;
                type Wire = $wire;
                type Building = Settings;
                type Rows = Vec<Setting>;

                fn take(building: &mut Settings, row: $wire, _: &Arc<str>, texts: &mut Texts) {
                    add(building, projection::$read(row, texts.redacts_people));
                }

                fn done(building: Settings, _: &str) -> azure::Result<Vec<Setting>> {
                    Ok(building.into_values().collect())
                }
            }
        )*
    };
}

settings! {
    /// Alert rules on the activity log.
    activity_log_alerts: ActivityLogAlerts of monitor::ActivityLogAlert, monitor::ACTIVITY_LOG_ALERTS,
        Rows::of_type("activitylogalerts", "resources", "microsoft.insights/activitylogalerts", "name, properties");
    /// Alert rules on metrics.
    metric_alerts: MetricAlerts of monitor::MetricAlert, monitor::METRIC_ALERTS,
        Rows::of_type("metricalerts", "resources", "microsoft.insights/metricalerts", "name, properties");
    /// Alert rules on the results of queries.
    query_alerts: QueryAlerts of monitor::QueryAlert, monitor::QUERY_ALERTS,
        Rows::of_type("queryalerts", "resources", "microsoft.insights/scheduledqueryrules", "name, kind, properties");
    /// Groups of receivers.
    action_groups: ActionGroups of monitor::ActionGroup, monitor::ACTION_GROUPS,
        Rows::of_type("actiongroups", "resources", "microsoft.insights/actiongroups", "name, properties");
}

/// What is exported of the activity logs of subscriptions.
pub async fn exports(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<Setting>>> {
    listed::by_arm(context, subscriptions, &ACTIVITY_LOG_EXPORT, diagnostic_settings).await
}

/// Whom Defender for Cloud tells of subscriptions.
pub async fn security_contacts(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<Setting>>> {
    let read = |client: Client, scope: String| async move {
        let (mut all, redacts_people) = (Settings::new(), client.settings().redacts_people);
        let take = |row| add(&mut all, projection::security_contact(row, &scope, redacts_people));
        client.list(SECURITY_CONTACTS.endpoint.at(&scope), take).await?;
        Ok(all.into_values().collect())
    };
    listed::by_arm(context, subscriptions, &SECURITY_CONTACTS, read).await
}

/// The diagnostic settings of each of some resources of a subscription, by the resource's id. One that failed costs no other.
pub type OfResources = BTreeMap<String, azure::Result<Arc<Vec<Setting>>>>;

/// How many resources of one subscription are asked side by side.
const SIDE_BY_SIDE: usize = 8;

/// The diagnostic settings of resources, whose ids stand by that of their subscription: a request for each.
pub async fn of_resources(
    context: &Context,
    subscriptions: &[Subscription],
    resources: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Lists<OfResources>> {
    let one = |client: Client, id: String| async move {
        let key = Key::of("resource_diagnostic_settings").and(&id);
        let settings = client.memo(key, || diagnostic_settings(client.clone(), id.clone())).await;
        (id, settings)
    };
    let read = |subscription_id: String| {
        let (ids, client) = (resources.get(&subscription_id).cloned().unwrap_or_default(), context.client.clone());
        async move {
            let all = stream::iter(ids).map(|id| one(client.clone(), id)).buffer_unordered(SIDE_BY_SIDE).collect::<OfResources>();
            azure::Result::Ok(Arc::new(all.await))
        }
    };
    let with_some: Vec<Subscription> = subscriptions.iter().filter(|one| resources.contains_key(&one.id)).cloned().collect();
    let needs = monitor::DIAGNOSTIC_SETTINGS.needs;
    each_subscription(context, &with_some, Subject::ResourceDiagnosticSettings, needs, read).await
}

/// The gap that the failed read of the settings of one resource is.
pub async fn unread_settings(
    context: &Context,
    subscription: &Subscription,
    resource_id: &str,
    error: &azure::Error,
) -> Result<Unreadable> {
    let fact = (Subject::ResourceDiagnosticSettings, Place::Resource(resource_id.to_owned()));
    absence::gap(context, subscription, monitor::DIAGNOSTIC_SETTINGS.needs, fact, error).await
}

/// The ids of the resources of a type in subscriptions. Both the list and the type have to be readable everywhere there, or some are
/// left out without a word.
pub async fn resources_of_type(context: &Context, subscriptions: &[Subscription], full: &str) -> Result<Lists<Vec<String>>> {
    let read = |id: String| {
        let (client, full) = (context.client.clone(), full.to_owned());
        async move {
            let call =
                resources::RESOURCES.at(&format!("/subscriptions/{id}")).with("$filter", format!("resourceType eq '{full}'"));
            let key = Key::of("resources_of_type").and(&id).and(&full);
            client.memo(key, || of_type(client.clone(), call, full)).await
        }
    };
    let own = format!("{full}/read");
    let actions: Vec<&str> = resources::RESOURCES.needs.iter().copied().chain([own.as_str()]).collect();
    each_subscription(context, subscriptions, Subject::Resources, &actions, read).await
}

async fn of_type(client: Client, call: azure::Call, full: String) -> azure::Result<Vec<String>> {
    let mut ids = BTreeSet::new();
    let take = |row: resources::Resource| {
        // A service that does not know the filter sends everything.
        if row.kind.eq_ignore_ascii_case(&full) {
            ids.insert(canonical(&row.id));
        }
    };
    client.list(call, take).await?;
    Ok(ids.into_iter().collect())
}

async fn diagnostic_settings(client: Client, target_id: String) -> azure::Result<Vec<Setting>> {
    let (mut all, redacts_people) = (Settings::new(), client.settings().redacts_people);
    let take = |row| add(&mut all, projection::diagnostic_setting(row, &target_id, redacts_people));
    client.list(monitor::DIAGNOSTIC_SETTINGS.at(&target_id), take).await?;
    Ok(all.into_values().collect())
}

/// Takes a setting in. Of two with one id, what they do not agree on is not said.
fn add(all: &mut Settings, setting: Setting) {
    match all.entry(setting.id.to_lowercase()) {
        Entry::Vacant(vacant) => {
            vacant.insert(setting);
        }
        Entry::Occupied(mut known) => {
            let first = std::mem::take(known.get_mut());
            *known.get_mut() = first.and(setting);
        }
    }
}
