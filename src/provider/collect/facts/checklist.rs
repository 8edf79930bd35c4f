//! Everything a connection's checks are judged by. Each fact is read by itself, and only if a chosen check needs it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    azure::{
        Audience, Kind,
        answer::explain,
        memo::Key,
        resource_graph::{QueryScope, queries},
        settings::{Environment, Exclusions, Method, ResourceGraph, ScopeSetting},
        tenant::{
            claims::{Claims, Principal},
            discovery,
        },
    },
    posture::{
        Area, Place, Reason, Seen, Subject, Unreadable,
        connection::{
            Need,
            evidence::{
                ConnectionFacts, Directory, Discovery, Organization, ScopeFacts, ServicePrincipal, SignIn, Token, Undetected,
                Unseen,
            },
        },
        graph_permission::{Evidence, Holder, MICROSOFT_GRAPH},
    },
    provider::{
        collect::{
            estate::{
                engine::{self, Engine},
                hierarchy, scope,
            },
            facts::{own_credential, signed_in::SignedIn, subscription, who_counts},
            lists::{
                entra::{self, WHOSE, opaque},
                listed,
            },
            stop::{Argument, Result, Stop},
            unread,
        },
        context::Context,
    },
};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The facts that are needed.
    pub needs: BTreeSet<Need>,
    /// The chosen subscriptions; none for all.
    pub subscription_ids: Option<&'a BTreeSet<String>>,
    /// Client ids of applications that provision people; none if no application was named.
    pub provisioning_client_ids: Option<&'a BTreeSet<String>>,
}

/// All that was found out.
#[derive(Clone, Debug)]
pub struct FoundOut {
    /// What is judged.
    pub facts: ConnectionFacts,
    /// Where the tenant is, if discovery said so: `EU`, `USGov/DODCON`.
    pub region: Option<String>,
    /// The subscriptions that are visible, chosen or not; none if that could not be read.
    pub visible: Option<Vec<String>>,
    /// The subscriptions that the provider block leaves out; none if it is not known which those are.
    pub excluded: Option<Vec<String>>,
    /// Every subscription that the sign-in sees, and whether the connection stands for it; none if they could not be listed.
    pub detected: Option<Vec<(scope::Subscription, bool)>>,
    /// Chosen subscriptions that are not visible, and expectations that could not be read.
    pub scope_gaps: Vec<Unreadable>,
    /// The claims of the token for Microsoft Graph, if there is one.
    pub graph_claims: Option<Claims>,
}

/// Reads what is needed.
pub async fn facts(context: &Context, signed_in: &SignedIn, asked: &Asked<'_>) -> Result<FoundOut> {
    let areas = context.areas.clone();
    let holder = holder(signed_in);
    let mut needs = asked.needs.clone();
    if !areas.contains(&Area::Identity) {
        needs.retain(|need| !is_of_directory(*need));
    }
    let scope = survey(context, asked).await?;
    let (discovery, groups, query, subscriptions, directory) = tokio::try_join!(
        discovered(context, &needs),
        groups(context, &needs),
        query(context, &scope, &needs),
        subscription::facts(context, &scope.chosen, &needs, signed_in.claims.as_ref().and_then(|claims| claims.oid.as_deref())),
        directory(context, signed_in, holder, asked, &needs),
    )?;
    let (directory, graph_claims) = directory;
    let (discovery, region) = discovery;
    let claims = signed_in.claims.clone().unwrap_or_default();
    let facts = ConnectionFacts {
        today: context.now().date(),
        areas,
        lists: &listed::NEEDED,
        identity_scope: context.identity_scope.is_some(),
        sign_in: SignIn {
            method: signed_in.method,
            holder,
            object_id: claims.oid.clone(),
            client_id: claims.client_id().map(str::to_owned),
            tenant_id: claims.tid.clone(),
            configured_tenant: context.client.settings().tenant_id.clone(),
            credential: own_credential::credential(context, signed_in, holder, &needs).await?,
        },
        discovery,
        scope: ScopeFacts {
            kind: scope.kind,
            group: scope::group_of(context).await,
            detected: scope.detected,
            gaps: scope.gaps,
            groups,
            query,
            query_is_used: engine::engine_of(context) == Engine::ResourceGraph,
        },
        subscriptions,
        unseen: scope.unseen,
        directory,
    };
    Ok(FoundOut {
        facts,
        region,
        visible: scope.visible,
        excluded: scope.excluded,
        detected: scope.seen,
        scope_gaps: scope.chosen_gaps,
        graph_claims,
    })
}

