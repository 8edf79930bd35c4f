//! Resource Manager and Resource Graph give the same answers, and Resource Graph needs fewer requests for them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use azposture::{
    azure::{
        Call, Client, Transports,
        arm::authorization::{self, RoleAssignment, RoleDefinition},
        resource_graph::{QueryScope, queries},
        settings::{
            DEMO_TENANT_ID, Environment, Exclusions, Limits, Method, ResourceGraph, ScopeSetting, Settings, SignInSource,
        },
    },
    demo::{Fault, PRODUCTION, SANDBOX, Tenant},
    provider::{Azposture, collect::lists::listed::texts},
    sdk::entry::Provider,
};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{MANAGEMENT_GROUP_READER, READER, grow, hold, of_resources, root},
    inside::Inside,
};

/// What a data source is asked, so that it reads every list of its own that both engines serve.
fn questions(name: &str) -> Vec<Json> {
    match name {
        "app_credentials" => vec![json!({"kinds": ["certificate", "federated", "secret"], "limit": 0})],
        "groups" => vec![json!({"display_names": ["*"], "include_members": true, "limit": 0})],
        // Its checks are about the engines themselves.
        "connection" => vec![],
        "directory_settings" | "subscriptions" => vec![json!({})],
        "defender_plans" => vec![
            json!({}),
            json!({"include_deprecated": true, "only_relevant": true, "limit": 0}),
            json!({"subscription_ids": [SANDBOX], "limit": 0}),
        ],
        "defender_assessments" => vec![
            json!({}),
            json!({"statuses": ["Healthy", "NotApplicable", "Unhealthy"], "include_risk": true, "limit": 0}),
            json!({"tags": {"env": "prod"}, "limit": 0}),
            json!({"resource_group_names": ["rg-lab"], "limit": 0}),
        ],
        "defender_alerts" => {
            vec![json!({}), json!({"statuses": ["Active", "Dismissed", "InProgress", "Resolved"], "limit": 0})]
        }
        "policy_compliance" => {
            vec![json!({"limit": 0}), json!({"effects": ["Deny"], "resource_types": ["Microsoft.Compute/virtualMachines"]})]
        }
        "monitor_settings" => vec![
            json!({"limit": 0}),
            json!({"kinds": ["resource_diagnostic_settings"], "resource_types": ["Microsoft.KeyVault/vaults"], "limit": 0}),
        ],
        // Of more than 20 subscriptions only one of the engines reads them.
        "regulatory_compliance" => vec![
            json!({"subscription_ids": [PRODUCTION], "depth": "assessments", "limit": 0}),
            json!({"subscription_ids": [PRODUCTION], "standards": ["PCI-DSS-v4.0.1"], "statuses": ["Failed"]}),
            json!({"subscription_ids": [SANDBOX]}),
        ],
        "resources" => vec![
            json!({"limit": 0}),
            json!({
                "resource_types": [
                    "Microsoft.KeyVault/vaults/keys", "Microsoft.KeyVault/vaults/secrets",
                    "Microsoft.Storage/storageAccounts/blobServices/containers", "Microsoft.Storage/storageAccounts/fileServices/shares",
                ],
                "limit": 0,
            }),
            json!({"tags": {"env": "prod"}, "names": ["*shop*"], "limit": 5}),
            json!({"resource_types": ["Microsoft.Network/azureFirewalls", "Microsoft.Sql/servers"]}),
        ],
        "role_assignments" => {
            vec![json!({"limit": 0}), json!({"role_definition_names": ["Owner"], "expand_groups": true, "limit": 0})]
        }
        "vulnerabilities" => vec![
            json!({}),
            json!({"statuses": ["Healthy", "NotApplicable", "Unhealthy"], "limit": 0}),
            json!({"kinds": ["aks_node"], "subscription_ids": [SANDBOX], "limit": 0}),
        ],
        "secure_score" => {
            vec![json!({"limit": 0}), json!({"subscription_ids": [SANDBOX], "include_controls": false})]
        }
        "roster_match" => vec![json!({"roster": [{"email": "ava@fabrikam-outdoor.example"}], "limit": 0})],
        _ => vec![json!({"limit": 0})],
    }
}

