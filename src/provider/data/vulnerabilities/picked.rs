//! Which findings are asked for, how many there are of which kind, and how one is returned.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::Arguments;
use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Severity, Subject, Unreadable, filter,
        resource_id::{ResourceId, within},
        time::written,
        vulnerabilities::{Kind, NodeGroups, Vulnerability},
    },
    provider::{
        frame::{Counting, Table},
        selection::Unmatched,
        words::lowered,
    },
};

/// Counts.
#[derive(Serialize, JsonSchema)]
pub(super) struct Summary {
    /// Rows that met the filters.
    matched: Option<usize>,
    /// Rows returned.
    returned: usize,
    /// Rows that met the filters, by severity; a word that is not known here counts under itself, and no word under `unknown`.
    by_severity: Option<BTreeMap<String, usize>>,
    /// Rows that met the filters, by kind.
    by_kind: Option<BTreeMap<String, usize>>,
    /// Rows that met the filters, by model.
    by_model: Option<BTreeMap<String, usize>>,
    /// Resources with a row that met the filters.
    resources: Option<usize>,
    /// Weaknesses (CVE) that rows which met the filters name.
    cves: Option<usize>,
    /// Rows whose status is none of the three words, or is not stated, and that met the filters other than `statuses`.
    other: Option<usize>,
}

/// One finding on one resource. What the service did not say, or says twice and not alike, is null.
#[derive(Serialize, JsonSchema)]
pub(super) struct Row {
    /// `resource_id|assessment_key|vulnerability_id`, lower case: unique and stable.
    key: String,
    /// Of an individual finding the weakness (`CVE-2026-12345`), or the assessment key where it is about none; of a grouped one the name
    /// of the sub-assessment.
    vulnerability_id: String,
    /// The assessment that it is, or stands below, and the key of `remediations`.
    assessment_key: String,
    /// `individual` or `grouped`.
    model: &'static str,
    /// What the portal calls it. Not unique.
    title: Option<String>,
    /// `server`, `container_image`, `aks_node`, `sql` or `other`.
    kind: &'static str,
    /// Lower-case GUID of the subscription it was read in.
    subscription_id: String,
    /// The resource, in the spelling of the azurerm provider: of an image its registry or cluster; an id of another cloud as it was given.
    resource_id: String,
    /// The full type. Null if the id is none of Azure's.
    resource_type: Option<String>,
    /// `Healthy`, `Unhealthy` or `NotApplicable`, or whatever other word the service has.
    status: Option<String>,
    /// `critical`, `high`, `medium`, `low` or `informational`; `unknown` where the service says so, says nothing, or says another word.
    severity: &'static str,
    /// The weaknesses it names. Empty where it is about none; null where it does not say which.
    cve_ids: Option<Vec<String>>,
    /// The base score of the newest version of CVSS that is given. Null if none is.
    cvss_score: Option<f64>,
    /// Whether there is a version without it.
    patchable: Option<bool>,
    /// `FixAvailable`, `NoFixAvailable`, `Scheduled`, `WontFix` or `Unknown`, or whatever other word the service has.
    fix_status: Option<String>,
    /// The software.
    package_name: Option<String>,
    /// The versions of it that were found.
    installed_version: Option<String>,
    /// The version without it.
    fixed_version: Option<String>,
    /// The image, `sha256:…`. Null of what is no image.
    image_digest: Option<String>,
    /// Where the image is stored in its registry. Null of what is no image.
    repository_name: Option<String>,
    /// Whether it is published how to use it, or a kit has it.
    exploitable: Option<bool>,
    /// When it was first seen, RFC 3339. Null of grouped findings.
    first_seen_on: Option<String>,
    /// When the scan was that found it, RFC 3339. Null of individual findings.
    scanned_on: Option<String>,
}

/// A finding, with what decides its place.
pub(super) struct Found {
    /// Empty until it is asked for: most are not.
    pub(super) key: String,
    pub(super) subscription_id: String,
    pub(super) row: Vulnerability,
    kind: Kind,
}

impl Found {
    pub(super) fn of(row: Vulnerability, subscription_id: &str, nodes: &NodeGroups) -> Self {
        Self { key: String::new(), subscription_id: subscription_id.to_owned(), kind: row.kind(nodes), row }
    }

    /// What two rows of one finding say alike.
    pub(super) fn and(self, other: Self) -> Self {
        Self { row: self.row.and(other.row), ..self }
    }

    /// Its score in hundredths, to be compared.
    pub(super) fn score(&self) -> Option<u32> {
        self.row.cvss.map(|score| (score * 100.0).round() as u32)
    }

