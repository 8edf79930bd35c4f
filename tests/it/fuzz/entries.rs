//! What is done with bytes that nobody vouches for: one function a decoder, which panics where the decoder breaks a promise. The binaries
//! of `fuzz/` call these with whatever libFuzzer finds, `cargo test` with the corpus of `fuzz/corpus`.

#![allow(unreachable_pub, reason = "a crate of its own in fuzz/, a module here")]

use std::sync::OnceLock;

use azposture::{
    azure::{
        Audience,
        answer::decode,
        credential::Certificate,
        send::guard,
        settings::{CertificateSource, Sensitive},
        tenant::claims::Claims,
    },
    posture::resource_id::ResourceId,
    provider::Azposture,
    sdk::{Type, Value, conform::conform, json as state, msgpack as wire, schema::object_type, server::Server},
};
use azure_core::http::Method;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::de::IgnoredAny;
use url::Url;

/// Terraform's bytes: what decodes can be sent again, and what fits a type once fits it as it is.
pub fn msgpack(bytes: &[u8]) {
    let Ok(value) = wire::decode(bytes) else { return };
    let sent = wire::encode(&value).unwrap();
    let received = wire::decode(&sent).unwrap();
    assert!(received == value || is_typeless(&value), "{value:?} {received:?}");
    for ty in types() {
        if let Ok(fitted) = conform(value.clone(), ty) {
            assert_eq!(conform(fitted.clone(), ty).as_ref(), Ok(&fitted), "{ty:?}");
        }
    }
}

/// A state's JSON: what is read by its type is the same after a journey over the wire.
pub fn json(bytes: &[u8]) {
    for ty in types() {
        let Ok(value) = state::decode(bytes, ty) else { continue };
        let sent = wire::encode(&value).unwrap();
        let received = conform(wire::decode(&sent).unwrap(), ty).unwrap();
        assert!(received == value || is_typeless(&value), "{value:?} {received:?}");
    }
}

/// A page of a list: where its rows can be read, the short way to its frame finds what the long one finds.
pub fn page(bytes: &[u8]) {
    let _ = (decode::is_failed(bytes), decode::whole::<serde_json::Value>(bytes));
    let short = decode::frame(bytes);
    let counted = ["value", "data"].map(|key| decode::rows(bytes, key, &mut |_: IgnoredAny| {}));
    if counted.iter().all(Result::is_err) {
        return;
    }
    // The short way takes only pages that begin with their rows, and so none that begins with a space.
    let long = decode::frame(&[b" ", bytes].concat());
    let (Ok(short), Ok(long)) = (short, long) else { return };
    let told = |frame: &decode::Frame| (frame.next.clone(), frame.total, frame.truncated, frame.failed, frame.rows.is_some());
    assert_eq!(told(&short), told(&long));
}

/// A resource id: its canonical spelling is one, is canonical, and stands in something that is one too.
pub fn resource_id(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(parsed) = ResourceId::parse(text) else { return };
    assert_eq!(ResourceId::parse(&parsed.id).as_ref(), Ok(&parsed));
    if let Some(parent) = parsed.parent_id.filter(|parent| !parent.is_empty() && parent != "/") {
        assert_eq!(ResourceId::parse(&parent).map(|parent| parent.id), Ok(parent));
    }
}

/// A path: what the guard allows is read only, and its segments are those that an address with this path has.
pub fn guard(bytes: &[u8]) {
    let Ok(path) = std::str::from_utf8(bytes) else { return };
    let _ = guard::segments(path);
    // The guard is shown the path of an address, so one that an address would change never reaches it.
    let Ok(url) = Url::parse(&format!("https://management.azure.com{path}")) else { return };
    if url.host_str() != Some("management.azure.com") || url.port().is_some() || !url.username().is_empty() {
        return;
    }
    for audience in [Audience::ResourceManager, Audience::Graph] {
        for method in [Method::Delete, Method::Get, Method::Head, Method::Patch, Method::Post, Method::Put] {
            let Ok(allowed) = guard::allow(audience, method, url.path()) else { continue };
            let is_query = allowed.tail == "providers/Microsoft.ResourceGraph/resources";
            assert!(method == Method::Get || method == Method::Post && is_query, "{method} {path}");
            let segments = guard::segments(url.path()).unwrap();
            let again = Url::parse(&format!("https://management.azure.com{}", url.path())).unwrap();
            assert_eq!(again.path_segments().unwrap().count(), segments.len(), "{path}");
            let lower = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect::<Vec<_>>();
            let last = lower.last().unwrap();
            let secrets = ["listkeys", "readonlykeys", "sharedkeys", "secrets", "listclusteradmincredential", "token"];
            // The name of something, such as that of a management group, may be any word.
            let named = allowed.tail.is_empty() || allowed.tail.ends_with("{name}");
            assert!(named || !secrets.contains(&last.as_str()), "{path}");
            if let Some(id) = allowed.subscription {
                assert_eq!((lower.first().map(String::as_str), lower.get(1)), (Some("subscriptions"), Some(&id)));
            }
        }
    }
}

/// A PFX or PEM file, without a password and with one.
pub fn certificate(bytes: &[u8]) {
    for password in ["", "secret"] {
        let source = CertificateSource::Inline(Sensitive::new(STANDARD.encode(bytes)));
        if let Err(error) = Certificate::load(&source, &Sensitive::new(password)) {
            assert!(!error.to_string().contains("PRIVATE KEY-----"), "{error}");
        }
    }
}

/// A token, and the payload of one.
pub fn claims(bytes: &[u8]) {
    let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(bytes));
    for claims in [std::str::from_utf8(bytes).ok().and_then(Claims::of), Claims::of(&token)].into_iter().flatten() {
        let _ = (claims.principal(), claims.client_id(), claims.proof(), claims.user_principal_name());
        assert!(claims.delegated().iter().all(|scope| !scope.is_empty()));
    }
}

/// Whether a value of any type says that its type is any: it is sent without that note if there is nothing else to say, as Terraform does.
fn is_typeless(value: &Value) -> bool {
    match value {
        Value::Dynamic(inner) => inner.0 == Type::Dynamic || is_typeless(&inner.1),
        Value::List(elements) => elements.iter().any(is_typeless),
        Value::Map(entries) => entries.values().any(is_typeless),
        _ => false,
    }
}

/// A type of every kind, and those of the provider's own schemas.
fn types() -> &'static [Type] {
    static TYPES: OnceLock<Vec<Type>> = OnceLock::new();
    TYPES.get_or_init(|| {
        let list = |ty: &Type| Type::List(Box::new(ty.clone()));
        let object = Type::Object(vec![
            ("any".into(), Type::Dynamic),
            ("flag".into(), Type::Bool),
            ("map".into(), Type::Map(Box::new(Type::Number))),
            ("set".into(), Type::Set(Box::new(Type::String))),
            ("pair".into(), Type::Tuple(vec![Type::Number, Type::Dynamic])),
        ]);
        let server = Server::new(Azposture::new());
        let own = ["azposture_defender_plans", "azposture_role_assignments"]
            .map(|name| object_type(&server.catalogue().data_sources[name].attributes));
        let mut types = vec![list(&object), object, Type::Dynamic, list(&Type::Dynamic), Type::Number, Type::String];
        types.extend(own);
        types
    })
}
