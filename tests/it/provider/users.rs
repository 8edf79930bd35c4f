//! `azposture_users`: what is said of an account, since when it is idle, and what is not known of it.

use azposture::demo::{Fault, PRINCIPAL_ID, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{edit, edited},
    inside::{Inside, Reading},
};

pub(super) const NAME: &str = "users";
const AVA: &str = "fab00002-0000-4000-8000-000000000001";
const ELIN: &str = "fab00002-0000-4000-8000-000000000005";
const JONAS: &str = "fab00002-0000-4000-8000-000000000024";
const VIKTOR: &str = "fab00002-0000-4000-8000-000000000020";
const AUDIT_LOG: &str = "b0afded3-3588-46d8-8b3d-9842eff778da";

/// An id of the demo's people by its last two digits.
pub(super) fn person(last: &str) -> String {
    format!("fab00002-0000-4000-8000-0000000000{last}")
}

async fn read(tenant: Tenant, arguments: Json) -> Reading {
    Inside::on(tenant).await.read(NAME, arguments).await
}

fn row<'a>(answer: &'a Json, key: &str) -> &'a Json {
    let rows = answer["users"].as_array().unwrap();
    rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{key} in {answer:#}"))
}

/// The last two digits of the ids of the rows.
pub(super) fn listed(answer: &Json) -> Vec<String> {
    let rows = answer["users"].as_array().unwrap();
    rows.iter().map(|row| row["key"].as_str().unwrap()[34..].to_owned()).collect()
}

/// The demo tenant with one account changed.
fn changed(id: &str, change: impl Fn(&mut Json)) -> Tenant {
    edited(Tenant::demo(), "users", |rows| rows.iter_mut().filter(|row| row["id"] == id).for_each(&change))
}

/// The demo tenant whose sign-in was not granted what sign-ins take.
pub(crate) fn without_audit_log() -> Tenant {
    edited(Tenant::demo(), "app-role-assignments", |rows| {
        rows.retain(|row| row["principalId"] != PRINCIPAL_ID || row["appRoleId"] != AUDIT_LOG);
    })
}

#[tokio::test]
async fn accounts_are_listed_with_what_the_directory_says_of_them() {
    let reading = read(Tenant::demo(), json!({"limit": 0})).await;
    assert_eq!(reading.gaps(), Vec::<String>::new());
    let answer = reading.ok();
    // Sixty accounts, one of them an agent's. Six are disabled, seven are guests. Eight never came: an emergency account, a printer, two
    // mailboxes, two guests, two colleagues. 52 are in the report (not the disabled, the agent and the newest), 13 of them without a second
    // factor, and the one of three is not allowed any more.
    let expected = json!({
        "matched": 60, "returned": 60, "enabled": 53, "disabled": 6, "guests": 7, "other": 0, "never_signed_in": 8, "stale": null,
        "mfa_capable": 36, "hidden_by_scope": 0, "hidden_privileged": 0, "agents": 1,
    });
    assert_eq!(answer["summary"], expected);
    let (viktor, agent) = (row(&answer, VIKTOR), row(&answer, &person("19")));
    assert_eq!(
        (&viktor["last_sign_in_on"], &viktor["last_successful_sign_in_on"]),
        (&json!("2026-10-28T03:17:44Z"), &json!("2025-09-30T15:48:20Z"))
    );
    assert_eq!(
        (&viktor["mfa_registered"], &viktor["methods"], &viktor["category"]),
        (&json!(false), &json!([]), &json!("member"))
    );
    assert_eq!((&agent["category"], &agent["sign_in_known"]), (&json!("agent"), &json!(true)));
    for (id, field, value) in [
        ("05", "enabled", json!(false)),
        ("05", "mfa_registered", Json::Null),
        ("10", "source", json!("synced")),
        ("10", "on_premises_last_sync_on", json!("2026-11-02T05:12:40Z")),
        ("11", "category", json!("unlicensed")),
        ("11", "other_mails", json!(["lena@fabrikam-outdoor.example"])),
        ("15", "category", json!("directory_sync")),
        (
            "18",
            "proxy_addresses",
            json!([
                "SMTP:support@fabrikam-outdoor.example",
                "smtp:help@fabrikam-outdoor.example",
                "smtp:support@fabrikam-outdoor.onmicrosoft.example"
            ]),
        ),
        ("24", "mfa_capable", Json::Null),
        ("24", "last_successful_sign_in_on", Json::Null),
        ("24", "sign_in_known", json!(true)),
        ("2c", "mfa_registered", json!(true)),
        ("2c", "mfa_capable", json!(false)),
        ("0d", "external", json!(true)),
        ("0e", "external_state", json!("PendingAcceptance")),
        ("39", "category", json!("guest")),
        ("39", "external", json!(false)),
        ("3a", "external", json!(true)),
        ("3a", "user_type", json!("Member")),
        ("0b", "last_sign_in_on", Json::Null),
        ("0b", "licensed", json!(false)),
    ] {
        assert_eq!(row(&answer, &person(id))[field], value, "{id} {field}");
    }
}

