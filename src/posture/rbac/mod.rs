//! Azure RBAC: what roles allow, who holds which of them where, and whether that is enough.

pub mod built_in;
pub mod condition;
pub mod coverage;
pub mod directory_roles;
pub mod facts;
pub mod judge;
pub mod operation;
pub mod permission;
pub mod place;

pub use condition::Narrowed;
pub use coverage::{Coverage, Patterns, covered};
pub use facts::{Account, Assignment, Deny, Effect, PrincipalFacts, Role};
pub use judge::{Fact, Requirement, Terms, Verdict, judge, unproven};
pub use operation::{Operations, Side, Standing};
pub use permission::{Permission, covers};
