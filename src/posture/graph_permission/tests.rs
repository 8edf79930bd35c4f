//! Every way to hold a permission, to lack it, and not to know.

use super::*;

fn gap() -> Unreadable {
    Unreadable { reason: Reason::Forbidden, remedy: "grant it".into(), ..Unreadable::unasked(Subject::Applications) }
}

fn evidence(token: Option<&[&str]>) -> Evidence {
    Evidence {
        holder: Holder::Application,
        token: token.map(|roles| roles.iter().map(|role| (*role).to_owned()).collect()),
        scopes: Some(vec![]),
        directory_roles: vec![],
        granted: Seen::all(vec![]),
        delegated: Seen::all(vec![]),
        requested: Seen::all(vec![]),
        names: Seen::all(Offered::new()),
        resource_client_id: MICROSOFT_GRAPH.into(),
        api_id: Some("a1".into()),
        other_apis: BTreeMap::new(),
        client_id: Some("c1".into()),
        object_id: Some("o1".into()),
        graph_host: "graph.microsoft.us".into(),
    }
}

fn grants(names: &[&str]) -> Seen<Vec<Grant>> {
    let grant = |name: &&str| Grant { id: "i".into(), name: (*name).into(), of_api: Some(true), resource_id: Some("a1".into()) };
    Seen::all(names.iter().map(grant).collect())
}

fn asking(name: &str, application: bool) -> Request {
    Request { resource_client_id: MICROSOFT_GRAPH.into(), id: "i".into(), name: name.into(), application }
}

fn asked(name: &str, application: bool) -> Seen<Vec<Request>> {
    Seen::all(vec![asking(name, application)])
}

fn said(wanted: &str, evidence: &Evidence) -> (Status, &'static str) {
    let verdict = judge(wanted, true, evidence);
    assert_eq!(verdict.status == Status::Pass, verdict.remedy.is_empty(), "{verdict:?}");
    (verdict.status, Why::shown(verdict.reason))
}

#[test]
fn what_the_token_holds_is_held() {
    assert_eq!(said("Policy.Read.All", &evidence(Some(&["Policy.Read.All"]))), (Status::Pass, ""));
    assert_eq!(said("user.read.all", &evidence(Some(&["Directory.Read.All"]))), (Status::Pass, ""));
    let verdict = judge("User.Read.All", false, &evidence(Some(&["Directory.Read.All"])));
    assert_eq!(verdict.reason, Some(Why::NotRequested), "a superset counts only if it is accepted");
}

#[test]
fn each_way_to_lack_a_permission_has_its_own_reason() {
    let base = evidence(Some(&[]));
    let cases = [
        (Evidence { granted: grants(&["Policy.Read.All"]), ..base.clone() }, "token_older_than_consent"),
        (Evidence { requested: asked("Policy.Read.All", true), ..base.clone() }, "consent_missing"),
        (Evidence { requested: asked("Policy.Read.All", false), ..base.clone() }, "delegated_only"),
        (Evidence { delegated: Seen::all(vec!["Policy.Read.All".into()]), ..base.clone() }, "delegated_only"),
        (base.clone(), "not_requested"),
        (Evidence { requested: Seen::unseen(gap()), granted: Seen::unseen(gap()), ..base.clone() }, "not_granted"),
        (Evidence { requested: Seen::unseen(gap()), ..base.clone() }, "not_granted"),
        (Evidence { delegated: Seen::unseen(gap()), ..base.clone() }, "not_granted"),
        (Evidence { holder: Holder::User, ..base.clone() }, "user_sign_in"),
    ];
    for (evidence, reason) in cases {
        assert_eq!(said("Policy.Read.All", &evidence), (Status::Fail, reason));
    }
}

/// It may be consented, and the token older than that.
#[test]
fn without_the_grants_nothing_is_said_about_consent() {
    let base = Evidence { granted: Seen::unseen(gap()), ..evidence(Some(&[])) };
    for evidence in [
        base.clone(),
        Evidence { requested: asked("Policy.Read.All", true), ..base.clone() },
        Evidence { requested: asked("Policy.Read.All", false), ..base.clone() },
        Evidence { delegated: Seen::all(vec!["Policy.Read.All".into()]), ..base.clone() },
    ] {
        let verdict = judge("Policy.Read.All", true, &evidence);
        assert_eq!((verdict.status, verdict.reason, verdict.gap), (Status::Fail, Some(Why::NotGranted), Some(gap())));
        assert!(verdict.detail.contains("what was consented could not be read (forbidden)"), "{}", verdict.detail);
    }
}