#[tokio::test]
async fn accounts_are_idle_since_their_last_success_and_if_there_was_none_since_they_were_made() {
    let idle = ["05", "09", "0b", "0c", "0f", "14", "17", "18", "1a", "20", "21", "23", "25", "2c", "34", "37", "38", "3b"];
    let answer = read(Tenant::demo(), json!({"inactive_days": 90})).await.ok();
    assert_eq!(listed(&answer), idle);
    assert_eq!((&answer["summary"]["stale"], &answer["summary"]["matched"]), (&json!(18), &json!(18)));
    // Half a year before, those had just been there who left since, and another was not yet made.
    let answer = read(Tenant::demo(), json!({"inactive_days": 90, "as_of": "2026-04-20"})).await.ok();
    assert_eq!(listed(&answer), ["0b", "0c", "0f", "17", "18", "1a", "20", "25", "38", "3b"]);
    let reading = read(Tenant::demo(), json!({"inactive_days": 90, "as_of": "2026-02-30"})).await;
    assert_eq!(reading.errors(), ["Invalid value"]);
}

#[tokio::test]
async fn where_sign_ins_may_not_be_read_nobody_is_called_idle_or_new() {
    let unlicensed = Tenant::demo();
    unlicensed.edit("subscribed-skus", |document| document["value"] = json!([])).unwrap();
    for (tenant, reason) in [(without_audit_log(), "forbidden"), (unlicensed, "not_licensed")] {
        let reading = read(tenant.clone(), json!({"inactive_days": 90, "limit": 0})).await;
        assert_eq!(reading.gaps(), [format!("registration_details {reason} graph"), format!("sign_in_activity {reason} graph")]);
        let answer = reading.ok();
        let rows = answer["users"].as_array().unwrap();
        assert_eq!(rows.len(), 60, "each may be idle");
        let unread = ["last_sign_in_on", "last_successful_sign_in_on", "mfa_registered", "mfa_capable", "methods"];
        assert!(rows.iter().all(|row| row["sign_in_known"] == false && unread.iter().all(|field| row[*field].is_null())));
        let summary = &answer["summary"];
        assert_eq!(json!([summary["stale"], summary["never_signed_in"], summary["mfa_capable"]]), json!([null, null, null]));
        assert_eq!((&summary["enabled"], &answer["complete"]), (&json!(53), &json!(false)));
        let remedies = answer["unreadable"].to_string();
        assert_eq!(remedies.contains("AuditLog.Read.All"), reason == "forbidden", "{remedies}");
    }
    let reading = read(without_audit_log(), json!({"include_registration": false})).await;
    assert_eq!(reading.gaps(), ["sign_in_activity forbidden graph"]);
    assert_eq!(reading.ok()["summary"]["mfa_capable"], Json::Null);
}

