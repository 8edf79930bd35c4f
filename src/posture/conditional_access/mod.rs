//! Conditional Access: whether a person can get in without MFA. What is not certain counts against us where MFA is to be shown, and for us
//! where its absence is.

pub mod directory;
pub mod outcome;
pub mod policy;
pub mod strength;

pub use directory::{AccessFacts, GroupMembers, Licence, Person, RoleHolders, UserType};
pub use outcome::{DanglingGroup, EnforcedBy, Ground, MfaCoverage, MfaVerdict, Target};
pub use policy::{
    AccessPolicy, BothSides, FilterMode, GrantControls, GrantOperator, GuestTypes, HomeTenants, PolicyApplications, PolicyKind,
    PolicyPart, PolicyState, RuleFilter, UserSide,
};
pub use strength::AuthenticationStrength;
