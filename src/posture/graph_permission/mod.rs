//! Whether a principal holds a permission of an API such as Microsoft Graph, and if not, which of the few usual reasons it is.

pub mod names;
pub mod privileged;
mod steps;
#[cfg(test)]
mod tests;
mod user;

pub use names::{KNOWN, MICROSOFT_GRAPH, includes, is_delegated_only, name_of, named, reads};
pub use steps::{consent, next_step, request};
pub use user::delegated;

use std::collections::BTreeMap;

use super::{Reason, Seen, Status, Subject, Unreadable, Why};

/// The id of the role that stands for access without any permission.
const DEFAULT_ACCESS: &str = "00000000-0000-0000-0000-000000000000";

/// Who holds permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// An application with a registration of its own.
    Application,
    /// A managed identity: it has no registration, permissions are granted to it directly.
    ManagedIdentity,
    /// A person, through an application that acts for them.
    User,
}

/// A permission that a registration asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// Client id of the API.
    pub resource_client_id: String,
    /// Id of the permission.
    pub id: String,
    /// Its name; the id where no name is known.
    pub name: String,
    /// Whether it is asked for as Application permission; else as Delegated.
    pub application: bool,
}

/// A permission that was consented.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Id of the permission.
    pub id: String,
    /// Its name; the id where no name is known.
    pub name: String,
    /// Whether it is of the API that is asked about. None where that API's own principal could not be read, or the grant does not say
    /// of which API it is: two APIs may give their permissions the same id.
    pub of_api: Option<bool>,
    /// Object id of the principal of the API it is of; none where the grant does not say.
    pub resource_id: Option<String>,
}

/// The Application permissions an API offers: their ids by their names in lower case.
pub type Offered = BTreeMap<String, String>;

/// What is known about one principal and one API.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Who it is.
    pub holder: Holder,
    /// Application permissions in the principal's own token; none for other principals, other APIs, and opaque tokens.
    pub token: Option<Vec<String>>,
    /// Delegated permissions in the user's own token; none for an opaque token.
    pub scopes: Option<Vec<String>>,
    /// Template ids of the user's directory roles, from the same token.
    pub directory_roles: Vec<String>,
    /// Application permissions that were consented.
    pub granted: Seen<Vec<Grant>>,
    /// Names of Delegated permissions that were consented.
    pub delegated: Seen<Vec<String>>,
    /// What the registration asks for, of all APIs.
    pub requested: Seen<Vec<Request>>,
    /// The API's own list of permissions; without it, ids that are not known here have no name.
    pub names: Seen<Offered>,
    /// Client id of the API.
    pub resource_client_id: String,
    /// Object id of the API's own principal, for the command that fixes it; none where it could not be read.
    pub api_id: Option<String>,
    /// Object ids of the principals of the other APIs that are requested, by their client ids in lower case: none for an API that has
    /// no principal in this tenant. Only where consent to all that is requested is asked about.
    pub other_apis: BTreeMap<String, Seen<Option<String>>>,
    /// Client id of the principal, for the command that fixes it.
    pub client_id: Option<String>,
    /// Object id of the principal.
    pub object_id: Option<String>,
    /// Microsoft Graph in the cloud of the connection, for the command that fixes it: `graph.microsoft.com`.
    pub graph_host: String,
}

/// The answer for one permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Held, not held, or not known.
    pub status: Status,
    /// Why it is no pass; none for a pass.
    pub reason: Option<Why>,
    /// Why, in a sentence.
    pub detail: String,
    /// The one next step; empty for a pass.
    pub remedy: String,
    /// What could not be seen and would have decided.
    pub gap: Option<Unreadable>,
}

impl Verdict {
    fn fail(why: Why, detail: String, remedy: String) -> Self {
        Self { status: Status::Fail, reason: Some(why), detail, remedy, gap: None }
    }

    /// It could not be seen; the remedy is that of the gap.
    fn unseen(gap: Unreadable, detail: String) -> Self {
        Self { status: Status::Unknown, reason: Some(gap.reason.into()), detail, remedy: gap.remedy.clone(), gap: Some(gap) }
    }
}

/// A permission somebody wants, and what else counts as it.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    name: &'a str,
    is_graph: bool,
    accept_superset: bool,
}

