//! `azposture_regulatory_compliance`: standards, controls and assessments as Defender for Cloud reports them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Seen, Subject, Unreadable,
        defender::{Foundational, Plan, foundational},
        filter,
        regulatory::{Below, Level, Report, is_known},
        seen,
    },
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            facts::silent::{self, Silence},
            lists::regulatory::{self, Parent, Reports},
            stop::{Argument, Stop},
            twice,
        },
        context::Context,
        frame::{self, Chosen, Counting, Listing, Table},
        words::{Area, ComplianceDepth, ComplianceState, SubscriptionId, lowered},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
        rules::unknown_word,
    },
    text::quoted,
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<RegulatoryCompliance>()];

/// Regulatory compliance as Microsoft Defender for Cloud reports it: the standards that are assigned to subscriptions, their controls, and
/// the assessments by which these are judged. They follow the recommendations: up to 24 hours behind, and the first ones come 12 to 24
/// hours after a standard was assigned.
///
/// **What is not listed has not passed.** The service leaves out an assigned standard that nothing in the subscription is about, and all
/// standards where no Defender plan is on: that subscription is `plan_off` in `unreadable`. One that is named in `standards` and not listed
/// in a subscription is `not_listed` there, and a count of nothing is then null. `Passed` speaks of what Defender can check: what it cannot
/// is `Unsupported`.
///
/// A state and numbers that contradict each other are not both believed: the one that reassures is null, and `unreadable` says so.
///
/// In up to 20 subscriptions Resource Manager is asked: a request for the standards of each, one more for each standard
/// (`depth = "controls"`), and one more for each control (`depth = "assessments"`; the Microsoft cloud security benchmark has some 85,
/// NIST SP 800-53 some 700). In more than 20 Resource Graph is asked, a request for each 1,000 rows of a level; with
/// `resource_graph = "always"` in fewer, too, which is much quicker for assessments. What Resource Graph has no rows of is asked for through
/// Resource Manager, because it does not tell none from unseen.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Standards to return, for example `Microsoft-cloud-security-benchmark`, without case and with `-` for `_` or the other way round.
    /// Default all that are listed; one that no subscription lists is an error.
    #[schemars(length(min = 1))]
    standards: Option<BTreeSet<String>>,
    /// How deep to read: `standards` alone, `controls`, or `assessments`. Default `controls`.
    depth: Option<ComplianceDepth>,
    /// States to return, without case. Default all, and every word that is new in Azure, because it may be bad. A row whose state is not
    /// stated is always returned.
    #[schemars(length(min = 1))]
    statuses: Option<BTreeSet<ComplianceState>>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts of rows of all levels together; `depth` says how many there are.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Rows that met the filters.
    matched: Option<usize>,
    /// Rows returned.
    returned: usize,
    /// Rows that met the filters, by state: one that is not known here counts under Azure's word, and a row without one under `other`.
    by_state: Option<BTreeMap<String, usize>>,
    /// Rows whose state is none of the four words, or is not stated, and that met the filters other than `statuses`.
    other: Option<usize>,
}

/// A standard, a control or an assessment in one subscription. What the service did not say, or says twice and not alike, is null.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// `subscription_id|standard|control|assessment_key` down to its level, lower case: unique and stable.
    key: String,
    /// `standard`, `control` or `assessment`.
    level: &'static str,
    /// Lower-case GUID.
    subscription_id: String,
    /// The standard, as the service writes it: `Microsoft-cloud-security-benchmark`.
    standard: String,
    /// The control, as the service writes it: `1.2.5`. Null for a standard.
    control: Option<String>,
    /// The recommendation, a lower-case GUID; `azposture_defender_assessments` has its resources. Null for a standard and a control.
    assessment_key: Option<String>,
    /// A title. Null for a standard.
    description: Option<String>,
    /// `Passed`, `Failed`, `Skipped` or `Unsupported`, or whatever other word the service has. Null if the service did not say, and where
    /// it contradicts what stands beside or below it: another word than `Failed` where something failed, `Passed` where nothing passed.
    state: Option<String>,
    /// What passed of the next level: controls of a standard, assessments of a control, resources of an assessment. Null, too, where it is
    /// higher than what was read of that level.
    passed: Option<u64>,
    /// What failed of it. Null, too, where it is lower than what was read of that level, or 0 of what failed.
    failed: Option<u64>,
    /// What was left out of it: exempted, or not applicable. Null, too, where another number of that level was read.
    skipped: Option<u64>,
    /// What of it Defender cannot check. Null for a control, and where another number of that level was read.
    unsupported: Option<u64>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The rows, by key.
    rows: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct RegulatoryCompliance;

