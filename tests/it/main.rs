//! The one integration binary.

mod demo;
