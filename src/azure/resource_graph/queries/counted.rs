//! Assessments without the list: how many there are of each recommendation, status and severity, and the first of some of them in the
//! order of their keys.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{ASSESSMENTS, of_subscriptions, subscription_of};
use crate::azure::{Client, Result, answer::lenient::Text, arm::security};

/// The name of the text that counts.
pub const COUNTS: &str = "assessmentgroups";
/// The name of the texts that ask for the first.
pub const FIRST: &str = "firstassessments";

// The key as a row has it: the resource it names, unless that is none of Azure's ids, and the recommendation. Rows that one word tells
// apart are alike: the recommendation, and both words as the service writes them.
const ALIKE: &str = r#"securityresources
| where type == "microsoft.security/assessments"
| extend source = strcat(properties.resourceDetails.Source, properties.resourceDetails.source)
| extend given = strcat(properties.resourceDetails.Id, properties.resourceDetails.id)
| extend own = substring(id, 0, indexof(tolower(id), "/providers/microsoft.security/assessments/"))
| extend resource = iff(given startswith "/" or (given != "" and source !in~ ("", "Azure") and source !startswith "OnPremise"), given, own)
| extend key = tolower(strcat(resource, "|", name))
| extend alike = strcat(tolower(name), "|", properties.status.code, "|", properties.metadata.severity)"#;

// One row a subscription: a list without an id has one page only. How often a key comes tells whether its rows are to be believed.
const COUNTED: &str = r#"| summarize copies = count(), alike = max(alike) by key, subscriptionId
| summarize number = count(), copies = max(copies) by alike, subscriptionId
| summarize counts = make_list(strcat(alike, "|", number, "|", copies)) by subscriptionId
| order by subscriptionId asc"#;

/// How many assessments of a subscription are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alike {
    /// The recommendation, lower case.
    pub name: String,
    /// The status as the service writes it; empty if it does not say.
    pub status: String,
    /// The severity as the service writes it; empty if it does not say.
    pub severity: String,
}

impl Alike {
    /// Whether these are words that are known here, in Azure's own spelling. Others could be anything, and a text is made of them.
    pub fn is_known(&self) -> bool {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let severities = ["", "Critical", "High", "Medium", "Low", "Informational"];
        !self.name.is_empty()
            && self.name.chars().all(is_name)
            && ["Healthy", "NotApplicable", "Unhealthy"].contains(&self.status.as_str())
            && severities.contains(&self.severity.as_str())
    }
}

/// How many there are of those.
#[derive(Clone, Debug)]
pub struct Counted {
    /// What they have in common.
    pub alike: Alike,
    /// How many.
    pub number: usize,
    /// Whether a key of theirs comes more than once.
    pub repeats: bool,
}

/// The text that counts.
pub fn counts() -> String {
    format!("// azposture {COUNTS}\n{ALIKE}\n{COUNTED}")
}

/// The text that asks for the first of those that are like one of these, whose words are known.
pub fn first(alike: &BTreeSet<Alike>, number: usize) -> String {
    let words: Vec<_> = alike.iter().map(|one| format!("\"{}|{}|{}\"", one.name, one.status, one.severity)).collect();
    let (words, columns) = (words.join(", "), ASSESSMENTS.columns);
    format!(
        "// azposture {FIRST}\n{ALIKE}\n| where alike in ({words})\n| project id, key, {columns}\n| order by key asc\n| take {number}"
    )
}

/// How many assessments of each kind subscriptions have; one without any is not handed out. None for one whose counts are not understood.
pub async fn counted(client: &Client, ids: &BTreeSet<String>, mut row: impl FnMut(String, Option<Vec<Counted>>)) -> Result<()> {
    let own = |found: &Counts| found.subscription_id.to_ascii_lowercase();
    let understood = |found: Counts| found.counts.iter().map(|text| Counted::parse(text.as_deref()?)).collect();
    of_subscriptions(client, "count Defender assessments", &counts(), ids, own, |id, found| row(id, understood(found))).await
}

/// What that text asks for, with the subscription of each, in the order of their keys.
pub async fn first_of(
    client: &Client,
    ids: &BTreeSet<String>,
    text: &str,
    row: impl FnMut(String, security::Assessment),
) -> Result<()> {
    let own = |one: &security::Assessment| subscription_of(&one.id);
    of_subscriptions(client, security::ASSESSMENTS.reading, text, ids, own, row).await
}

impl Counted {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('|');
        let mut next = || parts.next();
        let (name, status, severity) = (next()?.to_owned(), next()?.to_owned(), next()?.to_owned());
        let (number, copies) = (next()?.parse().ok()?, next()?.parse::<usize>().ok()?);
        // A row stands for something, and what has more parts is none of ours.
        let is_sound = next().is_none() && number > 0 && copies > 0;
        is_sound.then_some(Self { alike: Alike { name, status, severity }, number, repeats: copies > 1 })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    subscription_id: String,
    counts: Vec<Text>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_made_of_known_words_alone() {
        let known = |name: &str, status: &str, severity: &str| {
            Alike { name: name.to_owned(), status: status.to_owned(), severity: severity.to_owned() }.is_known()
        };
        assert!(known("fab00001-0000-4000-8000-000000000001", "Unhealthy", "High") && known("a", "Healthy", ""));
        for (name, status, severity) in [
            ("", "Healthy", "High"),
            ("a\") or true", "Healthy", "High"),
            ("a", "", "High"),
            ("a", "healthy", "High"),
            ("a", "Exempted", "High"),
            ("a", "Healthy", "Severe"),
        ] {
            assert!(!known(name, status, severity), "{name} {status} {severity}");
        }
    }

    #[test]
    fn counts_are_understood_whole_or_not_at_all() {
        let one = Counted::parse("a-1|Unhealthy||12|1").unwrap();
        assert_eq!((one.alike.name.as_str(), one.alike.status.as_str(), one.alike.severity.as_str()), ("a-1", "Unhealthy", ""));
        assert_eq!((one.number, one.repeats), (12, false));
        assert!(Counted::parse("a|Healthy|High|2|2").unwrap().repeats);
        for text in ["", "a|b|c|1", "a|b|c|1|1|1", "a|b|c|0|1", "a|b|c|1|0", "a|b|c|-1|1", "a|b|c|many|1"] {
            assert!(Counted::parse(text).is_none(), "{text}");
        }
    }
}
