//! The blocks of the guides and the README, as somebody pastes them: a directory with nothing else, a provider from a mirror, `init`.

use crate::support::{
    blocks::Block,
    terraform::{Ability, DEMO, Output, Terraform, Version, Workspace, skipped},
};

/// The block as the only configuration of a directory; none, and a line that says so, if this CLI cannot run it.
fn pasted(terraform: &Terraform, block: &Block, text: &str) -> Option<Workspace> {
    if let Some(why) = block.out_of_reach(terraform.version) {
        skipped(&format!("a block of {}: {why}", block.page));
        return None;
    }
    let workspace = terraform.workspace(text);
    // Trust anchors, other than credentials, have to be there.
    workspace.write_file("corporate-ca.pem", "-----BEGIN CERTIFICATE-----\n");
    Some(workspace)
}

/// The block on the demo tenant: whatever its provider blocks say, but for their names.
fn on_the_demo_tenant(block: &str) -> String {
    let mut lines = Vec::new();
    let mut within = false;
    for line in block.lines() {
        match line {
            "provider \"azposture\" {" => {
                within = true;
                lines.extend([line, "  environment = \"demo\""]);
            }
            "}" if within => {
                within = false;
                lines.push(line);
            }
            _ if within && !line.trim_start().starts_with("alias ") => {}
            _ => lines.push(line),
        }
    }
    if !block.contains("provider \"azposture\"") {
        lines.push(DEMO);
    }
    lines.join("\n")
}

#[test]
fn each_is_formatted() {
    let Some(terraform) = Terraform::find() else { return };
    let workspace = terraform.workspace(DEMO);
    for (number, block) in Block::all().iter().enumerate() {
        let ending = if block.file().is_some() { "tftest.hcl" } else { "tf" };
        workspace.write_file(&format!("block{number}.{ending}"), &block.text);
        let Output { code, stdout, stderr } = workspace.run(&["fmt", "-check", "-diff", &format!("block{number}.{ending}")]);
        assert_eq!(code, Some(0), "{}:\n{stdout}{stderr}", block.page);
    }
}

#[test]
fn each_is_initialised_and_valid_as_it_is() {
    let Some(terraform) = Terraform::find() else { return };
    for block in Block::all() {
        let Some(mut workspace) = pasted(&terraform, &block, &block.text) else { continue };
        workspace.by_mirror();
        for command in ["init", "validate"] {
            let Output { code, stdout, stderr } = workspace.run(&[command]);
            assert_eq!(code, Some(0), "{}: {command}\n{}\n{stdout}{stderr}", block.page, block.text);
        }
    }
}

#[test]
fn each_plans_on_the_demo_tenant_or_is_stopped_by_its_gate() {
    let Some(terraform) = Terraform::find() else { return };
    let (mut planned, mut stopped) = (0, 0);
    for block in Block::all() {
        if !["data ", "resource ", "ephemeral "].iter().any(|kind| block.text.contains(&format!("\n{kind}\"azposture"))) {
            continue;
        }
        let Some(workspace) = pasted(&terraform, &block, &on_the_demo_tenant(&block.text)) else { continue };
        let Output { code, stdout, stderr } = workspace.run(&["plan"]);
        // The verdict of a validation or a postcondition is an outcome like any other; what is not is an argument, a value or a type that does not fit.
        let errors: Vec<_> = stderr.lines().filter(|line| line.contains("Error: ")).collect();
        let verdict = |line: &&str| {
            (line.contains("_validation: ") && line.contains(" of ")) || line.contains("Resource postcondition failed")
        };
        let expected = if errors.is_empty() { Some(0) } else { Some(1) };
        assert!(errors.iter().all(verdict) && code == expected, "{}:\n{}\n{stdout}{stderr}", block.page, block.text);
        if errors.is_empty() { planned += 1 } else { stopped += 1 }
    }
    assert!(planned > 5 && (stopped > 0 || !terraform.version.can(Ability::Ephemeral)), "{planned} planned, {stopped} stopped");
}

#[test]
fn a_block_runs_only_where_a_cli_has_what_it_uses() {
    let said = |text: &str| Version::parse(text).unwrap();
    let (old, new) = (said("Terraform v1.6.6\non linux_amd64"), said("Terraform v1.16.0-rc2"));
    let (old_tofu, new_tofu) = (said("OpenTofu v1.10.10"), said("OpenTofu v1.12.6"));
    assert_eq!(Version::parse("sh: terraform: not found"), None);
    for (text, runs) in [
        ("terraform {\n  required_version = \">= 1.3\"\n}\n", [true, true, true, true]),
        ("terraform {\n  required_version = \">= 1.10\"\n}\n\nephemeral \"a\" \"b\" {}\n", [false, true, false, true]),
        ("provider \"azposture\" {\n  alias    = \"all\"\n  for_each = var.tenants\n}\n", [false, false, true, true]),
        ("resource \"a\" \"b\" {\n  lifecycle {\n    enabled = var.on\n  }\n}\n", [false, false, true, true]),
        ("data \"a\" \"b\" {\n  for_each = var.tenants\n}\n", [true, true, true, true]),
        ("    azurerm = {\n      source = \"hashicorp/azurerm\"\n", [false, false, false, false]),
        ("# tests/posture.tftest.hcl\nrun \"a\" {}\n", [false, false, false, false]),
    ] {
        let block = Block { page: "a page".to_owned(), text: text.to_owned() };
        assert_eq!([old, new, old_tofu, new_tofu].map(|version| block.out_of_reach(version).is_none()), runs, "{text}");
    }
}
