//! Why Defender for Cloud says nothing at all of a subscription. Never "all is well": it is not registered, what would say something is
//! off, or it has said nothing yet.

use std::collections::BTreeMap;

use crate::{
    posture::{
        Place, Reason, Subject, Unreadable,
        defender::{Plan, surely_unregistered},
    },
    provider::{
        collect::{
            estate::scope::Subscription,
            lists::{inventory, security},
            stop::Result,
        },
        context::Context,
    },
};

/// A list that Defender for Cloud fills by itself, and what its emptiness is called.
#[derive(Debug)]
pub struct Silence {
    /// What gaps call the list.
    pub subject: Subject,
    /// That it is empty, as the beginning of a sentence.
    pub nothing: &'static str,
    /// That nothing is there yet, as sentences.
    pub yet: &'static str,
    /// Whether the plan that would fill it is off. Left out where no plan does.
    pub off: Option<Off>,
}

/// What to do about a plan that is off; none if it is not off.
pub type Off = fn(&[Plan]) -> Option<&'static str>;

/// Why the list is empty in subscriptions in which it was seen whole, one reason each.
pub async fn reasons(context: &Context, silent: &[Subscription], silence: &Silence) -> Result<Vec<Unreadable>> {
    let mut gaps = Vec::new();
    let mut plans = BTreeMap::new();
    if silence.off.is_some() && !silent.is_empty() {
        plans = security::plans(context, silent).await?.by_id();
    }
    for Subscription { id, .. } in silent {
        let gap = |reason, remedy: &str| Unreadable {
            subject: silence.subject,
            place: Place::Subscription(id.clone()),
            reason,
            code: String::new(),
            remedy: remedy.to_owned(),
        };
        let own = match unregistered(context, id, silence.subject, silence.nothing).await? {
            Some(gap) => gap,
            None => {
                let own = plans.get(id);
                let off = own.and_then(|own| silence.off?(own.whole().ok()?));
                // Whether it is off nobody knows where plans were not seen whole.
                gaps.extend(own.into_iter().filter(|_| off.is_none()).flat_map(|own| own.gaps().cloned()));
                match off {
                    Some(remedy) => gap(Reason::PlanOff, remedy),
                    None => gap(Reason::NoDataYet, silence.yet),
                }
            }
        };
        gaps.push(own);
    }
    Ok(gaps)
}

/// The gap, unless Defender for Cloud is registered in the subscription or on its way there. `nothing` is what an empty list of this
/// subject says: "Nothing is assessed".
pub async fn unregistered(
    context: &Context,
    subscription_id: &str,
    subject: Subject,
    nothing: &str,
) -> Result<Option<Unreadable>> {
    let gap = |reason, remedy: String| Unreadable {
        subject,
        place: Place::Subscription(subscription_id.to_owned()),
        reason,
        code: String::new(),
        remedy,
    };
    let is_on = |state: &str| ["Registered", "Registering"].iter().any(|word| word.eq_ignore_ascii_case(state));
    Ok(match inventory::registration(context, subscription_id, "Microsoft.Security").await? {
        Ok(state) if is_on(&state) => None,
        Ok(state) if surely_unregistered(&state) => {
            let remedy = "Register Defender for Cloud: az provider register --namespace Microsoft.Security";
            Some(gap(Reason::NotRegistered, remedy.to_owned()))
        }
        Ok(_) => {
            let remedy = format!(
                "{nothing}, and whether Defender for Cloud is registered is not certain: az provider show --namespace Microsoft.Security"
            );
            Some(gap(Reason::NotProven, remedy))
        }
        Err(unread) => {
            let remedy = format!("{nothing}, and whether Defender for Cloud is registered is not known. {}", unread.remedy);
            Some(Unreadable { code: unread.code, ..gap(unread.reason, remedy) })
        }
    })
}
