//! The only place where judgement causes IO: facts for `posture`, read through `azure`, each with the gaps that belong to it.

pub mod estate;
pub mod facts;
pub mod lists;
pub mod stop;
pub mod unread;

use std::{future::Future, sync::Arc};

use futures::{StreamExt, TryStreamExt, stream};

use super::context::Context;
use crate::{
    azure,
    posture::{Subject, Unreadable},
    provider::collect::{
        estate::{proof, scope::Subscription},
        stop::Result,
    },
};

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
    subject: Subject,
    actions: &[&str],
    read: F,
) -> Result<Lists<T>>
where
    T: Send + Sync,
    F: Fn(String) -> R + Sync,
    R: Future<Output = azure::Result<Arc<T>>> + Send,
{
    let one = |subscription: Subscription| {
        let list = read(subscription.id.clone());
        async move {
            let (list, unproven) = tokio::join!(list, proof::missing(context, &subscription.id, subject, actions));
            match list {
                Ok(list) => Result::Ok((Some((subscription, list)), unproven?)),
                Err(error) => Ok((None, Some(unread::gap(subject, &format!("/subscriptions/{}", subscription.id), &error)?))),
            }
        }
    };
    let parts = stream::iter(subscriptions.iter().cloned().map(one)).buffered(SIDE_BY_SIDE).try_collect::<Vec<_>>().await?;
    let (read, gaps): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let mut gaps: Vec<_> = gaps.into_iter().flatten().collect();
    estate::scope::grant_at_the_group(context, &mut gaps).await;
    Ok(Lists { read: read.into_iter().flatten().collect(), gaps })
}
