//! From failed reads to what a user sees: a gap in an otherwise good answer, or an error where nothing can be answered.

use crate::{
    azure::{Error, Failure, Kind, answer::explain},
    posture::{Reason, Subject, Unreadable},
    sdk::{Diagnostic, Diagnostics},
};

/// A failed read as a gap. Failures that question the whole connection, or that only a bug or a hostile answer can cause, are never
/// a gap: they are the error.
pub fn gap(subject: Subject, scope: &str, error: &Error) -> Result<Unreadable, Diagnostics> {
    let reason = match error.kind() {
        Kind::Configuration | Kind::RefusedByGuard | Kind::Unauthenticated => return Err(failed(error)),
        Kind::Forbidden => Reason::Forbidden,
        Kind::InvalidResponse => match error.failure() {
            Some(Failure::LeftItsHost) => return Err(failed(error)),
            Some(Failure::EmptyList) => Reason::NotProven,
            Some(Failure::UnstatedField) if scope == "graph" => Reason::Hidden,
            Some(failure) if failure.is_of_a_short_list() => Reason::IncompleteList,
            _ => Reason::InvalidResponse,
        },
        Kind::NotFound | Kind::NotVisible => Reason::NotVisible,
        // Only this subscription refuses the token; the sign-in is good for the others.
        Kind::TokenRefused if is_of_another_tenant(scope, error) => Reason::NotVisible,
        Kind::TokenRefused => Reason::TokenRefused,
        Kind::NotLicensed => Reason::NotLicensed,
        Kind::NotOnboarded => Reason::NotOnboarded,
        Kind::NotRegistered => Reason::NotRegistered,
        Kind::Throttled => Reason::Throttled,
        Kind::Timeout => Reason::Timeout,
        Kind::Unavailable => Reason::Unavailable,
        Kind::Unsupported => Reason::Unsupported,
    };
    let remedy = match error.kind() {
        Kind::TokenRefused if is_of_another_tenant(scope, error) => ANOTHER_TENANT.to_owned(),
        _ => step(error),
    };
    Ok(Unreadable { subject, scope: scope.to_owned(), reason, code: error.code().to_owned(), remedy })
}

/// The next step, else what happened; a gap stands in state, so nothing of it may be another thing each time.
fn step(error: &Error) -> String {
    if error.advice().is_empty() { error.lasting() } else { error.advice().to_owned() }
}

fn is_of_another_tenant(scope: &str, error: &Error) -> bool {
    scope.starts_with("/subscriptions/") && error.code().eq_ignore_ascii_case("InvalidAuthenticationTokenTenant")
}

const ANOTHER_TENANT: &str = "The subscription belongs to another tenant than the sign-in. Leave it out of the scope, or connect to its \
                              tenant, with a provider alias of its own.";

/// A failed read as a gap, even where it questions the sign-in: for an answer that is about the connection itself. What only a bug or
/// a hostile answer can cause stays an error.
pub fn soft_gap(subject: Subject, scope: &str, error: &Error) -> Result<Unreadable, Diagnostics> {
    match error.kind() {
        Kind::Configuration | Kind::Unauthenticated => Ok(Unreadable {
            subject,
            scope: scope.to_owned(),
            reason: Reason::TokenRefused,
            code: error.code().to_owned(),
            remedy: step(error),
        }),
        _ => gap(subject, scope, error),
    }
}

/// What [`failed`] said of a sign-in that gives no token, as a gap, under the same conditions as [`soft_gap`].
pub fn softened(subject: Subject, scope: &str, problems: Diagnostics) -> Result<Unreadable, Diagnostics> {
    let grave = |summary: &str| [LEFT, GUARDED].contains(&summary);
    match problems.iter().next() {
        Some(first) if !grave(&first.summary) => Ok(Unreadable {
            subject,
            scope: scope.to_owned(),
            reason: Reason::TokenRefused,
            code: String::new(),
            remedy: first.detail.clone(),
        }),
        _ => Err(problems),
    }
}

/// A failed read as the error of a whole data source or validation.
pub fn failed(error: &Error) -> Diagnostics {
    let sign_in = explain::summary(error);
    let (summary, after) = match error.kind() {
        Kind::Configuration => (sign_in.filter(|word| *word != "Sign-in failed").unwrap_or(NOT_CONFIGURED), ""),
        Kind::InvalidResponse if error.failure() == Some(Failure::LeftItsHost) => (LEFT, REPORT),
        Kind::RefusedByGuard => (GUARDED, REPORT),
        Kind::TokenRefused | Kind::Unauthenticated => (NOT_SIGNED_IN, ""),
        _ => (sign_in.unwrap_or("Nothing could be read"), ""),
    };
    let mut detail = format!("{}.", error.lasting().trim_end_matches('.'));
    for text in [error.advice(), after] {
        if !text.is_empty() {
            detail.push_str("\n\n");
            detail.push_str(text);
        }
    }
    Diagnostics::of_error(summary, detail).traced(error.request_id())
}

const NOT_SIGNED_IN: &str = "Sign-in failed";
const GUARDED: &str = "Refused by the read-only guard";
const LEFT: &str = "Left its host";
const NOT_CONFIGURED: &str = "Sign-in is not configured";

const REPORT: &str = "Nothing was sent there. Please report this with the request id.";

