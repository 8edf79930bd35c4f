//! What Microsoft says about recommendations: in the tenant's catalogue, and in those of subscriptions that have recommendations of their own.

use std::sync::Arc;

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

/// The tenant's metadata, and that of every subscription with a recommendation of its own among these rows.
pub async fn catalogues(
    context: &Context,
    lists: &[(&Subscription, &[Assessment])],
    gaps: &mut Vec<Unreadable>,
) -> Result<Vec<Arc<Catalogue>>> {
    let mut catalogues = Vec::new();
    match security::metadata(context).await {
        Ok(catalogue) => catalogues.push(catalogue),
        Err(error) => gaps.push(unread::gap(Subject::AssessmentMetadata, Place::Tenant, &error)?),
    }
    let known = |catalogues: &[Arc<Catalogue>], rows: &[Assessment]| {
        rows.iter().all(|row| catalogues.iter().any(|catalogue| catalogue.contains_key(&*row.assessment_key)))
    };
    let unknown = lists.iter().filter(|(_, rows)| !known(&catalogues, rows));
    let unknown: Vec<Subscription> = unknown.map(|(subscription, _)| (*subscription).clone()).collect();
    if !unknown.is_empty() && engine::engine_of(context) == Engine::ResourceGraph {
        match security::custom_metadata(context, &unknown).await {
            Ok(catalogue) => catalogues.push(catalogue),
            Err(error) => gaps.push(unread::gap(Subject::AssessmentMetadata, Place::Tenant, &error)?),
        }
    }
    for (subscription, rows) in lists {
        if known(&catalogues, rows) {
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

/// What they say about one recommendation.
pub fn find<'a>(catalogues: &'a [Arc<Catalogue>], assessment_key: &str) -> Option<&'a Metadata> {
    catalogues.iter().find_map(|catalogue| catalogue.get(assessment_key))
}
