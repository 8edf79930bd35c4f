//! What the lists of roles say of time, names, tenants and people, and what they do not say.

use azposture::{
    azure::settings::ScopeSetting,
    demo::{Fault, PRODUCTION, SANDBOX, Tenant},
};
use serde_json::{Value as Json, json};

use super::{
    directory_roles::with_schedules,
    subscriptions::{below, in_two_groups},
};
use crate::support::{
    held::{assignment, edit, edited, grow, subscription},
    inside::{Inside, Reading},
};

const AZURE: &str = "role_assignments";
const DIRECTORY: &str = "directory_role_assignments";
const AVA: &str = "fab00002-0000-4000-8000-000000000001";
const HUGO: &str = "fab00002-0000-4000-8000-000000000008";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const TWIN: &str = "fab00008-0000-4000-8000-0000000000ee";
const OVER: &str = "2020-01-01T00:00:00Z";

fn rows(answer: &Json, is: impl Fn(&Json) -> bool) -> Vec<&Json> {
    answer["role_assignments"].as_array().unwrap().iter().filter(|row| is(row)).collect()
}

fn only(answer: &Json, is: impl Fn(&Json) -> bool) -> &Json {
    let [row] = rows(answer, is)[..] else { panic!("{answer:#}") };
    row
}

#[tokio::test]
async fn an_assignment_that_has_ended_and_is_still_there_keeps_its_end() {
    let mut both = Vec::new();
    for permanent_first in [None, Some(true), Some(false)] {
        let tenant = edited(Tenant::demo(), "role-assignment-schedule-instances", |list| {
            let own = list.iter_mut().find(|row| row["properties"]["principalId"] == HUGO).unwrap();
            own["properties"]["endDateTime"] = json!(OVER);
            own["properties"]["startDateTime"] = json!("2019-12-31T16:00:00Z");
            let mut permanent = own.clone();
            permanent["id"] = json!(permanent["id"].as_str().unwrap().replace("00000b", "0000fb"));
            permanent["properties"]["endDateTime"] = Json::Null;
            permanent["properties"]["assignmentType"] = json!("Assigned");
            match permanent_first {
                None => {}
                Some(true) => list.insert(0, permanent),
                Some(false) => list.push(permanent),
            }
        });
        let answer = Inside::on(tenant).await.read(AZURE, json!({"principal_ids": [HUGO], "limit": 0})).await.ok();
        let row = only(&answer, |row| row["role_definition_name"] == "Contributor");
        both.push((row["pim"].clone(), row["ends_on"].clone()));
    }
    let permanent = || (json!("assigned"), Json::Null);
    assert_eq!(both, [(json!("activated"), json!(OVER)), permanent(), permanent()]);
}

#[tokio::test]
async fn a_directory_role_that_has_ended_is_not_permanent_and_one_that_also_lasts_is() {
    let of_ava = |row: &Json| row["principalId"] == AVA && row["roleDefinitionId"] == GLOBAL_ADMINISTRATOR;
    let mut seen = Vec::new();
    for lasting_first in [None, Some(true), Some(false)] {
        let tenant = edited(with_schedules(), "directory-role-assignment-schedule-instances", |list| {
            let own = list.iter_mut().find(|row| of_ava(row)).unwrap();
            let lasting = own.clone();
            own["endDateTime"] = json!(OVER);
            match lasting_first {
                None => {}
                Some(true) => list.insert(0, lasting),
                Some(false) => list.push(lasting),
            }
        });
        let arguments = json!({"principal_ids": [AVA], "role_template_ids": [GLOBAL_ADMINISTRATOR]});
        let answer = Inside::on(tenant).await.read(DIRECTORY, arguments).await.ok();
        let row = only(&answer, |row| row["via"] == "direct" && row["assignment_type"] == "active");
        let permanent = &answer["summary"]["permanent_privileged"];
        seen.push((row["pim"].clone(), row["ends_on"].clone(), row["permanent"].clone(), permanent.clone()));
    }
    let lasting = || (json!("assigned"), Json::Null, json!(true), json!(1));
    assert_eq!(seen, [(json!("assigned"), json!(OVER), json!(false), json!(0)), lasting(), lasting()]);
}

