//! `azposture_directory_role_assignments` on the demo tenant.

use azposture::demo::{Fault, PRINCIPAL_ID, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{held::edit, inside::Inside};

const NAME: &str = "directory_role_assignments";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const AVA: &str = "fab00002-0000-4000-8000-000000000001";
const DENIZ: &str = "fab00002-0000-4000-8000-000000000004";
const ADMINISTRATORS: &str = "fab00003-0000-4000-8000-000000000008";

/// The demo tenant, whose principal may also read schedules (RoleManagement.Read.Directory).
pub(super) fn with_schedules() -> Tenant {
    let tenant = Tenant::demo();
    tenant
        .edit("app-role-assignments", |list| {
            let rows = list["value"].as_array_mut().unwrap();
            let mut row = rows.iter().find(|row| row["principalId"] == PRINCIPAL_ID).unwrap().clone();
            row["id"] = json!("FabAppRoleAssignmentFF");
            row["appRoleId"] = json!("483bed4a-2ad3-4361-a73b-c83ccdbdc53c");
            rows.push(row);
        })
        .unwrap();
    tenant
}

fn row<'a>(answer: &'a Json, key: &str) -> &'a Json {
    let rows = answer["role_assignments"].as_array().unwrap();
    rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{key} in {answer:#}"))
}

#[tokio::test]
async fn who_holds_a_role_now_and_who_could_are_told_apart() {
    let inside = Inside::on(with_schedules()).await;
    let answer = inside.read(NAME, json!({"role_display_names": ["global administrator"]})).await.ok();
    let ava = row(&answer, &format!("{GLOBAL_ADMINISTRATOR}|{AVA}|/|active"));
    assert_eq!((&ava["pim"], &ava["permanent"], &ava["privileged"]), (&json!("assigned"), &json!(true), &json!(true)));
    let deniz = row(&answer, &format!("{GLOBAL_ADMINISTRATOR}|{DENIZ}|/|active"));
    assert_eq!((&deniz["pim"], &deniz["permanent"]), (&json!("activated"), &json!(false)));
    let eligible = row(&answer, &format!("{GLOBAL_ADMINISTRATOR}|{DENIZ}|/|eligible"));
    assert_eq!((&eligible["pim"], &eligible["permanent"], &eligible["ends_on"]), (&Json::Null, &json!(true), &Json::Null));
    assert_eq!((&answer["summary"]["global_administrators"], &answer["summary"]["eligible"]), (&json!(4), &json!(2)));
    assert_eq!((&answer["summary"]["permanent_privileged"], &answer["complete"]), (&json!(3), &json!(true)));
}

#[tokio::test]
async fn a_role_of_a_group_is_a_row_of_each_member_too() {
    let inside = Inside::on(with_schedules()).await;
    let role = "e8611ab8-c189-46e8-94e1-60213ab1f814";
    let answer = inside.read(NAME, json!({"role_template_ids": [role.to_uppercase()]})).await.ok();
    assert_eq!(row(&answer, &format!("{role}|{ADMINISTRATORS}|/|active"))["via"], "direct");
    let member = row(&answer, &format!("{role}|{AVA}|/|active|{ADMINISTRATORS}"));
    assert_eq!(
        (&member["via"], &member["via_group_id"], &member["principal_type"]),
        (&json!("group"), &json!(ADMINISTRATORS), &json!("User"))
    );
    let of_the_group = ["pim", "permanent", "starts_on", "ends_on"];
    assert!(of_the_group.iter().all(|name| member[*name].is_null()), "how long he stays a member is another matter: {member:#}");
    let alone = inside.read(NAME, json!({"role_template_ids": [role], "expand_groups": false})).await.ok();
    assert_eq!(alone["summary"]["matched"], 1);
}

#[tokio::test]
async fn what_is_eligible_directly_and_through_a_group_is_two_rows() {
    let tenant = with_schedules();
    tenant
        .edit("directory-role-eligibility-schedule-instances", |list| {
            let rows = list["value"].as_array_mut().unwrap();
            let mut through = rows.iter().find(|row| row["principalId"] == DENIZ).unwrap().clone();
            through["id"] = json!("FabDirectoryInstanceFF-1");
            through["memberType"] = json!("Group");
            rows.push(through);
        })
        .unwrap();
    let inside = Inside::on(tenant).await;
    let answer = inside.read(NAME, json!({"principal_ids": [DENIZ], "assignment_types": ["eligible"]})).await.ok();
    let key = format!("{GLOBAL_ADMINISTRATOR}|{DENIZ}|/|eligible");
    assert_eq!((&row(&answer, &key)["via"], &row(&answer, &format!("{key}|group"))["via"]), (&json!("direct"), &json!("group")));
}

