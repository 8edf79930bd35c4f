//! `azposture_subscriptions`: what the connection stands for.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    azure::{self, Failure},
    posture::{Place, Reason, Subject, Unreadable, filter},
    provider::{
        collect::{
            estate::{hierarchy, scope},
            twice,
        },
        context::Context,
        frame::{Counting, Listing, Table},
        selection::UnmatchedTags,
        words::{Area, SubscriptionState, lowered},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<Subscriptions>()];

/// The subscriptions this connection stands for, with their state, tags and place in the management group tree.
///
/// A subscription that the connection expects and that is not visible is no row: it is in `unreadable`. A deleted one is both.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// States to return, without case. Default all.
    #[schemars(length(min = 1))]
    states: Option<BTreeSet<SubscriptionState>>,
    /// Tags a subscription has to have; the value `*` is any value, names compare without case. Default any;
    /// tags that none has are a warning.
    #[schemars(extend("minProperties" = 1))]
    tags: Option<BTreeMap<String, String>>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Subscriptions that met the filters.
    matched: Option<usize>,
    /// Subscriptions returned.
    returned: usize,
    /// Subscriptions that met the filters, by state.
    by_state: Option<BTreeMap<String, usize>>,
    /// Subscriptions whose state is none of the five words, or is not stated, and that met the filters other than `states`.
    other: Option<usize>,
}

/// One subscription.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// The subscription id: unique and stable.
    key: String,
    /// `/subscriptions/{subscription_id}`
    id: String,
    /// Lower-case GUID.
    subscription_id: String,
    /// Its name. Null if the service did not say.
    display_name: Option<String>,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled` or `Deleted`. Null if the service did not say; such a row meets every filter.
    state: Option<String>,
    /// The tenant that owns it.
    tenant_id: Option<String>,
    /// Whether the sign-in's own tenant owns it; `false` is delegated from another tenant (Azure Lighthouse). Null if a token does not
    /// say which tenant it is for.
    tenant_matches: Option<bool>,
    /// Ids of the management groups above it, nearest first. Null if the tree could not be read.
    management_group_ids: Option<Vec<String>>,
    /// Display names of the management groups above it, root first, joined with `/`. Null if the tree could not be read.
    management_group_path: Option<String>,
    /// The offer it was bought under.
    quota_id: Option<String>,
    /// `On`, `Off` or `CurrentPeriodOff`.
    spending_limit: Option<String>,
    /// How access to it is granted: `RoleBased`, `Legacy` …, joined with commas.
    authorization_source: Option<String>,
    /// Its tags. Under `personal_data = "redact"` without addresses of people; the argument `tags` compares what they are.
    tags: BTreeMap<String, String>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The subscriptions, by id.
    subscriptions: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct Subscriptions;

impl DataSource for Subscriptions {
    const NAME: &'static str = "subscriptions";
    const PAGE: Page = Page {
        subcategory: "Connection",
        permissions: "None for the list: it holds what the sign-in can see. For `management_group_ids` and `management_group_path` of a \
                      tenant or management group connection `Microsoft.Management/managementGroups/read` (role Management Group Reader, \
                      on the group); single subscriptions have them from Resource Graph, which Reader may ask.",
    };
    type Context = Context;
    const AREA: Option<Area> = None;
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let scope = scope::scope_of(context).await?;
        let (hierarchy, unread) = hierarchy::hierarchy_of(context).await?;
        let states = lowered(&arguments.states, |state| &state.0);
        let wanted = arguments.tags.unwrap_or_default();
        let all: Vec<_> = scope.subscriptions.iter().chain(&scope.deleted).collect();
        if !wanted.is_empty() {
            let mut unmatched = UnmatchedTags::of(&wanted);
            all.iter().for_each(|row| unmatched.match_with(&row.tags));
            unmatched.warn("no subscription that is visible", warnings);
        }
        let tagged: Vec<_> = all.into_iter().filter(|row| row.may_have(&wanted)).collect();
        let other = tagged.iter().filter(|row| !is_known(&row.state)).count();
        let is_asked = |row: &&scope::Subscription| row.state.is_empty() || filter::admits(states.as_ref(), &row.state);
        let matched: Vec<_> = tagged.into_iter().filter(is_asked).collect();
        let table = Table::of(matched, arguments.limit, |row| &row.id, |first, _| first);
        let mut by_state = BTreeMap::new();
        let mut gaps = scope.gaps.clone();
        for row in table.rows() {
            match said(&row.state) {
                Some(state) => *by_state.entry(state).or_default() += 1,
                None if row.twofold => {}
                None => gaps.push(unstated(&row.id)),
            }
            if row.twofold {
                let scope = format!("/subscriptions/{}", row.id);
                gaps.push(twice::gap(Subject::Subscriptions, Place::of(&scope), &scope));
            }
        }
        // What stands above them does not matter to their number.
        let (counting, states) = (Counting::on(&scope.gaps, &[]), Counting::on(&gaps, &[]));
        let summary = Summary {
            matched: counting.count(table.rows().len()),
            returned: table.returned(),
            by_state: states.by(by_state),
            other: counting.count(other),
        };
        gaps.extend(unread);
        let (rows, listing) = table.listed(summary, gaps, warnings);
        let redacts_people = context.client.settings().redacts_people;
        let subscriptions = rows.iter().map(|row| as_row(row, hierarchy.above(&row.id), redacts_people)).collect();
        Ok(Attributes { subscriptions, listing })
    }
}

fn unstated(subscription_id: &str) -> Unreadable {
    Unreadable {
        subject: Subject::Subscriptions,
        place: Place::Subscription(subscription_id.to_owned()),
        reason: Reason::InvalidResponse,
        code: Failure::UnstatedField.code().to_owned(),
        remedy: "The subscription comes without a state; its row is kept. Run again later; if this persists, please report it."
            .to_owned(),
    }
}

/// Whether a state is one of those there are today.
fn is_known(state: &str) -> bool {
    ["Enabled", "Warned", "PastDue", "Disabled", "Deleted"].iter().any(|known| known.eq_ignore_ascii_case(state))
}

/// A word that the service may leave out.
fn said(word: &str) -> Option<String> {
    (!word.is_empty()).then(|| word.to_owned())
}

fn as_row(subscription: &scope::Subscription, above: Option<&[hierarchy::Ancestor]>, redacts_people: bool) -> Row {
    // What people wrote may hold their addresses.
    let shown = |text: &str| azure::shown(text, redacts_people).into_owned();
    let path =
        |above: &[hierarchy::Ancestor]| above.iter().rev().map(|group| shown(&group.display_name)).collect::<Vec<_>>().join("/");
    Row {
        key: subscription.id.clone(),
        id: format!("/subscriptions/{}", subscription.id),
        subscription_id: subscription.id.clone(),
        display_name: subscription.display_name.clone(),
        state: said(&subscription.state),
        tenant_id: subscription.tenant_id.clone(),
        tenant_matches: subscription.tenant_matches,
        management_group_ids: above.map(|above| above.iter().map(|group| group.id.clone()).collect()),
        management_group_path: above.map(path),
        quota_id: subscription.quota_id.clone(),
        spending_limit: subscription.spending_limit.clone(),
        authorization_source: subscription.authorization_source.clone(),
        tags: subscription.tags.iter().map(|(name, value)| (shown(name), shown(value))).collect(),
    }
}