#[tokio::test]
async fn what_can_be_activated_no_more_is_not_eligible() {
    let tenant = edited(with_schedules(), "directory-role-eligibility-schedule-instances", |list| {
        list.iter_mut().for_each(|row| row["endDateTime"] = json!(OVER));
    });
    let summary = Inside::on(tenant).await.read(DIRECTORY, json!({})).await.ok()["summary"].clone();
    assert_eq!(summary["eligible"], 0);
}

/// Another role called Owner, which Ava holds on the sandbox.
fn with_another_owner() -> Tenant {
    let tenant = edited(Tenant::demo(), "role-definitions", |list| {
        let mut twin = list.iter().find(|row| row["name"] == OWNER).unwrap().clone();
        (twin["name"], twin["id"]) = (json!(TWIN), json!(format!("/providers/Microsoft.Authorization/roleDefinitions/{TWIN}")));
        (twin["properties"]["type"], twin["properties"]["roleName"]) = (json!("CustomRole"), json!("owner"));
        list.push(twin);
    });
    edited(tenant, "role-assignments", |list| list.push(assignment(95, AVA, TWIN, &subscription(SANDBOX))))
}

#[tokio::test]
async fn a_name_that_several_roles_bear_selects_the_rows_of_all() {
    for engine in ["never", "always"] {
        let inside = Inside::configured(with_another_owner(), json!({"environment": "demo", "resource_graph": engine})).await;
        let answer = inside.read(AZURE, json!({"role_definition_names": ["OWNER"], "limit": 0})).await.ok();
        let of = |guid: &str| rows(&answer, |row| row["role_definition_id"].as_str().unwrap().ends_with(guid)).len();
        assert!(of(OWNER) > 0 && of(TWIN) == 1, "{engine}: {answer:#}");
        assert_eq!(answer["complete"], true, "{engine}");
    }
}

#[tokio::test]
async fn a_role_of_a_wanted_name_that_could_not_be_read_is_not_left_out_for_another_of_that_name() {
    let tenant = with_another_owner()
        .with_fault(Fault::on("Microsoft.Authorization/roleDefinitions").keep(|row| row["properties"]["type"] != "BuiltInRole"));
    let refused = Fault::on(format!("roleDefinitions/{OWNER}")).refuse(403, "AuthorizationFailed", "no");
    let reading = Inside::by_arm(tenant.with_fault(refused)).await.read(AZURE, json!({"role_definition_names": ["Owner"]})).await;
    let answer = reading.ok();
    assert!(!rows(&answer, |row| row["role_definition_id"].as_str().unwrap().ends_with(OWNER)).is_empty(), "{answer:#}");
    assert_eq!(answer["complete"], false);
}

#[tokio::test]
async fn a_directory_role_name_that_several_bear_selects_the_rows_of_all() {
    let tenant = edited(with_schedules(), "directory-role-definitions", |list| {
        let mut twin = list.iter().find(|row| row["id"] == GLOBAL_ADMINISTRATOR).unwrap().clone();
        (twin["id"], twin["templateId"], twin["isBuiltIn"]) = (json!(TWIN), json!(TWIN), json!(false));
        list.push(twin);
    });
    let tenant = edited(tenant, "directory-role-assignments", |list| {
        let mut row = list[0].clone();
        (row["id"], row["principalId"], row["roleDefinitionId"]) = (json!("FabTwin-1"), json!(HUGO), json!(TWIN));
        list.push(row);
    });
    let answer = Inside::on(tenant).await.read(DIRECTORY, json!({"role_display_names": ["global administrator"]})).await.ok();
    let of = |id: &str| rows(&answer, |row| row["role_template_id"] == id).len();
    assert!(of(GLOBAL_ADMINISTRATOR) > 0 && of(TWIN) == 1, "{answer:#}");
}

