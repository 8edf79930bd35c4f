//! A tenant with its policies, told in one line a fact. One person is judged.

use std::collections::{BTreeMap, BTreeSet};

use azposture::posture::{
    Seen, Subject, Unreadable,
    conditional_access::{
        AccessFacts, AccessPolicy, AuthenticationStrength, BothSides, FilterMode, GrantControls, GrantOperator, Ground,
        GroupMembers, GuestTypes, HomeTenants, Judge, Licence, MfaCoverage, Person, PolicyApplications, PolicyKind, PolicyPart,
        PolicyState, RoleHolders, RuleFilter, Target, UserSide, UserType,
    },
};

pub(super) const ME: &str = "00000000-0000-4000-8000-00000000000a";
pub(super) const SOMEBODY: &str = "00000000-0000-4000-8000-00000000000b";
pub(super) const TEAM: &str = "00000000-0000-4000-8000-0000000000c1";
pub(super) const BREAK_GLASS: &str = "00000000-0000-4000-8000-0000000000c2";
pub(super) const GLOBAL_ADMIN: &str = "62e90394-69f5-4237-9190-012177145e10";
pub(super) const READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
pub(super) const OFFICE: &str = "00000000-0000-4000-8000-0000000000d1";
pub(super) const BRANCH: &str = "00000000-0000-4000-8000-0000000000d2";
pub(super) const PAYROLL: &str = "00000000-0000-4000-8000-0000000000e1";
pub(super) const SHOP: &str = "00000000-0000-4000-8000-0000000000e2";
pub(super) const AZURE: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
pub(super) const AZURE_PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
pub(super) const M365_PORTAL: &str = "00000006-0000-0ff1-ce00-000000000000";
pub(super) const STRONG: &str = "00000000-0000-0000-0000-000000000004";
pub(super) const WEAK: &str = "00000000-0000-4000-8000-0000000000f1";
pub(super) const CONTRADICTED: &str = "00000000-0000-4000-8000-0000000000f2";
pub(super) const UNLISTED: &str = "00000000-0000-4000-8000-0000000000f3";

pub(super) const LEGACY: [&str; 2] = ["exchangeActiveSync", "other"];
pub(super) const MODERN: [&str; 2] = ["browser", "mobileAppsAndDesktopClients"];

/// A policy in the making.
#[derive(Clone, Debug)]
pub(super) struct Rule(pub(super) AccessPolicy);

/// An enabled policy for everybody, everywhere, that asks for this.
pub(super) fn asking(grant: Option<GrantControls>) -> Rule {
    Rule(AccessPolicy {
        state: PolicyState::Enabled,
        include: UserSide { everyone: true, ..UserSide::default() },
        applications: PolicyApplications { include: set(&["All"]), ..PolicyApplications::default() },
        client_types: set(&["all"]),
        grant,
        ..AccessPolicy::default()
    })
}

/// MFA for everybody, everywhere.
pub(super) fn mfa() -> Rule {
    any_of(&["mfa"])
}

/// Nobody gets in anywhere.
pub(super) fn block() -> Rule {
    any_of(&["block"])
}

/// Everybody, everywhere, has to meet one of these.
pub(super) fn any_of(controls: &[&str]) -> Rule {
    asking(Some(GrantControls { operator: GrantOperator::Or, controls: set(controls), ..GrantControls::default() }))
}

/// Everybody, everywhere, has to meet all of these.
pub(super) fn all_of(controls: &[&str]) -> Rule {
    asking(Some(GrantControls { operator: GrantOperator::And, controls: set(controls), ..GrantControls::default() }))
}

/// Only the session of everybody is controlled.
pub(super) fn session() -> Rule {
    asking(None).with(|policy| policy.has_session = true)
}

pub(super) fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn guests(types: &[&str]) -> GuestTypes {
    GuestTypes { types: set(types), tenants: HomeTenants::All }
}

impl Rule {
    pub(super) fn with(mut self, change: impl FnOnce(&mut AccessPolicy)) -> Self {
        change(&mut self.0);
        self
    }

    /// In the words of the service.
    pub(super) fn state(self, word: &str) -> Self {
        self.with(|policy| policy.state = PolicyState::of(word))
    }

    pub(super) fn reported(self) -> Self {
        self.state("enabledForReportingButNotEnforced")
    }

    /// For nobody yet.
    pub(super) fn for_none(self) -> Self {
        self.with(|policy| policy.include = UserSide::default())
    }

    pub(super) fn for_user(self, id: &str) -> Self {
        self.with(|policy| policy.include.everyone = false).with(|policy| policy.include.users.extend([id.to_owned()]))
    }

    pub(super) fn for_group(self, id: &str) -> Self {
        self.with(|policy| policy.include.everyone = false).with(|policy| policy.include.groups.extend([id.to_owned()]))
    }

    pub(super) fn for_role(self, id: &str) -> Self {
        self.with(|policy| policy.include.everyone = false).with(|policy| policy.include.roles.extend([id.to_owned()]))
    }

