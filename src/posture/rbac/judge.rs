//! Whether a principal can do something at a scope. It passes only on what is certain, it fails only if nothing that could not be seen
//! would change that, and everything between is unknown.

mod own;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Account, Assignment, Coverage, Deny, Narrowed, Patterns, Permission, PrincipalFacts, Role, covered, facts::Sureness,
    permission::includes,
};
use crate::posture::{Reason, Status, Why};

/// One thing the principal has to be able to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requirement {
    /// A management operation, or a pattern of them that has to be allowed as a whole.
    Action(String),
    /// A data operation, likewise.
    DataAction(String),
    /// A role, by lower-case GUID and by the name to call it.
    Role {
        /// Lower-case GUID.
        id: String,
        /// For people.
        name: String,
    },
}

impl Requirement {
    /// The words for it.
    pub fn label(&self) -> &str {
        match self {
            Self::Action(pattern) | Self::DataAction(pattern) => pattern,
            Self::Role { name, .. } => name,
        }
    }
}

/// On what terms something counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms {
    /// Whether a role counts as held if everything it allows is allowed by others.
    pub accept_equivalent: bool,
    /// Whether what is given on a condition counts.
    pub accept_conditional: bool,
    /// Whether what first has to be activated counts.
    pub accept_eligible: bool,
    /// Whether the assignment was made a moment ago, perhaps in the same apply.
    pub just_granted: bool,
}

/// Something that was not, or not wholly, seen, and on which a verdict depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// The management groups above the scope.
    Ancestors,
    /// The role assignments.
    Assignments,
    /// The deny assignments.
    DenyAssignments,
    /// What could be activated.
    Eligibilities,
    /// The groups of the principal.
    Groups,
    /// What roles allow.
    RoleDefinitions,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Pass, fail or unknown.
    pub status: Status,
    /// Why it is no pass; none for a pass.
    pub reason: Option<Why>,
    /// A sentence for people.
    pub detail: String,
    /// What has to be seen to know more. Empty for a pass or a fail.
    pub unseen: BTreeSet<Fact>,
}

impl Verdict {
    /// It is certainly so.
    fn pass() -> Self {
        Self { status: Status::Pass, reason: None, detail: String::new(), unseen: BTreeSet::new() }
    }

    /// It is certainly not so.
    fn fail(why: Why, detail: impl Into<String>) -> Self {
        Self { status: Status::Fail, reason: Some(why), detail: detail.into(), unseen: BTreeSet::new() }
    }

    /// It could not be seen whether it is so, for want of these facts.
    pub fn unknown(reason: Reason, detail: impl Into<String>, unseen: impl IntoIterator<Item = Fact>) -> Self {
        Self { status: Status::Unknown, reason: Some(reason.into()), detail: detail.into(), unseen: unseen.into_iter().collect() }
    }
}

/// The verdict about an operation that no role definition names and that only a wildcard covers.
pub fn unproven() -> Verdict {
    let detail = "only a wildcard covers it, and no role definition names it: it may not exist, or be of the other kind";
    Verdict::unknown(Reason::NotProven, detail, [])
}

/// Judges one requirement.
pub fn judge(requirement: &Requirement, facts: &PrincipalFacts, terms: Terms) -> Verdict {
    let case = Case { requirement, facts, terms };
    let verdict = case.by_assignments();
    let verdict = match &facts.own {
        Some(own) => case.compared(verdict, own),
        None => verdict,
    };
    match (verdict.status, facts.account) {
        (_, Account::Disabled) => {
            Verdict::fail(Why::PrincipalDisabled, "the account is disabled in the directory, so it can do nothing")
        }
        (Status::Pass, Account::Hidden) => {
            let detail = "the directory does not show whether the account is enabled; grant User.Read.All and Application.Read.All \
                          (Microsoft Graph, application)";
            Verdict::unknown(Reason::Hidden, detail, [])
        }
        (Status::Pass, Account::Unread(reason)) => {
            let detail = "the account could not be looked up in its directory, so whether it is enabled is not known";
            Verdict::unknown(reason, detail, [Fact::Groups])
        }
        // What was given to somebody outlives him; whom nobody knows can do nothing.
        (Status::Pass, Account::Enabled) if facts.absent => {
            Verdict::unknown(Reason::NotVisible, "the directory knows no such object: deleted, or younger than a few minutes", [])
        }
        _ => verdict,
    }
}

struct Case<'a> {
    requirement: &'a Requirement,
    facts: &'a PrincipalFacts,
    terms: Terms,
}

/// What is granted: the permissions of all roles held, and which roles they are.
#[derive(Default)]
struct Grants {
    permissions: Vec<Permission>,
    roles: BTreeSet<String>,
    /// Something may be granted that is not listed.
    unlisted: bool,
    /// A role is held of which it is not known what it allows.
    undefined: bool,
}

