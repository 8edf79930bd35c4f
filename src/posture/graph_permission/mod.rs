//! Whether a principal holds a permission of an API such as Microsoft Graph, and if not, which of the few usual reasons it is.

pub mod names;
mod user;

pub use names::{KNOWN, MICROSOFT_GRAPH, includes, name_of, named, reads};
pub use user::delegated;

use super::{Reason, Status, Unreadable};

/// The id of the role that stands for access without any permission.
const DEFAULT_ACCESS: &str = "00000000-0000-0000-0000-000000000000";

/// What was read, or why not.
pub type Read<T> = Result<T, Unreadable>;

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
}

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
    pub granted: Read<Vec<Grant>>,
    /// Names of Delegated permissions that were consented.
    pub delegated: Read<Vec<String>>,
    /// What the registration asks for, of all APIs.
    pub requested: Read<Vec<Request>>,
    /// Whether the API's own list of permissions was read; without it, ids that are not known here have no name.
    pub names: Read<()>,
    /// Client id of the API.
    pub resource_client_id: String,
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
    /// Why, as a word; empty for a pass.
    pub reason: &'static str,
    /// Why, in a sentence.
    pub detail: String,
    /// The one next step; empty for a pass.
    pub remedy: String,
    /// What could not be seen and would have decided.
    pub gap: Option<Unreadable>,
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

    /// The name among these ids and names that counts as it; a gap if none does and one could, if only its name were known.
    fn among<'a>(
        &self,
        mut all: impl Iterator<Item = (&'a str, &'a str)> + Clone,
        names: &'a Read<()>,
    ) -> Result<Option<&'a str>, &'a Unreadable> {
        // The id of a permission that is known here has its name; that of one which includes it need not be known.
        let has_its_name = self.is_graph && !self.accept_superset && named(self.name).is_some();
        let nameless = |(id, name): (&str, &str)| id == name && id != DEFAULT_ACCESS;
        let could_be = !has_its_name && all.clone().any(nameless);
        match (all.find(|(_, name)| self.is(name)), names) {
            (None, Err(gap)) if could_be => Err(gap),
            (found, _) => Ok(found.map(|(_, name)| name)),
        }
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
    let granted = evidence.granted.as_ref().and_then(|grants| {
        let grants = grants.iter().map(|grant| (grant.id.as_str(), grant.name.as_str()));
        want.among(grants, &evidence.names)
    });
    match (in_token, granted) {
        (Some(Some(role)), _) => held(wanted, role),
        (None, Ok(Some(grant))) => held(wanted, grant),
        (Some(None), Ok(Some(grant))) => Verdict {
            status: Status::Fail,
            reason: "token_older_than_consent",
            detail: format!("{grant} is consented, but the token of this sign-in does not hold it yet"),
            remedy:
                "Run again, or set `wait_seconds`: consent reaches new tokens within minutes (a managed identity keeps one for up to 24 \
                     hours, and az logout with a new sign-in forces one)."
                    .to_owned(),
            gap: None,
        },
        (None, Err(gap)) => Verdict {
            status: Status::Unknown,
            reason: gap.reason.word(),
            detail: format!("whether {wanted} was consented could not be read"),
            remedy: gap.remedy.clone(),
            gap: Some(gap.clone()),
        },
        (Some(None), _) | (None, Ok(None)) => missing(want, evidence),
    }
}

fn held(wanted: &str, by: &str) -> Verdict {
    let detail = match by.eq_ignore_ascii_case(wanted) {
        true => format!("{wanted} is held"),
        false => format!("{wanted} is included in {by}"),
    };
    Verdict { status: Status::Pass, reason: "", detail, remedy: String::new(), gap: None }
}

/// Why a permission that is certainly not held is not held.
fn missing(want: Wanted<'_>, evidence: &Evidence) -> Verdict {
    let wanted = want.name;
    let fail = |reason, detail: String, remedy: String| Verdict { status: Status::Fail, reason, detail, remedy, gap: None };
    let asked = |application: bool| {
        let own = move |request: &&Request| {
            request.resource_client_id.eq_ignore_ascii_case(&evidence.resource_client_id) && request.application == application
        };
        evidence.requested.as_ref().and_then(|all| {
            let own = all.iter().filter(own).map(|request| (request.id.as_str(), request.name.as_str()));
            want.among(own, &evidence.names)
        })
    };
    let (as_application, as_delegated) = (asked(true), asked(false));
    if let Ok(Some(_)) = as_application {
        let detail = format!("{wanted} is requested as Application permission, but admin consent is missing");
        return fail("consent_missing", detail, consent(evidence));
    }
    let delegated = evidence.delegated.as_ref().is_ok_and(|all| all.iter().any(|scope| want.is(scope)));
    if delegated || matches!(as_delegated, Ok(Some(_))) {
        let detail =
            format!("{wanted} is there as Delegated permission only, and an application needs it as Application permission");
        return fail("delegated_only", detail, request(&[wanted], evidence));
    }
    match as_application.and(as_delegated) {
        Ok(_) => fail("not_requested", format!("{wanted} is neither requested nor granted"), request(&[wanted], evidence)),
        Err(gap) => Verdict {
            gap: Some(gap.clone()),
            ..fail(
                "not_granted",
                format!("{wanted} is not held; whether it is requested could not be read ({})", gap.reason.word()),
                request(&[wanted], evidence),
            )
        },
    }
}

