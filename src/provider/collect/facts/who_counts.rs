//! Whose accounts count: `identity_scope` of the provider block, applied in this one place for everything that lists or judges people; who
//! is in groups; and whom it hides although they may do much.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    azure,
    posture::{
        Look, Place, Reason, Seen, Subject, Unreadable, filter,
        people::is_guest,
        rbac::built_in::{OWNER, USER_ACCESS_ADMINISTRATOR},
        time::End,
    },
    provider::{
        collect::{
            estate::scope::{self, Subscription},
            facts::held_roles::{Force, force, guid_of},
            lists::{
                accounts::{self, Account, Accounts},
                authorization,
                directory::{self, Kind, Object, Principals, RoleInstance},
            },
            stop::{Argument, Result, Stop},
            twice, unread,
        },
        context::Context,
        settings::IdentityScope,
        words::{ObjectId, lowered},
    },
};

/// The accounts of the directory, and which of them count.
#[derive(Debug)]
pub struct People {
    /// All of them.
    pub accounts: Arc<Accounts>,
    /// The ids of those that `identity_scope` hides.
    hidden: BTreeSet<String>,
    /// What `identity_scope` leaves out and nobody is: the argument, what it is called, and its values.
    pub unmatched: Vec<(&'static str, &'static str, Vec<String>)>,
}

impl People {
    /// Those that count, and all agents: they are no people, so no scope of people hides them.
    pub fn in_scope(&self) -> impl Iterator<Item = &Account> {
        self.accounts.all.iter().filter(|one| !self.hidden.contains(&one.id))
    }

    /// Those that are hidden.
    pub fn hidden(&self) -> impl Iterator<Item = &Account> {
        self.accounts.all.iter().filter(|one| self.hidden.contains(&one.id))
    }

    /// Whether an account is hidden, by its id in lower case.
    pub fn hides(&self, id: &str) -> bool {
        self.hidden.contains(id)
    }
}

/// The accounts, and which of them count. Whoever is not proven to be outside of `identity_scope` is inside: what cannot be read of it
/// hides nobody, and is a gap.
pub async fn people(context: &Context) -> Result<Seen<People>> {
    let accounts = match accounts::accounts(context).await {
        Ok(accounts) => accounts,
        Err(error) => return Ok(Seen::unseen(unread::gap(Subject::Users, Place::Graph, &error)?)),
    };
    let mut gaps = accounts.gaps();
    let (mut hidden, mut unmatched) = (BTreeSet::new(), Vec::new());
    if let Some(scope) = context.identity_scope.as_deref() {
        let bounds = Bounds::of(context, scope, &accounts, &mut gaps).await?;
        hidden.extend(accounts.all.iter().filter(|one| bounds.hide(one)).map(|one| one.id.clone()));
        unmatched = bounds.unmatched(&accounts);
    }
    Ok(Seen::part(People { accounts, hidden, unmatched }, gaps))
}

/// `identity_scope`, as far as it could be read.
struct Bounds {
    /// Those it names, themselves or through groups; none if it names nobody, or not all of them could be read.
    included: Option<BTreeSet<String>>,
    /// Those it leaves out, likewise.
    excluded: BTreeSet<String>,
    /// Names it leaves out.
    patterns: BTreeSet<String>,
    guests: bool,
    disabled: bool,
    /// The ids that `exclude_user_ids` has.
    users: BTreeSet<String>,
    /// Groups of `exclude_group_ids` that are not there, or have nobody in them.
    idle_groups: Vec<String>,
}

