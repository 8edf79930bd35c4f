//! Which sign-in method the provider block itself names. Whatever it writes of a method names it; `tenant_id` and `client_id` belong to
//! all of them and name none.

use super::Inputs;
use crate::azure::settings::Sensitive;

/// A sign-in method, as far as the arguments of a block tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Aks,
    AzureDevOps,
    Certificate,
    Cli,
    GitHub,
    ManagedIdentity,
    /// `use_oidc` alone: the variables say where the token comes from.
    Oidc,
    OidcToken,
    Secret,
}

impl Named {
    /// For messages.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Aks => "AKS workload identity",
            Self::AzureDevOps => "an Azure DevOps service connection",
            Self::Certificate => "a client certificate",
            Self::Cli => "Azure CLI",
            Self::GitHub => "an identity token that is requested",
            Self::ManagedIdentity => "a managed identity",
            Self::Oidc => "OIDC",
            Self::OidcToken => "an OIDC token",
            Self::Secret => "a client secret",
        }
    }
}

/// The methods the block names, each with the argument that does; more than one is a contradiction.
pub(super) fn in_block(inputs: &Inputs) -> Vec<(Named, &'static str)> {
    let on = |argument: &'static str, switch: Option<bool>| (switch == Some(true)).then_some(argument);
    let (oidc, aks) = (on("use_oidc", inputs.use_oidc), on("use_aks_workload_identity", inputs.use_aks_workload_identity));
    // With AKS workload identity the token file is that method's own, unless OIDC is asked for in so many words.
    let file = text("oidc_token_file_path", &inputs.oidc_token_file_path).filter(|_| aks.is_none() || oidc.is_some());
    let token = secret("oidc_token", &inputs.oidc_token).or(file);
    let connection = text("ado_pipeline_service_connection_id", &inputs.ado_pipeline_service_connection_id);
    let request = text("oidc_request_url", &inputs.oidc_request_url)
        .or(secret("oidc_request_token", &inputs.oidc_request_token))
        .filter(|_| connection.is_none());
    let certificate = secret("client_certificate", &inputs.client_certificate)
        .or(text("client_certificate_path", &inputs.client_certificate_path))
        .or(secret("client_certificate_password", &inputs.client_certificate_password));
    [
        (Named::Certificate, certificate),
        (
            Named::Secret,
            secret("client_secret", &inputs.client_secret).or(text("client_secret_file_path", &inputs.client_secret_file_path)),
        ),
        (Named::OidcToken, token),
        (Named::AzureDevOps, connection),
        (Named::GitHub, request),
        (Named::Oidc, oidc.filter(|_| token.or(connection).or(request).is_none())),
        (Named::Aks, aks),
        (Named::ManagedIdentity, on("use_msi", inputs.use_msi)),
        (Named::Cli, on("use_cli", inputs.use_cli)),
    ]
    .into_iter()
    .filter_map(|(named, argument)| Some((named, argument?)))
    .collect()
}

fn text(argument: &'static str, written: &Option<String>) -> Option<&'static str> {
    written.as_ref().filter(|text| !text.trim().is_empty()).map(|_| argument)
}

fn secret(argument: &'static str, written: &Option<Sensitive>) -> Option<&'static str> {
    written.as_ref().filter(|text| !text.reveal().trim().is_empty()).map(|_| argument)
}
