//! What is not known at plan: arguments, triggers, and the provider block itself.

use serde_json::{Value as Json, json};

use super::{FAILED, GREEN, RED, demo, ephemeral_gate, gate};
use crate::support::terraform::{Ability, Terraform};

/// Something whose output is not known before it is created or changed.
fn source(value: &str) -> String {
    format!("resource \"terraform_data\" \"source\" {{\n  input = \"{value}\"\n}}\n")
}

/// Something that must not happen behind a red gate.
const GUARDED: &str = r#"
    resource "terraform_data" "guarded" {
      depends_on = [azposture_defender_validation.gate]
    }
"#;

const UNKNOWN_TRIGGER: &str = "triggers = { source = terraform_data.source.id }";

fn change<'a>(plan: &'a Json, address: &str) -> &'a Json {
    let changes = plan["resource_changes"].as_array().unwrap();
    &changes.iter().find(|change| change["address"] == address).unwrap()["change"]
}

#[test]
fn an_unknown_argument_puts_the_verdict_off_until_apply() {
    let Some(terraform) = Terraform::find() else { return };
    let arguments = "tags = { env = terraform_data.source.output }\nplans = { KeyVaults = {} }";
    let workspace = terraform.workspace(&demo(&[&source("prod"), &gate(arguments), GUARDED]));
    let plan = workspace.plan_json();
    let gate_change = change(&plan, "azposture_defender_validation.gate");
    assert_eq!(gate_change["after_unknown"]["tags"]["env"], json!(true));
    workspace.apply().fails().says(FAILED);
    assert_eq!(workspace.state(), ["terraform_data.source"], "neither the gate nor what depends on it");
    workspace.run(&["plan"]).fails().says(FAILED);
}

#[test]
fn unknown_triggers_put_the_verdict_off_until_apply() {
    let Some(terraform) = Terraform::find() else { return };
    let red = demo(&[&source("a"), &gate(&format!("{RED}\n{UNKNOWN_TRIGGER}")), GUARDED]);
    let workspace = terraform.workspace(&red);
    workspace.run(&["plan"]).succeeds().says("3 to add").says("verdict put off until apply").says("`triggers`");
    workspace.apply().fails().says(FAILED);
    assert_eq!(workspace.state(), ["terraform_data.source"]);

    let workspace = terraform.workspace(&demo(&[&source("a"), &gate(&format!("{GREEN}\n{UNKNOWN_TRIGGER}")), GUARDED]));
    workspace.apply().succeeds().says("3 added");
    workspace.run(&["plan"]).succeeds().says("No changes");
}

#[test]
fn a_gate_on_a_role_that_is_given_in_the_same_apply_is_verified_after_it() {
    let Some(terraform) = Terraform::find() else { return };
    let role = |name: &str| {
        format!(
            "resource \"azposture_role_assignment_validation\" \"gate\" {{\n  self = true\n  role_definition_names = \
             [\"{name}\"]\n  {UNKNOWN_TRIGGER}\n}}\n{}",
            GUARDED.replace("azposture_defender_validation", "azposture_role_assignment_validation")
        )
    };
    // The demo's principal is Reader and nothing more. What it lacks is not said before the trigger is known.
    let workspace = terraform.workspace(&demo(&[&source("a"), &role("Owner")]));
    workspace.run(&["plan"]).succeeds().says("3 to add").never_says("failed of");
    workspace.apply().fails().says("role_assignment_validation: 2 failed of 2").says("az role assignment create");
    assert_eq!(workspace.state(), ["terraform_data.source"]);

    let workspace = terraform.workspace(&demo(&[&source("a"), &role("Reader")]));
    workspace.run(&["plan"]).succeeds().says("3 to add");
    workspace.apply().succeeds().says("3 added");
    workspace.run(&["plan"]).succeeds().says("No changes");
}

#[test]
fn a_changed_trigger_verifies_again_at_apply() {
    let Some(terraform) = Terraform::find() else { return };
    let arguments = format!("{GREEN}\ntriggers = {{ source = terraform_data.source.output }}");
    let workspace = terraform.workspace(&demo(&[&source("a"), &gate(&arguments)]));
    workspace.apply().succeeds();
    let arguments = format!("{RED}\ntriggers = {{ source = terraform_data.source.output }}");
    workspace.write(&demo(&[&source("b"), &gate(&arguments)]));
    workspace.run(&["plan"]).succeeds().says("2 to change");
    workspace.apply().fails().says(FAILED);
}

/// A provider block whose scope comes from another resource.
const UNKNOWN_PROVIDER: &str = r#"
    provider "azposture" {
      environment      = "demo"
      subscription_ids = [terraform_data.source.output]
    }
"#;

fn production() -> String {
    source(azposture::demo::PRODUCTION)
}

#[test]
fn with_an_unknown_provider_block_a_validation_plans_unknown_and_is_verified_at_apply() {
    let Some(terraform) = Terraform::find() else { return };
    let parts = |arguments: &str| format!("{UNKNOWN_PROVIDER}\n{}\n{}\n{GUARDED}", production(), gate(arguments));
    let workspace = terraform.workspace(&parts(GREEN));
    workspace.run(&["plan"]).succeeds().says("3 to add");
    workspace.apply().succeeds();
    workspace.run(&["plan"]).succeeds().says("No changes");

    let workspace = terraform.workspace(&parts(RED));
    workspace.run(&["plan"]).succeeds().says("3 to add");
    workspace.apply().fails().says(FAILED);
    assert_eq!(workspace.state(), ["terraform_data.source"]);
}

#[test]
fn with_an_unknown_provider_block_an_unchanged_validation_is_an_error_and_not_a_pass() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace(&format!("{UNKNOWN_PROVIDER}\n{}\n{}", production(), gate(GREEN)));
    workspace.apply().succeeds();
    workspace.write(&format!("{UNKNOWN_PROVIDER}\n{}\n{}", source(azposture::demo::SANDBOX), gate(GREEN)));
    let plan = workspace.run(&["plan"]).fails();
    plan.says("Provider configuration is not known yet").says("`subscription_ids`").says("`triggers`");
}

#[test]
fn with_an_unknown_provider_block_a_data_source_names_the_argument() {
    let Some(terraform) = Terraform::find() else { return };
    let data = r#"data "azposture_subscriptions" "all" {}"#;
    let workspace = terraform.workspace(&format!("{UNKNOWN_PROVIDER}\n{}\n{data}", production()));
    workspace.run(&["plan"]).fails().says("Provider configuration is not known yet").says("`subscription_ids`");
}

#[test]
fn with_an_unknown_provider_block_an_ephemeral_validation_names_the_argument() {
    let Some(terraform) = Terraform::able(Ability::Ephemeral) else { return };
    let workspace = terraform.workspace(&format!("{UNKNOWN_PROVIDER}\n{}\n{}", production(), ephemeral_gate(GREEN)));
    workspace.run(&["plan"]).fails().says("Provider configuration is not known yet").says("`subscription_ids`");
    workspace.run(&["apply", "-auto-approve", "-target=terraform_data.source"]).succeeds();
    workspace.run(&["plan"]).succeeds().says("No changes");
}
