//! The pages of the Terraform registry, rendered from the catalogue in the registry's own Markdown. Pure: only tests call it.

use std::{collections::BTreeMap, fmt::Write};

use super::{
    Type,
    catalogue::Catalogue,
    entry::{Page, Provider},
    rules::Rule,
    schema::{Attribute, Kind, Mode, Nesting, Schema, Signature},
    server::Server,
};

/// A page that somebody wrote, to link to.
#[derive(Clone, Debug)]
pub struct Guide {
    /// Its file below `docs/guides/`.
    pub file: String,
    /// Its title.
    pub title: String,
    /// All of it.
    pub text: String,
}

/// Renders every generated page by its path below `docs/`. `example` hands over a file below `examples/`; a page links to those of
/// `guides` that name its object.
pub fn render<P: Provider>(
    server: &Server<P>,
    example: &dyn Fn(&str) -> Option<String>,
    guides: &[Guide],
) -> BTreeMap<String, String> {
    let Catalogue { provider, data_sources, resources, ephemeral_resources, functions, .. } = server.catalogue();
    let short = |name: &str| name.strip_prefix(P::NAME).and_then(|name| name.strip_prefix('_')).unwrap_or(name).to_owned();
    let links = Links::of::<P>(guides);
    let mut pages = BTreeMap::new();
    pages.insert("index.md".to_owned(), index(P::NAME, provider, example("provider/provider.tf"), guides));
    for (name, schema) in data_sources {
        let page = page_of(P::TABLES.data_sources, |entry| (entry.name, entry.page), &short(name));
        let example = example(&format!("data-sources/{name}/data-source.tf"));
        let text =
            object(P::NAME, name, "Data Source", schema, page, example) + &links.section("data-sources", &short(name), page);
        pages.insert(format!("data-sources/{}.md", short(name)), text);
    }
    for (name, schema) in resources {
        let page = page_of(P::TABLES.validations, |entry| (entry.name, entry.page), &short(name));
        let example = example(&format!("resources/{name}/resource.tf"));
        let text =
            object(P::NAME, name, "Resource", schema, page, example) + LIFE + &links.section("resources", &short(name), page);
        pages.insert(format!("resources/{}.md", short(name)), text);
    }
    for (name, schema) in ephemeral_resources {
        let page = page_of(P::TABLES.validations, |entry| (entry.name, entry.page), &short(name));
        let example = example(&format!("ephemeral-resources/{name}/ephemeral-resource.tf"));
        let text = object(P::NAME, name, "Ephemeral Resource", schema, page, example)
            + EPHEMERAL_LIFE
            + &links.section("ephemeral-resources", &short(name), page);
        pages.insert(format!("ephemeral-resources/{}.md", short(name)), text);
    }
    for (name, signature) in functions {
        let example = example(&format!("functions/{name}/function.tf"));
        let text = function(P::NAME, name, signature, example) + &links.section("functions", name, None);
        pages.insert(format!("functions/{name}.md"), text);
    }
    pages
}

/// What becomes of the managed form of a validation outside a plan.
const LIFE: &str = "
## Import, state, destroy

There is nothing to import: add the block, and the next plan judges it. State holds the arguments and nothing else. Refreshing and
deleting make no request; `terraform destroy` plans first, and that plan signs in and judges: `terraform destroy -refresh=false` does
neither, and `AZPOSTURE_ENFORCEMENT=warning` lets a red verdict pass as a warning.
";

/// The same of the ephemeral form.
const EPHEMERAL_LIFE: &str = "
## State and destroy

Nothing of it is in state or in a saved plan, so there is nothing to import or to delete. It is judged in every plan and again when the
plan is applied, that of `terraform destroy` included; `AZPOSTURE_ENFORCEMENT=warning` lets a red verdict pass as a warning.
";

/// What a page links to: its other form, the pages of its group, and the guides that name it.
struct Links<'a> {
    /// Folder, name, group.
    pages: Vec<(&'static str, &'static str, &'static str)>,
    prefix: String,
    guides: &'a [Guide],
}

impl<'a> Links<'a> {
    fn of<P: Provider>(guides: &'a [Guide]) -> Self {
        let tables = P::TABLES;
        let mut pages = Vec::new();
        pages.extend(
            tables.data_sources.iter().copied().flatten().map(|entry| ("data-sources", entry.name, entry.page.subcategory)),
        );
        for entry in tables.validations.iter().copied().flatten() {
            pages.extend(["resources", "ephemeral-resources"].map(|folder| (folder, entry.name, entry.page.subcategory)));
        }
        pages.extend(tables.functions.iter().copied().flatten().map(|entry| ("functions", entry.name, "")));
        pages.sort_unstable();
        Self { pages, prefix: format!("{}_", P::NAME), guides }
    }