/// Every data source, with what it is asked.
fn readings() -> impl Iterator<Item = (&'static str, Json)> {
    let names = Azposture::TABLES.data_sources.iter().copied().flatten().map(|entry| entry.name);
    names.flat_map(|name| questions(name).into_iter().map(move |arguments| (name, arguments)))
}

fn validation() -> Json {
    json!({
        "plans": {"VirtualMachines": {}, "SqlServers": {}, "Containers": {}, "StorageAccounts": {}},
        "require_assessments": true, "require_scan_within_days": 7, "only_relevant": true, "enforcement": "warning",
    })
}

/// The whole tenant, through one engine.
async fn through(tenant: &Tenant, resource_graph: &str) -> Inside {
    Inside::configured(tenant.clone(), json!({"environment": "demo", "resource_graph": resource_graph})).await
}

/// The names of the Resource Graph queries a tenant was asked.
fn queries_asked(tenant: &Tenant) -> BTreeSet<String> {
    tenant.requests().into_iter().filter_map(|request| request.named).collect()
}

/// The policy assignments of an answer without what is counted by them.
fn assigned(answer: Json) -> Vec<Json> {
    let mut rows = answer["assignments"].as_array().unwrap().clone();
    for row in &mut rows {
        for count in ["compliant", "non_compliant", "exempt", "other", "percentage"] {
            row.as_object_mut().unwrap().remove(count).unwrap();
        }
    }
    rows
}

async fn compare(tenant: &Tenant, scope: Option<&ScopeSetting>) {
    let inside = async |word| match scope {
        Some(scope) => Inside::aimed(tenant.clone(), scope.clone(), word).await,
        None => through(tenant, word).await,
    };
    let (never, always) = (inside("never").await, inside("always").await);
    for (name, arguments) in readings() {
        let (by_arm, by_graph) = (never.read(name, arguments.clone()).await, always.read(name, arguments.clone()).await);
        assert_eq!(by_arm.errors(), by_graph.errors(), "{name} {arguments}");
        if name == "subscriptions" && matches!(scope, Some(ScopeSetting::Subscriptions(_))) {
            // The one difference: Resource Manager alone has no list of what is above single subscriptions.
            assert_eq!(by_arm.gaps(), ["management_groups engine_never tenant"]);
            assert_eq!(by_graph.ok()["subscriptions"][0]["management_group_ids"][0], "mg-production");
            continue;
        }
        if name == "policy_compliance" {
            // Which resources comply, Resource Graph alone tells.
            assert_eq!(assigned(by_arm.ok()), assigned(by_graph.ok()), "{arguments}");
            continue;
        }
        assert_eq!(by_arm.value, by_graph.value, "{name} {arguments}");
    }
    let (by_arm, by_graph) =
        (never.open("defender_validation", validation()).await, always.open("defender_validation", validation()).await);
    assert_eq!((by_arm.detail(), &by_arm.value), (by_graph.detail(), &by_graph.value));
}

#[tokio::test]
async fn both_engines_answer_alike_for_the_tenant() {
    let tenant = Tenant::demo();
    compare(&tenant, None).await;
    // The demo tenant has too few rows to ask for the first of them alone; `provider::counted` compares those.
    let names = texts().into_keys().filter(|name| *name != queries::counted::FIRST);
    let never_compared: Vec<&str> = names.filter(|name| !queries_asked(&tenant).contains(*name)).collect();
    assert!(never_compared.is_empty(), "{never_compared:?}");
}

#[tokio::test]
async fn both_engines_answer_alike_for_a_management_group_and_for_single_subscriptions() {
    for scope in [
        ScopeSetting::ManagementGroup("mg-production".to_owned()),
        ScopeSetting::ManagementGroup("mg-fabrikam".to_owned()),
        ScopeSetting::Subscriptions(BTreeSet::from([PRODUCTION.to_owned()])),
    ] {
        compare(&Tenant::demo(), Some(&scope)).await;
    }
}

