//! Whether a person can get in without MFA. Judged twice: with everything that is not certain against us, and with all of it for us; where
//! the two differ, and the first is not good enough, it is unknown.

use super::{
    AccessFacts, AccessPolicy, DanglingGroup, EnforcedBy, Ground, Licence, MfaCoverage, MfaVerdict, Person, PolicyKind,
    PolicyPart, PolicyState, Target,
    crowd::{Crowd, GuestKinds, Likely},
    given::{Given, plain},
    grounds::Grounds,
    known_words::indeterminate_parts,
    reach::{Applies, Reach, Somebody},
    tally::rank,
    worth::{Worth, worth},
};
use crate::posture::Look;

/// Judges everybody at a target, in the order of the people.
pub fn judge(facts: &AccessFacts, target: Target) -> Vec<MfaCoverage> {
    let judge = Judge::of(facts);
    let at = judge.at(target);
    (0..facts.people.len()).filter_map(|person| at.coverage(person)).collect()
}

/// The facts, made ready for many questions.
#[derive(Debug)]
pub struct Judge<'a> {
    pub(super) facts: &'a AccessFacts,
    pub(super) crowd: Crowd<'a>,
    policies: Vec<Ready<'a>>,
    basis: Basis,
}

/// A policy about people that is in force, may be, or is only reported.
#[derive(Debug)]
struct Ready<'a> {
    /// Its place in the list.
    place: u32,
    policy: &'a AccessPolicy,
    reach: Reach,
    dangles: bool,
}

/// What decides before any policy does.
#[derive(Clone, Debug)]
enum Basis {
    /// The policies alone.
    Policies {
        /// What else might be the case: then nothing below a part is certain.
        doubts: Grounds,
        /// Whether policies may be missing.
        may_lack: bool,
        /// Whether security defaults are on, and no policy is certainly in force.
        defaults: bool,
    },
    /// Security defaults alone.
    Defaults,
    /// There is no Conditional Access, and nothing in its place.
    Nothing,
    /// That is not known.
    Unknown(Grounds),
}

/// The judge at one target.
#[derive(Debug)]
pub struct AtTarget<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) target: Target,
    worths: Vec<Worth>,
}

impl<'a> Judge<'a> {
    /// Makes the facts ready.
    pub fn of(facts: &'a AccessFacts) -> Self {
        let crowd = Crowd::of(facts);
        let rows = facts.policies.so_far().map(Vec::as_slice).unwrap_or_default();
        let places = (0u32..).zip(rows).filter(|(_, policy)| policy.kind == PolicyKind::People);
        let in_use = places.filter(|(_, policy)| policy.state != PolicyState::Disabled);
        let policies = in_use.map(|(place, policy)| {
            let unclear = indeterminate_parts(policy);
            let reach = Reach::of(policy, |part: PolicyPart| unclear.contains(&part), &crowd);
            let dangles = reach.dangling(&crowd).next().is_some();
            Ready { place, policy, reach, dangles }
        });
        let policies = policies.collect();
        Self { basis: basis(facts), facts, policies, crowd }
    }

