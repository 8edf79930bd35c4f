//! Panics that somebody reports. The process prints a panic as a crash, but only one that nobody catches; the work of one answer may
//! be spread over tasks, and a panic in any of them belongs to that answer.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    task::Poll,
};

thread_local! {
    static REPORTED: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic that was caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    /// What it said.
    pub message: String,
    /// File, line and column; none if no hook noted them.
    pub place: Option<String>,
}

impl Panicked {
    /// Goes on panicking, as the same panic, in the work that waited for this one.
    pub fn resume(self) -> ! {
        resume_unwind(Box::new(self))
    }

    fn of(payload: Box<dyn Any + Send>) -> Self {
        match payload.downcast::<Self>() {
            Ok(resumed) => *resumed,
            Err(payload) => Self { message: message(payload.as_ref()).to_owned(), place: PLACE.take() },
        }
    }
}

/// Runs work and catches its panic, which the caller has to report or to [resume](Panicked::resume).
pub async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut work = pin!(work);
    poll_fn(|cx| {
        let outer = REPORTED.replace(true);
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx)));
        REPORTED.set(outer);
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(Panicked::of(payload))),
        }
    })
    .await
}

/// For the hook of the process: whether a panic on this thread, at this moment, is one that [`caught`] catches.
pub fn is_reported() -> bool {
    REPORTED.get()
}

/// For the hook of the process: where the panic that is about to be caught happened.
pub fn note_place(place: String) {
    PLACE.set(Some(place));
}

/// What a panic says.
pub fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_that_is_resumed_is_still_the_same_panic() {
        let inner = async {
            assert!(is_reported());
            note_place("src/x.rs:1:2".to_owned());
            resume_unwind(Box::new("odd".to_owned()))
        };
        let outer = async { caught::<()>(inner).await.unwrap_or_else(|panicked| panicked.resume()) };
        let found = caught(outer).await.unwrap_err();
        assert_eq!(found, Panicked { message: "odd".to_owned(), place: Some("src/x.rs:1:2".to_owned()) });
        assert!(!is_reported());
    }

    #[tokio::test]
    async fn work_inside_work_leaves_the_outer_one_reported() {
        let work = async {
            caught(async {}).await.unwrap();
            is_reported()
        };
        assert_eq!(caught(work).await, Ok(true));
    }
}
