//! What the connection stands for: which subscriptions are expected, which of them are visible, and what is not proven about that.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    azure::{
        self, Audience,
        arm::{
            management::{self, Descendant},
            subscriptions,
        },
        memo::Key,
        resource_graph::{QueryScope, queries},
        settings::{ResourceGraph, ScopeSetting},
        tenant::claims::Claims,
    },
    posture::{Place, Reason, Subject, Unreadable, grant::command},
    provider::{
        collect::{
            SIDE_BY_SIDE,
            estate::{
                exclusions::{self, Left},
                hierarchy,
                nothing::{NONE, Nothing},
            },
            lists::authorization::group_scope,
            stop::{Argument, Result, Stop},
            unread,
        },
        context::Context,
    },
    text,
};

pub use crate::provider::collect::estate::member::Subscription;

/// What the connection stands for.
#[derive(Clone, Debug)]
pub struct Scope {
    /// `subscription`, `subscriptions`, `management_group`, `tenant`.
    pub kind: &'static str,
    /// The subscriptions that are expected and can be read, by id; disabled ones still can.
    pub subscriptions: Vec<Subscription>,
    /// Expected subscriptions that are deleted: nothing below them answers, so each is a gap as well.
    pub deleted: Vec<Subscription>,
    /// Expected subscriptions that cannot be read, and expectations that could not be read.
    pub gaps: Vec<Unreadable>,
    /// The subscriptions that the provider block leaves out, lower case.
    pub excluded: BTreeSet<String>,
}

/// Finds out what the connection stands for, and lets the client go nowhere else from then on.
pub async fn scope_of(context: &Context) -> Result<Scope> {
    find(context).await?.map_err(Stop::from)
}

/// The same, with a scope of nothing as an answer.
pub async fn find(context: &Context) -> Result<std::result::Result<Scope, Nothing>> {
    let found = match &context.client.settings().scope {
        ScopeSetting::Detect => detected(context).await,
        ScopeSetting::Subscriptions(ids) => {
            let kind = if ids.len() == 1 { "subscription" } else { "subscriptions" };
            expected(context, kind, ids).await
        }
        ScopeSetting::ManagementGroup(name) => group(context, name).await,
        ScopeSetting::Tenant => tenant(context).await,
    };
    match found {
        Ok(scope) if scope.subscriptions.is_empty() => {
            let detail = "None of the subscriptions of this connection is visible to this sign-in.".to_owned();
            let role = grant(context).await;
            let step = |gap: &'_ Unreadable| if gap.is_a_role_missing() { role.clone() } else { gap.remedy.clone() };
            let steps: Vec<String> = scope.gaps.iter().map(step).collect();
            let remedy = match steps.is_empty() {
                true => role,
                false => unread::next_steps(scope.gaps.iter().zip(steps.iter().map(String::as_str))),
            };
            Ok(Err(Nothing { summary: NONE, detail, remedy, gaps: scope.gaps, unread: None }))
        }
        Ok(scope) => Ok(Ok(scope)),
        Err(Stop::NoScope(nothing)) => Ok(Err(*nothing)),
        Err(stop) => Err(stop),
    }
}

impl Scope {
    /// Takes the deleted ones out: a deleted subscription is still listed for a while, and nothing below it answers.
    fn of(kind: &'static str, subscriptions: Vec<Subscription>, mut gaps: Vec<Unreadable>) -> Self {
        let is_deleted = |subscription: &Subscription| subscription.state.eq_ignore_ascii_case("Deleted");
        let (deleted, subscriptions): (Vec<_>, Vec<_>) = subscriptions.into_iter().partition(is_deleted);
        gaps.extend(deleted.iter().map(|subscription| Unreadable {
            subject: Subject::Subscriptions,
            place: Place::Subscription(subscription.id.clone()),
            reason: Reason::NotVisible,
            code: String::new(),
            remedy: "The subscription is deleted; Azure keeps it for up to 90 days. Take it out of the scope (below a group or the tenant: \
                     name the others in `subscription_ids`), or have it restored."
                .to_owned(),
        }));
        Self { kind, subscriptions, deleted, gaps, excluded: BTreeSet::new() }
    }

