//! Lists of the resources of one type. Of each resource what its type's row in the table names is kept, and what checks look at; the rest
//! of its body is dropped while it is taken in.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::{Arc, LazyLock},
};

use serde_json::{Map, Value as Json};

use crate::{
    azure::{
        self, Client, Error, Failure, Kind,
        answer::lenient::Text,
        arm::{
            projection::Columns,
            typed::{self, CONNECTIONS, Detailed, ListedIn, ResourceType},
        },
        memo::Key,
        resource_graph::by_type,
    },
    posture::{
        Area, Subject,
        checks::{self, Judge, On},
        resource_id::{canonical, within},
        seen::agreed,
    },
    provider::{
        collect::{
            Lists,
            estate::{engine, scope::Subscription},
            lists::{
                listed::{self, List},
                texts::Texts,
            },
            stop::Result,
        },
        context::Context,
    },
    text::quoted,
};

/// A type of resources.
#[derive(Debug)]
pub struct Typed {
    /// What is read of it.
    pub resource_type: &'static ResourceType,
    /// Its list in a subscription.
    pub list: List,
    /// The area it is read for.
    pub area: Area,
    columns: Columns,
    /// What checks look at beside the columns: properties that are kept as they came, and returned to nobody.
    looked_at: BTreeSet<&'static str>,
}

/// What functions among the checks look at, those of the connection included. What rules look at follows from them.
const LOOKED_AT: &[(&str, &[&str])] = &[
    ("Microsoft.ContainerService/managedClusters", &["apiServerAccessProfile", "nodeResourceGroup"]),
    ("Microsoft.Network/networkSecurityGroups", &["securityRules"]),
];

/// All of them.
pub static TYPES: LazyLock<Vec<Typed>> = LazyLock::new(|| {
    let areas = [
        (Area::Data, typed::DATA),
        (Area::Compute, typed::COMPUTE),
        (Area::Network, typed::NETWORK),
        (Area::Observability, typed::OBSERVABILITY),
    ];
    areas.into_iter().flat_map(|(area, types)| types.iter().map(move |one| Typed::of(area, one))).collect()
});

/// Clusters of Azure Kubernetes Service, which are among them and which a check of the connection looks at.
pub static CLUSTERS: LazyLock<Typed> = LazyLock::new(|| Typed::of(Area::Compute, &typed::CLUSTERS));

/// The type of this name, in any case.
pub fn find(name: &str) -> Option<&'static Typed> {
    TYPES.iter().find(|typed| typed.name().eq_ignore_ascii_case(name))
}

/// A resource. Where the service did not say something, or says it twice and not alike, it is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypedResource {
    /// In the spelling of the azurerm provider.
    pub id: String,
    /// What the service tells it apart by within its type.
    pub kind: Option<String>,
    /// The region's name.
    pub location: Option<String>,
    /// The resource that it serves.
    pub managed_by: Option<String>,
    /// The name of its size or price.
    pub sku_name: Option<String>,
    /// The tier of it.
    pub sku_tier: Option<String>,
    /// How its last change ended.
    pub provisioning_state: Option<String>,
    /// Which managed identities it has.
    pub identity_type: Option<String>,
    /// The object id of its own one.
    pub identity_principal_id: Option<String>,
    /// The ids of the others, sorted.
    pub identity_ids: Option<Vec<String>>,
    /// Availability zones.
    pub zones: Option<Vec<String>>,
    /// Tags; none left out is none there are.
    pub tags: Option<BTreeMap<String, String>>,
    /// Whether public networks reach it.
    pub public_network_access: Option<String>,
    /// How many private endpoints are approved.
    pub private_endpoint_count: Option<u64>,
    /// The columns of its type, as JSON with sorted keys.
    pub properties_json: Option<String>,
    /// What checks look at.
    pub looked_at: Option<Map<String, Json>>,
    /// Whether it does not say what every resource of its type says, or says something in a form that is not taken in.
    pub is_unclear: bool,
    /// Whether it is listed twice, and not with the same contents.
    pub is_twofold: bool,
}

impl Typed {
    fn of(area: Area, resource_type: &'static ResourceType) -> Self {
        let own = resource_type.name;
        let by_rules = checks::all().filter_map(move |check| match &check.on {
            On::Each(name, Judge::Rule(rule)) if *name == own => rule.path().split('.').next(),
            _ => None,
        });
        let by_functions = LOOKED_AT.iter().filter(|(name, _)| *name == own).flat_map(|(_, columns)| *columns).copied();
        Self {
            resource_type,
            list: listed::arm(own, Subject::Resources, Some(area), resource_type.endpoint),
            area,
            columns: resource_type.projection(),
            looked_at: by_rules.chain(by_functions).collect(),
        }
    }

