//! Lists in pages: which rows a page holds and how each service links to the next.

use serde_json::{Map, Value, json};

use super::request::{Call, Cursor};

/// How one list is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Rows of a page.
    pub(super) size: usize,
    /// Whether a fault repeats the rows of the page before.
    pub(super) repeat: bool,
}

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) rows: Vec<Value>,
    /// Where the next page starts; none on the last.
    pub(super) next: Option<Cursor>,
    /// Rows of the whole list.
    pub(super) total: usize,
}

/// The page that starts at the cursor.
pub(super) fn page(rows: Vec<Value>, at: Cursor, cut: Cut) -> Page {
    let total = rows.len();
    let end = at.start.saturating_add(cut.size);
    let next = (end < total).then_some(Cursor { page: at.page + 1, start: end });
    let from = if cut.repeat { at.start.saturating_sub(cut.size) } else { at.start };
    Page { rows: rows.into_iter().skip(from).take(cut.size).collect(), next, total }
}

/// The body of a page of Azure Resource Manager; `link` is the name of its link.
pub(super) fn resource_manager(page: Page, link: &str, call: &Call) -> Value {
    let mut body = Map::new();
    body.insert("value".into(), page.rows.into());
    match page.next {
        Some(next) => {
            body.insert(link.into(), linked(call, next).into());
        }
        // Management groups end with an explicit null, other services leave the key out.
        None if link.starts_with('@') => {
            body.insert(link.into(), Value::Null);
        }
        None => {}
    }
    body.into()
}

/// The body of a page of Microsoft Graph.
pub(super) fn graph(page: Page, context: &str, call: &Call) -> Value {
    let mut body = Map::new();
    body.insert("@odata.context".into(), context.into());
    if call.query("$count") == Some("true") && call.page() == 1 {
        body.insert("@odata.count".into(), json!(page.total));
    }
    if let Some(next) = page.next {
        body.insert("@odata.nextLink".into(), linked(call, next).into());
    }
    body.insert("value".into(), page.rows.into());
    body.into()
}

fn linked(call: &Call, next: Cursor) -> String {
    let mut url = call.url.clone();
    let kept: Vec<_> =
        call.url.query_pairs().filter(|(key, _)| !key.eq_ignore_ascii_case("$skiptoken")).map(|pair| (pair.0, pair.1)).collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair("$skiptoken", &next.token());
    url.to_string()
}
