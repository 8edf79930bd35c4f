//! Defender assessments (recommendations on a resource), joined with what Microsoft says about each recommendation.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use time::OffsetDateTime;

use super::{Severity, filter, portal::Link, resource_id::within, seen::agreed, vulnerabilities::Details};

/// One recommendation on one resource. Repeated texts are shared, because there are hundreds of thousands of these.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The recommendation: the same GUID in every tenant.
    pub assessment_key: Arc<str>,
    /// What the portal calls it. Several recommendations share a name; never a key.
    pub display_name: Arc<str>,
    /// The subscription it was listed in.
    pub subscription_id: Arc<str>,
    /// Canonical id of the resource, or the id as given for a resource of another cloud.
    pub resource_id: Arc<str>,
    /// `Azure`, `OnPremise`, `Aws` …
    pub source: Arc<str>,
    /// `Healthy`, `Unhealthy`, `NotApplicable`, or a word that is not known here; empty if the service did not say.
    pub status: Arc<str>,
    /// `OffByPolicy`, `Exempt` …
    pub cause: Option<Arc<str>>,
    /// The service's sentence about the status.
    pub status_description: Option<Arc<str>>,
    /// Azure's word for its severity, and `SoftwareUpdate` …, where the row says so itself: Resource Graph has them, Resource Manager does
    /// not.
    pub severity: Option<Arc<str>>,
    /// Of which kind of individual recommendation it is, likewise.
    pub recommendation_category: Option<Arc<str>>,
    /// `Critical` … `None`, where it was asked for.
    pub risk_level: Option<Arc<str>>,
    /// A link into the portal, folded by the id of the resource and the key.
    pub portal_link: Option<Link>,
    /// When it was first evaluated.
    pub first_evaluated_on: Option<OffsetDateTime>,
    /// The last change of the status, not the last evaluation.
    pub status_changed_on: Option<OffsetDateTime>,
    /// What it says where it is a finding by itself, or about an image.
    pub details: Option<Box<Details>>,
}

/// What Microsoft says about a recommendation.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// The recommendation.
    pub assessment_key: String,
    /// What the portal calls it.
    pub display_name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Azure's word.
    pub severity: String,
    /// `SoftwareUpdate` …
    pub recommendation_category: Option<String>,
    /// `Compute`, `Networking`, `Data`, `IdentityAndAccess`, `IoT` …
    pub categories: Vec<String>,
    /// `accountBreach` …
    pub threats: Vec<String>,
    /// MITRE ATT&CK tactics.
    pub tactics: Vec<String>,
    /// MITRE ATT&CK techniques.
    pub techniques: Vec<String>,
    /// `BuiltIn`, `CustomPolicy` …
    pub assessment_type: Option<String>,
    /// The policy definition that evaluates it.
    pub policy_definition_id: Option<String>,
    /// `Low`, `Moderate`, `High`.
    pub user_impact: Option<String>,
    /// `Low`, `Moderate`, `High`.
    pub implementation_effort: Option<String>,
    /// How to fix it, as the service writes it (HTML).
    pub remediation: Option<String>,
    /// Whether it is in preview; none if the service did not say.
    pub preview: Option<bool>,
}

/// Metadata by assessment key, lower case.
pub type Catalogue = BTreeMap<String, Metadata>;

impl Assessment {
    /// What several assessments of a subscription have in common: their recommendation, their status, and Azure's word for the severity if
    /// they have one. It stands for no resource.
    pub fn alike(assessment_key: Arc<str>, status: Arc<str>, severity: Option<Arc<str>>, subscription_id: Arc<str>) -> Self {
        let nothing: Arc<str> = Arc::default();
        Self {
            assessment_key,
            display_name: Arc::clone(&nothing),
            subscription_id,
            resource_id: Arc::clone(&nothing),
            source: nothing,
            status,
            cause: None,
            status_description: None,
            severity,
            recommendation_category: None,
            risk_level: None,
            portal_link: None,
            first_evaluated_on: None,
            status_changed_on: None,
            details: None,
        }
    }

