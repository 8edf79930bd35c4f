//! `azposture_resources`: what there is, type by type, with the properties that decide how safe it is.

mod admitted;
mod coverage;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use self::{
    admitted::{Filter, Picked},
    coverage::{CoverageRow, coverage, gaps_of},
};
use crate::{
    posture::resource_id::ResourceId,
    provider::{
        collect::{
            facts::stock::{self, Stock},
            lists::{
                inventory,
                typed::{self, TYPES, Typed},
            },
            stop::Stop,
        },
        context::Context,
        frame::{self, Chosen, Counting, Listing, Table},
        selection::require_prefixes,
        words::{Area, ResourceIdPrefix, SubscriptionId},
    },
    sdk::{
        Diagnostics, Result,
        entry::{Configured, DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<Resources>()];

/// Resources by type, each with what its services' interface says of it as far as it decides how safe the resource is. Bodies of resources
/// can hold secrets, so of each a fixed set of columns is taken in and nothing else; a value of a secret is never read.
///
/// No rows of a type are an answer only where `coverage` does not say otherwise: a type whose list was refused, or not proven whole, stands
/// there with the reason, and one that was named and is surely not there as `no_resources`.
///
/// **What it costs.** Resource Manager: in each subscription the list of what there is, and one list for each type that is there, each page
/// of which is a request; databases and flow logs take one for each server or network watcher, virtual network gateways one for each
/// resource group that has some. Resource Graph: two queries for 300 subscriptions, whatever the types. Keys, secrets, containers and
/// shares are read by Resource Manager alone: one request for each vault or account that the filters by group, id, tag and location leave in;
/// of such lists Storage answers about 100 in five minutes, for each subscription and region. **Freshness.** Resource Manager: the
/// types' own lists are live; what there is lags by seconds to minutes. Resource Graph: it lags by a minute or so.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Types to read, without case. Default all that are listed here and whose area is on, but for keys and secrets of vaults and containers
    /// and shares of storage accounts: those are read only if they are named, with one request for each vault or account. A type
    /// that is not listed here is an error.
    #[schemars(length(min = 1))]
    resource_types: Option<BTreeSet<ListedType>>,
    /// Resource groups, without case. Default all; a name that no selected subscription has is an error.
    #[schemars(length(min = 1))]
    resource_group_names: Option<BTreeSet<String>>,
    /// Beginnings of resource ids, up to a `/`, without case; each has to lie in the scope. Default all; one below which nothing was read
    /// is a warning.
    #[schemars(length(min = 1))]
    resource_id_prefixes: Option<BTreeSet<ResourceIdPrefix>>,
    /// Tags a resource has to have; the value `*` is any value, names compare without case. A resource whose tags cannot be read is
    /// kept and named in `unreadable`. Default any; tags that nothing has are a warning.
    #[schemars(extend("minProperties" = 1))]
    tags: Option<BTreeMap<String, String>>,
    /// Regions, by name or as people write them (`westeurope`, `West Europe`), without case. A resource that does not say where it is is
    /// kept and named in `unreadable`. Default all; one in which nothing is is a warning.
    #[schemars(length(min = 1))]
    locations: Option<BTreeSet<String>>,
    /// Names of resources, without case; `*` stands for any characters, `?` for one. Default all; one that nothing bears is a warning.
    #[schemars(length(min = 1))]
    names: Option<BTreeSet<String>>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// A type that is listed here.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct ListedType(String);

impl JsonSchema for ListedType {
    fn schema_name() -> Cow<'static, str> {
        "ListedType".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut names: Vec<&str> = TYPES.iter().map(Typed::name).collect();
        names.sort_unstable();
        json_schema!({ "type": "string", "enum": names, "x-ignore-case": true })
    }
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Rows that met the filters.
    matched: Option<usize>,
    /// Rows returned.
    returned: usize,
    /// Rows that met the filters, by type.
    by_type: Option<BTreeMap<String, usize>>,
    /// Rows that met the filters, by location; those that do not say theirs under `other`.
    by_location: Option<BTreeMap<String, usize>>,
    /// Rows that met the filters, by subscription id.
    by_subscription: Option<BTreeMap<String, usize>>,
}

/// One resource. What the service did not say, or says twice and not alike, is null.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// `id`, lower case: unique and stable.
    key: String,
    /// The resource.
    id: String,
    /// Its name. Not unique.
    name: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    resource_type: String,
    /// What its service tells it apart by within the type, for example `StorageV2`.
    kind: Option<String>,
    /// Its region, for example `westeurope`, or `global`. Of keys, secrets, containers and shares that of what they are a part of.
    location: Option<String>,
    /// Lower-case GUID of the subscription it stands in.
    subscription_id: String,
    /// The resource group it stands in.
    resource_group_name: Option<String>,
    /// The id of the resource that it serves, as that of the machine of a disk. Null if it serves none.
    managed_by: Option<String>,
    /// What it is sold as, for example `Standard_ZRS`. Null if the type has no such word, too.
    sku_name: Option<String>,
    /// The tier of that, for example `Standard`. Null if the type has no such word, too.
    sku_tier: Option<String>,
    /// How its last change ended, for example `Succeeded`.
    provisioning_state: Option<String>,
    /// Which managed identities it has: `SystemAssigned`, `UserAssigned`, `SystemAssigned, UserAssigned` or `None`. Null if it has none, too.
    identity_type: Option<String>,
    /// The object id of the identity of its own. Null if it has none, too.
    identity_principal_id: Option<String>,
    /// The id of the resource that lists it, as that of the server of a database. Null if none does.
    parent_id: Option<String>,
    /// The ids of the user-assigned identities that it uses. Null if it uses none, too.
    identity_ids: Option<Vec<String>>,
    /// The availability zones that it is in. Null if it is in none, too.
    zones: Option<Vec<String>>,
    /// Its tags; of keys, secrets, containers and shares those of what they are a part of. Null only if they came in a form that is not
    /// known.
    tags: Option<BTreeMap<String, String>>,
    /// Whether public networks may reach it, as far as the switch of its type says: `Enabled`, `Disabled`, `SecuredByPerimeter`, or another
    /// word of Azure's. Rules of its firewall are not in it. Where the switch is left out it is what the service documents for that, which
    /// for storage accounts is `Enabled`. Null if the type has no such switch, or its service documents nothing, or of two switches
    /// none is on and not all are off.
    public_network_access: Option<String>,
    /// How many private endpoints are connected to it and approved. Null if the type lists none, or one of them does not say whether it is.
    private_endpoint_count: Option<u64>,
    /// What else is known of it, as JSON with sorted keys: of each type the columns that the guide "Columns of resources" lists, and nothing
    /// else. A column that the service did not say is null in it. Null if it says nothing of the resource.
    properties_json: Option<String>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The resources, by key.
    resources: Vec<Row>,
    /// Why there are no rows of a type, or perhaps too few, by key: one row for each type and reason.
    coverage: Vec<CoverageRow>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct Resources;

impl DataSource for Resources {
    const NAME: &'static str = "resources";
    const PAGE: Page = Page {
        subcategory: "Posture",
        permissions: "`<type>/read` for each type, for example `Microsoft.KeyVault/vaults/read`; \
                      `Microsoft.Resources/subscriptions/resources/read` and `*/read` to read only the types that are there. The role Reader \
                      on the subscription holds all of them.",
    };
    type Context = Context;
    // Each type has its own, so none of them is asked for as a whole.
    const AREA: Option<Area> = None;
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let types = Types::of(context, arguments.resource_types.as_ref())?;
        let Chosen { subscriptions, gaps: unseen, .. } = Chosen::of(context, &arguments.subscription_ids).await?;
        let filter = Filter::of(&arguments);
        require_prefixes(filter.prefixes.as_ref(), &subscriptions)?;
        let mut gaps = unseen.clone();
        if let Some(names) = &arguments.resource_group_names {
            gaps.extend(inventory::require_groups(context, &subscriptions, names).await?);
        }
        let stocks = stock::stock(context, &subscriptions, &types.on, &|row| filter.admits_in(row)).await?;
        gaps.extend(gaps_of(&stocks));
        frame::require_any(stocks.iter().any(|stock| stock.seen.so_far().is_ok()), &mut gaps)?;
        let mut picked = Picked::of(&filter);
        for (stock, row) in stocks.iter().flat_map(|stock| stock.rows().map(move |row| (stock, row))) {
            picked.take(stock, row);
        }
        picked.warn(warnings);
        gaps.extend(picked.doubts());
        let coverage = coverage(&types, &subscriptions, &stocks, &unseen);
        let rows = picked.found.iter().map(|(stock, row)| as_row(stock, row)).collect();
        let table = Table::of(rows, arguments.limit, |row: &Row| &row.key, |first, _| first);
        let summary = summary(&table, &gaps);
        let (resources, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes { resources, coverage, listing })
    }
}

