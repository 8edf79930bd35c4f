//! From the rows of the authorization service to what is judged.

use std::collections::BTreeMap;

use ::time::OffsetDateTime;

use crate::{
    azure::arm::authorization as wire,
    posture::{
        rbac::{self, Effect, Narrowed, Permission, built_in},
        time,
    },
    provider::collect::estate::proof,
};

/// A role assignment, as it is judged.
pub fn assignment(row: &wire::RoleAssignment) -> rbac::Assignment {
    let properties = &row.properties;
    rbac::Assignment {
        id: row.id.to_lowercase(),
        scope: properties.scope.clone(),
        role_id: guid_of(&properties.role_definition_id),
        principal_id: properties.principal_id.to_lowercase(),
        principal_type: properties.principal_type.0.clone().unwrap_or_default(),
        narrowed: Narrowed::by(properties.condition.as_deref(), properties.condition_version.as_deref()),
        pending: false,
    }
}

/// What could be activated, as it is judged at a moment; none if it is over or has not begun.
pub fn eligibility(row: &wire::ScheduleInstance, now: OffsetDateTime) -> Option<rbac::Assignment> {
    let properties = &row.properties;
    let pending = match force(properties, now) {
        Force::Never | Force::Over => return None,
        Force::Pending => true,
        Force::Now => false,
    };
    Some(rbac::Assignment {
        id: row.id.to_lowercase(),
        scope: properties.scope.clone(),
        role_id: guid_of(&properties.role_definition_id),
        principal_id: properties.principal_id.to_lowercase(),
        principal_type: properties.principal_type.0.clone().unwrap_or_default(),
        narrowed: Narrowed::by(properties.condition.as_deref(), properties.condition_version.as_deref()),
        pending,
    })
}

/// What a role assignment says, however it is written: two rows of one id are compared by it.
pub fn said(row: &rbac::Assignment) -> rbac::Assignment {
    let scope = row.scope.trim_end_matches('/').to_lowercase();
    rbac::Assignment { scope, principal_type: row.principal_type.to_lowercase(), ..row.clone() }
}

/// Whether a schedule of Privileged Identity Management is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Force {
    /// It never was: it was refused, or begins later.
    Never,
    /// It was; it has ended, or was taken back.
    Over,
    /// Somebody or something is still working on it.
    Pending,
    /// It is.
    Now,
}

/// Whether a schedule is in force at a moment. `status` is of the enumeration `Status` of the specification 2020-10-01; a row without
/// one, as the service writes them too, is in force by its dates alone.
pub fn force(instance: &wire::ScheduleInstanceProperties, now: OffsetDateTime) -> Force {
    const IN_FORCE: [&str; 4] = ["Accepted", "Granted", "Provisioned", "ScheduleCreated"];
    const TAKEN_BACK: [&str; 2] = ["FailedAsResourceIsLocked", "Revoked"];
    const REFUSED: [&str; 6] = ["AdminDenied", "Canceled", "Denied", "Failed", "Invalid", "TimedOut"];
    let moment = |text: &Option<String>| text.as_deref().and_then(time::parse);
    let is_no_time = |text: &Option<String>| text.is_some() && moment(text).is_none();
    let is_dated = !is_no_time(&instance.start_date_time) && !is_no_time(&instance.end_date_time);
    let is = |words: &[&str]| instance.status.as_ref().is_some_and(|own| words.iter().any(|word| word.eq_ignore_ascii_case(own)));
    if is(&REFUSED) || moment(&instance.start_date_time).is_some_and(|start| now < start) {
        Force::Never
    } else if is(&TAKEN_BACK) || moment(&instance.end_date_time).is_some_and(|end| now >= end) {
        Force::Over
    } else if is_dated && (instance.status.is_none() || is(&IN_FORCE)) {
        Force::Now
    } else {
        Force::Pending
    }
}

/// A role, as it is judged. One of which the service does not say all that it allows is not to be judged by.
pub fn role(row: &wire::RoleDefinition) -> rbac::Role {
    rbac::Role {
        id: row.name.to_lowercase(),
        name: row.properties.role_name.0.clone().unwrap_or_else(|| row.name.to_lowercase()),
        permissions: allowed(&row.name, row.permissions().unwrap_or_default()),
        assignable_scopes: row.properties.assignable_scopes.0.clone(),
    }
}

/// What the permissions of a role allow, and on which conditions of its own.
pub(in crate::provider::collect) fn allowed(guid: &str, permissions: &[wire::Permission]) -> Vec<Permission> {
    let split = permissions.iter().flat_map(|one| {
        let narrowed = Narrowed::by(one.condition.as_deref(), one.condition_version.as_deref());
        narrowed.split(Permission { conditional: false, ..proof::permission(one.clone()) })
    });
    built_in::with_known_condition(guid, split.collect())
}

/// A deny assignment, as it is judged.
pub fn denial(row: &wire::DenyAssignment) -> rbac::Deny {
    let properties = &row.properties;
    let named = |principals: &[wire::Principal]| {
        // Whoever is not known to be an account may be a group.
        let account = |kind: &str| ["User", "ServicePrincipal"].iter().any(|word| word.eq_ignore_ascii_case(kind));
        let is_group = |one: &wire::Principal| !one.kind.as_deref().is_some_and(account) && one.id != rbac::facts::EVERYONE;
        principals.iter().map(|one| (one.id.to_lowercase(), is_group(one))).collect()
    };
    let is_stated = wire::are_stated(&properties.permissions);
    let principals = match properties.principals.is_empty() {
        true => BTreeMap::from([(rbac::facts::EVERYONE.to_owned(), false)]),
        false => named(&properties.principals),
    };
    rbac::Deny {
        id: row.id.to_lowercase(),
        name: properties.deny_assignment_name.0.clone().unwrap_or_else(|| guid_of(&row.id)),
        scope: properties.scope.clone(),
        applies_to_children: properties.do_not_apply_to_child_scopes.0 != Some(true),
        permissions: if is_stated { permissions(&properties.permissions) } else { vec![anything()] },
        principals,
        excluded: named(properties.exclude_principals.as_deref().unwrap_or_default()),
        // What is not known of it may or may not take something away.
        conditional: !properties.is_stated()
            || properties.exclude_principals.is_none()
            || properties.condition.is_some()
            || properties.permissions.iter().any(|one| one.condition.is_some()),
        effect: effect(properties.effect.as_deref()),
    }
}

fn effect(word: Option<&str>) -> Effect {
    match word {
        None => Effect::Enforced,
        Some(word) if word.eq_ignore_ascii_case("enforced") => Effect::Enforced,
        Some(word) if word.eq_ignore_ascii_case("audit") => Effect::Audit,
        Some(_) => Effect::Unknown,
    }
}

fn permissions(rows: &[wire::Permission]) -> Vec<Permission> {
    rows.iter().cloned().map(proof::permission).collect()
}

fn anything() -> Permission {
    let all = vec!["*".to_owned()];
    Permission { actions: all.clone(), data_actions: all, ..Permission::default() }
}

/// The GUID of a role: the last segment of its id, whose prefix depends on the scope it was read at.
pub fn guid_of(role_definition_id: &str) -> String {
    role_definition_id.rsplit('/').next().unwrap_or_default().to_lowercase()
}
