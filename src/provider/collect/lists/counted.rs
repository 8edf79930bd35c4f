//! Assessments that Resource Graph counts, so that a question for counts and the first hundred rows does not read a hundred thousand. What
//! is counted has the words that are known here; whatever is odd takes the list itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use futures::{StreamExt, stream};

use crate::{
    azure::{
        self, Client,
        memo::Key,
        resource_graph::queries::{self, counted::Alike as Words},
    },
    posture::{
        Severity,
        assessment::{Assessment, worst_first},
    },
    provider::{
        collect::{
            Lists,
            estate::{
                engine::{self, Engine},
                scope::Subscription,
            },
            lists::{
                listed::{self, Listed},
                security::{self, Assessments, assessment},
                texts::Texts,
            },
            stop::Result,
        },
        context::Context,
    },
};

/// Assessments that are alike.
#[derive(Debug)]
pub struct Alike {
    /// What they have in common.
    pub row: Assessment,
    /// How many there are.
    pub number: usize,
    /// Whether one of them names no resource of the subscription, so that another subscription may have it, too.
    foreign: bool,
}

/// What is known of the assessments of a subscription.
#[derive(Debug)]
pub enum Assessed {
    /// How many there are of each kind.
    Counted(Arc<[Alike]>),
    /// Each of them.
    Whole(Arc<Vec<Assessment>>),
}

impl Assessed {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Counted(all) => all.is_empty(),
            Self::Whole(rows) => rows.is_empty(),
        }
    }

    /// The recommendations by which something is assessed.
    pub fn keys(&self) -> BTreeSet<&str> {
        match self {
            Self::Counted(all) => all.iter().map(|alike| &*alike.row.assessment_key).collect(),
            Self::Whole(rows) => rows.iter().map(|row| &*row.assessment_key).collect(),
        }
    }
}

/// The assessments of subscriptions, each of them.
pub async fn whole(context: &Context, subscriptions: &[Subscription], with_risk: bool) -> Result<Lists<Assessed>> {
    let lists = security::assessments(context, subscriptions, with_risk).await?;
    Ok(lists.each(|_, seen| seen.map(|rows| Arc::new(Assessed::Whole(rows)))))
}

/// How many assessments of each kind subscriptions have. None where the list is known already or as cheap, where Resource Graph is not
/// what reads it, and where something of it is not certain: then it takes the list.
pub async fn counts(context: &Context, subscriptions: &[Subscription], with_risk: bool) -> Result<Option<Lists<Assessed>>> {
    match with_risk {
        true => counts_of::<true>(context, subscriptions).await,
        false => counts_of::<false>(context, subscriptions).await,
    }
}

async fn counts_of<const WITH_RISK: bool>(context: &Context, subscriptions: &[Subscription]) -> Result<Option<Lists<Assessed>>> {
    let list = Assessments::<WITH_RISK>::LIST;
    let by_graph = list.engine(context, subscriptions.len()) == Engine::ResourceGraph;
    let question = Key::of(Assessments::<WITH_RISK>::ROWS.name);
    if !by_graph || engine::is_held::<Vec<Assessment>>(context, subscriptions, &question) {
        return Ok(None);
    }
    let found = engine::by_graph(context, subscriptions, &Key::of(queries::counted::COUNTS), &counted).await;
    let mut counted = BTreeMap::new();
    for (id, answer) in found {
        // A failure is that of the list, if it is one.
        let Some(all) = answer.ok().and_then(|all| all.as_ref().clone()) else { return Ok(None) };
        counted.insert(id, all);
    }
    let rows = |batch: BTreeSet<String>| -> usize {
        batch.iter().filter_map(|id| counted.get(id)).flat_map(|all| all.iter()).map(|alike| alike.number).sum()
    };
    // What several requests count may be the same.
    let is_one = subscriptions.len() <= engine::BATCH && counted.len() == subscriptions.len();
    if !is_one && counted.values().flat_map(|all| all.iter()).any(|alike| alike.foreign) {
        return Ok(None);
    }
    let page = usize::from(context.client.settings().limits.graph_rows);
    if engine::batches(subscriptions).all(|batch| rows(batch) <= page) {
        return Ok(None);
    }
    let arm = |client: Client, id: String| async move {
        Ok(Assessed::Whole(listed::once::<Assessments<WITH_RISK>>(&client, &id).await?))
    };
    let counted = counted.into_iter().map(|(id, all)| (id, Ok(Arc::new(Assessed::Counted(all))))).collect();
    Ok(Some(engine::completed(context, subscriptions, &list, &counted, arm).await?))
}

/// By subscription; none for one whose rows are not to be counted.
async fn counted(client: Client, ids: BTreeSet<String>) -> azure::Result<BTreeMap<String, Option<Arc<[Alike]>>>> {
    let mut texts = Texts::of(&client).await?;
    let mut all = BTreeMap::new();
    queries::counted::counted(&client, &ids, |id, counts| {
        let shared = texts.shared(&id);
        let mut alike = |one: queries::counted::Counted| {
            let severity = Some(one.alike.severity.as_str()).filter(|word| !word.is_empty()).map(|word| texts.shared(word));
            let (key, status) = (texts.shared(&one.alike.name), texts.shared(&one.alike.status));
            (one.alike.is_known() && !one.repeats).then(|| Alike {
                row: Assessment::alike(key, status, severity, Arc::clone(&shared)),
                number: one.number,
                foreign: one.foreign,
            })
        };
        let own: Option<Arc<[Alike]>> = counts.and_then(|counts| counts.into_iter().map(&mut alike).collect());
        // A second row of a subscription contradicts the first.
        all.entry(id).and_modify(|known| *known = None).or_insert(own);
    })
    .await?;
    Ok(all)
}

