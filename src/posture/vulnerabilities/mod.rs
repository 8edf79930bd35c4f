//! What Defender for Cloud found inside machines, images and databases, whichever of its two models says so.

mod scanning;
mod united;

use std::{collections::BTreeSet, sync::Arc};

use time::OffsetDateTime;

pub use scanning::{Coverage, Covered, Results, ScanFacts, judge, scanning_plans};
pub use united::{individual, is_individual, united};

use super::{Severity, resource_id::ResourceId, seen::agreed, words::words};

words! {
    /// What something was found in.
    pub enum Kind {
        /// A cluster, a node pool, or anything in the resource group of a cluster's nodes.
        AksNode = "aks_node",
        /// An image, in a registry or running.
        ContainerImage = "container_image",
        /// Anything else.
        Other = "other",
        /// A machine.
        Server = "server",
        /// A database or its server.
        Sql = "sql",
    }
}

words! {
    /// How Defender for Cloud says it.
    pub enum Model {
        /// Below an assessment that stands for many: a sub-assessment.
        Grouped = "grouped",
        /// In an assessment of its own.
        Individual = "individual",
    }
}

/// What an assessment says that is a finding by itself. There are hundreds of thousands of assessments that are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// What the service calls the resource, where that is no type of Azure's: `.containerimage`, `K8s-container`.
    pub declared: Option<Arc<str>>,
    /// The software to be updated.
    pub package: Option<Arc<str>>,
    /// The version that was found.
    pub installed: Option<Arc<str>>,
    /// The version without its weaknesses.
    pub fixed: Option<Arc<str>>,
    /// Its weaknesses.
    pub cves: Cves,
    /// The image.
    pub digest: Option<Arc<str>>,
    /// Where the image is stored.
    pub repository: Option<Arc<str>>,
}

impl Details {
    /// What two rows of one assessment say: alike, but for the weaknesses, of which none may be lost.
    pub fn and(self, other: Self) -> Self {
        let cves = match (self.cves, other.cves) {
            (Cves::Said(mut all), Cves::Said(more)) => {
                let more: Vec<Cve> = more.into_iter().filter(|cve| !all.contains(cve)).collect();
                all.extend(more);
                Cves::Said(all)
            }
            // Those that are not understood are some more, of which nothing is known.
            (Cves::Said(mut all), Cves::Odd) | (Cves::Odd, Cves::Said(mut all)) => {
                all.push(Cve::default());
                Cves::Said(all)
            }
            (Cves::Said(all), Cves::Unsaid) | (Cves::Unsaid, Cves::Said(all)) => Cves::Said(all),
            (Cves::Unsaid, Cves::Unsaid) => Cves::Unsaid,
            (Cves::Odd, _) | (_, Cves::Odd) => Cves::Odd,
        };
        Self {
            cves,
            declared: agreed(self.declared, other.declared),
            package: agreed(self.package, other.package),
            installed: agreed(self.installed, other.installed),
            fixed: agreed(self.fixed, other.fixed),
            digest: agreed(self.digest, other.digest),
            repository: agreed(self.repository, other.repository),
        }
    }
}

/// The weaknesses that a finding names.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cves {
    /// It does not say.
    #[default]
    Unsaid,
    /// It says so in a form that is not understood.
    Odd,
    /// These.
    Said(Vec<Cve>),
}

/// One weakness. Where the service did not say something, it is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cve {
    /// `CVE-2026-12345`
    pub id: Option<Arc<str>>,
    /// In the service's word.
    pub severity: Option<Arc<str>>,
    /// The base score of the newest version.
    pub cvss: Option<f64>,
    /// `FixAvailable` …
    pub fix_status: Option<Arc<str>>,
    /// The version without it.
    pub fixed: Option<Arc<str>>,
    /// Whether it is published how to use it, or a kit has it.
    pub exploitable: Option<bool>,
}

