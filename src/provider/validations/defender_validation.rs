//! `azposture_defender_validation`: plans are on, whole, and producing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::future::try_join_all;
use schemars::JsonSchema;
use serde::Deserialize;
use time::Date;

use crate::{
    posture::{
        Reason, Seen, Status, Subject, Unreadable, Why,
        defender::{
            Counts as Resources, Offer, Plan, Requirement, Scans, Verdict, available, is_nothing, judge_assessed, judge_scan,
            judge_served, judge_unregistered, offered,
        },
        seen, worst,
    },
    provider::{
        collect::{
            By,
            estate::scope::Subscription,
            facts::scanned,
            lists::{inventory, security},
            seen_in, stop,
        },
        context::Context,
        data::defender_plans::require_known,
        frame::Chosen,
        validations::{Gate, Judged, Judgement, Line, READABLE},
        words::{Area, SubscriptionId},
    },
    sdk::{
        Diagnostics, Path, Value,
        diagnostic::Step,
        entry::{Page, Validation, ValidationEntry},
        rules::unknown_word,
    },
};

/// The validations of this subject.
pub const VALIDATIONS: &[ValidationEntry<Context>] = &[ValidationEntry::of::<DefenderValidation>()];

/// Verifies that Microsoft Defender for Cloud plans are on, on the right subplan, with the extensions that matter, cover everything, and
/// produce results, in every selected subscription. What is counted is one requirement in one subscription.
///
/// A plan that is on and covers not one of its resources fails, and so does every plan of a subscription in which Defender for Cloud is
/// surely not registered. A plan that others have replaced is judged through its successors. What could not be read is unknown, never passed: `on_unknown`
/// decides what becomes of it. Nothing to judge is an error, not a pass. It orders only what `depends_on` it, and `-target` passes it
/// by.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// What every selected subscription has to have, by plan name, for example `VirtualMachines`. A name that is no plan is an error.
    #[schemars(extend("minProperties" = 1))]
    plans: BTreeMap<String, PlanArguments>,
    /// Whether a plan is not applicable where a subscription has no resource of its types; if all of them are, that is an error. Default
    /// `false`.
    only_relevant: Option<bool>,
    /// Whether the coverage of each plan has to be `FullyCovered`. Default `false`.
    require_full_coverage: Option<bool>,
    /// Whether each subscription has to have at least one assessment; without any it is unknown, because initial data can take 24 hours.
    /// Default `false`.
    require_assessments: Option<bool>,
    /// The newest vulnerability scan of each kind the named plans scan (servers, container images, SQL) may be this many days old, at
    /// least 1. No result yet, and results without a time, are unknown; findings that are assessments of their own, Defender's newer model,
    /// never have one. Default no limit.
    #[schemars(range(min = 1))]
    require_scan_within_days: Option<u32>,
    /// Subscriptions to verify, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Tags a subscription has to have; the value `*` is any value. No match is an error. Default any.
    #[schemars(extend("minProperties" = 1))]
    tags: Option<BTreeMap<String, String>>,
}

/// What one plan has to satisfy.
#[derive(Deserialize, JsonSchema)]
struct PlanArguments {
    /// At least this subplan, for example `P1`, which `P2` satisfies, and so does a plan for servers without a subplan: that is the full
    /// plan. Default any.
    subplan: Option<String>,
    /// Extensions that have to be on, and healthy as far as the service says. Default none.
    #[schemars(length(min = 1))]
    extensions: Option<BTreeSet<String>>,
}

struct DefenderValidation;

