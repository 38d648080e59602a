//! The protocol's version.

use crate::json::{Expected, Json};
use serde::Serialize;

/// A version of the protocol. There is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize)]
#[non_exhaustive]
pub enum Version {
    /// Version 1.0.
    #[default]
    #[serde(rename = "1.0")]
    V1_0,
}

impl Version {
    pub(crate) fn read(json: Json<'_>) -> Result<Self, Expected> {
        match json.string().as_deref() {
            Some("1.0") => Ok(Self::V1_0),
            _ => Err("\"1.0\"".into()),
        }
    }
}
