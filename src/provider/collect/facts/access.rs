//! Everything that a verdict about MFA stands on, from the lists that say it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    azure,
    posture::{
        Place, Reason, Seen, Subject, Unreadable,
        conditional_access::{
            AccessFacts, AccessPolicy, GroupMembers, Licence, Person, PolicyKind, PolicyState, RoleHolders, UserType,
        },
        people::{Category, is_guest},
        seen::agreed,
        time::End,
    },
    provider::{
        collect::{
            lists::{
                access_policies::{self, ListedPolicy, NamedLocation, StrengthRow},
                accounts::{self, Account, Registered},
                directory::{self, Kind, Members, Object, Principals, RoleAssignment, RoleDefinition, RoleInstance, scope},
                directory_policies::{self, InboundTrust},
                entra,
            },
            stop::Result,
            twice, unread,
        },
        context::Context,
    },
};

/// What was read of Conditional Access itself; of each part none if it could not be.
#[derive(Debug)]
pub struct AccessLists {
    /// The policies.
    pub policies: Seen<Arc<Vec<ListedPolicy>>>,
    /// The locations that they name.
    pub locations: Seen<Arc<Vec<NamedLocation>>>,
    /// What kinds of sign-in are strong enough.
    pub strengths: Seen<Arc<Vec<StrengthRow>>>,
}

/// The lists of Conditional Access.
pub async fn lists(context: &Context) -> Result<AccessLists> {
    let (policies, locations, strengths) = tokio::join!(
        access_policies::access_policies(context),
        access_policies::named_locations(context),
        access_policies::authentication_strengths(context),
    );
    Ok(AccessLists {
        policies: seen(Subject::ConditionalAccessPolicies, policies)?,
        locations: seen(Subject::NamedLocations, locations)?,
        strengths: seen(Subject::AuthenticationStrengths, strengths)?,
    })
}

impl AccessLists {
    /// What of them could not be read.
    pub fn gaps(&self) -> impl Iterator<Item = &Unreadable> {
        self.policies.gaps().chain(self.locations.gaps()).chain(self.strengths.gaps())
    }

    /// The policies, as they are judged.
    fn judged(&self) -> Seen<Vec<AccessPolicy>> {
        self.policies.map_ref(|rows| rows.iter().map(|listed| listed.policy.clone()).collect())
    }

    /// The groups that policies for people name, unless these are off.
    fn groups(&self) -> BTreeSet<String> {
        let counts = |policy: &&AccessPolicy| policy.kind == PolicyKind::People && policy.state != PolicyState::Disabled;
        let policies = self.policies.so_far().into_iter().flat_map(|rows| rows.iter()).map(|listed| &listed.policy);
        policies.filter(counts).flat_map(|policy| policy.include.groups.iter().chain(&policy.exclude.groups)).cloned().collect()
    }
}

/// Facts about people and the policies that concern them, and what of them could not be read.
#[derive(Debug)]
pub struct AccessEvidence {
    /// What is judged.
    pub facts: AccessFacts,
    /// The lists of Conditional Access.
    pub lists: AccessLists,
    /// The directory roles that people could activate, by the object id of a person; none if that could not be read.
    pub eligible: Seen<BTreeMap<String, BTreeSet<String>>>,
    /// Everything that could not be read.
    pub gaps: Vec<Unreadable>,
}

/// Reads what is known about these people.
pub async fn evidence(context: &Context, people: Vec<Person>) -> Result<AccessEvidence> {
    let (lists, roles, tenant) = tokio::join!(lists(context), roles(context), tenant(context));
    let (lists, roles, (security_defaults, licence, inbound_trust)) = (lists?, roles?, tenant?);
    let groups = members_by_group(context, lists.groups()).await?;
    // Of one that is listed twice and is once not trusted, nobody knows that it is.
    let trusted = lists.locations.map_ref(|rows| {
        let ids = |wanted: bool| {
            let some = rows.iter().filter(move |row| (row.is_trusted.0 == Some(true)) == wanted);
            some.map(|row| row.id.to_lowercase()).collect::<BTreeSet<_>>()
        };
        &ids(true) - &ids(false)
    });
    let unseen = roles.so_far().into_iter().flat_map(|roles| roles.values()).flat_map(|holders| holders.eligible.gaps().cloned());
    let eligible = unseen.fold(roles.map_ref(by_person), Seen::lacking);
    let mut gaps: Vec<Unreadable> = lists.gaps().cloned().collect();
    gaps.extend(roles.gaps().cloned());
    for holders in roles.so_far().into_iter().flat_map(|roles| roles.values()) {
        gaps.extend([&holders.active, &holders.narrower, &holders.eligible].into_iter().flat_map(Seen::gaps).cloned());
    }
    gaps.extend(security_defaults.gaps().chain(licence.gaps()).chain(inbound_trust.gaps()).cloned());
    for group in groups.values() {
        if let GroupMembers::People(members) = group {
            gaps.extend(members.gaps().cloned());
        }
    }
    let facts = AccessFacts {
        policies: lists.judged(),
        strengths: lists.strengths.map_ref(|rows| access_policies::strengths(rows)),
        trusted_locations: trusted,
        people,
        groups,
        roles,
        security_defaults,
        licence,
        inbound_trust,
    };
    Ok(AccessEvidence { facts, lists, eligible, gaps })
}

