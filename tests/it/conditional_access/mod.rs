//! MFA by Conditional Access, judged: who is covered where, as the documents say it.

mod beside;
mod conditions;
mod exclusions;
mod grants;
mod people;
mod properties;
mod table;
mod targets;
mod unions;
mod unseen;
mod world;
