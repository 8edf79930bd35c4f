//! `azposture_resources`: what a resource, a server or a resource group lists, and no subscription: when it is read, what an unread one
//! of them costs, and what is never taken for "there is none".

use std::collections::BTreeMap;

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use super::resources::{
    CONTAINERS, KEYS, PARTS, SECRETS, SERVERS, SHARES, VAULTS, columns, covered, named, names, of, read, refused, rows,
};
use crate::support::{
    held::{SECURITY_READER, edited, hold, subscription},
    inside::{Inside, Reading},
};

const DATABASES: &str = "Microsoft.Sql/servers/databases";

async fn through(tenant: Tenant, engine: &str, arguments: Json) -> Reading {
    let block = json!({"environment": "demo", "resource_graph": engine});
    Inside::configured(tenant, block).await.read("resources", arguments).await
}

fn vault(subscription: &str, group: &str, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{VAULTS}/{name}")
}

fn key(kind: &str, reason: &str) -> String {
    format!("{}|{reason}", kind.to_lowercase())
}

#[tokio::test]
async fn parts_are_read_only_where_they_are_named_and_stand_where_their_parent_stands() {
    let tenant = Tenant::demo();
    let inside = Inside::by_arm(tenant.clone()).await;
    inside.read("resources", json!({})).await.ok();
    let ends = ["/keys", "/secrets", "/containers", "/shares"];
    assert!(!tenant.requests().iter().any(|request| ends.iter().any(|end| request.path.ends_with(end))));
    let answer = inside.read("resources", json!({"resource_types": PARTS, "limit": 0})).await.ok();
    assert_eq!(
        (&answer["complete"], covered(&answer)),
        (
            &json!(true),
            BTreeMap::from([
                (format!("{}|no_resources", KEYS.to_lowercase()), vec![SANDBOX.to_owned()]),
                (format!("{}|no_resources", SHARES.to_lowercase()), vec![SANDBOX.to_owned()])
            ])
        )
    );
    let vault = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod/providers/{VAULTS}/kv-fab-shop");
    let key = named(&answer, "disk-encryption");
    assert_eq!((&key["type"], &key["parent_id"]), (&json!(KEYS), &json!(vault)));
    assert_eq!((&key["location"], &key["tags"]), (&json!("germanywestcentral"), &json!({"env": "prod", "app": "shop"})));
    assert_eq!(
        columns(key),
        json!({
            "attributes": {"created": 1741684364, "enabled": true, "exp": 1804756364, "nbf": null, "updated": 1741684364},
            "curveName": null, "keySize": 3072, "kty": "RSA",
        })
    );
    assert_eq!(columns(named(&answer, "shop-tls"))["contentType"], "application/x-pkcs12");
    assert_eq!(columns(named(&answer, "payment-api"))["attributes"]["exp"], Json::Null, "it does not end");
    let container = named(&answer, "public-assets");
    let account =
        format!("/subscriptions/{SANDBOX}/resourceGroups/rg-dev/providers/Microsoft.Storage/storageAccounts/stfabdev01");
    assert_eq!((&container["parent_id"], &container["location"]), (&json!(account), &json!("northeurope")));
    assert_eq!((&columns(container)["publicAccess"], &container["tags"]), (&json!("Blob"), &json!({"env": "dev"})));
    for (filter, expected) in [
        (json!({"tags": {"app": "platform"}}), vec!["pipeline-token"]),
        (json!({"locations": ["northeurope"]}), vec!["lab-admin", "public-assets"]),
        (json!({"resource_group_names": ["rg-data-prod"]}), vec!["erp-transfer", "exports"]),
    ] {
        let mut arguments = filter.clone();
        arguments["resource_types"] = json!(PARTS);
        assert_eq!(names(&inside.read("resources", arguments).await.ok()), expected.into_iter().collect(), "{filter}");
    }
}