/// An account as it is judged.
pub fn person(account: &Account, registered: Option<&Registered>) -> Person {
    let user_type = account.user_type.as_deref().map(|word| match is_guest(Some(word)) {
        Some(true) => UserType::Guest,
        Some(false) => UserType::Member,
        None => UserType::Other(word.to_owned()),
    });
    Person {
        id: account.id.clone(),
        user_type,
        external: account.external,
        enabled: account.enabled,
        is_agent: account.is_agent(),
        is_sync: account.category() == Some(Category::DirectorySync),
        in_too_many_groups: false,
        mfa_registered: registered.and_then(|one| one.mfa),
        mfa_capable: registered.and_then(|one| one.capable),
    }
}

async fn tenant(context: &Context) -> Result<(Seen<bool>, Seen<Licence>, Seen<bool>)> {
    let (defaults, licences, default, partners) = tokio::join!(
        directory_policies::security_defaults(context),
        entra::licences(context),
        directory_policies::cross_tenant_default(context),
        directory_policies::cross_tenant_partners(context),
    );
    let licence = match licences {
        Ok(licences) => licence(&licences)?,
        Err(error) => Seen::unseen(gap(Subject::SubscribedSkus, &error)?),
    };
    let default = seen(Subject::CrossTenantAccess, default)?;
    let partners = seen(Subject::CrossTenantAccess, partners)?;
    let accepts = |trust: Option<&InboundTrust>| trust.and_then(|trust| trust.is_mfa_accepted.0) == Some(true);
    let trust = default.and(partners).map(|(default, partners)| {
        let own = partners.iter().filter_map(|one| one.inbound_trust.as_ref());
        accepts(default.inbound_trust.as_ref()) || own.into_iter().any(|trust| accepts(trust.as_ref()))
    });
    Ok((seen(Subject::SecurityDefaults, defaults)?, licence, trust))
}

/// What is not said of a product may be a licence; one that is held is held.
fn licence(licences: &entra::Licences) -> Result<Seen<Licence>> {
    let held = |name| licences.held.contains(name);
    let best = match (held("P2"), held("P1")) {
        (true, _) => Licence::P2,
        (_, true) => Licence::P1,
        _ if licences.products == 0 => Licence::Nothing,
        _ => Licence::Without,
    };
    match &licences.unstated {
        Some(error) if best < Licence::P1 => Ok(Seen::unseen(gap(Subject::SubscribedSkus, error)?)),
        _ => Ok(Seen::all(best)),
    }
}

/// Who is in each of these groups.
async fn members_by_group(context: &Context, ids: BTreeSet<String>) -> Result<BTreeMap<String, GroupMembers>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut members = directory::members(context, &ids, Principals::default()).await?;
    // What keeps groups from being looked up may hide the members of any.
    let of_all = members.people.take_gaps();
    let mut found = BTreeMap::new();
    for id in ids {
        let gaps: Vec<Unreadable> = members.unseen.remove(&id).into_iter().chain(of_all.iter().cloned()).collect();
        let group = match members.of.get(&id) {
            Some(inside) => {
                let people = inside.iter().map(|member| member.id.to_lowercase()).collect();
                GroupMembers::People(Seen::part(people, gaps))
            }
            None if gaps.is_empty() => GroupMembers::Missing,
            None => {
                let mut gaps = gaps.into_iter();
                let first = gaps.next().unwrap_or_else(|| directory::unseen_members(&id, "they could not be read."));
                GroupMembers::People(gaps.fold(Seen::unseen(first), Seen::lacking))
            }
        };
        found.insert(id, group);
    }
    Ok(found)
}

