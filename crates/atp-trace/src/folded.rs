//! Folded stacks: `outer;inner value`, one stack a line.

use std::io;

/// Writes folded stacks to `W`, which inferno, FlameGraph and speedscope read.
///
/// The format has no escapes, so a frame is made to fit: `;` becomes `:`, a control character or
/// line break becomes a space, and an empty frame reads `(unnamed)`. A space before a number at the
/// end of a stack becomes `_`, because readers would take that number for a value, and `_` is put
/// before a `#` at the start of a line, which they would take for a comment.
#[derive(Debug)]
pub struct FoldedStacks<W: io::Write> {
    writer: W,
    line: String,
}

impl<W: io::Write> FoldedStacks<W> {
    /// Creates a writer of stacks. Nothing is written yet.
    pub const fn new(writer: W) -> Self {
        Self { writer, line: String::new() }
    }

    /// Writes one stack, outermost frame first, with its value (self time in nanoseconds, bytes,
    /// samples: the reader is told which). A stack without frames is left out.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn line<F: AsRef<str>>(
        &mut self,
        frames: impl IntoIterator<Item = F>,
        value: u64,
    ) -> io::Result<()> {
        self.line.clear();
        for frame in frames {
            if !self.line.is_empty() {
                self.line.push(';');
            }
            push_frame(&mut self.line, frame.as_ref());
        }
        if self.line.is_empty() {
            return Ok(());
        }
        protect_number(&mut self.line);
        self.line.push_str(&format!(" {value}\n"));
        self.writer.write_all(self.line.as_bytes())
    }

    /// Flushes and returns the writer.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn finish(mut self) -> io::Result<W> {
        self.writer.flush()?;
        Ok(self.writer)
    }
}

fn push_frame(line: &mut String, frame: &str) {
    if line.is_empty() && frame.trim_start().starts_with('#') {
        line.push('_');
    }
    let start = line.len();
    line.extend(frame.chars().map(|c| match c {
        ';' => ':',
        c if c.is_control() || c.is_whitespace() => ' ',
        c => c,
    }));
    if line[start..].trim().is_empty() {
        line.truncate(start);
        line.push_str("(unnamed)");
    }
}

/// Joins a last word that reads as a number to the word before it.
fn protect_number(line: &mut String) {
    line.truncate(line.trim_end().len());
    let Some(space) = line.rfind(' ') else { return };
    let last = &line[space + 1..];
    if last.starts_with(|c: char| c.is_ascii_digit())
        && last.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        line.replace_range(space..=space, "_");
    }
}