// Hundreds of pages: the clock stands still, so that nobody waits for the pace the service asks for.
#[tokio::test(start_paused = true)]
async fn both_engines_answer_alike_in_small_pages_and_with_many_subscriptions() {
    compare(&Tenant::demo().with_page_size(3), None).await;
    let tenant = Tenant::demo();
    grow(&tenant, 25);
    compare(&tenant, None).await;
}

#[tokio::test]
async fn both_engines_answer_alike_after_changes() {
    let tenant = Tenant::demo();
    let change = |fixture: &str, change: &dyn Fn(&mut Json)| {
        tenant.edit(fixture, |list| list["value"].as_array_mut().unwrap().iter_mut().for_each(change)).unwrap();
    };
    change("pricings", &|row| {
        if row["id"].as_str().unwrap().contains(SANDBOX) {
            row["properties"]["pricingTier"] = json!("Standard");
        }
    });
    change("assessments", &|row| {
        if row["name"].as_str().unwrap().starts_with("fab0000b") {
            row["properties"]["status"] = json!({"code": "NotApplicable", "cause": "OffByPolicy", "description": "off"});
            row["properties"].as_object_mut().unwrap().remove("risk");
            row["properties"].as_object_mut().unwrap().remove("links");
        }
    });
    for document in of_resources().chain(["resources"]) {
        change(document, &|row| row["tags"] = json!({"env": "prod", "Owner": "somebody"}));
    }
    change("sub-assessments", &|row| {
        row["properties"].as_object_mut().unwrap().remove("timeGenerated");
    });
    change("subscriptions", &|row| row["state"] = json!("Warned"));
    compare(&tenant, None).await;
}

#[tokio::test]
async fn both_engines_answer_alike_where_there_is_nothing_or_nothing_is_registered() {
    let tenant = Tenant::demo();
    for fixture in of_resources().chain([
        "alerts",
        "assessments",
        "resources",
        "secure-score-controls",
        "secure-scores",
        "standard-assignments",
        "sub-assessments",
    ]) {
        let elsewhere = |row: &Json| !row["id"].as_str().unwrap().contains(SANDBOX);
        tenant.edit(fixture, |list| list["value"].as_array_mut().unwrap().retain(elsewhere)).unwrap();
    }
    compare(&tenant, None).await;
    tenant
        .edit("providers", |list| {
            for row in list["value"].as_array_mut().unwrap() {
                let id = row["id"].as_str().unwrap().to_owned();
                if id.contains(SANDBOX) && id.ends_with("Microsoft.Security") {
                    row["registrationState"] = json!("NotRegistered");
                }
            }
        })
        .unwrap();
    tenant
        .edit("pricings", |list| {
            list["value"].as_array_mut().unwrap().retain(|row| !row["id"].as_str().unwrap().contains(SANDBOX))
        })
        .unwrap();
    compare(&tenant, None).await;
    let answer = through(&tenant, "always").await.read("defender_plans", json!({})).await;
    assert_eq!(answer.gaps(), [format!("plans not_registered /subscriptions/{SANDBOX}")]);
}

#[tokio::test]
async fn never_sends_no_post_to_the_service_and_auto_chooses_by_the_scope() {
    for (block, graph) in [
        (json!({"resource_graph": "never"}), false),
        (json!({"resource_graph": "never", "subscription_ids": [PRODUCTION]}), false),
        (json!({"subscription_ids": [PRODUCTION, SANDBOX]}), false),
        (json!({"resource_graph": "always", "subscription_ids": [PRODUCTION]}), true),
        (json!({}), true),
    ] {
        let tenant = Tenant::demo();
        let mut whole = json!({"environment": "demo"});
        whole.as_object_mut().unwrap().extend(block.as_object().unwrap().clone());
        Inside::configured(tenant.clone(), whole).await.read("defender_plans", json!({})).await.ok();
        let posts = tenant.requests().iter().any(|request| request.path.contains("Microsoft.ResourceGraph"));
        assert_eq!(posts, graph, "{block}");
    }
}

