//! Facts of Microsoft Graph about the tenant and about applications, each read once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    azure::{
        self, Audience, Client, Error, Failure, Kind,
        answer::lenient::unstated,
        memo::Key,
        microsoft_graph::{applications, organization, provisioning},
        tenant::claims::Claims,
    },
    posture::{
        Place, Reason, Seen, Subject, Unreadable,
        graph_permission::{Evidence, Grant, Holder, MICROSOFT_GRAPH, Offered, Request, name_of},
    },
    provider::{
        collect::{
            stop::{Result, Stop},
            twice, unread,
        },
        context::Context,
        words::is_guid,
    },
};

pub use applications::Api;

/// The service plans that decide what a tenant can do.
const LICENCES: &[(&str, &str)] = &[
    ("41781fb2-bc02-4b7c-bd55-b576c07bb09d", "P1"),
    ("7dc0e92d-bf15-401d-907e-0884efe7c760", "WorkloadId"),
    ("84c289f0-efcb-486f-8581-07f44fc9efad", "WorkloadId"),
    ("e866a266-3cff-43a3-acca-0c90a7e00c8b", "Governance"),
    ("eec0eb4f-6444-4f95-aba0-50c24d67f998", "P2"),
];

/// A principal, and an API whose permissions it may hold.
#[derive(Clone, Debug)]
pub struct Party {
    /// Who it is.
    pub holder: Holder,
    /// Object id of the principal.
    pub object_id: Option<String>,
    /// Client id of the principal.
    pub client_id: Option<String>,
    /// The claims of the principal's own token for Microsoft Graph; none for another principal.
    pub claims: Option<Claims>,
    /// Client id of the API.
    pub resource_client_id: String,
}

/// What a token for Microsoft Graph says about its holder; none if it says nothing.
pub async fn claims(context: &Context) -> azure::Result<Option<Claims>> {
    Ok(Claims::of(context.client.token(Audience::Graph).await?.reveal()))
}

/// The tenant.
pub async fn organization(context: &Context) -> azure::Result<Arc<organization::Organization>> {
    let read = async |client: Client| {
        let rows = organization::organization(&client).await?;
        let (attempted, place) = ("read the tenant", "Microsoft Graph /organization");
        let mut rows = rows.into_iter();
        let own = rows.next().ok_or_else(|| unstated(attempted, place, "id"))?;
        // A token is for one tenant, and so is this list: of two, nothing tells which is meant.
        let rows: Vec<_> = rows.collect();
        let named_otherwise = rows.iter().any(|other| other.display_name != own.display_name);
        match rows.iter().find(|other| !other.id.eq_ignore_ascii_case(&own.id)) {
            Some(other) => Err(azure::Error::new(azure::Kind::InvalidResponse, attempted, place)
                .said(Failure::SeveralTenants, format!("It holds the tenants {} and {}.", own.id, other.id))
                .advise("Run again; if this persists, please report it.")),
            None if named_otherwise => Err(twice::failure(attempted, place, "the tenant")),
            None => Ok(own),
        }
    };
    let client = context.client.clone();
    context.client.memo(Key::of("organization"), || read(client)).await
}

/// The licences of the tenant.
#[derive(Debug, Default)]
pub struct Licences {
    /// Those in use, by the names they have here.
    pub held: BTreeSet<&'static str>,
    /// How many products are listed, in use or not.
    pub products: usize,
    /// What is not said, if something is not: there may be others.
    pub unstated: Option<Error>,
}

/// The licences in use.
pub async fn licences(context: &Context) -> azure::Result<Arc<Licences>> {
    let client = context.client.clone();
    let read = || async move { Ok(held(&organization::subscribed_skus(&client).await?)) };
    context.client.memo(Key::of("licences"), read).await
}

