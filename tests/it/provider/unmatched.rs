//! What an argument names and nothing matches: said in data sources, an error in validations; and commands that can be run as they stand.

use azposture::{
    azure::settings::ScopeSetting,
    demo::{CLIENT_ID, Fault, PRINCIPAL_ID, PRODUCTION, SANDBOX, Tenant},
};
use serde_json::{Value as Json, json};

use super::role_validation::{DENIZ, PRINTER, READER};
use crate::support::{
    held::{SECURITY_READER, hold, root, subscription},
    inside::Inside,
};

const NOBODY: &str = "fab00002-0000-4000-8000-00000000ffff";

fn misspelt() -> String {
    format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prd")
}

#[tokio::test]
async fn a_data_source_warns_of_what_matches_nothing_once_for_all_arguments() {
    let inside = Inside::on(Tenant::demo()).await;
    let prefix = format!("{}/providers/Microsoft.Storage", misspelt());
    let (below, bearing) = (format!("that was read lies below {prefix}."), format!("that was read has the key {NOBODY}."));
    let stands = format!("that was read stands below {prefix}.");
    for (name, arguments, summary, text) in [
        ("subscriptions", json!({"tags": {"env": "nowhere"}}), "Tag", "visible has the tag env = \"nowhere\"."),
        ("defender_alerts", json!({"alert_types": ["VM_NONE"]}), "Alert type", "that was read is of the type \"VM_NONE\"."),
        ("defender_alerts", json!({"resource_id_prefixes": [prefix]}), "Resource id prefix", stands.as_str()),
        ("defender_assessments", json!({"tags": {"env": "nowhere"}}), "Tag", "were read has the tag env = \"nowhere\"."),
        ("defender_assessments", json!({"resource_id_prefixes": [prefix]}), "Resource id prefix", below.as_str()),
        ("defender_assessments", json!({"assessment_keys": [NOBODY]}), "Assessment key", bearing.as_str()),
        (
            "defender_plans",
            json!({"plan_names": ["KubernetesService"]}),
            "Plan",
            "`include_deprecated = true` returns KubernetesService.",
        ),
        ("vulnerabilities", json!({"cve_ids": ["CVE-2099-99999"]}), "Weakness", "that was read names CVE-2099-99999."),
        ("vulnerabilities", json!({"resource_id_prefixes": [prefix]}), "Resource id prefix", below.as_str()),
        ("resources", json!({"names": ["kv-*-x"]}), "Name", "that was read is called \"kv-*-x\"."),
        ("resources", json!({"locations": ["westus"]}), "Location", "that was read is in \"westus\"."),
        ("resources", json!({"tags": {"env": "nowhere"}}), "Tag", "were read has the tag env = \"nowhere\"."),
        ("resources", json!({"resource_id_prefixes": [prefix]}), "Resource id prefix", below.as_str()),
        ("role_assignments", json!({"principal_ids": [DENIZ]}), "Principal id", "(through groups: `expand_groups`) to "),
        ("role_assignments", json!({"scopes": [misspelt()]}), "Scope", "rg-shop-prd."),
        ("role_assignments", json!({"role_definition_ids": [NOBODY]}), "Role definition id", NOBODY),
        ("directory_role_assignments", json!({"principal_ids": [PRINTER]}), "Principal id", PRINTER),
    ] {
        let reading = inside.read(name, arguments.clone()).await;
        let argument = arguments.as_object().unwrap().keys().next().unwrap().clone();
        let warning = reading.said.iter().find(|one| one.summary == format!("{summary} matches nothing"));
        let Some(warning) = warning else { panic!("{name} {arguments}: {:?}", reading.said) };
        assert_eq!(warning.path.to_string(), argument);
        assert!(warning.detail.contains(text), "{}", warning.detail);
        reading.ok();
    }
}

#[tokio::test]
async fn what_matches_is_not_warned_of() {
    let inside = Inside::on(Tenant::demo()).await;
    let group = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod");
    for (name, arguments) in [
        ("subscriptions", json!({"tags": {"env": "prod"}})),
        ("defender_alerts", json!({"alert_types": ["vm_eicar"], "resource_id_prefixes": [group]})),
        ("defender_assessments", json!({"tags": {"env": "*"}, "limit": 0})),
        ("defender_assessments", json!({"resource_id_prefixes": [group], "limit": 0})),
        ("defender_plans", json!({"plan_names": ["KubernetesService"], "include_deprecated": true})),
        ("vulnerabilities", json!({"cve_ids": ["cve-2099-10001"], "resource_id_prefixes": [group], "limit": 0})),
        ("resources", json!({"resource_id_prefixes": [group], "tags": {"env": "prod"}, "names": ["vm-*"], "limit": 0})),
        ("role_assignments", json!({"principal_ids": [DENIZ], "expand_groups": true, "limit": 0})),
        ("role_assignments", json!({"scopes": [group], "limit": 0})),
    ] {
        let reading = inside.read(name, arguments.clone()).await;
        let unmatched = reading.warnings().into_iter().find(|summary| *summary != "Not everything could be read");
        assert!(reading.errors().is_empty() && unmatched.is_none(), "{name} {arguments}: {:?}", reading.said);
    }
}

