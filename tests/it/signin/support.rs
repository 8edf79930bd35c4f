//! An identity service in memory, and short ways to settings and tokens.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use azposture::azure::{
    Error,
    answer::explain,
    credential,
    inputs::{Inputs, Problem},
    send::transport::Transports,
    settings::{Method, Settings},
    tenant::cloud,
};
use azure_core::{
    credentials::{AccessToken, TokenCredential},
    error::ErrorKind,
    http::{
        AsyncRawResponse, Body, HttpClient, Request, StatusCode,
        headers::{HeaderName, HeaderValue, Headers},
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

pub(super) const TENANT: &str = "0f4a1c22-6c1e-4f2b-9d55-0123456789ab";
pub(super) const OTHER_TENANT: &str = "1f4a1c22-6c1e-4f2b-9d55-0123456789ab";
pub(super) const CLIENT: &str = "6c1e1c22-6c1e-4f2b-9d55-0123456789ab";
pub(super) const SUBSCRIPTION: &str = "aaaa1c22-6c1e-4f2b-9d55-0123456789ab";
pub(super) const SCOPE: &str = "https://management.azure.com/.default";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) form: BTreeMap<String, String>,
}

/// What the service does with a request.
pub(super) enum Outcome {
    Answer(u16, Vec<(&'static str, &'static str)>, String),
    Fail(&'static str),
    /// Nothing ever comes back.
    Silence,
}

pub(super) fn json(status: u16, body: impl Into<String>) -> Outcome {
    Outcome::Answer(status, vec![("content-type", "application/json")], body.into())
}

type Script = Box<dyn Fn(&Seen, usize) -> Outcome + Send + Sync>;

/// The service: a script and what it saw.
pub(super) struct Service {
    script: Script,
    seen: Mutex<Vec<Seen>>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Service")
    }
}

impl Service {
    pub(super) fn new(script: impl Fn(&Seen, usize) -> Outcome + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { script: Box::new(script), seen: Mutex::default() })
    }

    /// One answer to everything.
    pub(super) fn answering(status: u16, body: impl Into<String>) -> Arc<Self> {
        let body = body.into();
        Self::new(move |_, _| json(status, body.clone()))
    }

    /// A service that hands out tokens.
    pub(super) fn issuing(token: &str) -> Arc<Self> {
        Self::answering(200, token_answer(token))
    }

    pub(super) fn transports(self: &Arc<Self>) -> Transports {
        Transports { api: self.clone(), metadata: self.clone() }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

#[async_trait]
impl HttpClient for Service {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let body = match request.body() {
            Body::Bytes(bytes) => bytes.to_vec(),
            Body::SeekableStream(_) => Vec::new(),
        };
        let seen = Seen {
            method: request.method().to_string(),
            url: request.url().to_string(),
            headers: request
                .headers()
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned()))
                .collect(),
            form: url::form_urlencoded::parse(&body).into_owned().collect(),
        };
        let count = {
            let mut all = self.seen.lock().unwrap();
            all.push(seen.clone());
            all.len() - 1
        };
        match (self.script)(&seen, count) {
            Outcome::Answer(status, headers, body) => {
                let mut all = Headers::new();
                for (name, value) in headers {
                    all.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
                }
                Ok(AsyncRawResponse::from_bytes(StatusCode::from(status), all, body.into_bytes()))
            }
            Outcome::Silence => std::future::pending().await,
            Outcome::Fail(why) => Err(azure_core::Error::with_error(
                ErrorKind::Connection,
                std::io::Error::other(why),
                "failed to execute `reqwest` request",
            )),
        }
    }
}

/// A token of the tenant, unsigned.
pub(super) fn jwt(tenant: &str) -> String {
    let payload = serde_json::json!({ "tid": tenant, "idtyp": "app" }).to_string();
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
}

pub(super) fn token_answer(token: &str) -> String {
    serde_json::json!({ "token_type": "Bearer", "expires_in": 3600, "ext_expires_in": 3600, "access_token": token }).to_string()
}

/// An error of Entra with the escapes it really uses.
pub(super) fn entra(code: u32, text: &str) -> String {
    format!(
        r#"{{"error":"invalid_client","error_description":"AADSTS{code}: {text} \u0027app\u0027.\r\nTrace ID: t\r\nCorrelation ID: c-1\r\nTimestamp: now","error_codes":[{code}],"trace_id":"t","correlation_id":"c-1"}}"#
    )
}

pub(super) fn environment(variables: &[(&'static str, &str)]) -> impl Fn(&str) -> Option<String> {
    let variables: BTreeMap<&'static str, String> = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    move |name| variables.get(name).cloned()
}

pub(super) fn resolve(inputs: &Inputs, variables: &[(&'static str, &str)]) -> Result<Settings, Vec<Problem>> {
    inputs.resolve(&environment(variables))
}

pub(super) fn method(inputs: &Inputs, variables: &[(&'static str, &str)]) -> Result<Method, Error> {
    resolve(inputs, variables).unwrap().method
}

/// An application of the tenant, without anything to prove it with.
pub(super) fn application() -> Inputs {
    Inputs { tenant_id: Some(TENANT.into()), client_id: Some(CLIENT.into()), ..Inputs::default() }
}

/// The credential the settings lead to, in front of the service.
pub(super) async fn credential(settings: &Settings, service: &Arc<Service>) -> Result<Arc<dyn TokenCredential>, Error> {
    let transports = service.transports();
    let cloud = cloud::cloud_of(settings, &transports).await?;
    credential::build(settings, &cloud, &transports)
}

/// One sign-in.
pub(super) async fn sign_in(inputs: &Inputs, service: &Arc<Service>) -> Result<AccessToken, Error> {
    let settings = resolve(inputs, &[]).unwrap();
    token(&*credential(&settings, service).await?).await
}

pub(super) async fn token(credential: &dyn TokenCredential) -> Result<AccessToken, Error> {
    credential.get_token(&[SCOPE], None).await.map_err(|error| explain::explanation(&error).expect("every failure is explained"))
}

/// All an error shows to people.
pub(super) fn shown(error: &Error) -> String {
    format!("{error} {}", error.advice())
}
