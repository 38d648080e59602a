//! Makes an agent test platform fast, and shows that it is.
//!
//! The facade: each section below re-exports one sub-crate, at the root by name and as a module
//! of its own. There is no logic here.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "lazy")]
#[doc(inline)]
pub use atp_lazy as lazy;
#[cfg(feature = "lazy")]
pub use atp_lazy::{
    AsyncFallibleModule, AsyncModule, DeferredRegistry, Fallible, FallibleModule, InitError,
    LazyModule, LazyValue, ProcessStartup, RegistryError, SingleFlight, StartupAnalyzer,
    StartupTiming, StartupTimings, measure_process_startup, measure_startup_time, phase,
};

#[cfg(feature = "protocol")]
#[doc(inline)]
pub use atp_protocol as protocol;
#[cfg(feature = "protocol")]
pub use atp_protocol::{
    Artifact, Event, EventDefaults, EventOrder, EventType, Metrics, PartialEvent, Request,
    Response, Timestamp,
};

#[cfg(feature = "scoring")]
#[doc(inline)]
pub use atp_scoring as scoring;
#[cfg(feature = "scoring")]
pub use atp_scoring::{Check, Evaluation, RunSamples, RunStatistics, Scorer, TestScore, Weights};

#[cfg(feature = "stats")]
#[doc(inline)]
pub use atp_stats as stats;
#[cfg(feature = "stats")]
pub use atp_stats::{Bootstrap, Sorted, Summary};

/// The guide's snippets, compiled and run as doc tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide.md")]
mod guide {}
