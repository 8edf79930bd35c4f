//! Defender for Cloud plans: what is on, how whole, and whether that is enough.

use std::collections::{BTreeMap, BTreeSet};

use super::{Reason, Status};

/// One Defender plan of one subscription, as the service states it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// `VirtualMachines`
    pub name: String,
    /// `Free` or `Standard`; none if the service did not say.
    pub tier: Option<String>,
    /// `P1`, `DefenderForStorageV2` …
    pub subplan: Option<String>,
    /// ISO 8601; none if no trial runs.
    pub free_trial_remaining: Option<String>,
    /// RFC 3339.
    pub enabled_on: Option<String>,
    /// Whether overrides below the subscription are refused; none if the service did not say.
    pub enforced: Option<bool>,
    /// `FullyCovered`, `PartiallyCovered`, `NotCovered`; none if the service did not say.
    pub coverage: Option<String>,
    /// Whether other plans have replaced it.
    pub deprecated: bool,
    /// Its successors.
    pub replaced_by: Vec<String>,
    /// Its extensions.
    pub extensions: Vec<Extension>,
    /// Whether the service did not say which extensions it has.
    pub extensions_unseen: bool,
}

/// One extension of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extension {
    /// `AgentlessVmScanning`
    pub name: String,
    /// Whether it is switched on; none if the service did not say.
    pub enabled: Option<bool>,
    /// The code of its last operation (`Succeeded`, `Failed`), if the service gave one.
    pub operation_code: Option<String>,
    /// What the service said about it.
    pub operation_message: Option<String>,
    /// Its settings as canonical JSON.
    pub settings_json: Option<String>,
}

impl Plan {
    /// Whether the plan is on; none if the service did not say, or says it in a word that is not known here.
    pub fn enabled(&self) -> Option<bool> {
        let is = |word: &str| self.tier.as_ref().is_some_and(|tier| tier.eq_ignore_ascii_case(word));
        if is("Standard") { Some(true) } else { is("Free").then_some(false) }
    }

    /// Whether it is known to be on.
    pub fn is_on(&self) -> bool {
        self.enabled() == Some(true)
    }

    /// Whether it is on as a free trial.
    pub fn trial(&self) -> bool {
        self.is_on() && self.free_trial_remaining.is_some()
    }
}

impl Extension {
    /// Whether its last operation succeeded; none if the service said nothing.
    pub fn healthy(&self) -> Option<bool> {
        self.operation_code.as_ref().map(|code| code.eq_ignore_ascii_case("Succeeded"))
    }
}

/// What is known about a plan besides its state.
#[derive(Debug)]
pub struct Offer {
    /// The plan's name.
    pub name: &'static str,
    /// Its subplans, weakest first.
    pub subplans: &'static [&'static str],
    /// Subplans that Microsoft has superseded.
    pub legacy: &'static [&'static str],
    /// The resource types it protects; none for a plan that protects the subscription as a whole.
    pub resource_types: &'static [&'static str],
    /// What it scans for vulnerabilities, as the kinds of sub-assessments.
    pub scans: &'static [&'static str],
}

