//! Small tenants, made up at random: a few people, a few policies, and everything known about them.

use std::collections::{BTreeMap, BTreeSet};

use azposture::posture::{
    Seen,
    conditional_access::{
        AccessFacts, AccessPolicy, AuthenticationStrength, BothSides, FilterMode, GrantControls, GrantOperator, GroupMembers,
        GuestTypes, HomeTenants, Licence, Person, PolicyApplications, PolicyState, RoleHolders, RuleFilter, UserSide, UserType,
    },
};

pub(super) const STRONG: &str = "00000000-0000-0000-0000-000000000002";
pub(super) const WEAK: &str = "20000000-0000-4000-8000-000000000001";
const USERS: [&str; 3] =
    ["30000000-0000-4000-8000-000000000001", "30000000-0000-4000-8000-000000000002", "30000000-0000-4000-8000-000000000003"];
const GROUPS: [&str; 3] =
    ["40000000-0000-4000-8000-000000000001", "40000000-0000-4000-8000-000000000002", "40000000-0000-4000-8000-000000000003"];
const ROLES: [&str; 2] = ["62e90394-69f5-4237-9190-012177145e10", "50000000-0000-4000-8000-000000000001"];
pub(super) const APPS: [&str; 4] =
    ["797f4846-ba00-4fd7-ba43-dac1f8f63013", "microsoftadminportals", "office365", "10000000-0000-4000-8000-00000000000a"];
pub(super) const CLIENTS: [&str; 4] = ["browser", "exchangeactivesync", "mobileappsanddesktopclients", "other"];
const PLATFORMS: [&str; 6] = ["android", "ios", "linux", "macos", "windows", "windowsphone"];
pub(super) const LOCATIONS: [&str; 2] = [super::sign_in::TRUSTED, "loc-office"];

/// One of a thousand, and so on.
pub(super) struct Dice(pub(super) fastrand::Rng);

impl Dice {
    fn one_in(&mut self, many: u32) -> bool {
        self.0.u32(0..many) == 0
    }

    fn of<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.0.usize(0..from.len())].clone()
    }

    fn some(&mut self, from: &[&str], at_least: usize) -> BTreeSet<String> {
        let count = self.0.usize(at_least..=2.max(at_least));
        (0..count).map(|_| self.of(from).to_owned()).collect()
    }
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

pub(super) fn tenant(dice: &mut Dice) -> AccessFacts {
    let people: Vec<Person> = USERS.iter().map(|id| person(dice, id)).collect();
    let members = |dice: &mut Dice| USERS.iter().filter(|_| dice.one_in(2)).map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let groups = GROUPS
        .iter()
        .map(|id| {
            let group = if dice.one_in(6) { GroupMembers::Missing } else { GroupMembers::People(Seen::all(members(dice))) };
            ((*id).to_owned(), group)
        })
        .collect();
    let roles = ROLES
        .iter()
        .map(|id| {
            let active: Vec<String> = members(dice);
            let beside = |all: Vec<String>| all.into_iter().filter(|one| !active.contains(one)).collect::<Vec<_>>();
            let (narrower, eligible) = (beside(members(dice)), beside(members(dice)));
            let holders = RoleHolders {
                custom: Some(*id == ROLES[1]),
                active: Seen::all(active.clone()),
                narrower: Seen::all(narrower),
                eligible: Seen::all(eligible),
            };
            ((*id).to_owned(), holders)
        })
        .collect();
    let strengths = BTreeMap::from([
        (STRONG.to_owned(), strength("mfa", &["fido2", "password,microsoftAuthenticatorPush"])),
        (WEAK.to_owned(), strength("none", &["password"])),
    ]);
    let count = dice.0.usize(0..=4);
    AccessFacts {
        policies: Seen::all((0..count).map(|number| policy(dice, number)).collect()),
        strengths: Seen::all(strengths),
        trusted_locations: Seen::all(set(&[super::sign_in::TRUSTED])),
        people,
        groups,
        roles: Seen::all(roles),
        security_defaults: Seen::all(false),
        licence: Seen::all(Licence::P2),
        inbound_trust: Seen::all(false),
    }
}

fn strength(requirements: &str, combinations: &[&str]) -> AuthenticationStrength {
    AuthenticationStrength { requirements: requirements.to_owned(), combinations: set(combinations) }
}

fn person(dice: &mut Dice, id: &str) -> Person {
    Person {
        id: id.to_owned(),
        user_type: Some(if dice.one_in(3) { UserType::Guest } else { UserType::Member }),
        external: Some(dice.one_in(4)),
        enabled: Some(!dice.one_in(20)),
        ..Person::default()
    }
}

