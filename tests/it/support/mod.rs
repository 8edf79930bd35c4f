//! What tests share.

pub(crate) mod cty;
pub(crate) mod estate;
pub(crate) mod host;
pub(crate) mod inside;
pub(crate) mod plugin;
pub(crate) mod tokens;
