//! What the checks of a connection need to know about its subscriptions. One refused read spoils nothing but itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::Arc,
};

use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    azure::{
        self, Client, Error, Failure, Kind,
        arm::{authorization, resources},
        memo::Key,
    },
    posture::{
        Place, Reason, Seen, Subject, Unreadable,
        connection::{
            Need,
            evidence::{Cluster, SubscriptionFacts},
        },
        defender::{Foundational, Plan, foundational, scan_age},
        rbac::Permission,
        resource_id::within,
    },
    provider::{
        collect::{
            By, Lists, SIDE_BY_SIDE,
            estate::{delegated, proof, scope},
            lists::{findings, inventory, security, typed},
            stop::Result,
            unread,
        },
        context::Context,
    },
};

/// What a cluster says of who reaches its API server, and of the resource group of its nodes.
const KEPT: [&str; 2] = ["apiServerAccessProfile", NODES];
const NODES: &str = "nodeResourceGroup";

/// The facts of the chosen subscriptions, as far as they are needed.
pub async fn facts(
    context: &Context,
    subscriptions: &[scope::Subscription],
    needed: &BTreeSet<Need>,
    own_id: Option<&str>,
) -> Result<Vec<SubscriptionFacts>> {
    let chosen = |need| if needed.contains(&need) { subscriptions } else { &[] };
    let (permissions, below, providers, plans, mut assessments, resources, scans, clusters) = tokio::try_join!(
        permissions(context, chosen(Need::Permissions)),
        below(context, chosen(Need::Below), own_id),
        providers(context, chosen(Need::Providers)),
        lists(context, Subject::Plans, chosen(Need::Plans), async |context: Context, some: Vec<_>| security::plans(
            &context, &some
        )
        .await),
        lists(context, Subject::Assessments, chosen(Need::Assessments), async |context: Context, some: Vec<_>| {
            security::assessments(&context, &some, false).await
        }),
        lists(context, Subject::Resources, chosen(Need::Inventory), async |context: Context, some: Vec<_>| {
            inventory::counts(&context, &some).await
        }),
        lists(context, Subject::Vulnerabilities, chosen(Need::Scans), async |context: Context, some: Vec<_>| {
            findings::scans(&context, &some).await
        }),
        lists(context, Subject::Clusters, chosen(Need::Clusters), async |context: Context, some: Vec<_>| clusters(
            &context, &some
        )
        .await),
    )?;
    if needed.contains(&Need::Foundational) && !needed.contains(&Need::Assessments) {
        let is_silent = |own: &Seen<Arc<Vec<Plan>>>| own.so_far().is_ok_and(|own| foundational(own) == Foundational::Absent);
        let silent = |one: &&scope::Subscription| plans.get(&one.id).is_some_and(is_silent);
        let silent: Vec<scope::Subscription> = subscriptions.iter().filter(silent).cloned().collect();
        let read = async |context: Context, some: Vec<_>| security::assessments(&context, &some, false).await;
        assessments = lists(context, Subject::Assessments, &silent, read).await?;
    }
    let today = context.now().date();
    let fact = |subscription: &scope::Subscription| SubscriptionFacts {
        id: subscription.id.clone(),
        state: subscription.state.clone(),
        tenant_id: subscription.tenant_id.clone(),
        tenant_matches: subscription.tenant_matches,
        permissions: projected(&permissions, subscription, Subject::Permissions, |held| (**held).clone()),
        below: match delegated::elsewhere(subscription) {
            Some(why) => {
                Seen::unseen(delegated::unlisted(Subject::RoleAssignments, Place::Subscription(subscription.id.clone()), why))
            }
            None => projected(&below, subscription, Subject::RoleAssignments, BTreeSet::clone),
        },
        providers: projected(&providers, subscription, Subject::Providers, |states| (**states).clone()),
        plans: projected(&plans, subscription, Subject::Plans, |rows| rows.to_vec()),
        assessments: projected(&assessments, subscription, Subject::Assessments, |rows| rows.len()),
        inventory: projected(&resources, subscription, Subject::Resources, |counts| (**counts).clone()),
        scans: projected(&scans, subscription, Subject::Vulnerabilities, |rows| {
            let is_dated = |newest: &Option<_>| newest.and_then(|newest| scan_age(newest, today)).is_some();
            rows.iter().map(|(kind, newest)| (*kind, is_dated(newest))).collect()
        }),
        clusters: projected(&clusters, subscription, Subject::Clusters, |rows| rows.to_vec()),
    };
    Ok(subscriptions.iter().map(fact).collect())
}

fn projected<T, P>(
    facts: &By<T>,
    subscription: &scope::Subscription,
    subject: Subject,
    project: impl FnOnce(&T) -> P,
) -> Seen<P> {
    match facts.get(&subscription.id) {
        Some(fact) => fact.map_ref(project),
        None => Seen::unseen(Unreadable::unasked(subject)),
    }
}

async fn permissions(context: &Context, subscriptions: &[scope::Subscription]) -> Result<By<Arc<Vec<Permission>>>> {
    let one = |id: String| async move { proof::permissions(context, &format!("/subscriptions/{id}")).await };
    each(subscriptions, Subject::Permissions, one).await
}

