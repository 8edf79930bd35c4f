//! `azposture_service_principals`: enterprise applications, managed identities and agents, and what they may do.

mod granted;
mod principals;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    azure::Failure,
    posture::{Place, Reason, Subject, Unreadable},
    provider::{
        collect::lists::{consents, registrations},
        context::Context,
        frame::{self, Counting, Listing, Table},
        words::{Area, ClientId, ObjectId, ServicePrincipalType},
    },
    sdk::{
        Diagnostics, Path, Result, Value,
        entry::{DataSource, DataSourceEntry, Page},
    },
};
use granted::{AppRoleGrant, DelegatedGrant, Granted};
use principals::{Filter, KNOWN_TYPES};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<ServicePrincipals>()];

/// Service principals of the tenant: enterprise applications, managed identities and agents, with the permissions that were consented to them
/// and which of these are privileged ([the table](../guides/privileged-permissions.md)).
///
/// `privileged` is `true` as soon as one privileged permission was seen, and `false` only if all were: every application permission stands in
/// the principal's own list, of whichever API, and every delegated one in the list of the tenant. Roles in Azure and in the directory are no
/// permissions: see `azposture_role_assignments` and `azposture_directory_role_assignments`.
///
/// One list of Microsoft Graph in pages of 999. With `include_grants` as many requests more as there are principals that meet the other
/// filters, the list of delegated grants in pages of 999 (a row for each person that consented alone), one for each API of which something
/// was granted, and one for each row that is returned, for its owners. What was granted a moment ago may take minutes to appear.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Types to return, without case. Default `Application`, `ManagedIdentity` and `ServiceIdentity` (agents), and words that are new in Azure.
    /// One that does not say its type is always returned, and so is one that is named by id.
    #[schemars(length(min = 1))]
    types: Option<BTreeSet<ServicePrincipalType>>,
    /// Object ids of service principals to return. Default all; one that does not exist is an error.
    #[schemars(length(min = 1))]
    object_ids: Option<BTreeSet<ObjectId>>,
    /// Client (application) ids to return. Default all; one that does not exist is an error.
    #[schemars(length(min = 1))]
    client_ids: Option<BTreeSet<ClientId>>,
    /// Names to return, as globs (`*`, `?`), without case. Default all; one that matches nothing is an error.
    #[schemars(length(min = 1))]
    display_names: Option<BTreeSet<String>>,
    /// Whether to return Microsoft's own applications, too. Default `false`; one that is named by id is always returned.
    include_microsoft: Option<bool>,
    /// Whether to return only those that are privileged, or of which that is not known. Default `false`.
    privileged_only: Option<bool>,
    /// Whether to read what was granted, and the owners. Default `true`.
    include_grants: Option<bool>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Service principals that met the filters.
    matched: Option<usize>,
    /// Service principals returned.
    returned: usize,
    /// Those that met the filters, by type; those that do not say it under `other`.
    by_type: Option<BTreeMap<String, usize>>,
    /// Agents.
    agents: Option<usize>,
    /// Those that are privileged. Null without `include_grants`.
    privileged: Option<usize>,
    /// Those of applications that are registered in another tenant.
    foreign: Option<usize>,
    /// Those that cannot sign in.
    disabled: Option<usize>,
    /// Those with a secret or certificate of their own that has expired.
    with_expired_credentials: Option<usize>,
    /// Those whose type is a word that is not known here or not stated, or of which it is not clear whether they are agents.
    other: Option<usize>,
}

/// One service principal. What the service did not say, or says twice and not alike, is null.
#[derive(Clone, Serialize, JsonSchema)]
struct Row {
    /// `object_id`: unique and stable.
    key: String,
    /// Object id, lower case.
    object_id: String,
    /// Client (application) id, lower case.
    client_id: Option<String>,
    /// Its name. Not unique.
    display_name: Option<String>,
    /// `Application`, `ManagedIdentity`, `ServiceIdentity`, `Legacy`, `SocialIdp`, or whatever other word the service has.
    r#type: Option<String>,
    /// `application`, `managed_identity`, `agent` (an agent's identity, or the blueprint of one), or `other`. Null if that is not clear.
    category: Option<&'static str>,
    /// GUID of the tenant in which the application is registered. Null for a managed identity, too.
    home_tenant_id: Option<String>,
    /// Since when it is in this tenant, RFC 3339.
    created_on: Option<String>,
    /// Whether it can sign in.
    enabled: Option<bool>,
    /// Whether its application is registered in another tenant.
    foreign: Option<bool>,
    /// Whether only those may use it who are assigned to it.
    assignment_required: Option<bool>,
    /// Whether a privileged permission was granted to it. Null without `include_grants`, and where none was seen and not all could be.
    privileged: Option<bool>,
    /// The publisher whom Microsoft has verified. Null if there is none.
    verified_publisher: Option<String>,
    /// The application permissions that were consented to it, by key. Null if they were not asked for or could not be read.
    app_role_grants: Option<Vec<AppRoleGrant>>,
    /// The delegated permissions that were consented to it, by key. Null if they were not asked for or could not be read.
    delegated_grants: Option<Vec<DelegatedGrant>>,
    /// Object ids of its owners, lower case. Null if they were not asked for (`include_grants`) or could not be read.
    owner_ids: Option<Vec<String>>,
    /// Secrets and certificates of its own, beside those of its registration (`azposture_app_credentials` has both).
    credential_count: Option<usize>,
    /// Those of them that have expired. Null if of one that is not clear.
    expired_credential_count: Option<usize>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The service principals, by key.
    service_principals: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct ServicePrincipals;

impl DataSource for ServicePrincipals {
    const NAME: &'static str = "service_principals";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "Microsoft Graph, application: `Application.Read.All` (`Directory.Read.All`) for principals, application permissions and \
                      owners, `Directory.Read.All` for delegated grants.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Arguments = Arguments;
    type Attributes = Attributes;

