//! `azposture_resources`.

use std::collections::{BTreeMap, BTreeSet};

use azposture::{
    azure::arm::typed::types,
    demo::{Fault, PRODUCTION, SANDBOX, Tenant},
};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{SECURITY_READER, edit, edited, grow, hold, of_resources, subscription},
    inside::{Inside, Reading},
};

pub(super) const VAULTS: &str = "Microsoft.KeyVault/vaults";
const CLUSTERS: &str = "Microsoft.ContainerService/managedClusters";
const MACHINES: &str = "Microsoft.Compute/virtualMachines";
pub(super) const KEYS: &str = "Microsoft.KeyVault/vaults/keys";
pub(super) const SECRETS: &str = "Microsoft.KeyVault/vaults/secrets";
pub(super) const CONTAINERS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers";
pub(super) const SHARES: &str = "Microsoft.Storage/storageAccounts/fileServices/shares";
pub(super) const PARTS: [&str; 4] = [KEYS, SECRETS, CONTAINERS, SHARES];
pub(super) const SERVERS: &str = "Microsoft.Sql/servers";

pub(super) async fn read(tenant: Tenant, arguments: Json) -> Reading {
    Inside::by_arm(tenant).await.read("resources", arguments).await
}

/// Resources of one type.
pub(super) fn of(kind: &str) -> Json {
    json!({"resource_types": [kind], "limit": 0})
}

pub(super) fn rows(answer: &Json) -> &Vec<Json> {
    answer["resources"].as_array().unwrap()
}

pub(super) fn named<'a>(answer: &'a Json, name: &str) -> &'a Json {
    rows(answer).iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name} is in {answer:#}"))
}

pub(super) fn names(answer: &Json) -> BTreeSet<&str> {
    rows(answer).iter().map(|row| row["name"].as_str().unwrap()).collect()
}

pub(super) fn columns(row: &Json) -> Json {
    serde_json::from_str(row["properties_json"].as_str().unwrap()).unwrap()
}