    fn section(&self, folder: &str, name: &str, page: Option<Page>) -> String {
        let group = page.map_or("", |page| page.subcategory);
        let mut text = String::from("\n## See also\n\n");
        let is_twin = |other: &&(&str, &str, &str)| other.1 == name && other.0 != folder;
        for (other, name, _) in self.pages.iter().filter(is_twin) {
            let form = if *other == "resources" { "managed" } else { "ephemeral" };
            let _ = writeln!(text, "- [The {form} form](../{other}/{name}.md)");
        }
        // One link stands for both forms of a sibling.
        let is_sibling = |other: &&(&str, &str, &str)| other.2 == group && other.1 != name && other.0 != "ephemeral-resources";
        for (other, name, _) in self.pages.iter().filter(is_sibling) {
            let prefix = if *other == "functions" { "" } else { &self.prefix };
            let _ = writeln!(text, "- [`{prefix}{name}`](../{other}/{name}.md)");
        }
        let named = if folder == "functions" { format!("::{name}(") } else { format!("{}{name}", self.prefix) };
        let always: &[&str] = match folder {
            "functions" => &[],
            "data-sources" => &["permissions.md", "reasons.md"],
            _ => &["gates.md", "permissions.md", "pipeline.md", "reasons.md"],
        };
        let is_of_use = |guide: &&Guide| always.contains(&guide.file.as_str()) || names(&guide.text, &named);
        for guide in self.guides.iter().filter(is_of_use) {
            let _ = writeln!(text, "- [{}](../guides/{})", guide.title, guide.file);
        }
        text
    }
}

/// Whether a text names this and not only something longer.
fn names(text: &str, name: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|next: char| next == '_' || next.is_alphanumeric());
    text.match_indices(name).any(|(at, found)| text.get(at + found.len()..).is_some_and(ends))
}

fn page_of<T>(tables: &[&[T]], of: impl Fn(&T) -> (&'static str, Page), name: &str) -> Option<Page> {
    tables.iter().flat_map(|table| table.iter()).map(of).find(|(other, _)| *other == name).map(|(_, page)| page)
}

fn index(provider: &str, schema: &Schema, example: Option<String>, guides: &[Guide]) -> String {
    let mut text = front_matter(&format!("Provider: {provider}"), None, &schema.description);
    let _ = writeln!(text, "# {provider} Provider\n\n{}\n", schema.description);
    if !guides.is_empty() {
        text.push_str("## Guides\n\n");
        for guide in guides {
            let _ = writeln!(text, "- [{}](guides/{})", guide.title, guide.file);
        }
        text.push('\n');
    }
    section(&mut text, "Example Usage", example);
    arguments(&mut text, schema);
    finished(text)
}

fn object(provider: &str, name: &str, kind: &str, schema: &Schema, page: Option<Page>, example: Option<String>) -> String {
    let mut text = front_matter(&format!("{name} {kind} - {provider}"), page.map(|page| page.subcategory), &schema.description);
    let _ = writeln!(text, "# {name} ({kind})\n\n{}\n", schema.description);
    section(&mut text, "Example Usage", example);
    if let Some(page) = page {
        let _ = writeln!(text, "## Permissions required\n\n{}\n", page.permissions);
    }
    if kind == "Data Source" && schema.attributes.iter().any(|attribute| attribute.name == "limit") {
        let _ = writeln!(text, "## Rows\n\n{ROWS}\n");
    }
    if kind != "Data Source" {
        let _ = writeln!(text, "## Misspelt nested arguments\n\n{MISSPELT}\n");
    }
    arguments(&mut text, schema);
    finished(text)
}

/// Measured: Terraform takes longer over a long list than whoever answers it.
const ROWS: &str = "Terraform decodes, copies and writes to the state every value of every row that is returned. `summary` counts what met the \
                    filters whatever `limit` says, filters keep rows from being returned, and `limit` keeps the first. \
                    [How many rows?](../guides/how-many-rows.md) says what a row costs.";

/// Measured: the conversion to the schema's object type drops attributes that the type has not, and no provider ever sees them.
const MISSPELT: &str = "Terraform refuses an argument that the block has not, but inside a nested object (an element of a list, a set or a map of \
                        objects) it drops what it does not know without a word: `sub_plan` for `subplan`, or `extension` for `extensions`, \
                        leaves a gate weaker than it was written, and the provider cannot see it. Compare the spelling with the schema below. \
                        In the ephemeral form `checked` says how many requirements were judged: assert it in a `check` block or a \
                        `postcondition`, or hand it on as an output with `ephemeral = true` (in a module; a root module has no such outputs).";

fn function(provider: &str, name: &str, signature: &Signature, example: Option<String>) -> String {
    let mut text = front_matter(&format!("{name} function - {provider}"), Some(""), &signature.description);
    let _ = writeln!(text, "# function: {name}\n\n{}\n", signature.description);
    section(&mut text, "Example Usage", example);
    let parameters: Vec<_> =
        signature.parameters.iter().map(|parameter| format!("{} {}", parameter.name, words(&parameter.ty()))).collect();
    let _ = writeln!(text, "## Signature\n\n```text\n{name}({}) {}\n```\n", parameters.join(", "), words(&signature.result));
    text.push_str("## Arguments\n\n");
    for (position, parameter) in signature.parameters.iter().enumerate() {
        let ty = label(parameter);
        let _ = writeln!(text, "{}. `{}` ({ty}) {}", position + 1, parameter.name, one_line(&parameter.description));
    }
    finished(text)
}

fn front_matter(title: &str, subcategory: Option<&str>, description: &str) -> String {
    let mut text = format!("---\npage_title: \"{title}\"\n");
    if let Some(subcategory) = subcategory {
        let _ = writeln!(text, "subcategory: \"{subcategory}\"");
    }
    let first = description.split("\n\n").next().unwrap_or_default();
    let _ = writeln!(text, "description: |-\n  {}\n---\n", one_line(first));
    text
}

fn section(text: &mut String, title: &str, example: Option<String>) {
    if let Some(example) = example {
        let _ = writeln!(text, "## {title}\n\n```terraform\n{}\n```\n", example.trim_end());
    }
}

/// Nested attributes get a section of their own, reached through an anchor, as the registry's pages have it.
struct Nested<'a> {
    path: Vec<&'a str>,
    attributes: &'a [Attribute],
}

