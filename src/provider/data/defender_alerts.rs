//! `azposture_defender_alerts`: what Defender for Cloud raised the alarm about.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Subject, Unreadable, assessment::worst_first, defender::raises_alerts, filter, resource_id::within,
        time::written,
    },
    provider::{
        collect::{
            Lists,
            facts::silent,
            lists::{
                alerts::{self, Alert},
                security,
            },
            stop::Stop,
        },
        context::Context,
        frame::{self, Chosen, Counting, Listing, Table},
        selection::{self, Unmatched, require_prefixes, warn},
        words::{AlertStatus, Area, Moment, ResourceIdPrefix, Severity, SubscriptionId, lowered},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
    text::quoted,
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<DefenderAlerts>()];

/// Microsoft Defender for Cloud alerts, as long as the service keeps them: about 90 days.
///
/// No alerts mean that nothing was found only where something looks. A subscription without an alert that met the filters is `plan_off`
/// in `unreadable` if no plan that raises alerts is on there, and `not_registered` if Defender for Cloud is not registered; a count of
/// nothing is then null. What Defender found behind an alert (`entities`, `extendedProperties`) is never returned, because it names
/// people and addresses: follow `portal_url`.
///
/// **What it costs.** Resource Manager: in each subscription a request for every page of alerts. Resource Graph: one for 300 subscriptions and
/// 1,000 alerts. Where there is no alert, one or two more in that subscription ask why. **Freshness.** Resource Manager: the moment.
/// Resource Graph: minutes behind it.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Severities to return. Default all. An alert whose severity is none of these words is always returned, because it may be bad.
    #[schemars(length(min = 1))]
    severities: Option<BTreeSet<Severity>>,
    /// Statuses to return, without case. Default `["Active", "InProgress"]`, and every word that is none of the four, because it may be bad.
    #[schemars(length(min = 1))]
    statuses: Option<BTreeSet<AlertStatus>>,
    /// Beginnings of resource ids, up to a `/`, without case; each has to lie in the scope. An alert is returned if it, or a resource it
    /// is about, stands below one. Default all; one below which there is none is a warning.
    #[schemars(length(min = 1))]
    resource_id_prefixes: Option<BTreeSet<ResourceIdPrefix>>,
    /// Types of alerts, for example `VM_EICAR`, without case. Default all; one that no alert has is a warning.
    #[schemars(length(min = 1))]
    alert_types: Option<BTreeSet<String>>,
    /// Only alerts raised from this moment on: a date (`2026-11-02`, from midnight UTC) or a time as RFC 3339. Default all that the service
    /// keeps.
    since: Option<Moment>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Rows that met the filters.
    matched: Option<usize>,
    /// Rows returned.
    returned: usize,
    /// Rows that met the filters, by status; those without one under `other`.
    by_status: Option<BTreeMap<String, usize>>,
    /// Rows that met the filters, by severity: one that is not known here counts under Azure's word, and a row without one under `other`.
    by_severity: Option<BTreeMap<String, usize>>,
    /// Alerts whose status is none of the four words, or is not stated, and that met the filters other than `statuses`.
    other: Option<usize>,
}

/// One alert. What the service did not say, or says twice and not alike, is null.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// `id`, lower case: unique and stable.
    key: String,
    /// The alert.
    id: String,
    /// Lower-case GUID of the subscription it was read in.
    subscription_id: String,
    /// The detection, for example `VM_EICAR`.
    alert_type: Option<String>,
    /// What the portal calls it. Not unique.
    display_name: Option<String>,
    /// What happened, in the service's words. Null under `personal_data = "redact"`, too.
    description: Option<String>,
    /// `high`, `medium`, `low` or `informational`. Null if the service did not say one of these words.
    severity: Option<String>,
    /// `Active`, `InProgress`, `Resolved` or `Dismissed`, or whatever other word the service has.
    status: Option<String>,
    /// The product that raised it, for example `Microsoft Defender for Servers`.
    product_name: Option<String>,
    /// Steps of the kill chain, for example `InitialAccess`.
    intents: Option<Vec<String>>,
    /// MITRE ATT&CK techniques.
    techniques: Option<Vec<String>>,
    /// MITRE ATT&CK sub-techniques.
    sub_techniques: Option<Vec<String>>,
    /// What to do, step by step.
    remediation_steps: Option<Vec<String>>,
    /// Whether it is an incident, a compound of other alerts.
    is_incident: Option<bool>,
    /// The resources it is about.
    resource_ids: Option<Vec<String>>,
    /// The Log Analytics workspaces that hold its evidence, GUIDs.
    workspace_ids: Option<Vec<String>>,
    /// The resource, account or person that is thought to be compromised.
    #[schemars(extend("x-personal" = true))]
    compromised_entity: Option<String>,
    /// A link to it in the portal.
    portal_url: Option<String>,
    /// The first event, RFC 3339.
    started_on: Option<String>,
    /// The last event, RFC 3339.
    ended_on: Option<String>,
    /// When it was raised, RFC 3339.
    generated_on: Option<String>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The alerts, worst first, of one severity the newest first, then by key.
    alerts: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct DefenderAlerts;