/// The reasons of the coverage, with the subscriptions.
pub(super) fn covered(answer: &Json) -> BTreeMap<String, Vec<String>> {
    let ids = |row: &Json| row["subscription_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    let all = answer["coverage"].as_array().unwrap();
    assert!(
        all.iter().all(|row| row["subscriptions"].as_u64() == row["subscription_ids"].as_array().map(|ids| ids.len() as u64))
    );
    all.iter().map(|row| (row["key"].as_str().unwrap().to_owned(), ids(row))).collect()
}

pub(super) fn refused(part: &str) -> Fault {
    Fault::on(part).method("GET").refuse(403, "AuthorizationFailed", "no")
}

#[tokio::test]
async fn a_resource_has_what_all_have_and_the_columns_of_its_type() {
    let answer = read(Tenant::demo(), json!({"limit": 0})).await.ok();
    assert_eq!((&answer["complete"], covered(&answer)), (&json!(true), BTreeMap::new()));
    let machine = named(&answer, "vm-shop-web-01");
    let group = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod");
    assert_eq!(machine["id"], format!("{group}/providers/{MACHINES}/vm-shop-web-01"));
    assert_eq!(machine["key"], machine["id"].as_str().unwrap().to_lowercase());
    assert_eq!((&machine["type"], &machine["location"]), (&json!(MACHINES), &json!("germanywestcentral")));
    assert_eq!((&machine["subscription_id"], &machine["resource_group_name"]), (&json!(PRODUCTION), &json!("rg-shop-prod")));
    assert_eq!((&machine["zones"], &machine["identity_type"]), (&json!(["1"]), &json!("SystemAssigned")));
    assert_eq!(machine["tags"], json!({"env": "prod", "app": "shop"}));
    for unsaid in ["public_network_access", "private_endpoint_count", "parent_id", "managed_by", "identity_ids", "sku_name"] {
        assert_eq!(machine[unsaid], Json::Null, "{unsaid}");
    }
    let disk = named(&answer, "vm-shop-web-01_OsDisk");
    assert_eq!(
        (&disk["managed_by"], &disk["sku_name"], &disk["sku_tier"]),
        (&machine["id"], &json!("Premium_LRS"), &json!("Premium"))
    );
    let app = named(&answer, "app-fab-shop");
    assert_eq!(app["location"], "germanywestcentral", "App Service writes what people call a region");
    let identity = format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-fab-shop");
    assert_eq!(app["identity_ids"], json!([identity]), "in one spelling");
    let cache = named(&answer, "redis-fab-shop");
    assert_eq!((&cache["sku_name"], &cache["private_endpoint_count"]), (&json!("Standard"), &json!(0)));
    assert_eq!(columns(cache)["redisConfiguration"], json!({"aad-enabled": "true", "rdb-backup-enabled": "false"}));
    let cosmos = named(&answer, "cosmos-fab-catalog");
    assert_eq!(cosmos["private_endpoint_count"], 0, "a pending connection reaches nothing");
    assert_eq!((&columns(cosmos)["ipRules"], &columns(cosmos)["customerManagedKey"]), (&json!(2), &json!(false)));
    assert_eq!(named(&answer, "log-fab-prod")["public_network_access"], "Enabled", "one of its two switches is on");
    assert_eq!(named(&answer, "func-fab-orders")["public_network_access"], Json::Null);
}

#[tokio::test]
async fn clusters_come_with_their_node_pools_and_node_images() {
    let answer = read(Tenant::demo(), of(CLUSTERS)).await.ok();
    assert_eq!(names(&answer), ["aks-fab-lab", "aks-fab-prod"].into());
    let own = columns(named(&answer, "aks-fab-prod"));
    assert_eq!(
        (&own["apiServerAccessProfile"]["enablePrivateCluster"], &own["currentKubernetesVersion"]),
        (&json!(true), &json!("1.33.4"))
    );
    assert_eq!(
        own["agentPoolProfiles"],
        json!([{
            "currentOrchestratorVersion": null, "enableEncryptionAtHost": true, "enableFIPS": false, "enableNodePublicIP": false,
            "mode": "System", "name": "system", "nodeImageVersion": "AKSUbuntu-2204gen2containerd-202610.06.0",
            "orchestratorVersion": "1.33", "osType": "Linux",
        }])
    );
    assert_eq!(own["addonProfiles"], json!({"azurepolicy": {"enabled": true}, "omsagent": {"enabled": true}}));
}

#[tokio::test]
async fn rows_come_by_key_and_are_counted_by_type_location_and_subscription() {
    let answer = read(Tenant::demo(), json!({"resource_types": [VAULTS, MACHINES], "limit": 3})).await.ok();
    let keys: Vec<&str> = rows(&answer).iter().map(|row| row["key"].as_str().unwrap()).collect();
    assert!(keys.is_sorted() && keys.len() == 3);
    assert_eq!(
        answer["summary"],
        json!({
            "matched": 9, "returned": 3, "by_type": {VAULTS: 3, MACHINES: 6},
            "by_location": {"germanywestcentral": 6, "northeurope": 3}, "by_subscription": {PRODUCTION: 6, SANDBOX: 3},
        })
    );
    assert_eq!(answer["truncated"], true);
}

#[tokio::test]
async fn filters_combine() {
    let inside = Inside::by_arm(Tenant::demo()).await;
    let lab = format!("/subscriptions/{SANDBOX}/resourceGroups/RG-lab");
    for (filter, expected) in [
        (
            json!({"resource_group_names": ["RG-DATA-PROD"], "resource_types": [MACHINES, SERVERS]}),
            vec!["sql-fab-shop", "vm-erp-01"],
        ),
        (
            json!({"resource_id_prefixes": [lab], "resource_types": [VAULTS, MACHINES]}),
            vec!["kv-fab-lab", "vm-lab-01", "vm-lab-02"],
        ),
        (json!({"tags": {"APP": "erp"}}), vec!["vm-erp-01"]),
        (json!({"tags": {"dataClass": "*"}}), vec!["vm-erp-01"]),
        (json!({"locations": ["North Europe"], "resource_types": ["microsoft.web/SITES"]}), vec!["app-fab-proto"]),
        (json!({"names": ["KV-*-shop", "vm-erp-0?"]}), vec!["kv-fab-shop", "vm-erp-01"]),
        (json!({"names": ["*"], "subscription_ids": [SANDBOX], "resource_types": [VAULTS]}), vec!["kv-fab-lab"]),
    ] {
        let reading = inside.read("resources", filter.clone()).await;
        assert_eq!(reading.warnings(), [""; 0], "{filter}");
        assert_eq!(names(&reading.ok()), expected.into_iter().collect(), "{filter}");
    }
    for (arguments, error) in [
        (json!({"resource_types": ["Microsoft.Storage/storageAccount"]}), "Unknown value"),
        (json!({"resource_types": []}), "Nothing selected"),
        (json!({"names": []}), "Nothing selected"),
        (json!({"locations": []}), "Nothing selected"),
        (json!({"tags": {}}), "Nothing selected"),
        (json!({"resource_group_names": ["rg-nowhere"]}), "Nothing selected"),
        (
            json!({"resource_id_prefixes": ["/subscriptions/fab00001-0000-4000-8000-00000000ffff"]}),
            "Outside the configured scope",
        ),
    ] {
        assert_eq!(inside.read("resources", arguments.clone()).await.errors(), [error], "{arguments}");
    }
}

/// A body that holds a secret in every field that nothing names.
fn with_secrets(value: &mut Json) {
    match value {
        Json::Array(elements) => elements.iter_mut().for_each(with_secrets),
        Json::Object(fields) => {
            fields.values_mut().for_each(with_secrets);
            for name in ["adminPassword", "connectionString", "customData", "keys", "value"] {
                fields.insert(name.to_owned(), json!(format!("hunter2-{name}")));
            }
            fields.insert("config".to_owned(), json!({"secret": "hunter2", "list": ["hunter2", {"token": "hunter2"}]}));
        }
        _ => {}
    }
}

#[tokio::test]
async fn what_no_column_names_is_in_no_answer() {
    let spoiled = || {
        let tenant = Tenant::demo();
        for document in of_resources() {
            let spoil = |row: &mut Json| {
                let own = row.as_object_mut().unwrap();
                own.iter_mut()
                    .filter(|(name, _)| ["properties", "sku"].contains(&name.as_str()))
                    .for_each(|(_, one)| with_secrets(one));
                own.insert("secret".to_owned(), json!("hunter2"));
            };
            edit(&tenant, document, |rows| rows.iter_mut().for_each(spoil));
        }
        tenant
    };
    for engine in ["never", "always"] {
        let through = async |tenant: Tenant| {
            let block = json!({"environment": "demo", "resource_graph": engine});
            let inside = Inside::configured(tenant, block).await;
            let mut answer = inside.read("resources", json!({"limit": 0})).await.ok();
            answer["parts"] = inside.read("resources", json!({"resource_types": PARTS, "limit": 0})).await.ok();
            answer
        };
        let (before, after) = (through(Tenant::demo()).await, through(spoiled()).await);
        assert!(!after.to_string().contains("hunter2"), "{engine}");
        assert!(rows(&before).len() > 30 && before == after, "{engine}: nothing else changes either");
    }
}

#[tokio::test]
async fn columns_are_exactly_those_of_the_table_in_sorted_order() {
    let inside = Inside::by_arm(Tenant::demo()).await;
    let all = inside.read("resources", json!({"limit": 0})).await.ok();
    let parts = inside.read("resources", json!({"resource_types": PARTS, "limit": 0})).await.ok();
    for row in rows(&all).iter().chain(rows(&parts)) {
        let kind = types().find(|one| one.name == row["type"]).unwrap();
        let text = row["properties_json"].as_str().unwrap();
        let own: Vec<String> = columns(row).as_object().unwrap().keys().cloned().collect();
        assert!(own.is_sorted(), "{text}");
        let listed: BTreeSet<String> = kind.projection().nothing().keys().cloned().collect();
        assert_eq!(own.into_iter().collect::<BTreeSet<_>>(), listed, "{}", kind.name);
    }
}

/// Empty is not clean: each reason by itself.
#[tokio::test]
async fn no_rows_of_a_type_are_an_answer_only_where_that_is_proven() {
    let of_nothing = "Microsoft.Network/azureFirewalls";
    let reading = read(Tenant::demo(), of(of_nothing)).await;
    assert_eq!(reading.gaps(), [""; 0]);
    let answer = reading.ok();
    let key = format!("{}|no_resources", of_nothing.to_lowercase());
    assert_eq!(covered(&answer), BTreeMap::from([(key, vec![PRODUCTION.to_owned(), SANDBOX.to_owned()])]));
    assert_eq!((&answer["summary"]["matched"], &answer["complete"]), (&json!(0), &json!(true)));
    // Refused, in one subscription.
    let reading = read(Tenant::demo().with_fault(refused(&format!("{SANDBOX}/providers/{VAULTS}"))), of(VAULTS)).await;
    assert_eq!(reading.gaps(), [format!("resources forbidden /subscriptions/{SANDBOX}")]);
    let answer = reading.ok();
    assert_eq!(covered(&answer), BTreeMap::from([("microsoft.keyvault/vaults|forbidden".to_owned(), vec![SANDBOX.to_owned()])]));
    assert_eq!((names(&answer), &answer["complete"]), (["kv-fab-platform", "kv-fab-shop"].into(), &json!(false)));
    // Empty, although some are counted.
    let none = Tenant::demo().with_fault(Fault::on(format!("{SANDBOX}/providers/{VAULTS}")).keep(|_| false));
    let reading = read(none, of(VAULTS)).await;
    assert_eq!(reading.gaps(), [format!("resources incomplete_list /subscriptions/{SANDBOX}")]);
    let answer = reading.ok();
    assert_eq!(
        covered(&answer),
        BTreeMap::from([("microsoft.keyvault/vaults|incomplete_list".to_owned(), vec![SANDBOX.to_owned()])])
    );
    // All of it refused.
    let reading = read(Tenant::demo().with_fault(refused(&format!("/providers/{VAULTS}"))), of(VAULTS)).await;
    assert_eq!(reading.errors(), ["Nothing could be read"]);
}

#[tokio::test]
async fn where_it_is_not_seen_what_there_is_every_type_is_asked_for() {
    let unseen = || Tenant::demo().with_fault(refused("/resources"));
    let tenant = unseen();
    let reading = read(tenant.clone(), of(SERVERS)).await;
    assert_eq!(reading.gaps(), [""; 0], "the list of the type is whole by itself");
    let answer = reading.ok();
    assert_eq!(names(&answer), ["sql-fab-shop"].into());
    let key = "microsoft.sql/servers|not_registered".to_owned();
    assert_eq!(covered(&answer), BTreeMap::from([(key, vec![SANDBOX.to_owned()])]), "and so there can be none");
    assert_eq!(answer["complete"], true);
    let reading = read(unseen(), of("Microsoft.Network/azureFirewalls")).await;
    let answer = reading.ok();
    assert_eq!(covered(&answer).keys().collect::<Vec<_>>(), ["microsoft.network/azurefirewalls|no_resources"]);
}

/// One who may read the vaults and nothing else of the data.
#[tokio::test]
async fn a_role_with_a_few_types_reads_those_and_the_others_are_named() {
    let tenant = || {
        let tenant = edited(Tenant::demo(), "role-definitions", |rows| {
            let own = rows.iter_mut().find(|row| row["name"] == SECURITY_READER).unwrap();
            own["properties"]["permissions"] = json!([{"actions": [
                "Microsoft.KeyVault/vaults/read", "Microsoft.Resources/subscriptions/resources/read", "Microsoft.Resources/subscriptions/read",
                "Microsoft.Management/managementGroups/read",
            ], "notActions": [], "dataActions": [], "notDataActions": []}]);
        });
        hold(&tenant, &[(SECURITY_READER, &subscription(PRODUCTION)), (SECURITY_READER, &subscription(SANDBOX))]);
        tenant
    };
    for engine in ["never", "always"] {
        let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION, SANDBOX], "resource_graph": engine});
        let inside = Inside::configured(tenant(), block).await;
        let reading = inside.read("resources", json!({"resource_types": [VAULTS, SERVERS], "limit": 0})).await;
        let places = [PRODUCTION, SANDBOX].map(str::to_owned).to_vec();
        let answer = reading.ok();
        let reasons: BTreeSet<String> = covered(&answer).into_keys().collect();
        assert_eq!(names(&answer), ["kv-fab-lab", "kv-fab-platform", "kv-fab-shop"].into(), "{engine}");
        assert!(
            reasons.iter().all(|key| key.starts_with("microsoft.sql/servers|") && !key.contains("no_resources")),
            "{engine}: {reasons:?}"
        );
        let of_servers: BTreeSet<String> = covered(&answer).into_values().flatten().collect();
        assert_eq!(of_servers, places.into_iter().collect(), "{engine}");
        assert_eq!(answer["complete"], false, "{engine}");
        let answer = inside.read("resources", of(VAULTS)).await.ok();
        assert_eq!(answer["complete"], true, "{engine}: {answer:#}");
    }
}

