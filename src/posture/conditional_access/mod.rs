//! Conditional Access: whether a person can get in without MFA. What is not certain counts against us where MFA is to be shown, and for us
//! where its absence is.
//!
//! * A policy applies to a person, does not, or may. The best verdict of what is certain stands if it is enforced or blocked, or if nothing
//!   uncertain could make it better; else it is unknown. A block that may be is no reason to doubt what is enforced.
//! * A policy of which any part is not understood never counts as certain; whom it surely leaves out it still leaves out.
//! * Policies unite only as exact complements: kinds of clients, and trusted locations with all others. Any other union stays a part, for
//!   nobody can say of filters, named locations and platforms that they leave nothing between them.
//! * A block is worth as much as MFA where it completes it. Alone it makes no part: who is only kept from some doors has MFA at none.
//! * A way round MFA that needs a managed device or application is a gap. One that anybody can take (terms of use, a strength that a password
//!   meets, a new password) leaves nothing of it.
//! * All applications take no answer from a policy for one of them, and a policy for all counts at each target that it does not exclude.
//! * Roles count if they are active, built in and held in the whole tenant. A group that does not exist names nobody, on either side.
//! * Security defaults alone are a part; beside policies that are in force, the policies decide alone. Without a licence and without
//!   security defaults nothing is enforced, except that no licences at all beside policies is a contradiction, and the policies are there.

mod crowd;
pub mod directory;
pub mod exclusions;
mod explain;
mod given;
mod grants;
mod grounds;
pub mod judging;
pub mod known_words;
pub mod outcome;
pub mod plain_words;
pub mod policy;
mod reach;
pub mod strength;
mod tally;
mod worth;

pub use directory::{AccessFacts, GroupMembers, Licence, Person, RoleHolders, UserType};
pub use exclusions::{ExcludedObject, ExclusionGap, PolicyMfa, exclusion_gaps, policy_gaps, policy_mfa};
pub use judging::{AtTarget, Judge, judge};
pub use known_words::indeterminate_parts;
pub use outcome::{DanglingGroup, EnforcedBy, Ground, MfaCoverage, MfaVerdict, Target};
pub use plain_words::summary_text;
pub use policy::{
    AccessPolicy, BothSides, FilterMode, GrantControls, GrantOperator, GuestTypes, HomeTenants, PolicyApplications, PolicyKind,
    PolicyPart, PolicyState, RuleFilter, UserSide,
};
pub use strength::AuthenticationStrength;
