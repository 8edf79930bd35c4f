//! The wire: go-plugin handshake, pinned TLS, socket, gRPC services, logs. Knows no Azure.

mod connection;
mod controller;
mod convert;
mod debug;
mod environment;
mod handshake;
mod lifetime;
mod listen;
mod log;
mod panic;
mod service;
mod tls;
pub mod wire;

use std::{env, fmt, io, sync::Arc, time::Duration};

use futures::Stream;
use tokio::{runtime, task, time};
use tokio_util::sync::CancellationToken;
use tonic::transport::Server as Transport;

use self::{
    connection::Connection,
    controller::Controller,
    environment::Environment,
    lifetime::{Interrupt, Presence},
    listen::Listener,
    service::Service,
    tls::Tls,
    wire::{
        plugin::{
            grpc_broker_server::GrpcBrokerServer, grpc_controller_server::GrpcControllerServer,
            grpc_stdio_server::GrpcStdioServer,
        },
        tfplugin6::provider_server::ProviderServer,
    },
};
use crate::sdk::{entry::Provider, server::Server};

/// The longest request taken; Go's servers take as much (terraform-plugin-go tf6server).
const LONGEST_REQUEST: usize = 256 << 20;
/// The longest answer sent; the host takes no more.
const LONGEST_ANSWER: usize = i32::MAX as usize;
/// How long calls in flight may take to come back after Shutdown; the host kills after two seconds.
const GRACE: Duration = Duration::from_millis(300);

/// Why the process did not serve.
#[derive(Debug)]
pub enum Failure {
    /// No host started it: the cookie is missing.
    RunByHand,
    /// It could not start; the text says what was attempted and what to do.
    Start(String),
}

impl Failure {
    fn start(text: impl Into<String>) -> Self {
        Self::Start(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunByHand => f.write_str("This program is a plugin: Terraform or OpenTofu starts it."),
            Self::Start(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

/// Serves the host that started this process, until it says Shutdown or is gone.
pub fn serve<P: Provider>(provider: P) -> Result<(), Failure> {
    let environment = Environment::read(variable)?;
    run(hosted(provider, environment))
}

/// Serves whoever attaches, until SIGINT or SIGTERM: prints the line to put into the environment of Terraform or OpenTofu.
pub fn debug<P: Provider>(provider: P) -> Result<(), Failure> {
    run(unhosted(provider))
}

fn run(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    log::install(variable);
    panic::install_hook();
    let failure = |error: io::Error| Failure::start(format!("Starting worker threads: {error}. {}", panic::FEW_THREADS));
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(failure)?;
    let result = runtime.block_on(work);
    // A name lookup that hangs must not keep the process.
    runtime.shutdown_background();
    result
}

async fn hosted<P: Provider>(provider: P, environment: Environment) -> Result<(), Failure> {
    // Schemas are built while the host reads the handshake line and connects.
    let server = task::spawn_blocking(move || Server::new(provider));
    let (ending, presence) = (CancellationToken::new(), Presence::new());
    signals(Interrupt::Ignored, &ending)?;
    let tls = environment.client_certificate.as_deref().map(Tls::pinned).transpose()?;
    let listener = Listener::bind(&environment).await?;
    let certificate = tls.as_ref().map(|tls| tls.certificate.as_ref());
    let line = handshake::line(&listener.address, certificate, environment.multiplex);
    let (connections, _directory) = listener.accept(tls.map(|tls| tls.acceptor), presence.clone(), ending.clone());
    announce(&line)?;
    tokio::spawn(ending.clone().run_until_cancelled_owned(end_when_orphaned(presence, ending.clone())));
    let controller = Controller { ending: ending.clone(), shutdown: ending };
    answer(Service { server: built(server).await?, apart: false }, connections, controller).await
}

async fn unhosted<P: Provider>(provider: P) -> Result<(), Failure> {
    let server = Server::new(provider);
    let ending = CancellationToken::new();
    signals(Interrupt::Ends, &ending)?;
    let listener = Listener::bind(&Environment::without_host()).await?;
    let line = debug::reattach(P::ADDRESSES, environment::PROTOCOL, &listener.address);
    let (connections, _directory) = listener.accept(None, Presence::new(), ending.clone());
    announce(&line)?;
    // A host that attached does not own the process, so its Shutdown ends nothing.
    let controller = Controller { ending, shutdown: CancellationToken::new() };
    answer(Service { server: Arc::new(server), apart: true }, connections, controller).await
}

/// Answers RPCs until the controller's `ending`.
async fn answer<P: Provider>(
    service: Service<P>,
    connections: impl Stream<Item = io::Result<Connection>>,
    controller: Controller,
) -> Result<(), Failure> {
    let (server, ending) = (Arc::clone(&service.server), controller.ending.clone());
    let provider =
        ProviderServer::new(service).max_decoding_message_size(LONGEST_REQUEST).max_encoding_message_size(LONGEST_ANSWER);
    let serving = Transport::builder()
        .add_service(provider)
        .add_service(GrpcControllerServer::new(controller.clone()))
        .add_service(GrpcStdioServer::new(controller.clone()))
        .add_service(GrpcBrokerServer::new(controller))
        .serve_with_incoming_shutdown(connections, ending.clone().cancelled_owned());
    let overdue = async {
        ending.cancelled().await;
        server.stop();
        time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serving => served.map_err(|error| Failure::start(format!("Serving Terraform: {error}. Run Terraform again."))),
        () = overdue => Ok(()),
    }
}

async fn end_when_orphaned(presence: Presence, ending: CancellationToken) {
    lifetime::orphaned(presence, lifetime::parent).await;
    ending.cancel();
}

async fn built<P: Provider>(server: task::JoinHandle<Server<P>>) -> Result<Arc<Server<P>>, Failure> {
    let failure = |error: task::JoinError| Failure::start(format!("Building the schemas: {}", panic::blame(&error.to_string())));
    server.await.map(Arc::new).map_err(failure)
}

fn signals(interrupt: Interrupt, ending: &CancellationToken) -> Result<(), Failure> {
    lifetime::take_signals(interrupt, ending.clone())
        .map_err(|error| Failure::start(format!("Installing signal handlers: {error}. Run Terraform again.")))
}

fn announce(line: &str) -> Result<(), Failure> {
    handshake::announce(line)
        .map_err(|error| Failure::start(format!("Writing the handshake to stdout: {error}. Leave stdout open.")))
}

/// Undecodable bytes are replaced and not skipped: an unreadable certificate has to be refused, not to switch TLS off.
fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