    /// The type, as checks name it.
    pub fn name(&self) -> &'static str {
        self.resource_type.name
    }

    /// The type whose resources list these.
    pub fn parent(&self) -> Option<&'static str> {
        match self.resource_type.listed_in {
            ListedIn::Parent(name, _) => Some(name),
            ListedIn::ResourceGroup | ListedIn::Subscription => None,
        }
    }

    /// The properties that are kept for checks.
    pub fn kept(&self) -> &BTreeSet<&'static str> {
        &self.looked_at
    }

    fn found(&self, row: Detailed, redacts_people: bool) -> TypedResource {
        let word = |text: Text| text.0.map(|text| azure::shown(&text, redacts_people).into_owned());
        let (sku, identity) = (row.sku.0.unwrap_or_default(), row.identity.0.unwrap_or_default());
        let own = row.properties.0.as_ref();
        let at = |path: &str| own.and_then(|own| place(own, path));
        let text = |path: &str| word(Text(at(path).and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned)));
        let ids = identity.user_assigned_identities.0.map(|all| {
            let ids: BTreeSet<String> = all.keys().map(|id| canonical(&azure::shown(id, redacts_people))).collect();
            ids.into_iter().collect()
        });
        let kept = own.and_then(|own| self.kept_of(own));
        let is_unsaid = |path: &&str| kept.as_ref().is_none_or(|kept| place(kept, path).is_none());
        let is_unclear = own.is_some_and(|own| self.columns.is_odd(own)) || self.resource_type.always_said.iter().any(is_unsaid);
        TypedResource {
            id: canonical(&azure::shown(&row.id, redacts_people)),
            kind: word(row.kind),
            location: word(row.location).map(|location| region(&location)),
            managed_by: word(row.managed_by).map(|id| canonical(&id)),
            sku_name: word(sku.name).or_else(|| text("sku.name")),
            sku_tier: word(sku.tier).or_else(|| text("sku.tier")),
            provisioning_state: text("provisioningState"),
            identity_type: word(identity.kind),
            identity_principal_id: word(identity.principal_id).map(|id| id.to_lowercase()),
            identity_ids: ids,
            zones: row.zones.0.and_then(|zones| zones.into_iter().map(word).collect()),
            tags: tags(row.tags, redacts_people),
            public_network_access: self.public_network_access(own),
            private_endpoint_count: at(CONNECTIONS).filter(|_| self.resource_type.has_private_endpoints).and_then(approved),
            properties_json: kept.map(|kept| azure::shown_value(Json::Object(kept), redacts_people).to_string()),
            looked_at: row.properties.0.map(|mut properties| {
                properties.retain(|name, _| self.looked_at.contains(name.as_str()));
                properties
            }),
            is_unclear,
            is_twofold: false,
        }
    }

    /// The columns; none where the service says nothing of the resource.
    fn kept_of(&self, own: &Map<String, Json>) -> Option<Map<String, Json>> {
        let kept = self.columns.project(own);
        // Some types have no columns, and others only such that need not be there.
        let is_said =
            || ["provisioningState", CONNECTIONS].into_iter().chain(self.resource_type.public_access.paths.iter().copied());
        match kept {
            None if is_said().any(|path| place(own, path).is_some()) => Some(self.columns.nothing()),
            // Resource Graph is asked for columns alone, and has none of these.
            None if self.resource_type.is_on_demand && own.values().any(|value| !value.is_null()) => Some(self.columns.nothing()),
            kept => kept,
        }
    }

    /// Whether public networks reach a resource: the more open word of several switches.
    fn public_network_access(&self, own: Option<&Map<String, Json>>) -> Option<String> {
        const OPEN: &str = "Enabled";
        let own = own?;
        let access = self.resource_type.public_access;
        let word = |path: &&str| match place(own, path) {
            None => access.absent.map(str::to_owned),
            Some(value) => value.as_str().filter(|text| !text.is_empty()).map(|text| switch(&azure::shown(text, false))),
        };
        let words: Vec<Option<String>> = access.paths.iter().map(word).collect();
        let open = words.iter().flatten().find(|word| *word == OPEN);
        let differs = words.iter().flatten().find(|word| Some(*word) != words.first().and_then(Option::as_ref));
        match (open, differs) {
            (Some(open), _) => Some(open.clone()),
            // Two words of which neither is open, or one that is not said.
            (None, Some(_)) => None,
            (None, None) => words.into_iter().collect::<Option<Vec<String>>>()?.into_iter().next(),
        }
    }
}

