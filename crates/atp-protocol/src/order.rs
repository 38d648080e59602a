//! Whether the events of a run come in the order they claim.

use crate::event::Event;
use crate::timestamp::Timestamp;

/// Checks a run's events one by one, in constant space.
///
/// The first event may have any sequence number. From then on [`EventOrder::strict`] wants each
/// number to be the last one plus one, while [`EventOrder::lenient`] lets numbers be left out and
/// repeated but never go back.
///
/// # Examples
///
/// ```
/// use atp_protocol::{Event, EventOrder, OrderError, Timestamp};
///
/// let mut order = EventOrder::strict();
/// let mut check = |sequence: u64| {
///     let line = format!(
///         r#"{{"task_id": "t", "sequence": {sequence}, "event_type": "progress", "payload": {{}}}}"#
///     );
///     order.check(&Event::parse(&line, Timestamp::now()).unwrap())
/// };
/// assert_eq!((check(7), check(8)), (Ok(()), Ok(())));
/// assert_eq!(check(10), Err(OrderError::Gap { expected: 9, found: 10 }));
/// assert_eq!(check(11), Ok(()), "one gap is one error");
/// ```
#[derive(Debug, Clone)]
pub struct EventOrder {
    is_strict: bool,
    checks_time: bool,
    task_id: Option<String>,
    last_sequence: Option<u64>,
    last_time: Option<Timestamp>,
    accepted: u64,
}

/// What is wrong with an event's place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// The event belongs to another task.
    #[error("event {sequence} is for task {found:?}, not for {expected:?}")]
    ForeignTask {
        /// The event's sequence number.
        sequence: u64,
        /// The task of this run.
        expected: String,
        /// The event's task.
        found: String,
    },
    /// Events before this one are missing (strict only).
    #[error("event {found} came where {expected} was next")]
    Gap {
        /// The sequence number that was next.
        expected: u64,
        /// The event's sequence number.
        found: u64,
    },
    /// The sequence number was there before (strict only).
    #[error("event {sequence} came again")]
    Repeated {
        /// The event's sequence number.
        sequence: u64,
    },
    /// The sequence number is below the last one.
    #[error("event {found} came after {last}")]
    Backwards {
        /// The highest sequence number so far.
        last: u64,
        /// The event's sequence number.
        found: u64,
    },
    /// The timestamp is before the last one.
    #[error("event {sequence} of {found} came after one of {last}")]
    EarlierTime {
        /// The event's sequence number.
        sequence: u64,
        /// The latest timestamp so far.
        last: Timestamp,
        /// The event's timestamp.
        found: Timestamp,
    },
}

impl EventOrder {
    /// Creates a check that wants every sequence number, once.
    pub fn strict() -> Self {
        Self {
            is_strict: true,
            checks_time: false,
            task_id: None,
            last_sequence: None,
            last_time: None,
            accepted: 0,
        }
    }

    /// Creates a check that allows gaps and repeats.
    pub fn lenient() -> Self {
        Self { is_strict: false, ..Self::strict() }
    }

    /// Fixes the task, which is otherwise that of the first event.
    #[must_use]
    pub fn with_task_id(mut self, task_id: impl Into<String>) -> Self {
        self.task_id = Some(task_id.into());
        self
    }

    /// Also wants timestamps never to go back.
    #[must_use]
    pub fn with_time_order(mut self) -> Self {
        self.checks_time = true;
        self
    }

    /// Checks the next event.
    ///
    /// After a gap the check goes on from the event behind it, so that what is missing once is
    /// reported once. Any other event in the wrong place leaves the state as it was.
    ///
    /// # Errors
    ///
    /// [`OrderError`] for an event in the wrong place. It is for the caller to drop or keep it.
    pub fn check(&mut self, event: &Event<'_>) -> Result<(), OrderError> {
        let sequence = event.sequence;
        if let Some(expected) = &self.task_id
            && *expected != event.task_id
        {
            let (expected, found) = (expected.clone(), event.task_id.clone().into_owned());
            return Err(OrderError::ForeignTask { sequence, expected, found });
        }
        let mut gap = None;
        if let Some(last) = self.last_sequence {
            if sequence < last {
                return Err(OrderError::Backwards { last, found: sequence });
            }
            if self.is_strict && sequence == last {
                return Err(OrderError::Repeated { sequence });
            }
            if self.is_strict && sequence - last > 1 {
                gap = Some(OrderError::Gap { expected: last + 1, found: sequence });
            }
        }
        if let Some(last) =
            self.last_time.filter(|last| self.checks_time && event.timestamp < *last)
        {
            return Err(OrderError::EarlierTime { sequence, last, found: event.timestamp });
        }
        if self.task_id.is_none() {
            self.task_id = Some(event.task_id.clone().into_owned());
        }
        self.last_sequence = Some(sequence);
        self.last_time = Some(event.timestamp);
        match gap {
            Some(gap) => Err(gap),
            None => {
                self.accepted += 1;
                Ok(())
            }
        }
    }

    /// Returns how many events were in their place.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }
}
