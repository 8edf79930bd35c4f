//! What happens to answers between the services and the client. What the services themselves do wrong is the tenant's to plan.

use std::time::Duration;

use super::Role;

/// What happens on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The body comes in this many pieces, with a pause before each.
    Dribble(usize, Duration),
    /// The server says goodbye after this answer: GOAWAY, or `connection: close`.
    Goodbye,
    /// The body is packed.
    Gzip,
    /// The body is packed, and the packet ends early although the answer is whole.
    GzipCut,
    /// The connection is reset before there is an answer.
    Reset,
    /// There never is an answer.
    Silence,
    /// Half of the body comes, and then nothing ever.
    Stall,
}

/// A trouble that meets requests whose path contains a text.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    path: String,
    role: Option<Role>,
    times: Option<usize>,
    effect: Effect,
}

impl Trouble {
    /// Meets every such request, whatever its case.
    pub(crate) fn on(path: &str, effect: Effect) -> Self {
        Self { path: path.to_lowercase(), role: None, times: None, effect }
    }

    /// Only requests to that service.
    pub(crate) fn at(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    /// At most this often.
    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// What it does to this request; counts it.
    pub(super) fn due(&mut self, role: Role, path: &str) -> Option<Effect> {
        let meets = path.to_lowercase().contains(&self.path) && self.role.is_none_or(|own| own == role);
        if !meets || self.times == Some(0) {
            return None;
        }
        self.times = self.times.map(|times| times - 1);
        Some(self.effect)
    }
}
