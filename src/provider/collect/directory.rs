//! Who a principal is: its kind, its name, the groups it is in, who is in a group, and who holds which directory role.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::future::{join_all, try_join_all};

use crate::{
    azure::{
        self, Client,
        graph::directory::{self, IDS_AT_ONCE},
        pager::EMPTY_LIST,
        wire::unstated,
    },
    posture::{
        Reason, Unreadable,
        rbac::{Account, Seen},
    },
    provider::{collect::graph, context::Context, failure, words::PersonalDataWord},
    sdk::Result,
};

/// The rows, as the service writes them.
pub use crate::azure::graph::directory::{Kind, Object, RoleAssignment, RoleDefinition, RoleInstance};

/// Where facts of the directory stand.
pub const GRAPH: &str = "graph";

/// What the directory says about one principal.
#[derive(Clone, Debug, Default)]
pub struct Membership {
    /// Its kind; none if it does not exist or could not be read.
    pub kind: Option<Kind>,
    /// Whether the directory was asked and knows no such object.
    pub unknown_object: bool,
    /// Whether it is enabled.
    pub account: Account,
    /// The groups it is in, nested ones included, lower case.
    pub groups: Seen<BTreeSet<String>>,
    /// Why the groups could not be read.
    pub gap: Option<Unreadable>,
}

/// The kind of a principal, and the groups it is in. `hint` is what Azure says it is.
pub async fn membership(context: &Context, id: &str, hint: Option<Kind>) -> Result<Membership> {
    let first = hint.into_iter();
    // The commonest first: most ids in a configuration are those of applications and identities.
    let order = [Kind::ServicePrincipal, Kind::User, Kind::Group];
    let order: Vec<Kind> = first.chain(order.into_iter().filter(|kind| Some(*kind) != hint)).collect();
    // Only a kind that may be asked for can say whose id this is: what one refuses another may answer.
    let mut refused: Option<Unreadable> = None;
    for kind in order {
        // A list below an object that does not exist would say so, too, but an empty one must not look like an answer.
        let (kind, account, error) = match object(context, kind, id).await {
            Ok(object) => match (account(kind, &object), groups_of(context, kind, id).await) {
                (account, Ok(groups)) => {
                    let groups = groups.iter().map(|group| group.id.to_lowercase()).collect();
                    return Ok(Membership { kind: Some(kind), account, groups: Seen::all(groups), ..Membership::default() });
                }
                (account, Err(error)) => (Some(kind), account, error),
            },
            Err(error) if is_absent(&error) => continue,
            Err(error) => {
                let gap = failure::gap("groups", GRAPH, &error)?;
                refused.get_or_insert(gap);
                continue;
            }
        };
        let gap = failure::gap("groups", GRAPH, &error)?;
        let groups = Seen::part(BTreeSet::new(), gap.reason);
        return Ok(Membership { kind, account, groups, gap: Some(gap), ..Membership::default() });
    }
    if let Some(gap) = refused {
        let groups = Seen::part(BTreeSet::new(), gap.reason);
        return Ok(Membership {
            kind: hint,
            account: Account::Unread(gap.reason),
            groups,
            gap: Some(gap),
            ..Membership::default()
        });
    }
    // Whoever does not exist is in no group.
    Ok(Membership { unknown_object: true, ..Membership::default() })
}

/// Whether an object is enabled, as the directory shows it. A group is no account.
fn account(kind: Kind, object: &Object) -> Account {
    match (kind, object.account_enabled) {
        (Kind::Group, _) | (_, Some(true)) => Account::Enabled,
        (_, Some(false)) => Account::Disabled,
        (_, None) => Account::Hidden,
    }
}

/// Whether the directory itself says that there is no such object.
fn is_absent(error: &azure::Error) -> bool {
    error.kind() == azure::Kind::NotFound && error.code().eq_ignore_ascii_case("Request_ResourceNotFound")
}

async fn object(context: &Context, kind: Kind, id: &str) -> azure::Result<Arc<Object>> {
    let (client, id) = (context.client.clone(), id.to_owned());
    let key = format!("object/{}/{id}", kind.word());
    context.client.memo(&key, || async move { directory::object(&client, kind, &id).await }).await
}