#[tokio::test]
async fn what_comes_through_a_group_that_is_found_counts_once() {
    let tenant = with_schedules();
    tenant
        .edit("directory-role-eligibility-schedule-instances", |list| {
            let rows = list["value"].as_array_mut().unwrap();
            let like = rows.iter().find(|row| row["principalId"] == DENIZ).unwrap().clone();
            for (number, (principal, member)) in [(ADMINISTRATORS, "Direct"), (AVA, "Group")].into_iter().enumerate() {
                let mut row = like.clone();
                row["id"] = json!(format!("FabDirectoryInstanceF{number}-1"));
                (row["principalId"], row["memberType"]) = (json!(principal), json!(member));
                rows.push(row);
            }
        })
        .unwrap();
    let inside = Inside::on(tenant).await;
    let answer = inside.read(NAME, json!({"principal_ids": [AVA], "assignment_types": ["eligible"]})).await.ok();
    let keys: Vec<_> = answer["role_assignments"].as_array().unwrap().iter().map(|row| row["key"].clone()).collect();
    assert_eq!(keys, [json!(format!("{GLOBAL_ADMINISTRATOR}|{AVA}|/|eligible|{ADMINISTRATORS}"))]);
}

#[tokio::test]
async fn places_guests_orphans_and_custom_roles_are_told() {
    let answer = Inside::on(with_schedules()).await.read(NAME, json!({"limit": 0})).await.ok();
    let rows = answer["role_assignments"].as_array().unwrap();
    let helpdesk = rows.iter().find(|row| row["role_display_name"] == "Helpdesk Administrator").unwrap();
    assert!(
        helpdesk["tenant_wide"] == false && helpdesk["directory_scope"].as_str().unwrap().starts_with("/administrativeUnits/")
    );
    let orphan = rows.iter().find(|row| row["orphaned"] == true).unwrap();
    assert_eq!((&orphan["principal_type"], &orphan["principal_display_name"]), (&json!("Unknown"), &Json::Null));
    let custom = rows.iter().find(|row| row["built_in"] == false).unwrap();
    assert_eq!((&custom["role_display_name"], &custom["privileged"]), (&json!("Store Tablet Registrar"), &json!(false)));
    assert_eq!(answer["summary"]["guests"], 1);
    let privileged = Inside::on(with_schedules()).await.read(NAME, json!({"privileged_only": true})).await.ok();
    assert!(privileged["role_assignments"].as_array().unwrap().iter().all(|row| row["privileged"] == true));
}

#[tokio::test]
async fn what_schedules_would_tell_is_null_where_they_cannot_be_read() {
    let reading = Inside::on(Tenant::demo()).await.read(NAME, json!({"principal_ids": [AVA]})).await;
    let gaps = ["directory_role_assignment_schedules forbidden graph", "eligible_directory_role_assignments forbidden graph"];
    assert_eq!(reading.gaps(), gaps);
    let answer = reading.ok();
    let ava = row(&answer, &format!("{GLOBAL_ADMINISTRATOR}|{AVA}|/|active"));
    assert_eq!((&ava["permanent"], &ava["pim"], &answer["complete"]), (&Json::Null, &Json::Null, &json!(false)));
}

#[tokio::test]
async fn without_the_licence_schedules_are_gaps_of_that_kind() {
    let tenant = with_schedules();
    tenant.edit("subscribed-skus", |list| list["value"] = json!([])).unwrap();
    let reading = Inside::on(tenant).await.read(NAME, json!({})).await;
    assert!(reading.gaps().iter().all(|gap| gap.contains(" not_licensed ")) && reading.gaps().len() == 2, "{:?}", reading.gaps());
}

