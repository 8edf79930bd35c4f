//! Ctrl-C and a killed CLI, in the middle of a slow read: nothing may be left running.

use std::{
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use super::{RED, demo, ephemeral_gate};
use crate::support::terraform::{Ability, DEMO, Running, Terraform, Workspace};

/// A cloud that accepts a connection and never says a word.
struct Silent(TcpListener);

impl Silent {
    fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// A read that this cloud never answers.
    fn configuration(&self) -> String {
        format!(
            r#"
            provider "azposture" {{
              metadata_host           = "localhost:{}"
              request_timeout_seconds = 600
            }}
            data "azposture_subscriptions" "all" {{}}
            "#,
            self.0.local_addr().unwrap().port()
        )
    }

    /// Returns when a request is under way; it is until this is dropped.
    fn asked(&self) -> TcpStream {
        self.0.accept().unwrap().0
    }
}

/// A plan in the middle of a read.
fn reading(workspace: &Workspace, cloud: &Silent) -> (Running, TcpStream) {
    let plan = workspace.start(&["plan"]);
    let connection = cloud.asked();
    (plan, connection)
}

#[test]
fn ctrl_c_during_a_slow_read_ends_within_a_second() {
    let Some(terraform) = Terraform::find() else { return };
    // The machine may be busy with something else, but hardly three times; and then everything takes longer.
    let started = Instant::now();
    terraform.workspace(DEMO).run(&["validate"]).succeeds();
    let second = Duration::from_secs(1).max(started.elapsed());
    let times: Vec<Duration> = (0..3)
        .map(|_| {
            // A cloud each: a connection left over from the plan before would look like a request of this one, which may not have
            // begun to listen for Ctrl-C.
            let cloud = Silent::new();
            let workspace = terraform.workspace(&cloud.configuration());
            let (plan, _connection) = reading(&workspace, &cloud);
            plan.interrupt();
            let (output, took) = plan.ended();
            output.fails().says("Interrupt received").says("Stopped");
            workspace.nothing_is_left();
            took
        })
        .collect();
    assert!(times.iter().any(|took| *took < second), "{times:?} of {second:?}");
}

#[test]
fn ctrl_c_ends_a_validation_that_waits() {
    let Some(terraform) = Terraform::able(Ability::Ephemeral) else { return };
    let workspace = terraform.workspace(&demo(&[&ephemeral_gate(&format!("{RED}\nwait_seconds = 3600"))]));
    let mut plan = workspace.start(&["plan"]);
    plan.says("ephemeral.azposture_defender_validation.gate: Opening...");
    plan.interrupt();
    plan.ended().0.fails().says("Interrupt received");
    workspace.nothing_is_left();
}

#[test]
fn a_killed_terraform_leaves_no_process() {
    let Some(terraform) = Terraform::find() else { return };
    let cloud = Silent::new();
    let workspace = terraform.workspace(&cloud.configuration());
    let (plan, _connection) = reading(&workspace, &cloud);
    assert!(workspace.processes().len() > 1, "terraform and the provider");
    plan.kill();
    assert_eq!(plan.ended().0.code, None);
    workspace.nothing_is_left();
}

/// A provider that signs in through this `az`, and a data source that makes it.
const THROUGH_CLI: &str = r#"
    provider "azposture" {
      tenant_id       = "3f1d1c58-7d6c-4a4c-9a57-0d2a4cf1b001"
      subscription_id = "3f1d1c58-7d6c-4a4c-9a57-0d2a4cf1b003"
    }
    data "azposture_subscriptions" "all" {}
"#;

/// Like the real one, it works in a process of its own below the script.
const SILENT_AZ: &str = r#"
trap '' INT
sleep 600 &
touch "$WORK/started"
wait
"#;

/// A plan that waits for an Azure CLI that never answers and does not mind Ctrl-C.
fn signing_in(terraform: &Terraform) -> (Workspace, Running) {
    let mut workspace = terraform.workspace(THROUGH_CLI);
    workspace.write_program("az", SILENT_AZ);
    let plan = workspace.start(&["plan"]);
    workspace.appears("started");
    (workspace, plan)
}

#[test]
fn ctrl_c_ends_the_azure_cli_too() {
    let Some(terraform) = Terraform::find() else { return };
    let (workspace, plan) = signing_in(&terraform);
    plan.interrupt();
    plan.ended().0.fails().says("Stopped");
    workspace.nothing_is_left();
}

#[test]
fn a_killed_terraform_leaves_no_azure_cli() {
    let Some(terraform) = Terraform::find() else { return };
    let (workspace, plan) = signing_in(&terraform);
    plan.kill();
    assert_eq!(plan.ended().0.code, None);
    workspace.nothing_is_left();
}
