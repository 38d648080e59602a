//! How long a registry wants to be left alone.

use std::time::{Duration, SystemTime};

/// A wait that no message asks for: half as often each time, up to the ten minutes that crates.io
/// wants between new crates.
const FIRST: Duration = Duration::from_secs(60);
const LONGEST_UNASKED: Duration = Duration::from_secs(600);

/// Tells whether cargo's message is about an answer 429, too many requests.
pub(super) fn is_too_many(message: &str) -> bool {
    ["(status 429", "got 429"].iter().any(|phrase| message.contains(phrase))
}

/// Returns how long to wait before the next attempt, of which `attempt` were refused before.
///
/// The header `Retry-After` counts, in seconds or as a date, where cargo shows it; else the date
/// that crates.io writes into its message (`try again after ...`).
pub(super) fn wait(message: &str, now: SystemTime, attempt: u32) -> Duration {
    let asked = header(message, now).or_else(|| sentence(message, now));
    let unasked = || FIRST.saturating_mul(1 << attempt.min(8)).min(LONGEST_UNASKED);
    asked.unwrap_or_else(unasked).max(Duration::from_secs(1))
}

fn header(message: &str, now: SystemTime) -> Option<Duration> {
    let value = message.lines().find_map(|line| {
        let (name, value) = line.trim().split_once(':')?;
        name.eq_ignore_ascii_case("retry-after").then(|| value.trim())
    })?;
    value.parse().ok().map(Duration::from_secs).or_else(|| until(value, now))
}

fn sentence(message: &str, now: SystemTime) -> Option<Duration> {
    const PHRASE: &str = "try again after ";
    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    const DATE: usize = 29;
    let start = message.to_ascii_lowercase().find(PHRASE)? + PHRASE.len();
    until(message.get(start..start + DATE)?, now)
}

/// The time from now to a date; none is left for a date that is over.
fn until(date: &str, now: SystemTime) -> Option<Duration> {
    let date = httpdate::parse_http_date(date).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    /// Sun, 06 Nov 1994 08:49:37 GMT
    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(784_111_777)
    }

    fn seconds(message: &str) -> u64 {
        wait(message, now(), 0).as_secs()
    }

    #[test]
    fn the_header_counts() {
        assert_eq!(seconds("got 429\nheaders:\n\tretry-after: 7\nbody:\n"), 7);
        assert_eq!(seconds("\tRetry-After:  Sun, 06 Nov 1994 08:51:37 GMT"), 120);
        assert_eq!(seconds("retry-after: 7\ntry again after Sun, 06 Nov 1994 08:51:37 GMT"), 7);
    }

    #[test]
    fn the_date_in_the_message_counts() {
        let message = "(status 429 Too Many Requests): You have published too many new crates. \
            Please try again after Sun, 06 Nov 1994 08:59:37 GMT or write";
        assert_eq!(seconds(message), 600);
    }

    #[test]
    fn what_is_over_is_waited_for_a_second() {
        assert_eq!(seconds("retry-after: 0"), 1);
        assert_eq!(seconds("retry-after: Sun, 06 Nov 1994 08:00:00 GMT"), 1);
    }

    #[test]
    fn what_cannot_be_read_is_waited_out_longer_each_time() {
        for message in ["", "retry-after: soon", "try again after lunch", "try again after ü"] {
            assert_eq!(seconds(message), 60, "{message}");
        }
        let waits: Vec<_> =
            [0, 1, 2, 3, 4, 99].map(|attempt| wait("", now(), attempt).as_secs()).into();
        assert_eq!(waits, [60, 120, 240, 480, 600, 600]);
    }

    #[test]
    fn only_429_is_too_many() {
        assert!(is_too_many("responded with an error (status 429 Too Many Requests): slow"));
        assert!(is_too_many("failed to get a 200 OK response, got 429"));
        assert!(!is_too_many("failed to get a 200 OK response, got 500\nbody:\n429"));
    }
}
