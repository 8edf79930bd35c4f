//! What role definitions tell of an operation: of which side it is, management or data, and whether there is one of that name at all.
//! A wildcard tells nothing: `*/read` matches the operations of both sides, and those that do not exist.

use std::collections::{BTreeMap, BTreeSet};

use super::{Permission, Role, permission::matches};

/// The two kinds of operations. The same name can stand on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Operations on resources, which Resource Manager performs.
    Control,
    /// Operations on what is in them.
    Data,
}

/// What is known about an operation, or a pattern of operations, where it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A role definition names it on that side.
    Named,
    /// Role definitions name it on the other side only; one of them.
    Elsewhere(String),
    /// None names it there, so nothing tells what a wildcard allows of it.
    Unnamed,
}

/// The operations that role definitions name, on each side, each with one of the roles.
#[derive(Clone, Debug, Default)]
pub struct Operations {
    control: BTreeMap<String, String>,
    data: BTreeMap<String, String>,
    namespaces: BTreeMap<String, String>,
    /// Whether these are the names of all definitions there are.
    whole: bool,
}

/// How well an operation is named, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Naming {
    /// By a wildcard at most that names no resource provider, as `*/read` does.
    Nothing,
    /// By a wildcard behind the resource provider, as in `Microsoft.Storage/*`.
    Namespace,
    /// By a wildcard behind a resource type, as in `Microsoft.Web/sites/*`.
    Type,
    /// As it stands.
    Full,
}

impl Operations {
    /// What these role definitions name, in what they leave out as well. `whole` is whether there are no others.
    pub fn of<'a>(roles: impl Iterator<Item = &'a Role>, whole: bool) -> Self {
        let mut found = Self { whole, ..Self::default() };
        for role in roles {
            for Permission { actions, not_actions, data_actions, not_data_actions, .. } in &role.permissions {
                for pattern in actions.iter().chain(not_actions) {
                    found.add(Side::Control, pattern, &role.name);
                }
                for pattern in data_actions.iter().chain(not_data_actions) {
                    found.add(Side::Data, pattern, &role.name);
                }
            }
        }
        found
    }

    fn add(&mut self, side: Side, pattern: &str, role: &str) {
        if let Some(namespace) = namespace(pattern) {
            self.namespaces.entry(namespace.to_lowercase()).or_insert_with(|| namespace.to_owned());
        }
        let named = match side {
            Side::Control => &mut self.control,
            Side::Data => &mut self.data,
        };
        named.entry(pattern.to_lowercase()).or_insert_with(|| role.to_owned());
    }

    /// The resource providers that are named, as one of the definitions spells each.
    pub fn namespaces(&self) -> BTreeSet<String> {
        self.namespaces.values().cloned().collect()
    }

    /// The resource provider of an operation, if it is written out and no definition names it.
    pub fn strange_namespace<'o>(&self, operation: &'o str) -> Option<&'o str> {
        namespace(operation).filter(|namespace| !self.namespaces.contains_key(&namespace.to_lowercase()))
    }

    /// What is known about an operation, or a pattern, that is asked for on a side.
    pub fn standing(&self, side: Side, operation: &str) -> Standing {
        let operation = operation.to_lowercase();
        let (own, other) = self.sides(side);
        if let Some((start, end)) = operation.split_once('*') {
            return self.pattern(side, start, end);
        }
        let ((own, _), (other, role)) = (naming(own, &operation), naming(other, &operation));
        let of_a_resource = self.resource(&operation);
        match (own, other, of_a_resource) {
            (Naming::Full, ..) => Standing::Named,
            (_, Naming::Full, _) => Standing::Elsewhere(role),
            (_, _, Some(_)) if side == Side::Control => Standing::Named,
            // A definition that was not read may name it on this side.
            _ if !self.whole => Standing::Unnamed,
            (Naming::Nothing, _, Some(role)) => Standing::Elsewhere(role),
            (Naming::Nothing, Naming::Type, None) => Standing::Elsewhere(role),
            // A wildcard behind the type covers the misspelt, too.
            _ => Standing::Unnamed,
        }
    }

    /// What is known about a pattern: `start`, a wildcard, and `end`. Whoever asks for all there is below a name, or for the verb that
    /// every resource type has, can only have misspelt the name; what else is written out has to be in an operation that some role
    /// spells out, because a wildcard of a role covers the misspelt, too.
    fn pattern(&self, side: Side, start: &str, end: &str) -> Standing {
        const OF_ALL: &[&str] = &["", "/read", "/write", "/delete", "/action"];
        let whole = format!("{start}*{end}");
        let is_named = |pattern: &str| match OF_ALL.contains(&end) {
            true => pattern.split('*').next().is_some_and(|written| written.starts_with(start)),
            false => !pattern.contains('*') && matches(&whole, pattern),
        };
        let names =
            |side: &BTreeMap<String, String>| side.iter().find(|(known, _)| is_named(known)).map(|(_, role)| role.clone());
        let (own, other) = self.sides(side);
        match (names(own), names(other)) {
            (Some(_), _) => Standing::Named,
            // A definition that was not read may name one of them on this side.
            _ if !self.whole => Standing::Unnamed,
            // A resource provider need not have operations on both sides for somebody to ask for all that it has on one.
            (None, Some(role)) if !OF_ALL.contains(&end) || written(&whole) > 1 => Standing::Elsewhere(role),
            _ => Standing::Unnamed,
        }
    }

    /// What is named on a side, and what on the other.
    fn sides(&self, side: Side) -> (&BTreeMap<String, String>, &BTreeMap<String, String>) {
        match side {
            Side::Control => (&self.control, &self.data),
            Side::Data => (&self.data, &self.control),
        }
    }

    /// A role that names operations of the resource type below or at which this one reads, writes or deletes. A type that is managed
    /// has these three, whether or not a role names them.
    fn resource(&self, operation: &str) -> Option<String> {
        let (ty, verb) = operation.rsplit_once('/')?;
        let of_resources = ["read", "write", "delete"].contains(&verb) && !ty.contains('*') && ty.contains('/');
        let below = format!("{ty}/");
        let mut named = self.control.range(below.clone()..).take_while(|(pattern, _)| pattern.starts_with(&below));
        named.next().filter(|_| of_resources).map(|(_, role)| role.clone())
    }
}