const fn offer(name: &'static str, resource_types: &'static [&'static str]) -> Offer {
    Offer { name, subplans: &[], legacy: &[], resource_types, scans: &[] }
}

/// The plans Defender for Cloud offers.
pub const OFFERS: &[Offer] = &[
    offer("AI", &["Microsoft.CognitiveServices/accounts"]),
    Offer { subplans: &["P1", "P2", "P3", "P4", "P5"], ..offer("Api", &["Microsoft.ApiManagement/service"]) },
    offer("AppServices", &["Microsoft.Web/sites"]),
    Offer { subplans: &["PerSubscription"], legacy: &["PerApiCall"], ..offer("Arm", &[]) },
    offer("CloudPosture", &[]),
    offer("ContainerRegistry", &["Microsoft.ContainerRegistry/registries"]),
    Offer {
        scans: &["container_image"],
        ..offer(
            "Containers",
            &[
                "Microsoft.ContainerRegistry/registries",
                "Microsoft.ContainerService/managedClusters",
                "Microsoft.Kubernetes/connectedClusters",
            ],
        )
    },
    offer("CosmosDbs", &["Microsoft.DocumentDB/databaseAccounts"]),
    offer("Discovery", &[]),
    offer("Dns", &[]),
    offer("FoundationalCspm", &[]),
    Offer { subplans: &["PerKeyVault"], legacy: &["PerTransaction"], ..offer("KeyVaults", &["Microsoft.KeyVault/vaults"]) },
    offer("KubernetesService", &["Microsoft.ContainerService/managedClusters"]),
    offer(
        "OpenSourceRelationalDatabases",
        &[
            "Microsoft.DBforMariaDB/servers",
            "Microsoft.DBforMySQL/flexibleServers",
            "Microsoft.DBforMySQL/servers",
            "Microsoft.DBforPostgreSQL/flexibleServers",
            "Microsoft.DBforPostgreSQL/servers",
        ],
    ),
    Offer {
        scans: &["sql"],
        ..offer(
            "SqlServerVirtualMachines",
            &["Microsoft.AzureArcData/sqlServerInstances", "Microsoft.SqlVirtualMachine/sqlVirtualMachines"],
        )
    },
    Offer {
        scans: &["sql"],
        ..offer("SqlServers", &["Microsoft.Sql/managedInstances", "Microsoft.Sql/servers", "Microsoft.Synapse/workspaces"])
    },
    Offer {
        subplans: &["DefenderForStorageV2"],
        legacy: &["PerStorageAccount", "PerTransaction"],
        ..offer("StorageAccounts", &["Microsoft.Storage/storageAccounts"])
    },
    Offer {
        subplans: &["P1", "P2"],
        scans: &["server"],
        ..offer(
            "VirtualMachines",
            &[
                "Microsoft.Compute/virtualMachineScaleSets",
                "Microsoft.Compute/virtualMachines",
                "Microsoft.HybridCompute/machines",
            ],
        )
    },
];

/// What is known about the plan of that name.
pub fn offered(name: &str) -> Option<&'static Offer> {
    OFFERS.iter().find(|offer| offer.name.eq_ignore_ascii_case(name))
}

/// How many resources a plan protects, from counts by lower-case type; none for a plan that protects no particular type.
pub fn resource_count(plan: &str, counts: &BTreeMap<String, u64>) -> Option<u64> {
    let types = offered(plan).map(|offer| offer.resource_types).filter(|types| !types.is_empty())?;
    Some(types.iter().filter_map(|ty| counts.get(&ty.to_ascii_lowercase())).sum())
}

/// What one plan has to satisfy.
#[derive(Clone, Debug, Default)]
pub struct Requirement {
    /// The plan.
    pub plan: String,
    /// At least this subplan.
    pub subplan: Option<String>,
    /// Extensions that have to be on and healthy.
    pub extensions: BTreeSet<String>,
    /// Whether every resource has to be covered.
    pub full_coverage: bool,
    /// Whether a plan without resources to protect is not applicable.
    pub only_relevant: bool,
}

/// One judged requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub status: Status,
    /// Why, as a word; empty for a pass.
    pub reason: &'static str,
    /// Why, in a sentence.
    pub detail: String,
    /// The plan and the subplan it takes, where another plan has replaced the required one.
    pub instead: Option<(String, Option<String>)>,
}

impl Verdict {
    fn new(status: Status, reason: &'static str, detail: impl Into<String>) -> Self {
        Self { status, reason, detail: detail.into(), instead: None }
    }

    fn pass() -> Self {
        Self::new(Status::Pass, "", "")
    }

    fn fail(reason: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Status::Fail, reason, detail)
    }

    fn unknown(reason: Reason, detail: impl Into<String>) -> Self {
        Self::new(Status::Unknown, reason.word(), detail)
    }
}

/// Judges one requirement against the plans of one subscription. `counts` are its resources by lower-case type, none if unreadable.
pub fn judge(requirement: &Requirement, plans: &[Plan], counts: Option<&BTreeMap<String, u64>>) -> Verdict {
    let find = |name: &str| plans.iter().find(|plan| plan.name.eq_ignore_ascii_case(name));
    let Some(plan) = find(&requirement.plan) else {
        return Verdict::unknown(
            Reason::Unsupported,
            format!("the plans of this subscription are listed without {}", requirement.plan),
        );
    };
    if requirement.only_relevant
        && let Some(irrelevant) = irrelevant(&requirement.plan, counts)
    {
        return irrelevant;
    }
    // A deprecated plan says nothing about protection once its successors are offered.
    let successors: Vec<&Plan> = plan.replaced_by.iter().filter_map(|name| find(name)).collect();
    if plan.deprecated && plan.replaced_by.is_empty() {
        let detail = format!("{} is deprecated, and the service does not state what has replaced it", plan.name);
        return Verdict::unknown(Reason::NotProven, detail);
    }
    if plan.deprecated && !successors.is_empty() {
        let verdicts = successors.into_iter().map(|successor| {
            let inherited = inherited(requirement, successor);
            Verdict { instead: Some((inherited.plan.clone(), inherited.subplan.clone())), ..judge_plan(&inherited, successor) }
        });
        return verdicts.min_by_key(|verdict| verdict.status).unwrap_or_else(Verdict::pass);
    }
    judge_plan(requirement, plan)
}

