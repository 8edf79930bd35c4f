//! When things were last scanned, by both models of findings. Individual ones say that something was scanned, and never when.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    posture::{
        Place, Seen, Unreadable,
        assessment::Assessment,
        defender::Scans,
        vulnerabilities::{Kind, NodeGroups, is_individual, kind_of},
    },
    provider::{
        collect::{
            By,
            estate::scope::Subscription,
            facts::catalogues::{self, catalogues},
            lists::findings,
            stop::Result,
        },
        context::Context,
    },
};

/// The newest scan of each kind of thing. Individual findings are read only in subscriptions of which sub-assessments lack a kind that is
/// needed there: they would add nothing elsewhere.
pub async fn scans(
    context: &Context,
    subscriptions: &[Subscription],
    is_needed: impl Fn(&Subscription, &Scans) -> bool,
) -> Result<By<Arc<Scans>>> {
    let mut scans = findings::scans(context, subscriptions).await?.by_id();
    let is_lacking =
        |one: &&Subscription| scans.get(&one.id).is_some_and(|seen| seen.so_far().is_ok_and(|scans| is_needed(one, scans)));
    let some: Vec<Subscription> = subscriptions.iter().filter(is_lacking).cloned().collect();
    let candidates = findings::candidates(context, &some).await?;
    let keys: Vec<_> = candidates.so_far().map(|(subscription, own)| (subscription, catalogues::keys(&own.rows))).collect();
    let mut of_metadata = Vec::new();
    let catalogues = catalogues(context, &keys, &mut of_metadata).await?;
    for (subscription, seen) in candidates.iter() {
        let Some(own) = scans.remove(&subscription.id) else { continue };
        let found = seen.so_far().into_iter().flat_map(|own| own.rows.iter());
        let found = found.filter(|row| is_individual(row, catalogues::find(&catalogues, &row.assessment_key)) == Some(true));
        let kinds: BTreeSet<&'static str> = found.map(|row| kind_of_row(row).word()).collect();
        let own = own.map(|scans| {
            let mut all = Arc::unwrap_or_clone(scans);
            for kind in kinds {
                all.entry(kind).or_default();
            }
            Arc::new(all)
        });
        let is_here = |gap: &&Unreadable| gap.place == Place::Tenant || gap.place.is_subscription(&subscription.id);
        let unseen = seen.gaps().chain(of_metadata.iter().filter(is_here)).cloned();
        scans.insert(subscription.id.clone(), unseen.fold(own, Seen::lacking));
    }
    Ok(scans)
}

/// What an assessment is about. Nodes of clusters count as servers, as they do among sub-assessments.
fn kind_of_row(row: &Assessment) -> Kind {
    if row.details.as_ref().is_some_and(|details| details.digest.is_some()) {
        return Kind::ContainerImage;
    }
    let declared = row.details.as_ref().and_then(|details| details.declared.as_deref());
    kind_of(&row.resource_id, declared, &NodeGroups::new())
}
