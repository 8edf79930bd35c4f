//! What a provider is made of, typed: the traits to implement, and the table rows that erase the types.

use std::{
    fmt,
    future::Future,
    pin::{Pin, pin},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Diagnostics, Result, Value, bridge,
    gate::{self, Gate, Judged},
    model, personal,
    schema::{Attribute, Schema, Signature},
};
use crate::text;

/// A provider: its block, what it is configured into, and its tables.
pub trait Provider: Send + Sync + 'static {
    /// The prefix of every type name: `azposture`.
    const NAME: &'static str;
    /// The source addresses: one at `registry.terraform.io`, where Terraform looks, and one at `registry.opentofu.org`, where OpenTofu does.
    const ADDRESSES: &'static [&'static str];
    /// The release.
    const VERSION: &'static str;
    /// The provider block; the doc comment is the text of the index page.
    type Settings: DeserializeOwned + JsonSchema;
    /// What a configured provider hands to every read.
    type Context: Configured;
    /// Everything it serves.
    const TABLES: Tables<Self::Context>;

    /// Contradictions in the text of a block that is wholly known. Never touches the network.
    fn check(&self, settings: &Self::Settings, problems: &mut Diagnostics);

    /// Turns the block into a context. Takes no token and makes no request.
    fn configure(&self, settings: Self::Settings, terraform_version: &str, warnings: &mut Diagnostics) -> Result<Self::Context>;
}

/// What every read is given, as far as the answers themselves depend on it.
pub trait Configured: Sized + Send + Sync + 'static {
    /// A part of the provider that can be switched off.
    type Area: Send;
    /// Why a reading ends without an answer.
    type Stop: Into<Diagnostics>;

    /// Whether answers name people. If not, every attribute marked `x-personal` is left out of them, whatever an entry answers.
    fn shows_people(&self) -> bool;

    /// A stop if an area is switched off.
    fn require(&self, area: Self::Area) -> std::result::Result<(), Self::Stop>;

    /// The time that one reading may take, waiting included.
    fn time_limit(&self) -> Duration;

    /// What a reading comes to whose time is spent; it is still under way.
    fn out_of_time(&self) -> Self::Stop;

    /// The same without anything that was read before.
    fn fresh(&self) -> Self;
}

/// The areas of a configured provider.
type AreaOf<C> = <C as Configured>::Area;

/// The rows of all subjects, in tables of their own so that each subject keeps its own list.
pub struct Tables<C: 'static> {
    /// Data sources.
    pub data_sources: &'static [&'static [DataSourceEntry<C>]],
    /// Validations: each is a managed resource and an ephemeral resource.
    pub validations: &'static [&'static [ValidationEntry<C>]],
    /// Functions.
    pub functions: &'static [&'static [FunctionEntry]],
}

/// What the registry page says beside the schema.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The group of pages it stands in.
    pub subcategory: &'static str,
    /// Markdown: the roles and permissions a read needs.
    pub permissions: &'static str,
}

/// Something that is read: arguments in, attributes out.
pub trait DataSource: 'static {
    /// The name behind the prefix.
    const NAME: &'static str;
    /// Its registry page.
    const PAGE: Page;
    /// The configured provider.
    type Context: Configured;
    /// The area it belongs to, if to one; where that is switched off nothing is read.
    const AREA: Option<AreaOf<Self::Context>>;
    /// What the user writes; the doc comment of the type is the page's text.
    type Arguments: DeserializeOwned + JsonSchema + Send;
    /// What the provider answers.
    type Attributes: Serialize + JsonSchema;

    /// Contradictions between arguments. Sees unknown values; never touches the network.
    fn check(_arguments: &Value, _problems: &mut Diagnostics) {}

    /// The read, in an area that is on. It fails only if it cannot answer at all, and is given up when its time is spent.
    fn read(
        arguments: Self::Arguments,
        context: &Self::Context,
        warnings: &mut Diagnostics,
    ) -> impl Future<Output = Result<Self::Attributes>> + Send;
}

