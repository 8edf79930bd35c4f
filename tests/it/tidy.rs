//! The house rules that a compiler does not know: arrows between layers and rooms, sizes, who knows what.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use regex_lite::Regex;

/// What each layer may use of the others.
const ARROWS: [(&str, &[&str]); 8] = [
    ("azure", &["panics", "text"]),
    ("demo", &["azure"]),
    ("panics", &[]),
    ("plugin", &["panics", "sdk", "text"]),
    ("posture", &["text"]),
    ("provider", &["azure", "posture", "sdk", "text"]),
    ("sdk", &["text"]),
    ("text", &[]),
];

/// Where a connection to the demo tenant is put together, somebody has to know it.
const KNOWS_THE_DEMO: &str = "src/provider/mod.rs";

/// Crates and ideas that a layer must not know, as they appear in paths.
const STRANGERS: [(&str, &[&str]); 6] = [
    ("azure", &["tonic::", "prost::", "schemars::"]),
    ("demo", &["tonic::", "prost::", "schemars::", "now_utc", "SystemTime"]),
    ("plugin", &["azure_core::", "azure_identity::", "reqwest::"]),
    // What is read is judged by the clock of its tenant: `Client::now`.
    ("provider", &["now_utc", "SystemTime"]),
    (
        "posture",
        &[
            "tokio::",
            "futures::",
            "azure_core::",
            "tonic::",
            "schemars::",
            "async fn",
            "std::fs",
            "std::env",
            "std::net",
            "now_utc",
            "SystemTime",
        ],
    ),
    ("sdk", &["tonic::", "prost::", "azure_core::", "azure_identity::", "reqwest::", "std::fs", "std::net"]),
];

const LONGEST_FILE: usize = 500;

