//! Azure RBAC: what roles allow, who holds which of them where, and whether that is enough.

pub mod built_in;
pub mod coverage;
pub mod directory;
pub mod facts;
pub mod judge;
pub mod permission;
pub mod place;

pub use coverage::{Coverage, Patterns, covered};
pub use facts::{Assignment, Deny, Facts, Role, Seen};
pub use judge::{Fact, Requirement, Terms, Verdict, judge};
pub use permission::{Permission, covers};
