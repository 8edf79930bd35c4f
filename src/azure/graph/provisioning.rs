//! Provisioning (SCIM) of enterprise applications: the state of their jobs. Settings and secrets of jobs are never read.

use serde::Deserialize;

use crate::azure::{
    Result,
    call::Call,
    client::Client,
    wire::{or_default, text},
};

/// A provisioning job.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Its id.
    pub id: String,
    /// Whether it runs.
    #[serde(default, deserialize_with = "or_default")]
    pub schedule: Schedule,
    /// How it goes.
    #[serde(default, deserialize_with = "or_default")]
    pub status: JobStatus,
}

/// When a job runs.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Schedule {
    /// `Active`, `Disabled`, `Paused`.
    #[serde(default, deserialize_with = "text")]
    pub state: Option<String>,
}

/// How a job goes.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct JobStatus {
    /// `NotConfigured`, `NotRun`, `Active`, `Paused`, `Quarantine`.
    #[serde(default, deserialize_with = "text")]
    pub code: Option<String>,
}

impl Job {
    /// Whether it provisions people at the moment; a job in quarantine still does, more slowly.
    pub fn is_active(&self) -> bool {
        self.schedule.state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case("Active"))
    }
}

/// The provisioning jobs of an application's principal.
pub async fn jobs(client: &Client, object_id: &str) -> Result<Vec<Job>> {
    let mut all = Vec::new();
    let path = format!("/servicePrincipals/{object_id}/synchronization/jobs");
    client.list(Call::graph("list provisioning jobs", path), |row| all.push(row)).await?;
    Ok(all)
}
