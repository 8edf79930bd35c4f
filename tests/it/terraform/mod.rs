//! The provider under the real CLI, on the demo tenant: what a user sees, and what is left behind.

mod access;
mod blocks;
mod bounds;
mod deferred;
mod destroy;
mod ending;
mod enforcement;
mod ephemeral;
mod examples;
mod install;
mod many;
mod verdicts;

use crate::support::terraform::DEMO;

/// Arguments that production passes.
const GREEN: &str = r#"
  tags  = { env = "prod" }
  plans = { Arm = {}, SqlServers = {} }
"#;

/// Arguments that production fails: Defender for Key Vault is off.
const RED: &str = r#"
  tags  = { env = "prod" }
  plans = { KeyVaults = {} }
"#;

/// The summary of what is red.
const FAILED: &str = "defender_validation: 1 failed of 1";

/// A managed validation called `gate`.
fn gate(arguments: &str) -> String {
    format!("resource \"azposture_defender_validation\" \"gate\" {{\n{arguments}\n}}\n")
}

/// An ephemeral validation called `gate`.
fn ephemeral_gate(arguments: &str) -> String {
    format!("ephemeral \"azposture_defender_validation\" \"gate\" {{\n{arguments}\n}}\n")
}

/// The parts, on the demo tenant.
fn demo(parts: &[&str]) -> String {
    format!("{DEMO}\n{}", parts.join("\n"))
}
