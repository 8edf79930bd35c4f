//! The credential that this connection signs in with, and until when it works.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    azure::{
        self,
        answer::lenient::unstated,
        credential,
        microsoft_graph::applications::{self, Application, ServicePrincipal},
        settings::Method,
        tenant::claims::{Claims, Proof},
    },
    posture::{
        Area, Place, Seen, Subject, Unreadable,
        connection::{
            Need,
            evidence::{Credential, Lifetime},
        },
        graph_permission::Holder,
        time::parse,
    },
    provider::{
        collect::{
            facts::signed_in::SignedIn,
            lists::entra::{self, WHOSE, opaque},
            stop::Result,
            unread,
        },
        context::Context,
    },
};

/// Until when the credential works that this connection signs in with.
pub async fn credential(context: &Context, signed_in: &SignedIn, holder: Holder, needs: &BTreeSet<Need>) -> Result<Credential> {
    let settings = context.client.settings();
    let Ok(method) = &settings.method else {
        return Ok(Credential::Known(Seen::unseen(Unreadable::unasked(Subject::Credential))));
    };
    let claims = signed_in.claims.clone().unwrap_or_default();
    Ok(match method {
        Method::AksWorkloadIdentity { .. }
        | Method::AzureDevOps { .. }
        | Method::GitHub { .. }
        | Method::OidcToken { .. }
        | Method::OidcTokenFile { .. } => Credential::Endless(FEDERATED),
        Method::ManagedIdentity { .. } => Credential::Endless("Azure renews the credential of a managed identity by itself"),
        Method::Cli if holder != Holder::Application => {
            Credential::Endless("the sign-in is Azure CLI's, not one of this provider")
        }
        Method::Certificate { .. } => Credential::Known(match credential::certificate(settings) {
            Ok(Some(certificate)) => Seen::all(Lifetime { starts: Some(certificate.not_before), ends: certificate.not_after }),
            Ok(None) => Seen::unseen(Unreadable::unasked(Subject::Credential)),
            Err(error) => Seen::unseen(unread::soft_gap(Subject::Credential, Place::Tenant, &error)?),
        }),
        Method::Cli | Method::Demo | Method::Secret { .. } => match registered(context, &claims, needs).await?.whole() {
            Ok((application, principal)) => match one_of(method, claims.proof(), application, principal) {
                Ok(credential) => credential,
                Err(error) => Credential::OneOf(Seen::unseen(unread::soft_gap(Subject::Applications, Place::Graph, &error)?)),
            },
            Err(gap) => Credential::OneOf(Seen::unseen(gap.clone())),
        },
    })
}

const FEDERATED: &str = "a federated sign-in has no credential that could end";

/// The credentials that may be the one in use. With a secret of its own the provider knows that it is a secret; what Azure CLI signed
/// in with only the token tells, and a signature may be that of a federated token as well as of a certificate.
fn one_of(
    method: &Method,
    proof: Option<Proof>,
    registration: &Application,
    principal: &ServicePrincipal,
) -> azure::Result<Credential> {
    let proof = if matches!(method, Method::Cli) { proof } else { Some(Proof::Secret) };
    let secrets = registration.password_credentials.iter().chain(principal.password_credentials.iter().flatten());
    let certificates = registration.key_credentials.iter().chain(principal.key_credentials.iter().flatten());
    let secrets = secrets.filter(|_| proof != Some(Proof::Assertion));
    let certificates = certificates.filter(|_| proof != Some(Proof::Secret));
    // One whose dates are not stated may be the one in use.
    let all = secrets.chain(certificates).map(lifetime).collect::<azure::Result<Vec<Lifetime>>>()?;
    Ok(match (method, proof) {
        (Method::Demo, _) if all.is_empty() => {
            Credential::Endless("the demo tenant's own application has no credential that could end")
        }
        (_, Some(Proof::Secret)) => Credential::OneOf(Seen::all(all)),
        (_, Some(Proof::Assertion)) if all.is_empty() => Credential::Endless(FEDERATED),
        (_, Some(Proof::Assertion) | None) => Credential::OneOrNone(all),
    })
}