/// The client id of the sign-in: as its token says, else as it is configured.
pub fn client_id(context: &Context, claims: &Claims) -> Option<String> {
    let configured = || context.client.settings().method.as_ref().ok().and_then(Method::client_id);
    claims.client_id().or_else(configured).map(str::to_owned)
}

/// Whose token it is.
pub fn holder(signed_in: &SignedIn) -> Holder {
    match signed_in.claims.as_ref().map(Claims::principal) {
        Some(Principal::User) => Holder::User,
        Some(Principal::ManagedIdentity) => Holder::ManagedIdentity,
        Some(Principal::Application) => Holder::Application,
        // An opaque token does not say, the method mostly does.
        None => match signed_in.method {
            "cli" => Holder::User,
            "msi" => Holder::ManagedIdentity,
            _ => Holder::Application,
        },
    }
}

fn is_of_directory(need: Need) -> bool {
    matches!(
        need,
        Need::Consent
            | Need::HiddenPeople
            | Need::Jobs
            | Need::Licences
            | Need::Organization
            | Need::ServicePrincipal
            | Need::Token
    )
}

struct Survey {
    kind: &'static str,
    detected: std::result::Result<usize, Undetected>,
    gaps: Vec<Unreadable>,
    /// None if that could not be read.
    visible: Option<Vec<String>>,
    /// None if it is not known.
    excluded: Option<Vec<String>>,
    /// Every subscription that the sign-in sees, and whether it is in the scope; none if they could not be listed.
    seen: Option<Vec<(scope::Subscription, bool)>>,
    chosen: Vec<scope::Subscription>,
    /// The chosen ones that cannot be read.
    unseen: Vec<Unseen>,
    /// The gaps that concern the chosen ones.
    chosen_gaps: Vec<Unreadable>,
}

/// What the connection stands for. That nothing is visible is an answer here, not an error.
async fn survey(context: &Context, asked: &Asked<'_>) -> Result<Survey> {
    let seen = scope::seen(context).await?;
    let undetected = match scope::find(context).await? {
        Ok(found) => return surveyed(&found, seen, asked),
        Err(nothing) => Undetected {
            certain: nothing.is_certain(),
            detail: one_line(&nothing.detail),
            remedy: Some(nothing.remedy),
            gaps: nothing.gaps,
        },
    };
    Ok(Survey {
        kind: kind(context),
        gaps: undetected.gaps.clone(),
        chosen_gaps: undetected.gaps.clone(),
        // Only what was read says that there is none.
        visible: undetected.certain.then(Vec::new),
        excluded: (context.client.settings().exclusions == Exclusions::default()).then(Vec::new),
        detected: Err(undetected),
        seen: seen.map(|all| all.into_iter().map(|subscription| (subscription, false)).collect()),
        chosen: Vec::new(),
        unseen: Vec::new(),
    })
}

fn surveyed(found: &scope::Scope, seen: Option<Vec<scope::Subscription>>, asked: &Asked<'_>) -> Result<Survey> {
    let chosen = found.choose(asked.subscription_ids)?;
    let chosen_gaps = found.gaps(asked.subscription_ids);
    let visible: Vec<String> = found.subscriptions.iter().map(|subscription| subscription.id.clone()).collect();
    let unseen = chosen_gaps.iter().filter_map(|gap| {
        let id = gap.place.subscription_id()?;
        let deleted = found.deleted.iter().find(|subscription| gap.place.is_subscription(&subscription.id));
        Some(Unseen { id: id.to_owned(), state: deleted.map(|subscription| subscription.state.clone()), gap: gap.clone() })
    });
    let marked = |subscription: scope::Subscription| {
        let in_scope = found.holds(&subscription.id);
        (subscription, in_scope)
    };
    Ok(Survey {
        kind: found.kind,
        seen: seen.map(|all| all.into_iter().map(marked).collect()),
        detected: Ok(visible.len()),
        unseen: unseen.collect(),
        gaps: found.gaps.clone(),
        visible: Some(visible),
        excluded: Some(found.excluded.iter().cloned().collect()),
        chosen,
        chosen_gaps,
    })
}

