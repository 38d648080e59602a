//! What a message may repeat of an agent's output: a part, without secrets and without paths.

use crate::secrets::Secrets;

/// How much of an agent's stderr is kept and shown.
const TAIL_BYTES: usize = 4096;
const TAIL_CHARS: usize = 1000;

/// The end of what an agent wrote to stderr besides events.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Tail {
    /// Adds a line.
    pub(crate) fn push(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.bytes.push(b'\n');
        // Cut back only when it has grown to twice its size, so that adding stays cheap.
        if self.bytes.len() > 2 * TAIL_BYTES {
            let surplus = self.bytes.len() - TAIL_BYTES;
            self.bytes.drain(..surplus);
            self.is_cut = true;
        }
    }

    /// Returns the last 1,000 characters, with secrets and the folders of absolute paths masked.
    pub(crate) fn text(&self, secrets: &Secrets) -> String {
        let whole = if self.is_cut { secrets.behind_cut(&self.bytes) } else { &self.bytes };
        let masked = secrets.mask(whole);
        let text = without_folders(String::from_utf8_lossy(&masked).trim());
        let chars = text.chars().count();
        let shown = text.chars().skip(chars.saturating_sub(TAIL_CHARS)).map(printable).collect();
        if chars > TAIL_CHARS { format!("…{shown}") } else { shown }
    }
}

/// Returns the beginning of `text` in at most `chars` characters, with secrets masked.
pub(crate) fn excerpt(text: &[u8], chars: usize, secrets: &Secrets) -> String {
    // More than is shown, because what is masked may be longer than its mask.
    let head = secrets.head(text, 8 * chars);
    let masked = secrets.mask(head);
    let masked = String::from_utf8_lossy(&masked);
    let mut shown: String = masked.trim().chars().take(chars).map(printable).collect();
    if head.len() < text.len() || masked.trim().chars().nth(chars).is_some() {
        shown.push('…');
    }
    shown
}

/// Cuts `/home/me/agent.py` to `…/agent.py`, and leaves addresses such as `http://…` alone.
fn without_folders(text: &str) -> String {
    let is_part = |char: char| char.is_alphanumeric() || "/._-+@%~".contains(char);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('/') {
        let (before, path) = rest.split_at(start);
        let end = path.find(|char| !is_part(char)).unwrap_or(path.len());
        let (path, behind) = path.split_at(end);
        shown.push_str(before);
        let is_inside =
            before.ends_with(is_part) || before.ends_with(':') && path.starts_with("//");
        match path.rfind('/') {
            Some(slash) if !is_inside && path.len() > 1 => {
                shown.push('…');
                shown.push_str(&path[slash..]);
            }
            _ => shown.push_str(path),
        }
        rest = behind;
    }
    shown.push_str(rest);
    shown
}

/// Control characters would act on the terminal that shows them.
fn printable(char: char) -> char {
    if char.is_control() && char != '\n' { ' ' } else { char }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_their_folders_and_addresses_do_not() {
        let cases = [
            ("File \"/home/me/agent.py\", line 3", "File \"…/agent.py\", line 3"),
            ("/a/b:/c/d", "…/b:…/d"),
            ("see https://host/a/b and a/b or 1 / 2", "see https://host/a/b and a/b or 1 / 2"),
            ("/", "/"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_folders(text), expected);
        }
    }

    #[test]
    fn a_tail_is_bounded_and_without_secrets() {
        let mut tail = Tail::default();
        for number in 0..10_000 {
            tail.push(format!("line {number} with hunter22\x1b[31m").as_bytes());
        }
        assert!(tail.bytes.len() <= 2 * TAIL_BYTES);
        let text = tail.text(&Secrets::from_iter(["hunter22"]));
        assert!(text.starts_with('…') && text.chars().count() == TAIL_CHARS + 1);
        assert!(text.contains("line 9999 with ***") && !text.contains('\x1b'));
    }

    #[test]
    fn an_excerpt_is_the_beginning() {
        let none = Secrets::default();
        assert_eq!(excerpt(b" short ", 10, &none), "short");
        assert_eq!(excerpt("äöü and more".as_bytes(), 3, &none), "äöü…");
        assert_eq!(excerpt(&[b'x'; 100_000], 5, &none), "xxxxx…");
    }

    #[test]
    fn a_secret_that_is_cut_is_not_shown_in_part() {
        let secret = "0123456789".repeat(100);
        let secrets = Secrets::from_iter([&*secret]);
        let answer = format!("oops {secret}{secret}");
        assert_eq!(excerpt(answer.as_bytes(), 500, &secrets), "oops ******");
        assert_eq!(excerpt(answer.as_bytes(), 100, &secrets), "oops…");

        let secret = "0123456789".repeat(500);
        let secrets = Secrets::from_iter([&*secret]);
        let mut tail = Tail::default();
        tail.push(format!("{}{secret}{}", "x".repeat(3000), "y".repeat(500)).as_bytes());
        assert_eq!(tail.text(&secrets), "y".repeat(500));
    }
}