/// So many of the assessments that are like these, worst first and then by key; more, if they are of several requests. None where what
/// comes is not what was counted.
pub async fn first(context: &Context, admitted: &[(Option<Severity>, &Alike)], number: usize) -> Option<Vec<Assessment>> {
    let mut by_rank = BTreeMap::<_, Vec<&Alike>>::new();
    for (severity, alike) in admitted {
        by_rank.entry(worst_first(*severity)).or_default().push(alike);
    }
    let mut rows = Vec::new();
    for alike in by_rank.values() {
        let left = number.saturating_sub(rows.len());
        if left > 0 {
            rows.extend(first_alike(context, alike, left).await?);
        }
    }
    let keys: BTreeSet<String> = rows.iter().map(Assessment::key).collect();
    (keys.len() == rows.len()).then_some(rows)
}

/// The same for those of one severity.
async fn first_alike(context: &Context, all: &[&Alike], number: usize) -> Option<Vec<Assessment>> {
    let mut by_id = BTreeMap::<&str, Vec<&Alike>>::new();
    for alike in all {
        by_id.entry(&alike.row.subscription_id).or_default().push(alike);
    }
    let ids: Vec<&str> = by_id.keys().copied().collect();
    let one = |batch: &[&str]| {
        let alike: Vec<&Alike> = batch.iter().filter_map(|id| by_id.get(id)).flatten().copied().collect();
        let ids = batch.iter().map(|id| (*id).to_owned()).collect();
        async move { first_in(context, ids, &alike, number).await }
    };
    let batches: Vec<_> = ids.chunks(engine::BATCH).map(one).collect();
    let found: Vec<Option<Vec<Assessment>>> = stream::iter(batches).buffered(engine::SIDE_BY_SIDE).collect().await;
    found.into_iter().collect::<Option<Vec<_>>>().map(|batches| batches.into_iter().flatten().collect())
}

async fn first_in(context: &Context, ids: BTreeSet<String>, all: &[&Alike], number: usize) -> Option<Vec<Assessment>> {
    let counted: BTreeMap<(&str, Words), usize> =
        all.iter().map(|alike| ((&*alike.row.subscription_id, words_of(&alike.row)), alike.number)).collect();
    let words: BTreeSet<Words> = counted.keys().map(|(_, words)| words.clone()).collect();
    let sum: usize = counted.values().sum();
    let most = number.max(LEAST.min(context.client.settings().limits.graph_rows.into()));
    // One more than there should be shows whether there is.
    let taken = if sum <= most { sum + 1 } else { most };
    let text = queries::counted::first(&words, taken);
    // What was counted is a part of the question: other counts have other first rows.
    let mut hasher = DefaultHasher::new();
    counted.hash(&mut hasher);
    let key = Key::of(queries::counted::FIRST).and(&text).and_all(&ids).and(&hasher.finish().to_string());
    let client = context.client.clone();
    let read = || async move {
        let mut texts = Texts::of(&client).await?;
        let mut rows = Vec::new();
        queries::counted::first_of(&client, &ids, &text, |id, key, wire| {
            let shared = texts.shared(&id);
            rows.push((key, assessment(wire, &shared, &mut texts)));
        })
        .await?;
        Ok(rows)
    };
    // A failure is that of the list, if it is one.
    let rows = context.client.memo(key, read).await.ok()?;
    let fits = rows.len() == taken.min(sum) && are_counted(&rows, &counted) && are_in_order(&rows);
    fits.then(|| rows.iter().map(|(_, row)| row.clone()).collect())
}

/// Whether no more rows of a kind came than were counted, and none of another.
fn are_counted(rows: &[(String, Assessment)], counted: &BTreeMap<(&str, Words), usize>) -> bool {
    let mut found = BTreeMap::<(&str, Words), usize>::new();
    for (_, row) in rows {
        *found.entry((&*row.subscription_id, words_of(row))).or_default() += 1;
    }
    found.iter().all(|(kind, number)| counted.get(kind).is_some_and(|known| number <= known))
}

/// Whether the keys of the service are ours, and in our order.
fn are_in_order(rows: &[(String, Assessment)]) -> bool {
    rows.is_sorted_by(|(one, _), (next, _)| one < next) && rows.iter().all(|(key, row)| *key == row.key())
}

/// So many first rows are asked for at least: fewer would not show in which order they come.
const LEAST: usize = 100;

fn words_of(row: &Assessment) -> Words {
    let text = |text: &str| text.to_owned();
    Words {
        name: text(&row.assessment_key),
        status: text(&row.status),
        severity: text(row.severity.as_deref().unwrap_or_default()),
    }
}
