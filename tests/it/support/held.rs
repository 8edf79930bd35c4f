//! Changes to the demo tenant that several tests need: more subscriptions, and a caller who holds less.

use azposture::demo::{PRINCIPAL_ID, SANDBOX, TENANT_ID, Tenant};
use serde_json::{Value as Json, json};

/// Role definition ids.
pub(crate) const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
pub(crate) const SECURITY_READER: &str = "39bc4728-0917-49c7-9d2c-d95423bc2eb4";
pub(crate) const MANAGEMENT_GROUP_READER: &str = "ac63b705-f282-497d-ac71-919bf39d939d";

/// The scope of a management group.
pub(crate) fn group(name: &str) -> String {
    format!("/providers/Microsoft.Management/managementGroups/{name}")
}

/// The scope of the root management group.
pub(crate) fn root() -> String {
    group(TENANT_ID)
}

/// The scope of a subscription.
pub(crate) fn subscription(id: &str) -> String {
    format!("/subscriptions/{id}")
}

/// Changes the rows of a document.
pub(crate) fn edit(tenant: &Tenant, document: &str, change: impl FnOnce(&mut Vec<Json>)) {
    tenant.edit(document, |list| change(list["value"].as_array_mut().unwrap())).unwrap();
}

/// The tenant with the rows of a document changed.
pub(crate) fn edited(tenant: Tenant, document: &str, change: impl FnOnce(&mut Vec<Json>)) -> Tenant {
    edit(&tenant, document, change);
    tenant
}

/// Takes all roles from the sign-in of the demo tenant and gives it these.
pub(crate) fn hold(tenant: &Tenant, roles: &[(&str, &str)]) {
    edit(tenant, "role-assignments", |rows| {
        rows.retain(|row| row["properties"]["principalId"] != PRINCIPAL_ID);
        rows.extend(roles.iter().enumerate().map(|(number, (role, scope))| assignment(number, PRINCIPAL_ID, role, scope)));
    });
}

/// A role assignment.
pub(crate) fn assignment(number: usize, principal: &str, role: &str, scope: &str) -> Json {
    let name = format!("fab0000f-0000-4000-8000-{number:012}");
    json!({
        "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"), "name": name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "scope": scope, "principalId": principal, "principalType": "ServicePrincipal",
            "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{role}"),
        }
    })
}

/// The documents that hold resources with their properties.
pub(crate) const OF_RESOURCES: &[&str] = &[
    "compute",
    "data-services",
    "key-vaults",
    "managed-clusters",
    "network-security-groups",
    "networks",
    "storage-accounts",
    "workspaces",
];

/// Adds copies of the sandbox with everything in it, and answers their ids.
pub(crate) fn grow(tenant: &Tenant, number: usize) -> Vec<String> {
    let ids: Vec<String> = (0..number).map(|number| format!("fab00001-0000-4000-8000-{:012}", number + 100)).collect();
    for fixture in OF_RESOURCES.iter().copied().chain([
        "action-groups",
        "activity-log-alerts",
        "alerts",
        "assessments",
        "diagnostic-settings",
        "managed-clusters",
        "management-group-subscriptions",
        "policy-assignments",
        "policy-definitions",
        "policy-exemptions",
        "policy-states",
        "metric-alerts",
        "pricings",
        "providers",
        "query-alerts",
        "regulatory-compliance-assessments",
        "regulatory-compliance-controls",
        "regulatory-compliance-standards",
        "resource-groups",
        "resources",
        "secure-score-controls",
        "secure-scores",
        "standard-assignments",
        "security-contacts",
        "sub-assessments",
        "subscriptions",
    ]) {
        tenant
            .edit(fixture, |list| {
                let rows = list["value"].as_array_mut().unwrap();
                let own: Vec<String> = rows.iter().map(Json::to_string).filter(|row| row.contains(SANDBOX)).collect();
                let copies = ids.iter().flat_map(|id| own.iter().map(move |row| row.replace(SANDBOX, id)));
                rows.extend(copies.map(|row| serde_json::from_str::<Json>(&row).unwrap()));
            })
            .unwrap();
    }
    ids
}