impl Wanted<'_> {
    fn is(&self, held: &str) -> bool {
        match self.accept_superset && self.is_graph {
            true => includes(held, self.name),
            false => held.eq_ignore_ascii_case(self.name),
        }
    }

    /// Whether an id without a name may be its id, or that of one which includes it.
    fn may_be(&self, id: &str, name: &str) -> bool {
        // The id of a permission that is known here has its name; that of one which includes it need not be known.
        let has_its_name = self.is_graph && !self.accept_superset && named(self.name).is_some();
        !has_its_name && id == name && id != DEFAULT_ACCESS
    }

    /// What an application asked for that counts as it; a gap if nothing does and something could, if only its name were known.
    fn requested<'a>(
        &self,
        mut all: impl Iterator<Item = &'a Request> + Clone,
        names: &Seen<Offered>,
    ) -> Result<Option<&'a str>, Unreadable> {
        let could_be = all.clone().any(|request| self.may_be(&request.id, &request.name));
        match (all.find(|request| self.is(&request.name)), names.whole()) {
            (None, Err(gap)) if could_be => Err(gap.clone()),
            (found, _) => Ok(found.map(|request| request.name.as_str())),
        }
    }

    /// The grant that counts as it; a gap if none does for certain and one could, if only its API or its name were known.
    fn granted<'a>(&self, grants: &'a [Grant], names: &Seen<Offered>) -> Result<Option<&'a str>, Unreadable> {
        let certain = grants.iter().find(|grant| grant.of_api == Some(true) && self.is(&grant.name));
        if let Some(grant) = certain {
            return Ok(Some(&grant.name));
        }
        let could_be = |grant: &Grant| match grant.of_api {
            Some(false) => false,
            Some(true) => !names.is_whole() && self.may_be(&grant.id, &grant.name),
            None => self.is(&grant.name) || self.may_be(&grant.id, &grant.name),
        };
        match (grants.iter().any(could_be), names.whole()) {
            (false, _) => Ok(None),
            (true, Err(gap)) => Err(gap.clone()),
            (true, Ok(_)) => Err(of_which_api()),
        }
    }
}

/// The gap that grants are which do not say what they give.
fn of_which_api() -> Unreadable {
    Unreadable {
        reason: Reason::Hidden,
        code: String::new(),
        remedy: "Microsoft Graph does not say of which API a granted permission is. Try again, and report it if it stays so."
            .to_owned(),
        ..Unreadable::unasked(Subject::AppRoleAssignments)
    }
}

/// Whether what an application asked for as Application permission was consented: to the API it was asked of, because two APIs may
/// give their permissions the same id.
pub fn is_consented(request: &Request, evidence: &Evidence) -> Result<bool, Unreadable> {
    let grants = evidence.granted.whole().map_err(Clone::clone)?;
    let same: Vec<&Grant> = grants.iter().filter(|grant| grant.id.eq_ignore_ascii_case(&request.id)).collect();
    if request.resource_client_id.eq_ignore_ascii_case(&evidence.resource_client_id) {
        let is_of = |known: Option<bool>| same.iter().any(|grant| grant.of_api == known);
        return match evidence.names.whole() {
            _ if is_of(Some(true)) => Ok(true),
            _ if !is_of(None) => Ok(false),
            Err(gap) => Err(gap.clone()),
            Ok(_) => Err(of_which_api()),
        };
    }
    // What is known to be a grant of the API of the evidence is none of another one.
    let same: Vec<&Grant> = same.into_iter().filter(|grant| grant.of_api != Some(true)).collect();
    if same.is_empty() {
        return Ok(false);
    }
    let Some(principal) = evidence.other_apis.get(&request.resource_client_id.to_lowercase()) else {
        return Err(Unreadable::unasked(Subject::ServicePrincipals));
    };
    let Some(principal) = principal.whole().map_err(Clone::clone)? else { return Ok(false) };
    let is_of = |grant: &&Grant| grant.resource_id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(principal));
    match same.iter().all(|grant| grant.resource_id.is_some()) {
        _ if same.iter().any(is_of) => Ok(true),
        true => Ok(false),
        false => Err(of_which_api()),
    }
}

