//! What service principals may do: the permissions that were consented to them, by name, and which of these are privileged.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    azure::{self, Failure},
    posture::{
        Place, Reason, Seen, Subject, Unreadable,
        graph_permission::{
            MICROSOFT_GRAPH, name_of,
            privileged::{Reach, has_privileged, reach},
        },
        seen::agreed,
        time::canonical,
    },
    provider::{
        collect::{
            lists::{
                consents::{self, Api, AppRoleAssignment, ById, PermissionGrant},
                registrations::ListedPrincipal,
            },
            stop::Result,
            twice,
        },
        context::Context,
    },
};

/// An application permission that was consented.
#[derive(Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct AppRoleGrant {
    /// The id of the grant, lower case: unique and stable.
    key: String,
    /// The name of the API. Null if the service did not say.
    resource_display_name: Option<String>,
    /// Object id of the API's own service principal, lower case. Null if the service did not say.
    resource_object_id: Option<String>,
    /// Id of the permission. `00000000-0000-0000-0000-000000000000` is access without any permission.
    role_id: String,
    /// Its name, for example `Mail.Read`. Null if the API's list of permissions could not be read or lacks it.
    permission: Option<String>,
    /// Whether it is privileged. Null if that cannot be told without its name or API.
    privileged: Option<bool>,
    /// Since when, RFC 3339. Null if the service did not say.
    granted_on: Option<String>,
}

/// A delegated permission that was consented: what the application may do as somebody.
#[derive(Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct DelegatedGrant {
    /// The id of the grant and the permission, lower case: unique and stable.
    key: String,
    /// Object id of the API's own service principal, lower case. Null if the service did not say.
    resource_object_id: Option<String>,
    /// Its name, for example `Mail.Read`.
    permission: String,
    /// `AllPrincipals` for whoever signs in, `Principal` for one person alone. Null if the service did not say.
    consent_type: Option<String>,
    /// Object id of that person. Null for `AllPrincipals`.
    principal_id: Option<String>,
    /// Whether it is privileged: one that reaches contents is if it is for `AllPrincipals`. Null if that cannot be told.
    privileged: Option<bool>,
}

/// What was read of permissions.
pub(super) struct Granted {
    app_roles: Seen<ById<Vec<AppRoleAssignment>>>,
    delegated: Seen<BTreeMap<String, Vec<PermissionGrant>>>,
    apis: Seen<ById<Api>>,
    /// Client ids of principals by their object ids, both lower case.
    client_ids: BTreeMap<String, String>,
    redacts_people: bool,
}

impl Granted {
    /// Reads what the principals of these object ids may do. `all` are the principals of the tenant.
    pub(super) async fn read(context: &Context, ids: &BTreeSet<String>, all: &[ListedPrincipal]) -> Result<Self> {
        let (app_roles, delegated) =
            tokio::join!(consents::app_role_assignments(context, ids.iter().cloned()), consents::delegated(context));
        let (app_roles, delegated) = (app_roles?, delegated?);
        let client_ids = client_ids(all);
        let granted = app_roles.so_far().into_iter().flat_map(BTreeMap::values).flat_map(|list| list.iter());
        let asked: BTreeSet<String> =
            granted.filter_map(|row| client_ids.get(&row.resource_id.to_lowercase()).cloned()).collect();
        let apis = consents::apis(context, asked).await?;
        let redacts_people = context.client.settings().redacts_people;
        Ok(Self { app_roles, delegated: delegated.map(|rows| by_client(&rows, ids)), apis, client_ids, redacts_people })
    }

    /// What could not be read, and what two rows do not say alike.
    pub(super) fn gaps(&self) -> Vec<Unreadable> {
        let unread = self.app_roles.gaps().chain(self.delegated.gaps()).chain(self.apis.gaps()).cloned();
        let lists = self.app_roles.so_far().into_iter().flat_map(BTreeMap::values);
        let said = |row: &AppRoleAssignment| Some((row.id.as_ref()?.to_lowercase(), row.clone()));
        let twofold = lists.flat_map(|list| twice::contradicted(list.iter().filter_map(said)));
        let of_one = |id: String| twice::gap(Subject::AppRoleAssignments, Place::Graph, &format!("the grant {id}"));
        unread.chain(twofold.map(of_one)).collect()
    }