fn irrelevant(plan: &str, counts: Option<&BTreeMap<String, u64>>) -> Option<Verdict> {
    if offered(plan).is_none_or(|offer| offer.resource_types.is_empty()) {
        return None;
    }
    let Some(counts) = counts else {
        return Some(Verdict::unknown(Reason::NotProven, "whether there is anything to protect could not be read"));
    };
    (resource_count(plan, counts) == Some(0)).then(|| Verdict::new(Status::NotApplicable, "no_resources", "nothing to protect"))
}

/// What a requirement on a deprecated plan means for its successor. Defender for DNS became a part of Servers P2.
fn inherited(requirement: &Requirement, successor: &Plan) -> Requirement {
    let dns = requirement.plan.eq_ignore_ascii_case("Dns") && successor.name.eq_ignore_ascii_case("VirtualMachines");
    Requirement {
        plan: successor.name.clone(),
        subplan: if dns { Some("P2".to_owned()) } else { requirement.subplan.clone() },
        ..requirement.clone()
    }
}

fn judge_plan(requirement: &Requirement, plan: &Plan) -> Verdict {
    let name = &plan.name;
    match &plan.tier {
        None => return Verdict::unknown(Reason::InvalidResponse, format!("{name}: the service did not state its tier")),
        Some(tier) if plan.enabled().is_none() => {
            return Verdict::unknown(Reason::InvalidResponse, format!("{name}: what the tier {tier:?} is, is not known here"));
        }
        Some(tier) if !plan.is_on() => return Verdict::fail("plan_off", format!("{name} is {tier}")),
        Some(_) => {}
    }
    if let Some(weak) = requirement.subplan.as_deref().and_then(|wanted| judge_subplan(wanted, plan)) {
        return weak;
    }
    if let Some(lacking) =
        requirement.extensions.iter().filter_map(|extension| judge_extension(extension, plan)).min_by_key(|v| v.status)
    {
        return lacking;
    }
    if requirement.full_coverage {
        return judge_coverage(plan);
    }
    Verdict::pass()
}

fn judge_subplan(wanted: &str, plan: &Plan) -> Option<Verdict> {
    let name = &plan.name;
    let Some(actual) = plan.subplan.as_deref() else {
        return Some(Verdict::fail("subplan_too_low", format!("{name} has no subplan, {wanted} is required")));
    };
    if actual.eq_ignore_ascii_case(wanted) {
        return None;
    }
    let rank = |subplan: &str| {
        offered(name).and_then(|offer| offer.subplans.iter().position(|known| known.eq_ignore_ascii_case(subplan)))
    };
    let is_legacy =
        |subplan: &str| offered(name).is_some_and(|offer| offer.legacy.iter().any(|known| known.eq_ignore_ascii_case(subplan)));
    if is_legacy(actual) {
        return Some(Verdict::fail(
            "legacy_subplan",
            format!("{name} is on the superseded subplan {actual}, {wanted} is required"),
        ));
    }
    match (rank(actual), rank(wanted)) {
        (Some(actual), Some(wanted)) if actual >= wanted => None,
        // What superseded a subplan is more than it.
        (Some(_), None) if is_legacy(wanted) => None,
        _ => Some(Verdict::fail("subplan_too_low", format!("{name} is on {actual}, {wanted} is required"))),
    }
}

