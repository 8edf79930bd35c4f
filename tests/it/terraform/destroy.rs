//! A gate must not trap people: how it is destroyed when it is green, red, or cannot sign in. Terraform plans before it
//! destroys, and that plan verifies; `-refresh=false` leaves it out.

use super::{FAILED, GREEN, RED, demo, ephemeral_gate, gate};
use crate::support::terraform::{Ability, Terraform, Workspace};

/// An application that has nothing to prove itself with.
const NO_CREDENTIALS: &str = r#"
    provider "azposture" {
      tenant_id       = "3f1d1c58-7d6c-4a4c-9a57-0d2a4cf1b001"
      client_id       = "3f1d1c58-7d6c-4a4c-9a57-0d2a4cf1b002"
      subscription_id = "3f1d1c58-7d6c-4a4c-9a57-0d2a4cf1b003"
    }
"#;

const DESTROYED: &str = "Destroy complete! Resources: 1 destroyed.";

/// With the gate in its state, although it is red.
fn applied(terraform: &Terraform, configuration: &str) -> Workspace {
    let mut workspace = terraform.workspace(configuration);
    workspace.set("AZPOSTURE_ENFORCEMENT", "warning");
    workspace.apply().succeeds();
    workspace.set("AZPOSTURE_ENFORCEMENT", "");
    workspace
}

#[test]
fn a_green_gate_is_destroyed() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = applied(&terraform, &demo(&[&gate(GREEN)]));
    workspace.destroy(&[]).succeeds().says(DESTROYED);
    assert!(workspace.state().is_empty());
}

#[test]
fn a_red_gate_blocks_destroy_until_it_is_weakened_or_refresh_is_off() {
    let Some(terraform) = Terraform::find() else { return };
    let mut workspace = applied(&terraform, &demo(&[&gate(RED)]));
    workspace.destroy(&[]).fails().says(FAILED);
    workspace.set("AZPOSTURE_ENFORCEMENT", "warning");
    workspace.destroy(&[]).succeeds().says(DESTROYED);

    let workspace = applied(&terraform, &demo(&[&gate(RED)]));
    workspace.destroy(&["-refresh=false"]).succeeds().says(DESTROYED).never_says(FAILED);
}

#[test]
fn without_credentials_a_gate_is_destroyed_if_refresh_is_off() {
    let Some(terraform) = Terraform::find() else { return };
    for arguments in [GREEN, RED] {
        let mut workspace = applied(&terraform, &demo(&[&gate(arguments)]));
        workspace.write(&format!("{NO_CREDENTIALS}\n{}", gate(arguments)));
        workspace.destroy(&[]).fails().says("Sign-in is not configured");
        workspace.set("AZPOSTURE_ENFORCEMENT", "warning");
        workspace.destroy(&[]).fails().says("Sign-in is not configured");
        workspace.set("AZPOSTURE_ENFORCEMENT", "");
        workspace.destroy(&["-refresh=false"]).succeeds().says(DESTROYED);
    }
}

#[test]
fn a_credential_file_that_is_gone_does_not_keep_a_gate_from_being_destroyed() {
    let Some(terraform) = Terraform::find() else { return };
    let mut workspace = applied(&terraform, &demo(&[&gate(GREEN)]));
    workspace.write(&format!("{NO_CREDENTIALS}\n{}", gate(GREEN)));
    workspace.set("ARM_CLIENT_CERTIFICATE_PATH", "/nonexistent/azposture.pem");
    workspace.run(&["validate"]).succeeds();
    workspace.run(&["plan"]).fails().says("/nonexistent/azposture.pem");
    workspace.destroy(&["-refresh=false"]).succeeds().says(DESTROYED);
    let named = NO_CREDENTIALS.replace("subscription_id", "client_secret_file_path = \"/nonexistent/secret\"\n subscription_id");
    let workspace = applied(&terraform, &demo(&[&gate(GREEN)]));
    workspace.write(&format!("{named}\n{}", gate(GREEN)));
    workspace.run(&["validate"]).succeeds();
    workspace.run(&["plan"]).fails().says("/nonexistent/secret");
    workspace.destroy(&["-refresh=false"]).succeeds().says(DESTROYED);
}

#[test]
fn a_gate_whose_block_is_gone_is_destroyed_without_a_verdict_and_without_credentials() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = applied(&terraform, &demo(&[&gate(RED)]));
    workspace.write(NO_CREDENTIALS);
    workspace.apply().succeeds().says("1 destroyed");
}

#[test]
fn an_ephemeral_gate_obeys_the_same_two_ways_out() {
    let Some(terraform) = Terraform::able(Ability::Ephemeral) else { return };
    let behind = r#"resource "terraform_data" "behind" { depends_on = [ephemeral.azposture_defender_validation.gate] }"#;
    let configuration = demo(&[&ephemeral_gate(RED), behind]);
    let mut workspace = applied(&terraform, &configuration);
    workspace.destroy(&[]).fails().says(FAILED);
    workspace.set("AZPOSTURE_ENFORCEMENT", "warning");
    workspace.destroy(&[]).succeeds().says(DESTROYED);
    applied(&terraform, &configuration).destroy(&["-refresh=false"]).succeeds().says(DESTROYED);
}
