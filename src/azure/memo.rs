//! One read per fact: those who ask for the same thing at the same time share one read, those who ask within a minute after it
//! get its answer. What will not change by asking again (no permission, not there) is remembered like an answer; a passing
//! failure is shared with those who wait for it and then forgotten.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::{BoxFuture, FutureExt, Shared, WeakShared};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    azure::{Error, Failure, Kind, Result},
    panics::{Panicked, caught},
};

/// How long an answer is good for: during an apply, other providers change Azure.
const LIFETIME: Duration = Duration::from_secs(60);

type Outcome = Result<Arc<dyn Any + Send + Sync>>;
type Work = BoxFuture<'static, Outcome>;
/// A read that is under way. If it panics, so does everyone who waits for it.
type Running = BoxFuture<'static, std::result::Result<Outcome, Panicked>>;

/// After how many new entries what is over is thrown away, at the least: a look at every entry at each read would make many reads
/// slow, and memory has to be given back in an apply of hours.
const SWEEP: usize = 1_024;

/// What is asked: which list or object, of which place or id, and what else tells one question from another. Two that are not the same
/// are never equal, however their parts would read in a row; the case of a part makes no difference, as it makes none to Azure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    what: &'static str,
    /// Each part in lower case, with its length behind it.
    parts: String,
}

impl Key {
    /// The one question there is of this name.
    pub fn of(what: &'static str) -> Self {
        Self { what, parts: String::new() }
    }

    /// The same question of one place, id or word more.
    pub fn and(mut self, part: &str) -> Self {
        let start = self.parts.len();
        self.parts.push_str(part);
        if let Some(part) = self.parts.get_mut(start..) {
            part.make_ascii_lowercase();
        }
        self.parts.push_str(&format!("#{};", part.len()));
        self
    }

    /// The same question of several places at once, which are asked for in this order.
    pub fn and_all<'a>(self, parts: impl IntoIterator<Item = &'a String>) -> Self {
        parts.into_iter().fold(self, |key, part| key.and(part))
    }
}

/// What was read in this run, by key and type.
#[derive(Default)]
pub struct Memo(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    by_key: HashMap<(Key, TypeId), Entry>,
    /// New entries since the last sweep.
    new: usize,
}

enum Entry {
    Done {
        outcome: Outcome,
        since: Instant,
    },
    /// Alive only as long as somebody waits for it: the work is owned by those who wait.
    Running(WeakShared<Running>),
}

impl Memo {
    /// The remembered answer for `key`, or the answer of the read that is under way, or that of `work`, which then runs for all
    /// who ask meanwhile. It is dropped when the last of them gives up. `work` must not ask for its own key.
    pub async fn read<T, F>(self: &Arc<Self>, key: Key, work: impl FnOnce() -> F) -> Result<Arc<T>>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let key = (key, TypeId::of::<T>());
        // Without its type from here on: one task to compile instead of one for each list.
        let start = || {
            let work = work();
            async move { work.await.map(|value| Arc::new(value) as Arc<dyn Any + Send + Sync>) }.boxed()
        };
        let outcome = match self.find_or_start(&key, start) {
            Ok(outcome) => outcome,
            Err(running) => running.await.unwrap_or_else(|panicked| panicked.resume()),
        };
        outcome?
            .downcast::<T>()
            .map_err(|_| Error::new(Kind::InvalidResponse, "remember", key.0.what).said(Failure::Bug, "The memo mixed up types."))
    }

    /// Whether there is an answer for `key` of this type, or a read under way that somebody waits for.
    pub fn holds<T: 'static>(&self, key: &Key) -> bool {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.by_key.get(&(key.clone(), TypeId::of::<T>())) {
            Some(Entry::Done { outcome, since }) => outcome.is_ok() && is_fresh(*since, Instant::now()),
            Some(Entry::Running(running)) => running.upgrade().is_some(),
            None => false,
        }
    }

    /// The outcome that is remembered, else the read to wait for.
    fn find_or_start(
        self: &Arc<Self>,
        key: &(Key, TypeId),
        start: impl FnOnce() -> Work,
    ) -> std::result::Result<Outcome, Shared<Running>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match entries.by_key.get(key) {
            Some(Entry::Done { outcome, since }) if is_fresh(*since, now) => return Ok(outcome.clone()),
            Some(Entry::Running(running)) => {
                if let Some(running) = running.upgrade() {
                    return Err(running);
                }
            }
            Some(Entry::Done { .. }) | None => {}
        }
        let shared = Arc::clone(self).run(key.clone(), start()).boxed().shared();
        if let Some(weak) = shared.downgrade() {
            entries.insert(key.clone(), Entry::Running(weak), now);
        }
        Err(shared)
    }

    async fn run(self: Arc<Self>, key: (Key, TypeId), work: Work) -> std::result::Result<Outcome, Panicked> {
        // On a task of its own, so that lists are decoded side by side; it ends with the set when nobody waits any more.
        let mut task = JoinSet::new();
        task.spawn(caught(work));
        let outcome = match task.join_next().await {
            Some(Ok(outcome)) => outcome?,
            Some(Err(_)) | None => Err(Error::new(Kind::InvalidResponse, "read", key.0.what)
                .said(Failure::Bug, "The task that reads did not finish.")
                .advise("This is a bug in the provider; please report it.")),
        };
        self.finish(key, &outcome);
        Ok(outcome)
    }

    fn finish(&self, key: (Key, TypeId), outcome: &Outcome) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if outcome.as_ref().err().is_none_or(|error| is_lasting(error.kind())) {
            let now = Instant::now();
            entries.insert(key, Entry::Done { outcome: outcome.clone(), since: now }, now);
        } else {
            entries.by_key.remove(&key);
        }
    }
}

