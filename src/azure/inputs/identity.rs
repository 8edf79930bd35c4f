//! An identity's id and its proof come from one place, or from two that do not disagree: an id of the block beside a secret that is left
//! over in a variable would sign in as somebody else than the block means, and its verdict would be about another principal.

use super::{
    Inputs,
    found::{Found, agreed, configuration},
    variables::Variables,
};
use crate::azure::{
    error::{Error, Result},
    failure::Failure,
};

/// The variables that prove an identity. What a pipeline or a cluster hands out itself is not among them: it proves the workflow or the
/// pod, which may sign in as any application that trusts it.
const PROOFS: [&[&str]; 4] = [
    &["ARM_CLIENT_CERTIFICATE", "ARM_CLIENT_CERTIFICATE_PATH"],
    &["ARM_CLIENT_SECRET", "ARM_CLIENT_SECRET_FILE_PATH"],
    &["ARM_OIDC_TOKEN", "ARM_OIDC_TOKEN_FILE_PATH"],
    &["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"],
];

/// What a person gives, and what a pipeline or a cluster hands out itself with the switch that makes it a method: with it, the client id of
/// the variables is that of an application.
const REQUESTS: [(Option<&str>, &[&str]); 3] = [
    (None, &["ARM_OIDC_REQUEST_URL", "ARM_OIDC_REQUEST_TOKEN"]),
    (Some("ARM_USE_OIDC"), &["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"]),
    (Some("ARM_USE_AKS_WORKLOAD_IDENTITY"), &["AZURE_FEDERATED_TOKEN_FILE"]),
];

/// Whether the variables sign in as an application, so that their ids are not those of a managed identity or of Azure CLI.
pub(super) fn is_application(variables: &Variables<'_>) -> bool {
    // A malformed switch was reported where the methods' switches were read.
    let is_on = |switch: &str| variables.flag(switch, &mut Vec::new()) == Some(true);
    let is_requested = |(switch, names): &(Option<&str>, &[&'static str])| {
        switch.is_none_or(is_on) && Found::in_variables(variables, names).is_some()
    };
    other_proof(variables, &[]).is_some() || REQUESTS.iter().any(is_requested)
}

/// A proof of the variables that is none of `known`.
fn other_proof(variables: &Variables<'_>, known: &[&Found]) -> Option<Found> {
    let given = PROOFS.iter().filter_map(|names| Found::in_variables(variables, names));
    given.into_iter().find(|proof| !known.iter().any(|known| proof.is_or_holds(&known.value)))
}

/// Fails where the id and the proof are of two identities, as far as the block and the variables tell.
pub(super) fn must_be_one(inputs: &Inputs, variables: &Variables<'_>, client: &Found, proof: &Found) -> Result<()> {
    if client.is_of_variables() == proof.is_of_variables() {
        return Ok(());
    }
    let tenant = Found::in_variables(variables, &["ARM_TENANT_ID"]);
    let written = inputs.tenant_id.as_deref().map(str::trim).filter(|tenant| !tenant.is_empty());
    if let (Some(tenant), Some(written)) = (tenant, written)
        && !tenant.value.eq_ignore_ascii_case(written)
    {
        // A GUID and a domain may be the same tenant, which only Azure could tell.
        let (client, proof) = (client.origin, proof.origin);
        let why = "ARM_TENANT_ID and tenant_id are written differently";
        let message = format!("{client} and {proof} may not be of the same identity: {why}");
        return Err(configuration("two identities", Failure::MixedIdentities, message).advise(
            "If they are the same tenant, write both alike. Otherwise write the client id and what proves it in the same place, the \
             provider block or the variables.",
        ));
    }
    if client.is_of_variables() {
        return match other_proof(variables, &[proof]) {
            Some(other) => Err(mixed(client, proof, &format!("{} proves the identity of the variables", other.origin))),
            None => Ok(()),
        };
    }
    let text = Found::in_variables(variables, &["ARM_CLIENT_ID"]);
    let file = Found::in_variables(variables, &["ARM_CLIENT_ID_FILE_PATH"]);
    match agreed(text, file)? {
        Some(own) if !own.value.eq_ignore_ascii_case(&client.value) => {
            Err(mixed(client, proof, &format!("{} is another client id", own.origin)))
        }
        _ => Ok(()),
    }
}

fn mixed(client: &Found, proof: &Found, why: &str) -> Error {
    let (client, proof) = (client.origin, proof.origin);
    configuration("two identities", Failure::MixedIdentities, format!("{client} and {proof} are not of the same identity: {why}"))
        .advise(
            "Write the client id and what proves it in the same place, the provider block or the variables, or remove the variables \
             of the other identity.",
        )
}
