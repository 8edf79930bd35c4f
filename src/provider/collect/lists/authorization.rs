//! Who may do what where: role assignments, deny assignments, roles, and what could be activated. Two ways in: everything of a set of
//! subscriptions, and everything that reaches one scope.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::future::{join_all, try_join_all};

use crate::{
    azure::{
        self, Client,
        answer::lenient::unstated,
        memo::Key,
        resource_graph::{QueryScope, queries},
        settings::ScopeSetting,
    },
    posture::{
        Area, Place, Reason, Seen, Subject, Unreadable,
        grant::command,
        rbac::{self, built_in, covers, place::Kind},
        resource_id::ResourceId,
    },
    provider::{
        collect::{
            Lists,
            estate::{
                delegated,
                engine::{self, Engine},
                exclusions, proof,
                scope::{self, Subscription, own_object_id, own_tenant},
            },
            lists::listed::{self, List, arm, both},
            stop::{Result, Stop},
            twice, unread,
        },
        context::Context,
    },
};

/// The rows, as the service writes them.
pub use crate::azure::arm::authorization as wire;

/// The groups of the connection.
pub use crate::provider::collect::estate::places::Tree;

/// The rows, as they are judged.
pub use crate::provider::collect::facts::held_roles::{Force, assignment, denial, eligibility, force, guid_of, role};

/// The lists of this subject.
pub const LISTS: &[List] = &[DENY_ASSIGNMENTS, ELIGIBILITIES, ROLE_ASSIGNMENTS, ROLE_DEFINITIONS, SCHEDULES];

const IDENTITY: Option<Area> = Some(Area::Identity);
/// Deny assignments.
const DENY_ASSIGNMENTS: List = arm("deny_assignments", Subject::DenyAssignments, IDENTITY, wire::DENY_ASSIGNMENTS);
/// What could be activated.
const ELIGIBILITIES: List = arm("role_eligibilities", Subject::EligibleRoleAssignments, IDENTITY, wire::ELIGIBILITIES);
/// Role assignments.
const ROLE_ASSIGNMENTS: List =
    both("role_assignments", Subject::RoleAssignments, IDENTITY, wire::ROLE_ASSIGNMENTS, queries::ROLE_ASSIGNMENTS);
/// Role definitions.
pub const ROLE_DEFINITIONS: List =
    both("role_definitions", Subject::RoleDefinitions, IDENTITY, wire::ROLE_DEFINITIONS, queries::ROLE_DEFINITIONS);
/// How long active roles last.
const SCHEDULES: List = arm("role_schedules", Subject::RoleAssignmentSchedules, IDENTITY, wire::SCHEDULES);