    pub(super) fn for_guests(self, types: &[&str]) -> Self {
        self.for_none().with(|policy| policy.include.guests = Some(guests(types)))
    }

    pub(super) fn for_all_guests(self) -> Self {
        self.for_none().with(|policy| policy.include.guests_or_external = true)
    }

    pub(super) fn but_user(self, id: &str) -> Self {
        self.with(|policy| policy.exclude.users.extend([id.to_owned()]))
    }

    pub(super) fn but_group(self, id: &str) -> Self {
        self.with(|policy| policy.exclude.groups.extend([id.to_owned()]))
    }

    pub(super) fn but_role(self, id: &str) -> Self {
        self.with(|policy| policy.exclude.roles.extend([id.to_owned()]))
    }

    pub(super) fn but_guests(self, types: &[&str]) -> Self {
        self.with(|policy| policy.exclude.guests = Some(guests(types)))
    }

    pub(super) fn but_all_guests(self) -> Self {
        self.with(|policy| policy.exclude.guests_or_external = true)
    }

    pub(super) fn apps(self, ids: &[&str]) -> Self {
        self.with(|policy| policy.applications.include = set(ids))
    }

    pub(super) fn but_apps(self, ids: &[&str]) -> Self {
        self.with(|policy| policy.applications.exclude = set(ids))
    }

    pub(super) fn apps_by_rule(self, mode: FilterMode) -> Self {
        self.with(|policy| policy.applications.filter = Some(filter(mode)))
    }

    pub(super) fn clients(self, words: &[&str]) -> Self {
        self.with(|policy| policy.client_types = set(words))
    }

    pub(super) fn platforms(self, include: &[&str], exclude: &[&str]) -> Self {
        self.with(|policy| policy.platforms = BothSides { include: set(include), exclude: set(exclude) })
    }

    pub(super) fn locations(self, include: &[&str], exclude: &[&str]) -> Self {
        self.with(|policy| policy.locations = BothSides { include: set(include), exclude: set(exclude) })
    }

    pub(super) fn untrusted(self) -> Self {
        self.locations(&["All"], &["AllTrusted"])
    }

    pub(super) fn trusted(self) -> Self {
        self.locations(&["AllTrusted"], &[])
    }

    pub(super) fn devices(self, mode: FilterMode) -> Self {
        self.with(|policy| policy.device_filter = Some(filter(mode)))
    }

    pub(super) fn at_risk(self, levels: &[&str]) -> Self {
        self.with(|policy| policy.sign_in_risk = set(levels))
    }

    pub(super) fn handed_on(self, methods: &[&str]) -> Self {
        self.with(|policy| policy.transfer_methods = set(methods))
    }

    /// Asks for this strength beside what it asks for.
    pub(super) fn strength(self, id: &str) -> Self {
        self.with(|policy| policy.grant.get_or_insert_default().strength = Some(id.to_owned()))
    }

    pub(super) fn custom(self, name: &str) -> Self {
        self.with(|policy| policy.grant.get_or_insert_default().custom_factors = set(&[name]))
    }

    pub(super) fn operator(self, operator: GrantOperator) -> Self {
        self.with(|policy| policy.grant.get_or_insert_default().operator = operator)
    }

    pub(super) fn unclear(self, part: PolicyPart) -> Self {
        self.with(|policy| policy.unclear.extend([part]))
    }
}

fn filter(mode: FilterMode) -> RuleFilter {
    RuleFilter { mode, rule: "device.isCompliant -eq True".to_owned() }
}

/// A gap, whatever its reason.
pub(super) fn gap() -> Unreadable {
    Unreadable::unasked(Subject::Users)
}

/// What is known, and at which target it is judged.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) facts: AccessFacts,
    pub(super) target: Target,
}

/// A tenant with P2, without security defaults, with these policies; the person is an enabled member in no group.
pub(super) fn tenant(rules: impl IntoIterator<Item = Rule>) -> World {
    let policies: Vec<_> = rules.into_iter().enumerate().map(|(place, rule)| numbered(place, rule)).collect();
    let strength = |requirements: &str, combinations: &[&str]| AuthenticationStrength {
        requirements: requirements.to_owned(),
        combinations: set(combinations),
    };
    let strengths = BTreeMap::from([
        (STRONG.to_owned(), strength("mfa", &["fido2", "windowsHelloForBusiness"])),
        (WEAK.to_owned(), strength("none", &["password", "fido2"])),
        (CONTRADICTED.to_owned(), strength("mfa", &["password"])),
    ]);
    let me = Person {
        id: ME.to_owned(),
        user_type: Some(UserType::Member),
        external: Some(false),
        enabled: Some(true),
        ..Person::default()
    };
    let empty = || GroupMembers::People(Seen::all(vec![]));
    let facts = AccessFacts {
        policies: Seen::all(policies),
        strengths: Seen::all(strengths),
        trusted_locations: Seen::all(set(&[OFFICE])),
        people: vec![me],
        groups: BTreeMap::from([(TEAM.to_owned(), empty()), (BREAK_GLASS.to_owned(), empty())]),
        roles: Seen::all(BTreeMap::new()),
        security_defaults: Seen::all(false),
        licence: Seen::all(Licence::P2),
        inbound_trust: Seen::all(false),
    };
    World { facts, target: Target::AllApps }
}

