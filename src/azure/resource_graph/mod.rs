//! Azure Resource Graph: the one query service behind tenant-wide lists. It answers 200 and leaves out what it does not want to
//! say, so every sign of that (limit header, truncation without a token, a total that was not reached) is an error here.

pub mod by_type;
pub mod queries;

use std::collections::BTreeSet;

use serde::{Serialize, de::DeserializeOwned};

use crate::azure::{
    Call, Client, Failure, Kind, Result,
    answer::decode,
    pages::{Fetching, Page, Trail, frame, undecodable},
    send::guard::{OUR_BUG, RESOURCE_GRAPH},
};

/// The version whose answers this reads.
const API_VERSION: &str = "2022-10-01";
/// Subscriptions per request, as the service's own guidance has it.
pub const BATCH: usize = 300;

/// One query. Its text should end in `order by id asc` (the service pages by position). One that uses `take`, which suppresses paging,
/// takes no more rows than a page has.
#[derive(Clone, Debug)]
pub struct Query {
    /// Completes "Could not …", for example `list role assignments`.
    pub reading: &'static str,
    /// The query, in the Kusto language.
    pub text: String,
    /// What it looks at. Never empty: without a scope the service looks at everything the sign-in can see.
    pub scope: QueryScope,
    /// Which rows count as being in that scope; none = the service's default, at the scope and below.
    pub breadth: Option<Breadth>,
    /// So many rows at most. Of a longer answer no row is wanted: it is not read beyond its first page, which tells.
    pub most: Option<u64>,
    /// Whether its text takes the first rows alone: then the service may call the answer truncated, and its total says nothing of them.
    pub takes: bool,
}

/// What a query looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryScope {
    /// Management groups by name, everything below them included.
    ManagementGroups(BTreeSet<String>),
    /// Subscriptions by id.
    Subscriptions(BTreeSet<String>),
}

/// Which rows of the authorization and policy tables belong to a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Breadth {
    /// What is inherited, what is set at the scope, and what is set below it.
    AtScopeAboveAndBelow,
    /// What is inherited and what is set at the scope.
    AtScopeAndAbove,
    /// What is set at the scope and below it.
    AtScopeAndBelow,
    /// What is set at the scope alone.
    AtScopeExact,
}

/// Runs a query and hands out its rows: batch after batch, page after page; the batches are fetched at the same time. Whether they are
/// all there; if not, they are more than were wanted, and those that were handed out mean nothing.
pub(super) async fn query<T: DeserializeOwned>(client: Client, query: Query, mut emit: impl FnMut(T)) -> Result<bool> {
    let call = Call::arm_query(query.reading, format!("/{RESOURCE_GRAPH}"), API_VERSION);
    let call = call.header("content-type", "application/json");
    let batches = query.batches();
    if batches.is_empty() {
        let error = call.error(Kind::RefusedByGuard).said(Failure::NoScope, "A Resource Graph query must name its scope.");
        return Err(error.advise(OUR_BUG));
    }
    let start = |scope| Fetching::start(|pages| follow_tokens(client.clone(), call.clone(), query.clone(), scope, pages));
    for mut batch in batches.into_iter().map(start).collect::<Vec<_>>() {
        let mut tally = Tally::default();
        while let Some(page) = batch.next().await? {
            let json = page.answer.accept(&call)?;
            if query.is_too_long(page.total) {
                return Ok(false);
            }
            let rows = decode::rows(json, "data", &mut emit).map_err(|why| undecodable(&call, &page.answer, why))?;
            tally.page(rows, page.total, page.ids);
        }
        if let Some(text) = tally.objection().filter(|_| !query.takes) {
            let error = call.error(Kind::InvalidResponse).said(Failure::Truncated, text);
            return Err(error.advise("Run again; rows may have changed meanwhile."));
        }
    }
    Ok(true)
}

/// What the pages of one batch say together. The service pages by position: a row that goes or comes meanwhile moves all behind it,
/// and then one is left out or sent twice at the edge of a page, while the numbers of rows may still agree.
#[derive(Default)]
struct Tally {
    rows: u64,
    totals: BTreeSet<Option<u64>>,
    ids: Vec<u64>,
}

impl Tally {
    fn page(&mut self, rows: u64, total: Option<u64>, ids: Vec<u64>) {
        self.rows += rows;
        self.totals.insert(total);
        self.ids.extend(ids);
    }

