//! Which resources of chosen types there are in subscriptions, and of each type whether that is all.

use std::{collections::BTreeMap, sync::Arc};

use futures::future::try_join_all;

use crate::{
    azure,
    posture::{Place, Reason, Seen, Subject, Unreadable},
    provider::{
        collect::{
            By, Lists,
            estate::{
                engine::{self, Engine},
                proof,
                scope::{Subscription, grant_at_the_group},
            },
            lists::{
                inventory::{self, Counts},
                typed::{self, ByType, Typed, TypedResource},
            },
            stop::Result,
            unread,
        },
        context::Context,
    },
};

/// What was seen of a type in a subscription.
#[derive(Debug)]
pub struct Stock {
    /// The subscription.
    pub subscription: Subscription,
    /// The type.
    pub typed: &'static Typed,
    /// Its resources.
    pub seen: Seen<Arc<Vec<TypedResource>>>,
}

impl Stock {
    /// The resources that were seen, for what they are worth.
    pub fn rows(&self) -> impl Iterator<Item = &TypedResource> {
        self.seen.so_far().into_iter().flat_map(|rows| rows.iter())
    }
}

/// The resources of these types in subscriptions.
///
/// First it is counted what there is, which is one list and much smaller than the lists of all types. Resource Graph then has the resources
/// in one query. Of Resource Manager the lists of those types are read that have a resource; where what there is could not be
/// seen whole, those of all types. What is counted and then not listed is a gap: two readers of the same have to agree.
pub async fn stock(context: &Context, subscriptions: &[Subscription], types: &[&'static Typed]) -> Result<Vec<Stock>> {
    let counts = inventory::counts(context, subscriptions).await?;
    let graphed = match engine::engine_of(context) {
        Engine::Arm | Engine::Neither => BTreeMap::new(),
        Engine::ResourceGraph => typed::by_graph(context, subscriptions, types).await,
    };
    let rest: Vec<Subscription> = subscriptions.iter().filter(|one| !graphed.contains_key(&one.id)).cloned().collect();
    let counts = counts.by_id();
    let listed = try_join_all(types.iter().map(|typed| listed(context, &rest, typed, &counts))).await?;
    let mut all = Vec::with_capacity(subscriptions.len() * types.len());
    for subscription in subscriptions {
        for (typed, listed) in types.iter().copied().zip(&listed) {
            let seen = match graphed.get(&subscription.id) {
                Some(answer) => of_graph(context, subscription, typed, answer).await?,
                // Of a type that is not there, there are none.
                None => listed.get(&subscription.id).cloned().unwrap_or_else(|| Seen::all(Arc::default())),
            };
            let seen = agreeing(seen, subscription, typed, counts.get(&subscription.id));
            all.push(Stock { subscription: subscription.clone(), typed, seen });
        }
    }
    grant_at_the_group(context, all.iter_mut().flat_map(|stock| stock.seen.gaps_mut()).collect()).await;
    Ok(all)
}

/// The resources of a type in those of these subscriptions that have one, or may have one.
async fn listed(
    context: &Context,
    subscriptions: &[Subscription],
    typed: &'static Typed,
    counts: &By<Arc<Counts>>,
) -> Result<By<Arc<Vec<TypedResource>>>> {
    let may_be_there = |subscription: &&Subscription| {
        let counts = counts.get(&subscription.id).and_then(|counts| counts.whole().ok());
        counts.is_none_or(|counts| number(counts, typed) > 0)
    };
    let some: Vec<Subscription> = subscriptions.iter().filter(may_be_there).cloned().collect();
    let lists: Lists<Vec<TypedResource>> = typed::resources(context, &some, typed).await?;
    Ok(lists.by_id())
}

/// What Resource Graph has of a type. It leaves out what the caller may not see, so that has to be proven.
async fn of_graph(
    context: &Context,
    subscription: &Subscription,
    typed: &Typed,
    answer: &azure::Result<Arc<ByType>>,
) -> Result<Seen<Arc<Vec<TypedResource>>>> {
    match answer {
        Ok(rows) => {
            let unproven = proof::missing(context, &subscription.id, Subject::Resources, &typed.list.actions()).await?;
            Ok(Seen::part(rows.get(typed.name()).cloned().unwrap_or_default(), unproven))
        }
        Err(error) => Ok(Seen::unseen(unread::gap(Subject::Resources, Place::Subscription(subscription.id.clone()), error)?)),
    }
}

/// What was seen, with a gap if more of the type were counted.
fn agreeing(
    seen: Seen<Arc<Vec<TypedResource>>>,
    subscription: &Subscription,
    typed: &Typed,
    counts: Option<&Seen<Arc<Counts>>>,
) -> Seen<Arc<Vec<TypedResource>>> {
    let counted = counts.and_then(|counts| counts.so_far().ok()).map_or(0, |counts| number(counts, typed));
    let listed = match seen.so_far() {
        Ok(rows) => u64::try_from(rows.len()).unwrap_or(u64::MAX),
        // That its resource provider is not registered says that there is none.
        Err(gap) if gap.reason == Reason::NotRegistered => 0,
        Err(_) => u64::MAX,
    };
    if listed >= counted {
        return seen;
    }
    seen.lacking(Unreadable {
        subject: Subject::Resources,
        place: Place::Subscription(subscription.id.clone()),
        reason: Reason::IncompleteList,
        code: String::new(),
        remedy: format!(
            "Azure counts {counted} of {}, and lists {listed}. Plan again; one may just have been deleted. If this persists, please report it.",
            typed.name()
        ),
    })
}

fn number(counts: &Counts, typed: &Typed) -> u64 {
    counts.get(&typed.name().to_ascii_lowercase()).copied().unwrap_or_default()
}
