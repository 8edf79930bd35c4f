//! Until when a secret or certificate of an application works.

use time::{Duration, OffsetDateTime};

use crate::posture::{
    time::{End, parse},
    words::words,
};

words! {
    /// What a credential is.
    pub enum CredentialKind {
        /// A certificate.
        Certificate = "certificate",
        /// Trust in the tokens of another issuer.
        Federated = "federated",
        /// A secret.
        Secret = "secret",
    }
}

words! {
    /// Where a credential stands.
    pub enum CredentialOwner {
        /// At the registration of an application.
        Application = "application",
        /// At the principal of an application in this tenant.
        ServicePrincipal = "service_principal",
    }
}

words! {
    /// How a credential stands on some day.
    pub enum CredentialStatus {
        /// It works no more.
        Expired = "expired",
        /// It works, and soon no more.
        Expiring = "expiring",
        /// It works and does not end.
        NoEnd = "no_end",
        /// It does not work yet.
        NotYetValid = "not_yet_valid",
        /// It works, and ends later.
        Valid = "valid",
    }
}

/// From when and until when a credential works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// From then; none if that is not said.
    pub starts: Option<OffsetDateTime>,
    /// Until then.
    pub ends: End,
}

/// The year that the portal once wrote as the end of a secret for which people chose "never".
const NEVER: i32 = 2299;

impl Validity {
    /// What a service says of it; an end that says nothing is unclear, and never none.
    pub fn of(starts: Option<&str>, ends: EndSaid<'_>) -> Self {
        let ends = match ends {
            EndSaid::Never => End::Never,
            EndSaid::Nothing => End::Unclear,
            EndSaid::Text(text) => match End::of(Some(text)) {
                End::At(end) if end.year() >= NEVER => End::Never,
                end => end,
            },
        };
        Self { starts: starts.and_then(parse), ends }
    }

    /// How it stands at a moment; none where it is not clear from when or until when it works and that decides.
    pub fn status(self, at: OffsetDateTime, soon: Duration) -> Option<CredentialStatus> {
        match (self.ends, self.starts) {
            (End::At(end), _) if end <= at => Some(CredentialStatus::Expired),
            (End::Unclear, _) | (_, None) => None,
            (_, Some(start)) if start > at => Some(CredentialStatus::NotYetValid),
            (End::At(end), _) if end - at <= soon => Some(CredentialStatus::Expiring),
            (End::At(_), _) => Some(CredentialStatus::Valid),
            (End::Never, _) => Some(CredentialStatus::NoEnd),
        }
    }

    /// For how many whole days it was made; none if it does not end, and where that is not clear.
    pub fn days(self) -> Option<i64> {
        match (self.starts, self.ends) {
            (Some(start), End::At(end)) => Some((end - start).whole_days()),
            _ => None,
        }
    }

    /// Whether it may be what somebody signed in with a moment ago: a token outlives what it was got by.
    pub fn may_be_in_use(self, now: OffsetDateTime) -> bool {
        let has_begun = self.starts.is_none_or(|start| start <= now + Duration::DAY);
        has_begun && self.ends > End::At(now - Duration::DAY)
    }
}

/// What a service says of an end.
#[derive(Clone, Copy, Debug)]
pub enum EndSaid<'a> {
    /// That there is none.
    Never,
    /// Nothing.
    Nothing,
    /// This.
    Text(&'a str),
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-02T08:00:00Z";

    fn validity(starts: &str, ends: EndSaid<'_>) -> Validity {
        Validity::of(Some(starts), ends)
    }

    #[test]
    fn a_credential_works_from_its_first_moment_to_its_last_and_an_end_that_is_not_said_is_none() {
        use CredentialStatus::{Expired, Expiring, NoEnd, NotYetValid, Valid};
        use EndSaid::{Never, Nothing, Text};
        let now = parse(NOW).unwrap();
        let began = "2026-01-01T00:00:00Z";
        for (starts, ends, expected) in [
            (began, Text("2026-11-02T08:00:00Z"), Some(Expired)),
            (began, Text("2026-11-02T08:00:01Z"), Some(Expiring)),
            (began, Text("2026-12-02T08:00:00Z"), Some(Expiring)),
            (began, Text("2026-12-02T08:00:01Z"), Some(Valid)),
            (began, Text("2298-12-31T00:00:00Z"), Some(Valid)),
            (began, Text("2299-12-31T00:00:00Z"), Some(NoEnd)),
            (began, Text("9999-12-31T23:59:59Z"), Some(NoEnd)),
            (began, Never, Some(NoEnd)),
            (began, Nothing, None),
            (began, Text("soon"), None),
            (began, Text("0001-01-01T00:00:00Z"), None),
            (NOW, Never, Some(NoEnd)),
            ("2026-11-02T08:00:01Z", Never, Some(NotYetValid)),
            ("2026-11-02T08:00:01Z", Text("2026-11-20T00:00:00Z"), Some(NotYetValid)),
            ("2026-11-02T08:00:01Z", Nothing, None),
            ("2027-01-01T00:00:00Z", Text("2026-10-01T00:00:00Z"), Some(Expired)),
            ("soon", Text("2026-10-01T00:00:00Z"), Some(Expired)),
            ("soon", Text("2026-11-20T00:00:00Z"), None),
            ("soon", Never, None),
        ] {
            assert_eq!(validity(starts, ends).status(now, Duration::days(30)), expected, "{starts} {ends:?}");
        }
    }

    #[test]
    fn days_are_those_it_was_made_for() {
        let of = |ends| validity("2026-01-01T00:00:00Z", ends).days();
        assert_eq!(of(EndSaid::Text("2026-07-01T00:00:00Z")), Some(181));
        assert_eq!([of(EndSaid::Never), of(EndSaid::Nothing), of(EndSaid::Text("2299-12-31T00:00:00Z"))], [None; 3]);
        assert_eq!(Validity::of(None, EndSaid::Text("2026-07-01T00:00:00Z")).days(), None);
    }

    #[test]
    fn what_ended_yesterday_or_begins_in_two_days_is_not_in_use() {
        let now = parse(NOW).unwrap();
        for (starts, ends, expected) in [
            ("2026-01-01T00:00:00Z", EndSaid::Text("2026-11-01T08:00:00Z"), false),
            ("2026-01-01T00:00:00Z", EndSaid::Text("2026-11-01T08:00:01Z"), true),
            ("2026-11-03T08:00:00Z", EndSaid::Never, true),
            ("2026-11-03T08:00:01Z", EndSaid::Never, false),
            ("2026-01-01T00:00:00Z", EndSaid::Nothing, true),
            ("soon", EndSaid::Never, true),
        ] {
            assert_eq!(validity(starts, ends).may_be_in_use(now), expected, "{starts} {ends:?}");
        }
    }
}
