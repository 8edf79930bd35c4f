//! What services say reaches nobody as it is: every read of every object is answered with an error that names a person, holds a token,
//! drives a terminal, and carries another request id each time. The list of reads is what the demo tenant was asked.

use std::collections::BTreeSet;

use azposture::{
    demo::{CLIENT_ID, Fault, GRAPH_HOST, LOGIN_HOST, RESOURCE_MANAGER_HOST, Request, SANDBOX, Tenant},
    posture::resource_id::guid,
    provider::Azposture,
    sdk::{
        entry::Provider,
        schema::{Attribute, Kind, Mode},
        server::Server,
    },
};
use serde_json::{Value as Json, json};

use super::remedies::only_what_nobody_knows_is_left_open;
use crate::support::{
    inside::{Inside, Reading},
    is_full,
};

/// Somebody the messages name.
const PERSON: &str = "jane.doe@contoso.com";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1cG4iOiJqYW5lIn0.c2lnbmF0dXJl";

/// Every data source and validation with arguments that make it read.
pub(crate) fn objects() -> Vec<(&'static str, bool, Json)> {
    let sources = Azposture::TABLES.data_sources.iter().copied().flatten().map(|entry| {
        let arguments = match entry.name {
            "groups" => json!({"display_names": ["*"], "include_members": true}),
            "app_credentials" => json!({"kinds": ["certificate", "federated", "secret"]}),
            "role_assignments" | "directory_role_assignments" => json!({"assignment_types": ["active", "eligible"]}),
            "roster_match" => json!({"roster": [
                {"email": "somebody@elsewhere.example"},
                {"email": "another@elsewhere.example", "status": "terminated", "terminated_on": "2026-06-30"},
            ]}),
            "resources" => json!({
                "resource_types": [
                    "Microsoft.Compute/virtualMachines", "Microsoft.KeyVault/vaults/keys", "Microsoft.KeyVault/vaults/secrets",
                    "Microsoft.Storage/storageAccounts/blobServices/containers", "Microsoft.Storage/storageAccounts/fileServices/shares",
                ],
                "tags": {"env": "prod"},
            }),
            "defender_assessments" => json!({"include_risk": true, "tags": {"env": "prod"}}),
            _ => json!({}),
        };
        (entry.name, true, arguments)
    });
    let validations = Azposture::TABLES.validations.iter().copied().flatten().map(|entry| {
        let arguments = match entry.name {
            "connection_validation" => json!({}),
            "defender_validation" => json!({"plans": {"CloudPosture": {}}, "only_relevant": true}),
            "graph_permission_validation" => {
                json!({"self": true, "permissions": ["Directory.Read.All", "AccessReview.Read.All"]})
            }
            "mfa_validation" => json!({"all_users": true, "require_registered": true}),
            "role_assignment_validation" => json!({"self": true, "role_definition_names": ["Owner"], "accept_eligible": true}),
            "roster_validation" => json!({"roster": [{"email": "somebody@elsewhere.example"}]}),
            other => panic!("give {other} arguments here"),
        };
        (entry.name, false, arguments)
    });
    sources.chain(validations).collect()
}

pub(super) async fn run(inside: &Inside, name: &str, is_source: bool, arguments: &Json) -> Reading {
    if is_source { inside.read(name, arguments.clone()).await } else { inside.plan(name, arguments.clone()).await }
}

/// The fault at one read; `run` tells two runs apart, as the service's own ids do.
fn fault(request: &Request, run: usize) -> Fault {
    let id = format!("0000000{run}-1111-4111-8111-11111111111{run}");
    let said = format!(
        "The client '{PERSON}' (Jane Doe) with object id '{SANDBOX}' does not have authorization to perform action \
         'Microsoft.X/y/read' over scope '/subscriptions/{SANDBOX}' or the scope is invalid. Bearer {TOKEN} was sent. \u{1b}[31mRED\u{202e} \
         \r\nTrace ID: {id} Correlation ID: {id} Timestamp: 1999-11-0{run} 10:00:00Z, and {id} again."
    );
    let mut fault = Fault::on(request.path.clone()).host(&request.host).header("x-ms-correlation-request-id", &id);
    if let Some(name) = &request.named {
        fault = fault.named(name);
    }
    if request.host == LOGIN_HOST {
        let body = json!({"error": "invalid_client", "error_description": format!("AADSTS700016: {said}"), "correlation_id": id});
        return fault.answer_json(401, body);
    }
    let inner = json!({"errorCode": "PermissionScopeNotGranted", "message": said, "instanceAnnotations": []}).to_string();
    let error = json!({"code": "UnknownError", "message": inner, "innerError": {"request-id": id, "client-request-id": id},
        "details": [{"code": PERSON, "message": said}]});
    fault.answer_json(403, json!({"error": error}))
}