/// A weakness or misconfiguration of a resource. Where the service did not say something, or says it twice and not alike, it is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Vulnerability {
    /// How it is said.
    pub model: Model,
    /// What tells it from others of its assessment on the resource.
    pub vulnerability_id: Arc<str>,
    /// The assessment it is, or stands below.
    pub assessment_key: Arc<str>,
    /// What the portal calls it.
    pub title: Option<Arc<str>>,
    /// In the spelling of the azurerm provider.
    pub resource_id: Arc<str>,
    /// Whether it says what was scanned. If not, the resource is what is assessed, of which that may be a part.
    pub is_located: bool,
    /// What the service calls the resource, or the kind of scan.
    pub declared: Option<Arc<str>>,
    /// `Healthy`, `Unhealthy`, `NotApplicable`, or another word of the service; empty if it did not say.
    pub status: Arc<str>,
    /// In the service's word.
    pub severity: Option<Arc<str>>,
    /// The weaknesses; none of a finding that is about them, and does not name them in a form that is understood.
    pub cve_ids: Option<Vec<Arc<str>>>,
    /// The base score of the newest version.
    pub cvss: Option<f64>,
    /// Whether there is a version without it.
    pub patchable: Option<bool>,
    /// `FixAvailable` …
    pub fix_status: Option<Arc<str>>,
    /// The software.
    pub package: Option<Arc<str>>,
    /// The version that was found.
    pub installed: Option<Arc<str>>,
    /// The version without it.
    pub fixed: Option<Arc<str>>,
    /// The image.
    pub digest: Option<Arc<str>>,
    /// Where the image is stored.
    pub repository: Option<Arc<str>>,
    /// Whether it is published how to use it, or a kit has it.
    pub exploitable: Option<bool>,
    /// When it was first seen.
    pub first_seen_on: Option<OffsetDateTime>,
    /// When the scan was that found it.
    pub scanned_on: Option<OffsetDateTime>,
    /// Whether it is listed twice, and not with the same contents.
    pub is_twofold: bool,
}

impl Vulnerability {
    /// Unique and stable.
    pub fn key(&self) -> String {
        [&*self.resource_id, &*self.assessment_key, &*self.vulnerability_id].join("|").to_lowercase()
    }

    /// Its severity on our scale; none where the service says that it does not know, says nothing, or says a word that is not on it.
    pub fn severity(&self) -> Option<Severity> {
        self.severity.as_deref().and_then(Severity::parse)
    }

    /// Whether its status is one of the three words that are known.
    pub fn has_known_status(&self) -> bool {
        ["Healthy", "NotApplicable", "Unhealthy"].iter().any(|word| self.is(word))
    }

    /// Whether its status is this word.
    pub fn is(&self, status: &str) -> bool {
        self.status.eq_ignore_ascii_case(status)
    }

    /// What it was found in: what has a digest is an image, whatever it is called.
    pub fn kind(&self, nodes: &NodeGroups) -> Kind {
        if self.digest.is_some() {
            return Kind::ContainerImage;
        }
        kind_of(&self.resource_id, self.declared.as_deref(), nodes)
    }

    /// What two rows of one finding say alike.
    pub fn and(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        Self {
            is_located: self.is_located && other.is_located,
            title: agreed(self.title, other.title),
            declared: agreed(self.declared, other.declared),
            status: if self.status == other.status { self.status } else { "".into() },
            severity: agreed(self.severity, other.severity),
            cve_ids: agreed(self.cve_ids, other.cve_ids),
            cvss: agreed(self.cvss, other.cvss),
            patchable: agreed(self.patchable, other.patchable),
            fix_status: agreed(self.fix_status, other.fix_status),
            package: agreed(self.package, other.package),
            installed: agreed(self.installed, other.installed),
            fixed: agreed(self.fixed, other.fixed),
            digest: agreed(self.digest, other.digest),
            repository: agreed(self.repository, other.repository),
            exploitable: agreed(self.exploitable, other.exploitable),
            first_seen_on: agreed(self.first_seen_on, other.first_seen_on),
            scanned_on: agreed(self.scanned_on, other.scanned_on),
            is_twofold: true,
            ..self
        }
    }
}

/// The resource groups that hold the nodes of the clusters of a subscription, lower case.
pub type NodeGroups = BTreeSet<String>;

/// What something was found in: by what the service calls it where that is an image or a database, else by the type of the resource.
pub fn kind_of(resource_id: &str, declared: Option<&str>, nodes: &NodeGroups) -> Kind {
    let declared = declared.unwrap_or_default().to_ascii_lowercase();
    let id = ResourceId::parse(resource_id).ok();
    let ty = id.as_ref().and_then(|id| id.resource_type.as_deref()).unwrap_or_default().to_ascii_lowercase();
    let group = id.as_ref().and_then(|id| id.resource_group_name.as_deref()).map(str::to_lowercase);
    let begins = |all: &[&str]| all.iter().any(|start| ty.starts_with(start));
    match () {
        () if is_image(&declared) => Kind::ContainerImage,
        () if declared.starts_with("sql") => Kind::Sql,
        () if begins(&["microsoft.containerservice/managedclusters"]) => Kind::AksNode,
        () if group.is_some_and(|group| nodes.contains(&group)) => Kind::AksNode,
        () if begins(SERVERS) => Kind::Server,
        () if begins(DATABASES) => Kind::Sql,
        () if begins(&["microsoft.containerregistry/registries"]) => Kind::ContainerImage,
        () if declared.starts_with("server") => Kind::Server,
        () => Kind::Other,
    }
}

