//! What one sign-in would meet, as the documents of Conditional Access say it. Nothing here knows how verdicts are made.

use std::collections::BTreeSet;

use azposture::posture::conditional_access::{
    AccessFacts, AccessPolicy, BothSides, FilterMode, GrantControls, GrantOperator, GroupMembers, Person, PolicyState,
    RuleFilter, Target, UserSide, UserType,
};

/// An application, by the names that policies have for it: its id, and the suites it is in.
pub(super) type App = &'static [&'static str];

/// The circumstances of one sign-in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    pub(super) app: App,
    pub(super) client: &'a str,
    pub(super) platform: &'a str,
    /// The named locations that it comes from.
    pub(super) locations: &'a [&'a str],
    pub(super) sign_in_risk: &'a str,
    pub(super) user_risk: &'a str,
    pub(super) insider_risk: &'a str,
    pub(super) flow: &'a str,
    /// The rules of filters that the device, and the application, meets.
    pub(super) rules: &'a [&'a str],
    /// The controls that are met without MFA: a compliant device, accepted terms.
    pub(super) met: &'a [&'a str],
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nobody gets in.
    Blocked,
    /// Nobody gets in without MFA.
    Challenged,
    /// Somebody gets in without MFA.
    Open,
}

/// Which location is trusted.
pub(super) const TRUSTED: &str = "loc-trusted";

/// The applications of a target. Microsoft's documentation of the suites names the Azure portal in both of those for administrators, and
/// the Microsoft 365 admin center among the applications of Office 365, too.
pub(super) fn applications(target: Target) -> &'static [App] {
    const ARM: App = &["797f4846-ba00-4fd7-ba43-dac1f8f63013"];
    const AZURE_PORTAL: App = &["797f4846-ba00-4fd7-ba43-dac1f8f63013", "microsoftadminportals"];
    const MICROSOFT_365_PORTAL: App = &["microsoftadminportals", "office365"];
    const OTHER_PORTAL: App = &["microsoftadminportals"];
    const EXCHANGE: App = &["office365"];
    const OWN: App = &["10000000-0000-4000-8000-00000000000a"];
    match target {
        Target::AzureManagement => &[ARM, AZURE_PORTAL],
        Target::AdminPortals => &[AZURE_PORTAL, MICROSOFT_365_PORTAL, OTHER_PORTAL],
        Target::AllApps => &[ARM, AZURE_PORTAL, MICROSOFT_365_PORTAL, OTHER_PORTAL, EXCHANGE, OWN, &[]],
    }
}

/// What a sign-in meets under these policies, all of which include the person.
pub(super) fn outcome(policies: &[&AccessPolicy], context: &Context<'_>, facts: &AccessFacts) -> Outcome {
    let mut outcome = Outcome::Open;
    for policy in policies.iter().filter(|policy| applies(policy, context)) {
        let Some(grant) = &policy.grant else { continue };
        if grant.controls.contains("block") {
            return Outcome::Blocked;
        }
        let without_mfa = each(grant, facts, context);
        let (any, all) = (without_mfa.contains(&Met::Yes), without_mfa.iter().all(|met| *met == Met::Yes));
        let is_open = if grant.operator == GrantOperator::Or { any } else { all };
        // A control that is not met, and for which no MFA can stand in, keeps everybody out.
        let hopeless = match grant.operator {
            GrantOperator::Or => without_mfa.iter().all(|met| *met == Met::No),
            _ => without_mfa.contains(&Met::No),
        };
        if hopeless {
            return Outcome::Blocked;
        }
        if !is_open {
            outcome = Outcome::Challenged;
        }
    }
    outcome
}

/// Whether a control is met without MFA.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Met {
    No,
    OnlyByMfa,
    Yes,
}

fn each(grant: &GrantControls, facts: &AccessFacts, context: &Context<'_>) -> Vec<Met> {
    let plain = |name: &String| match name.as_str() {
        "mfa" => Met::OnlyByMfa,
        name if context.met.contains(&name) => Met::Yes,
        _ => Met::No,
    };
    let strengths = facts.strengths.whole().expect("the oracle is told everything");
    let strength = |id: &String| {
        let strength = &strengths[id];
        // Only one method of one factor is in the weak one.
        if strength.requirements == "mfa" { Met::OnlyByMfa } else { Met::Yes }
    };
    let others = grant.controls.iter().chain(&grant.custom_factors).chain(&grant.terms_of_use).map(plain);
    others.chain(grant.strength.iter().map(strength)).collect()
}

fn applies(policy: &AccessPolicy, context: &Context<'_>) -> bool {
    let applications = &policy.applications;
    let named = |set: &BTreeSet<String>| context.app.iter().any(|name| set.contains(*name));
    let app = (applications.include.contains("all") || named(&applications.include))
        && !named(&applications.exclude)
        && filtered(&applications.filter, context);
    let client = policy.client_types.contains("all") || policy.client_types.contains(context.client);
    let platform = within(&policy.platforms, |word| word == "all" || word == context.platform);
    let location = within(&policy.locations, |word| match word {
        "all" => true,
        "alltrusted" => context.locations.contains(&TRUSTED),
        id => context.locations.contains(&id),
    });
    let level = |levels: &BTreeSet<String>, own: &str| levels.is_empty() || levels.contains(own);
    let risk = level(&policy.sign_in_risk, context.sign_in_risk)
        && level(&policy.user_risk, context.user_risk)
        && level(&policy.insider_risk, context.insider_risk)
        && level(&policy.transfer_methods, context.flow);
    app && client && platform && location && risk && filtered(&policy.device_filter, context)
}

fn within(sides: &BothSides, meets: impl Fn(&str) -> bool) -> bool {
    let any = |set: &BTreeSet<String>| set.iter().any(|word| meets(&word.to_lowercase()));
    (sides.include.is_empty() && sides.exclude.is_empty()) || (any(&sides.include) && !any(&sides.exclude))
}

fn filtered(filter: &Option<RuleFilter>, context: &Context<'_>) -> bool {
    filter.as_ref().is_none_or(|filter| context.rules.contains(&filter.rule.as_str()) == (filter.mode == FilterMode::Include))
}

/// Whether an enforced policy is about this person.
pub(super) fn concerns(policy: &AccessPolicy, person: &Person, facts: &AccessFacts) -> bool {
    policy.state == PolicyState::Enabled && hits(&policy.include, person, facts) && !hits(&policy.exclude, person, facts)
}

fn hits(side: &UserSide, person: &Person, facts: &AccessFacts) -> bool {
    let guest = person.user_type == Some(UserType::Guest);
    let external = person.external == Some(true);
    let in_group = side.groups.iter().any(|id| match &facts.groups[id] {
        GroupMembers::Missing => false,
        GroupMembers::People(people) => people.whole().expect("the oracle is told everything").contains(&person.id),
    });
    let roles = facts.roles.whole().expect("the oracle is told everything");
    let in_role = side.roles.iter().filter_map(|id| roles.get(id)).any(|role| {
        role.custom == Some(false) && role.active.whole().expect("the oracle is told everything").contains(&person.id)
    });
    let by_type = side.guests.as_ref().is_some_and(|guests| {
        guests.types.iter().any(|ty| match ty.as_str() {
            "internalguest" => guest && !external,
            "b2bcollaborationguest" => guest && external,
            "b2bcollaborationmember" => !guest && external,
            _ => false,
        })
    });
    side.everyone || (side.guests_or_external && guest) || side.users.contains(&person.id) || in_group || in_role || by_type
}
