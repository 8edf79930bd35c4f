//! Starting, idling, planning the demo tenant.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{io::BufReader, process::Command};

use super::{
    figures::{Report, median, milliseconds, usage},
    support::{
        host::{BINARY, Identity, Launch, Line},
        plugin::Plugin,
    },
};

const MIB: f64 = 1024.0 * 1024.0;

pub(crate) async fn measure(report: &mut Report) {
    let size = fs::metadata(BINARY).unwrap().len();
    report.budget("binary", size as f64 / 1e6, 20.0, "MB");
    start(report).await;
    idle(report).await;
    plans(report).await;
}

/// From the start of the process to its handshake line, beside a process that does nothing.
async fn start(report: &mut Report) {
    let identity = Identity::new();
    let (mut nothing, mut handshakes) = (vec![], vec![]);
    for _ in 0..40 {
        let started = Instant::now();
        Command::new("/bin/true").stdin(Stdio::null()).status().await.unwrap();
        nothing.push(started.elapsed());
        let launch = Launch::new().with("PLUGIN_CLIENT_CERT", &identity.pem);
        let started = Instant::now();
        let mut child = launch.spawn();
        Line::read(&mut BufReader::new(child.stdout.take().unwrap())).await;
        handshakes.push(started.elapsed());
        child.kill().await.unwrap();
    }
    report.budget("start to handshake", milliseconds(median(handshakes)), 5.0, "ms");
    report.note("  beside it: /bin/true, start to end", format!("{:.2} ms", milliseconds(median(nothing))));
}

async fn idle(report: &mut Report) {
    let plugin = Plugin::start().await;
    if let Some(used) = usage(&plugin.id().to_string()) {
        report.budget("peak memory after the handshake", used.peak, 15.0, "MiB");
    }
    let started = Instant::now();
    plugin.schema().await;
    let schemas = started.elapsed();
    if let Some(used) = usage(&plugin.id().to_string()) {
        report.budget("peak memory after serving all schemas", used.peak, 15.0, "MiB");
    }
    let started = Instant::now();
    plugin.configure(json!({"environment": "demo"})).await;
    plugin.read("azposture_subscriptions", json!({})).await;
    let read = started.elapsed();
    report.note("serving all schemas", format!("{:.2} ms", milliseconds(schemas)));
    report.note("configuring the demo tenant and reading one data source", format!("{:.2} ms", milliseconds(read)));
}

/// A plan with one data source on the demo tenant, beside a plan of nothing.
async fn plans(report: &mut Report) {
    let Some(program) = terraform() else {
        return report.note("plan of the demo tenant", "skipped: no terraform or tofu on the PATH");
    };
    let empty = workspace("output \"nothing\" {\n  value = 1\n}\n");
    let demo = workspace(
        r#"
terraform {
  required_providers {
    azposture = { source = "azposture/azposture" }
  }
}

provider "azposture" {
  environment = "demo"
}

data "azposture_subscriptions" "all" {}
"#,
    );
    let (mut without, mut with) = (vec![], vec![]);
    for _ in 0..9 {
        without.push(plan(&program, empty.path()).await);
        with.push(plan(&program, demo.path()).await);
    }
    let (without, with) = (median(without), median(with));
    report.note("plan of an empty configuration", format!("{:.0} ms", milliseconds(without)));
    report.note("plan of one data source on the demo tenant", format!("{:.0} ms", milliseconds(with)));
    report.budget("  ratio", with.as_secs_f64() / without.as_secs_f64(), 2.5, "x");
}

async fn plan(program: &Path, folder: &Path) -> Duration {
    let mut command = Command::new(program);
    command.args(["plan", "-no-color", "-input=false"]).current_dir(folder).env_clear().stdin(Stdio::null());
    command.env("PATH", "/usr/bin:/bin").env("HOME", folder).env("TMPDIR", folder).env("CHECKPOINT_DISABLE", "1");
    command.env("TF_CLI_CONFIG_FILE", folder.join("rc"));
    let started = Instant::now();
    let output = command.output().await.unwrap();
    let taken = started.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    taken
}

/// A folder with this configuration, in which the built provider is found.
pub(crate) fn workspace(configuration: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let home = Path::new(BINARY).parent().unwrap().display();
    let rc = format!("provider_installation {{\n  dev_overrides {{ \"azposture/azposture\" = \"{home}\" }}\n  direct {{}}\n}}\n");
    fs::write(folder.path().join("rc"), rc).unwrap();
    fs::write(folder.path().join("main.tf"), configuration).unwrap();
    folder
}

pub(crate) fn terraform() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| ["terraform", "tofu"].map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

/// Bytes as MiB.
pub(crate) fn mib(bytes: usize) -> f64 {
    bytes as f64 / MIB
}
