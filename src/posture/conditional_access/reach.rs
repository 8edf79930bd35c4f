//! Whom a policy applies to: who is included and not excluded, as far as that was seen.

use super::{
    AccessPolicy, Ground, HomeTenants, PolicyPart, UserSide,
    crowd::{Bits, Crowd, GuestKinds, Likely, has},
    grounds::Grounds,
    known_words::lower,
};

/// Whether a policy applies to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Applies {
    Surely,
    /// It does not, for this ground.
    Not(Ground),
    /// That is not known, for these.
    Perhaps(Grounds),
}

/// How one side of a policy names somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hit {
    No,
    Perhaps(Grounds),
    By(Clause),
}

/// The ways in which a side can name somebody, the most exact first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clause {
    User,
    Group,
    Role,
    Guest,
}

/// Both sides of a policy.
#[derive(Debug)]
pub(super) struct Reach {
    include: Names,
    exclude: Names,
}

/// One side of a policy, by places in the crowd.
#[derive(Debug)]
struct Names {
    everyone: bool,
    guests_or_external: bool,
    users: Vec<usize>,
    groups: Bits,
    roles: Bits,
    guests: Option<Types>,
    is_unclear: bool,
}

/// Types of guests.
#[derive(Clone, Copy, Debug)]
struct Types {
    internal: bool,
    from_outside: bool,
    member_from_outside: bool,
    /// Whether only some home tenants are meant.
    some_tenants: bool,
}

/// Somebody, as the policies see him.
#[derive(Clone, Copy, Debug)]
pub(super) struct Somebody {
    pub(super) place: usize,
    pub(super) kinds: GuestKinds,
    pub(super) in_too_many_groups: bool,
}

impl Reach {
    pub(super) fn of(policy: &AccessPolicy, unclear: impl Fn(PolicyPart) -> bool, crowd: &Crowd<'_>) -> Self {
        Self {
            include: Names::of(&policy.include, unclear(PolicyPart::Users), crowd),
            exclude: Names::of(&policy.exclude, unclear(PolicyPart::ExcludedUsers), crowd),
        }
    }

    /// Exclusion wins, where it is certain; where it is not, nothing is.
    pub(super) fn applies(&self, somebody: Somebody, crowd: &Crowd<'_>) -> Applies {
        let included = self.include.hit(somebody, crowd);
        if included == Hit::No {
            return Applies::Not(self.include.why_not(somebody, crowd));
        }
        match (included, self.exclude.hit(somebody, crowd)) {
            (_, Hit::By(clause)) => Applies::Not(clause.excluded()),
            (Hit::Perhaps(one), Hit::Perhaps(other)) => Applies::Perhaps(one.and(other)),
            (Hit::Perhaps(grounds), _) | (_, Hit::Perhaps(grounds)) => Applies::Perhaps(grounds),
            (Hit::By(_) | Hit::No, Hit::No) => Applies::Surely,
        }
    }

    /// The group by which somebody is surely excluded.
    pub(super) fn excluding_group<'a>(&self, person: usize, crowd: &'a Crowd<'_>) -> Option<&'a str> {
        let place = self.exclude.groups.common(crowd.groups_of(person)).next()?;
        Some(crowd.group_id(place))
    }

    /// The role by which somebody is surely excluded.
    pub(super) fn excluding_role<'a>(&self, person: usize, crowd: &'a Crowd<'_>) -> Option<&'a str> {
        let place = self.exclude.roles.common(crowd.active_of(person)).next()?;
        Some(crowd.role_id(place))
    }

    /// The role that would include somebody, once it is activated.
    pub(super) fn role_to_activate<'a>(&self, person: usize, crowd: &'a Crowd<'_>) -> Option<&'a str> {
        let place = self.include.roles.common(crowd.eligible_of(person)).next()?;
        Some(crowd.role_id(place))
    }

    /// The groups it names that do not exist, and whether each is excluded.
    pub(super) fn dangling<'a>(&'a self, crowd: &'a Crowd<'_>) -> impl Iterator<Item = (&'a str, bool)> {
        let sides = [(&self.include, false), (&self.exclude, true)].into_iter();
        let missing = crowd.missing_groups.words();
        sides.flat_map(move |(side, excluded)| side.groups.common(missing).map(move |place| (crowd.group_id(place), excluded)))
    }
}

impl Clause {
    fn excluded(self) -> Ground {
        match self {
            Self::User => Ground::ExcludedUser,
            Self::Group => Ground::ExcludedGroup,
            Self::Role => Ground::ExcludedRole,
            Self::Guest => Ground::ExcludedGuestType,
        }
    }
}