#[tokio::test]
async fn an_unread_parent_is_a_reason_of_its_parts() {
    for engine in ["never", "always"] {
        let through = async |tenant: Tenant, kind: &str| {
            let block = json!({"environment": "demo", "resource_graph": engine});
            Inside::configured(tenant, block).await.read("resources", of(kind)).await
        };
        let one = Tenant::demo().with_fault(refused("/kv-fab-shop/secrets"));
        let reading = through(one, SECRETS).await;
        let vault = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod/providers/{VAULTS}/kv-fab-shop");
        assert_eq!(reading.gaps(), [format!("resources forbidden {vault}")], "{engine}");
        let answer = reading.ok();
        assert_eq!(names(&answer), ["lab-admin", "pipeline-token"].into(), "{engine}: the others stay");
        let key = format!("{}|forbidden", SECRETS.to_lowercase());
        assert_eq!(covered(&answer), BTreeMap::from([(key, vec![PRODUCTION.to_owned()])]), "{engine}");
        let foreign = Fault::on("/kv-fab-shop/secrets").change(|body| {
            let rows = body["value"].as_array_mut().unwrap();
            rows[0]["id"] = json!(rows[0]["id"].as_str().unwrap().replace("kv-fab-shop", "kv-fab-platform"));
        });
        let reading = through(Tenant::demo().with_fault(foreign), SECRETS).await;
        assert_eq!(reading.gaps(), [format!("resources invalid_response {vault}")], "{engine}");
        let reading = through(Tenant::demo().with_fault(refused("/secrets")), SECRETS).await;
        assert_eq!(reading.errors(), ["Nothing could be read"], "{engine}");
    }
    let reading = read(Tenant::demo().with_fault(refused(&format!("{SANDBOX}/providers/{VAULTS}"))), of(SECRETS)).await;
    assert_eq!(reading.gaps(), [format!("resources forbidden /subscriptions/{SANDBOX}")]);
    let answer = reading.ok();
    let key = format!("{}|forbidden", SECRETS.to_lowercase());
    assert_eq!((names(&answer).len(), covered(&answer)), (3, BTreeMap::from([(key, vec![SANDBOX.to_owned()])])));
}

#[tokio::test]
async fn an_account_of_a_kind_without_containers_is_not_asked_for_any() {
    for (kind, asked) in [("FileStorage", false), ("BlobStorage", true), ("StorageV2", true)] {
        let tenant = edited(Tenant::demo(), "storage-accounts", |rows| rows.iter_mut().for_each(|row| row["kind"] = json!(kind)));
        read(tenant.clone(), of(CONTAINERS)).await.ok();
        assert_eq!(tenant.requests().iter().any(|request| request.path.ends_with("/containers")), asked, "{kind}");
    }
}

#[tokio::test]
async fn what_no_subscription_lists_is_read_by_its_server_its_watcher_or_its_group() {
    let tenant = Tenant::demo();
    let kinds = [
        "Microsoft.Sql/servers/databases",
        "Microsoft.Network/networkWatchers/flowLogs",
        "Microsoft.Network/virtualNetworkGateways",
    ];
    let reading = read(tenant.clone(), json!({"resource_types": kinds, "limit": 0})).await;
    assert_eq!(reading.gaps(), [""; 0]);
    let answer = reading.ok();
    assert_eq!(names(&answer), ["fl-vnet-fab-prod", "master", "orders", "shop", "vgw-fab-prod"].into());
    let server = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-data-prod/providers/{SERVERS}/sql-fab-shop");
    assert_eq!(
        (&named(&answer, "orders")["parent_id"], &named(&answer, "vgw-fab-prod")["parent_id"]),
        (&json!(server), &Json::Null)
    );
    assert_eq!(named(&answer, "orders")["tags"], json!({"env": "prod", "app": "data"}), "tags of its own");
    let gateways: Vec<_> =
        tenant.requests().iter().filter(|one| one.path.ends_with("virtualNetworkGateways")).map(|one| one.path.clone()).collect();
    assert_eq!(gateways.len(), 1, "one group has some: {gateways:?}");
    // Where it is not seen what there is, every group is asked.
    let tenant = Tenant::demo().with_fault(refused("/resources"));
    let answer = read(tenant.clone(), of(kinds[2])).await.ok();
    assert_eq!((names(&answer), &answer["complete"]), (["vgw-fab-prod"].into(), &json!(true)));
    assert_eq!(tenant.requests().iter().filter(|one| one.path.ends_with("virtualNetworkGateways")).count(), 7);
    let reading = read(Tenant::demo().with_fault(refused("/sql-fab-shop/databases")), of(kinds[0])).await;
    assert_eq!(reading.gaps().len(), 1, "one server is refused, and the other subscription has none");
    assert_eq!(reading.ok()["complete"], false);
}