impl Validation for DefenderValidation {
    const NAME: &'static str = "defender_validation";
    const PAGE: Page = Page {
        subcategory: "Posture",
        permissions: "`Microsoft.Security/pricings/read`; `*/read` for `only_relevant` and where a plan covers nothing, \
                      `Microsoft.Resources/subscriptions/providers/read` where Defender for Cloud is not registered, \
                      `Microsoft.Security/assessments/read` for \
                      `require_assessments`, `Microsoft.Security/assessments/subAssessments/read` for `require_scan_within_days`, and \
                      where that has no result `Microsoft.Security/assessments/read` and `Microsoft.Security/assessmentMetadata/read`. The role \
                      Reader on the subscription holds all of them.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Posture);
    type Gate = Gate;
    type Arguments = Arguments;

    /// Subplans are a closed set for the plans that have them; a misspelt one would fail for ever.
    fn check(arguments: &Value, problems: &mut Diagnostics) {
        let Value::Map(plans) = arguments.get("plans") else { return };
        for (name, plan) in plans {
            let path = Path::attribute("plans").then(Step::Key(name.clone())).then(Step::Attribute("subplan".to_owned()));
            let (Some(wanted), Some(offer)) = (plan.get("subplan").as_str(), offered(name)) else { continue };
            let known: Vec<String> = offer.subplans.iter().chain(offer.legacy).map(|subplan| (*subplan).to_owned()).collect();
            if known.is_empty() {
                problems.error(path.clone(), "Unknown value", format!("`{path}`: {name} has no subplans."));
            } else if !known.iter().any(|subplan| subplan.eq_ignore_ascii_case(wanted)) {
                problems.error(path.clone(), "Unknown value", format!("`{path}` {}", unknown_word(wanted, &known)));
            }
        }
        let scans = plans.keys().any(|name| offered(name).is_none_or(|offer| !offer.scans.is_empty()));
        if !arguments.get("require_scan_within_days").is_null() && !scans {
            let detail = "None of the named plans scans for vulnerabilities. Name VirtualMachines, Containers, SqlServers or \
                          SqlServerVirtualMachines, or leave `require_scan_within_days` out.";
            problems.error(Path::attribute("require_scan_within_days"), "Nothing selected", detail);
        }
    }

    async fn judge(arguments: &Arguments, _: &Gate, context: &Context, _: &mut Diagnostics) -> Judged {
        let Chosen { mut subscriptions, mut gaps, .. } = Chosen::of(context, &arguments.subscription_ids).await?;
        let unseen = gaps.clone();
        let tagged = arguments.tags.clone().unwrap_or_default();
        subscriptions.retain(|subscription| subscription.may_have(&tagged));
        if subscriptions.is_empty() && gaps.is_empty() {
            let mut problems = Diagnostics::new();
            problems.error(
                Path::attribute("tags"),
                "Nothing selected",
                "No subscription of the connection has these tags. Nothing would be verified.",
            );
            return Err(problems.into());
        }
        let facts = facts(arguments, context, &subscriptions).await?;
        let answered = facts.plans.values().flat_map(Seen::so_far).flat_map(|plans| plans.iter()).map(|plan| plan.name.as_str());
        let named = |name: &str| Path::attribute("plans").then(Step::Key(name.to_owned()));
        require_known(arguments.plans.keys(), answered, named)?;
        let today = context.now().date();
        let mut findings = Vec::new();
        let mut open = BTreeSet::new();
        for place in places(&subscriptions) {
            let mut own = plan_findings(arguments, &place, &facts);
            own.extend(assessment_finding(arguments, &place, &facts));
            own.extend(scan_findings(arguments, &place, &facts, today));
            if own.iter().any(|finding| finding.line.status == Status::Unknown) {
                open.insert(seen::Place::Subscription(place.subscription.id.clone()));
            }
            findings.extend(own);
        }
        // A list of plans that may be short leaves open what else it says; what is only looked up beside it matters where a line is open.
        let matters = |gap: &&Unreadable| gap.subject == Subject::Plans || open.contains(&gap.place);
        gaps.extend(facts.gaps.iter().filter(matters).cloned());
        findings.extend(unseen.iter().map(|gap| {
            let place = gap.place.to_string();
            let cells = [place.as_str(), "*", gap.reason.word(), "not visible, or nothing proves that all is"];
            Finding { line: Line::new(Status::Unknown, cells), next: String::new() }
        }));
        let judged = findings.iter().map(|finding| (finding.line.status, &finding.line.cells, finding.next.as_str()));
        let next_step = worst(judged).map(|next| if next.is_empty() { READABLE } else { next }).unwrap_or_default().to_owned();
        let lines = findings.into_iter().map(|finding| finding.line).collect();
        Ok(Judgement::new(&["subscription", "requirement", "reason", "detail"], lines, gaps, next_step))
    }
}

/// What was read for one verdict, by subscription.
#[derive(Default)]
struct DefenderFacts {
    gaps: Vec<Unreadable>,
    plans: By<Arc<Vec<Plan>>>,
    /// How many resources there are by type.
    counts: By<Resources>,
    /// The states of Microsoft.Security that could be read.
    states: BTreeMap<String, String>,
    assessed: By<bool>,
    scans: By<Arc<Scans>>,
}

/// Reads only what the requirements need.
async fn facts(arguments: &Arguments, context: &Context, subscriptions: &[Subscription]) -> stop::Result<DefenderFacts> {
    let state = |subscription: &Subscription| {
        let id = subscription.id.clone();
        async move { stop::Result::Ok((id.clone(), inventory::registration(context, &id, "Microsoft.Security").await?)) }
    };
    let states = try_join_all(subscriptions.iter().map(state).collect::<Vec<_>>());
    let (plans, states) = tokio::join!(security::plans(context, subscriptions), states);
    // Where the state cannot be read, what the plans say stands.
    let states = states?.into_iter().filter_map(|(id, state)| Some((id, state.ok()?))).collect();
    let mut facts = DefenderFacts { plans: plans?.by_id(), states, ..DefenderFacts::default() };
    // What is not registered was seen, and is not there, where the state agrees.
    let is_absent = |id: &String, gap: &Unreadable| gap.reason == Reason::NotRegistered && facts.states.contains_key(id);
    let gaps = facts.plans.iter().filter_map(|(id, plans)| Some((id, plans.gap()?)));
    facts.gaps = gaps.filter(|(id, gap)| !is_absent(id, gap)).map(|(_, gap)| gap.clone()).collect();
    let counted = arguments.only_relevant == Some(true) || arguments.require_scan_within_days.is_some();
    if counted || facts.is_a_plan_doubtful(arguments) {
        let inventories = inventory::counts(context, subscriptions).await?;
        facts.gaps.extend(inventories.gaps().cloned());
        facts.counts = inventories.by_id().into_iter().map(|(id, counts)| (id, counts.map(|all| (*all).clone()))).collect();
    }
    if arguments.require_assessments == Some(true) {
        let assessments = security::assessments(context, subscriptions, false).await?;
        facts.gaps.extend(assessments.gaps().cloned());
        facts.assessed = assessments.by_id().into_iter().map(|(id, rows)| (id, rows.map(|rows| !rows.is_empty()))).collect();
    }
    if arguments.require_scan_within_days.is_some() {
        let (offers, kinds) = scanning(arguments);
        let is_needed = |subscription: &Subscription, scans: &Scans| {
            let resources = seen_in(&facts.counts, subscription, Subject::Resources);
            kinds.iter().any(|kind| !scans.contains_key(kind) && !is_nothing(kind, &offers, &resources))
        };
        facts.scans = scanned::scans(context, subscriptions, is_needed).await?;
        facts.gaps.extend(facts.scans.values().flat_map(Seen::gaps).cloned());
    }
    Ok(facts)
}

impl DefenderFacts {
    /// Whether a required plan, or one that has replaced it, is on and covers nothing: then it matters what there is to cover.
    fn is_a_plan_doubtful(&self, arguments: &Arguments) -> bool {
        let named = |plans: &[Plan], plan: &Plan| {
            let is = |name: &String| name.eq_ignore_ascii_case(&plan.name);
            let replaced =
                |name: &String| plans.iter().any(|old| old.name.eq_ignore_ascii_case(name) && old.replaced_by.iter().any(is));
            arguments.plans.keys().any(|name| is(name) || replaced(name))
        };
        let doubtful =
            |plans: &Arc<Vec<Plan>>| plans.iter().any(|plan| plan.is_on() && plan.covers_nothing() && named(plans, plan));
        self.plans.values().flat_map(Seen::so_far).any(doubtful)
    }
}

/// A subscription, under the name that tells it from the others.
struct NamedSubscription<'a> {
    subscription: &'a Subscription,
    name: String,
}

