//! What go-plugin's host calls beside the provider: it holds two streams open, and says when the process may end.

use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming, codegen::BoxStream};

use super::wire::plugin::{
    ConnInfo, Empty, StdioData, grpc_broker_server::GrpcBroker, grpc_controller_server::GrpcController,
    grpc_stdio_server::GrpcStdio,
};

/// The three auxiliary services.
#[derive(Clone, Debug)]
pub(super) struct Controller {
    /// Cancelled when the process ends; ends the streams.
    pub ending: CancellationToken,
    /// Cancelled when the host says Shutdown. In normal service this is `ending`.
    pub shutdown: CancellationToken,
}

impl Controller {
    /// A stream on which nothing is ever sent. It has to end before the connection can close in order.
    fn silence<T: Send + 'static>(&self) -> BoxStream<T> {
        Box::pin(stream::pending().take_until(self.ending.clone().cancelled_owned()))
    }
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        tracing::debug!("the host said Shutdown");
        self.shutdown.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl GrpcStdio for Controller {
    /// Output of ours would go here; there is none, since logs travel on stderr.
    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        Ok(Response::new(self.silence()))
    }
}

#[tonic::async_trait]
impl GrpcBroker for Controller {
    /// Would negotiate further connections, which providers never need.
    async fn start_stream(&self, _request: Request<Streaming<ConnInfo>>) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        Ok(Response::new(self.silence()))
    }
}
