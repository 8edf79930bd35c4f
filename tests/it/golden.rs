//! What users see and depend on: the schema and the pages of the registry. `UPDATE=1` (`make generate`) rewrites both.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

use azposture::{
    provider::Azposture,
    sdk::{
        docs,
        schema::{Attribute, Kind, Mode, Nesting, Schema, Signature},
        server::Server,
    },
};
use serde_json::{Value as Json, json};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a file with what it has to be, or rewrites it.
pub(crate) fn golden(path: &Path, expected: &str) {
    if env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        return fs::write(path, expected).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    if found != expected {
        let line = found
            .lines()
            .zip(expected.lines())
            .position(|(a, b)| a != b)
            .unwrap_or(found.lines().count().min(expected.lines().count()));
        panic!(
            "{} is out of date from line {}: run `make generate`.\n  it says:      {:?}\n  it should say: {:?}",
            path.display(),
            line + 1,
            found.lines().nth(line),
            expected.lines().nth(line)
        );
    }
}

#[test]
fn every_type_of_ours_has_a_schema() {
    let server = Server::new(Azposture::new());
    assert!(server.catalogue().problems.is_empty(), "{:#?}", server.catalogue().problems);
}

#[test]
fn the_schema_is_the_golden_one() {
    let server = Server::new(Azposture::new());
    let catalogue = server.catalogue();
    let all = |schemas: &BTreeMap<String, Schema>| {
        schemas.iter().map(|(name, schema)| (name.clone(), object(&schema.attributes))).collect()
    };
    let schema = json!({
        "provider": object(&catalogue.provider.attributes),
        "data_sources": Json::Object(all(&catalogue.data_sources)),
        "resources": Json::Object(all(&catalogue.resources)),
        "ephemeral_resources": Json::Object(all(&catalogue.ephemeral_resources)),
        "functions": Json::Object(catalogue.functions.iter().map(|(name, signature)| (name.clone(), function(signature))).collect()),
    });
    let path = root().join("tests/it/provider-schema.json");
    golden(&path, &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
}

/// Attributes that name a person, and are left out of answers under `personal_data = "redact"`.
const PERSONAL: [&str; 19] = [
    "connection.user_principal_name",
    "defender_alerts.alerts.compromised_entity",
    "directory_role_assignments.role_assignments.principal_display_name",
    "mfa_coverage.coverage.display_name",
    "mfa_coverage.coverage.user_principal_name",
    "monitor_settings.settings.emails",
    "policy_exemptions.exemptions.owner",
    "role_assignments.role_assignments.principal_display_name",
    "roster_match.matches.display_name",
    "roster_match.matches.email",
    "roster_match.matches.user_principal_name",
    "users.users.department",
    "users.users.display_name",
    "users.users.employee_id",
    "users.users.job_title",
    "users.users.mail",
    "users.users.other_mails",
    "users.users.proxy_addresses",
    "users.users.user_principal_name",
];

/// What a name of an attribute that is about a person ends in; a new one of these is personal, or stands in the second list.
const OF_PEOPLE: [&str; 10] = [
    "user_principal_name",
    "principal_display_name",
    "mail",
    "mails",
    "email",
    "emails",
    "employee_id",
    "owner",
    "proxy_addresses",
    "reviewed_by",
];

#[test]
fn whatever_names_a_person_is_personal() {
    fn collect(at: &str, attributes: &[Attribute], personal: &mut BTreeSet<String>, suspect: &mut BTreeSet<String>) {
        for attribute in attributes.iter().filter(|attribute| attribute.mode == Mode::Computed) {
            let path = format!("{at}.{}", attribute.name);
            let is_of_people = OF_PEOPLE.iter().any(|end| attribute.name == *end || attribute.name.ends_with(&format!("_{end}")));
            if is_of_people && !attribute.personal {
                suspect.insert(path.clone());
            }
            if attribute.personal {
                personal.insert(path.clone());
            }
            if let Kind::Nested(_, inner) = &attribute.kind {
                collect(&path, inner, personal, suspect);
            }
        }
    }
    let server = Server::new(Azposture::new());
    let catalogue = server.catalogue();
    let (mut personal, mut suspect) = (BTreeSet::new(), BTreeSet::new());
    for (name, schema) in catalogue.data_sources.iter().chain(&catalogue.ephemeral_resources) {
        collect(name.trim_start_matches("azposture_"), &schema.attributes, &mut personal, &mut suspect);
    }
    assert_eq!(personal.iter().map(String::as_str).collect::<Vec<_>>(), PERSONAL);
    assert!(suspect.is_empty(), "mark them `x-personal`: {suspect:?}");
}

/// Attributes sorted by name, each as `mode type`, nested ones as objects.
fn object(attributes: &[Attribute]) -> Json {
    let sorted: BTreeMap<_, _> = attributes.iter().map(|attribute| (attribute.name.clone(), one(attribute))).collect();
    Json::Object(sorted.into_iter().collect())
}

fn one(attribute: &Attribute) -> Json {
    let mut mode = match attribute.mode {
        Mode::Computed => "computed",
        Mode::Optional => "optional",
        Mode::Required => "required",
    }
    .to_owned();
    if attribute.sensitive {
        mode.push_str(" sensitive");
    }
    if attribute.deprecated {
        mode.push_str(" deprecated");
    }
    match &attribute.kind {
        Kind::Plain(ty) => json!(format!("{mode} {}", words(&ty.to_json()))),
        Kind::Nested(nesting, attributes) => {
            let nesting = match nesting {
                Nesting::List => "list of objects",
                Nesting::Map => "map of objects",
                Nesting::Set => "set of objects",
                Nesting::Single => "object",
            };
            let key = format!("{mode} {nesting}");
            Json::Object([(key, object(attributes))].into_iter().collect())
        }
    }
}

fn words(ty: &Json) -> String {
    match ty.as_array().map(Vec::as_slice) {
        Some([kind, element]) => format!("{}({})", kind.as_str().unwrap(), words(element)),
        _ => ty.as_str().map_or_else(|| ty.to_string(), str::to_owned),
    }
}

fn function(signature: &Signature) -> Json {
    let parameters: Vec<_> =
        signature.parameters.iter().map(|parameter| format!("{} {}", parameter.name, words(&parameter.ty().to_json()))).collect();
    json!({"parameters": parameters, "result": signature.result.to_json()})
}

fn pages() -> BTreeMap<String, String> {
    let example = |path: &str| fs::read_to_string(root().join("examples").join(path)).ok();
    docs::render(&Server::new(Azposture::new()), &example, &guides())
}

/// The pages that people write, by name.
fn guides() -> Vec<docs::Guide> {
    let folder = root().join("docs/guides");
    let guide = |file: String| {
        let text = fs::read_to_string(folder.join(&file)).unwrap();
        let title = text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_else(|| panic!("{file} has no title"));
        docs::Guide { title: title.to_owned(), file, text: text.clone() }
    };
    markdown(&folder).into_iter().map(guide).collect()
}

#[test]
fn every_page_leads_to_its_other_form_its_siblings_and_a_guide() {
    let pages = pages();
    for (path, text) in &pages {
        let links = |folder: &str| text.contains(&format!("](../{folder}/"));
        let (folder, name) = path.split_once('/').unwrap_or(("", path));
        match folder {
            "" => assert!(guides().iter().all(|guide| text.contains(&format!("](guides/{})", guide.file))), "{path}"),
            "resources" => assert!(text.contains(&format!("](../ephemeral-resources/{name})")), "{path}"),
            "ephemeral-resources" => assert!(text.contains(&format!("](../resources/{name})")), "{path}"),
            "functions" => assert!(links("functions"), "{path}"),
            _ => assert!(links("data-sources") || links("resources"), "{path}"),
        }
        assert!(folder.is_empty() || folder == "functions" || links("guides"), "no guide names what {path} is about:\n{text}");
        let lives = text.contains("## Import, state, destroy") || text.contains("## State and destroy");
        assert_eq!(lives, folder.ends_with("resources"), "{path}");
    }
    assert!(pages.len() > 15);
}

#[test]
fn the_pages_are_what_the_types_say() {
    let pages = pages();
    for (path, text) in &pages {
        golden(&root().join("docs").join(path), text);
    }
    let written: BTreeSet<String> = published().into_iter().filter(|path| !path.starts_with("guides/")).collect();
    let expected: BTreeSet<String> = pages.into_keys().collect();
    assert_eq!(written, expected, "docs/ holds exactly the generated pages, beside guides/ and decisions/");
}

#[test]
fn the_pages_keep_the_registrys_rules() {
    for path in published() {
        let text = fs::read_to_string(root().join("docs").join(&path)).unwrap();
        assert!(text.len() <= 500_000, "{path} is too long for the registry");
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", &path));
        assert!(
            ["", "guides", "resources", "data-sources", "functions", "ephemeral-resources"].contains(&directory),
            "{path}: the registry does not look there"
        );
        assert!(!name.starts_with("azposture"), "{path}: pages are named without the provider's prefix");
        let matter = text
            .strip_prefix("---\n")
            .and_then(|text| text.split_once("\n---\n"))
            .unwrap_or_else(|| panic!("{path}: no front matter"))
            .0;
        let keys: Vec<_> = matter
            .lines()
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split_once(':'))
            .map(|(key, _)| key)
            .collect();
        assert!(keys.contains(&"page_title"), "{path}");
        assert!(keys.iter().all(|key| ["page_title", "subcategory", "description"].contains(key)), "{path}: {keys:?}");
        assert_eq!(keys.contains(&"subcategory"), !path.contains("index.md") && directory != "guides", "{path}: {keys:?}");
        for (number, line) in text.lines().enumerate() {
            assert_eq!(line.trim_end(), line, "{path}:{}: blanks at the end", number + 1);
        }
    }
}

