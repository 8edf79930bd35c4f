//! Directories of several sizes: requests, and the processor's time for rows and summary, which has to grow with them and no faster.

use std::time::{Duration, Instant};

use azposture::demo::Tenant;
use serde_json::json;

use super::{
    figures::{Report, milliseconds, usage},
    large::configured_by,
    support::{
        cloud::{FakeCloud, Http, Role},
        people::Directory,
        plugin::errors,
    },
};

const LIST: &str = "azposture_users";
/// What azuread 3.9.0 takes for the same 20,000 users: requests, and seconds.
const OTHERS: (f64, f64) = (202.0, 63.0);

pub(crate) async fn measure(report: &mut Report) {
    let (requests, cpu, wall) = read(20_000, 0).await;
    report.note("20,000 users, all rows", format!("{:.0} ms wall", milliseconds(wall)));
    report.budget("  requests for the list", requests, 41.0, "");
    report.budget("  processor, rows and summary", cpu.as_secs_f64(), 1.0, "s");
    report.note("  requests, azuread 3.9.0 / provider", format!("{:.1} x", OTHERS.0 / requests));
    report.note("  time, azuread 3.9.0 / provider", format!("{:.1} x", OTHERS.1 / wall.as_secs_f64()));
    let (few, many) = (read(5_000, 100).await, read(100_000, 100).await);
    report
        .note("processor of 5,000 and of 100,000 users", format!("{:.0} / {:.0} ms", milliseconds(few.1), milliseconds(many.1)));
    // A process needs some for itself, so the larger may need less for each, but not more.
    report.budget("  of 100,000 / of 5,000, for each", many.1.as_secs_f64() / few.1.as_secs_f64() / 20.0, 1.2, "x");
    report.budget("  requests of 100,000 / of 5,000, for each", many.0 / few.0 / 20.0, 1.0, "x");
}

/// One data source in a fresh process: requests for the list, the processor's time, and the time it took.
async fn read(users: usize, limit: usize) -> (f64, Duration, Duration) {
    let directory = Directory { users, shows_sign_ins: true };
    let cloud = FakeCloud::on(Tenant::demo()).over(Http::Two).answering(directory.front()).start().await;
    let plugin = configured_by(cloud.block()).await;
    plugin.schema().await;
    let (before, started) = (usage(&plugin.id().to_string()).unwrap(), Instant::now());
    let arguments = json!({"inactive_days": 90, "as_of": "2026-11-02", "include_registration": false, "limit": limit});
    let (value, said) = plugin.read(LIST, arguments).await;
    let (wall, used) = (started.elapsed(), usage(&plugin.id().to_string()).unwrap());
    assert!(errors(&said).is_empty(), "{said:#?}");
    assert_eq!(value.unwrap()["summary"]["stale"], json!(directory.idle()));
    let requests = cloud.seen_by(Role::Graph).iter().filter(|seen| seen.path == "/v1.0/users").count();
    (requests as f64, used.cpu - before.cpu, wall)
}
