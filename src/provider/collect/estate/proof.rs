//! Whether a list may be trusted to be whole: Azure answers a caller who may read only a part with that part, and status 200.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    azure::{
        self, Audience, Call, Client,
        arm::authorization::{self, RoleAssignment, RoleAssignmentProperties},
        resource_graph::{QueryScope, queries},
        tenant::claims::{Claims, Principal},
    },
    posture::{
        Reason, Subject, Unreadable,
        grant::command,
        rbac::{Narrowed, Permission, covers},
    },
    provider::{
        collect::{
            estate::{
                engine::{self, Engine, READ_EVERYTHING},
                hierarchy::{self, Hierarchy},
                scope::{Subscription, own_object_id},
            },
            facts::held_roles,
        },
        context::Context,
        failure,
    },
    sdk::Result,
};

/// Up to here each subscription is asked what the caller may do there; beyond, the caller's role assignments are looked at first.
const FEW: usize = 20;

/// Roles the caller holds on whole subscriptions and on what is above them. It proves what it can; what it does not prove is asked
/// of each subscription.
#[derive(Debug, Default)]
pub struct Evidence {
    grants: Vec<Grant>,
    hierarchy: Arc<Hierarchy>,
}

/// What one role allows at a scope, lower case, and below it.
#[derive(Debug)]
struct Grant {
    scope: String,
    permissions: Vec<Permission>,
}

impl Evidence {
    /// The evidence for a large scope; nothing for a small one, where asking each subscription is cheaper.
    pub async fn gather(context: &Context, subscriptions: &[Subscription]) -> Arc<Self> {
        if subscriptions.len() <= FEW || engine::of(context) == Engine::Arm {
            return Arc::default();
        }
        let Ok((hierarchy, _)) = hierarchy::read(context).await else { return Arc::default() };
        let ids: BTreeSet<String> = subscriptions.iter().map(|subscription| subscription.id.clone()).collect();
        let client = context.client.clone();
        let key = format!("graph/evidence/{}", ids.iter().map(String::as_str).collect::<Vec<_>>().join(","));
        let gathered = context.client.memo(&key, || async move { gathered(&client, ids, hierarchy).await });
        // What fails here is asked again, subscription by subscription, where it can be reported.
        gathered.await.unwrap_or_default()
    }

    /// The gap, if nothing proves that the caller may perform all `actions` everywhere in the subscription.
    pub async fn missing(
        &self,
        context: &Context,
        subscription_id: &str,
        subject: Subject,
        actions: &[&str],
    ) -> Result<Option<Unreadable>> {
        if self.proves(subscription_id, actions) {
            return Ok(None);
        }
        missing(context, subscription_id, subject, actions).await
    }

    fn proves(&self, subscription_id: &str, actions: &[&str]) -> bool {
        let held: Vec<&Grant> = self.grants.iter().filter(|grant| self.reaches(grant, subscription_id)).collect();
        !held.is_empty() && actions.iter().all(|action| held.iter().any(|grant| covers(&grant.permissions, action)))
    }

    fn reaches(&self, grant: &Grant, subscription_id: &str) -> bool {
        let group = |name: &str| grant.scope.strip_prefix(GROUPS).is_some_and(|own| own.eq_ignore_ascii_case(name));
        grant.scope == "/"
            || grant.scope == format!("/subscriptions/{subscription_id}")
            || self.hierarchy.above(subscription_id).is_some_and(|above| above.iter().any(|ancestor| group(&ancestor.id)))
    }
}

const GROUPS: &str = "/providers/microsoft.management/managementgroups/";

/// What the sign-in holds directly, and, if that does not read everything everywhere, through its groups.
async fn gathered(client: &Client, ids: BTreeSet<String>, hierarchy: Arc<Hierarchy>) -> azure::Result<Evidence> {
    let token = client.token(Audience::ResourceManager).await?;
    let Some(claims) = Claims::of(token.reveal()) else { return Ok(Evidence::default()) };
    let Some(own) = claims.oid.clone() else { return Ok(Evidence::default()) };
    let mut evidence = Evidence { grants: grants(client, &BTreeSet::from([own.clone()]), &ids).await?, hierarchy };
    if !ids.iter().all(|id| evidence.proves(id, &[READ_EVERYTHING])) {
        // Group membership may be unreadable; then groups prove nothing.
        if let Ok(groups) = groups_of(client, &own, claims.principal()).await {
            evidence.grants.extend(grants(client, &groups, &ids).await?);
        }
    }
    Ok(evidence)
}

