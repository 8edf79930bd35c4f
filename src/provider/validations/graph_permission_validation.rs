//! `azposture_graph_permission_validation`: application permissions, consented.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    azure::{Audience, Kind},
    posture::{
        Place, Status, Subject, Unreadable, Why,
        graph_permission::{
            Evidence, Holder, KNOWN, MICROSOFT_GRAPH, Verdict, disabled, hidden, is_delegated_only, judge, name_of, next_step,
        },
        rbac::Account,
    },
    provider::{
        collect::{
            facts::{checklist, named, signed_in},
            lists::{directory, entra},
            stop::{self, Stop},
            unread,
        },
        context::Context,
        failure::Unjudged,
        validations::{Gate, Judged, Judgement, Line},
        words::{Area, ClientId, ObjectId},
    },
    sdk::{
        Diagnostics, Path, Result, Value,
        entry::{Page, Validation, ValidationEntry},
        rules::{nearest, unknown_word},
    },
    text::quoted,
};

/// The validations of this subject.
pub const VALIDATIONS: &[ValidationEntry<Context>] = &[ValidationEntry::of::<GraphPermissionValidation>()];

/// Verifies that a principal holds permissions of Microsoft Graph, or of another API, as Application permissions with admin consent.
/// What is counted is one permission.
///
/// A permission that is missing is explained: there as Delegated only (`delegated_only`), requested without consent
/// (`consent_missing`), not requested (`not_requested`), consented after the token was issued (`token_older_than_consent`), or asked of
/// a user's sign-in, which holds Delegated permissions only (`user_sign_in`); `not_granted` where the explanation may not be read. A
/// principal that is disabled can use none of its permissions (`principal_disabled`); where the directory does not say whether another
/// principal is enabled, what it was granted is unknown (`hidden`). A grant counts only once its API was read: with the
/// API's own service principal unreadable the verdict about another principal is unknown. It orders only what `depends_on` it, and `-target` passes it by.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Object id of a service principal (not its client id). Exactly one of `principal_id` and `self = true` is required. One that the
    /// directory does not know is the error "Nothing selected"; with `triggers` or `wait_seconds` it is unknown, because it may be new.
    principal_id: Option<ObjectId>,
    /// Whether to verify the principal this provider signs in with. Default `false`.
    #[serde(rename = "self")]
    own: Option<bool>,
    /// Names of permissions, for example `Policy.Read.All`; not their ids. A name that the API does not offer, or offers as Delegated
    /// permission only (`User.Read`), is an error.
    #[schemars(length(min = 1))]
    permissions: BTreeSet<String>,
    /// Client id of the API. Default Microsoft Graph, `00000003-0000-0000-c000-000000000000`.
    resource_client_id: Option<ClientId>,
    /// Whether a wider permission of Microsoft Graph counts: `Directory.Read.All` for `User.Read.All`, `Mail.ReadWrite` for `Mail.Read`.
    /// Default `true`.
    accept_superset: Option<bool>,
}

struct GraphPermissionValidation;

