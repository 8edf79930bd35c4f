//! `azposture_role_assignments` on the demo tenant.

use std::collections::BTreeSet;

use azposture::demo::{Fault, PRINCIPAL_ID, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{held::assignment, inside::Inside};

const NAME: &str = "role_assignments";
const AVA: &str = "fab00002-0000-4000-8000-000000000001";
const DENIZ: &str = "fab00002-0000-4000-8000-000000000004";
const HUGO: &str = "fab00002-0000-4000-8000-000000000008";

/// Lets the demo's own principal hold this role at this scope and nothing else.
pub(super) fn caller_holds(tenant: &Tenant, role: &str, scope: &str) {
    tenant
        .edit("role-assignments", |list| {
            let rows = list["value"].as_array_mut().unwrap();
            rows.retain(|row| row["properties"]["principalId"] != PRINCIPAL_ID);
            rows.push(json!({
                "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/fab00007-0000-4000-8000-0000000000ff"),
                "type": "Microsoft.Authorization/roleAssignments", "name": "fab00007-0000-4000-8000-0000000000ff",
                "properties": {
                    "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{role}"),
                    "principalId": PRINCIPAL_ID, "principalType": "ServicePrincipal", "scope": scope, "condition": null,
                },
            }));
        })
        .unwrap();
}

fn rows(answer: &Json) -> Vec<&Json> {
    answer["role_assignments"].as_array().unwrap().iter().collect()
}

fn texts<'a>(answer: &'a Json, name: &str) -> BTreeSet<&'a str> {
    rows(answer).iter().filter_map(|row| row[name].as_str()).collect()
}

#[tokio::test]
async fn every_assignment_is_one_row_however_many_subscriptions_inherit_it() {
    let tenant = Tenant::demo();
    let answer = Inside::on(tenant.clone()).await.read(NAME, json!({"limit": 0})).await.ok();
    let given = tenant.document("role-assignments")["value"].as_array().unwrap().len();
    assert_eq!((rows(&answer).len(), texts(&answer, "key").len()), (given, given));
    let keys: Vec<_> = rows(&answer).iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect();
    assert!(keys.is_sorted() && keys.iter().all(|key| *key == key.to_lowercase()));
    for row in rows(&answer) {
        let above = ["tenant", "management_group"].contains(&row["scope_type"].as_str().unwrap());
        assert_eq!((row["inherited"] == true, row["subscription_id"].is_null()), (above, above), "{row:#}");
    }
    assert_eq!((&answer["complete"], &answer["summary"]["orphaned"]), (&json!(true), &json!(2)));
}

#[tokio::test]
async fn a_role_through_nested_groups_is_a_row_of_each_member() {
    let inside = Inside::on(Tenant::demo()).await;
    let arguments = json!({"principal_ids": [DENIZ], "expand_groups": true, "role_definition_names": ["reader"]});
    let answer = inside.read(NAME, arguments).await.ok();
    let [row] = rows(&answer)[..] else { panic!("{answer:#}") };
    assert_eq!(
        (&row["via"], &row["via_group_id"], &row["principal_display_name"], &row["principal_type"]),
        (&json!("group"), &json!("fab00003-0000-4000-8000-000000000002"), &json!("Deniz Kaya"), &json!("User"))
    );
    assert!(row["key"].as_str().unwrap().ends_with(&format!("|{DENIZ}")));
    let direct = inside.read(NAME, json!({"principal_ids": [DENIZ]})).await.ok();
    assert_eq!(direct["summary"]["matched"], 0, "nothing is given to him directly");
}

#[tokio::test]
async fn what_can_be_activated_is_listed_when_asked_for_and_marked() {
    let inside = Inside::on(Tenant::demo()).await;
    let arguments =
        json!({"principal_ids": [HUGO], "role_definition_names": ["Contributor"], "assignment_types": ["active", "eligible"]});
    let answer = inside.read(NAME, arguments).await.ok();
    let of = |kind: &str| rows(&answer).into_iter().find(|row| row["assignment_type"] == kind).unwrap();
    assert_eq!((&of("active")["pim"], of("active")["ends_on"].is_string()), (&json!("activated"), true));
    assert_eq!((&of("eligible")["pim"], &answer["summary"]["eligible"]), (&Json::Null, &json!(1)));
    assert!(inside.read(NAME, json!({})).await.ok()["summary"]["eligible"].is_null(), "they were not looked at");
}

