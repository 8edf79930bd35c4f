//! Whether what a refusal says is not there is believed not to be: that a provider is not registered, or that no plan is on. An answer
//! stays complete with such a gap, so nothing else that the subscription says may deny it.

use futures::future::BoxFuture;

use crate::{
    azure::{Error, Kind},
    posture::{
        Place, Reason, Subject, Unreadable,
        defender::{Plan, reporting, surely_unregistered},
    },
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            lists::{inventory, security},
            stop::Result,
            unread,
        },
        context::Context,
    },
};

/// A failed read in a subscription, of a list that needs these actions, as a gap of a fact and where that stands. What the refusal says is
/// not there is known not to be, unless another answer says otherwise.
pub async fn gap(
    context: &Context,
    subscription: &Subscription,
    actions: &[&str],
    (subject, place): (Subject, Place),
    error: &Error,
) -> Result<Unreadable> {
    let gap = unread::gap(subject, place, error)?;
    let (reason, denied) = match error.kind() {
        Kind::NotRegistered => (Reason::NotRegistered, registered(context, subscription, actions).await?),
        Kind::PlanOff => (Reason::PlanOff, switched_on(context, subscription).await?),
        _ => return Ok(gap),
    };
    Ok(match denied {
        None => Unreadable { reason, ..gap },
        Some(denied) => Unreadable {
            remedy: format!(
                "Plan again in a few minutes: {denied} It takes a while until that has spread. If it stays so, please report it."
            ),
            ..gap
        },
    })
}

/// What its own state says, if that is not that it is not registered. Where it cannot be read, nothing denies the refusal.
async fn registered(context: &Context, subscription: &Subscription, actions: &[&str]) -> Result<Option<String>> {
    let Some((namespace, _)) = actions.first().and_then(|action| action.split_once('/')) else { return Ok(None) };
    let state = inventory::registration(context, &subscription.id, namespace).await?;
    let state = state.ok().filter(|state| !surely_unregistered(state));
    Ok(state.map(|state| format!("{namespace} refuses because it is not registered, and its own state is {state}.")))
}

/// The same of a plan without which the service does not report.
async fn switched_on(context: &Context, subscription: &Subscription) -> Result<Option<String>> {
    let plans = plans(context, subscription).await?;
    let on = plans.so_far().find_map(|(_, own)| reporting(own));
    Ok(on.map(|plan| format!("the service refuses because no plan is on, and {} is on in the list of plans.", plan.name)))
}

/// Boxed, because the list of plans is read as every list is, and a refusal of any is weighed here.
fn plans<'a>(context: &'a Context, subscription: &'a Subscription) -> BoxFuture<'a, Result<Lists<Vec<Plan>>>> {
    Box::pin(security::plans(context, std::slice::from_ref(subscription)))
}