#[tokio::test]
async fn an_area_that_is_off_is_not_read_and_stands_in_the_coverage() {
    let block = json!({"environment": "demo", "areas": ["data", "posture"], "resource_graph": "never"});
    let tenant = Tenant::demo();
    let inside = Inside::configured(tenant.clone(), block).await;
    let answer = inside.read("resources", json!({"resource_types": [VAULTS, MACHINES]})).await.ok();
    assert_eq!(names(&answer), ["kv-fab-lab", "kv-fab-platform", "kv-fab-shop"].into());
    let off = "microsoft.compute/virtualmachines|area_off".to_owned();
    assert_eq!(covered(&answer), BTreeMap::from([(off.clone(), vec![PRODUCTION.to_owned(), SANDBOX.to_owned()])]));
    assert!(covered(&inside.read("resources", json!({})).await.ok()).contains_key(&off));
    assert!(!tenant.requests().iter().any(|request| request.path.ends_with(MACHINES)));
    let reading = inside.read("resources", of(MACHINES)).await;
    assert_eq!(reading.errors(), ["Area is off"]);
    let nothing = Inside::configured(Tenant::demo(), json!({"environment": "demo", "areas": ["posture"]})).await;
    assert_eq!(nothing.read("resources", json!({})).await.errors(), ["Area is off"]);
}

