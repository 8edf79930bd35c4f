//! What was consented to the applications of the tenant, and who owns them: application permissions by the list of each principal, delegated
//! ones by the list of the tenant, the names of permissions by API.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt, stream};

use crate::{
    azure::{
        self, Client,
        answer::lenient::unstated,
        memo::Key,
        microsoft_graph::{applications, registrations},
        tenant::claims::Principal,
    },
    posture::{Place, Seen, Subject, Unreadable},
    provider::{
        collect::{SIDE_BY_SIDE, lists::entra, stop::Result, twice, unread},
        context::Context,
        words::is_guid,
    },
};

/// The rows, as the service writes them.
pub use crate::azure::microsoft_graph::applications::{Api, AppRoleAssignment, PermissionGrant};

/// A list for each of some ids.
pub type ById<T> = BTreeMap<String, Arc<T>>;

/// The application permissions that were consented to principals, by their object ids. What a principal's own list holds is all that it has, of
/// whichever API; the lists of APIs would have to be asked of all of them.
pub async fn app_role_assignments(
    context: &Context,
    ids: impl IntoIterator<Item = String>,
) -> Result<Seen<ById<Vec<AppRoleAssignment>>>> {
    let claims = entra::claims(context).await.ok().flatten().filter(|claims| claims.principal() != Principal::User);
    // Whoever holds permissions in its token has some consented.
    let own = claims.filter(|claims| !claims.roles.is_empty()).and_then(|claims| claims.oid);
    let read = |id: String| {
        let is_own = own.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(&id));
        async move {
            match is_guid(&id) {
                true => entra::consented(context, Some(&id), is_own).await,
                false => Err(no_id()),
            }
        }
    };
    each(Subject::AppRoleAssignments, ids, read).await
}

/// Those who own principals, as object ids, by the object ids of these.
pub async fn owners(context: &Context, ids: impl IntoIterator<Item = String>) -> Result<Seen<ById<BTreeSet<String>>>> {
    let read = |id: String| async move {
        if !is_guid(&id) {
            return Err(no_id());
        }
        let client = context.client.clone();
        let key = Key::of("owners").and(&id);
        context.client.memo(key, || async move { registrations::owners(&client, &id).await }).await
    };
    each(Subject::Owners, ids, read).await
}

/// The permissions that APIs offer, by their client ids.
pub async fn apis(context: &Context, client_ids: impl IntoIterator<Item = String>) -> Result<Seen<ById<Api>>> {
    let read = |id: String| async move {
        match is_guid(&id) {
            true => entra::api(context, &id).await,
            false => Err(no_id()),
        }
    };
    each(Subject::ServicePrincipals, client_ids, read).await
}

/// No path is built of what is no GUID, and these ids are what the directory answered.
fn no_id() -> azure::Error {
    unstated("list service principals", "Microsoft Graph /servicePrincipals", "id")
}

async fn each<T, F, R>(subject: Subject, ids: impl IntoIterator<Item = String>, read: F) -> Result<Seen<ById<T>>>
where
    F: Fn(String) -> R,
    R: Future<Output = azure::Result<Arc<T>>>,
{
    let one = |id: String| {
        let list = read(id.clone());
        async move { (list.await, id) }
    };
    let lists: Vec<_> = stream::iter(ids.into_iter().map(one)).buffered(SIDE_BY_SIDE).collect().await;
    let (mut found, mut gaps) = (BTreeMap::new(), Vec::new());
    for (list, id) in lists {
        match list {
            Ok(list) => {
                found.insert(id, list);
            }
            Err(error) => gaps.push(unread::gap(subject, Place::Graph, &error)?),
        }
    }
    Ok(Seen::part(found, gaps))
}

/// All delegated permissions that were consented in the tenant. A row that does not say to which application, or what, leaves it open of each what
/// it has.
pub async fn delegated(context: &Context) -> Result<Seen<Arc<Vec<PermissionGrant>>>> {
    let read = |client: Client| async move { applications::all_permission_grants(&client).await };
    let rows = match context.client.memo(Key::of("oauth2_permission_grants"), || read(context.client.clone())).await {
        Ok(rows) => rows,
        Err(error) => return Ok(Seen::unseen(unread::gap(Subject::OAuth2PermissionGrants, Place::Graph, &error)?)),
    };
    let lower = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
    let said =
        |row: &PermissionGrant| Some((lower(&row.id)?, (lower(&row.client_id), lower(&row.resource_id), row.scope.clone())));
    let twofold = twice::contradicted(rows.iter().filter_map(said));
    let of_one = |id: String| twice::gap(Subject::OAuth2PermissionGrants, Place::Graph, &format!("the grant {id}"));
    let mut gaps: Vec<Unreadable> = twofold.into_iter().map(of_one).collect();
    if rows.iter().any(|row| row.client_id.is_none() || row.scope.is_none()) {
        let error = unstated("list delegated permissions", "Microsoft Graph /oauth2PermissionGrants", "clientId or scope");
        gaps.push(unread::gap(Subject::OAuth2PermissionGrants, Place::Graph, &error)?);
    }
    Ok(Seen::part(rows, gaps))
}
