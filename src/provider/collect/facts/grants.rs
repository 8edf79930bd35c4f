//! Everything a verdict about one principal at some scopes stands on: what was given there and above, to whom the principal belongs,
//! what roles allow, what is denied, and, for the caller itself, what Azure says it may do.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::future::try_join_all;

use crate::{
    azure::{
        Audience, Failure,
        microsoft_graph::directory::Kind,
        tenant::claims::{Claims, Principal as Holder},
    },
    posture::{
        Place, Reason, Seen, Subject, Unreadable,
        rbac::{Account, Assignment, Deny, Fact, PrincipalFacts, Role, Verdict, facts::Sureness, place},
        resource_id::{ResourceId, canonical},
    },
    provider::{
        collect::{
            estate::{delegated, proof, scope::Subscription},
            facts::{held_roles, named},
            lists::{
                authorization::{self, Definitions, Tree},
                directory::{self, Membership},
            },
            stop::{Result, Stop},
            twice, unread,
        },
        context::Context,
    },
};

/// Whom a verdict is about.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Object id, lower case.
    pub id: String,
    /// What it is; none if it could not be read.
    pub kind: Option<Kind>,
    /// Whether the directory was asked and knows no such object.
    pub unknown_object: bool,
    is_caller: bool,
    membership: Membership,
}

/// The principal of this object id, or the caller.
pub async fn principal(context: &Context, id: Option<&str>) -> Result<Principal> {
    let (id, hint, is_caller) = match id {
        Some(id) => (id.to_lowercase(), None, false),
        None => {
            let (id, kind) = caller(context).await?;
            (id, Some(kind), true)
        }
    };
    let mut membership = directory::membership(context, &id, hint).await?;
    if is_caller && membership.unknown_object {
        // Whoever was given a token exists; it is the directory that is behind, or another one.
        membership = Membership { kind: hint, groups: Seen::unseen(not_listed()), unknown_object: false, ..membership };
    }
    if is_caller && membership.account != Account::Disabled {
        // Whoever was given a token was enabled a moment ago. One that the directory says is disabled by now gets no other.
        membership.account = Account::Enabled;
    }
    Ok(Principal { kind: membership.kind, unknown_object: membership.unknown_object, id, is_caller, membership })
}

/// The gap that the groups of a caller are whom the directory does not know.
fn not_listed() -> Unreadable {
    Unreadable {
        subject: Subject::Groups,
        place: Place::Graph,
        reason: Reason::NotVisible,
        code: String::new(),
        remedy:
            "Microsoft Graph does not know this sign-in: it was made a moment ago, or its home is another tenant. Try again in a \
                 few minutes."
                .to_owned(),
    }
}

async fn caller(context: &Context) -> Result<(String, Kind)> {
    let token = context.client.token(Audience::ResourceManager).await.map_err(Stop::Failed)?;
    let claims = Claims::of(token.reveal());
    let Some((id, holder)) = claims.and_then(|claims| Some((claims.oid.clone()?, claims.principal()))) else {
        return Err(Stop::NobodyMeant);
    };
    let kind = match holder {
        Holder::User => Kind::User,
        Holder::Application | Holder::ManagedIdentity => Kind::ServicePrincipal,
    };
    Ok((id.to_lowercase(), kind))
}

/// The roles that will be asked for.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Their GUIDs, lower case.
    pub guids: BTreeSet<String>,
    /// Whether some may have been made a moment ago, when Resource Graph does not have them yet.
    pub live: bool,
}

/// What was read at some scopes.
#[derive(Debug)]
pub struct Reading {
    /// One for each scope, in their order.
    pub facts: Vec<PrincipalFacts>,
    /// The roles.
    pub definitions: Definitions,
    principal: Principal,
    scopes: Vec<String>,
    /// The ids, lower case, of the management groups whose place is known.
    tree: BTreeSet<String>,
    /// Roles the configuration names.
    named: Named,
    /// Roles that it names and that can be given at none of the scopes.
    elsewhere: Definitions,
}

