//! The promise of the judge, tried on thousands of worlds: whatever part of a world is hidden, a pass stays a pass and a fail a fail
//! once everything is seen. And more rights never take any away.

use proptest::prelude::*;

use super::world::*;

const ROLE_NAMES: [&str; 7] = [
    "Contributor",
    "Key Vault Reader",
    "Log Analytics Reader",
    "Owner",
    "Reader",
    "Security Reader",
    "User Access Administrator",
];
const SCOPES: [&str; 6] = ["/", CORP, ELSEWHERE, SUBSCRIPTION, GROUP, OTHER];
const PRINCIPALS: [(&str, &str); 5] =
    [(ME, "User"), (SOMEBODY, "User"), (TEAM, "Group"), (DEPARTMENT, "Group"), (STRANGERS, "Group")];
const DENIED: [&str; 4] = ["*", "*/write", "Microsoft.Web/*", "*/read"];
const WANTED: [&str; 4] =
    ["*/read", "Microsoft.Web/sites/write", "Microsoft.Authorization/roleAssignments/write", "Microsoft.KeyVault/*/read"];

type Given = (usize, usize, usize, bool);

/// A world of assignments (role, principal, scope, condition), denials (whom, what, where) and groups.
fn world() -> impl Strategy<Value = World> {
    let given =
        prop::collection::vec((0..ROLE_NAMES.len(), 0..PRINCIPALS.len(), 0..SCOPES.len(), prop::bool::weighted(0.2)), 0..4);
    let denied = prop::collection::vec(
        (0..PRINCIPALS.len(), 0..DENIED.len(), 0..SCOPES.len(), prop::option::of(0..PRINCIPALS.len())),
        0..2,
    );
    let groups = prop::sample::subsequence(vec![TEAM, DEPARTMENT], 0..=2);
    (given, denied, groups).prop_map(|(given, denied, groups)| {
        let mut world = given.iter().fold(at(GROUP).member_of(&groups), |world, one| give(world, *one));
        for (whom, what, place, except) in denied {
            let (id, kind) = PRINCIPALS[whom];
            world = world.denied(&[DENIED[what]], &[], SCOPES[place]);
            world = world.but(|deny| deny.principals = [(id.to_owned(), kind == "Group")].into());
            if let Some((id, kind)) = except.map(|except| PRINCIPALS[except]) {
                world = world.but_not(id, kind == "Group");
            }
        }
        world
    })
}

fn give(world: World, (role, principal, scope, condition): Given) -> World {
    let (id, kind) = PRINCIPALS[principal];
    let world = world.given(ROLE_NAMES[role], id, kind, SCOPES[scope]);
    if condition { world.on_a_condition() } else { world }
}

/// Which parts of a world are hidden, each by a mask of what of it is left.
fn veil() -> impl Strategy<Value = [Option<u8>; 4]> {
    prop::array::uniform4(prop::option::of(any::<u8>()))
}

fn kept<T>(rows: Vec<T>, mask: u8) -> Vec<T> {
    rows.into_iter().enumerate().filter(|(position, _)| mask >> (position % 8) & 1 == 1).map(|(_, row)| row).collect()
}

fn veiled(world: World, [assignments, groups, denies, roles]: [Option<u8>; 4]) -> World {
    world.with(|facts| {
        if let Some(mask) = assignments {
            edit(&mut facts.assignments, |rows| *rows = kept(std::mem::take(rows), mask));
            unseen(&mut facts.assignments);
        }
        if let Some(mask) = groups {
            edit(&mut facts.groups, |ids| *ids = kept(std::mem::take(ids).into_iter().collect(), mask).into_iter().collect());
            unseen(&mut facts.groups);
        }
        if let Some(mask) = denies {
            edit(&mut facts.denies, |rows| *rows = kept(std::mem::take(rows), mask));
            unseen(&mut facts.denies);
        }
        if let Some(mask) = roles {
            edit(&mut facts.roles, |roles| {
                let rows = roles.iter().map(|(id, role)| (id.clone(), role.clone())).collect();
                *roles = std::sync::Arc::new(kept(rows, mask).into_iter().collect());
            });
            unseen(&mut facts.roles);
        }
    })
}

fn status(judged: &str) -> &str {
    judged.split(' ').next().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn what_is_hidden_never_made_the_difference(
        world in world(), veil in veil(), wanted in 0..ROLE_NAMES.len(), pattern in 0..WANTED.len(), equivalent in any::<bool>(),
    ) {
        let world = world.if_we(|terms| terms.accept_equivalent = equivalent);
        for requirement in [named(ROLE_NAMES[wanted]), action(WANTED[pattern])] {
            let truth = world.judged(&requirement);
            let seen = veiled(world.clone(), veil).judged(&requirement);
            prop_assert_ne!(status(&truth), "unknown", "everything was seen");
            prop_assert!(
                status(&seen) == "unknown" || status(&seen) == status(&truth),
                "{:?}: seen {seen}, true {truth}", requirement
            );
        }
    }

    #[test]
    fn another_role_never_takes_anything_away(
        world in world(), role in 0..ROLE_NAMES.len(), scope in 0..SCOPES.len(), wanted in 0..ROLE_NAMES.len(), pattern in 0..WANTED.len(),
    ) {
        for requirement in [named(ROLE_NAMES[wanted]), action(WANTED[pattern])] {
            let before = world.judged(&requirement);
            let after = give(world.clone(), (role, 0, scope, false)).judged(&requirement);
            prop_assert!(status(&before) != "pass" || status(&after) == "pass", "{:?}: {before}, then {after}", requirement);
        }
    }
}
