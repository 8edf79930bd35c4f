//! The only place where judgement causes IO: facts for `posture`, read through `azure`, each with the gaps that belong to it.

pub mod authorization;
pub mod connection;
pub mod delegated;
pub mod directory;
pub mod engine;
pub mod grants;
pub mod graph;
pub mod hierarchy;
pub mod inventory;
mod judged;
pub mod lists;
pub mod named;
mod nothing;
pub mod own_credential;
pub mod proof;
pub mod scope;
pub mod security;
pub mod subscription;

use std::{future::Future, sync::Arc};

use futures::{StreamExt, TryStreamExt, stream};

use self::{proof::Evidence, scope::Subscription};
use super::{context::Context, failure};
use crate::{azure, posture::Unreadable, sdk::Result};

/// One list, read in several subscriptions.
#[derive(Debug)]
pub struct Lists<T> {
    /// What was read, by subscription, in the order of the subscriptions.
    pub read: Vec<(Subscription, Arc<T>)>,
    /// What was not, or not provably whole.
    pub gaps: Vec<Unreadable>,
}

/// How many subscriptions are read side by side; the client has limits of its own below this.
const SIDE_BY_SIDE: usize = 64;

/// Reads one list in each subscription, and proves that the caller may see all of it: `actions` are what the list needs.
pub async fn each_subscription<T, F, R>(
    context: &Context,
    subscriptions: &[Subscription],
    subject: &str,
    actions: &[&str],
    read: F,
) -> Result<Lists<T>>
where
    T: Send + Sync,
    F: Fn(String) -> R + Sync,
    R: Future<Output = azure::Result<Arc<T>>> + Send,
{
    let evidence = &Evidence::gather(context, subscriptions).await;
    let one = |subscription: Subscription| {
        let list = read(subscription.id.clone());
        async move {
            let (list, unproven) = tokio::join!(list, evidence.missing(context, &subscription.id, subject, actions));
            match list {
                Ok(list) => Result::Ok((Some((subscription, list)), unproven?)),
                Err(error) => Ok((None, Some(failure::gap(subject, &format!("/subscriptions/{}", subscription.id), &error)?))),
            }
        }
    };
    let parts = stream::iter(subscriptions.iter().cloned().map(one)).buffered(SIDE_BY_SIDE).try_collect::<Vec<_>>().await?;
    let (read, gaps): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let mut gaps: Vec<_> = gaps.into_iter().flatten().collect();
    scope::grant_at_the_group(context, &mut gaps).await;
    Ok(Lists { read: read.into_iter().flatten().collect(), gaps })
}
