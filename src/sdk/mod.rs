//! Terraform's ideas: values, types, schemas from Rust types, diagnostics, and the traits a provider implements. Knows no gRPC
//! and no Azure.

pub mod bridge;
pub mod catalogue;
pub mod conform;
pub mod diagnostic;
pub mod docs;
pub mod entry;
pub mod gate;
pub mod json;
pub mod model;
pub mod msgpack;
mod personal;
pub mod rules;
pub mod schema;
pub mod server;
pub mod ty;
pub mod value;

pub use diagnostic::{Diagnostic, Diagnostics, Path, Severity};
pub use ty::Type;
pub use value::{Number, Value};

/// What business code answers: a result, or the diagnostics that say why there is none.
pub type Result<T> = std::result::Result<T, Diagnostics>;
