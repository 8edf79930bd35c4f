//! When the process ends although nobody said Shutdown: the parent is gone, the last connection is gone, none ever came, or a
//! signal says so. A process left behind would keep credentials in memory.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// How often parent and connections are looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long the host may take from the handshake line to its first connection; go-plugin itself gives up after a minute.
const FIRST_CONNECTION: Duration = Duration::from_secs(120);
/// How long all connections may be closed before the host counts as gone.
const QUIET: Duration = Duration::from_secs(5);

/// What Ctrl-C means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// The process was started by hand and ends.
    Ends,
    /// The host got it too (same process group), and will say Shutdown when it is ready.
    Ignored,
}

/// How many authenticated connections there are, and since when there are none.
#[derive(Clone, Debug)]
pub(super) struct Presence(Arc<Mutex<Count>>);

#[derive(Debug)]
struct Count {
    open: usize,
    ever: bool,
    quiet_since: Instant,
}

/// One open connection; counted until it is dropped.
#[derive(Debug)]
pub(super) struct Visit(Presence);

impl Presence {
    /// Nobody yet.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Count { open: 0, ever: false, quiet_since: Instant::now() })))
    }

    /// Counts one more connection.
    pub(super) fn arrive(&self) -> Visit {
        let mut count = self.count();
        count.open += 1;
        count.ever = true;
        drop(count);
        Visit(self.clone())
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn abandoned(&self) -> bool {
        let count = self.count();
        let patience = if count.ever { QUIET } else { FIRST_CONNECTION };
        count.open == 0 && count.quiet_since.elapsed() >= patience
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut count = self.0.count();
        count.open = count.open.saturating_sub(1);
        count.quiet_since = Instant::now();
    }
}

/// Returns when the host is gone, where `parent` answers the id of the parent process (0 where the system does not tell).
pub(super) async fn orphaned(presence: Presence, parent: impl Fn() -> u32) {
    let first = parent();
    while parent() == first && !presence.abandoned() {
        sleep(LOOK).await;
    }
    tracing::info!("the host is gone; ending");
}

/// The id of the parent process; it changes when the parent dies.
pub(super) fn parent() -> u32 {
    #[cfg(unix)]
    return std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    return 0;
}

/// Takes over SIGINT and SIGTERM, so that neither kills the process in the middle of an answer.
#[cfg(unix)]
pub(super) fn take_signals(interrupt: Interrupt, ending: CancellationToken) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupts, mut terminations) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupts.recv() => if interrupt == Interrupt::Ends { ending.cancel() },
                _ = terminations.recv() => ending.cancel(),
            }
        }
    });
    Ok(())
}

/// Takes over Ctrl-C, so that it does not kill the process in the middle of an answer.
#[cfg(windows)]
pub(super) fn take_signals(interrupt: Interrupt, ending: CancellationToken) -> io::Result<()> {
    let mut interrupts = tokio::signal::windows::ctrl_c()?;
    tokio::spawn(async move {
        while interrupts.recv().await.is_some() {
            if interrupt == Interrupt::Ends {
                ending.cancel();
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    async fn seconds_until_orphaned(presence: Presence) -> u64 {
        let start = Instant::now();
        orphaned(presence, || 7).await;
        start.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_never_connects_is_given_two_minutes() {
        assert_eq!(seconds_until_orphaned(Presence::new()).await, 120);
    }

    #[tokio::test(start_paused = true)]
    async fn the_process_ends_soon_after_the_last_connection() {
        let presence = Presence::new();
        let (first, second) = (presence.arrive(), presence.arrive());
        tokio::spawn(async move {
            sleep(Duration::from_secs(600)).await;
            drop(first);
            sleep(Duration::from_secs(600)).await;
            drop(second);
        });
        assert_eq!(seconds_until_orphaned(presence).await, 1205);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_comes_back_in_time_is_served_on() {
        let presence = Presence::new();
        drop(presence.arrive());
        sleep(Duration::from_secs(4)).await;
        let back = presence.arrive();
        tokio::spawn(async move {
            sleep(Duration::from_secs(60)).await;
            drop(back);
        });
        assert_eq!(seconds_until_orphaned(presence).await, 65);
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_parent_means_the_old_one_died() {
        let parent = Arc::new(AtomicU32::new(7));
        let presence = Presence::new();
        let _open = presence.arrive();
        let (start, dies) = (Instant::now(), parent.clone());
        tokio::spawn(async move {
            sleep(Duration::from_secs(30)).await;
            dies.store(1, Ordering::SeqCst);
        });
        orphaned(presence, || parent.load(Ordering::SeqCst)).await;
        assert_eq!(start.elapsed().as_secs(), 30);
    }
}
