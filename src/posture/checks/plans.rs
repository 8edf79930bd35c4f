//! Checks of Defender plans.

use super::{
    check::{Check, Judged, On},
    estate::Subscription,
    run::Ruling,
};
use crate::posture::{Area, Reason, Severity, Subject, defender::Plan};

pub(super) const CHECKS: &[Check] = &[Check {
    id: "defender_plan_resource_manager_enabled",
    area: Area::Posture,
    severity: Severity::High,
    title: "Defender for Resource Manager is on",
    remediation: "Turn on Defender for Resource Manager",
    on: On::Subscription(&[Subject::Plans], |subscription| is_on(subscription, "Arm")),
}];

/// A plan that protects resources of particular types has to look at these, too: off without any is not applicable.
fn is_on<'a>(subscription: &'a Subscription, name: &str) -> Judged<'a> {
    let plans = subscription.plans.whole()?;
    let states: Vec<_> = plans.iter().filter(|plan| plan.name.eq_ignore_ascii_case(name)).map(Plan::enabled).collect();
    let Some(state) = states.first() else {
        return Ok(Ruling::Unknown(Reason::NotListed, format!("the list of plans lacks {name}")));
    };
    // Of two rows that do not say the same neither is believed.
    Ok(match state.filter(|_| states.iter().all(|other| other == state)) {
        Some(true) => Ruling::Pass(format!("the plan {name} is on")),
        Some(false) => Ruling::Fail(Some(Reason::PlanOff.into()), format!("the plan {name} is off")),
        None => Ruling::Unknown(Reason::InvalidResponse, format!("the service does not state whether the plan {name} is on")),
    })
}
