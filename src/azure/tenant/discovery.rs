//! Which cloud a tenant really lives in, asked without signing in. The sign-in hosts of the clouds answer for each other's tenants, so
//! only the contents of the answer decide.

use azure_core::http::{Method, Request};
use serde::Deserialize;
use url::Url;

use crate::azure::{
    answer::explain,
    error::{Error, Kind, Result},
    failure::Failure,
    send::{document, transport::Transports},
    tenant::cloud::{Cloud, word_for_graph_host},
};

const READING: &str = "look up the tenant";

/// What tenant discovery says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// GUID of the tenant, lower case.
    pub tenant_id: String,
    /// Host of the issuer, for example `login.microsoftonline.com`.
    pub issuer_host: String,
    /// Host of the tenant's Microsoft Graph; none if the cloud does not say.
    pub graph_host: Option<String>,
    /// `NA`, `EU`, `USGov` …; none if the cloud does not say.
    pub region: Option<String>,
    /// `GCC`, `DODCON` (GCC High) or `DOD`; none for all others.
    pub sub_region: Option<String>,
    /// `microsoftonline.com` and the like; none if the cloud does not say.
    pub cloud_instance: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    msgraph_host: Option<String>,
    tenant_region_scope: Option<String>,
    tenant_region_sub_scope: Option<String>,
    cloud_instance_name: Option<String>,
}

/// Asks the cloud's sign-in host about a tenant (GUID or domain).
pub async fn discover(cloud: &Cloud, tenant: &str, transports: &Transports) -> Result<Discovery> {
    let mut url = cloud.authority.clone();
    url.set_path(&format!("/{tenant}/v2.0/.well-known/openid-configuration"));
    let answer = document::send(&transports.api, READING, &Request::new(url, Method::Get)).await?;
    if let Some(row) = explain::meaning(&answer.told.code) {
        return Err(Error::new(Kind::Configuration, READING, format!("tenant {tenant} at {}", cloud.authority_host()))
            .told(answer.told.code.as_str(), row.meaning)
            .in_our_words(row.meaning)
            .answered(answer.told.status, answer.told.request_id.clone())
            .advise(row.fix));
    }
    let document: Document = answer.document()?;
    parse(document, tenant, cloud)
}

/// Whether the tenant is in the configured cloud and is the configured tenant. A domain is resolved by discovery itself.
pub fn check(discovery: &Discovery, cloud: &Cloud, configured_tenant: Option<&str>) -> Result<()> {
    let tenant = &discovery.tenant_id;
    let graph_differs = discovery.graph_host.as_deref().is_some_and(|host| !cloud.is_graph_host(host));
    let issuers = cloud.issuer_hosts();
    let issuer_differs = !issuers.is_empty() && !issuers.iter().any(|host| host.eq_ignore_ascii_case(&discovery.issuer_host));
    if graph_differs || issuer_differs {
        return Err(wrong_cloud(discovery, cloud));
    }
    let is_guid = |text: &str| azure_core::Uuid::parse_str(text).is_ok();
    match configured_tenant.filter(|configured| is_guid(configured) && !configured.eq_ignore_ascii_case(tenant)) {
        None => Ok(()),
        Some(configured) => Err(Error::new(Kind::Configuration, READING, format!("tenant {configured}"))
            .said(Failure::WrongTenant, format!("the sign-in host answered for tenant {tenant} instead"))
            .advise("Set tenant_id to the Tenant ID on the overview page of Microsoft Entra ID.")),
    }
}

/// The token belongs to another tenant than the one a domain stands for.
pub(in crate::azure) fn token_of_another(discovery: &Discovery, domain: &str, own: &str) -> Error {
    Error::new(Kind::Configuration, READING, format!("tenant {domain}"))
        .said(Failure::WrongTenant, format!("the token is for tenant {own}, but {domain} is tenant {}", discovery.tenant_id))
        .advise(format!("Set tenant_id = \"{own}\", or sign in to the other tenant: az login --tenant {domain}."))
}

fn wrong_cloud(discovery: &Discovery, cloud: &Cloud) -> Error {
    let lives_in = home(discovery);
    let error = Error::new(Kind::Configuration, READING, format!("tenant {} in cloud {}", discovery.tenant_id, cloud.name));
    let graph = discovery.graph_host.as_deref().unwrap_or("another host");
    let word = discovery.graph_host.as_deref().and_then(word_for_graph_host);
    // The two Government clouds share every host but this one; with the wrong one Graph reads quietly return nothing.
    let message = match discovery.graph_host.as_deref().is_some_and(|host| cloud.is_graph_host(host)) {
        // Clouds that share this host differ in the one people sign in at.
        true => format!(
            "the tenant is a {lives_in} tenant by its Microsoft Graph, and the host that answers for it is {}, not {}",
            discovery.issuer_host,
            cloud.issuer_hosts().first().copied().unwrap_or_default()
        ),
        false => format!("the tenant is a {lives_in} tenant: its Microsoft Graph is {graph}, not {}", cloud.graph_host()),
    };
    match word {
        Some(word) => error.said(Failure::WrongCloud, message).advise(format!("Set environment = \"{word}\".")),
        None => {
            error.said(Failure::WrongCloud, message).advise("Set environment or metadata_host to the cloud the tenant lives in.")
        }
    }
}

fn home(discovery: &Discovery) -> &'static str {
    let host = discovery.graph_host.as_deref().unwrap_or_default();
    match (word_for_graph_host(host), discovery.sub_region.as_deref()) {
        (Some("china"), _) => "China (21Vianet)",
        (Some("dod"), _) => "US Government DoD",
        (Some("usgovernment"), _) => "US Government (GCC High)",
        (Some("public"), Some("GCC")) => "GCC (worldwide cloud)",
        (Some("public"), _) => "worldwide cloud",
        (Some("demo"), _) => "demo",
        _ => "foreign",
    }
}

fn parse(document: Document, tenant: &str, cloud: &Cloud) -> Result<Discovery> {
    let issuer = Url::parse(&document.issuer).ok();
    let host = issuer.as_ref().and_then(|url| url.host_str()).map(str::to_owned);
    let id = issuer
        .as_ref()
        .and_then(|url| url.path_segments()?.find(|segment| azure_core::Uuid::parse_str(segment).is_ok()).map(str::to_owned));
    let (Some(issuer_host), Some(tenant_id)) = (host, id) else {
        return Err(Error::new(Kind::InvalidResponse, READING, format!("tenant {tenant} at {}", cloud.authority_host()))
            .told(Failure::InvalidIssuer, format!("the issuer {:?} names no tenant", document.issuer))
            .in_our_words("the issuer names no tenant")
            .advise("Give the tenant's GUID or verified domain as tenant_id."));
    };
    Ok(Discovery {
        tenant_id: tenant_id.to_ascii_lowercase(),
        issuer_host,
        graph_host: document.msgraph_host,
        region: document.tenant_region_scope,
        sub_region: document.tenant_region_sub_scope,
        cloud_instance: document.cloud_instance_name,
    })
}
