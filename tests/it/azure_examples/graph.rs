//! Samples of Microsoft Graph about the tenant, its applications, its principals and their roles, and what the decoded rows hold.

use azposture::azure::{
    Client, Result,
    microsoft_graph::{
        applications,
        directory::{self, Kind},
        organization, users,
    },
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
    let plan = row.service_plans.as_ref().and_then(|plans| plans.first());
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
        let end = |credentials: &[applications::Credential]| {
            credentials.first().and_then(|one| one.end_date_time.text().map(str::to_owned))
        };
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
        let rows = applications::app_role_assignments(&client, OURS, true).await?.into_iter();
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

pub(super) fn members(client: Client) -> Reading {
    Box::pin(async move { Ok(directory::members_of(&client, OURS, true).await?.iter().map(object).collect()) })
}

pub(super) fn groups(client: Client) -> Reading {
    objects(client, Kind::Group)
}

pub(super) fn signed_in(client: Client) -> Reading {
    Box::pin(async move {
        let mut rows = Vec::new();
        users::users_with_sign_ins(&client, |row| rows.push(row)).await?;
        let activity = |row: &users::User| row.sign_in_activity.0.clone().unwrap_or_default();
        let picked = |row: users::User| {
            let own = activity(&row);
            vec![
                ("/id", json!(row.id)),
                ("/userPrincipalName", json!(row.user_principal_name)),
                ("/signInActivity/lastSignInDateTime", json!(own.last_sign_in_date_time)),
                ("/signInActivity/lastNonInteractiveSignInDateTime", json!(own.last_non_interactive_sign_in_date_time)),
            ]
        };
        Ok(rows.into_iter().map(picked).collect())
    })
}

pub(super) fn licensed(client: Client) -> Reading {
    Box::pin(async move {
        let mut rows = Vec::new();
        users::users(&client, |row| rows.push(row)).await?;
        Ok(rows.into_iter().map(|row| vec![("/id", json!(row.id)), ("/mail", json!(row.mail))]).collect())
    })
}

pub(super) fn registrations(client: Client) -> Reading {
    Box::pin(async move {
        let mut rows = Vec::new();
        users::registrations(&client, |row| rows.push(row)).await?;
        let picked = |row: users::Registration| {
            vec![
                ("/id", json!(row.id)),
                ("/isMfaRegistered", json!(row.is_mfa_registered)),
                ("/isMfaCapable", json!(row.is_mfa_capable)),
                ("/methodsRegistered", json!(row.methods_registered)),
            ]
        };
        Ok(rows.into_iter().map(picked).collect())
    })
}

pub(super) fn users(client: Client) -> Reading {
    objects(client, Kind::User)
}

fn objects(client: Client, kind: Kind) -> Reading {
    Box::pin(async move {
        let rows = directory::objects(&client, kind, &[OURS.to_owned()], true).await?;
        Ok(rows.iter().map(object).collect())
    })
}

fn object(row: &directory::Object) -> Picked {
    vec![
        ("/id", json!(row.id)),
        ("/displayName", json!(row.display_name)),
        ("/userType", json!(row.user_type)),
        ("/visibility", json!(row.visibility)),
    ]
}

pub(super) fn role_assignments(client: Client) -> Reading {
    Box::pin(async move {
        let rows = directory::role_assignments(&client).await?.into_iter();
        let picked = |row: directory::RoleAssignment| -> Picked {
            vec![
                ("/id", json!(row.id)),
                ("/principalId", json!(row.principal_id)),
                ("/roleDefinitionId", json!(row.role_definition_id)),
                ("/directoryScopeId", json!(row.directory_scope_id)),
            ]
        };
        Ok(rows.map(picked).collect())
    })
}

pub(super) fn role_definitions(client: Client) -> Reading {
    Box::pin(async move {
        let rows = directory::role_definitions(&client).await?.into_iter();
        let picked = |row: directory::RoleDefinition| -> Picked {
            let operations =
                row.role_permissions.as_ref().and_then(|all| all.first()).map(|permission| &permission.allowed_resource_actions);
            vec![
                ("/id", json!(row.id)),
                ("/templateId", json!(row.template_id)),
                ("/displayName", json!(row.display_name)),
                ("/isBuiltIn", json!(row.is_built_in)),
                ("/rolePermissions/0/allowedResourceActions", json!(operations)),
            ]
        };
        Ok(rows.map(picked).collect())
    })
}

pub(super) fn role_eligibilities(client: Client) -> Reading {
    Box::pin(async move {
        let rows = directory::role_eligibilities(&client).await?.into_iter();
        let picked = |row: directory::RoleInstance| -> Picked {
            vec![
                ("/principalId", json!(row.principal_id)),
                ("/roleDefinitionId", json!(row.role_definition_id)),
                ("/directoryScopeId", json!(row.directory_scope_id)),
                ("/memberType", json!(row.member_type)),
                ("/startDateTime", json!(row.start_date_time)),
                ("/endDateTime", json!(row.end_date_time)),
            ]
        };
        Ok(rows.map(picked).collect())
    })
}