#[tokio::test]
async fn unknown_roles_are_refused_and_a_refused_list_is_an_error() {
    let inside = Inside::on(Tenant::demo()).await;
    for arguments in [json!({"role_display_names": ["Global Admin"]}), json!({"role_template_ids": [AVA]})] {
        assert_eq!(inside.read(NAME, arguments.clone()).await.errors(), ["Unknown value"], "{arguments}");
    }
    let refused = Fault::on("/roleManagement/directory/").refuse(403, "Authorization_RequestDenied", "no");
    let reading = Inside::on(Tenant::demo().with_fault(refused)).await.read(NAME, json!({})).await;
    assert_eq!(reading.errors(), ["Nothing could be read"]);
}

#[tokio::test]
async fn a_tenant_without_any_role_is_not_believed() {
    let tenant = with_schedules();
    tenant.edit("directory-role-definitions", |list| list["value"] = json!([])).unwrap();
    let reading = Inside::on(tenant).await.read(NAME, json!({})).await;
    assert_eq!(reading.gaps(), ["directory_roles not_proven graph"]);
    assert_eq!(reading.ok()["complete"], false);
}

#[tokio::test]
async fn names_can_be_left_out() {
    let inside = Inside::configured(with_schedules(), json!({"environment": "demo", "personal_data": "redact"})).await;
    let answer = inside.read(NAME, json!({"limit": 0})).await.ok();
    assert!(answer["role_assignments"].as_array().unwrap().iter().all(|row| row["principal_display_name"].is_null()));
}

#[tokio::test]
async fn a_role_in_one_application_is_not_a_role_in_the_whole_tenant() {
    let tenant = with_schedules();
    let catalogue = "/AccessPackageCatalog/fab00011-0000-4000-8000-0000000000aa";
    for fixture in ["directory-role-assignments", "directory-role-eligibility-schedule-instances"] {
        tenant
            .edit(fixture, |list| {
                let row = &mut list["value"][0];
                (row["directoryScopeId"], row["appScopeId"]) = (Json::Null, json!(catalogue));
            })
            .unwrap();
    }
    let answer = Inside::on(tenant).await.read(NAME, json!({"limit": 0, "expand_groups": false})).await.ok();
    let rows = answer["role_assignments"].as_array().unwrap();
    let there: Vec<_> = rows.iter().filter(|row| row["directory_scope"] == catalogue).collect();
    assert!(there.len() == 2 && there.iter().all(|row| row["tenant_wide"] == false), "{there:#?}");
}

/// With what the service says of the role of the group of administrators changed.
fn with_group_row(edit: fn(&mut Json)) -> Tenant {
    let of_group = |row: &&mut Json| row["principalId"] == ADMINISTRATORS;
    with_schedules().with_fault(Fault::on("/roleManagement/directory/roleAssignments").change(move |list| {
        list["value"].as_array_mut().unwrap().iter_mut().filter(of_group).for_each(edit);
    }))
}

#[tokio::test]
async fn a_group_that_the_list_shows_no_object_or_type_of_is_looked_up_and_expanded() {
    let role = "e8611ab8-c189-46e8-94e1-60213ab1f814";
    let direct = format!("{role}|{ADMINISTRATORS}|/|active");
    let edits: [fn(&mut Json); 3] = [
        |row| row["principal"] = Json::Null,
        |row| drop(row.as_object_mut().unwrap().remove("principal")),
        // Schedules stand under this path, too, and show no principal.
        |row| drop(row["principal"].as_object_mut().map(|own| own.remove("@odata.type"))),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let answer = Inside::on(with_group_row(edit)).await.read(NAME, json!({"role_template_ids": [role]})).await.ok();
        let group = row(&answer, &direct);
        assert_eq!((&group["principal_type"], &group["orphaned"]), (&json!("Group"), &json!(false)), "{number}");
        assert_eq!(row(&answer, &format!("{role}|{AVA}|/|active|{ADMINISTRATORS}"))["principal_type"], "User", "{number}");
    }
    let refused = Fault::on("/groups").refuse(403, "Authorization_RequestDenied", "no");
    let tenant = with_group_row(edits[0]).with_fault(refused);
    let answer = Inside::on(tenant).await.read(NAME, json!({"role_template_ids": [role]})).await.ok();
    assert_eq!((&row(&answer, &direct)["orphaned"], &answer["complete"]), (&Json::Null, &json!(false)));
}

