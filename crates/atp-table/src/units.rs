//! Numbers with the unit that fits their size.

use std::time::Duration;

/// Returns a time given in nanoseconds as text with three significant digits, such as `1.23 ms`.
///
/// Units run from `ns` to `s`; a time of a thousand seconds and more stays in seconds without
/// decimals. Values that are not finite print as `-`, since there is no such time.
///
/// # Examples
///
/// ```
/// use atp_table::nanos;
///
/// assert_eq!(nanos(0.0), "0 ns");
/// assert_eq!(nanos(-0.0), "0 ns");
/// assert_eq!(nanos(40.25), "40.2 ns");
/// assert_eq!(nanos(999.96), "1.00 us");
/// assert_eq!(nanos(-1_500.0), "-1.50 us");
/// assert_eq!(nanos(7.2e12), "7200 s");
/// assert_eq!(nanos(f64::NAN), "-");
/// ```
#[must_use]
pub fn nanos(nanoseconds: f64) -> String {
    scaled(nanoseconds, 1000.0, &["ns", "us", "ms", "s"])
}

/// Returns a duration in the unit that fits, as [`nanos`] does.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(atp_table::duration(Duration::from_micros(1_500)), "1.50 ms");
/// ```
#[must_use]
pub fn duration(duration: Duration) -> String {
    nanos(duration.as_secs_f64() * 1e9)
}

/// Returns a number of bytes in the binary unit that fits, such as `3.40 MiB`.
///
/// # Examples
///
/// ```
/// use atp_table::bytes;
///
/// assert_eq!(bytes(0), "0 B");
/// assert_eq!(bytes(1023), "1023 B");
/// assert_eq!(bytes(1536), "1.50 KiB");
/// assert_eq!(bytes(u64::MAX), "16.0 EiB");
/// ```
#[must_use]
pub fn bytes(bytes: u64) -> String {
    binary(bytes, "")
}

/// Returns a change in bytes with its sign, such as `+3.40 MiB`; no change is `0 B`.
///
/// # Examples
///
/// ```
/// assert_eq!(atp_table::signed_bytes(-1536), "-1.50 KiB");
/// assert_eq!(atp_table::signed_bytes(12), "+12 B");
/// ```
#[must_use]
pub fn signed_bytes(bytes: i64) -> String {
    let sign = match bytes {
        0 => "",
        1.. => "+",
        _ => "-",
    };
    binary(bytes.unsigned_abs(), sign)
}

/// Returns a quantity without a unit of its own, shortened by thousands, such as `1.20 M`.
///
/// # Examples
///
/// ```
/// use atp_table::count;
///
/// assert_eq!(count(12.0), "12.0");
/// assert_eq!(count(1_200_000.0), "1.20 M");
/// assert_eq!(count(f64::INFINITY), "-");
/// ```
#[must_use]
pub fn count(value: f64) -> String {
    scaled(value, 1000.0, &["", "k", "M", "G", "T"])
}

fn binary(bytes: u64, sign: &str) -> String {
    if bytes < 1024 {
        return format!("{sign}{bytes} B");
    }
    let text = scaled(bytes as f64 / 1024.0, 1024.0, &["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]);
    format!("{sign}{text}")
}

/// Divides `value` by `step` until it is below it or the units are used up, and prints three
/// significant digits.
fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    // A zero has no sign to print.
    let (mut number, mut unit) = (value + 0.0, 0);
    while unit + 1 < units.len() && rounds_past(number.abs(), step) {
        number /= step;
        unit += 1;
    }
    let digits = match number.abs() {
        0.0 => 0,
        small if small < 9.995 => 2,
        middle if middle < 99.95 => 1,
        _ => 0,
    };
    let text = format!("{number:.digits$} {}", units[unit]);
    text.trim_end().to_owned()
}

/// Tells whether `number` would print as `step` or more, so that 999.96 becomes 1.00 of the next.
fn rounds_past(number: f64, step: f64) -> bool {
    number >= step - 0.5
}
