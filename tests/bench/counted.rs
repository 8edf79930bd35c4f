//! A tenant that is as far away as a real one: what counts and first rows cost, and a list that is long in one subscription alone.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use azposture::demo::Tenant;
use serde_json::{Value as Json, json};

use super::{
    bare::{self, Task},
    figures::{Report, milliseconds, usage},
    large::{LIST, configured_by, requests},
    small::mib,
    support::{
        cloud::{FakeCloud, Http, Role},
        estate::Estate,
        plugin::errors,
    },
};

const TENANT: Estate = Estate { subscriptions: 500, resources: 50 };
const ONE: Estate = Estate { subscriptions: 1, resources: 25_000 };
const LATENCY: Duration = Duration::from_millis(100);

pub(crate) async fn measure(report: &mut Report) {
    first_rows(report).await;
    all_rows(report).await;
    one_subscription(report).await;
}

/// One data source in a fresh process: the answer, and how long it took.
async fn read(block: Json, arguments: Json) -> (Json, Duration) {
    let plugin = configured_by(block).await;
    plugin.schema().await;
    let started = Instant::now();
    let (value, said) = plugin.read(LIST, arguments).await;
    assert!(errors(&said).is_empty(), "{said:#?}");
    (value.unwrap(), started.elapsed())
}

async fn far() -> FakeCloud {
    FakeCloud::on(Tenant::demo()).over(Http::Two).answering(TENANT.front()).far(LATENCY).start().await
}

async fn first_rows(report: &mut Report) {
    let cloud = far().await;
    let (answer, wall) = read(cloud.block(), json!({"limit": 100})).await;
    assert_eq!(answer["summary"]["matched"], json!(TENANT.assessments() / 4));
    assert_eq!(answer["assessments"].as_array().unwrap().len(), 100);
    let seen = cloud.seen_by(Role::Management);
    let of_scope_and_proof = ["/permissions", "/subscriptions", "/descendants"];
    let others = seen.iter().filter(|seen| !of_scope_and_proof.iter().any(|end| seen.path.ends_with(end))).count();
    report.note("500 x 200 at a distance of 100 ms, counts and the first 100", format!("{} requests", seen.len()));
    report.budget("  requests beyond those of scope and proof", others as f64, 8.0, "");
    let questions: BTreeSet<String> = seen.iter().map(|seen| seen.question()).collect();
    report.budget("  requests sent / needed", seen.len() as f64 / questions.len() as f64, 1.0, "x");
    report.budget("  wall", wall.as_secs_f64(), 3.0, "s");
}

async fn all_rows(report: &mut Report) {
    let mut walls = Vec::new();
    for word in ["never", "always", "auto"] {
        let cloud = far().await;
        let mut block = cloud.block();
        block["resource_graph"] = word.into();
        let (answer, wall) = read(block, json!({"limit": 0})).await;
        assert_eq!(answer["summary"]["matched"], json!(TENANT.assessments() / 4));
        report.note(&format!("  all rows, resource_graph = \"{word}\""), format!("{:.1} s", wall.as_secs_f64()));
        walls.push(wall.as_secs_f64());
    }
    report.budget("    auto / the quicker of the two", walls[2] / walls[0].min(walls[1]), 1.2, "x");
}

async fn one_subscription(report: &mut Report) {
    let cloud = FakeCloud::on(Tenant::demo()).over(Http::Two).answering(ONE.front()).start().await;
    let mut block = cloud.block();
    block.as_object_mut().unwrap().remove("tenant_wide");
    block["subscription_ids"] = ONE.ids().collect();
    let plugin = configured_by(block).await;
    plugin.schema().await;
    let (before, started) = (usage(&plugin.id().to_string()).unwrap(), Instant::now());
    let (value, said) = plugin.read(LIST, json!({"limit": 100})).await;
    let (wall, used) = (started.elapsed(), usage(&plugin.id().to_string()).unwrap());
    assert!(errors(&said).is_empty(), "{said:#?}");
    assert_eq!(value.unwrap()["summary"]["matched"], json!(ONE.assessments() / 4));
    let requests = requests(&cloud, 0);
    report.note("100,000 assessments of one subscription", format!("{} requests", requests.len()));
    let ca_file = cloud.ca_file().display().to_string();
    // One page after the other, as the links between them have it.
    let bare = bare::measure(&Task { ca_file, side_by_side: 1, requests }).await;
    report.note("  wall, provider / bare loop", format!("{:.0} / {:.0} ms", milliseconds(wall), bare.wall_ms));
    let ratio = format!("{:.2} x", milliseconds(wall) / bare.wall_ms);
    report.note("    ratio, all of it the service's own pace of 250 reads at once and 25 a second", ratio);
    let cpu = milliseconds(used.cpu - before.cpu);
    report.note("  processor, provider / bare loop", format!("{cpu:.0} / {:.0} ms", bare.cpu_ms));
    report.budget("    ratio", cpu / bare.cpu_ms, 1.5, "x");
    report.budget("  peak memory, provider", used.peak, 20.0 + mib(600 * ONE.assessments()), "MiB");
}