    /// The application permissions of a principal; none if they could not be read.
    pub(super) fn app_roles(&self, object_id: &str) -> Option<Vec<AppRoleGrant>> {
        let rows = self.app_roles.so_far().ok()?.get(object_id)?;
        Some(merged(rows.iter().map(|row| self.app_role(row)), |one| &one.key, AppRoleGrant::and))
    }

    /// The delegated permissions of a principal, as far as they could be read; none if they could not be.
    pub(super) fn delegated(&self, object_id: &str) -> Option<Vec<DelegatedGrant>> {
        let rows = self.delegated.so_far().ok()?.get(object_id);
        let of = |row: &PermissionGrant| self.words(row);
        Some(merged(rows.into_iter().flatten().flat_map(of), |one| &one.key, DelegatedGrant::and))
    }

    /// Whether a principal with these permissions is privileged: one privileged permission is enough; none without knowing all.
    pub(super) fn is_privileged(&self, app_roles: Option<&[AppRoleGrant]>, delegated: Option<&[DelegatedGrant]>) -> Option<bool> {
        let of_roles = app_roles.into_iter().flatten().map(|one| one.privileged);
        let all: Vec<Option<bool>> = of_roles.chain(delegated.into_iter().flatten().map(|one| one.privileged)).collect();
        let are_all = app_roles.is_some() && delegated.is_some() && self.delegated.is_whole() && !all.contains(&None);
        if all.contains(&Some(true)) { Some(true) } else { are_all.then_some(false) }
    }

    fn app_role(&self, row: &AppRoleAssignment) -> AppRoleGrant {
        let resource = Some(row.resource_id.to_lowercase()).filter(|id| !id.is_empty());
        let api = resource.as_ref().and_then(|id| self.client_ids.get(id));
        let permission = api.and_then(|api| self.name(api, &row.app_role_id));
        let is_no_permission = row.app_role_id == NO_PERMISSION;
        let privileged = match (api, &permission) {
            _ if is_no_permission => Some(false),
            (Some(api), Some(permission)) => Some(reach(api, permission).is_some()),
            (Some(api), None) => (!has_privileged(api)).then_some(false),
            (None, _) => None,
        };
        let unnamed = || format!("{}|{}", row.resource_id.0, row.app_role_id);
        AppRoleGrant {
            key: row.id.0.clone().unwrap_or_else(unnamed).to_lowercase(),
            resource_display_name: self.shown(row.resource_display_name.as_deref()),
            resource_object_id: resource,
            role_id: row.app_role_id.to_lowercase(),
            permission: self.shown(permission),
            privileged,
            granted_on: row.created_date_time.as_deref().and_then(canonical),
        }
    }

    /// The permissions of a delegated grant, one by one.
    fn words(&self, row: &PermissionGrant) -> Vec<DelegatedGrant> {
        let resource = row.resource_id.as_ref().map(|id| id.to_lowercase());
        let api = resource.as_ref().and_then(|id| self.client_ids.get(id));
        let consent = row.consent_type.as_deref();
        let is = |word: &str| consent.is_some_and(|own| own.eq_ignore_ascii_case(word));
        let privileged = |permission: &str| match api.map(|api| reach(api, permission)) {
            None => None,
            Some(None) => Some(false),
            Some(Some(Reach::Directory)) => Some(true),
            Some(Some(Reach::Contents)) if is("AllPrincipals") => Some(true),
            Some(Some(Reach::Contents)) => is("Principal").then_some(false),
        };
        let unnamed =
            || [&row.resource_id, &row.consent_type, &row.principal_id].map(|one| one.0.as_deref().unwrap_or_default()).join("|");
        let id = row.id.0.clone().unwrap_or_else(unnamed);
        let grant = |permission: &str| DelegatedGrant {
            key: format!("{id}|{permission}").to_lowercase(),
            resource_object_id: resource.clone(),
            permission: azure::shown(permission, self.redacts_people).into_owned(),
            consent_type: self.shown(consent),
            principal_id: row.principal_id.as_ref().map(|id| id.to_lowercase()),
            privileged: privileged(permission),
        };
        row.scope.iter().flat_map(|scope| scope.split_whitespace()).map(grant).collect()
    }