impl Bounds {
    async fn of(context: &Context, scope: &IdentityScope, accounts: &Accounts, gaps: &mut Vec<Unreadable>) -> Result<Self> {
        let ids = |set| lowered(set, |id: &ObjectId| id.0.as_str());
        let (groups, users) = (ids(&scope.include_group_ids), ids(&scope.include_user_ids));
        let mut included = (groups.is_some() || users.is_some()).then(|| users.clone().unwrap_or_default());
        let unknown = users.iter().flatten().find(|id| accounts.of(id).is_none());
        if let Some(id) = unknown {
            return Err(nothing("include_user_ids", &format!("the directory has no user with the object id {id}.")));
        }
        let inside = in_groups(context, &groups.unwrap_or_default(), accounts).await?;
        if let Some(id) = inside.missing.first() {
            return Err(nothing("include_group_ids", &format!("the directory has no group with the object id {id}.")));
        }
        if let Some(id) = inside.empty.first() {
            return Err(nothing("include_group_ids", &format!("no user is in the group {id}, so it would hide everybody.")));
        }
        match inside.is_whole {
            true => included.iter_mut().for_each(|ids| ids.extend(inside.ids.iter().cloned())),
            // Anybody may be in a group that could not be read.
            false => included = None,
        }
        let users = ids(&scope.exclude_user_ids).unwrap_or_default();
        let outside = in_groups(context, &ids(&scope.exclude_group_ids).unwrap_or_default(), accounts).await?;
        gaps.extend(inside.gaps.into_iter().chain(outside.gaps));
        Ok(Self {
            included,
            excluded: users.iter().cloned().chain(outside.ids).collect(),
            patterns: scope.exclude_upn_patterns.clone().unwrap_or_default(),
            guests: scope.include_guests != Some(false),
            disabled: scope.include_disabled != Some(false),
            users,
            idle_groups: outside.missing.into_iter().chain(outside.empty).collect(),
        })
    }

    fn hide(&self, account: &Account) -> bool {
        let is_named = |name: &String| self.patterns.iter().any(|pattern| filter::glob(pattern, name));
        let is_outside = self.included.as_ref().is_some_and(|ids| !ids.contains(&account.id))
            || self.excluded.contains(&account.id)
            || account.user_principal_name.as_ref().is_some_and(is_named)
            || (!self.guests && is_guest(account.user_type.as_deref()) == Some(true))
            || (!self.disabled && account.enabled == Some(false));
        is_outside && !account.is_agent()
    }

    /// What of it leaves out nobody at all.
    fn unmatched(&self, accounts: &Accounts) -> Vec<(&'static str, &'static str, Vec<String>)> {
        let is_anybodys = |pattern: &&String| {
            let mut names = accounts.all.iter().filter_map(|one| one.user_principal_name.as_ref());
            names.any(|name| filter::glob(pattern, name))
        };
        let patterns = self.patterns.iter().filter(|pattern| !is_anybodys(pattern)).cloned().collect();
        let users = self.users.iter().filter(|id| accounts.of(id).is_none()).cloned().collect();
        vec![
            ("exclude_group_ids", "Group id", self.idle_groups.clone()),
            ("exclude_upn_patterns", "User principal name pattern", patterns),
            ("exclude_user_ids", "User id", users),
        ]
    }
}

fn nothing(argument: &str, what: &str) -> Stop {
    let detail = format!("`identity_scope.{argument}` of the provider block: {what}");
    Stop::ProviderBlock(Argument { name: "identity_scope", summary: "Nothing selected", detail })
}

/// How many disabled accounts that still hold something now are hidden.
pub async fn hidden_leavers(context: &Context) -> Result<Seen<u64>> {
    let found = people(context).await?;
    let so_far = match found.look() {
        Look::All(people) | Look::Part(people, _) => people,
        Look::Nothing(gap) => return Ok(Seen::unseen(gap.clone())),
    };
    let leavers: Vec<&Account> = so_far.hidden().filter(|one| one.enabled == Some(false)).collect();
    let mut gaps: Vec<Unreadable> = found.gaps().cloned().collect();
    if leavers.is_empty() {
        return Ok(Seen::part(0, gaps));
    }
    let (holders, others) = holders(context).await?.active.into_parts();
    gaps.extend(others);
    let still_hold = leavers.iter().filter(|one| holders.as_ref().is_some_and(|ids| ids.contains(&one.id)));
    Ok(Seen::part(still_hold.map(|_| 1).sum(), gaps))
}

/// Who is in groups, nested ones included.
#[derive(Debug, Default)]
pub struct InGroups {
    /// The accounts in any of them, by id.
    pub ids: BTreeSet<String>,
    /// Groups that the directory does not have.
    pub missing: BTreeSet<String>,
    /// Groups in which no account is.
    pub empty: BTreeSet<String>,
    /// Whether the members of any could be read.
    pub is_any_read: bool,
    /// Whether nobody else can be in any of them.
    pub is_whole: bool,
    /// What could not be read, or not be proven.
    pub gaps: Vec<Unreadable>,
}

