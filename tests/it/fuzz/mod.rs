//! The fuzz targets over their corpus: what `make fuzz` found once is tried with every test.

use std::{fs, path::Path};

use proptest::prelude::*;

mod entries;

type Entry = (&'static str, fn(&[u8]), &'static [&'static str]);

/// The entries, and what else than `fuzz/corpus` holds something for them.
const ENTRIES: [Entry; 7] = [
    ("certificate", entries::certificate, &["tests/it/fixtures/certificates"]),
    ("claims", entries::claims, &[]),
    ("guard", entries::guard, &[]),
    ("json", entries::json, &[]),
    ("msgpack", entries::msgpack, &[]),
    ("page", entries::page, &["src/demo/fixtures"]),
    ("resource_id", entries::resource_id, &[]),
];

#[test]
fn every_entry_keeps_its_promises_over_its_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, entry, more) in ENTRIES {
        let folder = format!("fuzz/corpus/{name}");
        for folder in [folder.as_str()].iter().chain(more) {
            let files: Vec<_> = fs::read_dir(root.join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
            assert!(files.len() > 4, "{folder}");
            for file in files {
                let bytes = fs::read(&file).unwrap();
                entry(&bytes);
                // Cut off, and with a bit turned over: where, the length decides, so that it is the same every time.
                entry(&bytes[..bytes.len() / 2]);
                let mut spoilt = bytes.clone();
                for at in [bytes.len() / 3, bytes.len() * 2 / 3] {
                    spoilt.get_mut(at).into_iter().for_each(|byte| *byte ^= 1);
                    entry(&spoilt);
                }
            }
        }
    }
}

#[test]
fn every_entry_has_a_binary_and_a_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let names = |folder: &str| {
        let mut names: Vec<_> = fs::read_dir(root.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let entries = ENTRIES.map(|(name, ..)| name);
    assert_eq!(names("targets"), entries);
    assert_eq!(names("corpus"), entries);
}

proptest! {
    #[test]
    fn every_entry_takes_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        ENTRIES.iter().for_each(|(_, entry, _)| entry(&bytes));
    }

    #[test]
    fn every_entry_takes_any_text(text in "(/|[a-z]{1,8}|[.]|%[0-9a-f]{2}|\\PC|[\\[\\]{}\",:]){0,40}") {
        ENTRIES.iter().for_each(|(_, entry, _)| entry(text.as_bytes()));
    }
}
