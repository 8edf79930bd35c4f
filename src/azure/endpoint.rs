//! What a service offers to be read: each list and object with its name, its place, its version and the right it takes, declared once,
//! beside its wire model.

use crate::azure::{
    arm::{self, typed},
    call::{Audience, Call},
    microsoft_graph,
};

/// All of them: those of each module, and the types of resources.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    let modules = arm::ENDPOINTS.iter().chain(microsoft_graph::ENDPOINTS);
    modules.copied().flatten().chain(typed::types().map(|one| &one.endpoint))
}

/// One list or object of a service.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// The service.
    pub audience: Audience,
    /// What reading it is called in an error: it completes "Could not …".
    pub reading: &'static str,
    /// Where it stands: of Resource Manager what follows the scope, of Microsoft Graph what follows the version. `{id}` stands for an id
    /// or a name, `{parent}` for that of what it stands within.
    pub tail: &'static str,
    /// The version of the API; empty for Microsoft Graph.
    pub version: &'static str,
    /// The right it takes. Of Resource Manager the actions, all of them; of Microsoft Graph the permissions any one of which suffices,
    /// the least first. Empty if a token suffices.
    pub needs: &'static [&'static str],
    never_empty: bool,
    /// How many rows a page may have, where the service sends few unless asked for more.
    rows: &'static str,
}

impl Endpoint {
    /// A read of Resource Manager.
    pub const fn arm(reading: &'static str, tail: &'static str, version: &'static str, needs: &'static [&'static str]) -> Self {
        Self { audience: Audience::ResourceManager, reading, tail, version, needs, never_empty: false, rows: "" }
    }

    /// A read of Microsoft Graph.
    pub const fn graph(reading: &'static str, tail: &'static str, needs: &'static [&'static str]) -> Self {
        Self { audience: Audience::Graph, reading, tail, version: "", needs, never_empty: false, rows: "" }
    }

    /// Declares that Azure always has a row for this list: an answer without any says nothing, and is an error.
    pub const fn never_empty(mut self) -> Self {
        self.never_empty = true;
        self
    }

    /// Whether Azure always has a row for it.
    pub const fn is_never_empty(&self) -> bool {
        self.never_empty
    }

    /// Asks for pages of as many rows.
    pub const fn in_pages_of(mut self, rows: &'static str) -> Self {
        self.rows = rows;
        self
    }

    /// The same in another version of the API.
    pub const fn in_version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// The read at a scope; an empty one, or `/`, is the tenant.
    pub fn at(&self, scope: &str) -> Call {
        self.called(scope, "")
    }

    /// The read of what has this id, in the tenant.
    pub fn of(&self, id: &str) -> Call {
        self.called("", id)
    }

    /// The read of what has this id, at a scope.
    pub fn of_at(&self, id: &str, scope: &str) -> Call {
        self.called(scope, id)
    }

    /// The read of what has this id within what has the id `parent`, at a scope.
    pub fn of_within(&self, id: &str, parent: &str, scope: &str) -> Call {
        self.called_by(&self.tail.replace("{parent}", parent), scope, id)
    }

    fn called(&self, scope: &str, id: &str) -> Call {
        self.called_by(self.tail, scope, id)
    }

    fn called_by(&self, tail: &str, scope: &str, id: &str) -> Call {
        let tail = tail.replace("{id}", id);
        let call = match self.audience {
            Audience::Graph => Call::graph(self.reading, format!("/{tail}")),
            Audience::ResourceManager if tail.is_empty() => Call::arm(self.reading, scope, self.version),
            Audience::ResourceManager => Call::arm(self.reading, format!("{}/{tail}", scope.trim_end_matches('/')), self.version),
        };
        let call = call.needing(self.needs);
        let call = if self.rows.is_empty() { call } else { call.with("$top", self.rows) };
        if self.never_empty { call.never_empty() } else { call }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_stands_at_its_scope_and_names_its_object() {
        let path = |call: Call| call.path;
        let roles = Endpoint::arm("read", "providers/Microsoft.Authorization/roleDefinitions/{id}", "1", &[]);
        assert_eq!(
            path(roles.of_at("r", "/subscriptions/s")),
            "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/r"
        );
        assert_eq!(path(roles.of_at("r", "/")), "/providers/Microsoft.Authorization/roleDefinitions/r");
        let lines = Endpoint::arm("read", "books/{parent}/pages/{id}/lines", "1", &[]);
        assert_eq!(path(lines.of_within("7", "b", "/subscriptions/s")), "/subscriptions/s/books/b/pages/7/lines");
        assert_eq!(path(Endpoint::arm("read", "", "1", &[]).at("/subscriptions/s")), "/subscriptions/s");
        assert_eq!(path(Endpoint::graph("read", "applications(appId='{id}')", &[]).of("a")), "/v1.0/applications(appId='a')");
        assert_eq!(path(Endpoint::graph("read", "users", &[]).at("")), "/v1.0/users");
    }

    #[test]
    fn a_list_that_is_never_empty_says_so_of_each_read() {
        let list = Endpoint::arm("list", "x", "1", &["A/b/read"]).never_empty();
        let call = list.at("/subscriptions/s");
        assert_eq!((call.never_empty, call.needs), (true, &["A/b/read"][..]));
        assert_eq!(list.in_version("2").at("").query, [("api-version", "2".to_owned())]);
    }
}
