//! The applications whose credentials are asked for, as far as they could be read, and the rows that they make.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    azure::{self, Failure},
    posture::{
        Place, Reason, Seen, Unreadable,
        credential::CredentialStatus,
        seen::agreed,
        time::{End, canonical, written},
    },
    provider::{
        collect::{
            lists::registrations::{self, Credential, FederatedCredential, ListedPrincipal, Registration, validity},
            stop::{Result, Stop},
            twice,
        },
        context::Context,
        data::app_credentials::{Filter, Row, subject},
        words::{CredentialKind, CredentialOwner},
    },
};

/// What was read of applications.
pub(super) struct Applications {
    /// Of each list that was asked for, what was seen.
    registered: Option<Seen<Arc<Vec<Registration>>>>,
    principals: Option<Seen<Arc<Vec<ListedPrincipal>>>>,
    /// By the object id of the application, lower case.
    federated: Seen<BTreeMap<String, Arc<Vec<FederatedCredential>>>>,
    pub(super) is_any_read: bool,
    pub(super) gaps: Vec<Unreadable>,
}

impl Applications {
    pub(super) async fn read(context: &Context, filter: &Filter) -> Result<Self> {
        let of_registered = async {
            let asks = filter.asks_on(CredentialOwner::Application);
            Result::Ok(if asks { Some(registrations::applications(context).await?) } else { None })
        };
        let of_principals = async {
            // Nobody federates with a principal but through its application.
            let asks = filter.asks_on(CredentialOwner::ServicePrincipal)
                && filter.kinds.iter().any(|kind| *kind != CredentialKind::Federated);
            Result::Ok(if asks { Some(registrations::service_principals(context).await?) } else { None })
        };
        let (registered, principals) = tokio::join!(of_registered, of_principals);
        let (registered, principals) = (registered?, principals?);
        let mut gaps: Vec<Unreadable> = registered.iter().flat_map(Seen::gaps).cloned().collect();
        gaps.extend(principals.iter().flat_map(Seen::gaps).cloned());
        let all = || registered.iter().filter_map(|seen| seen.so_far().ok()).flat_map(|rows| rows.iter());
        let asked: BTreeSet<String> = all()
            .filter(|row| filter.kinds.contains(&CredentialKind::Federated) && filter.asks_of(row.app_id.as_deref()))
            .map(|row| row.id.to_lowercase())
            .collect();
        let federated = registrations::federated_credentials(context, asked).await?;
        gaps.extend(federated.gaps().cloned());
        let was_read = registered.as_ref().is_some_and(|seen| seen.so_far().is_ok())
            || principals.as_ref().is_some_and(|seen| seen.so_far().is_ok());
        let nothing_asked = registered.is_none() && principals.is_none();
        Ok(Self { registered, principals, federated, is_any_read: was_read || nothing_asked, gaps })
    }

    /// The applications that are registered here, as far as they were read.
    pub(super) fn registered(&self) -> impl Iterator<Item = &Registration> {
        self.registered.iter().filter_map(|seen| seen.so_far().ok()).flat_map(|rows| rows.iter())
    }

    /// The service principals, likewise.
    fn principals(&self) -> impl Iterator<Item = &ListedPrincipal> {
        self.principals.iter().filter_map(|seen| seen.so_far().ok()).flat_map(|rows| rows.iter())
    }

    /// Whether all that an application can sign in with was read, if it is registered here.
    pub(super) fn are_whole(&self) -> bool {
        let whole = |seen: Option<bool>| seen == Some(true);
        whole(self.registered.as_ref().map(Seen::is_whole))
            && whole(self.principals.as_ref().map(Seen::is_whole))
            && self.federated.is_whole()
    }

    /// Refuses a client id that is in none of the lists, if they say of all what they are.
    pub(super) fn require(&self, filter: &Filter) -> Result<()> {
        let known: BTreeSet<String> = self.ids().filter_map(|(_, client_id)| client_id.map(str::to_lowercase)).collect();
        let are_all = self.ids().all(|(_, client_id)| client_id.is_some())
            && self.registered.as_ref().is_none_or(Seen::is_whole)
            && self.principals.as_ref().is_none_or(Seen::is_whole);
        let Some(id) = filter.client_ids.iter().flatten().find(|id| are_all && !known.contains(*id)) else { return Ok(()) };
        let of_object = self.ids().find(|(object_id, _)| object_id.eq_ignore_ascii_case(id)).and_then(|(_, client_id)| client_id);
        let detail = match of_object {
            Some(client_id) => format!("{id} is an object id. Give the client (application) id: {client_id}"),
            None => format!(
                "no application or service principal that was read has the client id {id}. What was made a moment ago takes minutes to \
                 appear."
            ),
        };
        Err(Stop::nothing_selected("client_ids", &detail))
    }