/// Takes from the facts what does not hold in another tenant.
fn elsewhere(facts: PrincipalFacts, why: &str) -> PrincipalFacts {
    let groups = delegated::unseen_groups(Place::of(&facts.scope), why);
    let given = delegated::unlisted(Subject::RoleAssignments, Place::of(&facts.scope), why);
    // What the own directory knows of an object holds everywhere; an object that it does not know may be one of the other.
    let account = if facts.absent { Account::Unread(groups.reason) } else { facts.account };
    PrincipalFacts {
        absent: false,
        account,
        groups: Seen::unseen(groups),
        assignments: facts.assignments.lacking(given),
        ..facts
    }
}

/// Reads everything at the scopes but what could be activated.
pub async fn facts(
    context: &Context,
    principal: &Principal,
    scopes: &[String],
    estate: (&[Subscription], &Tree),
    named: Named,
) -> Result<Reading> {
    let (subscriptions, tree) = estate;
    let one = |scope: &String| at(context, principal, scope.clone(), tree);
    let here = |facts: PrincipalFacts| match delegated::elsewhere_at(&facts.scope, subscriptions) {
        Some(why) => elsewhere(facts, why),
        None => facts,
    };
    let facts = try_join_all(scopes.iter().map(one).collect::<Vec<_>>()).await?.into_iter().map(here).collect();
    let mut reading = Reading {
        facts,
        definitions: Definitions::default(),
        principal: principal.clone(),
        scopes: scopes.to_vec(),
        tree: tree.placed(),
        named,
        elsewhere: Definitions::default(),
    };
    reading.define(context).await?;
    // What is denied to a group takes away what is given otherwise, so it matters to a pass.
    let denied = reading.facts.iter().flat_map(PrincipalFacts::strange_groups_denied).cloned().collect();
    reading.suspect(context, denied).await?;
    reading.wonder(context).await?;
    Ok(reading)
}

async fn at(context: &Context, principal: &Principal, scope: String, tree: &Tree) -> Result<PrincipalFacts> {
    let (assignments, denials, confirmed, own) = tokio::join!(
        authorization::assignments_reaching(context, &scope),
        authorization::denials_reaching(context, &scope),
        confirmed(context, principal, &scope),
        own(context, principal, &scope),
    );
    let (assignments, denials, confirmed) = (assignments?, denials?, confirmed?);
    let mut rows: Vec<Assignment> =
        assignments.so_far().into_iter().flat_map(|rows| rows.iter()).map(authorization::assignment).collect();
    let theirs: Vec<_> = confirmed.iter().flat_map(|rows| rows.iter()).map(authorization::assignment).collect();
    let twofold = twice::contradicted(rows.iter().chain(&theirs).map(|row| (row.id.clone(), held_roles::said(row))));
    // What only the list of the principal has is given for certain where the list of all is known to be short.
    let listed: BTreeSet<String> = rows.iter().map(|row| row.id.clone()).collect();
    let unlisted = theirs.into_iter().filter(|row| !listed.contains(&row.id));
    rows.extend(unlisted.map(|row| Assignment { pending: assignments.is_whole(), ..row }));
    rows.iter_mut().for_each(|row| row.pending |= twofold.contains(&row.id));
    let mut denies: Vec<_> = denials.so_far().into_iter().flat_map(|rows| rows.iter()).map(authorization::denial).collect();
    let unclear = twice::contradicted(denies.iter().map(|deny| (deny.id.clone(), deny.clone())));
    denies.iter_mut().for_each(|deny| deny.conditional |= unclear.contains(&deny.id));
    let above = above(&scope, tree, rows.iter().map(|row| &row.scope).chain(denies.iter().map(|deny| &deny.scope)));
    let facts = PrincipalFacts {
        principal_id: principal.id.clone(),
        absent: principal.unknown_object,
        account: principal.membership.account,
        placed: tree.placed(),
        above: Seen::all(above),
        groups: principal.membership.groups.clone(),
        unknown_groups: BTreeSet::new(),
        assignments: Seen::part(rows, assignments.gaps().cloned()),
        confirmed: confirmed.map(|rows| rows.iter().map(|row| row.id.to_lowercase()).collect()),
        roles: Seen::unseen(Unreadable::unasked(Subject::RoleDefinitions)),
        denies: Seen::part(denies, denials.gaps().cloned()),
        // It counts only once it was looked for, and nobody looks where nothing is missing.
        eligible: Seen::all(Vec::new()),
        own: own?,
        scope,
    };
    let (held, denied) = (twofold_held(&facts, &twofold), twofold_denied(&facts, &unclear));
    Ok(PrincipalFacts { assignments: lacking(facts.assignments, held), denies: lacking(facts.denies, denied), ..facts })
}