#[tokio::test]
async fn a_role_that_does_not_say_what_it_allows_is_a_gap_and_no_count_of_0() {
    let edits: [fn(&mut Json); 2] =
        [|role| role["rolePermissions"] = Json::Null, |role| role["rolePermissions"] = json!([{"allowedResourceActions": null}])];
    for edit in edits {
        let tenant = with_schedules();
        let is_custom = |role: &&mut Json| role["displayName"] == "Store Tablet Registrar";
        let change = |list: &mut Json| list["value"].as_array_mut().unwrap().iter_mut().filter(is_custom).for_each(edit);
        tenant.edit("directory-role-definitions", change).unwrap();
        let reading = Inside::on(tenant).await.read(NAME, json!({"role_display_names": ["Store Tablet Registrar"]})).await;
        assert_eq!(reading.gaps(), ["directory_roles hidden graph"]);
        assert_eq!(reading.ok()["summary"]["permanent_privileged"], Json::Null);
    }
}

#[tokio::test]
async fn a_role_that_does_not_say_whether_it_is_built_in_is_not_called_so() {
    let tenant = with_schedules();
    let change =
        |list: &mut Json| list["value"].as_array_mut().unwrap().iter_mut().for_each(|role| role["isBuiltIn"] = Json::Null);
    tenant.edit("directory-role-definitions", change).unwrap();
    let answer = Inside::on(tenant).await.read(NAME, json!({})).await.ok();
    assert!(answer["role_assignments"].as_array().unwrap().iter().all(|row| row["built_in"].is_null()));
}

#[tokio::test]
async fn a_list_without_a_global_administrator_is_not_believed() {
    let tenant = with_schedules();
    let others = |row: &Json| row["roleDefinitionId"] != GLOBAL_ADMINISTRATOR;
    tenant.edit("directory-role-assignments", |list| list["value"].as_array_mut().unwrap().retain(others)).unwrap();
    let reading = Inside::on(tenant).await.read(NAME, json!({})).await;
    assert_eq!(reading.gaps(), ["directory_role_assignments not_proven graph"]);
    assert_eq!(reading.ok()["summary"]["global_administrators"], Json::Null);
}

#[tokio::test]
async fn a_role_that_allows_an_empty_list_is_not_called_unprivileged() {
    for none in [json!([]), json!([{"allowedResourceActions": []}])] {
        let tenant = with_schedules();
        edit(&tenant, "directory-role-definitions", |rows| {
            rows.iter_mut().filter(|row| row["isBuiltIn"] == false).for_each(|row| row["rolePermissions"] = none.clone());
        });
        for only in [false, true] {
            let reading = Inside::by_arm(tenant.clone()).await.read(NAME, json!({"privileged_only": only})).await;
            let answer = reading.ok();
            let row = answer["role_assignments"].as_array().unwrap().iter().find(|row| row["built_in"] == false).unwrap();
            assert_eq!((&row["privileged"], &answer["complete"]), (&Json::Null, &json!(false)), "{none} {only}");
        }
    }
}

#[tokio::test]
async fn of_what_somebody_could_activate_twice_the_one_that_lasts_longest_counts() {
    for last in [false, true] {
        let tenant = with_schedules();
        edit(&tenant, "directory-role-eligibility-schedule-instances", |rows| {
            let mut twin = rows[0].clone();
            (twin["id"], twin["endDateTime"]) = (json!("another"), Json::Null);
            rows.insert(usize::from(last), twin);
        });
        let who = "fab00002-0000-4000-8000-000000000002";
        let arguments = json!({"assignment_types": ["eligible"], "principal_ids": [who], "expand_groups": false});
        let answer = Inside::by_arm(tenant).await.read(NAME, arguments).await.ok();
        assert_eq!(answer["role_assignments"][0]["permanent"], true, "listed last: {last}");
    }
}

const ENGINEERING: &str = "fab00003-0000-4000-8000-000000000002";

