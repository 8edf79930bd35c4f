//! What a subscription produces: Defender for Cloud, resource providers, and clusters that nobody can look into.

use std::collections::BTreeMap;

use super::{
    Verdict, actions,
    facts::{Facts, Read, Subscription, Whole},
    verdict::{joined, listed},
};
use crate::posture::{
    Area, Reason, Unreadable,
    defender::{OFFERS, Plan, offered, resource_count},
};

const DEFENDER: &str = "microsoft.security";

pub(super) fn registered(_: &Facts, subscription: &Subscription) -> Verdict {
    let providers = match &subscription.providers {
        Ok(providers) => providers,
        Err(gap) => return Verdict::unread(gap),
    };
    let state = providers.get(DEFENDER).map_or("NotRegistered", String::as_str);
    let verdict = match state {
        "" => Verdict::unknown(
            Reason::InvalidResponse.word(),
            "the service does not state whether Microsoft.Security is registered",
            format!(
                "az provider show --namespace Microsoft.Security --subscription {} --query registrationState",
                subscription.id
            ),
        ),
        _ if state.eq_ignore_ascii_case("Registered") => Verdict::pass("Microsoft.Security is registered"),
        _ if state.eq_ignore_ascii_case("Registering") => Verdict::unknown(
            Reason::NoDataYet.word(),
            "Microsoft.Security is being registered",
            "Wait for the registration to end; the first data can take up to 24 hours.",
        ),
        _ => Verdict::fail(
            format!("Microsoft.Security is {state}, so Defender for Cloud produces nothing"),
            register("Microsoft.Security", subscription),
        ),
    };
    verdict.with("state", state)
}

pub(super) fn plans_readable(facts: &Facts, subscription: &Subscription) -> Verdict {
    let is_refused = |one: &Subscription| matches!(&one.plans, Err(gap) if gap.reason == Reason::Forbidden);
    let fix = facts.grant("Security Reader", &facts.place_of_grant(subscription, is_refused));
    match &subscription.plans {
        Err(gap) if gap.reason == Reason::Forbidden => {
            let fix = if gap.code == "AuthorizationFailed" { fix } else { gap.remedy.clone() };
            let mut verdict = Verdict::fail("the Defender plans may not be read", fix).with("reason", gap.reason.word());
            verdict.gaps.push(gap.clone());
            verdict
        }
        Err(gap) => Verdict::unread(gap),
        Ok(plans) if plans.rows.is_empty() => {
            Verdict::fail("the list of Defender plans is empty, which no subscription's is", fix).with("plans", 0)
        }
        // Reading a plan proves that plans are readable, whatever the permissions say.
        Ok(plans) => Verdict::pass("the Defender plans are readable").with("plans", plans.rows.len()),
    }
}

pub(super) fn assessments_present(_: &Facts, subscription: &Subscription) -> Verdict {
    match &subscription.assessments {
        Err(gap) => Verdict::unread(gap),
        Ok(Whole { rows: 0, unproven: Some(gap) }) => Verdict::unread(gap),
        Ok(Whole { rows: 0, unproven: None }) => Verdict::unknown(
            Reason::NoDataYet.word(),
            "Defender for Cloud has no assessment yet",
            "Initial data can take up to 24 hours after Defender for Cloud is switched on; if it is, wait.",
        )
        .with("assessments", 0),
        Ok(Whole { rows, .. }) => Verdict::pass("Defender for Cloud has assessments").with("assessments", rows),
    }
}

