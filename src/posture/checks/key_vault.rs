//! Checks of key vaults.

use super::{
    check::{Check, Judge, On},
    rule::{Absent, Rule},
};
use crate::posture::{Area, Severity};

const VAULTS: &str = "Microsoft.KeyVault/vaults";

pub(super) const CHECKS: &[Check] = &[Check {
    id: "key_vault_purge_protection",
    area: Area::Data,
    severity: Severity::Medium,
    title: "Key vaults cannot be purged before their time",
    remediation: "Enable purge protection",
    // The service does not accept false: a vault without purge protection is one that does not speak of it.
    on: On::Each(VAULTS, Judge::Rule(Rule::True { path: "enablePurgeProtection", absent: Absent::Fails })),
}];