fn lacking<T>(seen: Seen<T>, gap: Option<Unreadable>) -> Seen<T> {
    gap.into_iter().fold(seen, Seen::lacking)
}

/// The gap that a role assignment is which comes with two contents, if the principal may hold it.
fn twofold_held(facts: &PrincipalFacts, twofold: &BTreeSet<String>) -> Option<Unreadable> {
    let held = |row: &&Assignment| twofold.contains(&row.id) && facts.holds(row) >= Sureness::Possible;
    let id = facts.assignments.rows_so_far().find(held).map(|row| canonical(&row.id))?;
    Some(twice::gap(Subject::RoleAssignments, Place::of(&facts.scope), &id))
}

/// The same of a deny assignment, if it may apply to the principal.
fn twofold_denied(facts: &PrincipalFacts, twofold: &BTreeSet<String>) -> Option<Unreadable> {
    let applies = |deny: &&Deny| twofold.contains(&deny.id) && facts.is_denied_by(deny) >= Sureness::Possible;
    let id = facts.denies.rows_so_far().find(applies).map(|deny| canonical(&deny.id))?;
    Some(twice::gap(Subject::DenyAssignments, Place::of(&facts.scope), &id))
}

/// The same of what could be activated, if the principal may do so.
fn twofold_eligible(facts: &PrincipalFacts, rows: &[Assignment], twofold: &BTreeSet<String>) -> Option<Unreadable> {
    let could = |row: &&Assignment| twofold.contains(&row.id) && facts.could_hold(row) >= Sureness::Possible;
    let id = rows.iter().find(could).map(|row| canonical(&row.id))?;
    Some(twice::gap(Subject::EligibleRoleAssignments, Place::of(&facts.scope), &id))
}

/// The service knows who is in a group, too; it answers for users and service principals only.
async fn confirmed(
    context: &Context,
    principal: &Principal,
    scope: &str,
) -> Result<Option<Arc<Vec<authorization::wire::RoleAssignment>>>> {
    match principal.kind {
        Some(Kind::Group) => Ok(None),
        Some(Kind::ServicePrincipal | Kind::User) | None => authorization::confirmed(context, scope, &principal.id).await,
    }
}

async fn own(context: &Context, principal: &Principal, scope: &str) -> Result<Option<Vec<crate::posture::rbac::Permission>>> {
    if !principal.is_caller {
        return Ok(None);
    }
    match proof::permissions(context, scope).await {
        Ok(held) => Ok(Some((*held).clone()).filter(|held| !held.iter().any(|one| one.unseen))),
        // As a second source an empty answer counts: what it contradicts is not known.
        Err(error) if error.failure() == Some(Failure::EmptyList) => Ok(Some(Vec::new())),
        Err(error) => unread::gap(Subject::Permissions, Place::of(scope), &error).map(|_| None),
    }
}