/// Which vaults are asked for what they have is decided by their own place and tags, and each is asked once.
#[tokio::test]
async fn only_what_may_have_a_wanted_part_is_asked_and_each_once() {
    let tenant = Tenant::demo();
    let inside = Inside::by_arm(tenant.clone()).await;
    let asked = || {
        let mut all: Vec<String> =
            tenant.requests().iter().filter(|one| one.path.ends_with("/secrets")).map(|one| one.path.clone()).collect();
        all.sort();
        all
    };
    let (platform, shop) = (
        format!("{}/secrets", vault(PRODUCTION, "rg-platform-prod", "kv-fab-platform")),
        format!("{}/secrets", vault(PRODUCTION, "rg-shop-prod", "kv-fab-shop")),
    );
    let answer = inside.read("resources", json!({"resource_types": [SECRETS], "tags": {"app": "platform"}})).await.ok();
    assert_eq!((names(&answer), asked()), (["pipeline-token"].into(), vec![platform.clone()]));
    assert_eq!(covered(&answer), BTreeMap::new(), "of the vaults that are left out nobody knows whether they have any");
    let one = format!("{}/secrets/shop-tls", vault(PRODUCTION, "rg-shop-prod", "kv-fab-shop"));
    let answer = inside.read("resources", json!({"resource_types": [SECRETS], "resource_id_prefixes": [one]})).await.ok();
    assert_eq!((names(&answer), asked()), (["shop-tls"].into(), vec![platform.clone(), shop.clone()]), "a prefix below a vault");
    inside.read("resources", json!({"resource_types": [SECRETS], "names": ["*"]})).await.ok();
    let lab = format!("{}/secrets", vault(SANDBOX, "rg-lab", "kv-fab-lab"));
    assert_eq!(asked(), [platform, shop, lab], "what is held is not asked for again");
    let nowhere = inside.read("resources", json!({"resource_types": [KEYS], "tags": {"app": "platform"}})).await.ok();
    assert_eq!((rows(&nowhere).len(), covered(&nowhere)), (0, BTreeMap::new()));
}

/// None of these is "there is none".
#[tokio::test]
async fn a_vault_that_is_gone_unread_or_not_listed_is_never_one_without_secrets() {
    let shop = vault(PRODUCTION, "rg-shop-prod", "kv-fab-shop");
    for engine in ["never", "always"] {
        // It was deleted after the vaults were listed.
        let gone = Tenant::demo().with_fault(Fault::on("/kv-fab-shop/secrets").refuse(404, "ResourceNotFound", "gone"));
        let reading = through(gone, engine, of(SECRETS)).await;
        assert_eq!(reading.gaps(), [format!("resources not_visible {shop}")], "{engine}");
        let answer = reading.ok();
        assert_eq!(covered(&answer), BTreeMap::from([(key(SECRETS, "not_visible"), vec![PRODUCTION.to_owned()])]), "{engine}");
        assert_eq!((names(&answer), &answer["complete"]), (["lab-admin", "pipeline-token"].into(), &json!(false)), "{engine}");
    }
    // The list of vaults came empty, although some are counted.
    let none = Tenant::demo().with_fault(Fault::on(format!("{SANDBOX}/providers/{VAULTS}")).keep(|_| false));
    let reading = read(none, of(SECRETS)).await;
    assert_eq!(reading.gaps(), [format!("resources incomplete_list /subscriptions/{SANDBOX}")]);
    assert_eq!(covered(&reading.ok()), BTreeMap::from([(key(SECRETS, "incomplete_list"), vec![SANDBOX.to_owned()])]));
    // There is no vault, and that is proven.
    let tenant = ["key-vaults", "resources"].into_iter().fold(Tenant::demo(), |tenant, document| {
        edited(tenant, document, |rows| rows.retain(|row| !row["id"].as_str().unwrap().contains("kv-fab-lab")))
    });
    let answer = read(tenant, of(SECRETS)).await.ok();
    assert_eq!(covered(&answer), BTreeMap::from([(key(SECRETS, "no_resources"), vec![SANDBOX.to_owned()])]));
    assert_eq!(answer["complete"], true);
}