    /// The chosen ones of its subscriptions; naming one outside the scope is an error, leaving the choice out takes all.
    pub fn choose(&self, chosen: Option<&BTreeSet<String>>) -> Result<Vec<Subscription>> {
        let Some(chosen) = chosen else { return Ok(self.subscriptions.clone()) };
        if let Some(foreign) = chosen.iter().find(|id| !self.holds(id)) {
            let detail = format!(
                "The subscription {foreign} is not in the scope of this connection ({}). Add it to the provider block, or use a provider \
                 alias for it.",
                self.told()
            );
            return Err(Stop::Argument(Argument { name: "subscription_ids", summary: "Outside the configured scope", detail }));
        }
        Ok(self.subscriptions.iter().filter(|subscription| chosen.contains(&subscription.id)).cloned().collect())
    }

    /// What it is, in words.
    fn told(&self) -> String {
        let count = self.subscriptions.len();
        let subscriptions = format!("{count} subscription{}", if count == 1 { "" } else { "s" });
        match self.kind {
            "management_group" => format!("a management group with {subscriptions}"),
            "tenant" => format!("the tenant with {subscriptions}"),
            _ => subscriptions,
        }
    }

    /// The gaps that concern the chosen subscriptions.
    pub fn gaps(&self, chosen: Option<&BTreeSet<String>>) -> Vec<Unreadable> {
        let concerns = |gap: &&Unreadable| match (chosen, gap.place.subscription_id()) {
            (Some(chosen), Some(id)) => chosen.contains(id),
            (Some(_), None) => false,
            (None, _) => true,
        };
        self.gaps.iter().filter(concerns).cloned().collect()
    }

    /// Whether the connection stands for a subscription, readable or not.
    pub fn holds(&self, id: &str) -> bool {
        let is_gap = |gap: &Unreadable| gap.place.is_subscription(id);
        self.subscriptions.iter().any(|subscription| subscription.id == id) || self.gaps.iter().any(is_gap)
    }
}

/// The tenant of the sign-in; none if the token does not say.
pub async fn own_tenant(context: &Context) -> azure::Result<Option<String>> {
    let token = context.client.token(Audience::ResourceManager).await?;
    Ok(Claims::of(token.reveal()).and_then(|claims| claims.tid))
}

/// Every subscription that the sign-in sees, in the scope or not, by id; none if they cannot be listed, which [`find`] tells as well.
pub async fn seen(context: &Context) -> Result<Option<Vec<Subscription>>> {
    match visible(context).await {
        Ok(visible) => Ok(Some(visible.into_values().collect())),
        Err(Stop::NoScope(_)) => Ok(None),
        Err(stop) => Err(stop),
    }
}

/// The same, by id.
async fn visible(context: &Context) -> Result<BTreeMap<String, Subscription>> {
    let client = context.client.clone();
    let read = context.client.memo(Key::of("subscriptions"), || async move { subscriptions::list(&client).await });
    let (listed, own) = tokio::join!(read, own_tenant(context));
    let own = match own {
        Ok(own) => own,
        Err(error) => return Err(Nothing::without(Subject::Token, error)?.into()),
    };
    let listed = match listed {
        Ok(listed) => listed,
        Err(error) => return Err(Nothing::without(Subject::Subscriptions, error)?.into()),
    };
    let mut all = BTreeMap::<String, Subscription>::new();
    for fact in listed.iter().map(|wire| Subscription::of(context, wire, own.as_deref())) {
        match all.get_mut(&fact.id) {
            Some(known) => known.agree(&fact),
            None => {
                all.insert(fact.id.clone(), fact);
            }
        }
    }
    Ok(all)
}

/// Whether a subscription is enabled, or is in a state that is not said or not known here: then it is not certain which one is meant.
fn may_be_enabled(state: &str) -> bool {
    !["Deleted", "Disabled", "PastDue", "Warned"].iter().any(|word| word.eq_ignore_ascii_case(state))
}