    fn check(arguments: &Value, problems: &mut Diagnostics) {
        let is = |name: &str, flag: bool| *arguments.get(name) == Value::Bool(flag);
        if is("privileged_only", true) && is("include_grants", false) {
            let detail = "Which service principals are privileged is told by what was granted to them. Leave out `include_grants = false`.";
            problems.error(Path::attribute("privileged_only"), "Conflicting arguments", detail);
        }
    }

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let filter = Filter::of(&arguments, context).await;
        let list = registrations::service_principals(context).await?;
        let mut gaps: Vec<Unreadable> = list.gaps().cloned().collect();
        frame::require_any(list.so_far().is_ok(), &mut gaps)?;
        principals::require(&list, &filter)?;
        let all = list.so_far().map(|rows| rows.as_slice()).unwrap_or_default();
        let rows = filter.rows(all);
        let mut table = Table::of(rows, arguments.limit, |row| &row.key, Row::and);
        let asks = arguments.include_grants != Some(false);
        if asks {
            let ids = table.rows().iter().map(|row| row.object_id.clone()).collect();
            let granted = Granted::read(context, &ids, all).await?;
            gaps.extend(granted.gaps());
            table.rows_mut().for_each(|row| row.may(&granted));
            table.retain(|row| arguments.privileged_only != Some(true) || row.privileged != Some(false));
            gaps.extend(open(table.rows()));
            let returned: Vec<String> = table.rows().iter().take(table.returned()).map(|row| row.object_id.clone()).collect();
            let owners = consents::owners(context, returned).await?;
            gaps.extend(owners.gaps().cloned());
            let of = |id: &String| Some(owners.so_far().ok()?.get(id)?.iter().cloned().collect());
            table.rows_mut().for_each(|row| row.owner_ids = of(&row.object_id));
        }
        gaps.extend(table.rows().iter().filter_map(doubt));
        let summary = summary(&table, &arguments, &gaps);
        let (service_principals, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes { service_principals, listing })
    }
}

impl Row {
    /// Takes over what it may do.
    fn may(&mut self, granted: &Granted) {
        self.app_role_grants = granted.app_roles(&self.object_id);
        self.delegated_grants = granted.delegated(&self.object_id);
        self.privileged = granted.is_privileged(self.app_role_grants.as_deref(), self.delegated_grants.as_deref());
    }
}

/// The gaps that permissions are of which it is open whether they are privileged, where that decides.
fn open(rows: &[Row]) -> impl Iterator<Item = Unreadable> {
    let undecided = || rows.iter().filter(|row| row.privileged.is_none());
    let app_roles = undecided().flat_map(|row| row.app_role_grants.iter().flatten()).filter(|one| one.is_open()).count();
    let delegated = undecided().flat_map(|row| row.delegated_grants.iter().flatten()).filter(|one| one.is_open()).count();
    let both = [(Subject::AppRoleAssignments, app_roles), (Subject::OAuth2PermissionGrants, delegated)];
    both.into_iter().filter_map(|(subject, count)| granted::open(subject, count))
}

/// What is not known of a row that is in the answer.
fn doubt(row: &Row) -> Option<Unreadable> {
    let lacks = row.r#type.is_none()
        || row.category.is_none()
        || row.client_id.is_none()
        || row.enabled.is_none()
        || row.foreign.is_none()
        || row.expired_credential_count.is_none();
    lacks.then(|| Unreadable {
        subject: Subject::ServicePrincipals,
        place: Place::Graph,
        reason: Reason::Hidden,
        code: Failure::UnstatedField.code().to_owned(),
        remedy: "Microsoft Graph does not say of some service principals what they are, whether they are enabled, where their application is \
                 registered, or which credentials they have; what is not said is null. Grant Application.Read.All (Microsoft Graph, \
                 application), which reads it."
            .to_owned(),
    })
}

fn summary(table: &Table<Row>, arguments: &Arguments, gaps: &[Unreadable]) -> Summary {
    const UNSTATED: &str = "other";
    let rows = table.rows();
    let count = |is: fn(&Row) -> bool| rows.iter().filter(|row| is(row)).count();
    let mut by_type = BTreeMap::<String, usize>::new();
    for row in rows {
        *by_type.entry(row.r#type.as_deref().unwrap_or(UNSTATED).to_owned()).or_default() += 1;
    }
    let is_known = |row: &Row| {
        let own = row.r#type.as_deref();
        row.category.is_some() && own.is_some_and(|own| KNOWN_TYPES.iter().any(|word| word.eq_ignore_ascii_case(own)))
    };
    let of_grants = [Subject::AppRoleAssignments, Subject::OAuth2PermissionGrants, Subject::Owners];
    // What may be privileged is kept, so that what was granted decides how many there are only where it is asked for.
    let aside = if arguments.privileged_only == Some(true) { &[Subject::Owners][..] } else { &of_grants };
    let counting = Counting::on(gaps, aside);
    Summary {
        matched: counting.count(table.matched()),
        returned: table.returned(),
        by_type: counting.by(by_type),
        agents: counting.count(count(|row| row.category == Some("agent"))),
        privileged: Counting::on(gaps, &[Subject::Owners])
            .and(arguments.include_grants != Some(false))
            .count(count(|row| row.privileged == Some(true))),
        foreign: counting.count(count(|row| row.foreign == Some(true))),
        disabled: counting.count(count(|row| row.enabled == Some(false))),
        with_expired_credentials: counting.count(count(|row| row.expired_credential_count.is_some_and(|count| count > 0))),
        other: counting.count(rows.iter().filter(|row| !is_known(row)).count()),
    }
}