#[tokio::test]
async fn only_the_lists_of_types_that_are_there_are_read_each_once() {
    let tenant = Tenant::demo();
    let inside = Inside::by_arm(tenant.clone()).await;
    inside.read("resources", json!({})).await.ok();
    let asked = |kind: &str| {
        let end = format!("/providers/{kind}");
        tenant.requests().iter().filter(|request| request.path.ends_with(&end) && request.page == 1).count()
    };
    assert_eq!((asked(VAULTS), asked(SERVERS), asked("Microsoft.Network/azureFirewalls")), (2, 1, 0));
    let before = tenant.requests().len();
    inside.read("resources", of(VAULTS)).await.ok();
    assert_eq!(tenant.requests().len(), before, "what is held is not asked for again");
}

#[tokio::test]
async fn resource_graph_is_asked_twice_whatever_the_types() {
    let tenant = Tenant::demo();
    grow(&tenant, 20);
    let block = json!({"environment": "demo", "resource_graph": "always"});
    let inside = Inside::configured(tenant.clone(), block).await;
    let answer = inside.read("resources", json!({"limit": 0})).await.ok();
    assert_eq!(answer["complete"], true, "{:#}", answer["unreadable"]);
    let named: BTreeSet<_> = tenant.requests().into_iter().filter_map(|request| request.named).collect();
    assert!(["resourcecounts", "typed"].iter().all(|name| named.contains(*name)), "{named:?}");
    assert!(!tenant.requests().iter().any(|request| request.path.contains("/providers/Microsoft.KeyVault")));
}

