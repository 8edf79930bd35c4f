//! The clouds and their hosts.

use std::sync::Arc;

use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    http::{Method, Request},
};
use serde::Deserialize;
use url::Url;

use crate::azure::{
    error::{Error, Kind, Result},
    failure::Failure,
    send::{document, transport::Transports},
    settings::{Environment, Settings},
};

/// The hosts of one Azure cloud. Scopes are `<audience>/.default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// The word the provider block uses for it; for a cloud that describes itself, its own name.
    pub name: String,
    /// Sign-in host, for example `https://login.microsoftonline.com`.
    pub authority: Url,
    /// Azure Resource Manager, for example `https://management.azure.com`.
    pub resource_manager: Url,
    /// Microsoft Graph, for example `https://graph.microsoft.com`.
    pub graph: Url,
    /// The audience of Resource Manager tokens, without a trailing slash.
    pub resource_manager_audience: String,
    /// The audience of Microsoft Graph tokens, without a trailing slash.
    pub graph_audience: String,
}

/// The cloud of a connection. Only one that describes itself is asked.
pub async fn cloud_of(settings: &Settings, transports: &Transports) -> Result<Cloud> {
    match &settings.environment {
        Environment::Custom { metadata_host } => described(metadata_host, transports).await,
        Environment::China => known(CHINA),
        Environment::Demo => known(DEMO),
        Environment::Dod => known(DOD),
        Environment::Public => known(PUBLIC),
        Environment::UsGovernment => known(US_GOVERNMENT),
    }
}

/// The `environment` word of the cloud whose Microsoft Graph is at `host`; none for hosts of no known cloud.
pub fn word_for_graph_host(host: &str) -> Option<&'static str> {
    [CHINA, DEMO, DOD, PUBLIC, US_GOVERNMENT]
        .into_iter()
        .find(|hosts| hosts.graph.strip_prefix("https://").is_some_and(|known| known.eq_ignore_ascii_case(host)))
        .map(|hosts| hosts.name)
}

impl Cloud {
    /// What the SDK's credentials must be given. Never left out: without it they read `AZURE_AUTHORITY_HOST`, and a stray variable
    /// would send the client secret elsewhere.
    pub fn configuration(&self) -> Arc<CloudConfiguration> {
        let mut custom = CustomConfiguration::default();
        custom.authority_host = self.authority.as_str().trim_end_matches('/').to_owned();
        Arc::new(CloudConfiguration::Custom(custom))
    }

    /// The token endpoint of a tenant (GUID or domain), which is also the audience of client assertions.
    pub fn token_endpoint(&self, tenant: &str) -> String {
        format!("{}/{tenant}/oauth2/v2.0/token", self.authority.as_str().trim_end_matches('/'))
    }

    /// Host of the identity service.
    pub fn authority_host(&self) -> &str {
        self.authority.host_str().unwrap_or_default()
    }

    /// Host of Microsoft Graph.
    pub fn graph_host(&self) -> &str {
        self.graph.host_str().unwrap_or_default()
    }

    /// Whether this is the host of its Microsoft Graph; a port counts where it is given.
    pub fn is_graph_host(&self, host: &str) -> bool {
        match self.graph.port() {
            Some(port) if host.contains(':') => host.eq_ignore_ascii_case(&format!("{}:{port}", self.graph_host())),
            _ => host.eq_ignore_ascii_case(self.graph_host()),
        }
    }

    /// Hosts that tokens of this cloud may name as their issuer in tenant discovery; empty if that is not known.
    pub fn issuer_hosts(&self) -> Vec<&str> {
        match self.name.as_str() {
            // China answers under the name of its older sign-in host.
            "china" => vec![self.authority_host(), "login.partner.microsoftonline.cn"],
            "demo" | "dod" | "public" | "usgovernment" => vec![self.authority_host()],
            _ => Vec::new(),
        }
    }
}

#[derive(Clone, Copy)]
struct Hosts {
    name: &'static str,
    authority: &'static str,
    resource_manager: &'static str,
    graph: &'static str,
}

const CHINA: Hosts = Hosts {
    name: "china",
    authority: "https://login.chinacloudapi.cn",
    resource_manager: "https://management.chinacloudapi.cn",
    graph: "https://microsoftgraph.chinacloudapi.cn",
};
const DEMO: Hosts = Hosts {
    name: "demo",
    authority: "https://login.demo.azposture",
    resource_manager: "https://management.demo.azposture",
    graph: "https://graph.demo.azposture",
};
const DOD: Hosts = Hosts {
    name: "dod",
    authority: "https://login.microsoftonline.us",
    resource_manager: "https://management.usgovcloudapi.net",
    graph: "https://dod-graph.microsoft.us",
};
const PUBLIC: Hosts = Hosts {
    name: "public",
    authority: "https://login.microsoftonline.com",
    resource_manager: "https://management.azure.com",
    graph: "https://graph.microsoft.com",
};
const US_GOVERNMENT: Hosts = Hosts {
    name: "usgovernment",
    authority: "https://login.microsoftonline.us",
    resource_manager: "https://management.usgovcloudapi.net",
    graph: "https://graph.microsoft.us",
};

