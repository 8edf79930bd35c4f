//! Figures against the budgets, each beside what it is compared with in the same run: `cargo bench`. Wall times on a busy machine
//! are noisy; ratios, requests and memory are not.

#![allow(
    missing_docs,
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the tests' own helpers, of which a benchmark needs some"
)]

mod bare;
mod figures;
mod large;
mod memo;
mod small;
#[path = "../it/support/mod.rs"]
mod support;

use figures::Report;

fn main() {
    // The comparison runs in a process of its own, which is this program again.
    if let Some(task) = std::env::var_os(bare::TASK) {
        return bare::run(task.as_ref());
    }
    let mut report = Report::default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        small::measure(&mut report).await;
        large::measure(&mut report).await;
        memo::measure(&mut report).await;
    });
    report.print();
}
