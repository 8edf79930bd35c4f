//! `azposture_secure_score`: the classic secure score of every subscription, and its controls.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Subject, Unreadable,
        defender::{Foundational, Plan, foundational},
        secure_score::{Control, Points, weighted},
        seen,
    },
    provider::{
        collect::{
            Lists,
            facts::silent::{self, Silence},
            lists::scores,
            twice,
        },
        context::Context,
        frame::{self, Chosen, Counting, Listing, Table},
        words::{Area, SubscriptionId},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<SecureScore>()];

/// The classic secure score of Microsoft Defender for Cloud, of every subscription and over all of them, with its controls. It is not the
/// risk-based Cloud secure score of the Microsoft Defender portal, which has no API and differs. Defender for Cloud computes it anew about
/// once a day.
///
/// By Resource Manager one request a subscription, and as many for controls; by Resource Graph a few for hundreds of subscriptions.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Whether to read the controls. Default `true`.
    include_controls: Option<bool>,
    /// Controls to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts of controls.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Controls of the chosen subscriptions. Null if they were not asked for.
    matched: Option<usize>,
    /// Controls returned.
    returned: usize,
}

/// The score of one subscription.
#[derive(Serialize, JsonSchema)]
struct ScoreRow {
    /// The subscription's id.
    key: String,
    /// Lower-case GUID.
    subscription_id: String,
    /// Points that were reached. Null if the service did not say.
    current: Option<f64>,
    /// The most points there are to reach. Null if the service did not say.
    max: Option<f64>,
    /// What was reached in percent. Null if the service did not say, if `current` and `max` say otherwise, or if there is nothing to reach.
    percentage: Option<f64>,
    /// What it counts beside those of other subscriptions. Null if the service did not say.
    weight: Option<u64>,
}

/// One control of one subscription: recommendations that belong together, and the points that they are worth.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// `subscription_id|name`, lower case: unique and stable.
    key: String,
    /// Lower-case GUID.
    subscription_id: String,
    /// The control, a GUID that is the same in every subscription.
    name: String,
    /// For example `Secure management ports`. Null if the service did not say.
    display_name: Option<String>,
    /// Points that were reached. Null if the service did not say.
    current: Option<f64>,
    /// The most points there are to reach; 0 if the control is worth none here. Null if the service did not say.
    max: Option<f64>,
    /// What was reached in percent. Null if the service did not say, if `current` and `max` say otherwise, or if there is nothing to reach.
    percentage: Option<f64>,
    /// What it counts beside those of other subscriptions. Null if the service did not say.
    weight: Option<u64>,
    /// Resources that need nothing. Null if the service did not say.
    healthy_resources: Option<u64>,
    /// Resources that need something. Null if the service did not say.
    unhealthy_resources: Option<u64>,
    /// Resources it does not apply to. Null if the service did not say.
    not_applicable_resources: Option<u64>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// Always `classic`.
    model: &'static str,
    /// The score over all chosen subscriptions that have one, in percent, each by its weight, as the Azure portal shows it. Null if none has
    /// one, and where of one the score, or why it has none, could not be read or does not say all it takes: `unreadable` says of which.
    percentage: Option<f64>,
    /// The score of each subscription, by id. One without a score has no row; `unreadable` says why.
    scores: Vec<ScoreRow>,
    /// The controls, by key; none if they were not asked for. Of one that is listed twice, what the two rows do not agree on is null.
    controls: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct SecureScore;

impl DataSource for SecureScore {
    const NAME: &'static str = "secure_score";
    const PAGE: Page = Page {
        subcategory: "Posture",
        permissions: "`Microsoft.Security/secureScores/read` for the scores, `Microsoft.Security/secureScoreControls/read` for the controls, \
                      and `Microsoft.Security/pricings/read` to tell why a subscription has none. Each of the roles Reader and Security \
                      Reader on the subscription holds them.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Posture);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let Chosen { subscriptions, mut gaps, .. } = Chosen::of(context, &arguments.subscription_ids).await?;
        let with_controls = arguments.include_controls != Some(false);
        let of_controls = if with_controls { subscriptions.as_slice() } else { &[] };
        let (scores, controls) = tokio::join!(scores::scores(context, &subscriptions), scores::controls(context, of_controls));
        let (scores, controls) = (scores?, controls?);
        gaps.extend(scores.gaps().chain(controls.gaps()).cloned());
        frame::require_any(scores.so_far().next().is_some() || controls.so_far().next().is_some(), &mut gaps)?;
        gaps.extend(silent::reasons(context, &scores.wholly(Option::is_none), &SILENCE).await?);
        gaps.extend(contradictions(&scores, &controls));
        let scores: Vec<(String, Points)> =
            scores.so_far().filter_map(|(subscription, score)| Some((subscription.id.clone(), (**score)?))).collect();
        let unstated = scores.iter().filter(|(_, score)| !score.is_stated()).map(|(id, _)| id);
        gaps.extend(unstated.map(|id| unstated_of(Subject::SecureScores, id)));
        let of_scores: Vec<_> = gaps.iter().filter(|gap| gap.subject != Subject::SecureScoreControls).cloned().collect();
        let percentage = weighted(scores.iter().map(|(_, score)| score)).filter(|_| seen::complete(&of_scores));
        let table = table(&controls, &arguments, &mut gaps);
        let counting = Counting::on(&gaps, &[]);
        let matched = if with_controls { counting.count(table.rows().len()) } else { None };
        let summary = Summary { matched, returned: table.returned() };
        let (controls, listing) = table.listed(summary, gaps, warnings);
        let mut scores: Vec<ScoreRow> = scores.into_iter().map(score_row).collect();
        scores.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Attributes { model: "classic", percentage, scores, controls: controls.into_iter().map(row).collect(), listing })
    }
}

