//! The lists that are read, by what they are about.

pub mod alerts;
pub mod authorization;
pub mod counted;
pub mod directory;
pub mod entra;
pub mod exemptions;
pub mod findings;
mod held_twice;
pub mod inherited;
pub mod inventory;
mod known;
pub mod listed;
pub mod monitor;
pub mod policies;
pub mod regulatory;
pub mod scores;
pub mod security;
pub mod states;
pub mod texts;
pub mod typed;
