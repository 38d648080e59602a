//! The three pipes of an agent, served together so that none of them can hold up another.

use super::lines::Lines;
use crate::error::Failure;
use crate::redact::Tail;
use crate::sink::EventFeed;
use std::future::pending;
use std::io;
use std::os::fd::OwnedFd;
use std::process::Child;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::{Receiver, Sender};

/// How much an agent may write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) event_line_bytes: usize,
    pub(crate) response_bytes: usize,
}

/// The pipes of one agent, and what came out of them.
#[derive(Debug)]
pub(super) struct Pump<'a> {
    stdin: Option<Sender>,
    request: Vec<u8>,
    sent: usize,
    stdout: Option<Receiver>,
    answer: Vec<u8>,
    answer_limit_bytes: usize,
    /// The limit was passed. Stdout stays open: who writes to it waits there to be ended.
    answer_is_full: bool,
    stderr: Option<Receiver>,
    lines: Lines,
    feed: EventFeed<'a>,
    tail: Tail,
}

/// What moved in one step.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Moved {
    /// The agent took a part of the request.
    In,
    /// The agent wrote something.
    Out,
    /// A pipe came to its end.
    End,
}

impl<'a> Pump<'a> {
    pub(super) fn new(
        child: &mut Child,
        request: String,
        bounds: Bounds,
        feed: EventFeed<'a>,
    ) -> io::Result<Self> {
        let sender = |pipe| Sender::from_owned_fd(OwnedFd::from(pipe));
        let stdin = child.stdin.take().map(sender).transpose()?;
        let stdout = child.stdout.take().map(|pipe| Receiver::from_owned_fd(pipe.into()));
        let stderr = child.stderr.take().map(|pipe| Receiver::from_owned_fd(pipe.into()));
        Ok(Self {
            stdin,
            request: request.into_bytes(),
            sent: 0,
            stdout: stdout.transpose()?,
            answer: Vec::new(),
            answer_limit_bytes: bounds.response_bytes,
            answer_is_full: false,
            stderr: stderr.transpose()?,
            lines: Lines::default(),
            feed: feed.with_limit_bytes(bounds.event_line_bytes),
            tail: Tail::default(),
        })
    }

    /// Tells whether there can still be something to read.
    pub(super) fn is_open(&self) -> bool {
        (self.stdout.is_some() && !self.answer_is_full) || self.stderr.is_some()
    }

    /// Sends nothing more: nobody is there to read it.
    pub(super) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    pub(super) fn answer(&self) -> &[u8] {
        &self.answer
    }

    pub(super) fn feed(&self) -> &EventFeed<'a> {
        &self.feed
    }

    pub(super) fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Waits until one of the pipes moves. Nothing is lost if this is dropped.
    ///
    /// # Errors
    ///
    /// [`Failure::TooLarge`] for a response beyond the bound; it is kept, and not read any further.
    pub(super) async fn step(&mut self) -> Result<Moved, Failure> {
        let unsent = self.request.get(self.sent..).unwrap_or_default();
        tokio::select! {
            // An agent that does not read its request is none of our business: whatever it
            // answers, and how it ends, tells.
            sent = write(&mut self.stdin, unsent) => {
                self.sent += sent.unwrap_or(usize::MAX - self.sent);
                if self.sent >= self.request.len() {
                    self.stdin = None;
                }
                Ok(Moved::In)
            }
            read = read(&mut self.stderr, &mut self.lines.buffer) => {
                let tail = &mut self.tail;
                if read > 0 {
                    self.lines.feed(&mut self.feed, |line| tail.push(line));
                    return Ok(Moved::Out);
                }
                self.stderr = None;
                self.lines.finish(&mut self.feed, |line| tail.push(line));
                Ok(Moved::End)
            }
            read = read(&mut self.stdout, &mut self.answer), if !self.answer_is_full => {
                if read == 0 {
                    self.stdout = None;
                    return Ok(Moved::End);
                }
                if self.answer.len() > self.answer_limit_bytes {
                    self.answer_is_full = true;
                    self.answer.truncate(self.answer_limit_bytes);
                    let limit_bytes = self.answer_limit_bytes;
                    return Err(Failure::TooLarge { what: "response", limit_bytes });
                }
                Ok(Moved::Out)
            }
        }
    }
}

/// Writes what the pipe takes; waits for ever if there is no pipe.
async fn write(pipe: &mut Option<Sender>, bytes: &[u8]) -> io::Result<usize> {
    match pipe {
        Some(pipe) => pipe.write(bytes).await,
        None => pending().await,
    }
}

/// Reads what there is, at the end nothing; waits for ever if there is no pipe.
async fn read(pipe: &mut Option<Receiver>, into: &mut Vec<u8>) -> usize {
    /// What a pipe holds on Linux, so that a full one is emptied at once.
    const PIPE_BYTES: usize = 64 << 10;
    let Some(pipe) = pipe else { return pending().await };
    if into.capacity() - into.len() < PIPE_BYTES / 8 {
        into.reserve(if into.capacity() == 0 { PIPE_BYTES / 8 } else { PIPE_BYTES });
    }
    // A pipe that cannot be read is one that is at its end.
    pipe.read_buf(into).await.unwrap_or(0)
}