#[tokio::test]
async fn a_group_of_nobody_leaves_no_tenant_without_a_global_administrator() {
    let tenant = with_schedules();
    edit(&tenant, "directory-role-assignments", |rows| {
        let is_one = |row: &&Json| row["roleDefinitionId"] == GLOBAL_ADMINISTRATOR;
        let mut one = rows.iter().find(is_one).unwrap().clone();
        rows.retain(|row| !is_one(&row));
        one["principalId"] = json!(ENGINEERING);
        rows.push(one);
    });
    let tenant = tenant.with_fault(Fault::on("transitiveMembers").change(|body| body["value"] = json!([])));
    let reading = Inside::by_arm(tenant).await.read(NAME, json!({"assignment_types": ["active"]})).await;
    let gaps = reading.gaps();
    assert!(gaps.iter().any(|gap| gap.starts_with("directory_role_assignments not_proven")), "{gaps:?}");
    assert_eq!(reading.ok()["summary"]["global_administrators"], Json::Null);
}

#[tokio::test]
async fn a_member_of_no_type_is_looked_up_and_a_new_word_for_users_is_no_member() {
    const PRINTER: &str = "fab00002-0000-4000-8000-00000000000c";
    // A guest holds a role directly, and two groups do, of which the printer is the one member.
    for (typed, word, expected) in
        [(true, "Guest", json!([3, true])), (false, "Guest", json!([3, true])), (true, "ExternalGuest", json!([1, false]))]
    {
        let tenant = with_schedules();
        edit(&tenant, "users", |rows| {
            rows.iter_mut().filter(|row| row["id"] == PRINTER).for_each(|row| row["userType"] = json!(word));
        });
        let tenant = tenant.with_fault(Fault::on("transitiveMembers").change(move |body| {
            body["value"] = json!([{"id": PRINTER, "userType": word, "displayName": "P"}]);
            if typed {
                body["value"][0]["@odata.type"] = json!("#microsoft.graph.user");
            }
        }));
        let answer = Inside::by_arm(tenant).await.read(NAME, json!({})).await.ok();
        assert_eq!(json!([answer["summary"]["guests"], answer["complete"]]), expected, "{typed} {word}");
    }
}

/// The same where nobody who holds it exists any more.
#[tokio::test]
async fn the_deleted_are_no_global_administrators() {
    let tenant = with_schedules();
    edit(&tenant, "directory-role-assignments", |rows| {
        rows.iter_mut().filter(|row| row["roleDefinitionId"] == GLOBAL_ADMINISTRATOR).enumerate().for_each(|(number, row)| {
            row["principalId"] = json!(format!("fab00002-0000-4000-8000-0000000fff{number:02}"));
            row.as_object_mut().unwrap().remove("principal");
        });
    });
    for expand in [false, true] {
        let arguments = json!({"assignment_types": ["active"], "expand_groups": expand});
        let reading = Inside::by_arm(tenant.clone()).await.read(NAME, arguments).await;
        let gaps = reading.gaps();
        assert!(gaps.iter().any(|gap| gap.starts_with("directory_role_assignments not_proven")), "{expand}: {gaps:?}");
        let answer = reading.ok();
        let rows = answer["role_assignments"].as_array().unwrap();
        assert!(rows.iter().any(|row| row["role_template_id"] == GLOBAL_ADMINISTRATOR && row["orphaned"] == true), "{expand}");
        assert_eq!(answer["summary"]["global_administrators"], Json::Null, "{expand}");
    }
}

#[tokio::test]
async fn a_role_that_is_held_and_not_in_the_list_of_roles_may_bear_the_name_that_is_asked_for() {
    let tenant = with_schedules();
    let mut id = String::new();
    edit(&tenant, "directory-role-definitions", |rows| {
        let at = rows.iter().position(|row| row["displayName"] == "Store Tablet Registrar").unwrap();
        id = rows.remove(at)["id"].as_str().unwrap().to_lowercase();
    });
    let inside = Inside::by_arm(tenant).await;
    for name in ["Global Reader", "Store Tablet Registrar"] {
        let reading = inside.read(NAME, json!({"role_display_names": [name]})).await;
        assert_eq!((reading.errors().len(), reading.gaps()), (0, vec!["directory_roles hidden graph".to_owned()]), "{name}");
    }
    let by_id = inside.read(NAME, json!({"role_template_ids": [id]})).await.ok();
    assert_eq!(by_id["role_assignments"][0]["role_template_id"], id, "what is held is a role");
}
