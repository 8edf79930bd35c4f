//! The ephemeral form: verified at every plan and again at apply, and nowhere in state.

use super::{FAILED, GREEN, RED, demo, ephemeral_gate};
use crate::support::terraform::{Ability, Terraform};

const GUARDED: &str = r#"
    resource "terraform_data" "guarded" {
      depends_on = [ephemeral.azposture_defender_validation.gate]
    }
"#;

#[test]
fn a_green_one_lets_pass_and_leaves_nothing_in_state() {
    let Some(terraform) = Terraform::able(Ability::Ephemeral) else { return };
    let workspace = terraform.workspace(&demo(&[&ephemeral_gate(GREEN), GUARDED]));
    workspace.apply().succeeds().says("1 added");
    assert_eq!(workspace.state(), ["terraform_data.guarded"]);
    workspace.run(&["plan"]).succeeds().says("No changes");
}

#[test]
fn a_red_one_fails_the_plan_although_nobody_refers_to_it() {
    let Some(terraform) = Terraform::able(Ability::Ephemeral) else { return };
    let workspace = terraform.workspace(&demo(&[&ephemeral_gate(RED)]));
    workspace.run(&["plan"]).fails().says(FAILED);
}

#[test]
fn a_saved_plan_is_verified_again_at_apply() {
    let Some(terraform) = Terraform::able(Ability::Ephemeral) else { return };
    let mut workspace = terraform.workspace(&demo(&[&ephemeral_gate(RED), GUARDED]));
    workspace.set("AZPOSTURE_ENFORCEMENT", "warning");
    workspace.run(&["plan", "-out=saved.plan"]).succeeds().says(&format!("Warning: {FAILED}"));
    workspace.set("AZPOSTURE_ENFORCEMENT", "");
    workspace.run(&["apply", "saved.plan"]).fails().says(&format!("Error: {FAILED}"));
    assert!(workspace.state().is_empty(), "what depends on the gate was not created");
}

#[test]
fn an_unknown_argument_puts_the_verdict_off_until_apply() {
    let Some(terraform) = Terraform::able(Ability::Ephemeral) else { return };
    let source = r#"resource "terraform_data" "source" { input = "prod" }"#;
    let arguments = "tags = { env = terraform_data.source.output }\nplans = { KeyVaults = {} }";
    let workspace = terraform.workspace(&demo(&[source, &ephemeral_gate(arguments), GUARDED]));
    workspace.run(&["plan"]).succeeds().says("2 to add");
    workspace.apply().fails().says(FAILED);
    assert_eq!(workspace.state(), ["terraform_data.source"]);
}

#[test]
fn its_counts_can_be_asserted_on() {
    let Some(terraform) = Terraform::able(Ability::Ephemeral) else { return };
    let wanting = |checked: u32| {
        let lifecycle = format!(
            "lifecycle {{\n postcondition {{\n condition = self.checked == {checked} && self.failed == 0\n error_message = \"counted otherwise\"\n }}\n }}"
        );
        demo(&[&ephemeral_gate(&format!("{GREEN}\n{lifecycle}"))])
    };
    let workspace = terraform.workspace(&wanting(2));
    workspace.run(&["plan"]).succeeds();
    workspace.write(&wanting(3));
    workspace.run(&["plan"]).fails().says("counted otherwise");
}
