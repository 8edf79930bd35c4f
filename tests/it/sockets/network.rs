//! The way to the clouds: their hosts and scopes, proxies, certificates.

use std::collections::BTreeSet;

use azposture::demo::{CLIENT_ID, GRAPH_HOST, RESOURCE_MANAGER_HOST, TENANT_ID, Tenant};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};

use super::{provider, reads_all, refused};
use crate::support::{
    cloud::{Certificate, FakeCloud, Mood, Proxy, Role, SECRET},
    plugin::{Plugin, errors},
};

const PUBLIC: [&str; 3] = ["login.microsoftonline.com", "management.azure.com", "graph.microsoft.com"];

/// A block for one of Azure's own clouds; only a proxy makes its names lead to the fake.
fn block(cloud: &FakeCloud, environment: &str) -> Json {
    json!({
        "environment": environment, "ca_certificate_file": cloud.ca_file(), "tenant_id": TENANT_ID, "client_id": CLIENT_ID,
        "client_secret": SECRET, "tenant_wide": true,
    })
}

/// Reads about the connection, which takes Microsoft Graph as well as Resource Manager.
async fn connects(plugin: &Plugin) {
    let (value, said) = plugin.read("azposture_connection", json!({})).await;
    assert!(value.is_some() && errors(&said).is_empty(), "{said:#?}\n{}", plugin.stderr());
}

fn through(proxy: &Proxy) -> String {
    format!("http://{}", proxy.address)
}

#[tokio::test]
async fn every_cloud_is_reached_at_its_hosts_with_its_scope_through_the_proxy() {
    for (environment, names) in [
        ("public", PUBLIC),
        ("usgovernment", ["login.microsoftonline.us", "management.usgovcloudapi.net", "graph.microsoft.us"]),
        ("dod", ["login.microsoftonline.us", "management.usgovcloudapi.net", "dod-graph.microsoft.us"]),
        ("china", ["login.chinacloudapi.cn", "management.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn"]),
    ] {
        let cloud = FakeCloud::on(Tenant::demo()).named(names).start().await;
        let proxy = Proxy::start(Mood::Open, cloud.route()).await;
        let plugin = provider(block(&cloud, environment), &[("HTTPS_PROXY", &through(&proxy))]).await;
        reads_all(&plugin).await;
        connects(&plugin).await;
        let scopes: BTreeSet<_> = cloud.forms().iter().map(|form| form["scope"].clone()).collect();
        assert_eq!(scopes, BTreeSet::from([names[1], names[2]].map(|name| format!("https://{name}/.default"))));
        for (role, name) in [Role::Login, Role::Management, Role::Graph].into_iter().zip(names) {
            let seen = cloud.seen_by(role);
            assert!(!seen.is_empty() && seen.iter().all(|seen| seen.host == name), "{environment} {role:?}: {seen:#?}");
        }
        let asked: BTreeSet<_> = proxy.asked().into_iter().collect();
        assert_eq!(asked, names.map(|name| format!("CONNECT {name}:443")).into(), "{environment}");
    }
}

#[tokio::test]
async fn no_proxy_exempts_a_host() {
    let cloud = FakeCloud::on(Tenant::demo()).start().await;
    let proxy = Proxy::start(Mood::Refuse(403), cloud.route()).await;
    let variables = [("HTTPS_PROXY", through(&proxy)), ("NO_PROXY", "localhost".to_owned())];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    reads_all(&provider(cloud.block(), &variables).await).await;
    assert!(proxy.asked().is_empty());
}

#[tokio::test]
async fn a_proxy_gets_the_password_of_its_address() {
    let cloud = FakeCloud::on(Tenant::demo()).named(PUBLIC).start().await;
    let proxy = Proxy::start(Mood::Password("ana:PlantedProxyPassword"), cloud.route()).await;
    let address = format!("http://ana:PlantedProxyPassword@{}", proxy.address);
    let plugin = provider(block(&cloud, "public"), &[("HTTPS_PROXY", &address), ("TF_LOG", "trace")]).await;
    reads_all(&plugin).await;
    assert!(!plugin.stderr().contains("PlantedProxyPassword"));
}

