//! Why a lookup hit or missed.

use crate::proof::Verdict;
use std::fmt;

/// Why a lookup hit or missed; prints as a line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Explanation {
    /// Hit: the file has the stamp it had when it was read.
    Unchanged,
    /// Hit: the file changed too short a time ago for its stamp to count, so its contents were
    /// compared, and they are the same.
    SameContents,
    /// Hit, but these variables had values that the suite was not expanded with before.
    Expanded {
        /// The names. Values are never told.
        variables: Vec<String>,
    },
    /// Miss: the file was not looked up before.
    NeverLoaded,
    /// Miss: the entry had left to make room for others.
    Evicted,
    /// Miss: the entry had been invalidated or cleared.
    Invalidated,
    /// Miss: the entry was older than the time to live.
    Expired,
    /// Miss: nobody had used the entry for longer than the time to idle.
    Idle,
    /// Miss: the file had changed.
    Changed {
        /// What differed: `device`, `inode`, `size`, `modification time`, `change time` or
        /// `contents`.
        what: Vec<&'static str>,
    },
    /// Miss: the file was gone, or could not be asked for its status.
    Gone,
    /// Miss: the load before this one failed, and failures are not kept.
    Failed,
    /// Miss: the load before this one found a file that did not hold still, or is none that has a
    /// state to compare, such as a pipe.
    Unstable,
}

impl Explanation {
    /// Returns whether the lookup hit.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        matches!(self, Self::Unchanged | Self::SameContents | Self::Expanded { .. })
    }
}

impl From<Verdict> for Explanation {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Unchanged => Self::Unchanged,
            Verdict::Rechecked => Self::SameContents,
            Verdict::Changed(what) => Self::Changed { what },
            Verdict::Gone => Self::Gone,
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Unchanged => "hit: the file is unchanged",
            Self::SameContents => "hit: the file is young, and its contents are the same",
            Self::Expanded { variables } => {
                return write!(f, "hit, expanded anew for {}", variables.join(", "));
            }
            Self::NeverLoaded => "miss: not loaded before",
            Self::Evicted => "miss: evicted to make room",
            Self::Invalidated => "miss: invalidated or cleared",
            Self::Expired => "miss: older than its time to live",
            Self::Idle => "miss: unused for its time to idle",
            Self::Changed { what } => return write!(f, "miss: changed in {}", what.join(", ")),
            Self::Gone => "miss: the file is gone",
            Self::Failed => "miss: the load before failed",
            Self::Unstable => "miss: the file did not hold still when it was read",
        };
        f.write_str(text)
    }
}