fn judge_extension(wanted: &str, plan: &Plan) -> Option<Verdict> {
    let name = &plan.name;
    let Some(extension) = plan.extensions.iter().find(|extension| extension.name.eq_ignore_ascii_case(wanted)) else {
        if plan.extensions_unseen {
            let detail = format!("{name}: the service did not state its extensions");
            return Some(Verdict::unknown(Reason::InvalidResponse, detail));
        }
        let there: Vec<_> = plan.extensions.iter().map(|extension| extension.name.as_str()).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        return Some(Verdict::fail("extension_not_available", format!("{name} has no extension {wanted} (it has {there})")));
    };
    match extension.enabled {
        None => {
            let detail = format!("{name}: the service did not state whether {} is on", extension.name);
            return Some(Verdict::unknown(Reason::InvalidResponse, detail));
        }
        Some(false) => return Some(Verdict::fail("extension_off", format!("{name}: {} is off", extension.name))),
        Some(true) => {}
    }
    if extension.healthy() == Some(false) {
        let said = extension.operation_message.as_deref().unwrap_or("no message");
        let code = extension.operation_code.as_deref().unwrap_or_default();
        return Some(Verdict::fail("extension_unhealthy", format!("{name}: {} is on, but {code}: {said}", extension.name)));
    }
    None
}

