//! A configured provider: the client, and how strict to be.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use time::OffsetDateTime;

use super::{
    collect::stop::{Result, Stop},
    settings::IdentityScope,
    words::{Area, EnforcementWord, PersonalDataWord},
};
use crate::{azure::client::Client, sdk::entry::Configured};

/// How many of the reads that did not come to an end are named.
const SHOWN: usize = 5;

/// What every read and verdict is given.
#[derive(Clone, Debug)]
pub struct Context {
    /// The connection.
    pub client: Client,
    /// The areas that are on.
    pub areas: BTreeSet<Area>,
    /// Which people count; none where all do.
    pub identity_scope: Option<Arc<IdentityScope>>,
    /// What an unknown verdict is, unless a validation says otherwise.
    pub on_unknown: EnforcementWord,
    /// Whether names of people appear.
    pub personal_data: PersonalDataWord,
    /// What a failed verdict is, unless a validation says otherwise.
    pub enforcement: EnforcementWord,
    /// Whether `AZPOSTURE_ENFORCEMENT=warning` is in force; it beats every validation's own word.
    pub weakened: bool,
    /// The time one reading may take, waiting included.
    pub operation_timeout: Duration,
}

impl Configured for Context {
    type Area = Area;
    type Stop = Stop;

    fn shows_people(&self) -> bool {
        self.shows_people()
    }

    fn require(&self, area: Area) -> Result<()> {
        if self.areas.contains(&area) { Ok(()) } else { Err(Stop::AreaOff(area)) }
    }

    fn time_limit(&self) -> Duration {
        self.operation_timeout
    }

    fn out_of_time(&self) -> Stop {
        let counts = self.client.counts();
        let mut under_way = self.client.under_way();
        let more = under_way.len().saturating_sub(SHOWN);
        under_way.truncate(SHOWN);
        let mut detail = format!("{} seconds were not enough. Still under way:\n", self.operation_timeout.as_secs());
        under_way.iter().for_each(|read| detail.push_str(&format!("\n  {read}")));
        if more > 0 {
            detail.push_str(&format!("\n  … and {more} more"));
        }
        detail.push_str(&format!(
            "\n\n{} requests were sent, {} of them again after a failure, and a service asked {} times to wait.\n\nNarrow the \
             scope or the filters, or raise `operation_timeout_seconds` of the provider block.",
            counts.requests, counts.retries, counts.throttled_waits
        ));
        Stop::TimedOut(detail)
    }

    fn fresh(&self) -> Self {
        Self { client: self.client.fresh(), ..self.clone() }
    }
}

impl Context {
    /// Whether names of people appear.
    pub fn shows_people(&self) -> bool {
        self.personal_data == PersonalDataWord::Show
    }

    /// The moment by which what was read is judged: now, and in the demo tenant always the same one.
    pub fn now(&self) -> OffsetDateTime {
        self.client.now()
    }

    /// What a failure of a validation with its own word is.
    pub fn enforcement(&self, own: Option<EnforcementWord>) -> EnforcementWord {
        if self.weakened { EnforcementWord::Warning } else { own.unwrap_or(self.enforcement) }
    }
}
