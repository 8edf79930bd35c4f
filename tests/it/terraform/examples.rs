//! The examples of the registry's pages, planned on the demo tenant.