    /// Unique and stable: the resource and the recommendation.
    pub fn key(&self) -> String {
        let mut key = [&*self.resource_id, "|", &*self.assessment_key].concat();
        if !key.is_ascii() {
            return key.to_lowercase();
        }
        key.make_ascii_lowercase();
        key
    }

    /// The order of keys, without making them: there are hundreds of thousands.
    fn compare(&self, other: &Self) -> Ordering {
        let is_plain = |row: &Self| row.resource_id.is_ascii() && row.assessment_key.is_ascii();
        if !is_plain(self) || !is_plain(other) {
            return self.key().cmp(&other.key());
        }
        key_bytes(self).cmp(key_bytes(other))
    }

    /// Whether the resource belongs to another cloud: then its id says nothing about where it stands in Azure.
    pub fn is_foreign(&self) -> bool {
        is_foreign(&self.source, &self.resource_id)
    }

    /// Whether the status is one of the three words that are known; what is not is neither good nor bad.
    pub fn has_known_status(&self) -> bool {
        ["Healthy", "NotApplicable", "Unhealthy"].iter().any(|word| self.is(word))
    }

    /// Whether the status is this word.
    pub fn is(&self, status: &str) -> bool {
        self.status.eq_ignore_ascii_case(status)
    }

    /// Takes in another row of it: how bad it is and why is not known where the two do not agree on it.
    fn agree(&mut self, other: &Self) {
        for (known, other) in [
            (&mut self.cause, &other.cause),
            (&mut self.severity, &other.severity),
            (&mut self.recommendation_category, &other.recommendation_category),
            (&mut self.risk_level, &other.risk_level),
        ] {
            *known = agreed(known.take(), other.clone());
        }
    }

    /// Azure's word for its severity: that of the catalogue, else its own.
    pub fn severity_word<'a>(&'a self, metadata: Option<&'a Metadata>) -> Option<&'a str> {
        let known = metadata.map(|metadata| metadata.severity.as_str()).filter(|word| !word.is_empty());
        known.or(self.severity.as_deref())
    }

    /// Its severity; none if nothing says it, or in a word that is not known here.
    pub fn severity(&self, metadata: Option<&Metadata>) -> Option<Severity> {
        self.severity_word(metadata).and_then(Severity::parse)
    }
}

/// The other clouds there are today, in the words of the service.
const OTHER_CLOUDS: [&str; 7] = ["AWS", "AzureDevOps", "DockerHub", "GCP", "GitHub", "GitLab", "JFrog"];

/// Whether a resource of this source belongs to another cloud. A word that is not known here says nothing against an id of Azure's:
/// filters that go by the place would hide it.
pub fn is_foreign(source: &str, id: &str) -> bool {
    const SUBSCRIPTIONS: &str = "/subscriptions/";
    let is = |word: &str| word.eq_ignore_ascii_case(source);
    let is_of_azure = is("Azure") || source.to_ascii_lowercase().starts_with("onpremise");
    let is_placed = || id.get(..SUBSCRIPTIONS.len()).is_some_and(|start| start.eq_ignore_ascii_case(SUBSCRIPTIONS));
    !is_of_azure && (OTHER_CLOUDS.into_iter().any(is) || !is_placed())
}

/// The key of a row without any character beyond ASCII.
fn key_bytes(row: &Assessment) -> impl Iterator<Item = u8> {
    row.resource_id.bytes().chain([b'|']).chain(row.assessment_key.bytes()).map(|byte| byte.to_ascii_lowercase())
}

/// How little a status reassures: least where it is healthy, most where it is not; a word that is not known comes next to that.
pub fn alarm(status: &str) -> u8 {
    match ["Healthy", "NotApplicable"].iter().position(|word| status.eq_ignore_ascii_case(word)) {
        Some(0) => 0,
        Some(_) => 1,
        None if status.eq_ignore_ascii_case("Unhealthy") => 3,
        None => 2,
    }
}