#[tokio::test]
async fn the_newer_version_of_key_vaults_is_left_where_a_cloud_does_not_have_it() {
    let asked = |tenant: &Tenant| tenant.requests().iter().filter(|request| request.path.ends_with(VAULTS)).count();
    let tenant = Tenant::demo();
    read(tenant.clone(), json!({"resource_types": [VAULTS], "subscription_ids": [SANDBOX]})).await.ok();
    assert_eq!(asked(&tenant), 1);
    for (status, code) in [(400, "NoRegisteredProviderFound"), (404, "InvalidResourceType"), (400, "InvalidApiVersionParameter")]
    {
        let tenant = Tenant::demo().with_fault(Fault::on(VAULTS).times(1).refuse(status, code, "not here"));
        let answer = read(tenant.clone(), json!({"resource_types": [VAULTS], "subscription_ids": [SANDBOX]})).await.ok();
        assert_eq!((names(&answer), &answer["complete"], asked(&tenant)), (["kv-fab-lab"].into(), &json!(true), 2), "{code}");
        let tenant = Tenant::demo().with_fault(Fault::on(VAULTS).refuse(status, code, "not here"));
        let reading = read(tenant, json!({"resource_types": [VAULTS, MACHINES], "subscription_ids": [SANDBOX]})).await;
        assert_eq!(reading.gaps(), [format!("resources unsupported /subscriptions/{SANDBOX}")], "{code}");
    }
}

