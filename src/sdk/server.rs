//! Terraform's rules, RPC by RPC, so that no business code can break them: what is echoed, what stays unknown, when nothing is
//! asked of the provider, and what each object may not do.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use tokio_util::sync::CancellationToken;

use super::{
    Diagnostics, Path, Result, Type, Value, bridge,
    catalogue::{Catalogue, Shape, block},
    conform::conform,
    diagnostic::Step,
    entry::{FunctionEntry, FunctionError, Provider, Read, ValidationEntry, Work},
    json, msgpack, rules,
    schema::Schema,
};
use crate::text::quoted;

/// A value as it arrives: one of the two encodings is set; both empty mean null.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    /// MessagePack, the usual form.
    pub msgpack: Vec<u8>,
    /// JSON, from state.
    pub json: Vec<u8>,
}

/// What an RPC answers.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The value in MessagePack, if there is one.
    pub value: Option<Vec<u8>>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// Which kind a type name is looked up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// `data "…"`.
    DataSource,
    /// `ephemeral "…"`.
    Ephemeral,
    /// `resource "…"`.
    Resource,
}

/// A running provider with its configuration.
pub struct Server<P: Provider> {
    common: Arc<Common<P>>,
    state: RwLock<State<P::Context>>,
    stopped: CancellationToken,
}

/// What does not depend on any configuration.
struct Common<P> {
    provider: P,
    catalogue: OnceLock<Catalogue>,
    block: OnceLock<Arc<Shape>>,
    shapes: RwLock<BTreeMap<(Object, String), Arc<Shape>>>,
}

enum State<C> {
    Ready(Arc<C>),
    Unconfigured,
    /// These arguments of the provider block are not known before apply.
    Unknown(Vec<String>),
}

impl<C> Clone for State<C> {
    fn clone(&self) -> Self {
        match self {
            Self::Ready(context) => Self::Ready(context.clone()),
            Self::Unconfigured => Self::Unconfigured,
            Self::Unknown(arguments) => Self::Unknown(arguments.clone()),
        }
    }
}

impl<P: Provider> Server<P> {
    /// A server that is not configured yet.
    pub fn new(provider: P) -> Self {
        let common = Common { provider, catalogue: OnceLock::new(), block: OnceLock::new(), shapes: RwLock::default() };
        Self { common: Arc::new(common), state: RwLock::new(State::Unconfigured), stopped: CancellationToken::new() }
    }

    /// The same provider, not configured yet: for another provider block in the same process. It is stopped with this one.
    pub fn another(&self) -> Self {
        Self { common: Arc::clone(&self.common), state: RwLock::new(State::Unconfigured), stopped: self.stopped.child_token() }
    }

    /// Everything it serves. Built at the first call, because the handshake must not wait for it.
    pub fn catalogue(&self) -> &Catalogue {
        self.common.catalogue.get_or_init(Catalogue::of::<P>)
    }

    /// Cancels the work in flight; Terraform calls this at the first Ctrl-C.
    pub fn stop(&self) {
        self.stopped.cancel();
    }

    /// Contradictions in the provider block. What is unknown could complete or contradict anything, so a block with unknown values is
    /// looked at again when they are known.
    pub async fn validate_provider(&self, config: Wire) -> Diagnostics {
        let shape = self.block();
        let mut problems = Diagnostics::new();
        let settings = fitted(config, &shape).and_then(|config| {
            rules::check(&shape.schema.attributes, &config, &Path::root(), &mut problems);
            match config.has_unknown() || problems.has_errors() {
                true => Ok(None),
                false => bridge::decode(&config, &shape.schema.attributes).map(Some),
            }
        });
        match settings {
            Ok(Some(settings)) => self.common.provider.check(&settings, &mut problems),
            Ok(None) => {}
            Err(refused) => problems.extend(refused),
        }
        problems
    }

    /// Takes the provider block. Unknown arguments are remembered by name. A block that is refused leaves nothing of an earlier one.
    pub async fn configure(&self, terraform_version: &str, config: Wire) -> Diagnostics {
        let shape = self.block();
        let mut warnings = Diagnostics::new();
        let state = match fitted(config, &shape) {
            Ok(config) if config.has_unknown() => Ok(State::Unknown(unknown_arguments(&config))),
            Ok(config) => bridge::decode(&config, &shape.schema.attributes)
                .and_then(|settings| self.common.provider.configure(settings, terraform_version, &mut warnings))
                .map(|context| State::Ready(Arc::new(context))),
            Err(refused) => Err(refused),
        };
        let state = state.unwrap_or_else(|problems| {
            warnings.extend(problems);
            State::Unconfigured
        });
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        warnings
    }

