//! A verdict in one sentence: which policy, whom it leaves out by which id, and on what condition it asks.

use super::{
    AccessPolicy, EnforcedBy, Ground, MfaCoverage, MfaVerdict, Target,
    judging::AtTarget,
    plain_words::{listed, names},
};

impl AtTarget<'_> {
    /// One sentence about what is said of the person at this place.
    pub fn explanation(&self, place: usize, coverage: &MfaCoverage) -> String {
        let text = match coverage.verdict {
            MfaVerdict::Blocked => format!("{} every sign-in", self.together(&coverage.policies, "blocks", "block together")),
            MfaVerdict::Enforced if coverage.policies.len() == 1 => {
                format!("{} MFA for every sign-in", self.one(coverage, "requires"))
            }
            MfaVerdict::Enforced => {
                format!("{} no sign-in without MFA", self.together(&coverage.policies, "leaves", "leave"))
            }
            MfaVerdict::NotApplicable if coverage.grounds.is_empty() => "the account is disabled".to_owned(),
            MfaVerdict::NotApplicable => "an agent is no person, and policies for people do not cover it".to_owned(),
            MfaVerdict::Partial => self.partial(coverage),
            MfaVerdict::NotEnforced => self.not_enforced(place, coverage),
            MfaVerdict::Unknown => self.unknown(coverage),
        };
        let at = match self.target {
            Target::AllApps => "",
            Target::AdminPortals => " (admin portals)",
            Target::AzureManagement => " (Azure management)",
        };
        let mut letters = text.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}{at}.", letters.as_str())
    }

    fn policies(&self, places: &[u32]) -> Vec<&AccessPolicy> {
        let rows = self.judge.facts.policies.so_far().map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| rows.get(usize::try_from(*place).ok()?)).collect()
    }

    fn together(&self, places: &[u32], one: &str, several: &str) -> String {
        let policies = self.policies(places);
        format!("{} {}", names(&policies), if policies.len() == 1 { one } else { several })
    }

    fn one(&self, coverage: &MfaCoverage, verb: &str) -> String {
        self.together(&coverage.policies, verb, verb)
    }

    fn partial(&self, coverage: &MfaCoverage) -> String {
        if coverage.enforced_by == Some(EnforcedBy::SecurityDefaults) {
            return "no policy is in force, and security defaults ask for MFA only when they find it necessary".to_owned();
        }
        let policies = self.policies(&coverage.policies);
        let Some(policy) = policies.first() else { return said(&coverage.grounds) };
        let gaps: Vec<String> = coverage.grounds.iter().map(|gap| but(*gap, policy)).collect();
        let others = if policies.len() > 1 { format!(" and {} like it", policies.len() - 1) } else { String::new() };
        format!("{}{others} asks for MFA, but {}", names(&[policy]), listed(&gaps))
    }

    fn not_enforced(&self, place: usize, coverage: &MfaCoverage) -> String {
        let also = if coverage.grounds.contains(&Ground::ReportOnly) { "; policies that are only reported would" } else { "" };
        let near = self.policies(&coverage.near);
        let text = match (near.first(), coverage.near.first(), coverage.grounds.first()) {
            (_, _, Some(Ground::NotIncluded)) => match near.len() {
                0 => "no policy that is in force includes the person".to_owned(),
                _ => format!("no policy with MFA includes the person, not even {}", names(&near)),
            },
            (Some(policy), Some(at), Some(_)) => format!("{} {}", names(&[policy]), self.leaves_out(place, *at, policy)),
            (_, _, Some(Ground::NoPremiumLicense)) => {
                "the tenant has no licence for Conditional Access, and security defaults are off; MFA by user is not read"
                    .to_owned()
            }
            _ => "no policy is in force".to_owned(),
        };
        format!("{text}{also}")
    }

    /// How the nearest policy leaves somebody out, or what it lacks.
    fn leaves_out(&self, place: usize, at: u32, policy: &AccessPolicy) -> String {
        let ground = self.ground_of(place, at);
        let reach = self.judge.reach_of(at);
        let crowd = &self.judge.crowd;
        let of = |id: Option<&str>| id.unwrap_or("it names").to_owned();
        match ground {
            Some(Ground::ExcludedUser) => format!("would ask for MFA, but excludes the user {}", self.id_of(place)),
            Some(Ground::ExcludedGroup) => {
                format!(
                    "would ask for MFA, but excludes the group {}",
                    of(reach.and_then(|reach| reach.excluding_group(place, crowd)))
                )
            }
            Some(Ground::ExcludedRole) => {
                format!(
                    "would ask for MFA, but excludes the role {}",
                    of(reach.and_then(|reach| reach.excluding_role(place, crowd)))
                )
            }
            Some(Ground::ExcludedGuestType) => "would ask for MFA, but excludes guests of the type".to_owned(),
            Some(Ground::EligibleRoleOnly) => {
                let role = of(reach.and_then(|reach| reach.role_to_activate(place, crowd)));
                format!("would ask for MFA once the role {role} is activated")
            }
            Some(Ground::ScopedOrCustomRole) => {
                "includes a role that the person holds only at a narrower scope, or that is the tenant's own".to_owned()
            }
            Some(other) => lacks(other, policy).to_owned(),
            None => "leaves the person out".to_owned(),
        }
    }

    fn id_of(&self, place: usize) -> &str {
        self.judge.facts.people.get(place).map_or("", |person| person.id.as_str())
    }

    fn unknown(&self, coverage: &MfaCoverage) -> String {
        let near = self.policies(&coverage.near);
        let grounds = said(&coverage.grounds);
        match near.is_empty() {
            true => format!("it is not known whether MFA is enforced: {grounds}"),
            false => format!("it is not known what {} would do: {grounds}", names(&near)),
        }
    }
}

