//! The provider inside the test's own process, on a tenant of the test's making: no socket, no process, the same rules.

use azposture::{
    azure::{Client, settings::ScopeSetting},
    demo::Tenant,
    provider::{Azposture, context::Context, settings::Settings},
    sdk::{
        Diagnostics, Severity,
        catalogue::Catalogue,
        entry::{FunctionError, Provider, Tables},
        schema::Schema,
        server::{Answer, Object, Server, Wire},
    },
};
use serde_json::{Value as Json, json};

use super::cty;

/// A provider on a tenant.
pub(crate) struct Inside {
    server: Server<Aimed>,
}

/// The provider, perhaps with another scope than the provider block of the demo tenant may name, or with other pages of Resource Graph.
struct Aimed {
    provider: Azposture,
    scope: Option<ScopeSetting>,
    graph_rows: Option<u16>,
}

impl Provider for Aimed {
    const NAME: &'static str = Azposture::NAME;
    const ADDRESSES: &'static [&'static str] = Azposture::ADDRESSES;
    const VERSION: &'static str = Azposture::VERSION;
    type Settings = Settings;
    type Context = Context;
    const TABLES: Tables<Context> = Azposture::TABLES;

    fn check(&self, settings: &Settings, problems: &mut Diagnostics) {
        self.provider.check(settings, problems);
    }

    fn configure(&self, settings: Settings, version: &str, warnings: &mut Diagnostics) -> azposture::sdk::Result<Context> {
        let context = self.provider.configure(settings, version, warnings)?;
        let mut connection = context.client.settings().clone();
        if let Some(scope) = &self.scope {
            connection.scope = scope.clone();
        }
        if let Some(rows) = self.graph_rows {
            connection.limits.graph_rows = rows;
        }
        Ok(Context { client: Client::new(connection, context.client.transports().clone()), ..context })
    }
}

impl Inside {
    /// The provider block `{environment = "demo"}` on this tenant.
    pub(crate) async fn on(tenant: Tenant) -> Self {
        Self::configured(tenant, json!({"environment": "demo"})).await
    }

    /// The tenant as a whole, read through Resource Manager alone: for tests that spoil single requests.
    pub(crate) async fn by_arm(tenant: Tenant) -> Self {
        Self::configured(tenant, json!({"environment": "demo", "resource_graph": "never"})).await
    }

    /// A scope that the block of the demo tenant may not name, with this word for `resource_graph`.
    pub(crate) async fn aimed(tenant: Tenant, scope: ScopeSetting, resource_graph: &str) -> Self {
        Self::aimed_by(tenant, json!({"environment": "demo", "resource_graph": resource_graph}), scope).await
    }

    /// The same with any other arguments.
    pub(crate) async fn aimed_by(tenant: Tenant, block: Json, scope: ScopeSetting) -> Self {
        let (inside, problems) = Self::set_up(tenant, block, Some(scope), None).await;
        assert!(!problems.has_errors(), "{problems:?}");
        inside
    }

    /// Any provider block on this tenant; it has to be accepted.
    pub(crate) async fn configured(tenant: Tenant, block: Json) -> Self {
        let (inside, problems) = Self::configure(tenant, block).await;
        assert!(!problems.has_errors(), "{problems:?}");
        inside
    }

    /// Any provider block on this tenant, and what was said about it.
    pub(crate) async fn configure(tenant: Tenant, block: Json) -> (Self, Diagnostics) {
        Self::set_up(tenant, block, None, None).await
    }

    /// The whole tenant with pages of so many rows of Resource Graph, as if there were that many more.
    pub(crate) async fn paged(tenant: Tenant, resource_graph: &str, graph_rows: u16) -> Self {
        let block = json!({"environment": "demo", "resource_graph": resource_graph});
        let (inside, problems) = Self::set_up(tenant, block, None, Some(graph_rows)).await;
        assert!(!problems.has_errors(), "{problems:?}");
        inside
    }

    async fn set_up(tenant: Tenant, block: Json, scope: Option<ScopeSetting>, graph_rows: Option<u16>) -> (Self, Diagnostics) {
        let provider = Azposture::with_transport(std::sync::Arc::new(tenant));
        let server = Server::new(Aimed { provider, scope, graph_rows });
        let mut said = server.validate_provider(wire(&block, &server.catalogue().provider)).await;
        if !said.has_errors() {
            said.extend(server.configure("1.11.4", wire(&block, &server.catalogue().provider)).await);
        }
        (Self { server }, said)
    }

