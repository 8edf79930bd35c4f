//! A tenant that lives elsewhere: nothing that reads Microsoft Graph may answer then.

use azposture::demo::{Fault, PRINCIPAL_ID, TENANT_ID, Tenant};
use serde_json::{Value as Json, json};

use crate::support::inside::{Inside, Reading};

const ELSEWHERE: &str = "11111111-2222-3333-4444-555555555555";

fn says(change: impl Fn(&mut Json) + Send + Sync + 'static) -> Tenant {
    Tenant::demo().with_fault(Fault::on("openid-configuration").change(change))
}

/// Every object that reads Microsoft Graph, but for the connection's, which show it as a check.
async fn readings(tenant: &Tenant) -> Vec<(&'static str, Reading)> {
    let inside = Inside::on(tenant.clone()).await;
    let own = json!({"self": true, "permissions": ["Directory.Read.All"]});
    let named = json!({"principal_id": PRINCIPAL_ID, "permissions": ["Directory.Read.All"]});
    let reader = json!({"principal_id": PRINCIPAL_ID, "role_definition_names": ["Reader"]});
    vec![
        ("directory_role_assignments", inside.read("directory_role_assignments", json!({})).await),
        ("role_assignments", inside.read("role_assignments", json!({})).await),
        ("graph_permission_validation of its own", inside.plan("graph_permission_validation", own).await),
        ("graph_permission_validation", inside.open("graph_permission_validation", named).await),
        ("role_assignment_validation", inside.plan("role_assignment_validation", reader).await),
    ]
}

fn lookups(tenant: &Tenant) -> usize {
    tenant.requests().iter().filter(|request| request.path.ends_with("/openid-configuration")).count()
}

#[tokio::test]
async fn nothing_is_read_from_microsoft_graph_of_another_cloud() {
    let high = || says(|answer| answer["msgraph_host"] = json!("graph.microsoft.us"));
    let partner =
        || says(|answer| answer["issuer"] = json!(format!("https://login.partner.microsoftonline.cn/{TENANT_ID}/v2.0")));
    let other = || says(|answer| answer["issuer"] = json!(format!("https://login.demo.azposture/{ELSEWHERE}/v2.0")));
    for (tenant, summary) in [(high(), "Wrong cloud"), (partner(), "Wrong cloud"), (other(), "Wrong tenant")] {
        for (name, reading) in readings(&tenant).await {
            assert_eq!(reading.errors(), [summary], "{name}: {:?}", reading.said);
        }
        let hosts: Vec<_> = tenant.requests().into_iter().filter(|request| request.path.starts_with("/v1.0/")).collect();
        assert!(hosts.is_empty(), "{hosts:?}");
        assert_eq!(lookups(&tenant), 1);
    }
}

#[tokio::test]
async fn what_reads_no_directory_does_not_ask_where_the_tenant_lives() {
    let tenant = says(|answer| answer["msgraph_host"] = json!("graph.microsoft.us"));
    let inside = Inside::on(tenant.clone()).await;
    inside.read("defender_plans", json!({})).await.ok();
    assert_eq!(lookups(&tenant), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_fails_leaves_it_to_the_reads() {
    for fault in [
        Fault::on("openid-configuration").answer(503),
        Fault::on("openid-configuration").html(200),
        Fault::on("openid-configuration").drop_connection(),
    ] {
        for (name, reading) in readings(&Tenant::demo().with_fault(fault.clone())).await {
            assert!(reading.errors().is_empty(), "{name}: {:?}", reading.said);
        }
    }
}
