//! The way to the clouds: their hosts and scopes, proxies, certificates.

use azposture::demo::{CLIENT_ID, TENANT_ID, Tenant};
use serde_json::{Value as Json, json};

use super::{provider, reads_all, refused};
use crate::support::cloud::{Certificate, FakeCloud, Mood, Proxy, Role, SECRET};

const PUBLIC: [&str; 3] = ["login.microsoftonline.com", "management.azure.com", "graph.microsoft.com"];

/// A block for one of Azure's own clouds; only a proxy makes its names lead to the fake.
fn block(cloud: &FakeCloud, environment: &str) -> Json {
    json!({
        "environment": environment, "ca_certificate_file": cloud.ca_file(), "tenant_id": TENANT_ID, "client_id": CLIENT_ID,
        "client_secret": SECRET, "tenant_wide": true,
    })
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
        reads_all(&provider(block(&cloud, environment), &[("HTTPS_PROXY", &through(&proxy))]).await).await;
        let scopes: Vec<_> = cloud.forms().iter().map(|form| form["scope"].clone()).collect();
        assert_eq!(scopes, [format!("https://{}/.default", names[1])]);
        assert!(cloud.seen_by(Role::Login).iter().all(|seen| seen.host == names[0]));
        assert!(cloud.seen_by(Role::Management).iter().all(|seen| seen.host == names[1]));
        let wanted = [names[0], names[1]].map(|name| format!("CONNECT {name}:443"));
        assert!(proxy.asked().iter().all(|asked| wanted.contains(asked)), "{:?}", proxy.asked());
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
    reads_all(&provider(cloud.block(), &[]).await).await;
    let tokens = cloud.issued();
    for seen in cloud.seen() {
        let expected = (seen.role == Role::Management).then(|| tokens[0].clone());
        assert_eq!(seen.bearer, expected, "{seen:?}");
    }
}