    /// Object ids and client ids.
    fn ids(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let registered = self.registered().map(|row| (row.id.as_str(), row.app_id.as_deref()));
        registered.chain(self.principals().map(|row| (row.id.as_str(), row.app_id.as_deref())))
    }

    /// The gaps that applications are which do not show what they have.
    pub(super) fn silent(&self, filter: &Filter) -> Vec<Unreadable> {
        let registered = self.registered().filter(|row| filter.asks_of(row.app_id.as_deref())).map(Owner::of_registration);
        let principals = self.principals().filter(|row| filter.asks_of(row.app_id.as_deref())).map(Owner::of_principal);
        let owners = registered.chain(principals);
        let lacks = |owner: &Owner<'_>| {
            let secrets = filter.kinds.contains(&CredentialKind::Secret) && owner.secrets.is_none();
            secrets || filter.kinds.contains(&CredentialKind::Certificate) && owner.certificates.is_none()
        };
        let mut first = BTreeMap::<&str, (String, usize)>::new();
        for owner in owners.filter(lacks) {
            first.entry(owner.on.word()).or_insert_with(|| (owner.object_id.to_owned(), 0)).1 += 1;
        }
        let gap = |(on, (first, count)): (&str, (String, usize))| Unreadable {
            subject: subject(on),
            place: Place::Graph,
            reason: Reason::Hidden,
            code: Failure::UnstatedField.code().to_owned(),
            remedy: format!(
                "Microsoft Graph does not say which secrets or certificates {count} of them have ({first} …). Grant Application.Read.All \
                 (Microsoft Graph, application), which reads them."
            ),
        };
        first.into_iter().map(gap).collect()
    }

    /// The credentials of the kinds that are asked for, of the applications that are.
    pub(super) fn rows(&self, filter: &Filter, redacts_people: bool) -> Vec<Row> {
        let mut rows = Vec::new();
        let make = Making { filter, redacts_people };
        for registration in self.registered().filter(|row| filter.asks_of(row.app_id.as_deref())) {
            let owner = Owner::of_registration(registration);
            make.credentials(&owner, &mut rows);
            let federated = self.federated.so_far().ok().and_then(|all| all.get(&registration.id.to_lowercase()));
            let federated = federated.into_iter().flat_map(|all| all.iter());
            rows.extend(federated.map(|one| make.federated(&owner, one)));
        }
        for principal in self.principals().filter(|row| filter.asks_of(row.app_id.as_deref())) {
            make.credentials(&Owner::of_principal(principal), &mut rows);
        }
        rows
    }
}

/// What has credentials.
struct Owner<'a> {
    on: CredentialOwner,
    object_id: &'a str,
    client_id: Option<&'a str>,
    display_name: Option<&'a str>,
    service_principal_type: Option<&'a str>,
    secrets: Option<&'a Vec<Credential>>,
    certificates: Option<&'a Vec<Credential>>,
}

impl<'a> Owner<'a> {
    fn of_registration(row: &'a Registration) -> Self {
        Self {
            on: CredentialOwner::Application,
            object_id: &row.id,
            client_id: row.app_id.as_deref(),
            display_name: row.display_name.as_deref(),
            service_principal_type: None,
            secrets: row.password_credentials.as_ref(),
            certificates: row.key_credentials.as_ref(),
        }
    }

    fn of_principal(row: &'a ListedPrincipal) -> Self {
        Self {
            on: CredentialOwner::ServicePrincipal,
            object_id: &row.id,
            client_id: row.app_id.as_deref(),
            display_name: row.display_name.as_deref(),
            service_principal_type: row.service_principal_type.as_deref(),
            secrets: row.password_credentials.as_ref(),
            certificates: row.key_credentials.as_ref(),
        }
    }

    /// Whether a certificate beside a secret bears the same id, as that does which signs SAML tokens.
    fn has_certificate(&self, key_id: &str) -> bool {
        let is_it = |one: &Credential| one.key_id.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(key_id));
        self.certificates.into_iter().flatten().any(is_it)
    }
}

/// How rows are made.
struct Making<'a> {
    filter: &'a Filter,
    redacts_people: bool,
}

