//! The surface a user types: provider block, data sources, validations, functions. Thin glue over `azure` and `posture`.

use crate::sdk::server::Provider;

/// Stand-in for the provider; replaced at merge.
#[derive(Debug, Default)]
pub struct Azposture;

impl Azposture {
    /// A provider that is not configured yet.
    pub fn new() -> Self {
        Self
    }
}

impl Provider for Azposture {
    const ADDRESS: &'static str = "registry.terraform.io/azposture/azposture";
}
