//! A moment in time, to the microsecond.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use speedate::{
    Date, DateTime, DateTimeConfig, MicrosecondsPrecisionOverflowBehavior, Time, TimeConfig,
    TimestampUnit,
};
use std::borrow::Cow;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

const PER_SECOND: i64 = 1_000_000;

/// Microseconds since 1970 in UTC; displayed and serialised as ISO 8601 with a `Z`.
///
/// Read from ISO 8601 text or from a number since 1970, in seconds up to 20,000,000,000 and in
/// milliseconds beyond. A time without a zone is in UTC, for the agent's zone is not known, and
/// digits past the microsecond are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    micros: i64,
}

impl Timestamp {
    /// Returns the current time of the system's clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Creates a timestamp from microseconds since 1970, clamped to the years 0 to 9999.
    pub fn from_micros(micros: i64) -> Self {
        const FIRST: i64 = -62_167_219_200 * PER_SECOND;
        const LAST: i64 = 253_402_300_800 * PER_SECOND - 1;
        Self { micros: micros.clamp(FIRST, LAST) }
    }

    /// Returns the microseconds since 1970.
    pub fn as_micros(self) -> i64 {
        self.micros
    }

    /// Reads a timestamp as it may stand in an event, or nothing if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let time_config = TimeConfig {
            microseconds_precision_overflow_behavior:
                MicrosecondsPrecisionOverflowBehavior::Truncate,
            ..TimeConfig::default()
        };
        let config = DateTimeConfig { time_config, ..DateTimeConfig::default() };
        let time = match DateTime::parse_bytes_with_config(bytes, &config) {
            Ok(time) => time,
            Err(_) => midnight(bytes)?,
        };
        let micros = time.timestamp_tz().checked_mul(PER_SECOND)?;
        Some(Self::from_micros(micros + i64::from(time.time.microsecond)))
    }
}

/// A date alone is the start of that day.
fn midnight(bytes: &[u8]) -> Option<DateTime> {
    let date = Date::parse_bytes_rfc3339(bytes).ok()?;
    let time = Time { hour: 0, minute: 0, second: 0, microsecond: 0, tz_offset: None };
    Some(DateTime { date, time })
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let micros = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => {
                i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros)
            }
        };
        Self::from_micros(micros)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds =
            DateTimeConfig { timestamp_unit: TimestampUnit::Second, ..Default::default() };
        let whole = self.micros.div_euclid(PER_SECOND);
        let fraction = self.micros.rem_euclid(PER_SECOND);
        let mut time = DateTime::from_timestamp_with_config(whole, fraction as u32, &seconds)
            .map_err(|_| fmt::Error)?;
        time.time.tz_offset = Some(0);
        time.fmt(f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads what is serialised, and any other text that [`Timestamp::parse`] takes.
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::invalid_value(de::Unexpected::Str(&text), &"a time in ISO 8601")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    fn shown(text: &str) -> String {
        Timestamp::parse(text).map_or("none".into(), |timestamp| timestamp.to_string())
    }

    #[test]
    fn iso_text_in_its_usual_forms() {
        for (text, expected) in [
            ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z"),
            ("2024-05-06 07:08:09.123456", "2024-05-06T07:08:09.123456Z"),
            ("2024-05-06T07:08:09.5+02:00", "2024-05-06T05:08:09.500000Z"),
            ("2024-05-06T07:08:09.123456789Z", "2024-05-06T07:08:09.123456Z"),
            ("2024-05-06T07:08", "2024-05-06T07:08:00Z"),
            ("2024-05-06", "2024-05-06T00:00:00Z"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_seconds_or_milliseconds() {
        assert_eq!(shown("1700000000"), "2023-11-14T22:13:20Z");
        assert_eq!(shown("1700000000.25"), "2023-11-14T22:13:20.250000Z");
        assert_eq!(shown("1700000000250"), "2023-11-14T22:13:20.250000Z");
        assert_eq!(shown("-1"), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "yesterday", "2024-13-01", "2024-02-30T00:00:00", "NaN", "inf", "1e300"] {
            assert_eq!(shown(text), "none", "{text}");
        }
    }

    #[test]
    fn extremes_are_clamped_and_printed() {
        for micros in [i64::MIN, -1, 0, 1, i64::MAX] {
            let text = Timestamp::from_micros(micros).to_string();
            assert_eq!(Timestamp::parse(&text), Some(Timestamp::from_micros(micros)), "{text}");
        }
    }

    #[test]
    fn what_is_serialised_reads_back() {
        for micros in [i64::MIN, -1, 0, 1_700_000_000_250_001, i64::MAX] {
            let time = Timestamp::from_micros(micros);
            let text = serde_json::to_string(&time).unwrap();
            assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), time, "{text}");
        }
        let error = serde_json::from_str::<Timestamp>("\"soon\"").unwrap_err();
        assert!(error.to_string().contains("a time in ISO 8601"), "{error}");
    }
}
