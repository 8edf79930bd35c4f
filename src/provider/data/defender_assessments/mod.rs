//! `azposture_defender_assessments`: Defender recommendations joined with their metadata.

mod filters;
mod tally;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tally::{Summary, Tally};

use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Subject, Unreadable,
        assessment::{Assessment, Catalogue, Filter, Metadata, Surroundings, worst_first},
        controls,
        defender::surely_unregistered,
        filter,
        resource_id::{ResourceId, within},
        time::written,
    },
    provider::{
        collect::{
            Lists,
            estate::{
                engine::{self, Engine},
                scope::Subscription,
            },
            lists::{inventory, security},
            unread,
        },
        context::Context,
        frame::{self, Chosen, Listing, Table},
        selection::{Unmatched, UnmatchedTags, warn},
        words::{Area, AssessmentStatus, Guid, ResourceIdPrefix, ResourceType, Severity, SubscriptionId, lowered},
    },
    sdk::{
        Diagnostics, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<DefenderAssessments>()];

/// Microsoft Defender for Cloud recommendations on resources, each joined with what Microsoft says about the recommendation:
/// severity, categories, policy definition and the controls it speaks to.
///
/// Several recommendations share a display name, and one resource has many: `key` tells rows apart. A recommendation without metadata
/// has a null severity and passes every severity and category filter, because it may be bad.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Resource groups, without case. Default all; a name that no selected subscription has is an error.
    #[schemars(length(min = 1))]
    resource_group_names: Option<BTreeSet<String>>,
    /// Resource types, for example `Microsoft.Storage/storageAccounts`, without case. Default all; one that does not exist is an error.
    #[schemars(length(min = 1))]
    resource_types: Option<BTreeSet<ResourceType>>,
    /// Beginnings of resource ids, up to a `/`, without case; each has to lie in the scope. Default all; one below which nothing was
    /// assessed is a warning.
    #[schemars(length(min = 1))]
    resource_id_prefixes: Option<BTreeSet<ResourceIdPrefix>>,
    /// Tags a resource has to have; the value `*` is any value, names compare without case. A resource whose tags cannot be read is
    /// kept and named in `unreadable`. Default any; tags that nothing assessed has are a warning.
    #[schemars(extend("minProperties" = 1))]
    tags: Option<BTreeMap<String, String>>,
    /// Severities to return. Default all.
    #[schemars(length(min = 1))]
    severities: Option<BTreeSet<Severity>>,
    /// Statuses to return, without case. Default `["Unhealthy"]`, and every word that is none of the three, because it may be bad.
    #[schemars(length(min = 1))]
    statuses: Option<BTreeSet<AssessmentStatus>>,
    /// Keys of recommendations, GUIDs. Default all; a key that matches nothing is a warning.
    #[schemars(length(min = 1))]
    assessment_keys: Option<BTreeSet<Guid>>,
    /// Categories, for example `Data`, without case. Default all; one that no recommendation has is an error.
    #[schemars(length(min = 1))]
    categories: Option<BTreeSet<String>>,
    /// Whether to read risk levels, with a newer version of the interface that not every region and cloud has. Default `false`.
    include_risk: Option<bool>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// One recommendation on one resource.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// `resource_id|assessment_key`, lower case: unique and stable.
    key: String,
    /// The recommendation: the same GUID in every tenant.
    assessment_key: String,
    /// What the portal calls it. Not unique; null if the service did not say.
    display_name: Option<String>,
    /// Lower-case GUID of the subscription it was read in.
    subscription_id: String,
    /// The resource, in the spelling of the azurerm provider; an id of another cloud as it was given.
    resource_id: String,
    /// The name of the resource. Null if the id has none.
    resource_name: Option<String>,
    /// The full type. Null if the id is none of Azure's.
    resource_type: Option<String>,
    /// The resource group. Null for a resource outside a group or of another cloud.
    resource_group_name: Option<String>,
    /// `Azure`, `OnPremise`, `Aws` …
    source: String,
    /// `Healthy`, `Unhealthy` or `NotApplicable`, or whatever other word the service has. Null if it did not say.
    status: Option<String>,
    /// Why, for example `OffByPolicy` or `Exempt`. Null if the service did not say.
    cause: Option<String>,
    /// The service's sentence about the status. Null if there is none, and under `personal_data = "redact"`.
    status_description: Option<String>,
    /// `critical`, `high`, `medium`, `low` or `informational`. Null if the recommendation has no metadata, or none that says one of these.
    severity: Option<String>,
    /// `Critical`, `High`, `Medium`, `Low` or `None`. Null unless `include_risk`.
    risk_level: Option<String>,
    /// Categories, for example `Data`.
    categories: Vec<String>,
    /// Threats, for example `dataExfiltration`.
    threats: Vec<String>,
    /// MITRE ATT&CK tactics.
    tactics: Vec<String>,
    /// MITRE ATT&CK techniques.
    techniques: Vec<String>,
    /// `BuiltIn`, `CustomPolicy` … Null if the recommendation has no metadata.
    assessment_type: Option<String>,
    /// The policy definition that evaluates it. Null if there is none.
    policy_definition_id: Option<String>,
    /// `Low`, `Moderate` or `High`. Null if the service did not say.
    user_impact: Option<String>,
    /// `Low`, `Moderate` or `High`. Null if the service did not say.
    implementation_effort: Option<String>,
    /// A link to it in the portal. Null if there is none.
    portal_url: Option<String>,
    /// Whether the recommendation is in preview. Null if it has no metadata.
    preview: Option<bool>,
    /// When it was first evaluated, RFC 3339.
    first_evaluated_on: Option<String>,
    /// When its status last changed, RFC 3339; the service keeps no time of the last evaluation.
    status_changed_on: Option<String>,
    /// Control ids by framework, through the policy definition.
    controls: BTreeMap<String, Vec<String>>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The recommendations, worst first, then by key.
    assessments: Vec<Row>,
    /// How to fix each recommendation among the rows, by assessment key, as the service writes it.
    remediations: BTreeMap<String, String>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct DefenderAssessments;

