//! The one integration binary.

mod signin;
