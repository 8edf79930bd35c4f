//! Which sign-in method is meant, chosen as a whole: the one the block names, else the first of certificate, secret, OIDC token or file,
//! Azure DevOps, GitHub, AKS, managed identity and CLI that the variables name. One that has some input but not all is an error, never
//! a step to the next, and a method the block does not name is not looked at where it names one.

use std::{fs, path::PathBuf};

use super::{
    Inputs, Problem,
    contradictions::base64_bytes,
    found::{CLIENT, Found, TENANT, agreed, configuration, disagree, incomplete},
    identity,
    named::{self, Named},
    shape,
    variables::Variables,
};
use crate::azure::{
    error::{Error, Result},
    failure::Failure,
    settings::{CertificateSource, DEMO_TENANT_ID, Method, Sensitive, SignInSource},
};

/// The tenant, the method and what named it, resolved.
pub(super) struct SignIn {
    pub(super) tenant_id: Option<String>,
    pub(super) method: Result<Method>,
    pub(super) source: SignInSource,
}

/// Chooses the method. Malformed variables are problems; anything missing is the method's own error.
pub(super) fn choose(inputs: &Inputs, variables: &Variables<'_>, problems: &mut Vec<Problem>) -> SignIn {
    if inputs.is_demo() {
        let tenant_id = Some(DEMO_TENANT_ID.to_owned());
        return SignIn { tenant_id, method: Ok(Method::Demo), source: SignInSource::Block };
    }
    let switches = Switches::read(inputs, variables, problems);
    let named = match named::in_block(inputs).first() {
        Some((Named::OidcToken, "oidc_token_file_path")) if switches.aks && !switches.oidc => Some(Named::Aks),
        first => first.map(|(named, _)| *named),
    };
    let source = if named.is_some() { SignInSource::Block } else { SignInSource::Environment };
    let finder = Finder { inputs, variables, switches: switches.of(named), named };
    let tenant = match finder.tenant(problems) {
        Ok(tenant) => tenant,
        Err(error) => return SignIn { tenant_id: None, method: Err(error), source },
    };
    let method = finder.method(tenant.as_ref());
    SignIn { tenant_id: tenant.map(|tenant| tenant.value), method, source }
}

/// A text file's content without the white space around it; an empty file is a fault.
pub(super) fn read_trimmed(path: &str) -> std::result::Result<String, String> {
    let text = fs::read_to_string(path).map_err(|fault| fault.to_string())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() { Err("the file is empty".to_owned()) } else { Ok(text.to_owned()) }
}

pub(super) struct Switches {
    pub(super) oidc: bool,
    pub(super) aks: bool,
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

    /// Those that concern the method the block names; without one, all of them.
    fn of(self, named: Option<Named>) -> Self {
        let is = |one| named.is_none_or(|named| named == one);
        let oidc = [Named::AzureDevOps, Named::GitHub, Named::Oidc, Named::OidcToken].into_iter().any(is);
        Self {
            oidc: self.oidc && oidc,
            aks: self.aks && is(Named::Aks),
            msi: self.msi && is(Named::ManagedIdentity),
            cli: self.cli && is(Named::Cli),
        }
    }
}

/// Looks for the inputs of the method that is meant.
pub(super) struct Finder<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) variables: &'a Variables<'a>,
    pub(super) switches: Switches,
    /// What the block names; nothing else is looked at then.
    pub(super) named: Option<Named>,
}