fn known(hosts: Hosts) -> Result<Cloud> {
    Ok(Cloud {
        name: hosts.name.to_owned(),
        authority: endpoint("authority", hosts.authority, hosts.name)?,
        resource_manager: endpoint("resourceManager", hosts.resource_manager, hosts.name)?,
        graph: endpoint("microsoftGraphResourceId", hosts.graph, hosts.name)?,
        resource_manager_audience: hosts.resource_manager.to_owned(),
        graph_audience: hosts.graph.to_owned(),
    })
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    resource_manager: Option<String>,
    microsoft_graph_resource_id: Option<String>,
    authentication: Authentication,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Authentication {
    login_endpoint: Option<String>,
    audiences: Vec<String>,
    identity_provider: Option<String>,
}

const READING: &str = "read the cloud's metadata";

async fn described(host: &str, transports: &Transports) -> Result<Cloud> {
    let address = format!("https://{host}/metadata/endpoints?api-version=2022-09-01");
    let url = Url::parse(&address).map_err(|fault| {
        Error::new(Kind::Configuration, READING, host)
            .said(Failure::InvalidHost, fault.to_string())
            .advise("Correct metadata_host: a host name with an optional port.")
    })?;
    let answer = document::send(&transports.api, READING, &Request::new(url, Method::Get)).await?;
    let document: serde_json::Value = answer.document()?;
    if document.is_array() {
        return Err(Error::new(Kind::Configuration, READING, host)
            .said(Failure::SeveralClouds, "the document lists several clouds, as the metadata of Azure's own clouds does")
            .advise("Use environment (public, usgovernment, dod, china) instead of metadata_host."));
    }
    let metadata = serde_path_to_error::deserialize(document).map_err(|fault| {
        Error::new(Kind::InvalidResponse, READING, host)
            .told(Failure::UndecodableAnswer, fault.to_string())
            .advise("Check that metadata_host is the host of the cloud's Resource Manager.")
    })?;
    from_metadata(host, metadata)
}

fn from_metadata(host: &str, metadata: Metadata) -> Result<Cloud> {
    let Authentication { login_endpoint, audiences, identity_provider } = metadata.authentication;
    if identity_provider.is_some_and(|provider| provider.eq_ignore_ascii_case("ADFS")) {
        return Err(Error::new(Kind::Unsupported, READING, host)
            .said(Failure::AdfsNotSupported, "the cloud signs in through AD FS")
            .advise("Only clouds that sign in through Microsoft Entra ID are supported."));
    }
    let (Some(name), Some(manager), Some(graph), Some(login)) =
        (metadata.name, metadata.resource_manager, metadata.microsoft_graph_resource_id, login_endpoint)
    else {
        return Err(Error::new(Kind::InvalidResponse, READING, host)
            .said(
                Failure::IncompleteMetadata,
                "the document lacks one of name, resourceManager, microsoftGraphResourceId, authentication.loginEndpoint",
            )
            .advise(
                "The cloud must answer api-version 2022-09-01 of its metadata; older versions do not name Microsoft Graph.",
            ));
    };
    let resource_manager = endpoint("resourceManager", &manager, host)?;
    let manager = trimmed(&manager);
    let audiences: Vec<&str> = audiences.iter().map(|audience| trimmed(audience)).collect();
    let audience = audiences.iter().find(|audience| **audience == manager).or(audiences.first()).copied().unwrap_or(manager);
    Ok(Cloud {
        name,
        authority: endpoint("authentication.loginEndpoint", &login, host)?,
        resource_manager,
        graph: endpoint("microsoftGraphResourceId", &graph, host)?,
        resource_manager_audience: audience.to_owned(),
        graph_audience: trimmed(&graph).to_owned(),
    })
}

/// A trailing slash would have to be doubled in the scope to stay in the audience, so it is dropped.
fn trimmed(text: &str) -> &str {
    text.trim().trim_end_matches('/')
}

fn endpoint(field: &str, text: &str, host: &str) -> Result<Url> {
    let fault = |why: String| {
        Error::new(Kind::InvalidResponse, READING, host)
            .said(Failure::InvalidEndpoint, format!("{field} is {text:?}: {why}"))
            .advise("The cloud's endpoints must be https URLs; ask whoever runs the cloud.")
    };
    let url = Url::parse(trimmed(text)).map_err(|error| fault(error.to_string()))?;
    if url.scheme() != "https" || !url.has_host() {
        return Err(fault("not an https URL".to_owned()));
    }
    Ok(url)
}
