//! Which sign-in method is meant: the first of certificate, secret, OIDC token or file, Azure DevOps, GitHub, AKS, managed
//! identity and CLI that has any input. One that has some but not all is an error, never a step to the next.

use std::{fs, path::PathBuf};

use super::{Inputs, Problem, contradictions::base64_bytes, shape, variables::Variables};
use crate::azure::{
    error::{Error, Kind, Result},
    settings::{CertificateSource, DEMO_TENANT_ID, Method, Sensitive},
};

/// The tenant and the method, resolved.
pub(super) struct SignIn {
    pub(super) tenant_id: Option<String>,
    pub(super) method: Result<Method>,
}

/// Chooses the method. Malformed variables are problems; anything missing is the method's own error.
pub(super) fn choose(inputs: &Inputs, variables: &Variables<'_>, problems: &mut Vec<Problem>) -> SignIn {
    if inputs.is_demo() {
        return SignIn { tenant_id: Some(DEMO_TENANT_ID.to_owned()), method: Ok(Method::Demo) };
    }
    let switches = Switches::read(inputs, variables, problems);
    let finder = Finder { inputs, variables, switches };
    let tenant = match finder.tenant(problems) {
        Ok(tenant) => tenant,
        Err(error) => return SignIn { tenant_id: None, method: Err(error) },
    };
    let method = finder.method(tenant.as_ref());
    SignIn { tenant_id: tenant.map(|tenant| tenant.value), method }
}

/// A text file's content without the white space around it; an empty file is a fault.
pub(super) fn read_trimmed(path: &str) -> std::result::Result<String, String> {
    let text = fs::read_to_string(path).map_err(|fault| fault.to_string())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() { Err("the file is empty".to_owned()) } else { Ok(text.to_owned()) }
}

struct Switches {
    oidc: bool,
    aks: bool,
    msi: bool,
    cli: bool,
}

impl Switches {
    fn read(inputs: &Inputs, variables: &Variables<'_>, problems: &mut Vec<Problem>) -> Self {
        let mut switch = |written: Option<bool>, name: &str, default: bool| {
            written.or_else(|| variables.flag(name, problems)).unwrap_or(default)
        };
        Self {
            oidc: switch(inputs.use_oidc, "ARM_USE_OIDC", false),
            aks: switch(inputs.use_aks_workload_identity, "ARM_USE_AKS_WORKLOAD_IDENTITY", false),
            msi: switch(inputs.use_msi, "ARM_USE_MSI", false),
            cli: switch(inputs.use_cli, "ARM_USE_CLI", true),
        }
    }
}

/// A value and the argument or variable it came from. Values may be secret, so it cannot be printed.
struct Found {
    value: String,
    origin: &'static str,
}

struct Finder<'a> {
    inputs: &'a Inputs,
    variables: &'a Variables<'a>,
    switches: Switches,
}

