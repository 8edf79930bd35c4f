//! The surface a user types: provider block, data sources, validations, functions. Thin glue over `azure` and `posture`.