/// The accounts in groups, whose ids are in lower case.
pub async fn in_groups(context: &Context, groups: &BTreeSet<String>, accounts: &Accounts) -> Result<InGroups> {
    let mut found = InGroups { is_whole: true, ..InGroups::default() };
    if groups.is_empty() {
        return Ok(found);
    }
    let members = directory::members(context, groups, Principals::default()).await?;
    for group in groups {
        let Some(inside) = members.of.get(group) else {
            if members.people.orphaned(group, Kind::Group.word()) == Some(true) {
                found.missing.insert(group.clone());
            }
            continue;
        };
        found.is_any_read = true;
        let ids = || inside.iter().map(|member| member.id.to_lowercase());
        let before = found.ids.len();
        found.ids.extend(ids().filter(|id| accounts.of(id).is_some()));
        let hides_members = members.people.known.get(group).is_none_or(|known| known.hides_members);
        if found.ids.len() == before && !hides_members && !ids().any(|id| accounts.of(&id).is_some()) {
            found.empty.insert(group.clone());
        }
        let is_unlisted =
            |member: &&Object| member.kind() == Some(Kind::User) && accounts.of(&member.id.to_lowercase()).is_none();
        found.gaps.extend(inside.iter().find(is_unlisted).map(|member| unlisted(&member.id, group)));
    }
    found.is_whole = members.gaps.is_empty();
    found.gaps.extend(members.gaps);
    Ok(found)
}

/// The gap that the list of users is which lacks somebody who is in a group.
fn unlisted(id: &str, group: &str) -> Unreadable {
    Unreadable {
        subject: Subject::Users,
        place: Place::Graph,
        reason: Reason::NotProven,
        code: String::new(),
        remedy: format!("The user {id} is in the group {group}, and not in the list of users. Run again in a few minutes."),
    }
}

/// Whoever holds something for which an account should not be out of sight: a directory role, or Owner or User Access Administrator of what
/// the connection stands for. Through groups, too; ids in lower case, not only those of users.
#[derive(Debug)]
pub struct Holders {
    /// Those who hold it now.
    pub active: Seen<BTreeSet<String>>,
    /// Those who could.
    pub eligible: Seen<BTreeSet<String>>,
}

/// Reads them. Of two rows that contradict each other both count: what is hidden is rather counted than missed.
pub async fn holders(context: &Context) -> Result<Holders> {
    let (mut unseen, subscriptions) = subscriptions(context).await?;
    let (of_directory, of_azure) = tokio::join!(of_directory(context), of_azure(context, &subscriptions));
    let ((mut active, mut eligible), (azure_active, azure_eligible)) = (of_directory?, of_azure?);
    active.add(azure_active);
    eligible.add(azure_eligible);
    active.gaps.append(&mut unseen);
    Ok(Holders { active: active.with_members(context).await?, eligible: eligible.with_members(context).await? })
}

/// Whoever is Owner or User Access Administrator of what the connection stands for, or could become it; likewise.
pub async fn owners(context: &Context) -> Result<Seen<BTreeSet<String>>> {
    let (mut unseen, subscriptions) = subscriptions(context).await?;
    let (mut held, eligible) = of_azure(context, &subscriptions).await?;
    held.add(eligible);
    held.gaps.append(&mut unseen);
    held.with_members(context).await
}

/// The subscriptions of the connection; one that stands for none may still look at people.
async fn subscriptions(context: &Context) -> Result<(Vec<Unreadable>, Vec<Subscription>)> {
    Ok(match scope::find(context).await? {
        Ok(scope) => (scope.gaps, scope.subscriptions),
        Err(nothing) if nothing.gaps.is_empty() => (vec![none_visible(nothing.remedy)], Vec::new()),
        Err(nothing) => (nothing.gaps, Vec::new()),
    })
}

fn none_visible(remedy: String) -> Unreadable {
    Unreadable { subject: Subject::Subscriptions, place: Place::Tenant, reason: Reason::NotVisible, code: String::new(), remedy }
}

/// Who was found so far.
#[derive(Default)]
struct Held {
    ids: BTreeSet<String>,
    groups: BTreeSet<String>,
    gaps: Vec<Unreadable>,
}

