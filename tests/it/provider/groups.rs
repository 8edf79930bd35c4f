//! `azposture_groups` on the demo tenant.

use azposture::demo::{Fault, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{edit, edited},
    inside::{Inside, Reading},
};

const NAME: &str = "groups";
const EVERYBODY: &str = "fab00003-0000-4000-8000-000000000001";
const ENGINEERING: &str = "fab00003-0000-4000-8000-000000000002";
const PLATFORM: &str = "fab00003-0000-4000-8000-000000000003";
const ON_CALL: &str = "fab00003-0000-4000-8000-000000000004";
const ADMINISTRATORS: &str = "fab00003-0000-4000-8000-000000000008";
/// Nobody is in it.
const SUMMIT: &str = "fab00003-0000-4000-8000-00000000000f";
/// Hides its members.
const COUNCIL: &str = "fab00003-0000-4000-8000-000000000010";

async fn reading(tenant: Tenant, arguments: Json) -> Reading {
    Inside::on(tenant).await.read(NAME, arguments).await
}

async fn read(tenant: Tenant, arguments: Json) -> Json {
    reading(tenant, arguments).await.ok()
}

fn row<'a>(answer: &'a Json, id: &str) -> &'a Json {
    let rows = answer["groups"].as_array().unwrap();
    rows.iter().find(|row| row["key"] == id).unwrap_or_else(|| panic!("{id} in {answer:#}"))
}

fn members(id: &str) -> Json {
    json!({"group_ids": [id], "include_members": true})
}

#[tokio::test]
async fn groups_are_told_by_what_can_be_given_to_them_and_by_what_decides_who_is_in_them() {
    let tenant = Tenant::demo();
    let answer = read(tenant.clone(), json!({"limit": 0})).await;
    let everybody = row(&answer, EVERYBODY);
    assert_eq!((&everybody["dynamic"], &everybody["membership_rule_state"]), (&json!(true), &json!("On")));
    assert_eq!(everybody["membership_rule"], "(user.userType -eq \"Member\")");
    let administrators = row(&answer, ADMINISTRATORS);
    assert_eq!((&administrators["role_assignable"], &administrators["dynamic"]), (&json!(true), &json!(false)));
    assert_eq!(
        (&row(&answer, ENGINEERING)["role_assignable"], &row(&answer, ENGINEERING)["visibility"]),
        (&json!(false), &Json::Null)
    );
    let sources: Vec<_> =
        ["fab00003-0000-4000-8000-00000000000d", ENGINEERING].map(|id| row(&answer, id)["source"].clone()).into();
    assert_eq!(sources, [json!("synced"), json!("cloud")]);
    let all = tenant.document("groups")["value"].as_array().unwrap().len();
    assert_eq!((&answer["summary"]["matched"], &answer["summary"]["empty"]), (&json!(all), &Json::Null));
    assert_eq!([&answer["summary"]["role_assignable"], &answer["summary"]["dynamic"], &answer["summary"]["synced"]], [2, 2, 2]);
    assert!(answer["groups"].as_array().unwrap().iter().all(|row| row["member_count"].is_null() && row["user_ids"].is_null()));
    assert_eq!(tenant.requests().iter().filter(|one| one.path.contains("/groups")).count(), 1);
}

