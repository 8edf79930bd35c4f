//! An independent oracle of the verdicts about MFA: every sign-in that a small tenant can see, tried one by one.

mod sign_in;
mod tenant;

use std::collections::{BTreeMap, BTreeSet};

use azposture::posture::conditional_access::{
    AccessFacts, AccessPolicy, BothSides, Ground, MfaCoverage, MfaVerdict, Person, Target, judge,
};

use sign_in::{Context, Outcome, applications, concerns, outcome};
use tenant::{CLIENTS, Dice, LOCATIONS, tenant};

/// What the sign-ins of one person at one target come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Kinds {
    blocked: bool,
    challenged: bool,
    open: bool,
}

impl Kinds {
    fn take(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Blocked => self.blocked = true,
            Outcome::Challenged => self.challenged = true,
            Outcome::Open => self.open = true,
        }
    }

    fn are_all(self) -> bool {
        self.blocked && self.challenged && self.open
    }
}

/// Every choice of some of these.
fn subsets<'a>(all: &[&'a str]) -> Vec<Vec<&'a str>> {
    let pick = |mask: usize| all.iter().enumerate().filter(|(place, _)| mask & (1 << place) != 0).map(|(_, one)| *one).collect();
    (0..1_usize << all.len()).map(pick).collect()
}

fn used(policies: &[&AccessPolicy], uses: impl Fn(&AccessPolicy) -> bool, all: &[&'static str]) -> Vec<&'static str> {
    if policies.iter().any(|policy| uses(policy)) { all.to_vec() } else { all[..1].to_vec() }
}

/// Tries every sign-in that these policies can tell apart.
fn sign_ins(policies: &[&AccessPolicy], target: Target, facts: &AccessFacts) -> Kinds {
    let is_used = |sides: &BothSides| !sides.include.is_empty() || !sides.exclude.is_empty();
    let clients = used(policies, |policy| !policy.client_types.contains("all"), &CLIENTS);
    let all_platforms = ["none of them", "android", "ios", "linux", "macos", "windows", "windowsphone"];
    let platforms = used(policies, |policy| is_used(&policy.platforms), &all_platforms);
    let sign_in_risks = used(policies, |policy| !policy.sign_in_risk.is_empty(), &["none", "low", "medium", "high"]);
    let user_risks = used(policies, |policy| !policy.user_risk.is_empty(), &["none", "low", "medium", "high"]);
    let insider_risks = used(policies, |policy| !policy.insider_risk.is_empty(), &["none", "minor", "moderate", "elevated"]);
    let flows =
        used(policies, |policy| !policy.transfer_methods.is_empty(), &["none", "devicecodeflow", "authenticationtransfer"]);
    let located = policies.iter().any(|policy| is_used(&policy.locations));
    let locations = if located { subsets(&LOCATIONS) } else { vec![Vec::new()] };
    let filters = policies.iter().flat_map(|policy| policy.device_filter.iter().chain(&policy.applications.filter));
    let rules: BTreeSet<&str> = filters.map(|filter| filter.rule.as_str()).collect();
    let rules = subsets(&rules.into_iter().collect::<Vec<_>>());
    let grants = policies.iter().filter_map(|policy| policy.grant.as_ref());
    let controls = grants.flat_map(|grant| grant.controls.iter().chain(&grant.custom_factors).chain(&grant.terms_of_use));
    let controls: BTreeSet<&str> = controls.map(String::as_str).filter(|name| !["mfa", "block"].contains(name)).collect();
    let met = subsets(&controls.into_iter().collect::<Vec<_>>());
    let mut kinds = Kinds::default();
    for (app, client, platform) in product(applications(target), &clients, &platforms) {
        for (sign_in_risk, user_risk, insider_risk) in product(&sign_in_risks, &user_risks, &insider_risks) {
            for (flow, locations, rules) in product(&flows, &locations, &rules) {
                for met in &met {
                    let context =
                        Context { app, client, platform, locations, sign_in_risk, user_risk, insider_risk, flow, rules, met };
                    kinds.take(outcome(policies, &context, facts));
                    if kinds.are_all() {
                        return kinds;
                    }
                }
            }
        }
    }
    kinds
}

fn product<'a, A, B, C>(one: &'a [A], two: &'a [B], three: &'a [C]) -> impl Iterator<Item = (&'a A, &'a B, &'a C)> {
    one.iter().flat_map(move |a| two.iter().flat_map(move |b| three.iter().map(move |c| (a, b, c))))
}

/// Whether a policy is restricted at most by clients, and by exactly the trusted locations or all others: what may be united.
fn may_be_united(policy: &AccessPolicy, target: Target) -> bool {
    let apps = &policy.applications;
    let all = ["all".to_owned()].into();
    let of_target = applications(target);
    let is_named = |app: &&[&str], set: &BTreeSet<String>| app.iter().any(|name| set.contains(*name));
    let is_included = apps.include == all
        || (target != Target::AllApps
            && (apps.include.contains("all") || of_target.iter().all(|app| is_named(app, &apps.include))));
    let whole = is_included
        && !of_target.iter().any(|app| is_named(app, &apps.exclude))
        && (apps.exclude.is_empty() || target != Target::AllApps)
        && apps.filter.is_none();
    let trusted = ["alltrusted".to_owned()].into();
    let BothSides { include, exclude } = &policy.locations;
    let located = (include == &all && (exclude.is_empty() || exclude == &trusted))
        || (include == &trusted && exclude.is_empty())
        || (include.is_empty() && exclude.is_empty());
    let levels = [&policy.sign_in_risk, &policy.user_risk, &policy.insider_risk, &policy.transfer_methods];
    whole
        && located
        && policy.platforms == BothSides::default()
        && policy.device_filter.is_none()
        && levels.iter().all(|levels| levels.is_empty())
}

/// What is wrong with a verdict; nothing if the sign-ins bear it out.
fn objection(coverage: &MfaCoverage, person: &Person, target: Target, facts: &AccessFacts) -> Option<&'static str> {
    if person.enabled == Some(false) {
        return (coverage.verdict != MfaVerdict::NotApplicable).then_some("a disabled account signs in nowhere");
    }
    let policies: Vec<&AccessPolicy> = facts
        .policies
        .whole()
        .expect("the oracle is told everything")
        .iter()
        .filter(|one| concerns(one, person, facts))
        .collect();
    let kinds = sign_ins(&policies, target, facts);
    let alone = || policies.iter().any(|policy| !sign_ins(&[policy], target, facts).open);
    let united = || policies.iter().all(|policy| may_be_united(policy, target));
    match coverage.verdict {
        MfaVerdict::Enforced if kinds.open => Some("a sign-in gets in without MFA"),
        MfaVerdict::Blocked if kinds.open || kinds.challenged => Some("a sign-in gets in"),
        MfaVerdict::NotEnforced if !kinds.open && (alone() || united()) => Some("no sign-in gets in without MFA"),
        MfaVerdict::Partial if coverage.grounds.contains(&Ground::ThirdPartyFactor) => None,
        MfaVerdict::Partial if !kinds.open && (alone() || united()) => Some("no sign-in gets in without MFA"),
        MfaVerdict::Partial if !kinds.challenged && !kinds.blocked => Some("no sign-in meets anything"),
        MfaVerdict::NotApplicable => Some("somebody can sign in"),
        _ => None,
    }
}

