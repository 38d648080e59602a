//! Bounds on what evaluating may cost, whatever an agent leaves behind.

/// Most bytes read of one file, and most of an artifact that a schema is applied to: 16 MiB.
///
/// Text is looked for in the first so many bytes of a longer file; a check that does not find it
/// there fails and says so.
pub const CONTENT_BYTES: u64 = 16 << 20;

/// Most bytes of files read for one assertion that names no path: 64 MiB.
pub const SEARCH_BYTES: u64 = 64 << 20;

/// Most entries of directories looked at for one assertion: 100,000.
pub const DIRECTORY_ENTRIES: usize = 100_000;

/// Most levels of `composite` conditions: 32.
pub const COMPOSITE_DEPTH: usize = 32;

/// Most names of tools that an [`Activity`](crate::Activity) keeps apart: 1,024.
pub const TOOL_NAMES: usize = 1_024;

/// Longest name of a tool that an [`Activity`](crate::Activity) keeps: 256 bytes.
pub const TOOL_NAME_BYTES: usize = 256;

/// Most messages of errors that an [`Activity`](crate::Activity) keeps: 5, each cut to 200
/// characters.
pub const ERROR_MESSAGES: usize = 5;
