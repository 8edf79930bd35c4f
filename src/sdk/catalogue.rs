//! Everything a provider serves, with its schemas: built from the Rust types when it is asked for.

use std::collections::BTreeMap;

use super::{
    Diagnostics, Path, Type,
    entry::Provider,
    model,
    schema::{Schema, Signature},
};

/// Everything a provider serves, by full type name.
#[derive(Debug)]
pub struct Catalogue {
    /// The provider block.
    pub provider: Schema,
    /// Data sources.
    pub data_sources: BTreeMap<String, Schema>,
    /// Managed resources.
    pub resources: BTreeMap<String, Schema>,
    /// Ephemeral resources.
    pub ephemeral_resources: BTreeMap<String, Schema>,
    /// Functions, without prefix.
    pub functions: BTreeMap<String, Signature>,
    /// Types of ours that Terraform cannot express.
    pub problems: Diagnostics,
}

/// A schema and the type its values have.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) schema: Schema,
    pub(super) ty: Type,
}

impl Shape {
    pub(super) fn of(schema: Schema) -> Self {
        Self { ty: schema.implied_type(), schema }
    }
}

/// The provider block.
pub(super) fn block<P: Provider>() -> std::result::Result<Schema, model::ModelError> {
    model::arguments::<P::Settings>().map(|(description, attributes)| Schema { description, attributes })
}

impl Catalogue {
    /// All schemas at once.
    pub(super) fn of<P: Provider>() -> Self {
        let mut problems = Diagnostics::new();
        let mut sound = |name: &str, schema: std::result::Result<Schema, model::ModelError>| {
            schema
                .map_err(|error| problems.error(Path::root(), "Schema that Terraform cannot express", format!("{name}: {error}")))
                .ok()
        };
        let full = |name: &str| format!("{}_{name}", P::NAME);
        let provider = sound(P::NAME, block::<P>()).unwrap_or_else(Schema::empty);
        let mut data_sources = BTreeMap::new();
        for entry in P::TABLES.data_sources.iter().flat_map(|table| table.iter()) {
            data_sources.extend(sound(entry.name, (entry.schema)()).map(|schema| (full(entry.name), schema)));
        }
        let (mut resources, mut ephemeral_resources) = (BTreeMap::new(), BTreeMap::new());
        for entry in P::TABLES.validations.iter().flat_map(|table| table.iter()) {
            resources.extend(sound(entry.name, (entry.managed)()).map(|schema| (full(entry.name), schema)));
            ephemeral_resources.extend(sound(entry.name, (entry.ephemeral)()).map(|schema| (full(entry.name), schema)));
        }
        let mut functions = BTreeMap::new();
        for entry in P::TABLES.functions.iter().flat_map(|table| table.iter()) {
            match (entry.signature)() {
                Ok(signature) => drop(functions.insert(entry.name.to_owned(), signature)),
                Err(error) => {
                    problems.error(Path::root(), "Schema that Terraform cannot express", format!("{}: {error}", entry.name))
                }
            }
        }
        Self { provider, data_sources, resources, ephemeral_resources, functions, problems }
    }
}
