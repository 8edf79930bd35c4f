//! Checks of storage accounts.

use super::{
    check::{Check, Judge, On},
    rule::{Absent, Rule},
};
use crate::posture::{Area, Severity};

const ACCOUNTS: &str = "Microsoft.Storage/storageAccounts";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "storage_account_private_endpoint",
        area: Area::Data,
        severity: Severity::Low,
        title: "Storage accounts are reached through private endpoints",
        remediation: "Add a private endpoint",
        on: On::Each(ACCOUNTS, Judge::Rule(Rule::Connected { path: "privateEndpointConnections" })),
    },
    Check {
        id: "storage_account_public_network_disabled",
        area: Area::Data,
        severity: Severity::Medium,
        title: "Storage accounts have no public network access",
        remediation: "Disable public network access",
        on: On::Each(
            ACCOUNTS,
            Judge::Rule(Rule::Is {
                path: "publicNetworkAccess",
                word: "Disabled",
                // With `SecuredByPerimeter` the rules of a perimeter decide, which are not read.
                others: &["Enabled"],
                absent: Absent::Fails,
            }),
        ),
    },
];
