//! A principal at a scope, told in one line a fact. Roles come from the bodies the service sends.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use azposture::{
    azure::arm::authorization::RoleDefinition,
    demo::Tenant,
    posture::{
        Reason, Seen, Status, Subject, Unreadable, Why,
        rbac::{
            Account, Assignment, Deny, Effect, Narrowed, Permission, PrincipalFacts, Requirement, Role, Terms, facts::EVERYONE,
            judge,
        },
    },
    provider::collect::lists::authorization::role,
};

pub(super) const ME: &str = "00000000-0000-4000-8000-00000000000a";
pub(super) const SOMEBODY: &str = "00000000-0000-4000-8000-00000000000b";
pub(super) const TEAM: &str = "00000000-0000-4000-8000-0000000000c1";
pub(super) const DEPARTMENT: &str = "00000000-0000-4000-8000-0000000000c2";
pub(super) const STRANGERS: &str = "00000000-0000-4000-8000-0000000000c3";
pub(super) const CORP: &str = "/providers/Microsoft.Management/managementGroups/Corp";
pub(super) const ELSEWHERE: &str = "/providers/Microsoft.Management/managementGroups/elsewhere";
pub(super) const SUBSCRIPTION: &str = "/subscriptions/00000000-0000-4000-8000-0000000000d1";
pub(super) const OTHER: &str = "/subscriptions/00000000-0000-4000-8000-0000000000d2";
pub(super) const GROUP: &str = "/subscriptions/00000000-0000-4000-8000-0000000000d1/resourceGroups/shop";
pub(super) const VAULT: &str =
    "/subscriptions/00000000-0000-4000-8000-0000000000d1/resourceGroups/shop/providers/Microsoft.KeyVault/vaults/v";

/// The roles of the demo tenant, by name.
static ROLES: LazyLock<BTreeMap<String, Role>> = LazyLock::new(|| {
    let document = Tenant::demo().document("role-definitions");
    let rows: Vec<RoleDefinition> = serde_json::from_value(document["value"].clone()).unwrap();
    rows.iter().map(role).map(|role| (role.name.clone(), role)).collect()
});

/// What is known.
#[derive(Clone, Debug)]
pub(super) struct World {
    facts: PrincipalFacts,
    terms: Terms,
}

/// Nothing is given to anybody, and everything was seen. Corp stands above the subscription.
pub(super) fn at(scope: &str) -> World {
    let roles = ROLES.values().map(|role| (role.id.clone(), role.clone())).collect();
    let facts = PrincipalFacts {
        principal_id: ME.to_owned(),
        absent: false,
        account: Account::Enabled,
        placed: BTreeSet::new(),
        scope: scope.to_owned(),
        above: Seen::all(BTreeSet::from([CORP.to_lowercase()])),
        groups: Seen::all(BTreeSet::new()),
        unknown_groups: BTreeSet::new(),
        assignments: Seen::all(Vec::new()),
        confirmed: None,
        roles: Seen::all(Arc::new(roles)),
        denies: Seen::all(Vec::new()),
        eligible: Seen::all(Vec::new()),
        own: None,
    };
    World { facts, terms: Terms { accept_equivalent: true, ..Terms::default() } }
}

/// The role of this name, to be required.
pub(super) fn named(name: &str) -> Requirement {
    Requirement::Role { id: ROLES[name].id.clone(), name: name.to_owned() }
}

/// An operation, to be required.
pub(super) fn action(pattern: &str) -> Requirement {
    Requirement::Action(pattern.to_owned())
}

/// A data operation, to be required.
pub(super) fn data(pattern: &str) -> Requirement {
    Requirement::DataAction(pattern.to_owned())
}

impl World {
    /// Gives a role to the principal.
    pub(super) fn holds(self, role: &str, scope: &str) -> Self {
        self.given(role, ME, "User", scope)
    }

    /// Gives a role to anybody.
    pub(super) fn given(mut self, role: &str, principal: &str, kind: &str, scope: &str) -> Self {
        let row = assignment(self.facts.assignments.rows_so_far().count(), role, principal, kind, scope);
        edit(&mut self.facts.assignments, |rows| rows.push(row));
        self
    }

    /// Narrows all of what was given last.
    pub(super) fn on_a_condition(self) -> Self {
        self.on("@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'reports'")
    }

    /// Narrows what was given last as the portal does for who may give certain roles only.
    pub(super) fn constrained(self) -> Self {
        let only = |action: &str, of: &str| {
            format!(
                "(\n (\n  !(ActionMatches{{'Microsoft.Authorization/roleAssignments/{action}'}})\n )\n OR \n (\n  @{of}[Microsoft.\
                 Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{acdd72a7-3385-48ef-bd42-f606fba81ae7}}\n \
                 )\n)"
            )
        };
        self.on(&format!("{}\nAND\n{}", only("write", "Request"), only("delete", "Resource")))
    }