/// Of a type that is listed by itself each resource of the demo has its properties, and its tags are the same in both lists.
#[test]
fn the_documents_of_the_demo_agree() {
    let tenant = Tenant::demo();
    let all = tenant.document("resources");
    let rows_of = |name: &str| tenant.document(name)["value"].as_array().unwrap().clone();
    // What is read where it is named alone, is in no list of all.
    let is_tracked = |row: &Json| {
        types().any(|one| !one.is_on_demand && row["type"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(one.name)))
    };
    let of_documents: BTreeMap<String, Json> = of_resources()
        .flat_map(rows_of)
        .filter(is_tracked)
        .map(|row| (row["id"].as_str().unwrap().to_lowercase(), row))
        .collect();
    for row in all["value"].as_array().unwrap() {
        let is_listed = types().any(|one| !one.is_on_demand && one.name.eq_ignore_ascii_case(row["type"].as_str().unwrap()));
        let typed = of_documents.get(&row["id"].as_str().unwrap().to_lowercase());
        assert_eq!(typed.is_some(), is_listed, "{}", row["id"]);
        assert!(typed.is_none_or(|typed| typed["tags"] == row["tags"]), "{}", row["id"]);
        assert!(row["properties"].is_null(), "{}", row["id"]);
    }
    let listed: BTreeSet<String> =
        all["value"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_lowercase()).collect();
    assert!(of_documents.keys().all(|id| listed.contains(id)));
}

#[tokio::test]
async fn what_a_resource_does_not_say_is_kept_and_a_gap_where_it_was_asked_for() {
    let changed = |field: &'static str, odd: Json| {
        edited(Tenant::demo(), "key-vaults", |rows| rows.iter_mut().for_each(|row| row[field] = odd.clone()))
    };
    let here = |filter: Json| {
        let mut all = json!({"resource_types": [VAULTS], "subscription_ids": [SANDBOX]});
        all.as_object_mut().unwrap().extend(filter.as_object().unwrap().clone());
        all
    };
    for (field, odd, filter, gap) in [
        ("tags", json!(["x"]), json!({"tags": {"env": "nowhere"}}), "tags invalid_response"),
        ("tags", json!({"env": 7}), json!({"tags": {"env": "nowhere"}}), "tags invalid_response"),
        ("location", json!(null), json!({"locations": ["westeurope"]}), "resources invalid_response"),
        ("properties", json!(null), json!({}), "resources invalid_response"),
        ("properties", json!({}), json!({}), "resources invalid_response"),
    ] {
        let reading = read(changed(field, odd.clone()), here(filter.clone())).await;
        assert_eq!(reading.gaps(), [format!("{gap} /subscriptions/{SANDBOX}")], "{field} {odd}");
        let answer = reading.ok();
        assert_eq!((names(&answer), &answer["complete"]), (["kv-fab-lab"].into(), &json!(false)), "{field} {odd}");
        if field != "properties" {
            let answer = read(changed(field, odd.clone()), here(json!({}))).await.ok();
            assert_eq!(answer["complete"], true, "{field} {odd}: nothing asks for it");
        }
    }
}

#[tokio::test]
async fn two_rows_of_one_resource_are_one_row_and_a_gap_where_they_differ() {
    for first in [false, true] {
        let tenant = edited(Tenant::demo(), "key-vaults", |rows| {
            let at = rows.iter().position(|row| row["name"] == "kv-fab-shop").unwrap();
            let mut twin = rows[at].clone();
            twin["id"] = json!(twin["id"].as_str().unwrap().to_uppercase());
            twin["properties"]["publicNetworkAccess"] = json!("Enabled");
            rows.insert(at + usize::from(!first), twin);
        });
        let reading = read(tenant, of(VAULTS)).await;
        assert_eq!(reading.gaps(), [format!("resources invalid_response /subscriptions/{PRODUCTION}")]);
        let answer = reading.ok();
        let own: Vec<_> = rows(&answer).iter().filter(|row| row["key"].as_str().unwrap().ends_with("/kv-fab-shop")).collect();
        assert_eq!(own.len(), 1);
        assert_eq!((&own[0]["public_network_access"], &own[0]["location"]), (&Json::Null, &json!("germanywestcentral")));
        assert!(own[0]["properties_json"].is_string(), "what the two agree on stays");
    }
}
