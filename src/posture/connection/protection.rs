//! What a subscription produces: Defender for Cloud, and clusters that nobody can look into.

use std::collections::BTreeSet;

use super::{
    Verdict,
    evidence::{ConnectionFacts, SubscriptionFacts},
    verdict::{joined, listed},
};
use crate::posture::{
    Area, Look, Reason, Status, Unreadable, Why,
    checks::{Absent, Rule, Units, units},
    defender::{
        Counts, Coverage, Foundational, OFFERS, Offer, Plan, Requirement, Standing, available, foundational, judge, named,
        offered, outdated, standing, surely_unregistered,
    },
};

const DEFENDER: &str = "microsoft.security";

pub(super) fn registered(_: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    let providers = match subscription.providers.whole() {
        Ok(providers) => providers,
        Err(gap) => return Verdict::unread(gap),
    };
    // A list that lacks it does not say that it is not registered.
    let state = providers.get(DEFENDER).map_or("", String::as_str);
    let is_off = |state: &str| {
        let word = state.to_ascii_lowercase();
        surely_unregistered(state) || word == "unregistering" || word.contains("fail")
    };
    let verdict = match state {
        "" => Verdict::unknown(
            Reason::InvalidResponse,
            "the service does not state whether Microsoft.Security is registered",
            show(subscription),
        ),
        _ if state.eq_ignore_ascii_case("Registered") => Verdict::pass("Microsoft.Security is registered"),
        _ if state.eq_ignore_ascii_case("Registering") => Verdict::unknown(
            Reason::NoDataYet,
            "Microsoft.Security is being registered",
            "Wait for the registration to end; the first data can take up to 24 hours.",
        ),
        _ if is_off(state) => Verdict::fail(
            format!("Microsoft.Security is {state}, so Defender for Cloud produces nothing"),
            register("Microsoft.Security", subscription),
        ),
        _ => Verdict::unknown(
            Reason::InvalidResponse,
            format!("Microsoft.Security is {state}, which this release does not know"),
            show(subscription),
        ),
    };
    if state.is_empty() { verdict } else { verdict.with("state", state) }
}

fn show(subscription: &SubscriptionFacts) -> String {
    format!("az provider show --namespace Microsoft.Security --subscription {} --query registrationState", subscription.id)
}

pub(super) fn plans_readable(facts: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    let is_refused = |one: &SubscriptionFacts| one.plans.so_far().is_err_and(|gap| gap.reason == Reason::Forbidden);
    let fix = facts.grant("Security Reader", &facts.place_of_grant(subscription, is_refused));
    match subscription.plans.so_far() {
        Err(gap) if gap.reason == Reason::Forbidden => {
            let fix = if gap.code == "AuthorizationFailed" { fix } else { gap.remedy.clone() };
            let mut verdict = Verdict::fail("the Defender plans may not be read", fix).because(gap.reason);
            verdict.gaps.push(gap.clone());
            verdict
        }
        Err(gap) => Verdict::unread(gap),
        Ok(plans) if plans.is_empty() => {
            let detail = "the list of Defender plans is empty, which no subscription's is";
            Verdict::unknown(Reason::NotProven, detail, fix).with("plans", 0)
        }
        // Reading a plan proves that plans are readable, whatever the permissions say.
        Ok(plans) => Verdict::pass("the Defender plans are readable").with("plans", plans.len()),
    }
}

pub(super) fn assessments_present(_: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    match subscription.assessments.look() {
        Look::Nothing(gap) | Look::Part(0, gap) => Verdict::unread(gap),
        Look::All(0) => Verdict::unknown(
            Reason::NoDataYet,
            "Defender for Cloud has no assessment yet",
            "Initial data can take up to 24 hours after Defender for Cloud is switched on; if it is, wait.",
        )
        .with("assessments", 0),
        Look::All(rows) | Look::Part(rows, _) => Verdict::pass("Defender for Cloud has assessments").with("assessments", rows),
    }
}

pub(super) fn foundational_on(_: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    let plans = match subscription.plans.so_far() {
        Ok(plans) => plans,
        Err(gap) => return Verdict::unread(gap),
    };
    if_served(foundational_of(plans, subscription), subscription)
}