impl Held {
    /// Takes in a principal. One of which it is not said what it is may be a group.
    fn take(&mut self, id: &str, kind: Option<Kind>) {
        if matches!(kind, Some(Kind::Group) | None) {
            self.groups.insert(id.to_lowercase());
        }
        self.ids.insert(id.to_lowercase());
    }

    fn add(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.groups.extend(other.groups);
        self.gaps.extend(other.gaps);
    }

    async fn with_members(mut self, context: &Context) -> Result<Seen<BTreeSet<String>>> {
        if !self.groups.is_empty() {
            let members = directory::members(context, &self.groups, Principals::default()).await?;
            self.ids.extend(members.of.values().flat_map(|inside| inside.iter()).map(|member| member.id.to_lowercase()));
            self.gaps.extend(members.gaps);
        }
        Ok(Seen::part(self.ids, self.gaps))
    }
}

async fn of_directory(context: &Context) -> Result<(Held, Held)> {
    let (mut active, mut eligible) = (Held::default(), Held::default());
    let (assignments, eligibilities) = tokio::join!(directory::role_assignments(context), directory::role_eligibilities(context));
    let twofold = |subject, ids: BTreeSet<String>| ids.into_iter().map(move |id| twice::gap(subject, Place::Graph, &id));
    let kind = |principal: &Option<Object>| principal.as_ref().and_then(Object::kind);
    match assignments {
        Ok(rows) => {
            rows.iter().for_each(|row| active.take(&row.principal_id, kind(&row.principal)));
            active.gaps.extend(twofold(Subject::DirectoryRoleAssignments, directory::contradicted_assignments(&rows)));
        }
        Err(error) => active.gaps.push(unread::gap(Subject::DirectoryRoleAssignments, Place::Graph, &error)?),
    }
    match eligibilities {
        Ok(rows) => {
            // What is over stays in the list for a while; an end that is no time may be still to come.
            let is_over = |row: &&RoleInstance| End::of(row.end_date_time.as_deref()) <= End::At(context.now());
            let rows_left = rows.iter().filter(|row| !is_over(row));
            rows_left.for_each(|row| eligible.take(&row.principal_id, kind(&row.principal)));
            eligible.gaps.extend(twofold(Subject::EligibleDirectoryRoleAssignments, directory::contradicted_instances(&rows)));
        }
        // Without the licence for it nobody can activate anything.
        Err(error) if error.kind() == azure::Kind::NotLicensed => {}
        Err(error) => eligible.gaps.push(unread::gap(Subject::EligibleDirectoryRoleAssignments, Place::Graph, &error)?),
    }
    Ok((active, eligible))
}

async fn of_azure(context: &Context, subscriptions: &[Subscription]) -> Result<(Held, Held)> {
    let (mut active, mut eligible) = (Held::default(), Held::default());
    let (assignments, eligibilities) = tokio::join!(
        authorization::role_assignments(context, subscriptions),
        authorization::eligibilities(context, subscriptions)
    );
    let (assignments, eligibilities) = (assignments?, eligibilities?);
    let gives_away = |role: &str| [OWNER, USER_ACCESS_ADMINISTRATOR].contains(&guid_of(role).as_str());
    let kind = |word: &str| Kind::ALL.into_iter().find(|kind| kind.word().eq_ignore_ascii_case(word));
    let (rows, now) = (assignments.so_far().flat_map(|(_, rows)| rows.iter()), context.now());
    for own in rows.map(|row| &row.properties).filter(|own| gives_away(&own.role_definition_id)) {
        active.take(&own.principal_id, own.principal_type.as_deref().and_then(kind));
    }
    let rows = eligibilities.so_far().flat_map(|(_, rows)| rows.iter()).map(|row| &row.properties);
    for own in rows.filter(|own| gives_away(&own.role_definition_id) && force(own, now) >= Force::Pending) {
        eligible.take(&own.principal_id, own.principal_type.as_deref().and_then(kind));
    }
    active.gaps.extend(assignments.gaps().cloned());
    let is_licensed = |gap: &&Unreadable| gap.reason != Reason::NotLicensed;
    eligible.gaps.extend(eligibilities.gaps().filter(is_licensed).cloned());
    Ok((active, eligible))
}
