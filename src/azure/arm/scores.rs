//! The classic secure score of Defender for Cloud, and the controls it is made of.

use serde::Deserialize;

use super::Identified;
use crate::azure::{
    answer::lenient::{Count, Number, Part, Text},
    endpoint::Endpoint,
};

const VERSION: &str = "2020-01-01";

/// The scores of a subscription; none where no recommendation applies.
pub const SCORES: Endpoint = Endpoint::arm(
    "list secure scores",
    "providers/Microsoft.Security/secureScores",
    VERSION,
    &["Microsoft.Security/secureScores/read"],
);

/// The controls of all its scores.
pub const CONTROLS: Endpoint = Endpoint::arm(
    "list secure score controls",
    "providers/Microsoft.Security/secureScoreControls",
    VERSION,
    &["Microsoft.Security/secureScoreControls/read"],
);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[CONTROLS, SCORES];

/// A score of a subscription.
#[derive(Clone, Debug, Deserialize)]
pub struct Score {
    /// `{subscription}/providers/Microsoft.Security/secureScores/{name}`
    pub id: String,
    /// `ascScore`; initiatives of one's own may have others.
    pub name: String,
    /// Everything else.
    pub properties: Part<ScoreProperties>,
}

/// What a score says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ScoreProperties {
    /// How much was reached.
    pub score: Part<Points>,
    /// What it counts beside those of other subscriptions.
    pub weight: Count,
}

/// How much was reached of what.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Points {
    /// The most there is to reach; 0 where nothing is scored.
    pub max: Number,
    /// What was reached.
    pub current: Number,
    /// Their quotient, from 0 to 1.
    pub percentage: Number,
}

/// A control of a score.
#[derive(Clone, Debug, Deserialize)]
pub struct Control {
    /// `{subscription}/providers/Microsoft.Security/secureScores/{score}/secureScoreControls/{name}`
    pub id: String,
    /// A GUID, the same in every subscription.
    pub name: String,
    /// Everything else.
    pub properties: Part<ControlProperties>,
}

/// What a control says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlProperties {
    /// `Secure management ports`
    pub display_name: Text,
    /// Resources that need nothing.
    pub healthy_resource_count: Count,
    /// Resources that need something.
    pub unhealthy_resource_count: Count,
    /// Resources it does not apply to.
    pub not_applicable_resource_count: Count,
    /// How much was reached.
    pub score: Part<Points>,
    /// What it counts beside those of other subscriptions.
    pub weight: Count,
}

impl Identified for Score {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for Control {
    fn id(&self) -> &str {
        &self.id
    }
}