impl DataSource for DefenderAlerts {
    const NAME: &'static str = "defender_alerts";
    const PAGE: Page = Page {
        subcategory: "Posture",
        permissions: "`Microsoft.Security/alerts/read`; where there are no alerts, `Microsoft.Security/pricings/read` and \
                      `Microsoft.Resources/subscriptions/providers/read` tell why. The role Reader on the subscription holds all of them.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Posture);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let Chosen { subscriptions, mut gaps, .. } = Chosen::of(context, &arguments.subscription_ids).await?;
        let filter = Filter::of(&arguments)?;
        require_prefixes(filter.prefixes.as_ref(), &subscriptions)?;
        let lists = alerts::alerts(context, &subscriptions).await?;
        gaps.extend(lists.gaps().cloned());
        frame::require_any(lists.so_far().next().is_some(), &mut gaps)?;
        let (mut found, mut other) = (Vec::new(), 0);
        let mut prefixes = Unmatched::of(filter.prefixes.iter().flatten().cloned());
        let mut types = Unmatched::of(arguments.alert_types.iter().flatten().cloned());
        for (subscription, alerts) in lists.so_far() {
            for alert in alerts.iter() {
                prefixes.match_with(|prefix| stands_below(alert, prefix) == Some(true));
                types.match_with(|word| alert.alert_type.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(word)));
                if !filter.admits(alert) {
                    continue;
                }
                other += usize::from(!alert.status.as_deref().is_some_and(is_known));
                if alert.status.as_deref().is_none_or(|status| filter.has_status(status)) {
                    found.push(Found { key: alert.id.to_lowercase(), subscription_id: &subscription.id, alert });
                }
            }
        }
        let nothing = "no alert of any status that was read";
        warn("resource_id_prefixes", "Resource id prefix", &format!("{nothing} stands below"), prefixes.rest(), warnings);
        let types: Vec<String> = types.rest().iter().map(|word| quoted(word)).collect();
        warn("alert_types", "Alert type", &format!("{nothing} is of the type"), &types, warnings);
        gaps.extend(found.iter().filter_map(|found| filter.doubt(found)));
        gaps.extend(silent(context, &lists, &found).await?);
        let table = Table::of(found, arguments.limit, |found| &found.key, |first, _| first);
        let newest = |found: &Found<'_>| std::cmp::Reverse(found.alert.generated_on);
        let table = table.ranked(|found| (worst_first(found.alert.severity()), newest(found)));
        let summary = summary(&table, other, &gaps);
        let (found, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes { alerts: found.iter().map(as_row).collect(), listing })
    }
}

/// An alert that met the filters.
struct Found<'a> {
    key: String,
    subscription_id: &'a str,
    alert: &'a Alert,
}

/// Which alerts are asked for.
struct Filter {
    severities: Option<BTreeSet<Severity>>,
    statuses: Option<BTreeSet<String>>,
    prefixes: Option<BTreeSet<String>>,
    alert_types: Option<BTreeSet<String>>,
    since: Option<OffsetDateTime>,
}

impl Filter {
    fn of(arguments: &Arguments) -> std::result::Result<Self, Stop> {
        let since = arguments.since.as_ref().map(|since| selection::moment("since", since));
        Ok(Self {
            severities: arguments.severities.clone(),
            statuses: lowered(&arguments.statuses, |status| &status.0),
            prefixes: arguments.resource_id_prefixes.as_ref().map(|all| all.iter().map(|prefix| prefix.0.clone()).collect()),
            alert_types: arguments.alert_types.clone(),
            since: since.transpose()?,
        })
    }

    /// Whether an alert is asked for, whatever its status. What it does not say may be what is asked for.
    fn admits(&self, alert: &Alert) -> bool {
        let severity = alert.severity();
        let below = |prefix: &String| stands_below(alert, prefix) != Some(false);
        self.severities.as_ref().is_none_or(|wanted| severity.is_none_or(|severity| wanted.contains(&severity)))
            && self.prefixes.as_ref().is_none_or(|prefixes| prefixes.iter().any(below))
            && alert.alert_type.as_deref().is_none_or(|own| filter::admits(self.alert_types.as_ref(), own))
            && self.since.is_none_or(|since| alert.generated_on.is_none_or(|generated| generated >= since))
    }

    /// Whether a status is asked for. A word that is not known here may be a bad one.
    fn has_status(&self, status: &str) -> bool {
        let is = |word: &str| word.eq_ignore_ascii_case(status);
        match &self.statuses {
            None => is("Active") || is("InProgress") || !is_known(status),
            wanted => filter::admits(wanted.as_ref(), status),
        }
    }