impl DataSource for DefenderAssessments {
    const NAME: &'static str = "defender_assessments";
    const PAGE: Page = Page {
        subcategory: "Posture",
        permissions: "`Microsoft.Security/assessments/read` and `Microsoft.Security/assessmentMetadata/read`; `*/read` for `tags`. The role \
                      Reader on the subscription holds all of them; Security Reader all but the last.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Posture);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let Chosen { ids, subscriptions, mut gaps } = Chosen::of(context, &arguments.subscription_ids).await?;
        let filter = filter_of(&arguments, ids);
        filters::require_prefixes(filter.resource_id_prefixes.as_ref(), &subscriptions)?;
        if let Some(names) = &filter.resource_group_names {
            gaps.extend(inventory::require_groups(context, &subscriptions, names).await?);
        }
        let with_risk = arguments.include_risk == Some(true);
        let lists = security::assessments(context, &subscriptions, with_risk).await?;
        gaps.extend(lists.gaps().cloned());
        frame::require_any(lists.so_far().next().is_some(), &mut gaps)?;
        gaps.extend(silent(context, &lists).await?);
        let catalogues = catalogues(context, &lists, &mut gaps).await?;
        let tags = match &filter.tags {
            Some(_) => Some(tags(context, &subscriptions, &mut gaps).await?),
            None => None,
        };
        let statuses = lowered(&arguments.statuses, |status| &status.0);
        let needs_place = filter.needs_place();
        let mut tally = Tally::default();
        let mut found = Vec::new();
        let mut untagged = BTreeSet::new();
        let mut unstated = BTreeSet::new();
        let mut unrated = BTreeSet::new();
        let mut types = BTreeSet::new();
        let mut prefixes = Unmatched::of(filter.resource_id_prefixes.iter().flatten().cloned());
        let mut tagged = UnmatchedTags::of(&filter.tags.clone().unwrap_or_default());
        for row in lists.so_far().flat_map(|(_, rows)| rows.iter()) {
            let metadata = catalogues.iter().find_map(|catalogue| catalogue.get(&*row.assessment_key));
            let place = if needs_place { place(row, tags.as_ref()) } else { Surroundings::default() };
            if let Some(ty) = place.resource_type.as_deref().filter(|_| filter.resource_types.is_some()) {
                types.insert(ty.to_ascii_lowercase());
            }
            prefixes.match_with(|prefix| within(&row.resource_id, prefix));
            if let Some(tags) = place.tags.as_ref().filter(|_| filter.tags.is_some()) {
                tagged.match_with(tags);
            }
            if !filter.admits(row, metadata, &place) {
                continue;
            }
            if filter.tags.is_some() && place.tags.is_none() {
                untagged.insert(row.subscription_id.to_string());
            }
            let severity = metadata.and_then(|metadata| Severity::parse(&metadata.severity));
            tally.count(row);
            if row.status.is_empty() {
                unstated.insert(row.subscription_id.to_string());
            }
            if has_status(row, statuses.as_ref()) {
                tally.count_admitted(row, severity, metadata);
                if metadata.is_some_and(|metadata| metadata.severity.is_empty()) {
                    unrated.insert(row.subscription_id.to_string());
                }
                found.push(Found { key: row.key(), severity, row, metadata });
            }
        }
        gaps.extend(unstated.into_iter().map(|id| Unreadable {
            subject: Subject::Assessments,
            place: Place::Subscription(id.clone()),
            reason: Reason::InvalidResponse,
            code: Failure::UnstatedField.code().to_owned(),
            remedy: "Some assessments come without a status; their rows are kept. Run again later; if this persists, please report it.".to_owned(),
        }));
        gaps.extend(untagged.into_iter().map(|id| Unreadable {
            subject: Subject::Tags,
            place: Place::Subscription(id.clone()),
            reason: Reason::NotProven,
            code: String::new(),
            remedy: "Some assessed resources are in no inventory (child resources, other clouds), so their tags are not known; their rows are \
                     kept. Filter them by `resource_types` or `resource_id_prefixes` instead."
                .to_owned(),
        }));
        filters::unmatched_keys(&arguments, &lists, warnings);
        warn(
            "resource_id_prefixes",
            "Resource id prefix",
            "no assessment of any status that was read lies below",
            prefixes.rest(),
            warnings,
        );
        if filter.tags.is_some() {
            tagged.warn("no assessed resource whose tags were read", warnings);
        }
        let unseen: Vec<&String> = filter.resource_types.iter().flatten().filter(|ty| !types.contains(*ty)).collect();
        filters::require_types(context, &subscriptions, &unseen, &mut gaps).await?;
        filters::require_categories(filter.categories.as_ref(), &catalogues, &gaps)?;
        gaps.extend(unrated.into_iter().map(|id| Unreadable {
            subject: Subject::AssessmentMetadata,
            place: Place::Subscription(id.clone()),
            reason: Reason::InvalidResponse,
            code: Failure::UnstatedField.code().to_owned(),
            remedy: "The metadata of some recommendations comes without a severity; their rows are kept. Run again later; if this persists, \
                     please report it."
                .to_owned(),
        }));
        let table = Table::of(found, arguments.limit, |found| &found.key, |first, _| first);
        let table = table.ranked(|found| worst_first(found.severity));
        let summary = tally.summary(table.rows().len(), table.returned(), &gaps);
        let (found, listing) = table.listed(summary, gaps, warnings);
        let remediations = found
            .iter()
            .filter_map(|found| Some((found.row.assessment_key.to_string(), found.metadata?.remediation.clone()?)))
            .collect();
        let assessments = found.iter().map(|found| as_row(found, with_risk)).collect();
        Ok(Attributes { assessments, remediations, listing })
    }
}