#[test]
fn arrows_between_layers_point_downwards() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some((layer, allowed)) = ARROWS.iter().find(|(layer, _)| source.is_in(layer)) else { continue };
        for used in layers_used(&source.code()) {
            let known = used == *layer || allowed.contains(&used.as_str()) || (used == "demo" && source.path == KNOWS_THE_DEMO);
            if !known {
                wrong.push(format!("{}: {layer} must not use crate::{used}", source.path));
            }
        }
        if source.climbs_out() {
            wrong.push(format!("{}: `super` leads out of {layer}", source.path));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a room of a layer may use of the others in it. Files that are no room, such as a layer's errors, may be used by all of them.
type Arrows = (&'static str, &'static [&'static str]);
const ROOMS: [(&str, &[Arrows]); 4] = [
    (
        "azure",
        &[
            ("answer", &[]),
            ("arm", &["answer"]),
            ("credential", &["answer", "send", "tenant"]),
            ("inputs", &[]),
            ("microsoft_graph", &["answer"]),
            ("resource_graph", &["answer", "arm", "send"]),
            ("send", &["answer"]),
            ("tenant", &["answer", "send"]),
        ],
    ),
    (
        "posture",
        &[
            ("checks", &["defender", "rbac", "seen"]),
            ("conditional_access", &["rbac", "seen"]),
            ("connection", &["checks", "defender", "graph_permission", "rbac", "seen"]),
            ("defender", &["seen"]),
            ("graph_permission", &["rbac", "seen"]),
            ("rbac", &["seen"]),
            ("roster", &[]),
            ("seen", &[]),
            ("vulnerabilities", &["defender", "seen"]),
        ],
    ),
    ("provider", &[("collect", &[]), ("data", &["collect"]), ("validations", &["collect", "data"])]),
    ("provider/collect", &[("estate", &["facts", "lists"]), ("facts", &["estate", "lists"]), ("lists", &["estate", "facts"])]),
];

#[test]
fn rooms_of_a_layer_use_each_other_one_way() {
    let mut wrong = Vec::new();
    for (layer, rooms) in ROOMS {
        let inside = format!("crate::{}::", layer.replace('/', "::"));
        for source in sources().into_iter().filter(|source| source.is_in(layer)) {
            let Some((room, allowed)) = rooms.iter().find(|(room, _)| source.is_in(&format!("{layer}/{room}"))) else { continue };
            let code = source.production();
            let of_rooms = paths(&code).into_iter().filter_map(|path| path.strip_prefix(&inside).map(str::to_owned));
            let used: BTreeSet<_> = of_rooms.filter_map(|path| path.split("::").next().map(str::to_owned)).collect();
            let strange = used.iter().filter(|used| rooms.iter().any(|(other, _)| other == used));
            let strange = strange.filter(|used| used != room && !allowed.contains(&used.as_str()));
            wrong.extend(strange.map(|used| format!("{}: {room} must not use {used}", source.path)));
        }
        let known: BTreeSet<_> = rooms.iter().map(|(room, _)| (*room).to_owned()).collect();
        let below = format!("src/{layer}/");
        let folders =
            sources().into_iter().filter_map(|source| Some(source.path.strip_prefix(&below)?.split_once('/')?.0.to_owned()));
        let unknown: BTreeSet<_> = folders.filter(|folder| !known.contains(folder)).collect();
        assert!(unknown.is_empty(), "{layer}: rooms without arrows: {unknown:?}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_two_modules_of_a_layer_are_called_alike() {
    let mut wrong = Vec::new();
    for (layer, _) in ARROWS {
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for path in sources().into_iter().filter(|source| source.is_in(layer)).map(|source| source.path) {
            let short = path.trim_end_matches(".rs").trim_end_matches("/mod");
            let name = short.rsplit('/').next().unwrap().to_owned();
            if let Some(other) = known.insert(name.clone(), path.clone()).filter(|_| name != "tests") {
                wrong.push(format!("{path} and {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_of_the_crate_is_a_layer_with_arrows() {
    let declared = Regex::new(r"(?m)^pub mod (\w+);").unwrap();
    let root = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let modules: BTreeSet<_> = declared.captures_iter(&root).map(|found| found[1].to_owned()).collect();
    assert_eq!(modules, ARROWS.iter().map(|(layer, _)| (*layer).to_owned()).collect());
}

#[test]
fn each_layer_keeps_to_its_own_subject() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some((layer, strangers)) = STRANGERS.iter().find(|(layer, _)| source.is_in(layer)) else { continue };
        let code = source.production();
        wrong.extend(
            strangers.iter().filter(|word| code.contains(**word)).map(|word| format!("{}: {layer} knows {word}", source.path)),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn judgement_causes_io_in_one_place_only() {
    let call = Regex::new(r"azure::\{?[^;]*\b(arm|graph|Call|Query)\b|\bclient\.(get|list|query)\(").unwrap();
    let outside = sources().into_iter().filter(|source| source.is_in("provider") && !source.is_in("provider/collect"));
    let wrong: Vec<_> = outside.filter(|source| call.is_match(&source.production())).map(|source| source.path).collect();
    assert!(wrong.is_empty(), "reads belong into src/provider/collect: {wrong:?}");
}

/// The one file that turns why a reading ended into errors of Terraform.
const TELLS_STOPS: &str = "src/provider/failure.rs";

/// A sign-in that failed is a failed check, so a line of its verdict says why.
const JUDGES_THE_SIGN_IN: &str = "src/provider/validations/connection_validation.rs";

#[test]
fn what_reads_and_what_judges_know_no_terraform() {
    let inside = sources().into_iter().filter(|source| source.is_in("posture") || source.is_in("provider/collect"));
    let word = Regex::new(r"\bsdk\b|\bDiagnostics?\b").unwrap();
    let wrong: Vec<_> = inside.filter(|source| word.is_match(&source.production())).map(|source| source.path).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn stops_become_errors_of_terraform_in_one_file() {
    let implements = Regex::new(r"\bfor (\w+::)*Diagnostics\b").unwrap();
    let quotes =
        Regex::new(r"\berror\.(lasting|advice|message|request_id)\(\)|\bexplain::|\bunread::(told|every_one)\b").unwrap();
    let of = |what: &Regex, sources: Vec<Source>| -> Vec<String> {
        sources.into_iter().filter(|source| what.is_match(&source.production())).map(|source| source.path).collect()
    };
    let provider = || sources().into_iter().filter(|source| source.is_in("provider"));
    assert_eq!(of(&implements, provider().collect()), [TELLS_STOPS]);
    let outside = provider().filter(|source| !source.is_in("provider/collect")).collect();
    assert_eq!(of(&quotes, outside), [TELLS_STOPS, JUDGES_THE_SIGN_IN], "words of failed reads");
}

/// Who asks the system for the time, and what for.
const CLOCKS: [&str; 2] = [
    // When tokens and certificates end, and the moment by which `Context` judges.
    "src/azure/clock.rs",
    // When a line was logged.
    "src/plugin/log.rs",
];

#[test]
fn the_time_is_asked_for_in_one_place() {
    let system = Regex::new(r"\bnow_(utc|local)\b|\bSystemTime\b|\bUNIX_EPOCH\b").unwrap();
    let of_client = Regex::new(r"\bclient\s*\.now\(").unwrap();
    let asking = |what: &Regex, layer: &str| -> Vec<String> {
        let sources = sources().into_iter().filter(|source| layer.is_empty() || source.is_in(layer));
        sources.filter(|source| what.is_match(&source.production())).map(|source| source.path).collect()
    };
    assert_eq!(asking(&system, ""), CLOCKS);
    // What was read is judged by the clock of its tenant, which the context has.
    assert_eq!(asking(&of_client, "provider"), ["src/provider/context.rs"]);
}

#[test]
fn a_value_and_its_gaps_are_one() {
    let tuple = Regex::new(r"\([^()]*, Vec<Unreadable>\)").unwrap();
    let ours = sources().into_iter().filter(|source| source.is_in("posture") || source.is_in("provider/collect"));
    let apart = ours.filter(|source| source.path != "src/posture/seen/value.rs" && tuple.is_match(&source.production()));
    let apart: Vec<_> = apart.map(|source| source.path).collect();
    assert!(apart.is_empty(), "`Seen` carries both: {apart:?}");
}

#[test]
fn a_question_is_asked_in_one_place() {
    let name = Regex::new(r#"Key::of\("([^"]+)"\)"#).unwrap();
    let mut asked = BTreeMap::<String, usize>::new();
    for source in sources().iter().filter(|source| source.is_in("provider")) {
        name.captures_iter(source.untested()).for_each(|found| *asked.entry(found[1].to_owned()).or_default() += 1);
    }
    let twice: Vec<_> = asked.iter().filter(|(_, places)| **places > 1).collect();
    assert!(!asked.is_empty() && twice.is_empty(), "one name, two questions: {twice:?}");
}

#[test]
fn files_are_short() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|source| (source.production_lines(), source.path))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn every_file_says_what_it_decides() {
    let silent: Vec<_> =
        sources().into_iter().filter(|source| !source.text.starts_with("//! ")).map(|source| source.path).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn nothing_is_printed_but_the_handshake_and_the_version() {
    let print = Regex::new(r"\b(e?print(ln)?|dbg)!|\bstdout\(\)").unwrap();
    let printing: Vec<_> =
        sources().into_iter().filter(|source| print.is_match(&source.production())).map(|source| source.path).collect();
    assert_eq!(printing, ["src/main.rs", "src/plugin/handshake.rs"]);
}

#[test]
fn a_lint_is_only_switched_off_with_a_reason() {
    let switched_off = Regex::new(r"(?s)#!?\[(allow|expect)\((.*?)\)\]").unwrap();
    let mut wrong = Vec::new();
    for source in sources() {
        let bare = |text: &str| switched_off.captures_iter(text).any(|found| !found[2].contains("reason = "));
        if bare(&source.text) {
            wrong.push(source.path);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// One file below `src`.
struct Source {
    /// From the root of the package, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn is_in(&self, directory: &str) -> bool {
        self.path.starts_with(&format!("src/{directory}/"))
    }

    /// Without comments.
    fn code(&self) -> String {
        uncommented(&self.text)
    }

    /// Without comments and without the module of tests.
    fn production(&self) -> String {
        uncommented(self.untested())
    }

    fn production_lines(&self) -> usize {
        self.untested().lines().count()
    }

    fn untested(&self) -> &str {
        self.text.find("\n#[cfg(test)]\nmod tests {").map_or(self.text.as_str(), |end| &self.text[..end])
    }

    /// Whether a chain of `super` ends above the layer: in `src/layer/a/b.rs` three would, in `src/layer/a/mod.rs` two.
    fn climbs_out(&self) -> bool {
        let depth = self.path.matches('/').count() - usize::from(self.path.ends_with("/mod.rs"));
        Regex::new(&format!(r"\b(super::){{{depth},}}")).unwrap().is_match(&self.production())
    }
}

fn uncommented(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The first segment behind every `crate::`, those in braces too.
fn layers_used(code: &str) -> BTreeSet<String> {
    let word = Regex::new(r"^\s*(\w+)").unwrap();
    let mut used = BTreeSet::new();
    for (position, _) in code.match_indices("crate::") {
        if code[..position].ends_with(|c: char| c.is_alphanumeric() || "_$".contains(c)) {
            continue;
        }
        let rest = &code[position + "crate::".len()..];
        let parts = if rest.starts_with('{') { outermost(rest) } else { vec![rest] };
        used.extend(parts.into_iter().filter_map(|part| word.captures(part)).map(|found| found[1].to_owned()));
    }
    used
}

/// Every path that begins with `crate::`, those in braces too, each as one.
fn paths(code: &str) -> Vec<String> {
    fn grow(prefix: &str, rest: &str, all: &mut Vec<String>) {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len());
        let path = format!("{prefix}{}", &rest[..end]);
        if rest[end..].starts_with('{') {
            outermost(&rest[end..]).into_iter().for_each(|part| grow(&path, part.trim(), all));
        } else {
            all.push(path);
        }
    }
    let mut all = Vec::new();
    code.match_indices("crate::").for_each(|(position, _)| grow("", &code[position..], &mut all));
    all
}

/// The parts between the outermost commas of a group in braces.
fn outermost(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 1, Vec::new());
    for (position, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                parts.push(&group[start..position]);
                start = position + 1;
            }
            _ => {}
        }
        if depth == 0 {
            parts.push(&group[start..position]);
            break;
        }
    }
    parts
}

fn sources() -> Vec<Source> {
    let mut directories = vec![root().join("src")];
    let mut sources = Vec::new();
    while let Some(directory) = directories.pop() {
        for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(Source { text: fs::read_to_string(&path).unwrap(), path: relative(&path) });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_use_against_the_arrows_is_found_however_it_is_written() {
    let found = |code: &str| layers_used(code).into_iter().collect::<Vec<_>>();
    assert_eq!(found("use crate::azure::{Client, sdk};"), ["azure"]);
    assert_eq!(found("use crate::{\n    azure::{self, arm::{x, y}},\n    sdk::Path,\n};"), ["azure", "sdk"]);
    assert_eq!(found("let x = crate::demo::Tenant::demo(); mycrate::plugin::x()"), ["demo"]);
}

#[test]
fn whatever_names_one_registry_names_both() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<_> = [".ci", "docs", "examples", "scripts", "src", "tests"].map(|name| root.join(name)).into();
    let mut files: Vec<_> = ["GNUmakefile", "README.md"].map(|name| root.join(name)).into();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    // This file names them for other reasons.
    files.retain(|path| !path.ends_with(file!()));
    let texts: Vec<_> = files.iter().filter_map(|path| Some((path, fs::read_to_string(path).ok()?))).collect();
    let named = |text: &str| ["registry.terraform.io", "registry.opentofu.org"].map(|host| text.contains(host));
    let one: Vec<_> = texts.iter().filter(|(_, text)| named(text) == [true, false]).map(|(path, _)| path).collect();
    assert!(one.is_empty(), "OpenTofu does not look at Terraform's registry: {one:#?}");
    assert!(texts.iter().filter(|(_, text)| named(text) == [true, true]).count() > 5);
}
