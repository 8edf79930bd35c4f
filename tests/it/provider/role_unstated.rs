//! Role definitions, deny assignments and groups that say less than they could: an empty list, a word that is new, two rows with one id.
//! What follows from them is unknown, and never what an absent row would mean.

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{READER, assignment, edit, subscription},
    inside::{Inside, Reading},
};

const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const HUGO: &str = "fab00002-0000-4000-8000-000000000008";
const PRINTER: &str = "fab00002-0000-4000-8000-00000000000c";
const ENGINEERING: &str = "fab00003-0000-4000-8000-000000000002";
const EVERYONE: &str = "00000000-0000-0000-0000-000000000000";
const ROLES: [&str; 3] =
    ["fab00030-0000-4000-8000-000000000001", "fab00030-0000-4000-8000-000000000002", "fab00030-0000-4000-8000-000000000003"];
const UNKNOWN: [&str; 1] = ["role_assignment_validation: 1 unknown of 1"];

fn edit_owner(tenant: &Tenant, permissions: &Json) {
    edit(tenant, "role-definitions", |rows| {
        rows.iter_mut().filter(|row| row["name"] == OWNER).for_each(|row| row["properties"]["permissions"] = permissions.clone());
    });
}

async fn plan(tenant: &Tenant, arguments: Json) -> Reading {
    Inside::by_arm(tenant.clone()).await.plan("role_assignment_validation", arguments).await
}

async fn read(tenant: &Tenant, arguments: Json) -> Json {
    Inside::by_arm(tenant.clone()).await.read("role_assignments", arguments).await.ok()
}

fn wants(who: &str, role: &str) -> Json {
    json!({"principal_id": who, "role_definition_names": [role], "scopes": [subscription(PRODUCTION)]})
}

fn role(id: &str, name: Json, at: &str, permissions: Json) -> Json {
    json!({
        "id": format!("{at}/providers/Microsoft.Authorization/roleDefinitions/{id}"), "name": id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {"roleName": name, "type": "CustomRole", "assignableScopes": [at], "permissions": permissions}
    })
}

fn allows(action: &str) -> Json {
    json!([{"actions": [action], "notActions": [], "dataActions": [], "notDataActions": []}])
}

fn deny(tenant: &Tenant, principals: &Json, permissions: &Json) {
    edit(tenant, "deny-assignments", |rows| {
        let mut row = rows[0].clone();
        let at = subscription(PRODUCTION);
        row["id"] = json!(format!("{at}/providers/Microsoft.Authorization/denyAssignments/fab0000e-0000-4000-8000-0000000000ff"));
        let own = json!({"scope": at, "principals": principals, "excludePrincipals": [], "permissions": permissions});
        row["properties"].as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        rows.push(row);
    });
}

#[tokio::test]
async fn a_role_without_a_name_may_be_the_one_of_several_namesakes_that_is_meant() {
    let (here, there) = (subscription(PRODUCTION), subscription(SANDBOX));
    for (nameless, expected) in [(false, &[][..]), (true, &["role_assignment_validation: 2 unknown of 2"][..])] {
        let tenant = Tenant::demo();
        edit(&tenant, "role-definitions", |rows| {
            rows.extend([
                role(ROLES[0], json!("Deployer"), &here, allows("Microsoft.Web/sites/read")),
                role(ROLES[1], json!("Deployer"), &there, allows("Microsoft.Web/sites/read")),
            ]);
            rows.extend(nameless.then(|| role(ROLES[2], Json::Null, &here, allows("Microsoft.Web/sites/write"))));
        });
        edit(&tenant, "role-assignments", |rows| {
            rows.extend([assignment(1, PRINTER, ROLES[0], &here), assignment(2, PRINTER, ROLES[1], &there)]);
        });
        let wanted = json!({"principal_id": PRINTER, "role_definition_names": ["Deployer"], "scopes": [here, there]});
        let reading = plan(&tenant, wanted).await;
        assert_eq!(reading.errors(), expected, "{nameless}: {}", reading.detail());
    }
}

