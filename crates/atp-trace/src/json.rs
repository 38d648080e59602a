//! The little JSON that trace events need.

use crate::Arg;
use std::fmt::Write as _;
use std::time::Duration;

/// Appends `text` as a JSON string.
pub(crate) fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // U+2028 and U+2029 are legal in JSON but end a line in JavaScript.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                number(out, format_args!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Appends an argument's value.
pub(crate) fn arg(out: &mut String, arg: Arg<'_>) {
    match arg {
        Arg::Text(text) => string(out, text),
        Arg::Unsigned(value) => number(out, format_args!("{value}")),
        Arg::Signed(value) => number(out, format_args!("{value}")),
        Arg::Float(value) if value.is_finite() => number(out, format_args!("{value:?}")),
        Arg::Float(_) => out.push_str("null"),
        Arg::Bool(value) => out.push_str(if value { "true" } else { "false" }),
    }
}

/// Appends a time in microseconds with three decimals, the format's unit, so that no nanosecond
/// is lost.
pub(crate) fn micros(out: &mut String, time: Duration) {
    let nanos = time.as_nanos();
    number(out, format_args!("{}.{:03}", nanos / 1_000, nanos % 1_000));
}

pub(crate) fn number(out: &mut String, number: std::fmt::Arguments<'_>) {
    out.write_fmt(number).expect("writing to a String does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(text: &str) -> String {
        let mut out = String::new();
        string(&mut out, text);
        serde_json::from_str(&out).unwrap()
    }

    #[test]
    fn every_character_survives() {
        let all: String = ('\0'..='\u{ff}').chain("\u{2028}\u{2029}\u{fffd}😀".chars()).collect();
        assert_eq!(read_back(&all), all);
        assert_eq!(read_back(""), "");
    }

    #[test]
    fn numbers_are_json() {
        for value in [0.0, -0.0, 1e300, 5e-324, f64::MAX, f64::NAN, f64::INFINITY] {
            let mut out = String::new();
            arg(&mut out, Arg::Float(value));
            let read: Option<f64> = serde_json::from_str(&out).unwrap();
            assert_eq!(read, value.is_finite().then_some(value));
        }
    }

    #[test]
    fn the_longest_time_keeps_its_nanoseconds() {
        let mut out = String::new();
        micros(&mut out, Duration::MAX);
        assert_eq!(out, "18446744073709551615999999.999");
    }
}
