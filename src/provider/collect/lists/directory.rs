//! Who a principal is: its kind, its name, the groups it is in, who is in a group, and who holds which directory role.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use futures::future::{join_all, try_join_all};

use super::about_groups::{HIDDEN_MEMBERS, groups_in};
use crate::{
    azure::{
        self, Client, Failure,
        answer::lenient::unstated,
        memo::Key,
        microsoft_graph::directory::{self, IDS_AT_ONCE},
    },
    posture::{Place, Reason, Seen, Subject, Unreadable, rbac::Account},
    provider::{
        collect::{lists::entra, stop::Result, twice, unread},
        context::Context,
    },
};

/// The rows, as the service writes them.
pub use crate::azure::microsoft_graph::directory::{
    GroupProtection, Kind, Object, RoleAssignment, RoleDefinition, RoleInstance, hides_members,
};

pub use crate::provider::collect::lists::{
    about_groups::group_protection,
    held_twice::{contradicted_assignments, contradicted_instances, is_through_group, scope},
    known::Known,
};

/// What the directory says about one principal.
#[derive(Clone, Debug)]
pub struct Membership {
    /// Its kind; none if it does not exist or could not be read.
    pub kind: Option<Kind>,
    /// Whether the directory was asked and knows no such object.
    pub unknown_object: bool,
    /// Whether it is enabled.
    pub account: Account,
    /// The groups it is in, nested ones included, lower case.
    pub groups: Seen<BTreeSet<String>>,
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
                    return Ok(Membership { kind: Some(kind), unknown_object: false, account, groups: Seen::all(groups) });
                }
                (account, Err(error)) => (Some(kind), account, error),
            },
            Err(error) if is_absent(&error) => continue,
            Err(error) => {
                let gap = unread::gap(Subject::Groups, Place::Graph, &error)?;
                refused.get_or_insert(gap);
                continue;
            }
        };
        let gap = unread::gap(Subject::Groups, Place::Graph, &error)?;
        return Ok(Membership { kind, unknown_object: false, account, groups: Seen::unseen(gap) });
    }
    if let Some(gap) = refused {
        let account = Account::Unread(gap.reason);
        return Ok(Membership { kind: hint, unknown_object: false, account, groups: Seen::unseen(gap) });
    }
    // Whoever does not exist is in no group.
    Ok(Membership { kind: None, unknown_object: true, account: Account::Enabled, groups: Seen::all(BTreeSet::new()) })
}

