//! What the benches share: criterion measurements in CPU time, of the calling thread and of the
//! whole process.
//!
//! Wall time on a busy machine says how busy the machine was. The thread's own CPU time
//! still says what the code cost, so the benches that compare a few nanoseconds use it.

mod cpu_time;

pub use cpu_time::{ProcessTime, ThreadTime};
