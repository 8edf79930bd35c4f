//! Changes to the demo tenant that several tests need: more subscriptions, and a caller who holds less.

use azposture::{
    azure::arm::typed::types,
    demo::{PRINCIPAL_ID, SANDBOX, TENANT_ID, Tenant},
};
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
pub(crate) fn of_resources() -> impl Iterator<Item = &'static str> {
    let is_typed = |row: &Json| types().any(|one| row["type"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(one.name)));
    let holds_some =
        move |name: &&str| Tenant::demo().document(name)["value"].as_array().is_some_and(|all| all.iter().any(is_typed));
    Tenant::fixtures().filter(|name| *name != "resources").filter(holds_some)
}

/// Adds copies of the sandbox with everything in it, and answers their ids.
pub(crate) fn grow(tenant: &Tenant, number: usize) -> Vec<String> {
    let ids: Vec<String> = (0..number).map(|number| format!("fab00001-0000-4000-8000-{:012}", number + 100)).collect();
    for fixture in Tenant::fixtures() {
        let copy = |list: &mut Json| {
            let Some(rows) = list["value"].as_array_mut() else { return };
            let own: Vec<String> = rows.iter().map(Json::to_string).filter(|row| row.contains(SANDBOX)).collect();
            let copies = ids.iter().flat_map(|id| own.iter().map(move |row| row.replace(SANDBOX, id)));
            rows.extend(copies.map(|row| serde_json::from_str::<Json>(&row).unwrap()));
        };
        tenant.edit(fixture, copy).unwrap();
    }
    ids
}