/// What stands at a path, if it is something.
fn place<'a>(object: &'a Map<String, Json>, path: &str) -> Option<&'a Json> {
    let mut parts = path.split('.');
    let first = object.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part)).filter(|value| !value.is_null())
}

/// A word of the switch in one spelling; services write it in several.
fn switch(word: &str) -> String {
    let known = ["Enabled", "Disabled", "SecuredByPerimeter"].into_iter().find(|known| known.eq_ignore_ascii_case(word));
    known.unwrap_or(word).to_owned()
}

/// A region's name; some services write what people call it (`West Europe`).
pub fn region(written: &str) -> String {
    written.chars().filter(|character| !character.is_whitespace()).collect::<String>().to_lowercase()
}

/// How many connections are approved; none where one does not say whether it is, in a word that is known.
fn approved(connections: &Json) -> Option<u64> {
    const STATUS: &str = "/properties/privateLinkServiceConnectionState/status";
    let is_approved = |connection: &Json| {
        let word = connection.pointer(STATUS)?.as_str()?;
        let is = |known: &str| known.eq_ignore_ascii_case(word);
        if is("Approved") { Some(1) } else { ["Disconnected", "Pending", "Rejected"].into_iter().any(is).then_some(0) }
    };
    connections.as_array()?.iter().map(is_approved).sum()
}

/// Tags; none where they are of another kind.
fn tags(written: Option<Json>, redacts_people: bool) -> Option<BTreeMap<String, String>> {
    let shown = |text: &str| azure::shown(text, redacts_people).into_owned();
    match written {
        None | Some(Json::Null) => Some(BTreeMap::new()),
        Some(Json::Object(tags)) => tags.iter().map(|(name, value)| Some((shown(name), shown(value.as_str()?)))).collect(),
        Some(_) => None,
    }
}

impl TypedResource {
    /// What two rows of one resource say alike.
    fn and(self, other: Self) -> Self {
        // The case of an id is none of its contents.
        let other = Self { id: self.id.clone(), ..other };
        if self == other {
            return self;
        }
        Self {
            kind: agreed(self.kind, other.kind),
            location: agreed(self.location, other.location),
            managed_by: agreed(self.managed_by, other.managed_by),
            sku_name: agreed(self.sku_name, other.sku_name),
            sku_tier: agreed(self.sku_tier, other.sku_tier),
            provisioning_state: agreed(self.provisioning_state, other.provisioning_state),
            identity_type: agreed(self.identity_type, other.identity_type),
            identity_principal_id: agreed(self.identity_principal_id, other.identity_principal_id),
            identity_ids: agreed(self.identity_ids, other.identity_ids),
            zones: agreed(self.zones, other.zones),
            tags: agreed(self.tags, other.tags),
            public_network_access: agreed(self.public_network_access, other.public_network_access),
            private_endpoint_count: agreed(self.private_endpoint_count, other.private_endpoint_count),
            properties_json: agreed(self.properties_json, other.properties_json),
            looked_at: agreed(self.looked_at, other.looked_at),
            is_unclear: self.is_unclear || other.is_unclear,
            is_twofold: true,
            id: self.id,
        }
    }
}

/// The resources of a subscription while they come, by lower-case id: a row that moves from page to page while they are read comes twice.
#[derive(Debug, Default)]
struct Building(BTreeMap<String, TypedResource>);

impl Building {
    fn take(&mut self, row: TypedResource) {
        match self.0.entry(row.id.to_lowercase()) {
            Entry::Vacant(vacant) => {
                vacant.insert(row);
            }
            Entry::Occupied(mut known) => {
                let first = std::mem::take(known.get_mut());
                *known.get_mut() = first.and(row);
            }
        }
    }

    fn done(self) -> Vec<TypedResource> {
        self.0.into_values().collect()
    }
}

/// The resources of a type in subscriptions as Resource Manager lists them, each list once a run.
pub async fn resources(
    context: &Context,
    subscriptions: &[Subscription],
    typed: &'static Typed,
) -> Result<Lists<Vec<TypedResource>>> {
    let read = |client: Client, scope: String| async move { list(&client, typed, &scope, "", &scope).await };
    listed::by_arm(context, subscriptions, &typed.list, read).await
}