#[tokio::test]
async fn a_validation_on_what_is_not_there_selects_nothing() {
    let inside = Inside::on(Tenant::demo()).await;
    let role = |scopes: Json| json!({"self": true, "role_definition_names": ["Reader"], "scopes": scopes});
    let nobody = json!({"principal_id": NOBODY, "role_definition_names": ["Reader"]});
    for (name, arguments, path, text) in [
        ("role_assignment_validation", role(json!([misspelt()])), "scopes", "there is no /subscriptions/"),
        (
            "role_assignment_validation",
            role(json!(["/providers/Microsoft.Management/managementGroups/mg-productoin"])),
            "scopes",
            "mg-productoin",
        ),
        ("role_assignment_validation", nobody.clone(), "principal_id", "the directory knows no user, group or service principal"),
        (
            "role_assignment_validation",
            json!({"self": true, "role_definition_ids": [NOBODY]}),
            "role_definition_ids",
            "no role that can be given here, or is, has the id fab00002",
        ),
        ("defender_validation", json!({"plans": {"Arm": {}}, "tags": {"env": "nowhere"}}), "tags", "No subscription"),
    ] {
        let reading = inside.plan(name, arguments.clone()).await;
        let errors: Vec<_> = reading.said.iter().map(|one| format!("{}: {}", one.path, one.summary)).collect();
        assert_eq!(errors, [format!("{path}: Nothing selected")], "{arguments}: {:?}", reading.said);
        assert!(reading.detail().contains(text), "{}", reading.detail());
    }
    // What the same apply has just made may not be there yet, and is judged.
    for mut arguments in [role(json!([misspelt()])), nobody] {
        arguments["triggers"] = json!({"made": "now"});
        let reading = inside.plan("role_assignment_validation", arguments).await;
        assert!(!reading.errors().contains(&"Nothing selected"), "{:?}", reading.said);
    }
}

#[tokio::test]
async fn a_scope_is_only_missing_where_the_list_was_read_whole() {
    let refused = || {
        Tenant::demo().with_fault(Fault::on(format!("/subscriptions/{PRODUCTION}/resourcegroups")).refuse(
            403,
            "AuthorizationFailed",
            "no",
        ))
    };
    let inside = Inside::by_arm(refused()).await;
    let reading = inside.read("role_assignments", json!({"scopes": [misspelt()]})).await;
    assert!(!reading.warnings().contains(&"Scope matches nothing"), "{:?}", reading.said);
    assert!(
        !reading.gaps().iter().any(|gap| gap.contains("resource_groups")),
        "the answer depends on none: {:?}",
        reading.gaps()
    );
}

#[tokio::test]
async fn a_client_id_for_an_object_id_is_told_the_object_id() {
    let inside = Inside::on(Tenant::demo()).await;
    let text = format!("{CLIENT_ID} is the client (application) id");
    let next = format!("Give the object id of its service principal: {PRINCIPAL_ID}");
    for name in ["role_assignments", "directory_role_assignments"] {
        let reading = inside.read(name, json!({"principal_ids": [CLIENT_ID]})).await;
        assert_eq!(reading.errors(), ["Nothing selected"], "{name}: {:?}", reading.said);
        assert!(reading.detail().contains(&text) && reading.detail().ends_with(&next), "{}", reading.detail());
    }
    let arguments = json!({"principal_id": CLIENT_ID, "role_definition_names": ["Reader"]});
    let reading = inside.plan("role_assignment_validation", arguments).await;
    assert_eq!(reading.errors(), ["Nothing selected"]);
    assert!(reading.detail().contains(&text) && reading.detail().ends_with(&next), "{}", reading.detail());
}

#[tokio::test]
async fn without_the_directory_a_principal_without_rows_is_a_warning() {
    let tenant = Tenant::demo().with_fault(Fault::on("/v1.0/users").refuse(403, "Authorization_RequestDenied", "no"));
    let reading = Inside::on(tenant).await.read("role_assignments", json!({"principal_ids": [NOBODY]})).await;
    assert_eq!((reading.errors(), reading.warnings()), (vec![], vec!["Principal id matches nothing"]));
}

