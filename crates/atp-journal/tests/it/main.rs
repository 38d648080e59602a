//! What a journal keeps, whatever happens to the process that writes it.

#![expect(clippy::unwrap_used, reason = "clippy allows them in tests, but not in what tests share")]

mod child;
mod events;
mod events_torn;
mod full;
mod killed;
mod merged;
mod records;
mod refused;
mod resumed;
mod sample;
mod torn;
mod written;