/// Who holds which directory role, groups resolved, by the template id of the role.
pub async fn roles(context: &Context) -> Result<Seen<BTreeMap<String, RoleHolders>>> {
    let (definitions, active, eligible) = tokio::join!(
        directory::role_definitions(context),
        directory::role_assignments(context),
        directory::role_eligibilities(context),
    );
    let definitions = seen(Subject::DirectoryRoles, definitions)?;
    let active = match active {
        Ok(active) => active,
        Err(error) => return Ok(Seen::unseen(gap(Subject::DirectoryRoleAssignments, &error)?)),
    };
    // Without the licence for it nobody can activate anything.
    let eligible = match eligible {
        Err(error) if error.kind() == azure::Kind::NotLicensed => Seen::all(Arc::default()),
        eligible => seen(Subject::EligibleDirectoryRoleAssignments, eligible)?,
    };
    let mut gaps: Vec<Unreadable> = Vec::new();
    let twofold = directory::contradicted_assignments(&active);
    gaps.extend(twofold.iter().map(|id| twice::gap(Subject::DirectoryRoleAssignments, Place::Graph, id)));
    let now = context.now();
    let mut held = Held::default();
    for row in active.iter() {
        // Of one that is listed twice and not alike, or that does not say where it holds, it is not known that it holds in the whole tenant.
        let is_open =
            twofold.contains(&row.id.to_lowercase()) || (row.directory_scope_id.is_none() && row.app_scope_id.is_none());
        match is_open {
            true => held.doubt(&row.role_definition_id, &row.principal_id),
            false => held.add(&row.role_definition_id, &row.principal_id, part_of(row)),
        }
    }
    for row in eligible.so_far().into_iter().flat_map(|rows| rows.iter()) {
        if End::of(row.end_date_time.as_deref()) > End::At(now) {
            held.add(&row.role_definition_id, &row.principal_id, Part::Eligible);
        }
    }
    let principals = active.iter().filter_map(|row| row.principal.as_ref());
    let others =
        eligible.so_far().into_iter().flat_map(|rows| rows.iter()).filter_map(|row: &RoleInstance| row.principal.as_ref());
    let kinds: BTreeMap<String, Option<Kind>> = principals.chain(others).map(|one| (one.id.to_lowercase(), one.kind())).collect();
    let groups: BTreeSet<String> = held.principals().filter(|id| may_be_group(&kinds, id)).collect();
    let mut members = match groups.is_empty() {
        true => Members::default(),
        false => directory::members(context, &groups, Principals::default()).await?,
    };
    for id in &groups {
        let unread = members.people.unread.get(&Kind::Group).cloned();
        let is_open = !members.of.contains_key(id) && members.people.can_be(Kind::Group, id);
        let gap = unread.or_else(|| is_open.then(|| directory::unseen_members(id, "they could not be read.")));
        if let Some(gap) = gap {
            members.unseen.entry(id.clone()).or_insert(gap);
        }
    }
    // Whoever is asked about by a role is looked for among the users, so one who is missing there would be left out.
    if let Ok(accounts) = accounts::accounts(context).await {
        let rows = eligible.so_far().into_iter().flat_map(|rows| rows.iter());
        let direct = active.iter().filter_map(|row| row.principal.as_ref()).chain(rows.filter_map(|row| row.principal.as_ref()));
        let mut holders = direct.chain(members.of.values().flat_map(|inside| inside.iter()));
        let is_unlisted = |one: &&Object| one.kind() == Some(Kind::User) && accounts.of(&one.id.to_lowercase()).is_none();
        gaps.extend(holders.find(is_unlisted).map(|one| unlisted(&one.id)));
    }
    let templates = definitions.so_far().ok();
    let holders = held.by_template(templates.map(|rows| rows.as_slice()).unwrap_or_default(), &members, eligible.gap());
    Ok(Seen::part(holders, gaps.into_iter().chain(definitions.gaps().cloned())))
}

/// One of which it is not said what it is may be a group.
fn may_be_group(kinds: &BTreeMap<String, Option<Kind>>, id: &str) -> bool {
    matches!(kinds.get(id), None | Some(None | Some(Kind::Group)))
}

/// In what way a role is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Active,
    Eligible,
    Narrower,
}

fn part_of(row: &RoleAssignment) -> Part {
    if scope(row.directory_scope_id.as_ref(), row.app_scope_id.as_ref()) == "/" { Part::Active } else { Part::Narrower }
}

/// Principals by the id of the role they hold.
#[derive(Default)]
struct Held {
    by_role: BTreeMap<String, BTreeSet<(Part, String)>>,
    /// Roles of which it is not known that somebody does not hold them in the whole tenant.
    open: BTreeSet<String>,
}

impl Held {
    fn add(&mut self, role: &str, principal: &str, part: Part) {
        self.by_role.entry(role.to_lowercase()).or_default().insert((part, principal.to_lowercase()));
    }

