//! Faults that a test plans: which requests they meet, what they do to the answer, and how often.

use std::{fmt, sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{
    answer::{Answer, Body},
    request::{Call, Cursor},
};

/// A planned fault. Without [`times`](Self::times) it happens whenever it matches. Of several that match, all apply in the order
/// planned; only of those that answer in the service's stead the first does.
#[derive(Clone)]
pub struct Fault {
    on: Match,
    nth: Option<usize>,
    times: Option<usize>,
    effects: Vec<Effect>,
}

#[derive(Clone, Debug, Default)]
struct Match {
    path: String,
    method: Option<String>,
    host: Option<String>,
    subscription: Option<String>,
    page: Option<usize>,
    named: Option<String>,
}

type Change = Arc<dyn Fn(&mut Value) + Send + Sync>;
type Keep = Arc<dyn Fn(&Value) -> bool + Send + Sync>;

/// What a fault does.
#[derive(Clone)]
pub(super) enum Effect {
    Answer(Answer),
    Change(Change),
    Delay(Duration),
    Drop,
    DuplicatePage,
    Header(String, String),
    Keep(Keep),
    LoopedLink,
    Prefix(&'static [u8]),
    Short,
    Torn,
}

impl Fault {
    /// Meets requests whose path contains this text, whatever its case; empty = every request.
    pub fn on(path: impl Into<String>) -> Self {
        let on = Match { path: path.into().to_lowercase(), ..Match::default() };
        Self { on, nth: None, times: None, effects: Vec::new() }
    }

    /// Only this HTTP method, for example `POST`.
    pub fn method(mut self, method: &str) -> Self {
        self.on.method = Some(method.to_uppercase());
        self
    }

    /// Only this host, for example [`super::GRAPH_HOST`].
    pub fn host(mut self, host: &str) -> Self {
        self.on.host = Some(host.to_owned());
        self
    }

    /// Only requests whose path or Resource Graph body names this subscription.
    pub fn subscription(mut self, id: &str) -> Self {
        self.on.subscription = Some(id.to_lowercase());
        self
    }

    /// Only this page of a list; the first is 1.
    pub fn page(mut self, page: usize) -> Self {
        self.on.page = Some(page);
        self
    }

    /// Only the Resource Graph query of this name.
    pub fn named(mut self, name: &str) -> Self {
        self.on.named = Some(name.to_owned());
        self
    }

    /// Only the nth request that matches, counted from 1.
    pub fn nth(mut self, nth: usize) -> Self {
        self.nth = Some(nth);
        self
    }

    /// At most this often.
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Answers with this status and an error body of the usual shape, whose code is empty.
    pub fn answer(self, status: u16) -> Self {
        self.answer_json(status, serde_json::json!({"error": {"code": "", "message": ""}}))
    }

    /// Answers with this status and JSON.
    pub fn answer_json(self, status: u16, body: Value) -> Self {
        self.effect(Effect::Answer(Answer::json(status, body)))
    }

    /// Answers with an error: status, code and message.
    pub fn refuse(self, status: u16, code: &str, message: &str) -> Self {
        self.answer_json(status, serde_json::json!({"error": {"code": code, "message": message}}))
    }

    /// Answers with an HTML page, as proxies and captive portals do.
    pub fn html(self, status: u16) -> Self {
        let page = "<!DOCTYPE html><html><body><h1>Sign in to continue</h1></body></html>";
        self.effect(Effect::Answer(Answer::raw(status, "text/html; charset=utf-8", page)))
    }

    /// Answers with an empty body.
    pub fn empty(self, status: u16) -> Self {
        self.effect(Effect::Answer(Answer::raw(status, "text/plain", "")))
    }

    /// Redirects elsewhere.
    pub fn redirect(self, location: &str) -> Self {
        self.effect(Effect::Answer(Answer::raw(302, "text/html", "").with("location", location)))
    }

    /// Adds a header to whatever is answered.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.effect(Effect::Header(name.to_lowercase(), value.to_owned()))
    }

    /// The connection breaks before there is an answer.
    pub fn drop_connection(self) -> Self {
        self.effect(Effect::Drop)
    }

    /// The connection breaks in the middle of the body.
    pub fn torn_body(self) -> Self {
        self.effect(Effect::Torn)
    }

    /// Half of the body arrives, and nothing says that there was more.
    pub fn short_body(self) -> Self {
        self.effect(Effect::Short)
    }

    /// The body starts with a byte order mark.
    pub fn byte_order_mark(self) -> Self {
        self.effect(Effect::Prefix(b"\xEF\xBB\xBF"))
    }

    /// The link to the next page is replaced by this one, under every name it has; empty = as if this page were the last.
    pub fn next_link(self, link: &str) -> Self {
        let link = link.to_owned();
        self.change(move |body| {
            for key in ["nextLink", "@nextLink", "@odata.nextLink"] {
                if let Some(found) = body.get_mut(key) {
                    *found = link.clone().into();
                }
            }
        })
    }

    /// The page links to itself.
    pub fn looped_link(self) -> Self {
        self.effect(Effect::LoopedLink)
    }

    /// The rows of the page before come again, under this page's own link.
    pub fn duplicate_page(self) -> Self {
        self.effect(Effect::DuplicatePage)
    }

    /// 200 with less: only rows for which this holds exist, before paging, and nothing tells.
    pub fn keep(self, keep: impl Fn(&Value) -> bool + Send + Sync + 'static) -> Self {
        self.effect(Effect::Keep(Arc::new(keep)))
    }

    /// Changes the answer's JSON.
    pub fn change(self, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.effect(Effect::Change(Arc::new(change)))
    }

    /// Waits before it answers, on tokio's clock.
    pub fn delay(self, delay: Duration) -> Self {
        self.effect(Effect::Delay(delay))
    }

    fn effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault").field("on", &self.on).field("nth", &self.nth).field("times", &self.times).finish_non_exhaustive()
    }
}