/// How an administrator consents to what is requested.
pub fn consent(evidence: &Evidence) -> String {
    let client = evidence.client_id.as_deref().unwrap_or("<client id>");
    format!(
        "Entra admin center > App registrations > the application > API permissions > Grant admin consent \
         (az ad app permission admin-consent --id {client}), by a Privileged Role Administrator."
    )
}

/// How permissions are added and consented.
pub fn request(wanted: &[&str], evidence: &Evidence) -> String {
    let api = &evidence.resource_client_id;
    let is_graph = api.eq_ignore_ascii_case(MICROSOFT_GRAPH);
    let id = |name: &&str| named(name).filter(|_| is_graph).map_or("<permission id>", |known| known.application_id);
    let ids: Vec<&str> = wanted.iter().map(id).collect();
    let names = wanted.join(" and ");
    if evidence.holder == Holder::ManagedIdentity {
        let (object, host) = (evidence.object_id.as_deref().unwrap_or("<object id>"), &evidence.graph_host);
        let id = ids.first().copied().unwrap_or_default();
        return format!(
            "A managed identity has no portal page for this; a Privileged Role Administrator grants {names} with: az rest --method POST \
             --url https://{host}/v1.0/servicePrincipals/{object}/appRoleAssignments --body '{{\"principalId\": \
             \"{object}\", \"resourceId\": \"<object id of the API's service principal>\", \"appRoleId\": \"{id}\"}}'"
        );
    }
    let client = evidence.client_id.as_deref().unwrap_or("<client id>");
    let roles = ids.iter().map(|id| format!("{id}=Role")).collect::<Vec<_>>().join(" ");
    format!(
        "Add {names} as Application permission (Entra admin center > App registrations > the application > API permissions > Add a \
         permission > Application permissions; az ad app permission add --id {client} --api {api} --api-permissions {roles}), then \
         grant admin consent (az ad app permission admin-consent --id {client})."
    )
}

