//! An estate of any size that exists only while it is asked for: subscriptions, what the caller may do there, and assessments in
//! pages, each row as long as a real one.

use std::fmt::Write;

use azposture::demo::TENANT_ID;
use azure_core::Bytes;
use serde_json::{Value as Json, json};

use super::cloud::{Asked, Role};

/// Recommendations per resource.
const KEYS: usize = 4;
/// Assessments in a page of Resource Manager, and in one of Resource Graph.
const PAGE: usize = 100;
const GRAPH_PAGE: usize = 1000;
/// Subscriptions in one request to Resource Graph.
const BATCH: usize = 300;
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
    pub(crate) fn requests_to_resource_manager(self) -> usize {
        3 + self.subscriptions * (1 + (self.resources * KEYS).div_ceil(PAGE))
    }

    /// The same with Resource Graph: the subscriptions, the tree, the metadata; the permissions in each subscription; per 300
    /// subscriptions the pages.
    pub(crate) fn requests_to_resource_graph(self) -> usize {
        let batches = (0..self.subscriptions).step_by(BATCH).map(|start| (self.subscriptions - start).min(BATCH));
        let pages: usize = batches.clone().map(|batch| (batch * self.resources * KEYS).div_ceil(GRAPH_PAGE)).sum();
        3 + pages + self.subscriptions
    }

    /// The ids of its subscriptions.
    pub(crate) fn ids(self) -> impl Iterator<Item = String> {
        (0..self.subscriptions).map(id)
    }

    /// What Resource Manager answers.
    pub(crate) fn front(self) -> impl Fn(Asked<'_>) -> Option<Bytes> + Send + Sync + 'static {
        move |asked| (asked.role == Role::Management).then(|| self.answer(&asked)).flatten()
    }

    fn answer(self, asked: &Asked<'_>) -> Option<Bytes> {
        let path = asked.path.split('?').next()?;
        if path == "/providers/Microsoft.ResourceGraph/resources" {
            return self.query(&serde_json::from_slice(asked.body).ok()?);
        }
        if path == "/subscriptions" {
            return Some(list((0..self.subscriptions).map(subscription).collect()));
        }
        if let Some(number) = (0..self.subscriptions).find(|number| path == format!("/subscriptions/{}", id(*number))) {
            return Some(subscription(number).to_string().into());
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

    fn query(self, body: &Json) -> Option<Bytes> {
        match body["query"].as_str()?.lines().next()?.strip_prefix("// azposture ")? {
            "assessments" => Some(self.graph_page(body).into()),
            "assessmentgroups" => Some(self.counts(body)),
            "firstassessments" => self.first(body),
            _ => Some(json!({"totalRecords": 0, "count": 0, "data": [], "resultTruncated": "false"}).to_string().into()),
        }
    }

    fn graph_page(self, body: &Json) -> String {
        let subscriptions = subscriptions_in(body);
        let (each, start) =
            (self.resources * KEYS, body["options"]["$skipToken"].as_str().map_or(0, |token| token.parse().unwrap()));
        let (all, end) = (subscriptions.len() * each, (subscriptions.len() * each).min(start + GRAPH_PAGE));
        let mut page = format!("{{\"totalRecords\":{all},\"count\":{},\"data\":[", end - start);
        for row in start..end {
            let separator = if row == start { "" } else { "," };
            let row = Row { subscription: subscriptions[row / each], resource: row % each / KEYS, key: row % KEYS, flat: true };
            let _ = write!(page, "{separator}{row}");
        }
        let token = if end < all { format!(",\"$skipToken\":\"{end}\"") } else { String::new() };
        let _ = write!(page, "],\"resultTruncated\":\"{}\"{token}}}", end < all);
        page
    }

    /// How many of each recommendation there are, as Resource Graph counts them.
    fn counts(self, body: &Json) -> Bytes {
        let one = |id: &str| {
            let counts: Vec<_> =
                (0..KEYS).map(|key| format!("{}|{}||{}|1|0", key_name(key), status(key), self.resources)).collect();
            json!({"subscriptionId": id, "counts": counts, "total": self.resources * KEYS})
        };
        let rows: Vec<_> = subscriptions_in(body).into_iter().map(one).collect();
        json!({"totalRecords": rows.len(), "count": rows.len(), "data": rows, "resultTruncated": "false"}).to_string().into()
    }

    /// The first of those that a text asks for, in the order of their keys, which is that of their numbers.
    fn first(self, body: &Json) -> Option<Bytes> {
        let text = body["query"].as_str()?;
        let number: usize = text.rsplit_once("| take ")?.1.parse().ok()?;
        let asked: Vec<usize> =
            (0..KEYS).filter(|key| text.contains(&format!("\"{}|{}|\"", key_name(*key), status(*key)))).collect();
        let mut ids = subscriptions_in(body);
        ids.sort_unstable();
        let (resources, asked) = (self.resources, &asked);
        let rows = ids.into_iter().flat_map(|subscription| {
            (0..resources)
                .flat_map(move |resource| asked.iter().map(move |key| Row { subscription, resource, key: *key, flat: true }))
        });
        let rows: Vec<String> = rows.take(number).map(|row| row.first()).collect();
        let number = rows.len();
        let rows = rows.join(",");
        Some(format!("{{\"totalRecords\":{number},\"count\":{number},\"data\":[{rows}],\"resultTruncated\":\"false\"}}").into())
    }

    fn page(self, subscription: &str, host: &str, path: &str, page: usize) -> String {
        let all = self.resources * KEYS;
        let mut body = "{\"value\":[".to_owned();
        for row in page * PAGE..all.min((page + 1) * PAGE) {
            let separator = if row % PAGE == 0 { "" } else { "," };
            let _ = write!(body, "{separator}{}", Row { subscription, resource: row / KEYS, key: row % KEYS, flat: false });
        }
        body.push(']');
        if (page + 1) * PAGE < all {
            let _ = write!(body, ",\"nextLink\":\"https://{host}{path}?api-version=2021-06-01&page={}\"", page + 1);
        }
        body.push('}');
        body
    }
}

fn subscriptions_in(body: &Json) -> Vec<&str> {
    body["subscriptions"].as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

fn status(key: usize) -> &'static str {
    if key == 0 { "Unhealthy" } else { "Healthy" }
}

struct Row<'a> {
    subscription: &'a str,
    resource: usize,
    key: usize,
    /// As Resource Graph projects it.
    flat: bool,
}

impl Row<'_> {
    fn id(&self) -> String {
        let Self { subscription, resource, .. } = self;
        format!(
            "/subscriptions/{subscription}/resourceGroups/rg-{:03}/providers/Microsoft.Storage/storageAccounts/st{resource:06}",
            resource / 20
        )
    }

    /// With its key.
    fn first(&self) -> String {
        let key = format!("{}|{}", self.id(), key_name(self.key)).to_lowercase();
        self.to_string().replacen('{', &format!("{{\"key\":\"{key}\","), 1)
    }
}

impl std::fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, flat, .. } = self;
        let (name, id) = (key_name(*key), self.id());
        let status = status(*key);
        let facts = format!(
            r##""displayName":"Storage accounts should satisfy recommendation number {key}","resourceDetails":{{"source":"Azure","id":"{id}","nativeResourceId":"{id}"}},"status":{{"code":"{status}","cause":"","description":"","statusChangeDate":"2026-02-11T16:51:09.3302018Z","firstEvaluationDate":"2025-11-02T21:40:01.1022004Z"}},"links":{{"azurePortalUri":"portal.azure.com/#blade/Microsoft_Azure_Security/RecommendationsBlade/assessmentKey/{name}/resourceId/{id}"}}"##
        );
        let start = format!(r#"{{"id":"{id}{ASSESSMENTS}/{name}","name":"{name}""#);
        if *flat {
            return write!(f, r#"{start},"properties":{{{facts},"risk":null}}}}"#);
        }
        write!(
            f,
            r#"{start},"type":"Microsoft.Security/assessments","properties":{{{facts},"additionalData":{{"assessedResourceCount":"1","scopeOfEvaluation":"the storage account and every container in it"}}}}}}"#
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