/// Which assignments to count.
#[derive(Clone, Copy)]
struct Counting {
    at_least: Sureness,
    conditional: bool,
    eligible: bool,
}

impl Case<'_> {
    fn by_assignments(&self) -> Verdict {
        let Terms { accept_conditional: conditional, accept_eligible: eligible, .. } = self.terms;
        let certain = self.grants(Counting { at_least: Sureness::Certain, conditional, eligible });
        let possible = self.grants(Counting { at_least: Sureness::Possible, conditional, eligible });
        let (may_deny, does_deny) = (self.denies(Sureness::Possible), self.denies(Sureness::Certain));
        let granted = self.coverage(&certain, &may_deny);
        if granted == Coverage::Covered && self.facts.denies.is_whole() {
            return Verdict::pass();
        }
        match self.coverage(&possible, &does_deny) {
            Coverage::Missing => self.failed(&possible, &does_deny),
            Coverage::Covered | Coverage::Undecided => self.unknown(granted, &certain, &may_deny),
        }
    }

    /// The permissions of everything held at least so surely. Where seeing was not whole, what is possible is anything.
    fn grants(&self, counting: Counting) -> Grants {
        let possible = counting.at_least == Sureness::Possible;
        let mut grants = Grants::default();
        let assignments = &self.facts.assignments;
        for assignment in assignments.rows_so_far().filter(|one| self.facts.holds(one) >= counting.at_least) {
            self.add(&mut grants, assignment, counting);
        }
        grants.unlisted |= possible && !assignments.is_whole();
        if counting.eligible {
            self.add_eligible(&mut grants, counting);
        }
        grants
    }

    fn add_eligible(&self, grants: &mut Grants, counting: Counting) {
        let eligible = &self.facts.eligible;
        for assignment in eligible.rows_so_far().filter(|one| self.facts.could_hold(one) >= counting.at_least) {
            self.add(grants, assignment, counting);
        }
        // No licence for it means that nothing can be eligible.
        let possible = counting.at_least == Sureness::Possible;
        grants.unlisted |= possible && eligible.gaps().any(|gap| gap.reason != Reason::NotLicensed);
    }

    fn add(&self, grants: &mut Grants, assignment: &Assignment, counting: Counting) {
        let Assignment { narrowed, role_id, .. } = assignment;
        let role = self.facts.role(role_id);
        let allowed: Option<Vec<Permission>> =
            role.map(|role| role.permissions.iter().cloned().flat_map(|one| narrowed.split(one)).collect());
        let is_whole = !narrowed.is_any() || role.zip(allowed.as_ref()).is_some_and(|(role, left)| role.permissions == *left);
        if is_whole || counting.conditional {
            grants.roles.insert(role_id.clone());
        }
        match allowed {
            Some(allowed) => {
                grants.permissions.extend(allowed.into_iter().filter(|one| counting.conditional || !one.conditional))
            }
            // Of a role that is not known it is not known either whether the condition leaves anything of it.
            None => {
                let counts = counting.conditional || *narrowed != Narrowed::Everything;
                grants.undefined |= counts && counting.at_least == Sureness::Possible;
            }
        }
    }

    fn denies(&self, at_least: Sureness) -> Vec<&Deny> {
        self.facts.denies.rows_so_far().filter(|deny| self.facts.is_denied_by(deny) >= at_least).collect()
    }

    fn coverage(&self, grants: &Grants, denies: &[&Deny]) -> Coverage {
        let denied: Vec<Permission> = denies.iter().flat_map(|deny| deny.permissions.iter().cloned()).collect();
        let role = match self.requirement {
            Requirement::Action(pattern) => return self.operation(grants, pattern, &denied, Permission::control),
            Requirement::DataAction(pattern) => return self.operation(grants, pattern, &denied, Permission::data),
            Requirement::Role { id, .. } => id,
        };
        let wanted = self.facts.role(role).map(|role| role.permissions.as_slice()).unwrap_or_default();
        if grants.roles.contains(role) {
            return match (denied.is_empty(), wanted) {
                (true, _) => Coverage::Covered,
                (false, []) => Coverage::Undecided,
                (false, wanted) => includes(wanted, wanted, &denied),
            };
        }
        if grants.unlisted || (grants.undefined && self.terms.accept_equivalent) {
            // Of what is denied nobody holds all, whatever else may be given.
            return match denied.is_empty() || allows_nothing(wanted) {
                true => Coverage::Undecided,
                false => includes(wanted, &[everything()], &denied).max(Coverage::Undecided),
            };
        }
        match (self.terms.accept_equivalent, wanted) {
            (false, _) => Coverage::Missing,
            // A role of which nothing is known, or that allows nothing, is nobody's by equivalence.
            (true, wanted) if allows_nothing(wanted) => match self.facts.role(role).is_some() {
                false if !grants.permissions.is_empty() => Coverage::Undecided,
                _ => Coverage::Missing,
            },
            (true, wanted) => includes(wanted, &grants.permissions, &denied),
        }
    }

    fn operation<'p>(
        &self,
        grants: &'p Grants,
        pattern: &str,
        denied: &'p [Permission],
        side: impl Fn(&'p Permission) -> Patterns<'p>,
    ) -> Coverage {
        let wanted = [pattern.to_owned()];
        let everything = ["*".to_owned()];
        let mut granted: Vec<Patterns<'_>> = grants.permissions.iter().map(&side).collect();
        if grants.unlisted || grants.undefined {
            granted.push(Patterns { allowed: &everything, excluded: &[] });
        }
        let denied: Vec<Patterns<'_>> = denied.iter().map(&side).collect();
        covered(Patterns { allowed: &wanted, excluded: &[] }, &granted, &denied)
    }

    fn failed(&self, possible: &Grants, denies: &[&Deny]) -> Verdict {
        if !denies.is_empty() && self.coverage(possible, &[]) != Coverage::Missing {
            return Verdict::fail(
                Why::Denied,
                format!("denied by the deny assignment {}", self.culprits(possible, denies).join(", ")),
            );
        }
        self.lacking(denies, self.may_hold_anything(), self.held())
    }

    /// The deny assignments that deny something of what is required: one of everything else is beside the point.
    fn culprits(&self, grants: &Grants, denies: &[&Deny]) -> Vec<String> {
        let name = |deny: &&Deny| format!("{:?} at {}", deny.name, deny.scope);
        let denying = denies.iter().filter(|deny| self.coverage(grants, std::slice::from_ref(*deny)) == Coverage::Missing);
        let names: Vec<_> = denying.map(name).collect();
        // Where the search is given up for each, it was not for all together.
        if names.is_empty() { denies.iter().map(name).collect() } else { names }
    }

    /// The fail of what is not given, with the sentence that says what is given instead.
    fn lacking(&self, denies: &[&Deny], anything_visible: bool, instead: String) -> Verdict {
        let more = |conditional, eligible| {
            let counting = Counting { at_least: Sureness::Certain, conditional, eligible };
            self.coverage(&self.grants(counting), denies) == Coverage::Covered
        };
        let Terms { accept_conditional: conditional, accept_eligible: eligible, .. } = self.terms;
        if !conditional && more(true, eligible) {
            return Verdict::fail(Why::ConditionalOnly, format!("given only on a condition; {}", self.held()));
        }
        if !eligible && more(conditional, true) {
            return Verdict::fail(Why::EligibleOnly, "eligible, not active: activate it first");
        }
        if !eligible && !conditional && more(true, true) {
            return Verdict::fail(Why::EligibleOnly, "eligible, not active, and on a condition");
        }
        if let Some(places) = self.given_elsewhere_only() {
            return Verdict::fail(Why::RoleNotAssignable, format!("it can be given at {places} only; {instead}"));
        }
        if !anything_visible && self.terms.just_granted {
            let detail = "no role assignment of the principal is visible here; one made less than 10 minutes ago may not be yet";
            return Verdict::fail(Why::NotYetVisible, detail);
        }
        let missing = match self.requirement {
            Requirement::Role { .. } => Why::RoleMissing,
            Requirement::Action(_) | Requirement::DataAction(_) => Why::ActionMissing,
        };
        Verdict::fail(missing, instead)
    }

    /// Where the role that is required can be given, if certainly not here.
    fn given_elsewhere_only(&self) -> Option<String> {
        let Requirement::Role { id, .. } = self.requirement else { return None };
        let role = self.facts.role(id).filter(|role| self.facts.can_be_given(role) == Sureness::No)?;
        Some(role.assignable_scopes.join(", "))
    }

    /// Whether anything at all may be given to the principal here, for what that is worth.
    fn may_hold_anything(&self) -> bool {
        let PrincipalFacts { assignments, eligible, .. } = self.facts;
        let mut could = eligible.rows_so_far().filter(|_| self.terms.accept_eligible);
        assignments.rows_so_far().any(|one| self.facts.holds(one) >= Sureness::Possible)
            || could.any(|one| self.facts.could_hold(one) >= Sureness::Possible)
    }

    /// What it depends on: everything unseen, else a search that was given up.
    fn unknown(&self, granted: Coverage, certain: &Grants, may_deny: &[&Deny]) -> Verdict {
        let facts = self.facts;
        let possible_denial = granted != Coverage::Covered && self.coverage(certain, &[]) == Coverage::Covered;
        let mut unseen: BTreeMap<Fact, Reason> = BTreeMap::new();
        let mut add = |fact, reason: Option<Reason>| {
            if let Some(reason) = reason {
                unseen.insert(fact, reason);
            }
        };
        if granted == Coverage::Covered || possible_denial {
            add(Fact::DenyAssignments, facts.denies.reason());
        } else {
            add(Fact::Assignments, facts.assignments.reason());
            add(Fact::Eligibilities, facts.eligible.reason().filter(|_| self.terms.accept_eligible));
            add(Fact::RoleDefinitions, self.undefined());
        }
        if granted != Coverage::Covered {
            add(Fact::Groups, facts.groups.reason());
            add(Fact::Ancestors, facts.above.reason());
        }
        let (reason, detail) = match unseen.iter().next() {
            Some((_, reason)) => (*reason, format!("{} could not be seen", listed(unseen.keys().copied()))),
            None if facts.foreign_groups().next().is_some() => {
                (Reason::Hidden, "a group of another tenant holds it, and its members cannot be seen".to_owned())
            }
            None if self.disputed() => (
                Reason::NotProven,
                "the directory and the authorization service disagree about the groups of the principal; try again in a few minutes"
                    .to_owned(),
            ),
            None if self.pending() => {
                (Reason::NotProven, "what could be activated is still being decided on or put in force".to_owned())
            }
            None if !may_deny.is_empty() => (Reason::NotProven, "what deny assignments leave could not be decided".to_owned()),
            None => (Reason::NotProven, "too many patterns to decide whether all of it is allowed".to_owned()),
        };
        Verdict::unknown(reason, detail, unseen.into_keys())
    }

    /// Why a role that matters is not defined here.
    fn undefined(&self) -> Option<Reason> {
        let known = |id: &String| self.facts.role(id).is_some();
        let held = self.facts.assignments.rows_so_far().filter(|one| self.facts.holds(one) >= Sureness::Possible);
        let could = self.facts.eligible.rows_so_far().filter(|one| self.facts.could_hold(one) >= Sureness::Possible);
        let held = held.chain(could.filter(|_| self.terms.accept_eligible));
        let wanted = match self.requirement {
            Requirement::Role { id, .. } => known(id),
            Requirement::Action(_) | Requirement::DataAction(_) => true,
        };
        let all = wanted && held.map(|one| &one.role_id).all(known);
        (!all).then(|| self.facts.roles.reason().unwrap_or(Reason::NotVisible))
    }

    fn disputed(&self) -> bool {
        self.facts.confirmed.is_some()
            && self.facts.assignments.rows_so_far().any(|one| self.facts.holds(one) == Sureness::Possible)
    }

    fn pending(&self) -> bool {
        let mut pending = self.facts.eligible.rows_so_far().filter(|one| one.pending);
        self.terms.accept_eligible && pending.any(|one| self.facts.could_hold(one) == Sureness::Possible)
    }

    /// The roles held, for a sentence.
    fn held(&self) -> String {
        let facts = self.facts;
        let mut held: Vec<String> = facts
            .assignments
            .rows_so_far()
            .filter(|one| facts.holds(one) == Sureness::Certain)
            .map(|one| {
                let name = facts.role(&one.role_id).map_or(one.role_id.as_str(), |role: &Role| role.name.as_str());
                let via = if facts.is_direct(one) { String::new() } else { format!(" via group {}", one.principal_id) };
                let condition = if one.narrowed.is_any() { " on a condition" } else { "" };
                format!("{name}{via}{condition}")
            })
            .collect();
        held.sort();
        held.dedup();
        match held.is_empty() {
            true => "it holds no role here".to_owned(),
            false => format!("it holds {}", held.join(", ")),
        }
    }
}

/// Every operation there is.
fn everything() -> Permission {
    let all = || vec!["*".to_owned()];
    Permission { actions: all(), data_actions: all(), ..Permission::default() }
}

fn allows_nothing(permissions: &[Permission]) -> bool {
    permissions.iter().all(|one| one.actions.is_empty() && one.data_actions.is_empty())
}

fn listed(facts: impl Iterator<Item = Fact>) -> String {
    let words: Vec<_> = facts.map(Fact::words).collect();
    words.join(", ")
}

impl Fact {
    /// What it is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ancestors => "the management groups above",
            Self::Assignments => "all role assignments",
            Self::DenyAssignments => "the deny assignments",
            Self::Eligibilities => "what could be activated",
            Self::Groups => "the groups of the principal",
            Self::RoleDefinitions => "what its roles allow",
        }
    }
}