fn client(tenant: &Tenant) -> Client {
    let settings = Settings {
        environment: Environment::Demo,
        tenant_id: Some(DEMO_TENANT_ID.to_owned()),
        method: Ok(Method::Demo),
        sign_in_source: SignInSource::Block,
        scope: ScopeSetting::Subscriptions(both()),
        exclusions: Exclusions::default(),
        resource_graph: ResourceGraph::Auto,
        ca_certificate_file: None,
        limits: Limits::default(),
        user_agent: "tests".to_owned(),
        redacts_people: false,
    };
    Client::new(settings, Transports::of(Arc::new(tenant.clone())))
}

fn both() -> BTreeSet<String> {
    BTreeSet::from([PRODUCTION.to_owned(), SANDBOX.to_owned()])
}

#[tokio::test]
async fn role_assignments_and_definitions_are_the_same_rows_from_both_engines() {
    let client = client(&Tenant::demo());
    let (mut by_arm, mut by_graph) = (BTreeMap::new(), BTreeMap::new());
    let assignment = |row: RoleAssignment| (row.id.to_lowercase(), format!("{:?}", row.properties));
    for id in both() {
        let rows = authorization::role_assignments(&client, &format!("/subscriptions/{id}")).await.unwrap();
        by_arm.extend(rows.into_iter().map(assignment));
    }
    let scope = QueryScope::Subscriptions(both());
    queries::role_assignments(&client, scope.clone(), |row| by_graph.extend([assignment(row)])).await.unwrap();
    assert_eq!(by_arm, by_graph);
    assert!(by_graph.keys().any(|id| id.contains("managementgroups")), "what is above comes, too");

    let (mut by_arm, mut by_graph) = (BTreeMap::new(), BTreeMap::new());
    let definition = |row: RoleDefinition| (row.name.to_lowercase(), format!("{:?}", row.properties));
    for id in both() {
        let scope = format!("/subscriptions/{id}");
        let path = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions");
        let call = Call::arm("list role definitions", path, "2022-04-01").with("$filter", "atScopeAndBelow()");
        client.list(call, |row| by_arm.extend([definition(row)])).await.unwrap();
    }
    queries::role_definitions(&client, scope, |row| by_graph.extend([definition(row)])).await.unwrap();
    assert_eq!(by_arm, by_graph);
}

/// Requests to Resource Manager and Resource Graph, without sign-in.
fn asked(tenant: &Tenant) -> Vec<String> {
    let requests = tenant.requests().into_iter().filter(|request| !request.host.starts_with("login."));
    requests.map(|request| request.named.unwrap_or(request.path)).collect()
}

/// Requests for what the caller may do, for the state of Defender for Cloud, and all others.
struct Cost {
    permissions: usize,
    states: usize,
    lists: usize,
}

/// How many requests all readings together take that Resource Graph can serve alone; beside role assignments stand deny assignments and
/// schedules, and beside alert rules what activity logs are exported to, which only Resource Manager has, as it has secrets of vaults. What the
/// directory has a request for each of costs the same through both.
async fn cost(tenant: &Tenant, resource_graph: &str) -> Cost {
    let inside = through(tenant, resource_graph).await;
    let by_both = |(name, arguments): &(&str, Json)| {
        let beside = ["app_credentials", "groups", "monitor_settings", "role_assignments", "service_principals"];
        !beside.contains(name) && !arguments.to_string().contains("vaults/secrets")
    };
    for (name, arguments) in readings().filter(by_both) {
        inside.read(name, arguments).await.ok();
    }
    inside.open("defender_validation", validation()).await.ok();
    let asked = asked(tenant);
    let (permissions, states) =
        (permissions(&asked), asked.iter().filter(|one| one.ends_with("/providers/Microsoft.Security")).count());
    Cost { permissions, states, lists: asked.len() - permissions - states }
}

