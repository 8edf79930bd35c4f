//! A user's sign-in. It holds no Application permission at all; what it may read is what the application it goes through was given as
//! Delegated permission, as far as the user's own directory roles reach.

use super::{Evidence, Verdict, held, includes};
use crate::posture::{Place, Reason, Subject, Unreadable, Why, rbac::directory_roles::GLOBAL_ADMINISTRATOR};

/// The Delegated permission with which an application does towards the directory whatever the user may.
const ACT_AS_USER: &str = "Directory.AccessAsUser.All";

const DIRECTORY_READERS: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";
const GLOBAL_READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
const REPORTS_READER: &str = "4a5d8f65-41da-4de4-8968-e035b65339cf";
const SECURITY_ADMINISTRATOR: &str = "194ae4cb-b126-40b2-bd5b-6091b380977d";
const SECURITY_READER: &str = "5d6b6bb7-de71-4623-b4af-96380a352509";

/// The directory roles, by template id, with which all reads of a permission, and of what it includes, are known to work. Members
/// without a role read most of the directory as well, unless the tenant restricts it, which no token tells; and not every role that
/// reads sign-ins reads who is registered for MFA.
const REACH: &[(&str, &[&str])] = &[
    ("AuditLog.Read.All", &[GLOBAL_ADMINISTRATOR, GLOBAL_READER, REPORTS_READER, SECURITY_ADMINISTRATOR, SECURITY_READER]),
    ("Directory.Read.All", &[DIRECTORY_READERS, GLOBAL_ADMINISTRATOR, GLOBAL_READER]),
];

/// Whether an Application permission is held: by a user never.
pub(super) fn application(wanted: &str, evidence: &Evidence) -> Verdict {
    let Some(scopes) = &evidence.scopes else { return hidden(wanted) };
    match scopes.iter().find(|scope| includes(scope, wanted)) {
        Some(scope) => refused(
            wanted,
            format!("this is the sign-in of a user: {scope} is there as Delegated permission only, and reads what the user may"),
        ),
        None => out_of_reach(wanted),
    }
}

/// Whether a user's sign-in may read what needs this permission of Microsoft Graph.
pub fn delegated(wanted: &str, evidence: &Evidence) -> Verdict {
    let Some(scopes) = &evidence.scopes else { return hidden(wanted) };
    let as_user = |scope: &str| scope.eq_ignore_ascii_case(ACT_AS_USER) && includes("Directory.Read.All", wanted);
    let Some(scope) = scopes.iter().find(|scope| includes(scope, wanted) || as_user(scope)) else { return out_of_reach(wanted) };
    let reaches = |role: &String| {
        let rows = REACH.iter().filter(|(permission, _)| includes(permission, wanted)).flat_map(|(_, roles)| *roles);
        rows.chain(&[GLOBAL_ADMINISTRATOR]).any(|known| known.eq_ignore_ascii_case(role))
    };
    let mut verdict = held(wanted, scope);
    if evidence.directory_roles.iter().any(reaches) {
        verdict.detail.push_str(" as Delegated permission, and a directory role of the user reaches as far");
        return verdict;
    }
    let detail = format!(
        "{} as Delegated permission, but what it reads depends on the user's directory roles, and the token names none that is known to \
         reach it",
        verdict.detail
    );
    let remedy = format!(
        "Sign in with an application that holds {wanted} as Application permission, or have the user given a directory role that reads \
         it (Global Reader; Entra admin center > Roles & admins)."
    );
    unknown(Reason::NotProven, Subject::DirectoryRoles, "", detail, remedy)
}

fn out_of_reach(wanted: &str) -> Verdict {
    refused(
        wanted,
        format!(
            "this is the sign-in of a user, and the application it goes through does not hold {wanted} (Azure CLI cannot be given it, \
             whatever the user's roles)"
        ),
    )
}

fn refused(wanted: &str, detail: String) -> Verdict {
    let remedy =
        format!("Sign in with an application that holds {wanted} as Application permission: a service principal with OIDC.");
    Verdict::fail(Why::UserSignIn, detail, remedy)
}