async fn grants(client: &Client, principals: &BTreeSet<String>, ids: &BTreeSet<String>) -> azure::Result<Vec<Grant>> {
    let scope = QueryScope::Subscriptions(ids.clone());
    let mut assignments = BTreeMap::new();
    queries::role_assignments_of(client, principals, scope.clone(), |row| {
        if is_broad(&row) {
            assignments.insert(row.id.to_ascii_lowercase(), row.properties);
        }
    })
    .await?;
    let role = |id: &str| id.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let names = assignments.values().map(|assignment| role(&assignment.role_definition_id)).collect();
    let mut roles = BTreeMap::<String, Vec<Permission>>::new();
    queries::role_definitions_of(client, &names, scope, |row| {
        // What a role allows that does not say so is nothing that could prove anything.
        let permissions = row.properties.permissions.as_deref().unwrap_or_default();
        roles.insert(row.name.to_ascii_lowercase(), held_roles::allowed(&row.name, permissions));
    })
    .await?;
    // A role that cannot be read proves nothing.
    let granted = |assignment: RoleAssignmentProperties| {
        let scope = assignment.scope.to_ascii_lowercase();
        let scope = if scope.len() > 1 { scope.trim_end_matches('/').to_owned() } else { scope };
        let narrowed = Narrowed::by(assignment.condition.as_deref(), assignment.condition_version.as_deref());
        let allowed = roles.get(&role(&assignment.role_definition_id))?.iter().cloned();
        Some(Grant { scope, permissions: allowed.flat_map(|one| narrowed.split(one)).collect() })
    };
    Ok(assignments.into_values().filter_map(granted).collect())
}

/// Whether an assignment covers at least a whole subscription.
fn is_broad(row: &RoleAssignment) -> bool {
    let scope = row.properties.scope.to_ascii_lowercase();
    scope.strip_prefix("/subscriptions/").is_none_or(|rest| !rest.trim_end_matches('/').contains('/'))
}

async fn groups_of(client: &Client, id: &str, principal: Principal) -> azure::Result<BTreeSet<String>> {
    #[derive(serde::Deserialize)]
    struct Group {
        id: String,
    }
    let kind = match principal {
        Principal::Application | Principal::ManagedIdentity => "servicePrincipals",
        Principal::User => "users",
    };
    let path = format!("/{kind}/{id}/transitiveMemberOf/microsoft.graph.group");
    let mut groups = BTreeSet::new();
    // A cast to groups is an advanced query, which needs both of these.
    let call = Call::graph("list the groups of the sign-in", path).with("$select", "id").with("$count", "true");
    let add = |group: Group| {
        groups.insert(group.id);
    };
    client.list(call.header("consistencylevel", "eventual"), add).await?;
    Ok(groups)
}

/// The gap, if nothing proves that the caller may perform all `actions` everywhere in the subscription.
pub async fn missing(context: &Context, subscription_id: &str, subject: Subject, actions: &[&str]) -> Result<Option<Unreadable>> {
    let scope = format!("/subscriptions/{subscription_id}");
    let held = match permissions(context, &scope).await {
        Ok(held) => held,
        Err(error) => {
            let mut gap = failure::gap(subject, &scope, &error)?;
            gap.remedy = format!(
                "What this sign-in may read there could not be read, so nothing proves that the list is whole. {}",
                gap.remedy
            );
            gap.reason = Reason::NotProven;
            return Ok(Some(gap));
        }
    };
    let Some(action) = actions.iter().find(|action| !covers(&held, action)) else { return Ok(None) };
    let grant = command("Reader", &scope, &own_object_id(context).await);
    Ok(Some(Unreadable {
        subject,
        remedy: format!("`{action}` is not held on the whole subscription, so rows may be missing. Grant it: {grant}"),
        scope,
        reason: Reason::NotProven,
        code: String::new(),
    }))
}

/// What the caller may do at a scope, one entry a role it holds.
pub async fn permissions(context: &Context, scope: &str) -> azure::Result<Arc<Vec<Permission>>> {
    let (client, scope) = (context.client.clone(), scope.to_owned());
    context
        .client
        .memo(&format!("permissions{}", scope.to_ascii_lowercase()), || async move {
            let held = authorization::permissions(&client, &scope).await?;
            Ok(held.into_iter().map(permission).collect())
        })
        .await
}

/// A role's permission, as it is judged.
pub fn permission(wire: authorization::Permission) -> Permission {
    Permission {
        unseen: !wire.is_stated(),
        actions: wire.actions.unwrap_or_default(),
        not_actions: wire.not_actions.unwrap_or_default(),
        data_actions: wire.data_actions.unwrap_or_default(),
        not_data_actions: wire.not_data_actions.unwrap_or_default(),
        conditional: wire.condition.is_some(),
    }
}
