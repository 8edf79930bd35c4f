//! `azposture_app_credentials`: secrets, certificates and federated credentials of applications, and until when they work.

mod credentials;
mod own;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    azure::Failure,
    posture::{Place, Reason, Subject, Unreadable, credential::CredentialStatus, filter},
    provider::{
        collect::stop::Stop,
        context::Context,
        frame::{self, Counting, Listing, Table},
        selection,
        words::{Area, ClientId, CredentialKind, CredentialOwner, Moment, lowered},
    },
    sdk::{
        Diagnostics, Path, Result, Value,
        entry::{DataSource, DataSourceEntry, Page},
    },
};
use credentials::Applications;

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<AppCredentials>()];

/// Secrets and certificates of the applications of the tenant and of their service principals: until when they work, and which one this
/// connection signs in with. Their values, thumbprints and hints are never read.
///
/// A certificate of a managed identity is Azure's, which renews it: `service_principal_type` tells it. The certificate by which an
/// application signs SAML tokens stands at its service principal up to three times, as `Sign`, as `Verify`, and as the secret that
/// protects it.
///
/// Two lists of Microsoft Graph in pages of 999, one with `on`. Federated credentials cost one request more for each application that is
/// registered in the tenant, or that `client_ids` names, and are read only if `kinds` names them. What was changed a moment ago may take
/// minutes to appear.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Kinds to return. Default `certificate` and `secret`; `federated` costs a request an application.
    #[schemars(length(min = 1))]
    kinds: Option<BTreeSet<CredentialKind>>,
    /// Where they stand: `application` for those of registrations in this tenant, `service_principal` for those of principals in it. Default
    /// both.
    #[schemars(length(min = 1))]
    on: Option<BTreeSet<CredentialOwner>>,
    /// Statuses to return. Default all. A credential of which it is not clear from when or until when it works is always returned.
    #[schemars(length(min = 1))]
    statuses: Option<BTreeSet<CredentialStatus>>,
    /// So many days before its end a credential is `expiring`. Default 30.
    expiring_within_days: Option<u32>,
    /// Client (application) ids of applications to return. Default all; one that is in none of the lists is an error.
    #[schemars(length(min = 1))]
    client_ids: Option<BTreeSet<ClientId>>,
    /// The day by which statuses are told, as a date or a time. Default now.
    as_of: Option<Moment>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Credentials that met the filters.
    matched: Option<usize>,
    /// Credentials returned.
    returned: usize,
    /// Those that met the filters, by kind.
    by_kind: Option<BTreeMap<String, usize>>,
    /// Those that met the filters, by status; those of which it is not clear under `other`.
    by_status: Option<BTreeMap<String, usize>>,
    /// Applications that have one of those that met the filters, by client id.
    applications: Option<usize>,
    /// Credentials of which it is not clear from when or until when they work, and that met the filters.
    other: Option<usize>,
}

/// One credential. What the service did not say, or says twice and not alike, is null.
#[derive(Clone, PartialEq, Serialize, JsonSchema)]
struct Row {
    /// `object_id|key_id`, lower case: unique and stable. A secret that bears the id of a certificate beside it has `|secret` behind it;
    /// in the place of an id that the service does not say stand the kind and the dates.
    key: String,
    /// `application` or `service_principal`.
    on: &'static str,
    /// Object id of the registration or of the service principal, lower case.
    object_id: String,
    /// Client (application) id, lower case.
    client_id: Option<String>,
    /// The name of the application. Not unique.
    display_name: Option<String>,
    /// `Application`, `ManagedIdentity`, `ServiceIdentity` (an agent), `Legacy`, `SocialIdp`, or whatever other word the service has. Null
    /// for `application`.
    service_principal_type: Option<String>,
    /// `secret`, `certificate` or `federated`.
    kind: &'static str,
    /// Its id, lower case.
    key_id: Option<String>,
    /// Its name. Null if it has none.
    name: Option<String>,
    /// `Verify` for a certificate by which the application proves who it is, `Sign` for one by which tokens are signed. Null for other kinds.
    usage: Option<String>,
    /// On `as_of`: `expired`, `expiring`, `valid`, `no_end` (it does not end, as federated ones), or `not_yet_valid`. Null if it is not clear
    /// from when or until when it works.
    status: Option<&'static str>,
    /// From when it works, RFC 3339. Null for `federated`.
    starts_on: Option<String>,
    /// Until when it works, RFC 3339. Null if it does not end (`status` is then `no_end`, or `not_yet_valid`), or if that is not clear.
    ends_on: Option<String>,
    /// For how many whole days it was made. Null if it does not end.
    lifetime_days: Option<i64>,
    /// Whether this connection signs in with it. Null if that cannot be told: several of the application may be the one, or where it may
    /// stand was not read, or is in another tenant.
    own: Option<bool>,
    /// Who issues the tokens. Null for other kinds.
    issuer: Option<String>,
    /// Of whom the tokens have to be. Null for other kinds, and where an expression says it instead.
    subject: Option<String>,
    /// For whom the tokens have to be. Null for other kinds.
    audiences: Option<Vec<String>>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The credentials: those that end first, then those that do not, each by key.
    credentials: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct AppCredentials;

impl DataSource for AppCredentials {
    const NAME: &'static str = "app_credentials";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "Microsoft Graph, application: `Application.Read.All` (`Directory.Read.All`).",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Arguments = Arguments;
    type Attributes = Attributes;