fn numbered(place: usize, rule: Rule) -> AccessPolicy {
    let id = format!("00000000-0000-4000-8000-0000000001{place:02}");
    AccessPolicy { id, name: format!("Policy {place}"), ..rule.0 }
}

fn holders() -> RoleHolders {
    let nobody = || Seen::all(vec![]);
    RoleHolders { custom: Some(false), active: nobody(), narrower: nobody(), eligible: nobody() }
}

impl World {
    pub(super) fn with(mut self, change: impl FnOnce(&mut AccessFacts)) -> Self {
        change(&mut self.facts);
        self
    }

    pub(super) fn at(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// The person is different.
    pub(super) fn me(self, change: impl FnOnce(&mut Person)) -> Self {
        self.with(|facts| change(&mut facts.people[0]))
    }

    /// The person is from outside.
    pub(super) fn coming_as(self, user_type: UserType) -> Self {
        self.me(|me| (me.user_type, me.external) = (Some(user_type), Some(true)))
    }

    pub(super) fn group(self, id: &str, members: GroupMembers) -> Self {
        self.with(|facts| drop(facts.groups.insert(id.to_owned(), members)))
    }

    /// The person is in this group.
    pub(super) fn in_group(self, id: &str) -> Self {
        self.group(id, GroupMembers::People(Seen::all(vec![ME.to_owned()])))
    }

    pub(super) fn group_unread(self, id: &str) -> Self {
        self.group(id, GroupMembers::People(Seen::unseen(gap())))
    }

    /// Only these were seen of the group.
    pub(super) fn group_partly(self, id: &str, members: &[&str]) -> Self {
        let members = members.iter().map(|id| (*id).to_owned()).collect();
        self.group(id, GroupMembers::People(Seen::part(members, [gap()])))
    }

    pub(super) fn role(self, id: &str, change: impl FnOnce(&mut RoleHolders)) -> Self {
        let mut changed = holders();
        change(&mut changed);
        self.with(|facts| {
            let mut roles = facts.roles.so_far().unwrap().clone();
            roles.insert(id.to_owned(), changed);
            facts.roles = Seen::all(roles);
        })
    }

    pub(super) fn holds(self, role: &str) -> Self {
        self.role(role, |holders| holders.active = Seen::all(vec![ME.to_owned()]))
    }

    pub(super) fn roles_unread(self) -> Self {
        self.with(|facts| facts.roles = Seen::unseen(gap()))
    }

    pub(super) fn defaults(self, on: Option<bool>) -> Self {
        self.with(|facts| facts.security_defaults = on.map_or(Seen::unseen(gap()), Seen::all))
    }

    pub(super) fn licence(self, licence: Option<Licence>) -> Self {
        self.with(|facts| facts.licence = licence.map_or(Seen::unseen(gap()), Seen::all))
    }

    pub(super) fn policies_unread(self) -> Self {
        self.with(|facts| facts.policies = Seen::unseen(gap()))
    }

    /// More policies may exist than were seen.
    pub(super) fn policies_partly(self) -> Self {
        self.with(|facts| facts.policies = Seen::part(facts.policies.so_far().unwrap().clone(), [gap()]))
    }

    pub(super) fn strengths_unread(self) -> Self {
        self.with(|facts| facts.strengths = Seen::unseen(gap()))
    }

    pub(super) fn coverage(&self) -> MfaCoverage {
        Judge::of(&self.facts).at(self.target).coverage(0).unwrap()
    }

    pub(super) fn explained(&self) -> String {
        let judge = Judge::of(&self.facts);
        let at = judge.at(self.target);
        at.explanation(0, &at.coverage(0).unwrap())
    }

    /// The verdict and its grounds, as `partial client_apps`.
    pub(super) fn judged(&self) -> String {
        said(&self.coverage())
    }
}

pub(super) fn said(coverage: &MfaCoverage) -> String {
    let grounds = coverage.grounds.iter().map(|ground: &Ground| ground.word());
    std::iter::once(coverage.verdict.word()).chain(grounds).collect::<Vec<_>>().join(" ")
}

/// One sentence a case.
pub(super) type Case = (&'static str, World, &'static str);

pub(super) fn check(cases: Vec<Case>) {
    let wrong: Vec<_> = cases
        .iter()
        .filter_map(|(sentence, world, expected)| {
            let judged = world.judged();
            (judged != *expected).then(|| format!("{sentence}: {judged}, not {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

pub(super) fn agents(policy: &mut AccessPolicy) {
    policy.kind = PolicyKind::Agents;
}
