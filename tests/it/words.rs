//! The closed lists of words that an answer can hold, compared with a list of the project's own and with the surface where it is at hand.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use azposture::posture::seen::{Reason, Subject};
use regex_lite::Regex;

const OWN: &str = include_str!("fixtures/words.txt");

/// The words of one paragraph of the own list, in its order: a heading in brackets, then a word a line.
fn own(heading: &str) -> Vec<&'static str> {
    let paragraph = OWN.split("\n\n").find_map(|one| one.trim().strip_prefix(&format!("[{heading}]\n")));
    paragraph.unwrap_or_else(|| panic!("words.txt has no [{heading}]")).lines().collect()
}

/// The surface, which stands beside the repository where the project is worked on.
fn surface() -> Option<String> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/surface.md");
    let path = env::var_os("AZPOSTURE_SURFACE").map_or_else(beside, PathBuf::from);
    let text = fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: {} is not there", path.display());
    }
    text
}

/// The words of the reason column, of every row of table 0.6 whose status can be unknown.
fn reasons_of(surface: &str) -> BTreeSet<String> {
    let section = surface.split("\n### 0.6 ").nth(1).unwrap().split("\n## ").next().unwrap();
    let word = Regex::new(r"`([a-z_]+)`").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix('|')).map(|line| line.split('|').collect::<Vec<_>>());
    let unknown = rows.filter(|cells| cells.get(1).is_some_and(|status| status.contains("unknown")));
    unknown.flat_map(|cells| word.captures_iter(cells[2]).map(|found| found[1].to_owned()).collect::<Vec<_>>()).collect()
}

#[test]
fn the_words_of_gaps_are_those_that_are_known() {
    assert_eq!(Reason::ALL.map(Reason::word).to_vec(), own("reasons"));
    assert_eq!(Subject::ALL.map(Subject::word).to_vec(), own("subjects"));
}

#[test]
fn the_reasons_are_those_of_the_surface() {
    let Some(surface) = surface() else { return };
    assert_eq!(reasons_of(&surface), Reason::ALL.map(|reason| reason.word().to_owned()).into());
}
