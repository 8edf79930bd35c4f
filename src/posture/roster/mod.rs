//! Whether accounts belong to people who work here, and whether those who left are locked out.

mod email;
mod matching;
mod staff;

pub use email::{normalized, of_proxy, spelled};
pub use matching::{Match, Roster, RosterError, Terms, Whose};
pub use staff::{Account, Employment, Kind, Person, Rule, Standing};
