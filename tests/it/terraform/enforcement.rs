//! `AZPOSTURE_ENFORCEMENT` may weaken, never silently, and not where it is forbidden.

use super::{FAILED, RED, gate};
use crate::support::terraform::{DEMO, Terraform};

const VARIABLE: &str = "AZPOSTURE_ENFORCEMENT";
const WEAKENED: &str = "Enforcement weakened by AZPOSTURE_ENFORCEMENT";

fn provider(more: &str) -> String {
    format!("provider \"azposture\" {{\n  environment = \"demo\"\n  {more}\n}}\n{}", gate(RED))
}

#[test]
fn it_weakens_and_warns_of_it() {
    let Some(terraform) = Terraform::find() else { return };
    let mut workspace = terraform.workspace(&provider(""));
    workspace.set(VARIABLE, "warning");
    workspace.run(&["plan"]).succeeds().says(&format!("Warning: {FAILED}")).says(&format!("Warning: {WEAKENED}"));
}

#[test]
fn it_weakens_a_validation_that_says_error_itself() {
    let Some(terraform) = Terraform::find() else { return };
    let mut workspace = terraform.workspace(&format!("{DEMO}\n{}", gate(&format!("{RED}\nenforcement = \"error\""))));
    workspace.run(&["plan"]).fails();
    workspace.set(VARIABLE, "warning");
    workspace.run(&["plan"]).succeeds().says(WEAKENED);
}

#[test]
fn it_never_strengthens() {
    let Some(terraform) = Terraform::find() else { return };
    let mut workspace = terraform.workspace(&provider("enforcement = \"warning\""));
    workspace.set(VARIABLE, "error");
    workspace.run(&["plan"]).succeeds().says(&format!("Warning: {FAILED}")).never_says(WEAKENED);
}

#[test]
fn it_can_be_forbidden() {
    let Some(terraform) = Terraform::find() else { return };
    let mut workspace = terraform.workspace(&provider("allow_enforcement_override = false"));
    workspace.set(VARIABLE, "warning");
    workspace.run(&["plan"]).fails().says(&format!("Error: {FAILED}")).says("AZPOSTURE_ENFORCEMENT is ignored");
}

#[test]
fn another_word_is_an_error() {
    let Some(terraform) = Terraform::find() else { return };
    let mut workspace = terraform.workspace(&provider(""));
    workspace.set(VARIABLE, "off");
    workspace.run(&["plan"]).fails().says("Invalid AZPOSTURE_ENFORCEMENT");
}
