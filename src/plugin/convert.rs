//! Between the words of the protocol and those of `sdk`. Each function is one message; nothing is decided here.

use super::wire::tfplugin6::{self as pb, attribute_path, diagnostic, function, get_metadata, get_provider_schema, schema};
use crate::sdk::{
    Diagnostic, Diagnostics, Severity, Type,
    catalogue::Catalogue,
    diagnostic::Step,
    entry::FunctionError,
    schema::{Attribute, Kind, Mode, Nesting, Schema, Signature},
    server::Wire,
};

/// A value that arrives. A missing one is null, and so is an empty one, as OpenTofu sends a null argument.
pub(super) fn wire(value: Option<pb::DynamicValue>) -> Wire {
    value.map(|value| Wire { msgpack: value.msgpack, json: value.json }).unwrap_or_default()
}

/// A value that goes back.
pub(super) fn value(msgpack: Option<Vec<u8>>) -> Option<pb::DynamicValue> {
    msgpack.map(|msgpack| pb::DynamicValue { msgpack, json: Vec::new() })
}

/// Errors and warnings.
pub(super) fn diagnostics(all: Diagnostics) -> Vec<pb::Diagnostic> {
    all.into_iter().map(one_diagnostic).collect()
}

/// Why a function has no result.
pub(super) fn function_error(error: FunctionError) -> pb::FunctionError {
    let argument = error.argument.and_then(|argument| i64::try_from(argument).ok());
    pb::FunctionError { text: error.text, function_argument: argument }
}

/// All names, without schemas.
pub(super) fn metadata(catalogue: &Catalogue) -> get_metadata::Response {
    let Catalogue { data_sources, resources, ephemeral_resources, functions, .. } = catalogue;
    let name = String::clone;
    get_metadata::Response {
        server_capabilities: Some(capabilities()),
        diagnostics: Vec::new(),
        data_sources: data_sources.keys().map(name).map(|type_name| get_metadata::DataSourceMetadata { type_name }).collect(),
        resources: resources.keys().map(name).map(|type_name| get_metadata::ResourceMetadata { type_name }).collect(),
        functions: functions.keys().map(name).map(|name| get_metadata::FunctionMetadata { name }).collect(),
        ephemeral_resources: ephemeral_resources
            .keys()
            .map(name)
            .map(|type_name| get_metadata::EphemeralMetadata { type_name })
            .collect(),
    }
}

/// All schemas.
pub(super) fn schemas(catalogue: &Catalogue) -> get_provider_schema::Response {
    let all = |schemas: &std::collections::BTreeMap<String, Schema>| {
        schemas.iter().map(|(name, schema)| (name.clone(), one_schema(schema))).collect()
    };
    get_provider_schema::Response {
        provider: Some(one_schema(&catalogue.provider)),
        resource_schemas: all(&catalogue.resources),
        data_source_schemas: all(&catalogue.data_sources),
        functions: functions(catalogue),
        ephemeral_resource_schemas: all(&catalogue.ephemeral_resources),
        diagnostics: diagnostics(catalogue.problems.clone()),
        provider_meta: None,
        server_capabilities: Some(capabilities()),
    }
}

/// All signatures.
pub(super) fn functions(catalogue: &Catalogue) -> std::collections::HashMap<String, pb::Function> {
    catalogue.functions.iter().map(|(name, signature)| (name.clone(), one_function(signature))).collect()
}

/// A schema never changes within a process, so the host may cache it; a destroy is not worth a plan.
fn capabilities() -> pb::ServerCapabilities {
    pb::ServerCapabilities {
        plan_destroy: false,
        get_provider_schema_optional: true,
        move_resource_state: false,
        generate_resource_config: false,
    }
}

fn one_diagnostic(diagnostic: Diagnostic) -> pb::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => diagnostic::Severity::Error,
        Severity::Warning => diagnostic::Severity::Warning,
    };
    let (steps, path) = (diagnostic.path.resolvable(), diagnostic.path.to_string());
    let mut detail = diagnostic.detail;
    if steps.len() < diagnostic.path.steps().len() && !detail.contains(&path) {
        detail = format!("{detail}\n\nThis is about {path}.");
    }
    if let Some(id) = diagnostic.trace {
        detail = format!("{detail}\n\nRequest id: {id}");
    }
    pb::Diagnostic { severity: severity.into(), summary: diagnostic.summary, detail, attribute: attribute_path(steps) }
}

fn attribute_path(steps: &[Step]) -> Option<pb::AttributePath> {
    use attribute_path::step::Selector;

    if steps.is_empty() {
        return None;
    }
    let selector = |step: &Step| match step {
        Step::Attribute(name) => Selector::AttributeName(name.clone()),
        Step::Index(index) => Selector::ElementKeyInt(i64::try_from(*index).unwrap_or(i64::MAX)),
        Step::Key(key) => Selector::ElementKeyString(key.clone()),
    };
    let steps = steps.iter().map(|step| attribute_path::Step { selector: Some(selector(step)) }).collect();
    Some(pb::AttributePath { steps })
}

