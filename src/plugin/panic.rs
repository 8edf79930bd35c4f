//! What a bug looks like to the user: a panic inside a handler becomes an error diagnostic; any other is printed in the form that
//! Terraform recognizes as a crash (hashicorp/terraform internal/logging/panic.go).

use std::{
    io::{self, Write},
    panic::{PanicHookInfo, set_hook},
};

use crate::{
    panics::{Panicked, caught, is_reported, message, note_place},
    sdk::{Diagnostics, entry::FunctionError, server::Answer},
    text::masked,
};

/// What a handler answers when it panicked.
pub(super) trait Blame {
    /// An answer that carries the error.
    fn blame(error: Diagnostics) -> Self;
}

impl Blame for Answer {
    fn blame(error: Diagnostics) -> Self {
        Self { value: None, diagnostics: error }
    }
}

impl Blame for Diagnostics {
    fn blame(error: Diagnostics) -> Self {
        error
    }
}

impl<T> Blame for Result<T, FunctionError> {
    fn blame(error: Diagnostics) -> Self {
        let texts: Vec<_> = error.iter().map(|diagnostic| format!("{}: {}", diagnostic.summary, diagnostic.detail)).collect();
        Err(FunctionError::whole(texts.join("\n")))
    }
}

/// Static answers: schemas, names.
impl<T> Blame for Result<T, Diagnostics> {
    fn blame(error: Diagnostics) -> Self {
        Err(error)
    }
}

/// Runs the work of one RPC and turns a panic into an error.
pub(super) async fn guarded<T: Blame>(rpc: &'static str, work: impl Future<Output = T>) -> T {
    caught(work).await.unwrap_or_else(|panicked| T::blame(bug(rpc, &panicked)))
}

/// Prints panics that nobody catches as Terraform expects a crash to look, and remembers where the others happened.
pub(super) fn install_hook() {
    set_hook(Box::new(|info| {
        if is_reported() {
            note_place(place(info));
            tracing::error!(place = place(info), "a handler panicked: {}", message(info.payload()));
        } else {
            // Nothing can be done about a closed stderr.
            let _ = io::stderr().lock().write_all(crash(message(info.payload()), &place(info)).as_bytes());
        }
    }));
}

/// The next step where the system refuses another thread.
pub(super) const FEW_THREADS: &str = "The system does not let this user start another thread: raise the limit of processes (ulimit -u, or the \
     container's limit of pids), or end other processes.";

const REPORT: &str = "This is a bug in the provider; please report it with these lines.";

/// Whether the system refused a thread; the runtime panics then.
fn lacks_threads(message: &str) -> bool {
    ["spawn worker thread", "failed to spawn thread"].iter().any(|sign| message.contains(sign))
}

/// A panic's message, and who has to do something about it.
pub(super) fn blame(message: &str) -> String {
    let step = if lacks_threads(message) { FEW_THREADS } else { REPORT };
    format!("{}. {step}", masked(message))
}

/// Terraform collects the lines from `panic: ` on and shows them under "The plugin crashed!".
fn crash(message: &str, place: &str) -> String {
    let (start, step) = if lacks_threads(message) { ("[ERROR] ", FEW_THREADS) } else { ("panic: ", REPORT) };
    format!("{start}{}\n\nat {place}\n{step}\n", masked(message))
}

fn bug(rpc: &str, panicked: &Panicked) -> Diagnostics {
    if lacks_threads(&panicked.message) {
        return Diagnostics::of_error("No thread could be started", format!("{rpc}: {}", blame(&panicked.message)));
    }
    let place = panicked.place.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
    let message = masked(&panicked.message);
    Diagnostics::of_error(
        "The provider failed unexpectedly",
        format!(
            "{rpc} panicked{place}: {message}\n\nThis is a bug in the provider; please report it with this text, the versions of \
             Terraform and of the provider, and the part of the configuration that causes it."
        ),
    )
}

fn place(info: &PanicHookInfo<'_>) -> String {
    info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_a_diagnostic_that_asks_for_a_report() {
        let all: Diagnostics = guarded("ReadDataSource", async { panic!("index {} out of range", 7) }).await;
        let only = all.iter().next().unwrap();
        assert!(only.detail.contains("ReadDataSource panicked") && only.detail.contains("index 7 out of range"), "{only:?}");
        assert!(only.detail.contains("please report it") && all.has_errors());
    }

    #[tokio::test]
    async fn a_panic_after_a_wait_is_caught_too() {
        let work = async {
            tokio::task::yield_now().await;
            panic!("late")
        };
        let answer: Answer = guarded("PlanResourceChange", work).await;
        assert!(answer.value.is_none() && answer.diagnostics.has_errors());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_panic_in_a_task_of_the_work_is_no_crash_and_names_its_place() {
        let before = std::panic::take_hook();
        install_hook();
        let work = async {
            let task = tokio::spawn(caught(async { panic!("deep") })).await;
            task.unwrap().unwrap_or_else(|panicked: Panicked| panicked.resume())
        };
        let all: Diagnostics = guarded("ReadDataSource", work).await;
        std::panic::set_hook(before);
        let only = all.iter().next().unwrap();
        assert!(only.detail.contains(&format!("ReadDataSource panicked at {}", file!())), "{only:?}");
        assert!(only.detail.contains("deep"), "{only:?}");
    }

    #[tokio::test]
    async fn a_function_answers_its_own_kind_of_error() {
        let result: Result<(), FunctionError> = guarded("CallFunction", async { panic!("odd") }).await;
        assert!(result.unwrap_err().text.contains("odd"));
    }

    #[tokio::test]
    async fn what_does_not_panic_passes_through() {
        let all = guarded("ValidateProviderConfig", async { Diagnostics::of_error("no", "because") }).await;
        assert_eq!(all, Diagnostics::of_error("no", "because"));
    }

    #[test]
    fn a_crash_starts_with_the_word_terraform_looks_for_and_hides_tokens() {
        let text = crash("Bearer abc.def", "src/x.rs:1:2");
        assert!(text.starts_with("panic: ") && text.contains("src/x.rs:1:2") && !text.contains("abc.def"), "{text}");
    }

    #[tokio::test]
    async fn a_thread_that_the_system_refuses_is_no_bug_of_the_provider() {
        const REFUSED: &str = "OS can't spawn worker thread: Resource temporarily unavailable (os error 11)";
        let text = crash(REFUSED, "tokio/src/x.rs:1:2");
        assert!(text.starts_with("[ERROR] ") && text.contains("ulimit -u") && !text.contains("bug"), "{text}");
        let all: Diagnostics = guarded("ReadDataSource", async { panic!("{REFUSED}") }).await;
        let only = all.iter().next().unwrap();
        assert!(
            only.summary == "No thread could be started" && only.detail.contains("ulimit -u") && !only.detail.contains("bug"),
            "{only:?}"
        );
        assert!(blame("odd").contains("This is a bug") && !blame(REFUSED).contains("bug"));
    }
}
