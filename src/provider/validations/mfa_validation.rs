//! `azposture_mfa_validation`: these people cannot get in without MFA.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::exceptions::{self, Exception};
use crate::{
    posture::{
        Reason, Status, Subject, Unreadable,
        conditional_access::{Ground, Judge, MfaCoverage, MfaVerdict},
        time,
    },
    provider::{
        collect::{
            facts::covered::{Covered, Who},
            lists::accounts::{Account, Registered},
        },
        context::Context,
        data::mfa_coverage::{is_of_type, targets},
        selection,
        validations::{Gate, Judged, Judgement, Line, READABLE},
        words::{Area, CalendarDate, MfaTarget, ObjectId, PartialReason, RoleTemplateId, UserType, lowered},
    },
    sdk::{
        Diagnostics, Path, Result, Value,
        entry::{Page, Validation, ValidationEntry},
    },
};

/// The validations of this subject.
pub const VALIDATIONS: &[ValidationEntry<Context>] = &[ValidationEntry::of::<MfaValidation>()];

/// Verifies that people cannot get in without MFA. What is counted is one person at one target, judged as `azposture_mfa_coverage` judges:
/// `enforced` and `blocked` pass; `partial` passes only if all its reasons are accepted; `not_enforced` fails; a disabled account and an agent
/// are not applicable.
///
/// Whom it is about is the union of `all_users`, `privileged`, `user_ids`, `group_ids` and `directory_role_template_ids`. A group that is
/// empty or missing is an error, one that cannot be read is unknown; nobody to judge is an error, never a pass. `identity_scope` of the
/// provider applies, and a warning says how many it hides.
///
/// It passes only on what was certainly read. It orders only what `depends_on` it, and `-target` passes it by.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Whether it is about everybody. Default `false`.
    all_users: Option<bool>,
    /// Whether it is about those who hold a privileged directory role, Owner or User Access Administrator, or could activate one. Default
    /// `false`.
    privileged: Option<bool>,
    /// Object ids of users it is about.
    #[schemars(length(min = 1))]
    user_ids: Option<BTreeSet<ObjectId>>,
    /// Object ids of groups it is about, nested ones included.
    #[schemars(length(min = 1))]
    group_ids: Option<BTreeSet<ObjectId>>,
    /// Template ids of directory roles whose holders it is about, those included who could activate it.
    #[schemars(length(min = 1))]
    directory_role_template_ids: Option<BTreeSet<RoleTemplateId>>,
    /// Kinds of users it is about. Default all.
    #[schemars(length(min = 1))]
    user_types: Option<BTreeSet<UserType>>,
    /// What is signed in to. Default `all_apps`.
    #[schemars(length(min = 1))]
    targets: Option<BTreeSet<MfaTarget>>,
    /// Reasons with which `partial` passes, if it has no others.
    #[schemars(length(min = 1))]
    accepted_partials: Option<BTreeSet<PartialReason>>,
    /// Whether who passes has to have registered a method, too (`not_registered` fails). Default `false`.
    require_registered: Option<bool>,
    /// Whom it is not about, why, and until when.
    #[schemars(length(min = 1))]
    exceptions: Option<BTreeSet<Exception>>,
    /// The day by which exceptions are told to have expired. Default today, in UTC.
    as_of: Option<CalendarDate>,
}

impl Arguments {
    fn who(&self) -> Who {
        let everybody = self.all_users == Some(true);
        Who {
            user_ids: lowered(&self.user_ids, |id| &id.0).filter(|_| !everybody),
            group_ids: lowered(&self.group_ids, |id| &id.0).filter(|_| !everybody),
            role_template_ids: lowered(&self.directory_role_template_ids, |id| &id.0).filter(|_| !everybody),
            privileged: self.privileged == Some(true) && !everybody,
            any: true,
        }
    }

    fn accepts(&self, grounds: &[Ground]) -> bool {
        let accepted =
            |ground: &Ground| self.accepted_partials.iter().flatten().any(|one| one.0.eq_ignore_ascii_case(ground.word()));
        !grounds.is_empty() && grounds.iter().all(accepted)
    }
}

struct MfaValidation;

impl Validation for MfaValidation {
    const NAME: &'static str = "mfa_validation";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "Those of `azposture_mfa_coverage`; `AuditLog.Read.All` only with `require_registered`.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Gate = Gate;
    type Arguments = Arguments;

    fn check(arguments: &Value, problems: &mut Diagnostics) {
        let is_nobody = |name: &str| matches!(arguments.get(name), Value::Null | Value::Bool(false));
        let all = ["all_users", "privileged", "user_ids", "group_ids", "directory_role_template_ids"];
        if all.into_iter().all(is_nobody) {
            problems.extend(nobody());
        }
    }