#[test]
fn of_a_principal_that_may_be_disabled_only_a_pass_is_not_known() {
    let verdict = |token: &[&str]| hidden("Mail.Read", judge("Mail.Read", true, &evidence(Some(token))));
    let passed = verdict(&["Mail.Read"]);
    assert_eq!((passed.status, passed.reason), (Status::Unknown, Some(Reason::Hidden.into())));
    assert!(passed.gap.is_some_and(|gap| gap.reason == Reason::Hidden && gap.remedy == passed.remedy));
    assert_eq!(verdict(&[]).reason, Some(Why::NotRequested));
}

#[test]
fn consent_to_another_api_does_not_count() {
    let other = Request { resource_client_id: "other".into(), ..asking("Policy.Read.All", true) };
    let evidence = Evidence { requested: Seen::all(vec![other]), ..evidence(Some(&[])) };
    assert_eq!(said("Policy.Read.All", &evidence), (Status::Fail, "not_requested"));
}

#[test]
fn without_a_token_the_grants_decide_and_unread_grants_are_unknown() {
    let base = evidence(None);
    let granted = Evidence { granted: grants(&["Directory.Read.All"]), ..base.clone() };
    assert_eq!(said("Directory.Read.All", &granted), (Status::Pass, ""));
    assert_eq!(said("Policy.Read.All", &granted), (Status::Fail, "not_requested"));
    let unread = Evidence { granted: Seen::unseen(gap()), ..base };
    assert_eq!(said("Policy.Read.All", &unread), (Status::Unknown, "forbidden"));
}

#[test]
fn what_has_no_name_is_not_taken_for_something_else_and_not_for_nothing() {
    let id = "19dbc75e-c2e2-444c-a770-ec69d8559fc7".to_owned();
    let nameless = vec![Grant { name: id.clone(), id: id.clone(), of_api: None, resource_id: None }];
    let unnamed = Evidence { granted: Seen::all(nameless.clone()), names: Seen::unseen(gap()), ..evidence(None) };
    assert_eq!(said("Directory.Read.All", &unnamed), (Status::Unknown, "forbidden"));
    assert_eq!(judge("Directory.Read.All", false, &unnamed).status, Status::Fail, "its own id is known");
    assert_eq!(judge("Mail.Read", false, &unnamed).status, Status::Unknown);
    let listed = Grant { name: id.clone(), id: id.clone(), of_api: Some(true), resource_id: Some("a1".into()) };
    let listed = Evidence { granted: Seen::all(vec![listed]), ..evidence(None) };
    assert_eq!(said("Mail.Read", &listed), (Status::Fail, "not_requested"));
    let open = Grant { name: DEFAULT_ACCESS.into(), id: DEFAULT_ACCESS.into(), of_api: None, resource_id: None };
    let open = Evidence { granted: Seen::all(vec![open]), names: Seen::unseen(gap()), ..evidence(None) };
    assert_eq!(said("Mail.Read", &open), (Status::Fail, "not_requested"), "access without a permission is none");
    let asked = Request { id: id.clone(), name: id, ..asking("Mail.Read", true) };
    let asked = Evidence { requested: Seen::all(vec![asked]), names: Seen::unseen(gap()), ..evidence(Some(&[])) };
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
    let grant = |of_api| Grant { id: "7ab1d382".into(), name: "Directory.Read.All".into(), of_api, resource_id: None };
    let with = |of_api, names| Evidence { granted: Seen::all(vec![grant(of_api)]), names, ..evidence(None) };
    assert_eq!(said("Directory.Read.All", &with(Some(true), Seen::all(Offered::new()))), (Status::Pass, ""));
    assert_eq!(said("Directory.Read.All", &with(Some(false), Seen::all(Offered::new()))), (Status::Fail, "not_requested"));
    assert_eq!(said("Directory.Read.All", &with(None, Seen::unseen(gap()))), (Status::Unknown, "forbidden"));
    assert_eq!(
        said("User.Read.All", &with(None, Seen::unseen(gap()))),
        (Status::Unknown, "forbidden"),
        "a wider one counts alike"
    );
    assert_eq!(said("Directory.Read.All", &with(None, Seen::all(Offered::new()))), (Status::Unknown, "hidden"));
    assert_eq!(
        said("Policy.Read.All", &with(None, Seen::unseen(gap()))),
        (Status::Fail, "not_requested"),
        "it is another one anyway"
    );
    let own = Evidence { token: Some(vec![]), ..with(None, Seen::unseen(gap())) };
    assert_eq!(said("Directory.Read.All", &own), (Status::Fail, "not_granted"), "the token decides, and it may be consented");
}

