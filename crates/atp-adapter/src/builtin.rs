//! Agents inside of this process, for demonstrations, tests and for measuring the platform.

mod echo;
mod script;

pub use echo::Echo;
pub use script::Script;
