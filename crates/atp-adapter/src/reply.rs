//! The agent's answer, checked against the request.

use crate::error::Failure;
use crate::redact::excerpt;
use crate::secrets::Secrets;
use atp_protocol::Response;

/// How much of a refused response an error shows.
pub(crate) const EXCERPT_CHARS: usize = 500;

/// Parses a response that has to answer `task_id`. Neither an error nor the one that the agent
/// tells of shows any of the `secrets`.
pub(crate) fn response(text: &[u8], task_id: &str, secrets: &Secrets) -> Result<Response, Failure> {
    // Some systems put a mark before what they write in UTF-8, which JSON lets readers pass over.
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let response = Response::parse(text).map_err(|reason| Failure::Response {
        reason: secrets.mask_error(reason),
        excerpt: excerpt(text, EXCERPT_CHARS, secrets),
    })?;
    accept(response, task_id, secrets)
}

/// Accepts a response that has to answer `task_id`.
pub(crate) fn accept(
    mut response: Response,
    task_id: &str,
    secrets: &Secrets,
) -> Result<Response, Failure> {
    if let Err(mut mismatch) = response.check_task_id(task_id) {
        secrets.mask_text(&mut mismatch.found);
        return Err(Failure::ForeignTask(mismatch));
    }
    if let Some(error) = &mut response.error {
        secrets.mask_text(error);
    }
    Ok(response)
}