/// The reads of an object, each subscription's alike once.
async fn reads(block: &Json, name: &str, is_source: bool, arguments: &Json) -> Vec<Request> {
    let tenant = Tenant::demo();
    run(&Inside::configured(tenant.clone(), block.clone()).await, name, is_source, arguments).await;
    let mut known = BTreeSet::new();
    // What differs in an id alone is one read.
    let kind =
        |path: &str| path.split('/').map(|part| if guid(part).is_some() { "*" } else { part }).collect::<Vec<_>>().join("/");
    let requests = tenant.requests().into_iter();
    let all: Vec<Request> = requests.filter(|one| known.insert((one.host.clone(), kind(&one.path), one.named.clone()))).collect();
    // One in four, others for each object, and all of them with `make test-full`.
    let picked = all
        .into_iter()
        .enumerate()
        .filter(|(at, one)| is_full() || one.host == LOGIN_HOST || (at + name.len()).is_multiple_of(4));
    picked.map(|(_, one)| one).collect()
}

/// Everything a plan keeps or shows, without what is shown behind the detail on purpose.
pub(super) fn kept(reading: &Reading) -> String {
    let said: Vec<_> = reading.said.iter().map(|one| format!("{:?} {}\n{}", one.severity, one.summary, one.detail)).collect();
    format!("{}\n{}", reading.value.clone().unwrap_or_default(), said.join("\n"))
}

/// All texts of a value, keys included.
fn texts(value: &Json, all: &mut Vec<String>) {
    match value {
        Json::String(text) => all.push(text.clone()),
        Json::Array(elements) => elements.iter().for_each(|element| texts(element, all)),
        Json::Object(fields) => fields.iter().for_each(|(key, value)| {
            all.push(key.clone());
            texts(value, all);
        }),
        _ => {}
    }
}

