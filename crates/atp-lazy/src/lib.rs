//! Pay at first use, once, and know what it cost.
//!
//! - [`LazyModule`] and [`LazyValue`] are made when they are first asked for: on the asking
//!   thread, or awaited ([`new_async`](LazyModule::new_async)), plain or [`Fallible`].
//! - [`DeferredRegistry`] holds many such values by key.
//! - [`SingleFlight`] runs one load a key however many threads and tasks ask at the same time.
//! - [`StartupAnalyzer`] records all first uses of the process and the [`phase`]s between them;
//!   [`measure_startup_time`] and [`measure_process_startup`] time a closure and a command.
//!
//! One rule holds for all of them. Who waited for an attempt shares its outcome. After a failure
//! or a panic the next call tries again, a cancelled attempt passes on, and nothing is poisoned.
//! A value that needs itself, on one thread or through several threads and tasks, is
//! [`InitError::Cycle`], which names the way round; the standard cells hang there.
//!
//! ```
//! use atp_lazy::LazyModule;
//!
//! static HTTP: LazyModule<String> = LazyModule::new("http_client", || format!("via {}", PROXY.get()));
//! static PROXY: LazyModule<String> = LazyModule::new("proxy", || HTTP.get().clone());
//!
//! let error = HTTP.try_get().unwrap_err();
//! assert_eq!(error.to_string(), "initialisation cycle: http_client -> proxy -> http_client");
//! ```
//!
//! What this crate does not do: it starts no thread and no runtime, it never makes a value a
//! second time once it is there, and it does not see into threads and tasks that an initialiser
//! starts by itself, unless it [`carry`]s itself along. What runs on the thread of an initialiser
//! meanwhile counts as part of it, and so do other tasks of a runtime that it blocks on.

mod carry;
mod cell;
mod context;
mod error;
mod flight;
mod form;
mod lazy;
mod measure;
mod name;
mod phase;
mod process;
mod record;
mod registry;
mod single_flight;
mod startup;

pub use carry::{carry, carry_async};
pub use error::{CyclePath, InitError, MeasureError, RegistryError};
pub use flight::Flight;
pub use form::{Async, BoxError, Fallible, Init, InitAsync};
pub use lazy::{AsyncFallibleModule, AsyncModule, FallibleModule, Lazy, LazyModule, LazyValue};
pub use measure::{Spread, measure_startup_time};
pub use name::{CreatedAt, Name};
pub use phase::{Phase, phase};
pub use process::{ProcessStartup, measure_process_startup};
pub use record::{StartupKind, StartupOutcome};
pub use registry::DeferredRegistry;
pub use single_flight::{Leader, SingleFlight};
pub use startup::{StartupAnalyzer, StartupTiming, StartupTimings};

/// The example of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