/// Nobody but the service can read an opaque token, so not even whether the user's application was given anything is known.
fn hidden(wanted: &str) -> Verdict {
    let remedy = format!("Sign in with an application that holds {wanted} as Application permission.");
    let detail = format!("the token of this user's sign-in does not say whether it holds {wanted}");
    unknown(Reason::Hidden, Subject::Token, "OpaqueToken", detail, remedy)
}

fn unknown(reason: Reason, subject: Subject, code: &str, detail: String, remedy: String) -> Verdict {
    let gap = Unreadable { subject, place: Place::Graph, reason, code: code.to_owned(), remedy };
    Verdict::unseen(gap, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::{
        Seen, Status,
        graph_permission::{Holder, MICROSOFT_GRAPH, judge},
    };

    /// What `az login` gives any user.
    const OF_AZ: &[&str] =
        &["Application.ReadWrite.All", "AuditLog.Read.All", "Directory.AccessAsUser.All", "Group.ReadWrite.All", "User.Read.All"];

    fn user(scopes: Option<&[&str]>, roles: &[&str]) -> Evidence {
        let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        Evidence {
            holder: Holder::User,
            token: Some(vec![]),
            scopes: scopes.map(owned),
            directory_roles: owned(roles),
            granted: Seen::all(vec![]),
            delegated: Seen::all(vec![]),
            requested: Seen::all(vec![]),
            names: Seen::all(Default::default()),
            resource_client_id: MICROSOFT_GRAPH.into(),
            api_id: None,
            other_apis: Default::default(),
            client_id: None,
            object_id: None,
            graph_host: "graph.microsoft.com".into(),
        }
    }

    fn read(wanted: &str, evidence: &Evidence) -> (Status, &'static str) {
        let verdict = delegated(wanted, evidence);
        assert_eq!(verdict.status == Status::Pass, verdict.remedy.is_empty(), "{verdict:?}");
        assert_eq!(verdict.status == Status::Unknown, verdict.gap.is_some(), "{verdict:?}");
        (verdict.status, Why::shown(verdict.reason))
    }

    #[test]
    fn no_user_holds_an_application_permission() {
        let administrator = user(Some(OF_AZ), &[GLOBAL_ADMINISTRATOR]);
        for wanted in ["User.Read.All", "Directory.Read.All", "Policy.Read.All"] {
            let verdict = judge(wanted, true, &administrator);
            assert_eq!((verdict.status, verdict.reason), (Status::Fail, Some(Why::UserSignIn)));
        }
        let other_api = Evidence { resource_client_id: "api".into(), ..administrator };
        assert_eq!(judge("Orders.Read", true, &other_api).status, Status::Fail);
    }

    #[test]
    fn a_scope_reads_as_far_as_a_known_directory_role_reaches() {
        let cases: [(&str, &[&str], Status); 9] = [
            ("AuditLog.Read.All", &[], Status::Unknown),
            ("AuditLog.Read.All", &[DIRECTORY_READERS], Status::Unknown),
            ("AuditLog.Read.All", &["b79fbf4d-3ef9-4689-8143-76b194e85509", REPORTS_READER], Status::Pass),
            ("Directory.Read.All", &[REPORTS_READER], Status::Unknown),
            ("Directory.Read.All", &[DIRECTORY_READERS], Status::Pass),
            ("User.Read.All", &[GLOBAL_READER], Status::Pass),
            ("Group.Read.All", &[GLOBAL_READER], Status::Unknown),
            ("Group.Read.All", &[GLOBAL_ADMINISTRATOR], Status::Pass),
            ("Policy.Read.All", &[GLOBAL_ADMINISTRATOR], Status::Fail),
        ];
        for (wanted, roles, expected) in cases {
            let (status, reason) = read(wanted, &user(Some(OF_AZ), roles));
            let reasons = if expected == Status::Unknown {
                "not_proven"
            } else if expected == Status::Fail {
                "user_sign_in"
            } else {
                ""
            };
            assert_eq!((status, reason), (expected, reasons), "{wanted} with {roles:?}");
        }
    }

    #[test]
    fn an_opaque_token_hides_what_a_user_holds() {
        let opaque = user(None, &[]);
        assert_eq!(read("User.Read.All", &opaque), (Status::Unknown, "hidden"));
        assert_eq!(judge("User.Read.All", true, &opaque).reason, Some(Reason::Hidden.into()));
    }
}