#[tokio::test]
async fn what_the_directory_hides_is_null_passes_every_filter_and_is_a_gap() {
    const HIDDEN: &str = "users hidden graph";
    for (field, filter, count) in [
        ("accountEnabled", json!({"enabled": true}), 54),
        ("accountEnabled", json!({"enabled": false}), 7),
        ("userType", json!({"user_types": ["guest"]}), 8),
        ("userPrincipalName", json!({"user_principal_names": ["no-such-*@*"]}), 1),
    ] {
        let reading = read(changed(AVA, |row| row[field] = Json::Null), filter.clone()).await;
        assert_eq!(reading.gaps(), [HIDDEN], "{field}");
        let answer = reading.ok();
        assert_eq!(answer["summary"]["matched"], count, "{field} {filter}");
        assert!(listed(&answer).contains(&"01".to_owned()));
    }
    // Of whom is nothing but an id and sign-ins, as the service answers them sometimes.
    let bare = changed(AVA, |row| {
        let fields = row.as_object_mut().unwrap();
        fields.retain(|name, _| ["id", "signInActivity"].contains(&name.as_str()));
    });
    let reading = read(bare, json!({"limit": 0})).await;
    assert_eq!(reading.gaps(), [HIDDEN]);
    let answer = reading.ok();
    let ava = row(&answer, AVA);
    for field in ["enabled", "user_type", "source", "external", "licensed", "category", "created_on", "proxy_addresses"] {
        assert_eq!(ava[field], Json::Null, "{field}");
    }
    assert_eq!((&ava["sign_in_known"], &ava["last_sign_in_on"]), (&json!(true), &json!("2026-10-30T07:41:12Z")));
    assert_eq!(answer["summary"]["enabled"], 52);
    // No licence, and not to be told whether there is one, are two things.
    let answer = read(changed(AVA, |row| row["assignedLicenses"] = Json::Null), json!({})).await.ok();
    assert_eq!((&row(&answer, AVA)["licensed"], &row(&answer, AVA)["category"]), (&Json::Null, &Json::Null));
}

#[tokio::test]
async fn since_when_an_account_is_idle_that_does_not_say_when_it_was_made_is_not_known() {
    let tenant = changed(JONAS, |row| row["createdDateTime"] = Json::Null);
    let reading = read(tenant.clone(), json!({"inactive_days": 90})).await;
    assert_eq!(reading.gaps(), ["sign_in_activity hidden graph"]);
    let answer = reading.ok();
    assert!(listed(&answer).contains(&"24".to_owned()));
    assert_eq!((&answer["summary"]["stale"], &answer["summary"]["matched"]), (&json!(18), &json!(19)));
    assert_eq!(read(tenant, json!({})).await.gaps(), Vec::<String>::new(), "it matters only to who is idle");
    // A success at what is no time may have been a moment ago.
    let odd = changed(VIKTOR, |row| row["signInActivity"]["lastSuccessfulSignInDateTime"] = json!("soon"));
    let reading = read(odd, json!({"inactive_days": 90})).await;
    assert!(reading.gaps().contains(&"users hidden graph".to_owned()), "{:?}", reading.gaps());
    assert_eq!(reading.ok()["summary"]["stale"], 17);
}

#[tokio::test]
async fn a_kind_that_is_new_here_is_neither_member_nor_guest_and_is_counted() {
    let tenant = changed(AVA, |row| row["userType"] = json!("Contractor"));
    let answer = read(tenant.clone(), json!({"limit": 0})).await.ok();
    assert_eq!((&row(&answer, AVA)["user_type"], &row(&answer, AVA)["category"]), (&json!("Contractor"), &Json::Null));
    assert_eq!((&answer["summary"]["other"], &answer["summary"]["guests"]), (&json!(1), &json!(7)));
    let answer = read(tenant, json!({"user_types": ["Guest", "Member"]})).await.ok();
    assert_eq!(answer["summary"]["matched"], 59);
}

#[tokio::test]
async fn two_rows_of_one_account_are_one_row_and_a_gap_where_they_differ() {
    let doubled = |change: fn(&mut Json)| {
        edited(Tenant::demo(), "users", |rows| {
            let mut twin = rows[0].clone();
            change(&mut twin);
            rows.push(twin);
        })
    };
    let same = read(doubled(|twin| twin["id"] = json!(AVA.to_uppercase())), json!({})).await;
    assert_eq!(same.gaps(), Vec::<String>::new());
    assert_eq!(same.ok()["summary"]["matched"], 60);
    let reading = read(doubled(|twin| twin["accountEnabled"] = json!(false)), json!({})).await;
    assert_eq!(reading.gaps(), ["users invalid_response graph"]);
    let answer = reading.ok();
    assert_eq!((&row(&answer, AVA)["enabled"], &row(&answer, AVA)["user_type"]), (&Json::Null, &json!("Member")));
    assert_eq!((&answer["summary"]["matched"], &answer["summary"]["disabled"]), (&json!(60), &json!(6)));
}