/// The single enabled subscription of the own tenant. A delegated one is never taken by itself.
async fn detected(context: &Context) -> Result<Scope> {
    let visible = visible(context).await?;
    let own: Vec<_> = visible
        .values()
        .filter(|subscription| may_be_enabled(&subscription.state) && subscription.tenant_matches != Some(false))
        .collect();
    if let [only] = own.as_slice() {
        context.client.confine(&BTreeSet::from([only.id.clone()]));
        return Ok(Scope::of("subscription", vec![(*only).clone()], Vec::new()));
    }
    if own.is_empty() {
        let detail = "No scope is configured, and this sign-in sees no enabled subscription of its own tenant.".to_owned();
        return Err(Nothing { summary: NONE, detail, remedy: grant(context).await, gaps: Vec::new(), unread: None }.into());
    }
    let mut detail = format!("No scope is configured, and this sign-in sees {} enabled subscriptions:\n", own.len());
    for subscription in own.iter().take(20) {
        detail.push_str(&format!("\n  {}  {}", subscription.id, text::line(subscription.label().to_string())));
    }
    if own.len() > 20 {
        detail.push_str(&format!("\n  … and {} more", own.len() - 20));
    }
    let remedy = "Set `subscription_id`, `subscription_ids`, `management_group_id` or `tenant_wide`.".to_owned();
    Err(Nothing { summary: SEVERAL, detail, remedy, gaps: Vec::new(), unread: None }.into())
}

const SEVERAL: &str = "Several subscriptions visible";

/// How to be given what the connection stands for.
async fn grant(context: &Context) -> String {
    let place = match (group_of(context).await, &context.client.settings().scope) {
        (Some(group), _) => group,
        (None, ScopeSetting::Subscriptions(ids)) => format!("/subscriptions/{}", ids.first().map_or("<id>", String::as_str)),
        (None, _) => "/subscriptions/<id>".to_owned(),
    };
    format!(
        "Grant the sign-in a role: {}. If it has one, compare the tenant and the cloud it signs in to.",
        command("Reader", &place, &own_object_id(context).await)
    )
}

/// The object id of the sign-in, for commands; where the token does not say it, what stands for it.
pub async fn own_object_id(context: &Context) -> String {
    let token = context.client.token(Audience::ResourceManager).await.ok();
    let claims = token.and_then(|token| Claims::of(token.reveal()));
    claims.and_then(|claims| claims.oid).unwrap_or_else(|| "<object id of this sign-in>".to_owned())
}

/// The management group that the connection stands for, as a scope; none if it stands for subscriptions.
pub async fn group_of(context: &Context) -> Option<String> {
    let name = match &context.client.settings().scope {
        ScopeSetting::ManagementGroup(name) => name.clone(),
        ScopeSetting::Tenant => root(context).await.ok().filter(|name| !name.is_empty())?,
        ScopeSetting::Detect | ScopeSetting::Subscriptions(_) => return None,
    };
    Some(group_scope(&name))
}

/// Where several subscriptions below one group lack a role, giving it once on the group is enough.
pub async fn grant_at_the_group(context: &Context, gaps: Vec<&mut Unreadable>) {
    let lacking = |gap: &&&mut Unreadable| grant_below(&gap.remedy).is_some();
    if gaps.iter().filter(lacking).nth(1).is_none() {
        return;
    }
    let Some(group) = group_of(context).await else { return };
    for gap in gaps {
        if let Some(place) = grant_below(&gap.remedy) {
            gap.remedy.replace_range(place, &group);
        }
    }
}

/// Where in a text a command that assigns a role names the subscription, or something in it, to assign it at.
fn grant_below(text: &str) -> Option<Range<usize>> {
    const SCOPE: &str = " --scope ";
    let command = text.find("az role assignment create")?;
    let start = command + text.get(command..)?.find(SCOPE)? + SCOPE.len();
    let word = text.get(start..)?.split_whitespace().next()?.trim_end_matches('.');
    let place = word.trim_matches('"');
    let start = if word.starts_with('"') { start + 1 } else { start };
    place.starts_with("/subscriptions/").then(|| start..start + place.len())
}

