//! How long it takes to judge everybody: 100,000 people, 100 policies, 60 groups of 1,000 to 50,000 members.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use azposture::posture::{
    Seen,
    conditional_access::{
        AccessFacts, AccessPolicy, BothSides, GrantControls, GrantOperator, GroupMembers, Judge, Licence, Person,
        PolicyApplications, PolicyState, Target, UserSide, UserType, judge,
    },
};

use super::figures::{Report, median, milliseconds, usage};

const PEOPLE: usize = 100_000;
const POLICIES: usize = 100;
const GROUPS: usize = 60;
const SMALLEST: usize = 1_000;
const LARGEST: usize = 50_000;

pub(crate) fn measure(report: &mut Report) {
    let facts = tenant(PEOPLE);
    let members: usize = facts
        .groups
        .values()
        .map(|group| if let GroupMembers::People(all) = group { all.rows_so_far().count() } else { 0 })
        .sum();
    report.note("people x policies x groups", format!("{PEOPLE} x {POLICIES} x {GROUPS}, {members} memberships"));
    let whole = timed(|| judge(&facts, Target::AllApps).len());
    report.budget("  judged, memberships entered", milliseconds(whole), 1000.0, "ms");
    let ready = Judge::of(&facts);
    let at = ready.at(Target::AllApps);
    let verdicts = timed(|| (0..PEOPLE).filter_map(|person| at.coverage(person)).count());
    report.note("  of that the verdicts", format!("{:.0} ms", milliseconds(verdicts)));
    let sentences = timed(|| (0..PEOPLE).filter_map(|person| Some(at.explanation(person, &at.coverage(person)?))).count());
    report.note("  with a sentence for everybody", format!("{:.0} ms", milliseconds(sentences)));
    let fewer = tenant(PEOPLE / 10);
    let tenth = timed(|| judge(&fewer, Target::AllApps).len());
    report.budget("  ratio to a tenth of the people", whole.as_secs_f64() / tenth.as_secs_f64(), 15.0, "x");
    if let Some(used) = usage("self") {
        report.note("  peak memory of this process", format!("{:.0} MiB", used.peak));
    }
}

fn timed(mut run: impl FnMut() -> usize) -> Duration {
    let once = |()| {
        let started = Instant::now();
        std::hint::black_box(run());
        started.elapsed()
    };
    median([(), (), ()].map(once).to_vec())
}

fn id(kind: usize, number: usize) -> String {
    format!("00000000-0000-4000-8{kind:03}-{number:012}")
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Every policy with MFA, on conditions of all kinds, for and without groups; the groups overlap at random, always in the same way.
fn tenant(people: usize) -> AccessFacts {
    let mut random = fastrand::Rng::with_seed(7);
    let groups = (0..GROUPS).map(|group| {
        let most = people * LARGEST / PEOPLE;
        let size = random.usize(people * SMALLEST / PEOPLE..=most);
        let members = (0..size).map(|_| id(0, random.usize(0..people))).collect::<BTreeSet<_>>();
        (id(1, group), GroupMembers::People(Seen::all(members.into_iter().collect())))
    });
    let groups: BTreeMap<_, _> = groups.collect();
    let policies = (0..POLICIES).map(|policy| {
        let mut group = || BTreeSet::from([id(1, random.usize(0..GROUPS)), id(1, random.usize(0..GROUPS))]);
        let everyone = policy % 3 == 0;
        let include = UserSide { everyone, groups: if everyone { BTreeSet::new() } else { group() }, ..UserSide::default() };
        let exclude = UserSide { groups: group(), ..UserSide::default() };
        AccessPolicy {
            id: id(2, policy),
            name: format!("Policy {policy}"),
            state: PolicyState::Enabled,
            include,
            exclude,
            applications: PolicyApplications { include: set(&["All"]), ..PolicyApplications::default() },
            client_types: if policy % 4 == 0 { set(&["browser"]) } else { set(&["all"]) },
            platforms: BothSides { include: if policy % 5 == 0 { set(&["windows"]) } else { set(&[]) }, exclude: set(&[]) },
            sign_in_risk: if policy % 7 == 0 { set(&["high"]) } else { set(&[]) },
            grant: Some(GrantControls { operator: GrantOperator::Or, controls: set(&["mfa"]), ..GrantControls::default() }),
            ..AccessPolicy::default()
        }
    });
    let policies = policies.collect();
    let person = |number: usize| Person {
        id: id(0, number),
        user_type: Some(UserType::Member),
        external: Some(false),
        enabled: Some(true),
        ..Person::default()
    };
    AccessFacts {
        policies: Seen::all(policies),
        strengths: Seen::all(BTreeMap::new()),
        trusted_locations: Seen::all(BTreeSet::new()),
        people: (0..people).map(person).collect(),
        groups,
        roles: Seen::all(BTreeMap::new()),
        security_defaults: Seen::all(false),
        licence: Seen::all(Licence::P1),
        inbound_trust: Seen::all(false),
    }
}