#[test]
fn what_is_requested_of_one_api_is_not_consented_by_a_grant_of_another() {
    let request = asking("Policy.Read.All", true);
    let with = |of_api, names| Evidence {
        granted: Seen::all(vec![Grant { id: "I".into(), name: "i".into(), of_api, resource_id: None }]),
        names,
        ..evidence(None)
    };
    assert_eq!(is_consented(&request, &with(Some(true), Seen::all(Offered::new()))), Ok(true));
    assert_eq!(is_consented(&request, &with(Some(false), Seen::all(Offered::new()))), Ok(false));
    assert_eq!(is_consented(&request, &with(None, Seen::unseen(gap()))), Err(gap()));
    assert!(is_consented(&request, &with(None, Seen::all(Offered::new()))).is_err());
    assert_eq!(is_consented(&request, &evidence(None)), Ok(false));
    assert_eq!(is_consented(&request, &Evidence { granted: Seen::unseen(gap()), ..evidence(None) }), Err(gap()));
}

/// That a grant is not of Microsoft Graph does not make it one of the API that was asked.
#[test]
fn what_is_requested_of_another_api_is_consented_only_by_a_grant_of_that_one() {
    let request = Request { resource_client_id: "B".into(), ..asking("Read.All", true) };
    let with = |of_api, resource_id: Option<&str>, principal: Option<Result<Option<&str>, Unreadable>>| {
        let resource_id = resource_id.map(str::to_owned);
        let principal = principal.map(|read| read.map(|id| id.map(str::to_owned)));
        let evidence = Evidence {
            granted: Seen::all(vec![Grant { id: "I".into(), name: "i".into(), of_api, resource_id }]),
            other_apis: principal.map(|read| ("b".to_owned(), read.into())).into_iter().collect(),
            ..evidence(None)
        };
        is_consented(&request, &evidence)
    };
    let other = Some(false);
    assert_eq!(with(other, Some("B1"), Some(Ok(Some("b1")))), Ok(true));
    assert_eq!(with(other, Some("c1"), Some(Ok(Some("b1")))), Ok(false), "of a third API");
    assert_eq!(with(other, Some("c1"), Some(Ok(None))), Ok(false), "an API that is not in the tenant grants nothing");
    assert_eq!(with(other, Some("c1"), Some(Err(gap()))), Err(gap()));
    assert_eq!(with(None, Some("b1"), Some(Err(gap()))), Err(gap()));
    assert_eq!(with(None, Some("b1"), Some(Ok(Some("b1")))), Ok(true), "whatever Microsoft Graph's own principal is");
    assert_eq!(with(None, None, Some(Ok(Some("b1")))), Err(of_which_api()));
    assert_eq!(with(other, Some("b1"), None), Err(Unreadable::unasked(Subject::ServicePrincipals)));
    assert_eq!(with(Some(true), Some("a1"), Some(Err(gap()))), Ok(false), "it is one of Microsoft Graph");
    assert_eq!(is_consented(&request, &evidence(None)), Ok(false), "without a grant nothing is consented");
}

#[test]
fn one_step_asks_for_all_that_is_missing_with_the_ids_that_are_known() {
    let offered = Offered::from([("mail.read".to_owned(), "810c84a8".to_owned())]);
    let evidence = Evidence { names: Seen::all(offered), ..evidence(Some(&["AuditLog.Read.All"])) };
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