impl Entries {
    /// Remembers an entry. What is over goes when half of all are new, so that each pays for two looks and no more.
    fn insert(&mut self, key: (Key, TypeId), entry: Entry, now: Instant) {
        if self.by_key.insert(key, entry).is_none() {
            self.new += 1;
        }
        if self.new >= SWEEP.max(self.by_key.len() / 2) {
            self.new = 0;
            self.by_key.retain(|_, entry| entry.is_of_use(now));
        }
    }
}

impl Entry {
    fn is_of_use(&self, now: Instant) -> bool {
        match self {
            Self::Done { since, .. } => is_fresh(*since, now),
            Self::Running(running) => running.upgrade().is_some(),
        }
    }
}

fn is_fresh(since: Instant, now: Instant) -> bool {
    now.duration_since(since) < LIFETIME
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}

/// Whether asking again within a minute would give the same failure.
fn is_lasting(kind: Kind) -> bool {
    match kind {
        Kind::Configuration
        | Kind::Forbidden
        | Kind::NotFound
        | Kind::NotLicensed
        | Kind::NotOnboarded
        | Kind::NotRegistered
        | Kind::NotVisible
        | Kind::PlanOff
        | Kind::RefusedByGuard
        | Kind::Unsupported => true,
        Kind::InvalidResponse
        | Kind::Throttled
        | Kind::Timeout
        | Kind::TokenRefused
        | Kind::Unauthenticated
        | Kind::Unavailable => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use tokio::time::{advance, sleep};

    use super::*;

    #[derive(Clone, Default)]
    struct Reads(Arc<(AtomicUsize, AtomicUsize)>);

    impl Reads {
        /// A read of one second that answers with how many were started before it, or fails.
        fn read(&self, failure: Option<Kind>) -> impl Future<Output = Result<usize>> + Send + 'static {
            let reads = Arc::clone(&self.0);
            async move {
                let number = reads.0.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_secs(1)).await;
                reads.1.fetch_add(1, Ordering::Relaxed);
                failure.map_or(Ok(number), |kind| Err(Error::new(kind, "read", "x")))
            }
        }

        fn started(&self) -> usize {
            self.0.0.load(Ordering::Relaxed)
        }

        fn finished(&self) -> usize {
            self.0.1.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_at_once_share_one_read_and_one_answer() {
        let (memo, reads) = (Arc::new(Memo::default()), Reads::default());
        let answers = join_all((0..50).map(|_| memo.read(Key::of("k"), || reads.read(None)))).await;
        assert_eq!(reads.started(), 1);
        assert!(answers.iter().all(|answer| Arc::ptr_eq(answer.as_ref().unwrap(), answers[0].as_ref().unwrap())));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_held_from_when_it_is_asked_for_until_it_is_old() {
        let (memo, reads) = (Arc::new(Memo::default()), Reads::default());
        let key = Key::of("k");
        assert!(!memo.holds::<usize>(&key));
        tokio::join!(memo.read(key.clone(), || reads.read(None)), async {
            sleep(Duration::from_millis(500)).await;
            assert!(memo.holds::<usize>(&key) && !memo.holds::<u8>(&key));
        })
        .0
        .unwrap();
        assert!(memo.holds::<usize>(&key));
        advance(LIFETIME).await;
        assert!(!memo.holds::<usize>(&key));
        memo.read(key.clone(), || reads.read(Some(Kind::Forbidden))).await.unwrap_err();
        assert!(!memo.holds::<usize>(&key), "a failure is no answer");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_good_for_a_minute_after_it_came() {
        let (memo, reads) = (Arc::new(Memo::default()), Reads::default());
        for (wait, started) in [(0, 1), (59, 1), (2, 2)] {
            advance(Duration::from_secs(wait)).await;
            memo.read(Key::of("k"), || reads.read(None)).await.unwrap();
            assert_eq!(reads.started(), started, "after {wait} s more");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_is_thrown_away_though_nobody_asks_for_it_again() {
        let memo = Arc::new(Memo::default());
        for minute in 0..10 {
            for number in 0..SWEEP {
                memo.read(Key::of("k").and(&format!("{minute}/{number}")), || async move { Ok(number) }).await.unwrap();
            }
            advance(LIFETIME).await;
        }
        let kept = memo.0.lock().unwrap().by_key.len();
        assert!(kept <= 2 * SWEEP, "{kept} of {} are still there", 10 * SWEEP);
    }

    #[tokio::test(start_paused = true)]
    async fn keys_and_types_are_told_apart() {
        let (memo, reads) = (Arc::new(Memo::default()), Reads::default());
        memo.read(Key::of("a"), || reads.read(None)).await.unwrap();
        memo.read(Key::of("b"), || reads.read(None)).await.unwrap();
        let text: Arc<String> = memo.read(Key::of("a"), || async { Ok("text".to_owned()) }).await.unwrap();
        assert_eq!((reads.started(), text.as_str()), (2, "text"));
    }

    #[test]
    fn two_questions_are_never_one_and_one_is_never_two() {
        let of = |parts: &[&str]| parts.iter().fold(Key::of("a"), |key, part| key.and(part));
        let questions: &[&[&str]] =
            &[&[], &[""], &["", ""], &["b"], &["b", ""], &["b", "c"], &["c", "b"], &["bc"], &["b#1;c"], &["b#1;c#1;"], &["b/c"]];
        for (number, one) in questions.iter().enumerate() {
            for (other, two) in questions.iter().enumerate() {
                assert_eq!(of(one) == of(two), number == other, "{one:?} and {two:?}");
            }
        }
        assert_ne!(Key::of("a"), Key::of("b"));
        assert_eq!(of(&["/Subscriptions/AB", "c"]), of(&["/subscriptions/ab", "C"]));
        assert_eq!(Key::of("a").and_all(&["b".to_owned(), "c".to_owned()]), of(&["b", "c"]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_passing_failure_is_shared_while_waiting_and_then_asked_again() {
        let (memo, reads) = (Arc::new(Memo::default()), Reads::default());
        let failures = join_all((0..5).map(|_| memo.read(Key::of("k"), || reads.read(Some(Kind::Unavailable))))).await;
        assert!(failures.iter().all(Result::is_err) && reads.started() == 1);
        assert!(memo.read(Key::of("k"), || reads.read(None)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_remembered() {
        let (memo, reads) = (Arc::new(Memo::default()), Reads::default());
        for _ in 0..3 {
            let refused = memo.read(Key::of("k"), || reads.read(Some(Kind::Forbidden))).await;
            assert_eq!(refused.unwrap_err().kind(), Kind::Forbidden);
        }
        assert_eq!(reads.started(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_gives_up_does_not_stop_the_others() {
        let (memo, reads) = (Arc::new(Memo::default()), Reads::default());
        let impatient = tokio::time::timeout(Duration::from_millis(10), memo.read(Key::of("k"), || reads.read(None)));
        let patient = memo.read(Key::of("k"), || reads.read(None));
        let (impatient, patient) = futures::future::join(impatient, patient).await;
        assert!(impatient.is_err() && patient.is_ok());
        assert_eq!(reads.started(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_give_up_the_work_is_dropped_and_the_next_one_starts_anew() {
        let (memo, reads) = (Arc::new(Memo::default()), Reads::default());
        let give_up = || tokio::time::timeout(Duration::from_millis(10), memo.read(Key::of("k"), || reads.read(None)));
        assert!(futures::future::join(give_up(), give_up()).await.0.is_err());
        sleep(Duration::from_secs(5)).await;
        assert_eq!((reads.started(), reads.finished()), (1, 0));
        assert!(memo.read(Key::of("k"), || reads.read(None)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_reaches_all_who_wait_and_is_not_remembered() {
        let (memo, reads) = (Arc::new(Memo::default()), Reads::default());
        let panics = || async {
            sleep(Duration::from_secs(1)).await;
            panic!("row {} is odd", 7)
        };
        let read = || caught(memo.read::<usize, _>(Key::of("k"), panics));
        let (one, other) = futures::future::join(read(), read()).await;
        for panicked in [one.unwrap_err(), other.unwrap_err()] {
            assert_eq!(panicked.message, "row 7 is odd");
        }
        assert!(memo.read(Key::of("k"), || reads.read(None)).await.is_ok());
    }
}
