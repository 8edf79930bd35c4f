//! Texts that repeat from row to row: each is filtered and kept once.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use crate::azure::{self, Client, memo::Key};

/// So many free texts are remembered as they came.
const MOST_SAID: usize = 1_000;

/// Texts that repeat from row to row, each kept once; and once for all lists of a run.
#[derive(Debug, Default)]
pub struct Texts {
    own: HashSet<Arc<str>>,
    common: Arc<Common>,
    /// Free texts as they came, and what is kept of them: most come again and again, and the filter takes its time.
    said: HashMap<String, Option<Arc<str>>>,
    /// Whether people may not be named.
    pub redacts_people: bool,
}

#[derive(Debug, Default)]
struct Common(Mutex<HashSet<Arc<str>>>);

impl Texts {
    /// Those of this run.
    pub async fn of(client: &Client) -> azure::Result<Self> {
        let common = client.memo(Key::of("texts"), || async { Ok(Common::default()) }).await?;
        Ok(Self { common, redacts_people: client.settings().redacts_people, ..Self::default() })
    }

    /// What is kept of a free text.
    pub fn said(&mut self, text: String) -> Option<Arc<str>> {
        if let Some(known) = self.said.get(&text) {
            return known.clone();
        }
        let kept = azure::said(&text, self.redacts_people).map(|text| self.shared(&text));
        if self.said.len() < MOST_SAID {
            self.said.insert(text, kept.clone());
        }
        kept
    }

    /// A word or a name, each kept once.
    pub fn shown(&mut self, text: &str) -> Arc<str> {
        let shown = azure::shown(text, self.redacts_people);
        self.shared(&shown)
    }

    /// A text as it is, kept once.
    pub fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.own.get(text) {
            return Arc::clone(known);
        }
        let mut common = self.common.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = common.get(text).cloned().unwrap_or_else(|| text.into());
        common.insert(Arc::clone(&text));
        self.own.insert(Arc::clone(&text));
        text
    }
}
