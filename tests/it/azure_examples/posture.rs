//! Samples of what Defender for Cloud reports by standards, and what the decoded rows hold.

use azposture::azure::{Call, Client, Result, arm::regulatory};
use futures::future::BoxFuture;
use serde_json::json;

use super::reads::{Picked, subscription};

type Reading = BoxFuture<'static, Result<Vec<Picked>>>;

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
