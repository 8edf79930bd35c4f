//! Which service principals are asked for, and what the list says of them.

use std::{collections::BTreeSet, sync::Arc};

use time::OffsetDateTime;

use crate::{
    azure::{
        self,
        answer::{lenient::Text, stated::Stated},
    },
    posture::{
        Seen,
        credential::CredentialStatus,
        filter::{self, glob},
        seen::agreed,
        time::canonical,
    },
    provider::{
        collect::{
            lists::{
                entra,
                registrations::{ListedPrincipal, validity},
            },
            stop::{Result, Stop},
        },
        context::Context,
        data::service_principals::{Arguments, Row},
        words::lowered,
    },
    text::quoted,
};

/// The words for types that there are today.
pub(super) const KNOWN_TYPES: [&str; 5] = ["Application", "Legacy", "ManagedIdentity", "ServiceIdentity", "SocialIdp"];
/// Those that nobody asks for without naming them.
const UNUSUAL: [&str; 2] = ["Legacy", "SocialIdp"];
/// The tenants in which Microsoft registers its own applications.
const MICROSOFT: [&str; 2] = ["72f988bf-86f1-41af-91ab-2d7cd011db47", "f8cdef31-a31e-4b4a-93e4-5f571e91255a"];

/// Which service principals are asked for, and by what they are told.
pub(super) struct Filter {
    types: Option<BTreeSet<String>>,
    object_ids: Option<BTreeSet<String>>,
    client_ids: Option<BTreeSet<String>>,
    display_names: Option<BTreeSet<String>>,
    include_microsoft: bool,
    /// The tenant of the connection; none if the token does not say it.
    tenant_id: Option<String>,
    now: OffsetDateTime,
    redacts_people: bool,
}

impl Filter {
    pub(super) async fn of(arguments: &Arguments, context: &Context) -> Self {
        Self {
            types: lowered(&arguments.types, |one| &one.0),
            object_ids: lowered(&arguments.object_ids, |id| &id.0),
            client_ids: lowered(&arguments.client_ids, |id| &id.0),
            display_names: arguments.display_names.clone(),
            include_microsoft: arguments.include_microsoft == Some(true),
            tenant_id: entra::claims(context).await.ok().flatten().and_then(|claims| claims.tid),
            now: context.now(),
            redacts_people: context.client.settings().redacts_people,
        }
    }

    /// The rows of those that are asked for; of one that is listed twice both, if it is by one of them.
    pub(super) fn rows(&self, all: &[ListedPrincipal]) -> Vec<Row> {
        let ids: BTreeSet<String> = all.iter().filter(|row| self.admits(row)).map(|row| row.id.to_lowercase()).collect();
        all.iter().map(|row| self.row(row)).filter(|row| ids.contains(&row.object_id)).collect()
    }

    /// Whether a principal is asked for. What it does not say may be what is asked for.
    fn admits(&self, row: &ListedPrincipal) -> bool {
        let is_named = self.object_ids.is_some() || self.client_ids.is_some();
        let is_of_type = row.service_principal_type.as_deref().is_none_or(|own| match &self.types {
            None => is_named || !UNUSUAL.iter().any(|word| word.eq_ignore_ascii_case(own)),
            wanted => filter::admits(wanted.as_ref(), own),
        });
        let has_name = |own: &str| self.display_names.as_ref().is_none_or(|all| all.iter().any(|pattern| glob(pattern, own)));
        is_of_type
            && filter::admits(self.object_ids.as_ref(), &row.id)
            && row.app_id.as_deref().is_none_or(|own| filter::admits(self.client_ids.as_ref(), own))
            && row.display_name.as_deref().is_none_or(has_name)
            && (self.include_microsoft || is_named || !self.is_microsoft(row))
    }

    /// Whether it is one of Microsoft's own. In Microsoft's own tenants those are as anybody else's.
    fn is_microsoft(&self, row: &ListedPrincipal) -> bool {
        let owner = row.app_owner_organization_id.as_deref().filter(|_| self.is_foreign(row) != Some(false));
        owner.is_some_and(|owner| MICROSOFT.iter().any(|id| id.eq_ignore_ascii_case(owner)))
    }

    /// Whether its application is registered in another tenant. A managed identity has no application.
    fn is_foreign(&self, row: &ListedPrincipal) -> Option<bool> {
        match (row.app_owner_organization_id.as_deref(), self.tenant_id.as_deref()) {
            (Some(owner), Some(own)) => Some(!owner.eq_ignore_ascii_case(own)),
            (None, _) if row.service_principal_type.as_deref().is_some_and(is_managed_identity) => Some(false),
            _ => None,
        }
    }