    /// Why these pages are not the whole list.
    fn objection(mut self) -> Option<String> {
        let seen = self.rows;
        let total = match (self.totals.pop_first(), self.totals.is_empty()) {
            (Some(total), true) => total,
            (_, false) => return Some("Resource Graph announces another total of rows from page to page.".to_owned()),
            (None, true) => None,
        };
        if total != Some(seen) {
            let total = total.map_or_else(|| "no total".to_owned(), |total| format!("a total of {total} rows"));
            return Some(format!("Resource Graph announces {total} and sent {seen}."));
        }
        let with_id = self.ids.len();
        self.ids.sort_unstable();
        self.ids.dedup();
        let twice = with_id - self.ids.len();
        (twice > 0).then(|| format!("Resource Graph sent {twice} of {seen} rows twice, so that others are missing."))
    }
}

impl Query {
    fn is_too_long(&self, total: Option<u64>) -> bool {
        self.most.zip(total).is_some_and(|(most, total)| total > most)
    }

    fn batches(&self) -> Vec<QueryScope> {
        match &self.scope {
            QueryScope::ManagementGroups(groups) if groups.is_empty() => Vec::new(),
            QueryScope::ManagementGroups(_) => vec![self.scope.clone()],
            QueryScope::Subscriptions(ids) => {
                let ids: Vec<&String> = ids.iter().collect();
                ids.chunks(BATCH).map(|batch| QueryScope::Subscriptions(batch.iter().map(|id| (*id).clone()).collect())).collect()
            }
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    subscriptions: Option<&'a BTreeSet<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    management_groups: Option<&'a BTreeSet<String>>,
    query: &'a str,
    options: Options<'a>,
}

#[derive(Serialize)]
struct Options<'a> {
    #[serde(rename = "$top")]
    top: u16,
    #[serde(rename = "$skipToken", skip_serializing_if = "Option::is_none")]
    skip_token: Option<&'a str>,
    #[serde(rename = "resultFormat")]
    result_format: &'static str,
    #[serde(rename = "authorizationScopeFilter", skip_serializing_if = "Option::is_none")]
    breadth: Option<Breadth>,
}

async fn follow_tokens(
    client: Client,
    call: Call,
    query: Query,
    scope: QueryScope,
    pages: tokio::sync::mpsc::Sender<Page>,
) -> Result<()> {
    let url = call.url(client.cloud().await?)?;
    let mut trail = Trail::default();
    let mut token: Option<String> = None;
    loop {
        trail.step(&call, token.as_deref().unwrap_or_default())?;
        let Ok(place) = pages.reserve().await else { return Ok(()) };
        let rows = client.settings().limits.graph_rows;
        let call = call.clone().body(body(&call, &query, &scope, rows, token.as_deref())?);
        let answer = client.send(&call, &url).await?;
        let frame = frame(&call, &answer)?;
        trail.page(&call, &frame)?;
        if answer.header("x-ms-tenant-subscription-limit-hit").is_some_and(|hit| hit.eq_ignore_ascii_case("true")) {
            let text = "Resource Graph looked only at the first subscriptions of the scope, there are too many.";
            let error = call.error(Kind::InvalidResponse).said(Failure::SubscriptionLimit, text);
            return Err(error.advise("Split the scope into several connections, or set resource_graph = \"never\"."));
        }
        if frame.truncated && frame.next.is_none() && !query.takes {
            let text = "Resource Graph cut the list off and offers no way to read on.";
            return Err(call.error(Kind::InvalidResponse).said(Failure::Truncated, text));
        }
        let is_enough = query.is_too_long(frame.total);
        place.send(Page { answer, total: frame.total, ids: frame.ids });
        token = frame.next;
        if token.is_none() || is_enough {
            return Ok(());
        }
    }
}

fn body(call: &Call, query: &Query, scope: &QueryScope, rows: u16, token: Option<&str>) -> Result<Vec<u8>> {
    let (subscriptions, management_groups) = match scope {
        QueryScope::ManagementGroups(groups) => (None, Some(groups)),
        QueryScope::Subscriptions(ids) => (Some(ids), None),
    };
    let options = Options { top: rows, skip_token: token, result_format: "objectArray", breadth: query.breadth };
    let body = Body { subscriptions, management_groups, query: &query.text, options };
    serde_json::to_vec(&body).map_err(|error| call.error(Kind::InvalidResponse).said(Failure::Bug, error.to_string()))
}