fn one_line(detail: &str) -> String {
    detail.lines().map(str::trim).filter(|line| !line.is_empty()).take(12).collect::<Vec<_>>().join(" ")
}

/// The kind of scope as it is configured.
fn kind(context: &Context) -> &'static str {
    match &context.client.settings().scope {
        ScopeSetting::Detect => "subscription",
        ScopeSetting::Subscriptions(ids) if ids.len() == 1 => "subscription",
        ScopeSetting::Subscriptions(_) => "subscriptions",
        ScopeSetting::ManagementGroup(_) => "management_group",
        ScopeSetting::Tenant => "tenant",
    }
}

/// What the sign-in host says about the tenant, and where the tenant is.
async fn discovered(context: &Context, needs: &BTreeSet<Need>) -> Result<(Seen<Discovery>, Option<String>)> {
    if !needs.contains(&Need::Discovery) {
        return Ok((Seen::unseen(Unreadable::unasked(Subject::TenantDiscovery)), None));
    }
    let custom = matches!(context.client.settings().environment, Environment::Custom { .. });
    let found = match context.client.discovery(Audience::ResourceManager).await {
        Ok(None) => {
            return Ok((
                Seen::unseen(opaque(Subject::TenantDiscovery, "which tenant it is for. Set `tenant_id` in the provider block.")),
                None,
            ));
        }
        Ok(Some(found)) if custom && found.graph_host.is_none() => return Ok((Seen::all(Discovery::Unstated), None)),
        Ok(Some(found)) => found,
        Err(_) if custom => return Ok((Seen::all(Discovery::Unstated), None)),
        Err(error) if explain::meaning(error.code()).is_some() => {
            let (code, detail) = (error.code().to_owned(), error.lasting());
            return Ok((Seen::all(Discovery::Refused { code, detail, remedy: error.advice().to_owned() }), None));
        }
        Err(error) => return Ok((Seen::unseen(unread::soft_gap(Subject::TenantDiscovery, Place::Tenant, &error)?), None)),
    };
    let cloud = context.client.cloud().await.map_err(Stop::Failed)?;
    let objection = discovery::check(&found, cloud, None).err();
    let region = found.region.clone().map(|region| match &found.sub_region {
        Some(sub_region) => format!("{region}/{sub_region}"),
        None => region,
    });
    let discovery = Discovery::Found {
        tenant_id: found.tenant_id.clone(),
        graph_host: found.graph_host.clone(),
        issuer_host: found.issuer_host.clone(),
        objection: objection.map(|error| (error.message().to_owned(), error.advice().to_owned())),
    };
    Ok((Seen::all(discovery), region))
}

/// How many management groups are readable where the connection needs them.
async fn groups(context: &Context, needs: &BTreeSet<Need>) -> Result<Seen<usize>> {
    if !needs.contains(&Need::Groups) {
        return Ok(Seen::unseen(Unreadable::unasked(Subject::ManagementGroups)));
    }
    let (place, below) = match &context.client.settings().scope {
        ScopeSetting::ManagementGroup(name) => (Place::ManagementGroup(name.clone()), Some(name.clone())),
        ScopeSetting::Tenant => (Place::Tenant, scope::root(context).await.ok()),
        ScopeSetting::Detect | ScopeSetting::Subscriptions(_) => (Place::Tenant, None),
    };
    let read = match below {
        // The group itself is one of them.
        Some(name) => {
            scope::descendants(context, &name).await.map(|rows| 1 + rows.iter().filter(|row| !row.is_subscription()).count())
        }
        None => hierarchy::readable(context).await.map(|rows| rows.len()),
    };
    match read {
        Ok(count) => Ok(Seen::all(count)),
        Err(error) => Ok(Seen::unseen(unread::soft_gap(Subject::ManagementGroups, place, &error)?)),
    }
}