#[tokio::test]
async fn a_proxy_that_lets_nobody_through_is_named_with_what_to_do() {
    for (mood, address) in
        [(Mood::Refuse(403), ""), (Mood::Password("ana:right"), ""), (Mood::Password("ana:right"), "ana:PlantedWrongPassword@")]
    {
        let cloud = FakeCloud::on(Tenant::demo()).named(PUBLIC).start().await;
        let proxy = Proxy::start(mood, cloud.route()).await;
        let address = format!("http://{address}{}", proxy.address);
        let (summary, detail) = refused(&provider(block(&cloud, "public"), &[("HTTPS_PROXY", &address)]).await).await;
        assert_eq!(summary, "Sign-in failed");
        assert!(detail.contains("ProxyRefused") && detail.contains("HTTPS_PROXY"), "{mood:?} {detail}");
        assert!(!detail.contains("PlantedWrongPassword"), "{detail}");
        assert_eq!(proxy.asked().len(), 1, "a refusal is not tried again: {:?}", proxy.asked());
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_met_once_and_the_remedy_named() {
    for certificate in [Certificate::Expired, Certificate::OtherAuthority, Certificate::OtherName] {
        for (role, summary) in [(Role::Login, "Sign-in failed"), (Role::Management, "Nothing could be read")] {
            let cloud = FakeCloud::on(Tenant::demo()).showing(role, certificate).start().await;
            let (said, detail) = refused(&provider(cloud.block(), &[]).await).await;
            assert_eq!(said, summary, "{detail}");
            let remedy = if certificate == Certificate::Expired { "clock" } else { "ca_certificate_file" };
            assert!(detail.contains("ertificate") && detail.contains(remedy), "{certificate:?} at {role:?}: {detail}");
            assert_eq!((cloud.connections(role), cloud.seen_by(role).len()), (1, 0), "{certificate:?}");
        }
    }
}

#[tokio::test]
async fn without_the_authoritys_certificate_not_even_metadata_is_read() {
    let cloud = FakeCloud::on(Tenant::demo()).start().await;
    let mut block = cloud.block();
    block["ca_certificate_file"] = Json::Null;
    let (_, detail) = refused(&provider(block, &[]).await).await;
    assert!(detail.contains("ca_certificate_file"), "{detail}");
    assert!(cloud.seen().is_empty());
}

#[tokio::test]
async fn a_host_that_does_not_exist_or_does_not_listen_is_named() {
    for (host, code) in [("localhost:9", "ConnectionFailed"), ("nowhere.invalid", "HostNotFound")] {
        let cloud = FakeCloud::on(Tenant::demo()).start().await;
        let mut block = cloud.block();
        block["metadata_host"] = host.into();
        let (_, detail) = refused(&provider(block, &[]).await).await;
        assert!(detail.contains(code) && detail.contains(host.split(':').next().unwrap()), "{detail}");
    }
}

#[tokio::test]
async fn a_stray_variable_of_the_sdk_does_not_redirect_the_secret() {
    let cloud = FakeCloud::on(Tenant::demo()).start().await;
    let elsewhere = FakeCloud::on(Tenant::demo()).start().await;
    let authority = format!("https://{}", elsewhere.name(Role::Login));
    reads_all(&provider(cloud.block(), &[("AZURE_AUTHORITY_HOST", &authority)]).await).await;
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn a_token_goes_only_to_its_own_service() {
    let cloud = FakeCloud::on(Tenant::demo()).start().await;
    let plugin = provider(cloud.block(), &[]).await;
    reads_all(&plugin).await;
    connects(&plugin).await;
    let carried = |role| cloud.seen_by(role).into_iter().map(|seen| seen.bearer).collect::<BTreeSet<_>>();
    for role in [Role::Login, Role::Pipeline, Role::Machine] {
        assert!(carried(role).into_iter().all(|bearer| bearer.is_none()), "{role:?}");
    }
    for (role, host) in [(Role::Management, RESOURCE_MANAGER_HOST), (Role::Graph, GRAPH_HOST)] {
        let tokens: Vec<_> = carried(role).into_iter().collect();
        let [Some(token)] = &tokens[..] else { panic!("{role:?}: {tokens:?}") };
        assert!(cloud.issued().contains(token));
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        assert_eq!(serde_json::from_slice::<Json>(&claims).unwrap()["aud"], format!("https://{host}"));
    }
}
