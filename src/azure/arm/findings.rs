//! What Defender for Cloud says of a single finding: in an assessment of its own, or in a sub-assessment. Both are open maps with names of
//! fields that no specification lists.

use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use crate::azure::answer::lenient::{Flag, List, Number, Packed, Part, Text};

/// What an assessment says that is a finding by itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Individual {
    /// The software that has to be updated.
    pub software_name: Text,
    /// Its versions that were found.
    pub detected_software_versions: Texts,
    /// The version without its weaknesses.
    pub fixed_version: Text,
    /// Its weaknesses, mostly as JSON inside a text.
    pub cves_details: Packed<List<Part<Cve>>>,
    /// What single scanners found.
    pub scanners_details: Packed<Part<Scanners>>,
}

/// What single scanners found.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Scanners {
    /// Microsoft Defender Vulnerability Management.
    #[serde(alias = "Mdvm")]
    pub mdvm: Part<Scanner>,
}

/// What one scanner found.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Scanner {
    /// Versions of the software.
    pub detected_software_versions: Texts,
}

/// A weakness.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cve {
    /// `CVE-2026-12345`
    #[serde(alias = "cveId")]
    pub cve_id: Text,
    /// `Critical`, `High`, `Medium`, `Low`, `Unknown`.
    #[serde(alias = "severity")]
    pub severity: Text,
    /// Scores: a list of keys with values, or an object by version.
    #[serde(alias = "cvss")]
    pub cvss: Option<Json>,
    /// `FixAvailable`, `NoFixAvailable`, `Scheduled`, `WontFix`, `Unknown`.
    #[serde(alias = "fixStatus")]
    pub fix_status: Text,
    /// The version without it.
    #[serde(alias = "fixedVersion")]
    pub fixed_version: Text,
    /// How it can be used.
    #[serde(alias = "exploitabilityDetails")]
    pub exploitability_details: Packed<Part<Exploitability>>,
}

/// How a weakness can be used, in the names of both models.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Exploitability {
    /// Whether a kit has it.
    #[serde(rename = "IsInExploitKit", alias = "isInExploitKit")]
    pub is_in_exploit_kit: Flag,
    /// Whether it is known how.
    #[serde(rename = "ExploitStepsPublished", alias = "exploitStepsPublished")]
    pub exploit_steps_published: Flag,
    /// The same under another name.
    #[serde(rename = "IsPubliclyDisclosed", alias = "isPubliclyDisclosed")]
    pub is_publicly_disclosed: Flag,
}

/// The image that something was found in.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Image {
    /// `sha256:…`
    #[serde(rename = "Digest", alias = "digest")]
    pub digest: Text,
    /// Where it is stored.
    #[serde(rename = "RepositoryDetails", alias = "repositoryDetails")]
    pub repository_details: Part<Repository>,
}

/// Where an image is stored.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Repository {
    /// `shop/web`
    #[serde(rename = "RepositoryName", alias = "repositoryName")]
    pub repository_name: Text,
}

/// What a sub-assessment found, in whichever form its scanner has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubAssessmentData {
    /// `ServerVulnerability`, `AzureContainerRegistryVulnerability`, `SqlServerVulnerability` …
    pub assessed_resource_type: Text,
    /// The weaknesses.
    pub cve: Packed<List<Part<Titled>>>,
    /// Scores by version.
    pub cvss: Option<Json>,
    /// The score of version 3.0.
    #[serde(rename = "cvssV30Score")]
    pub cvss_v30_score: Number,
    /// Whether there is a version without it.
    pub patchable: Flag,
    /// `sha256:…`
    pub image_digest: Text,
    /// `shop/web`
    pub repository_name: Text,
    /// The weakness.
    pub vulnerability_details: Packed<Part<VulnerabilityDetails>>,
    /// The image.
    pub artifact_details: Packed<Part<Artifact>>,
    /// The package.
    pub software_details: Packed<Part<Software>>,
}

/// Something with a title.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Titled {
    /// `CVE-2026-12345`
    pub title: Text,
}

/// A weakness of an image.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VulnerabilityDetails {
    /// `CVE-2026-12345`
    pub cve_id: Text,
    /// `Critical`, `High`, `Medium`, `Low`.
    pub severity: Text,
    /// Scores by version.
    pub cvss: Option<Json>,
    /// How it can be used.
    pub exploitability_assessment: Packed<Part<Exploitability>>,
}

/// An image.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// `sha256:…`
    pub digest: Text,
    /// `shop/web`
    pub repository_name: Text,
}

/// A package.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Software {
    /// Its name.
    pub package_name: Text,
    /// The version that was found.
    pub version: Text,
    /// The version without the weakness.
    pub fixed_version: Text,
    /// `FixAvailable`, `NoFixAvailable`, `Scheduled`, `WontFix`, `Unknown`.
    pub fix_status: Text,
}