#[tokio::test]
async fn a_group_whose_visibility_is_a_new_word_may_hide_its_members() {
    for word in ["HiddenMembership", "Confidential"] {
        let tenant = Tenant::demo();
        edit(&tenant, "groups", |rows| rows.iter_mut().for_each(|row| row["visibility"] = json!(word)));
        edit(&tenant, "role-assignments", |rows| rows.push(assignment(1, PRINTER, READER, &subscription(PRODUCTION))));
        deny(&tenant, &json!([{"id": ENGINEERING, "type": "Group"}]), &allows("*"));
        assert_eq!(plan(&tenant, wants(PRINTER, "Reader")).await.errors(), UNKNOWN, "{word}");
        assert_eq!(read(&tenant, json!({"expand_groups": true})).await["complete"], false, "{word}");
    }
}

#[tokio::test]
async fn a_deny_assignment_of_nobody_or_of_nothing_may_deny_anything() {
    let (nothing, everyone) = (allows("*")[0].clone(), json!([{"id": EVERYONE, "type": "SystemDefined"}]));
    let mut empty = nothing.clone();
    empty["actions"] = json!([]);
    for (who, what) in [(json!([]), json!([nothing])), (everyone.clone(), json!([])), (everyone, json!([empty]))] {
        let tenant = Tenant::demo();
        deny(&tenant, &who, &what);
        assert_eq!(plan(&tenant, wants(HUGO, "Contributor")).await.errors(), UNKNOWN, "{who} {what}");
        let reading = Inside::by_arm(tenant).await.read("role_assignments", json!({})).await;
        assert!(reading.gaps().iter().any(|gap| gap.starts_with("deny_assignments ")), "{who} {what}: {:?}", reading.gaps());
    }
}

#[tokio::test]
async fn an_owner_that_allows_an_empty_list_allows_nobody_knows_what() {
    let mut empty = allows("*");
    empty[0]["actions"] = json!([]);
    for none in [json!([]), empty] {
        let tenant = Tenant::demo();
        edit(&tenant, "role-assignments", |rows| rows.push(assignment(1, PRINTER, OWNER, &subscription(PRODUCTION))));
        edit_owner(&tenant, &none);
        let answer = read(&tenant, json!({"privileged_only": true})).await;
        assert_eq!(answer["complete"], false, "{none}");
        let mut rows = answer["role_assignments"].as_array().unwrap().iter();
        let owner = rows.find(|row| row["principal_id"] == PRINTER && row["role_definition_name"] == "Owner");
        assert_eq!(owner.unwrap()["privileged"], Json::Null, "{none}");
        let reading = plan(&tenant, wants(PRINTER, "Reader")).await;
        assert_eq!(reading.errors(), UNKNOWN, "{none}: {}", reading.detail());
    }
}

#[tokio::test]
async fn two_definitions_of_one_role_leave_open_what_it_allows() {
    for last in [false, true] {
        let tenant = Tenant::demo();
        edit(&tenant, "role-assignments", |rows| rows.push(assignment(1, PRINTER, OWNER, &subscription(PRODUCTION))));
        edit(&tenant, "role-definitions", |rows| {
            let at = rows.iter().position(|row| row["name"] == OWNER).unwrap();
            let mut twin = rows[at].clone();
            twin["properties"]["permissions"] = allows("*/read");
            rows.insert(at + usize::from(last), twin);
        });
        let answer = read(&tenant, json!({"privileged_only": true})).await;
        let mut rows = answer["role_assignments"].as_array().unwrap().iter();
        let owner = rows.find(|row| row["role_definition_name"] == "Owner").unwrap();
        assert_eq!((&owner["privileged"], &answer["complete"]), (&Json::Null, &json!(false)), "listed last: {last}");
        let wanted =
            json!({"principal_id": PRINTER, "actions": ["Microsoft.Web/sites/write"], "scopes": [subscription(PRODUCTION)]});
        assert_eq!(plan(&tenant, wanted).await.errors(), UNKNOWN, "listed last: {last}");
    }
}

