//! `azposture_graph_permission_validation`: application permissions, consented.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    collect::{connection, graph},
    context::Context,
    failure,
    validation::{Counts, Gate, Judgement, Line, verify},
    words::{AreaWord, ClientId, ObjectId},
};
use crate::{
    azure::{Audience, Kind},
    posture::{
        Status, Unreadable,
        graph_permission::{Evidence, Holder, KNOWN, MICROSOFT_GRAPH, Verdict, judge},
    },
    sdk::{
        Diagnostics, Path, Result, Value,
        entry::{Page, Validation, ValidationEntry},
        rules::unknown_word,
    },
};

/// The validations of this subject.
pub const VALIDATIONS: &[ValidationEntry<Context>] = &[ValidationEntry::of::<GraphPermissionValidation>()];

/// Verifies that a principal holds permissions of Microsoft Graph, or of another API, as Application permissions with admin consent.
/// What is counted is one permission.
///
/// A permission that is missing is explained: there as Delegated only (`delegated_only`), requested without consent
/// (`consent_missing`), not requested (`not_requested`), consented after the token was issued (`token_older_than_consent`), or asked of
/// a user's sign-in, which holds Delegated permissions only (`user_sign_in`); `not_granted` where the explanation may not be read. It
/// orders only what `depends_on` it, and `-target` passes it by.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Object id of a service principal (not its client id). Exactly one of `principal_id` and `self = true` is required.
    principal_id: Option<ObjectId>,
    /// Whether to verify the principal this provider signs in with. Default `false`.
    #[serde(rename = "self")]
    own: Option<bool>,
    /// Names of permissions, for example `Policy.Read.All`. A name that the API does not offer is an error.
    #[schemars(length(min = 1))]
    permissions: BTreeSet<String>,
    /// Client id of the API. Default Microsoft Graph, `00000003-0000-0000-c000-000000000000`.
    resource_client_id: Option<ClientId>,
    /// Whether a wider permission of Microsoft Graph counts, `Directory.Read.All` for `User.Read.All` for example. Default `true`.
    accept_superset: Option<bool>,
    #[serde(flatten)]
    gate: Gate,
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
    type Arguments = Arguments;
    type Counts = Counts;

    fn check(arguments: &Value, problems: &mut Diagnostics) {
        check(arguments, problems);
    }

    async fn verify(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Counts> {
        context.require(AreaWord::Identity)?;
        verify(&arguments.gate, context, warnings, |context| judgement(&arguments, context)).await
    }
}

