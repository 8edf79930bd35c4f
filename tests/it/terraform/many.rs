//! Many of them in one plan: instances, and provider configurations.

use serde_json::{Value as Json, json};

use super::demo;
use crate::support::terraform::{Ability, Terraform};

#[test]
fn a_thousand_instances_answer_the_same() {
    let Some(terraform) = Terraform::find() else { return };
    let data = r#"
        data "azposture_defender_plans" "all" {
          count         = 1000
          only_relevant = count.index % 2 == 0
        }
        output "answers" {
          value = { for answer in data.azposture_defender_plans.all : "${answer.only_relevant} ${length(answer.plans)}" => true... }
        }
    "#;
    let workspace = terraform.workspace(&demo(&[data]));
    let plan = workspace.plan_json();
    let answers = plan["planned_values"]["outputs"]["answers"]["value"].as_object().unwrap();
    let counts: Vec<_> = answers.values().map(|times| times.as_array().unwrap().len()).collect();
    assert_eq!(counts, [500, 500], "{answers:?}");
    workspace.nothing_is_left();
}

#[test]
fn two_provider_configurations_do_not_mix() {
    let Some(terraform) = Terraform::able(Ability::Ephemeral) else { return };
    let (production, sandbox) = (azposture::demo::PRODUCTION, azposture::demo::SANDBOX);
    let configuration = format!(
        r#"
        provider "azposture" {{
          environment      = "demo"
          subscription_ids = ["{production}"]
        }}
        provider "azposture" {{
          alias            = "sandbox"
          environment      = "demo"
          subscription_ids = ["{sandbox}"]
          enforcement      = "warning"
        }}
        data "azposture_subscriptions" "production" {{}}
        data "azposture_subscriptions" "sandbox" {{
          provider = azposture.sandbox
        }}
        ephemeral "azposture_defender_validation" "sandbox" {{
          provider = azposture.sandbox
          plans    = {{ KeyVaults = {{}} }}
        }}
        output "seen" {{
          value = [for data in [data.azposture_subscriptions.production, data.azposture_subscriptions.sandbox] : data.subscriptions[*].key]
        }}
        "#
    );
    let workspace = terraform.workspace(&configuration);
    let plan = workspace.plan_json();
    let seen: &Json = &plan["planned_values"]["outputs"]["seen"]["value"];
    assert_eq!(seen, &json!([[production], [sandbox]]));
}