    /// Makes the policies ready for a target.
    pub fn at(&'a self, target: Target) -> AtTarget<'a> {
        let worths = self.policies.iter().map(|ready| worth(ready.policy, self.facts, target)).collect();
        AtTarget { judge: self, target, worths }
    }

    /// The groups that policies name and that do not exist, those of disabled policies aside.
    pub fn dangling(&self) -> Vec<DanglingGroup> {
        let of = |ready: &'_ Ready<'a>| {
            let policy_id = ready.policy.id.clone();
            let rows = ready.reach.dangling(&self.crowd);
            rows.map(|(id, excluded)| DanglingGroup { policy_id: policy_id.clone(), excluded, group_id: id.to_owned() })
                .collect::<Vec<_>>()
        };
        let mut all: Vec<_> = self.policies.iter().flat_map(of).collect();
        all.sort();
        all
    }

    /// The policies about people that are not disabled, with their places in the list.
    pub(super) fn ready(&self) -> impl Iterator<Item = (u32, &'a AccessPolicy)> {
        self.policies.iter().map(|ready| (ready.place, ready.policy))
    }

    /// Whether a policy applies to somebody.
    pub(super) fn applies(&self, at: u32, person: usize) -> Option<Applies> {
        let somebody = somebody(self.facts.people.get(person)?, person, &self.crowd);
        Some(self.reach_of(at)?.applies(somebody, &self.crowd))
    }

    /// How a policy reaches somebody.
    pub(super) fn reach_of(&self, place: u32) -> Option<&Reach> {
        self.policies.iter().find(|ready| ready.place == place).map(|ready| &ready.reach)
    }
}

/// What decides before any policy does: licence, security defaults, and whether the policies were seen.
fn basis(facts: &AccessFacts) -> Basis {
    let rows = facts.policies.so_far().map(Vec::as_slice).unwrap_or_default();
    let people: Vec<_> = rows.iter().filter(|policy| policy.kind == PolicyKind::People).collect();
    let some_enabled = people.iter().any(|policy| policy.state == PolicyState::Enabled);
    let some_may_be = some_enabled || people.iter().any(|policy| matches!(policy.state, PolicyState::Other(_)));
    let defaults = facts.security_defaults.whole().ok().copied();
    // A list of licences that is empty beside policies contradicts them.
    let unlicensed = match facts.licence.whole() {
        Ok(Licence::Without) => true,
        Ok(Licence::Nothing) => rows.is_empty(),
        Ok(Licence::P1 | Licence::P2) | Err(_) => false,
    };
    let doubts = if defaults.is_none() { Grounds::of(Ground::SecurityDefaultsUnreadable) } else { Grounds::NONE };
    let unseen = |ground: Ground| doubts.and(Grounds::of(ground));
    match (unlicensed, defaults, facts.policies.look()) {
        (true, Some(false), _) => Basis::Nothing,
        (true, None, _) => Basis::Unknown(Grounds::of(Ground::SecurityDefaultsUnreadable)),
        (true, Some(true), _) if !some_may_be => Basis::Defaults,
        (_, _, Look::Nothing(_)) => Basis::Unknown(unseen(Ground::PoliciesUnreadable)),
        (_, Some(true), Look::All(_)) if !some_may_be => Basis::Defaults,
        (_, _, Look::All(_)) if rows.is_empty() && !facts.licence.is_whole() => Basis::Unknown(unseen(Ground::LicenseUnreadable)),
        (_, _, look) => Basis::Policies {
            doubts,
            may_lack: matches!(look, Look::Part(..)),
            defaults: defaults == Some(true) && !some_enabled && some_may_be,
        },
    }
}

impl AtTarget<'_> {
    /// What is said of the person at this place.
    pub fn coverage(&self, place: usize) -> Option<MfaCoverage> {
        let person = self.judge.facts.people.get(place)?;
        if person.is_agent || person.enabled == Some(false) {
            let grounds = if person.is_agent { vec![Ground::AgentIdentity] } else { vec![] };
            return Some(plain(MfaVerdict::NotApplicable, grounds));
        }
        let mut coverage = self.by_basis(person, place);
        if person.enabled.is_none() && rank(coverage.verdict) < rank(MfaVerdict::Enforced) {
            let also = if coverage.verdict == MfaVerdict::Unknown { coverage.grounds } else { vec![] };
            let grounds = also.into_iter().collect::<Grounds>().and(Grounds::of(Ground::UserUnreadable)).list();
            coverage = MfaCoverage { grounds, verdict: MfaVerdict::Unknown, policies: vec![], enforced_by: None, ..coverage };
        }
        coverage.information = self.information(person, place, &coverage);
        Some(coverage)
    }

    fn by_basis(&self, person: &Person, place: usize) -> MfaCoverage {
        let reported = self.reported(person, place);
        let coverage = match &self.judge.basis {
            Basis::Nothing => {
                let grounds = vec![Ground::NoPremiumLicense, Ground::PerUserMfaNotRead];
                MfaCoverage { legacy_blocked: Some(false), ..plain(MfaVerdict::NotEnforced, grounds) }
            }
            Basis::Unknown(grounds) => plain(MfaVerdict::Unknown, grounds.list()),
            Basis::Defaults if person.is_sync => self.without(person, place, reported),
            Basis::Defaults => MfaCoverage {
                enforced_by: Some(EnforcedBy::SecurityDefaults),
                legacy_blocked: Some(true),
                ..plain(MfaVerdict::Partial, vec![Ground::SecurityDefaults])
            },
            Basis::Policies { doubts, may_lack, defaults } => {
                let given = self.given(person, place, in_force);
                let by_defaults = *defaults && !person.is_sync;
                self.weighed(&given, *doubts, *may_lack, by_defaults, reported)
            }
        };
        MfaCoverage { report_only: reported, ..coverage }
    }

    /// Of an account that security defaults leave out, where nothing else is.
    fn without(&self, person: &Person, place: usize, reported: Option<MfaVerdict>) -> MfaCoverage {
        let given = self.given(person, place, in_force);
        self.weighed(&given, Grounds::NONE, false, false, reported)
    }

    /// What the policies would give that are only reported.
    fn reported(&self, person: &Person, place: usize) -> Option<MfaVerdict> {
        let is_any = self.judge.policies.iter().any(|ready| ready.policy.state == PolicyState::ReportOnly);
        is_any.then(|| {
            let given = self.given(person, place, |state| (*state == PolicyState::ReportOnly).then_some(true));
            let verdict = self.weighed(&given, Grounds::NONE, false, false, None).verdict;
            let is_open = person.enabled.is_none() && rank(verdict) < rank(MfaVerdict::Enforced);
            if is_open { MfaVerdict::Unknown } else { verdict }
        })
    }

