//! Azure RBAC, judged: what roles of the published list allow, wherever they come from, and what may take it away again.

mod properties;
mod published;
mod sources;
mod table;
mod terms;
mod unseen;
mod world;
