//! Which credential this connection signs in with. The service does not say it, so it is told by what is left: of those that prove what the
//! sign-in proves itself with, and that work now, the only one.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::{
    azure::{
        credential,
        settings::Method,
        tenant::claims::{Claims, Principal, Proof},
    },
    posture::{
        credential::{EndSaid, Validity},
        time::written,
    },
    provider::{
        collect::{lists::entra, stop::Result},
        context::Context,
        data::app_credentials::{Filter, Row, credentials::Applications},
        words::CredentialKind,
    },
};

use CredentialKind::{Certificate, Federated, Secret};

/// What a sign-in proves itself with.
struct SignIn {
    /// The client id of the application that signs in.
    client_id: String,
    /// Of which kinds the credential may be.
    kinds: &'static [CredentialKind],
    /// From when and until when the certificate works that is in hand.
    certificate: Option<(Option<String>, Option<String>)>,
    /// Whether it is one of those that the lists have.
    is_listed: bool,
}

/// Marks the rows.
pub(super) async fn mark(rows: &mut [Row], applications: &Applications, filter: &Filter, context: &Context) -> Result<()> {
    // An opaque token does not say whose it is.
    let Some(claims) = entra::claims(context).await.ok().flatten() else { return Ok(()) };
    let sign_in = sign_in(&claims, context);
    let Some(sign_in) = sign_in else {
        rows.iter_mut().for_each(|row| row.own = Some(false));
        return Ok(());
    };
    let is_registered =
        applications.registered().any(|row| row.app_id.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(&sign_in.client_id)));
    let is_whole = is_registered
        && applications.are_whole()
        && applications.silent(filter).is_empty()
        && sign_in.kinds.iter().all(|kind| filter.kinds.contains(kind));
    let candidates = sign_in.candidates(rows, context.now());
    let certain = sign_in.certain(rows, &candidates).filter(|_| is_whole && sign_in.is_listed);
    for row in rows {
        row.own = match (row.client_id.is_some(), candidates.contains(&row.key)) {
            (false, _) => None,
            (true, false) => Some(false),
            (true, true) => certain.as_ref().map(|key| row.key == *key),
        };
    }
    Ok(())
}

/// What this connection signs in with; none where it is nothing of an application of this tenant.
fn sign_in(claims: &Claims, context: &Context) -> Option<SignIn> {
    let settings = context.client.settings();
    let client_id = claims.client_id().filter(|_| claims.principal() != Principal::User)?.to_lowercase();
    let (kinds, is_listed): (&[CredentialKind], bool) = match settings.method.as_ref().ok()? {
        Method::Certificate { .. } => (&[Certificate], true),
        Method::Demo | Method::Secret { .. } => (&[Secret], true),
        // Azure holds its certificate, and does not say which.
        Method::ManagedIdentity { .. } => (&[Certificate], false),
        Method::AksWorkloadIdentity { .. }
        | Method::AzureDevOps { .. }
        | Method::GitHub { .. }
        | Method::OidcToken { .. }
        | Method::OidcTokenFile { .. } => (&[Federated], true),
        Method::Cli => match claims.proof() {
            Some(Proof::Secret) => (&[Secret], true),
            Some(Proof::Assertion) => (&[Certificate, Federated], true),
            None => (&[Certificate, Federated, Secret], true),
        },
    };
    let certificate = credential::certificate(settings).ok().flatten();
    let certificate = certificate.map(|own| (written(own.not_before), written(own.not_after)));
    Some(SignIn { client_id, kinds, certificate, is_listed })
}

impl SignIn {
    /// The keys of those that may be the one.
    fn candidates(&self, rows: &[Row], now: OffsetDateTime) -> BTreeSet<String> {
        let may_be = |row: &&Row| {
            let is_own = row.client_id.as_ref().is_some_and(|id| *id == self.client_id);
            let is_kind = self.kinds.iter().any(|kind| kind.word() == row.kind);
            is_own && is_kind && is_in_use(row, now)
        };
        rows.iter().filter(may_be).map(|row| row.key.clone()).collect()
    }