    /// Rules and contradictions of one block; the parts that are unknown are passed over.
    pub async fn validate(&self, object: Object, type_name: &str, config: Wire) -> Diagnostics {
        let name = short_name::<P>(type_name);
        let check = match object {
            Object::DataSource => find(P::TABLES.data_sources, |entry| entry.name == name).map(|entry| entry.check),
            Object::Ephemeral | Object::Resource => {
                find(P::TABLES.validations, |entry| entry.name == name).map(|entry| entry.check)
            }
        };
        let (Some(check), Some(shape)) = (check, self.shape(object, type_name)) else { return no_such(type_name) };
        let mut problems = Diagnostics::new();
        match fitted(config, &shape) {
            Ok(config) => {
                rules::check(&shape.schema.attributes, &config, &Path::root(), &mut problems);
                // A value that breaks a rule would only break more.
                if !problems.has_errors() {
                    check(&config, &mut problems);
                }
            }
            Err(refused) => problems.extend(refused),
        }
        problems
    }

    /// Reads a data source. Its configuration is known by Terraform's own rules; the provider block may not be.
    pub async fn read_data_source(&self, type_name: &str, config: Wire) -> Answer {
        let entry = find(P::TABLES.data_sources, |entry| entry.name == short_name::<P>(type_name));
        let (Some(entry), Some(shape)) = (entry, self.shape(Object::DataSource, type_name)) else {
            return Answer::failed(no_such(type_name));
        };
        let mut warnings = Diagnostics::new();
        let answer = self.walk(config, &shape, entry.read, &mut warnings).await;
        Answer::of(answer, warnings)
    }

    /// Opens an ephemeral resource: verifies, on every plan and again at apply.
    pub async fn open_ephemeral(&self, type_name: &str, config: Wire) -> Answer {
        let (Some(entry), Some(shape)) = (self.validation(type_name), self.shape(Object::Ephemeral, type_name)) else {
            return Answer::failed(no_such(type_name));
        };
        let mut warnings = Diagnostics::new();
        let answer = self.walk(config, &shape, entry.verify, &mut warnings).await;
        Answer::of(answer, warnings)
    }

    /// Plans a managed validation: verifies, and plans exactly what is configured. While something is unknown it plans the unknown,
    /// which makes Terraform plan again at apply, and says so, because such a plan looks like a green one; where Terraform would not
    /// plan again, because nothing changes, that is an error.
    pub async fn plan(&self, type_name: &str, prior: Wire, proposed: Wire, config: Wire) -> Answer {
        let (Some(entry), Some(shape)) = (self.validation(type_name), self.shape(Object::Resource, type_name)) else {
            return Answer::failed(no_such(type_name));
        };
        let shapes =
            fitted(config, &shape).and_then(|config| Ok((config, fitted(prior, &shape)?, fitted(proposed.clone(), &shape)?)));
        let (config, prior, planned) = match shapes {
            Ok(shapes) => shapes,
            Err(refused) => return Answer::failed(refused),
        };
        let echoed = Answer { value: Some(proposed.msgpack), diagnostics: Diagnostics::new() };
        if planned.is_null() {
            return echoed;
        }
        if config.has_unknown() {
            return Answer { diagnostics: put_off(entry.name, "", &unknown_arguments(&config)), ..echoed };
        }
        match self.state() {
            State::Unknown(arguments) if prior == planned => Answer::failed(never_verified(&arguments)),
            State::Unknown(arguments) => {
                Answer { diagnostics: put_off(entry.name, " of the provider block", &arguments), ..echoed }
            }
            state => {
                let mut warnings = Diagnostics::new();
                let verdict = match ready(state) {
                    Ok(context) => {
                        self.unless_stopped((entry.verify)(&config, &shape.schema.attributes, &context, &mut warnings)).await
                    }
                    Err(problems) => Err(problems),
                };
                warnings.extend(verdict.err().map(Diagnostics::of_managed).unwrap_or_default());
                Answer { diagnostics: warnings, ..echoed }
            }
        }
    }

    /// Applies a managed validation: stores what was planned. It was verified when it was planned, with the same configuration.
    pub async fn apply(&self, type_name: &str, _prior: Wire, planned: Wire) -> Answer {
        match self.shape(Object::Resource, type_name) {
            Some(_) => Answer { value: Some(planned.msgpack), diagnostics: Diagnostics::new() },
            None => Answer::failed(no_such(type_name)),
        }
    }

    /// Refreshes a managed validation: what is stored is the configuration, and nothing else can change it.
    pub async fn read_resource(&self, type_name: &str, state: Wire) -> Answer {
        match self.shape(Object::Resource, type_name) {
            Some(_) => Answer { value: Some(state.msgpack), diagnostics: Diagnostics::new() },
            None => Answer::failed(no_such(type_name)),
        }
    }