/// A verdict on plans that are on; no pass where they stand in a list, and the resource provider that would serve it is not registered.
pub(super) fn if_served(verdict: Verdict, subscription: &SubscriptionFacts) -> Verdict {
    match state_of_defender(subscription).filter(|state| verdict.status == Status::Pass && surely_unregistered(state)) {
        Some(state) => Verdict::unknown(Reason::NotRegistered, outdated(state), register("Microsoft.Security", subscription))
            .with("state", state),
        None => verdict,
    }
}

fn foundational_of(plans: &[Plan], subscription: &SubscriptionFacts) -> Verdict {
    match (foundational(plans), subscription.assessments.look()) {
        (Foundational::On, _) => Verdict::pass("the free posture tier (foundational CSPM) is on").with("tier", "Standard"),
        (Foundational::Off, _) => Verdict::fail(
            "the free posture tier (foundational CSPM) is off, so nothing is assessed; subscriptions made after 27 October 2026 start without it",
            "Portal: Defender for Cloud > Environment settings > the subscription: turn foundational CSPM on.",
        )
        .with("tier", "Free"),
        (Foundational::Unclear, _) => Verdict::unknown(
            Reason::InvalidResponse,
            "what the list of plans says of the free posture tier (foundational CSPM) does not tell whether it is on",
            "Portal: Defender for Cloud > Environment settings > the subscription: look whether foundational CSPM is on.",
        ),
        (Foundational::Absent, Look::Nothing(gap) | Look::Part(0, gap)) => Verdict::unread(gap),
        (Foundational::Absent, Look::All(0)) => Verdict::unknown(
            Reason::NoDataYet,
            "the list of plans does not say whether the free posture tier (foundational CSPM) is on, and there is no assessment",
            "Portal: Defender for Cloud > Environment settings > the subscription: turn foundational CSPM on; if it is, initial data can take up to \
             24 hours.",
        )
        .with("assessments", 0),
        (Foundational::Absent, Look::All(rows) | Look::Part(rows, _)) => {
            Verdict::pass("the free posture tier (foundational CSPM) produces assessments").with("assessments", rows)
        }
    }
}

/// A plan that is off, or covers nothing, where there are resources is certain even if the inventory may be short; that none is needed
/// is not.
pub(super) fn plan_for_area(facts: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    let (plans, inventory) = match (subscription.plans.so_far(), subscription.inventory.so_far()) {
        (Ok(plans), Ok(inventory)) => (plans, inventory),
        (Err(gap), Ok(counts)) if gap.reason == Reason::NotRegistered => return without(facts, subscription, counts, gap),
        (Err(gap), _) | (_, Err(gap)) => return Verdict::unread(gap),
    };
    let judged = judged(facts, subscription, plans, inventory);
    let names =
        |is: &dyn Fn(Option<Why>) -> bool| sorted(judged.iter().filter(|(_, why)| is(*why)).map(|(name, _)| name.as_str()));
    let because = |reason: Why| names(&|why| why == Some(reason));
    let (off, bare) = (because(Reason::PlanOff.into()), because(Why::NotCovered));
    let (absent, doubtful) = (because(Reason::NotListed.into()), because(Reason::NotProven.into()));
    let is_told = |why| matches!(why, Why::NotCovered | Why::Of(Reason::NotListed | Reason::NotProven | Reason::PlanOff));
    let silent = names(&|why| why.is_some_and(|why| !is_told(why)));
    if let Some(first) = off.first() {
        return Verdict::fail(
            format!("the resources need plans that are off: {}", listed(&off)),
            format!(
                "Portal: Defender for Cloud > Environment settings > the subscription > Defender plans (az security pricing create --name {} \
                 --tier standard --subscription {}).",
                available(first),
                subscription.id
            ),
        )
        .with("off", joined(&off));
    }
    if !bare.is_empty() {
        return Verdict::fail(
            format!("plans that the resources need are on, but cover not one of them: {}", listed(&bare)),
            OVERRIDDEN,
        )
        .with("not_covered", joined(&bare));
    }
    match subscription.plans.gap().or(subscription.inventory.gap()) {
        Some(gap) => Verdict::unread(gap),
        None if !absent.is_empty() => Verdict::unknown(
            Reason::NotListed,
            format!("the list of plans lacks plans that the resources need: {}", listed(&absent)),
            "Look at Defender for Cloud > Environment settings > the subscription whether the plan can be had there; where it cannot, protect these \
             resources by other means.",
        )
        .with("absent", joined(&absent)),
        None if !silent.is_empty() => Verdict::unknown(
            Reason::InvalidResponse,
            format!("whether these plans are on and cover anything is not stated, or not in words that this release knows: {}", listed(&silent)),
            LOOK,
        )
        .with("unstated", joined(&silent)),
        None if !doubtful.is_empty() => Verdict::unknown(
            Reason::NotProven,
            format!("the service does not state what has replaced these plans, or contradicts itself: {}", listed(&doubtful)),
            LOOK,
        )
        .with("unstated", joined(&doubtful)),
        None if judged.is_empty() => Verdict::not_applicable(Why::NoResources, "no resource of the areas has a plan of its own"),
        None => {
            let needed = names(&|_| true).len();
            if_served(Verdict::pass("every plan that the resources need is on").with("needed", needed), subscription)
        }
    }
}

