//! What tests share.

pub(crate) mod blocks;
pub(crate) mod cloud;
pub(crate) mod cty;
pub(crate) mod estate;
pub(crate) mod held;
pub(crate) mod host;
pub(crate) mod inside;
pub(crate) mod people;
pub(crate) mod plugin;
pub(crate) mod remedies;
pub(crate) mod terraform;
pub(crate) mod tokens;

/// Whether everything is tried (`make test-full`), and not a sample of the long tables.
pub(crate) fn is_full() -> bool {
    std::env::var_os("AZPOSTURE_FULL").is_some_and(|value| value == "1")
}
