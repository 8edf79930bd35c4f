//! The credential that this connection signs in with, and until when it works.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    connection::SignedIn,
    graph::{self, WHOSE, opaque},
};
use crate::{
    azure::{claims::Claims, credential, graph::applications, settings::Method},
    posture::{
        Area,
        connection::{
            Need,
            facts::{Credential, Lifetime, Read},
        },
        graph_permission::{Holder, unasked},
        time::parse,
    },
    provider::{context::Context, failure},
    sdk::Result,
};

/// Until when the credential works that this connection signs in with.
pub async fn read(context: &Context, signed_in: &SignedIn, holder: Holder, needs: &BTreeSet<Need>) -> Result<Credential> {
    let settings = context.client.settings();
    let Ok(method) = &settings.method else { return Ok(Credential::Known(Err(unasked("credential")))) };
    let client_id = signed_in.claims.as_ref().and_then(Claims::client_id);
    Ok(match method {
        Method::AksWorkloadIdentity { .. }
        | Method::AzureDevOps { .. }
        | Method::GitHub { .. }
        | Method::OidcToken { .. }
        | Method::OidcTokenFile { .. } => Credential::Endless("a federated sign-in has no credential that could end"),
        Method::ManagedIdentity { .. } => Credential::Endless("Azure renews the credential of a managed identity by itself"),
        Method::Cli if holder != Holder::Application => {
            Credential::Endless("the sign-in is Azure CLI's, not one of this provider")
        }
        Method::Certificate { .. } => Credential::Known(match credential::certificate(settings) {
            Ok(Some(certificate)) => Ok(Lifetime { starts: Some(certificate.not_before), ends: certificate.not_after }),
            Ok(None) => Err(unasked("credential")),
            Err(error) => Err(failure::soft_gap("credential", "tenant", &error)?),
        }),
        Method::Cli | Method::Demo | Method::Secret { .. } => match registered(context, client_id, needs).await? {
            Ok(application) => {
                let secrets = application.password_credentials.iter();
                let certificates = application.key_credentials.iter().filter(|_| matches!(method, Method::Cli));
                let all: Vec<Lifetime> = secrets.chain(certificates).filter_map(lifetime).collect();
                match (method, all.is_empty()) {
                    (Method::Demo, true) => {
                        Credential::Endless("the demo tenant's own application has no credential that could end")
                    }
                    _ => Credential::OneOf(Ok(all)),
                }
            }
            Err(gap) => Credential::OneOf(Err(gap)),
        },
    })
}

/// The own registration, where the directory may be asked and somebody wants to know.
async fn registered(
    context: &Context,
    client_id: Option<&str>,
    needs: &BTreeSet<Need>,
) -> Result<Read<Arc<applications::Application>>> {
    let allowed = context.areas.iter().any(|area| Area::from(*area) == Area::Identity);
    if !allowed || !needs.contains(&Need::Credential) {
        return Ok(Err(unasked("applications")));
    }
    match client_id {
        Some(id) => graph::read("applications", graph::application(context, id).await),
        None => Ok(Err(opaque("applications", WHOSE))),
    }
}

fn lifetime(credential: &applications::Credential) -> Option<Lifetime> {
    let moment = |text: &Option<String>| text.as_deref().and_then(parse);
    Some(Lifetime { starts: moment(&credential.start_date_time), ends: moment(&credential.end_date_time)? })
}
