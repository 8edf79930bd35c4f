//! Stand-in for the server behind the RPCs; replaced at merge. It answers just enough for the protocol tests.

use std::collections::BTreeMap;

use super::{
    Diagnostics, Type,
    schema::{Attribute, Kind, Mode, Nesting, Schema, Signature},
};

/// A value as it arrives: one of the two is set; both empty means null.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    /// MessagePack.
    pub msgpack: Vec<u8>,
    /// JSON.
    pub json: Vec<u8>,
}

/// What an RPC answers: the value (msgpack), if there is one, and diagnostics.
#[derive(Debug, Default)]
pub struct Answer {
    /// The value.
    pub value: Option<Vec<u8>>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// Which kind a type name is looked up in.
#[derive(Clone, Copy, Debug)]
pub enum Object {
    /// A data source.
    DataSource,
    /// An ephemeral resource.
    Ephemeral,
    /// A managed resource.
    Resource,
}

/// Why a function has no result.
#[derive(Debug)]
pub struct FunctionError {
    /// What is wrong.
    pub text: String,
    /// Which argument it is about, counted from zero.
    pub argument: Option<usize>,
}

/// All that is served.
#[derive(Debug)]
pub struct Catalogue {
    /// The provider block.
    pub provider: Schema,
    /// By full type name.
    pub data_sources: BTreeMap<String, Schema>,
    /// By full type name.
    pub resources: BTreeMap<String, Schema>,
    /// By full type name.
    pub ephemeral_resources: BTreeMap<String, Schema>,
    /// By bare name.
    pub functions: BTreeMap<String, Signature>,
}

/// What a provider is.
pub trait Provider: Send + Sync + 'static {
    /// The source address.
    const ADDRESS: &'static str;
}

/// Answers RPCs.
#[derive(Debug)]
pub struct Server<P: Provider> {
    catalogue: Catalogue,
    _provider: P,
}

fn attribute(name: &str, kind: Kind, mode: Mode) -> Attribute {
    Attribute {
        name: name.into(),
        description: "text".into(),
        kind,
        mode,
        sensitive: false,
        deprecated: false,
        rules: vec![],
        element_rules: vec![],
    }
}

fn schema(attributes: Vec<Attribute>) -> Schema {
    Schema { description: "text".into(), attributes }
}

impl<P: Provider> Server<P> {
    /// Serves it.
    pub fn new(provider: P) -> Self {
        let text = || Kind::Plain(Type::String);
        let texts = || Kind::Plain(Type::Set(Box::new(Type::String)));
        let row = vec![attribute("title", text(), Mode::Computed)];
        let checks = attribute("checks", Kind::Nested(Nesting::Map, row), Mode::Computed);
        let ids = || attribute("check_ids", texts(), Mode::Optional);
        let email = attribute("email", text(), Mode::Required);
        let function =
            Signature { summary: "text".into(), description: "text".into(), parameters: vec![email], result: Type::String };
        let environment = attribute("environment", text(), Mode::Optional);
        let secret = Attribute { sensitive: true, ..attribute("client_secret", text(), Mode::Optional) };
        let validation = BTreeMap::from([("azposture_connection_validation".into(), schema(vec![ids()]))]);
        let catalogue = Catalogue {
            provider: schema(vec![environment, secret]),
            data_sources: BTreeMap::from([("azposture_checks".into(), schema(vec![ids(), checks]))]),
            resources: validation.clone(),
            ephemeral_resources: validation,
            functions: BTreeMap::from([("normalize_email".into(), function)]),
        };
        Self { catalogue, _provider: provider }
    }

    /// What there is.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Cancels.
    pub fn stop(&self) {}

    /// Accepts.
    pub async fn validate_provider(&self, _config: Wire) -> Diagnostics {
        Diagnostics::new()
    }

    /// Accepts.
    pub async fn configure(&self, _terraform_version: &str, _config: Wire) -> Diagnostics {
        Diagnostics::new()
    }

    /// Knows names.
    pub async fn validate(&self, _object: Object, type_name: &str, _config: Wire) -> Diagnostics {
        self.known(type_name).err().unwrap_or_default()
    }

    /// Echoes.
    pub async fn read_data_source(&self, type_name: &str, config: Wire) -> Answer {
        self.echo(type_name, config)
    }

    /// Null.
    pub async fn upgrade_state(&self, type_name: &str, _version: i64, _json: &[u8], has_flatmap: bool) -> Answer {
        if has_flatmap {
            return Answer { value: None, diagnostics: Diagnostics::of_error("Cannot read the state", "It is too old.") };
        }
        self.echo(
            type_name,
            Wire { msgpack: vec![0x81, 0xa9, b'c', b'h', b'e', b'c', b'k', b'_', b'i', b'd', b's', 0xc0], json: vec![] },
        )
    }

    /// Echoes.
    pub async fn read_resource(&self, type_name: &str, state: Wire) -> Answer {
        self.echo(type_name, state)
    }

    /// Echoes.
    pub async fn plan(&self, type_name: &str, _prior: Wire, proposed: Wire, _config: Wire) -> Answer {
        self.echo(type_name, proposed)
    }

    /// Echoes.
    pub async fn apply(&self, type_name: &str, _prior: Wire, planned: Wire) -> Answer {
        self.echo(type_name, planned)
    }

    /// Refuses.
    pub async fn import(&self, _type_name: &str, _id: &str) -> Diagnostics {
        Diagnostics::of_error("A validation cannot be imported", "It keeps nothing.")
    }

    /// Echoes.
    pub async fn open_ephemeral(&self, type_name: &str, config: Wire) -> Answer {
        self.echo(type_name, config)
    }

    /// Echoes.
    pub async fn call_function(&self, name: &str, arguments: Vec<Wire>) -> Result<Vec<u8>, FunctionError> {
        match (name, arguments.into_iter().next()) {
            ("normalize_email", Some(first)) if first.msgpack.contains(&b'@') => Ok(first.msgpack),
            _ => Err(FunctionError { text: "not an address".into(), argument: Some(0) }),
        }
    }

    fn known(&self, type_name: &str) -> Result<(), Diagnostics> {
        match type_name {
            "azposture_checks" | "azposture_connection_validation" => Ok(()),
            _ => Err(Diagnostics::of_error("There is no such object", type_name)),
        }
    }

    fn echo(&self, type_name: &str, value: Wire) -> Answer {
        match self.known(type_name) {
            Ok(()) => Answer { value: Some(value.msgpack), diagnostics: Diagnostics::new() },
            Err(diagnostics) => Answer { value: None, diagnostics },
        }
    }
}