/// Whether an object is enabled, as the directory shows it. A group is no account.
fn account(kind: Kind, object: &Object) -> Account {
    match (kind, object.account_enabled.0) {
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
    let key = Key::of("object").and(kind.word()).and(&id);
    context.client.memo(key, || async move { directory::object(&client, kind, &id).await }).await
}

async fn groups_of(context: &Context, kind: Kind, id: &str) -> azure::Result<Arc<Vec<Object>>> {
    let (client, id) = (context.client.clone(), id.to_owned());
    let key = Key::of("groups_of").and(kind.word()).and(&id);
    context.client.memo(key, || async move { directory::groups_of(&client, kind, &id).await }).await
}

/// The gap that groups are which keep their members from being seen; none if none of these does, or this sign-in may see them all the
/// same. Groups that could not be looked up may do so, too, and are the gap that they are.
pub async fn hiding(context: &Context, ids: &BTreeSet<String>) -> Result<Option<Unreadable>> {
    let wanted = ids.iter().map(|id| (id.clone(), Some(Kind::Group))).collect();
    let people = principals(context, &wanted, Principals::default()).await?;
    if let Some(gap) = people.gaps().next() {
        return Ok(Some(gap));
    }
    if !people.known.values().any(|known| known.hides_members) || sees_hidden_members(context).await {
        return Ok(None);
    }
    let remedy = "A group that something is given to or denied here hides its members. Grant Member.Read.Hidden (Microsoft Graph, \
                  application) with admin consent.";
    Ok(Some(Unreadable {
        subject: Subject::Groups,
        place: Place::Graph,
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
pub async fn sees_hidden_members(context: &Context) -> bool {
    let claims = entra::claims(context).await.ok().flatten();
    claims.is_some_and(|claims| claims.roles.iter().any(|role| role == "Member.Read.Hidden"))
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
    /// How many of each kind were looked up by themselves.
    singles: BTreeMap<Kind, usize>,
    /// Those that a list left out and that were not looked up by themselves, because there were too many.
    unproven: BTreeSet<(Kind, String)>,
    /// Those of which it stays open what they are, though the gap was taken.
    open: BTreeSet<(Kind, String)>,
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
            self.note(object.id.to_lowercase(), Known::of(kind, object));
        }
    }

    /// Takes over what is said of a principal. What two lists, or two rows of one, do not agree on nobody knows.
    fn note(&mut self, id: String, said: Known) {
        match self.known.entry(id) {
            Entry::Vacant(vacant) => {
                vacant.insert(said);
            }
            Entry::Occupied(mut known) => {
                let kinds = [known.get().kind, said.kind];
                if !known.get_mut().agrees(&said) {
                    let twofold =
                        |kind| (kind, twice::gap(subject(kind), Place::Graph, &format!("the principal {}", known.key())));
                    self.unread.extend(kinds.into_iter().flatten().map(twofold));
                }
            }
        }
    }

    /// Whether a principal does not exist any more; none if that could not be read, or is none of the directory's kinds. A word that is
    /// new here may stand for what is in none of its lists.
    pub fn orphaned(&self, id: &str, principal_type: &str) -> Option<bool> {
        if self.known.contains_key(&id.to_lowercase()) {
            return Some(false);
        }
        let kinds = kinds(principal_type);
        let is_new = kinds.len() > 1 && !["", "Unknown"].iter().any(|word| word.eq_ignore_ascii_case(principal_type));
        match kinds.is_empty() || is_new {
            true => None,
            false => kinds.iter().all(|kind| !self.can_be(*kind, id)).then_some(true),
        }
    }

    /// Whether a principal may be one of this kind, for all that was read.
    pub fn can_be(&self, kind: Kind, id: &str) -> bool {
        let id = id.to_lowercase();
        match self.known.get(&id) {
            Some(known) => known.kind.is_none_or(|own| own == kind),
            None if self.unread.contains_key(&kind) => true,
            None => {
                let one = (kind, id);
                self.unproven.contains(&one) || self.open.contains(&one)
            }
        }
    }

    /// Adds what another reading found.
    pub fn extend(&mut self, other: Self) {
        other.known.into_iter().for_each(|(id, known)| self.note(id, known));
        self.unread.extend(other.unread);
        self.asked.extend(other.asked);
        self.unproven.extend(other.unproven);
        self.open.extend(other.open);
        for (kind, count) in other.singles {
            *self.singles.entry(kind).or_default() += count;
        }
    }

    /// What could not be read, for the answer.
    pub fn gaps(&self) -> impl Iterator<Item = Unreadable> {
        let unproven = Kind::ALL.into_iter().filter_map(|kind| {
            let count = self.unproven.iter().filter(|(own, _)| *own == kind).count();
            (count > 0 && !self.unread.contains_key(&kind)).then(|| unproven(kind, count))
        });
        self.unread.values().cloned().chain(unproven)
    }

    /// The same, for one who decides what they matter to: whoever goes on with these principals hears of them no more. What they leave
    /// open stays so.
    pub fn take_gaps(&mut self) -> Vec<Unreadable> {
        let gaps = self.gaps().collect();
        let unread = std::mem::take(&mut self.unread);
        let is_open = |(kind, id): &&(Kind, String)| unread.contains_key(kind) && !self.known.contains_key(id);
        self.open.extend(self.asked.iter().filter(is_open).cloned());
        self.open.append(&mut self.unproven);
        gaps
    }

    /// Takes over what a list of objects asked for by id says.
    fn take(&mut self, kind: Kind, objects: &[Object]) -> Result<()> {
        if kind == Kind::Group && objects.iter().any(|group| group.visibility.is_none()) {
            let error = unstated("look up groups", "Microsoft Graph /groups", "visibility");
            self.unread.insert(kind, unread::gap(subject(kind), Place::Graph, &error)?);
        }
        objects.iter().for_each(|object| self.note(object.id.to_lowercase(), Known::of(kind, object)));
        Ok(())
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

/// How many objects of one kind are looked up by themselves, because a list left them out.
const SINGLES: usize = 20;

/// Looks up principals by object id, as far as nothing is known about them; a kind that is not known is looked for among all kinds.
pub async fn principals(context: &Context, wanted: &BTreeMap<String, Option<Kind>>, mut found: Principals) -> Result<Principals> {
    let with_names = context.shows_people();
    let given: BTreeSet<String> = found.known.keys().cloned().collect();
    let mut answered = Vec::new();
    for kind in Kind::ALL {
        let of_kind = wanted.iter().filter(|(_, known)| known.is_none_or(|known| known == kind)).map(|(id, _)| id.to_lowercase());
        let ids: Vec<String> = of_kind.filter(|id| !given.contains(id) && found.asked.insert((kind, id.clone()))).collect();
        let chunks: Vec<_> = ids.chunks(IDS_AT_ONCE).map(|chunk| objects(context, kind, chunk.to_vec(), with_names)).collect();
        match try_join_all(chunks).await {
            Ok(lists) => {
                for list in &lists {
                    found.take(kind, list)?;
                }
                answered.push((kind, ids));
            }
            Err(error) => {
                found.unread.insert(kind, unread::gap(subject(kind), Place::Graph, &error)?);
            }
        }
    }
    // What one kind leaves out another may have.
    for (kind, mut ids) in answered {
        ids.retain(|id| !found.known.contains_key(id));
        look_up(context, kind, ids, &mut found).await?;
    }
    Ok(found)
}

/// Looks up by themselves what the lists of a kind left out, in the order of their ids, so that all kinds look for the same. Those that
/// are gone look like those that a list is silent about: where one answers by itself, the lists of this kind say nothing about any other.
async fn look_up(context: &Context, kind: Kind, mut ids: Vec<String>, found: &mut Principals) -> Result<()> {
    let before = found.singles.entry(kind).or_default();
    let beyond = ids.split_off(ids.len().min(SINGLES.saturating_sub(*before)));
    *before += ids.len();
    found.unproven.extend(beyond.into_iter().map(|id| (kind, id)));
    for answer in join_all(ids.iter().map(|id| object(context, kind, id)).collect::<Vec<_>>()).await {
        match answer {
            Ok(_) => found.unread.insert(kind, unlisted(kind)),
            Err(error) if is_absent(&error) => continue,
            Err(error) => found.unread.insert(kind, unread::gap(subject(kind), Place::Graph, &error)?),
        };
    }
    Ok(())
}

/// The gap that a list is which leaves out what is there.
fn unlisted(kind: Kind) -> Unreadable {
    Unreadable {
        subject: subject(kind),
        place: Place::Graph,
        reason: Reason::NotProven,
        code: Failure::EmptyList.code().to_owned(),
        remedy: "Microsoft Graph left out at least one of the objects it was asked for by id that exists. Run again in a few minutes; if \
                 this persists, please report it."
            .to_owned(),
    }
}

/// The gap that objects are of which it is not proven that they are gone.
fn unproven(kind: Kind, count: usize) -> Unreadable {
    Unreadable {
        subject: subject(kind),
        place: Place::Graph,
        reason: Reason::NotProven,
        code: String::new(),
        remedy: format!(
            "Microsoft Graph does not list {count} more of the objects it was asked for by id. {SINGLES} of each kind are looked up one by \
             one, so it is not proven that these are gone. Remove what is given to principals that are, or filter by `principal_ids`, \
             and run again."
        ),
    }
}

fn subject(kind: Kind) -> Subject {
    match kind {
        Kind::Group => Subject::Groups,
        Kind::ServicePrincipal => Subject::ServicePrincipals,
        Kind::User => Subject::Users,
    }
}

async fn objects(context: &Context, kind: Kind, ids: Vec<String>, with_names: bool) -> azure::Result<Arc<Vec<Object>>> {
    let client = context.client.clone();
    let key = Key::of(if with_names { "objects/named" } else { "objects" }).and(kind.word()).and_all(&ids);
    context.client.memo(key, || async move { directory::objects(&client, kind, &ids, with_names).await }).await
}

/// Who is in groups.
#[derive(Debug, Default)]
pub struct Members {
    /// The members of each group, nested ones included, by its id.
    pub of: BTreeMap<String, Arc<Vec<Object>>>,
    /// What is known by now about the groups and about those in them.
    pub people: Principals,
    /// Of groups that could not be read, or whose members are hidden, why; by their ids.
    pub unseen: BTreeMap<String, Unreadable>,
    /// Groups that could not be read, or whose members are hidden.
    pub gaps: Vec<Unreadable>,
}

/// The members of groups, nested ones included. `about` is what is known of the groups already.
pub async fn members(context: &Context, groups: &BTreeSet<String>, about: Principals) -> Result<Members> {
    let with_names = context.shows_people();
    let lists = join_all(groups.iter().map(|group| members_of(context, group.clone(), with_names)).collect::<Vec<_>>()).await;
    let nested = lists.iter().flatten().flat_map(|inside| groups_in(inside));
    let wanted = groups.iter().cloned().chain(nested).map(|id| (id, Some(Kind::Group))).collect();
    let mut about = principals(context, &wanted, about).await?;
    let (mut found, mut unseen) = (BTreeMap::new(), BTreeMap::new());
    let mut gaps = Vec::from_iter(about.gaps());
    for (group, members) in groups.iter().cloned().zip(lists) {
        match members {
            Ok(members) => {
                members.iter().for_each(|member| about.learn(member, with_names));
                found.insert(group, members);
            }
            // A deleted group has no members; one that was found a moment ago is not deleted.
            Err(error) if is_absent(&error) && !about.known.contains_key(&group.to_lowercase()) => {}
            Err(error) => {
                let mut gap = unread::gap(Subject::GroupMembers, Place::Graph, &error)?;
                gap.remedy = format!("Members of the group {group}: {}", gap.remedy);
                unseen.insert(group, gap);
            }
        }
    }
    let is_any_hidden = about.known.values().any(|known| known.hides_members);
    if is_any_hidden && !sees_hidden_members(context).await {
        let hides = |id: &String| about.known.get(&id.to_lowercase()).is_some_and(|known| known.hides_members);
        // A group that hides its members hides them in the groups that it is in, too.
        for group in groups {
            let nested = found.get(group).into_iter().flat_map(|inside| groups_in(inside));
            if let Some(hiding) = std::iter::once(group.clone()).chain(nested).find(hides) {
                unseen.entry(group.clone()).or_insert_with(|| unseen_members(&hiding, HIDDEN_MEMBERS));
            }
        }
    }
    gaps.extend(unseen.values().cloned());
    Ok(Members { of: found, people: about, unseen, gaps })
}

/// What to do about a group of another tenant.
pub const OF_ANOTHER_TENANT: &str =
    "they are of another tenant; ask it who is in the group, or give the role to people of this one.";

/// The gap that a group is whose members cannot be seen.
pub fn unseen_members(group: &str, remedy: &str) -> Unreadable {
    Unreadable {
        subject: Subject::GroupMembers,
        place: Place::Graph,
        reason: Reason::Hidden,
        code: String::new(),
        remedy: format!("Members of the group {group}: {remedy}"),
    }
}

/// The members of a group, nested ones included.
pub(super) async fn members_of(context: &Context, group: String, with_names: bool) -> azure::Result<Arc<Vec<Object>>> {
    let client = context.client.clone();
    let key = Key::of(if with_names { "members/named" } else { "members" }).and(&group);
    context.client.memo(key, || async move { directory::members_of(&client, &group, with_names).await }).await
}

/// The directory roles that are active.
pub async fn role_assignments(context: &Context) -> azure::Result<Arc<Vec<directory::RoleAssignment>>> {
    let read = |client: Client| async move { directory::role_assignments(&client).await };
    context.client.memo(Key::of("directory_role_assignments"), || read(context.client.clone())).await
}

/// The directory roles there are.
pub async fn role_definitions(context: &Context) -> azure::Result<Arc<Vec<directory::RoleDefinition>>> {
    let read = |client: Client| async move { directory::role_definitions(&client).await };
    context.client.memo(Key::of("directory_role_definitions"), || read(context.client.clone())).await
}

/// The directory roles that could be activated.
pub async fn role_eligibilities(context: &Context) -> azure::Result<Arc<Vec<directory::RoleInstance>>> {
    let read = |client: Client| async move { directory::role_eligibilities(&client).await };
    context.client.memo(Key::of("directory_role_eligibilities"), || read(context.client.clone())).await
}

/// How long the active directory roles last.
pub async fn role_schedules(context: &Context) -> azure::Result<Arc<Vec<directory::RoleInstance>>> {
    let read = |client: Client| async move { directory::role_schedules(&client).await };
    context.client.memo(Key::of("directory_role_schedules"), || read(context.client.clone())).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_could_not_be_looked_up_is_not_gone_when_the_gap_is_taken() {
        let asked = |id: &str| Kind::ALL.map(|kind| (kind, id.to_owned()));
        let mut people = Principals {
            unread: [(Kind::User, unlisted(Kind::User))].into(),
            asked: asked("a").into_iter().chain(asked("b")).collect(),
            unproven: [(Kind::Group, "b".to_owned())].into(),
            ..Principals::default()
        };
        let orphaned =
            |people: &Principals| [("a", "User"), ("b", "Group"), ("a", "Group")].map(|(id, word)| people.orphaned(id, word));
        let before = orphaned(&people);
        assert_eq!(before, [None, None, Some(true)]);
        assert_eq!(people.take_gaps().len(), 2);
        assert_eq!((orphaned(&people), people.gaps().count()), (before, 0));
    }
}
