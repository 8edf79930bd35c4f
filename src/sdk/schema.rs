//! What an object looks like: its attributes, what may be written, what is answered, and the rules a value has to keep.

use super::{Type, rules::Rule};

/// The schema of a provider block, data source, resource or ephemeral resource.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Markdown: what the object is.
    pub description: String,
    /// Attributes in their declared order.
    pub attributes: Vec<Attribute>,
}

/// One attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Lower snake case.
    pub name: String,
    /// Markdown: what it is, its unit or format, what null means.
    pub description: String,
    /// Its type.
    pub kind: Kind,
    /// Who sets it.
    pub mode: Mode,
    /// Whether Terraform hides it.
    pub sensitive: bool,
    /// Whether it names a person, and is left out of answers where people are not shown.
    pub personal: bool,
    /// Whether it is on its way out.
    pub deprecated: bool,
    /// What a known value has to satisfy.
    pub rules: Vec<Rule>,
    /// What each known element of a list, set or map has to satisfy.
    pub element_rules: Vec<Rule>,
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The provider.
    Computed,
    /// The user, or nobody.
    Optional,
    /// The user.
    Required,
}

/// A plain type, or attributes of its own.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Nested attributes: each keeps its own description, rules and null.
    Nested(Nesting, Vec<Attribute>),
    /// A plain type.
    Plain(Type),
}

/// How nested attributes repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// In order.
    List,
    /// By key.
    Map,
    /// Without order.
    Set,
    /// Once.
    Single,
}

impl Schema {
    /// No attributes at all.
    pub fn empty() -> Self {
        Self { description: String::new(), attributes: Vec::new() }
    }

    /// The type of a whole object of this schema.
    pub fn implied_type(&self) -> Type {
        object_type(&self.attributes)
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

impl Attribute {
    /// The type of its value.
    pub fn ty(&self) -> Type {
        match &self.kind {
            Kind::Nested(nesting, attributes) => {
                let object = Box::new(object_type(attributes));
                match nesting {
                    Nesting::List => Type::List(object),
                    Nesting::Map => Type::Map(object),
                    Nesting::Set => Type::Set(object),
                    Nesting::Single => *object,
                }
            }
            Kind::Plain(ty) => ty.clone(),
        }
    }
}

/// The object type of a list of attributes.
pub fn object_type(attributes: &[Attribute]) -> Type {
    Type::Object(attributes.iter().map(|attribute| (attribute.name.clone(), attribute.ty())).collect())
}

/// The signature of a function.
#[derive(Clone, Debug)]
pub struct Signature {
    /// One line.
    pub summary: String,
    /// Markdown: what it answers and when it fails.
    pub description: String,
    /// Parameters by position.
    pub parameters: Vec<Attribute>,
    /// The type of the answer.
    pub result: Type,
}
