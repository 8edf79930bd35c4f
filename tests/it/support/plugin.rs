//! A running provider and its RPCs in JSON. `Plugin::start()` does what Terraform does, with mutual TLS; every method panics on a
//! gRPC status, since the provider is to answer diagnostics instead.

use std::{
    process::ExitStatus,
    sync::{Arc, Mutex},
};

use azposture::plugin::wire::{
    plugin::{Empty, grpc_controller_client::GrpcControllerClient},
    tfplugin6::{self as pb, attribute_path::step::Selector, provider_client::ProviderClient},
};
use serde_json::Value as Json;
use tokio::{
    io::{AsyncReadExt, BufReader},
    process::{Child, ChildStdout},
    sync::OnceCell,
};
use tonic::transport::Channel;

use super::{
    cty,
    host::{Identity, Launch, Line, connect, within},
};

/// A provider process, connected. Killed when it is dropped.
pub(crate) struct Plugin {
    /// How it was started.
    pub(crate) launch: Launch,
    /// What it said.
    pub(crate) line: Line,
    /// Its stdout after the line.
    pub(crate) stdout: BufReader<ChildStdout>,
    child: Child,
    channel: Option<Channel>,
    schema: OnceCell<pb::get_provider_schema::Response>,
    stderr: Arc<Mutex<Vec<u8>>>,
}

/// An error or a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    /// Whether it is an error.
    pub(crate) error: bool,
    /// One line.
    pub(crate) summary: String,
    /// The rest.
    pub(crate) detail: String,
    /// `attribute[0]`, or empty.
    pub(crate) path: String,
}

/// A value, if there is one, and diagnostics.
pub(crate) type Answer = (Option<Json>, Vec<Diagnostic>);

impl Plugin {
    /// Started and connected as Terraform does it.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Started and connected as Terraform does it, with more variables (an empty value removes one). Nothing is inherited.
    pub(crate) async fn start_with(variables: &[(&'static str, &str)]) -> Self {
        let identity = Identity::new();
        let launch = Launch::new().with("PLUGIN_CLIENT_CERT", &identity.pem);
        let launch = variables.iter().fold(launch, |launch, (name, value)| launch.with(name, *value));
        Self::launched(launch, Some(&identity)).await
    }

    /// Started in some other way. `identity` is `None` for plain text.
    pub(crate) async fn launched(launch: Launch, identity: Option<&Identity>) -> Self {
        let mut child = launch.spawn();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        let line = Line::read(&mut stdout).await;
        let tls = identity.map(|identity| {
            identity.client(line.certificate.as_ref().expect("a certificate in the line"), &rustls::version::TLS13)
        });
        let channel = Some(connect(&line, tls).await.unwrap());
        Self { launch, line, stdout, child, channel, schema: OnceCell::new(), stderr }
    }

    /// The connection.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone().expect("not disconnected")
    }

    /// Speaks over another connection from now on; answers the one before.
    pub(crate) fn over(&mut self, channel: Channel) -> Channel {
        self.channel.replace(channel).expect("not disconnected")
    }

    /// The provider's RPCs, raw.
    pub(crate) fn rpc(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel()).max_decoding_message_size(i32::MAX as usize)
    }

    /// All schemas.
    pub(crate) async fn schema(&self) -> &pb::get_provider_schema::Response {
        let ask =
            || async { within(self.rpc().get_provider_schema(pb::get_provider_schema::Request {})).await.unwrap().into_inner() };
        self.schema.get_or_init(ask).await
    }

    /// ValidateProviderConfig.
    pub(crate) async fn validate_provider(&self, config: Json) -> Vec<Diagnostic> {
        let config = Some(self.provider_config(&config).await);
        let answer = within(self.rpc().validate_provider_config(pb::validate_provider_config::Request { config })).await;
        read(answer.unwrap().into_inner().diagnostics)
    }

    /// ConfigureProvider.
    pub(crate) async fn configure(&self, config: Json) -> Vec<Diagnostic> {
        let config = Some(self.provider_config(&config).await);
        let terraform_version = "1.11.4".to_owned();
        let request = pb::configure_provider::Request { terraform_version, config, client_capabilities: None };
        read(within(self.rpc().configure_provider(request)).await.unwrap().into_inner().diagnostics)
    }

    /// ValidateDataResourceConfig.
    pub(crate) async fn validate_data_source(&self, name: &str, config: Json) -> Vec<Diagnostic> {
        let config = Some(value(&config, &self.data_source(name).await));
        let request = pb::validate_data_resource_config::Request { type_name: name.into(), config };
        read(within(self.rpc().validate_data_resource_config(request)).await.unwrap().into_inner().diagnostics)
    }

