//! The only place where judgement causes IO: facts for `posture`, read through `azure`, each with the gaps that belong to it.

pub mod absence;
pub mod estate;
pub mod facts;
pub mod lists;
pub mod stop;
pub mod twice;
pub mod unread;

use std::{collections::BTreeMap, future::Future, sync::Arc};

use futures::{StreamExt, TryStreamExt, stream};

use super::context::Context;
use crate::{
    azure,
    posture::{Place, Seen, Subject, Unreadable},
    provider::collect::{
        estate::{proof, scope::Subscription},
        stop::Result,
    },
};

/// A fact of several subscriptions, by the id of each.
pub type By<T> = BTreeMap<String, Seen<T>>;

/// What of a fact was seen in a subscription; nothing where it was not asked for.
pub fn seen_in<T: Clone>(facts: &By<T>, subscription: &Subscription, subject: Subject) -> Seen<T> {
    facts.get(&subscription.id).cloned().unwrap_or_else(|| Seen::unseen(Unreadable::unasked(subject)))
}

/// One list, read in several subscriptions, in their order.
#[derive(Debug)]
pub struct Lists<T>(Vec<(Subscription, Seen<Arc<T>>)>);

impl<T> Lists<T> {
    /// Nothing of it, and why.
    pub fn unseen(subscriptions: &[Subscription], gap: impl Fn(&Subscription) -> Unreadable) -> Self {
        Self(subscriptions.iter().map(|subscription| (subscription.clone(), Seen::unseen(gap(subscription)))).collect())
    }

    /// What was seen of it in each subscription.
    pub fn iter(&self) -> impl Iterator<Item = (&Subscription, &Seen<Arc<T>>)> {
        self.0.iter().map(|(subscription, seen)| (subscription, seen))
    }

    /// The subscriptions of which something was read, whole or not, and what.
    pub fn so_far(&self) -> impl Iterator<Item = (&Subscription, &Arc<T>)> {
        self.iter().filter_map(|(subscription, seen)| Some((subscription, seen.so_far().ok()?)))
    }

    /// The subscriptions of which it was seen whole and is this.
    pub fn wholly(&self, is: impl Fn(&T) -> bool) -> Vec<Subscription> {
        // One that is not proven whole has a gap of its own.
        let such = self.iter().filter(|(_, seen)| seen.whole().is_ok_and(|list| is(list)));
        such.map(|(subscription, _)| subscription.clone()).collect()
    }

    /// What was not seen, or not provably whole.
    pub fn gaps(&self) -> impl Iterator<Item = &Unreadable> {
        self.iter().flat_map(|(_, seen)| seen.gaps())
    }

    /// The same by the id of the subscription.
    pub fn by_id(self) -> By<Arc<T>> {
        self.0.into_iter().map(|(subscription, seen)| (subscription.id, seen)).collect()
    }

    /// Another list made of each.
    fn each<U>(self, make: impl Fn(&Subscription, Seen<Arc<T>>) -> Seen<Arc<U>>) -> Lists<U> {
        let one = |(subscription, seen)| {
            let made = make(&subscription, seen);
            (subscription, made)
        };
        Lists(self.0.into_iter().map(one).collect())
    }

    /// These subscriptions, and those of another reading.
    fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// How many lists are read side by side, one a subscription or an application; the client has limits of its own below this.
pub const SIDE_BY_SIDE: usize = 64;

/// Reads one list in each subscription, and proves that the caller may see all of it: `actions` are what the list needs. What a refusal says
/// is not there is weighed against what else the subscription says.
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
                Ok(list) => Result::Ok((subscription, Seen::part(list, unproven?))),
                Err(error) => {
                    let fact = (subject, Place::Subscription(subscription.id.clone()));
                    let gap = absence::gap(context, &subscription, actions, fact, &error).await?;
                    Ok((subscription, Seen::unseen(gap)))
                }
            }
        }
    };
    let mut lists = stream::iter(subscriptions.iter().cloned().map(one)).buffered(SIDE_BY_SIDE).try_collect::<Vec<_>>().await?;
    estate::scope::grant_at_the_group(context, lists.iter_mut().flat_map(|(_, seen)| seen.gaps_mut()).collect()).await;
    Ok(Lists(lists))
}
