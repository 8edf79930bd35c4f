//! Which releases of Terraform and OpenTofu this provider works with.

use crate::sdk::{Diagnostics, Result};

/// The first release of Terraform that works; the first of OpenTofu is 1.6, so every OpenTofu is newer.
const FLOOR: (u64, u64) = (1, 3);

/// Refuses a host that is known to be too old: it names its own version, OpenTofu too. One that names none is not judged.
pub(super) fn must_be_supported(version: &str) -> Result<()> {
    match major_minor(version) {
        Some(found) if found < FLOOR => Err(Diagnostics::of_error(
            "Terraform is too old",
            format!(
                "This is Terraform {version}, and this provider needs Terraform 1.3 or OpenTofu 1.6, or a later release of either: older \
                 ones crash on lists of objects that hold lists. Upgrade Terraform, and write required_version = \">= 1.3\" so that it \
                 says so by itself."
            ),
        )),
        _ => Ok(()),
    }
}

fn major_minor(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.trim().trim_start_matches('v').split(['.', '-', '+']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_floor_is_refused_in_plain_words() {
        for old in ["0.12.31", "0.15.5", "1.0.3", "1.2.9", "v1.2.0", "1.2.0-rc1"] {
            let problems = must_be_supported(old).unwrap_err();
            let only = problems.iter().next().unwrap();
            assert_eq!(only.summary, "Terraform is too old");
            assert!(
                only.detail
                    .starts_with(&format!("This is Terraform {old}, and this provider needs Terraform 1.3 or OpenTofu 1.6"))
            );
        }
        for new in ["1.3.0", "1.3.0-alpha1", "1.6.0", "1.16.0-rc2", "1.17.0-dev", "2.0.0", "10.0", "", "dev"] {
            assert!(must_be_supported(new).is_ok(), "{new}");
        }
    }
}