/// A product that is listed twice is only held as far as both rows say so.
fn held(skus: &[organization::Sku]) -> Licences {
    let mut products = BTreeMap::<String, Vec<Licences>>::new();
    for (number, sku) in skus.iter().enumerate() {
        let id = sku.id.as_ref().map_or_else(|| number.to_string(), |id| id.to_lowercase());
        products.entry(id).or_default().push(of_product(sku));
    }
    let mut licences = Licences { products: products.len(), ..Licences::default() };
    for (id, rows) in products {
        let (mut held, mut differs) = (None::<BTreeSet<&'static str>>, false);
        for row in rows {
            licences.unstated = licences.unstated.or(row.unstated);
            differs |= held.as_ref().is_some_and(|held| *held != row.held);
            held = Some(held.map_or(row.held.clone(), |held| &held & &row.held));
        }
        licences.held.extend(held.into_iter().flatten());
        if differs {
            let error = || twice::failure("list licences", "Microsoft Graph /subscribedSkus", &format!("the product {id}"));
            licences.unstated.get_or_insert_with(error);
        }
    }
    licences
}

/// What is in one product.
fn of_product(sku: &organization::Sku) -> Licences {
    let mut licences = Licences::default();
    let mut silent = |field| {
        licences.unstated.get_or_insert(unstated("list licences", "Microsoft Graph /subscribedSkus", field));
    };
    if sku.is_active() == Some(false) {
        return licences;
    }
    let Some(plans) = &sku.service_plans.0 else {
        silent("servicePlans");
        return licences;
    };
    let refused: BTreeSet<_> = plans.iter().filter(|plan| plan.is_provisioned() == Some(false)).map(id_of).collect();
    for plan in plans.iter().filter(|plan| plan.is_provisioned() != Some(false)) {
        let Some(id) = id_of(plan) else {
            silent("servicePlanId");
            continue;
        };
        let Some((_, name)) = LICENCES.iter().find(|(known, _)| known.eq_ignore_ascii_case(&id)) else { continue };
        match (sku.is_active(), plan.is_provisioned()) {
            (Some(_), Some(_)) if refused.contains(&Some(id)) => silent("provisioningStatus"),
            (Some(_), Some(_)) => {
                licences.held.insert(name);
            }
            (None, _) => silent("capabilityStatus"),
            (_, None) => silent("provisioningStatus"),
        }
    }
    licences
}

fn id_of(plan: &organization::ServicePlan) -> Option<String> {
    plan.service_plan_id.as_ref().map(|id| id.to_lowercase())
}

/// A principal by object id.
pub async fn service_principal(context: &Context, object_id: &str) -> azure::Result<Arc<applications::ServicePrincipal>> {
    let (client, id) = (context.client.clone(), object_id.to_owned());
    let key = Key::of("principal").and(object_id);
    context.client.memo(key, || async move { applications::service_principal(&client, &id).await }).await
}

/// The principal of the sign-in, with its credentials.
pub async fn own_principal(context: &Context, object_id: &str) -> azure::Result<Arc<applications::ServicePrincipal>> {
    let (client, id) = (context.client.clone(), object_id.to_owned());
    let read = || async move { applications::own_service_principal(&client, &id).await };
    context.client.memo(Key::of("own").and(object_id), read).await
}

/// A principal by client id. The id may be one that the directory answered.
pub async fn principal_of(context: &Context, client_id: &str) -> azure::Result<Arc<applications::ServicePrincipal>> {
    let (client, id) = (context.client.clone(), client_id.to_owned());
    let key = Key::of("principal_of").and(client_id);
    context.client.memo(key, || async move { applications::service_principal_of(&client, &id).await }).await
}

/// A registration by client id.
pub async fn application(context: &Context, client_id: &str) -> azure::Result<Arc<applications::Application>> {
    let (client, id) = (context.client.clone(), client_id.to_owned());
    let key = Key::of("application").and(client_id);
    context.client.memo(key, || async move { applications::application_of(&client, &id).await }).await
}

/// The permissions an API offers.
pub async fn api(context: &Context, client_id: &str) -> azure::Result<Arc<applications::Api>> {
    let (client, id) = (context.client.clone(), client_id.to_owned());
    context.client.memo(Key::of("api").and(client_id), || async move { applications::api(&client, &id).await }).await
}

/// Whether an application, by the object id of its principal, provisions people at the moment. One that cannot have jobs has none.
pub async fn provisions(context: &Context, object_id: &str) -> azure::Result<bool> {
    let (client, id) = (context.client.clone(), object_id.to_owned());
    let read = || async move {
        match provisioning::jobs(&client, &id).await {
            Ok(jobs) if jobs.iter().any(|job| job.is_active() == Some(true)) => Ok(true),
            Ok(jobs) if jobs.iter().any(|job| job.is_active().is_none()) => {
                Err(unstated("list provisioning jobs", format!("the service principal {id}"), "schedule.state"))
            }
            Ok(_) => Ok(false),
            Err(error) if error.kind() == Kind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    };
    Ok(*context.client.memo(Key::of("provisions").and(object_id), read).await?)
}

/// Everything there is to know about the permissions of a principal. What could not be read is a gap in it.
pub async fn evidence(context: &Context, party: Party) -> Result<Evidence> {
    let cloud = context.client.cloud().await.map_err(Stop::Failed)?;
    let Party { holder, object_id, client_id, claims, resource_client_id } = party;
    let is_graph = resource_client_id.eq_ignore_ascii_case(MICROSOFT_GRAPH);
    // Of another API the token says nothing, but a user holds no Application permission of that one either.
    let of_graph = |all: Vec<String>| if is_graph { all } else { Vec::new() };
    let in_token = claims.as_ref().is_some_and(|claims| !claims.roles.is_empty());
    let mut evidence = Evidence {
        holder,
        token: claims.as_ref().filter(|_| is_graph).map(|claims| claims.roles.clone()),
        scopes: claims.as_ref().map(|claims| of_graph(claims.delegated())),
        directory_roles: claims.map(|claims| claims.wids).unwrap_or_default(),
        granted: Seen::all(Vec::new()),
        delegated: Seen::all(Vec::new()),
        requested: Seen::all(Vec::new()),
        names: Seen::all(Offered::new()),
        resource_client_id,
        api_id: None,
        other_apis: BTreeMap::new(),
        client_id,
        object_id,
        graph_host: cloud.graph_host().to_owned(),
    };
    if holder == Holder::User {
        return Ok(evidence);
    }
    let (api, granted, delegated, requested) = tokio::join!(
        api(context, &evidence.resource_client_id),
        consented(context, evidence.object_id.as_deref(), in_token),
        scopes(context, evidence.object_id.as_deref()),
        registration(context, holder, evidence.client_id.as_deref()),
    );
    let api = seen(Subject::ServicePrincipals, api)?;
    let names = Names { api: api.whole().ok().map(|api| &**api), is_graph, resource_client_id: &evidence.resource_client_id };
    evidence.granted = seen(Subject::AppRoleAssignments, granted)?.map(|rows| names.granted(&rows));
    evidence.requested =
        seen(Subject::Applications, requested)?.map(|row| row.map(|row| names.requested(&row)).unwrap_or_default());
    let delegated = seen(Subject::OAuth2PermissionGrants, delegated)?;
    evidence.delegated = match (delegated.whole(), api.whole()) {
        (Ok(rows), Ok(api)) => match rows.iter().all(|row| row.resource_id.is_some() && row.scope.is_some()) {
            true => Seen::all(names.delegated(rows, &api.id)),
            false => Seen::unseen(unread::soft_gap(Subject::OAuth2PermissionGrants, Place::Graph, &unstated_grant())?),
        },
        (Err(gap), _) | (Ok(_), Err(gap)) => Seen::unseen(gap.clone()),
    };
    evidence.names = match api.whole() {
        Ok(api) => offered(api, is_graph),
        Err(gap) => Seen::unseen(gap.clone()),
    };
    evidence.api_id = api.whole().ok().map(|api| api.id.clone());
    Ok(evidence)
}

/// Reads the principals of the other APIs that are requested and of which something may be granted: only they tell whose a grant is.
pub async fn with_other_apis(context: &Context, mut evidence: Evidence) -> Result<Evidence> {
    let (Ok(requested), Ok(granted)) = (evidence.requested.whole(), evidence.granted.whole()) else { return Ok(evidence) };
    let is_open = |request: &&Request| {
        let same = |grant: &Grant| grant.id.eq_ignore_ascii_case(&request.id);
        request.application
            && !request.resource_client_id.eq_ignore_ascii_case(&evidence.resource_client_id)
            && granted.iter().any(same)
    };
    let open: BTreeSet<String> = requested.iter().filter(is_open).map(|one| one.resource_client_id.to_lowercase()).collect();
    for client_id in open {
        // Its id comes from a list of the directory, and no path is built of what is no GUID.
        let read = match is_guid(&client_id) {
            true => principal_of(context, &client_id).await,
            false => Err(unstated("read the application", "Microsoft Graph", "requiredResourceAccess.resourceAppId")),
        };
        let principal = match read {
            Ok(principal) => Seen::all(Some(principal.id.clone())),
            Err(error) if error.kind() == Kind::NotFound => Seen::all(None),
            Err(error) => Seen::unseen(unread::soft_gap(Subject::ServicePrincipals, Place::Graph, &error)?),
        };
        evidence.other_apis.insert(client_id, principal);
    }
    Ok(evidence)
}

/// The permissions an API offers, by name. Microsoft Graph offers hundreds, so a list of none says nothing.
fn offered(api: &applications::Api, is_graph: bool) -> Seen<Offered> {
    if is_graph && api.app_roles.is_empty() {
        return Seen::unseen(Unreadable {
            reason: Reason::NotProven,
            code: Failure::EmptyAnswer.code().to_owned(),
            remedy: "Microsoft Graph's own list of permissions came back empty, which it never is. Try again in a few minutes."
                .to_owned(),
            ..Unreadable::unasked(Subject::ServicePrincipals)
        });
    }
    Seen::all(api.app_roles.iter().map(|role| (role.value.to_lowercase(), role.id.clone())).collect())
}

/// A failed read as a gap of Microsoft Graph.
pub fn seen<T>(subject: Subject, read: azure::Result<T>) -> Result<Seen<T>> {
    match read {
        Ok(fact) => Ok(Seen::all(fact)),
        Err(error) => Ok(Seen::unseen(unread::soft_gap(subject, Place::Graph, &error)?)),
    }
}

/// What the token may not say, and the next step then.
pub const WHOSE: &str =
    "whose it is. Look the application up by hand: Entra admin center > App registrations, and Enterprise applications.";

/// A gap for what is not known because the token of the sign-in does not say something, and what to do about it.
pub fn opaque(subject: Subject, what: &str) -> Unreadable {
    Unreadable {
        reason: Reason::Hidden,
        code: Failure::OpaqueToken.code().to_owned(),
        remedy: format!("The token of this sign-in does not say {what}"),
        ..Unreadable::unasked(subject)
    }
}

/// The Application permissions that were consented to a principal. One that holds some `in_token` has some.
pub(super) async fn consented(
    context: &Context,
    object_id: Option<&str>,
    in_token: bool,
) -> azure::Result<Arc<Vec<applications::AppRoleAssignment>>> {
    let (client, id) = (context.client.clone(), known(object_id)?);
    let key = Key::of(if in_token { "consented/some" } else { "consented" }).and(&id);
    context.client.memo(key, || async move { applications::app_role_assignments(&client, &id, in_token).await }).await
}

async fn scopes(context: &Context, object_id: Option<&str>) -> azure::Result<Arc<Vec<applications::PermissionGrant>>> {
    let (client, id) = (context.client.clone(), known(object_id)?);
    let key = Key::of("scopes").and(&id);
    context.client.memo(key, || async move { applications::permission_grants(&client, &id).await }).await
}

fn unstated_grant() -> Error {
    unstated("list consented Delegated permissions", "Microsoft Graph", "scope or resourceId")
}

/// A managed identity has no registration.
async fn registration(
    context: &Context,
    holder: Holder,
    client_id: Option<&str>,
) -> azure::Result<Option<Arc<applications::Application>>> {
    match holder {
        Holder::Application => Ok(Some(application(context, &known(client_id)?).await?)),
        Holder::ManagedIdentity | Holder::User => Ok(None),
    }
}

fn known(id: Option<&str>) -> azure::Result<String> {
    id.map(str::to_owned).ok_or_else(|| {
        Error::new(Kind::NotVisible, "find the principal", "this sign-in")
            .said(Failure::OpaqueToken, "the token does not say whose it is")
            .advise("Name the principal by its object id.")
    })
}

/// The name of a permission of an API that is not asked about.
fn foreign(api: &str, id: &str) -> String {
    name_of(id).filter(|_| api.eq_ignore_ascii_case(MICROSOFT_GRAPH)).unwrap_or(id).to_owned()
}

/// Turns ids of permissions into names: as the API lists them, else as they are known here.
struct Names<'a> {
    api: Option<&'a applications::Api>,
    is_graph: bool,
    resource_client_id: &'a str,
}

impl Names<'_> {
    fn granted(&self, rows: &[applications::AppRoleAssignment]) -> Vec<Grant> {
        let of_api = |row: &applications::AppRoleAssignment| {
            let api = self.api.filter(|_| !row.resource_id.is_empty())?;
            Some(api.id.eq_ignore_ascii_case(&row.resource_id))
        };
        let said = |row: &applications::AppRoleAssignment| {
            Some((row.id.0.clone()?, (row.app_role_id.to_lowercase(), row.resource_id.to_lowercase())))
        };
        let twofold = twice::contradicted(rows.iter().filter_map(said));
        // Without the API's principal an id may be that of another API's permission, so its name is what it would be called here.
        let grant = |row: &applications::AppRoleAssignment| {
            // Of one that is also said to give something else nobody knows what it gives.
            let is_certain = !row.id.as_ref().is_some_and(|id| twofold.contains(id));
            let of_api = of_api(row).filter(|_| is_certain);
            let name = if of_api == Some(false) { row.app_role_id.clone() } else { self.name(&row.app_role_id) };
            let resource_id = Some(row.resource_id.0.clone()).filter(|id| is_certain && !id.is_empty());
            Grant { name, id: row.app_role_id.clone(), of_api, resource_id }
        };
        rows.iter().map(grant).collect()
    }

    fn requested(&self, application: &applications::Application) -> Vec<Request> {
        let of = |resource: &applications::ResourceAccess| {
            let own = resource.resource_app_id.eq_ignore_ascii_case(self.resource_client_id);
            let request = |access: &applications::Access| Request {
                resource_client_id: resource.resource_app_id.clone(),
                id: access.id.clone(),
                name: if own { self.name(&access.id) } else { foreign(&resource.resource_app_id, &access.id) },
                application: access.kind.eq_ignore_ascii_case("Role"),
            };
            resource.resource_access.iter().map(request).collect::<Vec<_>>()
        };
        application.required_resource_access.iter().flat_map(of).collect()
    }

    fn delegated(&self, rows: &[applications::PermissionGrant], api_id: &str) -> Vec<String> {
        let own = rows.iter().filter(|row| row.resource_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(api_id)));
        own.filter_map(|row| row.scope.as_deref()).flat_map(str::split_whitespace).map(str::to_owned).collect()
    }

    fn name(&self, id: &str) -> String {
        let offered = self.api.into_iter().flat_map(|api| api.app_roles.iter().chain(&api.scopes.0));
        let listed = offered.filter(|one| one.id.eq_ignore_ascii_case(id)).map(|one| one.value.as_str()).next();
        listed.filter(|name| !name.is_empty()).or_else(|| name_of(id).filter(|_| self.is_graph)).unwrap_or(id).to_owned()
    }
}