/// A subscription without a score.
const SILENCE: Silence = Silence {
    subject: Subject::SecureScores,
    nothing: "There is no secure score",
    yet: "No recommendation applies, or Defender for Cloud has scored nothing yet. Initial data can take up to 24 hours.",
    off: Some(off),
};

fn off(plans: &[Plan]) -> Option<&'static str> {
    let remedy =
        "Foundational CSPM, which recommends and scores, is off. Turn it on in the environment settings of Defender for Cloud.";
    (foundational(plans) == Foundational::Off).then_some(remedy)
}

/// A score has controls, and controls have a score: one without the other is not the whole list.
fn contradictions(scores: &Lists<Option<Points>>, controls: &Lists<Vec<Control>>) -> Vec<Unreadable> {
    let of_scores: BTreeSet<String> = scores.wholly(Option::is_some).into_iter().map(|one| one.id).collect();
    let silent: BTreeSet<String> = scores.wholly(Option::is_none).into_iter().map(|one| one.id).collect();
    let gap = |subject, id: String, remedy: &str| Unreadable {
        subject,
        place: Place::Subscription(id),
        reason: Reason::NotProven,
        code: Failure::EmptyList.code().to_owned(),
        remedy: remedy.to_owned(),
    };
    let without = controls.wholly(Vec::is_empty).into_iter().filter(|one| of_scores.contains(&one.id)).map(|one| {
        gap(Subject::SecureScoreControls, one.id, "The subscription has a score and no controls. Run again in a few minutes.")
    });
    let alone =
        controls.wholly(|rows| !rows.is_empty()).into_iter().filter(|one| silent.contains(&one.id)).map(|one| {
            gap(Subject::SecureScores, one.id, "The subscription has controls and no score. Run again in a few minutes.")
        });
    // A headline that is better than what stands below it.
    let lacking = controls.so_far().filter(|(_, rows)| rows.iter().any(Control::lacks_points));
    let lacking: BTreeSet<&str> = lacking.map(|(one, _)| one.id.as_str()).collect();
    let is_full = |score: &Option<Points>| score.as_ref().is_some_and(Points::is_full);
    let boasting = scores.so_far().filter(|(one, score)| is_full(score) && lacking.contains(one.id.as_str())).map(|(one, _)| {
        gap(
            Subject::SecureScores,
            one.id.clone(),
            "The score says that all points were reached, and a control that some were not. Run again in a few minutes.",
        )
    });
    without.chain(alone).chain(boasting).collect()
}

fn unstated_of(subject: Subject, id: &str) -> Unreadable {
    let remedy = "Points, percentages, weights or counts are not stated, or contradict each other; their rows are kept. Run again later; if \
                  this persists, please report it.";
    Unreadable {
        subject,
        place: Place::Subscription(id.to_owned()),
        reason: Reason::InvalidResponse,
        code: Failure::UnstatedField.code().to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// A control, with its key and the subscription it is of.
#[derive(Clone, PartialEq)]
struct Found {
    key: String,
    subscription_id: String,
    control: Control,
}

fn table(controls: &Lists<Vec<Control>>, arguments: &Arguments, gaps: &mut Vec<Unreadable>) -> Table<Found> {
    let found = controls.so_far().flat_map(|(subscription, rows)| {
        rows.iter().map(|control| Found {
            key: format!("{}|{}", subscription.id, control.name),
            subscription_id: subscription.id.clone(),
            control: control.clone(),
        })
    });
    let mut twofold = BTreeSet::new();
    let both = |known: Found, other: Found| {
        if known != other {
            twofold.insert(known.subscription_id.clone());
        }
        Found { control: known.control.and(other.control), ..known }
    };
    let table = Table::of(found.collect(), arguments.limit, |found| &found.key, both);
    let unstated = table.rows().iter().filter(|found| !found.control.is_stated()).map(|found| found.subscription_id.as_str());
    let unstated: BTreeSet<&str> = unstated.filter(|id| !twofold.contains(*id)).collect();
    gaps.extend(unstated.into_iter().map(|id| unstated_of(Subject::SecureScoreControls, id)));
    gaps.extend(twofold.into_iter().map(|id| twice::gap(Subject::SecureScoreControls, Place::Subscription(id), "some controls")));
    table
}

fn score_row((id, score): (String, Points)) -> ScoreRow {
    ScoreRow {
        key: id.clone(),
        subscription_id: id,
        current: score.current,
        max: score.max,
        percentage: score.percentage(),
        weight: score.weight,
    }
}

fn row(found: Found) -> Row {
    let control = found.control;
    Row {
        key: found.key,
        subscription_id: found.subscription_id,
        name: control.name.to_string(),
        display_name: control.display_name.map(|name| name.to_string()),
        current: control.points.current,
        max: control.points.max,
        percentage: control.points.percentage(),
        weight: control.points.weight,
        healthy_resources: control.healthy,
        unhealthy_resources: control.unhealthy,
        not_applicable_resources: control.not_applicable,
    }
}