/// The list of plans says that Defender for Cloud is not registered: no plan is on then, if the resource provider's state agrees.
fn without(facts: &ConnectionFacts, subscription: &SubscriptionFacts, counts: &Counts, gap: &Unreadable) -> Verdict {
    let needed = sorted(needed(facts, counts).map(|offer| available(offer.name)));
    if needed.is_empty() {
        return match subscription.inventory.gap() {
            Some(gap) => Verdict::unread(gap),
            None => Verdict::not_applicable(Why::NoResources, "no resource of the areas has a plan of its own"),
        };
    }
    match state_of_defender(subscription) {
        Some(state) if surely_unregistered(state) => Verdict::fail(
            format!("Microsoft.Security is {state}, so the plans that the resources need are off: {}", listed(&needed)),
            register("Microsoft.Security", subscription),
        )
        .because(Reason::NotRegistered)
        .with("state", state)
        .with("off", joined(&needed)),
        Some(state) => Verdict::unread(gap).with("state", state),
        None => Verdict::unread(gap),
    }
}

/// The state of Microsoft.Security; none if it was not read or is not stated.
fn state_of_defender(subscription: &SubscriptionFacts) -> Option<&str> {
    let providers = subscription.providers.whole().ok()?;
    providers.get(DEFENDER).map(String::as_str).filter(|state| !state.is_empty())
}

pub(super) const LOOK: &str = "Look at Defender for Cloud > Environment settings > the subscription.";

const OVERRIDDEN: &str = "Find the resources with an override (Defender for Cloud > Environment settings > the subscription; the resource's own \
                          Defender page), or enforce the plan for all of them.";

/// The plans for which a subscription has resources, of the areas that are on.
fn needed(facts: &ConnectionFacts, counts: &Counts) -> impl Iterator<Item = &'static Offer> {
    let is_on = |offer: &&Offer| area_of(offer.name).is_some_and(|area| facts.areas.contains(&area));
    OFFERS.iter().filter(is_on).filter(|offer| offer.resource_types.iter().any(|ty| is_there(ty, counts)))
}

fn is_there(ty: &str, counts: &Counts) -> bool {
    counts.get(&ty.to_ascii_lowercase()).is_some_and(|count| *count > 0)
}

