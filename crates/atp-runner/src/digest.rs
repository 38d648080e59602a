//! A digest of bytes that stays the same from release to release.

use atp_suite::TestSuite;
use std::io;

/// FNV-1a with 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv): tells what was changed from what
/// was not, and is no defence against somebody who wants two of the same.
struct Fnv(u64);

/// Returns the digest of `bytes`.
pub(crate) fn of(bytes: &[u8]) -> u64 {
    let mut digest = Fnv::new();
    digest.add(bytes);
    digest.0
}

/// Returns the digest of what decides over a suite's results: its tests and defaults, after
/// variables. What its agents are configured with is left out: tokens change and are secret.
pub(crate) fn of_suite(suite: &TestSuite) -> String {
    let mut digest = Fnv::new();
    let written = serde_json::to_writer(&mut digest, &(&suite.name, &suite.defaults));
    let written = written.and_then(|()| {
        suite.tests.iter().try_for_each(|test| serde_json::to_writer(&mut digest, test))
    });
    written.expect("a suite has text as keys, and the writer takes everything");
    format!("{:016x}", digest.0)
}

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl io::Write for Fnv {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use atp_suite::{Environment, load_str};

    #[test]
    fn bytes_have_the_published_digests() {
        assert_eq!(of(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(of(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_test_that_changed_changes_the_digest_and_an_agent_does_not() {
        let suite = |description: &str, token: &str| {
            let text = format!(
                "test_suite: s\nagents: [{{name: a, type: cli, config: {{token: {token}}}}}]\n\
                 tests: [{{id: t, name: T, task: {{description: {description}}}}}]\n"
            );
            of_suite(&load_str(&text, &Environment::new()).unwrap())
        };
        assert_eq!(suite("one", "x"), suite("one", "y"));
        assert_ne!(suite("one", "x"), suite("two", "x"));
    }
}