/// What a policy lacks that applies.
fn lacks(ground: Ground, policy: &AccessPolicy) -> &'static str {
    match ground {
        Ground::WeakStrength => "asks for an authentication strength that can be met without MFA",
        Ground::SessionOnly => "controls the session only",
        Ground::PasswordChangeOnly => "asks for a new password only",
        Ground::UserActionOnly => "applies to actions of users, not to sign-ins",
        Ground::AuthenticationContextOnly => "applies to authentication contexts, not to sign-ins",
        Ground::TargetNotIncluded => "does not apply to the target",
        _ if policy.grant.as_ref().is_some_and(|grant| grant.controls.contains("block")) => {
            "blocks some sign-ins, and none of the others has to meet MFA"
        }
        _ => "can be met without MFA",
    }
}

/// A gap of a policy, with what it is about.
fn but(gap: Ground, policy: &AccessPolicy) -> String {
    let of = |words: &std::collections::BTreeSet<String>| words.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    match gap {
        Ground::TrustedLocationsExcluded => format!("not at the trusted locations {}", of(&policy.locations.exclude)),
        Ground::ClientApps => format!("only of the clients {}", of(&policy.client_types)),
        Ground::Platform if policy.platforms.exclude.is_empty() => format!("only on {}", of(&policy.platforms.include)),
        Ground::Platform => format!("not on {}", of(&policy.platforms.exclude)),
        Ground::AppsExcluded if policy.applications.exclude.is_empty() => "not for applications that meet a rule".to_owned(),
        Ground::AppsExcluded => format!("not for {}", of(&policy.applications.exclude)),
        Ground::DeviceFilter => "not for every device, by a rule".to_owned(),
        Ground::AlternativeControl => "a managed device or application is enough, too".to_owned(),
        Ground::ThirdPartyFactor => "by a custom control, which is never MFA".to_owned(),
        Ground::AppsSubset if policy.applications.filter.is_some() => "only for applications that meet a rule".to_owned(),
        Ground::AppsSubset => format!("only for {}", of(&policy.applications.include)),
        Ground::OnlySomeLocations if policy.locations.exclude.is_empty() => format!("only at {}", of(&policy.locations.include)),
        Ground::OnlySomeLocations => format!("not at {}", of(&policy.locations.exclude)),
        Ground::FlowOnly => format!("only where a sign-in is handed on by {}", of(&policy.transfer_methods)),
        Ground::RiskConditional => "only where there is a risk".to_owned(),
        other => other.word().to_owned(),
    }
}

/// What could not be seen.
fn said(grounds: &[Ground]) -> String {
    let texts: Vec<String> = grounds.iter().map(|ground| unseen(*ground).to_owned()).collect();
    listed(&texts)
}

fn unseen(ground: Ground) -> &'static str {
    match ground {
        Ground::PoliciesUnreadable => "policies could not be read",
        Ground::GroupUnreadable => "who is in a group could not be read",
        Ground::RoleUnreadable => "who holds a role could not be read",
        Ground::StrengthUnreadable => "an authentication strength could not be read",
        Ground::UserUnreadable => "something of the account could not be read",
        Ground::LicenseUnreadable => "the licences could not be read, and no policy was returned",
        Ground::SecurityDefaultsUnreadable => "security defaults could not be read",
        Ground::GuestHomeTenantUnknown => "from which tenant the guest comes is not known",
        Ground::PolicyIndeterminate => "something of a policy is not understood",
        Ground::TooManyGroups => "the account is in more groups than are evaluated",
        other => other.word(),
    }
}
