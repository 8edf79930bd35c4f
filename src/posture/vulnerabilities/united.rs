//! The findings of both models as one list: which assessments are findings by themselves, and what stands in both models once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{Cve, Cves, Details, Model, Vulnerability, is_patchable};
use crate::posture::assessment::{Assessment, Metadata, alarm};

/// Whether an assessment is a finding by itself; none where nothing tells: no metadata, and nothing that only findings have.
pub fn is_individual(row: &Assessment, metadata: Option<&Metadata>) -> Option<bool> {
    let is_told = row.details.as_ref().is_some_and(|details| details.package.is_some() || details.cves != Cves::Unsaid);
    let is_dynamic = metadata
        .and_then(|metadata| metadata.assessment_type.as_deref())
        .is_some_and(|ty| ty.eq_ignore_ascii_case("DynamicBuiltIn"));
    match category(row, metadata) {
        _ if is_told || is_dynamic => Some(true),
        // `Unknown` is what stands for many.
        Some(word) => Some(!word.eq_ignore_ascii_case("Unknown")),
        None if metadata.is_none() && row.severity.is_none() => None,
        None => Some(false),
    }
}

fn category<'a>(row: &'a Assessment, metadata: Option<&'a Metadata>) -> Option<&'a str> {
    let known = metadata.and_then(|metadata| metadata.recommendation_category.as_deref());
    known.or(row.recommendation_category.as_deref()).filter(|word| !word.is_empty())
}

/// The findings that an assessment is: one for each weakness, or a single one.
pub fn individual(row: &Assessment, metadata: Option<&Metadata>) -> Vec<Vulnerability> {
    let none = Details::default();
    let details = row.details.as_deref().unwrap_or(&none);
    let is_about_software =
        details.package.is_some() || category(row, metadata).is_some_and(|word| word.eq_ignore_ascii_case("SoftwareUpdate"));
    let alone = Vulnerability {
        model: Model::Individual,
        vulnerability_id: Arc::clone(&row.assessment_key),
        assessment_key: Arc::clone(&row.assessment_key),
        title: Some(Arc::clone(&row.display_name)).filter(|title| !title.is_empty()),
        resource_id: Arc::clone(&row.resource_id),
        // It is listed on its resource.
        is_located: true,
        declared: details.declared.clone(),
        status: Arc::clone(&row.status),
        // How bad weaknesses are that cannot be read, nobody knows.
        severity: row.severity_word(metadata).filter(|_| details.cves != Cves::Odd).map(Arc::from),
        cve_ids: match details.cves {
            Cves::Unsaid if !is_about_software => Some(Vec::new()),
            Cves::Said(_) => Some(Vec::new()),
            Cves::Unsaid | Cves::Odd => None,
        },
        cvss: None,
        patchable: is_patchable(None, details.fixed.as_deref()),
        fix_status: None,
        package: details.package.clone(),
        installed: details.installed.clone(),
        fixed: details.fixed.clone(),
        digest: details.digest.clone(),
        repository: details.repository.clone(),
        exploitable: None,
        first_seen_on: row.first_evaluated_on,
        scanned_on: None,
        is_twofold: false,
    };
    match &details.cves {
        Cves::Said(cves) if !cves.is_empty() => each_once(cves.iter().map(|cve| of_weakness(cve, &alone))),
        Cves::Said(_) | Cves::Unsaid | Cves::Odd => vec![alone],
    }
}

/// Each weakness once: of two rows of one a filter would let pass the one it names.
fn each_once(all: impl Iterator<Item = Vulnerability>) -> Vec<Vulnerability> {
    let mut once = BTreeMap::<String, Vulnerability>::new();
    for row in all {
        let id = row.vulnerability_id.to_lowercase();
        let row = match once.remove(&id) {
            Some(known) => known.and(row),
            None => row,
        };
        once.insert(id, row);
    }
    once.into_values().collect()
}

/// The finding that a weakness is. How bad the update as a whole is says nothing of one weakness.
fn of_weakness(cve: &Cve, alone: &Vulnerability) -> Vulnerability {
    let fixed = cve.fixed.clone().or_else(|| alone.fixed.clone());
    Vulnerability {
        vulnerability_id: cve.id.clone().unwrap_or_else(|| Arc::clone(&alone.assessment_key)),
        severity: cve.severity.clone(),
        cve_ids: cve.id.clone().map(|id| vec![id]),
        cvss: cve.cvss,
        patchable: is_patchable(cve.fix_status.as_deref(), fixed.as_deref()),
        fix_status: cve.fix_status.clone(),
        fixed,
        exploitable: cve.exploitable,
        ..alone.clone()
    }
}

/// A weakness of a resource, or of an image in it: what tells it from every other one.
type Held = (String, Option<String>, String);

