//! Attributes from Rust types: schemars describes the type, this file turns the description into what Terraform understands, and
//! refuses what Terraform cannot express.
//!
//! Beside JSON Schema's own words it reads these: `x-sensitive` (bool), `x-personal` (bool: it names a person), `x-expected` (what a
//! `pattern` means, in words), `x-ignore-case` (bool, for an enumeration), `x-empty-allowed` (bool, for a string), `x-hints` (pairs of a
//! pattern and what to say to a wrong value of that form).

use regex_lite::Regex;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value as Json};

use super::{
    Type,
    rules::{Hint, Rule},
    schema::{Attribute, Kind, Mode, Nesting, object_type},
};

/// Why a Rust type has no Terraform schema: a mistake of ours, found by the test that builds every schema.
pub type ModelError = String;

/// The doc comment of `T` and its attributes as arguments: a field is required unless it is an `Option`.
pub fn arguments<T: JsonSchema>() -> Result<(String, Vec<Attribute>), ModelError> {
    let schema = settings().into_generator().into_root_schema_for::<T>();
    root(&schema, Role::Argument)
}

/// The doc comment of `T` and its attributes as the provider's answer: all computed.
pub fn attributes<T: JsonSchema>() -> Result<(String, Vec<Attribute>), ModelError> {
    let schema = settings().for_serialize().into_generator().into_root_schema_for::<T>();
    root(&schema, Role::Answer)
}

/// The type of `T` as the answer of a function.
pub fn result_type<T: JsonSchema>() -> Result<Type, ModelError> {
    let schema = settings().for_serialize().into_generator().into_root_schema_for::<T>();
    let kind = Property::of(schema.as_value(), Role::Answer, "result")?.kind;
    Ok(match kind {
        Kind::Plain(ty) => ty,
        Kind::Nested(Nesting::Single, attributes) => object_type(&attributes),
        Kind::Nested(nesting, attributes) => {
            let object = Box::new(object_type(&attributes));
            match nesting {
                Nesting::Map => Type::Map(object),
                Nesting::Set => Type::Set(object),
                Nesting::List | Nesting::Single => Type::List(object),
            }
        }
    })
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Answer,
    Argument,
}

fn root(schema: &schemars::Schema, role: Role) -> Result<(String, Vec<Attribute>), ModelError> {
    let object = View::of(schema.as_object().ok_or("the type is no struct")?);
    let description = object.text("description").unwrap_or_default().to_owned();
    Ok((description, fields(&object, role)?))
}

fn fields(object: &View<'_>, role: Role) -> Result<Vec<Attribute>, ModelError> {
    for word in ["oneOf", "anyOf", "allOf", "additionalProperties"] {
        if object.has(word) {
            return Err(format!("`{word}` cannot stand beside named attributes"));
        }
    }
    let required: Vec<&str> =
        object.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
    let Some(properties) = object.get("properties").and_then(Json::as_object) else { return Ok(Vec::new()) };
    properties.iter().map(|(name, schema)| field(name, schema, role, required.contains(&name.as_str()))).collect()
}

fn field(name: &str, schema: &Json, role: Role, required: bool) -> Result<Attribute, ModelError> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        return Err(format!("`{name}` is no attribute name"));
    }
    let property = Property::of(schema, role, name)?;
    let description = property.description.ok_or_else(|| format!("`{name}` has no doc comment"))?;
    Ok(Attribute {
        name: name.to_owned(),
        description,
        kind: property.kind,
        mode: match role {
            Role::Answer => Mode::Computed,
            Role::Argument if required && !property.nullable => Mode::Required,
            Role::Argument => Mode::Optional,
        },
        sensitive: property.sensitive,
        personal: property.personal,
        deprecated: property.deprecated,
        rules: property.rules,
        element_rules: property.element_rules,
    })
}

/// What one schema says, once `null` and the spellings of enumerations are out of the way.
struct Property {
    kind: Kind,
    description: Option<String>,
    nullable: bool,
    sensitive: bool,
    personal: bool,
    deprecated: bool,
    rules: Vec<Rule>,
    element_rules: Vec<Rule>,
}

