//! The bodies that the services publish as samples, served over the client's own transport: what is read decodes, and holds what
//! the sample says. Every sample is read here or listed with the reason why nothing reads it.

mod columns;
mod governance;
mod graph;
mod monitor;
mod posture;
mod reads;
mod unread;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Once,
};

use azposture::azure::{Audience, Client, send::guard, settings::ScopeSetting};
use azure_core::http::Method;
use serde_json::{Value as Json, json};

use self::{
    reads::{GROUP, Picked, READS, graph_rows},
    unread::{NEVER, UNREAD},
};
use crate::azure_engine::{Fake, OURS, ok};

#[test]
fn every_sample_is_read_or_has_a_reason() {
    let Some(samples) = Samples::find() else { return };
    let manifest = fs::read_to_string(samples.0.join("MANIFEST.tsv")).unwrap();
    let listed: BTreeSet<&str> = manifest.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    let mut known = BTreeMap::new();
    let reasons = UNREAD.iter().flat_map(|(_, names)| names.iter().copied());
    for name in READS.iter().map(|(name, _)| *name).chain(reasons).chain(NEVER.iter().map(|(name, _)| *name)) {
        *known.entry(name).or_insert(0) += 1;
    }
    assert_eq!(known.keys().copied().collect::<BTreeSet<_>>(), listed);
    assert!(known.values().all(|times| *times == 1), "{known:?}");
}

#[tokio::test]
async fn what_is_read_decodes_to_what_the_sample_says() {
    let Some(samples) = Samples::find() else { return };
    let mut wrong = Vec::new();
    for (name, read) in READS {
        let body = samples.body(name);
        // What is read one at a time arrives as it is; a sample of one row of a list arrives as that list.
        let single =
            ["graph/application-get.json", "managementgroups/group-expand-recurse.json", "subscription/subscription-get.json"]
                .contains(name);
        let (rows, served) = match body["value"].as_array().or(body["data"].as_array()) {
            Some(rows) => (rows.clone(), body.clone()),
            None if single => (vec![body.clone()], body.clone()),
            None => (vec![body.clone()], json!({"value": [body.clone()]})),
        };
        match read(client(served)).await {
            Ok(picked) if picked.len() == rows.len() => {
                for (number, (picked, row)) in picked.iter().zip(&rows).enumerate() {
                    wrong.extend(differences(picked, row).map(|text| format!("{name} row {number}: {text}")));
                }
            }
            Ok(picked) => wrong.push(format!("{name}: {} of {} rows", picked.len(), rows.len())),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_never_requested_cannot_be() {
    for (name, path) in NEVER {
        let method = if name.ends_with("entities.json") { Method::Post } else { Method::Get };
        let path = path.replace("{id}", OURS);
        assert!(guard::allow(Audience::ResourceManager, method, &path).is_err(), "{name}: {path}");
    }
}

#[tokio::test]
async fn a_resource_graph_list_without_all_its_pages_is_refused() {
    let Some(samples) = Samples::find() else { return };
    let pages = ["first", "next"].map(|page| samples.body(&format!("resourcegraph/resources-{page}-page.json")).to_string());
    let last = r#"{"totalRecords":386,"count":0,"resultTruncated":"false","data":[]}"#.to_owned();
    let fake = Fake::new(move |_, number| ok(pages.get(number).unwrap_or(&last)));
    let error = graph_rows(fake.client()).await.unwrap_err();
    assert_eq!(error.code(), "Truncated");
    assert!(error.to_string().contains("386 rows and sent 6"), "{error}");
    let sent = fake.sent();
    let token = &samples.body("resourcegraph/resources-first-page.json")["$skipToken"];
    let second: Json = serde_json::from_str(&sent[1].body).unwrap();
    assert_eq!((sent.len(), &second["options"]["$skipToken"]), (3, token));
}

/// A client whose service answers everything with this body.
fn client(body: Json) -> Client {
    let group = body["value"][0]["type"].as_str().is_some_and(|kind| kind.contains("managementGroups"))
        || body["type"].as_str().is_some_and(|kind| kind.contains("managementGroups"));
    let fake = Fake::new(move |_, _| ok(body.to_string()));
    fake.client_with(|settings| {
        if group {
            settings.scope = ScopeSetting::ManagementGroup(GROUP.to_owned());
        }
    })
}

fn differences(picked: &Picked, row: &Json) -> impl Iterator<Item = String> {
    picked.iter().filter_map(|(pointer, value)| {
        let said = row.pointer(pointer).unwrap_or(&Json::Null);
        (!same(value, said)).then(|| format!("{pointer} is {value} and was {said}"))
    })
}

/// Flags may arrive as words; null, absent and empty are one.
fn same(decoded: &Json, said: &Json) -> bool {
    let empty = |value: &Json| matches!(value, Json::Null) || *value == json!("") || *value == json!([]) || *value == json!({});
    match (decoded, said) {
        (Json::Bool(flag), Json::String(word)) => word.eq_ignore_ascii_case(&flag.to_string()),
        _ => decoded == said || (empty(decoded) && empty(said)),
    }
}

/// The directory of the samples, which are not part of the project.
pub(crate) struct Samples(PathBuf);

impl Samples {
    /// `AZPOSTURE_EXAMPLES`, which has to exist if it is set, or what lies beside the project; else none, and a line that says so.
    pub(crate) fn find() -> Option<Self> {
        if let Some(named) = env::var_os("AZPOSTURE_EXAMPLES").filter(|path| !path.is_empty()) {
            assert!(Path::new(&named).join("MANIFEST.tsv").is_file(), "AZPOSTURE_EXAMPLES={named:?} holds no MANIFEST.tsv");
            return Some(Self(named.into()));
        }
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/azure-examples");
        if beside.join("MANIFEST.tsv").is_file() {
            return Some(Self(beside));
        }
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            drop(writeln!(
                io::stderr(),
                "skipped: the services' samples are not here; name their directory in AZPOSTURE_EXAMPLES"
            ));
        });
        None
    }

    /// The body of the answer. The page behind its link is in no sample, so the link is left out.
    pub(crate) fn body(&self, name: &str) -> Json {
        let text = fs::read_to_string(self.0.join(name)).unwrap();
        let whole: Json = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        let mut body = whole.pointer("/responses/200/body").unwrap_or(&whole).clone();
        if let Some(link) = body.get_mut("nextLink") {
            link.take();
        }
        body
    }
}