/// The expected subscriptions: what is not in the list is asked for by itself, because only that says why.
async fn expected(context: &Context, kind: &'static str, ids: &BTreeSet<String>) -> Result<Scope> {
    context.client.confine(ids);
    let visible = visible(context).await?;
    let one = |id: String| {
        let listed = visible.get(&id).cloned();
        async move {
            match listed {
                Some(subscription) => Result::Ok(Ok(subscription)),
                None => unlisted(context, id).await,
            }
        }
    };
    let found: Vec<_> = stream::iter(ids.iter().cloned().map(one)).buffered(SIDE_BY_SIDE).try_collect().await?;
    let (mut subscriptions, mut gaps) = (Vec::new(), Vec::new());
    for one in found {
        match one {
            Ok(subscription) => subscriptions.push(subscription),
            Err(gap) => gaps.push(gap),
        }
    }
    grant_at_the_group(context, gaps.iter_mut().collect()).await;
    Ok(Scope::of(kind, subscriptions, gaps))
}

async fn unlisted(context: &Context, id: String) -> Result<std::result::Result<Subscription, Unreadable>> {
    let (client, asked) = (context.client.clone(), id.clone());
    let key = Key::of("subscription").and(&id);
    match context.client.memo(key, || async move { subscriptions::one_subscription(&client, &asked).await }).await {
        Ok(wire) => Ok(Ok(Subscription::of(context, &wire, own_tenant(context).await.ok().flatten().as_deref()))),
        Err(error) => {
            let mut gap = unread::soft_gap(Subject::Subscriptions, Place::Subscription(id.clone()), &error)?;
            gap.reason = if gap.reason == Reason::Forbidden { Reason::NotVisible } else { gap.reason };
            Ok(Err(gap))
        }
    }
}

/// Everything below a management group; read once, whoever asks.
pub async fn descendants(context: &Context, name: &str) -> azure::Result<Arc<Vec<Descendant>>> {
    let (client, group) = (context.client.clone(), name.to_owned());
    let key = Key::of("descendants").and(name);
    let is_root = root(context).await.is_ok_and(|root| root.eq_ignore_ascii_case(name));
    let read = || async move {
        match is_root {
            true => management::descendants_of_root(&client, &group).await,
            false => management::descendants(&client, &group).await,
        }
    };
    context.client.memo(key, read).await
}

fn subscriptions_of(below: &[Descendant]) -> BTreeSet<String> {
    below.iter().filter(|item| item.is_subscription()).map(|item| item.name.to_ascii_lowercase()).collect()
}

/// The expected subscriptions less those that the provider block leaves out.
async fn remaining(context: &Context, kind: &'static str, left: Left) -> Result<Scope> {
    let mut scope = expected(context, kind, &left.ids).await?;
    scope.gaps.extend(left.gaps);
    Ok(Scope { excluded: left.excluded, ..scope })
}

/// The subscriptions below a management group. If the group is unreadable, Resource Graph still knows those of them that the sign-in
/// sees; nothing proves that there are no others.
async fn group(context: &Context, name: &str) -> Result<Scope> {
    let error = match descendants(context, name).await {
        Ok(below) if !below.iter().any(Descendant::is_subscription) => {
            let detail = format!("The management group {name:?} and the groups below it hold no subscription.");
            let remedy = "Name another group in `management_group_id`, or move a subscription into this one.".to_owned();
            return Err(Nothing { summary: NONE, detail, remedy, gaps: Vec::new(), unread: None }.into());
        }
        Ok(below) => {
            let left = exclusions::left(context, name, &below, subscriptions_of(&below))?;
            return remaining(context, "management_group", left).await;
        }
        Err(error) => error,
    };
    let scope = group_scope(name);
    let mut gap = unread::soft_gap(Subject::ManagementGroups, Place::of(&scope), &error)?;
    if is_refused(&gap) {
        gap.remedy = match hierarchy::displayed(context, name).await {
            Some(id) => format!(
                "{name:?} is the display name of the management group {id}, and no group has it for its id: set management_group_id = {id:?}."
            ),
            None => format!("{} If it is right: {}", compare(name), give_group_reader(context, &scope).await),
        };
    }
    if context.client.settings().resource_graph == ResourceGraph::Never {
        return Err(Nothing::of_gaps(vec![gap]).into());
    }
    match seen_below(context, name).await {
        Ok(ids) if !ids.is_empty() => {
            let gap = unproven(gap, "The management group");
            let left = exclusions::left_unproven(context, ids.as_ref().clone(), &gap)?;
            let mut found = remaining(context, "management_group", left).await?;
            found.gaps.push(gap);
            Ok(found)
        }
        Ok(_) => Err(Nothing::of_gaps(vec![gap]).into()),
        Err(error) => {
            let other = unread::soft_gap(Subject::Subscriptions, Place::of(&scope), &error)?;
            Err(Nothing::of_gaps(vec![gap, other]).into())
        }
    }
}