/// A secret whose dates nobody knows is not one that does not end.
#[tokio::test]
async fn dates_that_are_not_said_are_a_gap_and_an_end_that_is_not_said_is_none() {
    let changed = |change: fn(&mut Json)| {
        edited(Tenant::demo(), "vault-objects", |rows| {
            rows.iter_mut().filter(|row| row["name"] == "pipeline-token").for_each(|row| change(&mut row["properties"]));
        })
    };
    for change in [
        |own: &mut Json| own["attributes"] = Json::Null,
        |own: &mut Json| own["attributes"] = json!({}),
        |own: &mut Json| own["attributes"] = json!("2026"),
        |own: &mut Json| own["attributes"]["exp"] = json!({"seconds": 1758536000}),
        |own: &mut Json| own["attributes"]["exp"] = json!([1758536000]),
        |own: &mut Json| *own = Json::Null,
    ] {
        let reading = read(changed(change), of(SECRETS)).await;
        assert_eq!(reading.gaps(), [format!("resources invalid_response /subscriptions/{PRODUCTION}")]);
        assert_eq!((reading.value.as_ref().unwrap()["complete"].clone(), names(&reading.ok()).len()), (json!(false), 4));
    }
    let without_end = changed(|own| own["attributes"]["exp"] = Json::Null);
    let answer = read(without_end, of(SECRETS)).await.ok();
    let dates = &columns(named(&answer, "pipeline-token"))["attributes"];
    assert_eq!((&answer["complete"], &dates["exp"], &dates["enabled"]), (&json!(true), &Json::Null, &json!(true)));
}

#[tokio::test]
async fn a_secret_that_is_listed_twice_is_one_row_and_a_gap_where_the_two_differ() {
    for (exp, complete) in [(1758536000, true), (4102444800_u32, false)] {
        let tenant = edited(Tenant::demo(), "vault-objects", |rows| {
            let mut twin = rows.iter().find(|row| row["name"] == "pipeline-token").unwrap().clone();
            twin["id"] = json!(twin["id"].as_str().unwrap().to_uppercase());
            twin["properties"]["attributes"]["exp"] = json!(exp);
            rows.push(twin);
        });
        let answer = read(tenant, of(SECRETS)).await.ok();
        assert_eq!((rows(&answer).len(), &answer["complete"]), (4, &json!(complete)), "{exp}");
        let is_of_it = |row: &&Json| row["key"].as_str().unwrap().ends_with("/pipeline-token");
        let row = rows(&answer).iter().find(is_of_it).unwrap();
        assert_eq!(row["properties_json"].is_string(), complete, "{exp}: neither of two ends is the end");
    }
}