impl Property {
    fn of(schema: &Json, role: Role, name: &str) -> Result<Self, ModelError> {
        let within = |error: ModelError| format!("`{name}`: {error}");
        let anything = Map::new();
        let schema = match schema {
            // `true` accepts anything.
            Json::Bool(true) => View { own: &anything, inner: None, nullable: true },
            Json::Object(schema) => View::of(schema),
            _ => return Err(within("no schema".into())),
        };
        let (kind, element_rules) = kind(&schema, role).map_err(within)?;
        Ok(Self {
            rules: if role == Role::Argument { rules(&schema, &kind).map_err(within)? } else { Vec::new() },
            element_rules: if role == Role::Argument { element_rules } else { Vec::new() },
            kind,
            description: schema.text("description").map(str::to_owned),
            nullable: schema.nullable,
            sensitive: schema.is("x-sensitive"),
            personal: schema.is("x-personal"),
            deprecated: schema.is("deprecated"),
        })
    }
}

/// A schema with the `null` taken out of `type: [t, null]`, `anyOf: [t, null]` and `enum: [.., null]`, the three ways to write an
/// `Option`. It only looks: schemas are built whenever a provider starts.
struct View<'a> {
    own: &'a Map<String, Json>,
    /// What stands beside the `null` in `anyOf`; what is said outside counts first.
    inner: Option<&'a Map<String, Json>>,
    nullable: bool,
}

impl<'a> View<'a> {
    fn of(own: &'a Map<String, Json>) -> Self {
        let choices = own.get("anyOf").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_null = |choice: &&Json| choice.get("type").is_some_and(|ty| ty == "null");
        let inner = match choices {
            [Json::Object(only), null] | [null, Json::Object(only)] if is_null(&null) => Some(only),
            _ => None,
        };
        let has_null = |word: &str, null: &Json| own.get(word).and_then(Json::as_array).is_some_and(|all| all.contains(null));
        let nullable = inner.is_some() || has_null("type", &Json::from("null")) || has_null("enum", &Json::Null);
        Self { own, inner, nullable }
    }

    fn get(&self, word: &str) -> Option<&'a Json> {
        let own = self.own.get(word).filter(|_| self.inner.is_none() || word != "anyOf");
        own.or_else(|| self.inner?.get(word))
    }

    fn has(&self, word: &str) -> bool {
        self.get(word).is_some()
    }

    fn text(&self, word: &str) -> Option<&'a str> {
        self.get(word).and_then(Json::as_str)
    }

    fn is(&self, word: &str) -> bool {
        self.get(word).and_then(Json::as_bool).unwrap_or_default()
    }

    /// The one type beside `null`.
    fn ty(&self) -> Option<&'a str> {
        match self.get("type")? {
            Json::Array(types) => {
                let mut rest = types.iter().filter(|ty| *ty != "null");
                rest.next().filter(|_| rest.next().is_none())?.as_str()
            }
            ty => ty.as_str(),
        }
    }

    fn words(&self) -> impl Iterator<Item = &'a String> {
        self.own.keys().chain(self.inner.into_iter().flat_map(Map::keys))
    }
}

fn kind(schema: &View<'_>, role: Role) -> Result<(Kind, Vec<Rule>), ModelError> {
    let plain = |ty| Ok((Kind::Plain(ty), Vec::new()));
    if words(schema)?.is_some() {
        return plain(Type::String);
    }
    match schema.ty() {
        Some("boolean") => plain(Type::Bool),
        Some("integer" | "number") => plain(Type::Number),
        Some("string") => plain(Type::String),
        Some("array") => {
            let set = schema.is("uniqueItems");
            let items = schema.get("items").ok_or("an array without element type")?;
            let element = Property::of(items, role, "element")?;
            let kind = match (element.kind, set) {
                (Kind::Nested(Nesting::Single, fields), true) => Kind::Nested(Nesting::Set, fields),
                (Kind::Nested(Nesting::Single, fields), false) => Kind::Nested(Nesting::List, fields),
                (Kind::Nested(..), _) => return Err("nested attributes in a list of lists".into()),
                (Kind::Plain(Type::Dynamic), true) => return Err("a set cannot hold values of any type".into()),
                (Kind::Plain(ty), true) => Kind::Plain(Type::Set(Box::new(ty))),
                (Kind::Plain(ty), false) => Kind::Plain(Type::List(Box::new(ty))),
            };
            Ok((kind, element.rules))
        }
        Some("object") if schema.has("properties") => Ok((Kind::Nested(Nesting::Single, fields(schema, role)?), Vec::new())),
        Some("object") => {
            let values = schema.get("additionalProperties").ok_or("a struct without fields")?;
            let element = Property::of(values, role, "value")?;
            let kind = match element.kind {
                Kind::Nested(Nesting::Single, fields) => Kind::Nested(Nesting::Map, fields),
                Kind::Nested(..) => return Err("nested attributes in a map of lists".into()),
                Kind::Plain(ty) => Kind::Plain(Type::Map(Box::new(ty))),
            };
            // The values of a map may be empty strings: tags and triggers often are.
            let rules = element.rules.into_iter().filter(|rule| !matches!(rule, Rule::Length { min: Some(1), max: None }));
            Ok((kind, rules.collect()))
        }
        None if schema.words().all(|word| matches!(word.as_str(), "description" | "title" | "default")) => plain(Type::Dynamic),
        other => Err(format!("Terraform has no type for {other:?} ({})", Json::Object(schema.own.clone()))),
    }
}