    /// The name of a permission of an API: as the API lists it, else as it is known here.
    fn name(&self, api_id: &str, role_id: &str) -> Option<&str> {
        let api = self.apis.so_far().ok().and_then(|all| all.get(api_id));
        let offered = api.into_iter().flat_map(|api| &api.app_roles);
        let listed = offered.filter(|one| one.id.eq_ignore_ascii_case(role_id)).map(|one| one.value.as_str()).next();
        listed.filter(|name| !name.is_empty()).or_else(|| name_of(role_id).filter(|_| api_id == MICROSOFT_GRAPH))
    }

    fn shown(&self, text: Option<&str>) -> Option<String> {
        text.map(|text| azure::shown(text, self.redacts_people).into_owned())
    }
}

/// Stands for access without any permission.
const NO_PERMISSION: &str = "00000000-0000-0000-0000-000000000000";

/// The client ids of principals by their object ids, both lower case. Of one that is said to have two, nobody knows which API it is.
fn client_ids(all: &[ListedPrincipal]) -> BTreeMap<String, String> {
    let mut said = BTreeMap::<String, Option<String>>::new();
    for row in all {
        let own = row.app_id.as_ref().map(|id| id.to_lowercase());
        let known = said.entry(row.id.to_lowercase()).or_insert_with(|| own.clone());
        *known = agreed(known.take(), own);
    }
    said.into_iter().filter_map(|(id, own)| Some((id, own?))).collect()
}

/// The grants of the clients of these object ids.
fn by_client(rows: &Arc<Vec<PermissionGrant>>, ids: &BTreeSet<String>) -> BTreeMap<String, Vec<PermissionGrant>> {
    let mut all = BTreeMap::<String, Vec<PermissionGrant>>::new();
    for row in rows.iter() {
        let Some(client) = row.client_id.as_ref().map(|id| id.to_lowercase()).filter(|id| ids.contains(id)) else { continue };
        all.entry(client).or_default().push(row.clone());
    }
    all
}

/// Grants by key, each once.
fn merged<T>(grants: impl Iterator<Item = T>, key: impl Fn(&T) -> &str, both: impl Fn(T, T) -> T) -> Vec<T> {
    let mut all: Vec<T> = grants.collect();
    all.sort_by(|a, b| key(a).cmp(key(b)));
    let mut once = Vec::<T>::with_capacity(all.len());
    for grant in all {
        let grant = match once.pop_if(|last| key(last) == key(&grant)) {
            Some(last) => both(last, grant),
            None => grant,
        };
        once.push(grant);
    }
    once
}

impl AppRoleGrant {
    /// What two rows of one grant say alike.
    fn and(self, other: Self) -> Self {
        let same = self.role_id == other.role_id && self.resource_object_id == other.resource_object_id;
        Self {
            resource_display_name: agreed(self.resource_display_name, other.resource_display_name),
            resource_object_id: agreed(self.resource_object_id, other.resource_object_id),
            permission: agreed(self.permission, other.permission).filter(|_| same),
            privileged: agreed(self.privileged, other.privileged),
            granted_on: agreed(self.granted_on, other.granted_on),
            ..self
        }
    }

    /// Whether it is open whether it is privileged.
    pub(super) fn is_open(&self) -> bool {
        self.privileged.is_none()
    }
}

impl DelegatedGrant {
    /// What two rows of one grant say alike.
    fn and(self, other: Self) -> Self {
        Self {
            resource_object_id: agreed(self.resource_object_id, other.resource_object_id),
            consent_type: agreed(self.consent_type, other.consent_type),
            principal_id: agreed(self.principal_id, other.principal_id),
            privileged: agreed(self.privileged, other.privileged),
            ..self
        }
    }

    /// Whether it is open whether it is privileged.
    pub(super) fn is_open(&self) -> bool {
        self.privileged.is_none()
    }
}

/// The gap that grants are of which it is open what they allow.
pub(super) fn open(subject: Subject, count: usize) -> Option<Unreadable> {
    (count > 0).then(|| Unreadable {
        subject,
        place: Place::Graph,
        reason: Reason::Hidden,
        code: Failure::UnstatedField.code().to_owned(),
        remedy: format!(
            "Microsoft Graph does not say of {count} of the permissions that were granted which they are, of which API, or for whom, so \
             whether they are privileged is not known. Look at them: Entra admin center > Enterprise applications > the application > \
             Permissions."
        ),
    })
}
