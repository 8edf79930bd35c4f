//! Whether the resource providers of what a subscription has are registered.

use super::{
    Verdict,
    evidence::{ConnectionFacts, SubscriptionFacts},
    protection::register,
    verdict::{joined, listed},
};
use crate::posture::{Reason, Why, defender::surely_unregistered};

/// The namespaces whose resources the provider looks at.
pub const NAMESPACES: &[&str] = &[
    "Microsoft.App",
    "Microsoft.Cache",
    "Microsoft.Cdn",
    "Microsoft.CognitiveServices",
    "Microsoft.Compute",
    "Microsoft.ContainerInstance",
    "Microsoft.ContainerRegistry",
    "Microsoft.ContainerService",
    "Microsoft.DBforMySQL",
    "Microsoft.DBforPostgreSQL",
    "Microsoft.DataProtection",
    "Microsoft.DocumentDB",
    "Microsoft.EventHub",
    "Microsoft.HybridCompute",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.RecoveryServices",
    "Microsoft.ServiceBus",
    "Microsoft.Sql",
    "Microsoft.Storage",
    "Microsoft.Web",
];

/// What a state of a resource provider means; the words are a free string in the specification.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Failed,
    Good,
    Unclear,
    Unregistered,
}

fn meaning(state: &str) -> State {
    let is = |words: &[&str]| words.iter().any(|word| state.eq_ignore_ascii_case(word));
    match state {
        _ if is(&["Registered", "Registering"]) => State::Good,
        _ if surely_unregistered(state) || is(&["Unregistering"]) => State::Unregistered,
        _ if state.to_ascii_lowercase().contains("fail") => State::Failed,
        _ => State::Unclear,
    }
}

pub(super) fn registered(_: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    let (providers, inventory) = match (subscription.providers.whole(), subscription.inventory.so_far()) {
        (Ok(providers), Ok(inventory)) => (providers, inventory),
        (Err(gap), _) | (_, Err(gap)) => return Verdict::unread(gap),
    };
    // One that the list lacks has no state.
    let state = |namespace: &str| providers.get(&namespace.to_ascii_lowercase()).map_or("", String::as_str);
    let has_resources = |namespace: &str| {
        let start = format!("{}/", namespace.to_ascii_lowercase());
        inventory.iter().any(|(ty, count)| *count > 0 && ty.starts_with(&start))
    };
    let in_state = |all: &[&'static str], wanted: State| -> Vec<&'static str> {
        all.iter().filter(|namespace| meaning(state(namespace)) == wanted).copied().collect()
    };
    let used: Vec<&str> = NAMESPACES.iter().filter(|namespace| has_resources(namespace)).copied().collect();
    let unregistered = in_state(NAMESPACES, State::Unregistered);
    let mut bad = in_state(&used, State::Unregistered);
    bad.extend(in_state(NAMESPACES, State::Failed));
    let unclear = in_state(&used, State::Unclear);
    let named = |all: &[&str]| -> Vec<String> {
        let stated = |namespace: &&str| match state(namespace) {
            "" => format!("{namespace} (state not stated)"),
            state => format!("{namespace} {state}"),
        };
        all.iter().map(stated).collect()
    };
    let verdict = match (bad.first(), subscription.inventory.gap()) {
        (Some(first), _) => Verdict::fail(
            format!("resource providers are not registered although they have resources, or failed: {}", listed(&named(&bad))),
            register(first, subscription),
        )
        .with("bad", joined(&bad)),
        (None, _) if !unclear.is_empty() => Verdict::unknown(
            Reason::InvalidResponse,
            format!("whether resource providers that have resources are registered cannot be told: {}", listed(&named(&unclear))),
            format!(
                "az provider list --subscription {} --query \"[].{{name:namespace,state:registrationState}}\"",
                subscription.id
            ),
        )
        .with("unclear", joined(&unclear)),
        (None, Some(gap)) => Verdict::unread(gap),
        (None, None) if used.is_empty() => {
            Verdict::not_applicable(Why::NoResources, "the subscription has no resource of these providers")
        }
        (None, None) => Verdict::pass("the resource providers of all resources are registered").with("used", used.len()),
    };
    // All of them: what they would have is not looked at, and somebody may wonder why.
    if unregistered.is_empty() { verdict } else { verdict.with("unregistered", unregistered.join(",")) }
}
