//! What tests share.

pub(crate) mod cty;
pub(crate) mod host;
pub(crate) mod plugin;