/// Each plan that is needed, or what has replaced it, and why it falls short, none if it does not: by the same judgement
/// as in `defender_validation`.
fn judged(
    facts: &ConnectionFacts,
    subscription: &SubscriptionFacts,
    plans: &[Plan],
    counts: &Counts,
) -> BTreeSet<(String, Option<Why>)> {
    let is_listed = |name: &str| named(plans, name).next().is_some();
    let protected = |ty: &str| OFFERS.iter().any(|other| other.resource_types.contains(&ty) && is_listed(other.name));
    // What another plan protects does not need one that the list lacks.
    let is_dispensable = |offer: &Offer| {
        let mut there = offer.resource_types.iter().filter(|ty| is_there(ty, counts));
        !is_listed(offer.name) && there.all(|ty| protected(ty))
    };
    needed(facts, counts)
        .filter(|offer| !is_dispensable(offer))
        .map(|offer| {
            let requirement = Requirement { plan: offer.name.to_owned(), ..Requirement::default() };
            let verdict = judge(&requirement, plans, &subscription.inventory);
            (verdict.instead.map_or(requirement.plan, |(name, _)| name), verdict.reason)
        })
        .collect()
}

pub(super) fn coverage_full(_: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    let plans = match subscription.plans.so_far() {
        Ok(plans) => plans,
        Err(gap) => return Verdict::unread(gap),
    };
    let on = plans.iter().filter(|plan| plan.is_on());
    let on: Vec<(&str, Coverage<'_>)> =
        on.filter_map(|plan| Some((plan.name.as_str(), covered(plan, plans, subscription)?))).collect();
    let names = |is: &dyn Fn(Coverage<'_>) -> bool| -> Vec<&str> {
        sorted(on.iter().filter(|(_, coverage)| is(*coverage)).map(|(name, _)| *name))
    };
    let partial = names(&|coverage| coverage == Coverage::Partial);
    let none = names(&|coverage| matches!(coverage, Coverage::None(_)));
    let unseen = names(&|coverage| matches!(coverage, Coverage::Unseen(_)));
    let unstated = names(&|coverage| matches!(coverage, Coverage::Contradicted | Coverage::Unfamiliar(_) | Coverage::Unstated));
    if !partial.is_empty() || !none.is_empty() {
        let lists = [("override", &partial), ("are all outside of", &none)];
        let parts: Vec<String> = lists
            .iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(verb, names)| format!("resources below the subscription {verb} plans that are on: {}", listed(names)))
            .collect();
        let verdict = Verdict::fail(parts.join("; "), OVERRIDDEN);
        let lists = [("partial", partial), ("not_covered", none)].into_iter().filter(|(_, names)| !names.is_empty());
        return lists.fold(verdict, |verdict, (name, names)| verdict.with(name, joined(&names)));
    }
    match (subscription.plans.gap(), subscription.inventory.gap().filter(|_| !unseen.is_empty())) {
        (Some(gap), _) | (None, Some(gap)) => Verdict::unread(gap),
        (None, None) if plans.iter().any(|plan| plan.enabled().is_none()) => {
            Verdict::unknown(Reason::InvalidResponse, "the service does not state whether every plan is on", LOOK)
        }
        (None, None) if on.is_empty() => Verdict::not_applicable(Reason::PlanOff, "no plan is on"),
        (None, None) if !unstated.is_empty() => Verdict::unknown(
            Reason::NotProven,
            format!(
                "the service does not state the coverage of these, or not in a way that can be believed: {}",
                listed(&unstated)
            ),
            LOOK,
        )
        .with("unstated", joined(&unstated)),
        (None, None) => if_served(Verdict::pass("every plan that is on covers everything").with("plans", on.len()), subscription),
    }
}

/// How much is covered of what a plan that is on protects; none where all that has replaced it is on, and tells by itself.
fn covered<'a>(plan: &'a Plan, plans: &'a [Plan], subscription: &SubscriptionFacts) -> Option<Coverage<'a>> {
    if named(plans, &plan.name).any(|row| row.enabled() == Some(false)) {
        // The list says both of the plan.
        return Some(Coverage::Unstated);
    }
    match standing(plan, plans) {
        Standing::Unstated => Some(Coverage::Unstated),
        // What the list lacks may be what protects the rest.
        Standing::Replaced { absent, .. } if !absent.is_empty() => Some(Coverage::Unstated),
        Standing::Replaced { by, .. } if by.iter().all(|successor| successor.is_on()) => None,
        Standing::Own | Standing::Replaced { .. } => {
            let covered = plan.covered(&subscription.inventory);
            let is_one = named(plans, &plan.name).all(|row| row.covered(&subscription.inventory) == covered);
            Some(if is_one { covered } else { Coverage::Unstated })
        }
    }
}