/// The management groups above a scope: those the tree of the connection knows, and those from which the service says that something
/// reaches the scope. It grants and denies by its own word, so where the tree places a group elsewhere the tree is behind.
fn above<'a>(scope: &str, tree: &Tree, given: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    let id = ResourceId::parse(scope).unwrap_or_default();
    let mut above = tree.above(&id.subscription_id.or(id.management_group_id).unwrap_or_default());
    above.extend(given.filter_map(|given| group_at(given)));
    above
}

/// The id, lower case, of the management group that a scope is; none if it is something else.
fn group_at(scope: &str) -> Option<String> {
    let is_group = place::Kind::of(scope) == Some(place::Kind::ManagementGroup);
    is_group.then(|| scope.trim_end_matches('/').to_lowercase())
}

/// The gap that two lists are which contradict each other about the management groups above a scope.
fn misplaced(scope: &str) -> Unreadable {
    Unreadable {
        subject: Subject::ManagementGroups,
        place: Place::of(scope),
        reason: Reason::NotProven,
        code: String::new(),
        remedy: "What may be activated here stands on a management group that is not above this scope. One of the two is out of date; \
                 try again in a few minutes."
            .to_owned(),
    }
}

impl Reading {
    /// Adds what could be activated, and looks whether groups that hold something, or could where that counts, hide their members.
    pub async fn look_closer(&mut self, context: &Context, accept_eligible: bool) -> Result<()> {
        let one = |scope: &String| {
            let scope = scope.clone();
            async move { authorization::eligibilities_reaching(context, &scope).await }
        };
        let lists = try_join_all(self.scopes.iter().map(one).collect::<Vec<_>>()).await?;
        let now = context.now();
        for (facts, list) in self.facts.iter_mut().zip(lists) {
            let rows = list.so_far().into_iter().flat_map(|rows| rows.iter());
            let rows: Vec<_> = rows.map(|row| (row.id.to_lowercase(), authorization::eligibility(row, now))).collect();
            let twofold = twice::contradicted(rows.iter().map(|(id, row)| (id.clone(), row.as_ref().map(held_roles::said))));
            let in_force = rows.into_iter().filter_map(|(_, row)| row);
            let rows: Vec<_> =
                in_force.map(|row| Assignment { pending: row.pending || twofold.contains(&row.id), ..row }).collect();
            let given = rows.iter().filter(|row| facts.may_be_theirs(row)).filter_map(|row| group_at(&row.scope));
            let given: BTreeSet<String> = given.filter(|group| !facts.above.rows_so_far().any(|own| own == group)).collect();
            let is_misplaced = given.iter().any(|group| self.tree.contains(group));
            // The list holds only what reaches the scope.
            let more = given.into_iter().filter(|group| !self.tree.contains(group));
            let above = facts.above.map_ref(|above| above.iter().cloned().chain(more).collect());
            facts.above = if is_misplaced { above.lacking(misplaced(&facts.scope)) } else { above };
            let doubt = twofold_eligible(facts, &rows, &twofold);
            facts.eligible = lacking(Seen::part(rows, list.gaps().cloned()), doubt);
        }
        let given = self.facts.iter().flat_map(|facts| facts.strange_groups_given(accept_eligible)).cloned().collect();
        self.suspect(context, given).await?;
        self.define(context).await
    }

    /// A group that hides its members may have the principal among them.
    async fn suspect(&mut self, context: &Context, groups: BTreeSet<String>) -> Result<()> {
        if groups.is_empty() || !self.principal.membership.groups.is_whole() {
            return Ok(());
        }
        let Some(gap) = directory::hiding(context, &groups).await? else { return Ok(()) };
        for facts in &mut self.facts {
            facts.groups = facts.groups.clone().lacking(gap.clone());
        }
        Ok(())
    }