/// Something that is verified: arguments, and a judge. Its forms, a managed resource without computed attributes and an ephemeral
/// resource, are made of that.
pub trait Validation: 'static {
    /// The name behind the prefix.
    const NAME: &'static str;
    /// Its registry page.
    const PAGE: Page;
    /// The configured provider.
    type Context: Configured;
    /// The area it belongs to, if to one; where that is switched off nothing is judged.
    const AREA: Option<AreaOf<Self::Context>>;
    /// What all validations are told, and what becomes of what they say.
    type Gate: Gate<Context = Self::Context>;
    /// What the user writes beside that; the doc comment of the type is the page's text.
    type Arguments: DeserializeOwned + JsonSchema + Send + Sync;

    /// Contradictions between arguments. Sees unknown values; never touches the network.
    fn check(_arguments: &Value, _problems: &mut Diagnostics) {}

    /// One reading and what it leads to, in an area that is on; it is given up when its time is spent. What it advises whatever the
    /// verdict goes to `advice`.
    fn judge(
        arguments: &Self::Arguments,
        gate: &Self::Gate,
        context: &Self::Context,
        advice: &mut Diagnostics,
    ) -> impl Future<Output = Judged<Self::Gate>> + Send;
}

/// A pure, offline function. The fields of `Arguments`, in their order, are its parameters.
pub trait Function: 'static {
    /// Its name, without prefix.
    const NAME: &'static str;
    /// One line.
    const SUMMARY: &'static str;
    /// What the caller gives; the doc comment of the type is the page's text.
    type Arguments: DeserializeOwned + JsonSchema;
    /// What it answers.
    type Answer: Serialize + JsonSchema;

    /// The answer, or why there is none.
    fn call(arguments: Self::Arguments) -> std::result::Result<Self::Answer, FunctionError>;
}

/// Why a function has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// What is wrong and what to do.
    pub text: String,
    /// The position of the argument it is about.
    pub argument: Option<usize>,
}

impl FunctionError {
    /// An error about the argument at `position`.
    pub fn about(position: usize, text: impl Into<String>) -> Self {
        Self { argument: Some(position), ..Self::whole(text) }
    }

    /// An error about no argument. Whatever its text quotes drives no terminal.
    pub fn whole(text: impl Into<String>) -> Self {
        Self { text: text::lines(text.into()), argument: None }
    }
}

/// A future that lives as long as what it borrows.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

type Check = fn(&Value, &mut Diagnostics);
/// Decodes arguments, works on them, and answers the whole object.
pub(super) type Read<C> = for<'a> fn(&'a Value, &'a [Attribute], &'a C, &'a mut Diagnostics) -> Work<'a, Result<Value>>;

/// A data source as a table row.
pub struct DataSourceEntry<C: 'static> {
    /// The name behind the prefix.
    pub name: &'static str,
    /// Its registry page.
    pub page: Page,
    pub(super) schema: fn() -> std::result::Result<Schema, model::ModelError>,
    pub(super) check: Check,
    pub(super) read: Read<C>,
}

impl<C: Configured> DataSourceEntry<C> {
    /// The row of `T`.
    pub const fn of<T: DataSource<Context = C>>() -> Self {
        Self {
            name: T::NAME,
            page: T::PAGE,
            schema: schema_of::<T::Arguments, T::Attributes>,
            check: T::check,
            read: |config, attributes, context, warnings| {
                Box::pin(async move {
                    let arguments: T::Arguments = bridge::decode(config, attributes)?;
                    require(context, T::AREA)?;
                    let answer = in_time(context, T::read(arguments, context, warnings)).await.map_err(Into::into)??;
                    answered(config, &answer, attributes, context.shows_people())
                })
            },
        }
    }
}

/// A validation as a table row.
pub struct ValidationEntry<C: 'static> {
    /// The name behind the prefix.
    pub name: &'static str,
    /// Its registry page.
    pub page: Page,
    pub(super) managed: fn() -> std::result::Result<Schema, model::ModelError>,
    pub(super) ephemeral: fn() -> std::result::Result<Schema, model::ModelError>,
    pub(super) check: Check,
    /// Answers the arguments and, where the schema has them, the counts.
    pub(super) verify: Read<C>,
}

