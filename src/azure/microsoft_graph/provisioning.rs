//! Provisioning (SCIM) of enterprise applications: the state of their jobs. Settings and secrets of jobs are never read.

use serde::Deserialize;

use crate::azure::{
    Result,
    answer::lenient::{Part, Text},
    client::Client,
    endpoint::Endpoint,
};

/// The provisioning jobs of an application's principal.
pub const JOBS: Endpoint =
    Endpoint::graph("list provisioning jobs", "servicePrincipals/{id}/synchronization/jobs", &["Synchronization.Read.All"]);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[JOBS];

/// A provisioning job.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Its id.
    pub id: String,
    /// Whether it runs.
    pub schedule: Part<Schedule>,
    /// How it goes.
    pub status: Part<JobStatus>,
}

/// When a job runs.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Schedule {
    /// `Active`, `Disabled`, `Paused`.
    pub state: Text,
}

/// How a job goes.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct JobStatus {
    /// `NotConfigured`, `NotRun`, `Active`, `Paused`, `Quarantine`.
    pub code: Text,
}

impl Job {
    /// Whether it provisions people at the moment; a job in quarantine still does, more slowly. None if the service does not say, or says
    /// it in a word that is not known here.
    pub fn is_active(&self) -> Option<bool> {
        let state = self.schedule.state.as_deref()?;
        let is = |word: &str| state.eq_ignore_ascii_case(word);
        if is("Active") { Some(true) } else { (is("Disabled") || is("Paused")).then_some(false) }
    }
}

/// The provisioning jobs of an application's principal.
pub async fn jobs(client: &Client, object_id: &str) -> Result<Vec<Job>> {
    client.rows(JOBS.of(object_id)).await
}
