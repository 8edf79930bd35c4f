//! Why there are no rows of a type, or perhaps too few.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::Types;
use crate::{
    posture::{Reason, Unreadable, Why},
    provider::collect::{estate::scope::Subscription, facts::stock::Stock},
};

/// A type, and a reason.
#[derive(Serialize, JsonSchema)]
pub(super) struct CoverageRow {
    /// `type|reason`, lower case: unique and stable.
    key: String,
    /// The type.
    #[serde(rename = "type")]
    resource_type: String,
    /// `no_resources`: of a type that was named there is none, and that is proven; of keys, secrets, containers and shares it is not said
    /// where a filter leaves out a vault or account, which is not read then. `not_registered`: its resource provider is not registered,
    /// so there can be none. `area_off`: its area is off, and it was not read. Any other is why its list could not be read or is not proven
    /// whole, as in `unreadable`.
    reason: String,
    /// In how many subscriptions.
    subscriptions: usize,
    /// In which, lower-case GUIDs, sorted.
    subscription_ids: Vec<String>,
}

/// One row for each type and reason. `unseen` are the gaps of the scope.
pub(super) fn coverage(types: &Types, chosen: &[Subscription], stocks: &[Stock], unseen: &[Unreadable]) -> Vec<CoverageRow> {
    let mut all = BTreeMap::<(&'static str, &'static str), BTreeSet<String>>::new();
    for typed in &types.off {
        let off = all.entry((typed.name(), Why::AreaOff.word())).or_default();
        off.extend(chosen.iter().map(|subscription| subscription.id.clone()));
    }
    for stock in stocks {
        let mut say = |reason| all.entry((stock.typed.name(), reason)).or_default().insert(stock.subscription.id.clone());
        for gap in stock.seen.gaps() {
            say(gap.reason.word());
        }
        if types.named && !stock.is_narrowed && stock.seen.whole().is_ok_and(|rows| rows.is_empty()) {
            say(Why::NoResources.word());
        }
    }
    for typed in &types.on {
        for (gap, id) in unseen.iter().filter_map(|gap| Some((gap, gap.place.subscription_id()?))) {
            all.entry((typed.name(), gap.reason.word())).or_default().insert(id.to_ascii_lowercase());
        }
    }
    let row = |((name, reason), ids): ((&str, &str), BTreeSet<String>)| CoverageRow {
        key: format!("{name}|{reason}").to_lowercase(),
        resource_type: name.to_owned(),
        reason: reason.to_owned(),
        subscriptions: ids.len(),
        subscription_ids: ids.into_iter().collect(),
    };
    let mut rows: Vec<CoverageRow> = all.into_iter().map(row).collect();
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

/// What was not seen of the types, each cause once a place. Of a type whose resource provider is not registered there can be no
/// resource, so nothing was missed.
pub(super) fn gaps_of(stocks: &[Stock]) -> Vec<Unreadable> {
    let mut all: Vec<(Unreadable, usize)> = Vec::new();
    let mut known = BTreeMap::new();
    for gap in stocks.iter().flat_map(|stock| stock.seen.gaps()).filter(|gap| gap.reason != Reason::NotRegistered) {
        let cause = (gap.place.to_string().to_ascii_lowercase(), gap.subject, gap.reason.word(), gap.code.clone());
        let at = *known.entry(cause).or_insert(all.len());
        match all.get_mut(at) {
            Some((_, more)) => *more += 1,
            None => all.push((gap.clone(), 0)),
        }
    }
    let told = |(mut gap, more): (Unreadable, usize)| {
        if more > 0 {
            gap.remedy.push_str(&format!(" The same holds for {more} other types: `coverage` names them."));
        }
        gap
    };
    all.into_iter().map(told).collect()
}
