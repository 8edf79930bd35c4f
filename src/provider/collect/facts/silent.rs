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
        let is_on = |state: &str| ["Registered", "Registering"].iter().any(|word| word.eq_ignore_ascii_case(state));
        let nothing = silence.nothing;
        let own = match inventory::registration(context, id, "Microsoft.Security").await? {
            Ok(state) if surely_unregistered(&state) => {
                gap(Reason::NotRegistered, "Register Defender for Cloud: az provider register --namespace Microsoft.Security")
            }
            Ok(state) if is_on(&state) => {
                let own = plans.get(id);
                let off = own.and_then(|own| silence.off?(own.whole().ok()?));
                // Whether it is off nobody knows where plans were not seen whole.
                gaps.extend(own.into_iter().filter(|_| off.is_none()).flat_map(|own| own.gaps().cloned()));
                match off {
                    Some(remedy) => gap(Reason::PlanOff, remedy),
                    None => gap(Reason::NoDataYet, silence.yet),
                }
            }
            Ok(_) => gap(
                Reason::NotProven,
                &format!(
                    "{nothing}, and whether Defender for Cloud is registered is not certain: az provider show --namespace \
                     Microsoft.Security"
                ),
            ),
            Err(unread) => {
                let remedy = format!("{nothing}, and whether Defender for Cloud is registered is not known. {}", unread.remedy);
                Unreadable { code: unread.code, ..gap(unread.reason, &remedy) }
            }
        };
        gaps.push(own);
    }
    Ok(gaps)
}
