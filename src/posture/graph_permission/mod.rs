//! Whether a principal holds a permission of an API such as Microsoft Graph, and if not, which of the few usual reasons it is.

pub mod names;
mod steps;
mod user;

pub use names::{KNOWN, MICROSOFT_GRAPH, includes, is_delegated_only, name_of, named, reads};
pub use steps::{consent, next_step, request};
pub use user::delegated;

use std::collections::BTreeMap;

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
    /// Whether it is of the API that is asked about. None where that API's own principal could not be read, or the grant does not say
    /// of which API it is: two APIs may give their permissions the same id.
    pub of_api: Option<bool>,
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
    pub granted: Read<Vec<Grant>>,
    /// Names of Delegated permissions that were consented.
    pub delegated: Read<Vec<String>>,
    /// What the registration asks for, of all APIs.
    pub requested: Read<Vec<Request>>,
    /// The API's own list of permissions; without it, ids that are not known here have no name.
    pub names: Read<Offered>,
    /// Client id of the API.
    pub resource_client_id: String,
    /// Object id of the API's own principal, for the command that fixes it; none where it could not be read.
    pub api_id: Option<String>,
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
        names: &Read<Offered>,
    ) -> Result<Option<&'a str>, Unreadable> {
        let could_be = all.clone().any(|request| self.may_be(&request.id, &request.name));
        match (all.find(|request| self.is(&request.name)), names) {
            (None, Err(gap)) if could_be => Err(gap.clone()),
            (found, _) => Ok(found.map(|request| request.name.as_str())),
        }
    }

    /// The grant that counts as it; a gap if none does for certain and one could, if only its API or its name were known.
    fn granted<'a>(&self, grants: &'a [Grant], names: &Read<Offered>) -> Result<Option<&'a str>, Unreadable> {
        let certain = grants.iter().find(|grant| grant.of_api == Some(true) && self.is(&grant.name));
        if let Some(grant) = certain {
            return Ok(Some(&grant.name));
        }
        let could_be = |grant: &Grant| match grant.of_api {
            Some(false) => false,
            Some(true) => names.is_err() && self.may_be(&grant.id, &grant.name),
            None => self.is(&grant.name) || self.may_be(&grant.id, &grant.name),
        };
        match (grants.iter().any(could_be), names) {
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
        ..unasked("app_role_assignments")
    }
}

/// Whether what an application asked for as Application permission was consented.
pub fn is_consented(request: &Request, evidence: &Evidence) -> Read<bool> {
    let grants = evidence.granted.as_ref().map_err(Clone::clone)?;
    let of_this = request.resource_client_id.eq_ignore_ascii_case(&evidence.resource_client_id);
    let same = grants.iter().filter(|grant| grant.id.eq_ignore_ascii_case(&request.id)).map(|grant| grant.of_api);
    let same: Vec<Option<bool>> = same.collect();
    match &evidence.names {
        _ if same.contains(&Some(of_this)) => Ok(true),
        _ if !same.contains(&None) => Ok(false),
        Err(gap) => Err(gap.clone()),
        Ok(_) => Err(of_which_api()),
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
    let granted = match &evidence.granted {
        Ok(grants) => want.granted(grants, &evidence.names),
        Err(gap) => Err(gap.clone()),
    };
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
            gap: Some(gap),
        },
        (Some(None), Err(gap)) => unexplained(want, evidence, "what was consented", &gap),
        (_, Ok(None)) => missing(want, evidence),
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
        let own = |request: &&Request| {
            request.resource_client_id.eq_ignore_ascii_case(&evidence.resource_client_id) && request.application == application
        };
        match &evidence.requested {
            Ok(all) => want.requested(all.iter().filter(own), &evidence.names),
            Err(gap) => Err(gap.clone()),
        }
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
    match (as_application.and(as_delegated), &evidence.delegated) {
        (Ok(_), Ok(_)) => {
            fail("not_requested", format!("{wanted} is neither requested nor granted"), request(&[wanted], evidence))
        }
        (Err(gap), _) => unexplained(want, evidence, "whether it is requested", &gap),
        (Ok(_), Err(gap)) => unexplained(want, evidence, "whether it is there as Delegated permission", gap),
    }
}

