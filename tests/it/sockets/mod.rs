//! The built provider against a whole cloud over real sockets: signing in, what can go wrong on the wire, and what is left behind.

mod distance;
mod faults;
mod graph_faults;
mod lifetime;
mod network;
mod people;
mod secrets;
mod sign_in;

use serde_json::{Value as Json, json};

use crate::support::plugin::{Answer, Plugin, errors};

/// The provider, started with these variables and nothing else, with this block.
async fn provider(block: Json, variables: &[(&'static str, &str)]) -> Plugin {
    let plugin = Plugin::start_with(variables).await;
    let said = plugin.configure(block).await;
    assert!(errors(&said).is_empty(), "{said:#?}");
    plugin
}

/// Both subscriptions of the demo tenant, read without a gap.
fn is_whole(answer: &Answer) -> bool {
    let (value, said) = answer;
    let names: Vec<_> = value.iter().flat_map(|value| value["subscriptions"].as_array()).flatten().collect();
    let names: Vec<_> = names.iter().map(|row| row["display_name"].as_str().unwrap_or_default()).collect();
    said.is_empty() && names == ["Fabrikam Production", "Fabrikam Sandbox"] && value.as_ref().unwrap()["complete"] == json!(true)
}

/// Reads the subscriptions.
async fn subscriptions(plugin: &Plugin) -> Answer {
    plugin.read("azposture_subscriptions", json!({})).await
}

/// Reads the subscriptions, all of them.
async fn reads_all(plugin: &Plugin) {
    let answer = subscriptions(plugin).await;
    assert!(is_whole(&answer), "{answer:#?}\n{}", plugin.stderr());
}

/// Reads nothing, and this is why: summary and detail of the one error.
async fn refused(plugin: &Plugin) -> (String, String) {
    let (value, said) = subscriptions(plugin).await;
    let mut failed: Vec<_> = said.into_iter().filter(|one| one.error).collect();
    assert!(value.is_none() && failed.len() == 1, "{value:?} {failed:#?}");
    let error = failed.remove(0);
    (error.summary, error.detail)
}
