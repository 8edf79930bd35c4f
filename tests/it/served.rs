//! What everything that is served has to come with: an example, a page, a description, and a name as the field writes it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use azposture::{
    provider::Azposture,
    sdk::{
        entry::{Page, Provider},
        schema::{Attribute, Kind},
        server::Server,
    },
};
use regex_lite::Regex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_entry_has_an_example_and_every_example_an_entry() {
    let server = Server::new(Azposture::new());
    let catalogue = server.catalogue();
    let functions: Vec<&str> = catalogue.functions.keys().map(String::as_str).collect();
    let wanted: BTreeMap<&str, (&str, Vec<&str>)> = BTreeMap::from([
        ("data-sources", ("data-source.tf", catalogue.data_sources.keys().map(String::as_str).collect())),
        ("ephemeral-resources", ("ephemeral-resource.tf", catalogue.ephemeral_resources.keys().map(String::as_str).collect())),
        ("functions", ("function.tf", functions)),
        ("resources", ("resource.tf", catalogue.resources.keys().map(String::as_str).collect())),
    ]);
    for (kind, (file, names)) in wanted {
        let directory = root().join("examples").join(kind);
        let there: BTreeSet<String> =
            fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(there, names.iter().map(|name| (*name).to_owned()).collect(), "examples/{kind}");
        for name in names {
            assert!(directory.join(name).join(file).is_file(), "examples/{kind}/{name}/{file}");
        }
    }
    assert!(root().join("examples/provider/provider.tf").is_file());
}

#[test]
fn every_page_says_what_a_read_needs_and_where_it_stands() {
    let mut wrong = Vec::new();
    let mut look = |name: &str, page: &Page| {
        if page.permissions.trim().is_empty() || page.subcategory.trim().is_empty() {
            wrong.push(name.to_owned());
        }
    };
    Azposture::TABLES.data_sources.iter().copied().flatten().for_each(|entry| look(entry.name, &entry.page));
    Azposture::TABLES.validations.iter().copied().flatten().for_each(|entry| look(entry.name, &entry.page));
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn everything_that_is_served_is_described_and_named_as_the_field_does() {
    let server = Server::new(Azposture::new());
    let catalogue = server.catalogue();
    assert!(!catalogue.problems.has_errors(), "{:?}", catalogue.problems);
    let mut undescribed = Vec::new();
    let schemas = [&catalogue.data_sources, &catalogue.resources, &catalogue.ephemeral_resources];
    let objects = schemas.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema));
    for (name, schema) in objects.chain([("provider", &catalogue.provider)]) {
        if schema.description.trim().is_empty() {
            undescribed.push(name.to_owned());
        }
        described(name, &schema.attributes, &mut undescribed);
    }
    for (name, signature) in &catalogue.functions {
        if signature.summary.trim().is_empty() || signature.description.trim().is_empty() {
            undescribed.push(name.clone());
        }
        described(name, &signature.parameters, &mut undescribed);
    }
    assert!(undescribed.is_empty(), "no description or no snake_case name: {undescribed:#?}");
}

#[test]
fn a_validation_is_called_one() {
    let names = Azposture::TABLES.validations.iter().copied().flatten().map(|entry| entry.name);
    let wrong: Vec<_> = names.filter(|name| !name.ends_with("_validation") && !name.ends_with("_gate")).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn described(owner: &str, attributes: &[Attribute], wrong: &mut Vec<String>) {
    let snake_case = Regex::new("^[a-z][a-z0-9]*(_[a-z0-9]+)*$").unwrap();
    for attribute in attributes {
        let path = format!("{owner}.{}", attribute.name);
        if let Kind::Nested(_, nested) = &attribute.kind {
            described(&path, nested, wrong);
        }
        if attribute.description.trim().is_empty() || !snake_case.is_match(&attribute.name) {
            wrong.push(path);
        }
    }
}
