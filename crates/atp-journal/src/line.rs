//! The lines of a journal.

use crate::{Header, RunRecord, Session, TestRecord};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How every journal starts.
pub(crate) const START: &[u8] = br#"{"kind":"header","#;

/// One line, to be written.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    Header(&'a Header),
    Run(&'a RunRecord),
    Test(&'a TestRecord),
    Session(&'a Session),
}

impl Line<'_> {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("records have no keys but strings");
        bytes.push(b'\n');
        bytes
    }
}

/// What kind of line it is. It is read first and the rest by itself: a derived tagged enum would
/// copy every record into a tree before it looked at it.
#[derive(Debug, Deserialize)]
pub(crate) struct Kind<'a> {
    #[serde(borrow)]
    pub(crate) kind: Cow<'a, str>,
    /// The schema, in a header.
    #[serde(default)]
    pub(crate) schema: u32,
}

impl Kind<'_> {
    pub(crate) const ALL: &'static [&'static str] = &["header", "run", "test", "session"];
}