/// A plan that is off where there are resources is certain even if the inventory may be short; that none is needed is not.
pub(super) fn plan_for_area(facts: &Facts, subscription: &Subscription) -> Verdict {
    let (plans, inventory) = match (&subscription.plans, &subscription.inventory) {
        (Ok(plans), Ok(inventory)) => (plans, inventory),
        (Err(gap), _) | (_, Err(gap)) => return Verdict::unread(gap),
    };
    let Needed { offered: needed, absent } = needed(facts, &plans.rows, &inventory.rows);
    let off = sorted(needed.iter().filter(|plan| plan.enabled() == Some(false)).map(|plan| plan.name.as_str()));
    let silent = sorted(needed.iter().filter(|plan| plan.enabled().is_none()).map(|plan| plan.name.as_str()));
    if let Some(first) = off.first() {
        return Verdict::fail(
            format!("the resources need plans that are off: {}", listed(&off)),
            format!(
                "Portal: Defender for Cloud > Environment settings > the subscription > Defender plans (az security pricing create --name \
                 {first} --tier standard --subscription {}).",
                subscription.id
            ),
        )
        .with("off", joined(&off));
    }
    match unproven([plans.unproven.as_ref(), inventory.unproven.as_ref()]) {
        Some(gap) => Verdict::unread(gap),
        None if !absent.is_empty() => Verdict::unknown(
            Reason::Unsupported.word(),
            format!("this cloud does not offer a plan that the resources need: {}", listed(&absent)),
            "Nothing needs to be done where the cloud has no such plan; protect these resources by other means.",
        )
        .with("absent", joined(&absent)),
        None if !silent.is_empty() => Verdict::unknown(
            Reason::InvalidResponse.word(),
            format!("the service does not state the tier of {}", listed(&silent)),
            "Look at Defender for Cloud > Environment settings > the subscription.",
        )
        .with("unstated", joined(&silent)),
        None if needed.is_empty() => Verdict::not_applicable("no_resources", "no resource of the areas has a plan of its own"),
        None => Verdict::pass("every plan that the resources need is on").with("needed", needed.len()),
    }
}

/// The plans for which a subscription has resources, of the areas that are on.
struct Needed<'a> {
    offered: Vec<&'a Plan>,
    /// Those that are not in the service's list, and whose resources no other plan in it protects.
    absent: Vec<&'static str>,
}

fn needed<'a>(facts: &Facts, plans: &'a [Plan], counts: &BTreeMap<String, u64>) -> Needed<'a> {
    let find = |name: &str| plans.iter().find(|plan| plan.name.eq_ignore_ascii_case(name));
    let there = |ty: &&&str| counts.get(&ty.to_ascii_lowercase()).is_some_and(|count| *count > 0);
    let protected = |ty: &str| OFFERS.iter().any(|other| other.resource_types.contains(&ty) && find(other.name).is_some());
    let mut needed = Needed { offered: Vec::new(), absent: Vec::new() };
    for offer in OFFERS.iter().filter(|offer| area_of(offer.name).is_some_and(|area| facts.areas.contains(&area))) {
        let mut types = offer.resource_types.iter().filter(there).peekable();
        if types.peek().is_none() {
            continue;
        }
        match find(offer.name) {
            // Its successor is judged by itself, if there is one.
            Some(plan) if plan.deprecated && plan.replaced_by.iter().any(|name| find(name).is_some()) => {}
            Some(plan) => needed.offered.push(plan),
            None if types.all(|ty| protected(ty)) => {}
            None => needed.absent.push(offer.name),
        }
    }
    needed
}

