//! What installs the provider or starts it, for both CLIs: each looks under the name of its own registry.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

use super::demo;
use crate::support::{host::BINARY, terraform::Terraform};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A configuration that looks where OpenTofu does, whichever CLI runs it.
const AS_OPENTOFU: &str = r#"
    terraform {
      required_providers {
        azposture = { source = "registry.opentofu.org/azposture/azposture" }
      }
    }
    data "azposture_subscriptions" "all" {}
"#;

/// Installs a build below a home directory, as `make install` does.
fn install(build: &str, home: &Path) {
    let binary = home.join("build");
    fs::write(&binary, build).unwrap();
    let mut command = Command::new("/bin/sh");
    command.arg("scripts/install.sh").arg(&binary).arg(env!("CARGO_PKG_VERSION")).current_dir(ROOT).env("HOME", home);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_built_provider_is_found_by_the_name_of_either_registry() {
    let Some(terraform) = Terraform::find() else { return };
    for configuration in [demo(&["data \"azposture_subscriptions\" \"all\" {}"]), demo(&[AS_OPENTOFU])] {
        let mut workspace = terraform.workspace(&configuration);
        workspace.run(&["plan"]).succeeds();
        workspace.by_mirror();
        workspace.run(&["init"]).succeeds();
        workspace.run(&["plan"]).succeeds();
    }
}

#[test]
fn a_second_build_of_one_version_needs_the_lock_file_s_entry_gone() {
    let Some(terraform) = Terraform::find() else { return };
    for configuration in [demo(&[]), demo(&[AS_OPENTOFU])] {
        let mut workspace = terraform.workspace(&configuration);
        let home = workspace.by_home();
        // What is installed is not started, so it may be anything.
        install("#!/bin/sh\n# the first build\n", &home);
        workspace.run(&["init"]).succeeds();
        install("#!/bin/sh\n# the second build\n", &home);
        workspace.run(&["init"]).fails().says("checksums");
        workspace.run(&["init", "-upgrade"]).fails().says("checksums");
        workspace.remove(".terraform.lock.hcl");
        workspace.run(&["init"]).succeeds();
    }
}

#[test]
fn the_demo_runs_with_nothing_but_tofu_on_the_path() {
    let Some(terraform) = Terraform::find() else { return };
    let folder = tempfile::tempdir().unwrap();
    let tofu = folder.path().join("tofu");
    // Where the CLI is not OpenTofu, it stands in for it by looking where OpenTofu does.
    let program = terraform.program().display().to_string();
    let looks = r#"sed -i 's|"azposture/azposture"|"registry.opentofu.org/azposture/azposture"|' "${1#-chdir=}"/*.tf"#;
    fs::write(&tofu, format!("#!/bin/sh\ncase $1 in -chdir=*) {looks} ;; esac\nexec '{program}' \"$@\"\n")).unwrap();
    fs::set_permissions(&tofu, Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new("/bin/sh");
    command.arg("scripts/demo.sh").arg(Path::new(BINARY).parent().unwrap()).current_dir(ROOT).env("TF", &tofu);
    let output = command.env("TMPDIR", folder.path()).env("CHECKPOINT_DISABLE", "1").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("defender_validation: 3 failed of 3") && !said.contains('\u{1b}'), "{said}");
}
