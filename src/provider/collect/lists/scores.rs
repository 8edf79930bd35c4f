//! The secure score of Defender for Cloud and its controls.

use std::sync::Arc;

use crate::{
    azure::{self, answer::lenient::unstated, arm::scores, resource_graph::queries::Rows},
    posture::{
        Area, Subject,
        secure_score::{Control, Points},
    },
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            lists::{
                listed::{self, List, Listed, both},
                texts::Texts,
            },
            stop::Result,
            twice,
        },
        context::Context,
    },
};

/// The lists of this subject.
pub const LISTS: &[List] = &[Controls::LIST, Scores::LIST];

/// The score of Defender for Cloud itself; initiatives of one's own may have others.
const CLASSIC: &str = "ascScore";

/// The secure score of subscriptions; none in one where nothing is scored.
pub async fn scores(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Option<Points>>> {
    listed::lists::<Scores>(context, subscriptions).await
}

struct Scores;

impl Listed for Scores {
    const LIST: List = both("secure_scores", Subject::SecureScores, Some(Area::Posture), scores::SCORES, Self::ROWS);
    const ROWS: Rows = Rows::of_type("securescores", "securityresources", "microsoft.security/securescores", "name, properties");
    type Wire = scores::Score;
    type Building = Vec<(String, Points)>;
    type Rows = Option<Points>;

    fn take(building: &mut Self::Building, row: scores::Score, _: &Arc<str>, _: &mut Texts) {
        let scores::ScoreProperties { score, weight } = row.properties.0;
        building.push((row.name, points(score.0, weight.0)));
    }

    fn done(building: Self::Building, subscription_id: &str) -> azure::Result<Option<Points>> {
        let (attempted, object) = ("list secure scores", format!("/subscriptions/{subscription_id}"));
        let is_other = !building.is_empty();
        let mut own: Vec<Points> =
            building.into_iter().filter(|(name, _)| name.eq_ignore_ascii_case(CLASSIC)).map(|(_, points)| points).collect();
        own.dedup();
        match own[..] {
            [] if is_other => Err(unstated(attempted, object, CLASSIC)),
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(twice::failure(attempted, object, CLASSIC)),
        }
    }
}

/// The controls of the secure score of subscriptions.
pub async fn controls(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<Control>>> {
    listed::lists::<Controls>(context, subscriptions).await
}

struct Controls;

impl Listed for Controls {
    const LIST: List =
        both("secure_score_controls", Subject::SecureScoreControls, Some(Area::Posture), scores::CONTROLS, Self::ROWS);
    const ROWS: Rows = Rows::of_type(
        "securescorecontrols",
        "securityresources",
        "microsoft.security/securescores/securescorecontrols",
        "name, properties",
    );
    type Wire = scores::Control;
    type Building = Vec<Control>;
    type Rows = Vec<Control>;

    fn take(building: &mut Vec<Control>, row: scores::Control, _: &Arc<str>, texts: &mut Texts) {
        if is_of_another(&row.id) {
            return;
        }
        let properties = row.properties.0;
        building.push(Control {
            name: texts.shared(&row.name.to_ascii_lowercase()),
            display_name: properties.display_name.as_deref().map(|name| texts.shown(name)),
            points: points(properties.score.0, properties.weight.0),
            healthy: properties.healthy_resource_count.0,
            unhealthy: properties.unhealthy_resource_count.0,
            not_applicable: properties.not_applicable_resource_count.0,
        });
    }

    fn done(building: Vec<Control>, _: &str) -> azure::Result<Vec<Control>> {
        Ok(building)
    }
}

/// Whether a control belongs to the score of another initiative.
fn is_of_another(id: &str) -> bool {
    let id = id.to_ascii_lowercase();
    let score = id.split_once("/securescores/").and_then(|(_, rest)| rest.split('/').next());
    score.is_some_and(|score| !score.eq_ignore_ascii_case(CLASSIC))
}

fn points(wire: scores::Points, weight: Option<u64>) -> Points {
    Points { current: wire.current.0, max: wire.max.0, share: wire.percentage.0, weight }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_of_other_initiatives_are_told_by_their_ids() {
        let at = |tail: &str| is_of_another(&format!("/subscriptions/s/providers/Microsoft.Security/{tail}"));
        assert!(!at("secureScores/ascScore/secureScoreControls/c"));
        assert!(!at("securescores/ASCSCORE/securescorecontrols/c"));
        assert!(!at("secureScoreControls/c"));
        assert!(at("secureScores/mine/secureScoreControls/c"));
    }
}
