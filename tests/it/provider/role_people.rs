//! Of whom the lists of roles speak where Azure does not say what they are, and whether those who are left out are gone.

use std::collections::BTreeSet;

use azposture::demo::{Fault, PRODUCTION, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{READER, assignment, edited, subscription},
    inside::{Inside, Reading},
};

const NAME: &str = "role_assignments";
const PLATFORM: &str = "fab00003-0000-4000-8000-000000000003";
const DELETED: &str = "fab00010-0000-4000-8000-000000000195";
const AVA: &str = "fab00002-0000-4000-8000-000000000001";
const PRINTER: &str = "fab00004-0000-4000-8000-000000000005";

/// The type of every assignment to this principal is replaced.
fn typed(principal: &'static str, word: Json) -> Tenant {
    edited(Tenant::demo(), "role-assignments", |rows| {
        for row in rows.iter_mut().filter(|row| row["properties"]["principalId"] == principal) {
            row["properties"]["principalType"] = word.clone();
        }
    })
}

async fn read(tenant: Tenant, mut arguments: Json) -> Reading {
    arguments["limit"] = json!(0);
    Inside::by_arm(tenant).await.read(NAME, arguments).await
}

fn rows(answer: &Json, is: impl Fn(&Json) -> bool) -> Vec<&Json> {
    answer["role_assignments"].as_array().unwrap().iter().filter(|row| is(row)).collect()
}

fn keys(answer: &Json) -> BTreeSet<&str> {
    rows(answer, |_| true).into_iter().map(|row| row["key"].as_str().unwrap()).collect()
}

fn silent(list: &str) -> Fault {
    Fault::on(list).refuse(403, "Authorization_RequestDenied", "no")
}

#[tokio::test]
async fn a_group_of_which_azure_does_not_say_that_it_is_one_is_expanded_and_found_all_the_same() {
    for arguments in [json!({"expand_groups": true}), json!({"principal_types": ["Group"]}), json!({})] {
        let before = read(Tenant::demo(), arguments.clone()).await.ok();
        assert!(!rows(&before, |row| row["principal_id"] == PLATFORM).is_empty());
        for word in [Json::Null, json!("Unknown"), json!("Xyzzy")] {
            let after = read(typed(PLATFORM, word.clone()), arguments.clone()).await.ok();
            assert_eq!(after, before, "{arguments} {word}");
        }
    }
}

#[tokio::test]
async fn where_the_directory_cannot_say_what_it_is_the_answer_is_not_complete_and_the_row_stays() {
    let tenant = || typed(PLATFORM, Json::Null).with_fault(silent("/v1.0/groups"));
    for (arguments, stays) in [
        (json!({"expand_groups": true}), true),
        (json!({"principal_types": ["Group"]}), true),
        (json!({"principal_types": ["User"]}), false),
        (json!({"principal_types": ["Device"]}), false),
    ] {
        let reading = read(tenant(), arguments.clone()).await;
        assert!(reading.gaps().contains(&"groups forbidden graph".to_owned()), "{arguments} {:?}", reading.gaps());
        let answer = reading.ok();
        assert_eq!(answer["complete"], false, "{arguments}");
        let found = rows(&answer, |row| row["principal_id"] == PLATFORM);
        assert_eq!(!found.is_empty(), stays, "{arguments}");
        assert!(found.iter().all(|row| row["principal_type"] == "Unknown" && row["orphaned"].is_null()), "{found:#?}");
    }
}

#[tokio::test]
async fn the_deleted_of_which_nobody_says_what_they_were_are_of_no_type_that_is_asked_for() {
    let answer = read(Tenant::demo(), json!({"principal_types": ["User", "Group", "ServicePrincipal"]})).await.ok();
    assert!(answer["complete"] == true && rows(&answer, |row| row["principal_id"] == DELETED).is_empty());
    let all = read(Tenant::demo(), json!({})).await.ok();
    let [row] = rows(&all, |row| row["principal_id"] == DELETED)[..] else { panic!("{all:#}") };
    assert_eq!((&row["principal_type"], &row["orphaned"]), (&json!("Unknown"), &json!(true)));
    // A new kind of principal, or one that is not named, may stand in a list that is not read here.
    for (word, shown) in [(json!("Xyzzy"), "Xyzzy"), (Json::Null, "Unknown"), (json!(""), "Unknown")] {
        let all = read(typed(DELETED, word.clone()), json!({})).await.ok();
        let [row] = rows(&all, |row| row["principal_id"] == DELETED)[..] else { panic!("{all:#}") };
        assert_eq!((&row["principal_type"], &row["orphaned"]), (&json!(shown), &Json::Null));
        let only = read(typed(DELETED, word), json!({"principal_ids": [DELETED]})).await.ok();
        assert_eq!(only["summary"]["orphaned"], Json::Null, "nothing that was not seen is 0");
    }
}

#[tokio::test]
async fn a_member_of_which_the_list_does_not_say_what_it_is_is_found_by_its_type() {
    let arguments = json!({"expand_groups": true, "principal_types": ["User"]});
    let before = read(Tenant::demo(), arguments.clone()).await.ok();
    for odd in [Json::Null, json!("#microsoft.graph.xyzzy")] {
        let tenant = Tenant::demo().with_fault(Fault::on("/transitiveMembers").change(move |body| {
            let rows = body["value"].as_array_mut().into_iter().flatten();
            rows.for_each(|row| row["@odata.type"] = odd.clone());
        }));
        let after = read(tenant, arguments.clone()).await.ok();
        assert_eq!((keys(&after), &after["complete"]), (keys(&before), &json!(true)));
    }
}

