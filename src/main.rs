//! The provider's process: what its arguments mean. Everything else is the library's.

use std::{
    env,
    ffi::OsStr,
    io::{self, Write},
    process::ExitCode,
};

use azposture::{
    plugin::{self, Failure},
    provider::Azposture,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

const BY_HAND: &str = r#"is a plugin for Terraform and OpenTofu. It reads Azure security posture, changes nothing,
and verifies the posture during plan. Terraform starts it; by hand it does nothing.

Name it in a configuration, then run `terraform init` (or `tofu init`):

  terraform {
    required_providers {
      azposture = { source = "azposture/azposture" }
    }
  }

README.md shows how to install a binary of your own and how to try the demo tenant.
Arguments: --version prints the version; --debug keeps the provider running for a debugger."#;

fn main() -> ExitCode {
    let result = match env::args_os().nth(1).as_deref().map(OsStr::to_string_lossy).as_deref() {
        None => plugin::serve(Azposture::new()),
        Some("--debug" | "-debug") => plugin::debug(Azposture::new()),
        // A closed stdout asks for nothing.
        Some("--version" | "-version") => {
            return writeln!(io::stdout(), "{VERSION}").map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
        }
        Some(other) => Err(Failure::Start(format!("There is no argument {other:?}. Use --version or --debug."))),
    };
    let text = match result {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::RunByHand) => format!("terraform-provider-azposture {VERSION} {BY_HAND}"),
        Err(Failure::Start(text)) => text,
    };
    // Nothing can be done about a closed stderr.
    let _ = writeln!(io::stderr(), "{text}");
    ExitCode::FAILURE
}