fn judge_coverage(plan: &Plan) -> Verdict {
    let name = &plan.name;
    match plan.coverage.as_deref() {
        Some(coverage) if coverage.eq_ignore_ascii_case("FullyCovered") => Verdict::pass(),
        Some(coverage) => {
            Verdict::fail("partially_covered", format!("{name} is {coverage}: resources below the subscription override it"))
        }
        None => Verdict::unknown(Reason::NotProven, format!("{name}: the service did not state its coverage")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(name: &str, tier: &str, subplan: Option<&str>) -> Plan {
        Plan {
            name: name.into(),
            tier: Some(tier.into()),
            subplan: subplan.map(Into::into),
            coverage: Some("FullyCovered".into()),
            ..Plan::default()
        }
    }

    fn require(plan: &str, subplan: Option<&str>) -> Requirement {
        Requirement { plan: plan.into(), subplan: subplan.map(Into::into), ..Requirement::default() }
    }

    fn reason(requirement: &Requirement, plans: &[Plan]) -> (Status, &'static str) {
        let verdict = judge(requirement, plans, None);
        (verdict.status, verdict.reason)
    }

    #[test]
    fn a_free_plan_is_off_and_a_standard_one_is_on() {
        assert_eq!(reason(&require("Arm", None), &[plan("Arm", "Free", None)]), (Status::Fail, "plan_off"));
        assert_eq!(reason(&require("arm", None), &[plan("Arm", "standard", None)]), (Status::Pass, ""));
    }

    #[test]
    fn a_plan_whose_tier_is_not_stated_is_unknown() {
        let silent = Plan { tier: None, ..plan("Arm", "", None) };
        assert_eq!(reason(&require("Arm", None), &[silent]), (Status::Unknown, "invalid_response"));
    }

    #[test]
    fn pools_and_connected_servers_are_something_to_protect() {
        let counts =
            BTreeMap::from([("microsoft.synapse/workspaces".into(), 3), ("microsoft.azurearcdata/sqlserverinstances".into(), 9)]);
        assert_eq!(resource_count("SqlServers", &counts), Some(3));
        assert_eq!(resource_count("SqlServerVirtualMachines", &counts), Some(9));
    }

    #[test]
    fn a_plan_the_cloud_does_not_offer_is_unknown() {
        assert_eq!(reason(&require("Api", None), &[plan("Arm", "Standard", None)]), (Status::Unknown, "unsupported"));
    }

    #[test]
    fn subplans_have_an_order_and_some_are_superseded() {
        let cases = [
            ("VirtualMachines", Some("P2"), "P1", (Status::Pass, "")),
            ("VirtualMachines", Some("P1"), "P2", (Status::Fail, "subplan_too_low")),
            ("VirtualMachines", None, "P1", (Status::Fail, "subplan_too_low")),
            ("StorageAccounts", Some("PerTransaction"), "DefenderForStorageV2", (Status::Fail, "legacy_subplan")),
            ("StorageAccounts", Some("DefenderForStorageV2"), "defenderforstoragev2", (Status::Pass, "")),
            ("KeyVaults", Some("PerTransaction"), "PerKeyVault", (Status::Fail, "legacy_subplan")),
            ("Arm", Some("PerApiCall"), "PerApiCall", (Status::Pass, "")),
            ("StorageAccounts", Some("DefenderForStorageV2"), "PerTransaction", (Status::Pass, "")),
            ("StorageAccounts", Some("Novel"), "PerTransaction", (Status::Fail, "subplan_too_low")),
            ("AppServices", Some("P9"), "P1", (Status::Fail, "subplan_too_low")),
        ];
        for (name, actual, wanted, expected) in cases {
            assert_eq!(reason(&require(name, Some(wanted)), &[plan(name, "Standard", actual)]), expected, "{name} {wanted}");
        }
    }

    #[test]
    fn extensions_have_to_be_there_on_and_healthy() {
        let extension = |enabled: Option<bool>, code: Option<&str>| Extension {
            name: "AgentlessVmScanning".into(),
            enabled,
            operation_code: code.map(Into::into),
            ..Extension::default()
        };
        let wanted = Requirement { extensions: ["agentlessvmscanning".into()].into(), ..require("VirtualMachines", None) };
        for (extensions, expected) in [
            (vec![], (Status::Fail, "extension_not_available")),
            (vec![extension(Some(false), None)], (Status::Fail, "extension_off")),
            (vec![extension(None, Some("Succeeded"))], (Status::Unknown, "invalid_response")),
            (vec![extension(Some(true), Some("Failed"))], (Status::Fail, "extension_unhealthy")),
            (vec![extension(Some(true), Some("Succeeded"))], (Status::Pass, "")),
            (vec![extension(Some(true), None)], (Status::Pass, "")),
        ] {
            let plan = Plan { extensions, ..plan("VirtualMachines", "Standard", Some("P2")) };
            assert_eq!(reason(&wanted, &[plan]), expected);
        }
    }

    #[test]
    fn coverage_that_is_not_stated_is_unknown() {
        let wanted = Requirement { full_coverage: true, ..require("VirtualMachines", None) };
        let covered =
            |coverage: Option<&str>| Plan { coverage: coverage.map(Into::into), ..plan("VirtualMachines", "Standard", None) };
        assert_eq!(reason(&wanted, &[covered(Some("FullyCovered"))]), (Status::Pass, ""));
        assert_eq!(reason(&wanted, &[covered(Some("PartiallyCovered"))]), (Status::Fail, "partially_covered"));
        assert_eq!(reason(&wanted, &[covered(None)]), (Status::Unknown, "not_proven"));
    }

    #[test]
    fn a_deprecated_plan_is_judged_through_its_successors() {
        let old =
            Plan { deprecated: true, replaced_by: vec!["Containers".into()], ..plan("ContainerRegistry", "Standard", None) };
        let wanted = require("ContainerRegistry", None);
        assert_eq!(reason(&wanted, &[old.clone(), plan("Containers", "Free", None)]), (Status::Fail, "plan_off"));
        assert_eq!(reason(&wanted, &[old.clone(), plan("Containers", "Standard", None)]), (Status::Pass, ""));
        assert_eq!(reason(&wanted, &[old]), (Status::Pass, ""), "no successor is offered, so the old plan still counts");
        let dns = Plan { deprecated: true, replaced_by: vec!["VirtualMachines".into()], ..plan("Dns", "Standard", None) };
        let servers = |subplan| plan("VirtualMachines", "Standard", Some(subplan));
        assert_eq!(reason(&require("Dns", None), &[dns.clone(), servers("P1")]), (Status::Fail, "subplan_too_low"));
        assert_eq!(reason(&require("Dns", None), &[dns, servers("P2")]), (Status::Pass, ""));
    }

    #[test]
    fn a_plan_without_resources_is_not_applicable_only_when_that_is_proven() {
        let wanted = Requirement { only_relevant: true, ..require("KeyVaults", None) };
        let off = [plan("KeyVaults", "Free", None)];
        let counts = |count| BTreeMap::from([("microsoft.keyvault/vaults".to_owned(), count)]);
        assert_eq!(judge(&wanted, &off, Some(&counts(0))).status, Status::NotApplicable);
        assert_eq!(judge(&wanted, &off, Some(&counts(2))).status, Status::Fail);
        assert_eq!(judge(&wanted, &off, None).status, Status::Unknown);
        let whole = Requirement { only_relevant: true, ..require("Arm", None) };
        assert_eq!(
            judge(&whole, &[plan("Arm", "Free", None)], Some(&counts(0))).status,
            Status::Fail,
            "it protects the subscription"
        );
    }

    #[test]
    fn a_plan_counts_the_resources_of_all_its_types() {
        let counts = BTreeMap::from([
            ("microsoft.compute/virtualmachines".to_owned(), 3),
            ("microsoft.hybridcompute/machines".to_owned(), 1),
            ("microsoft.storage/storageaccounts".to_owned(), 9),
        ]);
        assert_eq!(resource_count("VirtualMachines", &counts), Some(4));
        assert_eq!(resource_count("KeyVaults", &counts), Some(0));
        assert_eq!(resource_count("Arm", &counts), None);
    }
}