    /// ValidateResourceConfig.
    pub(crate) async fn validate_resource(&self, name: &str, config: Json) -> Vec<Diagnostic> {
        let config = Some(value(&config, &self.resource(name).await));
        let request = pb::validate_resource_config::Request { type_name: name.into(), config, client_capabilities: None };
        read(within(self.rpc().validate_resource_config(request)).await.unwrap().into_inner().diagnostics)
    }

    /// ValidateEphemeralResourceConfig.
    pub(crate) async fn validate_ephemeral(&self, name: &str, config: Json) -> Vec<Diagnostic> {
        let config = Some(value(&config, &self.ephemeral(name).await));
        let request = pb::validate_ephemeral_resource_config::Request { type_name: name.into(), config };
        read(within(self.rpc().validate_ephemeral_resource_config(request)).await.unwrap().into_inner().diagnostics)
    }

    /// ReadDataSource.
    pub(crate) async fn read(&self, name: &str, config: Json) -> Answer {
        let ty = self.data_source(name).await;
        let config = Some(value(&config, &ty));
        let request = pb::read_data_source::Request { type_name: name.into(), config, ..Default::default() };
        let answer = within(self.rpc().read_data_source(request)).await.unwrap().into_inner();
        (known(answer.state, &ty), read(answer.diagnostics))
    }

    /// PlanResourceChange of something new.
    pub(crate) async fn plan(&self, name: &str, config: Json) -> Answer {
        self.plan_change(name, Json::Null, config).await
    }

    /// PlanResourceChange; a null configuration destroys.
    pub(crate) async fn plan_change(&self, name: &str, prior: Json, config: Json) -> Answer {
        let ty = self.resource(name).await;
        let request = pb::plan_resource_change::Request {
            type_name: name.into(),
            prior_state: Some(value(&prior, &ty)),
            proposed_new_state: Some(value(&config, &ty)),
            config: Some(value(&config, &ty)),
            ..Default::default()
        };
        let answer = within(self.rpc().plan_resource_change(request)).await.unwrap().into_inner();
        (answer.planned_state.map(|state| json(&state, &ty)), read(answer.diagnostics))
    }

    /// ApplyResourceChange; a null plan destroys.
    pub(crate) async fn apply(&self, name: &str, prior: Json, planned: Json) -> Answer {
        let ty = self.resource(name).await;
        let request = pb::apply_resource_change::Request {
            type_name: name.into(),
            prior_state: Some(value(&prior, &ty)),
            planned_state: Some(value(&planned, &ty)),
            config: Some(value(&planned, &ty)),
            ..Default::default()
        };
        let answer = within(self.rpc().apply_resource_change(request)).await.unwrap().into_inner();
        (known(answer.new_state, &ty), read(answer.diagnostics))
    }

    /// ReadResource.
    pub(crate) async fn refresh(&self, name: &str, state: Json) -> Answer {
        let ty = self.resource(name).await;
        let current_state = Some(value(&state, &ty));
        let request = pb::read_resource::Request { type_name: name.into(), current_state, ..Default::default() };
        let answer = within(self.rpc().read_resource(request)).await.unwrap().into_inner();
        (known(answer.new_state, &ty), read(answer.diagnostics))
    }

    /// UpgradeResourceState of a state file of this version.
    pub(crate) async fn upgrade(&self, name: &str, state: Json) -> Answer {
        let ty = self.resource(name).await;
        let raw_state = Some(pb::RawState { json: state.to_string().into_bytes(), ..Default::default() });
        let request = pb::upgrade_resource_state::Request { type_name: name.into(), version: 0, raw_state };
        let answer = within(self.rpc().upgrade_resource_state(request)).await.unwrap().into_inner();
        (known(answer.upgraded_state, &ty), read(answer.diagnostics))
    }

    /// ImportResourceState.
    pub(crate) async fn import(&self, name: &str, id: &str) -> Vec<Diagnostic> {
        let request = pb::import_resource_state::Request { type_name: name.into(), id: id.into(), client_capabilities: None };
        read(within(self.rpc().import_resource_state(request)).await.unwrap().into_inner().diagnostics)
    }

    /// OpenEphemeralResource.
    pub(crate) async fn open(&self, name: &str, config: Json) -> Answer {
        let ty = self.ephemeral(name).await;
        let config = Some(value(&config, &ty));
        let request = pb::open_ephemeral_resource::Request { type_name: name.into(), config, client_capabilities: None };
        let answer = within(self.rpc().open_ephemeral_resource(request)).await.unwrap().into_inner();
        (known(answer.result, &ty), read(answer.diagnostics))
    }