async fn groups_of(context: &Context, kind: Kind, id: &str) -> azure::Result<Arc<Vec<Object>>> {
    let (client, id) = (context.client.clone(), id.to_owned());
    let key = format!("groups_of/{}/{id}", kind.word());
    context.client.memo(&key, || async move { directory::groups_of(&client, kind, &id).await }).await
}

/// The gap that groups are which keep their members from being seen; none if none of these does, or this sign-in may see them all the
/// same. Groups that could not be looked up may do so, too, and are the gap that they are.
pub async fn hiding(context: &Context, ids: &BTreeSet<String>) -> Result<Option<Unreadable>> {
    let wanted = ids.iter().map(|id| (id.clone(), Some(Kind::Group))).collect();
    let people = principals(context, &wanted, Principals::default()).await?;
    if let Some(gap) = people.unread.get(&Kind::Group) {
        return Ok(Some(gap.clone()));
    }
    if !people.known.values().any(|known| known.hides_members) || sees_hidden_members(context).await {
        return Ok(None);
    }
    let remedy = "A group that something is given to or denied here hides its members. Grant Member.Read.Hidden (Microsoft Graph, \
                  application) with admin consent.";
    Ok(Some(Unreadable {
        subject: "groups".to_owned(),
        scope: GRAPH.to_owned(),
        reason: Reason::Hidden,
        code: String::new(),
        remedy: remedy.to_owned(),
    }))
}

/// Those of groups that the directory does not know.
pub async fn unknown_groups(context: &Context, ids: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let wanted = ids.iter().map(|id| (id.clone(), Some(Kind::Group))).collect();
    let people = principals(context, &wanted, Principals::default()).await?;
    Ok(ids.iter().filter(|id| !people.known.contains_key(&id.to_lowercase())).cloned().collect())
}

/// Whether hidden members are shown to this sign-in. As an application permission only: a person sees those of the own groups.
async fn sees_hidden_members(context: &Context) -> bool {
    let claims = graph::claims(context).await.ok().flatten();
    claims.is_some_and(|claims| claims.roles.iter().any(|role| role == "Member.Read.Hidden"))
}

/// What is known about a principal that exists.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its kind.
    pub kind: Option<Kind>,
    /// Its name; none if names are not wanted.
    pub display_name: Option<String>,
    /// Whether it is a guest; none if the directory does not say.
    pub guest: Option<bool>,
    /// Whether it is a group whose members are hidden.
    pub hides_members: bool,
}

/// What the directory says about many principals.
#[derive(Debug, Default)]
pub struct Principals {
    /// Those that exist, by lower-case object id.
    pub known: BTreeMap<String, Known>,
    /// Kinds that could not be read, and why.
    pub unread: BTreeMap<Kind, Unreadable>,
    /// The lower-case object ids that were asked for, by the kind they were looked for among.
    asked: BTreeSet<(Kind, String)>,
}

impl Principals {
    /// Takes over what a list has just said of an object, so that it is not looked up again. Of one that the caller may not read there
    /// is only the id, and whether a group hides its members is in no list of members: those are looked up.
    pub fn learn(&mut self, object: &Object, with_names: bool) {
        let told = match object.kind() {
            Some(Kind::User) => object.user_type.is_some(),
            Some(Kind::ServicePrincipal) => true,
            Some(Kind::Group) | None => false,
        };
        if let Some(kind) = object.kind().filter(|_| told && (object.display_name.is_some() || !with_names)) {
            self.known.entry(object.id.to_lowercase()).or_insert_with(|| known(kind, object));
        }
    }

    /// Whether a principal does not exist any more; none if that could not be read, or is none of the directory's kinds.
    pub fn orphaned(&self, id: &str, principal_type: &str) -> Option<bool> {
        if self.known.contains_key(&id.to_lowercase()) {
            return Some(false);
        }
        match kinds(principal_type) {
            [] => None,
            kinds => kinds.iter().all(|kind| !self.unread.contains_key(kind)).then_some(true),
        }
    }

    /// Adds what another reading found.
    pub fn extend(&mut self, other: Self) {
        self.known.extend(other.known);
        self.unread.extend(other.unread);
        self.asked.extend(other.asked);
    }

    /// What could not be read, for the answer.
    pub fn gaps(&self) -> impl Iterator<Item = Unreadable> {
        self.unread.values().cloned()
    }