/// A permission that is certainly not held, and why may not be read.
fn unexplained(want: Wanted<'_>, evidence: &Evidence, unread: &str, gap: &Unreadable) -> Verdict {
    let wanted = want.name;
    Verdict {
        status: Status::Fail,
        reason: "not_granted",
        detail: format!("{wanted} is not held; {unread} could not be read ({})", gap.reason.word()),
        remedy: request(&[wanted], evidence),
        gap: Some(gap.clone()),
    }
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
        ..unasked("service_principals")
    };
    Verdict {
        status: Status::Unknown,
        reason: gap.reason.word(),
        detail: format!("{wanted} is granted; whether the service principal is enabled is hidden"),
        remedy: gap.remedy.clone(),
        gap: Some(gap),
    }
}

/// Why permissions of a principal that is disabled do nothing.
pub fn disabled(wanted: &str, object_id: &str) -> Verdict {
    Verdict {
        status: Status::Fail,
        reason: "principal_disabled",
        detail: format!("the service principal is disabled: it gets no new token, and {wanted} is of no use without one"),
        remedy: format!(
            "Enable it: Entra admin center > Enterprise applications > the application > Properties > \"Enabled for users to sign in\" \
             (az ad sp update --id {object_id} --set accountEnabled=true)."
        ),
        gap: None,
    }
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
            names: Ok(Offered::new()),
            resource_client_id: MICROSOFT_GRAPH.into(),
            api_id: Some("a1".into()),
            client_id: Some("c1".into()),
            object_id: Some("o1".into()),
            graph_host: "graph.microsoft.us".into(),
        }
    }

    fn grants(names: &[&str]) -> Read<Vec<Grant>> {
        Ok(names.iter().map(|name| Grant { id: "i".into(), name: (*name).into(), of_api: Some(true) }).collect())
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
            (Evidence { requested: Err(gap()), ..base.clone() }, "not_granted"),
            (Evidence { delegated: Err(gap()), ..base.clone() }, "not_granted"),
            (Evidence { holder: Holder::User, ..base.clone() }, "user_sign_in"),
        ];
        for (evidence, reason) in cases {
            assert_eq!(said("Policy.Read.All", &evidence), (Status::Fail, reason));
        }
    }

    /// It may be consented, and the token older than that.
    #[test]
    fn without_the_grants_nothing_is_said_about_consent() {
        let base = Evidence { granted: Err(gap()), ..evidence(Some(&[])) };
        for evidence in [
            base.clone(),
            Evidence { requested: asked("Policy.Read.All", true), ..base.clone() },
            Evidence { requested: asked("Policy.Read.All", false), ..base.clone() },
            Evidence { delegated: Ok(vec!["Policy.Read.All".into()]), ..base.clone() },
        ] {
            let verdict = judge("Policy.Read.All", true, &evidence);
            assert_eq!((verdict.status, verdict.reason, verdict.gap), (Status::Fail, "not_granted", Some(gap())));
            assert!(verdict.detail.contains("what was consented could not be read (forbidden)"), "{}", verdict.detail);
        }
    }

    #[test]
    fn of_a_principal_that_may_be_disabled_only_a_pass_is_not_known() {
        let verdict = |token: &[&str]| hidden("Mail.Read", judge("Mail.Read", true, &evidence(Some(token))));
        let passed = verdict(&["Mail.Read"]);
        assert_eq!((passed.status, passed.reason), (Status::Unknown, "hidden"));
        assert!(passed.gap.is_some_and(|gap| gap.reason == Reason::Hidden && gap.remedy == passed.remedy));
        assert_eq!(verdict(&[]).reason, "not_requested");
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
        let nameless = vec![Grant { name: id.clone(), id: id.clone(), of_api: None }];
        let unnamed = Evidence { granted: Ok(nameless.clone()), names: Err(gap()), ..evidence(None) };
        assert_eq!(said("Directory.Read.All", &unnamed), (Status::Unknown, "forbidden"));
        assert_eq!(judge("Directory.Read.All", false, &unnamed).status, Status::Fail, "its own id is known");
        assert_eq!(judge("Mail.Read", false, &unnamed).status, Status::Unknown);
        let listed = Grant { name: id.clone(), id: id.clone(), of_api: Some(true) };
        let listed = Evidence { granted: Ok(vec![listed]), ..evidence(None) };
        assert_eq!(said("Mail.Read", &listed), (Status::Fail, "not_requested"));
        let open = Grant { name: DEFAULT_ACCESS.into(), id: DEFAULT_ACCESS.into(), of_api: None };
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
        assert!(remedy.contains("\"resourceId\": \"a1\""), "{remedy}");
        let remedy = judge("Policy.Read.All", true, &Evidence { api_id: None, ..managed }).remedy;
        assert!(remedy.contains("\"resourceId\": \"<object id of the API's service principal>\""), "{remedy}");
    }

    /// Two APIs may give their permissions the same id, and only the principal of an API tells which of them is meant.
    #[test]
    fn a_grant_of_an_api_that_is_not_known_is_never_taken_for_the_permission() {
        let grant = |of_api| Grant { id: "7ab1d382".into(), name: "Directory.Read.All".into(), of_api };
        let with = |of_api, names| Evidence { granted: Ok(vec![grant(of_api)]), names, ..evidence(None) };
        assert_eq!(said("Directory.Read.All", &with(Some(true), Ok(Offered::new()))), (Status::Pass, ""));
        assert_eq!(said("Directory.Read.All", &with(Some(false), Ok(Offered::new()))), (Status::Fail, "not_requested"));
        assert_eq!(said("Directory.Read.All", &with(None, Err(gap()))), (Status::Unknown, "forbidden"));
        assert_eq!(said("User.Read.All", &with(None, Err(gap()))), (Status::Unknown, "forbidden"), "a wider one counts alike");
        assert_eq!(said("Directory.Read.All", &with(None, Ok(Offered::new()))), (Status::Unknown, "hidden"));
        assert_eq!(said("Policy.Read.All", &with(None, Err(gap()))), (Status::Fail, "not_requested"), "it is another one anyway");
        let own = Evidence { token: Some(vec![]), ..with(None, Err(gap())) };
        assert_eq!(said("Directory.Read.All", &own), (Status::Fail, "not_granted"), "the token decides, and it may be consented");
    }

    #[test]
    fn what_is_requested_of_one_api_is_not_consented_by_a_grant_of_another() {
        let request = asked("Policy.Read.All", true).unwrap().remove(0);
        let elsewhere = Request { resource_client_id: "other".into(), ..request.clone() };
        let with = |of_api, names| Evidence {
            granted: Ok(vec![Grant { id: "I".into(), name: "i".into(), of_api }]),
            names,
            ..evidence(None)
        };
        assert_eq!(is_consented(&request, &with(Some(true), Ok(Offered::new()))), Ok(true));
        assert_eq!(is_consented(&request, &with(Some(false), Ok(Offered::new()))), Ok(false));
        assert_eq!(is_consented(&request, &with(None, Err(gap()))), Err(gap()));
        assert!(is_consented(&request, &with(None, Ok(Offered::new()))).is_err());
        assert_eq!(is_consented(&elsewhere, &with(Some(false), Ok(Offered::new()))), Ok(true));
        assert_eq!(is_consented(&elsewhere, &with(Some(true), Ok(Offered::new()))), Ok(false));
        assert_eq!(is_consented(&request, &evidence(None)), Ok(false));
        assert_eq!(is_consented(&request, &Evidence { granted: Err(gap()), ..evidence(None) }), Err(gap()));
    }

    #[test]
    fn one_step_asks_for_all_that_is_missing_with_the_ids_that_are_known() {
        let offered = Offered::from([("mail.read".to_owned(), "810c84a8".to_owned())]);
        let evidence = Evidence { names: Ok(offered), ..evidence(Some(&["AuditLog.Read.All"])) };
        let names = ["AuditLog.Read.All", "Mail.Read", "Policy.Read.All", "Odd.Read"];
        let verdicts = names.map(|name| judge(name, true, &evidence));
        let judged: Vec<(&str, &Verdict)> = names.into_iter().zip(&verdicts).collect();
        let step = next_step(&judged, &evidence);
        assert!(step.starts_with("Add Mail.Read, Policy.Read.All and Odd.Read as Application permission"), "{step}");
        let ids = "810c84a8=Role 246dd0d5-5bd0-4def-940b-0421030a5b68=Role <permission id>=Role";
        assert!(step.contains(ids), "{step}");
        let managed = Evidence { holder: Holder::ManagedIdentity, ..evidence };
        let step = next_step(&judged, &managed);
        assert!(
            step.ends_with("once for each permission id: 810c84a8, 246dd0d5-5bd0-4def-940b-0421030a5b68, <permission id>"),
            "{step}"
        );
        assert_eq!(next_step(&judged[..1], &managed), "");
    }

    #[test]
    fn the_superset_table_is_for_microsoft_graph_alone() {
        let other = Evidence { resource_client_id: "api".into(), ..evidence(None) };
        let other = Evidence { granted: grants(&["Directory.Read.All"]), ..other };
        assert_eq!(judge("User.Read.All", true, &other).status, Status::Fail);
    }
}
