//! What is written about people and policies.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::words::text;

text!(
    /// A gap of MFA that can be accepted.
    PartialReason,
    {
        "type": "string",
        "enum": ["alternative_control", "apps_excluded", "apps_subset", "client_apps", "device_filter", "flow_only", "only_some_locations",
            "platform", "risk_conditional", "security_defaults", "third_party_factor", "trusted_locations_excluded"]
    }
);

text!(
    /// How people and accounts stand to each other, as far as it can fail.
    RosterFailure,
    {
        "type": "string",
        "enum": ["active_disabled", "active_without_account", "conflict", "declared_service", "leave_enabled", "terminated_disabled",
            "terminated_enabled", "terminated_in_grace", "unlinked_account", "unlinked_guest"]
    }
);

text!(
    /// The template id of a directory role, the same in every tenant.
    RoleTemplateId,
    {
        "type": "string",
        "pattern": "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
        "x-expected": "the template id of a directory role, a GUID",
        "x-hints": [["^[^/@{}]+$", "It looks like the name of a role; its page in the Entra admin center shows the template id."]]
    }
);

text!(
    /// A day.
    CalendarDate,
    {
        "type": "string",
        "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
        "x-expected": "a date (`2026-11-02`)"
    }
);

text!(
    /// The state of a Conditional Access policy, in Azure's words.
    AccessPolicyState,
    { "type": "string", "enum": ["enabled", "disabled", "enabledForReportingButNotEnforced"], "x-ignore-case": true }
);

text!(
    /// The kind of a user, in the directory's words.
    UserType,
    { "type": "string", "enum": ["Guest", "Member"], "x-ignore-case": true }
);
