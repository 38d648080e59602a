//! What an error may repeat of an agent's output.

/// Returns the beginning of `text`, on one line, in at most `chars` characters.
pub(crate) fn excerpt(text: &[u8], chars: usize) -> String {
    // No character takes more than four bytes.
    let head = text.get(..4 * chars).unwrap_or(text);
    let head = String::from_utf8_lossy(head);
    let mut shown: String = head.trim().chars().take(chars).map(printable).collect();
    if head.len() < text.len() || head.trim().chars().nth(chars).is_some() {
        shown.push('…');
    }
    shown
}

/// Control characters would act on the terminal that shows them.
fn printable(char: char) -> char {
    if char.is_control() { ' ' } else { char }
}
