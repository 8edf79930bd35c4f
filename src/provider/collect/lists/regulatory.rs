//! Regulatory compliance, level by level: the standards of subscriptions, and what stands below those that are asked for.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use futures::{StreamExt, stream};

use crate::{
    azure::{
        self, Call, Client, Endpoint,
        arm::regulatory,
        memo::Key,
        resource_graph::queries::{self, Rows},
    },
    posture::{Area, Place, Seen, Subject, Unreadable, regulatory::Report},
    provider::{
        collect::{
            Lists, each_subscription,
            estate::{
                engine::{self, Choice, Engine},
                scope::Subscription,
            },
            lists::{
                listed::{self, List, Listed, both},
                texts::Texts,
            },
            stop::Result,
            unread,
        },
        context::Context,
    },
};

/// The lists of this subject.
pub const LISTS: &[List] = &[ASSESSMENTS, CONTROLS, Standards::LIST];

/// What the controls of standards are judged by.
const ASSESSMENTS: List =
    by_number("regulatory_assessments", Subject::RegulatoryComplianceAssessments, regulatory::ASSESSMENTS, ROWS_OF_ASSESSMENTS);
const ROWS_OF_ASSESSMENTS: Rows = rows_of(
    "regulatoryassessments",
    "microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols/regulatorycomplianceassessments",
);

/// The controls of standards.
const CONTROLS: List =
    by_number("regulatory_controls", Subject::RegulatoryComplianceControls, regulatory::CONTROLS, ROWS_OF_CONTROLS);
const ROWS_OF_CONTROLS: Rows =
    rows_of("regulatorycontrols", "microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols");

/// Each level takes many requests for a subscription, so that their number chooses the engine.
const fn by_number(key: &'static str, subject: Subject, endpoint: Endpoint, rows: Rows) -> List {
    List { choice: Choice::ByNumber, ..both(key, subject, Some(Area::Posture), endpoint, rows) }
}

const fn rows_of(name: &'static str, kind: &'static str) -> Rows {
    Rows::of_type(name, "securityresources", kind, "name, properties")
}

/// Reports of one level that stand in one place, by lower-case name.
pub type Reports = BTreeMap<String, Report>;

/// The standards of subscriptions, each once.
pub async fn standards(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Reports>> {
    listed::lists::<Standards>(context, subscriptions).await
}

struct Standards;

impl Listed for Standards {
    const LIST: List =
        by_number("regulatory_standards", Subject::RegulatoryComplianceStandards, regulatory::STANDARDS, Self::ROWS);
    const ROWS: Rows = rows_of("regulatorystandards", "microsoft.security/regulatorycompliancestandards");
    type Wire = regulatory::Report;
    type Building = Reports;
    type Rows = Reports;

    fn take(building: &mut Reports, row: regulatory::Report, _: &Arc<str>, texts: &mut Texts) {
        add(building, row, texts);
    }

    fn done(building: Reports, _: &str) -> azure::Result<Reports> {
        Ok(building)
    }
}

/// What something stands below: a standard of a subscription, or a control of one.
#[derive(Clone, Debug)]
pub struct Parent {
    /// Where.
    pub subscription: Subscription,
    /// The standard.
    pub standard: Arc<str>,
    /// The control, if it is one.
    pub control: Option<Arc<str>>,
    /// Whether it says itself that nothing stands below it.
    pub is_of_nothing: bool,
}

impl Parent {
    /// Its id.
    pub fn id(&self) -> String {
        let Self { subscription, standard, control, .. } = self;
        let id =
            format!("/subscriptions/{}/providers/Microsoft.Security/regulatoryComplianceStandards/{standard}", subscription.id);
        match control {
            None => id,
            Some(control) => format!("{id}/regulatoryComplianceControls/{control}"),
        }
    }

    fn list(&self) -> &'static List {
        if self.control.is_some() { &ASSESSMENTS } else { &CONTROLS }
    }

    fn call(&self) -> Call {
        let (scope, standard) = (format!("/subscriptions/{}", self.subscription.id), in_path(&self.standard));
        match &self.control {
            None => self.list().endpoint.of_at(&standard, &scope),
            Some(control) => self.list().endpoint.of_within(&in_path(control), &standard, &scope),
        }
    }
}

/// What stands below parents, all of which are standards or all controls, in their order. `number` is that of the subscriptions whose
/// standards were read: one engine reads all levels.
pub async fn below(context: &Context, parents: Vec<Parent>, number: usize) -> Result<Vec<(Parent, Seen<Arc<Reports>>)>> {
    let Some(list) = parents.first().map(Parent::list) else { return Ok(Vec::new()) };
    let mut own = BTreeMap::<String, Vec<Parent>>::new();
    parents.iter().for_each(|parent| own.entry(parent.subscription.id.clone()).or_default().push(parent.clone()));
    let mut known = BTreeSet::new();
    let subscriptions = parents.iter().map(|parent| parent.subscription.clone());
    let subscriptions: Vec<Subscription> = subscriptions.filter(|one| known.insert(one.id.clone())).collect();
    let rows = if list.key == CONTROLS.key { &ROWS_OF_CONTROLS } else { &ROWS_OF_ASSESSMENTS };
    let found = match list.engine(context, number) {
        Engine::Arm => BTreeMap::new(),
        Engine::Neither => {
            let unseen = |parent: Parent| {
                let gap = engine::switched_off(list.subject, &parent.subscription.id);
                (parent, Seen::unseen(gap))
            };
            return Ok(parents.into_iter().map(unseen).collect());
        }
        Engine::ResourceGraph => {
            let graph = |client, ids| by_parent(client, ids, list, rows);
            engine::by_graph(context, &subscriptions, &Key::of(list.query.unwrap_or(list.key)), &graph).await
        }
    };
    let read = |id: String| {
        let (found, own, client) = (found.get(&id).cloned(), own.get(&id).cloned(), context.client.clone());
        async move { in_subscription(client, own.unwrap_or_default(), found.transpose()?).await }
    };
    let lists = each_subscription(context, &subscriptions, list.subject, &list.actions(), read).await?.by_id();
    parents.into_iter().map(|parent| Ok(of_parent(&parent, list, &lists)?).map(|seen| (parent, seen))).collect()
}

