//! What the directory allows, each read once.

use std::sync::Arc;

use crate::{
    azure::{self, answer::lenient::unstated, memo::Key, microsoft_graph::directory_policies as graph},
    provider::context::Context,
};

/// The rows, as the service writes them.
pub use crate::azure::microsoft_graph::directory_policies::{
    AuthorizationPolicy, ConsentPolicy, CrossTenantDefault, CrossTenantPartner, Domain, GroupSetting, InboundTrust, Method,
    MethodTarget, MethodsPolicy,
};

/// What users and guests may do without any role.
pub async fn authorization_policy(context: &Context) -> azure::Result<Arc<AuthorizationPolicy>> {
    let client = context.client.clone();
    context.client.memo(Key::of("authorization_policy"), || async move { graph::authorization_policy(&client).await }).await
}

/// How users ask for consent.
pub async fn consent_policy(context: &Context) -> azure::Result<Arc<ConsentPolicy>> {
    let client = context.client.clone();
    context.client.memo(Key::of("consent_policy"), || async move { graph::consent_policy(&client).await }).await
}

/// What is trusted of every other tenant.
pub async fn cross_tenant_default(context: &Context) -> azure::Result<Arc<CrossTenantDefault>> {
    let client = context.client.clone();
    context.client.memo(Key::of("cross_tenant_default"), || async move { graph::cross_tenant_default(&client).await }).await
}

/// What is trusted of some tenants.
pub async fn cross_tenant_partners(context: &Context) -> azure::Result<Arc<Vec<CrossTenantPartner>>> {
    let client = context.client.clone();
    context.client.memo(Key::of("cross_tenant_partners"), || async move { graph::cross_tenant_partners(&client).await }).await
}

/// The domains.
pub async fn domains(context: &Context) -> azure::Result<Arc<Vec<Domain>>> {
    let client = context.client.clone();
    context.client.memo(Key::of("domains"), || async move { graph::domains(&client).await }).await
}

/// Settings that have no place of their own.
pub async fn group_settings(context: &Context) -> azure::Result<Arc<Vec<GroupSetting>>> {
    let client = context.client.clone();
    context.client.memo(Key::of("group_settings"), || async move { graph::group_settings(&client).await }).await
}

/// The ways to sign in.
pub async fn methods_policy(context: &Context) -> azure::Result<Arc<MethodsPolicy>> {
    let client = context.client.clone();
    context.client.memo(Key::of("methods_policy"), || async move { graph::methods_policy(&client).await }).await
}

/// Whether security defaults are on.
pub async fn security_defaults(context: &Context) -> azure::Result<bool> {
    let client = context.client.clone();
    let read = || async move {
        let is_on = graph::security_defaults(&client).await?;
        is_on.ok_or_else(|| unstated("read security defaults", "Microsoft Graph", "isEnabled"))
    };
    Ok(*context.client.memo(Key::of("security_defaults"), read).await?)
}
