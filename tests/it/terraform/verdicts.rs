//! Validate, plan and apply of verdicts that can be reached at once.

use azposture::{provider::Azposture, sdk::server::Server};
use serde_json::json;

use super::{FAILED, GREEN, RED, demo, gate};
use crate::support::terraform::{Ability, Terraform, skipped};

#[test]
fn a_configuration_is_valid_without_any_credential() {
    let Some(terraform) = Terraform::find() else { return };
    let application = r#"
        provider "azposture" {
          tenant_id = "3f1d1c58-7d6c-4a4c-9a57-0d2a4cf1b001"
          client_id = "3f1d1c58-7d6c-4a4c-9a57-0d2a4cf1b002"
        }
        data "azposture_subscriptions" "all" {}
    "#;
    for provider in [application, r#"provider "azposture" {}"#, ""] {
        let workspace = terraform.workspace(&format!("{provider}\n{}", gate(RED)));
        workspace.run(&["validate"]).succeeds().says("The configuration is valid");
    }
}

#[test]
fn a_contradiction_is_found_by_validate_and_points_at_its_argument() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace(&demo(&[&gate(r#"plans = { Arm = { subplan = "P9" } }"#)]));
    workspace.run(&["validate"]).fails().says("Unknown value").says("on main.tf line").says("P9");
}

#[test]
fn a_green_validation_is_created_once_and_then_shows_no_change() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace(&demo(&[&gate(GREEN)]));
    workspace.run(&["plan"]).succeeds().says("1 to add, 0 to change, 0 to destroy").says("Demo tenant in use");
    workspace.apply().succeeds();
    assert_eq!(workspace.state(), ["azposture_defender_validation.gate"]);
    workspace.run(&["plan"]).succeeds().says("No changes");
    workspace.run(&["plan", "-refresh-only"]).succeeds().says("No changes");
}

#[test]
fn a_managed_validation_stores_its_configuration_and_nothing_else() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace(&demo(&[&gate(GREEN)]));
    workspace.apply().succeeds();
    let stored = &workspace.json(&["show", "-json"])["values"]["root_module"]["resources"][0]["values"];
    let set: Vec<_> = stored.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name).collect();
    assert_eq!(set, ["plans", "tags"]);
}

#[test]
fn a_red_validation_fails_the_plan() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace(&demo(&[&gate(RED)]));
    let plan = workspace.run(&["plan"]).fails().says(FAILED).says("on main.tf line");
    assert!(plan.stderr.contains("│   subscription  ") || plan.stderr.contains("\n  subscription  "), "{}", plan.stderr);
    plan.says("az security pricing create --name KeyVaults --tier standard");
    workspace.apply().fails().says(FAILED);
    assert!(workspace.state().is_empty());
}

#[test]
fn a_validation_turns_red_although_nothing_in_the_configuration_changed() {
    let Some(terraform) = Terraform::find() else { return };
    let mut workspace = terraform.workspace(&demo(&[&gate(RED)]));
    workspace.set("AZPOSTURE_ENFORCEMENT", "warning");
    workspace.apply().succeeds();
    workspace.set("AZPOSTURE_ENFORCEMENT", "");
    workspace.run(&["plan"]).fails().says(FAILED);
    workspace.run(&["plan", "-refresh=false"]).fails().says(FAILED);
    workspace.run(&["plan", "-refresh-only"]).succeeds();
}

#[test]
fn a_warned_validation_shows_no_change() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace(&demo(&[&gate(&format!("{RED}\nenforcement = \"warning\""))]));
    workspace.apply().succeeds().says(&format!("Warning: {FAILED}"));
    workspace.run(&["plan", "-detailed-exitcode"]).succeeds().says("No changes").says(&format!("Warning: {FAILED}"));
}

#[test]
fn a_validation_that_changes_is_updated_in_place() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace(&demo(&[&gate(GREEN)]));
    workspace.apply().succeeds();
    workspace.write(&demo(&[&gate(&format!("{GREEN}\nrequire_assessments = true"))]));
    let plan = workspace.plan_json();
    assert_eq!(plan["resource_changes"][0]["change"]["actions"], json!(["update"]));
    workspace.apply().succeeds();
    workspace.run(&["plan"]).succeeds().says("No changes");
}

#[test]
fn a_saved_plan_verifies_again_what_it_creates_and_not_what_it_leaves_alone() {
    let Some(terraform) = Terraform::find() else { return };
    let mut workspace = terraform.workspace(&demo(&[&gate(RED)]));
    workspace.set("AZPOSTURE_ENFORCEMENT", "warning");
    workspace.run(&["plan", "-out=saved.plan"]).succeeds();
    workspace.set("AZPOSTURE_ENFORCEMENT", "");
    workspace.run(&["apply", "saved.plan"]).fails().says(&format!("Error: {FAILED}"));
    assert!(workspace.state().is_empty());

    workspace.set("AZPOSTURE_ENFORCEMENT", "warning");
    workspace.apply().succeeds();
    let other = r#"resource "terraform_data" "other" { depends_on = [azposture_defender_validation.gate] }"#;
    workspace.write(&demo(&[&gate(RED), other]));
    workspace.run(&["plan", "-out=saved.plan"]).succeeds();
    workspace.set("AZPOSTURE_ENFORCEMENT", "");
    workspace.run(&["apply", "saved.plan"]).succeeds().says("1 added");
}

#[test]
fn an_import_is_refused_and_says_what_to_do() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace(&demo(&[&gate(GREEN)]));
    let advice = "add the block and plan";
    let command = workspace.run(&["import", "azposture_defender_validation.gate", "anything"]);
    command.fails().says("Nothing to import").says(advice);
    let block = r#"
        import {
          to = azposture_defender_validation.gate
          id = "anything"
        }
    "#;
    workspace.write(&demo(&[&gate(GREEN), block]));
    workspace.run(&["plan"]).fails().says("Nothing to import").says(advice);
}

#[test]
fn the_cli_takes_over_every_schema() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace("");
    let schemas = workspace.json(&["providers", "schema", "-json"]);
    let host = if terraform.version.is_opentofu { "registry.opentofu.org" } else { "registry.terraform.io" };
    let ours = &schemas["provider_schemas"][format!("{host}/azposture/azposture")];
    let server = Server::new(Azposture::new());
    let catalogue = server.catalogue();
    for (kind, names) in [
        ("data_source_schemas", catalogue.data_sources.keys().collect::<Vec<_>>()),
        ("ephemeral_resource_schemas", catalogue.ephemeral_resources.keys().collect()),
        ("functions", catalogue.functions.keys().collect()),
        ("resource_schemas", catalogue.resources.keys().collect()),
    ] {
        let needs = [("ephemeral_resource_schemas", Ability::Ephemeral), ("functions", Ability::Functions)];
        if let Some((_, ability)) = needs.iter().find(|(name, ability)| *name == kind && !terraform.version.can(*ability)) {
            skipped(&format!("the schema of {kind}: {} has no {ability:?} yet", terraform.version));
            continue;
        }
        assert_eq!(ours[kind].as_object().unwrap().keys().collect::<Vec<_>>(), names, "{kind}");
    }
}

#[test]
fn a_function_that_refuses_its_argument_points_at_it() {
    let Some(terraform) = Terraform::able(Ability::Functions) else { return };
    let output = r#"output "parts" { value = provider::azposture::parse_resource_id("no id") }"#;
    let workspace = terraform.workspace(output);
    workspace.run(&["plan"]).fails().says("Invalid function argument").says(r#"Invalid value for "id" parameter"#);
}
