//! What the formats hold, for recordings that are whole, empty, cut short or hostile.
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail as a test does")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says why")]

mod browser;
mod compare;
mod fixture;
mod html;
mod junit;
mod markdown;
mod report;
mod summary;
mod trace;
