//! What Microsoft says about recommendations: in the tenant's catalogue, and in those of subscriptions that have recommendations of their own.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    posture::{
        Place, Subject, Unreadable,
        assessment::{Assessment, Catalogue, Metadata},
    },
    provider::{
        collect::{
            estate::{
                engine::{self, Engine},
                scope::Subscription,
            },
            lists::security,
            stop::Result,
            unread,
        },
        context::Context,
    },
};

/// The tenant's metadata, and that of every subscription with a recommendation of its own among those by which something is assessed there.
pub async fn catalogues(
    context: &Context,
    assessed_by: &[(&Subscription, BTreeSet<&str>)],
    gaps: &mut Vec<Unreadable>,
) -> Result<Vec<Arc<Catalogue>>> {
    let mut catalogues = Vec::new();
    match security::metadata(context).await {
        Ok(catalogue) => catalogues.push(catalogue),
        Err(error) => gaps.push(unread::gap(Subject::AssessmentMetadata, Place::Tenant, &error)?),
    }
    let known = |catalogues: &[Arc<Catalogue>], keys: &BTreeSet<&str>| {
        keys.iter().all(|key| catalogues.iter().any(|catalogue| catalogue.contains_key(*key)))
    };
    let unknown = assessed_by.iter().filter(|(_, keys)| !known(&catalogues, keys));
    let unknown: Vec<Subscription> = unknown.map(|(subscription, _)| (*subscription).clone()).collect();
    if !unknown.is_empty() && engine::engine_of(context) == Engine::ResourceGraph {
        match security::custom_metadata(context, &unknown).await {
            Ok(catalogue) => catalogues.push(catalogue),
            Err(error) => gaps.push(unread::gap(Subject::AssessmentMetadata, Place::Tenant, &error)?),
        }
    }
    for (subscription, keys) in assessed_by {
        if known(&catalogues, keys) {
            continue;
        }
        match security::metadata_of(context, &subscription.id).await {
            Ok(catalogue) => catalogues.push(catalogue),
            Err(error) => {
                gaps.push(unread::gap(Subject::AssessmentMetadata, Place::Subscription(subscription.id.clone()), &error)?)
            }
        }
    }
    Ok(catalogues)
}

/// The recommendations of rows.
pub fn keys(rows: &[Assessment]) -> BTreeSet<&str> {
    rows.iter().map(|row| &*row.assessment_key).collect()
}

/// What they say about one recommendation.
pub fn find<'a>(catalogues: &'a [Arc<Catalogue>], assessment_key: &str) -> Option<&'a Metadata> {
    catalogues.iter().find_map(|catalogue| catalogue.get(assessment_key))
}