/// Azure answers alike for a group that is not there and for one that may not be read, and people take the display name for the id.
fn compare(name: &str) -> String {
    format!(
        "Compare the name {name:?} with the ids of the groups (az account management-group list --query \"[].name\", or the portal under \
         Management groups); the display name is not the id."
    )
}

/// Whether it may be a matter of rights.
pub(super) fn is_refused(gap: &Unreadable) -> bool {
    matches!(gap.reason, Reason::Forbidden | Reason::NotVisible)
}

/// The subscriptions that Resource Graph has below a group, each with the group in its own chain of ancestors: what it says of a group
/// that is not there is not to be taken for the group's.
async fn seen_below(context: &Context, name: &str) -> azure::Result<Arc<BTreeSet<String>>> {
    let (client, group, own) = (context.client.clone(), name.to_owned(), name.to_owned());
    let key = Key::of("graph/below").and(name);
    let read = || async move {
        let mut ids = BTreeSet::new();
        let scope = QueryScope::ManagementGroups(BTreeSet::from([group]));
        queries::hierarchy(&client, scope, |id, chain| {
            if chain.into_iter().flatten().any(|ancestor| ancestor.name.eq_ignore_ascii_case(&own)) {
                ids.insert(id);
            }
        })
        .await?;
        Ok(ids)
    };
    context.client.memo(key, read).await
}

/// All subscriptions of the tenant: expected are those below the root group, and whatever else of the own tenant is visible. If the
/// root is unreadable, what is visible is all there is to go by, and nothing proves that it is all.
async fn tenant(context: &Context) -> Result<Scope> {
    let root = match root(context).await {
        Ok(root) => root,
        Err(error) => return Err(Nothing::without(Subject::Token, error)?.into()),
    };
    let visible = visible(context).await?;
    let own = visible.values().filter(|subscription| subscription.tenant_matches != Some(false));
    let mut ids: BTreeSet<String> = own.map(|subscription| subscription.id.clone()).collect();
    match descendants(context, &root).await {
        Ok(below) => {
            ids.extend(subscriptions_of(&below));
            let left = exclusions::left(context, &root, &below, ids)?;
            remaining(context, "tenant", left).await
        }
        Err(error) => {
            let mut gap = unread::soft_gap(Subject::ManagementGroups, Place::Tenant, &error)?;
            if is_refused(&gap) {
                gap.remedy = give_group_reader(context, &group_scope(&root)).await;
            }
            let gap = unproven(gap, "The root management group");
            let left = exclusions::left_unproven(context, ids, &gap)?;
            let mut found = remaining(context, "tenant", left).await?;
            found.gaps.push(gap);
            Ok(found)
        }
    }
}

/// The name of the root management group, which is the tenant's id.
pub async fn root(context: &Context) -> azure::Result<String> {
    let tenant = own_tenant(context).await?;
    Ok(tenant.or_else(|| context.client.settings().tenant_id.clone()).unwrap_or_default())
}

/// What an unreadable group means: whatever else is seen, nothing proves that it is all.
fn unproven(gap: Unreadable, what: &str) -> Unreadable {
    let remedy = format!("{what} could not be read, so nothing proves that all subscriptions are visible. {}", gap.remedy);
    // That no role is missing has to be told all the way.
    let reason = if gap.reason == Reason::TokenRefused { gap.reason } else { Reason::NotProven };
    Unreadable { reason, remedy, ..gap }
}

/// How to be given the sight of a management group.
pub async fn give_group_reader(context: &Context, scope: &str) -> String {
    format!("Grant Management Group Reader: {}", command("Management Group Reader", scope, &own_object_id(context).await))
}