impl Finder<'_> {
    fn method(&self, tenant: Option<&Found>) -> Result<Method> {
        let client = self.client()?;
        let client = client.as_ref();
        let found = match self.named {
            None => return self.of_variables(tenant, client),
            Some(Named::Aks) => self.aks(tenant, client).map(Some),
            Some(Named::Certificate) => self.certificate(tenant, client),
            Some(Named::Cli) => self.cli(client).map(Some),
            Some(Named::ManagedIdentity) => Ok(Some(managed_identity(client))),
            Some(Named::Secret) => self.secret(tenant, client),
            Some(Named::AzureDevOps | Named::GitHub | Named::Oidc | Named::OidcToken) => self.oidc(tenant, client),
        };
        found?.ok_or_else(no_method)
    }

    fn of_variables(&self, tenant: Option<&Found>, client: Option<&Found>) -> Result<Method> {
        match self.certificate(tenant, client) {
            Ok(Some(method)) => Ok(method),
            Ok(None) => self.without_certificate(tenant, client),
            // A password left over in the environment is no wish for a certificate; where nothing else is whole, it is named.
            Err(incomplete) if self.certificate_pair().is_none() => match self.without_certificate(tenant, client) {
                Ok(method) if !matches!(method, Method::Cli) => Ok(method),
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
            return Ok(managed_identity(client));
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

    /// As it was given: blanks may be a part of it. One in a variable belongs to the certificate of the variables, if there is one.
    fn certificate_password(&self, certificate: Option<&Found>) -> Option<Found> {
        let (argument, variable) = ("client_certificate_password", "ARM_CLIENT_CERTIFICATE_PASSWORD");
        let written = self.inputs.client_certificate_password.as_ref().map(Sensitive::reveal);
        if let Some(value) = written.filter(|text| !text.trim().is_empty()) {
            return Some(Found { value: value.to_owned(), origin: argument });
        }
        let own = Found::in_variables(self.variables, &["ARM_CLIENT_CERTIFICATE", "ARM_CLIENT_CERTIFICATE_PATH"]);
        if let (Some(own), Some(certificate)) = (own, certificate)
            && own.value != certificate.value
            && !certificate.is_of_variables()
        {
            return None;
        }
        self.variables.verbatim(variable).map(|value| Found { value, origin: variable })
    }

    fn certificate(&self, tenant: Option<&Found>, client: Option<&Found>) -> Result<Option<Method>> {
        let (text, file) = self.certificate_pair().unwrap_or_default();
        let password = self.certificate_password(file.as_ref().or(text.as_ref()));
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
        if let (Some(client), Some(proof)) = (client, file.as_ref().or(text.as_ref())) {
            self.must_be_one(client, proof)?;
        }
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
                self.must_be_one(client, &secret)?;
                Ok(Some(Method::Secret { client_id: client.value.clone(), secret: Sensitive::new(secret.value) }))
            }
            _ => Err(incomplete("a client secret", &[(TENANT, tenant), (CLIENT, client)], &[Some(&secret)])),
        }
    }

    fn aks(&self, tenant: Option<&Found>, client: Option<&Found>) -> Result<Method> {
        let file = self.text("oidc_token_file_path", self.inputs.oidc_token_file_path.as_deref(), &["ARM_OIDC_TOKEN_FILE_PATH"]);
        let is_given = file.is_some();
        let file = self.with_aks(file, "AZURE_FEDERATED_TOKEN_FILE")?;
        if let (Some(client), Some(file)) = (client, file.as_ref().filter(|_| is_given)) {
            self.must_be_one(client, file)?;
        }
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
            return Err(configuration("an application", Failure::IncompleteSignIn, message).advise(format!(
                "Give client_secret, client_certificate_path, use_oidc or use_msi; or remove {} to sign in with Azure CLI.",
                client.origin
            )));
        }
        if !self.switches.cli {
            return Err(no_method());
        }
        Ok(Method::Cli)
    }

    fn tenant(&self, problems: &mut Vec<Problem>) -> Result<Option<Found>> {
        // With a client id or a proof beside it, the tenant of the variables is that of an application, not the one az is signed in to.
        let is_foreign = self.named == Some(Named::Cli)
            && (identity::is_application(self.variables)
                || self.variables.first(&["ARM_CLIENT_ID", "ARM_CLIENT_ID_FILE_PATH"]).is_some());
        let variables: &[&'static str] = if is_foreign { &[] } else { &["ARM_TENANT_ID"] };
        let given = self.text("tenant_id", self.inputs.tenant_id.as_deref(), variables);
        let tenant = self.with_aks(given, "AZURE_TENANT_ID")?;
        if let Some(found) = tenant.as_ref().filter(|found| found.origin != "tenant_id")
            && let Some(fault) = shape::tenant_fault(&found.value)
        {
            problems.push(Problem::of_variable(format!("Invalid {}", found.origin), format!("{}: {fault}", found.origin)));
        }
        Ok(tenant)
    }

    /// None where the block signs in as somebody who needs no client id, and the one of the variables is another identity's.
    fn client(&self) -> Result<Option<Found>> {
        let is_written = self.inputs.client_id.is_some() || self.inputs.client_id_file_path.is_some();
        let is_foreign = match self.named {
            Some(Named::Cli) => true,
            Some(Named::ManagedIdentity) => identity::is_application(self.variables),
            _ => false,
        };
        if is_foreign && !is_written {
            return Ok(None);
        }
        let (text, file) = self.pair(
            ("client_id", self.inputs.client_id.as_deref()),
            ("client_id_file_path", self.inputs.client_id_file_path.as_deref()),
            ("ARM_CLIENT_ID", "ARM_CLIENT_ID_FILE_PATH"),
        );
        let client = self.with_aks(agreed(text, file)?, "AZURE_CLIENT_ID")?;
        match client {
            Some(client) if !shape::is_guid(&client.value) => {
                let message = format!("{} holds {}, which are not a GUID", client.origin, shape::unquoted(&client.value));
                Err(configuration("an application", Failure::InvalidClientId, message)
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
        let injected = Found::in_variables(self.variables, &[variable]);
        match (given, injected) {
            (Some(given), Some(injected)) if !given.value.eq_ignore_ascii_case(&injected.value) => {
                Err(disagree(given.origin, injected.origin))
            }
            (given, injected) => Ok(given.or(injected)),
        }
    }

    pub(super) fn must_be_one(&self, client: &Found, proof: &Found) -> Result<()> {
        identity::must_be_one(self.inputs, self.variables, client, proof)
    }

    pub(super) fn text(&self, argument: &'static str, written: Option<&str>, variables: &[&'static str]) -> Option<Found> {
        match written.map(str::trim).filter(|text| !text.is_empty()) {
            Some(value) => Some(Found { value: value.to_owned(), origin: argument }),
            None => Found::in_variables(self.variables, variables),
        }
    }

    /// A value and its file are one choice: if either is written, the variables of both are ignored.
    pub(super) fn pair(
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

fn managed_identity(client: Option<&Found>) -> Method {
    Method::ManagedIdentity { client_id: client.map(|client| client.value.clone()) }
}

fn no_method() -> Error {
    configuration("any method", Failure::NoSignInMethod, "no sign-in method is configured, and use_cli is off")
        .advise("Give a client id with a certificate, a secret or use_oidc; or turn use_msi or use_cli on.")
}