    /// The same, for one who decides what they matter to: whoever goes on with these principals hears of them no more.
    pub fn take_gaps(&mut self) -> Vec<Unreadable> {
        std::mem::take(&mut self.unread).into_values().collect()
    }
}

/// The kinds a principal of this type can be; an unknown type can be any, another tenant's object and a device none.
pub fn kinds(principal_type: &str) -> &'static [Kind] {
    match principal_type.to_ascii_lowercase().as_str() {
        "user" => &[Kind::User],
        "group" => &[Kind::Group],
        "serviceprincipal" => &[Kind::ServicePrincipal],
        "foreigngroup" | "device" => &[],
        _ => &Kind::ALL,
    }
}

/// Looks up principals by object id, as far as nothing is known about them; a kind that is not known is looked for among all kinds.
pub async fn principals(context: &Context, wanted: &BTreeMap<String, Option<Kind>>, mut found: Principals) -> Result<Principals> {
    let with_names = context.personal_data == PersonalDataWord::Show;
    let given: BTreeSet<String> = found.known.keys().cloned().collect();
    for kind in Kind::ALL {
        let of_kind = wanted.iter().filter(|(_, known)| known.is_none_or(|known| known == kind)).map(|(id, _)| id.to_lowercase());
        let ids: Vec<String> = of_kind.filter(|id| !given.contains(id) && found.asked.insert((kind, id.clone()))).collect();
        let chunks: Vec<_> = ids.chunks(IDS_AT_ONCE).map(|chunk| objects(context, kind, chunk.to_vec(), with_names)).collect();
        match try_join_all(chunks).await {
            Ok(chunks) if !is_credible(context, kind, &ids, &chunks).await => {
                found.unread.insert(kind, unlisted(kind));
            }
            Ok(chunks) => {
                let objects = || chunks.iter().flat_map(|chunk| chunk.iter());
                if kind == Kind::Group && objects().any(|group| group.visibility.is_none()) {
                    let error = unstated("look up groups", "Microsoft Graph /groups", "visibility");
                    found.unread.insert(kind, failure::gap(subject(kind), GRAPH, &error)?);
                }
                for object in objects() {
                    found.known.insert(object.id.to_lowercase(), known(kind, object));
                }
            }
            Err(error) => {
                found.unread.insert(kind, failure::gap(subject(kind), GRAPH, &error)?);
            }
        }
    }
    Ok(found)
}

/// Whether a list of objects asked for by id may be believed. One without any of them is what a deleted lot looks like, and what a
/// list looks like that says nothing: where one of them answers by itself, it is the latter.
async fn is_credible(context: &Context, kind: Kind, ids: &[String], chunks: &[Arc<Vec<Object>>]) -> bool {
    match ids.first().filter(|_| chunks.iter().all(|chunk| chunk.is_empty())) {
        Some(one) => object(context, kind, one).await.is_err_and(|error| is_absent(&error)),
        None => true,
    }
}

/// The gap that a list is which leaves out what is there.
fn unlisted(kind: Kind) -> Unreadable {
    Unreadable {
        subject: subject(kind).to_owned(),
        scope: GRAPH.to_owned(),
        reason: Reason::NotProven,
        code: EMPTY_LIST.to_owned(),
        remedy: "Microsoft Graph listed none of the objects it was asked for by id, and at least one of them exists. Run again in a few \
                 minutes; if this persists, please report it."
            .to_owned(),
    }
}

fn known(kind: Kind, object: &Object) -> Known {
    Known {
        kind: Some(kind),
        display_name: object.display_name.clone(),
        guest: object.user_type.as_deref().map(|word| word.eq_ignore_ascii_case("Guest")),
        hides_members: object.hides_members(),
    }
}

fn subject(kind: Kind) -> &'static str {
    match kind {
        Kind::Group => "groups",
        Kind::ServicePrincipal => "service_principals",
        Kind::User => "users",
    }
}

async fn objects(context: &Context, kind: Kind, ids: Vec<String>, with_names: bool) -> azure::Result<Arc<Vec<Object>>> {
    let client = context.client.clone();
    let key = format!("objects/{}/{with_names}/{}", kind.word(), ids.join(","));
    context.client.memo(&key, || async move { directory::objects(&client, kind, &ids, with_names).await }).await
}

