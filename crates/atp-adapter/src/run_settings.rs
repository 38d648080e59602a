//! What the configurations of several adapters share.

use crate::adapter::Retry;
use crate::config::{ConfigError, ConfigField, Settings};
use crate::process::Bounds;
use atp_protocol::limits;
use std::time::Duration;

pub(crate) const TIMEOUT: ConfigField = ConfigField::new(
    "timeout_seconds",
    "seconds above 0",
    "The longest that a run may take, besides the limits of the suite.",
)
.alias("timeout");

pub(crate) const RETRY_COUNT: ConfigField = ConfigField::new(
    "retry_count",
    "an integer from 0 to 1000",
    "How often a failed run is tried again.",
)
.or("0");

pub(crate) const RETRY_DELAY: ConfigField =
    ConfigField::new("retry_delay_seconds", "seconds from 0", "The wait before it is.");

/// Every agent reports its cost or does not; there is nothing to switch. Suites have the key.
pub(crate) const COST_TRACKING: ConfigField = ConfigField::new(
    "enable_cost_tracking",
    "true or false",
    "Accepted and without effect: what an agent reports is always kept.",
);

pub(crate) const EVENT_BYTES: ConfigField =
    ConfigField::new("max_event_line_bytes", "an integer from 1 to 16777216", "The longest event.")
        .or("16777216");

pub(crate) const RESPONSE_BYTES: ConfigField = ConfigField::new(
    "max_response_bytes",
    "an integer from 1 to 67108864",
    "The longest response.",
)
.or("67108864");

/// The values of those keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunSettings {
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Retry,
    pub(crate) bounds: Bounds,
}

impl RunSettings {
    pub(crate) fn read(settings: &Settings<'_>) -> Result<Self, ConfigError> {
        let bytes = |key, most: usize| {
            let bytes = settings.count(key, 1, most as u64)?;
            Ok(bytes.map_or(most, |bytes| bytes as usize))
        };
        settings.flag(COST_TRACKING.name)?;
        let count = settings.count(RETRY_COUNT.name, 0, 1000)?.unwrap_or(0);
        Ok(Self {
            timeout: settings.seconds(TIMEOUT.name)?,
            retry: Retry { count: count as u32, delay: settings.pause(RETRY_DELAY.name)? },
            bounds: Bounds {
                event_line_bytes: bytes(EVENT_BYTES.name, limits::EVENT_LINE_BYTES)?,
                response_bytes: bytes(RESPONSE_BYTES.name, limits::RESPONSE_BYTES)?,
            },
        })
    }
}
