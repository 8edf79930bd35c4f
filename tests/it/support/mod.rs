//! What tests share.

pub(crate) mod blocks;
pub(crate) mod cloud;
pub(crate) mod cty;
pub(crate) mod estate;
pub(crate) mod held;
pub(crate) mod host;
pub(crate) mod inside;
pub(crate) mod plugin;
pub(crate) mod terraform;
pub(crate) mod tokens;
