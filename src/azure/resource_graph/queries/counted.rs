//! Assessments without the list: how many there are of each recommendation, status and severity, and the first of some of them in the
//! order of their keys.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{ASSESSMENTS, asked, of_subscriptions, query, subscription_of};
use crate::azure::{
    Client, Result,
    answer::lenient::Text,
    arm::security,
    resource_graph::{Query, QueryScope},
};

/// The name of the text that counts.
pub const COUNTS: &str = "assessmentgroups";
/// The name of the texts that ask for the first.
pub const FIRST: &str = "firstassessments";

// The key as a row has it: the resource it names, unless that is none of Azure's ids, and the recommendation. Rows that one word tells
// apart are alike: the recommendation, and both words as the service writes them.
const ALIKE: &str = r#"securityresources
| where type == "microsoft.security/assessments"
| extend source = strcat(properties.resourceDetails.Source, properties.resourceDetails.source)
| extend given = trim_end("/+", strcat(properties.resourceDetails.Id, properties.resourceDetails.id))
| extend own = substring(id, 0, indexof(tolower(id), "/providers/microsoft.security/assessments/"))
| extend resource = iff(given startswith "/" or (given != "" and source !in~ ("", "Azure") and source !startswith "OnPremise"), given, own)
| extend key = tolower(strcat(resource, "|", name))
| extend alike = strcat(tolower(name), "|", properties.status.code, "|", properties.metadata.severity)"#;

// One row a subscription: a list without an id has one page only. How often a key comes, wherever it stands, tells whether its rows are to be
// believed; that it stands in no subscription of its own, that it may come elsewhere, too; and the sum, whether the list of counts is whole.
const COUNTED: &str = r#"| extend subscriptionId = tolower(subscriptionId)
| summarize copies = count(), alike = max(alike), subscriptionId = max(subscriptionId) by key
| extend foreign = iff(key startswith strcat("/subscriptions/", subscriptionId), 0, 1)
| summarize number = count(), copies = max(copies), foreign = max(foreign) by alike, subscriptionId
| summarize counts = make_list(strcat(alike, "|", number, "|", copies, "|", foreign)), total = sum(number) by subscriptionId
| order by subscriptionId asc"#;

/// How many assessments of a subscription are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Whether a key of theirs names no resource of the subscription, so that another may have it, too.
    pub foreign: bool,
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
    of_subscriptions(client, "count Defender assessments", &counts(), ids, own, |id, found| row(id, found.understood())).await
}

/// What that text asks for, with the subscription and the key of each as the service has it, in the order of these.
pub async fn first_of(
    client: &Client,
    ids: &BTreeSet<String>,
    text: &str,
    mut row: impl FnMut(String, String, security::Assessment),
) -> Result<()> {
    let own = |one: &First| subscription_of(&one.row.id);
    let query = Query { takes: true, ..query(security::ASSESSMENTS.reading, text, QueryScope::Subscriptions(ids.clone()), None) };
    asked(client, query, ids, own, |id, one| row(id, one.key, one.row)).await.map(|_| ())
}

impl Counted {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('|');
        let mut next = || parts.next();
        let (name, status, severity) = (next()?.to_owned(), next()?.to_owned(), next()?.to_owned());
        let (number, copies) = (next()?.parse().ok()?, next()?.parse::<u32>().ok()?);
        let foreign = next()?.parse::<u32>().ok()? > 0;
        // A row stands for something, and what has more parts is none of ours.
        let is_sound = next().is_none() && number > 0 && copies > 0;
        is_sound.then_some(Self { alike: Alike { name, status, severity }, number, repeats: copies > 1, foreign })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    subscription_id: String,
    counts: Vec<Text>,
    total: usize,
}

impl Counts {
    /// None where the counts are not whole. Only assessments put a subscription into the answer, so that none contradict themselves.
    fn understood(self) -> Option<Vec<Counted>> {
        let counts: Vec<_> = self.counts.iter().map(|text| Counted::parse(text.as_deref()?)).collect::<Option<_>>()?;
        let sum = counts.iter().try_fold(0_usize, |sum, one| sum.checked_add(one.number))?;
        (sum > 0 && sum == self.total).then_some(counts)
    }
}

#[derive(Deserialize)]
struct First {
    key: String,
    #[serde(flatten)]
    row: security::Assessment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_are_not_their_sum_are_none() {
        let counts = |texts: &[&str], total| {
            let json = serde_json::json!({"subscriptionId": "s", "counts": texts, "total": total});
            serde_json::from_value::<Counts>(json).unwrap().understood().map(|all| all.len())
        };
        let (one, other) = ("a|Healthy|High|2|1|0", "b|Healthy|High|3|1|0");
        assert_eq!((counts(&[one, other], 5), counts(&[one], 5), counts(&[], 0)), (Some(2), None, None));
        assert_eq!(counts(&["a|Healthy|High|18446744073709551615|1|0", one], 1), None);
    }

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
        let one = Counted::parse("a-1|Unhealthy||12|1|0").unwrap();
        assert_eq!((one.alike.name.as_str(), one.alike.status.as_str(), one.alike.severity.as_str()), ("a-1", "Unhealthy", ""));
        assert_eq!((one.number, one.repeats, one.foreign), (12, false, false));
        assert!(Counted::parse("a|Healthy|High|2|2|0").unwrap().repeats);
        assert!(Counted::parse("a|Healthy|High|2|1|1").unwrap().foreign);
        for text in [
            "",
            "a|b|c|1",
            "a|b|c|1|1",
            "a|b|c|1|1|1|1",
            "a|b|c|0|1|0",
            "a|b|c|1|0|0",
            "a|b|c|-1|1|0",
            "a|b|c|many|1|0",
            "a|b|c|1|1|x",
        ] {
            assert!(Counted::parse(text).is_none(), "{text}");
        }
    }
}
