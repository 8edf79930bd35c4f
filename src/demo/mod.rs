//! The embedded demo tenant: a small company behind the same `HttpClient` seam as the real transport.
/// x
#[derive(Debug)]
pub struct Tenant;
impl Tenant {
    /// x
    pub fn demo() -> Self { Self }
}
#[async_trait::async_trait]
impl azure_core::http::HttpClient for Tenant {
    async fn execute_request(&self, _: &azure_core::http::Request) -> azure_core::Result<azure_core::http::AsyncRawResponse> {
        Err(azure_core::Error::with_message(azure_core::error::ErrorKind::Io, "x"))
    }
}