    /// CallFunction: the result, or the text and the argument it is about.
    pub(crate) async fn call(&self, function: &str, arguments: Vec<Json>) -> Result<Json, (String, Option<i64>)> {
        let signature = &self.schema().await.functions[function];
        let types = signature.parameters.iter().map(|parameter| serde_json::from_slice(&parameter.r#type).unwrap());
        let arguments = arguments.iter().zip(types.collect::<Vec<_>>()).map(|(argument, ty)| value(argument, &ty)).collect();
        let request = pb::call_function::Request { name: function.into(), arguments };
        let answer = within(self.rpc().call_function(request)).await.unwrap().into_inner();
        match answer.error {
            Some(error) => Err((error.text, error.function_argument)),
            None => {
                let ty = serde_json::from_slice(&signature.r#return.as_ref().unwrap().r#type).unwrap();
                Ok(json(&answer.result.expect("a result or an error"), &ty))
            }
        }
    }

    /// StopProvider: the user interrupted.
    pub(crate) async fn stop(&self) {
        let answer = within(self.rpc().stop_provider(pb::stop_provider::Request {})).await.unwrap().into_inner();
        assert_eq!(answer.error, "");
    }

    /// Shutdown: answers how the process ended.
    pub(crate) async fn shutdown(&mut self) -> ExitStatus {
        within(GrpcControllerClient::new(self.channel()).shutdown(Empty {})).await.unwrap();
        self.ended().await
    }

    /// Closes the connection.
    pub(crate) fn disconnect(&mut self) {
        self.channel = None;
    }

    /// Waits for the process to end by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        within(self.child.wait()).await.unwrap()
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("still running")
    }

    /// Ends the process (of [`Launch::under_shell`]: the shell) as hard as it goes.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends a signal, as `kill -INT`.
    pub(crate) async fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id().unwrap());
        assert!(within(tokio::process::Command::new("/bin/sh").args(["-c", &command]).status()).await.unwrap().success());
    }

    /// What it has written to stderr so far.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.stderr.lock().unwrap().clone()).unwrap()
    }

    /// A provider block, encoded.
    pub(crate) async fn provider_config(&self, config: &Json) -> pb::DynamicValue {
        value(config, &implied(self.schema().await.provider.as_ref()))
    }

    async fn data_source(&self, name: &str) -> Json {
        implied(self.schema().await.data_source_schemas.get(name))
    }

    async fn resource(&self, name: &str) -> Json {
        implied(self.schema().await.resource_schemas.get(name))
    }

    async fn ephemeral(&self, name: &str) -> Json {
        implied(self.schema().await.ephemeral_resource_schemas.get(name))
    }
}

/// The error summaries among diagnostics; empty is good.
pub(crate) fn errors(diagnostics: &[Diagnostic]) -> Vec<&str> {
    diagnostics.iter().filter(|diagnostic| diagnostic.error).map(|diagnostic| diagnostic.summary.as_str()).collect()
}

/// Diagnostics as tests read them.
pub(crate) fn read(diagnostics: Vec<pb::Diagnostic>) -> Vec<Diagnostic> {
    let one = |diagnostic: pb::Diagnostic| {
        let severity = diagnostic.severity();
        assert_ne!(severity, pb::diagnostic::Severity::Invalid, "{diagnostic:?}");
        let steps = diagnostic.attribute.map(|path| path.steps).unwrap_or_default();
        let path = steps.into_iter().map(|step| match step.selector.expect("a step says where") {
            Selector::AttributeName(name) => format!(".{name}"),
            Selector::ElementKeyInt(index) => format!("[{index}]"),
            Selector::ElementKeyString(key) => format!("[{key:?}]"),
        });
        let path = path.collect::<String>().trim_start_matches('.').to_owned();
        let error = severity == pb::diagnostic::Severity::Error;
        Diagnostic { error, summary: diagnostic.summary, detail: diagnostic.detail, path }
    };
    diagnostics.into_iter().map(one).collect()
}

fn implied(schema: Option<&pb::Schema>) -> Json {
    cty::implied_type(&schema.expect("the schema has it").block.as_ref().unwrap().attributes)
}

fn value(value: &Json, ty: &Json) -> pb::DynamicValue {
    pb::DynamicValue { msgpack: cty::to_msgpack(value, ty), json: vec![] }
}

fn json(value: &pb::DynamicValue, ty: &Json) -> Json {
    assert!(value.json.is_empty(), "answers are msgpack");
    cty::from_msgpack(&value.msgpack, ty).unwrap_or_else(|error| panic!("core would refuse this: {error}"))
}

/// Everything but a plan has to be wholly known.
fn known(value: Option<pb::DynamicValue>, ty: &Json) -> Option<Json> {
    let value = json(&value?, ty);
    assert!(!value.to_string().contains("$unknown"), "core refuses unknowns here: {value}");
    Some(value)
}

fn collect(mut stderr: tokio::process::ChildStderr) -> Arc<Mutex<Vec<u8>>> {
    let collected = Arc::new(Mutex::new(vec![]));
    let sink = collected.clone();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = stderr.read(&mut buffer).await {
            sink.lock().unwrap().extend(&buffer[..length]);
        }
    });
    collected
}
