//! The agent's answer, checked against the request.

use crate::error::Failure;
use crate::redact::excerpt;
use atp_protocol::Response;

/// How much of a refused response an error shows.
pub(crate) const EXCERPT_CHARS: usize = 500;

/// Parses a response that has to answer `task_id`; an error shows none of the `secrets`.
pub(crate) fn response(
    text: &[u8],
    task_id: &str,
    secrets: &[String],
) -> Result<Response, Failure> {
    let response = Response::parse(text).map_err(|reason| Failure::Response {
        reason,
        excerpt: excerpt(text, EXCERPT_CHARS, secrets),
    })?;
    response.check_task_id(task_id).map_err(Failure::ForeignTask)?;
    Ok(response)
}
