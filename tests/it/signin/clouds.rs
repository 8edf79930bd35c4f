//! The clouds, clouds that describe themselves, and tenants in the wrong one.

use azposture::azure::{
    Error, Kind,
    answer::explain,
    inputs::Inputs,
    tenant::{
        cloud::{self, Cloud},
        discovery::{self, Discovery},
    },
};
use azure_core::cloud::CloudConfiguration;

use super::support::{OTHER_TENANT, Outcome, Service, TENANT, entra, json, resolve};

async fn known(word: &str) -> Cloud {
    let settings = resolve(&Inputs { environment: Some(word.into()), ..Inputs::default() }, &[]).unwrap();
    let service = Service::answering(500, "");
    let cloud = cloud::cloud_of(&settings, &service.transports()).await.unwrap();
    assert!(service.seen().is_empty());
    cloud
}

async fn described(answer: impl Into<String>) -> Result<Cloud, Error> {
    let settings = resolve(&Inputs { metadata_host: Some("cloud.example:8443".into()), ..Inputs::default() }, &[]).unwrap();
    let service = Service::answering(200, answer);
    let cloud = cloud::cloud_of(&settings, &service.transports()).await;
    assert_eq!(service.seen()[0].url, "https://cloud.example:8443/metadata/endpoints?api-version=2022-09-01");
    cloud
}

fn metadata() -> serde_json::Value {
    serde_json::json!({
        "name": "ExampleCloud",
        "resourceManager": "https://management.cloud.example/",
        "microsoftGraphResourceId": "https://graph.cloud.example/",
        "authentication": {
            "loginEndpoint": "https://login.cloud.example/",
            "audiences": ["https://core.cloud.example/", "https://management.cloud.example/"],
            "identityProvider": "AAD"
        }
    })
}

#[tokio::test]
async fn every_word_leads_to_its_hosts() {
    let hosts = [
        (["public", "global"], "login.microsoftonline.com", "management.azure.com", "graph.microsoft.com"),
        (["usgovernment", "usgovernmentl4"], "login.microsoftonline.us", "management.usgovcloudapi.net", "graph.microsoft.us"),
        (["gcchigh", "USGovernment"], "login.microsoftonline.us", "management.usgovcloudapi.net", "graph.microsoft.us"),
        (["dod", "usgovernmentl5"], "login.microsoftonline.us", "management.usgovcloudapi.net", "dod-graph.microsoft.us"),
        (["china", "China"], "login.chinacloudapi.cn", "management.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn"),
        (["demo", "demo"], "login.demo.azposture", "management.demo.azposture", "graph.demo.azposture"),
    ];
    for (words, authority, manager, graph) in hosts {
        for word in words {
            let cloud = known(word).await;
            assert_eq!(
                (cloud.authority_host(), cloud.resource_manager.host_str(), cloud.graph_host()),
                (authority, Some(manager), graph)
            );
            assert_eq!(
                (cloud.resource_manager_audience, cloud.graph_audience),
                (format!("https://{manager}"), format!("https://{graph}"))
            );
        }
    }
}

