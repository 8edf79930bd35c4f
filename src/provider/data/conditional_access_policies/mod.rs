//! `azposture_conditional_access_policies`: policies in plain words, and what they leave out.

mod policy_rows;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::policy_rows::{ExclusionGapRow, LocationRow, PolicyRow, StrengthRow};
use crate::{
    posture::conditional_access::{self as judging, ExclusionGap, Judge, PolicyMfa},
    provider::{
        collect::{
            facts::{
                access::{self, AccessEvidence},
                protected_groups::{self, Unprotected},
                who_counts,
            },
            lists::access_policies::ListedPolicy,
            stop::{Argument, Stop},
        },
        context::Context,
        frame::{self, Counting, Listing, Table},
        words::{AccessPolicyState, Area, Guid, lowered},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<ConditionalAccessPolicies>()];

/// Policies of Conditional Access in plain words, the locations and authentication strengths that they name, and what they leave out: what
/// one policy with MFA excludes and no other one covers, and groups that decide who is covered and that too many may change.
///
/// A policy with a part that this release does not understand, or that Microsoft Graph left out, has `indeterminate`: what else is said of
/// it is what was understood. Conditions of agents exist in the beta of Microsoft Graph only and are not read.
///
/// Microsoft Graph answers one request a second to Conditional Access for the whole tenant. The policies and the locations are a page each as
/// a rule; beside them it takes one request for the strengths, those for users (999 a page) and directory roles, and one or more for each
/// group that a policy names.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Policies to return, GUIDs. Default all; one that does not exist is an error.
    #[schemars(length(min = 1))]
    policy_ids: Option<BTreeSet<Guid>>,
    /// States of policies to return. Default all; a state that is new here is returned unless states are named.
    #[schemars(length(min = 1))]
    states: Option<BTreeSet<AccessPolicyState>>,
    /// Policies to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts of policies.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Policies that met the filters. Null if they could not be read.
    matched: Option<usize>,
    /// Policies returned.
    returned: usize,
    /// By state, in Azure's words.
    by_state: Option<BTreeMap<String, usize>>,
    /// Policies that by themselves require MFA of whom they apply to, whatever their state is.
    requires_mfa: Option<usize>,
    /// Policies that exclude users, groups, roles or guests.
    with_exclusions: Option<usize>,
    /// Policies of which a part is not understood.
    indeterminate: Option<usize>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The policies, by key.
    policies: Vec<PolicyRow>,
    /// The locations that policies can name, by key, whatever the filters are. Null if unreadable.
    named_locations: Option<Vec<LocationRow>>,
    /// The authentication strengths that policies can ask for, by key, whatever the filters are. Null if unreadable.
    authentication_strengths: Option<Vec<StrengthRow>>,
    /// What an enabled policy with MFA excludes and no other enabled policy with MFA covers wholly, by key, whatever the filters are. Who is
    /// in it may sign in without MFA. Null if the policies are unreadable; what could not be read covers nothing.
    exclusion_gaps: Option<Vec<ExclusionGapRow>>,
    /// Object ids of groups that policies in force name and that neither may be given roles nor are in a restricted administrative unit:
    /// whoever may edit them may change who is covered. Null if unreadable.
    unprotected_groups: Option<Vec<String>>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct ConditionalAccessPolicies;

impl DataSource for ConditionalAccessPolicies {
    const NAME: &'static str = "conditional_access_policies";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "Microsoft Graph application permissions with admin consent: `Policy.Read.All`; `GroupMember.Read.All`, \
                      `User.Read.All` and `RoleManagement.Read.Directory` (`Directory.Read.All` for the three) to tell what exclusions \
                      leave open. A user signed in through the Azure CLI cannot have `Policy.Read.All`.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let everybody = who_counts::people(context).await?;
        let accounts = everybody.so_far().map(|people| people.accounts.all.as_slice()).unwrap_or_default();
        let persons = accounts.iter().map(|account| access::person(account, None)).collect();
        let AccessEvidence { facts, lists, mut gaps, .. } = access::evidence(context, persons).await?;
        frame::require_any(lists.policies.so_far().is_ok(), &mut gaps)?;
        gaps.extend(everybody.gaps().filter(|gap| access::decides(gap)).cloned());
        let redacts_people = context.client.settings().redacts_people;
        let judge = Judge::of(&facts);
        let listed = lists.policies.so_far().map(|rows| rows.as_slice()).unwrap_or_default();
        let wanted = chosen(listed, &arguments)?;
        let table = Table::of(wanted, arguments.limit, |listed| &listed.policy.id, |known, _| known);
        let counting = Counting::on(&lists.policies.gaps().cloned().collect::<Vec<_>>(), &[]);
        let count = |holds: &dyn Fn(&ListedPolicy) -> bool| counting.count(table.rows().iter().filter(|one| holds(one)).count());
        let mut by_state = BTreeMap::new();
        for row in table.rows() {
            *by_state.entry(row.state.clone().unwrap_or_default()).or_default() += 1;
        }
        let summary = Summary {
            matched: counting.count(table.matched()),
            returned: table.returned(),
            by_state: counting.by(by_state),
            requires_mfa: count(&|one| judging::policy_mfa(&one.policy, &facts) == PolicyMfa::Required),
            with_exclusions: count(&|one| !one.policy.exclude.is_empty()),
            indeterminate: count(&|one| !judging::indeterminate_parts(&one.policy).is_empty()),
        };
        let Unprotected { groups, gaps: more } = protected_groups::unprotected(context, listed, &facts.groups).await?;
        gaps.extend(more);
        let exclusions: Vec<ExclusionGap> = judging::exclusion_gaps(&judge);
        let (policies, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes {
            policies: policies.into_iter().map(|listed| PolicyRow::of(listed, &facts)).collect(),
            named_locations: lists.locations.so_far().ok().map(|rows| LocationRow::all(rows, redacts_people)),
            authentication_strengths: lists.strengths.so_far().ok().map(|rows| StrengthRow::all(rows, redacts_people)),
            exclusion_gaps: Some(exclusions.into_iter().map(ExclusionGapRow::of).collect()),
            unprotected_groups: groups,
            listing,
        })
    }
}

/// The policies that meet the filters. One that is named and not there is an error.
fn chosen<'a>(listed: &'a [ListedPolicy], arguments: &Arguments) -> Result<Vec<&'a ListedPolicy>> {
    let ids = lowered(&arguments.policy_ids, |id: &Guid| id.0.as_str());
    let missing = ids.iter().flatten().find(|id| !listed.iter().any(|one| one.policy.id == **id));
    if let Some(id) = missing {
        let detail = format!("There is no Conditional Access policy with the id {id}.");
        return Err(Stop::Argument(Argument { name: "policy_ids", summary: "Nothing selected", detail }).into());
    }
    let is_wanted = |one: &&ListedPolicy| {
        ids.as_ref().is_none_or(|ids| ids.contains(&one.policy.id))
            && arguments.states.as_ref().is_none_or(|states| {
                states.iter().any(|state| one.state.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(&state.0)))
            })
    };
    Ok(listed.iter().filter(is_wanted).collect())
}
