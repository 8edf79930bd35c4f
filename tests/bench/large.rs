//! Large lists over local TLS: requests, time, processor and memory, beside a bare loop over the same bytes.

use std::time::{Duration, Instant};

use azposture::demo::Tenant;
use futures::future::join_all;
use serde_json::{Value as Json, json};

use super::{
    bare::{self, Task},
    figures::{Report, Usage, median, milliseconds, usage},
    small::mib,
    support::{
        cloud::{FakeCloud, Http, Role},
        estate::Estate,
        plugin::{Plugin, errors},
    },
};

pub(crate) const LIST: &str = "azposture_defender_assessments";
const ESTATE: Estate = Estate { subscriptions: 500, resources: 50 };
/// Runs by Resource Manager; the one in the middle counts.
const RUNS: usize = 5;

/// A way to read the estate.
struct Engine {
    name: &'static str,
    /// The word of `resource_graph` that chooses it.
    word: &'static str,
    requests: usize,
    runs: usize,
    /// Whether the service's own limit decides how long it takes: Resource Graph takes 15 requests in five seconds.
    paced: bool,
}

pub(crate) async fn measure(report: &mut Report) {
    many_over_one_list(report).await;
    let requests = ESTATE.requests_to_resource_manager();
    let manager = Engine { name: "Resource Manager", word: "never", requests, runs: RUNS, paced: false };
    let requests = ESTATE.requests_to_resource_graph();
    let graph = Engine { name: "Resource Graph", word: "always", requests, runs: 1, paced: true };
    // Each of the two requests for up to 300 subscriptions hears of more rows than are read there.
    let requests = ESTATE.requests_to_resource_manager() + 2;
    let chosen = Engine { name: "the engine that is sooner", word: "auto", requests, runs: 1, paced: false };
    let mut answers = vec![];
    for (engine, http) in [(&manager, Http::Two), (&manager, Http::One), (&graph, Http::Two), (&chosen, Http::Two)] {
        answers.push(whole_estate(report, http, engine).await);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "the engines answer differently");
    let rows = answers[0]["assessments"].as_array().unwrap().len();
    report.note("Resource Manager and Resource Graph answer the same", format!("{rows} rows and the summary"));
}

/// Fifty data sources that need the same list, at once.
async fn many_over_one_list(report: &mut Report) {
    let cloud = FakeCloud::on(Tenant::demo()).start().await;
    let plugin = configured(&cloud, "auto").await;
    read(&plugin).await;
    let needed = cloud.seen_by(Role::Management).len();
    let answers = join_all((1..50).map(|limit| plugin.read(LIST, json!({"limit": limit})))).await;
    assert!(answers.iter().all(|(value, said)| value.is_some() && errors(said).is_empty()));
    let cold = FakeCloud::on(Tenant::demo()).start().await;
    let plugin = configured(&cold, "auto").await;
    join_all((1..=50).map(|limit| plugin.read(LIST, json!({"limit": limit})))).await;
    report.note("requests of 1 data source over one list", needed.to_string());
    report.budget(
        "requests of 50 data sources over it, one by one",
        cloud.seen_by(Role::Management).len() as f64,
        needed as f64,
        "",
    );
    report.budget("requests of 50 data sources over it, at once", cold.seen_by(Role::Management).len() as f64, needed as f64, "");
}

/// All assessments of all subscriptions; the answer.
async fn whole_estate(report: &mut Report, http: Http, engine: &Engine) -> Json {
    let cloud = FakeCloud::on(Tenant::demo()).over(http).answering(ESTATE.front()).start().await;
    let (mut ours, mut bares, mut answer) = (vec![], vec![], Json::Null);
    for run in 0..engine.runs {
        let before = cloud.seen().len();
        let (value, wall, used) = provider_run(&cloud, engine.word).await;
        assert!(run == 0 || value == answer, "the same answer in each run");
        answer = value;
        ours.push((wall, used));
        let requests = requests(&cloud, before);
        if run == 0 {
            let each = ESTATE.assessments() / ESTATE.subscriptions;
            let title = format!("{} x {each} by {}, HTTP {http:?}", ESTATE.subscriptions, engine.name);
            report.note(&title, format!("{} rows", ESTATE.assessments()));
            report.budget("  requests", requests.len() as f64, engine.requests as f64, "");
        }
        let ca_file = cloud.ca_file().display().to_string();
        bares.push(bare::measure(&Task { ca_file, side_by_side: 32, requests }).await);
    }
    let wall = median(ours.iter().map(|(wall, _)| *wall).collect());
    let cpu = median(ours.iter().map(|(_, used)| used.cpu).collect());
    let peak = ours.iter().map(|(_, used)| used.peak).fold(0.0, f64::max);
    let duration = |ms: f64| Duration::from_secs_f64(ms / 1000.0);
    let bare_wall = median(bares.iter().map(|bare| duration(bare.wall_ms)).collect());
    let bare_cpu = median(bares.iter().map(|bare| duration(bare.cpu_ms)).collect());
    let bare = &bares[0];
    report.note("  wall, provider / bare loop", format!("{:.0} / {:.0} ms", milliseconds(wall), milliseconds(bare_wall)));
    let ratio = wall.as_secs_f64() / bare_wall.as_secs_f64();
    if engine.paced {
        report.note("    ratio, most of it the service's own pace of 15 requests in 5 s", format!("{ratio:.2} x"));
    } else {
        report.budget("    ratio", ratio, 1.5, "x");
    }
    report.note("  processor, provider / bare loop", format!("{:.0} / {:.0} ms", milliseconds(cpu), milliseconds(bare_cpu)));
    report.note("    ratio", format!("{:.2} x", cpu.as_secs_f64() / bare_cpu.as_secs_f64()));
    report.note("  bytes of bodies", format!("{:.0} MiB, {} rows", mib(bare.bytes), bare.rows));
    report.note("  peak memory, bare loop", format!("{:.1} MiB", bare.peak_mib));
    report.budget("  peak memory, provider", peak, 20.0 + mib(600 * ESTATE.assessments()), "MiB");
    answer
}

/// One data source in a fresh process.
async fn provider_run(cloud: &FakeCloud, word: &str) -> (Json, Duration, Usage) {
    let plugin = configured(cloud, word).await;
    plugin.schema().await;
    let started = Instant::now();
    let value = read(&plugin).await;
    let wall = started.elapsed();
    assert_eq!(value["summary"]["matched"], json!(ESTATE.assessments() / 4));
    let used = usage(&plugin.id().to_string()).unwrap();
    (value, wall, used)
}

async fn configured(cloud: &FakeCloud, word: &str) -> Plugin {
    let mut block = cloud.block();
    block["resource_graph"] = word.into();
    configured_by(block).await
}

/// A fresh process with this provider block.
pub(crate) async fn configured_by(block: Json) -> Plugin {
    let plugin = Plugin::start().await;
    let said = plugin.configure(block).await;
    assert!(errors(&said).is_empty(), "{said:#?}");
    plugin
}

async fn read(plugin: &Plugin) -> Json {
    // More rows than are asked for by themselves.
    let (value, said) = plugin.read(LIST, json!({"limit": 1001})).await;
    assert!(errors(&said).is_empty(), "{said:#?}");
    value.unwrap()
}

/// What was asked of Resource Manager from that request on.
pub(crate) fn requests(cloud: &FakeCloud, before: usize) -> Vec<(String, String)> {
    let seen = cloud.seen().into_iter().skip(before).filter(|seen| seen.role == Role::Management);
    seen.map(|seen| (format!("https://{}{}?{}", seen.host, seen.path, seen.query), seen.body)).collect()
}
