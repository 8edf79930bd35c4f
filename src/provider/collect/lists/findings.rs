//! What Defender for Cloud found inside machines, images and databases: assessments that are findings by themselves, sub-assessments, and when
//! something was scanned.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use crate::{
    azure::{
        self, Client,
        answer::lenient::{List as Rest, Packed, Part},
        arm::{
            findings::{self, Image, Individual, base_score},
            security::{self, ResourceDetails},
        },
        resource_graph::queries::{self, Rows},
    },
    posture::{
        Area, Subject,
        assessment::{Assessment, deduplicated, is_foreign},
        defender::Scans,
        resource_id::{canonical, within},
        time::parse,
        vulnerabilities::{Cve, Cves, Details, Model, Vulnerability, any_yes, is_image, is_patchable},
    },
    provider::{
        collect::{
            Lists,
            estate::{engine, scope::Subscription},
            lists::{
                listed::{self, List, Listed, arm, both},
                security::{Assessments, assessment},
                texts::Texts,
            },
            stop::Result,
        },
        context::Context,
    },
};

/// The lists of this subject.
pub const LISTS: &[List] = &[FINDINGS, SCANS, SubAssessments::LIST];

/// Those assessments that are findings by themselves, which Resource Graph picks out.
const FINDINGS: List =
    List { query: Some("findings"), ..arm("findings", Subject::Assessments, Some(Area::Posture), security::ASSESSMENTS) };

/// When Defender last scanned machines, images and databases.
const SCANS: List =
    List { query: Some("scans"), ..arm("scans", Subject::Vulnerabilities, Some(Area::Posture), security::SUB_ASSESSMENTS) };

/// The assessments of a subscription among which all are that are findings by themselves.
#[derive(Debug)]
pub struct Candidates {
    /// These. Resource Manager answers every assessment, Resource Graph those of which nothing says that they are none.
    pub rows: Arc<Vec<Assessment>>,
    /// Whether anything is assessed at all.
    pub is_assessed: bool,
}

