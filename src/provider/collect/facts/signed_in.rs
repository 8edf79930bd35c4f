//! Who signed in, and how.

use crate::{
    azure::{self, Audience, settings::Method, tenant::claims::Claims},
    provider::context::Context,
};

/// Who signed in, and how. It exists once a token was issued.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// What the token for Resource Manager says; none if it is opaque.
    pub claims: Option<Claims>,
    /// The method as a word.
    pub method: &'static str,
}

/// Signs in, or says why not.
pub async fn sign_in(context: &Context) -> azure::Result<SignedIn> {
    let method = context.client.settings().method.as_ref().map_or("", Method::word);
    let token = context.client.token(Audience::ResourceManager).await?;
    Ok(SignedIn { claims: Claims::of(token.reveal()), method })
}
