//! The validations of access: a green one changes nothing, a red one names what is missing and the line that grants it.

use super::demo;
use crate::support::terraform::{Ability, Terraform};

/// Plans, applies and plans again what is green; then plans what is red.
fn green_and_red(name: &str, green: &str, red: &str, says: &[&str]) {
    let Some(terraform) = Terraform::able(Ability::Ephemeral) else { return };
    let block = |kind: &str, arguments: &str| format!("{kind} \"azposture_{name}\" \"it\" {{\n{arguments}\n}}\n");
    let workspace = terraform.workspace(&demo(&[&block("resource", green), &block("ephemeral", green)]));
    workspace.apply().succeeds();
    assert_eq!(workspace.state(), [format!("azposture_{name}.it")]);
    workspace.run(&["plan"]).succeeds().says("No changes");
    for kind in ["resource", "ephemeral"] {
        let plan = terraform.workspace(&demo(&[&block(kind, red)])).run(&["plan"]).fails();
        says.iter().fold(plan, |plan, text| plan.says(text));
    }
}

#[test]
fn roles_that_are_missing_come_with_the_line_that_grants_them() {
    green_and_red(
        "role_assignment_validation",
        "self = true\nrole_definition_names = [\"Reader\"]",
        "self = true\nrole_definition_names = [\"Reader\", \"Contributor\"]",
        &["role_assignment_validation: 2 failed of 4", "role_missing", "az role assignment create", "--role \"Contributor\""],
    );
}

#[test]
fn permissions_that_are_missing_come_with_the_way_to_consent_to_them() {
    green_and_red(
        "graph_permission_validation",
        "self = true\npermissions = [\"Directory.Read.All\", \"User.Read.All\"]",
        "self = true\npermissions = [\"Directory.Read.All\", \"AccessReview.Read.All\"]",
        &[
            "graph_permission_validation: 1 failed of 2",
            "not_requested",
            "d07a8cc0-3d51-4b77-b3b0-32704d1f69fa=Role",
            "admin-consent",
        ],
    );
}

#[test]
fn a_connection_that_is_not_ready_says_what_it_needs() {
    green_and_red(
        "connection_validation",
        "check_ids = [\"sign_in\", \"role_*\", \"graph_policy_read\"]",
        "check_ids = [\"graph_access_review_read\"]",
        &["connection_validation: 1 failed of 1", "graph_access_review_read", "AccessReview.Read.All", "API permissions"],
    );
}