#[tokio::test]
async fn a_directory_without_users_is_not_believed() {
    let reading = read(edited(Tenant::demo(), "users", Vec::clear), json!({})).await;
    assert_eq!(reading.errors(), ["Nothing could be read"]);
    assert!(reading.detail().contains("users on graph: not_proven EmptyList"), "{}", reading.detail());
    let empty = read(edited(Tenant::demo(), "registration-details", Vec::clear), json!({})).await;
    assert_eq!(empty.gaps(), ["registration_details not_proven graph"]);
    assert_eq!(empty.ok()["summary"]["mfa_capable"], Json::Null);
}

#[tokio::test]
async fn filters_combine_and_what_nobody_is_is_an_error() {
    for (arguments, expected) in [
        (json!({"user_principal_names": ["SVC-*", "breakglass*"]}), vec!["0b", "0c", "14", "16", "17"]),
        (json!({"user_principal_names": ["svc-*"], "user_ids": [person("16").to_uppercase(), person("0b")]}), vec!["16"]),
        // Stores north and south stand within Retail.
        (json!({"group_ids": ["fab00003-0000-4000-8000-00000000000c"]}), vec!["22", "25", "29", "2a", "2b", "2c", "3a"]),
        (json!({"group_ids": ["fab00003-0000-4000-8000-00000000000c"], "enabled": false}), vec!["22"]),
        (json!({"user_types": ["guest"], "enabled": false}), vec!["3b"]),
    ] {
        let reading = read(Tenant::demo(), arguments.clone()).await;
        assert_eq!(reading.gaps(), Vec::<String>::new(), "{arguments}");
        assert_eq!(listed(&reading.ok()), expected, "{arguments}");
    }
    for (arguments, said) in [
        (json!({"user_ids": [person("ff")]}), "no user with the object id"),
        (json!({"user_principal_names": ["nobody@*"]}), "no user is called"),
        (json!({"group_ids": [person("ff")]}), "no group with the object id"),
        (json!({"group_ids": ["fab00003-0000-4000-8000-00000000000f"]}), "no user is in the group"),
    ] {
        let reading = read(Tenant::demo(), arguments.clone()).await;
        assert_eq!(reading.errors(), ["Nothing selected"], "{arguments}");
        assert!(reading.detail().contains(said), "{}", reading.detail());
    }
}

#[tokio::test]
async fn members_that_cannot_be_read_are_not_nobody() {
    let groups = json!({"group_ids": ["fab00003-0000-4000-8000-00000000000c", "fab00003-0000-4000-8000-00000000000a"]});
    let refused = |part: &str| Tenant::demo().with_fault(Fault::on(part).refuse(403, "Authorization_RequestDenied", "no"));
    let reading = read(refused("00000000000a/transitiveMembers"), groups.clone()).await;
    assert_eq!(reading.gaps(), ["group_members forbidden graph"]);
    let answer = reading.ok();
    assert_eq!((answer["summary"]["matched"].clone(), answer["summary"]["agents"].clone()), (json!(7), Json::Null));
    let reading = read(refused("/transitiveMembers"), groups).await;
    assert_eq!(reading.errors(), ["Nothing could be read"]);
    // The members of this group are hidden, so those who are shown need not be all.
    let reading = read(Tenant::demo(), json!({"group_ids": ["fab00003-0000-4000-8000-000000000010"]})).await;
    assert_eq!(reading.gaps(), ["group_members hidden graph"]);
    assert_eq!(listed(&reading.ok()), ["2f", "31", "33"]);
    // Whoever is in a group is in the directory.
    let short =
        Tenant::demo().with_fault(Fault::on("/v1.0/users").keep(|row| row["id"] != "fab00002-0000-4000-8000-000000000029"));
    let reading = read(short, json!({"group_ids": ["fab00003-0000-4000-8000-00000000000d"]})).await;
    assert_eq!(reading.gaps(), ["users not_proven graph"]);
}