impl DataSource for RegulatoryCompliance {
    const NAME: &'static str = "regulatory_compliance";
    const PAGE: Page = Page {
        subcategory: "Posture",
        permissions: "`Microsoft.Security/regulatoryComplianceStandards/read`, and below it `…/regulatoryComplianceControls/read` for \
                      controls and `…/regulatoryComplianceControls/regulatoryComplianceAssessments/read` for assessments; where nothing \
                      is listed, `Microsoft.Security/pricings/read` and `Microsoft.Resources/subscriptions/providers/read` tell why. The \
                      role Reader on the subscription holds all of them.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Posture);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let Chosen { subscriptions, mut gaps, .. } = Chosen::of(context, &arguments.subscription_ids).await?;
        let standards = regulatory::standards(context, &subscriptions).await?;
        gaps.extend(standards.gaps().cloned());
        frame::require_any(standards.so_far().next().is_some(), &mut gaps)?;
        let wanted = arguments.standards.as_ref();
        if seen::complete(&gaps) {
            require_listed(wanted, &standards)?;
        }
        gaps.extend(absent(wanted, &standards));
        gaps.extend(silent::reasons(context, &standards.wholly(BTreeMap::is_empty), &SILENCE).await?);
        let depth = arguments.depth.unwrap_or(ComplianceDepth::Controls);
        let found = descend(context, of_standards(wanted, &standards), depth, subscriptions.len(), &mut gaps).await?;
        let both = |first: Found, second: Found| Found { report: first.report.and(second.report), ..first };
        let mut table = Table::of(found, arguments.limit, |found| &found.key, both);
        gaps.extend(doubts(&table));
        let statuses = lowered(&arguments.statuses, |state| &state.0);
        let other = table.rows().iter().filter(|found| !found.report.state().is_some_and(is_known)).count();
        // What is not stated may be any of them.
        table.retain(|found| found.report.state().is_none_or(|state| filter::admits(statuses.as_ref(), state)));
        let summary = summary(&table, other, &gaps);
        let (found, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes { rows: found.into_iter().map(row).collect(), listing })
    }
}

/// A subscription without standards.
const SILENCE: Silence = Silence {
    subject: Subject::RegulatoryComplianceStandards,
    nothing: "No standard is listed",
    yet: "No standard is assigned, nothing there is what one is about, or Defender for Cloud has reported nothing yet. Initial data can take \
          up to 24 hours.",
    off: Some(off),
};

fn off(plans: &[Plan]) -> Option<&'static str> {
    let remedy = "Foundational CSPM, which judges by the Microsoft cloud security benchmark, is off. Turn it on in the environment settings \
                  of Defender for Cloud.";
    (foundational(plans) == Foundational::Off).then_some(remedy)
}

/// A report, and where it stands.
struct Found {
    key: String,
    level: Level,
    parent: Parent,
    report: Report,
}

impl Found {
    fn of(level: Level, parent: Parent, key: &str, report: Report) -> Self {
        Self { key: format!("{key}|{}", report.name.to_lowercase()), level, parent, report }
    }

    /// What stands below it stands below this.
    fn as_parent(&self) -> Parent {
        let (name, is_of_nothing) = (Arc::clone(&self.report.name), self.report.is_of_nothing());
        match self.level {
            Level::Standard => Parent { standard: name, is_of_nothing, ..self.parent.clone() },
            Level::Control | Level::Assessment => Parent { control: Some(name), is_of_nothing, ..self.parent.clone() },
        }
    }

    fn gap(&self, subject: Subject, place: Place, reason: Reason, remedy: String) -> Unreadable {
        Unreadable { subject, place, reason, code: String::new(), remedy }
    }

    /// What nobody can ask for: what stands below a name that cannot be a part of a path.
    fn unasked(&self) -> Unreadable {
        let remedy = format!(
            "What stands below {} was not asked for, because its name cannot stand in a path. Please report it.",
            quoted(&self.report.name)
        );
        let place = Place::Subscription(self.parent.subscription.id.clone());
        self.gap(subject_below(self.level), place, Reason::InvalidResponse, remedy)
    }