/// What is asked for. Filters combine by AND, the values of one by OR.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Lower-case ids.
    pub subscription_ids: Option<BTreeSet<String>>,
    /// Names, compared without case.
    pub resource_group_names: Option<BTreeSet<String>>,
    /// Full types, compared without case.
    pub resource_types: Option<BTreeSet<String>>,
    /// On segment boundaries, compared without case.
    pub resource_id_prefixes: Option<BTreeSet<String>>,
    /// Tags the resource has to have.
    pub tags: Option<BTreeMap<String, String>>,
    /// A recommendation whose severity is not known is never filtered out.
    pub severities: Option<BTreeSet<Severity>>,
    /// Recommendations, compared without case.
    pub assessment_keys: Option<BTreeSet<String>>,
    /// Categories, compared without case.
    pub categories: Option<BTreeSet<String>>,
}

/// Where a resource stands, for filters.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// None for a resource outside a group, or of another cloud.
    pub resource_group_name: Option<String>,
    /// None for what is no Azure resource.
    pub resource_type: Option<String>,
    /// None if they could not be read: then the resource is kept.
    pub tags: Option<BTreeMap<String, String>>,
}

impl Filter {
    /// Whether a row is asked for, whatever its status. The place counts only if [`needs_place`](Self::needs_place).
    pub fn admits(&self, row: &Assessment, metadata: Option<&Metadata>, place: &Surroundings) -> bool {
        let group = place.resource_group_name.as_deref().unwrap_or_default();
        let ty = place.resource_type.as_deref().unwrap_or_default();
        filter::admits(self.subscription_ids.as_ref(), &row.subscription_id)
            && filter::admits(self.resource_group_names.as_ref(), group)
            && filter::admits(self.resource_types.as_ref(), ty)
            && filter::admits(self.assessment_keys.as_ref(), &row.assessment_key)
            && self.resource_id_prefixes.as_ref().is_none_or(|all| all.iter().any(|prefix| within(&row.resource_id, prefix)))
            && self.admits_metadata(row, metadata)
            && match (&self.tags, &place.tags) {
                (Some(wanted), Some(tags)) => filter::has_tags(wanted, tags),
                _ => true,
            }
    }

    /// Whether it takes more than the row itself to know whether the row is asked for.
    pub fn needs_place(&self) -> bool {
        self.resource_group_names.is_some() || self.resource_types.is_some() || self.tags.is_some()
    }

    fn admits_metadata(&self, row: &Assessment, metadata: Option<&Metadata>) -> bool {
        let severe = match (&self.severities, row.severity(metadata)) {
            (Some(wanted), Some(severity)) => wanted.contains(&severity),
            _ => true,
        };
        // One of which no category is stated may be of any.
        let is_of = |categories: &[String]| {
            categories.is_empty() || categories.iter().any(|one| filter::admits(self.categories.as_ref(), one))
        };
        severe && metadata.is_none_or(|metadata| is_of(&metadata.categories))
    }
}

/// The order of rows, before that of their keys: severity, worst first, those without a known severity after them.
pub fn worst_first(severity: Option<Severity>) -> impl Ord {
    Reverse(severity)
}

/// Keeps one row of each key: a list that grows while it is paged repeats rows. The one that reassures least is kept, with the weaknesses
/// that either names.
pub fn deduplicated(rows: impl IntoIterator<Item = Assessment>) -> Vec<Assessment> {
    let mut rows: Vec<_> = rows.into_iter().collect();
    if !rows.is_sorted_by(|one, next| one.compare(next).is_le()) {
        rows.sort_by(Assessment::compare);
    }
    rows.dedup_by(|later, kept| {
        let same = later.compare(kept).is_eq();
        if same && alarm(&later.status) > alarm(&kept.status) {
            std::mem::swap(later, kept);
        }
        if same && later.status.eq_ignore_ascii_case(&kept.status) {
            kept.agree(later);
        }
        if same && later.details != kept.details {
            let (known, other) = (kept.details.take(), later.details.take());
            kept.details = Some(Box::new(Details::and(*known.unwrap_or_default(), *other.unwrap_or_default())));
        }
        same
    });
    rows.shrink_to_fit();
    rows
}

#[cfg(test)]
pub(in crate::posture) mod tests {
    use super::*;

    pub(in crate::posture) fn row(resource: &str, key: &str, status: &str) -> Assessment {
        Assessment {
            display_name: "Same name".into(),
            resource_id: resource.into(),
            source: "Azure".into(),
            ..Assessment::alike(key.into(), status.into(), None, "s1".into())
        }
    }