impl<C: Configured> ValidationEntry<C> {
    /// The row of `T`.
    pub const fn of<T: Validation<Context = C>>() -> Self {
        Self {
            name: T::NAME,
            page: T::PAGE,
            managed: gated::<T>,
            ephemeral: || joined(gated::<T>()?, model::attributes::<<T::Gate as Gate>::Counts>()?.1),
            check: T::check,
            verify: |config, attributes, context, warnings| {
                Box::pin(async move {
                    // Each is told what concerns it, so that a mismatch still points at its attribute.
                    let arguments: T::Arguments = bridge::decode(config, attributes)?;
                    let gate: T::Gate = bridge::decode(config, attributes)?;
                    require(context, T::AREA)?;
                    let counts = gate::verdict::<T>(&arguments, &gate, context, warnings).await?;
                    answered(config, &counts, attributes, context.shows_people())
                })
            },
        }
    }
}

/// A function as a table row.
pub struct FunctionEntry {
    /// Its name.
    pub name: &'static str,
    pub(super) signature: fn() -> std::result::Result<Signature, model::ModelError>,
    pub(super) call: fn(&Value, &Signature) -> std::result::Result<Value, FunctionError>,
}

impl FunctionEntry {
    /// The row of `T`.
    pub const fn of<T: Function>() -> Self {
        Self {
            name: T::NAME,
            signature: || {
                let (description, parameters) = model::arguments::<T::Arguments>()?;
                Ok(Signature {
                    summary: T::SUMMARY.to_owned(),
                    description,
                    parameters,
                    result: model::result_type::<T::Answer>()?,
                })
            },
            call: |arguments, signature| {
                let arguments = bridge::decode(arguments, &signature.parameters).map_err(first_text)?;
                bridge::encode_as(&T::call(arguments)?, &signature.result).map_err(first_text)
            },
        }
    }
}

fn require<C: Configured>(context: &C, area: Option<C::Area>) -> Result<()> {
    area.map_or(Ok(()), |area| context.require(area)).map_err(Into::into)
}

/// The work, or a stop when its time is spent.
pub(super) async fn in_time<T, C: Configured>(
    context: &C,
    work: impl Future<Output = T> + Send,
) -> std::result::Result<T, C::Stop> {
    let mut work = pin!(work);
    // It is kept until the stop has told what is under way.
    tokio::time::timeout(context.time_limit(), work.as_mut()).await.map_err(|_| context.out_of_time())
}

fn first_text(problems: Diagnostics) -> FunctionError {
    FunctionError::whole(problems.into_iter().map(|problem| problem.detail).next().unwrap_or_default())
}

/// Arguments first, then what is answered.
fn schema_of<A: JsonSchema, B: JsonSchema>() -> std::result::Result<Schema, model::ModelError> {
    let (description, attributes) = model::arguments::<A>()?;
    joined(Schema { description, attributes }, model::attributes::<B>()?.1)
}

/// The arguments of a validation, then those that all of them take.
fn gated<T: Validation>() -> std::result::Result<Schema, model::ModelError> {
    let (description, attributes) = model::arguments::<T::Arguments>()?;
    joined(Schema { description, attributes }, model::arguments::<T::Gate>()?.1)
}

/// With more attributes; no two have one name.
fn joined(mut schema: Schema, more: Vec<Attribute>) -> std::result::Result<Schema, model::ModelError> {
    for attribute in more {
        if schema.attribute(&attribute.name).is_some() {
            return Err(format!("`{}` stands there twice, as argument or answer", attribute.name));
        }
        schema.attributes.push(attribute);
    }
    Ok(schema)
}

/// The configuration as it came, and the computed attributes beside it.
fn answered<T: Serialize>(config: &Value, answer: &T, attributes: &[Attribute], shows_people: bool) -> Result<Value> {
    let mut object = bridge::encode(answer, attributes)?;
    if !shows_people {
        personal::hide(&mut object, attributes);
    }
    if let Value::Map(arguments) = config {
        let arguments = arguments.iter().filter(|(name, _)| !object.contains_key(*name));
        let arguments: Vec<_> = arguments.map(|(name, value)| (name.clone(), value.clone())).collect();
        object.extend(arguments);
    }
    Ok(Value::Map(object))
}

impl<C> fmt::Debug for Tables<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tables").finish_non_exhaustive()
    }
}

impl<C> fmt::Debug for DataSourceEntry<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DataSourceEntry").field(&self.name).finish()
    }
}

impl<C> fmt::Debug for ValidationEntry<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ValidationEntry").field(&self.name).finish()
    }
}

impl fmt::Debug for FunctionEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FunctionEntry").field(&self.name).finish()
    }
}
