//! What a returned row costs Terraform itself: it decodes, copies and writes every value of it.

use std::{path::Path, process::Stdio, time::Duration};

use azposture::demo::Tenant;
use serde_json::json;
use tokio::process::Command;

use super::{
    figures::{Report, Usage, usage},
    small::{terraform, workspace},
    support::{
        cloud::{FakeCloud, Http},
        estate::Estate,
    },
};

const ESTATE: Estate = Estate { subscriptions: 100, resources: 50 };

pub(crate) async fn measure(report: &mut Report) {
    let Some(program) = terraform() else {
        return report.note("what a row costs Terraform", "skipped: no terraform or tofu on the PATH");
    };
    let cloud = FakeCloud::on(Tenant::demo()).over(Http::Two).answering(ESTATE.front()).start().await;
    let (few, all) = (plan(&program, &cloud, 1).await, plan(&program, &cloud, 0).await);
    let thousands = ESTATE.assessments() as f64 / 1000.0;
    let seconds = |usage: Usage| usage.cpu.as_secs_f64();
    report.note(
        &format!("Terraform, plan of {} rows", ESTATE.assessments()),
        format!("{:.2} s, {:.0} MiB", seconds(all), all.peak),
    );
    report.note("  beside it: of one row of the same list", format!("{:.2} s, {:.0} MiB", seconds(few), few.peak));
    let (cpu, memory) = ((seconds(all) - seconds(few)) / thousands, (all.peak - few.peak) / thousands);
    report.note("  its processor per 1,000 rows", format!("{:.0} ms", cpu * 1000.0));
    report.note("  its memory per 1,000 rows", format!("{memory:.1} MiB"));
}

/// What Terraform used in a plan with one data source, its plugin aside.
async fn plan(program: &Path, cloud: &FakeCloud, limit: usize) -> Usage {
    let folder = workspace("");
    let mut block = cloud.block();
    block["resource_graph"] = "never".into();
    let configuration = json!({
        "terraform": {"required_providers": {"azposture": {"source": "azposture/azposture"}}},
        "provider": {"azposture": block},
        "data": {"azposture_defender_assessments": {"all": {
            "statuses": ["Healthy", "NotApplicable", "Unhealthy"], "limit": limit
        }}}
    });
    std::fs::write(folder.path().join("rows.tf.json"), configuration.to_string()).unwrap();
    let mut command = Command::new(program);
    command.args(["plan", "-no-color", "-input=false"]).current_dir(folder.path()).env_clear();
    command.env("PATH", "/usr/bin:/bin").env("HOME", folder.path()).env("TMPDIR", folder.path());
    command.env("CHECKPOINT_DISABLE", "1").env("TF_CLI_CONFIG_FILE", folder.path().join("rc"));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let process = child.id().unwrap().to_string();
    let mut used = Usage { cpu: Duration::ZERO, peak: 0.0 };
    loop {
        // A process that has ended has no memory any more: the last look at it counts.
        if let Some(now) = usage(&process) {
            used = now;
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{:?}", child.wait_with_output().await.unwrap());
            return used;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