    fn words(all: &[&str]) -> Option<BTreeSet<String>> {
        Some(all.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn rows_compare_as_their_keys_do() {
        let ids = ["/a", "/A/b", "/a|b", "/b", "/ä", "/Ä/c", "", "/a/B"];
        let keys = ["k", "K1", "j", "é"];
        let rows: Vec<_> = ids.iter().flat_map(|id| keys.map(|key| row(id, key, "Healthy"))).collect();
        for (one, other) in rows.iter().flat_map(|one| rows.iter().map(move |other| (one, other))) {
            assert_eq!(one.compare(other), one.key().cmp(&other.key()), "{} {}", one.key(), other.key());
        }
    }

    #[test]
    fn rows_that_share_a_display_name_stay_several() {
        let rows = deduplicated([row("/r1", "a", "Healthy"), row("/r1", "b", "Healthy"), row("/r2", "a", "Healthy")]);
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn a_repeated_row_is_one_and_its_worse_status_wins() {
        for statuses in [["Healthy", "Unhealthy"], ["Unhealthy", "Healthy"]] {
            let rows = deduplicated(statuses.map(|status| row("/R1", "A", status)));
            assert_eq!(rows.len(), 1);
            assert!(rows[0].is("unhealthy"));
        }
    }

    #[test]
    fn a_row_without_metadata_passes_every_severity_and_category_filter() {
        let filter = Filter { severities: Some([Severity::High].into()), categories: words(&["Data"]), ..Filter::default() };
        let low = Metadata { severity: "Low".into(), categories: vec!["data".into()], ..Metadata::default() };
        let high = Metadata { severity: "High".into(), ..low.clone() };
        let compute = Metadata { categories: vec!["Compute".into()], ..high.clone() };
        let admits = |metadata| filter.admits(&row("/r", "a", "Unhealthy"), metadata, &Surroundings::default());
        assert!(admits(None));
        assert!(admits(Some(&high)));
        assert!(!admits(Some(&low)));
        assert!(!admits(Some(&compute)));
    }

    #[test]
    fn a_row_whose_tags_could_not_be_read_is_kept() {
        let filter = Filter { tags: Some([("env".to_owned(), "prod".to_owned())].into()), ..Filter::default() };
        let place = |tags: Option<&str>| Surroundings {
            tags: tags.map(|value| BTreeMap::from([("Env".to_owned(), value.to_owned())])),
            ..Surroundings::default()
        };
        let admits = |place: &Surroundings| filter.admits(&row("/r", "a", "Unhealthy"), None, place);
        assert!(admits(&place(None)));
        assert!(admits(&place(Some("prod"))));
        assert!(!admits(&place(Some("dev"))));
    }

    #[test]
    fn filters_combine_by_and() {
        let filter = Filter {
            resource_types: words(&["microsoft.storage/STORAGEACCOUNTS"]),
            resource_group_names: words(&["RG-data"]),
            resource_id_prefixes: words(&["/subscriptions/s1/resourceGroups/rg-data"]),
            ..Filter::default()
        };
        let place = Surroundings {
            resource_group_name: Some("rg-data".into()),
            resource_type: Some("Microsoft.Storage/storageAccounts".into()),
            tags: None,
        };
        let admits = |resource: &str, place: &Surroundings| filter.admits(&row(resource, "a", "Unhealthy"), None, place);
        assert!(admits("/subscriptions/s1/resourceGroups/rg-data/x", &place));
        assert!(!admits("/subscriptions/s1/resourceGroups/rg-database/x", &place));
        assert!(!admits("/subscriptions/s1/resourceGroups/rg-data/x", &Surroundings::default()));
    }

    #[test]
    fn the_worst_comes_first_and_the_unrated_last() {
        let mut rows = [(None, "a"), (Some(Severity::Low), "b"), (Some(Severity::High), "d"), (Some(Severity::High), "c")];
        rows.sort_by_key(|(severity, key)| (worst_first(*severity), *key));
        assert_eq!(rows.map(|row| row.1), ["c", "d", "b", "a"]);
    }
}
