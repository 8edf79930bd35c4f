//! The demo tenant: its documents agree with each other, it speaks like the services, and faults happen exactly as planned.

mod conversation;
mod documents;
mod faults;
mod graph;
mod resource_graph;

use std::collections::BTreeMap;

use azposture::demo::{CLIENT_ID, CLIENT_SECRET, GRAPH_HOST, LOGIN_HOST, RESOURCE_MANAGER_HOST, TENANT_ID, Tenant};
use azure_core::http::{
    HttpClient, Method, Request, Url,
    headers::{HeaderName, HeaderValue},
};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn rows(&self) -> Vec<Value> {
        self.json()["value"].as_array().unwrap_or_else(|| panic!("no rows: {}", self.json())).clone()
    }

    fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }
}

async fn send(tenant: &Tenant, request: Request) -> azure_core::Result<Answer> {
    let (status, headers, body) = tenant.execute_request(&request).await?.deconstruct();
    let headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned())).collect();
    Ok(Answer { status: status.into(), headers, body: body.collect().await?.to_vec() })
}

fn request(method: Method, url: &str) -> Request {
    Request::new(Url::parse(url).unwrap(), method)
}

fn header(request: &mut Request, name: &'static str, value: &str) {
    request.insert_header(HeaderName::from_static(name), HeaderValue::from(value.to_owned()));
}

async fn sign_in(tenant: &Tenant, form: &[(&str, &str)]) -> Answer {
    let mut request = request(Method::Post, &format!("https://{LOGIN_HOST}/{TENANT_ID}/oauth2/v2.0/token"));
    request.set_body(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish());
    send(tenant, request).await.unwrap()
}

async fn token(tenant: &Tenant, host: &str) -> String {
    let scope = format!("https://{host}/.default");
    let form =
        [("grant_type", "client_credentials"), ("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("scope", &scope)];
    sign_in(tenant, &form).await.json()["access_token"].as_str().unwrap().to_owned()
}

/// GET with a token for the URL's host.
async fn get(tenant: &Tenant, url: &str) -> Answer {
    try_get(tenant, url).await.unwrap()
}

async fn try_get(tenant: &Tenant, url: &str) -> azure_core::Result<Answer> {
    let mut request = request(Method::Get, url);
    let host = request.url().host_str().unwrap().to_owned();
    header(&mut request, "authorization", &format!("Bearer {}", token(tenant, &host).await));
    header(&mut request, "consistencylevel", "eventual");
    send(tenant, request).await
}

fn arm(path: &str, version: &str) -> String {
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("https://{RESOURCE_MANAGER_HOST}{path}{mark}api-version={version}")
}

fn graph(path: &str) -> String {
    format!("https://{GRAPH_HOST}/v1.0{path}")
}

/// Every row of a list and the number of its pages.
async fn list(tenant: &Tenant, url: &str) -> (Vec<Value>, usize) {
    let (mut rows, mut pages, mut next) = (Vec::new(), 0, Some(url.to_owned()));
    while let Some(url) = next {
        let answer = get(tenant, &url).await;
        assert_eq!(answer.status, 200, "{url}: {}", answer.json());
        pages += 1;
        rows.extend(answer.rows());
        let body = answer.json();
        let link = ["nextLink", "@nextLink", "@odata.nextLink"].into_iter().find_map(|key| body[key].as_str());
        next = link.map(str::to_owned);
    }
    (rows, pages)
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["id"].as_str().unwrap_or_else(|| panic!("no id: {row}")).to_lowercase()).collect()
}
