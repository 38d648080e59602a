//! The attribute `#[profiled]` of `atp-profile`, which documents and re-exports it.
//!
//! What it makes of a function depends on what the function returns:
//!
//! - an `async fn` becomes a function that wraps its body when it is *called*, so that the span
//!   open there is the parent, whoever polls it;
//! - a function that returns a future, stream or iterator has what it returns wrapped;
//! - any other function holds a guard while it runs.
//!
//! What this crate does not do: it changes neither the signature that callers see nor what a
//! function does.

mod args;
mod expand;
mod returns;

use proc_macro::TokenStream;

#[doc = include_str!("profiled.md")]
#[proc_macro_attribute]
pub fn profiled(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(args.into(), item.into(), "::atp_profile").into()
}

#[doc = include_str!("profiled.md")]
///
/// This is the form of those who depend on `atp-performance` alone, where it is called `profiled`.
#[proc_macro_attribute]
pub fn profiled_through_facade(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(args.into(), item.into(), "::atp_performance").into()
}