    /// Narrows what was given last by this condition.
    pub(super) fn on(mut self, condition: &str) -> Self {
        let narrowed = Narrowed::by(Some(condition), Some("2.0"));
        edit(&mut self.facts.assignments, |rows| rows.last_mut().unwrap().narrowed = narrowed);
        self
    }

    /// Narrows what could be activated last, likewise.
    pub(super) fn activated_on(mut self, condition: &str) -> Self {
        let narrowed = Narrowed::by(Some(condition), Some("2.0"));
        edit(&mut self.facts.eligible, |rows| rows.last_mut().unwrap().narrowed = narrowed);
        self
    }

    /// Lets somebody activate a role.
    pub(super) fn may_activate(mut self, role: &str, principal: &str, scope: &str) -> Self {
        edit(&mut self.facts.eligible, |rows| rows.push(assignment(900, role, principal, "User", scope)));
        self
    }

    /// Puts the principal into groups.
    pub(super) fn member_of(mut self, groups: &[&str]) -> Self {
        edit(&mut self.facts.groups, |own| own.extend(groups.iter().map(|id| (*id).to_owned())));
        self
    }

    /// Denies operations to everybody, as a managed application does.
    pub(super) fn denied(mut self, actions: &[&str], except: &[&str], scope: &str) -> Self {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let permission = Permission { actions: texts(actions), not_actions: texts(except), ..Permission::default() };
        let deny = Deny {
            id: "deny".to_owned(),
            name: "Managed application".to_owned(),
            scope: scope.to_owned(),
            applies_to_children: true,
            permissions: vec![permission],
            principals: [(EVERYONE.to_owned(), false)].into(),
            excluded: BTreeMap::new(),
            conditional: false,
            effect: Effect::Enforced,
        };
        edit(&mut self.facts.denies, |rows| rows.push(deny));
        self
    }

    /// Changes the deny assignment made last.
    pub(super) fn but(mut self, change: impl FnOnce(&mut Deny)) -> Self {
        edit(&mut self.facts.denies, |rows| change(rows.last_mut().unwrap()));
        self
    }

    /// Excludes somebody from the deny assignment made last.
    pub(super) fn but_not(self, principal: &str, is_group: bool) -> Self {
        self.but(|deny| {
            deny.excluded.insert(principal.to_owned(), is_group);
        })
    }

    /// Adds a role of our own, and requires nothing of it.
    pub(super) fn with_role(mut self, name: &str, permissions: Vec<Permission>) -> Self {
        let role = Role { id: name.to_owned(), name: name.to_owned(), permissions, assignable_scopes: Vec::new() };
        edit(&mut self.facts.roles, |roles| {
            Arc::make_mut(roles).insert(name.to_owned(), role);
        });
        self
    }

    /// Changes the facts.
    pub(super) fn with(mut self, change: impl FnOnce(&mut PrincipalFacts)) -> Self {
        change(&mut self.facts);
        self
    }

    /// Changes the terms.
    pub(super) fn if_we(mut self, change: impl FnOnce(&mut Terms)) -> Self {
        change(&mut self.terms);
        self
    }

    /// The verdict, as `status reason`.
    pub(super) fn judged(&self, requirement: &Requirement) -> String {
        let verdict = judge(requirement, &self.facts, self.terms);
        assert_eq!(verdict.status == Status::Pass, verdict.reason.is_none());
        format!("{} {}", verdict.status.word(), Why::shown(verdict.reason)).trim_end().to_owned()
    }

    /// The sentence of the verdict.
    pub(super) fn said(&self, requirement: &Requirement) -> String {
        judge(requirement, &self.facts, self.terms).detail
    }
}

/// An assignment; a role that the tenant has goes by name, any other by id.
fn assignment(number: usize, role: &str, principal: &str, kind: &str, scope: &str) -> Assignment {
    Assignment {
        id: format!("assignment-{number}"),
        scope: scope.to_owned(),
        role_id: ROLES.get(role).map_or(role, |role| role.id.as_str()).to_owned(),
        principal_id: principal.to_owned(),
        principal_type: kind.to_owned(),
        narrowed: Narrowed::Nothing,
        pending: false,
    }
}

/// A permission.
pub(super) fn allows(actions: &[&str], except: &[&str]) -> Permission {
    let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
    Permission { actions: texts(actions), not_actions: texts(except), ..Permission::default() }
}

/// Hides a part of the facts.
pub(super) fn unseen<T: Clone>(part: &mut Seen<T>) {
    unseen_for(part, Reason::Forbidden);
}

/// The same for another reason.
pub(super) fn unseen_for<T: Clone>(part: &mut Seen<T>, reason: Reason) {
    *part = part.clone().lacking(Unreadable { reason, ..Unreadable::unasked(Subject::RoleAssignments) });
}

/// Changes what was seen of a part of the facts.
pub(super) fn edit<T: Clone>(part: &mut Seen<T>, change: impl FnOnce(&mut T)) {
    *part = part.clone().map(|mut value| {
        change(&mut value);
        value
    });
}
