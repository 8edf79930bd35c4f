//! A policy in plain words: who, what, when, then.

use std::collections::BTreeSet;

use super::{AccessPolicy, BothSides, GrantOperator, PolicyKind, PolicyState, UserSide};

/// One or two sentences: for whom and what a policy applies, on what conditions, and what it asks for.
pub fn summary_text(policy: &AccessPolicy) -> String {
    let state = match &policy.state {
        PolicyState::Enabled => "",
        PolicyState::Disabled => "Disabled. ",
        PolicyState::ReportOnly => "Only reported. ",
        PolicyState::Other(_) => "Of a state that is not understood. ",
    };
    let conditions = conditions(policy);
    let when = if conditions.is_empty() { String::new() } else { format!(", {}", conditions.join(", ")) };
    let unclear = super::indeterminate_parts(policy);
    let not_understood = match unclear.is_empty() {
        true => String::new(),
        false => format!(" Not understood: {}.", unclear.iter().map(|part| part.word()).collect::<Vec<_>>().join(", ")),
    };
    format!("{state}For {}, signing in to {}{when}: {}.{not_understood}", people(policy), applications(policy), then(policy))
}

/// The names of policies, each in quotes; of many the first ones, and their number.
pub(super) fn names(policies: &[&AccessPolicy]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = policies.iter().take(SHOWN).map(|policy| format!("\"{}\"", policy.name)).collect();
    match policies.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", shown.join(", ")),
        _ => listed(&shown),
    }
}

/// Texts as they are listed in a sentence.
pub(super) fn listed(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn of(words: &BTreeSet<String>) -> String {
    words.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn people(policy: &AccessPolicy) -> String {
    match policy.kind {
        PolicyKind::Agents => return "agents".to_owned(),
        PolicyKind::Workloads => return "workload identities".to_owned(),
        PolicyKind::People => {}
    }
    let included = side(&policy.include);
    let included = if included.is_empty() { "nobody that is named".to_owned() } else { listed(&included) };
    let excluded = side(&policy.exclude);
    if excluded.is_empty() { included } else { format!("{included} except {}", listed(&excluded)) }
}

fn side(side: &UserSide) -> Vec<String> {
    let guests = side.guests.as_ref().map(|guests| of(&guests.types)).unwrap_or_default();
    let count = |ids: &BTreeSet<String>, one: &str, several: &str| match ids.len() {
        0 => None,
        1 => Some(format!("1 {one}")),
        more => Some(format!("{more} {several}")),
    };
    let parts = [
        side.everyone.then(|| "everybody".to_owned()),
        side.nobody.then(|| "nobody".to_owned()),
        side.guests_or_external.then(|| "guests".to_owned()),
        count(&side.users, "user", "users"),
        count(&side.groups, "group", "groups"),
        count(&side.roles, "directory role", "directory roles"),
        side.guests.is_some().then(|| format!("guests of the types {guests}")),
    ];
    parts.into_iter().flatten().collect()
}

fn applications(policy: &AccessPolicy) -> String {
    let named = &policy.applications;
    let is_all = |word: &String| word.eq_ignore_ascii_case("all");
    let mut texts = Vec::new();
    if named.include.iter().any(is_all) {
        texts.push("every application".to_owned());
    } else if !named.include.is_empty() {
        texts.push(of(&named.include));
    }
    if !named.user_actions.is_empty() {
        texts.push(format!("the actions {}", of(&named.user_actions)));
    }
    if !named.contexts.is_empty() {
        texts.push(format!("the authentication contexts {}", of(&named.contexts)));
    }
    if texts.is_empty() {
        texts.push(if named.filter.is_some() { "applications".to_owned() } else { "nothing that is named".to_owned() });
    }
    let filtered = if named.filter.is_some() { " by a rule" } else { "" };
    let excluded = if named.exclude.is_empty() { String::new() } else { format!(" except {}", of(&named.exclude)) };
    format!("{}{filtered}{excluded}", listed(&texts))
}

fn conditions(policy: &AccessPolicy) -> Vec<String> {
    let both = |what: &str, sides: &BothSides| match (sides.include.is_empty(), sides.exclude.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("{what} {}", of(&sides.include))),
        (_, false) => Some(format!("{what} {} except {}", of(&sides.include), of(&sides.exclude))),
    };
    let some = |what: &str, words: &BTreeSet<String>| (!words.is_empty()).then(|| format!("{what} {}", of(words)));
    let every_client = policy.client_types.iter().any(|word| word.eq_ignore_ascii_case("all"));
    let parts = [
        if every_client { None } else { some("with the clients", &policy.client_types) },
        both("on", &policy.platforms),
        both("from", &policy.locations),
        policy.device_filter.as_ref().map(|_| "with devices by a rule".to_owned()),
        some("at a sign-in risk", &policy.sign_in_risk),
        some("at a user risk", &policy.user_risk),
        some("at an insider risk", &policy.insider_risk),
        some("handed on by", &policy.transfer_methods),
    ];
    parts.into_iter().flatten().collect()
}

fn then(policy: &AccessPolicy) -> String {
    let session = if policy.has_session { " with session controls" } else { "" };
    let Some(grant) = policy.grant.as_ref().filter(|grant| grant.count() > 0) else {
        return if policy.has_session { "session controls".to_owned() } else { "nothing that is named".to_owned() };
    };
    if grant.controls.iter().any(|word| word.eq_ignore_ascii_case("block")) {
        return "no access".to_owned();
    }
    let strength = grant.strength.as_ref().map(|id| format!("authentication strength {id}"));
    let custom = grant.custom_factors.iter().map(|name| format!("custom control {name}"));
    let terms = grant.terms_of_use.iter().map(|id| format!("terms of use {id}"));
    let all: Vec<String> = grant.controls.iter().cloned().chain(strength).chain(custom).chain(terms).collect();
    let joined = match grant.operator {
        GrantOperator::And => all.join(" and "),
        GrantOperator::Or => all.join(" or "),
        GrantOperator::Unsaid | GrantOperator::Other(_) => all.join(", "),
    };
    format!("{joined}{session}")
}