    /// Compares it with what stands below it, which was read whole: what is not there is not proven, and what is denied is not known.
    fn compare(&mut self, reports: &Reports) -> Option<Unreadable> {
        let below = Below::of(reports.values());
        let is_empty = reports.is_empty() && !self.report.is_of_nothing();
        let report = self.report.clone();
        self.report = report.clone().beside(below);
        if !is_empty && !report.differs(below) && report.failed.is_some() {
            return None;
        }
        let Report { passed, failed, skipped, unsupported, .. } = report;
        let said = [(passed, "passed"), (failed, "failed"), (skipped, "skipped"), (unsupported, "unsupported")];
        let said: Vec<String> = said.into_iter().filter_map(|(number, word)| Some(format!("{} {word}", number?))).collect();
        let remedy = format!(
            "{} rows stand below it: {} passed, {} failed, {} skipped, {} unsupported. It says itself: {}. Run again in a few minutes; if \
             this persists, please report it.",
            reports.len(),
            below.passed,
            below.failed,
            below.skipped,
            below.unsupported,
            if said.is_empty() { "nothing".to_owned() } else { said.join(", ") }
        );
        let place = Place::Resource(self.as_parent().id());
        Some(self.gap(subject_below(self.level), place, Reason::NotProven, remedy))
    }
}

fn subject(level: Level) -> Subject {
    match level {
        Level::Assessment => Subject::RegulatoryComplianceAssessments,
        Level::Control => Subject::RegulatoryComplianceControls,
        Level::Standard => Subject::RegulatoryComplianceStandards,
    }
}

fn subject_below(level: Level) -> Subject {
    subject(if level == Level::Standard { Level::Control } else { Level::Assessment })
}

/// A name of a standard, of which there are variants with hyphens and with underscores.
fn folded(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

fn is_wanted(wanted: Option<&BTreeSet<String>>, name: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.iter().any(|one| folded(one) == folded(name)))
}

/// Refuses a standard that no subscription lists, where all of them were read and some list any.
fn require_listed(wanted: Option<&BTreeSet<String>>, standards: &Lists<Reports>) -> std::result::Result<(), Stop> {
    let listed: BTreeSet<&str> = standards.so_far().flat_map(|(_, all)| all.values().map(|report| &*report.name)).collect();
    let is_listed = |name: &&String| listed.iter().any(|one| folded(one) == folded(name));
    match wanted.into_iter().flatten().find(|name| !is_listed(name)) {
        Some(name) if !listed.is_empty() => {
            let known: Vec<String> = listed.into_iter().map(str::to_owned).collect();
            let detail = format!(
                "`standards` {} No subscription that was read lists it: a standard is listed where it is assigned and something is there \
                 that it is about.",
                unknown_word(name, &known)
            );
            Err(Stop::Argument(Argument { name: "standards", summary: "Unknown value", detail }))
        }
        _ => Ok(()),
    }
}

/// Standards that are named, and that a subscription does not list although it lists others.
fn absent(wanted: Option<&BTreeSet<String>>, standards: &Lists<Reports>) -> Vec<Unreadable> {
    let lacks = |all: &Reports, name: &str| !all.values().any(|report| folded(&report.name) == folded(name));
    let one = |(subscription, seen): (&Subscription, &Seen<Arc<Reports>>)| {
        let all = seen.whole().ok().filter(|all| !all.is_empty())?;
        let lacking: Vec<String> =
            wanted.into_iter().flatten().filter(|name| lacks(all, name)).map(|name| quoted(name)).collect();
        let remedy = format!(
            "Not listed here: {}. It is not assigned, or nothing is there that it is about. It has not passed. \
             If it is meant to hold here, assign it in Defender for Cloud under Regulatory compliance.",
            lacking.join(", ")
        );
        (!lacking.is_empty()).then(|| Unreadable {
            subject: Subject::RegulatoryComplianceStandards,
            place: Place::Subscription(subscription.id.clone()),
            reason: Reason::NotListed,
            code: String::new(),
            remedy,
        })
    };
    standards.iter().filter_map(one).collect()
}

