//! The inputs of the OIDC methods: a token or its file, Azure DevOps, GitHub Actions.

use std::path::PathBuf;

use super::{
    found::{CLIENT, Found, TENANT, agreed, configuration, incomplete},
    method::Finder,
    named::Named,
    shape,
};
use crate::azure::{
    error::{Error, Result},
    failure::Failure,
    settings::{Method, Sensitive},
};

impl Finder<'_> {
    /// The variables a pipeline sets by itself (ACTIONS_*, SYSTEM_*) count only with `use_oidc`: they are also there in jobs that
    /// signed in to Azure CLI on purpose.
    pub(super) fn oidc(&self, tenant: Option<&Found>, client: Option<&Found>) -> Result<Option<Method>> {
        let is_any = |named: &[Named]| self.named.is_none_or(|own| own == Named::Oidc || named.contains(&own));
        let (text, file) = if is_any(&[Named::OidcToken]) { self.token_pair() } else { (None, None) };
        let connection = is_any(&[Named::AzureDevOps]).then(|| self.connection()).flatten();
        let request = match is_any(&[Named::AzureDevOps, Named::GitHub]) {
            true => self.request(connection.is_some()),
            false => (None, None),
        };
        if !self.switches.oidc {
            let given = [text.as_ref(), file.as_ref(), connection.as_ref(), request.0.as_ref(), request.1.as_ref()];
            return match given.into_iter().flatten().next() {
                None => Ok(None),
                Some(found) => {
                    Err(configuration("OIDC", Failure::OidcIsOff, format!("{} is set, but use_oidc is off", found.origin))
                        .advise(format!("Set use_oidc = true (or ARM_USE_OIDC=true), or remove {}.", found.origin)))
                }
            };
        }
        if text.is_some() || file.is_some() {
            return self.oidc_token(tenant, client, text, file).map(Some);
        }
        match (connection, request) {
            (Some(connection), request) => {
                if let Some(client) = client {
                    self.must_be_one(client, &connection)?;
                }
                azure_devops(tenant, client, &connection, request).map(Some)
            }
            (None, (None, None)) if self.switches.aks => Ok(None),
            (None, (None, None)) => Err(self.nothing_for_oidc()),
            (None, request) => {
                // A request in variables proves the workflow, which may sign in as whom it names; one in the block belongs to the block.
                if let (Some(client), Some(url)) = (client, request.0.as_ref().filter(|url| !url.is_of_variables())) {
                    self.must_be_one(client, url)?;
                }
                github(tenant, client, request).map(Some)
            }
        }
    }

    /// A token and the file of one. With AKS workload identity the file is that method's own, unless OIDC is on.
    fn token_pair(&self) -> (Option<Found>, Option<Found>) {
        let (text, file) = self.pair(
            ("oidc_token", self.inputs.oidc_token.as_ref().map(Sensitive::reveal)),
            ("oidc_token_file_path", self.inputs.oidc_token_file_path.as_deref()),
            ("ARM_OIDC_TOKEN", "ARM_OIDC_TOKEN_FILE_PATH"),
        );
        (text, file.filter(|_| self.switches.oidc || !self.switches.aks))
    }

    fn connection(&self) -> Option<Found> {
        self.text(
            "ado_pipeline_service_connection_id",
            self.inputs.ado_pipeline_service_connection_id.as_deref(),
            &["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"],
        )
    }

    fn oidc_token(
        &self,
        tenant: Option<&Found>,
        client: Option<&Found>,
        text: Option<Found>,
        file: Option<Found>,
    ) -> Result<Method> {
        let (Some(_), Some(client)) = (tenant, client) else {
            let inputs = [(TENANT, tenant), (CLIENT, client)];
            return Err(incomplete("an OIDC token", &inputs, &[text.as_ref(), file.as_ref()]));
        };
        if let Some(proof) = text.as_ref().or(file.as_ref()) {
            self.must_be_one(client, proof)?;
        }
        let client_id = client.value.clone();
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
        let read = |name: &'static str| Found::in_variables(self.variables, &[name]);
        candidates
            .into_iter()
            .map(|(url, token)| (read(url), read(token)))
            .find(|(url, token)| url.is_some() || token.is_some())
            .unwrap_or((None, None))
    }

    fn nothing_for_oidc(&self) -> Error {
        let error = configuration(
            "OIDC",
            Failure::IncompleteSignIn,
            "use_oidc is on, but there is no token, no token file and no request URL",
        );
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
}

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
    Err(configuration("OIDC", Failure::InvalidRequestUrl, format!("{} is not an https URL", url.origin))
        .advise("The request token is only ever sent over TLS: use the https URL the pipeline provides."))
}
