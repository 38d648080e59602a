//! What can be wrong with a report that is read.

use crate::report::SCHEMA;

/// Why a file is no report that can be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It is no JSON, or lacks what a report must have.
    #[error("not a JSON report of a run")]
    Json(#[source] serde_json::Error),
    /// It is a report of another layout.
    #[error("report of schema {found}, but only {SCHEMA} can be read")]
    Schema {
        /// The version that it states.
        found: u32,
    },
}
