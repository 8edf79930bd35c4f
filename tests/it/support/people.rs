//! A directory of any size that exists only while it is asked for: users in pages, each row as long as a real one, and what they have
//! registered.

use std::fmt::Write;

use azure_core::Bytes;

use super::cloud::{Asked, Role};

const REGISTRATIONS: &str = "/v1.0/reports/authenticationMethods/userRegistrationDetails";
/// Of so many people one was last there in spring.
const IDLE: usize = 4;

/// How large it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Directory {
    pub(crate) users: usize,
    /// Whether sign-ins may be read.
    pub(crate) shows_sign_ins: bool,
}

impl Directory {
    /// Those who were last there in spring.
    pub(crate) fn idle(self) -> usize {
        self.users.div_ceil(IDLE)
    }

    /// What Microsoft Graph answers; what it does not know of, the demo tenant does. Where sign-ins may not be read, that has to refuse them.
    pub(crate) fn front(self) -> impl Fn(Asked<'_>) -> Option<Bytes> + Send + Sync + 'static {
        move |asked| (asked.role == Role::Graph).then(|| self.answer(&asked)).flatten()
    }

    fn answer(self, asked: &Asked<'_>) -> Option<Bytes> {
        let (path, query) = asked.path.split_once('?')?;
        let number = |name: &str| query.split('&').find_map(|part| part.strip_prefix(name)?.parse::<usize>().ok());
        let (rows, start) = (number("$top=").unwrap_or(100), number("$skiptoken=").unwrap_or(0));
        let row: fn(&mut String, usize, bool) = match path {
            "/v1.0/users" => user,
            REGISTRATIONS => registration,
            _ => return None,
        };
        let with_sign_ins = query.contains("signInActivity");
        if path == "/v1.0/users" && with_sign_ins && !self.shows_sign_ins {
            return None;
        }
        let end = self.users.min(start + rows);
        let mut body = format!("{{\"@odata.context\":\"https://{}/v1.0/$metadata#users\"", asked.host);
        if end < self.users {
            let first: Vec<&str> = query.split('&').filter(|part| !part.starts_with("$skiptoken=")).collect();
            let _ = write!(body, ",\"@odata.nextLink\":\"https://{}{path}?{}&$skiptoken={end}\"", asked.host, first.join("&"));
        }
        body.push_str(",\"value\":[");
        for number in start..end {
            if number > start {
                body.push(',');
            }
            row(&mut body, number, with_sign_ins);
        }
        body.push_str("]}");
        Some(body.into())
    }
}

fn user(body: &mut String, number: usize, with_sign_ins: bool) {
    let day = if number.is_multiple_of(IDLE) { "2026-04-02" } else { "2026-10-30" };
    let _ = write!(
        body,
        r##"{{"id":"9e09e000-0000-4000-8000-{number:012x}","userPrincipalName":"person{number:06}@fabrikam-outdoor.example","displayName":"Person Number {number:06}","mail":"person.{number:06}@fabrikam-outdoor.example","otherMails":[],"proxyAddresses":["SMTP:person.{number:06}@fabrikam-outdoor.example","smtp:p{number:06}@fabrikam-outdoor.example"],"identities":[{{"signInType":"userPrincipalName","issuer":"fabrikam-outdoor.example","issuerAssignedId":"person{number:06}@fabrikam-outdoor.example"}}],"employeeId":"E{number:06}","department":"Sales","jobTitle":"Store assistant","userType":"Member","accountEnabled":true,"createdDateTime":"2023-02-01T08:00:00Z","lastPasswordChangeDateTime":"2026-04-01T08:00:00Z","onPremisesSyncEnabled":null,"onPremisesLastSyncDateTime":null,"externalUserState":null,"assignedLicenses":[{{"disabledPlans":[],"skuId":"84a661c4-e949-4bd2-a560-ed7766fcaf2b"}}],"identityParentId":null"##
    );
    if with_sign_ins {
        let _ = write!(
            body,
            r##","signInActivity":{{"lastSignInDateTime":"{day}T07:41:12Z","lastSignInRequestId":"fab00010-0000-4000-8000-{number:012x}","lastNonInteractiveSignInDateTime":"{day}T07:41:12Z","lastNonInteractiveSignInRequestId":"","lastSuccessfulSignInDateTime":"{day}T07:41:12Z","lastSuccessfulSignInRequestId":"fab00010-0000-4000-8000-{number:012x}"}}"##
        );
    }
    body.push('}');
}

fn registration(body: &mut String, number: usize, _: bool) {
    let capable = !number.is_multiple_of(10);
    let methods = if capable { r#""microsoftAuthenticatorPush""# } else { "" };
    let _ = write!(
        body,
        r##"{{"id":"9e09e000-0000-4000-8000-{number:012x}","isMfaRegistered":{capable},"isMfaCapable":{capable},"methodsRegistered":[{methods}]}}"##
    );
}
