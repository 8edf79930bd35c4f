//! Who holds the roles: what principals are, who is in a group, what they are called, and whether they still exist.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    posture::Unreadable,
    provider::{
        collect::lists::directory::{self, Kind, Principals},
        context::Context,
        data::role_assignments::{Row, assignments::Found},
    },
    sdk::Result,
};

/// Whether Azure does not say what the principal is, or says it in a word that is new here.
fn is_unsaid(row: &Row) -> bool {
    directory::kinds(&row.principal_type).len() > 1
}

fn is_group(row: &Row) -> bool {
    row.principal_type.eq_ignore_ascii_case(Kind::Group.word())
}

/// Lets the directory say what principals are of which Azure does not: a group that is not known to be one would not be expanded, and no
/// type that is asked for would find it. The groups that are to be expanded are looked up with them. Of those of another tenant this
/// directory says nothing.
pub(super) async fn resolved(
    context: &Context,
    found: &Found,
    rows: &mut [Row],
    expands: bool,
    known: Principals,
) -> Result<Principals> {
    let ours = rows.iter().filter(|row| !found.is_elsewhere(row));
    let wanted: BTreeMap<String, Option<Kind>> = ours
        .filter(|row| is_unsaid(row) || (expands && is_group(row)))
        .map(|row| (row.principal_id.clone(), is_group(row).then_some(Kind::Group)))
        .collect();
    let people = directory::principals(context, &wanted, known).await?;
    rows.iter_mut().filter(|row| !found.is_elsewhere(row)).for_each(|row| tell(row, &people));
    Ok(people)
}

/// Says what a principal is, where Azure does not and the directory does.
fn tell(row: &mut Row, people: &Principals) {
    let kind = people.known.get(&row.principal_id).and_then(|known| known.kind);
    if let Some(kind) = kind.filter(|_| is_unsaid(row)) {
        kind.word().clone_into(&mut row.principal_type);
    }
}

/// Whether a principal is of one of these types (lower case), or may be: where the directory cannot tell there is a gap, and the row
/// stays.
pub(super) fn may_be_of(row: &Row, types: &BTreeSet<String>, found: &Found, people: &Principals) -> bool {
    let can_be = |kind: &Kind| types.contains(&kind.word().to_lowercase()) && people.can_be(*kind, &row.principal_id);
    types.contains(&row.principal_type.to_lowercase())
        || (is_unsaid(row) && (found.is_elsewhere(row) || Kind::ALL.iter().any(can_be)))
}

/// Adds a row for each member of each group that holds a role.
pub(super) async fn expand(
    context: &Context,
    found: &Found,
    rows: &mut Vec<Row>,
    known: Principals,
    gaps: &mut Vec<Unreadable>,
) -> Result<Principals> {
    // Members of a group of another tenant cannot be seen from this one.
    let is_foreign =
        |row: &Row| row.principal_type.eq_ignore_ascii_case("ForeignGroup") || (is_group(row) && found.is_elsewhere(row));
    let is_ours = |row: &&Row| is_group(row) && !found.is_elsewhere(row);
    let foreign: BTreeSet<&String> = rows.iter().filter(|row| is_foreign(row)).map(|row| &row.principal_id).collect();
    gaps.extend(foreign.into_iter().map(|id| directory::unseen_members(id, directory::OF_ANOTHER_TENANT)));
    let groups: BTreeSet<String> = rows.iter().filter(is_ours).map(|row| row.principal_id.clone()).collect();
    let members = directory::members(context, &groups, known).await?;
    gaps.extend(members.gaps);
    let mut more = Vec::new();
    for row in rows.iter().filter(is_ours) {
        let members = members.of.get(&row.principal_id).into_iter().flat_map(|members| members.iter());
        for member in members.filter(|member| member.kind() != Some(Kind::Group)) {
            let id = member.id.to_lowercase();
            more.push(Row {
                key: format!("{}|{id}", row.key),
                principal_type: member.principal_type().to_owned(),
                principal_display_name: member.display_name.0.clone(),
                principal_id: id,
                via: "group".to_owned(),
                via_group_id: Some(row.principal_id.clone()),
                orphaned: Some(false),
                ..row.clone()
            });
        }
    }
    // The members of a group in a group stand beside it.
    let known = resolved(context, found, &mut more, false, members.people).await?;
    rows.extend(more.into_iter().filter(|row| !is_group(row)));
    Ok(known)
}

/// Fills in the names of principals, and whether they exist: of those that this tenant's directory has to know.
pub(super) async fn name(
    context: &Context,
    found: &Found,
    rows: &mut [Row],
    known: Principals,
    gaps: &mut Vec<Unreadable>,
) -> Result<()> {
    let is_ours = |row: &Row| row.via == "direct" && !found.is_elsewhere(row);
    let direct = rows.iter().filter(|row| is_ours(row));
    let wanted: BTreeMap<String, Option<Kind>> = direct
        .filter_map(|row| match directory::kinds(&row.principal_type) {
            [] => None,
            [kind] => Some((row.principal_id.clone(), Some(*kind))),
            _ => Some((row.principal_id.clone(), None)),
        })
        .collect();
    let people = directory::principals(context, &wanted, known).await?;
    gaps.extend(people.gaps());
    for row in rows.iter_mut().filter(|row| is_ours(row)) {
        tell(row, &people);
        // One of which Azure does not even say that it is gone may be of a kind that is in no list of this directory.
        row.orphaned = people.orphaned(&row.principal_id, &row.principal_type).filter(|gone| !gone || found.says_type_of(row));
        row.principal_display_name = people.known.get(&row.principal_id).and_then(|known| known.display_name.clone());
    }
    Ok(())
}