/// The types that are asked for.
struct Types {
    /// Those whose area is on.
    on: Vec<&'static Typed>,
    /// The others.
    off: Vec<&'static Typed>,
    /// Whether they were named.
    named: bool,
}

impl Types {
    fn of(context: &Context, named: Option<&BTreeSet<ListedType>>) -> std::result::Result<Self, Stop> {
        let wanted = |typed: &&Typed| match named {
            Some(named) => named.iter().any(|one| one.0.eq_ignore_ascii_case(typed.name())),
            None => !typed.resource_type.is_on_demand,
        };
        let (on, off): (Vec<_>, Vec<_>) = TYPES.iter().filter(wanted).partition(|typed| context.areas.contains(&typed.area));
        match off.first() {
            Some(first) if on.is_empty() => context.require(first.area)?,
            _ => {}
        }
        Ok(Self { on, off, named: named.is_some() })
    }
}

fn summary(table: &Table<Row>, gaps: &[crate::posture::Unreadable]) -> Summary {
    const UNSTATED: &str = "other";
    let (mut by_type, mut by_location, mut by_subscription) =
        <(BTreeMap<String, usize>, BTreeMap<String, usize>, BTreeMap<String, usize>)>::default();
    for row in table.rows() {
        *by_type.entry(row.resource_type.clone()).or_default() += 1;
        *by_location.entry(row.location.clone().unwrap_or_else(|| UNSTATED.to_owned())).or_default() += 1;
        *by_subscription.entry(row.subscription_id.clone()).or_default() += 1;
    }
    let counting = Counting::on(gaps, &[]);
    Summary {
        matched: counting.count(table.rows().len()),
        returned: table.returned(),
        by_type: counting.by(by_type),
        by_location: counting.by(by_location),
        by_subscription: counting.by(by_subscription),
    }
}

