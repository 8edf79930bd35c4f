//! What one read of the memo costs when it remembers a thousand answers, and when it remembers a hundred thousand.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use azposture::azure::memo::{Key, Memo};

use super::figures::{Report, median};

const FEW: usize = 1_000;
const MANY: usize = 100_000;
/// Reads of one round.
const READS: usize = 2_000;

pub(crate) async fn measure(report: &mut Report) {
    let (few, many) = (read(FEW).await, read(MANY).await);
    let micros = |time: Duration| format!("{:.2} µs", time.as_secs_f64() * 1e6 / READS as f64);
    report.note("a read of the memo, 1,000 entries", micros(few));
    report.note("a read of the memo, 100,000 entries", micros(many));
    // Twice as long is the processor's cache; one look at every entry would be a hundred times as long.
    report.budget("  ratio", many.as_secs_f64() / few.as_secs_f64(), 4.0, "x");
}

/// The time of a round of reads, half of them new.
async fn read(entries: usize) -> Duration {
    let memo = Arc::new(Memo::default());
    let ask =
        async |number: usize| memo.read(Key::of("list").and(&number.to_string()), || async move { Ok(number) }).await.unwrap();
    for number in 0..entries {
        ask(number).await;
    }
    let mut rounds = vec![];
    for round in 0..9 {
        let started = Instant::now();
        for number in 0..READS / 2 {
            ask(number % entries).await;
            ask(entries + round * READS + number).await;
        }
        rounds.push(started.elapsed());
    }
    median(rounds)
}