/// The closed set of an enumeration: `enum` for undocumented variants, `oneOf` of `const`s for documented ones.
fn words(schema: &View<'_>) -> Result<Option<Vec<String>>, ModelError> {
    let text = |json: &Json| json.as_str().map(str::to_owned).ok_or_else(|| format!("{json} is no word"));
    if let Some(Json::Array(words)) = schema.get("enum") {
        return words.iter().filter(|word| !word.is_null()).map(text).collect::<Result<_, _>>().map(Some);
    }
    let Some(Json::Array(variants)) = schema.get("oneOf") else { return Ok(None) };
    let mut all = Vec::new();
    for variant in variants {
        match (variant.get("const"), variant.get("enum").and_then(Json::as_array)) {
            (Some(word), _) => all.push(text(word)?),
            (None, Some(words)) => all.extend(words.iter().map(text).collect::<Result<Vec<_>, _>>()?),
            (None, None) => return Err("an enum whose variants hold data".into()),
        }
    }
    Ok(Some(all))
}

fn rules(schema: &View<'_>, kind: &Kind) -> Result<Vec<Rule>, ModelError> {
    let whole = |word: &str| schema.get(word).and_then(Json::as_u64);
    let float = |word: &str| schema.get(word).and_then(Json::as_f64);
    let mut rules = Vec::new();
    match kind {
        Kind::Plain(Type::String) => {
            let empty_allowed = schema.is("x-empty-allowed");
            let min = whole("minLength").or((!empty_allowed).then_some(1));
            let max = whole("maxLength");
            if min.is_some() || max.is_some() {
                rules.push(Rule::Length { min, max });
            }
            if let Some(words) = words(schema)? {
                let ignore_case = schema.is("x-ignore-case");
                rules.push(Rule::OneOf { words, ignore_case, hints: hints(schema)? });
            }
            if let Some(pattern) = schema.text("pattern") {
                let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
                let expected = schema.text("x-expected").ok_or("a pattern without `x-expected`")?.to_owned();
                rules.push(Rule::Pattern { regex, expected, hints: hints(schema)? });
            }
        }
        Kind::Plain(Type::Number) => {
            if schema.ty() == Some("integer") {
                rules.push(Rule::WholeNumber);
            }
            // A number that its type cannot hold would be refused in the type's words.
            let widest = schema.text("format").filter(|format| *format == "uint32").map(|_| f64::from(u32::MAX));
            let (min, max) = (float("minimum"), float("maximum").or(widest));
            if min.is_some() || max.is_some() {
                rules.push(Rule::Range { min, max });
            }
        }
        _ => {
            let (min, max) = (whole("minItems").or(whole("minProperties")), whole("maxItems").or(whole("maxProperties")));
            if min.is_some() || max.is_some() {
                rules.push(Rule::Items { min, max });
            }
        }
    }
    Ok(rules)
}