    /// What is not known of an alert, as far as it matters to what is asked for.
    fn doubt(&self, found: &Found<'_>) -> Option<Unreadable> {
        let alert = found.alert;
        let gap = |code: &str, remedy: &str| Unreadable {
            subject: Subject::Alerts,
            place: Place::Subscription(found.subscription_id.to_owned()),
            reason: Reason::InvalidResponse,
            code: code.to_owned(),
            remedy: remedy.to_owned(),
        };
        let twice = "Some alerts are listed twice and not with the same contents; what the two do not agree on is null. Plan again; it may \
                     just have been changed.";
        let unstated = "Some alerts come without what a filter or a count asks for (status, severity, type, time or resource); their rows \
                        are kept. Run again later; if this persists, please report it.";
        let lacks = alert.status.is_none()
            || alert.severity.is_none()
            || (self.alert_types.is_some() && alert.alert_type.is_none())
            || (self.since.is_some() && alert.generated_on.is_none())
            || (self.prefixes.is_some() && alert.resource_ids.is_none());
        match alert.is_twofold {
            true => Some(gap("", twice)),
            false => lacks.then(|| gap(Failure::UnstatedField.code(), unstated)),
        }
    }
}

/// The statuses there are today.
fn is_known(status: &str) -> bool {
    ["Active", "InProgress", "Resolved", "Dismissed"].iter().any(|known| known.eq_ignore_ascii_case(status))
}

/// Whether an alert, or a resource it is about, stands below a place; none if what it is about is not known.
fn stands_below(alert: &Alert, prefix: &str) -> Option<bool> {
    let about = alert.resource_ids.as_ref().map(|ids| ids.iter().any(|id| within(id, prefix)));
    if within(&alert.id, prefix) { Some(true) } else { about }
}

/// What it means that a subscription has no alert among those that are asked for.
async fn silent(context: &Context, lists: &Lists<Vec<Alert>>, found: &[Found<'_>]) -> Result<Vec<Unreadable>> {
    let speaking: BTreeSet<&str> = found.iter().map(|found| found.subscription_id).collect();
    let (mut gaps, mut registered) = (Vec::new(), Vec::new());
    // A list that is not proven whole has a gap of its own.
    for (subscription, seen) in lists.iter().filter(|(subscription, _)| !speaking.contains(subscription.id.as_str())) {
        let Ok(alerts) = seen.whole() else { continue };
        let unregistered = match alerts.is_empty() {
            true => silent::unregistered(context, &subscription.id, Subject::Alerts, "There are no alerts").await?,
            false => None,
        };
        match unregistered {
            Some(gap) => gaps.push(gap),
            None => registered.push(subscription.clone()),
        }
    }
    let plans = security::plans(context, &registered).await?;
    gaps.extend(plans.gaps().cloned());
    for (subscription, plans) in plans.iter().filter_map(|(subscription, seen)| Some((subscription, seen.whole().ok()?))) {
        let (reason, remedy) = match raises_alerts(plans) {
            Some(true) => continue,
            Some(false) => (
                Reason::PlanOff,
                "No Defender plan that raises alerts is on, so nothing watches. Switch the plans on that protect what is there: \
                 `azposture_defender_plans` with `only_relevant = true` shows them.",
            ),
            None => (
                Reason::NotProven,
                "No Defender plan that raises alerts is surely on: look at `azposture_defender_plans`, with `include_deprecated = true`.",
            ),
        };
        let place = Place::Subscription(subscription.id.clone());
        gaps.push(Unreadable { subject: Subject::Alerts, place, reason, code: String::new(), remedy: remedy.to_owned() });
    }
    Ok(gaps)
}

fn summary(table: &Table<Found<'_>>, other: usize, gaps: &[Unreadable]) -> Summary {
    // Counts the rows without the word.
    const UNSTATED: &str = "other";
    let (mut by_status, mut by_severity) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    for alert in table.rows().iter().map(|found| found.alert) {
        let status = alert.status.as_deref();
        let severity = alert.severity().map(Severity::word).or(alert.severity.as_deref());
        *by_status.entry(status.unwrap_or(UNSTATED).to_owned()).or_default() += 1;
        *by_severity.entry(severity.unwrap_or(UNSTATED).to_owned()).or_default() += 1;
    }
    let counting = Counting::on(gaps, &[]);
    Summary {
        matched: counting.count(table.rows().len()),
        returned: table.returned(),
        by_status: counting.by(by_status),
        by_severity: counting.by(by_severity),
        other: counting.count(other),
    }
}

fn as_row(found: &Found<'_>) -> Row {
    let alert = found.alert.clone();
    Row {
        key: found.key.clone(),
        subscription_id: found.subscription_id.to_owned(),
        severity: alert.severity().map(|severity| severity.word().to_owned()),
        id: alert.id,
        alert_type: alert.alert_type,
        display_name: alert.display_name,
        description: alert.description,
        status: alert.status,
        product_name: alert.product_name,
        intents: alert.intents,
        techniques: alert.techniques,
        sub_techniques: alert.sub_techniques,
        remediation_steps: alert.remediation_steps,
        is_incident: alert.is_incident,
        resource_ids: alert.resource_ids,
        workspace_ids: alert.workspace_ids,
        compromised_entity: alert.compromised_entity,
        portal_url: alert.portal_url,
        started_on: alert.started_on.and_then(written),
        ended_on: alert.ended_on.and_then(written),
        generated_on: alert.generated_on.and_then(written),
    }
}