    /// Everything the provider serves.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        self.server.catalogue()
    }

    /// Validates and reads a data source, by its short name.
    pub(crate) async fn read(&self, name: &str, arguments: Json) -> Reading {
        let name = format!("azposture_{name}");
        let schema = &self.server.catalogue().data_sources[&name];
        let said = self.server.validate(Object::DataSource, &name, wire(&arguments, schema)).await;
        if said.has_errors() {
            return Reading { value: None, said };
        }
        reading(self.server.read_data_source(&name, wire(&arguments, schema)).await, schema)
    }

    /// Validates and opens an ephemeral validation, by its short name.
    pub(crate) async fn open(&self, name: &str, arguments: Json) -> Reading {
        let name = format!("azposture_{name}");
        let schema = &self.server.catalogue().ephemeral_resources[&name];
        let said = self.server.validate(Object::Ephemeral, &name, wire(&arguments, schema)).await;
        if said.has_errors() {
            return Reading { value: None, said };
        }
        reading(self.server.open_ephemeral(&name, wire(&arguments, schema)).await, schema)
    }

    /// Validates and plans the creation of a managed validation, by its short name.
    pub(crate) async fn plan(&self, name: &str, arguments: Json) -> Reading {
        let name = format!("azposture_{name}");
        let schema = &self.server.catalogue().resources[&name];
        let said = self.server.validate(Object::Resource, &name, wire(&arguments, schema)).await;
        if said.has_errors() {
            return Reading { value: None, said };
        }
        let config = wire(&arguments, schema);
        reading(self.server.plan(&name, Wire::default(), config.clone(), config).await, schema)
    }

    /// Calls a function with these arguments, each of the type its parameter has.
    pub(crate) async fn call(&self, name: &str, arguments: &[Json]) -> Result<Json, FunctionError> {
        let signature = &self.server.catalogue().functions[name];
        let wires = arguments.iter().zip(&signature.parameters).map(|(argument, parameter)| Wire {
            msgpack: cty::to_msgpack(argument, &parameter.ty().to_json()),
            json: Vec::new(),
        });
        let answer = self.server.call_function(name, wires.collect()).await?;
        Ok(cty::from_msgpack(&answer, &signature.result.to_json()).unwrap())
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The object, if there is one.
    pub(crate) value: Option<Json>,
    /// Errors and warnings.
    pub(crate) said: Diagnostics,
}

impl Reading {
    /// The object; an error fails the test.
    pub(crate) fn ok(self) -> Json {
        assert!(!self.said.has_errors(), "{:#?}", self.said);
        self.value.unwrap()
    }

    /// The summaries of errors.
    pub(crate) fn errors(&self) -> Vec<&str> {
        self.said.iter().filter(|one| one.severity == Severity::Error).map(|one| one.summary.as_str()).collect()
    }

    /// The summaries of warnings.
    pub(crate) fn warnings(&self) -> Vec<&str> {
        self.said.iter().filter(|one| one.severity == Severity::Warning).map(|one| one.summary.as_str()).collect()
    }

    /// The detail of the first diagnostic.
    pub(crate) fn detail(&self) -> &str {
        self.said.iter().next().map(|one| one.detail.as_str()).unwrap_or_default()
    }

    /// The gaps as `subject reason scope`.
    pub(crate) fn gaps(&self) -> Vec<String> {
        let rows = self.value.as_ref().and_then(|value| value["unreadable"].as_array()).cloned().unwrap_or_default();
        let text = |row: &Json, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        rows.iter().map(|row| format!("{} {} {}", text(row, "subject"), text(row, "reason"), text(row, "scope"))).collect()
    }
}

fn reading(answer: Answer, schema: &Schema) -> Reading {
    let ty = schema.implied_type().to_json();
    let value = answer.value.map(|bytes| cty::from_msgpack(&bytes, &ty).expect("core would refuse this"));
    Reading { value, said: answer.diagnostics }
}

fn wire(arguments: &Json, schema: &Schema) -> Wire {
    Wire { msgpack: cty::to_msgpack(arguments, &schema.implied_type().to_json()), json: Vec::new() }
}