impl Validation for GraphPermissionValidation {
    const NAME: &'static str = "graph_permission_validation";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "None for `self` and Microsoft Graph: the token tells. The Microsoft Graph Application permission Application.Read.All for \
                      another principal or another API (the reads are /servicePrincipals/{id}/appRoleAssignments and the API's own list of \
                      permissions) and to explain what is missing (/applications), and Directory.Read.All to tell Delegated grants \
                      (/servicePrincipals/{id}/oauth2PermissionGrants).",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Gate = Gate;
    type Arguments = Arguments;

    /// A null must not silently mean the connected principal, and an id is no name.
    fn check(arguments: &Value, problems: &mut Diagnostics) {
        let is_other_api = matches!(arguments.get("resource_client_id"), Value::Unknown)
            || matches!(arguments.get("resource_client_id"), Value::String(id) if !id.eq_ignore_ascii_case(MICROSOFT_GRAPH));
        if let (Value::List(names), false) = (arguments.get("permissions"), is_other_api) {
            let id = names.iter().find_map(|name| match name {
                Value::String(id) => name_of(id).map(|name| (id, name)),
                _ => None,
            });
            if let Some((id, name)) = id {
                problems.extend(an_id(id, Some(name)));
            }
        }
        let (principal, own) = (arguments.get("principal_id"), arguments.get("self"));
        if matches!(principal, Value::Unknown) || matches!(own, Value::Unknown) {
            return;
        }
        let own = matches!(own, Value::Bool(true));
        if let Err(found) = exactly_one(!matches!(principal, Value::Null), own) {
            problems.extend(found);
        }
    }

    async fn judge(arguments: &Arguments, gate: &Gate, context: &Context, _: &mut Diagnostics) -> Judged {
        // What was unknown at validate may have turned out to be null.
        exactly_one(arguments.principal_id.is_some(), arguments.own == Some(true))?;
        let resource = arguments.resource_client_id.as_ref().map_or(MICROSOFT_GRAPH, |id| id.0.as_str()).to_ascii_lowercase();
        let found = match &arguments.principal_id {
            Some(id) => other(context, &id.0.to_ascii_lowercase(), resource, gate.expects_news()).await?,
            None => Ok(own(context, resource).await?),
        };
        let (evidence, account) = match found {
            Ok(Found { party, account }) => (entra::evidence(context, party).await?, account),
            Err(gap) => return Ok(unseen(arguments, gap)),
        };
        require_offered(arguments, context, &evidence).await?;
        let accept_superset = arguments.accept_superset != Some(false);
        let verdict = |name: &str| match account {
            Account::Disabled => disabled(name, evidence.object_id.as_deref().unwrap_or_default()),
            Account::Enabled => judge(name, accept_superset, &evidence),
            Account::Hidden | Account::Unread(_) => hidden(name, judge(name, accept_superset, &evidence)),
        };
        let judged: Vec<(&str, Verdict)> = arguments.permissions.iter().map(|name| (name.as_str(), verdict(name))).collect();
        let line =
            |(name, verdict): &(&str, Verdict)| Line::new(verdict.status, [name, Why::shown(verdict.reason), &verdict.detail]);
        let lines = judged.iter().map(line).collect();
        // A gap that only keeps a failure from being explained must not turn what passed into an unknown.
        let unknown = judged.iter().filter(|(_, verdict)| verdict.status == Status::Unknown);
        let mut gaps: Vec<Unreadable> = unknown.filter_map(|(_, verdict)| verdict.gap.clone()).collect();
        gaps.sort();
        gaps.dedup();
        let open: Vec<(&str, &Verdict)> = judged.iter().map(|(name, verdict)| (*name, verdict)).collect();
        Ok(Judgement::new(HEADINGS, lines, gaps, next_step(&open, &evidence)))
    }
}

fn exactly_one(named: bool, own: bool) -> Result<()> {
    let detail = match (named, own) {
        (false, false) => "Name the principal by `principal_id`, or set `self = true` for the one this provider signs in with.",
        (true, true) => "`principal_id` and `self = true` are two different principals. Keep one of them.",
        _ => return Ok(()),
    };
    let mut problems = Diagnostics::new();
    problems.error(Path::attribute("principal_id"), "Invalid value", detail);
    Err(problems)
}

/// Whose permissions are judged, and whether it is enabled.
struct Found {
    party: entra::Party,
    account: Account,
}

/// The principal of the sign-in, by its token.
async fn own(context: &Context, resource_client_id: String) -> stop::Result<Found> {
    let signed_in = signed_in::sign_in(context).await.map_err(Stop::Failed)?;
    // A token alone may decide, so this must not wait for a read.
    context.client.check_home(Audience::Graph).await.map_err(Stop::Failed)?;
    let claims = entra::claims(context).await.map_err(Stop::Failed)?;
    let holder = checklist::holder(&signed_in);
    let known = claims.clone().or(signed_in.claims).unwrap_or_default();
    // Whoever was just given a token is enabled, unless the directory says otherwise: a token outlives that for up to a day.
    let account = match known.oid.as_deref().filter(|_| holder != Holder::User) {
        Some(id) => match entra::seen(Subject::ServicePrincipals, entra::service_principal(context, id).await)? {
            principal if principal.whole().is_ok_and(|one| one.account_enabled == Some(false)) => Account::Disabled,
            _ => Account::Enabled,
        },
        None => Account::Enabled,
    };
    let party = entra::Party {
        holder,
        object_id: known.oid.clone(),
        client_id: checklist::client_id(context, &known),
        claims,
        resource_client_id,
    };
    Ok(Found { party, account })
}

/// Another principal; a gap if it may not be read, is of another kind, or does not exist yet. That the directory knows no such object is
/// an error, unless `expects_news`.
async fn other(
    context: &Context,
    object_id: &str,
    resource_client_id: String,
    expects_news: bool,
) -> stop::Result<std::result::Result<Found, Unreadable>> {
    match entra::service_principal(context, object_id).await {
        Ok(principal) => {
            let managed =
                principal.service_principal_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("ManagedIdentity"));
            let party = entra::Party {
                holder: if managed { Holder::ManagedIdentity } else { Holder::Application },
                object_id: Some(object_id.to_owned()),
                client_id: principal.app_id.0.clone(),
                claims: None,
                resource_client_id,
            };
            let account = match principal.account_enabled {
                Some(true) => Account::Enabled,
                Some(false) => Account::Disabled,
                None => Account::Hidden,
            };
            Ok(Ok(Found { party, account }))
        }
        Err(error) => {
            let mut gap = unread::gap(Subject::ServicePrincipals, Place::Graph, &error)?;
            if error.kind() == Kind::NotFound {
                if !expects_news && is_nobody(context, object_id).await? {
                    return Err(named::nobody(context, "principal_id", object_id).await);
                }
                gap.remedy = format!(
                    "There is no service principal with the object id {object_id}. The client id and the object id of the registration are \
                     other ids (az ad sp show --id <client id> --query id); a new one takes minutes to appear (`wait_seconds`)."
                );
            }
            Ok(Err(gap))
        }
    }
}

