//! What Azure says the caller itself may do, as a second source beside the lists of what is given.

use super::{Case, Counting, Grants, Requirement, Verdict, allows_nothing};
use crate::posture::{
    Reason, Status, Why,
    rbac::{Assignment, Coverage, Deny, Permission, facts::Sureness, permission::includes},
};

impl Case<'_> {
    /// The caller's own permissions as a second source. It settles what could not be seen, and where it contradicts nothing is known.
    pub(super) fn compared(&self, verdict: Verdict, all: &[Permission]) -> Verdict {
        let by_role_alone = matches!(self.requirement, Requirement::Role { .. }) && !self.terms.accept_equivalent;
        let counts = |one: &&Permission| self.terms.accept_conditional || !one.conditional;
        let own = Grants { permissions: all.iter().filter(counts).cloned().collect(), ..Grants::default() };
        let disagreement = || {
            let detail = "the role assignments and what Azure says the caller may do disagree; try again in a few minutes";
            Verdict::unknown(Reason::NotProven, detail, [])
        };
        match verdict.status {
            // Holding what has to be activated first, or what a condition narrows, does not show in the permissions in full.
            Status::Pass if self.is_plain_pass() && self.as_equivalent(&own, &[]) == Coverage::Missing => disagreement(),
            Status::Fail
                if !matches!(verdict.reason, Some(Why::ConditionalOnly | Why::Denied))
                    && !by_role_alone
                    && self.as_equivalent(&own, &[]) == Coverage::Covered =>
            {
                disagreement()
            }
            Status::Unknown
                if !by_role_alone
                    && self.facts.denies.is_whole()
                    && self.shows_in_full()
                    && self.as_equivalent(&own, &self.denies(Sureness::Possible)) == Coverage::Covered =>
            {
                Verdict::pass()
            }
            Status::Unknown => self.refuted(all).unwrap_or(verdict),
            _ => verdict,
        }
    }

    /// The fail that follows from what Azure says the caller may do, where the lists leave it open: groups and what is above are in
    /// that answer, so what is not in it is not held. None where something contradicts the answer.
    fn refuted(&self, own: &[Permission]) -> Option<Verdict> {
        let unseen = self.facts.assignments.reason();
        // A list that was answered to somebody who may not read it, and nothing held by somebody who was not refused.
        let contradicted = unseen == Some(Reason::NotProven) || (own.is_empty() && unseen != Some(Reason::Forbidden));
        if contradicted || self.is_plain_pass() {
            return None;
        }
        let instead = match own.is_empty() {
            true => "Azure says that it may do nothing here",
            false => "Azure says what it may do here, and this is not all of it allowed",
        };
        let conditional = self.terms.accept_conditional;
        match (self.lacks(own, true), self.lacks(own, conditional)) {
            (true, _) => Some(self.lacking(&[], !own.is_empty(), instead.to_owned())),
            (false, true) => {
                let detail = "given only on a condition, by what Azure says it may do here";
                Some(Verdict::fail(Why::ConditionalOnly, detail))
            }
            (false, false) => None,
        }
    }

    /// Whether what Azure says the caller may do, and what could be activated where that counts, is certainly not enough.
    fn lacks(&self, own: &[Permission], conditional: bool) -> bool {
        let mut held = Grants::default();
        if self.terms.accept_eligible {
            self.add_eligible(&mut held, Counting { at_least: Sureness::Possible, conditional, eligible: true });
        }
        held.permissions.extend(own.iter().filter(|one| conditional || !one.conditional).cloned());
        let could_be_it = match self.requirement {
            Requirement::Role { id, .. } => held.roles.contains(id),
            Requirement::Action(_) | Requirement::DataAction(_) => false,
        };
        let nothing = held.permissions.is_empty() && held.roles.is_empty();
        !held.unlisted && !held.undefined && !could_be_it && (nothing || self.as_equivalent(&held, &[]) == Coverage::Missing)
    }

    /// Whether no condition can hide behind what Azure says the caller may do. The answer has four lists of operations and nothing of
    /// the conditions of assignments (`Permission` of the specification 2022-04-01), so a narrowed role looks like a full one there.
    fn shows_in_full(&self) -> bool {
        self.terms.accept_conditional || self.knows_no_condition() || self.is_seen_to_be_unconditional()
    }

    /// Whether only reading on the management side is required. Conditions narrow data operations and the writing of role assignments.
    fn knows_no_condition(&self) -> bool {
        let is_read = |pattern: &String| pattern.to_ascii_lowercase().ends_with("/read");
        match self.requirement {
            Requirement::Action(pattern) => is_read(pattern),
            Requirement::DataAction(_) => false,
            Requirement::Role { id, .. } => self.facts.role(id).is_some_and(|role| {
                role.permissions.iter().all(|one| one.data_actions.is_empty() && one.actions.iter().all(is_read))
            }),
        }
    }

    /// Whether all assignments were seen, and none that may be the caller's stands on a condition of its own or of its role.
    fn is_seen_to_be_unconditional(&self) -> bool {
        let assignments = &self.facts.assignments;
        let narrowed = |one: &Assignment| {
            one.narrowed.is_any()
                || self.facts.role(&one.role_id).is_none_or(|role| role.permissions.iter().any(|one| one.conditional))
        };
        let mut held = assignments.rows_so_far().filter(|one| self.facts.holds(one) >= Sureness::Possible);
        assignments.is_whole() && !held.any(narrowed)
    }

    /// Whether it passes without anything that has to be activated.
    fn is_plain_pass(&self) -> bool {
        let counting = Counting { at_least: Sureness::Certain, conditional: self.terms.accept_conditional, eligible: false };
        self.coverage(&self.grants(counting), &[]) == Coverage::Covered
    }

    /// Coverage where a role can only be had by what it allows.
    fn as_equivalent(&self, grants: &Grants, denies: &[&Deny]) -> Coverage {
        let wanted = match self.requirement {
            Requirement::Role { id, .. } => self.facts.role(id),
            Requirement::Action(_) | Requirement::DataAction(_) => return self.coverage(grants, denies),
        };
        let denied: Vec<Permission> = denies.iter().flat_map(|deny| deny.permissions.iter().cloned()).collect();
        match wanted {
            Some(role) if !allows_nothing(&role.permissions) => includes(&role.permissions, &grants.permissions, &denied),
            _ => Coverage::Undecided,
        }
    }
}
