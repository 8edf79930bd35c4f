//! What could not be seen, and why. Nothing that was not read may look like nothing that is there.

mod gap;
mod reason;
mod subject;
mod value;
mod whereabouts;
mod why;

pub use gap::{Unreadable, complete};
pub use reason::Reason;
pub use subject::Subject;
pub use value::{Look, Seen, agreed};
pub use whereabouts::Place;
pub use why::Why;
