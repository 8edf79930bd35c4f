//! What an account is, and since when nobody has used it: one answer for all that speak of people.

use ::time::OffsetDateTime;

use crate::posture::{time, words::words};

words! {
    /// What kind of account it is.
    pub enum Category {
        /// That of an agent, which is no person.
        Agent = "agent",
        /// That with which Entra Connect writes to the directory.
        DirectorySync = "directory_sync",
        /// That of a guest.
        Guest = "guest",
        /// That of somebody of the own organization.
        Member = "member",
        /// The same without any licence: often a shared mailbox, a service or an account for administration.
        Unlicensed = "unlicensed",
    }
}

/// What tells it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traits<'a> {
    /// Whether it is an agent's; none if that is said in two ways.
    pub agent: Option<bool>,
    /// The user principal name.
    pub user_principal_name: Option<&'a str>,
    /// `Member` or `Guest`.
    pub user_type: Option<&'a str>,
    /// Whether it has any licence.
    pub licensed: Option<bool>,
}

/// What the accounts begin with that Entra Connect makes for itself.
const SYNC_ACCOUNTS: [&str; 2] = ["sync_", "adtoaadsyncserviceaccount"];

/// What kind of account it is; none where what decides is not said, or said in a word that is new here.
pub fn category(traits: Traits<'_>) -> Option<Category> {
    if traits.agent? {
        return Some(Category::Agent);
    }
    let name = traits.user_principal_name.map(str::to_lowercase);
    if name.is_some_and(|name| SYNC_ACCOUNTS.iter().any(|start| name.starts_with(start))) {
        return Some(Category::DirectorySync);
    }
    match is_guest(traits.user_type)? {
        true => Some(Category::Guest),
        false => traits.licensed.map(|licensed| if licensed { Category::Member } else { Category::Unlicensed }),
    }
}

/// Whether a word for the kind of a user means a guest; none if it is neither of the two that are known.
pub fn is_guest(user_type: Option<&str>) -> Option<bool> {
    let is = |known: &str| user_type.is_some_and(|word| word.eq_ignore_ascii_case(known));
    (is("Guest") || is("Member")).then(|| is("Guest"))
}

/// A moment at which something happened, if it ever did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// Then.
    At(OffsetDateTime),
    /// It did not.
    Never,
    /// What is said of it is no time, or it was not read: it may have been a moment ago.
    #[default]
    Unclear,
}

impl When {
    /// What a service says of it: nothing, an empty text, and the first year there is, are never.
    pub fn of(text: Option<&str>) -> Self {
        let text = text.map(str::trim).unwrap_or_default();
        match time::parse(text) {
            Some(moment) => Self::At(moment),
            None if text.is_empty() || ZERO.iter().any(|zero| text.starts_with(zero)) => Self::Never,
            None => Self::Unclear,
        }
    }

    /// The moment, if there was one and it is known.
    pub fn moment(self) -> Option<OffsetDateTime> {
        match self {
            Self::At(moment) => Some(moment),
            Self::Never | Self::Unclear => None,
        }
    }

    /// The later of two; where one is not clear, so is that.
    pub fn later(self, other: Self) -> Self {
        match (self, other) {
            (Self::At(one), Self::At(other)) => Self::At(one.max(other)),
            (Self::Unclear, _) | (_, Self::Unclear) => Self::Unclear,
            (Self::Never, known) | (known, Self::Never) => known,
        }
    }
}

/// Dates that stand for none.
const ZERO: [&str; 2] = ["0001-01-01", "1601-01-01"];

/// Since when nobody has used an account: its last successful sign-in, because failed attempts prove no use; of one that nobody ever
/// signed in with, since it was made. None if that is not known.
pub fn idle_since(succeeded: When, created: When) -> Option<OffsetDateTime> {
    match succeeded {
        When::At(moment) => Some(moment),
        When::Never => created.moment(),
        When::Unclear => None,
    }
}