    fn check(arguments: &Value, problems: &mut Diagnostics) {
        let is_only = |name: &str, word: &str| match arguments.get(name) {
            Value::List(words) => !words.is_empty() && words.iter().all(|own| *own == Value::from(word)),
            _ => false,
        };
        let (federated, principal) = (CredentialKind::Federated.word(), CredentialOwner::ServicePrincipal.word());
        if is_only("kinds", federated) && is_only("on", principal) {
            let detail = "`kinds` asks for federated credentials, which stand at applications alone, and `on` leaves those out.";
            problems.error(Path::attribute("kinds"), "Nothing selected", detail);
        }
    }

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let filter = Filter::of(&arguments, context.now())?;
        let mut applications = Applications::read(context, &filter).await?;
        let mut gaps = std::mem::take(&mut applications.gaps);
        frame::require_any(applications.is_any_read, &mut gaps)?;
        applications.require(&filter)?;
        gaps.extend(applications.silent(&filter));
        let mut rows = applications.rows(&filter, context.client.settings().redacts_people);
        gaps.extend(credentials::contradicted(&rows));
        own::mark(&mut rows, &applications, &filter, context).await?;
        let mut table = Table::of(rows, arguments.limit, |row| &row.key, Row::and);
        table.retain(|row| filter.admits(row));
        gaps.extend(table.rows().iter().filter_map(doubt));
        let table = table.ranked(|row| (row.ends_on.is_none(), row.ends_on.clone()));
        let summary = summary(&table, &gaps);
        let (credentials, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes { credentials, listing })
    }
}

/// Which credentials are asked for.
struct Filter {
    kinds: BTreeSet<CredentialKind>,
    on: Option<BTreeSet<CredentialOwner>>,
    statuses: Option<BTreeSet<CredentialStatus>>,
    client_ids: Option<BTreeSet<String>>,
    as_of: OffsetDateTime,
    soon: Duration,
}

impl Filter {
    fn of(arguments: &Arguments, now: OffsetDateTime) -> std::result::Result<Self, Stop> {
        let as_of = arguments.as_of.as_ref().map(|as_of| selection::moment("as_of", as_of)).transpose()?;
        let usual = || BTreeSet::from([CredentialKind::Certificate, CredentialKind::Secret]);
        Ok(Self {
            kinds: arguments.kinds.clone().unwrap_or_else(usual),
            on: arguments.on.clone(),
            statuses: arguments.statuses.clone(),
            client_ids: lowered(&arguments.client_ids, |id| &id.0),
            as_of: as_of.unwrap_or(now),
            soon: Duration::days(i64::from(arguments.expiring_within_days.unwrap_or(30))),
        })
    }

    fn asks_on(&self, owner: CredentialOwner) -> bool {
        self.on.as_ref().is_none_or(|on| on.contains(&owner))
    }

    /// Whether an application is asked for. One that does not say its client id may be.
    fn asks_of(&self, client_id: Option<&str>) -> bool {
        client_id.is_none_or(|id| filter::admits(self.client_ids.as_ref(), id))
    }

    fn admits(&self, row: &Row) -> bool {
        let is = |status: &CredentialStatus| row.status.is_none_or(|own| own == status.word());
        self.asks_of(row.client_id.as_deref()) && self.statuses.as_ref().is_none_or(|all| all.iter().any(is))
    }
}

/// What is not known of a row that is in the answer.
fn doubt(row: &Row) -> Option<Unreadable> {
    let lacks = row.key_id.is_none() || row.client_id.is_none() || row.status.is_none();
    let subject = match row.kind == CredentialKind::Federated.word() {
        true => Subject::FederatedCredentials,
        false => subject(row.on),
    };
    lacks.then(|| Unreadable {
        subject,
        place: Place::Graph,
        reason: Reason::InvalidResponse,
        code: Failure::UnstatedField.code().to_owned(),
        remedy: "Some credentials come without an id or a client id, or with a beginning or an end that is left out or is no time; their \
                 rows are kept. Run again later; if this persists, please report it."
            .to_owned(),
    })
}

fn subject(on: &str) -> Subject {
    if on == CredentialOwner::Application.word() { Subject::Applications } else { Subject::ServicePrincipals }
}

fn summary(table: &Table<Row>, gaps: &[Unreadable]) -> Summary {
    let (mut by_kind, mut by_status) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    for row in table.rows() {
        *by_kind.entry(row.kind.to_owned()).or_default() += 1;
        *by_status.entry(row.status.unwrap_or("other").to_owned()).or_default() += 1;
    }
    let applications: BTreeSet<&String> =
        table.rows().iter().map(|row| row.client_id.as_ref().unwrap_or(&row.object_id)).collect();
    let counting = Counting::on(gaps, &[]);
    Summary {
        matched: counting.count(table.matched()),
        returned: table.returned(),
        by_kind: counting.by(by_kind),
        by_status: counting.by(by_status),
        applications: counting.count(applications.len()),
        other: counting.count(table.rows().iter().filter(|row| row.status.is_none()).count()),
    }
}