#[tokio::test]
async fn a_registration_that_contradicts_itself_reassures_nobody() {
    let with = |change: fn(&mut Json)| {
        edited(Tenant::demo(), "registration-details", |rows| rows.iter_mut().filter(|row| row["id"] == AVA).for_each(change))
    };
    let twice = edited(Tenant::demo(), "registration-details", |rows| {
        let mut twin = rows.iter().find(|row| row["id"] == AVA).unwrap().clone();
        twin["isMfaCapable"] = json!(false);
        rows.push(twin);
    });
    for (tenant, expected) in [
        (with(|row| row["isMfaRegistered"] = json!(false)), json!([null, null, ["fido2SecurityKey"]])),
        (with(|row| row["methodsRegistered"] = json!([])), json!([null, null, []])),
        (with(|row| row["isMfaCapable"] = Json::Null), json!([true, null, ["fido2SecurityKey"]])),
        (with(|row| row["methodsRegistered"] = Json::Null), json!([true, true, null])),
        (twice, json!([null, null, null])),
    ] {
        let reading = read(tenant, json!({})).await;
        assert_eq!(reading.gaps(), ["registration_details invalid_response graph"]);
        let answer = reading.ok();
        let ava = row(&answer, AVA);
        assert_eq!(json!([ava["mfa_registered"], ava["mfa_capable"], ava["methods"]]), expected);
    }
}

#[tokio::test]
async fn an_agent_is_told_by_its_type_or_by_the_agent_behind_it_and_is_no_person() {
    for change in [(|row: &mut Json| row["@odata.type"] = json!("#microsoft.graph.agentUser")) as fn(&mut Json), |row| {
        row["identityParentId"] = json!("fab00004-0000-4000-8000-0000000000a2")
    }] {
        let answer = read(changed(ELIN, change), json!({"limit": 0})).await.ok();
        assert_eq!(row(&answer, ELIN)["category"], "agent");
        assert_eq!((&answer["summary"]["agents"], &answer["summary"]["disabled"]), (&json!(2), &json!(5)));
    }
}

#[tokio::test]
async fn without_the_names_of_people_ids_and_counts_stay() {
    let block = json!({"environment": "demo", "personal_data": "redact"});
    let answer = Inside::configured(Tenant::demo(), block).await.read(NAME, json!({"limit": 0})).await.ok();
    assert_eq!(answer["summary"]["matched"], 60);
    let personal = ["user_principal_name", "display_name", "mail", "employee_id", "department", "job_title"];
    for row in answer["users"].as_array().unwrap() {
        assert!(personal.iter().all(|name| row[*name].is_null()), "{row:#}");
        assert_eq!((&row["other_mails"], &row["proxy_addresses"]), (&json!([]), &json!([])));
        assert!(row["category"].is_string());
    }
}

/// Sign-ins are half a page each; where they are refused the whole list is read without them.
#[tokio::test]
async fn the_list_is_asked_for_in_the_largest_pages_there_are_and_once() {
    for (tenant, pages) in [(Tenant::demo(), vec!["500"]), (without_audit_log(), vec!["500", "999"])] {
        let inside = Inside::on(tenant.clone()).await;
        inside.read(NAME, json!({})).await.ok();
        inside.read(NAME, json!({"user_types": ["Guest"]})).await.ok();
        let asked = tenant.requests().into_iter().filter(|request| request.path == "/v1.0/users");
        let sizes: Vec<String> = asked.map(|request| request.question.split("$top=").nth(1).unwrap()[..3].to_owned()).collect();
        assert_eq!(sizes, pages);
    }
}

/// Whatever holds a role may not be gone from the list.
#[tokio::test]
async fn a_list_that_breaks_off_is_no_list() {
    let tenant = Tenant::demo().with_page_size(20).with_fault(Fault::on("/v1.0/users").page(2).answer(502));
    edit(&tenant, "users", |rows| rows.truncate(45));
    let reading = read(tenant, json!({})).await;
    assert_eq!(reading.errors(), ["Nothing could be read"]);
}