/// A row that met the filters, with its key and severity, which decide its place.
struct Found<'a> {
    key: String,
    severity: Option<Severity>,
    row: &'a Assessment,
    metadata: Option<&'a Metadata>,
}

/// Whether a status is asked for. One that is not stated may be any, and a word that is not known here may be a bad one.
fn has_status(row: &Assessment, wanted: Option<&BTreeSet<String>>) -> bool {
    match wanted {
        None => row.is("Unhealthy") || !row.has_known_status(),
        Some(_) => row.status.is_empty() || filter::admits(wanted, &row.status),
    }
}

fn filter_of(arguments: &Arguments, subscription_ids: Option<BTreeSet<String>>) -> Filter {
    Filter {
        subscription_ids,
        resource_group_names: arguments.resource_group_names.clone(),
        resource_types: lowered(&arguments.resource_types, |ty| &ty.0),
        resource_id_prefixes: arguments
            .resource_id_prefixes
            .as_ref()
            .map(|all| all.iter().map(|prefix| prefix.0.clone()).collect()),
        tags: arguments.tags.clone(),
        severities: arguments.severities.clone(),
        assessment_keys: lowered(&arguments.assessment_keys, |key| &key.0),
        categories: arguments.categories.clone(),
    }
}

/// A subscription without a single assessment of any status: not registered, or too young to have data. Never "all is well".
async fn silent(context: &Context, lists: &Lists<Vec<Assessment>>) -> Result<Vec<Unreadable>> {
    let mut gaps = Vec::new();
    // A list that is not proven whole has a gap of its own.
    for (subscription, _) in lists.iter().filter(|(_, seen)| seen.whole().is_ok_and(|rows| rows.is_empty())) {
        let gap = |reason, remedy: &str| Unreadable {
            subject: Subject::Assessments,
            place: Place::Subscription(subscription.id.clone()),
            reason,
            code: String::new(),
            remedy: remedy.to_owned(),
        };
        let is_on = |state: &str| ["Registered", "Registering"].iter().any(|word| word.eq_ignore_ascii_case(state));
        gaps.push(match inventory::registration(context, &subscription.id, "Microsoft.Security").await? {
            Ok(state) if surely_unregistered(&state) => {
                gap(Reason::NotRegistered, "Register Defender for Cloud: az provider register --namespace Microsoft.Security")
            }
            Ok(state) if is_on(&state) => {
                gap(Reason::NoDataYet, "Defender for Cloud has assessed nothing yet. Initial data can take up to 24 hours.")
            }
            Ok(_) => gap(
                Reason::NotProven,
                "Nothing is assessed, and whether Defender for Cloud is registered is not certain: az provider show --namespace \
                 Microsoft.Security",
            ),
            Err(unread) => {
                let remedy =
                    format!("Nothing is assessed, and whether Defender for Cloud is registered is not known. {}", unread.remedy);
                Unreadable { code: unread.code, ..gap(unread.reason, &remedy) }
            }
        });
    }
    Ok(gaps)
}

