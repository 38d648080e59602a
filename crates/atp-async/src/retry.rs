//! Retries: a schedule of delays, a budget against storms, and the loop around them.

mod budget;
mod error;
mod policy;
mod run;
mod schedule;

pub use budget::RetryBudget;
pub use error::{Attempt, AttemptFailure, GaveUp, RetryError};
pub use policy::RetryPolicy;
pub use run::retry_async;