/// The id of the resource that lists this one.
fn parent_of(id: &str, typed: &Typed) -> Option<String> {
    let parent = typed.parent()?;
    let mut above = ResourceId::parse(id).ok()?.parent_id;
    while let Some(id) = above {
        let apart = ResourceId::parse(&id).ok()?;
        if apart.resource_type.as_deref() == Some(parent) {
            return Some(id);
        }
        above = apart.parent_id;
    }
    None
}

fn as_row(stock: &Stock, found: &typed::TypedResource) -> Row {
    let found = found.clone();
    let apart = ResourceId::parse(&found.id).ok();
    let name = stock.typed.name();
    Row {
        key: found.id.to_lowercase(),
        name: apart.as_ref().and_then(|id| id.name.clone()),
        resource_type: name.to_owned(),
        kind: found.kind,
        location: found.location,
        subscription_id: stock.subscription.id.clone(),
        resource_group_name: apart.as_ref().and_then(|id| id.resource_group_name.clone()),
        managed_by: found.managed_by,
        sku_name: found.sku_name,
        sku_tier: found.sku_tier,
        provisioning_state: found.provisioning_state,
        identity_type: found.identity_type,
        identity_principal_id: found.identity_principal_id,
        parent_id: parent_of(&found.id, stock.typed),
        identity_ids: found.identity_ids,
        zones: found.zones,
        tags: found.tags,
        public_network_access: found.public_network_access,
        private_endpoint_count: found.private_endpoint_count,
        properties_json: found.properties_json,
        id: found.id,
    }
}
