//! Where the tenant of a connection lives, asked once, and whether that is where the configuration looks for it. The sign-in hosts of
//! the clouds issue tokens for each other's tenants, and Microsoft Graph of the wrong one quietly returns nothing: no read of it may
//! come before this.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::azure::{
    Audience, Client, Result,
    settings::{Environment, Method},
    tenant::{
        claims::Claims,
        discovery::{self, Discovery},
    },
};

/// What was found out about the tenant of a connection.
#[derive(Debug, Default)]
pub(in crate::azure) struct Home {
    /// A failure stays: the reads decide then, and one more request before each of them would not help.
    discovery: OnceCell<Result<Arc<Discovery>>>,
    graph: OnceCell<()>,
    resource_manager: OnceCell<()>,
}

impl Home {
    /// What tenant discovery says; none if neither the configuration nor the token names the tenant.
    pub(in crate::azure) async fn discovery(&self, client: &Client, audience: Audience) -> Result<Option<Arc<Discovery>>> {
        let tenant = match &client.settings().tenant_id {
            Some(tenant) => Some(tenant.clone()),
            None => own_tenant(client, audience).await?,
        };
        let Some(tenant) = tenant else { return Ok(None) };
        let cloud = client.cloud().await?;
        let read = || async { discovery::discover(cloud, &tenant, client.transports()).await.map(Arc::new) };
        self.discovery.get_or_init(read).await.clone().map(Some)
    }

    /// Whether the service may be read. That discovery cannot be reached is no objection, nor is a cloud of its own that does not
    /// answer it.
    pub(in crate::azure) async fn check(&self, client: &Client, audience: Audience) -> Result<()> {
        let checked = match audience {
            Audience::Graph => &self.graph,
            Audience::ResourceManager => &self.resource_manager,
        };
        checked.get_or_try_init(|| self.objection(client, audience)).await.copied()
    }

    async fn objection(&self, client: &Client, audience: Audience) -> Result<()> {
        let settings = client.settings();
        // These two bring a tenant of their own; a GUID is compared with it when the token comes, a domain only discovery resolves.
        let brings_tenant = matches!(settings.method, Ok(Method::Cli | Method::ManagedIdentity { .. }));
        let named = settings.tenant_id.as_deref();
        let by_domain = brings_tenant && named.is_some_and(|tenant| azure_core::Uuid::parse_str(tenant).is_err());
        if audience == Audience::ResourceManager && !by_domain {
            return Ok(());
        }
        let Ok(Some(found)) = self.discovery(client, audience).await else { return Ok(()) };
        if matches!(settings.environment, Environment::Custom { .. }) && found.graph_host.is_none() {
            return Ok(());
        }
        discovery::check(&found, client.cloud().await?, named)?;
        match (by_domain, named) {
            (true, Some(domain)) => match own_tenant(client, audience).await? {
                Some(own) if !own.eq_ignore_ascii_case(&found.tenant_id) => {
                    Err(discovery::token_of_another(&found, domain, &own))
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

async fn own_tenant(client: &Client, audience: Audience) -> Result<Option<String>> {
    Ok(Claims::of(client.token(audience).await?.reveal()).and_then(|claims| claims.tid))
}