    /// The key of the one that is left: the only one, or the only one with the dates of the certificate in hand.
    fn certain(&self, rows: &[Row], candidates: &BTreeSet<String>) -> Option<String> {
        let only = |keys: BTreeSet<&String>| if keys.len() == 1 { keys.first().map(|key| (*key).clone()) } else { None };
        match &self.certificate {
            None => only(candidates.iter().collect()),
            Some((starts, ends)) => {
                let is_it = |row: &&Row| candidates.contains(&row.key) && row.starts_on == *starts && row.ends_on == *ends;
                only(rows.iter().filter(is_it).map(|row| &row.key).collect())
            }
        }
    }
}

/// Whether a credential may be in use.
fn is_in_use(row: &Row, now: OffsetDateTime) -> bool {
    // An end that is not clear may be later.
    let ends = row.ends_on.as_deref().map_or(EndSaid::Never, EndSaid::Text);
    row.kind == Federated.word() || Validity::of(row.starts_on.as_deref(), ends).may_be_in_use(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-02T08:00:00Z";

    fn row(key: &str, client_id: &str, kind: CredentialKind, ends_on: Option<&str>) -> Row {
        Row {
            key: key.to_owned(),
            on: "application",
            object_id: "o".to_owned(),
            client_id: Some(client_id.to_owned()),
            display_name: None,
            service_principal_type: None,
            kind: kind.word(),
            key_id: Some(key.to_owned()),
            name: None,
            usage: None,
            status: None,
            starts_on: Some("2026-01-01T00:00:00Z".to_owned()),
            ends_on: ends_on.map(str::to_owned),
            lifetime_days: None,
            own: None,
            issuer: None,
            subject: None,
            audiences: None,
        }
    }

    fn told(sign_in: &SignIn, rows: &[Row]) -> (Vec<String>, Option<String>) {
        let candidates = sign_in.candidates(rows, crate::posture::time::parse(NOW).unwrap());
        let certain = sign_in.certain(rows, &candidates);
        (candidates.into_iter().collect(), certain)
    }

    #[test]
    fn the_only_one_that_can_be_it_is_it() {
        let with =
            |kinds: &'static [CredentialKind]| SignIn { client_id: "us".to_owned(), kinds, certificate: None, is_listed: true };
        let (later, past) = (Some("2027-01-01T00:00:00Z"), Some("2026-10-01T00:00:00Z"));
        let rows = [
            row("a", "us", Secret, later),
            row("b", "us", Secret, past),
            row("c", "us", Certificate, later),
            row("d", "others", Secret, later),
        ];
        assert_eq!(told(&with(&[Secret]), &rows), (vec!["a".to_owned()], Some("a".to_owned())));
        let two = [rows[0].clone(), row("e", "us", Secret, None)];
        assert_eq!(told(&with(&[Secret]), &two), (vec!["a".to_owned(), "e".to_owned()], None), "which of the two, nobody knows");
        assert_eq!(told(&with(&[Federated]), &rows), (vec![], None));
        assert_eq!(told(&with(&[Certificate, Federated, Secret]), &rows).1, None);
        let twice = [rows[0].clone(), rows[0].clone()];
        assert_eq!(told(&with(&[Secret]), &twice).1, Some("a".to_owned()), "a row that is listed twice is one");
    }

    #[test]
    fn of_certificates_the_one_with_the_dates_of_that_in_hand_is_it() {
        let held = |ends: &str| SignIn {
            client_id: "us".to_owned(),
            kinds: &[Certificate],
            certificate: Some((Some("2026-01-01T00:00:00Z".to_owned()), Some(ends.to_owned()))),
            is_listed: true,
        };
        let rows = [
            row("a", "us", Certificate, Some("2027-01-01T00:00:00Z")),
            row("b", "us", Certificate, Some("2027-06-01T00:00:00Z")),
        ];
        assert_eq!(told(&held("2027-06-01T00:00:00Z"), &rows).1, Some("b".to_owned()));
        assert_eq!(told(&held("2027-07-01T00:00:00Z"), &rows).1, None);
        let alike = [rows[0].clone(), Row { key: "c".to_owned(), ..rows[0].clone() }];
        assert_eq!(told(&held("2027-01-01T00:00:00Z"), &alike).1, None);
    }
}