/// How well an operation is named, and by which role.
fn naming(named: &BTreeMap<String, String>, operation: &str) -> (Naming, String) {
    if let Some(role) = named.get(operation) {
        return (Naming::Full, role.clone());
    }
    let how = |pattern: &str| match (matches(pattern, operation), written(pattern)) {
        (true, 1) => Some(Naming::Namespace),
        (true, 2..) => Some(Naming::Type),
        _ => None,
    };
    let all = named.iter().filter_map(|(pattern, role)| Some((how(pattern)?, role)));
    let best = all.max_by_key(|(naming, _)| *naming);
    best.map_or_else(|| (Naming::Nothing, String::new()), |(naming, role)| (naming, role.clone()))
}

/// How many segments of a pattern are written out before its first wildcard.
fn written(pattern: &str) -> usize {
    pattern.split('*').next().unwrap_or_default().matches('/').count()
}

/// The resource provider of an operation; none if it is a wildcard.
fn namespace(operation: &str) -> Option<&str> {
    let (namespace, _) = operation.split_once('/')?;
    (!namespace.contains('*') && !namespace.is_empty()).then_some(namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operations() -> Operations {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let role = |name: &str, actions: &[&str], data_actions: &[&str]| Role {
            name: name.to_owned(),
            permissions: vec![Permission { actions: texts(actions), data_actions: texts(data_actions), ..Permission::default() }],
            ..Role::default()
        };
        let roles = [
            role("Owner", &["*"], &[]),
            role("Reader", &["*/read"], &[]),
            role("Blobs", &["Microsoft.Storage/storageAccounts/blobServices/containers/read"], &[BLOB]),
            role("Queues", &[], &["Microsoft.Storage/storageAccounts/queueServices/queues/messages/*"]),
            role("Storage", &["Microsoft.Storage/*"], &[]),
            role("Web", &["Microsoft.Web/sites/*", "Microsoft.Web/serverFarms/join/action"], &[]),
            role("Operator", &["Microsoft.Web/sites/restart/action"], &[]),
            Role {
                permissions: vec![Permission {
                    actions: texts(&["*"]),
                    not_actions: texts(&["Microsoft.Web/sites/slots/restart/action"]),
                    ..Permission::default()
                }],
                ..Role::default()
            },
            role("Vaults", &["Microsoft.KeyVault/vaults/*/read"], &["Microsoft.KeyVault/vaults/*"]),
            role("Misspelt", &["*/listKeyz/action", "Microsoft.Storage/*/listKeyz/action"], &[]),
            role("Keys", &["Microsoft.Storage/storageAccounts/listKeys/action"], &[]),
            role("Both", &["Microsoft.KeyVault/vaults/keys/read"], &["Microsoft.KeyVault/vaults/keys/read"]),
        ];
        Operations::of(roles.iter(), true)
    }

    const BLOB: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";

    #[test]
    fn role_definitions_tell_of_which_side_an_operation_is() {
        use Side::{Control, Data};
        let elsewhere = |role: &str| Standing::Elsewhere(role.to_owned());
        for (side, operation, expected) in [
            (Control, BLOB, elsewhere("Blobs")),
            (Control, &BLOB.to_uppercase(), elsewhere("Blobs")),
            (Data, BLOB, Standing::Named),
            (Control, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*", elsewhere("Blobs")),
            (Control, "Microsoft.Storage/storageAccounts/blobServices/containers/read", Standing::Named),
            (Data, "Microsoft.Storage/storageAccounts/blobServices/containers/read", elsewhere("Blobs")),
            // A type that is managed is read, written and deleted; what else is done to it nobody says.
            (Control, "Microsoft.Storage/storageAccounts/read", Standing::Named),
            (Control, "microsoft.storage/STORAGEACCOUNTS/write", Standing::Named),
            (Data, "Microsoft.Storage/storageAccounts/read", elsewhere("Blobs")),
            (Control, "Microsoft.Storage/storageAccounts/listKeys/action", Standing::Named),
            (Control, "Microsoft.Storage/storageAccounts/listKeyz/action", Standing::Unnamed),
            (Control, "Microsoft.Storage/storageAcounts/read", Standing::Unnamed),
            (Control, "Microsoft.Storage/storageAccounts/queueServices/queues/messages/read", Standing::Unnamed),
            (Control, "Microsoft.Web/sites/restart/action", Standing::Named),
            (Control, "Microsoft.Web/sites/restrat/action", Standing::Unnamed),
            (Control, "Microsoft.Web/sites/config/list/action", Standing::Unnamed),
            (Control, "Microsoft.Web/sites/slots/restart/action", Standing::Named),
            (Control, "Microsoft.Web/sites/write", Standing::Named),
            (Data, "Microsoft.Web/sites/restart/action", elsewhere("Operator")),
            (Data, "Microsoft.Web/sites/restrat/action", elsewhere("Web")),
            (Control, "Microsoft.Web/serverFarms/delete", Standing::Named),
            (Control, "Microsoft.Web/serverFarms/restart/action", Standing::Unnamed),
            // A pattern is named by an operation it stands for, and by no pattern of a role, not even the same.
            (Control, "*/listKeys/action", Standing::Named),
            (Control, "Microsoft.Storage/*/listKeys/action", Standing::Named),
            (Data, "Microsoft.Storage/*/listKeys/action", elsewhere("Keys")),
            (Control, "*/listKeyz/action", Standing::Unnamed),
            (Control, "Microsoft.Storage/*/listKeyz/action", Standing::Unnamed),
            (Control, "Microsoft.*/storageAcounts/*", Standing::Unnamed),
            (Control, "Microsoft.Storage/storageAcounts/*", Standing::Unnamed),
            (Control, "Microsoft.Storage/storageAcounts/*/read", Standing::Unnamed),
            (Control, "Microsoft.Stroage/*/read", Standing::Unnamed),
            (Control, "Microsoft.Stroage/*", Standing::Unnamed),
            (Control, "Microsoft.Storage/*/blobs/read", elsewhere("Blobs")),
            (Control, "Microsoft.Web/*/read", Standing::Named),
            (Control, "Microsoft.Web/*/raed", Standing::Unnamed),
            (Data, "Microsoft.Web/*/read", Standing::Unnamed),
            (Control, "Microsoft.Web/*", Standing::Named),
            (Control, "Microsoft.Web/sites/*", Standing::Named),
            (Control, "Microsoft.KeyVault/vaults/read", Standing::Named),
            (Control, "Microsoft.KeyVault/vaults/secrets/getSecret/action", elsewhere("Vaults")),
            (Data, "Microsoft.KeyVault/vaults/secrets/getSecret/action", Standing::Unnamed),
            (Control, "Microsoft.KeyVault/vaults/secrets/read", Standing::Unnamed),
            (Control, "Microsoft.KeyVault/vaults/keys/read", Standing::Named),
            (Data, "Microsoft.KeyVault/vaults/keys/read", Standing::Named),
            (Control, "Microsoft.KeyVault/*", Standing::Named),
            (Control, "Contoso.Parts/bolts/read", Standing::Unnamed),
            (Data, "Contoso.Parts/bolts/read", Standing::Unnamed),
            (Control, "*/read", Standing::Named),
            (Control, "*", Standing::Named),
            (Control, "Microsoft.*/read", Standing::Named),
        ] {
            assert_eq!(operations().standing(side, operation), expected, "{side:?} {operation}");
        }
    }

    #[test]
    fn what_was_not_read_may_name_an_operation_on_the_side_where_the_rest_does_not() {
        let part = Operations { whole: false, ..operations() };
        for (side, operation, expected) in [
            (Side::Control, BLOB, Standing::Elsewhere("Blobs".to_owned())),
            (Side::Data, BLOB, Standing::Named),
            (Side::Data, "Microsoft.Storage/storageAccounts/read", Standing::Unnamed),
            (Side::Data, "Microsoft.Web/sites/restrat/action", Standing::Unnamed),
            (Side::Control, "Microsoft.KeyVault/vaults/secrets/getSecret/action", Standing::Unnamed),
            (Side::Control, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*", Standing::Unnamed),
        ] {
            assert_eq!(part.standing(side, operation), expected, "{side:?} {operation}");
        }
    }

    #[test]
    fn a_resource_provider_that_no_definition_names_is_strange() {
        let known = operations();
        assert_eq!(known.strange_namespace("Microsoft.Stroage/storageAccounts/read"), Some("Microsoft.Stroage"));
        for operation in ["microsoft.STORAGE/x/read", "*/read", "Microsoft.*/read", "*"] {
            assert_eq!(known.strange_namespace(operation), None, "{operation}");
        }
        assert_eq!(
            known.namespaces().into_iter().collect::<Vec<_>>(),
            ["Microsoft.KeyVault", "Microsoft.Storage", "Microsoft.Web"]
        );
    }
}
