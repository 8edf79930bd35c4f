//! Until when something is exempted.

use time::{Duration, OffsetDateTime};

use crate::posture::{time::End, words::words};

words! {
    /// How an exemption stands.
    pub enum Standing {
        /// It ends, and not soon.
        Active = "active",
        /// It has ended, and exempts nothing any more.
        Expired = "expired",
        /// It ends soon.
        Expiring = "expiring",
        /// It does not end.
        Permanent = "permanent",
    }
}

impl Standing {
    /// How an exemption stands that ends so; none if that is not clear.
    pub fn of(end: End, now: OffsetDateTime, soon: Duration) -> Option<Self> {
        match end {
            End::At(end) if end <= now => Some(Self::Expired),
            End::At(end) if end - now <= soon => Some(Self::Expiring),
            End::At(_) => Some(Self::Active),
            End::Never => Some(Self::Permanent),
            End::Unclear => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::time::parse;

    #[test]
    fn an_exemption_ends_at_its_moment_and_soon_before_it() {
        let at = |text: &str| End::At(parse(text).unwrap());
        let now = parse("2026-11-02T08:00:00Z").unwrap();
        for (end, standing) in [
            (at("2026-11-02T07:59:59Z"), Some(Standing::Expired)),
            (at("2026-11-02T08:00:00Z"), Some(Standing::Expired)),
            (at("2026-11-02T08:00:01Z"), Some(Standing::Expiring)),
            (at("2026-12-02T08:00:00Z"), Some(Standing::Expiring)),
            (at("2026-12-02T08:00:01Z"), Some(Standing::Active)),
            (End::Never, Some(Standing::Permanent)),
            (End::Unclear, None),
        ] {
            assert_eq!(Standing::of(end, now, Duration::days(30)), standing, "{end:?}");
        }
    }
}
