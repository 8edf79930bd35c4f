//! One read as it is asked for: which service, which path, which words to use for it in an error. Nothing is sent here.

use azure_core::{Bytes, http::Method};
use url::{Url, form_urlencoded::byte_serialize};

use crate::azure::{Cloud, Error, Failure, Kind, Result, send::guard};

/// The service a token is for. Each has its own pipeline, and its token goes nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Microsoft Graph.
    Graph,
    /// Azure Resource Manager, Azure Resource Graph included.
    ResourceManager,
}

impl Audience {
    /// Scheme, host and port of the service in this cloud.
    pub fn origin(self, cloud: &Cloud) -> &Url {
        match self {
            Self::Graph => &cloud.graph,
            Self::ResourceManager => &cloud.resource_manager,
        }
    }

    /// The scope a token is asked for: `<audience>/.default`.
    pub fn token_scope(self, cloud: &Cloud) -> String {
        let audience = match self {
            Self::Graph => &cloud.graph_audience,
            Self::ResourceManager => &cloud.resource_manager_audience,
        };
        format!("{audience}/.default")
    }
}

/// One read: made by an [`Endpoint`](crate::azure::Endpoint), [`Call::arm`], [`Call::graph`] or [`Call::arm_query`], refined by [`Call::with`] and [`Call::header`].
#[derive(Clone, Debug)]
pub struct Call {
    pub(super) audience: Audience,
    pub(super) reading: &'static str,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) body: Option<Bytes>,
    pub(super) never_empty: bool,
    pub(super) needs: &'static [&'static str],
}

impl Call {
    /// A GET from Resource Manager. `reading` completes "Could not …", for example `list Defender assessments`; `path` starts
    /// with `/` and holds no query.
    pub fn arm(reading: &'static str, path: impl Into<String>, api_version: &str) -> Self {
        Self::new(Audience::ResourceManager, reading, Method::Get, path.into()).with("api-version", api_version)
    }

    /// A POST to Resource Manager that only reads; the guard knows the few that exist.
    pub fn arm_query(reading: &'static str, path: impl Into<String>, api_version: &str) -> Self {
        Self::new(Audience::ResourceManager, reading, Method::Post, path.into()).with("api-version", api_version)
    }

    /// A GET from Microsoft Graph v1.0; `path` is what follows the version, for example `/users`.
    pub fn graph(reading: &'static str, path: impl AsRef<str>) -> Self {
        Self::new(Audience::Graph, reading, Method::Get, format!("/v1.0{}", path.as_ref()))
    }

    /// Adds a query parameter, `$filter` for example; the value is encoded, the key is sent as it stands.
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    /// Adds a request header; the guard lets only a few through.
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Declares that Azure always has a row for this list: an answer without any says nothing, and is an error.
    pub fn never_empty(mut self) -> Self {
        self.never_empty = true;
        self
    }

    /// The right it takes, for what to say if it is refused.
    pub(super) fn needing(mut self, needs: &'static [&'static str]) -> Self {
        self.needs = needs;
        self
    }

    pub(super) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// What is read, for the object of an error: the path, with the host where the path alone would not say which service.
    pub(super) fn object(&self) -> String {
        match self.audience {
            Audience::Graph => format!("Microsoft Graph {}", self.path),
            Audience::ResourceManager if self.path.ends_with(guard::RESOURCE_GRAPH) => "Azure Resource Graph".to_owned(),
            Audience::ResourceManager => self.path.clone(),
        }
    }

    pub(super) fn error(&self, kind: Kind) -> Error {
        Error::new(kind, self.reading, self.object())
    }

    /// The address of the first request. The raw path is checked before `Url` gets to normalize it.
    pub(super) fn url(&self, cloud: &Cloud) -> Result<Url> {
        let refused = |why| self.error(Kind::RefusedByGuard).said(Failure::BadPath, why).advise(guard::OUR_BUG);
        guard::segments(&self.path).map_err(refused)?;
        let mut url = self.audience.origin(cloud).clone();
        url.set_path(&self.path);
        let query: Vec<String> = self.query.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
        url.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
        Ok(url)
    }

    fn new(audience: Audience, reading: &'static str, method: Method, path: String) -> Self {
        Self {
            audience,
            reading,
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            never_empty: false,
            needs: &[],
        }
    }
}

/// Percent-encodes a query value. Not every service takes `+` for a blank.
fn encode(value: &str) -> String {
    byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud() -> Cloud {
        let url = |host: &str| Url::parse(&format!("https://{host}")).unwrap();
        Cloud {
            name: "public".to_owned(),
            authority: url("login.microsoftonline.com"),
            resource_manager: url("management.azure.com"),
            graph: url("graph.microsoft.com"),
            resource_manager_audience: "https://management.azure.com".to_owned(),
            graph_audience: "https://graph.microsoft.com".to_owned(),
        }
    }

    #[test]
    fn a_filter_is_encoded_without_plus_signs() {
        let call = Call::graph("list users", "/users").with("$filter", "userType eq 'Guest' and a eq '1+1&b'");
        let url = call.url(&cloud()).unwrap();
        assert_eq!(
            url.as_str(),
            "https://graph.microsoft.com/v1.0/users?$filter=userType%20eq%20%27Guest%27%20and%20a%20eq%20%271%2B1%26b%27"
        );
    }

    #[test]
    fn a_path_that_climbs_is_refused_before_it_is_normalized() {
        for path in ["/subscriptions/../tenants", "/subscriptions/%2e%2E/tenants", "/subscriptions//x", "/tenants/"] {
            let error = Call::arm("read", path, "2022-12-01").url(&cloud()).unwrap_err();
            assert_eq!((error.kind(), error.failure()), (Kind::RefusedByGuard, Some(Failure::BadPath)), "{path}");
        }
    }
}
