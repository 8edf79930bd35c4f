//! Samples of Microsoft Graph about the tenant and its applications, and what the decoded rows hold.

use azposture::azure::{
    Client, Result,
    graph::{applications, organization},
};
use futures::future::BoxFuture;
use serde_json::{Value as Json, json};

use super::reads::Picked;
use crate::azure_engine::OURS;

type Reading = BoxFuture<'static, Result<Vec<Picked>>>;

pub(super) fn tenants(client: Client) -> Reading {
    Box::pin(async move {
        let rows = organization::organization(&client).await?.into_iter();
        Ok(rows.map(|row| vec![("/id", json!(row.id)), ("/displayName", json!(row.display_name))]).collect())
    })
}

pub(super) fn skus(client: Client) -> Reading {
    Box::pin(async move { Ok(organization::subscribed_skus(&client).await?.iter().map(sku).collect()) })
}

fn sku(row: &organization::Sku) -> Picked {
    let plan = row.service_plans.first();
    vec![
        ("/capabilityStatus", json!(row.capability_status)),
        ("/servicePlans/0/servicePlanId", json!(plan.map(|plan| &plan.service_plan_id))),
        ("/servicePlans/0/provisioningStatus", json!(plan.map(|plan| &plan.provisioning_status))),
    ]
}

pub(super) fn application(client: Client) -> Reading {
    Box::pin(async move {
        let row = applications::application_of(&client, OURS).await?;
        let access = row.required_resource_access.first();
        let asked = access.and_then(|access| access.resource_access.first());
        let end = |credentials: &[applications::Credential]| credentials.first().and_then(|one| one.end_date_time.clone());
        Ok(vec![vec![
            ("/id", json!(row.id)),
            ("/requiredResourceAccess/0/resourceAppId", json!(access.map(|access| &access.resource_app_id))),
            ("/requiredResourceAccess/0/resourceAccess/0/id", json!(asked.map(|asked| &asked.id))),
            ("/requiredResourceAccess/0/resourceAccess/0/type", json!(asked.map(|asked| &asked.kind))),
            ("/passwordCredentials/0/endDateTime", json!(end(&row.password_credentials))),
            ("/keyCredentials/0/endDateTime", json!(end(&row.key_credentials))),
        ]])
    })
}

pub(super) fn app_role_assignments(client: Client) -> Reading {
    Box::pin(async move {
        let rows = applications::app_role_assignments(&client, OURS).await?.into_iter();
        Ok(rows.map(|row| vec![("/appRoleId", json!(row.app_role_id)), ("/resourceId", json!(row.resource_id))]).collect())
    })
}

pub(super) fn permission_grants(client: Client) -> Reading {
    Box::pin(async move {
        let rows = applications::permission_grants(&client, OURS).await?.into_iter();
        let picked = |row: applications::PermissionGrant| -> Vec<(&'static str, Json)> {
            vec![("/resourceId", json!(row.resource_id)), ("/scope", json!(row.scope))]
        };
        Ok(rows.map(picked).collect())
    })
}
