//! What a connection stands for, and whether a list about it may be trusted to be whole.

pub mod delegated;
pub mod engine;
pub mod exclusions;
pub mod hierarchy;
mod member;
pub mod nothing;
pub mod places;
pub mod proof;
pub mod scope;
