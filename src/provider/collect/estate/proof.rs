//! Whether a list may be trusted to be whole: Azure answers a caller who may read only a part with that part, and status 200.

use std::sync::Arc;

use crate::{
    azure::{self, arm::authorization, memo::Key},
    posture::{
        Place, Reason, Subject, Unreadable,
        grant::command,
        rbac::{Permission, covers},
    },
    provider::{
        collect::{estate::scope::own_object_id, stop::Result, unread},
        context::Context,
    },
};

/// The gap, if nothing proves that the caller may perform all `actions` everywhere in the subscription.
pub async fn missing(context: &Context, subscription_id: &str, subject: Subject, actions: &[&str]) -> Result<Option<Unreadable>> {
    let scope = format!("/subscriptions/{subscription_id}");
    let held = match permissions(context, &scope).await {
        Ok(held) => held,
        Err(error) => {
            let mut gap = unread::gap(subject, Place::of(&scope), &error)?;
            gap.remedy = format!(
                "What this sign-in may read there could not be read, so nothing proves that the list is whole. {}",
                gap.remedy
            );
            gap.reason = Reason::NotProven;
            return Ok(Some(gap));
        }
    };
    let Some(action) = actions.iter().find(|action| !covers(&held, action)) else { return Ok(None) };
    let grant = command("Reader", &scope, &own_object_id(context).await);
    Ok(Some(Unreadable {
        subject,
        remedy: format!("`{action}` is not held on the whole subscription, so rows may be missing. Grant it: {grant}"),
        place: Place::of(&scope),
        reason: Reason::NotProven,
        code: String::new(),
    }))
}

/// What the caller may do at a scope, one entry a role it holds.
pub async fn permissions(context: &Context, scope: &str) -> azure::Result<Arc<Vec<Permission>>> {
    let (client, scope) = (context.client.clone(), scope.to_owned());
    context
        .client
        .memo(Key::of("permissions").and(&scope), || async move {
            let held = authorization::permissions(&client, &scope).await?;
            Ok(held.into_iter().map(permission).collect())
        })
        .await
}

/// A role's permission, as it is judged.
pub fn permission(wire: authorization::Permission) -> Permission {
    Permission {
        unseen: !wire.is_stated(),
        actions: wire.actions.0.unwrap_or_default(),
        not_actions: wire.not_actions.0.unwrap_or_default(),
        data_actions: wire.data_actions.0.unwrap_or_default(),
        not_data_actions: wire.not_data_actions.0.unwrap_or_default(),
        conditional: wire.condition.is_some(),
    }
}