#[tokio::test]
async fn the_sdk_is_always_told_the_authority() {
    match &*known("dod").await.configuration() {
        CloudConfiguration::Custom(custom) => assert_eq!(custom.authority_host, "https://login.microsoftonline.us"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_cloud_describes_itself_and_its_trailing_slashes_are_dropped() {
    let cloud = described(format!("\u{feff}{}", metadata())).await.unwrap();
    assert_eq!((cloud.name.as_str(), cloud.authority_host()), ("ExampleCloud", "login.cloud.example"));
    assert_eq!(cloud.resource_manager_audience, "https://management.cloud.example");
    assert_eq!(cloud.graph_audience, "https://graph.cloud.example");
    assert_eq!(cloud.token_endpoint("t"), "https://login.cloud.example/t/oauth2/v2.0/token");
}

#[tokio::test]
async fn an_audience_of_its_own_is_taken_if_the_endpoint_is_none() {
    let mut document = metadata();
    document["authentication"]["audiences"] = serde_json::json!(["https://core.cloud.example/"]);
    assert_eq!(described(document.to_string()).await.unwrap().resource_manager_audience, "https://core.cloud.example");
}

#[tokio::test]
async fn metadata_without_a_required_field_is_refused() {
    for field in ["name", "resourceManager", "microsoftGraphResourceId", "authentication"] {
        let mut document = metadata();
        document.as_object_mut().unwrap().remove(field);
        assert_eq!(described(document.to_string()).await.unwrap_err().code(), "IncompleteMetadata", "{field}");
    }
}

#[tokio::test]
async fn metadata_of_another_kind_is_explained() {
    let mut adfs = metadata();
    adfs["authentication"]["identityProvider"] = "ADFS".into();
    assert_eq!(described(adfs.to_string()).await.unwrap_err().code(), "AdfsNotSupported");
    let mut plain = metadata();
    plain["resourceManager"] = "http://management.cloud.example".into();
    assert_eq!(described(plain.to_string()).await.unwrap_err().code(), "InvalidEndpoint");
    assert_eq!(described("[]").await.unwrap_err().code(), "SeveralClouds");
    assert_eq!(described(r#"{"name":1}"#).await.unwrap_err().code(), "UndecodableAnswer");
    assert_eq!(described("<html>").await.unwrap_err().code(), "UnexpectedPage");
    assert_eq!(described("{").await.unwrap_err().kind(), Kind::InvalidResponse);
}

#[tokio::test(start_paused = true)]
async fn metadata_is_tried_again_only_while_that_helps() {
    let settings = resolve(&Inputs { metadata_host: Some("cloud.example".into()), ..Inputs::default() }, &[]).unwrap();
    let attempts = async |outcome: fn() -> Outcome| {
        let service = Service::new(move |_, _| outcome());
        let error = cloud::cloud_of(&settings, &service.transports()).await.unwrap_err();
        (error.kind(), service.seen().len())
    };
    assert_eq!(attempts(|| json(503, "{}")).await, (Kind::Unavailable, 3));
    assert_eq!(attempts(|| Outcome::Fail("tcp connect error")).await, (Kind::Unavailable, 3));
    assert_eq!(attempts(|| Outcome::Fail("dns error")).await, (Kind::Unavailable, 1));
    assert_eq!(attempts(|| Outcome::Fail("operation timed out")).await, (Kind::Timeout, 2));
    assert_eq!(attempts(|| json(404, "{}")).await, (Kind::InvalidResponse, 1));
}

fn document(issuer_host: &str, tenant: &str, graph: &str, sub: Option<&str>) -> String {
    serde_json::json!({
        "issuer": format!("https://{issuer_host}/{tenant}/v2.0"),
        "msgraph_host": graph,
        "tenant_region_scope": "NA",
        "tenant_region_sub_scope": sub,
        "cloud_instance_name": "microsoftonline.com",
        "token_endpoint": "ignored"
    })
    .to_string()
}

async fn discover(word: &str, answer: String) -> Result<(Cloud, Discovery), Error> {
    let cloud = known(word).await;
    let service = Service::answering(200, answer);
    let discovery = discovery::discover(&cloud, "contoso.example", &service.transports()).await?;
    let asked = format!("https://{}/contoso.example/v2.0/.well-known/openid-configuration", cloud.authority_host());
    assert_eq!(service.seen()[0].url, asked);
    Ok((cloud, discovery))
}

async fn verdict(word: &str, issuer: &str, graph: &str, sub: Option<&str>) -> Result<(), Error> {
    let (cloud, discovery) = discover(word, document(issuer, TENANT, graph, sub)).await.unwrap();
    discovery::check(&discovery, &cloud, Some(TENANT))
}

#[tokio::test]
async fn discovery_resolves_a_domain() {
    let (_, discovery) =
        discover("public", document("login.microsoftonline.com", &TENANT.to_uppercase(), "graph.microsoft.com", Some("GCC")))
            .await
            .unwrap();
    assert_eq!(discovery.tenant_id, TENANT);
    assert_eq!((discovery.region.as_deref(), discovery.sub_region.as_deref()), (Some("NA"), Some("GCC")));
}

#[tokio::test]
async fn a_tenant_in_its_own_cloud_is_right() {
    assert!(verdict("public", "login.microsoftonline.com", "graph.microsoft.com", Some("GCC")).await.is_ok());
    assert!(verdict("gcchigh", "login.microsoftonline.us", "graph.microsoft.us", Some("DODCON")).await.is_ok());
    assert!(verdict("dod", "login.microsoftonline.us", "dod-graph.microsoft.us", Some("DOD")).await.is_ok());
    assert!(verdict("china", "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn", None).await.is_ok());
}

#[tokio::test]
async fn a_tenant_of_another_cloud_names_the_right_environment() {
    let cases = [
        ("public", "login.microsoftonline.us", "graph.microsoft.us", "GCC High", "environment = \"usgovernment\""),
        ("usgovernment", "login.microsoftonline.us", "dod-graph.microsoft.us", "DoD", "environment = \"dod\""),
        ("dod", "login.microsoftonline.us", "graph.microsoft.us", "GCC High", "environment = \"usgovernment\""),
        ("dod", "login.microsoftonline.com", "graph.microsoft.com", "worldwide", "environment = \"public\""),
        ("china", "login.microsoftonline.com", "graph.microsoft.com", "worldwide", "environment = \"public\""),
        ("public", "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn", "China", "environment = \"china\""),
    ];
    for (word, issuer, graph, home, advice) in cases {
        let error = verdict(word, issuer, graph, None).await.unwrap_err();
        assert_eq!((error.code(), explain::topic(&error)), ("WrongCloud", Some(explain::Topic::Cloud)));
        assert!(error.message().contains(home) && error.advice().contains(advice), "{error}: {}", error.advice());
    }
}

/// A host is never said to be another one than itself.
#[tokio::test]
async fn a_tenant_that_another_sign_in_host_answers_for_names_that_host() {
    let error = verdict("public", "login.partner.microsoftonline.cn", "graph.microsoft.com", None).await.unwrap_err();
    let hosts = "the host that answers for it is login.partner.microsoftonline.cn, not login.microsoftonline.com";
    assert!(error.message().ends_with(hosts) && !error.message().contains("graph.microsoft.com"), "{error}");
}

#[tokio::test]
async fn an_unknown_cloud_is_not_guessed() {
    let error = verdict("public", "login.cloud.example", "graph.cloud.example", None).await.unwrap_err();
    assert!(error.advice().contains("metadata_host"));
}

#[tokio::test]
async fn a_different_tenant_than_configured_is_wrong() {
    let (cloud, discovery) =
        discover("public", document("login.microsoftonline.com", TENANT, "graph.microsoft.com", None)).await.unwrap();
    let error = discovery::check(&discovery, &cloud, Some(OTHER_TENANT)).unwrap_err();
    assert_eq!((error.code(), explain::topic(&error)), ("WrongTenant", Some(explain::Topic::Tenant)));
    assert!(discovery::check(&discovery, &cloud, None).is_ok());
    assert!(discovery::check(&discovery, &cloud, Some("contoso.example")).is_ok());
}

#[tokio::test]
async fn an_unknown_tenant_at_this_authority_is_said_to_be_unknown() {
    let cloud = known("usgovernment").await;
    for code in [90002, 900021] {
        let service = Service::answering(400, entra(code, "Tenant not found"));
        let error = discovery::discover(&cloud, TENANT, &service.transports()).await.unwrap_err();
        assert_eq!((error.code(), error.kind()), (format!("AADSTS{code}").as_str(), Kind::Configuration));
        assert!(error.object().contains(TENANT) && error.object().contains("login.microsoftonline.us"));
    }
}

#[tokio::test]
async fn an_issuer_without_a_tenant_is_refused() {
    let error =
        discover("public", document("login.microsoftonline.com", "{tenantid}", "graph.microsoft.com", None)).await.unwrap_err();
    assert_eq!(error.code(), "InvalidIssuer");
}
