//! What the demo's own principal may do: its role assignments, direct and through groups, judged like Azure judges them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    directory,
    fixtures::Fixtures,
    hierarchy::{above, covers, text},
};

/// The permissions of one principal.
#[derive(Debug)]
pub(super) struct Access<'a> {
    fixtures: &'a Fixtures,
    /// Scope of each assignment and what its role permits there.
    grants: Vec<(String, Value)>,
}

impl<'a> Access<'a> {
    pub(super) fn of(fixtures: &'a Fixtures, principal: &str) -> Self {
        let holders = holders(fixtures, principal);
        let definitions = fixtures.rows("role-definitions");
        let assignments = fixtures.rows("role-assignments");
        let held = assignments.iter().filter(|row| holders.contains(text(row, "/properties/principalId")));
        let grants = held.flat_map(|row| {
            let scope = text(row, "/properties/scope").to_owned();
            let id = text(row, "/properties/roleDefinitionId").rsplit('/').next().unwrap_or_default();
            let definition = definitions.iter().find(|definition| text(definition, "/name").eq_ignore_ascii_case(id));
            let permissions = definition.and_then(|row| row.pointer("/properties/permissions")?.as_array());
            permissions.into_iter().flatten().map(move |permission| (scope.clone(), permission.clone()))
        });
        Self { fixtures, grants: grants.collect() }
    }

    /// Whether some role allows the action at the scope.
    pub(super) fn allows(&self, action: &str, scope: &str) -> bool {
        self.at(scope).any(|permission| {
            let matches = |key: &str| patterns(permission, key).any(|pattern| glob(&pattern, action));
            matches("actions") && !matches("notActions")
        })
    }

    /// The permission objects that hold at the scope, as `permissions` lists them.
    pub(super) fn permissions(&self, scope: &str) -> Vec<Value> {
        let keys = ["actions", "notActions", "dataActions", "notDataActions"];
        let only = |permission: &Value| {
            let fields = keys.iter().map(|key| ((*key).to_owned(), permission.get(key).cloned().unwrap_or_default()));
            Value::Object(fields.collect::<Map<_, _>>())
        };
        self.at(scope).map(only).collect()
    }

    /// Whether the principal holds anything at, above or below the subscription, which is what makes it visible.
    pub(super) fn sees(&self, subscription: &str) -> bool {
        let related = |scope: &str| covers(self.fixtures, scope, subscription) || covers(self.fixtures, subscription, scope);
        self.grants.iter().any(|(scope, _)| related(scope))
    }

    fn at(&self, scope: &str) -> impl Iterator<Item = &Value> {
        let chain = above(self.fixtures, scope);
        let holds = move |held: &str| chain.iter().any(|scope| scope.eq_ignore_ascii_case(held));
        self.grants.iter().filter(move |(held, _)| holds(held)).map(|(_, permission)| permission)
    }
}

/// The principal and every group it is in, nested ones included.
pub(super) fn holders(fixtures: &Fixtures, principal: &str) -> BTreeSet<String> {
    let mut holders = directory::groups_of(fixtures, principal);
    holders.insert(principal.to_owned());
    holders
}

fn patterns(permission: &Value, key: &str) -> impl Iterator<Item = String> {
    let list = permission.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

/// Whether an action matches a pattern; `*` stands for any characters, slashes included; case does not matter.
fn glob(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else { return false };
    let Some(last) = pattern.split('*').skip(1).last() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    last.is_empty() || action.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_across_slashes_and_case_does_not_matter() {
        for (pattern, action, expected) in [
            ("*", "Microsoft.Security/pricings/read", true),
            ("*/read", "Microsoft.Security/pricings/READ", true),
            ("*/read", "Microsoft.Security/pricings/write", false),
            ("Microsoft.Security/*/read", "microsoft.security/assessments/subAssessments/read", true),
            ("Microsoft.Security/*/read", "Microsoft.Storage/storageAccounts/read", false),
            ("Microsoft.Web/sites/read", "Microsoft.Web/sites/read/more", false),
        ] {
            assert_eq!(glob(pattern, action), expected, "{pattern} {action}");
        }
    }
}
