//! An estate of any size that exists only while it is asked for: subscriptions, what the caller may do there, and assessments in
//! pages, each row as long as a real one.

use std::fmt::Write;

use azposture::demo::TENANT_ID;
use azure_core::Bytes;
use serde_json::{Value as Json, json};

use super::cloud::{Asked, Role};

/// Recommendations per resource.
const KEYS: usize = 4;
/// Assessments in a page.
const PAGE: usize = 100;
const ASSESSMENTS: &str = "/providers/Microsoft.Security/assessments";

/// How large it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estate {
    pub(crate) subscriptions: usize,
    /// In each subscription; every resource has four assessments, one of them unhealthy.
    pub(crate) resources: usize,
}

impl Estate {
    /// All assessments.
    pub(crate) fn assessments(self) -> usize {
        self.subscriptions * self.resources * KEYS
    }

    /// What reading all assessments of a tenant costs at Resource Manager, when nothing is asked twice: the subscriptions, the tree,
    /// the metadata; and in each subscription the permissions and the pages.
    pub(crate) fn requests(self) -> usize {
        3 + self.subscriptions * (1 + (self.resources * KEYS).div_ceil(PAGE))
    }

    /// What Resource Manager answers.
    pub(crate) fn front(self) -> impl Fn(Asked<'_>) -> Option<Bytes> + Send + Sync + 'static {
        move |asked| (asked.role == Role::Management).then(|| self.answer(&asked)).flatten()
    }

    fn answer(self, asked: &Asked<'_>) -> Option<Bytes> {
        let path = asked.path.split('?').next()?;
        if path == "/subscriptions" {
            return Some(list((0..self.subscriptions).map(subscription).collect()));
        }
        if path.ends_with("/descendants") {
            return Some(list((0..self.subscriptions).map(descendant).collect()));
        }
        if path == "/providers/Microsoft.Security/assessmentMetadata" {
            return Some(list((0..KEYS).map(metadata).collect()));
        }
        let subscription = path.strip_prefix("/subscriptions/")?.split('/').next()?;
        if path.ends_with("/providers/Microsoft.Authorization/permissions") {
            return Some(list(vec![json!({"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []})]));
        }
        let page = asked.path.split_once("page=").and_then(|(_, page)| page.parse().ok()).unwrap_or(0);
        path.ends_with(ASSESSMENTS).then(|| self.page(subscription, asked.host, path, page).into())
    }

    fn page(self, subscription: &str, host: &str, path: &str, page: usize) -> String {
        let all = self.resources * KEYS;
        let mut body = "{\"value\":[".to_owned();
        for row in page * PAGE..all.min((page + 1) * PAGE) {
            let separator = if row % PAGE == 0 { "" } else { "," };
            let _ = write!(body, "{separator}{}", Row { subscription, resource: row / KEYS, key: row % KEYS });
        }
        body.push(']');
        if (page + 1) * PAGE < all {
            let _ = write!(body, ",\"nextLink\":\"https://{host}{path}?api-version=2021-06-01&page={}\"", page + 1);
        }
        body.push('}');
        body
    }
}

struct Row<'a> {
    subscription: &'a str,
    resource: usize,
    key: usize,
}

impl std::fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { subscription, resource, key } = self;
        let name = key_name(*key);
        let id = format!(
            "/subscriptions/{subscription}/resourceGroups/rg-{:03}/providers/Microsoft.Storage/storageAccounts/st{resource:06}",
            resource / 20
        );
        let status = if *key == 0 { "Unhealthy" } else { "Healthy" };
        write!(
            f,
            r##"{{"id":"{id}{ASSESSMENTS}/{name}","name":"{name}","type":"Microsoft.Security/assessments","properties":{{"resourceDetails":{{"source":"Azure","id":"{id}","nativeResourceId":"{id}"}},"displayName":"Storage accounts should satisfy recommendation number {key}","status":{{"code":"{status}","cause":"","description":"","statusChangeDate":"2026-02-11T16:51:09.3302018Z","firstEvaluationDate":"2025-11-02T21:40:01.1022004Z"}},"additionalData":{{"assessedResourceCount":"1","scopeOfEvaluation":"the storage account and every container in it"}},"links":{{"azurePortalUri":"portal.azure.com/#blade/Microsoft_Azure_Security/RecommendationsBlade/assessmentKey/{name}/resourceId/{id}"}}}}}}"##
        )
    }
}

fn list(rows: Vec<Json>) -> Bytes {
    json!({ "value": rows }).to_string().into()
}

fn id(number: usize) -> String {
    format!("e57a7e00-0000-4000-8000-{number:012x}")
}

fn key_name(key: usize) -> String {
    format!("a55e55ed-0000-4000-8000-{key:012x}")
}

fn subscription(number: usize) -> Json {
    json!({
        "id": format!("/subscriptions/{}", id(number)), "subscriptionId": id(number), "tenantId": TENANT_ID, "state": "Enabled",
        "displayName": format!("Subscription {number}"), "authorizationSource": "RoleBased",
        "subscriptionPolicies": {"quotaId": "EnterpriseAgreement_2014-09-01", "spendingLimit": "Off"}
    })
}

fn descendant(number: usize) -> Json {
    json!({
        "id": format!("/subscriptions/{}", id(number)), "type": "/subscriptions", "name": id(number),
        "properties": {"displayName": format!("Subscription {number}"), "parent": {"id": format!("/providers/Microsoft.Management/managementGroups/{TENANT_ID}")}}
    })
}

fn metadata(key: usize) -> Json {
    json!({
        "id": format!("/providers/Microsoft.Security/assessmentMetadata/{}", key_name(key)), "name": key_name(key),
        "properties": {
            "displayName": format!("Storage accounts should satisfy recommendation number {key}"), "assessmentType": "BuiltIn",
            "severity": "High", "categories": ["Data"], "userImpact": "Low", "implementationEffort": "Low",
            "remediationDescription": "Open the account and follow the recommendation."
        }
    })
}
