//! The examples of the registry's pages, on the demo tenant: each plans, plans the same again, and shows no change once applied.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::terraform::{DEMO, Output, Terraform, Workspace};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");

/// Every `.tf` file in the directories of a kind.
fn examples(kind: &str) -> Vec<PathBuf> {
    let list = |directory: &Path| -> Vec<PathBuf> {
        let mut entries: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries
    };
    let files: Vec<_> =
        list(&Path::new(ROOT).join(kind)).iter().filter(|path| path.is_dir()).flat_map(|path| list(path)).collect();
    files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "tf")).collect()
}

fn plans_twice_and_then_shows_no_change(kind: &str) {
    let Some(terraform) = Terraform::find() else { return };
    let all = examples(kind);
    assert!(!all.is_empty(), "{kind}");
    for example in all {
        let workspace = terraform.workspace(&format!("{DEMO}\n{}", fs::read_to_string(&example).unwrap()));
        let (first, second) = (answers(&workspace), answers(&workspace));
        assert_eq!(first, second, "{}", example.display());
        workspace.apply().succeeds();
        workspace.run(&["plan"]).succeeds().says("No changes");
    }
}

/// What a plan has read and means to do, without when.
fn answers(workspace: &Workspace) -> [serde_json::Value; 3] {
    let plan = workspace.plan_json();
    ["prior_state", "planned_values", "resource_changes"].map(|part| plan[part].clone())
}

#[test]
fn those_of_data_sources() {
    plans_twice_and_then_shows_no_change("data-sources");
}

#[test]
fn those_of_managed_validations() {
    plans_twice_and_then_shows_no_change("resources");
}

#[test]
fn those_of_ephemeral_validations() {
    plans_twice_and_then_shows_no_change("ephemeral-resources");
}

#[test]
fn those_of_functions() {
    plans_twice_and_then_shows_no_change("functions");
}

#[test]
fn those_of_the_provider_block_are_valid_without_credentials() {
    let Some(terraform) = Terraform::find() else { return };
    for entry in fs::read_dir(Path::new(ROOT).join("provider")).unwrap() {
        let workspace = terraform.workspace("");
        workspace.write_file("required.tf", &fs::read_to_string(entry.unwrap().path()).unwrap());
        workspace.run(&["validate"]).succeeds();
    }
}

/// The Terraform blocks of the guides and the README, each with the page it stands on.
fn blocks() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<_> = fs::read_dir(root.join("docs/guides")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.push(root.join("README.md"));
    let mut all = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let found = text.split("```terraform\n").skip(1).filter_map(|rest| rest.split_once("```"));
        all.extend(found.map(|(block, _)| (page.clone(), block.to_owned())));
    }
    assert!(all.iter().any(|(page, _)| page.ends_with("README.md")) && all.len() > 10, "{}", all.len());
    all
}

fn written(terraform: &Terraform, block: &str) -> Workspace {
    let workspace = terraform.workspace(block);
    // Trust anchors, other than credentials, have to be there.
    workspace.write_file("corporate-ca.pem", "-----BEGIN CERTIFICATE-----\n");
    if block.contains("required_providers") {
        workspace.write_file("required.tf", "");
    }
    workspace
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
fn those_of_the_guides_and_the_readme_are_valid() {
    let Some(terraform) = Terraform::find() else { return };
    for (page, block) in blocks() {
        let Output { code, stdout, stderr } = written(&terraform, &block).run(&["validate"]);
        assert_eq!(code, Some(0), "{}:\n{block}\n{stdout}{stderr}", page.display());
    }
}

#[test]
fn those_of_the_guides_and_the_readme_plan_on_the_demo_tenant_or_are_stopped_by_their_gate() {
    let Some(terraform) = Terraform::find() else { return };
    let (mut planned, mut stopped) = (0, 0);
    for (page, block) in blocks() {
        if !["data ", "resource ", "ephemeral "].iter().any(|kind| block.contains(&format!("\n{kind}\"azposture"))) {
            continue;
        }
        let Output { code, stdout, stderr } = written(&terraform, &on_the_demo_tenant(&block)).run(&["plan"]);
        // A validation's own verdict is an outcome like any other; what is not is an argument, a value or a type that does not fit.
        let errors: Vec<_> = stderr.lines().filter(|line| line.contains("Error: ")).collect();
        let verdict = |line: &&str| line.contains("_validation: ") && line.contains(" of ");
        let expected = if errors.is_empty() { Some(0) } else { Some(1) };
        assert!(errors.iter().all(verdict) && code == expected, "{}:\n{block}\n{stdout}{stderr}", page.display());
        if errors.is_empty() { planned += 1 } else { stopped += 1 }
    }
    assert!(planned > 5 && stopped > 0, "{planned} planned, {stopped} stopped");
}

#[test]
fn all_of_them_are_formatted() {
    let Some(terraform) = Terraform::find() else { return };
    terraform.workspace("").run(&["fmt", "-check", "-diff", "-recursive", ROOT]).succeeds();
}
