//! `terraform-provider-azposture`: reads Azure security posture and identity, strictly read-only, and verifies it during plan.
//!
//! # The walk
//!
//! Terraform asks for a plan. [`plugin`] has checked the cookie and pinned the certificate, and hands each RPC its bytes.
//! [`sdk`] finds the entry, decodes msgpack against the schema that the Rust types produced; where something is still unknown it
//! answers unknowns and stops; else it turns the value into the entry's `Arguments` (a mismatch is a diagnostic that points at
//! the attribute). [`provider`] asks `collect` for the facts the judgement needs; [`azure`] takes a token once, pages, waits when
//! throttled, shares identical reads, and records what it was not allowed to see. [`posture`] judges: pure, ordered, repeatable.
//! The entry turns findings into `Attributes`, or, for a validation, into one diagnostic: worst first, ending with what to do.
//! [`sdk`] echoes the configuration unchanged, encodes the rest, sorted; [`plugin`] sends it. Nothing is written; nothing is
//! remembered but the reads of this run.
//!
//! Validate* never touches the network. Configure builds the client and takes no token, so validate and `destroy
//! -refresh=false` work without credentials; a plain destroy plans first, and that plan judges. ReadDataSource is the walk; PlanResourceChange of a validation is the walk at plan time; OpenEphemeralResource is
//! the walk on plan and on apply. ReadResource, UpgradeResourceState, Import and Delete need no network. CallFunction is pure.
//!
//! # Layers
//!
//! ```text
//! plugin ──> sdk <── provider ──> { azure, posture }      demo ──> azure (as its transport)
//! ```
//!
//! Below all of them stand [`panics`] and [`text`], which know nothing. Arrows point downwards only; `tests/it/tidy.rs` enforces them, and
//! those between the rooms of a layer: of `azure`, what an answer says (`answer`), the way out (`send`), the tenant, the credential, and a
//! room for each service; of `provider`, `collect` (what the connection stands for, the lists, facts made of them), `data`, `validations`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod azure;
pub mod demo;
pub mod panics;
pub mod plugin;
pub mod posture;
pub mod provider;
pub mod sdk;
pub mod text;