    /// Brings stored state into today's schema; there has been only one so far.
    pub async fn upgrade_state(&self, type_name: &str, _version: i64, stored: &[u8], has_flatmap: bool) -> Answer {
        let Some(shape) = self.shape(Object::Resource, type_name) else { return Answer::failed(no_such(type_name)) };
        if has_flatmap && stored.is_empty() {
            let detail =
                format!("The state of {type_name} is in the form from before Terraform 0.12, which this provider never wrote.");
            return Answer::failed(Diagnostics::of_error("Unreadable state", detail));
        }
        let value = json::decode(stored, &shape.ty).map_err(|error| {
            let detail = format!(
                "The stored state of {type_name} does not fit its schema: {}. Remove it with `terraform state rm` and plan again; \
                 a validation stores only its configuration.",
                error.0
            );
            Diagnostics::of_error("Unreadable state", detail)
        });
        Answer::of(value, Diagnostics::new())
    }

    /// There is nothing in Azure to import.
    pub async fn import(&self, type_name: &str, id: &str) -> Diagnostics {
        let detail = format!(
            "{type_name} stands for a check, not for something in Azure, so there is nothing to import as {}: add the block and plan.",
            quoted(id)
        );
        Diagnostics::of_error("Nothing to import", detail)
    }

    /// Calls a function. Works without configuration.
    pub async fn call_function(&self, name: &str, arguments: Vec<Wire>) -> std::result::Result<Vec<u8>, FunctionError> {
        let (Some(entry), Some(signature)) = (function::<P>(name), self.catalogue().functions.get(name)) else {
            return Err(FunctionError::whole(format!("this provider has no function {}", quoted(name))));
        };
        let mut named = BTreeMap::new();
        for (position, (argument, parameter)) in arguments.into_iter().zip(&signature.parameters).enumerate() {
            let value = decode_wire(argument, &parameter.ty()).map_err(|text| FunctionError::about(position, text))?;
            if value.has_unknown() {
                return Err(FunctionError::about(position, "is not known yet"));
            }
            named.insert(parameter.name.clone(), value);
        }
        let named = Value::Map(named);
        let mut problems = Diagnostics::new();
        rules::check(&signature.parameters, &named, &Path::root(), &mut problems);
        if let Some(problem) = problems.into_iter().next() {
            let position = match problem.path.steps() {
                [Step::Attribute(name), ..] => signature.parameters.iter().position(|parameter| parameter.name == *name),
                _ => None,
            };
            return Err(FunctionError { argument: position, ..FunctionError::whole(problem.detail) });
        }
        let answer = (entry.call)(&named, signature)?;
        msgpack::encode(&answer).map_err(|error| FunctionError::whole(error.0))
    }

    /// Decodes a wholly known configuration, and works on it until it is done or stopped.
    async fn walk(&self, config: Wire, shape: &Shape, work: Read<P::Context>, warnings: &mut Diagnostics) -> Result<Value> {
        let config = fitted(config, shape)?;
        let context = ready(self.state())?;
        if config.has_unknown() {
            let detail = format!("Not known yet: {}.", unknown_arguments(&config).join(", "));
            return Err(Diagnostics::of_error("Configuration is not known yet", detail));
        }
        self.unless_stopped(work(&config, &shape.schema.attributes, &context, warnings)).await
    }

    async fn unless_stopped(&self, work: Work<'_, Result<Value>>) -> Result<Value> {
        tokio::select! {
            biased;
            () = self.stopped.cancelled() => {
                Err(Diagnostics::of_error("Stopped", "Terraform asked the provider to stop, so this read was given up."))
            }
            result = work => result,
        }
    }

    fn state(&self) -> State<P::Context> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn validation(&self, type_name: &str) -> Option<&'static ValidationEntry<P::Context>> {
        find(P::TABLES.validations, |entry| entry.name == short_name::<P>(type_name))
    }

    fn block(&self) -> Arc<Shape> {
        let built = || Arc::new(Shape::of(block::<P>().unwrap_or_else(|_| Schema::empty())));
        Arc::clone(self.common.block.get_or_init(built))
    }

    /// The shape of one type, built when it is first asked for: Terraform starts a provider several times a plan, and most of those
    /// processes see one or two types.
    fn shape(&self, object: Object, type_name: &str) -> Option<Arc<Shape>> {
        let key = (object, type_name.to_owned());
        if let Some(known) = self.common.shapes.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Some(Arc::clone(known));
        }
        let name = short_name::<P>(type_name);
        let schema = match object {
            Object::DataSource => find(P::TABLES.data_sources, |entry| entry.name == name).map(|entry| (entry.schema)()),
            Object::Ephemeral => self.validation(type_name).map(|entry| (entry.ephemeral)()),
            Object::Resource => self.validation(type_name).map(|entry| (entry.managed)()),
        };
        let shape = Arc::new(Shape::of(schema?.ok()?));
        self.common.shapes.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&shape));
        Some(shape)
    }
}

