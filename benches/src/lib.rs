//! What the benches share: a criterion measurement in CPU time of the calling thread.
//!
//! Wall time on a busy machine says how busy the machine was. The thread's own CPU time
//! still says what the code cost, so the benches that compare a few nanoseconds use it.

mod thread_time;

pub use thread_time::ThreadTime;