/// The own registration and the own principal, where the directory may be asked and somebody wants to know.
async fn registered(
    context: &Context,
    claims: &Claims,
    needs: &BTreeSet<Need>,
) -> Result<Seen<(Arc<Application>, Arc<ServicePrincipal>)>> {
    let allowed = context.areas.contains(&Area::Identity);
    if !allowed || !needs.contains(&Need::Credential) {
        return Ok(Seen::unseen(Unreadable::unasked(Subject::Applications)));
    }
    let (Some(client_id), Some(object_id)) = (claims.client_id(), &claims.oid) else {
        return Ok(Seen::unseen(opaque(Subject::Applications, WHOSE)));
    };
    let (registration, principal) =
        tokio::join!(entra::application(context, client_id), entra::own_principal(context, object_id));
    let (registration, principal) =
        (entra::seen(Subject::Applications, registration)?, entra::seen(Subject::ServicePrincipals, principal)?);
    Ok(registration.and(principal))
}

fn lifetime(credential: &applications::Credential) -> azure::Result<Lifetime> {
    let moments = (credential.start_date_time.as_deref(), credential.end_date_time.text());
    match (moments.0.and_then(parse), moments.1.and_then(parse)) {
        (Some(starts), Some(ends)) => Ok(Lifetime { starts: Some(starts), ends }),
        (None, _) => Err(unstated("read the credentials of the application", "Microsoft Graph", "startDateTime")),
        (_, None) => Err(unstated("read the credentials of the application", "Microsoft Graph", "endDateTime")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::settings::Sensitive;

    fn ends(credential: &Credential) -> (&'static str, Vec<u8>) {
        let months = |all: &Vec<Lifetime>| all.iter().map(|one| one.ends.month().into()).collect();
        match credential {
            Credential::Endless(_) => ("endless", vec![]),
            Credential::OneOf(all) => ("one of", months(all.whole().unwrap())),
            Credential::OneOrNone(all) => ("one or none", months(all)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_the_token_says_of_the_proof_decides_which_credentials_may_be_in_use() {
        let cli = Method::Cli;
        let secret = Method::Secret { client_id: "c".into(), secret: Sensitive::new("s") };
        let one = |month: u8| json!([{"startDateTime": "2027-01-01T00:00:00Z", "endDateTime": format!("2027-{month:02}-01T00:00:00Z")}]);
        let of = |secrets: u8, certificates: u8| json!({"id": "o", "requiredResourceAccess": [], "passwordCredentials": one(secrets), "keyCredentials": one(certificates)});
        let registration: Application = serde_json::from_value(of(1, 2)).unwrap();
        let principal: ServicePrincipal = serde_json::from_value(of(3, 4)).unwrap();
        let cases = [
            (&secret, Some(Proof::Secret), ("one of", vec![1, 3])),
            (&secret, None, ("one of", vec![1, 3])),
            (&cli, Some(Proof::Secret), ("one of", vec![1, 3])),
            (&cli, Some(Proof::Assertion), ("one or none", vec![2, 4])),
            (&cli, None, ("one or none", vec![1, 3, 2, 4])),
        ];
        for (method, proof, expected) in cases {
            let found = one_of(method, proof, &registration, &principal).unwrap();
            assert_eq!(ends(&found), expected, "{proof:?}");
        }
        let bare = json!({"id": "o", "requiredResourceAccess": [], "passwordCredentials": one(1), "keyCredentials": []});
        let (registration, principal) =
            (serde_json::from_value(bare).unwrap(), serde_json::from_value(json!({"id": "o"})).unwrap());
        let federated = one_of(&cli, Some(Proof::Assertion), &registration, &principal).unwrap();
        assert_eq!(ends(&federated).0, "endless", "an unused secret is none of its business");
        let silent = json!({"id": "o", "requiredResourceAccess": [], "passwordCredentials": [{"startDateTime": null}], "keyCredentials": []});
        let registration = serde_json::from_value(silent).unwrap();
        assert!(one_of(&secret, None, &registration, &principal).is_err(), "a credential without dates may be the one in use");
    }
}
