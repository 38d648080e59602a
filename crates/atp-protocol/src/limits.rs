//! The largest of everything. Lengths of text are in characters, sizes of messages in bytes.

/// One event as a line of JSON: 16 MiB.
pub const EVENT_LINE_BYTES: usize = 16 << 20;
/// A whole response as JSON: 64 MiB.
pub const RESPONSE_BYTES: usize = 64 << 20;
/// Identifier of a task.
pub const TASK_ID_CHARS: usize = 128;
/// Description of a task.
pub const DESCRIPTION_CHARS: usize = 100_000;
/// Any path.
pub const PATH_CHARS: usize = 4_096;
/// Environment variables of a context.
pub const ENVIRONMENT_VARIABLES: usize = 100;
/// Keys of a request's metadata.
pub const METADATA_KEYS: usize = 50;
/// Artifacts of a response.
pub const ARTIFACTS: usize = 1_000;
/// Error text of a response.
pub const ERROR_CHARS: usize = 10_000;
/// Trace identifier of a response.
pub const TRACE_ID_CHARS: usize = 256;
/// Media type of an artifact.
pub const CONTENT_TYPE_CHARS: usize = 256;
/// Content hash of a file artifact.
pub const CONTENT_HASH_CHARS: usize = 128;
/// Inline content of a file artifact.
pub const CONTENT_CHARS: usize = 10_000_000;
/// Name of a structured artifact.
pub const NAME_CHARS: usize = 256;
/// Problems that one [`Error::Invalid`](crate::Error::Invalid) describes; more are counted.
pub const PROBLEMS: usize = 32;
