//! How a figure is compared with a limit.

use crate::config::{ConfigProblem, Settings};
use crate::finding::shown;

/// How far apart two scores may be and still count as equal.
const EQUAL_SCORES: f64 = 1e-9;

/// A comparison, in the words of `file_count` or the signs of `threshold`; either takes both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Comparison {
    pub(crate) fn parse(settings: &Settings<'_>, key: &str) -> Result<Option<Self>, ConfigProblem> {
        let Some(text) = settings.text(key)? else { return Ok(None) };
        let comparison = match text {
            "eq" | "==" => Self::Equal,
            "ne" | "!=" => Self::NotEqual,
            "gt" | ">" => Self::Above,
            "gte" | ">=" => Self::AtLeast,
            "lt" | "<" => Self::Below,
            "lte" | "<=" => Self::AtMost,
            _ => {
                let expected = "eq, ne, gt, gte, lt, lte or their signs";
                let message = format!("expected {expected}, found {:?}", shown(text));
                return Err(settings.problem(key, message));
            }
        };
        Ok(Some(comparison))
    }

    pub(crate) fn counts(self, found: u64, limit: u64) -> bool {
        match self {
            Self::Equal => found == limit,
            Self::NotEqual => found != limit,
            Self::Above => found > limit,
            Self::AtLeast => found >= limit,
            Self::Below => found < limit,
            Self::AtMost => found <= limit,
        }
    }

    pub(crate) fn scores(self, found: f64, limit: f64) -> bool {
        let equal = (found - limit).abs() < EQUAL_SCORES;
        match self {
            Self::Equal => equal,
            Self::NotEqual => !equal,
            Self::Above => found > limit,
            Self::AtLeast => found >= limit,
            Self::Below => found < limit,
            Self::AtMost => found <= limit,
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Equal => "exactly",
            Self::NotEqual => "other than",
            Self::Above => "more than",
            Self::AtLeast => "at least",
            Self::Below => "fewer than",
            Self::AtMost => "at most",
        }
    }
}
