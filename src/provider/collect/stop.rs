//! Why a reading ends without an answer, as facts: whoever decides what to do about it asks these, and words are made of them once, in
//! `provider::failure`.

use crate::{
    azure::{
        Error, Failure, Kind,
        answer::explain::{self, Topic},
    },
    posture::{Reason, Unreadable},
    provider::{collect::estate::nothing::Nothing, words::Area},
};

/// What a reading comes to.
pub type Result<T> = std::result::Result<T, Stop>;

/// Why a reading ends without an answer.
#[derive(Debug)]
pub enum Stop {
    /// The area that it belongs to is switched off.
    AreaOff(Area),
    /// What an argument says is wrong.
    Argument(Argument),
    /// A read failed that questions the whole connection, or without which there is no answer.
    Failed(Error),
    /// The connection stands for nothing.
    NoScope(Box<Nothing>),
    /// The caller is meant, and its token does not say who that is.
    NobodyMeant,
    /// Nothing of what was asked for could be read.
    NothingRead(Vec<Unreadable>),
    /// This scope is not in what the connection stands for.
    OutsideScope(String),
    /// What an argument of the provider block says does not hold in this tenant.
    ProviderBlock(Argument),
    /// The time for one reading is spent; what was done with it.
    TimedOut(String),
}

/// An argument, and what is wrong with it.
#[derive(Debug)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// What is wrong, as a headline.
    pub summary: &'static str,
    /// What is wrong, in a sentence.
    pub detail: String,
}

impl Stop {
    /// An argument selects nothing.
    pub fn nothing_selected(name: &'static str, detail: &str) -> Self {
        Self::Argument(Argument { name, summary: "Nothing selected", detail: format!("`{name}`: {detail}") })
    }

    /// Whether a later reading may end without it. What an argument says, how the connection is configured, and what only a bug or a
    /// hostile answer can cause stay as they are.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::AreaOff(_) | Self::Argument(_) | Self::ProviderBlock(_) => false,
            Self::Failed(error) => Cause::of(error).may_pass(),
            Self::NoScope(nothing) => nothing.error().is_none_or(|error| Cause::of(error).may_pass()),
            Self::NobodyMeant | Self::NothingRead(_) | Self::OutsideScope(_) | Self::TimedOut(_) => true,
        }
    }

    /// Whether it is the sign-in that is missing, so that it says nothing about what is read.
    pub fn is_of_sign_in(&self) -> bool {
        match self {
            Self::Failed(error) => Cause::of(error).is_of_sign_in(),
            Self::NoScope(nothing) => match nothing.error() {
                Some(error) => Cause::of(error).is_of_sign_in(),
                None => nothing.is_unread() && all_refused(&nothing.gaps),
            },
            Self::NothingRead(gaps) => all_refused(gaps),
            Self::AreaOff(_)
            | Self::Argument(_)
            | Self::NobodyMeant
            | Self::OutsideScope(_)
            | Self::ProviderBlock(_)
            | Self::TimedOut(_) => false,
        }
    }
}

/// Whether there is nothing but reads for which no token was to be had, or none that was taken.
pub fn all_refused(gaps: &[Unreadable]) -> bool {
    !gaps.is_empty() && gaps.iter().all(|gap| gap.reason == Reason::TokenRefused)
}

/// What a failed read means for the connection as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Our own guard stopped the request.
    Guarded,
    /// An answer asked to leave its host.
    LeftItsHost,
    /// The configuration of the sign-in is contradictory or incomplete.
    NotConfigured,
    /// No token was issued, or it was refused.
    NotSignedIn,
    /// Nothing: it is about what was read.
    Read,
    /// The tenant lives in another cloud.
    WrongCloud,
    /// It is another tenant than the configured one.
    WrongTenant,
}

impl Cause {
    /// That of a failure.
    pub fn of(error: &Error) -> Self {
        let topic = explain::topic(error);
        match (error.kind(), topic) {
            (Kind::InvalidResponse, _) if error.failure() == Some(Failure::LeftItsHost) => Self::LeftItsHost,
            (Kind::RefusedByGuard, _) => Self::Guarded,
            (Kind::TokenRefused | Kind::Unauthenticated, _) => Self::NotSignedIn,
            (_, Some(Topic::Cloud)) => Self::WrongCloud,
            (_, Some(Topic::Tenant)) => Self::WrongTenant,
            (Kind::Configuration, _) => Self::NotConfigured,
            (_, Some(Topic::Service | Topic::SignIn)) => Self::NotSignedIn,
            (_, None) => Self::Read,
        }
    }

    /// Whether a later read may succeed without anybody changing the configuration.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::NotSignedIn | Self::Read)
    }

    /// Whether only a bug or a hostile answer leads to it.
    pub fn is_grave(self) -> bool {
        matches!(self, Self::Guarded | Self::LeftItsHost)
    }

    /// Whether it is the sign-in that is missing.
    pub fn is_of_sign_in(self) -> bool {
        matches!(self, Self::NotConfigured | Self::NotSignedIn | Self::WrongCloud | Self::WrongTenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: Kind, attempted: &str) -> Error {
        Error::new(kind, attempted, "x")
    }

    #[test]
    fn what_a_later_reading_cannot_change_is_told_apart_by_type() {
        let left = error(Kind::InvalidResponse, "list plans").said(Failure::LeftItsHost, "m");
        let sent = error(Kind::InvalidResponse, "list plans").told("LeftItsHost", "m");
        let cloud = error(Kind::Configuration, "read the tenant").said(Failure::WrongCloud, "m");
        let tenant = error(Kind::Configuration, "sign in with a client secret").told("AADSTS90002", "m");
        for (error, cause, may_pass, of_sign_in) in [
            (left, Cause::LeftItsHost, false, false),
            (sent, Cause::Read, true, false),
            (cloud, Cause::WrongCloud, false, true),
            (tenant, Cause::WrongTenant, false, true),
            (error(Kind::RefusedByGuard, "list plans"), Cause::Guarded, false, false),
            (error(Kind::Configuration, "sign in with a client secret"), Cause::NotConfigured, false, true),
            (error(Kind::Unauthenticated, "sign in with a client secret"), Cause::NotSignedIn, true, true),
            (error(Kind::TokenRefused, "list plans"), Cause::NotSignedIn, true, true),
            (error(Kind::Unavailable, "sign in with a client secret"), Cause::NotSignedIn, true, true),
            (error(Kind::Unavailable, "list plans"), Cause::Read, true, false),
            (error(Kind::Forbidden, "list plans"), Cause::Read, true, false),
        ] {
            let text = error.to_string();
            assert_eq!(Cause::of(&error), cause, "{text}");
            let stop = Stop::Failed(error);
            assert_eq!((stop.may_pass(), stop.is_of_sign_in()), (may_pass, of_sign_in), "{text}");
        }
        assert!(!Stop::nothing_selected("scopes", "there is none.").may_pass());
        assert!(Stop::TimedOut(String::new()).may_pass(), "a later one may be quicker");
    }
}
