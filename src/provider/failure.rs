//! From a stop to what a user sees: the one place where errors of Terraform are made of failed reads.

use crate::{
    provider::collect::{
        estate::nothing::Nothing,
        stop::{Argument, Cause, Stop, all_refused},
        unread,
    },
    sdk::{Diagnostics, Path},
};

/// How an error of signing in ends where a managed validation ends with it: Terraform plans before it destroys, and that plan judges.
pub const WAY_OUT: &str =
    "`terraform destroy` plans first and needs this sign-in for it; `terraform destroy -refresh=false` needs none.";

const NOTHING_READ: &str = "Nothing could be read";
const NOT_SIGNED_IN: &str = "Sign-in failed";

impl From<Stop> for Diagnostics {
    fn from(stop: Stop) -> Self {
        let way_out = stop.is_of_sign_in().then_some(WAY_OUT);
        said(stop).with_way_out(way_out)
    }
}

/// Why a validation reached no verdict.
#[derive(Debug)]
pub enum Unjudged {
    /// Its arguments do not make sense, for all that was read.
    Arguments(Diagnostics),
    /// Reading ended without an answer.
    Stop(Stop),
}

impl Unjudged {
    /// Whether a later reading may reach one.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Arguments(_) => false,
            Self::Stop(stop) => stop.may_pass(),
        }
    }
}

impl From<Diagnostics> for Unjudged {
    fn from(problems: Diagnostics) -> Self {
        Self::Arguments(problems)
    }
}

impl From<Stop> for Unjudged {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<Unjudged> for Diagnostics {
    fn from(unjudged: Unjudged) -> Self {
        match unjudged {
            Unjudged::Arguments(problems) => problems,
            Unjudged::Stop(stop) => stop.into(),
        }
    }
}

fn said(stop: Stop) -> Diagnostics {
    match stop {
        Stop::AreaOff(area) => {
            let area = area.word();
            let detail = format!(
                "This needs the area `{area}`, which `areas` of the provider block leaves out. Add it, or remove this block."
            );
            Diagnostics::of_error("Area is off", detail)
        }
        Stop::Argument(Argument { name, summary, detail }) => {
            let mut problems = Diagnostics::new();
            problems.error(Path::attribute(name), summary, detail);
            problems
        }
        Stop::Failed(error) => {
            let cause = Cause::of(&error);
            let mut detail = unread::told(&error);
            if cause.is_grave() {
                detail.push_str("\n\nNothing was sent there. Please report this with the request id.");
            }
            Diagnostics::of_error(summary(cause), detail).traced(error.request_id())
        }
        Stop::NoScope(nothing) => no_scope(*nothing),
        Stop::NobodyMeant => {
            let detail =
                "The token of this sign-in does not say whose it is, so `self` names nobody. Give `principal_id` instead.";
            Diagnostics::of_error(NOTHING_READ, detail)
        }
        Stop::NothingRead(gaps) => {
            let summary = if all_refused(&gaps) { NOT_SIGNED_IN } else { NOTHING_READ };
            Diagnostics::of_error(summary, unread::every_one(&gaps))
        }
        Stop::OutsideScope(scope) => {
            let detail = format!(
                "The scope {scope} is not in the scope of this connection. Name one below its subscriptions, widen the provider block \
                 (`management_group_id`, `tenant_wide`), or use a provider alias for it."
            );
            Diagnostics::of_error("Outside the configured scope", detail)
        }
        // It is no argument of what is read, so there is nothing to point at.
        Stop::ProviderBlock(Argument { summary, detail, .. }) => Diagnostics::of_error(summary, detail),
        Stop::TimedOut(detail) => Diagnostics::of_error("Timed out", detail),
    }
}

fn summary(cause: Cause) -> &'static str {
    match cause {
        Cause::Guarded => "Refused by the read-only guard",
        Cause::LeftItsHost => "Left its host",
        Cause::NotConfigured => "Sign-in is not configured",
        Cause::NotSignedIn => NOT_SIGNED_IN,
        Cause::Read => NOTHING_READ,
        Cause::WrongCloud => "Wrong cloud",
        Cause::WrongTenant => "Wrong tenant",
    }
}

fn no_scope(nothing: Nothing) -> Diagnostics {
    let nothing = match nothing.stopped() {
        Ok(stop) => return said(stop),
        Err(nothing) => nothing,
    };
    let mut detail = nothing.detail;
    if !nothing.gaps.is_empty() {
        detail.push('\n');
    }
    for gap in nothing.gaps.iter().take(20) {
        detail.push_str(&format!("\n  {}  {} {}", gap.place, gap.reason.word(), gap.code));
    }
    Diagnostics::of_error(nothing.summary, format!("{detail}\n\n{}", nothing.remedy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        azure::{Error, Kind},
        posture::{Place, Reason, Subject, Unreadable},
    };

    #[test]
    fn only_what_a_sign_in_would_end_has_the_way_out_without_one() {
        let gap = |reason| Unreadable {
            subject: Subject::Plans,
            place: Place::of("/a"),
            reason,
            code: String::new(),
            remedy: "Do it.".to_owned(),
        };
        let failed = |kind, attempted| Stop::Failed(Error::new(kind, attempted, "x"));
        for (stop, summary, way_out) in [
            (failed(Kind::Unauthenticated, "sign in with a client secret"), "Sign-in failed", true),
            (failed(Kind::Configuration, "sign in with a client secret"), "Sign-in is not configured", true),
            (failed(Kind::Forbidden, "list plans"), "Nothing could be read", false),
            (failed(Kind::RefusedByGuard, "list plans"), "Refused by the read-only guard", false),
            (Stop::NothingRead(vec![gap(Reason::TokenRefused)]), "Sign-in failed", true),
            (Stop::NothingRead(vec![gap(Reason::TokenRefused), gap(Reason::Forbidden)]), "Nothing could be read", false),
            (Stop::nothing_selected("scopes", "there is none."), "Nothing selected", false),
        ] {
            let all = Diagnostics::from(stop);
            let only = all.iter().next().unwrap();
            assert_eq!((only.summary.as_str(), only.way_out.is_some()), (summary, way_out));
        }
    }

    #[test]
    fn a_diagnostic_holds_the_request_id_behind_its_detail() {
        let error = Error::new(Kind::Unavailable, "list plans", "/a").told("Busy", "m").answered(503, Some("r-1".to_owned()));
        let failed = Diagnostics::from(Stop::Failed(error));
        let only = failed.iter().next().unwrap();
        assert_eq!(only.detail, "Could not list plans on /a: HTTP 503 Busy: m.");
        assert_eq!((only.summary.as_str(), only.trace.as_deref()), ("Nothing could be read", Some("r-1")));
    }
}
