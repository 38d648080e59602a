//! Cuts the body of a reply into records.

/// The form in which a server streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Server-sent events (HTML, section 9.2.6).
    Sse,
    /// A record on each line.
    Lines,
}

/// What came of a record that is not complete yet.
#[derive(Debug)]
pub(super) struct Records {
    form: Form,
    line: Vec<u8>,
    /// The last line ended with a carriage return, so a line feed at once is part of that end.
    after_return: bool,
    is_first_line: bool,
    name: String,
    data: Vec<u8>,
    has_data: bool,
}

impl Records {
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            line: Vec::new(),
            after_return: false,
            is_first_line: true,
            name: String::new(),
            data: Vec::new(),
            has_data: false,
        }
    }

    /// How many bytes are held for the record that is under way.
    pub(super) fn held_bytes(&self) -> usize {
        self.line.len() + self.data.len()
    }

    /// Adds bytes, and hands each record that they complete to `emit`, with its name.
    pub(super) fn push<E>(
        &mut self,
        mut bytes: &[u8],
        mut emit: impl FnMut(&str, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            if std::mem::take(&mut self.after_return)
                && let [b'\n', rest @ ..] = bytes
            {
                bytes = rest;
            }
            let Some(end) = self.line_end(bytes) else { break };
            self.after_return = bytes[end] == b'\r' && self.form == Form::Sse;
            if self.line.is_empty() {
                self.end_line(&bytes[..end], &mut emit)?;
            } else {
                self.line.extend_from_slice(&bytes[..end]);
                let line = std::mem::take(&mut self.line);
                self.end_line(&line, &mut emit)?;
            }
            bytes = &bytes[end + 1..];
            if self.after_return && bytes.is_empty() {
                return Ok(());
            }
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    /// Hands out what is left at the end of the body: a record does not need to be ended.
    pub(super) fn finish<E>(
        mut self,
        mut emit: impl FnMut(&str, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.end_line(&line, &mut emit)?;
        }
        if self.form == Form::Sse { self.end_record(&mut emit) } else { Ok(()) }
    }

    fn line_end(&self, bytes: &[u8]) -> Option<usize> {
        match self.form {
            Form::Sse => memchr::memchr2(b'\n', b'\r', bytes),
            Form::Lines => memchr::memchr(b'\n', bytes),
        }
    }

    fn end_line<E>(
        &mut self,
        line: &[u8],
        emit: &mut impl FnMut(&str, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let is_first = std::mem::take(&mut self.is_first_line);
        let line = line.strip_prefix("\u{feff}".as_bytes()).filter(|_| is_first).unwrap_or(line);
        if self.form == Form::Lines {
            return if line.trim_ascii().is_empty() { Ok(()) } else { emit("", line) };
        }
        if line.is_empty() {
            return self.end_record(emit);
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"event" => self.name = String::from_utf8_lossy(value).into_owned(),
            // Comments, ids and times to reconnect say nothing about an agent.
            _ => {}
        }
        Ok(())
    }

    fn end_record<E>(
        &mut self,
        emit: &mut impl FnMut(&str, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let name = std::mem::take(&mut self.name);
        let emitted = if self.has_data { emit(&name, &self.data) } else { Ok(()) };
        self.has_data = false;
        self.data.clear();
        emitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The records of a body that comes in pieces of `size` bytes.
    fn records(form: Form, body: &str, size: usize) -> Vec<(String, String)> {
        let (mut records, mut seen) = (Records::new(form), Vec::new());
        let mut emit = |name: &str, data: &[u8]| {
            seen.push((name.to_owned(), String::from_utf8(data.to_vec()).unwrap()));
            Ok::<(), ()>(())
        };
        for piece in body.as_bytes().chunks(size) {
            records.push(piece, &mut emit).unwrap();
        }
        records.finish(emit).unwrap();
        seen
    }

    #[test]
    fn x15_data_lines_are_joined_and_the_last_record_needs_no_end() {
        let body = "\u{feff}: hello\nevent: progress\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\n\r\nid: 7\n\n\
                    data\n\ndata:x\rdata: y\r\revent: response\ndata: last";
        for size in 1..=body.len() {
            let expected =
                [("progress", "{\"a\":\n1}"), ("", ""), ("", "x\ny"), ("response", "last")];
            let expected = expected.map(|(name, data)| (name.to_owned(), data.to_owned()));
            assert_eq!(records(Form::Sse, body, size), expected, "in pieces of {size}");
        }
    }

    #[test]
    fn lines_are_records() {
        let body = "{\"a\":1}\n\n {}\r\nlast";
        for size in 1..=body.len() {
            let data: Vec<_> =
                records(Form::Lines, body, size).into_iter().map(|(_, data)| data).collect();
            assert_eq!(data, ["{\"a\":1}", " {}\r", "last"]);
        }
    }
}
