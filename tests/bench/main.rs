//! Figures against the budgets, each beside what it is compared with in the same run: `cargo bench`, or a part of them:
//! `cargo bench --bench bench -- large`. Wall times on a busy machine are noisy;
//! ratios, requests and memory are not.

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

mod access;
mod bare;
mod counted;
mod figures;
mod large;
mod memo;
mod people;
mod rows;
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
        let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
        let is_asked = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
        if is_asked("access") {
            access::measure(&mut report);
        }
        if is_asked("small") {
            small::measure(&mut report).await;
        }
        if is_asked("large") {
            large::measure(&mut report).await;
        }
        if is_asked("counted") {
            counted::measure(&mut report).await;
        }
        if is_asked("memo") {
            memo::measure(&mut report).await;
        }
        if is_asked("people") {
            people::measure(&mut report).await;
        }
        if is_asked("rows") {
            rows::measure(&mut report).await;
        }
    });
    report.print();
}
