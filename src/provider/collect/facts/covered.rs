//! Whom a question about MFA is about, and everything that the answer stands on.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    posture::{Place, Seen, Subject, Unreadable, rbac::directory_roles::is_privileged, seen::agreed},
    provider::{
        collect::{
            facts::{
                access::{self, AccessEvidence},
                who_counts::{self, People},
            },
            lists::{
                accounts::{self, Account, Accounts, Registered},
                directory,
            },
            stop::{Argument, Result, Stop},
            unread,
        },
        context::Context,
    },
};

/// Whom it is about. Ids are in lower case.
#[derive(Clone, Debug, Default)]
pub struct Who {
    /// These.
    pub user_ids: Option<BTreeSet<String>>,
    /// Those in these groups, nested ones included.
    pub group_ids: Option<BTreeSet<String>>,
    /// Those who hold these directory roles, or could activate one.
    pub role_template_ids: Option<BTreeSet<String>>,
    /// Those who hold a privileged directory role, Owner or User Access Administrator, or could activate one.
    pub privileged: bool,
    /// Whether it is enough to be one of them; else only who is each of them.
    pub any: bool,
}

/// People, and what is known of how they sign in.
#[derive(Debug)]
pub struct Covered {
    /// Whom it is about, in order of their ids.
    pub accounts: Vec<Account>,
    /// What they have registered, in the same order; none if that was not seen, or they are in no report.
    pub registered: Vec<Option<Registered>>,
    /// What the verdicts stand on; people are in the same order.
    pub evidence: AccessEvidence,
    /// Those who hold a privileged role, or could activate one.
    pub privileged: Seen<BTreeSet<String>>,
    /// Everybody that there is.
    pub people: People,
    /// What leaves it open whom it is about.
    pub selection: Vec<Unreadable>,
    /// Everything that could not be read.
    pub gaps: Vec<Unreadable>,
}

impl Covered {
    /// Reads it. `wanted` says of an account whether it is looked at, whoever it belongs to.
    pub async fn of(context: &Context, who: &Who, wanted: impl Fn(&Account) -> bool) -> Result<Self> {
        let (people, registrations) = tokio::join!(who_counts::people(context), accounts::registrations(context));
        let (people, mut gaps) = people?.into_parts();
        let Some(people) = people else { return Err(Stop::NothingRead(gaps)) };
        let (registrations, unregistered) = registrations?.into_parts();
        let privileged = privileged(context).await?;
        let selected = selected(context, who, &people.accounts, &privileged, &mut gaps).await?;
        if who.privileged {
            gaps.extend(privileged.gaps().cloned());
        }
        let selection = gaps.clone();
        gaps.extend(unregistered);
        let is_selected = |account: &&Account| selected.as_ref().is_none_or(|ids| ids.contains(&account.id)) && wanted(account);
        let accounts: Vec<Account> = people.in_scope().filter(is_selected).cloned().collect();
        let registered: Vec<Option<Registered>> =
            accounts.iter().map(|one| registrations.as_ref().and_then(|all| all.of.get(&one.id)).cloned()).collect();
        let persons =
            accounts.iter().zip(&registered).map(|(one, registered)| access::person(one, registered.as_ref())).collect();
        let evidence = access::evidence(context, persons).await?;
        gaps.extend(evidence.gaps.iter().cloned());
        gaps.extend(privileged.gaps().cloned());
        gaps.sort();
        gaps.dedup();
        Ok(Self { accounts, registered, evidence, privileged, people, selection, gaps })
    }
}

/// The ids of those it is about; none if it is about everybody.
async fn selected(
    context: &Context,
    who: &Who,
    accounts: &Accounts,
    privileged: &Seen<BTreeSet<String>>,
    gaps: &mut Vec<Unreadable>,
) -> Result<Option<BTreeSet<String>>> {
    let mut sets: Vec<BTreeSet<String>> = Vec::new();
    if let Some(ids) = &who.user_ids {
        if let Some(id) = ids.iter().find(|id| accounts.of(id).is_none()) {
            return Err(nothing("user_ids", format!("The directory has no user with the object id {id}.")));
        }
        sets.push(ids.clone());
    }
    if let Some(groups) = &who.group_ids {
        let inside = who_counts::in_groups(context, groups, accounts).await?;
        if let Some(id) = inside.missing.first() {
            return Err(nothing("group_ids", format!("The directory has no group with the object id {id}.")));
        }
        if let Some(id) = inside.empty.first() {
            return Err(nothing("group_ids", format!("No user is in the group {id}.")));
        }
        gaps.extend(inside.gaps);
        sets.push(inside.ids);
    }
    if let Some(templates) = &who.role_template_ids {
        let roles = access::roles(context).await?;
        gaps.extend(roles.gaps().cloned());
        let known = roles.so_far().ok();
        let missing = known.filter(|_| roles.is_whole()).and_then(|all| templates.iter().find(|id| !all.contains_key(*id)));
        if let Some(id) = missing {
            let detail = format!("The directory has no role with the template id {id}.");
            return Err(nothing("directory_role_template_ids", detail));
        }
        let mut ids = BTreeSet::new();
        for role in templates.iter().filter_map(|id| known.and_then(|all| all.get(id))) {
            for part in [&role.active, &role.narrower, &role.eligible] {
                ids.extend(part.rows_so_far().cloned());
                gaps.extend(part.gaps().cloned());
            }
        }
        sets.push(ids);
    }
    if who.privileged {
        sets.push(privileged.so_far().cloned().unwrap_or_default());
    }
    Ok(match who.any {
        true => (!sets.is_empty()).then(|| sets.into_iter().flatten().collect()),
        false => sets.into_iter().reduce(|one, other| &one & &other),
    })
}

/// Who holds a privileged directory role, Owner or User Access Administrator, or could activate one; lower case, groups resolved.
async fn privileged(context: &Context) -> Result<Seen<BTreeSet<String>>> {
    let (roles, owners, definitions) =
        tokio::join!(access::roles(context), who_counts::owners(context), directory::role_definitions(context));
    let (roles, owners) = (roles?, owners?);
    let mut gaps: Vec<Unreadable> = roles.gaps().chain(owners.gaps()).cloned().collect();
    let mut operations: BTreeMap<String, Option<Vec<String>>> = BTreeMap::new();
    match definitions {
        Ok(rows) => {
            for row in rows.iter() {
                let template = row.template_id.as_ref().unwrap_or(&row.id).to_lowercase();
                let allowed: Option<Vec<String>> = row.operations().map(|all| all.into_iter().map(str::to_owned).collect());
                // Of two rows that do not agree, everything may be allowed.
                let known = operations.entry(template).or_insert_with(|| allowed.clone());
                *known = agreed(known.take(), allowed);
            }
        }
        Err(error) => gaps.push(unread::gap(Subject::DirectoryRoles, Place::Graph, &error)?),
    }
    let mut ids: BTreeSet<String> = owners.so_far().cloned().unwrap_or_default();
    for (template, holders) in roles.so_far().into_iter().flatten() {
        // Of a role that does not say what it allows, everything may be allowed.
        let is_strong = match operations.get(template) {
            Some(Some(allowed)) => is_privileged(template, allowed.iter().map(String::as_str)),
            Some(None) | None => true,
        };
        if is_strong {
            for part in [&holders.active, &holders.narrower, &holders.eligible] {
                ids.extend(part.rows_so_far().cloned());
                gaps.extend(part.gaps().cloned());
            }
        }
    }
    Ok(Seen::part(ids, gaps))
}

fn nothing(name: &'static str, detail: String) -> Stop {
    Stop::Argument(Argument { name, summary: "Nothing selected", detail })
}
