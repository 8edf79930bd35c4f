//! Where the tenant lives, before a service is read.

use std::sync::Arc;

use azposture::azure::{Call, Client, Error, Kind, inputs::Inputs};
use serde_json::{Value, json};

use super::support::{OTHER_TENANT, Seen, Service, TENANT, json as answer, jwt, resolve};

const DOMAIN: &str = "contoso.example";

/// A machine whose identity belongs to a tenant, in a world where the domain stands for `TENANT`.
fn world(identity: &'static str) -> Arc<Service> {
    Service::new(move |seen: &Seen, _| match seen.url.as_str() {
        url if url.contains("/metadata/identity/") => answer(
            200,
            json!({ "access_token": jwt(identity), "expires_on": "4102444800", "token_type": "Bearer", "resource": "r" })
                .to_string(),
        ),
        url if url.ends_with("/.well-known/openid-configuration") => answer(
            200,
            json!({
                "issuer": format!("https://login.microsoftonline.com/{TENANT}/v2.0"), "msgraph_host": "graph.microsoft.com",
            })
            .to_string(),
        ),
        _ => answer(200, r#"{"value":[]}"#),
    })
}

fn machine(tenant: Option<&str>) -> Inputs {
    Inputs { use_msi: Some(true), tenant_id: tenant.map(str::to_owned), ..Inputs::default() }
}

async fn read(inputs: &Inputs, service: &Arc<Service>, call: fn() -> Call) -> Result<(), Error> {
    let client = Client::new(resolve(inputs, &[]).unwrap(), service.transports());
    client.list(call(), |_: Value| {}).await?;
    client.fresh().list(call(), |_: Value| {}).await
}

fn subscriptions() -> Call {
    Call::arm("list subscriptions", "/subscriptions", "2022-12-01")
}

fn users() -> Call {
    Call::graph("list users", "/users")
}

fn lookups(service: &Service) -> usize {
    service.seen().iter().filter(|seen| seen.url.ends_with("openid-configuration")).count()
}

#[tokio::test]
async fn a_domain_is_compared_with_the_tenant_an_identity_brings_before_anything_is_read() {
    for call in [subscriptions, users] {
        let service = world(OTHER_TENANT);
        let error = read(&machine(Some(DOMAIN)), &service, call).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Configuration, "WrongTenant"), "{error}");
        assert!(error.message().contains(OTHER_TENANT) && error.message().contains(TENANT), "{error}");
        assert!(service.seen().iter().all(|seen| !seen.url.contains("/subscriptions") && !seen.url.contains("/users")));
        let service = world(TENANT);
        read(&machine(Some(DOMAIN)), &service, call).await.unwrap();
        assert_eq!(lookups(&service), 1);
    }
}

#[tokio::test]
async fn without_a_domain_resource_manager_needs_no_lookup() {
    for inputs in [machine(None), machine(Some(TENANT))] {
        let service = world(TENANT);
        read(&inputs, &service, subscriptions).await.unwrap();
        assert_eq!(lookups(&service), 0);
        read(&inputs, &service, users).await.unwrap();
        let asked = service.seen().into_iter().find(|seen| seen.url.ends_with("openid-configuration")).unwrap();
        assert!(asked.url.contains(TENANT), "the tenant of the token: {}", asked.url);
    }
}
