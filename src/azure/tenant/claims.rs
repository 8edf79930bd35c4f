//! What an access token says about its holder. Read for diagnosis and to pick checks, never to trust: the signature is the service's business.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer};

/// Who holds a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal {
    /// An application's service principal.
    Application,
    /// A managed identity, which is an application that Azure owns.
    ManagedIdentity,
    /// A person.
    User,
}

/// How an application proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By a signature: a certificate's, or that of whoever issued a federated token.
    Assertion,
    /// By a secret.
    Secret,
}

/// The claims of an access token that are looked at. Absent claims are none or empty.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct Claims {
    /// Audience: the API, as URL or application id.
    pub aud: Option<String>,
    /// Application id of the client, in tokens of version 1.
    pub appid: Option<String>,
    /// How the client proved who it is, in tokens of version 1.
    #[serde(deserialize_with = "word")]
    pub appidacr: Option<String>,
    /// Application id of the client, in tokens of version 2.
    pub azp: Option<String>,
    /// How the client proved who it is, in tokens of version 2.
    #[serde(deserialize_with = "word")]
    pub azpacr: Option<String>,
    /// Expiry, seconds since 1970 UTC.
    pub exp: Option<i64>,
    /// `app` or `user`.
    pub idtyp: Option<String>,
    /// Object id of the user or service principal.
    pub oid: Option<String>,
    /// Application permissions, consented; none at all for an application means nothing was consented as Application.
    #[serde(deserialize_with = "texts")]
    pub roles: Vec<String>,
    /// Delegated permissions, space separated.
    pub scp: Option<String>,
    /// Tenant GUID.
    pub tid: Option<String>,
    /// User principal name, in tokens of version 1.
    pub unique_name: Option<String>,
    /// User principal name.
    pub upn: Option<String>,
    /// Role template ids of active directory roles.
    #[serde(deserialize_with = "texts")]
    pub wids: Vec<String>,
    /// Resource id of a managed identity.
    pub xms_mirid: Option<String>,
}

impl Claims {
    /// The claims of a token; none if the token is opaque or encrypted.
    pub fn of(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return None;
        };
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    /// Who holds the token: `idtyp` decides; without it a delegated scope means a user.
    pub fn principal(&self) -> Principal {
        let user = match self.idtyp.as_deref() {
            Some("user") => true,
            Some("app") => false,
            _ => self.scp.is_some(),
        };
        match (user, &self.xms_mirid) {
            (true, _) => Principal::User,
            (false, Some(_)) => Principal::ManagedIdentity,
            (false, None) => Principal::Application,
        }
    }

    /// Application id of the client that asked for the token.
    pub fn client_id(&self) -> Option<&str> {
        self.appid.as_deref().or(self.azp.as_deref())
    }

    /// How the client proved who it is; none for a public client, and if the token does not say.
    pub fn proof(&self) -> Option<Proof> {
        match self.appidacr.as_deref().or(self.azpacr.as_deref()) {
            Some("1") => Some(Proof::Secret),
            Some("2") => Some(Proof::Assertion),
            _ => None,
        }
    }

    /// The delegated permissions, sorted.
    pub fn delegated(&self) -> Vec<String> {
        let mut scopes: Vec<String> = self.scp.iter().flat_map(|scopes| scopes.split_whitespace()).map(str::to_owned).collect();
        scopes.sort();
        scopes
    }

    /// The user principal name, if the token names one.
    pub fn user_principal_name(&self) -> Option<&str> {
        self.upn.as_deref().or(self.unique_name.as_deref())
    }
}

/// A word or a number as text; whatever else stands there must not make a token unreadable.
fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(word) => Some(word),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A list of strings, a single string, or null: all three have been seen for `roles`.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        Many(Vec<String>),
        One(String),
    }
    Ok(match Option::<Texts>::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Texts::Many(many)) => many,
        Some(Texts::One(one)) => vec![one],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(payload: &str) -> Option<Claims> {
        Claims::of(&format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload)))
    }

    #[test]
    fn idtyp_decides_between_application_and_user() {
        assert_eq!(claims(r#"{"idtyp":"app","scp":"x"}"#).unwrap().principal(), Principal::Application);
        assert_eq!(claims(r#"{"idtyp":"user"}"#).unwrap().principal(), Principal::User);
    }

    #[test]
    fn without_idtyp_a_delegated_scope_means_a_user() {
        assert_eq!(claims(r#"{"scp":"User.Read.All"}"#).unwrap().principal(), Principal::User);
        assert_eq!(claims(r#"{"roles":["Directory.Read.All"]}"#).unwrap().principal(), Principal::Application);
    }

    #[test]
    fn a_managed_identity_names_its_resource() {
        let token = claims(r#"{"idtyp":"app","xms_mirid":"/subscriptions/s/resourcegroups/r"}"#).unwrap();
        assert_eq!(token.principal(), Principal::ManagedIdentity);
    }

    #[test]
    fn the_claims_that_are_read_are_read() {
        let token = claims(
            r#"{"aud":"https://graph.microsoft.com","tid":"t","oid":"o","azp":"a","roles":null,"wids":"w","scp":"b a",
                "unique_name":"ana@example.com","exp":1893456000,"other":{"deep":[1]}}"#,
        )
        .unwrap();
        assert_eq!((token.client_id(), token.tid.as_deref(), token.oid.as_deref()), (Some("a"), Some("t"), Some("o")));
        assert_eq!(
            (token.roles.len(), token.wids.clone(), token.delegated()),
            (0, vec!["w".to_owned()], vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!((token.user_principal_name(), token.exp), (Some("ana@example.com"), Some(1_893_456_000)));
    }

    #[test]
    fn a_token_tells_how_its_client_proved_itself() {
        for (payload, expected) in [
            (r#"{"appidacr":"1"}"#, Some(Proof::Secret)),
            (r#"{"appidacr":"2"}"#, Some(Proof::Assertion)),
            (r#"{"azpacr":2}"#, Some(Proof::Assertion)),
            (r#"{"appidacr":"0"}"#, None),
            (r#"{"appidacr":[],"azpacr":null}"#, None),
            ("{}", None),
        ] {
            assert_eq!(claims(payload).unwrap().proof(), expected, "{payload}");
        }
    }

    #[test]
    fn an_opaque_token_says_nothing() {
        for opaque in ["", "opaque", "a.b", "a.!!.c", "a.b.c.d.e", "e30.bm90IGpzb24.c2ln"] {
            assert_eq!(Claims::of(opaque), None, "{opaque}");
        }
    }
}
