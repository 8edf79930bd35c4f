//! What was exempted: by Azure Policy, where it can be inherited from above subscriptions, and by Defender for Cloud.

use std::sync::Arc;

use serde_json::Value as Json;
use time::OffsetDateTime;

use crate::{
    azure::{
        self,
        arm::exemptions::{self as wire, Annotations},
        resource_graph::queries::Rows,
    },
    posture::{
        Area, Subject,
        resource_id::{ResourceId, canonical},
        seen::agreed,
        time::{End, parse},
    },
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            lists::{
                inherited::{self, Inherited},
                listed::{self, List, Listed, both},
                texts::Texts,
            },
            stop::Result,
        },
        context::Context,
    },
};

/// The lists of this subject.
pub const LISTS: &[List] = &[PolicyExemptions::LIST, StandardAssignments::LIST];

/// An exemption. Where the service did not say something, or says it twice and not alike, it is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exemption {
    /// In the spelling of the azurerm provider.
    pub id: String,
    /// Where it holds; none if the id does not tell.
    pub scope: Option<String>,
    /// What people call it.
    pub display_name: Option<String>,
    /// Why; none where people may not be named.
    pub description: Option<String>,
    /// `Waiver`, `Mitigated`, or another word of the service.
    pub category: Option<String>,
    /// The policy assignment it exempts from.
    pub policy_assignment_id: Option<String>,
    /// Which definitions of an initiative; empty for all of them.
    pub definition_reference_ids: Option<Vec<String>>,
    /// The recommendations it exempts from.
    pub assessment_keys: Option<Vec<String>>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// By which ticket.
    pub ticket: Option<String>,
    /// Whether it is for some resources only, as far as is known.
    pub is_selective: bool,
    /// When it ends.
    pub end: End,
    /// When it was made.
    pub created_on: Option<OffsetDateTime>,
    /// Whether it says that it is an exemption.
    pub is_said_to_be_one: bool,
    /// Whether it is listed twice, and not with the same contents.
    pub is_twofold: bool,
}

impl Exemption {
    /// What two rows of one exemption say alike.
    pub fn and(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        Self {
            display_name: agreed(self.display_name, other.display_name),
            description: agreed(self.description, other.description),
            category: agreed(self.category, other.category),
            policy_assignment_id: agreed(self.policy_assignment_id, other.policy_assignment_id),
            definition_reference_ids: agreed(self.definition_reference_ids, other.definition_reference_ids),
            assessment_keys: agreed(self.assessment_keys, other.assessment_keys),
            owner: agreed(self.owner, other.owner),
            ticket: agreed(self.ticket, other.ticket),
            is_selective: self.is_selective || other.is_selective,
            end: if self.end == other.end { self.end } else { End::Unclear },
            created_on: agreed(self.created_on, other.created_on),
            is_said_to_be_one: self.is_said_to_be_one && other.is_said_to_be_one,
            is_twofold: true,
            scope: self.scope,
            id: self.id,
        }
    }
}