/// The roles that the sign-in was given, itself or through groups, on something in each subscription.
async fn below(context: &Context, subscriptions: &[scope::Subscription], own_id: Option<&str>) -> Result<By<BTreeSet<String>>> {
    let Some(own) = own_id else {
        let hidden = |id: &str| Unreadable {
            subject: Subject::RoleAssignments,
            place: Place::Subscription(id.to_owned()),
            reason: Reason::Hidden,
            code: String::new(),
            remedy: "The token does not say whose it is. Sign in with a method whose tokens can be read, and report this."
                .to_owned(),
        };
        return Ok(subscriptions
            .iter()
            .map(|subscription| (subscription.id.clone(), Seen::unseen(hidden(&subscription.id))))
            .collect());
    };
    let one = |id: String| {
        let (client, own) = (context.client.clone(), own.to_owned());
        async move {
            let (reader, scope) = (client.clone(), format!("/subscriptions/{id}"));
            let at = scope.clone();
            let list = || async move { authorization::own_role_assignments(&reader, &at, &own).await };
            let rows = client.memo(Key::of("given").and(&scope), list).await?;
            let guid = |id: &str| id.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            let is_below = |row: &authorization::RoleAssignment| {
                let own = &row.properties.scope;
                within(own, &scope) && own.trim_end_matches('/').len() > scope.len()
            };
            // The sign-in holds something at the subscription, or it could not be read at all.
            if rows.iter().all(is_below) {
                let error = Error::new(Kind::InvalidResponse, "list the sign-in's role assignments", scope.as_str());
                let error = error.said(Failure::EmptyList, "The list lacks what the sign-in may read the subscription by.");
                return Err(error.advise("Run again in a few minutes; a new role assignment takes a while to appear."));
            }
            Ok(rows.iter().filter(|row| is_below(row)).map(|row| guid(&row.properties.role_definition_id)).collect())
        }
    };
    each(subscriptions, Subject::RoleAssignments, one).await
}

async fn providers(context: &Context, subscriptions: &[scope::Subscription]) -> Result<By<Arc<BTreeMap<String, String>>>> {
    let one = |id: String| async move {
        let (client, key) = (context.client.clone(), Key::of("providers").and(&id));
        context.client.memo(key, || async move { states(&client, &id).await }).await
    };
    each(subscriptions, Subject::Providers, one).await
}

async fn states(client: &Client, subscription_id: &str) -> azure::Result<BTreeMap<String, String>> {
    let rows = resources::providers(client, subscription_id).await?;
    let mut states = BTreeMap::new();
    for row in rows {
        let state = row.registration_state.0.unwrap_or_default();
        let known: &mut String = states.entry(row.namespace.to_ascii_lowercase()).or_insert_with(|| state.clone());
        // In which of two states it is nobody knows.
        if !known.eq_ignore_ascii_case(&state) {
            known.clear();
        }
    }
    Ok(states)
}

/// AKS clusters, by name, with who reaches them, where their nodes stand, and nothing else.
pub async fn clusters(context: &Context, subscriptions: &[scope::Subscription]) -> Result<Lists<Vec<Cluster>>> {
    let cluster = |row: &typed::TypedResource| {
        let mut properties = row.looked_at.clone();
        properties.iter_mut().for_each(|properties| properties.retain(|name, _| KEPT.contains(&name.as_str())));
        Cluster { name: row.id.rsplit('/').next().unwrap_or_default().to_owned(), properties }
    };
    let all = |rows: Arc<Vec<typed::TypedResource>>| {
        let mut clusters: Vec<_> = rows.iter().map(cluster).collect();
        clusters.sort_by(|one, other| one.name.cmp(&other.name));
        Arc::new(clusters)
    };
    let lists = typed::resources(context, subscriptions, &typed::CLUSTERS).await?;
    Ok(lists.each(|_, mut seen| {
        seen.gaps_mut().for_each(|gap| gap.subject = Subject::Clusters);
        seen.map(all)
    }))
}

/// The resource group of the nodes of a cluster, lower case; none if it does not say.
pub fn node_group(cluster: &Cluster) -> Option<String> {
    let group = cluster.properties.as_ref()?.get(NODES)?.as_str()?;
    Some(group.to_lowercase()).filter(|group| !group.is_empty())
}

/// One read a subscription, each failing by itself.
async fn each<T, R>(subscriptions: &[scope::Subscription], subject: Subject, read: impl Fn(String) -> R) -> Result<By<T>>
where
    R: Future<Output = azure::Result<T>> + Send,
{
    let one = |id: String| {
        let fact = read(id.clone());
        async move {
            match fact.await {
                Ok(fact) => Ok((id, Seen::all(fact))),
                Err(error) => {
                    let gap = unread::soft_gap(subject, Place::Subscription(id.clone()), &error)?;
                    Result::Ok((id, Seen::unseen(gap)))
                }
            }
        }
    };
    let ids: Vec<String> = subscriptions.iter().map(|subscription| subscription.id.clone()).collect();
    stream::iter(ids.into_iter().map(one)).buffered(SIDE_BY_SIDE).try_collect().await
}

/// A list of several subscriptions. If one of them questions the sign-in, which elsewhere ends everything, they are read one by one.
async fn lists<T, F, R>(context: &Context, subject: Subject, subscriptions: &[scope::Subscription], read: F) -> Result<By<Arc<T>>>
where
    F: Fn(Context, Vec<scope::Subscription>) -> R,
    R: Future<Output = Result<Lists<T>>>,
{
    if subscriptions.is_empty() {
        return Ok(By::new());
    }
    match read(context.clone(), subscriptions.to_vec()).await {
        Ok(lists) => return Ok(lists.by_id()),
        Err(stop) => unread::softened(subject, Place::Tenant, stop)?,
    };
    let mut facts = By::new();
    for subscription in subscriptions {
        match read(context.clone(), vec![subscription.clone()]).await {
            Ok(lists) => facts.extend(lists.by_id()),
            Err(stop) => {
                let gap = unread::softened(subject, Place::Subscription(subscription.id.clone()), stop)?;
                facts.insert(subscription.id.clone(), Seen::unseen(gap));
            }
        }
    }
    Ok(facts)
}
