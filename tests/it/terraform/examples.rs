//! The examples of the registry's pages, on the demo tenant: each plans, plans the same again, and shows no change once applied.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::terraform::{Ability, DEMO, Terraform, Workspace};

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

fn plans_twice_and_then_shows_no_change(terraform: Option<Terraform>, kind: &str) {
    let Some(terraform) = terraform else { return };
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
    plans_twice_and_then_shows_no_change(Terraform::find(), "data-sources");
}

#[test]
fn those_of_managed_validations() {
    plans_twice_and_then_shows_no_change(Terraform::find(), "resources");
}

#[test]
fn those_of_ephemeral_validations() {
    plans_twice_and_then_shows_no_change(Terraform::able(Ability::Ephemeral), "ephemeral-resources");
}

#[test]
fn those_of_functions() {
    plans_twice_and_then_shows_no_change(Terraform::able(Ability::Functions), "functions");
}

#[test]
fn those_of_the_provider_block_are_valid_without_credentials() {
    let Some(terraform) = Terraform::find() else { return };
    for entry in fs::read_dir(Path::new(ROOT).join("provider")).unwrap() {
        let workspace = terraform.workspace(&fs::read_to_string(entry.unwrap().path()).unwrap());
        workspace.run(&["validate"]).succeeds();
    }
}

#[test]
fn all_of_them_are_formatted() {
    // An older one cannot read a call of a provider's function.
    let Some(terraform) = Terraform::able(Ability::Functions) else { return };
    terraform.workspace("").run(&["fmt", "-check", "-diff", "-recursive", ROOT]).succeeds();
}
