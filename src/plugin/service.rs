//! The provider protocol, RPC by RPC: decode, ask `sdk`, encode. Every answer is OK with diagnostics, because Terraform shows any
//! other status as "Plugin error"; what is not here (identity, lists, actions, state stores) answers UNIMPLEMENTED.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{
    connection::Seat,
    convert::{diagnostics, function_error, functions, metadata, schemas, value, wire},
    panic::guarded,
    wire::tfplugin6::{self as pb, provider_server},
};
use crate::sdk::{
    Diagnostics,
    entry::{FunctionError, Provider},
    server::{Answer, Object, Server},
};

/// Answers hosts on behalf of a server.
pub(super) struct Service<P: Provider> {
    /// The server.
    pub server: Arc<Server<P>>,
    /// Whether each connection is configured by itself. A process without a host of its own serves one connection for every provider
    /// block of a configuration, and for every run that attaches; the one host of another process may connect again after a while.
    pub apart: bool,
}

type Reply<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl<P: Provider> provider_server::Provider for Service<P> {
    async fn get_metadata(&self, _: Request<pb::get_metadata::Request>) -> Reply<pb::get_metadata::Response> {
        let answer = guarded("GetMetadata", async { Ok(metadata(self.server.catalogue())) }).await;
        reply(answer.unwrap_or_else(|all| pb::get_metadata::Response { diagnostics: diagnostics(all), ..Default::default() }))
    }

    async fn get_provider_schema(
        &self,
        _: Request<pb::get_provider_schema::Request>,
    ) -> Reply<pb::get_provider_schema::Response> {
        let answer = guarded("GetProviderSchema", async { Ok(schemas(self.server.catalogue())) }).await;
        reply(
            answer
                .unwrap_or_else(|all| pb::get_provider_schema::Response { diagnostics: diagnostics(all), ..Default::default() }),
        )
    }

    async fn get_functions(&self, _: Request<pb::get_functions::Request>) -> Reply<pb::get_functions::Response> {
        let (functions, all) = match guarded("GetFunctions", async { Ok(functions(self.server.catalogue())) }).await {
            Ok(functions) => (functions, Diagnostics::new()),
            Err(all) => (Default::default(), all),
        };
        reply(pb::get_functions::Response { functions, diagnostics: diagnostics(all) })
    }

    async fn validate_provider_config(
        &self,
        request: Request<pb::validate_provider_config::Request>,
    ) -> Reply<pb::validate_provider_config::Response> {
        let server = self.of(&request);
        let work = server.validate_provider(wire(request.into_inner().config));
        let all = guarded("ValidateProviderConfig", work).await;
        reply(pb::validate_provider_config::Response { diagnostics: diagnostics(all) })
    }

    async fn configure_provider(
        &self,
        request: Request<pb::configure_provider::Request>,
    ) -> Reply<pb::configure_provider::Response> {
        let (server, request) = (self.of(&request), request.into_inner());
        let work = server.configure(&request.terraform_version, wire(request.config));
        let all = guarded("ConfigureProvider", work).await;
        reply(pb::configure_provider::Response { diagnostics: diagnostics(all) })
    }

    /// Not the end of the process: the user interrupted, and what runs is to come back early.
    async fn stop_provider(&self, request: Request<pb::stop_provider::Request>) -> Reply<pb::stop_provider::Response> {
        tracing::debug!("the host said StopProvider");
        self.of(&request).stop();
        reply(pb::stop_provider::Response::default())
    }

    async fn validate_resource_config(
        &self,
        request: Request<pb::validate_resource_config::Request>,
    ) -> Reply<pb::validate_resource_config::Response> {
        let (server, request) = (self.of(&request), request.into_inner());
        let all = validate(&server, "ValidateResourceConfig", Object::Resource, &request.type_name, request.config).await;
        reply(pb::validate_resource_config::Response { diagnostics: diagnostics(all) })
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<pb::upgrade_resource_state::Request>,
    ) -> Reply<pb::upgrade_resource_state::Response> {
        let (server, request) = (self.of(&request), request.into_inner());
        let raw = request.raw_state.unwrap_or_default();
        let work = server.upgrade_state(&request.type_name, request.version, &raw.json, !raw.flatmap.is_empty());
        let answer = guarded("UpgradeResourceState", work).await;
        let diagnostics = diagnostics(answer.diagnostics);
        reply(pb::upgrade_resource_state::Response { upgraded_state: value(answer.value), diagnostics })
    }

    async fn read_resource(&self, request: Request<pb::read_resource::Request>) -> Reply<pb::read_resource::Response> {
        let (server, request) = (self.of(&request), request.into_inner());
        let work = server.read_resource(&request.type_name, wire(request.current_state));
        let Answer { value: state, diagnostics: all } = guarded("ReadResource", work).await;
        let (new_state, diagnostics) = (value(state), diagnostics(all));
        reply(pb::read_resource::Response { new_state, diagnostics, private: request.private, deferred: None })
    }

    async fn plan_resource_change(
        &self,
        request: Request<pb::plan_resource_change::Request>,
    ) -> Reply<pb::plan_resource_change::Response> {
        let (server, request) = (self.of(&request), request.into_inner());
        let (prior, proposed) = (wire(request.prior_state), wire(request.proposed_new_state));
        let work = server.plan(&request.type_name, prior, proposed, wire(request.config));
        let Answer { value: state, diagnostics: all } = guarded("PlanResourceChange", work).await;
        let (planned_state, planned_private, diagnostics) = (value(state), request.prior_private, diagnostics(all));
        reply(pb::plan_resource_change::Response { planned_state, planned_private, diagnostics, ..Default::default() })
    }

    async fn apply_resource_change(
        &self,
        request: Request<pb::apply_resource_change::Request>,
    ) -> Reply<pb::apply_resource_change::Response> {
        let (server, request) = (self.of(&request), request.into_inner());
        let work = server.apply(&request.type_name, wire(request.prior_state), wire(request.planned_state));
        let Answer { value: state, diagnostics: all } = guarded("ApplyResourceChange", work).await;
        let (new_state, private, diagnostics) = (value(state), request.planned_private, diagnostics(all));
        reply(pb::apply_resource_change::Response { new_state, private, diagnostics, legacy_type_system: false })
    }

    async fn import_resource_state(
        &self,
        request: Request<pb::import_resource_state::Request>,
    ) -> Reply<pb::import_resource_state::Response> {
        let (server, request) = (self.of(&request), request.into_inner());
        let all = guarded("ImportResourceState", server.import(&request.type_name, &request.id)).await;
        reply(pb::import_resource_state::Response { diagnostics: diagnostics(all), ..Default::default() })
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<pb::validate_data_resource_config::Request>,
    ) -> Reply<pb::validate_data_resource_config::Response> {
        let (server, request) = (self.of(&request), request.into_inner());
        let all = validate(&server, "ValidateDataResourceConfig", Object::DataSource, &request.type_name, request.config).await;
        reply(pb::validate_data_resource_config::Response { diagnostics: diagnostics(all) })
    }

    async fn read_data_source(&self, request: Request<pb::read_data_source::Request>) -> Reply<pb::read_data_source::Response> {
        let (server, request) = (self.of(&request), request.into_inner());
        let work = server.read_data_source(&request.type_name, wire(request.config));
        let Answer { value: state, diagnostics: all } = guarded("ReadDataSource", work).await;
        reply(pb::read_data_source::Response { state: value(state), diagnostics: diagnostics(all), deferred: None })
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<pb::validate_ephemeral_resource_config::Request>,
    ) -> Reply<pb::validate_ephemeral_resource_config::Response> {
        let (server, request) = (self.of(&request), request.into_inner());
        let all =
            validate(&server, "ValidateEphemeralResourceConfig", Object::Ephemeral, &request.type_name, request.config).await;
        reply(pb::validate_ephemeral_resource_config::Response { diagnostics: diagnostics(all) })
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<pb::open_ephemeral_resource::Request>,
    ) -> Reply<pb::open_ephemeral_resource::Response> {
        let (server, request) = (self.of(&request), request.into_inner());
        let work = server.open_ephemeral(&request.type_name, wire(request.config));
        let Answer { value: result, diagnostics: all } = guarded("OpenEphemeralResource", work).await;
        let (result, diagnostics) = (value(result), diagnostics(all));
        reply(pb::open_ephemeral_resource::Response { result, diagnostics, ..Default::default() })
    }

    /// Never asked for, since nothing that is opened expires.
    async fn renew_ephemeral_resource(
        &self,
        request: Request<pb::renew_ephemeral_resource::Request>,
    ) -> Reply<pb::renew_ephemeral_resource::Response> {
        let private = request.into_inner().private;
        reply(pb::renew_ephemeral_resource::Response { private, ..Default::default() })
    }

    /// Nothing is held open.
    async fn close_ephemeral_resource(
        &self,
        _: Request<pb::close_ephemeral_resource::Request>,
    ) -> Reply<pb::close_ephemeral_resource::Response> {
        reply(pb::close_ephemeral_resource::Response::default())
    }

    async fn call_function(&self, request: Request<pb::call_function::Request>) -> Reply<pb::call_function::Response> {
        let (server, request) = (self.of(&request), request.into_inner());
        let arguments = request.arguments.into_iter().map(|argument| wire(Some(argument))).collect();
        let result: Result<_, FunctionError> = guarded("CallFunction", server.call_function(&request.name, arguments)).await;
        reply(match result {
            Ok(result) => pb::call_function::Response { result: value(Some(result)), error: None },
            Err(error) => pb::call_function::Response { result: None, error: Some(function_error(error)) },
        })
    }
}

impl<P: Provider> Service<P> {
    /// The server that this request's connection was configured on.
    fn of<T>(&self, request: &Request<T>) -> Arc<Server<P>> {
        let seat = request.extensions().get::<Seat>().filter(|_| self.apart);
        seat.and_then(|seat| seat.keep(|| self.server.another())).unwrap_or_else(|| Arc::clone(&self.server))
    }
}

async fn validate<P: Provider>(
    server: &Server<P>,
    rpc: &'static str,
    object: Object,
    name: &str,
    config: Option<pb::DynamicValue>,
) -> Diagnostics {
    guarded(rpc, server.validate(object, name, wire(config))).await
}

fn reply<T>(message: T) -> Reply<T> {
    Ok(Response::new(message))
}