/// Whether an account was idle for at least so many days at a moment; none if it is not known since when.
pub fn is_stale(idle_since: Option<OffsetDateTime>, days: u32, at: OffsetDateTime) -> Option<bool> {
    Some((at - idle_since?).whole_days() >= i64::from(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> Traits<'static> {
        Traits { agent: Some(false), user_principal_name: Some("ada@x.example"), user_type: Some("Member"), licensed: Some(true) }
    }

    #[test]
    fn an_account_is_of_one_category_and_of_none_where_that_is_not_said() {
        let of = |traits| category(traits).map(Category::word);
        assert_eq!(of(person()), Some("member"));
        assert_eq!(of(Traits { licensed: Some(false), ..person() }), Some("unlicensed"));
        assert_eq!(of(Traits { user_type: Some("guest"), licensed: None, ..person() }), Some("guest"));
        for name in ["Sync_AAD01_1a2b@x.example", "ADToAADSyncServiceAccount@x.example"] {
            assert_eq!(of(Traits { user_principal_name: Some(name), ..person() }), Some("directory_sync"), "{name}");
        }
        assert_eq!(of(Traits { user_principal_name: Some("synclair@x.example"), ..person() }), Some("member"));
        let agent = Traits { agent: Some(true), ..Traits::default() };
        assert_eq!(of(Traits { user_principal_name: Some("Sync_1@x.example"), ..agent }), Some("agent"), "no person at all");
        for unsaid in [
            Traits { agent: None, ..person() },
            Traits { user_type: None, ..person() },
            Traits { user_type: Some("Contractor"), ..person() },
            Traits { licensed: None, ..person() },
        ] {
            assert_eq!(of(unsaid), None, "{unsaid:?}");
        }
    }

    #[test]
    fn what_never_happened_is_told_from_what_is_no_time() {
        let (early, late) = ("2026-01-02T03:04:05Z", "2026-03-04T00:00:00Z");
        let at = |text: &str| When::At(time::parse(text).unwrap());
        for (text, expected) in [
            (None, When::Never),
            (Some(""), When::Never),
            (Some("0001-01-01T00:00:00Z"), When::Never),
            (Some("1601-01-01T00:00:00Z"), When::Never),
            (Some(early), at(early)),
            (Some("yesterday"), When::Unclear),
        ] {
            assert_eq!(When::of(text), expected, "{text:?}");
        }
        assert_eq!(at(early).later(at(late)), at(late));
        assert_eq!((at(early).later(When::Never), When::Never.later(When::Never)), (at(early), When::Never));
        assert_eq!((at(late).later(When::Unclear), When::Unclear.later(When::Never)), (When::Unclear, When::Unclear));
    }

    #[test]
    fn an_account_is_idle_since_it_was_last_signed_in_with_and_not_since_somebody_tried() {
        let (made, used) = ("2023-02-01T08:00:00Z", "2026-08-04T12:00:00Z");
        let at = time::parse("2026-11-02T00:00:00Z").unwrap();
        let stale = |succeeded: Option<&str>, made: Option<&str>, days| {
            is_stale(idle_since(When::of(succeeded), When::of(made)), days, at)
        };
        // From noon of 4 August to the first moment of 2 November are 89 whole days.
        assert_eq!((stale(Some(used), Some(made), 89), stale(Some(used), Some(made), 90)), (Some(true), Some(false)));
        assert_eq!(stale(None, Some(made), 90), Some(true), "never: since it was made");
        assert_eq!(stale(Some("0001-01-01T00:00:00Z"), Some("2026-10-26T08:00:00Z"), 90), Some(false), "made a week ago");
        assert_eq!(stale(Some("soon"), Some(made), 90), None);
        assert_eq!(stale(None, None, 90), None, "nobody knows since when");
        assert_eq!(stale(Some("2026-11-12T09:00:00Z"), Some(made), 1), Some(false), "later than the day asked about");
    }
}
