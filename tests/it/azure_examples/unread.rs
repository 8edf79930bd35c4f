//! The samples that nothing reads, and why.

const NO_READER: &str = "no data source or check of this release reads this list";
/// Reasons, and the samples they are the reason for.
pub(super) const UNREAD: &[(&str, &[&str])] = &[
    (
        NO_READER,
        &[
            "graph/authentication-methods-policy.json",
            "graph/authentication-strength-policies.json",
            "graph/authorization-policy.json",
            "graph/ca-policies-list.json",
            "graph/ca-policy-get.json",
            "graph/directory-roles.json",
            "graph/named-locations.json",
            "graph/security-defaults.json",
            "graph/users-delta.json",
            "policy/policy-metadata-list.json",
            "policy/policy-states-query-subscription.json",
            "policy/policy-states-summarize-subscription.json",
            "security/auto-provisioning-settings.json",
            "security/automations-subscription.json",
            "security/defender-for-storage-get.json",
            "security/governance-assignments-list.json",
            "security/governance-rules-subscription.json",
            "security/health-reports-list.json",
            "security/jit-policies-subscription.json",
            "security/security-connectors-subscription.json",
            "security/server-va-settings-list.json",
            "security/settings-list.json",
            "sql/db-sql-va-scans.json",
            "sql/server-ad-administrators.json",
            "sql/server-extended-auditing.json",
            "sql/server-firewall-rules.json",
            "storage/blob-services-list.json",
            "subscription/locations-list.json",
            "subscription/tenants-list.json",
            "web/site-config-web.json",
        ],
    ),
    (
        "pages of a list whose other pages are not in the samples: read by the test of short lists",
        &["resourcegraph/resources-first-page.json", "resourcegraph/resources-next-page.json"],
    ),
];

/// Samples of what is never requested, with the path that the guard has to refuse. Keys, secrets and certificates themselves lie on
/// hosts that no token is ever sent to.
pub(super) const NEVER: &[(&str, &str)] = &[
    ("authorization/classic-administrators.json", "/subscriptions/{id}/providers/Microsoft.Authorization/classicAdministrators"),
    ("keyvault/data-certificates-list.json", "/certificates"),
    ("keyvault/data-key-rotation-policy.json", "/keys/k/rotationpolicy"),
    ("managementgroups/entities.json", "/providers/Microsoft.Management/getEntities"),
    ("monitor/activity-logs-filtered.json", "/subscriptions/{id}/providers/Microsoft.Insights/eventtypes/management/values"),
];