/// Display names are not unique; where two are equal, the id stands beside them.
fn places(subscriptions: &[Subscription]) -> Vec<NamedSubscription<'_>> {
    let same = |name: &str| subscriptions.iter().filter(|other| other.label() == name).count();
    let named = |subscription: &Subscription| match same(subscription.label()) {
        0 | 1 => subscription.label().to_owned(),
        _ => format!("{} ({})", subscription.label(), subscription.id),
    };
    subscriptions.iter().map(|subscription| NamedSubscription { name: named(subscription), subscription }).collect()
}

/// A judged line, and what to do about it; nothing if only the gaps tell.
struct Finding {
    line: Line,
    next: String,
}

impl NamedSubscription<'_> {
    fn finding(&self, requirement: &str, status: Status, reason: Option<Why>, detail: &str) -> Finding {
        let cells = [&self.name, requirement, Why::shown(reason), detail];
        Finding { line: Line::new(status, cells), next: String::new() }
    }

    fn judged(&self, requirement: &str, verdict: &Verdict) -> Finding {
        self.finding(requirement, verdict.status, verdict.reason, &verdict.detail)
    }
}

fn plan_findings(arguments: &Arguments, place: &NamedSubscription<'_>, facts: &DefenderFacts) -> Vec<Finding> {
    let id = &place.subscription.id;
    let plans = seen_in(&facts.plans, place.subscription, Subject::Plans);
    let resources = seen_in(&facts.counts, place.subscription, Subject::Resources);
    arguments
        .plans
        .iter()
        .map(|(name, wanted)| {
            let requirement = Requirement {
                plan: name.clone(),
                subplan: wanted.subplan.clone(),
                extensions: wanted.extensions.clone().unwrap_or_default(),
                full_coverage: arguments.require_full_coverage == Some(true),
                only_relevant: arguments.only_relevant == Some(true),
            };
            let state = facts.states.get(id).map(String::as_str);
            let verdict = match plans.so_far() {
                Ok(plans) => judge_served(&requirement, plans, state, &resources),
                Err(gap) if gap.reason == Reason::NotRegistered => judge_unregistered(&requirement, state, &resources),
                Err(gap) => {
                    let finding = place.finding(name, Status::Unknown, Some(gap.reason.into()), "its plans could not be read");
                    return if gap.reason == Reason::NotProven {
                        Finding { next: gap.remedy.clone(), ..finding }
                    } else {
                        finding
                    };
                }
            };
            let next = next_step(&requirement, &verdict, id);
            Finding { next, ..place.finding(name, verdict.status, verdict.reason, &verdict.detail) }
        })
        .collect()
}