fn is_dangerous(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Fails if anything that is shown drives a terminal, or holds a token or the id of an event.
fn harmless(reading: &Reading, what: &str) {
    let mut values = Vec::new();
    texts(reading.value.as_ref().unwrap_or(&Json::Null), &mut values);
    for text in &values {
        assert!(!text.contains(|c| is_dangerous(c) && !['\n', '\t'].contains(&c)), "{what}: {text:?}");
    }
    for one in reading.said.iter() {
        assert!(!one.summary.contains(is_dangerous), "{what}: {:?}", one.summary);
        assert!(!one.detail.contains(|c| is_dangerous(c) && c != '\n'), "{what}: {:?}", one.detail);
    }
    let kept = kept(reading);
    for part in ["eyJ", "c2lnbmF0dXJl", "-1111-4111-8111-", "1999-11-0", "instanceAnnotations"] {
        assert!(!kept.contains(part), "{what} shows {part}: {kept}");
    }
}

/// What would give away the people of the demo tenant, and the one in the messages.
fn people(tenant: &Tenant) -> BTreeSet<String> {
    let users = tenant.document("users");
    let of = |user: &Json| ["userPrincipalName", "displayName", "mail"].map(|key| user[key].as_str().map(str::to_lowercase));
    let known = users["value"].as_array().unwrap().iter().flat_map(of).flatten().filter(|text| text.len() > 3);
    known.chain(["jane", "doe@", "contoso.com"].map(str::to_owned)).collect()
}

#[tokio::test]
async fn under_redact_no_error_of_any_read_names_anybody() {
    let block = json!({"environment": "demo", "personal_data": "redact"});
    for (name, is_source, arguments) in objects() {
        let reads = reads(&block, name, is_source, &arguments).await;
        assert!(reads.iter().any(|one| one.host == LOGIN_HOST) && reads.len() > 1, "{name} reads: {reads:?}");
        for request in reads {
            let tenant = Tenant::demo().with_fault(fault(&request, 1));
            let reading = run(&Inside::configured(tenant.clone(), block.clone()).await, name, is_source, &arguments).await;
            let what = format!("{name}, {} refused", request.path);
            assert!(tenant.fired()[0] > 0, "{what}");
            harmless(&reading, &what);
            only_what_nobody_knows_is_left_open(&reading, &what);
            let kept = kept(&reading).to_lowercase();
            for person in people(&tenant) {
                assert!(!kept.contains(&person), "{what} names {person}: {kept}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_dangerous_is_shown_and_two_plans_are_equal_though_the_ids_of_the_service_differ() {
    let block = json!({"environment": "demo", "resource_graph": "never"});
    for (name, is_source, arguments) in objects() {
        for request in reads(&block, name, is_source, &arguments).await {
            let mut plans = Vec::new();
            let what = format!("{name}, {} refused", request.path);
            for number in [1, 2] {
                let tenant = Tenant::demo();
                if number == 2 {
                    // The service counts its ids, so these requests shift them.
                    Inside::configured(tenant.clone(), block.clone()).await.read("subscriptions", json!({})).await.ok();
                }
                let inside = Inside::configured(tenant.with_fault(fault(&request, number)), block.clone()).await;
                let reading = run(&inside, name, is_source, &arguments).await;
                harmless(&reading, &what);
                plans.push(kept(&reading));
            }
            assert_eq!(plans[0], plans[1], "{what}");
        }
    }
}

/// What drives a terminal, a token, and a line that looks like Terraform's.
fn evil() -> String {
    format!("\u{1b}]0;x\u{7}\u{9b}31m\u{202e}\u{2066} {TOKEN}\r\nApply complete!")
}

/// Spoils every name, description, word, condition, tag and setting that decides nothing here; those that people may have written name
/// somebody, too.
fn poison(value: &mut Json, people: bool) {
    const LISTS: &[&str] = &["categories", "threats", "tactics", "techniques"];
    const WORDS: &[&str] = &["cause", "condition", "remediationDescription", "userImpact", "implementationEffort"];
    const MAPS: &[&str] = &["additionalExtensionProperties", "tags"];
    match value {
        Json::Array(elements) => elements.iter_mut().for_each(|element| poison(element, people)),
        Json::Object(fields) => {
            // The titles of custom standards are people's.
            let is_report = ["passedAssessments", "passedResources"].iter().any(|number| fields.contains_key(*number));
            for (key, value) in fields.iter_mut() {
                let is_named = key.to_lowercase().contains("name") && value.as_str().is_some_and(|text| text.contains(' '));
                // The filter of tags that is asked for has to find something.
                let is_title = is_report && key == "description";
                let is_word = (people && key != "env") || WORDS.contains(&key.as_str()) || is_title;
                match value {
                    Json::String(text) if is_word || is_named => text.push_str(&format!(" {PERSON} {}", evil())),
                    Json::String(text) if key == "description" => text.push_str(&evil()),
                    Json::Array(words) if LISTS.contains(&key.as_str()) && !words.is_empty() => {
                        words.push(format!("{PERSON} {}", evil()).into());
                    }
                    value => poison(value, people || MAPS.contains(&key.as_str())),
                }
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn what_a_service_names_drives_no_terminal_holds_no_token_and_under_redact_names_nobody() {
    for (engine, personal_data) in [("always", "redact"), ("never", "show")] {
        for (name, is_source, arguments) in objects() {
            let block = json!({"environment": "demo", "resource_graph": engine, "personal_data": personal_data});
            let tenant = Tenant::demo().with_fault(Fault::on("").change(|answer| poison(answer, false)));
            let reading = run(&Inside::configured(tenant, block).await, name, is_source, &arguments).await;
            harmless(&reading, &format!("{name} through {engine}"));
            let forged = reading.said.iter().any(|one| one.detail.lines().any(|line| line.starts_with("Apply complete!")));
            assert!(!forged, "{name}: {:#?}", reading.said);
            let kept = kept(&reading);
            // There is no text in it that people write.
            let (names, tells) =
                (kept.contains("contoso.com"), is_source && personal_data == "show" && name != "directory_settings");
            assert!(!names || personal_data == "show", "{name}, {personal_data}: {kept}");
            assert!(names || !tells, "{name}, {personal_data}: {kept}");
            if name == "defender_plans" {
                well_formed(&reading);
            }
        }
    }
}

/// An error names the nearest of the names that there are.
#[tokio::test]
async fn under_redact_nobody_is_named_because_a_name_was_misspelt() {
    let role = json!({"role_definition_names": ["Storage Blob Data Raeder"]});
    for (name, is_source, arguments) in [
        ("role_assignments", true, role.clone()),
        ("role_assignment_validation", false, json!({"self": true, "role_definition_names": role["role_definition_names"]})),
        ("directory_role_assignments", true, json!({"role_display_names": ["Global Raeder"]})),
    ] {
        for (personal_data, names) in [("show", true), ("redact", false)] {
            let block = json!({"environment": "demo", "personal_data": personal_data});
            let tenant = Tenant::demo().with_fault(Fault::on("").change(|answer| poison(answer, false)));
            let reading = run(&Inside::configured(tenant, block).await, name, is_source, &arguments).await;
            assert_eq!(reading.errors(), ["Unknown value"], "{name}, {personal_data}");
            assert_eq!(kept(&reading).contains("contoso.com"), names, "{name}, {personal_data}: {}", reading.detail());
        }
    }
}

/// The settings of extensions are JSON, whatever was taken out of them.
fn well_formed(reading: &Reading) {
    let plans = reading.value.as_ref().unwrap()["plans"].as_array().unwrap();
    let extensions = plans.iter().flat_map(|plan| plan["extensions"].as_array().unwrap());
    let all: Vec<&str> = extensions.filter_map(|one| one["settings_json"].as_str()).collect();
    assert!(!all.is_empty());
    for settings in all {
        let settings: Json = serde_json::from_str(settings).unwrap_or_else(|error| panic!("{error}: {settings}"));
        assert!(settings.to_string().contains("[redacted]"), "{settings}");
    }
}

/// Spoils every text, whatever it is.
fn spoil(value: &mut Json) {
    match value {
        Json::String(text) => text.push_str(&evil()),
        Json::Array(elements) => elements.iter_mut().for_each(spoil),
        Json::Object(fields) => fields.values_mut().for_each(spoil),
        _ => {}
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_texts_an_answer_is_made_of_nothing_dangerous_is_shown() {
    for (name, is_source, arguments) in objects() {
        let block = json!({"environment": "demo"});
        // All reads at once, and each by itself with `make test-full`.
        let each = if is_full() { reads(&block, name, is_source, &arguments).await } else { Vec::new() };
        let each = each.iter().filter(|one| one.host != LOGIN_HOST).map(|one| (one.host.clone(), one.path.clone()));
        let hosts = [GRAPH_HOST, RESOURCE_MANAGER_HOST].map(|host| (host.to_owned(), String::new()));
        for (host, path) in each.chain(hosts) {
            let tenant = Tenant::demo().with_fault(Fault::on(path.clone()).host(&host).change(spoil));
            let reading = run(&Inside::configured(tenant, block.clone()).await, name, is_source, &arguments).await;
            harmless(&reading, &format!("{name}, {host}{path} spoiled"));
        }
    }
}

#[tokio::test]
async fn an_error_says_its_request_id_behind_its_detail() {
    let refused = Fault::on("/subscriptions").header("x-ms-request-id", "r-1").refuse(401, "ExpiredAuthenticationToken", "m");
    let reading = Inside::by_arm(Tenant::demo().with_fault(refused)).await.read("subscriptions", json!({})).await;
    let only = reading.said.iter().find(|one| one.summary == "Sign-in failed").unwrap();
    assert!(only.trace.is_some() && !only.detail.contains(only.trace.as_deref().unwrap()), "{only:?}");
}

/// A text that is too long to be shown, and worse.
fn monster() -> String {
    format!("/subscriptions/\u{1b}[31mRED\u{202e}{}", "x".repeat(9_000))
}

#[tokio::test]
async fn no_argument_is_echoed_whole_or_raw() {
    let server = Server::new(Azposture::new());
    let inside = Inside::on(Tenant::demo()).await;
    for (name, is_source, arguments) in objects() {
        let full = format!("azposture_{name}");
        let catalogue = server.catalogue();
        let schema = if is_source { &catalogue.data_sources[&full] } else { &catalogue.resources[&full] };
        for attribute in schema.attributes.iter().filter(|one| one.mode != Mode::Computed) {
            let Some(given) = given(attribute) else { continue };
            let mut arguments = arguments.clone();
            arguments[&attribute.name] = given;
            let reading = run(&inside, name, is_source, &arguments).await;
            short(&reading, &format!("{name}.{}", attribute.name));
        }
    }
    for attribute in &server.catalogue().provider.attributes {
        let Some(given) = given(attribute) else { continue };
        let mut block = json!({});
        block[&attribute.name] = given;
        let (_, said) = Inside::configure(Tenant::demo(), block).await;
        short(&Reading { value: None, said }, &format!("provider.{}", attribute.name));
    }
}

fn given(attribute: &Attribute) -> Option<Json> {
    let Kind::Plain(ty) = &attribute.kind else { return None };
    match ty.to_json() {
        Json::String(word) if word == "string" => Some(monster().into()),
        Json::Array(parts) if parts[1] == "string" => match parts[0].as_str() {
            Some("map") => Some(json!({"k": monster()})),
            _ => Some(json!([monster()])),
        },
        _ => None,
    }
}

fn short(reading: &Reading, what: &str) {
    for one in reading.said.iter() {
        assert!(!one.detail.contains(&"x".repeat(201)), "{what}: {}", one.detail);
        assert!(!one.detail.contains(|c| is_dangerous(c) && c != '\n'), "{what}: {:?}", one.detail);
    }
}

#[tokio::test]
async fn no_function_echoes_its_argument_whole_or_raw() {
    let inside = Inside::on(Tenant::demo()).await;
    let server = Server::new(Azposture::new());
    for (name, signature) in &server.catalogue().functions {
        for bad in ["/subscriptions/\u{1b}[31mRED".to_owned(), monster(), "/subscriptions/a\u{202e}/b\u{9b}/c".to_owned()] {
            let arguments = vec![json!(bad); signature.parameters.len()];
            let error = inside.call(name, &arguments).await.unwrap_err();
            assert!(!error.text.contains(is_dangerous) && error.text.chars().count() < 1_000, "{name}: {:?}", error.text);
        }
    }
    let error = inside.call("parse_resource_id", &[json!("/subscriptions/\u{1b}[31mRED")]).await.unwrap_err();
    let shown = "\"/subscriptions/\u{fffd}[31mRED\" is no Azure resource id: \"\u{fffd}[31mRED\" is no GUID";
    assert_eq!(error.text, shown);
    let parsed =
        inside.call("parse_resource_id", &[json!(format!("/subscriptions/{CLIENT_ID}/resourceGroups/a\u{1b}b"))]).await.unwrap();
    assert_eq!(parsed["name"], "a\u{fffd}b", "what comes from outside is no better in an answer");
}

#[tokio::test]
async fn free_text_of_a_service_is_kept_without_secrets_and_under_redact_not_at_all() {
    fn poison(value: &mut Json) {
        match value {
            Json::Array(elements) => elements.iter_mut().for_each(poison),
            Json::Object(fields) => fields.iter_mut().for_each(|(key, value)| match value {
                Json::String(text) if key == "message" => *text = said(),
                Json::Object(status) if key == "status" => drop(status.insert("description".into(), said().into())),
                Json::Object(own) if own.contains_key("roleDefinitionId") || own.contains_key("exemptionCategory") => {
                    drop(own.insert("description".into(), said().into()))
                }
                Json::Object(own) if own.contains_key("alertType") || own.contains_key("AlertType") => {
                    let key = if own.contains_key("alertType") { "description" } else { "Description" };
                    drop(own.insert(key.into(), said().into()))
                }
                value => poison(value),
            }),
            _ => {}
        }
    }
    fn said() -> String {
        format!("For Jane Doe ({PERSON}), Bearer {TOKEN}")
    }
    for engine in ["always", "never"] {
        for (personal_data, shown) in [("show", true), ("redact", false)] {
            let block = json!({"environment": "demo", "resource_graph": engine, "personal_data": personal_data});
            let extension = json!({"plans": {"StorageAccounts": {"extensions": ["SensitiveDataDiscovery"]}}});
            for (name, is_source, arguments) in [
                ("defender_plans", true, json!({})),
                ("defender_alerts", true, json!({})),
                ("defender_assessments", true, json!({})),
                ("policy_exemptions", true, json!({})),
                ("role_assignments", true, json!({})),
                ("defender_validation", false, extension),
            ] {
                let tenant = Tenant::demo().with_fault(Fault::on("").change(poison));
                let kept = kept(&run(&Inside::configured(tenant, block.clone()).await, name, is_source, &arguments).await);
                assert_eq!(kept.contains("For Jane Doe"), shown, "{name} through {engine}, {personal_data}: {kept}");
                assert!(!kept.contains("eyJ"), "{name} through {engine}: {kept}");
            }
        }
    }
}