fn of_standards(wanted: Option<&BTreeSet<String>>, standards: &Lists<Reports>) -> Vec<Found> {
    let one = |(subscription, reports): (&Subscription, &Arc<Reports>)| {
        let asked = reports.values().filter(|report| is_wanted(wanted, &report.name)).cloned();
        let parent = Parent { subscription: subscription.clone(), standard: "".into(), control: None, is_of_nothing: false };
        asked.map(move |report| Found::of(Level::Standard, parent.clone(), &parent.subscription.id, report)).collect::<Vec<_>>()
    };
    standards.so_far().flat_map(one).collect()
}

/// Standards, and what stands below them as deep as is asked.
async fn descend(
    context: &Context,
    standards: Vec<Found>,
    depth: ComplianceDepth,
    number: usize,
    gaps: &mut Vec<Unreadable>,
) -> Result<Vec<Found>> {
    let levels: &[Level] = match depth {
        ComplianceDepth::Standards => &[],
        ComplianceDepth::Controls => &[Level::Control],
        ComplianceDepth::Assessments => &[Level::Control, Level::Assessment],
    };
    let (mut all, mut last) = (Vec::new(), standards);
    for level in levels {
        let (mut asked, unasked): (Vec<_>, Vec<_>) = last.into_iter().partition(|found| found.report.can_be_asked);
        gaps.extend(unasked.iter().map(Found::unasked));
        all.extend(unasked);
        let read = regulatory::below(context, asked.iter().map(Found::as_parent).collect(), number).await?;
        let mut next = Vec::new();
        for (found, (parent, seen)) in asked.iter_mut().zip(read) {
            gaps.extend(seen.gaps().cloned());
            gaps.extend(seen.whole().ok().and_then(|reports| found.compare(reports)));
            let reports = seen.so_far().into_iter().flat_map(|reports| reports.values().cloned());
            next.extend(reports.map(|report| Found::of(*level, parent.clone(), &found.key, report)));
        }
        all.extend(asked);
        last = next;
    }
    all.extend(last);
    Ok(all)
}

/// What cannot be believed, or is not said, once for each subscription and level.
fn doubts(table: &Table<Found>) -> Vec<Unreadable> {
    let of = |is: fn(&Report) -> bool| -> BTreeSet<(Level, &str)> {
        let such = table.rows().iter().filter(|found| is(&found.report));
        such.map(|found| (found.level, found.parent.subscription.id.as_str())).collect()
    };
    let twofold = of(|report| report.is_twofold);
    let unstated = of(|report| !report.is_twofold && !report.is_stated());
    let remedy = "States or numbers are not stated, or contradict each other; their rows are kept. Run again later; if this persists, please \
                  report it.";
    let unstated = unstated.into_iter().map(|(level, id)| Unreadable {
        subject: subject(level),
        place: Place::Subscription(id.to_owned()),
        reason: Reason::InvalidResponse,
        code: Failure::UnstatedField.code().to_owned(),
        remedy: remedy.to_owned(),
    });
    let twofold =
        twofold.into_iter().map(|(level, id)| twice::gap(subject(level), Place::Subscription(id.to_owned()), "some reports"));
    unstated.chain(twofold).collect()
}

fn summary(table: &Table<Found>, other: usize, gaps: &[Unreadable]) -> Summary {
    // Counts the rows without the word.
    const UNSTATED: &str = "other";
    let mut by_state = BTreeMap::<String, usize>::new();
    for state in table.rows().iter().map(|found| found.report.state()) {
        *by_state.entry(state.unwrap_or(UNSTATED).to_owned()).or_default() += 1;
    }
    let counting = Counting::on(gaps, &[]);
    Summary {
        matched: counting.count(table.rows().len()),
        returned: table.returned(),
        by_state: counting.by(by_state),
        other: counting.count(other),
    }
}

fn row(found: Found) -> Row {
    let Found { key, level, parent, report } = found;
    let name = report.name.to_string();
    let (standard, control, assessment_key) = match level {
        Level::Standard => (name, None, None),
        Level::Control => (parent.standard.to_string(), Some(name), None),
        Level::Assessment => {
            (parent.standard.to_string(), parent.control.map(|control| control.to_string()), Some(name.to_lowercase()))
        }
    };
    Row {
        key,
        level: level.word(),
        subscription_id: parent.subscription.id,
        standard,
        control,
        assessment_key,
        description: report.description.as_ref().map(|title| title.to_string()),
        state: report.state().map(str::to_owned),
        passed: report.passed,
        failed: report.failed(),
        skipped: report.skipped,
        unsupported: report.unsupported,
    }
}