fn assessment_finding(arguments: &Arguments, place: &NamedSubscription<'_>, facts: &DefenderFacts) -> Option<Finding> {
    let asked = arguments.require_assessments == Some(true);
    asked.then(|| {
        place.judged("assessments", &judge_assessed(&seen_in(&facts.assessed, place.subscription, Subject::Assessments)))
    })
}

/// What the named plans offer that scan, and the kinds of things that they do.
fn scanning(arguments: &Arguments) -> (Vec<&'static Offer>, BTreeSet<&'static str>) {
    let offers: Vec<&Offer> =
        arguments.plans.keys().filter_map(|name| offered(name)).filter(|offer| !offer.scans.is_empty()).collect();
    let kinds = offers.iter().flat_map(|offer| offer.scans).copied().collect();
    (offers, kinds)
}

/// One line for each kind of thing that a named plan scans and the subscription has.
fn scan_findings(arguments: &Arguments, place: &NamedSubscription<'_>, facts: &DefenderFacts, today: Date) -> Vec<Finding> {
    let Some(most) = arguments.require_scan_within_days else { return Vec::new() };
    let (offers, kinds) = scanning(arguments);
    let (scans, resources) = (
        seen_in(&facts.scans, place.subscription, Subject::Vulnerabilities),
        seen_in(&facts.counts, place.subscription, Subject::Resources),
    );
    kinds
        .into_iter()
        .map(|kind| {
            let verdict = judge_scan(kind, &offers, &scans, &resources, (most, today));
            let next = match verdict.reason {
                Some(Why::ScanTooOld | Why::Of(Reason::NoDataYet)) => SCANNING,
                Some(Why::Of(Reason::ScanTimeUnsaid)) => UNTIMED,
                _ => "",
            };
            Finding { next: next.to_owned(), ..place.judged(&format!("scan of {}", kind.replace('_', " ")), &verdict) }
        })
        .collect()
}

