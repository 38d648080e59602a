//! Numbers that JSON cannot hold.

use serde::{Deserialize, Deserializer};

/// Reads a number, and the null that a NaN or an infinity is written as, which becomes NaN: one
/// figure that could not be computed must not make a whole journal unreadable.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