    async fn judge(arguments: &Arguments, _: &Gate, context: &Context, advice: &mut Diagnostics) -> Judged {
        let who = arguments.who();
        let is_anybody = arguments.all_users == Some(true)
            || who.privileged
            || who.user_ids.is_some()
            || who.group_ids.is_some()
            || who.role_template_ids.is_some();
        require(is_anybody)?;
        let covered = Covered::of(context, &who, |account| is_of_type(account, &arguments.user_types)).await?;
        selection::warn_of_scope(&covered.people.unmatched, advice);
        warn_of_hidden(&covered, advice);
        let on = arguments.as_of.as_ref().and_then(|text| time::date(&text.0)).unwrap_or_else(|| context.now().date());
        let (lines, excepted) = exceptions::left(lines(arguments, &covered, context), arguments.exceptions.as_ref(), on, advice);
        let is_unsure = lines.iter().any(|line| line.status == Status::Unknown);
        let gaps = covered.selection.iter().filter(matters).chain(covered.gaps.iter().filter(|_| is_unsure));
        let mut gaps: Vec<Unreadable> = gaps.cloned().collect();
        gaps.sort();
        gaps.dedup();
        let next = next_step(&lines);
        Ok(Judgement::new(HEADINGS, lines, gaps, next).with_excepted(excepted))
    }
}

const HEADINGS: &[&str] = &["user", "target", "verdict", "reasons", "why"];

fn nobody() -> Diagnostics {
    let mut problems = Diagnostics::new();
    let detail = "Say whom it is about: `all_users = true`, `privileged = true`, `user_ids`, `group_ids` or `directory_role_template_ids`.";
    problems.error(Path::root(), "Nothing selected", detail);
    problems
}

fn require(is_anybody: bool) -> Result<()> {
    if is_anybody { Ok(()) } else { Err(nobody()) }
}

/// Whether a gap leaves it open whom the validation is about. What is not said of somebody's account is told by that person's verdict.
pub(super) fn matters(gap: &&Unreadable) -> bool {
    !(gap.subject == Subject::Users && gap.reason == Reason::Hidden)
}

fn warn_of_hidden(covered: &Covered, advice: &mut Diagnostics) {
    let hidden: Vec<&Account> = covered.people.hidden().collect();
    if hidden.is_empty() {
        return;
    }
    let privileged = match covered.privileged.whole() {
        Ok(ids) => hidden.iter().filter(|one| ids.contains(&one.id)).count().to_string(),
        Err(_) => "an unknown number".to_owned(),
    };
    let detail = format!(
        "`identity_scope` of the provider hides {} accounts from this validation, {privileged} of them privileged.",
        hidden.len()
    );
    advice.warning(Path::root(), "Not everybody is looked at", detail);
}

fn lines(arguments: &Arguments, covered: &Covered, context: &Context) -> Vec<(String, Line)> {
    let judge = Judge::of(&covered.evidence.facts);
    let mut lines = Vec::new();
    for target in targets(arguments.targets.as_ref()) {
        let at = judge.at(target);
        for (place, (account, registered)) in covered.accounts.iter().zip(&covered.registered).enumerate() {
            let Some(coverage) = at.coverage(place) else { continue };
            let (status, more) = status(arguments, &coverage, registered.as_ref());
            let words: Vec<&str> = coverage.grounds.iter().map(|ground| ground.word()).chain(more).collect();
            let why = at.explanation(place, &coverage);
            let cells = [named(account, context).as_str(), target.word(), coverage.verdict.word(), &words.join(", "), &why]
                .map(str::to_owned);
            lines.push((account.id.clone(), Line { status, cells: cells.into() }));
        }
    }
    lines
}

/// Somebody as the diagnostic names him: by object id, because exceptions do, and by name where names may be shown.
pub(super) fn named(account: &Account, context: &Context) -> String {
    match account.user_principal_name.as_ref().filter(|_| context.shows_people()) {
        Some(name) => format!("{} ({name})", account.id),
        None => account.id.clone(),
    }
}

fn status(arguments: &Arguments, coverage: &MfaCoverage, registered: Option<&Registered>) -> (Status, Option<&'static str>) {
    let passes = match coverage.verdict {
        MfaVerdict::Blocked => return (Status::Pass, None),
        MfaVerdict::Enforced => true,
        MfaVerdict::NotApplicable => return (Status::NotApplicable, None),
        MfaVerdict::NotEnforced => false,
        MfaVerdict::Partial => arguments.accepts(&coverage.grounds),
        MfaVerdict::Unknown => return (Status::Unknown, None),
    };
    match (passes, arguments.require_registered == Some(true), registered.and_then(|one| one.mfa)) {
        (false, ..) => (Status::Fail, None),
        (true, true, Some(false)) => (Status::Fail, Some(Ground::NotRegistered.word())),
        (true, true, None) => (Status::Unknown, Some("registration_unread")),
        (true, ..) => (Status::Pass, None),
    }
}

fn next_step(lines: &[Line]) -> String {
    let is_any = |status: Status| lines.iter().any(|line| line.status == status);
    match (is_any(Status::Fail), is_any(Status::Unknown)) {
        (true, _) => {
            "Include these people in a policy that requires MFA without the gap that is named (Entra admin center > Protection > \
                      Conditional Access), or except them by `exceptions`, with an owner and an end. The data source \
                      azposture_mfa_coverage lists all of them."
                .to_owned()
        }
        _ => READABLE.to_owned(),
    }
}