    fn resource_type(&self) -> Option<String> {
        ResourceId::parse(&self.row.resource_id).ok()?.full_type()
    }

    /// What its severity counts under.
    fn rating(&self) -> &str {
        let own = self.row.severity.as_deref().filter(|word| !word.eq_ignore_ascii_case(UNKNOWN));
        self.row.severity().map(Severity::word).or(own).unwrap_or(UNKNOWN)
    }
}

const UNKNOWN: &str = "unknown";

/// Which findings are asked for.
pub(super) struct Filter {
    severities: Option<BTreeSet<Severity>>,
    types: Option<BTreeSet<String>>,
    pub(super) prefixes: Option<BTreeSet<String>>,
    kinds: Option<BTreeSet<Kind>>,
    cves: Option<BTreeSet<String>>,
    patchable: Option<bool>,
    statuses: Option<BTreeSet<String>>,
}

/// What was met on the way.
pub(super) struct Seen {
    pub(super) prefixes: Unmatched<String>,
    pub(super) cves: Unmatched<String>,
    pub(super) types: Unmatched<String>,
    /// How many have a status that is not known.
    pub(super) other: usize,
    /// Subscriptions with findings that do not state their status, which weaknesses they are about, or what was scanned.
    unstated: BTreeSet<String>,
    nameless: BTreeSet<String>,
    unlocated: BTreeSet<String>,
}

impl Filter {
    pub(super) fn of(arguments: &Arguments) -> Self {
        Self {
            severities: arguments.severities.clone(),
            types: lowered(&arguments.resource_types, |ty| &ty.0),
            prefixes: arguments.resource_id_prefixes.as_ref().map(|all| all.iter().map(|prefix| prefix.0.clone()).collect()),
            kinds: arguments.kinds.clone(),
            cves: arguments.cve_ids.as_ref().map(|all| all.iter().map(|id| id.0.to_ascii_uppercase()).collect()),
            patchable: arguments.patchable,
            statuses: lowered(&arguments.statuses, |status| &status.0),
        }
    }

    /// Those that are asked for, and what was met on the way.
    pub(super) fn sift(&self, all: Vec<Found>) -> (Vec<Found>, Seen) {
        let wanted = |words: &Option<BTreeSet<String>>| Unmatched::of(words.iter().flatten().cloned());
        let mut seen = Seen {
            prefixes: wanted(&self.prefixes),
            cves: wanted(&self.cves),
            types: wanted(&self.types),
            other: 0,
            unstated: BTreeSet::new(),
            nameless: BTreeSet::new(),
            unlocated: BTreeSet::new(),
        };
        let mut found = Vec::new();
        for one in all {
            let ty = self.types.as_ref().and_then(|_| one.resource_type());
            seen.prefixes.match_with(|prefix| within(&one.row.resource_id, prefix));
            seen.cves.match_with(|id| one.row.cve_ids.iter().flatten().any(|own| own.eq_ignore_ascii_case(id)));
            seen.types.match_with(|wanted| ty.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(wanted)));
            if !self.admits(&one, ty.as_deref().unwrap_or_default()) {
                continue;
            }
            seen.other += usize::from(!one.row.has_known_status());
            if !self.has_status(&one.row) {
                continue;
            }
            if one.row.status.is_empty() {
                seen.unstated.insert(one.subscription_id.clone());
            }
            if one.row.cve_ids.is_none() {
                seen.nameless.insert(one.subscription_id.clone());
            }
            if !one.row.is_located {
                seen.unlocated.insert(one.subscription_id.clone());
            }
            found.push(Found { key: one.row.key(), ..one });
        }
        (found, seen)
    }

    /// Whether a finding is asked for, whatever its status. What it does not say may be what is asked for.
    fn admits(&self, found: &Found, ty: &str) -> bool {
        let row = &found.row;
        let names = |wanted: &BTreeSet<String>| {
            row.cve_ids.as_ref().is_none_or(|own| own.iter().any(|id| filter::admits(Some(wanted), id)))
        };
        let severity = row.severity();
        // One that does not say what was scanned may be about any part of what is assessed.
        let is_of = |own: &str, wanted: &str| {
            let is_part = || wanted.get(own.len()..).is_some_and(|rest| rest.starts_with('/')) && !own.is_empty();
            own.eq_ignore_ascii_case(wanted)
                || (!row.is_located && is_part() && wanted.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(own)))
        };
        let lies = |own: &str, prefix: &str| within(own, prefix) || (!row.is_located && within(prefix, own));
        self.severities.as_ref().is_none_or(|wanted| severity.is_none_or(|severity| wanted.contains(&severity)))
            && self.types.as_ref().is_none_or(|all| all.iter().any(|wanted| is_of(ty, wanted)))
            && self.prefixes.as_ref().is_none_or(|all| all.iter().any(|prefix| lies(&row.resource_id, prefix)))
            && self.kinds.as_ref().is_none_or(|wanted| wanted.contains(&found.kind))
            && self.cves.as_ref().is_none_or(names)
            && self.patchable.is_none_or(|wanted| row.patchable.is_none_or(|own| own == wanted))
    }

    /// Whether a status is asked for. One that is not stated may be any, and a word that is not known here may be a bad one.
    fn has_status(&self, row: &Vulnerability) -> bool {
        match &self.statuses {
            None => row.is("Unhealthy") || !row.has_known_status(),
            wanted => row.status.is_empty() || filter::admits(wanted.as_ref(), &row.status),
        }
    }
}