/// A tenant of each of these numbers, and its people at each target; how often each verdict was given.
fn tried(numbers: std::ops::Range<u64>) -> BTreeMap<&'static str, usize> {
    let mut verdicts = BTreeMap::new();
    for number in numbers {
        let facts = tenant(&mut Dice(fastrand::Rng::with_seed(number)));
        for target in Target::ALL {
            for (coverage, person) in judge(&facts, target).iter().zip(&facts.people) {
                *verdicts.entry(coverage.verdict.word()).or_default() += 1;
                if let Some(objection) = objection(coverage, person, target, &facts) {
                    panic!("tenant {number}, {}: {objection}\n{coverage:#?}\n{person:#?}\n{facts:#?}", target.word());
                }
            }
        }
    }
    verdicts
}

#[test]
fn every_verdict_is_borne_out_by_every_sign_in() {
    let tenants = if std::env::var_os("AZPOSTURE_FULL").is_some() { 1_000_000 } else { 100_000 };
    let half = tenants / 2;
    let verdicts = std::thread::scope(|scope| {
        let other = scope.spawn(|| tried(half..tenants));
        let mut verdicts = tried(0..half);
        for (word, count) in other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
            *verdicts.entry(word).or_default() += count;
        }
        verdicts
    });
    // A tenant that makes every verdict unknown would bear out anything.
    let judged = usize::try_from(tenants).unwrap() * Target::ALL.len();
    for verdict in [MfaVerdict::Blocked, MfaVerdict::Enforced, MfaVerdict::NotEnforced, MfaVerdict::Partial] {
        let count = verdicts.get(verdict.word()).copied().unwrap_or_default();
        assert!(count * 20 > judged, "{}: {count} of {judged}: {verdicts:?}", verdict.word());
    }
}