/// The same of one subscription, for who looks at it beside another list: each is read once a run, whoever asks first.
pub async fn once(client: &Client, typed: &'static Typed, subscription_id: &str) -> azure::Result<Arc<Vec<TypedResource>>> {
    let (own, scope) = (client.clone(), format!("/subscriptions/{subscription_id}"));
    client.memo(Key::of(typed.list.key).and(subscription_id), || async move { list(&own, typed, &scope, "", &scope).await }).await
}

/// The resources of a type that stand below a place, which is what has this name in a scope, or the scope itself.
pub async fn list(client: &Client, typed: &Typed, scope: &str, name: &str, place: &str) -> azure::Result<Vec<TypedResource>> {
    let newest = typed.list.endpoint.version;
    let rows = match (list_in_version(client, typed, scope, name, newest).await, typed.resource_type.older) {
        (Err(error), Some(older)) if error.kind() == Kind::Unsupported => {
            list_in_version(client, typed, scope, name, older).await?
        }
        (answer, _) => answer?,
    };
    match rows.iter().find(|row| !within(&row.id, place)) {
        None => Ok(rows),
        Some(foreign) => {
            let error = Error::new(Kind::InvalidResponse, typed.list.endpoint.reading, place);
            Err(error.said(Failure::ForeignRow, format!("A row belongs elsewhere: {}.", quoted(&foreign.id))))
        }
    }
}

async fn list_in_version(
    client: &Client,
    typed: &Typed,
    scope: &str,
    name: &str,
    version: &'static str,
) -> azure::Result<Vec<TypedResource>> {
    let call = typed.list.endpoint.in_version(version).of_at(name, scope);
    let call = match typed.resource_type.expand {
        Some(what) => call.with("$expand", what),
        None => call,
    };
    let redacts_people = Texts::of(client).await?.redacts_people;
    let mut building = Building::default();
    client.list(call, |row: Detailed| building.take(typed.found(row, redacts_people))).await?;
    Ok(building.done())
}

/// Resources by the name of their type.
pub type ByType = BTreeMap<&'static str, Arc<Vec<TypedResource>>>;

/// The resources of several types as Resource Graph has them, by subscription; one of which it has no row is missing, one whose request
/// failed has the failure. Where all types were asked for just now, that answers a question about some of them.
pub async fn by_graph(
    context: &Context,
    subscriptions: &[Subscription],
    types: &[&'static Typed],
) -> BTreeMap<String, azure::Result<Arc<ByType>>> {
    let key = |types: &[&'static Typed]| {
        let names: Vec<String> = types.iter().map(|typed| typed.name().to_owned()).collect();
        Key::of(by_type::NAME).and_all(&names)
    };
    let all = TYPES.iter().filter(|typed| !typed.resource_type.is_on_demand && context.areas.contains(&typed.area));
    let all: Vec<&'static Typed> = all.collect();
    let is_held = engine::is_held::<ByType>(context, subscriptions, &key(&all));
    let types: Arc<[&'static Typed]> = if is_held { all.into() } else { types.into() };
    let key = key(&types);
    let read = |client: Client, ids: BTreeSet<String>| {
        let types = Arc::clone(&types);
        async move {
            let redacts_people = Texts::of(&client).await?.redacts_people;
            let wanted: Vec<&ResourceType> = types.iter().map(|typed| typed.resource_type).collect();
            let mut all = BTreeMap::<String, BTreeMap<&'static str, Building>>::new();
            let take = |id: String, name: String, row: Detailed| {
                // A type that was not asked for is none of the rows.
                if let Some(typed) = types.iter().find(|typed| typed.name().eq_ignore_ascii_case(&name)) {
                    all.entry(id).or_default().entry(typed.name()).or_default().take(typed.found(row, redacts_people));
                }
            };
            by_type::resources(&client, &wanted, &ids, take).await?;
            let done = |of: BTreeMap<&'static str, Building>| of.into_iter().map(|(name, rows)| (name, Arc::new(rows.done())));
            Ok(all.into_iter().map(|(id, of)| (id, done(of).collect::<ByType>())).collect())
        }
    };
    engine::by_graph(context, subscriptions, &key, &read).await
}

#[cfg(test)]
mod tests;
