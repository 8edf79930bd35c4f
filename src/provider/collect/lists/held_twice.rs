//! Directory roles that come twice, and not with the same contents.

use std::collections::BTreeSet;

use crate::{
    azure::microsoft_graph::directory::{RoleAssignment, RoleInstance},
    provider::collect::twice::contradicted,
};

/// Where a role holds: in the directory, or in a part of one application alone. What says neither holds everywhere.
pub fn scope<'a>(directory: Option<&'a String>, app: Option<&'a String>) -> &'a str {
    directory.or(app).map_or("/", String::as_str)
}

/// Whether somebody holds it as a member of a group.
pub fn is_through_group(instance: &RoleInstance) -> bool {
    instance.member_type.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("Group"))
}

/// The ids of those assignments of which two rows do not say the same.
pub fn contradicted_assignments(rows: &[RoleAssignment]) -> BTreeSet<String> {
    let said = |row: &RoleAssignment| {
        let scope = scope(row.directory_scope_id.as_ref(), row.app_scope_id.as_ref()).to_lowercase();
        (row.id.to_lowercase(), (row.principal_id.to_lowercase(), row.role_definition_id.to_lowercase(), scope))
    };
    contradicted(rows.iter().map(said))
}

/// The same of what Privileged Identity Management says. What somebody holds through a group is another one for each of its members, and
/// nothing documents that its id is.
pub fn contradicted_instances(rows: &[RoleInstance]) -> BTreeSet<String> {
    let said = |row: &RoleInstance| {
        let scope = scope(row.directory_scope_id.as_ref(), row.app_scope_id.as_ref()).to_lowercase();
        let kind = row.assignment_type.as_ref().map(|word| word.to_lowercase());
        (row.role_definition_id.to_lowercase(), scope, kind, row.start_date_time.clone(), row.end_date_time.clone())
    };
    let id = |row: &RoleInstance| row.id.to_lowercase();
    let holder = |row: &RoleInstance| row.principal_id.to_lowercase();
    let (through, direct): (Vec<_>, Vec<_>) = rows.iter().partition(|row| is_through_group(row));
    let direct = contradicted(direct.into_iter().map(|row| (id(row), (holder(row), said(row)))));
    let through = contradicted(through.into_iter().map(|row| (format!("{}|{}", id(row), holder(row)), said(row))));
    let through = through.iter().filter_map(|key| key.split('|').next()).map(str::to_owned);
    direct.into_iter().chain(through).collect()
}
