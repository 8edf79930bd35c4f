//! Every group of the tenant, with what decides who may be in it.

use serde::Deserialize;

use crate::azure::{
    Result,
    answer::lenient::{Flag, List, Text, null_is_no, present},
    client::Client,
    endpoint::Endpoint,
    microsoft_graph::directory::READ_GROUPS,
};

/// Groups. Nothing in an empty answer tells a tenant that has none from one that may not be seen.
pub const GROUPS: Endpoint = Endpoint::graph("list groups", "groups", READ_GROUPS).never_empty().in_pages_of("999");

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[GROUPS];

/// A group, as the list of all of them has it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ListedGroup {
    /// Object id.
    pub id: String,
    /// Its name.
    pub display_name: Text,
    /// What people wrote about it.
    pub description: Text,
    /// Whether something can be given to it.
    pub security_enabled: Flag,
    /// Whether it has a mailbox.
    pub mail_enabled: Flag,
    /// `DynamicMembership` and `Unified`, both or neither.
    pub group_types: List<String>,
    /// Whether it can be given directory roles; null for one that was made without. None if it was left out, or is no flag.
    #[serde(default, deserialize_with = "null_is_no")]
    pub is_assignable_to_role: Option<bool>,
    /// Who is in a dynamic one.
    pub membership_rule: Text,
    /// `On` or `Paused`, of a dynamic one.
    pub membership_rule_processing_state: Text,
    /// Whether it is synchronized from Active Directory; null for one that never was. None likewise.
    #[serde(default, deserialize_with = "null_is_no")]
    pub on_premises_sync_enabled: Option<bool>,
    /// `Public`, `Private` or `HiddenMembership`; empty for those that have none, as security groups do. None if it was left out.
    #[serde(default, deserialize_with = "present")]
    pub visibility: Option<String>,
    /// Since when it is there.
    pub created_date_time: Text,
}

const FIELDS: &str = "id,displayName,description,securityEnabled,mailEnabled,groupTypes,isAssignableToRole,membershipRule,\
                      membershipRuleProcessingState,onPremisesSyncEnabled,visibility,createdDateTime";

/// The groups of the tenant.
pub async fn groups(client: &Client) -> Result<Vec<ListedGroup>> {
    client.rows(GROUPS.at("").with("$select", FIELDS)).await
}