impl Answer {
    fn failed(diagnostics: Diagnostics) -> Self {
        Self { value: None, diagnostics }
    }

    fn of(value: Result<Value>, mut diagnostics: Diagnostics) -> Self {
        let encoded = value.and_then(|value| {
            msgpack::encode(&value).map_err(|error| Diagnostics::of_error("The answer cannot be encoded", error.0))
        });
        match encoded {
            Ok(bytes) => Self { value: Some(bytes), diagnostics },
            Err(problems) => {
                diagnostics.extend(problems);
                Self::failed(diagnostics)
            }
        }
    }
}

impl<P: Provider> fmt::Debug for Server<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("provider", &P::NAME).finish_non_exhaustive()
    }
}

fn ready<C>(state: State<C>) -> Result<Arc<C>> {
    match state {
        State::Ready(context) => Ok(context),
        State::Unconfigured => {
            let detail = "Terraform has not configured the provider before asking it to read. This is a bug; please report it.";
            Err(Diagnostics::of_error("Provider is not configured", detail))
        }
        State::Unknown(arguments) => {
            let detail = format!(
                "The provider block depends on values that exist only after apply: {}. Reading needs them now. Give them as variables, \
                 or create what they come from in an earlier run.",
                listed(&arguments)
            );
            Err(Diagnostics::of_error("Provider configuration is not known yet", detail))
        }
    }
}

/// The warning that a plan says nothing about a validation yet; `of` is whose arguments are not known.
fn put_off(name: &str, of: &str, arguments: &[String]) -> Diagnostics {
    let detail = format!(
        "Not known before apply: {}{of}. So this plan does not say whether the validation passes. It is judged at apply, before anything \
         that `depends_on` it.",
        listed(arguments)
    );
    let path = arguments.first().filter(|_| of.is_empty()).map_or_else(Path::root, Path::attribute);
    let mut warnings = Diagnostics::new();
    warnings.warning(path, format!("{name}: verdict put off until apply"), detail);
    warnings
}

fn never_verified(arguments: &[String]) -> Diagnostics {
    let detail = format!(
        "The provider block depends on values that exist only after apply ({}), so this validation cannot be judged now; and because \
         nothing in it changes, Terraform would not plan it again at apply. Give the provider known values, or tie the validation to \
         the change with `triggers`.",
        listed(arguments)
    );
    Diagnostics::of_error("Provider configuration is not known yet", detail)
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn unknown_arguments(config: &Value) -> Vec<String> {
    match config {
        Value::Map(arguments) => {
            arguments.iter().filter(|(_, value)| value.has_unknown()).map(|(name, _)| name.clone()).collect()
        }
        _ => Vec::new(),
    }
}

/// Decodes a value and fits it to its schema.
fn fitted(wire: Wire, shape: &Shape) -> Result<Value> {
    decode_wire(wire, &shape.ty).map_err(|text| {
        let detail = format!("{text}. This is a bug in the provider or in Terraform; please report it with both versions.");
        Diagnostics::of_error("The value Terraform sent does not fit the schema", detail)
    })
}

fn decode_wire(wire: Wire, ty: &Type) -> std::result::Result<Value, String> {
    if wire.msgpack.is_empty() {
        return json::decode(&wire.json, ty).map_err(|error| error.0);
    }
    let value = msgpack::decode(&wire.msgpack).map_err(|error| error.0)?;
    conform(value, ty).map_err(|(path, text)| format!("`{path}`: {text}"))
}

fn no_such(type_name: &str) -> Diagnostics {
    Diagnostics::of_error(
        "Unknown type",
        format!("This provider has no {}. Compare its version with the documentation's.", quoted(type_name)),
    )
}

fn find<T>(tables: &'static [&'static [T]], is: impl Fn(&T) -> bool) -> Option<&'static T> {
    tables.iter().flat_map(|table| table.iter()).find(|entry| is(entry))
}

fn function<P: Provider>(name: &str) -> Option<&'static FunctionEntry> {
    find(P::TABLES.functions, |entry| entry.name == name)
}

fn short_name<P: Provider>(type_name: &str) -> &str {
    type_name.strip_prefix(P::NAME).and_then(|rest| rest.strip_prefix('_')).unwrap_or_default()
}