impl Names {
    fn of(side: &UserSide, is_unclear: bool, crowd: &Crowd<'_>) -> Self {
        let mut users: Vec<usize> = side.users.iter().filter_map(|id| crowd.person(id)).collect();
        users.sort_unstable();
        let guests = side.guests.as_ref().map(|guests| {
            let types = lower(&guests.types);
            Types {
                internal: types.contains("internalguest"),
                from_outside: types.contains("b2bcollaborationguest"),
                member_from_outside: types.contains("b2bcollaborationmember"),
                some_tenants: guests.tenants != HomeTenants::All,
            }
        });
        Self {
            everyone: side.everyone,
            guests_or_external: side.guests_or_external,
            users,
            groups: crowd.group_places(&side.groups),
            roles: crowd.role_places(&side.roles),
            guests,
            is_unclear,
        }
    }

    fn hit(&self, somebody: Somebody, crowd: &Crowd<'_>) -> Hit {
        let Somebody { place, kinds, in_too_many_groups } = somebody;
        if self.everyone || (!self.users.is_empty() && self.users.binary_search(&place).is_ok()) {
            return Hit::By(Clause::User);
        }
        if !in_too_many_groups && self.groups.meets(crowd.groups_of(place)) {
            return Hit::By(Clause::Group);
        }
        let holds = self.roles.meets(crowd.active_of(place));
        if holds && self.roles.common(crowd.active_of(place)).any(|role| !has(crowd.doubtful_roles.words(), role)) {
            return Hit::By(Clause::Role);
        }
        let (guest, doubts) = self.guest(kinds);
        if guest == Likely::Surely {
            return Hit::By(Clause::Guest);
        }
        let mut open = if guest == Likely::Perhaps { doubts } else { Grounds::NONE };
        if in_too_many_groups && !self.groups.is_empty() {
            open.add(Ground::TooManyGroups);
        } else if self.groups.meets(crowd.open_groups.words()) {
            open.add(Ground::GroupUnreadable);
        }
        if holds || self.roles.meets(crowd.open_roles.words()) {
            open.add(Ground::RoleUnreadable);
        }
        if self.is_unclear {
            open.add(Ground::PolicyIndeterminate);
        }
        if open.is_empty() { Hit::No } else { Hit::Perhaps(open) }
    }

    fn guest(&self, kinds: GuestKinds) -> (Likely, Grounds) {
        let unseen = Grounds::of(Ground::UserUnreadable);
        let older = match (self.guests_or_external, kinds.guest, kinds.member_from_outside) {
            (false, ..) | (true, Likely::No, Likely::No) => (Likely::No, Grounds::NONE),
            (true, Likely::Surely, _) => (Likely::Surely, Grounds::NONE),
            // Whether the word means a member from outside is not documented in one way.
            (true, Likely::No, Likely::Surely) => (Likely::Perhaps, Grounds::of(Ground::PolicyIndeterminate)),
            (true, ..) => (Likely::Perhaps, unseen),
        };
        let Some(types) = self.guests else { return older };
        let meant = |is_meant: bool, kind: Likely| if is_meant { kind } else { Likely::No };
        let internal = meant(types.internal, kinds.internal);
        let outside =
            meant(types.from_outside, kinds.from_outside).max(meant(types.member_from_outside, kinds.member_from_outside));
        // Who is either of two kinds, and it was not seen which, is surely one of both where both are meant.
        let either = match types.internal && types.from_outside {
            true => kinds.guest,
            false => Likely::No,
        };
        let typed = match (internal.max(outside).max(either), types.some_tenants) {
            (Likely::No, _) => (Likely::No, Grounds::NONE),
            (Likely::Perhaps, false) => (Likely::Perhaps, unseen),
            (Likely::Perhaps, true) => (Likely::Perhaps, unseen.and(Grounds::of(Ground::GuestHomeTenantUnknown))),
            (Likely::Surely, false) => (Likely::Surely, Grounds::NONE),
            (Likely::Surely, true) => (Likely::Perhaps, Grounds::of(Ground::GuestHomeTenantUnknown)),
        };
        (older.0.max(typed.0), older.1.and(typed.1))
    }

    /// Why somebody is not included: a role that would do it is not held in a way that counts, or nothing names him.
    fn why_not(&self, somebody: Somebody, crowd: &Crowd<'_>) -> Ground {
        if self.roles.is_empty() {
            Ground::NotIncluded
        } else if self.roles.meets(crowd.eligible_of(somebody.place)) {
            Ground::EligibleRoleOnly
        } else if self.roles.meets(crowd.ignored_of(somebody.place)) {
            Ground::ScopedOrCustomRole
        } else {
            Ground::NotIncluded
        }
    }
}
