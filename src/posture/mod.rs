//! Judgement: pure functions over facts. No IO, no async, no Terraform, no Azure client.

pub mod area;
pub mod assessment;
pub mod checks;
pub mod compliance;
pub mod conditional_access;
pub mod connection;
pub mod controls;
pub mod credential;
pub mod defender;
pub mod effects;
pub mod exemption;
pub mod filter;
pub mod grant;
pub mod graph_permission;
pub mod initiatives;
pub mod monitor;
pub mod people;
pub mod portal;
pub mod rbac;
pub mod regulatory;
pub mod resource_id;
pub mod roster;
pub mod secure_score;
pub mod seen;
pub mod severity;
pub mod status;
pub mod time;
pub mod vulnerabilities;
pub(crate) mod words;

pub use area::Area;
pub use seen::{Look, Place, Reason, Seen, Subject, Unreadable, Why};
pub use severity::Severity;
pub use status::{Status, any_is_enough, worst};