    /// A group that is denied something and that the directory does not know may be one of another directory, or a new one.
    async fn wonder(&mut self, context: &Context) -> Result<()> {
        let denied: BTreeSet<String> = self.facts.iter().flat_map(PrincipalFacts::strange_groups_denied).cloned().collect();
        if denied.is_empty() || !self.principal.membership.groups.is_whole() {
            return Ok(());
        }
        let unknown = directory::unknown_groups(context, &denied).await?;
        self.facts.iter_mut().for_each(|facts| facts.unknown_groups.clone_from(&unknown));
        Ok(())
    }

    /// Reads the roles that can be given at the scopes, those that the principal may hold, and those that are asked for.
    async fn define(&mut self, context: &Context) -> Result<()> {
        let first = self.scopes.first().cloned().unwrap_or_default();
        let mut used: BTreeMap<String, String> = self.named.guids.iter().map(|guid| (guid.clone(), first.clone())).collect();
        for facts in &self.facts {
            let held = facts.assignments.rows_so_far().filter(|row| facts.holds(row) >= Sureness::Possible);
            let could = facts.eligible.rows_so_far().filter(|row| facts.could_hold(row) >= Sureness::Possible);
            used.extend(held.chain(could).map(|row| (row.role_id.clone(), row.scope.clone())));
        }
        self.definitions = authorization::definitions(context, &self.scopes, &used, self.named.live).await?;
        self.share();
        Ok(())
    }

    /// Looks for roles of these names that can be given elsewhere in the connection only.
    pub async fn look_elsewhere(&mut self, context: &Context, subscriptions: &[Subscription], names: &[String]) -> Result<()> {
        self.elsewhere = named::elsewhere(context, subscriptions, names).await?;
        self.share();
        Ok(())
    }

    /// Gives the roles to the facts of every scope.
    fn share(&mut self) {
        let Definitions { roles: elsewhere, gaps, .. } = &self.elsewhere;
        let unknown: Vec<_> = elsewhere.iter().filter(|(guid, _)| !self.definitions.roles.contains_key(*guid)).collect();
        // The lists of the scopes would have these roles if a group they can be given at stood above.
        let groups: BTreeSet<String> =
            unknown.iter().flat_map(|(_, role)| role.properties.assignable_scopes.iter().filter_map(|at| group_at(at))).collect();
        self.definitions.roles.extend(unknown.into_iter().map(|(guid, role)| (guid.clone(), Arc::clone(role))));
        self.definitions.gaps.extend(gaps.iter().cloned());
        let known = self.definitions.roles.iter().filter(|(_, role)| role.permissions().is_some());
        let roles: BTreeMap<String, Role> = known.map(|(guid, role)| (guid.clone(), authorization::role(role))).collect();
        let roles = Arc::new(roles);
        let roles = Seen::part(roles, self.definitions.gaps.iter().cloned());
        for facts in &mut self.facts {
            facts.roles = roles.clone();
            facts.placed.extend(groups.iter().cloned());
        }
    }

    /// What a verdict at a scope would have needed to see.
    pub fn gaps_of(&self, facts: &PrincipalFacts, verdict: &Verdict) -> Vec<Unreadable> {
        let unseen = &verdict.unseen;
        if unseen.is_empty() && verdict.reason == Some(Reason::Hidden.into()) {
            return facts.foreign_groups().map(|id| directory::unseen_members(id, directory::OF_ANOTHER_TENANT)).collect();
        }
        unseen.iter().flat_map(|fact| facts.gaps_of(*fact)).cloned().collect()
    }
}

/// The verdict about a role whose name could not be looked up, because roles could not be read, or because there is none of it yet.
pub fn unnamed(why: Option<Reason>) -> Verdict {
    let detail = match why {
        Some(_) => "the roles could not be read, so this name cannot be looked up; give the role's id",
        None => "no role of this name is visible here; one made less than a few minutes ago may not be yet",
    };
    Verdict::unknown(why.unwrap_or(Reason::NotVisible), detail, [Fact::RoleDefinitions])
}
