//! What a lazy value is called in errors and recordings.

use std::any::type_name;
use std::borrow::Cow;
use std::panic::Location;

/// What a [`Lazy`](crate::Lazy) is called: the name it was given, or [`CreatedAt`].
pub trait Name {
    /// Returns the name of a value of type `T`.
    fn of<T>(&self) -> Cow<'static, str>;
}

/// The line that created a value without a name; it is called by that and by its type.
#[derive(Debug, Clone, Copy)]
pub struct CreatedAt(pub(crate) &'static Location<'static>);

impl Name for &'static str {
    fn of<T>(&self) -> Cow<'static, str> {
        Cow::Borrowed(self)
    }
}

impl Name for CreatedAt {
    fn of<T>(&self) -> Cow<'static, str> {
        let Self(at) = self;
        Cow::Owned(format!("{} ({}:{})", type_name::<T>(), at.file(), at.line()))
    }
}