const SERVERS: &[&str] =
    &["microsoft.compute/virtualmachinescalesets", "microsoft.compute/virtualmachines", "microsoft.hybridcompute/machines"];
const DATABASES: &[&str] =
    &["microsoft.azurearcdata/sql", "microsoft.sql/", "microsoft.sqlvirtualmachine/", "microsoft.synapse/workspaces"];

/// Whether the service's own word for a resource says that it is an image; types of Azure's have a `/`.
pub fn is_image(declared: &str) -> bool {
    !declared.contains('/') && declared.to_ascii_lowercase().contains("container")
}

/// Whether there is a version without a weakness.
pub fn is_patchable(fix_status: Option<&str>, fixed: Option<&str>) -> Option<bool> {
    let is = |word: &str| fix_status.is_some_and(|own| own.eq_ignore_ascii_case(word));
    match () {
        () if is("FixAvailable") => Some(true),
        () if is("NoFixAvailable") || is("WontFix") => Some(false),
        // A fix that is scheduled is none yet, whatever its version will be.
        () if is("Scheduled") => None,
        () => fixed.map(|_| true),
    }
}

/// Whether a weakness can be used, by all that is said of it: one yes is enough, and it takes every no.
pub fn any_yes(all: &[Option<bool>]) -> Option<bool> {
    match all.contains(&Some(true)) {
        true => Some(true),
        false => all.iter().all(|one| *one == Some(false)).then_some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RG: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups";

    #[test]
    fn the_kind_is_that_of_the_thing_that_was_scanned() {
        let nodes = NodeGroups::from(["mc_shop".to_owned()]);
        for (resource, declared, kind) in [
            ("rg/providers/Microsoft.Compute/virtualMachines/a", None, Kind::Server),
            ("rg/providers/microsoft.compute/virtualmachines/a", Some("ServerVulnerability"), Kind::Server),
            ("rg/providers/Microsoft.HybridCompute/machines/a", None, Kind::Server),
            ("MC_Shop/providers/Microsoft.Compute/virtualMachineScaleSets/pool", None, Kind::AksNode),
            ("MC_Shop/providers/Microsoft.Compute/virtualMachineScaleSets/pool", Some("ServerVulnerability"), Kind::AksNode),
            ("MC_other/providers/Microsoft.Compute/virtualMachineScaleSets/pool", None, Kind::Server),
            ("rg/providers/Microsoft.ContainerService/managedClusters/c", None, Kind::AksNode),
            ("rg/providers/Microsoft.ContainerService/managedClusters/c/agentPools/p", None, Kind::AksNode),
            ("rg/providers/Microsoft.ContainerService/managedClusters/c", Some("K8s-container"), Kind::ContainerImage),
            ("rg/providers/Microsoft.ContainerRegistry/registries/r", None, Kind::ContainerImage),
            ("rg/providers/Microsoft.ContainerRegistry/registries/r", Some(".containerimage"), Kind::ContainerImage),
            ("rg/providers/Microsoft.Sql/servers/s/databases/d", None, Kind::Sql),
            ("rg/providers/Microsoft.Compute/virtualMachines/a", Some("SqlServerVulnerability"), Kind::Sql),
            ("rg/providers/Microsoft.Web/sites/a", None, Kind::Other),
            ("rg/providers/Microsoft.Web/sites/a", Some("Xyzzy"), Kind::Other),
        ] {
            assert_eq!(kind_of(&format!("{RG}/{resource}"), declared, &nodes), kind, "{resource} {declared:?}");
        }
        assert_eq!(kind_of("arn:aws:ec2:eu-west-1:1:instance/i-1", None, &nodes), Kind::Other);
        assert!(!is_image("Microsoft.ContainerService/managedClusters"));
    }

    #[test]
    fn what_can_be_patched_or_used_is_said_or_not_known() {
        for (status, fixed, patchable) in [
            (Some("FixAvailable"), None, Some(true)),
            (Some("nofixavailable"), Some("2"), Some(false)),
            (Some("WontFix"), None, Some(false)),
            (Some("Scheduled"), Some("2"), None),
            (Some("Unknown"), None, None),
            (Some("Xyzzy"), None, None),
            (Some("Unknown"), Some("2"), Some(true)),
            (None, Some("2"), Some(true)),
            (None, None, None),
        ] {
            assert_eq!(is_patchable(status, fixed), patchable, "{status:?} {fixed:?}");
        }
        assert_eq!(any_yes(&[None, Some(true)]), Some(true));
        assert_eq!(any_yes(&[Some(false), Some(false)]), Some(false));
        assert_eq!(any_yes(&[Some(false), None]), None);
    }
}
