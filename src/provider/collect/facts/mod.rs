//! Facts put together from several lists, for one judgement each.

pub mod access;
pub mod catalogues;
pub mod checked;
pub mod checklist;
pub mod covered;
pub mod exempted;
pub mod grants;
pub mod held_roles;
pub mod named;
pub mod own_credential;
pub mod policy_effects;
pub mod protected_groups;
pub mod scanned;
pub mod signed_in;
pub mod silent;
pub mod stock;
pub mod subscription;
pub mod who_counts;