#[tokio::test]
async fn filters_meet_what_they_name() {
    for (arguments, expected) in [
        (json!({"role_assignable": true}), vec!["Cloud Administrators", "Identity operators"]),
        (json!({"dynamic": true}), vec!["All members", "Partners"]),
        (json!({"display_names": ["STORES *"]}), vec!["Stores north", "Stores south"]),
        (json!({"display_names": ["stores*"], "dynamic": true}), vec![]),
        (json!({"group_ids": [ON_CALL.to_uppercase()]}), vec!["On call"]),
    ] {
        let answer = read(Tenant::demo(), arguments.clone()).await;
        let names: Vec<_> =
            answer["groups"].as_array().unwrap().iter().map(|row| row["display_name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{arguments}");
    }
}

#[tokio::test]
async fn members_are_those_of_nested_groups_too_each_of_its_kind() {
    let answer = read(Tenant::demo(), members(ENGINEERING)).await;
    let engineering = row(&answer, ENGINEERING);
    let user = |end: &str| json!(format!("fab00002-0000-4000-8000-{end:0>12}"));
    assert_eq!(engineering["user_ids"], json!(["2", "4", "5", "8", "a", "d"].map(user)));
    assert_eq!(engineering["group_ids"], json!([PLATFORM, ON_CALL]));
    assert_eq!(engineering["service_principal_ids"], json!(["fab00004-0000-4000-8000-000000000003"]));
    assert_eq!(
        (&engineering["device_ids"], &engineering["other_ids"], &engineering["member_count"]),
        (&json!([]), &json!([]), &json!(9))
    );
    assert_eq!((&answer["summary"]["empty"], &answer["complete"]), (&json!(0), &json!(true)));
    let empty = read(Tenant::demo(), members(SUMMIT)).await;
    assert_eq!((&row(&empty, SUMMIT)["member_count"], &empty["summary"]["empty"]), (&json!(0), &json!(1)));
}

#[tokio::test]
async fn who_is_in_groups_is_read_where_groups_are_named() {
    let open = reading(Tenant::demo(), json!({"include_members": true})).await;
    assert_eq!(open.errors(), ["Nothing selected"]);
    let named = reading(Tenant::demo(), json!({"include_members": true, "display_names": ["*"], "limit": 0})).await;
    assert_eq!(named.gaps(), ["group_members hidden graph"]);
}

#[tokio::test]
async fn a_group_that_hides_its_members_is_not_taken_for_empty() {
    let hidden = reading(Tenant::demo(), members(COUNCIL)).await;
    assert_eq!(hidden.gaps(), ["group_members hidden graph"]);
    let answer = hidden.ok();
    let lists = ["member_count", "user_ids", "group_ids", "service_principal_ids", "device_ids", "other_ids"];
    assert!(lists.iter().all(|name| row(&answer, COUNCIL)[*name].is_null()));
    assert_eq!(answer["summary"]["empty"], Json::Null);
    // Nor is one whole that has such a group in it, or one of which nothing is said.
    let nested = |visibility: Json| {
        edited(Tenant::demo(), "groups", |rows| {
            rows.iter_mut().filter(|row| row["id"] == ON_CALL).for_each(|row| match &visibility {
                Json::Null => drop(row.as_object_mut().unwrap().remove("visibility")),
                word => row["visibility"] = word.clone(),
            });
        })
    };
    for visibility in [json!("HiddenMembership"), json!("Xyzzy"), Json::Null] {
        let reading = reading(nested(visibility.clone()), members(ENGINEERING)).await;
        assert_eq!(reading.gaps(), ["group_members hidden graph"], "{visibility}");
        assert_eq!(row(&reading.ok(), ENGINEERING)["member_count"], Json::Null, "{visibility}");
    }
    let public = reading(nested(json!("Public")), members(ENGINEERING)).await;
    assert_eq!(public.gaps(), [""; 0]);
}

#[tokio::test]
async fn a_member_that_does_not_say_what_it_is_is_counted_and_a_gap() {
    let silent = Fault::on("/transitiveMembers").change(|list| {
        drop(list["value"][0].as_object_mut().unwrap().remove("@odata.type"));
    });
    let reading = reading(Tenant::demo().with_fault(silent), members(ENGINEERING)).await;
    assert_eq!(reading.gaps(), ["group_members hidden graph"]);
    let answer = reading.ok();
    let engineering = row(&answer, ENGINEERING);
    assert_eq!((engineering["other_ids"].as_array().unwrap().len(), &engineering["member_count"]), (1, &json!(9)));
}

#[tokio::test]
async fn a_list_of_members_that_was_refused_is_a_gap_and_no_empty_group() {
    let refused = Fault::on(format!("/{SUMMIT}/transitiveMembers")).refuse(403, "Authorization_RequestDenied", "no");
    let asked = json!({"group_ids": [SUMMIT, ENGINEERING], "include_members": true});
    let reading = reading(Tenant::demo().with_fault(refused), asked).await;
    assert_eq!(reading.gaps(), ["group_members forbidden graph"]);
    let answer = reading.ok();
    assert_eq!((&row(&answer, SUMMIT)["member_count"], &row(&answer, ENGINEERING)["member_count"]), (&Json::Null, &json!(9)));
    assert_eq!((&answer["summary"]["empty"], &answer["summary"]["synced"]), (&Json::Null, &json!(0)));
}

#[tokio::test]
async fn what_a_group_does_not_say_is_null_passes_every_filter_and_is_a_gap() {
    for (field, attribute, filter) in [
        ("isAssignableToRole", "role_assignable", json!({"role_assignable": false})),
        ("groupTypes", "dynamic", json!({"dynamic": true})),
        ("displayName", "display_name", json!({"display_names": ["stores*"]})),
        ("onPremisesSyncEnabled", "source", json!({})),
    ] {
        let tenant = edited(Tenant::demo(), "groups", |rows| {
            let own = rows.iter_mut().find(|row| row["id"] == ADMINISTRATORS).unwrap();
            drop(own.as_object_mut().unwrap().remove(field));
        });
        let mut asked = filter.clone();
        asked["limit"] = json!(0);
        let reading = reading(tenant, asked).await;
        assert_eq!(reading.gaps(), ["groups hidden graph"], "{field}");
        assert_eq!(row(&reading.ok(), ADMINISTRATORS)[attribute], Json::Null, "{field}");
    }
    let running = edited(Tenant::demo(), "groups", |rows| {
        rows.iter_mut().filter(|row| row["id"] == EVERYBODY).for_each(|row| row["groupTypes"] = json!([]));
    });
    let answer = read(running, json!({"dynamic": true, "limit": 0})).await;
    assert_eq!(row(&answer, EVERYBODY)["dynamic"], Json::Null, "a rule that runs decides who is in it, whatever its types say");
}

#[tokio::test]
async fn two_rows_of_one_group_leave_open_what_they_do_not_agree_on() {
    let tenant = Tenant::demo();
    edit(&tenant, "groups", |rows| {
        let mut twin = rows.iter().find(|row| row["id"] == ADMINISTRATORS).unwrap().clone();
        twin["isAssignableToRole"] = json!(false);
        rows.insert(0, twin);
    });
    for wanted in [true, false] {
        let reading = reading(tenant.clone(), json!({"role_assignable": wanted, "limit": 0})).await;
        assert!(reading.gaps().contains(&"groups invalid_response graph".to_owned()), "{:?}", reading.gaps());
        assert_eq!(row(&reading.ok(), ADMINISTRATORS)["role_assignable"], Json::Null, "{wanted}");
    }
}

#[tokio::test]
async fn a_group_that_nobody_knows_is_refused() {
    for arguments in [json!({"group_ids": ["fab00003-0000-4000-8000-0000000000ff"]}), json!({"display_names": ["grp-*"]})] {
        assert_eq!(reading(Tenant::demo(), arguments.clone()).await.errors(), ["Nothing selected"], "{arguments}");
    }
    let refused = Fault::on("/v1.0/groups").refuse(403, "Authorization_RequestDenied", "no");
    assert_eq!(reading(Tenant::demo().with_fault(refused), json!({})).await.errors(), ["Nothing could be read"]);
}

#[tokio::test]
async fn what_people_wrote_is_left_out_where_people_are_not_to_be_named() {
    let inside = Inside::configured(Tenant::demo(), json!({"environment": "demo", "personal_data": "redact"})).await;
    let answer = inside.read(NAME, json!({"limit": 0})).await.ok();
    let rows = answer["groups"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["description"].is_null()) && rows.iter().all(|row| !row["display_name"].is_null()));
}
