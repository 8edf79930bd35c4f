//! Whether what a policy asks for can be met without MFA.

use std::collections::BTreeMap;

use super::{
    AccessPolicy, AuthenticationStrength, GrantOperator, Ground,
    grounds::Grounds,
    known_words::{BLOCK, MFA, PASSWORD_CHANGE, lower},
};
use crate::posture::Seen;

/// Controls that need a device or an application that is managed.
const OF_A_DEVICE: &[&str] = &["approvedapplication", "compliantapplication", "compliantdevice", "domainjoineddevice"];

/// What a policy asks for: whether it blocks, and what it lets by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Demand {
    pub(super) certain: Option<(bool, Grounds)>,
    pub(super) possible: Option<(bool, Grounds)>,
    /// Why it is not MFA, if it surely is not.
    pub(super) lack: Option<Ground>,
    /// Why it is not certain.
    pub(super) doubts: Grounds,
}

impl Demand {
    /// Of a grant that is not understood.
    pub(super) fn anything() -> Self {
        Self { possible: Some((false, Grounds::NONE)), ..Self::default() }
    }

    fn surely(gaps: Grounds) -> Self {
        Self { certain: Some((false, gaps)), possible: Some((false, gaps)), ..Self::default() }
    }

    fn perhaps(certain: Option<Grounds>, possible: Grounds, doubts: Grounds) -> Self {
        Self { certain: certain.map(|gaps| (false, gaps)), possible: Some((false, possible)), lack: None, doubts }
    }

    fn lacking(ground: Ground) -> Self {
        Self { lack: Some(ground), ..Self::default() }
    }

    /// What it lacks itself, else something else that is lacking.
    pub(super) fn unless_it_lacks(&self, other: Ground) -> Ground {
        self.lack.unwrap_or(other)
    }
}

/// How many of the grants are what.
#[derive(Default)]
struct Counts {
    mfa: usize,
    custom: usize,
    /// What needs a device or an application that not everybody has.
    others: usize,
    /// What whoever knows the password can meet: terms of use, a weak strength, a new password.
    anybody: usize,
    /// Strengths of which it is not known whether they are MFA.
    open: usize,
    /// Why not.
    doubts: Grounds,
    is_weak: bool,
}

/// What a policy asks for whose grant is understood.
pub(super) fn demand(policy: &AccessPolicy, strengths: &Seen<BTreeMap<String, AuthenticationStrength>>) -> Demand {
    let Some(grant) = policy.grant.as_ref().filter(|grant| grant.count() > 0) else {
        return Demand::lacking(Ground::SessionOnly);
    };
    let controls = lower(&grant.controls);
    if controls.contains(BLOCK) {
        let blocks = Some((true, Grounds::NONE));
        return Demand { certain: blocks, possible: blocks, ..Demand::default() };
    }
    let mfa = usize::from(controls.contains(MFA));
    let mut counts = Counts { mfa, custom: grant.custom_factors.len(), ..Counts::default() };
    counts.others = controls.iter().filter(|word| OF_A_DEVICE.contains(&word.as_str())).count();
    counts.anybody = controls.len() - mfa - counts.others + grant.terms_of_use.len();
    if let Some(id) = &grant.strength {
        count_strength(&mut counts, id, strengths);
    }
    let joined = if matches!(grant.operator, GrantOperator::Or) && grant.count() > 1 { any_of(&counts) } else { all_of(&counts) };
    joined.unwrap_or_else(|| {
        let only_password = controls.contains(PASSWORD_CHANGE) && grant.count() == 1;
        Demand::lacking(match (counts.is_weak, only_password) {
            (true, _) => Ground::WeakStrength,
            (false, true) => Ground::PasswordChangeOnly,
            (false, false) => Ground::GrantWithoutMfa,
        })
    })
}

fn count_strength(counts: &mut Counts, id: &str, strengths: &Seen<BTreeMap<String, AuthenticationStrength>>) {
    let known = strengths.so_far().ok().and_then(|known| known.get(&id.to_ascii_lowercase()));
    match known.map(AuthenticationStrength::mfa) {
        Some(Some(true)) => counts.mfa += 1,
        Some(Some(false)) => {
            counts.anybody += 1;
            counts.is_weak = true;
        }
        Some(None) => {
            counts.open += 1;
            counts.doubts.add(Ground::PolicyIndeterminate);
        }
        None => {
            counts.open += 1;
            counts.doubts.add(Ground::StrengthUnreadable);
        }
    }
}

/// Each has to be met; so one that is MFA is enough. None if nothing of it is MFA or like it.
fn all_of(counts: &Counts) -> Option<Demand> {
    let custom = (counts.custom > 0).then(|| Grounds::of(Ground::ThirdPartyFactor));
    match (counts.mfa, counts.open) {
        (1.., _) => Some(Demand::surely(Grounds::NONE)),
        (0, 1..) => Some(Demand::perhaps(custom, Grounds::NONE, counts.doubts)),
        (0, 0) => custom.map(Demand::surely),
    }
}

/// One of them is enough; so whatever is no MFA is a way round. Where anybody can take it, nobody has to meet MFA.
fn any_of(counts: &Counts) -> Option<Demand> {
    if counts.anybody > 0 || counts.mfa + counts.open + counts.custom == 0 {
        return None;
    }
    let alternative = (counts.others > 0).then_some(Ground::AlternativeControl);
    let gaps = alternative.into_iter().chain((counts.custom > 0).then_some(Ground::ThirdPartyFactor)).collect();
    // A strength that is not known may be one that a password meets.
    Some(if counts.open == 0 { Demand::surely(gaps) } else { Demand::perhaps(None, gaps, counts.doubts) })
}