/// The policy exemptions of subscriptions, those above and below them included.
pub async fn of_policy(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<Exemption>>> {
    inherited::lists::<PolicyExemptions>(context, subscriptions).await
}

/// The exemptions that were made in Defender for Cloud.
pub async fn of_defender(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<Exemption>>> {
    let lists = listed::lists::<StandardAssignments>(context, subscriptions).await?;
    Ok(inherited::not_whole_elsewhere(lists, &StandardAssignments::LIST))
}

struct PolicyExemptions;

impl Inherited for PolicyExemptions {
    const LIST: List =
        both("policy_exemptions", Subject::PolicyExemptions, Some(Area::Governance), wire::POLICY_EXEMPTIONS, Self::ROWS);
    const ROWS: Rows =
        Rows::of_type("policyexemptions", "policyresources", "microsoft.authorization/policyexemptions", "properties");
    type Wire = wire::PolicyExemption;
    type Row = Exemption;

    fn row(wire: wire::PolicyExemption, redacts_people: bool) -> Exemption {
        let Some(own) = wire.properties.0 else { return Exemption { is_said_to_be_one: true, ..placed(&wire.id) } };
        let shown = |text: String| azure::shown(&text, redacts_people).into_owned();
        Exemption {
            display_name: own.display_name.0.map(shown),
            description: own.description.0.and_then(|text| azure::written(&text, redacts_people)),
            category: own.exemption_category.0.map(|word| category(&shown(word))),
            policy_assignment_id: own.policy_assignment_id.0.map(|id| canonical(&shown(id))),
            definition_reference_ids: reference_ids(own.policy_definition_reference_ids)
                .map(|all| all.into_iter().map(shown).collect()),
            is_selective: own.resource_selectors.is_some_and(|said| said.as_array().is_none_or(|all| !all.is_empty())),
            end: end(own.expires_on),
            is_said_to_be_one: true,
            ..annotated(&wire.id, &own.metadata, redacts_people)
        }
    }
}

struct StandardAssignments;

impl Listed for StandardAssignments {
    const LIST: List = both(
        "standard_assignments",
        Subject::StandardAssignments,
        Some(Area::Governance),
        wire::STANDARD_ASSIGNMENTS,
        Self::ROWS,
    );
    const ROWS: Rows =
        Rows::of_type("standardassignments", "securityresources", "microsoft.security/standardassignments", "properties");
    type Wire = wire::StandardAssignment;
    type Building = Vec<Exemption>;
    type Rows = Vec<Exemption>;

    fn take(building: &mut Vec<Exemption>, row: wire::StandardAssignment, _: &Arc<str>, texts: &mut Texts) {
        building.extend(defender_exemption(row, texts.redacts_people));
    }

    fn done(building: Vec<Exemption>, _: &str) -> azure::Result<Vec<Exemption>> {
        Ok(building)
    }
}

/// One that is said to be something else is none. A row that does not say what it is may be one.
fn defender_exemption(wire: wire::StandardAssignment, redacts_people: bool) -> Option<Exemption> {
    let Some(own) = wire.properties.0 else { return Some(placed(&wire.id)) };
    let shown = |text: String| azure::shown(&text, redacts_people).into_owned();
    let is = |word: &str| own.effect.as_deref().is_some_and(|effect| effect.eq_ignore_ascii_case(word));
    if is("Audit") || is("Attest") {
        return None;
    }
    let is_said_to_be_one = is("Exempt");
    let from = own.exemption_data.0;
    Some(Exemption {
        display_name: own.display_name.0.map(shown),
        description: own.description.0.and_then(|text| azure::written(&text, redacts_people)),
        category: from.exemption_category.0.map(|word| category(&shown(word))),
        assessment_keys: from.assigned_assessment.0.assessment_key.0.map(|key| vec![shown(key.to_ascii_lowercase())]),
        end: end(own.expires_on),
        is_said_to_be_one,
        ..annotated(&wire.id, &own.metadata, redacts_people)
    })
}

/// Where it holds, and what people wrote beside it.
fn annotated(id: &str, metadata: &Annotations, redacts_people: bool) -> Exemption {
    let said = |names: &[&str]| {
        let of = |name: &&str| match metadata.as_ref()?.get(*name)? {
            Json::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
            // Tickets are numbers in some systems.
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        };
        names.iter().find_map(of)
    };
    let shown = |text: String| azure::shown(&text, redacts_people).into_owned();
    Exemption {
        owner: said(&["owner", "createdBy"]).map(shown),
        ticket: said(&["ticketRef", "ticket"]).map(shown),
        created_on: said(&["createdOn"]).as_deref().and_then(parse),
        ..placed(id)
    }
}

/// Where it holds, and nothing else.
fn placed(id: &str) -> Exemption {
    let parsed = ResourceId::parse(id).ok();
    let scope = parsed.map(|id| id.parent_id.unwrap_or_else(|| "/".to_owned()));
    Exemption { scope, id: canonical(id), ..Exemption::default() }
}

/// Both services have the same two words, in cases of their own.
fn category(word: &str) -> String {
    let known = CATEGORIES.into_iter().find(|known| known.eq_ignore_ascii_case(word));
    known.unwrap_or(word).to_owned()
}

/// The categories there are today.
pub const CATEGORIES: [&str; 2] = ["Mitigated", "Waiver"];

/// When it ends. Only what is left out does not; what is no moment may be any.
fn end(said: Option<Json>) -> End {
    match said {
        None => End::Never,
        Some(said) => said.as_str().map_or(End::Unclear, |text| End::of(Some(text))),
    }
}

/// Which definitions. Only what is left out is all of them.
fn reference_ids(said: Option<Json>) -> Option<Vec<String>> {
    match said {
        None => Some(Vec::new()),
        Some(Json::Array(ids)) => ids.into_iter().map(|id| id.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    }
}