/// Only the cluster's own network reaches its API server. Without an access profile, or without that in it, everybody does.
const PRIVATE: Rule = Rule::True { path: "apiServerAccessProfile.enablePrivateCluster", absent: Absent::Fails };

/// Clusters that nobody outside their network can look into are no fault; that they stay unjudged inside has to be said.
pub(super) fn private_clusters(_: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    let clusters = match units(&subscription.clusters) {
        Units::Rows(clusters, None) => clusters,
        Units::Rows(_, Some(gap)) | Units::Unseen(gap) => return Verdict::unread(gap),
        Units::Nobody => return Verdict::not_applicable(Why::NoResources, "the subscription has no AKS cluster"),
        Units::Unregistered => {
            return Verdict::not_applicable(
                Why::NoResources,
                "Microsoft.ContainerService is not registered, so there is no cluster",
            );
        }
    };
    let named = |state: Option<bool>| -> Vec<&str> {
        let are = clusters.iter().filter(|cluster| PRIVATE.holds(cluster.properties.as_ref()) == state);
        are.map(|cluster| cluster.name.as_str()).collect()
    };
    let (private, silent) = (named(Some(true)), named(None));
    if !silent.is_empty() {
        return Verdict::unknown(
            Reason::InvalidResponse,
            format!("the service does not state whether the API server is private of: {}", listed(&silent)),
            format!("az aks show --subscription {} --query apiServerAccessProfile, for each of them.", subscription.id),
        )
        .with("unstated", joined(&silent));
    }
    let all = clusters.len();
    if private.is_empty() {
        return Verdict::pass("no AKS cluster has a private API server").with("clusters", all);
    }
    Verdict::pass(format!(
        "the API server is private, so what runs inside stays unknown (the clusters themselves are read): {}",
        listed(&private)
    ))
    .with("clusters", all)
    .with("private", joined(&private))
}

/// The area whose resources a plan protects; none for plans that protect the subscription as a whole.
fn area_of(plan: &str) -> Option<Area> {
    let first = offered(plan)?.resource_types.first()?;
    let namespace = first.split('/').next().unwrap_or_default();
    match namespace {
        "Microsoft.ApiManagement" => Some(Area::Network),
        "Microsoft.Compute" | "Microsoft.ContainerRegistry" | "Microsoft.ContainerService" | "Microsoft.Web" => {
            Some(Area::Compute)
        }
        _ => Some(Area::Data),
    }
}

/// Each once: the engines list plans in orders of their own.
fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

pub(super) fn register(namespace: &str, subscription: &SubscriptionFacts) -> String {
    format!("az provider register --namespace {namespace} --subscription {}", subscription.id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cluster_is_public_only_if_the_service_says_so_or_leaves_it_out() {
        for (profile, expected) in [
            (json!(null), Some(false)),
            (json!({}), Some(false)),
            (json!({"enablePrivateCluster": null}), Some(false)),
            (json!({"enablePrivateCluster": true}), Some(true)),
            (json!({"enablePrivateCluster": "True"}), Some(true)),
            (json!({"enablePrivateCluster": "yes"}), None),
            (json!({"enablePrivateCluster": 1}), None),
        ] {
            let properties = json!({"apiServerAccessProfile": profile});
            assert_eq!(PRIVATE.holds(properties.as_object()), expected, "{properties}");
        }
        assert_eq!(PRIVATE.holds(None), None);
    }

    #[test]
    fn every_plan_with_resources_of_its_own_has_an_area() {
        for offer in OFFERS.iter().filter(|offer| !offer.resource_types.is_empty()) {
            assert!(area_of(offer.name).is_some(), "{}", offer.name);
        }
        assert_eq!(area_of("Arm"), None);
        assert_eq!(area_of("KeyVaults"), Some(Area::Data));
        assert_eq!(area_of("Containers"), Some(Area::Compute));
    }
}
