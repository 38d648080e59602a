//! Profiles as JSON, and durations in it.

use crate::snapshot::Profile;
use serde::{Deserialize, Serialize};

/// The version of the JSON schema that this crate writes, and the only one it reads.
pub const SCHEMA_VERSION: u32 = 1;

/// A text that is no profile of this schema.
#[derive(Debug)]
#[non_exhaustive]
pub enum JsonError {
    /// Not JSON, or not a profile: says the line, the column and what was expected.
    Syntax(serde_json::Error),
    /// A profile of another schema.
    Version {
        /// What the text says.
        found: u32,
    },
}

#[derive(Serialize)]
struct Saved<'a> {
    schema_version: u32,
    #[serde(flatten)]
    profile: &'a Profile,
}

#[derive(Deserialize)]
struct Version {
    schema_version: u32,
}

impl Profile {
    /// Returns the profile as JSON, times in whole nanoseconds, with `schema_version` first.
    ///
    /// # Examples
    ///
    /// ```
    /// use atp_profile::{Profile, Profiler};
    ///
    /// let profiler = Profiler::new();
    /// profiler.profile_fn("load", || ());
    /// let saved = profiler.snapshot().to_json();
    /// assert!(Profile::from_json(&saved)?.find(&["load"]).is_some());
    /// # Ok::<(), atp_profile::JsonError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Never: text and numbers always have a JSON form.
    #[must_use]
    pub fn to_json(&self) -> String {
        let saved = Saved { schema_version: SCHEMA_VERSION, profile: self };
        serde_json::to_string_pretty(&saved).expect("text and numbers always have a JSON form")
    }

    /// Reads what [`to_json`](Self::to_json) wrote. Unknown fields are ignored.
    ///
    /// # Errors
    ///
    /// [`JsonError`] for text that is not JSON, that lacks a field, or of another schema version.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        let Version { schema_version: found } =
            serde_json::from_str(text).map_err(JsonError::Syntax)?;
        if found != SCHEMA_VERSION {
            return Err(JsonError::Version { found });
        }
        serde_json::from_str(text).map_err(JsonError::Syntax)
    }
}

impl std::fmt::Display for JsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(error) => write!(f, "not a profile: {error}"),
            Self::Version { found } => {
                write!(f, "profile of schema version {found}, expected {SCHEMA_VERSION}")
            }
        }
    }
}

impl std::error::Error for JsonError {}

/// A duration as whole nanoseconds.
pub(crate) mod nanos {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub(crate) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_nanos)
    }
}

/// A duration as whole nanoseconds, or `null`.
pub(crate) mod maybe_nanos {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::time::Duration;

    pub(crate) fn serialize<S: Serializer>(
        time: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let nanos = time.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        nanos.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(from)?.map(Duration::from_nanos))
    }
}