#[test]
fn decisions_are_numbered_and_say_what_would_change_our_mind() {
    let folder = root().join("docs/decisions");
    let files = markdown(&folder);
    for (number, file) in files.iter().enumerate() {
        assert!(file.starts_with(&format!("{:04}-", number + 1)), "{file}: the numbers have no gaps");
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, ["Context", "Decision", "Consequences", "What would change our mind"], "{file}");
    }
    assert!(files.len() >= 10);
}

#[test]
fn every_page_has_an_example() {
    let missing: Vec<_> =
        pages().into_iter().filter(|(_, text)| !text.contains("## Example Usage")).map(|(path, _)| path).collect();
    assert!(missing.is_empty(), "no example for {missing:?}");
}

#[test]
fn links_between_pages_lead_somewhere() {
    for path in markdown(&root().join("docs")) {
        let text = fs::read_to_string(root().join("docs").join(&path)).unwrap();
        let here = root().join("docs").join(&path);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            assert!(here.parent().unwrap().join(file).exists(), "{path} links to {target}");
        }
    }
}

/// The pages below `docs` that the registry shows. It knows no folder of the name `decisions`, and passes it over.
fn published() -> Vec<String> {
    markdown(&root().join("docs")).into_iter().filter(|path| !path.starts_with("decisions/")).collect()
}

/// All Markdown files below a folder, by their path in it.
fn markdown(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}