impl Making<'_> {
    fn credentials(&self, owner: &Owner<'_>, rows: &mut Vec<Row>) {
        let both = [(CredentialKind::Secret, owner.secrets), (CredentialKind::Certificate, owner.certificates)];
        for (kind, all) in both.into_iter().filter(|(kind, _)| self.filter.kinds.contains(kind)) {
            rows.extend(all.into_iter().flatten().map(|one| self.credential(owner, kind, one)));
        }
    }

    fn credential(&self, owner: &Owner<'_>, kind: CredentialKind, one: &Credential) -> Row {
        let validity = validity(one);
        let starts_on = one.start_date_time.as_deref().and_then(canonical);
        let ends_on = match validity.ends {
            End::At(end) => written(end),
            End::Never | End::Unclear => None,
        };
        let dates = || [Some(kind.word()), starts_on.as_deref(), ends_on.as_deref()].map(Option::unwrap_or_default).join("|");
        let id = match one.key_id.as_deref() {
            Some(id) if kind == CredentialKind::Secret && owner.has_certificate(id) => format!("{id}|{}", kind.word()),
            Some(id) => id.to_owned(),
            None => dates(),
        };
        Row {
            key_id: one.key_id.as_ref().map(|id| id.to_lowercase()),
            name: self.shown(one.display_name.as_deref()),
            usage: self.shown(one.usage.as_deref()),
            status: validity.status(self.filter.as_of, self.filter.soon).map(|status| status.word()),
            starts_on,
            ends_on,
            lifetime_days: validity.days(),
            ..self.row(owner, kind, &id)
        }
    }

    fn federated(&self, owner: &Owner<'_>, one: &FederatedCredential) -> Row {
        let kind = CredentialKind::Federated;
        let whose =
            || [Some(kind.word()), one.issuer.as_deref(), one.subject.as_deref()].map(Option::unwrap_or_default).join("|");
        let id = one.id.0.clone().unwrap_or_else(whose);
        let audiences = one.audiences.as_ref();
        Row {
            key_id: one.id.as_ref().map(|id| id.to_lowercase()),
            name: self.shown(one.name.as_deref()),
            issuer: self.shown(one.issuer.as_deref()),
            subject: self.shown(one.subject.as_deref()),
            audiences: audiences.map(|all| all.iter().filter_map(|one| self.shown(Some(one))).collect()),
            status: Some(CredentialStatus::NoEnd.word()),
            ..self.row(owner, kind, &id)
        }
    }

    fn row(&self, owner: &Owner<'_>, kind: CredentialKind, id: &str) -> Row {
        let object_id = owner.object_id.to_lowercase();
        Row {
            key: format!("{object_id}|{}", id.to_lowercase()),
            on: owner.on.word(),
            client_id: owner.client_id.map(str::to_lowercase),
            display_name: self.shown(owner.display_name),
            service_principal_type: self.shown(owner.service_principal_type),
            kind: kind.word(),
            object_id,
            key_id: None,
            name: None,
            usage: None,
            status: None,
            starts_on: None,
            ends_on: None,
            lifetime_days: None,
            own: None,
            issuer: None,
            subject: None,
            audiences: None,
        }
    }

    /// A text of the service as it may be shown.
    fn shown(&self, text: Option<&str>) -> Option<String> {
        text.map(|text| azure::shown(text, self.redacts_people).into_owned())
    }
}

/// The gaps that credentials are which one application has twice, and not with the same contents.
pub(super) fn contradicted(rows: &[Row]) -> Vec<Unreadable> {
    let twofold = twice::contradicted(rows.iter().map(|row| (row.key.clone(), row)));
    let gap = |row: &Row| twice::gap(subject(row.on), Place::Graph, &format!("the credential {}", row.key));
    rows.iter().filter(|row| twofold.contains(&row.key)).map(gap).collect()
}

impl Row {
    /// What two rows of one credential say alike.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            client_id: agreed(self.client_id, other.client_id),
            display_name: agreed(self.display_name, other.display_name),
            service_principal_type: agreed(self.service_principal_type, other.service_principal_type),
            name: agreed(self.name, other.name),
            usage: agreed(self.usage, other.usage),
            status: agreed(self.status, other.status),
            starts_on: agreed(self.starts_on, other.starts_on),
            ends_on: agreed(self.ends_on, other.ends_on),
            lifetime_days: agreed(self.lifetime_days, other.lifetime_days),
            own: agreed(self.own, other.own),
            issuer: agreed(self.issuer, other.issuer),
            subject: agreed(self.subject, other.subject),
            audiences: agreed(self.audiences, other.audiences),
            ..self
        }
    }
}
