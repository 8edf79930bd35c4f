//! `azposture_monitor_settings`: what is logged where, what raises an alert, and who is told.

mod reading;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    reading::Reading,
    shape::{Found, Row, row},
};
use crate::{
    posture::{Subject, monitor::Kind},
    provider::{
        context::Context,
        frame::{self, Chosen, Counting, Listing, Table},
        words::{Area, MonitorKind, ResourceId, ResourceType, SubscriptionId},
    },
    sdk::{
        Diagnostics, Path, Result, Value,
        entry::{DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<MonitorSettings>()];

/// Azure Monitor settings: where activity logs are exported to, what resources send of their logs and metrics, alert rules, action groups,
/// and the security contacts of Defender for Cloud.
///
/// What happened is not read: events of the activity log, alerts that were fired and values of metrics differ in every plan. What is
/// exported, kept and alerted on does not. The text of a query is never returned, nor are the addresses of webhooks and Logic Apps, which
/// hold keys.
///
/// A setting that is there need not do anything: look at `enabled` of rules, groups and contacts, at categories *and* destination of
/// diagnostic settings, and at `action_group_ids`, without which an alert tells nobody, as it does through a group that is off.
/// `subscriptions_without_export` and `resources_without_settings` go by what is sent, not by what is there. Whether a destination or an
/// action group still exists is not looked at.
///
/// By Resource Manager one request for each subscription and kind, and one more for each resource whose diagnostic settings are asked for,
/// which is why these have to be named; nothing else lists them. Alert rules and action groups are also in Resource Graph: a few requests
/// for hundreds of subscriptions, and one by Resource Manager for each subscription that has none of a kind. Resource Manager answers with
/// what is there now, Resource Graph is minutes behind.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Kinds of settings to read. Default all but `resource_diagnostic_settings`.
    #[schemars(length(min = 1))]
    kinds: Option<BTreeSet<MonitorKind>>,
    /// Types of resources, for example `Microsoft.KeyVault/vaults`, without case, whose diagnostic settings are read. Needed with
    /// `resource_diagnostic_settings`, if not `resource_ids`. Types below others (`Microsoft.Storage/storageAccounts/blobServices`) stand in
    /// no inventory: name their ids. One that no resource has is a warning, one that Azure does not know an error.
    #[schemars(length(min = 1))]
    resource_types: Option<BTreeSet<ResourceType>>,
    /// Ids of resources whose diagnostic settings are read. Needed with `resource_diagnostic_settings`, if not `resource_types`.
    #[schemars(length(min = 1))]
    resource_ids: Option<BTreeSet<ResourceId>>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Settings of these kinds.
    matched: Option<usize>,
    /// Rows returned.
    returned: usize,
    /// Settings by kind; 0 of a kind of which all was read and nothing was found. A kind is missing if it was not asked for, and if nothing
    /// was seen of it but not all was read.
    by_kind: BTreeMap<String, usize>,
    /// Resources of which no setting sends anything anywhere: there is none, all it names is switched off, or it has no destination. Those
    /// whose type supports no settings do not count. Null if they were not asked for.
    resources_without_settings: Option<usize>,
    /// Subscriptions of which no setting exports any category of the activity log anywhere, likewise; only those whose settings were read
    /// whole. Null if they were not asked for.
    subscriptions_without_export: Option<usize>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The settings, by key.
    settings: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct MonitorSettings;

impl DataSource for MonitorSettings {
    const NAME: &'static str = "monitor_settings";
    const PAGE: Page = Page {
        subcategory: "Posture",
        permissions: "`Microsoft.Insights/diagnosticSettings/read`, `Microsoft.Insights/activityLogAlerts/read`, \
                      `Microsoft.Insights/metricAlerts/read`, `Microsoft.Insights/scheduledQueryRules/read`, \
                      `Microsoft.Insights/actionGroups/read` and `Microsoft.Security/securityContacts/read`, each for its kind; for \
                      `resource_types` also `Microsoft.Resources/subscriptions/resources/read` and `<type>/read`. The role Reader on the \
                      subscription holds all of them; Monitoring Reader does, too.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Observability);
    type Arguments = Arguments;
    type Attributes = Attributes;

    fn check(arguments: &Value, problems: &mut Diagnostics) {
        let is_given = |name: &str| !arguments.get(name).is_null();
        let kinds = arguments.get("kinds");
        if kinds.has_unknown() {
            return;
        }
        let word = Value::from(Kind::ResourceDiagnosticSettings.word());
        let is_asked = matches!(kinds, Value::List(kinds) if kinds.contains(&word));
        let named: Vec<&str> = ["resource_ids", "resource_types"].into_iter().filter(|name| is_given(name)).collect();
        match named.as_slice() {
            [] if is_asked => {
                let detail = "`kinds` asks for the diagnostic settings of resources, each of which is a request: name the resources, in \
                              `resource_ids` or by `resource_types`.";
                problems.error(Path::attribute("kinds"), "Nothing selected", detail);
            }
            [first, ..] if !is_asked => {
                let detail = format!(
                    "`{first}` says whose diagnostic settings are read: add \"resource_diagnostic_settings\" to `kinds`."
                );
                problems.error(Path::attribute(*first), "Contradictory arguments", detail);
            }
            [_, second] => {
                let detail = "Name resources in `resource_ids` or by `resource_types`, not in both.";
                problems.error(Path::attribute(*second), "Contradictory arguments", detail);
            }
            _ => {}
        }
    }

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let Chosen { subscriptions, gaps, .. } = Chosen::of(context, &arguments.subscription_ids).await?;
        let kinds = match &arguments.kinds {
            Some(kinds) => kinds.clone(),
            None => Kind::ALL.into_iter().filter(|kind| *kind != Kind::ResourceDiagnosticSettings).collect(),
        };
        let mut reading = Reading::new(subscriptions, gaps);
        reading.of_subscriptions(context, &kinds).await?;
        if kinds.contains(&Kind::ResourceDiagnosticSettings) {
            reading.of_resources(context, &arguments, warnings).await?;
        }
        let Reading { found, mut gaps, is_any_read, without_export, without_settings, .. } = reading;
        frame::require_any(is_any_read, &mut gaps)?;
        let both = |first: Found, second: Found| Found { setting: first.setting.and(second.setting), ..first };
        let table = Table::of(found, arguments.limit, |found| &found.key, both);
        gaps.extend(shape::doubts(&table));
        // What another kind lacks does not matter to the counts of this one.
        let of_kind = |kind: Kind| {
            let others: Vec<Subject> = Kind::ALL.into_iter().filter(|other| *other != kind).map(shape::subject).collect();
            Counting::on(&gaps, &others).and(kinds.contains(&kind))
        };
        let number = |kind: Kind| table.rows().iter().filter(|found| found.kind == kind).count();
        let by_kind = Kind::ALL.into_iter().filter_map(|kind| Some((kind.word().to_owned(), of_kind(kind).count(number(kind))?)));
        let summary = Summary {
            matched: Counting::on(&gaps, &[]).count(table.rows().len()),
            returned: table.returned(),
            by_kind: by_kind.collect(),
            resources_without_settings: of_kind(Kind::ResourceDiagnosticSettings).count(without_settings),
            subscriptions_without_export: of_kind(Kind::ActivityLogExport).count(without_export),
        };
        let (found, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes { settings: found.into_iter().map(row).collect(), listing })
    }
}
