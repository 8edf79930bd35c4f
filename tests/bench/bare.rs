//! The bare loop that the provider is compared with: fetches the same addresses, decodes the same rows, keeps nothing, knows nothing.

use std::{fs, path::Path, process::Stdio, time::Instant};

use azposture::azure::arm::security::Assessment;
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use tokio::process::Command;

use super::figures::usage;

/// The variable that makes this program the bare loop; it names the file with the task.
pub(crate) const TASK: &str = "AZPOSTURE_BARE_TASK";

/// What to fetch.
#[derive(Deserialize, Serialize)]
pub(crate) struct Task {
    pub(crate) ca_file: String,
    pub(crate) side_by_side: usize,
    /// Addresses, and what to post there; nothing is a GET.
    pub(crate) requests: Vec<(String, String)>,
}

/// What it cost.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Outcome {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
    pub(crate) wall_ms: f64,
    pub(crate) cpu_ms: f64,
    pub(crate) peak_mib: f64,
}

/// Runs the task in a process of its own.
pub(crate) async fn measure(task: &Task) -> Outcome {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), serde_json::to_vec(task).unwrap()).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(TASK, file.path()).stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Does the task of that file, here.
pub(crate) fn run(file: &Path) {
    let task: Task = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let outcome = tokio::runtime::Runtime::new().unwrap().block_on(fetch(task));
    serde_json::to_writer(std::io::stdout().lock(), &outcome).unwrap();
}

async fn fetch(task: Task) -> Outcome {
    let started = Instant::now();
    let ca = reqwest::Certificate::from_pem(&fs::read(&task.ca_file).unwrap()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([ca]).no_proxy().build().unwrap();
    let fetches = task.requests.into_iter().map(|(address, question)| {
        // Both engines answer in one form.
        let is_assessments = question.contains("// azposture assessments") || address.contains("/assessments?");
        let request = if question.is_empty() { client.get(&address) } else { client.post(&address).body(question) };
        tokio::spawn(async move {
            let body = request.send().await.unwrap().bytes().await.unwrap();
            let rows = if is_assessments { rows::<Assessment>(&body) } else { rows::<IgnoredAny>(&body) };
            (rows, body.len())
        })
    });
    let counts: Vec<_> = stream::iter(fetches).buffer_unordered(task.side_by_side).map(Result::unwrap).collect().await;
    let used = usage("self").unwrap();
    Outcome {
        rows: counts.iter().map(|(rows, _)| rows).sum(),
        bytes: counts.iter().map(|(_, bytes)| bytes).sum(),
        wall_ms: started.elapsed().as_secs_f64() * 1000.0,
        cpu_ms: used.cpu.as_secs_f64() * 1000.0,
        peak_mib: used.peak,
    }
}

fn rows<'de, T: Deserialize<'de>>(body: &'de [u8]) -> usize {
    #[derive(Deserialize)]
    struct Page<T> {
        #[serde(alias = "data", default = "Vec::new")]
        value: Vec<T>,
    }
    serde_json::from_slice::<Page<T>>(body).unwrap().value.len()
}
