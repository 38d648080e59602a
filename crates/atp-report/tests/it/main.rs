//! What the formats hold, for recordings that are whole, empty, cut short or hostile.

mod browser;
mod fixture;
mod html;
mod junit;
mod markdown;
mod report;
mod summary;
mod trace;
