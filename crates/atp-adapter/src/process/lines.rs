//! Cuts a stream of bytes into lines, in bounded memory.

use crate::sink::EventFeed;

/// How much is kept of a line beyond the bound.
const BEGINNING_BYTES: usize = 1024;

/// The bytes of a stream that are no whole line yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Where new bytes are added.
    pub(super) buffer: Vec<u8>,
    /// So many of them are known to hold no line end.
    searched: usize,
    /// Of the line in the buffer, so many bytes were dropped because it is beyond the bound.
    dropped: usize,
}

impl Lines {
    /// Feeds the whole lines of the buffer and keeps the rest. Lines that are no events are also
    /// handed to `invalid`.
    pub(super) fn feed(&mut self, feed: &mut EventFeed<'_>, mut invalid: impl FnMut(&[u8])) {
        let mut begin = 0;
        while let Some(length) = memchr::memchr(b'\n', &self.buffer[self.searched..]) {
            let end = self.searched + length;
            emit(&self.buffer[begin..end], self.dropped, feed, &mut invalid);
            self.dropped = 0;
            begin = end + 1;
            self.searched = begin;
        }
        self.buffer.drain(..begin);
        let is_too_long = self.dropped > 0 || self.buffer.len() > feed.limit_bytes();
        if is_too_long && self.buffer.len() > BEGINNING_BYTES {
            self.dropped += self.buffer.len() - BEGINNING_BYTES;
            self.buffer.truncate(BEGINNING_BYTES);
            self.buffer.shrink_to(64 * BEGINNING_BYTES);
        }
        self.searched = self.buffer.len();
    }

    /// Feeds what is left at the end of the stream, as a line without an end.
    pub(super) fn finish(&mut self, feed: &mut EventFeed<'_>, mut invalid: impl FnMut(&[u8])) {
        emit(&self.buffer, self.dropped, feed, &mut invalid);
        *self = Self::default();
    }
}

fn emit(line: &[u8], dropped: usize, feed: &mut EventFeed<'_>, invalid: &mut impl FnMut(&[u8])) {
    let is_valid = match dropped {
        0 => feed.line(line),
        dropped => {
            feed.too_long(line, line.len() + dropped);
            false
        }
    };
    if !is_valid {
        let secrets = feed.secrets();
        invalid(match dropped {
            0 => secrets.head(line, BEGINNING_BYTES),
            _ => secrets.before_cut(line),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::EventSink;
    use atp_protocol::{Error, Event};

    #[derive(Default)]
    struct Seen(Vec<String>);

    impl EventSink for Seen {
        fn event(&mut self, event: Event<'_>, _line: &[u8]) {
            self.0.push(format!("{} {}", event.sequence, event.payload.get().len()));
        }

        fn invalid(&mut self, line: &[u8], reason: &Error) {
            let what = match reason {
                Error::TooLong { bytes, .. } => format!("too long {bytes}"),
                _ => String::from_utf8_lossy(line).into_owned(),
            };
            self.0.push(what);
        }
    }

    /// What is seen of `stream` when it comes in pieces of `size`, with the largest buffer.
    fn seen(stream: &[u8], size: usize, limit_bytes: usize) -> (Vec<String>, usize) {
        let (mut sink, mut lines, mut largest) = (Seen::default(), Lines::default(), 0);
        let mut feed = EventFeed::new("task", &mut sink).with_limit_bytes(limit_bytes);
        for piece in stream.chunks(size) {
            lines.buffer.extend_from_slice(piece);
            lines.feed(&mut feed, |_| {});
            largest = largest.max(lines.buffer.len());
        }
        lines.finish(&mut feed, |_| {});
        (sink.0, largest)
    }

    #[test]
    fn lines_are_the_same_in_whatever_pieces_they_come() {
        let stream = b"{\"payload\":{}}\n\n  \nnonsense\r\n{\"payload\":{\"a\":1}}";
        for size in 1..stream.len() + 1 {
            let expected = ["0 2".to_owned(), "nonsense\r".into(), "1 7".into()];
            assert_eq!(seen(stream, size, 1 << 20).0, expected);
        }
    }

    #[test]
    fn a_line_beyond_the_bound_is_counted_and_not_kept() {
        let mut stream = vec![b'x'; 1 << 20];
        stream.extend_from_slice(b"\n{\"payload\":{}}\n");
        stream.extend_from_slice(&vec![b'y'; 5000]);
        let (seen, largest) = seen(&stream, 7000, 3000);
        assert_eq!(seen, ["too long 1048576", "0 2", "too long 5000"]);
        assert!(largest <= 3000, "{largest}");
    }

    #[test]
    fn a_line_of_just_the_bound_is_read() {
        let line = br#"{"payload":{}}"#;
        assert_eq!(seen(line, 5, line.len()).0, ["0 2"]);
        assert_eq!(seen(line, 5, line.len() - 1).0, ["too long 14"]);
    }
}