/// Whether a later reading may end without this error. What an argument says, how the connection is configured, and what only a bug or
/// a hostile answer can cause stay as they are.
pub fn may_pass(problems: &Diagnostics) -> bool {
    let stays = [GUARDED, LEFT, NOT_CONFIGURED, explain::IN_WRONG_CLOUD, explain::IN_WRONG_TENANT];
    problems.iter().all(|problem| problem.path.steps().is_empty() && !stays.contains(&problem.summary.as_str()))
}

/// Errors of signing in, each ending with the way to destroy a managed validation without a sign-in: Terraform plans before it destroys,
/// and that plan judges.
pub fn with_way_out(problems: Diagnostics) -> Diagnostics {
    const WAY_OUT: &str =
        "`terraform destroy` plans first and needs this sign-in for it; `terraform destroy -refresh=false` needs none.";
    let summaries = ["Sign-in failed", NOT_CONFIGURED, explain::IN_WRONG_CLOUD, explain::IN_WRONG_TENANT];
    let of_sign_in = |problem: &Diagnostic| {
        summaries.contains(&problem.summary.as_str()) || problem.detail.contains("Could not sign in with ")
    };
    let ended = |mut problem: Diagnostic| {
        if of_sign_in(&problem) {
            problem.detail = format!("{}\n\n{WAY_OUT}", problem.detail.trim_end());
        }
        problem
    };
    problems.into_iter().map(ended).collect()
}

/// Nothing of what was asked for could be read: one line a read, then what to do about each cause.
pub fn nothing_read(gaps: &[Unreadable]) -> Diagnostics {
    const SHOWN: usize = 20;
    let mut detail = "Every read the answer depends on was refused or failed:\n".to_owned();
    for gap in gaps.iter().take(SHOWN) {
        let line = format!("  {} on {}: {} {}", gap.subject, gap.scope, gap.reason.word(), gap.code);
        detail.push_str(&format!("\n{}", line.trim_end()));
    }
    if gaps.len() > SHOWN {
        detail.push_str(&format!("\n  … and {} more", gaps.len() - SHOWN));
    }
    let refused = !gaps.is_empty() && gaps.iter().all(|gap| gap.reason == Reason::TokenRefused);
    let next = next_steps(gaps.iter().map(|gap| (gap, gap.remedy.as_str())));
    detail.push_str(&format!("\n\n{next}"));
    Diagnostics::of_error(if refused { NOT_SIGNED_IN } else { "Nothing could be read" }, detail)
}

/// One next step for each cause; of gaps that share reason and code the first one's, because theirs differ in the place alone. Where
/// there are several causes, each step names its own: it helps against no other.
pub fn next_steps<'a>(steps: impl Iterator<Item = (&'a Unreadable, &'a str)>) -> String {
    let mut causes: Vec<(String, &str)> = Vec::new();
    for (gap, step) in steps {
        let cause = format!("{} {}", gap.reason.word(), gap.code).trim_end().to_owned();
        if !causes.iter().any(|(known, same)| *known == cause || *same == step) {
            causes.push((cause, step));
        }
    }
    match causes.as_slice() {
        [(_, only)] => (*only).to_owned(),
        _ => causes.iter().map(|(cause, step)| format!("{cause}: {step}")).collect::<Vec<_>>().join("\n\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(scope: &str, reason: Reason, code: &str, remedy: &str) -> Unreadable {
        let (subject, scope, code) = (Subject::Assessments, scope.to_owned(), code.to_owned());
        Unreadable { subject, scope, reason, code, remedy: remedy.to_owned() }
    }

    fn detail(gaps: &[Unreadable]) -> String {
        nothing_read(gaps).iter().next().unwrap().detail.clone()
    }

    #[test]
    fn the_step_of_one_cause_is_not_shown_for_another() {
        let refused = |scope| gap(scope, Reason::Forbidden, "AuthorizationFailed", "Give Reader.");
        assert_eq!(
            detail(&[refused("/a"), refused("/b")]),
            "Every read the answer depends on was refused or failed:\n\n  assessments on /a: forbidden AuthorizationFailed\n  assessments \
             on /b: forbidden AuthorizationFailed\n\nGive Reader."
        );
        assert_eq!(
            detail(&[refused("/a"), gap("/b", Reason::Throttled, "", "Wait.")]),
            "Every read the answer depends on was refused or failed:\n\n  assessments on /a: forbidden AuthorizationFailed\n  assessments \
             on /b: throttled\n\nforbidden AuthorizationFailed: Give Reader.\n\nthrottled: Wait."
        );
        let many: Vec<_> = (0..25).map(|_| refused("/a")).collect();
        assert!(detail(&many).ends_with("\n  … and 5 more\n\nGive Reader."));
    }

    #[test]
    fn a_gap_holds_no_request_id_and_a_diagnostic_holds_it_behind_its_detail() {
        let error = Error::new(Kind::Unavailable, "list plans", "/a").told("Busy", "m").answered(503, Some("r-1".to_owned()));
        assert_eq!(gap_of(&error).remedy, "Could not list plans on /a: HTTP 503 Busy: m");
        let failed = failed(&error);
        let only = failed.iter().next().unwrap();
        assert_eq!((only.detail.contains("r-1"), only.trace.as_deref()), (false, Some("r-1")));
    }

    fn gap_of(error: &Error) -> Unreadable {
        super::gap(Subject::Plans, "/a", error).unwrap()
    }
}