pub(super) fn coverage_full(_: &Facts, subscription: &Subscription) -> Verdict {
    let plans = match &subscription.plans {
        Ok(plans) => plans,
        Err(gap) => return Verdict::unread(gap),
    };
    let on: Vec<&Plan> = plans.rows.iter().filter(|plan| plan.is_on() && !plan.deprecated).collect();
    let covered = |plan: &Plan| plan.coverage.as_deref().map(|coverage| coverage.eq_ignore_ascii_case("FullyCovered"));
    let names = |wanted: Option<bool>| -> Vec<&str> {
        sorted(on.iter().filter(|plan| covered(plan) == wanted).map(|plan| plan.name.as_str()))
    };
    let (partial, unstated) = (names(Some(false)), names(None));
    if !partial.is_empty() {
        return Verdict::fail(
            format!("resources below the subscription override plans that are on: {}", listed(&partial)),
            "Find the resources with an override (Defender for Cloud > Environment settings > the subscription; the resource's own Defender \
             page), or enforce the plan for all of them.",
        )
        .with("partial", joined(&partial));
    }
    match plans.unproven.as_ref() {
        Some(gap) => Verdict::unread(gap),
        None if plans.rows.iter().any(|plan| plan.enabled().is_none()) => Verdict::unknown(
            Reason::InvalidResponse.word(),
            "the service does not state whether every plan is on",
            "Look at Defender for Cloud > Environment settings > the subscription.",
        ),
        None if on.is_empty() => Verdict::not_applicable("plan_off", "no plan is on"),
        None if !unstated.is_empty() => Verdict::unknown(
            Reason::NotProven.word(),
            format!("the service does not state the coverage of {}", listed(&unstated)),
            "Look at Defender for Cloud > Environment settings > the subscription.",
        )
        .with("unstated", joined(&unstated)),
        None => Verdict::pass("every plan that is on covers everything").with("plans", on.len()),
    }
}

/// Servers and container images; SQL databases scan themselves.
pub(super) fn scan_done(_: &Facts, subscription: &Subscription) -> Verdict {
    let (plans, scans) = match (&subscription.plans, &subscription.scans) {
        (Ok(plans), Ok(scans)) => (plans, scans),
        (Err(gap), _) | (_, Err(gap)) => return Verdict::unread(gap),
    };
    let mut missing = Vec::new();
    let (mut judged, mut unread) = (0, None);
    let scanning = [("server", "VirtualMachines"), ("container_image", "Containers")];
    let is_silent = |name: &str| plans.rows.iter().any(|own| own.name.eq_ignore_ascii_case(name) && own.enabled().is_none());
    let silent: Vec<&str> = scanning.iter().map(|(_, plan)| *plan).filter(|plan| is_silent(plan)).collect();
    if !silent.is_empty() {
        return Verdict::unknown(
            Reason::InvalidResponse.word(),
            format!("the service does not state the tier of {}", listed(&silent)),
            "Look at Defender for Cloud > Environment settings > the subscription.",
        )
        .with("unstated", joined(&silent));
    }
    for (kind, plan) in scanning {
        if !plans.rows.iter().any(|own| own.name.eq_ignore_ascii_case(plan) && own.is_on()) {
            continue;
        }
        if scans.rows.contains(kind) {
            judged += 1;
            continue;
        }
        match nothing_to_scan(plan, &subscription.inventory) {
            Ok(true) => {}
            Ok(false) => missing.push(kind),
            Err(gap) => unread = Some(gap),
        }
    }
    if !missing.is_empty() {
        return match scans.unproven.as_ref() {
            Some(gap) => Verdict::unread(gap),
            None => Verdict::unknown(
                "never_scanned",
                format!("no scan result yet for: {}", missing.join(", ")),
                "Check that agentless scanning or Defender Vulnerability Management is on for the plan, and wait for the next scan (24 hours).",
            )
            .with("never_scanned", missing.join(",")),
        };
    }
    match (unread, plans.unproven.as_ref()) {
        (Some(gap), _) | (None, Some(gap)) => Verdict::unread(gap),
        (None, None) if judged == 0 => {
            Verdict::not_applicable("plan_off", "no plan that scans servers or images is on where there is something to scan")
        }
        (None, None) => Verdict::pass("everything that the plans scan was scanned").with("kinds", judged),
    }
}

