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

/// Makes each call of a function a span of the process's profiler.
///
/// `#[profiled]` takes the function's own name, `#[profiled("name")]` another one, and
/// `#[profiled(crate = "path")]` the path to `atp-profile` where it is known by another name.
///
/// Works on functions and methods, generic or not, sync or async, under `#[async_trait]`, and on
/// functions that return `impl Future`, `impl Stream`, `impl Iterator` or these boxed. An awaited
/// `Err` marks the span as failed, and so does a returned one where the signature says `Result`.
///
/// Other attributes may stand before or behind: on an `async fn` those that make code, such as
/// `#[tokio::main]` and `#[tracing::instrument]`, are done first, and what they make is profiled.
#[proc_macro_attribute]
pub fn profiled(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(args.into(), item.into(), "::atp_profile").into()
}

/// The same for those who depend on `atp-performance` alone, where it is called `profiled`.
#[proc_macro_attribute]
pub fn profiled_through_facade(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(args.into(), item.into(), "::atp_performance").into()
}
