//! `azposture_connection_validation`: the connection has what it needs.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    azure::{Error, Kind},
    posture::{
        Place, Status, Subject, Unreadable,
        connection::{self as judged, ConnectionCheck, JudgedCheck, Level, catalogue},
        worst,
    },
    provider::{
        collect::{
            facts::{
                checklist::{self, Asked},
                signed_in,
            },
            stop::Cause,
            unread,
        },
        context::Context,
        data::connection::{chosen, require_known_checks},
        validations::{Gate, Judged, Judgement, Line},
        words::{Area, ClientId, SubscriptionId, lowered},
    },
    sdk::{
        Diagnostics, Path, Value,
        entry::{Page, Validation, ValidationEntry},
    },
};

/// The validations of this subject.
pub const VALIDATIONS: &[ValidationEntry<Context>] = &[ValidationEntry::of::<ConnectionValidation>()];

/// Verifies that the connection has what it needs: the checks of `azposture_connection`. What is counted is one check, once a
/// subscription where it is about subscriptions.
///
/// Required checks that fail, or cannot be seen, make it red. Advisory checks that fail are one warning; an advisory check that
/// `check_ids` names by its id is required, one that only a pattern chooses stays advisory. A failed sign-in is a failed check here, and
/// the only one that is shown: the others were not reached, and count as unknown.
/// It orders only what `depends_on` it, and `-target` passes it by.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Checks to verify: ids, or globs such as `role_*`. Naming an advisory check by its id makes it required. Default all; one that names
    /// no check is an error.
    #[schemars(length(min = 1))]
    check_ids: Option<BTreeSet<String>>,
    /// Subscriptions to look at, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Client ids of the enterprise applications that provision people, for `scim_overrides_scope`. Default none, which leaves that
    /// check not applicable.
    #[schemars(length(min = 1))]
    provisioning_client_ids: Option<BTreeSet<ClientId>>,
}

struct ConnectionValidation;

impl Validation for ConnectionValidation {
    const NAME: &'static str = "connection_validation";
    const PAGE: Page = Page {
        subcategory: "Connection",
        permissions: "Those that the checks are about: see `azposture_connection`. A check whose evidence may not be read is unknown.",
    };
    type Context = Context;
    const AREA: Option<Area> = None;
    type Gate = Gate;
    type Arguments = Arguments;

    fn check(arguments: &Value, problems: &mut Diagnostics) {
        require_known_checks(arguments, problems);
    }

    async fn judge(arguments: &Arguments, _: &Gate, context: &Context, advice: &mut Diagnostics) -> Judged {
        let chosen = chosen(arguments.check_ids.as_ref())?;
        if !chosen.iter().any(|check| may_be_required(check, arguments)) {
            return Err(only_advisory(&chosen).into());
        }
        let signed_in = match signed_in::sign_in(context).await {
            Ok(signed_in) => signed_in,
            // What no token can help with stays an error: our own guard, a hostile answer.
            Err(error) => {
                let gap = unread::soft_gap(Subject::SignIn, Place::Tenant, &error)?;
                return Ok(unsigned(arguments, &chosen, &error, gap));
            }
        };
        let subscription_ids = lowered(&arguments.subscription_ids, |id| &id.0);
        let provisioning_client_ids = lowered(&arguments.provisioning_client_ids, |id| &id.0);
        let areas = context.areas.clone();
        let asked = Asked {
            needs: catalogue::needs(&chosen, &areas),
            subscription_ids: subscription_ids.as_ref(),
            provisioning_client_ids: provisioning_client_ids.as_ref(),
        };
        let found = checklist::facts(context, &signed_in, &asked).await?;
        let rows = judged::judge(&chosen, &found.facts);
        let (required, advisory): (Vec<JudgedCheck>, Vec<JudgedCheck>) =
            rows.into_iter().partition(|row| row.level == Level::Required || is_named(row.id, arguments));
        let unknown = required.iter().filter(|row| row.verdict.status == Status::Unknown);
        let mut gaps: Vec<Unreadable> = unknown.flat_map(|row| row.verdict.gaps.clone()).collect();
        if chosen.iter().any(|check| check.per_subscription()) {
            gaps.extend(found.scope_gaps);
        }
        gaps.sort();
        gaps.dedup();
        advise(&advisory, advice);
        Ok(Judgement::new(HEADINGS, required.iter().map(line).collect(), gaps, next_step(&required)))
    }
}