#[tokio::test]
async fn without_the_licence_eligibility_is_a_gap_and_active_assignments_are_whole() {
    let tenant = Tenant::demo();
    tenant.edit("subscribed-skus", |list| list["value"] = json!([])).unwrap();
    let inside = Inside::on(tenant).await;
    let reading = inside.read(NAME, json!({"assignment_types": ["active", "eligible"]})).await;
    let gap = |id| format!("eligible_role_assignments not_licensed /subscriptions/{id}");
    assert_eq!(reading.gaps(), [gap(PRODUCTION), gap(SANDBOX)]);
    assert_eq!(inside.read(NAME, json!({})).await.ok()["complete"], true);
}

#[tokio::test]
async fn filters_narrow_and_what_nobody_knows_is_refused() {
    let inside = Inside::on(Tenant::demo()).await;
    let matched = async |arguments: Json| {
        let answer = inside.read(NAME, arguments).await.ok();
        assert_eq!(answer["summary"]["matched"].as_u64().unwrap() as usize, rows(&answer).len());
        answer
    };
    let owners = matched(json!({"role_definition_ids": ["/providers/Microsoft.Authorization/roleDefinitions/8E3AF657-a8ff-443c-a75c-2fe8c4bcb635"]})).await;
    assert_eq!(texts(&owners, "role_definition_name"), BTreeSet::from(["Owner"]));
    assert_eq!(owners["summary"]["owners"], owners["summary"]["matched"]);
    let people = matched(json!({"principal_types": ["user"], "include_management_groups": false})).await;
    assert_eq!(texts(&people, "principal_type"), BTreeSet::from(["User"]));
    assert!(!texts(&people, "scope_type").contains("tenant") && !texts(&people, "scope_type").contains("management_group"));
    let privileged = matched(json!({"privileged_only": true})).await;
    assert!(rows(&privileged).iter().all(|row| row["privileged"] == true));
    assert!(!texts(&privileged, "role_definition_name").contains("Reader"));
    let sandbox = matched(json!({"subscription_ids": [SANDBOX]})).await;
    assert!(!texts(&sandbox, "subscription_id").contains(PRODUCTION));

    let unknown = inside.read(NAME, json!({"role_definition_names": ["Raeder"]})).await;
    assert_eq!(unknown.errors(), ["Unknown value"]);
    assert!(unknown.detail().contains("`Reader`"), "{}", unknown.detail());
    for (arguments, summary) in [
        (json!({"scopes": ["/subscriptions/00000000-0000-4000-8000-000000000009"]}), "Outside the configured scope"),
        (json!({"scopes": []}), "Nothing selected"),
        (json!({"scopes": ["rg-shop-prod"]}), "Invalid value"),
        (json!({"principal_types": ["Robot"]}), "Unknown value"),
        (json!({"assignment_types": ["pending"]}), "Unknown value"),
    ] {
        assert_eq!(inside.read(NAME, arguments.clone()).await.errors(), [summary], "{arguments}");
    }
}

