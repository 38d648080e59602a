//! Selecting tests by tag.

use std::sync::Arc;

use crate::model::{TestCase, TestSuite};

/// Which tests to keep, by their tags: `smoke,api,!slow`.
///
/// Terms are separated by commas and trimmed, and empty ones dropped. `!tag` excludes, any
/// other term includes. A test is kept if it has no excluded tag and, where there are
/// includes, at least one of them. Tags are compared exactly, case included.
///
/// # Examples
///
/// ```
/// use atp_suite::TagFilter;
///
/// let filter = TagFilter::new("smoke, api, !slow");
/// assert!(filter.matches(&["api"]));
/// assert!(!filter.matches(&["api", "slow"]));
/// assert!(!filter.matches(&["docs"]));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagFilter {
    included: Vec<String>,
    excluded: Vec<String>,
}

impl TagFilter {
    /// Reads the comma-separated terms. Everything after a `!` is the excluded tag, so `! x`
    /// excludes " x" with its space, and a lone `!` the empty tag.
    pub fn new(terms: &str) -> Self {
        let mut filter = Self::default();
        for term in terms.split(',').map(str::trim).filter(|term| !term.is_empty()) {
            match term.strip_prefix('!') {
                Some(tag) => filter.excluded.push(tag.to_owned()),
                None => filter.included.push(term.to_owned()),
            }
        }
        filter
    }

    /// Returns true if this filter keeps every test.
    pub fn is_empty(&self) -> bool {
        self.included.is_empty() && self.excluded.is_empty()
    }

    /// Returns true if a test with these tags is kept.
    pub fn matches<S: AsRef<str>>(&self, tags: &[S]) -> bool {
        let tagged = |tag: &String| tags.iter().any(|own| own.as_ref() == tag);
        !self.excluded.iter().any(tagged)
            && (self.included.is_empty() || self.included.iter().any(tagged))
    }

    /// Returns the suite with the tests that are kept, which may be none.
    ///
    /// An empty filter gives back the same suite; otherwise the tests are shared, not copied.
    pub fn apply(&self, suite: &Arc<TestSuite>) -> Arc<TestSuite> {
        if self.is_empty() {
            return Arc::clone(suite);
        }
        let kept = |test: &&Arc<TestCase>| self.matches(&test.tags);
        let tests = suite.tests.iter().filter(kept).map(Arc::clone).collect();
        Arc::new(TestSuite {
            tests,
            name: suite.name.clone(),
            version: suite.version.clone(),
            description: suite.description.clone(),
            defaults: suite.defaults.clone(),
            agents: suite.agents.clone(),
        })
    }
}
