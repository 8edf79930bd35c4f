//! The provider inside the test's own process, on a tenant of the test's making: no socket, no process, the same rules.

use azposture::{
    demo::Tenant,
    provider::Azposture,
    sdk::{
        Diagnostics, Severity,
        entry::FunctionError,
        schema::Schema,
        server::{Answer, Object, Server, Wire},
    },
};
use serde_json::{Value as Json, json};

use super::cty;

/// A provider on a tenant.
pub(crate) struct Inside {
    server: Server<Azposture>,
}

impl Inside {
    /// The provider block `{environment = "demo"}` on this tenant.
    pub(crate) async fn on(tenant: Tenant) -> Self {
        Self::configured(tenant, json!({"environment": "demo"})).await
    }

    /// Any provider block on this tenant; it has to be accepted.
    pub(crate) async fn configured(tenant: Tenant, block: Json) -> Self {
        let (inside, problems) = Self::configure(tenant, block).await;
        assert!(!problems.has_errors(), "{problems:?}");
        inside
    }

    /// Any provider block on this tenant, and what was said about it.
    pub(crate) async fn configure(tenant: Tenant, block: Json) -> (Self, Diagnostics) {
        let server = Server::new(Azposture::with_transport(std::sync::Arc::new(tenant)));
        let mut said = server.validate_provider(wire(&block, &server.catalogue().provider)).await;
        if !said.has_errors() {
            said.extend(server.configure("1.11.4", wire(&block, &server.catalogue().provider)).await);
        }
        (Self { server }, said)
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
