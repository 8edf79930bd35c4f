//! What the connection stands for: subscriptions, management groups, and the query service.

use super::{
    Level, Verdict,
    evidence::{ConnectionFacts, SubscriptionFacts},
    verdict::{joined, listed},
};
use crate::posture::{Reason, Seen, Unreadable};

pub(super) fn detected(facts: &ConnectionFacts) -> Verdict {
    match &facts.scope.detected {
        Ok(count) => Verdict::pass("subscriptions of the connection are visible").with("visible", count),
        Err(why) => {
            let place = facts.scope.group.as_deref().unwrap_or("/subscriptions/<id>");
            let told = why.gaps.iter().find(|gap| !gap.is_a_role_missing()).map(|gap| gap.remedy.clone());
            let fix = why.remedy.clone().or(told).unwrap_or_else(|| facts.grant("Reader", place));
            let mut verdict = match why.certain {
                true => Verdict::fail(&why.detail, fix),
                false => Verdict::unknown(why.reason(), &why.detail, fix),
            };
            verdict.gaps = why.gaps.clone();
            verdict
        }
    }
}

/// Subscriptions in the states before they are disabled still answer, so that is advice.
pub(super) fn enabled(_: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    in_state(&subscription.id, &subscription.state)
}

/// The verdict on a subscription in this state.
pub(super) fn in_state(id: &str, state: &str) -> Verdict {
    let is = |word: &str| state.eq_ignore_ascii_case(word);
    let fix = format!("Portal: Subscriptions > {} > Overview shows the state and what to do about it.", id);
    let verdict = match state {
        "" => Verdict::unknown(Reason::Hidden, "the service does not state the subscription's state", fix),
        _ if is("Enabled") => Verdict::pass("the subscription is enabled"),
        _ if is("Warned") || is("PastDue") => {
            Verdict::fail(format!("the subscription is {state}: it will be disabled unless its billing is settled"), fix)
                .at(Level::Advisory)
        }
        _ if is("Deleted") || is("Disabled") => Verdict::fail(format!("the subscription is {state}"), fix),
        _ => Verdict::unknown(
            Reason::InvalidResponse,
            format!("the subscription is {state}, which this release does not know"),
            fix,
        ),
    };
    if state.is_empty() { verdict } else { verdict.with("state", state) }
}

pub(super) fn tenant_matches(facts: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    let owner = subscription.tenant_id.as_deref().unwrap_or("unknown");
    let verdict = match subscription.tenant_matches {
        Some(true) => Verdict::pass("the subscription belongs to the tenant of the sign-in"),
        Some(false) => Verdict::fail(
            format!("the subscription belongs to tenant {owner} and is only delegated to this one (Azure Lighthouse)"),
            format!("Leave it out of the scope, or connect to tenant {owner} for it."),
        ),
        None => Verdict::unknown(
            Reason::Hidden,
            "which tenant owns the subscription is not stated",
            "Set `tenant_id`, and report this.",
        ),
    };
    let verdict = verdict.with("owner", owner);
    match &facts.sign_in.tenant_id {
        Some(own) => verdict.with("own", own),
        None => verdict,
    }
}

/// Expected are the named subscriptions, or those below the group; a single visible subscription is all there is to expect.
pub(super) fn complete(facts: &ConnectionFacts) -> Verdict {
    let scope = &facts.scope;
    if let Err(why) = &scope.detected {
        return why.unknown(&why.detail).with("scope", scope.kind);
    }
    let of_subscription = |gap: &&Unreadable| gap.place.subscription_id().is_some();
    let unseen: Vec<&Unreadable> = scope.gaps.iter().filter(of_subscription).collect();
    let unproven = scope.gaps.iter().find(|gap| !of_subscription(gap));
    let certain = |gap: &&&Unreadable| matches!(gap.reason, Reason::NotVisible | Reason::Forbidden);
    let invisible: Vec<&str> = unseen.iter().filter(certain).filter_map(|gap| gap.place.subscription_id()).collect();
    let verdict = match (invisible.is_empty(), unproven.or(unseen.first().copied())) {
        (true, None) => Verdict::pass("every expected subscription is visible"),
        (true, Some(gap)) => Verdict::unread(gap),
        (false, _) => {
            let first = invisible.first().map(|id| format!("/subscriptions/{id}")).unwrap_or_default();
            let place = scope.group.as_deref().unwrap_or(&first);
            let role = facts.grant("Reader", place);
            // A deleted subscription, and one of another tenant, is not to be had by a role.
            let other = unseen.iter().find(|gap| certain(gap) && !gap.is_a_role_missing()).map(|gap| gap.remedy.clone());
            let mut verdict = Verdict::fail(
                format!("{} expected subscriptions are not visible: {}", invisible.len(), listed(&invisible)),
                other.unwrap_or(role),
            );
            verdict.gaps = scope.gaps.clone();
            verdict.with("invisible", joined(&invisible))
        }
    };
    verdict.with("scope", scope.kind)
}

pub(super) fn management_group_readable(facts: &ConnectionFacts) -> Verdict {
    let through_groups = matches!(facts.scope.kind, "management_group" | "tenant");
    let level = if through_groups { Level::Required } else { Level::Advisory };
    let fix = facts.grant("Management Group Reader", facts.group());
    let verdict = match facts.scope.groups.whole() {
        Ok(0) => Verdict::fail("no management group is readable, so the groups above subscriptions stay unknown", fix),
        Ok(_) => Verdict::pass("the management groups are readable"),
        Err(gap) if matches!(gap.reason, Reason::Forbidden | Reason::NotVisible) => {
            let mut verdict = Verdict::fail("the management groups may not be read", fix).because(gap.reason);
            verdict.gaps.push(gap.clone());
            verdict
        }
        Err(gap) => Verdict::unread(gap),
    };
    verdict.with("scope", facts.scope.kind).at(level)
}

pub(super) fn resource_graph_usable(facts: &ConnectionFacts) -> Verdict {
    let level = if facts.scope.query_is_used { Level::Required } else { Level::Advisory };
    let fix = "Allow POST requests to Azure Resource Manager's Microsoft.ResourceGraph, or set resource_graph = \"never\" with fewer than 20 \
               subscriptions.";
    let verdict = match facts.scope.query.as_ref().map(Seen::whole) {
        None => {
            Verdict::not_applicable(Reason::EngineNever, "resource_graph = \"never\": every list is read from its own service")
        }
        Some(Ok(0)) => {
            Verdict::unknown(Reason::NotProven, "a query answers, but without the subscription that was asked for", fix)
        }
        Some(Ok(rows)) => Verdict::pass("a query answers").with("rows", rows),
        Some(Err(gap)) if gap.reason == Reason::Forbidden => {
            let mut verdict = Verdict::fail("the query was refused", fix).because(gap.reason).with("code", &gap.code);
            verdict.gaps.push(gap.clone());
            verdict
        }
        Some(Err(gap)) => Verdict::unread(gap),
    };
    verdict.at(level)
}