const ELSEWHERE: &str = "fab00000-0000-4000-8000-0000000000ff";

/// The sandbox belongs to another tenant, which delegated it. There and on a group above it, one of that tenant's people holds a role.
async fn delegated(tenant_id: Json, engine: &str) -> (Tenant, Inside) {
    let tenant = edited(Tenant::demo(), "subscriptions", |list| {
        list.iter_mut().find(|row| row["subscriptionId"] == SANDBOX).unwrap()["tenantId"] = tenant_id;
    });
    let above = "/providers/Microsoft.Management/managementGroups/mg-sandbox";
    let tenant = edited(tenant, "role-assignments", |list| {
        list.push(assignment(96, "fab000ff-0000-4000-8000-000000000001", OWNER, &subscription(SANDBOX)));
        list.push(assignment(97, "fab000ff-0000-4000-8000-000000000002", OWNER, above));
    });
    let scope = ScopeSetting::Subscriptions([PRODUCTION, SANDBOX].map(str::to_owned).into());
    (tenant.clone(), Inside::aimed(tenant, scope, engine).await)
}

#[tokio::test]
async fn in_a_subscription_of_another_tenant_no_list_is_whole_and_nobody_is_an_orphan() {
    for (tenant_id, engine) in [(json!(ELSEWHERE), "never"), (json!(ELSEWHERE), "always"), (Json::Null, "never")] {
        let (_, inside) = delegated(tenant_id.clone(), engine).await;
        let reading = inside.read(AZURE, json!({"limit": 0, "assignment_types": ["active", "eligible"]})).await;
        for subject in ["eligible_role_assignments", "role_assignments"] {
            let gap = format!("{subject} not_proven /subscriptions/{SANDBOX}");
            assert!(reading.gaps().contains(&gap), "{engine} {tenant_id}: {:?}", reading.gaps());
        }
        let answer = reading.ok();
        assert_eq!(answer["complete"], false);
        let theirs = rows(&answer, |row| row["principal_id"].as_str().unwrap().starts_with("fab000ff"));
        assert_eq!(theirs.len(), 2, "{engine} {tenant_id}: {answer:#}");
        for row in rows(&answer, |row| row["subscription_id"] == SANDBOX).into_iter().chain(theirs) {
            let said = (&row["orphaned"], &row["principal_display_name"]);
            assert_eq!(said, (&Json::Null, &Json::Null), "{engine} {tenant_id}: {row:#}");
        }
        let ours = rows(&answer, |row| row["subscription_id"] == PRODUCTION && row["principal_type"] == "User");
        assert!(!ours.is_empty() && ours.iter().all(|row| row["principal_display_name"].is_string()), "{engine} {tenant_id}");
    }
}

#[tokio::test]
async fn groups_of_another_tenant_are_looked_into_by_nobody() {
    const STRANGERS: &str = "fab000ff-0000-4000-8000-000000000003";
    let (tenant, _) = delegated(json!(ELSEWHERE), "never").await;
    let tenant = edited(tenant, "role-assignments", |list| {
        let mut row = assignment(98, STRANGERS, OWNER, &subscription(SANDBOX));
        row["properties"]["principalType"] = json!("Group");
        list.push(row);
    });
    let scope = ScopeSetting::Subscriptions([PRODUCTION, SANDBOX].map(str::to_owned).into());
    let inside = Inside::aimed(tenant.clone(), scope, "never").await;
    let reading = inside.read(AZURE, json!({"expand_groups": true})).await;
    let hidden = |row: &&Json| row["subject"] == "group_members" && row["remedy"].as_str().unwrap().contains(STRANGERS);
    assert_eq!(reading.value.as_ref().unwrap()["unreadable"].as_array().unwrap().iter().filter(hidden).count(), 1);
    assert!(!tenant.requests().iter().any(|request| request.path.contains(STRANGERS)), "{:?}", reading.gaps());
}

