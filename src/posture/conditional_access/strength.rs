//! Whether an authentication strength is MFA: by the service's word, unless the combinations of methods contradict it.

use std::collections::BTreeSet;

/// An authentication strength.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthenticationStrength {
    /// `requirementsSatisfied`: `mfa` or `none`; empty if nothing is said.
    pub requirements: String,
    /// `allowedCombinations`: methods, those that belong together joined by commas.
    pub combinations: BTreeSet<String>,
}

/// Methods that are MFA by themselves.
const STRONG: &[&str] = &[
    "windowshelloforbusiness",
    "fido2",
    "x509certificatemultifactor",
    "devicebasedpush",
    "temporaryaccesspassonetime",
    "temporaryaccesspassmultiuse",
    "federatedmultifactor",
];

/// What is known of the user, or of his own directory.
const FIRST: &[&str] = &["password", "federatedsinglefactor"];

/// What makes MFA of a first factor.
const SECOND: &[&str] = &[
    "microsoftauthenticatorpush",
    "softwareoath",
    "hardwareoath",
    "x509certificatesinglefactor",
    "x509certificatemultifactor",
    "sms",
    "voice",
];

/// A code that is printed once and a number: both are known to whoever sees them.
const NEVER: &str = "qrcodepin";

impl AuthenticationStrength {
    /// Whether it can be met with MFA only; none if its parts contradict each other, or say nothing.
    pub fn mfa(&self) -> Option<bool> {
        let each: Vec<Option<bool>> = self.combinations.iter().map(|one| is_mfa(one)).collect();
        let some_is_weak = each.contains(&Some(false));
        let all_are_strong = !each.is_empty() && each.iter().all(|one| *one == Some(true));
        match self.requirements.to_ascii_lowercase().as_str() {
            "mfa" => (!some_is_weak).then_some(true),
            "none" => (!all_are_strong).then_some(false),
            "" if all_are_strong => Some(true),
            "" if some_is_weak => Some(false),
            _ => None,
        }
    }
}

/// Whether a combination is MFA; none if it has a method nobody knows.
fn is_mfa(combination: &str) -> Option<bool> {
    let lower = combination.to_ascii_lowercase();
    let methods: Vec<&str> = lower.split(',').map(str::trim).collect();
    let has = |known: &[&str]| methods.iter().any(|method| known.contains(method));
    if methods.contains(&NEVER) {
        return Some(false);
    }
    if methods.iter().any(|method| ![STRONG, FIRST, SECOND].iter().any(|known| known.contains(method))) {
        return None;
    }
    Some(has(STRONG) || (has(FIRST) && has(SECOND)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strength(requirements: &str, combinations: &[&str]) -> Option<bool> {
        let combinations = combinations.iter().map(|one| (*one).to_owned()).collect();
        AuthenticationStrength { requirements: requirements.to_owned(), combinations }.mfa()
    }

    #[test]
    fn the_word_is_believed_unless_the_combinations_contradict_it() {
        assert_eq!(strength("mfa", &["fido2", "password,sms"]), Some(true));
        assert_eq!(strength("MFA", &[]), Some(true));
        assert_eq!(
            strength("mfa", &["fido2", "password,newMethod"]),
            Some(true),
            "methods are added, and the service says what it is"
        );
        assert_eq!(strength("mfa", &["fido2", "password"]), None);
        assert_eq!(strength("mfa", &["qrCodePin"]), None);
        assert_eq!(strength("none", &["password", "fido2"]), Some(false));
        assert_eq!(strength("none", &[]), Some(false));
        assert_eq!(strength("none", &["fido2"]), None);
    }

    #[test]
    fn without_a_word_every_combination_has_to_be_known_to_be_mfa() {
        let all = ["windowsHelloForBusiness", "sms,federatedSingleFactor", "Password,Voice", "federatedMultiFactor"];
        assert_eq!(strength("", &all), Some(true));
        for weak in ["password", "federatedSingleFactor", "sms", "x509CertificateSingleFactor", "qrCodePin", "password,qrCodePin"]
        {
            assert_eq!(strength("", &["fido2", weak]), Some(false), "{weak}");
        }
        assert_eq!(strength("", &["fido2", "newMethod"]), None);
        assert_eq!(strength("", &[]), None, "nothing is said");
        assert_eq!(strength("unknownFutureValue", &["fido2"]), None);
    }
}