impl Seen {
    /// What is not known of findings that are asked for: counts stand on it.
    pub(super) fn doubts(&self) -> Vec<Unreadable> {
        let gap = |id: &String, remedy: &str| Unreadable {
            subject: Subject::Vulnerabilities,
            place: Place::Subscription(id.clone()),
            reason: Reason::InvalidResponse,
            code: Failure::UnstatedField.code().to_owned(),
            remedy: remedy.to_owned(),
        };
        [(&self.unstated, UNSTATED), (&self.nameless, NAMELESS), (&self.unlocated, UNLOCATED)]
            .into_iter()
            .flat_map(|(ids, remedy)| ids.iter().map(move |id| gap(id, remedy)))
            .collect()
    }
}

const UNSTATED: &str =
    "Some findings come without a status; their rows are kept. Run again later; if this persists, please report it.";
const NAMELESS: &str = "Some findings do not say which weaknesses they are about; their rows are kept, and `cves` counts what others name. Look \
                        at their `title` in the portal. If it names one, please report it.";
const UNLOCATED: &str = "Some findings do not say what was scanned; their rows name the resource that is assessed, of which it may be a part. Run \
                         again later; if this persists, please report it.";

/// The counts of what met the filters.
pub(super) fn summary(table: &Table<Found>, other: usize, gaps: &[Unreadable], is_partly_scanned: bool) -> Summary {
    let (mut by_severity, mut by_kind, mut by_model) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let (mut resources, mut cves) = (BTreeSet::new(), BTreeSet::new());
    let mut is_nameless = false;
    for found in table.rows() {
        *by_severity.entry(found.rating().to_owned()).or_default() += 1;
        *by_kind.entry(found.kind.word().to_owned()).or_default() += 1;
        *by_model.entry(found.row.model.word().to_owned()).or_default() += 1;
        resources.insert(found.row.resource_id.to_lowercase());
        is_nameless |= found.row.cve_ids.is_none();
        cves.extend(found.row.cve_ids.iter().flatten().map(|id| id.to_ascii_uppercase()));
    }
    let counting = Counting::on(gaps, &[]).and(!is_partly_scanned);
    Summary {
        matched: counting.count(table.rows().len()),
        returned: table.returned(),
        by_severity: counting.by(by_severity),
        by_kind: counting.by(by_kind),
        by_model: counting.by(by_model),
        resources: counting.count(resources.len()),
        cves: counting.and(!is_nameless).count(cves.len()),
        other: counting.count(other),
    }
}

/// A finding as it is returned.
pub(super) fn as_row(found: Found) -> Row {
    let resource_type = found.resource_type();
    let row = found.row;
    let severity = row.severity().map_or(UNKNOWN, Severity::word);
    let text = |text: Option<std::sync::Arc<str>>| text.map(|text| text.to_string());
    Row {
        key: found.key,
        vulnerability_id: row.vulnerability_id.to_string(),
        assessment_key: row.assessment_key.to_string(),
        model: row.model.word(),
        title: text(row.title),
        kind: found.kind.word(),
        subscription_id: found.subscription_id,
        resource_id: row.resource_id.to_string(),
        resource_type,
        status: Some(row.status.to_string()).filter(|status| !status.is_empty()),
        severity,
        cve_ids: row.cve_ids.map(|all| all.iter().map(|id| id.to_string()).collect()),
        cvss_score: row.cvss.map(|score| (score * 100.0).round() / 100.0),
        patchable: row.patchable,
        fix_status: text(row.fix_status),
        package_name: text(row.package),
        installed_version: text(row.installed),
        fixed_version: text(row.fixed),
        image_digest: text(row.digest),
        repository_name: text(row.repository),
        exploitable: row.exploitable,
        first_seen_on: row.first_seen_on.and_then(written),
        scanned_on: row.scanned_on.and_then(written),
    }
}