pub(super) fn providers_registered(_: &Facts, subscription: &Subscription) -> Verdict {
    let (providers, inventory) = match (&subscription.providers, &subscription.inventory) {
        (Ok(providers), Ok(inventory)) => (providers, inventory),
        (Err(gap), _) | (_, Err(gap)) => return Verdict::unread(gap),
    };
    let state = |namespace: &str| providers.get(&namespace.to_ascii_lowercase()).map_or("NotRegistered", String::as_str);
    let has_resources = |namespace: &str| {
        let start = format!("{}/", namespace.to_ascii_lowercase());
        inventory.rows.iter().any(|(ty, count)| *count > 0 && ty.starts_with(&start))
    };
    let good = |state: &str| ["Registered", "Registering"].iter().any(|word| state.eq_ignore_ascii_case(word));
    let used: Vec<&str> = actions::NAMESPACES.iter().filter(|namespace| has_resources(namespace)).copied().collect();
    let failed = |namespace: &&&str| state(namespace).to_ascii_lowercase().contains("fail");
    let mut bad: Vec<&str> = used.iter().filter(|namespace| !good(state(namespace))).copied().collect();
    bad.extend(actions::NAMESPACES.iter().filter(failed).filter(|namespace| !used.contains(namespace)));
    if let Some(first) = bad.first() {
        let states: Vec<String> = bad.iter().map(|namespace| format!("{namespace} {}", state(namespace))).collect();
        return Verdict::fail(
            format!("resource providers are not registered although they have resources, or failed: {}", listed(&states)),
            register(first, subscription),
        )
        .with("bad", joined(&bad));
    }
    match inventory.unproven.as_ref() {
        Some(gap) => Verdict::unread(gap),
        None if used.is_empty() => Verdict::not_applicable("no_resources", "the subscription has no resource of these providers"),
        None => Verdict::pass("the resource providers of all resources are registered").with("used", used.len()),
    }
}

/// Clusters that nobody outside their network can look into are no fault; that they stay unjudged inside has to be said.
pub(super) fn private_clusters(_: &Facts, subscription: &Subscription) -> Verdict {
    let clusters = match &subscription.clusters {
        Ok(clusters) => clusters,
        Err(gap) if gap.reason == Reason::NotRegistered => {
            return Verdict::not_applicable(
                "no_resources",
                "Microsoft.ContainerService is not registered, so there is no cluster",
            );
        }
        Err(gap) => return Verdict::unread(gap),
    };
    if let Some(gap) = &clusters.unproven {
        return Verdict::unread(gap);
    }
    let named = |state: Option<bool>| -> Vec<&str> {
        clusters.rows.iter().filter(|(_, private)| *private == state).map(|(name, _)| name.as_str()).collect()
    };
    let (private, silent) = (named(Some(true)), named(None));
    if !silent.is_empty() {
        return Verdict::unknown(
            Reason::InvalidResponse.word(),
            format!("the service does not state whether the API server is private of: {}", listed(&silent)),
            format!("az aks show --subscription {} --query apiServerAccessProfile, for each of them.", subscription.id),
        )
        .with("unstated", joined(&silent));
    }
    match (clusters.rows.len(), private.as_slice()) {
        (0, _) => Verdict::not_applicable("no_resources", "the subscription has no AKS cluster"),
        (all, []) => Verdict::pass("no AKS cluster has a private API server").with("clusters", all),
        (all, private) => Verdict::pass(format!(
            "the API server is private, so what runs inside stays unknown (the clusters themselves are read): {}",
            listed(private)
        ))
        .with("clusters", all)
        .with("private", joined(private)),
    }
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

/// Whether it is proven that a plan has nothing to scan.
fn nothing_to_scan<'a>(plan: &str, inventory: &'a Read<Whole<BTreeMap<String, u64>>>) -> Result<bool, &'a Unreadable> {
    let inventory = inventory.as_ref()?;
    match (resource_count(plan, &inventory.rows), &inventory.unproven) {
        (Some(0), Some(gap)) => Err(gap),
        (Some(0), None) => Ok(true),
        _ => Ok(false),
    }
}

/// The engines list plans in orders of their own.
fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
}

fn unproven<const N: usize>(gaps: [Option<&Unreadable>; N]) -> Option<&Unreadable> {
    gaps.into_iter().flatten().next()
}

fn register(namespace: &str, subscription: &Subscription) -> String {
    format!("az provider register --namespace {namespace} --subscription {}", subscription.id)
}

#[cfg(test)]
mod tests {
    use super::*;

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
