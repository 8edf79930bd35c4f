//! Lists in pages: follows the links of Resource Manager and Microsoft Graph. While one page is decoded, the next is on the wire;
//! at most these two are in memory. A list ends well only if its last page said that it is the last.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use serde::de::DeserializeOwned;
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    task::JoinSet,
};
use url::Url;

use crate::{
    azure::{
        Call, Client, Error, Failure, Kind, Result,
        answer::{
            Answer,
            decode::{self, Frame, Undecodable},
        },
        send::policy,
    },
    panics::{Panicked, caught},
};

/// The most pages one list may have.
const MOST_PAGES: usize = 100_000;

/// One page as it came, and what Resource Graph says about its rows.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) answer: Answer,
    /// The rows of all pages together.
    pub(super) total: Option<u64>,
    /// A hash of the id of each row.
    pub(super) ids: Vec<u64>,
}

/// A task that fetches pages; dropping it cancels the request in flight.
#[derive(Debug)]
pub(super) struct Fetching {
    pages: Receiver<Page>,
    task: JoinSet<std::result::Result<Result<()>, Panicked>>,
}

/// Notices a page that was already asked for, one that came before under another link, and a list that never ends.
#[derive(Debug, Default)]
pub(super) struct Trail {
    asked: BTreeSet<u64>,
    seen: BTreeSet<u64>,
}

/// Reads all pages of a list and hands out its rows.
pub(super) async fn list<T: DeserializeOwned>(client: Client, call: Call, mut emit: impl FnMut(T)) -> Result<()> {
    let mut fetching = Fetching::start(|pages| follow_links(client, call.clone(), pages));
    let mut rows = 0;
    while let Some(page) = fetching.next().await? {
        let json = page.answer.accept(&call)?;
        rows += decode::rows(json, "value", &mut emit).map_err(|why| undecodable(&call, &page.answer, why))?;
    }
    match call.never_empty && rows == 0 {
        true => Err(empty(&call)),
        false => Ok(()),
    }
}

/// Whoever may read such a list is in it, or what it lists is a part of every tenant: the answer is somebody else's, or a part.
fn empty(call: &Call) -> Error {
    let error =
        call.error(Kind::InvalidResponse).said(Failure::EmptyList, "The list came back empty, which it never is in Azure.");
    error.advise(
        "Run again in a few minutes. If it stays empty, compare `environment` and `tenant_id`, look for a proxy that answers in Azure's \
         stead, and see that the sign-in holds a role there.",
    )
}

impl Fetching {
    /// Starts a fetching task. It is to reserve its place before each request, so that it stays one page ahead and no more.
    pub(super) fn start<F: Future<Output = Result<()>> + Send + 'static>(fetch: impl FnOnce(Sender<Page>) -> F) -> Self {
        let (sender, pages) = channel(1);
        let mut task = JoinSet::new();
        task.spawn(caught(fetch(sender)));
        Self { pages, task }
    }

    /// The next page; none only when the task reports that the list is complete.
    pub(super) async fn next(&mut self) -> Result<Option<Page>> {
        if let Some(page) = self.pages.recv().await {
            // Lets the task send its next request before this page keeps the thread busy.
            tokio::task::yield_now().await;
            return Ok(Some(page));
        }
        match self.task.join_next().await {
            Some(Ok(Ok(ended))) => ended.map(|()| None),
            Some(Ok(Err(panicked))) => panicked.resume(),
            Some(Err(_)) | None => Err(Error::new(Kind::InvalidResponse, "read", "a list")
                .said(Failure::Bug, "The task that fetches pages did not finish.")
                .advise("This is a bug in the provider; please report it.")),
        }
    }
}

impl Trail {
    /// Remembers what the next request asks for; asking twice for the same is a loop.
    pub(super) fn step(&mut self, call: &Call, asked: &str) -> Result<()> {
        let mut hasher = DefaultHasher::new();
        asked.hash(&mut hasher);
        if !self.asked.insert(hasher.finish()) {
            return Err(call
                .error(Kind::InvalidResponse)
                .said(Failure::PageLoop, "A page links back to one that was already read."));
        }
        if self.asked.len() > MOST_PAGES {
            return Err(call.error(Kind::InvalidResponse).said(Failure::TooManyPages, format!("More than {MOST_PAGES} pages.")));
        }
        Ok(())
    }

    /// Remembers the rows of a page. A service that sends the same ones again has left out those that belong there.
    pub(super) fn page(&mut self, call: &Call, frame: &Frame) -> Result<()> {
        if frame.rows.is_none_or(|rows| self.seen.insert(rows)) {
            return Ok(());
        }
        let error = call.error(Kind::InvalidResponse).said(Failure::RepeatedPage, "A page repeats the rows of an earlier one.");
        Err(error.advise("Run again; if this persists, please report it, because rows are missing in their place."))
    }
}