/// A gap for a fact that was not asked for; no verdict may rest on it.
pub fn unasked(subject: &str) -> Unreadable {
    Unreadable {
        subject: subject.to_owned(),
        scope: "graph".to_owned(),
        reason: Reason::NotProven,
        code: "NotAsked".to_owned(),
        remedy: "This fact was not read because nothing asked for it.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap() -> Unreadable {
        Unreadable { reason: Reason::Forbidden, remedy: "grant it".into(), ..unasked("applications") }
    }

    fn evidence(token: Option<&[&str]>) -> Evidence {
        Evidence {
            holder: Holder::Application,
            token: token.map(|roles| roles.iter().map(|role| (*role).to_owned()).collect()),
            scopes: Some(vec![]),
            directory_roles: vec![],
            granted: Ok(vec![]),
            delegated: Ok(vec![]),
            requested: Ok(vec![]),
            names: Ok(()),
            resource_client_id: MICROSOFT_GRAPH.into(),
            client_id: Some("c1".into()),
            object_id: Some("o1".into()),
            graph_host: "graph.microsoft.us".into(),
        }
    }

    fn grants(names: &[&str]) -> Read<Vec<Grant>> {
        Ok(names.iter().map(|name| Grant { id: "i".into(), name: (*name).into() }).collect())
    }

    fn asked(name: &str, application: bool) -> Read<Vec<Request>> {
        Ok(vec![Request { resource_client_id: MICROSOFT_GRAPH.into(), id: "i".into(), name: name.into(), application }])
    }

    fn said(wanted: &str, evidence: &Evidence) -> (Status, &'static str) {
        let verdict = judge(wanted, true, evidence);
        assert_eq!(verdict.status == Status::Pass, verdict.remedy.is_empty(), "{verdict:?}");
        (verdict.status, verdict.reason)
    }

    #[test]
    fn what_the_token_holds_is_held() {
        assert_eq!(said("Policy.Read.All", &evidence(Some(&["Policy.Read.All"]))), (Status::Pass, ""));
        assert_eq!(said("user.read.all", &evidence(Some(&["Directory.Read.All"]))), (Status::Pass, ""));
        let verdict = judge("User.Read.All", false, &evidence(Some(&["Directory.Read.All"])));
        assert_eq!(verdict.reason, "not_requested", "a superset counts only if it is accepted");
    }

    #[test]
    fn each_way_to_lack_a_permission_has_its_own_reason() {
        let base = evidence(Some(&[]));
        let cases = [
            (Evidence { granted: grants(&["Policy.Read.All"]), ..base.clone() }, "token_older_than_consent"),
            (Evidence { requested: asked("Policy.Read.All", true), ..base.clone() }, "consent_missing"),
            (Evidence { requested: asked("Policy.Read.All", false), ..base.clone() }, "delegated_only"),
            (Evidence { delegated: Ok(vec!["Policy.Read.All".into()]), ..base.clone() }, "delegated_only"),
            (base.clone(), "not_requested"),
            (Evidence { requested: Err(gap()), granted: Err(gap()), ..base.clone() }, "not_granted"),
            (Evidence { holder: Holder::User, ..base.clone() }, "user_sign_in"),
        ];
        for (evidence, reason) in cases {
            assert_eq!(said("Policy.Read.All", &evidence), (Status::Fail, reason));
        }
    }

    #[test]
    fn consent_to_another_api_does_not_count() {
        let other = Request { resource_client_id: "other".into(), ..asked("Policy.Read.All", true).unwrap().remove(0) };
        let evidence = Evidence { requested: Ok(vec![other]), ..evidence(Some(&[])) };
        assert_eq!(said("Policy.Read.All", &evidence), (Status::Fail, "not_requested"));
    }

    #[test]
    fn without_a_token_the_grants_decide_and_unread_grants_are_unknown() {
        let base = evidence(None);
        let granted = Evidence { granted: grants(&["Directory.Read.All"]), ..base.clone() };
        assert_eq!(said("Directory.Read.All", &granted), (Status::Pass, ""));
        assert_eq!(said("Policy.Read.All", &granted), (Status::Fail, "not_requested"));
        let unread = Evidence { granted: Err(gap()), ..base };
        assert_eq!(said("Policy.Read.All", &unread), (Status::Unknown, "forbidden"));
    }

    #[test]
    fn what_has_no_name_is_not_taken_for_something_else_and_not_for_nothing() {
        let id = "19dbc75e-c2e2-444c-a770-ec69d8559fc7".to_owned();
        let nameless = vec![Grant { name: id.clone(), id: id.clone() }];
        let unnamed = Evidence { granted: Ok(nameless.clone()), names: Err(gap()), ..evidence(None) };
        assert_eq!(said("Directory.Read.All", &unnamed), (Status::Unknown, "forbidden"));
        assert_eq!(judge("Directory.Read.All", false, &unnamed).status, Status::Fail, "its own id is known");
        assert_eq!(judge("Mail.Read", false, &unnamed).status, Status::Unknown);
        let listed = Evidence { granted: Ok(nameless), ..evidence(None) };
        assert_eq!(said("Mail.Read", &listed), (Status::Fail, "not_requested"));
        let open = Grant { name: DEFAULT_ACCESS.into(), id: DEFAULT_ACCESS.into() };
        let open = Evidence { granted: Ok(vec![open]), names: Err(gap()), ..evidence(None) };
        assert_eq!(said("Mail.Read", &open), (Status::Fail, "not_requested"), "access without a permission is none");
        let asked = Request { id: id.clone(), name: id, ..asked("Mail.Read", true).unwrap().remove(0) };
        let asked = Evidence { requested: Ok(vec![asked]), names: Err(gap()), ..evidence(Some(&[])) };
        assert_eq!(said("Mail.Read", &asked), (Status::Fail, "not_granted"), "the token decides, and only why is not known");
    }

    #[test]
    fn the_remedy_names_the_permission_its_id_and_the_application() {
        let remedy = judge("Policy.Read.All", true, &evidence(Some(&[]))).remedy;
        for part in ["Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68=Role", "--id c1", "Application permissions"] {
            assert!(remedy.contains(part), "{part} in {remedy}");
        }
        let managed = Evidence { holder: Holder::ManagedIdentity, ..evidence(Some(&[])) };
        let remedy = judge("Policy.Read.All", true, &managed).remedy;
        assert!(remedy.contains("https://graph.microsoft.us/v1.0/servicePrincipals/o1/appRoleAssignments"), "{remedy}");
    }

    #[test]
    fn the_superset_table_is_for_microsoft_graph_alone() {
        let other = Evidence { resource_client_id: "api".into(), ..evidence(None) };
        let other = Evidence { granted: grants(&["Directory.Read.All"]), ..other };
        assert_eq!(judge("User.Read.All", true, &other).status, Status::Fail);
    }
}