/// Both models as one list: a weakness of a resource that both hold stands once, as individual. What reassures more than its twin takes
/// the place of none.
pub fn united(individual: Vec<Vulnerability>, grouped: &[Vulnerability]) -> Vec<Vulnerability> {
    let held_by = |row: &Vulnerability, cve: &str| -> Held {
        (row.resource_id.to_lowercase(), row.digest.as_ref().map(|digest| digest.to_lowercase()), cve.to_lowercase())
    };
    let mut held = HashMap::<Held, u8>::new();
    for row in &individual {
        for cve in row.cve_ids.iter().flatten() {
            let most = held.entry(held_by(row, cve)).or_default();
            *most = alarm(&row.status).max(*most);
        }
    }
    let mut all = individual;
    for row in grouped {
        let is_held = |cve: &Arc<str>| held.get(&held_by(row, cve)).is_some_and(|most| *most >= alarm(&row.status));
        match &row.cve_ids {
            Some(cves) if cves.iter().any(is_held) => {
                let rest: Vec<Arc<str>> = cves.iter().filter(|cve| !is_held(cve)).cloned().collect();
                if !rest.is_empty() {
                    all.push(Vulnerability { cve_ids: Some(rest), ..row.clone() });
                }
            }
            _ => all.push(row.clone()),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::assessment::{Metadata, tests::row};

    const VM: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/a";

    fn assessment(status: &str, details: Option<Details>) -> Assessment {
        Assessment { display_name: "Update openssl".into(), details: details.map(Box::new), ..row(VM, "k", status) }
    }

    fn cve(id: &str, severity: &str) -> Cve {
        Cve { id: Some(id.into()), severity: Some(severity.into()), ..Cve::default() }
    }

    fn naming(cves: Cves) -> Option<Details> {
        Some(Details { cves, ..Details::default() })
    }

    fn metadata(category: &str, ty: &str) -> Metadata {
        Metadata {
            severity: "High".to_owned(),
            recommendation_category: Some(category.to_owned()),
            assessment_type: Some(ty.to_owned()),
            ..Metadata::default()
        }
    }

    fn below(cves: &[&str], status: &str, digest: Option<&str>) -> Vulnerability {
        let [row] = &individual(&assessment(status, None), None)[..] else { panic!() };
        Vulnerability {
            model: Model::Grouped,
            cve_ids: Some(cves.iter().map(|cve| Arc::from(*cve)).collect()),
            digest: digest.map(Arc::from),
            ..row.clone()
        }
    }

    #[test]
    fn an_assessment_is_a_finding_by_its_category_or_by_what_it_names() {
        for (category, ty, is) in [
            ("SoftwareUpdate", "BuiltIn", true),
            ("Xyzzy", "BuiltIn", true),
            ("Unknown", "BuiltIn", false),
            ("Unknown", "DynamicBuiltIn", true),
            ("", "BuiltIn", false),
        ] {
            let row = assessment("Unhealthy", None);
            assert_eq!(is_individual(&row, Some(&metadata(category, ty))), Some(is), "{category} {ty}");
        }
        assert_eq!(is_individual(&assessment("Unhealthy", None), None), None, "nothing tells");
        for cves in [Cves::Odd, Cves::Said(vec![])] {
            let row = assessment("Unhealthy", naming(cves));
            assert_eq!(is_individual(&row, None), Some(true));
            assert_eq!(is_individual(&row, Some(&metadata("Unknown", "BuiltIn"))), Some(true));
        }
        let own = Assessment { severity: Some("Low".into()), ..assessment("Unhealthy", None) };
        assert_eq!(is_individual(&own, None), Some(false));
        let own = Assessment { recommendation_category: Some("ExposedSecrets".into()), ..assessment("Unhealthy", None) };
        assert_eq!(is_individual(&own, None), Some(true));
    }

    #[test]
    fn each_weakness_is_a_row_with_its_own_severity() {
        let cves = Cves::Said(vec![cve("CVE-1", "High"), cve("CVE-2", "Unknown"), Cve::default()]);
        let rows = individual(&assessment("Unhealthy", naming(cves)), Some(&metadata("SoftwareUpdate", "BuiltIn")));
        let said: Vec<_> = rows.iter().map(|row| (&*row.vulnerability_id, row.severity().is_some())).collect();
        assert_eq!(said, [("CVE-1", true), ("CVE-2", false), ("k", false)], "what the update says is not of one weakness");
        assert_eq!(rows[2].cve_ids, None);
    }

    #[test]
    fn without_a_weakness_the_finding_is_the_recommendation() {
        for (category, cves, named) in [
            ("ExposedSecrets", Cves::Unsaid, Some(vec![])),
            ("SoftwareUpdate", Cves::Unsaid, None),
            ("SoftwareUpdate", Cves::Odd, None),
            ("SoftwareUpdate", Cves::Said(vec![]), Some(vec![])),
        ] {
            let is_odd = cves == Cves::Odd;
            let rows = individual(&assessment("Unhealthy", naming(cves)), Some(&metadata(category, "BuiltIn")));
            let [row] = &rows[..] else { panic!("{category}") };
            let severity = if is_odd { None } else { Some("High") };
            assert_eq!((&*row.vulnerability_id, row.severity.as_deref()), ("k", severity));
            assert_eq!(row.cve_ids, named, "{category}");
        }
    }

    #[test]
    fn a_weakness_that_both_models_hold_stands_once_as_individual() {
        let rows = |status: &str| individual(&assessment(status, naming(Cves::Said(vec![cve("cve-1", "Low")]))), None);
        let models = |grouped: &[Vulnerability], status: &str| {
            let all = united(rows(status), grouped);
            all.into_iter().skip(1).map(|row| row.cve_ids.unwrap_or_default().join(" ")).collect::<Vec<_>>()
        };
        assert_eq!(models(&[below(&["CVE-1"], "Unhealthy", None)], "Unhealthy"), [""; 0]);
        assert_eq!(models(&[below(&["CVE-1", "CVE-2"], "Unhealthy", None)], "Unhealthy"), ["CVE-2"]);
        assert_eq!(models(&[below(&["CVE-3"], "Unhealthy", None), below(&[], "Unhealthy", None)], "Unhealthy"), ["CVE-3", ""]);
        assert_eq!(models(&[below(&["CVE-1"], "Unhealthy", None)], "Healthy"), ["CVE-1"], "what is healthy hides nothing");
        assert_eq!(models(&[below(&["CVE-1"], "Healthy", None)], "Unhealthy"), [""; 0]);
        assert_eq!(models(&[below(&["CVE-1"], "Unhealthy", Some("sha256:1"))], "Unhealthy"), ["CVE-1"], "another image");
    }
}
