//! Samples of what Defender for Cloud raises alarm about, scores and reports by standards, and what the decoded rows hold.

use azposture::azure::{
    Call, Client, Result,
    arm::{alerts, regulatory, scores},
};
use futures::future::BoxFuture;
use serde_json::json;

use super::reads::{Picked, subscription};

type Reading = BoxFuture<'static, Result<Vec<Picked>>>;

pub(super) fn alerts(client: Client) -> Reading {
    Box::pin(async move {
        let rows: Vec<alerts::Alert> = client.rows(alerts::ALERTS.at(&subscription())).await?;
        Ok(rows.into_iter().map(alert).collect())
    })
}

pub(super) fn scores(client: Client) -> Reading {
    Box::pin(async move {
        let rows: Vec<scores::Score> = client.rows(scores::SCORES.at(&subscription())).await?;
        Ok(rows.into_iter().map(score).collect())
    })
}

pub(super) fn score_controls(client: Client) -> Reading {
    Box::pin(async move {
        let rows: Vec<scores::Control> = client.rows(scores::CONTROLS.at(&subscription())).await?;
        Ok(rows.into_iter().map(score_control).collect())
    })
}

pub(super) fn standards(client: Client) -> Reading {
    let numbers = ["/properties/passedControls", "/properties/failedControls", "/properties/skippedControls"];
    reports(client, regulatory::STANDARDS.at(&subscription()), numbers)
}

pub(super) fn controls(client: Client) -> Reading {
    let numbers = ["/properties/passedAssessments", "/properties/failedAssessments", "/properties/skippedAssessments"];
    reports(client, regulatory::CONTROLS.of_at("PCI-DSS-3.2", &subscription()), numbers)
}

pub(super) fn assessments(client: Client) -> Reading {
    let numbers = ["/properties/passedResources", "/properties/failedResources", "/properties/skippedResources"];
    reports(client, regulatory::ASSESSMENTS.of_within("1.1", "PCI-DSS-3.2", &subscription()), numbers)
}

fn reports(client: Client, call: Call, numbers: [&'static str; 3]) -> Reading {
    Box::pin(async move {
        let rows: Vec<regulatory::Report> = client.rows(call).await?;
        Ok(rows.into_iter().map(|row| report(row, numbers)).collect())
    })
}

fn report(row: regulatory::Report, numbers: [&'static str; 3]) -> Picked {
    let properties = row.properties.0;
    let counted = numbers.into_iter().zip([properties.passed, properties.failed, properties.skipped]);
    let said = [
        ("/id", json!(row.id)),
        ("/name", json!(row.name)),
        ("/properties/description", json!(properties.description)),
        ("/properties/state", json!(properties.state)),
    ];
    said.into_iter().chain(counted.map(|(pointer, number)| (pointer, json!(number)))).collect()
}

fn score(row: scores::Score) -> Picked {
    let mut picked = points(&row.properties.score, row.properties.weight.0);
    picked.extend([("/id", json!(row.id)), ("/name", json!(row.name))]);
    picked
}

fn score_control(row: scores::Control) -> Picked {
    let properties = row.properties;
    let mut picked = points(&properties.score, properties.weight.0);
    picked.extend([
        ("/id", json!(row.id)),
        ("/name", json!(row.name)),
        ("/properties/displayName", json!(properties.display_name)),
        ("/properties/healthyResourceCount", json!(properties.healthy_resource_count)),
        ("/properties/unhealthyResourceCount", json!(properties.unhealthy_resource_count)),
        ("/properties/notApplicableResourceCount", json!(properties.not_applicable_resource_count)),
    ]);
    picked
}

fn points(points: &scores::Points, weight: Option<u64>) -> Picked {
    // The samples write whole numbers without a fraction.
    let number = |number: Option<f64>| match number {
        Some(whole) if whole.fract() == 0.0 => json!(whole as i64),
        other => json!(other),
    };
    vec![
        ("/properties/score/max", number(points.max.0)),
        ("/properties/score/current", number(points.current.0)),
        ("/properties/score/percentage", number(points.percentage.0)),
        ("/properties/weight", json!(weight)),
    ]
}

fn alert(row: alerts::Alert) -> Picked {
    let properties = row.properties.0;
    let about = properties.resource_identifiers.0.unwrap();
    vec![
        ("/id", json!(row.id)),
        ("/properties/alertType", json!(properties.alert_type)),
        ("/properties/alertDisplayName", json!(properties.alert_display_name)),
        ("/properties/description", json!(properties.description)),
        ("/properties/severity", json!(properties.severity)),
        ("/properties/status", json!(properties.status)),
        ("/properties/intent", json!(properties.intent)),
        ("/properties/isIncident", json!(properties.is_incident)),
        ("/properties/resourceIdentifiers/0/azureResourceId", json!(about[0].azure_resource_id)),
        ("/properties/resourceIdentifiers/1/workspaceId", json!(about[1].workspace_id)),
        ("/properties/remediationSteps", json!(properties.remediation_steps)),
        ("/properties/techniques", json!(properties.techniques)),
        ("/properties/subTechniques", json!(properties.sub_techniques)),
        ("/properties/productName", json!(properties.product_name)),
        ("/properties/compromisedEntity", json!(properties.compromised_entity)),
        ("/properties/alertUri", json!(properties.alert_uri)),
        ("/properties/startTimeUtc", json!(properties.start_time_utc)),
        ("/properties/endTimeUtc", json!(properties.end_time_utc)),
        ("/properties/timeGeneratedUtc", json!(properties.time_generated_utc)),
    ]
}
