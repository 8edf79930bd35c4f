//! The closed lists of words that an answer can hold, compared with a list of the project's own and with the surface where it is at hand.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use azposture::{
    azure::Failure,
    posture::seen::{Place, Reason, Subject, Unreadable, Why},
};
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

/// A section of the surface, from its number to the next heading.
fn section<'a>(surface: &'a str, number: &str) -> &'a str {
    let section = surface.split(&format!("\n### {number} ")).nth(1).unwrap();
    section.split("\n##").next().unwrap()
}

/// The words between backticks.
fn words_in(text: &str) -> Vec<String> {
    let word = Regex::new(r"`([a-z_]+)`").unwrap();
    word.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// The words of the reason column, of every row of table 0.6 whose status can be one of these.
fn reasons_of(surface: &str, statuses: &[&str]) -> BTreeSet<String> {
    let rows =
        section(surface, "0.6").lines().filter_map(|line| line.strip_prefix('|')).map(|line| line.split('|').collect::<Vec<_>>());
    let ours = rows.filter(|cells| statuses.iter().any(|status| cells.get(1).is_some_and(|cell| cell.contains(status))));
    ours.flat_map(|cells| words_in(cells[2])).collect()
}

/// The reasons of a fail that the section of a validation lists, without what stands in parentheses behind them.
fn fail_reasons_of(surface: &str, number: &str) -> BTreeSet<String> {
    let list = section(surface, number).split("Fail reasons: ").nth(1).unwrap().split(". ").next().unwrap();
    let aside = Regex::new(r"\([^()]*\)").unwrap();
    words_in(&aside.replace_all(list, "")).into_iter().collect()
}

/// Words of table 0.6 that nothing this release serves can be the reason of.
const LATER: [&str; 4] = ["azure_exempt", "azure_not_applicable", "excluded", "off_by_policy"];

#[test]
fn the_words_of_gaps_and_of_verdicts_are_those_that_are_known() {
    assert_eq!(Reason::ALL.map(Reason::word).to_vec(), own("reasons"));
    assert_eq!(Subject::ALL.map(Subject::word).to_vec(), own("subjects"));
    assert_eq!(Why::ALL.map(Why::word).to_vec(), own("reasons of verdicts alone"));
    let all: BTreeSet<_> = Why::all().map(Why::word).collect();
    assert_eq!(all.len(), Why::all().count(), "no word has two meanings");
}

#[test]
fn the_reasons_are_those_of_the_surface() {
    let Some(surface) = surface() else { return };
    assert_eq!(reasons_of(&surface, &["unknown"]), Reason::ALL.map(|reason| reason.word().to_owned()).into());
}

#[test]
fn the_reasons_of_verdicts_are_those_of_the_surface() {
    let Some(surface) = surface() else { return };
    let mut known = reasons_of(&surface, &["unknown", "not_applicable", "off"]);
    assert!(LATER.iter().all(|word| known.remove(*word)));
    for number in ["6.1", "6.2", "6.3"] {
        let reasons = fail_reasons_of(&surface, number);
        assert!(reasons.len() > 6, "{number}: {reasons:?}");
        known.extend(reasons);
    }
    assert_eq!(Why::all().map(|why| why.word().to_owned()).collect::<BTreeSet<_>>(), known);
}

#[test]
fn a_gap_is_without_connection_exactly_where_nobody_answered() {
    const NOBODY: [Failure; 8] = [
        Failure::CertificateNotTrusted,
        Failure::ConnectionFailed,
        Failure::ConnectionLost,
        Failure::HostNotFound,
        Failure::NoConnection,
        Failure::ProxyRefused,
        Failure::TlsFailed,
        Failure::UntrustedCertificate,
    ];
    for failure in Failure::ALL {
        let gap = Unreadable {
            subject: Subject::Token,
            place: Place::Graph,
            reason: Reason::Unavailable,
            code: failure.code().to_owned(),
            remedy: String::new(),
        };
        assert_eq!(gap.is_without_connection(), NOBODY.contains(failure), "{failure:?}");
    }
}