/// The role assignments of subscriptions, those above and below them included; one above several is in each of their lists.
pub async fn role_assignments(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<wire::RoleAssignment>>> {
    let arm = |client: Client, id: String| async move { wire::role_assignments(&client, &format!("/subscriptions/{id}")).await };
    let graph = |client: Client, ids: BTreeSet<String>| async move {
        let (mut below, mut above) = (BTreeMap::<String, Vec<_>>::new(), Vec::new());
        queries::role_assignments(&client, QueryScope::Subscriptions(ids.clone()), |row| match subscription_of(&row) {
            Some(id) if ids.contains(&id) => below.entry(id).or_default().push(row),
            Some(_) => {}
            None => above.push(row),
        })
        .await?;
        // What stands above one of them is said once; whose it is does not matter, since rows are told apart by id.
        below.values_mut().for_each(|rows| rows.extend(above.iter().cloned()));
        Ok(below)
    };
    // Apart, because Resource Graph does not tell below whose subscription what stands above subscriptions was found.
    let (own, foreign): (Vec<_>, Vec<_>) =
        subscriptions.iter().cloned().partition(|subscription| delegated::elsewhere(subscription).is_none());
    let list = &ROLE_ASSIGNMENTS;
    let mut lists = engine::by_engine(context, &own, list, arm, graph).await?;
    if !foreign.is_empty() {
        lists = lists.and(engine::by_engine(context, &foreign, list, arm, graph).await?);
    }
    Ok(not_whole_elsewhere(lists, list.subject))
}

/// Adds that the lists of another tenant's subscriptions are not all there is.
fn not_whole_elsewhere<T>(lists: Lists<T>, subject: Subject) -> Lists<T> {
    lists.each(|subscription, seen| match delegated::elsewhere(subscription).filter(|_| seen.so_far().is_ok()) {
        Some(why) => seen.lacking(delegated::unlisted(subject, Place::Subscription(subscription.id.clone()), why)),
        None => seen,
    })
}

/// The subscription an assignment stands at or below; none if it stands above subscriptions.
fn subscription_of(row: &wire::RoleAssignment) -> Option<String> {
    ResourceId::parse(&row.properties.scope).ok()?.subscription_id
}

/// The deny assignments of subscriptions, likewise.
pub async fn deny_assignments(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<wire::DenyAssignment>>> {
    let read = |client: Client, scope: String| async move { wire::deny_assignments(&client, &scope, None).await };
    listed::by_arm(context, subscriptions, &DENY_ASSIGNMENTS, read).await
}

/// What could be activated in subscriptions, likewise.
pub async fn eligibilities(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<wire::ScheduleInstance>>> {
    let read = |client: Client, scope: String| async move { wire::eligibilities(&client, &scope).await };
    let lists = listed::by_arm(context, subscriptions, &ELIGIBILITIES, read).await?;
    Ok(not_whole_elsewhere(lists, ELIGIBILITIES.subject))
}

/// How long the active role assignments of subscriptions last, likewise.
pub async fn schedules(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<wire::ScheduleInstance>>> {
    let read = |client: Client, scope: String| async move { wire::schedules(&client, &scope).await };
    listed::by_arm(context, subscriptions, &SCHEDULES, read).await
}

/// Roles, by lower-case GUID, and what of them could not be read.
#[derive(Debug, Default)]
pub struct Definitions {
    /// Every role that can be assigned at one of the scopes, and every role that is used.
    pub roles: BTreeMap<String, Arc<wire::RoleDefinition>>,
    /// Those of the used ones that the service does not know; each is a gap, too.
    pub absent: BTreeSet<String>,
    /// Those that two definitions describe, and not alike.
    twofold: BTreeSet<String>,
    /// What could not be read.
    pub gaps: Vec<Unreadable>,
}

impl Definitions {
    /// Adds roles that were read. What two definitions of one do not agree on nobody knows: what it allows, how it is called, where it
    /// can be given.
    pub fn add<'a>(&mut self, roles: impl Iterator<Item = &'a Arc<wire::RoleDefinition>>) {
        for role in roles {
            let guid = role.name.to_lowercase();
            let Some(known) = self.roles.get_mut(&guid) else {
                self.roles.insert(guid, Arc::clone(role));
                continue;
            };
            if known.properties != role.properties {
                let (known, other) = (&mut Arc::make_mut(known).properties, &role.properties);
                let mut same = twice::agree(&mut known.permissions, &other.permissions);
                same &= twice::agree(&mut known.role_name, &other.role_name);
                let word = |kind: &Option<String>| kind.as_ref().map(|word| word.to_lowercase());
                if word(&known.kind) != word(&other.kind) {
                    same &= twice::agree(&mut known.kind, &other.kind);
                }
                let scopes = |all: &[String]| all.iter().map(|scope| scope.to_lowercase()).collect::<BTreeSet<_>>();
                if scopes(&known.assignable_scopes) != scopes(&other.assignable_scopes) {
                    (same, known.assignable_scopes.0) = (false, Vec::new());
                }
                if !same {
                    self.twofold.insert(guid);
                }
            }
        }
    }

    /// The GUIDs of all roles of this name, without case: several can bear one.
    pub fn all_of_name(&self, name: &str) -> BTreeSet<String> {
        let bears =
            |role: &wire::RoleDefinition| role.properties.role_name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name));
        self.roles.iter().filter(|(_, role)| bears(role)).map(|(guid, _)| guid.clone()).collect()
    }

    /// Those of which the service does not say how they are called.
    pub fn nameless(&self) -> impl Iterator<Item = &Arc<wire::RoleDefinition>> {
        self.roles.values().filter(|role| role.properties.role_name.is_none())
    }

    /// All names.
    pub fn names(&self) -> Vec<String> {
        self.roles.values().filter_map(|role| role.properties.role_name.0.clone()).collect()
    }
}

/// The roles that can be assigned at scopes, and those in `used`, which maps lower-case GUIDs to a scope where the role is assigned: a
/// custom role can be bound to a scope below. `live` leaves out Resource Graph, which is behind.
pub async fn definitions(
    context: &Context,
    scopes: &[String],
    used: &BTreeMap<String, String>,
    live: bool,
) -> Result<Definitions> {
    let mut found = Definitions::default();
    let first = scopes.first().map(String::as_str).unwrap_or("/");
    let by_graph = !live && ROLE_DEFINITIONS.engine(context, scopes.len()) == Engine::ResourceGraph;
    let many = all_subscriptions(scopes).filter(|_| by_graph);
    if let Some(ids) = many
        && let Ok(list) = roles_by_graph(context, ids).await
        // A list without Owner is not the list of all roles; nothing documents that Resource Graph always has the built-in ones.
        && list.iter().any(|role| role.name.eq_ignore_ascii_case(built_in::OWNER))
    {
        found.add(list.iter());
        return complete(context, found, first, used).await;
    }
    let custom: Vec<_> = scopes.iter().map(|scope| custom(context, scope)).collect();
    let (built_in, custom) = tokio::join!(built_in(context, scopes), join_all(custom));
    for (scope, list) in scopes.iter().map(String::as_str).zip(custom).chain([(first, built_in)]) {
        match list {
            Ok(list) => found.add(list.iter()),
            Err(error) => found.gaps.push(unread::gap(Subject::RoleDefinitions, Place::of(scope), &error)?),
        }
    }
    complete(context, found, first, used).await
}

/// Adds the roles that are used and that no list had. `here` is a scope of the connection.
async fn complete(context: &Context, mut found: Definitions, here: &str, used: &BTreeMap<String, String>) -> Result<Definitions> {
    let missing = used.iter().filter(|(guid, _)| !found.roles.contains_key(*guid));
    let missing: Vec<_> = missing.map(|(guid, scope)| (guid.clone(), scope.clone())).collect();
    for (guid, scope) in missing {
        match role_at(context, &scope, here, &guid).await {
            Ok(role) => {
                found.roles.insert(guid, role);
            }
            Err(error) => {
                found.gaps.push(unread::gap(Subject::RoleDefinitions, Place::of(here), &error)?);
                if error.kind() == azure::Kind::NotFound {
                    found.absent.insert(guid);
                }
            }
        }
    }
    // Of those that nobody holds or asks for it does not matter.
    let silent = used.keys().filter_map(|guid| found.roles.get(guid)).filter(|role| role.permissions().is_none());
    for role in silent.cloned().collect::<Vec<_>>() {
        let error = unstated("read the role definition", role.id.as_str(), "permissions");
        found.gaps.push(unread::gap(Subject::RoleDefinitions, Place::of(here), &error)?);
    }
    let twofold = used.keys().filter(|guid| found.twofold.contains(*guid));
    let twofold: Vec<_> =
        twofold.map(|guid| twice::gap(Subject::RoleDefinitions, Place::of(here), &format!("the role {guid}"))).collect();
    found.gaps.extend(twofold);
    Ok(found)
}

/// The ids, if every scope is a subscription.
fn all_subscriptions(scopes: &[String]) -> Option<BTreeSet<String>> {
    scopes
        .iter()
        .map(|scope| scope.strip_prefix("/subscriptions/").filter(|id| !id.contains('/')).map(str::to_lowercase))
        .collect()
}

/// The roles of many subscriptions at once, the built-in ones included.
pub(in crate::provider::collect) async fn roles_by_graph(context: &Context, ids: BTreeSet<String>) -> azure::Result<Arc<Roles>> {
    let key = Key::of("graph/roles").and_all(&ids);
    let client = context.client.clone();
    let read = || async move {
        let mut all = Roles::new();
        queries::role_definitions(&client, QueryScope::Subscriptions(ids), |role| all.push(Arc::new(role))).await?;
        Ok(all)
    };
    context.client.memo(key, read).await
}

/// A list of roles.
pub(in crate::provider::collect) type Roles = Vec<Arc<wire::RoleDefinition>>;

/// Built-in roles are the same everywhere, so whoever has read them has read them for all; but a refusal at one scope says nothing about
/// another.
async fn built_in(context: &Context, scopes: &[String]) -> azure::Result<Arc<Roles>> {
    let Some((first, others)) = scopes.split_first() else { return Ok(Arc::default()) };
    let at = |key: Key, scope: &str| {
        let (client, scope) = (context.client.clone(), scope.to_owned());
        roles(context, key, async move { wire::built_in_roles(&client, &scope).await })
    };
    let mut read = at(Key::of(BUILT_IN), first).await;
    for scope in std::iter::once(first).chain(others) {
        if !matches!(&read, Err(error) if matches!(error.kind(), azure::Kind::Forbidden | azure::Kind::NotFound | azure::Kind::NotVisible))
        {
            break;
        }
        read = at(Key::of(BUILT_IN).and(scope), scope).await;
    }
    read
}

const BUILT_IN: &str = "built_in_roles";

async fn custom(context: &Context, scope: &str) -> azure::Result<Arc<Roles>> {
    let (client, at) = (context.client.clone(), scope.to_owned());
    roles(context, Key::of("custom_roles").and(scope), async move { wire::custom_roles(&client, &at).await }).await
}

/// A list of roles, read once under its key.
pub(in crate::provider::collect) async fn roles<R>(context: &Context, key: Key, read: R) -> azure::Result<Arc<Roles>>
where
    R: Future<Output = azure::Result<Vec<wire::RoleDefinition>>> + Send + 'static,
{
    let read = || async move { Ok(read.await?.into_iter().map(Arc::new).collect::<Roles>()) };
    context.client.memo(key, read).await
}

/// A role as it is where it is assigned; what is assigned above the connection's own scope may be read no higher than `here`.
async fn role_at(context: &Context, scope: &str, here: &str, guid: &str) -> azure::Result<Arc<wire::RoleDefinition>> {
    let (client, id) = (context.client.clone(), guid.to_owned());
    let places = [scope.to_owned(), here.to_owned()];
    // A role that is not found, or not shown, at one scope may be at another.
    let key = Key::of("role_definition").and(scope).and(here).and(guid);
    let read = || async move {
        let [scope, here] = places;
        match wire::role_definition_at(&client, &scope, &id).await {
            Err(error) if error.kind() == azure::Kind::RefusedByGuard => wire::role_definition_at(&client, &here, &id).await,
            answer => answer,
        }
    };
    context.client.memo(key, read).await
}

/// The id of a management group.
pub fn group_scope(name: &str) -> String {
    format!("/providers/Microsoft.Management/managementGroups/{name}")
}

/// Reads the groups of the connection; none for a connection of subscriptions. From then on they may be read.
pub async fn tree(context: &Context) -> Result<Tree> {
    let root = match &context.client.settings().scope {
        ScopeSetting::Detect | ScopeSetting::Subscriptions(_) => return Ok(Tree::default()),
        ScopeSetting::ManagementGroup(name) => name.clone(),
        ScopeSetting::Tenant => {
            let tenant = own_tenant(context).await.map_err(Stop::Failed)?;
            tenant.or_else(|| context.client.settings().tenant_id.clone()).unwrap_or_default()
        }
    };
    match scope::descendants(context, &root).await {
        Ok(below) => {
            let tree = exclusions::without_excluded(context, &root, &below);
            // Only then: what an earlier read found stays admitted when this one fails.
            context.client.admit_groups(&tree.groups);
            Ok(tree)
        }
        Err(error) => Ok(Tree::unread(&root, unread::gap(Subject::ManagementGroups, Place::of(&group_scope(&root)), &error)?)),
    }
}

/// The role assignments at and above management groups, and what of them could not be read.
pub async fn assignments_of_groups(context: &Context, groups: &BTreeSet<String>) -> Result<OfGroups<wire::RoleAssignment>> {
    of_groups(groups, |scope| async move { assignments_reaching(context, &scope).await }).await
}

/// The deny assignments of management groups, likewise.
pub async fn denials_of_groups(context: &Context, groups: &BTreeSet<String>) -> Result<OfGroups<wire::DenyAssignment>> {
    of_groups(groups, |scope| async move { denials_reaching(context, &scope).await }).await
}

/// What could be activated on management groups, likewise.
pub async fn eligibilities_of_groups(context: &Context, groups: &BTreeSet<String>) -> Result<OfGroups<wire::ScheduleInstance>> {
    of_groups(groups, |scope| async move { eligibilities_reaching(context, &scope).await }).await
}

/// A list of each of several groups.
pub type OfGroups<T> = Vec<Seen<Arc<Vec<T>>>>;

async fn of_groups<T, R>(groups: &BTreeSet<String>, read: impl Fn(String) -> R) -> Result<OfGroups<T>>
where
    R: Future<Output = Result<Seen<Arc<Vec<T>>>>>,
{
    try_join_all(groups.iter().map(|name| read(group_scope(name))).collect::<Vec<_>>()).await
}

/// A list of everything that reaches one scope.
type Reaching<T> = Seen<Arc<T>>;

/// The role assignments at and above a scope.
pub async fn assignments_reaching(context: &Context, scope: &str) -> Result<Reaching<Vec<wire::RoleAssignment>>> {
    let read = |client: Client, scope: String| async move { wire::role_assignments_reaching(&client, &scope).await };
    reaching(context, scope, &ROLE_ASSIGNMENTS, read).await
}

/// The deny assignments at and above a scope.
pub async fn denials_reaching(context: &Context, scope: &str) -> Result<Reaching<Vec<wire::DenyAssignment>>> {
    let read = |client: Client, scope: String| async move { wire::deny_assignments(&client, &scope, Some("atScope()")).await };
    reaching(context, scope, &DENY_ASSIGNMENTS, read).await
}

/// What could be activated at and above a scope.
pub async fn eligibilities_reaching(context: &Context, scope: &str) -> Result<Reaching<Vec<wire::ScheduleInstance>>> {
    let read = |client: Client, scope: String| async move { wire::eligibilities_reaching(&client, &scope).await };
    reaching(context, scope, &ELIGIBILITIES, read).await
}

/// Reads a list and proves that the caller may see all of it: the service leaves out what the caller may not.
async fn reaching<T, F, R>(context: &Context, scope: &str, list: &List, read: F) -> Result<Reaching<T>>
where
    T: Send + Sync + 'static,
    F: FnOnce(Client, String) -> R,
    R: Future<Output = azure::Result<T>> + Send + 'static,
{
    let (client, at, subject) = (context.client.clone(), scope.to_owned(), list.subject);
    let key = Key::of("reaching").and(list.key).and(scope);
    let rows = context.client.memo(key, || read(client, at));
    let (rows, held) = tokio::join!(rows, proof::permissions(context, scope));
    match (rows, held) {
        (Err(error), _) => Ok(Seen::unseen(unread::gap(subject, Place::of(scope), &error)?)),
        (Ok(rows), Ok(held)) => match list.actions().into_iter().find(|action| !covers(&held, action)) {
            None => Ok(Seen::all(rows)),
            Some(action) => {
                let grant = command("Reader", scope, &own_object_id(context).await);
                Ok(Seen::part(rows, [unproven(subject, scope, action, &grant)]))
            }
        },
        (Ok(rows), Err(error)) => {
            let gap = unread::gap(subject, Place::of(scope), &error)?;
            Ok(Seen::part(rows, [Unreadable { reason: Reason::NotProven, ..gap }]))
        }
    }
}

fn unproven(subject: Subject, scope: &str, action: &str, grant: &str) -> Unreadable {
    Unreadable {
        subject,
        place: Place::of(scope),
        reason: Reason::NotProven,
        code: String::new(),
        remedy: format!("`{action}` is not held there, so rows may be missing. Grant it: {grant}"),
    }
}

/// The role assignments that the service says reach a user or service principal at a scope, groups included. None if it does not
/// answer: it is a second source, and its failure no gap.
pub async fn confirmed(context: &Context, scope: &str, principal_id: &str) -> Result<Option<Arc<Vec<wire::RoleAssignment>>>> {
    let (client, at, id) = (context.client.clone(), scope.to_owned(), principal_id.to_owned());
    let key = Key::of("assigned_to").and(principal_id).and(scope);
    let read = || async move { wire::role_assignments_to(&client, &at, &id).await };
    match context.client.memo(key, read).await {
        Ok(rows) => Ok(Some(rows)),
        Err(error) => unread::gap(Subject::RoleAssignments, Place::of(scope), &error).map(|_| None),
    }
}

/// Why it cannot be told whether a scope lies in what the connection stands for: it is a management group, and those of the connection
/// could not be read.
pub fn undecided<'a>(scope: &str, tree: &'a Tree) -> Option<&'a Unreadable> {
    let gap = tree.gap.as_ref()?;
    let known = |name: &String| rbac::place::same(&group_scope(name), scope);
    (Kind::of(scope) == Some(Kind::ManagementGroup) && !tree.groups.iter().any(known)).then_some(gap)
}

/// A stop unless the scope lies in what the connection stands for.
pub fn require_inside(scope: &str, subscriptions: &[Subscription], tree: &Tree, context: &Context) -> Result<()> {
    let id = ResourceId::parse(scope).unwrap_or_default();
    let whole_tenant = matches!(context.client.settings().scope, ScopeSetting::Tenant);
    let inside = match Kind::of(scope) {
        Some(Kind::Tenant) => whole_tenant,
        Some(Kind::ManagementGroup) => {
            let name = id.management_group_id.unwrap_or_default();
            whole_tenant || tree.groups.iter().any(|group| group.eq_ignore_ascii_case(&name))
        }
        _ => subscriptions.iter().any(|subscription| id.subscription_id.as_ref() == Some(&subscription.id)),
    };
    if inside { Ok(()) } else { Err(Stop::OutsideScope(scope.to_owned())) }
}