/// Who is in groups.
#[derive(Debug, Default)]
pub struct Members {
    /// The members of each group, nested ones included, by its id.
    pub of: BTreeMap<String, Arc<Vec<Object>>>,
    /// What is known by now about the groups and about those in them.
    pub people: Principals,
    /// Groups that could not be read, or whose members are hidden.
    pub gaps: Vec<Unreadable>,
}

/// The members of groups, nested ones included.
pub async fn members(context: &Context, groups: &BTreeSet<String>) -> Result<Members> {
    let with_names = context.personal_data == PersonalDataWord::Show;
    let lists = join_all(groups.iter().map(|group| members_of(context, group.clone(), with_names)).collect::<Vec<_>>()).await;
    let wanted = groups.iter().map(|id| (id.clone(), Some(Kind::Group))).collect();
    let mut about = principals(context, &wanted, Principals::default()).await?;
    let (mut found, mut gaps) = (BTreeMap::new(), Vec::from_iter(about.gaps()));
    for (group, members) in groups.iter().cloned().zip(lists) {
        match members {
            Ok(members) => {
                members.iter().for_each(|member| about.learn(member, with_names));
                found.insert(group, members);
            }
            // A deleted group has no members; one that was found a moment ago is not deleted.
            Err(error) if is_absent(&error) && !about.known.contains_key(&group.to_lowercase()) => {}
            Err(error) => {
                let mut gap = failure::gap("group_members", GRAPH, &error)?;
                gap.remedy = format!("Members of the group {group}: {}", gap.remedy);
                gaps.push(gap);
            }
        }
    }
    let mut hidden: Vec<_> = groups.iter().filter(|id| about.known.get(*id).is_some_and(|known| known.hides_members)).collect();
    if !hidden.is_empty() && sees_hidden_members(context).await {
        hidden.clear();
    }
    gaps.extend(hidden.into_iter().map(|id| {
        let remedy = "they are hidden. Grant Member.Read.Hidden (Microsoft Graph, application) with admin consent.";
        unseen_members(id, remedy)
    }));
    Ok(Members { of: found, people: about, gaps })
}

/// What to do about a group of another tenant.
pub const OF_ANOTHER_TENANT: &str =
    "they are of another tenant; ask it who is in the group, or give the role to people of this one.";

/// The gap that a group is whose members cannot be seen.
pub fn unseen_members(group: &str, remedy: &str) -> Unreadable {
    Unreadable {
        subject: "group_members".to_owned(),
        scope: GRAPH.to_owned(),
        reason: Reason::Hidden,
        code: String::new(),
        remedy: format!("Members of the group {group}: {remedy}"),
    }
}

async fn members_of(context: &Context, group: String, with_names: bool) -> azure::Result<Arc<Vec<Object>>> {
    let client = context.client.clone();
    let key = format!("members/{with_names}/{group}");
    context.client.memo(&key, || async move { directory::members_of(&client, &group, with_names).await }).await
}

/// The directory roles that are active.
pub async fn role_assignments(context: &Context) -> azure::Result<Arc<Vec<directory::RoleAssignment>>> {
    let read = |client: Client| async move { directory::role_assignments(&client).await };
    context.client.memo("directory_role_assignments", || read(context.client.clone())).await
}

/// The directory roles there are.
pub async fn role_definitions(context: &Context) -> azure::Result<Arc<Vec<directory::RoleDefinition>>> {
    let read = |client: Client| async move { directory::role_definitions(&client).await };
    context.client.memo("directory_role_definitions", || read(context.client.clone())).await
}

/// The directory roles that could be activated.
pub async fn role_eligibilities(context: &Context) -> azure::Result<Arc<Vec<directory::RoleInstance>>> {
    let read = |client: Client| async move { directory::role_eligibilities(&client).await };
    context.client.memo("directory_role_eligibilities", || read(context.client.clone())).await
}

/// How long the active directory roles last.
pub async fn role_schedules(context: &Context) -> azure::Result<Arc<Vec<directory::RoleInstance>>> {
    let read = |client: Client| async move { directory::role_schedules(&client).await };
    context.client.memo("directory_role_schedules", || read(context.client.clone())).await
}