fn one_schema(schema: &Schema) -> pb::Schema {
    let block = schema::Block {
        attributes: schema.attributes.iter().map(attribute).collect(),
        description: schema.description.clone(),
        description_kind: pb::StringKind::Markdown.into(),
        ..Default::default()
    };
    pb::Schema { version: 0, block: Some(block) }
}

/// Terraform refuses the whole provider if an attribute has both a type and a nested type.
fn attribute(attribute: &Attribute) -> schema::Attribute {
    let (plain, nested) = match &attribute.kind {
        Kind::Nested(nesting, attributes) => (Vec::new(), Some(nested(*nesting, attributes))),
        Kind::Plain(ty) => (type_json(ty), None),
    };
    schema::Attribute {
        name: attribute.name.clone(),
        r#type: plain,
        nested_type: nested,
        description: attribute.description.clone(),
        description_kind: pb::StringKind::Markdown.into(),
        required: attribute.mode == Mode::Required,
        optional: attribute.mode == Mode::Optional,
        computed: attribute.mode == Mode::Computed,
        sensitive: attribute.sensitive,
        deprecated: attribute.deprecated,
        ..Default::default()
    }
}

fn nested(nesting: Nesting, attributes: &[Attribute]) -> schema::Object {
    use schema::object::NestingMode;

    let nesting = match nesting {
        Nesting::List => NestingMode::List,
        Nesting::Map => NestingMode::Map,
        Nesting::Set => NestingMode::Set,
        Nesting::Single => NestingMode::Single,
    };
    schema::Object { attributes: attributes.iter().map(attribute).collect(), nesting: nesting.into() }
}

fn one_function(signature: &Signature) -> pb::Function {
    pb::Function {
        parameters: signature.parameters.iter().map(parameter).collect(),
        r#return: Some(function::Return { r#type: type_json(&signature.result) }),
        summary: signature.summary.clone(),
        description: signature.description.clone(),
        description_kind: pb::StringKind::Markdown.into(),
        ..Default::default()
    }
}

/// An optional parameter is one that may be null; unknown arguments make Terraform answer unknown without a call.
fn parameter(attribute: &Attribute) -> function::Parameter {
    function::Parameter {
        name: attribute.name.clone(),
        r#type: type_json(&attribute.ty()),
        allow_null_value: attribute.mode == Mode::Optional,
        allow_unknown_values: false,
        description: attribute.description.clone(),
        description_kind: pb::StringKind::Markdown.into(),
    }
}

fn type_json(ty: &Type) -> Vec<u8> {
    ty.to_json().to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdk::Path;

    fn of(kind: Kind, mode: Mode) -> Attribute {
        Attribute {
            name: "a".into(),
            description: "text".into(),
            kind,
            mode,
            sensitive: false,
            personal: false,
            deprecated: false,
            rules: vec![],
            element_rules: vec![],
        }
    }

    #[test]
    fn an_attribute_has_a_type_or_a_nested_type_but_never_both() {
        let plain = of(Kind::Plain(Type::Set(Box::new(Type::String))), Mode::Required);
        let nested = attribute(&of(Kind::Nested(Nesting::Map, vec![plain.clone()]), Mode::Computed));
        let plain = attribute(&plain);
        assert_eq!((plain.r#type.as_slice(), plain.nested_type.is_some()), (br#"["set","string"]"#.as_slice(), false));
        assert!(nested.r#type.is_empty() && nested.nested_type.is_some());
        assert!(plain.required && !plain.optional && !plain.computed && nested.computed);
    }

    #[test]
    fn an_optional_parameter_may_be_null() {
        assert!(parameter(&of(Kind::Plain(Type::String), Mode::Optional)).allow_null_value);
        assert!(!parameter(&of(Kind::Plain(Type::String), Mode::Required)).allow_null_value);
    }

    #[test]
    fn a_path_that_terraform_cannot_resolve_is_cut_and_stands_in_the_text() {
        let deep = Path::attribute("plans").then(Step::Key("vm".into())).then(Step::Attribute("tier".into()));
        let mut all = Diagnostics::new();
        all.warning(deep.clone(), "Odd", "Look.");
        all.error(deep, "Odd", r#"Look at plans["vm"].tier."#);
        all.error(Path::root(), "Odd", "Look.");
        let [cut, named, root] = diagnostics(all).try_into().unwrap();
        assert_eq!(cut.attribute.unwrap().steps.len(), 2);
        assert_eq!((cut.severity, cut.detail.as_str()), (2, "Look.\n\nThis is about plans[\"vm\"].tier."));
        assert_eq!((named.severity, named.detail.as_str()), (1, r#"Look at plans["vm"].tier."#));
        assert!(root.attribute.is_none());
    }

    #[test]
    fn the_request_id_stands_behind_the_detail() {
        let [traced] = diagnostics(Diagnostics::of_error("Odd", "Look.").traced(Some("r-1"))).try_into().unwrap();
        assert_eq!(traced.detail, "Look.\n\nRequest id: r-1");
    }

    #[test]
    fn a_missing_value_is_null() {
        let wire = wire(None);
        assert!(wire.msgpack.is_empty() && wire.json.is_empty());
        assert!(value(None).is_none());
    }
}