/// Whether the directory knows no object at all with this id, as far as all kinds of them could be read.
async fn is_nobody(context: &Context, object_id: &str) -> stop::Result<bool> {
    let wanted = [(object_id.to_owned(), None)].into();
    let people = directory::principals(context, &wanted, directory::Principals::default()).await?;
    Ok(people.orphaned(object_id, "") == Some(true))
}

/// A name the API does not offer would fail for ever. Where its list may not be read, only what is held is known to exist.
async fn require_offered(arguments: &Arguments, context: &Context, evidence: &Evidence) -> std::result::Result<(), Unjudged> {
    let is_graph = evidence.resource_client_id.eq_ignore_ascii_case(MICROSOFT_GRAPH);
    let api = entra::seen(Subject::ServicePrincipals, entra::api(context, &evidence.resource_client_id).await)?;
    let api = api.whole().ok();
    match arguments
        .permissions
        .iter()
        .find_map(|name| objection(name, api.map(|api| &**api), is_graph, &evidence.resource_client_id))
    {
        Some(problems) => Err(problems.into()),
        None => Ok(()),
    }
}

/// Why a name cannot be that of an Application permission of the API; none if it can.
fn objection(name: &str, api: Option<&entra::Api>, is_graph: bool, api_id: &str) -> Option<Diagnostics> {
    let offered: Vec<String> =
        api.iter().flat_map(|api| &api.app_roles).map(|role| role.value.0.clone()).filter(|name| !name.is_empty()).collect();
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    if offered.iter().any(|own| is(own)) || is_graph && KNOWN.iter().any(|known| is(known.name)) {
        return None;
    }
    if is_guid(name) {
        let listed = api.iter().flat_map(|api| api.app_roles.iter().chain(&api.scopes.0)).find(|one| is(&one.id));
        let listed = listed.map(|one| one.value.as_str()).filter(|name| !name.is_empty());
        return Some(an_id(name, listed.or_else(|| name_of(name).filter(|_| is_graph))));
    }
    let delegated = api.is_some_and(|api| api.scopes.iter().any(|scope| is(&scope.value))) || is_graph && is_delegated_only(name);
    let detail = match (delegated, offered.is_empty()) {
        (true, true) if !is_graph => {
            format!("The API {api_id} offers no Application permission: {name:?} exists as Delegated permission only.")
        }
        (true, true) => {
            format!("`permissions` is {name:?}, which exists as Delegated permission only: no application can hold it.")
        }
        (true, false) => format!(
            "`permissions` is {name:?}, which exists as Delegated permission only: no application can hold it. The nearest Application \
             permissions are {}.",
            nearest(name, &offered).iter().map(|near| format!("`{near}`")).collect::<Vec<_>>().join(", ")
        ),
        // Without the list, or with one that cannot be whole, nothing tells.
        (false, true) if is_graph || api.is_none() => return None,
        (false, true) => format!("The API {api_id} offers no Application permission, so {} cannot be held.", quoted(name)),
        (false, false) => format!("`permissions` {}", unknown_word(name, &offered)),
    };
    let mut problems = Diagnostics::new();
    problems.error(Path::attribute("permissions"), "Unknown value", detail);
    Some(problems)
}

/// The error of an id where a name belongs.
fn an_id(id: &str, name: Option<&str>) -> Diagnostics {
    let detail = match name {
        Some(name) => format!("`permissions` takes names, and {id} is the id of `{name}`. Write the name."),
        None => format!(
            "`permissions` takes names, and {id} is an id. az ad sp show --id <client id of the API> --query \"appRoles[?id=='{id}'].value\" \
             tells its name."
        ),
    };
    let mut problems = Diagnostics::new();
    problems.error(Path::attribute("permissions"), "Invalid value", detail);
    problems
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn unseen(arguments: &Arguments, gap: Unreadable) -> Judgement {
    let detail = "the principal could not be read";
    let unknown = |name: &String| Line::new(Status::Unknown, [name, gap.reason.word(), detail]);
    let lines = arguments.permissions.iter().map(unknown).collect();
    let next_step = gap.remedy.clone();
    Judgement::new(HEADINGS, lines, vec![gap], next_step)
}

const HEADINGS: &[&str] = &["permission", "reason", "detail"];