const SCANNING: &str = "Check that agentless scanning or Defender Vulnerability Management is on for the plan, and wait for the next scan \
                        (24 hours).";

const UNTIMED: &str =
    "Leave `require_scan_within_days` out where the service gives no time, or decide with `on_unknown` what an unknown does.";

/// What brings a plan to what is required of it.
fn next_step(requirement: &Requirement, verdict: &Verdict, subscription_id: &str) -> String {
    let asked = (requirement.plan.clone(), requirement.subplan.clone());
    let (plan, subplan) = verdict.instead.as_ref().unwrap_or(&asked);
    let Some(why) = verdict.reason else { return String::new() };
    match why {
        Why::Of(Reason::PlanOff) | Why::SubplanTooLow | Why::LegacySubplan => {
            switch_on(plan, subplan.as_deref(), why, subscription_id)
        }
        Why::Of(Reason::NotRegistered) => format!(
            "Register it: az provider register --namespace Microsoft.Security --subscription {subscription_id}, then switch the plans on \
             (portal: Defender for Cloud > Environment settings)."
        ),
        Why::NotCovered => format!(
            "Find what switches {plan} off on every resource (Defender for Cloud > Environment settings > the subscription; the resource's own \
             Defender page), or enforce the plan for all of them: az security pricing create --name {plan} --tier standard --enforce True \
             --subscription {subscription_id}."
        ),
        Why::Of(Reason::NotListed) => format!(
            "Look at Defender for Cloud > Environment settings > the subscription whether {plan} can be had there; leave {} out of `plans` if it \
             cannot.",
            requirement.plan
        ),
        Why::ExtensionOff | Why::ExtensionUnhealthy | Why::ExtensionNotAvailable => {
            "In the portal: Defender for Cloud > Environment settings > the subscription > Settings & monitoring.".to_owned()
        }
        Why::PartiallyCovered => {
            "Find the resources that override the plan (Defender for Cloud > Environment settings > the subscription), or enforce it for all."
                .to_owned()
        }
        _ => String::new(),
    }
}

/// A superseded subplan can be kept, not chosen: it is never advised, and leaving it is said to be for good.
fn switch_on(plan: &str, wanted: Option<&str>, why: Why, subscription_id: &str) -> String {
    let plan = available(plan);
    let offer = offered(plan);
    let is_legacy = |subplan: &&str| offer.is_some_and(|offer| offer.legacy.iter().any(|old| old.eq_ignore_ascii_case(subplan)));
    let newest = offer.and_then(|offer| offer.subplans.last().copied());
    let subplan = wanted.map(|wanted| newest.filter(|_| is_legacy(&wanted)).unwrap_or(wanted));
    let subplan = subplan.map(|subplan| format!(" --subplan {subplan}")).unwrap_or_default();
    let for_good = if why == Why::LegacySubplan { " The superseded subplan cannot be chosen again once it is left." } else { "" };
    format!(
        "Switch it on: az security pricing create --name {plan} --tier standard{subplan} --subscription {subscription_id}, or in the portal: \
         Defender for Cloud > Environment settings. With Terraform: azurerm_security_center_subscription_pricing.{for_good}"
    )
}
