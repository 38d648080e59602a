//! What the formats hold, for recordings that are whole, empty, cut short or hostile.

mod fixture;
mod junit;
mod markdown;
mod report;
mod summary;
mod trace;