#[tokio::test]
async fn a_pattern_of_the_other_side_is_unknown_while_a_role_is_unread() {
    let tenant = Tenant::demo();
    let names = json!([{"actions": [], "notActions": [], "dataActions": ["Fab.Thing/items/secrets/read"], "notDataActions": []}]);
    let at = subscription(PRODUCTION);
    edit(&tenant, "role-definitions", |rows| {
        rows.extend([role(ROLES[0], json!("Data"), &at, names), role(ROLES[1], json!("Silent"), &at, Json::Null)]);
    });
    edit(&tenant, "role-assignments", |rows| rows.push(assignment(1, PRINTER, ROLES[1], &at)));
    for action in ["Fab.Thing/items/secrets/write", "Fab.Thing/items/*"] {
        let reading = plan(&tenant, json!({"principal_id": PRINTER, "actions": [action], "scopes": [at]})).await;
        assert_eq!(reading.errors(), UNKNOWN, "{action}: {}", reading.detail());
    }
}

#[tokio::test]
async fn who_may_ask_privileged_identity_management_for_a_role_is_privileged() {
    for action in ["roleAssignmentScheduleRequests", "roleEligibilityScheduleRequests"] {
        let tenant = Tenant::demo();
        let giver = allows(&format!("Microsoft.Authorization/{action}/write"));
        edit(&tenant, "role-definitions", |rows| rows.push(role(ROLES[0], json!("Giver"), &subscription(PRODUCTION), giver)));
        edit(&tenant, "role-assignments", |rows| rows.push(assignment(1, PRINTER, ROLES[0], &subscription(PRODUCTION))));
        let answer = read(&tenant, json!({"role_definition_ids": [ROLES[0]]})).await;
        assert_eq!(answer["role_assignments"][0]["privileged"], true, "{action}");
    }
}

#[tokio::test]
async fn a_role_that_resource_graph_leaves_out_is_found_by_its_name() {
    let tenant = Tenant::demo();
    let deployer = role(ROLES[0], json!("Deployer"), &subscription(PRODUCTION), allows("Microsoft.Web/sites/read"));
    edit(&tenant, "role-definitions", |rows| rows.push(deployer));
    let others = |row: &Json| row["name"] != ROLES[0];
    let tenant = tenant.with_fault(Fault::on("Microsoft.ResourceGraph").named("roledefinitions").keep(others));
    for engine in ["never", "always"] {
        let inside = Inside::configured(tenant.clone(), json!({"environment": "demo", "resource_graph": engine})).await;
        let reading = inside.read("role_assignments", json!({"role_definition_names": ["Deployer"]})).await;
        assert!(reading.errors().is_empty(), "{engine}: {:?} {}", reading.errors(), reading.detail());
        let reading = inside.read("role_assignments", json!({"role_definition_names": ["Deploier"]})).await;
        assert_eq!(reading.errors(), ["Unknown value"], "{engine}");
    }
}

#[tokio::test]
async fn an_eligible_assignment_says_the_version_of_its_condition() {
    let tenant = Tenant::demo();
    edit(&tenant, "role-eligibility-schedule-instances", |rows| {
        rows.iter_mut().for_each(|row| {
            row["properties"]["condition"] = json!("@Resource[x:y] StringEquals 'z'");
            row["properties"]["conditionVersion"] = json!("2.0");
        });
    });
    let answer = read(&tenant, json!({"assignment_types": ["eligible"]})).await;
    assert_eq!(answer["role_assignments"][0]["condition_version"], "2.0");
}

#[tokio::test]
async fn the_id_of_a_policy_is_none_of_a_role() {
    let with = |kind: &str| {
        let id = format!("{}/providers/Microsoft.Authorization/{kind}/{READER}", subscription(PRODUCTION));
        json!({"self": true, "role_definition_ids": [id], "scopes": [subscription(PRODUCTION)]})
    };
    for (kind, is_one) in [("roleDefinitions", true), ("roledefinitions", true), ("policyDefinitions", false)] {
        let reading = plan(&Tenant::demo(), with(kind)).await;
        assert_eq!(reading.errors().is_empty(), is_one, "{kind}: {}", reading.detail());
    }
}
