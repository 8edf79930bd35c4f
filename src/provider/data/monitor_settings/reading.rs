//! What `azposture_monitor_settings` reads: kind by kind in subscriptions, and resource by resource.

use std::collections::{BTreeMap, BTreeSet};

use super::{Arguments, shape::Found};
use crate::{
    azure::{Error, Kind as Failed},
    posture::{
        Unreadable,
        monitor::{Kind, Setting},
        resource_id::{ResourceId, canonical, canonical_type},
    },
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            lists::monitor,
            stop::{Argument, Stop},
        },
        context::Context,
        data::defender_assessments::require_types,
        selection::warn,
    },
    sdk::{Diagnostics, Result},
    text::quoted,
};

/// What was read so far.
pub(super) struct Reading {
    subscriptions: Vec<Subscription>,
    pub(super) found: Vec<Found>,
    pub(super) gaps: Vec<Unreadable>,
    pub(super) is_any_read: bool,
    /// Subscriptions whose activity log is surely not exported.
    pub(super) without_export: usize,
    /// Resources that surely send nothing.
    pub(super) without_settings: usize,
}

impl Reading {
    pub(super) fn new(subscriptions: Vec<Subscription>, gaps: Vec<Unreadable>) -> Self {
        Self { subscriptions, found: Vec::new(), gaps, is_any_read: false, without_export: 0, without_settings: 0 }
    }

    /// Reads these kinds in each subscription.
    pub(super) async fn of_subscriptions(&mut self, context: &Context, kinds: &BTreeSet<Kind>) -> Result<()> {
        let of = |kind: Kind| if kinds.contains(&kind) { self.subscriptions.as_slice() } else { &[] };
        let (groups, activity, exports, metrics, queries, contacts) = tokio::try_join!(
            monitor::action_groups(context, of(Kind::ActionGroups)),
            monitor::activity_log_alerts(context, of(Kind::ActivityLogAlerts)),
            monitor::exports(context, of(Kind::ActivityLogExport)),
            monitor::metric_alerts(context, of(Kind::MetricAlerts)),
            monitor::query_alerts(context, of(Kind::QueryAlerts)),
            monitor::security_contacts(context, of(Kind::SecurityContacts)),
        )?;
        self.without_export = exports.wholly(|settings| sends_nothing(settings)).len();
        for (kind, lists) in [
            (Kind::ActionGroups, groups),
            (Kind::ActivityLogAlerts, activity),
            (Kind::ActivityLogExport, exports),
            (Kind::MetricAlerts, metrics),
            (Kind::QueryAlerts, queries),
            (Kind::SecurityContacts, contacts),
        ] {
            self.take(kind, &lists);
        }
        Ok(())
    }

    fn take(&mut self, kind: Kind, lists: &Lists<Vec<Setting>>) {
        self.gaps.extend(lists.gaps().cloned());
        for (subscription, settings) in lists.so_far() {
            self.is_any_read = true;
            self.found.extend(settings.iter().map(|setting| Found::of(kind, &subscription.id, setting)));
        }
    }

    /// Reads the diagnostic settings of each of the resources that are named, or are of a type that is.
    pub(super) async fn of_resources(
        &mut self,
        context: &Context,
        arguments: &Arguments,
        warnings: &mut Diagnostics,
    ) -> Result<()> {
        let resources = match &arguments.resource_ids {
            Some(ids) => self.named(ids.iter().map(|id| id.0.as_str()))?,
            None => self.of_types(context, arguments, warnings).await?,
        };
        let kind = Kind::ResourceDiagnosticSettings;
        let lists = monitor::of_resources(context, &self.subscriptions, &resources).await?;
        self.gaps.extend(lists.gaps().cloned());
        for (subscription, seen) in lists.iter() {
            for (id, settings) in seen.so_far().into_iter().flat_map(|all| all.iter()) {
                match settings {
                    Ok(settings) => {
                        self.is_any_read = true;
                        // What may have been left out may be what sends.
                        self.without_settings += usize::from(seen.is_whole() && sends_nothing(settings));
                        self.found.extend(settings.iter().map(|setting| Found::of(kind, &subscription.id, setting)));
                    }
                    Err(error) if is_not_supported(error) => self.is_any_read = true,
                    Err(error) => {
                        self.gaps.push(monitor::unread_settings(context, subscription, id, error).await?);
                    }
                }
            }
        }
        Ok(())
    }

    /// Resources by the id of their subscription; one in none of those that are read is an error.
    fn named<'a>(&self, ids: impl Iterator<Item = &'a str>) -> std::result::Result<BTreeMap<String, BTreeSet<String>>, Stop> {
        let mut all = BTreeMap::<String, BTreeSet<String>>::new();
        for id in ids {
            let own = ResourceId::parse(id).ok().and_then(|parsed| parsed.subscription_id);
            match own.filter(|own| self.subscriptions.iter().any(|subscription| subscription.id == *own)) {
                Some(own) => drop(all.entry(own).or_default().insert(canonical(id))),
                None => {
                    let detail = format!(
                        "{} lies in none of the selected subscriptions. Correct it or select its subscription.",
                        quoted(id)
                    );
                    return Err(Stop::Argument(Argument {
                        name: "resource_ids",
                        summary: "Outside the configured scope",
                        detail,
                    }));
                }
            }
        }
        Ok(all)
    }

    async fn of_types(
        &mut self,
        context: &Context,
        arguments: &Arguments,
        warnings: &mut Diagnostics,
    ) -> Result<BTreeMap<String, BTreeSet<String>>> {
        let types: BTreeSet<String> = arguments.resource_types.iter().flatten().map(|full| canonical_type(&full.0)).collect();
        let (mut all, mut without) = (BTreeMap::<String, BTreeSet<String>>::new(), Vec::new());
        for full in &types {
            let lists = monitor::resources_of_type(context, &self.subscriptions, full).await?;
            self.gaps.extend(lists.gaps().cloned());
            let mut is_there = false;
            for (subscription, ids) in lists.so_far() {
                self.is_any_read = true;
                is_there |= !ids.is_empty();
                if !ids.is_empty() {
                    all.entry(subscription.id.clone()).or_default().extend(ids.iter().cloned());
                }
            }
            if !is_there {
                without.push(full);
            }
        }
        require_types(context, &self.subscriptions, &without, &mut self.gaps).await?;
        warn("resource_types", "Resource type", "no resource that was read is of the type", without, warnings);
        Ok(all)
    }
}

/// Whether none of these sends anything anywhere, and that is sure.
fn sends_nothing(settings: &[Setting]) -> bool {
    settings.iter().all(|setting| setting.sending.as_ref().and_then(|sending| sending.sends()) == Some(false))
}

/// Whether the type of the resource has no diagnostic settings.
fn is_not_supported(error: &Error) -> bool {
    error.kind() == Failed::Unsupported && error.code().eq_ignore_ascii_case("ResourceTypeNotSupported")
}
