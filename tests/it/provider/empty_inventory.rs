//! An inventory that comes empty, with status 200: nothing is taken for not needing protection, and no type for absent, where something else
//! in the subscription says that there are resources.

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::inside::{Inside, Reading};

/// A list: where it stands, and the queries by which Resource Graph is asked for it.
type Emptied = (&'static str, &'static [&'static str]);

const ASSESSMENTS: Emptied = ("/providers/Microsoft.Security/assessments", &["assessments"]);
const GROUPS: Emptied = ("/resourcegroups", &["resourcegroups"]);
const INVENTORY: Emptied = ("/resources", &["resourcecounts", "resources"]);
const MACHINES: Emptied = ("/providers/Microsoft.Compute/virtualMachines", &[]);
const NETWORKS: Emptied = ("/providers/Microsoft.Network/virtualNetworks", &[]);
const STORAGE: Emptied = ("/providers/Microsoft.Storage/storageAccounts", &[]);

/// The tenant of which these lists are empty in the sandbox, by either engine.
fn without(lists: &[Emptied]) -> Tenant {
    lists.iter().fold(Tenant::demo(), |tenant, (path, queries)| {
        let tenant = tenant.with_fault(Fault::on(*path).method("GET").subscription(SANDBOX).keep(|_| false));
        queries.iter().fold(tenant, |tenant, query| {
            let is_other = |row: &Json| !row.to_string().contains(SANDBOX);
            tenant.with_fault(Fault::on("Microsoft.ResourceGraph").named(query).keep(is_other))
        })
    })
}

async fn read(tenant: &Tenant, engine: &str, name: &str, arguments: Json) -> Reading {
    let block = json!({"environment": "demo", "resource_graph": engine});
    Inside::configured(tenant.clone(), block).await.read(name, arguments).await
}

/// What the list of plans says of the vaults of the sandbox: how many there are, and whether the plan matters.
async fn vaults(tenant: &Tenant, engine: &str) -> (Vec<String>, Json) {
    let reading = read(tenant, engine, "defender_plans", json!({"plan_names": ["KeyVaults"]})).await;
    let gaps = reading.gaps();
    let answer = reading.ok();
    let key = format!("{SANDBOX}|keyvaults");
    let row = answer["plans"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap();
    (gaps, json!([row["resource_count"], row["relevant"], answer["complete"]]))
}

#[tokio::test]
async fn an_empty_inventory_is_not_believed_beside_what_is_assessed_or_listed() {
    let gap = format!("resources not_proven /subscriptions/{SANDBOX}");
    for engine in ["never", "always"] {
        for (others, why) in [
            (vec![], "assessments, groups and lists of types say otherwise"),
            (vec![GROUPS, MACHINES, NETWORKS, STORAGE], "assessments do"),
            (vec![ASSESSMENTS], "lists of types do"),
            (vec![ASSESSMENTS, MACHINES, NETWORKS], "storage accounts do"),
            (vec![ASSESSMENTS, MACHINES, STORAGE], "networks do"),
        ] {
            let lists: Vec<Emptied> = others.iter().copied().chain([INVENTORY]).collect();
            let (gaps, said) = vaults(&without(&lists), engine).await;
            assert_eq!((gaps, said), (vec![gap.clone()], json!([null, null, false])), "{engine}: {why}");
        }
    }
}

#[tokio::test]
async fn an_empty_inventory_is_believed_where_nothing_denies_it() {
    for engine in ["never", "always"] {
        for others in [vec![ASSESSMENTS, GROUPS], vec![ASSESSMENTS, MACHINES, NETWORKS, STORAGE]] {
            let lists: Vec<Emptied> = others.iter().copied().chain([INVENTORY]).collect();
            let tenant = without(&lists);
            let (gaps, said) = vaults(&tenant, engine).await;
            assert_eq!((gaps, said), (vec![], json!([0, false, true])), "{engine}");
            // Where there is no group there is nothing to list.
            let asked = tenant.requests().iter().any(|request| request.path.contains(STORAGE.0));
            assert_eq!(asked, !others.contains(&GROUPS), "{engine}");
        }
    }
}

#[tokio::test]
async fn nothing_is_left_unprotected_because_the_inventory_is_empty() {
    let wants = json!({"plans": {"KeyVaults": {}}, "only_relevant": true, "subscription_ids": [SANDBOX]});
    for engine in ["never", "always"] {
        let block = json!({"environment": "demo", "resource_graph": engine});
        let ends = async |tenant: Tenant| {
            let inside = Inside::configured(tenant, block.clone()).await;
            inside.plan("defender_validation", wants.clone()).await.errors().join("\n")
        };
        assert_eq!(ends(Tenant::demo()).await, "defender_validation: 1 failed of 1", "{engine}");
        assert_eq!(ends(without(&[INVENTORY])).await, "defender_validation: 1 unknown of 1", "{engine}");
        let answer = read(&without(&[INVENTORY]), engine, "connection", json!({})).await.ok();
        let checks = answer["checks"].as_array().unwrap();
        for id in ["defender_plan_for_area", "providers_registered"] {
            let row = checks.iter().find(|row| row["key"] == format!("{id}|{SANDBOX}")).unwrap();
            assert_eq!(row["status"], "unknown", "{engine}: {row}");
        }
        let other = checks.iter().find(|row| row["key"] == format!("defender_plan_for_area|{PRODUCTION}")).unwrap();
        assert_eq!(other["status"], "fail", "{engine}: each subscription by itself");
    }
}

/// What is not counted is asked for, and not passed over.
#[tokio::test]
async fn types_are_listed_where_the_inventory_is_empty_and_not_believed() {
    for engine in ["never", "always"] {
        let asked = || json!({"resource_types": ["Microsoft.KeyVault/vaults"], "subscription_ids": [SANDBOX]});
        let names = |answer: &Json| -> Vec<Json> {
            answer["resources"].as_array().unwrap().iter().map(|row| row["name"].clone()).collect()
        };
        let answer = read(&without(&[INVENTORY]), engine, "resources", asked()).await.ok();
        assert_eq!(names(&answer), [json!("kv-fab-lab")], "{engine}");
    }
}
