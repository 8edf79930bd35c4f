//! Assessments that Resource Graph counts, so that a question for counts and the first hundred rows does not read a hundred thousand. What
//! is counted has the words that are known here; whatever is odd takes the list itself.

use std::{
    collections::{BTreeMap, BTreeSet},
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
            (one.alike.is_known() && !one.repeats)
                .then(|| Alike { row: Assessment::alike(key, status, severity, Arc::clone(&shared)), number: one.number })
        };
        let own: Option<Arc<[Alike]>> = counts.and_then(|counts| counts.into_iter().map(&mut alike).collect());
        all.insert(id, own);
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
    Some(rows)
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
    let words: BTreeSet<Words> = all.iter().map(|alike| words_of(&alike.row)).collect();
    let number = number.min(all.iter().map(|alike| alike.number).sum());
    let text = queries::counted::first(&words, number);
    let client = context.client.clone();
    let key = Key::of(queries::counted::FIRST).and(&text).and_all(&ids);
    let read = || async move {
        let mut texts = Texts::of(&client).await?;
        let mut rows = Vec::new();
        queries::counted::first_of(&client, &ids, &text, |id, wire| {
            let shared = texts.shared(&id);
            rows.push(assessment(wire, &shared, &mut texts));
        })
        .await?;
        Ok(rows)
    };
    // A failure is that of the list, if it is one.
    let rows = context.client.memo(key, read).await.ok()?;
    let keys: Vec<String> = rows.iter().map(Assessment::key).collect();
    let in_order = keys.is_sorted_by(|one, next| one < next);
    let is_asked_for = |row: &Assessment| words.contains(&words_of(row));
    (rows.len() == number && in_order && rows.iter().all(is_asked_for)).then(|| rows.to_vec())
}

fn words_of(row: &Assessment) -> Words {
    let text = |text: &str| text.to_owned();
    Words {
        name: text(&row.assessment_key),
        status: text(&row.status),
        severity: text(row.severity.as_deref().unwrap_or_default()),
    }
}
