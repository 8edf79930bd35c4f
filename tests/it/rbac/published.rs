//! The bodies that the services publish decode. They are read where they lie, and skipped where they do not.

use azposture::{
    azure::{
        arm::authorization::{DenyAssignment, RoleAssignment, RoleDefinition, ScheduleInstance},
        microsoft_graph::directory,
    },
    provider::collect::lists::authorization::{assignment, denial, guid_of, role},
};
use serde::de::DeserializeOwned;

use crate::azure_examples::Samples;

/// The rows of a published list; none where the examples are not there.
fn rows<T: DeserializeOwned>(name: &str) -> Option<Vec<T>> {
    let body = Samples::find()?.body(name);
    let rows: Vec<T> = serde_json::from_value(body["value"].clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(!rows.is_empty(), "{name}");
    Some(rows)
}

#[test]
fn role_assignments_definitions_and_denials_decode_as_published() {
    for row in rows::<RoleAssignment>("authorization/role-assignments-subscription.json").into_iter().flatten() {
        assert!(!assignment(&row).principal_id.is_empty());
    }
    for row in rows::<RoleDefinition>("authorization/role-definitions-scope.json").into_iter().flatten() {
        assert_eq!(role(&row).permissions.len(), 1);
    }
    for row in rows::<DenyAssignment>("authorization/deny-assignments-scope.json").into_iter().flatten() {
        let deny = denial(&row);
        assert!(!deny.principals.is_empty() && !deny.permissions.is_empty());
    }
}

#[test]
fn schedules_decode_as_published() {
    for name in ["role-assignment-schedule-instances", "role-eligibility-schedule-instances"] {
        for row in rows::<ScheduleInstance>(&format!("authorization/{name}.json")).into_iter().flatten() {
            assert!(!guid_of(&row.properties.role_definition_id).is_empty() && row.properties.member_type.is_some());
        }
    }
}

#[test]
fn directory_roles_decode_as_published() {
    for row in rows::<directory::RoleAssignment>("graph/role-assignments-by-principal.json").into_iter().flatten() {
        assert_eq!(row.directory_scope_id.as_deref(), Some("/"));
    }
    for row in rows::<directory::RoleDefinition>("graph/role-definitions.json").into_iter().flatten() {
        assert!(row.template_id.is_some() && row.operations().is_some_and(|all| !all.is_empty()));
    }
    for row in rows::<directory::RoleInstance>("graph/role-eligibility-schedule-instances.json").into_iter().flatten() {
        assert!(row.end_date_time.is_some());
    }
}
