//! A subscription, as its rows say.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    azure::{self, arm::subscriptions},
    posture::filter,
    provider::{collect::twice::agree, context::Context},
};

/// A subscription of the connection.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Lower-case GUID.
    pub id: String,
    /// Its name.
    pub display_name: Option<String>,
    /// Azure's word.
    pub state: String,
    /// The tenant that owns it.
    pub tenant_id: Option<String>,
    /// Whether that is the tenant of the sign-in; none if either is not known.
    pub tenant_matches: Option<bool>,
    /// The offer.
    pub quota_id: Option<String>,
    /// Its spending limit.
    pub spending_limit: Option<String>,
    /// How access is granted.
    pub authorization_source: Option<String>,
    /// Its tags.
    pub tags: Arc<BTreeMap<String, String>>,
    /// Whether it is listed twice, and not with the same contents: what the two do not agree on is not said, and its tags may be others.
    pub twofold: bool,
}

impl Subscription {
    /// The subscription of a row.
    pub fn of(context: &Context, wire: &subscriptions::Subscription, own_tenant: Option<&str>) -> Self {
        let shown = |name: &String| azure::shown(name, context.client.settings().redacts_people).into_owned();
        let matches = |tenant: &String| own_tenant.map(|own| own.eq_ignore_ascii_case(tenant));
        Self {
            id: wire.subscription_id.to_ascii_lowercase(),
            display_name: wire.display_name.as_ref().map(shown),
            state: wire.state.0.clone().unwrap_or_default(),
            tenant_matches: wire.tenant_id.as_ref().and_then(matches),
            tenant_id: wire.tenant_id.0.clone(),
            quota_id: wire.subscription_policies.quota_id.0.clone(),
            spending_limit: wire.subscription_policies.spending_limit.0.clone(),
            authorization_source: wire.authorization_source.0.clone(),
            tags: Arc::new(wire.tags.0.clone()),
            twofold: false,
        }
    }

    /// How people call it; its id, if it has no name.
    pub fn label(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.id)
    }

    /// Whether it has these tags, or may have them.
    pub fn may_have(&self, tags: &BTreeMap<String, String>) -> bool {
        self.twofold || filter::has_tags(tags, &self.tags)
    }

    /// Takes in another row of it.
    pub fn agree(&mut self, other: &Self) {
        let is_in_one_state = self.state.eq_ignore_ascii_case(&other.state);
        if !is_in_one_state {
            self.state.clear();
        }
        let others = [
            agree(&mut self.tenant_matches, &other.tenant_matches),
            agree(&mut self.tenant_id, &other.tenant_id),
            agree(&mut self.display_name, &other.display_name),
            agree(&mut self.quota_id, &other.quota_id),
            agree(&mut self.spending_limit, &other.spending_limit),
            agree(&mut self.authorization_source, &other.authorization_source),
        ];
        self.twofold |= !is_in_one_state || self.tags != other.tags || others.contains(&false);
    }
}