#[tokio::test]
async fn a_scope_selects_what_is_given_at_above_and_below_it() {
    let inside = Inside::on(Tenant::demo()).await;
    let group = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod");
    let answer = inside.read(NAME, json!({"scopes": [group], "limit": 0})).await.ok();
    let scopes = texts(&answer, "scope");
    let expected: BTreeSet<&str> = BTreeSet::from(["management_group", "resource", "resource_group", "subscription", "tenant"]);
    assert_eq!(texts(&answer, "scope_type"), expected);
    assert!(scopes.iter().all(|scope| !scope.contains("rg-data-prod") && !scope.contains(SANDBOX)), "{scopes:?}");
    let corp = "/providers/Microsoft.Management/managementGroups/mg-production";
    let answer = inside.read(NAME, json!({"scopes": [corp], "limit": 0})).await.ok();
    let scopes = texts(&answer, "scope");
    assert!(scopes.contains(format!("/subscriptions/{PRODUCTION}").as_str()) && scopes.contains("/"), "{scopes:?}");
    assert!(scopes.iter().all(|scope| !scope.contains(SANDBOX)), "{scopes:?}");
    assert_eq!(answer["deny_assignments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_deleted_are_orphans_and_names_can_be_left_out() {
    let inside = Inside::on(Tenant::demo()).await;
    let answer = inside.read(NAME, json!({"limit": 0})).await.ok();
    let orphans: Vec<_> = rows(&answer).into_iter().filter(|row| row["orphaned"] == true).collect();
    assert!(orphans.len() == 2 && orphans.iter().all(|row| row["principal_display_name"].is_null()), "{orphans:#?}");

    let redacted = Inside::configured(Tenant::demo(), json!({"environment": "demo", "personal_data": "redact"})).await;
    let answer = redacted.read(NAME, json!({"expand_groups": true, "limit": 0})).await.ok();
    assert!(rows(&answer).iter().all(|row| row["principal_display_name"].is_null()));
    assert_eq!(answer["summary"]["orphaned"], 2);
}

#[tokio::test]
async fn names_that_cannot_be_read_are_null_and_said() {
    let tenant = Tenant::demo().with_fault(Fault::on("/v1.0/users").refuse(403, "Authorization_RequestDenied", "no"));
    let reading = Inside::on(tenant).await.read(NAME, json!({"principal_ids": [AVA]})).await;
    assert_eq!(reading.gaps(), ["users forbidden graph"]);
    let answer = reading.ok();
    let row = rows(&answer)[0];
    assert_eq!(
        (&row["principal_display_name"], &row["orphaned"], &answer["complete"]),
        (&Json::Null, &Json::Null, &json!(false))
    );
}

#[tokio::test]
async fn the_roles_of_the_rows_stand_beside_them_custom_ones_below_a_subscription_too() {
    let answer =
        Inside::on(Tenant::demo()).await.read(NAME, json!({"role_definition_names": ["Shop Operator", "Owner"]})).await.ok();
    let roles = answer["role_definitions"].as_array().unwrap();
    let [owner, shop] = &roles[..] else { panic!("{roles:#?}") };
    assert_eq!(owner["id"], "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635");
    assert_eq!((&shop["name"], &shop["type"]), (&json!("Shop Operator"), &json!("CustomRole")));
    assert!(shop["assignable_scopes"][0].as_str().unwrap().ends_with("rg-shop-prod"));
}

#[tokio::test]
async fn a_list_that_is_not_proven_whole_says_so() {
    let tenant =
        Tenant::demo().with_fault(Fault::on("Microsoft.Authorization/permissions").refuse(403, "AuthorizationFailed", "no"));
    let reading = Inside::on(tenant).await.read(NAME, json!({})).await;
    assert!(reading.gaps().contains(&format!("role_assignments not_proven /subscriptions/{PRODUCTION}")), "{:?}", reading.gaps());
    assert_eq!(reading.ok()["complete"], false);
}

#[tokio::test]
async fn who_reads_one_resource_group_gets_no_shorter_list_of_the_subscription() {
    let tenant = Tenant::demo();
    let group = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod");
    caller_holds(&tenant, "acdd72a7-3385-48ef-bd42-f606fba81ae7", &group);
    let reading = Inside::by_arm(tenant.clone()).await.read(NAME, json!({})).await;
    assert_eq!(reading.errors(), ["Nothing could be read"], "{:?}", reading.said);
    assert!(reading.detail().contains("forbidden AuthorizationFailed"), "{}", reading.detail());
    // Resource Graph answers with the part it shows, and status 200.
    let reading = Inside::on(tenant).await.read(NAME, json!({})).await;
    let gap = format!("role_assignments not_proven /subscriptions/{PRODUCTION}");
    assert!(reading.gaps().contains(&gap), "{:?}", reading.gaps());
    assert_eq!(reading.ok()["complete"], false);
}

#[tokio::test]
async fn who_is_security_reader_of_one_subscription_gets_it_whole_and_the_rest_as_gaps() {
    let tenant = Tenant::demo();
    caller_holds(&tenant, "39bc4728-0917-49c7-9d2c-d95423bc2eb4", &format!("/subscriptions/{PRODUCTION}"));
    let reading = Inside::on(tenant).await.read(NAME, json!({"limit": 0})).await;
    let gaps = reading.gaps();
    assert!(gaps.iter().any(|gap| gap.starts_with("management_groups not_proven")), "{gaps:?}");
    let answer = reading.ok();
    assert_eq!((&answer["complete"], rows(&answer).is_empty()), (&json!(false), false));
    assert!(!gaps.iter().any(|gap| *gap == format!("role_assignments not_proven /subscriptions/{PRODUCTION}")), "{gaps:?}");
}

#[tokio::test]
async fn a_management_group_without_subscriptions_is_read_by_itself_and_a_refusal_is_a_gap() {
    let tenant = Tenant::demo();
    let empty = "/providers/Microsoft.Management/managementGroups/mg-empty";
    tenant
        .edit("management-groups", |list| {
            let mut group = list["value"].as_array().unwrap().iter().find(|row| row["name"] == "mg-sandbox").unwrap().clone();
            (group["id"], group["name"]) = (json!(empty), json!("mg-empty"));
            list["value"].as_array_mut().unwrap().push(group);
        })
        .unwrap();
    tenant
        .edit("role-assignments", |list| {
            let mut row = list["value"][0].clone();
            row["id"] =
                json!(format!("{empty}/providers/Microsoft.Authorization/roleAssignments/fab00007-0000-4000-8000-0000000000fe"));
            row["properties"]["scope"] = json!(empty);
            list["value"].as_array_mut().unwrap().push(row);
        })
        .unwrap();
    for (fixture, kind) in
        [("deny-assignments", "denyAssignments"), ("role-eligibility-schedule-instances", "roleEligibilityScheduleInstances")]
    {
        tenant
            .edit(fixture, |list| {
                let mut row = list["value"][0].clone();
                row["id"] =
                    json!(format!("{empty}/providers/Microsoft.Authorization/{kind}/fab00007-0000-4000-8000-0000000000fd"));
                row["properties"]["scope"] = json!(empty);
                list["value"].as_array_mut().unwrap().push(row);
            })
            .unwrap();
    }
    let all = || json!({"limit": 0, "assignment_types": ["active", "eligible"]});
    let answer = Inside::on(tenant.clone()).await.read(NAME, all()).await.ok();
    for kind in ["active", "eligible"] {
        assert!(rows(&answer).iter().any(|row| row["scope"] == empty && row["assignment_type"] == kind), "{kind}");
    }
    assert!(answer["deny_assignments"].as_array().unwrap().iter().any(|row| row["scope"] == empty));
    let refused = tenant.with_fault(Fault::on("mg-empty/providers").refuse(403, "AuthorizationFailed", "no"));
    let reading = Inside::on(refused).await.read(NAME, all()).await;
    let gap = |subject: &str| format!("{subject} forbidden {empty}");
    assert_eq!(reading.gaps(), ["deny_assignments", "eligible_role_assignments", "role_assignments"].map(gap));
    assert_eq!(reading.ok()["complete"], false);
}

#[tokio::test]
async fn members_that_are_hidden_or_refused_are_gaps() {
    let tenant = Tenant::demo();
    tenant.edit("groups", |list| list["value"][2]["visibility"] = json!("HiddenMembership")).unwrap();
    let platform = "fab00003-0000-4000-8000-000000000003";
    let reading = Inside::on(tenant).await.read(NAME, json!({"expand_groups": true})).await;
    assert_eq!(reading.gaps(), ["group_members hidden graph"]);
    let refused = Fault::on(format!("{platform}/transitiveMembers")).refuse(403, "Authorization_RequestDenied", "no");
    let reading = Inside::on(Tenant::demo().with_fault(refused)).await.read(NAME, json!({"expand_groups": true})).await;
    assert_eq!(reading.gaps(), ["group_members forbidden graph"]);
}

#[tokio::test]
async fn a_group_has_no_members_only_if_the_directory_says_that_it_is_gone() {
    let members = "fab00003-0000-4000-8000-000000000003/transitiveMembers";
    let gone = || Fault::on(members).refuse(404, "Request_ResourceNotFound", "does not exist");
    for (fault, gap) in [
        (gone(), "group_members not_visible graph"),
        (Fault::on(members).refuse(404, "UnknownError", ""), "group_members unavailable graph"),
        (Fault::on(members).refuse(404, "itemNotFound", "no"), "group_members not_visible graph"),
    ] {
        let reading = Inside::on(Tenant::demo().with_fault(fault)).await.read(NAME, json!({"expand_groups": true})).await;
        assert_eq!(reading.gaps(), [gap]);
    }
    let tenant = Tenant::demo();
    let platform = |row: &Json| row["id"] == members.split('/').next().unwrap();
    tenant.edit("groups", |list| list["value"].as_array_mut().unwrap().retain(|row| !platform(row))).unwrap();
    let reading = Inside::on(tenant.with_fault(gone())).await.read(NAME, json!({"expand_groups": true})).await;
    assert!(reading.gaps().is_empty(), "{:?}", reading.gaps());
}

#[tokio::test]
async fn a_role_that_is_refused_at_one_scope_is_asked_for_at_another() {
    const ROLE: &str = "fab00009-0000-4000-8000-0000000000ff";
    let tenant = Tenant::demo();
    tenant
        .edit("role-assignments", |list| {
            let rows = list["value"].as_array_mut().unwrap();
            let place = |id: &str| format!("/subscriptions/{id}");
            rows.extend([(90, PRODUCTION), (91, SANDBOX)].map(|(number, id)| assignment(number, AVA, ROLE, &place(id))));
        })
        .unwrap();
    let at = |id: &str| Fault::on(format!("/subscriptions/{id}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"));
    let role = json!({"id": format!("/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"), "name": ROLE,
    "type": "Microsoft.Authorization/roleDefinitions",
    "properties": {"roleName": "Odd", "type": "CustomRole", "assignableScopes": ["/"], "permissions": [
        {"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}
    ]}});
    let tenant =
        tenant.with_fault(at(PRODUCTION).refuse(403, "AuthorizationFailed", "no")).with_fault(at(SANDBOX).answer_json(200, role));
    let inside = Inside::by_arm(tenant).await;
    let of = |id: &str| json!({"subscription_ids": [id], "limit": 0});
    let gap = format!("role_definitions forbidden /subscriptions/{PRODUCTION}");
    assert_eq!(inside.read(NAME, of(PRODUCTION)).await.gaps(), [gap]);
    let reading = inside.read(NAME, of(SANDBOX)).await;
    assert!(reading.gaps().is_empty(), "{:?}", reading.gaps());
}

#[tokio::test]
async fn a_second_reading_asks_for_nothing_again() {
    let tenant = Tenant::demo();
    let inside = Inside::on(tenant.clone()).await;
    inside.read(NAME, json!({"expand_groups": true})).await.ok();
    let asked = tenant.requests().len();
    inside.read(NAME, json!({"expand_groups": true, "privileged_only": true})).await.ok();
    let again: Vec<_> = tenant.requests().into_iter().skip(asked).map(|request| request.path).collect();
    let names = ["/v1.0/groups", "/v1.0/servicePrincipals", "/v1.0/users"];
    assert!(
        again.iter().all(|path| names.iter().any(|name| path.starts_with(name))),
        "only the names of other principals: {again:#?}"
    );
}

#[tokio::test]
async fn an_area_that_is_off_is_an_error() {
    let inside = Inside::configured(Tenant::demo(), json!({"environment": "demo", "areas": ["posture"]})).await;
    assert_eq!(inside.read(NAME, json!({})).await.errors(), ["Area is off"]);
    assert_eq!(inside.read("directory_role_assignments", json!({})).await.errors(), ["Area is off"]);
}

#[tokio::test]
async fn a_scope_of_one_subscription_does_not_select_what_is_given_above_another() {
    for engine in ["never", "always"] {
        let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION, SANDBOX], "resource_graph": engine});
        let inside = Inside::configured(Tenant::demo(), block).await;
        let of = async |id: &str| {
            let answer = inside.read(NAME, json!({"scopes": [format!("/subscriptions/{id}")], "limit": 0})).await.ok();
            assert_eq!(answer["complete"], true, "{engine}");
            answer
        };
        let production = "/providers/Microsoft.Management/managementGroups/mg-production";
        assert!(texts(&of(PRODUCTION).await, "scope").contains(production), "{engine}");
        let sandbox = of(SANDBOX).await;
        assert!(!texts(&sandbox, "scope").contains(production), "{engine}: {:?}", texts(&sandbox, "scope"));
        assert!(texts(&sandbox, "scope").contains("/providers/Microsoft.Management/managementGroups/mg-fabrikam"), "{engine}");
    }
}

#[tokio::test]
async fn a_role_id_that_matches_nothing_is_a_warning() {
    let inside = Inside::by_arm(Tenant::demo()).await;
    let nobodys = "fab0000e-0000-4000-8000-00000000ffff";
    let reading = inside.read(NAME, json!({"role_definition_ids": [nobodys]})).await;
    assert!(reading.warnings().contains(&"Role definition id matches nothing"), "{:?}", reading.said);
    assert_eq!(reading.ok()["role_assignments"], json!([]));
    let owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    let reading = inside.read(NAME, json!({"role_definition_ids": [owner], "limit": 0})).await;
    assert!(reading.warnings().is_empty(), "{:?}", reading.said);
}