/// How many rows Resource Graph answers to a question that has one.
async fn query(context: &Context, survey: &Survey, needs: &BTreeSet<Need>) -> Result<Option<Seen<usize>>> {
    if context.client.settings().resource_graph == ResourceGraph::Never {
        return Ok(None);
    }
    if !needs.contains(&Need::Query) {
        return Ok(Some(Seen::unseen(Unreadable::unasked(Subject::ResourceGraph))));
    }
    let Some(first) = survey.chosen.first() else {
        return Ok(Some(Seen::unseen(Unreadable {
            place: Place::Tenant,
            reason: survey.detected.as_ref().err().map_or(Reason::NotVisible, Undetected::reason),
            code: "NoSubscription".to_owned(),
            remedy: "A query needs a subscription to look at, and none is known: see `subscription_detected`.".to_owned(),
            ..Unreadable::unasked(Subject::ResourceGraph)
        })));
    };
    let (client, one) = (context.client.clone(), QueryScope::Subscriptions([first.id.clone()].into()));
    let read = || async move {
        let mut rows = 0;
        queries::hierarchy(&client, one, |_, _| rows += 1).await?;
        Ok(rows)
    };
    match context.client.memo(Key::of("graph/probe").and(&first.id), read).await {
        Ok(rows) => Ok(Some(Seen::all(*rows))),
        Err(error) => Ok(Some(Seen::unseen(unread::soft_gap(Subject::ResourceGraph, Place::Tenant, &error)?))),
    }
}

/// What Microsoft Graph says, and whose token it takes.
async fn directory(
    context: &Context,
    signed_in: &SignedIn,
    holder: Holder,
    asked: &Asked<'_>,
    needs: &BTreeSet<Need>,
) -> Result<(Directory, Option<Claims>)> {
    let claims = match needs.contains(&Need::Token) {
        true => entra::seen(Subject::Token, entra::claims(context).await)?,
        false => Seen::unseen(Unreadable::unasked(Subject::Token)),
    };
    let own = signed_in.claims.clone().unwrap_or_default();
    let party = entra::Party {
        holder,
        object_id: own.oid.clone(),
        client_id: client_id(context, &own),
        claims: claims.whole().ok().cloned().flatten(),
        resource_client_id: MICROSOFT_GRAPH.to_owned(),
    };
    let (organization, licences, service_principal, evidence, provisioning) = tokio::try_join!(
        organization(context, needs),
        licences(context, needs),
        service_principal(context, holder, own.oid.as_deref(), needs),
        evidence(context, party, needs),
        provisioning(context, asked, needs),
    )?;
    let as_token = |claims: &Claims| Token { roles: claims.roles.clone(), scopes: claims.delegated() };
    let (provisioning, strangers) = provisioning;
    let directory = Directory {
        token: claims.map_ref(|claims| claims.as_ref().map(as_token)),
        organization,
        licences,
        service_principal,
        evidence,
        provisioning,
        strangers,
        hidden_leavers: hidden_leavers(context, needs).await?,
    };
    Ok((directory, claims.into_parts().0.flatten()))
}

/// The leavers whom `identity_scope` hides. One that does not fit this tenant is an error of what lists people, and unknown here.
async fn hidden_leavers(context: &Context, needs: &BTreeSet<Need>) -> Result<Seen<u64>> {
    if context.identity_scope.is_none() || !needs.contains(&Need::HiddenPeople) {
        return Ok(Seen::unseen(Unreadable::unasked(Subject::Users)));
    }
    match who_counts::hidden_leavers(context).await {
        Ok(seen) => Ok(seen),
        Err(Stop::ProviderBlock(Argument { detail, .. })) => {
            let unasked = Unreadable::unasked(Subject::Users);
            Ok(Seen::unseen(Unreadable { code: String::new(), remedy: detail, ..unasked }))
        }
        Err(stop) => Ok(Seen::unseen(unread::softened(Subject::Users, Place::Graph, stop)?)),
    }
}

