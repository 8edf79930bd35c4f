//! Checks from the HTTP body to the finding, on the demo tenant with its answers changed as each test needs.

mod catalogue;
mod people;
mod resources;
mod unseen;

use std::{collections::BTreeMap, sync::Arc};

use azposture::{
    demo::{PRINCIPAL_ID, Tenant},
    posture::{
        Place,
        checks::{Check, Finding, find, run},
    },
    provider::{
        Azposture,
        collect::{estate::scope, facts::checked},
    },
    sdk::{Diagnostics, entry::Provider},
};
use serde_json::{Value as Json, json};

/// What these checks find on a tenant, through this engine.
async fn found(tenant: &Tenant, resource_graph: &str, chosen: &[&Check]) -> Vec<Finding> {
    let block = json!({"environment": "demo", "resource_graph": resource_graph});
    let provider = Azposture::with_transport(Arc::new(tenant.clone()));
    let context = provider.configure(serde_json::from_value(block).unwrap(), "1.11.4", &mut Diagnostics::new()).unwrap();
    let scope = scope::scope_of(&context).await.unwrap();
    let estate = checked::estate(&context, &scope, chosen).await.unwrap();
    run(chosen.iter().copied(), &estate)
}

/// What one check finds, by the last part of the place: a status, and a reason where there is one. Both engines have to say the same.
async fn ends(tenant: &Tenant, id: &str) -> BTreeMap<String, String> {
    let check = find(id).unwrap();
    let findings = found(tenant, "never", &[check]).await;
    let by_graph = found(tenant, "always", &[check]).await;
    let words = |findings: &[Finding]| findings.iter().map(|one| (name(&one.place), said(one))).collect::<BTreeMap<_, _>>();
    let ends = words(&findings);
    assert_eq!(ends.len(), findings.len(), "{findings:#?}");
    assert_eq!(ends, words(&by_graph), "{id}");
    ends
}

fn name(place: &Place) -> String {
    match place {
        Place::Tenant => "tenant".to_owned(),
        Place::Subscription(id) => id.clone(),
        Place::Resource(id) => id.rsplit('/').next().unwrap().to_owned(),
        Place::Graph | Place::ManagementGroup(_) => panic!("{place} is the place of no finding"),
    }
}

fn said(finding: &Finding) -> String {
    let why = finding.why.map(|why| format!(" {}", why.word())).unwrap_or_default();
    format!("{}{why}", finding.status.word())
}

/// The same as pairs, for what a test expects.
fn expected<const N: usize>(ends: [(&str, &str); N]) -> BTreeMap<String, String> {
    ends.into_iter().map(|(place, end)| (place.to_owned(), end.to_owned())).collect()
}

/// The tenant with the rows of a document changed.
fn with(tenant: Tenant, document: &str, change: impl FnOnce(&mut Vec<Json>)) -> Tenant {
    crate::support::held::edited(tenant, document, change)
}

/// The demo tenant, whose sign-in may also read who could activate a directory role (RoleManagement.Read.Directory).
fn with_schedules() -> Tenant {
    with(Tenant::demo(), "app-role-assignments", |rows| {
        let mut row = rows.iter().find(|row| row["principalId"] == PRINCIPAL_ID).unwrap().clone();
        row["id"] = json!("FabAppRoleAssignmentFF");
        row["appRoleId"] = json!("483bed4a-2ad3-4361-a73b-c83ccdbdc53c");
        rows.push(row);
    })
}
