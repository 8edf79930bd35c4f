//! Which resources of chosen types there are in subscriptions, and of each type whether that is all.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::future::try_join_all;

use crate::{
    azure::{self, Failure, arm::typed::ListedIn},
    posture::{Place, Reason, Seen, Subject, Unreadable},
    provider::{
        collect::{
            By,
            estate::{
                engine::{self, Engine},
                proof,
                scope::{Subscription, grant_at_the_group},
            },
            lists::{
                beneath,
                inventory::{self, Counts},
                typed::{self, ByType, Typed, TypedResource},
            },
            seen_in,
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
    /// Whether some of what they could be parts of was not asked, because nobody wants its parts.
    pub is_narrowed: bool,
}

impl Stock {
    /// The resources that were seen, for what they are worth.
    pub fn rows(&self) -> impl Iterator<Item = &TypedResource> {
        self.seen.so_far().into_iter().flat_map(|rows| rows.iter())
    }
}

/// The resources of a type, by subscription.
type Rows = By<Arc<Vec<TypedResource>>>;

/// Whether parts of a resource are wanted, of a type that has its place and its tags from what it is part of.
type Wanted<'a> = &'a (dyn Fn(&TypedResource) -> bool + Sync);

/// What is known before the lists of types are read.
struct Before<'a> {
    context: &'a Context,
    subscriptions: &'a [Subscription],
    /// How many there are of each type.
    counts: By<Arc<Counts>>,
    /// What Resource Graph has.
    graphed: BTreeMap<String, azure::Result<Arc<ByType>>>,
    wanted: Wanted<'a>,
}

/// The resources of these types in subscriptions; of types that are read only where they are named, those that are parts of what is
/// `wanted`.
///
/// First it is counted what there is, which is one list and much smaller than the lists of all types. Resource Graph then has the resources
/// in one query. Of Resource Manager the lists of those types are read that have a resource; where what there is could not be
/// seen whole, those of all types. What is counted and then not listed is a gap: two readers of the same have to agree.
pub async fn stock(
    context: &Context,
    subscriptions: &[Subscription],
    types: &[&'static Typed],
    wanted: Wanted<'_>,
) -> Result<Vec<Stock>> {
    let all = with_parents(types);
    let counts = inventory::counts(context, subscriptions).await?.by_id();
    let tracked: Vec<_> = all.iter().copied().filter(|typed| !typed.resource_type.is_on_demand).collect();
    let graphed = match engine::engine_of(context) {
        Engine::Arm | Engine::Neither => BTreeMap::new(),
        Engine::ResourceGraph => typed::by_graph(context, subscriptions, &tracked).await,
    };
    let before = Before { context, subscriptions, counts, graphed, wanted };
    let mut seen = BTreeMap::<&'static str, Rows>::new();
    // Parts come after what they are part of.
    for are_parts in [false, true] {
        let some = all.iter().copied().filter(|typed| typed.parent().is_some() == are_parts);
        let read = try_join_all(some.map(|typed| before.rows(typed, &seen))).await?;
        seen.extend(read);
    }
    let mut stocks = Vec::with_capacity(subscriptions.len() * types.len());
    for subscription in subscriptions {
        for typed in types.iter().copied() {
            let own = seen.get(typed.name()).map(|rows| seen_in(rows, subscription, Subject::Resources));
            let own = own.unwrap_or_else(|| Seen::unseen(Unreadable::unasked(Subject::Resources)));
            let parents = || typed.parent().and_then(|name| seen.get(name)?.get(&subscription.id)?.so_far().ok());
            let is_left_out = |parent: &TypedResource| !wanted(parent);
            let is_narrowed = typed.resource_type.is_on_demand && parents().is_some_and(|all| all.iter().any(is_left_out));
            stocks.push(Stock { subscription: subscription.clone(), typed, seen: own, is_narrowed });
        }
    }
    grant_at_the_group(context, stocks.iter_mut().flat_map(|stock| stock.seen.gaps_mut()).collect()).await;
    Ok(stocks)
}

/// These types and what they are part of, each once.
fn with_parents(types: &[&'static Typed]) -> Vec<&'static Typed> {
    let mut all = types.to_vec();
    for parent in types.iter().filter_map(|typed| typed::find(typed.parent()?)) {
        if !all.iter().any(|known| known.name() == parent.name()) {
            all.push(parent);
        }
    }
    all
}

impl Before<'_> {
    /// The resources of a type in each subscription. `known` are those that it may be part of.
    async fn rows(&self, typed: &'static Typed, known: &BTreeMap<&'static str, Rows>) -> Result<(&'static str, Rows)> {
        let is_on_demand = typed.resource_type.is_on_demand;
        let is_graphed = |one: &Subscription| !is_on_demand && self.graphed.contains_key(&one.id);
        let some = self.subscriptions.iter().filter(|one| !is_graphed(one) && (is_on_demand || self.may_have(one, typed)));
        let listed = self.listed(&some.cloned().collect::<Vec<_>>(), typed, known).await?;
        let mut rows = Rows::new();
        for subscription in self.subscriptions {
            let seen = match self.graphed.get(&subscription.id).filter(|_| !is_on_demand) {
                Some(answer) => none_without(self.of_graph(subscription, typed, answer).await?, subscription, typed, known),
                // Of a type that is not there, there are none.
                None => listed.get(&subscription.id).cloned().unwrap_or_else(|| Seen::all(Arc::default())),
            };
            rows.insert(subscription.id.clone(), self.agreeing(seen, subscription, typed));
        }
        Ok((typed.name(), rows))
    }

    /// Whether a subscription may have a resource of a type: what there is was not seen whole, or it is among that, or something is that
    /// always has one.
    fn may_have(&self, subscription: &Subscription, typed: &Typed) -> bool {
        let parent = typed.parent().filter(|_| typed.list.endpoint.is_never_empty()).and_then(typed::find);
        let counts = self.counts.get(&subscription.id).and_then(|counts| counts.whole().ok());
        counts.is_none_or(|counts| [Some(typed), parent].into_iter().flatten().any(|typed| number(counts, typed) > 0))
    }

    /// The resources of a type as Resource Manager lists them in these subscriptions.
    async fn listed(
        &self,
        subscriptions: &[Subscription],
        typed: &'static Typed,
        known: &BTreeMap<&'static str, Rows>,
    ) -> Result<Rows> {
        let parents = match typed.resource_type.listed_in {
            ListedIn::Subscription => return Ok(typed::resources(self.context, subscriptions, typed).await?.by_id()),
            ListedIn::ResourceGroup => beneath::groups(self.context, subscriptions, typed).await?,
            ListedIn::Parent(name, but) => {
                let is_wanted = |row: &TypedResource| !typed.resource_type.is_on_demand || (self.wanted)(row);
                let of = |(id, seen): (&String, &Seen<Arc<Vec<TypedResource>>>)| {
                    (id.clone(), seen.map_ref(|rows| beneath::parents(rows, typed, but, is_wanted)))
                };
                known.get(name).into_iter().flatten().map(of).collect()
            }
        };
        beneath::parts(self.context, subscriptions, typed, &parents).await
    }

    /// What Resource Graph has of a type. It leaves out what the caller may not see, so that has to be proven.
    async fn of_graph(
        &self,
        subscription: &Subscription,
        typed: &Typed,
        answer: &azure::Result<Arc<ByType>>,
    ) -> Result<Seen<Arc<Vec<TypedResource>>>> {
        match answer {
            Ok(rows) => {
                let actions = typed.list.actions();
                let unproven = proof::missing(self.context, &subscription.id, Subject::Resources, &actions).await?;
                Ok(Seen::part(rows.get(typed.name()).cloned().unwrap_or_default(), unproven))
            }
            Err(error) => {
                let place = Place::Subscription(subscription.id.clone());
                Ok(Seen::unseen(unread::gap(Subject::Resources, place, error)?))
            }
        }
    }

    /// What was seen, with a gap if more of the type were counted.
    fn agreeing(
        &self,
        seen: Seen<Arc<Vec<TypedResource>>>,
        subscription: &Subscription,
        typed: &Typed,
    ) -> Seen<Arc<Vec<TypedResource>>> {
        let counts = self.counts.get(&subscription.id).and_then(|counts| counts.so_far().ok());
        let counted = counts.map_or(0, |counts| number(counts, typed));
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
                "Azure counts {counted} of {}, and lists {listed}. Plan again; one may just have been deleted. If this persists, please \
                 report it.",
                typed.name()
            ),
        })
    }
}