pub(super) fn frame(call: &Call, answer: &Answer) -> Result<Frame> {
    let frame = decode::frame(answer.accept(call)?).map_err(|why| undecodable(call, answer, why))?;
    match frame.failed {
        true => Err(partial(call, answer)),
        false => Ok(frame),
    }
}

/// An answer with status 200 that holds an error: what stands beside it is not all.
pub(super) fn partial(call: &Call, answer: &Answer) -> Error {
    let said = answer.said();
    let what = said.codes.into_iter().chain((!said.message.is_empty()).then_some(said.message)).collect::<Vec<_>>().join(": ");
    let text = format!("The answer came with status 200 and an error beside its rows: {what}");
    let error = call
        .error(Kind::InvalidResponse)
        .told(Failure::PartialAnswer, text)
        .in_our_words("the rows came with an error beside them")
        .answered(answer.status, answer.request_id(None));
    error.advise("Run again in a few minutes; what stands beside an error is a part of the truth.")
}

pub(super) fn undecodable(call: &Call, answer: &Answer, why: Undecodable) -> Error {
    call.error(Kind::InvalidResponse)
        .said(why.code, why.message)
        .answered(answer.status, answer.request_id(None))
        .advise("If this persists, please report it together with the field named here.")
}

async fn follow_links(client: Client, call: Call, pages: Sender<Page>) -> Result<()> {
    let origin = call.audience.origin(client.cloud().await?).clone();
    let mut url = call.url(client.cloud().await?)?;
    let mut trail = Trail::default();
    loop {
        trail.step(&call, url.as_str())?;
        let Ok(place) = pages.reserve().await else { return Ok(()) };
        let answer = client.send(&call, &url).await?;
        let frame = frame(&call, &answer)?;
        trail.page(&call, &frame)?;
        let next = frame.next.map(|link| next_url(&call, &origin, &link)).transpose()?;
        place.send(Page { answer, total: None, ids: Vec::new() });
        match next {
            Some(next) => url = next,
            None => return Ok(()),
        }
    }
}

/// The link is followed as it stands, but never to another scheme, host or port, because the token goes with it, nor to another list.
fn next_url(call: &Call, origin: &Url, link: &str) -> Result<Url> {
    match Url::parse(link) {
        Ok(url) if policy::same_origin(&url, origin) && same_list(url.path(), &call.path) => Ok(url),
        Ok(url) if policy::same_origin(&url, origin) => Err(call
            .error(Kind::InvalidResponse)
            .said(Failure::LeftItsList, format!("The next page of this list is said to be {}.", url.path()))
            .advise("It was not followed, so rows are missing. Look for a proxy that rewrites answers, and please report it.")),
        Ok(url) => Err(call
            .error(Kind::InvalidResponse)
            .said(
                Failure::LeftItsHost,
                format!("The next page of {} is said to be on {}.", policy::host(origin), policy::host(&url)),
            )
            .advise("Nothing was sent there. Look for a proxy that rewrites answers, and please report it.")),
        Err(_) => {
            Err(call.error(Kind::InvalidResponse).said(Failure::LeftItsHost, "The link to the next page is not a whole address."))
        }
    }
}

/// Whether two paths name the same list. Services spell them in their own case, and write `users('7')` for `users/7`.
fn same_list(one: &str, other: &str) -> bool {
    let plain = |path: &str| path.to_lowercase().trim_end_matches('/').replace("('", "/").replace("')", "");
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_same_list_however_it_is_spelt_and_no_other() {
        let list = "/v1.0/users/7/transitiveMemberOf/microsoft.graph.group";
        for same in [
            list,
            "/v1.0/Users/7/transitivememberof/microsoft.graph.group/",
            "/v1.0/users('7')/transitiveMemberOf/microsoft.graph.group",
        ] {
            assert!(same_list(same, list), "{same}");
        }
        for other in ["/v1.0/users/8/transitiveMemberOf/microsoft.graph.group", "/v1.0/users/7/memberOf", "/v1.0/users", "/"] {
            assert!(!same_list(other, list), "{other}");
        }
    }

    #[test]
    fn a_list_without_end_stops_at_the_page_limit() {
        let (mut trail, call) = (Trail::default(), Call::graph("list users", "/users"));
        assert!((0..MOST_PAGES).all(|page| trail.step(&call, &page.to_string()).is_ok()));
        assert_eq!(trail.step(&call, "one more").unwrap_err().failure(), Some(Failure::TooManyPages));
    }
}