async fn organization(context: &Context, needs: &BTreeSet<Need>) -> Result<Seen<Organization>> {
    if !needs.contains(&Need::Organization) {
        return Ok(Seen::unseen(Unreadable::unasked(Subject::Organization)));
    }
    let read = entra::seen(Subject::Organization, entra::organization(context).await)?;
    Ok(read.map(|row| Organization { id: row.id.clone(), display_name: row.display_name.0.clone() }))
}

async fn licences(context: &Context, needs: &BTreeSet<Need>) -> Result<Seen<BTreeSet<&'static str>>> {
    if !needs.contains(&Need::Licences) {
        return Ok(Seen::unseen(Unreadable::unasked(Subject::SubscribedSkus)));
    }
    let licences = entra::seen(Subject::SubscribedSkus, entra::licences(context).await)?;
    let held = licences.map_ref(|licences| licences.held.clone());
    match licences.whole().ok().and_then(|licences| licences.unstated.as_ref()) {
        Some(error) => Ok(held.lacking(unread::soft_gap(Subject::SubscribedSkus, Place::Graph, error)?)),
        None => Ok(held),
    }
}

async fn service_principal(
    context: &Context,
    holder: Holder,
    object_id: Option<&str>,
    needs: &BTreeSet<Need>,
) -> Result<Seen<Option<ServicePrincipal>>> {
    if !needs.contains(&Need::ServicePrincipal) {
        return Ok(Seen::unseen(Unreadable::unasked(Subject::ServicePrincipals)));
    }
    if holder == Holder::User {
        return Ok(Seen::all(None));
    }
    let Some(id) = object_id else {
        return Ok(Seen::unseen(opaque(Subject::ServicePrincipals, WHOSE)));
    };
    let read = entra::seen(Subject::ServicePrincipals, entra::own_principal(context, id).await)?;
    Ok(read.map(|row| {
        Some(ServicePrincipal { enabled: row.account_enabled, owner_tenant_id: row.app_owner_organization_id.0.clone() })
    }))
}

async fn evidence(context: &Context, party: entra::Party, needs: &BTreeSet<Need>) -> Result<Evidence> {
    if needs.contains(&Need::Consent) {
        return entra::with_other_apis(context, entra::evidence(context, party).await?).await;
    }
    let cloud = context.client.cloud().await.map_err(Stop::Failed)?;
    Ok(Evidence {
        holder: party.holder,
        token: None,
        scopes: None,
        directory_roles: Vec::new(),
        granted: Seen::unseen(Unreadable::unasked(Subject::AppRoleAssignments)),
        delegated: Seen::unseen(Unreadable::unasked(Subject::OAuth2PermissionGrants)),
        requested: Seen::unseen(Unreadable::unasked(Subject::Applications)),
        names: Seen::unseen(Unreadable::unasked(Subject::ServicePrincipals)),
        resource_client_id: party.resource_client_id,
        api_id: None,
        other_apis: BTreeMap::new(),
        client_id: party.client_id,
        object_id: party.object_id,
        graph_host: cloud.graph_host().to_owned(),
    })
}

/// Whether each of the named applications provisions people, and which of them there are not.
type Provisioning = (Option<BTreeMap<String, Seen<bool>>>, BTreeSet<String>);

async fn provisioning(context: &Context, asked: &Asked<'_>, needs: &BTreeSet<Need>) -> Result<Provisioning> {
    let (mut all, mut strangers) = (BTreeMap::new(), BTreeSet::new());
    let Some(ids) = asked.provisioning_client_ids else { return Ok((None, strangers)) };
    for id in ids {
        let found = match needs.contains(&Need::Jobs) {
            true => Some(entra::principal_of(context, id).await),
            false => None,
        };
        let read = match found {
            Some(Err(error)) => {
                if error.kind() == Kind::NotFound {
                    strangers.insert(id.clone());
                }
                Seen::unseen(unread::soft_gap(Subject::Provisioning, Place::Graph, &error)?)
            }
            Some(Ok(principal)) if context.identity_scope.is_some() => {
                entra::seen(Subject::Provisioning, entra::provisions(context, &principal.id).await)?
            }
            Some(Ok(_)) | None => Seen::unseen(Unreadable::unasked(Subject::Provisioning)),
        };
        all.insert(id.clone(), read);
    }
    Ok((Some(all), strangers))
}