#[tokio::test]
async fn a_group_that_hides_its_members_is_suspected_whatever_azure_calls_it() {
    for word in [json!("Group"), Json::Null, json!("Unknown"), json!("Xyzzy")] {
        let tenant = typed(PLATFORM, word.clone());
        let hide = |list: &mut Json| {
            let groups = list["value"].as_array_mut().unwrap();
            groups.iter_mut().filter(|row| row["id"] == PLATFORM).for_each(|row| row["visibility"] = json!("HiddenMembership"));
        };
        tenant.edit("groups", hide).unwrap();
        let wants =
            json!({"principal_id": PRINTER, "role_definition_names": ["Contributor"], "scopes": [subscription(PRODUCTION)]});
        let reading = Inside::by_arm(tenant).await.plan("role_assignment_validation", wants).await;
        let summary = reading.errors().join("\n");
        assert!(summary.contains("1 unknown"), "{word}: {summary} {}", reading.detail());
    }
}

/// So many that are gone hold Reader, of the type that Azure says or does not say.
fn with_deleted(number: usize, word: &Json) -> Tenant {
    edited(Tenant::demo(), "role-assignments", |rows| {
        for nth in 0..number {
            let principal = format!("fab00010-0000-4000-9000-{nth:012}");
            let mut row = assignment(nth + 100, &principal, READER, &subscription(PRODUCTION));
            row["properties"]["principalType"] = word.clone();
            rows.push(row);
        }
    })
}

#[tokio::test]
async fn of_a_hundred_that_are_gone_those_that_were_looked_up_are_orphaned_and_the_others_are_one_gap() {
    let orphaned = |answer: &Json, is: Json| rows(answer, |row| row["orphaned"] == is).len();
    for (word, subjects) in [
        (json!("User"), vec!["users"]),
        (json!("ServicePrincipal"), vec!["service_principals"]),
        (json!("Unknown"), vec!["groups", "service_principals", "users"]),
    ] {
        let tenant = with_deleted(100, &word);
        let reading = read(tenant.clone(), json!({})).await;
        let gaps: Vec<_> = subjects.iter().map(|subject| format!("{subject} not_proven graph")).collect();
        assert_eq!(reading.gaps(), gaps, "{word}");
        let answer = reading.ok();
        let singles = |collection: &str| {
            let start = format!("/v1.0/{collection}/");
            tenant.requests().iter().filter(|request| request.path.starts_with(&start)).count()
        };
        for collection in ["groups", "servicePrincipals", "users"] {
            assert!(singles(collection) <= 20, "{collection} {}", singles(collection));
        }
        // One or two were gone before.
        assert!((20..=22).contains(&orphaned(&answer, json!(true))), "{word} {}", orphaned(&answer, json!(true)));
        assert_eq!(orphaned(&answer, json!(true)) + orphaned(&answer, Json::Null), 102, "{word}");
    }
    let few = read(with_deleted(18, &json!("User")), json!({})).await.ok();
    assert_eq!((&few["complete"], orphaned(&few, json!(true))), (&json!(true), 20));
}

#[tokio::test]
async fn a_list_that_leaves_out_one_that_is_there_says_nothing_about_any() {
    // Among many, in a list of its own, and of a type that nobody says.
    for (principal, list, word, subject) in [
        (AVA, "/v1.0/users", json!("User"), "users"),
        (PLATFORM, "/v1.0/groups", json!("Group"), "groups"),
        (PLATFORM, "/v1.0/groups", Json::Null, "groups"),
    ] {
        let hidden = Fault::on(list).keep(move |row| row["id"] != principal);
        for arguments in [json!({}), json!({"principal_ids": [principal]}), json!({"principal_types": [subject_type(subject)]})] {
            let reading = read(typed(principal, word.clone()).with_fault(hidden.clone()), arguments.clone()).await;
            assert_eq!(reading.gaps(), [format!("{subject} not_proven graph")], "{principal} {word} {arguments}");
            let answer = reading.ok();
            let own = rows(&answer, |row| row["principal_id"] == principal);
            assert!(!own.is_empty() && own.iter().all(|row| row["orphaned"].is_null()), "{principal} {word} {arguments}");
        }
    }
}

fn subject_type(subject: &str) -> &'static str {
    if subject == "users" { "User" } else { "Group" }
}

#[tokio::test]
async fn each_list_that_comes_empty_is_looked_into_by_itself() {
    // Forty people hold Reader; the second list of fifteen comes empty, and its people are there.
    let tenant = Tenant::demo();
    let person = |nth: usize| format!("fab00002-0000-4000-9000-{nth:012}");
    let add = |list: &mut Json, row: &dyn Fn(usize) -> Json| list["value"].as_array_mut().unwrap().extend((0..40).map(row));
    let template = tenant.document("users")["value"][0].clone();
    let user = |nth: usize| {
        let mut user = template.clone();
        (user["id"], user["userPrincipalName"]) = (json!(person(nth)), json!(format!("p{nth}@fabrikam.example")));
        user
    };
    tenant.edit("users", |list| add(list, &user)).unwrap();
    let given = |nth: usize| {
        let mut row = assignment(nth + 200, &person(nth), READER, &subscription(PRODUCTION));
        row["properties"]["principalType"] = json!("User");
        row
    };
    tenant.edit("role-assignments", |list| add(list, &given)).unwrap();
    let whole = read(tenant.clone(), json!({})).await.ok();
    assert_eq!(whole["complete"], true);
    let lost = Fault::on("/v1.0/users").nth(2).keep(|_| false);
    let reading = read(tenant.with_fault(lost), json!({})).await;
    assert_eq!(reading.gaps(), ["users not_proven graph"]);
    let answer = reading.ok();
    assert!(rows(&answer, |row| row["orphaned"] == true && row["principal_type"] == "User").is_empty(), "{answer:#}");
}