impl Finder<'_> {
    fn method(&self, tenant: Option<&Found>) -> Result<Method> {
        let client = self.client()?;
        let client = client.as_ref();
        match self.certificate(tenant, client) {
            Ok(Some(method)) => Ok(method),
            Ok(None) => self.without_certificate(tenant, client),
            // A password left over in the environment is no wish for a certificate; where nothing else is whole, it is named.
            Err(incomplete) if self.has_stray_password() => match self.without_certificate(tenant, client) {
                Ok(method) if !matches!(method, Method::Cli) || self.inputs.use_cli == Some(true) => Ok(method),
                _ => Err(incomplete),
            },
            Err(error) => Err(error),
        }
    }

    fn without_certificate(&self, tenant: Option<&Found>, client: Option<&Found>) -> Result<Method> {
        if let Some(method) = self.secret(tenant, client).transpose() {
            return method;
        }
        if let Some(method) = self.oidc(tenant, client).transpose() {
            return method;
        }
        if self.switches.aks {
            return self.aks(tenant, client);
        }
        if self.switches.msi {
            return Ok(Method::ManagedIdentity { client_id: client.map(|client| client.value.clone()) });
        }
        self.cli(client)
    }

    /// The certificate itself and the file it is in; none if neither is given.
    fn certificate_pair(&self) -> Option<(Option<Found>, Option<Found>)> {
        let pair = self.pair(
            ("client_certificate", self.inputs.client_certificate.as_ref().map(Sensitive::reveal)),
            ("client_certificate_path", self.inputs.client_certificate_path.as_deref()),
            ("ARM_CLIENT_CERTIFICATE", "ARM_CLIENT_CERTIFICATE_PATH"),
        );
        (pair.0.is_some() || pair.1.is_some()).then_some(pair)
    }

    /// As it was given: blanks may be a part of it.
    fn certificate_password(&self) -> Option<Found> {
        let (argument, variable) = ("client_certificate_password", "ARM_CLIENT_CERTIFICATE_PASSWORD");
        let written = self.inputs.client_certificate_password.as_ref().map(Sensitive::reveal);
        match written.filter(|text| !text.trim().is_empty()) {
            Some(value) => Some(Found { value: value.to_owned(), origin: argument }),
            None => self.variables.verbatim(variable).map(|value| Found { value, origin: variable }),
        }
    }

    fn has_stray_password(&self) -> bool {
        self.certificate_pair().is_none() && self.inputs.client_certificate_password.is_none()
    }

    fn certificate(&self, tenant: Option<&Found>, client: Option<&Found>) -> Result<Option<Method>> {
        let (text, file) = self.certificate_pair().unwrap_or_default();
        let password = self.certificate_password();
        if text.is_none() && file.is_none() && password.is_none() {
            return Ok(None);
        }
        if let (Some(text), Some(file)) = (&text, &file)
            && fs::read(&file.value).ok() != base64_bytes(&text.value)
        {
            return Err(disagree(text.origin, file.origin));
        }
        let source = match (&text, &file) {
            (_, Some(file)) => Some(CertificateSource::File(PathBuf::from(&file.value))),
            (Some(text), None) => Some(CertificateSource::Inline(Sensitive::new(text.value.clone()))),
            (None, None) => None,
        };
        match (tenant, client, source) {
            (Some(_), Some(client), Some(source)) => Ok(Some(Method::Certificate {
                client_id: client.value.clone(),
                source,
                password: Sensitive::new(password.map(|password| password.value).unwrap_or_default()),
            })),
            _ => Err(incomplete(
                "a client certificate",
                &[
                    (TENANT, tenant),
                    (CLIENT, client),
                    ("client_certificate_path (or client_certificate)", file.as_ref().or(text.as_ref())),
                ],
                &[password.as_ref()],
            )),
        }
    }

    fn secret(&self, tenant: Option<&Found>, client: Option<&Found>) -> Result<Option<Method>> {
        let (text, file) = self.pair(
            ("client_secret", self.inputs.client_secret.as_ref().map(Sensitive::reveal)),
            ("client_secret_file_path", self.inputs.client_secret_file_path.as_deref()),
            ("ARM_CLIENT_SECRET", "ARM_CLIENT_SECRET_FILE_PATH"),
        );
        let Some(secret) = agreed(text, file)? else { return Ok(None) };
        match (tenant, client) {
            (Some(_), Some(client)) => {
                Ok(Some(Method::Secret { client_id: client.value.clone(), secret: Sensitive::new(secret.value) }))
            }
            _ => Err(incomplete("a client secret", &[(TENANT, tenant), (CLIENT, client)], &[Some(&secret)])),
        }
    }

    /// The variables a pipeline sets by itself (ACTIONS_*, SYSTEM_*) count only with `use_oidc`: they are also there in jobs that
    /// signed in to Azure CLI on purpose.
    fn oidc(&self, tenant: Option<&Found>, client: Option<&Found>) -> Result<Option<Method>> {
        let inputs = self.inputs;
        let (text, mut file) = self.pair(
            ("oidc_token", inputs.oidc_token.as_ref().map(Sensitive::reveal)),
            ("oidc_token_file_path", inputs.oidc_token_file_path.as_deref()),
            ("ARM_OIDC_TOKEN", "ARM_OIDC_TOKEN_FILE_PATH"),
        );
        if self.switches.aks && !self.switches.oidc {
            file = None;
        }
        let connection = self.text(
            "ado_pipeline_service_connection_id",
            inputs.ado_pipeline_service_connection_id.as_deref(),
            &["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"],
        );
        let request = self.request(connection.is_some());
        if !self.switches.oidc {
            let given = [text.as_ref(), file.as_ref(), connection.as_ref(), request.0.as_ref(), request.1.as_ref()];
            return match given.into_iter().flatten().next() {
                None => Ok(None),
                Some(found) => Err(configuration("OIDC", "OidcIsOff", format!("{} is set, but use_oidc is off", found.origin))
                    .advise(format!("Set use_oidc = true (or ARM_USE_OIDC=true), or remove {}.", found.origin))),
            };
        }
        if text.is_some() || file.is_some() {
            return self.oidc_token(tenant, client, text, file).map(Some);
        }
        match (connection, request) {
            (Some(connection), request) => azure_devops(tenant, client, &connection, request).map(Some),
            (None, (None, None)) if self.switches.aks => Ok(None),
            (None, (None, None)) => Err(self.nothing_for_oidc()),
            (None, request) => github(tenant, client, request).map(Some),
        }
    }

    fn oidc_token(
        &self,
        tenant: Option<&Found>,
        client: Option<&Found>,
        text: Option<Found>,
        file: Option<Found>,
    ) -> Result<Method> {
        let (Some(_), Some(client_id)) = (tenant, client.map(|client| client.value.clone())) else {
            let inputs = [(TENANT, tenant), (CLIENT, client)];
            return Err(incomplete("an OIDC token", &inputs, &[text.as_ref(), file.as_ref()]));
        };
        match file {
            None => match text {
                Some(text) => Ok(Method::OidcToken { client_id, token: Sensitive::new(text.value) }),
                None => Err(self.nothing_for_oidc()),
            },
            Some(file) => {
                let path = PathBuf::from(&file.value);
                if text.is_some() {
                    agreed(text, Some(file))?;
                }
                Ok(Method::OidcTokenFile { client_id, file: path })
            }
        }
    }

    /// URL and token of the pipeline's identity endpoint, from the same system: the arguments, then the generic variables, then
    /// the ones the pipeline sets (Azure DevOps first if a service connection is named).
    fn request(&self, azure_devops: bool) -> (Option<Found>, Option<Found>) {
        let inputs = self.inputs;
        if inputs.oidc_request_url.is_some() || inputs.oidc_request_token.is_some() {
            return (
                self.text("oidc_request_url", inputs.oidc_request_url.as_deref(), &[]),
                self.text("oidc_request_token", inputs.oidc_request_token.as_ref().map(Sensitive::reveal), &[]),
            );
        }
        let generic = ("ARM_OIDC_REQUEST_URL", "ARM_OIDC_REQUEST_TOKEN");
        let actions = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
        let devops = ("SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN");
        let candidates = match (self.switches.oidc, azure_devops) {
            (false, _) => vec![generic],
            (true, false) => vec![generic, actions],
            (true, true) => vec![generic, devops],
        };
        let read = |name: &'static str| self.variables.text(name).map(|value| Found { value, origin: name });
        candidates
            .into_iter()
            .map(|(url, token)| (read(url), read(token)))
            .find(|(url, token)| url.is_some() || token.is_some())
            .unwrap_or((None, None))
    }

    fn nothing_for_oidc(&self) -> Error {
        let error =
            configuration("OIDC", "IncompleteSignIn", "use_oidc is on, but there is no token, no token file and no request URL");
        if self.variables.text("GITHUB_ACTIONS").is_some() {
            return error.advise(
                "Add \"permissions: id-token: write\" to the GitHub workflow or job, so that it may ask for an identity token.",
            );
        }
        if self.variables.text("TF_BUILD").is_some() {
            return error.advise(
                "Set ado_pipeline_service_connection_id, and map SYSTEM_ACCESSTOKEN: $(System.AccessToken) into the step's environment.",
            );
        }
        error.advise("Give oidc_token, oidc_token_file_path, or oidc_request_url with oidc_request_token.")
    }

    fn aks(&self, tenant: Option<&Found>, client: Option<&Found>) -> Result<Method> {
        let file = self.text(
            "oidc_token_file_path",
            self.inputs.oidc_token_file_path.as_deref(),
            &["ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE"],
        );
        match (tenant, client, &file) {
            (Some(_), Some(client), Some(file)) => {
                Ok(Method::AksWorkloadIdentity { client_id: client.value.clone(), token_file: PathBuf::from(&file.value) })
            }
            _ => Err(incomplete(
                "AKS workload identity",
                &[(TENANT, tenant), (CLIENT, client), ("oidc_token_file_path (or AZURE_FEDERATED_TOKEN_FILE)", file.as_ref())],
                &[],
            )
            .advise(
                "The AKS webhook sets AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE: label the pod \
                 azure.workload.identity/use: \"true\" and annotate its service account with the client id.",
            )),
        }
    }

    fn cli(&self, client: Option<&Found>) -> Result<Method> {
        if let Some(client) = client {
            let message = format!("{} is set, but nothing to prove that identity with", client.origin);
            return Err(configuration("an application", "IncompleteSignIn", message).advise(format!(
                "Give client_secret, client_certificate_path, use_oidc or use_msi; or remove {} to sign in with Azure CLI.",
                client.origin
            )));
        }
        if !self.switches.cli {
            return Err(configuration("any method", "NoSignInMethod", "no sign-in method is configured, and use_cli is off")
                .advise("Give a client id with a certificate, a secret or use_oidc; or turn use_msi or use_cli on."));
        }
        Ok(Method::Cli)
    }

    fn tenant(&self, problems: &mut Vec<Problem>) -> Result<Option<Found>> {
        let given = self.text("tenant_id", self.inputs.tenant_id.as_deref(), &["ARM_TENANT_ID"]);
        let tenant = self.with_aks(given, "AZURE_TENANT_ID")?;
        if let Some(found) = tenant.as_ref().filter(|found| found.origin != "tenant_id")
            && let Some(fault) = shape::tenant_fault(&found.value)
        {
            problems.push(Problem::of_variable(format!("Invalid {}", found.origin), format!("{}: {fault}", found.origin)));
        }
        Ok(tenant)
    }

    fn client(&self) -> Result<Option<Found>> {
        let (text, file) = self.pair(
            ("client_id", self.inputs.client_id.as_deref()),
            ("client_id_file_path", self.inputs.client_id_file_path.as_deref()),
            ("ARM_CLIENT_ID", "ARM_CLIENT_ID_FILE_PATH"),
        );
        let client = self.with_aks(agreed(text, file)?, "AZURE_CLIENT_ID")?;
        match client {
            Some(client) if !shape::is_guid(&client.value) => {
                let message = format!("{} holds {}, which are not a GUID", client.origin, shape::unquoted(&client.value));
                Err(configuration("an application", "InvalidClientId", message)
                    .advise("Use the Application (client) ID of the app registration."))
            }
            client => Ok(client),
        }
    }

    /// With AKS workload identity the webhook's value is used, and must agree with a given one.
    fn with_aks(&self, given: Option<Found>, variable: &'static str) -> Result<Option<Found>> {
        if !self.switches.aks {
            return Ok(given);
        }
        let injected = self.variables.text(variable).map(|value| Found { value, origin: variable });
        match (given, injected) {
            (Some(given), Some(injected)) if !given.value.eq_ignore_ascii_case(&injected.value) => {
                Err(disagree(given.origin, injected.origin))
            }
            (given, injected) => Ok(given.or(injected)),
        }
    }

    fn text(&self, argument: &'static str, written: Option<&str>, variables: &[&'static str]) -> Option<Found> {
        match written.map(str::trim).filter(|text| !text.is_empty()) {
            Some(value) => Some(Found { value: value.to_owned(), origin: argument }),
            None => self.variables.first(variables).map(|(origin, value)| Found { value, origin }),
        }
    }

    /// A value and its file are one choice: if either is written, the variables of both are ignored.
    fn pair(
        &self,
        text: (&'static str, Option<&str>),
        file: (&'static str, Option<&str>),
        variables: (&'static str, &'static str),
    ) -> (Option<Found>, Option<Found>) {
        if text.1.is_some() || file.1.is_some() {
            return (self.text(text.0, text.1, &[]), self.text(file.0, file.1, &[]));
        }
        (self.text(text.0, None, &[variables.0]), self.text(file.0, None, &[variables.1]))
    }
}

const CLIENT: &str = "client_id (or ARM_CLIENT_ID)";
const TENANT: &str = "tenant_id (or ARM_TENANT_ID)";

fn azure_devops(
    tenant: Option<&Found>,
    client: Option<&Found>,
    connection: &Found,
    (url, token): (Option<Found>, Option<Found>),
) -> Result<Method> {
    match (tenant, client, url, token) {
        (Some(_), Some(client), Some(url), Some(token)) => Ok(Method::AzureDevOps {
            client_id: client.value.clone(),
            service_connection_id: connection.value.clone(),
            request_url: secure(url)?,
            request_token: Sensitive::new(token.value),
        }),
        (_, _, url, token) => Err(incomplete(
            "an Azure DevOps service connection",
            &[
                (TENANT, tenant),
                (CLIENT, client),
                ("oidc_request_url (or SYSTEM_OIDCREQUESTURI)", url.as_ref()),
                ("oidc_request_token (or SYSTEM_ACCESSTOKEN)", token.as_ref()),
            ],
            &[Some(connection)],
        )
        .advise(
            "Map SYSTEM_ACCESSTOKEN: $(System.AccessToken) into the step's environment; the pipeline sets SYSTEM_OIDCREQUESTURI.",
        )),
    }
}

fn github(tenant: Option<&Found>, client: Option<&Found>, (url, token): (Option<Found>, Option<Found>)) -> Result<Method> {
    match (tenant, client, url, token) {
        (Some(_), Some(client), Some(url), Some(token)) => Ok(Method::GitHub {
            client_id: client.value.clone(),
            request_url: secure(url)?,
            request_token: Sensitive::new(token.value),
        }),
        (_, _, url, token) => Err(incomplete(
            "GitHub Actions",
            &[
                (TENANT, tenant),
                (CLIENT, client),
                ("oidc_request_url (or ACTIONS_ID_TOKEN_REQUEST_URL)", url.as_ref()),
                ("oidc_request_token (or ACTIONS_ID_TOKEN_REQUEST_TOKEN)", token.as_ref()),
            ],
            &[],
        )),
    }
}

fn secure(url: Found) -> Result<String> {
    if shape::is_https_url(&url.value) {
        return Ok(url.value);
    }
    Err(configuration("OIDC", "InvalidRequestUrl", format!("{} is not an https URL", url.origin))
        .advise("The request token is only ever sent over TLS: use the https URL the pipeline provides."))
}

/// The value, from its text or its file; both must be equal if both are given.
fn agreed(text: Option<Found>, file: Option<Found>) -> Result<Option<Found>> {
    let Some(file) = file else { return Ok(text) };
    let content = read_trimmed(&file.value).map_err(|fault| {
        Error::new(Kind::Configuration, format!("read the file of {}", file.origin), file.value.clone())
            .said("UnreadableFile", fault)
            .advise("Correct the path or its permissions.")
    })?;
    match text {
        Some(text) if text.value != content => Err(disagree(text.origin, file.origin)),
        Some(text) => Ok(Some(text)),
        None => Ok(Some(Found { value: content, origin: file.origin })),
    }
}

fn disagree(one: &str, other: &str) -> Error {
    configuration("the given values", "ConflictingInputs", format!("{one} and {other} hold different values"))
        .advise(format!("Remove {one} or {other}."))
}

fn incomplete(method: &str, needed: &[(&str, Option<&Found>)], extra: &[Option<&Found>]) -> Error {
    let missing: Vec<&str> = needed.iter().filter(|(_, found)| found.is_none()).map(|(name, _)| *name).collect();
    let present: Vec<&str> =
        needed.iter().filter_map(|(_, found)| *found).chain(extra.iter().flatten().copied()).map(|found| found.origin).collect();
    let message = match present.as_slice() {
        [] => format!("missing: {}", missing.join(", ")),
        present => format!("missing: {}; given: {}", missing.join(", "), present.join(", ")),
    };
    configuration(method, "IncompleteSignIn", message)
        .advise("Give the missing inputs, or remove the given ones to use another method.")
}

fn configuration(method: &str, code: &str, message: impl Into<String>) -> Error {
    Error::new(Kind::Configuration, format!("sign in with {method}"), "this provider configuration").said(code, message)
}