/// Every attribute that is an empty text, and every key of a map that is one. A code may be empty: not every failure has one.
fn empty_texts(value: &Json, at: &str) -> Vec<String> {
    match value {
        Json::String(text) if text.is_empty() && !at.ends_with(".code") => vec![at.to_owned()],
        Json::Array(all) => all.iter().flat_map(|one| empty_texts(one, at)).collect(),
        Json::Object(all) => {
            let keys = all.keys().filter(|key| key.is_empty()).map(|_| format!("{at}[\"\"]"));
            keys.chain(all.iter().flat_map(|(key, one)| empty_texts(one, &format!("{at}.{key}")))).collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn what_the_service_leaves_out_is_null_and_never_an_empty_text() {
    for absent in [Json::Null, json!("")] {
        let tenant = with_schedules();
        for (fixture, names) in [
            ("assessments", &["displayName"][..]),
            ("deny-assignments", &["denyAssignmentName", "description"]),
            ("directory-role-definitions", &["displayName"]),
            ("groups", &["displayName", "visibility"]),
            ("management-groups", &["displayName"]),
            ("organization", &["displayName"]),
            ("pricings", &["subPlan", "resourcesCoverageStatus", "enablementTime"]),
            ("role-assignments", &["principalType", "description", "createdBy", "createdOn"]),
            ("role-definitions", &["roleName", "type"]),
            ("service-principals", &["displayName"]),
            ("subscriptions", &["displayName", "state", "authorizationSource", "quotaId", "spendingLimit"]),
            ("users", &["displayName"]),
        ] {
            tenant
                .edit(fixture, |list| list["value"].as_array_mut().unwrap().iter_mut().for_each(|row| blank(row, names, &absent)))
                .unwrap();
        }
        let inside = Inside::by_arm(tenant).await;
        for (name, arguments) in [
            ("connection", json!({})),
            ("defender_assessments", json!({"limit": 0})),
            ("defender_plans", json!({"limit": 0})),
            (DIRECTORY, json!({"limit": 0})),
            (AZURE, json!({"limit": 0, "expand_groups": true, "assignment_types": ["active", "eligible"]})),
            ("subscriptions", json!({})),
        ] {
            let answer = inside.read(name, arguments).await.ok();
            assert_eq!(empty_texts(&answer, name), [""; 0], "{name} with {absent}");
        }
        let answer = inside.read(AZURE, json!({"limit": 0})).await.ok();
        assert!(answer["summary"]["by_role"][OWNER].as_u64() > Some(0), "a role without a name counts by its id: {answer:#}");
    }
}

/// Blanks these texts wherever they stand in a row.
fn blank(row: &mut Json, names: &[&str], with: &Json) {
    match row {
        Json::Object(all) => {
            for (name, value) in all.iter_mut() {
                if names.contains(&name.as_str()) { *value = with.clone() } else { blank(value, names, with) }
            }
        }
        Json::Array(all) => all.iter_mut().for_each(|one| blank(one, names, with)),
        _ => {}
    }
}

#[tokio::test]
async fn a_role_that_says_no_name_is_found_by_none_and_the_answer_says_so() {
    let nameless = |tenant: Tenant, fixture: &str, id: &'static str| {
        edited(tenant, fixture, |list| {
            let row = list.iter_mut().find(|row| row["name"] == id || row["id"] == id).unwrap();
            blank(row, &["roleName", "displayName"], &Json::Null);
        })
    };
    let azure = Inside::on(nameless(Tenant::demo(), "role-definitions", OWNER)).await;
    let reading = azure.read(AZURE, json!({"role_definition_names": ["Reader"]})).await;
    assert_eq!(
        reading.gaps(),
        [format!("role_definitions not_proven /providers/Microsoft.Authorization/roleDefinitions/{OWNER}")]
    );
    for reading in [reading, azure.read(AZURE, json!({"role_definition_names": ["Raeder"]})).await] {
        assert_eq!(reading.ok()["complete"], false, "it may be the one");
    }
    assert_eq!(azure.read(AZURE, json!({})).await.ok()["complete"], true, "nobody asked for names");
    let directory = Inside::on(nameless(with_schedules(), "directory-role-definitions", GLOBAL_ADMINISTRATOR)).await;
    let reading: Reading = directory.read(DIRECTORY, json!({"role_display_names": ["Global Administrators"]})).await;
    assert_eq!(reading.gaps(), ["directory_roles hidden graph"]);
    assert_eq!(reading.ok()["summary"]["matched"], Json::Null);
}

#[tokio::test]
async fn whoever_a_list_has_just_named_is_not_looked_up_again() {
    let asked = |tenant: &Tenant, path: &str| tenant.requests().iter().filter(|request| request.path == path).count();
    let tenant = with_schedules();
    let answer = Inside::on(tenant.clone()).await.read(DIRECTORY, json!({"limit": 0})).await.ok();
    assert!(!rows(&answer, |row| row["via"] == "group").is_empty() && answer["summary"]["guests"] == 1, "{answer:#}");
    assert_eq!(asked(&tenant, "/v1.0/users"), 1, "for the one principal that no list shows");
    let tenant = Tenant::demo();
    let groups = json!({"role_definition_names": ["Reader"], "principal_types": ["Group", "User"], "expand_groups": true});
    let answer = Inside::on(tenant.clone()).await.read(AZURE, groups).await.ok();
    assert!(!rows(&answer, |row| row["via"] == "group").is_empty(), "{answer:#}");
    assert_eq!(
        asked(&tenant, "/v1.0/groups"),
        2,
        "for those that roles are given to, and for those in them: they may hide members"
    );
}

#[tokio::test]
async fn a_user_of_whom_nobody_says_whether_it_is_a_guest_is_a_gap() {
    let tenant = edited(with_schedules(), "users", |list| list.iter_mut().for_each(|row| row["userType"] = Json::Null));
    let reading = Inside::on(tenant).await.read(DIRECTORY, json!({})).await;
    assert_eq!(reading.gaps(), ["users hidden graph"]);
    assert_eq!(reading.ok()["summary"]["guests"], Json::Null);
}

/// An end that is no time is not the absence of one.
#[tokio::test]
async fn what_ends_nobody_knows_when_is_not_permanent() {
    let is_dated = |row: &&mut Json| row["endDateTime"].is_string();
    for (list, kind, subject) in [
        ("directory-role-assignment-schedule-instances", "active", "directory_role_assignment_schedules"),
        ("directory-role-eligibility-schedule-instances", "eligible", "eligible_directory_role_assignments"),
    ] {
        for (end, is_read) in [(json!("soon"), true), (json!(7), false)] {
            let tenant = edited(with_schedules(), list, |rows| {
                rows.iter_mut().filter(is_dated).for_each(|row| row["endDateTime"] = end.clone());
            });
            let reading = Inside::by_arm(tenant).await.read(DIRECTORY, json!({"limit": 0})).await;
            assert_eq!(reading.gaps(), [format!("{subject} invalid_response graph")], "{list} {end}");
            let answer = reading.ok();
            let open =
                rows(&answer, |row| row["assignment_type"] == kind && row["via"] == "direct" && row["permanent"].is_null());
            assert_eq!(!open.is_empty(), is_read || kind == "active", "{list} {end}");
            assert!(open.iter().all(|row| row["ends_on"].is_null()));
        }
    }
}

#[tokio::test]
async fn an_azure_role_that_ends_nobody_knows_when_is_a_gap() {
    for (list, subject) in [
        ("role-assignment-schedule-instances", "role_assignment_schedules"),
        ("role-eligibility-schedule-instances", "eligible_role_assignments"),
    ] {
        let is_dated = |row: &&mut Json| row["properties"]["endDateTime"].is_string();
        let tenant = edited(Tenant::demo(), list, |rows| {
            rows.iter_mut().filter(is_dated).for_each(|row| row["properties"]["endDateTime"] = json!("soon"));
        });
        let reading = Inside::by_arm(tenant).await.read(AZURE, json!({"assignment_types": ["active", "eligible"]})).await;
        let gaps = reading.gaps();
        assert!(!gaps.is_empty() && gaps.iter().all(|gap| gap.starts_with(&format!("{subject} invalid_response "))), "{gaps:?}");
    }
}

#[tokio::test]
async fn a_deny_assignment_that_does_not_say_whom_it_leaves_out_leaves_out_nobody_knows_whom() {
    let tenant = edited(Tenant::demo(), "deny-assignments", |rows| {
        rows.iter_mut().for_each(|row| row["properties"]["excludePrincipals"] = Json::Null);
    });
    let reading = Inside::by_arm(tenant).await.read(AZURE, json!({})).await;
    let gaps = reading.gaps();
    assert!(!gaps.is_empty() && gaps.iter().all(|gap| gap.starts_with("deny_assignments invalid_response ")), "{gaps:?}");
    let answer = reading.ok();
    let rows = answer["deny_assignments"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["excluded_principal_ids"].is_null()));
}

#[tokio::test]
async fn what_is_given_on_a_group_above_is_not_lost_where_the_place_below_it_is_not_certain() {
    let ask = json!({"scopes": [subscription(PRODUCTION)], "limit": 0});
    let ways: [fn(&mut Vec<Json>); 3] = [
        in_two_groups,
        |rows| rows.retain(|row| row["name"] != "mg-production"),
        |rows| rows.iter_mut().filter(|row| row["name"] == PRODUCTION).for_each(|row| row["properties"]["parent"] = Json::Null),
    ];
    for way in ways {
        let reading = Inside::by_arm(below(way)).await.read(AZURE, ask.clone()).await;
        let gap = format!("management_groups not_proven /subscriptions/{PRODUCTION}");
        assert!(reading.gaps().contains(&gap), "{:?}", reading.gaps());
        assert_eq!(reading.ok()["complete"], false);
    }
}

/// Resource Graph is behind, and the last of many subscriptions is not asked itself.
#[tokio::test]
async fn a_role_of_a_subscription_that_was_not_asked_is_no_unknown_value() {
    const ROLE: &str = "fab00030-0000-4000-8000-000000000009";
    let t = Tenant::demo();
    let last = subscription(grow(&t, 25).last().unwrap());
    edit(&t, "role-definitions", |rows| {
        let allowed =
            json!([{"actions": ["Microsoft.Web/sites/read"], "notActions": [], "dataActions": [], "notDataActions": []}]);
        rows.push(json!({
            "id": format!("{last}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"), "name": ROLE,
            "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {"roleName": "Night Watch", "type": "CustomRole", "assignableScopes": [last], "permissions": allowed}
        }));
    });
    let t = t.with_fault(Fault::on("Microsoft.ResourceGraph").named("roledefinitions").keep(|row| row["name"] != ROLE));
    let inside = || Inside::aimed(t.clone(), ScopeSetting::Tenant, "always");
    let reading = inside().await.read(AZURE, json!({"role_definition_names": ["Night Watch"]})).await;
    assert!(reading.gaps().contains(&"role_definitions not_proven tenant".to_owned()), "{:?}", reading.said);
    assert_eq!(reading.ok()["complete"], false);
    let wants = json!({"principal_id": AVA, "role_definition_names": ["Night Watch"], "scopes": [subscription(PRODUCTION)]});
    let verdict = inside().await.plan("role_assignment_validation", wants).await;
    assert_eq!(verdict.errors(), ["role_assignment_validation: 1 unknown of 1"], "{}", verdict.detail());
}
