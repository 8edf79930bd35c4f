//! Filters that can select nothing are refused, or warned about: a list that is empty because of a misspelt word looks like a good one.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    posture::{Subject, Unreadable, assessment::Catalogue, filter, resource_id::known_type},
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            lists::{counted::Assessed, inventory},
        },
        context::Context,
        data::defender_assessments::Arguments,
        selection::warn,
        words::lowered,
    },
    sdk::{Diagnostics, Path, Result, rules::unknown_word},
    text::quoted,
};

/// A type that does not exist would select nothing for ever. `wanted` are those, lower case, that nothing assessed has.
pub(in crate::provider::data) async fn require_types(
    context: &Context,
    subscriptions: &[Subscription],
    wanted: &[&String],
    gaps: &mut Vec<Unreadable>,
) -> Result<()> {
    let Some(subscription) = subscriptions.first() else { return Ok(()) };
    let is_container =
        |ty: &str| ["microsoft.resources/subscriptions", "microsoft.resources/subscriptions/resourcegroups"].contains(&ty);
    let mut problems = Diagnostics::new();
    for ty in wanted.iter().filter(|ty| known_type(ty).is_none() && !is_container(ty)) {
        match inventory::is_a_type(context, &subscription.id, ty).await? {
            Ok(true) => {}
            Ok(false) => {
                let detail = format!(
                    "`resource_types`: Azure knows no resource type {}. Compare the spelling with a resource's id.",
                    quoted(ty)
                );
                problems.error(Path::attribute("resource_types"), "Unknown value", detail);
            }
            Err(gap) => gaps.push(gap),
        }
    }
    problems.into_result()
}

/// The metadata of all recommendations name every category there is.
pub(super) fn require_categories(
    wanted: Option<&BTreeSet<String>>,
    catalogues: &[Arc<Catalogue>],
    gaps: &[Unreadable],
) -> Result<()> {
    let known: BTreeSet<String> =
        catalogues.iter().flat_map(|catalogue| catalogue.values()).flat_map(|metadata| metadata.categories.clone()).collect();
    let is_whole = !known.is_empty() && !gaps.iter().any(|gap| gap.subject == Subject::AssessmentMetadata);
    let mut problems = Diagnostics::new();
    for word in wanted.into_iter().flatten().filter(|word| is_whole && !filter::admits(Some(&known), word)) {
        let known: Vec<_> = known.iter().cloned().collect();
        problems.error(Path::attribute("categories"), "Unknown value", format!("`categories` {}", unknown_word(word, &known)));
    }
    problems.into_result()
}

pub(super) fn unmatched_keys(arguments: &Arguments, lists: &Lists<Assessed>, warnings: &mut Diagnostics) {
    let Some(wanted) = lowered(&arguments.assessment_keys, |key| &key.0) else { return };
    let keys: BTreeSet<&str> = lists.so_far().flat_map(|(_, assessed)| assessed.keys()).collect();
    let unmatched: Vec<_> = wanted.into_iter().filter(|key| !keys.contains(key.as_str())).collect();
    warn("assessment_keys", "Assessment key", "no assessment of any status that was read has the key", &unmatched, warnings);
}
