//! The applications that are registered in the tenant, the service principals that are in it, and federated credentials: each list read once.

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt, stream};

use crate::{
    azure::{
        self, Client, Failure, Kind,
        answer::{lenient::unstated, stated::Stated},
        memo::Key,
        microsoft_graph::registrations::{self, FEDERATED_CREDENTIALS},
        tenant::claims::{Claims, Principal},
    },
    posture::{
        Place, Reason, Seen, Subject, Unreadable,
        credential::{EndSaid, Validity},
    },
    provider::{
        collect::{SIDE_BY_SIDE, lists::entra, stop::Result, twice, unread},
        context::Context,
        words::is_guid,
    },
};

/// The rows, as the service writes them.
pub use crate::azure::microsoft_graph::{
    applications::Credential,
    registrations::{FederatedCredential, ListedPrincipal, Registration},
};

/// The applications that are registered in the tenant. Whoever signs in as one of them has to find it there.
pub async fn applications(context: &Context) -> Result<Seen<Arc<Vec<Registration>>>> {
    let read = |client: Client| async move { registrations::applications(&client).await };
    let rows = match context.client.memo(Key::of("applications"), || read(context.client.clone())).await {
        Ok(rows) => rows,
        Err(error) => return Ok(Seen::unseen(unread::gap(Subject::Applications, Place::Graph, &error)?)),
    };
    let own = own(context).await.and_then(|claims| claims.client_id().map(str::to_owned));
    let is_listed = |id: &String| rows.iter().any(|row| row.app_id.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(id)));
    let lacks_own = match own.filter(|id| is_guid(id) && !is_listed(id)) {
        // It may be registered in another tenant.
        Some(id) => entra::application(context, &id).await.is_ok(),
        None => false,
    };
    let twofold = twice::contradicted(rows.iter().map(|row| (row.id.to_lowercase(), row)));
    let gaps = gaps(Subject::Applications, "the application", lacks_own, twofold);
    Ok(Seen::part(rows, gaps))
}

/// The service principals of the tenant. Whoever signs in as one of them has to find itself there.
pub async fn service_principals(context: &Context) -> Result<Seen<Arc<Vec<ListedPrincipal>>>> {
    let read = |client: Client| async move { registrations::service_principals(&client).await };
    let rows = match context.client.memo(Key::of("service_principals"), || read(context.client.clone())).await {
        Ok(rows) => rows,
        Err(error) => return Ok(Seen::unseen(unread::gap(Subject::ServicePrincipals, Place::Graph, &error)?)),
    };
    let own = own(context).await.and_then(|claims| claims.oid);
    let lacks_own = own.is_some_and(|id| !rows.iter().any(|row| row.id.eq_ignore_ascii_case(&id)));
    let twofold = twice::contradicted(rows.iter().map(|row| (row.id.to_lowercase(), row)));
    let gaps = gaps(Subject::ServicePrincipals, "the service principal", lacks_own, twofold);
    Ok(Seen::part(rows, gaps))
}

/// The claims of a sign-in that is an application; none for a person's.
async fn own(context: &Context) -> Option<Claims> {
    entra::claims(context).await.ok().flatten().filter(|claims| claims.principal() != Principal::User)
}

fn gaps(
    subject: Subject,
    what: &str,
    lacks_own: bool,
    twofold: impl IntoIterator<Item = String>,
) -> impl Iterator<Item = Unreadable> {
    let of_one = move |id: String| twice::gap(subject, Place::Graph, &format!("{what} {id}"));
    lacks_own.then(|| without_own(subject)).into_iter().chain(twofold.into_iter().map(of_one))
}

/// The gap that a list is which leaves out the one that signed in.
fn without_own(subject: Subject) -> Unreadable {
    Unreadable {
        subject,
        place: Place::Graph,
        reason: Reason::NotProven,
        code: Failure::EmptyList.code().to_owned(),
        remedy: "Microsoft Graph's list lacks the application that this connection signs in as, so it lacks others, too. Run again in a \
                 few minutes; if this persists, please report it."
            .to_owned(),
    }
}

/// The federated credentials of applications, by object id, as far as they could be read.
pub async fn federated_credentials(
    context: &Context,
    ids: impl IntoIterator<Item = String>,
) -> Result<Seen<BTreeMap<String, Arc<Vec<FederatedCredential>>>>> {
    let read = |id: String| async move { (of_one(context, id.clone()).await, id) };
    let lists: Vec<_> = stream::iter(ids.into_iter().map(read)).buffered(SIDE_BY_SIDE).collect().await;
    let (mut found, mut gaps) = (BTreeMap::new(), Vec::new());
    for (list, id) in lists {
        match list {
            Ok(list) => {
                found.insert(id, list);
            }
            Err(error) => gaps.push(unread::gap(Subject::FederatedCredentials, Place::Graph, &error)?),
        }
    }
    Ok(Seen::part(found, gaps))
}

async fn of_one(context: &Context, id: String) -> azure::Result<Arc<Vec<FederatedCredential>>> {
    // The id is one that the directory answered, and no path is built of what is no GUID.
    if !is_guid(&id) {
        return Err(unstated(FEDERATED_CREDENTIALS.reading, "Microsoft Graph /applications", "id"));
    }
    let client = context.client.clone();
    let key = Key::of("federated_credentials").and(&id);
    let read = context.client.memo(key, || async move { registrations::federated_credentials(&client, &id).await }).await;
    match read {
        // Of one that is gone in the meantime nothing is missing but itself.
        Err(error) if error.kind() == Kind::NotFound => Err(error.advise(GONE)),
        read => read,
    }
}

const GONE: &str = "An application that Microsoft Graph lists is not found when it is asked for its federated credentials: it was \
                    deleted in the meantime, or is of a kind that has none. Plan again; if this persists, look at the application.";

/// From when and until when a credential works.
pub fn validity(one: &Credential) -> Validity {
    let ends = match &one.end_date_time {
        Stated::Null => EndSaid::Never,
        Stated::Nothing | Stated::Odd => EndSaid::Nothing,
        Stated::Said(text) => EndSaid::Text(text),
    };
    Validity::of(one.start_date_time.as_deref(), ends)
}