/// What Resource Graph has of a type, with a gap for each resource that it has no part of although there always is one. Of Resource Manager
/// the lists themselves say so.
fn none_without(
    seen: Seen<Arc<Vec<TypedResource>>>,
    subscription: &Subscription,
    typed: &Typed,
    known: &BTreeMap<&'static str, Rows>,
) -> Seen<Arc<Vec<TypedResource>>> {
    let parents = typed.parent().filter(|_| typed.list.endpoint.is_never_empty());
    let parents = parents.and_then(|name| known.get(name)?.get(&subscription.id)?.so_far().ok());
    let Ok(parts) = seen.so_far().cloned() else { return seen };
    // An id without its last type and name.
    let above = |part: &TypedResource| part.id.rsplitn(3, '/').nth(2).unwrap_or_default().to_lowercase();
    let with_parts: BTreeSet<String> = parts.iter().map(above).collect();
    let bare = parents.into_iter().flat_map(|all| all.iter()).filter(|parent| !with_parts.contains(&parent.id.to_lowercase()));
    bare.fold(seen, |seen, parent| {
        seen.lacking(Unreadable {
            subject: Subject::Resources,
            place: Place::Resource(parent.id.clone()),
            reason: Reason::NotProven,
            code: Failure::EmptyList.code().to_owned(),
            remedy: format!(
                "Resource Graph has no {} of it, and there always is one. Run again in a few minutes; if this persists, please report it.",
                typed.name()
            ),
        })
    })
}

fn number(counts: &Counts, typed: &Typed) -> u64 {
    counts.get(&typed.name().to_ascii_lowercase()).copied().unwrap_or_default()
}
