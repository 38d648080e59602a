//! What an event says, and the lane it stands on.

/// The lane of a thread: viewers group lanes by process and draw one a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Track {
    /// The process, by whatever number the program wants to show.
    pub process: u32,
    /// The thread within the process.
    pub thread: u64,
}

/// The name, category and arguments of an event; its place and time are given when it is written.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    pub(crate) name: &'a str,
    pub(crate) category: &'a str,
    pub(crate) args: &'a [(&'a str, Arg<'a>)],
}

/// The value of an argument, shown when the event is selected.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Arg<'a> {
    /// Text of any content: quotes, line breaks and control characters are escaped.
    Text(&'a str),
    /// A whole number from zero up.
    Unsigned(u64),
    /// A whole number.
    Signed(i64),
    /// A number with a fraction; infinities and NaN are written as `null`, JSON has none of them.
    Float(f64),
    /// A truth value.
    Bool(bool),
}

impl<'a> Event<'a> {
    /// Creates an event of the category `atp`, without arguments.
    #[must_use]
    pub const fn new(name: &'a str) -> Self {
        Self { name, category: "atp", args: &[] }
    }

    /// Replaces the category, by which viewers filter. Two ends of a flow or of an asynchronous
    /// operation match only if name, category and id are equal.
    #[must_use]
    pub const fn with_category(mut self, category: &'a str) -> Self {
        self.category = category;
        self
    }

    /// Replaces the arguments. Of two with one name, viewers show the last.
    #[must_use]
    pub const fn with_args(mut self, args: &'a [(&'a str, Arg<'a>)]) -> Self {
        self.args = args;
        self
    }
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Arg<'_> {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Signed(number)
    }
}

impl From<f64> for Arg<'_> {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<bool> for Arg<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
