//! Times as services write them and as we answer them: RFC 3339, UTC, whole seconds.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// RFC 3339, UTC, whole seconds; none for an empty text, for Azure's zero dates, and for what is no time at all.
pub fn canonical(text: &str) -> Option<String> {
    written(parse(text)?)
}

/// A moment as RFC 3339, UTC, whole seconds.
pub fn written(moment: OffsetDateTime) -> Option<String> {
    moment.to_offset(UtcOffset::UTC).replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}

/// The moment a service means: up to nine fractional digits, and sometimes no `Z`.
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim();
    let moment = match OffsetDateTime::parse(text, &Rfc3339) {
        Ok(moment) => moment.to_offset(UtcOffset::UTC),
        Err(_) => OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339).ok()?,
    };
    // 0001-01-01 and 1601-01-01 (a Windows file time of zero) stand for "never".
    (moment.year() > 1601).then_some(moment)
}

/// When something ends that may go on for ever: the later, the more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Then.
    At(OffsetDateTime),
    /// At what is no time, so that nobody may take it for never.
    #[default]
    Unclear,
    /// Never.
    Never,
}

impl End {
    /// What a service says of it; nothing is never.
    pub fn of(text: Option<&str>) -> Self {
        match text.map(parse) {
            // Some services write the last year there is for "never".
            Some(Some(end)) if end.year() >= 9999 => Self::Never,
            Some(Some(end)) => Self::At(end),
            Some(None) => Self::Unclear,
            None => Self::Never,
        }
    }

    /// Whether it goes on for ever; none where that is not clear.
    pub fn is_never(self) -> Option<bool> {
        match self {
            Self::At(_) => Some(false),
            Self::Unclear => None,
            Self::Never => Some(true),
        }
    }
}

/// A calendar date `YYYY-MM-DD`.
pub fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

/// Whole days from `then` to the first moment of `now`; negative if `then` is later.
pub fn days_between(then: OffsetDateTime, now: Date) -> i64 {
    (PrimitiveDateTime::new(now, time::Time::MIDNIGHT).assume_utc() - then).whole_days()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_is_no_time_is_neither_over_nor_never() {
        let ends = [Some("2021-04-12T09:07:18Z"), Some("2031-04-12T09:07:18Z"), Some("soon"), None].map(End::of);
        assert!(ends.is_sorted());
        assert_eq!(ends.map(End::is_never), [Some(false), Some(false), None, Some(true)]);
        for never in ["9999-12-31T23:59:59.9999999Z", "9999-12-31T00:00:00"] {
            assert_eq!(End::of(Some(never)), End::Never, "{never}");
        }
    }

    #[test]
    fn times_of_all_services_become_one_form() {
        for (text, expected) in [
            ("2021-04-12T09:07:18.6759138Z", Some("2021-04-12T09:07:18Z")),
            ("2021-04-12T09:07:18", Some("2021-04-12T09:07:18Z")),
            ("2021-04-12T11:07:18+02:00", Some("2021-04-12T09:07:18Z")),
            ("0001-01-01T00:00:00Z", None),
            ("1601-01-01T00:00:00Z", None),
            ("", None),
            ("yesterday", None),
        ] {
            assert_eq!(canonical(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn dates_are_calendar_dates() {
        assert!(date("2027-02-28").is_some());
        for bad in ["2027-02-30", "2027-2-28", "28-02-2027", "2027-02-28T00:00:00Z", ""] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }

    #[test]
    fn ages_are_whole_days() {
        let then = parse("2026-11-01T12:00:00Z").unwrap();
        assert_eq!(days_between(then, date("2026-11-11").unwrap()), 9);
        assert_eq!(days_between(then, date("2026-10-31").unwrap()), -1);
    }
}