/// The tenant's metadata, and that of every subscription with a recommendation of its own.
async fn catalogues(
    context: &Context,
    lists: &Lists<Vec<Assessment>>,
    gaps: &mut Vec<Unreadable>,
) -> Result<Vec<Arc<Catalogue>>> {
    let mut catalogues = Vec::new();
    match security::metadata(context).await {
        Ok(catalogue) => catalogues.push(catalogue),
        Err(error) => gaps.push(unread::gap(Subject::AssessmentMetadata, Place::Tenant, &error)?),
    }
    let known = |catalogues: &[Arc<Catalogue>], rows: &[Assessment]| {
        rows.iter().all(|row| catalogues.iter().any(|catalogue| catalogue.contains_key(&*row.assessment_key)))
    };
    let unknown: Vec<_> =
        lists.so_far().filter(|(_, rows)| !known(&catalogues, rows)).map(|(subscription, _)| subscription.clone()).collect();
    if !unknown.is_empty() && engine::engine_of(context) == Engine::ResourceGraph {
        match security::custom_metadata(context, &unknown).await {
            Ok(catalogue) => catalogues.push(catalogue),
            Err(error) => gaps.push(unread::gap(Subject::AssessmentMetadata, Place::Tenant, &error)?),
        }
    }
    for (subscription, rows) in lists.so_far() {
        if known(&catalogues, rows) {
            continue;
        }
        match security::metadata_of(context, &subscription.id).await {
            Ok(catalogue) => catalogues.push(catalogue),
            Err(error) => {
                gaps.push(unread::gap(Subject::AssessmentMetadata, Place::Subscription(subscription.id.clone()), &error)?)
            }
        }
    }
    Ok(catalogues)
}