/// Texts in a list, in a list as JSON inside a text, or one by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(pub Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    // Through an option, because serde reads one that was left out as none.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let packed = Option::<Json>::deserialize(deserializer)?.unwrap_or_default();
        let inside = packed.as_str().and_then(|text| serde_json::from_str(text).ok()).filter(Json::is_array);
        let text = |one: &Json| match one {
            Json::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            Json::Number(number) => Some(number.to_string()),
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
        };
        let texts = match inside.as_ref().unwrap_or(&packed) {
            Json::Array(all) => all.iter().filter_map(text).collect(),
            one => text(one).into_iter().collect(),
        };
        Ok(Self(texts))
    }
}

impl<T: Default> Packed<Part<T>> {
    /// What it says; nothing where it is of another kind.
    pub fn fields(self) -> T {
        match self {
            Self::Said(part) => part.0,
            Self::Unsaid | Self::Odd => T::default(),
        }
    }
}

/// The base score of the newest version that has one; none where it is no score. One of zero is what stands where nothing was scored.
pub fn base_score(cvss: &Json) -> Option<f64> {
    let scores = cvss.as_str().and_then(|text| serde_json::from_str(text).ok());
    let scored: Vec<(f64, f64)> = match scores.as_ref().unwrap_or(cvss) {
        Json::Array(all) => all.iter().filter_map(|one| score(field(one, "Key")?, field(one, "Value")?)).collect(),
        Json::Object(all) => all.iter().filter_map(|(version, value)| score(&Json::from(version.as_str()), value)).collect(),
        _ => Vec::new(),
    };
    scored.into_iter().max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, base)| base)
}

/// A version, and its base score.
fn score(version: &Json, value: &Json) -> Option<(f64, f64)> {
    let base = number(field(value, "Base")?).filter(|base| *base > 0.0 && *base <= 10.0)?;
    Some((number(version).unwrap_or_default(), base))
}

fn number(value: &Json) -> Option<f64> {
    let digits = |text: &str| text.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok();
    value.as_f64().or_else(|| value.as_str().and_then(digits))
}

/// A field whose name may begin with a capital.
fn field<'a>(value: &'a Json, name: &str) -> Option<&'a Json> {
    value.get(name).or_else(|| value.get(name.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_version_counts_that_has_a_score() {
        for (cvss, base) in [
            (json!({"2.0": {"base": 9.3}, "3.0": {"base": 7.5}}), Some(7.5)),
            (json!({"3.1": {"base": 6.1}, "3.0": {"base": 9.9}, "4.0": {"base": 5.2}}), Some(5.2)),
            (json!({"3.0": {"base": 8.8}, "4.0": {"base": 0}}), Some(8.8)),
            (json!({"3.0": {"base": "8.8"}}), Some(8.8)),
            (json!([{"Key": "2.0", "Value": {"Base": 4}}, {"Key": "3.0", "Value": {"Base": 3.3}}]), Some(3.3)),
            (json!([{"Key": "3.0", "Value": null}, 7, {"Value": {"Base": 9}}]), None),
            (json!("{\"3.0\": {\"base\": 8.8}}"), Some(8.8)),
            (json!({"3.0": {"base": 88}}), None),
            (json!({"3.0": {"base": -1}}), None),
            (json!({}), None),
            (json!("?"), None),
            (json!(7), None),
            (Json::Null, None),
        ] {
            assert_eq!(base_score(&cvss), base, "{cvss}");
        }
    }

    #[test]
    fn a_finding_is_read_from_lists_and_from_texts_alike() {
        let cve = json!([{"CveId": "CVE-2099-1", "Severity": "High"}, 7, {"Severity": null}]);
        for details in [cve.clone(), json!(cve.to_string())] {
            let read: Individual = serde_json::from_value(json!({"SoftwareName": "openssl", "CvesDetails": details})).unwrap();
            let Packed::Said(List(Some(all))) = read.cves_details else { panic!("{details}") };
            let ids: Vec<_> = all.iter().map(|one| one.cve_id.as_deref()).collect();
            assert_eq!(ids, [Some("CVE-2099-1"), None, None]);
        }
        for (versions, all) in [
            (json!(["1.0", null, "2"]), vec!["1.0", "2"]),
            (json!("[\"1.0\", \"2\"]"), vec!["1.0", "2"]),
            (json!("1.0"), vec!["1.0"]),
            (json!({}), vec![]),
            (Json::Null, vec![]),
        ] {
            let read: Individual = serde_json::from_value(json!({"DetectedSoftwareVersions": versions})).unwrap();
            assert_eq!(read.detected_software_versions.0, all);
        }
    }
}