fn side(dice: &mut Dice, everyone: bool) -> UserSide {
    let mut side = UserSide { everyone, ..UserSide::default() };
    if everyone && dice.one_in(2) {
        return side;
    }
    match dice.0.u32(0..5) {
        0 => side.users = dice.some(&USERS, 1),
        1 => side.groups = dice.some(&GROUPS, 1),
        2 => side.roles = dice.some(&ROLES, 1),
        3 => side.guests_or_external = true,
        _ => {
            let types = ["internalguest", "b2bcollaborationguest", "b2bcollaborationmember", "serviceprovider"];
            side.guests = Some(GuestTypes { types: dice.some(&types, 1), tenants: HomeTenants::All });
        }
    }
    side
}

fn policy(dice: &mut Dice, number: usize) -> AccessPolicy {
    let everyone = !dice.one_in(3);
    let mut policy = AccessPolicy {
        id: format!("60000000-0000-4000-8000-00000000000{number}"),
        name: format!("Policy {number}"),
        state: dice.of(&[
            PolicyState::Enabled,
            PolicyState::Enabled,
            PolicyState::Enabled,
            PolicyState::ReportOnly,
            PolicyState::Disabled,
        ]),
        include: side(dice, everyone),
        client_types: set(&["all"]),
        applications: PolicyApplications { include: set(&["all"]), ..PolicyApplications::default() },
        grant: Some(grant(dice)),
        ..AccessPolicy::default()
    };
    if dice.one_in(3) {
        policy.exclude = side(dice, false);
    }
    let many = dice.of(&[0, 0, 1, 1, 1, 2]);
    for _ in 0..many {
        restrict(dice, &mut policy);
    }
    policy
}

/// One condition more.
fn restrict(dice: &mut Dice, policy: &mut AccessPolicy) {
    let rule = |dice: &mut Dice, name: &str| {
        Some(RuleFilter { mode: dice.of(&[FilterMode::Include, FilterMode::Exclude]), rule: name.to_owned() })
    };
    match dice.0.u32(0..12) {
        0 => policy.applications.include = dice.some(&APPS, 1),
        1 => policy.applications.exclude = dice.some(&APPS, 1),
        2 => policy.applications.filter = rule(dice, "app attribute"),
        3 | 4 => policy.client_types = dice.some(&CLIENTS, 1),
        5 => {
            policy.client_types =
                set(dice.of::<&[&str]>(&[&["browser", "mobileappsanddesktopclients"], &["exchangeactivesync", "other"]]))
        }
        6 => policy.platforms = sides(dice, &PLATFORMS),
        7 => policy.locations = sides(dice, &["alltrusted", LOCATIONS[0], LOCATIONS[1]]),
        8 => policy.locations = dice.of(&[both(&["all"], &["alltrusted"]), both(&["alltrusted"], &[])]),
        9 => policy.device_filter = rule(dice, "device rule"),
        10 => policy.sign_in_risk = dice.some(&["low", "medium", "high"], 1),
        _ => match dice.0.u32(0..3) {
            0 => policy.user_risk = dice.some(&["low", "medium", "high"], 1),
            1 => policy.insider_risk = dice.some(&["minor", "moderate", "elevated"], 1),
            _ => policy.transfer_methods = dice.some(&["devicecodeflow", "authenticationtransfer"], 1),
        },
    }
}

fn both(include: &[&str], exclude: &[&str]) -> BothSides {
    BothSides { include: set(include), exclude: set(exclude) }
}

fn sides(dice: &mut Dice, words: &[&str]) -> BothSides {
    let some = dice.some(words, 1);
    if dice.one_in(2) {
        BothSides { include: set(&["all"]), exclude: some }
    } else {
        BothSides { include: some, exclude: set(&[]) }
    }
}

fn grant(dice: &mut Dice) -> GrantControls {
    let operator = dice.of(&[GrantOperator::And, GrantOperator::Or]);
    let plain =
        |controls: &[&str]| GrantControls { controls: set(controls), operator: operator.clone(), ..GrantControls::default() };
    match dice.0.u32(0..12) {
        0..=3 => plain(&["mfa"]),
        4 | 5 => plain(&["block"]),
        6 => plain(&["mfa", "compliantdevice"]),
        7 => plain(&["compliantdevice", "domainjoineddevice"]),
        8 => GrantControls { strength: Some(STRONG.to_owned()), ..plain(&[]) },
        9 => GrantControls { strength: Some(WEAK.to_owned()), ..plain(dice.of::<&[&str]>(&[&[], &["mfa"]])) },
        10 => GrantControls { terms_of_use: set(&["70000000-0000-4000-8000-000000000001"]), ..plain(&["mfa"]) },
        _ => GrantControls { custom_factors: set(&["ThirdPartyMfa"]), ..plain(dice.of::<&[&str]>(&[&[], &["mfa"]])) },
    }
}
