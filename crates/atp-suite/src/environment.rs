//! Where the values of `${NAME}` come from.

use std::collections::BTreeMap;
use std::fmt;

/// The variables a suite may refer to as `${NAME}`.
///
/// It is a copy: what the process environment does later does not reach it, and two equal
/// environments expand a suite to the same model. That makes it fit for the key of a cache,
/// see [`SuiteDocument::relevant`](crate::SuiteDocument::relevant).
///
/// Values may be secrets, so neither `Debug` nor any error of this crate prints one.
///
/// # Examples
///
/// ```
/// use atp_suite::Environment;
///
/// let env = Environment::new().with("API_KEY", "s3cret");
/// assert_eq!(env.get("API_KEY"), Some("s3cret"));
/// assert!(!format!("{env:?}").contains("s3cret"));
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize))]
pub struct Environment {
    values: BTreeMap<String, String>,
}

impl Environment {
    /// Creates an environment without a variable.
    pub fn new() -> Self {
        Self::default()
    }

    /// Copies the environment of the process as it is now.
    ///
    /// A variable whose name or value is not UTF-8 is left out, because a suite is text.
    pub fn process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// Sets a variable. An empty value counts as set.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// Returns the value of a variable, if it is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Returns the names of all variables, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let values = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { values: values.collect() }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("names", &self.values.keys()).finish_non_exhaustive()
    }
}