    fn doubt(&mut self, role: &str, principal: &str) {
        self.add(role, principal, Part::Narrower);
        self.open.insert(role.to_lowercase());
    }

    fn principals(&self) -> impl Iterator<Item = String> {
        self.by_role.values().flatten().map(|(_, id)| id.clone()).collect::<BTreeSet<_>>().into_iter()
    }

    fn by_template(
        self,
        definitions: &[RoleDefinition],
        members: &Members,
        without_eligible: Option<&Unreadable>,
    ) -> BTreeMap<String, RoleHolders> {
        let template_of = |role: &str| {
            let own = definitions.iter().find(|one| one.id.eq_ignore_ascii_case(role));
            own.and_then(|one| one.template_id.0.clone()).unwrap_or_else(|| role.to_owned()).to_lowercase()
        };
        // What two rows of one role do not agree on is not known of it.
        let mut customs: BTreeMap<String, Option<bool>> = BTreeMap::new();
        for definition in definitions {
            let template = definition.template_id.as_ref().unwrap_or(&definition.id).to_lowercase();
            let custom = definition.is_built_in.0.map(|built_in| !built_in);
            let known = customs.entry(template).or_insert(custom);
            *known = agreed(*known, custom);
        }
        let mut by_template: BTreeMap<String, BTreeSet<(Part, String)>> =
            customs.keys().map(|template| (template.clone(), BTreeSet::new())).collect();
        for (role, holders) in self.by_role {
            by_template.entry(template_of(&role)).or_default().extend(holders);
        }
        let open: BTreeSet<String> = self.open.iter().map(|role| template_of(role)).collect();
        let made = by_template.into_iter().map(|(template, holders)| {
            let of = |part: Part| {
                let ids = holders.iter().filter(|(own, _)| *own == part).map(|(_, id)| id);
                let (mut people, mut gaps) = (Vec::new(), Vec::new());
                for id in ids {
                    people.push(id.clone());
                    people
                        .extend(members.of.get(id).into_iter().flat_map(|inside| inside.iter()).map(|one| one.id.to_lowercase()));
                    gaps.extend(members.unseen.get(id).cloned());
                }
                Seen::part(people, gaps)
            };
            let doubt = open.contains(&template).then(|| unscoped(&template));
            let eligible = without_eligible.map_or_else(|| of(Part::Eligible), |gap| Seen::unseen(gap.clone()));
            let custom = customs.get(&template).copied().flatten();
            let active = doubt.into_iter().fold(of(Part::Active), Seen::lacking);
            let narrower = of(Part::Narrower);
            (template, RoleHolders { custom, active, narrower, eligible })
        });
        made.collect()
    }
}

/// The gap that the list of users is which lacks somebody who holds a role.
fn unlisted(id: &str) -> Unreadable {
    Unreadable {
        subject: Subject::Users,
        place: Place::Graph,
        reason: Reason::NotProven,
        code: String::new(),
        remedy: format!("The user {id} holds a directory role, and is not in the list of users. Run again in a few minutes."),
    }
}

/// The gap that a role is of which it is not said where it is held.
fn unscoped(template: &str) -> Unreadable {
    Unreadable {
        subject: Subject::DirectoryRoleAssignments,
        place: Place::Graph,
        reason: Reason::InvalidResponse,
        code: String::new(),
        remedy: format!(
            "Microsoft Graph does not say, or says in two ways, where an assignment of the role {template} holds. Run again in a few minutes; \
             if this persists, please report it."
        ),
    }
}

/// The roles that people could activate.
fn by_person(roles: &BTreeMap<String, RoleHolders>) -> BTreeMap<String, BTreeSet<String>> {
    let mut people: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (template, holders) in roles {
        for id in holders.eligible.rows_so_far() {
            people.entry(id.clone()).or_default().insert(template.clone());
        }
    }
    people
}

fn seen<T>(subject: Subject, read: azure::Result<T>) -> Result<Seen<T>> {
    match read {
        Ok(value) => Ok(Seen::all(value)),
        Err(error) => Ok(Seen::unseen(gap(subject, &error)?)),
    }
}

fn gap(subject: Subject, error: &azure::Error) -> Result<Unreadable> {
    unread::gap(subject, Place::Graph, error)
}

/// Whether a gap leaves it open who somebody is, and not only what they have registered.
pub fn decides(gap: &Unreadable) -> bool {
    gap.subject != Subject::RegistrationDetails && gap.subject != Subject::SignInActivity && gap.reason != Reason::NotLicensed
}