/// One who may read secrets and no keys: what is held is enough for what it reads.
#[tokio::test]
async fn the_least_role_for_secrets_reads_them_all_and_no_keys() {
    let tenant = edited(Tenant::demo(), "role-definitions", |rows| {
        let own = rows.iter_mut().find(|row| row["name"] == SECURITY_READER).unwrap();
        own["properties"]["permissions"] = json!([{"actions": [
            "Microsoft.KeyVault/vaults/read", "Microsoft.KeyVault/vaults/secrets/read", "Microsoft.Resources/subscriptions/resources/read",
            "Microsoft.Resources/subscriptions/read", "Microsoft.Management/managementGroups/read",
        ], "notActions": [], "dataActions": [], "notDataActions": []}]);
    });
    hold(&tenant, &[(SECURITY_READER, &subscription(PRODUCTION)), (SECURITY_READER, &subscription(SANDBOX))]);
    for engine in ["never", "always"] {
        let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION, SANDBOX], "resource_graph": engine});
        let inside = Inside::configured(tenant.clone(), block).await;
        let answer = inside.read("resources", of(SECRETS)).await.ok();
        assert_eq!((names(&answer).len(), &answer["complete"]), (4, &json!(true)), "{engine}: {:#}", answer["unreadable"]);
        let answer = inside.read("resources", json!({"resource_types": [KEYS, SECRETS], "limit": 0})).await.ok();
        let both = vec![PRODUCTION.to_owned(), SANDBOX.to_owned()];
        assert_eq!(covered(&answer), BTreeMap::from([(key(KEYS, "forbidden"), both)]), "{engine}");
        assert_eq!((names(&answer).len(), &answer["complete"]), (4, &json!(false)), "{engine}");
    }
}

/// Not every account has each service: one that Azure says has none has no shares, and one that is refused may have some.
#[tokio::test]
async fn an_account_that_cannot_have_shares_has_none_and_a_share_that_says_little_is_one() {
    let answers =
        |code| Tenant::demo().with_fault(Fault::on("/stfabdataprod/fileServices/default/shares").refuse(409, code, "no"));
    let answer = read(answers("FeatureNotSupportedForAccount"), of(SHARES)).await.ok();
    assert_eq!((rows(&answer).len(), &answer["complete"]), (0, &json!(true)));
    assert_eq!(covered(&answer).into_keys().collect::<Vec<_>>(), [key(SHARES, "no_resources")]);
    let reading = read(answers("AccountIsDisabled"), of(SHARES)).await;
    assert_eq!(reading.gaps().len(), 1);
    assert_eq!(reading.ok()["complete"], false);
    let tenant = edited(Tenant::demo(), "storage-parts", |rows| {
        rows.iter_mut()
            .filter(|row| row["name"] == "erp-transfer")
            .for_each(|row| row["properties"] = json!({"shareQuota": 512}));
    });
    let answer = read(tenant, of(SHARES)).await.ok();
    assert_eq!(answer["complete"], true, "a share of the list need not say more");
    assert_eq!(
        columns(named(&answer, "erp-transfer")),
        json!({"accessTier": null, "enabledProtocols": null, "rootSquash": null})
    );
}

/// Each server has `master`, so that a list without databases is somebody else's answer, or a part.
#[tokio::test]
async fn a_server_without_any_database_is_not_believed() {
    let server = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-data-prod/providers/{SERVERS}/sql-fab-shop");
    let expected = format!("resources not_proven {server}");
    let is_other = |row: &Json| !row["id"].as_str().unwrap_or_default().to_lowercase().contains("/databases/");
    let none = Tenant::demo()
        .with_fault(Fault::on("/sql-fab-shop/databases").keep(|_| false))
        .with_fault(Fault::on("Microsoft.ResourceGraph").named("typed").keep(is_other));
    for engine in ["never", "always"] {
        let reading = through(none.clone(), engine, of(DATABASES)).await;
        assert!(reading.gaps().contains(&expected), "{engine}: {:?}", reading.gaps());
        let answer = reading.ok();
        assert_eq!(covered(&answer)[&key(DATABASES, "not_proven")], [PRODUCTION], "{engine}");
        assert_eq!((&answer["complete"], &answer["summary"]["matched"]), (&json!(false), &Json::Null), "{engine}");
    }
    // Nor where none is counted.
    let uncounted = edited(none, "resources", |rows| rows.retain(is_other));
    assert_eq!(read(uncounted, of(DATABASES)).await.gaps(), [expected.as_str()]);
}