/// Judges whether one permission is held as Application permission. `accept_superset` lets a wider permission of Microsoft Graph
/// stand for it.
pub fn judge(wanted: &str, accept_superset: bool, evidence: &Evidence) -> Verdict {
    let is_graph = evidence.resource_client_id.eq_ignore_ascii_case(MICROSOFT_GRAPH);
    let want = Wanted { name: wanted, is_graph, accept_superset };
    if evidence.holder == Holder::User {
        return user::application(wanted, evidence);
    }
    let in_token = evidence.token.as_ref().map(|roles| roles.iter().find(|role| want.is(role)));
    let granted = match evidence.granted.whole() {
        Ok(grants) => want.granted(grants, &evidence.names),
        Err(gap) => Err(gap.clone()),
    };
    match (in_token, granted) {
        (Some(Some(role)), _) => held(wanted, role),
        (None, Ok(Some(grant))) => held(wanted, grant),
        (Some(None), Ok(Some(grant))) => Verdict::fail(
            Why::TokenOlderThanConsent,
            format!("{grant} is consented, but the token of this sign-in does not hold it yet"),
            "Run again, or set `wait_seconds`: consent reaches new tokens within minutes (a managed identity keeps one for up to 24 \
             hours, and az logout with a new sign-in forces one)."
                .to_owned(),
        ),
        (None, Err(gap)) => Verdict::unseen(gap, format!("whether {wanted} was consented could not be read")),
        (Some(None), Err(gap)) => unexplained(want, evidence, "what was consented", &gap),
        (_, Ok(None)) => missing(want, evidence),
    }
}

fn held(wanted: &str, by: &str) -> Verdict {
    let detail = match by.eq_ignore_ascii_case(wanted) {
        true => format!("{wanted} is held"),
        false => format!("{wanted} is included in {by}"),
    };
    Verdict { status: Status::Pass, reason: None, detail, remedy: String::new(), gap: None }
}

/// Why a permission that is certainly not held is not held.
fn missing(want: Wanted<'_>, evidence: &Evidence) -> Verdict {
    let wanted = want.name;
    let asked = |application: bool| {
        let own = |request: &&Request| {
            request.resource_client_id.eq_ignore_ascii_case(&evidence.resource_client_id) && request.application == application
        };
        match evidence.requested.whole() {
            Ok(all) => want.requested(all.iter().filter(own), &evidence.names),
            Err(gap) => Err(gap.clone()),
        }
    };
    let (as_application, as_delegated) = (asked(true), asked(false));
    if let Ok(Some(_)) = as_application {
        let detail = format!("{wanted} is requested as Application permission, but admin consent is missing");
        return Verdict::fail(Why::ConsentMissing, detail, consent(evidence));
    }
    let delegated = evidence.delegated.whole().is_ok_and(|all| all.iter().any(|scope| want.is(scope)));
    if delegated || matches!(as_delegated, Ok(Some(_))) {
        let detail =
            format!("{wanted} is there as Delegated permission only, and an application needs it as Application permission");
        return Verdict::fail(Why::DelegatedOnly, detail, request(&[wanted], evidence));
    }
    match (as_application.and(as_delegated), evidence.delegated.whole()) {
        (Ok(_), Ok(_)) => {
            let detail = format!("{wanted} is neither requested nor granted");
            Verdict::fail(Why::NotRequested, detail, request(&[wanted], evidence))
        }
        (Err(gap), _) => unexplained(want, evidence, "whether it is requested", &gap),
        (Ok(_), Err(gap)) => unexplained(want, evidence, "whether it is there as Delegated permission", gap),
    }
}

/// A permission that is certainly not held, and why may not be read.
fn unexplained(want: Wanted<'_>, evidence: &Evidence, unread: &str, gap: &Unreadable) -> Verdict {
    let wanted = want.name;
    let detail = format!("{wanted} is not held; {unread} could not be read ({})", gap.reason.word());
    Verdict { gap: Some(gap.clone()), ..Verdict::fail(Why::NotGranted, detail, request(&[wanted], evidence)) }
}

/// The verdict about a principal of which the directory does not say whether it is enabled: what is not held is not held either way.
pub fn hidden(wanted: &str, verdict: Verdict) -> Verdict {
    if verdict.status != Status::Pass {
        return verdict;
    }
    let gap = Unreadable {
        reason: Reason::Hidden,
        code: String::new(),
        remedy: "The directory does not say whether the service principal is enabled. Grant Application.Read.All as Application \
                 permission; the read is /servicePrincipals/{id}."
            .to_owned(),
        ..Unreadable::unasked(Subject::ServicePrincipals)
    };
    Verdict::unseen(gap, format!("{wanted} is granted; whether the service principal is enabled is hidden"))
}

/// Why permissions of a principal that is disabled do nothing.
pub fn disabled(wanted: &str, object_id: &str) -> Verdict {
    Verdict::fail(
        Why::PrincipalDisabled,
        format!("the service principal is disabled: it gets no new token, and {wanted} is of no use without one"),
        format!(
            "Enable it: Entra admin center > Enterprise applications > the application > Properties > \"Enabled for users to sign in\" \
             (az ad sp update --id {object_id} --set accountEnabled=true)."
        ),
    )
}