    /// What the list says of a principal.
    fn row(&self, row: &ListedPrincipal) -> Row {
        let object_id = row.id.to_lowercase();
        let lower = |text: &Text| text.as_ref().map(|text| text.to_lowercase());
        let both = row.password_credentials.as_ref().zip(row.key_credentials.as_ref());
        let statuses: Option<Vec<Option<CredentialStatus>>> = both.map(|(secrets, certificates)| {
            secrets.iter().chain(certificates).map(|one| validity(one).status(self.now, time::Duration::ZERO)).collect()
        });
        let expired = |all: &Vec<Option<CredentialStatus>>| {
            let expired = all.iter().filter(|status| **status == Some(CredentialStatus::Expired)).count();
            (!all.contains(&None)).then_some(expired)
        };
        Row {
            key: object_id.clone(),
            client_id: lower(&row.app_id),
            display_name: self.shown(&row.display_name),
            r#type: self.shown(&row.service_principal_type),
            category: category(row),
            home_tenant_id: lower(&row.app_owner_organization_id),
            created_on: row.created_date_time.as_deref().and_then(canonical),
            enabled: row.account_enabled.0,
            foreign: self.is_foreign(row),
            assignment_required: row.app_role_assignment_required.0,
            privileged: None,
            verified_publisher: self.shown(&row.verified_publisher.display_name),
            app_role_grants: None,
            delegated_grants: None,
            owner_ids: None,
            credential_count: statuses.as_ref().map(Vec::len),
            expired_credential_count: statuses.as_ref().and_then(expired),
            object_id,
        }
    }

    fn shown(&self, text: &Text) -> Option<String> {
        text.as_deref().map(|text| azure::shown(text, self.redacts_people).into_owned())
    }
}

fn is_managed_identity(word: &str) -> bool {
    word.eq_ignore_ascii_case("ManagedIdentity")
}

/// What it is. Agents are told by the type of the object, too: the principal of their blueprint is none of an ordinary application.
fn category(row: &ListedPrincipal) -> Option<&'static str> {
    let word = row.service_principal_type.as_deref();
    let is = |known: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(known));
    let object = row.odata_type.text().map(str::to_ascii_lowercase);
    let is_agent = match (&row.odata_type, object.as_deref()) {
        (Stated::Nothing | Stated::Null, _) | (_, Some("#microsoft.graph.serviceprincipal")) => Some(is("ServiceIdentity")),
        (_, Some(object)) if object.starts_with("#microsoft.graph.agent") => Some(true),
        // A new kind of object may be one of agents.
        _ => None,
    };
    match word {
        _ if is_agent == Some(true) => Some("agent"),
        _ if is_agent.is_none() => None,
        None => None,
        Some(word) if is_managed_identity(word) => Some("managed_identity"),
        Some(_) if is("Application") => Some("application"),
        Some(_) => Some("other"),
    }
}

/// Refuses ids and names that are in a list that was read whole and says all of its own.
pub(super) fn require(list: &Seen<Arc<Vec<ListedPrincipal>>>, filter: &Filter) -> Result<()> {
    let Ok(rows) = list.whole() else { return Ok(()) };
    let absent = |values: &Option<BTreeSet<String>>, is_it: &dyn Fn(&ListedPrincipal, &str) -> bool| {
        values.iter().flatten().find(|value| !rows.iter().any(|row| is_it(row, value))).cloned()
    };
    let has_client_id = |row: &ListedPrincipal, id: &str| row.app_id.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(id));
    let is_called = |row: &ListedPrincipal, name: &str| row.display_name.as_deref().is_none_or(|own| glob(name, own));
    let none = |id: &str| format!("no service principal has the id {id}. What was made a moment ago takes minutes to appear.");
    if let Some(id) = absent(&filter.object_ids, &|row, id| row.id.eq_ignore_ascii_case(id)) {
        let other = rows.iter().find(|row| row.app_id.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(&id)));
        let detail = other.map(|row| format!("{id} is a client (application) id. Give the object id: {}", row.id));
        return Err(Stop::nothing_selected("object_ids", &detail.unwrap_or_else(|| none(&id))));
    }
    if let Some(id) = absent(&filter.client_ids, &has_client_id) {
        let other = rows.iter().find(|row| row.id.eq_ignore_ascii_case(&id)).and_then(|row| row.app_id.as_deref());
        let detail = other.map(|own| format!("{id} is an object id. Give the client (application) id: {own}"));
        return Err(Stop::nothing_selected("client_ids", &detail.unwrap_or_else(|| none(&id))));
    }
    match absent(&filter.display_names, &is_called) {
        Some(name) => Err(Stop::nothing_selected("display_names", &format!("no service principal is called {}.", quoted(&name)))),
        None => Ok(()),
    }
}

impl Row {
    /// What two rows of one principal say alike.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            client_id: agreed(self.client_id, other.client_id),
            display_name: agreed(self.display_name, other.display_name),
            r#type: agreed(self.r#type, other.r#type),
            category: agreed(self.category, other.category),
            home_tenant_id: agreed(self.home_tenant_id, other.home_tenant_id),
            created_on: agreed(self.created_on, other.created_on),
            enabled: agreed(self.enabled, other.enabled),
            foreign: agreed(self.foreign, other.foreign),
            assignment_required: agreed(self.assignment_required, other.assignment_required),
            verified_publisher: agreed(self.verified_publisher, other.verified_publisher),
            credential_count: agreed(self.credential_count, other.credential_count),
            expired_credential_count: agreed(self.expired_credential_count, other.expired_credential_count),
            ..self
        }
    }
}
