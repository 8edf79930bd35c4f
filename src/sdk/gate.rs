//! What validations share, whatever they judge: when a reading is made, when it is made again, and which of them counts. Their forms
//! differ in nothing else.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;

use super::{
    Diagnostics, Result,
    entry::{Configured, Validation, in_time},
};

/// Arguments that every validation takes beside its own, and what they make of a judgement.
pub trait Gate: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The configured provider.
    type Context: Configured;
    /// What a reading led to.
    type Judgement: Send;
    /// Why a reading led to nothing.
    type Unjudged: From<<Self::Context as Configured>::Stop> + Send;
    /// What the ephemeral form answers beside the arguments.
    type Counts: Serialize + JsonSchema;

    /// Whether nothing counts that was read earlier in this run.
    fn reads_afresh(&self) -> bool;

    /// How long to read again.
    fn patience(&self) -> Duration;

    /// Whether another reading would change nothing.
    fn is_final(judged: &Judged<Self>) -> bool;

    /// The counts, or the error that is red. `name` is that of the validation; warnings go to `warnings`.
    fn outcome(
        &self,
        name: &str,
        judged: Judged<Self>,
        context: &Self::Context,
        warnings: &mut Diagnostics,
    ) -> Result<Self::Counts>;
}

/// What one reading comes to.
pub type Judged<G> = std::result::Result<<G as Gate>::Judgement, <G as Gate>::Unjudged>;

const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LATER_PAUSE: Duration = Duration::from_secs(30);

/// Reads, judges, waits if asked to, and answers the counts or the error. The last reading is the one that counts, so what it advises is
/// all that is advised.
pub(super) async fn verdict<T: Validation>(
    arguments: &T::Arguments,
    gate: &T::Gate,
    context: &T::Context,
    warnings: &mut Diagnostics,
) -> Result<<T::Gate as Gate>::Counts> {
    let until = Instant::now() + gate.patience();
    let mut pause = FIRST_PAUSE;
    let mut fresh = gate.reads_afresh().then(|| context.fresh());
    loop {
        let reading = fresh.as_ref().unwrap_or(context);
        let mut advice = Diagnostics::new();
        let judged = in_time(reading, T::judge(arguments, gate, reading, &mut advice)).await;
        let judged = judged.unwrap_or_else(|stop| Err(<T::Gate as Gate>::Unjudged::from(stop)));
        if T::Gate::is_final(&judged) || Instant::now() + pause > until {
            let outcome = gate.outcome(T::NAME, judged, context, warnings);
            warnings.extend(advice);
            return outcome;
        }
        tokio::time::sleep(pause).await;
        pause = LATER_PAUSE;
        fresh = Some(context.fresh());
    }
}