/// What was read below the parents of one subscription, by the lower-case id of each. One that failed costs no other.
type Below = BTreeMap<String, azure::Result<Arc<Reports>>>;

/// How many lists of one subscription are read side by side.
const SIDE_BY_SIDE: usize = 4;

/// Resource Graph does not tell "nothing there" from "not seen by me": below what it has no row of, Resource Manager reads again, unless
/// that says itself that nothing is there. Controls that nobody can check are many.
async fn in_subscription(
    client: Client,
    parents: Vec<Parent>,
    found: Option<Arc<BTreeMap<String, Arc<Reports>>>>,
) -> azure::Result<Arc<Below>> {
    let one = |parent: Parent| {
        let key = parent.id().to_lowercase();
        let client = client.clone();
        let found = found.as_ref().and_then(|all| match all.get(&key) {
            None if parent.is_of_nothing => Some(Arc::default()),
            reports => reports.cloned(),
        });
        async move {
            let reports = match found {
                Some(reports) => Ok(reports),
                None => client.memo(Key::of(parent.list().key).and(&key), || by_arm(client.clone(), parent)).await,
            };
            (key, reports)
        }
    };
    Ok(Arc::new(stream::iter(parents.into_iter().map(one)).buffer_unordered(SIDE_BY_SIDE).collect().await))
}

async fn by_arm(client: Client, parent: Parent) -> azure::Result<Reports> {
    let (mut texts, mut reports) = (Texts::of(&client).await?, Reports::new());
    client.list(parent.call(), |row| add(&mut reports, row, &mut texts)).await?;
    Ok(reports)
}

async fn by_parent(
    client: Client,
    ids: BTreeSet<String>,
    list: &'static List,
    rows: &'static Rows,
) -> azure::Result<BTreeMap<String, BTreeMap<String, Arc<Reports>>>> {
    let mut texts = Texts::of(&client).await?;
    let mut all = BTreeMap::<String, BTreeMap<String, Reports>>::new();
    let take = |id: String, row: regulatory::Report| {
        // A row stands below what its id says without its own kind and name.
        let parent = row.id.rsplitn(3, '/').nth(2).unwrap_or_default().to_lowercase();
        add(all.entry(id).or_default().entry(parent).or_default(), row, &mut texts);
    };
    queries::rows(&client, list.endpoint.reading, rows, &ids, take).await?;
    let shared = |(parent, reports): (String, Reports)| (parent, Arc::new(reports));
    Ok(all.into_iter().map(|(id, parents)| (id, parents.into_iter().map(shared).collect())).collect())
}

fn of_parent(parent: &Parent, list: &List, lists: &BTreeMap<String, Seen<Arc<Below>>>) -> Result<Seen<Arc<Reports>>> {
    let Some(seen) = lists.get(&parent.subscription.id) else { return Ok(Seen::unseen(Unreadable::unasked(list.subject))) };
    let below = match seen.so_far() {
        Ok(below) => below,
        Err(gap) => return Ok(Seen::unseen(gap.clone())),
    };
    match below.get(&parent.id().to_lowercase()) {
        Some(Ok(reports)) => Ok(Seen::part(Arc::clone(reports), seen.gaps().cloned())),
        Some(Err(error)) => Ok(Seen::unseen(unread::gap(list.subject, Place::Resource(parent.id()), error)?)),
        None => Ok(Seen::unseen(Unreadable::unasked(list.subject))),
    }
}

/// Takes a report in. Of two of one name, what they do not agree on is not said.
fn add(reports: &mut Reports, row: regulatory::Report, texts: &mut Texts) {
    let key = row.name.to_lowercase();
    let report = report(row, texts);
    match reports.entry(key) {
        Entry::Vacant(vacant) => {
            vacant.insert(report);
        }
        Entry::Occupied(mut known) => {
            let first = known.get().clone();
            known.insert(first.and(report));
        }
    }
}

fn report(row: regulatory::Report, texts: &mut Texts) -> Report {
    let properties = row.properties.0;
    let name = texts.shown(&row.name);
    Report {
        can_be_asked: *name == row.name && is_segment(&name),
        name,
        description: properties.description.as_deref().map(|title| texts.shown(title)),
        state: properties.state.as_deref().map(|state| texts.shown(state)),
        passed: properties.passed.0,
        failed: properties.failed.0,
        skipped: properties.skipped.0,
        unsupported: properties.unsupported.0,
        is_twofold: false,
    }
}

/// Whether a name can stand in a path, where it is one segment and names nothing else.
fn is_segment(name: &str) -> bool {
    let hides = |c: char| matches!(c, '/' | '\\' | '%' | '?' | '#') || c.is_control();
    !name.is_empty() && name != "." && name != ".." && !name.contains(hides)
}

/// A name in a path: a link to the next page comes back with its spaces encoded.
fn in_path(name: &str) -> String {
    name.replace(' ', "%20")
}