/// A null must not silently mean the connected principal.
fn check(arguments: &Value, problems: &mut Diagnostics) {
    let (principal, own) = (arguments.get("principal_id"), arguments.get("self"));
    if matches!(principal, Value::Unknown) || matches!(own, Value::Unknown) {
        return;
    }
    let own = matches!(own, Value::Bool(true));
    if let Err(found) = exactly_one(!matches!(principal, Value::Null), own) {
        problems.extend(found);
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

async fn judgement(arguments: &Arguments, context: Context) -> Result<Judgement> {
    // What was unknown at validate may have turned out to be null.
    exactly_one(arguments.principal_id.is_some(), arguments.own == Some(true))?;
    let resource = arguments.resource_client_id.as_ref().map_or(MICROSOFT_GRAPH, |id| id.0.as_str()).to_ascii_lowercase();
    let party = match &arguments.principal_id {
        Some(id) => other(&context, &id.0.to_ascii_lowercase(), resource).await?,
        None => Ok(own(&context, resource).await?),
    };
    let evidence = match party {
        Ok(party) => graph::evidence(&context, party).await?,
        Err(gap) => return Ok(unseen(arguments, gap)),
    };
    require_offered(arguments, &context, &evidence).await?;
    let accept_superset = arguments.accept_superset != Some(false);
    let judged: Vec<(&String, Verdict)> =
        arguments.permissions.iter().map(|name| (name, judge(name, accept_superset, &evidence))).collect();
    let lines = judged.iter().map(|(name, verdict)| line(name, verdict.status, verdict.reason, &verdict.detail)).collect();
    // A gap that only keeps a failure from being explained must not turn what passed into an unknown.
    let unknown = judged.iter().filter(|(_, verdict)| verdict.status == Status::Unknown);
    let mut gaps: Vec<Unreadable> = unknown.filter_map(|(_, verdict)| verdict.gap.clone()).collect();
    gaps.sort();
    gaps.dedup();
    let worst = judged.iter().filter(|(_, verdict)| verdict.status != Status::Pass).min_by_key(|(name, one)| (one.status, *name));
    let next_step = worst.map(|(_, verdict)| verdict.remedy.clone()).unwrap_or_default();
    Ok(judged_as(lines, gaps, next_step))
}

/// The principal of the sign-in, by its token.
async fn own(context: &Context, resource_client_id: String) -> Result<graph::Party> {
    let signed_in = connection::sign_in(context).await.map_err(|error| failure::failed(&error))?;
    // A token alone may decide, so this must not wait for a read.
    context.client.check_home(Audience::Graph).await.map_err(|error| failure::failed(&error))?;
    let claims = graph::claims(context).await.map_err(|error| failure::failed(&error))?;
    let holder = connection::holder(&signed_in);
    let known = claims.clone().or(signed_in.claims).unwrap_or_default();
    Ok(graph::Party {
        holder,
        object_id: known.oid.clone(),
        client_id: known.client_id().map(str::to_owned),
        claims,
        resource_client_id,
    })
}

/// Another principal; a gap if it may not be read or does not exist (yet).
async fn other(
    context: &Context,
    object_id: &str,
    resource_client_id: String,
) -> Result<std::result::Result<graph::Party, Unreadable>> {
    match graph::service_principal(context, object_id).await {
        Ok(principal) => {
            let managed =
                principal.service_principal_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("ManagedIdentity"));
            Ok(Ok(graph::Party {
                holder: if managed { Holder::ManagedIdentity } else { Holder::Application },
                object_id: Some(object_id.to_owned()),
                client_id: principal.app_id.clone(),
                claims: None,
                resource_client_id,
            }))
        }
        Err(error) => {
            let mut gap = failure::gap("service_principals", "graph", &error)?;
            if error.kind() == Kind::NotFound {
                gap.remedy = format!(
                    "There is no service principal with the object id {object_id}. The client id and the object id of the registration are \
                     other ids (az ad sp show --id <client id> --query id); a new one takes minutes to appear (`wait_seconds`)."
                );
            }
            Ok(Err(gap))
        }
    }
}

/// A name the API does not offer would fail for ever. Where its list may not be read, only what is held is known to exist.
async fn require_offered(arguments: &Arguments, context: &Context, evidence: &Evidence) -> Result<()> {
    let Ok(api) = graph::read("service_principals", graph::api(context, &evidence.resource_client_id).await)? else {
        return Ok(());
    };
    let offered: Vec<String> = api.app_roles.iter().map(|role| role.value.clone()).filter(|name| !name.is_empty()).collect();
    let is_graph = evidence.resource_client_id.eq_ignore_ascii_case(MICROSOFT_GRAPH);
    let known = |name: &str| {
        offered.iter().any(|own| own.eq_ignore_ascii_case(name))
            || is_graph && KNOWN.iter().any(|known| known.name.eq_ignore_ascii_case(name))
    };
    let Some(unknown) = arguments.permissions.iter().find(|name| !known(name)) else { return Ok(()) };
    let mut problems = Diagnostics::new();
    let detail = match offered.is_empty() {
        true => {
            format!("The API {} offers no Application permission, so {unknown:?} cannot be held.", evidence.resource_client_id)
        }
        false => format!("`permissions` {}", unknown_word(unknown, &offered)),
    };
    problems.error(Path::attribute("permissions"), "Unknown value", detail);
    Err(problems)
}

fn unseen(arguments: &Arguments, gap: Unreadable) -> Judgement {
    let unknown = |name: &String| line(name, Status::Unknown, gap.reason.word(), "the principal could not be read");
    let lines = arguments.permissions.iter().map(unknown).collect();
    let next_step = gap.remedy.clone();
    judged_as(lines, vec![gap], next_step)
}

fn judged_as(lines: Vec<Line>, gaps: Vec<Unreadable>, next_step: String) -> Judgement {
    Judgement { name: GraphPermissionValidation::NAME, headings: &["permission", "reason", "detail"], lines, gaps, next_step }
}

fn line(permission: &str, status: Status, reason: &str, detail: &str) -> Line {
    Line { status, cells: [permission, reason, detail].map(str::to_owned).into() }
}