/// Naming an advisory check makes it required.
fn is_named(id: &str, arguments: &Arguments) -> bool {
    arguments.check_ids.as_ref().is_some_and(|ids| ids.iter().any(|text| text.eq_ignore_ascii_case(id)))
}

/// Some checks are required only in some connections; that is not known before they are judged.
fn may_be_required(check: &ConnectionCheck, arguments: &Arguments) -> bool {
    check.level == Level::Required || check.id == "management_group_readable" || is_named(check.id, arguments)
}

fn only_advisory(chosen: &[&ConnectionCheck]) -> Diagnostics {
    let ids: Vec<&str> = chosen.iter().map(|check| check.id).collect();
    let mut problems = Diagnostics::new();
    let detail = format!(
        "The patterns of `check_ids` choose only advisory checks ({}), which never make a validation red. Name those that have to hold by \
         their ids.",
        ids.join(", ")
    );
    problems.error(Path::attribute("check_ids"), "Nothing selected", detail);
    problems
}

/// Without a token one check is judged, chosen or not, and nothing can be said about the others: they are counted, not listed.
fn unsigned(arguments: &Arguments, chosen: &[&'static ConnectionCheck], error: &Error, gap: Unreadable) -> Judgement {
    let status = status(error);
    // A failure says it all; what was not seen is told with its reason.
    let gaps = if status == Status::Fail { Vec::new() } else { vec![gap] };
    let sign_in = Line::new(status, [SIGN_IN, "", &error.lasting()]);
    let others = chosen.iter().filter(|check| check.id != SIGN_IN && may_be_required(check, arguments));
    let unlisted: Vec<Line> = others.map(|_| Line { status: Status::Unknown, cells: Vec::new() }).collect();
    let not_reached = match unlisted.len() {
        0 => String::new(),
        1 => "The other check was not reached: it needs a sign-in.\n\n".to_owned(),
        others => format!("The other {others} checks were not reached: they need a sign-in.\n\n"),
    };
    let advice = if error.advice().is_empty() { "Check the sign-in arguments of the provider block." } else { error.advice() };
    let judgement = Judgement::new(HEADINGS, [vec![sign_in], unlisted].concat(), gaps, format!("{not_reached}{advice}"));
    Judgement { unsigned: Cause::of(error).is_of_sign_in(), ..judgement }
}

/// A refused sign-in has failed. What the identity service did not get to say is not known: it was busy, or something else answered.
fn status(error: &Error) -> Status {
    match error.kind() {
        Kind::InvalidResponse | Kind::Throttled | Kind::Timeout | Kind::Unavailable => Status::Unknown,
        _ => Status::Fail,
    }
}

const SIGN_IN: &str = "sign_in";

const HEADINGS: &[&str] = &["check", "subscription", "detail"];

fn line(row: &JudgedCheck) -> Line {
    Line::new(row.verdict.status, [row.id, row.subscription_id.as_deref().unwrap_or_default(), &row.verdict.detail])
}

fn next_step(rows: &[JudgedCheck]) -> String {
    let worst = worst(rows.iter().map(|row| (row.verdict.status, row.key(), row)));
    worst.and_then(|row| row.verdict.remediation.clone()).unwrap_or_default()
}

/// Advisory checks that fail, as one warning; those that could not be seen are named with them.
fn advise(rows: &[JudgedCheck], warnings: &mut Diagnostics) {
    let of = |status| rows.iter().filter(move |row| row.verdict.status == status);
    let failed = of(Status::Fail).count();
    if failed == 0 {
        return;
    }
    let mut detail = String::new();
    for row in of(Status::Fail).chain(of(Status::Unknown)).take(20) {
        detail.push_str(&format!("  {} ({}): {}\n", row.key(), row.verdict.status.word(), row.verdict.detail));
    }
    let more = (failed + of(Status::Unknown).count()).saturating_sub(20);
    if more > 0 {
        detail.push_str(&format!("  … and {more} more.\n"));
    }
    let first: Vec<JudgedCheck> = of(Status::Fail).cloned().collect();
    detail.push_str(&format!("\n{}", next_step(&first)));
    warnings.warning(Path::root(), format!("{}: {failed} advisory checks failed", ConnectionValidation::NAME), detail);
}
