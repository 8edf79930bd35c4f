//! From a failed read to a gap in an otherwise good answer, or to the stop where nothing can be answered.

use crate::{
    azure::{Error, Failure, Kind},
    posture::{Place, Reason, Subject, Unreadable},
    provider::collect::stop::{Cause, Result, Stop},
};

/// How many reads one message names.
const SHOWN: usize = 20;

/// A failed read as a gap. Failures that question the whole connection, or that only a bug or a hostile answer can cause, are never
/// a gap: they are the stop.
pub fn gap(subject: Subject, place: Place, error: &Error) -> Result<Unreadable> {
    let reason = match error.kind() {
        Kind::Configuration | Kind::RefusedByGuard | Kind::Unauthenticated => return Err(Stop::Failed(error.clone())),
        Kind::Forbidden => Reason::Forbidden,
        Kind::InvalidResponse => match error.failure() {
            Some(Failure::LeftItsHost) => return Err(Stop::Failed(error.clone())),
            Some(Failure::EmptyList) => Reason::NotProven,
            Some(Failure::UnstatedField) if place == Place::Graph => Reason::Hidden,
            Some(failure) if failure.is_of_a_short_list() => Reason::IncompleteList,
            _ => Reason::InvalidResponse,
        },
        Kind::NotFound | Kind::NotVisible => Reason::NotVisible,
        // Only this subscription refuses the token; the sign-in is good for the others.
        Kind::TokenRefused if is_of_another_tenant(&place, error) => Reason::NotVisible,
        Kind::TokenRefused => Reason::TokenRefused,
        Kind::NotLicensed => Reason::NotLicensed,
        Kind::NotOnboarded => Reason::NotOnboarded,
        // That something is not there is for `absence` to say, which asks for more than this word.
        Kind::NotRegistered | Kind::PlanOff => Reason::NotProven,
        Kind::Throttled => Reason::Throttled,
        Kind::Timeout => Reason::Timeout,
        Kind::Unavailable => Reason::Unavailable,
        Kind::Unsupported => Reason::Unsupported,
    };
    let remedy = match error.kind() {
        Kind::TokenRefused if is_of_another_tenant(&place, error) => ANOTHER_TENANT.to_owned(),
        _ => step(error),
    };
    Ok(Unreadable { subject, place, reason, code: error.code().to_owned(), remedy })
}

/// The next step, else what happened; a gap stands in state, so nothing of it may be another thing each time.
fn step(error: &Error) -> String {
    if error.advice().is_empty() { error.lasting() } else { error.advice().to_owned() }
}

fn is_of_another_tenant(place: &Place, error: &Error) -> bool {
    place.is_in_a_subscription() && error.code().eq_ignore_ascii_case("InvalidAuthenticationTokenTenant")
}

const ANOTHER_TENANT: &str = "The subscription belongs to another tenant than the sign-in. Leave it out of the scope, or connect to its \
                              tenant, with a provider alias of its own.";

/// A failed read as a gap, even where it questions the sign-in: for an answer that is about the connection itself. What only a bug or
/// a hostile answer can cause stays a stop.
pub fn soft_gap(subject: Subject, place: Place, error: &Error) -> Result<Unreadable> {
    match error.kind() {
        Kind::Configuration | Kind::Unauthenticated => {
            Ok(Unreadable { subject, place, reason: Reason::TokenRefused, code: error.code().to_owned(), remedy: step(error) })
        }
        _ => gap(subject, place, error),
    }
}

/// A sign-in that gave no token while something was read, as a gap, under the same conditions as [`soft_gap`].
pub fn softened(subject: Subject, place: Place, stop: Stop) -> Result<Unreadable> {
    match stop {
        Stop::Failed(error) if !Cause::of(&error).is_grave() => {
            Ok(Unreadable { subject, place, reason: Reason::TokenRefused, code: String::new(), remedy: told(&error) })
        }
        stop => Err(stop),
    }
}

/// What happened, and the next step.
pub fn told(error: &Error) -> String {
    let mut text = format!("{}.", error.lasting().trim_end_matches('.'));
    if !error.advice().is_empty() {
        text.push_str("\n\n");
        text.push_str(error.advice());
    }
    text
}

/// That nothing of what was asked for could be read: one line a read, then what to do about each cause.
pub fn every_one(gaps: &[Unreadable]) -> String {
    let mut text = "Every read the answer depends on was refused or failed:\n".to_owned();
    for gap in gaps.iter().take(SHOWN) {
        let line = format!("  {} on {}: {} {}", gap.subject, gap.place, gap.reason.word(), gap.code);
        text.push_str(&format!("\n{}", line.trim_end()));
    }
    if gaps.len() > SHOWN {
        text.push_str(&format!("\n  … and {} more", gaps.len() - SHOWN));
    }
    let next = next_steps(gaps.iter().map(|gap| (gap, gap.remedy.as_str())));
    format!("{text}\n\n{next}")
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

    fn unread(scope: &str, reason: Reason, code: &str, remedy: &str) -> Unreadable {
        let (subject, place, code) = (Subject::Assessments, Place::of(scope), code.to_owned());
        Unreadable { subject, place, reason, code, remedy: remedy.to_owned() }
    }

    #[test]
    fn the_step_of_one_cause_is_not_shown_for_another() {
        let refused = |scope| unread(scope, Reason::Forbidden, "AuthorizationFailed", "Give Reader.");
        assert_eq!(
            every_one(&[refused("/a"), refused("/b")]),
            "Every read the answer depends on was refused or failed:\n\n  assessments on /a: forbidden AuthorizationFailed\n  assessments \
             on /b: forbidden AuthorizationFailed\n\nGive Reader."
        );
        assert_eq!(
            every_one(&[refused("/a"), unread("/b", Reason::Throttled, "", "Wait.")]),
            "Every read the answer depends on was refused or failed:\n\n  assessments on /a: forbidden AuthorizationFailed\n  assessments \
             on /b: throttled\n\nforbidden AuthorizationFailed: Give Reader.\n\nthrottled: Wait."
        );
        let many: Vec<_> = (0..25).map(|_| refused("/a")).collect();
        assert!(every_one(&many).ends_with("\n  … and 5 more\n\nGive Reader."));
    }

    #[test]
    fn a_gap_holds_no_request_id() {
        let error = Error::new(Kind::Unavailable, "list plans", "/a").told("Busy", "m").answered(503, Some("r-1".to_owned()));
        assert_eq!(gap(Subject::Plans, Place::of("/a"), &error).unwrap().remedy, "Could not list plans on /a: HTTP 503 Busy: m");
    }

    #[test]
    fn a_missing_sign_in_is_softened_and_a_hostile_answer_is_not() {
        let refused =
            Error::new(Kind::Unauthenticated, "sign in with a client secret", "x").told("AADSTS7000215", "m").advise("Do it.");
        let soft = softened(Subject::Plans, Place::Tenant, Stop::Failed(refused)).unwrap();
        assert_eq!((soft.reason, soft.code.as_str()), (Reason::TokenRefused, ""));
        assert_eq!(soft.remedy, "Could not sign in with a client secret on x: AADSTS7000215: m.\n\nDo it.");
        let left = Error::new(Kind::InvalidResponse, "list plans", "/a").said(Failure::LeftItsHost, "m");
        assert!(matches!(softened(Subject::Plans, Place::Tenant, Stop::Failed(left)), Err(Stop::Failed(_))));
    }
}
