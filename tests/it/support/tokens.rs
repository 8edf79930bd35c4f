//! Tokens of the demo tenant with other claims than it would give, and tokens it refuses to give.

use azposture::demo::{Fault, Tenant};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};

const TOKEN: &str = "/oauth2/v2.0/token";

/// The tenant, whose tokens for Microsoft Graph and Resource Manager have their claims changed.
pub(crate) fn with_claims(tenant: Tenant, change: impl Fn(&mut Json) + Send + Sync + 'static) -> Tenant {
    tenant.with_fault(changed_claims(Fault::on(TOKEN), change))
}

/// The tenant, whose first token for each of the two has its claims changed; later ones are as they are.
pub(crate) fn with_claims_at_first(tenant: Tenant, change: impl Fn(&mut Json) + Send + Sync + 'static) -> Tenant {
    tenant.with_fault(changed_claims(Fault::on(TOKEN).times(2), change))
}

fn changed_claims(fault: Fault, change: impl Fn(&mut Json) + Send + Sync + 'static) -> Fault {
    fault.change(move |answer| {
        let token = answer["access_token"].as_str().unwrap_or_default().to_owned();
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, _] = parts.as_slice() else { return };
        let mut claims: Json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        change(&mut claims);
        answer["access_token"] = format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims.to_string())).into();
    })
}

/// The tenant, signed in to by a user through Azure CLI's application.
pub(crate) fn as_user(tenant: Tenant) -> Tenant {
    with_claims(tenant, |claims| {
        let claims = claims.as_object_mut().unwrap();
        claims.remove("roles");
        claims.insert("idtyp".into(), "user".into());
        claims.insert("upn".into(), "ana@fabrikam-outdoor.example".into());
        let scopes = "Application.ReadWrite.All AuditLog.Read.All Directory.AccessAsUser.All Group.ReadWrite.All User.Read.All";
        claims.insert("scp".into(), scopes.into());
    })
}

/// The tenant, which gives no token at all.
pub(crate) fn refusing(tenant: Tenant, code: u32, message: &str) -> Tenant {
    tenant.with_fault(Fault::on(TOKEN).answer_json(401, refusal(code, message)))
}

/// The tenant, which gives the first token (for Resource Manager) and no other.
pub(crate) fn without_graph(mut tenant: Tenant) -> Tenant {
    for nth in 2..40 {
        let refusal = refusal(65001, "The user or administrator has not consented to use the application");
        tenant = tenant.with_fault(Fault::on(TOKEN).nth(nth).answer_json(400, refusal));
    }
    tenant
}

fn refusal(code: u32, message: &str) -> Json {
    json!({"error": "invalid_client", "error_description": format!("AADSTS{code}: {message}. Trace ID: t"), "error_codes": [code]})
}
