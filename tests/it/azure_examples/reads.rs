//! What reads which sample, and what the decoded rows hold by the place it stands in the sample.

use std::collections::BTreeSet;

use azposture::azure::{
    Client, Result,
    answer::lenient::{List, Packed},
    arm::{authorization, exemptions, management, policies, resources, security, subscriptions, typed},
    resource_graph::{Query, QueryScope},
};
use futures::future::BoxFuture;
use serde_json::{Value as Json, json};

use super::{governance, graph, monitor, posture};
use crate::azure_engine::{OURS, Row};

/// What was decoded of one row, by the JSON pointer it stands at.
pub(super) type Picked = Vec<(&'static str, Json)>;
/// Reads one list.
pub(super) type Read = fn(Client) -> BoxFuture<'static, Result<Vec<Picked>>>;

macro_rules! reading {
    (|$client:ident| $work:expr) => {
        |$client| {
            Box::pin(async move {
                let result: Result<Vec<Picked>> = $work;
                result
            })
        }
    };
}

/// The samples that are read, each by the function that reads such a list.
pub(super) const READS: &[(&str, Read)] = &[
    (
        "authorization/deny-assignments-scope.json",
        reading!(|client| {
            let rows = authorization::deny_assignments(&client, &subscription(), None).await?;
            Ok(rows.into_iter().map(deny_assignment).collect())
        }),
    ),
    (
        "authorization/permissions-resource-group.json",
        reading!(|client| {
            let rows = authorization::permissions(&client, &format!("{}/resourceGroups/rg", subscription())).await?;
            Ok(rows.iter().map(|row| permission(row, "")).collect())
        }),
    ),
    (
        "authorization/role-assignment-schedule-instances.json",
        reading!(|client| { Ok(authorization::schedules(&client, &subscription()).await?.into_iter().map(schedule).collect()) }),
    ),
    (
        "authorization/role-assignments-subscription.json",
        reading!(|client| {
            let rows = authorization::role_assignments(&client, &subscription()).await?;
            Ok(rows.into_iter().map(role_assignment).collect())
        }),
    ),
    (
        "authorization/role-definitions-scope.json",
        reading!(|client| {
            let rows = authorization::built_in_roles(&client, &subscription()).await?;
            Ok(rows.into_iter().map(role_definition).collect())
        }),
    ),
    (
        "authorization/role-eligibility-schedule-instances.json",
        reading!(|client| {
            Ok(authorization::eligibilities(&client, &subscription()).await?.into_iter().map(schedule).collect())
        }),
    ),
    ("graph/app-role-assigned-to.json", graph::app_role_assignments),
    ("graph/application-get.json", graph::application),
    ("graph/oauth2-permission-grants.json", graph::permission_grants),
    ("graph/organization.json", graph::tenants),
    ("graph/subscribed-skus.json", graph::skus),
    ("graph/group-members.json", graph::members),
    ("graph/groups-list.json", graph::groups),
    ("graph/role-assignments-by-principal.json", graph::role_assignments),
    ("graph/role-definitions.json", graph::role_definitions),
    ("graph/role-eligibility-schedule-instances.json", graph::role_eligibilities),
    ("graph/user-registration-details.json", graph::registrations),
    ("graph/users-list-assigned-licenses.json", graph::licensed),
    ("graph/users-list.json", graph::users),
    ("graph/users-sign-in-activity.json", graph::signed_in),
    (
        "managementgroups/descendants.json",
        reading!(|client| { Ok(management::descendants(&client, GROUP).await?.into_iter().map(descendant).collect()) }),
    ),
    (
        "managementgroups/group-expand-recurse.json",
        reading!(|client| { Ok(vec![management_group(management::management_group(&client, GROUP).await?)]) }),
    ),
    (
        "managementgroups/management-groups-list.json",
        reading!(|client| { Ok(management::list(&client).await?.into_iter().map(management_group).collect()) }),
    ),
    (
        "policy/policy-assignments-subscription.json",
        reading!(|client| {
            let rows: Vec<policies::PolicyAssignment> = client.rows(policies::POLICY_ASSIGNMENTS.at(&subscription())).await?;
            Ok(rows.into_iter().map(governance::policy_assignment).collect())
        }),
    ),
    (
        "policy/policy-definitions-subscription.json",
        reading!(|client| {
            let rows: Vec<policies::PolicyDefinition> = client.rows(policies::POLICY_DEFINITIONS.at(&subscription())).await?;
            Ok(rows.into_iter().map(governance::policy_definition).collect())
        }),
    ),
    (
        "policy/policy-set-definitions-subscription.json",
        reading!(|client| {
            let rows: Vec<policies::PolicySetDefinition> =
                client.rows(policies::POLICY_SET_DEFINITIONS.at(&subscription())).await?;
            Ok(rows.into_iter().map(governance::policy_set_definition).collect())
        }),
    ),
    (
        "policy/policy-exemptions-subscription.json",
        reading!(|client| {
            let rows: Vec<exemptions::PolicyExemption> = client.rows(exemptions::POLICY_EXEMPTIONS.at(&subscription())).await?;
            Ok(rows.into_iter().map(governance::policy_exemption).collect())
        }),
    ),
    (
        "security/standard-assignments-list.json",
        reading!(|client| {
            let rows: Vec<exemptions::StandardAssignment> =
                client.rows(exemptions::STANDARD_ASSIGNMENTS.at(&subscription())).await?;
            Ok(rows.into_iter().map(governance::standard_assignment).collect())
        }),
    ),
    ("monitor/action-groups-subscription.json", monitor::action_groups),
    ("monitor/activity-log-alerts-subscription.json", monitor::activity_log_alerts),
    ("monitor/resource-diagnostic-settings.json", monitor::diagnostic_settings),
    ("monitor/subscription-diagnostic-settings.json", monitor::diagnostic_settings),
    ("security/alerts-subscription.json", posture::alerts),
    (
        "security/assessment-get-risk-2025-05-04.json",
        reading!(|client| {
            let rows: Vec<security::Assessment> = client.rows(security::ASSESSMENTS_WITH_RISK.at(&subscription())).await?;
            Ok(rows.into_iter().map(assessment).collect())
        }),
    ),
    (
        "security/assessment-metadata-list.json",
        reading!(|client| {
            let mut rows = Vec::new();
            security::metadata_of(&client, OURS, |row| rows.push(metadata(row))).await.map(|()| rows)
        }),
    ),
    (
        "security/assessments-list.json",
        reading!(|client| {
            let rows: Vec<security::Assessment> = client.rows(security::ASSESSMENTS.at(&subscription())).await?;
            Ok(rows.into_iter().map(assessment).collect())
        }),
    ),
    ("security/pricing-get-cloudposture.json", PRICINGS),
    ("security/pricing-get-virtualmachines.json", PRICINGS),
    ("security/pricings-list.json", PRICINGS),
    ("security/resource-pricings-list.json", PRICINGS),
    ("security/regulatory-compliance-assessments.json", posture::assessments),
    ("security/regulatory-compliance-controls.json", posture::controls),
    ("security/regulatory-compliance-standards.json", posture::standards),
    ("security/secure-score-controls-list.json", posture::score_controls),
    ("security/secure-scores-list.json", posture::scores),
    ("security/security-contacts-list.json", monitor::security_contacts),
    (
        "security/sub-assessments-subscription.json",
        reading!(|client| {
            let rows: Vec<security::SubAssessment> = client.rows(security::SUB_ASSESSMENTS.at(&subscription())).await?;
            Ok(rows.into_iter().map(sub_assessment).collect())
        }),
    ),
    (
        "subscription/providers-list.json",
        reading!(|client| { Ok(resources::providers(&client, OURS).await?.into_iter().map(provider).collect()) }),
    ),
    (
        "subscription/subscription-get.json",
        reading!(|client| { Ok(vec![a_subscription(subscriptions::one_subscription(&client, OURS).await?)]) }),
    ),
    (
        "subscription/subscriptions-list.json",
        reading!(|client| { Ok(subscriptions::list(&client).await?.into_iter().map(a_subscription).collect()) }),
    ),
    ("resourcegraph/resources-tenant-basic.json", reading!(|client| graph_rows(client).await)),
    ("acr/registries-list.json", TYPED),
    ("aks/managed-clusters-list.json", TYPED),
    ("cdn/profiles-list.json", TYPED),
    ("compute/disks-subscription.json", TYPED),
    ("compute/virtual-machines-list-all.json", TYPED),
    ("cosmosdb/database-accounts-list.json", TYPED),
    ("frontdoor/classic-frontdoors-list.json", TYPED),
    ("keyvault/arm-keys-list.json", TYPED),
    ("keyvault/arm-secrets-list.json", TYPED),
    ("keyvault/vaults-subscription.json", TYPED),
    ("loganalytics/workspaces-subscription.json", TYPED),
    ("network/application-gateways-list-all.json", TYPED),
    ("network/flow-logs-list.json", TYPED),
    ("network/network-watchers-list-all.json", TYPED),
    ("network/nsg-list-all.json", TYPED),
    ("network/public-ip-list-all.json", TYPED),
    ("network/virtual-networks-list-all.json", TYPED),
    ("postgresql/flexible-servers-list.json", TYPED),
    ("redis/redis-list.json", TYPED),
    ("storage/accounts-list.json", TYPED),
    ("web/sites-list.json", TYPED),
];

const PRICINGS: Read = reading!(|client| {
    let rows: Vec<security::Pricing> = client.rows(security::PLANS.at(&subscription())).await?;
    Ok(rows.into_iter().map(pricing).collect())
});

/// Resources of a type: what all of them have. [`super::columns`] looks at the rest.
const TYPED: Read = reading!(|client| {
    let rows: Vec<typed::Detailed> = client.rows(typed::CLUSTERS.endpoint.at(&subscription())).await?;
    let picked = |row: typed::Detailed| {
        let sku = row.sku.0.unwrap_or_default();
        vec![
            ("/id", json!(row.id)),
            ("/kind", json!(row.kind)),
            ("/location", json!(row.location)),
            ("/managedBy", json!(row.managed_by)),
            ("/sku/name", json!(sku.name)),
            ("/sku/tier", json!(sku.tier)),
            ("/tags", json!(row.tags)),
            ("/zones", json!(row.zones)),
            ("/properties", json!(row.properties)),
        ]
    };
    Ok(rows.into_iter().map(picked).collect())
});

/// The management group of the samples.
pub(super) const GROUP: &str = "20000000-0000-0000-0000-000000000000";

pub(super) fn subscription() -> String {
    format!("/subscriptions/{OURS}")
}

/// The rows of a Resource Graph list.
pub(super) async fn graph_rows(client: Client) -> Result<Vec<Picked>> {
    let scope = QueryScope::Subscriptions(BTreeSet::from([OURS.to_owned()]));
    let query = Query { reading: "list resources", text: "resources".to_owned(), scope, breadth: None, most: None, takes: false };
    let mut rows = Vec::new();
    client.query(query, |row: Row| rows.push(vec![("/id", json!(row.id))])).await.map(|()| rows)
}

fn permission(row: &authorization::Permission, prefix: &'static str) -> Picked {
    let [actions, not_actions, data_actions, not_data_actions] = match prefix {
        "" => ["/actions", "/notActions", "/dataActions", "/notDataActions"],
        _ => [
            "/properties/permissions/0/actions",
            "/properties/permissions/0/notActions",
            "/properties/permissions/0/dataActions",
            "/properties/permissions/0/notDataActions",
        ],
    };
    vec![
        (actions, json!(row.actions)),
        (not_actions, json!(row.not_actions)),
        (data_actions, json!(row.data_actions)),
        (not_data_actions, json!(row.not_data_actions)),
    ]
}

fn deny_assignment(row: authorization::DenyAssignment) -> Picked {
    let properties = row.properties;
    let mut picked = permission(&properties.permissions[0], "/properties");
    picked.extend([
        ("/id", json!(row.id)),
        ("/properties/denyAssignmentName", json!(properties.deny_assignment_name)),
        ("/properties/scope", json!(properties.scope)),
        ("/properties/doNotApplyToChildScopes", json!(properties.do_not_apply_to_child_scopes)),
        ("/properties/principals/0/id", json!(properties.principals[0].id)),
        ("/properties/principals/0/type", json!(properties.principals[0].kind)),
        ("/properties/excludePrincipals/0/id", json!(properties.exclude_principals.as_ref().map(|all| &all[0].id))),
    ]);
    picked
}

fn schedule(row: authorization::ScheduleInstance) -> Picked {
    let properties = row.properties;
    vec![
        ("/id", json!(row.id)),
        ("/properties/scope", json!(properties.scope)),
        ("/properties/roleDefinitionId", json!(properties.role_definition_id)),
        ("/properties/principalId", json!(properties.principal_id)),
        ("/properties/principalType", json!(properties.principal_type)),
        ("/properties/assignmentType", json!(properties.assignment_type)),
        ("/properties/memberType", json!(properties.member_type)),
        ("/properties/startDateTime", json!(properties.start_date_time)),
        ("/properties/endDateTime", json!(properties.end_date_time)),
        ("/properties/originRoleAssignmentId", json!(properties.origin_role_assignment_id)),
        ("/properties/condition", json!(properties.condition)),
        ("/properties/createdOn", json!(properties.created_on)),
    ]
}

fn role_assignment(row: authorization::RoleAssignment) -> Picked {
    let properties = row.properties;
    vec![
        ("/id", json!(row.id)),
        ("/properties/scope", json!(properties.scope)),
        ("/properties/roleDefinitionId", json!(properties.role_definition_id)),
        ("/properties/principalId", json!(properties.principal_id)),
        ("/properties/principalType", json!(properties.principal_type)),
        ("/properties/condition", json!(properties.condition)),
        ("/properties/conditionVersion", json!(properties.condition_version)),
        ("/properties/description", json!(properties.description)),
        ("/properties/createdOn", json!(properties.created_on)),
        ("/properties/createdBy", json!(properties.created_by)),
    ]
}

fn role_definition(row: authorization::RoleDefinition) -> Picked {
    let mut picked = permission(&row.properties.permissions.as_ref().unwrap()[0], "/properties");
    picked.extend([
        ("/id", json!(row.id)),
        ("/name", json!(row.name)),
        ("/properties/roleName", json!(row.properties.role_name)),
        ("/properties/type", json!(row.properties.kind)),
        ("/properties/assignableScopes", json!(row.properties.assignable_scopes)),
    ]);
    picked
}

fn descendant(row: management::Descendant) -> Picked {
    vec![
        ("/name", json!(row.name)),
        ("/type", json!(row.kind)),
        ("/properties/displayName", json!(row.properties.display_name)),
        ("/properties/parent/id", json!(row.properties.parent.id)),
    ]
}

fn management_group(row: management::ManagementGroup) -> Picked {
    let parent = row.properties.details.parent.as_ref().and_then(|parent| parent.id.as_deref());
    vec![
        ("/name", json!(row.name)),
        ("/properties/displayName", json!(row.properties.display_name)),
        ("/properties/details/parent/id", json!(parent)),
    ]
}

fn assessment(row: security::Assessment) -> Picked {
    let properties = row.properties;
    vec![
        ("/id", json!(row.id)),
        ("/name", json!(row.name)),
        ("/properties/displayName", json!(properties.display_name)),
        ("/properties/status/code", json!(properties.status.code)),
        ("/properties/status/cause", json!(properties.status.cause)),
        ("/properties/status/description", json!(properties.status.description)),
        ("/properties/status/firstEvaluationDate", json!(properties.status.first_evaluation_date)),
        ("/properties/status/statusChangeDate", json!(properties.status.status_change_date)),
        ("/properties/resourceDetails/source", json!(properties.resource_details.source)),
        ("/properties/resourceDetails/id", json!(properties.resource_details.id)),
        ("/properties/links/azurePortalUri", json!(properties.links.azure_portal_uri)),
        ("/properties/risk/level", json!(properties.risk.and_then(|risk| risk.level.0))),
    ]
}

fn metadata(row: security::AssessmentMetadata) -> Picked {
    let properties = row.properties;
    vec![
        ("/name", json!(row.name)),
        ("/properties/severity", json!(properties.severity)),
        ("/properties/categories", json!(properties.categories)),
        ("/properties/threats", json!(properties.threats)),
        ("/properties/tactics", json!(properties.tactics)),
        ("/properties/techniques", json!(properties.techniques)),
        ("/properties/assessmentType", json!(properties.assessment_type)),
        ("/properties/policyDefinitionId", json!(properties.policy_definition_id)),
        ("/properties/userImpact", json!(properties.user_impact)),
        ("/properties/implementationEffort", json!(properties.implementation_effort)),
        ("/properties/remediationDescription", json!(properties.remediation_description)),
        ("/properties/preview", json!(properties.preview)),
    ]
}

fn sub_assessment(row: security::SubAssessment) -> Picked {
    let properties = row.properties.0;
    let data = properties.additional_data.0;
    let cve = match &data.cve {
        Packed::Said(List(Some(all))) => all.first().and_then(|one| one.title.0.clone()),
        _ => None,
    };
    vec![
        ("/id", json!(row.id)),
        ("/properties/displayName", json!(properties.display_name)),
        ("/properties/status/code", json!(properties.status.code)),
        ("/properties/status/severity", json!(properties.status.severity)),
        ("/properties/resourceDetails/id", json!(properties.resource_details.id)),
        ("/properties/timeGenerated", json!(properties.time_generated)),
        ("/properties/additionalData/assessedResourceType", json!(data.assessed_resource_type)),
        ("/properties/additionalData/patchable", json!(data.patchable)),
        ("/properties/additionalData/imageDigest", json!(data.image_digest)),
        ("/properties/additionalData/repositoryName", json!(data.repository_name)),
        ("/properties/additionalData/cve/0/title", json!(cve)),
    ]
}

fn pricing(row: security::Pricing) -> Picked {
    let properties = row.properties;
    let first = properties.extensions.as_ref().and_then(|all| all.first());
    let status = first.and_then(|first| first.operation_status.as_ref());
    vec![
        ("/name", json!(row.name)),
        ("/properties/pricingTier", json!(properties.pricing_tier)),
        ("/properties/subPlan", json!(properties.sub_plan)),
        ("/properties/freeTrialRemainingTime", json!(properties.free_trial_remaining_time)),
        ("/properties/enablementTime", json!(properties.enablement_time)),
        ("/properties/enforce", json!(properties.enforce)),
        ("/properties/resourcesCoverageStatus", json!(properties.resources_coverage_status)),
        ("/properties/deprecated", json!(properties.deprecated)),
        ("/properties/replacedBy", json!(properties.replaced_by)),
        ("/properties/extensions/0/name", json!(first.map(|first| &first.name))),
        ("/properties/extensions/0/isEnabled", json!(first.and_then(|first| first.is_enabled.0))),
        (
            "/properties/extensions/0/additionalExtensionProperties",
            json!(first.and_then(|first| first.additional_extension_properties.as_ref())),
        ),
        ("/properties/extensions/0/operationStatus/code", json!(status.and_then(|status| status.code.as_ref()))),
        ("/properties/extensions/0/operationStatus/message", json!(status.and_then(|status| status.message.as_ref()))),
    ]
}

fn provider(row: resources::Provider) -> Picked {
    vec![("/namespace", json!(row.namespace)), ("/registrationState", json!(row.registration_state))]
}

fn a_subscription(row: subscriptions::Subscription) -> Picked {
    vec![
        ("/subscriptionId", json!(row.subscription_id)),
        ("/tenantId", json!(row.tenant_id)),
        ("/displayName", json!(row.display_name)),
        ("/state", json!(row.state)),
        ("/subscriptionPolicies/quotaId", json!(row.subscription_policies.quota_id)),
        ("/subscriptionPolicies/spendingLimit", json!(row.subscription_policies.spending_limit)),
        ("/authorizationSource", json!(row.authorization_source)),
        ("/tags", json!(row.tags)),
    ]
}