fn arguments(text: &mut String, schema: &Schema) {
    text.push_str("## Schema\n\n");
    let mut pending: Vec<Nested<'_>> = groups(text, "###", &[], &schema.attributes);
    pending.reverse();
    while let Some(Nested { path, attributes }) = pending.pop() {
        let anchor = path.join("--");
        let _ = writeln!(text, "<a id=\"nestedatt--{anchor}\"></a>\n### Nested Schema for `{}`\n", path.join("."));
        let mut deeper = groups(text, "", &path, attributes);
        deeper.reverse();
        pending.extend(deeper);
    }
}

/// Writes required, optional and read-only attributes, and returns those that have attributes of their own.
fn groups<'a>(text: &mut String, heading: &str, path: &[&'a str], attributes: &'a [Attribute]) -> Vec<Nested<'a>> {
    let mut nested = Vec::new();
    for (mode, title) in [(Mode::Required, "Required"), (Mode::Optional, "Optional"), (Mode::Computed, "Read-Only")] {
        let mut group: Vec<_> = attributes.iter().filter(|attribute| attribute.mode == mode).collect();
        if group.is_empty() {
            continue;
        }
        group.sort_by(|a, b| a.name.cmp(&b.name));
        let _ = if heading.is_empty() { writeln!(text, "{title}:\n") } else { writeln!(text, "{heading} {title}\n") };
        for attribute in group {
            let _ = write!(text, "- `{}` ({}) {}", attribute.name, label(attribute), one_line(&attribute.description));
            text.push_str(&allowed(attribute));
            if let Kind::Nested(_, attributes) = &attribute.kind {
                let mut path = path.to_vec();
                path.push(&attribute.name);
                let _ = write!(text, " (see [below for nested schema](#nestedatt--{}))", path.join("--"));
                nested.push(Nested { path, attributes });
            }
            text.push('\n');
        }
        text.push('\n');
    }
    nested
}

fn label(attribute: &Attribute) -> String {
    let mut label = match &attribute.kind {
        Kind::Nested(Nesting::List, _) => "Attributes List".to_owned(),
        Kind::Nested(Nesting::Map, _) => "Attributes Map".to_owned(),
        Kind::Nested(Nesting::Set, _) => "Attributes Set".to_owned(),
        Kind::Nested(Nesting::Single, _) => "Attributes".to_owned(),
        Kind::Plain(ty) => capital(&words(ty)),
    };
    if attribute.sensitive {
        label.push_str(", Sensitive");
    }
    if attribute.deprecated {
        label.push_str(", Deprecated");
    }
    label
}

fn capital(words: &str) -> String {
    words.split(' ').map(|word| word.get(..1).unwrap_or_default().to_uppercase() + word.get(1..).unwrap_or_default()).fold(
        String::new(),
        |mut all, word| {
            if !all.is_empty() {
                all.push(' ');
            }
            all.push_str(if word == "Of" { "of" } else { &word });
            all
        },
    )
}

fn words(ty: &Type) -> String {
    match ty {
        Type::Bool => "boolean".into(),
        Type::Dynamic => "dynamic".into(),
        Type::List(element) => format!("list of {}", words(element)),
        Type::Map(element) => format!("map of {}", words(element)),
        Type::Number => "number".into(),
        Type::Object(_) => "object".into(),
        Type::Set(element) => format!("set of {}", words(element)),
        Type::String => "string".into(),
        Type::Tuple(_) => "tuple".into(),
    }
}

fn allowed(attribute: &Attribute) -> String {
    let words = attribute.rules.iter().chain(&attribute.element_rules).find_map(|rule| match rule {
        Rule::OneOf { words, .. } => Some(words),
        _ => None,
    });
    let Some(words) = words.filter(|words| words.len() <= 24) else { return String::new() };
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    format!(" Allowed: {}.", words.join(", "))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn finished(text: String) -> String {
    text.trim_end().to_owned() + "\n"
}
