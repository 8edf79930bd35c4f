//! Where policy assignments and exemptions hold, and whether an exemption covers what a definition says of a resource.

use std::{collections::BTreeMap, sync::Arc};

use time::OffsetDateTime;

use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Subject, Unreadable,
        filter::every,
        resource_id::{ResourceId, within},
        time::End,
    },
    provider::{
        collect::{
            Lists,
            estate::hierarchy::{self, Hierarchy},
            lists::{exemptions::Exemption, inherited, states::State},
            stop::Result,
        },
        context::Context,
    },
};

/// Where scopes reach.
#[derive(Debug, Default)]
pub struct Reach(Arc<Hierarchy>);

impl Reach {
    /// What is needed for scopes, some of which may be management groups; and what of it could not be read.
    pub async fn of<'a>(context: &Context, mut scopes: impl Iterator<Item = &'a str>) -> Result<(Self, Option<Unreadable>)> {
        if !scopes.any(|scope| group(scope).is_some()) {
            return Ok((Self::default(), None));
        }
        let (hierarchy, gap) = hierarchy::hierarchy_of(context).await?;
        Ok((Self(hierarchy), gap))
    }

    /// Whether what is set on a scope holds for something in a subscription; none if that is not known. `id` is the subscription, or
    /// something in it.
    pub fn holds(&self, scope: &str, id: &str, subscription_id: &str) -> Option<bool> {
        match group(scope) {
            None => Some(within(id, scope)),
            Some(name) => Some(self.0.above(subscription_id)?.iter().any(|above| above.id.eq_ignore_ascii_case(&name))),
        }
    }

    /// Whether what is set on a scope holds for a part of a subscription; none if that is not known.
    pub fn touches(&self, scope: &str, subscription_id: &str) -> Option<bool> {
        let place = format!("/subscriptions/{subscription_id}");
        if within(scope, &place) { Some(true) } else { self.holds(scope, &place, subscription_id) }
    }
}

/// The name of a management group.
fn group(scope: &str) -> Option<String> {
    ResourceId::parse(scope).ok().filter(|id| id.subscription_id.is_none())?.management_group_id
}

/// The exemptions from policies.
#[derive(Debug, Default)]
pub struct Exemptions {
    /// By lower-case id of the assignment; under no id those that do not say it.
    by_assignment: BTreeMap<String, Vec<Exemption>>,
    /// The subscriptions in which all are seen.
    whole: Vec<String>,
}

impl Exemptions {
    /// Those of subscriptions.
    pub fn of(lists: &Lists<Vec<Exemption>>) -> Self {
        let mut by_assignment = BTreeMap::<String, Vec<Exemption>>::new();
        for own in inherited::each_once(lists, |own: &Exemption| &own.id, Exemption::and).into_values() {
            let key = own.policy_assignment_id.as_ref().map(|id| id.to_lowercase()).unwrap_or_default();
            by_assignment.entry(key).or_default().push(own);
        }
        let whole = lists.iter().filter(|(_, seen)| seen.is_whole()).map(|(subscription, _)| subscription.id.clone()).collect();
        Self { by_assignment, whole }
    }

    /// The scopes of all of them.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.by_assignment.values().flatten().filter_map(|own| own.scope.as_deref())
    }

    /// Those of which it is not clear what they exempt from, where, or until when.
    pub fn doubts(&self) -> impl Iterator<Item = Unreadable> {
        let is_unclear = |own: &&Exemption| {
            own.end == End::Unclear
                || own.definition_reference_ids.is_none()
                || own.policy_assignment_id.is_none()
                || own.scope.is_none()
        };
        self.by_assignment.values().flatten().filter(is_unclear).map(|own| Unreadable {
            subject: Subject::PolicyExemptions,
            place: Place::of(own.scope.as_deref().unwrap_or(&own.id)),
            reason: Reason::InvalidResponse,
            code: Failure::UnstatedField.code().to_owned(),
            remedy: "An exemption does not say, or not twice alike, what it exempts from or until when. Look at `azposture_policy_exemptions`."
                .to_owned(),
        })
    }

    /// Whether one that has not ended covers what is said of a resource; none if that is not known.
    pub fn cover(&self, state: &State, subscription_id: &str, reach: &Reach, now: OffsetDateTime) -> Option<bool> {
        let (id, assignment) = (state.resource_id.as_deref()?, state.assignment_key.as_deref()?);
        let own = [assignment, ""].into_iter().filter_map(|key| self.by_assignment.get(key)).flatten();
        let mut is_known = self.whole.iter().any(|whole| whole == subscription_id);
        for one in own {
            let is_live = match one.end {
                End::At(end) => Some(end > now),
                End::Never => Some(true),
                End::Unclear => None,
            };
            let names = match (one.definition_reference_ids.as_deref(), state.reference_id.as_deref()) {
                (Some([]), _) => Some(true),
                (Some(all), Some(own)) => Some(all.iter().any(|name| name.eq_ignore_ascii_case(own))),
                _ => None,
            };
            let holds = one.scope.as_deref().and_then(|scope| reach.holds(scope, id, subscription_id));
            // It may be for other resources than this one.
            let is_for_all = Some(true).filter(|_| !one.is_selective && one.policy_assignment_id.is_some());
            match every([is_live, names, holds, is_for_all].into_iter()) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => is_known = false,
            }
        }
        is_known.then_some(false)
    }
}
