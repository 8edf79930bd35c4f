//! Sign-in with a token someone else issued: a given one, a file, GitHub Actions, Azure DevOps, AKS. Each is a client assertion that is
//! fetched anew for every token request, because such tokens live for minutes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use azure_core::{
    credentials::TokenCredential,
    http::{ClientMethodOptions, ClientOptions, HttpClient, Method, Request, headers::HeaderName},
};
use azure_identity::{ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions};
use serde::Deserialize;
use url::Url;

use crate::azure::{
    answer::explain,
    error::{Error, Kind, Result},
    failure::Failure,
    send::document,
    settings::Sensitive,
};

/// Where the assertion comes from.
#[derive(Debug)]
pub(super) enum Source {
    AzureDevOps { request_url: String, request_token: Sensitive, service_connection_id: String },
    File(PathBuf),
    GitHub { request_url: String, request_token: Sensitive },
    Token(Sensitive),
}

pub(super) fn credential(
    tenant: String,
    client_id: String,
    source: Source,
    http: Arc<dyn HttpClient>,
    client_options: ClientOptions,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let options = ClientAssertionCredentialOptions { client_options };
    Ok(ClientAssertionCredential::new(tenant, client_id, Federated { source, http }, Some(options))?)
}

#[derive(Debug)]
struct Federated {
    source: Source,
    http: Arc<dyn HttpClient>,
}

#[async_trait]
impl ClientAssertion for Federated {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.assertion().await.map_err(explain::carry)
    }
}

impl Federated {
    async fn assertion(&self) -> Result<String> {
        match &self.source {
            Source::AzureDevOps { request_url, request_token, service_connection_id } => {
                self.azure_devops(request_url, request_token, service_connection_id).await
            }
            Source::File(file) => from_file(file),
            Source::GitHub { request_url, request_token } => self.github(request_url, request_token).await,
            Source::Token(token) => Ok(token.reveal().trim().to_owned()),
        }
    }

    async fn github(&self, request_url: &str, request_token: &Sensitive) -> Result<String> {
        #[derive(Deserialize)]
        struct Document {
            value: Option<Sensitive>,
        }
        let mut url = parse(request_url, GITHUB)?;
        if !url.query_pairs().any(|(name, _)| name == "audience") {
            url.query_pairs_mut().append_pair("audience", "api://AzureADTokenExchange");
        }
        let mut request = Request::new(url, Method::Get);
        request.insert_header(AUTHORIZATION, format!("Bearer {}", request_token.reveal()));
        request.insert_header(ACCEPT, "application/json");
        let answer = document::send(&self.http, GITHUB, &request).await?;
        if matches!(answer.told.status, 401 | 403) {
            return Err(answer.refused(Kind::Unauthenticated).advise(
                "Add \"permissions: id-token: write\" to the workflow or job, and ask within the job that set the variables: the request token \
                 ends with it.",
            ));
        }
        present(answer.document::<Document>()?.value, GITHUB, &request)
    }

    async fn azure_devops(&self, request_url: &str, request_token: &Sensitive, connection: &str) -> Result<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Document {
            oidc_token: Option<Sensitive>,
        }
        let mut url = parse(request_url, DEVOPS)?;
        url.query_pairs_mut().append_pair("api-version", "7.1").append_pair("serviceConnectionId", connection);
        let mut request = Request::new(url, Method::Post);
        request.insert_header(AUTHORIZATION, format!("Bearer {}", request_token.reveal()));
        request.insert_header(ACCEPT, "application/json");
        request.insert_header(CONTENT_TYPE, "application/json");
        request.insert_header(CONTENT_LENGTH, "0");
        // Without this header a refused token is answered with a redirect to a sign-in page.
        request.insert_header(HeaderName::from_static("x-tfs-fedauthredirect"), "Suppress");
        let answer = document::send(&self.http, DEVOPS, &request).await?;
        if matches!(answer.told.status, 300..=399 | 401 | 403) {
            return Err(answer.refused(Kind::Unauthenticated).advise(
                "Map SYSTEM_ACCESSTOKEN: $(System.AccessToken) into this step's environment, and authorize the pipeline for the service connection.",
            ));
        }
        if answer.told.status == 404 {
            return Err(answer.refused(Kind::Unauthenticated).advise(
                "Check that ado_pipeline_service_connection_id is the id of a service connection with workload identity federation in this project.",
            ));
        }
        present(answer.document::<Document>()?.oidc_token, DEVOPS, &request)
    }
}

const ACCEPT: HeaderName = HeaderName::from_static("accept");
const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");
const CONTENT_LENGTH: HeaderName = HeaderName::from_static("content-length");
const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
const DEVOPS: &str = "sign in with an Azure DevOps service connection: ask for its identity token";
const GITHUB: &str = "sign in with GitHub Actions: ask for the workflow's identity token";

fn parse(address: &str, attempted: &str) -> Result<Url> {
    let url = Url::parse(address).ok().filter(|url| url.scheme() == "https");
    url.ok_or_else(|| {
        Error::new(Kind::Configuration, attempted, "the request URL")
            .said(Failure::InvalidRequestUrl, "it is not an https URL")
            .advise("Use the https URL the pipeline provides.")
    })
}

fn present(token: Option<Sensitive>, attempted: &str, request: &Request) -> Result<String> {
    let token = token.map(|token| token.reveal().trim().to_owned()).filter(|token| !token.is_empty());
    token.ok_or_else(|| {
        Error::new(Kind::InvalidResponse, attempted, request.url().host_str().unwrap_or_default())
            .said(Failure::NoToken, "the answer holds no token")
            .advise("Check the request URL; in GitHub Actions also \"permissions: id-token: write\".")
    })
}

fn from_file(file: &Path) -> Result<String> {
    let fault = |failure: Failure, why: String| {
        Error::new(Kind::Unauthenticated, "sign in with an OIDC token: read its file", file.display().to_string())
            .said(failure, why)
            .advise("Check that the file exists here, is readable, and is renewed by whoever writes it.")
    };
    let text = fs::read_to_string(file).map_err(|error| fault(Failure::UnreadableFile, error.to_string()))?;
    let token = text.trim_start_matches('\u{feff}').trim();
    if token.is_empty() { Err(fault(Failure::EmptyFile, "the file is empty".to_owned())) } else { Ok(token.to_owned()) }
}