impl Match {
    fn meets(&self, call: &Call) -> bool {
        let path = call.path.to_lowercase();
        let names = |id: &String| path.contains(id.as_str()) || call.json.to_string().to_lowercase().contains(id.as_str());
        path.contains(&self.path)
            && self.method.as_ref().is_none_or(|method| call.method.to_string().eq_ignore_ascii_case(method))
            && self.host.as_ref().is_none_or(|host| call.host == *host)
            && self.page.is_none_or(|page| call.page() == page)
            && self.named.as_ref().is_none_or(|name| call.named.as_ref() == Some(name))
            && self.subscription.as_ref().is_none_or(names)
    }
}

/// A planned fault with its counts.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    fault: Fault,
    met: usize,
    fired: usize,
}

impl Planned {
    pub(super) fn new(fault: Fault) -> Self {
        Self { fault, met: 0, fired: 0 }
    }

    /// How often it has happened.
    pub(super) fn fired(&self) -> usize {
        self.fired
    }

    /// What it does to this request; counts it.
    pub(super) fn due(&mut self, call: &Call) -> Vec<Effect> {
        if !self.fault.on.meets(call) {
            return Vec::new();
        }
        self.met += 1;
        if self.fault.nth.is_some_and(|nth| nth != self.met) || self.fault.times.is_some_and(|times| self.fired >= times) {
            return Vec::new();
        }
        self.fired += 1;
        self.fault.effects.clone()
    }
}

/// Applies what happens to an answer once it exists.
pub(super) fn spoil(answer: &mut Answer, effects: &[Effect], call: &Call) {
    for effect in effects {
        match effect {
            Effect::Header(name, value) => answer.headers.push((name.clone(), value.clone())),
            Effect::Change(change) => {
                if let Body::Json(body) = &mut answer.body {
                    change(body);
                }
            }
            Effect::LoopedLink => {
                if let Body::Json(Value::Object(body)) = &mut answer.body {
                    let (key, link) = looped(body, call);
                    body.insert(key.into(), link.into());
                }
            }
            _ => {}
        }
    }
}

/// The link by which an answer leads back to itself, under the name its service gives links.
fn looped(body: &Map<String, Value>, call: &Call) -> (&'static str, String) {
    match body {
        _ if body.contains_key("totalRecords") => ("$skipToken", call.cursor.map(Cursor::token).unwrap_or_default()),
        _ if body.contains_key("@odata.context") => ("@odata.nextLink", call.url.to_string()),
        _ if body.contains_key("@nextLink") => ("@nextLink", call.url.to_string()),
        _ => ("nextLink", call.url.to_string()),
    }
}