/// How many of them ask what the caller may do in a subscription.
fn permissions(requests: &[String]) -> usize {
    requests.iter().filter(|one| one.ends_with("/permissions")).count()
}

#[tokio::test]
async fn resource_graph_takes_a_fraction_of_the_requests() {
    let small = (cost(&Tenant::demo(), "never").await, cost(&Tenant::demo(), "always").await);
    let grown = || {
        let tenant = Tenant::demo();
        grow(&tenant, 28);
        tenant
    };
    let (arm, graph) = (cost(&grown(), "never").await, cost(&grown(), "always").await);
    assert!(arm.lists > 5 * small.0.lists, "each subscription costs requests of its own");
    // The lists themselves do not grow; what is left is the tree, which is read in small pages.
    let few = (graph.lists, arm.lists, small.1.lists, small.0.lists);
    assert!(graph.lists < arm.lists / 5, "{} instead of {}; for two subscriptions {} instead of {}", few.0, few.1, few.2, few.3);
    // What the caller may do has to be asked of each, whatever reads the lists, and so has whether Defender is registered.
    assert_eq!((small.1.permissions, graph.permissions, arm.permissions), (2, 30, 30));
    assert_eq!((small.1.states, graph.states, arm.states), (2, 30, 30));
}

/// What role assignments say is not what the caller may do: a deny assignment can take it away, and those stand in no table of
/// Resource Graph.
#[tokio::test]
async fn each_subscription_is_asked_what_the_caller_may_do_however_many_there_are() {
    const PLANS: &str = "Microsoft.Security/pricings/read";
    let tenant = Tenant::demo();
    let ids = grow(&tenant, 28);
    let answer = through(&tenant, "auto").await.read("defender_plans", json!({"limit": 0})).await.ok();
    assert_eq!((&answer["complete"], permissions(&asked(&tenant))), (&json!(true), 30));

    let denied =
        |body: &mut Json| body["value"].as_array_mut().unwrap().iter_mut().for_each(|row| row["notActions"] = json!([PLANS]));
    let tenant = Tenant::demo().with_fault(Fault::on("/permissions").subscription(&ids[3]).change(denied));
    grow(&tenant, 28);
    let answer = through(&tenant, "auto").await.read("defender_plans", json!({"limit": 0})).await.ok();
    assert_eq!(answer["complete"], false);
    // A role without this one action does not read every type either.
    let place = format!("/subscriptions/{}", ids[3]);
    let gap = |subject: &str| json!([subject, place, "not_proven"]);
    let gaps = answer["unreadable"].as_array().unwrap().iter();
    let gaps: Vec<Json> = gaps.map(|gap| json!([gap["subject"], gap["scope"], gap["reason"]])).collect();
    assert_eq!(gaps, [gap("plans"), gap("resources")]);
}

#[tokio::test]
async fn what_is_held_on_some_subscriptions_only_proves_nothing_of_the_others() {
    let tenant = Tenant::demo();
    let ids = grow(&tenant, 28);
    let scopes: Vec<String> = ids.iter().take(10).map(|id| format!("/subscriptions/{id}")).collect();
    let mut roles: Vec<(&str, &str)> = scopes.iter().map(|scope| (READER, scope.as_str())).collect();
    let root = root();
    roles.push((MANAGEMENT_GROUP_READER, &root));
    hold(&tenant, &roles);
    let answer = through(&tenant, "auto").await.read("defender_plans", json!({"limit": 0})).await.ok();
    assert_eq!(answer["complete"], false);
    let unproven: BTreeSet<_> =
        answer["unreadable"].as_array().unwrap().iter().map(|gap| gap["scope"].as_str().unwrap()).collect();
    assert!(scopes.iter().all(|scope| !unproven.contains(scope.as_str())), "{unproven:?}");
    assert_eq!(unproven.len(), 20);
}