/// The assessments of subscriptions that may be findings by themselves. By Resource Manager they are those of the list of all
/// assessments, which is read once for both.
pub async fn candidates(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Candidates>> {
    let arm = |client: Client, id: String| async move {
        let rows = listed::once::<Assessments<false>>(&client, &id).await?;
        Ok(Candidates { is_assessed: !rows.is_empty(), rows })
    };
    let graph = |client: Client, ids: BTreeSet<String>| async move {
        let mut texts = Texts::of(&client).await?;
        let (mut found, mut assessed) = (BTreeMap::<String, Vec<Assessment>>::new(), BTreeSet::new());
        let take = |id: String, row| {
            let shared = texts.shared(&id);
            found.entry(id).or_default().push(assessment(row, &shared, &mut texts));
        };
        let counted = |id| {
            assessed.insert(id);
        };
        tokio::try_join!(queries::findings(&client, &ids, take), queries::assessed(&client, &ids, counted))?;
        for id in assessed {
            found.entry(id).or_default();
        }
        let done = |rows| Candidates { rows: Arc::new(deduplicated(rows)), is_assessed: true };
        Ok(found.into_iter().map(|(id, rows)| (id, done(rows))).collect())
    };
    engine::by_engine(context, subscriptions, &FINDINGS, arm, graph).await
}

/// The sub-assessments of subscriptions, each once.
pub async fn grouped(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<Vulnerability>>> {
    listed::lists::<SubAssessments>(context, subscriptions).await
}

struct SubAssessments;

impl Listed for SubAssessments {
    const LIST: List =
        both("sub_assessments", Subject::Vulnerabilities, Some(Area::Posture), security::SUB_ASSESSMENTS, Self::ROWS);
    // Descriptions and references are left out: they are most of a row.
    const ROWS: Rows = Rows::of_type(
        "subassessments",
        "securityresources",
        "microsoft.security/assessments/subassessments",
        "properties = pack(\"displayName\", properties.displayName, \"status\", properties.status, \
         \"resourceDetails\", properties.resourceDetails, \"timeGenerated\", properties.timeGenerated, \"additionalData\", \
         pack(\"assessedResourceType\", properties.additionalData.assessedResourceType, \
         \"cve\", properties.additionalData.cve, \"cvss\", properties.additionalData.cvss, \
         \"cvssV30Score\", properties.additionalData.cvssV30Score, \"patchable\", properties.additionalData.patchable, \
         \"imageDigest\", properties.additionalData.imageDigest, \
         \"repositoryName\", properties.additionalData.repositoryName, \
         \"vulnerabilityDetails\", properties.additionalData.vulnerabilityDetails, \
         \"artifactDetails\", properties.additionalData.artifactDetails, \
         \"softwareDetails\", properties.additionalData.softwareDetails))",
    );
    type Wire = security::SubAssessment;
    type Building = BTreeMap<Box<str>, Vulnerability>;
    type Rows = Vec<Vulnerability>;

    fn take(building: &mut Self::Building, row: security::SubAssessment, _: &Arc<str>, texts: &mut Texts) {
        match building.entry(row.id.to_lowercase().into()) {
            Entry::Vacant(vacant) => {
                vacant.insert(vulnerability(row, texts));
            }
            Entry::Occupied(known) => {
                let (id, first) = known.remove_entry();
                building.insert(id, first.and(vulnerability(row, texts)));
            }
        }
    }

    fn done(building: Self::Building, _: &str) -> azure::Result<Vec<Vulnerability>> {
        Ok(building.into_values().collect())
    }
}

/// When each kind of thing was last scanned, by subscription: of what is scanned at all, the newest time. Resource Graph finds it; by
/// Resource Manager it is that of the list of sub-assessments, which is read once for both.
pub async fn scans(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Scans>> {
    let arm = |client: Client, id: String| async move {
        let rows = listed::once::<SubAssessments>(&client, &id).await?;
        let mut newest = Scans::new();
        for row in rows.iter() {
            let latest = newest.entry(kind_of(row.declared.as_deref().unwrap_or_default())).or_default();
            *latest = row.scanned_on.max(*latest);
        }
        Ok(newest)
    };
    let graph = |client: Client, ids: BTreeSet<String>| async move {
        let mut all = BTreeMap::<String, Scans>::new();
        queries::scans(&client, &ids, |id, scans| {
            let newest = all.entry(id).or_default();
            for scan in &scans {
                let latest = newest.entry(kind_of(scan.kind.as_deref().unwrap_or_default())).or_default();
                *latest = scan.newest.as_deref().and_then(parse).max(*latest);
            }
        })
        .await?;
        Ok(all)
    };
    engine::by_engine(context, subscriptions, &SCANS, arm, graph).await
}

fn kind_of(assessed_resource_type: &str) -> &'static str {
    let ty = assessed_resource_type.to_ascii_lowercase();
    match ty.as_str() {
        _ if ty.starts_with("server") => "server",
        _ if ty.contains("container") => "container_image",
        _ if ty.starts_with("sql") => "sql",
        _ => "other",
    }
}

/// What stands before the assessment in an id, and what behind it, without the kind of resource that it is.
pub fn apart(id: &str) -> (&str, &str) {
    const ASSESSMENTS: &str = "/providers/microsoft.security/assessments/";
    match id.to_ascii_lowercase().find(ASSESSMENTS) {
        Some(end) => (id.get(..end).unwrap_or_default(), id.get(end + ASSESSMENTS.len()..).unwrap_or_default()),
        None => (id, ""),
    }
}

/// What an assessment says as a finding by itself; none of an assessment that says nothing of the kind.
pub fn details(
    own: Individual,
    image: Packed<Part<Image>>,
    resource: &ResourceDetails,
    texts: &mut Texts,
) -> Option<Box<Details>> {
    let image = image.fields();
    let mut word = |text: Option<String>| text.map(|text| texts.shown(&text));
    let declared = word(resource.resource_type.0.clone().filter(|ty| is_image(ty)));
    let mut versions = own.detected_software_versions.0;
    if versions.is_empty() {
        versions = own.scanners_details.fields().mdvm.0.detected_software_versions.0;
    }
    let details = Details {
        declared,
        package: word(own.software_name.0),
        installed: word(Some(versions.join(", ")).filter(|versions| !versions.is_empty())),
        fixed: word(own.fixed_version.0),
        digest: word(image.digest.0),
        repository: word(image.repository_details.0.repository_name.0),
        cves: match own.cves_details {
            Packed::Unsaid => Cves::Unsaid,
            Packed::Odd | Packed::Said(Rest(None)) => Cves::Odd,
            Packed::Said(Rest(Some(all))) => Cves::Said(all.into_iter().map(|one| cve(one.0, &mut word)).collect()),
        },
    };
    (details != Details::default()).then(|| Box::new(details))
}

fn cve(wire: findings::Cve, word: &mut impl FnMut(Option<String>) -> Option<Arc<str>>) -> Cve {
    let details = wire.exploitability_details.fields();
    let published = any_yes(&[details.exploit_steps_published.0.or(details.is_publicly_disclosed.0)]);
    Cve {
        id: word(wire.cve_id.0),
        severity: word(wire.severity.0),
        cvss: wire.cvss.as_ref().and_then(base_score),
        fix_status: word(wire.fix_status.0),
        fixed: word(wire.fixed_version.0),
        exploitable: any_yes(&[published, details.is_in_exploit_kit.0]),
    }
}

/// What is kept of a sub-assessment.
fn vulnerability(wire: security::SubAssessment, texts: &mut Texts) -> Vulnerability {
    let own = wire.properties.0;
    let data = own.additional_data.0;
    let (weakness, artifact, software) =
        (data.vulnerability_details.fields(), data.artifact_details.fields(), data.software_details.fields());
    let (assessed, rest) = apart(&wire.id);
    let mut parts = rest.split('/');
    let (assessment_key, name) = (parts.next().unwrap_or_default(), parts.next_back().unwrap_or_default());
    let mut word = |text: Option<String>| text.map(|text| texts.shown(&text));
    let declared = word(data.assessed_resource_type.0);
    let is_sql = declared.as_deref().is_some_and(|ty| kind_of(ty) == "sql");
    let cve_ids = match (weakness.cve_id.0, data.cve) {
        (Some(id), _) => Some(vec![word(Some(id)).unwrap_or_default()]),
        // One without a name may be any.
        (None, Packed::Said(Rest(Some(all)))) => all.into_iter().map(|one| word(one.0.title.0)).collect(),
        (None, Packed::Unsaid) if is_sql => Some(Vec::new()),
        (None, _) => None,
    };
    let scores = [weakness.cvss, data.cvss];
    let cvss = scores.iter().flatten().find_map(base_score).or(data.cvss_v30_score.0.filter(|base| *base > 0.0 && *base <= 10.0));
    let exploit = weakness.exploitability_assessment.fields();
    let fixed = word(software.fixed_version.0);
    let by_fix = is_patchable(software.fix_status.as_deref(), fixed.as_deref());
    Vulnerability {
        model: Model::Grouped,
        vulnerability_id: word(Some(if name.is_empty() { wire.id.clone() } else { name.to_owned() })).unwrap_or_default(),
        assessment_key: word(Some(assessment_key.to_ascii_lowercase())).unwrap_or_default(),
        title: word(own.display_name.0),
        is_located: own.resource_details.0.id.0.is_some(),
        resource_id: word(Some(scanned(assessed, own.resource_details.0))).unwrap_or_default(),
        declared,
        status: word(own.status.0.code.0).unwrap_or_default(),
        severity: word(own.status.0.severity.0.or(weakness.severity.0)),
        cve_ids,
        cvss,
        patchable: data.patchable.0.or(by_fix),
        fix_status: word(software.fix_status.0),
        package: word(software.package_name.0),
        installed: word(software.version.0),
        fixed,
        digest: word(artifact.digest.0.or(data.image_digest.0)),
        repository: word(artifact.repository_name.0.or(data.repository_name.0)),
        exploitable: any_yes(&[exploit.exploit_steps_published.0, exploit.is_in_exploit_kit.0]),
        first_seen_on: None,
        scanned_on: own.time_generated.as_deref().and_then(parse),
        is_twofold: false,
    }
}

/// What was scanned: a part of the resource that is assessed, where the details name one; images have no id of their own.
fn scanned(assessed: &str, details: ResourceDetails) -> String {
    let is_elsewhere = |id: &str| details.source.as_deref().is_some_and(|source| is_foreign(source, id));
    match details.id.0 {
        Some(id) if is_elsewhere(&id) => id,
        Some(id) if within(&id, assessed) => canonical(&id),
        _ => canonical(assessed),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    const S: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590";

    fn sub_assessment(at: &str, properties: Json) -> Vulnerability {
        let id = format!("{S}/resourcegroups/rg/providers/{at}/providers/Microsoft.Security/assessments/K/subassessments/N");
        let wire = serde_json::from_value(json!({"id": id, "properties": properties})).unwrap();
        vulnerability(wire, &mut Texts::default())
    }

    #[test]
    fn the_kinds_of_scans_are_told_apart() {
        for (ty, kind) in [
            ("ServerVulnerability", "server"),
            ("ServerVulnerabilityAssessment", "server"),
            ("ContainerRegistryVulnerability", "container_image"),
            ("AzureContainerRegistryVulnerability", "container_image"),
            ("SqlServerVulnerability", "sql"),
            ("", "other"),
        ] {
            assert_eq!(kind_of(ty), kind, "{ty}");
        }
        // "SqlServer" begins with "sql", not with "server".
        assert_eq!(kind_of("sqlservervulnerability"), "sql");
    }

    #[test]
    fn what_was_scanned_is_the_resource_or_a_part_of_it() {
        let server = "Microsoft.Sql/servers/s";
        let below = format!("{S}/resourceGroups/RG/providers/microsoft.sql/servers/s/databases/d");
        let (whole, part) = (
            format!("{S}/resourceGroups/rg/providers/Microsoft.Sql/servers/s"),
            format!("{S}/resourceGroups/RG/providers/Microsoft.Sql/servers/s/databases/d"),
        );
        for (details, resource) in [
            (json!({"source": "Azure", "id": below}), part.as_str()),
            (json!({"source": "Azure", "id": "repositories/web/images/sha256:1"}), &whole),
            (json!({"source": "Azure", "id": "/subscriptions/x/y"}), &whole),
            (json!({"source": "Aws", "id": "arn:aws:ec2:x"}), "arn:aws:ec2:x"),
            (json!({}), &whole),
            (json!(7), &whole),
        ] {
            let row = sub_assessment(server, json!({"resourceDetails": details}));
            assert_eq!((&*row.resource_id, &*row.assessment_key, &*row.vulnerability_id), (resource, "k", "N"), "{details}");
        }
    }

    #[test]
    fn a_sub_assessment_names_weaknesses_or_does_not_say() {
        let ids = |data: Json| {
            let ids = sub_assessment("Microsoft.Compute/virtualMachines/a", json!({"additionalData": data})).cve_ids;
            ids.map(|ids| ids.iter().map(|id| id.to_string()).collect::<Vec<_>>().join(" "))
        };
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(ids(json!({"cve": [{"title": "CVE-1"}, {"title": "CVE-2"}]})), said("CVE-1 CVE-2"));
        assert_eq!(ids(json!({"cve": "[{\"title\": \"CVE-1\"}]"})), said("CVE-1"));
        assert_eq!(ids(json!({"cve": []})), said(""));
        assert_eq!(ids(json!({"cve": [{"title": "CVE-1"}, {}]})), None, "one of them may be any");
        assert_eq!(ids(json!({"vulnerabilityDetails": {"cveId": "CVE-3"}})), said("CVE-3"));
        assert_eq!(ids(json!({"assessedResourceType": "SqlServerVulnerability"})), said(""), "a rule has none");
        assert_eq!(ids(json!({"assessedResourceType": "ServerVulnerability"})), None);
        assert_eq!(ids(json!(7)), None);
    }

    #[test]
    fn an_ordinary_assessment_keeps_nothing_of_a_finding() {
        let kept = |additional: Json, ty: &str| {
            let resource: ResourceDetails = serde_json::from_value(json!({"resourceType": ty})).unwrap();
            details(serde_json::from_value(additional).unwrap(), Packed::Unsaid, &resource, &mut Texts::default())
        };
        assert_eq!(kept(json!({"missingUpdates": "7"}), "microsoft.compute/virtualmachines"), None);
        let image = kept(json!({}), "K8s-container").unwrap();
        assert_eq!(image.declared.as_deref(), Some("K8s-container"));
        let named = kept(json!({"CvesDetails": "[", "ScannersDetails": {"mdvm": {"DetectedSoftwareVersions": ["1", "2"]}}}), "");
        let named = named.unwrap();
        assert_eq!((named.cves, named.installed.as_deref()), (Cves::Odd, Some("1, 2")));
    }
}
