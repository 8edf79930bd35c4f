//! `azposture_roster_validation`: accounts belong to people who still work here.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    exceptions::{self, Exception},
    mfa_validation::{matters, named},
};
use crate::{
    posture::{
        Status,
        roster::{Match, Standing},
        time,
    },
    provider::{
        context::Context,
        data::roster_match::{Asked, Compared, Entry},
        selection,
        validations::{Gate, Judged, Judgement, Line, READABLE},
        words::{Area, CalendarDate, MatchRule, RosterFailure},
    },
    sdk::entry::{Page, Validation, ValidationEntry},
    sdk::{Diagnostics, Path},
};

/// The validations of this subject.
pub const VALIDATIONS: &[ValidationEntry<Context>] = &[ValidationEntry::of::<RosterValidation>()];

/// Verifies that the accounts of the directory belong to people who work here, by a roster of them: what is counted is accounts, and people
/// without one, as `azposture_roster_match` compares them. By default it fails for who left and is still enabled, for enabled accounts of
/// nobody, and for accounts that are claimed by several.
///
/// `identity_scope` of the provider hides accounts of others, never those of people who are `terminated`. A roster that names nobody, or no
/// account that was read, is an error, never a pass. It orders only what `depends_on` it, and `-target` passes it by.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// The people. Two entries with one address have to say the same of it.
    #[schemars(length(min = 1))]
    roster: BTreeSet<Entry>,
    /// By what people and accounts belong together. Default all.
    #[schemars(length(min = 1))]
    match_by: Option<BTreeSet<MatchRule>>,
    /// Whether `ada+jobs@contoso.com` is `ada@contoso.com`. Default `true`.
    ignore_plus_tags: Option<bool>,
    /// For how many days after `terminated_on` an account may stay enabled. Default 1.
    termination_grace_days: Option<u32>,
    /// The day it is judged on. Default today, in UTC.
    as_of: Option<CalendarDate>,
    /// What fails. Default `terminated_enabled`, `unlinked_account` and `conflict`.
    #[schemars(length(min = 1))]
    fail_on: Option<BTreeSet<RosterFailure>>,
    /// Whose accounts it is not about, why, and until when.
    #[schemars(length(min = 1))]
    exceptions: Option<BTreeSet<Exception>>,
}

impl Arguments {
    fn fails(&self, standing: Standing) -> bool {
        match &self.fail_on {
            Some(words) => words.iter().any(|one| one.0.eq_ignore_ascii_case(standing.word())),
            None => matches!(standing, Standing::Conflict | Standing::TerminatedEnabled | Standing::UnlinkedAccount),
        }
    }

    fn status(&self, standing: Standing) -> Status {
        match standing {
            Standing::Unknown => Status::Unknown,
            other if self.fails(other) => Status::Fail,
            _ => Status::Pass,
        }
    }
}

struct RosterValidation;

impl Validation for RosterValidation {
    const NAME: &'static str = "roster_validation";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "Microsoft Graph application permission with admin consent: `User.Read.All` (`Directory.Read.All`).",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Gate = Gate;
    type Arguments = Arguments;

    async fn judge(arguments: &Arguments, _: &Gate, context: &Context, advice: &mut Diagnostics) -> Judged {
        let asked = Asked {
            roster: &arguments.roster,
            match_by: arguments.match_by.as_ref(),
            ignore_plus_tags: arguments.ignore_plus_tags,
            termination_grace_days: arguments.termination_grace_days,
            as_of: arguments.as_of.as_ref(),
        };
        let compared = Compared::of(asked, context).await?;
        selection::warn_of_scope(&compared.unmatched, advice);
        if !compared.accounts.iter().any(|one| !one.is_agent()) {
            let mut problems = Diagnostics::new();
            problems.error(Path::root(), "Nothing selected", "The directory listed no account of a person. That is not a pass.");
            return Err(problems.into());
        }
        let on = arguments.as_of.as_ref().and_then(|text| time::date(&text.0)).unwrap_or_else(|| context.now().date());
        let lines = compared.matches.iter().map(|row| line(arguments, &compared, row, context)).collect();
        let (lines, excepted) = exceptions::left(lines, arguments.exceptions.as_ref(), on, advice);
        let next = match lines.iter().any(|line| line.status == Status::Fail) {
            true => {
                "Disable the accounts of those who left (Entra admin center > Users), add who is missing to the roster, and declare \
                     services and shared mailboxes there by `kind`. The data source azposture_roster_match lists all of them."
            }
            false => READABLE,
        };
        let gaps = compared.gaps.into_iter().filter(|gap| matters(&gap)).collect();
        Ok(Judgement::new(HEADINGS, lines, gaps, next.to_owned()).with_excepted(excepted))
    }
}

const HEADINGS: &[&str] = &["account or person", "status", "roster", "why"];

fn line(arguments: &Arguments, compared: &Compared, row: &Match, context: &Context) -> (String, Line) {
    let account = compared.account(row);
    let who = match account {
        Some(account) => named(account, context),
        None => compared.key(row, !context.shows_people()),
    };
    let roster = compared.person(row).map_or("", |person| person.employment.word());
    let line = Line::new(arguments.status(row.standing), [&who, row.standing.word(), roster, &row.explanation]);
    (account.map(|one| one.id.clone()).unwrap_or_default(), line)
}