    /// What the policies give somebody of which `counts` says that they count, and whether surely.
    fn given(&self, person: &Person, place: usize, counts: impl Fn(&PolicyState) -> Option<bool>) -> Given {
        let somebody = somebody(person, place, &self.judge.crowd);
        let mut given = Given { excluded_from_all: true, ..Given::default() };
        for (ready, worth) in self.judge.policies.iter().zip(&self.worths) {
            let Some(is_certain) = counts(&ready.policy.state) else { continue };
            given.any = true;
            given.add(ready.place, worth, ready.reach.applies(somebody, &self.judge.crowd), is_certain);
        }
        given
    }

    /// The verdict of what was given.
    fn weighed(
        &self,
        given: &Given,
        doubts: Grounds,
        may_lack: bool,
        defaults: bool,
        reported: Option<MfaVerdict>,
    ) -> MfaCoverage {
        let certain = given.certain.verdict();
        let mut possible = rank(given.possible.verdict());
        let mut open = Grounds::NONE;
        if may_lack {
            possible = possible.max(rank(MfaVerdict::Blocked));
            open.add(Ground::PoliciesUnreadable);
        }
        if defaults || given.certain.may_shut_everything() {
            possible = possible.max(rank(MfaVerdict::Partial));
            open.add(Ground::PolicyIndeterminate);
        }
        let legacy_blocked = match (given.certain.keeps_legacy_out(), given.possible.keeps_legacy_out() || may_lack || defaults) {
            (true, _) => Some(true),
            (false, true) => None,
            (false, false) => Some(false),
        };
        let unsure = !doubts.is_empty() && certain == MfaVerdict::NotEnforced;
        let coverage = if rank(certain) >= rank(MfaVerdict::Enforced) || (possible <= rank(certain) && !unsure) {
            given.certainly(certain, reported)
        } else {
            given.perhaps(certain, open.and(if unsure { doubts } else { Grounds::NONE }))
        };
        MfaCoverage { legacy_blocked: if unsure && legacy_blocked == Some(false) { None } else { legacy_blocked }, ..coverage }
    }

    /// Why the policy at this place of the list gives somebody nothing.
    pub(super) fn ground_of(&self, person: usize, at: u32) -> Option<Ground> {
        let somebody = somebody(self.judge.facts.people.get(person)?, person, &self.judge.crowd);
        let (ready, worth) = self.judge.policies.iter().zip(&self.worths).find(|(ready, _)| ready.place == at)?;
        match ready.reach.applies(somebody, &self.judge.crowd) {
            Applies::Not(ground) => Some(ground),
            Applies::Surely | Applies::Perhaps(_) => Some(worth.lack.unwrap_or(Ground::GrantWithoutMfa)),
        }
    }

    fn information(&self, person: &Person, place: usize, coverage: &MfaCoverage) -> Vec<Ground> {
        let verdict = coverage.verdict;
        let asks = matches!(verdict, MfaVerdict::Enforced | MfaVerdict::Partial);
        let concerned = |ready: &&Ready<'_>| coverage.policies.contains(&ready.place) || coverage.near.contains(&ready.place);
        let dangles = self.judge.policies.iter().filter(|ready| ready.dangles).any(|ready| concerned(&ready));
        let trusts = self.judge.facts.inbound_trust.so_far().is_ok_and(|accepted| *accepted);
        let at_a_portal = self.target != Target::AllApps && rank(verdict) < rank(MfaVerdict::Enforced);
        let found = [
            (Ground::DanglingGroup, dangles),
            (Ground::InboundTrustMfa, asks && trusts && person.external != Some(false) && is_from_outside(person)),
            (Ground::NotRegistered, asks && person.mfa_registered == Some(false)),
            (Ground::MethodNotAllowed, asks && person.mfa_registered == Some(true) && person.mfa_capable == Some(false)),
            (Ground::LegacyAuthenticationNotBlocked, coverage.legacy_blocked == Some(false)),
            (Ground::EmergencyAccessCandidate, self.is_for_emergencies(person, place)),
            (Ground::MicrosoftMandatoryMfa, at_a_portal),
        ];
        found.into_iter().filter(|(_, is_so)| *is_so).map(|(ground, _)| ground).collect()
    }

    /// A Global Administrator whom every policy with MFA excludes.
    fn is_for_emergencies(&self, person: &Person, place: usize) -> bool {
        if !self.judge.crowd.is_global_administrator(place) {
            return false;
        }
        let given = self.given(person, place, in_force);
        given.has_mfa && given.excluded_from_all
    }
}

/// Whoever stands in the list twice is in the groups of one row only: that of his id.
fn somebody(person: &Person, place: usize, crowd: &Crowd<'_>) -> Somebody {
    let place = crowd.person(&person.id).unwrap_or(place);
    Somebody { place, kinds: GuestKinds::of(person), in_too_many_groups: person.in_too_many_groups }
}

/// Whether a policy of this state is in force, and whether surely.
fn in_force(state: &PolicyState) -> Option<bool> {
    match state {
        PolicyState::Enabled => Some(true),
        PolicyState::Other(_) => Some(false),
        PolicyState::Disabled | PolicyState::ReportOnly => None,
    }
}

fn is_from_outside(person: &Person) -> bool {
    person.external == Some(true) || GuestKinds::of(person).guest == Likely::Surely
}
