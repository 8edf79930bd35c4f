//! What the hand-written pages promise beyond being valid: who is sent to ask for a right is told which read needs it.

use std::{collections::BTreeSet, fs, path::Path};

use azposture::{
    posture::{Status, Why},
    provider::Azposture,
    sdk::server::Server,
};

use crate::support::blocks::Block;

/// Pages that people write: the guides and the README, by name.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = fs::read_dir(root.join("docs/guides")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.push(root.join("README.md"));
    paths.sort();
    paths.into_iter().map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect()
}

/// Rows of tables by themselves, everything else by paragraph, without code.
fn paragraphs(text: &str) -> Vec<String> {
    let outside: Vec<&str> = text.split("```").step_by(2).collect();
    let mut all = Vec::new();
    for paragraph in outside.join("\n").split("\n\n") {
        match paragraph.trim_start().starts_with('|') {
            true => all.extend(paragraph.lines().map(str::to_owned)),
            false => all.push(paragraph.to_owned()),
        }
    }
    all
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '.'))
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
        .collect()
}

/// A role that reads, or a permission of Microsoft Graph.
fn is_right(word: &str) -> bool {
    word == "Reader" || word.contains(".Read.")
}

/// Whether it sends somebody to get something.
fn asks(words: &[&str]) -> bool {
    const VERBS: [&str; 5] = ["grant", "assign", "add", "adds", "ask"];
    words.iter().any(|word| VERBS.contains(&word.to_lowercase().as_str()))
}

/// Whether it says what is read with it.
fn names_a_read(words: &[&str]) -> bool {
    words.iter().any(|word| ["read", "reads", "reading"].contains(&word.to_lowercase().as_str()))
}

/// Names of environment variables between backticks.
fn variables(text: &str) -> BTreeSet<String> {
    let is_name = |word: &&str| word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    text.split('`').skip(1).step_by(2).filter(is_name).map(str::to_owned).collect()
}

#[test]
fn one_table_holds_every_variable_that_stands_for_an_argument() {
    let server = Server::new(Azposture::new());
    let mut arguments = BTreeSet::new();
    for attribute in &server.catalogue().provider.attributes {
        arguments.extend(variables(&attribute.description).into_iter().map(|variable| (variable, attribute.name.clone())));
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides/environment-variables.md");
    let page = fs::read_to_string(page).unwrap();
    let mut rows = BTreeSet::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.split('`').skip(1).step_by(2).collect();
        rows.insert((cells[0].to_owned(), cells[1].to_owned()));
    }
    let said: BTreeSet<_> = arguments.iter().map(|(variable, _)| variable).collect();
    let listed: BTreeSet<_> = rows.iter().map(|(variable, _)| variable).collect();
    assert_eq!(listed, said);
    // The block's text names what the webhook of AKS sets under the argument that turns the method on.
    for row in rows.iter().filter(|(variable, _)| !variable.starts_with("AZURE_")) {
        assert!(arguments.contains(row), "{} does not stand for {}", row.0, row.1);
    }
}

#[test]
fn one_page_has_every_reason_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/guides/reasons.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(word, _)| word.to_owned());
    let told: BTreeSet<String> = rows.collect();
    let statuses = [Status::Fail, Status::NotApplicable, Status::Off, Status::Pass, Status::Unknown].map(Status::word);
    let words = Why::all().map(Why::word).chain(statuses).map(str::to_owned);
    assert_eq!(told, words.collect());
}

#[test]
fn who_is_sent_to_ask_for_a_right_is_told_which_read_needs_it() {
    let mut asking = 0;
    for (page, text) in pages() {
        for paragraph in paragraphs(&text) {
            let words = words(&paragraph);
            if asks(&words) && words.iter().any(|word| is_right(word)) {
                asking += 1;
                assert!(names_a_read(&words), "{page} asks for a right without the read that needs it:\n{paragraph}");
            }
        }
    }
    assert!(asking > 3, "{asking}");
}

/// What is missing of what tflint's own rules ask of a module: the version of the CLI, that of the provider, a type for each variable.
fn unstated(text: &str) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if !text.contains("required_version = \">= ") {
        missing.push("required_version");
    }
    let (versions, sources) = (text.matches("\n      version ").count(), text.matches("\n      source ").count());
    if versions == 0 || versions != sources {
        missing.push("a version for each provider");
    }
    let variables = text.split("\nvariable \"").skip(1).map(|rest| rest.split("\n}").next().unwrap_or_default());
    if variables.into_iter().any(|variable| !variable.lines().any(|line| line.trim_start().starts_with("type "))) {
        missing.push("a type for each variable");
    }
    missing
}

#[test]
fn every_block_and_every_example_works_as_pasted_and_says_for_which_versions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<(String, String)> =
        Block::all().into_iter().filter(|block| block.file().is_none()).map(|block| (block.page, block.text)).collect();
    let mut folders = vec![root.join("examples")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.extension().is_some_and(|extension| extension == "tf") {
                true => texts.push((path.display().to_string(), fs::read_to_string(&path).unwrap())),
                false if path.is_dir() => folders.push(path),
                false => {}
            }
        }
    }
    let wrong: Vec<_> =
        texts.iter().map(|(name, text)| (name, unstated(text))).filter(|(_, missing)| !missing.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
