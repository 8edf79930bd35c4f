//! Lists of the resources of one type, which checks read and no data source or validation does yet.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    azure::{
        Client, Endpoint,
        arm::{key_vault, network, resources::Detailed, storage},
    },
    posture::{
        Area, Subject,
        checks::{self, Judge, On, Resource},
    },
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            lists::listed::{self, List},
            stop::Result,
        },
        context::Context,
    },
};

/// A type of resources.
#[derive(Debug)]
pub struct Typed {
    /// Their list.
    pub list: List,
    /// What functions look at of the properties of one. That and what rules look at is kept, and nothing else is.
    pub columns: &'static [&'static str],
}

/// All of them. They are apart from [`listed::LISTS`], because a role that can read all that data sources and validations read has what
/// it needs; one of them goes there when the first of these reads it.
pub const TYPES: &[Typed] = &[
    typed("vaults", Area::Data, key_vault::VAULTS, &[]),
    typed("storage_accounts", Area::Data, storage::ACCOUNTS, &[]),
    typed("network_security_groups", Area::Network, network::SECURITY_GROUPS, &["securityRules"]),
];

const fn typed(key: &'static str, area: Area, endpoint: Endpoint, columns: &'static [&'static str]) -> Typed {
    Typed { list: listed::arm(key, Subject::Resources, Some(area), endpoint), columns }
}

impl Typed {
    /// The type, as checks name it.
    pub fn resource_type(&self) -> &'static str {
        self.list.endpoint.tail.strip_prefix("providers/").unwrap_or(self.list.endpoint.tail)
    }

    /// The properties that are kept.
    pub fn kept(&self) -> BTreeSet<&'static str> {
        let looked_at = checks::all().filter_map(|check| match &check.on {
            On::Each(resource_type, Judge::Rule(rule)) if *resource_type == self.resource_type() => rule.path().split('.').next(),
            _ => None,
        });
        looked_at.chain(self.columns.iter().copied()).collect()
    }
}

/// The resources of a type in subscriptions, each once a run.
pub async fn resources(context: &Context, subscriptions: &[Subscription], typed: &Typed) -> Result<Lists<Vec<Resource>>> {
    let (endpoint, kept_properties) = (&typed.list.endpoint, Arc::new(typed.kept()));
    let read = |client: Client, scope: String| {
        let (call, properties) = (endpoint.at(&scope), Arc::clone(&kept_properties));
        async move {
            let mut kept: Vec<Resource> = Vec::new();
            client.list(call, |row: Detailed| kept.push(resource(row, &properties))).await?;
            kept.sort_by_cached_key(|one| one.id.to_lowercase());
            kept.dedup_by(repeats);
            Ok(kept)
        }
    };
    listed::by_arm(context, subscriptions, &typed.list, read).await
}

/// Whether a row is about the same resource as the one before it: a row that moves from page to page while they are read comes twice. Of
/// two that do not say the same neither is believed.
fn repeats(row: &mut Resource, before: &mut Resource) -> bool {
    let is_same = row.id.eq_ignore_ascii_case(&before.id);
    if is_same && row.properties != before.properties {
        before.properties = None;
    }
    is_same
}

fn resource(row: Detailed, kept: &BTreeSet<&str>) -> Resource {
    let properties = row.properties.0.map(|mut properties| {
        properties.retain(|name, _| kept.contains(name.as_str()));
        properties
    });
    Resource { id: row.id, properties }
}
