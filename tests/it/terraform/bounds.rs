//! What a gate is not: it orders only what depends on it, `-target` passes it by, and what is misspelt inside a nested
//! object never reaches it.

use super::{FAILED, GREEN, RED, demo, gate};
use crate::support::terraform::Terraform;

const SOURCE: &str = r#"resource "terraform_data" "source" {}"#;
const BESIDE: &str = r#"resource "terraform_data" "beside" {}"#;
const BEHIND: &str = r#"
    resource "terraform_data" "behind" {
      depends_on = [azposture_defender_validation.gate]
    }
"#;

#[test]
fn what_does_not_depend_on_a_gate_that_is_put_off_is_created_although_it_turns_red() {
    let Some(terraform) = Terraform::find() else { return };
    let put_off = gate(&format!("{RED}\ntriggers = {{ source = terraform_data.source.id }}"));
    let workspace = terraform.workspace(&demo(&[SOURCE, BESIDE, BEHIND, &put_off]));
    workspace.apply().fails().says(FAILED);
    assert_eq!(workspace.state(), ["terraform_data.beside", "terraform_data.source"]);
}

#[test]
fn a_gate_that_is_red_at_plan_stops_even_what_does_not_depend_on_it() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace(&demo(&[BESIDE, &gate(RED)]));
    workspace.apply().fails().says(FAILED);
    assert!(workspace.state().is_empty());
}

#[test]
fn target_passes_by_a_gate_that_the_target_does_not_depend_on() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace(&demo(&[BESIDE, BEHIND, &gate(RED)]));
    workspace.run(&["apply", "-auto-approve", "-target=terraform_data.beside"]).succeeds().says("1 added");
    workspace.run(&["plan", "-target=terraform_data.behind"]).fails().says(FAILED);
}

#[test]
fn what_depends_on_a_gate_comes_after_it() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace(&demo(&[BEHIND, &gate(GREEN)]));
    let applied = workspace.apply().succeeds().stdout;
    let position = |text: &str| applied.find(text).unwrap_or_else(|| panic!("{text} in {applied}"));
    assert!(position("gate: Creation complete") < position("behind: Creating..."), "{applied}");
}

#[test]
fn what_is_misspelt_inside_a_nested_object_is_dropped_before_the_gate_sees_it() {
    let Some(terraform) = Terraform::find() else { return };
    let plans = |nested: &str| gate(&format!("tags = {{ env = \"prod\" }}\nplans = {{ Arm = {nested} }}"));
    let workspace = terraform.workspace(&demo(&[&plans("{ sub_plan = \"PerApiCal\" }")]));
    workspace.run(&["plan"]).succeeds();
    workspace.write(&demo(&[&plans("{ subplan = \"PerApiCal\" }")]));
    workspace.run(&["plan"]).fails().says("Unknown value");
    workspace.write(&demo(&[&gate("tags = { env = \"prod\" }\nplans = { Arm = {} }\nsub_plan = \"P1\"")]));
    workspace.run(&["plan"]).fails().says("Unsupported argument");
}
