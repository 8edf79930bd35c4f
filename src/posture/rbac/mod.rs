//! Azure RBAC: what roles allow.

pub mod permission;

pub use permission::{Permission, covers};