type Tags = BTreeMap<Box<str>, Arc<BTreeMap<String, String>>>;

async fn tags(context: &Context, subscriptions: &[Subscription], gaps: &mut Vec<Unreadable>) -> Result<Tags> {
    let inventories = inventory::resources(context, subscriptions).await?;
    gaps.extend(inventories.gaps().map(|gap| Unreadable { subject: Subject::Tags, ..gap.clone() }));
    let mut all = Tags::new();
    for (subscription, inventory) in inventories.so_far() {
        if !subscription.twofold {
            all.insert(format!("/subscriptions/{}", subscription.id).into(), Arc::clone(&subscription.tags));
        }
        all.extend(inventory.tags.iter().map(|(id, tags)| (id.clone(), Arc::clone(tags))));
    }
    Ok(all)
}

fn place(row: &Assessment, tags: Option<&Tags>) -> Surroundings {
    let id = located(row);
    let tags = tags.and_then(|tags| tags.get(row.resource_id.to_ascii_lowercase().as_str()));
    Surroundings {
        resource_group_name: id.as_ref().and_then(|id| id.resource_group_name.clone()),
        resource_type: id.and_then(|id| type_of(&id)),
        tags: tags.map(|tags| (**tags).clone()),
    }
}

/// The id, taken apart; none for a resource of another cloud.
fn located(row: &Assessment) -> Option<ResourceId> {
    if row.is_foreign() { None } else { ResourceId::parse(&row.resource_id).ok() }
}

/// Subscriptions and resource groups are assessed, too.
fn type_of(id: &ResourceId) -> Option<String> {
    id.resource_type.clone().or_else(|| {
        let container = if id.resource_group_name.is_some() {
            "Microsoft.Resources/subscriptions/resourceGroups"
        } else {
            "Microsoft.Resources/subscriptions"
        };
        id.subscription_id.as_ref().map(|_| container.to_owned())
    })
}

fn as_row(found: &Found<'_>, with_risk: bool) -> Row {
    let row = found.row;
    let id = located(row);
    let metadata = found.metadata.cloned().unwrap_or_default();
    let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
    Row {
        key: found.key.clone(),
        assessment_key: row.assessment_key.to_string(),
        display_name: Some(row.display_name.to_string()).filter(|name| !name.is_empty()),
        subscription_id: row.subscription_id.to_string(),
        resource_id: row.resource_id.to_string(),
        resource_name: id.as_ref().and_then(|id| id.name.clone()),
        resource_type: id.as_ref().and_then(type_of),
        resource_group_name: id.and_then(|id| id.resource_group_name),
        source: row.source.to_string(),
        status: Some(row.status.to_string()).filter(|status| !status.is_empty()),
        cause: text(&row.cause),
        status_description: text(&row.status_description),
        severity: found.severity.map(|severity| severity.word().to_owned()),
        risk_level: text(&row.risk_level).filter(|_| with_risk),
        categories: metadata.categories,
        threats: metadata.threats,
        tactics: metadata.tactics,
        techniques: metadata.techniques,
        assessment_type: metadata.assessment_type,
        controls: metadata.policy_definition_id.as_deref().map(controls::of_policy).unwrap_or_default(),
        policy_definition_id: metadata.policy_definition_id,
        user_impact: metadata.user_impact,
        implementation_effort: metadata.implementation_effort,
        portal_url: row.portal_link.as_ref().map(|link| link.unfold(&row.resource_id, &row.assessment_key)),
        preview: found.metadata.map(|metadata| metadata.preview),
        first_evaluated_on: row.first_evaluated_on.and_then(written),
        status_changed_on: row.status_changed_on.and_then(written),
    }
}