#[tokio::test]
async fn an_id_where_a_name_is_asked_is_told_its_name() {
    let inside = Inside::on(Tenant::demo()).await;
    let full = format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}");
    for id in [READER.to_owned(), READER.to_uppercase(), full] {
        let named = inside.read("role_assignments", json!({"role_definition_names": [id]})).await;
        let judged = inside.plan("role_assignment_validation", json!({"self": true, "role_definition_names": [id]})).await;
        for reading in [named, judged] {
            assert_eq!(reading.errors(), ["Unknown value"]);
            assert!(
                reading.detail().ends_with("Its name is \"Reader\"; ids stand in `role_definition_ids`."),
                "{}",
                reading.detail()
            );
        }
    }
    let administrator = "62e90394-69f5-4237-9190-012177145e10";
    let reading = inside.read("directory_role_assignments", json!({"role_display_names": [administrator]})).await;
    assert_eq!(reading.errors(), ["Unknown value"]);
    assert!(reading.detail().contains("Its name is \"Global Administrator\""), "{}", reading.detail());
}

/// Every text of an answer and of what was said about it.
fn texts(reading: &crate::support::inside::Reading) -> String {
    let said: Vec<_> = reading.said.iter().map(|one| one.detail.clone()).collect();
    format!("{} {}", reading.value.clone().unwrap_or_default(), said.join("\n"))
}

#[tokio::test]
async fn commands_name_the_sign_in_and_the_group_once() {
    let tenant = Tenant::demo();
    hold(&tenant, &[(SECURITY_READER, &subscription(PRODUCTION)), (SECURITY_READER, &subscription(SANDBOX))]);
    let inside = Inside::configured(tenant, json!({"environment": "demo", "resource_graph": "always"})).await;
    let command = format!("az role assignment create --role Reader --scope {} --assignee {PRINCIPAL_ID}", root());
    let reading = inside.read("defender_plans", json!({})).await;
    let rows = reading.value.as_ref().unwrap()["unreadable"].as_array().unwrap().clone();
    let remedies: Vec<&str> =
        rows.iter().filter(|row| row["subject"] == "resources").map(|row| row["remedy"].as_str().unwrap()).collect();
    let given_once = |text: &&str| text.contains(&format!("--scope {}", root())) && text.contains(PRINCIPAL_ID);
    assert!(remedies.len() == 2 && remedies.iter().all(given_once), "{remedies:#?}");
    let checks = inside.read("connection", json!({"check_ids": ["role_*", "scope_*", "management_*"]})).await;
    let checked = texts(&checks);
    assert!(checked.contains(&command), "{checked}");
    for text in [texts(&reading), checked, texts(&inside.read("role_assignments", json!({})).await)] {
        assert!(!text.contains("<object id") && !text.contains("<group>"), "{text}");
    }
}

#[tokio::test]
async fn a_role_that_only_one_subscription_lacks_is_given_there() {
    let tenant = Tenant::demo();
    hold(&tenant, &[(READER, &subscription(PRODUCTION)), (SECURITY_READER, &subscription(SANDBOX))]);
    let reading = Inside::on(tenant).await.read("connection", json!({"check_ids": ["role_reader"]})).await;
    let command = format!("--role Reader --scope /subscriptions/{SANDBOX} --assignee {PRINCIPAL_ID}");
    assert!(texts(&reading).contains(&command), "{}", texts(&reading));
}

#[tokio::test]
async fn what_a_principal_lacks_everywhere_is_given_once_on_the_group() {
    let inside = Inside::on(Tenant::demo()).await;
    let reading = inside.plan("role_assignment_validation", json!({"principal_id": PRINTER, "actions": ["*/read"]})).await;
    let commands: Vec<_> = reading.detail().lines().filter(|line| line.contains("az role assignment create")).collect();
    assert_eq!(commands.len(), 1, "{commands:#?}");
    assert!(commands[0].ends_with(&format!("--scope \"{}\"", root())), "{commands:#?}");
}

#[tokio::test]
async fn a_management_group_that_is_not_there_is_compared_first_and_owns_nothing() {
    for engine in ["never", "auto"] {
        let scope = ScopeSetting::ManagementGroup("mg-productoin".to_owned());
        let reading = Inside::aimed(Tenant::demo(), scope, engine).await.read("subscriptions", json!({})).await;
        assert_eq!(reading.errors(), ["Nothing could be read"], "{engine}: {:?}", reading.said);
        let detail = reading.detail();
        assert!(detail.contains("Compare the name \"mg-productoin\" with the ids of the groups"), "{engine}: {detail}");
        assert!(detail.contains("Management Group Reader") && !detail.contains("<object id"), "{engine}: {detail}");
    }
}