fn hints(schema: &View<'_>) -> Result<Vec<Hint>, ModelError> {
    let all = schema.get("x-hints").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .map(|hint| match hint.as_array().map(Vec::as_slice) {
            Some([Json::String(form), Json::String(advice)]) => {
                Ok(Hint { form: Regex::new(form).map_err(|error| error.to_string())?, advice: advice.clone() })
            }
            _ => Err(format!("{hint} is no pair of a pattern and an advice")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde::{Deserialize, Serialize};

    use super::*;

    /// How bad it is.
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Severity {
        /// Now.
        High,
        /// Soon.
        Medium,
        Low,
    }

    /// What every listing takes.
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Common {
        /// Rows.
        #[schemars(range(min = 0))]
        limit: Option<u32>,
    }

    /// One filter.
    #[derive(Serialize, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
    struct Filter {
        /// Glob.
        name: String,
        /// Values.
        values: Option<Vec<String>>,
    }

    /// Page text.
    ///
    /// More.
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Everything {
        /// An id.
        #[schemars(regex(pattern = r"^[0-9]+$"), extend("x-expected" = "digits"))]
        id: String,
        /// A severity.
        severity: Option<Severity>,
        /// Severities.
        #[schemars(length(min = 1))]
        severities: Option<BTreeSet<String>>,
        /// Filters.
        filters: Option<BTreeSet<Filter>>,
        /// By name.
        by_name: BTreeMap<String, Filter>,
        /// One.
        one: Option<Filter>,
        /// Tags.
        tags: Option<BTreeMap<String, String>>,
        /// Secret.
        #[schemars(extend("x-sensitive" = true))]
        secret: Option<String>,
        /// Anything.
        any: serde_json::Value,
        /// A share.
        share: f64,
        #[serde(flatten)]
        common: Common,
    }

    fn find<'a>(attributes: &'a [Attribute], name: &str) -> &'a Attribute {
        attributes.iter().find(|attribute| attribute.name == name).unwrap()
    }

    #[test]
    fn a_struct_becomes_arguments() {
        let (page, all) = arguments::<Everything>().unwrap();
        assert_eq!(page, "Page text.\n\nMore.");
        let names: Vec<_> = all.iter().map(|attribute| attribute.name.as_str()).collect();
        assert_eq!(
            names,
            ["id", "severity", "severities", "filters", "by_name", "one", "tags", "secret", "any", "share", "limit"]
        );
        let required: Vec<_> = all.iter().filter(|attribute| attribute.mode == Mode::Required).map(|a| a.name.as_str()).collect();
        assert_eq!(required, ["id", "by_name", "any", "share"]);
        assert!(find(&all, "secret").sensitive);
        assert_eq!(find(&all, "any").ty(), Type::Dynamic);
        assert_eq!(find(&all, "limit").ty(), Type::Number);
        assert!(matches!(find(&all, "filters").kind, Kind::Nested(Nesting::Set, _)));
        assert!(matches!(find(&all, "by_name").kind, Kind::Nested(Nesting::Map, _)));
        assert!(matches!(find(&all, "one").kind, Kind::Nested(Nesting::Single, _)));
    }

    #[test]
    fn rules_come_from_the_type() {
        let (_, all) = arguments::<Everything>().unwrap();
        assert!(matches!(find(&all, "id").rules.as_slice(), [Rule::Length { min: Some(1), max: None }, Rule::Pattern { .. }]));
        let Some(Rule::OneOf { words, ignore_case: false, .. }) = find(&all, "severity").rules.get(1) else { panic!() };
        assert_eq!(words.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&"high".into(), &"low".into(), &"medium".to_string()]));
        assert!(matches!(find(&all, "severities").rules.as_slice(), [Rule::Items { min: Some(1), max: None }]));
        assert!(matches!(find(&all, "severities").element_rules.as_slice(), [Rule::Length { min: Some(1), max: None }]));
        assert!(find(&all, "tags").element_rules.is_empty());
        assert!(matches!(find(&all, "limit").rules.as_slice(), [Rule::WholeNumber, Rule::Range { min: Some(0.0), .. }]));
    }

    #[test]
    fn an_answer_is_computed_throughout_and_has_no_rules() {
        let (_, all) = attributes::<Everything>().unwrap();
        assert!(all.iter().all(|attribute| attribute.mode == Mode::Computed && attribute.rules.is_empty()));
        let Kind::Nested(_, nested) = &find(&all, "one").kind else { panic!() };
        assert!(nested.iter().all(|attribute| attribute.mode == Mode::Computed));
    }

    #[test]
    fn what_terraform_cannot_express_is_refused() {
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only the schema is looked at")]
        struct Undocumented {
            a: String,
        }
        #[derive(JsonSchema)]
        #[serde(tag = "kind")]
        #[expect(dead_code, reason = "only the schema is looked at")]
        enum Tagged {
            A { b: String },
        }
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only the schema is looked at")]
        struct HoldsTagged {
            /// T.
            tagged: Tagged,
        }
        assert!(arguments::<Undocumented>().unwrap_err().contains("doc comment"));
        assert!(arguments::<HoldsTagged>().is_err());
        assert!(arguments::<Tagged>().is_err());
    }
}
